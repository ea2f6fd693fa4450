/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The tables of fp32 kernels that an Arm CPU runs, `neon` and `reference`, against double precision:
 * lengths around the SIMD widths, unaligned starts, NaN in what must not be used, marks around what
 * must not be written, ends of arrays at the end of mapped memory.
 * The exit status is 0 if all is well.
 */
#include "runtime/nn/kernels.h"

#include "check.h"

/* c = epilogue(a b + bias), and what c was. */
typedef struct problem {
    spoti_gemm g;
    const float *weights; /* (n x k) as given to spoti_pack */
    const float *gate;    /* (n), whether the product reads it or not */
    const float *before;
    size_t c_size;
} problem;

static problem make_problem(rooms *r, size_t m, size_t n, size_t k)
{
    unsigned seed = (unsigned)(m + 31 * n + 977 * k);
    problem p = {.g = {.m = m, .n = n, .k = k, .lda = k + 3, .ldb = SPOTI_PANEL, .ldc = n + 5}};
    float *b = NULL;
    float *before = NULL;

    r->n_used = 0;
    p.c_size = m > 0 ? (m - 1) * p.g.ldc + n : 0;
    p.g.panel_stride = SPOTI_PANEL * k;
    p.g.a = drawn_rows(r, m, k, p.g.lda, NAN, &seed);
    p.g.c = drawn_rows(r, m, n, p.g.ldc, MARK, &seed);
    p.weights = drawn(r, n * k, &seed);
    p.gate = drawn(r, n, &seed);
    p.g.bias = drawn(r, n, &seed);
    b = room(r, spoti_padded(n) * k, sizeof *b);
    spoti_pack(p.weights, k, n, k, b);
    /* what pads the last panel must not matter */
    for (size_t j = n; j < spoti_padded(n); j++) {
        for (size_t i = 0; i < k; i++) {
            b[j / SPOTI_PANEL * SPOTI_PANEL * k + i * SPOTI_PANEL + j % SPOTI_PANEL] = NAN;
        }
    }
    p.g.b = b;
    before = room(r, p.c_size, sizeof *before);
    memcpy(before, p.g.c, p.c_size * sizeof *before);
    p.before = before;
    return p;
}

static void check_element(tally *t, const char *name, const problem *p, size_t at)
{
    const spoti_gemm *g = &p->g;
    const size_t i = at / g->ldc;
    const size_t j = at % g->ldc;
    double y = g->bias != NULL ? (double)g->bias[j] : 0.0;
    double size = fabs(y) + 1.0;

    for (size_t l = 0; l < g->k; l++) {
        const double term = (double)g->a[i * g->lda + l] * (double)p->weights[j * g->k + l];

        y += term;
        size += fabs(term);
    }
    y = epilogue_of(g->epilogue, y, (double)p->gate[j], (double)p->before[at]);
    expect(t, is_close((double)g->c[at], y, DEVIATIONS * sqrt((double)g->k + 4.0) * EPS * size),
           "%s gemm %zu x %zu x %zu epilogue %d (%zu, %zu): %.9g, expected %.9g", name, g->m, g->n,
           g->k, (int)g->epilogue, i, j, (double)g->c[at], y);
}

static void check_gemm_with(tally *t, const spoti_kernels *kernels, problem *p,
                            spoti_epilogue epilogue, bool bias)
{
    p->g.epilogue = epilogue;
    p->g.bias = bias ? p->g.bias : NULL;
    p->g.gate = epilogue == SPOTI_EPILOGUE_RESIDUAL ? p->gate : NULL;
    kernels->gemm(&p->g);
    for (size_t i = 0; i < p->c_size; i++) {
        if (i % p->g.ldc < p->g.n) {
            check_element(t, kernels->name, p, i);
        } else {
            expect(t, p->g.c[i] == MARK, "%s gemm writes between rows", kernels->name);
        }
    }
}

