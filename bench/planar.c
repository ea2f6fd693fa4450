/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Control steps a second of Kinetix levels: physics, events and an observation each, over whole episodes of 256 steps under
 * random commands that change every 1 to 8 steps.
 *
 *     planar [--seconds S] [--threads N] LEVEL.json...
 *     planar --lanes N LEVEL.json...
 *
 * One line a level: name, threads, control steps a second. One thread: of processor time. More: of time that passed, each
 * with a world of its own. The first episode warms up.
 *
 * --lanes N times nothing. It counts how much the contact solver would do if N worlds under commands of their own were
 * stepped side by side in SIMD lanes: name, N, pushing contacts of one world in a physics step, places that all N need
 * together (of each batch those of the world that has most), and the share of lanes that are then in use.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "core/base/text.h"
#include "lab/sim/planar/observe.h"
#include "lab/sim/planar/sim.h"
#include "spot/rng.h"

enum { HOLD_MAX = 8, THREADS_MAX = 64, LANES_MAX = 16, LANES_EPISODES = 8 };

/* Random commands. */
typedef struct hand {
    spot_rng rng;
    float channels[SPOTI_PLANAR_CHANNELS];
    uint32_t hold; /* control steps that these go on */
} hand;

typedef struct job {
    const spoti_level *level;
    double seconds;
    bench_clock clock;
    int64_t steps;
    double took_s;
    float seen; /* so that nothing is left out */
} job;

static void begin_hand(hand *h)
{
    memset(h->channels, 0, sizeof(h->channels));
    h->hold = 0;
}

static void move_hand(hand *h, const spoti_level *level, spoti_drive *drive)
{
    if (h->hold == 0) {
        h->hold = 1 + spot_rng_below(&h->rng, HOLD_MAX);
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            h->channels[c] = (float)spot_rng_uniform(&h->rng, -1.2, 1.2);
        }
    }
    h->hold--;
    spoti_sim_bind(level, h->channels, drive);
}

/* ---- time ---- */

static void episode(job *j, spoti_sim *sim, float *obs, hand *h)
{
    spoti_drive drive;

    spoti_sim_reset(sim);
    begin_hand(h);
    for (int t = 0; t < SPOTI_PLANAR_STEPS; t++) {
        move_hand(h, j->level, &drive);
        for (int k = 0; k < j->level->params.frame_skip; k++) {
            spoti_sim_step(sim, &drive);
            j->seen += (float)sim->event;
        }
        spoti_planar_observe(sim, obs);
        j->seen += obs[0];
        j->steps++;
    }
}

static void *run(void *ctx)
{
    job *j = ctx;
    spoti_sim *sim = spoti_sim_create(j->level);
    float *obs = calloc((size_t)spoti_planar_obs_dim(j->level), sizeof(*obs));
    hand h = {.rng = spot_rng_at(0, SPOT_STREAM_PLAN, 0)};

    if (sim != NULL && obs != NULL) {
        episode(j, sim, obs, &h);
        j->steps = 0;
        const double began = bench_now_s(j->clock);
        do {
            episode(j, sim, obs, &h);
            j->took_s = bench_now_s(j->clock) - began;
        } while (j->took_s < j->seconds);
    }
    free(obs);
    spoti_sim_destroy(sim);
    return NULL;
}

static spoti_level *load(const char *path)
{
    spoti_level *level = NULL;
    spot_diag diag = {""};
    if (spoti_level_load(path, NULL, &level, &diag) != SPOT_OK) {
        (void)fprintf(stderr, "planar: %s\n", diag.text);
    }
    return level;
}

