/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the transformer computes: once a call from the observations, and in each refinement step.
 * Symbols as in dit.h.
 */
#include "runtime/policy/arch.h"
#include "runtime/policy/attention.h"
#include "runtime/policy/dit.h"

/* Order of the three branches in a block's modulation. */
enum { BRANCH_SA = 0, BRANCH_CA = 1, BRANCH_MLP = 2 };

void spoti_dit_apply(const spot_session *s, size_t block, const spoti_dit_input *in,
                     const spoti_dit_output *out, size_t n_out)
{
    spoti_dit_rows rows = {.ready = false};
    const float *x = in->x;
    size_t ldx = in->ldx;

    for (size_t i = 0; i < n_out; i++) {
        if (spoti_dit_quant_apply(s, block, in, &out[i], &rows)) {
            continue;
        }
        if (in->modulation != NULL && x != s->y) {
            spoti_session_modulate(s, in->m, x, in->modulation, s->y);
            x = s->y;
            ldx = s->ld;
        }

        const spoti_layer *layer = &s->policy->net.dit.blocks[block].sites[out[i].site];
        spoti_gemm g = spoti_layer_product(layer, in->m, x, ldx, out[i].c, out[i].ldc);

        g.epilogue = out[i].epilogue;
        g.gate = out[i].gate;
        s->kernels->gemm(&g);
    }
}

/* obs_token = LayerNorm(W2 gelu(W1[part] obs[part] + b1[part]) + b2) */
static void embed_observations(const spot_session *s, size_t n)
{
    const spoti_dit *net = &s->policy->net.dit;
    const spoti_dit_work *work = &s->work.dit;
    const size_t d = (size_t)s->policy->config.obs_dim;
    const size_t rows = n * work->n_obs_token;

    for (size_t g = 0, first = 0; g < work->n_obs_token; g++) {
        spoti_gemm in = spoti_layer_product(&net->obs_fc1[g], n, s->obs + first, d,
                                            work->obs_e + g * s->ld, work->n_obs_token * s->ld);

        in.epilogue = SPOTI_EPILOGUE_GELU;
        s->kernels->gemm(&in);
        first += g == 0 ? 0 : net->obs_fc1[g].k; /* token 0 sees all */
    }

    const spoti_gemm second =
        spoti_layer_product(&net->obs_fc2, rows, work->obs_e, s->ld, work->obs_token, s->ld);
    const spoti_modulation_row plain = {work->ones, work->zeros, NULL};

    s->kernels->gemm(&second);
    spoti_session_modulate(s, rows, work->obs_token, &plain, work->obs_token);
}

void spoti_dit_observe(const spot_session *s, size_t n)
{
    const spoti_dit_work *work = &s->work.dit;
    const size_t n_token = work->n_obs_token;
    const size_t c = (size_t)s->policy->config.channels;

    embed_observations(s, n);
    for (size_t i = 0; i < (size_t)s->policy->config.blocks; i++) {
        const spoti_dit_memory *memory = &work->memory[i];
        const spoti_dit_input in = {.m = n * n_token, .x = work->obs_token, .ldx = s->ld};
        const spoti_dit_output out[] = {
            {.site = SPOTI_SITE_CA_K, .c = work->k, .ldc = s->ld},
            {.site = SPOTI_SITE_CA_V, .c = memory->values, .ldc = s->ld}};

        spoti_dit_apply(s, i, &in, out, 2);
        for (size_t j = 0; j < n; j++) {
            spoti_attention_keys(work->k + j * n_token * s->ld, s->ld, n_token, c,
                                 memory->keys + j * c * work->ld_obs_keys, work->ld_obs_keys);
        }
    }
    if (s->policy->config.history_frames > 0) {
        spoti_dit_history_gather(s);
    }
}

/* h += gate * W_out mixed for the site `out`. */
static void add_attention(const spot_session *s, size_t block, size_t rows, spoti_site site,
                          const float *gate)
{
    const spoti_dit_input in = {.m = rows, .x = s->work.dit.mixed, .ldx = s->ld};
    const spoti_dit_output out = {
        .site = site, .epilogue = SPOTI_EPILOGUE_RESIDUAL, .gate = gate, .c = s->h, .ldc = s->ld};

    spoti_dit_apply(s, block, &in, &out, 1);
}

