/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Brings what policy.yaml says of a model together with what ONNX Runtime says of it. */
#include "runtime/brain/onnx_model.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"

/* What the loading knows. */
typedef struct loader {
    const spoti_ort_file *file;
    const spot_brain_open_config *config;
    spoti_ort_model *m;
    spot_diag *diag;
} loader;

/* ---- which input is which ---- */

/* The names of all inputs (or outputs), for messages. */
static void list_names(const loader *l, bool outputs, char *out, size_t size)
{
    const size_t n = spoti_ort_count(&l->m->session, outputs);
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && used < size - 1; i++) {
        char name[SPOTI_ORT_NAME_SIZE] = "";
        (void)spoti_ort_name(&l->m->session, outputs, i, name, NULL);
        (void)spoti_format(out + used, size - used, "%s%s", i > 0 ? ", " : "", name);
        used = strlen(out);
    }
}

/* The place of the input (or output) called `name`. */
static spot_status find_tensor(const loader *l, bool outputs, const char *name, int line,
                               size_t *at)
{
    const size_t n = spoti_ort_count(&l->m->session, outputs);
    for (*at = 0; *at < n; (*at)++) {
        char found[SPOTI_ORT_NAME_SIZE] = "";
        spot_status st = spoti_ort_name(&l->m->session, outputs, *at, found, l->diag);
        if (st != SPOT_OK || strcmp(found, name) == 0) {
            return st;
        }
    }
    char names[256];
    list_names(l, outputs, names, sizeof(names));
    return spot_diag_set(l->diag, SPOT_E_FORMAT,
                         "%s:%d: the model has no %s '%s', expected one of: %s", l->m->path, line,
                         outputs ? "output" : "input", name, names);
}

/* An input that nobody fills is an error of its own, for the model would not say it before it runs. */
static spot_status check_all_named(const loader *l)
{
    const size_t n = spoti_ort_count(&l->m->session, false);
    for (size_t i = 0; i < n; i++) {
        char name[SPOTI_ORT_NAME_SIZE] = "";
        bool named = false;
        spot_status st = spoti_ort_name(&l->m->session, false, i, name, l->diag);
        for (uint64_t k = 0; k < l->file->inputs_count && st == SPOT_OK; k++) {
            named = named || strcmp(l->file->inputs[k].name, name) == 0;
        }
        if (st != SPOT_OK || !named) {
            return st != SPOT_OK
                       ? st
                       : spot_diag_set(l->diag, SPOT_E_FORMAT,
                                       "%s:%d: the model's input '%s' is not here, expected its "
                                       "role",
                                       l->m->path, spoti_yaml_line_of(l->m->path, "inputs", 1),
                                       name);
        }
    }
    return SPOT_OK;
}

/* ---- roles ---- */

