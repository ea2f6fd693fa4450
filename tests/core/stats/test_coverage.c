/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How often each interval holds the truth, by simulation. Every bound is N_SIGMA standard deviations
 * of a binomial share away from what theory says, so that a right interval raises a false alarm with
 * probability 6e-7 a bound, below 1e-4 for the file; the seeds are fixed. */
#include "support/spot_test.h"

#include <math.h>

#include "core/stats/paired.h"
#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

static const double N_SIGMA = 5.0;

static double share_sd(double p, int n)
{
    return sqrt(p * (1 - p) / n);
}

static int draw_binomial(spot_rng *rng, int n, double p)
{
    int k = 0;
    for (int i = 0; i < n; i++) {
        k += spot_rng_uniform(rng, 0.0, 1.0) < p;
    }
    return k;
}

static void rate_intervals_cover_as_they_should(void **state)
{
    (void)state;
    /* exact shares with mpmath 1.3: which outcomes' score test, binomial tails and beta tail at p
     * accept p, no interval computed */
    enum { N_DATA = 20000 };
    static const struct {
        int n;
        double p;
        double share[3]; /* Wilson, Clopper-Pearson, Jeffreys */
    } cases[] = {
        {10, 0.5, {0.978516, 0.978516, 0.978516}},   {30, 0.8, {0.963861, 0.979984, 0.930205}},
        {50, 0.95, {0.962224, 0.988214, 0.885279}},  {200, 0.3, {0.946634, 0.955046, 0.946634}},
        {128, 0.99, {0.959714, 0.990394, 0.959714}},
    };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        int covered[3] = {0};
        for (int i = 0; i < N_DATA; i++) {
            spot_rng rng = spot_rng_at(c, SPOT_STREAM_RESET, (uint64_t)i);
            double p = cases[c].p;
            int k = draw_binomial(&rng, cases[c].n, p);
            spot_interval ci[3];
            assert_int_equal(spot_stats_wilson(k, cases[c].n, 0.95, &ci[0]), SPOT_OK);
            assert_int_equal(spot_stats_clopper_pearson(k, cases[c].n, 0.95, &ci[1]), SPOT_OK);
            assert_int_equal(spot_stats_jeffreys(k, cases[c].n, 0.95, &ci[2]), SPOT_OK);
            for (int j = 0; j < 3; j++) {
                covered[j] += ci[j].lo <= p && p <= ci[j].hi;
            }
        }
        for (int j = 0; j < 3; j++) {
            double share = (double)covered[j] / N_DATA;
            /* the known share for this rate: the outcomes are few, and coverage jumps with p */
            assert_close(share, cases[c].share[j],
                         N_SIGMA * share_sd(cases[c].share[j], N_DATA) + 1e-4, 0.0);
        }
        assert_true(cases[c].share[1] >= 0.95); /* guaranteed */
    }
}

static void newcombe_covers_about_as_often_as_it_says(void **state)
{
    (void)state;
    /* Newcombe 1998, table III: mean coverage 0.95, rarely below 0.93 */
    enum { N_DATA = 20000 };
    static const struct {
        int n_1, n_2;
        double p_1, p_2;
    } cases[] = {
        {50, 50, 0.76, 0.68}, {30, 10, 0.5, 0.9}, {128, 128, 0.95, 0.97}, {20, 40, 0.1, 0.3}};
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        int covered = 0;
        for (int i = 0; i < N_DATA; i++) {
            spot_rng rng = spot_rng_at(50 + c, SPOT_STREAM_RESET, (uint64_t)i);
            spot_stats_count a = {draw_binomial(&rng, cases[c].n_1, cases[c].p_1), cases[c].n_1};
            spot_stats_count b = {draw_binomial(&rng, cases[c].n_2, cases[c].p_2), cases[c].n_2};
            spot_interval ci;
            assert_int_equal(spot_stats_newcombe(a, b, 0.95, &ci), SPOT_OK);
            double truth = cases[c].p_1 - cases[c].p_2;
            covered += ci.lo <= truth && truth <= ci.hi;
        }
        double share = (double)covered / N_DATA;
        assert_true(share >= 0.93 - N_SIGMA * share_sd(0.93, N_DATA));
        assert_true(share <= 0.985 + N_SIGMA * share_sd(0.985, N_DATA));
    }
}

