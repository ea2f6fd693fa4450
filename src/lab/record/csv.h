/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A CSV file read row by row, in constant memory.
 *
 * RFC 4180 and what people make of it: cells in double quotes (a quote inside is doubled), line ends
 * LF, CRLF or CR, a byte order mark, blank lines, lines that begin with `#`. The separator is a comma,
 * or a semicolon or a tab if the first row holds that and no comma. Blanks around a cell are cut off.
 */
#ifndef SPOTI_ANALYZE_CSV_H
#define SPOTI_ANALYZE_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "spot/alloc.h"
#include "spot/status.h"

enum {
    SPOTI_CSV_FIELDS_MAX = 256,
    SPOTI_CSV_ROW_SIZE = 65536, /* bytes of a row */
    SPOTI_CSV_COMMENT_SIZE = 1200,
};

typedef struct spoti_csv {
    const char *name; /* of the file, for messages; borrowed */
    FILE *stream;     /* borrowed */
    const spot_allocator *allocator;
    int64_t line; /* on which the current row begins, from 1 */
    int n_field;
    const char *field[SPOTI_CSV_FIELDS_MAX]; /* of the current row, valid until the next */
    char comment[SPOTI_CSV_COMMENT_SIZE];    /* the first comment line of the file; "" = none */
    /* Private. */
    char *row;
    unsigned char *block;
    size_t block_at;
    size_t block_size;
    int64_t next_line;
    char separator;          /* 0 until the first row was seen */
    unsigned char kind[256]; /* of each byte, once the separator is known */
} spoti_csv;

/* Begins to read `stream`. Returns SPOT_OK or E_NOMEM; give to spoti_csv_close in any case. */
spot_status spoti_csv_open(spoti_csv *csv, const char *name, FILE *stream,
                           const spot_allocator *allocator);

/* Reads the next row that is not blank or a comment; *more is false at the end. Returns SPOT_OK,
 * E_FORMAT (an open quote, text behind a closing one, a byte 0, too long a row, too many cells), E_IO. */
spot_status spoti_csv_next(spoti_csv *csv, bool *more, spot_diag *diag);

void spoti_csv_close(spoti_csv *csv);

#endif
