/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Random transformer policies for tests, see the header. */
#include "runtime/policy/random_dit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "support/spot_test.h"

enum { NAME_SIZE = RANDOM_NAME_SIZE, KEYS_MAX = 2056, BLOCKS_MAX = 8, N_SITE = 10, GROUP = 64 };
enum { PAST_MAX = 1200 }; /* actions of an episode */

static const double PI = 3.14159265358979323846;

struct random_dit {
    random_dit_sizes s;
    random_tensors w;
    int bits[BLOCKS_MAX][N_SITE]; /* by SITES; 0 = 32 */
    int n_past, window[2];        /* frames, commands */
    float *past[2];               /* (PAST_MAX x obs), (PAST_MAX x action); the oldest first */
};

const random_dit_sizes random_dit_full = {
    14, 5, 16, 256, 4, 768, 6, 64, {3, 2, 1, 3, 2, 3, 0}, "flow", "velocity", 0, 0};
const random_dit_sizes random_dit_small = {5,  2,         7,      38,         2, 29, 4,
                                           10, {4, 1, 0}, "flow", "velocity", 0, 0};

const random_dit_sizes random_dit_even = {5,  2,         7,      64,         2, 128, 4,
                                          10, {4, 1, 0}, "flow", "velocity", 0, 0};

/* Observation tokens. */
static int n_token(const random_dit *p)
{
    int n = 1;

    while (p->s.groups[n - 1] > 0) {
        n++;
    }
    return n;
}

static const struct {
    const char *name;
    int wide_in, wide_out; /* mlp_hidden instead of width */
} SITES[] = {{"sa.q", 0, 0}, {"sa.k", 0, 0}, {"sa.v", 0, 0},   {"sa.out", 0, 0}, {"ca.q", 0, 0},
             {"ca.k", 0, 0}, {"ca.v", 0, 0}, {"ca.out", 0, 0}, {"mlp.l1", 0, 1}, {"mlp.l2", 1, 0}};

static double *array(int n)
{
    double *x = calloc((size_t)n, sizeof *x);

    assert_non_null(x);
    return x;
}

/* The tensors of a history, and room for it. */
static void add_history(random_dit *p)
{
    const random_dit_sizes *s = &p->s;
    const int sizes[] = {s->obs, s->action};
    const int most[] = {s->frames, s->commands};

    random_tensors_add_linear(&p->w, "frame_fc1", 1, s->width, s->obs, 1.0F);
    random_tensors_add_linear(&p->w, "frame_fc2", 1, s->width, s->width, 1.0F);
    random_tensors_add_linear(&p->w, "command_fc1", 1, s->width, s->action, 1.0F);
    random_tensors_add_linear(&p->w, "command_fc2", 1, s->width, s->width, 1.0F);
    for (int i = 0; i < s->blocks; i++) {
        char name[NAME_SIZE];

        (void)spoti_format(name, sizeof name, "blocks.%d.history_bias", i);
        random_tensors_add(&p->w, name, s->heads, s->frames + s->commands, 0.0F, 2.0F);
    }
    random_tensors_add(&p->w, "normalize.command.mean", 0, s->action, 0.0F, 1.0F);
    random_tensors_add(&p->w, "normalize.command.std", 0, s->action, 1.0F, 0.5F);
    for (int kind = 0; kind < 2; kind++) {
        p->past[kind] = calloc((size_t)PAST_MAX * (size_t)sizes[kind], sizeof *p->past[kind]);
        assert_non_null(p->past[kind]);
        p->window[kind] = most[kind];
    }
}

random_tensors *random_dit_tensors(random_dit *policy)
{
    return &policy->w;
}

void random_dit_remember(random_dit *policy, const float *obs, const float *command)
{
    const size_t d = (size_t)policy->s.obs;
    const size_t a = (size_t)policy->s.action;
    const size_t n = (size_t)policy->n_past;

    assert_in_range(n, 0, PAST_MAX - 1);
    memcpy(policy->past[0] + n * d, obs, d * sizeof *obs);
    memcpy(policy->past[1] + n * a, command, a * sizeof *command);
    policy->n_past++;
}

void random_dit_forget(random_dit *policy)
{
    policy->n_past = 0;
}

