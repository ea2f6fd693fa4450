/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The schema of a policy server's file, and what a schema cannot say. */
#include "runtime/brain/remote_file.h"

#include <string.h>

#include "runtime/net/record.h"
#include "spot/policy.h"

/* clang-format off: tables */
enum { LIST_MAX = 65536 };
#define MAYBE (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define KEY(key, flags, type, field)                                                               \
    CYAML_FIELD_STRING_PTR(key, flags, type, field, 1, SPOTI_REMOTE_KEY_SIZE - 1)
#define TEXT(key, type, field)                                                                     \
    CYAML_FIELD_STRING_PTR(key, MAYBE, type, field, 0, SPOTI_REMOTE_TEXT_SIZE - 1)
#define SECONDS(key) CYAML_FIELD_FLOAT_PTR(#key, MAYBE, spoti_remote_file, key)

static const cyaml_schema_value_t NUMBER = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_value_t INTEGER = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int)};
static const cyaml_strval_t DIALECTS[] = {{"openpi", SPOTI_DIALECT_OPENPI},
                                          {"vla-eval", SPOTI_DIALECT_VLA_EVAL}};

static const cyaml_schema_field_t STATE_FIELDS[] = {
    KEY("key", CYAML_FLAG_POINTER, spoti_remote_state_file, key),
    CYAML_FIELD_SEQUENCE_COUNT("entries", MAYBE | CYAML_FLAG_FLOW, spoti_remote_state_file, entries,
                               entries_count, &INTEGER, 1, LIST_MAX),
    CYAML_FIELD_MAPPING_PTR("normalise", MAYBE, spoti_remote_state_file, normalise,
                            spoti_scaling_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t STATE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_remote_state_file, STATE_FIELDS)};

static const cyaml_schema_field_t IMAGE_FIELDS[] = {
    KEY("camera", CYAML_FLAG_POINTER, spoti_remote_image_file, camera),
    KEY("key", CYAML_FLAG_POINTER, spoti_remote_image_file, key),
    KEY("within", MAYBE, spoti_remote_image_file, within),
    CYAML_FIELD_MAPPING_PTR("image", CYAML_FLAG_POINTER, spoti_remote_image_file, image,
                            spoti_image_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t IMAGE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_remote_image_file, IMAGE_FIELDS)};

static const cyaml_schema_field_t CONSTANT_FIELDS[] = {
    KEY("key", CYAML_FLAG_POINTER, spoti_remote_constant_file, key),
    TEXT("text", spoti_remote_constant_file, text),
    CYAML_FIELD_FLOAT_PTR("number", MAYBE, spoti_remote_constant_file, number),
    CYAML_FIELD_INT_PTR("integer", MAYBE, spoti_remote_constant_file, integer),
    CYAML_FIELD_BOOL_PTR("flag", MAYBE, spoti_remote_constant_file, flag),
    CYAML_FIELD_SEQUENCE_COUNT("values", MAYBE | CYAML_FLAG_FLOW, spoti_remote_constant_file,
                               values, values_count, &NUMBER, 1, LIST_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t CONSTANT = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_remote_constant_file, CONSTANT_FIELDS)};

static const cyaml_schema_field_t FILE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER, spoti_remote_file, url, 1,
                           SPOTI_NET_URL_BYTES - 1),
    CYAML_FIELD_ENUM("dialect", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, spoti_remote_file, dialect,
                     DIALECTS, CYAML_ARRAY_LEN(DIALECTS)),
    CYAML_FIELD_STRING_PTR("task", MAYBE, spoti_remote_file, task, 1, SPOT_POLICY_NAME_SIZE - 1),
    CYAML_FIELD_INT_PTR("obs_dim", MAYBE, spoti_remote_file, obs_dim),
    CYAML_FIELD_INT_PTR("steps", MAYBE, spoti_remote_file, steps),
    CYAML_FIELD_SEQUENCE_COUNT("state", MAYBE, spoti_remote_file, state, state_count, &STATE, 0,
                               SPOTI_REMOTE_PARTS_MAX),
    TEXT("prompt", spoti_remote_file, prompt),
    KEY("prompt_key", MAYBE, spoti_remote_file, prompt_key),
    CYAML_FIELD_SEQUENCE_COUNT("images", MAYBE, spoti_remote_file, images, images_count, &IMAGE, 0,
                               SPOTI_REMOTE_IMAGES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("constants", MAYBE, spoti_remote_file, constants, constants_count,
                               &CONSTANT, 0, SPOTI_REMOTE_CONSTANTS_MAX),
    KEY("actions", MAYBE, spoti_remote_file, actions),
    CYAML_FIELD_MAPPING_PTR("action", MAYBE, spoti_remote_file, action, spoti_action_fields),
    TEXT("api_key", spoti_remote_file, api_key),
    KEY("api_key_env", MAYBE, spoti_remote_file, api_key_env),
    SECONDS(connect_s),
    SECONDS(first_answer_s),
    SECONDS(answer_s),
    CYAML_FIELD_END};
static const cyaml_schema_value_t SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, spoti_remote_file, FILE_FIELDS)};
/* clang-format on */

static const double SECONDS_MAX = 86400.0;