static void check_gemm(tally *t, rooms *r, const spoti_kernels *kernels, const size_t size[3])
{
    for (int e = SPOTI_EPILOGUE_STORE; e <= SPOTI_EPILOGUE_ADD; e++) {
        for (int bias = 0; bias < 2; bias++) {
            problem p = make_problem(r, size[0], size[1], size[2]);

            check_gemm_with(t, kernels, &p, (spoti_epilogue)e, bias != 0);
        }
    }
}

static void check_products(tally *t, rooms *r, const spoti_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_gemm(t, r, kernels, (size_t[]){9, LENGTHS[i], 17});
        check_gemm(t, r, kernels, (size_t[]){3, 33, LENGTHS[i]});
        check_gemm(t, r, kernels, (size_t[]){LENGTHS[i], 9, 5});
    }
}

/* b as an activation: rows of 3 panels, not packed. */
static void check_unpacked(tally *t, rooms *r, const spoti_kernels *kernels)
{
    enum { M = 11, N = 75, K = 6, LD = 96 };
    unsigned seed = 3;
    float *a = NULL;
    float *b = NULL;
    float c[M * N];

    r->n_used = 0;
    a = drawn(r, M * K, &seed);
    b = drawn(r, K * LD, &seed);
    for (size_t i = 0; i < K * LD; i++) {
        b[i] = i % LD < N ? b[i] : NAN;
    }
    kernels->gemm(&(spoti_gemm){.m = M,
                                .n = N,
                                .k = K,
                                .a = a,
                                .lda = K,
                                .b = b,
                                .ldb = LD,
                                .panel_stride = SPOTI_PANEL,
                                .c = c,
                                .ldc = N});
    for (size_t i = 0; i < (size_t)M * N; i++) {
        double want = 0.0;

        for (size_t k = 0; k < K; k++) {
            want += (double)a[i / N * K + k] * (double)b[k * LD + i % N];
        }
        expect(t, is_close((double)c[i], want, K * K * EPS), "%s gemm, b not packed: %.9g, %.9g",
               kernels->name, (double)c[i], want);
    }
}

/* Products with k = 1 and a weight of 1 show the activation alone, in every lane. */
static float activation_of(const spoti_kernels *kernels, spoti_epilogue e, float x)
{
    enum { N = 7 };
    float b[SPOTI_PANEL] = {1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F};
    float c[N];

    kernels->gemm(&(spoti_gemm){.m = 1,
                                .n = N,
                                .k = 1,
                                .a = &x,
                                .lda = 1,
                                .b = b,
                                .ldb = SPOTI_PANEL,
                                .panel_stride = SPOTI_PANEL,
                                .epilogue = e,
                                .c = c,
                                .ldc = N});
    for (size_t i = 1; i < N; i++) {
        if (!same_bytes(&c[i], &c[0], sizeof c[0])) {
            return MARK;
        }
    }
    return c[0];
}

