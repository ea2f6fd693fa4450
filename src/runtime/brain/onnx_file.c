/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The schema of policy.yaml, and which keys go with which role. */
#include "runtime/brain/onnx_file.h"

#include <math.h>
#include <string.h>

/* clang-format off: tables */
enum { LIST_MAX = 65536, DIMS_MAX = 8 };
#define MAYBE (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(key, flags, type, field)                                                              \
    CYAML_FIELD_STRING_PTR(key, flags, type, field, 1, SPOTI_ORT_NAME_SIZE - 1)
#define CHOICE(key, type, field, words)                                                            \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type, field, words,             \
                     CYAML_ARRAY_LEN(words))

static const cyaml_schema_value_t NUMBER = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_value_t INTEGER = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int)};
static const cyaml_strval_t ROLES[] = {{"state", SPOTI_ORT_STATE},
                                       {"noise", SPOTI_ORT_NOISE},
                                       {"time", SPOTI_ORT_TIME},
                                       {"steps", SPOTI_ORT_STEPS},
                                       {"image", SPOTI_ORT_IMAGE},
                                       {"constant", SPOTI_ORT_CONSTANT},
                                       {"instruction", SPOTI_ORT_INSTRUCTION}};
static const cyaml_strval_t RULES[] = {{"flow", SPOTI_ORT_FLOW}, {"ddim", SPOTI_ORT_DDIM}};
static const cyaml_strval_t PREDICTS[] = {{"velocity", SPOTI_ORT_VELOCITY},
                                          {"epsilon", SPOTI_ORT_EPSILON},
                                          {"sample", SPOTI_ORT_SAMPLE},
                                          {"v", SPOTI_ORT_V}};
static const cyaml_strval_t SCHEDULES[] = {{"cosine", SPOTI_ORT_COSINE},
                                           {"linear", SPOTI_ORT_LINEAR}};

