/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The store that is one SQLite file.
 *
 * points:   what identifies a point's episodes, what they have in common, and its place in the run opened last
 * episodes: one row each, by point and seed
 * runs:     by purpose, what the run opened last asked for
 *
 * Figures stand in columns without a type: REAL would keep 1.0 as an integer, and make +0 of -0. A seed beyond
 * 2^63 is kept as the negative number of the same bits. A metric that is not defined is NULL.
 */
#include <string.h>

#include "core/base/alloc.h"
#include "lab/record/sqlite_file.h"
#include "lab/record/store.h"
#include "spot/platform.h"

enum {
    N_POINT_FIELD = 10,
    FORMAT = 2, /* identities say no version, engine or origin; before, files were of format 0 */
};

/* The figures that a point's episodes have in common, by the names of a log's columns. */
static const spoti_field POINT_FIELDS[N_POINT_FIELD] = {
    SPOTI_T_INF,    SPOTI_T_CHUNK, SPOTI_T_ACT,  SPOTI_CHUNK, SPOTI_BUDGET,
    SPOTI_OVERHEAD, SPOTI_SPEED,   SPOTI_PARAMS, SPOTI_MACS,  SPOTI_WEIGHT_BYTES};

typedef struct sqlite_store {
    spoti_sqlite file;
    const spoti_store_run *run; /* NULL: opened to be read */
    sqlite3_int64 *ids;         /* (run->n_points) rows of `points` */
    sqlite3_stmt *find;
    sqlite3_stmt *put;
} sqlite_store;

/* ---- statements ---- */

static void add(char sql[SPOTI_SQLITE_SQL_SIZE], const char *before, const char *name,
                const char *after)
{
    const size_t used = strlen(sql);
    (void)spoti_format(sql + used, SPOTI_SQLITE_SQL_SIZE - used, "%s%s%s", before, name, after);
}

/* Appends the names of an episode's columns, or as many `?`. */
static void add_columns(char sql[SPOTI_SQLITE_SQL_SIZE], bool names)
{
    for (int k = 0; k < SPOTI_N_EPISODE_COLUMN; k++) {
        add(sql, k > 0 ? ", " : "", names ? spoti_episode_column_at(k).name : "?", "");
    }
}

static void add_fields(char sql[SPOTI_SQLITE_SQL_SIZE], const char *after)
{
    for (int k = 0; k < N_POINT_FIELD; k++) {
        add(sql, ", ", spoti_field_name(POINT_FIELDS[k]), after);
    }
}

static void describe_tables(spoti_sqlite_schema *schema)
{
    memset(schema, 0, sizeof(*schema));
    schema->n = 3;
    schema->format = FORMAT;
    char *runs = schema->sql[0];
    char *points = schema->sql[1];
    char *episodes = schema->sql[2];
    add(runs, "CREATE TABLE runs(purpose TEXT PRIMARY KEY NOT NULL, regime TEXT NOT NULL, ",
        "baseline TEXT NOT NULL, seed INTEGER NOT NULL, n_seeds INTEGER NOT NULL)", "");
    add(points, "CREATE TABLE points(id INTEGER PRIMARY KEY, purpose TEXT NOT NULL, ",
        "identity TEXT NOT NULL, place INTEGER, point TEXT NOT NULL, platform TEXT NOT NULL, ",
        "schedule TEXT NOT NULL");
    add_fields(points, "");
    add(points, ", UNIQUE(purpose, identity))", "", "");
    add(episodes, "CREATE TABLE episodes(point_id INTEGER NOT NULL, ", "", "");
    for (int k = 0; k < SPOTI_N_EPISODE_COLUMN; k++) {
        const spoti_episode_column c = spoti_episode_column_at(k);
        const bool metric = c.kind == SPOTI_COLUMN_METRIC;
        add(episodes, c.name,
            c.kind == SPOTI_COLUMN_REAL || metric ? ""
            : c.kind == SPOTI_COLUMN_FAULT        ? " TEXT"
                                                  : " INTEGER",
            metric ? ", " : " NOT NULL, ");
    }
    add(episodes, "PRIMARY KEY(point_id, seed)) WITHOUT ROWID", "", "");
}

/* ---- rows ---- */

static void bind_text(sqlite3_stmt *statement, int i, const char *text)
{
    (void)sqlite3_bind_text(statement, i, text, -1, SQLITE_TRANSIENT);
}

static sqlite3_int64 seed_bits(uint64_t seed)
{
    sqlite3_int64 bits = 0;
    memcpy(&bits, &seed, sizeof(bits));
    return bits;
}

