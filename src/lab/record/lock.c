/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

enum { HOLDER_SIZE = 128, TRIES = 100 };

/* `PID HOST`, as the holder wrote it. */
static spot_status busy(int fd, const char *path, spot_diag *diag)
{
    char holder[HOLDER_SIZE];
    const ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);
    holder[n > 0 ? (size_t)n : 0] = '\0';
    char *host = strchr(holder, ' ');
    if (host == NULL) {
        return spot_diag_set(diag, SPOT_E_STATE,
                             "%s: another process is at work there, expected it to end first",
                             path);
    }
    *host = '\0';
    return spot_diag_set(diag, SPOT_E_STATE,
                         "%s: process %s on %s is at work there, expected it to end first", path,
                         holder, host + 1);
}

static void say_who(int fd)
{
    char host[HOLDER_SIZE - 32] = "";
    char holder[HOLDER_SIZE];
    (void)gethostname(host, sizeof(host) - 1);
    (void)spoti_format(holder, sizeof(holder), "%ld %s", (long)getpid(), host);
    /* a full disk takes the name away, not the lock */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, strlen(holder), 0) < 0) {
        return;
    }
}

/* Whether `path` is still the file behind `fd`: who gives a lock back takes its file away. */
static bool is_there(const char *path, int fd)
{
    struct stat a;
    struct stat b;
    return stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

spot_status spoti_lock_take(spoti_lock *lock, const char *path, spot_diag *diag)
{
    struct stat info;
    const bool is_dir = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    *lock = (spoti_lock){.held = false};
    if (!spoti_format(lock->path, sizeof(lock->path), "%s%s.lock", path, is_dir ? "/" : "")) {
        return spoti_refuse_path(SPOT_E_RANGE, path, diag);
    }
    for (int i = 0; i < TRIES; i++) {
        const int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0) {
            return spoti_file_cannot_write(path, errno, diag);
        }
        const bool taken = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (!taken && errno == EWOULDBLOCK) {
            const spot_status st = busy(fd, path, diag);
            (void)close(fd);
            return st;
        }
        if (!taken || is_there(lock->path, fd)) {
            say_who(fd);
            lock->held = true;
            lock->fd = fd;
            return SPOT_OK;
        }
        (void)close(fd);
    }
    return spot_diag_set(diag, SPOT_E_STATE, "%s: other processes come and go, expected one", path);
}

void spoti_lock_release(spoti_lock *lock)
{
    if (lock->held) {
        (void)unlink(lock->path);
        (void)close(lock->fd);
    }
    lock->held = false;
}
