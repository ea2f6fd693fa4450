/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* policy.yaml beside an ONNX file: what its inputs and outputs mean (docs/bring-your-own-policy.md has the keys). */
#ifndef SPOTI_BRAIN_ONNX_FILE_H
#define SPOTI_BRAIN_ONNX_FILE_H

#include <stdint.h>

#include "runtime/brain/adapter_file.h"
#include "spot/point.h"

enum { SPOTI_ORT_INPUTS_MAX = 64, SPOTI_ORT_NAME_SIZE = 128 };

typedef enum spoti_ort_role {
    SPOTI_ORT_STATE,
    SPOTI_ORT_NOISE, /* standard normal; with a loop, what becomes the chunk step by step */
    SPOTI_ORT_TIME,
    SPOTI_ORT_STEPS,
    SPOTI_ORT_IMAGE,
    SPOTI_ORT_CONSTANT,
    SPOTI_ORT_INSTRUCTION, /* refused: nothing here turns words into tokens */
} spoti_ort_role;

typedef struct spoti_ort_input_file {
    char *name;
    int role;
    int *shape; /* NULL = the model's */
    uint64_t shape_count;
    /* of a state */
    int *entries; /* of the observation; NULL = all */
    uint64_t entries_count;
    spoti_scaling_file *normalise;
    double *scale;  /* of a time */
    double *values; /* of a constant */
    uint64_t values_count;
    /* of an image */
    char *camera;
    spoti_image_file *image;
} spoti_ort_input_file;

typedef enum spoti_ort_rule {
    SPOTI_ORT_FLOW,
    SPOTI_ORT_DDIM,
} spoti_ort_rule;

typedef enum spoti_ort_predicts {
    SPOTI_ORT_VELOCITY,
    SPOTI_ORT_EPSILON,
    SPOTI_ORT_SAMPLE,
    SPOTI_ORT_V,
} spoti_ort_predicts;

typedef enum spoti_ort_schedule {
    SPOTI_ORT_COSINE, /* squaredcos_cap_v2 */
    SPOTI_ORT_LINEAR,
} spoti_ort_schedule;

/* The refinement, where it is ours to run. */
typedef struct spoti_ort_loop_file {
    int rule;
    double *time; /* flow: (2) at the noise and at the end */
    uint64_t time_count;
    /* ddim */
    int predicts;
    int *train_steps;
    int *schedule;
    double *beta_start, *beta_end;
    double *clip;
} spoti_ort_loop_file;

typedef struct spoti_ort_output_file {
    char *name;
    int *shape;
    uint64_t shape_count;
} spoti_ort_output_file;

typedef struct spoti_ort_file {
    char *model, *task;
    spoti_ort_input_file *inputs;
    uint64_t inputs_count;
    spoti_ort_output_file *output; /* NULL = the only one */
    spoti_ort_loop_file *loop;     /* NULL = inside the model, or none */
    int *
        steps; /* of the baseline; without a loop and without an input of that role those of the model, always */
    spoti_action_file *action;
} spoti_ort_file;

/* Reads and checks what can be known without the model. *out is to be given back with spoti_ort_file_free.
 * Returns SPOT_OK, E_IO, E_FORMAT, E_UNSUPPORTED (a role that nothing here fills), E_NOMEM. */
spot_status spoti_ort_file_load(const char *path, spoti_ort_file **out, spot_diag *diag);
/* As spoti_ort_file_load for `size` bytes of text, called `path` in messages. */
spot_status spoti_ort_file_parse(const char *path, const void *text, size_t size,
                                 spoti_ort_file **out, spot_diag *diag);
void spoti_ort_file_free(spoti_ort_file *file);

/* The line on which the i-th input begins. */
int spoti_ort_input_line(const char *path, uint64_t i);

#endif
