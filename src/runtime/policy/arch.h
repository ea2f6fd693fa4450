/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What tells architectures apart, behind one table of functions each, and the policy and session
 * that hold them.
 *
 * All architectures share: normalisation of observations and actions, a time embedding with adaLN
 * (modulation.h), a final modulation and output layer, and the sampler, whose step is
 * x <- p x + q output (sampler.h).
 */
#ifndef SPOTI_POLICY_ARCH_H
#define SPOTI_POLICY_ARCH_H

#include "runtime/policy/config.h"
#include "runtime/policy/dit.h"
#include "runtime/policy/flow_mixer.h"
#include "runtime/policy/layers.h"
#include "runtime/policy/modulation.h"
#include "runtime/policy/prune.h"
#include "runtime/policy/tiers.h"
#include "spot/policy.h"

/* LayerNorm's epsilon, train/model.py NORM_EPS. */
#define SPOTI_NORM_EPS 1e-6F

typedef struct spoti_arch {
    const char *type;
    /* Visits the tensors that are the architecture's own. */
    void (*visit)(spoti_visitor *v, spot_policy *policy);
    /* Lists what of block `block` can be pruned. */
    void (*prunables)(spot_policy *policy, size_t block, spoti_prunables *out);
    /* Settles sizes that depend on the session's plan. NULL: there are no sites, only fp32 is. */
    spot_status (*configure)(spot_session *s, const spot_session_config *config);
    /* Takes the session's arrays from its arena; runs twice. */
    void (*place)(spot_session *s);
    /* Computes what depends on time alone from the embedded times s->time (steps x time_dim), and
     * packs weights in the session's precision. Returns OK, E_NOMEM. */
    spot_status (*prepare)(spot_session *s);
    /* Computes what depends on the observations s->obs of n samples alone. */
    void (*observe)(const spot_session *s, size_t n);
    /* Fills s->h (n T x C) from s->x at `step`, up to what the final modulation reads. */
    void (*forward)(const spot_session *s, size_t n, size_t step);
    /* Adds what observe and all steps of forward cost at batch 1, see cost.h. */
    void (*cost)(const spot_session *s, spot_inference_cost *cost);
} spoti_arch;

/* The architecture called `type`, NULL if there is none. */
const spoti_arch *spoti_arch_find(const char *type);

struct spot_policy {
    const spot_allocator *allocator;
    const spoti_arch *arch;
    spoti_policy_config config;
    spot_policy_info info;
    spoti_arena arena;                 /* all weights */
    float *obs_mean, *obs_std;         /* (D) */
    float *action_mean, *action_std;   /* (H x A) */
    float *command_mean, *command_std; /* (A); NULL without history */
    spoti_time_embedding time;
    spoti_layer final_adaln, out_proj;
    union {
        spoti_flow_mixer mixer;
        spoti_dit dit;
    } net;
};

/* In arrays of R = group * T rows each sample has T consecutive ones. */
struct spot_session {
    const spot_allocator *allocator;
    const spot_policy *policy;
    spot_policy *pruned;  /* what `policy` is then, the session's own; NULL = not pruned */
    spot_policy *rounded; /* the same of numeric bits, after pruning; NULL = weights as they are */
    const spoti_kernels *kernels;
    spoti_plan plan; /* precision of the sites */
    size_t steps;
    int batch_max;
    size_t group; /* samples worked on together */
    size_t ld;    /* floats between rows of C channels */
    spoti_arena arena;
    spoti_modulation final;
    float *time, *time_scratch; /* (steps x time_dim) */
    float *keep;                /* (steps) p of the sampler */
    float *gain;                /* (steps x A) q of the sampler, for each action coordinate */
    float *obs;                 /* (group x D) normalised */
    float *x;                   /* (R x A) */
    float *h;                   /* (R x ld) residual stream */
    float *y;                   /* (R x ld) normalised and modulated */
    union {
        spoti_flow_mixer_work mixer;
        spoti_dit_work dit;
    } work;
};

/* y = LayerNorm(x) * gain + shift for rows of C channels, ld apart. */
void spoti_session_modulate(const spot_session *s, size_t rows, const float *x,
                            const spoti_modulation_row *mod, float *y);

/* Whether all n numbers are finite. */
bool spoti_session_finite(const float *x, size_t n);

#endif
