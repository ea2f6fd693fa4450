/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The header of a log: what each column becomes. */
#ifndef SPOTI_RECORD_COLUMNS_H
#define SPOTI_RECORD_COLUMNS_H

#include "lab/record/csv.h"
#include "lab/record/names.h"
#include "spot/record.h"

enum { SPOTI_N_TEXT = SPOTI_N_FIELD - SPOTI_N_NUMBER, SPOTI_JOINED_SIZE = 512 };

typedef struct spoti_columns {
    int n;
    spoti_reading column[SPOTI_CSV_FIELDS_MAX]; /* of field SPOTI_N_FIELD: not used */
    bool seen[SPOTI_N_FIELD];                   /* there is such a column */
    int n_text[SPOTI_N_TEXT];                   /* columns of a text; several are joined */
    char joined[SPOTI_N_TEXT][SPOTI_JOINED_SIZE];
} spoti_columns;

/* What the header at hand says; ours: a file that the tool wrote, whose unused columns are no news. What is not
 * understood is added to `unused` (size). Returns SPOT_OK, E_FORMAT. */
spot_status spoti_columns_read(spoti_columns *c, const spoti_csv *header,
                               const spot_analyze_config *config, bool ours, char *unused,
                               size_t size, spot_diag *diag);

/* Whether the columns, and what else is known of every row, make a log. Returns SPOT_OK, E_FORMAT. */
spot_status spoti_columns_check(const spoti_columns *c, const spoti_row *preset,
                                const spoti_csv *header, spot_diag *diag);

/* The row at hand into `row`, over the one before: each column sets its own field, or leaves it unknown. Texts are
 * borrowed from the file or from `c`, until the next row. Returns SPOT_OK, E_FORMAT, E_RANGE. */
spot_status spoti_columns_row(spoti_columns *c, const spoti_csv *file, spoti_row *row,
                              spot_diag *diag);

#endif
