/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What of a text may be shown as it is, and a printf that lets no text of a stranger through unseen.
 *
 * The one home of what UTF-8 is and which characters a terminal would obey. Who needs another way of
 * writing texts, such as quoted, gives his own spoti_put_fn; numbers and the format pass through.
 */
#ifndef SPOTI_BASE_SHOW_H
#define SPOTI_BASE_SHOW_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "spot/show.h"

/* Bytes (1..4) of the character at `text`, of which `n` bytes may be read, if it is valid UTF-8 that may be
 * shown as it is; else 0. */
int spoti_shown_size(const char *text, size_t n);

/* Characters that the n bytes at `text` take when they are shown. */
int spoti_shown_width(const char *text, size_t n);

/* Where text goes: a stream, or a buffer that is cut off between characters and ends with 0. */
typedef struct spoti_sink {
    FILE *stream; /* NULL = the buffer */
    char *text;
    size_t size;
    size_t used;
    bool one_line; /* newlines and tabs of texts are shown as blanks */
} spoti_sink;

void spoti_sink_put(spoti_sink *sink, const char *bytes, size_t n);

/* Writes the n bytes at `text`, shown. */
void spoti_sink_show(spoti_sink *sink, const char *text, size_t n);

/* How the text of a %s (or %c) is written. */
typedef void (*spoti_put_fn)(spoti_sink *sink, const char *text, size_t n);

/* As vfprintf, every text by `put`. */
void spoti_sink_print(spoti_sink *sink, spoti_put_fn put, const char *format, va_list args)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 0)))
#endif
    ;

/* A line about something: as vsnprintf into dst, texts shown, on one line. */
void spoti_vshow_line(char *dst, size_t size, const char *format, va_list args)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 0)))
#endif
    ;

enum { SPOTI_HINT_SIZE = 96 };

/* `; did you mean 'WORD'?` for the end of a message about the unknown `word`; "" if no known one is near
 * (spot_suggest). */
void spoti_hint(char hint[SPOTI_HINT_SIZE], const char *word, const char *const *known,
                size_t n_known);

#endif
