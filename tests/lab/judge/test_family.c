/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* All points at once: the set of the best, who beats the baseline, who is worse than the first. */
#include <math.h>

#include "judged.h"
#include "spot/stats_power.h"

static const double EXACT = 1e-12; /* p-values that are counted */
static const double BUDGET_S = 40.0;

enum { POINTS = 3, SEEDS = 4 };

/* Budget times by hand; the baseline is point 0. */
static const double TIME_S[POINTS][SEEDS] = {{9, 8, 9, 7}, {5, 6, 5, 4}, {6, 7, 4, 6}};

/* Rows of n points on n_seed seeds; a time of at least the budget is a failure. */
static fixture judged_times(const double *time_s, int n, int n_seed, double effect)
{
    static char text[TEXT_SIZE];
    spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    config.budget_s = BUDGET_S;
    config.effect = effect;
    size_t used = (size_t)snprintf(text, sizeof(text), "point,seed,success,time_s,chunks\n");
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n_seed; k++) {
            const double t = time_s[i * n_seed + k];
            used += (size_t)snprintf(text + used, sizeof(text) - used, "p%d,%d,%d,%.6f,%d\n", i, k,
                                     t < BUDGET_S, t, 5 + k % 3);
        }
    }
    return judged_by(&config, text);
}

/* Share of the 2^SEEDS patterns of signs whose sum is at most that of i - j. */
static double flipped(int i, int j)
{
    double observed = 0.0;
    int hits = 0;
    for (int k = 0; k < SEEDS; k++) {
        observed += TIME_S[i][k] - TIME_S[j][k];
    }
    for (int pattern = 0; pattern < 1 << SEEDS; pattern++) {
        double sum = 0.0;
        for (int k = 0; k < SEEDS; k++) {
            const double d = TIME_S[i][k] - TIME_S[j][k];
            sum += (pattern >> k & 1) != 0 ? d : -d;
        }
        hits += sum <= observed + 1e-9;
    }
    return (double)hits / (1 << SEEDS);
}

/* (1 - f*)^n: all of n succeed although f* would fail; f* undoes the lead of i over j. */
static double rare(double ti, double tj, int n)
{
    return pow(1.0 - (tj - ti) / (BUDGET_S - ti), n);
}

static double mean_of(int i)
{
    double sum = 0.0;
    for (int k = 0; k < SEEDS; k++) {
        sum += TIME_S[i][k] / SEEDS;
    }
    return sum;
}

static double claim(int i, int j)
{
    return fmax(flipped(i, j), rare(mean_of(i), mean_of(j), SEEDS));
}

static void the_set_is_paid_for_by_its_rivals(void **state)
{
    (void)state;
    fixture f = judged_times(&TIME_S[0][0], POINTS, SEEDS, 0.0);
    assert_int_equal(f.v->best, 1);
    /* p0 has two rivals that lead it, p2 one; each pays for both of the others */
    const double p0 = fmin(1.0, 2.0 * fmin(claim(1, 0), claim(2, 0)));
    assert_close(f.points[0].p_best.value, p0, EXACT, 0.0);
    assert_close(f.points[2].p_best.value, fmin(1.0, 2.0 * claim(1, 2)), EXACT, 0.0);
    assert_close(f.points[1].p_best.value, 1.0, 0.0, 0.0); /* nobody leads it */
    assert_close(f.points[0].p_best_alone.value, flipped(1, 0), EXACT, 0.0);
    done(&f);
}

static void beating_the_baseline_is_paid_for_by_holm(void **state)
{
    (void)state;
    fixture f = judged_times(&TIME_S[0][0], POINTS, SEEDS, 0.0);
    assert_close(f.points[1].p_better.value, flipped(1, 0), EXACT, 0.0);
    const double a = claim(1, 0);
    const double b = claim(2, 0);
    const double first = fmin(1.0, 2.0 * fmin(a, b));
    const double second = fmin(1.0, fmax(first, fmax(a, b)));
    assert_close(f.points[1].p_beats_baseline.value, a <= b ? first : second, EXACT, 0.0);
    assert_close(f.points[2].p_beats_baseline.value, a <= b ? second : first, EXACT, 0.0);
    assert_false(f.points[0].p_beats_baseline.known);
    done(&f);
}

