/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The distortion-rate function of sampled sources. Oracles: the exponential's in closed form and its printed
 * table, two points in closed form, and a dense Blahut-Arimoto with codewords between the points.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spot/coinfer.h"
#include "spot/coinfer_source.h"
#include "spot/rng.h"
#include "support/spot_test.h"

enum { N_FINE = 1 << 14 };

static spot_coinfer_source *make(const float *x, const double *mass, size_t n, size_t points_max,
                                 double gap_bits)
{
    spot_coinfer_source_config config;
    spot_coinfer_source *source = NULL;

    spot_coinfer_source_config_default(&config);
    config.points_max = points_max;
    config.gap_bits = gap_bits;
    assert_int_equal(spot_coinfer_source_create(x, mass, n, &config, &source), SPOT_OK);
    return source;
}

static spot_coinfer_source_info info_of(const spot_coinfer_source *source)
{
    spot_coinfer_source_info info;

    assert_int_equal(spot_coinfer_source_describe(source, &info), SPOT_OK);
    return info;
}

static spot_coinfer_source_point at_bits(spot_coinfer_source *source, double bits)
{
    spot_coinfer_source_point point;

    assert_int_equal(spot_coinfer_source_at_bits(source, bits, &point), SPOT_OK);
    assert_true(point.distortion_lower <= point.distortion);
    return point;
}

static spot_coinfer_source_point at_slope(spot_coinfer_source *source, double slope)
{
    spot_coinfer_source_point point;

    assert_int_equal(spot_coinfer_source_at_slope(source, slope, &point), SPOT_OK);
    assert_true(point.converged);
    return point;
}

/* An exponential magnitude cut into n cells whose widths grow as the density falls, by their medians. */
static spot_coinfer_source *exponential(double lambda, size_t n, double gap_bits)
{
    static float x[N_FINE];
    static double mass[N_FINE];
    double before = 1.0; /* P(X > left border) */

    for (size_t i = 0; i < n; i++) {
        const double left = 1.0 - (double)(i + 1) / (double)n;
        const double after = left * left;

        /* signs alternate: magnitudes count */
        x[i] = (float)((i % 2 == 0 ? -1.0 : 1.0) * log(2.0 / (before + after)) / lambda);
        mass[i] = 3.0 * (before - after); /* sums need not be 1 */
        before = after;
    }
    return make(x, mass, n, n, gap_bits);
}

/* The table of R and lambda D by Blahut-Arimoto at slopes (2^b - 1) lambda, b = 2 .. 8. */
static void exponential_matches_the_printed_table(void **state)
{
    static const double rate[] = {1.0002, 2.0, 3.0, 4.0, 4.9999, 5.9999, 6.9999};
    static const double distortion[] = {0.28761, 0.13351, 0.06453, 0.03175,
                                        0.01575, 0.00784, 0.00391};
    static const double lambdas[] = {1.0, 50.0};

    (void)state;
    for (int l = 0; l < 2; l++) {
        for (int b = 2; b <= (l == 0 ? 8 : 4); b++) {
            /* 64 points to a codeword: the grid takes less than the last digit */
            const size_t n = b <= 4 ? 2048 : b == 5 ? 4096 : (size_t)N_FINE;
            const double lambda = lambdas[l];
            spot_coinfer_source *source = exponential(lambda, n, 1e-4 / log(2.0));
            const spot_coinfer_source_point point =
                at_slope(source, (exp2((double)b) - 1.0) * lambda);
            const spot_coinfer_source_info info = info_of(source);
            double exact = NAN;

            spot_coinfer_source_destroy(source);
            assert_close(info.lambda, lambda, 0.0, 1e-4);
            assert_close(info.distortion_zero, log(2.0) / lambda, 0.0, 1e-4);
            assert_int_equal(info.n_point, n);
            assert_close(info.cell_error, 0.0, 0.0, 0.0);
            assert_close(lambda * point.distortion, distortion[b - 2], 3e-5, 0.0);
            assert_close(point.rate_bits, rate[b - 2], 1.5e-3, 0.0); /* the grid: 1e-3 at b = 8 */
            /* and whatever the gap left, the point lies on the curve */
            assert_int_equal(spot_coinfer_rate(lambda, point.distortion, &exact, NULL), SPOT_OK);
            assert_close(point.rate_bits, exact, 2e-3, 0.0);
        }
    }
}