static spot_status refuse(const char *path, const char *key, spot_diag *diag, const char *what)
{
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: %s", path,
                         spoti_yaml_line_of(path, key, 1), key, what);
}

static spot_status check_seconds(const char *path, const char *key, const double *value,
                                 spot_diag *diag)
{
    return value == NULL || (*value > 0.0 && *value <= SECONDS_MAX)
               ? SPOT_OK
               : refuse(path, key, diag, "expected seconds, > 0 and at most 86400 (a day)");
}

static spot_status check_constants(const char *path, const spoti_remote_file *f, spot_diag *diag)
{
    for (uint64_t i = 0; i < f->constants_count; i++) {
        const spoti_remote_constant_file *c = &f->constants[i];
        const int n = (int)(c->text != NULL) + (int)(c->number != NULL) +
                      (int)(c->integer != NULL) + (int)(c->flag != NULL) + (int)(c->values != NULL);
        if (n != 1) {
            return spot_diag_set(
                diag, SPOT_E_FORMAT,
                "%s:%d: constant '%s' has %d values, expected one of text, number, "
                "integer, flag and values",
                path, spoti_yaml_line_of(path, "constants", 1), c->key, n);
        }
    }
    return SPOT_OK;
}

const char *spoti_remote_file_prompt_key(const spoti_remote_file *file)
{
    return file->prompt_key != NULL                  ? file->prompt_key
           : file->dialect == SPOTI_DIALECT_VLA_EVAL ? "task_description"
                                                     : "prompt";
}

const char *spoti_remote_file_state_key(const spoti_remote_file *file)
{
    return file->dialect == SPOTI_DIALECT_VLA_EVAL ? "state" : "observation/state";
}

const char *spoti_remote_file_actions(const spoti_remote_file *file)
{
    return file->actions != NULL ? file->actions : "actions";
}

const char *spoti_remote_file_within(const spoti_remote_file *file, uint64_t i)
{
    return file->images[i].within != NULL            ? file->images[i].within
           : file->dialect == SPOTI_DIALECT_VLA_EVAL ? "images"
                                                     : NULL;
}

/* A key that is there twice would be one entry or a refusal, as the server likes. */
static spot_status check_again(const char *path, const char *key, const char *in,
                               const char *const *seen, const char *const *seen_in, int n,
                               spot_diag *diag)
{
    for (int i = 0; i < n; i++) {
        const bool same_map =
            in == NULL || seen_in[i] == NULL ? in == seen_in[i] : strcmp(in, seen_in[i]) == 0;
        if (same_map && strcmp(key, seen[i]) == 0) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:1: the record would have the key '%s' twice, expected once",
                                 path, key);
        }
    }
    return SPOT_OK;
}

static spot_status check_keys(const char *path, const spoti_remote_file *f, spot_diag *diag)
{
    const char
        *seen[1 + SPOTI_REMOTE_PARTS_MAX + SPOTI_REMOTE_IMAGES_MAX + SPOTI_REMOTE_CONSTANTS_MAX];
    const char *in[sizeof(seen) / sizeof(seen[0])] = {NULL};
    int n = 0;
    seen[n++] = spoti_remote_file_prompt_key(f);
    for (uint64_t i = 0; i < f->state_count; i++) {
        seen[n++] = f->state[i].key;
    }
    for (uint64_t i = 0; i < f->images_count; i++) {
        in[n] = spoti_remote_file_within(f, i);
        seen[n++] = f->images[i].key;
    }
    for (uint64_t i = 0; i < f->constants_count; i++) {
        seen[n++] = f->constants[i].key;
    }
    spot_status st = SPOT_OK;
    for (int i = 0; i < n && st == SPOT_OK; i++) {
        st = check_again(path, seen[i], in[i], seen, in, i, diag);
    }
    return st;
}

static spot_status check(const char *path, const spoti_remote_file *f, spot_diag *diag)
{
    spot_status st = check_seconds(path, "connect_s", f->connect_s, diag);
    st = st == SPOT_OK ? check_seconds(path, "first_answer_s", f->first_answer_s, diag) : st;
    st = st == SPOT_OK ? check_seconds(path, "answer_s", f->answer_s, diag) : st;
    st = st == SPOT_OK ? check_constants(path, f, diag) : st;
    st = st == SPOT_OK ? check_keys(path, f, diag) : st;
    if (st == SPOT_OK && f->api_key != NULL && f->api_key_env != NULL) {
        st = refuse(path, "api_key_env", diag, "beside api_key, expected one of them");
    }
    return st;
}

spot_status spoti_remote_file_load(const char *path, spoti_remote_file **out, spot_diag *diag)
{
    void *data = NULL;
    *out = NULL;
    spot_status st = spoti_yaml_load(path, &SCHEMA, &data, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = check(path, (const spoti_remote_file *)data, diag);
    if (st != SPOT_OK) {
        spoti_yaml_free(&SCHEMA, data);
        return st;
    }
    *out = (spoti_remote_file *)data;
    return SPOT_OK;
}

void spoti_remote_file_free(spoti_remote_file *file)
{
    if (file != NULL) {
        spoti_yaml_free(&SCHEMA, file);
    }
}
