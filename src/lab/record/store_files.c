/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The store that is a folder: a file a point, to which rows are added; or one such file alone. One process has it at a
 * time. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/record/episodes_file.h"
#include "lab/record/lock.h"
#include "lab/record/store.h"

typedef struct files {
    char place[SPOTI_PATH_SIZE]; /* the folder, or the file of the only point */
    bool is_file;
    const spoti_store_run *run;
    spoti_lock lock;
    int at; /* the point of `file`; -1 = none */
    spoti_episodes_file file;
} files;

/* The file of point i and its first line. False if one is too long. */
static bool describe(const files *f, int i, char path[SPOTI_PATH_SIZE],
                     char signature[SPOTI_SIGNATURE_SIZE])
{
    const spoti_store_point *p = &f->run->points[i];
    char name[SPOTI_EPISODES_NAME_SIZE];
    const bool named = f->is_file
                           ? spoti_copy(path, SPOTI_PATH_SIZE, f->place)
                           : spoti_episodes_name(spoti_row_text(&p->row, SPOTI_POINT), name) &&
                                 spoti_path_join(path, SPOTI_PATH_SIZE, f->place, name);
    return named && spoti_format(signature, SPOTI_SIGNATURE_SIZE, "%s%s", p->identity, p->plan);
}

/* Makes the file of point i the one at hand. */
static spot_status turn_to(files *f, int i, spot_episode *episodes, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    spoti_episodes_file_close(&f->file);
    f->at = -1;
    if (!describe(f, i, path, signature)) {
        return SPOT_E_INTERNAL;
    }
    const spot_status st = spoti_episodes_file_open(&f->file, path, signature, f->run->seed,
                                                    f->run->n_seeds, episodes, diag);
    f->at = st == SPOT_OK ? i : -1;
    return st;
}

static spot_status find(void *self, int i, spot_episode *episodes, bool *kept, spot_diag *diag)
{
    files *f = (files *)self;
    const spot_status st = turn_to(f, i, episodes, diag);
    if (st == SPOT_OK) {
        memcpy(kept, f->file.there, (size_t)f->run->n_seeds * sizeof(*kept));
    }
    return st;
}

static spot_status put(void *self, int i, const spot_episode *episodes, int64_t n, spot_diag *diag)
{
    files *f = (files *)self;
    const spot_status st = f->at == i ? SPOT_OK : turn_to(f, i, NULL, diag);
    return st == SPOT_OK ? spoti_episodes_file_put(&f->file, episodes, n, diag) : st;
}

static spot_status finish(void *self, int i, spot_diag *diag)
{
    files *f = (files *)self;
    const spot_status st = f->at == i ? SPOT_OK : turn_to(f, i, NULL, diag);
    return st == SPOT_OK ? spoti_episodes_file_sort(&f->file, diag) : st;
}

static void close_files(void *self)
{
    files *f = (files *)self;
    spoti_episodes_file_close(&f->file);
    spoti_lock_release(&f->lock);
    spoti_free(NULL, f, sizeof(*f));
}

static const spoti_store_ops FILES = {
    .name = "files", .find = find, .put = put, .finish = finish, .close = close_files};

/* What is there must be of this run, all of it: it is seen before anything runs. */
static spot_status check(files *f, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    spot_status st = SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < f->run->n_points; i++) {
        st = describe(f, i, path, signature)
                 ? turn_to(f, i, NULL, diag)
                 : spot_diag_set(diag, SPOT_E_RANGE,
                                 "%s: a path or setting too long, expected below %d and %d bytes",
                                 f->place, SPOTI_PATH_SIZE, SPOTI_SIGNATURE_SIZE);
    }
    return st;
}

static spot_status open_place(files *f, const char *place, spot_diag *diag)
{
    if (!spoti_copy(f->place, sizeof(f->place), place)) {
        return spoti_refuse_path(SPOT_E_RANGE, place, diag);
    }
    if (!f->is_file && mkdir(f->place, 0777) != 0 && errno != EEXIST) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot create, expected a writable folder",
                             f->place);
    }
    const spot_status st = spoti_lock_take(&f->lock, f->place, diag);
    return st == SPOT_OK ? check(f, diag) : st;
}

static spot_status open_files(const char *place, bool is_file, const spoti_store_run *run,
                              spoti_store *out, spot_diag *diag)
{
    *out = (spoti_store){.ops = NULL};
    files *f = (files *)spoti_calloc(NULL, 1, sizeof(*f));
    if (f == NULL) {
        return SPOT_E_NOMEM;
    }
    f->run = run;
    f->is_file = is_file;
    f->at = -1;
    const spot_status st = open_place(f, place, diag);
    if (st != SPOT_OK) {
        close_files(f);
        return st;
    }
    *out = (spoti_store){.ops = &FILES, .self = f};
    return SPOT_OK;
}

spot_status spoti_store_open_files(const char *dir, const spoti_store_run *run, spoti_store *out,
                                   spot_diag *diag)
{
    return open_files(dir, false, run, out, diag);
}

spot_status spoti_store_open_file(const char *path, const spoti_store_run *run, spoti_store *out,
                                  spot_diag *diag)
{
    return open_files(path, true, run, out, diag);
}

void spoti_store_close(spoti_store *store)
{
    if (store->ops != NULL) {
        store->ops->close(store->self);
    }
    *store = (spoti_store){.ops = NULL};
}
