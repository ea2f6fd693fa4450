/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From the episodes of rollouts to rows of a log: of a run that was just made, or of one that a store holds. */
#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/record/log.h"
#include "lab/record/store.h"

void spoti_episode_row(const spoti_row *point, const spot_episode *e, int64_t line,
                       char seed[SPOTI_SEED_TEXT_SIZE], spoti_row *row)
{
    *row = *point;
    (void)spoti_format(seed, SPOTI_SEED_TEXT_SIZE, "%" PRIu64, e->seed);
    row->line = line;
    spoti_row_set_text(row, SPOTI_SEED, seed);
    spoti_row_set_number(row, SPOTI_SUCCESS, e->success ? 1.0 : 0.0);
    spoti_row_set_number(row, SPOTI_INVALID, e->invalid ? 1.0 : 0.0);
    spoti_row_set_number(row, SPOTI_TIME, e->time_s);
    spoti_row_set_number(row, SPOTI_CHUNKS, (double)e->chunks);
    spoti_row_set_number(row, SPOTI_INFERENCES, (double)e->inferences);
    spoti_row_set_number(row, SPOTI_WAIT, e->wait_s);
    spoti_row_set_number(row, SPOTI_AGE, e->age_first_s);
    for (int m = SPOT_MOTION_COMPLETION_TIME_S + 1; m < SPOT_MOTION_N_METRIC; m++) {
        if (e->motion.values[m].why == SPOT_MOTION_WHY_DEFINED) {
            spoti_row_set_number(row, spoti_metric_field(m), e->motion.values[m].value);
        }
    }
}

/* What a file of a stranger says must be what a column of a log may hold. */
static spot_status check_row(const spoti_row *row, spot_diag *diag)
{
    for (int field = 0; field < SPOTI_N_NUMBER; field++) {
        spoti_row copy = *row;
        spot_status st = row->has[field]
                             ? spoti_field_set(&copy, (spoti_field)field, row->value[field], diag)
                             : SPOT_OK;
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}

/* A spoti_store_visit_fn. */
static spot_status add_point(void *ctx, const spoti_store_run *run, const spoti_row *point,
                             const spot_episode *episodes, spot_diag *diag)
{
    spot_analyze_log *log = (spot_analyze_log *)ctx;
    spot_status st = SPOT_OK;
    for (int64_t k = 0; st == SPOT_OK && k < run->n_seeds; k++) {
        char seed[SPOTI_SEED_TEXT_SIZE];
        spoti_row row;
        spoti_episode_row(point, &episodes[k], k + 1, seed, &row);
        st = check_row(&row, diag);
        st = st == SPOT_OK ? spoti_log_add(log, &row, diag) : st;
    }
    if (st == SPOT_OK) {
        spoti_log_setting *s = &log->settings[log->points[log->last_point].setting];
        s->regime = run->regime;
        (void)spoti_copy(s->baseline, sizeof(s->baseline), run->baseline);
    }
    return st;
}

spot_status spot_analyze_log_store(spot_analyze_log *log, const char *path, spot_diag *diag)
{
    spoti_store store;
    if (log == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_store_open_sqlite(path, NULL, &store, diag);
    if (st == SPOT_OK) {
        st = store.ops->each(store.self, add_point, log, diag);
    }
    spoti_store_close(&store);
    return st;
}
