/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/read.h"

#include <errno.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/csv.h"
#include "lab/record/map.h"

enum { NOTE_SIZE = 128 };

/* Of any format: columns are known by their names. */
static const char OURS[] = "# sweetspot episodes, format ";

/* What a column of the file becomes. */
typedef struct column {
    spoti_field field; /* SPOTI_N_FIELD = not used */
    double factor;
} column;

typedef struct reader {
    spot_analyze_log *log;
    spoti_csv csv;
    column columns[SPOTI_CSV_FIELDS_MAX];
    int n_column;
    bool seen[SPOTI_N_FIELD]; /* there is such a column */
    bool ours;                /* written by us: unused columns are no news */
    spoti_row preset;
    /* texts of the preset that come from the first line */
    char point[NOTE_SIZE];
    char platform[NOTE_SIZE];
    char schedule[NOTE_SIZE];
} reader;

/* The first line of our own files -------------------------------------------------------------- */

/* The value behind ` key=` in `note`, up to a blank or within quotes. */
static bool note_value(const char *note, const char *key, char out[NOTE_SIZE])
{
    char pattern[32];
    (void)spoti_format(pattern, sizeof(pattern), " %s=", key);
    const char *at = strstr(note, pattern);
    if (at == NULL) {
        return false;
    }
    at += strlen(pattern);
    char end = *at == '\'' ? '\'' : ' ';
    at += *at == '\'';
    return spoti_copy_n(out, NOTE_SIZE, at, strcspn(at, end == '\'' ? "'" : " "));
}

/* A number of the note, by the same check as a cell; without the key the field stays as it is. */
static spot_status note_number(reader *r, const char *note, const char *key, spoti_field field,
                               spot_diag *diag)
{
    char text[NOTE_SIZE];
    return note_value(note, key, text) ? spoti_field_read(&r->preset, field, 1.0, text, diag)
                                       : SPOT_OK;
}

/* Fields of a note, in order; the first that is wrong ends it. */
typedef struct note_field {
    const char *key;
    spoti_field field;
} note_field;

static spot_status note_numbers(reader *r, const char *note, const note_field *fields, size_t n,
                                spot_diag *diag)
{
    spot_status st = SPOT_OK;
    for (size_t i = 0; st == SPOT_OK && i < n; i++) {
        st = note_number(r, note, fields[i].key, fields[i].field, diag);
    }
    return st;
}

/* `sweetspot tune`: key=value pairs. */
static spot_status read_signature(reader *r, const char *note, spot_diag *diag)
{
    static const note_field fields[] = {{"latency_s", SPOTI_T_INF},
                                        {"execute", SPOTI_CHUNK},
                                        {"speed", SPOTI_SPEED},
                                        {"overhead_s", SPOTI_OVERHEAD}};
    if (note_value(note, "point", r->point)) {
        spoti_row_set_text(&r->preset, SPOTI_POINT, r->point);
    }
    if (note_value(note, "platform", r->platform)) {
        spoti_row_set_text(&r->preset, SPOTI_PLATFORM, r->platform);
    }
    if (note_value(note, "schedule", r->schedule)) {
        spoti_row_set_text(&r->preset, SPOTI_SCHEDULE, r->schedule);
    }
    spot_status st = note_numbers(r, note, fields, sizeof(fields) / sizeof(fields[0]), diag);
    if (strcmp(r->schedule, spot_schedule_str(SPOT_SCHEDULE_CADENCE)) != 0) {
        r->preset.has[SPOTI_OVERHEAD] = false; /* of the cadence alone */
    }
    if (r->preset.value[SPOTI_SPEED] == 1.0) {
        r->preset.has[SPOTI_SPEED] = false; /* a factor: nothing special */
    }
    return st;
}

