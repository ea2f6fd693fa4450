/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Episodes that the simulator broke off, and what they leave of a verdict.
 *
 * A seed that is invalid at one point leaves the comparison at all points, so that pairs stay pairs. But a
 * point may break the simulator just where it would have failed: what is claimed must also hold with
 * invalid episodes counted as failures, and is withheld above SPOT_INVALID_BEARABLE at any point.
 */
#include <string.h>

#include "core/base/alloc.h"
#include "lab/study/judge.h"
#include "spot/record.h"

/* Counts what is invalid at each point; the largest share of them. */
static double count_invalid(spot_tune_result *r, const spot_episode *episodes, int n_seeds)
{
    int most = 0;
    for (int i = 0; i < r->n_rows; i++) {
        spot_tune_row *row = &r->rows[i];
        const spot_episode *e = episodes + (size_t)i * (size_t)n_seeds;
        row->invalid = 0;
        for (int k = 0; k < n_seeds; k++) {
            if (e[k].invalid && row->invalid++ == 0) {
                row->invalid_seed = e[k].seed;
                memcpy(row->fault, e[k].fault, sizeof(row->fault));
            }
        }
        most = row->invalid > most ? row->invalid : most;
    }
    return (double)most / n_seeds;
}

static bool valid_everywhere(const spot_tune_result *r, const spot_episode *episodes, int n_seeds,
                             int k)
{
    bool valid = true;
    for (int i = 0; i < r->n_rows && valid; i++) {
        valid = !episodes[(size_t)i * (size_t)n_seeds + (size_t)k].invalid;
    }
    return valid;
}

/* Moves the seeds that are valid at all points to the front of each row of `out`; how many. */
static int keep_valid(const spot_tune_result *r, const spot_episode *episodes, int n_seeds,
                      spot_episode *out)
{
    int n_valid = 0;
    for (int k = 0; k < n_seeds; k++) {
        n_valid += valid_everywhere(r, episodes, n_seeds, k);
    }
    for (int k = 0, at = 0; k < n_seeds; k++) {
        if (!valid_everywhere(r, episodes, n_seeds, k)) {
            continue;
        }
        for (int i = 0; i < r->n_rows; i++) {
            out[(size_t)i * (size_t)n_valid + (size_t)at] =
                episodes[(size_t)i * (size_t)n_seeds + (size_t)k];
        }
        at++;
    }
    return n_valid;
}

/* Claims nothing: no point is told from another. */
static void withhold(spot_tune_result *r, spot_tune_withheld why)
{
    r->withheld = why;
    r->best_beats_baseline = false;
    r->best_is_unique = r->n_rows == 1;
    for (int i = 0; i < r->n_rows; i++) {
        r->rows[i].among_best = true;
        r->rows[i].p_best = 1.0;
        r->rows[i].p_holm = 1.0;
    }
}

/* What `strict`, the verdict with invalid episodes as failures, leaves of the claims. */
static void reconcile(spot_tune_result *r, const spot_tune_result *strict)
{
    if (strict->best != r->best || (r->best_beats_baseline && !strict->best_beats_baseline)) {
        withhold(r, SPOT_TUNE_WITHHELD_DEPENDS);
        return;
    }
    for (int i = 0; i < r->n_rows; i++) {
        spot_tune_row *row = &r->rows[i];
        const spot_tune_row *other = &strict->rows[i];
        row->among_best = row->among_best || other->among_best;
        row->p_best = row->p_best > other->p_best ? row->p_best : other->p_best;
        row->p_holm = row->p_holm > other->p_holm ? row->p_holm : other->p_holm;
    }
    spoti_judge_summarise(r);
}

static spot_status judge_strictly(spot_tune_result *r, const spot_episode *episodes, int n_seeds,
                                  spot_diag *diag)
{
    const size_t n_rows = (size_t)r->n_rows;
    spot_tune_result strict = *r;
    strict.rows = (spot_tune_row *)spoti_alloc(NULL, n_rows, sizeof(*strict.rows));
    if (strict.rows == NULL) {
        return SPOT_E_NOMEM;
    }
    memcpy(strict.rows, r->rows, n_rows * sizeof(*strict.rows));
    /* an invalid episode is no success, so as it stands it counts as a failure */
    spot_status st = spoti_judge_seeds(&strict, episodes, n_seeds, diag);
    if (st == SPOT_OK) {
        reconcile(r, &strict);
    }
    spoti_free(NULL, strict.rows, n_rows * sizeof(*strict.rows));
    return st;
}

spot_status spoti_judge_episodes(spot_tune_result *result, const spot_episode *episodes,
                                 spot_diag *diag)
{
    const int n_seeds = result->setting.n_seeds;
    const size_t n = (size_t)n_seeds * (size_t)result->n_rows;
    const double share = count_invalid(result, episodes, n_seeds);
    result->withheld = SPOT_TUNE_WITHHELD_NOT;
    result->n_judged = n_seeds;
    if (share == 0.0) {
        return spoti_judge_seeds(result, episodes, n_seeds, diag);
    }
    spot_episode *valid = (spot_episode *)spoti_alloc(NULL, n, sizeof(*valid));
    if (valid == NULL) {
        return SPOT_E_NOMEM;
    }
    result->n_judged = keep_valid(result, episodes, n_seeds, valid);
    spot_status st = SPOT_OK;
    if (result->n_judged > 0) {
        st = spoti_judge_seeds(result, valid, result->n_judged, diag);
    } else {
        result->best = result->baseline;
        result->cheapest = result->baseline;
    }
    if (st == SPOT_OK && (share > SPOT_INVALID_BEARABLE || result->n_judged == 0)) {
        withhold(result, SPOT_TUNE_WITHHELD_MANY);
    } else if (st == SPOT_OK) {
        st = judge_strictly(result, episodes, n_seeds, diag);
    }
    spoti_free(NULL, valid, n * sizeof(*valid));
    return st;
}
