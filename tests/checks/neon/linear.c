/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers on an Arm CPU: the table `neon` against the scalar `reference`, bit for bit where
 * integers are made; sums of integers of both against exact ones; results of both against double
 * precision, on the numbers as they were rounded. Odd sizes, unaligned starts, odd values.
 *
 *     linear [dotprod | plain]     what the CPU has: with `dotprod` the table `neon` must be chosen,
 *                                  with `plain` it must not be found; neither: as it is
 */
#include "runtime/nn/linear.h"

#include "check.h"

static const size_t GROUPS[] = {32, 64, 128};
enum { N_GROUPS = 3, N_PRECISION = 4, GAP = 3 };

/* A filled layer with tokens; c starts as `before`. */
typedef struct fixture {
    const spoti_linear_kernels *kernels;
    size_t m, n, k, ldx, ldc;
    spoti_linear layer;
    spoti_arena arena;
    float *w, *x, *c; /* (n x k), (m x ldx), (m x ldc) */
    const float *bias, *gate;
    float *before; /* as c */
    size_t c_size;
    void *workspace;
    spoti_rows rows; /* of the last run */
} fixture;

/* Everything from -1 .. 1, gaps between rows NaN (x) and marks (c). The layer is placed, not filled. */
static fixture make(rooms *r, const spoti_linear_kernels *kernels,
                    const spoti_linear_config *config, size_t m)
{
    unsigned seed = (unsigned)(m + 31 * config->n + 977 * config->k);
    fixture f = {.kernels = kernels,
                 .m = m,
                 .n = config->n,
                 .k = config->k,
                 .ldx = config->k + GAP,
                 .ldc = config->n + GAP};

    if (spoti_linear_init(&f.layer, config, NULL) != SPOT_OK) {
        (void)puts("a layer cannot be made");
        exit(EXIT_FAILURE);
    }
    spoti_linear_place(&f.layer, &f.arena);
    if (!spoti_arena_alloc(&f.arena, NULL)) {
        (void)puts("no memory");
        exit(EXIT_FAILURE);
    }
    spoti_linear_place(&f.layer, &f.arena);
    r->n_used = 0;
    f.c_size = m > 0 ? (m - 1) * f.ldc + f.n : 0;
    f.w = drawn(r, f.n * f.k, &seed);
    f.x = drawn_rows(r, m, f.k, f.ldx, NAN, &seed);
    f.c = drawn_rows(r, m, f.n, f.ldc, MARK, &seed);
    f.bias = drawn(r, f.n, &seed);
    f.gate = drawn(r, f.n, &seed);
    f.before = room(r, f.c_size, sizeof *f.before);
    memcpy(f.before, f.c, f.c_size * sizeof *f.before);
    f.workspace = room(r, spoti_rows_bytes(&f.layer, m, true), 1);
    return f;
}

/* Fills the layer, makes rows of the tokens and computes c. */
static void run(tally *t, fixture *f, spoti_epilogue epilogue)
{
    const spoti_rows_input input = {.m = f->m, .x = f->x, .ldx = f->ldx};
    const spoti_linear_output output = {
        epilogue, epilogue == SPOTI_EPILOGUE_RESIDUAL ? f->gate : NULL, f->c, f->ldc};

    expect(t, spoti_linear_fill(&f->layer, "layer", f->w, f->k, f->bias, NULL) == SPOT_OK, "fill");
    spoti_rows_make(f->kernels, &f->layer, &input, f->workspace, &f->rows);
    spoti_linear_apply(f->kernels, &f->layer, &f->rows, &output);
    for (size_t i = 0; i < f->c_size; i++) {
        expect(t, i % f->ldc < f->n || f->c[i] == MARK, "%s writes between rows", f->kernels->name);
    }
}

static void discard(fixture *f)
{
    spoti_arena_free(&f->arena, NULL);
}

/* Integers */

static void check_quantise(tally *t, rooms *r, const spoti_linear_kernels *kernels,
                           const spoti_grouping *grouping, const float *x)
{
    const size_t k = grouping->group * grouping->n_group;
    const size_t n = grouping->n_group * grouping->step;
    const spoti_linear_kernels *reference = spoti_linear_kernels_reference();
    int8_t *q = room(r, k, 1);
    int8_t *want_q = room(r, k, 1);
    float *scale = drawn(r, 2 * n, &(unsigned){1});
    int32_t *start = room(r, 2 * n, sizeof *start);

    memset(start, 0, 2 * n * sizeof *start);
    memcpy(scale + n, scale, n * sizeof *scale);
    kernels->quantise(x, grouping, q, scale, start);
    reference->quantise(x, grouping, want_q, scale + n, start + n);
    expect(t, same_bytes(q, want_q, k), "%s quantise %zu x %zu: integers differ", kernels->name,
           grouping->n_group, grouping->group);
    expect(t, same_bytes(scale, scale + n, n * sizeof *scale), "%s: scales differ", kernels->name);
    expect(t, same_bytes(start, start + n, n * sizeof *start), "%s: starts differ", kernels->name);
}

