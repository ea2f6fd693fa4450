/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Counts, range and sum of many numbers. Oracle: one number after the other, the sum in long double. */
#include "support/spot_test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lab/inspect/tally.h"
#include "spot/rng.h"

enum { MOST = 10000 };

static float x[MOST];

static void expect_tally(size_t n, size_t chunk)
{
    spoti_tally got = {.n = 0};
    spoti_tally want = {.n = n};
    long double sum = 0.0L;
    size_t n_finite = 0;

    for (size_t i = 0; i < n; i += chunk) {
        spoti_tally_add(&got, x + i, n - i < chunk ? n - i : chunk);
    }
    for (size_t i = 0; i < n; i++) {
        want.n_nan += isnan(x[i]) != 0;
        want.n_infinite += isinf(x[i]) != 0;
        if (isfinite(x[i])) {
            want.min = n_finite == 0 ? (double)x[i] : fmin(want.min, (double)x[i]);
            want.max = n_finite++ == 0 ? (double)x[i] : fmax(want.max, (double)x[i]);
            want.n_zero += x[i] == 0.0F;
            sum += (long double)fabsf(x[i]);
        }
    }
    assert_int_equal(got.n, want.n);
    assert_int_equal(got.n_nan, want.n_nan);
    assert_int_equal(got.n_infinite, want.n_infinite);
    assert_int_equal(got.n_zero, want.n_zero);
    assert_true(got.min == want.min && got.max == want.max);
    /* n additions of doubles, each off by 2^-53 of a sum that is no larger than the last */
    assert_close(got.sum_abs, (double)sum, 0.0, (double)n * 0x1p-53);
}

static void fill(spot_rng *rng, double scale)
{
    for (int i = 0; i < MOST; i++) {
        x[i] = (float)(scale * spot_rng_normal(rng));
    }
}

static void finite_numbers_are_tallied(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 2047, 2048, 2049, 4096, 9999, MOST};
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        fill(&rng, k % 2 == 0 ? 0.02 : 1e30);
        expect_tally(sizes[k], MOST);
        expect_tally(sizes[k], 3000);
    }
    fill(&rng, 1.0);
    for (int i = 0; i < MOST; i++) {
        x[i] = i % 3 == 0 ? fabsf(x[i]) + 1.0F : 0.0F;
    }
    expect_tally(MOST, MOST);
    for (int i = 0; i < MOST; i++) {
        x[i] = -1.0F - fabsf(x[i]); /* all below 0: the first is no 0 that is never left */
    }
    expect_tally(MOST, MOST);
}

/* Wherever they are, they are counted, and the others as if they were not there. */
static void what_is_not_finite_is_counted(void **state)
{
    const float odd[] = {NAN,      -NAN,  INFINITY,     -INFINITY,    FLT_MAX,
                         -FLT_MAX, -0.0F, FLT_TRUE_MIN, -FLT_TRUE_MIN};
    spot_rng rng = spot_rng_at(2, SPOT_STREAM_RESET, 0);

    (void)state;
    for (int round = 0; round < 60; round++) {
        fill(&rng, 0.5);
        for (int k = 0; k <= round % 4; k++) {
            x[spot_rng_below(&rng, MOST)] = odd[(round + k) % 9];
        }
        x[round % 3 == 0 ? 0 : 1 + spot_rng_below(&rng, MOST - 1)] = odd[round % 9];
        expect_tally(MOST, MOST);
        expect_tally(MOST, 2500);
    }
    for (int i = 0; i < MOST; i++) {
        x[i] = NAN;
    }
    expect_tally(MOST, MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finite_numbers_are_tallied),
        cmocka_unit_test(what_is_not_finite_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
