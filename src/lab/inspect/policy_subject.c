/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A policy as a network to be measured: chunks for observations that its own normalisation describes.
 *
 * An observation is mean + std z with z standard normal, number i of seed i, and the noise of its chunk likewise: what
 * the policy was trained around, though no state of the task need look so. A past is not given to those that have one.
 */
#include "core/base/alloc.h"
#include "lab/inspect/subject.h"
#include "runtime/policy/arch.h"
#include "spot/rng.h"

typedef struct policy_subject {
    spoti_subject base;
    spot_policy *policy;
    float *obs;          /* (n_input x obs_dim) */
    float *noise;        /* (n_input x n_output) */
    const char *kernels; /* the caller's; NULL = best of this CPU */
} policy_subject;

static const policy_subject *as_policy(const spoti_subject *s)
{
    return (const policy_subject *)(const void *)s;
}

static size_t weights_of(const spoti_subject *s, size_t layer)
{
    return spoti_rounded_weights(as_policy(s)->policy, layer);
}

static void name_of(const spoti_subject *s, size_t layer, char text[SPOT_DISTORTION_NAME_SIZE])
{
    spoti_rounded_name(as_policy(s)->policy, layer, text, SPOT_DISTORTION_NAME_SIZE);
}

static void read_weights(const spoti_subject *s, size_t layer, float *w)
{
    spoti_rounded_read(as_policy(s)->policy, layer, w);
}

static spot_status begin(const policy_subject *p, const spot_policy *policy, spot_session **session,
                         spot_diag *diag)
{
    spot_session_config config;

    spot_session_config_default(&config);
    config.allocator = p->base.allocator;
    config.kernels = p->kernels;
    config.diag = diag;
    return spot_session_create(policy, &config, session);
}

/* Runs all inputs through `policy`. */
static spot_status infer_all(const policy_subject *p, const spot_policy *policy, float *out)
{
    const size_t obs_dim = (size_t)policy->config.obs_dim;
    spot_session *session = NULL;
    spot_status st = begin(p, policy, &session, NULL);

    for (size_t i = 0; i < p->base.n_input && st == SPOT_OK; i++) {
        st = spot_session_infer(session, 1, p->obs + i * obs_dim, p->noise + i * p->base.n_output,
                                out + i * p->base.n_output);
    }
    spot_session_destroy(session);
    return st;
}

static spot_status run(const spoti_subject *s, const spoti_numeric *how, size_t only, float *out)
{
    const policy_subject *p = as_policy(s);
    spot_policy *rounded = NULL;

    if (how == NULL) {
        return infer_all(p, p->policy, out);
    }
    spot_status st = spoti_rounded_create(p->policy, how, only, s->allocator, &rounded);
    if (st == SPOT_OK) {
        st = infer_all(p, rounded, out);
        spoti_rounded_destroy(rounded);
    }
    return st;
}

static void close_policy(spoti_subject *s)
{
    policy_subject *p = (policy_subject *)(void *)s;
    const size_t obs_dim = p->policy != NULL ? (size_t)p->policy->config.obs_dim : 0;

    spoti_free(s->allocator, p->obs, s->n_input * obs_dim * sizeof *p->obs);
    spoti_free(s->allocator, p->noise, s->n_input * s->n_output * sizeof *p->noise);
    spot_policy_destroy(p->policy);
    spoti_free(s->allocator, p, sizeof *p);
}

static void draw_inputs(const policy_subject *p)
{
    const spot_policy *policy = p->policy;
    const size_t obs_dim = (size_t)policy->config.obs_dim;

    for (size_t i = 0; i < p->base.n_input; i++) {
        spot_rng of_obs = spot_rng_at(i, SPOT_STREAM_RESET, 0);
        spot_rng of_noise = spot_rng_at(i, SPOT_STREAM_POLICY, 0);
        float *obs = p->obs + i * obs_dim;

        spot_rng_fill_normal(&of_obs, obs, (int)obs_dim);
        for (size_t j = 0; j < obs_dim; j++) {
            obs[j] = policy->obs_mean[j] + policy->obs_std[j] * obs[j];
        }
        spot_rng_fill_normal(&of_noise, p->noise + i * p->base.n_output, (int)p->base.n_output);
    }
}

/* Loads the policy, makes room, and sees that a session can be had. */
static spot_status prepare(policy_subject *p, const char *path, spot_diag *diag)
{
    spoti_subject *s = &p->base;
    spot_session *session = NULL;
    spot_status st = spot_policy_load(path, s->allocator, &p->policy, diag);

    if (st != SPOT_OK) {
        return st;
    }
    const spoti_policy_config *c = &p->policy->config;
    s->n_output = (size_t)c->horizon * (size_t)c->action_dim;
    s->n_layer = spoti_rounded_count(p->policy);
    p->obs = spoti_alloc(s->allocator, s->n_input * (size_t)c->obs_dim, sizeof *p->obs);
    p->noise = spoti_alloc(s->allocator, s->n_input * s->n_output, sizeof *p->noise);
    if (p->obs == NULL || p->noise == NULL) {
        return SPOT_E_NOMEM;
    }
    st = begin(p, p->policy, &session, diag);
    spot_session_destroy(session);
    return st;
}

spot_status spoti_policy_subject_open(const char *path, const spot_distortion_config *config,
                                      spoti_subject **out, spot_diag *diag)
{
    static const spoti_subject_ops ops = {.weights = weights_of,
                                          .name = name_of,
                                          .read = read_weights,
                                          .run = run,
                                          .close = close_policy};
    policy_subject *p = spoti_calloc(config->allocator, 1, sizeof *p);

    *out = NULL;
    if (p == NULL) {
        return SPOT_E_NOMEM;
    }
    p->base = (spoti_subject){
        .ops = &ops, .allocator = config->allocator, .n_input = (size_t)config->n_input};
    p->kernels = config->kernels;
    const spot_status st = prepare(p, path, diag);
    if (st != SPOT_OK) {
        close_policy(&p->base);
        return st;
    }
    draw_inputs(p);
    *out = &p->base;
    return SPOT_OK;
}