static void bind_metric(sqlite3_stmt *statement, int i, const spot_motion_value *v)
{
    if (v->why == SPOT_MOTION_WHY_DEFINED) {
        (void)sqlite3_bind_double(statement, i, v->value);
    } else {
        (void)sqlite3_bind_null(statement, i);
    }
}

/* Binds cell k of an episode as parameter i. */
static void bind_cell(sqlite3_stmt *statement, int i, int k, const spot_episode *e)
{
    const spoti_episode_column c = spoti_episode_column_at(k);
    const void *at = (const char *)e + c.offset;
    switch (c.kind) {
    case SPOTI_COLUMN_SEED:
        (void)sqlite3_bind_int64(statement, i, seed_bits(*(const uint64_t *)at));
        break;
    case SPOTI_COLUMN_FLAG:
        (void)sqlite3_bind_int64(statement, i, *(const bool *)at ? 1 : 0);
        break;
    case SPOTI_COLUMN_INT:
        (void)sqlite3_bind_int64(statement, i, *(const int *)at);
        break;
    case SPOTI_COLUMN_COUNT:
        (void)sqlite3_bind_int64(statement, i, *(const int64_t *)at);
        break;
    case SPOTI_COLUMN_REAL:
        (void)sqlite3_bind_double(statement, i, *(const double *)at);
        break;
    case SPOTI_COLUMN_METRIC:
        bind_metric(statement, i, (const spot_motion_value *)at);
        break;
    case SPOTI_COLUMN_FAULT:
        bind_text(statement, i, (const char *)at);
        break;
    }
}

/* Reads cell k of an episode from column k. False if it cannot be one. */
static bool read_cell(sqlite3_stmt *statement, int k, spot_episode *e)
{
    const spoti_episode_column c = spoti_episode_column_at(k);
    void *at = (char *)e + c.offset;
    sqlite3_int64 n = 0;
    if (c.kind == SPOTI_COLUMN_REAL) {
        return spoti_sqlite_real(statement, k, (double *)at);
    }
    if (c.kind == SPOTI_COLUMN_METRIC) {
        double value = 0.0;
        const bool there = sqlite3_column_type(statement, k) != SQLITE_NULL;
        const bool ok = !there || spoti_sqlite_real(statement, k, &value);
        *(spot_motion_value *)at = spoti_kept_value(there, value);
        return ok;
    }
    if (c.kind == SPOTI_COLUMN_FAULT) {
        return spoti_sqlite_text(statement, k, (char *)at, sizeof(e->fault));
    }
    if (!spoti_sqlite_integer(statement, k, &n)) {
        return false;
    }
    if (c.kind == SPOTI_COLUMN_FLAG) {
        *(bool *)at = n == 1;
        return n == 0 || n == 1;
    }
    if (c.kind == SPOTI_COLUMN_INT) {
        *(int *)at = (int)n;
        return (int)n == n;
    }
    memcpy(at, &n, sizeof(n)); /* a count, or the bits of a seed */
    return true;
}

/* The episode of a point and a seed, if it is there. */
static spot_status read_episode(sqlite_store *s, sqlite3_int64 id, uint64_t seed, spot_episode *e,
                                bool *there, spot_diag *diag)
{
    (void)sqlite3_bind_int64(s->find, 1, id);
    (void)sqlite3_bind_int64(s->find, 2, seed_bits(seed));
    spot_status st = spoti_sqlite_step(&s->file, s->find, there, diag);
    bool possible = true;
    memset(e, 0, sizeof(*e));
    for (int k = 0; st == SPOT_OK && *there && possible && k < SPOTI_N_EPISODE_COLUMN; k++) {
        possible = read_cell(s->find, k, e);
    }
    if (st == SPOT_OK && *there && !(possible && e->seed == seed && spoti_episode_restore(e))) {
        st = spoti_sqlite_damaged(&s->file, "an episode holds what none can", diag);
    }
    (void)sqlite3_reset(s->find);
    return st;
}

/* ---- the table ---- */

static spot_status find(void *self, int i, spot_episode *episodes, bool *kept, spot_diag *diag)
{
    sqlite_store *s = (sqlite_store *)self;
    spot_status st = spoti_sqlite_exec(&s->file, "BEGIN", diag); /* one lock, not one an episode */
    if (st != SPOT_OK) {
        return st;
    }
    for (int64_t k = 0; st == SPOT_OK && k < s->run->n_seeds; k++) {
        st = read_episode(s, s->ids[i], s->run->seed + (uint64_t)k, &episodes[k], &kept[k], diag);
    }
    return spoti_sqlite_end(&s->file, st, diag);
}

