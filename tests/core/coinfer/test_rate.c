/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Curves of distortion, their inverse, and the bound on outputs. Oracles: printed vectors, the order
 * that theory gives, and networks that are really evaluated.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "spot/coinfer.h"
#include "support/spot_test.h"

static const double PRINTED = 1e-6;   /* vectors printed with six or more digits */
static const double ROUNDING = 1e-14; /* a few roundings of log and exp */

enum { N_CURVE = 5 };

static double distortion(int curve, double lambda, double bits)
{
    double d = NAN;

    assert_int_equal(spot_coinfer_distortion((spot_coinfer_curve)curve, lambda, bits, &d), SPOT_OK);
    return d;
}

static void curves_match_printed_vectors(void **state)
{
    static const double b4[] = {0.0625, 0.06453852, 0.117783, 0.125, 0.1428571};
    static const double b8[] = {0.0001953125, 0.000195695, 0.000389107, 0.000390625, 0.0003937008};

    (void)state;
    for (int c = 0; c < N_CURVE; c++) {
        assert_close(distortion(c, 1.0, 4.0), b4[c], 0.0, 2.0 * PRINTED);
        assert_close(distortion(c, 20.0, 8.0), b8[c], 0.0, 2.0 * PRINTED);
    }
}

static void curves_keep_their_order_and_fall(void **state)
{
    (void)state;
    /* beyond 45 bits the curves differ by less than a rounding */
    for (int quarter = 4; quarter <= 4 * 45; quarter++) {
        const double bits = quarter / 4.0;

        for (int c = 0; c < N_CURVE; c++) {
            const double d = distortion(c, 3.0, bits);

            assert_true(d > 0.0 && distortion(c, 3.0, bits + 0.25) < d);
            /* lambda is only a scale */
            assert_close(distortion(c, 0.1, bits) * 0.1, d * 3.0, 0.0, ROUNDING);
        }
        assert_true(distortion(0, 3.0, bits) < distortion(1, 3.0, bits));
        assert_true(bits == 1.0 || distortion(1, 3.0, bits) < distortion(2, 3.0, bits));
        assert_true(distortion(2, 3.0, bits) < distortion(3, 3.0, bits));
        assert_true(distortion(3, 3.0, bits) < distortion(4, 3.0, bits));
    }
    assert_close(distortion(1, 1.0, 1.0), log(2.0), 0.0, ROUNDING);
    assert_close(distortion(2, 1.0, 1.0), log(2.0), 0.0, ROUNDING);
    assert_true(isinf(distortion(4, 1.0, 1.0)));
}

static void rates_match_printed_vector_and_invert_the_curves(void **state)
{
    double exact = NAN;
    double shannon = NAN;

    (void)state;
    assert_int_equal(spot_coinfer_rate(5.0, 0.02, &exact, &shannon), SPOT_OK);
    assert_close(exact, 2.393462, 0.0, PRINTED);
    assert_close(shannon, 2.321928, 0.0, PRINTED);
    for (int half = 2; half <= 2 * 40; half++) {
        const double bits = half / 2.0;

        assert_int_equal(spot_coinfer_rate(7.0, distortion(1, 7.0, bits), &exact, NULL), SPOT_OK);
        assert_int_equal(spot_coinfer_rate(7.0, distortion(0, 7.0, bits), NULL, &shannon), SPOT_OK);
        assert_close(exact, bits - 1.0, 1e-13, 0.0);
        assert_close(shannon, bits - 1.0, 1e-13, 0.0);
    }
    /* no bits are needed where the median alone is good enough */
    assert_int_equal(spot_coinfer_rate(1.0, 2.0, &exact, &shannon), SPOT_OK);
    assert_true(exact == 0.0 && shannon == 0.0);
}

static void a_fit_is_the_inverse_of_the_mean(void **state)
{
    const float w[] = {0.5F, -0.25F, 0.0F, -1.25F};
    const float nan[] = {1.0F, NAN};
    const float infinite[] = {1.0F, -INFINITY};
    const float huge[] = {FLT_MAX, FLT_MAX};
    const float zero[] = {0.0F, -0.0F};
    double lambda = 3.0;

    (void)state;
    assert_int_equal(spot_coinfer_fit(w, 4, &lambda), SPOT_OK);
    assert_close(lambda, 2.0, 0.0, ROUNDING);
    assert_int_equal(spot_coinfer_fit(huge, 2, &lambda), SPOT_OK);
    assert_close(lambda, 1.0 / (double)FLT_MAX, 0.0, ROUNDING);
    lambda = 3.0;
    assert_int_equal(spot_coinfer_fit(nan, 2, &lambda), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_fit(infinite, 2, &lambda), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_fit(zero, 2, &lambda), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_fit(w, 0, &lambda), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_fit(NULL, 4, &lambda), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_fit(w, 4, NULL), SPOT_E_INVALID);
    assert_true(lambda == 3.0);
}

static void arguments_out_of_range_are_refused(void **state)
{
    static const double bad[] = {0.0, -1.0, NAN, INFINITY};
    double d = 5.0;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, bad[i], 4.0, &d),
                         SPOT_E_RANGE);
        assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, 1.0, bad[i], &d),
                         SPOT_E_RANGE);
        assert_int_equal(spot_coinfer_rate(bad[i], 1.0, &d, &d), SPOT_E_RANGE);
        assert_int_equal(spot_coinfer_rate(1.0, bad[i], &d, &d), SPOT_E_RANGE);
    }
    assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, 1.0, 0.99, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_distortion((spot_coinfer_curve)5, 1.0, 4.0, &d), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, 1.0, 4.0, NULL), SPOT_E_INVALID);
    assert_true(d == 5.0);
}

