/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Latencies that are more than a mean and a spread: quantiles, mixtures, traces; and all that draws one.
 *
 * A draw uses the stream of latencies at (seed, index) and nothing else. Moments are those of the
 * population, so that what reports say is what is charged:
 *     quantiles   a piecewise linear inverse distribution: over a piece of width w from a to b the mean is
 *                 w (a + b) / 2 and the second moment w (a^2 + a b + b^2) / 3
 *     mixture     sum of w m; sum of w (s^2 + (m - mean)^2)
 *     trace       mean and standard deviation over its calls (n, not n - 1: these calls are all there is)
 */
#include "spot/latency.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/elementary.h"
#include "core/base/hash.h"
#include "lab/platform/platform.h"

static const double CALL_MAX_S = 1e-3 * SPOTI_LATENCY_MAX_MS;

/* Relative error of a mean over this many draws: below 0.2 % for a spread of 10 %. */
enum { N_DRAW = 4096 };

struct spot_latency_shape {
    const spot_allocator *allocator;
    spot_latency_kind kind;
    spot_latency_draw_order order;
    int n;
    double *rest_s;   /* (n) */
    double *first_s;  /* (n) or NULL */
    double *of;       /* (n): levels; of a mixture the weights, summed up to 1; or NULL */
    double *spread_s; /* (n) or NULL */
    double mean_s;
    double sd_s;
    uint64_t hash;
};

void spot_latency_shape_config_default(spot_latency_shape_config *config)
{
    if (config == NULL) {
        return;
    }
    memset(config, 0, sizeof(*config));
    config->size = sizeof(*config);
    config->kind = SPOT_LATENCY_TRACE;
    config->order = SPOT_LATENCY_IN_ORDER;
}

/* ---- checks ---- */

static bool is_call(double x)
{
    return x >= 0.0 && x <= CALL_MAX_S;
}

static spot_status check_value(const spot_latency_shape_config *c, int i, spot_diag *diag)
{
    if (!is_call(c->rest_s[i])) {
        return spot_diag_set(diag, SPOT_E_RANGE, "rest_s[%d] is %g s, expected 0 to %g", i,
                             c->rest_s[i], CALL_MAX_S);
    }
    if (c->first_s != NULL && !(c->first_s[i] >= 0.0 && c->first_s[i] <= c->rest_s[i])) {
        return spot_diag_set(diag, SPOT_E_RANGE, "first_s[%d] is %g s, expected 0 to rest_s, %g", i,
                             c->first_s[i], c->rest_s[i]);
    }
    if (c->spread_s != NULL && !is_call(c->spread_s[i])) {
        return spot_diag_set(diag, SPOT_E_RANGE, "spread_s[%d] is %g s, expected 0 to %g", i,
                             c->spread_s[i], CALL_MAX_S);
    }
    if (c->kind == SPOT_LATENCY_MIXTURE && !(c->of[i] > 0.0 && c->of[i] <= 1e9)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "of[%d] is %g, expected a weight above 0", i,
                             c->of[i]);
    }
    if (c->kind != SPOT_LATENCY_QUANTILES) {
        return SPOT_OK;
    }
    const double before = i > 0 ? c->of[i - 1] : -1.0;
    if (!(c->of[i] >= 0.0 && c->of[i] <= 1.0 && c->of[i] > before)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "of[%d] is %g, expected levels 0..1 that rise", i,
                             c->of[i]);
    }
    if (i > 0 && (c->rest_s[i] < c->rest_s[i - 1] ||
                  (c->first_s != NULL && c->first_s[i] < c->first_s[i - 1]))) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "the times at of[%d] fall, expected that they rise", i);
    }
    return SPOT_OK;
}

static spot_status check(const spot_latency_shape_config *c, spot_diag *diag)
{
    const bool is_trace = c->kind == SPOT_LATENCY_TRACE;
    const int most = is_trace ? SPOT_LATENCY_TRACE_MAX : SPOT_LATENCY_TABLE_MAX;
    if (c->rest_s == NULL || (int)c->kind < 0 || c->kind > SPOT_LATENCY_TRACE ||
        (int)c->order < 0 || c->order > SPOT_LATENCY_BY_SEED || is_trace != (c->of == NULL) ||
        (c->spread_s != NULL && c->kind != SPOT_LATENCY_MIXTURE)) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "a shape of kind %d lacks an array, or has one "
                             "too many",
                             (int)c->kind);
    }
    if (c->n < 1 || c->n > most) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d values, expected 1..%d", c->n, most);
    }
    spot_status st = SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < c->n; i++) {
        st = check_value(c, i, diag);
    }
    return st;
}

/* ---- life ---- */

