/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracle: every order of every seed, with statistics compared as fractions of whole numbers. Bounds
 * on drawn p-values are 5 standard deviations of a binomial share. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/rng.h"
#include "spot/stats_many.h"

static const double N_SIGMA = 5.0;
enum { MAX_SEED = 8, MAX_POINT = 4, MAX_CELL = 32, N_WORK = 64 };

static double work[N_WORK];

/* sign (sum d) (sum d)^2 / sum d^2 rises with T; 0 / 1 where all d are 0. */
typedef struct fraction {
    int64_t above;
    int64_t below;
} fraction;

static fraction statistic_of(const int *y, int n, int m, int i, int j)
{
    int64_t sum = 0;
    int64_t square = 0;
    for (int s = 0; s < n; s++) {
        int64_t d = y[s * m + i] - y[s * m + j];
        sum += d;
        square += d * d;
    }
    return (fraction){sum < 0 ? -sum * sum : sum * sum, square == 0 ? 1 : square};
}

static bool is_at_least(fraction a, fraction b)
{
    return a.above * b.below >= b.above * a.below;
}

static fraction largest_of(const int *y, int n, int m)
{
    fraction most = {0, 1};
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
            fraction f = statistic_of(y, n, m, i, j);
            most = is_at_least(f, most) ? f : most;
        }
    }
    return most;
}

/* What the recursion over all orders needs. */
typedef struct count {
    const int *data;
    int n;
    int m;
    int shuffled[MAX_CELL];
    int64_t n_order;
    int64_t n_hit[MAX_POINT * MAX_POINT];
} count;

/* Fills cell after cell with each outcome of the seed that is not used yet. */
static void place(count *c, int cell, unsigned used)
{
    if (cell == c->n * c->m) {
        fraction most = largest_of(c->shuffled, c->n, c->m);
        c->n_order++;
        for (int pair = 0; pair < c->m * c->m; pair++) {
            fraction f = statistic_of(c->data, c->n, c->m, pair / c->m, pair % c->m);
            c->n_hit[pair] += is_at_least(most, f);
        }
        return;
    }
    int start = cell / c->m * c->m;
    unsigned before = cell == start ? 0U : used;
    for (int i = 0; i < c->m; i++) {
        if ((before >> i & 1U) == 0) {
            c->shuffled[cell] = c->data[start + i];
            place(c, cell + 1, before | 1U << i);
        }
    }
}

static spot_stats_max_t_result test_of(const double *y, int n, int m, double *p)
{
    spot_stats_max_t_config config;
    spot_stats_max_t_config_default(&config);
    assert_true(config.n_draw == 9999 && config.seed == 1);
    assert_true(spot_stats_max_t_work_size(m) <= N_WORK);
    spot_stats_max_t_result r;
    assert_int_equal(spot_stats_max_t(&config, y, n, m, work, p, &r), SPOT_OK);
    return r;
}

/* Small whole numbers with many ties; on some rounds a column is constant or two are the same. */
static void draw_whole(int round, int *y, int n, int m)
{
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, (uint64_t)round);
    for (int i = 0; i < n * m; i++) {
        y[i] = (int)spot_rng_below(&rng, 8) + (i % m == 0 ? 3 : 0);
    }
    for (int s = 0; s < n; s++) {
        y[s * m + m - 1] = round % 4 == 1 ? 5 : y[s * m + m - 1];
        y[s * m + m - 1] = round % 4 == 2 ? y[s * m] : y[s * m + m - 1];
        y[s * m] = round % 4 == 3 ? y[s * m + m - 1] + 2 : y[s * m];
    }
}

static void p_equals_the_count_of_all_orders(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 2}, {2, 2}, {3, 2}, {5, 2}, {8, 2}, {1, 3},
                                   {2, 3}, {3, 3}, {4, 3}, {1, 4}, {2, 4}};
    for (int round = 0; round < 176; round++) {
        int n = sizes[round % 11][0];
        int m = sizes[round % 11][1];
        int y[MAX_CELL];
        draw_whole(round / 11, y, n, m);
        count c = {.data = y, .n = n, .m = m};
        place(&c, 0, 0);
        /* as they are, as tenths of a second on top of what the seed itself takes, and on top of so
         * much that sums of columns would not hold the units */
        for (int kind = 0; kind < 3; kind++) {
            static const double offset[] = {0.0, 17.3, 1e15};
            double outcome[MAX_CELL];
            for (int i = 0; i < n * m; i++) {
                int seed = 1 + i / m;
                outcome[i] = (kind == 1 ? 0.1 * y[i] : y[i]) + offset[kind] * seed;
            }
            double p[MAX_POINT * MAX_POINT];
            spot_stats_max_t_result r = test_of(outcome, n, m, p);
            assert_true(r.is_exact);
            double least = 1.0;
            for (int pair = 0; pair < m * m; pair++) {
                assert_true(p[pair] == (double)c.n_hit[pair] / (double)c.n_order);
                least = fmin(least, p[pair]);
            }
            assert_true(p[0] == 1.0 && p[m * m - 1] == 1.0);
            assert_true(least >= r.p_floor * (1 - 1e-12));
        }
    }
}

