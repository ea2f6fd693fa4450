/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What weights of b bits do to the output: all layers at once over bits and rules, then one layer at a time. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/text.h"
#include "lab/inspect/subject.h"

enum { PATH_SIZE = 1024 };

/* A subject and room for what it says. */
typedef struct bench {
    spoti_subject *s;
    float *full;    /* (n_input x n_output) in fp32 */
    float *rounded; /* likewise */
    size_t most;    /* weights of the largest layer */
    float *w;       /* (2 x most) */
} bench;

void spot_distortion_config_default(spot_distortion_config *config)
{
    if (config != NULL) {
        *config = (spot_distortion_config){.size = sizeof(*config),
                                           .bits = {1, 2, 3, 4, 5, 6, 7, 8},
                                           .n_bits = 8,
                                           .layer_bits = 4,
                                           .n_input = 16};
    }
}

const char *spot_distortion_rule(int rule)
{
    return rule >= 0 && rule < SPOT_DISTORTION_RULES
               ? spoti_numeric_rule_name((spoti_numeric_rule)rule)
               : "";
}

static bool bits_are_good(int bits)
{
    return bits >= 1 && bits <= SPOTI_NUMERIC_BITS_MAX;
}

static bool config_is_good(const spot_distortion_config *c)
{
    bool good = c->n_bits >= 1 && c->n_bits <= SPOT_DISTORTION_BITS_MAX &&
                bits_are_good(c->layer_bits) && c->n_input >= 1 &&
                c->n_input <= SPOT_DISTORTION_INPUTS_MAX;

    for (int i = 0; good && i < c->n_bits; i++) {
        good = bits_are_good(c->bits[i]);
    }
    return good;
}

/* Mean 1-norm of a - b over inputs; b NULL = 0. */
static double mean_norm(const spoti_subject *s, const float *a, const float *b)
{
    double sum = 0.0;

    for (size_t i = 0; i < s->n_input * s->n_output; i++) {
        sum += fabs((double)a[i] - (b != NULL ? (double)b[i] : 0.0));
    }
    return sum / (double)s->n_input;
}

/* The fraction of inputs whose largest output is their label's. */
static double accuracy(const spoti_subject *s, const float *out)
{
    size_t n_right = 0;

    for (size_t i = 0; i < s->n_input && s->labels != NULL; i++) {
        const float *y = out + i * s->n_output;
        size_t best = 0;

        for (size_t j = 1; j < s->n_output; j++) {
            best = y[j] > y[best] ? j : best;
        }
        n_right += best == (size_t)s->labels[i] ? 1 : 0;
    }
    return (double)n_right / (double)s->n_input;
}

/* Name, size, law and rounding error of each layer. */
static spot_status describe_layers(const bench *b, const spoti_numeric *how,
                                   spot_distortion_result *r)
{
    for (int l = 0; l < r->n_layer; l++) {
        spot_distortion_layer *layer = &r->layers[l];

        layer->n = b->s->ops->weights(b->s, (size_t)l);
        b->s->ops->name(b->s, (size_t)l, layer->name);
        b->s->ops->read(b->s, (size_t)l, b->w);
        const spot_status st = spot_coinfer_fit(b->w, layer->n, &layer->lambda);
        if (st != SPOT_OK) {
            return st;
        }
        memcpy(b->w + b->most, b->w, layer->n * sizeof *b->w);
        spoti_numeric_round(b->w + b->most, layer->n, how);
        for (size_t i = 0; i < layer->n; i++) {
            layer->error += fabs((double)b->w[b->most + i] - (double)b->w[i]);
        }
        r->n_weight += layer->n;
    }
    return SPOT_OK;
}

static spot_status measure_rows(const bench *b, const spot_distortion_config *config,
                                spot_distortion_result *r)
{
    spot_status st = SPOT_OK;

    for (int i = 0; i < config->n_bits && st == SPOT_OK; i++) {
        spot_distortion_row *row = &r->rows[r->n_row++];

        row->bits = config->bits[i];
        for (int l = 0; l < r->n_layer; l++) {
            double d = 0.0;

            (void)spot_coinfer_distortion(SPOT_COINFER_LLOYD, r->layers[l].lambda,
                                          (double)row->bits, &d); /* in range */
            row->predicted += (double)r->layers[l].n * d;
        }
        for (int rule = 0; rule < SPOT_DISTORTION_RULES && st == SPOT_OK; rule++) {
            const spoti_numeric how = {row->bits, (spoti_numeric_rule)rule};

            st = b->s->ops->run(b->s, &how, SPOTI_ROUND_ALL, b->rounded);
            if (st == SPOT_OK) {
                row->output[rule] = mean_norm(b->s, b->rounded, b->full);
                row->accuracy[rule] = accuracy(b->s, b->rounded);
            }
        }
    }
    return st;
}

