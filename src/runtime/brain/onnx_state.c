/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Inference with an ONNX model.
 *
 * A session may be run by many threads at once, so there is one for all states: weights are in memory once. What is
 * a state's own is a block of buffers and a tensor over each, which ONNX Runtime reads and writes where they lie.
 */
#include "runtime/brain/onnx_state.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "spot/rng.h"

enum { ALIGNMENT = 64 };

struct spoti_ort_state {
    const spoti_ort_model *model;
    const spot_allocator *allocator;
    int n_steps;
    size_t n_run; /* how often the model is run for a chunk */
    spoti_ort_step steps[SPOT_POINT_STEPS_MAX];
    unsigned char *block; /* (block_size) all buffers */
    size_t block_size;
    float *rows;     /* (output.n) the answer */
    float *gathered; /* (largest state) */
    void *answer;    /* of the output tensor */
    void *buffers[SPOTI_ORT_INPUTS_MAX];
    OrtValue *values[SPOTI_ORT_INPUTS_MAX];
    OrtValue *output;
    const char *names[SPOTI_ORT_INPUTS_MAX]; /* borrowed from the model */
    const char *output_name;
};

/* ---- buffers ---- */

static void *take(unsigned char *base, size_t *used, size_t n, size_t size)
{
    void *at = base != NULL ? base + *used : NULL;
    *used += (n * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return at;
}

/* Lays the buffers out over `base`; over NULL it only measures. Returns the bytes. */
static size_t lay_out(spoti_ort_state *s, unsigned char *base)
{
    const spoti_ort_model *m = s->model;
    size_t used = 0;
    size_t largest = 1;
    for (size_t i = 0; i < m->n_slot; i++) {
        const spoti_ort_tensor *t = &m->slots[i].tensor;
        s->buffers[i] = take(base, &used, t->n, t->size);
        largest = m->slots[i].role == SPOTI_ORT_STATE && t->n > largest ? t->n : largest;
    }
    s->answer = take(base, &used, m->output.n, m->output.size);
    s->rows = (float *)take(base, &used, m->output.n, sizeof(*s->rows));
    s->gathered = (float *)take(base, &used, largest, sizeof(*s->gathered));
    return used;
}

static OrtStatus *make_value(const spoti_ort_model *m, const spoti_ort_tensor *t, void *buffer,
                             OrtValue **out)
{
    return m->session.ort.api->CreateTensorWithDataAsOrtValue(
        m->session.memory, buffer, t->n * t->size, t->dims, t->n_dim, t->type, out);
}

/* Tensors over the buffers; what never changes is written now. */
static spot_status bind(spoti_ort_state *s, spot_diag *diag)
{
    const spoti_ort_model *m = s->model;
    OrtStatus *status = make_value(m, &m->output, s->answer, &s->output);
    s->output_name = m->output.name;
    for (size_t i = 0; i < m->n_slot && status == NULL; i++) {
        const spoti_ort_slot *slot = &m->slots[i];
        s->names[i] = slot->tensor.name;
        status = make_value(m, &slot->tensor, s->buffers[i], &s->values[i]);
        for (size_t k = 0; k < slot->tensor.n; k++) {
            if (slot->role == SPOTI_ORT_CONSTANT || slot->role == SPOTI_ORT_STEPS) {
                spoti_ort_put(slot->tensor.type, s->buffers[i], k,
                              slot->values != NULL ? slot->values[k] : s->n_steps);
            }
        }
    }
    return spoti_ort_check(&m->session.ort, status, SPOT_E_FORMAT, m->file, diag);
}

spot_status spoti_ort_state_create(const spoti_ort_model *model, int steps,
                                   const spot_allocator *allocator, spoti_ort_state **out,
                                   spot_diag *diag)
{
    *out = NULL;
    spoti_ort_state *s = (spoti_ort_state *)spoti_calloc(allocator, 1, sizeof(*s));
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->model = model;
    s->allocator = allocator;
    s->n_steps = steps > 0 ? steps : model->default_steps;
    s->n_run = model->loops ? (size_t)s->n_steps : 1;
    spot_status st = SPOT_OK;
    if (model->loops) {
        st = spoti_ort_steps(&model->refinement, s->n_steps, s->steps, diag);
    }
    s->block_size = lay_out(s, NULL);
    s->block = (unsigned char *)spoti_calloc(allocator, s->block_size, 1);
    st = st == SPOT_OK && s->block == NULL ? SPOT_E_NOMEM : st;
    if (st == SPOT_OK) {
        (void)lay_out(s, s->block);
        st = bind(s, diag);
    }
    if (st != SPOT_OK) {
        spoti_ort_state_destroy(s);
        return st;
    }
    *out = s;
    return SPOT_OK;
}

void spoti_ort_state_destroy(spoti_ort_state *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->model->n_slot; i++) {
        s->model->session.ort.api->ReleaseValue(s->values[i]);
    }
    s->model->session.ort.api->ReleaseValue(s->output);
    spoti_free(s->allocator, s->block, s->block_size);
    spoti_free(s->allocator, s, sizeof(*s));
}

