/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Walks the document's events along the schema. */
#include "runtime/file/yaml_check.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "core/base/show.h"
#include "core/base/text.h"

enum { LIST_SIZE = 256, WORDS_MAX = 64, EXPECTED_SIZE = 320 };

typedef struct walker {
    yaml_parser_t parser;
    const char *name;
    const char *text;
    size_t size;
    spot_diag *diag;
    spot_status status;
} walker;

/* Adds a word to a list such as `a, b, c`. */
static void add_word(char list[LIST_SIZE], const char *word)
{
    const size_t used = strlen(list);
    (void)spoti_format(list + used, LIST_SIZE - used, "%s%s", used > 0 ? ", " : "", word);
}

static size_t line_of(const yaml_event_t *event)
{
    return event->start_mark.line + 1;
}

static const char *scalar(const yaml_event_t *event)
{
    return (const char *)event->data.scalar.value;
}

/* What libyaml says, with the line of it; where bytes are no text it tells how many came before. */
static void refuse_syntax(walker *w)
{
    const yaml_parser_t *p = &w->parser;
    const bool bytes = p->error == YAML_READER_ERROR;
    size_t line = p->problem_mark.line + 1;

    for (size_t i = 0; bytes && i < p->problem_offset && i < w->size; i++) {
        line += w->text[i] == '\n' ? 1 : 0;
    }
    line -= bytes ? p->problem_mark.line : 0;
    if (p->error == YAML_MEMORY_ERROR) {
        w->status = SPOT_E_NOMEM;
        return;
    }
    w->status = spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: %s%s%s, expected YAML", w->name,
                              line, p->context != NULL && !bytes ? p->context : "",
                              p->context != NULL && !bytes ? ": " : "",
                              p->problem != NULL ? p->problem : "not understood");
}

/* The next event; false at an error. The caller deletes the event. */
static bool next_event(walker *w, yaml_event_t *event)
{
    if (w->status != SPOT_OK) {
        return false;
    }
    if (yaml_parser_parse(&w->parser, event) == 0) {
        refuse_syntax(w);
        return false;
    }
    return true;
}

/* ---- what is expected ---- */

static const char *plural(uint32_t n)
{
    return n == 1 ? "entry" : "entries";
}

/* How many entries a list may have, as `6 entries` or `1 to 4 entries`. */
static void say_count(const cyaml_schema_value_t *schema, char text[64])
{
    const uint32_t min = schema->sequence.min;
    const uint32_t max = schema->sequence.max;

    if (min == max) {
        (void)spoti_format(text, 64, "%u %s", (unsigned)max, plural(max));
    } else if (max == UINT32_MAX) {
        (void)spoti_format(text, 64, "%u or more entries", (unsigned)min);
    } else {
        (void)spoti_format(text, 64, "%u to %u entries", (unsigned)min, (unsigned)max);
    }
}

static void say_expected(const cyaml_schema_value_t *schema, char text[EXPECTED_SIZE])
{
    char list[LIST_SIZE] = "";
    char count[64];

    switch (schema->type) {
    case CYAML_ENUM:
        for (uint32_t i = 0; i < schema->enumeration.count; i++) {
            add_word(list, schema->enumeration.strings[i].str);
        }
        (void)spoti_format(text, EXPECTED_SIZE, "one of: %s", list);
        return;
    case CYAML_MAPPING:
        (void)spoti_format(text, EXPECTED_SIZE, "a mapping");
        return;
    case CYAML_SEQUENCE:
    case CYAML_SEQUENCE_FIXED:
        say_count(schema, count);
        (void)spoti_format(text, EXPECTED_SIZE, "a list of %s", count);
        return;
    case CYAML_STRING:
        (void)spoti_format(text, EXPECTED_SIZE, "text of %u to %u bytes",
                           (unsigned)schema->string.min, (unsigned)schema->string.max);
        return;
    case CYAML_BOOL:
        (void)spoti_format(text, EXPECTED_SIZE, "true or false");
        return;
    default:
        (void)spoti_format(text, EXPECTED_SIZE, "a %s",
                           schema->type == CYAML_FLOAT ? "number" : "whole number");
    }
}

