/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Protocol Buffers as they lie in a file, read by position: the encoding alone, no schema.
 *
 * A message is a range of bytes, its fields are numbers or ranges inside of it. Nothing is copied but a window of
 * the file, so a message may be larger than memory; every length is checked against the message around it.
 */
#ifndef SPOTI_ONNX_WIRE_H
#define SPOTI_ONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"

enum { SPOTI_PB_WINDOW = 4096 };

/* Where the bytes are: `read` fills out (size) from byte `at` on, which lies inside of the file. */
typedef struct spoti_pb_source {
    spot_status (*read)(void *ctx, uint64_t at, void *out, size_t size, spot_diag *diag);
    void *ctx;
    uint64_t size;    /* of the file, bytes */
    const char *path; /* for what is said */
} spoti_pb_source;

typedef struct spoti_pb_reader {
    spoti_pb_source source;
    spot_diag *diag;
    uint64_t from; /* first byte in the window */
    size_t n;      /* bytes in it */
    unsigned char window[SPOTI_PB_WINDOW];
} spoti_pb_reader;

/* Bytes begin..end-1 of the file. */
typedef struct spoti_pb_range {
    uint64_t begin, end;
} spoti_pb_range;

typedef enum spoti_pb_type {
    SPOTI_PB_VARINT = 0,
    SPOTI_PB_FIXED64 = 1,
    SPOTI_PB_BYTES = 2,
    SPOTI_PB_FIXED32 = 5,
} spoti_pb_type;

typedef struct spoti_pb_field {
    uint64_t number; /* >= 1 */
    spoti_pb_type type;
    uint64_t value;      /* of a VARINT */
    spoti_pb_range body; /* of BYTES, FIXED64 and FIXED32 */
} spoti_pb_field;

void spoti_pb_open(const spoti_pb_source *source, spot_diag *diag, spoti_pb_reader *out);

/* Takes the next field off the front of `message`; *more is false at its end. Returns SPOT_OK, E_FORMAT (diag
 * names the byte), or what `read` says. */
spot_status spoti_pb_next(spoti_pb_reader *r, spoti_pb_range *message, spoti_pb_field *field,
                          bool *more);

/* Takes a varint off the front of `packed`. Returns as next. */
spot_status spoti_pb_varint(spoti_pb_reader *r, spoti_pb_range *packed, uint64_t *out);

/* The text in `body`; of a longer one than fits the end, behind `...`. A byte 0 in it is refused. Returns as next. */
spot_status spoti_pb_text(spoti_pb_reader *r, spoti_pb_range body, char *out, size_t size);

#endif
