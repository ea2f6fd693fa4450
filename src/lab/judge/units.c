/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Units of resampling: a unit is a seed (of a task) with the episodes of all points that ran it, so
 * drawing units keeps what was paired together. With more than UNITS_MAX seeds, or a folded log, a unit
 * is a block of seeds. Episodes without seeds are units of their own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"

/* 10^4 resamples of so many units and 20 points take about a second. */
enum { UNITS_MAX = 512 };

/* Draws that are kept take at most 16 MiB; with more, every interval makes them anew. */
enum { DRAWS_MAX = 1 << 21 };

static int compare_episodes(const void *a, const void *b)
{
    const spoti_episode *p = a;
    const spoti_episode *q = b;
    if (p->key != q->key) {
        return p->key < q->key ? -1 : 1;
    }
    return (p->point > q->point) - (p->point < q->point);
}

/* Episodes by the upper bits of their keys: bucket b is sorted[begin[b]] and what follows up to bucket b + 1. */
enum { BUCKET_BITS_MAX = 16, BUCKET_SIZE = 8, INSERT_MAX = 64 };

typedef struct buckets {
    int bits;
    int64_t *begin; /* (2^bits + 1) */
    size_t n_begin;
} buckets;

static size_t bucket_of(const buckets *b, uint64_t key)
{
    return b->bits > 0 ? (size_t)(key >> (64 - b->bits)) : 0;
}

/* Few episodes that are nearly in order. */
static void insert_sorted(spoti_episode *e, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const spoti_episode moved = e[i];
        int64_t k = i;
        for (; k > 0 && compare_episodes(&e[k - 1], &moved) > 0; k--) {
            e[k] = e[k - 1];
        }
        e[k] = moved;
    }
}

/* The setting's episodes into their buckets, in the order of the log; local: (points of the log) within the setting, -1 =
 * of another. */
static void scatter(const spot_analyze_log *log, const int *local, buckets *b,
                    spoti_episode *sorted)
{
    for (int64_t k = 0; k < log->n_episodes; k++) {
        const spoti_episode *e = &log->episodes[k];
        b->begin[bucket_of(b, e->key) + 1] += local[e->point] >= 0;
    }
    for (size_t i = 1; i < b->n_begin; i++) {
        b->begin[i] += b->begin[i - 1];
    }
    /* begin[i] runs through bucket i, and ends where bucket i + 1 began */
    for (int64_t k = 0; k < log->n_episodes; k++) {
        const spoti_episode *e = &log->episodes[k];
        if (local[e->point] >= 0) {
            spoti_episode *to = &sorted[b->begin[bucket_of(b, e->key)]++];
            *to = *e;
            to->point = (uint16_t)local[e->point];
        }
    }
}

static void sort_buckets(const buckets *b, spoti_episode *sorted)
{
    for (size_t i = 0; i + 1 < b->n_begin; i++) {
        const int64_t begin = i > 0 ? b->begin[i - 1] : 0;
        const int64_t n = b->begin[i] - begin;
        if (n <= INSERT_MAX) {
            insert_sorted(sorted + begin, n);
        } else {
            qsort(sorted + begin, (size_t)n, sizeof(*sorted), compare_episodes);
        }
    }
}

/* The setting's episodes with points counted within it, sorted by seed. */
static spoti_episode *sorted_episodes(const spoti_setting *s, int64_t *n)
{
    const spot_analyze_log *log = s->log;
    const spot_allocator *a = log->config.allocator;
    int local[SPOT_ANALYZE_POINTS_MAX];
    buckets b = {0};
    *n = 0;
    for (int k = 0; k < log->n_points; k++) {
        local[k] = -1;
        for (int i = 0; i < s->n; i++) {
            if (s->points[i] == &log->points[k]) {
                local[k] = i;
                *n += log->points[k].n + log->points[k].invalid;
            }
        }
    }
    while (b.bits < BUCKET_BITS_MAX && *n >> b.bits > BUCKET_SIZE) {
        b.bits++;
    }
    b.n_begin = ((size_t)1 << b.bits) + 1;
    b.begin = spoti_calloc(a, b.n_begin, sizeof(*b.begin));
    spoti_episode *sorted = b.begin != NULL ? spoti_alloc(a, (size_t)*n, sizeof(*sorted)) : NULL;
    if (sorted != NULL) {
        scatter(log, local, &b, sorted);
        sort_buckets(&b, sorted);
    }
    spoti_free(a, b.begin, b.n_begin * sizeof(*b.begin));
    return sorted;
}

