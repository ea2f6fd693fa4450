/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Preparation of linear layers and of the tokens they read. The products are in linear_*.c. */
#include "runtime/nn/linear.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "runtime/nn/quantise.h"

enum {
    LINE = 64, /* tokens start on cache lines, and SIMD code may read whole ones */
    STEP = 64, /* bytes of a step of a panel */
};

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0 ? 1 : 0);
}

const char *spoti_precision_name(spoti_precision precision)
{
    switch (precision) {
    case SPOTI_PRECISION_FP32:
        return "fp32";
    case SPOTI_PRECISION_BF16:
        return "bf16";
    case SPOTI_PRECISION_W8A8:
        return "w8a8";
    case SPOTI_PRECISION_W4A4:
        return "w4a4";
    }
    return "unknown";
}

/* Sizes */

static spot_status init_groups(spoti_linear *layer, size_t group, spot_diag *diag)
{
    layer->group = group != 0 ? group : SPOTI_LINEAR_GROUP;
    if (layer->group != 32 && layer->group != 64 && layer->group != 128) {
        return spot_diag_set(diag, SPOT_E_RANGE, "w4a4: group size %zu, expected 32, 64 or 128",
                             layer->group);
    }
    if (layer->k % layer->group != 0) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "w4a4: group size %zu does not divide the %zu inputs of the layer, "
                             "expected one of 32, 64, 128 that does",
                             layer->group, layer->k);
    }
    layer->n_group = layer->k / layer->group;
    return SPOT_OK;
}

spot_status spoti_linear_init(spoti_linear *layer, const spoti_linear_config *config,
                              spot_diag *diag)
{
    spot_status st = SPOT_OK;

    *layer = (spoti_linear){.precision = config->precision,
                            .n = config->n,
                            .k = config->k,
                            .has_bias = config->has_bias};
    if (config->k > SPOTI_LINEAR_MAX_K) {
        return spot_diag_set(diag, SPOT_E_RANGE, "linear layer of %zu inputs, expected at most %d",
                             config->k, (int)SPOTI_LINEAR_MAX_K);
    }
    if (config->group != 0 && config->precision != SPOTI_PRECISION_W4A4) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: group size %zu, expected one for w4a4 only",
                             spoti_precision_name(config->precision), config->group);
    }
    switch (config->precision) {
    case SPOTI_PRECISION_FP32:
        layer->n_step = layer->k;
        break;
    case SPOTI_PRECISION_BF16:
        layer->n_step = ceil_div(layer->k, 2);
        break;
    case SPOTI_PRECISION_W8A8:
        layer->group = layer->k;
        layer->n_group = 1;
        layer->n_step = ceil_div(layer->k, 4);
        break;
    case SPOTI_PRECISION_W4A4:
        layer->n_step = ceil_div(layer->k, 4);
        st = init_groups(layer, config->group, diag);
        break;
    default:
        return spot_diag_set(diag, SPOT_E_RANGE, "precision %d, expected fp32, bf16, w8a8 or w4a4",
                             (int)config->precision);
    }
    layer->panel_stride = layer->n_step * (STEP / sizeof(float));
    return st;
}

static size_t pairs(const spoti_linear *layer)
{
    return ceil_div(layer->n, SPOTI_PAIR);
}

/* Outputs of one panel. */
static size_t width_of(const spoti_linear *layer)
{
    return layer->precision == SPOTI_PRECISION_W4A4 ? SPOTI_PAIR : SPOTI_PANEL;
}

static size_t panels(const spoti_linear *layer)
{
    return pairs(layer) * (SPOTI_PAIR / width_of(layer));
}

void spoti_linear_place(spoti_linear *layer, spoti_arena *arena)
{
    layer->weights = spoti_arena_take(arena, panels(layer), layer->panel_stride);
    if (layer->precision == SPOTI_PRECISION_W8A8 || layer->precision == SPOTI_PRECISION_W4A4) {
        layer->scale = spoti_arena_take(arena, pairs(layer), layer->n_group * SPOTI_PAIR);
    }
    if (layer->has_bias || layer->precision != SPOTI_PRECISION_FP32) {
        layer->bias = spoti_arena_take(arena, pairs(layer), SPOTI_PAIR);
    }
}

