/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/judge.h"

#include <math.h>
#include <stdlib.h>

#include "few_episodes.h"
#include "support/spot_test.h"

/* Means of a few small numbers. */
static const double ROUNDING = 1e-12;

typedef struct judged {
    spot_episode episodes[FEW_ROWS * FEW_SEEDS];
    spot_tune_row rows[FEW_ROWS];
    spot_tune_result result;
} judged;

static void judge_few(judged *j, spot_goal goal)
{
    spot_diag diag = {""};
    few_fill(j->episodes);
    few_result(&j->result, j->rows, goal);
    assert_int_equal(spoti_judge_law(&j->result, 0.01, 10), SPOT_OK);
    assert_int_equal(spoti_judge_episodes(&j->result, j->episodes, &diag), SPOT_OK);
    few_keep(&j->result);
}

static void means_by_hand(void **state)
{
    judged j;
    (void)state;
    judge_few(&j, SPOT_GOAL_TIME);
    const double time_s[] = {10, 7, 6};
    const double chunks[] = {10, 8, 9};
    const double budget_s[] = {12.5, 10.25, 16.5};
    const int successes[] = {3, 3, 1};
    for (int i = 0; i < FEW_ROWS; i++) {
        const spot_analysis_point *p = few_point(&j.result, i);
        assert_int_equal(p->successes, successes[i]);
        assert_int_equal(p->trials, 4);
        assert_close(p->rate.value, successes[i] / 4.0, ROUNDING, 0.0);
        assert_close(p->time_s.value, time_s[i], ROUNDING, 0.0);
        assert_close(p->chunks.value, chunks[i], ROUNDING, 0.0);
        assert_close(p->inflation.value, chunks[i] / 10.0, ROUNDING, 0.0);
        assert_close(p->eta_task.value, 10.0 / time_s[i], ROUNDING, 0.0);
        assert_close(p->budget_time_s.value, budget_s[i], ROUNDING, 0.0);
        /* fewer than ten successes: no interval to be trusted */
        assert_true(p->time_s.known && !p->time_s.has_ci);
    }
    /* three successes and a failure at seed 3 (grade 1); light fails at seed 1 (grade 1) */
    assert_close(j.rows[0].grade_mean, 7.0 / 4.0, ROUNDING, 0.0);
    assert_close(j.rows[2].grade_mean, (0.0 + 1.0 + 2.0 + 1.0) / 4.0, ROUNDING, 0.0);
    /* 40 chunks of light, 44 inferences: waiting 20 + 6 s, ages weighted by chunks */
    assert_close(few_point(&j.result, 1)->delay_s.value, 26.0 / 44.0, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 1)->age_s.value,
                 0.25 + 0.125 * (0 * 6 + 1 * 16 + 2 * 8 + 3 * 10) / 40.0, ROUNDING, 0.0);
}

/* Wilson of 3/4 from its defining equation (p - q)^2 = z^2 q (1 - q) / n. */
static void wilson_solves_its_equation(void **state)
{
    judged j;
    (void)state;
    judge_few(&j, SPOT_GOAL_TIME);
    const double z = 1.959963984540054;
    const double ends[] = {few_point(&j.result, 0)->rate.lo, few_point(&j.result, 0)->rate.hi};
    for (int i = 0; i < 2; i++) {
        double q = ends[i];
        assert_close((0.75 - q) * (0.75 - q), z * z * q * (1.0 - q) / 4.0, 1e-12, 0.0);
    }
    assert_true(ends[0] < 0.75 && ends[1] > 0.75);
}

/* n T_act = 0.8 s; T_inf 0.30, 0.15, 0.06 s, in sync. */
static void timing_law_by_hand(void **state)
{
    judged j;
    (void)state;
    judge_few(&j, SPOT_GOAL_TIME);
    assert_close(j.rows[0].chunk_time_s, 1.10, ROUNDING, 0.0);
    assert_close(j.rows[1].chunk_time_s, 0.95, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 2)->eta_chunk.value, 1.10 / 0.86, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 1)->alpha.value, 0.5, ROUNDING, 0.0);
}

