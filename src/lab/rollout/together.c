/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Many episodes in worlds that step together, such as the environments of a vectorised simulator: in waves of as many
 * seeds as there are worlds, all on the calling thread. A world whose episode is over rests until the wave is; episodes
 * are what they are in worlds that step alone.
 */
#include "core/base/alloc.h"
#include "lab/rollout/steps.h"

typedef struct seat {
    spot_world world;
    spot_rollout *rollout;
} seat;

typedef struct waves {
    const spot_rollout_batch *batch;
    spot_episode *episodes;
    seat *seats;  /* (n) */
    bool *active; /* (n) */
    int n;
    int64_t first; /* index of the wave's first seed */
    int64_t done;
} waves;

/* `st` with the seed that it befell. */
static spot_status say_seed(const waves *w, int i, spot_status st, const spot_diag *why,
                            spot_diag *diag)
{
    return spot_diag_set(diag, st, "the episode of seed %llu broke off: %s",
                         (unsigned long long)w->batch->seeds[w->first + i],
                         why->text[0] != '\0' ? why->text : spot_status_str(st));
}

/* Keeps the episode of seat i if it is over, and reports it. */
static spot_status end_if_over(waves *w, int i, spot_diag *diag)
{
    const spot_rollout_batch *b = w->batch;
    spot_rollout *r = w->seats[i].rollout;
    const int64_t index = w->first + i;

    if (spoti_rollout_goes_on(r)) {
        return SPOT_OK;
    }
    w->active[i] = false;
    spoti_rollout_finish(r, NULL, &w->episodes[index]);
    const spot_status st =
        b->keep != NULL ? b->keep(b->keep_ctx, index, &w->episodes[index], diag) : SPOT_OK;
    w->done++;
    if (st == SPOT_OK && b->progress != NULL &&
        !b->progress(b->progress_ctx, w->done, b->n_seeds)) {
        return spot_diag_set(diag, SPOT_E_STATE, "stopped before all %lld episodes were run",
                             (long long)b->n_seeds);
    }
    return st;
}

static spot_status begin_wave(waves *w, int m, spot_diag *diag)
{
    const spot_together *t = w->batch->together;
    spot_diag why = {""};
    spot_status st = t->reset(t->ctx, w->batch->seeds + w->first, m, &why);
    if (st != SPOT_OK) {
        return say_seed(w, 0, st, &why, diag);
    }
    for (int i = 0; st == SPOT_OK && i < w->n; i++) {
        w->active[i] = i < m;
        if (i >= m) {
            continue;
        }
        st = spoti_rollout_begin(w->seats[i].rollout, w->batch->seeds[w->first + i], &why);
        st = st == SPOT_OK ? end_if_over(w, i, diag) : say_seed(w, i, st, &why, diag);
    }
    return st;
}

/* One tick of all that are active; *any: some of them are. */
static spot_status tick(waves *w, bool *any, spot_diag *diag)
{
    const spot_together *t = w->batch->together;
    spot_status st = SPOT_OK;
    spot_diag why = {""};

    *any = false;
    for (int i = 0; i < w->n; i++) {
        if (w->active[i]) {
            *any = true;
            st = spoti_rollout_decide(w->seats[i].rollout, NULL, &why);
        }
        if (st != SPOT_OK) {
            return say_seed(w, i, st, &why, diag);
        }
    }
    st = *any ? t->step(t->ctx, w->active, w->n, &why) : SPOT_OK;
    if (st != SPOT_OK) {
        return say_seed(w, 0, st, &why, diag);
    }
    for (int i = 0; i < w->n; i++) {
        if (!w->active[i]) {
            continue;
        }
        st = spoti_rollout_step(w->seats[i].rollout, &why);
        st = st == SPOT_OK ? end_if_over(w, i, diag) : say_seed(w, i, st, &why, diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}

static spot_status run_waves(waves *w, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    for (w->first = 0; st == SPOT_OK && w->first < w->batch->n_seeds; w->first += w->n) {
        const int64_t left = w->batch->n_seeds - w->first;
        bool any = true;
        st = begin_wave(w, left < w->n ? (int)left : w->n, diag);
        while (st == SPOT_OK && any) {
            st = tick(w, &any, diag);
        }
    }
    return st;
}

/* Makes the worlds in their order, each with a rollout. */
static spot_status sit_down(waves *w, spot_diag *diag)
{
    const spot_rollout_batch *b = w->batch;
    spot_status st = SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < w->n; i++) {
        spot_world *world = &w->seats[i].world;
        st = b->make_world(b->make_world_ctx, world, diag);
        if (st != SPOT_OK) {
            world->ops = NULL; /* nothing to destroy, whatever was left there */
            break;
        }
        st = spot_rollout_create(&b->config, world, b->brain, &w->seats[i].rollout, diag);
    }
    return st;
}

static void stand_up(const waves *w)
{
    for (int i = 0; i < w->n; i++) {
        const spot_world *world = &w->seats[i].world;
        spot_rollout_destroy(w->seats[i].rollout);
        if (world->ops != NULL && world->ops->destroy != NULL) {
            world->ops->destroy(world->self);
        }
    }
}

spot_status spoti_rollout_run_together(const spot_rollout_batch *batch, spot_episode *episodes,
                                       spot_diag *diag)
{
    const spot_together *t = batch->together;
    const spot_allocator *allocator = batch->config.allocator;
    if (t->reset == NULL || t->step == NULL || t->n < 1 || t->n > SPOT_TOGETHER_MAX) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "%d worlds that step together, expected 1..%d and both functions",
                             t->n, SPOT_TOGETHER_MAX);
    }
    waves w = {.batch = batch, .episodes = episodes, .n = t->n};
    const size_t n = (size_t)t->n;
    w.seats = (seat *)spoti_calloc(allocator, n, sizeof(*w.seats));
    w.active = (bool *)spoti_calloc(allocator, n, sizeof(*w.active));
    spot_status st = SPOT_E_NOMEM;
    if (w.seats != NULL && w.active != NULL) {
        st = sit_down(&w, diag);
        st = st == SPOT_OK ? run_waves(&w, diag) : st;
        stand_up(&w);
    }
    spoti_free(allocator, w.seats, n * sizeof(*w.seats));
    spoti_free(allocator, w.active, n * sizeof(*w.active));
    return st;
}