/* Tokens of many magnitudes, with ties, and with one odd value among them. */
static void check_tokens(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    static const float odd[] = {0.0F,      -0.0F,     1e-40F,   0x1p-110F, 0x1.fp-111F,
                                3.402e38F, -INFINITY, INFINITY, NAN};
    enum { N_ODD = sizeof odd / sizeof odd[0], N_MAGNITUDE = 3 };
    static const float magnitudes[N_MAGNITUDE] = {1.0F, 0x1p-100F, 0x1p100F};

    for (size_t i = 0; i < N_LENGTH * (N_ODD + 1) * N_MAGNITUDE; i++) {
        const size_t length = LENGTHS[i % N_LENGTH];
        const size_t i_odd = i / N_LENGTH % (N_ODD + 1);
        const float magnitude = magnitudes[i / N_LENGTH / (N_ODD + 1)];

        for (size_t four = 0; four < 2; four++) {
            const spoti_grouping grouping = {length, four ? 3 : 1, four ? 2 : 1, four ? 7 : 127,
                                             false};
            const size_t k = length * grouping.n_group;
            unsigned seed = (unsigned)i;
            float *x = NULL;

            r->n_used = 0;
            x = drawn(r, k, &seed);
            for (size_t j = 0; j < k; j++) {
                /* every third is an odd number of half steps: a tie if the largest is 1 */
                x[j] = j % 3 == 2 ? (truncf(x[j] * 6.0F) + 0.5F) / (float)grouping.qmax : x[j];
                x[j] *= magnitude;
            }
            if (k > 0 && i_odd < N_ODD) {
                x[k / 2] = odd[i_odd];
            } else if (k > 0) {
                x[0] = magnitude;
            }
            check_quantise(t, r, kernels, &grouping, x);
        }
    }
}

static void check_bf16(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    static const float odd[] = {1.0F + 0x1p-8F, 1.0F + 0x3p-8F, -1.0F - 0x1p-8F - 0x1p-20F,
                                3.4028e38F,     INFINITY,       NAN,
                                0x1p-133F,      -0.0F};
    enum { N_ODD = sizeof odd / sizeof odd[0] };

    for (size_t i = 0; i < N_LENGTH; i++) {
        const size_t k = LENGTHS[i];
        unsigned seed = (unsigned)i;
        float *x = NULL;
        uint16_t *got = NULL;
        uint16_t *want = NULL;

        r->n_used = 0;
        x = drawn(r, k, &seed);
        got = room(r, k, sizeof *got);
        want = room(r, k, sizeof *want);
        for (size_t j = 0; j < k; j++) {
            x[j] = j % 2 == 0 ? odd[j / 2 % N_ODD] : x[j];
        }
        kernels->round_bf16(x, k, got);
        spoti_linear_kernels_reference()->round_bf16(x, k, want);
        expect(t, same_bytes(got, want, k * sizeof *got), "%s bf16 of %zu numbers", kernels->name,
               k);
    }
}

/* Integers -qmax .. qmax, the first of each group being one of the ends: the scale is exactly 1. */
static void round_all(float *v, size_t k, size_t group, float qmax)
{
    for (size_t i = 0; i < k; i++) {
        v[i] = i % group == 0 ? copysignf(qmax, v[i]) : rintf(qmax * v[i]);
    }
}

/* With scales of 1 and no bias, c is the sum of products: exact below 2^24 = 1040 * 127^2. */
static void check_sums_at(tally *t, rooms *r, const spoti_linear_kernels *kernels, size_t group,
                          const size_t size[3])
{
    const spoti_precision precision = group != 0 ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8;
    const spoti_linear_config config = {precision, size[1], size[2], group, false};
    const float qmax = group != 0 ? 7.0F : 127.0F;
    fixture f = make(r, kernels, &config, size[0]);
    const size_t period = group != 0 ? group : f.k + 1;

    for (size_t j = 0; j < f.n; j++) {
        round_all(f.w + j * f.k, f.k, period, qmax);
    }
    for (size_t i = 0; i < f.m; i++) {
        round_all(f.x + i * f.ldx, f.k, period, qmax);
    }
    run(t, &f, SPOTI_EPILOGUE_STORE);
    for (size_t i = 0; i < f.m * f.n; i++) {
        const size_t i_token = i / f.n;
        const size_t j = i % f.n;
        int64_t sum = 0;

        for (size_t l = 0; l < f.k; l++) {
            sum += (int64_t)f.x[i_token * f.ldx + l] * (int64_t)f.w[j * f.k + l];
        }
        expect(t, f.c[i_token * f.ldc + j] == (float)sum,
               "%s %s %zu x %zu x %zu (%zu, %zu): %.9g, exactly %lld", kernels->name,
               spoti_precision_name(precision), f.m, f.n, f.k, i_token, j,
               (double)f.c[i_token * f.ldc + j], (long long)sum);
    }
    discard(&f);
}

