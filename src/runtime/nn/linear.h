/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers y = epilogue(W x + b) in four precisions, with what surrounds them fused in.
 *
 *     fp32   W and x as they are
 *     bf16   W and x rounded to bfloat16 (to nearest, ties to even), sums in fp32
 *     w8a8   8 bits: one scale per output channel of W, one per token of x
 *     w4a4   4 bits: one scale per group of `group` inputs, for each output channel of W and for
 *            each token of x; two weights a byte
 *
 * Integers are symmetric, -qmax .. qmax with qmax 127 or 7: scale = max|v| / qmax and
 * q = round(v / scale), ties to even; no zero point, no smoothing, no rotation. Scales of W are
 * found when the layer is filled, scales of x in each call. Products are summed in int32, exactly;
 * then y = sum_g (int sum) scale_w scale_x in fp32.
 *
 * Defined for every x: a token (w8a8) or a group of a token (w4a4) whose largest magnitude is below
 * SPOTI_LINEAR_TINY counts as zero and has scale 0; one that holds NaN or infinity has scale NaN, so
 * that all outputs of that token are NaN. int32 cannot overflow for k <= SPOTI_LINEAR_MAX_K.
 * Weights must be finite.
 *
 *     spoti_linear_config config = {.precision = SPOTI_PRECISION_W8A8, .n = 384, .k = 256};
 *     spoti_linear_init(&layer, &config, diag);       checks, takes no memory
 *     spoti_linear_place(&layer, &arena);             twice, see arena.h
 *     spoti_linear_fill(&layer, "mlp.l1", w, k, b, diag);
 *     ...
 *     spoti_rows_make(&kernels, &input, workspace, &rows);    once for all layers that read x
 *     spoti_linear_apply(&kernels, &layer, &rows, &output);
 *
 * A token has the same bytes alone and among others. No call allocates. Threads: layers and kernels
 * are immutable after filling; each thread has its own workspace.
 */
#ifndef SPOTI_NN_LINEAR_H
#define SPOTI_NN_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/nn/arena.h"
#include "runtime/nn/kernels.h"
#include "spot/status.h"

typedef enum spoti_precision {
    SPOTI_PRECISION_FP32 = 0,
    SPOTI_PRECISION_BF16 = 1,
    SPOTI_PRECISION_W8A8 = 2,
    SPOTI_PRECISION_W4A4 = 3,
} spoti_precision;

enum {
    /* 65536 (128 + 127) 127 < 2^31: even the sum of shifted weights fits. */
    SPOTI_LINEAR_MAX_K = 65536,
    SPOTI_LINEAR_GROUP = 64, /* of w4a4 unless told otherwise */
    SPOTI_LINEAR_QMAX_8 = 127,
    SPOTI_LINEAR_QMAX_4 = 7,
    SPOTI_LINEAR_OFFSET_8 =
        128, /* weights are stored as q + offset: unsigned, as VNNI wants them */
    SPOTI_LINEAR_OFFSET_4 = 8,
};

/* Magnitudes below this count as zero: so 127 / v is finite and v / 127 is normal. */
#define SPOTI_LINEAR_TINY 0x1p-110F

/* What a layer is to be. */
typedef struct spoti_linear_config {
    spoti_precision precision;
    size_t n, k;  /* outputs and inputs; k <= SPOTI_LINEAR_MAX_K */
    size_t group; /* inputs per scale, only w4a4: 32, 64 or 128, divides k; 0 = the default */
    bool has_bias;
} spoti_linear_config;

/*
 * A layer. Weights are packed in panels of SPOTI_PANEL outputs, those of w4a4 in panels of SPOTI_PAIR, `panel_stride`
 * floats apart, padded with zeros to whole pairs. A step of a panel has 64 bytes. For output j of a panel the step s
 * (0 .. n_step - 1) holds
 *     fp32   input s:                        float at 16 s + j
 *     bf16   inputs 2 s, 2 s + 1:            uint16 at 32 s + 2 j, + 1
 *     w8a8   inputs 4 s .. 4 s + 3:          byte at 64 s + 4 j, ... + 3, value q + 128
 *     w4a4   inputs 4 s .. 4 s + 3:          low (j < 16) or high half of byte 64 s + 4 (j % 16),
 *                                            ... + 3, value q + 8
 */
typedef struct spoti_linear {
    spoti_precision precision;
    size_t n, k;
    size_t group;        /* inputs per scale: k for w8a8; 0 for fp32 and bf16 */
    size_t n_group;      /* scales along k: 1 for w8a8; 0 for fp32 and bf16 */
    size_t n_step;       /* steps along k */
    size_t panel_stride; /* floats between panels */
    bool has_bias;
    float *weights; /* packed, on a cache line */
    float *scale;   /* (pairs x n_group x 32); NULL for fp32 and bf16 */
    float *bias;    /* (n padded to pairs), zeros where there is none; NULL for fp32 without */
} spoti_linear;

