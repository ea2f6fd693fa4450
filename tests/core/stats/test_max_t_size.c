/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How often max-T finds any difference among points that are alike: at most 5 % by its
 * construction. 3,000 studies each: one standard deviation of a share of .05 is .004, so .065 is
 * 3.8 of them above and .035 as many below. Seeds are fixed. Times are skewed, and seeds differ in
 * difficulty. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>

#include "spot/rng.h"
#include "spot/stats_many.h"

enum { N_STUDY = 3000, MAX_SEED = 100, MAX_POINT = 10, N_WORK = 220 };
static const double MOST = 0.065;
static const double LEAST = 0.035;

static double work[N_WORK];

/* Budget times of points that are alike, but for point 0, which takes `slow` times as long. */
static void draw_study(uint64_t study, int n, int m, double slow, double *y)
{
    spot_rng rng = spot_rng_at(6, SPOT_STREAM_RESET, study);
    for (int s = 0; s < n; s++) {
        double hard = exp(0.5 * spot_rng_normal(&rng));
        for (int k = 0; k < m; k++) {
            y[s * m + k] = hard * exp(0.4 * spot_rng_normal(&rng)) * (k == 0 ? slow : 1.0);
        }
    }
}

/* The share of studies in which some pair of points first..m-1 is told apart at 5 %. */
static double share_found(int n, int m, int first, double slow)
{
    spot_stats_max_t_config config = {.size = sizeof(spot_stats_max_t_config),
                                      .n_draw = 199}; /* .05 is 10 of 200 */
    static double y[MAX_SEED * MAX_POINT];
    int n_found = 0;
    for (int study = 0; study < N_STUDY; study++) {
        draw_study((uint64_t)study, n, m, slow, y);
        config.seed = (uint64_t)study; /* with the same shuffles all studies would err together */
        double p[MAX_POINT * MAX_POINT];
        spot_stats_max_t_result r;
        assert_true(spot_stats_max_t_work_size(m) <= N_WORK);
        assert_int_equal(spot_stats_max_t(&config, y, n, m, work, p, &r), SPOT_OK);
        bool is_found = false;
        for (int i = first; i < m; i++) {
            for (int j = first; j < m; j++) {
                is_found = is_found || p[i * m + j] <= 0.05;
            }
        }
        n_found += is_found;
    }
    return (double)n_found / N_STUDY;
}

static void points_that_are_alike_are_rarely_told_apart(void **state)
{
    (void)state;
    static const int n_seed[] = {5, 20, 100};
    static const int n_point[] = {2, 5, 10};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            double share = share_found(n_seed[i], n_point[k], 0, 1.0);
            print_message("%d seeds, %d points: %.4f\n", n_seed[i], n_point[k], share);
            assert_true(share <= MOST);
            /* five seeds of two points have 32 orders: no p is below 2 / 32 */
            assert_true(n_seed[i] == 5 && n_point[k] == 2 ? share == 0.0 : share >= LEAST);
        }
    }
}

static void a_slow_point_does_not_set_the_others_apart(void **state)
{
    (void)state;
    /* the points are not all alike now, and the bound is approximate: still it holds */
    static const int n_seed[] = {5, 20};
    for (int i = 0; i < 2; i++) {
        double share = share_found(n_seed[i], 5, 1, 3.0);
        print_message("%d seeds, four of five points alike: %.4f\n", n_seed[i], share);
        assert_true(share <= MOST);
    }
    assert_true(share_found(20, 5, 0, 3.0) > 0.9); /* and the slow one is found */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_that_are_alike_are_rarely_told_apart),
        cmocka_unit_test(a_slow_point_does_not_set_the_others_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
