/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: counted p-values, every study that a small pilot can give, the noncentral normal law.
 * Shares of simulated studies are held to 5 standard deviations of a binomial share. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/stats/pilot.h"
#include "spot/rng.h"
#include "spot/stats_paired.h"
#include "spot/stats_power.h"

static const double N_SIGMA = 5.0;
enum { N_WORK = 2048 };
static double work[N_WORK];

static spot_stats_pilot_config config_of(void)
{
    spot_stats_pilot_config c;
    memset(&c, 0xA5, sizeof(c));
    spot_stats_pilot_config_default(&c);
    assert_true(c.level == 0.05 && c.power == 0.8 && c.confidence == 0.95 && c.n_study == 1000 &&
                c.n_resample == 999 && c.seed == 1);
    return c;
}

static double power_of(const double *d, int n_pilot, int n_seed)
{
    const spot_stats_pilot_config c = config_of();
    double power = NAN;
    assert_int_equal(spot_stats_power_sign_flip(&c, d, n_pilot, n_seed, &power), SPOT_OK);
    return power;
}

static spot_stats_pilot_result trials_of(const double *d, int n_pilot)
{
    const spot_stats_pilot_config c = config_of();
    assert_true(spot_stats_pilot_work_size(n_pilot, c.n_resample) <= N_WORK);
    spot_stats_pilot_result r;
    assert_int_equal(spot_stats_trials_sign_flip(&c, d, n_pilot, work, &r), SPOT_OK);
    return r;
}

static void the_series_agrees_with_counted_p(void **state)
{
    (void)state;
    /* times with a tail of retries; 16 signs can be counted, and more are nearer to the series */
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    int n_near = 0;
    double excess = 0.0;
    for (int round = 0; round < 2000; round++) {
        spot_rng rng = spot_rng_at(2, SPOT_STREAM_RESET, (uint64_t)round);
        double d[16];
        spoti_flip_law law = {0};
        for (int i = 0; i < 16; i++) {
            d[i] = spot_rng_normal(&rng) - 0.4;
            d[i] += spot_rng_below(&rng, 6) == 0 ? 3.0 * spot_rng_normal(&rng) : 0.0;
            spoti_flip_law_add(&law, d[i]);
        }
        spot_stats_sign_flip_result r;
        assert_int_equal(spot_stats_sign_flip(&config, d, 16, &r), SPOT_OK);
        if (r.p > 0.01 && r.p < 0.1) {
            double p = spoti_flip_law_p(&law);
            assert_close(p, r.p, 0.003, 0.0);
            excess += p - r.p;
            n_near++;
        }
    }
    assert_true(n_near > 300);
    assert_close(excess / n_near, 0.0, 1e-4, 0.0);
}

static void power_equals_the_share_of_every_study(void **state)
{
    (void)state;
    /* 4 differences, 6 seeds: 4^6 studies; and a pilot of flags, whose studies of 30 are counted
     * too */
    enum { N = 6, N_ALL = 4096 };
    const double pilot[4] = {-2.0, -1.0, 0.0, 0.7};
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    int n_found = 0;
    for (int code = 0; code < N_ALL; code++) {
        double d[N];
        for (int i = 0; i < N; i++) {
            d[i] = pilot[code >> (2 * i) & 3];
        }
        spot_stats_sign_flip_result r;
        assert_int_equal(spot_stats_sign_flip(&config, d, N, &r), SPOT_OK);
        n_found += r.p < 0.05;
    }
    double want = (double)n_found / N_ALL;
    assert_true(want > 0.1);
    assert_close(power_of(pilot, 4, N), want, N_SIGMA * sqrt(want * (1 - want) / 1000), 0.0);

    /* three of ten seeds are won and one is lost */
    const double flags[10] = {-1, -1, -1, 1};
    spot_stats_power_config wish;
    spot_stats_power_config_default(&wish);
    wish.rate_candidate = 0.3;
    wish.rate_baseline = 0.1;
    for (int n = 30; n <= 120; n += 45) {
        assert_int_equal(spot_stats_power_mcnemar(&wish, n, &want), SPOT_OK);
        assert_close(power_of(flags, 10, n), want, N_SIGMA * sqrt(want * (1 - want) / 1000), 0.0);
    }
}