/* The episodes of one seed, from `first` on: how many. E_FORMAT if a point has it twice. */
static spot_status seed_group(const spoti_setting *s, const spoti_episode *e, int64_t n,
                              int64_t first, int64_t *size, spot_diag *diag)
{
    int64_t k = first + 1;
    while (k < n && e[k].key == e[first].key) {
        if (e[k].point == e[k - 1].point) {
            const spoti_episode *one = e[k - 1].line < e[k].line ? &e[k - 1] : &e[k];
            const spoti_episode *two = one == &e[k] ? &e[k - 1] : &e[k];
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "point '%s': a seed is there twice, in lines %" PRIu32
                                 " and %" PRIu32
                                 "; two sessions in one log? --session COLUMN tells them apart",
                                 s->points[e[k].point]->name, one->line, two->line);
        }
        k++;
    }
    *size = k - first;
    return SPOT_OK;
}

static void count_pairs(spoti_setting *s, const spoti_episode *group, int64_t size)
{
    for (int64_t a = 0; a < size; a++) {
        for (int64_t b = 0; b < size; b++) {
            size_t at = (size_t)group[a].point * (size_t)s->n + group[b].point;
            s->shared[at]++;
            s->only[at] += group[a].success && !group[b].success;
        }
    }
}

/* A seed that is invalid at one point leaves the comparison at all, unless invalid ones count as failures. */
bool spoti_is_left_out(const spoti_setting *s, const spoti_episode *group, int64_t size)
{
    bool out = false;
    for (int64_t k = 0; k < size && !s->strict; k++) {
        out = out || group[k].invalid;
    }
    return out;
}

static void add_to_unit(spoti_setting *s, int64_t unit, const spoti_episode *e)
{
    spoti_unit *u = &s->units[(size_t)e->point * (size_t)s->n_unit + (size_t)unit];
    spoti_unit_add(u, e);
}

/* What the episodes of a seed add to the sums over common successes. */
static void add_common(spoti_setting *s, int64_t unit, const spoti_episode *group, int64_t size)
{
    const spoti_episode *base = NULL;
    for (int64_t k = 0; k < size; k++) {
        base = group[k].point == s->out->baseline && group[k].success ? &group[k] : base;
    }
    for (int64_t k = 0; k < size && base != NULL; k++) {
        if (group[k].success) {
            spoti_common *c = &s->common[(size_t)group[k].point * (size_t)s->n_unit + (size_t)unit];
            c->k += 1.0;
            c->time += group[k].time_s;
            c->base_time += base->time_s;
            c->chunks += (double)group[k].chunks;
            c->base_chunks += (double)base->chunks;
        }
    }
}

static spot_status fill(spoti_setting *s, const spoti_episode *e, int64_t n, int64_t n_seed,
                        spot_diag *diag)
{
    int64_t seed = 0;
    bool blocks = n_seed > UNITS_MAX;
    for (int64_t first = 0; first < n; seed++) {
        int64_t size = 0;
        spot_status st = seed_group(s, e, n, first, &size, diag);
        if (st != SPOT_OK) {
            return st;
        }
        if (s->keys != NULL) {
            s->keys[seed] = e[first].key;
        }
        if (!spoti_is_left_out(s, e + first, size)) {
            const int64_t unit = blocks ? spoti_block_of(e[first].key) : seed;
            count_pairs(s, e + first, size);
            add_common(s, unit, e + first, size);
            for (int64_t k = first; k < first + size; k++) {
                s->compared[e[k].point]++;
                add_to_unit(s, unit, &e[k]);
            }
        }
        first += size;
    }
    return SPOT_OK;
}

static size_t work_size(const spoti_setting *s)
{
    return spot_stats_bootstrap_work_size(s->log->config.resamples, s->n_unit);
}

