/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The log in memory: sums of every point, and of every episode what paired statistics need.
 *
 * Up to SPOTI_KEEP_MAX episodes are kept one by one (40 bytes each, and their metrics of motion where the log has
 * any). With more, all are folded into
 * SPOTI_N_BLOCK blocks of seeds a point, by a hash of the seed, so that a file of any length fits: sums
 * stay exact, the bootstrap draws blocks, and success is compared by it instead of McNemar's test; metrics are
 * given up.
 */
#ifndef SPOTI_ANALYZE_LOG_H
#define SPOTI_ANALYZE_LOG_H

#include "lab/record/fields.h"
#include "spot/point.h"
#include "spot/record.h"
#include "spot/tised.h"

enum {
    SPOTI_KEEP_MAX = 1 << 20,
    SPOTI_N_BLOCK = 256,
    SPOTI_UNUSED_SIZE = 512,
    SPOTI_PLATFORM_SIZE = 64,
    SPOTI_N_PLACE = 512,
    SPOTI_LATENCIES_MAX = 1 << 14, /* kept of a point, to look for outliers */
    SPOTI_PLACE_SIZE = 256,
    SPOTI_SOURCE_SIZE = 256,
};

/* A weighted mean in the making. */
/* About the first value, so that the mean of equal values is that value to the last bit: points of one latency
 * compare as equal, however many rows say it. */
typedef struct spoti_mean {
    double weight;
    double first;
    double sum; /* of weight times what a value is above the first */
} spoti_mean;

typedef struct spoti_cell {
    int32_t n;       /* valid episodes */
    int32_t k;       /* successes */
    int32_t invalid; /* episodes that the simulator broke off, in neither */
} spoti_cell;

/* What the bootstrap draws: a seed, or a block of seeds. */
typedef struct spoti_unit {
    double n;      /* episodes */
    double k;      /* successes */
    double time;   /* of successes, summed, s */
    double chunks; /* of successes, summed */
    double energy; /* of all episodes, summed, J */
} spoti_unit;

/* Metrics of motion of one episode, by spoti_metric_field - SPOTI_METRIC_0. */
enum { SPOTI_N_METRIC = SPOTI_N_NUMBER - SPOTI_METRIC_0 };
typedef struct spoti_motion {
    bool has[SPOTI_N_METRIC];
    double value[SPOTI_N_METRIC];
} spoti_motion;

typedef struct spoti_episode {
    uint64_t key;  /* of seed and task */
    double time_s; /* until the end, success or not; 0 = not said */
    double energy_j;
    float chunks;
    uint32_t index; /* in which it was added: of its motion */
    uint32_t line;  /* of its file; 0 = beyond 2^32 */
    uint16_t point;
    bool success;
    bool invalid;
} spoti_episode;

typedef struct spoti_log_point {
    char name[SPOT_ANALYZE_NAME_SIZE];
    int setting;
    bool is_ours; /* the name is an operating point of ours, and which */
    spot_point point;
    bool has[SPOTI_N_NUMBER]; /* constants of the point, and what aggregated rows say */
    double value[SPOTI_N_NUMBER];
    bool has_schedule;
    spot_schedule schedule;
    spoti_mean t_inf, delay, age;
    double *latencies; /* (capacity_latency) the first ones that rows say, in their order */
    int n_latency, capacity_latency;
    int64_t rows;
    bool is_counted; /* n and k are known */
    int64_t n;       /* valid ones */
    int64_t k;
    int64_t invalid;
    spoti_cell cells[SPOT_ANALYZE_TASKS_MAX]; /* by task */
    spoti_mean time, chunks;                  /* over successes */
    double time_square, chunks_square;        /* episodes: sums of squares over successes */
    spoti_mean time_all;                      /* over all episodes */
    spoti_mean energy;                        /* over all episodes */
    double wait_s, inferences;                /* episodes: sums over the valid ones; 0 = not said */
    int64_t unknown_time;                     /* episodes without a time */
    int64_t unknown_energy;
    bool has_episodes; /* read one by one */
    bool has_seeds;
    spoti_unit *blocks; /* (SPOTI_N_BLOCK) once folded, else NULL */
} spoti_log_point;

