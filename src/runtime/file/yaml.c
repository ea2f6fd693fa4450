/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * libcyaml reports errors as log lines: first what is wrong, then a backtrace whose first row ends in
 * `(line: 12, column: 3)`. `collect` keeps the first message and the first line number, for what our own
 * walk along the schema (yaml_check.h), whose words say more, does not find.
 */
#include "runtime/file/yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "runtime/file/yaml_check.h"
#include "runtime/file/yaml_place.h"

enum { FILE_BYTES_MAX = 1 << 20, MESSAGE_SIZE = 256, PLACE_SIZE = 256 };

typedef struct message {
    char what[MESSAGE_SIZE]; /* first message, without libcyaml's `Load: ` */
    int line;                /* 0 = not said */
} message;

#if defined(__GNUC__)
__attribute__((format(printf, 3, 0)))
#endif
static void
collect(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    message *m = ctx;
    char text[MESSAGE_SIZE];

    if (level < CYAML_LOG_ERROR) {
        return;
    }
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *line = strstr(text, "(line: ");
    if (line != NULL) {
        if (m->line == 0) {
            m->line = (int)strtol(line + strlen("(line: "), NULL, 10);
        }
    } else if (m->what[0] == '\0' && strstr(text, "Backtrace") == NULL) {
        const char *what = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
        (void)snprintf(m->what, sizeof(m->what), "%s", what);
    }
}

static cyaml_config_t make_config(message *m)
{
    cyaml_config_t config;
    memset(&config, 0, sizeof(config));
    config.log_fn = collect;
    config.log_ctx = m;
    config.log_level = CYAML_LOG_ERROR;
    config.mem_fn = cyaml_mem;
    config.flags = CYAML_CFG_NO_ALIAS;
    return config;
}

/* Line of `key:` in text at or after line `from`, else `from`. */
static int line_of_key(const char *text, size_t size, const char *key, int from)
{
    size_t key_length = strlen(key);
    int line = 1;
    size_t at = 0;

    while (text != NULL && at < size) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - (text + at)) : size - at;
        size_t skip = 0;
        while (skip < length && strchr(" -{,", text[at + skip]) != NULL) {
            skip++;
        }
        if (line >= from && length - skip > key_length &&
            memcmp(text + at + skip, key, key_length) == 0 && text[at + skip + key_length] == ':') {
            return line;
        }
        at += length + 1;
        line++;
    }
    return from;
}

spot_status spoti_yaml_parse(const char *name, const void *text, size_t size,
                             const cyaml_schema_value_t *schema, void **out, spot_diag *diag)
{
    message m = {.what = "", .line = 0};
    cyaml_config_t config = make_config(&m);
    cyaml_data_t *data = NULL;

    *out = NULL;
    if (size == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: the file is empty, expected a mapping",
                             name);
    }
    cyaml_err_t err = cyaml_load_data(text, size, &config, schema, &data, NULL);
    if (err == CYAML_ERR_OOM) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spoti_yaml_check(name, text, size, schema, diag);
    if (st == SPOT_OK && (err != CYAML_OK || data == NULL)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s, expected a file as documented", name,
                             m.line > 0 ? m.line : 1,
                             m.what[0] != '\0' ? m.what : cyaml_strerror(err));
    }
    if (st != SPOT_OK) {
        spoti_yaml_free(schema, data);
        return st;
    }
    *out = data;
    return SPOT_OK;
}

/* Reads a whole file of at most FILE_BYTES_MAX bytes; *out is malloc'ed by this file alone. */
static spot_status read_file(const char *path, char **out, size_t *size, spot_diag *diag)
{
    FILE *file = NULL;
    char *text = NULL;
    spot_status st = spoti_file_open(path, "a readable YAML file", &file, diag);

    if (st != SPOT_OK) {
        return st;
    }
    text = cyaml_mem(NULL, NULL, FILE_BYTES_MAX + 1);
    if (text == NULL) {
        st = SPOT_E_NOMEM;
        goto cleanup;
    }
    *size = fread(text, 1, FILE_BYTES_MAX + 1, file);
    if (ferror(file) != 0) {
        st = spot_diag_set(diag, SPOT_E_IO, "%s: cannot read, expected a readable YAML file", path);
        goto cleanup;
    }
    if (*size > FILE_BYTES_MAX) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s: larger than 1 MiB, expected a small YAML file",
                           path);
        goto cleanup;
    }
    *out = text;
    text = NULL;

cleanup:
    (void)cyaml_mem(NULL, text, 0);
    (void)fclose(file);
    return st;
}

spot_status spoti_yaml_load(const char *path, const cyaml_schema_value_t *schema, void **out,
                            spot_diag *diag)
{
    char *text = NULL;
    size_t size = 0;

    *out = NULL;
    spot_status st = read_file(path, &text, &size, diag);
    if (st == SPOT_OK) {
        st = spoti_yaml_parse(path, text, size, schema, out, diag);
        (void)cyaml_mem(NULL, text, 0);
    }
    return st;
}

spot_status spoti_yaml_peek(const char *path, const cyaml_schema_value_t *schema, void **out)
{
    message m = {.what = "", .line = 0};
    cyaml_config_t config = make_config(&m);
    cyaml_data_t *data = NULL;
    char *text = NULL;
    size_t size = 0;

    *out = NULL;
    spot_status st = read_file(path, &text, &size, NULL);
    if (st != SPOT_OK) {
        return st;
    }
    config.flags |= CYAML_CFG_IGNORE_UNKNOWN_KEYS;
    const cyaml_err_t err =
        size > 0 ? cyaml_load_data((const uint8_t *)text, size, &config, schema, &data, NULL)
                 : CYAML_ERR_INTERNAL_ERROR;
    (void)cyaml_mem(NULL, text, 0);
    *out = data;
    return err == CYAML_OK && data != NULL ? SPOT_OK : SPOT_E_FORMAT;
}

void spoti_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
    message m = {.what = "", .line = 0};
    cyaml_config_t config = make_config(&m);
    if (data != NULL) {
        (void)cyaml_free(&config, schema, data, 0);
    }
}

int spoti_yaml_line_of(const char *path, const char *key, int from)
{
    char *text = NULL;
    size_t size = 0;
    if (read_file(path, &text, &size, NULL) != SPOT_OK) {
        return from;
    }
    int line = line_of_key(text, size, key, from);
    (void)cyaml_mem(NULL, text, 0);
    return line;
}

int spoti_yaml_line_at(const char *path, const char *where, ...)
{
    char place[PLACE_SIZE];
    char *text = NULL;
    size_t size = 0;
    int line = 1;
    va_list args;

    va_start(args, where);
    (void)vsnprintf(place, sizeof(place), where, args);
    va_end(args);
    if (read_file(path, &text, &size, NULL) == SPOT_OK) {
        line = spoti_yaml_place(text, size, place);
        (void)cyaml_mem(NULL, text, 0);
    }
    return line;
}

spot_status spoti_yaml_in_range(const char *path, const char *where, double x, double low,
                                double high, spot_diag *diag)
{
    if (x >= low && x <= high) {
        return SPOT_OK;
    }
    const char *dot = strrchr(where, '.');
    const char *key = dot != NULL ? dot + 1 : where;
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %.*s: %g, expected %g to %g", path,
                         spoti_yaml_line_at(path, "%s", where), (int)strcspn(key, "["), key, x, low,
                         high);
}
