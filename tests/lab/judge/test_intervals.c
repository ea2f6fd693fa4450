/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From how many successes on budget times have intervals. Oracles: the count, and means by hand. */
#include "lab/judge/judged.h"

enum { N_SEED = 30 };

/* A log of three points on N_SEED seeds: point k succeeds on its first good[k] seeds, in time[k] s and a
 * little that differs from seed to seed. A failure takes 30 s. */
static void write_log(char *text, const int good[3], const double time[3])
{
    static const char *const names[] = {"full", "half", "light"};
    char *at = text;
    at += sprintf(at, "point,seed,success,chunks,time_s,budget_s\n");
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < N_SEED; i++) {
            const double time_s = i < good[k] ? time[k] + 0.01 * (i % 7) : 30.0;
            at += sprintf(at, "%s,%d,%d,4,%.3f,30\n", names[k], i, i < good[k], time_s);
        }
    }
}

static void budget_times_have_intervals_from_twenty_successes_on(void **state)
{
    static char text[TEXT_SIZE];
    const double time[3] = {5.0, 4.0, 3.0};
    (void)state;
    for (int n = 19; n <= 21; n++) {
        const int good[3] = {N_SEED, n, 10};
        const spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
        write_log(text, good, time);
        fixture f = judged_by(&config, text);
        assert_true(f.points[0].budget_time_s.has_ci);
        assert_int_equal(f.points[1].budget_time_s.has_ci, n >= 20);
        assert_false(f.points[2].budget_time_s.has_ci);
        for (int k = 0; k < 3; k++) {
            double sum = 0.0;
            for (int i = 0; i < N_SEED; i++) {
                sum += i < good[k] ? time[k] + 0.01 * (i % 7) : 30.0;
            }
            assert_true(f.points[k].budget_time_s.known);
            assert_close(f.points[k].budget_time_s.value, sum / N_SEED, 0.0, 1e-9);
        }
        done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget_times_have_intervals_from_twenty_successes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
