/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A folder of policy.yaml and an ONNX file, read: each input has a role, the output is a chunk. */
#ifndef SPOTI_BRAIN_ONNX_MODEL_H
#define SPOTI_BRAIN_ONNX_MODEL_H

#include "core/base/text.h"
#include "runtime/brain/adapter.h"
#include "runtime/brain/onnx_refine.h"
#include "runtime/brain/onnx_tensor.h"
#include "spot/brain.h"

/* An input of the model and what goes into it. */
typedef struct spoti_ort_slot {
    spoti_ort_tensor tensor;
    spoti_ort_role role;
    spoti_scaling scaling;            /* of a state */
    int *entries;                     /* (tensor.n) of the observation; NULL = all, in order */
    double *values;                   /* (tensor.n) of a constant */
    double scale;                     /* of a time */
    char camera[SPOTI_ORT_NAME_SIZE]; /* of an image */
    spoti_image_map image;
} spoti_ort_slot;

typedef struct spoti_ort_model {
    const spot_allocator *allocator;
    spoti_ort_session session;  /* shared by all states: running it changes nothing in it */
    char path[SPOTI_PATH_SIZE]; /* of policy.yaml */
    char file[SPOTI_PATH_SIZE]; /* of the model */
    char task[SPOT_POLICY_NAME_SIZE];
    spoti_ort_slot *slots; /* (n_slot) in the order of policy.yaml */
    size_t n_slot;
    spoti_ort_tensor output;
    spoti_action_map action;
    int obs_dim;
    int noise; /* slot; -1 = none */
    bool sees;
    int default_steps;
    bool steps_knob; /* else it takes as many always */
    bool loops;      /* the refinement is ours to run */
    spoti_ort_refinement refinement;
} spoti_ort_model;

/* Reads `folder`. On failure *out is empty. Returns SPOT_OK, E_IO, E_FORMAT, E_UNSUPPORTED, E_NOMEM. */
spot_status spoti_ort_model_load(const char *folder, const spot_brain_open_config *config,
                                 spoti_ort_model *out, spot_diag *diag);
void spoti_ort_model_close(spoti_ort_model *model);

#endif
