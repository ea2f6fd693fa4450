/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/process/minder.h"

enum { LAST_WORDS_MS = 2000 /* that the minder may take over its report */ };

/* ---- the program ---- */

static bool is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* Where `name` is; a name with a slash is of folder `dir`. False if there is no such program. */
static bool find_program(const char *name, const char *dir, char path[SPOTI_PATH_SIZE])
{
    if (strchr(name, '/') != NULL) {
        return spoti_path_join(path, SPOTI_PATH_SIZE, dir, name) && is_program(path);
    }
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        const size_t n = strcspn(at, ":");
        char folder[SPOTI_PATH_SIZE];
        if (n > 0 && spoti_copy_n(folder, sizeof(folder), at, n) &&
            spoti_path_join(path, SPOTI_PATH_SIZE, folder, name) && is_program(path)) {
            return true;
        }
        at += n + (at[n] == ':' ? 1 : 0);
    }
    return false;
}

/* A path that holds from another folder too. */
static bool make_absolute(char path[SPOTI_PATH_SIZE])
{
    char here[SPOTI_PATH_SIZE];
    char joined[SPOTI_PATH_SIZE];
    return path[0] == '/' || (getcwd(here, sizeof(here)) != NULL &&
                              spoti_path_join(joined, sizeof(joined), here, path) &&
                              spoti_copy(path, SPOTI_PATH_SIZE, joined));
}

/* ---- start ---- */

static void close_all(int *fds, int n)
{
    for (int i = 0; i < n; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
        fds[i] = -1;
    }
}

/* Socket, life line, output: fds[0], [2] and [4] are ours or the minder's, the others the program's. None of them is
 * inherited by what others start. */
static bool make_lines(int fds[6])
{
    for (int i = 0; i < 6; i++) {
        fds[i] = -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds + 2) != 0 || pipe(fds + 4) != 0) {
        return false;
    }
    return fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(fds[4], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(fds[5], F_SETFD, FD_CLOEXEC) == 0;
}

spot_status spoti_child_start(const char *const *argv, const char *dir, const char *where,
                              const spot_allocator *allocator, spoti_child *out, spot_diag *diag)
{
    char program[SPOTI_PATH_SIZE];
    int fds[6];

    *out = (spoti_child){.fd = -1, .life = -1};
    if (!find_program(argv[0], dir, program) || !make_absolute(program)) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                             "%s: no program '%s', expected one in PATH or by its path", where,
                             argv[0]);
    }
    spoti_minded minded = {.program = program, .argv = argv, .dir = dir};
    if (!spoti_minded_environment(&minded, allocator)) {
        return SPOT_E_NOMEM;
    }
    pid_t minder = -1;
    if (make_lines(fds)) {
        minded.socket = fds[1];
        minded.life = fds[3];
        minded.words = fds[4];
        minded.output = fds[5];
        minder = fork();
        if (minder == 0) {
            spoti_mind(&minded);
        }
    }
    const int error = errno;
    spoti_minded_fini(&minded, allocator);
    if (minder < 0) {
        close_all(fds, 6);
        return spot_diag_set(diag, SPOT_E_IO, "%s: '%s' cannot be started: %s", where, argv[0],
                             strerror(error));
    }
    (void)close(fds[1]);
    (void)close(fds[3]);
    close_all(fds + 4, 2);
    *out = (spoti_child){.minder = minder, .fd = fds[0], .life = fds[2]};
    return SPOT_OK;
}

/* ---- end ---- */

void spoti_child_stop(spoti_child *child)
{
    if (child->minder <= 0) {
        return;
    }
    (void)close(child->life);
    (void)close(child->fd);
    while (waitpid(child->minder, NULL, 0) < 0 && errno == EINTR) {
    }
    *child = (spoti_child){.fd = -1, .life = -1};
}

/* The minder's report, if it comes in time. */
static bool read_report(int life, spoti_minder_report *report)
{
    struct pollfd wait = {.fd = life, .events = POLLIN};
    int n = 0;
    do {
        n = poll(&wait, 1, LAST_WORDS_MS);
    } while (n < 0 && errno == EINTR);
    return n == 1 && recv(life, report, sizeof(*report), MSG_WAITALL) == (ssize_t)sizeof(*report);
}

void spoti_child_last_words(spoti_child *child, char *text, size_t text_size)
{
    spoti_minder_report report = {.status = 0};
    const bool told = child->minder > 0 && read_report(child->life, &report);

    spoti_child_stop(child);
    if (!told) {
        (void)spoti_copy(text, text_size, "closed its socket");
        return;
    }
    report.line[sizeof(report.line) - 1] = '\0';
    if (WIFSIGNALED(report.status)) {
        (void)spoti_format(text, text_size, "was killed by signal %d%s%s", WTERMSIG(report.status),
                           report.line[0] != '\0' ? ": " : "", report.line);
        return;
    }
    (void)spoti_format(text, text_size, "exited with %d%s%s", WEXITSTATUS(report.status),
                       report.line[0] != '\0' ? ": " : "", report.line);
}
