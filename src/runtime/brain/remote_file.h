/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a YAML file says of a policy server, `remote:FILE.yaml`. Its keys are listed in
 * docs/bring-your-own-policy.md; `ws://HOST:PORT` is a file with its url alone.
 */
#ifndef SPOTI_BRAIN_REMOTE_FILE_H
#define SPOTI_BRAIN_REMOTE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/brain/adapter_file.h"
#include "spot/status.h"

enum {
    SPOTI_REMOTE_PARTS_MAX = 16, /* arrays that carry the state */
    SPOTI_REMOTE_IMAGES_MAX = 16,
    SPOTI_REMOTE_CONSTANTS_MAX = 64,
    SPOTI_REMOTE_KEY_SIZE = 128, /* of a record's key, its final 0 included */
    SPOTI_REMOTE_TEXT_SIZE = 4096,
};

/* Pointers that are NULL were not said. */
typedef struct spoti_remote_state_file {
    char *key;
    int *entries; /* of the task's observation */
    uint64_t entries_count;
    spoti_scaling_file *normalise;
} spoti_remote_state_file;

typedef struct spoti_remote_image_file {
    char *camera; /* of the task */
    char *key;
    char *within; /* the map that holds it */
    spoti_image_file *image;
} spoti_remote_image_file;

/* One of text, number, integer, flag, values. */
typedef struct spoti_remote_constant_file {
    char *key;
    char *text;
    double *number;
    int *integer;
    bool *flag;
    double *values; /* sent as float64 */
    uint64_t values_count;
} spoti_remote_constant_file;

typedef struct spoti_remote_file {
    char *url;
    int dialect; /* spoti_dialect */
    char *task;
    int *obs_dim;
    int *steps;
    spoti_remote_state_file *state;
    uint64_t state_count;
    char *prompt, *prompt_key;
    spoti_remote_image_file *images;
    uint64_t images_count;
    spoti_remote_constant_file *constants;
    uint64_t constants_count;
    char *actions; /* the key of an answer, `/` goes into maps */
    spoti_action_file *action;
    char *api_key, *api_key_env;
    double *connect_s, *first_answer_s, *answer_s;
} spoti_remote_file;

/* *out is to be given back by spoti_remote_file_free. Returns OK, E_IO, E_FORMAT, E_NOMEM. */
spot_status spoti_remote_file_load(const char *path, spoti_remote_file **out, spot_diag *diag);
void spoti_remote_file_free(spoti_remote_file *file);

/* What holds where the file says nothing, by its dialect. */
const char *spoti_remote_file_prompt_key(const spoti_remote_file *file);
const char *spoti_remote_file_state_key(const spoti_remote_file *file);
const char *spoti_remote_file_actions(const spoti_remote_file *file);
/* The map that holds image i, NULL = none does. */
const char *spoti_remote_file_within(const spoti_remote_file *file, uint64_t i);

#endif