void random_dit_set_window(random_dit *policy, int frames, int commands)
{
    policy->window[0] = frames;
    policy->window[1] = commands;
}

random_dit *random_dit_create(const random_dit_sizes *sizes, unsigned seed)
{
    random_dit *p = calloc(1, sizeof *p);

    assert_non_null(p);
    p->s = *sizes;
    p->w.seed = seed;
    const random_dit_sizes *s = &p->s;

    random_tensors_add(&p->w, "obs_fc1.weight", s->width, 2 * s->obs, 0.0F, 1.0F);
    random_tensors_add(&p->w, "obs_bias", n_token(p), s->width, 0.0F, 0.5F);
    random_tensors_add_linear(&p->w, "obs_fc2", 1, s->width, s->width, 1.0F);
    random_tensors_add_linear(&p->w, "in_x", 0, s->width, s->action, 1.0F);
    random_tensors_add(&p->w, "position", s->horizon, s->width, 0.0F, 1.0F);
    for (int i = 0; i < s->blocks; i++) {
        char name[NAME_SIZE];

        for (size_t j = 0; j < sizeof SITES / sizeof SITES[0]; j++) {
            (void)spoti_format(name, sizeof name, "blocks.%d.%s", i, SITES[j].name);
            /* Scores of size 3, so that the softmax is far from uniform. */
            random_tensors_add_linear(&p->w, name, 0, SITES[j].wide_out ? s->mlp_hidden : s->width,
                                      SITES[j].wide_in ? s->mlp_hidden : s->width,
                                      strstr(SITES[j].name, ".q") != NULL ? 3.0F : 1.0F);
        }
        (void)spoti_format(name, sizeof name, "blocks.%d.adaln", i);
        random_tensors_add_linear(&p->w, name, 1, 9 * s->width, s->time_dim, 1.0F);
    }
    if (s->frames > 0) {
        add_history(p);
    }
    random_tensors_add_common(&p->w, s->obs, s->action, s->horizon, s->width, s->time_dim);
    return p;
}

void random_dit_destroy(random_dit *policy)
{
    random_tensors_free(&policy->w);
    free(policy->past[0]);
    free(policy->past[1]);
    free(policy);
}

void random_dit_write(const random_dit *policy, const char *dir)
{
    const random_dit_sizes *s = &policy->s;
    char groups[128] = "";
    char history[64] = "";
    char text[2048];

    for (int i = 0; s->groups[i] > 0; i++) {
        const size_t used = strlen(groups);

        (void)snprintf(groups + used, sizeof groups - used, "%s%d", i > 0 ? ", " : "",
                       s->groups[i]);
    }
    if (s->frames > 0) {
        (void)snprintf(history, sizeof history,
                       ",\n\"history\": {\"frames\": %d, \"commands\": %d}", s->frames,
                       s->commands);
    }
    (void)snprintf(
        text, sizeof text,
        "{\"type\": \"dit\", \"format_version\": 1, \"task\": \"random\",\n"
        "\"input_features\": {\"observation.state\": {\"type\": \"STATE\", \"shape\": [%d]}},\n"
        "\"output_features\": {\"action\": {\"type\": \"ACTION\", \"shape\": [%d]}},\n"
        "\"horizon\": %d, \"n_action_steps\": 1, \"num_inference_steps\": 10,\n"
        "\"width\": %d, \"heads\": %d, \"mlp_hidden\": %d, \"blocks\": %d, \"time_dim\": %d,\n"
        "\"time_period_min\": 0.004, \"time_period_max\": 4.0, \"obs_groups\": [%s],\n"
        "\"sampler\": \"%s\", \"prediction\": \"%s\"%s}\n",
        s->obs, s->action, s->horizon, s->width, s->heads, s->mlp_hidden, s->blocks, s->time_dim,
        groups, s->sampler, s->prediction, history);
    random_tensors_write(&policy->w, text, dir);
}

