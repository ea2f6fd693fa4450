/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers of a transformer policy in every precision, one thread, side by side in one run.
 *
 *     kernels [--wall] [TOKENS] [KERNELS]        16 tokens and the best kernels of this CPU unless told
 *
 * The layers are those of a diffusion transformer of 6.3 million weights: 6 blocks of width 256 with
 * sa.q/k/v/out, ca.q/k/v/out (each 256 x 256), mlp.l1 (1024 x 256, GELU) and mlp.l2 (256 x 1024,
 * residual). A pass runs through all of them, quantisation of the tokens included, so that weights
 * come from wherever so many bytes stay between passes; that is what a policy does, step after step.
 * Precisions take turns: in each turn some passes warm up and some are measured.
 *
 * Per shape and precision: median microseconds of a layer (of all layers: the sum of their medians, so
 * that a pass may be interrupted now and then), GB/s of weights, Gop/s (a multiplication
 * and an addition are two), how many times as fast as fp32, and the share of the roof: the time that
 * reading the weights at the probe's speed and computing at the probe's speed must take, the larger
 * of both, over the time measured. Times are processor time without what reading the clock takes. More products a
 * second than the probe's are refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "lab/bench/probe.h"
#include "possible.h"
#include "runtime/nn/arena.h"
#include "runtime/nn/linear.h"

enum {
    WIDTH = 256,
    HIDDEN = 1024,
    BLOCKS = 6,
    LAYERS_A_BLOCK = 10,
    LAYERS = BLOCKS * LAYERS_A_BLOCK,
    VARIANTS = 6,
    TURNS = 20,
    WARM_UP = 3,
    MEASURED = 10,
    SAMPLES = TURNS * MEASURED,
    SHAPES = 3,
    MAX_TOKENS = 4096,
};

static const struct variant {
    const char *name;
    spoti_precision precision;
    size_t group;
} VARIANT[VARIANTS] = {
    {"fp32", SPOTI_PRECISION_FP32, 0},      {"bf16", SPOTI_PRECISION_BF16, 0},
    {"w8a8", SPOTI_PRECISION_W8A8, 0},      {"w4a4 g32", SPOTI_PRECISION_W4A4, 32},
    {"w4a4 g64", SPOTI_PRECISION_W4A4, 64}, {"w4a4 g128", SPOTI_PRECISION_W4A4, 128},
};

/* Shapes as printed: n x k. */
static const struct shape {
    const char *name;
    size_t n, k;
    spoti_epilogue epilogue;
} SHAPE[SHAPES] = {
    {"attention", WIDTH, WIDTH, SPOTI_EPILOGUE_STORE},
    {"mlp.l1", HIDDEN, WIDTH, SPOTI_EPILOGUE_GELU},
    {"mlp.l2", WIDTH, HIDDEN, SPOTI_EPILOGUE_RESIDUAL},
};

/* Layers of a block: shape, and whether the tokens are new (q, k and v share theirs). */
static const struct site {
    int shape;
    bool fresh;
} SITE[LAYERS_A_BLOCK] = {{0, true}, {0, false}, {0, false}, {0, true}, {0, true},
                          {0, true}, {0, false}, {0, true},  {1, true}, {2, true}};

typedef struct net {
    spoti_linear layers[LAYERS];
    spoti_arena arena;
    size_t bytes;               /* of weights */
    double us[LAYERS][SAMPLES]; /* of each layer in each measured pass */
} net;

typedef struct bench {
    bench_clock clock;
    double clock_s; /* what reading it takes */
    spoti_linear_kernels kernels;
    size_t m;
    float *x, *y, *gate; /* (m x HIDDEN) */
    unsigned char *workspace;
    net nets[VARIANTS];
} bench;

static float draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)((double)*state / 2147483648.0 - 1.0);
}

static void place(net *n)
{
    for (int i = 0; i < LAYERS; i++) {
        spoti_linear_place(&n->layers[i], &n->arena);
    }
}

