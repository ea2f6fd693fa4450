/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Stores: what is put is found, once, to the bit, under its identity and seed; and no file of a stranger is. */
#include "lab/record/store.h"

#include "lab/rollout/motion.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spot/rng.h"
#include "support/spot_test.h"

enum { N_POINTS = 2, N_SEEDS = 6, PATH_SIZE = 512, FILE_SIZE = 1 << 17 };

typedef spot_status (*open_fn)(const char *path, const spoti_store_run *run, spoti_store *out,
                               spot_diag *diag);

static const open_fn OPEN[] = {spoti_store_open_files, spoti_store_open_sqlite};
enum { FILES, SQLITE, N_STORE };

/* A run of two points on six seeds, of which the last lie beyond 2^63. */
typedef struct setup {
    char path[PATH_SIZE];
    spoti_store_point points[N_POINTS];
    spoti_store_run run;
    spot_episode episodes[N_POINTS][N_SEEDS];
    spot_episode found[N_SEEDS];
    bool kept[N_SEEDS];
    spoti_store store;
    spot_diag diag;
} setup;

static const char *const NAMES[N_POINTS] = {"steps=10 overlap=0", "steps=1 overlap=0"};

static void fill_episode(spot_episode *e, int i, uint64_t seed)
{
    const double x = 1.0 / (double)(3 + i + (int)(seed % 7));
    memset(e, 0, sizeof(*e));
    *e = (spot_episode){.seed = seed,
                        .success = seed % 3 != 0,
                        .grade = -1 + i,
                        .grade_max = 2,
                        .time_s = 1.0 + x,
                        .chunks = 3 + (int64_t)(seed % 5),
                        .inferences = 4,
                        .actions = INT64_MAX - i,
                        .dropped = -i,
                        .inference_s = 3.0, /* whole: REAL columns would keep an integer */
                        .wait_s = x * x,
                        .delay_s = -0.0,
                        .age_first_s = 1e-300,
                        .age_mean_s = 1e300,
                        .age_max_s = 0.1,
                        .path_m = -x};
    /* every other metric is known, whole numbers and -0 among them */
    spoti_motion_unknown(&e->motion, SPOT_MOTION_WHY_NOT_RECORDED);
    for (int m = 1; m < SPOT_MOTION_N_METRIC; m++) {
        const double values[] = {x * m, -(double)m, -0.0};
        if ((m + i) % 2 == 0) {
            e->motion.values[m].value = values[m % 3];
            e->motion.values[m].why = SPOT_MOTION_WHY_DEFINED;
        }
    }
    if (seed % 6 == 0) {
        e->invalid = true;
        (void)snprintf(e->fault, sizeof(e->fault), "full, \"quite\" full, at %d s", i);
    }
}

static void begin(setup *s, const char *name, uint64_t seed)
{
    memset(s, 0, sizeof(*s));
    spot_test_temp_path(s->path, sizeof(s->path), name);
    s->run = (spoti_store_run){.purpose = "tune",
                               .baseline = NAMES[0],
                               .regime = SPOT_ANALYZE_DYNAMIC,
                               .seed = seed,
                               .n_seeds = N_SEEDS,
                               .points = s->points,
                               .n_points = N_POINTS};
    for (int i = 0; i < N_POINTS; i++) {
        spoti_row *row = &s->points[i].row;
        (void)snprintf(s->points[i].identity, sizeof(s->points[i].identity), "version=x point='%s'",
                       NAMES[i]);
        spoti_row_set_text(row, SPOTI_POINT, NAMES[i]);
        spoti_row_set_text(row, SPOTI_PLATFORM, "a-board");
        spoti_row_set_text(row, SPOTI_SCHEDULE, "sync");
        spoti_row_set_number(row, SPOTI_T_INF, 0.3 / (i + 1));
        spoti_row_set_number(row, SPOTI_T_ACT, 0.1);
        spoti_row_set_number(row, SPOTI_CHUNK, 8.0);
        spoti_row_set_number(row, SPOTI_BUDGET, 20.0);
        for (int k = 0; k < N_SEEDS; k++) {
            fill_episode(&s->episodes[i][k], i, seed + (uint64_t)k);
        }
    }
}

