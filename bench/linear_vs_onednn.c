/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers alone against oneDNN (version 2), one thread, side by side in one run.
 *
 *     OMP_NUM_THREADS=1 linear_vs_onednn [--wall]
 *
 * For 1, 16, 64 and 256 tokens and each shape of a transformer of width 256: 24 layers after one
 * another, as many as there are in a policy, so that weights come from where a policy's come from.
 * Both sides take turns; the median of all passes is divided by 24. oneDNN packs its weights as it
 * likes beforehand. Its int8 gets tokens that are bytes already, with one scale for all; ours starts
 * from floats and quantises each token. Its bf16 gets bf16 tokens, ours rounds them. The clock is
 * processor time, or with --wall the time that passed. Results must agree, and no rate may be above the CPU's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <oneapi/dnnl/dnnl.h>

#include "clock.h"
#include "lab/bench/probe.h"
#include "possible.h"
#include "runtime/nn/arena.h"
#include "runtime/nn/linear.h"
#include "runtime/nn/quantise.h"

enum {
    LAYERS = 24,
    TURNS = 10,
    PASSES = 10,
    SAMPLES = TURNS * PASSES,
    LARGEST = 768,
    TOKENS = 256
};

/* Two sums of LARGEST products of numbers below 1 in different orders, in units of the sum. */
static const float TOLERANCE = 1e-4F;

typedef struct precision {
    const char *name;
    spoti_precision ours;
    dnnl_data_type_t theirs;
} precision;

static const precision PRECISION[] = {{"fp32", SPOTI_PRECISION_FP32, dnnl_f32},
                                      {"bf16", SPOTI_PRECISION_BF16, dnnl_bf16},
                                      {"int8", SPOTI_PRECISION_W8A8, dnnl_s8}};

/* oneDNN's product of (m x k) tokens and (k x n) weights. */
typedef struct peer {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t product;
    dnnl_memory_t x, y, weights[LAYERS];
} peer;

typedef struct job {
    bench_clock clock;
    double peak; /* multiplications and additions a second of this precision */
    size_t m, n, k;
    const precision *p;
    spoti_linear_kernels kernels;
    spoti_linear layers[LAYERS];
    spoti_arena arena;
    unsigned char *workspace;
    float *x, *y, *w; /* (m x k), (m x n), (n x k) */
    peer peer;
} job;

