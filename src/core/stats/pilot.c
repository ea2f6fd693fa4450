/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Power of the sign-flip test, and the seeds it needs, by studies drawn from a pilot's differences.
 *
 * Study k draws from the generator (seed, SPOT_STREAM_BOOTSTRAP, k), one seed after the other, so a
 * longer study begins as the shorter one did: the simulated power then hardly wavers in the number
 * of seeds. Up to 16 differences that are not 0, and for differences of one size, p is counted.
 * Above, the signs of the four largest are taken in all ways, since a few retries can outweigh all
 * else; the flipped sum S of the rest has variance V = sum d^2 and fourth cumulant -2 sum d^4, no
 * odd ones, and with x = s / sqrt V
 *     P(S <= s) = Phi (x) + phi (x) (sum d^4 / V^2) (x^3 - 3 x) / 12    (Edgeworth).
 */
#include "core/stats/pilot.h"
#include "core/base/config.h"

#include <math.h>

#include "core/stats/dist.h"
#include "core/stats/order.h"
#include "spot/rng.h"
#include "spot/stats_paired.h"
#include "spot/stats_power.h"

static const double INVERSE_SQRT_2_PI = 0.39894228040143267794;

/* A p this close to the level, relatively, equals it but for rounding. */
static const double TIE = 1e-9;

static const double LARGEST = 1e70; /* fourth powers and their sums stay finite */

/* Up to SMALL seeds the power of a counted test has teeth: the search takes every step, and N_AHEAD
 * more must hold (the widest tooth of flags is 7, six tenths against four). */
enum { SMALL = 64, N_AHEAD = 8 };

/* From here on the search takes the normal law's answer: simulation would only add its noise to it. */
enum { LARGE = 500 };

void spot_stats_pilot_config_default(spot_stats_pilot_config *config)
{
    *config = (spot_stats_pilot_config){.size = sizeof(*config),
                                        .level = SPOT_STATS_LEVEL,
                                        .power = 0.8,
                                        .confidence = SPOT_STATS_CONFIDENCE,
                                        .n_study = 1000,
                                        .n_resample = 999,
                                        .seed = 1};
}

void spoti_flip_law_add(spoti_flip_law *law, double difference)
{
    double size = fabs(difference);
    for (int i = 0; i < SPOTI_N_LARGE; i++) {
        if (size > law->large[i]) {
            double smaller = law->large[i];
            law->large[i] = size;
            size = smaller;
        }
    }
    law->sum += difference;
    law->square += size * size;
    law->fourth += size * size * size * size;
}

double spoti_flip_law_p(const spoti_flip_law *law)
{
    double weight = law->fourth / (law->square * law->square) / 12.0;
    double total = 0.0;
    for (int pattern = 0; pattern < 1 << SPOTI_N_LARGE; pattern++) {
        double rest = law->sum;
        for (int i = 0; i < SPOTI_N_LARGE; i++) {
            rest += (pattern >> i & 1) != 0 ? law->large[i] : -law->large[i];
        }
        double x = rest / sqrt(law->square);
        double density = INVERSE_SQRT_2_PI * exp(-0.5 * x * x);
        total += spoti_normal_cdf(x) + density * weight * (x * x * x - 3.0 * x);
    }
    return fmin(fmax(total / (1 << SPOTI_N_LARGE), 0.0), 1.0);
}

/* What a study's p-value is made of. */
typedef struct tally {
    spoti_flip_law law;
    double least; /* the smallest size that is not 0 */
    int n_below;
    int n_above;
    double first[SPOT_STATS_MAX_EXACT_SIGNS]; /* the first differences that are not 0 */
} tally;

static void add_difference(tally *t, double d)
{
    if (d == 0.0) {
        return;
    }
    int n = t->n_below + t->n_above;
    if (n < SPOT_STATS_MAX_EXACT_SIGNS) {
        t->first[n] = d;
    }
    t->least = n == 0 ? fabs(d) : fmin(t->least, fabs(d));
    t->n_below += d < 0.0;
    t->n_above += d > 0.0;
    spoti_flip_law_add(&t->law, d);
}

