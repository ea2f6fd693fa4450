/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The past that a transformer reads, see the header. */
#include "runtime/policy/dit_history.h"

#include <string.h>

#include "core/base/text.h"
#include "runtime/policy/arch.h"
#include "runtime/policy/attention.h"

/* ---- the read window ---- */

enum { COUNT_DIGITS = 4 };

/* The published points: tokens of each kind of their whole cache at p1, half as many at each next one. */
static const size_t PUBLISHED_ALL[SPOTI_PAST_KINDS] = {8640, 1152};
static const size_t PUBLISHED_P1[SPOTI_PAST_KINDS] = {1024, 256};

/* Reads 1..4 decimal digits; NULL if there are none or more, else what follows them. */
static const char *read_count(const char *text, size_t *out)
{
    int n = 0;

    *out = 0;
    while (text[n] >= '0' && text[n] <= '9' && n <= COUNT_DIGITS) {
        *out = *out * 10 + (size_t)(text[n] - '0');
        n++;
    }
    return n >= 1 && n <= COUNT_DIGITS ? text + n : NULL;
}

/* Reads V:A. */
static bool read_counts(const char *text, size_t window[SPOTI_PAST_KINDS])
{
    const char *rest = read_count(text, &window[SPOTI_PAST_FRAME]);

    if (rest == NULL || *rest != ':') {
        return false;
    }
    rest = read_count(rest + 1, &window[SPOTI_PAST_COMMAND]);
    return rest != NULL && *rest == '\0';
}

/* most * p1 / all / 2^halvings, rounded to nearest, at least 1. */
static size_t published(size_t most, int kind, int halvings)
{
    const size_t all = PUBLISHED_ALL[kind] << halvings;
    const size_t n = (2 * most * PUBLISHED_P1[kind] + all) / (2 * all);

    return n > 0 ? n : 1;
}

spot_status spoti_dit_window_read(const char *text, const size_t most[SPOTI_PAST_KINDS],
                                  size_t window[SPOTI_PAST_KINDS], spot_diag *diag)
{
    const bool named = text != NULL && text[0] == 'p' && text[1] >= '1' && text[1] <= '4';

    if (text == NULL || strcmp(text, "base") == 0) {
        memcpy(window, most, SPOTI_PAST_KINDS * sizeof *window);
        return SPOT_OK;
    }
    if (named && text[2] == '\0') {
        for (int i = 0; i < SPOTI_PAST_KINDS; i++) {
            window[i] = published(most[i], i, text[1] - '1');
        }
        return SPOT_OK;
    }
    if (!read_counts(text, window)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "kv: '%.20s', expected base, p1 .. p4 or FRAMES:COMMANDS", text);
    }
    if (window[0] > most[0] || window[1] > most[1]) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "kv: '%.20s' is more than the policy reads, expected at most %zu:%zu",
                             text, most[0], most[1]);
    }
    return SPOT_OK;
}

/* ---- memory ---- */

/* Tokens of a kind that are kept: as many as the policy can read. */
static size_t capacity(const spot_session *s, int kind)
{
    const spoti_policy_config *c = &s->policy->config;

    return (size_t)(kind == SPOTI_PAST_FRAME ? c->history_frames : c->history_commands);
}

spot_status spoti_dit_history_configure(spot_session *s, const spot_session_config *config)
{
    const size_t most[] = {capacity(s, SPOTI_PAST_FRAME), capacity(s, SPOTI_PAST_COMMAND)};

    if (most[SPOTI_PAST_FRAME] == 0) {
        return SPOT_OK; /* session.c refuses a window for such a policy */
    }
    if (config->batch_max != 1) {
        return spot_diag_set(config->diag, SPOT_E_RANGE,
                             "batch of %d for a policy with history, expected 1: a session "
                             "remembers one episode",
                             config->batch_max);
    }
    return spoti_dit_window_read(config->kv, most, s->work.dit.history.window, config->diag);
}

size_t spoti_dit_history_most(const spot_session *s)
{
    const spoti_dit_history *history = &s->work.dit.history;

    return history->window[SPOTI_PAST_FRAME] + history->window[SPOTI_PAST_COMMAND];
}

