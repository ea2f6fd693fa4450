/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Every table of kernels gives the same bytes, those that are noted in same_bytes.h. AVX-512's take part on any x86
 * through avx512_emulated.h, and themselves where the CPU has them. (That what all give is right, test_kernels.c and
 * test_linear_kernels.c show, and below for the elementary functions.)
 */
#include "same_bytes.h"

#include <inttypes.h>

#include "runtime/nn/tables.h"
#include "support/spot_test.h"

const spoti_kernels *emulated_kernels_avx512(void);
const spoti_linear_kernels *emulated_linear_kernels_avx512(void);

static void check_table(const spoti_linear_kernels *table)
{
    int n_failed = 0;

    for (int i = 0; i < BATTERY_PARTS; i++) {
        const uint64_t hash = battery_run(table, i);

        if (hash != battery[i].hash) {
            print_message("%s, %s: 0x%016" PRIx64 ", expected 0x%016" PRIx64 "\n", table->name,
                          battery[i].name, hash, battery[i].hash);
            n_failed++;
        }
    }
    assert_int_equal(n_failed, 0);
}

static void every_table_gives_the_same_bytes(void **state)
{
    int n = 0;
    (void)state;
    for (int i = 0; i < N_TABLE; i++) {
        spoti_linear_kernels table;

        if (spoti_linear_kernels_find(TABLES[i], &table)) {
            check_table(&table);
            n++;
        } else {
            print_message("[  note    ] this CPU lacks %s\n", TABLES[i]);
        }
    }
    assert_true(n >= 1);
}

static void so_do_the_instructions_that_this_cpu_may_lack(void **state)
{
    (void)state;
#ifdef SPOT_TEST_EMULATED
    spoti_linear_kernels table = *emulated_linear_kernels_avx512();

    table.fp32 = emulated_kernels_avx512();
    table.name = "avx512 emulated";
    check_table(&table);
#endif
}

static void elementary_functions_give_the_same_bytes(void **state)
{
    (void)state;
    const uint64_t hash = battery_elementary();

    if (hash != ELEMENTARY_HASH) {
        fail_msg("0x%016" PRIx64 ", expected 0x%016" PRIx64, hash, ELEMENTARY_HASH);
    }
}

/* Against double precision: what all tables share must be right as well. */
static void the_shared_functions_are_right(void **state)
{
    (void)state;
    for (int i = -6340; i < 6440; i++) {
        const float x = 0.0137F * (float)i;

        assert_close((double)spoti_nn_exp(x), exp((double)x), 0.0, 0x1p-22);
    }
    assert_true(spoti_nn_exp(1000.0F) > 1e38F && spoti_nn_exp(-1000.0F) < 2e-38F);
    for (int i = -2200; i < 2200; i++) {
        const float x = 0.0137F * (float)i;
        const double y = (double)x;
        const double u = sqrt(2.0 / 3.14159265358979323846) * (y + 0.044715 * y * y * y);

        assert_close((double)spoti_nn_silu(x), y / (1.0 + exp(-y)), 1e-12, 0x1p-21);
        assert_close((double)spoti_nn_gelu(x), 0.5 * y * (1.0 + tanh(u)), 2e-7, 0x1p-20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_gives_the_same_bytes),
        cmocka_unit_test(so_do_the_instructions_that_this_cpu_may_lack),
        cmocka_unit_test(elementary_functions_give_the_same_bytes),
        cmocka_unit_test(the_shared_functions_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
