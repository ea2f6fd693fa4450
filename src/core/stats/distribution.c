/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Normal, beta, chi-square and F by their continued fractions.
 *
 * Beta: I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) / (1 + d1/(1 + d2/(1 + ...))) with
 *     d_2m = m (b - m) x / ((a + 2m - 1)(a + 2m)),
 *     d_2m+1 = -(a + m)(a + b + m) x / ((a + 2m)(a + 2m + 1))    (Abramowitz and Stegun 26.5.8),
 * which settles fast for x < (a + 1) / (a + b + 2); else the mirror image is taken.
 * Gamma: series for x < s + 1, else the continued fraction of the upper tail (A&S 6.5.29, 6.5.31).
 *
 * The factor in front is a binomial or Poisson probability. Written with log gamma it loses as many
 * digits as its logarithm has; the saddle-point form (Loader 2000) does not: with the error of
 * Stirling's formula delta(n) = ln n! - ln (sqrt (2 pi n) (n/e)^n) and the deviance
 * D(x, m) = x ln (x / m) + m - x,
 *     Poisson:  m^x e^-m / x! = exp (-delta(x) - D(x, m)) / sqrt (2 pi x).
 */
#include "spot/stats_dist.h"

#include <float.h>
#include <math.h>

#include "core/stats/dist.h"

static const double PI = 3.14159265358979323846;
static const double SQRT_HALF = 0.70710678118654752440;

/* A continued fraction whose factors differ from 1 by less than this has settled. */
static const double SETTLED = 1e-16 * 4.0;
static const double TINY = 1e-290; /* stands for a zero denominator in Lentz's method */

enum {
    MAX_TERM = 200000,  /* about 10 sqrt (largest shape): the fractions need a few sqrt (shape) */
    STIRLING_FROM = 15, /* from here the series of delta is exact to rounding */
    MAX_BISECT = 1200,  /* halvings from 1 to the smallest double, and then some */
};

double spoti_normal_cdf(double z)
{
    return 0.5 * erfc(-z * SQRT_HALF);
}

bool spoti_is_count(spot_stats_count count)
{
    return count.successes >= 0 && count.successes <= count.n && count.n <= SPOT_STATS_MAX_TRIALS;
}

/* delta(n) for n > 0 */
static double stirling_error(double n)
{
    if (n < STIRLING_FROM) {
        return log(tgamma(n + 1.0)) - (0.5 * log(2.0 * PI * n) + n * log(n) - n);
    }
    double r = 1.0 / (n * n);
    double series = 1.0 / 1188 - r * (691.0 / 360360);
    series = 1.0 / 1260 - r * (1.0 / 1680 - r * series);
    return (1.0 / 12 - r * (1.0 / 360 - r * series)) / n;
}

/* D(x, m) for x, m > 0; difference = x - m, given apart so that it keeps its digits */
static double deviance(double x, double m, double difference)
{
    double v = difference / (x + m);
    if (fabs(v) >= 0.1) {
        return x * log(x / m) - difference;
    }
    /* ln (x / m) = 2 atanh v, whose first term nearly cancels the difference */
    double term = 2.0 * x * v;
    double sum = difference * v;
    for (int k = 3; k < 100; k += 2) {
        term *= v * v;
        double next = sum + term / k;
        if (next == sum) {
            break;
        }
        sum = next;
    }
    return sum;
}

double spoti_beta_factor(double x, double y, double a, double b)
{
    double n = a + b;
    /* a - n x = a y - b x = -(b - n y) */
    double difference = a * y - b * x;
    double exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) -
                      deviance(a, n * x, difference) - deviance(b, n * y, -difference);
    return exp(exponent) * sqrt(a * b / (2.0 * PI * n));
}

/* The next factor of Lentz's method for the partial numerator d over 1. */
static double lentz_step(double d, double *c, double *inverse)
{
    *inverse = 1.0 + d * *inverse;
    *inverse = 1.0 / (fabs(*inverse) < TINY ? TINY : *inverse);
    *c = 1.0 + d / *c;
    *c = fabs(*c) < TINY ? TINY : *c;
    return *c * *inverse;
}

/* Sets *out to I_x(a, b) by the fraction; x below its switching point. */
static spot_status beta_fraction(double x, double y, double a, double b, double *out)
{
    double c = 1.0;
    double inverse = 0.0;
    double fraction = 1.0;
    for (int m = 0; m < MAX_TERM; m++) {
        /* d_0 stands for the leading 1 and is left out */
        if (m > 0) {
            double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
            fraction *= lentz_step(even, &c, &inverse);
        }
        double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        double step = lentz_step(odd, &c, &inverse);
        fraction *= step;
        if (fabs(step - 1.0) < SETTLED) {
            *out = fmin(spoti_beta_factor(x, y, a, b) / (a * fraction), 1.0);
            return SPOT_OK;
        }
    }
    return SPOT_E_INTERNAL;
}

