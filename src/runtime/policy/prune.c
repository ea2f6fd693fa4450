/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Magnitude pruning. Kinds and symbols in the header. */
#include "runtime/policy/prune.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/policy/arch.h"

enum { TEXT_SHOWN = 40, GROUP_OF_FOUR = 4 };

/* Floats of the widest register that the kernels use. */
enum { UNITS_MULTIPLE = 16 };

static const char UNITS[] = "mlp:";
static const double FRACTION_MAX = 0.95;
static const double UNITS_FRACTION_MAX = 0.9;

static bool parse_fraction(const char *text, double max, double *out)
{
    return spoti_parse_double(text, out) == SPOT_OK && *out > 0.0 && *out <= max;
}

spot_status spoti_prune_parse(const char *text, spoti_prune *out, spot_diag *diag)
{
    const bool units = spoti_starts_with(text, UNITS);

    *out = (spoti_prune){.kind = SPOTI_PRUNE_NONE};
    if (strcmp(text, "none") == 0) {
        return SPOT_OK;
    }
    if (strcmp(text, "2:4") == 0) {
        out->kind = SPOTI_PRUNE_TWO_FOUR;
        return SPOT_OK;
    }
    if (parse_fraction(units ? text + sizeof UNITS - 1 : text,
                       units ? UNITS_FRACTION_MAX : FRACTION_MAX, &out->fraction)) {
        out->kind = units ? SPOTI_PRUNE_UNITS : SPOTI_PRUNE_WEIGHTS;
        return SPOT_OK;
    }
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "prune: '%.*s', expected none, a fraction above 0 up to 0.95, 2:4, or "
                         "mlp:F with a fraction F above 0 up to 0.9",
                         TEXT_SHOWN, text);
}

/* |w| as a whole number of the same order. */
static uint32_t magnitude(float w)
{
    uint32_t bits = 0;

    memcpy(&bits, &w, sizeof bits);
    return bits & UINT32_C(0x7FFFFFFF);
}

static size_t count_up_to(const float *w, size_t count, uint32_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        n += magnitude(w[i]) <= most ? 1 : 0;
    }
    return n;
}

void spoti_prune_weights(float *w, size_t count, double fraction)
{
    const size_t n_zero = (size_t)round(fraction * (double)count);
    uint32_t low = 0;
    uint32_t high = UINT32_C(0x7FFFFFFF);

    /* The smallest magnitude that at least n_zero weights do not exceed. */
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (count_up_to(w, count, middle) >= n_zero) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }

    /* All below it go, and of those equal to it as many as are still due. */
    size_t equal = n_zero - (low > 0 ? count_up_to(w, count, low - 1) : 0);

    for (size_t i = 0; i < count; i++) {
        if (magnitude(w[i]) < low) {
            w[i] = 0.0F;
        } else if (magnitude(w[i]) == low && equal > 0) {
            w[i] = 0.0F;
            equal--;
        }
    }
}

/* Sets the smaller half of up to four weights to zero. */
static void prune_group(float *w, size_t size)
{
    float pruned[GROUP_OF_FOUR];

    for (size_t i = 0; i < size; i++) {
        size_t before = 0; /* weights that go before this one */

        for (size_t j = 0; j < size; j++) {
            before +=
                magnitude(w[j]) < magnitude(w[i]) || (magnitude(w[j]) == magnitude(w[i]) && j < i)
                    ? 1
                    : 0;
        }
        pruned[i] = before < size / 2 ? 0.0F : w[i];
    }
    memcpy(w, pruned, size * sizeof *w);
}

void spoti_prune_two_four(float *w, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j += GROUP_OF_FOUR) {
            prune_group(w + i * k + j, k - j < GROUP_OF_FOUR ? k - j : GROUP_OF_FOUR);
        }
    }
}

size_t spoti_prune_units_left(size_t hidden, double fraction)
{
    const size_t wanted = hidden - (size_t)round(fraction * (double)hidden);
    const size_t registers = (wanted + UNITS_MULTIPLE - 1) / UNITS_MULTIPLE;
    const size_t whole = (registers > 0 ? registers : 1) * UNITS_MULTIPLE; /* no empty layer */

    return whole < hidden ? whole : hidden;
}

