/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * bf16 linear layers for AVX-512 with its bfloat16 instructions. A step multiplies two inputs at once
 * and adds both products to a sum in fp32; denormals count as zero there.
 */
#include "runtime/nn/linear.h"

#if defined(__AVX512F__) && defined(__AVX512BF16__)

#include "runtime/nn/linear_avx512.h"

enum { ROWS = 12 };

/* sum += w[0] x[0] + w[1] x[1], as assembler for the reason given in linear_avx512.c. */
SPOTI_INLINE __m512 dot(__m512 sum, __m512i w, __m512i x)
{
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
}

SPOTI_INLINE void bf16_tile(const spoti_tile *t, const size_t rows)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const unsigned char *x = (const unsigned char *)in->values + t->first * in->stride;
    const unsigned char *w =
        (const unsigned char *)(layer->weights + t->i_panel * layer->panel_stride);
    __m512 sums[2 * ROWS];

    for (size_t i = 0; i < 2 * rows; i++) {
        sums[i] = _mm512_setzero_ps();
    }
    for (size_t s = 0; s < layer->n_step; s++) {
        const __m512i w0 = _mm512_loadu_si512(w + 128 * s);
        const __m512i w1 = _mm512_loadu_si512(w + 128 * s + 64);

        for (size_t i = 0; i < rows; i++) {
            const __m512i v = broadcast_step(x + i * in->stride + 4 * s);

            sums[2 * i] = dot(sums[2 * i], w0, v);
            sums[2 * i + 1] = dot(sums[2 * i + 1], w1, v);
        }
    }
    finish_tile(t, rows, sums);
}

SPOTI_TILES_12(bf16, bf16_tile)

static void bf16(const spoti_linear_job *job)
{
    static void (*const tiles[ROWS])(const spoti_tile *) = {SPOTI_TILE_LIST_12(bf16)};

    walk_tiles(job, ROWS, tiles);
}

const spoti_linear_kernels *spoti_linear_kernels_avx512bf16(void)
{
    static const spoti_linear_kernels table = {.name = "avx512", .bf16 = bf16};

    return &table;
}

#else

const spoti_linear_kernels *spoti_linear_kernels_avx512bf16(void)
{
    return NULL;
}

#endif