/* tokens (n_token x C) of a normalised observation */
static void observe(const random_dit *p, const double *obs, double *tokens)
{
    const int c = p->s.width;
    const int d = p->s.obs;
    const float *w = random_tensors_get(&p->w, "obs_fc1.weight");
    const float *b = random_tensors_get(&p->w, "obs_bias");
    double *e = array(3 * c); /* the last 2 C: no modulation */

    for (int g = 0, first = 0; g < n_token(p); g++) {
        const int size = g == 0 ? d : p->s.groups[g - 1];

        for (int i = 0; i < c; i++) {
            double sum = (double)b[g * c + i];

            for (int j = 0; j < size; j++) {
                sum += (double)w[i * 2 * d + first + j] * obs[(first + j) % d];
            }
            e[i] = random_gelu(sum);
        }
        random_linear(&p->w, "obs_fc2", 1, c, c, e, tokens + g * c);
        random_modulate(c, tokens + g * c, e + c, tokens + g * c);
        first += size;
    }
    free(e);
}

/* Past tokens of a kind that are read. */
static int n_read(const random_dit *p, int kind)
{
    return p->n_past < p->window[kind] ? p->n_past : p->window[kind];
}

/* tokens (n_read of both kinds x C), each kind from its newest on */
static void observe_past(const random_dit *p, double *tokens)
{
    static const char *const layers[][2] = {{"frame_fc1", "frame_fc2"},
                                            {"command_fc1", "command_fc2"}};
    static const char *const stats[][2] = {{"normalize.obs.mean", "normalize.obs.std"},
                                           {"normalize.command.mean", "normalize.command.std"}};
    const int sizes[] = {p->s.obs, p->s.action};
    const int c = p->s.width;
    double *e = array(3 * c); /* the last 2 C: no modulation */
    double *x = array(p->s.obs + p->s.action);

    for (int kind = 0; kind < 2; kind++) {
        for (int age = 0; age < n_read(p, kind); age++) {
            const float *row = p->past[kind] + (p->n_past - 1 - age) * sizes[kind];

            for (int i = 0; i < sizes[kind]; i++) {
                x[i] = ((double)row[i] - (double)random_tensors_get(&p->w, stats[kind][0])[i]) /
                       (double)random_tensors_get(&p->w, stats[kind][1])[i];
            }
            random_linear(&p->w, layers[kind][0], 1, c, sizes[kind], x, e);
            for (int i = 0; i < c; i++) {
                e[i] = random_gelu(e[i]);
            }
            random_linear(&p->w, layers[kind][1], 1, c, c, e, tokens);
            random_modulate(c, tokens, e + c, tokens);
            tokens += c;
        }
    }
    free(x);
    free(e);
}

/* What is added to the score of token j of a block's cross-attention in head h. */
static double past_bias(const random_dit *p, int block, int h, int j)
{
    const int frames = n_read(p, 0);
    char name[NAME_SIZE];

    j -= n_token(p);
    if (j < 0) {
        return 0.0;
    }
    (void)spoti_format(name, sizeof name, "blocks.%d.history_bias", block);
    j = j < frames ? j : p->s.frames + j - frames;
    return (double)random_tensors_get(&p->w, name)[h * (p->s.frames + p->s.commands) + j];
}

/* One token's attention over n keys and values: y (C). Block -1: no biases. */
static void attend(const random_dit *p, int block, const double *q, int n, const double *k,
                   const double *v, double *y)
{
    const int c = p->s.width;
    const int d = c / p->s.heads;
    double weight[KEYS_MAX];

    assert_in_range(n, 1, KEYS_MAX);
    for (int h = 0; h < c; h += d) {
        double sum = 0.0;

        for (int j = 0; j < n; j++) {
            double score = 0.0;

            for (int i = h; i < h + d; i++) {
                score += q[i] * k[j * c + i] / sqrt((double)d);
            }
            score += block >= 0 ? past_bias(p, block, h / d, j) : 0.0;
            weight[j] = exp(score);
            sum += weight[j];
        }
        for (int i = h; i < h + d; i++) {
            y[i] = 0.0;
            for (int j = 0; j < n; j++) {
                y[i] += weight[j] / sum * v[j * c + i];
            }
        }
    }
}

static int site_index(const char *site)
{
    int i = 0;

    while (strcmp(SITES[i].name, site) != 0) {
        i++;
        assert_in_range(i, 0, N_SITE - 1);
    }
    return i;
}

void random_dit_set_bits(random_dit *policy, int block, const char *site, int bits)
{
    assert_in_range(block, 0, BLOCKS_MAX - 1);
    policy->bits[block][site_index(site)] = bits;
}

