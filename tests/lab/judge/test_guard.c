/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A lead in time that is no win: failures without a price, fewer successes, failures too rare to be seen. */
#include <math.h>

#include "judged.h"

static fixture judged(const char *text, double budget_s)
{
    spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    config.budget_s = budget_s;
    return judged_by(&config, text);
}

static const char SURVIVORS[] =
    "point,latency_ms,n,t_act_ms,episodes,successes,time_s,time_sd_s,chunks,chunks_sd\n"
    "fp32,320,8,100,50,50,10.0,1.0,7,0.7\nint8,180,8,100,50,5,8.0,0.8,6.5,0.5\n";

static void survivors_do_not_win(void **state)
{
    (void)state;
    fixture f = judged(SURVIVORS, 0.0);
    assert_int_equal(f.v->best, -1);
    assert_int_equal(f.v->leader, 1);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NO_BUDGET);
    assert_int_equal(f.v->kind, SPOT_ANALYZE_KIND_NONE);
    assert_false(f.points[1].p_better.known); /* Welch on survivors would give 0.003 */
    assert_false(f.v->trials_needed.known);
    assert_says(&f, "No winner by time");
    assert_says(&f, "--budget");
    assert_says(&f, "'int8' succeeds on 5 of 50 trials, 'fp32' on 50 of 50 (Fisher");
    assert_says(&f, "pays off only when it succeeds: 'int8'");
    done(&f);

    /* with a price of 40 s the mean times are 10 s and (5 * 8 + 45 * 40) / 50 = 36.8 s */
    f = judged(SURVIVORS, 40.0);
    assert_int_equal(f.v->best, 0);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NONE);
    assert_close(f.points[1].budget_time_s.value, 36.8, 1e-12, 0.0);
    done(&f);
}

/* A price so low that it pays to give up: least time, but significantly fewer successes. */
static void a_price_too_low_does_not_make_a_winner(void **state)
{
    (void)state;
    fixture f = judged("point,episodes,successes,time_s,budget_s\n"
                       "full,100,100,10,10\nlight,100,80,5,10\n",
                       0.0);
    assert_int_equal(f.v->best, -1);
    assert_int_equal(f.v->leader, 1); /* (80 * 5 + 20 * 10) / 100 = 6 s */
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_SUCCEEDS_LESS);
    assert_says(&f, "it is faster when it succeeds, but succeeds less");
    done(&f);
    /* better in both wins */
    f = judged("point,episodes,successes,time_s,budget_s\n"
               "full,100,80,10,20\nlight,100,100,5,20\n",
               0.0);
    assert_int_equal(f.v->best, 1);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NONE);
    done(&f);
    /* ... also where nothing says what a failure costs: at any price the order is the same */
    f = judged("point,episodes,successes,time_s\nfull,100,80,10\nlight,100,90,5\n", 0.0);
    assert_int_equal(f.v->best, 1);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NONE);
    done(&f);
    f = judged("point,episodes,successes,time_s\nfull,100,90,10\nlight,100,89,5\n", 0.0);
    assert_int_equal(f.v->best, -1);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NO_BUDGET);
    done(&f);
    /* a little less is no reason: Fisher on 98 and 100 of 100 gives 0.25 */
    f = judged("point,episodes,successes,time_s,budget_s\n"
               "full,100,100,10,20\nlight,100,98,5,20\n",
               0.0);
    assert_int_equal(f.v->best, 1);
    done(&f);
}

/* Paired seeds, every difference the same: 0 of n failed, a lead of 1.06 s, 40 s for a failure. */
static void paired_times(char text[TEXT_SIZE], int n, double base_s, double light_s)
{
    int used = snprintf(text, TEXT_SIZE, "point,seed,success,time_s,budget_s\n");
    for (int i = 0; i < 2 * n; i++) {
        const double jitter_s = 0.001 * (i / 2 % 7);
        used += snprintf(text + used, (size_t)(TEXT_SIZE - used), "%s,%d,1,%.3f,40\n",
                         i % 2 == 0 ? "full" : "light", i / 2,
                         (i % 2 == 0 ? base_s : light_s) + jitter_s);
    }
}

static void rare_failures_are_weighed(void **state)
{
    static const struct {
        int n;
        double bound; /* 1 - 0.05^(1/n) */
        spot_analyze_guard guard;
        const char *words;
    } cases[] = {
        {50, 0.0581551, SPOT_ANALYZE_GUARD_RARE_FAILURES, "so it is faster when it succeeds"},
        {250, 0.0119114, SPOT_ANALYZE_GUARD_NONE, "so rare failures do not undo it"},
    };
    static char text[TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        paired_times(text, cases[i].n, 6.36, 5.30);
        fixture f = judged(text, 0.0);
        assert_int_equal(f.v->best, 1);
        assert_int_equal(f.v->guard, cases[i].guard);
        const double t0 = f.points[0].budget_time_s.value;
        const double tx = f.points[1].budget_time_s.value;
        assert_close(f.v->undoing_rate.value, (t0 - tx) / (40.0 - tx), 1e-12, 0.0);
        assert_close(f.v->undoing_rate.value, 0.0305476, 1e-5, 0.0);
        assert_close(f.v->failure_bound.value, cases[i].bound, 1e-6, 0.0);
        assert_says(&f, cases[i].words);
        done(&f);
    }
}

