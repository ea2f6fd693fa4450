/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What clients of the policy server are given is what the policy gives, to the byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/policy/policy_load.h"
#include "served.h"
#include "spot/rng.h"
#include "support/spot_test.h"

#define MIXER   SPOT_SOURCE_DIR "/tests/fixtures/flow_mixer_small"
#define HISTORY SPOT_SOURCE_DIR "/tests/fixtures/dit_history"

enum { OBS_MAX = 64, CHUNK_MAX = 1024, ROUNDS = 8 };

/* A policy, its brain, and a state of it that is asked without any server. */
typedef struct native {
    spot_policy *policy;
    spot_brain brain;
    spot_brain_info info;
    spot_point point;
    void *state;
    size_t n_obs, n_action, n_horizon, n_chunk;
} native;

static void native_start(native *n, const char *folder, const char *point)
{
    n->policy = load(folder);
    spot_point_default(&n->point);
    assert_int_equal(spot_point_parse(point, &n->point, NULL), SPOT_OK);
    assert_int_equal(spot_brain_of_policy(n->policy, &n->brain), SPOT_OK);
    assert_int_equal(spot_brain_describe(&n->brain, &n->info, NULL), SPOT_OK);
    const spot_brain_config config = {.size = sizeof(config), .point = &n->point};
    assert_int_equal(spot_brain_begin(&n->brain, &config, &n->state, NULL), SPOT_OK);
    n->n_obs = (size_t)n->info.obs_dim;
    n->n_action = (size_t)n->info.action_dim;
    n->n_horizon = (size_t)n->info.horizon;
    n->n_chunk = n->n_horizon * n->n_action;
    assert_true(n->n_obs <= OBS_MAX && n->n_chunk <= CHUNK_MAX);
}

static void native_end(native *n)
{
    spot_brain_end(&n->brain, n->state);
    spot_policy_destroy(n->policy);
}

static void draw(float *out, size_t n, uint64_t index)
{
    spot_rng rng = spot_rng_at(77, SPOT_STREAM_SENSOR, index);

    spot_rng_fill_normal(&rng, out, (int)n);
}

static void check_chunk(native *n, asker *a, const float *obs, const float *noise)
{
    float want[CHUNK_MAX], got[CHUNK_MAX];
    const spot_brain_input input = {.obs = obs, .noise = noise};

    assert_int_equal(spot_brain_infer(&n->brain, n->state, &input, want, NULL), SPOT_OK);
    asker_chunk(a, n->n_horizon, n->n_action, got);
    assert_memory_equal(got, want, n->n_chunk * sizeof(*want));
}

static const char *text_of(const spoti_value *map, const char *key)
{
    static char text[256];

    assert_int_equal(spoti_value_to_text(spoti_value_find(map, key), key, text, sizeof(text), NULL),
                     SPOT_OK);
    return text;
}

static int64_t int_of(const spoti_value *map, const char *key)
{
    int64_t i = 0;

    assert_int_equal(spoti_value_to_int(spoti_value_find(map, key), key, &i, NULL), SPOT_OK);
    return i;
}