/* ---- what goes in ---- */

static void fill_state(spoti_ort_state *s, size_t i, const float *obs)
{
    const spoti_ort_slot *slot = &s->model->slots[i];
    for (size_t k = 0; k < slot->tensor.n; k++) {
        s->gathered[k] = obs[slot->entries != NULL ? slot->entries[k] : (int)k];
    }
    spoti_scaling_apply(&slot->scaling, (int)slot->tensor.n, s->gathered, s->gathered);
    for (size_t k = 0; k < slot->tensor.n; k++) {
        spoti_ort_put(slot->tensor.type, s->buffers[i], k, s->gathered[k]);
    }
}

static spot_status fill_image(spoti_ort_state *s, size_t i, const spot_brain_input *input,
                              spot_diag *diag)
{
    const spoti_ort_slot *slot = &s->model->slots[i];
    for (int k = 0; k < input->n_images; k++) {
        if (strcmp(input->images[k].name, slot->camera) == 0) {
            return spoti_image_map_apply(&slot->image, &input->images[k], s->buffers[i], diag);
        }
    }
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "%s: the task has no camera '%s', which input '%s' wants, expected "
                         "camera: one of its %d%s%s",
                         s->model->path, slot->camera, slot->tensor.name, input->n_images,
                         input->n_images > 0 ? ", the first is " : "",
                         input->n_images > 0 ? input->images[0].name : "");
}

/* The noise of the chunk goes where its actions lie in the answer. Where the model has more of it, the rest is drawn by
 * the noise itself, so that it too is a function of seed and inference alone. */
static void fill_noise(spoti_ort_state *s, const float *noise)
{
    const spoti_ort_model *m = s->model;
    const spoti_action_map *a = &m->action;
    const spoti_ort_tensor *t = &m->slots[m->noise].tensor;
    const size_t n_chunk = (size_t)a->horizon * (size_t)a->dim;
    const bool alike = t->n == m->output.n;
    void *buffer = s->buffers[m->noise];
    if (!alike || n_chunk != t->n) {
        const uint64_t seed = spoti_hash(SPOTI_HASH_START, noise, n_chunk * sizeof(*noise));
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_POLICY, 0);
        for (size_t k = 0; k < t->n; k++) {
            spoti_ort_put(t->type, buffer, k, spot_rng_normal(&rng));
        }
    }
    for (int k = 0; k < a->horizon && alike; k++) {
        for (int i = 0; i < a->dim; i++) {
            const size_t at = (size_t)(a->first + k) * (size_t)a->model_dim + (size_t)a->columns[i];
            spoti_ort_put(t->type, buffer, at, noise[(size_t)k * (size_t)a->dim + (size_t)i]);
        }
    }
}

