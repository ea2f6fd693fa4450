/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11).
 *
 * Everything random is a pure function of (seed, stream, counter), so paired seeds face the same
 * episode at every operating point, for any number of threads and any order of evaluation. `seed`
 * names the episode, `stream` the purpose (reset, sensor noise, policy noise, latency, ...).
 *
 *     spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, 0);
 *     double x = spot_rng_uniform(&rng, -0.1, 0.1);
 */
#ifndef SPOT_RNG_H
#define SPOT_RNG_H

#include <stdint.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Purposes. The values are part of the reproducibility promise (VERSIONING.md): never renumber. */
typedef enum spot_stream {
    SPOT_STREAM_RESET = 1,     /* reset distribution of a task */
    SPOT_STREAM_SENSOR = 2,    /* sensor noise; counter = physics step * 64 + object */
    SPOT_STREAM_POLICY = 3,    /* initial noise of the sampler; counter = inference index */
    SPOT_STREAM_LATENCY = 4,   /* jitter; counter = inference index */
    SPOT_STREAM_EXPERT = 5,    /* choices of a scripted expert */
    SPOT_STREAM_DISTURB = 6,   /* disturbances of demonstrations */
    SPOT_STREAM_BOOTSTRAP = 7, /* resampling; counter = resample index */
    SPOT_STREAM_PERMUTE = 8,   /* signs and orders that a test draws; counter = draw index */
    SPOT_STREAM_PLAN = 9,      /* plans that are drawn, and training of a policy that plans */
    SPOT_STREAM_ACTION = 10,   /* noise on what is commanded; counter = control step */
    SPOT_STREAM_SEARCH = 11,   /* what a planner tries; counter = control step * 4096 + trial */
} spot_stream;

typedef struct spot_rng {
    uint32_t key[2];     /* the seed */
    uint32_t counter[4]; /* [0..1] block within the substream, [2..3] stream and substream */
    uint32_t block[4];   /* the current block of output */
    int used;            /* words of `block` already given out; 4 = empty */
} spot_rng;

/* The generator of (seed, stream, index): substreams with different arguments are independent.
 * `index` (below 2^48) lets each frame, inference or resample have its own substream. */
SPOT_API spot_rng spot_rng_at(uint64_t seed, spot_stream stream, uint64_t index);

/* The next 32 random bits. */
SPOT_API uint32_t spot_rng_u32(spot_rng *rng);

/* Uniform on [lo, hi); returns lo if hi <= lo. 53 random bits. */
SPOT_API double spot_rng_uniform(spot_rng *rng, double lo, double hi);

/* Standard normal by Box-Muller, two words a sample, nothing cached. */
SPOT_API double spot_rng_normal(spot_rng *rng);

/* Uniform integer in [0, n), unbiased (rejection); 0 if n is 0. */
SPOT_API uint32_t spot_rng_below(spot_rng *rng, uint32_t n);

/* Fills out (n) with standard normals as float32: the initial noise of a sampler. */
SPOT_API void spot_rng_fill_normal(spot_rng *rng, float *out, int n);

#ifdef __cplusplus
}
#endif

#endif
