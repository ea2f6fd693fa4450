/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * An operating point: one setting of all the knobs that make inference cheaper.
 *
 * Text form: `key=value` separated by blanks, order free, e.g. `steps=5 overlap=2 align=skip`. What
 * is not named keeps the baseline's value. An unknown key is an error that lists the keys.
 *
 * `quant` names the precision of a policy's linear layers, `prune` what of its weights is left out and
 * `kv` how much of its past it reads (all as in spot_session_config, policy.h); they hold no blanks.
 *
 * Each key is a knob with one descriptor: what lists, reads, writes or compares points goes through the
 * table of knobs, so a new one is a field of spot_point, its descriptor, and whoever obeys it.
 */
#ifndef SPOT_POINT_H
#define SPOT_POINT_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a chunk that was computed from an old observation is joined on. */
typedef enum spot_align {
    SPOT_ALIGN_NONE = 0, /* run from its first action */
    SPOT_ALIGN_SKIP = 1, /* skip the actions that the running chunk executed meanwhile (n') */
} spot_align;

enum {
    SPOT_POINT_STEPS_MAX = 100,
    SPOT_POINT_TEXT_SIZE = 192,
    SPOT_POINT_QUANT_SIZE = 48,
    SPOT_POINT_PRUNE_SIZE = 24,
    SPOT_POINT_KV_SIZE = 16,
    SPOT_KNOBS_MAX = 16,       /* for arrays by knob; the table is shorter */
    SPOT_KNOB_VALUE_SIZE = 48, /* of the text of any knob's value */
};

typedef struct spot_point {
    int steps;        /* refinement steps, 1..100; 0 (text: `all`) = the policy's default */
    int overlap;      /* n': actions executed while the next inference runs, 0..n; default 0 */
    spot_align align; /* default none */
    int execute;      /* n: actions of a chunk that are executed, 1..horizon; 0 (text: `task`) = the
                       * task's, the default */
    char quant[SPOT_POINT_QUANT_SIZE]; /* as spot_session_config.quant; default "" = fp32 */
    char prune[SPOT_POINT_PRUNE_SIZE]; /* as spot_session_config.prune; default "" = none */
    char kv[SPOT_POINT_KV_SIZE];       /* as spot_session_config.kv; default "" = base */
} spot_point;

/* One knob of a point. Texts are static; help is for pages of a terminal. */
typedef struct spot_knob {
    const char *name;        /* the key, `quant` */
    const char *baseline;    /* its value at the baseline, `fp32` */
    const char *placeholder; /* of its value, `N` or `WORD` */
    const char *help;        /* what it does: lines of up to 65 characters, separated by newlines */
    const char *list_help;   /* the same in a few words, for an option that takes a list */
    bool is_number;          /* a value is a whole number (or the baseline's word) */
    bool in_inference; /* a session obeys it, so an inference may take another time; the others
                              * are the schedule's */
} spot_knob;

/* The knobs, in the order in which they are listed. */
SPOT_API int spot_knob_count(void);
SPOT_API const spot_knob *spot_knob_at(int i); /* NULL outside 0..count-1 */

/* The knob called `name`, or -1. */
SPOT_API int spot_knob_find(const char *name);

/* The value of knob i in `point`, the baseline's by its word; "" for an unknown knob. */
SPOT_API void spot_knob_value(int i, const spot_point *point, char text[SPOT_KNOB_VALUE_SIZE]);
SPOT_API bool spot_knob_is_baseline(int i, const spot_point *point);

/* Order of the values of knob i in p and q: negative, 0 or positive. Words have none: 0 if they are equal,
 * else 1. */
SPOT_API int spot_knob_compare(int i, const spot_point *p, const spot_point *q);

/* Every combination of the values in `lists` (spot_knob_count), each comma-separated such as `fp32,w8a8`;
 * NULL = the baseline's value alone. Without overlap there is nothing to join, so align is none there; a
 * point that came up before is not repeated. Settings of an inference vary slower than its steps and the
 * schedule, the first of them slowest. *n is their number.
 * Returns SPOT_OK, E_INVALID, E_FORMAT or E_RANGE (`knob: what, expected`; a value that is there twice;
 * more than `capacity` points). */
SPOT_API spot_status spot_point_sweep(const char *const *lists, spot_point *points, int capacity,
                                      int *n, spot_diag *diag);

/* Sorts points (n) into a line: by the knobs that are numbers, in their order; equals stay in place. */
SPOT_API void spot_point_sort(spot_point *points, int n);

/* Whether all knobs have the same value / those that an inference obeys, but for its steps. */
SPOT_API bool spot_point_equal(const spot_point *p, const spot_point *q);
SPOT_API bool spot_point_same_setting(const spot_point *p, const spot_point *q);

/* The baseline: all steps, no overlap, all weights in full precision, the whole past. */
SPOT_API void spot_point_default(spot_point *point);

/* Reads `text` onto *point (start from spot_point_default or from another point).
 * Returns SPOT_OK, E_INVALID, E_FORMAT (unknown key, bad value; see diag), E_RANGE. */
SPOT_API spot_status spot_point_parse(const char *text, spot_point *point, spot_diag *diag);

/* Writes the canonical text form, e.g. `steps=5 overlap=2 align=skip` (align only with overlap,
 * quant, prune and kv only if they differ from the baseline's). */
SPOT_API void spot_point_format(const spot_point *point, char *text, size_t size);

/* Writes what of the point changes the time of an inference beside its steps, e.g. `w8a8+kv=p2`; "" at
 * the baseline. Single weights that are pruned are still multiplied by these dense kernels, so a
 * fraction and `2:4` change no time and do not show; whole hidden units (`mlp:F`) do. Numeric bits
 * (`num:B`) compute in fp32 and do not show either. */
SPOT_API void spot_point_variant(const spot_point *point, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