static void check_activations(tally *t, rooms *r, const spoti_kernels *kernels)
{
    static const float far[] = {-0.0F, 1e-40F, -1e-7F, 20.0F, 1e4F, 1e30F, -1e4F, -3e38F};

    (void)r;
    for (int i = -13000; i <= 13000; i++) {
        const float x = (float)i * 1e-3F;
        const double gelu = epilogue_of(SPOTI_EPILOGUE_GELU, (double)x, 0.0, 0.0);
        const double silu = epilogue_of(SPOTI_EPILOGUE_SILU, (double)x, 0.0, 0.0);
        const double got_gelu = (double)activation_of(kernels, SPOTI_EPILOGUE_GELU, x);
        const double got_silu = (double)activation_of(kernels, SPOTI_EPILOGUE_SILU, x);

        /* a few roundings of the result, and of 1 + tanh times x/2 where that cancels */
        expect(t, is_close(got_gelu, gelu, (5.0 * fabs((double)x) + 4.0 * fabs(gelu)) * EPS),
               "%s gelu(%g): %.9g, expected %.9g", kernels->name, (double)x, got_gelu, gelu);
        /* a few roundings, of the result and of what the exponential rounds away of its argument */
        expect(t, is_close(got_silu, silu, (6.0 + fabs((double)x)) * fabs(silu) * EPS),
               "%s silu(%g): %.9g, expected %.9g", kernels->name, (double)x, got_silu, silu);
    }
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        const double x = (double)far[i];
        const double want = epilogue_of(SPOTI_EPILOGUE_GELU, x, 0.0, 0.0);
        const double got = (double)activation_of(kernels, SPOTI_EPILOGUE_GELU, far[i]);

        expect(t, is_close(got, want, 4.0 * EPS * fabs(want)), "%s gelu(%g): %.9g, expected %.9g",
               kernels->name, x, got, want);
    }
    expect(t, isnan(activation_of(kernels, SPOTI_EPILOGUE_GELU, NAN)) != 0, "gelu(NaN)");
    expect(t, isnan(activation_of(kernels, SPOTI_EPILOGUE_SILU, NAN)) != 0, "silu(NaN)");
    expect(t, activation_of(kernels, SPOTI_EPILOGUE_SILU, -1e4F) == 0.0F, "silu(-1e4)");
}

static void check_norm_at(tally *t, rooms *r, const spoti_kernels *kernels, size_t n, float centre)
{
    enum { M = 3 };
    const size_t ld = n + 2;
    const float eps = 1e-6F;
    unsigned seed = (unsigned)n;
    float *x = NULL;
    float *y = NULL;
    const float *gain = NULL;
    const float *shift = NULL;

    r->n_used = 0;
    x = drawn_rows(r, M, n, ld, NAN, &seed);
    y = drawn_rows(r, M, n, ld, MARK, &seed);
    gain = drawn(r, n, &seed);
    shift = drawn(r, n, &seed);
    for (size_t i = 0; i < (M - 1) * ld + n; i++) {
        x[i] += centre;
    }
    kernels->norm_modulate(&(spoti_norm){M, n, x, ld, gain, shift, eps, y, ld});
    for (size_t i = 0; i < M; i++) {
        double mean = 0.0;
        double variance = 0.0;

        for (size_t j = 0; j < n; j++) {
            mean += (double)x[i * ld + j] / (double)n;
        }
        for (size_t j = 0; j < n; j++) {
            variance += pow((double)x[i * ld + j] - mean, 2.0) / (double)n;
        }
        for (size_t j = 0; j < n; j++) {
            const double sigma = sqrt(variance + (double)eps);
            const double z = ((double)x[i * ld + j] - mean) / sigma;
            const double want = z * (double)gain[j] + (double)shift[j];
            /* the mean of numbers of size centre + 1 carries a few of their roundings into z */
            const double error = 8.0 * EPS * ((fabs((double)centre) + 1.0) / sigma + fabs(z) + 1.0);

            expect(t, is_close((double)y[i * ld + j], want, error),
                   "%s norm of %zu around %g: %.9g, expected %.9g", kernels->name, n,
                   (double)centre, (double)y[i * ld + j], want);
        }
        for (size_t j = n; j < ld && i + 1 < M; j++) {
            expect(t, y[i * ld + j] == MARK, "%s norm writes between rows", kernels->name);
        }
    }
}

static void check_norms(tally *t, rooms *r, const spoti_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_norm_at(t, r, kernels, LENGTHS[i], 0.0F);
        check_norm_at(t, r, kernels, LENGTHS[i], 100.0F);
    }
}

