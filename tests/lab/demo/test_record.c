/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Recording demonstrations: the same bytes for any number of threads and at any time; nothing left behind when it fails
 * at once. What is inside the file is checked by check_demo.py with another HDF5 reader, stopping in test_parts.c. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "spot/demo.h"
#include "spot/task.h"
#include "support/spot_test.h"

#define CONVEYOR SPOT_SOURCE_DIR "/tasks/ur5e-conveyor/task.yaml"

enum { PATH_SIZE = 700, FILE_MAX = 1 << 24 };

static spot_task *load(const spot_allocator *allocator)
{
    spot_task *task = NULL;
    assert_int_equal(spot_task_load(CONVEYOR, allocator, &task, NULL), SPOT_OK);
    return task;
}

static spot_demo_config config_of(int episodes, int threads)
{
    spot_demo_config config;
    spot_demo_config_default(&config);
    config.episodes = episodes;
    config.threads = threads;
    config.speed_low = 0.8;
    config.speed_high = 1.6;
    return config;
}

/* An empty folder of the test's own. */
static void make_folder(char *folder, const char *name)
{
    spot_test_temp_path(folder, 512, name);
    (void)rmdir(folder);
    assert_int_equal(mkdir(folder, 0777), 0);
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

static void same_bytes_for_any_threads_and_time(void **state)
{
    (void)state;
    char folder[512];
    char path[2][PATH_SIZE];
    spot_demo_result result[2];
    spot_task *task = load(NULL);
    make_folder(folder, "threads");
    for (int i = 0; i < 2; i++) {
        spot_demo_config config = config_of(5, 1 + i);
        (void)snprintf(path[i], PATH_SIZE, "%s/%d.hdf5", folder, i);
        assert_int_equal(spot_demo_record(task, &config, path[i], NULL, NULL, &result[i], NULL),
                         SPOT_OK);
        /* HDF5 knows times to the second: let one pass */
        const struct timespec second = {.tv_sec = 1, .tv_nsec = 100000000};
        (void)nanosleep(&second, NULL);
    }
    assert_int_equal(result[0].succeeded, 5);
    assert_true(result[0].tried >= 5);
    assert_memory_equal(&result[0], &result[1], sizeof(result[0]));
    char *first = malloc(FILE_MAX);
    char *second = malloc(FILE_MAX);
    assert_true(first != NULL && second != NULL);
    size_t size = spot_test_read_file(path[0], first, FILE_MAX);
    assert_true(size > 10000 && size < FILE_MAX - 1);
    assert_int_equal(spot_test_read_file(path[1], second, FILE_MAX), size);
    assert_memory_equal(first, second, size);
    free(first);
    free(second);
    assert_int_equal(files_in(folder), 2);
    spot_task_destroy(task);
}

static void other_seeds_give_other_demonstrations(void **state)
{
    (void)state;
    char path[2][512];
    static char bytes[2][FILE_MAX];
    size_t size[2];
    spot_task *task = load(NULL);
    for (int i = 0; i < 2; i++) {
        spot_demo_config config = config_of(1, 2);
        config.seed = (uint64_t)i * 1000;
        spot_test_temp_path(path[i], sizeof(path[i]), i == 0 ? "a.hdf5" : "b.hdf5");
        assert_int_equal(spot_demo_record(task, &config, path[i], NULL, NULL, NULL, NULL), SPOT_OK);
        size[i] = spot_test_read_file(path[i], bytes[i], FILE_MAX);
    }
    assert_true(size[0] != size[1] || memcmp(bytes[0], bytes[1], size[0]) != 0);
    spot_task_destroy(task);
}

static void assert_fails(const spot_task *task, const char *path, spot_status want,
                         const char *says)
{
    spot_demo_config config = config_of(2, 2);
    spot_diag diag = {.text = ""};
    spot_status st = spot_demo_record(task, &config, path, NULL, NULL, NULL, &diag);
    if (st != want || strstr(diag.text, path) != diag.text || strstr(diag.text, says) == NULL) {
        fail_msg("status %d, '%s'; expected '%s: ...%s'", st, diag.text, path, says);
    }
}

static void folder_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    spot_task *task = load(NULL);
    make_folder(folder, "refused");
    (void)snprintf(path, sizeof(path), "%s/none/demo.hdf5", folder);
    assert_fails(task, path, SPOT_E_IO, "cannot write");
    assert_fails(task, folder, SPOT_E_INVALID,
                 "cannot write: a folder, expected the name of a file");
    assert_fails(task, "/proc/demo.hdf5", SPOT_E_IO, "cannot write");
    assert_fails(task, "/dev/full", SPOT_E_INVALID, "cannot write: no regular file");
    assert_int_equal(files_in(folder), 0);
    spot_task_destroy(task);
}

