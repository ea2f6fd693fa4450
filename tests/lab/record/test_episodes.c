/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/episodes.h"

#include "lab/rollout/motion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/spot_test.h"

enum { N = 3, FILE_SIZE = 16384, PATH_SIZE = 512 };

static const char SIGNATURE[] = "version=x point='steps=5 overlap=0' seed=18446744073709551613";
static const uint64_t SEEDS[N] = {UINT64_MAX - 2, UINT64_MAX - 1, UINT64_MAX};

/* Figures that need all 17 digits, and the extremes of the integers. */
static void make_episodes(spot_episode episodes[N])
{
    memset(episodes, 0, N * sizeof(*episodes));
    for (int i = 0; i < N; i++) {
        episodes[i] = (spot_episode){.seed = SEEDS[i],
                                     .success = i != 1,
                                     .grade = i - 1,
                                     .grade_max = 2,
                                     .time_s = 0.1 * (i + 1) / 3.0,
                                     .chunks = INT64_MAX - i,
                                     .inferences = i,
                                     .actions = -i,
                                     .dropped = 7,
                                     .inference_s = 1.0 / 7.0,
                                     .wait_s = 1e-300,
                                     .delay_s = 1e300,
                                     .age_first_s = 0.0,
                                     .age_mean_s = -0.3,
                                     .age_max_s = 123456789.123456789,
                                     .path_m = 2.0 / 3.0,
                                     .invalid = i == 1};
        spoti_motion_unknown(&episodes[i].motion, SPOT_MOTION_WHY_NOT_RECORDED);
        for (int m = 1 + i; m < SPOT_MOTION_N_METRIC; m += 2) {
            episodes[i].motion.values[m].value = m == 3 ? -0.0 : -1.0 / (m + i);
            episodes[i].motion.values[m].why = SPOT_MOTION_WHY_DEFINED;
        }
        if (episodes[i].invalid) {
            (void)snprintf(episodes[i].fault, sizeof(episodes[i].fault), "%s",
                           "full, \"quite\" full, at 1 s");
        }
    }
}

static void assert_same(const spot_episode *a, const spot_episode *b)
{
    assert_true(a->seed == b->seed && a->success == b->success && a->grade == b->grade);
    assert_true(a->grade_max == b->grade_max && a->chunks == b->chunks);
    assert_true(a->inferences == b->inferences && a->actions == b->actions);
    assert_true(a->dropped == b->dropped && a->invalid == b->invalid);
    assert_string_equal(a->fault, b->fault);
    assert_memory_equal(&a->time_s, &b->time_s, sizeof(double));
    assert_memory_equal(&a->inference_s, &b->inference_s, sizeof(double));
    assert_memory_equal(&a->wait_s, &b->wait_s, sizeof(double));
    assert_memory_equal(&a->delay_s, &b->delay_s, sizeof(double));
    assert_memory_equal(&a->age_first_s, &b->age_first_s, sizeof(double));
    assert_memory_equal(&a->age_mean_s, &b->age_mean_s, sizeof(double));
    assert_memory_equal(&a->age_max_s, &b->age_max_s, sizeof(double));
    assert_memory_equal(&a->path_m, &b->path_m, sizeof(double));
    for (int m = 1; m < SPOT_MOTION_N_METRIC; m++) { /* the first is time_s */
        const spot_motion_value *v = &a->motion.values[m];
        assert_int_equal(v->why, b->motion.values[m].why);
        assert_true(v->why == SPOT_MOTION_WHY_DEFINED || v->why == SPOT_MOTION_WHY_NOT_RECORDED);
        assert_memory_equal(&v->value, &b->motion.values[m].value, sizeof(double));
    }
}

static void save(char path[PATH_SIZE], const char *name)
{
    spot_episode episodes[N];
    spot_diag diag = {""};
    make_episodes(episodes);
    spot_test_temp_path(path, PATH_SIZE, name);
    assert_int_equal(spoti_episodes_save(path, SIGNATURE, episodes, N, &diag), SPOT_OK);
}

