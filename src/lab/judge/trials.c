/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How many trials would tell two points apart, by the power of the test that decides between them: exact for
 * counts, by studies drawn from the differences at hand for times, and enough that failures too rare to be
 * seen do not undo a lead.
 *
 * The difference is the one at hand, which is itself uncertain, so a number comes with the range that its
 * 95 % interval allows; or the smallest effect that the user cares about, and then there is no range.
 */
#include <math.h>

#include "core/base/alloc.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"
#include "spot/stats_power.h"
#include "spot/stats_tests.h"

/* One-sided level and power that a wish has: corrected for n_test comparisons, of which the wanted claim
 * takes n_claim rejections at once (both ends of an interior best). */
static spot_stats_power_config wish_of(int n_test, int n_claim)
{
    spot_stats_power_config config;
    spot_stats_power_config_default(&config);
    config.two_sided = false;
    config.level = SPOT_STATS_LEVEL / (n_test > 1 ? n_test : 1);
    config.power = 1.0 - (1.0 - config.power) / n_claim;
    return config;
}

/* A number that asks no more than `lo` and no less than `hi` of a stronger and a weaker truth. */
static spot_quantity as_range(double value, double lo, double hi)
{
    return (spot_quantity){.known = true, .has_ci = true, .value = value, .lo = lo, .hi = hi};
}

/* Counts ---------------------------------------------------------------------------------------- */

/* Trials by a law of two rates that lie `difference` apart; infinite where they do not. */
typedef double (*trials_fn)(const spot_stats_power_config *wish, double level_of_both,
                            double difference);

static double trials_by(spot_status st, const spot_stats_trials *need)
{
    return st == SPOT_OK ? need->n_trial : HUGE_VAL;
}

/* both: the mean of the two rates. */
static double fisher_trials(const spot_stats_power_config *wish, double both, double difference)
{
    spot_stats_power_config w = *wish;
    spot_stats_trials need;
    w.rate_candidate = fmin(1.0, both + 0.5 * difference);
    w.rate_baseline = fmax(0.0, both - 0.5 * difference);
    return difference > 0.0 ? trials_by(spot_stats_trials_fisher(&w, &need), &need) : HUGE_VAL;
}

/* both: the rate of seeds on which the two points differ. */
static double mcnemar_trials(const spot_stats_power_config *wish, double both, double difference)
{
    spot_stats_power_config w = *wish;
    spot_stats_trials need;
    both = fmax(both, difference); /* so many seeds must differ at least */
    w.rate_candidate = 0.5 * (both + difference);
    w.rate_baseline = fmax(0.0, 0.5 * (both - difference));
    return difference > 0.0 ? trials_by(spot_stats_trials_mcnemar(&w, &need), &need) : HUGE_VAL;
}

/* Normal tails and the largest variance, as the test of scores has. */
static double graded_trials(const spot_stats_power_config *wish, double both, double difference)
{
    const double a = fmin(1.0, both + 0.5 * difference);
    const double b = fmax(0.0, both - 0.5 * difference);
    double level = 0.0;
    double power = 0.0;
    (void)spot_stats_normal_quantile(1.0 - wish->level, &level);
    (void)spot_stats_normal_quantile(wish->power, &power);
    const double z = level + power;
    return difference > 0.0
               ? ceil(z * z * (a * (1.0 - a) + b * (1.0 - b)) / (difference * difference))
               : HUGE_VAL;
}

/* The law's number, and those at the ends of the difference's interval; false = none. */
static bool by_law(const spoti_setting *s, trials_fn law, const spot_stats_power_config *wish,
                   double both, spot_quantity difference, spot_quantity *trials)
{
    const double effect = s->log->config.effect;
    const double value = law(wish, both, effect > 0.0 ? effect : difference.value);
    if (!isfinite(value)) {
        return false;
    }
    *trials = effect > 0.0
                  ? spoti_known(value)
                  : as_range(value, law(wish, both, difference.hi), law(wish, both, difference.lo));
    return true;
}

/* The share of the seeds that tell two points apart which i wins, as a difference of rates. */
static spot_quantity difference_of_seeds(int mine, int other, double n)
{
    spot_interval share = {0.0, 1.0};
    const double all = mine + other;
    (void)spot_stats_clopper_pearson(mine, mine + other, SPOT_STATS_CONFIDENCE, &share);
    return as_range((mine - other) / n, (2.0 * share.lo - 1.0) * all / n,
                    (2.0 * share.hi - 1.0) * all / n);
}