/* A copy of `from` (n), or NULL of NULL; false if there is no memory. */
static bool copy(spot_latency_shape *s, const double *from, double **to)
{
    const size_t n = (size_t)s->n;
    if (from == NULL) {
        return true;
    }
    *to = (double *)spoti_alloc(s->allocator, n, sizeof(**to));
    if (*to != NULL) {
        memcpy(*to, from, n * sizeof(**to));
        s->hash = spoti_hash(s->hash, from, n * sizeof(*from));
    }
    return *to != NULL;
}

/* The weights of a mixture become the upper ends of their shares of 0..1. */
static void add_up_weights(spot_latency_shape *s)
{
    double sum = 0.0;
    for (int i = 0; i < s->n; i++) {
        sum += s->of[i];
        s->of[i] = sum;
    }
    for (int i = 0; i < s->n; i++) {
        s->of[i] /= sum;
    }
}

/* The share of the population that is at value i, and how it varies around the mean there. Of quantiles,
 * piece i runs from value i - 1 to value i; piece n is the constant end. */
static double share_of(const spot_latency_shape *s, int i)
{
    if (s->kind == SPOT_LATENCY_TRACE) {
        return 1.0 / s->n;
    }
    return (i < s->n ? s->of[i] : 1.0) - (i > 0 ? s->of[i - 1] : 0.0);
}

static void find_moments(spot_latency_shape *s)
{
    const bool pieces = s->kind == SPOT_LATENCY_QUANTILES;
    const int n = pieces ? s->n + 1 : s->n;
    double mean = 0.0;
    double variance = 0.0;
    for (int i = 0; i < n; i++) {
        const double b = s->rest_s[i < s->n ? i : s->n - 1];
        const double a = pieces && i > 0 ? s->rest_s[i - 1] : b;
        mean += share_of(s, i) * 0.5 * (a + b);
    }
    for (int i = 0; i < n; i++) {
        const double b = s->rest_s[i < s->n ? i : s->n - 1] - mean;
        const double a = pieces && i > 0 ? s->rest_s[i - 1] - mean : b;
        const double sd = s->spread_s != NULL ? s->spread_s[i] : 0.0;
        variance += share_of(s, i) * ((a * a + a * b + b * b) / 3.0 + sd * sd);
    }
    /* The mean of equal values is that value, not one that differs in its last bit. */
    bool varies = false;
    for (int i = 0; i < s->n; i++) {
        varies =
            varies || s->rest_s[i] != s->rest_s[0] || (s->spread_s != NULL && s->spread_s[i] > 0.0);
    }
    s->mean_s = varies ? mean : s->rest_s[0];
    s->sd_s = varies ? sqrt(variance) : 0.0;
}

void spot_latency_shape_destroy(spot_latency_shape *shape)
{
    if (shape == NULL) {
        return;
    }
    const size_t size = (size_t)shape->n * sizeof(double);
    spoti_free(shape->allocator, shape->rest_s, size);
    spoti_free(shape->allocator, shape->first_s, size);
    spoti_free(shape->allocator, shape->of, size);
    spoti_free(shape->allocator, shape->spread_s, size);
    spoti_free(shape->allocator, shape, sizeof(*shape));
}

