/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Measuring operating points in turns, and how near they come to the machine's roof. */
#include "spot/bench.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/text.h"
#include "core/stats/outlier.h"
#include "lab/bench/load.h"
#include "lab/bench/probe.h"
#include "lab/bench/runner.h"
#include "lab/bench/times.h"

enum { FIRST_WARM_UP = 20, ROUNDS_MAX = 1000, WARM_UP_MAX = 1000 };

typedef struct bench {
    const spot_bench_config *config;
    spoti_runner *runners; /* (n_points) */
    double *seconds;       /* (n_points x rounds x calls) */
    spoti_timed *baseline; /* (n_timed) sorted */
    spoti_timed *sorted;   /* (n_timed or the calls of a load) of one point */
    double *loaded;        /* (threads x load_calls), also the bootstrap's workspace */
    double *work;          /* (n_timed) */
    size_t n_points, n_timed, n_sorted, n_loaded;
} bench;

void spot_bench_config_default(spot_bench_config *config)
{
    if (config != NULL) {
        *config = (spot_bench_config){.size = sizeof(*config),
                                      .rounds = 25,
                                      .calls = 20,
                                      .warm_up = 3,
                                      .threads = 1,
                                      .load_calls = 100,
                                      .probe = true};
    }
}

static spot_status check_number(const char *name, int value, int min, int max, spot_diag *diag)
{
    return value >= min && value <= max
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_RANGE, "%s: %d, expected %d..%d", name, value, min,
                               max);
}

static spot_status check(const spot_bench_config *c, spot_diag *diag)
{
    const struct {
        const char *name;
        int value, min, max;
    } numbers[] = {
        {"points", c->n_points, 1, SPOT_BENCH_POINTS_MAX},
        {"baseline", c->baseline, 0, c->n_points - 1},
        {"rounds", c->rounds, SPOT_BENCH_ROUNDS_MIN, ROUNDS_MAX},
        {"calls a round", c->calls, 1, SPOT_BENCH_CALLS_MAX / (c->rounds > 0 ? c->rounds : 1)},
        {"warm-up calls", c->warm_up, 0, WARM_UP_MAX},
        {"threads", c->threads, 1, SPOT_BENCH_THREADS_MAX},
        {"calls under load", c->load_calls, 1,
         SPOT_BENCH_CALLS_MAX / (c->threads > 0 ? c->threads : 1)}};
    spot_status st = SPOT_OK;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == SPOT_OK; i++) {
        st = check_number(numbers[i].name, numbers[i].value, numbers[i].min, numbers[i].max, diag);
    }
    for (int i = 0; i < c->n_points && st == SPOT_OK; i++) {
        st = check_number("steps of a point", c->points[i].steps, 1, SPOT_POLICY_STEPS_MAX, diag);
    }
    return st;
}

static spot_status set_up(bench *b, const spot_policy *policy, const spot_bench_config *config,
                          spot_diag *diag)
{
    const spot_allocator *a = config->allocator;
    const size_t n_load = (size_t)config->threads * (size_t)config->load_calls;
    const size_t n_work = spot_stats_bootstrap_work_size(SPOTI_TIMES_RESAMPLES, config->rounds);
    spot_status st = SPOT_OK;

    *b = (bench){.config = config, .n_points = (size_t)config->n_points};
    b->n_timed = (size_t)config->rounds * (size_t)config->calls;
    b->n_sorted = b->n_timed > n_load ? b->n_timed : n_load;
    b->n_loaded = n_load > n_work ? n_load : n_work;
    b->runners = spoti_calloc(a, b->n_points, sizeof *b->runners);
    b->seconds = spoti_calloc(a, b->n_points, b->n_timed * sizeof *b->seconds);
    b->baseline = spoti_calloc(a, b->n_timed, sizeof *b->baseline);
    b->sorted = spoti_calloc(a, b->n_sorted, sizeof *b->sorted);
    b->loaded = spoti_calloc(a, b->n_loaded, sizeof *b->loaded);
    b->work = spoti_calloc(a, b->n_timed, sizeof *b->work);
    if (b->runners == NULL || b->seconds == NULL || b->baseline == NULL || b->sorted == NULL ||
        b->loaded == NULL || b->work == NULL) {
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; i < b->n_points && st == SPOT_OK; i++) {
        st = spoti_runner_init(&b->runners[i], policy, config, &config->points[i], diag);
    }
    return st;
}

