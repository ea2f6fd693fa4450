/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A recording that is stopped, killed, or runs out of disk goes on where it was, and its file has the bytes of one that
 * was left alone. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "spot/demo.h"
#include "spot/task.h"
#include "support/spot_test.h"

#define CONVEYOR SPOT_SOURCE_DIR "/tasks/ur5e-conveyor/task.yaml"

enum {
    PATH_SIZE = 700,
    BATCH = 64,   /* episodes of a part */
    WANTED = 100, /* in two parts */
    FEW = 10,     /* of the first */
};

typedef struct rig {
    spot_task *task;
    spot_demo_config config;
    char folder[512];
    char path[PATH_SIZE];
    char parts[PATH_SIZE];
    spot_diag diag;
    spot_demo_result result;
} rig;

/* A recording that was left alone. */
typedef struct whole {
    uint64_t hash; /* of the file */
    spot_demo_result result;
} whole;
static whole expected;     /* of WANTED demonstrations */
static whole expected_few; /* of FEW */

/* What another that was stopped has left: one part, with so many successes. */
static char begun[512];
static int begun_kept;

static void set_up(rig *r, const char *name)
{
    memset(r, 0, sizeof(*r));
    assert_int_equal(spot_task_load(CONVEYOR, NULL, &r->task, NULL), SPOT_OK);
    spot_demo_config_default(&r->config);
    r->config.episodes = WANTED;
    r->config.threads = 2;
    r->config.speed_low = 0.8;
    r->config.speed_high = 1.6;
    spot_test_temp_path(r->folder, sizeof(r->folder), name);
    assert_int_equal(mkdir(r->folder, 0777), 0);
    (void)snprintf(r->path, sizeof(r->path), "%s/demo.hdf5", r->folder);
    (void)snprintf(r->parts, sizeof(r->parts), "%s/demo.hdf5.parts", r->folder);
}

static void tear_down(rig *r)
{
    spot_task_destroy(r->task);
}

static spot_status record(rig *r, spot_progress_fn progress, void *ctx)
{
    r->diag.text[0] = '\0';
    return spot_demo_record(r->task, &r->config, r->path, progress, ctx, &r->result, &r->diag);
}

static int files_in(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(dir);
    return count;
}

static uint64_t hash_of(const rig *r)
{
    uint64_t hash = SPOTI_HASH_START;
    assert_int_equal(spoti_hash_file(&hash, r->path, NULL), SPOT_OK);
    return hash;
}

/* Records the rest, and sees that the file is that of a recording that was left alone, and alone. */
static void finish(rig *r, int wanted, int found)
{
    const whole *want = wanted == FEW ? &expected_few : &expected;
    r->config.episodes = wanted;
    assert_int_equal(record(r, NULL, NULL), SPOT_OK);
    assert_int_equal(r->result.found, found);
    assert_int_equal(r->result.tried, want->result.tried);
    assert_int_equal(r->result.succeeded, wanted);
    assert_int_equal(r->result.rows, want->result.rows);
    assert_true(hash_of(r) == want->hash);
    assert_int_equal(files_in(r->folder), 1);
}

/* Stops once a part is kept, and some episodes of the next were run. */
typedef struct stopper {
    int kept;
    int calls;
} stopper;

static bool stop_later(void *ctx, int64_t done, int64_t total)
{
    stopper *s = ctx;
    assert_true(done >= s->kept && total == WANTED);
    s->kept = (int)done;
    s->calls += done > 0 ? 1 : 0;
    return s->calls < 5;
}

static int record_first(void **state)
{
    (void)state;
    rig r;
    stopper s = {.kept = 0};
    set_up(&r, "alone");
    assert_int_equal(record(&r, NULL, NULL), SPOT_OK);
    assert_true(r.result.tried > BATCH && r.result.tried <= 2 * BATCH);
    assert_int_equal(r.result.found, 0);
    expected = (whole){.hash = hash_of(&r), .result = r.result};
    r.config.episodes = FEW;
    assert_int_equal(record(&r, NULL, NULL), SPOT_OK);
    expected_few = (whole){.hash = hash_of(&r), .result = r.result};
    tear_down(&r);

    set_up(&r, "begun");
    assert_int_equal(record(&r, stop_later, &s), SPOT_E_STATE);
    assert_true(s.kept > BATCH / 2 && s.kept <= BATCH);
    assert_int_equal(r.result.succeeded, s.kept);
    assert_int_equal(access(r.path, F_OK), -1);
    assert_int_equal(files_in(r.parts), 3); /* settings, a part, what it holds */
    (void)snprintf(begun, sizeof(begun), "%.500s", r.parts);
    begun_kept = s.kept;
    tear_down(&r);
    return 0;
}

