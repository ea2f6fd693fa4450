/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Delay and range of s of asynchronous execution, against trying them out on the schedule itself. */
#include <math.h>

#include "spot/tised.h"
#include "support/spot_test.h"

static void the_fewest_actions_hide_a_latency(void **state)
{
    (void)state;
    static const double rates_hz[] = {10.0, 25.0, 30.0, 50.0, 333.0};
    for (int r = 0; r < 5; r++) {
        for (int k = 0; k <= 3000; k++) {
            const double act_s = 1.0 / rates_hz[r];
            const double latency_s = 1e-3 * k;
            const int64_t n = spot_tised_hidden_actions(latency_s, act_s);
            /* In whole numbers: n actions last n / rate, the latency k / 1000. */
            assert_true((double)n * 1000.0 >= k * rates_hz[r]);
            assert_true(n == 0 ? k == 0 : (double)(n - 1) * 1000.0 < k * rates_hz[r]);
            if (n <= 64) {
                spot_tised_timing t;
                const spot_tised_setup setup = {
                    .inference_s = latency_s, .action_s = act_s, .n_action = 64};
                assert_int_equal(spot_tised_time_point(&setup, 1.0, (int)n, &t), SPOT_OK);
                assert_close(t.delay_s, 0.0, 1e-12, 0.0);
            }
        }
    }
    assert_true(spot_tised_hidden_actions(0.2, 0.04) == 5); /* 200 ms at 25 Hz */
    assert_true(spot_tised_hidden_actions(0.05, 1.0 / 60.0) == 3);
    assert_true(spot_tised_hidden_actions(-1.0, 0.1) == 0);
    assert_true(spot_tised_hidden_actions((double)NAN, 0.1) == 0);
    assert_true(spot_tised_hidden_actions(1.0, 0.0) == 0);
    assert_true(spot_tised_hidden_actions(-1.0, -0.1) == 0);
    assert_true(spot_tised_hidden_actions(0.0, 0.0) == 0);
    assert_true(spot_tised_hidden_actions(0x1p53, 1.0) == 0);
    assert_true(spot_tised_hidden_actions(0x1p52, 1.0) == INT64_C(1) << 52);
    assert_true(spot_tised_hidden_actions(1e300, 1e-300) == 0);
}

static void the_range_holds_every_s_that_fits_and_no_other(void **state)
{
    (void)state;
    for (int horizon = 1; horizon <= 20; horizon++) {
        for (int d = 0; d <= 25; d++) {
            int found_least = 0;
            int found_most = 0;
            for (int s = 1; s <= horizon; s++) {
                if (s >= d && s + d <= horizon) {
                    found_least = found_least == 0 ? s : found_least;
                    found_most = s;
                }
            }
            int least = -7;
            int most = -7;
            const bool possible = spot_tised_execute_range(d, horizon, &least, &most);
            assert_true(possible == (found_least > 0));
            assert_int_equal(least, possible ? found_least : -7);
            assert_int_equal(most, possible ? found_most : -7);
        }
    }
    int x = 0;
    assert_false(spot_tised_execute_range(-1, 8, &x, &x));
    assert_false(spot_tised_execute_range(0, 0, &x, &x));
    assert_false(spot_tised_execute_range(INT64_C(1) << 40, 8, &x, &x));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fewest_actions_hide_a_latency),
        cmocka_unit_test(the_range_holds_every_s_that_fits_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