/* `sweetspot rollout`: `task, policy, point, 0.199 s charged as class, ... execute=8 action_s=0.1`. */
static spot_status read_prose(reader *r, const char *note, spot_diag *diag)
{
    static const note_field fields[] = {{"execute", SPOTI_CHUNK}, {"action_s", SPOTI_T_ACT}};
    const char *at = note;
    for (int i = 0; at != NULL && i < 2; i++) {
        at = strstr(at, ", ");
        at = at != NULL ? at + 2 : NULL;
    }
    const char *end = at != NULL ? strstr(at, ", ") : NULL;
    char number[NOTE_SIZE];
    if (end == NULL || !spoti_copy_n(r->point, sizeof(r->point), at, (size_t)(end - at))) {
        return SPOT_OK;
    }
    spoti_row_set_text(&r->preset, SPOTI_POINT, r->point);
    spot_status st = note_numbers(r, note, fields, sizeof(fields) / sizeof(fields[0]), diag);
    if (st == SPOT_OK && strstr(end, " s charged as ") != NULL &&
        spoti_copy_n(number, sizeof(number), end + 2, strcspn(end + 2, " "))) {
        st = spoti_field_read(&r->preset, SPOTI_T_INF, 1.0, number, diag);
    }
    /* a latency that was dictated, not a platform's: each is a setting of its own */
    if (st == SPOT_OK && r->preset.has[SPOTI_T_INF] && strstr(end, " s charged as none") != NULL &&
        spoti_format(r->platform, sizeof(r->platform), "latency %g s",
                     r->preset.value[SPOTI_T_INF])) {
        spoti_row_set_text(&r->preset, SPOTI_PLATFORM, r->platform);
    }
    return st;
}

static spot_status read_note(reader *r, bool ignore, spot_diag *diag)
{
    r->ours = spoti_starts_with(r->csv.comment, OURS);
    const char *note = r->ours && !ignore ? strchr(r->csv.comment, ':') : NULL;
    if (note == NULL) {
        return SPOT_OK;
    }
    note++; /* with the blank before the first key */
    r->preset.file = r->csv.name;
    r->preset.line = 1;
    return strstr(note, " point='") != NULL ? read_signature(r, note, diag)
                                            : read_prose(r, note + 1, diag);
}

/* The header ----------------------------------------------------------------------------------- */

/* The name that --map gives to a column, else its own. False if the map is not one. */
static bool mapped(const char *map, const char *name, char *out, size_t size)
{
    spoti_map_pair pair;

    for (const char *at = map; spoti_map_next(&at, &pair);) {
        if (pair.name == NULL) {
            return false;
        }
        if (spoti_map_is(&pair, name)) {
            return spoti_copy_n(out, size, pair.name, pair.name_size);
        }
    }
    (void)spoti_copy(out, size, name);
    return true;
}

static void note_unused(spot_analyze_log *log, const char *name)
{
    size_t used = strlen(log->unused);
    (void)spoti_format(log->unused + used, sizeof(log->unused) - used, "%s%.60s",
                       used > 0 ? ", " : "", name);
}

static spot_status read_column(reader *r, int i, const char *map, spot_diag *diag)
{
    char name[SPOT_ANALYZE_NAME_SIZE];
    column *c = &r->columns[i];
    if (!mapped(map, r->csv.field[i], name, sizeof(name))) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "map: '%.60s', expected old=new,old=new", map);
    }
    c->field = spoti_field_find(name, &c->factor);
    if (c->field == SPOTI_N_FIELD) {
        if (strcmp(name, r->csv.field[i]) != 0) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "map: '%.40s' is no column that is understood, expected one such "
                                 "as point, success, time_s (docs/analyze.md)",
                                 name);
        }
        if (!r->ours && name[0] != '\0') {
            note_unused(r->log, name);
        }
        return SPOT_OK;
    }
    if (r->seen[c->field]) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: column '%.60s' is a second %s, expected one of each (--map "
                             "renames columns)",
                             r->csv.name, (int)r->csv.line, r->csv.field[i],
                             spoti_field_name(c->field));
    }
    r->seen[c->field] = true;
    return SPOT_OK;
}

static spot_status check_columns(const reader *r, spot_diag *diag)
{
    const bool *seen = r->seen;
    bool named = seen[SPOTI_POINT] || seen[SPOTI_STEPS] || seen[SPOTI_ALPHA] ||
                 seen[SPOTI_OVERLAP] || r->preset.has[SPOTI_POINT];
    if (!named) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: no column names the operating point, expected point, steps, "
                             "alpha or overlap (--map old=new renames a column)",
                             r->csv.name, (int)r->csv.line);
    }
    if (seen[SPOTI_SUCCESS] && seen[SPOTI_SUCCESSES]) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: columns success and successes, expected one row an episode "
                             "(success) or one a point (successes, episodes)",
                             r->csv.name, (int)r->csv.line);
    }
    if (!seen[SPOTI_SUCCESS] && !seen[SPOTI_SUCCESSES] && !seen[SPOTI_SCORE] && !seen[SPOTI_TIME] &&
        !seen[SPOTI_CHUNKS] && !seen[SPOTI_T_INF] && !seen[SPOTI_ALPHA]) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: nothing to analyse, expected columns such as success, "
                             "successes, time_s, chunks or t_inf_s",
                             r->csv.name, (int)r->csv.line);
    }
    return SPOT_OK;
}