/* sum d / sqrt(sum d^2) of i over j in the order that `code` gives the points of each seed, a digit a seed. */
static double strength(int code, int i, int j)
{
    static const int order[6][POINTS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double sum = 0.0;
    double square = 0.0;
    for (int k = 0; k < SEEDS; k++, code /= 6) {
        const double d = TIME_S[order[code % 6][i]][k] - TIME_S[order[code % 6][j]][k];
        sum += d;
        square += d * d;
    }
    return square > 0.0 ? sum / sqrt(square) : 0.0;
}

/* Share of all (3!)^4 orders in which the largest of all pairs reaches the observed one. */
static double shuffled(int worse, int better)
{
    int hits = 0;
    for (int code = 0; code < 6 * 6 * 6 * 6; code++) {
        double most = 0.0;
        for (int i = 0; i < POINTS; i++) {
            for (int j = 0; j < POINTS; j++) {
                most = fmax(most, strength(code, i, j));
            }
        }
        hits += most >= strength(0, worse, better) - 1e-9;
    }
    return hits / 1296.0;
}

static void worse_is_said_of_all_pairs_at_once(void **state)
{
    (void)state;
    fixture f = judged_times(&TIME_S[0][0], POINTS, SEEDS, 0.0);
    /* rare failures are paid for at each of the three points that could be the faster one */
    const double rare0 = 3.0 * rare(mean_of(1), mean_of(0), SEEDS);
    const double rare2 = 3.0 * rare(mean_of(1), mean_of(2), SEEDS);
    assert_close(f.points[0].p_behind.value, fmin(1.0, fmax(shuffled(0, 1), rare0)), EXACT, 0.0);
    assert_close(f.points[2].p_behind.value, fmin(1.0, fmax(shuffled(2, 1), rare2)), EXACT, 0.0);
    assert_false(f.points[1].p_behind.known);
    done(&f);

    /* without failures in the way the shuffle alone decides: successes of two points, one of which always
     * fails: T = sqrt 4 only if all four seeds agree, 2 of 2^4 orders, both directions being one pair */
    spot_analyze_config config = judged_config(SPOT_ANALYZE_DYNAMIC);
    f = judged_by(&config, "point,seed,success\na,1,0\na,2,0\na,3,0\na,4,0\n"
                           "b,1,1\nb,2,1\nb,3,1\nb,4,1\n");
    assert_close(f.points[0].p_behind.value, 2.0 / 16.0, EXACT, 0.0);
    assert_close(f.points[0].p_best.value, 1.0 / 16.0, EXACT, 0.0); /* McNemar, one rival */
    done(&f);

    /* other seeds: no shuffle, so Fisher's p times the two ordered pairs: 1 / (8 over 4) each */
    f = judged_by(&config, "point,seed,success\na,1,0\na,2,0\na,3,0\na,4,0\n"
                           "b,5,1\nb,6,1\nb,7,1\nb,8,1\n");
    assert_close(f.points[0].p_behind.value, 2.0 / 70.0, EXACT, 0.0);
    done(&f);
}

/* Forty seeds, p1 faster by 0.5 s on each: certain as far as seen, but 1.5 % of failures would undo it, and
 * forty successes rule out no less than 7 %. */
static void rare_failures_keep_a_slower_point_in_the_set(void **state)
{
    enum { N = 40 };
    double time_s[2][N];
    (void)state;
    for (int k = 0; k < N; k++) {
        time_s[0][k] = 6.0 + 0.1 * (k % 7);
        time_s[1][k] = time_s[0][k] - 0.5;
    }
    fixture f = judged_times(&time_s[0][0], 2, N, 0.0);
    assert_int_equal(f.v->best, 1);
    assert_true(f.points[0].may_be_best);
    assert_true(f.points[0].only_by_rare_failures);
    double mean0 = 0.0;
    for (int k = 0; k < N; k++) {
        mean0 += time_s[0][k] / N;
    }
    assert_close(f.points[0].p_best.value, rare(mean0 - 0.5, mean0, N), 0.0, 1e-9);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_RARE_FAILURES);
    assert_int_equal(f.v->cheapest, 1);
    assert_says(&f, "'p1' comes out first: ");
    assert_says(&f, "Slower when it succeeds, unless failures too rare to be seen decide: 'p0'.");
    /* and so many successes would rule them out: (1 - f*)^n <= 5 % */
    const double undoing = 0.5 / (BUDGET_S - mean0 + 0.5);
    assert_close(f.v->trials_needed.value, ceil(log(0.05) / log1p(-undoing)), 0.0, 0.0);
    done(&f);
}

