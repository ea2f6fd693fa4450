/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Random policies for tests, see the header. */
#include "runtime/policy/random_policy.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "support/spot_test.h"

enum { TENSORS_MAX = 128, NAME_SIZE = 64 };

typedef struct tensor {
    char name[NAME_SIZE];
    int rows, columns; /* rows 0 = one dimension */
    float *x;
} tensor;

struct random_policy {
    random_policy_sizes s;
    tensor tensors[TENSORS_MAX];
    int n_tensor;
    unsigned seed;
};

const random_policy_sizes random_policy_full = {40, 5, 16, 256, 64, 512, 4, 256};
const random_policy_sizes random_policy_small = {3, 2, 5, 19, 7, 23, 2, 10};

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

static int count(const tensor *t)
{
    return (t->rows > 0 ? t->rows : 1) * t->columns;
}

/* Adds a tensor of centre + spread * uniform(-1, 1). */
static void add(random_policy *p, const char *name, int rows, int columns, float centre,
                float spread)
{
    tensor *t = &p->tensors[p->n_tensor];

    assert_in_range(p->n_tensor, 0, TENSORS_MAX - 1);
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

/* A layer whose output has about the size of its input. */
static void add_linear(random_policy *p, const char *name, int bias, int n, int k, float size)
{
    char full[NAME_SIZE];

    (void)spoti_format(full, sizeof full, "%s.weight", name);
    add(p, full, n, k, 0.0F, size * sqrtf(3.0F / (float)k));
    if (bias) {
        (void)spoti_format(full, sizeof full, "%s.bias", name);
        add(p, full, 0, n, 0.0F, 0.3F);
    }
}

random_policy *random_policy_create(const random_policy_sizes *sizes, unsigned seed)
{
    static const struct {
        const char *name;
        int bias;
    } parts[] = {{"token_mlp.fc1", 0},   {"token_mlp.fc2", 0}, {"channel_mlp.fc1", 0},
                 {"channel_mlp.fc2", 0}, {"adaln_token", 1},   {"adaln_channel", 1}};
    random_policy *p = calloc(1, sizeof *p);

    assert_non_null(p);
    p->s = *sizes;
    p->seed = seed;
    const random_policy_sizes *s = &p->s;
    const int n[] = {s->token_hidden, s->horizon,      s->channel_hidden,
                     s->channels,     3 * s->channels, 3 * s->channels};
    const int k[] = {s->horizon,        s->token_hidden, s->channels,
                     s->channel_hidden, s->time_dim,     s->time_dim};

    add_linear(p, "in_proj", 1, s->channels, s->action + s->obs, 1.0F);
    add_linear(p, "time_fc1", 1, s->time_dim, s->time_dim, 1.0F);
    add_linear(p, "time_fc2", 1, s->time_dim, s->time_dim, 1.0F);
    for (int i = 0; i < s->blocks; i++) {
        for (int j = 0; j < 6; j++) {
            char name[NAME_SIZE];

            (void)spoti_format(name, sizeof name, "blocks.%d.%s", i, parts[j].name);
            add_linear(p, name, parts[j].bias, n[j], k[j], 1.0F);
        }
    }
    add_linear(p, "final_adaln", 1, 2 * s->channels, s->time_dim, 0.5F);
    add_linear(p, "out_proj", 1, s->action, s->channels, 1.0F);
    add(p, "normalize.obs.mean", 0, s->obs, 0.0F, 1.0F);
    add(p, "normalize.obs.std", 0, s->obs, 1.0F, 0.5F);
    add(p, "unnormalize.action.mean", s->horizon, s->action, 0.0F, 1.0F);
    add(p, "unnormalize.action.std", s->horizon, s->action, 1.0F, 0.5F);
    return p;
}

void random_policy_destroy(random_policy *policy)
{
    for (int i = 0; i < policy->n_tensor; i++) {
        free(policy->tensors[i].x);
    }
    free(policy);
}

static void write_config(const random_policy_sizes *s, const char *dir)
{
    char path[1024];
    char text[2048];
    const int n = snprintf(
        text, sizeof text,
        "{\"type\": \"flow_mixer\", \"format_version\": 1, \"task\": \"random\",\n"
        "\"input_features\": {\"observation.state\": {\"type\": \"STATE\", \"shape\": [%d]}},\n"
        "\"output_features\": {\"action\": {\"type\": \"ACTION\", \"shape\": [%d]}},\n"
        "\"horizon\": %d, \"n_action_steps\": 1, \"num_inference_steps\": 10,\n"
        "\"channels\": %d, \"token_hidden\": %d, \"channel_hidden\": %d, \"blocks\": %d,\n"
        "\"time_dim\": %d, \"time_period_min\": 0.004, \"time_period_max\": 4.0}\n",
        s->obs, s->action, s->horizon, s->channels, s->token_hidden, s->channel_hidden, s->blocks,
        s->time_dim);

    (void)spoti_format(path, sizeof path, "%s/config.json", dir);
    spot_test_write_file(path, text, (size_t)n);
}

void random_policy_write(const random_policy *policy, const char *dir)
{
    char path[1024];
    char *header = calloc(TENSORS_MAX, 256);
    size_t length = 0;
    size_t offset = 0;
    FILE *file = NULL;

    (void)mkdir(dir, 0777);
    write_config(&policy->s, dir);
    assert_non_null(header);
    for (int i = 0; i < policy->n_tensor; i++) {
        const tensor *t = &policy->tensors[i];
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
    for (int i = 0; i < policy->n_tensor; i++) {
        const size_t n = (size_t)count(&policy->tensors[i]);

        assert_int_equal(fwrite(policy->tensors[i].x, sizeof(float), n, file), n);
    }
    assert_int_equal(fclose(file), 0);
    free(header);
}

static const float *get(const random_policy *p, const char *name)
{
    for (int i = 0; i < p->n_tensor; i++) {
        if (strcmp(p->tensors[i].name, name) == 0) {
            return p->tensors[i].x;
        }
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

/* out (n) = W in + b */
static void linear(const random_policy *p, const char *name, int bias, int n, int k,
                   const double *in, double *out)
{
    char full[NAME_SIZE];

    (void)spoti_format(full, sizeof full, "%s.weight", name);
    const float *w = get(p, full);
    const float *b = NULL;

    if (bias) {
        (void)spoti_format(full, sizeof full, "%s.bias", name);
        b = get(p, full);
    }
    for (int i = 0; i < n; i++) {
        out[i] = b != NULL ? (double)b[i] : 0.0;
        for (int j = 0; j < k; j++) {
            out[i] += (double)w[(size_t)i * (size_t)k + (size_t)j] * in[j];
        }
    }
}

static double gelu(double x)
{
    return 0.5 * x * (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

/* y (n) = LayerNorm(x) (1 + scale) + shift */
static void modulate(int n, const double *x, const double *mod, double *y)
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

/* One MLP from `in` (k) to `out` (k). */
static void mlp(const random_policy *p, const char *name, int k, int hidden, const double *in,
                double *out)
{
    char full[NAME_SIZE];
    double *mid = malloc((size_t)hidden * sizeof *mid);

    assert_non_null(mid);
    (void)spoti_format(full, sizeof full, "%s.fc1", name);
    linear(p, full, 0, hidden, k, in, mid);
    for (int i = 0; i < hidden; i++) {
        mid[i] = gelu(mid[i]);
    }
    (void)spoti_format(full, sizeof full, "%s.fc2", name);
    linear(p, full, 0, k, hidden, mid, out);
    free(mid);
}

/* The two residual branches of block `index` on h (T x C); y and mod are scratch. */
static void block(const random_policy *p, int index, const double *time, double *h, double *y,
                  double *mod)
{
    const int t = p->s.horizon;
    const int c = p->s.channels;
    char name[NAME_SIZE];
    double in[64];
    double out[64];

    assert_in_range(t, 1, 64);
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln_token", index);
    linear(p, name, 1, 3 * c, p->s.time_dim, time, mod);
    for (int i = 0; i < t; i++) {
        modulate(c, h + i * c, mod, y + i * c);
    }
    (void)spoti_format(name, sizeof name, "blocks.%d.token_mlp", index);
    for (int j = 0; j < c; j++) {
        for (int i = 0; i < t; i++) {
            in[i] = y[i * c + j];
        }
        mlp(p, name, t, p->s.token_hidden, in, out);
        for (int i = 0; i < t; i++) {
            h[i * c + j] += mod[2 * c + j] * out[i];
        }
    }
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln_channel", index);
    linear(p, name, 1, 3 * c, p->s.time_dim, time, mod);
    (void)spoti_format(name, sizeof name, "blocks.%d.channel_mlp", index);
    for (int i = 0; i < t; i++) {
        modulate(c, h + i * c, mod, y);
        mlp(p, name, c, p->s.channel_hidden, y, y + c);
        for (int j = 0; j < c; j++) {
            h[i * c + j] += mod[2 * c + j] * y[c + j];
        }
    }
}

/* time (time_dim): the embedding of step k of `steps`; tmp is scratch. */
static void embed_time(const random_policy *p, double t, double *time, double *tmp)
{
    const int n = p->s.time_dim;

    for (int i = 0; i < n / 2; i++) {
        const double period = 4e-3 * pow(4.0 / 4e-3, i / (n / 2 - 1.0));

        tmp[i] = sin(2.0 * 3.14159265358979323846 * t / period);
        tmp[n / 2 + i] = cos(2.0 * 3.14159265358979323846 * t / period);
    }
    linear(p, "time_fc1", 1, n, n, tmp, time);
    for (int i = 0; i < n; i++) {
        tmp[i] = time[i] / (1.0 + exp(-time[i]));
    }
    linear(p, "time_fc2", 1, n, n, tmp, time);
    for (int i = 0; i < n; i++) {
        time[i] = time[i] / (1.0 + exp(-time[i]));
    }
}

/* x (T x A) += velocity / steps; scratch holds four arrays of doubles. */
static void step(const random_policy *p, int k, int steps, const double *obs, double *x,
                 double *const scratch[4])
{
    const random_policy_sizes *s = &p->s;
    double *time = scratch[0];
    double *h = scratch[1];
    double *y = scratch[2];
    double *mod = scratch[3];

    embed_time(p, (double)((float)k / (float)steps), time, mod);
    for (int i = 0; i < s->horizon; i++) {
        memcpy(y, x + i * s->action, (size_t)s->action * sizeof *y);
        memcpy(y + s->action, obs, (size_t)s->obs * sizeof *y);
        linear(p, "in_proj", 1, s->channels, s->action + s->obs, y, h + i * s->channels);
    }
    for (int i = 0; i < s->blocks; i++) {
        block(p, i, time, h, y, mod);
    }
    linear(p, "final_adaln", 1, 2 * s->channels, s->time_dim, time, mod);
    for (int i = 0; i < s->horizon; i++) {
        modulate(s->channels, h + i * s->channels, mod, y);
        linear(p, "out_proj", 1, s->action, s->channels, y, y + s->channels);
        for (int j = 0; j < s->action; j++) {
            x[i * s->action + j] += y[s->channels + j] / steps;
        }
    }
}

void random_policy_eval(const random_policy *policy, int steps, const float *obs,
                        const float *noise, double *chunk)
{
    const random_policy_sizes *s = &policy->s;
    const int size = s->horizon * s->action;
    const size_t room =
        (size_t)(s->horizon + 3) * (size_t)(s->channels + s->obs + s->action + s->time_dim);
    double *buffer = calloc(5 * room, sizeof *buffer);
    double *const scratch[4] = {buffer, buffer + room, buffer + 2 * room, buffer + 3 * room};
    double *normal = buffer + 4 * room;

    assert_non_null(buffer);
    for (int i = 0; i < s->obs; i++) {
        normal[i] = ((double)obs[i] - (double)get(policy, "normalize.obs.mean")[i]) /
                    (double)get(policy, "normalize.obs.std")[i];
    }
    for (int i = 0; i < size; i++) {
        chunk[i] = (double)noise[i];
    }
    for (int k = 0; k < steps; k++) {
        step(policy, k, steps, normal, chunk, scratch);
    }
    for (int i = 0; i < size; i++) {
        chunk[i] = chunk[i] * (double)get(policy, "unnormalize.action.std")[i] +
                   (double)get(policy, "unnormalize.action.mean")[i];
    }
    free(buffer);
}
