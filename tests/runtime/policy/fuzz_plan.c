/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of bits for each site, `quant=NAME.yaml`: refused with one line and without a change, or each
 * site has a number of bits that there are kernels for, whatever the bytes are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/policy/tiers.h"
#include "support/spot_fuzz.h"

/* The same bytes as what follows `num:`. */
static void read_numeric(const uint8_t *data, size_t size)
{
    char text[64] = "num:";
    spoti_plan plan;
    spot_diag diag = {.text = ""};

    memcpy(text + 4, data, size < sizeof text - 5 ? size : sizeof text - 5);
    spoti_plan_fill(&plan, 8);
    if (spoti_plan_read(text, &plan, &diag) == SPOT_OK) {
        expect(plan.numeric.bits >= 1 && plan.numeric.bits <= SPOTI_NUMERIC_BITS_MAX);
        expect(plan.bits[0][0] == SPOTI_NUMERIC_BITS_FULL);
    } else {
        expect(plan.numeric.bits == 0 && plan.bits[0][0] == 8 &&
               strstr(diag.text, "num:B") != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_plan before;
    spoti_plan plan;
    spot_diag diag = {.text = ""};
    char path[64];

    read_numeric(data, size);
    (void)snprintf(path, sizeof path, "/tmp/spot-fuzz-plan-%ld.yaml", (long)getpid());
    write_file(path, data, size);
    memset(&before, 0, sizeof before);
    spoti_plan_fill(&before, 16);
    plan = before;

    const spot_status st = spoti_plan_read(path, &plan, &diag);

    if (st != SPOT_OK) {
        expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE);
        expect(strstr(diag.text, path) != NULL && strchr(diag.text, '\n') == NULL);
        expect(memcmp(&plan, &before, sizeof plan) == 0);
    }
    expect(plan.group == 32 || plan.group == 64 || plan.group == 128);
    for (int i = 0; i < SPOTI_THIRD_COUNT * SPOTI_SITE_COUNT; i++) {
        const int bits = plan.bits[i / SPOTI_SITE_COUNT][i % SPOTI_SITE_COUNT];

        expect(bits == 32 || bits == 16 || bits == 8 || bits == 4);
    }
    (void)unlink(path);
    return 0;
}
