/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What several settings say together: a point that turns round between two, and whether it depends on the
 * setting how much a point gains. */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_paired.h"
#include "spot/stats_tests.h"

static int find_name(const spoti_setting *s, const char *name)
{
    for (int i = 0; i < s->n; i++) {
        if (strcmp(s->points[i]->name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Whether some task shows both halves by itself. */
static bool task_reverses(const spoti_setting *a, const spoti_setting *b, const int at[4])
{
    for (int t = 0; t < a->log->n_tasks; t++) {
        double p = 1.0;
        double q = 1.0;
        if (spoti_p_success_task(a, t, at[1], at[0], &p) &&
            spoti_p_success_task(b, t, at[2], at[3], &q) && fmax(p, q) < SPOT_STATS_LEVEL) {
            return true;
        }
    }
    return false;
}

/* A point that loses against the baseline in setting a and wins in b. */
static void say_reversal(spot_analysis *out, const spoti_setting *a, const spoti_setting *b)
{
    const char *base = a->points[a->out->baseline]->name;
    if (strcmp(base, b->points[b->out->baseline]->name) != 0) {
        return;
    }
    for (int i = 0; i < a->n; i++) {
        int j = find_name(b, a->points[i]->name);
        const spot_quantity *p = &a->out->points[i].p_worse;
        const spot_quantity *q = j >= 0 ? &b->out->points[j].p_better : NULL;
        if (q == NULL || !p->known || !q->known ||
            (a->n - 1) * fmax(p->value, q->value) >= SPOT_STATS_LEVEL) {
            continue;
        }
        spoti_say(
            out->text, sizeof(out->text),
            "%s'%s' against the baseline '%s' turns round: it is worse in '%s' (one-sided p = "
            "%.2g) and better in '%s' (p = %.2g)",
            out->text[0] != '\0' ? " " : "", a->points[i]->name, base, a->source->name, p->value,
            b->source->name, q->value);
        int at[4] = {i, a->out->baseline, j, b->out->baseline};
        if (a->out->n_tasks > 1 && b->out->n_tasks > 1) {
            spoti_say(out->text, sizeof(out->text), ", pooled over %d tasks; %s", a->out->n_tasks,
                      task_reverses(a, b, at) ? "at least one task shows both halves by itself"
                                              : "no single task shows both halves at 5 %");
        }
        spoti_say(out->text, sizeof(out->text), ".");
    }
}

/* The point of a that a claim of "it depends on the setting" is about: the leader in a or in b, whichever is
 * not the baseline and ran in both. -1 = none. */
static int find_candidate(const spoti_setting *a, const spoti_setting *b)
{
    const int mine = a->out->verdict.leader;
    if (mine >= 0 && mine != a->out->baseline && find_name(b, a->points[mine]->name) >= 0) {
        return mine;
    }
    const int other = b->out->verdict.leader;
    return other >= 0 && other != b->out->baseline ? find_name(a, b->points[other]->name) : -1;
}

static spot_stats_count counts_of(const spoti_setting *s, int i)
{
    return (spot_stats_count){.successes = s->out->points[i].successes,
                              .n = s->out->points[i].trials};
}

static spot_stats_score score_of(const spoti_setting *s, int i)
{
    return (spot_stats_score){.sum = s->points[i]->value[SPOTI_SCORE],
                              .n = s->out->points[i].trials};
}

/* The one-sided p that i of a (j of b) gains more over the baseline in a, and its name. False = no test. */
static bool test_interaction(const spoti_setting *a, int i, const spoti_setting *b, int j,
                             const char **name, spot_stats_test_result *test)
{
    const int at[2] = {a->out->baseline, b->out->baseline};
    const spot_analysis_point *p[4] = {&a->out->points[i], &a->out->points[at[0]],
                                       &b->out->points[j], &b->out->points[at[1]]};
    bool counted = true;
    bool graded = true;
    for (int k = 0; k < 4; k++) {
        counted = counted && p[k]->has_count;
        graded = graded && p[k]->graded;
    }
    if (graded) {
        const spot_stats_score_pair first = {score_of(a, i), score_of(a, at[0])};
        const spot_stats_score_pair second = {score_of(b, j), score_of(b, at[1])};
        spot_stats_graded_result r;
        const double most = a->points[i]->value[SPOTI_SCORE_MAX];
        bool ok = spot_stats_interaction_graded(&first, &second, most, &r) == SPOT_OK;
        *name = "scores with the largest variance";
        *test = r.test;
        return ok;
    }
    const spot_stats_stratum first = {counts_of(a, i), counts_of(a, at[0])};
    const spot_stats_stratum second = {counts_of(b, j), counts_of(b, at[1])};
    spot_stats_interaction_result r;
    bool ok = counted && spot_stats_interaction_counts(&first, &second, &r) == SPOT_OK;
    *name = "exact test of one odds ratio";
    *test = r.test;
    return ok;
}

/* Double differences on the seeds that all four points ran: what i of a costs over its baseline, less what j of
 * b does over its own. Returns how many; 0 if some unit is more than one seed of all. */
static int double_differences(const spoti_setting *a, int i, const spoti_setting *b, int j,
                              double *out)
{
    const double price[2] = {spoti_price(a, i, a->out->baseline),
                             spoti_price(b, j, b->out->baseline)};
    int n = 0;
    for (int u = 0, v = 0; u < a->n_unit && v < b->n_unit;) {
        if (a->keys[u] != b->keys[v]) {
            *(a->keys[u] < b->keys[v] ? &u : &v) += 1;
            continue;
        }
        const spoti_unit *x[2] = {spoti_unit_at(a, i, u), spoti_unit_at(a, a->out->baseline, u)};
        const spoti_unit *y[2] = {spoti_unit_at(b, j, v), spoti_unit_at(b, b->out->baseline, v)};
        if (x[0]->n != 1.0 || x[1]->n != 1.0 || y[0]->n != 1.0 || y[1]->n != 1.0) {
            return 0;
        }
        out[n++] =
            spoti_cost(a, x[0], i, price[0]) - spoti_cost(a, x[1], a->out->baseline, price[0]) -
            spoti_cost(b, y[0], j, price[1]) + spoti_cost(b, y[1], b->out->baseline, price[1]);
        u++;
        v++;
    }
    return n;
}

/* The same question on shared seeds: signs of the double differences flipped. False = seeds are not shared. */
static bool flip_interaction(const spoti_setting *a, int i, const spoti_setting *b, int j,
                             spot_stats_test_result *test)
{
    const bool comparable = a->n_unit > 0 && b->n_unit > 0 && a->keys != NULL && b->keys != NULL &&
                            a->objective == b->objective && spoti_has_costs(a) &&
                            spoti_has_costs(b);
    const spot_allocator *allocator = a->log->config.allocator;
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_result r[2];
    if (!comparable) {
        return false;
    }
    double *d = spoti_alloc(allocator, (size_t)a->n_unit, sizeof(*d));
    const int n = d != NULL ? double_differences(a, i, b, j, d) : 0;
    spot_stats_sign_flip_config_default(&config);
    config.n_draw = spoti_draws(a);
    config.seed = a->log->config.seed;
    bool ok = n > 0 && spot_stats_sign_flip(&config, d, n, &r[0]) == SPOT_OK;
    for (int k = 0; k < n; k++) {
        d[k] = -d[k];
    }
    ok = ok && spot_stats_sign_flip(&config, d, n, &r[1]) == SPOT_OK;
    spoti_free(allocator, d, (size_t)a->n_unit * sizeof(*d));
    if (ok) {
        *test = (spot_stats_test_result){.p_candidate_better = r[0].p, .p_baseline_better = r[1].p};
    }
    return ok;
}

/* By shared seeds where there are such, else by the counts. */
static bool ask_interaction(const spoti_setting *a, int i, const spoti_setting *b, int j,
                            const char **name, spot_stats_test_result *test)
{
    *name = "sign-flip of double differences";
    return flip_interaction(a, i, b, j, test) ||
           (spoti_success_decides(a) && test_interaction(a, i, b, j, name, test));
}

/* "It depends on the computer" is one claim about a difference of differences, not two separate tests. */
static void say_interaction(spot_analysis *out, const spoti_setting *a, const spoti_setting *b)
{
    const int i = find_candidate(a, b);
    const int j = i >= 0 ? find_name(b, a->points[i]->name) : -1;
    const char *name = "";
    spot_stats_test_result test;
    if (j < 0 || j == b->out->baseline || i == a->out->baseline ||
        strcmp(a->points[a->out->baseline]->name, b->points[b->out->baseline]->name) != 0 ||
        !ask_interaction(a, i, b, j, &name, &test)) {
        return;
    }
    const bool first = test.p_candidate_better <= test.p_baseline_better;
    /* the direction is the data's, so both count */
    const double p = fmin(1.0, 2.0 * (first ? test.p_candidate_better : test.p_baseline_better));
    spoti_say(out->text, sizeof(out->text),
              "%sWhether '%s' gains more over '%s' in '%s' than in '%s' is one question: %s "
              "(interaction, %s, two-sided p = %.2g).",
              out->text[0] != '\0' ? " " : "", a->points[i]->name,
              a->points[a->out->baseline]->name, first ? a->source->name : b->source->name,
              first ? b->source->name : a->source->name,
              p < SPOT_STATS_LEVEL ? "it does" : "that is not established", name, p);
}

void spoti_say_together(spot_analysis *out, const spoti_setting *work)
{
    for (int a = 0; a < out->n_settings; a++) {
        for (int b = 0; b < out->n_settings; b++) {
            if (a != b && work[a].out->regime == work[b].out->regime) {
                say_reversal(out, &work[a], &work[b]);
            }
            if (a < b && work[a].out->regime == work[b].out->regime) {
                say_interaction(out, &work[a], &work[b]);
            }
        }
    }
}
