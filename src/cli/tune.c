/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot tune`: many operating points on the same seeds, and which one is best. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

enum { NAME_SIZE = 160, CONFIRM_DEFAULT = -2000000000 /* which no option can say */ };

typedef struct request {
    const char *task_name;
    const char *policy_name;
    const char *platform_name;
    cli_lists lists;
    const char *charge_as;
    const char *alpha_from;
    const char *trace_path;
    const char *measure_path;
    const char *draw;
    const char *clock;
    const char *schedule;
    const char *goal;
    const char *out;
    const char *store; /* SQLite file; NULL = folders below `out` */
    double speed;
    double noise;
    uint64_t seed;
    int n_seeds;
    int confirm; /* fresh seeds for the winner */
    int threads;
    bool fresh;
    double effect;
    const char *show;
    bool metrics; /* of motion too */
    bool wide;
    bool json;
    bool quiet;
    /* What the above became. */
    spot_point points[SPOT_TUNE_POINTS_MAX];
    spot_tune_config config;
    char dir[CLI_PATH_SIZE];
} request;

/* The options that stand for a choice or have a range. */
static bool read_choices(request *r)
{
    static const char *const goals[] = {"auto", "time", "success"};
    spot_tune_config *c = &r->config;
    if (!cli_choose_clock("tune", r->clock, &c->clock) ||
        !cli_choose_schedule("tune", r->schedule, &c->cadence)) {
        return false;
    }
    const int goal = cli_choose("tune", "goal", r->goal, goals, 3);
    if (goal < 0 || !cli_check_seeds("tune", r->seed, r->n_seeds)) {
        return false;
    }
    r->confirm = r->confirm == CONFIRM_DEFAULT ? r->n_seeds : r->confirm;
    if (r->confirm < 0) {
        (void)cli_misuse("tune", "--confirm %d, expected 0 or more", r->confirm);
        return false;
    }
    if (r->confirm > 0 && !cli_check_seeds("tune", r->seed + (uint64_t)r->n_seeds, r->confirm)) {
        return false;
    }
    if (!(r->effect >= 0.0 && r->effect < 100.0)) {
        (void)cli_misuse("tune", "--effect %g, expected 0 to less than 100", r->effect);
        return false;
    }
    if (!cli_check_threads("tune", r->threads)) {
        return false;
    }
    const int show = cli_choose_show("tune", r->show);
    if (show < 0) {
        return false;
    }
    r->metrics = show > 0;
    c->goal = (spot_goal)goal;
    return true;
}

/* What says where the latencies come from must not contradict itself. */
static bool check_latency_options(const request *r)
{
    const int n_source =
        (r->platform_name != NULL) + (r->trace_path != NULL) + (r->measure_path != NULL);
    const char *wrong =
        n_source > 1 ? "--platform, --latency-trace and --measure-latency: expected one of them"
        : r->platform_name != NULL ? NULL
        : r->charge_as != NULL     ? "--charge-as: expected with --platform, whose class it names"
        : r->alpha_from != NULL
            ? "--alpha-from: expected with --platform, whose latencies it scales"
            : NULL;
    if (wrong != NULL) {
        (void)cli_misuse("tune", "%s", wrong);
    }
    return wrong == NULL;
}

static bool join(char path[CLI_PATH_SIZE], const char *dir, const char *name)
{
    int length = snprintf(path, CLI_PATH_SIZE, "%s/%s", dir, name);
    return length > 0 && length < CLI_PATH_SIZE;
}

/* `-NAME` where the policy is not called as its task is, so that two policies do not overwrite each other; for an
 * address `-SCHEME-NAME`. */
static void name_policy(const request *r, const char *task, char text[NAME_SIZE])
{
    const int scheme =
        spot_brain_is_address(r->policy_name) ? (int)strcspn(r->policy_name, ":") : 0;
    const char *rest = r->policy_name + (scheme > 0 ? scheme + 1 : 0);
    const char *slash = strrchr(rest, '/');
    const char *name = slash != NULL ? slash + 1 : rest;
    text[0] = '\0';
    if (scheme > 0) {
        (void)snprintf(text, NAME_SIZE, "-%.*s-%s", scheme, r->policy_name, name);
    } else if (name[0] != '\0' && strcmp(name, task) != 0) {
        (void)snprintf(text, NAME_SIZE, "-%s", name);
    }
}

/* Names the folder of the results and makes it. Returns the exit code; *made: it was not there. */
static int make_output_folder(request *r, const spot_task *task, const char *platform, bool *made)
{
    if (r->out == NULL &&
        (strchr(spot_task_describe(task)->name, '/') != NULL || strchr(platform, '/') != NULL)) {
        return cli_misuse(
            "tune", "--out: missing, expected it as the names of task and platform make no folder");
    }
    char policy[NAME_SIZE];
    name_policy(r, spot_task_describe(task)->name, policy);
    int length = r->out != NULL ? snprintf(r->dir, sizeof(r->dir), "%s", r->out)
                                : snprintf(r->dir, sizeof(r->dir), "runs/%s%s-%s",
                                           spot_task_describe(task)->name, policy, platform);
    /* room for the names of the files inside */
    if (length <= 0 || length >= CLI_PATH_SIZE - NAME_SIZE) {
        return cli_misuse("tune", "--out: empty or too long, expected the name of a folder");
    }
    *made = access(r->dir, F_OK) != 0;
    return cli_make_dirs("tune", r->dir) ? CLI_OK : CLI_USAGE;
}

/* Nothing came of it: takes the folder away again, unless something is in it. */
static void remove_output_folder(const request *r)
{
    char episodes_dir[CLI_PATH_SIZE];
    if (join(episodes_dir, r->dir, "episodes")) {
        (void)rmdir(episodes_dir);
        (void)rmdir(r->dir);
        if (r->out == NULL) {
            (void)rmdir("runs");
        }
    }
}

/* Where the episodes are. */
static const char *kept_in(const request *r)
{
    return r->store != NULL ? r->store : r->config.episodes_dir;
}

static void print_warnings(const request *r, const spot_tune_result *result)
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
    if (reused > 0 && !r->quiet) {
        spot_print(stderr,
                   "sweetspot tune: %d of %d points read back from %s (--fresh runs them again)\n",
                   reused, result->n_rows, kept_in(r));
    }
}

/* The table's companions; *drawn: the figure too. Returns the exit code. */
static int write_files(const request *r, const spot_tune_result *result, bool *drawn)
{
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    *drawn = false;
    spot_status st =
        join(path, r->dir, "tune.csv") ? spot_report_tune_csv(result, path, &diag) : SPOT_E_RANGE;
    if (st == SPOT_OK) {
        st = join(path, r->dir, "tune.json") ? spot_report_tune_json(result, path, &diag)
                                             : SPOT_E_RANGE;
    }
    if (st != SPOT_OK) {
        (void)cli_fail("tune", st, &diag);
        return CLI_FAILED;
    }
    st = join(path, r->dir, "tune") ? spot_report_tune_figure(result, path, &diag) : SPOT_E_RANGE;
    *drawn = st == SPOT_OK;
    if (st == SPOT_E_UNSUPPORTED || st == SPOT_E_NOT_FOUND) {
        spot_print(stderr, "sweetspot tune: warning: no figure: %s\n", diag.text);
    } else if (st != SPOT_OK) {
        (void)cli_fail("tune", st, &diag);
        return CLI_FAILED;
    }
    return CLI_OK;
}

/* Whether it reached stdout is seen at the end, in main. */
static int print_result(const request *r, const spot_tune_result *result)
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
static int confirm(const request *r, const spot_task *task, const spot_brain *brain,
                   const spot_platform *platform, spot_tune_result *result)
{
    char episodes_dir[CLI_PATH_SIZE];
    spot_diag diag = {""};
    if (!result->best_beats_baseline || r->confirm == 0) {
        return CLI_OK;
    }
    if (!join(episodes_dir, r->dir, "confirm")) {
        return CLI_USAGE;
    }
    spot_tune_config config = r->config;
    config.confirm_seeds = r->confirm;
    config.confirm_dir = episodes_dir;
    cli_progress progress = cli_progress_begin("confirm", r->quiet);
    spot_status st = spot_tune_confirm(task, brain, platform, &config, result, cli_progress_update,
                                       &progress, &diag);
    cli_progress_end(&progress);
    return st == SPOT_OK ? CLI_OK : cli_fail("tune", st, &diag);
}

/* Where the files are. */
static void print_places(const request *r, bool drawn)
{
    spot_print(stdout, "\n");
    if (drawn) {
        spot_print(stdout, "figure: %s/tune.svg %s/tune.png\n", r->dir, r->dir);
    }
    spot_print(stdout, "data:   %s/tune.csv %s/tune.json %s\n", r->dir, r->dir, kept_in(r));
}

/* Files first: a reader that goes away, or a full disk behind stdout, must not cost them. The table comes in
 * any case, it is what the run was for. */
static int report(const request *r, const spot_tune_result *result)
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

/* The files that saved points are good for; the places are written to. What lies at an address, its brain knows itself
 * by (spot_brain_identify). Returns how many; 0 after saying why. */
enum { INPUTS_MAX = 3 };
static int find_inputs(const request *r, char paths[INPUTS_MAX][CLI_PATH_SIZE])
{
    char policy[CLI_PATH_SIZE];
    if (!cli_find(CLI_TASK, r->task_name, paths[0], CLI_PATH_SIZE)) {
        return 0;
    }
    if (spot_brain_is_address(r->policy_name)) {
        return 1;
    }
    return cli_find(CLI_POLICY, r->policy_name, policy, sizeof(policy)) &&
                   join(paths[1], policy, "config.json") &&
                   join(paths[2], policy, "model.safetensors")
               ? INPUTS_MAX
               : 0;
}

/* Everything is loaded: runs the points and writes what came out. */
static int tune(request *r, const spot_task *task, const spot_brain *brain,
                const spot_platform *platform)
{
    char paths[INPUTS_MAX][CLI_PATH_SIZE];
    const char *const inputs[INPUTS_MAX] = {paths[0], paths[1], paths[2]};
    char episodes_dir[CLI_PATH_SIZE];
    spot_tune_config *c = &r->config;
    spot_tune_result *result = NULL;
    spot_diag diag = {""};

    c->inputs = inputs;
    c->n_inputs = find_inputs(r, paths);
    if (c->n_inputs == 0 || !join(episodes_dir, r->dir, "episodes")) {
        return CLI_USAGE;
    }
    c->episodes_dir = episodes_dir;
    c->store = r->store;
    c->policy_name = r->policy_name;

    cli_progress progress = cli_progress_begin("tune", r->quiet);
    spot_status st =
        spot_tune(task, brain, platform, c, cli_progress_update, &progress, &result, &diag);
    cli_progress_end(&progress);
    if (st != SPOT_OK) {
        const bool bad_store = c->store != NULL && st == SPOT_E_FORMAT;
        int exit_code = bad_store ? cli_refuse("tune", st, &diag) : cli_fail("tune", st, &diag);
        if (st == SPOT_E_NOT_FOUND && platform != NULL) {
            cli_hint_bench(
                platform, c->charge_as != NULL ? c->charge_as : spot_task_describe(task)->charge_as,
                c->points[c->baseline].steps, r->policy_name);
        }
        return exit_code;
    }
    /* a confirmation that failed does not cost what was found before */
    const int confirmed = confirm(r, task, brain, platform, result);
    const int reported = report(r, result);
    spot_tune_result_destroy(result);
    return confirmed != CLI_OK ? confirmed : reported;
}

static bool make_points(request *r, const spot_task *task, const spot_brain *brain)
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
static bool measure(const request *r, const spot_task *task, const spot_brain *brain,
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

static int load_and_tune(request *r)
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
        bool made = false;
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
            const char *name =
                trace != NULL ? spot_latency_trace_name(trace) : spot_platform_name(platform);
            exit_code = make_output_folder(r, task, name, &made);
        }
        if (exit_code == CLI_OK) {
            exit_code = tune(r, task, &brain, platform);
        }
        if (exit_code != CLI_OK && made) {
            remove_output_folder(r);
        }
    }
    spot_brain_close(&brain);
    spot_platform_destroy(platform);
    spot_platform_destroy(alphas);
    spot_latency_trace_destroy(trace);
    spot_task_destroy(task);
    return exit_code;
}

static const char *const SUMMARY =
    "Runs a policy on a task at many operating points, all on the same seeds, with the latency of "
    "a\n"
    "platform spent in simulated time, and says which point does the task best: one row a point,\n"
    "intervals, paired tests against the best, a figure. The baseline, all refinement steps "
    "without\n"
    "overlap, is always among the points. A run that was stopped goes on where it was when it is\n"
    "started again; finished points are read back.";

static const char *const EXAMPLES =
    "  # how many refinement steps should the conveyor policy take on a 30 W Orin?\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --seeds 250\n\n"
    "  # steps and overlap together; each overlap with both ways of joining chunks\n"
    "  sweetspot tune --task ur5e-pick-place --platform rtx-4070 --steps 1,2,5 --overlap 0,2,4\n\n"
    "  # a faster belt, the policy charged as another class of model\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --speed 1.5 --charge-as pi05\n\n"
    "  # fewer bits, pruning and the read window of a policy with history: measured here, then "
    "charged\n"
    "  # here, or as what they save of a large model on another board\n"
    "  sweetspot bench --policy ur5e-wrist-pick --steps 10 --quant fp32,w8a8 --prune none,mlp:0.25 "
    "\\\n"
    "      --kv base,p1,p4 --out here.yaml --name here\n"
    "  sweetspot tune --task ur5e-wrist-pick --platform here.yaml --charge-as self --steps 10 \\\n"
    "      --quant fp32,w8a8 --prune none,mlp:0.25 --kv base,p1,p4\n"
    "  sweetspot tune --task ur5e-wrist-pick --platform agx-orin-50w --alpha-from here.yaml "
    "--steps "
    "10 \\\n"
    "      --quant fp32,w8a8 --kv base,p1,p4\n\n"
    "  # latencies as they were recorded: CSV with latency_ms, and perhaps point and first_ms\n"
    "  sweetspot tune --task ur5e-conveyor --latency-trace calls.csv --steps 1,5 --overlap 0,4\n\n"
    "  # a claimed winner runs again on fresh seeds, here on more of them\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --confirm 1000\n\n"
    "  # long episodes: a run that is killed goes on in the middle of a point\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --store conveyor.sqlite\n\n"
    "  # what fewer steps cost in motion: path, jerk, energy, with paired intervals\n"
    "  sweetspot tune --task ur5e-pick-place --platform agx-orin-50w --show metrics\n\n"
    "  # for a script: the best point\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --json | jq -r .verdict.best\n";

static void fill_config(request *r)
{
    spot_tune_config *c = &r->config;
    c->seed = r->seed;
    c->n_seeds = r->n_seeds;
    c->threads = cli_threads(r->threads);
    c->charge_as = r->charge_as;
    c->variation = (spot_variation){.speed = r->speed, .noise = r->noise};
    c->fresh = r->fresh;
    c->effect = 0.01 * r->effect;
}

static int check_and_tune(request *r)
{
    if (r->task_name == NULL ||
        (r->platform_name == NULL && r->trace_path == NULL && r->measure_path == NULL)) {
        return cli_misuse("tune",
                          "--%s: missing, expected --task and --platform, or --latency-trace or "
                          "--measure-latency in place of the platform",
                          r->task_name == NULL ? "task" : "platform");
    }
    if (!check_latency_options(r) || !read_choices(r)) {
        return CLI_USAGE;
    }
    if (r->store != NULL && cli_check_target("tune", "store", r->store) != CLI_OK) {
        return CLI_USAGE;
    }
    fill_config(r);
    return load_and_tune(r);
}

int spoti_cli_tune(int argc, char **argv)
{
    int exit_code = CLI_OK;
    request r = {.clock = "exact",
                 .schedule = "overlap",
                 .goal = "auto",
                 .show = "points",
                 .confirm = CONFIRM_DEFAULT,
                 .speed = 1.0,
                 .noise = 1.0,
                 .n_seeds = 100};
    r.lists.standard[spot_knob_find("steps")] = "1,2,3,5";
    r.lists.standard[spot_knob_find("align")] = "none,skip";
    spot_tune_config_default(&r.config);

    const cli_option first[] = {
        {"task", "TASK", CLI_TEXT, &r.task_name, "name or task.yaml (needed)"},
        {"platform", "PLATFORM", CLI_TEXT, &r.platform_name,
         "name or profile (needed, or --latency-trace)"},
        {"policy", "POLICY", CLI_TEXT, &r.policy_name,
         "name, folder, onnx:FOLDER, server (ws://HOST:PORT, remote:FILE.yaml) (the task's name)"},
    };
    const cli_option last[] = {
        {"seeds", "N", CLI_INTEGER, &r.n_seeds, "episodes a point; default 100"},
        {"seed", "S", CLI_SEED, &r.seed, "first seed; default 0"},
        {"confirm", "N", CLI_INTEGER, &r.confirm,
         "fresh seeds for a claimed winner; default: as many as --seeds, 0 = none"},
        {"effect", "X", CLI_REAL, &r.effect,
         "trials needed for X points of success or X % of time, not for what the seeds show"},
        {"speed", "X", CLI_REAL, &r.speed, "factor on the speed of what moves; default 1"},
        {"noise", "X", CLI_REAL, &r.noise, "factor on the sensor noise; default 1"},
        {"charge-as", "CLASS", CLI_TEXT, &r.charge_as,
         "class of deployed model whose latency is charged; default: the task's"},
        {"alpha-from", "PLATFORM", CLI_TEXT, &r.alpha_from,
         "profile by bench --out: what a point saved there, it saves on the platform"},
        {"latency-trace", "FILE", CLI_TEXT, &r.trace_path, CLI_TRACE_HELP},
        CLI_MEASURE(&r.measure_path),
        {"latency-draw", "WORD", CLI_TEXT, &r.draw, CLI_DRAW_HELP},
        {"clock", "CLOCK", CLI_TEXT, &r.clock,
         "exact (default) or paper: latencies in whole control steps"},
        {"schedule", "SCHEDULE", CLI_TEXT, &r.schedule,
         "overlap (default; overlap 0 is sync) or cadence: a fixed cycle"},
        {"goal", "GOAL", CLI_TEXT, &r.goal,
         "time, success, or auto: success if the task is dynamic, else time"},
        {"threads", "N", CLI_INTEGER, &r.threads, "default: all processors"},
        {"out", "DIR", CLI_TEXT, &r.out,
         "folder of the results; default runs/TASK-PLATFORM, with -POLICY if named otherwise"},
        {"store", "FILE", CLI_TEXT, &r.store,
         "keep the episodes in this SQLite file, one by one, instead of in DIR/episodes"},
        {"fresh", NULL, CLI_FLAG, &r.fresh, "run every point, also those that were kept"},
        {"show", "WHAT", CLI_TEXT, &r.show, CLI_SHOW_HELP},
        {"wide", NULL, CLI_FLAG, &r.wide, "every column, however wide the table"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of the table"},
        CLI_KERNELS(&r.config.kernels),
        {"quiet", NULL, CLI_FLAG, &r.quiet, "no progress bar"},
    };
    cli_option options[SPOT_KNOBS_MAX + (sizeof(first) + sizeof(last)) / sizeof(first[0])];
    size_t n_options = sizeof(first) / sizeof(first[0]);
    memcpy(options, first, sizeof(first));
    cli_list_options(&r.lists, false, options, &n_options);
    memcpy(&options[n_options], last, sizeof(last));
    n_options += sizeof(last) / sizeof(last[0]);
    const cli_page page = {.verb = "tune",
                           .summary = SUMMARY,
                           .usage = "--task TASK --platform PLATFORM [options]",
                           .options = options,
                           .n_options = n_options,
                           .notes = cli_point_keys(),
                           .examples = EXAMPLES};
    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    return check_and_tune(&r);
}