static void timing_law_with_overlap_clock_and_cadence(void **state)
{
    judged j;
    (void)state;
    few_result(&j.result, j.rows, SPOT_GOAL_TIME);
    j.rows[1].point.overlap = 1; /* 0.15 - 0.1 s are left to wait for */
    j.rows[2].point.overlap = 4;
    assert_int_equal(spoti_judge_law(&j.result, 0.01, 10), SPOT_OK);
    assert_close(j.rows[1].chunk_time_s, 0.85, ROUNDING, 0.0);
    assert_close(j.rows[2].chunk_time_s, 0.80, ROUNDING, 0.0);

    few_result(&j.result, j.rows, SPOT_GOAL_TIME);
    j.result.setting.clock = SPOT_CLOCK_PAPER; /* 3, 1.5 -> 2 (even), 0.6 -> 1 control steps */
    assert_int_equal(spoti_judge_law(&j.result, 0.01, 10), SPOT_OK);
    assert_close(j.rows[0].chunk_time_s, 1.1, ROUNDING, 0.0);
    assert_close(j.rows[1].chunk_time_s, 1.0, ROUNDING, 0.0);
    assert_close(j.rows[2].chunk_time_s, 0.9, ROUNDING, 0.0);

    few_result(&j.result, j.rows, SPOT_GOAL_TIME);
    j.result.setting.cadence = true; /* max(0.8, T_inf + T_ovh) */
    j.result.setting.overhead_s = 0.6;
    assert_int_equal(spoti_judge_law(&j.result, 0.01, 10), SPOT_OK);
    assert_close(j.rows[0].chunk_time_s, 0.9, ROUNDING, 0.0);
    assert_close(j.rows[1].chunk_time_s, 0.8, ROUNDING, 0.0);
}

/* With jitter, waiting is the mean over draws: E max(0, I - 0.3) of a latency that is 0.3 on the mean
 * is not 0. For a log-normal it is known: m (2 Phi(s/2) - 1), s^2 = ln(1 + cv^2). */
static void timing_law_averages_over_jitter(void **state)
{
    judged j;
    (void)state;
    few_result(&j.result, j.rows, SPOT_GOAL_TIME);
    j.rows[0].point.overlap = 3;
    j.rows[0].latency.spread_s = 0.15;
    assert_int_equal(spoti_judge_law(&j.result, 1e-6, 100000), SPOT_OK);
    double s = sqrt(log(1.0 + 0.25));
    double want = 0.3 * erf(s / 2.0 / sqrt(2.0));
    /* five standard deviations of the mean of 4096 draws; one draw varies by less than the latency */
    assert_close(j.rows[0].chunk_time_s - 0.8, want, 5.0 * 0.15 / 64.0, 0.0);
    assert_true(j.rows[0].chunk_time_s - 0.8 > 0.5 * want);
}

/* Light has the least budget time. Against it, per seed: baseline +5 -8 +1 +11, lighter +15 0 -1 +11. */
static void best_by_time(void **state)
{
    judged j;
    (void)state;
    judge_few(&j, SPOT_GOAL_TIME);
    assert_int_equal(j.result.best, 1);
    assert_true(few_point(&j.result, 1)->may_be_best);
    assert_false(few_point(&j.result, 1)->p_best_alone.known); /* nothing to compare it with */

    /* all 16 patterns of signs; a difference of 0 has none to flip, so both of its signs count */
    const double d[2][4] = {{5, -8, 1, 11}, {15, 0, -1, 11}};
    const int row[2] = {0, 2};
    for (int k = 0; k < 2; k++) {
        int as_large = 0;
        for (int c = 0; c < 16; c++) {
            double sum = 0.0;
            for (int b = 0; b < 4; b++) {
                sum += (c >> b & 1) != 0 ? fabs(d[k][b]) : -fabs(d[k][b]);
            }
            as_large += sum >= d[k][0] + d[k][1] + d[k][2] + d[k][3];
        }
        assert_close(few_point(&j.result, row[k])->p_best_alone.value, as_large / 16.0, ROUNDING,
                     0.0);
    }
    assert_non_null(
        strstr(j.result.verdict, "'steps=5 overlap=0' comes out first: 10.25 s against 12.5 s"));
    assert_non_null(strstr(j.result.verdict, "failures charged the budget of 20 s"));
    assert_false(j.result.best_beats_baseline);
}

/* All four seeds differ alike, so no resample disagrees. Yet signs alone come out so once in 2^4: not
 * enough for a claim. */
static void few_seeds_that_agree_prove_nothing(void **state)
{
    judged j;
    spot_diag diag = {""};
    (void)state;
    few_fill(j.episodes);
    few_result(&j.result, j.rows, SPOT_GOAL_TIME);
    for (int i = 0; i < FEW_ROWS * FEW_SEEDS; i++) {
        j.episodes[i].success = true;
        j.episodes[i].time_s = 10.0 - i / FEW_SEEDS;
    }
    assert_int_equal(spoti_judge_episodes(&j.result, j.episodes, &diag), SPOT_OK);
    few_keep(&j.result);
    assert_int_equal(j.result.best, 2);
    for (int i = 0; i < 2; i++) {
        assert_close(few_point(&j.result, i)->p_best_alone.value, 1.0 / 16.0, 0.0, ROUNDING);
        assert_true(few_point(&j.result, i)->may_be_best);
    }
    assert_non_null(strstr(j.result.verdict, "comes out first"));
}

