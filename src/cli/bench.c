/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot bench`: a policy's latency on this machine, as a platform profile. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cli.h"

enum { WARM_UP = 20, CALLS_MIN = 20, CALLS_MAX = 100000, ROWS_MAX = 256 };

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean, spread and 95th percentile of `n` sorted times. */
static spot_platform_row describe_times(const spot_platform_row *at, const double *sorted, int n)
{
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < n; i++) {
        sum += sorted[i];
    }
    double mean = sum / n;
    for (int i = 0; i < n; i++) {
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    }
    return (spot_platform_row){.variant = at->variant,
                               .steps = at->steps,
                               .mean_s = mean,
                               .p95_s = sorted[(int)floor(0.95 * (n - 1))],
                               .spread_s = n > 1 ? sqrt(squares / (n - 1)) : 0.0};
}

/* Times single calls at the row's steps and precision: batch 1, one thread, after a warm-up. */
static spot_status time_row(const spot_policy *policy, int calls, double *times,
                            const char **kernels, spot_platform_row *row, spot_diag *diag)
{
    const spot_policy_info *info = spot_policy_describe(policy);
    size_t chunk_size = (size_t)info->horizon * (size_t)info->action_dim;
    spot_session_config config;
    spot_session *session = NULL;
    spot_rng rng = spot_rng_at(0, SPOT_STREAM_POLICY, 0);
    float *obs = calloc((size_t)info->obs_dim, sizeof(float));
    float *noise = calloc(chunk_size, sizeof(float));
    float *chunk = calloc(chunk_size, sizeof(float));

    spot_session_config_default(&config);
    config.steps = row->steps;
    config.quant = row->variant[0] != '\0' ? row->variant : NULL;
    config.diag = diag;
    spot_status st = obs != NULL && noise != NULL && chunk != NULL
                         ? spot_session_create(policy, &config, &session)
                         : SPOT_E_NOMEM;
    for (int i = -WARM_UP; i < calls && st == SPOT_OK; i++) {
        spot_rng_fill_normal(&rng, noise, (int)chunk_size);
        double start = now_s();
        st = spot_session_infer(session, 1, obs, noise, chunk);
        if (i >= 0) {
            times[i] = now_s() - start;
        }
    }
    if (st == SPOT_OK) {
        qsort(times, (size_t)calls, sizeof(*times), compare_doubles);
        *row = describe_times(row, times, calls);
        *kernels = strcmp(spot_session_kernels(session), "reference") == 0 ? "reference"
                   : strcmp(spot_session_kernels(session), "avx2") == 0    ? "avx2"
                                                                           : "avx512";
    }
    spot_session_destroy(session);
    free(obs);
    free(noise);
    free(chunk);
    return st;
}

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

typedef struct request {
    const char *policy_name;
    const char *out;
    const char *name;
    cli_integers steps;
    const char *quants_text;
    spot_point quants[CLI_LIST_MAX];
    int n_rows;
    int calls;
    bool json;
} request;

static const char *shown_quant(const spot_platform_row *row)
{
    return row->variant[0] != '\0' ? row->variant : "fp32";
}

static int print_rows(const request *r, const spot_platform_row *rows, const char *machine,
                      const char *kernels)
{
    if (r->json) {
        json_t *list = json_array();
        for (int i = 0; i < r->n_rows; i++) {
            (void)json_array_append_new(
                list, json_pack("{s:s, s:i, s:f, s:f, s:f}", "quant", shown_quant(&rows[i]),
                                "steps", rows[i].steps, "mean_s", rows[i].mean_s, "p95_s",
                                rows[i].p95_s, "spread_s", rows[i].spread_s));
        }
        return cli_print_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "policy", r->policy_name,
                                        "machine", machine, "kernels", kernels, "origin",
                                        "measured", "calls", r->calls, "rows", list));
    }
    (void)printf("%s on %s, %s kernels, one thread, batch 1, %d calls a row (measured)\n",
                 r->policy_name, machine, kernels, r->calls);
    (void)printf("%-12s %6s %10s %10s %10s %8s\n", "quant", "steps", "mean ms", "p95 ms", "sd ms",
                 "alpha");
    double baseline_s = rows[r->steps.count - 1].mean_s; /* most steps of the first precision */
    for (int i = 0; i < r->n_rows; i++) {
        (void)printf("%-12s %6d %10.3f %10.3f %10.3f %8.3f\n", shown_quant(&rows[i]), rows[i].steps,
                     1e3 * rows[i].mean_s, 1e3 * rows[i].p95_s, 1e3 * rows[i].spread_s,
                     rows[i].mean_s / baseline_s);
    }
    return CLI_OK;
}

static int write_profile(const request *r, const spot_platform_row *rows, const char *machine,
                         const char *kernels)
{
    char source[SPOT_PLATFORM_SOURCE_SIZE];
    char day[16] = "unknown day";
    time_t now = time(NULL);
    struct tm parts;
    spot_diag diag = {""};

    if (gmtime_r(&now, &parts) != NULL) {
        (void)strftime(day, sizeof(day), "%Y-%m-%d", &parts);
    }
    (void)snprintf(source, sizeof(source),
                   "sweetspot bench, policy %.64s, %s kernels, one thread, %d calls, %s",
                   r->policy_name, kernels, r->calls, day);
    const spot_platform_self self = {.name = r->name,
                                     .description = machine,
                                     .source = source,
                                     .rows = rows,
                                     .n_rows = r->n_rows};
    spot_status st = spot_platform_write_self(r->out, &self, &diag);
    if (st != SPOT_OK) {
        return cli_fail("bench", st, &diag);
    }
    (void)fprintf(stderr, "wrote %s; use it with --platform %s --charge-as self\n", r->out, r->out);
    return CLI_OK;
}

static int run(const request *r, const spot_policy *policy)
{
    spot_platform_row rows[ROWS_MAX];
    char machine[128];
    const char *kernels = "";
    spot_diag diag = {""};
    double *times = calloc((size_t)r->calls, sizeof(*times));
    spot_status st = times != NULL ? SPOT_OK : SPOT_E_NOMEM;

    for (int i = 0; i < r->n_rows && st == SPOT_OK; i++) {
        rows[i] = (spot_platform_row){.variant = r->quants[i / r->steps.count].quant,
                                      .steps = r->steps.values[i % r->steps.count]};
        st = time_row(policy, r->calls, times, &kernels, &rows[i], &diag);
    }
    free(times);
    if (st != SPOT_OK) {
        return cli_fail("bench", st, &diag);
    }
    describe_machine(machine, sizeof(machine));
    int exit_code = print_rows(r, rows, machine, kernels);
    if (exit_code == CLI_OK && r->out != NULL) {
        exit_code = write_profile(r, rows, machine, kernels);
    }
    return exit_code;
}

static bool check(request *r, int *exit_code)
{
    *exit_code = CLI_USAGE;
    if (r->policy_name == NULL) {
        (void)cli_misuse("bench", "--policy: missing, expected a policy's name or folder");
        return false;
    }
    if (r->calls < CALLS_MIN || r->calls > CALLS_MAX) {
        (void)cli_misuse("bench", "--calls %d: expected %d to %d", r->calls, CALLS_MIN, CALLS_MAX);
        return false;
    }
    for (int i = 0; i < r->steps.count; i++) {
        int steps = r->steps.values[i];
        if (steps < 1 || steps > SPOT_POLICY_STEPS_MAX ||
            (i > 0 && steps <= r->steps.values[i - 1])) {
            (void)cli_misuse("bench", "--steps: %d, expected rising numbers from 1 to %d", steps,
                             SPOT_POLICY_STEPS_MAX);
            return false;
        }
    }
    r->n_rows = r->steps.count * cli_read_settings("bench", "quant", r->quants_text, r->quants);
    if (r->n_rows == 0) {
        return false;
    }
    if (r->n_rows > ROWS_MAX) {
        (void)cli_misuse("bench", "%d rows: expected at most %d", r->n_rows, ROWS_MAX);
        return false;
    }
    *exit_code = CLI_OK;
    return true;
}

int spoti_cli_bench(int argc, char **argv)
{
    request r = {.name = "this-machine",
                 .steps = {.values = {1, 2, 3, 5, 10}, .count = 5},
                 .quants_text = "fp32",
                 .calls = 500};
    int exit_code = CLI_OK;
    const cli_option options[] = {
        {"policy", "NAME", CLI_TEXT, &r.policy_name, "policy to measure (required)"},
        {"steps", "LIST", CLI_INTEGERS, &r.steps, "refinement steps (1,2,3,5,10)"},
        {"quant", "LIST", CLI_TEXT, &r.quants_text, "precisions, e.g. fp32,w8a8,w4a4,w4-t3 (fp32)"},
        {"calls", "N", CLI_INTEGER, &r.calls, "timed calls a row, after 20 to warm up (500)"},
        {"out", "FILE", CLI_TEXT, &r.out, "write the profile here, e.g. platforms/here.yaml"},
        {"name", "NAME", CLI_TEXT, &r.name, "name of the profile (this-machine)"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of text"},
    };
    const cli_page page = {
        .verb = "bench",
        .summary = "Measures the latency of a policy on this machine, batch 1 and one thread, and\n"
                   "writes it as a platform profile with the latency class `self`.",
        .usage = "--policy NAME [options]",
        .options = options,
        .n_options = sizeof(options) / sizeof(options[0]),
        .examples =
            "  sweetspot bench --policy ur5e-conveyor\n"
            "  sweetspot bench --policy ur5e-conveyor --out platforms/here.yaml --name here\n"
            "  sweetspot tune --task ur5e-conveyor --platform here --charge-as self\n"
            "  sweetspot bench --policy ur5e-pick-place-dit --quant fp32,w8a8,w4a4 --steps 5,10\n",
    };

    if (!cli_parse(&page, argc, argv, &exit_code) || !check(&r, &exit_code)) {
        return exit_code;
    }
    spot_policy *policy = cli_load_policy(r.policy_name, &exit_code);
    if (policy == NULL) {
        return exit_code;
    }
    exit_code = run(&r, policy);
    spot_policy_destroy(policy);
    return exit_code;
}