/* (n) quantiles of a normal law of that mean and variance 1. */
static void fill_normal(double mean, int n, double *d)
{
    for (int i = 0; i < n; i++) {
        double z = NAN;
        assert_int_equal(spot_stats_normal_quantile((i + 0.5) / n, &z), SPOT_OK);
        d[i] = mean + z;
    }
}

static void normal_differences_need_what_theory_says(void **state)
{
    (void)state;
    /* one-sided t test: ((1.645 + .842) / effect)^2 + 1.645^2 / 2 about; the simulated power has an
     * error of 1.3 %, which is 4 % of n, so 5 sd are 20 % */
    enum { N_PILOT = 400 };
    static const double effect[] = {1.0, 0.5, 0.25};
    double d[N_PILOT];
    for (int i = 0; i < 3; i++) {
        fill_normal(-effect[i], N_PILOT, d);
        double want = pow(2.486 / effect[i], 2) + 1.35;
        spot_stats_pilot_result r = trials_of(d, N_PILOT);
        assert_true(r.is_found && r.has_high);
        assert_close(r.n_seed, want, 1.0, 0.2);
        assert_true(r.low <= r.n_seed && r.n_seed <= r.high && r.low < r.high);
        assert_true(r.power >= 0.8);
        assert_close(power_of(d, N_PILOT, r.n_seed), r.power, 0.0, 0.0);
        assert_true(power_of(d, N_PILOT, r.n_seed - 1) < 0.8);
        /* the effect of 400 seeds is known to 1.96 / 20, so the ends are those of effect +- .098 */
        double low = pow(2.486 / (effect[i] + 0.098), 2) + 1.35;
        double high = pow(2.486 / (effect[i] - 0.098), 2) + 1.35;
        assert_close(r.low, low, 1.0, 0.3);
        assert_close(r.high, high, 1.0, 0.3);
    }
}

static void the_range_is_as_wide_as_asked(void **state)
{
    (void)state;
    /* half of the pilots have an effect within .6745 / 20 of this one's */
    enum { N_PILOT = 400 };
    double d[N_PILOT];
    fill_normal(-0.25, N_PILOT, d);
    spot_stats_pilot_config c = config_of();
    c.confidence = 0.5;
    spot_stats_pilot_result r;
    assert_int_equal(spot_stats_trials_sign_flip(&c, d, N_PILOT, work, &r), SPOT_OK);
    assert_close(r.low, pow(2.486 / 0.284, 2) + 1.35, 0.0, 0.2);
    assert_close(r.high, pow(2.486 / 0.216, 2) + 1.35, 0.0, 0.2);
    assert_true(r.low < r.n_seed && r.n_seed < r.high);
    /* a wish for exactly the power that was found is met by the same number */
    spot_stats_pilot_result again;
    c.power = r.power;
    assert_int_equal(spot_stats_trials_sign_flip(&c, d, N_PILOT, work, &again), SPOT_OK);
    assert_int_equal(again.n_seed, r.n_seed);
}

static void power_stays_from_there_on_where_it_has_teeth(void **state)
{
    (void)state;
    /* flags, won on 8 of 10 seeds and lost on 2: McNemar's power is a saw-tooth. Wishes at which it
     * is enough, falls, and is enough again */
    const double flags[10] = {-1, -1, -1, -1, -1, -1, -1, -1, 1, 1};
    double power[65];
    for (int n = 1; n <= 64; n++) {
        power[n] = power_of(flags, 10, n);
    }
    int n_tooth = 0;
    for (int k = 0; k < 8; k++) {
        spot_stats_pilot_config c = config_of();
        c.n_resample = 1;
        c.power = 0.6 + 0.05 * k;
        spot_stats_pilot_result r;
        assert_int_equal(spot_stats_trials_sign_flip(&c, flags, 10, work, &r), SPOT_OK);
        for (int n = 1; n <= 64; n++) {
            bool is_enough = power[n] >= c.power;
            assert_true(n < r.n_seed || is_enough);
            assert_true(n != r.n_seed - 1 || !is_enough);
            n_tooth += n < r.n_seed && is_enough;
        }
    }
    assert_true(n_tooth > 3);
}

