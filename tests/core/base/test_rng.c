/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: the known-answer vectors of Random123 (Salmon et al.), and moments. All seeds are fixed;
 * bounds on random quantities are 5 standard deviations (one false alarm in 1.7 million). */
#include "support/spot_test.h"

#include <math.h>
#include <string.h>

#include "core/base/philox.h"
#include "spot/rng.h"

static const double N_SIGMA = 5.0;
enum { N_DRAW = 200000 };

static void philox_gives_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } vector[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        uint32_t out[4];
        spoti_philox4x32(vector[i].counter, vector[i].key, out);
        assert_memory_equal(out, vector[i].want, sizeof(out));
    }
}

static void words_come_block_by_block_from_the_stated_counter(void **state)
{
    (void)state;
    /* the layout is part of the reproducibility promise: seed = key, stream and index above */
    uint64_t seed = UINT64_C(0x299f31d0a4093822);
    uint64_t index = UINT64_C(0x8a2e03707344) & ((UINT64_C(1) << 48) - 1);
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_POLICY, index);
    for (uint32_t block = 0; block < 3; block++) {
        const uint32_t key[2] = {0xa4093822, 0x299f31d0};
        const uint32_t counter[4] = {block, 0, 0x03707344,
                                     (uint32_t)SPOT_STREAM_POLICY << 16 | 0x8a2e};
        uint32_t want[4];
        spoti_philox4x32(counter, key, want);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(spot_rng_u32(&rng), want[i]);
        }
    }
}

static void block_counter_carries(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    rng.counter[0] = UINT32_MAX;
    (void)spot_rng_u32(&rng);
    assert_int_equal(rng.counter[0], 0);
    assert_int_equal(rng.counter[1], 1);
}

static void uniform_has_moments_and_stays_in_interval(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(7, SPOT_STREAM_RESET, 3);
    double sum = 0.0;
    double sum2 = 0.0;
    for (int i = 0; i < N_DRAW; i++) {
        double x = spot_rng_uniform(&rng, -1.0, 3.0);
        assert_true(x >= -1.0 && x < 3.0);
        double u = (x - 1.0) / 4.0; /* uniform on [-1/2, 1/2) */
        sum += u;
        sum2 += u * u;
    }
    /* Var u = 1/12; Var u^2 = 1/80 - 1/144 = 1/180 */
    assert_close(sum / N_DRAW, 0.0, N_SIGMA * sqrt(1.0 / 12 / N_DRAW), 0.0);
    assert_close(sum2 / N_DRAW, 1.0 / 12, N_SIGMA * sqrt(1.0 / 180 / N_DRAW), 0.0);
}

static void uniform_uses_53_bits_of_two_words(void **state)
{
    (void)state;
    spot_rng words = spot_rng_at(9, SPOT_STREAM_RESET, 0);
    spot_rng rng = words;
    for (int i = 0; i < 10; i++) {
        double high = floor(spot_rng_u32(&words) / 32.0); /* 27 bits */
        double low = floor(spot_rng_u32(&words) / 64.0);  /* 26 bits */
        double want = (high * 67108864.0 + low) / 9007199254740992.0;
        assert_true(spot_rng_uniform(&rng, 0.0, 1.0) == want);
    }
}

static void uniform_of_an_empty_interval_is_its_start(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(7, SPOT_STREAM_RESET, 0);
    assert_true(spot_rng_uniform(&rng, 2.0, 2.0) == 2.0);
    assert_true(spot_rng_uniform(&rng, 2.0, 1.0) == 2.0);
    /* an interval of one spacing: the upper end is never returned */
    double lo = 1.0;
    double hi = nextafter(1.0, 2.0);
    for (int i = 0; i < 100; i++) {
        assert_true(spot_rng_uniform(&rng, lo, hi) == lo);
    }
}

