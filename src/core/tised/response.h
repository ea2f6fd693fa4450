/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of this module share. */
#ifndef SPOTI_TISED_RESPONSE_H
#define SPOTI_TISED_RESPONSE_H

#include "spot/tised_optimum.h"

/* Phi(quality, exposure), checked to be finite. */
spot_status spoti_tised_phi(const spot_tised_response *response, double quality, double exposure,
                            double *out);

/* dtau/dalpha from the right, which is dT_ck/dalpha too: T_inf, or 0 where the inference is hidden. The
 * arguments are valid ones. */
double spoti_tised_delay_slope(const spot_tised_setup *setup, const spot_tised_point *point);

#endif