void spoti_dit_history_place(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    spoti_dit_history *history = &s->work.dit.history;

    if (c->history_frames == 0) {
        return;
    }
    for (int i = 0; i < c->blocks; i++) {
        for (int kind = 0; kind < SPOTI_PAST_KINDS; kind++) {
            const size_t size = capacity(s, kind);

            history->rings[i][kind] = (spoti_dit_ring){
                .keys = spoti_arena_take(&s->arena, (size_t)c->channels, size),
                .values = spoti_arena_take(&s->arena, size, s->ld),
            };
        }
        s->work.dit.memory[i].bias =
            spoti_arena_take(&s->arena, (size_t)c->heads, s->work.dit.ld_obs_keys);
    }
    history->obs = spoti_arena_take(&s->arena, 1, (size_t)c->obs_dim);
    history->command = spoti_arena_take(&s->arena, 1, (size_t)c->action_dim);
    history->tokens = spoti_arena_take(&s->arena, SPOTI_PAST_KINDS, s->ld);
    history->scratch = spoti_arena_take(&s->arena, SPOTI_PAST_KINDS, s->ld);
    history->values = spoti_arena_take(&s->arena, SPOTI_PAST_KINDS, s->ld);
}

/* ---- reading ---- */

/* Tokens of a kind that the next inference reads. */
static size_t count_of(const spot_session *s, int kind)
{
    const spoti_dit_history *history = &s->work.dit.history;

    return history->written < history->window[kind] ? history->written : history->window[kind];
}

size_t spoti_dit_history_count(const spot_session *s)
{
    return count_of(s, SPOTI_PAST_FRAME) + count_of(s, SPOTI_PAST_COMMAND);
}

/* Slot of the newest of `written` tokens (at least 1). */
static size_t newest(size_t written, size_t size)
{
    return size - 1 - (written - 1) % size;
}

/* Copies the n newest tokens of a ring to the columns of `keys` and the rows of `values`. */
static void copy_newest(const spot_session *s, const spoti_dit_ring *ring, int kind, size_t n,
                        float *keys, float *values)
{
    const size_t size = capacity(s, kind);
    const size_t first = newest(s->work.dit.history.written, size);
    const size_t head = size - first < n ? size - first : n; /* up to the end of the ring */
    const size_t ld_keys = s->work.dit.ld_obs_keys;

    for (size_t i = 0; i < (size_t)s->policy->config.channels; i++) {
        memcpy(keys + i * ld_keys, ring->keys + i * size + first, head * sizeof *keys);
        memcpy(keys + i * ld_keys + head, ring->keys + i * size, (n - head) * sizeof *keys);
    }
    memcpy(values, ring->values + first * s->ld, head * s->ld * sizeof *values);
    memcpy(values + head * s->ld, ring->values, (n - head) * s->ld * sizeof *values);
}

/* bias (heads x ld_obs_keys) from the column `at` on: by age, for n tokens of a kind. */
static void copy_bias(const spot_session *s, size_t block, int kind, size_t n, size_t at)
{
    const size_t width =
        capacity(s, SPOTI_PAST_FRAME) + capacity(s, SPOTI_PAST_COMMAND); /* columns in the file */
    const float *from = s->policy->net.dit.blocks[block].history_bias +
                        (kind == SPOTI_PAST_COMMAND ? capacity(s, SPOTI_PAST_FRAME) : 0);
    float *to = s->work.dit.memory[block].bias + at;

    for (size_t h = 0; h < (size_t)s->policy->config.heads; h++) {
        memcpy(to + h * s->work.dit.ld_obs_keys, from + h * width, n * sizeof *to);
    }
}

void spoti_dit_history_gather(const spot_session *s)
{
    const spoti_dit_work *work = &s->work.dit;

    for (size_t i = 0; i < (size_t)s->policy->config.blocks; i++) {
        const spoti_dit_memory *memory = &work->memory[i];
        size_t at = work->n_obs_token; /* whose bias is 0 */

        for (int kind = 0; kind < SPOTI_PAST_KINDS; kind++) {
            const size_t n = count_of(s, kind);

            if (n > 0) {
                copy_newest(s, &work->history.rings[i][kind], kind, n, memory->keys + at,
                            memory->values + at * s->ld);
                copy_bias(s, i, kind, n, at);
                at += n;
            }
        }
    }
}