static spot_status read_header(reader *r, const spoti_preset *preset, spot_diag *diag)
{
    const char *map = r->log->config.map;
    bool more = false;
    spot_status st = spoti_csv_next(&r->csv, &more, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (!more) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: empty, expected a row of column names",
                             r->csv.name);
    }
    st = read_note(r, preset != NULL && preset->ignore_note, diag);
    r->n_column = r->csv.n_field;
    for (int i = 0; st == SPOT_OK && i < r->n_column; i++) {
        st = read_column(r, i, r->ours ? NULL : map, diag);
    }
    if (st == SPOT_OK && !r->ours) {
        st = spoti_map_check(map, &r->csv, diag);
    }
    return st == SPOT_OK ? check_columns(r, diag) : st;
}

/* Rows ----------------------------------------------------------------------------------------- */

/* Reads the row at hand over the one before, which began as the preset: each column sets its own field, or leaves it
 * unknown. */
static spot_status read_row(reader *r, spoti_row *row, spot_diag *diag)
{
    row->line = r->csv.line;
    if (r->csv.n_field != r->n_column) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%lld: %d columns, expected %d", r->csv.name,
                             (long long)r->csv.line, r->csv.n_field, r->n_column);
    }
    for (int i = 0; i < r->n_column; i++) {
        const column *c = &r->columns[i];
        if (c->field == SPOTI_N_FIELD) {
            continue;
        }
        if (c->field >= SPOTI_N_NUMBER) {
            row->has[c->field] = r->csv.field[i][0] != '\0';
            row->text[c->field - SPOTI_N_NUMBER] = r->csv.field[i];
            continue;
        }
        spot_status st = spoti_field_read(row, c->field, c->factor, r->csv.field[i], diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    if (r->seen[SPOTI_SUCCESS] && !row->has[SPOTI_SUCCESS]) {
        return spoti_row_refuse(row, SPOTI_SUCCESS, SPOT_E_FORMAT, diag, "empty, expected 0 or 1");
    }
    if (r->seen[SPOTI_POINT] && !row->has[SPOTI_POINT]) {
        return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_FORMAT, diag, "empty, expected a name");
    }
    return SPOT_OK;
}

static spot_status read_rows(reader *r, spot_diag *diag)
{
    int64_t n = 0;
    spoti_row row = r->preset;
    row.file = r->csv.name;
    for (;;) {
        bool more = false;
        spot_status st = spoti_csv_next(&r->csv, &more, diag);
        if (st == SPOT_OK && more) {
            st = read_row(r, &row, diag);
        }
        if (st == SPOT_OK && more) {
            st = spoti_log_add(r->log, &row, diag);
        }
        if (st != SPOT_OK) {
            return st;
        }
        if (!more) {
            break;
        }
        n++;
    }
    if (n == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: no rows below the column names",
                             r->csv.name);
    }
    return SPOT_OK;
}

spot_status spoti_read_stream(spot_analyze_log *log, const char *name, FILE *stream,
                              const spoti_preset *preset, spot_diag *diag)
{
    const spot_allocator *a = log->config.allocator;
    reader *r = spoti_calloc(a, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->log = log;
    if (preset != NULL) {
        r->preset = preset->row;
    }
    spot_status st = spoti_csv_open(&r->csv, name, stream, a);
    if (st == SPOT_OK) {
        st = read_header(r, preset, diag);
    }
    if (st == SPOT_OK) {
        st = read_rows(r, diag);
    }
    spoti_csv_close(&r->csv);
    spoti_free(a, r, sizeof(*r));
    return st;
}

spot_status spoti_read_path(spot_analyze_log *log, const char *path, const spoti_preset *preset,
                            spot_diag *diag)
{
    FILE *stream = NULL;
    spot_status st = spoti_file_open(path, "a CSV file", &stream, diag);
    if (st == SPOT_OK) {
        st = spoti_read_stream(log, path, stream, preset, diag);
        (void)fclose(stream);
    }
    return st;
}

spot_status spot_analyze_log_csv(spot_analyze_log *log, const char *path, spot_diag *diag)
{
    if (log == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    FILE *stream = fopen(path, "re"); /* read once, so that a pipe will do */
    if (stream == NULL) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: %s, expected a CSV file", path, strerror(errno));
    }
    const spot_status st = spoti_read_stream(log, path, stream, NULL, diag);
    (void)fclose(stream);
    return st;
}
