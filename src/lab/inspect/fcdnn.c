/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A fully connected network without biases: y = W_L relu(W_(L-1) ... relu(W_1 x)).
 *
 * Inputs are divided by their sum, so |x|_1 = 1 as the bounds on the output want it. Sums are taken in double, so
 * that what is measured is what rounding does and not the order of additions.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/inspect/subject.h"
#include "runtime/nn/safetensors.h"

enum { PATH_SIZE = 1024, WIDTH_MAX = 4096 };

typedef struct fcdnn {
    spoti_subject base;
    spoti_safetensors model, test;
    size_t n_weight, widest;
    size_t shape[SPOT_DISTORTION_LAYERS_MAX][2]; /* outputs, inputs */
    float *w[SPOT_DISTORTION_LAYERS_MAX];        /* into `weights` */
    float *weights;                              /* (n_weight) */
    float *rounded;                              /* (n_weight) */
    double *wide;                                /* (2 n_weight) for the bound */
    float *x;                                    /* (n_input x inputs) */
    double *rows;                                /* (2 x widest) */
    int *labels;
} fcdnn;

static size_t count_of(const fcdnn *f, size_t layer)
{
    return f->shape[layer][0] * f->shape[layer][1];
}

static size_t weights_of(const spoti_subject *s, size_t layer)
{
    return count_of((const fcdnn *)(const void *)s, layer);
}

static void name_of(const spoti_subject *s, size_t layer, char text[SPOT_DISTORTION_NAME_SIZE])
{
    (void)s;
    (void)spoti_format(text, SPOT_DISTORTION_NAME_SIZE, "layers.%02zu", layer);
}

static void read_weights(const spoti_subject *s, size_t layer, float *w)
{
    const fcdnn *f = (const fcdnn *)(const void *)s;

    memcpy(w, f->w[layer], count_of(f, layer) * sizeof *w);
}

/* Fills f->rounded. */
static void round_layers(const fcdnn *f, const spoti_numeric *how, size_t only)
{
    memcpy(f->rounded, f->weights, f->n_weight * sizeof *f->rounded);
    for (size_t l = 0; l < f->base.n_layer && how != NULL; l++) {
        if (only == SPOTI_ROUND_ALL || only == l) {
            spoti_numeric_round(f->rounded + (f->w[l] - f->weights), count_of(f, l), how);
        }
    }
}

/* out (outputs) of one input */
static void forward(const fcdnn *f, const float *x, float *out)
{
    const size_t n_layer = f->base.n_layer;
    double *from = f->rows;
    double *to = f->rows + f->widest;

    for (size_t j = 0; j < f->shape[0][1]; j++) {
        from[j] = (double)x[j];
    }
    for (size_t l = 0; l < n_layer; l++) {
        const size_t k = f->shape[l][1];
        const float *w = f->rounded + (f->w[l] - f->weights);

        for (size_t i = 0; i < f->shape[l][0]; i++) {
            double sum = 0.0;

            for (size_t j = 0; j < k; j++) {
                sum += (double)w[i * k + j] * from[j];
            }
            to[i] = l + 1 < n_layer ? fmax(0.0, sum) : sum;
        }

        double *swap = from;

        from = to;
        to = swap;
    }
    for (size_t i = 0; i < f->base.n_output; i++) {
        out[i] = (float)from[i];
    }
}

static spot_status run(const spoti_subject *s, const spoti_numeric *how, size_t only, float *out)
{
    const fcdnn *f = (const fcdnn *)(const void *)s;

    round_layers(f, how, only);
    for (size_t i = 0; i < s->n_input; i++) {
        forward(f, f->x + i * f->shape[0][1], out + i * s->n_output);
    }
    for (size_t i = 0; i < s->n_input * s->n_output; i++) {
        if (!isfinite(out[i])) {
            return SPOT_E_RANGE;
        }
    }
    return SPOT_OK;
}

