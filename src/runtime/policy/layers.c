/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Weights of a policy, from file to memory. */
#include "runtime/policy/layers.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

spoti_gemm spoti_layer_product(const spoti_layer *layer, size_t m, const float *a, size_t lda,
                               float *c, size_t ldc)
{
    return (spoti_gemm){.m = m,
                        .n = layer->n,
                        .k = layer->k,
                        .a = a,
                        .lda = lda,
                        .b = layer->packed,
                        .ldb = SPOTI_PANEL,
                        .panel_stride = SPOTI_PANEL * layer->k,
                        .bias = layer->bias,
                        .epilogue = SPOTI_EPILOGUE_STORE,
                        .c = c,
                        .ldc = ldc};
}

void spoti_layer_unpack(const spoti_layer *layer, float *w)
{
    for (size_t j = 0; j < layer->n; j++) {
        const float *panel =
            layer->packed + j / SPOTI_PANEL * SPOTI_PANEL * layer->k + j % SPOTI_PANEL;

        for (size_t i = 0; i < layer->k; i++) {
            w[j * layer->k + i] = panel[i * SPOTI_PANEL];
        }
    }
}

static void refuse(spoti_visitor *v, const char *name, const char *what)
{
    v->status = spot_diag_set(v->diag, SPOT_E_FORMAT, "%s: tensor '%s': %s", v->path, name, what);
}

/* Checks presence and shape (rows x columns, or (columns) if rows is 0). */
static const spoti_tensor *find(spoti_visitor *v, const char *name, size_t rows, size_t columns)
{
    const spoti_tensor *t = spoti_safetensors_find(v->file, name);
    const size_t n_dim = rows > 0 ? 2 : 1;

    if (t == NULL) {
        refuse(v, name, "missing, expected by config.json");
        return NULL;
    }
    if (t->n_dim != n_dim || t->shape[n_dim - 1] != columns || (rows > 0 && t->shape[0] != rows)) {
        v->status = spot_diag_set(v->diag, SPOT_E_FORMAT,
                                  "%s: tensor '%s': shape does not fit config.json, expected "
                                  "%zu x %zu",
                                  v->path, name, rows > 0 ? rows : 1, columns);
        return NULL;
    }
    return t;
}

/* Does the work that CHECK and FILL share for one tensor. In FILL its values end up in scratch. */
static bool take_values(spoti_visitor *v, const char *name, size_t rows, size_t columns,
                        spoti_value_rule rule)
{
    const spoti_tensor *t = find(v, name, rows, columns);

    if (t == NULL) {
        return false;
    }
    if (v->mode == SPOTI_VISIT_CHECK) {
        v->n_found++;
        v->largest = t->n_element > v->largest ? t->n_element : v->largest;
        return true;
    }
    spoti_tensor_to_f32(t, v->scratch);
    for (size_t i = 0; i < t->n_element; i++) {
        if (!isfinite(v->scratch[i]) || (rule == SPOTI_VALUE_POSITIVE && !(v->scratch[i] > 0.0F))) {
            refuse(v, name,
                   rule == SPOTI_VALUE_POSITIVE ? "expected finite values above 0"
                                                : "expected finite values");
            return false;
        }
    }
    return true;
}

void spoti_visit_plain(spoti_visitor *v, const char *name, size_t rows, size_t columns,
                       spoti_value_rule rule, float **data)
{
    const size_t n = (rows > 0 ? rows : 1) * columns;

    if (v->status != SPOT_OK) {
        return;
    }
    if (v->mode == SPOTI_VISIT_PLACE) {
        *data = spoti_arena_take(v->arena, 1, n);
    } else if (take_values(v, name, rows, columns, rule) && v->mode == SPOTI_VISIT_FILL) {
        memcpy(*data, v->scratch, n * sizeof **data);
    }
}

void spoti_visit_parts(spoti_visitor *v, const char *name, spoti_layer *parts, size_t n_part)
{
    const size_t n = parts[0].n;
    size_t k = 0;

    if (v->status != SPOT_OK) {
        return;
    }
    for (size_t i = 0; i < n_part; i++) {
        k += parts[i].k;
    }
    if (v->mode != SPOTI_VISIT_PLACE && !take_values(v, name, n, k, SPOTI_VALUE_ANY)) {
        return;
    }
    for (size_t i = 0, first = 0; i < n_part; i++) {
        if (v->mode == SPOTI_VISIT_PLACE) {
            parts[i].packed = spoti_arena_take(v->arena, spoti_padded(n), parts[i].k);
        } else if (v->mode == SPOTI_VISIT_FILL) {
            spoti_pack(v->scratch + first, k, n, parts[i].k, parts[i].packed);
            first += parts[i].k;
        }
    }
}

void spoti_visit_linear(spoti_visitor *v, const char *name, bool has_bias, size_t n, size_t k,
                        spoti_layer *layer)
{
    char full[SPOTI_TENSOR_NAME_SIZE];

    layer->n = n;
    layer->k = k;
    (void)spoti_format(full, sizeof full, "%s.weight", name);
    spoti_visit_parts(v, full, layer, 1);
    if (has_bias) {
        (void)spoti_format(full, sizeof full, "%s.bias", name);
        spoti_visit_plain(v, full, 0, n, SPOTI_VALUE_ANY, &layer->bias);
    }
}

spot_status spoti_weights_load(const spoti_safetensors *file, const char *path,
                               void (*visit)(spoti_visitor *v, void *object), void *object,
                               const spot_allocator *allocator, spoti_arena *arena, spot_diag *diag)
{
    spoti_visitor v = {
        .mode = SPOTI_VISIT_CHECK, .file = file, .path = path, .diag = diag, .arena = arena};

    /* Check; refuse a file with tensors that the architecture does not have. */
    visit(&v, object);
    if (v.status != SPOT_OK) {
        return v.status;
    }
    if (v.n_found != file->n_tensor) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %zu tensors, expected the %zu that config.json asks for", path,
                             file->n_tensor, v.n_found);
    }

    /* Measure, then assign. */
    v.mode = SPOTI_VISIT_PLACE;
    visit(&v, object);
    if (!spoti_arena_alloc(arena, allocator)) {
        return SPOT_E_NOMEM;
    }
    visit(&v, object);

    v.mode = SPOTI_VISIT_FILL;
    v.scratch = spoti_alloc(allocator, v.largest, sizeof *v.scratch);
    if (v.scratch == NULL) {
        return SPOT_E_NOMEM;
    }
    visit(&v, object);
    spoti_free(allocator, v.scratch, v.largest * sizeof *v.scratch);
    return v.status;
}