static void normal_has_moments_and_tails(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(11, SPOT_STREAM_SENSOR, 5);
    double m1 = 0.0;
    double m2 = 0.0;
    double m3 = 0.0;
    double m4 = 0.0;
    int beyond = 0;
    for (int i = 0; i < N_DRAW; i++) {
        double z = spot_rng_normal(&rng);
        m1 += z;
        m2 += z * z;
        m3 += z * z * z;
        m4 += z * z * z * z;
        beyond += fabs(z) > 1.959963984540054;
    }
    /* variances of z^k: 1, 2, 15, 96; of the 5 % indicator 0.05 * 0.95 */
    assert_close(m1 / N_DRAW, 0.0, N_SIGMA * sqrt(1.0 / N_DRAW), 0.0);
    assert_close(m2 / N_DRAW, 1.0, N_SIGMA * sqrt(2.0 / N_DRAW), 0.0);
    assert_close(m3 / N_DRAW, 0.0, N_SIGMA * sqrt(15.0 / N_DRAW), 0.0);
    assert_close(m4 / N_DRAW, 3.0, N_SIGMA * sqrt(96.0 / N_DRAW), 0.0);
    assert_close((double)beyond / N_DRAW, 0.05, N_SIGMA * sqrt(0.05 * 0.95 / N_DRAW), 0.0);
}

static void below_is_uniform_on_its_range(void **state)
{
    (void)state;
    enum { N = 7 };
    int count[N] = {0};
    spot_rng rng = spot_rng_at(13, SPOT_STREAM_BOOTSTRAP, 0);
    for (int i = 0; i < N_DRAW; i++) {
        uint32_t k = spot_rng_below(&rng, N);
        assert_true(k < N);
        count[k]++;
    }
    for (int k = 0; k < N; k++) {
        double p = 1.0 / N;
        assert_close((double)count[k] / N_DRAW, p, N_SIGMA * sqrt(p * (1 - p) / N_DRAW), 0.0);
    }
    assert_int_equal(spot_rng_below(&rng, 0), 0);
    assert_int_equal(spot_rng_below(&rng, 1), 0);
}

static void below_rejects_the_biased_words(void **state)
{
    (void)state;
    /* n = 3 * 2^30: without rejection values below 2^30 would be twice as likely (1/2, not 1/3) */
    uint32_t n = UINT32_C(3) << 30;
    spot_rng rng = spot_rng_at(17, SPOT_STREAM_BOOTSTRAP, 0);
    int low = 0;
    for (int i = 0; i < N_DRAW; i++) {
        low += spot_rng_below(&rng, n) < UINT32_C(1) << 30;
    }
    double p = 1.0 / 3;
    assert_close((double)low / N_DRAW, p, N_SIGMA * sqrt(p * (1 - p) / N_DRAW), 0.0);
}

/* Correlation of normals drawn at the same place of two substreams. */
static double correlation(spot_rng a, spot_rng b)
{
    double sum = 0.0;
    for (int i = 0; i < N_DRAW; i++) {
        sum += spot_rng_normal(&a) * spot_rng_normal(&b);
    }
    return sum / N_DRAW; /* variance of a product of independent normals: 1 */
}

static void substreams_are_independent(void **state)
{
    (void)state;
    double bound = N_SIGMA * sqrt(1.0 / N_DRAW);
    spot_rng base = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    assert_close(correlation(base, spot_rng_at(2, SPOT_STREAM_RESET, 0)), 0.0, bound, 0.0);
    assert_close(correlation(base, spot_rng_at(1, SPOT_STREAM_SENSOR, 0)), 0.0, bound, 0.0);
    assert_close(correlation(base, spot_rng_at(1, SPOT_STREAM_RESET, 1)), 0.0, bound, 0.0);
    /* the oracle can fail: a substream is fully correlated with itself (Var z^2 = 2) */
    assert_close(correlation(base, base), 1.0, N_SIGMA * sqrt(2.0 / N_DRAW), 0.0);
}

static void fill_normal_is_the_sequence_of_normals(void **state)
{
    (void)state;
    float filled[9];
    spot_rng a = spot_rng_at(3, SPOT_STREAM_POLICY, 4);
    spot_rng b = a;
    spot_rng_fill_normal(&a, filled, 9);
    for (int i = 0; i < 9; i++) {
        assert_true(filled[i] == (float)spot_rng_normal(&b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_published_vectors),
        cmocka_unit_test(words_come_block_by_block_from_the_stated_counter),
        cmocka_unit_test(block_counter_carries),
        cmocka_unit_test(uniform_has_moments_and_stays_in_interval),
        cmocka_unit_test(uniform_uses_53_bits_of_two_words),
        cmocka_unit_test(uniform_of_an_empty_interval_is_its_start),
        cmocka_unit_test(normal_has_moments_and_tails),
        cmocka_unit_test(below_is_uniform_on_its_range),
        cmocka_unit_test(below_rejects_the_biased_words),
        cmocka_unit_test(substreams_are_independent),
        cmocka_unit_test(fill_normal_is_the_sequence_of_normals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
