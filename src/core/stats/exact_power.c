/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Exact power of Fisher's and McNemar's one-sided tests, and the trials that a wish needs.
 *
 * Fisher: with b successes of the weaker point, the test finds a difference from a critical count
 * c(b) of the other on, and c never falls as b grows, so that one walk along the border of the
 * rejected tables finds all of them. On the way the weight of the table (a, b),
 *     h = C(n, a) C(n, b) / C(2n, a + b),
 * follows from that of its neighbour by one quotient. Power = sum over b of P(b) P(A >= c(b)).
 * McNemar: d of n seeds are discordant, and given d the same holds with c(d) of binomial (d, 1/2).
 * Outcomes that Bernstein's inequality puts together below 1e-15 a side are left out.
 *
 * Approximation (Casagrande, Pike and Smith 1978 for Fisher): n0 = (s / delta)^2 by the normal law,
 * and
 *     n = n0 / 4 (1 + sqrt (1 + 4 / (n0 delta)))^2
 * with continuity: where the search starts, and the answer where it would be long.
 */
#include "spot/stats_power.h"

#include <math.h>

#include "core/base/config.h"
#include "core/stats/dist.h"

/* ln 1e15: outcomes rarer than that are left out */
static const double LN_RARE = 34.538776394910684;

/* A p this close to the level, relatively, equals it but for rounding: 1 / C(6, 3) is no less than
 * .05. */
static const double TIE = 1e-9;

/* One test between two rates. */
typedef struct design {
    double p; /* of the stronger point, p > q */
    double q;
    double tail;   /* one-sided level */
    double target; /* wanted power */
    spot_status (*power_at)(const struct design *d, int n, int extra, double *power);
} design;

/* P(X >= k) for X binomial (n, p), 1 <= k <= n */
static spot_status upper_tail(int k, int n, double p, double *out)
{
    spot_stats_tails t;
    spot_status st = spoti_beta_tails(p, 1.0 - p, k, n - k + 1.0, &t);
    *out = t.lower;
    return st;
}

/* P(X = k) for X binomial (n, p) */
static double probability(int k, int n, double p)
{
    if (k == 0) {
        return exp(n * log1p(-p));
    }
    if (k == n) {
        return exp(n * log(p));
    }
    return spoti_beta_factor(p, 1.0 - p, k, n - k) * ((double)n / k / (n - k));
}

/* The next value of a binomial and its probability. */
typedef struct outcomes {
    int k;
    int last;
    int n;
    double rate;
    double weight; /* P(X = k) */
} outcomes;

/* Starts at the lowest outcome that is not too rare; `last` is the highest. */
static outcomes likely_outcomes(int n, double rate)
{
    double mean = n * rate;
    double reach = LN_RARE / 3.0;
    reach += sqrt(reach * reach + 2.0 * LN_RARE * mean * (1.0 - rate));
    outcomes o = {.n = n, .rate = rate};
    o.k = (int)fmax(0.0, floor(mean - reach));
    o.last = (int)fmin(n, ceil(mean + reach));
    if (rate <= 0.0 || rate >= 1.0) {
        o.k = o.last = rate <= 0.0 ? 0 : n;
        o.weight = 1.0;
        return o;
    }
    o.weight = probability(o.k, n, rate);
    return o;
}

static void step_outcome(outcomes *o)
{
    if (o->k < o->last) { /* so the rate is neither 0 nor 1 */
        o->weight *= (double)(o->n - o->k) / (o->k + 1.0) * (o->rate / (1.0 - o->rate));
    }
    o->k++;
}

/* A table on the walk: a and b successes of n each. */
typedef struct place {
    int n;
    int a;
    int b;
    double h;
} place;

static void raise_a(place *w)
{
    double total = (double)w->a + w->b;
    w->h *= (w->n - w->a) / (w->a + 1.0) * ((total + 1.0) / (2.0 * w->n - total));
    w->a++;
}

static void raise_b(place *w)
{
    double total = (double)w->a + w->b;
    w->h *= (w->n - w->b) / (w->b + 1.0) * ((total + 1.0) / (2.0 * w->n - total));
    w->b++;
}

