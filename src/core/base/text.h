/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Text: strict numbers, bounded strings, paths.
 *
 * Numbers are read whole or not at all: no leading or trailing space, no locale, nothing left over.
 * Files that must never be half-written go through core/base/file.h.
 */
#ifndef SPOTI_BASE_TEXT_H
#define SPOTI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "spot/status.h"

enum { SPOTI_PATH_SIZE = 1024 }; /* bytes of a path buffer, its final 0 included */

/* Decimal integer with an optional sign. Returns OK, or with *out untouched E_FORMAT (not a
 * number, text NULL or empty) or E_RANGE (does not fit). */
spot_status spoti_parse_int(const char *text, int *out);
spot_status spoti_parse_int64(const char *text, int64_t *out);
spot_status spoti_parse_uint64(const char *text, uint64_t *out); /* no sign */

/* Decimal number such as -1.5e-3, point as separator in every locale; no hex, inf or nan.
 * Returns as spoti_parse_int; E_RANGE on overflow, underflow to 0 or a denormal is OK. */
spot_status spoti_parse_double(const char *text, double *out);

/* Copies src, cut off where needed, and ends it with 0. Returns true if all of it fitted. */
bool spoti_copy(char *dst, size_t dst_size, const char *src);

/* As spoti_copy for the first src_len bytes of src (which may lack a final 0). */
bool spoti_copy_n(char *dst, size_t dst_size, const char *src, size_t src_len);

/* printf into dst, cut off where needed. Returns true if all of it fitted. */
bool spoti_format(char *dst, size_t dst_size, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* dst = dir "/" name; name alone if it is absolute or dir is NULL or empty. False if cut off. */
bool spoti_path_join(char *dst, size_t dst_size, const char *dir, const char *name);

/* dst = the folder part of path: "a/b.c" gives "a", "b.c" gives ".", "/b" gives "/". */
bool spoti_path_dir(char *dst, size_t dst_size, const char *path);

/* Says that `path`, or what is joined to it, fits in no buffer of SPOTI_PATH_SIZE. Returns `code`. */
spot_status spoti_refuse_path(spot_status code, const char *path, spot_diag *diag);

/* The last component of path (a pointer into it). */
const char *spoti_path_base(const char *path);

/* Writes `text` as a cell of a CSV file, quoted (RFC 4180) if it holds what would break the row. */
void spoti_put_csv(FILE *out, const char *text);

bool spoti_starts_with(const char *text, const char *prefix);
bool spoti_ends_with(const char *text, const char *suffix);

#endif
