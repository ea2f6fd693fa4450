/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * config.json of a policy folder.
 *
 * The JSON library keeps no places of values, so the line of a message is found by looking for the
 * key's name in the text once more.
 */
#include "runtime/policy/config_read.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "core/base/text.h"

enum { CONFIG_SIZE_MAX = 65536, FORMAT_VERSION = 1 };
enum { VALUE_SIZE = 64, KEYS_MAX = 32, LIST_SIZE = 280 };

/* Bounds on sizes: far above any policy for a robot, far below what overflows. */
enum {
    ACTION_MAX = 1024,
    HORIZON_MAX = 1024,
    WIDTH_MAX = 16384,
};

/* One whole number of the file. */
typedef struct int_field {
    const char *key;
    size_t offset; /* in spoti_policy_config */
    int min, max;
} int_field;

#define FIELD(name) offsetof(spoti_policy_config, name)

static const int_field COMMON_FIELDS[] = {
    {"horizon", FIELD(horizon), 1, HORIZON_MAX},
    {"n_action_steps", FIELD(n_execute), 1, HORIZON_MAX},
    {"num_inference_steps", FIELD(default_steps), 1, SPOT_POLICY_STEPS_MAX},
    {"blocks", FIELD(blocks), 1, SPOTI_BLOCKS_MAX},
    {"time_dim", FIELD(time_dim), 4, WIDTH_MAX},
    {NULL, 0, 0, 0},
};
static const int_field MIXER_FIELDS[] = {
    {"channels", FIELD(channels), 1, WIDTH_MAX},
    {"token_hidden", FIELD(token_hidden), 1, WIDTH_MAX},
    {"channel_hidden", FIELD(channel_hidden), 1, WIDTH_MAX},
    {NULL, 0, 0, 0},
};
static const int_field DIT_FIELDS[] = {
    {"width", FIELD(channels), 1, WIDTH_MAX},
    {"heads", FIELD(heads), 1, WIDTH_MAX},
    {"mlp_hidden", FIELD(mlp_hidden), 1, WIDTH_MAX},
    {NULL, 0, 0, 0},
};

/* Keys that are no whole numbers. */
static const char *const COMMON_KEYS[] = {"type",
                                          "format_version",
                                          "task",
                                          "input_features",
                                          "output_features",
                                          "time_period_min",
                                          "time_period_max",
                                          NULL};
static const char *const MIXER_KEYS[] = {NULL};
static const char *const DIT_KEYS[] = {"obs_groups", "sampler", "prediction", "history", NULL};

/* What a type of policy has besides the common keys. */
typedef struct format {
    const char *type;
    const int_field *fields;
    const char *const *keys;
    spot_status (*read)(const spoti_config_reader *r,
                        spoti_policy_config *out); /* the rest; may be NULL */
} format;

/* Line of the first `"key"` in the text, 1 if it is not there. */
static int line_of(const spoti_config_reader *r, const char *key)
{
    const size_t length = strlen(key);
    int line = 1;

    for (const char *c = r->text; *c != '\0'; c++) {
        if (*c == '\n') {
            line++;
        } else if (*c == '"' && strncmp(c + 1, key, length) == 0 && c[1 + length] == '"') {
            return line;
        }
    }
    return 1;
}

static void show_value(const json_t *json, char text[VALUE_SIZE])
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        (void)spoti_format(text, VALUE_SIZE, "'%.40s'", json_string_value(json));
        return;
    case JSON_INTEGER:
        (void)spoti_format(text, VALUE_SIZE, "%lld", (long long)json_integer_value(json));
        return;
    case JSON_REAL:
        (void)spoti_format(text, VALUE_SIZE, "%.9g", json_real_value(json));
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        (void)spoti_copy(text, VALUE_SIZE, json_is_array(json) ? "a list" : "an object");
        return;
    default:
        (void)spoti_copy(text, VALUE_SIZE,
                         json_is_null(json)   ? "null"
                         : json_is_true(json) ? "true"
                                              : "false");
    }
}

spot_status spoti_config_refuse_value(const spoti_config_reader *r, const char *key,
                                      const json_t *json, const char *expected)
{
    char value[VALUE_SIZE] = "missing";

    if (json != NULL) {
        show_value(json, value);
    }
    return spot_diag_set(r->diag, SPOT_E_FORMAT, "%s:%d: %s: %s, expected %s", r->path,
                         line_of(r, key), key, value, expected);
}

spot_status spoti_config_refuse(const spoti_config_reader *r, const char *key, const char *expected)
{
    return spoti_config_refuse_value(r, key, json_object_get(r->root, key), expected);
}

static spot_status read_int(const spoti_config_reader *r, const int_field *f,
                            spoti_policy_config *out)
{
    const json_t *value = json_object_get(r->root, f->key);

    if (!json_is_integer(value) || json_integer_value(value) < f->min ||
        json_integer_value(value) > f->max) {
        char expected[64];
        (void)spoti_format(expected, sizeof(expected), "a whole number %d..%d", f->min, f->max);
        return spoti_config_refuse(r, f->key, expected);
    }
    *(int *)(void *)((char *)out + f->offset) = (int)json_integer_value(value);
    return SPOT_OK;
}

