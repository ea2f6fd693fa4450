/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot rollout`: one operating point, many episodes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollout.h"

static const double DELAY_MAX_MS = 86400e3; /* as in a platform's profile: a day */

/* What says where the latency comes from must not contradict itself. */
static bool check_latency_options(const rollout_request *r)
{
    bool delay = !isnan(r->delay_ms);
    const char *wrong =
        delay && r->platform_name != NULL ? "--delay-ms and --platform: expected one of them"
        : r->measure_path != NULL && (delay || r->platform_name != NULL || r->trace_path != NULL)
            ? "--measure-latency: no --platform, --delay-ms or --latency-trace, expected one of "
              "them"
        : r->trace_path != NULL && (delay || r->platform_name != NULL)
            ? "--latency-trace: no --platform and no --delay-ms, expected one of the three"
        : r->charge_as != NULL && r->platform_name == NULL
            ? "--charge-as: expected with --platform, whose class it names"
        : r->alpha_from != NULL && r->platform_name == NULL
            ? "--alpha-from: expected with --platform, whose latencies it scales"
            : NULL;
    if (wrong != NULL) {
        (void)cli_misuse("rollout", "%s", wrong);
    } else if (delay && !(r->delay_ms >= 0.0 && r->delay_ms <= DELAY_MAX_MS)) {
        (void)cli_misuse("rollout", "--delay-ms %.10g: expected 0 to 86400000 (a day)",
                         r->delay_ms);
        return false;
    }
    return wrong == NULL && cli_check_threads("rollout", r->threads);
}

/* The options that stand for a choice, checked against each other. */
static bool read_words(rollout_request *r)
{
    spot_rollout_config *c = &r->config;
    bool cadence = false;

    if (!cli_choose_clock("rollout", r->clock, &c->clock) ||
        !cli_choose_schedule("rollout", r->schedule, &cadence) ||
        !cli_check_seeds("rollout", r->seed, r->n_seeds) || !check_latency_options(r)) {
        return false;
    }
    spot_diag diag = {""};
    spot_point_default(&c->point);
    if (spot_point_parse(r->point_text, &c->point, &diag) != SPOT_OK) {
        (void)cli_misuse("rollout", "--point: %s", diag.text);
        return false;
    }
    c->schedule = spot_schedule_of(cadence, c->point.overlap);
    c->n_execute = r->execute;
    return true;
}

/* The latency: --delay-ms, else the platform's at this point, else none. */
static bool choose_latency(rollout_request *r, const spot_task *task, const spot_brain *brain,
                           int *exit_code)
{
    spot_latency *l = &r->config.latency;

    if (r->config.point.steps == 0) {
        r->config.point.steps = cli_default_steps(brain);
    }
    *l = (spot_latency){.origin = SPOT_ORIGIN_MODELLED};
    r->class_name = "none";
    if (r->trace != NULL) {
        spot_diag diag = {""};
        const spot_status st = spot_latency_trace_point(r->trace, &r->config.point,
                                                        cli_default_steps(brain), l, &diag);
        r->class_name = "trace";
        *exit_code = st == SPOT_OK ? CLI_OK : cli_fail("rollout", st, &diag);
        return st == SPOT_OK;
    }
    if (r->platform_name == NULL) {
        bool delay = !isnan(r->delay_ms);
        l->mean_s = delay ? 1e-3 * r->delay_ms : 0.0;
        (void)snprintf(l->source, sizeof(l->source), "%s",
                       delay ? "--delay-ms" : "no platform given: zero latency");
        return true;
    }
    spot_platform *platform = cli_load_platform(r->platform_name, exit_code);
    if (platform == NULL) {
        return false;
    }
    spot_diag diag = {""};
    spot_platform *alphas = NULL;
    r->class_name = r->charge_as != NULL ? r->charge_as : spot_task_describe(task)->charge_as;
    bool good = cli_borrow_alphas("rollout", r->alpha_from, platform, &alphas, exit_code);
    if (good) {
        spot_status st =
            spot_platform_point_latency(platform, r->class_name, &r->config.point, l, &diag);
        good = st == SPOT_OK;
        *exit_code = good ? CLI_OK : cli_fail("rollout", st, &diag);
        if (st == SPOT_E_NOT_FOUND) {
            cli_hint_bench(platform, r->class_name, r->config.point.steps, r->policy_name);
        }
    }
    spot_platform_destroy(platform);
    spot_platform_destroy(alphas);
    return good;
}

/* --measure-latency: a trace of what the calls take here. */
static bool measure(rollout_request *r, const spot_task *task, const spot_brain *brain,
                    int *exit_code)
{
    spot_latency_measure_config config;

    spot_latency_measure_config_default(&config);
    config.points = &r->config.point;
    config.n_points = 1;
    config.kernels = r->config.kernels;
    config.what = r->policy_name;
    const cli_measuring m = {"rollout", r->measure_path, r->draw, r->quiet};
    return cli_measure_trace(&m, task, brain, &config, &r->trace, exit_code);
}

static int write_episodes(const rollout_request *r, const spot_task *task)
{
    const spot_world_dims *dims = &spot_task_describe(task)->dims;
    char point[SPOT_POINT_TEXT_SIZE];
    char note[512];
    spot_diag diag = {""};

    spot_point_format(&r->config.point, point, sizeof(point));
    (void)snprintf(note, sizeof(note),
                   "%.64s, %.64s, %s, %.9g s charged as %.64s, speed %g, noise %g execute=%d "
                   "action_s=%.9g engine=%s-%s",
                   r->task_name, r->policy_name, point, r->config.latency.mean_s, r->class_name,
                   r->variation.speed, r->variation.noise, r->execute,
                   dims->tick_s * dims->ticks_per_action, r->engine.name, r->engine.version);
    spot_status st =
        spot_report_episodes_csv(r->episodes_path, note, r->episodes, r->n_seeds, &diag);
    if (st != SPOT_OK) {
        return cli_fail("rollout", st, &diag);
    }
    cli_rollout_forget(r);
    return CLI_OK;
}

/* The summary on stdout, as text or JSON, and what is to be said of the invalid ones. */
static int print(const rollout_request *r, const spot_rollout_report *report,
                 const spot_rollout_summary *s)
{
    int exit_code = CLI_OK;
    if (r->json) {
        exit_code = cli_printed_json(spot_report_rollout_json(report, s, stdout));
    } else {
        (void)spot_report_rollout_text(report, s, stdout); /* see main for whether it arrived */
    }
    if (s->valid == 0) {
        spot_print(stderr, "sweetspot rollout: every episode is invalid: the simulator broke "
                           "off, or answers of the policy were lost, and nothing is known of the "
                           "task\n");
        return CLI_FAILED;
    }
    if (r->n_seeds - s->valid > SPOT_INVALID_BEARABLE * r->n_seeds) {
        spot_print(stderr,
                   "sweetspot rollout: warning: %d of %d episodes are invalid: what these would "
                   "have been is unknown, and so is the rate of success\n",
                   r->n_seeds - s->valid, r->n_seeds);
    }
    return exit_code;
}

static int run(rollout_request *r, const spot_task *task, const spot_brain *brain)
{
    spot_rollout_summary s;

    r->episodes = calloc((size_t)r->n_seeds, sizeof(*r->episodes));
    if (r->episodes == NULL) {
        return cli_fail("rollout", SPOT_E_NOMEM, NULL);
    }
    int exit_code = cli_rollout_run(r, task, brain);
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    cli_note_seeds("rollout", task, r->variation.noise, r->n_seeds);
    char repeats[SPOT_REPEATS_SIZE];
    spot_task_repeats(task, repeats);
    const spot_rollout_report report = {.task = r->task_name,
                                        .policy = r->policy_name,
                                        .expert = brain == NULL,
                                        .policy_varies = brain != NULL && cli_varies(brain),
                                        .charged_class = r->class_name,
                                        .config = &r->config,
                                        .n_execute = r->execute,
                                        .variation = r->variation,
                                        .engine = r->engine,
                                        .repeats = repeats,
                                        .episodes = r->episodes,
                                        .n_episodes = r->n_seeds};
    const spot_status st = spot_report_rollout_summary(&report, &s);
    if (st != SPOT_OK) {
        return cli_fail("rollout", st, NULL);
    }
    /* Files first: who reads the summary may rely on them. */
    exit_code = r->episodes_path != NULL ? write_episodes(r, task) : CLI_OK;
    if (exit_code == CLI_OK && (r->trajectory_path != NULL || r->video_path != NULL)) {
        exit_code = cli_replay(task, brain, &r->variation, &r->config, r->seed, r->trajectory_path,
                               r->video_path);
    }
    if (exit_code == CLI_OK) {
        exit_code = print(r, &report, &s);
    }
    return exit_code;
}

/* The files that are asked for: whether they can be written is seen before the episodes run. */
static int check_targets(const rollout_request *r)
{
    const char *const options[] = {"episodes", "trajectory", "video"};
    const char *const paths[] = {r->episodes_path, r->trajectory_path, r->video_path};
    for (int i = 0; i < 3; i++) {
        int exit_code =
            paths[i] != NULL ? cli_check_target("rollout", options[i], paths[i]) : CLI_OK;
        if (exit_code != CLI_OK) {
            return exit_code;
        }
    }
    return CLI_OK;
}

static int load_and_run(rollout_request *r)
{
    int exit_code = CLI_OK;
    spot_brain brain = {.ops = NULL};

    if (!read_words(r)) {
        return CLI_USAGE;
    }
    exit_code = check_targets(r);
    if (exit_code != CLI_OK ||
        (r->measure_path == NULL &&
         !cli_load_trace("rollout", r->trace_path, r->draw, &r->trace, &exit_code))) {
        return exit_code;
    }
    spot_task *task = cli_load_task(r->task_name, &exit_code);
    if (task == NULL) {
        return exit_code;
    }
    r->engine = spot_task_describe(task)->engine;
    if (r->policy_name == NULL) {
        r->policy_name = spot_task_describe(task)->name;
    }
    if (r->config.point.execute != 0 && r->execute != 0) {
        spot_task_destroy(task);
        return cli_misuse("rollout", "--execute and execute= of --point: expected one of them");
    }
    if (r->execute == 0) {
        r->execute = r->config.point.execute != 0 ? r->config.point.execute
                                                  : spot_task_describe(task)->dims.n_execute;
    }
    bool expert =
        strcmp(r->policy_name, ROLLOUT_EXPERT) == 0 || strcmp(r->policy_name, ROLLOUT_PLANNER) == 0;
    if (expert && (r->platform_name != NULL || !isnan(r->delay_ms) || r->trace != NULL ||
                   r->measure_path != NULL || r->point_text[0] != '\0')) {
        spot_task_destroy(task);
        return cli_misuse("rollout", "--policy expert: it thinks in no time and has no operating "
                                     "point, expected no --platform, --delay-ms, --latency-trace "
                                     "or --point");
    }
    if (!expert) {
        (void)cli_load_brain(r->policy_name, task, &brain, &exit_code);
    } else {
        r->class_name = "none";
        r->config.latency.origin = SPOT_ORIGIN_MODELLED;
        (void)snprintf(r->config.latency.source, sizeof(r->config.latency.source),
                       "the expert thinks in no time");
    }
    if (brain.ops != NULL) {
        exit_code = cli_check_points("rollout", &brain, r->config.kernels, &r->config.point, 1);
    }
    if (brain.ops != NULL && exit_code == CLI_OK && r->measure_path != NULL) {
        (void)measure(r, task, &brain, &exit_code);
    }
    if (expert ||
        (brain.ops != NULL && exit_code == CLI_OK && choose_latency(r, task, &brain, &exit_code))) {
        exit_code = run(r, task, expert ? NULL : &brain);
    }
    free(r->episodes);
    spot_brain_close(&brain);
    spot_task_destroy(task);
    return exit_code;
}

static const char EXAMPLES[] =
    "  sweetspot rollout --task ur5e-conveyor --platform agx-orin-30w --point steps=2\n"
    "  sweetspot rollout --task ur5e-conveyor --delay-ms 400 --speed 1.5 --seeds 250\n"
    "  sweetspot rollout --task ur5e-conveyor --latency-trace calls.csv --point overlap=4\n"
    "  sweetspot rollout --task ur5e-pick-place --policy expert --seeds 100\n"
    "  sweetspot rollout --task ur5e-pick-place --platform rtx-4070 \\\n"
    "      --point \"steps=5 overlap=2 align=skip\" --episodes episodes.csv\n"
    "  sweetspot rollout --task ur5e-pick-place --policy ur5e-pick-place-dit \\\n"
    "      --platform agx-orin-50w --point \"steps=5 quant=w4-t3\"\n"
    "  sweetspot rollout --task ur5e-conveyor --seeds 1 --video conveyor.mp4\n"
    "  sweetspot rollout --task tasks/kinetix/catapult.json --policy none --seeds 10\n"
    "  sweetspot rollout --task tasks/kinetix/catapult.json --actions a.csv --states "
    "s.csv\n";

int spoti_cli_rollout(int argc, char **argv)
{
    rollout_request r = {.point_text = "",
                         .clock = "exact",
                         .schedule = "overlap",
                         .delay_ms = (double)NAN,
                         .n_seeds = ROLLOUT_SEEDS};
    int exit_code = CLI_OK;

    spot_variation_default(&r.variation);
    spot_rollout_config_default(&r.config);
    const cli_option options[] = {
        {"task", "NAME", CLI_TEXT, &r.task_name, "task, by name or task file (required)"},
        {"policy", "NAME", CLI_TEXT, &r.policy_name,
         "folder, onnx:FOLDER, ws://HOST:PORT, remote:FILE.yaml, expert, planner, none (the "
         "task's)"},
        {"platform", "NAME", CLI_TEXT, &r.platform_name, "whose latency is spent (none: zero)"},
        {"charge-as", "CLASS", CLI_TEXT, &r.charge_as, "latency class charged (the task's)"},
        {"alpha-from", "NAME", CLI_TEXT, &r.alpha_from,
         "profile by bench --out: what the point saved there, it saves on the platform"},
        {"delay-ms", "X", CLI_REAL, &r.delay_ms, "spend this latency instead of a platform's"},
        {"latency-trace", "FILE", CLI_TEXT, &r.trace_path, CLI_TRACE_HELP},
        CLI_MEASURE(&r.measure_path),
        {"latency-draw", "WORD", CLI_TEXT, &r.draw, CLI_DRAW_HELP},
        {"point", "TEXT", CLI_TEXT, &r.point_text, "operating point, e.g. \"steps=2 overlap=4\""},
        {"execute", "N", CLI_INTEGER, &r.execute, "actions of a chunk to execute (the task's)"},
        {"schedule", "WORD", CLI_TEXT, &r.schedule, "overlap (sync if overlap=0) or cadence"},
        {"clock", "WORD", CLI_TEXT, &r.clock, "exact, or paper: whole control steps"},
        {"speed", "X", CLI_REAL, &r.variation.speed, "factor on what moves (1)"},
        {"noise", "X", CLI_REAL, &r.variation.noise, "factor on the sensor noise (1)"},
        {"seeds", "N", CLI_INTEGER, &r.n_seeds, "episodes (100)"},
        {"seed", "S", CLI_SEED, &r.seed, "first seed (0)"},
        {"threads", "N", CLI_INTEGER, &r.threads, "threads (all processors)"},
        {"episodes", "FILE", CLI_TEXT, &r.episodes_path,
         "write one row an episode (CSV); until then they are kept in FILE.part"},
        {"trajectory", "FILE", CLI_TEXT, &r.trajectory_path,
         "write the first episode's path (CSV)"},
        {"video", "FILE.mp4", CLI_TEXT, &r.video_path, "render the first episode (needs ffmpeg)"},
        {"actions", "FILE", CLI_TEXT, &r.actions_path,
         "Kinetix level: replay raw commands (CSV, a row a control step) once, without a policy"},
        {"states", "FILE", CLI_TEXT, &r.states_path,
         "with --actions: write all bodies after every physics step (CSV)"},
        {"solve", "WORD", CLI_TEXT, &r.solve,
         "with --actions: the first event of a control step counts, or only its last substep"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of text"},
        CLI_KERNELS(&r.config.kernels),
        {"quiet", NULL, CLI_FLAG, &r.quiet, "no progress"},
    };
    const cli_page page = {
        .verb = "rollout",
        .summary =
            "Runs a policy on a task in closed loop. While it thinks, simulated time passes: as\n"
            "much as the platform would need, whatever this computer needs.",
        .usage = "--task NAME [options]",
        .options = options,
        .n_options = sizeof(options) / sizeof(options[0]),
        .notes = cli_point_keys(),
        .examples = EXAMPLES,
    };

    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (r.task_name == NULL) {
        return cli_misuse("rollout", "--task: missing, expected a task's name");
    }
    if (cli_rollout_has_actions(&r, &exit_code)) {
        return cli_rollout_actions(&r);
    }
    exit_code = exit_code == CLI_OK ? load_and_run(&r) : exit_code;
    spot_latency_trace_destroy(r.trace);
    return exit_code;
}
