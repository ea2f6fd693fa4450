/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A writer of Protocol Buffers for tests: appends fields to a buffer. */
#ifndef TEST_ONNX_PROTO_H
#define TEST_ONNX_PROTO_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { PROTO_MAX = 1 << 14 };

typedef struct proto {
    size_t n;
    unsigned char bytes[PROTO_MAX];
} proto;

static inline void put_byte(proto *p, unsigned char byte)
{
    assert(p->n < PROTO_MAX);
    p->bytes[p->n++] = byte;
}

static inline void put_varint(proto *p, uint64_t x)
{
    for (; x >= 0x80U; x >>= 7) {
        put_byte(p, (unsigned char)(x | 0x80U));
    }
    put_byte(p, (unsigned char)x);
}

static inline void put_number(proto *p, unsigned field, uint64_t x)
{
    put_varint(p, (uint64_t)field << 3);
    put_varint(p, x);
}

static inline void put_bytes(proto *p, unsigned field, const void *bytes, size_t n)
{
    put_varint(p, (uint64_t)field << 3 | 2U);
    put_varint(p, n);
    assert(p->n + n <= PROTO_MAX);
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

static inline void put_text(proto *p, unsigned field, const char *text)
{
    put_bytes(p, field, text, strlen(text));
}

static inline void put_message(proto *p, unsigned field, const proto *message)
{
    put_bytes(p, field, message->bytes, message->n);
}

#endif
