/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A filled layer with tokens, each array one float off the alignment of malloc. */
#ifndef SPOT_TEST_LINEAR_FIXTURE_H
#define SPOT_TEST_LINEAR_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "runtime/nn/linear.h"
#include "runtime/nn/tables.h"
#include "support/spot_test.h"

enum { N_PRECISION = 4, FIXTURE_BLOCKS = 6, FIXTURE_GAP = 3 };
static const float MARK = -12345.0F;

typedef struct fixture {
    size_t m, n, k, ldx, ldc;
    spoti_linear layer;
    spoti_arena arena;
    float *w, *bias, *x, *gate, *c; /* (n x k), (n), (m x ldx), (n), (m x ldc) */
    float *blocks[FIXTURE_BLOCKS];
    int n_block;
    unsigned char *workspace;
    size_t workspace_bytes;
} fixture;

static inline float draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)((double)*state / 2147483648.0 - 1.0);
}

/* n floats, one off the alignment of malloc. */
static inline float *fixture_array(fixture *f, size_t n)
{
    float *block = malloc((n + 2) * sizeof *block);

    assert_non_null(block);
    assert_true(f->n_block < FIXTURE_BLOCKS);
    f->blocks[f->n_block++] = block;
    return block + 1;
}

/* Draws everything from -1 .. 1; gaps between rows hold NaN (x) and marks (c). The layer is placed,
 * not filled. group 0 = the default. */
static inline void fixture_make(fixture *f, const spoti_linear_config *config, size_t m)
{
    unsigned seed = (unsigned)(m + 31 * config->n + 977 * config->k);

    *f = (fixture){.m = m,
                   .n = config->n,
                   .k = config->k,
                   .ldx = config->k + FIXTURE_GAP,
                   .ldc = config->n + FIXTURE_GAP};
    assert_int_equal(spoti_linear_init(&f->layer, config, NULL), SPOT_OK);
    spoti_linear_place(&f->layer, &f->arena);
    assert_true(spoti_arena_alloc(&f->arena, NULL));
    spoti_linear_place(&f->layer, &f->arena);
    f->w = fixture_array(f, f->n * f->k);
    f->bias = fixture_array(f, f->n);
    f->gate = fixture_array(f, f->n);
    f->x = fixture_array(f, m * f->ldx);
    f->c = fixture_array(f, m * f->ldc);
    for (size_t i = 0; i < f->n * f->k; i++) {
        f->w[i] = draw(&seed);
    }
    for (size_t i = 0; i < f->n; i++) {
        f->bias[i] = draw(&seed);
        f->gate[i] = draw(&seed);
    }
    for (size_t i = 0; i < m * f->ldx; i++) {
        f->x[i] = i % f->ldx < f->k ? draw(&seed) : (float)NAN;
    }
    for (size_t i = 0; i < m * f->ldc; i++) {
        f->c[i] = i % f->ldc < f->n ? draw(&seed) : MARK;
    }
    f->workspace_bytes = spoti_rows_bytes(&f->layer, m, true);
    f->workspace = aligned_alloc(64, f->workspace_bytes / 64 * 64 + 64);
    assert_non_null(f->workspace);
    memset(f->workspace, 0xA5, f->workspace_bytes / 64 * 64 + 64);
}

static inline void fixture_fill(fixture *f)
{
    assert_int_equal(spoti_linear_fill(&f->layer, "layer", f->w, f->k, f->bias, NULL), SPOT_OK);
}

/* Makes rows of the tokens and computes c; returns the rows. */
static inline spoti_rows fixture_run(fixture *f, const spoti_linear_kernels *kernels,
                                     spoti_epilogue epilogue)
{
    spoti_rows rows;

    spoti_rows_make(kernels, &f->layer, &(spoti_rows_input){.m = f->m, .x = f->x, .ldx = f->ldx},
                    f->workspace, &rows);
    spoti_linear_apply(kernels, &f->layer, &rows,
                       &(spoti_linear_output){epilogue, f->gate, f->c, f->ldc});
    /* nothing may be written beyond the workspace, nor between the rows of c */
    for (size_t i = f->workspace_bytes; i < f->workspace_bytes / 64 * 64 + 64; i++) {
        assert_int_equal(f->workspace[i], 0xA5);
    }
    for (size_t i = 0; i < f->m * f->ldc; i++) {
        assert_true(i % f->ldc < f->n || f->c[i] == MARK);
    }
    return rows;
}

static inline void fixture_discard(fixture *f)
{
    for (int i = 0; i < f->n_block; i++) {
        free(f->blocks[i]);
    }
    free(f->workspace);
    spoti_arena_free(&f->arena, NULL);
}

/* Calls `check` with each table that this CPU can run. */
static inline void for_each_table(void (*check)(const spoti_linear_kernels *))
{
    for (int i = 0; i < N_TABLE; i++) {
        spoti_linear_kernels kernels;

        if (!spoti_linear_kernels_find(TABLES[i], &kernels)) {
            print_message("[  note    ] this CPU lacks %s\n", TABLES[i]);
            continue;
        }
        assert_string_equal(kernels.name, TABLES[i]);
        check(&kernels);
    }
}

#endif