/* The episodes of a file, as they come. */
typedef struct reading {
    spot_episode episodes[N];
    int n;
    spoti_episodes_there there;
    spot_diag diag;
} reading;

static spot_status take(void *ctx, const spot_episode *episode)
{
    reading *r = ctx;
    assert_true(r->n < N);
    r->episodes[r->n++] = *episode;
    return SPOT_OK;
}

static spot_status read_file(const char *path, const char *signature, reading *r)
{
    memset(r, 0, sizeof(*r));
    return spoti_episodes_read(path, signature, take, r, &r->there, &r->diag);
}

static void expect_refused(const char *path, const char *signature, spot_status want,
                           const char *words)
{
    reading r;
    assert_int_equal(read_file(path, signature, &r), want);
    if (strncmp(r.diag.text, path, strlen(path)) != 0 || strstr(r.diag.text, words) == NULL) {
        fail_msg("'%s' does not name the file and say '%s'", r.diag.text, words);
    }
}

static void what_was_saved_comes_back_to_the_bit(void **state)
{
    char path[PATH_SIZE];
    char text[FILE_SIZE];
    spot_episode want[N];
    reading r;
    (void)state;
    save(path, "round.csv");
    make_episodes(want);
    assert_int_equal(read_file(path, SIGNATURE, &r), SPOT_OK);
    assert_int_equal(r.n, N);
    for (int i = 0; i < N; i++) {
        assert_same(&r.episodes[i], &want[i]);
        const spot_motion_value *time = &r.episodes[i].motion.values[SPOT_MOTION_COMPLETION_TIME_S];
        assert_true(time->why == SPOT_MOTION_WHY_DEFINED && time->value == want[i].time_s);
    }
    assert_int_equal(r.there.n, N);
    assert_int_equal(r.there.whole, spot_test_read_file(path, text, sizeof(text)));
    assert_true(r.there.in_order);
    (void)unlink(path);
    assert_int_equal(read_file(path, SIGNATURE, &r), SPOT_OK); /* nothing is there */
    assert_int_equal(r.n + r.there.n + r.there.whole, 0);
}

static void another_signature_is_refused_by_what_differs(void **state)
{
    char path[PATH_SIZE];
    char text[FILE_SIZE];
    int format = 0;
    (void)state;
    save(path, "other.csv");
    expect_refused(path, "version=y point='steps=5 overlap=0' seed=18446744073709551613",
                   SPOT_E_INVALID, "version is x there and y here; expected");
    expect_refused(path, "version=x point='steps=5 overlap=1' seed=18446744073709551613",
                   SPOT_E_INVALID, "point is steps=5 overlap=0 there and steps=5 overlap=1 here; ");
    expect_refused(path, "version=x point='steps=5 overlap=0'", SPOT_E_INVALID,
                   "seed is 18446744073709551613 there and not said here");
    expect_refused(path, "", SPOT_E_INVALID, "version is x there and not said here");
    assert_true(spoti_episodes_signature(path, &format, text, sizeof(text)));
    assert_int_equal(format, SPOTI_EPISODES_FORMAT);
    assert_string_equal(text, SIGNATURE);
    (void)unlink(path);
    assert_false(spoti_episodes_signature(path, &format, text, sizeof(text)));
}

static void other_files_and_formats_are_refused(void **state)
{
    char path[PATH_SIZE];
    char text[64];
    int format = 0;
    (void)state;
    spot_test_temp_path(path, sizeof(path), "format.csv");
    spot_test_write_file(path, "# sweetspot episodes, format 3: version=x\nseed\n", 47);
    expect_refused(path, SIGNATURE, SPOT_E_FORMAT, ":1: episodes of format 3, expected format 4");
    assert_true(spoti_episodes_signature(path, &format, text, sizeof(text)));
    assert_int_equal(format, 3);
    spot_test_write_file(path, "seed,success\n1,1\n", 17);
    expect_refused(path, SIGNATURE, SPOT_E_FORMAT, ":1: no episodes of sweetspot");
    spot_test_write_file(path, "seed,success", 12);
    expect_refused(path, SIGNATURE, SPOT_E_FORMAT, ":1: no episodes of sweetspot");
    assert_false(spoti_episodes_signature(path, &format, text, sizeof(text)));
    (void)unlink(path);
}

