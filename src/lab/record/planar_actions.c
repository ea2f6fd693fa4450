/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Raw commands of a planar task, from a CSV file. */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/csv.h"
#include "spot/planar.h"

/* The columns, with what stands between two. */
#define COLUMNS_WITH(between)                                                                      \
    "motor0" between "motor1" between "motor2" between "motor3" between "thruster0" between        \
    "thruster1"
#define COMMA ,

static const char COLUMNS[] = COLUMNS_WITH(",");
static const char *const NAMES[SPOT_PLANAR_CHANNELS] = {COLUMNS_WITH(COMMA)};
static const double RAW_MAX = 1e6; /* of a raw command, which is clipped to 1 anyway */

enum { ROWS_MAX = 1 << 20 };

static spot_status check_header(const spoti_csv *csv, spot_diag *diag)
{
    bool same = csv->n_field == SPOT_PLANAR_CHANNELS;
    for (int i = 0; i < SPOT_PLANAR_CHANNELS && same; i++) {
        same = strcmp(csv->field[i], NAMES[i]) == 0;
    }
    return same ? SPOT_OK
                : spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: other columns, expected %s", csv->name,
                                (int)csv->line, COLUMNS);
}

static spot_status read_row(const spoti_csv *csv, float *row, spot_diag *diag)
{
    if (csv->n_field != SPOT_PLANAR_CHANNELS) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %d cells, expected %d: %s", csv->name,
                             (int)csv->line, csv->n_field, SPOT_PLANAR_CHANNELS, COLUMNS);
    }
    for (int i = 0; i < SPOT_PLANAR_CHANNELS; i++) {
        double x = 0.0;
        if (spoti_parse_double(csv->field[i], &x) != SPOT_OK || !(fabs(x) <= RAW_MAX)) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: '%.40s', expected a number",
                                 csv->name, (int)csv->line, NAMES[i], csv->field[i]);
        }
        row[i] = (float)x;
    }
    return SPOT_OK;
}

/* Makes room for twice as many rows. */
static spot_status grow(float **rows, int *room)
{
    const size_t row = SPOT_PLANAR_CHANNELS * sizeof(float);
    float *more = spoti_alloc(NULL, 2 * (size_t)*room, row);
    if (more == NULL) {
        return SPOT_E_NOMEM;
    }
    memcpy(more, *rows, (size_t)*room * row);
    spoti_free(NULL, *rows, (size_t)*room * row);
    *rows = more;
    *room *= 2;
    return SPOT_OK;
}

/* Rows until the end of the file. */
static spot_status read_rows(spoti_csv *csv, float **rows, int *room, int *n, spot_diag *diag)
{
    bool more = true;
    for (;;) {
        spot_status st = spoti_csv_next(csv, &more, diag);
        if (st != SPOT_OK || !more) {
            return st;
        }
        if (*n == ROWS_MAX) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: more than %d rows", csv->name,
                                 (int)csv->line, ROWS_MAX);
        }
        st = *n == *room ? grow(rows, room) : SPOT_OK;
        if (st == SPOT_OK) {
            st = read_row(csv, *rows + (size_t)*n * SPOT_PLANAR_CHANNELS, diag);
        }
        if (st != SPOT_OK) {
            return st;
        }
        (*n)++;
    }
}

static spot_status read_file(spoti_csv *csv, float **rows, int *room, int *n, spot_diag *diag)
{
    bool more = false;
    spot_status st = spoti_csv_next(csv, &more, diag);
    if (st == SPOT_OK && !more) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: empty, expected a row of names: %s",
                           csv->name, COLUMNS);
    }
    st = st == SPOT_OK ? check_header(csv, diag) : st;
    st = st == SPOT_OK ? read_rows(csv, rows, room, n, diag) : st;
    if (st == SPOT_OK && *n == 0) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: no rows, expected one a control step",
                           csv->name, (int)csv->line);
    }
    return st;
}

spot_status spot_planar_actions_load(const char *path, float **out, int *n, spot_diag *diag)
{
    enum { FIRST_ROOM = 256 };
    FILE *stream = NULL;
    spoti_csv csv;
    int room = FIRST_ROOM;
    int count = 0;

    if (path == NULL || out == NULL || n == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    *n = 0;
    spot_status st = spoti_file_open(path, "a CSV file of actions", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    float *rows = spoti_alloc(NULL, FIRST_ROOM, SPOT_PLANAR_CHANNELS * sizeof(float));
    st = spoti_csv_open(&csv, path, stream, NULL);
    st = rows == NULL ? SPOT_E_NOMEM : st;
    st = st == SPOT_OK ? read_file(&csv, &rows, &room, &count, diag) : st;
    spoti_csv_close(&csv);
    (void)fclose(stream);
    /* what is handed out is as long as it says */
    const size_t row = SPOT_PLANAR_CHANNELS * sizeof(float);
    if (st == SPOT_OK) {
        *out = spoti_alloc(NULL, (size_t)count, row);
        st = *out != NULL ? SPOT_OK : SPOT_E_NOMEM;
    }
    if (st == SPOT_OK) {
        memcpy(*out, rows, (size_t)count * row);
        *n = count;
    }
    spoti_free(NULL, rows, (size_t)room * row);
    return st;
}

void spot_planar_actions_free(float *actions, int n)
{
    spoti_free(NULL, actions, (size_t)n * SPOT_PLANAR_CHANNELS * sizeof(*actions));
}
