/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The options of `sweetspot tune`. */
#include <stdio.h>
#include <string.h>

#include "tune.h"

enum { CONFIRM_DEFAULT = -2000000000 /* which no option can say */ };

/* The options that stand for a choice or have a range. */
static bool read_choices(tune_request *r)
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
    if (r->out != NULL && r->out[0] == '\0') {
        (void)cli_misuse("tune", "--out: empty, expected the name of a folder");
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
static bool check_latency_options(const tune_request *r)
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

static const char *const SUMMARY =
    "Runs a policy on a task at many operating points, all on the same seeds, with the latency of "
    "a\n"
    "platform spent in simulated time, and says which point does the task best: one row a point,\n"
    "intervals, paired tests against the best, a figure. The baseline, all refinement steps "
    "without\n"
    "overlap, is always among the points.\n\n"
    "Episodes are kept as they finish: the same command again goes on where a run was stopped or\n"
    "killed, more --seeds or points add to what is there, fewer read a part. A folder is of one\n"
    "setting, said in its run.json: another one is refused in a folder named by --out, and goes "
    "to\n"
    "one whose name says what differs without. Ctrl-C and SIGTERM end a run in order.";

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
    "  # first a look, then more seeds: the first 50 are not run again\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --seeds 50\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --seeds 250\n\n"
    "  # several settings in one SQLite file\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --store conveyor.sqlite\n\n"
    "  # what fewer steps cost in motion: path, jerk, energy, with paired intervals\n"
    "  sweetspot tune --task ur5e-pick-place --platform agx-orin-50w --show metrics\n\n"
    "  # for a script: the best point\n"
    "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w --json | jq -r .verdict.best\n";

static void fill_config(tune_request *r)
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

static int check(tune_request *r)
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
    return CLI_OK;
}

bool cli_tune_read(tune_request *r, int argc, char **argv, int *exit_code)
{
    *r = (tune_request){.clock = "exact",
                        .schedule = "overlap",
                        .goal = "auto",
                        .show = "points",
                        .confirm = CONFIRM_DEFAULT,
                        .speed = 1.0,
                        .noise = 1.0,
                        .n_seeds = 100};
    r->lists.standard[spot_knob_find("steps")] = "1,2,3,5";
    r->lists.standard[spot_knob_find("align")] = "none,skip";
    spot_tune_config_default(&r->config);

    const cli_option first[] = {
        {"task", "TASK", CLI_TEXT, &r->task_name, "name or task.yaml (needed)"},
        {"platform", "PLATFORM", CLI_TEXT, &r->platform_name,
         "name or profile (needed, or --latency-trace)"},
        {"policy", "POLICY", CLI_TEXT, &r->policy_name,
         "name, folder, onnx:FOLDER, server (ws://HOST:PORT, remote:FILE.yaml) (the task's name)"},
    };
    const cli_option last[] = {
        {"seeds", "N", CLI_INTEGER, &r->n_seeds, "episodes a point; default 100"},
        {"seed", "S", CLI_SEED, &r->seed, "first seed; default 0"},
        {"confirm", "N", CLI_INTEGER, &r->confirm,
         "fresh seeds for a claimed winner; default: as many as --seeds, 0 = none"},
        {"effect", "X", CLI_REAL, &r->effect,
         "trials needed for X points of success or X % of time, not for what the seeds show"},
        {"speed", "X", CLI_REAL, &r->speed, "factor on the speed of what moves; default 1"},
        {"noise", "X", CLI_REAL, &r->noise, "factor on the sensor noise; default 1"},
        {"charge-as", "CLASS", CLI_TEXT, &r->charge_as,
         "class of deployed model whose latency is charged; default: the task's"},
        {"alpha-from", "PLATFORM", CLI_TEXT, &r->alpha_from,
         "profile by bench --out: what a point saved there, it saves on the platform"},
        {"latency-trace", "FILE", CLI_TEXT, &r->trace_path, CLI_TRACE_HELP},
        CLI_MEASURE(&r->measure_path),
        {"latency-draw", "WORD", CLI_TEXT, &r->draw, CLI_DRAW_HELP},
        {"clock", "CLOCK", CLI_TEXT, &r->clock,
         "exact (default) or paper: latencies in whole control steps"},
        {"schedule", "SCHEDULE", CLI_TEXT, &r->schedule,
         "overlap (default; overlap 0 is sync) or cadence: a fixed cycle"},
        {"goal", "GOAL", CLI_TEXT, &r->goal,
         "time, success, or auto: success if the task is dynamic, else time"},
        {"threads", "N", CLI_INTEGER, &r->threads, "default: all processors"},
        {"out", "DIR", CLI_TEXT, &r->out,
         "folder of the results; default runs/TASK[-POLICY]-PLATFORM and what is not as usual"},
        {"store", "FILE", CLI_TEXT, &r->store,
         "keep the episodes in this SQLite file instead of in DIR/episodes"},
        {"fresh", NULL, CLI_FLAG, &r->fresh, "run every point, also those that were kept"},
        {"show", "WHAT", CLI_TEXT, &r->show, CLI_SHOW_HELP},
        {"wide", NULL, CLI_FLAG, &r->wide, "every column, however wide the table"},
        {"json", NULL, CLI_FLAG, &r->json, "JSON instead of the table"},
        CLI_KERNELS(&r->config.kernels),
        {"quiet", NULL, CLI_FLAG, &r->quiet, "no progress"},
    };
    cli_option options[SPOT_KNOBS_MAX + (sizeof(first) + sizeof(last)) / sizeof(first[0])];
    size_t n_options = sizeof(first) / sizeof(first[0]);
    memcpy(options, first, sizeof(first));
    cli_list_options(&r->lists, false, options, &n_options);
    memcpy(&options[n_options], last, sizeof(last));
    n_options += sizeof(last) / sizeof(last[0]);
    const cli_page page = {.verb = "tune",
                           .summary = SUMMARY,
                           .usage = "--task TASK --platform PLATFORM [options]",
                           .options = options,
                           .n_options = n_options,
                           .notes = cli_point_keys(),
                           .examples = EXAMPLES};
    if (!cli_parse(&page, argc, argv, exit_code)) {
        return false;
    }
    *exit_code = check(r);
    return *exit_code == CLI_OK;
}