static spot_status load_state(loader *l, const spoti_ort_input_file *in, int line,
                              spoti_ort_slot *slot)
{
    const size_t n = slot->tensor.n;
    int end = in->entries == NULL ? (int)n : 0; /* what the observation must have at least */
    if (n > SPOT_BRAIN_DIM_MAX || (in->entries != NULL && in->entries_count != n)) {
        return spot_diag_set(l->diag, SPOT_E_FORMAT,
                             "%s:%d: '%s' takes %zu numbers, expected as many entries, at most %d",
                             l->m->path, line, in->name, n, SPOT_BRAIN_DIM_MAX);
    }
    if (in->entries != NULL) {
        slot->entries = (int *)spoti_calloc(l->m->allocator, n, sizeof(*slot->entries));
        if (slot->entries == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    for (size_t i = 0; in->entries != NULL && i < n; i++) {
        slot->entries[i] = in->entries[i];
        end = in->entries[i] >= end ? in->entries[i] + 1 : end;
        if (in->entries[i] < 0 || in->entries[i] >= SPOT_BRAIN_DIM_MAX) {
            return spot_diag_set(l->diag, SPOT_E_FORMAT, "%s:%d: entries: %d, expected >= 0",
                                 l->m->path, spoti_yaml_line_of(l->m->path, "entries", line),
                                 in->entries[i]);
        }
    }
    const int task = l->config->obs_dim;
    if (task > 0 && (end > task || (in->entries == NULL && end != task))) {
        return spot_diag_set(l->diag, SPOT_E_FORMAT,
                             "%s:%d: '%s' %s %d numbers, the task's observation has %d; "
                             "entries: [...] says which of them",
                             l->m->path, line, in->name,
                             in->entries == NULL ? "takes" : "reads of at least", end, task);
    }
    l->m->obs_dim = task > 0 ? task : end > l->m->obs_dim ? end : l->m->obs_dim;
    return spoti_scaling_load(l->m->path, spoti_yaml_line_of(l->m->path, "normalise", line),
                              in->normalise, (int)n, 1, l->m->allocator, &slot->scaling, l->diag);
}

/* A number for each, or one for all. */
static spot_status load_constant(loader *l, const spoti_ort_input_file *in, int line,
                                 spoti_ort_slot *slot)
{
    const size_t n = slot->tensor.n;
    if (in->values_count != 1 && in->values_count != n) {
        return spot_diag_set(l->diag, SPOT_E_FORMAT,
                             "%s:%d: '%s' takes %zu numbers, expected as many values, or one",
                             l->m->path, line, in->name, n);
    }
    slot->values = (double *)spoti_calloc(l->m->allocator, n, sizeof(*slot->values));
    if (slot->values == NULL) {
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        slot->values[i] = in->values[in->values_count == 1 ? 0 : i];
        if (!(fabs(slot->values[i]) < 9e15)) {
            return spot_diag_set(l->diag, SPOT_E_FORMAT,
                                 "%s:%d: values: expected numbers within +-9e15", l->m->path,
                                 spoti_yaml_line_of(l->m->path, "values", line));
        }
    }
    return SPOT_OK;
}

static spot_status load_image(loader *l, const spoti_ort_input_file *in, int line,
                              spoti_ort_slot *slot)
{
    static const spoti_image_file nothing_said = {.height = NULL};
    const spoti_image_file *file = in->image != NULL ? in->image : &nothing_said;
    const spoti_ort_tensor *t = &slot->tensor;
    const size_t rank = t->n_dim;
    const int64_t *d = rank >= 3 ? t->dims + rank - 3 : t->dims;
    const bool first = file->layout == 1;
    if (rank < 3 || d[first ? 0 : 2] != 3 || (size_t)(d[0] * d[1] * d[2]) != t->n) {
        return spot_diag_set(l->diag, SPOT_E_FORMAT,
                             "%s:%d: '%s' is no picture by its shape, expected [1, %s] with "
                             "layout: %s",
                             l->m->path, line, in->name,
                             first ? "3, height, width" : "height, width, 3",
                             first ? "chw" : "hwc");
    }
    spot_status st = spoti_image_map_load(l->m->path, line, file, (int)d[first ? 1 : 0],
                                          (int)d[first ? 2 : 1], &slot->image, l->diag);
    const bool bytes = t->type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    if (st == SPOT_OK && (slot->image.bytes != bytes ||
                          (!bytes && t->type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT))) {
        st = spot_diag_set(l->diag, SPOT_E_FORMAT,
                           "%s:%d: '%s' takes %s, expected float32 for values: unit or signed, "
                           "uint8 for values: bytes",
                           l->m->path, line, in->name, spoti_ort_type_name(t->type));
    }
    (void)spoti_copy(slot->camera, sizeof(slot->camera),
                     in->camera != NULL ? in->camera : in->name);
    l->m->sees = true;
    return st;
}

static spot_status load_slot(loader *l, uint64_t i)
{
    const spoti_ort_input_file *in = &l->file->inputs[i];
    const int line = spoti_ort_input_line(l->m->path, i);
    spoti_ort_slot *slot = &l->m->slots[i];
    size_t at = 0;
    slot->role = (spoti_ort_role)in->role;
    slot->scale = in->scale != NULL ? *in->scale : 1.0;
    spot_status st = find_tensor(l, false, in->name, line, &at);
    if (st == SPOT_OK) {
        st = spoti_ort_describe(&l->m->session, false, at,
                                &(spoti_ort_shape){in->shape, in->shape_count, l->m->path, line},
                                &slot->tensor, l->diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    switch (slot->role) {
    case SPOTI_ORT_STATE:
        return load_state(l, in, line, slot);
    case SPOTI_ORT_CONSTANT:
        return load_constant(l, in, line, slot);
    case SPOTI_ORT_IMAGE:
        return load_image(l, in, line, slot);
    case SPOTI_ORT_NOISE:
        l->m->noise = (int)i;
        return SPOT_OK;
    case SPOTI_ORT_STEPS:
        l->m->steps_knob = true;
        return SPOT_OK;
    default:
        return SPOT_OK;
    }
}

static spot_status load_slots(loader *l)
{
    const size_t n = l->file->inputs_count;
    l->m->slots = (spoti_ort_slot *)spoti_calloc(l->m->allocator, n, sizeof(*l->m->slots));
    if (l->m->slots == NULL) {
        return SPOT_E_NOMEM;
    }
    l->m->n_slot = n;
    spot_status st = SPOT_OK;
    for (uint64_t i = 0; i < n && st == SPOT_OK; i++) {
        st = load_slot(l, i);
    }
    st = st == SPOT_OK ? check_all_named(l) : st;
    l->m->obs_dim = l->m->obs_dim > 0        ? l->m->obs_dim
                    : l->config->obs_dim > 0 ? l->config->obs_dim
                                             : 1;
    return st;
}

/* ---- the answer ---- */

/* Rows and columns of the output: its last two dimensions, before which there may be ones alone. */
static spot_status load_action(loader *l, int line)
{
    const spoti_ort_tensor *t = &l->m->output;
    const int64_t columns = t->n_dim > 0 ? t->dims[t->n_dim - 1] : 1;
    const int64_t rows = t->n_dim > 1 ? t->dims[t->n_dim - 2] : 1;
    if ((size_t)(rows * columns) != t->n || t->n > SPOT_BRAIN_DIM_MAX) {
        return spot_diag_set(l->diag, SPOT_E_FORMAT,
                             "%s:%d: output '%s' has %zu numbers, expected one chunk, [1, actions, "
                             "entries], of at most %d",
                             l->m->path, line, t->name, t->n, SPOT_BRAIN_DIM_MAX);
    }
    return spoti_action_map_load(l->m->path, l->file->action, (int)rows, (int)columns,
                                 l->config->action_dim, l->m->allocator, &l->m->action, l->diag);
}

static spot_status load_output(loader *l)
{
    const spoti_ort_output_file *out = l->file->output;
    const int line = spoti_yaml_line_of(l->m->path, "output", 1);
    size_t at = 0;
    spot_status st = SPOT_OK;
    if (out != NULL) {
        st = find_tensor(l, true, out->name, spoti_yaml_line_of(l->m->path, "name", line), &at);
    } else if (spoti_ort_count(&l->m->session, true) != 1) {
        char names[256];
        list_names(l, true, names, sizeof(names));
        st = spot_diag_set(l->diag, SPOT_E_FORMAT,
                           "%s:1: the model has more than one output, expected output: {name: "
                           "...} with one of: %s",
                           l->m->path, names);
    }
    if (st == SPOT_OK) {
        const spoti_ort_shape shape = {out != NULL ? out->shape : NULL,
                                       out != NULL ? out->shape_count : 0, l->m->path, line};
        st = spoti_ort_describe(&l->m->session, true, at, &shape, &l->m->output, l->diag);
    }
    return st == SPOT_OK ? load_action(l, line) : st;
}

static spot_status load_loop(loader *l)
{
    l->m->default_steps = l->file->steps != NULL ? *l->file->steps : 1;
    l->m->loops = l->file->loop != NULL;
    l->m->steps_knob = l->m->steps_knob || l->m->loops;
    if (!l->m->loops) {
        return SPOT_OK;
    }
    const spoti_ort_tensor *x = &l->m->slots[l->m->noise].tensor;
    l->m->refinement = spoti_ort_refinement_of(l->file->loop);
    if (x->n != l->m->output.n) {
        return spot_diag_set(l->diag, SPOT_E_FORMAT,
                             "%s:%d: '%s' has %zu numbers and the output %zu, expected as many: "
                             "the loop turns one into the other",
                             l->m->path, spoti_yaml_line_of(l->m->path, "loop", 1), x->name, x->n,
                             l->m->output.n);
    }
    spoti_ort_step steps[SPOT_POINT_STEPS_MAX];
    return spoti_ort_steps(&l->m->refinement, l->m->default_steps, steps, l->diag);
}

/* ---- all of it ---- */

/* Whether there is a model, so that a missing one or a Git LFS pointer is called so, also without ONNX Runtime. */
static spot_status check_file(const char *path, spot_diag *diag)
{
    int fd = -1;
    uint64_t size = 0;
    const spot_status st = spoti_file_open_sized(path, "an ONNX file", &fd, &size, diag);

    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

static spot_status open_files(loader *l, const char *folder, spoti_ort_file **file)
{
    spoti_ort_model *m = l->m;
    if (!spoti_path_join(m->path, sizeof(m->path), folder, "policy.yaml")) {
        (void)spot_diag_set(l->diag, SPOT_E_RANGE,
                            "%.64s...: the path is too long, expected below %d bytes", folder,
                            SPOTI_PATH_SIZE);
        return SPOT_E_RANGE; /* so that an analyser sees it */
    }
    spot_status st = spoti_ort_file_load(m->path, file, l->diag);
    if (st != SPOT_OK || *file == NULL) {
        return st != SPOT_OK ? st : SPOT_E_INTERNAL;
    }
    l->file = *file;
    if (!spoti_path_join(m->file, sizeof(m->file), folder, l->file->model) ||
        (l->file->task != NULL && !spoti_copy(m->task, sizeof(m->task), l->file->task))) {
        return spot_diag_set(l->diag, SPOT_E_RANGE,
                             "%s: a name in it is too long, expected below %d bytes", m->path,
                             SPOTI_PATH_SIZE);
    }
    st = check_file(m->file, l->diag);
    return st == SPOT_OK ? spoti_ort_open(m->file, &m->session, l->diag) : st;
}

spot_status spoti_ort_model_load(const char *folder, const spot_brain_open_config *config,
                                 spoti_ort_model *out, spot_diag *diag)
{
    spoti_ort_file *file = NULL;
    loader l = {.config = config, .m = out, .diag = diag};
    *out = (spoti_ort_model){.allocator = config->allocator, .noise = -1};
    spot_status st = open_files(&l, folder, &file);
    st = st == SPOT_OK ? load_slots(&l) : st;
    st = st == SPOT_OK ? load_output(&l) : st;
    st = st == SPOT_OK ? load_loop(&l) : st;
    spoti_ort_file_free(file);
    if (st != SPOT_OK) {
        spoti_ort_model_close(out);
    }
    return st;
}

void spoti_ort_model_close(spoti_ort_model *m)
{
    for (size_t i = 0; i < m->n_slot; i++) {
        spoti_ort_slot *slot = &m->slots[i];
        spoti_scaling_close(&slot->scaling);
        spoti_free(m->allocator, slot->entries, slot->tensor.n * sizeof(*slot->entries));
        spoti_free(m->allocator, slot->values, slot->tensor.n * sizeof(*slot->values));
    }
    spoti_free(m->allocator, m->slots, m->n_slot * sizeof(*m->slots));
    spoti_action_map_close(&m->action);
    spoti_ort_close(&m->session);
    *m = (spoti_ort_model){.noise = -1};
}