static spot_status p_of(const tally *t, double *p)
{
    int n = t->n_below + t->n_above;
    *p = 1.0;
    if (n == 0) {
        return SPOT_OK;
    }
    if (n > SPOT_STATS_MAX_EXACT_SIGNS && t->least < t->law.large[0]) {
        *p = spoti_flip_law_p(&t->law);
        return SPOT_OK;
    }
    if (n > SPOT_STATS_MAX_EXACT_SIGNS) {
        spot_stats_mcnemar_result counts;
        spot_status st = spot_stats_mcnemar(t->n_below, t->n_above, &counts);
        *p = counts.p_candidate_better;
        return st;
    }
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    spot_stats_sign_flip_result r;
    spot_status st = spot_stats_sign_flip(&config, t->first, n, &r);
    *p = r.p;
    return st;
}

static spot_status power_at(const spot_stats_pilot_config *config, const double *difference,
                            int n_pilot, int n_seed, double *power)
{
    int n_found = 0;
    for (int k = 0; k < config->n_study; k++) {
        spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)k);
        tally t = {0};
        for (int i = 0; i < n_seed; i++) {
            add_difference(&t, difference[spot_rng_below(&rng, (uint32_t)n_pilot)]);
        }
        double p = 1.0;
        spot_status st = p_of(&t, &p);
        if (st != SPOT_OK) {
            return st;
        }
        n_found += p < config->level * (1.0 - TIE);
    }
    *power = (double)n_found / config->n_study;
    return SPOT_OK;
}

static bool is_pilot(const spot_stats_pilot_config *config, const double *difference, int n_pilot)
{
    if (!(config->level > 0.0 && config->level <= 0.5) || config->n_study < 1 ||
        config->n_study > SPOT_STATS_MAX_RESAMPLE || n_pilot < 1 ||
        n_pilot > SPOT_STATS_MAX_TRIALS) {
        return false;
    }
    for (int i = 0; i < n_pilot; i++) {
        if (!(fabs(difference[i]) < LARGEST)) {
            return false;
        }
    }
    return true;
}

spot_status spot_stats_power_sign_flip(const spot_stats_pilot_config *config,
                                       const double *difference, int n_pilot, int n_seed,
                                       double *power)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_pilot_config, config, NULL) != SPOT_OK ||
        difference == NULL || power == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_pilot(config, difference, n_pilot) || n_seed < 1 ||
        n_seed > SPOT_STATS_MAX_EXACT_TRIALS) {
        return SPOT_E_RANGE;
    }
    return power_at(config, difference, n_pilot, n_seed, power);
}

size_t spot_stats_pilot_work_size(int n_pilot, int n_resample)
{
    return spot_stats_bootstrap_work_size(n_resample, n_pilot);
}

/* Mean over root mean square, -1..1; 0 if all differences are 0. */
static double effect_of(const double *difference, int n)
{
    double sum = 0.0;
    double square = 0.0;
    for (int i = 0; i < n; i++) {
        sum += difference[i];
        square += difference[i] * difference[i];
    }
    return square > 0.0 ? sum / sqrt(square * n) : 0.0;
}

/* Where the search starts: normal law of x = sum d / sqrt (sum d^2), whose mean is effect sqrt (n)
 * and variance about 1 - effect^2; 0 if that is too many. */
static int guess(const spot_stats_pilot_config *config, double effect)
{
    double z_level = 0.0;
    double z_power = 0.0;
    if (!(effect < 0.0) || spot_stats_normal_quantile(config->level, &z_level) != SPOT_OK ||
        spot_stats_normal_quantile(1.0 - config->power, &z_power) != SPOT_OK) {
        return 0;
    }
    double root = (z_level + z_power * sqrt(fmax(0.0, 1.0 - effect * effect))) / effect;
    double n = fmax(ceil(root * root), 1.0);
    return n <= SPOT_STATS_MAX_EXACT_TRIALS ? (int)n : 0;
}

/* Goes up from *enough to where the power holds; *enough = 0 if that is too far, *too_few the last
 * number of seeds before at which it does not. */