static void check_sums(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_sums_at(t, r, kernels, 0, (size_t[]){9, LENGTHS[i], 17});
        check_sums_at(t, r, kernels, 0, (size_t[]){5, 33, LENGTHS[i]});
        for (size_t g = 0; g < N_GROUPS; g++) {
            const size_t group = GROUPS[g];

            check_sums_at(t, r, kernels, group, (size_t[]){3, LENGTHS[i], 2 * group});
            check_sums_at(t, r, kernels, group, (size_t[]){2, 9, i * group});
        }
    }
    for (size_t m = 0; m <= 9; m++) {
        check_sums_at(t, r, kernels, 0, (size_t[]){m, 35, 19});
        check_sums_at(t, r, kernels, 32, (size_t[]){m, 35, 96});
    }
}

/* The longest layer, with every product at its largest and of one sign. */
static void check_longest(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    enum { N = 3, K = SPOTI_LINEAR_MAX_K };

    for (int four = 0; four < 2; four++) {
        const spoti_linear_config config = {four ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8, N,
                                            K, four ? 128 : 0, false};
        const float qmax = four ? 7.0F : 127.0F;
        fixture f = make(r, kernels, &config, 1);

        for (size_t i = 0; i < (size_t)N * K; i++) {
            f.w[i] = i / K % 2 == 0 ? qmax : -qmax;
        }
        for (size_t i = 0; i < K; i++) {
            f.x[i] = qmax;
        }
        run(t, &f, SPOTI_EPILOGUE_STORE);
        for (size_t j = 0; j < N; j++) {
            /* 2^16 qmax^2 has few bits: exact in fp32 */
            const float want = (j % 2 == 0 ? qmax : -qmax) * qmax * (float)K;

            expect(t, f.c[j] == want, "%s longest sum: %.9g, exactly %.9g", kernels->name,
                   (double)f.c[j], (double)want);
        }
        discard(&f);
    }
}

/* Results */

