/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Max-T over all pairs of points, outcomes shuffled within each seed (Westfall and Young 1993).
 *
 * T = sum d / sqrt (sum d^2) is Student's t in disguise, t = T sqrt ((n - 1) / (n - T^2)), one
 * function for all pairs, so the largest T belongs to the largest t and no pair without spread
 * divides by zero. Rows are taken relative to their mean, which no order changes: sums of columns
 * then keep their digits, and sum d of a pair is the difference of two of them. With T_ij = -T_ji
 * the largest over ordered pairs is the largest |T| over pairs.
 */
#include <math.h>

#include "core/base/config.h"
#include "spot/rng.h"
#include "spot/stats_many.h"

/* Two T within this share of their largest value, sqrt (n), are equal: far above the rounding of
 * sums over millions of seeds, and counting a near tie can only raise p. */
static const double TIE = 1e-9;

static const double LARGEST = 1e150; /* squares and their sums stay finite */

/* Most cells of which all orders are counted: 15 seeds of 2 points, of 50,000 orders at most. */
enum { MAX_CELL = 30 };

/* Outcomes, and rows of the workspace. */
typedef struct problem {
    const double *outcome; /* (n_seed x n_point) */
    int n_seed;
    int n_point;
    double *row;      /* (n_point) a seed's outcomes in some order */
    double *sum;      /* (n_point) of the columns */
    double *square;   /* (n_point x n_point) sums of squared differences, i < j */
    double *observed; /* (n_point x n_point) T of the data */
} problem;

void spot_stats_max_t_config_default(spot_stats_max_t_config *config)
{
    *config =
        (spot_stats_max_t_config){.size = sizeof(*config), .n_draw = SPOT_STATS_N_DRAW, .seed = 1};
}

size_t spot_stats_max_t_work_size(int n_point)
{
    if (n_point < 2 || n_point > SPOT_STATS_MAX_POINTS) {
        return 0;
    }
    return 2 * ((size_t)n_point + 1) * (size_t)n_point;
}

static void clear_sums(problem *p)
{
    for (int i = 0; i < p->n_point; i++) {
        p->sum[i] = 0.0;
    }
    for (int i = 0; i < p->n_point * p->n_point; i++) {
        p->square[i] = 0.0;
    }
}

/* Adds the seed whose outcomes stand in p->row, in any order. */
static void add_row(problem *p, int seed)
{
    const int m = p->n_point;
    double mean = 0.0;
    for (int i = 0; i < m; i++) {
        mean += p->outcome[(size_t)seed * (size_t)m + (size_t)i] / m;
    }
    for (int i = 0; i < m; i++) {
        p->row[i] -= mean;
        p->sum[i] += p->row[i];
    }
    for (int i = 0; i < m; i++) {
        double *square = p->square + (size_t)i * (size_t)m;
        for (int j = i + 1; j < m; j++) {
            double d = p->row[i] - p->row[j];
            square[j] += d * d;
        }
    }
}

static double statistic(const problem *p, int i, int j)
{
    int first = i < j ? i : j;
    int second = i < j ? j : i;
    double square = p->square[first * p->n_point + second];
    return square > 0.0 ? (p->sum[i] - p->sum[j]) / sqrt(square) : 0.0;
}

static void set_observed(problem *p)
{
    clear_sums(p);
    for (int s = 0; s < p->n_seed; s++) {
        for (int i = 0; i < p->n_point; i++) {
            p->row[i] = p->outcome[(size_t)s * (size_t)p->n_point + (size_t)i];
        }
        add_row(p, s);
    }
    for (int i = 0; i < p->n_point; i++) {
        for (int j = 0; j < p->n_point; j++) {
            p->observed[i * p->n_point + j] = i == j ? 0.0 : statistic(p, i, j);
        }
    }
}

/* Counts the pairs whose T the largest of this arrangement reaches. */
static void count_hits(const problem *p, double *n_hit)
{
    double most = 0.0;
    for (int i = 0; i < p->n_point; i++) {
        for (int j = i + 1; j < p->n_point; j++) {
            most = fmax(most, fabs(statistic(p, i, j)));
        }
    }
    most += TIE * sqrt(p->n_seed);
    for (int i = 0; i < p->n_point * p->n_point; i++) {
        n_hit[i] += most >= p->observed[i] ? 1.0 : 0.0;
    }
}

