/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The store that is a folder: a file a point, which is whole or not there. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/record/store.h"

typedef struct files {
    char dir[SPOTI_PATH_SIZE];
    const spoti_store_run *run;
    uint64_t *seeds; /* (run->n_seeds) */
} files;

/* The file of point i and its first line, which says the seeds too. False if one is too long. */
static bool describe(const files *f, int i, char path[SPOTI_PATH_SIZE],
                     char signature[SPOTI_SIGNATURE_SIZE])
{
    const spoti_store_point *p = &f->run->points[i];
    char name[SPOTI_EPISODES_NAME_SIZE];
    return spoti_episodes_name(spoti_row_text(&p->row, SPOTI_POINT), name) &&
           spoti_path_join(path, SPOTI_PATH_SIZE, f->dir, name) &&
           spoti_format(signature, SPOTI_SIGNATURE_SIZE,
                        "%s seed=%" PRIu64 " n_seeds=%" PRId64 "%s", p->identity, f->run->seed,
                        f->run->n_seeds, p->plan);
}

static spot_status find(void *self, int i, spot_episode *episodes, bool *kept, spot_diag *diag)
{
    const files *f = (const files *)self;
    char path[SPOTI_PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    (void)diag;
    const bool whole = describe(f, i, path, signature) &&
                       spoti_episodes_load(path, signature, f->seeds, f->run->n_seeds, episodes);
    for (int64_t k = 0; k < f->run->n_seeds; k++) {
        kept[k] = whole;
    }
    return SPOT_OK;
}

static spot_status put(void *self, int i, const spot_episode *episodes, int64_t n, spot_diag *diag)
{
    const files *f = (const files *)self;
    char path[SPOTI_PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    if (n != f->run->n_seeds || !describe(f, i, path, signature)) {
        return SPOT_E_INTERNAL;
    }
    return spoti_episodes_save(path, signature, episodes, n, diag);
}

static void close_files(void *self)
{
    files *f = (files *)self;
    spoti_free(NULL, f->seeds, (size_t)f->run->n_seeds * sizeof(*f->seeds));
    spoti_free(NULL, f, sizeof(*f));
}

static const spoti_store_ops FILES = {
    .name = "files", .find = find, .put = put, .close = close_files};

static spot_status check(const files *f, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    for (int i = 0; i < f->run->n_points; i++) {
        if (!describe(f, i, path, signature)) {
            return spot_diag_set(diag, SPOT_E_RANGE, "%s: path too long", f->dir);
        }
    }
    if (mkdir(f->dir, 0777) != 0 && errno != EEXIST) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot create, expected a writable folder",
                             f->dir);
    }
    return SPOT_OK;
}

spot_status spoti_store_open_files(const char *dir, const spoti_store_run *run, spoti_store *out,
                                   spot_diag *diag)
{
    *out = (spoti_store){.ops = NULL};
    files *f = (files *)spoti_calloc(NULL, 1, sizeof(*f));
    if (f == NULL) {
        return SPOT_E_NOMEM;
    }
    f->run = run;
    f->seeds = (uint64_t *)spoti_alloc(NULL, (size_t)run->n_seeds, sizeof(*f->seeds));
    spot_status st = f->seeds == NULL                           ? SPOT_E_NOMEM
                     : !spoti_copy(f->dir, sizeof(f->dir), dir) ? SPOT_E_RANGE
                                                                : check(f, diag);
    if (st != SPOT_OK) {
        close_files(f);
        return st;
    }
    for (int64_t k = 0; k < run->n_seeds; k++) {
        f->seeds[k] = run->seed + (uint64_t)k;
    }
    *out = (spoti_store){.ops = &FILES, .self = f};
    return SPOT_OK;
}

void spoti_store_close(spoti_store *store)
{
    if (store->ops != NULL) {
        store->ops->close(store->self);
    }
    *store = (spoti_store){.ops = NULL};
}
