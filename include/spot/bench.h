/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Measuring a policy on this machine: the latency of operating points, and how near they come to what
 * the machine can do.
 *
 * Latencies are those of single inferences (batch 1) on one thread, weights warm as in a running loop,
 * the past of a policy with history as long as it can be.
 * Points take turns: in each round every point makes its calls, so that a machine that drifts hits all
 * alike, and alpha, a point's median over the baseline's, has an interval from resampled rounds.
 *
 * The roofline of a point: its multiply-adds must be computed and its bytes must be read, one thread at
 * the speeds that a probe measures here, reading from as many bytes as the point's weights take. The
 * slower of the two is the roof. An inference runs on one thread; what more threads give is measured
 * as so many sessions at once.
 *
 *     spot_bench_config_default(&config);
 *     config.points = points, config.n_points = 3, config.baseline = 0;
 *     spot_bench_run(policy, &config, rows, &machine, &diag);
 */
#ifndef SPOT_BENCH_H
#define SPOT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/point.h"
#include "spot/policy.h"
#include "spot/stats.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_BENCH_POINTS_MAX = 256,
    SPOT_BENCH_ROUNDS_MIN = 5,      /* fewer give no interval worth the name */
    SPOT_BENCH_CALLS_MAX = 1000000, /* of a point, all rounds or threads together */
    SPOT_BENCH_THREADS_MAX = 256,
    SPOT_BENCH_NAME_SIZE = 32,
};

typedef struct spot_bench_config {
    size_t size;              /* of this struct, set by its default function; else E_INVALID */
    const spot_point *points; /* (n_points), steps named; overlap and align change no latency */
    int n_points;             /* 1..SPOT_BENCH_POINTS_MAX */
    int baseline;             /* index of the point that alpha compares with */
    int rounds;               /* SPOT_BENCH_ROUNDS_MIN..1000; default 25 */
    int calls;                /* timed calls of a point in each round; default 20 */
    int warm_up; /* calls before them that are not timed, 0..1000; default 3, and 20 at first */
    int threads; /* sessions at once under load, up to SPOT_BENCH_THREADS_MAX; default 1 = none */
    int load_calls;      /* timed calls of each thread under load; default 100 */
    bool probe;          /* measure the roof; default true */
    const char *kernels; /* as spot_session_config */
    /* Seconds of a clock that does not run back; NULL = the machine's. Under load it is called by all
     * threads at once. */
    double (*now_s)(void *ctx);
    void *clock_ctx;
    /* Called between a round's points; returns false to stop. NULL = none. */
    bool (*progress)(void *ctx, int64_t done, int64_t total);
    void *progress_ctx;
    const spot_allocator *allocator; /* NULL = malloc */
} spot_bench_config;

/* Of timed calls. */
typedef struct spot_bench_latency {
    double mean_s, sd_s;
    double median_s;
    double p95_s; /* 95th percentile */
} spot_bench_latency;

/* What keeps a point from being faster, going by the roof. */
typedef enum spot_bench_bound {
    SPOT_BENCH_UNKNOWN = 0, /* no probe for this machine, or none wanted */
    SPOT_BENCH_ARITHMETIC = 1,
    SPOT_BENCH_READING = 2,
} spot_bench_bound;

typedef struct spot_bench_row {
    spot_point point;
    spot_bench_latency alone; /* one thread; mean and sd without outliers, see n_outliers */
    int n_outliers; /* calls that are not how the machine works: one alone, or rare; mean_s is the median then */
    double largest_s; /* the longest of them; 0 = none */
    /* Share of the timed calls' time in which the thread had a processor, 1 on an idle machine. Below,
     * other programs had it, and as they interrupt long calls rather than short ones, alpha is off
     * too, whatever its interval says. */
    double processor_frac;
    double alpha;           /* median over the baseline's median */
    spot_interval alpha_ci; /* 95 %, from resampled rounds; [1, 1] at the baseline */
    spot_inference_cost cost;
    double macs;       /* multiply-adds of an inference, all kinds */
    double read_bytes; /* weights, keys and values read in an inference; activations left out */
    double intensity;  /* multiply-adds a byte */
    double macs_s;     /* attained: multiply-adds a second at the median */
    /* 0 where the bound is unknown */
    double peak_macs_s; /* of this point's mix of arithmetic */
    double bandwidth;   /* bytes a second, read from as many bytes as the weights take */
    double roof_macs_s; /* min(peak_macs_s, intensity * bandwidth) */
    double roof_frac;   /* macs_s / roof_macs_s */
    spot_bench_bound bound;
    /* 0 without load */
    spot_bench_latency loaded; /* of all threads' calls */
    double loaded_chunks_s;    /* inferences a second of all threads together */
} spot_bench_row;

/* What the probe found, one thread; zeros without. */
typedef struct spot_bench_machine {
    char kernels[SPOT_BENCH_NAME_SIZE]; /* in use by the sessions */
    char probe[SPOT_BENCH_NAME_SIZE];   /* instructions of the probe; `none` */
    double fp32_macs_s, bf16_macs_s, int8_macs_s;
} spot_bench_machine;

/* Fills in the defaults above. */
SPOT_API void spot_bench_config_default(spot_bench_config *config);

/* Measures all points. rows (n_points) in their order; machine may be NULL. All sessions exist at
 * once, each with its own weights where it does not run the policy's as they are.
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE (config, a point without steps, a clock that stands
 * still), E_STATE (`progress` stopped it), E_NOMEM (also: no thread), or what spot_session_create
 * returns for a point. Threads: one user of `policy` at a time gives the true latencies. */
SPOT_API spot_status spot_bench_run(const spot_policy *policy, const spot_bench_config *config,
                                    spot_bench_row *rows, spot_bench_machine *machine,
                                    spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