/* The 2-norm of n numbers, `stride` apart. */
static double norm(const float *x, size_t n, size_t stride)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i * stride] * (double)x[i * stride];
    }
    return sqrt(sum);
}

/* Marks the `n_gone` smallest scores with infinity. */
static void choose_units(double *score, size_t hidden, size_t n_gone)
{
    for (size_t i = 0; i < n_gone; i++) {
        size_t least = 0;

        for (size_t j = 1; j < hidden; j++) {
            least = score[j] < score[least] ? j : least;
        }
        score[least] = INFINITY;
    }
}

void spoti_prune_units(float *w1, size_t k, float *w2, size_t n, size_t hidden, size_t left,
                       double *score)
{
    size_t to = 0;

    for (size_t j = 0; j < hidden; j++) {
        score[j] = norm(w1 + j * k, k, 1) * norm(w2 + j, n, hidden);
    }
    choose_units(score, hidden, hidden - left);

    /* What stays moves to the front: `to` never overtakes what is still to be read. */
    for (size_t j = 0; j < hidden; j++) {
        if (!isinf(score[j])) {
            memmove(w1 + to * k, w1 + j * k, k * sizeof *w1);
            to++;
        }
    }
    to = 0;
    for (size_t i = 0; i < n * hidden; i++) {
        if (!isinf(score[i % hidden])) {
            w2[to++] = w2[i];
        }
    }
}

/* What the walk over a policy's blocks needs; it runs twice, see nn/arena.h. */
typedef struct pruning {
    spoti_prune prune;
    spot_policy *copy; /* its layers are still the policy's until they have been pruned */
    float *scratch;    /* (n_scratch) one matrix, or the two of an MLP; NULL while measuring */
    size_t n_scratch;
    double *score; /* (n_score) one for each hidden unit */
    size_t n_score;
    bool smaller; /* an MLP loses units */
    int64_t gone; /* weights and biases of these, in one walk */
} pruning;

void spoti_prunable_load(const spoti_prunable *p, float *w)
{
    if (p->layer != NULL) {
        spoti_layer_unpack(p->layer, w);
    } else {
        memcpy(w, *p->values, p->n * p->k * sizeof *w);
    }
}

void spoti_prunable_store(const spoti_prunable *p, spoti_arena *arena, const float *w, size_t n,
                          size_t k)
{
    float *values = spoti_arena_take(arena, p->layer != NULL ? spoti_padded(n) : n, k);

    if (values == NULL || w == NULL) {
        return; /* measuring */
    }
    if (p->layer != NULL) {
        spoti_pack(w, k, n, k, values);
        p->layer->n = n;
        p->layer->k = k;
    } else {
        memcpy(values, w, n * k * sizeof *w);
    }
    *p->values = values;
}

static void need_scratch(pruning *job, size_t n)
{
    job->n_scratch = n > job->n_scratch ? n : job->n_scratch;
}

static void prune_matrix(pruning *job, const spoti_prunable *p)
{
    need_scratch(job, p->n * p->k);
    if (job->scratch != NULL) {
        spoti_prunable_load(p, job->scratch);
        if (job->prune.kind == SPOTI_PRUNE_TWO_FOUR) {
            spoti_prune_two_four(job->scratch, p->n, p->k);
        } else {
            spoti_prune_weights(job->scratch, p->n * p->k, job->prune.fraction);
        }
    }
    spoti_prunable_store(p, &job->copy->arena, job->scratch, p->n, p->k);
}