/* out (n) = v (n) as integers of `bits` bits that share scales in groups, times their scales; for 16
 * bits as bfloat16, which has 8 significant ones. */
static void round_to_bits(const double *v, int n, int bits, double *out)
{
    const int group = bits == 4 ? GROUP : n;
    const double qmax = bits == 4 ? 7.0 : 127.0;

    for (int first = 0; first < n; first += group) {
        double largest = 0.0;

        for (int i = first; i < first + group; i++) {
            largest = fmax(largest, fabs(v[i]));
        }
        for (int i = first; i < first + group; i++) {
            int exponent = 0;

            if (bits == 16) {
                const double part = frexp(v[i], &exponent);

                out[i] = ldexp(nearbyint(part * 256.0) / 256.0, exponent);
            } else {
                out[i] = largest > 0.0 ? nearbyint(v[i] / (largest / qmax)) * largest / qmax : 0.0;
            }
        }
    }
}

static void site(const random_dit *p, int block, const char *what, int n, int k, const double *in,
                 double *out)
{
    const int bits = p->bits[block][site_index(what)];
    char name[NAME_SIZE];

    (void)spoti_format(name, sizeof name, "blocks.%d.%s", block, what);
    if (bits == 0 || bits == 32) {
        random_linear(&p->w, name, 0, n, k, in, out);
        return;
    }
    (void)spoti_format(name, sizeof name, "blocks.%d.%s.weight", block, what);
    const float *w = random_tensors_get(&p->w, name);
    double *x = array(3 * k);

    round_to_bits(in, k, bits, x);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < k; j++) {
            x[k + j] = (double)w[(size_t)i * (size_t)k + (size_t)j];
        }
        round_to_bits(x + k, k, bits, x + 2 * k);
        out[i] = 0.0;
        for (int j = 0; j < k; j++) {
            out[i] += x[j] * x[2 * k + j];
        }
    }
    free(x);
}

/* h (T x C) += gate * attention; `part` is sa or ca, source (n x C) NULL for the tokens themselves. */
static void attention(const random_dit *p, int block, const char *part, const double *mod, int n,
                      const double *source, double *h)
{
    const int c = p->s.width;
    const int t = p->s.horizon;
    double *y = array(t * c);
    double *k = array(n * c);
    double *v = array(n * c);
    double *q = array(3 * c);
    char name[NAME_SIZE];

    for (int i = 0; i < t; i++) {
        random_modulate(c, h + i * c, mod, y + i * c);
    }
    for (int j = 0; j < n; j++) {
        const double *in = source != NULL ? source + j * c : y + j * c;

        (void)spoti_format(name, sizeof name, "%s.k", part);
        site(p, block, name, c, c, in, k + j * c);
        (void)spoti_format(name, sizeof name, "%s.v", part);
        site(p, block, name, c, c, in, v + j * c);
    }
    for (int i = 0; i < t; i++) {
        (void)spoti_format(name, sizeof name, "%s.q", part);
        site(p, block, name, c, c, y + i * c, q);
        attend(p, source != NULL ? block : -1, q, n, k, v, q + c);
        (void)spoti_format(name, sizeof name, "%s.out", part);
        site(p, block, name, c, c, q + c, q + 2 * c);
        for (int j = 0; j < c; j++) {
            h[i * c + j] += mod[2 * c + j] * q[2 * c + j];
        }
    }
    free(q);
    free(v);
    free(k);
    free(y);
}

static void mlp(const random_dit *p, int block, const double *mod, double *h)
{
    const int c = p->s.width;
    double *y = array(2 * c);
    double *hidden = array(p->s.mlp_hidden);

    for (int i = 0; i < p->s.horizon; i++) {
        random_modulate(c, h + i * c, mod, y);
        site(p, block, "mlp.l1", p->s.mlp_hidden, c, y, hidden);
        for (int j = 0; j < p->s.mlp_hidden; j++) {
            hidden[j] = random_gelu(hidden[j]);
        }
        site(p, block, "mlp.l2", c, p->s.mlp_hidden, hidden, y + c);
        for (int j = 0; j < c; j++) {
            h[i * c + j] += mod[2 * c + j] * y[c + j];
        }
    }
    free(hidden);
    free(y);
}

