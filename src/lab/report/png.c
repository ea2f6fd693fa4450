/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A picture as a PNG file (RFC 2083): 8 bits a colour, no filter, zlib blocks that are stored and not squeezed. One
 * frame is a megabyte so; a compressor is not worth a dependency.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "spot/video.h"

enum {
    BLOCK = 65535,    /* largest stored block of deflate */
    ADLER = 65521,    /* RFC 1950 */
    SIDE_MAX = 16384, /* of a picture: its bytes fit 32 bits */
};

/* A chunk that is being written, and the sums of its bytes. */
typedef struct png {
    FILE *out;
    uint32_t crc;      /* of the chunk */
    uint32_t a, b;     /* of the data: Adler-32 */
    uint32_t left;     /* bytes of data still to come */
    uint32_t in_block; /* of these, in the block that was begun */
} png;

/* CRC-32 of one more byte (RFC 2083, appendix 15), by its bits. */
static uint32_t crc_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int i = 0; i < 8; i++) {
        crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
    }
    return crc;
}

static void put(png *p, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        p->crc = crc_byte(p->crc, bytes[i]);
    }
    (void)fwrite(data, 1, size, p->out); /* the stream remembers; commit reports */
}

static void put_number(png *p, uint32_t x)
{
    const uint8_t bytes[4] = {(uint8_t)(x >> 24), (uint8_t)(x >> 16), (uint8_t)(x >> 8),
                              (uint8_t)x};
    put(p, bytes, sizeof(bytes));
}

static void begin(png *p, const char *type, uint32_t size)
{
    put_number(p, size);
    p->crc = 0xFFFFFFFFu; /* the length is no part of it */
    put(p, type, 4);
}

static void end(png *p)
{
    put_number(p, p->crc ^ 0xFFFFFFFFu);
}

/* Bytes of the picture, in stored blocks. */
static void put_data(png *p, const uint8_t *data, uint32_t size)
{
    while (size > 0) {
        if (p->in_block == 0) {
            p->in_block = p->left < BLOCK ? p->left : BLOCK;
            const uint32_t n = p->in_block;
            const uint8_t head[5] = {n == p->left, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n,
                                     (uint8_t)(~n >> 8)};
            put(p, head, sizeof(head));
        }
        const uint32_t n = size < p->in_block ? size : p->in_block;
        for (uint32_t i = 0; i < n; i++) {
            p->a = (p->a + data[i]) % ADLER;
            p->b = (p->b + p->a) % ADLER;
        }
        put(p, data, n);
        p->in_block -= n;
        p->left -= n;
        data += n;
        size -= n;
    }
}

static void put_picture(png *p, const uint8_t *rgb, int width, int height)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    static const uint8_t form[5] = {8, 2, 0, 0, 0}; /* 8 bits, RGB */
    static const uint8_t zlib[2] = {0x78, 0x01};
    static const uint8_t no_filter = 0;
    const uint32_t row = 3u * (uint32_t)width;

    p->left = (uint32_t)height * (row + 1);
    p->a = 1;
    const uint32_t blocks = (p->left + BLOCK - 1) / BLOCK;
    put(p, signature, sizeof(signature));
    begin(p, "IHDR", 13);
    put_number(p, (uint32_t)width);
    put_number(p, (uint32_t)height);
    put(p, form, sizeof(form));
    end(p);
    begin(p, "IDAT", 2 + 5 * blocks + p->left + 4);
    put(p, zlib, sizeof(zlib));
    for (int i = 0; i < height; i++) {
        put_data(p, &no_filter, 1);
        put_data(p, rgb + (size_t)i * row, row);
    }
    put_number(p, (p->b << 16) | p->a);
    end(p);
    begin(p, "IEND", 0);
    end(p);
}

spot_status spot_write_png(const char *path, const uint8_t *rgb, int width, int height,
                           spot_diag *diag)
{
    spoti_file file;
    if (path == NULL || rgb == NULL || width < 1 || height < 1 || width > SIDE_MAX ||
        height > SIDE_MAX) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st == SPOT_OK) {
        png p = {.out = file.stream};
        put_picture(&p, rgb, width, height);
        st = spoti_file_commit(&file, diag);
    }
    return st;
}
