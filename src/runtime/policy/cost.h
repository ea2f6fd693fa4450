/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What an inference costs, by architecture; the sum that spot_session_cost gives. */
#ifndef SPOTI_POLICY_COST_H
#define SPOTI_POLICY_COST_H

#include "spot/policy.h"

/* Adds what one call of `observe` and s->steps calls of `forward` cost at batch 1. */
void spoti_dit_cost(const spot_session *s, spot_inference_cost *cost);
void spoti_flow_mixer_cost(const spot_session *s, spot_inference_cost *cost);

#endif
