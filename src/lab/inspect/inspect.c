/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Streams the tensors of a file: one pass for the counts and the sample, then the fit.
 *
 * Memory is the header's entries, one chunk and one sample, all taken at open.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/text.h"
#include "core/coinfer/coinfer.h"
#include "lab/inspect/inspect.h"
#include "lab/inspect/tally.h"
#include "lab/inspect/weights.h"
#include "spot/rng.h"

enum {
    CHUNK = 1 << 14 /* elements: they stay in the cache */,
    ELEMENT_MAX = 4 /* bytes of a weight */
};

struct spot_inspect {
    const spot_allocator *allocator;
    spot_inspect_config config;
    spoti_weights weights;
    unsigned char *bytes; /* (CHUNK * ELEMENT_MAX) */
    float *chunk;         /* (CHUNK) */
    float *sample;        /* (sample_max) */
    double *sum;          /* (sample_max + 1) */
    double *levels;       /* (2^(SPOT_INSPECT_BITS_MAX - 1)) */
};

void spot_inspect_config_default(spot_inspect_config *config)
{
    if (config != NULL) {
        *config = (spot_inspect_config){.size = sizeof(*config),
                                        .bits = {2, 3, 4, 6, 8},
                                        .n_bits = 5,
                                        .sample_max = SPOT_INSPECT_SAMPLE};
    }
}

static bool config_is_good(const spot_inspect_config *config)
{
    if (config->n_bits < 0 || config->n_bits > SPOT_INSPECT_BITS_MAX || config->sample_max < 2 ||
        config->sample_max > SPOT_INSPECT_SAMPLE_MAX) {
        return false;
    }
    for (int i = 0; i < config->n_bits; i++) {
        if (config->bits[i] < 1 || config->bits[i] > SPOT_INSPECT_BITS_MAX) {
            return false;
        }
    }
    return true;
}

static bool take_workspace(spot_inspect *f)
{
    f->bytes = spoti_alloc(f->allocator, CHUNK, ELEMENT_MAX);
    f->chunk = spoti_alloc(f->allocator, CHUNK, sizeof(*f->chunk));
    f->sample = spoti_alloc(f->allocator, f->config.sample_max, sizeof(*f->sample));
    f->sum = spoti_alloc(f->allocator, f->config.sample_max + 1, sizeof(*f->sum));
    f->levels =
        spoti_alloc(f->allocator, spoti_level_count(SPOT_INSPECT_BITS_MAX), sizeof(*f->levels));
    return f->bytes != NULL && f->chunk != NULL && f->sample != NULL && f->sum != NULL &&
           f->levels != NULL;
}

spot_status spot_inspect_open(const char *path, const spot_inspect_config *config,
                              spot_inspect **out, spot_diag *diag)
{
    spot_inspect_config used;
    spot_inspect *f = NULL;
    spot_status st = SPOT_OK;

    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    spot_inspect_config_default(&used);
    if (path == NULL ||
        (config != NULL && SPOTI_CONFIG_CHECK(spot_inspect_config, config, diag) != SPOT_OK)) {
        return SPOT_E_INVALID;
    }
    if (config != NULL) {
        used = *config;
    }
    if (!config_is_good(&used)) {
        return SPOT_E_RANGE;
    }
    f = spoti_calloc(used.allocator, 1, sizeof(*f));
    if (f == NULL) {
        return SPOT_E_NOMEM;
    }
    f->allocator = used.allocator;
    f->config = used;
    st = spoti_weights_open(path, used.allocator, &f->weights, diag);
    if (st == SPOT_OK && !take_workspace(f)) {
        st = SPOT_E_NOMEM;
    }
    if (st != SPOT_OK) {
        goto fail;
    }
    *out = f;
    return SPOT_OK;

fail:
    spot_inspect_close(f);
    return st;
}

void spot_inspect_close(spot_inspect *file)
{
    if (file == NULL) {
        return;
    }
    const spot_allocator *allocator = file->allocator;
    const size_t n_sample = file->config.sample_max;

    spoti_weights_close(&file->weights);
    spoti_free(allocator, file->bytes, (size_t)CHUNK * ELEMENT_MAX);
    spoti_free(allocator, file->chunk, CHUNK * sizeof(*file->chunk));
    spoti_free(allocator, file->sample, n_sample * sizeof(*file->sample));
    spoti_free(allocator, file->sum, (n_sample + 1) * sizeof(*file->sum));
    spoti_free(allocator, file->levels,
               spoti_level_count(SPOT_INSPECT_BITS_MAX) * sizeof(*file->levels));
    spoti_free(allocator, file, sizeof(*file));
}

size_t spot_inspect_count(const spot_inspect *file)
{
    return file != NULL ? spoti_weights_count(&file->weights) : 0;
}

size_t spot_inspect_value_count(const spot_inspect *file)
{
    return file != NULL ? file->weights.onnx.n_input + file->weights.onnx.n_output : 0;
}

spot_status spot_inspect_value_at(const spot_inspect *file, size_t i, spot_inspect_value *value)
{
    if (file == NULL || value == NULL) {
        return SPOT_E_INVALID;
    }
    if (i >= spot_inspect_value_count(file)) {
        return SPOT_E_RANGE;
    }
    const spoti_onnx *m = &file->weights.onnx;
    const bool is_output = i >= m->n_input;
    const spoti_onnx_value *v = is_output ? &m->outputs[i - m->n_input] : &m->inputs[i];

    *value = (spot_inspect_value){.is_output = is_output, .n_dim = v->n_dim};
    (void)spoti_copy(value->name, sizeof(value->name), v->name);
    (void)spoti_copy(value->dtype, sizeof(value->dtype), v->dtype);
    memcpy(value->shape, v->shape, sizeof(value->shape));
    return SPOT_OK;
}

