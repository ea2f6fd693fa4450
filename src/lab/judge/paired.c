/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Times of two points on the same seeds, by the sign-flip test on the differences of their budget times, or of
 * their joules.
 *
 * A bootstrap of few seeds promises too much (12 % of equal points called different at 5 % with five
 * seeds); flipping signs is exact whatever their number. Where a unit is a block of seeds, the blocks'
 * differences are flipped. Points whose episodes do not pair are left to the bootstrap.
 */
#include <float.h>
#include <math.h>

#include "core/base/alloc.h"
#include "lab/judge/setting.h"
#include "spot/stats_paired.h"

/* p_faster before it is asked for: no probability. */
static const double NOT_YET = 3.0;

double spoti_price(const spoti_setting *s, int i, int j)
{
    spoti_unit total = {0};
    if (s->objective != SPOTI_OBJECTIVE_ENERGY) {
        return 0.0;
    }
    for (int p = 0; p < s->n; p++) {
        for (int u = 0; (i < 0 || p == i || p == j) && u < s->n_unit; u++) {
            const spoti_unit *unit = &s->units[(size_t)p * (size_t)s->n_unit + (size_t)u];
            total.energy += unit->energy;
            total.k += unit->k;
        }
    }
    return total.k > 0.0 ? total.energy / total.k : 0.0;
}

/* At the joint price the net joules of all sum to 0, and a point's fall below it by as much as its joules per
 * success do; swapping two points on a seed leaves the price as it is, so flipping signs stays exact. */
double spoti_charge(const spoti_setting *s, const spoti_unit *u, int i, double price)
{
    return s->objective == SPOTI_OBJECTIVE_ENERGY ? u->energy - price * u->k
                                                  : u->time + (u->n - u->k) * s->budget_s[i];
}

double spoti_cost(const spoti_setting *s, const spoti_unit *u, int i, double price)
{
    return spoti_success_decides(s) ? u->n - u->k : spoti_charge(s, u, i, price);
}

/* Also the largest time that went into them, for the size of rounding. */
static int differences(const spoti_setting *s, int i, int j, double *difference, double *size)
{
    const double price = spoti_price(s, i, j);
    int n = 0;
    *size = 0.0;
    for (int u = 0; u < s->n_unit; u++) {
        const spoti_unit *a = spoti_unit_at(s, i, u);
        const spoti_unit *b = spoti_unit_at(s, j, u);
        if (a->n != b->n) {
            return 0;
        }
        if (a->n > 0.0) {
            const double x = spoti_charge(s, a, i, price);
            const double y = spoti_charge(s, b, j, price);
            difference[n++] = x - y;
            *size = fmax(*size, fmax(fabs(x), fabs(y)));
        }
    }
    return n;
}

int spoti_differences(const spoti_setting *s, int i, int j, double *difference)
{
    double size = 0.0;
    return differences(s, i, j, difference, &size);
}

bool spoti_flips_signs(const spoti_setting *s, int i, int j)
{
    bool paired = s->n_unit > 0 && (s->objective == SPOTI_OBJECTIVE_BUDGET ||
                                    s->objective == SPOTI_OBJECTIVE_ENERGY);
    for (int u = 0; u < s->n_unit && paired; u++) {
        paired = spoti_unit_at(s, i, u)->n == spoti_unit_at(s, j, u)->n;
    }
    return paired;
}

void spoti_flip_later(spoti_setting *s)
{
    for (int i = 0; i < s->n; i++) {
        for (int j = 0; j < s->n; j++) {
            if (i != j && s->value[i] > 0.0 && s->value[j] > 0.0 && spoti_flips_signs(s, i, j)) {
                s->p_faster[(size_t)i * (size_t)s->n + (size_t)j] = NOT_YET;
            }
        }
    }
}

double spoti_p_faster(const spoti_setting *s, int i, int j)
{
    double *p = &s->p_faster[(size_t)i * (size_t)s->n + (size_t)j];
    if (*p != NOT_YET) {
        return *p;
    }
    const size_t n_unit = (size_t)s->n_unit;
    const spot_allocator *a = s->log->config.allocator;
    double *difference = spoti_alloc(a, n_unit, sizeof(*difference));
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_result r;
    double size = 0.0;
    *p = 2.0;
    if (difference == NULL) {
        return *p;
    }
    spot_stats_sign_flip_config_default(&config);
    const int n = differences(s, i, j, difference, &size);
    config.n_draw = spoti_draws(s);
    config.seed = s->log->config.seed;
    config.error = 4.0 * DBL_EPSILON * size; /* two sums and their difference */
    if (n > 0 && spot_stats_sign_flip(&config, difference, n, &r) == SPOT_OK) {
        *p = r.p;
        s->p_floored[(size_t)i * (size_t)s->n + (size_t)j] = r.is_floor;
    }
    spoti_free(a, difference, n_unit * sizeof(*difference));
    return *p;
}

int spoti_draws(const spoti_setting *s)
{
    const int resamples = s->log->config.resamples;
    return resamples <= SPOT_STATS_N_DRAW ? resamples - 1 : SPOT_STATS_N_DRAW;
}

double spoti_strength(const spoti_setting *s, int i, int j)
{
    const double price = spoti_price(s, i, j);
    double sum = 0.0;
    double square = 0.0;
    for (int u = 0; u < s->n_unit; u++) {
        const double d = spoti_charge(s, spoti_unit_at(s, j, u), j, price) -
                         spoti_charge(s, spoti_unit_at(s, i, u), i, price);
        sum += d;
        square += d * d;
    }
    return spoti_flips_signs(s, i, j) && square > 0.0 ? sum / sqrt(square) : 0.0;
}
