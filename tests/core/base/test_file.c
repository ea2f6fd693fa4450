/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "support/spot_test.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void target_appears_at_commit_only(void **state)
{
    (void)state;
    char path[512];
    char text[64];
    spot_test_temp_path(path, sizeof(path), "out.csv");
    spot_test_write_file(path, "old", 3);

    spoti_file file;
    spot_diag diag = {0};
    assert_int_equal(spoti_file_begin(&file, path, &diag), SPOT_OK);
    assert_true(fputs("new text", file.stream) >= 0);
    assert_int_equal(fflush(file.stream), 0);
    assert_true(exists(file.temp));
    spot_test_read_file(path, text, sizeof(text));
    assert_string_equal(text, "old");

    char temp[sizeof(file.temp)];
    assert_true(spoti_copy(temp, sizeof(temp), file.temp));
    assert_int_equal(spoti_file_commit(&file, &diag), SPOT_OK);
    spot_test_read_file(path, text, sizeof(text));
    assert_string_equal(text, "new text");
    assert_false(exists(temp));
    spoti_file_abort(&file); /* after commit: nothing */
    assert_true(exists(path));
    assert_int_equal(spoti_file_commit(&file, &diag), SPOT_E_STATE);
    (void)unlink(path);
}

static void abort_leaves_nothing(void **state)
{
    (void)state;
    char path[512];
    spot_test_temp_path(path, sizeof(path), "gone.csv");
    spoti_file file;
    assert_int_equal(spoti_file_begin(&file, path, NULL), SPOT_OK);
    char temp[sizeof(file.temp)];
    assert_true(spoti_copy(temp, sizeof(temp), file.temp));
    spoti_file_abort(&file);
    spoti_file_abort(&file);
    spoti_file_abort(NULL);
    assert_false(exists(path));
    assert_false(exists(temp));
}

static void two_writers_of_one_target_do_not_mix(void **state)
{
    (void)state;
    char path[512];
    char text[64];
    spot_test_temp_path(path, sizeof(path), "both.csv");
    spoti_file a;
    spoti_file b;
    assert_int_equal(spoti_file_begin(&a, path, NULL), SPOT_OK);
    assert_int_equal(spoti_file_begin(&b, path, NULL), SPOT_OK);
    assert_string_not_equal(a.temp, b.temp);
    assert_true(fputs("aaa", a.stream) >= 0);
    assert_true(fputs("b", b.stream) >= 0);
    assert_int_equal(spoti_file_commit(&a, NULL), SPOT_OK);
    assert_int_equal(spoti_file_commit(&b, NULL), SPOT_OK);
    spot_test_read_file(path, text, sizeof(text));
    assert_string_equal(text, "b");
    (void)unlink(path);
}

static void full_disk_is_reported_by_name(void **state)
{
    (void)state;
    if (!exists("/dev/full")) {
        skip();
    }
    /* one write that fits the buffer (fails at the flush), one that does not (fails before) */
    static const size_t sizes[] = {10, 1 << 20};
    for (int i = 0; i < 2; i++) {
        spoti_file file;
        spot_diag diag = {0};
        assert_int_equal(spoti_file_begin(&file, "/dev/full", &diag), SPOT_OK);
        for (size_t k = 0; k < sizes[i]; k++) {
            (void)fputc('x', file.stream);
        }
        assert_int_equal(spoti_file_commit(&file, &diag), SPOT_E_IO);
        assert_string_equal(diag.text, "/dev/full: cannot write: disk full");
        assert_true(exists("/dev/full"));
    }
}

