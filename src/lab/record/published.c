/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The published tables as rows of a log. What the tables themselves do not print but their sources
 * state (chunk lengths, control rates, numbers of trials, baselines) is written here, with its source.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/csv.h"
#include "lab/record/read.h"

enum { TABLE_ROWS_MAX = 32, TABLE_COLUMNS_MAX = 10, TABLE_CELL = 24 };

/* A small table in memory. */
typedef struct table {
    char path[SPOTI_PATH_SIZE];
    int n_row; /* the header is row 0 */
    int n_column;
    int64_t line[TABLE_ROWS_MAX];
    char cell[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX][TABLE_CELL];
} table;

static spot_status load_rows(table *t, FILE *stream, const spot_allocator *allocator,
                             spot_diag *diag)
{
    spoti_csv csv;
    bool more = true;
    spot_status st = spoti_csv_open(&csv, t->path, stream, allocator);
    while (st == SPOT_OK && more) {
        st = spoti_csv_next(&csv, &more, diag);
        if (st != SPOT_OK || !more) {
            break;
        }
        if (t->n_row == TABLE_ROWS_MAX || csv.n_field > TABLE_COLUMNS_MAX ||
            (t->n_row > 0 && csv.n_field != t->n_column)) {
            st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: not the published table", t->path,
                               (int)csv.line);
            break;
        }
        t->n_column = csv.n_field;
        t->line[t->n_row] = csv.line;
        for (int i = 0; i < csv.n_field; i++) {
            (void)spoti_copy(t->cell[t->n_row][i], TABLE_CELL, csv.field[i]);
        }
        t->n_row++;
    }
    spoti_csv_close(&csv);
    return st;
}

static spot_status load(table *t, const char *dir, const char *file,
                        const spot_allocator *allocator, spot_diag *diag)
{
    memset(t, 0, sizeof(*t));
    if (!spoti_path_join(t->path, sizeof(t->path), dir, file)) {
        return spoti_refuse_path(SPOT_E_RANGE, dir, diag);
    }
    FILE *stream = NULL;
    spot_status st = spoti_file_open(t->path, "a published table", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = load_rows(t, stream, allocator, diag);
    (void)fclose(stream);
    return st;
}

static spoti_row begin_row(const table *t, int i)
{
    spoti_row row;
    memset(&row, 0, sizeof(row));
    row.file = t->path;
    row.line = t->line[i];
    return row;
}

static void set_number(spoti_row *row, spoti_field field, double value)
{
    row->has[field] = true;
    row->value[field] = value;
}

static void set_text(spoti_row *row, spoti_field field, const char *text)
{
    row->has[field] = true;
    row->text[field - SPOTI_N_NUMBER] = text;
}

/* Reads cell (i, column named `name`) into `field`. */
static spot_status set_cell(spoti_row *row, const table *t, int i, const char *name,
                            spoti_field field, double factor, spot_diag *diag)
{
    for (int c = 0; c < t->n_column; c++) {
        if (strcmp(t->cell[0][c], name) == 0) {
            return spoti_field_read(row, field, factor, t->cell[i][c], diag);
        }
    }
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: no column %s, expected one", t->path, name);
}

typedef struct pick {
    const char *column;
    spoti_field field;
    double factor;
} pick;

static spot_status set_cells(spoti_row *row, const table *t, int i, const pick *picks, int n,
                             spot_diag *diag)
{
    spot_status st = SPOT_OK;
    for (int k = 0; st == SPOT_OK && k < n; k++) {
        st = set_cell(row, t, i, picks[k].column, picks[k].field, picks[k].factor, diag);
    }
    return st;
}

/* What the source says of all its settings. */
static void finish(spot_analyze_log *log, spot_analyze_regime regime, const char *baseline,
                   const char *note)
{
    for (int i = 0; i < log->n_settings; i++) {
        spoti_log_setting *s = &log->settings[i];
        s->regime = regime;
        (void)spoti_copy(s->baseline, sizeof(s->baseline), baseline);
        if (s->note[0] == '\0') {
            (void)spoti_copy(s->note, sizeof(s->note), note);
        }
    }
}

/* DynamicVLA on DOM, 50 trials a row; its default is 10 steps. */
static spot_status read_dom_cr(spot_analyze_log *log, table *t, const char *dir, spot_diag *diag)
{
    static const pick picks[] = {{"speed_pct", SPOTI_SPEED, 0.01},
                                 {"steps", SPOTI_STEPS, 1.0},
                                 {"latency_ms", SPOTI_T_INF, 1e-3},
                                 {"successes", SPOTI_SUCCESSES, 1.0}};
    spot_status st = load(t, dir, "dom_cr.csv", log->config.allocator, diag);
    for (int i = 1; st == SPOT_OK && i < t->n_row; i++) {
        spoti_row row = begin_row(t, i);
        set_number(&row, SPOTI_EPISODES, 50.0);
        st = set_cells(&row, t, i, picks, 4, diag);
        if (st == SPOT_OK) {
            st = spoti_log_add(log, &row, diag);
        }
    }
    finish(log, SPOT_ANALYZE_DYNAMIC, "steps=10", "");
    return st;
}

/* The latency and the emulated delay that belong to a Kinetix row. */
static spot_status set_delay(spoti_row *row, const table *delays, const char *platform,
                             const char *steps, spot_diag *diag)
{
    static const pick picks[] = {{"latency_ms", SPOTI_T_INF, 1e-3},
                                 {"effective_delay_ms", SPOTI_DELAY, 1e-3}};
    for (int i = 1; i < delays->n_row; i++) {
        if (strcmp(delays->cell[i][0], platform) == 0 && strcmp(delays->cell[i][1], steps) == 0) {
            return set_cells(row, delays, i, picks, 2, diag);
        }
    }
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: no row %s, %s steps", delays->path, platform,
                         steps);
}

