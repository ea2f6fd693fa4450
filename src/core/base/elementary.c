/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Elementary functions by Taylor series on reduced arguments, every operation spelled out. */
#include "core/base/elementary.h"

#include <math.h>
#include <stddef.h>

/* ln 2 and pi/2 in parts: each the double nearest to what the ones before leave. */
static const double LN2[2] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
static const double HALF_PI[3] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54,
                                  -0x1.f1976b7ed8fbcp-110};
static const double PI = 0x1.921fb54442d18p+1;
static const double QUARTER_PI = 0x1.921fb54442d18p-1;
static const double TAN_EIGHTH_PI = 0x1.a827999fcef32p-2;

/* c[0] + c[1] x + ... + c[n - 1] x^(n - 1), by Horner's rule. */
static double series(const double *c, size_t n, double x)
{
    double sum = c[n - 1];

    for (size_t i = n - 1; i > 0; i--) {
        sum = fma(sum, x, c[i - 1]);
    }
    return sum;
}

double spoti_exp(double x)
{
    /* r^14 / 14! < 4e-18 at |r| = ln(2) / 2 */
    static const double c[] = {1.0,
                               1.0,
                               1.0 / 2,
                               1.0 / 6,
                               1.0 / 24,
                               1.0 / 120,
                               1.0 / 720,
                               1.0 / 5040,
                               1.0 / 40320,
                               1.0 / 362880,
                               1.0 / 3628800,
                               1.0 / 39916800,
                               1.0 / 479001600,
                               1.0 / 6227020800.0};
    const double n = rint(x * (1.0 / 0.69314718055994530942));
    double r = 0.0;

    if (!(n > -1100.0)) {
        return isnan(x) ? x : 0.0;
    }
    if (n > 1100.0) {
        return (double)INFINITY;
    }
    r = fma(-n, LN2[0], x);
    r = fma(-n, LN2[1], r);
    return ldexp(series(c, sizeof(c) / sizeof(c[0]), r), (int)n);
}

double spoti_log(double x)
{
    /* 2 atanh(f) = 2 f (1 + f^2/3 + ...), |f| <= 0.172: f^22 / 23 < 1e-18 */
    static const double c[] = {1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9, 1.0 / 11,
                               1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21};
    int exponent = 0;

    if (!(x > 0.0) || isinf(x)) {
        return x == 0.0 ? -(double)INFINITY : x > 0.0 ? x : (double)NAN;
    }
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752440) {
        m *= 2.0;
        exponent--;
    }
    const double f = (m - 1.0) / (m + 1.0);
    const double tail = 2.0 * f * series(c, sizeof(c) / sizeof(c[0]), f * f);

    return fma((double)exponent, LN2[0], fma((double)exponent, LN2[1], tail));
}

/* sin and cos of |r| <= pi/4: r^21 / 21! < 2e-22, r^20 / 20! < 4e-21. */
static double sin_near(double r)
{
    static const double c[] = {-1.0 / 6,
                               1.0 / 120,
                               -1.0 / 5040,
                               1.0 / 362880,
                               -1.0 / 39916800,
                               1.0 / 6227020800.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 355687428096000.0,
                               -1.0 / 121645100408832000.0};
    const double square = r * r;

    return fma(r * square, series(c, sizeof(c) / sizeof(c[0]), square), r);
}

static double cos_near(double r)
{
    static const double c[] = {1.0 / 24,
                               -1.0 / 720,
                               1.0 / 40320,
                               -1.0 / 3628800,
                               1.0 / 479001600,
                               -1.0 / 87178291200.0,
                               1.0 / 20922789888000.0,
                               -1.0 / 6402373705728000.0};
    const double square = r * r;

    return fma(square * square, series(c, sizeof(c) / sizeof(c[0]), square),
               fma(square, -0.5, 1.0));
}

/* sin(x + quarters pi/2). */
static double wave(double x, int quarters)
{
    if (!(fabs(x) <= 0x1p30)) {
        return (double)NAN;
    }
    const double n = rint(x * (1.0 / 1.57079632679489661923));
    double r = fma(-n, HALF_PI[0], x);

    r = fma(-n, HALF_PI[1], r);
    r = fma(-n, HALF_PI[2], r);
    const unsigned turn = ((unsigned)(long)n + (unsigned)quarters) % 4U;
    const double value = turn % 2U == 0U ? sin_near(r) : cos_near(r);

    return turn < 2U ? value : -value;
}

double spoti_sin(double x)
{
    return wave(x, 0);
}

double spoti_cos(double x)
{
    return wave(x, 1);
}

/* 0 <= t <= 1. */
static double atan_near(double t)
{
    /* |z| <= tan(pi/8): z^48 / 49 < 1e-20 */
    double c[24];
    const double z = t > TAN_EIGHTH_PI ? (t - 1.0) / (t + 1.0) : t;

    for (int i = 0; i < 24; i++) {
        c[i] = (i % 2 == 0 ? 1.0 : -1.0) / (2 * i + 1);
    }
    const double angle = z * series(c, 24, z * z);

    return t > TAN_EIGHTH_PI ? QUARTER_PI + angle : angle;
}

double spoti_atan2(double y, double x)
{
    const double a = fabs(x);
    const double b = fabs(y);

    if (isnan(x) || isnan(y)) {
        return (double)NAN;
    }
    if (a == 0.0 && b == 0.0) {
        return 0.0;
    }
    const double angle = b <= a ? atan_near(b / a) : HALF_PI[0] - atan_near(a / b);
    const double turned = x < 0.0 ? PI - angle : angle;

    return y < 0.0 ? -turned : turned;
}

double spoti_acos(double x)
{
    return fabs(x) <= 1.0 ? spoti_atan2(sqrt((1.0 - x) * (1.0 + x)), x) : (double)NAN;
}
