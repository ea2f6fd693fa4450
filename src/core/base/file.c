/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Other writers of the same target, or leftovers of killed ones, may hold some of the names. */
enum { MAX_TEMP_NAMES = 100 };

/* Between the target's name and `PID-N`. */
static const char TEMP_MARK[] = ".tmp-";

spot_status spoti_file_cannot_write(const char *path, int error, spot_diag *diag)
{
    const char *what = error == ENOSPC ? "disk full" : strerror(error);
    return spot_diag_set(diag, SPOT_E_IO, "%s: cannot write: %s", path, what);
}

/* True if path exists and a rename would replace something else than a plain file. */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* The process that the name of a temporary file of `target` (a name without folder) tells; 0 = it is none. */
static pid_t owner_of(const char *name, const char *target)
{
    const size_t length = strlen(target);
    char number[24];
    int pid = 0;
    int count = 0;
    if (strncmp(name, target, length) != 0 || !spoti_starts_with(name + length, TEMP_MARK)) {
        return 0;
    }
    name += length + strlen(TEMP_MARK);
    const size_t digits = strcspn(name, "-");
    return name[digits] == '-' && spoti_copy_n(number, sizeof(number), name, digits) &&
                   spoti_parse_int(number, &pid) == SPOT_OK && pid > 0 &&
                   spoti_parse_int(name + digits + 1, &count) == SPOT_OK && count >= 0
               ? (pid_t)pid
               : 0;
}

/* Removes the temporary files of this target whose process is gone: it was killed while it wrote. */
static void remove_leftovers(const char *path)
{
    char folder[SPOTI_PATH_SIZE];
    char leftover[SPOTI_PATH_SIZE + 256];
    DIR *dir = spoti_path_dir(folder, sizeof(folder), path) ? opendir(folder) : NULL;
    if (dir == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const pid_t owner = owner_of(entry->d_name, spoti_path_base(path));
        struct stat info;
        if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH &&
            spoti_path_join(leftover, sizeof(leftover), folder, entry->d_name) &&
            lstat(leftover, &info) == 0 && S_ISREG(info.st_mode)) {
            (void)unlink(leftover);
        }
    }
    (void)closedir(dir);
}

/* Opens a file that did not exist before, under a name in the target's folder. */
static int open_temp(spoti_file *file)
{
    int fd = -1;
    remove_leftovers(file->path);
    for (int i = 0; i < MAX_TEMP_NAMES && fd < 0; i++) {
        (void)spoti_format(file->temp, sizeof(file->temp), "%s%s%ld-%d", file->path, TEMP_MARK,
                           (long)getpid(), i);
        fd = open(file->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
    }
    return fd;
}

spot_status spoti_file_begin(spoti_file *file, const char *path, spot_diag *diag)
{
    if (file == NULL) {
        return SPOT_E_INVALID;
    }
    memset(file, 0, sizeof(*file));
    if (path == NULL || path[0] == '\0') {
        return spot_diag_set(diag, SPOT_E_INVALID, "no file name to write to, expected one");
    }
    if (!spoti_copy(file->path, sizeof(file->path), path)) {
        return spoti_refuse_path(SPOT_E_RANGE, path, diag);
    }
    bool in_place = is_special(path);
    int fd = in_place ? open(path, O_WRONLY | O_CLOEXEC) : open_temp(file);
    if (fd < 0) {
        int error = errno;
        file->temp[0] = '\0';
        return spoti_file_cannot_write(path, error, diag);
    }
    if (in_place) {
        file->temp[0] = '\0';
    }
    file->stream = fdopen(fd, "wb");
    if (file->stream == NULL) {
        int error = errno;
        (void)close(fd);
        spoti_file_abort(file);
        return spoti_file_cannot_write(path, error, diag);
    }
    return SPOT_OK;
}

spot_status spoti_file_commit(spoti_file *file, spot_diag *diag)
{
    if (file == NULL || file->stream == NULL) {
        return SPOT_E_STATE;
    }
    /* What an earlier write met is remembered by the stream's error flag only; the flush tries what
     * is left of it again, so a full disk is still called by its name. */
    int error = 0;
    bool renames = file->temp[0] != '\0';
    if (fflush(file->stream) != 0 || (renames && fsync(fileno(file->stream)) != 0)) {
        error = errno;
    }
    bool failed = error != 0 || ferror(file->stream) != 0;
    if (fclose(file->stream) != 0 && !failed) {
        failed = true;
        error = errno;
    }
    file->stream = NULL;
    if (!failed && renames && rename(file->temp, file->path) != 0) {
        failed = true;
        error = errno;
    }
    if (failed) {
        spoti_file_abort(file);
        return spoti_file_cannot_write(file->path, error != 0 ? error : EIO, diag);
    }
    file->temp[0] = '\0';
    return SPOT_OK;
}

void spoti_file_abort(spoti_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->stream != NULL) {
        (void)fclose(file->stream);
        file->stream = NULL;
    }
    if (file->temp[0] != '\0') {
        (void)unlink(file->temp);
        file->temp[0] = '\0';
    }
}