static void output_bound_matches_printed_vector(void **state)
{
    static const double w1[] = {1.0, -2.0, 0.5, 0.25};
    static const double w1_hat[] = {1.25, -2.0, 0.5, 0.5};
    static const double w2[] = {3.0, 1.0};
    static const double w2_hat[] = {3.0, 0.5};
    const spot_coinfer_layer layers[] = {{2, 2, w1, w1_hat}, {1, 2, w2, w2_hat}};
    spot_coinfer_output_bound bound;

    (void)state;
    assert_int_equal(spot_coinfer_output_error(layers, 2, 1.0, &bound), SPOT_OK);
    assert_close(bound.entrywise, 2.625, 0.0, ROUNDING);
    assert_close(bound.induced, 1.875, 0.0, ROUNDING);
}

enum { NET_LAYERS = 4, NET_WIDTH = 16 };

static double draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (double)*state / 2147483648.0 - 1.0;
}

/* x <- relu(W x), w_hat instead of w if asked for. */
static void run_net(const spot_coinfer_layer *layers, int hat, double *x)
{
    for (int l = 0; l < NET_LAYERS; l++) {
        const double *w = hat ? layers[l].w_hat : layers[l].w;
        double y[NET_WIDTH];

        for (size_t i = 0; i < NET_WIDTH; i++) {
            y[i] = 0.0;
            for (size_t j = 0; j < NET_WIDTH; j++) {
                y[i] += w[i * NET_WIDTH + j] * x[j];
            }
            y[i] = fmax(0.0, y[i]);
        }
        memcpy(x, y, sizeof y);
    }
}

static void outputs_of_networks_stay_within_the_bound(void **state)
{
    static double w[NET_LAYERS][NET_WIDTH * NET_WIDTH];
    static double w_hat[NET_LAYERS][NET_WIDTH * NET_WIDTH];
    unsigned seed = 4;

    (void)state;
    for (int trial = 0; trial < 200; trial++) {
        const double step = exp2(-(double)(trial % 8));
        spot_coinfer_layer layers[NET_LAYERS];
        spot_coinfer_output_bound bound;
        double x[NET_WIDTH];
        double y[NET_WIDTH];
        double norm = 0.0;
        double error = 0.0;

        for (int l = 0; l < NET_LAYERS; l++) {
            for (size_t i = 0; i < NET_WIDTH * NET_WIDTH; i++) {
                w[l][i] = draw(&seed);
                w_hat[l][i] = step * rint(w[l][i] / step);
            }
            layers[l] = (spot_coinfer_layer){NET_WIDTH, NET_WIDTH, w[l], w_hat[l]};
        }
        for (size_t i = 0; i < NET_WIDTH; i++) {
            x[i] = y[i] = draw(&seed);
            norm += fabs(x[i]);
        }
        run_net(layers, 0, x);
        run_net(layers, 1, y);
        for (size_t i = 0; i < NET_WIDTH; i++) {
            error += fabs(x[i] - y[i]);
        }
        assert_int_equal(spot_coinfer_output_error(layers, NET_LAYERS, norm, &bound), SPOT_OK);
        assert_true(error <= bound.induced && bound.induced <= bound.entrywise);
        /* one layer, one input: the bound is reached */
        for (size_t i = 1; i < NET_WIDTH * NET_WIDTH; i++) {
            w[0][i] = w_hat[0][i] = 0.0;
        }
        assert_int_equal(spot_coinfer_output_error(layers, 1, 2.0, &bound), SPOT_OK);
        assert_close(bound.induced, 2.0 * fabs(w[0][0] - w_hat[0][0]), 0.0, ROUNDING);
    }
}

static void networks_that_do_not_fit_are_refused(void **state)
{
    double w[] = {1.0, 2.0};
    double w_hat[] = {1.0, 2.0};
    spot_coinfer_layer layers[] = {{1, 2, w, w_hat}, {2, 1, w, w_hat}};
    spot_coinfer_output_bound bound = {7.0, 7.0};

    (void)state;
    assert_int_equal(spot_coinfer_output_error(layers, 0, 1.0, &bound), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_output_error(NULL, 2, 1.0, &bound), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_output_error(layers, 2, 1.0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_output_error(layers, 2, -1.0, &bound), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_output_error(layers, 2, NAN, &bound), SPOT_E_RANGE);
    layers[1].n_in = 2;
    assert_int_equal(spot_coinfer_output_error(layers, 2, 1.0, &bound), SPOT_E_INVALID);
    layers[1].n_in = 1;
    layers[1].w_hat = NULL;
    assert_int_equal(spot_coinfer_output_error(layers, 2, 1.0, &bound), SPOT_E_INVALID);
    layers[1].w_hat = w_hat;
    w_hat[0] = NAN;
    assert_int_equal(spot_coinfer_output_error(layers, 2, 1.0, &bound), SPOT_E_RANGE);
    w_hat[0] = 1.0;
    w[1] = INFINITY;
    assert_int_equal(spot_coinfer_output_error(layers, 2, 1.0, &bound), SPOT_E_RANGE);
    assert_true(bound.entrywise == 7.0 && bound.induced == 7.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_match_printed_vectors),
        cmocka_unit_test(curves_keep_their_order_and_fall),
        cmocka_unit_test(rates_match_printed_vector_and_invert_the_curves),
        cmocka_unit_test(a_fit_is_the_inverse_of_the_mean),
        cmocka_unit_test(arguments_out_of_range_are_refused),
        cmocka_unit_test(output_bound_matches_printed_vector),
        cmocka_unit_test(outputs_of_networks_stay_within_the_bound),
        cmocka_unit_test(networks_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