static void open_store(setup *s, int kind)
{
    assert_int_equal(OPEN[kind](s->path, &s->run, &s->store, &s->diag), SPOT_OK);
}

/* How many are found of point i; each as it was put. */
static int count_found(setup *s, int i)
{
    int n = 0;
    memset(s->kept, 0x55, sizeof(s->kept));
    assert_int_equal(s->store.ops->find(s->store.self, i, s->found, s->kept, &s->diag), SPOT_OK);
    for (int k = 0; k < s->run.n_seeds; k++) {
        n += s->kept[k];
        if (s->kept[k]) {
            const spot_episode *got = &s->found[k];
            const spot_episode *put = &s->episodes[i][k];
            for (int c = 0; c < SPOTI_N_EPISODE_COLUMN; c++) {
                const spoti_episode_column column = spoti_episode_column_at(c);
                if (column.kind == SPOTI_COLUMN_METRIC) {
                    const spot_motion_value *g = (const void *)((const char *)got + column.offset);
                    const spot_motion_value *p = (const void *)((const char *)put + column.offset);
                    assert_int_equal(g->why, p->why);
                    assert_memory_equal(&g->value, &p->value, sizeof(p->value));
                    continue;
                }
                const size_t size = column.kind == SPOTI_COLUMN_FLAG    ? sizeof(bool)
                                    : column.kind == SPOTI_COLUMN_INT   ? sizeof(int)
                                    : column.kind == SPOTI_COLUMN_FAULT ? strlen(put->fault) + 1
                                                                        : sizeof(int64_t);
                assert_memory_equal((const char *)got + column.offset,
                                    (const char *)put + column.offset, size);
            }
        }
    }
    return n;
}

static void put(setup *s, int i, int from, int n)
{
    assert_int_equal(s->store.ops->put(s->store.self, i, &s->episodes[i][from], n, &s->diag),
                     SPOT_OK);
}

static void remove_store(const setup *s)
{
    char path[2 * PATH_SIZE];
    for (int i = 0; i < N_POINTS; i++) {
        char name[SPOTI_EPISODES_NAME_SIZE];
        assert_true(spoti_episodes_name(NAMES[i], name));
        (void)snprintf(path, sizeof(path), "%s/%s", s->path, name);
        (void)unlink(path);
    }
    (void)rmdir(s->path);
    (void)unlink(s->path);
}

static void what_is_put_is_found_to_the_bit_also_by_the_next_process(void **state)
{
    static const uint64_t seeds[] = {0, UINT64_C(0x7ffffffffffffffe)};
    (void)state;
    for (int kind = 0; kind < N_STORE; kind++) {
        for (int m = 0; m < 2; m++) {
            setup s;
            begin(&s, "bits", seeds[m]);
            open_store(&s, kind);
            assert_int_equal(count_found(&s, 0) + count_found(&s, 1), 0);
            put(&s, 1, 0, N_SEEDS);
            assert_int_equal(count_found(&s, 0), 0);
            assert_int_equal(count_found(&s, 1), N_SEEDS);
            spoti_store_close(&s.store);
            open_store(&s, kind);
            assert_int_equal(count_found(&s, 0), 0);
            assert_int_equal(count_found(&s, 1), N_SEEDS);
            /* put again: replaced, not doubled */
            s.episodes[1][2].time_s = 7.0;
            put(&s, 1, 0, N_SEEDS);
            assert_int_equal(count_found(&s, 1), N_SEEDS);
            spoti_store_close(&s.store);
            remove_store(&s);
        }
    }
}

static void another_identity_finds_nothing_or_is_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_STORE; kind++) {
        for (int what = 0; what < 3; what++) {
            const bool refused = kind == FILES && what < 2; /* a file is of one identity */
            setup s;
            begin(&s, "identity", 0);
            open_store(&s, kind);
            put(&s, 0, 0, N_SEEDS);
            spoti_store_close(&s.store);
            (void)strcat(s.points[0].identity, what == 0 ? " speed=2" : "");
            (void)strcpy(s.points[0].plan, what == 1 ? " plan=1" : "");
            if (refused) {
                const spot_status st = OPEN[kind](s.path, &s.run, &s.store, &s.diag);
                assert_int_equal(st, SPOT_E_INVALID);
                assert_null(s.store.ops);
                assert_non_null(strstr(s.diag.text, what == 0 ? "speed is not said there and 2 here"
                                                              : "plan is not said there and 1"));
            } else {
                open_store(&s, kind);
                assert_int_equal(count_found(&s, 0), what == 2 ? N_SEEDS : 0);
                spoti_store_close(&s.store);
            }
            remove_store(&s);
        }
    }
}

