/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/whole.h"

#include <stdint.h>
#include <string.h>

static uint32_t big_endian(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The size of the file, which is then read from its start again; -1 if it has none. */
static long size_of(FILE *file)
{
    if (fseek(file, 0, SEEK_END) != 0) {
        return -1;
    }
    const long size = ftell(file);
    return fseek(file, 0, SEEK_SET) == 0 ? size : -1;
}

static bool read_at(FILE *file, long at, unsigned char *bytes, size_t n)
{
    return fseek(file, at, SEEK_SET) == 0 && fread(bytes, 1, n, file) == n;
}

bool spoti_svg_is_whole(FILE *file)
{
    static const char END[] = "</svg>";
    char tail[64];
    unsigned char head[5];
    const long size = size_of(file);
    const long from = size > (long)sizeof(tail) ? size - (long)sizeof(tail) : 0;
    if (size < 0 || !read_at(file, 0, head, sizeof(head)) ||
        memcmp(head, "<?xml", sizeof(head)) != 0 || fseek(file, from, SEEK_SET) != 0) {
        return false;
    }
    size_t n = fread(tail, 1, sizeof(tail), file);
    while (n > 0 && strchr(" \t\r\n", tail[n - 1]) != NULL && tail[n - 1] != '\0') {
        n--;
    }
    return n >= strlen(END) && memcmp(tail + n - strlen(END), END, strlen(END)) == 0;
}

bool spoti_png_is_whole(FILE *file)
{
    static const unsigned char SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    enum { FRAME = 12 }; /* of a chunk: length, type, checksum */
    unsigned char bytes[8];
    const long size = size_of(file);
    long at = sizeof(SIGNATURE);
    if (size < 0 || !read_at(file, 0, bytes, sizeof(bytes)) ||
        memcmp(bytes, SIGNATURE, sizeof(bytes)) != 0) {
        return false;
    }
    while (read_at(file, at, bytes, sizeof(bytes))) {
        const bool first = at == (long)sizeof(SIGNATURE);
        if ((memcmp(bytes + 4, "IHDR", 4) == 0) != first) {
            return false;
        }
        at += FRAME + (long)big_endian(bytes); /* beyond the end nothing is read */
        if (memcmp(bytes + 4, "IEND", 4) == 0) {
            return at == size;
        }
    }
    return false;
}

bool spoti_mp4_is_whole(FILE *file)
{
    const long size = size_of(file);
    bool has_index = false;
    bool has_data = false;
    long at = 0;
    while (at < size) {
        unsigned char head[16];
        if (!read_at(file, at, head, 8)) {
            return false;
        }
        int64_t length = big_endian(head);
        int64_t least = 8;
        if (length == 1) { /* the size follows, of 64 bits */
            if (!read_at(file, at, head, 16)) {
                return false;
            }
            length = (int64_t)(big_endian(head + 8) & 0x7fffffffU) << 32 | big_endian(head + 12);
            least = 16;
        }
        /* 0, `to the end of the file`, is not taken: a cut does not show */
        if (length < least || length > size - at) {
            return false;
        }
        has_index = has_index || memcmp(head + 4, "moov", 4) == 0;
        has_data = has_data || memcmp(head + 4, "mdat", 4) == 0;
        at += (long)length;
    }
    return has_index && has_data;
}