static const cyaml_schema_field_t INPUT_FIELDS[] = {
    TEXT("name", CYAML_FLAG_POINTER, spoti_ort_input_file, name),
    CYAML_FIELD_ENUM("role", CYAML_FLAG_STRICT, spoti_ort_input_file, role, ROLES,
                     CYAML_ARRAY_LEN(ROLES)),
    CYAML_FIELD_SEQUENCE_COUNT("shape", MAYBE, spoti_ort_input_file, shape, shape_count, &INTEGER,
                               0, DIMS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("entries", MAYBE, spoti_ort_input_file, entries, entries_count,
                               &INTEGER, 1, LIST_MAX),
    CYAML_FIELD_MAPPING_PTR("normalise", MAYBE, spoti_ort_input_file, normalise,
                            spoti_scaling_fields),
    CYAML_FIELD_FLOAT_PTR("scale", MAYBE, spoti_ort_input_file, scale),
    CYAML_FIELD_SEQUENCE_COUNT("values", MAYBE, spoti_ort_input_file, values, values_count, &NUMBER,
                               1, LIST_MAX),
    TEXT("camera", MAYBE, spoti_ort_input_file, camera),
    CYAML_FIELD_MAPPING_PTR("image", MAYBE, spoti_ort_input_file, image, spoti_image_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t INPUT = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_ort_input_file, INPUT_FIELDS)};

static const cyaml_schema_field_t OUTPUT_FIELDS[] = {
    TEXT("name", CYAML_FLAG_POINTER, spoti_ort_output_file, name),
    CYAML_FIELD_SEQUENCE_COUNT("shape", MAYBE, spoti_ort_output_file, shape, shape_count, &INTEGER,
                               1, DIMS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t LOOP_FIELDS[] = {
    CYAML_FIELD_ENUM("rule", CYAML_FLAG_STRICT, spoti_ort_loop_file, rule, RULES,
                     CYAML_ARRAY_LEN(RULES)),
    CYAML_FIELD_SEQUENCE_COUNT("time", MAYBE, spoti_ort_loop_file, time, time_count, &NUMBER, 2, 2),
    CHOICE("predicts", spoti_ort_loop_file, predicts, PREDICTS),
    CYAML_FIELD_INT_PTR("train_steps", MAYBE, spoti_ort_loop_file, train_steps),
    CYAML_FIELD_ENUM_PTR("schedule", MAYBE | CYAML_FLAG_STRICT, spoti_ort_loop_file, schedule,
                         SCHEDULES, CYAML_ARRAY_LEN(SCHEDULES)),
    CYAML_FIELD_FLOAT_PTR("beta_start", MAYBE, spoti_ort_loop_file, beta_start),
    CYAML_FIELD_FLOAT_PTR("beta_end", MAYBE, spoti_ort_loop_file, beta_end),
    CYAML_FIELD_FLOAT_PTR("clip", MAYBE, spoti_ort_loop_file, clip),
    CYAML_FIELD_END};

static const cyaml_schema_field_t FILE_FIELDS[] = {
    TEXT("model", CYAML_FLAG_POINTER, spoti_ort_file, model),
    TEXT("task", MAYBE, spoti_ort_file, task),
    CYAML_FIELD_SEQUENCE_COUNT("inputs", CYAML_FLAG_POINTER, spoti_ort_file, inputs, inputs_count,
                               &INPUT, 1, SPOTI_ORT_INPUTS_MAX),
    CYAML_FIELD_MAPPING_PTR("output", MAYBE, spoti_ort_file, output, OUTPUT_FIELDS),
    CYAML_FIELD_MAPPING_PTR("loop", MAYBE, spoti_ort_file, loop, LOOP_FIELDS),
    CYAML_FIELD_INT_PTR("steps", MAYBE, spoti_ort_file, steps),
    CYAML_FIELD_MAPPING_PTR("action", MAYBE, spoti_ort_file, action, spoti_action_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, spoti_ort_file, FILE_FIELDS)};
/* clang-format on */

int spoti_ort_input_line(const char *path, uint64_t i)
{
    int line = spoti_yaml_line_of(path, "inputs", 1);
    for (uint64_t k = 0; k <= i; k++) {
        line = spoti_yaml_line_of(path, "name", k == 0 ? line : line + 1);
    }
    return line;
}

/* ---- inputs ---- */

/* A key that another role has would be passed over in silence. */
static spot_status check_keys(const char *path, uint64_t i, const spoti_ort_input_file *in,
                              spot_diag *diag)
{
    const struct {
        const char *key;
        bool there;
        spoti_ort_role role;
    } keys[] = {
        {"entries", in->entries != NULL, SPOTI_ORT_STATE},
        {"normalise", in->normalise != NULL, SPOTI_ORT_STATE},
        {"scale", in->scale != NULL, SPOTI_ORT_TIME},
        {"values", in->values != NULL, SPOTI_ORT_CONSTANT},
        {"camera", in->camera != NULL, SPOTI_ORT_IMAGE},
        {"image", in->image != NULL, SPOTI_ORT_IMAGE},
    };
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        if (keys[k].there && keys[k].role != (spoti_ort_role)in->role) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: input '%s' has %s, expected that with role: %s alone",
                                 path, spoti_ort_input_line(path, i), in->name, keys[k].key,
                                 ROLES[keys[k].role].str);
        }
    }
    if (in->role == SPOTI_ORT_CONSTANT && in->values == NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: input '%s' is constant, expected values: [...]", path,
                             spoti_ort_input_line(path, i), in->name);
    }
    return in->role != SPOTI_ORT_INSTRUCTION
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                               "%s:%d: input '%s' wants the instruction, but nothing here turns "
                               "words into tokens, expected role: constant with the tokens of one "
                               "instruction as values",
                               path, spoti_ort_input_line(path, i), in->name);
}

static spot_status check_inputs(const char *path, const spoti_ort_file *f, spot_diag *diag)
{
    int n_of[SPOTI_ORT_INSTRUCTION + 1] = {0};
    for (uint64_t i = 0; i < f->inputs_count; i++) {
        spot_status st = check_keys(path, i, &f->inputs[i], diag);
        for (uint64_t j = 0; j < i && st == SPOT_OK; j++) {
            if (strcmp(f->inputs[i].name, f->inputs[j].name) == 0) {
                st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: input '%s' again, expected once",
                                   path, spoti_ort_input_line(path, i), f->inputs[i].name);
            }
        }
        if (st != SPOT_OK) {
            return st;
        }
        n_of[f->inputs[i].role]++;
    }
    const int line = spoti_yaml_line_of(path, "inputs", 1);
    if (n_of[SPOTI_ORT_NOISE] > 1) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %d inputs are noise, expected one", path,
                             line, n_of[SPOTI_ORT_NOISE]);
    }
    if (f->loop != NULL && (n_of[SPOTI_ORT_NOISE] != 1 || n_of[SPOTI_ORT_STEPS] > 0)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: the loop is ours to run, expected one input of role noise and "
                             "none of role steps",
                             path, line);
    }
    if (f->loop == NULL && n_of[SPOTI_ORT_TIME] > 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: an input is the time of a refinement, expected loop: to say "
                             "how it goes",
                             path, line);
    }
    const bool refines = f->loop != NULL || n_of[SPOTI_ORT_STEPS] > 0;
    return !refines || f->steps != NULL
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s:%d: steps is missing, expected how many the baseline takes",
                               path, line);
}

