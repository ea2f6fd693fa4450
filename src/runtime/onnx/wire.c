/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Protocol Buffers as they lie in a file: varints, tags, lengths. */
#include "runtime/onnx/wire.h"

#include <inttypes.h>
#include <string.h>

enum { VARINT_BYTES_MAX = 10, TAG_TYPE_BITS = 3 };

static const uint64_t NUMBER_MAX = (UINT64_C(1) << 29) - 1; /* of a field */

static spot_status refuse(const spoti_pb_reader *r, uint64_t at, const char *what)
{
    return spot_diag_set(r->diag, SPOT_E_FORMAT, "%s: byte %" PRIu64 ": %s, expected an ONNX file",
                         r->source.path, at, what);
}

void spoti_pb_open(const spoti_pb_source *source, spot_diag *diag, spoti_pb_reader *out)
{
    out->source = *source;
    out->diag = diag;
    out->from = 0;
    out->n = 0;
}

/* The byte at `at`, which lies in the file. */
static spot_status byte_at(spoti_pb_reader *r, uint64_t at, unsigned char *out)
{
    if (at < r->from || at - r->from >= r->n) {
        const uint64_t left = r->source.size - at;
        const size_t n = left < SPOTI_PB_WINDOW ? (size_t)left : SPOTI_PB_WINDOW;
        const spot_status st = r->source.read(r->source.ctx, at, r->window, n, r->diag);
        if (st != SPOT_OK) {
            r->n = 0;
            return st;
        }
        r->from = at;
        r->n = n;
    }
    *out = r->window[at - r->from];
    return SPOT_OK;
}

spot_status spoti_pb_varint(spoti_pb_reader *r, spoti_pb_range *packed, uint64_t *out)
{
    const uint64_t begin = packed->begin;
    *out = 0;
    for (int i = 0; i < VARINT_BYTES_MAX; i++) {
        unsigned char byte = 0;
        if (packed->begin >= packed->end) {
            return refuse(r, begin, "a number is cut off by the end of its message");
        }
        const spot_status st = byte_at(r, packed->begin++, &byte);
        if (st != SPOT_OK) {
            return st;
        }
        *out |= (uint64_t)(byte & 0x7fU) << (7 * i);
        if ((byte & 0x80U) == 0) {
            return SPOT_OK;
        }
    }
    return refuse(r, begin, "a number of more than 10 bytes");
}

/* The body of a field of known length. */
static spot_status take_body(spoti_pb_reader *r, spoti_pb_range *message, uint64_t size,
                             spoti_pb_field *field)
{
    if (size > message->end - message->begin) {
        return refuse(r, message->begin, "a field is longer than the message around it");
    }
    field->body = (spoti_pb_range){message->begin, message->begin + size};
    message->begin += size;
    return SPOT_OK;
}

spot_status spoti_pb_next(spoti_pb_reader *r, spoti_pb_range *message, spoti_pb_field *field,
                          bool *more)
{
    uint64_t tag = 0;
    uint64_t size = 0;
    const uint64_t begin = message->begin;

    *field = (spoti_pb_field){0};
    *more = message->begin < message->end;
    if (!*more) {
        return SPOT_OK;
    }
    spot_status st = spoti_pb_varint(r, message, &tag);
    if (st != SPOT_OK) {
        return st;
    }
    field->number = tag >> TAG_TYPE_BITS;
    field->type = (spoti_pb_type)(tag & ((1U << TAG_TYPE_BITS) - 1));
    if (field->number < 1 || field->number > NUMBER_MAX) {
        return refuse(r, begin, "a field of an impossible number");
    }
    switch (field->type) {
    case SPOTI_PB_VARINT:
        return spoti_pb_varint(r, message, &field->value);
    case SPOTI_PB_FIXED64:
        return take_body(r, message, 8, field);
    case SPOTI_PB_FIXED32:
        return take_body(r, message, 4, field);
    case SPOTI_PB_BYTES:
        st = spoti_pb_varint(r, message, &size);
        return st == SPOT_OK ? take_body(r, message, size, field) : st;
    }
    return refuse(r, begin, "a field of an unknown type");
}

spot_status spoti_pb_text(spoti_pb_reader *r, spoti_pb_range body, char *out, size_t size)
{
    static const char cut[] = "...";
    size_t n = 0;

    if (body.end - body.begin >= size) {
        memcpy(out, cut, sizeof(cut) - 1);
        n = sizeof(cut) - 1;
        body.begin = body.end - (size - 1 - n);
    }
    for (; body.begin < body.end; body.begin++) {
        unsigned char byte = 0;
        const spot_status st = byte_at(r, body.begin, &byte);
        if (st != SPOT_OK) {
            return st;
        }
        if (byte == 0) {
            return refuse(r, body.begin, "a name holds a byte 0");
        }
        out[n++] = (char)byte;
    }
    out[n] = '\0';
    return SPOT_OK;
}
