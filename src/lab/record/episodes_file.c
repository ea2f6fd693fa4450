/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/episodes_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/file.h"

/* ---- what is there ---- */

typedef struct reading {
    spoti_episodes_file *file;
    spot_episode *episodes; /* NULL = not asked for */
} reading;

/* A spoti_episode_fn. */
static spot_status take(void *ctx, const spot_episode *e)
{
    const reading *r = (const reading *)ctx;
    const uint64_t k = e->seed - r->file->seed;
    if (k < (uint64_t)r->file->n_seeds) {
        r->file->there[k] = true;
        if (r->episodes != NULL) {
            r->episodes[k] = *e; /* of two of one seed the later */
        }
    }
    return SPOT_OK;
}

spot_status spoti_episodes_file_open(spoti_episodes_file *file, const char *path,
                                     const char *signature, uint64_t seed, int64_t n_seeds,
                                     spot_episode *episodes, spot_diag *diag)
{
    reading r = {file, episodes};
    memset(file, 0, sizeof(*file));
    file->seed = seed;
    file->n_seeds = n_seeds;
    if (!spoti_copy(file->path, sizeof(file->path), path) ||
        !spoti_copy(file->signature, sizeof(file->signature), signature)) {
        return spoti_refuse_path(SPOT_E_RANGE, path, diag);
    }
    file->there = (bool *)spoti_calloc(NULL, (size_t)n_seeds, sizeof(*file->there));
    if (file->there == NULL) {
        return SPOT_E_NOMEM;
    }
    const spot_status st = spoti_episodes_read(path, signature, take, &r, &file->rows, diag);
    if (st != SPOT_OK) {
        spoti_episodes_file_close(file);
    }
    return st;
}

void spoti_episodes_file_close(spoti_episodes_file *file)
{
    spoti_free(NULL, file->there, (size_t)file->n_seeds * sizeof(*file->there));
    file->there = NULL;
}

/* ---- appending ---- */

/* Opened behind the last whole row; what a killed process left there goes. */
static FILE *open_behind(const spoti_episodes_file *file)
{
    const int fd = open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return NULL;
    }
    FILE *out = NULL;
    if (ftruncate(fd, (off_t)file->rows.whole) == 0 &&
        lseek(fd, (off_t)file->rows.whole, SEEK_SET) >= 0) {
        out = fdopen(fd, "wb");
    }
    if (out == NULL) {
        const int error = errno;
        (void)close(fd);
        errno = error;
    }
    return out;
}

static spot_status append(spoti_episodes_file *file, const spot_episode *episodes, int64_t n,
                          spot_diag *diag)
{
    FILE *out = open_behind(file);
    if (out == NULL) {
        return spoti_file_cannot_write(file->path, errno, diag);
    }
    if (file->rows.whole == 0) {
        spoti_episodes_put_head(out, file->signature);
    }
    for (int64_t i = 0; i < n; i++) {
        spoti_episodes_put(out, &episodes[i]);
    }
    /* the flush tries again what an earlier write could not, so the error has its name */
    int error = fflush(out) != 0 || fsync(fileno(out)) != 0 ? errno : 0;
    error = error == 0 && ferror(out) != 0 ? EIO : error;
    const int64_t whole = (int64_t)ftello(out);
    if (fclose(out) != 0 && error == 0) {
        error = errno;
    }
    if (error != 0) {
        /* as it was; if that fails too, half a row is left, which no reader takes for one */
        (void)(file->rows.whole > 0 ? truncate(file->path, (off_t)file->rows.whole)
                                    : unlink(file->path));
        return spoti_file_cannot_write(file->path, error, diag);
    }
    file->rows.whole = whole;
    file->rows.n += n;
    file->rows.in_order = false; /* not known */
    return SPOT_OK;
}

/* ---- all anew ---- */

/* An episode and its place: of two of one seed the later counts. */
typedef struct placed {
    const spot_episode *episode;
    int64_t place;
} placed;