/* A name in the signature may hold what it likes: rows are ours, and the file is known again. */
static void a_name_writes_no_rows(void **state)
{
    static const char NAMED[] = "policy=a\nseed,x\x1b[2J\r\xff,b";
    char path[PATH_SIZE];
    char text[FILE_SIZE];
    spot_episode episodes[N];
    reading r;
    (void)state;
    make_episodes(episodes);
    spot_test_temp_path(path, sizeof(path), "named.csv");
    assert_int_equal(spoti_episodes_save(path, NAMED, episodes, N, NULL), SPOT_OK);
    assert_int_equal(read_file(path, NAMED, &r), SPOT_OK);
    assert_int_equal(r.n, N);
    assert_int_equal(read_file(path, "policy=a\nseed,x\x1b[2J\r\xfe,b", &r), SPOT_E_INVALID);
    (void)spot_test_read_file(path, text, sizeof(text));
    assert_non_null(strstr(text, "4: policy=a\\x0aseed,x\\x1b[2J\\x0d\\xff,b\nseed,success,"));
    (void)unlink(path);
}

/* However much of the file is missing: what is whole is read, and nothing else. */
static void of_every_shorter_file_the_whole_rows_are_read(void **state)
{
    char path[PATH_SIZE];
    char whole[FILE_SIZE];
    spot_episode want[N];
    reading r;
    (void)state;
    save(path, "cut.csv");
    make_episodes(want);
    size_t size = spot_test_read_file(path, whole, sizeof(whole));
    assert_in_range(size, 100, FILE_SIZE - 2);
    for (size_t cut = 0; cut <= size; cut++) {
        int lines = 0;
        size_t last = 0; /* behind the last newline */
        for (size_t i = 0; i < cut; i++) {
            lines += whole[i] == '\n';
            last = whole[i] == '\n' ? i + 1 : last;
        }
        spot_test_write_file(path, whole, cut);
        assert_int_equal(read_file(path, SIGNATURE, &r), SPOT_OK);
        assert_int_equal(r.n, lines > 2 ? lines - 2 : 0);
        assert_int_equal(r.there.whole, lines >= 2 ? last : 0);
        assert_int_equal(r.there.in_order, lines >= 2 && last == cut);
        for (int i = 0; i < r.n; i++) {
            assert_same(&r.episodes[i], &want[i]);
        }
    }
    (void)unlink(path);
}

/* A file of one row: what stands in front of the metrics, which are unknown but for the last cell, and the fault. */
static void write_row(const char *path, const char *whole, size_t head, const char *row,
                      const char *last_cell)
{
    char text[FILE_SIZE];
    const char *fault = strrchr(row, ',');
    const size_t front = fault != NULL ? (size_t)(fault - row) + 1 : 0;
    int length = snprintf(text, sizeof(text), "%.*s%.*s", (int)head, whole, (int)front, row);
    for (int m = 1; fault != NULL && m < SPOTI_N_METRIC_KEPT; m++) {
        text[length++] = ',';
    }
    length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s\n",
                       fault != NULL ? last_cell : "", fault != NULL ? fault + 1 : row);
    spot_test_write_file(path, text, (size_t)length);
}