spot_status spoti_make_dirs(const char *path, spot_diag *diag)
{
    char part[SPOTI_PATH_SIZE];
    if (path[0] == '\0' || !spoti_copy(part, sizeof(part), path)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "'%.200s': empty or too long, expected a folder",
                             path);
    }
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        const char end = *at;
        *at = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return spot_diag_set(diag, SPOT_E_IO, "%s: %s, expected a folder that can be written",
                                 part, strerror(errno));
        }
        if (end == '\0') {
            return SPOT_OK;
        }
        *at = end;
    }
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

spot_status spoti_file_open_fd(const char *path, const char *expected, int *fd, spot_diag *diag)
{
    struct stat info;
    /* asked before: opening a device may do something to it. Not blocking, and asked again: a pipe may have
     * taken its place. */
    bool found = stat(path, &info) == 0;
    *fd = found && S_ISREG(info.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
                                         : -1;
    if (*fd >= 0) {
        found = fstat(*fd, &info) == 0;
    }
    if (*fd >= 0 && found && S_ISREG(info.st_mode)) {
        return SPOT_OK;
    }
    const int error = errno;
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
    if (found && !S_ISREG(info.st_mode)) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: %s, expected %s", path, kind_of(info.st_mode),
                             expected);
    }
    return spot_diag_set(diag, SPOT_E_IO, "%s: cannot open: %s, expected %s", path, strerror(error),
                         expected);
}

spot_status spoti_file_open(const char *path, const char *expected, FILE **out, spot_diag *diag)
{
    int fd = -1;
    spot_status st = spoti_file_open_fd(path, expected, &fd, diag);
    *out = st == SPOT_OK ? fdopen(fd, "rb") : NULL;
    if (st == SPOT_OK && *out == NULL) {
        (void)close(fd);
        return SPOT_E_NOMEM;
    }
    return st;
}

static const char LFS_POINTER[] = "version https://git-lfs";

bool spoti_file_is_lfs_pointer(const void *bytes, size_t size)
{
    return size >= SPOTI_LFS_POINTER_SIZE &&
           memcmp(bytes, LFS_POINTER, SPOTI_LFS_POINTER_SIZE) == 0;
}

spot_status spoti_file_refuse_lfs_pointer(const char *path, spot_diag *diag)
{
    return spot_diag_set(
        diag, SPOT_E_FORMAT,
        "%s: is a Git LFS pointer, expected the file itself (git lfs pull fetches it)", path);
}

spot_status spoti_file_read_at(int fd, const char *path, uint64_t at, void *out, size_t size,
                               spot_diag *diag)
{
    unsigned char *to = out;

    while (size > 0) {
        const ssize_t got = pread(fd, to, size, (off_t)at);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return spot_diag_set(diag, SPOT_E_IO,
                                 "%s: cannot be read whole, expected %zu more bytes", path, size);
        }
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return SPOT_OK;
}

spot_status spoti_file_open_sized(const char *path, const char *expected, int *fd, uint64_t *size,
                                  spot_diag *diag)
{
    unsigned char start[SPOTI_LFS_POINTER_SIZE];
    struct stat info;
    spot_status st = spoti_file_open_fd(path, expected, fd, diag);

    *size = 0;
    if (st != SPOT_OK) {
        return st;
    }
    if (fstat(*fd, &info) != 0) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot be read: %s, expected %s", path,
                             strerror(errno), expected);
    }
    *size = (uint64_t)info.st_size;
    if (*size >= sizeof(start)) {
        st = spoti_file_read_at(*fd, path, 0, start, sizeof(start), diag);
        if (st == SPOT_OK && spoti_file_is_lfs_pointer(start, sizeof(start))) {
            st = spoti_file_refuse_lfs_pointer(path, diag);
        }
    }
    return st;
}
