/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Inference of a flow mixer: Euler steps x <- x + v(x, t, obs) / steps from t = 0 to 1.
 *
 * What depends on time alone (its embedding, and with it scale, shift and gate of every layer) is
 * computed at create; what depends on the observation alone (its share of in_proj) once a call. A
 * batch is worked off in groups of samples that share each pass over the weights. Symbols as in
 * flow_mixer.h; in arrays of R rows each sample has T consecutive ones.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "runtime/nn/kernels.h"
#include "runtime/policy/flow_mixer.h"

enum { BATCH_MAX = 4096 };

/* Samples of a group: enough rows to use the weights well, few enough to stay in a 1 MB cache. */
enum { GROUP_MAX = 8 };

/* LayerNorm's epsilon, train/model.py NORM_EPS. */
static const float NORM_EPS = 1e-6F;
static const double PI = 3.14159265358979323846;

/* Modulation of one layer at all steps: (steps x width) of 1 + scale, shift and, in blocks, gate. */
typedef struct modulation {
    float *values;
    size_t width;
} modulation;

/* A row of a modulation. */
typedef struct modulation_row {
    const float *gain, *shift, *gate;
} modulation_row;

struct spot_session {
    const spot_allocator *allocator;
    const spot_policy *policy;
    const spoti_kernels *kernels;
    int steps;
    int batch_max;
    size_t group; /* samples worked on together */
    size_t ld;    /* floats between rows of C channels */
    spoti_arena arena;
    modulation token[SPOTI_BLOCKS_MAX], channel[SPOTI_BLOCKS_MAX], final;
    float *time_a, *time_b; /* (steps x time_dim) */
    float *step_size;       /* (A), each 1 / steps */
    float *obs;             /* (group x D) normalised */
    float *obs_in;          /* (group x C) its share of in_proj */
    float *x;               /* (R x A) */
    float *h;               /* (R x ld) residual stream */
    float *y;               /* (R x ld) normalised and modulated */
    float *token_hidden;    /* (token_hidden x ld) of one sample */
    float *channel_hidden;  /* (R x channel_hidden) */
};

/* c = epilogue(a W^T + b) for m rows. */
static spoti_gemm product(const spoti_mixer_linear *layer, size_t m, const float *a, size_t lda,
                          float *c, size_t ldc)
{
    return (spoti_gemm){.m = m,
                        .n = layer->n,
                        .k = layer->k,
                        .a = a,
                        .lda = lda,
                        .b = layer->packed,
                        .ldb = SPOTI_PANEL,
                        .panel_stride = SPOTI_PANEL * layer->k,
                        .bias = layer->bias,
                        .epilogue = SPOTI_EPILOGUE_STORE,
                        .c = c,
                        .ldc = ldc};
}

static modulation_row row_of(const modulation *mod, int step, size_t channels)
{
    const float *row = mod->values + (size_t)step * mod->width;

    return (modulation_row){row, row + channels, row + 2 * channels};
}

static void modulate(const spot_session *s, size_t rows, const modulation_row *mod)
{
    s->kernels->norm_modulate(&(spoti_norm){.m = rows,
                                            .n = (size_t)s->policy->config.channels,
                                            .x = s->h,
                                            .ldx = s->ld,
                                            .gain = mod->gain,
                                            .shift = mod->shift,
                                            .eps = NORM_EPS,
                                            .y = s->y,
                                            .ldy = s->ld});
}

/* h += gate * W2 gelu(W1 y), over the tokens of each sample. */
static void mix_tokens(const spot_session *s, const spoti_mixer_block *block, size_t n,
                       const float *gate)
{
    const size_t tokens = (size_t)s->policy->config.horizon;
    const size_t hidden = (size_t)s->policy->config.token_hidden;
    const size_t channels = (size_t)s->policy->config.channels;

    for (size_t i = 0; i < n; i++) {
        const spoti_gemm up = {.m = hidden,
                               .n = channels,
                               .k = tokens,
                               .a = block->token_w1,
                               .lda = tokens,
                               .b = s->y + i * tokens * s->ld,
                               .ldb = s->ld,
                               .panel_stride = SPOTI_PANEL,
                               .epilogue = SPOTI_EPILOGUE_GELU,
                               .c = s->token_hidden,
                               .ldc = s->ld};
        const spoti_gemm down = {.m = tokens,
                                 .n = channels,
                                 .k = hidden,
                                 .a = block->token_w2,
                                 .lda = hidden,
                                 .b = s->token_hidden,
                                 .ldb = s->ld,
                                 .panel_stride = SPOTI_PANEL,
                                 .gate = gate,
                                 .epilogue = SPOTI_EPILOGUE_RESIDUAL,
                                 .c = s->h + i * tokens * s->ld,
                                 .ldc = s->ld};

        s->kernels->gemm(&up);
        s->kernels->gemm(&down);
    }
}