/* Is Fisher's p of this table below `tail`? Adds its terms until the rest, at most a geometric
 * series as their quotients fall, cannot change the answer. */
static bool is_found(const place *w, double tail)
{
    int total = w->a + w->b;
    double term = w->h;
    double sum = term;
    for (int k = w->a; sum < tail && k < w->n && k < total; k++) {
        double ratio = (double)(total - k) / (k + 1.0) * ((w->n - k) / (w->n - total + k + 1.0));
        if (ratio < 1.0 && sum + term * ratio / (1.0 - ratio) < tail) {
            return true;
        }
        term *= ratio;
        sum += term;
    }
    return sum < tail;
}

/* Power at n trials if the test asked `extra` more successes than it does. */
static spot_status fisher_power(const design *d, int n, int extra, double *power)
{
    double tail = d->tail * (1.0 - TIE);
    outcomes weak = likely_outcomes(n, d->q);
    place w = {.n = n, .a = weak.k, .b = weak.k};
    /* binomial at any rate; at this one none of them underflows */
    double rate = (double)weak.k / n;
    double side = probability(weak.k, n, rate);
    w.h = side * side / probability(2 * weak.k, 2 * n, rate);
    double sum = 0.0;
    while (weak.k <= weak.last) {
        while (w.a < n && !is_found(&w, tail)) {
            raise_a(&w);
        }
        if (w.a + extra > n || !is_found(&w, tail)) {
            break; /* and with more successes of the weaker point still less */
        }
        double found = 0.0;
        spot_status st = upper_tail(w.a + extra, n, d->p, &found);
        if (st != SPOT_OK) {
            return st;
        }
        sum += weak.weight * found;
        step_outcome(&weak);
        if (weak.k <= weak.last) {
            raise_b(&w);
        }
    }
    *power = fmin(sum, 1.0);
    return SPOT_OK;
}

/* Raises *c to the fewest wins of d discordant seeds that are found; beyond d if there are none. */
static spot_status raise_critical(int d, double tail, int *c)
{
    for (; *c <= d; (*c)++) {
        double p = 0.0;
        spot_status st = upper_tail(*c, d, 0.5, &p);
        if (st != SPOT_OK || p < tail) {
            return st;
        }
    }
    return SPOT_OK;
}

static spot_status mcnemar_power(const design *d, int n, int extra, double *power)
{
    double tail = d->tail * (1.0 - TIE);
    double discordant = fmin(d->p + d->q, 1.0);
    double share = d->p / (d->p + d->q);
    double sum = 0.0;
    outcomes o = likely_outcomes(n, discordant);
    int c = o.k / 2 + 1; /* half of them is never found at a level of at most 1/2 */
    for (; o.k <= o.last; step_outcome(&o)) {
        spot_status st = raise_critical(o.k, tail, &c);
        double found = 0.0;
        if (st == SPOT_OK && c + extra <= o.k) {
            st = upper_tail(c + extra, o.k, share, &found);
        }
        if (st != SPOT_OK) {
            return st;
        }
        sum += o.weight * found;
    }
    *power = fmin(sum, 1.0);
    return SPOT_OK;
}

void spot_stats_power_config_default(spot_stats_power_config *config)
{
    *config =
        (spot_stats_power_config){.size = sizeof(*config), .level = SPOT_STATS_LEVEL, .power = 0.8};
}

static bool is_wish(const spot_stats_power_config *c)
{
    return c->rate_candidate >= 0.0 && c->rate_candidate <= 1.0 && c->rate_baseline >= 0.0 &&
           c->rate_baseline <= 1.0 && c->rate_candidate != c->rate_baseline && c->level > 0.0 &&
           c->level <= 0.5 && c->power >= 0.5 && c->power < 1.0;
}

static design design_of(const spot_stats_power_config *c)
{
    return (design){.p = fmax(c->rate_candidate, c->rate_baseline),
                    .q = fmin(c->rate_candidate, c->rate_baseline),
                    .tail = c->two_sided ? 0.5 * c->level : c->level,
                    .target = c->power};
}