static spot_status read_period(const spoti_config_reader *r, const char *key, double *out)
{
    const json_t *value = json_object_get(r->root, key);

    if (!json_is_number(value) || !(json_number_value(value) > 0.0) ||
        !isfinite(json_number_value(value))) {
        return spoti_config_refuse(r, key, "a number above 0");
    }
    *out = json_number_value(value);
    return SPOT_OK;
}

static spot_status read_name(const spoti_config_reader *r, const char *key, char *out)
{
    const char *text = json_string_value(json_object_get(r->root, key));

    if (text == NULL || text[0] == '\0' || !spoti_copy(out, SPOT_POLICY_NAME_SIZE, text)) {
        return spoti_config_refuse(r, key, "a text of 1..63 bytes");
    }
    return SPOT_OK;
}

/* Reads {feature: {"type": kind, "shape": [n]}}, the only feature of its group. */
static spot_status read_feature(const spoti_config_reader *r, const char *group,
                                const char *feature, const char *kind, int max, int *out)
{
    const json_t *features = json_object_get(r->root, group);
    const json_t *entry = json_object_get(features, feature);
    const char *type = json_string_value(json_object_get(entry, "type"));
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *size = json_array_get(shape, 0);

    if (json_object_size(features) != 1 || json_object_size(entry) != 2 || type == NULL ||
        strcmp(type, kind) != 0 || json_array_size(shape) != 1 || !json_is_integer(size) ||
        json_integer_value(size) < 1 || json_integer_value(size) > max) {
        return spot_diag_set(r->diag, SPOT_E_FORMAT,
                             "%s:%d: %s: expected {\"%s\": {\"type\": \"%s\", \"shape\": [1..%d]}}",
                             r->path, line_of(r, group), group, feature, kind, max);
    }
    *out = (int)json_integer_value(size);
    return SPOT_OK;
}

static const format FORMATS[] = {
    {"flow_mixer", MIXER_FIELDS, MIXER_KEYS, NULL},
    {"dit", DIT_FIELDS, DIT_KEYS, spoti_config_read_dit},
};
enum { N_FORMAT = sizeof FORMATS / sizeof FORMATS[0] };

static bool has_field(const int_field *fields, const char *key)
{
    while (fields->key != NULL && strcmp(fields->key, key) != 0) {
        fields++;
    }
    return fields->key != NULL;
}

static bool has_key(const char *const *keys, const char *key)
{
    while (*keys != NULL && strcmp(*keys, key) != 0) {
        keys++;
    }
    return *keys != NULL;
}

static bool known_key(const format *f, const char *key)
{
    return has_field(COMMON_FIELDS, key) || has_field(f->fields, key) ||
           has_key(COMMON_KEYS, key) || has_key(f->keys, key);
}

/* The keys of a format, up to `max`; returns how many. */
static size_t list_keys(const format *f, const char **keys, size_t max)
{
    const int_field *const fields[] = {COMMON_FIELDS, f->fields};
    const char *const *const words[] = {COMMON_KEYS, f->keys};
    size_t n = 0;

    for (int i = 0; i < 2; i++) {
        for (const int_field *k = fields[i]; k->key != NULL && n < max; k++) {
            keys[n++] = k->key;
        }
        for (const char *const *k = words[i]; *k != NULL && n < max; k++) {
            keys[n++] = *k;
        }
    }
    return n;
}

static spot_status refuse_key(const spoti_config_reader *r, const format *f, const char *key)
{
    const char *keys[KEYS_MAX];
    char list[LIST_SIZE] = "";
    char hint[SPOTI_HINT_SIZE];
    const size_t n = list_keys(f, keys, KEYS_MAX);

    for (size_t i = 0; i < n; i++) {
        const size_t used = strlen(list);
        (void)spoti_format(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "", keys[i]);
    }
    spoti_hint(hint, key, keys, n);
    return spot_diag_set(r->diag, SPOT_E_FORMAT,
                         "%s:%d: unknown key '%.64s', expected one of: %s%s", r->path,
                         line_of(r, key), key, list, hint);
}

static const format *find_format(const char *type)
{
    for (size_t i = 0; i < N_FORMAT; i++) {
        if (strcmp(FORMATS[i].type, type) == 0) {
            return &FORMATS[i];
        }
    }
    return NULL;
}