static void prune_mlp(pruning *job, const spoti_prunable *first, const spoti_prunable *second)
{
    const size_t hidden = first->n;
    const size_t left = spoti_prune_units_left(hidden, job->prune.fraction);
    float *w1 = job->scratch;
    float *w2 = NULL;

    if (left == hidden) {
        return; /* stays the policy's */
    }
    job->smaller = true;
    job->gone += (int64_t)((hidden - left) * (first->k + second->n));
    if (first->layer != NULL && first->layer->bias != NULL) {
        job->gone += (int64_t)(hidden - left);
    }
    job->n_score = hidden > job->n_score ? hidden : job->n_score;
    need_scratch(job, hidden * first->k + second->n * hidden);
    if (w1 != NULL) {
        w2 = w1 + hidden * first->k;
        spoti_prunable_load(first, w1);
        spoti_prunable_load(second, w2);
        spoti_prune_units(w1, first->k, w2, second->n, hidden, left, job->score);
    }
    spoti_prunable_store(first, &job->copy->arena, w1, left, first->k);
    spoti_prunable_store(second, &job->copy->arena, w2, second->n, left);
}

static void walk(pruning *job)
{
    spoti_prunables list;

    for (size_t i = 0; i < (size_t)job->copy->config.blocks; i++) {
        job->copy->arch->prunables(job->copy, i, &list);
        for (size_t j = 0; j < list.n; j++) {
            if (job->prune.kind != SPOTI_PRUNE_UNITS) {
                prune_matrix(job, &list.weights[j]);
            } else if (list.weights[j].hidden != NULL) {
                prune_mlp(job, &list.weights[j], &list.weights[j + 1]);
            }
        }
    }
}

/* Hidden units of the configuration; last, since sizes of matrices come from there. */
static void set_hidden(const pruning *job)
{
    spoti_prunables list;

    job->copy->arch->prunables(job->copy, 0, &list);
    for (size_t j = 0; j < list.n; j++) {
        if (job->prune.kind == SPOTI_PRUNE_UNITS && list.weights[j].hidden != NULL) {
            int *hidden = list.weights[j].hidden;

            *hidden = (int)spoti_prune_units_left((size_t)*hidden, job->prune.fraction);
        }
    }
}

static spot_status run(pruning *job, const spot_allocator *allocator, const char *text,
                       spot_diag *diag)
{
    spot_status st = SPOT_E_NOMEM;

    /* Measure, then do it. */
    walk(job);
    if (job->prune.kind == SPOTI_PRUNE_UNITS && !job->smaller) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "prune: '%.*s' leaves all hidden units, whose number stays a multiple "
                             "of %d, expected a larger fraction",
                             TEXT_SHOWN, text, UNITS_MULTIPLE);
    }
    job->scratch = spoti_alloc(allocator, job->n_scratch, sizeof *job->scratch);
    job->score = spoti_alloc(allocator, job->n_score + 1, sizeof *job->score);
    if (job->scratch != NULL && job->score != NULL &&
        spoti_arena_alloc(&job->copy->arena, allocator)) {
        job->gone = 0;
        walk(job);
        set_hidden(job);
        job->copy->info.n_params -= job->gone;
        st = SPOT_OK;
    }
    spoti_free(allocator, job->scratch, job->n_scratch * sizeof *job->scratch);
    spoti_free(allocator, job->score, (job->n_score + 1) * sizeof *job->score);
    return st;
}

spot_status spoti_pruned_create(const spot_policy *policy, const char *text,
                                const spot_allocator *allocator, spot_policy **out, spot_diag *diag)
{
    pruning job = {.copy = NULL};
    spot_status st = spoti_prune_parse(text, &job.prune, diag);

    *out = NULL;
    if (st != SPOT_OK || job.prune.kind == SPOTI_PRUNE_NONE) {
        return st;
    }
    job.copy = spoti_alloc(allocator, 1, sizeof *job.copy);
    if (job.copy == NULL) {
        return SPOT_E_NOMEM;
    }
    *job.copy = *policy;
    job.copy->allocator = allocator;
    job.copy->arena = (spoti_arena){0};
    st = run(&job, allocator, text, diag);
    if (st != SPOT_OK) {
        spoti_pruned_destroy(job.copy);
        return st;
    }
    *out = job.copy;
    return SPOT_OK;
}

void spoti_pruned_destroy(spot_policy *pruned)
{
    if (pruned == NULL) {
        return;
    }
    spoti_arena_free(&pruned->arena, pruned->allocator);
    spoti_free(pruned->allocator, pruned, sizeof *pruned);
}