static void a_weak_pilot_gives_an_open_range(void **state)
{
    (void)state;
    double d[20];
    fill_normal(-0.25, 20, d); /* 1.1 sd of its mean */
    spot_stats_pilot_result r = trials_of(d, 20);
    assert_true(r.is_found && r.n_seed > 60 && r.low > 5 && r.low < 40);
    assert_true(!r.has_high && r.high == 0);
    for (int i = 0; i < 20; i++) {
        d[i] = -d[i];
    }
    r = trials_of(d, 20);
    assert_true(!r.is_found && r.n_seed == 0 && r.power == 0.0 && !r.has_high);
    memset(d, 0, sizeof(d));
    r = trials_of(d, 20);
    assert_true(!r.is_found && r.low == 0 && r.high == 0);
}

static void a_sure_gain_needs_what_the_test_needs(void **state)
{
    (void)state;
    /* 2^-5 < .05 < 2^-4, for equal gains and for others */
    const double equal[3] = {-1, -1, -1};
    const double other[3] = {-1, -2, -5};
    assert_true(power_of(equal, 3, 4) == 0.0 && power_of(equal, 3, 5) == 1.0);
    for (int k = 0; k < 2; k++) {
        spot_stats_pilot_result r = trials_of(k == 0 ? equal : other, 3);
        assert_true(r.is_found && r.n_seed == 5 && r.low == 5 && r.high == 5 && r.power == 1.0);
    }
    spot_stats_pilot_config c = config_of();
    c.level = 0.001; /* 2^-10 = .000977 */
    spot_stats_pilot_result r;
    assert_int_equal(spot_stats_trials_sign_flip(&c, other, 3, work, &r), SPOT_OK);
    assert_int_equal(r.n_seed, 10);
    c.level = 0.0625; /* 2^-4 is not below it */
    assert_int_equal(spot_stats_trials_sign_flip(&c, other, 3, work, &r), SPOT_OK);
    assert_int_equal(r.n_seed, 5);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    const spot_stats_pilot_config good = config_of();
    double d[] = {-1, -2};
    double power = 0.0;
    spot_stats_pilot_result r;
    assert_int_equal(spot_stats_power_sign_flip(NULL, d, 2, 9, &power), SPOT_E_INVALID);
    assert_int_equal(spot_stats_power_sign_flip(&good, NULL, 2, 9, &power), SPOT_E_INVALID);
    assert_int_equal(spot_stats_power_sign_flip(&good, d, 2, 9, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_power_sign_flip(&good, d, 0, 9, &power), SPOT_E_RANGE);
    assert_int_equal(spot_stats_power_sign_flip(&good, d, 2, 0, &power), SPOT_E_RANGE);
    assert_int_equal(spot_stats_power_sign_flip(&good, d, 2, 20001, &power), SPOT_E_RANGE);
    assert_int_equal(spot_stats_trials_sign_flip(NULL, d, 2, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_sign_flip(&good, NULL, 2, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_sign_flip(&good, d, 2, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_sign_flip(&good, d, 2, work, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_sign_flip(&good, d, 0, work, &r), SPOT_E_RANGE);
    spot_stats_pilot_config bad[8] = {good, good, good, good, good, good, good, good};
    bad[0].level = 0.0;
    bad[1].level = NAN;
    bad[2].n_study = 0;
    bad[3].level = 0.6;
    bad[4].power = 1.0;
    bad[5].power = NAN;
    bad[6].confidence = 1.0;
    bad[7].n_resample = 0;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(spot_stats_trials_sign_flip(&bad[i], d, 2, work, &r), SPOT_E_RANGE);
        if (i < 4) {
            assert_int_equal(spot_stats_power_sign_flip(&bad[i], d, 2, 9, &power), SPOT_E_RANGE);
        }
    }
    const double value[] = {NAN, INFINITY, 1e80};
    for (int i = 0; i < 3; i++) {
        d[1] = value[i];
        assert_int_equal(spot_stats_power_sign_flip(&good, d, 2, 9, &power), SPOT_E_RANGE);
        assert_int_equal(spot_stats_trials_sign_flip(&good, d, 2, work, &r), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_pilot_work_size(0, 9), 0);
    assert_int_equal(spot_stats_pilot_work_size(9, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_series_agrees_with_counted_p),
        cmocka_unit_test(power_equals_the_share_of_every_study),
        cmocka_unit_test(normal_differences_need_what_theory_says),
        cmocka_unit_test(the_range_is_as_wide_as_asked),
        cmocka_unit_test(power_stays_from_there_on_where_it_has_teeth),
        cmocka_unit_test(a_weak_pilot_gives_an_open_range),
        cmocka_unit_test(a_sure_gain_needs_what_the_test_needs),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
