/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Walks the document's events along the schema. */
#include "runtime/file/yaml_check.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "core/base/text.h"

typedef struct walker {
    yaml_parser_t parser;
    const char *name;
    spot_diag *diag;
    spot_status status;
    bool stopped; /* the document is not built as the schema says */
} walker;

enum { LIST_SIZE = 256 };

/* Adds a word to a list such as `a, b, c`. */
static void add_word(char list[LIST_SIZE], const char *word)
{
    const size_t used = strlen(list);
    (void)spoti_format(list + used, LIST_SIZE - used, "%s%s", used > 0 ? ", " : "", word);
}

/* The next event; false at an error or the end. The caller deletes the event. */
static bool next_event(walker *w, yaml_event_t *event)
{
    if (w->status != SPOT_OK || w->stopped) {
        return false;
    }
    if (yaml_parser_parse(&w->parser, event) == 0) {
        w->stopped = true; /* libcyaml says where it is no YAML */
        return false;
    }
    return true;
}

static void refuse_key(walker *w, const yaml_event_t *key, const cyaml_schema_value_t *mapping)
{
    char known[LIST_SIZE] = "";
    const cyaml_schema_field_t *field = mapping->mapping.fields;
    for (; field != NULL && field->key != NULL; field++) {
        add_word(known, field->key);
    }
    w->status = spot_diag_set(
        w->diag, SPOT_E_FORMAT, "%s:%zu: unknown key '%.64s', expected one of: %s", w->name,
        key->start_mark.line + 1, (const char *)key->data.scalar.value, known);
}

static void check_choice(walker *w, const yaml_event_t *event, const cyaml_schema_value_t *schema)
{
    const char *text = (const char *)event->data.scalar.value;
    char known[LIST_SIZE] = "";
    for (uint32_t i = 0; i < schema->enumeration.count; i++) {
        if (strcmp(schema->enumeration.strings[i].str, text) == 0) {
            return;
        }
        add_word(known, schema->enumeration.strings[i].str);
    }
    w->status = spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: '%.64s', expected one of: %s",
                              w->name, event->start_mark.line + 1, text, known);
}

static void check_number(walker *w, const yaml_event_t *event, cyaml_type_e type)
{
    const char *text = (const char *)event->data.scalar.value;
    int64_t integer = 0;
    double real = 0.0;
    bool whole = type == CYAML_INT || type == CYAML_UINT;
    bool number = whole || type == CYAML_FLOAT;
    bool ok = !number || (whole ? spoti_parse_int64(text, &integer) == SPOT_OK
                                : spoti_parse_double(text, &real) == SPOT_OK);
    if (!ok) {
        w->status =
            spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: '%.64s', expected a %s", w->name,
                          event->start_mark.line + 1, text, whole ? "whole number" : "number");
    }
}

static void walk(walker *w, yaml_event_t *event, const cyaml_schema_value_t *schema);

/* The next event's value by `schema`; returns false if it was the end of a collection. */
static bool walk_next(walker *w, const cyaml_schema_value_t *schema)
{
    yaml_event_t event;
    if (!next_event(w, &event)) {
        return false;
    }
    bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    if (!end) {
        walk(w, &event, schema);
    }
    yaml_event_delete(&event);
    return !end;
}

static const cyaml_schema_value_t *value_of_key(const cyaml_schema_value_t *mapping,
                                                const char *key)
{
    const cyaml_schema_field_t *field = mapping->mapping.fields;
    for (; field != NULL && field->key != NULL; field++) {
        if (strcmp(field->key, key) == 0) {
            return &field->value;
        }
    }
    return NULL;
}

static void walk_mapping(walker *w, const cyaml_schema_value_t *schema)
{
    yaml_event_t key;
    while (next_event(w, &key)) {
        const cyaml_schema_value_t *value = NULL;
        bool end = key.type != YAML_SCALAR_EVENT;
        if (!end) {
            value = value_of_key(schema, (const char *)key.data.scalar.value);
        }
        if (!end && value == NULL) {
            refuse_key(w, &key, schema);
        }
        yaml_event_delete(&key);
        if (end || value == NULL || !walk_next(w, value)) {
            return;
        }
    }
}

static void walk(walker *w, yaml_event_t *event, const cyaml_schema_value_t *schema)
{
    if (event->type == YAML_SCALAR_EVENT && schema->type == CYAML_ENUM) {
        check_choice(w, event, schema);
    } else if (event->type == YAML_SCALAR_EVENT) {
        check_number(w, event, schema->type);
    } else if (event->type == YAML_MAPPING_START_EVENT && schema->type == CYAML_MAPPING) {
        walk_mapping(w, schema);
    } else if (event->type == YAML_SEQUENCE_START_EVENT &&
               (schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED)) {
        while (walk_next(w, schema->sequence.entry)) {
        }
    } else {
        w->stopped = true;
    }
}

spot_status spoti_yaml_check(const char *name, const void *text, size_t size,
                             const cyaml_schema_value_t *schema, spot_diag *diag)
{
    walker w = {.name = name, .diag = diag, .status = SPOT_OK};
    yaml_event_t event;

    if (yaml_parser_initialize(&w.parser) == 0) {
        return SPOT_E_NOMEM;
    }
    yaml_parser_set_input_string(&w.parser, text, size);
    /* Skip the stream's and the document's start. */
    for (bool started = false; !started && next_event(&w, &event);) {
        started = event.type == YAML_MAPPING_START_EVENT || event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_MAPPING_START_EVENT) {
            walk(&w, &event, schema);
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&w.parser);
    return w.status;
}
