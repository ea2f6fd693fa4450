/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A session at one operating point with what its calls read and write. */
#ifndef SPOTI_BENCH_RUNNER_H
#define SPOTI_BENCH_RUNNER_H

#include "spot/bench.h"
#include "spot/rng.h"

typedef struct spoti_runner {
    const spot_allocator *allocator;
    spot_session *session;
    size_t n_obs, n_chunk; /* numbers */
    float *obs, *noise, *chunk;
    spot_rng rng;
    double taken_s, processor_s; /* of all timed calls, by the machine's clocks */
} spoti_runner;

/* Makes a session of `policy` at `point`, as the config says. Returns SPOT_OK, E_NOMEM, or what
 * spot_session_create returns; on failure *runner is empty. */
spot_status spoti_runner_init(spoti_runner *runner, const spot_policy *policy,
                              const spot_bench_config *config, const spot_point *point,
                              spot_diag *diag);

/* Fine for an empty one. */
void spoti_runner_fini(spoti_runner *runner);

/* Makes calls that are not timed, and calls that are: seconds (calls). Noise is drawn outside the timed
 * part. They allocate nothing. Return SPOT_OK or the inference's failure. */
spot_status spoti_runner_warm_up(spoti_runner *runner, int calls);
spot_status spoti_runner_time(spoti_runner *runner, const spot_bench_config *config, int calls,
                              double *seconds);

/* The clock of the config. */
double spoti_bench_now_s(const spot_bench_config *config);

#endif