/* A file a point, whose first line is the identity, and the seeds in order whoever was first. */
static void a_folder_holds_a_file_a_point(void **state)
{
    setup s;
    setup other;
    char path[2 * PATH_SIZE];
    char text[FILE_SIZE];
    char again[FILE_SIZE];
    (void)state;
    begin(&s, "folder", 5);
    (void)strcpy(s.points[1].plan, " plan=12");
    open_store(&s, FILES);
    put(&s, 1, 4, 2);
    put(&s, 1, 0, 3);
    put(&s, 1, 3, 1);
    assert_int_equal(s.store.ops->finish(s.store.self, 1, &s.diag), SPOT_OK);
    (void)snprintf(path, sizeof(path), "%s/steps=1_overlap=0.csv", s.path);
    const size_t size = spot_test_read_file(path, text, sizeof(text));
    spoti_store_close(&s.store);
    remove_store(&s);
    begin(&other, "folder", 5);
    (void)strcpy(other.points[1].plan, " plan=12");
    open_store(&other, FILES);
    put(&other, 1, 0, N_SEEDS);
    assert_int_equal(other.store.ops->finish(other.store.self, 1, &other.diag), SPOT_OK);
    assert_int_equal(spot_test_read_file(path, again, sizeof(again)), size);
    assert_memory_equal(text, again, size);
    *strchr(text, '\n') = '\0';
    assert_string_equal(
        text, "# sweetspot episodes, format 4: version=x point='steps=1 overlap=0' plan=12");
    spoti_store_close(&other.store);
    remove_store(&other);
}

static void a_store_takes_parts_and_other_seeds(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_STORE; kind++) {
        setup s;
        begin(&s, "parts", 0);
        open_store(&s, kind);
        put(&s, 0, 4, 2);
        put(&s, 0, 1, 1);
        put(&s, 0, 0, 0); /* nothing */
        assert_int_equal(count_found(&s, 0), 3);
        assert_true(s.kept[1] && s.kept[4] && s.kept[5]);
        put(&s, 1, 2, 1); /* another point between */
        put(&s, 0, 2, 1);
        assert_int_equal(count_found(&s, 1), 1);
        spoti_store_close(&s.store);
        /* fewer seeds read a part; more go on, and lose none */
        s.run.n_seeds = 5;
        open_store(&s, kind);
        assert_int_equal(count_found(&s, 0), 3);
        put(&s, 0, 0, 1);
        spoti_store_close(&s.store);
        s.run.n_seeds = N_SEEDS;
        open_store(&s, kind);
        assert_int_equal(count_found(&s, 0), 5);
        assert_false(s.kept[3]);
        put(&s, 0, 5, 1); /* again, among others */
        put(&s, 0, 3, 1);
        assert_int_equal(count_found(&s, 0), N_SEEDS);
        spoti_store_close(&s.store);
        remove_store(&s);
    }
}

static void a_confirmation_is_none_of_a_choice(void **state)
{
    setup s;
    (void)state;
    begin(&s, "purpose", 0);
    open_store(&s, SQLITE);
    put(&s, 0, 0, 3);
    spoti_store_close(&s.store);
    s.run.purpose = "confirm";
    open_store(&s, SQLITE);
    assert_int_equal(count_found(&s, 0), 0);
    put(&s, 0, 0, 1);
    spoti_store_close(&s.store);
    s.run.purpose = "tune";
    open_store(&s, SQLITE);
    assert_int_equal(count_found(&s, 0), 3);
    spoti_store_close(&s.store);
    remove_store(&s);
}