static spot_status allocate(spoti_setting *s, int n_unit)
{
    const spot_allocator *a = s->log->config.allocator;
    size_t n = (size_t)s->n;
    s->n_unit = n_unit;
    s->units = spoti_calloc(a, n * (size_t)n_unit, sizeof(*s->units));
    s->common = spoti_calloc(a, n * (size_t)n_unit, sizeof(*s->common));
    s->column[0] = spoti_calloc(a, 2 * (size_t)n_unit, sizeof(*s->column[0]));
    s->column[1] = s->column[0] != NULL ? s->column[0] + n_unit : NULL;
    s->only = spoti_calloc(a, n * n, sizeof(*s->only));
    s->shared = spoti_calloc(a, n * n, sizeof(*s->shared));
    s->p_faster = spoti_calloc(a, n * n, sizeof(double));
    s->p_floored = spoti_calloc(a, n * n, sizeof(bool));
    s->p_succeeds = spoti_calloc(a, n * n, sizeof(double));
    s->work = spoti_calloc(a, work_size(s), sizeof(double));
    s->n_draws = spoti_draws_size(s->log->config.resamples, n_unit);
    if (s->n_draws <= DRAWS_MAX) {
        s->draws = spoti_alloc(a, s->n_draws, sizeof(double));
    }
    if (s->draws != NULL) {
        spoti_draws_fill(s->log->config.seed, s->log->config.resamples, n_unit, s->draws);
    }
    return s->units != NULL && s->common != NULL && s->column[0] != NULL && s->only != NULL &&
                   s->shared != NULL && s->p_faster != NULL && s->p_succeeds != NULL &&
                   s->p_floored != NULL && s->work != NULL &&
                   (s->draws != NULL || s->n_draws > DRAWS_MAX)
               ? SPOT_OK
               : SPOT_E_NOMEM;
}

void spoti_units_free(spoti_setting *s)
{
    const spot_allocator *a = s->log->config.allocator;
    size_t n = (size_t)s->n;
    spoti_free(a, s->sorted, s->sorted_bytes);
    spoti_free(a, s->units, n * (size_t)s->n_unit * sizeof(*s->units));
    spoti_free(a, s->keys, s->keys != NULL ? (size_t)s->n_unit * sizeof(*s->keys) : 0);
    spoti_free(a, s->common, n * (size_t)s->n_unit * sizeof(*s->common));
    spoti_free(a, s->column[0], 2 * (size_t)s->n_unit * sizeof(*s->column[0]));
    spoti_free(a, s->only, n * n * sizeof(*s->only));
    spoti_free(a, s->shared, n * n * sizeof(*s->shared));
    spoti_free(a, s->p_faster, n * n * sizeof(double));
    spoti_free(a, s->p_floored, n * n * sizeof(bool));
    spoti_free(a, s->p_succeeds, n * n * sizeof(double));
    spoti_free(a, s->work, work_size(s) * sizeof(double));
    spoti_free(a, s->draws, s->n_draws * sizeof(double));
}

static spot_status build_folded(spoti_setting *s)
{
    spot_status st = allocate(s, SPOTI_N_BLOCK);
    for (int i = 0; st == SPOT_OK && i < s->n; i++) {
        memcpy(s->units + (size_t)i * SPOTI_N_BLOCK, s->points[i]->blocks,
               SPOTI_N_BLOCK * sizeof(spoti_unit));
    }
    return st;
}

static bool all_shared(const spoti_setting *s)
{
    for (int i = 0; i < s->n; i++) {
        for (int j = 0; j < s->n; j++) {
            if (s->shared[i * s->n + j] != s->compared[i]) {
                return false;
            }
        }
    }
    return true;
}

spot_status spoti_units_build(spoti_setting *s, spot_diag *diag)
{
    for (int i = 0; i < s->n; i++) {
        if (!s->points[i]->has_episodes) {
            return SPOT_OK; /* aggregated: nothing to draw */
        }
    }
    if (s->log->is_folded) {
        return build_folded(s);
    }
    int64_t n = 0;
    int64_t n_seed = 0;
    spoti_episode *sorted = sorted_episodes(s, &n);
    if (sorted == NULL) {
        return SPOT_E_NOMEM;
    }
    size_t bytes = 0;
    for (int i = 0; i < s->n; i++) {
        bytes += (size_t)(s->points[i]->n + s->points[i]->invalid) * sizeof(*sorted);
    }
    for (int64_t k = 0; k < n; k++) {
        n_seed += k == 0 || sorted[k].key != sorted[k - 1].key;
    }
    spot_status st = allocate(s, n_seed > UNITS_MAX ? SPOTI_N_BLOCK : (int)n_seed);
    if (st == SPOT_OK && n_seed <= UNITS_MAX) {
        s->keys = spoti_calloc(s->log->config.allocator, (size_t)n_seed, sizeof(*s->keys));
        st = s->keys != NULL ? SPOT_OK : SPOT_E_NOMEM;
    }
    if (st == SPOT_OK) {
        st = fill(s, sorted, n, n_seed, diag);
    }
    if (st == SPOT_OK) {
        s->out->paired = all_shared(s);
    }
    s->sorted = sorted;
    s->n_sorted = n;
    s->sorted_bytes = bytes;
    return st;
}
