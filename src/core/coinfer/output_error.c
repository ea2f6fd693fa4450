/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From errors of weights to an error of the output, for fully connected networks.
 *
 * Layers are swapped one at a time. Swapping layer l changes its output by |dW_l| |x_(l-1)| at most,
 * where |.| of a matrix is its largest column sum; the layers before, still unquantised, and those
 * after, quantised already, multiply by at most their own norms.
 */
#include "core/coinfer/coinfer.h"

typedef struct norms {
    double w, w_hat, error, entries; /* largest column sums; sum of all |w_hat - w| */
} norms;

static norms norms_of(const spot_coinfer_layer *layer)
{
    norms all = {0};

    for (size_t j = 0; j < layer->n_in; j++) {
        norms column = {0};

        for (size_t i = 0; i < layer->n_out; i++) {
            const double w = layer->w[i * layer->n_in + j];
            const double w_hat = layer->w_hat[i * layer->n_in + j];

            column.w += fabs(w);
            column.w_hat += fabs(w_hat);
            column.error += fabs(w_hat - w);
        }
        all.entries += column.error;
        /* NaN, which fmax drops, stays in `entries` */
        all.w = fmax(all.w, column.w);
        all.w_hat = fmax(all.w_hat, column.w_hat);
        all.error = fmax(all.error, column.error);
    }
    return all;
}

static bool layers_chain(const spot_coinfer_layer *layers, size_t n_layer)
{
    for (size_t l = 0; l < n_layer; l++) {
        if (layers[l].w == NULL || layers[l].w_hat == NULL || layers[l].n_out == 0 ||
            layers[l].n_in == 0 || (l > 0 && layers[l].n_in != layers[l - 1].n_out)) {
            return false;
        }
    }
    return n_layer > 0;
}

spot_status spot_coinfer_output_error(const spot_coinfer_layer *layers, size_t n_layer,
                                      double x_norm, spot_coinfer_output_bound *bound)
{
    spot_coinfer_output_bound sum = {0};
    double before = x_norm; /* |x| times the norms of W so far */

    if (layers == NULL || bound == NULL || !layers_chain(layers, n_layer)) {
        return SPOT_E_INVALID;
    }
    if (!(isfinite(x_norm) && x_norm >= 0.0)) {
        return SPOT_E_RANGE;
    }
    /* Horner: what the sum was grows by each quantised layer that follows. */
    for (size_t l = 0; l < n_layer; l++) {
        const norms n = norms_of(&layers[l]);

        sum.entrywise = sum.entrywise * n.w_hat + before * n.entries;
        sum.induced = sum.induced * n.w_hat + before * n.error;
        before *= n.w;
    }
    if (!isfinite(sum.entrywise) || !isfinite(sum.induced) || !isfinite(before)) {
        return SPOT_E_RANGE;
    }
    *bound = sum;
    return SPOT_OK;
}