static void exponential_follows_the_curve_over_bits(void **state)
{
    spot_coinfer_source *source = exponential(4.0, 4096, 1e-3);

    (void)state;
    for (double bits = 1.0; bits < 5.1; bits += 0.625) { // NOLINT(cert-flp30-c): exact steps
        const spot_coinfer_source_point point = at_bits(source, bits);
        double want = NAN;

        assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_EXACT, 4.0, bits, &want), SPOT_OK);
        assert_close(point.distortion, want, 0.0, 2e-3);
        assert_true(point.converged && point.gap_bits <= 1e-3);
        assert_close(point.rate_bits, bits - 1.0, 1e-12, 0.0);
        /* dD/dR: the curve between is convex, so gap and lower bound belong together */
        if (bits > 1.0) {
            assert_close(point.distortion - point.distortion_lower,
                         point.gap_bits * log(2.0) / point.slope, 1e-12, 1e-9);
        }
    }
    spot_coinfer_source_destroy(source);
}

static double entropy(double p)
{
    return -p * log2(p) - (1.0 - p) * log2(1.0 - p);
}

/* Two points 0 and a of masses 1 - p and p: a Hamming source, R(D) = h(p) - h(D / a). */
static void two_points_follow_their_closed_form(void **state)
{
    static const double shares[] = {0.5, 0.2, 0.35};
    const float x[] = {0.0F, 2.5F};

    (void)state;
    for (int i = 0; i < 3; i++) {
        const double p = shares[i];
        const double mass[] = {1.0 - p, p};
        spot_coinfer_source *source = make(x, mass, 2, 2, 1e-7);

        assert_close(info_of(source).entropy_bits, entropy(p), 1e-12, 0.0);
        assert_close(info_of(source).distortion_zero, 2.5 * p, 1e-12, 0.0);
        for (double share = 0.02; share < 0.9 * p; share *= 1.5) { // NOLINT(cert-flp30-c)
            const double rate = entropy(p) - entropy(share);
            const double slope = log((1.0 - share) / share) / 2.5;
            const spot_coinfer_source_point point = at_slope(source, slope);

            assert_close(point.distortion, 2.5 * share, 1e-4, 0.0);
            assert_close(point.rate_bits, rate, 1e-4, 0.0);
            assert_close(at_bits(source, 1.0 + rate).distortion, 2.5 * share, 2e-4, 0.0);
        }
        /* more bits than it has: no distortion; none at all: the median */
        assert_close(at_bits(source, 1.0 + entropy(p)).distortion, 0.0, 0.0, 0.0);
        assert_close(at_bits(source, 9.0).rate_bits, entropy(p), 1e-12, 0.0);
        assert_close(at_bits(source, 1.0).distortion, 2.5 * p, 1e-12, 0.0);
        spot_coinfer_source_destroy(source);
    }
}

/* R and D at a slope by the plain algorithm: all pairs, m codewords among and between the points. */
static void dense(const double *x, const double *p, int n, const double *y, int m, double slope,
                  double *rate, double *d)
{
    double q[64];

    for (int j = 0; j < m; j++) {
        q[j] = 1.0 / m;
    }
    for (int round = 0; round < 30000; round++) {
        double next[64] = {0};

        *rate = *d = 0.0;
        for (int i = 0; i < n; i++) {
            double u = 0.0;

            for (int j = 0; j < m; j++) {
                u += q[j] * exp(-slope * fabs(x[i] - y[j]));
            }
            for (int j = 0; j < m; j++) {
                const double share = p[i] * q[j] * exp(-slope * fabs(x[i] - y[j])) / u;

                next[j] += share;
                *d += share * fabs(x[i] - y[j]);
            }
            *rate -= p[i] * log2(u);
        }
        *rate -= slope * *d / log(2.0);
        memcpy(q, next, sizeof q);
    }
}

static void irregular_points_match_the_dense_algorithm(void **state)
{
    const float x[] = {0.25F, 3.0F, -1.0F, 1.5F, 0.375F, 4.0F, 1.0F};
    const double mass[] = {4.0, 1.0, 1.0, 2.0, 3.0, 0.5, 1.5};
    const double sorted[] = {0.25, 0.375, 1.0, 1.5, 3.0, 4.0};
    const double share[] = {4.0 / 13, 3.0 / 13, 2.5 / 13, 2.0 / 13, 1.0 / 13, 0.5 / 13};
    double codewords[64];
    int m = 0;
    spot_coinfer_source *source = make(x, mass, 7, 100, 1e-8);

    (void)state;
    assert_int_equal(info_of(source).n_point, 6);
    for (double y = 0.25; y <= 4.0; y += 0.0625) { // NOLINT(cert-flp30-c): exact steps
        codewords[m++] = y;
    }
    for (double slope = 1.5; slope < 10.0; slope *= 2.0) { // NOLINT(cert-flp30-c)
        double rate = NAN;
        double d = NAN;
        const spot_coinfer_source_point point = at_slope(source, slope);

        dense(sorted, share, 6, codewords, m, slope, &rate, &d);
        /* both are at the tangent's point of touch to about the square root of the gap */
        assert_close(point.rate_bits * log(2.0) + slope * point.distortion,
                     rate * log(2.0) + slope * d, 1e-6, 0.0);
        assert_close(point.distortion, d, 2e-3, 0.0);
    }
    spot_coinfer_source_destroy(source);
}

