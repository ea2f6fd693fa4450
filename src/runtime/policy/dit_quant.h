/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Sites of a transformer in fewer bits than 32, for one session.
 *
 * The policy keeps its weights in fp32; a session that asks for less packs its own copies of the
 * sites concerned when it is created, and quantises what they read in every call.
 */
#ifndef SPOTI_POLICY_DIT_QUANT_H
#define SPOTI_POLICY_DIT_QUANT_H

#include "runtime/nn/linear.h"
#include "runtime/policy/config.h"
#include "runtime/policy/sites.h"

typedef struct spoti_dit_quant {
    spoti_linear_kernels kernels;
    spoti_linear layers[SPOTI_BLOCKS_MAX][SPOTI_SITE_COUNT]; /* precision fp32: not used */
    float *workspace;                                        /* tokens as the kernels read them */
} spoti_dit_quant;

struct spoti_dit_input;
struct spoti_dit_output;

/* Sets the sizes of all layers from the session's plan. Returns OK, E_RANGE (a group does not divide
 * a layer's inputs; see diag), E_UNSUPPORTED (this CPU lacks the kernels that config asks for). */
spot_status spoti_dit_quant_configure(spot_session *s, const spot_session_config *config);

/* Takes the arrays from the session's arena; runs twice. */
void spoti_dit_quant_place(spot_session *s);

/* Packs the weights. Returns OK, E_NOMEM. */
spot_status spoti_dit_quant_fill(spot_session *s);

/* Tokens that were prepared for a site, to be used again by the next one if it reads them alike. */
typedef struct spoti_dit_rows {
    bool ready;
    spoti_rows rows;
} spoti_dit_rows;

/* Computes one site if it has fewer than 32 bits; false, and nothing done, if it has 32. `rows` is
 * zero for the first site of an input. */
bool spoti_dit_quant_apply(const spot_session *s, size_t block, const struct spoti_dit_input *in,
                           const struct spoti_dit_output *out, spoti_dit_rows *rows);

#endif
