/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The core on an Arm CPU: what could differ from other computers. `char` has no sign there, libm is
 * another build, and random words must be the same bits everywhere. Oracles: published vectors and
 * closed forms; tolerances are what the headers promise.
 */
#include <float.h>

#include "core/base/philox.h"
#include "core/base/text.h"
#include "spot/coinfer.h"
#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"
#include "spot/tised.h"

#include "check.h"

/* What the distribution functions promise, relative (spot/stats_dist.h). */
static const double PROMISED = 1e-12;
/* A few roundings of double precision. */
static const double ROUNDINGS = 16.0 * DBL_EPSILON;

static void expect_close(tally *t, const char *what, double got, double want, double relative)
{
    expect(t, is_close(got, want, relative * fabs(want)), "%s: %.17g, expected %.17g", what, got,
           want);
}

/* The known answers of Random123 (Salmon et al. 2011). */
static void check_philox(tally *t)
{
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t out[4];

        spoti_philox4x32(vectors[i].counter, vectors[i].key, out);
        expect(t, same_bytes(out, vectors[i].want, sizeof out), "philox vector %zu", i);
    }
}

/* FNV-1a (Fowler, Noll, Vo) of n bytes, going on from `hash`. */
static uint64_t fnv(uint64_t hash, const void *data, size_t n)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* Words, integers and uniform numbers are the same bits on every machine (VERSIONING.md): the hash is
 * what an x86-64 computer gives for them. */
static void check_random_bits(tally *t)
{
    const uint64_t want = UINT64_C(0xC2D9590DDBF6DE5F);
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (uint64_t i = 0; i < 5000; i++) {
        spot_rng rng = spot_rng_at(i, SPOT_STREAM_RESET, i);
        const uint32_t word = spot_rng_u32(&rng);
        const uint32_t below = spot_rng_below(&rng, 1000);
        const double uniform = spot_rng_uniform(&rng, -0.1, 0.1);

        hash = fnv(hash, &word, sizeof word);
        hash = fnv(hash, &below, sizeof below);
        hash = fnv(hash, &uniform, sizeof uniform);
    }
    expect(t, hash == want, "random numbers have hash %llx", (unsigned long long)hash);
}

/* Strict numbers; bytes above 127 are positive here and negative elsewhere. */
static void check_text(tally *t)
{
    static const char *const refused[] = {"\xff", "1\xe9", "\xb2 1", "1 ", "", "0x1", "nan"};
    double x = 7.0;
    int n = 7;

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        expect(t, spoti_parse_double(refused[i], &x) == SPOT_E_FORMAT && x == 7.0,
               "text %zu was read as %g", i, x);
        expect(t, spoti_parse_int(refused[i], &n) == SPOT_E_FORMAT && n == 7,
               "text %zu was read as %d", i, n);
    }
    expect(t, spoti_parse_double("-1.5e-3", &x) == SPOT_OK && x == -1.5e-3, "-1.5e-3 is %g", x);
    expect(t, spoti_parse_int("-2147483648", &n) == SPOT_OK && n == INT32_MIN, "INT_MIN is %d", n);
    expect(t, spoti_parse_int("2147483648", &n) == SPOT_E_RANGE, "2^31 was read as %d", n);
}

static void check_statistics(tally *t)
{
    spot_stats_tails tails = {0};
    spot_stats_mcnemar_result mcnemar = {0};
    spot_interval interval = {0};
    double z = 0.0;

    /* P(|Z| <= z) = erf(z / sqrt 2), so the quantile inverts it */
    for (int i = 1; i < 100; i += 7) {
        const double p = (double)i / 100.0;

        expect(t, spot_stats_normal_quantile(p, &z) == SPOT_OK, "quantile");
        expect_close(t, "normal quantile", 0.5 * erfc(-z / sqrt(2.0)), p, PROMISED);
    }
    for (int i = 0; i < 8; i++) {
        const double x = ldexp(0.25, i);

        /* chi-square with 2 degrees is exponential; with 1 the square of a normal */
        expect(t, spot_stats_chi_square_tails(x, 2.0, &tails) == SPOT_OK, "chi-square");
        expect_close(t, "chi-square, 2", tails.upper, exp(-x / 2.0), PROMISED);
        expect(t, spot_stats_chi_square_tails(x, 1.0, &tails) == SPOT_OK, "chi-square");
        expect_close(t, "chi-square, 1", tails.upper, erfc(sqrt(x / 2.0)), PROMISED);
    }
    for (int n = 1; n <= 1000; n *= 10) {
        /* no success in n: (1 - hi)^n = alpha / 2 */
        expect(t, spot_stats_clopper_pearson(0, n, 0.95, &interval) == SPOT_OK, "interval");
        expect_close(t, "Clopper-Pearson", interval.hi, -expm1(log(0.025) / n), 10.0 * PROMISED);
        expect(t, spot_stats_beta_tails(0.3, n, 1.0, &tails) == SPOT_OK, "beta");
        expect_close(t, "beta (n, 1)", tails.lower, pow(0.3, n), PROMISED);
    }
    /* 0 against 10: 2^-10 on one side */
    expect(t, spot_stats_mcnemar(10, 0, &mcnemar) == SPOT_OK, "mcnemar");
    expect_close(t, "McNemar", mcnemar.p_candidate_better, 0x1p-10, PROMISED);
}

static void check_timing_and_rate(tally *t)
{
    const spot_tised_setup setup = {.inference_s = 0.12, .action_s = 0.025, .n_action = 8};
    spot_tised_timing timing = {0};
    double d = 0.0;

    /* 0.2 + 0.12 s for a chunk at the baseline, 0.2 s once 0.06 s hide behind three actions */
    expect(t, spot_tised_time_point(&setup, 0.5, 3, &timing) == SPOT_OK, "time_point");
    expect_close(t, "eta", timing.eta, 1.6, ROUNDINGS);
    expect_close(t, "age", timing.age_s, 0.075, ROUNDINGS);
    for (int i = 2; i <= 32; i++) {
        const double bits = (double)i / 2.0;

        expect(t, spot_coinfer_distortion(SPOT_COINFER_LOWER, 2.0, bits, &d) == SPOT_OK, "lower");
        expect_close(t, "lower", d, pow(2.0, -bits) / 2.0, ROUNDINGS);
        expect(t, spot_coinfer_distortion(SPOT_COINFER_LLOYD, 2.0, bits, &d) == SPOT_OK, "lloyd");
        expect_close(t, "lloyd", d, log1p(pow(2.0, 1.0 - bits)) / 2.0, ROUNDINGS);
    }
}

int main(void)
{
    tally t = {0};

    check_philox(&t);
    check_random_bits(&t);
    check_text(&t);
    check_statistics(&t);
    check_timing_and_rate(&t);
    return verdict(&t);
}