size_t spoti_linear_bytes(const spoti_linear *layer)
{
    const size_t beside = (layer->n_group + (layer->bias != NULL ? 1 : 0)) * SPOTI_PAIR;

    return (panels(layer) * layer->panel_stride + pairs(layer) * beside) * sizeof(float);
}

/* Packing of weights */

/* Where output i_out has step s. */
static unsigned char *step_of(const spoti_linear *layer, size_t i_out, size_t s)
{
    return (unsigned char *)(layer->weights + i_out / width_of(layer) * layer->panel_stride) +
           s * STEP;
}

static unsigned char *byte_of(const spoti_linear *layer, size_t i_out, size_t i_in)
{
    return step_of(layer, i_out, i_in / 4) + 4 * (i_out % SPOTI_PANEL) + i_in % 4;
}

static uint16_t *half_of(const spoti_linear *layer, size_t i_out, size_t i_in)
{
    return (uint16_t *)(void *)step_of(layer, i_out, i_in / 2) + 2 * (i_out % SPOTI_PANEL) +
           i_in % 2;
}

static float *scale_of(const spoti_linear *layer, size_t i_out, size_t i_group)
{
    return layer->scale + (i_out / SPOTI_PAIR * layer->n_group + i_group) * SPOTI_PAIR +
           i_out % SPOTI_PAIR;
}

static void put_integer(const spoti_linear *layer, size_t i_out, size_t i_in, int q)
{
    unsigned char *byte = byte_of(layer, i_out, i_in);

    if (layer->precision == SPOTI_PRECISION_W8A8) {
        *byte = (unsigned char)(q + SPOTI_LINEAR_OFFSET_8);
    } else if (i_out % SPOTI_PAIR < SPOTI_PANEL) {
        *byte = (unsigned char)((*byte & 0xF0U) | (unsigned)(q + SPOTI_LINEAR_OFFSET_4));
    } else {
        *byte = (unsigned char)((*byte & 0x0FU) | (unsigned)(q + SPOTI_LINEAR_OFFSET_4) << 4);
    }
}

static int get_integer(const spoti_linear *layer, size_t i_out, size_t i_in)
{
    const unsigned byte = *byte_of(layer, i_out, i_in);

    if (layer->precision == SPOTI_PRECISION_W8A8) {
        return (int)byte - SPOTI_LINEAR_OFFSET_8;
    }
    return (int)(i_out % SPOTI_PAIR < SPOTI_PANEL ? byte & 0xFU : byte >> 4) -
           SPOTI_LINEAR_OFFSET_4;
}

/* Quantises the inputs of one output, group by group. */
static void fill_integers(const spoti_linear *layer, size_t i_out, const float *w)
{
    const int qmax =
        layer->precision == SPOTI_PRECISION_W8A8 ? SPOTI_LINEAR_QMAX_8 : SPOTI_LINEAR_QMAX_4;

    for (size_t g = 0; g < layer->n_group; g++) {
        const size_t first = g * layer->group;
        uint32_t largest = 0;
        spoti_quantiser rule;

        for (size_t i = first; i < first + layer->group; i++) {
            const uint32_t bits = spoti_magnitude_bits(w[i]);

            largest = bits > largest ? bits : largest;
        }
        rule = spoti_quantiser_for(largest, qmax);
        *scale_of(layer, i_out, g) = rule.scale;
        for (size_t i = first; i < first + layer->group; i++) {
            put_integer(layer, i_out, i, (int)rintf(w[i] * rule.factor));
        }
    }
}

static spot_status check_finite(const char *name, const char *what, const float *v, size_t n,
                                spot_diag *diag)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(v[i])) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s is %s, expected finite numbers", name,
                                 what, isnan(v[i]) ? "NaN" : "infinite");
        }
    }
    return SPOT_OK;
}

