/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Which latencies are outliers. Oracle: series put together so that it is known, and figures by hand. */
#include "support/spot_test.h"

#include <math.h>

#include "core/stats/outlier.h"
#include "spot/rng.h"

enum { MOST = 2000 };

static double x[MOST];
static double work[MOST];

/* n latencies around 180 ms, of which `far` at the places given take 12 s. */
static spoti_outliers find(int n, const int *far, int n_far)
{
    spot_rng rng = spot_rng_at(3, SPOT_STREAM_RESET, 0);
    spoti_outliers o;
    for (int i = 0; i < n; i++) {
        x[i] = 0.18 + 0.005 * spot_rng_normal(&rng);
    }
    for (int i = 0; i < n_far; i++) {
        x[far[i]] = 12.0;
    }
    spoti_outliers_find(x, n, work, &o);
    return o;
}

static void one_alone_and_the_first_ones_are_outliers(void **state)
{
    static const int first[] = {0, 1, 2, 3};
    static const int middle[] = {17};
    static const int second[] = {1};
    (void)state;
    spoti_outliers o = find(30, first, 1);
    assert_true(o.n_far == 1 && o.is_cold_start && o.largest == 12.0);
    assert_close(o.median, 0.18, 0.003, 0.0);
    assert_close(o.mean, (29 * o.mean_of_rest + 12.0) / 30, 0.0, 1e-12);
    assert_true(o.sd_of_rest > 0.003 && o.sd_of_rest < 0.007);
    o = find(30, middle, 1);
    assert_true(o.n_far == 1 && !o.is_cold_start);
    o = find(30, second, 1);
    assert_true(o.n_far == 1 && !o.is_cold_start);
    o = find(30, first, 3);
    assert_true(o.n_far == 3 && o.is_cold_start);
    assert_int_equal(find(30, first, 4).n_far, 0); /* more than a tenth */
    assert_int_equal(find(30, first, 0).n_far, 0);
    assert_int_equal(find(5, first, 1).n_far, 1);
    assert_int_equal(find(4, first, 1).n_far, 0); /* too few to say */
}

static void what_recurs_is_kept(void **state)
{
    static const int two[] = {5, 21};
    int many[12];
    (void)state;
    assert_int_equal(find(30, two, 2).n_far, 0);
    for (int i = 0; i < 12; i++) {
        many[i] = 7 + 80 * i;
    }
    assert_int_equal(find(1000, many, 10).n_far, 10); /* one in a hundred */
    assert_int_equal(find(1000, many, 11).n_far, 0);
    /* draft and full calls in turns; every fourth call slow */
    spoti_outliers o;
    for (int i = 0; i < 40; i++) {
        x[i] = i % 2 == 0 ? 0.02 : 0.1;
    }
    spoti_outliers_find(x, 40, work, &o);
    assert_int_equal(o.n_far, 0);
    assert_close(o.mean, 0.06, 0.0, 1e-12);
    for (int i = 0; i < 40; i++) {
        x[i] = i % 4 == 0 ? 0.9 : 0.1;
    }
    spoti_outliers_find(x, 40, work, &o);
    assert_int_equal(o.n_far, 0);
}

/* A far one that hardly moves the mean is nobody's concern, nor is the tail of an honest law. */
static void small_effects_and_long_tails_are_kept(void **state)
{
    spoti_outliers o;
    (void)state;
    for (int i = 0; i < 100; i++) {
        x[i] = i == 60 ? 0.5 : 0.1; /* 4 % more in the mean */
    }
    spoti_outliers_find(x, 100, work, &o);
    assert_int_equal(o.n_far, 0);
    x[60] = 0.7; /* 6 % */
    spoti_outliers_find(x, 100, work, &o);
    assert_int_equal(o.n_far, 1);
    for (int stream = 0; stream < 300; stream++) {
        spot_rng rng = spot_rng_at(9, SPOT_STREAM_RESET, (uint64_t)stream);
        const int n = 20 + 5 * stream;
        for (int i = 0; i < n; i++) {
            x[i] = 0.1 * exp(0.3 * spot_rng_normal(&rng));
        }
        spoti_outliers_find(x, n, work, &o);
        assert_int_equal(o.n_far, 0);
    }
}

static void figures_alone(void **state)
{
    (void)state;
    assert_true(spoti_outliers_in_figures(0.574, 0.1815, 0.187));
    assert_false(spoti_outliers_in_figures(0.19, 0.18, 0.3)); /* a tail that the percentile knows */
    assert_false(spoti_outliers_in_figures(0.184, 0.18, 0.183)); /* 2 % */
    assert_false(spoti_outliers_in_figures(0.574, 0.0, 0.187));
    assert_false(spoti_outliers_in_figures(0.574, 0.1815, 0.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_alone_and_the_first_ones_are_outliers),
        cmocka_unit_test(what_recurs_is_kept),
        cmocka_unit_test(small_effects_and_long_tails_are_kept),
        cmocka_unit_test(figures_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
