/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where in a YAML text a value stands, by its path: `control.rate_hz`, `objects[1].x_m`. */
#include "runtime/file/yaml_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct finder {
    yaml_parser_t parser;
    const char *path; /* what is left of it */
    int line;         /* of the deepest part that was found */
    bool stopped;
} finder;

static bool next_event(finder *f, yaml_event_t *event)
{
    if (f->stopped || yaml_parser_parse(&f->parser, event) == 0) {
        f->stopped = true;
        return false;
    }
    return true;
}

static bool starts(const yaml_event_t *event)
{
    return event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
}

static bool ends(const yaml_event_t *event)
{
    return event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
}

/* Reads to the end of the value that `event` begins; deletes the event. */
static void skip(finder *f, yaml_event_t *event)
{
    int depth = starts(event) ? 1 : 0;

    yaml_event_delete(event);
    while (depth > 0 && next_event(f, event)) {
        depth += starts(event) ? 1 : ends(event) ? -1 : 0;
        yaml_event_delete(event);
    }
}

/* Whether the path goes on with this key, and where behind it. */
static const char *after_key(const char *path, const char *key)
{
    const size_t length = strlen(key);

    path += path[0] == '.' ? 1 : 0;
    return strncmp(path, key, length) == 0 && strchr(".[", path[length]) != NULL ? path + length
                                                                                 : NULL;
}

/* The mapping's value that the path goes through; false if there is none. */
static bool enter_mapping(finder *f, yaml_event_t *event)
{
    while (next_event(f, event)) {
        const bool end = ends(event);
        const char *rest = event->type == YAML_SCALAR_EVENT
                               ? after_key(f->path, (const char *)event->data.scalar.value)
                               : NULL;
        const int line = (int)event->start_mark.line + 1;
        skip(f, event);
        if (end || !next_event(f, event)) {
            return false;
        }
        if (rest != NULL) {
            f->path = rest;
            f->line = line;
            return true;
        }
        skip(f, event);
    }
    return false;
}

/* The list's entry that the path goes through. */
static bool enter_list(finder *f, yaml_event_t *event)
{
    char *end = NULL;
    const long wanted = f->path[0] == '[' ? strtol(f->path + 1, &end, 10) : -1;

    if (wanted < 0 || *end != ']') {
        return false;
    }
    for (long i = 0; next_event(f, event); i++) {
        if (ends(event)) {
            yaml_event_delete(event);
            return false;
        }
        if (i == wanted) {
            f->path = end + 1;
            f->line = (int)event->start_mark.line + 1;
            return true;
        }
        skip(f, event);
    }
    return false;
}

int spoti_yaml_place(const char *text, size_t size, const char *path)
{
    finder f = {.path = path, .line = 1};
    yaml_event_t event;
    bool inside = false;

    if (yaml_parser_initialize(&f.parser) == 0) {
        return f.line;
    }
    yaml_parser_set_input_string(&f.parser, (const unsigned char *)text, size);
    while (!inside && next_event(&f, &event)) { /* the stream's and the document's start */
        inside = event.type == YAML_MAPPING_START_EVENT;
        f.stopped = event.type == YAML_STREAM_END_EVENT;
        if (!inside) {
            yaml_event_delete(&event);
        }
    }
    while (inside) {
        const yaml_event_type_t type = event.type;
        yaml_event_delete(&event);
        inside = f.path[0] != '\0' && (type == YAML_MAPPING_START_EVENT ? enter_mapping(&f, &event)
                                       : type == YAML_SEQUENCE_START_EVENT ? enter_list(&f, &event)
                                                                           : false);
    }
    yaml_parser_delete(&f.parser);
    return f.line;
}