/* As set_up, with the part of the recording that was stopped. */
static void set_up_begun(rig *r, const char *name)
{
    static const char *const NAMES[] = {"settings.json", "part-000000.json", "part-000000.hdf5"};
    static char bytes[1 << 23];
    set_up(r, name);
    assert_int_equal(mkdir(r->parts, 0777), 0);
    for (int i = 0; i < 3; i++) {
        char path[PATH_SIZE + 32];
        (void)snprintf(path, sizeof(path), "%s/%s", begun, NAMES[i]);
        const size_t size = spot_test_read_file(path, bytes, sizeof(bytes));
        assert_true(size > 0 && size < sizeof(bytes) - 1);
        (void)snprintf(path, sizeof(path), "%s/%s", r->parts, NAMES[i]);
        spot_test_write_file(path, bytes, size);
    }
}

static void a_stopped_recording_goes_on(void **state)
{
    (void)state;
    rig r;
    set_up_begun(&r, "stopped");
    r.config.threads = 1;
    finish(&r, WANTED, begun_kept);
    tear_down(&r);
}

static void fewer_demonstrations_need_no_more_episodes(void **state)
{
    (void)state;
    rig r;
    set_up_begun(&r, "fewer");
    finish(&r, FEW, FEW);
    tear_down(&r);
}

static bool count_call(void *ctx, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    ++*(int *)ctx;
    return true;
}

/* Progress is told of every episode, and of the part: no more than that are run. */
static void no_more_episodes_are_run_than_are_needed(void **state)
{
    (void)state;
    rig r;
    int calls = 0;
    set_up(&r, "needed");
    r.config.episodes = FEW;
    assert_int_equal(record(&r, count_call, &calls), SPOT_OK);
    assert_int_equal(r.result.tried, expected_few.result.tried);
    assert_in_range(calls, r.result.tried, r.result.tried + 1);
    assert_true(hash_of(&r) == expected_few.hash);
    tear_down(&r);
}

/* As if the part had been left by a call that wanted FEW: its last episodes were not run. */
static void cut_part(const rig *r)
{
    char path[PATH_SIZE + 32];
    char text[4096];
    (void)snprintf(path, sizeof(path), "%s/part-000000.json", r->parts);
    const size_t size = spot_test_read_file(path, text, sizeof(text));
    assert_true(size > 0 && size < sizeof(text));
    text[size] = '\0';
    char *ends = strstr(text, "\"ends\":\"");
    assert_non_null(ends);
    memset(ends + 8 + expected_few.result.tried, '-', (size_t)(BATCH - expected_few.result.tried));
    spot_test_write_file(path, text, size);
}

static void a_part_that_was_cut_off_is_enough_for_few_alone(void **state)
{
    (void)state;
    rig r;
    set_up_begun(&r, "cut");
    cut_part(&r);
    finish(&r, FEW, FEW);
    tear_down(&r);
    set_up_begun(&r, "cut too");
    cut_part(&r);
    finish(&r, WANTED, 0);
    tear_down(&r);
}

static void a_killed_recording_goes_on(void **state)
{
    (void)state;
    rig r;
    char json[PATH_SIZE + 32];
    set_up(&r, "killed");
    (void)snprintf(json, sizeof(json), "%s/part-000000.json", r.parts);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)record(&r, NULL, NULL);
        _exit(0);
    }
    const struct timespec moment = {.tv_nsec = 2000000};
    int status = 0;
    while (access(json, F_OK) != 0 && waitpid(child, &status, WNOHANG) == 0) {
        (void)nanosleep(&moment, NULL);
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    assert_int_equal(access(json, F_OK), 0);
    assert_int_equal(access(r.path, F_OK), -1);
    finish(&r, WANTED, begun_kept);
    tear_down(&r);
}

