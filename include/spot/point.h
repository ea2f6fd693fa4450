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
 */
#ifndef SPOT_POINT_H
#define SPOT_POINT_H

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
    SPOT_POINT_TEXT_SIZE = 192,
    SPOT_POINT_QUANT_SIZE = 48,
    SPOT_POINT_PRUNE_SIZE = 24,
    SPOT_POINT_KV_SIZE = 16,
};

typedef struct spot_point {
    int steps;        /* refinement steps, 1..100; 0 (text: `all`) = the policy's default */
    int overlap;      /* n': actions executed while the next inference runs, 0..n; default 0 */
    spot_align align; /* default none */
    char quant[SPOT_POINT_QUANT_SIZE]; /* as spot_session_config.quant; default "" = fp32 */
    char prune[SPOT_POINT_PRUNE_SIZE]; /* as spot_session_config.prune; default "" = none */
    char kv[SPOT_POINT_KV_SIZE];       /* as spot_session_config.kv; default "" = base */
} spot_point;

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
 * fraction and `2:4` change no time and do not show; whole hidden units (`mlp:F`) do. */
SPOT_API void spot_point_variant(const spot_point *point, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
