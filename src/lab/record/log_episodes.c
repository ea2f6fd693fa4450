/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Rows that are single episodes. The first ones are kept one by one; from SPOTI_KEEP_MAX on they are folded
 * into blocks, whose number does not grow.
 */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "lab/record/log.h"

enum { CAPACITY = 1024 };

static spot_status fold_one(spot_analyze_log *log, const spoti_episode *e)
{
    if (e->invalid) {
        return SPOT_OK; /* counted; which seed it was is lost with the others' */
    }
    spoti_log_point *p = &log->points[e->point];
    if (p->blocks == NULL) {
        p->blocks = spoti_calloc(log->config.allocator, SPOTI_N_BLOCK, sizeof(spoti_unit));
        if (p->blocks == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    spoti_unit_add(&p->blocks[spoti_block_of(e->key)], e);
    return SPOT_OK;
}

static spot_status fold_all(spot_analyze_log *log)
{
    spot_status st = SPOT_OK;
    for (int64_t i = 0; st == SPOT_OK && i < log->n_episodes; i++) {
        st = fold_one(log, &log->episodes[i]);
    }
    spoti_free(log->config.allocator, log->episodes,
               (size_t)log->capacity * sizeof(*log->episodes));
    spoti_free(log->config.allocator, log->motion, (size_t)log->capacity * sizeof(*log->motion));
    log->gave_up_motion = log->motion != NULL;
    log->episodes = NULL;
    log->motion = NULL;
    log->capacity = 0;
    log->n_episodes = 0;
    log->is_folded = true;
    spoti_log_forget_seeds(log);
    return st;
}

/* Makes the rows of a table (n used of `old`) `capacity` rows; NULL if memory is short. The caller frees the old ones. */
static void *grow(const spot_analyze_log *log, const void *old, int64_t n, int64_t capacity,
                  size_t size)
{
    void *grown = spoti_alloc(log->config.allocator, (size_t)capacity, size);
    if (grown != NULL && n > 0) {
        memcpy(grown, old, (size_t)n * size);
    }
    return grown;
}

static spot_status grow_all(spot_analyze_log *log)
{
    const spot_allocator *a = log->config.allocator;
    const int64_t capacity = log->capacity > 0 ? 2 * log->capacity : CAPACITY;
    const size_t was = (size_t)log->capacity;
    spoti_motion *motion = NULL;
    spoti_episode *episodes =
        grow(log, log->episodes, log->n_episodes, capacity, sizeof(*log->episodes));
    if (log->motion != NULL) {
        motion = grow(log, log->motion, log->n_episodes, capacity, sizeof(*log->motion));
    }
    if (episodes == NULL || (motion == NULL && log->motion != NULL)) {
        spoti_free(a, episodes, (size_t)capacity * sizeof(*episodes));
        return SPOT_E_NOMEM;
    }
    spoti_free(a, log->episodes, was * sizeof(*log->episodes));
    spoti_free(a, log->motion, was * sizeof(*log->motion));
    log->episodes = episodes;
    log->motion = motion;
    log->capacity = capacity;
    return SPOT_OK;
}

/* Notes the row's metrics of motion with the episode that is the next to be kept. */
static spot_status keep_motion(spot_analyze_log *log, const spoti_row *row)
{
    bool any = false;
    for (int m = 0; m < SPOTI_N_METRIC; m++) {
        any = any || row->has[SPOTI_METRIC_0 + m];
    }
    if (log->motion == NULL && any) {
        log->motion =
            spoti_calloc(log->config.allocator, (size_t)log->capacity, sizeof(*log->motion));
        if (log->motion == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    if (log->motion != NULL) {
        spoti_motion *motion = &log->motion[log->n_episodes];
        memcpy(motion->has, &row->has[SPOTI_METRIC_0], sizeof(motion->has));
        memcpy(motion->value, &row->value[SPOTI_METRIC_0], sizeof(motion->value));
    }
    return SPOT_OK;
}

static spot_status keep(spot_analyze_log *log, const spoti_episode *e, const spoti_row *row)
{
    if (!log->is_folded && log->n_episodes == SPOTI_KEEP_MAX) {
        spot_status st = fold_all(log);
        if (st != SPOT_OK) {
            return st;
        }
    }
    if (log->is_folded) {
        return fold_one(log, e);
    }
    spot_status st = log->n_episodes == log->capacity ? grow_all(log) : SPOT_OK;
    st = st == SPOT_OK ? keep_motion(log, row) : st;
    if (st != SPOT_OK) {
        return st;
    }
    log->episodes[log->n_episodes] = *e;
    log->episodes[log->n_episodes].index = (uint32_t)log->n_episodes;
    log->n_episodes++;
    return SPOT_OK;
}

/* What pairs the row with others: its seed, or the number of its trial where the user says so; NULL = nothing. */
static const char *seed_of(const spot_analyze_log *log, const spoti_row *row)
{
    return row->has[SPOTI_SEED]                          ? spoti_row_text(row, SPOTI_SEED)
           : log->config.paired && row->has[SPOTI_TRIAL] ? spoti_row_text(row, SPOTI_TRIAL)
                                                         : NULL;
}

/* Same seed, task and session, same key, whatever the point. */
static uint64_t key_of(spot_analyze_log *log, const spoti_row *row, const char *seed, int task)
{
    uint64_t hash = spoti_hash(SPOTI_HASH_START, &task, sizeof(task));
    if (seed != NULL) {
        hash = spoti_hash(hash, seed, strlen(seed));
        if (row->has[SPOTI_SESSION]) {
            const char *session = spoti_row_text(row, SPOTI_SESSION);
            hash = spoti_hash(spoti_hash(hash, "", 1), session, strlen(session));
        }
        return hash;
    }
    log->counter++;
    hash = spoti_hash(hash, "unseeded", 8);
    return spoti_hash(hash, &log->counter, sizeof(log->counter));
}

static spot_status check_success(const spoti_log_point *p, const spoti_row *row, spot_diag *diag)
{
    static const spoti_field fields[] = {SPOTI_TIME, SPOTI_CHUNKS};
    for (int i = 0; i < 2; i++) {
        spoti_field f = fields[i];
        if (row->has[f] && !(row->value[f] > 0.0)) {
            return spoti_row_refuse(row, f, SPOT_E_RANGE, diag, "0 for a success, expected more");
        }
    }
    bool timed = p->time.weight > 0.0;
    bool counted = p->chunks.weight > 0.0;
    if ((timed && !row->has[SPOTI_TIME]) || (!timed && p->k > 0 && row->has[SPOTI_TIME])) {
        return spoti_row_refuse(row, SPOTI_TIME, SPOT_E_FORMAT, diag,
                                "known for some successes of '%s' and empty for others", p->name);
    }
    if ((counted && !row->has[SPOTI_CHUNKS]) || (!counted && p->k > 0 && row->has[SPOTI_CHUNKS])) {
        return spoti_row_refuse(row, SPOTI_CHUNKS, SPOT_E_FORMAT, diag,
                                "known for some successes of '%s' and empty for others", p->name);
    }
    return SPOT_OK;
}

spot_status spoti_log_add_episode(spot_analyze_log *log, int index, const spoti_row *row, int task,
                                  spot_diag *diag)
{
    spoti_log_point *p = &log->points[index];
    bool success = row->value[SPOTI_SUCCESS] > 0.0;
    bool invalid = row->has[SPOTI_INVALID] && row->value[SPOTI_INVALID] > 0.0;
    if (success && invalid) {
        return spoti_row_refuse(row, SPOTI_INVALID, SPOT_E_FORMAT, diag,
                                "1 for a success, expected 0: an episode is one or the other");
    }
    const char *seed = seed_of(log, row);
    if (p->rows > 0 && p->has_seeds != (seed != NULL)) {
        return spoti_row_refuse(row, SPOTI_SEED, SPOT_E_FORMAT, diag,
                                "known for some episodes of '%s' and empty for others", p->name);
    }
    spot_status st = success ? check_success(p, row, diag) : SPOT_OK;
    if (st != SPOT_OK) {
        return st;
    }
    spoti_episode e = {.key = key_of(log, row, seed, task),
                       .line = row->line <= UINT32_MAX ? (uint32_t)row->line : 0,
                       .point = (uint16_t)index,
                       .success = success};
    st = seed != NULL ? spoti_log_note_seed(log, &e, row, seed, diag) : SPOT_OK;
    if (st != SPOT_OK) {
        return st;
    }
    p->has_episodes = true;
    p->has_seeds = seed != NULL;
    p->is_counted = true;
    if (invalid) {
        e.invalid = true;
        p->invalid++;
        p->cells[task].invalid++;
        return keep(log, &e, row);
    }
    p->n++;
    p->k += success;
    p->cells[task].n++;
    p->cells[task].k += success;
    p->unknown_time += !row->has[SPOTI_TIME];
    p->unknown_energy += !row->has[SPOTI_ENERGY];
    if (row->has[SPOTI_TIME]) {
        e.time_s = row->value[SPOTI_TIME];
        spoti_mean_add(&p->time_all, 1.0, e.time_s);
    }
    if (row->has[SPOTI_ENERGY]) {
        e.energy_j = row->value[SPOTI_ENERGY];
        spoti_mean_add(&p->energy, 1.0, e.energy_j);
    }
    if (success && row->has[SPOTI_TIME]) {
        spoti_mean_add(&p->time, 1.0, e.time_s);
        p->time_square += e.time_s * e.time_s;
    }
    if (success && row->has[SPOTI_CHUNKS]) {
        e.chunks = (float)row->value[SPOTI_CHUNKS];
        spoti_mean_add(&p->chunks, 1.0, row->value[SPOTI_CHUNKS]);
        p->chunks_square += row->value[SPOTI_CHUNKS] * row->value[SPOTI_CHUNKS];
    }
    return keep(log, &e, row);
}
