/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the event-time law's files share; arguments are valid ones. */
#ifndef SPOTI_TISED_EVENT_H
#define SPOTI_TISED_EVENT_H

#include "spot/tised_event.h"

/* An end of an interval of deltas that one success forbids. */
typedef struct spoti_edge {
    double at_s;
    double
        episode; /* which, counted from 1; negative: the interval ends here. A double, so that all of a
                     * workspace are doubles */
} spoti_edge;

enum { SPOTI_EDGES_MAX = 6 }; /* of a success: three intervals */

typedef struct spoti_edges {
    spoti_edge *edges; /* (n), rising */
    int n;
    int n_success;
    double end_s;   /* deltas lie in [0, end_s) */
    double chunk_s; /* C */
} spoti_edges;

/* max(0, I - n' T_act), s. */
double spoti_tised_wait_s(const spot_tised_cycle *c);

void spoti_tised_place(const spot_tised_cycle *cycle, double delta_s, double time_s,
                       spot_tised_event *out);

/* When an event happens in another cycle. */
double spoti_tised_event_time(const spot_tised_cycle *cycle, double delta_s,
                              const spot_tised_event *event);

/* T' of an episode of the point. */
double spoti_tised_mapped(const spot_tised_event_point *p, double delta_s, double time_s);

bool spoti_tised_is_event_log(const spot_tised_event_log *log);

void spoti_tised_find_edges(const spot_tised_event_log *log, spoti_edges *e);

/* The delta of fewest misfits; weight: (episodes) how often each counts, NULL = once. */
spot_tised_event_delta spoti_tised_best_delta(const spoti_edges *e, const double *weight);

#endif
