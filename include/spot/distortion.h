/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What weights of b bits do to the output of a network, measured by running it.
 *
 * The model is a policy's folder, run on observations drawn from its own normalisation and on fixed noise, or that
 * of a fully connected network (`layers.NN.weight`, ReLU between them, no biases) with its held-out
 * inputs in test.safetensors. Output distortion is the mean over inputs of the 1-norm of what changes: of a chunk
 * in the units of its actions, or of the logits. Weights are rounded as `quant=num:B:RULE` rounds them
 * (policy.h), all layers at once for each bit-width and rule, and one layer at a time at `layer_bits`.
 *
 *     spot_distortion_config_default(&config);
 *     spot_distortion_measure("models/fcdnn-16", &config, &result, &diag);
 *     result.rows[3].output[0]       4 bits, lloyd
 */
#ifndef SPOT_DISTORTION_H
#define SPOT_DISTORTION_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"
#include "spot/coinfer_bits.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_DISTORTION_BITS_MAX = 16,
    SPOT_DISTORTION_LAYERS_MAX = 256,
    SPOT_DISTORTION_INPUTS_MAX = 4096,
    SPOT_DISTORTION_RULES = 3, /* lloyd, uniform, pow2 */
    SPOT_DISTORTION_NAME_SIZE = 48,
};

typedef struct spot_distortion_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    int bits[SPOT_DISTORTION_BITS_MAX]; /* 1 .. 16 each, sign included; default 1 .. 8 */
    int n_bits;                         /* 1 .. 16; default 8 */
    int layer_bits;                     /* of a layer alone, 1 .. 16; default 4 */
    int n_input; /* 1 .. 4096 observations of a policy; default 16. A network with held-out inputs
                         * runs all of them. */
    const char *
        kernels; /* of a policy, as in spot_session_config; NULL = best of this CPU. A network of fully
                          * connected layers is run in plain C and has none: E_UNSUPPORTED */
    const spot_allocator *allocator; /* borrowed during the call; NULL = malloc */
} spot_distortion_config;

/* All layers at `bits`. */
typedef struct spot_distortion_row {
    int bits;
    double predicted;                       /* sum over layers of n D_LM(bits; lambda) */
    double output[SPOT_DISTORTION_RULES];   /* output distortion */
    double accuracy[SPOT_DISTORTION_RULES]; /* fraction of labels met; 0 without labels */
} spot_distortion_row;

/* One layer at `layer_bits` by lloyd, all others as they are. */
typedef struct spot_distortion_layer {
    char name[SPOT_DISTORTION_NAME_SIZE];
    size_t n;
    double lambda;
    double error;  /* sum of |w_hat - w| */
    double output; /* output distortion */
    double
        induced; /* bounds on it, spot_coinfer_output_error, of a fully connected network; else 0 */
    double entrywise;
} spot_distortion_layer;

typedef struct spot_distortion_result {
    bool has_labels;
    int n_input, n_output;
    double mean_output; /* mean 1-norm of the output in fp32 */
    double accuracy;    /* in fp32; 0 without labels */
    size_t n_weight;    /* that are rounded */
    int n_row, n_layer, layer_bits;
    double all_layers; /* output distortion of all layers at layer_bits by lloyd */
    double layer_sum;  /* sum of what the layers do one at a time */
    double
        layer_rss; /* root of the sum of squares: what they would do if their errors were independent */
    bool
        has_fit; /* output[lloyd] ~ H predicted, by logarithms; false: fewer than two rows, or an output that
                         * did not change */
    spot_coinfer_calibration fit;
    spot_distortion_row rows[SPOT_DISTORTION_BITS_MAX];
    spot_distortion_layer layers[SPOT_DISTORTION_LAYERS_MAX];
} spot_distortion_result;

/* Fills in the defaults above. */
SPOT_API void spot_distortion_config_default(spot_distortion_config *config);

/* `lloyd`, `uniform`, `pow2`; "" outside 0..2. */
SPOT_API const char *spot_distortion_rule(int rule);

/* Measures the model in the folder `path`. config: NULL = defaults. The same call gives the same figures on
 * any kernels. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (config; a model of more than 256 layers), E_IO, E_FORMAT (not
 * such a model; see diag), E_UNSUPPORTED (kernels not on this CPU, or of a network that has none), E_NOMEM.
 * Threads: immutable. */
SPOT_API spot_status spot_distortion_measure(const char *path, const spot_distortion_config *config,
                                             spot_distortion_result *result, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