/* `file:line: key: 'value', expected ...`; an entry of a list has the list's key, the document none. */
static void refuse_value(walker *w, const yaml_event_t *event, const char *key,
                         const cyaml_schema_value_t *schema, const char *hint)
{
    char expected[EXPECTED_SIZE];
    char shown[80] = "nothing";

    say_expected(schema, expected);
    if (event->type == YAML_MAPPING_START_EVENT) {
        (void)spoti_format(shown, sizeof(shown), "a mapping");
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        (void)spoti_format(shown, sizeof(shown), "a list");
    } else if (event->type == YAML_SCALAR_EVENT && scalar(event)[0] != '\0') {
        (void)spoti_format(shown, sizeof(shown), "'%.64s'%s", scalar(event),
                           strlen(scalar(event)) > 64 ? "..." : "");
    }
    w->status =
        spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: %s%s%s, expected %s%s", w->name,
                      line_of(event), key, key[0] != '\0' ? ": " : "", shown, expected, hint);
}

/* ---- scalars ---- */

static void check_choice(walker *w, const yaml_event_t *event, const char *key,
                         const cyaml_schema_value_t *schema)
{
    const char *known[WORDS_MAX];
    char hint[SPOTI_HINT_SIZE];
    uint32_t n = 0;

    for (uint32_t i = 0; i < schema->enumeration.count; i++) {
        if (strcmp(schema->enumeration.strings[i].str, scalar(event)) == 0) {
            return;
        }
        if (n < WORDS_MAX) {
            known[n++] = schema->enumeration.strings[i].str;
        }
    }
    spoti_hint(hint, scalar(event), known, n);
    refuse_value(w, event, key, schema, hint);
}

static bool is_bool(const char *text)
{
    static const char *const words[] = {"true", "yes", "1", "false", "no", "0"};
    bool found = false;
    for (int i = 0; i < 6; i++) {
        found = found || strcmp(text, words[i]) == 0;
    }
    return found;
}

static bool is_right(const char *text, const cyaml_schema_value_t *schema)
{
    int64_t integer = 0;
    double real = 0.0;

    switch (schema->type) {
    case CYAML_INT:
    case CYAML_UINT:
        return spoti_parse_int64(text, &integer) == SPOT_OK &&
               (schema->data_size > sizeof(int) || (integer >= INT_MIN && integer <= INT_MAX));
    case CYAML_FLOAT:
        return spoti_parse_double(text, &real) == SPOT_OK;
    case CYAML_STRING:
        return strlen(text) >= schema->string.min && strlen(text) <= schema->string.max;
    case CYAML_BOOL:
        return is_bool(text);
    default:
        return false;
    }
}

/* ---- collections ---- */

static void walk(walker *w, yaml_event_t *event, const char *key,
                 const cyaml_schema_value_t *schema);

static void refuse_key(walker *w, const yaml_event_t *key, const cyaml_schema_value_t *mapping)
{
    const char *known[WORDS_MAX];
    char list[LIST_SIZE] = "";
    char hint[SPOTI_HINT_SIZE];
    size_t n = 0;

    for (const cyaml_schema_field_t *f = mapping->mapping.fields; f->key != NULL; f++) {
        add_word(list, f->key);
        if (n < WORDS_MAX) {
            known[n++] = f->key;
        }
    }
    spoti_hint(hint, scalar(key), known, n);
    w->status =
        spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: unknown key '%.64s', expected one of: %s%s",
                      w->name, line_of(key), scalar(key), list, hint);
}

/* The number of the field called `key`, or -1. */
static int find_field(const cyaml_schema_value_t *mapping, const char *key)
{
    const cyaml_schema_field_t *fields = mapping->mapping.fields;
    int i = 0;
    while (fields[i].key != NULL && strcmp(fields[i].key, key) != 0) {
        i++;
    }
    return fields[i].key != NULL && i < WORDS_MAX ? i : -1;
}

static void check_missing(walker *w, size_t line, const char *name,
                          const cyaml_schema_value_t *mapping, uint64_t seen)
{
    const cyaml_schema_field_t *fields = mapping->mapping.fields;
    for (int i = 0; fields[i].key != NULL && i < WORDS_MAX && w->status == SPOT_OK; i++) {
        if ((seen & UINT64_C(1) << (unsigned)i) == 0 &&
            ((unsigned)fields[i].value.flags & (unsigned)CYAML_FLAG_OPTIONAL) == 0) {
            char expected[EXPECTED_SIZE];
            say_expected(&fields[i].value, expected);
            w->status = spot_diag_set(
                w->diag, SPOT_E_FORMAT, "%s:%zu: %s%skey '%s' is missing, expected it: %s", w->name,
                line, name, name[0] != '\0' ? ": " : "", fields[i].key, expected);
        }
    }
}

