/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/config.h"

spot_status spoti_config_check(const void *config, size_t known, const char *type, spot_diag *diag)
{
    if (config == NULL) {
        return spot_diag_set(diag, SPOT_E_INVALID, "no %s was given, expected one", type);
    }
    const size_t size = *(const size_t *)config;
    if (size != known) {
        return spot_diag_set(
            diag, SPOT_E_INVALID,
            "the size of a %s is given as %zu, expected %zu, as %s_default sets it "
            "(in a program that was built with the headers of this library)",
            type, size, known, type);
    }
    return SPOT_OK;
}