/* A hundred successes bound failures at 2.95 %, below f* = 3.4 %: enough for one claim, (1 - f*)^100 = .031, but
 * not for one of four. */
static void as_many_claims_as_points_are_paid_for(void **state)
{
    enum { N = 100, M = 5 };
    double time_s[M][N];
    (void)state;
    for (int i = 0; i < M; i++) {
        for (int k = 0; k < N; k++) {
            time_s[i][k] = (i == M - 1 ? 4.8 : 6.0) + 0.01 * ((k + i) % 5 - 2);
        }
    }
    fixture f = judged_times(&time_s[0][0], M, N, 0.0);
    assert_int_equal(f.v->best, M - 1);
    assert_true(f.v->failure_bound.value < f.v->undoing_rate.value);
    assert_close(f.points[M - 1].p_beats_baseline.value, 4.0 * rare(4.8, 6.0, N), 1e-9, 0.0);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_RARE_FAILURES);
    assert_false(f.v->beats_baseline);
    assert_says(&f, "not low enough for a claim among 4 points, so it is faster when it succeeds");
    done(&f);
}

/* With failures seen, f* is the rate at which i would take as long, and its trials are weighed by the exact
 * binomial: 2 of 60 failed, at 10 s. */
static void failures_that_were_seen_count_in_f_star(void **state)
{
    enum { N = 60 };
    double time_s[2][N];
    (void)state;
    for (int k = 0; k < N; k++) {
        time_s[0][k] = 20.0 + 0.1 * (k % 3);
        time_s[1][k] = k < 2 ? BUDGET_S : 10.0 + 0.1 * (k % 3);
    }
    fixture f = judged_times(&time_s[0][0], 2, N, 0.0);
    double t0 = 0.0;
    double t1 = 0.0;
    for (int k = 0; k < N; k++) {
        t0 += time_s[0][k] / N;
        t1 += k < 2 ? 0.0 : time_s[1][k] / (N - 2);
    }
    const double undoing = (t0 - t1) / (BUDGET_S - t1);
    assert_close(f.v->undoing_rate.value, undoing, EXACT, 0.0);
    double p = 0.0; /* at most two failures of sixty */
    for (int k = 0; k <= 2; k++) {
        p += exp(lgamma(N + 1) - lgamma(k + 1) - lgamma(N - k + 1) + k * log(undoing) +
                 (N - k) * log1p(-undoing));
    }
    /* the two failures are in the times as well: floor of the drawn signs against p */
    assert_true(p < 1e-4 && !f.points[0].may_be_best);
    assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NONE);
    assert_says(&f, "'p1' is best: ");
    done(&f);
}

static void the_ratio_on_common_successes_stands_beside(void **state)
{
    spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    (void)state;
    config.budget_s = BUDGET_S;
    /* x fails on the hard seed, so its own mean is 11 against 15; on seeds of both it takes 10 % longer */
    fixture f = judged_by(&config, "point,seed,success,time_s,chunks\n"
                                   "base,1,1,10,10\nbase,2,1,10,10\nbase,3,1,25,30\n"
                                   "x,1,1,11,12\nx,2,1,11,12\nx,3,0,40,50\n");
    const spot_analysis_point *x = &f.points[1];
    assert_close(x->eta_task.value, 15.0 / 11.0, EXACT, 0.0);
    assert_close(x->eta_task_common.value, 10.0 / 11.0, EXACT, 0.0);
    assert_close(x->inflation.value, 12.0 / (50.0 / 3.0), EXACT, 0.0);
    assert_close(x->inflation_common.value, 1.2, EXACT, 0.0);
    assert_false(x->eta_task_common.has_ci); /* two seeds */
    assert_close(f.points[0].eta_task_common.value, 1.0, EXACT, 0.0);
    /* the column that says otherwise than the verdict is named */
    assert_int_equal(f.v->best, 0);
    assert_says(&f, " By other columns another point leads: T of successes 'x'.");
    done(&f);
}

