/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Random weights for tests, see the header. */
#include "runtime/policy/random_tensors.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "support/spot_test.h"

/* A linear congruential generator (Knuth's MMIX constants), upper bits. */
static float draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (float)((double)(*state >> 40) / (double)(1 << 23) - 1.0);
}

void random_fill(unsigned seed, float *out, int n)
{
    uint64_t state = seed + UINT64_C(88172645463325252);

    for (int i = 0; i < n; i++) {
        out[i] = draw(&state);
    }
}

static int count(const random_tensor *t)
{
    return (t->rows > 0 ? t->rows : 1) * t->columns;
}

void random_tensors_add(random_tensors *p, const char *name, int rows, int columns, float centre,
                        float spread)
{
    random_tensor *t = &p->tensors[p->n_tensor];

    assert_in_range(p->n_tensor, 0, RANDOM_TENSORS_MAX - 1);
    (void)spoti_format(t->name, sizeof t->name, "%s", name);
    t->rows = rows;
    t->columns = columns;
    t->x = malloc((size_t)count(t) * sizeof *t->x);
    assert_non_null(t->x);
    random_fill(p->seed + 977U * (unsigned)p->n_tensor, t->x, count(t));
    for (int i = 0; i < count(t); i++) {
        t->x[i] = centre + spread * t->x[i];
    }
    p->n_tensor++;
}

void random_tensors_add_linear(random_tensors *p, const char *name, int bias, int n, int k,
                               float size)
{
    char full[RANDOM_NAME_SIZE];

    (void)spoti_format(full, sizeof full, "%s.weight", name);
    random_tensors_add(p, full, n, k, 0.0F, size * sqrtf(3.0F / (float)k));
    if (bias) {
        (void)spoti_format(full, sizeof full, "%s.bias", name);
        random_tensors_add(p, full, 0, n, 0.0F, 0.3F);
    }
}

void random_tensors_add_common(random_tensors *p, int obs, int action, int horizon, int channels,
                               int time_dim)
{
    random_tensors_add_linear(p, "time_fc1", 1, time_dim, time_dim, 1.0F);
    random_tensors_add_linear(p, "time_fc2", 1, time_dim, time_dim, 1.0F);
    random_tensors_add_linear(p, "final_adaln", 1, 2 * channels, time_dim, 0.5F);
    random_tensors_add_linear(p, "out_proj", 1, action, channels, 1.0F);
    random_tensors_add(p, "normalize.obs.mean", 0, obs, 0.0F, 1.0F);
    random_tensors_add(p, "normalize.obs.std", 0, obs, 1.0F, 0.5F);
    random_tensors_add(p, "unnormalize.action.mean", horizon, action, 0.0F, 1.0F);
    random_tensors_add(p, "unnormalize.action.std", horizon, action, 1.0F, 0.5F);
}

void random_tensors_free(random_tensors *p)
{
    for (int i = 0; i < p->n_tensor; i++) {
        free(p->tensors[i].x);
    }
    p->n_tensor = 0;
}

void random_tensors_write(const random_tensors *p, const char *config, const char *dir)
{
    char path[1024];
    char *header = calloc(RANDOM_TENSORS_MAX, 256);
    size_t length = 0;
    size_t offset = 0;
    FILE *file = NULL;

    (void)mkdir(dir, 0777);
    (void)spoti_format(path, sizeof path, "%s/config.json", dir);
    spot_test_write_file(path, config, strlen(config));
    assert_non_null(header);
    for (int i = 0; i < p->n_tensor; i++) {
        const random_tensor *t = &p->tensors[i];
        const size_t bytes = (size_t)count(t) * sizeof(float);
        char shape[64];

        (void)spoti_format(shape, sizeof shape, t->rows > 0 ? "%d,%d" : "%d",
                           t->rows > 0 ? t->rows : t->columns, t->columns);
        length += (size_t)sprintf(
            header + length,
            "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
            i == 0 ? '{' : ',', t->name, shape, offset, offset + bytes);
        offset += bytes;
    }
    header[length++] = '}';

    (void)spoti_format(path, sizeof path, "%s/model.safetensors", dir);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 8; i++) {
        (void)fputc((int)(length >> (8 * i) & 0xFFU), file);
    }
    assert_int_equal(fwrite(header, 1, length, file), length);
    /* The tests run on little-endian machines, as the format is. */
    for (int i = 0; i < p->n_tensor; i++) {
        const size_t n = (size_t)count(&p->tensors[i]);

        assert_int_equal(fwrite(p->tensors[i].x, sizeof(float), n, file), n);
    }
    assert_int_equal(fclose(file), 0);
    free(header);
}

const float *random_tensors_get(const random_tensors *p, const char *name)
{
    for (int i = 0; i < p->n_tensor; i++) {
        if (strcmp(p->tensors[i].name, name) == 0) {
            return p->tensors[i].x;
        }
    }
    fail_msg("no tensor %s", name);
    return p->tensors[0].x;
}

void random_linear(const random_tensors *p, const char *name, int bias, int n, int k,
                   const double *in, double *out)
{
    char full[RANDOM_NAME_SIZE];

    (void)spoti_format(full, sizeof full, "%s.weight", name);
    const float *w = random_tensors_get(p, full);
    const float *b = NULL;

    if (bias) {
        (void)spoti_format(full, sizeof full, "%s.bias", name);
        b = random_tensors_get(p, full);
    }
    if (w == NULL) {
        return; /* never: get fails the test; this tells clang-tidy */
    }
    for (int i = 0; i < n; i++) {
        out[i] = b != NULL ? (double)b[i] : 0.0;
        for (int j = 0; j < k; j++) {
            out[i] += (double)w[(size_t)i * (size_t)k + (size_t)j] * in[j];
        }
    }
}

double random_gelu(double x)
{
    return 0.5 * x * (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

void random_modulate(int n, const double *x, const double *mod, double *y)
{
    double mean = 0.0;
    double variance = 0.0;

    for (int i = 0; i < n; i++) {
        mean += x[i] / n;
    }
    for (int i = 0; i < n; i++) {
        variance += (x[i] - mean) * (x[i] - mean) / n;
    }
    for (int i = 0; i < n; i++) {
        y[i] = (x[i] - mean) / sqrt(variance + 1e-6) * (1.0 + mod[i]) + mod[n + i];
    }
}

void random_embed_time(const random_tensors *p, int n, double t, double *time, double *tmp)
{
    const int half = n / 2;

    for (int i = 0; i < half; i++) {
        const double period = 4e-3 * pow(4.0 / 4e-3, i / (half - 1.0));

        tmp[i] = sin(2.0 * 3.14159265358979323846 * t / period);
        tmp[half + i] = cos(2.0 * 3.14159265358979323846 * t / period);
    }
    random_linear(p, "time_fc1", 1, n, n, tmp, time);
    for (int i = 0; i < n; i++) {
        tmp[i] = time[i] / (1.0 + exp(-time[i]));
    }
    random_linear(p, "time_fc2", 1, n, n, tmp, time);
    for (int i = 0; i < n; i++) {
        time[i] = time[i] / (1.0 + exp(-time[i]));
    }
}