/* A limit on the size of files stands in for a full disk: writes beyond it fail in the same place. */
static void full_disk_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    struct rlimit before;
    spot_task *task = load(NULL);
    make_folder(folder, "full");
    (void)snprintf(path, sizeof(path), "%s/demo.hdf5", folder);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    static const rlim_t limits[] = {0, 100, 1000, 30000, 60000, 100000}; /* a part has 110 kB */
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const struct rlimit small = {.rlim_cur = limits[i], .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        spot_demo_config config = config_of(2, 2);
        spot_diag diag = {.text = ""};
        spot_status st = spot_demo_record(task, &config, path, NULL, NULL, NULL, &diag);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(st, SPOT_E_IO);
        assert_true(strstr(diag.text, path) == diag.text);
        assert_non_null(strstr(diag.text, "cannot write"));
        assert_int_equal(files_in(folder), 0);
    }
    /* a file that was there before survives a failure */
    spot_test_write_file(path, "precious", 8);
    const struct rlimit small = {.rlim_cur = 30000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_fails(task, path, SPOT_E_IO, "cannot write");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    char text[32];
    assert_int_equal(spot_test_read_file(path, text, sizeof(text)), 8);
    assert_string_equal(text, "precious");
    assert_int_equal(files_in(folder), 1);
    /* and HDF5 still works in this process */
    spot_demo_config config = config_of(1, 2);
    assert_int_equal(spot_demo_record(task, &config, path, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_int_equal(files_in(folder), 1);
    spot_task_destroy(task);
}

/* A task without cameras, and a disk that is full at the first picture; where nothing can be drawn, that is said instead. */
static void images_need_a_camera_and_a_disk(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    struct rlimit before;
    spot_task *tasks[2] = {load(NULL), NULL};
    make_folder(folder, "images");
    (void)snprintf(path, sizeof(path), "%s/demo.hdf5", folder);
    assert_int_equal(
        spot_task_load(SPOT_SOURCE_DIR "/tasks/panda-lift/task.yaml", NULL, &tasks[1], NULL),
        SPOT_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    for (int i = 0; i < 2; i++) {
        static const char *const SAYS[] = {"the task 'ur5e-conveyor' has no camera, expected",
                                           "cannot write images: File too large"};
        const struct rlimit small = {.rlim_cur = 20000, .rlim_max = before.rlim_max};
        spot_demo_config config = config_of(2, 2);
        spot_diag diag = {.text = ""};
        config.images = true;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        const spot_status st = spot_demo_record(tasks[i], &config, path, NULL, NULL, NULL, &diag);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(files_in(folder), 0);
        if (strstr(diag.text, "OpenGL") == NULL) {
            assert_int_equal(st, i == 0 ? SPOT_E_UNSUPPORTED : SPOT_E_IO);
            assert_non_null(strstr(diag.text, SAYS[i]));
        }
        spot_task_destroy(tasks[i]);
    }
}

static bool stop(void *ctx, int64_t done, int64_t total)
{
    int *calls = ctx;
    (*calls)++;
    assert_true(done == 0 && total == 200);
    return false;
}

static void stopping_at_once_leaves_nothing(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    int calls = 0;
    spot_task *task = load(NULL);
    spot_demo_config config = config_of(200, 2);
    make_folder(folder, "stopped");
    (void)snprintf(path, sizeof(path), "%s/demo.hdf5", folder);
    assert_int_equal(spot_demo_record(task, &config, path, stop, &calls, NULL, NULL), SPOT_E_STATE);
    assert_true(calls == 1 || calls == 2); /* once a thread */
    assert_int_equal(files_in(folder), 0);
    spot_task_destroy(task);
}

static void impossible_configurations_are_refused(void **state)
{
    (void)state;
    char path[512];
    spot_task *task = load(NULL);
    spot_test_temp_path(path, sizeof(path), "never.hdf5");
    static const struct {
        int episodes;
        int threads;
        double low;
        double high;
        uint64_t seed;
    } bad[] = {{0, 1, 1, 1, 0},
               {-1, 1, 1, 1, 0},
               {100001, 1, 1, 1, 0},
               {1, 0, 1, 1, 0},
               {1, 1000, 1, 1, 0},
               {1, 1, 2, 1, 0},
               {1, 1, -1, 1, 0},
               {1, 1, 1, 11, 0},
               {1, 1, 0.0 / 1.0, -0.1, 0},
               {1, 1, 1, 1, UINT64_C(1) << 32}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spot_demo_config config = {.size = sizeof(spot_demo_config),
                                   .episodes = bad[i].episodes,
                                   .seed = bad[i].seed,
                                   .threads = bad[i].threads,
                                   .speed_low = bad[i].low,
                                   .speed_high = bad[i].high};
        assert_int_equal(spot_demo_record(task, &config, path, NULL, NULL, NULL, NULL),
                         SPOT_E_RANGE);
    }
    spot_demo_config config = config_of(1, 1);
    assert_int_equal(spot_demo_record(NULL, &config, path, NULL, NULL, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_demo_record(task, NULL, path, NULL, NULL, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_demo_record(task, &config, NULL, NULL, NULL, NULL, NULL), SPOT_E_INVALID);
    assert_int_not_equal(access(path, F_OK), 0);
    spot_task_destroy(task);
}

static void out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    make_folder(folder, "memory");
    (void)snprintf(path, sizeof(path), "%s/demo.hdf5", folder);
    /* the first allocations of each kind, one of the buffers for 64 episodes, and all that comes behind these */
    static const int early[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 200};
    enum { N_EARLY = sizeof(early) / sizeof(early[0]), BUFFERS = 448 };
    int at = 0;
    spot_status st = SPOT_E_NOMEM;
    for (int i = 0; st == SPOT_E_NOMEM; i++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, -1);
        spot_task *task = load(&a);
        spot_demo_config config = config_of(1, 1);
        at = i < N_EARLY ? early[i] : BUFFERS + i - N_EARLY;
        mem.fail_at = mem.n_alloc - 1 + at;
        st = spot_demo_record(task, &config, path, NULL, NULL, NULL, NULL);
        if (st != SPOT_E_NOMEM && st != SPOT_OK) {
            fail_msg("allocation %d fails: status %d", at, st);
        }
        assert_int_equal(files_in(folder), st == SPOT_OK ? 1 : 0);
        spot_task_destroy(task);
        spot_test_assert_no_leak(&mem);
    }
    assert_true(at > BUFFERS + 4); /* so many it takes to run and to write */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_for_any_threads_and_time),
        cmocka_unit_test(other_seeds_give_other_demonstrations),
        cmocka_unit_test(folder_that_cannot_be_written_is_an_error),
        cmocka_unit_test(full_disk_is_an_error_and_leaves_nothing),
        cmocka_unit_test(images_need_a_camera_and_a_disk),
        cmocka_unit_test(stopping_at_once_leaves_nothing),
        cmocka_unit_test(impossible_configurations_are_refused),
        cmocka_unit_test(out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