static void a_damaged_part_is_recorded_again(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"part-000000.hdf5", "part-000000.json"};
    for (int i = 0; i < 2; i++) {
        rig r;
        char path[PATH_SIZE + 32];
        set_up_begun(&r, i == 0 ? "damaged" : "damaged too");
        (void)snprintf(path, sizeof(path), "%s/%s", r.parts, NAMES[i]);
        const int fd = open(path, O_WRONLY);
        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, "?", 1, i == 0 ? 100000 : 20), 1);
        assert_int_equal(close(fd), 0);
        finish(&r, FEW, 0);
        tear_down(&r);
    }
}

static void parts_without_settings_are_recorded_again(void **state)
{
    (void)state;
    rig r;
    char path[PATH_SIZE + 32];
    set_up_begun(&r, "unknown");
    (void)snprintf(path, sizeof(path), "%s/settings.json", r.parts);
    spot_test_write_file(path, "{", 1);
    finish(&r, FEW, 0);
    tear_down(&r);
}

static void parts_of_other_settings_are_refused(void **state)
{
    (void)state;
    rig r;
    set_up_begun(&r, "other");
    const spot_demo_config same = r.config;
    for (int i = 0; i < 4; i++) {
        static const char *const SAYS[] = {"seed 0, now 5", "speed_low 0.8, now 0.9",
                                           "disturb true, now false",
                                           "task \"ur5e-conveyor\", now"};
        char said[PATH_SIZE + 64];
        spot_task *own = r.task;
        r.config.seed = i == 0 ? 5 : 0;
        r.config.speed_low = i == 1 ? 0.9 : 0.8;
        r.config.disturb = i != 2;
        if (i == 3) {
            assert_int_equal(spot_task_load(SPOT_SOURCE_DIR "/tasks/press-button/task.yaml", NULL,
                                            &r.task, NULL),
                             SPOT_OK);
        }
        assert_int_equal(record(&r, NULL, NULL), SPOT_E_INVALID);
        (void)snprintf(said, sizeof(said), "%s: demonstrations of other settings", r.parts);
        assert_true(strstr(r.diag.text, said) == r.diag.text);
        if (strstr(r.diag.text, SAYS[i]) == NULL) {
            fail_msg("'%s', expected '%s'", r.diag.text, SAYS[i]);
        }
        if (i == 3) {
            spot_task_destroy(r.task);
            r.task = own;
        }
    }
    r.config = same;
    finish(&r, FEW, FEW);
    tear_down(&r);
}

static void a_full_disk_at_the_end_keeps_the_parts(void **state)
{
    (void)state;
    rig r;
    struct rlimit before;
    set_up_begun(&r, "full");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    const struct rlimit small = {.rlim_cur = 5000000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const spot_status st = record(&r, NULL, NULL); /* parts have 4 MB, the whole has 5.6 */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(st, SPOT_E_IO);
    assert_true(strstr(r.diag.text, r.path) == r.diag.text);
    assert_non_null(
        strstr(r.diag.text, "cannot write: File too large; 100 demonstrations are kept"));
    assert_int_equal(files_in(r.folder), 1); /* the parts */
    finish(&r, WANTED, WANTED);
    tear_down(&r);
}

static void two_at_once_are_refused(void **state)
{
    (void)state;
    rig r;
    set_up_begun(&r, "two");
    const int fd = open(r.parts, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(record(&r, NULL, NULL), SPOT_E_STATE);
    assert_non_null(strstr(r.diag.text, "another process records there"));
    assert_int_equal(close(fd), 0);
    finish(&r, FEW, FEW);
    tear_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_recording_goes_on),
        cmocka_unit_test(fewer_demonstrations_need_no_more_episodes),
        cmocka_unit_test(no_more_episodes_are_run_than_are_needed),
        cmocka_unit_test(a_part_that_was_cut_off_is_enough_for_few_alone),
        cmocka_unit_test(a_killed_recording_goes_on),
        cmocka_unit_test(a_damaged_part_is_recorded_again),
        cmocka_unit_test(parts_without_settings_are_recorded_again),
        cmocka_unit_test(parts_of_other_settings_are_refused),
        cmocka_unit_test(a_full_disk_at_the_end_keeps_the_parts),
        cmocka_unit_test(two_at_once_are_refused),
    };
    return cmocka_run_group_tests(tests, record_first, NULL);
}
