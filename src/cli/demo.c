/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot demo`: demonstrations of the scripted expert. */
#include <stdio.h>

#include "cli.h"

static int report(const spot_demo_config *config, const char *task, const char *out,
                  const spot_demo_result *r, bool json)
{
    if (json) {
        return cli_print_json(
            json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:o, s:I, s:I, s:[f,f], s:b}", "task", task,
                      "file", out, "episodes_tried", r->tried, "episodes_written", r->succeeded,
                      "episodes_found", r->found, "episodes_invalid", r->invalid, "fault",
                      r->invalid > 0 ? json_string(r->fault) : json_null(), "rows",
                      (json_int_t)r->rows, "seed", (json_int_t)config->seed, "speed",
                      config->speed_low, config->speed_high, "images", (int)config->images));
    }
    spot_print(stdout,
               "%s: %d demonstrations, %lld rows (the expert succeeded in %d of %d episodes)\n",
               out, r->succeeded, (long long)r->rows, r->succeeded, r->tried);
    if (r->found > 0) {
        spot_print(stdout, "%d of them were kept by a run that was stopped\n", r->found);
    }
    if (r->invalid > 0) {
        spot_print(stdout, "invalid: %d episodes, left out; the first: %s\n", r->invalid, r->fault);
    }
    return CLI_OK;
}

int spoti_cli_demo(int argc, char **argv)
{
    spot_demo_config config;
    const char *task_name = NULL;
    const char *out = NULL;
    cli_reals speed = {.values = {1.0}, .count = 1};
    int threads = CLI_THREADS_DEFAULT;
    bool clean = false;
    bool json = false;
    bool quiet = false;
    int exit_code = CLI_OK;

    spot_demo_config_default(&config);
    const cli_option options[] = {
        {"task", "NAME", CLI_TEXT, &task_name, "task, by name or task file (required)"},
        {"out", "FILE", CLI_TEXT, &out, "HDF5 file to write (required)"},
        {"episodes", "N", CLI_INTEGER, &config.episodes, "demonstrations to write (1000)"},
        {"speed", "LOW,HIGH", CLI_REALS, &speed, "factor on what moves, drawn an episode (1)"},
        {"seed", "S", CLI_SEED, &config.seed, "first demonstration seed (0)"},
        {"clean", NULL, CLI_FLAG, &clean, "no pushes, freezes, moved objects or missed grasps"},
        {"images", NULL, CLI_FLAG, &config.images,
         "what the task's cameras see, too: obs/NAME_image"},
        {"threads", "N", CLI_INTEGER, &threads, "threads (all processors)"},
        {"json", NULL, CLI_FLAG, &json, "JSON summary"},
        {"quiet", NULL, CLI_FLAG, &quiet, "no progress"},
    };
    const cli_page page = {
        .verb = "demo",
        .summary =
            "Records demonstrations of a task's scripted expert in the robomimic / LIBERO HDF5\n"
            "layout. The expert is multimodal and is disturbed on purpose, so that a policy "
            "learns\n"
            "to recover. Demonstration seeds never overlap with the seeds of rollout and tune.\n"
            "Until the file is whole, FILE.parts keeps what is recorded: after Ctrl-C or a full\n"
            "disk the same command goes on with it.",
        .usage = "--task NAME --out FILE [options]",
        .options = options,
        .n_options = sizeof(options) / sizeof(options[0]),
        .examples = "  sweetspot demo --task ur5e-pick-place --episodes 2000 --out demos.hdf5\n"
                    "  sweetspot demo --task ur5e-conveyor --speed 0.7,2.3 --out demos.hdf5\n",
    };

    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (task_name == NULL || out == NULL) {
        return cli_misuse("demo", "--%s: missing, expected --task and --out",
                          task_name == NULL ? "task" : "out");
    }
    if (!cli_check_threads("demo", threads)) {
        return CLI_USAGE;
    }
    config.speed_low = speed.values[0];
    config.speed_high = speed.values[speed.count - 1];
    config.threads = cli_threads(threads);
    config.disturb = !clean;
    exit_code = cli_check_target("demo", "out", out);
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    spot_task *task = cli_load_task(task_name, &exit_code);
    if (task == NULL) {
        return exit_code;
    }
    char parts[CLI_PATH_SIZE];
    spot_diag diag = {""};
    spot_demo_result result = {0};
    (void)snprintf(parts, sizeof(parts), "%s.parts", out);
    cli_progress progress = cli_progress_begin("demonstrations", quiet);
    cli_stop_watch();
    spot_status st =
        spot_demo_record(task, &config, out, cli_progress_update, &progress, &result, &diag);
    cli_progress_end(&progress);
    cli_stop_unwatch();
    exit_code = st == SPOT_OK
                    ? report(&config, spot_task_describe(task)->name, out, &result, json)
                    : cli_end("demo", &progress, result.succeeded > 0 ? parts : NULL, st, &diag);
    spot_task_destroy(task);
    return exit_code;
}
