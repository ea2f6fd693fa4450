/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Plain linear layers: what the SIMD kernels are checked against, and what other CPUs run. One
 * output at a time, one sum at a time; integers bit by bit as linear.h says.
 */
#include <math.h>

#include "runtime/nn/elementary.h"
#include "runtime/nn/linear.h"
#include "runtime/nn/quantise.h"

static void round_bf16(const float *x, size_t k, uint16_t *out)
{
    for (size_t i = 0; i < k; i++) {
        out[i] = spoti_bf16_of(x[i]);
    }
}

static void quantise(const float *x, const spoti_grouping *grouping, void *q, float *scale,
                     int32_t *start)
{
    for (size_t g = 0; g < grouping->n_group; g++) {
        const float *in = x + g * grouping->group;
        int8_t *out = (int8_t *)q + g * grouping->group;
        uint32_t largest = 0;
        int32_t sum = 0;
        spoti_quantiser rule;

        for (size_t i = 0; i < grouping->group; i++) {
            const uint32_t bits = spoti_magnitude_bits(in[i]);

            largest = bits > largest ? bits : largest;
        }
        rule = spoti_quantiser_for(largest, grouping->qmax);
        scale[g * grouping->step] = rule.scale;
        for (size_t i = 0; i < grouping->group; i++) {
            /* not by a factor of 0: NaN is no integer */
            const float rounded = rule.factor > 0.0F ? rintf(in[i] * rule.factor) : 0.0F;

            out[i] = (int8_t)rounded;
            sum += out[i];
        }
        start[g * grouping->step] = -(grouping->qmax + 1) * sum;
    }
}

static void finish(const spoti_linear_job *job, size_t i, size_t j, float y)
{
    float *c = job->out.c + i * job->out.ldc + j;

    switch (job->out.epilogue) {
    case SPOTI_EPILOGUE_STORE:
        *c = y;
        break;
    case SPOTI_EPILOGUE_GELU:
        *c = spoti_nn_gelu(y);
        break;
    case SPOTI_EPILOGUE_RESIDUAL:
        *c = fmaf(job->out.gate[j], y, *c);
        break;
    case SPOTI_EPILOGUE_SILU:
        *c = spoti_nn_silu(y);
        break;
    case SPOTI_EPILOGUE_ADD:
        *c += y;
        break;
    }
}

/* Calls `sum` for each token and output. */
static void each(const spoti_linear_job *job,
                 float (*sum)(const spoti_linear_job *job, size_t i, size_t j))
{
    for (size_t i = 0; i < job->rows->m; i++) {
        for (size_t j = 0; j < job->layer->n; j++) {
            finish(job, i, j, sum(job, i, j) + job->layer->bias[j]);
        }
    }
}

/* The first step of output j, as bytes of the packed weights, in panels of `outputs`. */
static const unsigned char *panel_of(const spoti_linear *layer, size_t j, size_t outputs)
{
    return (const unsigned char *)(layer->weights + j / outputs * layer->panel_stride);
}

static float sum_bf16(const spoti_linear_job *job, size_t i, size_t j)
{
    const uint16_t *x = (const uint16_t *)job->rows->values + i * (job->rows->stride / 2);
    const uint16_t *w = (const uint16_t *)(const void *)panel_of(job->layer, j, SPOTI_PANEL);
    float sum = 0.0F;

    w += 2 * (j % SPOTI_PANEL);
    for (size_t l = 0; l < job->layer->k; l++) {
        const uint16_t weight = w[l / 2 * 2 * SPOTI_PANEL + l % 2];

        sum = fmaf(spoti_bf16_value(weight), spoti_bf16_value(x[l]), sum);
    }
    return sum;
}

static float sum_w8a8(const spoti_linear_job *job, size_t i, size_t j)
{
    const int8_t *x = (const int8_t *)job->rows->values + i * job->rows->stride;
    const unsigned char *w = panel_of(job->layer, j, SPOTI_PANEL) + 4 * (j % SPOTI_PANEL);
    int32_t sum = 0;

    for (size_t l = 0; l < job->layer->k; l++) {
        sum += ((int32_t)w[l / 4 * 4 * SPOTI_PANEL + l % 4] - SPOTI_LINEAR_OFFSET_8) * x[l];
    }
    return (float)sum * job->layer->scale[j] * job->rows->scale[i];
}

static int32_t weight_4(const unsigned char *w, size_t j, size_t l)
{
    const unsigned byte = w[l / 4 * 4 * SPOTI_PANEL + 4 * (j % SPOTI_PANEL) + l % 4];

    return (int32_t)(j % SPOTI_PAIR < SPOTI_PANEL ? byte & 0xFU : byte >> 4) -
           SPOTI_LINEAR_OFFSET_4;
}

static float sum_w4a4(const spoti_linear_job *job, size_t i, size_t j)
{
    const spoti_linear *layer = job->layer;
    const int8_t *x = (const int8_t *)job->rows->values + i * job->rows->stride;
    const unsigned char *w = panel_of(layer, j, SPOTI_PAIR);
    const float *scale =
        layer->scale + j / SPOTI_PAIR * layer->n_group * SPOTI_PAIR + j % SPOTI_PAIR;
    float total = 0.0F;

    for (size_t g = 0; g < layer->n_group; g++) {
        int32_t sum = 0;

        for (size_t l = g * layer->group; l < (g + 1) * layer->group; l++) {
            sum += weight_4(w, j, l) * x[l];
        }
        total =
            fmaf((float)sum * scale[g * SPOTI_PAIR], job->rows->scale[g * job->rows->m + i], total);
    }
    return total;
}

static void bf16(const spoti_linear_job *job)
{
    each(job, sum_bf16);
}

static void w8a8(const spoti_linear_job *job)
{
    each(job, sum_w8a8);
}

static void w4a4(const spoti_linear_job *job)
{
    each(job, sum_w4a4);
}

const spoti_linear_kernels *spoti_linear_kernels_reference(void)
{
    static const spoti_linear_kernels table = {
        .name = "reference",
        .round_bf16 = round_bf16,
        .quantise = quantise,
        .bf16 = bf16,
        .w8a8 = w8a8,
        .w4a4 = w4a4,
    };

    return &table;
}