/* A row has the same bytes alone and among others, whatever tile it falls into. */
static void check_alone(tally *t, rooms *r, const spoti_kernels *kernels)
{
    enum { M = 11, N = 40, K = 33 };
    problem p = make_problem(r, M, N, K);
    float alone[N];

    p.g.epilogue = SPOTI_EPILOGUE_GELU;
    kernels->gemm(&p.g);
    for (size_t i = 0; i < M; i++) {
        spoti_gemm one = p.g;

        one.m = 1;
        one.a = p.g.a + i * p.g.lda;
        one.c = alone;
        kernels->gemm(&one);
        expect(t, same_bytes(alone, p.g.c + i * p.g.ldc, sizeof alone), "%s row %zu alone",
               kernels->name, i);
    }
}

static void check_softmax_at(tally *t, rooms *r, const spoti_kernels *kernels, size_t n, float size,
                             bool with_bias)
{
    enum { M = 3 };
    const size_t ld = n + 2;
    const float factor = 0.25F;
    unsigned seed = (unsigned)n;
    float *x = NULL;
    float *before = NULL;
    float *bias = NULL;

    r->n_used = 0;
    x = drawn_rows(r, M, n, ld, MARK, &seed);
    bias = drawn(r, n, &seed);
    before = room(r, (M - 1) * ld + n, sizeof *before);
    for (size_t i = 0; i < (M - 1) * ld + n; i++) {
        x[i] *= i % ld < n ? size / factor : 1.0F;
        before[i] = x[i];
    }
    kernels->softmax(&(spoti_softmax){M, n, x, ld, factor, with_bias ? bias : NULL});
    for (size_t i = 0; i < M; i++) {
        double most = -INFINITY;
        double sum = 0.0;

        for (size_t j = 0; j < n; j++) {
            const double b = with_bias ? (double)bias[j] : 0.0;
            const double score = (double)before[i * ld + j] * (double)factor + b;

            most = score > most ? score : most; /* gcc 12 fails to compile fmax here */
        }
        for (size_t j = 0; j < n; j++) {
            const double b = with_bias ? (double)bias[j] : 0.0;

            sum += exp((double)before[i * ld + j] * (double)factor + b - most);
        }
        for (size_t j = 0; j < n; j++) {
            const double b = with_bias ? (double)bias[j] : 0.0;
            const double want = exp((double)before[i * ld + j] * (double)factor + b - most) / sum;
            /* derived in tests/runtime/nn/test_softmax.c */
            const double error = EPS * (2.0 * (6.0 * ((double)size + 1.0) + 4.0) + (double)n + 4.0);

            expect(t, is_close((double)x[i * ld + j], want, error * want + 0x1p-125),
                   "%s softmax of %zu: %.9g, expected %.9g", kernels->name, n,
                   (double)x[i * ld + j], want);
        }
        for (size_t j = n; j < ld && i + 1 < M; j++) {
            expect(t, x[i * ld + j] == MARK, "%s softmax writes between rows", kernels->name);
        }
    }
}

static void check_softmax(tally *t, rooms *r, const spoti_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        for (int bias = 0; bias < 2; bias++) {
            check_softmax_at(t, r, kernels, LENGTHS[i], 1.0F, bias != 0);
            check_softmax_at(t, r, kernels, LENGTHS[i], 1000.0F, bias != 0);
        }
    }
}

int main(void)
{
    static const char *const names[] = {"reference", "neon"};
    static void (*const checks[])(tally *, rooms *, const spoti_kernels *) = {
        check_products, check_unpacked, check_activations, check_norms, check_softmax, check_alone};
    const spoti_kernels *best = spoti_kernels_find(NULL);
    tally t = {0};
    rooms r;

    rooms_make(&r);
    expect(&t, strcmp(best->name, "neon") == 0, "the best table is %s, expected neon", best->name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const spoti_kernels *kernels = spoti_kernels_find(names[i]);

        expect(&t, kernels != NULL && strcmp(kernels->name, names[i]) == 0, "no table %s",
               names[i]);
        for (size_t j = 0; kernels != NULL && j < sizeof checks / sizeof checks[0]; j++) {
            checks[j](&t, &r, kernels);
        }
    }
    return verdict(&t);
}