/* Action tokens read each other. */
static void self_attention(const spot_session *s, size_t block, size_t n,
                           const spoti_modulation_row *mod)
{
    const spoti_dit_work *work = &s->work.dit;
    const spoti_policy_config *config = &s->policy->config;
    const size_t tokens = (size_t)config->horizon;
    const size_t c = (size_t)config->channels;
    const spoti_dit_input in = {.m = n * tokens, .x = s->h, .ldx = s->ld, .modulation = mod};
    const spoti_dit_output out[] = {{.site = SPOTI_SITE_SA_Q, .c = work->q, .ldc = s->ld},
                                    {.site = SPOTI_SITE_SA_K, .c = work->k, .ldc = s->ld},
                                    {.site = SPOTI_SITE_SA_V, .c = work->v, .ldc = s->ld}};

    spoti_dit_apply(s, block, &in, out, 3);
    for (size_t i = 0; i < n; i++) {
        const size_t first = i * tokens * s->ld;
        const spoti_attention a = {.m = tokens,
                                   .n = tokens,
                                   .heads = (size_t)config->heads,
                                   .c = c,
                                   .q = work->q + first,
                                   .keys = work->keys,
                                   .ld_keys = work->ld_keys,
                                   .v = work->v + first,
                                   .y = work->mixed + first,
                                   .ld = s->ld,
                                   .scores = work->scores};

        spoti_attention_keys(work->k + first, s->ld, tokens, c, work->keys, work->ld_keys);
        spoti_attention_compute(&a, s->kernels);
    }
    add_attention(s, block, n * tokens, SPOTI_SITE_SA_OUT, mod->gate);
}

/* Action tokens read the observation tokens and those of the past, whose keys and values are ready. */
static void cross_attention(const spot_session *s, size_t block, size_t n,
                            const spoti_modulation_row *mod)
{
    const spoti_dit_work *work = &s->work.dit;
    const spoti_dit_memory *memory = &work->memory[block];
    const spoti_policy_config *config = &s->policy->config;
    const size_t tokens = (size_t)config->horizon;
    const size_t c = (size_t)config->channels;
    const spoti_dit_input in = {.m = n * tokens, .x = s->h, .ldx = s->ld, .modulation = mod};
    const spoti_dit_output out = {.site = SPOTI_SITE_CA_Q, .c = work->q, .ldc = s->ld};
    const size_t past = spoti_dit_history_count(s); /* 0 in a group of several */

    spoti_dit_apply(s, block, &in, &out, 1);
    for (size_t i = 0; i < n; i++) {
        const spoti_attention a = {.m = tokens,
                                   .n = work->n_obs_token + past,
                                   .heads = (size_t)config->heads,
                                   .c = c,
                                   .q = work->q + i * tokens * s->ld,
                                   .keys = memory->keys + i * c * work->ld_obs_keys,
                                   .ld_keys = work->ld_obs_keys,
                                   .v = memory->values + i * work->n_obs_token * s->ld,
                                   .y = work->mixed + i * tokens * s->ld,
                                   .ld = s->ld,
                                   .bias = memory->bias,
                                   .ld_bias = work->ld_obs_keys,
                                   .scores = work->scores};

        spoti_attention_compute(&a, s->kernels);
    }
    add_attention(s, block, n * tokens, SPOTI_SITE_CA_OUT, mod->gate);
}

static void mlp(const spot_session *s, size_t block, size_t rows, const spoti_modulation_row *mod)
{
    const size_t width = (size_t)s->policy->config.mlp_hidden;
    float *hidden = s->work.dit.hidden;
    const spoti_dit_input in = {.m = rows, .x = s->h, .ldx = s->ld, .modulation = mod};
    const spoti_dit_output up = {
        .site = SPOTI_SITE_MLP_L1, .epilogue = SPOTI_EPILOGUE_GELU, .c = hidden, .ldc = width};
    const spoti_dit_input middle = {.m = rows, .x = hidden, .ldx = width};
    const spoti_dit_output down = {.site = SPOTI_SITE_MLP_L2,
                                   .epilogue = SPOTI_EPILOGUE_RESIDUAL,
                                   .gate = mod->gate,
                                   .c = s->h,
                                   .ldc = s->ld};

    spoti_dit_apply(s, block, &in, &up, 1);
    spoti_dit_apply(s, block, &middle, &down, 1);
}

/* h = in_x x + position */
static void embed_actions(const spot_session *s, size_t rows)
{
    const spoti_dit *net = &s->policy->net.dit;
    const size_t tokens = (size_t)s->policy->config.horizon;
    const size_t c = (size_t)s->policy->config.channels;
    const spoti_gemm in = spoti_layer_product(&net->in_x, rows, s->x, net->in_x.k, s->h, s->ld);

    s->kernels->gemm(&in);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < c; j++) {
            s->h[i * s->ld + j] += net->position[i % tokens * c + j];
        }
    }
}

void spoti_dit_forward(const spot_session *s, size_t n, size_t step)
{
    const size_t rows = n * (size_t)s->policy->config.horizon;

    embed_actions(s, rows);
    for (size_t i = 0; i < (size_t)s->policy->config.blocks; i++) {
        const spoti_modulation *m = &s->work.dit.modulation[i];
        const spoti_modulation_row sa = spoti_modulation_at(m, step, BRANCH_SA);
        const spoti_modulation_row ca = spoti_modulation_at(m, step, BRANCH_CA);
        const spoti_modulation_row last = spoti_modulation_at(m, step, BRANCH_MLP);

        self_attention(s, i, n, &sa);
        cross_attention(s, i, n, &ca);
        mlp(s, i, rows, &last);
    }
}
