/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/analyze/log.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/study/study.h"
#include "spot/point.h"

enum {
    N_RESAMPLE = 10000,
    RESAMPLE_MIN = 100,
    RESAMPLE_MAX = 1000000,
    CAPACITY = 1024,
    PLATFORM_SIZE = 64
};

/* Figures that should be equal may differ by what a printed decimal hides. */
static const double AGREE = 1e-6;

void spot_analyze_config_default(spot_analyze_config *config)
{
    if (config != NULL) {
        *config = (spot_analyze_config){.resamples = N_RESAMPLE, .seed = 1};
    }
}

spot_status spot_analyze_log_create(const spot_analyze_config *config, spot_analyze_log **out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (config == NULL) {
        return SPOT_E_INVALID;
    }
    bool ok = config->resamples >= RESAMPLE_MIN && config->resamples <= RESAMPLE_MAX &&
              config->action_s >= 0.0 && isfinite(config->action_s) && config->n_action >= 0 &&
              config->budget_s >= 0.0 && isfinite(config->budget_s) &&
              config->regime >= SPOT_ANALYZE_AUTO && config->regime <= SPOT_ANALYZE_DYNAMIC;
    if (!ok) {
        return SPOT_E_RANGE;
    }
    spot_analyze_log *log = spoti_calloc(config->allocator, 1, sizeof(*log));
    if (log == NULL) {
        return SPOT_E_NOMEM;
    }
    log->config = *config;
    log->points = spoti_calloc(config->allocator, SPOT_ANALYZE_POINTS_MAX, sizeof(*log->points));
    if (log->points == NULL) {
        spot_analyze_log_destroy(log);
        return SPOT_E_NOMEM;
    }
    *out = log;
    return SPOT_OK;
}

void spot_analyze_log_destroy(spot_analyze_log *log)
{
    if (log == NULL) {
        return;
    }
    const spot_allocator *a = log->config.allocator;
    for (int i = 0; log->points != NULL && i < log->n_points; i++) {
        spoti_free(a, log->points[i].blocks, SPOTI_N_BLOCK * sizeof(spoti_unit));
    }
    spoti_free(a, log->points, SPOT_ANALYZE_POINTS_MAX * sizeof(*log->points));
    spoti_free(a, log->episodes, (size_t)log->capacity * sizeof(*log->episodes));
    spoti_free(a, log, sizeof(*log));
}

const char *spot_analyze_log_unused(const spot_analyze_log *log)
{
    return log != NULL ? log->unused : "";
}

/* Where the row belongs ------------------------------------------------------------------------ */

int spoti_log_setting_of(spot_analyze_log *log, const char *platform, bool has_speed, double speed)
{
    for (int i = 0; i < log->n_settings; i++) {
        const spoti_log_setting *s = &log->settings[i];
        bool same_speed = s->has_speed == has_speed && (!has_speed || s->speed == speed);
        if (same_speed && strcmp(s->platform, platform) == 0) {
            return i;
        }
    }
    if (log->n_settings == SPOT_ANALYZE_SETTINGS_MAX) {
        return -1;
    }
    spoti_log_setting *s = &log->settings[log->n_settings];
    *s = (spoti_log_setting){.has_speed = has_speed, .speed = speed};
    (void)spoti_copy(s->platform, sizeof(s->platform), platform);
    if (has_speed) {
        (void)spoti_format(s->name, sizeof(s->name), "%s%sspeed %g", platform,
                           platform[0] != '\0' ? ", " : "", speed);
    } else {
        (void)spoti_copy(s->name, sizeof(s->name), platform[0] != '\0' ? platform : "all");
    }
    return log->n_settings++;
}

/* The name of the row's point: as given, else from what sets it apart. */
static bool name_point(const spoti_row *row, char name[SPOT_ANALYZE_NAME_SIZE])
{
    if (row->has[SPOTI_POINT]) {
        bool fits = spoti_copy(name, SPOT_ANALYZE_NAME_SIZE, spoti_row_text(row, SPOTI_POINT));
        spoti_clean(name);
        return fits;
    }
    char parts[3][32] = {"", "", ""};
    if (row->has[SPOTI_STEPS]) {
        (void)spoti_format(parts[0], sizeof(parts[0]), "steps=%g ", row->value[SPOTI_STEPS]);
    }
    if (row->has[SPOTI_ALPHA] && !row->has[SPOTI_STEPS]) {
        (void)spoti_format(parts[1], sizeof(parts[1]), "alpha=%g ", row->value[SPOTI_ALPHA]);
    }
    if (row->has[SPOTI_OVERLAP]) {
        (void)spoti_format(parts[2], sizeof(parts[2]), "overlap=%g ", row->value[SPOTI_OVERLAP]);
    }
    (void)spoti_format(name, SPOT_ANALYZE_NAME_SIZE, "%s%s%s", parts[0], parts[1], parts[2]);
    size_t length = strlen(name);
    if (length > 0) {
        name[length - 1] = '\0';
    }
    return length > 0;
}

