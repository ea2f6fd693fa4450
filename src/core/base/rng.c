/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11. A keyed bijection of 128 bits: ten rounds of
 *
 *     (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0))
 *
 * with the key stepped by the Weyl constants W between rounds. Here the key is the seed and the
 * counter is (block, stream and index), so no two (seed, stream, index, block) share an output.
 */
#include "spot/rng.h"

#include <math.h>
#include <string.h>

#include "core/base/elementary.h"
#include "core/base/philox.h"

enum { N_ROUND = 10, INDEX_BITS = 48, BLOCK_EMPTY = 4 };

static const uint32_t PHILOX_M0 = 0xD2511F53U;
static const uint32_t PHILOX_M1 = 0xCD9E8D57U;
static const uint32_t PHILOX_W0 = 0x9E3779B9U; /* golden ratio */
static const uint32_t PHILOX_W1 = 0xBB67AE85U; /* sqrt(3) - 1 */

static const double TWO_PI = 6.283185307179586476925286766559;

void spoti_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int i = 0; i < N_ROUND; i++) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * c[0];
        uint64_t p1 = (uint64_t)PHILOX_M1 * c[2];
        uint32_t next0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k[0];
        uint32_t next2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k[1];
        c[0] = next0;
        c[1] = (uint32_t)p1;
        c[2] = next2;
        c[3] = (uint32_t)p0;
        k[0] += PHILOX_W0;
        k[1] += PHILOX_W1;
    }
    memcpy(out, c, sizeof(c));
}

spot_rng spot_rng_at(uint64_t seed, spot_stream stream, uint64_t index)
{
    /* The upper 16 bits of the upper half hold the purpose, the lower 48 the index. */
    uint64_t purpose = (uint64_t)(unsigned)stream << INDEX_BITS;
    uint64_t high = purpose | (index & ((UINT64_C(1) << INDEX_BITS) - 1));
    spot_rng rng = {
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, 0, (uint32_t)high, (uint32_t)(high >> 32)},
        .used = BLOCK_EMPTY,
    };
    return rng;
}

uint32_t spot_rng_u32(spot_rng *rng)
{
    if (rng->used >= BLOCK_EMPTY) {
        spoti_philox4x32(rng->counter, rng->key, rng->block);
        rng->used = 0;
        rng->counter[0]++;
        if (rng->counter[0] == 0) {
            rng->counter[1]++;
        }
    }
    return rng->block[rng->used++];
}

double spot_rng_uniform(spot_rng *rng, double lo, double hi)
{
    uint64_t high = spot_rng_u32(rng) >> 5; /* 27 bits */
    uint64_t low = spot_rng_u32(rng) >> 6;  /* 26 bits */
    double unit = (double)((high << 26) | low) * 0x1p-53;
    if (!(hi > lo)) {
        return lo;
    }
    double x = lo + unit * (hi - lo);
    /* the sum may round up to hi, which is not in the interval */
    return x < hi ? x : nextafter(hi, lo);
}

double spot_rng_normal(spot_rng *rng)
{
    /* the middle of each cell of 2^-32: never 0, so that the logarithm is finite */
    double u1 = ((double)spot_rng_u32(rng) + 0.5) * 0x1p-32;
    double u2 = ((double)spot_rng_u32(rng) + 0.5) * 0x1p-32;
    return sqrt(-2.0 * spoti_log(u1)) * spoti_cos(TWO_PI * u2);
}

uint32_t spot_rng_below(spot_rng *rng, uint32_t n)
{
    if (n == 0) {
        return 0;
    }
    /* Values below 2^32 mod n would make the first residues more likely: draw again. */
    uint32_t reject_below = (UINT32_MAX - n + 1) % n;
    uint32_t word = spot_rng_u32(rng);
    while (word < reject_below) {
        word = spot_rng_u32(rng);
    }
    return word % n;
}

void spot_rng_fill_normal(spot_rng *rng, float *out, int n)
{
    for (int i = 0; i < n; i++) {
        out[i] = (float)spot_rng_normal(rng);
    }
}
