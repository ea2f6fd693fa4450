/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One operating point on several threads at once. */
#ifndef SPOTI_BENCH_LOAD_H
#define SPOTI_BENCH_LOAD_H

#include "spot/bench.h"

/* Runs config->threads sessions, each on its own thread, until each has made config->load_calls timed
 * calls; who is done first goes on without being timed, so that the load stays. seconds (threads x
 * load_calls): the times of all; *chunks_s: the sum over threads of their inferences a second.
 * Returns as spot_bench_run. */
spot_status spoti_load_run(const spot_policy *policy, const spot_bench_config *config,
                           const spot_point *point, double *seconds, double *chunks_s,
                           spot_diag *diag);

#endif
