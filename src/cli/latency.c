/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `--latency-trace`, `--latency-draw` and `--measure-latency`: recorded latencies in place of a platform's. */
#include <unistd.h>

#include "cli.h"

bool cli_load_trace(const char *verb, const char *path, const char *draw,
                    spot_latency_trace **trace, int *exit_code)
{
    static const char *const words[] = {"order", "seed"};
    spot_diag diag = {""};
    *trace = NULL;
    *exit_code = CLI_OK;
    if (path == NULL) {
        *exit_code = draw == NULL ? CLI_OK
                                  : cli_misuse(verb, "--latency-draw: expected with "
                                                     "--latency-trace, whose calls it draws");
        return draw == NULL;
    }
    const int order = draw != NULL ? cli_choose(verb, "latency-draw", draw, words, 2) : 0;
    if (order < 0) {
        *exit_code = CLI_USAGE;
        return false;
    }
    const spot_status st = spot_latency_trace_load(
        path, order == 0 ? SPOT_LATENCY_IN_ORDER : SPOT_LATENCY_BY_SEED, NULL, trace, &diag);
    *exit_code = st == SPOT_OK ? CLI_OK : cli_refuse(verb, st, &diag);
    return st == SPOT_OK;
}

bool cli_measure_trace(const cli_measuring *m, const spot_task *task, const spot_brain *brain,
                       const spot_latency_measure_config *config, spot_latency_trace **trace,
                       int *exit_code)
{
    spot_diag diag = {""};
    const char *draw = m->draw != NULL ? m->draw : "seed";
    if (access(m->path, F_OK) == 0) {
        *exit_code = cli_misuse(m->verb,
                                "--measure-latency %s: is there already, expected a new file, or "
                                "--latency-trace %s to charge what it holds",
                                m->path, m->path);
        return false;
    }
    *exit_code = cli_check_target(m->verb, "measure-latency", m->path);
    if (*exit_code != CLI_OK) {
        return false;
    }
    cli_progress progress = cli_progress_begin("calls", m->quiet);
    const spot_status st =
        spot_latency_measure(task, brain, config, m->path, cli_progress_update, &progress, &diag);

    cli_progress_end(&progress);
    *exit_code = st == SPOT_OK ? CLI_OK : cli_fail(m->verb, st, &diag);
    if (st != SPOT_OK) {
        return false;
    }
    spot_print(stderr,
               "sweetspot %s: measured here, not reproducible: %s\n"
               "the same results again: --latency-trace %s --latency-draw %s\n",
               m->verb, m->path, m->path, draw);
    return cli_load_trace(m->verb, m->path, draw, trace, exit_code);
}