static void the_first_frame_says_what_is_served(void **state)
{
    native n;
    served s;
    asker a;
    spot_serve_config config;
    char identity[SPOT_BRAIN_IDENTITY_SIZE];
    (void)state;

    native_start(&n, MIXER, "steps=3");
    spot_serve_config_default(&config);
    config.point = &n.point;
    config.policy = "mine";
    served_start(&s, &n.brain, &config, NULL);
    asker_start(&a, &s);
    const spoti_value *root = spoti_record_root(&a.metadata);
    assert_int_equal(root->n_entry, 1);
    const spoti_value *spot = spoti_value_find(root, "spot");
    assert_int_equal(int_of(spot, "version"), 1);
    assert_string_equal(text_of(spot, "policy"), "mine");
    assert_string_equal(text_of(spot, "type"), n.info.type);
    assert_string_equal(text_of(spot, "task"), n.info.task);
    assert_int_equal(spot_brain_identify(&n.brain, identity, NULL), SPOT_OK);
    assert_string_equal(text_of(spot, "identity"), identity);
    assert_string_equal(text_of(spot, "point"), "steps=3 overlap=0");
    assert_int_equal(int_of(spot, "obs_dim"), n.info.obs_dim);
    assert_int_equal(int_of(spot, "action_dim"), n.info.action_dim);
    assert_int_equal(int_of(spot, "horizon"), n.info.horizon);
    assert_true(spoti_value_find(spot, "takes_noise")->as.flag);
    assert_false(spoti_value_find(spot, "remembers")->as.flag);
    asker_end(&a);
    served_end(&s, NULL);

    /* other kernels give the same bytes, the task is the user's if he says one, the default steps are named */
    config.kernels = "reference";
    config.task = "o";
    config.point = NULL;
    served_start(&s, &n.brain, &config, NULL);
    asker_start(&a, &s);
    spot = spoti_value_find(spoti_record_root(&a.metadata), "spot");
    assert_string_equal(text_of(spot, "task"), "o");
    assert_string_equal(text_of(spot, "identity"), identity);
    char point[64];
    (void)snprintf(point, sizeof(point), "steps=%d overlap=0", n.info.default_steps);
    assert_string_equal(text_of(spot, "point"), point);
    asker_end(&a);
    served_end(&s, NULL);
    native_end(&n);
}

static void the_same_noise_gives_the_native_bytes(void **state)
{
    native n;
    served s;
    asker a;
    spot_serve_config config;
    spot_serve_stats stats;
    float obs[OBS_MAX], noise[CHUNK_MAX];
    double last_ms = 0.0;
    (void)state;

    native_start(&n, MIXER, "steps=3");
    spot_serve_config_default(&config);
    config.point = &n.point;
    served_start(&s, &n.brain, &config, NULL);
    asker_start(&a, &s);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        draw(obs, n.n_obs, 2 * i);
        draw(noise, n.n_chunk, 2 * i + 1);
        ask_begin(&a, obs, n.n_obs);
        ask_put_floats(&a, "spot/noise", n.n_horizon, n.n_action, noise);
        assert_int_equal(ask_end(&a), SPOT_OK);
        check_chunk(&n, &a, obs, noise);
        const spoti_value *root = spoti_record_root(&a.answer);
        const spoti_value *timing = spoti_value_find(root, "server_timing");
        const spoti_value *model = spoti_value_find(root, "policy_timing");
        assert_true(spoti_value_find(model, "infer_ms")->as.f > 0.0);
        assert_true(spoti_value_find(timing, "infer_ms")->as.f >=
                    spoti_value_find(model, "infer_ms")->as.f);
        assert_true((spoti_value_find(timing, "prev_total_ms") != NULL) == (i > 0));
        if (i > 0) { /* longer than what it holds, shorter than this test */
            const double total_ms = spoti_value_find(timing, "prev_total_ms")->as.f;
            assert_true(total_ms >= last_ms && total_ms < 60e3);
        }
        last_ms = spoti_value_find(timing, "infer_ms")->as.f;
    }
    asker_end(&a);
    served_end(&s, &stats);
    assert_int_equal(stats.answered, ROUNDS);
    assert_int_equal(stats.timed, ROUNDS);
    assert_int_equal(stats.clients, 1);
    assert_int_equal(stats.clients_served, 1);
    assert_int_equal(stats.refused, 0);
    assert_true(
        stats.infer.p50_ms > 0.0 && stats.infer.p50_ms <= stats.infer.p95_ms &&
        stats.infer.p95_ms <= stats.infer.p99_ms && stats.infer.p99_ms <= stats.infer.max_ms &&
        stats.answer.p50_ms >= stats.infer.p50_ms && stats.answer.max_ms >= stats.infer.max_ms);
    native_end(&n);
}

