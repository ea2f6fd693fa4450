/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How often the judge claims what is not so, and how often it finds what is: whole studies are drawn, judged
 * as a log is, and the claims of their verdicts counted.
 *
 *   test_claims                 the error rates of some rows, against their bound
 *   test_claims null N [ROWS]   the tables of docs/claims.md, N studies a row; the null table from its row
 *   test_claims power N         ROWS on
 *
 * Times are a seed's difficulty times a point's luck, both log-normal; a failure is charged 40 s.
 */
#include <math.h>
#include <stdlib.h>

#include "judged.h"
#include "spot/rng.h"
#include "spot/stats_tests.h"

enum { POINTS_MAX = 10, STUDIES = 2000, TEST_STUDIES = 200, ROW_SIZE = 96, RESAMPLES = 400 };

static const double BUDGET_S = 40.0;
static const double TIME_S = 6.0; /* mean budget time of a point */
/* Of 200 studies: 5 %, and four standard deviations of such a share. */
static const double MOST = 0.05 + 4.0 * 0.0154;

/* What is drawn. The baseline is point 0; chunks of the others are faster, so each could show a paradox. */
typedef struct truth {
    const char *name;
    bool dynamic;
    double fails[POINTS_MAX];  /* rate of failures */
    double time_s[POINTS_MAX]; /* mean budget time, dynamic: of no matter */
} truth;

/* Claims of one verdict, or their shares. */
typedef struct claims {
    double better, worse, best, paradox, interior;
    double missed; /* the set of the best lacks the true best, or with equal points the baseline */
    double seen;   /* the first beats the baseline, at least when it succeeds */
    double old; /* by the rule before: Holm over tests against the point picked on the same seeds */
} claims;

static int put_row(char *text, int size, const truth *t, int i, int seed, double hard,
                   spot_rng *rng)
{
    const bool success = spot_rng_uniform(rng, 0.0, 1.0) >= t->fails[i];
    /* mean 1: exp(s z - s^2 / 2) */
    const double luck = exp(0.3 * spot_rng_normal(rng) - 0.045);
    const double mean = (t->time_s[i] - t->fails[i] * BUDGET_S) / (1.0 - t->fails[i]);
    const double time = t->dynamic ? TIME_S : fmin(mean * hard * luck, BUDGET_S - 1e-3);
    const double t_inf = 0.5 / (i + 1);
    return snprintf(text, (size_t)size, "p%d,%d,%d,%.6f,%.4f,%.6f,0.1,8,%g\n", i, seed, success,
                    success ? time : BUDGET_S, fmax(1.0, time / (t_inf + 0.8)), t_inf, BUDGET_S);
}

static char *draw(const truth *t, int n_seed, int n_point, int study)
{
    const int size = ROW_SIZE * (n_seed * n_point + 1);
    char *text = malloc((size_t)size);
    int used =
        snprintf(text, (size_t)size,
                 "point,seed,success,time_s,chunks,t_inf_s,t_act_s,chunk_actions,budget_s\n");
    for (int k = 0; k < n_seed; k++) {
        spot_rng rng = spot_rng_at(11, SPOT_STREAM_RESET, (uint64_t)study * 1000 + (uint64_t)k);
        const double hard = exp(0.3 * spot_rng_normal(&rng) - 0.045);
        for (int i = 0; i < n_point; i++) {
            used += put_row(text + used, size - used, t, i, k, hard, &rng);
        }
    }
    return text;
}

/* Whether the old rule tells the first from the baseline. */
static bool old_rule(const spot_analysis_setting *s)
{
    double p[POINTS_MAX];
    double holm[POINTS_MAX];
    int order[POINTS_MAX];
    int at_base = -1;
    int n = 0;
    for (int i = 0; i < s->n_points; i++) {
        if (i != s->verdict.best && s->points[i].p_best_alone.known) {
            at_base = i == s->baseline ? n : at_base;
            p[n++] = s->points[i].p_best_alone.value;
        }
    }
    return at_base >= 0 && spot_stats_holm(p, n, order, holm) == SPOT_OK && holm[at_base] < 0.05;
}

static void count(const fixture *f, int best, claims *c)
{
    bool better = false;
    bool worse = false;
    for (int i = 0; i < f->s->n_points; i++) {
        const spot_analysis_point *o = &f->points[i];
        better = better || (o->p_beats_baseline.known && o->p_beats_baseline.value < 0.05);
        worse = worse || (o->p_behind.known && o->p_behind.value < 0.05);
    }
    c->better += better;
    c->worse += worse;
    c->best += strstr(f->v->text, "is best") != NULL;
    c->paradox += f->v->static_paradox == SPOT_ANALYZE_ESTABLISHED ||
                  f->v->dynamic_paradox == SPOT_ANALYZE_ESTABLISHED;
    c->interior += f->v->p_interior.known && f->v->p_interior.value < 0.05;
    c->missed += f->points[best].p_best.known && !f->points[best].may_be_best;
    c->seen += f->v->beats_baseline || strstr(f->v->text, "is faster when it succeeds:") != NULL;
    c->old += old_rule(f->s);
}

