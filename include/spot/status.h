/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Status codes and diagnostics.
 *
 * Every function that can fail returns a `spot_status`: SPOT_OK (0) or a negative code. A status says
 * whether the call could do its job; what it found lies in the result struct. Functions that read
 * user input (files, flags) also fill a `spot_diag` with one line that a person can act on:
 * `file:line: what is wrong, what was expected`.
 */
#ifndef SPOT_STATUS_H
#define SPOT_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* On everything public: the shared library exports these functions and no others. */
#if defined(__GNUC__)
#define SPOT_API __attribute__((visibility("default")))
#else
#define SPOT_API
#endif

/* X(name, value, text): the one list of status codes. */
#define SPOT_STATUS_MAP(X)                                                                         \
    X(OK, 0, "ok")                                                                                 \
    X(E_INVALID, -1, "invalid argument")                                                           \
    X(E_NOMEM, -2, "out of memory")                                                                \
    X(E_IO, -3, "input or output failed")                                                          \
    X(E_FORMAT, -4, "malformed input")                                                             \
    X(E_RANGE, -5, "value out of range")                                                           \
    X(E_NOT_FOUND, -6, "not found")                                                                \
    X(E_UNSUPPORTED, -7, "not supported")                                                          \
    X(E_STATE, -8, "call not allowed in this state")                                               \
    X(E_INTERNAL, -9, "internal error")

typedef enum spot_status {
#define SPOT_STATUS_ENUM(name, value, text) SPOT_##name = (value),
    SPOT_STATUS_MAP(SPOT_STATUS_ENUM)
#undef SPOT_STATUS_ENUM
} spot_status;

/* Text of a status. Returns a static string, also for values outside the list. Threads: immutable. */
SPOT_API const char *spot_status_str(spot_status status);

enum { SPOT_DIAG_TEXT_SIZE = 512 };

/* One line about what was wrong with an input. `text` is empty when nothing was said. */
typedef struct spot_diag {
    char text[SPOT_DIAG_TEXT_SIZE]; /* `file:line: what, expected`, without newline */
} spot_diag;

/* Writes a printf-formatted line into `diag` (NULL is allowed: nothing happens).
 * Returns `status` unchanged, so that `return spot_diag_set(diag, SPOT_E_FORMAT, ...)` reads well. */
SPOT_API spot_status spot_diag_set(spot_diag *diag, spot_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#ifdef __cplusplus
}
#endif

#endif
