/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Which seeds are there, and in which line of which file: two sessions in one log, where each began to count anew, are
 * the commonest mistake, and pairs would be made of runs that have nothing in common.
 */
#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/record/log.h"

enum { SEEN_FIRST = 4096, GROWTH = 2, SOURCES_FIRST = 8 };

/* Of more episodes no table is kept: it would be a fifth of the memory. The judge finds a repeated seed when it sorts them,
 * and knows both lines, but no more. */
enum { SEEN_MAX = 1 << 18 };

/* Files ------------------------------------------------------------------------------------------ */

spot_status spoti_log_note_source(spot_analyze_log *log, const spoti_row *row)
{
    const spot_allocator *a = log->config.allocator;
    if (row->file == log->source_now) {
        return SPOT_OK;
    }
    if (log->n_sources == log->capacity_sources) {
        const int more = log->capacity_sources > 0 ? 2 * log->capacity_sources : SOURCES_FIRST;
        spoti_source *grown = spoti_alloc(a, (size_t)more, sizeof(*grown));
        if (grown == NULL) {
            return SPOT_E_NOMEM;
        }
        if (log->n_sources > 0) {
            memcpy(grown, log->sources, (size_t)log->n_sources * sizeof(*grown));
        }
        spoti_free(a, log->sources, (size_t)log->capacity_sources * sizeof(*grown));
        log->sources = grown;
        log->capacity_sources = more;
    }
    spoti_source *s = &log->sources[log->n_sources++];
    s->first = log->n_episodes;
    (void)spoti_copy(s->name, sizeof(s->name), row->file != NULL ? row->file : "");
    log->source_now = row->file;
    return SPOT_OK;
}

/* The file of a kept episode. */
static const char *source_of(const spot_analyze_log *log, int64_t episode)
{
    const char *name = "";
    for (int i = 0; i < log->n_sources && log->sources[i].first <= episode; i++) {
        name = log->sources[i].name;
    }
    return name;
}

/* Seeds ------------------------------------------------------------------------------------------ */

/* A slot holds the number of an episode, from 1, and above it the upper bits of its hash, so that others are passed by
 * without a look at them; 0 = empty. */
enum { NUMBER_BITS = 21 };
_Static_assert(SPOTI_KEEP_MAX < 1 << NUMBER_BITS, "an episode's number fits into its slot");

static uint64_t hash_of(const spoti_episode *e)
{
    return (e->key ^ (uint64_t)e->point << 48) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t number_in(uint32_t slot)
{
    return slot & ((UINT32_C(1) << NUMBER_BITS) - 1);
}

static uint32_t slot_value(uint64_t hash, int64_t episode)
{
    return (uint32_t)(hash >> (32 + NUMBER_BITS)) << NUMBER_BITS | ((uint32_t)episode + 1);
}

void spoti_log_forget_seeds(spot_analyze_log *log)
{
    spoti_free(log->config.allocator, log->seen, log->n_seen * sizeof(*log->seen));
    log->seen = NULL;
    log->n_seen = 0;
}

/* The slot that holds an episode of the same seed and point, else the empty one where it belongs. */
static uint32_t *find_slot(const spot_analyze_log *log, const spoti_episode *e, uint64_t hash)
{
    const uint32_t upper = slot_value(hash, -1); /* with no number */
    size_t i = (size_t)(hash >> 20) & (log->n_seen - 1);
    while (log->seen[i] != 0) {
        if (log->seen[i] - number_in(log->seen[i]) == upper) {
            const spoti_episode *old = &log->episodes[number_in(log->seen[i]) - 1];
            if (old->key == e->key && old->point == e->point) {
                break;
            }
        }
        i = (i + 1) & (log->n_seen - 1);
    }
    return &log->seen[i];
}

/* Twice as many slots as there are episodes, at least. Those without a seed are in it too: nothing is like them. */
static spot_status make_room(spot_analyze_log *log)
{
    const spot_allocator *a = log->config.allocator;
    const size_t needed = 2 * ((size_t)log->n_episodes + 1);
    size_t n = log->n_seen > 0 ? log->n_seen : SEEN_FIRST;
    if (needed <= log->n_seen) {
        return SPOT_OK;
    }
    while (n < needed) {
        n *= GROWTH;
    }
    uint32_t *seen = spoti_calloc(a, n, sizeof(*seen));
    if (seen == NULL) {
        return SPOT_E_NOMEM;
    }
    spoti_free(a, log->seen, log->n_seen * sizeof(*seen));
    log->seen = seen;
    log->n_seen = n;
    for (int64_t k = 0; k < log->n_episodes; k++) {
        const uint64_t hash = hash_of(&log->episodes[k]);
        *find_slot(log, &log->episodes[k], hash) = slot_value(hash, k);
    }
    return SPOT_OK;
}

spot_status spoti_log_note_seed(spot_analyze_log *log, const spoti_episode *e, const spoti_row *row,
                                const char *seed, spot_diag *diag)
{
    if (log->is_folded || log->n_episodes >= SEEN_MAX) {
        spoti_log_forget_seeds(log);
        return SPOT_OK;
    }
    const spot_status st = make_room(log);
    if (st != SPOT_OK) {
        return st;
    }
    const uint64_t hash = hash_of(e);
    uint32_t *slot = find_slot(log, e, hash);
    if (*slot == 0) {
        *slot = slot_value(hash, log->n_episodes);
        return SPOT_OK;
    }
    const int64_t first = (int64_t)number_in(*slot) - 1;
    const char *file = source_of(log, first);
    const bool same = strncmp(file, row->file, SPOTI_SOURCE_SIZE - 1) == 0;
    return spoti_row_refuse(
        row, row->has[SPOTI_SEED] ? SPOTI_SEED : SPOTI_TRIAL, SPOT_E_FORMAT, diag,
        "'%.40s' is there twice at '%.60s', first in line %" PRIu32 "%s%.80s; two sessions "
        "in one log? --session COLUMN tells them apart, --map COLUMN= leaves seeds out",
        seed, log->points[e->point].name, log->episodes[first].line, same ? "" : " of ",
        same ? "" : file);
}
