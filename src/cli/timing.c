/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot timing`: from a latency and a control rate to delay, execution horizon, overlap and trigger. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { HORIZON_MAX = 4096 };

static const double RATE_MAX_HZ = 1e5;
static const double LATENCY_MAX_MS = 86400e3; /* as in a platform's profile: a day */

/* ---- input ---- */

static int check_options(const timing_request *r)
{
    const bool given = !isnan(r->latency_ms);
    const int sources = given + (r->platform_name != NULL) + (r->trace_path != NULL);
    if (sources != 1) {
        return cli_misuse("timing",
                          "--latency-ms, --latency-trace or --platform: expected one of the three");
    }
    if (given && !(r->latency_ms >= 0.0 && r->latency_ms <= LATENCY_MAX_MS)) {
        return cli_misuse("timing", "--latency-ms %.10g: expected 0 to 86400000 (a day)",
                          r->latency_ms);
    }
    if (!(r->rate_hz > 0.0 && r->rate_hz <= RATE_MAX_HZ)) {
        return cli_misuse("timing",
                          "--rate-hz %.10g: expected actions a second, above 0 and up to %g",
                          r->rate_hz, RATE_MAX_HZ);
    }
    if (r->horizon < 1 || r->horizon > HORIZON_MAX) {
        return cli_misuse("timing", "--horizon %d: expected actions in a chunk, 1..%d", r->horizon,
                          HORIZON_MAX);
    }
    if (r->execute < 0 || r->execute > r->horizon) {
        return cli_misuse("timing", "--execute %d: expected 1..%d, the actions of a chunk",
                          r->execute, r->horizon);
    }
    if (!(r->cover > 0.0 && r->cover <= 100.0)) {
        return cli_misuse("timing", "--cover %g: expected above 0 and up to 100", r->cover);
    }
    if ((r->platform_name != NULL) != (r->charge_as != NULL)) {
        return cli_misuse("timing", "--platform and --charge-as: expected both, or neither");
    }
    if (given && r->point_text[0] != '\0') {
        return cli_misuse("timing", "--point: expected with --platform or --latency-trace");
    }
    return CLI_OK;
}

static int latency_of_platform(timing_request *r)
{
    spot_diag diag = {""};
    int exit_code = CLI_OK;
    if (r->point.steps == 0) {
        return cli_misuse("timing",
                          "--point: expected with steps=N, for which the platform has a latency");
    }
    spot_platform *platform = cli_load_platform(r->platform_name, &exit_code);
    if (platform == NULL) {
        return exit_code;
    }
    const spot_status st =
        spot_platform_point_latency(platform, r->charge_as, &r->point, &r->latency, &diag);
    spot_platform_destroy(platform);
    return st == SPOT_OK ? CLI_OK : cli_fail("timing", st, &diag);
}

/* The latency from where it is to come. */
static int read_latency(timing_request *r)
{
    spot_diag diag = {""};
    int exit_code = CLI_OK;
    spot_point_default(&r->point);
    if (spot_point_parse(r->point_text, &r->point, &diag) != SPOT_OK) {
        return cli_misuse("timing", "--point: %s", diag.text);
    }
    if (!cli_load_trace("timing", r->trace_path, NULL, &r->trace, &exit_code)) {
        return exit_code;
    }
    if (r->trace != NULL) {
        const spot_status st = spot_latency_trace_point(r->trace, &r->point, 0, &r->latency, &diag);
        return st == SPOT_OK ? CLI_OK : cli_fail("timing", st, &diag);
    }
    if (r->platform_name != NULL) {
        return latency_of_platform(r);
    }
    r->latency = (spot_latency){.mean_s = 1e-3 * r->latency_ms, .origin = SPOT_ORIGIN_MODELLED};
    (void)snprintf(r->latency.source, sizeof(r->latency.source), "--latency-ms");
    return CLI_OK;
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The calls in rising order, and the least latency that --cover of them do not exceed. */
static int sort_samples(timing_request *r)
{
    r->n_samples = spot_latency_sample_count(&r->latency);
    r->samples_s = calloc((size_t)r->n_samples, sizeof(*r->samples_s));
    if (r->samples_s == NULL) {
        return cli_fail("timing", SPOT_E_NOMEM, NULL);
    }
    for (int i = 0; i < r->n_samples; i++) {
        r->samples_s[i] = spot_latency_sample(&r->latency, i).rest_s;
    }
    qsort(r->samples_s, (size_t)r->n_samples, sizeof(*r->samples_s), compare_times);
    const int rank = (int)ceil(0.01 * r->cover * r->n_samples - 1e-9);
    r->planned_s = r->samples_s[rank > 0 ? rank - 1 : 0];
    return CLI_OK;
}

/* ---- the plan ---- */

static timing_plan make_plan(const timing_request *r, spot_clock clock)
{
    const double act_s = 1.0 / r->rate_hz;
    timing_plan p = {.clock = clock};
    p.delay_steps = clock == SPOT_CLOCK_PAPER ? spot_tised_delay_steps(r->planned_s, act_s)
                                              : spot_tised_hidden_actions(r->planned_s, act_s);
    p.possible = spot_tised_execute_range(p.delay_steps, r->horizon, &p.least, &p.most);
    p.feasible = p.possible && (r->execute == 0 || (r->execute >= p.least && r->execute <= p.most));
    return p;
}

static int report(const timing_request *r)
{
    const timing_plan plans[TIMING_CLOCKS] = {make_plan(r, SPOT_CLOCK_EXACT),
                                              make_plan(r, SPOT_CLOCK_PAPER)};
    const int code = r->json ? cli_timing_json(r, plans) : cli_timing_text(r, plans);
    return code == CLI_OK && !plans[0].feasible ? CLI_FAILED : code;
}

static int run(timing_request *r)
{
    int code = check_options(r);
    code = code == CLI_OK ? read_latency(r) : code;
    code = code == CLI_OK ? sort_samples(r) : code;
    code = code == CLI_OK ? report(r) : code;
    free(r->samples_s);
    spot_latency_trace_destroy(r->trace);
    return code;
}

static const char *const NOTES = "Words: d is the delay, in control steps, between an observation "
                                 "and the first action that was\n"
                                 "computed from it; s the actions of a chunk that are executed "
                                 "(execute=); n' those of them that run\n"
                                 "while the next chunk is computed (overlap=). 1 <= s, d <= s <= H "
                                 "- d. wait: what the robot stands\n"
                                 "still for a chunk, age: that of the observation at a chunk's "
                                 "first action; means over the calls.\n"
                                 "Exit code 1: not feasible on the exact clock.\n";

static const char *const EXAMPLES =
    "  # 200 ms at 25 Hz, chunks of 8: what are d and s, and when does the next inference begin?\n"
    "  sweetspot timing --latency-ms 200 --rate-hz 25 --horizon 8\n"
    "  sweetspot timing --latency-ms 90 --rate-hz 25 --horizon 8 --execute 4\n"
    "  # latencies as they were recorded; d covers 99 % of the calls\n"
    "  sweetspot timing --latency-trace calls.csv --point steps=5 --cover 99 --rate-hz 50 \\\n"
    "      --horizon 50\n"
    "  sweetspot timing --platform agx-orin-30w --charge-as dp-vit-dit --point steps=5 \\\n"
    "      --rate-hz 10 --horizon 16\n";

int spoti_cli_timing(int argc, char **argv)
{
    int exit_code = CLI_OK;
    timing_request r = {.latency_ms = (double)NAN, .cover = 95.0, .point_text = ""};
    const cli_option options[] = {
        {"latency-ms", "X", CLI_REAL, &r.latency_ms, "latency of one inference"},
        {"latency-trace", "FILE", CLI_TEXT, &r.trace_path, "or recorded latencies (docs/clock.md)"},
        {"platform", "NAME", CLI_TEXT, &r.platform_name, "or those of a platform, of a class:"},
        {"charge-as", "CLASS", CLI_TEXT, &r.charge_as, "latency class of the platform"},
        {"point", "TEXT", CLI_TEXT, &r.point_text, "operating point there, e.g. steps=5"},
        {"rate-hz", "X", CLI_REAL, &r.rate_hz, "actions a second (needed)"},
        {"horizon", "H", CLI_INTEGER, &r.horizon, "actions in a chunk (needed)"},
        {"execute", "S", CLI_INTEGER, &r.execute,
         "actions to execute of a chunk; default: all that may be"},
        {"cover", "X", CLI_REAL, &r.cover, "% of the calls that d is to be enough for (95)"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of text"},
    };
    const cli_page page = {
        .verb = "timing",
        .summary =
            "From a latency and a control rate: the delay in control steps, how many actions of a\n"
            "chunk may be executed, and after which of them the next inference has to begin.",
        .usage = "--latency-ms X --rate-hz X --horizon H [options]",
        .options = options,
        .n_options = sizeof(options) / sizeof(options[0]),
        .notes = NOTES,
        .examples = EXAMPLES,
    };
    return cli_parse(&page, argc, argv, &exit_code) ? run(&r) : exit_code;
}
