/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A trajectory as CSV, a row a sample: time_s, ee_x_m, ee_y_m, ee_z_m, ee_vx_m_s ..., q1_rad, dq1_rad_s, tau1_nm, a1.
 *
 * Columns of a channel are numbered from 1 without a gap. A name that differs from ours in its unit alone is refused,
 * not left out. Every cell of a column that is read is a number.
 *
 * A trajectory that `sweetspot rollout` wrote has names of its own (gripper_x, q1, qd1, torque1), all in SI units, and
 * no action before the first command: then the actions are not read.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/motion/file.h"
#include "lab/record/csv.h"
#include "lab/record/map.h"

enum {
    NAME_SIZE = 96,
    ACTION = SPOT_MOTION_N_CHANNEL - 1,
    TIME = SPOT_MOTION_N_CHANNEL, /* the channel of stamps */
    IGNORED = TIME + 1,
    FIRST_ROOM = 256, /* samples, doubled when full */
};

/* A column's channel is its stem, a number (or axis) and a unit. */
static const struct pattern {
    const char *stem;
    const char *unit;
    bool axes; /* x, y, z in place of 1, 2, 3 */
} PATTERNS[SPOT_MOTION_N_CHANNEL] = {
    {"ee_", "_m", true},     {"ee_v", "_m_s", true}, {"q", "_rad", false},
    {"dq", "_rad_s", false}, {"tau", "_nm", false},  {"a", "", false},
};

/* The same of our own trajectories. */
static const struct pattern OWN[SPOT_MOTION_N_CHANNEL] = {
    {"gripper_", "", true}, {NULL, NULL, true},    {"q", "", false},
    {"qd", "", false},      {"torque", "", false}, {"a", "", false},
};
static const char OWN_MARK[] = "gripper_x"; /* a column that no other file has so far */

static const char EXPECTED[] = "time_s, ee_x_m, ee_vx_m_s, q1_rad, dq1_rad_s, tau1_nm, a1";

/* What a name means. */
typedef struct meaning {
    int channel;       /* or TIME, IGNORED */
    int place;         /* column of the channel, from 0 */
    const char *wrong; /* the unit that was expected, where another is named; NULL = right */
} meaning;

/* The number or axis at *text, which moves behind it; -1 = none. */
static int take_place(const char **text, bool axes)
{
    int place = 0;

    if (axes) {
        const char *const xyz = "xyz";
        const char *at = **text != '\0' ? strchr(xyz, **text) : NULL;

        *text += at != NULL ? 1 : 0;
        return at != NULL ? (int)(at - xyz) : -1;
    }
    if (**text < '1' || **text > '9') {
        return -1;
    }
    while (**text >= '0' && **text <= '9') {
        place = place * 10 + (**text - '0');
        (*text)++;
        if (place > SPOTI_CSV_FIELDS_MAX) {
            return -1;
        }
    }
    return place - 1;
}

static meaning understand(const char *name, const struct pattern *patterns)
{
    if (strcmp(name, "time_s") == 0) {
        return (meaning){TIME, 0, NULL};
    }
    if (spoti_starts_with(name, "time_")) {
        return (meaning){TIME, 0, "_s"};
    }
    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        if (patterns[i].stem == NULL || !spoti_starts_with(name, patterns[i].stem)) {
            continue;
        }
        const char *rest = name + strlen(patterns[i].stem);
        const int place = take_place(&rest, patterns[i].axes);
        if (place < 0) {
            continue;
        }
        if (strcmp(rest, patterns[i].unit) == 0) {
            return (meaning){i, place, NULL};
        }
        if ((rest[0] == '_' || rest[0] == '\0') && patterns[i].unit[0] != '\0') {
            return (meaning){i, place, patterns[i].unit};
        }
    }
    return (meaning){IGNORED, 0, NULL};
}

typedef struct reader {
    const spot_motion_file *file;
    spoti_csv csv;
    int n_column;
    bool own;          /* a trajectory of the tool */
    bool empty_action; /* and has cells without one */
    meaning columns[SPOTI_CSV_FIELDS_MAX];
    bool seen[TIME + 1][SPOTI_CSV_FIELDS_MAX];
    spoti_motion_plan plan;
    double *cells; /* (room x n_column) */
    size_t room;   /* samples */
    char *unused;  /* what is said of columns that are not read; NULL = nothing */
    char first[SPOT_MOTION_N_CHANNEL][SPOT_MOTION_SOURCE_SIZE]; /* name of the first column */
} reader;

static void note_unused(reader *r, const char *name)
{
    const size_t used = r->unused != NULL ? strlen(r->unused) : 0;

    if (r->unused != NULL) {
        (void)spoti_format(r->unused + used, SPOTI_MOTION_UNUSED_SIZE - used, "%s%.60s",
                           used > 0 ? ", " : "", name);
    }
}

