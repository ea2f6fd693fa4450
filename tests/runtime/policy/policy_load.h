/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A policy that a test needs: the test fails with the reason if it does not load. */
#ifndef TEST_POLICY_LOAD_H
#define TEST_POLICY_LOAD_H

#include "spot/policy.h"
#include "support/spot_test.h"

static inline spot_policy *load(const char *dir)
{
    spot_policy *policy = NULL;
    spot_diag diag = {""};

    if (spot_policy_load(dir, NULL, &policy, &diag) != SPOT_OK) {
        fail_msg("%s: %s", dir, diag.text);
    }
    return policy;
}

#endif