/* Number l of token i as the layer reads it. */
static double token_value(const fixture *f, size_t i, size_t l)
{
    const spoti_rows *rows = &f->rows;
    const unsigned char *row = (const unsigned char *)rows->values + i * rows->stride;

    if (rows->precision == SPOTI_PRECISION_FP32) {
        return (double)f->x[i * f->ldx + l];
    }
    if (rows->precision == SPOTI_PRECISION_BF16) {
        const uint32_t bits = (uint32_t)((const uint16_t *)(const void *)row)[l] << 16;
        float value = 0.0F;

        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    return (double)((const int8_t *)row)[l] * (double)rows->scale[l / rows->group * rows->m + i];
}

static void check_result(tally *t, rooms *r, const spoti_linear_kernels *kernels,
                         const spoti_linear_config *config, size_t m, spoti_epilogue epilogue)
{
    fixture f = make(r, kernels, config, m);
    /* integers: three roundings of each group's sum, and one to add it */
    const double roundings = config->precision >= SPOTI_PRECISION_W8A8
                                 ? 4.0 + (double)f.layer.n_group
                                 : DEVIATIONS * sqrt((double)config->k + 4.0);

    run(t, &f, epilogue);
    for (size_t at = 0; at < f.c_size; at++) {
        const size_t j = at % f.ldc;
        double y = config->has_bias && j < f.n ? (double)f.bias[j] : 0.0;
        double size = fabs(y) + 1.0;

        if (j >= f.n) {
            continue;
        }
        for (size_t l = 0; l < f.k; l++) {
            const double term =
                (double)spoti_linear_weight(&f.layer, j, l) * token_value(&f, at / f.ldc, l);

            y += term;
            size += fabs(term);
        }
        y = epilogue_of(epilogue, y, (double)f.gate[j], (double)f.before[at]);
        expect(t, is_close((double)f.c[at], y, EPS * (roundings * size + 8.0 * fabs(y))),
               "%s %s %zu x %zu x %zu epilogue %d (%zu, %zu): %.9g, expected %.9g", kernels->name,
               spoti_precision_name(config->precision), m, f.n, f.k, (int)epilogue, at / f.ldc, j,
               (double)f.c[at], y);
    }
    discard(&f);
}

static void check_results(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    for (int p = 0; p < N_PRECISION; p++) {
        const spoti_precision precision = (spoti_precision)p;
        const size_t group = precision == SPOTI_PRECISION_W4A4 ? 32 : 0;

        for (int e = SPOTI_EPILOGUE_STORE; e <= SPOTI_EPILOGUE_ADD; e++) {
            for (size_t i = 0; i < N_LENGTH; i++) {
                const size_t k = group != 0 ? 32 * (i % 5) : LENGTHS[i];
                const spoti_linear_config by_k = {precision, 33, k, group, i % 2 == 0};
                const spoti_linear_config by_n = {precision, LENGTHS[i], 64, group, i % 2 == 1};

                check_result(t, r, kernels, &by_k, 5, (spoti_epilogue)e);
                check_result(t, r, kernels, &by_n, 3, (spoti_epilogue)e);
            }
            for (size_t m = 0; m <= 9; m++) {
                const spoti_linear_config config = {precision, 35, 64, group, true};

                check_result(t, r, kernels, &config, m, (spoti_epilogue)e);
            }
        }
    }
}

/* A token has the same bytes alone and among others, whatever tile it falls into. */
static void check_alone(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    enum { M = 11, N = 40, K = 64 };

    for (int p = 0; p < N_PRECISION; p++) {
        const spoti_linear_config config = {(spoti_precision)p, N, K, 0, true};
        fixture f = make(r, kernels, &config, M);

        run(t, &f, SPOTI_EPILOGUE_GELU);
        memcpy(f.before, f.c, f.c_size * sizeof *f.c);
        f.m = 1;
        f.c_size = N;
        for (size_t i = 0; i < M; i++, f.x += f.ldx) {
            run(t, &f, SPOTI_EPILOGUE_GELU);
            expect(t, same_bytes(f.c, f.before + i * f.ldc, N * sizeof *f.c),
                   "%s %s: token %zu alone", kernels->name, spoti_precision_name(config.precision),
                   i);
        }
        discard(&f);
    }
}

/* NaN and infinity spoil their own token only; tokens too small to count leave the bias. */
static void check_odd_values(tally *t, rooms *r, const spoti_linear_kernels *kernels)
{
    enum { M = 5, N = 21, K = 128, AT = 70 };

    for (int four = 0; four < 2; four++) {
        const spoti_linear_config config = {four ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8, N,
                                            K, four ? 32 : 0, true};
        fixture f = make(r, kernels, &config, M);

        for (size_t i = 0; i < K; i++) {
            f.x[0 * f.ldx + i] = -0.0F;
            f.x[1 * f.ldx + i] = i % 2 ? 1e-40F : 0.0F;
        }
        f.x[2 * f.ldx + AT] = NAN;
        f.x[3 * f.ldx + AT] = -INFINITY;
        run(t, &f, SPOTI_EPILOGUE_STORE);
        for (size_t j = 0; j < N; j++) {
            const float *c = f.c + j;

            expect(t, c[0] == f.bias[j] && c[f.ldc] == f.bias[j], "%s: zeros", kernels->name);
            expect(t, isnan(c[2 * f.ldc]) && isnan(c[3 * f.ldc]), "%s: no NaN", kernels->name);
            expect(t, isfinite(c[4 * f.ldc]), "%s: a neighbour spoilt", kernels->name);
        }
        discard(&f);
    }
}

/* Which tables this CPU must have, and that the best is complete. */
static void check_choice(tally *t, const char *kind)
{
    spoti_linear_kernels best = {0};
    spoti_linear_kernels neon = {0};
    const bool has_neon = spoti_linear_kernels_find("neon", &neon);

    expect(t, spoti_linear_kernels_find(NULL, &best), "no kernels at all");
    expect(t, strcmp(best.name, has_neon ? "neon" : "reference") == 0, "%s was chosen", best.name);
    expect(t, strcmp(best.fp32->name, "neon") == 0, "fp32 by %s", best.fp32->name);
    expect(t, !has_neon || neon.fp32 == best.fp32, "the table neon does fp32 by another table");
    expect(t, strcmp(kind, "dotprod") != 0 || has_neon,
           "neon not found on a CPU with dot products");
    expect(t, strcmp(kind, "plain") != 0 || !has_neon, "neon found on a CPU without dot products");
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"reference", "neon", NULL}; /* NULL: the best */
    static void (*const checks[])(tally *, rooms *, const spoti_linear_kernels *) = {
        check_tokens,  check_bf16,  check_sums,      check_longest,
        check_results, check_alone, check_odd_values};
    tally t = {0};
    rooms r;

    rooms_make(&r);
    check_choice(&t, argc > 1 ? argv[1] : "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        spoti_linear_kernels kernels;

        if (!spoti_linear_kernels_find(names[i], &kernels)) {
            (void)printf("this CPU lacks %s\n", names[i]);
            continue;
        }
        for (size_t j = 0; j < sizeof checks / sizeof checks[0]; j++) {
            checks[j](&t, &r, &kernels);
        }
    }
    return verdict(&t);
}
