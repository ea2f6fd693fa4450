/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/base/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool spoti_guard_send(int fd, const void *data, size_t size)
{
    const uint8_t *at = data;

    while (size > 0) {
        const ssize_t n = write(fd, at, size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        at += n;
        size -= (size_t)n;
    }
    return true;
}

bool spoti_guard_receive(int fd, void *data, size_t size)
{
    uint8_t *at = data;

    while (size > 0) {
        const ssize_t n = read(fd, at, size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        at += n;
        size -= (size_t)n;
    }
    return true;
}

spot_status spoti_guard_broken(const char *path, spot_diag *diag)
{
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "%s: broken: the HDF5 library crashes over it or does not end, expected a "
                         "whole file",
                         path);
}

/* The child dies in silence: no handlers of the program, no words of the C library, no core. A file that may not grow is
 * an error of writing. */
static void settle_child(int cpu_s)
{
    static const int FATAL[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGPIPE};
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    const struct rlimit time = {(rlim_t)cpu_s, (rlim_t)cpu_s};
    const struct rlimit none = {0, 0};
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof(FATAL) / sizeof(FATAL[0]); i++) {
        (void)sigaction(FATAL[i], &standard, NULL);
    }
    (void)sigaction(SIGXFSZ, &ignored, NULL);
    if (cpu_s > 0) {
        (void)setrlimit(RLIMIT_CPU, &time);
    }
    (void)setrlimit(RLIMIT_CORE, &none);
    if (null >= 0) {
        (void)dup2(null, STDERR_FILENO);
    }
}

static void run_child(const spoti_guarded *g, int fd)
{
    spot_diag diag = {""};

    settle_child(g->cpu_s);
    const spot_status st = g->work(g->context, &diag);
    if (spoti_guard_send(fd, &st, sizeof(st)) && spoti_guard_send(fd, &diag, sizeof(diag)) &&
        st == SPOT_OK) {
        g->send(g->context, fd);
    }
}

static spot_status take_results(const spoti_guarded *g, int fd, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    spot_diag said = {""};

    if (!spoti_guard_receive(fd, &st, sizeof(st)) ||
        !spoti_guard_receive(fd, &said, sizeof(said))) {
        return spoti_guard_broken(g->path, diag);
    }
    said.text[sizeof(said.text) - 1] = '\0';
    if (st == SPOT_OK) {
        return g->receive(g->context, fd, diag);
    }
    return said.text[0] != '\0' ? spot_diag_set(diag, st, "%s", said.text) : st;
}

spot_status spoti_guard_run(const spoti_guarded *guarded, spot_diag *diag)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: no pipe: %s", guarded->path, strerror(errno));
    }
    const pid_t child = fork();
    if (child < 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return spot_diag_set(diag, SPOT_E_IO, "%s: no process: %s", guarded->path, strerror(errno));
    }
    if (child == 0) {
        (void)close(ends[0]);
        run_child(guarded, ends[1]);
        _exit(0);
    }
    (void)close(ends[1]);
    const spot_status st = take_results(guarded, ends[0], diag);
    (void)close(ends[0]);
    if (st != SPOT_OK) {
        (void)kill(child, SIGKILL); /* it may still be at work */
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return st;
}