/* Reading ---------------------------------------------------------------------------------------- */

/* Draws one element of each of n_sample nearly equal parts of n_element, in order. */
typedef struct sampler {
    spot_rng rng;
    size_t n_element, n_sample;
    size_t i;    /* of the next draw */
    size_t next; /* its element */
} sampler;

/* floor(n a / b) for a <= b without overflow of n a; b below 2^32. */
static size_t scaled(size_t n, size_t a, size_t b)
{
    return n / b * a + n % b * a / b;
}

static void draw(sampler *s)
{
    const size_t from = scaled(s->n_element, s->i, s->n_sample);
    const size_t width = scaled(s->n_element, s->i + 1, s->n_sample) - from;

    s->next = from + (width > 1 ? (size_t)spot_rng_uniform(&s->rng, 0.0, (double)width) : 0);
}

/* Keeps what the sampler asks for of the n elements of the chunk, which start at element `first`. */
static void take_sample(spot_inspect *f, size_t first, size_t n, sampler *s)
{
    while (s->i < s->n_sample && s->next < first + n) {
        f->sample[s->i++] = fabsf(f->chunk[s->next - first]);
        if (s->i < s->n_sample) {
            draw(s);
        }
    }
}

static spot_status scan(spot_inspect *f, size_t i, const spoti_tensor *e, spot_inspect_tensor *t,
                        spot_diag *diag)
{
    sampler s = {.rng = spot_rng_at(0, SPOT_STREAM_BOOTSTRAP, 0),
                 .n_element = e->n_element,
                 .n_sample = t->n_sample};
    spoti_tally tally = {.n = 0};

    draw(&s);
    for (size_t first = 0; first < e->n_element; first += CHUNK) {
        const size_t n = e->n_element - first < CHUNK ? e->n_element - first : CHUNK;
        const spoti_tensor part = {.dtype = e->dtype, .n_element = n, .data = f->bytes};
        spot_status st = spoti_weights_read(&f->weights, i, e, first * e->element_size, f->bytes,
                                            n * e->element_size, diag);

        if (st != SPOT_OK) {
            return st;
        }
        spoti_tensor_to_f32(&part, f->chunk);
        spoti_tally_add(&tally, f->chunk, n);
        take_sample(f, first, n, &s);
    }
    const size_t n_finite = tally.n - tally.n_nan - tally.n_infinite;
    t->n_zero = tally.n_zero;
    t->n_nan = tally.n_nan;
    t->n_infinite = tally.n_infinite;
    t->min = tally.min;
    t->max = tally.max;
    t->mean_abs = n_finite > 0 ? tally.sum_abs / (double)n_finite : 0.0;
    return SPOT_OK;
}

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;

    return (x > y) - (x < y);
}

static spot_status fit(spot_inspect *f, spot_inspect_tensor *t)
{
    const spoti_magnitudes m = {f->sample, f->sum, t->n_sample};

    qsort(f->sample, t->n_sample, sizeof(*f->sample), compare_floats);
    f->sum[0] = 0.0;
    for (size_t i = 0; i < t->n_sample; i++) {
        f->sum[i + 1] = f->sum[i] + (double)f->sample[i];
    }
    t->lambda = 1.0 / t->mean_abs;
    t->ks = spoti_inspect_ks(&m, t->lambda);
    /* a sample may miss the few weights that are not 0: then there is no error to speak of */
    t->n_error = f->sum[t->n_sample] > 0.0 ? f->config.n_bits : 0;
    for (int i = 0; i < t->n_error; i++) {
        t->errors[i].bits = f->config.bits[i];
        spoti_inspect_errors(&m, t->lambda, f->levels, &t->errors[i]);
    }
    return f->config.source && t->n_error > 0
               ? spoti_inspect_source(&m, f->allocator, t->errors, t->n_error)
               : SPOT_OK;
}

spot_status spot_inspect_read(spot_inspect *file, size_t i, spot_inspect_tensor *tensor,
                              spot_diag *diag)
{
    if (file == NULL || tensor == NULL) {
        return SPOT_E_INVALID;
    }
    if (i >= spoti_weights_count(&file->weights)) {
        return SPOT_E_RANGE;
    }
    spoti_tensor own;
    const spoti_tensor *e = &own;
    spot_status st = spoti_weights_at(&file->weights, i, &own);

    *tensor = (spot_inspect_tensor){.n_dim = 0};
    if (st != SPOT_OK) {
        return st;
    }
    const bool is_weight = e->dtype != SPOTI_DTYPE_OTHER;
    *tensor = (spot_inspect_tensor){
        .n_dim = e->n_dim, .n_element = e->n_element, .n_byte = e->end - e->begin};
    (void)spoti_copy(tensor->name, sizeof(tensor->name), e->name);
    (void)spoti_copy(tensor->dtype, sizeof(tensor->dtype), e->dtype_name);
    memcpy(tensor->shape, e->shape, sizeof(tensor->shape));
    if (!is_weight || e->n_element == 0) {
        tensor->found = is_weight ? SPOT_INSPECT_EMPTY : SPOT_INSPECT_LISTED;
        return SPOT_OK;
    }
    tensor->n_sample =
        e->n_element < file->config.sample_max ? e->n_element : file->config.sample_max;
    st = scan(file, i, e, tensor, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (tensor->n_nan + tensor->n_infinite > 0) {
        tensor->found = SPOT_INSPECT_NOT_FINITE;
    } else if (tensor->mean_abs <= 0.0) {
        tensor->found = SPOT_INSPECT_ALL_ZERO;
    } else {
        return fit(file, tensor);
    }
    tensor->n_sample = 0;
    return SPOT_OK;
}
