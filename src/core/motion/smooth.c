/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Smoothness of a speed profile: SPARC (Balasubramanian et al. 2015) and LDLJ.
 *
 * SPARC needs the spectrum of n speeds at P N frequencies, N = 2^ceil(log2 n), P = 16. Of the N P points of
 * the zero-padded profile n are not 0, so instead of one transform of N P there are P of N: with bin m = P j + r
 *
 *     X_m = sum of (x_k exp(-2 pi i k r / (P N))) exp(-2 pi i k j / N).
 *
 * Workspace: real and imaginary parts (N each), roots of unity (N / 2 each), magnitudes (P N / 2 + 1).
 *
 * LDLJ is taken of sums, so that a stream needs no profile; h cancels: with T = (n - 1) h
 *
 *     T^3 / v_peak^2  h  sum (d2 v / h^2)^2 = (n - 1)^3 sum (d2 v)^2 / v_peak^2.
 */
#include <stdint.h>

#include "core/base/alloc.h"
#include "core/motion/motion.h"

enum {
    PADDING = 16,     /* 2^4, as the definition has it */
    LEAST_SPEEDS = 3, /* fewer have no second difference, and no shape */
};

static const double TWO_PI = 6.283185307179586;
static const double CUTOFF_HZ = 10.0;
static const double THRESHOLD = 0.05; /* of the spectrum's maximum */
/* A last digit that is doubtful in a speed spoils eight or so in second differences. */
static const double ROUNDINGS = 16.0;

spot_motion_value spoti_motion_ldlj(size_t n, double peak, double bend, double rounding)
{
    const double steps = (double)n - 1.0;

    if (!isfinite(peak) || !isfinite(bend)) {
        return spoti_undefined(SPOT_MOTION_WHY_OVERFLOW);
    }
    if (peak <= ROUNDINGS * rounding) {
        return spoti_undefined(SPOT_MOTION_WHY_NO_MOTION);
    }
    if (sqrt(bend / steps) <= ROUNDINGS * rounding) {
        return spoti_undefined(SPOT_MOTION_WHY_CONSTANT_SPEED);
    }
    return spoti_defined(-log(steps * steps * steps * (bend / peak / peak)));
}

spot_status spot_motion_ldlj(const double *speed, size_t n, spot_motion_value *ldlj)
{
    double peak = 0.0;
    double bend = 0.0;

    if (ldlj == NULL || (speed == NULL && n > 0)) {
        return SPOT_E_INVALID;
    }
    if (!spoti_all_finite(speed, n)) {
        return SPOT_E_RANGE;
    }
    if (n < LEAST_SPEEDS) {
        *ldlj = spoti_undefined(SPOT_MOTION_WHY_FEWER_THAN_3);
        return SPOT_OK;
    }
    for (size_t i = 0; i < n; i++) {
        peak = fmax(peak, fabs(speed[i]));
        if (i >= 2) {
            const double second = speed[i] - 2.0 * speed[i - 1] + speed[i - 2];

            bend += second * second;
        }
    }
    *ldlj = peak > 0.0 ? spoti_motion_ldlj(n, peak, bend, peak * 0x1p-52)
                       : spoti_undefined(SPOT_MOTION_WHY_NO_MOTION);
    return SPOT_OK;
}

/* Smallest power of two >= n; 0 if there is none. */
static size_t power_of_two(size_t n)
{
    size_t p = 1;

    while (p < n && p <= SIZE_MAX / 2) {
        p *= 2;
    }
    return p >= n ? p : 0;
}

spot_status spot_motion_sparc_room(size_t n, size_t *n_double)
{
    const size_t size = power_of_two(n);
    size_t bytes = 0;

    if (n_double == NULL) {
        return SPOT_E_INVALID;
    }
    if (n < LEAST_SPEEDS) {
        *n_double = 0;
        return SPOT_OK;
    }
    if (size == 0 || !spoti_size_mul(size, (3 + PADDING / 2) * sizeof(double), &bytes) ||
        !spoti_size_add(bytes, sizeof(double), &bytes)) {
        return SPOT_E_RANGE;
    }
    *n_double = bytes / sizeof(double);
    return SPOT_OK;
}

/* Parts of the workspace; size is a power of two. */
typedef struct spectrum {
    size_t size;
    double *re, *im;   /* (size) */
    double *cosines;   /* (size / 2) */
    double *sines;     /* (size / 2) */
    double *magnitude; /* (PADDING size / 2 + 1) */
} spectrum;

static spectrum lay_out(double *memory, size_t size)
{
    return (spectrum){size,
                      memory,
                      memory + size,
                      memory + 2 * size,
                      memory + 2 * size + size / 2,
                      memory + 3 * size};
}

static void swap(double *a, double *b)
{
    const double kept = *a;

    *a = *b;
    *b = kept;
}

/* Puts element i where its number with reversed bits says. */
static void reverse_bits(spectrum *s)
{
    for (size_t i = 1, j = 0; i < s->size; i++) {
        size_t bit = s->size / 2;

        while ((j & bit) != 0) {
            j ^= bit;
            bit /= 2;
        }
        j ^= bit;
        if (i < j) {
            swap(&s->re[i], &s->re[j]);
            swap(&s->im[i], &s->im[j]);
        }
    }
}