static int compare(const void *a, const void *b)
{
    const placed *x = (const placed *)a;
    const placed *y = (const placed *)b;
    if (x->episode->seed != y->episode->seed) {
        return x->episode->seed < y->episode->seed ? -1 : 1;
    }
    return x->place < y->place ? -1 : x->place > y->place ? 1 : 0;
}

typedef struct loading {
    spot_episode *all; /* (room) */
    int64_t n, room;
} loading;

/* A spoti_episode_fn. */
static spot_status load(void *ctx, const spot_episode *e)
{
    loading *l = (loading *)ctx;
    if (l->n == l->room) {
        return SPOT_E_STATE; /* another process writes too */
    }
    l->all[l->n++] = *e;
    return SPOT_OK;
}

static spot_status write_sorted(spoti_episodes_file *file, placed *order, int64_t n,
                                spot_diag *diag)
{
    spoti_file out;
    int64_t kept = 0;
    spot_status st = spoti_file_begin(&out, file->path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    qsort(order, (size_t)n, sizeof(*order), compare);
    spoti_episodes_put_head(out.stream, file->signature);
    for (int64_t i = 0; i < n; i++) {
        if (i + 1 == n || order[i + 1].episode->seed != order[i].episode->seed) {
            spoti_episodes_put(out.stream, order[i].episode);
            kept++;
        }
    }
    const int64_t whole = (int64_t)ftello(out.stream);
    st = spoti_file_commit(&out, diag);
    if (st == SPOT_OK) {
        file->rows = (spoti_episodes_there){.n = kept, .whole = whole, .in_order = true};
    }
    return st;
}

/* The file's rows and `more` (n) in the order of their seeds, each once, as a new file. */
static spot_status rewrite(spoti_episodes_file *file, const spot_episode *more, int64_t n,
                           spot_diag *diag)
{
    loading l = {.room = file->rows.n};
    spoti_episodes_there there;
    const size_t room = (size_t)(l.room + n);
    l.all = (spot_episode *)spoti_alloc(NULL, room, sizeof(*l.all));
    placed *order = (placed *)spoti_alloc(NULL, room, sizeof(*order));
    spot_status st = l.all == NULL || order == NULL ? SPOT_E_NOMEM : SPOT_OK;
    st = st == SPOT_OK ? spoti_episodes_read(file->path, file->signature, load, &l, &there, diag)
                       : st;
    if (st == SPOT_OK) {
        for (int64_t i = 0; i < l.n + n; i++) {
            order[i] = (placed){i < l.n ? &l.all[i] : &more[i - l.n], i};
        }
        st = write_sorted(file, order, l.n + n, diag);
    } else if (st == SPOT_E_STATE) {
        st = spot_diag_set(diag, st, "%s: another process writes to it, expected one", file->path);
    }
    spoti_free(NULL, l.all, room * sizeof(*l.all));
    spoti_free(NULL, order, room * sizeof(*order));
    return st;
}

spot_status spoti_episodes_file_put(spoti_episodes_file *file, const spot_episode *episodes,
                                    int64_t n, spot_diag *diag)
{
    bool is_new = true;
    for (int64_t i = 0; i < n; i++) {
        is_new = is_new && !file->there[episodes[i].seed - file->seed];
    }
    if (n == 0) {
        return SPOT_OK;
    }
    const spot_status st =
        is_new ? append(file, episodes, n, diag) : rewrite(file, episodes, n, diag);
    for (int64_t i = 0; st == SPOT_OK && i < n; i++) {
        file->there[episodes[i].seed - file->seed] = true;
    }
    return st;
}

spot_status spoti_episodes_file_sort(spoti_episodes_file *file, spot_diag *diag)
{
    return file->rows.in_order || file->rows.n == 0 ? SPOT_OK : rewrite(file, NULL, 0, diag);
}
