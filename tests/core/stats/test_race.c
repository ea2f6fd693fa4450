/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, the failure probability that the radius must spend. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>

#include "spot/rng.h"
#include "spot/stats_race.h"

static double elimination(int n_arm, double delta, int64_t n_pull)
{
    double r = NAN;
    assert_int_equal(spot_stats_elimination_radius(n_arm, delta, n_pull, &r), SPOT_OK);
    return r;
}

static void radii_match_printed_vectors(void **state)
{
    (void)state;
    assert_close(elimination(4, 0.05, 100), 0.2718751, 0.0, 2e-7);
    assert_close(elimination(4, 0.05, 1000), 0.09845909, 0.0, 1e-7);
    double r = NAN;
    /* 1.25 * 4 * 10^4 / 0.05 = 10^6 */
    assert_int_equal(spot_stats_lucb_radius(4, 0.05, 100, 10, &r), SPOT_OK);
    assert_close(r, sqrt(log(1e6) / 200), 0.0, 1e-14);
    /* 1.25 * 8 * 3^4 / 0.01 = 81000 */
    assert_int_equal(spot_stats_lucb_radius(8, 0.01, 7, 3, &r), SPOT_OK);
    assert_close(r, sqrt(log(81000.0) / 14), 0.0, 1e-14);
}

static void elimination_spends_delta_over_all_arms_and_times(void **state)
{
    (void)state;
    /* Hoeffding's 2 exp (-2 u r^2), summed over m arms and all u: delta, less the rest of
     * sum 1 / u^2 beyond U, which is 1 / U about */
    enum { N_ARM = 7, LAST = 100000 };
    static const double DELTA = 0.01;
    double spent = 0.0;
    for (int64_t u = 1; u <= LAST; u++) {
        double r = elimination(N_ARM, DELTA, u);
        spent += N_ARM * 2.0 * exp(-2.0 * (double)u * r * r);
    }
    assert_close(spent, DELTA, DELTA / LAST, 0.0);
    assert_true(spent < DELTA);
    /* nothing overflows */
    assert_close(elimination(1, 1e-300, INT64_MAX), 0.0, 1e-7, 0.0);
    assert_true(elimination(1, 1e-300, 1) > 18.0 && elimination(1, 0.999, 1) > 0.7);
}

static void elimination_keeps_the_best_arm(void **state)
{
    (void)state;
    /* 300 races of Bernoulli losses at delta = 0.1: the best arm may go in 10 % of them; a share
     * above 0.1 + 5 sd = 0.187 would be an alarm of 3e-7 */
    enum { N_RACE = 300, N_ARM = 4, N_PULL = 1500 };
    static const double LOSS[N_ARM] = {0.5, 0.3, 0.55, 0.7};
    int lost = 0;
    int ended = 0;
    for (int race = 0; race < N_RACE; race++) {
        spot_rng rng = spot_rng_at((uint64_t)race, SPOT_STREAM_RESET, 0);
        double sum[N_ARM] = {0};
        int is_in[N_ARM] = {1, 1, 1, 1};
        for (int u = 1; u <= N_PULL; u++) {
            double least = INFINITY;
            for (int j = 0; j < N_ARM; j++) {
                sum[j] += spot_rng_uniform(&rng, 0.0, 1.0) < LOSS[j];
                least = is_in[j] != 0 ? fmin(least, sum[j] / u) : least;
            }
            double r = elimination(N_ARM, 0.1, u);
            for (int j = 0; j < N_ARM; j++) {
                is_in[j] = is_in[j] != 0 && sum[j] / u - r <= least + r;
            }
        }
        lost += is_in[1] == 0;
        ended += is_in[0] == 0 && is_in[2] == 0 && is_in[3] == 0;
    }
    assert_true((double)lost / N_RACE <= 0.187);
    assert_true(ended > N_RACE / 2); /* and it does eliminate */
}

static double sequence(double level, double t_star, int64_t n, double sd)
{
    double r = NAN;
    assert_int_equal(spot_stats_sequence_radius(level, t_star, n, sd, &r), SPOT_OK);
    return r;
}