typedef struct spoti_log_setting {
    char name[SPOT_ANALYZE_NAME_SIZE];
    char platform[SPOT_ANALYZE_NAME_SIZE];
    char robot[SPOTI_PLATFORM_SIZE];
    bool has_speed;
    double speed;
    spot_analyze_regime regime;            /* AUTO = the source does not say */
    double action_s;                       /* 0 = the source does not say */
    int n_action;                          /* likewise */
    char baseline[SPOT_ANALYZE_NAME_SIZE]; /* by the source; "" = its first point */
    char note[512];                        /* the source's own caveat, for the verdict */
} spoti_log_setting;

/* Where rows with these very cells went: most rows say what one before has said. */
typedef struct spoti_place {
    size_t n; /* 0 = not used */
    char key[SPOTI_PLACE_SIZE];
    int index; /* of the point */
} spoti_place;

/* From which episode on the log comes from a file. */
typedef struct spoti_source {
    int64_t first;
    char name[SPOTI_SOURCE_SIZE];
} spoti_source;

struct spot_analyze_log {
    spot_analyze_config config;
    spoti_log_setting settings[SPOT_ANALYZE_SETTINGS_MAX];
    int n_settings;
    spoti_log_point *points; /* (SPOT_ANALYZE_POINTS_MAX) */
    int n_points;
    char tasks[SPOT_ANALYZE_TASKS_MAX][SPOT_ANALYZE_NAME_SIZE];
    int n_tasks;
    spoti_episode *episodes; /* (capacity) */
    int64_t n_episodes;      /* kept */
    int64_t capacity;
    spoti_motion *motion; /* (capacity); NULL = no row said any */
    bool is_folded;
    bool gave_up_motion;   /* there was some when the episodes were folded */
    uint64_t counter;      /* keys of episodes without a seed */
    int last_point;        /* where the row before went */
    spoti_place *places;   /* (SPOTI_N_PLACE) by a hash of the cells */
    spoti_source *sources; /* (capacity_sources) */
    int n_sources;
    int capacity_sources;
    const char *source_now; /* the name that the last row had; compared, never read */
    uint32_t *
        seen; /* (n_seen) episodes that have a seed, by a hash of seed and point, from 1; 0 = none */
    size_t n_seen;
    char unused[SPOTI_UNUSED_SIZE];
};

/* Adds a row. Returns SPOT_OK, E_FORMAT, E_RANGE, E_NOMEM. */
spot_status spoti_log_add(spot_analyze_log *log, const spoti_row *row, spot_diag *diag);

/* The point that the row belongs to, made if needed (log_place.c). Returns SPOT_OK, E_FORMAT, E_RANGE. */
spot_status spoti_log_place(spot_analyze_log *log, const spoti_row *row, int *index,
                            spot_diag *diag);

/* Adds the episode in `row` to point `index` (log_episodes.c). Returns as spoti_log_add. */
spot_status spoti_log_add_episode(spot_analyze_log *log, int index, const spoti_row *row, int task,
                                  spot_diag *diag);

/* Notes the file that `row` comes from (log_seen.c). Returns SPOT_OK, E_NOMEM. */
spot_status spoti_log_note_source(spot_analyze_log *log, const spoti_row *row);

/* Refuses an episode whose seed is there at its point already, else notes it as the next to be kept (log_seen.c). seed: its
 * text. Returns SPOT_OK, E_FORMAT, E_NOMEM. */
spot_status spoti_log_note_seed(spot_analyze_log *log, const spoti_episode *e, const spoti_row *row,
                                const char *seed, spot_diag *diag);
void spoti_log_forget_seeds(spot_analyze_log *log);

static inline void spoti_mean_add(spoti_mean *m, double weight, double value)
{
    m->first = m->weight > 0.0 ? m->first : value;
    m->weight += weight;
    m->sum += weight * (value - m->first);
}

static inline bool spoti_mean_known(const spoti_mean *m)
{
    return m->weight > 0.0;
}

static inline double spoti_mean_value(const spoti_mean *m)
{
    return m->first + m->sum / m->weight;
}

static inline void spoti_unit_add(spoti_unit *u, const spoti_episode *e)
{
    u->n += 1.0;
    u->energy += e->energy_j;
    if (e->success) {
        u->k += 1.0;
        u->time += e->time_s;
        u->chunks += (double)e->chunks;
    }
}

/* The block of an episode. */
static inline int spoti_block_of(uint64_t key)
{
    return (int)(((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % SPOTI_N_BLOCK);
}

#endif
