/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Control steps a second of Kinetix levels: physics, events and an observation each, over whole episodes of 256 steps under
 * random commands that change every 1 to 8 steps.
 *
 *     planar [--seconds S] [--threads N] LEVEL.json...
 *
 * One line a level: name, threads, control steps a second. One thread: of processor time. More: of time that passed, each
 * with a world of its own. The first episode warms up.
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

enum { HOLD_MAX = 8, OBS_MAX = 1 << 16, THREADS_MAX = 64 };

typedef struct job {
    const spoti_level *level;
    double seconds;
    bench_clock clock;
    int64_t steps;
    double took_s;
    float seen; /* so that nothing is left out */
} job;

static void episode(job *j, spoti_sim *sim, float *obs, spot_rng *rng)
{
    float channels[SPOTI_PLANAR_CHANNELS] = {0.0f};
    spoti_drive drive;
    uint32_t hold = 0;

    spoti_sim_reset(sim);
    for (int t = 0; t < SPOTI_PLANAR_STEPS; t++, hold--) {
        if (hold == 0) {
            hold = 1 + spot_rng_below(rng, HOLD_MAX);
            for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
                channels[c] = (float)spot_rng_uniform(rng, -1.2, 1.2);
            }
        }
        spoti_sim_bind(j->level, channels, &drive);
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
    spot_rng rng = spot_rng_at(0, SPOT_STREAM_PLAN, 0);

    if (sim != NULL && obs != NULL) {
        episode(j, sim, obs, &rng);
        j->steps = 0;
        const double began = bench_now_s(j->clock);
        do {
            episode(j, sim, obs, &rng);
            j->took_s = bench_now_s(j->clock) - began;
        } while (j->took_s < j->seconds);
    }
    free(obs);
    spoti_sim_destroy(sim);
    return NULL;
}

static int time_level(const char *path, double seconds, int threads)
{
    spoti_level *level = NULL;
    spot_diag diag = {""};
    job jobs[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    double rate = 0.0;

    if (spoti_level_load(path, NULL, &level, &diag) != SPOT_OK) {
        (void)fprintf(stderr, "planar: %s\n", diag.text);
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

int main(int argc, char **argv)
{
    double seconds = 2.0;
    int threads = 1;
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seconds") == 0 && more) {
            failed |= spoti_parse_double(argv[++i], &seconds) != SPOT_OK;
        } else if (strcmp(argv[i], "--threads") == 0 && more) {
            failed |= spoti_parse_int(argv[++i], &threads) != SPOT_OK || threads < 1 ||
                      threads > THREADS_MAX;
        } else {
            failed |= time_level(argv[i], seconds, threads);
        }
    }
    return failed;
}
