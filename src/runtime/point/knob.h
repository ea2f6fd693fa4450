/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The descriptors of the knobs, with what reads and writes their values. */
#ifndef SPOTI_POINT_KNOB_H
#define SPOTI_POINT_KNOB_H

#include "spot/point.h"

typedef enum spoti_knob_kind {
    SPOTI_KNOB_COUNT,  /* an int from min to max; 0 stands for a baseline that is a word */
    SPOTI_KNOB_CHOICE, /* an int-sized enumeration, by its words */
    SPOTI_KNOB_NAME,   /* a text that only a policy can judge; "" = baseline */
} spoti_knob_kind;

typedef struct spoti_knob {
    spot_knob shown;
    spoti_knob_kind kind;
    size_t offset;                           /* of its field in spot_point */
    size_t size;                             /* NAME: of the field */
    int min, max;                            /* COUNT */
    const char *const *words;                /* CHOICE: by value, ends in NULL */
    const char *expected;                    /* what a message says would be right */
    bool always_written;                     /* also at the baseline */
    bool needs_overlap;                      /* has no meaning without overlap */
    bool (*changes_time)(const char *value); /* NAME, in_inference: NULL = every value does */
    const char *variant_key; /* before its value in a variant; "" = the value alone */
} spoti_knob;

/* Knob i, or NULL. */
const spoti_knob *spoti_knob_at(int i);

/* A piece of text that is not terminated. */
typedef struct spoti_word {
    const char *start;
    size_t length;
} spoti_word;

/* Number of the knob called `name`, or -1. */
int spoti_knob_find(spoti_word name);

/* Reads a value into the knob's field of *point. Returns SPOT_OK, E_FORMAT, E_RANGE. */
spot_status spoti_knob_read(int i, spoti_word value, spot_point *point, spot_diag *diag);

#endif