static void sequence_radii_match_printed_vectors(void **state)
{
    (void)state;
    double r = sequence(0.0125, 100.0, 100, 1.0);
    assert_close(r, 0.3281820, 0.0, 2e-7);
    assert_close(sequence(0.0125, 100.0, 400, 2.0), 0.3391193, 0.0, 2e-7);
    assert_close(sequence(0.05, 100.0, 20, 1.0), 0.6640165, 0.0, 2e-7);
    /* rho^2 = 0.1193471 solves the radius' equation */
    double spread = 100 * 0.1193471 + 1;
    assert_close(r * r * 100 * 100 * 0.1193471 / (2 * spread), log(sqrt(spread) / 0.025), 0.0,
                 1e-6);
    assert_true(sequence(0.05, 100.0, 20, 0.0) == 0.0);
    assert_true(sequence(1e-300, 100.0, INT64_MAX, 1.0) < 1e-6); /* nothing overflows */
}

static void a_sequence_may_be_looked_at_at_any_time(void **state)
{
    (void)state;
    /* exponential differences of mean 0, skewed to the right: in at most 5 % of runs is the mean ever
     * a radius above 0, from the first look to 400 seeds; 5 sd of a share of 800 runs = 0.039 */
    enum { N_RUN = 800, N_SEED = 400 };
    int n_crossed = 0;
    for (int run = 0; run < N_RUN; run++) {
        spot_rng rng = spot_rng_at((uint64_t)run, SPOT_STREAM_RESET, 7);
        double mean = 0.0;
        double square = 0.0;
        bool has_crossed = false;
        for (int n = 1; n <= N_SEED; n++) {
            double d = -log(1.0 - spot_rng_uniform(&rng, 0.0, 1.0)) - 1.0;
            double step = d - mean;
            mean += step / n;
            square += step * (d - mean);
            if (n >= SPOT_STATS_FIRST_LOOK) {
                double sd = sqrt(square / (n - 1));
                has_crossed = has_crossed || mean > sequence(0.05, 100.0, n, sd);
            }
        }
        n_crossed += has_crossed;
    }
    assert_true((double)n_crossed / N_RUN <= 0.05 + 0.039);
    assert_true(n_crossed > 0);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    double r = 0.0;
    assert_int_equal(spot_stats_sequence_radius(0.05, 100.0, 20, 1.0, NULL), SPOT_E_INVALID);
    const struct {
        double level, t_star;
        int64_t n;
        double sd;
    } wrong[] = {{0.0, 100, 20, 1},       {0.5, 100, 20, 1},  {NAN, 100, 20, 1},
                 {.05, 0, 20, 1},         {.05, NAN, 20, 1},  {.05, INFINITY, 20, 1},
                 {.05, 100, 0, 1},        {.05, 100, 20, -1}, {.05, 100, 20, NAN},
                 {.05, 100, 20, INFINITY}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(spot_stats_sequence_radius(wrong[i].level, wrong[i].t_star, wrong[i].n,
                                                    wrong[i].sd, &r),
                         SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_elimination_radius(4, 0.05, 1, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_lucb_radius(4, 0.05, 1, 1, NULL), SPOT_E_INVALID);
    const double bad[] = {0.0, 1.0, -1.0, NAN};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(spot_stats_elimination_radius(4, bad[i], 1, &r), SPOT_E_RANGE);
        assert_int_equal(spot_stats_lucb_radius(4, bad[i], 1, 1, &r), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_elimination_radius(0, 0.05, 1, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_elimination_radius(4, 0.05, 0, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_lucb_radius(0, 0.05, 1, 1, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_lucb_radius(4, 0.05, 0, 1, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_lucb_radius(4, 0.05, 1, 0, &r), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radii_match_printed_vectors),
        cmocka_unit_test(elimination_spends_delta_over_all_arms_and_times),
        cmocka_unit_test(elimination_keeps_the_best_arm),
        cmocka_unit_test(sequence_radii_match_printed_vectors),
        cmocka_unit_test(a_sequence_may_be_looked_at_at_any_time),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
