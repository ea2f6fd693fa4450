/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Printing for a terminal, which obeys some of what it is sent.
 *
 * Names and texts come from files and options of strangers: a policy's task may hold an escape sequence
 * that renames the window, hides a line or types a command. Here the text of every %s and %c is shown
 * instead of obeyed: controls, also those of Unicode (U+0080..U+009F), marks that turn the direction of
 * writing, and bytes that are no UTF-8 come out as \x1b, each byte on its own; all other UTF-8 as it is.
 * The format itself is the program's own and passes unchanged, its newlines too.
 *
 *     spot_print(stdout, "%-20s %s\n", name, description);
 */
#ifndef SPOT_SHOW_H
#define SPOT_SHOW_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_PRINT_COLUMNS = 100 };

/* As fprintf, with texts shown (see above); %n, %p, %ls and %lc are not known. A width counts characters, a
 * precision bytes; one that is a number of the format leaves no part of a character. Write errors stay in the stream
 * (ferror). Threads: as the stream. */
SPOT_API void spot_print(FILE *out, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

SPOT_API void spot_vprint(FILE *out, const char *format, va_list args)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 0)))
#endif
    ;

/* Breaks a text at blanks into lines of at most SPOT_PRINT_COLUMNS bytes, the last one ended too, with `indent` blanks in
 * front of all but the first (0 .. SPOT_PRINT_COLUMNS / 2); a longer word has a line of its own. */
SPOT_API void spot_print_wrapped(FILE *out, int indent, const char *text);

/* Copies `text`, shown and cut off where needed, and ends it with 0: a name that may stand anywhere. Two texts
 * that differ stay different, but for one that holds the words of an escape. Returns true if all of it fitted. */
SPOT_API bool spot_show(char *dst, size_t dst_size, const char *text);

/* The one of `known` that the unknown word `word` was probably meant to be (a slip of the pen, or its first letters), for
 * "did you mean"; NULL if none is near. Threads: immutable. */
SPOT_API const char *spot_suggest(const char *word, const char *const *known, size_t n_known);

/* Writes a JSON document in UTF-8 with the same characters as \u001b, so that it means the same. */
SPOT_API void spot_print_json(FILE *out, const char *json);

#ifdef __cplusplus
}
#endif

#endif