/* ---- the loop ---- */

static spot_status check_flow(const char *path, int line, const spoti_ort_loop_file *l,
                              spot_diag *diag)
{
    if (l->predicts != SPOTI_ORT_VELOCITY || l->train_steps != NULL || l->schedule != NULL ||
        l->beta_start != NULL || l->beta_end != NULL || l->clip != NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: the rule flow follows a velocity over time, expected no key "
                             "of ddim",
                             path, line);
    }
    if (l->time != NULL && l->time[0] == l->time[1]) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: time: expected two numbers that differ, at the noise and at "
                             "the end",
                             path, spoti_yaml_line_of(path, "time", line));
    }
    return SPOT_OK;
}

static spot_status check_ddim(const char *path, int line, const spoti_ort_loop_file *l,
                              spot_diag *diag)
{
    const char *what = NULL;
    if (l->predicts == SPOTI_ORT_VELOCITY) {
        what = "predicts: expected epsilon, sample or v with the rule ddim";
    } else if (l->time != NULL) {
        what = "time: expected with the rule flow alone; ddim counts training steps";
    } else if (l->train_steps == NULL || *l->train_steps < 1 || *l->train_steps > 100000) {
        what = "train_steps: expected 1..100000, the noise levels of the training";
    } else if (l->schedule == NULL) {
        what = "schedule: expected cosine (squaredcos_cap_v2) or linear";
    } else if (*l->schedule == SPOTI_ORT_COSINE && (l->beta_start || l->beta_end)) {
        what = "beta_start and beta_end: expected with schedule: linear alone";
    } else if (*l->schedule == SPOTI_ORT_LINEAR &&
               !(l->beta_start && l->beta_end && *l->beta_start > 0.0 && *l->beta_end < 1.0 &&
                 *l->beta_start <= *l->beta_end)) {
        what = "schedule linear: expected 0 < beta_start <= beta_end < 1";
    } else if (l->clip != NULL && !(*l->clip > 0.0)) {
        what = "clip: expected > 0, the largest size of an action as the model means it";
    }
    return what == NULL ? SPOT_OK
                        : spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s", path, line, what);
}

static spot_status check_loop(const char *path, const spoti_ort_file *f, spot_diag *diag)
{
    const int line = spoti_yaml_line_of(path, "loop", 1);
    if (f->steps != NULL && (*f->steps < 1 || *f->steps > SPOT_POINT_STEPS_MAX)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: steps: %d, expected 1..%d", path,
                             spoti_yaml_line_of(path, "steps", 1), *f->steps, SPOT_POINT_STEPS_MAX);
    }
    if (f->loop == NULL) {
        return SPOT_OK;
    }
    return f->loop->rule == SPOTI_ORT_FLOW ? check_flow(path, line, f->loop, diag)
                                           : check_ddim(path, line, f->loop, diag);
}

static spot_status check(const char *path, void *data, spot_status st, spoti_ort_file **out,
                         spot_diag *diag)
{
    spoti_ort_file *f = data;
    st = st == SPOT_OK ? check_inputs(path, f, diag) : st;
    st = st == SPOT_OK ? check_loop(path, f, diag) : st;
    if (st != SPOT_OK) {
        spoti_ort_file_free(f);
        f = NULL;
    }
    *out = f;
    return st;
}

spot_status spoti_ort_file_load(const char *path, spoti_ort_file **out, spot_diag *diag)
{
    void *data = NULL;
    spot_status st = spoti_yaml_load(path, &SCHEMA, &data, diag);
    return check(path, data, st, out, diag);
}

spot_status spoti_ort_file_parse(const char *path, const void *text, size_t size,
                                 spoti_ort_file **out, spot_diag *diag)
{
    void *data = NULL;
    spot_status st = spoti_yaml_parse(path, text, size, &SCHEMA, &data, diag);
    return check(path, data, st, out, diag);
}

void spoti_ort_file_free(spoti_ort_file *file)
{
    spoti_yaml_free(&SCHEMA, file);
}