static void tear_down(bench *b)
{
    const spot_allocator *a = b->config->allocator;

    for (size_t i = 0; i < b->n_points && b->runners != NULL; i++) {
        spoti_runner_fini(&b->runners[i]);
    }
    spoti_free(a, b->runners, b->n_points * sizeof *b->runners);
    spoti_free(a, b->seconds, b->n_points * b->n_timed * sizeof *b->seconds);
    spoti_free(a, b->baseline, b->n_timed * sizeof *b->baseline);
    spoti_free(a, b->sorted, b->n_sorted * sizeof *b->sorted);
    spoti_free(a, b->loaded, b->n_loaded * sizeof *b->loaded);
    spoti_free(a, b->work, b->n_timed * sizeof *b->work);
}

/* All points take turns. */
static spot_status take_turns(bench *b)
{
    const spot_bench_config *c = b->config;
    spot_status st = SPOT_OK;

    for (int round = 0; round < c->rounds; round++) {
        for (size_t i = 0; i < b->n_points; i++) {
            double *seconds =
                b->seconds + (i * (size_t)c->rounds + (size_t)round) * (size_t)c->calls;
            const int warm_up = round > 0 ? c->warm_up : c->warm_up + FIRST_WARM_UP;

            st = spoti_runner_warm_up(&b->runners[i], warm_up);
            if (st == SPOT_OK) {
                st = spoti_runner_time(&b->runners[i], c, c->calls, seconds);
            }
            if (st != SPOT_OK) {
                return st;
            }
            if (c->progress != NULL &&
                !c->progress(c->progress_ctx, round * (int64_t)b->n_points + (int64_t)i + 1,
                             c->rounds * (int64_t)b->n_points)) {
                return SPOT_E_STATE;
            }
        }
    }
    return SPOT_OK;
}

/* Mean and spread of a row without its outliers, where there are such; the median is the mean then. seconds: (n) as they were
 * timed. */
static void leave_outliers(const double *seconds, int n, double *work, spot_bench_row *row)
{
    spoti_outliers o;

    spoti_outliers_find(seconds, n, work, &o);
    row->n_outliers = o.n_far;
    if (o.n_far > 0) {
        row->largest_s = o.largest;
        row->alone.mean_s = row->alone.median_s;
        row->alone.sd_s = o.sd_of_rest;
    }
}

/* Latency and alpha of all points. */
static spot_status judge_times(bench *b, spot_bench_row *rows, spot_diag *diag)
{
    const spot_bench_config *c = b->config;

    spoti_times_sort(b->seconds + (size_t)c->baseline * b->n_timed, c->rounds, c->calls,
                     b->baseline);
    for (size_t i = 0; i < b->n_points; i++) {
        spoti_times_sort(b->seconds + i * b->n_timed, c->rounds, c->calls, b->sorted);
        rows[i].alone = spoti_times_describe(b->sorted, (int)b->n_timed);
        leave_outliers(b->seconds + i * b->n_timed, (int)b->n_timed, b->work, &rows[i]);
        rows[i].processor_frac = b->runners[i].processor_s / b->runners[i].taken_s;

        const spot_status st = spoti_times_alpha(b->sorted, b->baseline, c->rounds, c->calls,
                                                 b->loaded, &rows[i].alpha, &rows[i].alpha_ci);

        if (st != SPOT_OK || !(rows[i].alone.median_s > 0.0)) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "the clock stood still during an inference, expected a finer one");
        }
    }
    return SPOT_OK;
}

static spot_status measure_load(bench *b, const spot_policy *policy, spot_bench_row *rows,
                                spot_diag *diag)
{
    const spot_bench_config *c = b->config;

    for (size_t i = 0; i < b->n_points && c->threads > 1; i++) {
        const spot_status st =
            spoti_load_run(policy, c, &c->points[i], b->loaded, &rows[i].loaded_chunks_s, diag);

        if (st != SPOT_OK) {
            return st;
        }
        spoti_times_sort(b->loaded, c->threads, c->load_calls, b->sorted);
        rows[i].loaded = spoti_times_describe(b->sorted, c->threads * c->load_calls);
    }
    return SPOT_OK;
}

