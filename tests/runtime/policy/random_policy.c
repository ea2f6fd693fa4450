/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Random policies for tests, see the header. */
#include "runtime/policy/random_policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "support/spot_test.h"

enum { NAME_SIZE = RANDOM_NAME_SIZE };

struct random_policy {
    random_policy_sizes s;
    random_tensors w;
};

const random_policy_sizes random_policy_full = {40, 5, 16, 256, 64, 512, 4, 256};
const random_policy_sizes random_policy_small = {3, 2, 5, 19, 7, 23, 2, 10};

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
    p->w.seed = seed;
    const random_policy_sizes *s = &p->s;
    const int n[] = {s->token_hidden, s->horizon,      s->channel_hidden,
                     s->channels,     3 * s->channels, 3 * s->channels};
    const int k[] = {s->horizon,        s->token_hidden, s->channels,
                     s->channel_hidden, s->time_dim,     s->time_dim};

    random_tensors_add_linear(&p->w, "in_proj", 1, s->channels, s->action + s->obs, 1.0F);
    for (int i = 0; i < s->blocks; i++) {
        for (int j = 0; j < 6; j++) {
            char name[NAME_SIZE];

            (void)spoti_format(name, sizeof name, "blocks.%d.%s", i, parts[j].name);
            random_tensors_add_linear(&p->w, name, parts[j].bias, n[j], k[j], 1.0F);
        }
    }
    random_tensors_add_common(&p->w, s->obs, s->action, s->horizon, s->channels, s->time_dim);
    return p;
}

void random_policy_destroy(random_policy *policy)
{
    random_tensors_free(&policy->w);
    free(policy);
}

void random_policy_write(const random_policy *policy, const char *dir)
{
    const random_policy_sizes *s = &policy->s;
    char text[2048];

    (void)snprintf(
        text, sizeof text,
        "{\"type\": \"flow_mixer\", \"format_version\": 1, \"task\": \"random\",\n"
        "\"input_features\": {\"observation.state\": {\"type\": \"STATE\", \"shape\": [%d]}},\n"
        "\"output_features\": {\"action\": {\"type\": \"ACTION\", \"shape\": [%d]}},\n"
        "\"horizon\": %d, \"n_action_steps\": 1, \"num_inference_steps\": 10,\n"
        "\"channels\": %d, \"token_hidden\": %d, \"channel_hidden\": %d, \"blocks\": %d,\n"
        "\"time_dim\": %d, \"time_period_min\": 0.004, \"time_period_max\": 4.0}\n",
        s->obs, s->action, s->horizon, s->channels, s->token_hidden, s->channel_hidden, s->blocks,
        s->time_dim);
    random_tensors_write(&policy->w, text, dir);
}

/* One MLP from `in` (k) to `out` (k). */
static void mlp(const random_policy *p, const char *name, int k, int hidden, const double *in,
                double *out)
{
    char full[NAME_SIZE];
    double *mid = malloc((size_t)hidden * sizeof *mid);

    assert_non_null(mid);
    (void)spoti_format(full, sizeof full, "%s.fc1", name);
    random_linear(&p->w, full, 0, hidden, k, in, mid);
    for (int i = 0; i < hidden; i++) {
        mid[i] = random_gelu(mid[i]);
    }
    (void)spoti_format(full, sizeof full, "%s.fc2", name);
    random_linear(&p->w, full, 0, k, hidden, mid, out);
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
    random_linear(&p->w, name, 1, 3 * c, p->s.time_dim, time, mod);
    for (int i = 0; i < t; i++) {
        random_modulate(c, h + i * c, mod, y + i * c);
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
    random_linear(&p->w, name, 1, 3 * c, p->s.time_dim, time, mod);
    (void)spoti_format(name, sizeof name, "blocks.%d.channel_mlp", index);
    for (int i = 0; i < t; i++) {
        random_modulate(c, h + i * c, mod, y);
        mlp(p, name, c, p->s.channel_hidden, y, y + c);
        for (int j = 0; j < c; j++) {
            h[i * c + j] += mod[2 * c + j] * y[c + j];
        }
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

    random_embed_time(&p->w, s->time_dim, (double)((float)k / (float)steps), time, mod);
    for (int i = 0; i < s->horizon; i++) {
        memcpy(y, x + i * s->action, (size_t)s->action * sizeof *y);
        memcpy(y + s->action, obs, (size_t)s->obs * sizeof *y);
        random_linear(&p->w, "in_proj", 1, s->channels, s->action + s->obs, y, h + i * s->channels);
    }
    for (int i = 0; i < s->blocks; i++) {
        block(p, i, time, h, y, mod);
    }
    random_linear(&p->w, "final_adaln", 1, 2 * s->channels, s->time_dim, time, mod);
    for (int i = 0; i < s->horizon; i++) {
        random_modulate(s->channels, h + i * s->channels, mod, y);
        random_linear(&p->w, "out_proj", 1, s->action, s->channels, y, y + s->channels);
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
        normal[i] =
            ((double)obs[i] - (double)random_tensors_get(&policy->w, "normalize.obs.mean")[i]) /
            (double)random_tensors_get(&policy->w, "normalize.obs.std")[i];
    }
    for (int i = 0; i < size; i++) {
        chunk[i] = (double)noise[i];
    }
    for (int k = 0; k < steps; k++) {
        step(policy, k, steps, normal, chunk, scratch);
    }
    for (int i = 0; i < size; i++) {
        chunk[i] = chunk[i] * (double)random_tensors_get(&policy->w, "unnormalize.action.std")[i] +
                   (double)random_tensors_get(&policy->w, "unnormalize.action.mean")[i];
    }
    free(buffer);
}
