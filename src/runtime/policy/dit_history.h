/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The past that a transformer reads: observations (frames) and commands, a token of each for every
 * executed action.
 *
 * A token's keys and values do not depend on its age, so they are computed once, when it is
 * remembered, and kept in rings, one for each block and kind. An inference copies what lies in the
 * read window behind the keys and values of the present observation, newest first, with a bias on
 * the scores that says how old each token is; refinement steps then read all of it as one memory.
 * A window changes what is read, never what is kept.
 */
#ifndef SPOTI_POLICY_DIT_HISTORY_H
#define SPOTI_POLICY_DIT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/policy/config.h"

/* The kinds of tokens; keys, values and biases of frames come first. */
enum { SPOTI_PAST_FRAME = 0, SPOTI_PAST_COMMAND = 1, SPOTI_PAST_KINDS = 2 };

/* Keys and values of one kind of tokens in one block. Token w = 0, 1, ... lies in slot
 * size - 1 - w % size: ages rise with slots. */
typedef struct spoti_dit_ring {
    float *keys;   /* (C x size), transposed as the attention reads them */
    float *values; /* (size x ld) */
} spoti_dit_ring;

typedef struct spoti_dit_history {
    size_t window[SPOTI_PAST_KINDS]; /* most tokens that an inference reads */
    size_t written;                  /* tokens of each kind since all was forgotten */
    spoti_dit_ring rings[SPOTI_BLOCKS_MAX][SPOTI_PAST_KINDS];
    float *obs;     /* (D) normalised frame */
    float *command; /* (A) normalised command */
    float *tokens;  /* (2 x ld) the two tokens, and before that their hidden layer in scratch */
    float *scratch; /* (2 x ld) hidden layers, then keys */
    float *values;  /* (2 x ld) */
} spoti_dit_history;

/* Reads a window `base`, `p1` .. `p4` or `V:A` (NULL = base) for a policy that reads at most
 * most[kind] tokens. p1 .. p4 are the fractions 1024, 512, 256, 128 of 8640 frames and 256, 128, 64,
 * 32 of 1152 commands, as published for LingBot-VA, to the nearest token and at least 1.
 * Returns OK, E_FORMAT, E_RANGE (more than the policy reads); see diag. */
spot_status spoti_dit_window_read(const char *text, const size_t most[SPOTI_PAST_KINDS],
                                  size_t window[SPOTI_PAST_KINDS], spot_diag *diag);

/* Settles the window. Returns OK, E_FORMAT, E_RANGE, E_UNSUPPORTED (a window without history). */
spot_status spoti_dit_history_configure(spot_session *s, const spot_session_config *config);

/* Takes the arrays from the session's arena; runs twice. */
void spoti_dit_history_place(spot_session *s);

/* Most tokens of the past that an inference reads, and how many the next one does. */
size_t spoti_dit_history_most(const spot_session *s);
size_t spoti_dit_history_count(const spot_session *s);

/* Copies the window behind the present tokens of every block's memory. */
void spoti_dit_history_gather(const spot_session *s);

/* Computes and keeps one token of each kind. Returns OK, or E_RANGE where a token is no number: the
 * observation or command is finite, but overflows in the layers that make tokens; nothing is kept. */
spot_status spoti_dit_history_write(spot_session *s, const float *obs, const float *command);

#endif