/* What the sessions' layers ask for, and what was attained of it. */
static spot_status count(const bench *b, spot_bench_row *rows)
{
    for (size_t i = 0; i < b->n_points; i++) {
        spot_bench_row *row = &rows[i];
        const spot_status st = spot_session_cost(b->runners[i].session, &row->cost);

        if (st != SPOT_OK) {
            return st;
        }
        row->macs = row->cost.macs_fp32 + row->cost.macs_bf16 + row->cost.macs_int8;
        row->read_bytes = row->cost.weight_read_bytes + row->cost.kv_read_bytes;
        row->intensity = row->macs / row->read_bytes;
        row->macs_s = row->macs / row->alone.median_s;
    }
    return SPOT_OK;
}

static void find_roof(const spot_bench_machine *machine, spot_bench_row *row)
{
    const spot_inference_cost *cost = &row->cost;
    const double computing_s = cost->macs_fp32 / machine->fp32_macs_s +
                               cost->macs_bf16 / machine->bf16_macs_s +
                               cost->macs_int8 / machine->int8_macs_s;

    row->peak_macs_s = row->macs / computing_s;
    row->roof_macs_s = fmin(row->peak_macs_s, row->intensity * row->bandwidth);
    row->roof_frac = row->macs_s / row->roof_macs_s;
    row->bound = row->peak_macs_s <= row->intensity * row->bandwidth ? SPOT_BENCH_ARITHMETIC
                                                                     : SPOT_BENCH_READING;
}

/* Measures the machine's peaks and holds each point against them. */
static spot_status probe(const bench *b, spot_bench_row *rows, spot_bench_machine *machine)
{
    const spot_allocator *a = b->config->allocator;
    spoti_probe_peaks peaks;

    spoti_probe_arithmetic(&peaks);
    machine->fp32_macs_s = peaks.fp32_macs_s;
    machine->bf16_macs_s = peaks.bf16_macs_s;
    machine->int8_macs_s = peaks.int8_macs_s;
    (void)spoti_copy(machine->probe, sizeof machine->probe, peaks.name);
    if (!(peaks.fp32_macs_s > 0.0)) {
        return SPOT_OK;
    }
    for (size_t i = 0; i < b->n_points; i++) {
        const size_t bytes = (size_t)rows[i].cost.weight_bytes + SPOTI_PROBE_PAGE;

        /* As many bytes, as fast: points that differ in steps alone read the same weights. */
        for (size_t k = 0; k < i && !(rows[i].bandwidth > 0.0); k++) {
            const bool alike = rows[k].cost.weight_bytes == rows[i].cost.weight_bytes;

            rows[i].bandwidth = alike ? rows[k].bandwidth : 0.0;
        }
        if (!(rows[i].bandwidth > 0.0)) {
            unsigned char *data = spoti_alloc(a, bytes, 1);

            if (data == NULL) {
                return SPOT_E_NOMEM;
            }
            memset(data, 1, bytes); /* pages of their own, not the one of zeros */
            rows[i].bandwidth = spoti_probe_read(data, bytes);
            spoti_free(a, data, bytes);
        }
        find_roof(machine, &rows[i]);
    }
    return SPOT_OK;
}

static spot_status measure(bench *b, const spot_policy *policy, spot_bench_row *rows,
                           spot_bench_machine *machine, spot_diag *diag)
{
    spot_status st = take_turns(b);

    if (st == SPOT_OK) {
        st = judge_times(b, rows, diag);
    }
    if (st == SPOT_OK) {
        st = measure_load(b, policy, rows, diag);
    }
    if (st == SPOT_OK) {
        st = count(b, rows);
    }
    if (st == SPOT_OK && b->config->probe) {
        st = probe(b, rows, machine);
    }
    return st;
}

spot_status spot_bench_run(const spot_policy *policy, const spot_bench_config *config,
                           spot_bench_row *rows, spot_bench_machine *machine, spot_diag *diag)
{
    spot_bench_machine found = {.probe = "none"};
    spot_status st = SPOT_OK;
    bench b;

    if (policy == NULL || SPOTI_CONFIG_CHECK(spot_bench_config, config, diag) != SPOT_OK ||
        config->points == NULL || rows == NULL) {
        return SPOT_E_INVALID;
    }
    st = check(config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    for (int i = 0; i < config->n_points; i++) {
        rows[i] = (spot_bench_row){.point = config->points[i]};
    }
    st = set_up(&b, policy, config, diag);
    if (st == SPOT_OK) {
        (void)spoti_copy(found.kernels, sizeof found.kernels,
                         spot_session_kernels(b.runners[0].session));
        st = measure(&b, policy, rows, &found, diag);
    }
    tear_down(&b);
    if (st == SPOT_OK && machine != NULL) {
        *machine = found;
    }
    return st;
}