static spot_status read_column(reader *r, int i, spot_diag *diag)
{
    char mapped[NAME_SIZE];
    const char *own = r->csv.field[i];
    const char *name = spoti_motion_mapped(r->file->config.map, own, mapped, sizeof(mapped)) != NULL
                           ? mapped
                           : own;
    const meaning m = understand(name, r->own ? OWN : PATTERNS);

    r->columns[i] = m;
    if (m.wrong != NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: column '%.60s': expected its unit as '%s' (--map OLD=unused "
                             "leaves a column out)",
                             r->csv.name, (int)r->csv.line, name, m.wrong);
    }
    if (m.channel == IGNORED) {
        if (name == mapped && strcmp(name, "unused") != 0) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "map: '%.60s' is no column that is understood, expected such as "
                                 "%s, or unused",
                                 name, EXPECTED);
        }
        if (name == own && !r->own) { /* not by request, and no surprise */
            note_unused(r, own);
        }
        return SPOT_OK;
    }
    if (r->seen[m.channel][m.place]) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: column '%.60s' twice, expected once",
                             r->csv.name, (int)r->csv.line, name);
    }
    r->seen[m.channel][m.place] = true;
    if (m.channel != TIME) {
        r->plan.width[m.channel]++;
    }
    if (m.channel != TIME && m.place == 0) {
        (void)spoti_copy(r->first[m.channel], SPOT_MOTION_SOURCE_SIZE, own);
    }
    return SPOT_OK;
}

/* Channels have no gaps, and there is a way to know time. */
static spot_status check_columns(reader *r, spot_diag *diag)
{
    size_t all = 0;

    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        all += r->plan.width[i];
        for (size_t k = 0; k < r->plan.width[i]; k++) {
            if (!r->seen[i][k]) {
                return spot_diag_set(
                    diag, SPOT_E_FORMAT,
                    "%s:%d: %zu columns %s...%s, of which number %zu is missing, expected them "
                    "from %s on without a gap",
                    r->csv.name, (int)r->csv.line, r->plan.width[i], PATTERNS[i].stem,
                    PATTERNS[i].unit, k + 1, PATTERNS[i].axes ? "x" : "1");
            }
        }
    }
    if (all == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: no column of a robot, expected such as %s (--map OLD=NEW)",
                             r->csv.name, (int)r->csv.line, EXPECTED);
    }
    r->plan.stamps = r->seen[TIME][0];
    if (!r->plan.stamps && r->file->config.control_hz == 0.0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: no column time_s, expected it or a rate (--control-hz)",
                             r->csv.name, (int)r->csv.line);
    }
    if (r->plan.stamps && r->file->config.control_hz > 0.0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: time stamps and a rate (--control-hz), expected one of them "
                             "(--map time_s=unused)",
                             r->csv.name, (int)r->csv.line);
    }
    return SPOT_OK;
}

static spot_status read_header(reader *r, spot_diag *diag)
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
    r->n_column = r->csv.n_field;
    for (int i = 0; i < r->n_column; i++) {
        r->own = r->own || (r->file->config.map == NULL && strcmp(r->csv.field[i], OWN_MARK) == 0);
    }
    for (int i = 0; i < r->n_column && st == SPOT_OK; i++) {
        st = read_column(r, i, diag);
    }
    st = st == SPOT_OK ? spoti_map_check(r->file->config.map, &r->csv, diag) : st;
    return st == SPOT_OK ? check_columns(r, diag) : st;
}

/* Room for one more sample. */
static spot_status grow(reader *r, spot_diag *diag)
{
    const spot_allocator *allocator = r->file->config.allocator;
    const size_t columns = (size_t)r->n_column;
    const size_t n = r->plan.n_sample;
    const size_t room = r->room > 0 ? 2 * r->room : FIRST_ROOM;

    if (n < r->room) {
        return SPOT_OK;
    }
    if (n >= SPOTI_MOTION_SAMPLES_MAX || n * columns > SPOTI_MOTION_CELLS_MAX) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT, "%s:%d: too long, expected at most %d samples and %d numbers",
            r->csv.name, (int)r->csv.line, SPOTI_MOTION_SAMPLES_MAX, SPOTI_MOTION_CELLS_MAX);
    }
    double *cells = spoti_alloc(allocator, room, columns * sizeof(double));
    if (cells == NULL) {
        return SPOT_E_NOMEM;
    }
    if (n > 0) {
        memcpy(cells, r->cells, n * columns * sizeof(double));
    }
    spoti_free(allocator, r->cells, r->room * columns * sizeof(double));
    r->cells = cells;
    r->room = room;
    return SPOT_OK;
}

