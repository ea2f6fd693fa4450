/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Which way the best point moves on another computer: TISED Eq. 23, 24 and 29, and the static law of
 * alpha. Put the stationarity condition of the old platform into the derivative on the new one:
 *
 *     overlap   T = N(n') T_act (alpha rho + n - n'),  n' < alpha rho
 *               N' (alpha rho0 + n - n') = N   =>   dT/dn' = T_act alpha (rho1 - rho0) N'      (24)
 *     alpha     T = N(alpha) T_act (alpha rho + m),  m = n - n'
 *               N' (alpha rho0 + m) + N rho0 = 0
 *                                   =>   dT/dalpha = N T_act m (rho1 - rho0) / (alpha rho0 + m)
 *     dynamic   dS/dalpha = v T_act (rho1 - rho0) Phi_xi to first order                        (29)
 */
#include "spot/tised_shift.h"

#include <math.h>

#include "core/tised/internal.h"

bool spoti_tised_is_same_robot(const spot_tised_setup *a, const spot_tised_setup *b)
{
    const spot_tised_point baseline = {.alpha = 1.0};
    spot_tised_timing timing;
    return spot_tised_time(a, &baseline, &timing) == SPOT_OK &&
           spot_tised_time(b, &baseline, &timing) == SPOT_OK && a->n_action == b->n_action &&
           a->action_s == b->action_s;
}

/* Valid on both, and part of the inference shows on both, so that the laws above are smooth. */
static bool shows_on_both(const spot_tised_setup *from, const spot_tised_setup *to,
                          const spot_tised_point *point)
{
    double faster_s = point->alpha * fmin(from->inference_s, to->inference_s);
    return faster_s > spoti_tised_hidden_s(from, point);
}

static spot_status check_pair(const spot_tised_setup *from, const spot_tised_setup *to,
                              const spot_tised_point *point, const void *out)
{
    if (from == NULL || to == NULL || point == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    spot_tised_timing timing;
    spot_status st = spot_tised_time(from, point, &timing);
    if (st != SPOT_OK) {
        return st;
    }
    if (!spoti_tised_is_same_robot(from, to) || point->schedule == SPOT_SCHEDULE_CADENCE ||
        !shows_on_both(from, to, point)) {
        return SPOT_E_RANGE;
    }
    return SPOT_OK;
}

static spot_status give(double value, double *out)
{
    if (!isfinite(value)) {
        return SPOT_E_RANGE;
    }
    *out = value;
    return SPOT_OK;
}

spot_status spot_tised_shift_slope_overlap(const spot_tised_setup *from, const spot_tised_setup *to,
                                           const spot_tised_point *point, double dn_doverlap,
                                           double *slope)
{
    spot_status st = check_pair(from, to, point, slope);
    if (st != SPOT_OK) {
        return st;
    }
    return give(point->alpha * (to->inference_s - from->inference_s) * dn_doverlap, slope);
}

spot_status spot_tised_shift_slope_alpha(const spot_tised_setup *from, const spot_tised_setup *to,
                                         const spot_tised_point *point, double n_chunk,
                                         double *slope)
{
    spot_status st = check_pair(from, to, point, slope);
    if (st != SPOT_OK) {
        return st;
    }
    if (!(isfinite(n_chunk) && n_chunk > 0.0)) {
        return SPOT_E_RANGE;
    }
    double m_s = (from->n_action - point->n_overlap) * from->action_s;
    double difference_s = to->inference_s - from->inference_s;
    return give(n_chunk * m_s * difference_s / (point->alpha * from->inference_s + m_s), slope);
}

spot_status spot_tised_shift_slope_score(const spot_tised_setup *from, const spot_tised_setup *to,
                                         double speed, double phi_exposure, double *slope)
{
    if (from == NULL || to == NULL || slope == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_tised_is_same_robot(from, to) || !(speed >= 0.0)) {
        return SPOT_E_RANGE;
    }
    return give(speed * (to->inference_s - from->inference_s) * phi_exposure, slope);
}

/* Eq. 24 for whole depths. Deeper by one was no better on `from`, which carries over to slower hardware
 * if that whole step hid something already; a step less was no better, which carries over to faster
 * hardware if this depth still hides something there. */
static spot_tised_direction overlap_direction(const spot_tised_setup *from,
                                              const spot_tised_setup *to,
                                              const spot_tised_point *point)
{
    double load_from = point->alpha * from->inference_s / from->action_s;
    double load_to = point->alpha * to->inference_s / to->action_s;
    if (load_to > load_from) {
        return point->n_overlap + 1 <= load_from ? SPOT_TISED_DOWN : SPOT_TISED_OPEN;
    }
    if (point->n_overlap <= load_to) {
        return SPOT_TISED_UP;
    }
    /* depth beyond the new kink hides nothing more, and costs chunks */
    return point->n_overlap > ceil(load_to) ? SPOT_TISED_DOWN : SPOT_TISED_OPEN;
}

spot_tised_direction spot_tised_shift_direction(const spot_tised_setup *from,
                                                const spot_tised_setup *to,
                                                const spot_tised_point *point, spot_tised_knob knob,
                                                bool dynamic)
{
    spot_tised_timing timing;
    if (from == NULL || to == NULL || spot_tised_time(from, point, &timing) != SPOT_OK ||
        !spoti_tised_is_same_robot(from, to) || point->schedule == SPOT_SCHEDULE_CADENCE) {
        return SPOT_TISED_OPEN;
    }
    if (from->inference_s == to->inference_s) {
        return SPOT_TISED_STAYS;
    }
    bool slower = to->inference_s > from->inference_s;
    if (knob == SPOT_TISED_KNOB_ALPHA) {
        if (!shows_on_both(from, to, point)) {
            return SPOT_TISED_OPEN;
        }
        if (!dynamic && point->n_overlap == from->n_action) {
            return SPOT_TISED_STAYS; /* m = 0: T is proportional to rho */
        }
        return slower ? SPOT_TISED_DOWN : SPOT_TISED_UP;
    }
    return dynamic ? SPOT_TISED_OPEN : overlap_direction(from, to, point);
}
