/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The schema of a planar world's task file. */
#include "lab/sim/planar/file.h"

#include "lab/sim/planar/level.h"
#include "runtime/file/yaml.h"

enum { HORIZON_MAX = 256, SLICES_MAX = 64 };

/* clang-format off: tables */
#define TEXT(key, field)                                                                           \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, spoti_planar_file, field, 1, 512)
#define TEXT_OPTIONAL(key, field)                                                                  \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_planar_file,       \
                           field, 1, 512)
#define INTEGER_OPTIONAL(key, type, field) CYAML_FIELD_INT(key, CYAML_FLAG_OPTIONAL, type, field)

static const cyaml_strval_t rules[] = {{"first", SPOTI_SOLVE_FIRST}, {"last", SPOTI_SOLVE_LAST}};

static const cyaml_schema_field_t control_fields[] = {
    INTEGER_OPTIONAL("horizon", spoti_planar_control, horizon),
    INTEGER_OPTIONAL("execute", spoti_planar_control, execute), CYAML_FIELD_END};

static const cyaml_schema_field_t fields[] = {
    TEXT("name", name),
    TEXT_OPTIONAL("description", description),
    TEXT_OPTIONAL("instruction", instruction),
    TEXT_OPTIONAL("backend", backend),
    TEXT("level", level),
    TEXT_OPTIONAL("charge_as", charge_as),
    CYAML_FIELD_MAPPING_PTR("control", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_planar_file,
                            control, control_fields),
    CYAML_FIELD_ENUM("solve", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, spoti_planar_file, solve,
                     rules, CYAML_ARRAY_LEN(rules)),
    INTEGER_OPTIONAL("frame_skip", spoti_planar_file, frame_skip),
    INTEGER_OPTIONAL("slices", spoti_planar_file, slices),
    CYAML_FIELD_FLOAT_PTR("time_limit_s", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                          spoti_planar_file, time_limit_s),
    CYAML_FIELD_FLOAT_PTR("action_noise", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                          spoti_planar_file, action_noise),
    CYAML_FIELD_FLOAT("start_noise_m", CYAML_FLAG_OPTIONAL, spoti_planar_file, start_noise_m),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, spoti_planar_file, fields)};
/* clang-format on */

typedef struct checker {
    const char *path;
    spot_diag *diag;
    spot_status st;
} checker;

/* What is not said, 0, is not looked at. */
static void check(checker *c, const char *where, double x, double low, double high)
{
    if (c->st == SPOT_OK && x != 0.0) {
        c->st = spoti_yaml_in_range(c->path, where, x, low, high, c->diag);
    }
}

spot_status spoti_planar_file_load(const char *path, spoti_planar_file **out, spot_diag *diag)
{
    checker c = {.path = path, .diag = diag};
    void *data = NULL;

    *out = NULL;
    spot_status st = spoti_yaml_load(path, &schema, &data, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_planar_file *f = data;
    if (f->control != NULL) {
        const int horizon = f->control->horizon != 0 ? f->control->horizon : HORIZON_MAX;
        check(&c, "control.horizon", f->control->horizon, 1, HORIZON_MAX);
        check(&c, "control.execute", f->control->execute, 1, horizon);
    }
    check(&c, "frame_skip", f->frame_skip, 1, SPOTI_PLANAR_FRAME_SKIP_MAX);
    check(&c, "slices", f->slices, 1, SLICES_MAX);
    check(&c, "start_noise_m", f->start_noise_m, 0.0, 1.0);
    if (f->time_limit_s != NULL) {
        check(&c, "time_limit_s", *f->time_limit_s == 0.0 ? -1.0 : *f->time_limit_s, 0.02, 3600.0);
    }
    if (f->action_noise != NULL) {
        check(&c, "action_noise", *f->action_noise, 0.0, 10.0);
    }
    if (c.st != SPOT_OK) {
        spoti_planar_file_free(f);
        return c.st;
    }
    *out = f;
    return SPOT_OK;
}

void spoti_planar_file_free(spoti_planar_file *file)
{
    spoti_yaml_free(&schema, file);
}