/* ---- writing ---- */

/* Row `kind` of the tokens = LayerNorm(W2 gelu(W1 x + b1) + b2). */
static void embed(const spot_session *s, int kind, const spoti_layer *fc1, const spoti_layer *fc2,
                  const float *x)
{
    const spoti_dit_history *history = &s->work.dit.history;
    const spoti_modulation_row plain = {s->work.dit.ones, s->work.dit.zeros, NULL};
    float *hidden = history->scratch + (size_t)kind * s->ld;
    float *token = history->tokens + (size_t)kind * s->ld;
    spoti_gemm first = spoti_layer_product(fc1, 1, x, fc1->k, hidden, s->ld);
    const spoti_gemm second = spoti_layer_product(fc2, 1, hidden, s->ld, token, s->ld);

    first.epilogue = SPOTI_EPILOGUE_GELU;
    s->kernels->gemm(&first);
    s->kernels->gemm(&second);
    spoti_session_modulate(s, 1, token, &plain, token);
}

static void normalise(const float *x, const float *mean, const float *std, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (x[i] - mean[i]) / std[i];
    }
}

/* Puts keys and values of the two tokens into the rings of one block. */
static void write_block(const spot_session *s, size_t block)
{
    const spoti_dit_history *history = &s->work.dit.history;
    const size_t c = (size_t)s->policy->config.channels;
    const spoti_dit_input in = {.m = SPOTI_PAST_KINDS, .x = history->tokens, .ldx = s->ld};
    const spoti_dit_output out[] = {{.site = SPOTI_SITE_CA_K, .c = history->scratch, .ldc = s->ld},
                                    {.site = SPOTI_SITE_CA_V, .c = history->values, .ldc = s->ld}};

    spoti_dit_apply(s, block, &in, out, 2);
    for (int kind = 0; kind < SPOTI_PAST_KINDS; kind++) {
        const spoti_dit_ring *ring = &history->rings[block][kind];
        const size_t size = capacity(s, kind);
        const size_t slot = newest(history->written + 1, size);
        const size_t row = (size_t)kind * s->ld;

        spoti_attention_keys(history->scratch + row, s->ld, 1, c, ring->keys + slot, size);
        memcpy(ring->values + slot * s->ld, history->values + row, c * sizeof *ring->values);
    }
}

spot_status spoti_dit_history_write(spot_session *s, const float *obs, const float *command)
{
    const spot_policy *policy = s->policy;
    const spoti_dit *net = &policy->net.dit;
    spoti_dit_history *history = &s->work.dit.history;

    normalise(obs, policy->obs_mean, policy->obs_std, (size_t)policy->config.obs_dim, history->obs);
    normalise(command, policy->command_mean, policy->command_std, (size_t)policy->config.action_dim,
              history->command);
    embed(s, SPOTI_PAST_FRAME, &net->frame_fc1, &net->frame_fc2, history->obs);
    embed(s, SPOTI_PAST_COMMAND, &net->command_fc1, &net->command_fc2, history->command);
    /* what is not finite would stay in the rings; padding of rows is 0 */
    if (!spoti_session_finite(history->tokens, SPOTI_PAST_KINDS * s->ld)) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < (size_t)policy->config.blocks; i++) {
        write_block(s, i);
    }
    history->written++;
    return SPOT_OK;
}

/* ---- the public calls ---- */

spot_status spot_session_remember(spot_session *session, const float *obs, const float *command)
{
    if (session == NULL || obs == NULL || command == NULL) {
        return SPOT_E_INVALID;
    }

    const spoti_policy_config *c = &session->policy->config;

    if (c->history_frames == 0) {
        return SPOT_E_UNSUPPORTED;
    }
    if (!spoti_session_finite(obs, (size_t)c->obs_dim) ||
        !spoti_session_finite(command, (size_t)c->action_dim)) {
        return SPOT_E_RANGE;
    }
    return spoti_dit_history_write(session, obs, command);
}

void spot_session_forget(spot_session *session)
{
    if (session != NULL && session->policy->config.history_frames > 0) {
        session->work.dit.history.written = 0;
    }
}
