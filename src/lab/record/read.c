/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/read.h"

#include <errno.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/columns.h"

enum { NOTE_SIZE = 128 };

/* Of any format: columns are known by their names. */
static const char OURS[] = "# sweetspot episodes, format ";

typedef struct reader {
    spot_analyze_log *log;
    spoti_csv csv;
    spoti_columns columns;
    bool ours; /* written by us: unused columns are no news */
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

/* Header and rows ------------------------------------------------------------------------------ */

static spot_status read_header(reader *r, const spoti_preset *preset, spot_diag *diag)
{
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
    if (st == SPOT_OK) {
        st = spoti_columns_read(&r->columns, &r->csv, &r->log->config, r->ours, r->log->unused,
                                sizeof(r->log->unused), diag);
    }
    return st == SPOT_OK ? spoti_columns_check(&r->columns, &r->preset, &r->csv, diag) : st;
}

/* Whether the row is one of those that are asked for. */
static bool is_asked_for(const spoti_preset *preset, const spoti_row *row)
{
    uint64_t seed = 0;
    return preset == NULL || preset->n_seeds == 0 ||
           (row->has[SPOTI_SEED] &&
            spoti_parse_uint64(spoti_row_text(row, SPOTI_SEED), &seed) == SPOT_OK &&
            seed - preset->seed < (uint64_t)preset->n_seeds);
}

static spot_status read_rows(reader *r, const spoti_preset *preset, spot_diag *diag)
{
    const int64_t wanted = preset != NULL ? preset->n_seeds : 0;
    int64_t n = 0;
    spoti_row row = r->preset;
    row.file = r->csv.name;
    for (;;) {
        bool more = false;
        spot_status st = spoti_csv_next(&r->csv, &more, diag);
        if (st == SPOT_OK && more) {
            st = spoti_columns_row(&r->columns, &r->csv, &row, diag);
        }
        const bool asked_for = st == SPOT_OK && more && is_asked_for(preset, &row);
        if (asked_for) {
            st = spoti_log_add(r->log, &row, diag);
        }
        if (st != SPOT_OK) {
            return st;
        }
        if (!more) {
            break;
        }
        n += asked_for;
        if (n > 0 && n == wanted) {
            break; /* what is behind may be half a row of a run that was killed */
        }
    }
    if (n < wanted) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s: %lld episodes of the %lld that the run says, expected all: the same "
            "sweetspot tune again runs the others",
            r->csv.name, (long long)n, (long long)wanted);
    }
    if (n == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: no rows below the column names, expected at least one",
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
    log->source_now = NULL; /* the name may lie where another file's did */
    if (preset != NULL) {
        r->preset = preset->row;
    }
    spot_status st = spoti_csv_open(&r->csv, name, stream, a);
    if (st == SPOT_OK) {
        st = read_header(r, preset, diag);
    }
    if (st == SPOT_OK) {
        st = read_rows(r, preset, diag);
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
