/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"

/* No quantity of a robot log is larger; sums of 10^7 of them stay far from overflow. */
#define BIG 1e9
/* ... nor smaller without being 0: ratios of two stay finite. */
static const double SMALL = 1e-9;

typedef struct spec {
    const char *name;
    double lo;
    double hi;
    bool whole;
} spec;

static const spec SPECS[SPOTI_N_FIELD] = {
    /* those of metrics are their own, see spec_of */
    [SPOTI_ALPHA] = {"alpha", 0.0, 1e6, false},
    [SPOTI_T_INF] = {"t_inf_s", 0.0, BIG, false},
    [SPOTI_T_CHUNK] = {"t_chunk_s", 0.0, BIG, false},
    [SPOTI_T_ACT] = {"t_act_s", 1e-9, BIG, false},
    [SPOTI_CHUNK] = {"chunk_actions", 1.0, 1e6, true},
    [SPOTI_OVERLAP] = {"overlap", 0.0, 1e6, true},
    [SPOTI_OVERHEAD] = {"overhead_s", 0.0, BIG, false},
    [SPOTI_DELAY] = {"delay_s", 0.0, BIG, false},
    [SPOTI_AGE] = {"age_s", 0.0, BIG, false},
    [SPOTI_SPEED] = {"speed", 0.0, BIG, false},
    [SPOTI_BUDGET] = {"budget_s", 0.0, BIG, false},
    [SPOTI_STEPS] = {"steps", 1.0, 1e6, true},
    [SPOTI_EPISODES] = {"episodes", 1.0, 16777216.0, true},
    [SPOTI_SUCCESSES] = {"successes", 0.0, 16777216.0, true},
    [SPOTI_SUCCESS] = {"success", 0.0, 1.0, true},
    [SPOTI_INVALID] = {"invalid", 0.0, 1.0, true},
    [SPOTI_CHUNKS] = {"chunks", 0.0, BIG, false},
    [SPOTI_CHUNKS_SD] = {"chunks_sd", 0.0, BIG, false},
    [SPOTI_INFERENCES] = {"inferences", 0.0, BIG, true},
    [SPOTI_WAIT] = {"wait_s", 0.0, BIG, false},
    [SPOTI_TIME] = {"time_s", 0.0, BIG, false},
    [SPOTI_TIME_SD] = {"time_sd_s", 0.0, BIG, false},
    [SPOTI_ENERGY] = {"energy_j", 0.0, 1e15, false},
    [SPOTI_SCORE] = {"score", 0.0, BIG, false},
    [SPOTI_SCORE_MAX] = {"score_max", 1e-9, BIG, false},
    [SPOTI_PARAMS] = {"params", 0.0, 1e15, true},
    [SPOTI_MACS] = {"macs", 0.0, 1e18, false},
    [SPOTI_WEIGHT_BYTES] = {"weight_bytes", 0.0, 1e18, false},
    [SPOTI_POINT] = {"point", 0, 0, false},
    [SPOTI_PLATFORM] = {"platform", 0, 0, false},
    [SPOTI_TASK] = {"task", 0, 0, false},
    [SPOTI_SCHEDULE] = {"schedule", 0, 0, false},
    [SPOTI_SEED] = {"seed", 0, 0, false},
};

typedef struct synonym {
    const char *name;
    spoti_field field;
    double factor; /* 0 = 1 */
} synonym;

