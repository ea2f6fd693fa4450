/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot rollout --actions FILE`: raw commands replayed on a planar task, without a policy. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rollout.h"

/* What has no meaning where nobody decides. */
static bool check_options(const rollout_request *r)
{
    const struct {
        const char *option;
        bool given;
    } others[] = {
        {"policy", r->policy_name != NULL},     {"platform", r->platform_name != NULL},
        {"delay-ms", !isnan(r->delay_ms)},      {"latency-trace", r->trace_path != NULL},
        {"point", r->point_text[0] != '\0'},    {"measure-latency", r->measure_path != NULL},
        {"episodes", r->episodes_path != NULL}, {"trajectory", r->trajectory_path != NULL},
        {"execute", r->execute != 0},           {"seeds", r->n_seeds != ROLLOUT_SEEDS},
        {"speed", r->variation.speed != 1.0},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i].given) {
            (void)cli_misuse("rollout",
                             "--actions: no --%s, expected --task, --states, --solve, --video, "
                             "--noise or --seed with it",
                             others[i].option);
            return false;
        }
    }
    return true;
}

static bool read_solve(const char *word, spot_planar_solve *solve)
{
    *solve = SPOT_PLANAR_SOLVE_TASK;
    if (word == NULL) {
        return true;
    }
    if (strcmp(word, "first") != 0 && strcmp(word, "last") != 0) {
        (void)cli_misuse("rollout", "--solve '%.40s': expected first or last", word);
        return false;
    }
    *solve = strcmp(word, "first") == 0 ? SPOT_PLANAR_SOLVE_FIRST : SPOT_PLANAR_SOLVE_LAST;
    return true;
}

static int print(const rollout_request *r, const spot_planar_result *result)
{
    if (r->json) {
        return cli_print_json(json_pack(
            "{s:s, s:s, s:f, s:I, s:s, s:i, s:i, s:f, s:i, s:o}", "task", r->task_name, "actions",
            r->actions_path, "noise", r->variation.noise, "seed", (json_int_t)r->seed, "end",
            spot_planar_end_str(result->end), "steps", result->steps, "substeps", result->substeps,
            "time_s", result->time_s, "event", result->event, "event_substep",
            result->event_step >= 0 ? json_integer(result->event_step) : json_null()));
    }
    spot_print(stdout, "%s after %d control steps (%.3f s)", spot_planar_end_str(result->end),
               result->steps, result->time_s);
    if (result->event_step >= 0) {
        spot_print(stdout, "; green touched %s in substep %d", result->event > 0 ? "blue" : "red",
                   result->event_step);
    }
    spot_print(stdout, "\n");
    return CLI_OK;
}

/* The replay, and its video if one is asked for. */
static spot_status run(const rollout_request *r, const spot_task *task, spot_planar_replay *config,
                       spot_planar_result *result, spot_diag *diag)
{
    spot_video_config video_config;
    spot_video *video = NULL;

    if (r->video_path == NULL) {
        return spot_planar_replay_run(task, config, result, diag);
    }
    spot_video_config_default(&video_config);
    spot_status st = spot_video_create(r->video_path, &video_config, &video, diag);
    if (st == SPOT_OK) {
        config->tick_fn = spot_video_tick;
        config->tick_ctx = video;
        st = spot_planar_replay_run(task, config, result, diag);
    }
    st = st == SPOT_OK ? spot_video_finish(video, diag) : st;
    spot_video_destroy(video);
    return st;
}

static int replay(const rollout_request *r, const spot_task *task, spot_planar_solve solve)
{
    spot_diag diag = {""};
    spot_planar_replay config;
    spot_planar_result result;
    float *actions = NULL;
    int n = 0;

    spot_status st = spot_planar_actions_load(r->actions_path, &actions, &n, &diag);
    if (st != SPOT_OK) {
        return cli_refuse("actions", st, &diag);
    }
    spot_planar_replay_default(&config);
    config.actions = actions;
    config.n_actions = n;
    config.noise = r->variation.noise;
    config.seed = r->seed;
    config.solve = solve;
    config.states_path = r->states_path;
    st = run(r, task, &config, &result, &diag);
    spot_planar_actions_free(actions, n);
    if (st == SPOT_E_RANGE || st == SPOT_E_UNSUPPORTED) { /* what the command line asked for */
        return cli_misuse("rollout", "--actions %s: %s", r->actions_path, diag.text);
    }
    if (st == SPOT_OK && result.end == SPOT_PLANAR_END_BROKEN) {
        spot_print(stderr,
                   "sweetspot rollout: the physics broke after %d substeps: a position or "
                   "velocity is no number\n",
                   result.substeps);
        return CLI_FAILED;
    }
    return st == SPOT_OK ? print(r, &result) : cli_fail("rollout", st, &diag);
}

bool cli_rollout_has_actions(const rollout_request *r, int *exit_code)
{
    if (r->actions_path != NULL) {
        return true;
    }
    if (r->states_path != NULL || r->solve != NULL) {
        *exit_code = cli_misuse("rollout", "--%s: expected with --actions",
                                r->states_path != NULL ? "states" : "solve");
    }
    return false;
}

int cli_rollout_actions(const rollout_request *r)
{
    spot_planar_solve solve;
    int exit_code = CLI_OK;

    if (!check_options(r) || !read_solve(r->solve, &solve)) {
        return CLI_USAGE;
    }
    if (r->states_path != NULL) {
        exit_code = cli_check_target("rollout", "states", r->states_path);
    }
    if (exit_code == CLI_OK && r->video_path != NULL) {
        exit_code = cli_check_target("rollout", "video", r->video_path);
    }
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    spot_task *task = cli_load_task(r->task_name, &exit_code);
    if (task == NULL) {
        return exit_code;
    }
    exit_code = replay(r, task, solve);
    spot_task_destroy(task);
    return exit_code;
}
