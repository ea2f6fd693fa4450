/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* SHA-1 by FIPS 180-4, 6.1, for messages of a block or two. */
#include "sha1.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static uint32_t rotate(uint32_t x, unsigned int n)
{
    return x << n | x >> (32 - n);
}

static void one_block(uint32_t h[5], const unsigned char *block)
{
    uint32_t w[80];
    uint32_t v[5];

    for (int t = 0; t < 16; t++) {
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    }
    for (int t = 16; t < 80; t++) {
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    memcpy(v, h, sizeof v);
    for (int t = 0; t < 80; t++) {
        const uint32_t b = v[1], c = v[2], d = v[3];
        const uint32_t f = t < 20   ? (b & c) ^ (~b & d)
                           : t < 40 ? b ^ c ^ d
                           : t < 60 ? (b & c) ^ (b & d) ^ (c & d)
                                    : b ^ c ^ d;
        const uint32_t k = t < 20   ? 0x5a827999
                           : t < 40 ? 0x6ed9eba1
                           : t < 60 ? 0x8f1bbcdc
                                    : 0xca62c1d6;
        const uint32_t next = rotate(v[0], 5) + f + v[4] + k + w[t];
        v[4] = d;
        v[3] = c;
        v[2] = rotate(b, 30);
        v[1] = v[0];
        v[0] = next;
    }
    for (int i = 0; i < 5; i++) {
        h[i] += v[i];
    }
}

static void sha1(const char *text, unsigned char digest[20])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    unsigned char padded[128] = {0};
    const size_t n = strlen(text); /* at most 119 */
    const size_t n_block = n < 56 ? 1 : 2;

    for (size_t i = 0; i < n; i++) {
        padded[i] = (unsigned char)text[i];
    }
    padded[n] = 0x80;
    padded[64 * n_block - 2] = (unsigned char)(8 * n >> 8);
    padded[64 * n_block - 1] = (unsigned char)(8 * n);
    for (size_t b = 0; b < n_block; b++) {
        one_block(h, padded + 64 * b);
    }
    for (int i = 0; i < 20; i++) {
        digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
    }
}

char *websocket_key(char *head)
{
    static const char NAME[] = "sec-websocket-key:";

    for (char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, NAME, sizeof NAME - 1) == 0) {
            char *key = line + 2 + sizeof NAME - 1;
            key += strspn(key, " ");
            key[strcspn(key, "\r")] = '\0';
            return key;
        }
    }
    return NULL;
}

void websocket_accept(const char *key, char *out, size_t out_size)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[120];
    unsigned char digest[21] = {0};
    size_t at = 0;

    (void)snprintf(text, sizeof text, "%.60s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(text, digest);
    for (int i = 0; i < 21 && at + 5 < out_size; i += 3) {
        const unsigned int bits =
            (unsigned int)digest[i] << 16 | (unsigned int)digest[i + 1] << 8 | digest[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) {
            out[at++] = DIGITS[bits >> shift & 63];
        }
    }
    out[at - 1] = '='; /* 20 bytes: the last of 28 digits is padding */
    out[at] = '\0';
}