static spot_status measure_layers(const bench *b, const spoti_numeric *how,
                                  spot_distortion_result *r)
{
    spot_status st = b->s->ops->run(b->s, how, SPOTI_ROUND_ALL, b->rounded);

    r->all_layers = st == SPOT_OK ? mean_norm(b->s, b->rounded, b->full) : 0.0;
    for (int l = 0; l < r->n_layer && st == SPOT_OK; l++) {
        spot_coinfer_output_bound bound = {0};

        st = b->s->ops->run(b->s, how, (size_t)l, b->rounded);
        if (st == SPOT_OK && b->s->ops->bound != NULL) {
            st = b->s->ops->bound(b->s, how, (size_t)l, &bound);
        }
        if (st == SPOT_OK) {
            r->layers[l].output = mean_norm(b->s, b->rounded, b->full);
            r->layers[l].induced = bound.induced;
            r->layers[l].entrywise = bound.entrywise;
            r->layer_sum += r->layers[l].output;
            r->layer_rss = hypot(r->layer_rss, r->layers[l].output);
        }
    }
    return st;
}

/* One constant for all bit-widths, where there are outputs to fit it to. */
static void calibrate(spot_distortion_result *r)
{
    double predicted[SPOT_DISTORTION_BITS_MAX];
    double measured[SPOT_DISTORTION_BITS_MAX];

    for (int i = 0; i < r->n_row; i++) {
        predicted[i] = r->rows[i].predicted;
        measured[i] = r->rows[i].output[0];
    }
    r->has_fit =
        r->n_row >= 2 && spot_coinfer_calibrate(predicted, measured, (size_t)r->n_row,
                                                SPOT_COINFER_FIT_LOG, NULL, &r->fit) == SPOT_OK;
}

static spot_status measure(bench *b, const spot_distortion_config *config,
                           spot_distortion_result *r)
{
    const spoti_subject *s = b->s;
    const spoti_numeric how = {config->layer_bits, SPOTI_NUMERIC_LLOYD};

    for (size_t l = 0; l < s->n_layer; l++) {
        const size_t n = s->ops->weights(s, l);

        b->most = n > b->most ? n : b->most;
    }
    b->full = spoti_alloc(s->allocator, s->n_input * s->n_output, sizeof *b->full);
    b->rounded = spoti_alloc(s->allocator, s->n_input * s->n_output, sizeof *b->rounded);
    b->w = spoti_alloc(s->allocator, 2 * b->most, sizeof *b->w);
    if (b->full == NULL || b->rounded == NULL || b->w == NULL) {
        return SPOT_E_NOMEM;
    }
    *r = (spot_distortion_result){.has_labels = s->labels != NULL,
                                  .n_input = (int)s->n_input,
                                  .n_output = (int)s->n_output,
                                  .n_layer = (int)s->n_layer,
                                  .layer_bits = config->layer_bits};
    spot_status st = s->ops->run(s, NULL, SPOTI_ROUND_ALL, b->full);
    if (st == SPOT_OK) {
        r->mean_output = mean_norm(s, b->full, NULL);
        r->accuracy = accuracy(s, b->full);
        st = describe_layers(b, &how, r);
    }
    st = st == SPOT_OK ? measure_rows(b, config, r) : st;
    st = st == SPOT_OK ? measure_layers(b, &how, r) : st;
    calibrate(r);
    return st;
}

static void give_back(bench *b)
{
    const spot_allocator *a = b->s->allocator;
    const size_t size = b->s->n_input * b->s->n_output * sizeof *b->full;

    spoti_free(a, b->full, size);
    spoti_free(a, b->rounded, size);
    spoti_free(a, b->w, 2 * b->most * sizeof *b->w);
    b->s->ops->close(b->s);
}

/* Whether the folder has inputs of its own. */
static bool has_test(const char *path)
{
    char test[PATH_SIZE];

    return spoti_format(test, sizeof test, "%s/test.safetensors", path) && access(test, R_OK) == 0;
}

spot_status spot_distortion_measure(const char *path, const spot_distortion_config *config,
                                    spot_distortion_result *result, spot_diag *diag)
{
    spot_distortion_config used;
    bench b = {0};

    spot_distortion_config_default(&used);
    if (path == NULL || result == NULL ||
        (config != NULL && SPOTI_CONFIG_CHECK(spot_distortion_config, config, diag) != SPOT_OK)) {
        return SPOT_E_INVALID;
    }
    used = config != NULL ? *config : used;
    if (!config_is_good(&used)) {
        return SPOT_E_RANGE;
    }
    const bool connected = has_test(path);
    if (connected && used.kernels != NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: kernels '%.40s' of fully connected layers, expected a policy",
                             path, used.kernels);
    }
    spot_status st = connected ? spoti_fcdnn_open(path, used.allocator, &b.s, diag)
                               : spoti_policy_subject_open(path, &used, &b.s, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (b.s->n_layer > SPOT_DISTORTION_LAYERS_MAX) {
        st = spot_diag_set(diag, SPOT_E_RANGE, "%s: %zu layers, expected at most %d", path,
                           b.s->n_layer, (int)SPOT_DISTORTION_LAYERS_MAX);
    } else {
        st = measure(&b, &used, result);
        if (st == SPOT_E_RANGE) {
            (void)spot_diag_set(
                diag, st, "%s: an output that is not finite, or a layer of zeros, expected neither",
                path);
        }
    }
    give_back(&b);
    return st;
}
