/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A forecast while it is made. */
#ifndef SPOTI_ANALYZE_FORECAST_H
#define SPOTI_ANALYZE_FORECAST_H

#include "lab/record/log.h"
#include "spot/analyze.h"
#include "spot/tised_shift.h"

/* A row of points along one knob. */
typedef struct spoti_forecast_row {
    int index[SPOT_ANALYZE_POINTS_MAX]; /* of the point; all arrays are in the order of the knob */
    spot_tised_point from[SPOT_ANALYZE_POINTS_MAX];
    spot_tised_point to[SPOT_ANALYZE_POINTS_MAX];
    double chunks[SPOT_ANALYZE_POINTS_MAX];
    int successes[SPOT_ANALYZE_POINTS_MAX];
    double sd[SPOT_ANALYZE_POINTS_MAX];
    double fitted[SPOT_ANALYZE_POINTS_MAX];
    double work[4 * SPOT_ANALYZE_POINTS_MAX + 16];
    spot_tised_prediction out[SPOT_ANALYZE_POINTS_MAX];
    int n;
    bool has_sd;
} spoti_forecast_row;

typedef struct spoti_forecast_maker {
    const spot_analyze_log *log;
    const spot_analysis *analysis;
    const spot_analysis_setting *s;
    const spoti_log_point *points[SPOT_ANALYZE_POINTS_MAX];
    const spot_analyze_target *target;
    spot_forecast *f;
    spot_tised_setup from;
    spot_tised_setup to;
    double period_s; /* of a simulator that delays by whole ones; 0 = it does not */
    spoti_forecast_row row;
} spoti_forecast_maker;

/* n' of point i, 0 if it is not known. */
int spoti_forecast_overlap(const spoti_forecast_maker *m, int i);

spot_schedule spoti_forecast_schedule(const spoti_forecast_maker *m, int i);

/* The point of that name; -1 = none. */
int spoti_forecast_find(const spot_analysis_setting *s, const char *name);

/* Delays (forecast_delay.c): whether setting i has the speed of the one predicted; whether a point was delayed by a
 * known time and counted; that time, as the law gives it unless whole periods decide. */
bool spoti_forecast_same_speed(const spoti_forecast_maker *m, int i);
bool spoti_forecast_is_cell(const spot_analysis_point *p);
double spoti_forecast_delay(const spoti_forecast_maker *m, const spot_analysis_point *p);
double spoti_forecast_period(const spoti_forecast_maker *m);

/* Predictions of the points, with the reason where there is none. The better law of each regime first; where the data
 * do not carry it, `law_reason` is set and it returns false, or a status for want of memory. */
spot_status spoti_forecast_event(spoti_forecast_maker *m, bool *done);
spot_status spoti_forecast_surface(spoti_forecast_maker *m, bool *done);
void spoti_forecast_chunks(spoti_forecast_maker *m);
void spoti_forecast_separable(spoti_forecast_maker *m);

/* Brings the row into the order of its knob: alpha, or the overlap (forecast_static.c). */
void spoti_forecast_sort(spoti_forecast_row *r, bool by_alpha);

/* forecast_words.c: the best point, and the forecast in words; forecast_assumed.c: what it assumed. */
void spoti_forecast_words(spoti_forecast_maker *m);
void spoti_forecast_assumed(spoti_forecast_maker *m);

#endif
