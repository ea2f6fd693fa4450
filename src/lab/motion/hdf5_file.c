/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * HDF5 files of demonstrations, read by a child process a request (guard.h). This side knows no HDF5: it takes names
 * and numbers from a pipe, and trusts them no more than a file.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/base/guard.h"
#include "lab/motion/hdf5_demos.h"
#include "spot/show.h"

/* Processor time of one piece of work: some four times what a million compressed samples of 31 columns take. */
enum { CPU_LIMIT_S = 8 };

/* The signature stands at 0 or behind a block of the user's, of 512 bytes or a doubling of that. */
bool spoti_motion_is_hdf5(const char *path)
{
    static const unsigned char SIGNATURE[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    const off_t last = (off_t)1 << 24;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool found = false;

    for (off_t at = 0; fd >= 0 && at <= last && !found; at = at == 0 ? 512 : 2 * at) {
        unsigned char bytes[sizeof(SIGNATURE)];

        if (pread(fd, bytes, sizeof(bytes), at) != (ssize_t)sizeof(bytes)) {
            break;
        }
        found = memcmp(bytes, SIGNATURE, sizeof(bytes)) == 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return found;
}

/* What is in the file -------------------------------------------------------------------------- */

typedef struct listing {
    spot_motion_file *file;
    spoti_demos demos;
} listing;

static spot_status work_list(void *context, spot_diag *diag)
{
    listing *l = context;

    return spoti_demos_list(l->file, &l->demos, diag);
}

static void send_list(void *context, int fd)
{
    const listing *l = context;

    (void)(spoti_guard_send(fd, &l->demos, sizeof(l->demos)) &&
           spoti_guard_send(fd, l->demos.names, l->demos.count * sizeof(spoti_demo_name)));
}

static spot_status receive_list(void *context, int fd, spot_diag *diag)
{
    listing *l = context;
    spoti_demos said;

    if (!spoti_guard_receive(fd, &said, sizeof(said)) || said.count < 1 ||
        said.count > SPOTI_DEMOS_MAX || !spoti_motion_rate_is_one(said.rate_hz)) {
        return spoti_guard_broken(l->file->path, diag);
    }
    l->demos = said;
    l->demos.room = said.count;
    l->demos.names = spoti_alloc(l->file->config.allocator, said.count, sizeof(spoti_demo_name));
    if (l->demos.names == NULL) {
        return SPOT_E_NOMEM;
    }
    if (!spoti_guard_receive(fd, l->demos.names, said.count * sizeof(spoti_demo_name))) {
        return spoti_guard_broken(l->file->path, diag);
    }
    for (size_t i = 0; i < said.count; i++) {
        l->demos.names[i][SPOT_MOTION_NAME_SIZE - 1] = '\0';
    }
    return SPOT_OK;
}

static void close_hdf5(spot_motion_file *file)
{
    listing *l = file->self;

    if (l != NULL) {
        spoti_free(file->config.allocator, l->demos.names, l->demos.room * sizeof(spoti_demo_name));
        spoti_free(file->config.allocator, l, sizeof(*l));
    }
}

static spot_status open_hdf5(spot_motion_file *file, spot_diag *diag)
{
    listing *l = spoti_calloc(file->config.allocator, 1, sizeof(*l));

    if (l == NULL) {
        return SPOT_E_NOMEM;
    }
    file->self = l;
    l->file = file;
    const spoti_guarded guarded = {work_list, send_list, receive_list, l, file->path, CPU_LIMIT_S};
    const spot_status st = spoti_guard_run(&guarded, diag);
    file->count = st == SPOT_OK ? (int)l->demos.count : 0;
    return st;
}

/* One demonstration ---------------------------------------------------------------------------- */

typedef struct loading {
    const spot_motion_file *file;
    const char *name;
    spot_motion_trajectory *out;
    spoti_motion_plan plan;
} loading;

static spot_status work_load(void *context, spot_diag *diag)
{
    loading *l = context;

    return spoti_demos_load(l->file, l->name, l->out, &l->plan, diag);
}

static void send_load(void *context, int fd)
{
    const loading *l = context;

    (void)(spoti_guard_send(fd, &l->plan, sizeof(l->plan)) &&
           spoti_guard_send(fd, l->out->sources, sizeof(l->out->sources)) &&
           spoti_guard_send(fd, l->out->cells, l->out->n_cell * sizeof(double)));
}

static spot_status receive_load(void *context, int fd, spot_diag *diag)
{
    loading *l = context;
    spot_motion_trajectory *t = l->out;
    spoti_motion_plan plan;

    if (!spoti_guard_receive(fd, &plan, sizeof(plan)) ||
        !spoti_guard_receive(fd, t->sources, sizeof(t->sources)) || plan.stamps) {
        return spoti_guard_broken(l->file->path, diag);
    }
    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        t->sources[i][SPOT_MOTION_SOURCE_SIZE - 1] = '\0';
        if (plan.width[i] > SPOTI_MOTION_WIDTH_MAX) {
            return spoti_guard_broken(l->file->path, diag);
        }
    }
    const spot_status st = spoti_motion_lay_out(t, &plan, l->file->path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    return spoti_guard_receive(fd, t->cells, t->n_cell * sizeof(double))
               ? SPOT_OK
               : spoti_guard_broken(l->file->path, diag);
}

static spot_status load_hdf5(const spot_motion_file *file, int i, spot_motion_trajectory *out,
                             spot_diag *diag)
{
    const listing *list = file->self;
    loading l = {.file = file, .name = list->demos.names[i], .out = out};
    const spoti_guarded guarded = {work_load, send_load, receive_load, &l, file->path, CPU_LIMIT_S};

    (void)spot_show(out->name, sizeof(out->name), l.name);
    out->timing = list->demos.timing;
    out->interval_s = 1.0 / list->demos.rate_hz;
    return spoti_guard_run(&guarded, diag);
}

const spoti_motion_format SPOTI_MOTION_HDF5 = {open_hdf5, load_hdf5, close_hdf5};