static const synonym SYNONYMS[] = {
    {"latency_ratio", SPOTI_ALPHA, 0},
    {"t_inf", SPOTI_T_INF, 0},
    {"latency_s", SPOTI_T_INF, 0},
    {"inference_time_s", SPOTI_T_INF, 0},
    {"t_inf_ms", SPOTI_T_INF, 1e-3},
    {"latency_ms", SPOTI_T_INF, 1e-3},
    {"inference_time_ms", SPOTI_T_INF, 1e-3},
    {"t_act", SPOTI_T_ACT, 0},
    {"action_s", SPOTI_T_ACT, 0},
    {"t_act_ms", SPOTI_T_ACT, 1e-3},
    {"n", SPOTI_CHUNK, 0},
    {"chunk_n", SPOTI_CHUNK, 0},
    {"chunk_size", SPOTI_CHUNK, 0},
    {"n_action", SPOTI_CHUNK, 0},
    {"execute", SPOTI_CHUNK, 0},
    {"overlap_depth", SPOTI_OVERLAP, 0},
    {"n_overlap", SPOTI_OVERLAP, 0},
    {"delay_ms", SPOTI_DELAY, 1e-3},
    {"age_first_s", SPOTI_AGE, 0},
    {"environment_speed", SPOTI_SPEED, 0},
    {"time_limit_s", SPOTI_BUDGET, 0},
    {"timeout_s", SPOTI_BUDGET, 0},
    {"budget", SPOTI_BUDGET, 0},
    {"refinement_steps", SPOTI_STEPS, 0},
    {"denoising_steps", SPOTI_STEPS, 0},
    {"trials", SPOTI_EPISODES, 0},
    {"n_trials", SPOTI_EPISODES, 0},
    {"n_episodes", SPOTI_EPISODES, 0},
    {"rollouts", SPOTI_EPISODES, 0},
    {"n_success", SPOTI_SUCCESSES, 0},
    {"n_successes", SPOTI_SUCCESSES, 0},
    {"succeeded", SPOTI_SUCCESS, 0},
    {"is_success", SPOTI_SUCCESS, 0},
    {"n_chunks", SPOTI_CHUNKS, 0},
    {"chunk_count", SPOTI_CHUNKS, 0},
    {"num_chunks", SPOTI_CHUNKS, 0},
    {"chunks_std", SPOTI_CHUNKS_SD, 0},
    {"time", SPOTI_TIME, 0},
    {"task_time_s", SPOTI_TIME, 0},
    {"t_task_s", SPOTI_TIME, 0},
    {"completion_time_s", SPOTI_TIME, 0},
    {"duration_s", SPOTI_TIME, 0},
    {"time_ms", SPOTI_TIME, 1e-3},
    {"time_sd", SPOTI_TIME_SD, 0},
    {"time_std_s", SPOTI_TIME_SD, 0},
    {"time_std", SPOTI_TIME_SD, 0},
    {"n_params", SPOTI_PARAMS, 0},
    {"parameters", SPOTI_PARAMS, 0},
    {"multiply_adds", SPOTI_MACS, 0},
    {"energy", SPOTI_ENERGY, 0},
    {"joules", SPOTI_ENERGY, 0},
    {"operating_point", SPOTI_POINT, 0},
    {"config", SPOTI_POINT, 0},
    {"variant", SPOTI_POINT, 0},
    {"method", SPOTI_POINT, 0},
    {"hardware", SPOTI_PLATFORM, 0},
    {"device", SPOTI_PLATFORM, 0},
    {"computer", SPOTI_PLATFORM, 0},
    {"task_name", SPOTI_TASK, 0},
    {"scene", SPOTI_SEED, 0},
    {"trial_id", SPOTI_SEED, 0},
    {"episode_id", SPOTI_SEED, 0},
};

/* A metric may be any number that can be squared and summed; the smallest are as good as 0. */
#define MOST 1e100

static const spec *spec_of(spoti_field field)
{
    static const spec METRIC = {.lo = -MOST, .hi = MOST};
    return spoti_is_metric(field) ? &METRIC : &SPECS[field];
}

const char *spoti_field_name(spoti_field field)
{
    return spoti_is_metric(field) ? spot_motion_describe((int)field - (int)SPOTI_METRIC_0 + 1)->name
                                  : SPECS[field].name;
}

/* Lower case, blanks and dashes as underscores. False if it is longer than any name we know. */
static bool fold(const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    if (n == 0 || n >= size) {
        return false;
    }
    for (size_t i = 0; i <= n; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z') { /* in any locale */
            c = (char)(c + ('a' - 'A'));
        } else if (c == ' ' || c == '-') {
            c = '_';
        }
        out[i] = c;
    }
    return true;
}

