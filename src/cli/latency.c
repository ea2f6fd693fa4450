/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `--latency-trace` and `--latency-draw`: recorded latencies in place of a platform's. */
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
    *exit_code = st == SPOT_OK ? CLI_OK : cli_fail(verb, st, &diag);
    return st == SPOT_OK;
}