/* Baseline and light tie at three; light has the lower budget time. Lighter misses two of light's
 * seeds and wins none: p = 1/4. Baseline and light win one each: P(X >= 1), X ~ B(2, 1/2) = 3/4. */
static void best_by_success(void **state)
{
    judged j;
    (void)state;
    judge_few(&j, SPOT_GOAL_SUCCESS);
    assert_int_equal(j.result.best, 1);
    assert_close(few_point(&j.result, 0)->p_best_alone.value, 0.75, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 2)->p_best_alone.value, 0.25, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 2)->p_best.value, 0.5, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 0)->p_best.value, 1.0, 0.0, 0.0); /* two rivals at .75 */
    assert_int_equal(j.result.cheapest, 2);
    assert_non_null(
        strstr(j.result.verdict, "Not told apart from it: 'steps=10 overlap=0' and 'steps=1"));
    assert_non_null(strstr(j.result.verdict, "The cheapest of these is 'steps=1 overlap=0'"));
}

/* Many seeds: point 1 succeeds always, the baseline on half of the seeds, point 2 on all but one. */
enum { MANY = 60 };

static void judge_many(judged *j, spot_episode *episodes, int successes0, int successes1,
                       int successes2, spot_goal goal)
{
    const int successes[] = {successes0, successes1, successes2};
    spot_diag diag = {""};
    few_result(&j->result, j->rows, goal);
    j->result.setting.n_seeds = MANY;
    for (int i = 0; i < FEW_ROWS; i++) {
        for (int k = 0; k < MANY; k++) {
            episodes[i * MANY + k] = (spot_episode){.seed = (uint64_t)k,
                                                    .success = k < successes[i],
                                                    .time_s = 5.0 + 0.01 * k,
                                                    .chunks = 5 + k % 3};
        }
    }
    assert_int_equal(spoti_judge_law(&j->result, 0.01, 10), SPOT_OK);
    assert_int_equal(spoti_judge_episodes(&j->result, episodes, &diag), SPOT_OK);
    few_keep(&j->result);
}

static void a_clear_winner_is_named(void **state)
{
    judged j;
    spot_episode *episodes = calloc(FEW_ROWS * MANY, sizeof(*episodes));
    (void)state;
    judge_many(&j, episodes, 30, 60, 45, SPOT_GOAL_SUCCESS);
    assert_int_equal(j.result.best, 1);
    assert_true(j.result.best_beats_baseline);
    assert_true(j.result.best_is_unique);
    /* 30 and 15 discordant seeds, all one way: 2^-30 and 2^-15 */
    assert_close(few_point(&j.result, 0)->p_best_alone.value, ldexp(1.0, -30), 0.0, 1e-9);
    assert_close(few_point(&j.result, 2)->p_best_alone.value, ldexp(1.0, -15), 0.0, 1e-9);
    assert_non_null(strstr(j.result.verdict, "'steps=5 overlap=0' is best: 100.0 %"));
    assert_non_null(strstr(j.result.verdict, "against 50.0 %"));
    assert_non_null(strstr(j.result.verdict, "Every other point is worse"));
    assert_non_null(strstr(j.result.verdict, "picked on these very trials"));

    /* a rival one success behind is not told apart, the baseline is */
    judge_many(&j, episodes, 30, 60, 59, SPOT_GOAL_SUCCESS);
    assert_true(j.result.best_beats_baseline);
    assert_false(j.result.best_is_unique);
    assert_true(few_point(&j.result, 2)->may_be_best);
    assert_int_equal(j.result.cheapest, 2);
    assert_non_null(strstr(j.result.verdict, "Not told apart from it: 'steps=1 overlap=0'"));
    free(episodes);
}

/* Five discordant seeds: p = 2^-5 is below 5 %, but not among two comparisons: 2^-4. */
static void two_comparisons_are_paid_for(void **state)
{
    judged j;
    spot_episode *episodes = calloc(FEW_ROWS * MANY, sizeof(*episodes));
    (void)state;
    judge_many(&j, episodes, 55, 60, 55, SPOT_GOAL_SUCCESS);
    assert_close(few_point(&j.result, 0)->p_best_alone.value, 0.03125, ROUNDING, 0.0);
    assert_close(few_point(&j.result, 0)->p_best.value, 0.0625, ROUNDING, 0.0);
    assert_true(few_point(&j.result, 0)->may_be_best && few_point(&j.result, 2)->may_be_best);
    assert_false(j.result.best_beats_baseline);
    assert_non_null(strstr(j.result.verdict, "comes out first"));
    free(episodes);
}