static void without_noise_it_is_drawn_from_the_seed_and_the_count(void **state)
{
    native n;
    served s;
    asker a[2];
    spot_serve_config config;
    float obs[OBS_MAX], noise[CHUNK_MAX];
    (void)state;

    native_start(&n, MIXER, "steps=2");
    spot_serve_config_default(&config);
    config.point = &n.point;
    config.seed = 5;
    served_start(&s, &n.brain, &config, NULL);
    asker_start(&a[0], &s);
    asker_start(&a[1], &s);
    draw(obs, n.n_obs, 0);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        for (int k = 0; k < 2; k++) { /* each client has its own count */
            ask_begin(&a[k], obs, n.n_obs);
            assert_int_equal(ask_end(&a[k]), SPOT_OK);
            spot_rng rng = spot_rng_at(5, SPOT_STREAM_POLICY, i);
            spot_rng_fill_normal(&rng, noise, (int)n.n_chunk);
            check_chunk(&n, &a[k], obs, noise);
        }
    }
    asker_end(&a[0]);
    asker_end(&a[1]);
    served_end(&s, NULL);
    native_end(&n);
}

/* The names and types that a state comes in. */
static void a_state_is_taken_in_any_type_of_number(void **state)
{
    native n;
    served s;
    asker a;
    float obs[OBS_MAX], noise[CHUNK_MAX];
    double wide[OBS_MAX];
    int32_t whole[OBS_MAX];
    (void)state;

    native_start(&n, MIXER, "");
    served_start(&s, &n.brain, NULL, NULL);
    asker_start(&a, &s);
    draw(obs, n.n_obs, 0);
    draw(noise, n.n_chunk, 1);
    for (size_t i = 0; i < n.n_obs; i++) {
        wide[i] = (double)obs[i];
        whole[i] = (int32_t)i - 3;
    }
    ask_begin(&a, NULL, 0);
    spoti_record_put_array(&a.request, "observation.state", SPOTI_NP_F8, 1, &n.n_obs, wide);
    ask_put_floats(&a, "spot/noise", n.n_horizon, n.n_action, noise);
    assert_int_equal(ask_end(&a), SPOT_OK);
    check_chunk(&n, &a, obs, noise);
    ask_begin(&a, NULL, 0);
    spoti_record_put_array(&a.request, "state", SPOTI_NP_I4, 1, &n.n_obs, whole);
    ask_put_floats(&a, "spot/noise", n.n_horizon, n.n_action, noise);
    assert_int_equal(ask_end(&a), SPOT_OK);
    for (size_t i = 0; i < n.n_obs; i++) {
        obs[i] = (float)whole[i];
    }
    check_chunk(&n, &a, obs, noise);
    asker_end(&a);
    served_end(&s, NULL);
    native_end(&n);
}

enum { ACTIONS_MAX = 3 };

/* What happens before inference i of an episode, and what it reads. */
typedef struct moment {
    float obs[OBS_MAX], noise[CHUNK_MAX];
    float states[ACTIONS_MAX * OBS_MAX], commands[ACTIONS_MAX * OBS_MAX];
    size_t k; /* actions */
} moment;

static void live(const native *n, uint64_t episode, uint64_t i, moment *m)
{
    const uint64_t at = 1000 * episode + 4 * i;

    m->k = (size_t)(i % (ACTIONS_MAX + 1)); /* none at first */
    draw(m->obs, n->n_obs, at);
    draw(m->noise, n->n_chunk, at + 1);
    draw(m->states, m->k * n->n_obs, at + 2);
    draw(m->commands, m->k * n->n_action, at + 3);
}

/* The request, begun and not ended. */
static void put_moment(const native *n, asker *a, const moment *m, uint64_t i, bool begins)
{
    ask_begin(a, m->obs, n->n_obs);
    ask_put_floats(a, "spot/noise", n->n_horizon, n->n_action, m->noise);
    if (i == 0 && begins) {
        spoti_record_put_bool(&a->request, "spot/begin", true);
    }
    if (i > 0) {
        ask_put_past(a, m->k, n->n_obs, m->states, n->n_action, m->commands);
    }
}

