/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A session with what its calls read and write. */
#include "lab/bench/runner.h"

#include "core/base/alloc.h"
#include "lab/bench/probe.h"

double spoti_bench_now_s(const spot_bench_config *config)
{
    return config->now_s != NULL ? config->now_s(config->clock_ctx) : spoti_probe_now_s();
}

/* Fills what the session remembers: a full past is the slowest one, and the usual one. */
static spot_status fill_history(spoti_runner *runner, const spot_policy_info *info)
{
    const int n = info->history_frames > info->history_commands ? info->history_frames
                                                                : info->history_commands;
    spot_status st = SPOT_OK;

    for (int i = 0; i < n && st == SPOT_OK; i++) {
        st = spot_session_remember(runner->session, runner->obs, runner->chunk);
    }
    return st;
}

spot_status spoti_runner_init(spoti_runner *runner, const spot_policy *policy,
                              const spot_bench_config *config, const spot_point *point,
                              spot_diag *diag)
{
    const spot_policy_info *info = spot_policy_describe(policy);
    spot_session_config session;
    spot_status st = SPOT_E_NOMEM;

    *runner = (spoti_runner){.allocator = config->allocator,
                             .n_obs = (size_t)info->obs_dim,
                             .n_chunk = (size_t)info->horizon * (size_t)info->action_dim,
                             .rng = spot_rng_at(0, SPOT_STREAM_POLICY, 0)};
    spot_session_config_default(&session);
    spot_session_config_point(&session, point);
    session.kernels = config->kernels;
    session.diag = diag;
    session.allocator = config->allocator;

    runner->obs = spoti_calloc(config->allocator, runner->n_obs, sizeof *runner->obs);
    runner->noise = spoti_calloc(config->allocator, runner->n_chunk, sizeof *runner->noise);
    runner->chunk = spoti_calloc(config->allocator, runner->n_chunk, sizeof *runner->chunk);
    if (runner->obs != NULL && runner->noise != NULL && runner->chunk != NULL) {
        st = spot_session_create(policy, &session, &runner->session);
    }
    if (st == SPOT_OK) {
        st = fill_history(runner, info);
    }
    if (st != SPOT_OK) {
        spoti_runner_fini(runner);
    }
    return st;
}

void spoti_runner_fini(spoti_runner *runner)
{
    spot_session_destroy(runner->session);
    spoti_free(runner->allocator, runner->obs, runner->n_obs * sizeof *runner->obs);
    spoti_free(runner->allocator, runner->noise, runner->n_chunk * sizeof *runner->noise);
    spoti_free(runner->allocator, runner->chunk, runner->n_chunk * sizeof *runner->chunk);
    *runner = (spoti_runner){.allocator = runner->allocator};
}

/* One call, whose noise is drawn before *started_s. */
static spot_status call(spoti_runner *runner, const spot_bench_config *config, double *started_s)
{
    spot_rng_fill_normal(&runner->rng, runner->noise, (int)runner->n_chunk);
    *started_s = spoti_bench_now_s(config);
    return spot_session_infer(runner->session, 1, runner->obs, runner->noise, runner->chunk);
}

spot_status spoti_runner_warm_up(spoti_runner *runner, int calls)
{
    static const spot_bench_config machine_clock; /* nobody looks at the times */
    spot_status st = SPOT_OK;
    double started_s = 0.0;

    for (int i = 0; i < calls && st == SPOT_OK; i++) {
        st = call(runner, &machine_clock, &started_s);
    }
    return st;
}

spot_status spoti_runner_time(spoti_runner *runner, const spot_bench_config *config, int calls,
                              double *seconds)
{
    const double taken_s = spoti_probe_now_s();
    const double processor_s = spoti_probe_thread_s();
    spot_status st = SPOT_OK;

    for (int i = 0; i < calls && st == SPOT_OK; i++) {
        double started_s = 0.0;

        st = call(runner, config, &started_s);
        seconds[i] = spoti_bench_now_s(config) - started_s;
    }
    runner->processor_s += spoti_probe_thread_s() - processor_s;
    runner->taken_s += spoti_probe_now_s() - taken_s;
    return st;
}
