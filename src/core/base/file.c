/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Other writers of the same target, or leftovers of killed ones, may hold some of the names. */
enum { MAX_TEMP_NAMES = 100 };

static spot_status io_error(spot_diag *diag, const char *path, int error)
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

/* Opens a file that did not exist before, under a name in the target's folder. */
static int open_temp(spoti_file *file)
{
    int fd = -1;
    for (int i = 0; i < MAX_TEMP_NAMES && fd < 0; i++) {
        (void)spoti_format(file->temp, sizeof(file->temp), "%s.tmp-%ld-%d", file->path,
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
        return spot_diag_set(diag, SPOT_E_INVALID, "no file name to write to");
    }
    if (!spoti_copy(file->path, sizeof(file->path), path)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%.200s...: path too long, expected below %d",
                             path, SPOTI_PATH_SIZE);
    }
    bool in_place = is_special(path);
    int fd = in_place ? open(path, O_WRONLY | O_CLOEXEC) : open_temp(file);
    if (fd < 0) {
        int error = errno;
        file->temp[0] = '\0';
        return io_error(diag, path, error);
    }
    if (in_place) {
        file->temp[0] = '\0';
    }
    file->stream = fdopen(fd, "wb");
    if (file->stream == NULL) {
        int error = errno;
        (void)close(fd);
        spoti_file_abort(file);
        return io_error(diag, path, error);
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
        return io_error(diag, file->path, error != 0 ? error : EIO);
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