/* out (T x A) of the network at x and time t */
static void network(const random_dit *p, const double *tokens, const double *x, double t,
                    double *out)
{
    const random_dit_sizes *s = &p->s;
    const int c = s->width;
    const float *position = random_tensors_get(&p->w, "position");
    double *h = array(s->horizon * c);
    double *mod = array(9 * c);
    double *time = array(2 * s->time_dim);

    random_embed_time(&p->w, s->time_dim, t, time, time + s->time_dim);
    for (int i = 0; i < s->horizon; i++) {
        random_linear(&p->w, "in_x", 0, c, s->action, x + i * s->action, h + i * c);
        for (int j = 0; j < c; j++) {
            h[i * c + j] += (double)position[i * c + j];
        }
    }
    for (int i = 0; i < s->blocks; i++) {
        char name[NAME_SIZE];

        (void)spoti_format(name, sizeof name, "blocks.%d.adaln", i);
        random_linear(&p->w, name, 1, 9 * c, s->time_dim, time, mod);
        attention(p, i, "sa", mod, s->horizon, NULL, h);
        attention(p, i, "ca", mod + 3 * c, n_token(p) + n_read(p, 0) + n_read(p, 1), tokens, h);
        mlp(p, i, mod + 6 * c, h);
    }
    random_linear(&p->w, "final_adaln", 1, 2 * c, s->time_dim, time, mod);
    for (int i = 0; i < s->horizon; i++) {
        random_modulate(c, h + i * c, mod, h + i * c);
        random_linear(&p->w, "out_proj", 1, s->action, c, h + i * c, out + i * s->action);
    }
    free(time);
    free(mod);
    free(h);
}

/* The share of the action's variance at noise level s. */
static double alpha(double s)
{
    const double a = pow(cos((s + 0.008) / 1.008 * PI / 2.0) / cos(0.008 / 1.008 * PI / 2.0), 2.0);

    return a > 1e-3 ? a : 1e-3;
}

/* x at the next level from x and the network's output, written as DDIM is: by way of x_0 and noise. */
static double next(const random_dit *p, int k, int steps, double x, double out)
{
    const double a = alpha(1.0 - (double)k / steps);
    const double b = alpha(1.0 - (k + 1.0) / steps);
    double action = out;
    double noise = out;

    if (strcmp(p->s.sampler, "flow") == 0) {
        return x + out / steps;
    }
    if (strcmp(p->s.prediction, "sample") == 0) {
        noise = (x - sqrt(a) * action) / sqrt(1.0 - a);
    } else {
        action = (x - sqrt(1.0 - a) * noise) / sqrt(a);
    }
    return sqrt(b) * action + sqrt(1.0 - b) * noise;
}

void random_dit_eval(const random_dit *policy, int steps, const float *obs, const float *noise,
                     double *chunk)
{
    const random_dit_sizes *s = &policy->s;
    const int size = s->horizon * s->action;
    const int is_flow = strcmp(s->sampler, "flow") == 0;
    double *normal = array(s->obs);
    const int n_past = n_read(policy, 0) + n_read(policy, 1);
    double *tokens = array((n_token(policy) + n_past) * s->width);
    double *out = array(size);

    for (int i = 0; i < s->obs; i++) {
        normal[i] =
            ((double)obs[i] - (double)random_tensors_get(&policy->w, "normalize.obs.mean")[i]) /
            (double)random_tensors_get(&policy->w, "normalize.obs.std")[i];
    }
    observe(policy, normal, tokens);
    observe_past(policy, tokens + n_token(policy) * s->width);
    for (int i = 0; i < size; i++) {
        chunk[i] = (double)noise[i];
    }
    for (int k = 0; k < steps; k++) {
        const double t = is_flow ? (double)k / steps : 1.0 - (double)k / steps;

        network(policy, tokens, chunk, (double)(float)t, out);
        for (int i = 0; i < size; i++) {
            chunk[i] = next(policy, k, steps, chunk[i], out[i]);
        }
    }
    for (int i = 0; i < size; i++) {
        chunk[i] = chunk[i] * (double)random_tensors_get(&policy->w, "unnormalize.action.std")[i] +
                   (double)random_tensors_get(&policy->w, "unnormalize.action.mean")[i];
    }
    free(out);
    free(tokens);
    free(normal);
}
