/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A table that fits a terminal: filled column by column, then printed.
 *
 * The first column names the rows. Columns that no row fills are left out. Unless it is to be wide, what is the same in
 * every row (a column, or a `key=value` of the names) is said once above the table, and columns are kept in the
 * order of their need as long as they fit SPOTI_SHEET_COLUMNS characters; a line below names the others. A name that has no room has a line of its own.
 */
#ifndef SPOTI_REPORT_SHEET_H
#define SPOTI_REPORT_SHEET_H

#include <stdbool.h>
#include <stdio.h>

#include "spot/analyze.h"
#include "spot/status.h"

enum {
    SPOTI_SHEET_COLUMNS = 120,
    SPOTI_CELL_SIZE = SPOT_ANALYZE_NAME_SIZE + 16,
    SPOTI_SHEET_FIELDS_MAX = 64,
    SPOTI_SHEET_NEEDED = 0, /* rank of a column that never goes; the greatest is needed least */
};

typedef char spoti_cell[SPOTI_CELL_SIZE];

typedef struct spoti_sheet_field {
    const char *name; /* borrowed */
    const char *unit; /* borrowed; "" = none */
    int rank;
} spoti_sheet_field;

typedef struct spoti_sheet {
    int n_row;
    int n_field;
    spoti_sheet_field fields[SPOTI_SHEET_FIELDS_MAX];
    spoti_cell *cells; /* (SPOTI_SHEET_FIELDS_MAX x n_row), column after column */
    char same[512];    /* what else is so in all rows, in words; "" = nothing */
    spoti_cell *marks; /* (n_row) in front of the names; all "" = none */
} spoti_sheet;

/* An empty sheet. Returns SPOT_OK, E_NOMEM; spoti_sheet_free in either case. */
spot_status spoti_sheet_create(spoti_sheet *sheet, int n_row);
void spoti_sheet_free(spoti_sheet *sheet);

/* The cells (n_row) of the next column, all `-`, to be filled before the next call. No report has more than
 * SPOTI_SHEET_FIELDS_MAX. */
spoti_cell *spoti_sheet_column(spoti_sheet *sheet, const char *name, const char *unit, int rank);

/* Adds to what is said above the table. */
void spoti_sheet_say(spoti_sheet *sheet, const char *words);

/* Prints it; wide: every column that a row fills, and names as they are. Returns SPOT_OK, E_IO, E_NOMEM. */
spot_status spoti_sheet_print(spoti_sheet *sheet, bool wide, FILE *out);

#endif