static spot_status bound_of(const spoti_subject *s, const spoti_numeric *how, size_t only,
                            spot_coinfer_output_bound *bound)
{
    const fcdnn *f = (const fcdnn *)(const void *)s;
    spot_coinfer_layer layers[SPOT_DISTORTION_LAYERS_MAX];

    round_layers(f, how, only);
    for (size_t i = 0; i < f->n_weight; i++) {
        f->wide[i] = (double)f->weights[i];
        f->wide[f->n_weight + i] = (double)f->rounded[i];
    }
    for (size_t l = 0; l < s->n_layer; l++) {
        const double *w = f->wide + (f->w[l] - f->weights);

        layers[l] = (spot_coinfer_layer){f->shape[l][0], f->shape[l][1], w, w + f->n_weight};
    }
    return spot_coinfer_output_error(layers, s->n_layer, 1.0, bound);
}

static void close_fcdnn(spoti_subject *s)
{
    fcdnn *f = (fcdnn *)(void *)s;
    const spot_allocator *a = s->allocator;
    const size_t n_x = s->n_input * f->shape[0][1];

    spoti_safetensors_close(&f->model);
    spoti_safetensors_close(&f->test);
    spoti_free(a, f->weights, f->n_weight * sizeof *f->weights);
    spoti_free(a, f->rounded, f->n_weight * sizeof *f->rounded);
    spoti_free(a, f->wide, 2 * f->n_weight * sizeof *f->wide);
    spoti_free(a, f->x, n_x * sizeof *f->x);
    spoti_free(a, f->rows, 2 * f->widest * sizeof *f->rows);
    spoti_free(a, f->labels, s->n_input * sizeof *f->labels);
    spoti_free(a, f, sizeof *f);
}

/* Takes the shapes of layers.00.weight and so on, which chain and are all that there is. */
static spot_status take_shapes(fcdnn *f, const char *path, spot_diag *diag)
{
    for (size_t l = 0; l < f->model.n_tensor; l++) {
        char name[32];

        (void)spoti_format(name, sizeof name, "layers.%02zu.weight", l);
        const spoti_tensor *t = spoti_safetensors_find(&f->model, name);

        if (l >= SPOT_DISTORTION_LAYERS_MAX || t == NULL || t->n_dim != 2 || t->n_element == 0 ||
            t->shape[0] > WIDTH_MAX || t->shape[1] > WIDTH_MAX ||
            (l > 0 && t->shape[1] != f->shape[l - 1][0])) {
            return spot_diag_set(
                diag, SPOT_E_FORMAT,
                "%s: no matrix %s that fits the one before, expected layers.00.weight to "
                "layers.NN.weight (outputs x inputs, at most %d) and nothing else",
                path, name, (int)WIDTH_MAX);
        }
        f->shape[l][0] = t->shape[0];
        f->shape[l][1] = t->shape[1];
        f->n_weight += t->n_element;
        f->widest = t->shape[0] > f->widest ? t->shape[0] : f->widest;
        f->widest = t->shape[1] > f->widest ? t->shape[1] : f->widest;
        f->base.n_layer++;
    }
    return f->base.n_layer > 0
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s: no layers, expected layers.00.weight and so on", path);
}

static spot_status take_weights(fcdnn *f, const char *path, spot_diag *diag)
{
    size_t at = 0;

    for (size_t l = 0; l < f->base.n_layer; l++) {
        char name[32];

        (void)spoti_format(name, sizeof name, "layers.%02zu.weight", l);
        f->w[l] = f->weights + at;
        spoti_tensor_to_f32(spoti_safetensors_find(&f->model, name), f->w[l]);
        at += count_of(f, l);
    }
    for (size_t i = 0; i < f->n_weight; i++) {
        if (!isfinite(f->weights[i])) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: a weight is not finite, expected finite ones", path);
        }
    }
    return SPOT_OK;
}