static void a_device_is_written_in_place(void **state)
{
    (void)state;
    spoti_file file;
    assert_int_equal(spoti_file_begin(&file, "/dev/null", NULL), SPOT_OK);
    assert_true(fputs("x", file.stream) >= 0);
    assert_int_equal(spoti_file_commit(&file, NULL), SPOT_OK);
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void impossible_targets_are_refused_with_a_line(void **state)
{
    (void)state;
    spoti_file file;
    spot_diag diag = {0};
    assert_int_equal(spoti_file_begin(&file, "no/such/folder/x", &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "no/such/folder/x: cannot write: No such file or directory");
    spoti_file_abort(&file);
    assert_int_equal(spoti_file_begin(&file, "", &diag), SPOT_E_INVALID);
    assert_int_equal(spoti_file_begin(&file, NULL, &diag), SPOT_E_INVALID);
    assert_int_equal(spoti_file_begin(NULL, "x", &diag), SPOT_E_INVALID);
    assert_int_equal(spoti_file_begin(&file, ".", &diag), SPOT_E_IO); /* a folder */

    char name[SPOTI_PATH_SIZE + 1];
    memset(name, 'n', sizeof(name));
    name[SPOTI_PATH_SIZE] = '\0';
    assert_int_equal(spoti_file_begin(&file, name, &diag), SPOT_E_RANGE);
}

/* A process that has ended and been waited for: its number is nobody's, for a while. */
static pid_t dead_process(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void leftovers_of_dead_processes_go(void **state)
{
    (void)state;
    char path[512];
    spot_test_temp_path(path, sizeof(path), "left.csv");
    const long dead = (long)dead_process();
    /* the behind of the name, and whether it goes; the others are not ours to remove */
    const struct {
        const char *before;
        long pid;
        const char *behind;
        bool goes;
    } names[] = {
        {".tmp-", dead, "-0", true},       {".tmp-", dead, "-17", true},
        {".tmp-", getppid(), "-0", false}, {".tmp-", getpid(), "-99", false},
        {".tmp-", dead, "", false},        {".tmp-", dead, "-", false},
        {".tmp-", dead, "-0x", false},     {".bak.tmp-", dead, "-0", false},
        {".tmp--", dead, "-0", false},     {"-tmp-", dead, "-0", false},
    };
    enum { N = sizeof(names) / sizeof(names[0]) };
    char all[N][600];
    for (int i = 0; i < N; i++) {
        (void)snprintf(all[i], sizeof(all[i]), "%s%s%ld%s", path, names[i].before, names[i].pid,
                       names[i].behind);
        spot_test_write_file(all[i], "x", 1);
    }
    spoti_file file;
    assert_int_equal(spoti_file_begin(&file, path, NULL), SPOT_OK);
    spoti_file_abort(&file);
    for (int i = 0; i < N; i++) {
        if (exists(all[i]) == names[i].goes) {
            fail_msg("%s", all[i]);
        }
        (void)unlink(all[i]);
    }
}

static void a_file_to_read_is_a_file(void **state)
{
    (void)state;
    char path[512];
    char folder[512];
    char text[8] = "";
    spot_diag diag = {0};
    FILE *in = NULL;
    spot_test_temp_path(path, sizeof(path), "in");
    spot_test_write_file(path, "text", 4);
    assert_int_equal(spoti_file_open(path, "a text", &in, &diag), SPOT_OK);
    assert_int_equal(fread(text, 1, sizeof(text), in), 4);
    assert_string_equal(text, "text");
    assert_int_equal(fclose(in), 0);
    (void)unlink(path);

    char want[1024];
    assert_int_equal(spoti_file_open(path, "a text", &in, &diag), SPOT_E_IO);
    assert_null(in);
    (void)snprintf(want, sizeof(want),
                   "%s: cannot open: No such file or directory, expected a text", path);
    assert_string_equal(diag.text, want);
    /* a pipe that nobody writes to: waiting for it would be for ever */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(spoti_file_open(path, "a text", &in, &diag), SPOT_E_IO);
    (void)snprintf(want, sizeof(want), "%s: a pipe, expected a text", path);
    assert_string_equal(diag.text, want);
    (void)unlink(path);
    assert_int_equal(spoti_file_open("/dev/null", "a text", &in, &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "/dev/null: a device, expected a text");
    assert_true(spoti_path_dir(folder, sizeof(folder), path));
    int fd = 3;
    assert_int_equal(spoti_file_open_fd(folder, "a text", &fd, &diag), SPOT_E_IO);
    assert_int_equal(fd, -1);
    (void)snprintf(want, sizeof(want), "%s: a folder, expected a text", folder);
    assert_string_equal(diag.text, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_appears_at_commit_only),
        cmocka_unit_test(abort_leaves_nothing),
        cmocka_unit_test(two_writers_of_one_target_do_not_mix),
        cmocka_unit_test(full_disk_is_reported_by_name),
        cmocka_unit_test(a_device_is_written_in_place),
        cmocka_unit_test(impossible_targets_are_refused_with_a_line),
        cmocka_unit_test(leftovers_of_dead_processes_go),
        cmocka_unit_test(a_file_to_read_is_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
