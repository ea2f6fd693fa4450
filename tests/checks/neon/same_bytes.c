/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The tables of an Arm CPU give the bytes that those of other CPUs give: the battery of tests/runtime/nn/same_bytes.h.
 * The exit status is 0 if they do.
 */
#include "same_bytes.h"

#include <inttypes.h>
#include <stdio.h>

static int check_table(const spoti_linear_kernels *table)
{
    int n_failed = 0;

    for (int i = 0; i < BATTERY_PARTS; i++) {
        const uint64_t hash = battery_run(table, i);

        if (hash != battery[i].hash) {
            (void)printf("FAILED: %s, %s: 0x%016" PRIx64 ", expected 0x%016" PRIx64 "\n",
                         table->name, battery[i].name, hash, battery[i].hash);
            n_failed++;
        }
    }
    return n_failed;
}

int main(void)
{
    static const char *const names[] = {"reference", "neon"};
    spoti_linear_kernels table;
    int n_table = 0;
    int n_failed = battery_elementary() == ELEMENTARY_HASH ? 0 : 1;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (spoti_linear_kernels_find(names[i], &table)) {
            n_failed += check_table(&table);
            n_table++;
        }
    }
    /* without dot products there is no whole table, but there are fp32 kernels */
    const spoti_kernels *fp32 = spoti_kernels_find("neon");
    if (fp32 != NULL && n_table == 1) {
        for (int i = 0; i < 3; i++) {
            table.fp32 = fp32;
            n_failed += battery_run(&table, i) == battery[i].hash ? 0 : 1;
        }
    }
    (void)printf("%d tables, %d failed\n", n_table, n_failed);
    return n_table > 0 && n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