static spot_status read_row(reader *r, spot_diag *diag)
{
    const size_t columns = (size_t)r->n_column;

    if (r->csv.n_field != r->n_column) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%lld: %d columns, expected %d", r->csv.name,
                             (long long)r->csv.line, r->csv.n_field, r->n_column);
    }
    spot_status st = grow(r, diag);
    if (st != SPOT_OK) {
        return st;
    }
    double *row = r->cells + r->plan.n_sample * columns;
    for (int i = 0; i < r->n_column; i++) {
        row[i] = 0.0;
        if (r->own && r->columns[i].channel == ACTION && r->csv.field[i][0] == '\0') {
            r->empty_action = true;
            continue;
        }
        if (r->columns[i].channel != IGNORED &&
            spoti_parse_double(r->csv.field[i], &row[i]) != SPOT_OK) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%lld: column %d: '%.40s', expected a number", r->csv.name,
                                 (long long)r->csv.line, i + 1, r->csv.field[i]);
        }
        if (r->columns[i].channel == TIME && r->plan.n_sample > 0 &&
            !(row[i] > row[i - r->n_column])) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%lld: time_s %.9g, expected later than the %.9g before it",
                                 r->csv.name, (long long)r->csv.line, row[i], row[i - r->n_column]);
        }
    }
    r->plan.n_sample++;
    return SPOT_OK;
}

static spot_status read_rows(reader *r, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    bool more = true;

    while (st == SPOT_OK && more) {
        st = spoti_csv_next(&r->csv, &more, diag);
        if (st == SPOT_OK && more) {
            st = read_row(r, diag);
        }
    }
    return st;
}

/* As if the file had no actions. */
static void leave_out_actions(reader *r)
{
    for (int i = 0; i < r->n_column; i++) {
        r->columns[i].channel = r->columns[i].channel == ACTION ? IGNORED : r->columns[i].channel;
    }
    r->plan.width[ACTION] = 0;
    r->first[ACTION][0] = '\0';
}

/* Sorts the cells by channel. */
static spot_status deliver(reader *r, spot_motion_trajectory *t, spot_diag *diag)
{
    if (r->empty_action) {
        leave_out_actions(r);
    }
    spot_status st = spoti_motion_lay_out(t, &r->plan, r->csv.name, diag);

    for (int i = 0; i < r->n_column && st == SPOT_OK; i++) {
        const meaning *m = &r->columns[i];

        if (m->channel == IGNORED) {
            continue;
        }
        double *to = m->channel == TIME ? t->cells : spoti_motion_cells(t, m->channel);
        const size_t width = m->channel == TIME ? 1 : r->plan.width[m->channel];
        for (size_t k = 0; k < r->plan.n_sample; k++) {
            to[k * width + (size_t)m->place] = r->cells[k * (size_t)r->n_column + (size_t)i];
        }
    }
    for (int i = 0; i < SPOT_MOTION_N_CHANNEL && st == SPOT_OK; i++) {
        if (r->plan.width[i] > 1) {
            (void)spoti_format(t->sources[i], SPOT_MOTION_SOURCE_SIZE, "%.40s and %zu more",
                               r->first[i], r->plan.width[i] - 1);
        } else {
            memcpy(t->sources[i], r->first[i], SPOT_MOTION_SOURCE_SIZE);
        }
    }
    t->timing = r->plan.stamps ? SPOT_MOTION_TIMING_STAMPS : SPOT_MOTION_TIMING_GIVEN;
    t->interval_s = r->plan.stamps ? 0.0 : 1.0 / r->file->config.control_hz;
    return st;
}

/* Reads the header, and with `t` all the rest. */
static spot_status read_file(const spot_motion_file *file, char *unused, spot_motion_trajectory *t,
                             spot_diag *diag)
{
    const spot_allocator *allocator = file->config.allocator;
    FILE *stream = NULL;
    reader *r = spoti_calloc(allocator, 1, sizeof(*r));

    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->file = file;
    r->unused = unused;
    spot_status st = spoti_file_open(file->path, "a CSV or HDF5 file", &stream, diag);
    if (st == SPOT_OK) {
        st = spoti_csv_open(&r->csv, file->path, stream, allocator);
        st = st == SPOT_OK ? read_header(r, diag) : st;
        st = st == SPOT_OK && t != NULL ? read_rows(r, diag) : st;
        st = st == SPOT_OK && t != NULL ? deliver(r, t, diag) : st;
        spoti_csv_close(&r->csv);
        (void)fclose(stream);
    }
    spoti_free(allocator, r->cells, r->room * (size_t)r->n_column * sizeof(double));
    spoti_free(allocator, r, sizeof(*r));
    return st;
}

static spot_status open_csv(spot_motion_file *file, spot_diag *diag)
{
    file->count = 1;
    return read_file(file, file->unused, NULL, diag);
}

static spot_status load_csv(const spot_motion_file *file, int i, spot_motion_trajectory *out,
                            spot_diag *diag)
{
    (void)i;
    return read_file(file, NULL, out, diag);
}

static void close_csv(spot_motion_file *file)
{
    (void)file;
}

const spoti_motion_format SPOTI_MOTION_CSV = {open_csv, load_csv, close_csv};