static spot_status check_type(const spoti_config_reader *r, spoti_policy_config *out)
{
    const json_t *version = json_object_get(r->root, "format_version");
    const spot_status st = read_name(r, "type", out->type);

    if (st != SPOT_OK) {
        return st;
    }
    if (find_format(out->type) == NULL) {
        const char *types[N_FORMAT];
        char hint[SPOTI_HINT_SIZE];
        for (size_t i = 0; i < N_FORMAT; i++) {
            types[i] = FORMATS[i].type;
        }
        spoti_hint(hint, out->type, types, N_FORMAT);
        return spot_diag_set(r->diag, SPOT_E_UNSUPPORTED,
                             "%s:%d: type: '%s', expected flow_mixer or dit%s", r->path,
                             line_of(r, "type"), out->type, hint);
    }
    if (!json_is_integer(version) || json_integer_value(version) != FORMAT_VERSION) {
        (void)spoti_config_refuse(r, "format_version", "1");
        return SPOT_E_UNSUPPORTED;
    }
    return SPOT_OK;
}

static spot_status read_features(const spoti_config_reader *r, spoti_policy_config *out)
{
    const spot_status st = read_feature(r, "input_features", "observation.state", "STATE",
                                        SPOTI_CONFIG_OBS_MAX, &out->obs_dim);

    if (st != SPOT_OK) {
        return st;
    }
    return read_feature(r, "output_features", "action", "ACTION", ACTION_MAX, &out->action_dim);
}

static spot_status read_ints(const spoti_config_reader *r, const int_field *fields,
                             spoti_policy_config *out)
{
    spot_status st = SPOT_OK;

    for (; fields->key != NULL && st == SPOT_OK; fields++) {
        st = read_int(r, fields, out);
    }
    return st;
}

static spot_status read_numbers(const spoti_config_reader *r, const format *f,
                                spoti_policy_config *out)
{
    spot_status st = read_ints(r, COMMON_FIELDS, out);

    if (st == SPOT_OK) {
        st = read_ints(r, f->fields, out);
    }
    if (st == SPOT_OK) {
        st = read_period(r, "time_period_min", &out->time_period_min);
    }
    if (st == SPOT_OK) {
        st = read_period(r, "time_period_max", &out->time_period_max);
    }
    return st;
}

/* What single fields cannot say. */
static spot_status check_relations(const spoti_config_reader *r, const spoti_policy_config *c)
{
    char expected[64];

    if (c->n_execute > c->horizon) {
        (void)spoti_format(expected, sizeof(expected), "1..%d, the horizon", c->horizon);
        return spoti_config_refuse(r, "n_action_steps", expected);
    }
    if (c->time_dim % 2 != 0) {
        return spoti_config_refuse(r, "time_dim", "an even number");
    }
    if (c->time_period_max < c->time_period_min) {
        (void)spoti_format(expected, sizeof(expected), "at least time_period_min, %g",
                           c->time_period_min);
        return spoti_config_refuse(r, "time_period_max", expected);
    }
    return SPOT_OK;
}

static spot_status read_root(const spoti_config_reader *r, spoti_policy_config *out)
{
    const char *key = NULL;
    const format *f = NULL;
    json_t *value = NULL;
    spot_status st = check_type(r, out);

    if (st != SPOT_OK) {
        return st;
    }
    f = find_format(out->type);
    json_object_foreach(r->root, key, value)
    {
        if (!known_key(f, key)) {
            return refuse_key(r, f, key);
        }
    }
    st = read_name(r, "task", out->task);
    if (st == SPOT_OK) {
        st = read_features(r, out);
    }
    if (st == SPOT_OK) {
        st = read_numbers(r, f, out);
    }
    if (st == SPOT_OK && f->read != NULL) {
        st = f->read(r, out);
    }
    return st == SPOT_OK ? check_relations(r, out) : st;
}

static spot_status read_text(const char *path, char *text, spot_diag *diag)
{
    FILE *file = NULL;
    size_t size = 0;
    bool bad = false;
    const spot_status st = spoti_file_open(path, "a policy's configuration", &file, diag);

    if (st != SPOT_OK) {
        return st;
    }
    size = fread(text, 1, CONFIG_SIZE_MAX, file);
    bad = ferror(file) != 0;
    (void)fclose(file);
    if (bad) {
        return spot_diag_set(diag, SPOT_E_IO,
                             "%s: cannot be read, expected a policy's configuration", path);
    }
    if (size == CONFIG_SIZE_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: too long, expected less than %d bytes", path,
                             CONFIG_SIZE_MAX);
    }
    text[size] = '\0';
    return SPOT_OK;
}

spot_status spoti_policy_config_read(const char *path, spoti_policy_config *out, spot_diag *diag)
{
    char text[CONFIG_SIZE_MAX + 1] = "";
    json_error_t error;
    json_t *root = NULL;
    spot_status st = read_text(path, text, diag);

    *out = (spoti_policy_config){0};
    if (st != SPOT_OK) {
        return st;
    }
    root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return SPOT_E_NOMEM;
        }
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s, expected one JSON object", path,
                             error.line > 0 ? error.line : 1, error.text);
    }

    const spoti_config_reader r = {path, text, root, diag};

    st = json_is_object(root)
             ? read_root(&r, out)
             : spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: expected a JSON object", path);
    json_decref(root);
    return st;
}
