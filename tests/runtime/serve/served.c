/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "served.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spot_test.h"

static const double PATIENCE_S = 60.0;

/* ---- a server ---- */

static void note_refusal(void *ctx, const char *line)
{
    served *s = ctx;

    s->n_refused++;
    (void)snprintf(s->refused, sizeof(s->refused), "%s", line);
}

static void *serve(void *arg)
{
    served *s = arg;

    s->run_status = spot_serve_run(s->server, NULL);
    return NULL;
}

void served_start(served *s, const spot_brain *brain, const spot_serve_config *config,
                  const spoti_net_limits *limits)
{
    spot_serve_config c;
    spoti_net_limits usual;
    spot_diag diag = {""};

    memset(s, 0, sizeof(*s));
    spoti_serve_limits(&usual);
    spot_serve_config_default(&c);
    c.threads = 2;
    c = config != NULL ? *config : c;
    c.port = 0;
    c.refused = note_refusal;
    c.refused_ctx = s;
    if (spoti_serve_create(brain, &c, limits != NULL ? limits : &usual, &s->server, &diag) !=
        SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    s->port = spot_serve_port(s->server);
    (void)snprintf(s->url, sizeof(s->url), "ws://127.0.0.1:%d", s->port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void served_end(served *s, spot_serve_stats *stats)
{
    spot_serve_stop(s->server);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    assert_int_equal(s->run_status, SPOT_OK);
    if (stats != NULL) {
        assert_int_equal(spot_serve_read_stats(s->server, stats), SPOT_OK);
    }
    spot_serve_destroy(s->server);
}

/* ---- a client ---- */

void asker_start(asker *a, const served *s)
{
    spoti_net_client_config config;
    spoti_record metadata = {.allocator = NULL};

    memset(a, 0, sizeof(*a));
    spoti_net_client_config_default(&config);
    config.url = s->url;
    if (spoti_net_client_connect(&config, &a->client, &a->diag) != SPOT_OK ||
        spoti_net_client_receive(a->client, PATIENCE_S, &a->message, &a->diag) != SPOT_OK ||
        spoti_record_decode(&metadata, "metadata", a->message.data, a->message.size, &a->diag) !=
            SPOT_OK) {
        fail_msg("%s", a->diag.text);
    }
    assert_int_equal(spoti_record_copy(&a->metadata, &metadata), SPOT_OK);
    spoti_record_fini(&metadata);
}

void asker_end(asker *a)
{
    spoti_net_client_close(a->client);
    spoti_record_fini(&a->metadata);
    spoti_record_fini(&a->request);
    spoti_record_fini(&a->answer);
    spoti_bytes_fini(&a->bytes);
}

void ask_begin(asker *a, const float *state, size_t n)
{
    spoti_record_clear(&a->request);
    spoti_record_map(&a->request, NULL);
    if (state != NULL) {
        spoti_record_put_array(&a->request, "observation/state", SPOTI_NP_F4, 1, &n, state);
    }
}

void ask_put_floats(asker *a, const char *key, size_t rows, size_t columns, const float *data)
{
    const size_t shape[2] = {rows, columns};

    spoti_record_put_array(&a->request, key, SPOTI_NP_F4, 2, shape, data);
}

void ask_put_past(asker *a, size_t k, size_t obs_dim, const float *states, size_t action_dim,
                  const float *commands)
{
    spoti_record_map(&a->request, "spot/past");
    ask_put_floats(a, "state", k, obs_dim, states);
    ask_put_floats(a, "command", k, action_dim, commands);
    spoti_record_end(&a->request);
}

spot_status ask_end(asker *a)
{
    spoti_record_end(&a->request);
    assert_int_equal(spoti_record_encode(&a->request, SPOTI_DIALECT_OPENPI, &a->bytes, &a->diag),
                     SPOT_OK);
    const spot_status st = spoti_net_client_call(a->client, a->bytes.data, a->bytes.size,
                                                 PATIENCE_S, &a->message, &a->diag);
    if (st == SPOT_OK) {
        assert_int_equal(
            spoti_record_decode(&a->answer, "answer", a->message.data, a->message.size, &a->diag),
            SPOT_OK);
    }
    return st;
}

void asker_chunk(asker *a, size_t rows, size_t columns, float *out)
{
    const size_t shape[2] = {rows, columns};
    const spoti_value *actions = spoti_value_find(spoti_record_root(&a->answer), "actions");

    assert_non_null(actions);
    assert_int_equal(actions->kind, SPOTI_VALUE_ARRAY);
    assert_int_equal(actions->as.array.dtype, SPOTI_NP_F4);
    assert_int_equal(actions->as.array.n_dim, 2);
    assert_memory_equal(actions->as.array.shape, shape, sizeof(shape));
    memcpy(out, actions->as.array.data, rows * columns * sizeof(*out));
}

/* ---- a brain ---- */

/* Of one state. */
typedef struct telling {
    teller *t;
    int n_past;
    float past; /* sum of what it was told */
    int n_forgotten;
} telling;

static void describe(const void *self, spot_brain_info *info)
{
    const teller *t = self;

    *info = (spot_brain_info){.type = "teller",
                              .obs_dim = TELLER_OBS,
                              .action_dim = TELLER_ACTION,
                              .horizon = t->horizon,
                              .default_steps = 1,
                              .takes_noise = !t->blind,
                              .remembers = !t->blind,
                              .sees = !t->blind};
}

static spot_status identify(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag)
{
    (void)self;
    (void)diag;
    (void)snprintf(text, SPOT_BRAIN_IDENTITY_SIZE, "teller=1");
    return SPOT_OK;
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    teller *t = self;
    telling *s = calloc(1, sizeof(*s));

    (void)config;
    (void)diag;
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->t = t;
    (void)pthread_mutex_lock(&t->lock);
    t->begun++;
    (void)pthread_mutex_unlock(&t->lock);
    *state = s;
    return SPOT_OK;
}

static void end(void *state)
{
    telling *s = state;

    (void)pthread_mutex_lock(&s->t->lock);
    s->t->ended++;
    (void)pthread_mutex_unlock(&s->t->lock);
    free(s);
}

static void wait_for_it(teller *t)
{
    (void)pthread_mutex_lock(&t->lock);
    t->waiting++;
    (void)pthread_cond_broadcast(&t->wake);
    while (!t->open) {
        (void)pthread_cond_wait(&t->wake, &t->lock);
    }
    t->waiting--;
    (void)pthread_mutex_unlock(&t->lock);
}

/* What of the input is no number of the observation, in one. */
static float sum_of(const spot_brain_input *input)
{
    float sum = input->instruction != NULL ? (float)strlen(input->instruction) : 0.0F;

    /* what is not there is NULL */
    if ((input->anchor != NULL) != (input->n_anchor > 0) ||
        (input->images != NULL) != (input->n_images > 0)) {
        return -1.0F;
    }
    for (int i = 0; i < input->n_anchor; i++) {
        sum += 1000.0F * (float)input->anchor[i];
    }
    for (int i = 0; i < input->n_images; i++) {
        const spot_image *image = &input->images[i];
        sum += (float)(1e5 * (double)strlen(image->name) + 10.0 * image->height + image->width +
                       image->pixels[image->height * image->width * 3 - 1]);
    }
    return sum;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    telling *s = state;

    if (input->obs[1] == (float)TELLER_FAILS) {
        return spot_diag_set(diag, SPOT_E_IO, "the teller has\nlost its voice\x1b");
    }
    if (input->obs[1] == (float)TELLER_WAITS) {
        wait_for_it(s->t);
    }
    const size_t n_chunk = (size_t)s->t->horizon * TELLER_ACTION;
    const float *noise = input->noise;
    const float told[TELLER_CHUNK] = {input->obs[0],
                                      (float)s->n_past,
                                      s->past,
                                      (float)s->n_forgotten,
                                      sum_of(input),
                                      input->obs[2],
                                      noise != NULL ? noise[0] : 0.0F,
                                      noise != NULL ? noise[n_chunk - 1] : 0.0F};
    memset(chunk, 0, n_chunk * sizeof(*chunk));
    memcpy(chunk, told, sizeof(told));
    chunk[n_chunk - 1] = input->obs[1] == (float)TELLER_NAN ? (float)NAN : chunk[n_chunk - 1];
    return SPOT_OK;
}

static spot_status remember(void *state, const float *obs, const float *command, spot_diag *diag)
{
    telling *s = state;

    (void)diag;
    s->n_past++;
    /* the order counts */
    s->past = 2.0F * s->past + obs[TELLER_OBS - 1] + 100.0F * command[TELLER_ACTION - 1];
    return SPOT_OK;
}

static spot_status forget(void *state, spot_diag *diag)
{
    telling *s = state;

    (void)diag;
    s->n_past = 0;
    s->past = 0.0F;
    s->n_forgotten++;
    return SPOT_OK;
}

void teller_init(teller *t)
{
    static const spot_brain_ops OPS = {.describe = describe,
                                       .identify = identify,
                                       .begin = begin,
                                       .infer = infer,
                                       .remember = remember,
                                       .forget = forget,
                                       .end = end};

    memset(t, 0, sizeof(*t));
    t->horizon = TELLER_HORIZON;
    t->brain = (spot_brain){.ops = &OPS, .self = t};
    assert_int_equal(pthread_mutex_init(&t->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&t->wake, NULL), 0);
}

void teller_fini(teller *t)
{
    assert_int_equal(t->begun, t->ended);
    (void)pthread_cond_destroy(&t->wake);
    (void)pthread_mutex_destroy(&t->lock);
}

void teller_await(teller *t, int n)
{
    (void)pthread_mutex_lock(&t->lock);
    while (t->waiting < n) {
        (void)pthread_cond_wait(&t->wake, &t->lock);
    }
    (void)pthread_mutex_unlock(&t->lock);
}

void teller_open(teller *t, bool open)
{
    (void)pthread_mutex_lock(&t->lock);
    t->open = open;
    (void)pthread_cond_broadcast(&t->wake);
    (void)pthread_mutex_unlock(&t->lock);
}