enum { N_SAMPLE = 20000 };

/* Half a uniform, half an exponential: no law that coinfer knows. */
static void draw(float *x)
{
    spot_rng rng = spot_rng_at(7, SPOT_STREAM_BOOTSTRAP, 0);

    for (int i = 0; i < N_SAMPLE; i++) {
        const double u = spot_rng_uniform(&rng, 0.0, 1.0);

        x[i] = (float)(i % 2 == 0 ? 0.5 * u : -log1p(-u));
    }
}

static void a_curve_falls_and_is_convex(void **state)
{
    static float x[N_SAMPLE];

    (void)state;
    draw(x);
    spot_coinfer_source *source = make(x, NULL, N_SAMPLE, 1024, 1e-4);
    double before[2] = {INFINITY, INFINITY};
    double last = at_bits(source, 1.0).distortion;

    for (int i = 1; i <= 10; i++) {
        const double d = at_bits(source, 1.0 + 0.5 * i).distortion;

        assert_true(d < last);
        if (i > 1) {
            assert_true(before[0] - last > last - d);
        }
        before[0] = last;
        last = d;
    }
    spot_coinfer_source_destroy(source);
}

/* Merged into cells, a source moves by no more than it says; and far less than that. */
static void cells_cost_what_they_say(void **state)
{
    static float x[N_SAMPLE];
    const float four[] = {4.0F, 1.0F, 2.0F, 3.0F, 2.0F};

    (void)state;
    draw(x);
    spot_coinfer_source *fine = make(x, NULL, N_SAMPLE, 4096, 1e-3);
    spot_coinfer_source *coarse = make(x, NULL, N_SAMPLE, 256, 1e-3);
    const double cell_error = info_of(coarse).cell_error;
    const double promised = 1.0 / (256.0 * info_of(coarse).lambda);

    assert_true(info_of(coarse).n_point <= 256 && info_of(coarse).n_point > 230);
    assert_int_equal(info_of(coarse).n_sample, N_SAMPLE);
    /* of the order of the best codebook of so many levels: spread as they should be */
    assert_true(cell_error > 0.2 * promised && cell_error < 1.5 * promised);
    for (int bits = 2; bits <= 4; bits++) {
        const double a = at_bits(fine, bits).distortion;
        const double b = at_bits(coarse, bits).distortion;

        assert_close(a, b, cell_error + info_of(fine).cell_error, 0.0);
        assert_close(a, b, 0.0, 0.02);
    }
    spot_coinfer_source_destroy(fine);
    spot_coinfer_source_destroy(coarse);

    /* 1, 2, 2, 3 | 4 has mass times width 1.6, so 1, 2, 2 | 3, 4 at 0.6 it is; medians 2 and 3 */
    spot_coinfer_source *two = make(four, NULL, 5, 2, 1e-3);
    assert_int_equal(info_of(two).n_point, 2);
    assert_close(info_of(two).cell_error, (1.0 + 1.0) / 5.0, 1e-12, 0.0);
    assert_close(info_of(two).lambda, 5.0 / 12.0, 1e-12, 0.0);
    assert_close(info_of(two).entropy_bits, entropy(0.4), 1e-12, 0.0);
    spot_coinfer_source_destroy(two);
}

/* Cut short, the answer is still a bound from both sides, and says that it is not the optimum. */
static void an_answer_cut_short_says_so(void **state)
{
    spot_coinfer_source_config config;
    spot_coinfer_source *source = NULL;
    spot_coinfer_source_point point;
    static float x[N_SAMPLE];

    (void)state;
    draw(x);
    spot_coinfer_source_config_default(&config);
    config.points_max = 512;
    assert_int_equal(spot_coinfer_source_create(x, NULL, N_SAMPLE, &config, &source), SPOT_OK);
    const spot_coinfer_source_point good = at_bits(source, 3.0);
    const spot_coinfer_source_point again = at_bits(source, 3.0);
    spot_coinfer_source_destroy(source);
    assert_memory_equal(&good.distortion, &again.distortion, sizeof good.distortion);
    assert_true(good.iterations == again.iterations && good.iterations > 0);
    assert_true(good.iterations < 1000); /* 1519 with steps of one length, 530 with longer ones */

    config.iterations_max = 2;
    assert_int_equal(spot_coinfer_source_create(x, NULL, N_SAMPLE, &config, &source), SPOT_OK);
    assert_int_equal(spot_coinfer_source_at_bits(source, 3.0, &point), SPOT_OK);
    spot_coinfer_source_destroy(source);
    assert_false(point.converged);
    assert_true(point.gap_bits > 10.0 * config.gap_bits);
    assert_true(point.distortion > good.distortion &&
                point.distortion_lower < good.distortion_lower);
}

