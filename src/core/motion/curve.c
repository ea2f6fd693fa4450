/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Speed and jerk over time, by the stencils that the metrics sum up. */
#include "core/motion/motion.h"

/* What turns a stencil into a derivative: divisor h^power, at `middle` samples behind its first. */
typedef struct recipe {
    spoti_stencil_name stencil;
    double divisor;
    int power;
    double middle;
} recipe;

static const recipe RECIPES[SPOT_MOTION_N_CURVE] = {
    [SPOT_MOTION_SPEED] = {SPOTI_ACROSS, 2.0, 1, 1.0},
    [SPOT_MOTION_JERK_DIFFERENCE] = {SPOTI_THIRD, 1.0, 3, 1.5},
    [SPOT_MOTION_JERK_SAVGOL] = {SPOTI_SMOOTH, 6.0, 3, 3.0},
};

/* 2-norm over axes of the stencil on samples k, k + 1, ... */
static double norm_at(const spot_motion_series *s, const spoti_stencil *f, size_t k)
{
    double squares = 0.0;

    for (size_t j = 0; j < s->n_axis; j++) {
        double x = 0.0;

        for (size_t i = 0; i < f->n; i++) {
            x += f->c[i] * s->position_m[(k + i) * s->n_axis + j];
        }
        squares += x * x;
    }
    return sqrt(squares);
}

spot_status spot_motion_curve_of(const spot_motion_series *series, double interval_s,
                                 spot_motion_curve curve, double *time_s, double *value, size_t *n)
{
    if (series == NULL || time_s == NULL || value == NULL || n == NULL ||
        (unsigned)curve >= SPOT_MOTION_N_CURVE) {
        return SPOT_E_INVALID;
    }
    if (!isfinite(interval_s) || !(interval_s > 0.0)) {
        return SPOT_E_RANGE;
    }
    const recipe *r = &RECIPES[curve];
    const spoti_stencil *f = &SPOTI_STENCILS[r->stencil];
    const double unit = r->divisor * pow(interval_s, r->power);

    *n = 0;
    for (size_t k = 0; series->position_m != NULL && k + f->n <= series->n_sample; k++) {
        time_s[k] = ((double)k + r->middle) * interval_s;
        value[k] = norm_at(series, f, k) / unit;
        if (!isfinite(value[k])) {
            *n = 0;
            return SPOT_E_RANGE;
        }
        *n = k + 1;
    }
    return SPOT_OK;
}