static bool trials_counted(const spoti_setting *s, int i, int j,
                           const spot_stats_power_config *wish, spot_quantity *trials)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    const double mean = 0.5 * (a->rate.value + b->rate.value);
    if (a->graded && b->graded) {
        const double d = a->rate.value - b->rate.value;
        const double half =
            1.959963984540054 * sqrt(a->rate.value * (1.0 - a->rate.value) / a->trials +
                                     b->rate.value * (1.0 - b->rate.value) / b->trials);
        return by_law(s, graded_trials, wish, mean, as_range(d, d - half, d + half), trials);
    }
    if (spoti_is_mcnemar(s, i, j) && s->compared[i] > 0) {
        const int mine = s->only[(size_t)i * (size_t)s->n + (size_t)j];
        const int other = s->only[(size_t)j * (size_t)s->n + (size_t)i];
        const double n = s->compared[i];
        return by_law(s, mcnemar_trials, wish, (mine + other) / n,
                      difference_of_seeds(mine, other, n), trials);
    }
    spot_interval d;
    return a->has_count && b->has_count &&
           spot_stats_newcombe((spot_stats_count){.successes = a->successes, .n = a->trials},
                               (spot_stats_count){.successes = b->successes, .n = b->trials},
                               SPOT_STATS_CONFIDENCE, &d) == SPOT_OK &&
           by_law(s, fisher_trials, wish, mean, as_range(a->rate.value - b->rate.value, d.lo, d.hi),
                  trials);
}

/* Times ----------------------------------------------------------------------------------------- */

/* Of a power near 0.8 in so many studies one standard error is .02, far less than the pilot's own. */
enum { N_STUDY = 400 };

/* P(at most k failures of n at that rate). */
static double few_failures(double rate, double k, double n)
{
    spot_stats_tails tails = {.upper = 1.0};
    return k < n && spot_stats_beta_tails(rate, k + 1.0, n - k, &tails) == SPOT_OK ? tails.upper
                                                                                   : 1.0;
}

/* How likely n trials with failures at `rate` prove that they are rarer than `undoing`. */
static double power_of_few(double rate, double undoing, double n, double level)
{
    double proves = -1.0; /* the most failures that still do */
    double fails = n;
    while (fails - proves > 1.0) {
        const double middle = floor(0.5 * (proves + fails));
        *(few_failures(undoing, middle, n) <= level ? &proves : &fails) = middle;
    }
    return proves < 0.0 ? 0.0 : few_failures(rate, proves, n);
}

/* Trials of i from which its failures, at the rate seen, prove to be rarer than would undo its lead over j. */
static double trials_rare(const spoti_setting *s, int i, int j, const spot_stats_power_config *wish)
{
    const spot_analysis_point *o = &s->out->points[i];
    const double rate = o->has_count ? 1.0 - o->rate.value : 0.0;
    const double effect = s->log->config.effect;
    double undoing = 0.0;
    double z[2] = {0};
    if (!spoti_undoing_rate(s, i, j, &undoing)) {
        return 0.0;
    }
    if (effect > 0.0) { /* what failures would cost as much as the user cares about */
        undoing = fmin(0.5, rate + effect * s->value[j] / (s->budget_s[i] - o->time_s.value));
    }
    if (rate <= 0.0) {
        return ceil(log(wish->level) / log1p(-undoing));
    }
    (void)spot_stats_normal_quantile(1.0 - wish->level, &z[0]);
    (void)spot_stats_normal_quantile(wish->power, &z[1]);
    const double root =
        (z[0] * sqrt(undoing * (1.0 - undoing)) + z[1] * sqrt(rate * (1.0 - rate))) /
        (undoing - rate);
    /* the normal law leads near to it, the binomial decides */
    double n = ceil(0.5 * root * root);
    while (undoing > rate && n < SPOT_STATS_MAX_TRIALS &&
           power_of_few(rate, undoing, n, wish->level) < wish->power) {
        n = ceil(1.02 * n);
    }
    return undoing > rate && n < SPOT_STATS_MAX_TRIALS ? n : HUGE_VAL;
}

/* So that it lies where the user's effect puts it; the spread stays. */
static void move_mean(double *difference, int n, double mean)
{
    double sum = 0.0;
    for (int u = 0; u < n; u++) {
        sum += difference[u];
    }
    for (int u = 0; u < n; u++) {
        difference[u] += mean - sum / n;
    }
}

/* What an episode counts against a time, or against joules per success. */
static double successes_of(const spoti_setting *s, int j)
{
    return s->objective == SPOTI_OBJECTIVE_ENERGY ? s->out->points[j].rate.value : 1.0;
}

/* Seeds of point i in one of its n units. */
static double seeds_of(const spoti_setting *s, int i, int n)
{
    return (double)s->compared[i] / n;
}