/* The state without a server lives through the same; a->answer must be its. */
static void check_moment(native *n, asker *a, const moment *m, uint64_t i)
{
    if (i == 0) {
        assert_int_equal(spot_brain_forget(&n->brain, n->state, NULL), SPOT_OK);
    }
    for (size_t j = 0; j < m->k; j++) {
        assert_int_equal(spot_brain_remember(&n->brain, n->state, m->states + j * n->n_obs,
                                             m->commands + j * n->n_action, NULL),
                         SPOT_OK);
    }
    check_chunk(n, a, m->obs, m->noise);
}

/* An episode as a rollout has it: what starts between two inferences is remembered before the second. */
static void play_episode(native *n, asker *a, uint64_t episode, bool begins)
{
    moment m;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        live(n, episode, i, &m);
        put_moment(n, a, &m, i, begins);
        assert_int_equal(ask_end(a), SPOT_OK);
        check_moment(n, a, &m, i);
    }
}

static void a_policy_with_memory_lives_through_episodes_as_natively(void **state)
{
    native n;
    served s;
    asker a;
    (void)state;

    native_start(&n, HISTORY, "");
    assert_true(n.info.remembers);
    spot_serve_config config;
    spot_serve_config_default(&config);
    config.connections = 1; /* so that the second client gets what the first one left behind */
    served_start(&s, &n.brain, &config, NULL);
    asker_start(&a, &s);
    assert_true(
        spoti_value_find(spoti_value_find(spoti_record_root(&a.metadata), "spot"), "remembers")
            ->as.flag);
    play_episode(&n, &a, 0, false);
    play_episode(&n, &a, 1, true);
    asker_end(&a);
    asker_start(&a, &s);
    play_episode(&n, &a, 2, false);
    asker_end(&a);
    served_end(&s, NULL);
    native_end(&n);
}

/* A client on a thread, which asserts nothing: it sends what was written for it and keeps what comes back. */
typedef struct player {
    asker a;
    spoti_bytes requests[ROUNDS], replies[ROUNDS];
    spot_status status;
} player;

static void *play(void *arg)
{
    player *p = arg;

    for (int i = 0; p->status == SPOT_OK && i < ROUNDS; i++) {
        p->status = spoti_net_client_call(p->a.client, p->requests[i].data, p->requests[i].size,
                                          60.0, &p->a.message, &p->a.diag);
        if (p->status == SPOT_OK) {
            p->status = spoti_bytes_append(&p->replies[i], p->a.message.data, p->a.message.size);
        }
    }
    return NULL;
}

static void write_requests(const native *n, player *p, uint64_t episode)
{
    moment m;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        live(n, episode, i, &m);
        put_moment(n, &p->a, &m, i, true);
        spoti_record_end(&p->a.request);
        assert_int_equal(
            spoti_record_encode(&p->a.request, SPOTI_DIALECT_OPENPI, &p->requests[i], NULL),
            SPOT_OK);
    }
}

static void check_replies(native *n, player *p, uint64_t episode)
{
    moment m;

    assert_int_equal(p->status, SPOT_OK);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        live(n, episode, i, &m);
        assert_int_equal(spoti_record_decode(&p->a.answer, "answer", p->replies[i].data,
                                             p->replies[i].size, NULL),
                         SPOT_OK);
        check_moment(n, &p->a, &m, i);
        spoti_bytes_fini(&p->requests[i]);
        spoti_bytes_fini(&p->replies[i]);
    }
}

