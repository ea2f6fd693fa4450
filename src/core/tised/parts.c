/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The timing law of a chunk that comes in two parts: action 0 after t1, the others after t_r.
 *
 * Let x be the age of the observation when action 0 starts. Action 1 starts at max(x + T, t_r), the others
 * follow at T = T_act. The next observation is due when n' actions are left, and taken at t_r if that is
 * later; the next chunk starts when this one is over and its own action 0 is there. In the long run
 *     x = max(n' T, t1),  T_ck = max(x + T, t_r) + (n - n' - 1) T        for n' < n,
 * which is the form in the header. n' = n differs where t_r >= n T: then the inferences follow each other
 * without a pause, T_ck = t_r, and each observation is taken one action later than the law wants.
 */
#include <math.h>

#include "spot/tised.h"

spot_status spot_tised_time_parts(const spot_tised_setup *setup, double first_s, double rest_s,
                                  int n_overlap, spot_tised_timing *out)
{
    if (setup == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    /* Written so that NaN is refused too. The baseline checks the setup and n_overlap. */
    spot_tised_timing whole;
    spot_status st = spot_tised_time_point(setup, 1.0, n_overlap, &whole);
    if (st == SPOT_OK) {
        st = spot_tised_time_point(setup, 1.0, 0, &whole);
    }
    if (st != SPOT_OK || !(first_s >= 0.0) || !(rest_s >= first_s) || !isfinite(rest_s)) {
        return st != SPOT_OK ? st : SPOT_E_RANGE;
    }
    const double act_s = setup->action_s;
    const double play_s = setup->n_action * act_s;
    const double hidden_s = n_overlap * act_s;
    const double late_s = fmax(0.0, fmax(first_s - hidden_s, rest_s - hidden_s - act_s));
    const bool chained = n_overlap == setup->n_action && rest_s >= play_s;
    spot_tised_timing t = {.inference_s = rest_s, .chunk_s = fmax(rest_s, play_s + late_s)};
    t.delay_s = t.chunk_s - play_s;
    t.age_s = fmax(first_s, chained ? hidden_s - act_s : hidden_s);
    t.eta = whole.chunk_s / t.chunk_s;
    t.eta_bound = whole.eta_bound;
    /* What the first chunk takes: its second action, if it has one, waits for the rest. */
    const double second_s = setup->n_action > 1 ? fmax(first_s + act_s, rest_s) : first_s + act_s;
    t.first_wait_s = second_s + play_s - act_s - t.chunk_s;
    if (!isfinite(t.chunk_s) || !(t.eta > 0.0)) {
        return SPOT_E_RANGE;
    }
    *out = t;
    return SPOT_OK;
}
