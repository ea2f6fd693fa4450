/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of this module share. */
#ifndef SPOTI_TISED_INTERNAL_H
#define SPOTI_TISED_INTERNAL_H

#include "spot/tised_optimum.h"
#include "spot/tised_shift.h"

/* At least two points that differ in the knob alone, and it increases. The pointers are not NULL. */
bool spoti_tised_is_sweep(const spot_tised_sweep *sweep);

/* The latency up to which the schedule hides an inference, s; negative if T_ovh alone exceeds it. */
double spoti_tised_hidden_s(const spot_tised_setup *setup, const spot_tised_point *point);

/* Whether two platforms run the same chunks on valid setups, so that counts carry over. */
bool spoti_tised_is_same_robot(const spot_tised_setup *a, const spot_tised_setup *b);

/* The greatest age of an observation over the points of a sweep, s. */
spot_status spoti_tised_age_max(const spot_tised_sweep *sweep, double *age_s);

/* Fills all of `out` (n_point) but the interval: times on the target, T of the counts `fitted`, where
 * extrapolation begins. Checks the target. */
spot_status spoti_tised_predict_values(const spot_tised_sweep *sweep, const double *fitted,
                                       double age_max_s, const spot_tised_target *target,
                                       spot_tised_prediction *out);

/* Phi(quality, exposure), checked to be finite. */
spot_status spoti_tised_phi(const spot_tised_response *response, double quality, double exposure,
                            double *out);

/* dtau/dalpha from the right, which is dT_ck/dalpha too: T_inf, or 0 where the inference is hidden. The
 * arguments are valid ones. */
double spoti_tised_delay_slope(const spot_tised_setup *setup, const spot_tised_point *point);

#endif
