/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The arithmetic of small networks behind one table of functions, chosen at run time.
 *
 * There are four tables: `reference` (plain C), `avx2` (AVX2 and FMA), `avx512` and `neon` (64-bit
 * Arm). All take the same operands, so weights are packed once for all. A row of the result is
 * computed in the same order whatever the number of rows and its place among them: a sample gives
 * the same bytes alone and in a batch. All tables give the same bytes (elementary.h; NaN's own apart).
 */
#ifndef SPOTI_NN_KERNELS_H
#define SPOTI_NN_KERNELS_H

#include <stddef.h>

enum {
    /* Columns of one panel of packed weights: those of an AVX2 or NEON tile, and of an AVX-512 register. A tile reads its
     * panels strictly in order, which is what lets the memory keep up. */
    SPOTI_PANEL = 16,
    /* Two panels: what widths of matrices are padded to, because an AVX-512 tile has so many columns. */
    SPOTI_PAIR = 2 * SPOTI_PANEL,
};

/* What happens to y = a b + bias before it is stored in c. */
typedef enum spoti_epilogue {
    SPOTI_EPILOGUE_STORE = 0,    /* c = y */
    SPOTI_EPILOGUE_GELU = 1,     /* c = gelu(y), tanh form */
    SPOTI_EPILOGUE_RESIDUAL = 2, /* c = c + gate * y */
    SPOTI_EPILOGUE_SILU = 3,     /* c = y / (1 + exp(-y)) */
    SPOTI_EPILOGUE_ADD = 4,      /* c = c + y */
} spoti_epilogue;

/* One matrix product c = epilogue(a b + bias). Panel p of b holds columns 16 p .. 16 p + 15; its
 * element (i, j) lies at b[p * panel_stride + i * ldb + j]. Columns up to the next multiple of 32
 * are read (their values do not matter); only n columns of c are written. */
typedef struct spoti_gemm {
    size_t m, n, k;
    const float *a; /* (m x k), rows lda apart */
    size_t lda;
    const float *b;
    size_t ldb;
    size_t panel_stride;
    const float *bias; /* (n) or NULL = 0 */
    const float *gate; /* (n), only for RESIDUAL */
    spoti_epilogue epilogue;
    float *c; /* (m x n), rows ldc apart; apart from a and b */
    size_t ldc;
} spoti_gemm;

/* y = (x - mean) / sqrt(variance + eps) * gain + shift for each row. y may be x. */
typedef struct spoti_norm {
    size_t m, n;
    const float *x; /* (m x n), rows ldx apart */
    size_t ldx;
    const float *gain, *shift; /* (n) */
    float eps;
    float *y; /* (m x n), rows ldy apart */
    size_t ldy;
} spoti_norm;

/* x_j <- exp(s_j - max s) / sum_j exp(s_j - max s), s = factor x + bias, for each row: at least 1 is in
 * the sum, so nothing overflows. Where s_j is more than 87 below the largest, the weight is some number
 * from 0 to 2^-125. A row with NaN has NaN in it afterwards. */
typedef struct spoti_softmax {
    size_t m, n;
    float *x; /* (m x n), rows ldx apart */
    size_t ldx;
    float factor;
    const float *bias; /* (n) or NULL = 0 */
} spoti_softmax;

typedef struct spoti_kernels {
    const char *name;
    void (*gemm)(const spoti_gemm *g);
    void (*norm_modulate)(const spoti_norm *norm);
    void (*softmax)(const spoti_softmax *softmax);
} spoti_kernels;

/* The table called `name`, or the best one of this CPU for NULL. NULL if there is no such table or
 * this CPU cannot run it. */
const spoti_kernels *spoti_kernels_find(const char *name);

/* Tables as compiled; NULL where the compiler did not target the instructions. */
const spoti_kernels *spoti_kernels_reference(void);
const spoti_kernels *spoti_kernels_avx2(void);
const spoti_kernels *spoti_kernels_avx512(void);
const spoti_kernels *spoti_kernels_neon(void);

/* n rounded up to whole pairs of panels. */
size_t spoti_padded(size_t n);

/* Packs w (n x k, row-major, a PyTorch Linear weight) into panels of its transpose, padded with
 * zeros: packed (spoti_padded(n) x k). The product then has ldb 16 and panel_stride 16 k. */
void spoti_pack(const float *w, size_t ldw, size_t n, size_t k, float *packed);

#endif
