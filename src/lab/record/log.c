/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/log.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/text.h"

enum {
    N_RESAMPLE = 10000,
    RESAMPLE_MIN = 100,
    RESAMPLE_MAX = 1000000,
    LATENCIES_FIRST = 64,
};

/* Figures that should be equal may differ by what a printed decimal hides. */
static const double AGREE = 1e-6;

/* A printed share is off by half a percent at most; what is a quarter of a trial off is no count. */
static const double SHARE_PRINTED = 0.005;
static const double SHARE_ROUNDED = 0.25;

void spot_analyze_config_default(spot_analyze_config *config)
{
    if (config != NULL) {
        *config =
            (spot_analyze_config){.size = sizeof(*config), .resamples = N_RESAMPLE, .seed = 1};
    }
}

spot_status spot_analyze_log_create(const spot_analyze_config *config, spot_analyze_log **out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (SPOTI_CONFIG_CHECK(spot_analyze_config, config, NULL) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    /* 0 = not given */
    bool ok = config->resamples >= RESAMPLE_MIN && config->resamples <= RESAMPLE_MAX &&
              (config->action_s == 0.0 || spoti_field_allows(SPOTI_T_ACT, config->action_s)) &&
              (config->n_action == 0 || spoti_field_allows(SPOTI_CHUNK, config->n_action)) &&
              spoti_field_allows(SPOTI_BUDGET, config->budget_s) && config->effect >= 0.0 &&
              config->effect < 1.0 && config->goal >= SPOT_ANALYZE_GOAL_REGIME &&
              config->goal <= SPOT_ANALYZE_GOAL_ENERGY && config->regime >= SPOT_ANALYZE_AUTO &&
              config->regime <= SPOT_ANALYZE_DYNAMIC;
    if (!ok) {
        return SPOT_E_RANGE;
    }
    spot_analyze_log *log = spoti_calloc(config->allocator, 1, sizeof(*log));
    if (log == NULL) {
        return SPOT_E_NOMEM;
    }
    log->config = *config;
    log->points = spoti_calloc(config->allocator, SPOT_ANALYZE_POINTS_MAX, sizeof(*log->points));
    log->places = spoti_calloc(config->allocator, SPOTI_N_PLACE, sizeof(*log->places));
    if (log->points == NULL || log->places == NULL) {
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
        spoti_log_point *p = &log->points[i];
        spoti_free(a, p->blocks, SPOTI_N_BLOCK * sizeof(spoti_unit));
        spoti_free(a, p->latencies, (size_t)p->capacity_latency * sizeof(*p->latencies));
    }
    spoti_free(a, log->points, SPOT_ANALYZE_POINTS_MAX * sizeof(*log->points));
    spoti_free(a, log->sources, (size_t)log->capacity_sources * sizeof(*log->sources));
    spoti_log_forget_seeds(log);
    spoti_free(a, log->places, SPOTI_N_PLACE * sizeof(*log->places));
    spoti_free(a, log->episodes, (size_t)log->capacity * sizeof(*log->episodes));
    spoti_free(a, log->motion, (size_t)log->capacity * sizeof(*log->motion));
    spoti_free(a, log, sizeof(*log));
}

const char *spot_analyze_log_unused(const spot_analyze_log *log)
{
    return log != NULL ? log->unused : "";
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
    if (row->has[SPOTI_CHUNK] && s->n_action == 0) {
        s->n_action = (int)row->value[SPOTI_CHUNK]; /* for points that do not say theirs */
    }
    return SPOT_OK;
}

/* What must be one and the same for all rows of a point. */
static spot_status take_constants(spoti_log_point *p, const spoti_row *row, spot_diag *diag)
{
    static const spoti_field constants[] = {SPOTI_ALPHA,   SPOTI_OVERLAP,     SPOTI_OVERHEAD,
                                            SPOTI_BUDGET,  SPOTI_STEPS,       SPOTI_SCORE_MAX,
                                            SPOTI_T_CHUNK, SPOTI_CHUNK,       SPOTI_PARAMS,
                                            SPOTI_MACS,    SPOTI_WEIGHT_BYTES};
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
    if (row->has[SPOTI_OVERLAP] && p->has[SPOTI_CHUNK] &&
        row->value[SPOTI_OVERLAP] > p->value[SPOTI_CHUNK]) {
        return spoti_row_refuse(row, SPOTI_OVERLAP, SPOT_E_RANGE, diag,
                                "%g, expected at most chunk_actions, %g", row->value[SPOTI_OVERLAP],
                                p->value[SPOTI_CHUNK]);
    }
    if (row->has[SPOTI_SCHEDULE]) {
        const char *word = spoti_row_text(row, SPOTI_SCHEDULE);
        spot_schedule schedule = SPOT_SCHEDULE_SYNC;
        if (!spot_schedule_parse(word, &schedule) || (p->has_schedule && p->schedule != schedule)) {
            return spoti_row_refuse(row, SPOTI_SCHEDULE, SPOT_E_FORMAT, diag,
                                    "'%.40s', expected sync, overlap or cadence, the same for all "
                                    "rows of a point",
                                    word);
        }
        p->has_schedule = true;
        p->schedule = schedule;
    }
    return SPOT_OK;
}

static void take_means(spoti_log_point *p, const spoti_row *row)
{
    static const spoti_field fields[] = {SPOTI_T_INF, SPOTI_DELAY, SPOTI_AGE};
    spoti_mean *const means[] = {&p->t_inf, &p->delay, &p->age};
    const bool invalid = row->has[SPOTI_INVALID] && row->value[SPOTI_INVALID] > 0.0;
    for (int i = 0; i < 3; i++) {
        /* an age is that of a chunk's first action: each chunk counts */
        const bool by_chunk =
            fields[i] == SPOTI_AGE && row->has[SPOTI_CHUNKS] && row->has[SPOTI_SUCCESS];
        if (row->has[fields[i]] && (!invalid || fields[i] == SPOTI_T_INF)) {
            spoti_mean_add(means[i], by_chunk ? row->value[SPOTI_CHUNKS] : 1.0,
                           row->value[fields[i]]);
        }
    }
    if (row->has[SPOTI_WAIT] && row->has[SPOTI_INFERENCES] && !invalid) {
        p->wait_s += row->value[SPOTI_WAIT];
        p->inferences += row->value[SPOTI_INFERENCES];
    }
}

/* Keeps a latency of the point, as long as there are few. */
static spot_status keep_latency(const spot_analyze_log *log, spoti_log_point *p,
                                const spoti_row *row)
{
    const spot_allocator *a = log->config.allocator;
    if (!row->has[SPOTI_T_INF] || p->n_latency == SPOTI_LATENCIES_MAX) {
        return SPOT_OK;
    }
    if (p->n_latency == p->capacity_latency) {
        const int more = p->capacity_latency > 0 ? 2 * p->capacity_latency : LATENCIES_FIRST;
        double *grown = spoti_alloc(a, (size_t)more, sizeof(*grown));
        if (grown == NULL) {
            return SPOT_E_NOMEM;
        }
        if (p->n_latency > 0) {
            memcpy(grown, p->latencies, (size_t)p->n_latency * sizeof(*grown));
        }
        spoti_free(a, p->latencies, (size_t)p->capacity_latency * sizeof(*grown));
        p->latencies = grown;
        p->capacity_latency = more;
    }
    p->latencies[p->n_latency++] = row->value[SPOTI_T_INF];
    return SPOT_OK;
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

/* A share of successes as a number of them: the nearest whole one, which the printed share must be near to. */
static spot_status count_share(const spoti_row *row, spoti_row *counted, spot_diag *diag)
{
    *counted = *row;
    if (!row->has[SPOTI_RATE] || row->has[SPOTI_SUCCESSES]) {
        return SPOT_OK;
    }
    if (!row->has[SPOTI_EPISODES]) {
        return spoti_row_refuse(row, SPOTI_EPISODES, SPOT_E_FORMAT, diag,
                                "empty, expected the number of trials beside the success rate");
    }
    const double n = row->value[SPOTI_EPISODES];
    const double successes = n * row->value[SPOTI_RATE];
    if (fabs(successes - round(successes)) > fmin(SHARE_PRINTED * n, SHARE_ROUNDED)) {
        return spoti_row_refuse(row, SPOTI_RATE, SPOT_E_RANGE, diag,
                                "%g of %g trials is %.4g successes, expected a whole number",
                                row->value[SPOTI_RATE], n, successes);
    }
    spoti_row_set_number(counted, SPOTI_SUCCESSES, round(successes));
    return SPOT_OK;
}

static spot_status add_aggregate(spoti_log_point *p, const spoti_row *given, int task,
                                 spot_diag *diag)
{
    spoti_row counted;
    const spoti_row *row = &counted;
    spot_status share = count_share(given, &counted, diag);
    if (share != SPOT_OK) {
        return share;
    }
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
        spoti_mean_add(&p->time, weight, row->value[SPOTI_TIME]);
    }
    if (row->has[SPOTI_CHUNKS] && weight > 0.0) {
        spoti_mean_add(&p->chunks, weight, row->value[SPOTI_CHUNKS]);
    }
    if (weight > 0.0 && ((row->has[SPOTI_TIME] && !(row->value[SPOTI_TIME] > 0.0)) ||
                         (row->has[SPOTI_CHUNKS] && !(row->value[SPOTI_CHUNKS] > 0.0)))) {
        return spoti_row_refuse(
            row,
            row->has[SPOTI_TIME] && !(row->value[SPOTI_TIME] > 0.0) ? SPOTI_TIME : SPOTI_CHUNKS,
            SPOT_E_RANGE, diag, "0, expected more");
    }
    if (row->has[SPOTI_ENERGY]) {
        spoti_mean_add(&p->energy, row->has[SPOTI_EPISODES] ? row->value[SPOTI_EPISODES] : 1.0,
                       row->value[SPOTI_ENERGY]);
    }
    return SPOT_OK;
}

spot_status spoti_log_add(spot_analyze_log *log, const spoti_row *row, spot_diag *diag)
{
    int index = 0;
    spot_status st = spoti_log_note_source(log, row);
    st = st == SPOT_OK ? spoti_log_place(log, row, &index, diag) : st;
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
    st = keep_latency(log, p, row);
    if (st != SPOT_OK) {
        return st;
    }
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
    st = episodic ? spoti_log_add_episode(log, index, row, task, diag)
                  : add_aggregate(p, row, task, diag);
    p->rows++;
    return st;
}
