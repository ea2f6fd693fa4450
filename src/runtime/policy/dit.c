/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The transformer policy: its tensors, and the memory of its sessions. Symbols as in the header.
 */
#include "runtime/policy/dit.h"

#include "core/base/text.h"
#include "runtime/policy/arch.h"
#include "runtime/policy/cost.h"

static void visit_block(spoti_visitor *v, const spoti_policy_config *config, int index,
                        spoti_dit_block *block)
{
    const size_t c = (size_t)config->channels;
    const size_t hidden = (size_t)config->mlp_hidden;
    char name[SPOTI_TENSOR_NAME_SIZE];

    for (int i = 0; i < SPOTI_SITE_COUNT; i++) {
        (void)spoti_format(name, sizeof name, "blocks.%d.%s", index,
                           spoti_site_name((spoti_site)i));
        spoti_visit_linear(v, name, false, i == SPOTI_SITE_MLP_L1 ? hidden : c,
                           i == SPOTI_SITE_MLP_L2 ? hidden : c, &block->sites[i]);
    }
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln", index);
    spoti_visit_linear(v, name, true, 9 * c, (size_t)config->time_dim, &block->adaln);
    if (config->history_frames > 0) {
        (void)spoti_format(name, sizeof name, "blocks.%d.history_bias", index);
        spoti_visit_plain(v, name, (size_t)config->heads,
                          (size_t)config->history_frames + (size_t)config->history_commands,
                          SPOTI_VALUE_ANY, &block->history_bias);
    }
}

/* The layers that make observation tokens: columns of one weight, and rows of one bias. */
static void visit_observation(spoti_visitor *v, const spoti_policy_config *config, spoti_dit *net)
{
    const size_t n_token = 1 + (size_t)config->n_obs_group;
    const size_t c = (size_t)config->channels;

    for (size_t g = 0; g < n_token; g++) {
        net->obs_fc1[g].n = c;
        net->obs_fc1[g].k = (size_t)(g == 0 ? config->obs_dim : config->obs_groups[g - 1]);
    }
    spoti_visit_parts(v, "obs_fc1.weight", net->obs_fc1, n_token);
    spoti_visit_plain(v, "obs_bias", n_token, c, SPOTI_VALUE_ANY, &net->obs_bias);
    if (net->obs_bias != NULL) { /* it has its place */
        for (size_t g = 0; g < n_token; g++) {
            net->obs_fc1[g].bias = net->obs_bias + g * c;
        }
    }
    spoti_visit_linear(v, "obs_fc2", true, c, c, &net->obs_fc2);
}

/* The layers that make tokens of the past. */
static void visit_history(spoti_visitor *v, const spoti_policy_config *config, spoti_dit *net)
{
    const size_t c = (size_t)config->channels;

    spoti_visit_linear(v, "frame_fc1", true, c, (size_t)config->obs_dim, &net->frame_fc1);
    spoti_visit_linear(v, "frame_fc2", true, c, c, &net->frame_fc2);
    spoti_visit_linear(v, "command_fc1", true, c, (size_t)config->action_dim, &net->command_fc1);
    spoti_visit_linear(v, "command_fc2", true, c, c, &net->command_fc2);
}

static void visit(spoti_visitor *v, spot_policy *policy)
{
    const spoti_policy_config *config = &policy->config;
    const size_t c = (size_t)config->channels;
    spoti_dit *net = &policy->net.dit;

    visit_observation(v, config, net);
    if (config->history_frames > 0) {
        visit_history(v, config, net);
    }
    spoti_visit_linear(v, "in_x", false, c, (size_t)config->action_dim, &net->in_x);
    spoti_visit_plain(v, "position", (size_t)config->horizon, c, SPOTI_VALUE_ANY, &net->position);
    for (int i = 0; i < config->blocks; i++) {
        visit_block(v, config, i, &net->blocks[i]);
    }
}