static void many_clients_have_a_past_each(void **state)
{
    enum { CLIENTS = 6 };
    native n;
    served s;
    player players[CLIENTS];
    pthread_t threads[CLIENTS];
    spot_serve_stats stats;
    (void)state;

    native_start(&n, HISTORY, "");
    served_start(&s, &n.brain, NULL, NULL);
    memset(players, 0, sizeof(players));
    for (uint64_t i = 0; i < CLIENTS; i++) {
        asker_start(&players[i].a, &s);
        write_requests(&n, &players[i], i);
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (uint64_t i = 0; i < CLIENTS; i++) {
        check_replies(&n, &players[i], i);
        asker_end(&players[i].a);
    }
    served_end(&s, &stats);
    assert_int_equal(stats.clients, CLIENTS);
    assert_int_equal(stats.clients_served, CLIENTS);
    assert_int_equal(stats.answered, CLIENTS * ROUNDS);
    native_end(&n);
}

/* ---- what a brain is told ---- */

static void ask_teller(asker *a, float chunk[TELLER_CHUNK])
{
    if (ask_end(a) != SPOT_OK) {
        fail_msg("%s", a->diag.text);
    }
    asker_chunk(a, TELLER_HORIZON, TELLER_ACTION, chunk);
}

static void all_parts_of_an_observation_reach_the_brain(void **state)
{
    enum { H = 4, W = 5 };
    static const float OBS[TELLER_OBS] = {7.0F, 0.0F, 9.0F};
    static const double ANCHOR[2] = {0.25, 2.0};
    const size_t two = 2, shape[3] = {H, W, 3};
    unsigned char pixels[H * W * 3] = {0};
    /* a picture by no name that we know */
    static const char OTHER[] = "mask";
    float chunk[TELLER_CHUNK];
    teller t;
    served s;
    asker a;
    spot_serve_config config;
    (void)state;

    pixels[H * W * 3 - 1] = 200;
    teller_init(&t);
    spot_serve_config_default(&config);
    config.instruction = "stack";
    served_start(&s, &t.brain, &config, NULL);
    asker_start(&a, &s);
    ask_begin(&a, OBS, TELLER_OBS);
    spoti_record_put_text(&a.request, "prompt", "pick");
    spoti_record_put_array(&a.request, "spot/anchor", SPOTI_NP_F8, 1, &two, ANCHOR);
    spoti_record_put_array(&a.request, "observation/image", SPOTI_NP_U1, 3, shape, pixels);
    spoti_record_put_array(&a.request, "observation.images.up", SPOTI_NP_U1, 3, shape, pixels);
    spoti_record_put_array(&a.request, OTHER, SPOTI_NP_U1, 1, &two, pixels);
    ask_teller(&a, chunk);
    assert_close(chunk[0], 7.0, 0.0, 0.0);
    assert_close(chunk[5], 9.0, 0.0, 0.0);
    assert_close(chunk[4],
                 4.0 + 2250.0 + 1e5 * 5.0 + 10.0 * H + W + 200.0 + 1e5 * 2.0 + 10.0 * H + W + 200.0,
                 0.0, 0.0);
    /* what is not said: the server's own instruction, no anchor, no image */
    ask_begin(&a, OBS, TELLER_OBS);
    ask_teller(&a, chunk);
    assert_close(chunk[4], 5.0, 0.0, 0.0);
    asker_end(&a);
    served_end(&s, NULL);
    teller_fini(&t);
}

static void an_episode_begins_where_it_is_said_and_with_a_connection(void **state)
{
    static const float OBS[TELLER_OBS] = {0.0F, 0.0F, 0.0F};
    static const float STATES[2 * TELLER_OBS] = {0.0F, 0.0F, 1.0F, 0.0F, 0.0F, 2.0F};
    static const float COMMANDS[2 * TELLER_ACTION] = {0.0F, 3.0F, 0.0F, 4.0F};
    /* n, sum, times forgotten, after: the first, two actions, none said, false, two actions and begin */
    static const double WANT[5][3] = {
        {0, 0, 1}, {2, 1004, 1}, {2, 1004, 1}, {2, 1004, 1}, {2, 1004, 2}};
    float chunk[TELLER_CHUNK];
    teller t;
    served s;
    asker a;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    asker_start(&a, &s);
    for (int i = 0; i < 5; i++) {
        ask_begin(&a, OBS, TELLER_OBS);
        if (i == 3 || i == 4) {
            spoti_record_put_bool(&a.request, "spot/begin", i == 4);
        }
        if (i == 1 || i == 4) {
            ask_put_past(&a, 2, TELLER_OBS, STATES, TELLER_ACTION, COMMANDS);
        }
        ask_teller(&a, chunk);
        for (int k = 0; k < 3; k++) {
            assert_close(chunk[1 + k], WANT[i][k], 0.0, 0.0);
        }
    }
    asker_end(&a);
    served_end(&s, NULL);
    teller_fini(&t);
}

/* openpi-client's defaults ping every 20 s and give up after 20 more, whatever an inference takes. */
static void others_are_served_while_an_inference_runs(void **state)
{
    static const float SLOW[TELLER_OBS] = {1.0F, TELLER_WAITS, 0.0F};
    static const float FAST[TELLER_OBS] = {2.0F, 0.0F, 0.0F};
    float chunk[TELLER_CHUNK];
    teller t;
    served s;
    asker slow, fast;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    asker_start(&slow, &s);
    ask_begin(&slow, SLOW, TELLER_OBS);
    spoti_record_end(&slow.request);
    assert_int_equal(spoti_record_encode(&slow.request, SPOTI_DIALECT_OPENPI, &slow.bytes, NULL),
                     SPOT_OK);
    assert_int_equal(
        spoti_net_client_send(slow.client, slow.bytes.data, slow.bytes.size, 10.0, NULL), SPOT_OK);
    teller_await(&t, 1);
    asker_start(&fast, &s);
    ask_begin(&fast, FAST, TELLER_OBS);
    ask_teller(&fast, chunk);
    assert_close(chunk[0], 2.0, 0.0, 0.0);
    teller_open(&t, true);
    assert_int_equal(spoti_net_client_receive(slow.client, 60.0, &slow.message, NULL), SPOT_OK);
    assert_false(slow.message.is_text);
    asker_end(&fast);
    asker_end(&slow);
    served_end(&s, NULL);
    teller_fini(&t);
}

/* ---- life ---- */

static void what_cannot_be_served_is_refused(void **state)
{
    native n;
    spot_serve *server = NULL;
    spot_serve_config config;
    spot_diag diag = {""};
    spot_point point;
    (void)state;

    native_start(&n, MIXER, "");
    spot_serve_config_default(&config);
    config.port = 0;
#define REFUSED(field, value, status, words)                                                       \
    do {                                                                                           \
        spot_serve_config c = config;                                                              \
        c.field = (value);                                                                         \
        assert_int_equal(spot_serve_create(&n.brain, &c, &server, &diag), status);                 \
        assert_null(server);                                                                       \
        assert_non_null(strstr(diag.text, words));                                                 \
    } while (0)
    REFUSED(size, 3, SPOT_E_INVALID, "spot_serve_config");
    REFUSED(host, NULL, SPOT_E_INVALID, "NULL");
    REFUSED(policy, NULL, SPOT_E_INVALID, "NULL");
    REFUSED(task, NULL, SPOT_E_INVALID, "NULL");
    REFUSED(host, "example", SPOT_E_INVALID, "expected a numeric address");
    REFUSED(port, -1, SPOT_E_RANGE, "port: -1");
    REFUSED(port, 65536, SPOT_E_RANGE, "port: 65536");
    REFUSED(connections, 0, SPOT_E_RANGE, "connections: 0");
    REFUSED(connections, SPOT_SERVE_CONNECTIONS_MAX + 1, SPOT_E_RANGE, "connections: 4097");
    REFUSED(threads, 0, SPOT_E_RANGE, "threads: 0");
    REFUSED(threads, SPOT_SERVE_THREADS_MAX + 1, SPOT_E_RANGE, "threads: 257");
    REFUSED(kernels, "abacus", SPOT_E_UNSUPPORTED, "abacus");
    spot_point_default(&point);
    point.overlap = 2;
    REFUSED(point, &point, SPOT_E_RANGE, "overlap: 2, expected 0: the client decides it");
    spot_point_default(&point);
    assert_int_equal(spot_point_parse("kv=p2", &point, NULL), SPOT_OK);
    REFUSED(point, &point, SPOT_E_UNSUPPORTED, "kv");
#undef REFUSED
    assert_int_equal(spot_serve_create(&n.brain, &config, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_serve_create(NULL, &config, &server, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_serve_run(NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_serve_read_stats(NULL, NULL), SPOT_E_INVALID);
    spot_serve_destroy(NULL);

    /* a port that is taken */
    assert_int_equal(spot_serve_create(&n.brain, &config, &server, &diag), SPOT_OK);
    spot_serve *second = NULL;
    config.port = spot_serve_port(server);
    assert_int_equal(spot_serve_create(&n.brain, &config, &second, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "cannot listen on 127.0.0.1"));
    /* stopped before it began */
    spot_serve_stop(server);
    assert_int_equal(spot_serve_run(server, NULL), SPOT_OK);
    spot_serve_stats stats;
    assert_int_equal(spot_serve_read_stats(server, &stats), SPOT_OK);
    assert_int_equal(stats.clients, 0);
    assert_int_equal(stats.timed, 0);
    assert_close(stats.answer.max_ms, 0.0, 0.0, 0.0);
    spot_serve_destroy(server);
    native_end(&n);
}

static void defaults_fill_all_of_the_config(void **state)
{
    spot_serve_config a;
    (void)state;

    memset(&a, 0xA5, sizeof(a)); /* none of it may stay */
    spot_serve_config_default(&a);
    assert_int_equal(a.size, sizeof(a));
    assert_string_equal(a.host, "127.0.0.1");
    assert_int_equal(a.port, 8000);
    assert_null(a.point);
    assert_null(a.kernels);
    assert_null(a.instruction);
    assert_int_equal(a.connections, 16);
    assert_int_equal(a.threads, 1);
    assert_int_equal(a.seed, 0);
    assert_string_equal(a.policy, "");
    assert_string_equal(a.task, "");
    assert_null(a.allocator);
    assert_true(a.refused == NULL);
    assert_null(a.refused_ctx);
    spot_serve_config_default(NULL);
}

static void memory_that_is_short_is_said_and_leaks_nothing(void **state)
{
    teller t;
    spot_serve_config config;
    bool done = false;
    (void)state;

    teller_init(&t);
    spot_serve_config_default(&config);
    config.port = 0;
    config.connections = 2;
    config.kernels = "any";
    config.instruction = "pick";
    for (int k = 0; !done && k < 1000; k++) {
        spot_test_allocator mem;
        const spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_serve *server = NULL;
        config.allocator = &allocator;
        const spot_status st = spot_serve_create(&t.brain, &config, &server, NULL);
        done = st == SPOT_OK;
        if (done) {
            spot_serve_destroy(server);
        } else {
            assert_int_equal(st, SPOT_E_NOMEM);
            assert_null(server);
        }
        spot_test_assert_no_leak(&mem);
    }
    assert_true(done);
    teller_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_frame_says_what_is_served),
        cmocka_unit_test(the_same_noise_gives_the_native_bytes),
        cmocka_unit_test(without_noise_it_is_drawn_from_the_seed_and_the_count),
        cmocka_unit_test(a_state_is_taken_in_any_type_of_number),
        cmocka_unit_test(a_policy_with_memory_lives_through_episodes_as_natively),
        cmocka_unit_test(many_clients_have_a_past_each),
        cmocka_unit_test(all_parts_of_an_observation_reach_the_brain),
        cmocka_unit_test(an_episode_begins_where_it_is_said_and_with_a_connection),
        cmocka_unit_test(others_are_served_while_an_inference_runs),
        cmocka_unit_test(what_cannot_be_served_is_refused),
        cmocka_unit_test(defaults_fill_all_of_the_config),
        cmocka_unit_test(memory_that_is_short_is_said_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