/* Paired episodes with skewed times and failures; the true ratio of mean times is 0.8. */
static void draw_runs(uint64_t index, spot_stats_run *a, spot_stats_run *b, int n)
{
    spot_rng rng = spot_rng_at(77, SPOT_STREAM_RESET, index);
    for (int i = 0; i < n; i++) {
        double hard = exp(0.6 * spot_rng_normal(&rng));
        double wobble_a = exp(0.3 * spot_rng_normal(&rng));
        double wobble_b = exp(0.3 * spot_rng_normal(&rng));
        a[i] = (spot_stats_run){spot_rng_uniform(&rng, 0.0, 1.0) < 0.8, 8.0 * hard * wobble_a, 1.0};
        b[i] =
            (spot_stats_run){spot_rng_uniform(&rng, 0.0, 1.0) < 0.9, 10.0 * hard * wobble_b, 1.0};
    }
}

static void bootstrap_intervals_cover_about_as_often_as_they_say(void **state)
{
    (void)state;
    /* theory: an error of order 1 / n; at 60 seeds between 0.92 and 0.96 for both kinds */
    enum { N_DATA = 2000, N_SEED = 60, N_RESAMPLE = 600 };
    static double work[SPOTI_N_STAT * N_RESAMPLE];
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    config.n_resample = N_RESAMPLE;
    int covered[2] = {0};
    int claimed = 0;
    for (int i = 0; i < N_DATA; i++) {
        spot_stats_run a[N_SEED];
        spot_stats_run b[N_SEED];
        draw_runs((uint64_t)i, a, b, N_SEED);
        config.seed = (uint64_t)i;
        spot_stats_paired_result r;
        assert_int_equal(spot_stats_paired(&config, a, b, N_SEED, work, &r), SPOT_OK);
        covered[0] += r.time_ratio.ci.lo <= 0.8 && 0.8 <= r.time_ratio.ci.hi;
        assert_int_equal(spot_stats_paired_bca(&config, a, b, N_SEED, work, &r), SPOT_OK);
        covered[1] += r.time_ratio.ci.lo <= 0.8 && 0.8 <= r.time_ratio.ci.hi;
        /* the one-sided p-value where the null hypothesis is just true */
        for (int k = 0; k < N_SEED; k++) {
            a[k].time_s /= 0.8;
        }
        assert_int_equal(spot_stats_paired(&config, a, b, N_SEED, work, &r), SPOT_OK);
        claimed += r.p_candidate_faster <= 0.05;
    }
    for (int j = 0; j < 2; j++) {
        double share = (double)covered[j] / N_DATA;
        assert_true(share >= 0.92 - N_SIGMA * share_sd(0.92, N_DATA));
        assert_true(share <= 0.96 + N_SIGMA * share_sd(0.96, N_DATA));
    }
    double level = (double)claimed / N_DATA;
    assert_true(level <= 0.07 + N_SIGMA * share_sd(0.07, N_DATA));
    assert_true(level >= 0.035 - N_SIGMA * share_sd(0.035, N_DATA));
}

static void interior_posterior_is_calibrated_under_its_prior(void **state)
{
    (void)state;
    /* rates drawn from Jeffreys' prior: among data with posterior q the best arm is interior in a
     * share q of cases, so the sum of (hit - q) has mean 0 and variance sum q (1 - q) */
    enum { N_DATA = 20000, N_ARM = 4 };
    double excess = 0.0;
    double variance = 0.0;
    for (int i = 0; i < N_DATA; i++) {
        spot_rng rng = spot_rng_at(78, SPOT_STREAM_RESET, (uint64_t)i);
        spot_stats_count arms[N_ARM];
        double most = -1.0;
        int best = 0;
        for (int j = 0; j < N_ARM; j++) {
            double s = sin(spot_rng_uniform(&rng, 0.0, 1.57079632679489661923));
            best = s * s > most ? j : best;
            most = fmax(most, s * s);
            arms[j] = (spot_stats_count){draw_binomial(&rng, 5 + 5 * j, s * s), 5 + 5 * j};
        }
        double p_best[N_ARM];
        double q = 0.0;
        assert_int_equal(spot_stats_posterior_best(arms, N_ARM, p_best, &q), SPOT_OK);
        excess += (best == 1 || best == 2) - q;
        variance += q * (1 - q);
    }
    assert_close(excess / sqrt(variance), 0.0, N_SIGMA, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_intervals_cover_as_they_should),
        cmocka_unit_test(newcombe_covers_about_as_often_as_it_says),
        cmocka_unit_test(bootstrap_intervals_cover_about_as_often_as_they_say),
        cmocka_unit_test(interior_posterior_is_calibrated_under_its_prior),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