static void what_is_no_source_is_refused(void **state)
{
    const float good[] = {1.0F, 2.0F};
    const float nan[] = {1.0F, NAN};
    const float infinite[] = {INFINITY, 1.0F};
    const float zeros[] = {0.0F, -0.0F};
    const double negative[] = {1.0, -0.5};
    const double none[] = {0.0, 0.0};
    const double not_a_mass[] = {1.0, NAN};
    spot_coinfer_source_config config;
    spot_coinfer_source *source = NULL;
    spot_coinfer_source_point point;

    (void)state;
    assert_int_equal(spot_coinfer_source_create(NULL, NULL, 2, NULL, &source), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_source_create(good, NULL, 2, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_source_create(good, NULL, 0, NULL, &source), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_create(nan, NULL, 2, NULL, &source), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_create(infinite, NULL, 2, NULL, &source), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_create(zeros, NULL, 2, NULL, &source), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_create(good, negative, 2, NULL, &source), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_create(good, none, 2, NULL, &source), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_create(good, not_a_mass, 2, NULL, &source), SPOT_E_RANGE);
    for (int i = 0; i < 7; i++) {
        memset(&config, 0x5A, sizeof config);
        spot_coinfer_source_config_default(&config);
        assert_true(config.points_max == 2048 && config.gap_bits == 1e-3 &&
                    config.iterations_max == 20000 && config.allocator == NULL);
        config.points_max = i == 0 ? 1 : i == 1 ? SPOT_COINFER_POINTS_MAX + 1U : 2;
        config.gap_bits = i == 2 ? 0.0 : i == 3 ? 1.5 : i == 4 ? NAN : 0.5;
        config.iterations_max = i == 5 ? 0 : i == 6 ? SPOT_COINFER_ITERATIONS_MAX + 1 : 1;
        assert_int_equal(spot_coinfer_source_create(good, NULL, 2, &config, &source), SPOT_E_RANGE);
        assert_null(source);
    }
    config.size = 1;
    assert_int_equal(spot_coinfer_source_create(good, NULL, 2, &config, &source), SPOT_E_INVALID);

    assert_int_equal(spot_coinfer_source_create(good, NULL, 2, NULL, &source), SPOT_OK);
    assert_int_equal(spot_coinfer_source_at_slope(source, 0.0, &point), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_at_slope(source, NAN, &point), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_at_slope(source, INFINITY, &point), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_at_slope(source, 1.0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_source_at_bits(source, 0.9, &point), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_at_bits(source, 33.5, &point), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_at_bits(source, NAN, &point), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_source_at_bits(NULL, 2.0, &point), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_source_describe(source, NULL), SPOT_E_INVALID);
    spot_coinfer_source_destroy(source);
    spot_coinfer_source_destroy(NULL);
}

static void running_out_of_memory_is_survived(void **state)
{
    const float x[] = {1.0F, 2.0F, 5.0F};
    spot_coinfer_source_config config;
    spot_status st = SPOT_E_NOMEM;

    (void)state;
    spot_coinfer_source_config_default(&config);
    for (int k = 0; k < 100 && st == SPOT_E_NOMEM; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_coinfer_source *source = NULL;

        config.allocator = &a;
        st = spot_coinfer_source_create(x, NULL, 3, &config, &source);
        if (st == SPOT_OK) {
            mem.fail_at = mem.n_alloc; /* answers allocate nothing */
            (void)at_bits(source, 1.5);
            assert_int_equal(mem.n_failed, 0);
        } else {
            assert_null(source);
        }
        spot_coinfer_source_destroy(source);
        spot_test_assert_no_leak(&mem);
    }
    assert_int_equal(st, SPOT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential_matches_the_printed_table),
        cmocka_unit_test(exponential_follows_the_curve_over_bits),
        cmocka_unit_test(two_points_follow_their_closed_form),
        cmocka_unit_test(irregular_points_match_the_dense_algorithm),
        cmocka_unit_test(a_curve_falls_and_is_convex),
        cmocka_unit_test(cells_cost_what_they_say),
        cmocka_unit_test(an_answer_cut_short_says_so),
        cmocka_unit_test(what_is_no_source_is_refused),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
