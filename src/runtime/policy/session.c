/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Inference: K refinement steps x <- p x + q output(x, t, obs) from noise to a chunk.
 *
 * What depends on time alone is computed at create; what depends on the observation alone once a
 * call. A batch is worked off in groups of samples that share each pass over the weights.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "runtime/nn/kernels.h"
#include "runtime/policy/arch.h"
#include "runtime/policy/numeric.h"
#include "runtime/policy/sampler.h"

enum { BATCH_MAX = 4096 };

/* Samples of a group: enough rows to use the weights well, few enough to stay in a 1 MB cache. */
enum { GROUP_MAX = 8 };

void spoti_session_modulate(const spot_session *s, size_t rows, const float *x,
                            const spoti_modulation_row *mod, float *y)
{
    s->kernels->norm_modulate(&(spoti_norm){.m = rows,
                                            .n = (size_t)s->policy->config.channels,
                                            .x = x,
                                            .ldx = s->ld,
                                            .gain = mod->gain,
                                            .shift = mod->shift,
                                            .eps = SPOTI_NORM_EPS,
                                            .y = y,
                                            .ldy = s->ld});
}

/* x <- p x + q output for n samples. */
static void refine(const spot_session *s, size_t n, size_t step)
{
    const spoti_layer *layer = &s->policy->out_proj;
    const size_t rows = n * (size_t)s->policy->config.horizon;
    const spoti_modulation_row last = spoti_modulation_at(&s->final, step, 0);
    spoti_gemm out = spoti_layer_product(layer, rows, s->y, s->ld, s->x, layer->n);

    s->policy->arch->forward(s, n, step);
    spoti_session_modulate(s, rows, s->h, &last, s->y);
    for (size_t i = 0; i < rows * layer->n; i++) {
        s->x[i] *= s->keep[step];
    }
    out.epilogue = SPOTI_EPILOGUE_RESIDUAL;
    out.gate = s->gain + step * layer->n;
    s->kernels->gemm(&out);
}

static void infer_group(const spot_session *s, size_t n, const float *obs, const float *noise,
                        float *chunk)
{
    const spot_policy *policy = s->policy;
    const size_t d = (size_t)policy->config.obs_dim;
    const size_t size = (size_t)policy->config.horizon * (size_t)policy->config.action_dim;

    for (size_t i = 0; i < n * d; i++) {
        s->obs[i] = (obs[i] - policy->obs_mean[i % d]) / policy->obs_std[i % d];
    }
    policy->arch->observe(s, n);
    memcpy(s->x, noise, n * size * sizeof *s->x);
    for (size_t step = 0; step < s->steps; step++) {
        refine(s, n, step);
    }
    for (size_t i = 0; i < n * size; i++) {
        chunk[i] = s->x[i] * policy->action_std[i % size] + policy->action_mean[i % size];
    }
}

bool spoti_session_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
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
    if (!spoti_session_finite(obs, n * d)) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < n; i += session->group) {
        const size_t left = n - i;

        infer_group(session, left < session->group ? left : session->group, obs + i * d,
                    noise + i * size, chunk + i * size);
    }
    /* A robot must never be sent what overflowed on the way here. */
    return spoti_session_finite(chunk, n * size) ? SPOT_OK : SPOT_E_RANGE;
}

/* Places all arrays of the session; runs twice, see nn/arena.h. */
static void place(spot_session *s)
{
    const spoti_policy_config *c = &s->policy->config;
    const size_t rows = s->group * (size_t)c->horizon;
    spoti_arena *a = &s->arena;

    spoti_modulation_place(&s->final, a, s->steps, 2, (size_t)c->channels);
    s->time = spoti_arena_take(a, s->steps, (size_t)c->time_dim);
    s->time_scratch = spoti_arena_take(a, s->steps, (size_t)c->time_dim);
    s->keep = spoti_arena_take(a, 1, s->steps);
    s->gain = spoti_arena_take(a, s->steps, (size_t)c->action_dim);
    s->obs = spoti_arena_take(a, s->group, (size_t)c->obs_dim);
    s->x = spoti_arena_take(a, rows, (size_t)c->action_dim);
    s->h = spoti_arena_take(a, rows, s->ld);
    s->y = spoti_arena_take(a, rows, s->ld);
    s->policy->arch->place(s);
}

/* Everything that depends on time alone. */
static spot_status prepare(spot_session *s)
{
    const spot_policy *policy = s->policy;
    const size_t width = (size_t)policy->config.action_dim;
    double times[SPOT_POLICY_STEPS_MAX];

    for (size_t k = 0; k < s->steps; k++) {
        const spoti_sampler_step step =
            spoti_sampler_at(policy->config.prediction, (int)k, (int)s->steps);

        times[k] = step.time;
        s->keep[k] = (float)step.p;
        for (size_t i = 0; i < width; i++) {
            s->gain[k * width + i] = (float)step.q;
        }
    }
    spoti_time_embed(&policy->time, s->kernels, times, s->steps, s->time_scratch, s->time);
    spoti_modulation_compute(&s->final, s->kernels, &policy->final_adaln, s->steps, s->time);
    return policy->arch->prepare(s);
}