/* m tokens as layers of one precision, k and group read them. Lies in the caller's workspace. */
typedef struct spoti_rows {
    spoti_precision precision;
    size_t m, k, group, n_group;
    size_t stride; /* bytes between tokens in `values`, a multiple of 64 but for fp32 */
    const void *
        values; /* (m x k) float, uint16 (bf16) or int8 (both integer ones), padded by 0; of w8a8 int16 where the
                         * kernels have `wide`: inputs 4 s, 4 s + 2, 4 s + 1, 4 s + 3, as their pairs are multiplied */
    const float *scale;   /* (n_group x m), so that one group of many tokens is in one place */
    const int32_t *start; /* (n_group x m), -offset * sum of the integers of each group */
} spoti_rows;

/* Where tokens come from. With `gain` they are normalised and modulated first (spoti_norm). */
typedef struct spoti_rows_input {
    size_t m;
    const float *x; /* (m x k), rows ldx apart */
    size_t ldx;
    const float *gain, *shift; /* (k), or both NULL */
    float eps;                 /* only with gain */
} spoti_rows_input;

/* What becomes of the sums y + bias. */
typedef struct spoti_linear_output {
    spoti_epilogue epilogue;
    const float *gate; /* (n), only for RESIDUAL */
    float *c;          /* (m x n), rows ldc apart */
    size_t ldc;
} spoti_linear_output;

/* One product, as the kernels get it. */
typedef struct spoti_linear_job {
    const spoti_linear *layer;
    const spoti_rows *rows;
    spoti_linear_output out;
} spoti_linear_job;

/* n_group groups of `group` numbers that share a scale, and the largest integer. */
typedef struct spoti_grouping {
    size_t group, n_group;
    size_t step; /* from the scale of a group to that of the next */
    int qmax;
    bool
        wide; /* integers go out as spoti_rows says of kernels that have `wide`; only with n_group 1 */
} spoti_grouping;

/* Functions of one CPU. */
typedef struct spoti_linear_kernels {
    const char *name;
    bool
        wide; /* w8a8 wants its tokens widened once, when they are made, instead of in every tile */
    const spoti_kernels *fp32;
    /* Rounds x (k) to bfloat16. NaN stays NaN. */
    void (*round_bf16)(const float *x, size_t k, uint16_t *out);
    /* Quantises x (k) to -qmax .. qmax; q (k) int8_t, or int16_t with grouping->wide, with zeros behind up to a multiple of
     * 4 then; scale and start (n_group, `step` apart). See the top of this file. */
    void (*quantise)(const float *x, const spoti_grouping *grouping, void *q, float *scale,
                     int32_t *start);
    void (*bf16)(const spoti_linear_job *job);
    void (*w8a8)(const spoti_linear_job *job);
    void (*w4a4)(const spoti_linear_job *job);
} spoti_linear_kernels;

/* Sets *out to the kernels called `name` (reference, avx2, avx512, neon), or to the best ones of
 * this CPU for NULL. False (out untouched) if there are none or this CPU cannot run them. */
bool spoti_linear_kernels_find(const char *name, spoti_linear_kernels *out);

/* As compiled; NULL where the compiler did not target the instructions. The field fp32 is NULL. */
const spoti_linear_kernels *spoti_linear_kernels_reference(void);
const spoti_linear_kernels *spoti_linear_kernels_avx2(void);
const spoti_linear_kernels *spoti_linear_kernels_avx512(void);
const spoti_linear_kernels *spoti_linear_kernels_neon(void);

/* Name of a precision as operating points spell it: fp32, bf16, w8a8, w4a4. */
const char *spoti_precision_name(spoti_precision precision);

/* Sets the sizes of a layer. Returns SPOT_OK, or E_RANGE for a k or group that cannot be. */
spot_status spoti_linear_init(spoti_linear *layer, const spoti_linear_config *config,
                              spot_diag *diag);

/* Takes the layer's arrays from the arena; run while measuring and again to assign. */
void spoti_linear_place(spoti_linear *layer, spoti_arena *arena);

/* Packs w (n x k, row-major, rows ldw apart, a PyTorch Linear weight) and bias (n, NULL without).
 * Returns SPOT_OK, or E_FORMAT for a value that is not finite; `name` names the layer then. */
spot_status spoti_linear_fill(spoti_linear *layer, const char *name, const float *w, size_t ldw,
                              const float *bias, spot_diag *diag);

/* Bytes that one call reads of the layer: weights, scales and bias. */
size_t spoti_linear_bytes(const spoti_linear *layer);

/* The value of weight (i_out, i_in) as the kernels see it. */
float spoti_linear_weight(const spoti_linear *layer, size_t i_out, size_t i_in);

/* Bytes of workspace that m tokens for `layer` need, with or without modulation; 0 on overflow. The
 * workspace must lie on a cache line of 64 bytes. */
size_t spoti_rows_bytes(const spoti_linear *layer, size_t m, bool modulated);

/* Prepares tokens for `layer`, and for all others of its precision, k and group. For fp32 without
 * modulation nothing is copied and x must outlive rows. */
void spoti_rows_make(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                     const spoti_rows_input *input, void *workspace, spoti_rows *rows);

/* Computes all tokens of `rows`. c may be what the tokens came from, but for fp32 without
 * modulation. */
void spoti_linear_apply(const spoti_linear_kernels *kernels, const spoti_linear *layer,
                        const spoti_rows *rows, const spoti_linear_output *output);

#endif