spot_status spot_latency_shape_create(const spot_latency_shape_config *config,
                                      spot_latency_shape **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    spot_status st = SPOTI_CONFIG_CHECK(spot_latency_shape_config, config, diag);
    st = st == SPOT_OK ? check(config, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    spot_latency_shape *s = (spot_latency_shape *)spoti_calloc(config->allocator, 1, sizeof(*s));
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->allocator = config->allocator;
    s->kind = config->kind;
    s->order = config->order;
    s->n = config->n;
    const int32_t what[] = {(int32_t)s->kind, (int32_t)s->order, s->n, config->first_s != NULL,
                            config->spread_s != NULL};
    s->hash = spoti_hash(SPOTI_HASH_START, what, sizeof(what));
    if (!copy(s, config->rest_s, &s->rest_s) || !copy(s, config->first_s, &s->first_s) ||
        !copy(s, config->of, &s->of) || !copy(s, config->spread_s, &s->spread_s)) {
        spot_latency_shape_destroy(s);
        return SPOT_E_NOMEM;
    }
    if (s->kind == SPOT_LATENCY_MIXTURE) {
        add_up_weights(s);
    }
    find_moments(s);
    *out = s;
    return SPOT_OK;
}

void spot_latency_use(spot_latency *latency, const spot_latency_shape *shape)
{
    latency->shape = shape;
    if (shape != NULL) {
        latency->mean_s = shape->mean_s;
        latency->spread_s = shape->sd_s;
    }
}

uint64_t spot_latency_shape_hash(const spot_latency_shape *shape)
{
    return shape != NULL ? shape->hash : 0;
}

/* ---- drawing ---- */

/* One draw of a log-normal variate; the mean itself if the spread is 0. */
static double draw_log_normal(double mean_s, double spread_s, spot_rng *rng)
{
    if (!(spread_s > 0.0) || !(mean_s > 0.0)) {
        return mean_s;
    }
    /* X = exp(mu + sigma Z): mean exp(mu + sigma^2 / 2), variance (exp(sigma^2) - 1) mean^2. */
    double ratio = spread_s / mean_s;
    double variance = spoti_log(1.0 + ratio * ratio);
    return mean_s * spoti_exp(sqrt(variance) * spot_rng_normal(rng) - 0.5 * variance);
}

double spot_latency_draw(const spot_latency *latency, spot_rng *rng)
{
    return draw_log_normal(latency->mean_s, latency->spread_s, rng);
}

/* Call i of the values; chunks come whole where t1 is not known. */
static spot_latency_call call_of(const spot_latency_shape *s, int i)
{
    return (spot_latency_call){.first_s = s->first_s != NULL ? s->first_s[i] : s->rest_s[i],
                               .rest_s = s->rest_s[i]};
}

/* The first value whose level is more than u; n if there is none. */
static int find_level(const spot_latency_shape *s, double u)
{
    int lo = 0;
    int hi = s->n;
    while (lo < hi) {
        const int mid = lo + (hi - lo) / 2;
        if (s->of[mid] > u) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return lo;
}

static spot_latency_call draw_quantile(const spot_latency_shape *s, double u)
{
    const int i = find_level(s, u);
    if (i == 0 || i == s->n) {
        return call_of(s, i == 0 ? 0 : s->n - 1);
    }
    const spot_latency_call a = call_of(s, i - 1);
    const spot_latency_call b = call_of(s, i);
    const double at = (u - s->of[i - 1]) / (s->of[i] - s->of[i - 1]);
    const double rest_s = a.rest_s + at * (b.rest_s - a.rest_s);
    const double first_s = a.first_s + at * (b.first_s - a.first_s);
    return (spot_latency_call){.first_s = fmin(first_s, rest_s), .rest_s = rest_s};
}

static spot_latency_call draw_part(const spot_latency_shape *s, double u, spot_rng *rng)
{
    const int found = find_level(s, u);
    const int i = found < s->n ? found : s->n - 1; /* the last level is 1 but for rounding */
    const spot_latency_call mean = call_of(s, i);
    const double rest_s =
        draw_log_normal(mean.rest_s, s->spread_s != NULL ? s->spread_s[i] : 0.0, rng);
    const double share = mean.rest_s > 0.0 ? mean.first_s / mean.rest_s : 1.0;
    return (spot_latency_call){.first_s = share * rest_s, .rest_s = rest_s};
}

spot_latency_call spot_latency_at(const spot_latency *latency, uint64_t seed, uint64_t index)
{
    const spot_latency_shape *s = latency->shape;
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_LATENCY, index);
    if (s == NULL) {
        const double rest_s = spot_latency_draw(latency, &rng);
        return (spot_latency_call){.first_s = rest_s, .rest_s = rest_s};
    }
    if (s->kind == SPOT_LATENCY_TRACE) {
        return call_of(s, s->order == SPOT_LATENCY_IN_ORDER
                              ? (int)(index % (uint64_t)s->n)
                              : (int)spot_rng_below(&rng, (uint32_t)s->n));
    }
    const double u = spot_rng_uniform(&rng, 0.0, 1.0);
    return s->kind == SPOT_LATENCY_QUANTILES ? draw_quantile(s, u) : draw_part(s, u, &rng);
}

/* ---- averages ---- */

bool spot_latency_has_first(const spot_latency *latency)
{
    const spot_latency_shape *s = latency->shape;
    bool has = false;
    for (int i = 0; s != NULL && s->first_s != NULL && i < s->n; i++) {
        has = has || s->first_s[i] < s->rest_s[i];
    }
    return has;
}

int spot_latency_sample_count(const spot_latency *latency)
{
    if (latency->shape != NULL && latency->shape->kind == SPOT_LATENCY_TRACE) {
        return latency->shape->n;
    }
    const bool varies = latency->shape != NULL ? latency->shape->n > 1 || latency->spread_s > 0.0
                                               : latency->spread_s > 0.0;
    return varies ? N_DRAW : 1;
}

spot_latency_call spot_latency_sample(const spot_latency *latency, int i)
{
    const spot_latency_shape *s = latency->shape;
    return s != NULL && s->kind == SPOT_LATENCY_TRACE ? call_of(s, i)
                                                      : spot_latency_at(latency, 0, (uint64_t)i);
}
