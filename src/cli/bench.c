/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot bench`: a policy's latency on this machine, against its roof, as a platform profile. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

enum { CALLS_MIN = 20, CALLS_MAX = 100000, LOAD_CALLS_MAX = 100, ROUNDS_MAX = 1000 };

/* The processor's name as Linux gives it, else the machine type. */
static void describe_machine(char *text, size_t size)
{
    char line[256];
    struct utsname name;
    FILE *file = fopen("/proc/cpuinfo", "r");

    (void)snprintf(text, size, "%s", uname(&name) == 0 ? name.machine : "unknown processor");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL && colon[1] == ' ') {
            (void)snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

/* Time for which this thread has had a processor. A spot_bench_config.now_s. */
static double processor_now_s(void *ctx)
{
    struct timespec t = {0};
    (void)ctx;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Says so on stderr if other programs had the processor for a while. */
static void warn_of_others(const bench_result *result)
{
    const double enough = 0.97; /* a timer interrupt takes less than that away */
    double least = 1.0;
    for (int i = 0; i < result->config.n_points; i++) {
        const double share = result->rows[i].processor_frac;
        least = share < least ? share : least;
    }
    if (least < enough) {
        spot_print(
            stderr,
            "warning: at some point the bench had the processor for %.0f %% of the time "
            "only; other programs\ninterrupt long calls rather than short ones, so "
            "latencies and alpha are off: repeat on an idle machine or with --clock processor\n",
            1e2 * least);
    }
}

/* The table or JSON on stdout. */
static int print(const bench_request *r, const spot_bench_report *report)
{
    if (r->json) {
        return cli_printed_json(spot_report_bench_json(report, stdout));
    }
    (void)spot_report_bench_table(report, r->wide,
                                  stdout); /* whether it arrived is seen at the end, in main */
    return CLI_OK;
}

static int write_profile(const bench_request *r, const spot_bench_report *report)
{
    char day[16] = "unknown day";
    time_t now = time(NULL);
    struct tm parts;
    spot_diag diag = {""};

    if (gmtime_r(&now, &parts) != NULL) {
        (void)strftime(day, sizeof(day), "%Y-%m-%d", &parts);
    }
    spot_status st = spot_report_bench_profile(report, r->name, day, r->out, &diag);
    if (st != SPOT_OK) {
        return cli_fail("bench", st, &diag);
    }
    spot_print(stderr, "wrote %s; use it with --platform %s --charge-as self\n", r->out, r->out);
    return CLI_OK;
}

/* The file first: nothing that befalls stdout may cost it; the table in any case. */
static int report(const bench_request *r, const bench_result *result)
{
    const spot_bench_report report = {.policy = r->policy_name,
                                      .processor = result->processor,
                                      .processor_clock = r->processor_clock,
                                      .config = &result->config,
                                      .rows = result->rows,
                                      .machine = &result->machine};
    const int written = r->out != NULL ? write_profile(r, &report) : CLI_OK;
    if (!r->processor_clock) {
        warn_of_others(result);
    }
    const int printed = print(r, &report);
    return written != CLI_OK ? written : printed;
}

static int run(const bench_request *r, const spot_policy *policy, bench_result *result)
{
    spot_bench_config *config = &result->config;
    spot_diag diag = {""};

    spot_bench_config_default(config);
    config->kernels = r->kernels;
    if (!bench_make_points(r, spot_policy_describe(policy)->default_steps, result)) {
        return CLI_USAGE;
    }
    spot_brain brain;
    (void)spot_brain_of_policy(policy, &brain);
    int exit_code =
        cli_check_points("bench", &brain, config->kernels, result->points, config->n_points);
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    config->rounds = r->rounds < r->calls ? r->rounds : r->calls;
    config->calls = (r->calls + config->rounds - 1) / config->rounds;
    config->threads = r->threads;
    config->now_s = r->processor_clock ? processor_now_s : NULL;
    config->load_calls = r->calls < LOAD_CALLS_MAX ? r->calls : LOAD_CALLS_MAX;
    cli_progress progress = cli_progress_begin("bench", false);
    config->progress = cli_progress_update;
    config->progress_ctx = &progress;
    spot_status st = spot_bench_run(policy, config, result->rows, &result->machine, &diag);
    cli_progress_end(&progress);
    if (st != SPOT_OK) {
        return cli_fail("bench", st, &diag);
    }
    describe_machine(result->processor, sizeof(result->processor));
    return report(r, result);
}

static bool read_clock(bench_request *r)
{
    static const char *const words[] = {"wall", "processor"};
    int choice = cli_choose("bench", "clock", r->clock_text, words, 2);
    r->processor_clock = choice == 1;
    if (r->processor_clock && r->threads_text == NULL) {
        r->threads_text = "1";
    }
    if (r->processor_clock && strcmp(r->threads_text, "1") != 0) {
        (void)cli_misuse("bench",
                         "--threads '%.40s' with --clock processor, expected 1: what "
                         "threads give together takes wall time",
                         r->threads_text);
        return false;
    }
    return choice >= 0;
}

/* `all`, or a number. */
static bool read_threads(bench_request *r)
{
    if (r->threads_text == NULL) {
        r->threads_text = "all";
    }
    char *end = NULL;
    long n = strtol(r->threads_text, &end, 10);

    if (strcmp(r->threads_text, "all") == 0) {
        r->threads = cli_threads(CLI_THREADS_DEFAULT);
        return true;
    }
    if (end == r->threads_text || *end != '\0' || n < 1 || n > SPOT_BENCH_THREADS_MAX) {
        (void)cli_misuse("bench", "--threads: '%.40s', expected all or a number from 1 to %d",
                         r->threads_text, SPOT_BENCH_THREADS_MAX);
        return false;
    }
    r->threads = (int)n;
    return true;
}

static bool check(bench_request *r)
{
    if (r->policy_name == NULL) {
        (void)cli_misuse("bench", "--policy: missing, expected a policy's name or folder");
        return false;
    }
    if (r->calls < CALLS_MIN || r->calls > CALLS_MAX) {
        (void)cli_misuse("bench", "--calls %d: expected %d to %d", r->calls, CALLS_MIN, CALLS_MAX);
        return false;
    }
    if (r->rounds < SPOT_BENCH_ROUNDS_MIN || r->rounds > ROUNDS_MAX) {
        (void)cli_misuse("bench", "--rounds %d: expected %d to %d", r->rounds,
                         SPOT_BENCH_ROUNDS_MIN, ROUNDS_MAX);
        return false;
    }
    return read_clock(r) && read_threads(r);
}

/* What would stop the profile from being written, before the work. */
static int check_profile(const bench_request *r)
{
    char shown[SPOT_PLATFORM_NAME_SIZE];
    if (r->name[0] == '\0' || !spot_show(shown, sizeof(shown), r->name) ||
        strcmp(shown, r->name) != 0 || strpbrk(r->name, "/@") != NULL) {
        return cli_misuse("bench", "--name: '%.80s', expected 1 to %d bytes of text, no / and no @",
                          r->name, SPOT_PLATFORM_NAME_SIZE - 1);
    }
    return r->out != NULL ? cli_check_target("bench", "out", r->out) : CLI_OK;
}

/* Points are checked before anything is loaded; what steps=all is, is not known yet, but no other number. */
static bool check_points(const bench_request *r, bench_result *result)
{
    return bench_make_points(r, SPOT_POLICY_STEPS_MAX + 1, result);
}

int spoti_cli_bench(int argc, char **argv)
{
    bench_result result;
    bench_request r = {.name = "this-machine", .clock_text = "wall", .calls = 500, .rounds = 25};
    int exit_code = CLI_OK;
    r.lists.standard[spot_knob_find("steps")] = "1,2,3,5,10";
    const cli_option first[] = {
        {"policy", "NAME", CLI_TEXT, &r.policy_name, "policy to measure (required)"},
    };
    const cli_option last[] = {
        {"points", "LIST", CLI_TEXT, &r.points,
         "instead of every combination of these lists: points separated by ;"},
        {"threads", "N|all", CLI_TEXT, &r.threads_text,
         "also so many sessions at once; 1 = no (all)"},
        {"clock", "WORD", CLI_TEXT, &r.clock_text, "wall; or processor, for busy machines (wall)"},
        {"calls", "N", CLI_INTEGER, &r.calls, "timed calls a point (500)"},
        {"rounds", "N", CLI_INTEGER, &r.rounds, "in so many turns of all points (25)"},
        {"out", "FILE", CLI_TEXT, &r.out, "write the profile here, e.g. platforms/here.yaml"},
        {"name", "NAME", CLI_TEXT, &r.name, "name of the profile (this-machine)"},
        CLI_KERNELS(&r.kernels),
        {"wide", NULL, CLI_FLAG, &r.wide, "every column, however wide the table"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of text"},
    };
    cli_option options[SPOT_KNOBS_MAX + (sizeof(first) + sizeof(last)) / sizeof(first[0])];
    size_t n_options = sizeof(first) / sizeof(first[0]);
    memcpy(options, first, sizeof(first));
    cli_list_options(&r.lists, true, options, &n_options);
    memcpy(&options[n_options], last, sizeof(last));
    n_options += sizeof(last) / sizeof(last[0]);
    const cli_page page = {
        .verb = "bench",
        .summary =
            "Measures the latency of a policy on this machine, batch 1 and one thread, how near\n"
            "it comes to what the machine can do, and what all threads give together; writes\n"
            "it as a platform profile with the latency class `self`. Points take turns, so a\n"
            "machine that drifts hits all alike. With --clock processor times count only while "
            "the\n"
            "thread had a processor, which other programs do not lengthen.",
        .usage = "--policy NAME [options]",
        .options = options,
        .n_options = n_options,
        .notes = cli_point_keys(),
        .examples =
            "  sweetspot bench --policy ur5e-conveyor\n"
            "  sweetspot bench --policy ur5e-conveyor --out platforms/here.yaml --name here\n"
            "  sweetspot tune --task ur5e-conveyor --platform here --charge-as self\n"
            "  sweetspot bench --policy ur5e-pick-place-dit --quant fp32,w8a8,w4a4 --steps 5,10\n"
            "  sweetspot bench --policy ur5e-pick-place-dit --threads 1 \\\n"
            "      --points \"steps=10; steps=10 prune=mlp:0.25; steps=5 quant=w8a8\"\n"
            "  sweetspot bench --policy ur5e-wrist-pick --kv base,p1,p2,p3,p4 --steps 10\n"
            "  # of every figure: median, alpha with its interval, share of the roof\n"
            "  sweetspot bench --policy ur5e-conveyor --json \\\n"
            "      | jq '.rows[] | [.point, .median_s, .alpha, .alpha_95, .roof.share]'\n",
    };

    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (!check(&r) || !check_points(&r, &result)) {
        return CLI_USAGE;
    }
    exit_code = check_profile(&r);
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    spot_policy *policy = cli_load_policy(r.policy_name, &exit_code);
    if (policy == NULL) {
        return exit_code;
    }
    exit_code = run(&r, policy, &result);
    spot_policy_destroy(policy);
    return exit_code;
}