/* Six levels, 128 seeds each; a control period of two frames at 60 Hz; the default is 5 steps. */
static spot_status read_kinetix_row(spot_analyze_log *log, const table *t, const table *delays,
                                    int i, spot_diag *diag)
{
    enum { TRIALS = 128, FIRST_TASK = 3 };
    const char *setting = t->cell[i][0] + strlen("count:");
    bool delayed = strcmp(setting, "agx15") == 0;
    for (int c = FIRST_TASK; c < t->n_column; c++) {
        spoti_row row = begin_row(t, i);
        spot_status st = set_cell(&row, t, i, "steps", SPOTI_STEPS, 1.0, diag);
        set_text(&row, SPOTI_PLATFORM, delayed ? "AGX15W" : "no delay");
        set_text(&row, SPOTI_TASK, t->cell[0][c]);
        set_number(&row, SPOTI_EPISODES, TRIALS);
        set_number(&row, SPOTI_T_ACT, 2.0 / 60.0);
        set_number(&row, SPOTI_DELAY, 0.0);
        if (st == SPOT_OK) {
            st = spoti_field_read(&row, SPOTI_SUCCESSES, 1.0, t->cell[i][c], diag);
        }
        if (st == SPOT_OK && delayed) {
            st = set_delay(&row, delays, "AGX15W", t->cell[i][1], diag);
        }
        if (st == SPOT_OK) {
            st = spoti_log_add(log, &row, diag);
        }
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}

static spot_status read_kinetix(spot_analyze_log *log, table *t, const char *dir, spot_diag *diag)
{
    const spot_allocator *a = log->config.allocator;
    table *delays = spoti_calloc(a, 1, sizeof(*delays));
    if (delays == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = load(t, dir, "kinetix_success.csv", a, diag);
    if (st == SPOT_OK) {
        st = load(delays, dir, "latency_to_delay.csv", a, diag);
    }
    for (int i = 1; st == SPOT_OK && i < t->n_row; i++) {
        if (spoti_starts_with(t->cell[i][0], "count:")) {
            st = read_kinetix_row(log, t, delays, i, diag);
        }
    }
    finish(
        log, SPOT_ANALYZE_DYNAMIC, "steps=5",
        "Counts out of 128 are deduced from the printed rates; which seeds succeeded is not "
        "published, so tests are unpaired within tasks. Tasks differ strongly, and step 1 has the "
        "same counts in both settings, which are thus not independent.");
    spoti_free(a, delays, sizeof(*delays));
    return st;
}

/* UR5e at 10 Hz, 5 trials a cell, baseline 10 steps; 6 actions a chunk by the paper's timing. */
static spot_status read_real_static(spot_analyze_log *log, table *t, const char *dir,
                                    spot_diag *diag)
{
    static const pick picks[] = {
        {"steps", SPOTI_STEPS, 1.0},         {"t_inf_s", SPOTI_T_INF, 1.0},
        {"n_chunks", SPOTI_CHUNKS, 1.0},     {"t_task_s", SPOTI_TIME, 1.0},
        {"successes", SPOTI_SUCCESSES, 1.0}, {"trials", SPOTI_EPISODES, 1.0}};
    const spot_allocator *a = log->config.allocator;
    spot_status st = load(t, dir, "real_static_rtx4070.csv", a, diag);
    for (int i = 1; st == SPOT_OK && i < t->n_row; i++) {
        spoti_row row = begin_row(t, i);
        set_text(&row, SPOTI_PLATFORM, "RTX4070, chunks known");
        set_number(&row, SPOTI_T_ACT, 0.1);
        set_number(&row, SPOTI_CHUNK, 6.0);
        st = set_cells(&row, t, i, picks, 6, diag);
        if (st == SPOT_OK) {
            st = spoti_log_add(log, &row, diag);
        }
    }
    if (st == SPOT_OK) {
        st = load(t, dir, "real_static_platforms.csv", a, diag);
    }
    for (int i = 1; st == SPOT_OK && i < t->n_row; i++) {
        for (int c = 1; st == SPOT_OK && c < t->n_column; c++) {
            spoti_row row = begin_row(t, i);
            set_text(&row, SPOTI_PLATFORM, t->cell[i][0]);
            set_number(&row, SPOTI_EPISODES, 5.0);
            st = spoti_field_read(&row, SPOTI_STEPS, 1.0, t->cell[0][c] + 1, diag);
            if (st == SPOT_OK) {
                st = spoti_field_read(&row, SPOTI_TIME, 1.0, t->cell[i][c], diag);
            }
            if (st == SPOT_OK) {
                st = spoti_log_add(log, &row, diag);
            }
        }
    }
    finish(log, SPOT_ANALYZE_STATIC, "steps=10",
           "5 trials a cell, no spread published: no test of times is possible.");
    return st;
}

/* A score of the conveyor task: 30 trials of 0, 1 or 2 points. first: with the latencies of AGX30W. */
static spot_status read_score(spot_analyze_log *log, const table *t, const table *first, int i,
                              int c, spot_diag *diag)
{
    const char *steps = t->cell[0][c] + 1; /* behind the s */
    spoti_row row = begin_row(t, i);
    set_text(&row, SPOTI_PLATFORM, t->cell[i][0]);
    set_number(&row, SPOTI_EPISODES, 30.0);
    set_number(&row, SPOTI_SCORE_MAX, 2.0);
    spot_status st = spoti_field_read(&row, SPOTI_STEPS, 1.0, steps, diag);
    if (st == SPOT_OK) {
        st = spoti_field_read(&row, SPOTI_SCORE, 1.0, t->cell[i][c], diag);
    }
    for (int k = 1; st == SPOT_OK && k < first->n_row; k++) {
        if (strcmp(t->cell[i][0], "AGX30W") == 0 && strcmp(first->cell[k][0], steps) == 0) {
            st = set_cell(&row, first, k, "t_inf_s", SPOTI_T_INF, 1.0, diag);
        }
    }
    return st == SPOT_OK ? spoti_log_add(log, &row, diag) : st;
}

static spot_status read_real_dynamic(spot_analyze_log *log, table *t, const char *dir,
                                     spot_diag *diag)
{
    const spot_allocator *a = log->config.allocator;
    table *first = spoti_calloc(a, 1, sizeof(*first));
    if (first == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = load(t, dir, "real_dynamic_platforms.csv", a, diag);
    if (st == SPOT_OK) {
        st = load(first, dir, "real_dynamic_agx30w.csv", a, diag);
    }
    for (int i = 1; st == SPOT_OK && i < t->n_row; i++) {
        for (int c = 1; st == SPOT_OK && c + 1 < t->n_column; c++) {
            st = read_score(log, t, first, i, c, diag);
        }
    }
    finish(log, SPOT_ANALYZE_DYNAMIC, "steps=16",
           "Scores are sums of 30 trials graded 0, 1 or 2; single grades are not published, so the "
           "test takes the largest variance that the mean allows.");
    spoti_free(a, first, sizeof(*first));
    return st;
}

spot_status spot_analyze_log_published(spot_analyze_log *log, const char *dir, const char *name,
                                       spot_diag *diag)
{
    typedef spot_status (*read_fn)(spot_analyze_log *, table *, const char *, spot_diag *);
    static const struct {
        const char *name;
        read_fn read;
    } tables[] = {{"kinetix", read_kinetix},
                  {"dom-cr", read_dom_cr},
                  {"real-static", read_real_static},
                  {"real-dynamic", read_real_dynamic}};
    if (log == NULL || dir == NULL || name == NULL) {
        return SPOT_E_INVALID;
    }
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(name, tables[i].name) == 0) {
            const spot_allocator *a = log->config.allocator;
            table *t = spoti_alloc(a, 1, sizeof(*t));
            if (t == NULL) {
                return SPOT_E_NOMEM;
            }
            spot_status st = tables[i].read(log, t, dir, diag);
            spoti_free(a, t, sizeof(*t));
            return st;
        }
    }
    return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                         "published:%.40s: not found, expected kinetix, dom-cr, real-static or "
                         "real-dynamic",
                         name);
}