/* The user's effect in place of the difference at hand: McNemar at the same share of discordant seeds. */
/* Of five rivals four are asked, those with the strongest leads: the two hasty ones, which succeed less and may not
 * beat anybody, and of the others the two best, the best of which wins seven seeds of ten. */
static void the_strongest_four_rivals_are_asked(void **state)
{
    enum { N = 6, N_SEED = 10 };
    /* base, then in this order: third, first, second, fifth and fourth by the strength of the lead */
    static const int n_won[N] = {0, 7, 5, 4, 6, 6};
    static const double won_s[N] = {36, 33, 2, 2, 33, 33};
    static const double lost_s[N] = {36, 39, 40, 40, 39.6, 39};
    double time_s[N * N_SEED];
    (void)state;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < N_SEED; k++) {
            time_s[i * N_SEED + k] = k < n_won[i] ? won_s[i] : lost_s[i];
        }
    }
    fixture f = judged_times(time_s, N, N_SEED, 0.0);
    /* 10 signs of one size: 7 or more of them, 120 + 45 + 10 + 1 of 1024; times five rivals */
    assert_close(f.points[0].p_best.value, 5.0 * 176.0 / 1024.0, EXACT, 0.0);
    done(&f);
}

static void trials_are_for_the_effect_asked_for(void **state)
{
    enum { N = 50 };
    static char text[TEXT_SIZE];
    spot_analyze_config config = judged_config(SPOT_ANALYZE_DYNAMIC);
    spot_stats_power_config wish;
    spot_stats_trials need;
    size_t used = (size_t)snprintf(text, sizeof(text), "point,seed,success\n");
    (void)state;
    for (int k = 0; k < N; k++) { /* 6 seeds are won by b alone, 4 by a alone */
        used += (size_t)snprintf(text + used, sizeof(text) - used, "a,%d,%d\nb,%d,%d\n", k,
                                 k < 4 || k >= 10, k, k >= 4);
    }
    fixture f = judged_by(&config, text);
    spot_stats_power_config_default(&wish);
    wish.rate_candidate = 6.0 / N;
    wish.rate_baseline = 4.0 / N;
    assert_int_equal(spot_stats_trials_mcnemar(&wish, &need), SPOT_OK);
    assert_close(f.v->trials_needed.value, need.n_trial, 0.0, 0.0);
    /* six of ten is nothing: the share that b wins may be below a half */
    assert_true(f.v->trials_needed.has_ci && isinf(f.v->trials_needed.hi));
    assert_true(f.v->trials_needed.lo < f.v->trials_needed.value);
    done(&f);

    config.effect = 0.10;
    f = judged_by(&config, text);
    wish.rate_candidate = 0.5 * (10.0 / N + 0.10);
    wish.rate_baseline = 0.5 * (10.0 / N - 0.10);
    assert_int_equal(spot_stats_trials_mcnemar(&wish, &need), SPOT_OK);
    assert_close(f.v->trials_needed.value, need.n_trial, 0.0, 0.0);
    assert_false(f.v->trials_needed.has_ci);
    assert_says(&f, "the effect asked for takes");
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_set_is_paid_for_by_its_rivals),
        cmocka_unit_test(beating_the_baseline_is_paid_for_by_holm),
        cmocka_unit_test(worse_is_said_of_all_pairs_at_once),
        cmocka_unit_test(rare_failures_keep_a_slower_point_in_the_set),
        cmocka_unit_test(as_many_claims_as_points_are_paid_for),
        cmocka_unit_test(failures_that_were_seen_count_in_f_star),
        cmocka_unit_test(the_ratio_on_common_successes_stands_beside),
        cmocka_unit_test(the_strongest_four_rivals_are_asked),
        cmocka_unit_test(trials_are_for_the_effect_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