void spot_session_config_default(spot_session_config *config)
{
    if (config != NULL) {
        *config = (spot_session_config){.size = sizeof(*config), .batch_max = 1};
    }
}

/* A point says "" where a session takes NULL: the baseline's. */
static const char *setting_of(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void spot_session_config_point(spot_session_config *config, const spot_point *point)
{
    if (config != NULL && point != NULL) {
        config->steps = point->steps;
        config->quant = setting_of(point->quant);
        config->prune = setting_of(point->prune);
        config->kv = setting_of(point->kv);
    }
}

/* Whether `kv` asks for nothing that a policy without history cannot do. */
static bool is_no_window(const char *kv)
{
    return kv == NULL || strcmp(kv, "base") == 0;
}

/* Fills s->plan and settles what depends on it. */
static spot_status configure(spot_session *s, const spot_session_config *config)
{
    const spoti_arch *arch = s->policy->arch;
    const size_t n_block = (size_t)s->policy->config.blocks;
    spot_status st = SPOT_OK;

    if (s->policy->config.history_frames == 0 && !is_no_window(config->kv)) {
        return spot_diag_set(config->diag, SPOT_E_UNSUPPORTED,
                             "kv: '%.20s' on a policy without history, expected base", config->kv);
    }
    spoti_plan_fill(&s->plan, 32);
    if (config->quant != NULL) {
        st = spoti_plan_read(config->quant, &s->plan, config->diag);
    }
    if (st == SPOT_OK && s->plan.numeric.bits > 0) {
        st = spoti_rounded_create(s->policy, &s->plan.numeric, SPOTI_ROUND_ALL, s->allocator,
                                  &s->rounded);
        s->policy = s->rounded != NULL ? s->rounded : s->policy;
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (arch->configure != NULL) {
        return arch->configure(s, config);
    }
    if (spoti_plan_count(&s->plan, 32, n_block) != n_block * SPOTI_SITE_COUNT) {
        return spot_diag_set(config->diag, SPOT_E_UNSUPPORTED,
                             "quant: '%.40s' on a policy of type %s, expected fp32, num:B or a "
                             "policy of type dit",
                             config->quant, arch->type);
    }
    return SPOT_OK;
}

/* Sets up all of a session but its policy and allocator. */
static spot_status set_up(spot_session *s, const spot_session_config *config)
{
    spot_status st = SPOT_OK;

    s->kernels = spoti_kernels_find(config->kernels);
    if (s->kernels == NULL) {
        return spot_diag_set(config->diag, SPOT_E_UNSUPPORTED,
                             "kernels '%.40s': this build or CPU has none such, expected another "
                             "of reference, avx2, avx512 and neon",
                             config->kernels != NULL ? config->kernels : "");
    }
    if (config->prune != NULL) {
        st = spoti_pruned_create(s->policy, config->prune, s->allocator, &s->pruned, config->diag);
        if (st != SPOT_OK) {
            return st;
        }
        s->policy = s->pruned != NULL ? s->pruned : s->policy;
    }
    s->steps = (size_t)(config->steps > 0 ? config->steps : s->policy->config.default_steps);
    s->batch_max = config->batch_max;
    s->group = config->batch_max < GROUP_MAX ? (size_t)config->batch_max : GROUP_MAX;
    s->ld = spoti_padded((size_t)s->policy->config.channels);
    st = configure(s, config);
    if (st != SPOT_OK) {
        return st;
    }

    /* Measure, then assign. */
    place(s);
    if (!spoti_arena_alloc(&s->arena, s->allocator)) {
        return SPOT_E_NOMEM;
    }
    place(s);
    return prepare(s);
}

spot_status spot_session_create(const spot_policy *policy, const spot_session_config *config,
                                spot_session **out)
{
    spot_session *s = NULL;
    spot_status st = SPOT_OK;

    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    /* its diag is a field: not to be found in a struct of another size */
    if (policy == NULL || SPOTI_CONFIG_CHECK(spot_session_config, config, NULL) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    if (config->steps < 0 || config->steps > SPOT_POLICY_STEPS_MAX || config->batch_max < 1 ||
        config->batch_max > BATCH_MAX) {
        return SPOT_E_RANGE;
    }
    s = spoti_calloc(config->allocator, 1, sizeof *s);
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->allocator = config->allocator; /* first: destroy needs it */
    s->policy = policy;
    st = set_up(s, config);
    if (st != SPOT_OK) {
        spot_session_destroy(s);
        return st;
    }
    *out = s;
    return SPOT_OK;
}

void spot_session_destroy(spot_session *session)
{
    if (session == NULL) {
        return;
    }
    spoti_arena_free(&session->arena, session->allocator);
    spoti_rounded_destroy(session->rounded);
    spoti_pruned_destroy(session->pruned);
    spoti_free(session->allocator, session, sizeof *session);
}

const char *spot_session_kernels(const spot_session *session)
{
    return session != NULL ? session->kernels->name : "";
}
