/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `onnx:FOLDER`: a policy of anybody's as an ONNX file, run by ONNX Runtime, as a brain. */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "runtime/brain/brain.h"
#include "runtime/brain/onnx_state.h"

static void describe(const void *self, spot_brain_info *info)
{
    const spoti_ort_model *m = (const spoti_ort_model *)self;
    (void)spoti_copy(info->type, sizeof(info->type), "onnx");
    (void)spoti_copy(info->task, sizeof(info->task), m->task);
    info->obs_dim = m->obs_dim;
    info->action_dim = m->action.dim;
    info->horizon = m->action.horizon;
    info->default_steps = m->default_steps;
    info->takes_noise = m->noise >= 0;
    info->sees = m->sees;
    info->knobs = m->steps_knob ? "steps" : "";
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    spoti_ort_state *s = NULL;
    if (config->kernels != NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "kernels: %s, expected none: ONNX Runtime has its own",
                             config->kernels);
    }
    spot_status st = spoti_ort_state_create((const spoti_ort_model *)self, config->point->steps,
                                            config->allocator, &s, diag);
    *state = s;
    return st;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    return spoti_ort_state_infer((spoti_ort_state *)state, input, chunk, diag);
}

static void end(void *state)
{
    spoti_ort_state_destroy((spoti_ort_state *)state);
}

/* ---- who it is ---- */

/* Adds up the hashes of the model's file and of those whose names continue its own: `model.onnx.data` holds weights.
 * A sum, since a folder lists them in any order. */
static spot_status hash_files(const spoti_ort_model *m, uint64_t *sum, spot_diag *diag)
{
    char dir[SPOTI_PATH_SIZE];
    char path[SPOTI_PATH_SIZE];
    const char *base = spoti_path_base(m->file);
    (void)spoti_path_dir(dir, sizeof(dir), m->file);
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot list, expected a readable folder", dir);
    }
    spot_status st = SPOT_OK;
    const struct dirent *entry = NULL;
    while (st == SPOT_OK && (entry = readdir(folder)) != NULL) {
        uint64_t hash = spoti_hash(SPOTI_HASH_START, entry->d_name, strlen(entry->d_name));
        if (spoti_starts_with(entry->d_name, base) &&
            spoti_path_join(path, sizeof(path), dir, entry->d_name)) {
            st = spoti_hash_file(&hash, path, diag);
            *sum += hash;
        }
    }
    (void)closedir(folder);
    return st;
}

static uint64_t hash_scaling(uint64_t hash, const spoti_scaling *scaling)
{
    return scaling->shift == NULL
               ? hash
               : spoti_hash(hash, scaling->shift, 2 * (size_t)scaling->n * sizeof(float));
}

static spot_status hash_answer(const spoti_ort_model *m, uint64_t *hash, spot_diag *diag)
{
    spoti_ort_state *state = NULL;
    spot_status st = spoti_ort_state_create(m, 0, m->allocator, &state, diag);
    st = st == SPOT_OK ? spoti_ort_state_hash(state, hash, diag) : st;
    spoti_ort_state_destroy(state);
    return st;
}

static spot_status identify(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag)
{
    const spoti_ort_model *m = (const spoti_ort_model *)self;
    uint64_t files = 0;
    uint64_t hash = SPOTI_HASH_START;
    spot_status st = hash_files(m, &files, diag);
    hash = spoti_hash(hash, &files, sizeof(files));
    st = st == SPOT_OK ? spoti_hash_file(&hash, m->path, diag) : st;
    for (size_t i = 0; i < m->n_slot; i++) {
        hash = hash_scaling(hash, &m->slots[i].scaling);
    }
    hash = hash_scaling(hash, &m->action.scaling);
    st = st == SPOT_OK ? hash_answer(m, &hash, diag) : st;
    (void)spoti_format(text, SPOT_BRAIN_IDENTITY_SIZE, "onnx=%016" PRIx64 " onnxruntime=%s", hash,
                       m->session.ort.version);
    return st;
}

static void close_model(void *self)
{
    spoti_ort_model *m = (spoti_ort_model *)self;
    const spot_allocator *allocator = m->allocator;
    spoti_ort_model_close(m);
    spoti_free(allocator, m, sizeof(*m));
}

static const spot_brain_ops onnx_ops = {.describe = describe,
                                        .identify = identify,
                                        .begin = begin,
                                        .infer = infer,
                                        .end = end,
                                        .close = close_model};

/* ---- opening ---- */

static spot_status try_it(const spoti_ort_model *m, const spot_allocator *allocator,
                          spot_diag *diag)
{
    spoti_ort_state *state = NULL;
    spot_status st = spoti_ort_state_create(m, 0, allocator, &state, diag);
    st = st == SPOT_OK ? spoti_ort_state_try(state, diag) : st;
    spoti_ort_state_destroy(state);
    return st;
}

spot_status spoti_brain_open_onnx(const char *folder, const spot_brain_open_config *config,
                                  spot_brain *out, spot_diag *diag)
{
    spoti_ort_model *m = (spoti_ort_model *)spoti_calloc(config->allocator, 1, sizeof(*m));
    if (m == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spoti_ort_model_load(folder, config, m, diag);
    m->allocator = config->allocator;
    st = st == SPOT_OK ? try_it(m, config->allocator, diag) : st;
    if (st != SPOT_OK) {
        close_model(m);
        return st;
    }
    *out = (spot_brain){.ops = &onnx_ops, .self = m};
    return SPOT_OK;
}
