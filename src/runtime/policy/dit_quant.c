/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Sites of a transformer in fewer bits than 32, see the header. */
#include "runtime/policy/dit_quant.h"

#include "core/base/alloc.h"
#include "runtime/policy/arch.h"

static spoti_precision precision_of(int bits)
{
    switch (bits) {
    case 16:
        return SPOTI_PRECISION_BF16;
    case 8:
        return SPOTI_PRECISION_W8A8;
    case 4:
        return SPOTI_PRECISION_W4A4;
    default:
        return SPOTI_PRECISION_FP32;
    }
}

/* Whether all sites have 32 bits. */
static bool all_full(const spot_session *s)
{
    const size_t n_block = (size_t)s->policy->config.blocks;

    return spoti_plan_count(&s->plan, 32, n_block) == n_block * SPOTI_SITE_COUNT;
}

spot_status spoti_dit_quant_configure(spot_session *s, const spot_session_config *config)
{
    const size_t n_block = (size_t)s->policy->config.blocks;
    spoti_dit_quant *quant = &s->work.dit.quant;

    if (all_full(s)) {
        return SPOT_OK; /* all layers are zero, which is fp32 */
    }
    if (!spoti_linear_kernels_find(config->kernels, &quant->kernels)) {
        return spot_diag_set(config->diag, SPOT_E_UNSUPPORTED,
                             "quant: no kernels '%.40s' on this CPU, expected another",
                             config->kernels);
    }
    for (size_t i = 0; i < n_block; i++) {
        const int *bits = s->plan.bits[spoti_third_of(i, n_block)];

        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            const spoti_layer *full = &s->policy->net.dit.blocks[i].sites[j];
            const spoti_linear_config layer = {.precision = precision_of(bits[j]),
                                               .n = full->n,
                                               .k = full->k,
                                               .group = bits[j] == 4 ? (size_t)s->plan.group : 0};
            spot_diag why = {""};
            const spot_status st = spoti_linear_init(&quant->layers[i][j], &layer, &why);

            if (st != SPOT_OK) {
                return spot_diag_set(config->diag, st, "site %s of block %zu%s%s: %s",
                                     spoti_site_name((spoti_site)j), i,
                                     config->prune != NULL ? " after prune=" : "",
                                     config->prune != NULL ? config->prune : "", why.text);
            }
        }
    }
    return SPOT_OK;
}

void spoti_dit_quant_place(spot_session *s)
{
    const size_t tokens = (size_t)s->policy->config.horizon;
    const size_t n_obs_token = s->work.dit.n_obs_token;
    const size_t rows = s->group * (tokens > n_obs_token ? tokens : n_obs_token);
    spoti_dit_quant *quant = &s->work.dit.quant;
    size_t bytes = 0;

    for (size_t i = 0; i < (size_t)s->policy->config.blocks; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            spoti_linear *layer = &quant->layers[i][j];
            size_t need = 0;

            if (layer->precision == SPOTI_PRECISION_FP32) {
                continue;
            }
            spoti_linear_place(layer, &s->arena);
            need = spoti_rows_bytes(layer, rows, true);
            s->arena.overflow = s->arena.overflow || need == 0;
            bytes = need > bytes ? need : bytes;
        }
    }
    quant->workspace = spoti_arena_take(&s->arena, 1, bytes / sizeof(float) + 1);
}

spot_status spoti_dit_quant_fill(spot_session *s)
{
    const size_t c = (size_t)s->policy->config.channels;
    const size_t hidden = (size_t)s->policy->config.mlp_hidden;
    const size_t most = c * (c > hidden ? c : hidden); /* no site is larger */
    float *w = NULL;
    spot_status st = SPOT_OK;

    if (all_full(s)) {
        return SPOT_OK;
    }
    w = spoti_alloc(s->allocator, most, sizeof *w);
    if (w == NULL) {
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; i < (size_t)s->policy->config.blocks; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT && st == SPOT_OK; j++) {
            spoti_linear *layer = &s->work.dit.quant.layers[i][j];

            if (layer->precision != SPOTI_PRECISION_FP32) {
                spoti_layer_unpack(&s->policy->net.dit.blocks[i].sites[j], w);
                st = spoti_linear_fill(layer, spoti_site_name((spoti_site)j), w, layer->k, NULL,
                                       NULL);
            }
        }
    }
    spoti_free(s->allocator, w, most * sizeof *w);
    return st;
}

bool spoti_dit_quant_apply(const spot_session *s, size_t block, const spoti_dit_input *in,
                           const spoti_dit_output *out, spoti_dit_rows *rows)
{
    const spoti_dit_quant *quant = &s->work.dit.quant;
    const spoti_linear *layer = &quant->layers[block][out->site];
    const spoti_linear_output result = {
        .epilogue = out->epilogue, .gate = out->gate, .c = out->c, .ldc = out->ldc};

    if (layer->precision == SPOTI_PRECISION_FP32) {
        return false;
    }
    /* Sites of one input differ in precision at most: their k and the group are the same. */
    if (!rows->ready || rows->rows.precision != layer->precision) {
        const spoti_rows_input input = {
            .m = in->m,
            .x = in->x,
            .ldx = in->ldx,
            .gain = in->modulation != NULL ? in->modulation->gain : NULL,
            .shift = in->modulation != NULL ? in->modulation->shift : NULL,
            .eps = SPOTI_NORM_EPS};

        spoti_rows_make(&quant->kernels, layer, &input, quant->workspace, &rows->rows);
        rows->ready = true;
    }
    spoti_linear_apply(&quant->kernels, layer, &rows->rows, &result);
    return true;
}