static claims shares(const truth *t, int n_seed, int n_point, int n_study)
{
    claims c = {0};
    int best = 0;
    for (int i = 1; i < n_point; i++) {
        const bool less =
            t->dynamic ? t->fails[i] < t->fails[best] : t->time_s[i] < t->time_s[best];
        best = less ? i : best;
    }
    for (int study = 0; study < n_study; study++) {
        spot_analyze_config config =
            judged_config(t->dynamic ? SPOT_ANALYZE_DYNAMIC : SPOT_ANALYZE_STATIC);
        config.resamples = RESAMPLES;
        config.effect = 0.001; /* trials needed are not looked at: very many, by the normal law */
        config.seed = (uint64_t)study + 1;
        char *text = draw(t, n_seed, n_point, study);
        fixture f = judged_by(&config, text);
        count(&f, best, &c);
        done(&f);
        free(text);
    }
    double *share = &c.better;
    for (size_t k = 0; k < sizeof(c) / sizeof(*share); k++) {
        share[k] /= n_study;
    }
    return c;
}

/* All points alike but for the failures of some: equal successes, or equal budget time. */
static truth equal_points(const char *name, bool dynamic, double fails, int only)
{
    truth t = {.name = name, .dynamic = dynamic};
    for (int i = 0; i < POINTS_MAX; i++) {
        t.fails[i] = only < 0 || i == only ? fails : 0.0;
        t.time_s[i] = TIME_S;
    }
    return t;
}

enum { N_NULL = 5 };

static void null_truths(truth t[N_NULL])
{
    t[0] = equal_points("static, all alike", false, 0.0, -1);
    t[1] = equal_points("static, each fails 5 %", false, 0.05, -1);
    t[2] = equal_points("static, point 1 fails 2 %", false, 0.02, 1);
    t[3] = equal_points("static, baseline fails 2 %", false, 0.02, 0);
    t[4] = equal_points("dynamic, each fails 20 %", true, 0.2, -1);
}

static const int NULL_SEEDS[] = {5, 20, 100};
static const int NULL_POINTS[] = {2, 5, 10};

static double worst_of(const claims *c)
{
    return fmax(fmax(fmax(c->better, c->worse), fmax(c->best, c->paradox)),
                fmax(c->interior, c->missed));
}

static void assert_rarely(const truth *t, int n_seed, int n_point)
{
    const claims c = shares(t, n_seed, n_point, TEST_STUDIES);
    if (worst_of(&c) > MOST) {
        fail_msg("%s, %d seeds, %d points: %.3f", t->name, n_seed, n_point, worst_of(&c));
    }
}

static void equal_points_are_rarely_told_apart(void **state)
{
    truth t[N_NULL];
    (void)state;
    null_truths(t);
    for (int k = 0; k < N_NULL;
         k++) { /* many points of many seeds take the most time: docs/claims.md has them */
        assert_rarely(&t[k], 20, 2);
        assert_rarely(&t[k], 20, 10);
        assert_rarely(&t[k], 100, 2);
    }
}

/* From row `first` on, and the head if that is the first of all. */
static void print_null(int n_study, int first)
{
    truth t[N_NULL];
    null_truths(t);
    if (first == 0) {
        printf(
            "| truth | seeds | points | better | worse | is best | paradox | interior | set misses "
            "| before |\n|---|---|---|---|---|---|---|---|---|---|\n");
    }
    for (int row = first; row < N_NULL * 9; row++) {
        const int n_seed = NULL_SEEDS[row / 3 % 3];
        const int n_point = NULL_POINTS[row % 3];
        const claims c = shares(&t[row / 9], n_seed, n_point, n_study);
        printf("| %s | %d | %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n",
               t[row / 9].name, n_seed, n_point, 100 * c.better, 100 * c.worse, 100 * c.best,
               100 * c.paradox, 100 * c.interior, 100 * c.missed, 100 * c.old);
        (void)fflush(stdout);
    }
}

/* Five points; the third takes so much less time, or fails so much less. */
static truth one_better(bool dynamic, double base, double best)
{
    truth t = equal_points("", dynamic, dynamic ? base : 0.0, -1);
    t.fails[2] = dynamic ? best : 0.0;
    t.time_s[2] = dynamic ? TIME_S : TIME_S * (1.0 - best);
    return t;
}

static void print_power(int n_study)
{
    static const struct {
        bool dynamic;
        double base, best;
        const char *name;
    } rows[] = {
        {false, 0.0, 0.05, "5 % faster"},
        {false, 0.0, 0.1, "10 % faster"},
        {false, 0.0, 0.2, "20 % faster"},
        {true, 0.32, 0.24, "76 against 68 % succeed"},
        {true, 0.5, 0.2, "80 against 50 % succeed"},
    };
    static const int seeds[] = {20, 50, 100, 250};
    printf("| truth | seeds | better | ... or when it succeeds | is best | interior | before |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
        const truth t = one_better(rows[k].dynamic, rows[k].base, rows[k].best);
        for (int a = 0; a < 4; a++) {
            const claims c = shares(&t, seeds[a], 5, n_study);
            printf("| %s | %d | %.0f | %.0f | %.0f | %.0f | %.0f |\n", rows[k].name, seeds[a],
                   100 * c.better, 100 * c.seen, 100 * c.best, 100 * c.interior, 100 * c.old);
            (void)fflush(stdout);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_points_are_rarely_told_apart),
    };
    const int n_study = argc > 2 ? (int)strtol(argv[2], NULL, 10) : STUDIES;
    if (argc > 1 && strcmp(argv[1], "power") == 0) {
        print_power(n_study);
        return 0;
    }
    if (argc > 1) {
        print_null(n_study, argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