static spot_status put(void *self, int i, const spot_episode *episodes, int64_t n, spot_diag *diag)
{
    sqlite_store *s = (sqlite_store *)self;
    spot_status st = spoti_sqlite_exec(&s->file, "BEGIN IMMEDIATE", diag);
    if (st != SPOT_OK) {
        return st;
    }
    for (int64_t k = 0; st == SPOT_OK && k < n; k++) {
        (void)sqlite3_bind_int64(s->put, 1, s->ids[i]);
        for (int c = 0; c < SPOTI_N_EPISODE_COLUMN; c++) {
            bind_cell(s->put, c + 2, c, &episodes[k]);
        }
        st = spoti_sqlite_run(&s->file, s->put, diag);
    }
    return spoti_sqlite_end(&s->file, st, diag);
}

/* A point as it is kept: its texts have their room beside the row, which borrows them. */
typedef struct kept_point {
    sqlite3_int64 id;
    char name[SPOT_POINT_TEXT_SIZE];
    char platform[SPOT_PLATFORM_NAME_SIZE];
    char schedule[16];
    spoti_row row;
} kept_point;

static bool read_point(sqlite3_stmt *statement, const char *path, kept_point *p)
{
    bool ok = spoti_sqlite_integer(statement, 0, &p->id) &&
              spoti_sqlite_text(statement, 1, p->name, sizeof(p->name)) &&
              spoti_sqlite_text(statement, 2, p->platform, sizeof(p->platform)) &&
              spoti_sqlite_text(statement, 3, p->schedule, sizeof(p->schedule));
    p->row = (spoti_row){.file = path};
    spoti_row_set_text(&p->row, SPOTI_POINT, p->name);
    spoti_row_set_text(&p->row, SPOTI_PLATFORM, p->platform);
    spoti_row_set_text(&p->row, SPOTI_SCHEDULE, p->schedule);
    for (int k = 0; ok && k < N_POINT_FIELD; k++) {
        const spoti_field field = POINT_FIELDS[k];
        if (sqlite3_column_type(statement, 4 + k) != SQLITE_NULL) {
            p->row.has[field] = true;
            ok = spoti_sqlite_real(statement, 4 + k, &p->row.value[field]);
        }
    }
    return ok;
}

/* What was asked for last. `baseline` has SPOT_POINT_TEXT_SIZE bytes. */
static spot_status read_run(const sqlite_store *s, spoti_store_run *run, char *baseline,
                            spot_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    bool there = false;
    char regime[16];
    sqlite3_int64 seed = 0;
    sqlite3_int64 n = 0;
    spot_status st = spoti_sqlite_prepare(
        &s->file, "SELECT regime, baseline, seed, n_seeds FROM runs WHERE purpose = 'tune'",
        &statement, diag);
    st = st == SPOT_OK ? spoti_sqlite_step(&s->file, statement, &there, diag) : st;
    if (st == SPOT_OK && !there) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s: holds no run, expected one of sweetspot tune",
                           s->file.path);
    } else if (st == SPOT_OK &&
               !(spoti_sqlite_text(statement, 0, regime, sizeof(regime)) &&
                 spoti_sqlite_text(statement, 1, baseline, SPOT_POINT_TEXT_SIZE) &&
                 spoti_sqlite_integer(statement, 2, &seed) &&
                 spoti_sqlite_integer(statement, 3, &n) && n >= 1 && n <= SPOTI_STORE_SEEDS_MAX)) {
        st = spoti_sqlite_damaged(&s->file, "a run holds what none can", diag);
    } else if (st == SPOT_OK) {
        const bool dynamic = strcmp(regime, "dynamic") == 0;
        *run = (spoti_store_run){.purpose = "tune",
                                 .baseline = baseline,
                                 .regime = dynamic ? SPOT_ANALYZE_DYNAMIC : SPOT_ANALYZE_STATIC,
                                 .n_seeds = n};
        memcpy(&run->seed, &seed, sizeof(seed));
    }
    (void)sqlite3_finalize(statement);
    return st;
}

static spot_status visit_point(sqlite_store *s, const spoti_store_run *run, const kept_point *p,
                               spot_episode *episodes, spoti_store_visit_fn visit, void *ctx,
                               spot_diag *diag)
{
    spot_status st = SPOT_OK;
    for (int64_t k = 0; st == SPOT_OK && k < run->n_seeds; k++) {
        const uint64_t seed = run->seed + (uint64_t)k;
        bool there = false;
        st = read_episode(s, p->id, seed, &episodes[k], &there, diag);
        if (st == SPOT_OK && !there) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: its last run is not finished, seed %llu of '%s' is missing: "
                                 "the same sweetspot tune again goes on with it",
                                 s->file.path, (unsigned long long)seed, p->name);
        }
    }
    return st == SPOT_OK ? visit(ctx, run, &p->row, episodes, diag) : st;
}

