/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Weights of few bits in fp32. Conventions in the header, levels in spot/coinfer.h. */
#include "runtime/policy/numeric.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/policy/arch.h"
#include "spot/coinfer.h"

/* What a layer's quantiser needs to round one magnitude. */
typedef struct quantiser {
    spoti_numeric how;
    double n_level; /* K = 2^(bits - 1) */
    double lambda;
    double scale; /* UNIFORM: the step; POW2: the largest level */
} quantiser;

static quantiser quantiser_of(const spoti_numeric *how, double lambda)
{
    quantiser q = {.how = *how, .n_level = ldexp(1.0, how->bits - 1), .lambda = lambda};
    double distortion = 0.0;

    /* lambda and bits are in range: these cannot fail */
    if (how->rule == SPOTI_NUMERIC_UNIFORM) {
        (void)spot_coinfer_uniform_best(lambda, how->bits, SPOT_COINFER_MID_RISE, &q.scale,
                                        &distortion);
    } else if (how->rule == SPOTI_NUMERIC_POW2) {
        (void)spot_coinfer_power_of_two_best(lambda, how->bits, &q.scale, &distortion);
    }
    return q;
}

/* The level nearest to x > 0. */
static double nearest(const quantiser *q, double x)
{
    double level = 0.0;

    switch (q->how.rule) {
    case SPOTI_NUMERIC_UNIFORM:
        return (fmin(floor(x / q->scale), q->n_level - 1.0) + 0.5) * q->scale;
    case SPOTI_NUMERIC_POW2: {
        /* scale 2^-i reaches down to 3/4 of itself, the middle between it and the next */
        const double i = ceil(log2(0.75 * q->scale / x));

        return q->scale * exp2(-fmax(0.0, fmin(i, q->n_level - 1.0)));
    }
    default:
        (void)spot_coinfer_lloyd_encode(q->lambda, q->how.bits, x, NULL, &level);
        return level;
    }
}

void spoti_numeric_round(float *w, size_t n, const spoti_numeric *how)
{
    double sum = 0.0;
    size_t n_left = 0; /* weights that are not 0 */

    for (size_t i = 0; i < n; i++) {
        sum += fabs((double)w[i]);
        n_left += w[i] != 0.0F ? 1 : 0;
    }
    if (n_left == 0) {
        return;
    }

    const quantiser q = quantiser_of(how, (double)n_left / sum);

    for (size_t i = 0; i < n; i++) {
        if (w[i] != 0.0F) {
            w[i] = copysignf((float)nearest(&q, fabs((double)w[i])), w[i]);
        }
    }
}

/* The policy's own description of what can be pruned is that of what can be rounded. It wants a policy that it
 * may hand out pointers into. */
static void list_of(spot_policy *copy, size_t i, spoti_prunables *list, size_t *at)
{
    size_t before = 0;

    copy->arch->prunables(copy, 0, list);
    before = list->n; /* all blocks have as many */
    copy->arch->prunables(copy, i / before, list);
    *at = i % before;
}

size_t spoti_rounded_count(const spot_policy *policy)
{
    spot_policy copy = *policy;
    spoti_prunables list;

    copy.arch->prunables(&copy, 0, &list);
    return list.n * (size_t)policy->config.blocks;
}

size_t spoti_rounded_weights(const spot_policy *policy, size_t i)
{
    spot_policy copy = *policy;
    spoti_prunables list;
    size_t at = 0;

    list_of(&copy, i, &list, &at);
    return list.weights[at].n * list.weights[at].k;
}

void spoti_rounded_read(const spot_policy *policy, size_t i, float *w)
{
    spot_policy copy = *policy;
    spoti_prunables list;
    size_t at = 0;

    list_of(&copy, i, &list, &at);
    spoti_prunable_load(&list.weights[at], w);
}

void spoti_rounded_name(const spot_policy *policy, size_t i, char *text, size_t size)
{
    spot_policy copy = *policy;
    spoti_prunables list;
    size_t at = 0;

    list_of(&copy, i, &list, &at);
    (void)spoti_format(text, size, "blocks.%zu.%s", i / list.n, list.weights[at].name);
}

/* Rounds the layers; w: room for the largest, NULL while measuring. */
static void walk(spot_policy *copy, const spoti_numeric *how, size_t only, float *w)
{
    const size_t n_layer = spoti_rounded_count(copy);

    for (size_t i = 0; i < n_layer; i++) {
        spoti_prunables list;
        size_t at = 0;

        if (only != SPOTI_ROUND_ALL && only != i) {
            continue;
        }
        list_of(copy, i, &list, &at);

        const spoti_prunable *p = &list.weights[at];

        if (w != NULL) {
            spoti_prunable_load(p, w);
            spoti_numeric_round(w, p->n * p->k, how);
        }
        spoti_prunable_store(p, &copy->arena, w, p->n, p->k);
    }
}

spot_status spoti_rounded_create(const spot_policy *policy, const spoti_numeric *how, size_t only,
                                 const spot_allocator *allocator, spot_policy **out)
{
    spot_policy *copy = spoti_alloc(allocator, 1, sizeof *copy);
    float *w = NULL;
    size_t most = 1;
    spot_status st = SPOT_E_NOMEM;

    *out = NULL;
    if (copy == NULL) {
        return SPOT_E_NOMEM;
    }
    *copy = *policy;
    copy->allocator = allocator;
    copy->arena = (spoti_arena){0};
    for (size_t i = 0; i < spoti_rounded_count(policy); i++) {
        const size_t n = spoti_rounded_weights(policy, i);

        most = n > most ? n : most;
    }

    /* Measure, then do it. */
    walk(copy, how, only, NULL);
    w = spoti_alloc(allocator, most, sizeof *w);
    if (w != NULL && spoti_arena_alloc(&copy->arena, allocator)) {
        walk(copy, how, only, w);
        *out = copy;
        st = SPOT_OK;
    } else {
        spoti_rounded_destroy(copy);
    }
    spoti_free(allocator, w, most * sizeof *w);
    return st;
}

void spoti_rounded_destroy(spot_policy *rounded)
{
    spoti_pruned_destroy(rounded); /* alike: an arena and the struct */
}
