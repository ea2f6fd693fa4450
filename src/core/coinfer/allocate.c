/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Bits for each layer by marginal gain.
 *
 * The k-th bit of a layer saves less than the one before, as D is convex in b; so bits taken in the order of
 * their gain per cost solve the problem in which the last one may be cut (Dantzig 1957), whose value
 * bounds ours from below. Where one does not fit, others still may.
 */
#include "core/coinfer/coinfer.h"
#include "spot/coinfer_bits.h"

/* What the layer adds at `bits`. */
static double layer_distortion(const spot_coinfer_share *layer, spot_coinfer_curve curve, int bits)
{
    double d = 0.0;

    (void)spot_coinfer_distortion(curve, layer->lambda, (double)bits, &d); /* checked before */
    return layer->weight * layer->n * d;
}

static spot_status check_layers(const spot_coinfer_share *layers, size_t n_layer)
{
    for (size_t l = 0; l < n_layer; l++) {
        if (!spoti_positive(layers[l].weight) || !spoti_positive(layers[l].n) ||
            !spoti_positive(layers[l].lambda) || !spoti_positive(layers[l].bit_cost)) {
            return SPOT_E_RANGE;
        }
    }
    return SPOT_OK;
}

static spot_status check_rule(const spot_coinfer_allocation_rule *rule)
{
    if ((int)rule->curve < SPOT_COINFER_LOWER || rule->curve > SPOT_COINFER_ADDITIVE) {
        return SPOT_E_INVALID;
    }
    const int least = rule->curve == SPOT_COINFER_ADDITIVE ? 2 : 1;

    return rule->bits_min >= least && rule->bits_min <= rule->bits_max &&
                   rule->bits_max <= SPOT_COINFER_MAX_BITS && isfinite(rule->budget)
               ? SPOT_OK
               : SPOT_E_RANGE;
}

/* The layer whose next bit gains most per cost, among those that can pay with `rest`; n_layer if there is
 * none. */
static size_t best_layer(const spot_coinfer_share *layers, size_t n_layer,
                         const spot_coinfer_allocation_rule *rule, const int *bits, double rest,
                         double *gain)
{
    size_t best = n_layer;
    double most = -1.0;

    for (size_t l = 0; l < n_layer; l++) {
        const double saved = layer_distortion(&layers[l], rule->curve, bits[l]) -
                             layer_distortion(&layers[l], rule->curve, bits[l] + 1);

        if (bits[l] < rule->bits_max && layers[l].bit_cost <= rest &&
            saved / layers[l].bit_cost > most) {
            most = saved / layers[l].bit_cost;
            best = l;
            *gain = saved;
        }
    }
    return best;
}

spot_status spot_coinfer_allocate(const spot_coinfer_share *layers, size_t n_layer,
                                  const spot_coinfer_allocation_rule *rule, int *bits,
                                  spot_coinfer_allocation *out)
{
    const double rounding = 1e-12; /* of the budget, as a bit that fits exactly should */
    spot_coinfer_allocation found = {0};
    bool is_bound = true; /* all bits so far were the next in order */
    spot_status st = SPOT_OK;

    if (layers == NULL || n_layer == 0 || rule == NULL || bits == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    st = check_rule(rule);
    st = st == SPOT_OK ? check_layers(layers, n_layer) : st;
    if (st != SPOT_OK) {
        return st;
    }
    for (size_t l = 0; l < n_layer; l++) {
        bits[l] = rule->bits_min;
        found.cost += layers[l].bit_cost * rule->bits_min;
        found.distortion += layer_distortion(&layers[l], rule->curve, rule->bits_min);
    }
    if (!(found.cost <= rule->budget * (1.0 + rounding)) || !isfinite(found.distortion)) {
        return isfinite(found.cost) && isfinite(found.distortion) ? SPOT_E_STATE : SPOT_E_RANGE;
    }
    found.bound = found.distortion;
    for (;;) {
        const double rest = rule->budget * (1.0 + rounding) - found.cost;
        double gain = 0.0;
        const size_t first = best_layer(layers, n_layer, rule, bits, (double)INFINITY, &gain);

        if (first == n_layer) {
            break; /* all have bits_max */
        }
        if (is_bound) { /* the part of the next bit that can be paid */
            const double part = fmin(1.0, rest / layers[first].bit_cost);

            found.bound -= gain * part;
            is_bound = part >= 1.0;
        }

        const size_t l = best_layer(layers, n_layer, rule, bits, rest, &gain);

        if (l == n_layer) {
            break;
        }
        bits[l]++;
        found.cost += layers[l].bit_cost;
        found.distortion -= gain;
    }
    found.distortion = 0.0; /* anew, without what subtraction lost */
    for (size_t l = 0; l < n_layer; l++) {
        found.distortion += layer_distortion(&layers[l], rule->curve, bits[l]);
    }
    found.bound = fmin(found.bound, found.distortion);
    *out = found;
    return SPOT_OK;
}
