/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Is point i better than point j? One-sided p-values by the test that the data allow: McNemar on shared
 * seeds, Cochran-Mantel-Haenszel over tasks, Fisher else; sums of grades by their largest variance;
 * times by the bootstrap, or by Welch's test on log means where only standard deviations are known.
 */
#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

typedef enum test {
    TEST_NONE,
    TEST_GRADED,
    TEST_BOOTSTRAP,
    TEST_MCNEMAR,
    TEST_CMH,
    TEST_FISHER,
} test;

static int tasks_of(const spoti_setting *s, int i, int j)
{
    int n = 0;
    for (int t = 0; t < s->log->n_tasks; t++) {
        n += s->points[i]->cells[t].n > 0 && s->points[j]->cells[t].n > 0;
    }
    return n;
}

static test choose(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    if (a->graded && b->graded &&
        s->points[i]->value[SPOTI_SCORE_MAX] == s->points[j]->value[SPOTI_SCORE_MAX]) {
        return TEST_GRADED;
    }
    if (!a->has_count || !b->has_count || i == j) {
        return TEST_NONE;
    }
    if (s->n_unit > 0 && s->log->is_folded) {
        return TEST_BOOTSTRAP;
    }
    size_t at = (size_t)i * (size_t)s->n + (size_t)j;
    if (s->n_unit > 0 && s->shared[at] == s->compared[i] && s->shared[at] == s->compared[j]) {
        return TEST_MCNEMAR;
    }
    return tasks_of(s, i, j) > 1 ? TEST_CMH : TEST_FISHER;
}

bool spoti_is_mcnemar(const spoti_setting *s, int i, int j)
{
    return choose(s, i, j) == TEST_MCNEMAR;
}

const char *spoti_success_test(const spoti_setting *s, int i, int j)
{
    static const char *const names[] = {
        [TEST_NONE] = "none",
        [TEST_GRADED] = "score test with the largest variance",
        [TEST_BOOTSTRAP] = "paired bootstrap",
        [TEST_MCNEMAR] = "exact McNemar",
        [TEST_CMH] = "Cochran-Mantel-Haenszel over tasks",
        [TEST_FISHER] = "Fisher",
    };
    return names[choose(s, i, j)];
}

static spot_stats_count count_of(const spoti_cell *c)
{
    return (spot_stats_count){.successes = c->k, .n = c->n};
}

static bool p_cmh(const spoti_setting *s, int i, int j, double *p)
{
    spot_stats_stratum strata[SPOT_ANALYZE_TASKS_MAX];
    spot_stats_cmh_result r;
    int n = 0;
    for (int t = 0; t < s->log->n_tasks; t++) {
        const spoti_cell *a = &s->points[i]->cells[t];
        const spoti_cell *b = &s->points[j]->cells[t];
        if (a->n > 0 && b->n > 0) {
            strata[n++] = (spot_stats_stratum){.candidate = count_of(a), .baseline = count_of(b)};
        }
    }
    if (n == 0 || spot_stats_cmh(strata, n, &r) != SPOT_OK) {
        return false;
    }
    *p = r.test.p_candidate_better;
    return true;
}

static bool p_fisher(spot_stats_count a, spot_stats_count b, double *p)
{
    spot_stats_test_result r;
    if (spot_stats_fisher(a, b, &r) != SPOT_OK) {
        return false;
    }
    *p = r.p_candidate_better;
    return true;
}

static bool p_graded(const spoti_setting *s, int i, int j, double *p)
{
    const spoti_log_point *a = s->points[i];
    const spoti_log_point *b = s->points[j];
    spot_stats_graded_result r;
    spot_stats_score x = {.sum = a->value[SPOTI_SCORE], .n = s->out->points[i].trials};
    spot_stats_score y = {.sum = b->value[SPOTI_SCORE], .n = s->out->points[j].trials};
    if (spot_stats_graded(x, y, a->value[SPOTI_SCORE_MAX], &r) != SPOT_OK) {
        return false;
    }
    *p = r.test.p_candidate_better;
    return true;
}

bool spoti_p_success(const spoti_setting *s, int i, int j, double *p)
{
    size_t at = (size_t)i * (size_t)s->n + (size_t)j;
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    spot_stats_mcnemar_result m;
    switch (choose(s, i, j)) {
    case TEST_GRADED:
        return p_graded(s, i, j, p);
    case TEST_BOOTSTRAP:
        *p = s->p_succeeds[at];
        return *p <= 1.0;
    case TEST_MCNEMAR:
        if (spot_stats_mcnemar(s->only[at], s->only[(size_t)j * (size_t)s->n + (size_t)i], &m) !=
            SPOT_OK) {
            return false;
        }
        *p = m.p_candidate_better;
        return true;
    case TEST_CMH:
        return p_cmh(s, i, j, p);
    case TEST_FISHER:
        return p_fisher((spot_stats_count){.successes = a->successes, .n = a->trials},
                        (spot_stats_count){.successes = b->successes, .n = b->trials}, p);
    default:
        return false;
    }
}

bool spoti_p_success_task(const spoti_setting *s, int task, int i, int j, double *p)
{
    const spoti_cell *a = &s->points[i]->cells[task];
    const spoti_cell *b = &s->points[j]->cells[task];
    return a->n > 0 && b->n > 0 && p_fisher(count_of(a), count_of(b), p);
}

bool spoti_p_time(const spoti_setting *s, int i, int j, double *p)
{
    if (i == j || s->value[i] <= 0.0 || s->value[j] <= 0.0) {
        return false;
    }
    if (s->n_unit > 0) {
        *p = spoti_p_faster(s, i, j);
        return *p <= 1.0;
    }
    return spoti_p_welch(s, i, j, p);
}

const char *spoti_time_test(const spoti_setting *s, int i, int j)
{
    return s->n_unit == 0 ? "Welch" : spoti_flips_signs(s, i, j) ? "sign-flip" : "bootstrap";
}

bool spoti_p_better(const spoti_setting *s, int i, int j, double *p)
{
    return spoti_success_decides(s) ? spoti_p_success(s, i, j, p) : spoti_p_time(s, i, j, p);
}
