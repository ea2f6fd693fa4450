/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A network whose weights can be rounded and which can be run: what spot/distortion.h measures. */
#ifndef SPOTI_INSPECT_SUBJECT_H
#define SPOTI_INSPECT_SUBJECT_H

#include "runtime/policy/numeric.h"
#include "spot/coinfer.h"
#include "spot/distortion.h"

typedef struct spoti_subject spoti_subject;

typedef struct spoti_subject_ops {
    size_t (*weights)(const spoti_subject *s, size_t layer);
    void (*name)(const spoti_subject *s, size_t layer, char text[SPOT_DISTORTION_NAME_SIZE]);
    void (*read)(const spoti_subject *s, size_t layer, float *w); /* w (weights) */
    /* out (n_input x n_output) with layer `only` rounded (SPOTI_ROUND_ALL: all); how NULL = none. Returns OK, E_NOMEM,
     * E_RANGE (an output is not finite). */
    spot_status (*run)(const spoti_subject *s, const spoti_numeric *how, size_t only, float *out);
    /* NULL = there is no bound. Of layer `only` rounded. Returns OK, E_NOMEM, E_RANGE. */
    spot_status (*bound)(const spoti_subject *s, const spoti_numeric *how, size_t only,
                         spot_coinfer_output_bound *bound);
    void (*close)(spoti_subject *s);
} spoti_subject_ops;

struct spoti_subject {
    const spoti_subject_ops *ops;
    const spot_allocator *allocator;
    size_t n_layer, n_input, n_output;
    const int *labels; /* (n_input), NULL = none */
};

/* A fully connected network of `path`/model.safetensors, inputs and labels of `path`/test.safetensors. *out is the
 * caller's, closed by its ops. Returns OK, E_IO, E_FORMAT, E_RANGE, E_NOMEM. */
spot_status spoti_fcdnn_open(const char *path, const spot_allocator *allocator, spoti_subject **out,
                             spot_diag *diag);

/* The policy of `path` on the configured number of observations, with the configured kernels. Likewise, and
 * E_UNSUPPORTED. */
spot_status spoti_policy_subject_open(const char *path, const spot_distortion_config *config,
                                      spoti_subject **out, spot_diag *diag);

#endif