spot_status spoti_beta_tails(double x, double y, double a, double b, spot_stats_tails *out)
{
    if (x <= 0.0 || y <= 0.0) {
        *out = (spot_stats_tails){.lower = x <= 0.0 ? 0.0 : 1.0, .upper = x <= 0.0 ? 1.0 : 0.0};
        return SPOT_OK;
    }
    bool is_lower = x * (a + b + 2.0) < a + 1.0;
    double tail = 0.0;
    spot_status st = is_lower ? beta_fraction(x, y, a, b, &tail) : beta_fraction(y, x, b, a, &tail);
    if (st != SPOT_OK) {
        return st;
    }
    out->lower = is_lower ? tail : 1.0 - tail;
    out->upper = is_lower ? 1.0 - tail : tail;
    return SPOT_OK;
}

static bool is_shape(double a)
{
    return a > 0.0 && a <= SPOT_STATS_MAX_SHAPE;
}

/* Lower tail of gamma (s) by its series; x < s + 1. */
static double gamma_series(double s, double x, double factor)
{
    double term = 1.0;
    double sum = 1.0;
    for (int k = 1; k < MAX_TERM && term > sum * SETTLED * 0.1; k++) {
        term *= x / (s + k);
        sum += term;
    }
    return fmin(factor * sum, 1.0);
}

/* Upper tail of gamma (s) by its fraction; x >= s + 1. factor = x^s e^-x / Gamma (s + 1) */
static double gamma_fraction(double s, double x, double factor)
{
    double b = x + 1.0 - s;
    double c = 1.0 / TINY;
    double inverse = 1.0 / b;
    double fraction = inverse;
    for (int k = 1; k < MAX_TERM; k++) {
        double a = -(double)k * (k - s);
        b += 2.0;
        double below = a * inverse + b;
        inverse = 1.0 / (fabs(below) < TINY ? TINY : below);
        c = b + a / c;
        c = fabs(c) < TINY ? TINY : c;
        double step = c * inverse;
        fraction *= step;
        if (fabs(step - 1.0) < SETTLED) {
            break;
        }
    }
    return fmin(factor * s * fraction, 1.0);
}

spot_status spot_stats_normal_tails(double x, spot_stats_tails *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (isnan(x)) {
        return SPOT_E_RANGE;
    }
    *out = (spot_stats_tails){.lower = spoti_normal_cdf(x), .upper = spoti_normal_cdf(-x)};
    return SPOT_OK;
}

spot_status spot_stats_beta_tails(double x, double a, double b, spot_stats_tails *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(x >= 0.0 && x <= 1.0) || !is_shape(a) || !is_shape(b)) {
        return SPOT_E_RANGE;
    }
    return spoti_beta_tails(x, 1.0 - x, a, b, out);
}

spot_status spot_stats_beta_quantile(double p, double a, double b, double *x)
{
    if (x == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(p >= 0.0 && p <= 1.0) || !is_shape(a) || !is_shape(b)) {
        return SPOT_E_RANGE;
    }
    if (p == 0.0 || p == 1.0) {
        *x = p;
        return SPOT_OK;
    }
    /* bisection to the last bit, on the tail that is given with more digits */
    double lo = 0.0;
    double hi = 1.0;
    for (int i = 0; i < MAX_BISECT; i++) {
        double middle = 0.5 * (lo + hi);
        if (middle <= lo || middle >= hi) {
            break;
        }
        spot_stats_tails t;
        spot_status st = spoti_beta_tails(middle, 1.0 - middle, a, b, &t);
        if (st != SPOT_OK) {
            return st;
        }
        if (p <= 0.5 ? t.lower < p : t.upper > 1.0 - p) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    *x = hi;
    return SPOT_OK;
}

spot_status spot_stats_chi_square_tails(double x, double dof, spot_stats_tails *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(x >= 0.0) || !is_shape(0.5 * dof)) {
        return SPOT_E_RANGE;
    }
    double s = 0.5 * dof;
    double half = 0.5 * x;
    if (half == 0.0 || isinf(half)) {
        *out = (spot_stats_tails){.lower = half > 0.0, .upper = half == 0.0};
        return SPOT_OK;
    }
    double factor = exp(-stirling_error(s) - deviance(s, half, s - half)) / sqrt(2.0 * PI * s);
    if (half < s + 1.0) {
        out->lower = gamma_series(s, half, factor);
        out->upper = 1.0 - out->lower;
    } else {
        out->upper = gamma_fraction(s, half, factor);
        out->lower = 1.0 - out->upper;
    }
    return SPOT_OK;
}

spot_status spot_stats_f_tails(double x, double dof_1, double dof_2, spot_stats_tails *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(x >= 0.0) || !is_shape(0.5 * dof_1) || !is_shape(0.5 * dof_2)) {
        return SPOT_E_RANGE;
    }
    /* F = (B / dof_1) / ((1 - B) / dof_2) with B beta (dof_1 / 2, dof_2 / 2) */
    double ratio = x * (dof_1 / dof_2);
    double y = 1.0 / (1.0 + ratio);
    double share = isinf(ratio) ? 1.0 : ratio * y;
    return spoti_beta_tails(share, y, 0.5 * dof_1, 0.5 * dof_2, out);
}