/* Normal approximation with continuity; sd_null and sd: of a trial's difference, if the points are
 * equal and if they are not. */
static spot_status approximate(const design *d, double sd_null, double sd, double *n)
{
    double z_level = 0.0;
    double z_power = 0.0;
    spot_status st = spot_stats_normal_quantile(d->tail, &z_level);
    if (st == SPOT_OK) {
        st = spot_stats_normal_quantile(1.0 - d->target, &z_power);
    }
    double delta = d->p - d->q;
    double root = (z_level * sd_null + z_power * sd) / delta; /* negative; its square counts */
    double stretch = 1.0 + sqrt(1.0 + 4.0 / (root * root * delta));
    *n = ceil(root * root / 4.0 * stretch * stretch);
    return st;
}

/* The trials of a design, from the approximation `start` on. */
static spot_status search(const design *d, double start, spot_stats_trials *out)
{
    if (!(start <= SPOT_STATS_MAX_TRIALS)) {
        return SPOT_E_RANGE;
    }
    *out = (spot_stats_trials){.n_trial = (int)start, .power = d->target};
    if (start > SPOT_STATS_MAX_EXACT_TRIALS) {
        return SPOT_OK;
    }

    /* ahead, to a number that is safe for good */
    int n = start < 1.0 ? 1 : (int)start;
    double power = 0.0;
    spot_status st = d->power_at(d, n, 1, &power);
    while (st == SPOT_OK && power < d->target) {
        n += 1 + (int)(sqrt(n) / 4.0); /* an eighth or so of the way that one success takes */
        st = d->power_at(d, n, 1, &power);
    }

    /* and back while the power holds */
    out->is_exact = true;
    while (st == SPOT_OK && n > 0) {
        st = d->power_at(d, n, 0, &power);
        if (power < d->target) {
            break;
        }
        out->n_trial = n--;
        out->power = power;
    }
    return st;
}

spot_status spot_stats_power_fisher(const spot_stats_power_config *config, int n_trial,
                                    double *power)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_power_config, config, NULL) != SPOT_OK || power == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_wish(config) || n_trial < 1 || n_trial > SPOT_STATS_MAX_EXACT_TRIALS) {
        return SPOT_E_RANGE;
    }
    const design d = design_of(config);
    return fisher_power(&d, n_trial, 0, power);
}

spot_status spot_stats_power_mcnemar(const spot_stats_power_config *config, int n_trial,
                                     double *power)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_power_config, config, NULL) != SPOT_OK || power == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_wish(config) || config->rate_candidate + config->rate_baseline > 1.0 || n_trial < 1 ||
        n_trial > SPOT_STATS_MAX_EXACT_TRIALS) {
        return SPOT_E_RANGE;
    }
    const design d = design_of(config);
    return mcnemar_power(&d, n_trial, 0, power);
}

spot_status spot_stats_trials_fisher(const spot_stats_power_config *config, spot_stats_trials *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_power_config, config, NULL) != SPOT_OK || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_wish(config)) {
        return SPOT_E_RANGE;
    }
    design d = design_of(config);
    d.power_at = fisher_power;
    double mean = 0.5 * (d.p + d.q);
    double start = 0.0;
    spot_status st = approximate(&d, sqrt(2.0 * mean * (1.0 - mean)),
                                 sqrt(d.p * (1.0 - d.p) + d.q * (1.0 - d.q)), &start);
    return st == SPOT_OK ? search(&d, start, out) : st;
}

spot_status spot_stats_trials_mcnemar(const spot_stats_power_config *config, spot_stats_trials *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_power_config, config, NULL) != SPOT_OK || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_wish(config) || config->rate_candidate + config->rate_baseline > 1.0) {
        return SPOT_E_RANGE;
    }
    design d = design_of(config);
    d.power_at = mcnemar_power;
    double discordant = d.p + d.q;
    double delta = d.p - d.q;
    double start = 0.0;
    spot_status st =
        approximate(&d, sqrt(discordant), sqrt(fmax(0.0, discordant - delta * delta)), &start);
    return st == SPOT_OK ? search(&d, start, out) : st;
}