/* h += gate * W2 gelu(W1 y), over the channels of each row. */
static void mix_channels(const spot_session *s, const spoti_mixer_block *block, size_t rows,
                         const float *gate)
{
    spoti_gemm up = product(&block->fc1, rows, s->y, s->ld, s->channel_hidden, block->fc1.n);
    spoti_gemm down = product(&block->fc2, rows, s->channel_hidden, block->fc1.n, s->h, s->ld);

    up.epilogue = SPOTI_EPILOGUE_GELU;
    down.epilogue = SPOTI_EPILOGUE_RESIDUAL;
    down.gate = gate;
    s->kernels->gemm(&up);
    s->kernels->gemm(&down);
}

/* h = in_proj [x | obs] for n samples. */
static void embed(const spot_session *s, size_t n)
{
    const spoti_flow_mixer *net = &s->policy->net;
    const size_t tokens = (size_t)s->policy->config.horizon;

    for (size_t i = 0; i < n; i++) {
        spoti_gemm in = product(&net->in_x, tokens, s->x + i * tokens * net->in_x.k, net->in_x.k,
                                s->h + i * tokens * s->ld, s->ld);

        in.bias = s->obs_in + i * net->in_x.n;
        s->kernels->gemm(&in);
    }
}

/* x <- x + v / steps for n samples. */
static void euler_step(const spot_session *s, size_t n, int step)
{
    const spoti_policy_config *c = &s->policy->config;
    const spoti_flow_mixer *net = &s->policy->net;
    const size_t channels = (size_t)c->channels;
    const size_t rows = n * (size_t)c->horizon;

    embed(s, n);
    for (int i = 0; i < c->blocks; i++) {
        const modulation_row token = row_of(&s->token[i], step, channels);
        const modulation_row channel = row_of(&s->channel[i], step, channels);

        modulate(s, rows, &token);
        mix_tokens(s, &net->blocks[i], n, token.gate);
        modulate(s, rows, &channel);
        mix_channels(s, &net->blocks[i], rows, channel.gate);
    }

    /* The output layer adds its velocity to x. */
    const modulation_row last = row_of(&s->final, step, channels);
    spoti_gemm out = product(&net->out_proj, rows, s->y, s->ld, s->x, net->out_proj.n);

    out.epilogue = SPOTI_EPILOGUE_RESIDUAL;
    out.gate = s->step_size;
    modulate(s, rows, &last);
    s->kernels->gemm(&out);
}

static void infer_group(const spot_session *s, size_t n, const float *obs, const float *noise,
                        float *chunk)
{
    const spoti_flow_mixer *net = &s->policy->net;
    const size_t d = (size_t)s->policy->config.obs_dim;
    const size_t size = (size_t)s->policy->config.horizon * (size_t)s->policy->config.action_dim;
    const spoti_gemm in = product(&net->in_obs, n, s->obs, d, s->obs_in, net->in_obs.n);

    for (size_t i = 0; i < n * d; i++) {
        s->obs[i] = (obs[i] - net->obs_mean[i % d]) / net->obs_std[i % d];
    }
    s->kernels->gemm(&in);
    memcpy(s->x, noise, n * size * sizeof *s->x);
    for (int step = 0; step < s->steps; step++) {
        euler_step(s, n, step);
    }
    for (size_t i = 0; i < n * size; i++) {
        chunk[i] = s->x[i] * net->action_std[i % size] + net->action_mean[i % size];
    }
}

spot_status spot_session_infer(spot_session *session, int batch, const float *obs,
                               const float *noise, float *chunk)
{
    size_t d = 0;
    size_t size = 0;
    size_t n = 0;

    if (session == NULL || obs == NULL || noise == NULL || chunk == NULL || batch < 1 ||
        batch > session->batch_max) {
        return SPOT_E_INVALID;
    }
    n = (size_t)batch;
    d = (size_t)session->policy->config.obs_dim;
    size = (size_t)session->policy->config.horizon * (size_t)session->policy->config.action_dim;
    for (size_t i = 0; i < n * d; i++) {
        if (!isfinite(obs[i])) {
            return SPOT_E_RANGE;
        }
    }
    for (size_t i = 0; i < n; i += session->group) {
        const size_t left = n - i;

        infer_group(session, left < session->group ? left : session->group, obs + i * d,
                    noise + i * size, chunk + i * size);
    }
    return SPOT_OK;
}

/* Places all arrays of the session; runs twice, see nn/arena.h. */
static void place(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    const size_t steps = (size_t)s->steps;
    const size_t rows = s->group * (size_t)c->horizon;
    spoti_arena *a = &s->arena;

    for (int i = 0; i < c->blocks; i++) {
        s->token[i].width = s->channel[i].width = 3 * (size_t)c->channels;
        s->token[i].values = spoti_arena_take(a, steps, s->token[i].width);
        s->channel[i].values = spoti_arena_take(a, steps, s->channel[i].width);
    }
    s->final.width = 2 * (size_t)c->channels;
    s->final.values = spoti_arena_take(a, steps, s->final.width);
    s->time_a = spoti_arena_take(a, steps, (size_t)c->time_dim);
    s->time_b = spoti_arena_take(a, steps, (size_t)c->time_dim);
    s->step_size = spoti_arena_take(a, 1, (size_t)c->action_dim);
    s->obs = spoti_arena_take(a, s->group, (size_t)c->obs_dim);
    s->obs_in = spoti_arena_take(a, s->group, (size_t)c->channels);
    s->x = spoti_arena_take(a, rows, (size_t)c->action_dim);
    s->h = spoti_arena_take(a, rows, s->ld);
    s->y = spoti_arena_take(a, rows, s->ld);
    s->token_hidden = spoti_arena_take(a, (size_t)c->token_hidden, s->ld);
    s->channel_hidden = spoti_arena_take(a, rows, (size_t)c->channel_hidden);
}

