/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The record of a study: settings x points x tasks x seeds, wherever the episodes came from.
 *
 * A log gathers rows of anybody's CSV (one an episode, or one a point), of the episode files that the
 * tool writes, of the output folder of a tuning run or the SQLite file that it kept its episodes in, and of the
 * published tables. What each column means
 * and which names are understood: docs/analyze.md. A finished log is judged by spot_analyze (analyze.h).
 *
 *     spot_analyze_config_default(&config);
 *     spot_analyze_log_create(&config, &log);
 *     spot_analyze_log_csv(log, "trials.csv", &diag);
 *     spot_analyze(log, &analysis, &diag);
 */
#ifndef SPOT_RECORD_H
#define SPOT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Share of invalid episodes above which no rate or verdict of the others is claimed. */
#define SPOT_INVALID_BEARABLE 0.02

enum {
    SPOT_ANALYZE_NAME_SIZE = 192, /* as SPOT_POINT_TEXT_SIZE */
    SPOT_ANALYZE_TEXT_SIZE = 4096,
    SPOT_ANALYZE_WARNINGS_SIZE = 2048,
    SPOT_ANALYZE_POINTS_MAX = 256, /* of all settings together */
    SPOT_ANALYZE_SETTINGS_MAX = 32,
    SPOT_ANALYZE_TASKS_MAX = 64,
};

/* What decides between points. */
typedef enum spot_analyze_regime {
    SPOT_ANALYZE_AUTO = 0,    /* the source says, or the columns: docs/analyze.md */
    SPOT_ANALYZE_STATIC = 1,  /* the world waits: task time decides */
    SPOT_ANALYZE_DYNAMIC = 2, /* the world moves on: success decides */
} spot_analyze_regime;

/* What is best. */
typedef enum spot_analyze_goal {
    SPOT_ANALYZE_GOAL_REGIME = 0, /* what the regime says, time or success */
    SPOT_ANALYZE_GOAL_ENERGY = 1, /* least joules per success, all episodes' over successes */
} spot_analyze_goal;

typedef struct spot_analyze_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    const char
        *map; /* `old=new,old=new`: columns by our names, `old=` leaves one out; NULL = none */
    const char *
        session; /* the column that tells sessions apart, in which seeds are used again; NULL = none */
    bool paired;                /* numbers of trials or episodes pair as seeds do; default false */
    const char *baseline;       /* name of a point; NULL = the source's, else its first */
    spot_analyze_regime regime; /* default auto */
    spot_analyze_goal goal;     /* default: what the regime says */
    double action_s;            /* T_act where the source does not say, s; 0 = unknown, default */
    int n_action;               /* n, likewise; 0 = unknown, default */
    double budget_s;            /* what a failure is charged, s, likewise; 0 = unknown, default */
    double
        effect; /* smallest effect of interest, for the trials needed: a difference of success rates, or
                    * a share of the time, in (0, 1); 0 = the difference that the trials show, default */
    int resamples;                   /* of bootstraps, 100..1000000; default 10000 */
    uint64_t seed;                   /* of bootstraps; default 1 */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_analyze_config;

typedef struct spot_analyze_log spot_analyze_log;

SPOT_API void spot_analyze_config_default(spot_analyze_config *config);

/* An empty log; the strings of `config` are borrowed until it is destroyed. Ownership: on success the
 * caller destroys *out; on failure it is NULL. Returns SPOT_OK, E_INVALID, E_RANGE (a field), E_NOMEM.
 * Threads: externally locked. */
SPOT_API spot_status spot_analyze_log_create(const spot_analyze_config *config,
                                             spot_analyze_log **out);
SPOT_API void spot_analyze_log_destroy(spot_analyze_log *log);

/* Reads a CSV file: aggregated rows, episodes, or the episodes that `sweetspot rollout` and `tune`
 * write. May be called again for more files. On failure the log may hold part of the file.
 * Returns SPOT_OK, E_INVALID, E_IO, E_FORMAT and E_RANGE (diag names row and column), E_NOMEM. */
SPOT_API spot_status spot_analyze_log_csv(spot_analyze_log *log, const char *path, spot_diag *diag);

/* Reads an eval_info.json of LeRobot's lerobot-eval: one operating point, named after the file's folder. Returns as above. */
SPOT_API spot_status spot_analyze_log_lerobot(spot_analyze_log *log, const char *path,
                                              spot_diag *diag);

/* Reads the output folder of `sweetspot tune`: tune.json and its episodes. Returns as above. */
SPOT_API spot_status spot_analyze_log_tune(spot_analyze_log *log, const char *dir, spot_diag *diag);

/* Reads the SQLite file that `sweetspot tune --store` keeps episodes in: those of the run that was tuned last, which must
 * be finished. Returns as above; E_FORMAT for any other file. */
SPOT_API spot_status spot_analyze_log_store(spot_analyze_log *log, const char *path,
                                            spot_diag *diag);

/* Reads the published tables `name` (kinetix, dom-cr, real-static, real-dynamic) from the folder
 * `dir`. Returns as above, and E_NOT_FOUND for another name. */
SPOT_API spot_status spot_analyze_log_published(spot_analyze_log *log, const char *dir,
                                                const char *name, spot_diag *diag);

/* Row i, from 0, of the table of columns that are understood; texts are static. False behind the last. */
typedef struct spot_analyze_column {
    const char *name;    /* ours */
    const char *meaning; /* docs/analyze.md */
    const char *plain;   /* other names, blanks between */
    const char *united;  /* ... understood with a unit behind them: `latency_ms`, `latency (ms)` */
    const char *weak;    /* ... that are not used where another column of the row is there */
    const char *units;   /* that may stand behind any of these; "" = none */
} spot_analyze_column;
SPOT_API bool spot_analyze_column_at(int i, spot_analyze_column *out);

/* Columns that were read but not understood, `a, b`; "" = none. Valid as long as the log. */
SPOT_API const char *spot_analyze_log_unused(const spot_analyze_log *log);

#ifdef __cplusplus
}
#endif

#endif
