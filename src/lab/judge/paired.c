/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Times of two points on the same seeds, by the sign-flip test on the differences of their budget times.
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

static double charged(const spoti_unit *u, double budget_s)
{
    return u->time + (u->n - u->k) * budget_s;
}

/* Also the largest time that went into them, for the size of rounding. */
static int differences(const spoti_setting *s, int i, int j, double *difference, double *size)
{
    const spoti_unit *a = s->units + (size_t)i * (size_t)s->n_unit;
    const spoti_unit *b = s->units + (size_t)j * (size_t)s->n_unit;
    int n = 0;
    *size = 0.0;
    for (int u = 0; u < s->n_unit; u++) {
        if (a[u].n != b[u].n) {
            return 0;
        }
        if (a[u].n > 0.0) {
            const double x = charged(&a[u], s->budget_s[i]);
            const double y = charged(&b[u], s->budget_s[j]);
            difference[n++] = x - y;
            *size = fmax(*size, fmax(x, y));
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
    const spoti_unit *a = s->units + (size_t)i * (size_t)s->n_unit;
    const spoti_unit *b = s->units + (size_t)j * (size_t)s->n_unit;
    bool paired = s->n_unit > 0 && s->objective == SPOTI_OBJECTIVE_BUDGET;
    for (int u = 0; u < s->n_unit && paired; u++) {
        paired = a[u].n == b[u].n;
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
    const spoti_unit *a = s->units + (size_t)i * (size_t)s->n_unit;
    const spoti_unit *b = s->units + (size_t)j * (size_t)s->n_unit;
    double sum = 0.0;
    double square = 0.0;
    for (int u = 0; u < s->n_unit; u++) {
        const double d = charged(&b[u], s->budget_s[j]) - charged(&a[u], s->budget_s[i]);
        sum += d;
        square += d * d;
    }
    return spoti_flips_signs(s, i, j) && square > 0.0 ? sum / sqrt(square) : 0.0;
}
