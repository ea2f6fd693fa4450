/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON objects, member by member. */
#include "runtime/nn/json_members.h"

#include <string.h>

#include <jansson.h>

static spot_status refuse(const spoti_json_members *m, const char *what)
{
    return spot_diag_set(m->diag, SPOT_E_FORMAT, "%s: %s: %s, expected one JSON object", m->path,
                         m->what, what);
}

static void skip_spaces(spoti_json_members *m)
{
    while (m->at < m->end &&
           (*m->at == ' ' || *m->at == '\t' || *m->at == '\n' || *m->at == '\r')) {
        m->at++;
    }
}

/* From an opening quote past the closing one; NULL: there is none. */
static char *past_text(char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '"') {
            return at + 1;
        }
    }
    return NULL;
}

/* Past a value, as its brackets say; NULL: it does not end. */
static char *past_value(char *at, const char *end)
{
    size_t depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = past_text(at, end);
            if (at == NULL || depth == 0) {
                return at;
            }
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (depth == 0 && strchr(",}] \t\r\n", *at) != NULL) {
            return at; /* a number or a word is over */
        } else if ((*at == '}' || *at == ']') && --depth == 0) {
            return at + 1;
        }
        at++;
    }
    return NULL;
}

/* Decodes the text between the quotes (length bytes with them) where it lies. */
static spot_status decode(const spoti_json_members *m, char *quoted, size_t length,
                          const char **text)
{
    bool plain = true;

    for (size_t i = 1; i + 1 < length; i++) {
        plain = plain && quoted[i] >= ' ' && quoted[i] <= '~' && quoted[i] != '\\';
    }
    if (!plain) {
        json_error_t error;
        json_t *value = json_loadb(quoted, length, JSON_DECODE_ANY, &error);

        if (value == NULL) {
            return json_error_code(&error) == json_error_out_of_memory ? SPOT_E_NOMEM
                                                                       : refuse(m, error.text);
        }
        /* escapes are longer than what they stand for: it has room, and its 0 falls on the quote at the latest */
        length = json_string_length(value) + 2;
        memcpy(quoted + 1, json_string_value(value), length - 2);
        json_decref(value);
    }
    quoted[length - 1] = '\0';
    *text = quoted + 1;
    return SPOT_OK;
}

spoti_json_members spoti_json_members_of(const char *path, const char *what, char *text,
                                         size_t length, spot_diag *diag)
{
    return (spoti_json_members){
        .path = path, .what = what, .diag = diag, .at = text, .end = text + length};
}

/* To the next name, or past the end of the object. */
static spot_status to_name(spoti_json_members *m, bool *more)
{
    const bool first = !m->begun;

    skip_spaces(m);
    if (first) {
        if (m->at == m->end || *m->at != '{') {
            return spot_diag_set(m->diag, SPOT_E_FORMAT, "%s: %s: expected an object in braces",
                                 m->path, m->what);
        }
        m->begun = true;
        m->at++;
        skip_spaces(m);
    }
    *more = m->at == m->end || *m->at != '}';
    if (!*more) {
        m->at++;
        skip_spaces(m);
        return m->at == m->end ? SPOT_OK : refuse(m, "text after its end");
    }
    if (!first) {
        if (m->at == m->end || *m->at != ',') {
            return refuse(m, m->at == m->end ? "not ended" : "no comma between two members");
        }
        m->at++;
        skip_spaces(m);
    }
    return m->at < m->end && *m->at == '"'
               ? SPOT_OK
               : refuse(m, m->at == m->end ? "not ended" : "a name without quotes");
}

spot_status spoti_json_next(spoti_json_members *members, spoti_json_member *member, bool *more)
{
    spot_status st = to_name(members, more);

    if (st != SPOT_OK || !*more) {
        return st;
    }
    char *const name = members->at;
    char *after = past_text(name, members->end);
    if (after == NULL) {
        return refuse(members, "a name that does not end");
    }
    members->at = after;
    skip_spaces(members);
    if (members->at == members->end || *members->at != ':') {
        return refuse(members, "a name without a value");
    }
    members->at++;
    skip_spaces(members);
    member->value = members->at;
    members->at = past_value(member->value, members->end);
    if (members->at == NULL || members->at == member->value) {
        members->at = members->end;
        return refuse(members, "a value that is none or does not end");
    }
    member->length = (size_t)(members->at - member->value);
    return decode(members, name, (size_t)(after - name), &member->name);
}

spot_status spoti_json_text(const spoti_json_members *members, const spoti_json_member *member,
                            const char **text)
{
    if (member->value[0] != '"') {
        return spot_diag_set(members->diag, SPOT_E_FORMAT, "%s: %s: '%.100s': expected a text",
                             members->path, members->what, member->name);
    }
    return decode(members, member->value, member->length, text);
}
