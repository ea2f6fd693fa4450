/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A policy: observations in, a chunk of actions out.
 *
 * A policy folder holds `config.json`, `model.safetensors` (normalisation included) and `card.md`.
 * `spot_policy` is the loaded, immutable network and may be shared by threads; a `spot_session` is
 * one caller's workspace for one number of refinement steps, and inference in it allocates nothing.
 * What does not depend on the observation (time embedding, adaLN modulation of each step) is computed
 * when the session is created.
 *
 *     spot_policy *policy = NULL;
 *     spot_session *session = NULL;
 *     spot_policy_load("policies/ur5e-conveyor", NULL, &policy, &diag);
 *     spot_session_config_default(&config);
 *     config.steps = 5;
 *     spot_session_create(policy, &config, &session);
 *     spot_session_infer(session, 1, obs, noise, chunk);
 *
 * Architectures: `flow_mixer`, the flow-matching MLP-Mixer of the RTC/TISED Kinetix experiments (4
 * blocks, 256/512 channels, token width 64), and `dit`, a transformer whose action tokens read each
 * other and observation tokens. Samplers: Euler steps of dx/dt = v(x, t, obs) from t = 0 (noise) to
 * 1, or deterministic DDIM for a transformer that was trained by diffusion.
 *
 * A `dit` may have a history: it reads past observations and commands too. A session keeps their keys
 * and values, so each is computed once:
 *
 *     spot_session_forget(session);                           an episode starts
 *     spot_session_infer(session, 1, obs, noise, chunk);
 *     spot_session_remember(session, obs_then, command);      at each executed action
 */
#ifndef SPOT_POLICY_H
#define SPOT_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/point.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_policy spot_policy;   /* immutable after load */
typedef struct spot_session spot_session; /* one caller's workspace */

enum {
    SPOT_POLICY_NAME_SIZE = 64,
    SPOT_POLICY_STEPS_MAX = SPOT_POINT_STEPS_MAX,
    SPOT_POLICY_FILES = 2,
};

/* What a policy is. Read-only view, valid as long as the policy. */
typedef struct spot_policy_info {
    char type[SPOT_POLICY_NAME_SIZE]; /* architecture, `flow_mixer` or `dit` */
    char task[SPOT_POLICY_NAME_SIZE]; /* task that it was trained for */
    int obs_dim;                      /* length of `observation.state`, history included */
    int action_dim;                   /* length of one action */
    int horizon;                      /* H: actions that one inference predicts */
    int n_execute;                    /* n: actions of a chunk that are executed by default */
    int default_steps;                /* refinement steps of the baseline */
    int64_t n_params;                 /* number of weights */
    int history_frames;   /* most past observations that it reads; 0 = it has no history */
    int history_commands; /* most past commands that it reads; 0 = it has no history */
} spot_policy_info;

/* Loads the policy folder `dir`.
 * Ownership: on success the caller owns *out and frees it with spot_policy_destroy; on failure *out
 * is NULL. `allocator` is borrowed until the destroy call; NULL = malloc.
 * Returns SPOT_OK, E_INVALID, E_IO (cannot read), E_FORMAT (refused; see diag), E_UNSUPPORTED
 * (unknown type), E_NOMEM. */
SPOT_API spot_status spot_policy_load(const char *dir, const spot_allocator *allocator,
                                      spot_policy **out, spot_diag *diag);
SPOT_API void spot_policy_destroy(spot_policy *policy);

/* Name of file i (0..SPOT_POLICY_FILES-1) of a policy's folder that decides what it answers; else NULL. */
SPOT_API const char *spot_policy_file(int i);

SPOT_API const spot_policy_info *spot_policy_describe(const spot_policy *policy);