/* The columns' order is part of the format: each change of a row must be noticed or read as such. */
static void a_damaged_row_is_refused(void **state)
{
    static const char *const rows[] = {
        "18446744073709551613,2,0,2,1,1,1,1,1,1,1,1,1,1,1,1,0,",   /* success is 0 or 1 */
        "18446744073709551613,1,0,2,1,1,1,1,1,1,1,1,1,1,1,0,",     /* a column short */
        "18446744073709551613,1,0,2,1,1,1,1,1,1,1,1,1,1,1,1,1,0,", /* one too many */
        "18446744073709551613,1,0,2,nan,1,1,1,1,1,1,1,1,1,1,1,0,",
        "18446744073709551613,1,0,2,1,1.5,1,1,1,1,1,1,1,1,1,1,0,",
        "18446744073709551613,1,0,2,1,1,1,1,1,1,1,1,1,1,1,1 ,0,",
        "18446744073709551613,0,0,2,1,1,1,1,1,1,1,1,1,1,1,1,2,x",      /* invalid is 0 or 1 */
        "18446744073709551613,0,0,2,1,1,1,1,1,1,1,1,1,1,1,1,1,",       /* no reason */
        "18446744073709551613,0,0,2,1,1,1,1,1,1,1,1,1,1,1,1,0,x",      /* a reason for nothing */
        "18446744073709551613,1,0,2,1,1,1,1,1,1,1,1,1,1,1,1,1,x",      /* a success as well */
        "18446744073709551613,0,0,2,1,1,1,1,1,1,1,1,1,1,1,1,1,\"x",    /* quotes that do not end */
        "18446744073709551613,0,0,2,1,1,1,1,1,1,1,1,1,1,1,1,1,\"x\"y", /* ... or end too early */
        "",
    };
    char path[PATH_SIZE];
    char whole[FILE_SIZE];
    reading r;
    (void)state;
    save(path, "damaged.csv");
    (void)spot_test_read_file(path, whole, sizeof(whole));
    char *first = strchr(strchr(whole, '\n') + 1, '\n') + 1; /* behind signature and columns */
    size_t head = (size_t)(first - whole);
    for (size_t i = 0; i <= sizeof(rows) / sizeof(rows[0]); i++) {
        bool good = i == sizeof(rows) / sizeof(rows[0]); /* the last one shows what is accepted */
        const char *row = good ? "18446744073709551613,1,0,2,1,1,1,1,1,1,1,1,1,1,1,1,0," : rows[i];
        write_row(path, whole, head, row, ",");
        if (good) {
            assert_int_equal(read_file(path, SIGNATURE, &r), SPOT_OK);
            assert_int_equal(r.n, 1);
        } else {
            expect_refused(path, SIGNATURE, SPOT_E_FORMAT, ":3: damaged: no episode");
        }
    }
    /* a metric is a number or nothing */
    static const char *const cells[] = {",", "-1e-3,", "nan,", "inf,", "x,", " ,", "1 ,", ""};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        write_row(path, whole, head, "18446744073709551613,1,0,2,1,1,1,1,1,1,1,1,1,1,1,1,0,",
                  cells[i]);
        assert_int_equal(read_file(path, SIGNATURE, &r), i < 2 ? SPOT_OK : SPOT_E_FORMAT);
        if (i < 2) {
            const spot_motion_value *last = &r.episodes[0].motion.values[SPOT_MOTION_N_METRIC - 1];
            assert_int_equal(last->why == SPOT_MOTION_WHY_DEFINED, i == 1);
            assert_true(i == 1 ? last->value == -1e-3 : isnan(last->value));
        }
    }
    (void)unlink(path);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    char path[PATH_SIZE];
    char inside[PATH_SIZE + 16];
    spot_episode episodes[N];
    spot_diag diag = {""};
    (void)state;
    make_episodes(episodes);
    spot_test_temp_path(path, sizeof(path), "missing");
    (void)snprintf(inside, sizeof(inside), "%s/x.csv", path);
    assert_int_equal(spoti_episodes_save(inside, SIGNATURE, episodes, N, &diag), SPOT_E_IO);
    assert_true(diag.text[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_comes_back_to_the_bit),
        cmocka_unit_test(another_signature_is_refused_by_what_differs),
        cmocka_unit_test(other_files_and_formats_are_refused),
        cmocka_unit_test(a_name_writes_no_rows),
        cmocka_unit_test(of_every_shorter_file_the_whole_rows_are_read),
        cmocka_unit_test(a_damaged_row_is_refused),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