/* By the sign-flip test of the differences at hand, moved to the user's effect where there is one. */
static bool trials_flipped(const spoti_setting *s, int i, int j,
                           const spot_stats_power_config *wish, spot_quantity *trials)
{
    const spot_allocator *a = s->log->config.allocator;
    const size_t n_unit = (size_t)s->n_unit;
    const double effect = s->log->config.effect;
    spot_stats_pilot_config config;
    spot_stats_pilot_result r = {0};
    spot_stats_pilot_config_default(&config);
    config.level = wish->level;
    config.power = wish->power;
    config.seed = s->log->config.seed;
    config.n_study = N_STUDY;
    config.n_resample = effect > 0.0 ? 1 : config.n_resample; /* no range is asked for */
    const size_t n_work = spot_stats_pilot_work_size(s->n_unit, config.n_resample);
    double *difference = spoti_alloc(a, n_unit, sizeof(*difference));
    double *work = spoti_alloc(a, n_work, sizeof(*work));
    int n = 0;
    if (difference != NULL && work != NULL) {
        n = spoti_differences(s, i, j, difference);
        if (effect > 0.0) {
            move_mean(difference, n,
                      -effect * s->value[j] * successes_of(s, j) * seeds_of(s, i, n));
        }
    }
    if (n > 0) {
        (void)spot_stats_trials_sign_flip(&config, difference, n, work, &r);
    }
    spoti_free(a, difference, n_unit * sizeof(*difference));
    spoti_free(a, work, n_work * sizeof(*work));
    if (!r.is_found) {
        return false;
    }
    const double seeds = seeds_of(s, i, n);
    *trials = effect > 0.0 ? spoti_known(ceil(seeds * r.n_seed))
                           : as_range(ceil(seeds * r.n_seed), ceil(seeds * r.low),
                                      r.has_high ? ceil(seeds * r.high) : HUGE_VAL);
    return true;
}

/* From the p-value at hand: z grows as the root of the number of trials. */
static bool trials_scaled(const spoti_setting *s, int i, int j, const spot_stats_power_config *wish,
                          spot_quantity *trials)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    const int n = a->trials < b->trials ? a->trials : b->trials;
    double p = 1.0;
    double z[3] = {0};
    if (s->log->config.effect > 0.0 || !spoti_p_better(s, i, j, &p) || !(p < 0.5) || n < 1 ||
        spot_stats_normal_quantile(1.0 - p, &z[0]) != SPOT_OK || !(z[0] > 0.0)) {
        return false;
    }
    (void)spot_stats_normal_quantile(1.0 - wish->level, &z[1]);
    (void)spot_stats_normal_quantile(wish->power, &z[2]);
    const double ratio = (z[1] + z[2]) / z[0];
    *trials = spoti_known(ceil(n * ratio * ratio));
    return trials->value < 1e9;
}

bool spoti_trials(const spoti_setting *s, int i, int j, int n_test, int n_claim,
                  spot_quantity *trials)
{
    const spot_stats_power_config wish = wish_of(n_test, n_claim);
    *trials = (spot_quantity){0};
    if (i == j) {
        return false;
    }
    if (spoti_success_decides(s)) {
        return trials_counted(s, i, j, &wish, trials);
    }
    const bool found = spoti_flips_signs(s, i, j) ? trials_flipped(s, i, j, &wish, trials)
                                                  : trials_scaled(s, i, j, &wish, trials);
    const double rare = found ? trials_rare(s, i, j, &wish) : 0.0;
    if (!isfinite(rare)) {
        return false;
    }
    trials->value = fmax(trials->value, rare);
    trials->lo = fmax(trials->lo, rare);
    trials->hi = fmax(trials->hi, rare);
    return found;
}

/* Keeps the larger of two numbers, and of their ranges. */
static void take_larger(spot_quantity *most, const spot_quantity *trials)
{
    if (!most->known) {
        *most = *trials;
        return;
    }
    most->value = fmax(most->value, trials->value);
    most->lo = fmax(most->lo, trials->lo);
    most->hi = fmax(most->hi, trials->hi);
}

/* Trials for what is not established: an interior best against both ends, another best against the
 * baseline, a best baseline against the points that may be the best as well. */
void spoti_judge_trials(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    spot_quantity most = {0};
    spot_quantity trials;
    if (v->kind == SPOT_ANALYZE_KIND_INTERIOR) {
        if (v->p_interior.known && v->p_interior.value < SPOT_STATS_LEVEL) {
            return;
        }
        for (int k = 0; k < 2; k++) {
            if (!spoti_trials(s, v->best, s->line[k == 0 ? 0 : s->n_line - 1], s->n_line - 2, 2,
                              &trials)) {
                return;
            }
            take_larger(&most, &trials);
        }
    } else if (v->best != s->out->baseline) {
        const spot_quantity *p = &s->out->points[v->best].p_beats_baseline;
        if (!(p->known && p->value < SPOT_STATS_LEVEL) &&
            spoti_trials(s, v->best, s->out->baseline, s->n - 1, 1, &trials)) {
            most = trials;
        }
    } else {
        for (int i = 0; i < s->n; i++) {
            if (i != v->best && s->out->points[i].may_be_best &&
                spoti_trials(s, v->best, i, s->n - 1, 1, &trials)) {
                take_larger(&most, &trials);
            }
        }
    }
    v->trials_needed = most;
}