static void silu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = x[i] / (1.0F + expf(-x[i]));
    }
}

/* features = [sin | cos] of 2 pi t / period for the times 0, 1/steps, ... of the Euler steps. */
static void time_features(const spoti_policy_config *c, int steps, float *features)
{
    const int half = c->time_dim / 2;

    for (int i = 0; i < half; i++) {
        const double fraction = (double)i / (double)(half - 1);
        const double period =
            c->time_period_min * pow(c->time_period_max / c->time_period_min, fraction);

        for (int k = 0; k < steps; k++) {
            /* Time is a float32 in training. */
            const double t = (double)(float)((double)k / (double)steps);
            float *row = features + (size_t)k * (size_t)c->time_dim;

            row[i] = (float)sin(t * (2.0 * PI / period));
            row[half + i] = (float)cos(t * (2.0 * PI / period));
        }
    }
}

static void compute_modulation(const spot_session *s, const spoti_mixer_linear *layer,
                               modulation *mod)
{
    const size_t steps = (size_t)s->steps;
    const spoti_gemm g = product(layer, steps, s->time_a, layer->k, mod->values, mod->width);

    s->kernels->gemm(&g);
    for (size_t k = 0; k < steps; k++) {
        for (size_t i = 0; i < (size_t)s->policy->config.channels; i++) {
            mod->values[k * mod->width + i] += 1.0F; /* gain = 1 + scale */
        }
    }
}

/* Everything that depends on time alone. */
static void prepare(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    const spoti_flow_mixer *net = &s->policy->net;
    const size_t steps = (size_t)s->steps;
    const size_t width = (size_t)c->time_dim;
    const spoti_gemm first = product(&net->time_fc1, steps, s->time_a, width, s->time_b, width);
    const spoti_gemm second = product(&net->time_fc2, steps, s->time_b, width, s->time_a, width);

    time_features(c, s->steps, s->time_a);
    s->kernels->gemm(&first);
    silu(s->time_b, steps * width);
    s->kernels->gemm(&second);
    silu(s->time_a, steps * width);

    for (int i = 0; i < c->blocks; i++) {
        compute_modulation(s, &net->blocks[i].adaln_token, &s->token[i]);
        compute_modulation(s, &net->blocks[i].adaln_channel, &s->channel[i]);
    }
    compute_modulation(s, &net->final_adaln, &s->final);
    for (int i = 0; i < c->action_dim; i++) {
        s->step_size[i] = 1.0F / (float)s->steps;
    }
}

void spot_session_config_default(spot_session_config *config)
{
    if (config != NULL) {
        *config =
            (spot_session_config){.steps = 0, .batch_max = 1, .kernels = NULL, .allocator = NULL};
    }
}

spot_status spot_session_create(const spot_policy *policy, const spot_session_config *config,
                                spot_session **out)
{
    const spoti_kernels *kernels = NULL;
    spot_session *s = NULL;

    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (policy == NULL || config == NULL) {
        return SPOT_E_INVALID;
    }
    if (config->steps < 0 || config->steps > SPOT_POLICY_STEPS_MAX || config->batch_max < 1 ||
        config->batch_max > BATCH_MAX) {
        return SPOT_E_RANGE;
    }
    kernels = spoti_kernels_find(config->kernels);
    if (kernels == NULL) {
        return SPOT_E_UNSUPPORTED;
    }
    s = spoti_calloc(config->allocator, 1, sizeof *s);
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->allocator = config->allocator; /* first: destroy needs it */
    s->policy = policy;
    s->kernels = kernels;
    s->steps = config->steps > 0 ? config->steps : policy->config.default_steps;
    s->batch_max = config->batch_max;
    s->group = config->batch_max < GROUP_MAX ? (size_t)config->batch_max : GROUP_MAX;
    s->ld = spoti_padded((size_t)policy->config.channels);

    /* Measure, then assign. */
    place(s);
    if (!spoti_arena_alloc(&s->arena, s->allocator)) {
        spot_session_destroy(s);
        return SPOT_E_NOMEM;
    }
    place(s);
    prepare(s);
    *out = s;
    return SPOT_OK;
}

void spot_session_destroy(spot_session *session)
{
    if (session == NULL) {
        return;
    }
    spoti_arena_free(&session->arena, session->allocator);
    spoti_free(session->allocator, session, sizeof *session);
}

const char *spot_session_kernels(const spot_session *session)
{
    return session != NULL ? session->kernels->name : "";
}
