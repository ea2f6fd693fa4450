/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/file.h"

#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "runtime/file/yaml.h"

/* clang-format off: tables */
#define TEXT(key, field)                                                                           \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, spoti_process_file, field, 1, 512)
#define TEXT_OPTIONAL(key, field)                                                                  \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_process_file,      \
                           field, 1, 512)

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 1024)};
static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_strval_t regimes[] = {{"static", SPOT_REGIME_STATIC},
                                         {"dynamic", SPOT_REGIME_DYNAMIC}};
static const cyaml_strval_t holds[] = {{"last", SPOTI_HOLD_LAST}, {"zero", SPOTI_HOLD_REST}};

static const cyaml_schema_field_t control_fields[] = {
    CYAML_FIELD_FLOAT("rate_hz", CYAML_FLAG_DEFAULT, spoti_process_control, rate_hz),
    CYAML_FIELD_INT("horizon", CYAML_FLAG_OPTIONAL, spoti_process_control, horizon),
    CYAML_FIELD_INT("execute", CYAML_FLAG_OPTIONAL, spoti_process_control, execute),
    CYAML_FIELD_END};

static const cyaml_schema_field_t fields[] = {
    TEXT("name", name),
    TEXT_OPTIONAL("description", description),
    TEXT_OPTIONAL("instruction", instruction),
    TEXT_OPTIONAL("backend", backend),
    CYAML_FIELD_SEQUENCE("command", CYAML_FLAG_POINTER, spoti_process_file, command, &word, 1,
                         SPOTI_PROCESS_COMMAND_MAX),
    CYAML_FIELD_ENUM_PTR("regime", CYAML_FLAG_POINTER | CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
                         spoti_process_file, regime, regimes, CYAML_ARRAY_LEN(regimes)),
    CYAML_FIELD_MAPPING("control", CYAML_FLAG_DEFAULT, spoti_process_file, control, control_fields),
    CYAML_FIELD_FLOAT("time_limit_s", CYAML_FLAG_DEFAULT, spoti_process_file, time_limit_s),
    CYAML_FIELD_FLOAT_PTR("timeout_s", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_process_file,
                          timeout_s),
    TEXT_OPTIONAL("charge_as", charge_as),
    CYAML_FIELD_ENUM_PTR("hold", CYAML_FLAG_POINTER | CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
                         spoti_process_file, hold, holds, CYAML_ARRAY_LEN(holds)),
    CYAML_FIELD_SEQUENCE("rest", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_process_file, rest,
                         &number, 1, SPOTI_WORKER_ACTION_MAX),
    TEXT_OPTIONAL("success", success),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, spoti_process_file, fields)};
/* clang-format on */

typedef struct checker {
    const char *path;
    spot_diag *diag;
    spot_status st;
} checker;

static void check(checker *c, const char *where, double x, double low, double high)
{
    if (c->st == SPOT_OK) {
        c->st = spoti_yaml_in_range(c->path, where, x, low, high, c->diag);
    }
}

/* `return>=X`, with or without blanks. */
static bool read_return(const char *text, double *least)
{
    static const char HEAD[] = "return";
    if (!spoti_starts_with(text, HEAD)) {
        return false;
    }
    text += sizeof(HEAD) - 1;
    text += strspn(text, " ");
    if (!spoti_starts_with(text, ">=")) {
        return false;
    }
    text += 2;
    text += strspn(text, " ");
    return spoti_parse_double(text, least) == SPOT_OK;
}

static void read_success(checker *c, spoti_process_file *f)
{
    f->rule = SPOTI_SUCCESS_INFO;
    if (f->success == NULL || strcmp(f->success, "info") == 0) {
        return;
    }
    if (strcmp(f->success, "survived") == 0) {
        f->rule = SPOTI_SUCCESS_SURVIVED;
    } else if (strcmp(f->success, "terminated") == 0) {
        f->rule = SPOTI_SUCCESS_TERMINATED;
    } else if (read_return(f->success, &f->least)) {
        f->rule = SPOTI_SUCCESS_RETURN;
    } else if (c->st == SPOT_OK) {
        c->st = spot_diag_set(
            c->diag, SPOT_E_FORMAT,
            "%s:%d: success: '%.64s', expected info, survived, terminated or return>=NUMBER",
            c->path, spoti_yaml_line_at(c->path, "success"), f->success);
    }
}

static spot_status check_or_free(const char *path, spoti_process_file *f, spoti_process_file **out,
                                 spot_diag *diag)
{
    checker c = {.path = path, .diag = diag};

    check(&c, "control.rate_hz", f->control.rate_hz, 0.1, 10000.0);
    check(&c, "control.horizon", f->control.horizon == 0 ? 1 : f->control.horizon, 1, 256);
    check(&c, "control.execute", f->control.execute == 0 ? 1 : f->control.execute, 1,
          f->control.horizon == 0 ? 256 : f->control.horizon);
    check(&c, "time_limit_s", f->time_limit_s, 1e-3, 3600.0);
    if (f->timeout_s != NULL) {
        check(&c, "timeout_s", *f->timeout_s, 0.1, 86400.0);
    }
    for (unsigned i = 0; i < f->rest_count; i++) {
        check(&c, "rest", f->rest[i], -1e9, 1e9);
    }
    read_success(&c, f);
    if (c.st != SPOT_OK) {
        spoti_process_file_free(f);
        return c.st;
    }
    f->control.execute = f->control.execute == 0 ? 1 : f->control.execute;
    f->control.horizon = f->control.horizon == 0 ? f->control.execute : f->control.horizon;
    *out = f;
    return SPOT_OK;
}

spot_status spoti_process_file_load(const char *path, spoti_process_file **out, spot_diag *diag)
{
    void *data = NULL;

    *out = NULL;
    spot_status st = spoti_yaml_load(path, &schema, &data, diag);
    return st != SPOT_OK ? st : check_or_free(path, data, out, diag);
}

spot_status spoti_process_file_parse(const char *name, const void *text, size_t size,
                                     spoti_process_file **out, spot_diag *diag)
{
    void *data = NULL;

    *out = NULL;
    spot_status st = spoti_yaml_parse(name, text, size, &schema, &data, diag);
    return st != SPOT_OK ? st : check_or_free(name, data, out, diag);
}

void spoti_process_file_free(spoti_process_file *file)
{
    spoti_yaml_free(&schema, file);
}