/* Inputs over their sums, which must be positive, and labels, which must be outputs. */
static spot_status take_inputs(fcdnn *f, const spoti_tensor *pixels, const spoti_tensor *labels,
                               const char *path, spot_diag *diag)
{
    const size_t k = f->shape[0][1];
    float *as_float = f->x; /* labels first, which are fewer */

    spoti_tensor_to_f32(labels, as_float);
    for (size_t i = 0; i < f->base.n_input; i++) {
        if (!(as_float[i] >= 0.0F && as_float[i] < (float)f->base.n_output)) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s: label %zu, expected 0..%zu", path, i,
                                 f->base.n_output - 1);
        }
        f->labels[i] = (int)as_float[i];
    }
    spoti_tensor_to_f32(pixels, f->x);
    for (size_t i = 0; i < f->base.n_input; i++) {
        double sum = 0.0;

        for (size_t j = 0; j < k; j++) {
            const double pixel = (double)f->x[i * k + j];

            sum = pixel >= 0.0 ? sum + pixel : NAN;
        }
        if (!(isfinite(sum) && sum > 0.0)) {
            return spot_diag_set(
                diag, SPOT_E_FORMAT,
                "%s: input %zu, expected finite pixels from 0 on that are not all 0", path, i);
        }
        for (size_t j = 0; j < k; j++) {
            f->x[i * k + j] = (float)((double)f->x[i * k + j] / sum);
        }
    }
    return SPOT_OK;
}

static bool take_memory(fcdnn *f)
{
    const spot_allocator *a = f->base.allocator;

    f->weights = spoti_alloc(a, f->n_weight, sizeof *f->weights);
    f->rounded = spoti_alloc(a, f->n_weight, sizeof *f->rounded);
    f->wide = spoti_alloc(a, 2 * f->n_weight, sizeof *f->wide);
    f->x = spoti_alloc(a, f->base.n_input * f->shape[0][1], sizeof *f->x);
    f->rows = spoti_alloc(a, 2 * f->widest, sizeof *f->rows);
    f->labels = spoti_alloc(a, f->base.n_input, sizeof *f->labels);
    return f->weights != NULL && f->rounded != NULL && f->wide != NULL && f->x != NULL &&
           f->rows != NULL && f->labels != NULL;
}

static spot_status read_all(fcdnn *f, const char *path, spot_diag *diag)
{
    char model[PATH_SIZE];
    char test[PATH_SIZE];

    if (!spoti_format(model, sizeof model, "%s/model.safetensors", path) ||
        !spoti_format(test, sizeof test, "%s/test.safetensors", path)) {
        return spoti_refuse_path(SPOT_E_IO, path, diag);
    }
    spot_status st = spoti_safetensors_read(model, f->base.allocator, &f->model, diag);
    st = st == SPOT_OK ? take_shapes(f, model, diag) : st;
    st = st == SPOT_OK ? spoti_safetensors_read(test, f->base.allocator, &f->test, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    const spoti_tensor *pixels = spoti_safetensors_find(&f->test, "pixels");
    const spoti_tensor *labels = spoti_safetensors_find(&f->test, "labels");

    if (pixels == NULL || labels == NULL || pixels->n_dim != 2 || labels->n_dim != 1 ||
        pixels->shape[1] != f->shape[0][1] || pixels->shape[0] != labels->shape[0] ||
        labels->n_element < 1 || labels->n_element > SPOT_DISTORTION_INPUTS_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: expected pixels (n x %zu) and labels (n), n = 1..%d", test,
                             f->shape[0][1], (int)SPOT_DISTORTION_INPUTS_MAX);
    }
    f->base.n_output = f->shape[f->base.n_layer - 1][0];
    f->base.n_input = labels->n_element;
    if (!take_memory(f)) {
        return SPOT_E_NOMEM;
    }
    f->base.labels = f->labels;
    st = take_weights(f, model, diag);
    return st == SPOT_OK ? take_inputs(f, pixels, labels, test, diag) : st;
}

spot_status spoti_fcdnn_open(const char *path, const spot_allocator *allocator, spoti_subject **out,
                             spot_diag *diag)
{
    static const spoti_subject_ops ops = {.weights = weights_of,
                                          .name = name_of,
                                          .read = read_weights,
                                          .run = run,
                                          .bound = bound_of,
                                          .close = close_fcdnn};
    fcdnn *f = spoti_calloc(allocator, 1, sizeof *f);

    *out = NULL;
    if (f == NULL) {
        return SPOT_E_NOMEM;
    }
    f->base.ops = &ops;
    f->base.allocator = allocator;
    const spot_status st = read_all(f, path, diag);

    if (st != SPOT_OK) {
        close_fcdnn(&f->base);
        return st;
    }
    *out = &f->base;
    return SPOT_OK;
}