static spot_status fill(spoti_ort_state *s, const spot_brain_input *input, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    for (size_t i = 0; i < s->model->n_slot && st == SPOT_OK; i++) {
        if (s->model->slots[i].role == SPOTI_ORT_STATE) {
            fill_state(s, i, input->obs);
        } else if (s->model->slots[i].role == SPOTI_ORT_IMAGE) {
            st = fill_image(s, i, input, diag);
        } else if (s->model->slots[i].role == SPOTI_ORT_NOISE) {
            fill_noise(s, input->noise);
        }
    }
    return st;
}

/* ---- running ---- */

/* One run of the model, at a step of the loop where that is ours. */
static spot_status run(spoti_ort_state *s, const spoti_ort_step *step, spot_diag *diag)
{
    const spoti_ort_model *m = s->model;
    const OrtApi *api = m->session.ort.api;
    for (size_t i = 0; i < m->n_slot; i++) {
        const spoti_ort_slot *slot = &m->slots[i];
        for (size_t k = 0; slot->role == SPOTI_ORT_TIME && k < slot->tensor.n; k++) {
            spoti_ort_put(slot->tensor.type, s->buffers[i], k, step->time * slot->scale);
        }
    }
    return spoti_ort_check(&m->session.ort,
                           api->Run(m->session.session, NULL, s->names,
                                    (const OrtValue *const *)s->values, m->n_slot, &s->output_name,
                                    1, &s->output),
                           SPOT_E_FORMAT, m->file, diag);
}

/* Takes the step that the answer says. */
static void refine(spoti_ort_state *s, const spoti_ort_step *step)
{
    const spoti_ort_model *m = s->model;
    const ONNXTensorElementDataType type = m->slots[m->noise].tensor.type;
    void *x = s->buffers[m->noise];
    for (size_t i = 0; i < m->output.n; i++) {
        const double output = spoti_ort_get(m->output.type, s->answer, i);
        spoti_ort_put(type, x, i,
                      spoti_ort_next(&m->refinement, step, spoti_ort_get(type, x, i), output));
    }
}

/* From what has been filled in to the model's whole answer, rows. */
static spot_status answer(spoti_ort_state *s, spot_diag *diag)
{
    const spoti_ort_model *m = s->model;
    for (size_t k = 0; k < s->n_run; k++) {
        spot_status st = run(s, &s->steps[k], diag);
        if (st != SPOT_OK) {
            return st;
        }
        if (m->loops) {
            refine(s, &s->steps[k]);
        }
    }
    const void *from = m->loops ? s->buffers[m->noise] : s->answer;
    const ONNXTensorElementDataType type =
        m->loops ? m->slots[m->noise].tensor.type : m->output.type;
    for (size_t i = 0; i < m->output.n; i++) {
        s->rows[i] = (float)spoti_ort_get(type, from, i);
    }
    return SPOT_OK;
}

spot_status spoti_ort_state_try(spoti_ort_state *s, spot_diag *diag)
{
    return run(s, &s->steps[0], diag);
}

spot_status spoti_ort_state_hash(spoti_ort_state *s, uint64_t *hash, spot_diag *diag)
{
    spot_rng rng = spot_rng_at(0, SPOT_STREAM_POLICY, 0);
    for (size_t i = 0; i < s->model->n_slot; i++) {
        const spoti_ort_slot *slot = &s->model->slots[i];
        const bool drawn = slot->role == SPOTI_ORT_STATE || slot->role == SPOTI_ORT_NOISE;
        for (size_t k = 0; drawn && k < slot->tensor.n; k++) {
            spoti_ort_put(slot->tensor.type, s->buffers[i], k, spot_rng_normal(&rng));
        }
    }
    spot_status st = answer(s, diag);
    *hash = spoti_hash(*hash, s->rows, s->model->output.n * sizeof(*s->rows));
    return st;
}

spot_status spoti_ort_state_infer(spoti_ort_state *s, const spot_brain_input *input, float *chunk,
                                  spot_diag *diag)
{
    spot_status st = fill(s, input, diag);
    st = st == SPOT_OK ? answer(s, diag) : st;
    return st == SPOT_OK ? spoti_action_map_apply(&s->model->action, s->rows, input->anchor,
                                                  input->n_anchor, chunk, diag)
                         : st;
}
