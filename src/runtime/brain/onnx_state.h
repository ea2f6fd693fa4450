/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What one thread needs to run a model: buffers, and ONNX Runtime's tensors over them, made once. */
#ifndef SPOTI_BRAIN_ONNX_STATE_H
#define SPOTI_BRAIN_ONNX_STATE_H

#include <stdint.h>

#include "runtime/brain/onnx_model.h"

typedef struct spoti_ort_state spoti_ort_state;

/* `steps` 0 = the model's default. On failure *out is NULL. Returns SPOT_OK, E_RANGE, E_FORMAT, E_NOMEM. */
spot_status spoti_ort_state_create(const spoti_ort_model *model, int steps,
                                   const spot_allocator *allocator, spoti_ort_state **out,
                                   spot_diag *diag);
void spoti_ort_state_destroy(spoti_ort_state *state);

/* Runs the model once on zeros: what it refuses to do, it refuses now. Returns SPOT_OK, E_FORMAT. */
spot_status spoti_ort_state_try(spoti_ort_state *state, spot_diag *diag);

/* Continues *hash with the model's answer to fixed random numbers and black pictures: it differs with the kernels that
 * ONNX Runtime picks for this computer, and with weights wherever they lie. Returns as try. */
spot_status spoti_ort_state_hash(spoti_ort_state *state, uint64_t *hash, spot_diag *diag);

/* As spot_brain_infer. Returns SPOT_OK, E_FORMAT (a camera that is not there, an answer that is not
 * finite, what ONNX Runtime says), E_UNSUPPORTED (see spoti_action_map_apply). */
spot_status spoti_ort_state_infer(spoti_ort_state *state, const spot_brain_input *input,
                                  float *chunk, spot_diag *diag);

#endif