spoti_field spoti_field_find(const char *name, double *factor)
{
    char folded[64];
    *factor = 1.0;
    if (!fold(name, folded, sizeof(folded))) {
        return SPOTI_N_FIELD;
    }
    for (int i = 0; i < SPOTI_N_FIELD; i++) {
        if (strcmp(folded, spoti_field_name((spoti_field)i)) == 0) {
            return (spoti_field)i;
        }
    }
    for (size_t i = 0; i < sizeof(SYNONYMS) / sizeof(SYNONYMS[0]); i++) {
        if (strcmp(folded, SYNONYMS[i].name) == 0) {
            *factor = SYNONYMS[i].factor > 0.0 ? SYNONYMS[i].factor : 1.0;
            return SYNONYMS[i].field;
        }
    }
    return SPOTI_N_FIELD;
}

spot_status spoti_row_refuse(const spoti_row *row, spoti_field field, spot_status status,
                             spot_diag *diag, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    spoti_vshow_line(what, sizeof(what), format, args);
    va_end(args);
    return spot_diag_set(diag, status, "%s:%" PRId64 ": column %s: %s", row->file, row->line,
                         spoti_field_name(field), what);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool equals_any(const char *cell, const char *const *words, size_t n)
{
    char folded[16];
    for (size_t i = 0; fold(cell, folded, sizeof(folded)) && i < n; i++) {
        if (strcmp(folded, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Cells that say "not known". `-` is folded to `_`. */
static bool is_missing(const char *cell)
{
    static const char *const words[] = {"na", "n/a", "null", "none", "_"};
    if (is_digit(cell[0])) {
        return false; /* most cells */
    }
    return cell[0] == '\0' || equals_any(cell, words, sizeof(words) / sizeof(words[0]));
}

/* success, invalid: true and false are numbers too. */
static bool read_truth(const char *cell, double *value)
{
    static const char *const yes[] = {"true", "yes", "t", "y"};
    static const char *const no[] = {"false", "no", "f", "n"};
    if (is_digit(cell[0])) {
        return false;
    }
    if (equals_any(cell, yes, 4)) {
        *value = 1.0;
        return true;
    }
    *value = 0.0;
    return equals_any(cell, no, 4);
}

spot_status spoti_field_read(spoti_row *row, spoti_field field, double factor, const char *cell,
                             spot_diag *diag)
{
    double value = 0.0;
    row->has[field] = false;
    if (is_missing(cell)) {
        return SPOT_OK;
    }
    const bool truth = field == SPOTI_SUCCESS || field == SPOTI_INVALID;
    if (!(truth && read_truth(cell, &value))) {
        spot_status st = spoti_parse_double(cell[0] == '+' ? cell + 1 : cell, &value);
        if (st != SPOT_OK) {
            return spoti_row_refuse(row, field, SPOT_E_FORMAT, diag,
                                    "'%.40s', expected %s or an empty cell", cell,
                                    truth ? "0 or 1" : "a finite number");
        }
    }
    return spoti_field_set(row, field, factor * value, diag);
}

bool spoti_field_allows(spoti_field field, double value)
{
    const spec *s = spec_of(field);
    const bool small = value != 0.0 && fabs(value) < SMALL && !spoti_is_metric(field);
    return value >= s->lo && value <= s->hi && !small && (!s->whole || value == floor(value));
}

spot_status spoti_field_set(spoti_row *row, spoti_field field, double value, spot_diag *diag)
{
    if (!spoti_field_allows(field, value)) {
        const spec *s = spec_of(field);
        const bool small = value != 0.0 && fabs(value) < SMALL && s->lo == 0.0;
        return spoti_row_refuse(row, field, SPOT_E_RANGE, diag, "%.9g, expected %s%s%g..%g", value,
                                s->whole ? "a whole number " : "", small ? "0 or " : "",
                                small ? SMALL : s->lo, s->hi);
    }
    row->has[field] = true;
    row->value[field] = value;
    return SPOT_OK;
}