/* Killed at any byte of what it appends: the whole rows are there, and the next run goes on behind them. */
static void a_file_that_was_cut_anywhere_goes_on(void **state)
{
    setup s;
    char path[2 * PATH_SIZE];
    char whole[FILE_SIZE];
    char again[FILE_SIZE];
    (void)state;
    begin(&s, "cut", 0);
    (void)snprintf(path, sizeof(path), "%s/steps=10_overlap=0.csv", s.path);
    open_store(&s, FILES);
    put(&s, 0, 0, N_SEEDS);
    spoti_store_close(&s.store);
    const size_t size = spot_test_read_file(path, whole, sizeof(whole));
    assert_in_range(size, 1000, FILE_SIZE - 1);
    for (size_t cut = 0; cut < size; cut += 7) {
        spot_test_write_file(path, whole, cut);
        open_store(&s, FILES);
        const int n = count_found(&s, 0);
        assert_true(n < N_SEEDS);
        put(&s, 0, n, N_SEEDS - n); /* rows are whole in order */
        assert_int_equal(s.store.ops->finish(s.store.self, 0, &s.diag), SPOT_OK);
        spoti_store_close(&s.store);
        assert_int_equal(spot_test_read_file(path, again, sizeof(again)), size);
        assert_memory_equal(whole, again, size);
    }
    remove_store(&s);
}