static void fill_output(spoti_linear *layer, size_t i_out, const float *w)
{
    if (layer->precision != SPOTI_PRECISION_BF16) {
        fill_integers(layer, i_out, w);
        return;
    }
    for (size_t i = 0; i < layer->k; i++) {
        *half_of(layer, i_out, i) = spoti_bf16_of(w[i]);
    }
}

spot_status spoti_linear_fill(spoti_linear *layer, const char *name, const float *w, size_t ldw,
                              const float *bias, spot_diag *diag)
{
    spot_status st = SPOT_OK;

    for (size_t j = 0; j < layer->n && st == SPOT_OK; j++) {
        st = check_finite(name, "a weight", w + j * ldw, layer->k, diag);
    }
    if (st == SPOT_OK && bias != NULL) {
        st = check_finite(name, "a bias", bias, layer->n, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (bias != NULL && layer->has_bias) {
        memcpy(layer->bias, bias, layer->n * sizeof *bias);
    }
    if (layer->precision == SPOTI_PRECISION_FP32) {
        spoti_pack(w, ldw, layer->n, layer->k, layer->weights);
        return SPOT_OK;
    }
    for (size_t j = 0; j < layer->n; j++) {
        fill_output(layer, j, w + j * ldw);
    }
    return SPOT_OK;
}

float spoti_linear_weight(const spoti_linear *layer, size_t i_out, size_t i_in)
{
    if (layer->precision == SPOTI_PRECISION_FP32) {
        return layer->weights[i_out / SPOTI_PANEL * layer->panel_stride + i_in * SPOTI_PANEL +
                              i_out % SPOTI_PANEL];
    }
    if (layer->precision == SPOTI_PRECISION_BF16) {
        return spoti_bf16_value(*half_of(layer, i_out, i_in));
    }
    return (float)get_integer(layer, i_out, i_in) * *scale_of(layer, i_out, i_in / layer->group);
}

/* Tokens */

/* Bytes between tokens; wide: of kernels that have `wide`. */
static size_t stride_of(const spoti_linear *layer, bool wide)
{
    const size_t size = layer->precision == SPOTI_PRECISION_FP32           ? sizeof(float)
                        : layer->precision == SPOTI_PRECISION_BF16         ? sizeof(uint16_t)
                        : layer->precision == SPOTI_PRECISION_W8A8 && wide ? sizeof(int16_t)
                                                                           : sizeof(int8_t);

    return ceil_div(layer->k * size, LINE) * LINE;
}

/* Where things lie in the workspace: measured without one, assigned with one, so that the two cannot
 * drift apart. */
typedef struct rows_layout {
    spoti_arena arena;
    float *values; /* (m x stride) bytes; room for wide ones */
    float *scale, *start;
    float *modulated; /* one token */
} rows_layout;

static void lay_out(rows_layout *at, const spoti_linear *layer, size_t m, bool modulated)
{
    const bool fp32 = layer->precision == SPOTI_PRECISION_FP32;

    if (!fp32 || modulated) {
        at->values = spoti_arena_take(&at->arena, m, stride_of(layer, true) / sizeof(float));
    }
    at->scale = spoti_arena_take(&at->arena, m, layer->n_group);
    at->start = spoti_arena_take(&at->arena, m, layer->n_group);
    if (!fp32 && modulated) {
        at->modulated = spoti_arena_take(&at->arena, 1, layer->k);
    }
}

size_t spoti_rows_bytes(const spoti_linear *layer, size_t m, bool modulated)
{
    rows_layout at = {0};

    lay_out(&at, layer, m, modulated);
    return at.arena.overflow ? 0 : at.arena.used + LINE;
}

/* Token i, modulated if asked for. */
static const float *token(const spoti_linear_kernels *kernels, const spoti_rows_input *input,
                          size_t i, size_t k, float *modulated)
{
    const float *x = input->x + i * input->ldx;

    if (input->gain == NULL) {
        return x;
    }
    kernels->fp32->norm_modulate(&(spoti_norm){.m = 1,
                                               .n = k,
                                               .x = x,
                                               .ldx = input->ldx,
                                               .gain = input->gain,
                                               .shift = input->shift,
                                               .eps = input->eps,
                                               .y = modulated,
                                               .ldy = k});
    return modulated;
}

static void make_integers(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                          const spoti_rows_input *input, const rows_layout *at)
{
    const bool eight = layer->precision == SPOTI_PRECISION_W8A8;
    const spoti_grouping grouping = {layer->group, layer->n_group, input->m,
                                     eight ? SPOTI_LINEAR_QMAX_8 : SPOTI_LINEAR_QMAX_4,
                                     eight && kernels->wide};
    const size_t stride = stride_of(layer, kernels->wide);
    const size_t used = grouping.wide ? ceil_div(layer->k, 4) * 4 * sizeof(int16_t) : layer->k;

    for (size_t i = 0; i < input->m; i++) {
        unsigned char *q = (unsigned char *)at->values + i * stride;

        kernels->quantise(token(kernels, input, i, layer->k, at->modulated), &grouping, q,
                          at->scale + i, (int32_t *)(void *)at->start + i);
        memset(q + used, 0, stride - used);
    }
}

static void make_bf16(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                      const spoti_rows_input *input, const rows_layout *at)
{
    const size_t stride = stride_of(layer, kernels->wide) / sizeof(uint16_t);

    for (size_t i = 0; i < input->m; i++) {
        uint16_t *out = (uint16_t *)(void *)at->values + i * stride;

        kernels->round_bf16(token(kernels, input, i, layer->k, at->modulated), layer->k, out);
        memset(out + layer->k, 0, (stride - layer->k) * sizeof *out);
    }
}

void spoti_rows_make(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                     const spoti_rows_input *input, void *workspace, spoti_rows *rows)
{
    rows_layout at = {.arena = {.base = workspace}};

    lay_out(&at, layer, input->m, input->gain != NULL);
    *rows = (spoti_rows){.precision = layer->precision,
                         .m = input->m,
                         .k = layer->k,
                         .group = layer->group,
                         .n_group = layer->n_group,
                         .stride = stride_of(layer, kernels->wide),
                         .values = at.values,
                         .scale = at.scale,
                         .start = (const int32_t *)(const void *)at.start};
    if (layer->precision == SPOTI_PRECISION_BF16) {
        make_bf16(kernels, layer, input, &at);
    } else if (layer->precision != SPOTI_PRECISION_FP32) {
        make_integers(kernels, layer, input, &at);
    } else if (input->gain == NULL) {
        rows->values = input->x;
        rows->stride = input->ldx * sizeof(float);
    } else {
        for (size_t i = 0; i < input->m; i++) {
            (void)token(kernels, input, i, layer->k,
                        at.values + i * (rows->stride / sizeof(float)));
        }
    }
}

/* Products */

static void apply_fp32(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                       const spoti_rows *rows, const spoti_linear_output *output)
{
    kernels->fp32->gemm(&(spoti_gemm){.m = rows->m,
                                      .n = layer->n,
                                      .k = layer->k,
                                      .a = rows->values,
                                      .lda = rows->stride / sizeof(float),
                                      .b = layer->weights,
                                      .ldb = SPOTI_PANEL,
                                      .panel_stride = layer->panel_stride,
                                      .bias = layer->bias,
                                      .gate = output->gate,
                                      .epilogue = output->epilogue,
                                      .c = output->c,
                                      .ldc = output->ldc});
}

void spoti_linear_apply(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                        const spoti_rows *rows, const spoti_linear_output *output)
{
    const spoti_linear_job job = {layer, rows, *output};

    switch (layer->precision) {
    case SPOTI_PRECISION_FP32:
        apply_fp32(kernels, layer, rows, output);
        return;
    case SPOTI_PRECISION_BF16:
        kernels->bf16(&job);
        return;
    case SPOTI_PRECISION_W8A8:
        kernels->w8a8(&job);
        return;
    case SPOTI_PRECISION_W4A4:
        kernels->w4a4(&job);
        return;
    }
}