static void prunables(spot_policy *policy, size_t block, spoti_prunables *out)
{
    spoti_layer *sites = policy->net.dit.blocks[block].sites;

    out->n = SPOTI_SITE_COUNT;
    for (int i = 0; i < SPOTI_SITE_COUNT; i++) {
        out->weights[i] = (spoti_prunable){spoti_site_name((spoti_site)i),
                                           &sites[i].packed,
                                           sites[i].n,
                                           sites[i].k,
                                           &sites[i],
                                           NULL};
    }
    out->weights[SPOTI_SITE_MLP_L1].hidden = &policy->config.mlp_hidden;
}

static void place_blocks(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    const size_t channels = (size_t)c->channels;
    spoti_dit_work *work = &s->work.dit;
    const size_t n_token = work->n_obs_token + spoti_dit_history_most(s);

    for (int i = 0; i < c->blocks; i++) {
        spoti_modulation_place(&work->modulation[i], &s->arena, s->steps, 9, channels);
        work->memory[i].keys = spoti_arena_take(&s->arena, s->group * channels, work->ld_obs_keys);
        work->memory[i].values = spoti_arena_take(&s->arena, s->group * n_token + 1, s->ld);
    }
}

static void place(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    const size_t tokens = (size_t)c->horizon;
    const size_t rows = s->group * tokens;
    spoti_dit_work *work = &s->work.dit;
    spoti_arena *a = &s->arena;

    work->n_obs_token = 1 + (size_t)c->n_obs_group;
    work->ld_obs_keys = spoti_padded(work->n_obs_token + spoti_dit_history_most(s));
    work->ld_keys = spoti_padded(tokens);
    place_blocks(s);

    const size_t obs_rows = s->group * work->n_obs_token;
    const size_t most = tokens > work->n_obs_token ? tokens : work->n_obs_token;
    const size_t read = work->n_obs_token + spoti_dit_history_most(s);

    work->ones = spoti_arena_take(a, 1, (size_t)c->channels);
    work->zeros = spoti_arena_take(a, 1, (size_t)c->channels);
    work->obs_e = spoti_arena_take(a, obs_rows, s->ld);
    work->obs_token = spoti_arena_take(a, obs_rows, s->ld);
    work->q = spoti_arena_take(a, rows, s->ld);
    work->k = spoti_arena_take(a, s->group * most, s->ld);
    work->v = spoti_arena_take(a, rows + 1, s->ld);
    work->keys = spoti_arena_take(a, (size_t)c->channels, work->ld_keys);
    work->scores = spoti_arena_take(a, tokens, tokens > read ? tokens : read);
    work->mixed = spoti_arena_take(a, rows, s->ld);
    work->hidden = spoti_arena_take(a, rows, (size_t)c->mlp_hidden);
    spoti_dit_quant_place(s);
    spoti_dit_history_place(s);
}

static spot_status configure(spot_session *s, const spot_session_config *config)
{
    const spot_status st = spoti_dit_history_configure(s, config);

    return st == SPOT_OK ? spoti_dit_quant_configure(s, config) : st;
}

static spot_status prepare(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;

    for (int i = 0; i < c->channels; i++) {
        s->work.dit.ones[i] = 1.0F;
    }
    for (int i = 0; i < c->blocks; i++) {
        spoti_modulation_compute(&s->work.dit.modulation[i], s->kernels,
                                 &s->policy->net.dit.blocks[i].adaln, s->steps, s->time);
    }
    return spoti_dit_quant_fill(s);
}

const spoti_arch *spoti_dit_arch(void)
{
    static const spoti_arch arch = {.type = "dit",
                                    .visit = visit,
                                    .prunables = prunables,
                                    .configure = configure,
                                    .place = place,
                                    .prepare = prepare,
                                    .observe = spoti_dit_observe,
                                    .forward = spoti_dit_forward,
                                    .cost = spoti_dit_cost};

    return &arch;
}