static spot_status climb(const spot_stats_pilot_config *config, const double *difference,
                         int n_pilot, int *enough, int *too_few)
{
    int n_held = 0;
    *too_few = 0;
    for (int n = *enough; n <= SPOT_STATS_MAX_EXACT_TRIALS; n += n < SMALL ? 1 : 1 + n / 10) {
        double power = 0.0;
        spot_status st = power_at(config, difference, n_pilot, n, &power);
        if (st != SPOT_OK) {
            return st;
        }
        if (power < config->power) {
            *too_few = n;
            n_held = 0;
            continue;
        }
        *enough = n_held == 0 ? n : *enough;
        n_held++;
        if (n_held > N_AHEAD || n > SMALL) {
            return SPOT_OK;
        }
    }
    *enough = 0;
    return SPOT_OK;
}

/* The seeds that a pilot asks for; *n = 0 if its mean is not below 0 or they are too many. */
static spot_status search(const spot_stats_pilot_config *config, const double *difference,
                          int n_pilot, int *n, double *power)
{
    *n = 0;
    *power = 0.0;
    int enough = guess(config, effect_of(difference, n_pilot));
    int too_few = 0;
    if (enough == 0 || enough > LARGE) {
        *n = enough;
        *power = enough > 0 ? config->power : 0.0;
        return SPOT_OK;
    }
    spot_status st = climb(config, difference, n_pilot, &enough, &too_few);
    if (st != SPOT_OK || enough == 0) {
        return st;
    }
    /* back: by halves, and one by one where there are teeth */
    while (st == SPOT_OK && enough - too_few > 1) {
        int middle = enough <= SMALL ? enough - 1 : too_few + (enough - too_few) / 2;
        double at_middle = 0.0;
        st = power_at(config, difference, n_pilot, middle, &at_middle);
        if (at_middle < config->power) {
            too_few = middle;
        } else {
            enough = middle;
        }
    }
    *n = enough;
    return st == SPOT_OK ? power_at(config, difference, n_pilot, enough, power) : st;
}

/* pilot (n): resample r of the differences. */
static void resample(const spot_stats_pilot_config *config, const double *difference, int n, int r,
                     double *pilot)
{
    /* the studies have the indices below n_study */
    spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_BOOTSTRAP,
                               (uint64_t)SPOT_STATS_MAX_RESAMPLE + (uint64_t)r);
    for (int i = 0; i < n; i++) {
        pilot[i] = difference[spot_rng_below(&rng, (uint32_t)n)];
    }
}

/* The seeds that the resampled pilot of that effect asks for. */
static spot_status search_resample(const spot_stats_pilot_config *config, const double *difference,
                                   int n, double effect, double *pilot, int *n_seed)
{
    for (int r = 0; r < config->n_resample; r++) {
        resample(config, difference, n, r, pilot);
        if (effect_of(pilot, n) == effect) {
            double power = 0.0;
            return search(config, pilot, n, n_seed, &power);
        }
    }
    return SPOT_E_INTERNAL;
}

spot_status spot_stats_trials_sign_flip(const spot_stats_pilot_config *config,
                                        const double *difference, int n_pilot, double *work,
                                        spot_stats_pilot_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_pilot_config, config, NULL) != SPOT_OK ||
        difference == NULL || work == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_pilot(config, difference, n_pilot) || !(config->power >= 0.5 && config->power < 1.0) ||
        !(config->confidence > 0.0 && config->confidence < 1.0) ||
        spot_stats_pilot_work_size(n_pilot, config->n_resample) == 0) {
        return SPOT_E_RANGE;
    }
    spot_stats_pilot_result r = {0};
    spot_status st = search(config, difference, n_pilot, &r.n_seed, &r.power);
    r.is_found = r.n_seed > 0;

    /* the pilots at the ends of the confidence, strongest effects first */
    double *pilot = work;
    double *effect = work + n_pilot;
    for (int k = 0; k < config->n_resample; k++) {
        resample(config, difference, n_pilot, k, pilot);
        effect[k] = effect_of(pilot, n_pilot);
    }
    spoti_sort(effect, (size_t)config->n_resample);
    int strong = (int)(0.5 * (1.0 - config->confidence) * config->n_resample);
    int weak = config->n_resample - 1 - strong;
    if (st == SPOT_OK) {
        st = search_resample(config, difference, n_pilot, effect[strong], pilot, &r.low);
    }
    if (st == SPOT_OK) {
        st = search_resample(config, difference, n_pilot, effect[weak], pilot, &r.high);
    }
    r.has_high = r.high > 0;
    if (st == SPOT_OK) {
        *out = r;
    }
    return st;
}