/* Vector P50: three seeds that agree are one pattern of eight. */
static void few_seeds_that_agree_prove_nothing(void **state)
{
    (void)state;
    fixture f = judged("point,seed,success,time_s\nfull,1,1,10\nfull,2,1,11\nfull,3,1,12\n"
                       "light,1,1,9\nlight,2,1,10\nlight,3,1,11\n",
                       0.0);
    assert_int_equal(f.v->best, 1);
    assert_true(f.points[1].p_better.known);
    assert_close(f.points[1].p_better.value, 0.125, 1e-15, 0.0);
    assert_says(&f, "Not told apart from it: 'full'");
    done(&f);
}

/* n paired seeds; `light` succeeds on all, `full` fails on the last `fails`; the first `invalid` of light's
 * are invalid. */
static void with_invalid(char text[TEXT_SIZE], int n, int fails, int invalid)
{
    int used = snprintf(text, TEXT_SIZE, "point,seed,success,time_s,invalid,budget_s\n");
    for (int i = 0; i < n; i++) {
        used += snprintf(text + used, (size_t)(TEXT_SIZE - used), "full,%d,%d,%d,0,20\n", i,
                         i < n - fails, 9 + i % 2);
        used += snprintf(text + used, (size_t)(TEXT_SIZE - used), "light,%d,%d,%d,%d,20\n", i,
                         i >= invalid, 5 + i % 3, i < invalid);
    }
}

static fixture judged_dynamic(const char *text)
{
    fixture f = {.log = NULL};
    spot_analyze_config config;
    spot_diag diag = {""};
    spot_analyze_config_default(&config);
    config.regime = SPOT_ANALYZE_DYNAMIC;
    config.resamples = 500;
    spot_status st = read_text(&config, text, &f.log, &diag);
    st = st == SPOT_OK ? spot_analyze(f.log, &f.analysis, &diag) : st;
    if (st != SPOT_OK) {
        fail_msg("refused: %s", diag.text);
    }
    f.v = &f.analysis->settings[0].verdict;
    f.points = f.analysis->settings[0].points;
    return f;
}

static void invalid_episodes_leave_every_comparison(void **state)
{
    static char text[TEXT_SIZE];
    (void)state;
    /* six of 100 seeds differ, p = 2^-6, and one of light's is invalid: as a failure six against one, p =
     * 8 / 128 */
    with_invalid(text, 100, 6, 1);
    fixture f = judged_dynamic(text);
    assert_int_equal(f.v->best, 1);
    assert_int_equal(f.points[1].invalid, 1);
    assert_int_equal(f.points[1].trials, 99);
    assert_int_equal(f.points[1].successes, 99);
    assert_int_equal(f.points[0].trials, 100);
    assert_close(f.points[1].p_better.value, 8.0 / 128.0, 1e-12, 0.0);
    assert_int_equal(f.v->dynamic_paradox, SPOT_ANALYZE_NOT_ESTABLISHED);
    assert_says(&f, "Invalid episodes: 'light' 1 of 100; their seeds are left out");
    done(&f);

    /* none of them: McNemar on all 100 */
    with_invalid(text, 100, 6, 0);
    f = judged_dynamic(text);
    assert_close(f.points[1].p_better.value, 1.0 / 64.0, 1e-12, 0.0);
    assert_int_equal(f.v->dynamic_paradox, SPOT_ANALYZE_ESTABLISHED);
    assert_null(strstr(f.v->text, "nvalid"));
    done(&f);

    /* three of 100 are too many, whatever the rest says */
    with_invalid(text, 100, 50, 3);
    f = judged_dynamic(text);
    assert_int_equal(f.v->best, -1);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_INVALID);
    assert_false(f.points[1].p_better.known);
    assert_says(&f, "No verdict: more than 2 %");
    done(&f);

    /* light leads by one of 100; its two invalid ones would turn that round */
    with_invalid(text, 100, 1, 2);
    f = judged_dynamic(text);
    assert_int_equal(f.v->best, -1);
    assert_says(&f, "does not hold with the others as failures");
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survivors_do_not_win),
        cmocka_unit_test(a_price_too_low_does_not_make_a_winner),
        cmocka_unit_test(rare_failures_are_weighed),
        cmocka_unit_test(few_seeds_that_agree_prove_nothing),
        cmocka_unit_test(invalid_episodes_leave_every_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