static double now_us(const job *j)
{
    return 1e6 * bench_now_s(j->clock);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* oneDNN's functions fail only if there is no memory or no implementation. */
static void need(dnnl_status_t status, const char *what)
{
    if (status != dnnl_success) {
        (void)fprintf(stderr, "linear_vs_onednn: %s: status %d\n", what, (int)status);
        exit(EXIT_FAILURE);
    }
}

/* Numbers as a precision stores them; integers as if the scale were 1 / 127. */
static void convert(const job *j, const float *x, size_t n, void *out)
{
    for (size_t i = 0; i < n; i++) {
        if (j->p->theirs == dnnl_f32) {
            ((float *)out)[i] = x[i];
        } else if (j->p->theirs == dnnl_bf16) {
            ((uint16_t *)out)[i] = spoti_bf16_of(x[i]);
        } else {
            ((int8_t *)out)[i] = (int8_t)lrintf(127.0F * x[i]);
        }
    }
}

static dnnl_memory_t memory_of(const job *j, const dnnl_memory_desc_t *desc, const float *from,
                               size_t n)
{
    dnnl_memory_t memory = NULL;
    void *data = NULL;

    need(dnnl_memory_create(&memory, desc, j->peer.engine, DNNL_MEMORY_ALLOCATE), "memory");
    if (from != NULL) {
        need(dnnl_memory_get_data_handle(memory, &data), "data");
        convert(j, from, n, data);
    }
    return memory;
}

/* Weights (n x k) as the product wants them. */
static dnnl_memory_t pack(job *j, const dnnl_memory_desc_t *wanted)
{
    const dnnl_dims_t dims = {(int64_t)j->k, (int64_t)j->n};
    dnnl_memory_desc_t plain;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t reorder = NULL;

    need(dnnl_memory_desc_init_by_tag(&plain, 2, dims, j->p->theirs, dnnl_ba), "weights");

    dnnl_memory_t from = memory_of(j, &plain, j->w, j->n * j->k);
    dnnl_memory_t to = memory_of(j, wanted, NULL, 0);

    need(dnnl_reorder_primitive_desc_create(&desc, &plain, j->peer.engine, wanted, j->peer.engine,
                                            NULL),
         "reorder");
    need(dnnl_primitive_create(&reorder, desc), "reorder");
    need(dnnl_primitive_execute(reorder, j->peer.stream, 2,
                                (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}),
         "reorder");
    need(dnnl_stream_wait(j->peer.stream), "reorder");
    (void)dnnl_primitive_destroy(reorder);
    (void)dnnl_primitive_desc_destroy(desc);
    (void)dnnl_memory_destroy(from);
    return to;
}

static void peer_create(job *j)
{
    peer *p = &j->peer;
    const dnnl_dims_t x_dims = {(int64_t)j->m, (int64_t)j->k};
    const dnnl_dims_t w_dims = {(int64_t)j->k, (int64_t)j->n};
    const dnnl_dims_t y_dims = {(int64_t)j->m, (int64_t)j->n};
    dnnl_memory_desc_t x;
    dnnl_memory_desc_t w;
    dnnl_memory_desc_t y;
    dnnl_matmul_desc_t matmul;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t desc = NULL;
    float scales[LARGEST];

    need(dnnl_engine_create(&p->engine, dnnl_cpu, 0), "engine");
    need(dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags), "stream");
    need(dnnl_memory_desc_init_by_tag(&x, 2, x_dims, j->p->theirs, dnnl_ab), "tokens");
    need(dnnl_memory_desc_init_by_tag(&w, 2, w_dims, j->p->theirs, dnnl_format_tag_any), "weights");
    need(dnnl_memory_desc_init_by_tag(&y, 2, y_dims, dnnl_f32, dnnl_ab), "outputs");
    need(dnnl_matmul_desc_init(&matmul, &x, &w, NULL, &y), "matmul");
    need(dnnl_primitive_attr_create(&attr), "attributes");
    if (j->p->theirs == dnnl_s8) { /* one scale per output channel */
        for (size_t i = 0; i < j->n; i++) {
            scales[i] = 1.0F / (127.0F * 127.0F);
        }
        need(dnnl_primitive_attr_set_output_scales(attr, (int64_t)j->n, 1 << 1, scales), "scales");
    }
    need(dnnl_primitive_desc_create(&desc, &matmul, attr, p->engine, NULL), j->p->name);
    need(dnnl_primitive_create(&p->product, desc), "matmul");
    p->x = memory_of(j, &x, j->x, j->m * j->k);
    p->y = memory_of(j, &y, NULL, 0);
    for (int i = 0; i < LAYERS; i++) {
        p->weights[i] = pack(j, dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0));
    }
    (void)dnnl_primitive_desc_destroy(desc);
    (void)dnnl_primitive_attr_destroy(attr);
}

static void peer_destroy(peer *p)
{
    for (int i = 0; i < LAYERS; i++) {
        (void)dnnl_memory_destroy(p->weights[i]);
    }
    (void)dnnl_memory_destroy(p->y);
    (void)dnnl_memory_destroy(p->x);
    (void)dnnl_primitive_destroy(p->product);
    (void)dnnl_stream_destroy(p->stream);
    (void)dnnl_engine_destroy(p->engine);
}

static void peer_pass(const job *j)
{
    for (int i = 0; i < LAYERS; i++) {
        (void)dnnl_primitive_execute(j->peer.product, j->peer.stream, 3,
                                     (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, j->peer.x},
                                                         {DNNL_ARG_WEIGHTS, j->peer.weights[i]},
                                                         {DNNL_ARG_DST, j->peer.y}});
        (void)dnnl_stream_wait(j->peer.stream);
    }
}

static void our_pass(const job *j)
{
    for (int i = 0; i < LAYERS; i++) {
        const spoti_rows_input input = {.m = j->m, .x = j->x, .ldx = j->k};
        const spoti_linear_output output = {.c = j->y, .ldc = j->n};
        spoti_rows rows;

        spoti_rows_make(&j->kernels, &j->layers[i], &input, j->workspace, &rows);
        spoti_linear_apply(&j->kernels, &j->layers[i], &rows, &output);
    }
}

static bool ours_create(job *j)
{
    const spoti_linear_config config = {.precision = j->p->ours, .n = j->n, .k = j->k};

    for (int i = 0; i < LAYERS; i++) {
        if (spoti_linear_init(&j->layers[i], &config, NULL) != SPOT_OK) {
            return false;
        }
    }
    for (int turn = 0; turn < 2; turn++) { /* measure, then assign */
        for (int i = 0; i < LAYERS; i++) {
            spoti_linear_place(&j->layers[i], &j->arena);
        }
        if (turn == 0 && !spoti_arena_alloc(&j->arena, NULL)) {
            return false;
        }
    }
    for (int i = 0; i < LAYERS; i++) {
        if (spoti_linear_fill(&j->layers[i], "w", j->w, j->k, NULL, NULL) != SPOT_OK) {
            return false;
        }
    }
    j->workspace = aligned_alloc(64, spoti_rows_bytes(&j->layers[0], j->m, false) / 64 * 64 + 64);
    return j->workspace != NULL;
}