static void a_clear_winner_reaches_the_floor(void **state)
{
    (void)state;
    /* one point 1 s faster on each of three seeds: two of eight orders are as extreme */
    const double y[] = {5, 4, 9, 8, 7, 6};
    double p[4];
    spot_stats_max_t_result r = test_of(y, 3, 2, p);
    assert_true(p[1] == 0.25 && p[2] == 1.0 && r.p_floor == 0.25);
    /* 15 seeds of two points are counted, 16 are drawn */
    double many[2 * 16];
    for (int i = 0; i < 16; i++) {
        many[2 * i] = i + 1.0;
        many[2 * i + 1] = i;
    }
    r = test_of(many, 15, 2, p);
    assert_true(r.is_exact && p[1] == 2.0 / 32768 && r.p_floor == p[1]);
    r = test_of(many, 16, 2, p);
    assert_true(!r.is_exact && p[1] == 1.0 / 10000 && r.p_floor == p[1] && p[2] == 1.0);
}

static void equal_points_give_one(void **state)
{
    (void)state;
    double y[40];
    for (int i = 0; i < 40; i++) {
        int seed = i / 4;
        y[i] = 10 + seed;
    }
    double p[16];
    for (int n = 1; n <= 10; n += 9) {
        (void)test_of(y, n, 4, p);
        for (int pair = 0; pair < 16; pair++) {
            assert_true(p[pair] == 1.0);
        }
    }
}

static void drawn_p_agrees_with_the_count(void **state)
{
    (void)state;
    /* 3!^7 = 279,936 orders: too many for the test, not for its oracle */
    enum { N = 7, M = 3 };
    int n_small = 0;
    for (int round = 0; round < 2; round++) {
        int y[N * M];
        double outcome[N * M];
        draw_whole(4 * round, y, N, M);
        for (int i = 0; i < N * M; i++) {
            y[i] += i % M == 0 ? 3 : 0;
            outcome[i] = 0.1 * y[i];
        }
        count c = {.data = y, .n = N, .m = M};
        place(&c, 0, 0);
        assert_int_equal(c.n_order, 279936);
        double p[M * M];
        spot_stats_max_t_result r = test_of(outcome, N, M, p);
        assert_false(r.is_exact);
        for (int pair = 0; pair < M * M; pair++) {
            double want = (double)c.n_hit[pair] / 279936.0;
            assert_close(p[pair], want, N_SIGMA * sqrt(want * (1 - want) / 9999) + 1e-4, 0.0);
            n_small += want < 0.2;
        }
        double again[M * M];
        (void)test_of(outcome, N, M, again);
        assert_memory_equal(again, p, sizeof(p));
        spot_stats_max_t_config other = {
            .size = sizeof(spot_stats_max_t_config), .n_draw = 9999, .seed = 2};
        assert_int_equal(spot_stats_max_t(&other, outcome, N, M, work, again, &r), SPOT_OK);
        assert_memory_not_equal(again, p, sizeof(p));
    }
    assert_true(n_small > 1);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_max_t_config config;
    memset(&config, 0xA5, sizeof(config));
    spot_stats_max_t_config_default(&config);
    double y[] = {1, 2, 3, 4};
    double p[4];
    spot_stats_max_t_result r;
    assert_int_equal(spot_stats_max_t_work_size(1), 0);
    assert_int_equal(spot_stats_max_t_work_size(SPOT_STATS_MAX_POINTS + 1), 0);
    assert_int_equal(spot_stats_max_t(NULL, y, 2, 2, work, p, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_max_t(&config, NULL, 2, 2, work, p, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_max_t(&config, y, 2, 2, NULL, p, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_max_t(&config, y, 2, 2, work, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_max_t(&config, y, 2, 2, work, p, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_max_t(&config, y, 0, 2, work, p, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_max_t(&config, y, 2, 1, work, p, &r), SPOT_E_RANGE);
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e200};
    for (int i = 0; i < 4; i++) {
        y[3] = bad[i];
        assert_int_equal(spot_stats_max_t(&config, y, 2, 2, work, p, &r), SPOT_E_RANGE);
    }
    y[3] = 4;
    config.n_draw = 0;
    assert_int_equal(spot_stats_max_t(&config, y, 2, 2, work, p, &r), SPOT_E_RANGE);
    config.n_draw = SPOT_STATS_MAX_RESAMPLE + 1;
    assert_int_equal(spot_stats_max_t(&config, y, 2, 2, work, p, &r), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_equals_the_count_of_all_orders),
        cmocka_unit_test(a_clear_winner_reaches_the_floor),
        cmocka_unit_test(equal_points_give_one),
        cmocka_unit_test(drawn_p_agrees_with_the_count),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