static int find_point(spot_analyze_log *log, int setting, const char *name)
{
    const spoti_log_point *last = &log->points[log->last_point];
    if (log->n_points > 0 && last->setting == setting && strcmp(last->name, name) == 0) {
        return log->last_point;
    }
    for (int i = 0; i < log->n_points; i++) {
        if (log->points[i].setting == setting && strcmp(log->points[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* A name such as `steps=5 overlap=2` says what it is. */
static void read_name(spoti_log_point *p)
{
    spot_point point;
    spot_point_default(&point);
    if (spot_point_parse(p->name, &point, NULL) != SPOT_OK) {
        return;
    }
    if (strstr(p->name, "steps=") != NULL && point.steps > 0) {
        p->has[SPOTI_STEPS] = true;
        p->value[SPOTI_STEPS] = point.steps;
    }
    if (strstr(p->name, "overlap=") != NULL) {
        p->has[SPOTI_OVERLAP] = true;
        p->value[SPOTI_OVERLAP] = point.overlap;
    }
}

static spot_status place(spot_analyze_log *log, const spoti_row *row, int *index, spot_diag *diag)
{
    char name[SPOT_ANALYZE_NAME_SIZE];
    char platform[PLATFORM_SIZE] = "";
    if (row->has[SPOTI_PLATFORM] &&
        !spoti_copy(platform, sizeof(platform), spoti_row_text(row, SPOTI_PLATFORM))) {
        return spoti_row_refuse(row, SPOTI_PLATFORM, SPOT_E_RANGE, diag, "longer than %d bytes",
                                PLATFORM_SIZE - 1);
    }
    spoti_clean(platform);
    if (!name_point(row, name)) {
        return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_FORMAT, diag,
                                row->has[SPOTI_POINT] ? "longer than %d bytes"
                                                      : "empty, expected a name (at most %d bytes)",
                                SPOT_ANALYZE_NAME_SIZE - 1);
    }
    int setting =
        spoti_log_setting_of(log, platform, row->has[SPOTI_SPEED], row->value[SPOTI_SPEED]);
    if (setting < 0) {
        return spoti_row_refuse(row, SPOTI_PLATFORM, SPOT_E_RANGE, diag,
                                "more than %d platforms and speeds", SPOT_ANALYZE_SETTINGS_MAX);
    }
    *index = find_point(log, setting, name);
    if (*index < 0) {
        if (log->n_points == SPOT_ANALYZE_POINTS_MAX) {
            return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_RANGE, diag,
                                    "more than %d points; is this a column of names?",
                                    SPOT_ANALYZE_POINTS_MAX);
        }
        *index = log->n_points++;
        spoti_log_point *p = &log->points[*index];
        p->setting = setting;
        (void)spoti_copy(p->name, sizeof(p->name), name);
        read_name(p);
    }
    log->last_point = *index;
    return SPOT_OK;
}

/* Checks that look at one row and at what came before ------------------------------------------ */

static bool agree(double a, double b)
{
    return fabs(a - b) <= AGREE * fmax(fabs(a), fabs(b));
}

/* What must be one and the same for the whole setting. */
static spot_status take_setting(spoti_log_setting *s, const spoti_row *row, spot_diag *diag)
{
    if (row->has[SPOTI_T_ACT]) {
        if (s->action_s > 0.0 && !agree(s->action_s, row->value[SPOTI_T_ACT])) {
            return spoti_row_refuse(row, SPOTI_T_ACT, SPOT_E_RANGE, diag,
                                    "%g, expected %g as in the rows before",
                                    row->value[SPOTI_T_ACT], s->action_s);
        }
        s->action_s = row->value[SPOTI_T_ACT];
    }
    if (row->has[SPOTI_CHUNK]) {
        int n = (int)row->value[SPOTI_CHUNK];
        if (s->n_action > 0 && s->n_action != n) {
            return spoti_row_refuse(row, SPOTI_CHUNK, SPOT_E_RANGE, diag,
                                    "%d, expected %d as in the rows before: points of different "
                                    "chunk size are analysed apart",
                                    n, s->n_action);
        }
        s->n_action = n;
    }
    if (row->has[SPOTI_OVERLAP] && s->n_action > 0 && row->value[SPOTI_OVERLAP] > s->n_action) {
        return spoti_row_refuse(row, SPOTI_OVERLAP, SPOT_E_RANGE, diag,
                                "%g, expected at most chunk_actions, %d", row->value[SPOTI_OVERLAP],
                                s->n_action);
    }
    return SPOT_OK;
}

/* What must be one and the same for all rows of a point. */
static spot_status take_constants(spoti_log_point *p, const spoti_row *row, spot_diag *diag)
{
    static const spoti_field constants[] = {SPOTI_ALPHA,  SPOTI_OVERLAP, SPOTI_OVERHEAD,
                                            SPOTI_BUDGET, SPOTI_STEPS,   SPOTI_SCORE_MAX};
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        spoti_field f = constants[i];
        if (!row->has[f]) {
            continue;
        }
        if (p->has[f] && !agree(p->value[f], row->value[f])) {
            return spoti_row_refuse(row, f, SPOT_E_RANGE, diag,
                                    "%g, expected %g as before for '%s'", row->value[f],
                                    p->value[f], p->name);
        }
        p->has[f] = true;
        p->value[f] = row->value[f];
    }
    if (row->has[SPOTI_SCHEDULE]) {
        static const char *const words[] = {"sync", "overlap", "cadence"};
        const char *word = spoti_row_text(row, SPOTI_SCHEDULE);
        int k = 0;
        while (k < 3 && strcmp(word, words[k]) != 0) {
            k++;
        }
        if (k == 3 || (p->has_schedule && p->schedule != (spot_tised_schedule)k)) {
            return spoti_row_refuse(row, SPOTI_SCHEDULE, SPOT_E_FORMAT, diag,
                                    "'%.40s', expected sync, overlap or cadence, the same for all "
                                    "rows of a point",
                                    word);
        }
        p->has_schedule = true;
        p->schedule = (spot_tised_schedule)k;
    }
    return SPOT_OK;
}

static void add_mean(spoti_mean *m, double weight, double value)
{
    m->weight += weight;
    m->sum += weight * value;
}

static void take_means(spoti_log_point *p, const spoti_row *row)
{
    static const spoti_field fields[] = {SPOTI_T_INF, SPOTI_DELAY, SPOTI_AGE};
    spoti_mean *const means[] = {&p->t_inf, &p->delay, &p->age};
    for (int i = 0; i < 3; i++) {
        if (row->has[fields[i]]) {
            add_mean(means[i], 1.0, row->value[fields[i]]);
        }
    }
}

/* The row's task; -1 if there are too many. */
static int task_of(spot_analyze_log *log, const spoti_row *row)
{
    const char *name = row->has[SPOTI_TASK] ? spoti_row_text(row, SPOTI_TASK) : "";
    for (int i = 0; i < log->n_tasks; i++) {
        if (strncmp(log->tasks[i], name, SPOT_ANALYZE_NAME_SIZE - 1) == 0) {
            return i;
        }
    }
    if (log->n_tasks == SPOT_ANALYZE_TASKS_MAX) {
        return -1;
    }
    (void)spoti_copy(log->tasks[log->n_tasks], SPOT_ANALYZE_NAME_SIZE, name);
    return log->n_tasks++;
}

/* Episodes ------------------------------------------------------------------------------------- */

static void add_unit(spoti_unit *u, const spoti_episode *e)
{
    u->n += 1.0;
    if (e->success) {
        u->k += 1.0;
        u->time += e->time_s;
        u->chunks += (double)e->chunks;
    }
}

static spot_status fold_one(spot_analyze_log *log, const spoti_episode *e)
{
    spoti_log_point *p = &log->points[e->point];
    if (p->blocks == NULL) {
        p->blocks = spoti_calloc(log->config.allocator, SPOTI_N_BLOCK, sizeof(spoti_unit));
        if (p->blocks == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    add_unit(&p->blocks[spoti_block_of(e->key)], e);
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
    log->episodes = NULL;
    log->capacity = 0;
    log->n_episodes = 0;
    log->is_folded = true;
    return st;
}

static spot_status keep(spot_analyze_log *log, const spoti_episode *e)
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
    if (log->n_episodes == log->capacity) {
        int64_t capacity = log->capacity > 0 ? 2 * log->capacity : CAPACITY;
        spoti_episode *grown = spoti_alloc(log->config.allocator, (size_t)capacity, sizeof(*grown));
        if (grown == NULL) {
            return SPOT_E_NOMEM;
        }
        if (log->n_episodes > 0) {
            memcpy(grown, log->episodes, (size_t)log->n_episodes * sizeof(*grown));
        }
        spoti_free(log->config.allocator, log->episodes,
                   (size_t)log->capacity * sizeof(*log->episodes));
        log->episodes = grown;
        log->capacity = capacity;
    }
    log->episodes[log->n_episodes++] = *e;
    return SPOT_OK;
}

/* Same seed and task, same key, whatever the point. */
static uint64_t key_of(spot_analyze_log *log, const spoti_row *row, int task)
{
    uint64_t hash = spoti_hash(SPOTI_HASH_START, &task, sizeof(task));
    if (row->has[SPOTI_SEED]) {
        const char *seed = spoti_row_text(row, SPOTI_SEED);
        return spoti_hash(hash, seed, strlen(seed));
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

static spot_status add_episode(spot_analyze_log *log, int index, const spoti_row *row, int task,
                               spot_diag *diag)
{
    spoti_log_point *p = &log->points[index];
    bool success = row->value[SPOTI_SUCCESS] > 0.0;
    if (p->rows > 0 && p->has_seeds != row->has[SPOTI_SEED]) {
        return spoti_row_refuse(row, SPOTI_SEED, SPOT_E_FORMAT, diag,
                                "known for some episodes of '%s' and empty for others", p->name);
    }
    spot_status st = success ? check_success(p, row, diag) : SPOT_OK;
    if (st != SPOT_OK) {
        return st;
    }
    spoti_episode e = {.key = key_of(log, row, task), .point = (uint16_t)index, .success = success};
    p->has_episodes = true;
    p->has_seeds = row->has[SPOTI_SEED];
    p->is_counted = true;
    p->n++;
    p->k += success;
    p->cells[task].n++;
    p->cells[task].k += success;
    p->unknown_time += !row->has[SPOTI_TIME];
    p->unknown_energy += !row->has[SPOTI_ENERGY];
    if (row->has[SPOTI_TIME]) {
        add_mean(&p->time_all, 1.0, row->value[SPOTI_TIME]);
    }
    if (row->has[SPOTI_ENERGY]) {
        add_mean(&p->energy, 1.0, row->value[SPOTI_ENERGY]);
    }
    if (success && row->has[SPOTI_TIME]) {
        e.time_s = row->value[SPOTI_TIME];
        add_mean(&p->time, 1.0, e.time_s);
        p->time_square += e.time_s * e.time_s;
    }
    if (success && row->has[SPOTI_CHUNKS]) {
        e.chunks = (float)row->value[SPOTI_CHUNKS];
        add_mean(&p->chunks, 1.0, row->value[SPOTI_CHUNKS]);
        p->chunks_square += row->value[SPOTI_CHUNKS] * row->value[SPOTI_CHUNKS];
    }
    return keep(log, &e);
}

/* Aggregated rows ------------------------------------------------------------------------------ */

static spot_status check_counts(const spoti_row *row, spot_diag *diag)
{
    if (row->has[SPOTI_SUCCESSES] && !row->has[SPOTI_EPISODES]) {
        return spoti_row_refuse(row, SPOTI_EPISODES, SPOT_E_FORMAT, diag,
                                "empty, expected the number of trials beside the successes");
    }
    if (row->has[SPOTI_SUCCESSES] && row->value[SPOTI_SUCCESSES] > row->value[SPOTI_EPISODES]) {
        return spoti_row_refuse(row, SPOTI_SUCCESSES, SPOT_E_RANGE, diag,
                                "%g, expected at most the trials, %g", row->value[SPOTI_SUCCESSES],
                                row->value[SPOTI_EPISODES]);
    }
    if (row->has[SPOTI_SCORE] && (!row->has[SPOTI_SCORE_MAX] || !row->has[SPOTI_EPISODES])) {
        return spoti_row_refuse(row, SPOTI_SCORE_MAX, SPOT_E_FORMAT, diag,
                                "empty, expected score_max (the greatest grade of a trial) and "
                                "episodes beside the score");
    }
    if (row->has[SPOTI_SCORE] &&
        row->value[SPOTI_SCORE] > row->value[SPOTI_SCORE_MAX] * row->value[SPOTI_EPISODES]) {
        return spoti_row_refuse(
            row, SPOTI_SCORE, SPOT_E_RANGE, diag, "%g, expected at most episodes * score_max, %g",
            row->value[SPOTI_SCORE], row->value[SPOTI_SCORE_MAX] * row->value[SPOTI_EPISODES]);
    }
    return SPOT_OK;
}

static spot_status add_aggregate(spoti_log_point *p, const spoti_row *row, int task,
                                 spot_diag *diag)
{
    static const spoti_field singles[] = {SPOTI_SCORE, SPOTI_EPISODES, SPOTI_TIME_SD,
                                          SPOTI_CHUNKS_SD};
    spot_status st = check_counts(row, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (p->rows > 0 && (p->cells[task].n > 0 || !row->has[SPOTI_SUCCESSES] || !p->is_counted)) {
        return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_FORMAT, diag,
                                "'%s' is there twice; aggregated rows are one a point (and task)",
                                p->name);
    }
    double weight = 1.0;
    if (row->has[SPOTI_SUCCESSES]) {
        p->is_counted = true;
        p->cells[task].n = (int32_t)row->value[SPOTI_EPISODES];
        p->cells[task].k = (int32_t)row->value[SPOTI_SUCCESSES];
        p->n += p->cells[task].n;
        p->k += p->cells[task].k;
        weight = row->value[SPOTI_SUCCESSES];
    }
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        p->has[singles[i]] = row->has[singles[i]] && p->rows == 0;
        p->value[singles[i]] = p->has[singles[i]] ? row->value[singles[i]] : 0.0;
    }
    /* without a success there is no mean, whatever the cell says */
    if (row->has[SPOTI_TIME] && weight > 0.0) {
        add_mean(&p->time, weight, row->value[SPOTI_TIME]);
    }
    if (row->has[SPOTI_CHUNKS] && weight > 0.0) {
        add_mean(&p->chunks, weight, row->value[SPOTI_CHUNKS]);
    }
    if (weight > 0.0 && ((row->has[SPOTI_TIME] && !(row->value[SPOTI_TIME] > 0.0)) ||
                         (row->has[SPOTI_CHUNKS] && !(row->value[SPOTI_CHUNKS] > 0.0)))) {
        return spoti_row_refuse(
            row,
            row->has[SPOTI_TIME] && !(row->value[SPOTI_TIME] > 0.0) ? SPOTI_TIME : SPOTI_CHUNKS,
            SPOT_E_RANGE, diag, "0, expected more");
    }
    if (row->has[SPOTI_ENERGY]) {
        add_mean(&p->energy, row->has[SPOTI_EPISODES] ? row->value[SPOTI_EPISODES] : 1.0,
                 row->value[SPOTI_ENERGY]);
    }
    return SPOT_OK;
}

spot_status spoti_log_add(spot_analyze_log *log, const spoti_row *row, spot_diag *diag)
{
    int index = 0;
    spot_status st = place(log, row, &index, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_log_point *p = &log->points[index];
    st = take_setting(&log->settings[p->setting], row, diag);
    if (st == SPOT_OK) {
        st = take_constants(p, row, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    take_means(p, row);
    int task = task_of(log, row);
    if (task < 0) {
        return spoti_row_refuse(row, SPOTI_TASK, SPOT_E_RANGE, diag, "more than %d tasks",
                                SPOT_ANALYZE_TASKS_MAX);
    }
    bool episodic = row->has[SPOTI_SUCCESS];
    if (p->rows > 0 && p->has_episodes != episodic) {
        return spoti_row_refuse(row, SPOTI_SUCCESS, SPOT_E_FORMAT, diag,
                                "'%s' has episodes and aggregated rows, expected one of them",
                                p->name);
    }
    st = episodic ? add_episode(log, index, row, task, diag) : add_aggregate(p, row, task, diag);
    p->rows++;
    return st;
}