/* Whether both computed the same. */
static bool agree(const job *j)
{
    const float *theirs = NULL;
    float worst = 0.0F;
    void *data = NULL;

    our_pass(j);
    peer_pass(j);
    need(dnnl_memory_get_data_handle(j->peer.y, &data), "data");
    theirs = data;
    for (size_t i = 0; i < j->m * j->n; i++) {
        worst = fmaxf(worst, fabsf(j->y[i] - theirs[i]));
    }
    /* products are of numbers in -1 .. 1; 8 bits keep 1/254 of each, bf16 2^-8 */
    const float limit = j->p->theirs == dnnl_f32 ? TOLERANCE : 0.04F;

    return worst <= limit * sqrtf((float)j->k);
}

/* False where that is not possible; oneDNN's bf16 has instructions that the probe does not know. */
static bool measure(const job *j)
{
    double ours[SAMPLES];
    double theirs[SAMPLES];

    for (int turn = 0; turn < TURNS; turn++) {
        our_pass(j);
        for (int i = 0; i < PASSES; i++) {
            const double start = now_us(j);

            our_pass(j);
            ours[turn * PASSES + i] = (now_us(j) - start) / LAYERS;
        }
        peer_pass(j);
        for (int i = 0; i < PASSES; i++) {
            const double start = now_us(j);

            peer_pass(j);
            theirs[turn * PASSES + i] = (now_us(j) - start) / LAYERS;
        }
    }
    qsort(ours, SAMPLES, sizeof *ours, compare);
    qsort(theirs, SAMPLES, sizeof *theirs, compare);

    const double op = 2e-3 * (double)(j->m * j->n * j->k);
    const double a = ours[SAMPLES / 2];
    const double b = theirs[SAMPLES / 2];

    printf("%4zu %4zu x %3zu  %s %9.2f us %6.0f Gop/s  oneDNN %9.2f us %6.0f Gop/s %6.2fx\n", j->m,
           j->n, j->k, j->p->name, a, op / a, b, op / b, b / a);
    (void)fflush(stdout);
    return bench_check_rate("ours", 1e9 * op / a, j->peak, "Gop/s") &&
           (j->p->theirs == dnnl_bf16 ||
            bench_check_rate("oneDNN's", 1e9 * op / b, j->peak, "Gop/s"));
}

static bool run(job *j)
{
    bool ok = ours_create(j);

    if (ok) {
        peer_create(j);
        ok = agree(j);
        if (ok) {
            ok = measure(j);
        } else {
            (void)fprintf(stderr, "linear_vs_onednn: %s: results differ\n", j->p->name);
        }
        peer_destroy(&j->peer);
    }
    free(j->workspace);
    spoti_arena_free(&j->arena, NULL);
    return ok;
}

int main(int argc, char **argv)
{
    static const size_t tokens[] = {1, 16, 64, TOKENS};
    static const size_t shapes[][2] = {{256, 256}, {LARGEST, 256}, {256, LARGEST}};
    static float x[TOKENS * LARGEST];
    static float y[TOKENS * LARGEST];
    static float w[256 * LARGEST];
    const dnnl_version_t *version = dnnl_version();
    const bench_clock clock = bench_clock_option(&argc, argv);
    spoti_probe_peaks peaks;
    bool ok = argc == 1;

    if (!ok) {
        (void)fprintf(stderr, "use: linear_vs_onednn [--wall]\n");
    }
    spoti_probe_arithmetic(&peaks);
    const double peak[] = {peaks.fp32_macs_s, peaks.bf16_macs_s, peaks.int8_macs_s};
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        x[i] = sinf((float)i);
    }
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++) {
        w[i] = cosf(1.7F * (float)i);
    }
    printf("tokens, n x k; oneDNN %d.%d.%d; one thread; last column: oneDNN's time / ours\n",
           version->major, version->minor, version->patch);
    for (size_t p = 0; p < sizeof PRECISION / sizeof PRECISION[0]; p++) {
        for (size_t i = 0; i < 12 && ok; i++) {
            job j = {.clock = clock,
                     .peak = 2.0 * peak[p],
                     .m = tokens[i / 3],
                     .n = shapes[i % 3][0],
                     .k = shapes[i % 3][1],
                     .p = &PRECISION[p],
                     .x = x,
                     .y = y,
                     .w = w};

            ok = spoti_linear_kernels_find(NULL, &j.kernels) && run(&j);
        }
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
