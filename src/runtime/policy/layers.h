/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Weights of a policy, from file to memory.
 *
 * Each architecture has one function that visits all its tensors. It runs four times: to check the
 * file against the configuration (so that no size is believed that the file does not back with
 * data), to place the arrays in memory (twice, see nn/arena.h), and to fill them.
 */
#ifndef SPOTI_POLICY_LAYERS_H
#define SPOTI_POLICY_LAYERS_H

#include "runtime/nn/arena.h"
#include "runtime/nn/kernels.h"
#include "runtime/nn/safetensors.h"

/* A packed linear layer y = W x + b with n outputs and k inputs. */
typedef struct spoti_layer {
    size_t n, k;
    float *packed;
    float *bias; /* NULL = none */
} spoti_layer;

/* c = a W^T + b for m rows; the caller may set another epilogue. */
spoti_gemm spoti_layer_product(const spoti_layer *layer, size_t m, const float *a, size_t lda,
                               float *c, size_t ldc);

/* w (n x k), row-major: the weights as they were before spoti_pack. */
void spoti_layer_unpack(const spoti_layer *layer, float *w);

typedef enum spoti_visit_mode {
    SPOTI_VISIT_CHECK,
    SPOTI_VISIT_PLACE,
    SPOTI_VISIT_FILL,
} spoti_visit_mode;

/* What a tensor must hold besides finite numbers. */
typedef enum spoti_value_rule { SPOTI_VALUE_ANY, SPOTI_VALUE_POSITIVE } spoti_value_rule;

typedef struct spoti_visitor {
    spoti_visit_mode mode;
    const spoti_safetensors *file;
    const char *path;
    spot_diag *diag;
    spot_status status; /* the first failure; later visits do nothing */
    /* CHECK */
    size_t n_found;
    size_t largest; /* elements */
    /* PLACE */
    spoti_arena *arena;
    /* FILL */
    float *scratch; /* (largest) */
} spoti_visitor;

/* A tensor that is kept as it is: rows x columns, or (columns) if rows is 0. */
void spoti_visit_plain(spoti_visitor *v, const char *name, size_t rows, size_t columns,
                       spoti_value_rule rule, float **data);

/* A weight whose columns belong to n_part layers side by side; their n (the same) and k are set. */
void spoti_visit_parts(spoti_visitor *v, const char *name, spoti_layer *parts, size_t n_part);

/* The layer `name`.weight (n x k) and, if it has one, `name`.bias (n); sets its sizes. */
void spoti_visit_linear(spoti_visitor *v, const char *name, bool has_bias, size_t n, size_t k,
                        spoti_layer *layer);

/* Runs `visit(v, object)` over the file as described above. Refuses tensors that it does not visit.
 * Returns OK, E_FORMAT (a tensor is missing, unknown, misshapen or not finite; see diag), E_NOMEM.
 * What was allocated on failure lies in *arena. */
spot_status spoti_weights_load(const spoti_safetensors *file, const char *path,
                               void (*visit)(spoti_visitor *v, void *object), void *object,
                               const spot_allocator *allocator, spoti_arena *arena,
                               spot_diag *diag);

#endif