/* A key, which is a word of the schema that did not come before; *seen has a bit for each that did. */
static int take_key(walker *w, const yaml_event_t *key, const cyaml_schema_value_t *mapping,
                    uint64_t *seen)
{
    const int i = key->type == YAML_SCALAR_EVENT ? find_field(mapping, scalar(key)) : -1;

    if (key->type != YAML_SCALAR_EVENT) {
        w->status = spot_diag_set(w->diag, SPOT_E_FORMAT,
                                  "%s:%zu: a key that is a list, a mapping or an alias, expected "
                                  "a word",
                                  w->name, line_of(key));
        return -1;
    }
    if (i < 0) {
        refuse_key(w, key, mapping);
    } else if ((*seen & UINT64_C(1) << (unsigned)i) != 0) {
        w->status =
            spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: key '%s' is given twice, expected once",
                          w->name, line_of(key), scalar(key));
    } else {
        *seen |= UINT64_C(1) << (unsigned)i;
    }
    return i;
}

static void walk_mapping(walker *w, size_t line, const char *name,
                         const cyaml_schema_value_t *schema)
{
    uint64_t seen = 0;
    yaml_event_t event;

    while (next_event(w, &event)) {
        const bool end = event.type == YAML_MAPPING_END_EVENT;
        const int i = end ? -1 : take_key(w, &event, schema, &seen);
        yaml_event_delete(&event);
        if (end) {
            check_missing(w, line, name, schema, seen);
            return;
        }
        if (next_event(w, &event)) {
            walk(w, &event, schema->mapping.fields[i].key, &schema->mapping.fields[i].value);
            yaml_event_delete(&event);
        }
    }
}

static void walk_list(walker *w, const yaml_event_t *start, const char *key,
                      const cyaml_schema_value_t *schema)
{
    uint32_t n = 0;
    yaml_event_t event;

    while (next_event(w, &event)) {
        const bool end = event.type == YAML_SEQUENCE_END_EVENT;
        if (!end) {
            n++;
            walk(w, &event, key, schema->sequence.entry);
        }
        yaml_event_delete(&event);
        if (end && (n < schema->sequence.min || n > schema->sequence.max)) {
            char count[64];
            say_count(schema, count);
            w->status = spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: %s: %u %s, expected %s",
                                      w->name, line_of(start), key, (unsigned)n, plural(n), count);
        }
        if (end) {
            return;
        }
    }
}

static void walk(walker *w, yaml_event_t *event, const char *key,
                 const cyaml_schema_value_t *schema)
{
    const bool list = schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED;

    if (event->type == YAML_ALIAS_EVENT) {
        w->status = spot_diag_set(w->diag, SPOT_E_FORMAT,
                                  "%s:%zu: %s: an alias, expected the values themselves", w->name,
                                  line_of(event), key);
    } else if (event->type == YAML_SCALAR_EVENT && schema->type == CYAML_ENUM) {
        check_choice(w, event, key, schema);
    } else if (event->type == YAML_MAPPING_START_EVENT && schema->type == CYAML_MAPPING) {
        walk_mapping(w, line_of(event), key, schema);
    } else if (event->type == YAML_SEQUENCE_START_EVENT && list) {
        walk_list(w, event, key, schema);
    } else if (event->type != YAML_SCALAR_EVENT || !is_right(scalar(event), schema)) {
        refuse_value(w, event, key, schema, "");
    }
}

/* ---- the document ---- */

static void refuse_second(walker *w, const yaml_event_t *event)
{
    w->status =
        spot_diag_set(w->diag, SPOT_E_FORMAT, "%s:%zu: a second document, expected one in a file",
                      w->name, line_of(event));
}

spot_status spoti_yaml_check(const char *name, const void *text, size_t size,
                             const cyaml_schema_value_t *schema, spot_diag *diag)
{
    walker w = {.name = name, .text = text, .size = size, .diag = diag, .status = SPOT_OK};
    yaml_event_t event;
    bool found = false;

    if (yaml_parser_initialize(&w.parser) == 0) {
        return SPOT_E_NOMEM;
    }
    yaml_parser_set_input_string(&w.parser, text, size);
    for (bool ended = false; !ended && next_event(&w, &event);) {
        ended = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && found) {
            refuse_second(&w, &event);
        } else if (event.type != YAML_DOCUMENT_START_EVENT &&
                   event.type != YAML_DOCUMENT_END_EVENT && event.type != YAML_STREAM_START_EVENT &&
                   !ended) {
            found = true;
            walk(&w, &event, "", schema);
        }
        yaml_event_delete(&event);
    }
    if (w.status == SPOT_OK && !found) {
        w.status = spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:1: nothing but comments, expected a mapping", name);
    }
    yaml_parser_delete(&w.parser);
    return w.status;
}