/* Discrete Fourier transform in place, radix 2. */
static void transform(spectrum *s)
{
    reverse_bits(s);
    for (size_t half = 1; half < s->size; half *= 2) {
        const size_t stride = s->size / (2 * half);

        for (size_t start = 0; start < s->size; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                const size_t a = start + k;
                const size_t b = a + half;
                const double c = s->cosines[k * stride];
                const double d = s->sines[k * stride];
                const double re = s->re[b] * c + s->im[b] * d;
                const double im = s->im[b] * c - s->re[b] * d;

                s->re[b] = s->re[a] - re;
                s->im[b] = s->im[a] - im;
                s->re[a] += re;
                s->im[a] += im;
            }
        }
    }
}

/* Fills s->magnitude, over its maximum; returns that maximum. */
static double fill_magnitudes(spectrum *s, const double *speed, size_t n)
{
    const size_t n_bin = PADDING * (s->size / 2) + 1;
    double most = 0.0;

    for (size_t k = 0; k < s->size / 2; k++) {
        s->cosines[k] = cos(TWO_PI * (double)k / (double)s->size);
        s->sines[k] = sin(TWO_PI * (double)k / (double)s->size);
    }
    for (size_t r = 0; r < PADDING; r++) {
        for (size_t k = 0; k < s->size; k++) {
            const double turn = TWO_PI * (double)(k * r) / ((double)s->size * PADDING);

            s->re[k] = k < n ? speed[k] * cos(turn) : 0.0;
            s->im[k] = k < n ? -speed[k] * sin(turn) : 0.0;
        }
        transform(s);
        for (size_t j = 0; PADDING * j + r < n_bin; j++) {
            s->magnitude[PADDING * j + r] = hypot(s->re[j], s->im[j]);
            most = fmax(most, s->magnitude[PADDING * j + r]);
        }
    }
    for (size_t m = 0; m < n_bin && most > 0.0; m++) {
        s->magnitude[m] /= most;
    }
    return most;
}

spot_motion_value spoti_motion_sparc(const double *speed, size_t n, double interval_s,
                                     double *memory)
{
    spectrum s = lay_out(memory, power_of_two(n));
    const double most = fill_magnitudes(&s, speed, n);
    const double bin_hz = 1.0 / (interval_s * (double)s.size * PADDING);
    const size_t n_bin = PADDING * (s.size / 2);
    const double kept = fmin(floor(CUTOFF_HZ / bin_hz), (double)n_bin);
    double length = 0.0;

    if (most == 0.0) {
        return spoti_undefined(SPOT_MOTION_WHY_NO_MOTION);
    }
    if (!isfinite(most) || !isfinite(bin_hz)) {
        return spoti_undefined(SPOT_MOTION_WHY_OVERFLOW);
    }
    size_t last = (size_t)kept;
    size_t first = 0;

    while (first < last && s.magnitude[first] < THRESHOLD) {
        first++;
    }
    while (last > first && s.magnitude[last] < THRESHOLD) {
        last--;
    }
    if (first == last) {
        return spoti_undefined(SPOT_MOTION_WHY_TOO_SHORT);
    }
    for (size_t m = first + 1; m <= last; m++) {
        length += hypot(1.0 / (double)(last - first), s.magnitude[m] - s.magnitude[m - 1]);
    }
    return spoti_defined(-length);
}

spot_status spot_motion_sparc(const double *speed, size_t n, double interval_s, double *memory,
                              size_t n_double, spot_motion_value *sparc)
{
    size_t needed = 0;
    spot_status st = spot_motion_sparc_room(n, &needed);

    if (sparc == NULL || (speed == NULL && n > 0) || (memory == NULL && needed > 0)) {
        return SPOT_E_INVALID;
    }
    if (st != SPOT_OK || n_double < needed || !isfinite(interval_s) || !(interval_s > 0.0) ||
        !spoti_all_finite(speed, n)) {
        return SPOT_E_RANGE;
    }
    *sparc = n < LEAST_SPEEDS ? spoti_undefined(SPOT_MOTION_WHY_FEWER_THAN_3)
                              : spoti_motion_sparc(speed, n, interval_s, memory);
    return SPOT_OK;
}

spot_status spot_motion_jerk_noise(size_t n_axis, double noise_m, double interval_s,
                                   double *difference, double *savgol)
{
    /* sums of the squared coefficients: 1 + 9 + 9 + 1, and 6 / 6^2 */
    const double d = (double)n_axis;
    const double unit = noise_m / interval_s / interval_s / interval_s;
    const double by_difference = sqrt(20.0 * d) * unit;

    if (difference == NULL && savgol == NULL) {
        return SPOT_E_INVALID;
    }
    if (n_axis == 0 || !isfinite(noise_m) || !(noise_m > 0.0) || !isfinite(interval_s) ||
        !(interval_s > 0.0) || !isfinite(by_difference)) {
        return SPOT_E_RANGE;
    }
    if (difference != NULL) {
        *difference = by_difference;
    }
    if (savgol != NULL) {
        *savgol = sqrt(d / 6.0) * unit;
    }
    return SPOT_OK;
}
