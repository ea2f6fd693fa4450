/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Two settings together: whether what a point gains depends on the setting, on shared seeds. */
#include <math.h>

#include "judged.h"

enum { SEEDS = 7 };

/* Times of base and x, slow and fast computer. */
static const double TIME_S[2][2][SEEDS] = {{{9, 8, 9, 7, 9, 8, 9}, {5, 6, 5, 6, 4, 5, 6}},
                                           {{6, 5, 6, 5, 6, 7, 6}, {5, 5, 5, 6, 5, 5, 5}}};

static fixture judged_settings(int first_seed_of_fast)
{
    static char text[TEXT_SIZE];
    spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    config.budget_s = 40.0;
    size_t used = (size_t)snprintf(text, sizeof(text), "platform,point,seed,success,time_s\n");
    for (int b = 0; b < 2; b++) {
        for (int i = 0; i < 2; i++) {
            for (int k = SEEDS - 1; k >= 0; k--) { /* in any order */
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s,%s,%d,1,%g\n",
                                         b == 0 ? "slow" : "fast", i == 0 ? "base" : "x",
                                         k + b * first_seed_of_fast, TIME_S[b][i][k]);
            }
        }
    }
    return judged_by(&config, text);
}

/* Twice the smaller share of sign patterns whose sum is as far out, over seeds `shift`.. of both. */
static double enumerated(int shift)
{
    double d[SEEDS];
    double sum = 0.0;
    int n = 0;
    int below = 0;
    int above = 0;
    for (int k = shift; k < SEEDS; k++) {
        d[n] =
            TIME_S[0][1][k] - TIME_S[0][0][k] - (TIME_S[1][1][k - shift] - TIME_S[1][0][k - shift]);
        sum += d[n++];
    }
    for (int pattern = 0; pattern < 1 << n; pattern++) {
        double s = 0.0;
        for (int k = 0; k < n; k++) {
            s += (pattern >> k & 1) != 0 ? d[k] : -d[k];
        }
        below += s <= sum + 1e-9;
        above += s >= sum - 1e-9;
    }
    return fmin(1.0, 2.0 * fmin(below, above) / (1 << n));
}

static void assert_asked(int shift)
{
    char words[128];
    fixture f = judged_settings(shift);
    (void)snprintf(words, sizeof(words),
                   "%s (interaction, sign-flip of double differences, two-sided p = %.2g).",
                   enumerated(shift) < 0.05 ? "it does" : "that is not established",
                   enumerated(shift));
    if (strstr(f.analysis->text, words) == NULL) {
        fail_msg("'%s' lacks '%s'", f.analysis->text, words);
    }
    assert_non_null(
        strstr(f.analysis->text, "'x' gains more over 'base' in 'slow' than in 'fast'"));
    done(&f);
}

static void shared_seeds_pair_both_settings(void **state)
{
    (void)state;
    assert_true(enumerated(0) < 0.05);
    assert_asked(0);
    assert_asked(3); /* four seeds are shared, in other places */
}

/* Other seeds everywhere: times have no other test. */
static void seeds_that_are_not_shared_ask_nothing(void **state)
{
    (void)state;
    fixture f = judged_settings(100);
    assert_null(strstr(f.analysis->text, "interaction"));
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_seeds_pair_both_settings),
        cmocka_unit_test(seeds_that_are_not_shared_ask_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
