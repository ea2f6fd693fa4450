/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The members of a JSON object one by one, without a tree of them: headers of 100 MB are read in little more than
 * their own size.
 *
 * The text is changed: names and texts are decoded where they lie. A value is only cut out here, by its brackets;
 * who takes it parses it.
 */
#ifndef SPOTI_NN_JSON_MEMBERS_H
#define SPOTI_NN_JSON_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/status.h"

typedef struct spoti_json_member {
    const char *name; /* ends in 0; in the text */
    char *value;      /* in the text, not ended */
    size_t length;    /* of the value, 1 or more */
} spoti_json_member;

typedef struct spoti_json_members {
    const char *path, *what; /* of messages, `PATH: WHAT: ...`; borrowed */
    spot_diag *diag;
    char *at, *end;
    bool begun;
} spoti_json_members;

/* Begins to read the object that `text` (length bytes, borrowed) holds. */
spoti_json_members spoti_json_members_of(const char *path, const char *what, char *text,
                                         size_t length, spot_diag *diag);

/* The next member; *more false: there was none, and nothing follows the object. Returns OK, E_FORMAT, E_NOMEM. */
spot_status spoti_json_next(spoti_json_members *members, spoti_json_member *member, bool *more);

/* Decodes a value that is a text in place: *text ends in 0. Returns OK, E_FORMAT (no text, or a bad one), E_NOMEM. */
spot_status spoti_json_text(const spoti_json_members *members, const spoti_json_member *member,
                            const char **text);

#endif
