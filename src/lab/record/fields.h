/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The columns of a log: their names, the names that others give them, what they may hold.
 */
#ifndef SPOTI_ANALYZE_FIELDS_H
#define SPOTI_ANALYZE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/motion.h"
#include "spot/status.h"

/* Numbers first, then texts. */
typedef enum spoti_field {
    SPOTI_ALPHA,
    SPOTI_T_INF,
    SPOTI_T_CHUNK,
    SPOTI_T_ACT,
    SPOTI_CHUNK,
    SPOTI_OVERLAP,
    SPOTI_OVERHEAD,
    SPOTI_DELAY,
    SPOTI_AGE,
    SPOTI_SPEED,
    SPOTI_BUDGET,
    SPOTI_STEPS,
    SPOTI_EPISODES,
    SPOTI_SUCCESSES,
    SPOTI_SUCCESS,
    SPOTI_INVALID,
    SPOTI_CHUNKS,
    SPOTI_CHUNKS_SD,
    SPOTI_INFERENCES,
    SPOTI_WAIT,
    SPOTI_TIME,
    SPOTI_TIME_SD,
    SPOTI_ENERGY,
    SPOTI_SCORE,
    SPOTI_SCORE_MAX,
    SPOTI_PARAMS,
    SPOTI_MACS,
    SPOTI_WEIGHT_BYTES,
    SPOTI_RATE,
    SPOTI_METRIC_0, /* metrics of motion by their own table, but for the completion time: that is SPOTI_TIME */
    SPOTI_N_NUMBER = SPOTI_METRIC_0 + SPOT_MOTION_N_METRIC - 1,
    SPOTI_POINT = SPOTI_N_NUMBER,
    SPOTI_PLATFORM,
    SPOTI_TASK,
    SPOTI_SCHEDULE,
    SPOTI_SEED,
    SPOTI_POLICY,
    SPOTI_ROBOT,
    SPOTI_TRIAL,
    SPOTI_SESSION, /* the column that the user names, and no other */
    SPOTI_N_FIELD,
} spoti_field;

/* What one row says. */
typedef struct spoti_row {
    const char *file;
    int64_t line;
    bool has[SPOTI_N_FIELD];
    double value[SPOTI_N_NUMBER];
    const char *text[SPOTI_N_FIELD - SPOTI_N_NUMBER]; /* by field - SPOTI_N_NUMBER; borrowed */
} spoti_row;

/* The field of a metric of motion but the completion time. */
static inline spoti_field spoti_metric_field(int metric)
{
    return (spoti_field)(SPOTI_METRIC_0 + metric - 1);
}

static inline bool spoti_is_metric(spoti_field field)
{
    return field >= SPOTI_METRIC_0 && field < SPOTI_N_NUMBER;
}

/* Our name of a field. */
const char *spoti_field_name(spoti_field field);

/* Reads a number's cell into `row`, as factor * number: empty, NA, null, none and - leave it unknown. Returns SPOT_OK,
 * E_FORMAT (no number; NaN and infinity are none), E_RANGE. */
spot_status spoti_field_read(spoti_row *row, spoti_field field, double factor, const char *cell,
                             spot_diag *diag);

/* The same as 1 / number: of a rate, the duration. */
spot_status spoti_field_read_inverse(spoti_row *row, spoti_field field, const char *cell,
                                     spot_diag *diag);

/* Whether a field may hold `value`, in SI units: the one check, whoever sets it. */
bool spoti_field_allows(spoti_field field, double value);

/* Sets a number of `row`, whose file and line a message names. Returns SPOT_OK, E_RANGE. */
spot_status spoti_field_set(spoti_row *row, spoti_field field, double value, spot_diag *diag);

/* `file:line: column 'name': what`, as a status. */
spot_status spoti_row_refuse(const spoti_row *row, spoti_field field, spot_status status,
                             spot_diag *diag, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 5, 6)))
#endif
    ;

/* What is known to be right. */
static inline void spoti_row_set_text(spoti_row *row, spoti_field field, const char *text)
{
    row->has[field] = true;
    row->text[field - SPOTI_N_NUMBER] = text;
}

static inline void spoti_row_set_number(spoti_row *row, spoti_field field, double value)
{
    row->has[field] = true;
    row->value[field] = value;
}

static inline const char *spoti_row_text(const spoti_row *row, spoti_field field)
{
    return row->text[field - SPOTI_N_NUMBER];
}

#endif
