/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot tune`: many operating points on the same seeds, and which one is best. */
#include <stdio.h>
#include <string.h>

#include "tune.h"

static const char *dir_of(const tune_request *r)
{
    return spot_tune_folder_path(r->folder);
}

/* Where the episodes are. */
static const char *kept_in(const tune_request *r)
{
    return r->store != NULL ? r->store : r->config.episodes_dir;
}

static void print_warnings(const tune_request *r, const spot_tune_result *result)
{
    const spot_tune_setting *s = &result->setting;
    int modelled = 0;
    int published = 0;
    int reused = 0;
    for (int i = 0; i < result->n_rows; i++) {
        modelled += result->rows[i].latency.origin == SPOT_ORIGIN_MODELLED;
        published += result->rows[i].latency.origin == SPOT_ORIGIN_PUBLISHED;
        reused += result->rows[i].reused;
    }
    if (modelled > 0 || published > 0) {
        spot_print(stderr,
                   "sweetspot tune: note: latencies of class %s on %s are %s, not measured here\n",
                   s->charged_class, s->platform,
                   modelled == 0    ? "published"
                   : published == 0 ? "modelled"
                                    : "published at some points and modelled at others");
    }
    if (s->policy_task[0] != '\0' && strcmp(s->policy_task, s->task) != 0) {
        spot_print(stderr, "sweetspot tune: warning: the policy was trained for %s, not for %s\n",
                   s->policy_task, s->task);
    }
    if (s->repeats[0] != '\0') {
        spot_print(stderr, "sweetspot tune: note: whether the world repeats: %s\n", s->repeats);
    }
    if (reused > 0 && !r->quiet) {
        spot_print(
            stderr,
            "sweetspot tune: %d of %d points read back from %s (--fresh runs them again)%s\n",
            reused, result->n_rows, kept_in(r),
            s->policy_varies ? "; the server is known by its address alone: if it serves "
                               "another policy by now, these are not its episodes"
                             : "");
    }
}

/* The table's companions; *drawn: the figure too. Returns the exit code. */
static int write_files(const tune_request *r, const spot_tune_result *result, bool *drawn)
{
    spot_diag diag = {""};
    const spot_status st = spot_report_tune_files(result, dir_of(r), drawn, &diag);
    if (st != SPOT_OK) {
        (void)cli_fail("tune", st, &diag);
        return CLI_FAILED;
    }
    if (!*drawn) {
        spot_print(stderr, "sweetspot tune: warning: no figure: %s\n", diag.text);
    }
    return CLI_OK;
}

/* Whether it reached stdout is seen at the end, in main. */
static int print_result(const tune_request *r, const spot_tune_result *result)
{
    if (r->json) {
        return cli_printed_json(spot_report_tune_json_print(result, stdout));
    }
    (void)spot_report_tune_table(result, r->wide, stdout);
    spot_print(stdout, "\n");
    if (r->metrics) {
        (void)spot_report_motion_table(&result->analysis->settings[0], r->wide, stdout);
        spot_print(stdout, "\n");
    }
    spot_print_wrapped(stdout, 0, result->verdict);
    return CLI_OK;
}

/* A winner is run again on seeds that had no part in its choice. Returns the exit code. */
static int confirm(const tune_request *r, const spot_task *task, const spot_brain *brain,
                   const spot_platform *platform, spot_tune_result *result)
{
    spot_diag diag = {""};
    if (!result->best_beats_baseline || r->confirm == 0) {
        return CLI_OK;
    }
    spot_tune_config config = r->config;
    config.confirm_seeds = r->confirm;
    config.confirm_dir = spot_tune_folder_confirm(r->folder);
    cli_progress progress = cli_progress_begin("confirm", r->quiet);
    spot_status st = spot_tune_confirm(task, brain, platform, &config, result, cli_progress_update,
                                       &progress, &diag);
    cli_progress_end(&progress);
    return st == SPOT_OK ? CLI_OK : cli_end("tune", &progress, kept_in(r), st, &diag);
}

/* Where the files are. */
static void print_places(const tune_request *r, bool drawn)
{
    spot_print(stdout, "\n");
    if (drawn) {
        spot_print(stdout, "figure: %s/tune.svg %s/tune.png\n", dir_of(r), dir_of(r));
    }
    spot_print(stdout, "data:   %s/tune.csv %s/tune.json %s\n", dir_of(r), dir_of(r), kept_in(r));
}

/* Files first: a reader that goes away, or a full disk behind stdout, must not cost them. The table comes in
 * any case, it is what the run was for. */
static int report(const tune_request *r, const spot_tune_result *result)
{
    bool drawn = false;
    const int written = write_files(r, result, &drawn);
    print_warnings(r, result);
    const int printed = print_result(r, result);
    if (written == CLI_OK && !r->json) {
        print_places(r, drawn);
    }
    return written != CLI_OK ? written : printed;
}

/* Whether what is wrong lies in the folder or store that was named, not in what was run. */
static bool is_of_record(const tune_request *r, const spot_diag *diag)
{
    const char *place = r->store != NULL ? r->store : dir_of(r);
    return strncmp(diag->text, place, strlen(place)) == 0;
}

/* The folder is open: runs the points and writes what came out. */
static int run(tune_request *r, const spot_task *task, const spot_brain *brain,
               const spot_platform *platform)
{
    spot_tune_result *result = NULL;
    spot_diag diag = {""};
    r->config.episodes_dir = spot_tune_folder_episodes(r->folder);
    cli_progress progress = cli_progress_begin("tune", r->quiet);
    cli_stop_watch();
    const spot_status st = spot_tune(task, brain, platform, &r->config, cli_progress_update,
                                     &progress, &result, &diag);
    cli_progress_end(&progress);
    if (st != SPOT_OK) {
        return st == SPOT_E_FORMAT && is_of_record(r, &diag)
                   ? cli_refuse("tune", st, &diag)
                   : cli_end("tune", &progress, kept_in(r), st, &diag);
    }
    /* a confirmation that failed does not cost what was found before */
    const int confirmed = confirm(r, task, brain, platform, result);
    cli_stop_unwatch();
    const int reported = cli_stop_signal() == 0 ? report(r, result) : CLI_OK;
    spot_tune_result_destroy(result);
    return confirmed != CLI_OK ? confirmed : reported;
}

/* Everything is loaded: the folder, and the run in it. */
static int tune(tune_request *r, const spot_task *task, const spot_brain *brain,
                const spot_platform *platform)
{
    spot_tune_config *c = &r->config;
    spot_diag diag = {""};

    if (!cli_find_inputs(r->task_name, r->policy_name, &r->inputs)) {
        return CLI_USAGE;
    }
    c->inputs = r->inputs.list;
    c->n_inputs = r->inputs.n;
    c->store = r->store;
    c->policy_name = r->policy_name;
    const spot_status st =
        spot_tune_folder_open(task, brain, platform, c, r->out, &r->folder, &diag);
    if (st != SPOT_OK) {
        const int exit_code = cli_refuse("tune", st, &diag);
        if (st == SPOT_E_NOT_FOUND && platform != NULL) {
            cli_hint_bench(
                platform, c->charge_as != NULL ? c->charge_as : spot_task_describe(task)->charge_as,
                c->points[c->baseline].steps, r->policy_name);
        }
        return exit_code;
    }
    if (spot_tune_folder_why(r->folder)[0] != '\0') {
        spot_print(stderr, "sweetspot tune: note: results in %s, as another setting is in %s\n",
                   dir_of(r), spot_tune_folder_why(r->folder));
    }
    cli_note_seeds("tune", task, c->variation.noise, c->n_seeds);
    const int exit_code = run(r, task, brain, platform);
    spot_tune_folder_close(r->folder);
    return exit_code;
}

static bool make_points(tune_request *r, const spot_task *task, const spot_brain *brain)
{
    spot_tune_config *c = &r->config;
    c->points = r->points;
    if (!cli_turns(brain, "steps")) {
        r->lists.standard[spot_knob_find("steps")] = NULL; /* there is nothing to sweep */
    }
    return cli_make_points("tune", &r->lists, cli_default_steps(brain),
                           spot_task_describe(task)->dims.n_execute, r->points,
                           SPOT_TUNE_POINTS_MAX, &c->n_points, &c->baseline);
}

/* --measure-latency: a trace of what the calls take here. */
static bool measure(const tune_request *r, const spot_task *task, const spot_brain *brain,
                    spot_latency_trace **trace, int *exit_code)
{
    spot_latency_measure_config config;

    spot_latency_measure_config_default(&config);
    config.points = r->points;
    config.n_points = r->config.n_points;
    config.kernels = r->config.kernels;
    config.what = r->policy_name;
    const cli_measuring m = {"tune", r->measure_path, r->draw, r->quiet};
    return cli_measure_trace(&m, task, brain, &config, trace, exit_code);
}

static int load_and_tune(tune_request *r)
{
    int exit_code = CLI_OK;
    spot_task *task = NULL;
    spot_brain brain = {.ops = NULL};
    spot_platform *platform = NULL;
    spot_platform *alphas = NULL;
    spot_latency_trace *trace = NULL;

    if (r->measure_path == NULL &&
        !cli_load_trace("tune", r->trace_path, r->draw, &trace, &exit_code)) {
        return exit_code;
    }
    task = cli_load_task(r->task_name, &exit_code);
    if (task != NULL) {
        r->policy_name = r->policy_name != NULL ? r->policy_name : spot_task_describe(task)->name;
        platform =
            r->platform_name != NULL ? cli_load_platform(r->platform_name, &exit_code) : NULL;
    }
    if (task != NULL && (platform != NULL || r->platform_name == NULL) &&
        cli_borrow_alphas("tune", r->alpha_from, platform, &alphas, &exit_code)) {
        (void)cli_load_brain(r->policy_name, task, &brain, &exit_code);
    }
    if (brain.ops != NULL) {
        /* a point that cannot be is found now, not after hours of those before it */
        exit_code =
            make_points(r, task, &brain)
                ? cli_check_points("tune", &brain, r->config.kernels, r->points, r->config.n_points)
                : CLI_USAGE;
        if (exit_code == CLI_OK && r->measure_path != NULL) {
            (void)measure(r, task, &brain, &trace, &exit_code);
        }
        r->config.trace = trace;
        if (exit_code == CLI_OK) {
            exit_code = tune(r, task, &brain, platform);
        }
    }
    spot_brain_close(&brain);
    spot_platform_destroy(platform);
    spot_platform_destroy(alphas);
    spot_latency_trace_destroy(trace);
    spot_task_destroy(task);
    return exit_code;
}

int spoti_cli_tune(int argc, char **argv)
{
    int exit_code = CLI_OK;
    tune_request r;
    return cli_tune_read(&r, argc, argv, &exit_code) ? load_and_tune(&r) : exit_code;
}