static void a_baseline_that_wins_is_said_so(void **state)
{
    judged j;
    spot_episode *episodes = calloc(FEW_ROWS * MANY, sizeof(*episodes));
    (void)state;
    judge_many(&j, episodes, 60, 30, 10, SPOT_GOAL_TIME);
    assert_int_equal(j.result.best, 0);
    assert_false(j.result.best_beats_baseline);
    assert_non_null(strstr(j.result.verdict, "The baseline 'steps=10 overlap=0' is best"));
    free(episodes);
}

/* One success more is no finding: first, but not "best". */
static void a_baseline_that_leads_by_a_seed_is_not_called_best(void **state)
{
    judged j;
    spot_episode *episodes = calloc(FEW_ROWS * MANY, sizeof(*episodes));
    (void)state;
    judge_many(&j, episodes, 60, 59, 10, SPOT_GOAL_SUCCESS);
    assert_int_equal(j.result.best, 0);
    assert_false(j.result.best_is_unique);
    assert_non_null(strstr(j.result.verdict, "The baseline 'steps=10 overlap=0' comes out first"));
    assert_non_null(strstr(j.result.verdict, "Not told apart from it: 'steps=5 overlap=0'"));
    free(episodes);
}

/* Identical outcomes: nothing to tell apart, and the cheapest is put first. */
static void ties_go_to_the_cheapest(void **state)
{
    judged j;
    spot_episode *episodes = calloc(FEW_ROWS * MANY, sizeof(*episodes));
    (void)state;
    judge_many(&j, episodes, 50, 50, 50, SPOT_GOAL_TIME);
    assert_int_equal(j.result.best, 2);
    for (int i = 0; i < FEW_ROWS; i++) {
        assert_close(few_point(&j.result, i)->p_best.value, 1.0, 0.0, 0.0);
    }
    assert_non_null(strstr(j.result.verdict, "Not told apart from it: 'steps=10 overlap=0' and"));
    free(episodes);
}

static void without_a_success_nothing_is_claimed(void **state)
{
    judged j;
    spot_episode *episodes = calloc(FEW_ROWS * MANY, sizeof(*episodes));
    (void)state;
    judge_many(&j, episodes, 0, 0, 0, SPOT_GOAL_SUCCESS);
    for (int i = 0; i < FEW_ROWS; i++) {
        assert_false(few_point(&j.result, i)->time_s.known);
        assert_false(few_point(&j.result, i)->inflation.known);
        assert_false(few_point(&j.result, i)->eta_task.known);
        assert_close(few_point(&j.result, i)->budget_time_s.value, 20.0, ROUNDING, 0.0);
    }
    assert_non_null(strstr(j.result.verdict, "no point succeeded on any trial"));
    free(episodes);
}

static void a_success_without_a_chunk_is_refused(void **state)
{
    judged j;
    spot_diag diag = {""};
    (void)state;
    few_fill(j.episodes);
    few_result(&j.result, j.rows, SPOT_GOAL_TIME);
    j.episodes[FEW_SEEDS].chunks = 0; /* the first of light */
    assert_int_equal(spoti_judge_episodes(&j.result, j.episodes, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "steps=5 overlap=0:1: column chunks: 0"));
    few_fill(j.episodes);
    j.episodes[0].time_s = NAN;
    assert_int_equal(spoti_judge_episodes(&j.result, j.episodes, &diag), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_by_hand),
        cmocka_unit_test(wilson_solves_its_equation),
        cmocka_unit_test(timing_law_by_hand),
        cmocka_unit_test(timing_law_with_overlap_clock_and_cadence),
        cmocka_unit_test(timing_law_averages_over_jitter),
        cmocka_unit_test(best_by_time),
        cmocka_unit_test(few_seeds_that_agree_prove_nothing),
        cmocka_unit_test(best_by_success),
        cmocka_unit_test(a_clear_winner_is_named),
        cmocka_unit_test(two_comparisons_are_paid_for),
        cmocka_unit_test(a_baseline_that_wins_is_said_so),
        cmocka_unit_test(a_baseline_that_leads_by_a_seed_is_not_called_best),
        cmocka_unit_test(ties_go_to_the_cheapest),
        cmocka_unit_test(without_a_success_nothing_is_claimed),
        cmocka_unit_test(a_success_without_a_chunk_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