/* (n_point!)^n_seed, or 0 if that is more than SPOT_STATS_MAX_ORDERS. */
static int count_orders(int n_seed, int n_point)
{
    int n_of_seed = 1;
    for (int i = 2; i <= n_point; i++) {
        n_of_seed *= i;
        if (n_of_seed > SPOT_STATS_MAX_ORDERS) {
            return 0;
        }
    }
    int n_order = 1;
    for (int s = 0; s < n_seed; s++) {
        if (n_order > SPOT_STATS_MAX_ORDERS / n_of_seed) {
            return 0;
        }
        n_order *= n_of_seed;
    }
    return n_order;
}

/* The next order of (n) in the dictionary; false, and back at the first, after the last. */
static bool next_order(int *order, int n)
{
    int i = n - 2;
    while (i >= 0 && order[i] > order[i + 1]) {
        i--;
    }
    if (i >= 0) {
        int j = n - 1;
        while (order[j] < order[i]) {
            j--;
        }
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (int a = i + 1, b = n - 1; a < b; a++, b--) {
        int kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
    return i >= 0;
}

static void count_all(problem *p, double *n_hit)
{
    int order[MAX_CELL];
    for (int i = 0; i < MAX_CELL; i++) {
        order[i] = i % p->n_point;
    }
    bool is_left = true;
    while (is_left) {
        clear_sums(p);
        for (int s = 0; s < p->n_seed; s++) {
            for (int i = 0; i < p->n_point; i++) {
                p->row[i] = p->outcome[s * p->n_point + order[s * p->n_point + i]];
            }
            add_row(p, s);
        }
        count_hits(p, n_hit);
        /* as digits of a number: the first seed that is not at its last order goes on */
        int s = 0;
        while (s < p->n_seed && !next_order(order + s * p->n_point, p->n_point)) {
            s++;
        }
        is_left = s < p->n_seed;
    }
}

static void draw_all(const spot_stats_max_t_config *config, problem *p, double *n_hit)
{
    for (int draw = 0; draw < config->n_draw; draw++) {
        spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_PERMUTE, (uint64_t)draw);
        clear_sums(p);
        for (int s = 0; s < p->n_seed; s++) {
            const double *outcome = p->outcome + (size_t)s * (size_t)p->n_point;
            /* inside out (Fisher and Yates): element i goes to a place up to i */
            for (int i = 0; i < p->n_point; i++) {
                uint32_t place = spot_rng_below(&rng, (uint32_t)i + 1);
                p->row[i] = p->row[place];
                p->row[place] = outcome[i];
            }
            add_row(p, s);
        }
        count_hits(p, n_hit);
    }
}

static bool are_outcomes(const double *outcome, int n_seed, int n_point)
{
    for (size_t i = 0; i < (size_t)n_seed * (size_t)n_point; i++) {
        if (!(fabs(outcome[i]) < LARGEST)) {
            return false;
        }
    }
    return true;
}

spot_status spot_stats_max_t(const spot_stats_max_t_config *config, const double *outcome,
                             int n_seed, int n_point, double *work, double *p,
                             spot_stats_max_t_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_max_t_config, config, NULL) != SPOT_OK || outcome == NULL ||
        work == NULL || p == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (config->n_draw < 1 || config->n_draw > SPOT_STATS_MAX_RESAMPLE || n_seed < 1 ||
        n_seed > SPOT_STATS_MAX_TRIALS || spot_stats_max_t_work_size(n_point) == 0 ||
        !are_outcomes(outcome, n_seed, n_point)) {
        return SPOT_E_RANGE;
    }
    const size_t n_pair = (size_t)n_point * (size_t)n_point;
    problem all = {.outcome = outcome,
                   .n_seed = n_seed,
                   .n_point = n_point,
                   .row = work,
                   .sum = work + n_point,
                   .square = work + 2 * (size_t)n_point,
                   .observed = work + 2 * (size_t)n_point + n_pair};
    set_observed(&all);

    /* the observed order is one of all, and one more than those that are drawn */
    int n_order = count_orders(n_seed, n_point);
    out->is_exact = n_order > 0;
    for (size_t i = 0; i < n_pair; i++) {
        p[i] = out->is_exact ? 0.0 : 1.0;
    }
    double n = config->n_draw + 1.0;
    if (out->is_exact) {
        n = n_order;
        count_all(&all, p);
        /* renaming the points on all seeds alike changes no largest T */
        out->p_floor = 1.0 / count_orders(n_seed - 1, n_point);
    } else {
        draw_all(config, &all, p);
        out->p_floor = 1.0 / n;
    }
    for (size_t i = 0; i < n_pair; i++) {
        p[i] = fmin(p[i] / n, 1.0);
    }
    return SPOT_OK;
}