static int time_level(const char *path, double seconds, int threads)
{
    spoti_level *level = load(path);
    job jobs[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    double rate = 0.0;

    if (level == NULL) {
        return 1;
    }
    const bench_clock clock = threads > 1 ? (bench_clock){CLOCK_MONOTONIC, "time that passed"}
                                          : (bench_clock){CLOCK_PROCESS_CPUTIME_ID, "processor"};
    int started = 0;
    for (int i = 0; i < threads; i++) {
        jobs[i] = (job){.level = level, .seconds = seconds, .clock = clock};
        started += pthread_create(&ids[i], NULL, run, &jobs[i]) == 0 ? 1 : 0;
    }
    for (int i = 0; i < started; i++) {
        (void)pthread_join(ids[i], NULL);
        rate += jobs[i].took_s > 0.0 ? (double)jobs[i].steps / jobs[i].took_s : 0.0;
    }
    (void)printf("%s,%d,%.0f\n", spoti_path_base(path), threads, rate);
    (void)fflush(stdout);
    spoti_level_destroy(level);
    return started == threads ? 0 : 1;
}

/* ---- lanes ---- */

typedef struct tally {
    int64_t touches; /* of all worlds */
    int64_t places;
    int64_t steps;
} tally;

static void count_places(spoti_sim *const *sims, int lanes, tally *sum)
{
    sum->steps++;
    for (int d = 0; d < SPOTI_DEALS; d++) {
        for (int b = 0; b < sims[0]->deals[d].n_batch; b++) {
            int most = 0;
            for (int k = 0; k < lanes; k++) {
                const int n = sims[k]->deals[d].first[b + 1] - sims[k]->deals[d].first[b];
                sum->touches += n;
                most = n > most ? n : most;
            }
            sum->places += most;
        }
    }
}

static void lanes_episode(spoti_sim *const *sims, hand *hands, int lanes, tally *sum)
{
    const spoti_level *level = sims[0]->level;
    spoti_drive drives[LANES_MAX];

    for (int k = 0; k < lanes; k++) {
        spoti_sim_reset(sims[k]);
        begin_hand(&hands[k]);
    }
    for (int t = 0; t < SPOTI_PLANAR_STEPS; t++) {
        for (int k = 0; k < lanes; k++) {
            move_hand(&hands[k], level, &drives[k]);
        }
        for (int s = 0; s < level->params.frame_skip; s++) {
            for (int k = 0; k < lanes; k++) {
                spoti_sim_step(sims[k], &drives[k]);
            }
            count_places(sims, lanes, sum);
        }
    }
}

static int fill_lanes(const char *path, int lanes)
{
    spoti_level *level = load(path);
    spoti_sim *sims[LANES_MAX] = {NULL};
    hand hands[LANES_MAX];
    tally sum = {0, 0, 0};
    bool made = level != NULL;

    for (int k = 0; k < lanes && made; k++) {
        sims[k] = spoti_sim_create(level);
        hands[k].rng = spot_rng_at((uint64_t)k, SPOT_STREAM_PLAN, 0);
        made = sims[k] != NULL;
    }
    for (int e = 0; e < LANES_EPISODES && made; e++) {
        lanes_episode(sims, hands, lanes, &sum);
    }
    if (made && sum.places > 0) {
        const double steps = (double)sum.steps;
        (void)printf("%s,%d,%.2f,%.2f,%.2f\n", spoti_path_base(path), lanes,
                     (double)sum.touches / steps / lanes, (double)sum.places / steps,
                     (double)sum.touches / (double)(sum.places * lanes));
    }
    for (int k = 0; k < lanes; k++) {
        spoti_sim_destroy(sims[k]);
    }
    spoti_level_destroy(level);
    return made ? 0 : 1;
}

int main(int argc, char **argv)
{
    double seconds = 2.0;
    int threads = 1;
    int lanes = 0;
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seconds") == 0 && more) {
            failed |= spoti_parse_double(argv[++i], &seconds) != SPOT_OK;
        } else if (strcmp(argv[i], "--threads") == 0 && more) {
            failed |= spoti_parse_int(argv[++i], &threads) != SPOT_OK || threads < 1 ||
                      threads > THREADS_MAX;
        } else if (strcmp(argv[i], "--lanes") == 0 && more) {
            failed |=
                spoti_parse_int(argv[++i], &lanes) != SPOT_OK || lanes < 1 || lanes > LANES_MAX;
            lanes = failed ? 0 : lanes;
        } else if (lanes > 0) {
            failed |= fill_lanes(argv[i], lanes);
        } else {
            failed |= time_level(argv[i], seconds, threads);
        }
    }
    return failed;
}