static spot_status visit_points(sqlite_store *s, const spoti_store_run *run, spot_episode *episodes,
                                spoti_store_visit_fn visit, void *ctx, spot_diag *diag)
{
    char sql[SPOTI_SQLITE_SQL_SIZE] = "";
    sqlite3_stmt *statement = NULL;
    bool there = false;
    add(sql, "SELECT id, point, platform, schedule", "", "");
    add_fields(sql, "");
    add(sql, " FROM points WHERE purpose = 'tune' AND place IS NOT NULL ORDER BY place", "", "");
    spot_status st = spoti_sqlite_prepare(&s->file, sql, &statement, diag);
    st = st == SPOT_OK ? spoti_sqlite_step(&s->file, statement, &there, diag) : st;
    while (st == SPOT_OK && there) {
        kept_point p;
        st = read_point(statement, s->file.path, &p)
                 ? visit_point(s, run, &p, episodes, visit, ctx, diag)
                 : spoti_sqlite_damaged(&s->file, "a point holds what none can", diag);
        st = st == SPOT_OK ? spoti_sqlite_step(&s->file, statement, &there, diag) : st;
    }
    (void)sqlite3_finalize(statement);
    return st;
}

static spot_status each(void *self, spoti_store_visit_fn visit, void *ctx, spot_diag *diag)
{
    sqlite_store *s = (sqlite_store *)self;
    char baseline[SPOT_POINT_TEXT_SIZE];
    spoti_store_run run = {.n_seeds = 0};
    spot_status st = spoti_sqlite_exec(&s->file, "BEGIN", diag); /* as it is now, whoever writes */
    if (st != SPOT_OK) {
        return st;
    }
    st = read_run(s, &run, baseline, diag);
    if (st == SPOT_OK) {
        const size_t n = (size_t)run.n_seeds;
        spot_episode *episodes = (spot_episode *)spoti_alloc(NULL, n, sizeof(*episodes));
        st = episodes != NULL ? visit_points(s, &run, episodes, visit, ctx, diag) : SPOT_E_NOMEM;
        spoti_free(NULL, episodes, n * sizeof(*episodes));
    }
    return spoti_sqlite_end(&s->file, st, diag);
}

static void close_sqlite(void *self)
{
    sqlite_store *s = (sqlite_store *)self;
    (void)sqlite3_finalize(s->find);
    (void)sqlite3_finalize(s->put);
    spoti_sqlite_close(&s->file);
    if (s->run != NULL) {
        spoti_free(NULL, s->ids, (size_t)s->run->n_points * sizeof(*s->ids));
    }
    spoti_free(NULL, s, sizeof(*s));
}

static const spoti_store_ops SQLITE = {
    .name = "sqlite", .find = find, .put = put, .each = each, .close = close_sqlite};

/* ---- opening ---- */

/* Notes that point i is one of the run, at its place, and which row it has. */
static spot_status enter_point(sqlite_store *s, sqlite3_stmt *statement, int i, spot_diag *diag)
{
    const spoti_store_point *p = &s->run->points[i];
    char identity[SPOTI_SIGNATURE_SIZE + SPOTI_STORE_PLAN_SIZE];
    bool there = false;
    (void)spoti_format(identity, sizeof(identity), "%s%s", p->identity, p->plan);
    bind_text(statement, 1, s->run->purpose);
    bind_text(statement, 2, identity);
    (void)sqlite3_bind_int64(statement, 3, i);
    bind_text(statement, 4, spoti_row_text(&p->row, SPOTI_POINT));
    bind_text(statement, 5, spoti_row_text(&p->row, SPOTI_PLATFORM));
    bind_text(statement, 6, spoti_row_text(&p->row, SPOTI_SCHEDULE));
    for (int k = 0; k < N_POINT_FIELD; k++) {
        const spoti_field field = POINT_FIELDS[k];
        if (p->row.has[field]) {
            (void)sqlite3_bind_double(statement, 7 + k, p->row.value[field]);
        } else {
            (void)sqlite3_bind_null(statement, 7 + k);
        }
    }
    spot_status st = spoti_sqlite_step(&s->file, statement, &there, diag);
    if (st == SPOT_OK && !(there && spoti_sqlite_integer(statement, 0, &s->ids[i]))) {
        st = spoti_sqlite_damaged(&s->file, "a point has no number", diag);
    }
    (void)sqlite3_reset(statement);
    return st;
}