static bool make_net(net *n, const struct variant *v, const float *w)
{
    for (int i = 0; i < LAYERS; i++) {
        const struct shape *shape = &SHAPE[SITE[i % LAYERS_A_BLOCK].shape];
        const spoti_linear_config config = {v->precision, shape->n, shape->k, v->group, true};

        if (spoti_linear_init(&n->layers[i], &config, NULL) != SPOT_OK) {
            return false;
        }
    }
    place(n);
    if (!spoti_arena_alloc(&n->arena, NULL)) {
        return false;
    }
    place(n);
    for (int i = 0; i < LAYERS; i++) {
        spoti_linear *layer = &n->layers[i];

        if (spoti_linear_fill(layer, "layer", w, layer->k, w, NULL) != SPOT_OK) {
            return false;
        }
        n->bytes += spoti_linear_bytes(layer);
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Runs through all layers; the times go to `sample`, or nowhere if it is negative. */
static void pass(const bench *b, net *n, int sample)
{
    double last = bench_now_s(b->clock);
    spoti_rows rows;

    for (int i = 0; i < LAYERS; i++) {
        const struct site *site = &SITE[i % LAYERS_A_BLOCK];
        const spoti_linear *layer = &n->layers[i];

        if (site->fresh) {
            spoti_rows_make(&b->kernels, layer,
                            &(spoti_rows_input){.m = b->m, .x = b->x, .ldx = layer->k},
                            b->workspace, &rows);
        }
        spoti_linear_apply(&b->kernels, layer, &rows,
                           &(spoti_linear_output){.epilogue = SHAPE[site->shape].epilogue,
                                                  .gate = b->gate,
                                                  .c = b->y,
                                                  .ldc = layer->n});

        const double now = bench_now_s(b->clock);

        if (sample >= 0) {
            n->us[i][sample] = (now - last - b->clock_s) * 1e6;
        }
        last = now;
    }
}

static void measure(bench *b)
{
    for (int turn = 0; turn < TURNS; turn++) {
        for (int v = 0; v < VARIANTS; v++) {
            for (int i = -WARM_UP; i < MEASURED; i++) {
                pass(b, &b->nets[v], i < 0 ? -1 : turn * MEASURED + i);
            }
        }
    }
}

/* What a line of the table is about: one layer of a shape, or a whole pass (shape SHAPES). */
typedef struct work {
    double us, weights, bytes;
} work;

/* Sorts the times of all layers. */
static void sort_times(net *n)
{
    for (int i = 0; i < LAYERS; i++) {
        qsort(n->us[i], SAMPLES, sizeof n->us[i][0], compare);
    }
}

static work work_of(const net *n, int shape)
{
    work w = {0};
    int n_layer = 0;

    for (int i = 0; i < LAYERS; i++) {
        if (shape == SHAPES || SITE[i % LAYERS_A_BLOCK].shape == shape) {
            n_layer++;
            w.us += n->us[i][SAMPLES / 2];
            w.weights += (double)(n->layers[i].n * n->layers[i].k);
            w.bytes += (double)spoti_linear_bytes(&n->layers[i]);
        }
    }
    if (shape < SHAPES) {
        w.us /= n_layer;
        w.weights /= n_layer;
        w.bytes /= n_layer;
    }
    return w;
}

/* Multiply-adds a second of the instructions that a precision's kernels use. */
static double peak_of(spoti_precision precision, const spoti_probe_peaks *peaks)
{
    switch (precision) {
    case SPOTI_PRECISION_FP32:
        return peaks->fp32_macs_s;
    case SPOTI_PRECISION_BF16:
        return peaks->bf16_macs_s;
    case SPOTI_PRECISION_W8A8:
        return peaks->exact_macs_s;
    default:
        return peaks->int8_macs_s;
    }
}

/* read: bytes a second that the probe reads from as many bytes as this precision has. */
static bool print_line(const bench *b, int v, const work *w, double us_fp32,
                       const spoti_probe_peaks *peaks, double read)
{
    const double ops = 2.0 * w->weights * (double)b->m;
    const double peak = 2.0 * peak_of(VARIANT[v].precision, peaks);
    const double reading = read > 0.0 ? w->bytes / read : 0.0;
    const double computing = peak > 0.0 ? ops / peak : 0.0;
    const double roof = reading > computing ? reading : computing;

    printf("%-10s %9.2f us %7.1f GB/s %8.1f Gop/s %6.2fx %5.0f %% of the roof (%s)\n",
           VARIANT[v].name, w->us, w->bytes / w->us * 1e-3, ops / w->us * 1e-3, us_fp32 / w->us,
           100.0 * roof * 1e6 / w->us, reading > computing ? "reading" : "arithmetic");
    return bench_check_rate(VARIANT[v].name, ops / w->us * 1e6, peak, "Gop/s");
}

/* False where something is impossible. */
static bool report(bench *b, const spoti_probe_peaks *peaks)
{
    bool ok = true;
    double read[VARIANTS];

    printf("probe: fp32 %.0f, bf16 %.0f, int8 %.0f, of full bytes %.0f Gop/s\n",
           2e-9 * peaks->fp32_macs_s, 2e-9 * peaks->bf16_macs_s, 2e-9 * peaks->int8_macs_s,
           2e-9 * peaks->exact_macs_s);
    for (int v = 0; v < VARIANTS; v++) {
        sort_times(&b->nets[v]);
        read[v] = spoti_probe_read(b->nets[v].arena.base, b->nets[v].bytes);
        printf("probe: %s, %.1f MB read again and again at %.1f GB/s\n", VARIANT[v].name,
               (double)b->nets[v].bytes * 1e-6, read[v] * 1e-9);
    }
    for (int s = 0; s <= SHAPES; s++) {
        double us_fp32 = 0.0;

        if (s < SHAPES) {
            printf("\n%s, %zu x %zu, a layer\n", SHAPE[s].name, SHAPE[s].n, SHAPE[s].k);
        } else {
            printf("\nall %d layers, a pass\n", LAYERS);
        }
        for (int v = 0; v < VARIANTS; v++) {
            const work w = work_of(&b->nets[v], s);

            us_fp32 = v == 0 ? w.us : us_fp32;
            ok = print_line(b, v, &w, us_fp32, peaks, read[v]) && ok;
        }
    }
    return ok;
}

static bool prepare(bench *b)
{
    static float w[WIDTH * HIDDEN];
    unsigned seed = 1;
    size_t bytes = 0;

    b->x = calloc(b->m * HIDDEN, sizeof *b->x);
    b->y = calloc(b->m * HIDDEN, sizeof *b->y);
    b->gate = calloc(HIDDEN, sizeof *b->gate); /* zero: the residual must not grow */
    if (b->x == NULL || b->y == NULL || b->gate == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++) {
        w[i] = draw(&seed);
    }
    for (size_t i = 0; i < b->m * HIDDEN; i++) {
        b->x[i] = draw(&seed);
    }
    for (int v = 0; v < VARIANTS; v++) {
        if (!make_net(&b->nets[v], &VARIANT[v], w)) {
            return false;
        }
        for (int i = 0; i < LAYERS; i++) {
            const size_t need = spoti_rows_bytes(&b->nets[v].layers[i], b->m, false);

            bytes = need > bytes ? need : bytes;
        }
    }
    b->workspace = aligned_alloc(64, bytes / 64 * 64 + 64);
    return b->workspace != NULL;
}

static void discard(bench *b)
{
    for (int v = 0; v < VARIANTS; v++) {
        spoti_arena_free(&b->nets[v].arena, NULL);
    }
    free(b->x);
    free(b->y);
    free(b->gate);
    free(b->workspace);
}

int main(int argc, char **argv)
{
    static bench b; /* large */
    spoti_probe_peaks peaks;

    b.clock = bench_clock_option(&argc, argv);
    b.clock_s = bench_clock_cost_s(b.clock);
    b.m = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 16;
    if (b.m < 1 || b.m > MAX_TOKENS) {
        (void)fprintf(stderr, "kernels: expected 1 to %d tokens\n", MAX_TOKENS);
        return EXIT_FAILURE;
    }
    if (!spoti_linear_kernels_find(argc > 2 ? argv[2] : NULL, &b.kernels) || !prepare(&b)) {
        (void)fprintf(stderr, "kernels: no such kernels on this CPU, or no memory\n");
        discard(&b);
        return EXIT_FAILURE;
    }
    printf("%zu tokens, kernels %s (fp32 %s), one thread\n", b.m, b.kernels.name,
           b.kernels.fp32->name);
    spoti_probe_arithmetic(&peaks);
    measure(&b);
    const bool ok = report(&b, &peaks);
    discard(&b);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
