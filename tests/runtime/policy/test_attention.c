/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Attention: known answers, and scores that overflow a careless softmax. */
#include "runtime/nn/tables.h"
#include "runtime/policy/attention.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/spot_test.h"

/* Two heads of 2 in rows of 4, padded to a panel; a row follows the values. */
enum { M = 3, N = 5, C = 4, HEADS = 2, LD = SPOTI_PANEL };

/* Weights of float32 add up to 1 within N roundings. */
static const double TOLERANCE = 1e-6;

typedef struct tensors {
    float q[M * LD], k[N * LD], keys[C * LD], v[(N + 1) * LD], y[M * LD], scores[M * N];
} tensors;

/* Biases in rows of N + 2, or NULL. */
static void compute_with(tensors *t, const spoti_kernels *kernels, const float *bias)
{
    const spoti_attention a = {.m = M,
                               .n = N,
                               .heads = HEADS,
                               .c = C,
                               .q = t->q,
                               .keys = t->keys,
                               .ld_keys = LD,
                               .v = t->v,
                               .y = t->y,
                               .ld = LD,
                               .bias = bias,
                               .ld_bias = N + 2,
                               .scores = t->scores};

    spoti_attention_keys(t->k, LD, N, C, t->keys, LD);
    spoti_attention_compute(&a, kernels);
}

static void compute(tensors *t, const spoti_kernels *kernels)
{
    compute_with(t, kernels, NULL);
}

/* v_j of column i is 10 j + i. */
static void fill_values(tensors *t)
{
    *t = (tensors){.q = {0}};
    for (int j = 0; j < N; j++) {
        for (int i = 0; i < C; i++) {
            t->v[j * LD + i] = (float)(10 * j + i);
        }
    }
}

static void equal_scores_give_the_mean_of_the_values(void **state)
{
    (void)state;
    for (size_t table = 0; table < N_TABLE; table++) {
        const spoti_kernels *kernels = spoti_kernels_find(TABLES[table]);
        tensors t;

        if (kernels == NULL) {
            continue;
        }
        fill_values(&t); /* q and k are 0 */
        compute(&t, kernels);
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < C; j++) {
                assert_close((double)t.y[i * LD + j], 20.0 + j, 0.0, TOLERANCE);
            }
        }
    }
}

/* Head 0 of query i looks for key i, head 1 for key N - 1; scores reach 1e4 and -1e4, where exp
 * without the shift would be infinite, and 0/0 without the largest score in the sum. */
static void huge_scores_pick_one_value(void **state)
{
    (void)state;
    for (size_t table = 0; table < N_TABLE; table++) {
        const spoti_kernels *kernels = spoti_kernels_find(TABLES[table]);
        tensors t;

        if (kernels == NULL) {
            continue;
        }
        fill_values(&t);
        for (int j = 0; j < N; j++) {
            t.k[j * LD] = (float)cos(j);
            t.k[j * LD + 1] = (float)sin(j);
            t.k[j * LD + 2] = (float)j;
        }
        for (int i = 0; i < M; i++) {
            t.q[i * LD] = (float)(1e4 * cos(i));
            t.q[i * LD + 1] = (float)(1e4 * sin(i));
            t.q[i * LD + 2] = i == 1 ? -1e4F : 1e4F;
        }
        compute(&t, kernels);
        for (int i = 0; i < M; i++) {
            const int last = i == 1 ? 0 : N - 1;

            /* what is far below has a weight of at most 2^-125 (spoti_softmax), and there are N of values up to 100 */
            assert_close((double)t.y[i * LD], 10.0 * i, N * 100.0 * 0x1p-125, 0.0);
            assert_close((double)t.y[i * LD + 1], 10.0 * i + 1.0, 0.0, 0.0);
            assert_close((double)t.y[i * LD + 2], 10.0 * last + 2.0, 0.0, 0.0);
            assert_close((double)t.y[i * LD + 3], 10.0 * last + 3.0, 0.0, 0.0);
        }
    }
}

/* With scores ln(j + 1) the weights are (j + 1) / 15; the factor 1/sqrt(2) is in q. */
static void weights_follow_the_exponential(void **state)
{
    double want = 0.0;
    tensors t;

    (void)state;
    fill_values(&t);
    for (int j = 0; j < N; j++) {
        t.k[j * LD] = (float)(log(j + 1.0) * sqrt(2.0));
        want += 10.0 * j * (j + 1.0) / 15.0;
    }
    for (int i = 0; i < M; i++) {
        t.q[i * LD] = 1.0F;
    }
    compute(&t, spoti_kernels_find(NULL));
    for (int i = 0; i < M; i++) {
        assert_close((double)t.y[i * LD], want, 0.0, TOLERANCE);
    }
}

/* The same weights from biases alone, in opposite order in the two heads. */
static void biases_add_to_the_scores_of_each_head(void **state)
{
    (void)state;
    for (size_t table = 0; table < N_TABLE; table++) {
        const spoti_kernels *kernels = spoti_kernels_find(TABLES[table]);
        float bias[HEADS * (N + 2)];
        double want[HEADS] = {0.0};
        tensors t;

        if (kernels == NULL) {
            continue;
        }
        fill_values(&t); /* q and k are 0 */
        for (int j = 0; j < N; j++) {
            bias[j] = (float)log(j + 1.0);
            bias[N + 2 + j] = (float)(log(N - j) - 50.0); /* a constant for all changes nothing */
            want[0] += 10.0 * j * (j + 1.0) / 15.0;
            want[1] += 10.0 * j * (N - j) / 15.0;
        }
        compute_with(&t, kernels, bias);
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < C; j++) {
                /* 50 is kept to 50 * 2^-24. */
                assert_close((double)t.y[i * LD + j], want[j / 2] + j, 0.0, 4.0 * TOLERANCE);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_scores_give_the_mean_of_the_values),
        cmocka_unit_test(huge_scores_pick_one_value),
        cmocka_unit_test(weights_follow_the_exponential),
        cmocka_unit_test(biases_add_to_the_scores_of_each_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
