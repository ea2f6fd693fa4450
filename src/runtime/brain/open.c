/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Which kind of brain an address means: a new kind is a line of the table and a file that opens it. */
#include <string.h>

#include "core/base/config.h"
#include "runtime/brain/brain.h"

typedef struct scheme {
    const char *prefix;
    spoti_brain_opener open;
} scheme;

/* The last fits everything: a folder's name. */
static const scheme schemes[] = {
    {"onnx:", spoti_brain_open_onnx}, {"remote:", spoti_brain_open_remote},
    {"ws://", spoti_brain_open_ws},   {"wss://", spoti_brain_open_wss},
    {"", spoti_brain_open_native},
};

static const scheme nothing = {SPOTI_BRAIN_NONE, spoti_brain_open_none};

static const scheme *scheme_of(const char *address)
{
    if (strcmp(address, nothing.prefix) == 0) { /* all of it: a folder may begin so */
        return &nothing;
    }
    const scheme *s = schemes;
    while (strncmp(address, s->prefix, strlen(s->prefix)) != 0) {
        s++;
    }
    return s;
}

void spot_brain_open_config_default(spot_brain_open_config *config)
{
    if (config != NULL) {
        *config = (spot_brain_open_config){.size = sizeof(*config)};
    }
}

bool spot_brain_is_address(const char *text)
{
    return text != NULL && scheme_of(text)->prefix[0] != '\0';
}

spot_status spot_brain_open(const char *address, const spot_brain_open_config *config,
                            spot_brain *out, spot_diag *diag)
{
    spot_brain_open_config used;
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = (spot_brain){.ops = NULL};
    spot_brain_open_config_default(&used);
    if (address == NULL ||
        (config != NULL && SPOTI_CONFIG_CHECK(spot_brain_open_config, config, diag) != SPOT_OK)) {
        return SPOT_E_INVALID;
    }
    used = config != NULL ? *config : used;
    const scheme *s = scheme_of(address);
    return s->open(address + strlen(s->prefix), &used, out, diag);
}
