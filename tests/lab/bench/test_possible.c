/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a benchmark refuses to have measured. */
#include <math.h>

#include "bench/clock.h"
#include "bench/possible.h"
#include "support/spot_test.h"

static void a_whole_takes_no_less_than_its_part(void **state)
{
    (void)state;
    assert_true(bench_whole_is_possible(2.0, 1.0));
    assert_true(bench_whole_is_possible(1.0, 1.0));
    assert_true(bench_whole_is_possible(0.96, 1.0)); /* 5 % are noise */
    assert_false(bench_whole_is_possible(0.94, 1.0));
    assert_false(bench_whole_is_possible(0.5, 1.0));
    assert_false(bench_whole_is_possible(0.0, 0.0)); /* the clock stood still */
    assert_false(bench_whole_is_possible(-1.0, 0.0));
    assert_false(bench_whole_is_possible((double)NAN, 1.0));
    assert_false(bench_whole_is_possible(1.0, (double)NAN));
}

static void a_rate_is_at_most_the_peak(void **state)
{
    (void)state;
    assert_true(bench_rate_is_possible(1.0, 2.0));
    assert_true(bench_rate_is_possible(1.04, 1.0));
    assert_false(bench_rate_is_possible(1.06, 1.0));
    assert_true(bench_rate_is_possible(1e12, 0.0)); /* no peak is known */
    assert_false(bench_rate_is_possible(0.0, 1.0));
    assert_false(bench_rate_is_possible((double)INFINITY, 1.0));
    assert_false(bench_rate_is_possible((double)NAN, 1.0));
    assert_false(bench_rate_is_possible((double)NAN, 0.0));
}

static void processor_time_is_the_default_clock(void **state)
{
    (void)state;
    char name[] = "bench";
    char wall[] = "--wall";
    char number[] = "3";
    char *argv[] = {name, wall, number};
    int argc = 1;
    assert_true(bench_clock_option(&argc, argv).id == CLOCK_PROCESS_CPUTIME_ID);
    argc = 3;
    assert_true(bench_clock_option(&argc, argv).id == CLOCK_MONOTONIC);
    assert_int_equal(argc, 2);
    assert_string_equal(argv[1], "3");
    assert_true(bench_clock_cost_s(bench_clock_option(&argc, argv)) >= 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_takes_no_less_than_its_part),
        cmocka_unit_test(a_rate_is_at_most_the_peak),
        cmocka_unit_test(processor_time_is_the_default_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
