/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What an inference costs, counted over the layers that a session runs, in the precision in which it
 * runs them. The order below is that of the code that computes: dit_infer.c, flow_mixer.c, session.c.
 *
 * A product of m rows with n outputs and k inputs is m n k multiply-adds. Its weights count as read
 * once, whatever m: kernels work off all rows of a chunk on a piece of the weights that is in
 * registers or the first cache. Bytes are those that stand in memory, so padding to whole panels and
 * scales are in.
 */
#include "runtime/policy/cost.h"

#include "runtime/policy/arch.h"

static void add_macs(spot_inference_cost *cost, spoti_precision precision, double macs)
{
    switch (precision) {
    case SPOTI_PRECISION_FP32:
        cost->macs_fp32 += macs;
        break;
    case SPOTI_PRECISION_BF16:
        cost->macs_bf16 += macs;
        break;
    case SPOTI_PRECISION_W8A8:
    case SPOTI_PRECISION_W4A4:
        cost->macs_int8 += macs;
        break;
    }
}

/* Weights that stand once in memory and are read `times` an inference. */
static void add_weights(spot_inference_cost *cost, double times, double bytes)
{
    cost->weight_bytes += bytes;
    cost->weight_read_bytes += times * bytes;
}

/* An fp32 layer that reads m rows, `times` an inference. */
static void add_layer(spot_inference_cost *cost, double times, size_t m, const spoti_layer *layer)
{
    const size_t weights = spoti_padded(layer->n) * layer->k;
    const size_t bias = layer->bias != NULL ? layer->n : 0;

    add_macs(cost, SPOTI_PRECISION_FP32, times * (double)m * (double)layer->n * (double)layer->k);
    add_weights(cost, times, (double)((weights + bias) * sizeof(float)));
}

/* Scores and mixtures of m rows over n tokens of c numbers, all heads together. */
static void add_attention(spot_inference_cost *cost, double times, size_t m, size_t n, size_t c)
{
    add_macs(cost, SPOTI_PRECISION_FP32, times * 2.0 * (double)m * (double)n * (double)c);
}

/* One site of a transformer, in the session's precision. */
static void add_site(const spot_session *s, spot_inference_cost *cost, double times, size_t m,
                     size_t block, spoti_site site)
{
    const spoti_linear *layer = &s->work.dit.quant.layers[block][site];

    if (layer->precision == SPOTI_PRECISION_FP32) {
        add_layer(cost, times, m, &s->policy->net.dit.blocks[block].sites[site]);
        return;
    }
    add_macs(cost, layer->precision, times * (double)m * (double)layer->n * (double)layer->k);
    add_weights(cost, times, (double)spoti_linear_bytes(layer));
}

void spoti_dit_cost(const spot_session *s, spot_inference_cost *cost)
{
    const spoti_policy_config *config = &s->policy->config;
    const spoti_dit *net = &s->policy->net.dit;
    const double steps = (double)s->steps;
    const size_t tokens = (size_t)config->horizon;
    const size_t c = (size_t)config->channels;
    const size_t n_obs = s->work.dit.n_obs_token;
    const size_t n_past = config->history_frames > 0 ? spoti_dit_history_count(s) : 0;
    const double token_bytes = 2.0 * (double)(c * sizeof(float)); /* a key and a value */

    for (size_t g = 0; g < n_obs; g++) {
        add_layer(cost, 1.0, 1, &net->obs_fc1[g]);
    }
    add_layer(cost, 1.0, n_obs, &net->obs_fc2);
    add_layer(cost, steps, tokens, &net->in_x);
    add_weights(cost, steps, (double)(tokens * c * sizeof(float))); /* positions */

    for (size_t i = 0; i < (size_t)config->blocks; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            /* keys and values of the observation do not change from step to step */
            const bool once = j == SPOTI_SITE_CA_K || j == SPOTI_SITE_CA_V;

            add_site(s, cost, once ? 1.0 : steps, once ? n_obs : tokens, i, (spoti_site)j);
        }
        add_attention(cost, steps, tokens, tokens, c);
        add_attention(cost, steps, tokens, n_obs + n_past, c);
        /* the past once more, when it is gathered behind the present */
        cost->kv_read_bytes += token_bytes * (steps * (double)(n_obs + n_past) + (double)n_past);
    }
}

void spoti_flow_mixer_cost(const spot_session *s, spot_inference_cost *cost)
{
    const spoti_policy_config *config = &s->policy->config;
    const spoti_flow_mixer *net = &s->policy->net.mixer;
    const double steps = (double)s->steps;
    const size_t tokens = (size_t)config->horizon;
    const size_t c = (size_t)config->channels;
    const size_t mixing = (size_t)config->token_hidden * tokens; /* weights of a token layer */

    add_layer(cost, 1.0, 1, &net->in[1]);
    add_layer(cost, steps, tokens, &net->in[0]);
    for (int i = 0; i < config->blocks; i++) {
        add_macs(cost, SPOTI_PRECISION_FP32, steps * 2.0 * (double)mixing * (double)c);
        add_weights(cost, steps, 2.0 * (double)(mixing * sizeof(float)));
        add_layer(cost, steps, tokens, &net->blocks[i].fc1);
        add_layer(cost, steps, tokens, &net->blocks[i].fc2);
    }
}

spot_status spot_session_cost(const spot_session *session, spot_inference_cost *out)
{
    if (session == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = (spot_inference_cost){.params = (double)session->policy->info.n_params};
    session->policy->arch->cost(session, out);
    add_layer(out, (double)session->steps, (size_t)session->policy->config.horizon,
              &session->policy->out_proj);
    return SPOT_OK;
}
