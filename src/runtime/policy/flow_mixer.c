/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The flow mixer: its tensors, and what its blocks compute. Symbols as in the header.
 */
#include "runtime/policy/flow_mixer.h"

#include "core/base/text.h"
#include "runtime/policy/arch.h"
#include "runtime/policy/cost.h"

static void visit_block(spoti_visitor *v, const spoti_policy_config *config, int index,
                        spoti_mixer_block *block)
{
    const size_t c = (size_t)config->channels;
    const size_t t = (size_t)config->horizon;
    const size_t token = (size_t)config->token_hidden;
    const size_t hidden = (size_t)config->channel_hidden;
    const size_t time = (size_t)config->time_dim;
    char name[SPOTI_TENSOR_NAME_SIZE];

    (void)spoti_format(name, sizeof name, "blocks.%d.token_mlp.fc1.weight", index);
    spoti_visit_plain(v, name, token, t, SPOTI_VALUE_ANY, &block->token_w1);
    (void)spoti_format(name, sizeof name, "blocks.%d.token_mlp.fc2.weight", index);
    spoti_visit_plain(v, name, t, token, SPOTI_VALUE_ANY, &block->token_w2);
    (void)spoti_format(name, sizeof name, "blocks.%d.channel_mlp.fc1", index);
    spoti_visit_linear(v, name, false, hidden, c, &block->fc1);
    (void)spoti_format(name, sizeof name, "blocks.%d.channel_mlp.fc2", index);
    spoti_visit_linear(v, name, false, c, hidden, &block->fc2);
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln_token", index);
    spoti_visit_linear(v, name, true, 3 * c, time, &block->adaln_token);
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln_channel", index);
    spoti_visit_linear(v, name, true, 3 * c, time, &block->adaln_channel);
}

static void visit(spoti_visitor *v, spot_policy *policy)
{
    const spoti_policy_config *config = &policy->config;
    spoti_flow_mixer *net = &policy->net.mixer;

    net->in[0].n = net->in[1].n = (size_t)config->channels;
    net->in[0].k = (size_t)config->action_dim;
    net->in[1].k = (size_t)config->obs_dim;
    spoti_visit_parts(v, "in_proj.weight", net->in, 2);
    spoti_visit_plain(v, "in_proj.bias", 0, net->in[0].n, SPOTI_VALUE_ANY, &net->in[1].bias);
    for (int i = 0; i < config->blocks; i++) {
        visit_block(v, config, i, &net->blocks[i]);
    }
}

static void prunables(spot_policy *policy, size_t block, spoti_prunables *out)
{
    spoti_mixer_block *b = &policy->net.mixer.blocks[block];
    const size_t token = (size_t)policy->config.token_hidden;
    const size_t t = (size_t)policy->config.horizon;

    *out = (spoti_prunables){
        .weights = {{"token_mlp.fc1", &b->token_w1, token, t, NULL, &policy->config.token_hidden},
                    {"token_mlp.fc2", &b->token_w2, t, token, NULL, NULL},
                    {"channel_mlp.fc1", &b->fc1.packed, b->fc1.n, b->fc1.k, &b->fc1,
                     &policy->config.channel_hidden},
                    {"channel_mlp.fc2", &b->fc2.packed, b->fc2.n, b->fc2.k, &b->fc2, NULL}},
        .n = 4};
}

static void place(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    spoti_flow_mixer_work *work = &s->work.mixer;

    for (int i = 0; i < c->blocks; i++) {
        spoti_modulation_place(&work->token[i], &s->arena, s->steps, 3, (size_t)c->channels);
        spoti_modulation_place(&work->channel[i], &s->arena, s->steps, 3, (size_t)c->channels);
    }
    work->obs_in = spoti_arena_take(&s->arena, s->group, (size_t)c->channels);
    work->token_hidden = spoti_arena_take(&s->arena, (size_t)c->token_hidden, s->ld);
    work->channel_hidden =
        spoti_arena_take(&s->arena, s->group * (size_t)c->horizon, (size_t)c->channel_hidden);
}

static spot_status prepare(spot_session *s)
{
    for (int i = 0; i < s->policy->config.blocks; i++) {
        const spoti_mixer_block *block = &s->policy->net.mixer.blocks[i];

        spoti_modulation_compute(&s->work.mixer.token[i], s->kernels, &block->adaln_token, s->steps,
                                 s->time);
        spoti_modulation_compute(&s->work.mixer.channel[i], s->kernels, &block->adaln_channel,
                                 s->steps, s->time);
    }
    return SPOT_OK;
}

static void observe(const spot_session *s, size_t n)
{
    const spoti_layer *layer = &s->policy->net.mixer.in[1];
    const spoti_gemm in =
        spoti_layer_product(layer, n, s->obs, layer->k, s->work.mixer.obs_in, layer->n);

    s->kernels->gemm(&in);
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
                               .c = s->work.mixer.token_hidden,
                               .ldc = s->ld};
        const spoti_gemm down = {.m = tokens,
                                 .n = channels,
                                 .k = hidden,
                                 .a = block->token_w2,
                                 .lda = hidden,
                                 .b = s->work.mixer.token_hidden,
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
    float *hidden = s->work.mixer.channel_hidden;
    spoti_gemm up = spoti_layer_product(&block->fc1, rows, s->y, s->ld, hidden, block->fc1.n);
    spoti_gemm down = spoti_layer_product(&block->fc2, rows, hidden, block->fc1.n, s->h, s->ld);

    up.epilogue = SPOTI_EPILOGUE_GELU;
    down.epilogue = SPOTI_EPILOGUE_RESIDUAL;
    down.gate = gate;
    s->kernels->gemm(&up);
    s->kernels->gemm(&down);
}

/* h = in_proj [x | obs] for n samples. */
static void embed(const spot_session *s, size_t n)
{
    const spoti_layer *in_x = &s->policy->net.mixer.in[0];
    const size_t tokens = (size_t)s->policy->config.horizon;

    for (size_t i = 0; i < n; i++) {
        spoti_gemm in = spoti_layer_product(in_x, tokens, s->x + i * tokens * in_x->k, in_x->k,
                                            s->h + i * tokens * s->ld, s->ld);

        in.bias = s->work.mixer.obs_in + i * in_x->n;
        s->kernels->gemm(&in);
    }
}

static void forward(const spot_session *s, size_t n, size_t step)
{
    const spoti_policy_config *c = &s->policy->config;
    const size_t rows = n * (size_t)c->horizon;

    embed(s, n);
    for (int i = 0; i < c->blocks; i++) {
        const spoti_mixer_block *block = &s->policy->net.mixer.blocks[i];
        const spoti_modulation_row token = spoti_modulation_at(&s->work.mixer.token[i], step, 0);
        const spoti_modulation_row channel =
            spoti_modulation_at(&s->work.mixer.channel[i], step, 0);

        spoti_session_modulate(s, rows, s->h, &token, s->y);
        mix_tokens(s, block, n, token.gate);
        spoti_session_modulate(s, rows, s->h, &channel, s->y);
        mix_channels(s, block, rows, channel.gate);
    }
}

const spoti_arch *spoti_flow_mixer_arch(void)
{
    static const spoti_arch arch = {.type = "flow_mixer",
                                    .visit = visit,
                                    .prunables = prunables,
                                    .place = place,
                                    .prepare = prepare,
                                    .observe = observe,
                                    .forward = forward,
                                    .cost = spoti_flow_mixer_cost};

    return &arch;
}