typedef struct spot_session_config {
    size_t size;         /* of this struct, set by its default function; else E_INVALID */
    int steps;           /* refinement steps, 1..SPOT_POLICY_STEPS_MAX; 0 = default_steps */
    int batch_max;       /* largest batch, 1..4096, of a policy with history 1; default 1 */
    const char *kernels; /* `reference`, `avx2`, `avx512`, `neon` or NULL = best of this CPU */
    const char
        *quant; /* precision of a transformer's linear layers: `fp32`, `bf16`, `w8a8`, `w4a4`,
                          a published tier `w4-t1` .. `w4-t10`, or a file NAME.yaml; NULL = fp32.
                          Other policies have only fp32. Of any policy `num:B` or `num:B:RULE`, B = 1 .. 16:
                          the layers that `prune` names are rounded to weights of B bits (coinfer.h; RULE
                          `lloyd`, the default, `uniform` or `pow2`) and computed in fp32, which shows what B
                          bits do and is no faster. Borrowed during the call. */
    const char *prune; /* weights left out of the blocks' linear layers before `quant` packs them: a
                          fraction above 0 up to 0.95 of each layer's, the smallest ones; `2:4`, the
                          two smallest of each four inputs; `mlp:F`, a fraction above 0 up to 0.9 of
                          the MLPs' hidden units, which makes layers smaller and faster (a multiple
                          of 16 stays); `none` or NULL = none. Borrowed during the call. */
    const char *kv;    /* what a policy with history reads of it: `base` (all that it can), `p1` ..
                          `p4` (published fractions of that) or `FRAMES:COMMANDS`, the most recent;
                          NULL = base. Borrowed during the call. */
    spot_diag *diag;   /* what was wrong with a text; may be NULL. Borrowed during the call. */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_session_config;

SPOT_API void spot_session_config_default(spot_session_config *config);

/* Takes over what of `point` concerns an inference: steps, quant, prune, kv. Their texts are borrowed as long
 * as the configuration is used. */
SPOT_API void spot_session_config_point(spot_session_config *config, const spot_point *point);

/* Creates a session of `policy`, which is borrowed until spot_session_destroy.
 * Returns SPOT_OK, E_INVALID, E_RANGE (steps, batch, a group of `quant` that does not divide a
 * layer, a batch with history, a `kv` above what the policy can read, a `prune` that leaves all units),
 * E_FORMAT (quant, prune, kv), E_IO (quant), E_UNSUPPORTED (kernels not on this CPU; `quant` for a
 * policy that has only fp32; `kv` for one without history), E_NOMEM. */
SPOT_API spot_status spot_session_create(const spot_policy *policy,
                                         const spot_session_config *config, spot_session **out);
SPOT_API void spot_session_destroy(spot_session *session);

/* Computes chunks. Allocates nothing.
 *   batch  1..batch_max
 *   obs    (batch x obs_dim) row-major, un-normalised
 *   noise  (batch x horizon x action_dim) standard normal: the same noise gives the same bytes
 *   chunk  (batch x horizon x action_dim) actions in the task's units
 * Returns SPOT_OK, E_INVALID, E_RANGE (an observation is not finite, or an action came out so because a
 * number overflowed or the noise was not finite: do not act on the chunk).
 * Threads: externally locked per session; sessions of one policy are independent. */
SPOT_API spot_status spot_session_infer(spot_session *session, int batch, const float *obs,
                                        const float *noise, float *chunk);

/* Adds one executed action to what the session remembers, the oldest one going when it is full: `obs`
 * (obs_dim), un-normalised, is what was observed when the action was commanded, `command` (action_dim)
 * what it commanded in absolute terms (anchor + action). Inferences from now on read it. Keys and
 * values of the two are computed here, once; allocates nothing.
 * Returns SPOT_OK, E_INVALID, E_RANGE (a number is not finite; nothing is remembered), E_UNSUPPORTED (a
 * policy without history). Threads: as spot_session_infer. */
SPOT_API spot_status spot_session_remember(spot_session *session, const float *obs,
                                           const float *command);

/* Forgets all that was remembered: call it when an episode starts. NULL and sessions of a policy without
 * history are fine. */
SPOT_API void spot_session_forget(spot_session *session);

/* What one inference at batch 1 costs, counted from the layers that the session runs, each in the
 * precision in which it runs. Multiply-adds are those of matrix products; normalisation, softmax,
 * activation functions and quantisation are not counted. Bytes are those of weights (with scales,
 * biases and padding) and of the keys and values that cross-attention reads, of a past as long as the
 * session remembers now; other activations are left out, and so is what spot_session_remember
 * computes. */
typedef struct spot_inference_cost {
    double params; /* of the whole network, but for the units that prune=mlp:F takes out */
    double macs_fp32, macs_bf16; /* multiply-adds by the arithmetic that does them */
    double macs_int8;            /* of layers in 8 and in 4 bits: both are 8-bit products */
    double weight_bytes;         /* of all layers that run, each once: what a cache would hold */
    double weight_read_bytes;    /* read in an inference: most layers once a refinement step */
    double kv_read_bytes;        /* keys and values read in an inference */
} spot_inference_cost;

/* Counts. Returns SPOT_OK, E_INVALID. Threads: immutable. */
SPOT_API spot_status spot_session_cost(const spot_session *session, spot_inference_cost *out);

/* Name of the kernels in use: `reference`, `avx2`, `avx512` or `neon`. */
SPOT_API const char *spot_session_kernels(const spot_session *session);

#ifdef __cplusplus
}
#endif

#endif