static spot_status enter_points(sqlite_store *s, spot_diag *diag)
{
    char sql[SPOTI_SQLITE_SQL_SIZE] = "";
    sqlite3_stmt *statement = NULL;
    add(sql, "INSERT INTO points(purpose, identity, place, point, platform, schedule", "", "");
    add_fields(sql, "");
    add(sql, ") VALUES(?, ?, ?, ?, ?, ?", "", "");
    for (int k = 0; k < N_POINT_FIELD; k++) {
        add(sql, ", ?", "", "");
    }
    add(sql, ") ON CONFLICT(purpose, identity) DO UPDATE SET place = excluded.place RETURNING id",
        "", "");
    spot_status st = spoti_sqlite_prepare(&s->file, sql, &statement, diag);
    for (int i = 0; st == SPOT_OK && i < s->run->n_points; i++) {
        st = enter_point(s, statement, i, diag);
    }
    (void)sqlite3_finalize(statement);
    return st;
}

/* Runs a statement whose parameters are what the run asks for: ?1 its purpose, ?2 .. ?5 the rest. */
static spot_status say_run(const sqlite_store *s, const char *sql, spot_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    spot_status st = spoti_sqlite_prepare(&s->file, sql, &statement, diag);
    if (st == SPOT_OK) {
        const bool dynamic = s->run->regime == SPOT_ANALYZE_DYNAMIC;
        bind_text(statement, 1, s->run->purpose);
        bind_text(statement, 2, dynamic ? "dynamic" : "static");
        bind_text(statement, 3, s->run->baseline);
        (void)sqlite3_bind_int64(statement, 4, seed_bits(s->run->seed));
        (void)sqlite3_bind_int64(statement, 5, s->run->n_seeds);
        st = spoti_sqlite_run(&s->file, statement, diag);
    }
    (void)sqlite3_finalize(statement);
    return st;
}

static spot_status enter_run(sqlite_store *s, spot_diag *diag)
{
    spot_status st = spoti_sqlite_exec(&s->file, "BEGIN IMMEDIATE", diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = say_run(s, "INSERT OR REPLACE INTO runs VALUES(?1, ?2, ?3, ?4, ?5)", diag);
    st = st == SPOT_OK ? say_run(s, "UPDATE points SET place = NULL WHERE purpose = ?1", diag) : st;
    st = st == SPOT_OK ? enter_points(s, diag) : st;
    return spoti_sqlite_end(&s->file, st, diag);
}

static spot_status prepare(sqlite_store *s, spot_diag *diag)
{
    char find_sql[SPOTI_SQLITE_SQL_SIZE] = "";
    char put_sql[SPOTI_SQLITE_SQL_SIZE] = "";
    add(find_sql, "SELECT ", "", "");
    add_columns(find_sql, true);
    add(find_sql, " FROM episodes WHERE point_id = ? AND seed = ?", "", "");
    add(put_sql, "INSERT OR REPLACE INTO episodes(point_id, ", "", "");
    add_columns(put_sql, true);
    add(put_sql, ") VALUES(?, ", "", "");
    add_columns(put_sql, false);
    add(put_sql, ")", "", "");
    const spot_status st = spoti_sqlite_prepare(&s->file, find_sql, &s->find, diag);
    return st == SPOT_OK ? spoti_sqlite_prepare(&s->file, put_sql, &s->put, diag) : st;
}

spot_status spoti_store_open_sqlite(const char *path, const spoti_store_run *run, spoti_store *out,
                                    spot_diag *diag)
{
    spoti_sqlite_schema schema;
    *out = (spoti_store){.ops = NULL};
    sqlite_store *s = (sqlite_store *)spoti_calloc(NULL, 1, sizeof(*s));
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->run = run;
    describe_tables(&schema);
    spot_status st = SPOT_OK;
    if (run != NULL) {
        s->ids = (sqlite3_int64 *)spoti_calloc(NULL, (size_t)run->n_points, sizeof(*s->ids));
        st = s->ids != NULL ? SPOT_OK : SPOT_E_NOMEM;
    }
    st = st == SPOT_OK ? spoti_sqlite_open(&s->file, path, run != NULL, &schema, diag) : st;
    st = st == SPOT_OK ? prepare(s, diag) : st;
    st = st == SPOT_OK && run != NULL ? enter_run(s, diag) : st;
    if (st != SPOT_OK) {
        close_sqlite(s);
        return st;
    }
    *out = (spoti_store){.ops = &SQLITE, .self = s};
    return SPOT_OK;
}
