/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/demo/hdf5_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "lab/base/guard.h"

typedef struct writing {
    const char *path;
    spoti_hdf5_fill_fn fill;
    const void *context;
    pid_t parent;
} writing;

/* ---- in the child, which after a failure closes nothing: the process ends ---- */

static spot_status work(void *context, spot_diag *diag)
{
    const writing *a = context;
    spoti_hdf5_writer w = {.parent = a->parent};

    (void)diag;
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* HDF5 would print to stderr */
    hid_t file = spoti_hdf5_new_file(&w, a->path);
    if (file >= 0) {
        a->fill(&w, file, a->context);
    }
    spoti_hdf5_check(&w, !w.failed && H5Fclose(file) >= 0);
    return w.no_memory ? SPOT_E_NOMEM : w.failed ? SPOT_E_IO : SPOT_OK;
}

static void send(void *context, int fd)
{
    (void)context;
    (void)fd;
}

/* ---- in the caller ---- */

static spot_status receive(void *context, int fd, spot_diag *diag)
{
    (void)context;
    (void)fd;
    (void)diag;
    return SPOT_OK;
}

/* Why the child could not write: HDF5's own words are no use, so this tries what it tried until the system says it.
 * Throws the file away. */
static spot_status explain(spoti_file *file, spot_diag *diag)
{
    static const char BLOCK[1 << 16] = "";
    int error = 0;

    if (fseek(file->stream, 0, SEEK_END) != 0 ||
        fwrite(BLOCK, 1, sizeof(BLOCK), file->stream) != sizeof(BLOCK) ||
        fflush(file->stream) != 0) {
        error = errno;
    }
    const char *why = error == ENOSPC ? "disk full"
                      : error != 0    ? strerror(error)
                                      : "the HDF5 library failed over it";
    const spot_status st = spot_diag_set(diag, SPOT_E_IO, "%s: cannot write: %s", file->path, why);
    spoti_file_abort(file);
    return st;
}

spot_status spoti_hdf5_write(const char *path, spoti_hdf5_fill_fn fill, const void *context,
                             spot_diag *diag)
{
    spoti_file file;
    spot_diag said = {""};
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    writing a = {.path = file.temp, .fill = fill, .context = context, .parent = getpid()};
    const spoti_guarded guarded = {work, send, receive, &a, path, 0};
    st = spoti_guard_run(&guarded, &said);
    if (st == SPOT_E_IO && said.text[0] != '\0') { /* there was no child to be had */
        spoti_file_abort(&file);
        return spot_diag_set(diag, st, "%s", said.text);
    }
    if (st == SPOT_E_NOMEM) {
        spoti_file_abort(&file);
        return st;
    }
    return st == SPOT_OK ? spoti_file_commit(&file, diag) : explain(&file, diag);
}