/* Nothing is lost where nothing can be written: the file is what it was. */
static void a_full_disk_or_a_folder_that_is_locked_loses_nothing(void **state)
{
    setup s;
    char path[2 * PATH_SIZE];
    char before[FILE_SIZE];
    char after[FILE_SIZE];
    struct rlimit old;
    (void)state;
    begin(&s, "full", 0);
    (void)snprintf(path, sizeof(path), "%s/steps=10_overlap=0.csv", s.path);
    open_store(&s, FILES);
    put(&s, 0, 0, 2);
    const size_t size = spot_test_read_file(path, before, sizeof(before));
    /* a limit on the size of files in place of a full disk */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit tight = {.rlim_cur = size + 100, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    s.diag.text[0] = '\0';
    const spot_status st = s.store.ops->put(s.store.self, 0, &s.episodes[0][2], 3, &s.diag);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(st, SPOT_E_IO);
    assert_non_null(strstr(s.diag.text, "steps=10_overlap=0.csv: cannot write: File too large"));
    assert_int_equal(spot_test_read_file(path, after, sizeof(after)), size);
    assert_memory_equal(before, after, size);
    put(&s, 0, 2, 3); /* and goes on */
    assert_int_equal(count_found(&s, 0), 5);
    spoti_store_close(&s.store);
    if (geteuid() != 0) {
        spoti_store second;
        assert_int_equal(chmod(s.path, 0555), 0);
        assert_int_equal(spoti_store_open_files(s.path, &s.run, &second, &s.diag), SPOT_E_IO);
        assert_non_null(strstr(s.diag.text, "cannot write"));
        assert_int_equal(chmod(s.path, 0755), 0);
    }
    remove_store(&s);
}

static void a_second_process_is_refused_by_who_is_there(void **state)
{
    setup s;
    char want[64];
    spoti_store second;
    (void)state;
    begin(&s, "busy", 0);
    open_store(&s, FILES);
    /* a lock is one of its file description: this process is like another */
    assert_int_equal(spoti_store_open_files(s.path, &s.run, &second, &s.diag), SPOT_E_STATE);
    (void)snprintf(want, sizeof(want), "process %ld on ", (long)getpid());
    assert_non_null(strstr(s.diag.text, want));
    assert_non_null(strstr(s.diag.text, s.path));
    assert_null(second.ops);
    spoti_store_close(&s.store);
    open_store(&s, FILES); /* it is free again */
    spoti_store_close(&s.store);
    /* what a killed one left bars nobody */
    char lock[2 * PATH_SIZE];
    (void)snprintf(lock, sizeof(lock), "%s/.lock", s.path);
    spot_test_write_file(lock, "1 elsewhere", 11);
    open_store(&s, FILES);
    spoti_store_close(&s.store);
    assert_int_not_equal(access(lock, F_OK), 0);
    remove_store(&s);
}

/* What `each` said. */
typedef struct visits {
    char points[64 * N_POINTS];
    spot_episode first;
    double t_inf_s;
    int n;
    spot_status answer;
} visits;

static spot_status visit(void *ctx, const spoti_store_run *run, const spoti_row *point,
                         const spot_episode *episodes, spot_diag *diag)
{
    visits *v = ctx;
    (void)diag;
    assert_string_equal(run->baseline, NAMES[0]);
    assert_int_equal(run->regime, SPOT_ANALYZE_DYNAMIC);
    assert_string_equal(spoti_row_text(point, SPOTI_PLATFORM), "a-board");
    assert_string_equal(spoti_row_text(point, SPOTI_SCHEDULE), "sync");
    assert_true(point->has[SPOTI_BUDGET] && point->value[SPOTI_BUDGET] == 20.0);
    assert_false(point->has[SPOTI_OVERHEAD]);
    (void)strcat(v->points, spoti_row_text(point, SPOTI_POINT));
    (void)strcat(v->points, ";");
    v->first = episodes[0];
    v->t_inf_s = point->value[SPOTI_T_INF];
    v->n++;
    return v->answer;
}

static spot_status count(void *ctx, const spoti_store_run *run, const spoti_row *point,
                         const spot_episode *episodes, spot_diag *diag)
{
    visits *v = ctx;
    (void)diag;
    assert_true(run->n_seeds >= 1 && strlen(spoti_row_text(point, SPOTI_POINT)) < 1000);
    assert_true(episodes[run->n_seeds - 1].seed == run->seed + (uint64_t)run->n_seeds - 1);
    v->n++;
    return SPOT_OK;
}

static spot_status read_with(setup *s, spoti_store_visit_fn fn, visits *v)
{
    const spot_status answer = v->answer;
    memset(v, 0, sizeof(*v));
    v->answer = answer;
    s->diag.text[0] = '\0';
    spot_status st = spoti_store_open_sqlite(s->path, NULL, &s->store, &s->diag);
    st = st == SPOT_OK ? s->store.ops->each(s->store.self, fn, v, &s->diag) : st;
    spoti_store_close(&s->store);
    return st;
}

static spot_status read_all(setup *s, visits *v)
{
    return read_with(s, visit, v);
}

static void the_run_that_was_opened_last_is_read(void **state)
{
    setup s;
    visits v = {.n = 0};
    (void)state;
    begin(&s, "each", 0);
    open_store(&s, SQLITE);
    put(&s, 0, 0, N_SEEDS);
    put(&s, 1, 0, N_SEEDS - 1);
    spoti_store_close(&s.store);
    assert_int_equal(read_all(&s, &v), SPOT_E_FORMAT);
    assert_non_null(strstr(s.diag.text, "not finished, seed 5 of 'steps=1 overlap=0'"));
    open_store(&s, SQLITE);
    put(&s, 1, N_SEEDS - 1, 1);
    spoti_store_close(&s.store);
    assert_int_equal(read_all(&s, &v), SPOT_OK);
    assert_string_equal(v.points, "steps=10 overlap=0;steps=1 overlap=0;");
    assert_true(v.first.seed == 0 && v.first.time_s == s.episodes[1][0].time_s);
    assert_true(v.t_inf_s == 0.3 / 2);
    v.answer = SPOT_E_RANGE;
    assert_int_equal(read_all(&s, &v), SPOT_E_RANGE);
    assert_int_equal(v.n, 1);
    v.answer = SPOT_OK;
    /* a smaller run on later seeds, whose episodes are there */
    s.run.n_points = 1;
    s.run.seed = 2;
    s.run.n_seeds = 3;
    open_store(&s, SQLITE);
    spoti_store_close(&s.store);
    s.run.purpose = "confirm"; /* does not count */
    s.run.n_points = 2;
    open_store(&s, SQLITE);
    spoti_store_close(&s.store);
    assert_int_equal(read_all(&s, &v), SPOT_OK);
    assert_string_equal(v.points, "steps=10 overlap=0;");
    assert_int_equal(v.first.seed, 2);
    remove_store(&s);
}

static void refuse(setup *s, bool make, const char *words)
{
    s->diag.text[0] = '\0';
    const spot_status st =
        spoti_store_open_sqlite(s->path, make ? &s->run : NULL, &s->store, &s->diag);
    assert_true(st == SPOT_E_FORMAT || st == SPOT_E_IO);
    assert_null(s->store.ops);
    if (strstr(s->diag.text, s->path) == NULL || strstr(s->diag.text, words) == NULL) {
        fail_msg("'%s' does not name %s and say '%s'", s->diag.text, s->path, words);
    }
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    const int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    (void)sqlite3_close(db);
}

static void files_of_others_are_refused_and_left_alone(void **state)
{
    setup s;
    char text[64];
    (void)state;
    begin(&s, "foreign", 0);
    refuse(&s, false, "cannot open");
    assert_int_not_equal(access(s.path, F_OK), 0); /* to read makes nothing */
    spot_test_write_file(s.path, "point,success\nsteps=1,1\n", 24);
    refuse(&s, true, "no SQLite file");
    refuse(&s, false, "no SQLite file");
    assert_int_equal(spot_test_read_file(s.path, text, sizeof(text)), 24);
    (void)unlink(s.path);
    run_sql(s.path, "CREATE TABLE contacts(name TEXT)");
    refuse(&s, true, "of something else");
    refuse(&s, false, "of something else");
    (void)unlink(s.path);
    assert_int_equal(mkdir(s.path, 0777), 0);
    refuse(&s, true, "a folder");
    (void)rmdir(s.path);
    assert_int_equal(mkfifo(s.path, 0666), 0);
    refuse(&s, true, "a pipe");
    (void)unlink(s.path);
    (void)strcat(s.path, "/no/such");
    refuse(&s, true, "unable to open");
    /* ours, and more: a trigger of a stranger never runs */
    begin(&s, "foreign", 0);
    open_store(&s, SQLITE);
    spoti_store_close(&s.store);
    run_sql(s.path, "CREATE TRIGGER t AFTER INSERT ON episodes BEGIN DELETE FROM points; END");
    refuse(&s, true, "of something else");
    run_sql(s.path, "DROP TRIGGER t; ALTER TABLE points RENAME COLUMN identity TO id2");
    refuse(&s, false, "of something else");
    (void)unlink(s.path);
    /* an empty file is one to be filled, but holds no run */
    spot_test_write_file(s.path, "", 0);
    refuse(&s, false, "of something else");
    open_store(&s, SQLITE);
    spoti_store_close(&s.store);
    (void)unlink(s.path);
    spoti_store_close(&s.store); /* twice is fine */
}

static void a_store_of_another_version_is_read_but_not_written(void **state)
{
    setup s;
    visits v = {.n = 0};
    (void)state;
    begin(&s, "older", 0);
    open_store(&s, SQLITE);
    put(&s, 0, 0, N_SEEDS);
    put(&s, 1, 0, N_SEEDS);
    spoti_store_close(&s.store);
    run_sql(s.path, "PRAGMA user_version = 0");
    refuse(&s, true, "of format 0, expected format 2");
    assert_int_equal(read_all(&s, &v), SPOT_OK);
    (void)unlink(s.path);
}

static void cells_that_cannot_be_are_refused(void **state)
{
    static const char *const edits[] = {
        "UPDATE episodes SET success = 2 WHERE seed = 1",
        "UPDATE episodes SET success = 'yes'",
        "UPDATE episodes SET grade = 1.5",
        "UPDATE episodes SET grade = 4294967296",
        "UPDATE episodes SET time_s = 'soon'",
        "UPDATE episodes SET time_s = 1e999",
        "UPDATE episodes SET time_s = 3",
        "UPDATE episodes SET fault = 'but valid' WHERE invalid = 0",
        "UPDATE episodes SET fault = '' WHERE invalid = 1",
        "UPDATE episodes SET success = 1 WHERE invalid = 1",
        "UPDATE episodes SET fault = x'00' WHERE invalid = 1",
        "UPDATE episodes SET fault = printf('%5000c', 'x') WHERE invalid = 1",
        "UPDATE points SET point = printf('%5000c', 'x')",
        "UPDATE points SET t_inf_s = 'fast'",
        "UPDATE points SET schedule = x'ff'",
        "UPDATE runs SET n_seeds = 0",
        "UPDATE runs SET n_seeds = 99999999999",
        "UPDATE runs SET baseline = x'00ff'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        setup s;
        visits v = {.n = 0};
        begin(&s, "cells", 0);
        open_store(&s, SQLITE);
        put(&s, 0, 0, N_SEEDS);
        put(&s, 1, 0, N_SEEDS);
        spoti_store_close(&s.store);
        assert_int_equal(read_all(&s, &v), SPOT_OK);
        run_sql(s.path, edits[i]);
        if (read_all(&s, &v) != SPOT_E_FORMAT || strstr(s.diag.text, s.path) == NULL ||
            strstr(s.diag.text, "none can") == NULL) {
            fail_msg("%s: '%s'", edits[i], s.diag.text);
        }
        (void)unlink(s.path);
    }
}

/* Opens, reads and, if that went well, writes what is left of a store. Whatever is there: a status, its file. */
static bool survives(setup *s)
{
    spot_diag diag = {""};
    spoti_store store;
    visits v = {.n = 0};
    spot_status st = read_with(s, count, &v);
    assert_true(st == SPOT_OK || ((st == SPOT_E_FORMAT || st == SPOT_E_IO) &&
                                  strstr(s->diag.text, s->path) != NULL));
    const bool whole = st == SPOT_OK;
    st = spoti_store_open_sqlite(s->path, &s->run, &store, &diag);
    if (st == SPOT_OK) {
        st = store.ops->find(store.self, 0, s->found, s->kept, &diag);
        st = st == SPOT_OK ? store.ops->put(store.self, 1, s->episodes[1], N_SEEDS, &diag) : st;
    }
    assert_true(st == SPOT_OK || strstr(diag.text, s->path) != NULL);
    spoti_store_close(&store);
    return whole;
}

static void damaged_files_are_refused_or_read(void **state)
{
    static char whole[FILE_SIZE];
    static char broken[FILE_SIZE];
    setup s;
    int n_read = 0;
    int n_cut = 0;
    (void)state;
    begin(&s, "damaged", 0);
    open_store(&s, SQLITE);
    put(&s, 0, 0, N_SEEDS);
    put(&s, 1, 0, N_SEEDS);
    spoti_store_close(&s.store);
    const size_t size = spot_test_read_file(s.path, whole, sizeof(whole));
    assert_true(size > 4096 && size < sizeof(whole) - 1);
    assert_true(survives(&s));
    for (size_t cut = 1; cut < size; cut += 509) {
        spot_test_write_file(s.path, whole, cut);
        n_cut += survives(&s);
    }
    assert_int_equal(n_cut, 0);
    for (uint64_t k = 0; k < 200; k++) {
        spot_rng rng = spot_rng_at(k, SPOT_STREAM_RESET, 0);
        memcpy(broken, whole, size);
        for (uint64_t flips = k % 4; flips < 4; flips++) {
            /* every other one where SQLite's own figures are, at the beginning of a page */
            const uint32_t at = spot_rng_below(&rng, (uint32_t)size);
            broken[k % 2 == 0 ? at : at / 4096 * 4096 + at % 108] ^=
                (char)(1u << spot_rng_below(&rng, 8));
        }
        spot_test_write_file(s.path, broken, size);
        n_read += survives(&s);
    }
    assert_true(n_read < 200);
    (void)unlink(s.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_to_the_bit_also_by_the_next_process),
        cmocka_unit_test(another_identity_finds_nothing_or_is_refused),
        cmocka_unit_test(a_folder_holds_a_file_a_point),
        cmocka_unit_test(a_store_takes_parts_and_other_seeds),
        cmocka_unit_test(a_confirmation_is_none_of_a_choice),
        cmocka_unit_test(a_file_that_was_cut_anywhere_goes_on),
        cmocka_unit_test(a_full_disk_or_a_folder_that_is_locked_loses_nothing),
        cmocka_unit_test(a_second_process_is_refused_by_who_is_there),
        cmocka_unit_test(a_store_of_another_version_is_read_but_not_written),
        cmocka_unit_test(the_run_that_was_opened_last_is_read),
        cmocka_unit_test(files_of_others_are_refused_and_left_alone),
        cmocka_unit_test(cells_that_cannot_be_are_refused),
        cmocka_unit_test(damaged_files_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
