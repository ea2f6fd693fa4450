/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Clients that behave badly: the server answers the others, keeps no more than it may, and ends when it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"
#include "served.h"
#include "support/spot_test.h"

static const float OBS[TELLER_OBS] = {1.0F, 0.0F, 0.0F};
static const float WAITS[TELLER_OBS] = {1.0F, TELLER_WAITS, 0.0F};

static void check_alive(const served *s)
{
    asker a;

    asker_start(&a, s);
    ask_begin(&a, OBS, TELLER_OBS);
    assert_int_equal(ask_end(&a), SPOT_OK);
    asker_end(&a);
}

/* A connection whose metadata was read. */
static int raw_client(const served *s)
{
    unsigned char data[4096];
    unsigned char first = 0;
    const int fd = raw_connect(s->port);

    assert_true(raw_client_handshake(fd));
    assert_true(raw_read_frame(fd, &first, data, sizeof(data)) > 0);
    assert_int_equal(first, 0x82);
    return fd;
}

static void raw_ask(int fd, const float *obs)
{
    asker a;

    memset(&a, 0, sizeof(a));
    ask_begin(&a, obs, TELLER_OBS);
    spoti_record_end(&a.request);
    assert_int_equal(spoti_record_encode(&a.request, SPOTI_DIALECT_OPENPI, &a.bytes, NULL),
                     SPOT_OK);
    (void)raw_frame(fd, 0x82, a.bytes.data, a.bytes.size, true);
    spoti_record_fini(&a.request);
    spoti_bytes_fini(&a.bytes);
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Waits until this holds, a minute at most. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        int left = 6000;                                                                           \
        while (!(condition) && left-- > 0) {                                                       \
            pause_ms(10);                                                                          \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static spot_serve_stats stats_of(const served *s)
{
    spot_serve_stats stats;

    assert_int_equal(spot_serve_read_stats(s->server, &stats), SPOT_OK);
    return stats;
}

/* Seats that are taken, however. */
static size_t seats_taken(const served *s)
{
    size_t n = 0;

    (void)pthread_mutex_lock(&s->server->lock);
    for (size_t i = 0; i < s->server->n_seat; i++) {
        n += s->server->seats[i].phase != SPOTI_SEAT_FREE ? 1 : 0;
    }
    (void)pthread_mutex_unlock(&s->server->lock);
    return n;
}

static void a_ping_is_answered_while_an_inference_runs(void **state)
{
    unsigned char data[1024];
    unsigned char first = 0;
    teller t;
    served s;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    const int fd = raw_client(&s);
    raw_ask(fd, WAITS);
    teller_await(&t, 1);
    assert_true(raw_frame(fd, 0x89, "are you there", 13, true));
    assert_int_equal(raw_read_frame(fd, &first, data, sizeof(data)), 13);
    assert_int_equal(first, 0x8a);
    assert_memory_equal(data, "are you there", 13);
    teller_open(&t, true);
    assert_true(raw_read_frame(fd, &first, data, sizeof(data)) > 0);
    assert_int_equal(first, 0x82);
    (void)close(fd);
    served_end(&s, NULL);
    teller_fini(&t);
}

/* A second request before the answer to the first: what one client may have the server keep is one request. */
static void who_does_not_wait_for_answers_is_sent_away(void **state)
{
    enum { FLOOD = 200 };
    unsigned char data[4096];
    unsigned char first = 0;
    teller t;
    served s;
    spot_serve_stats stats;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    const int fd = raw_client(&s);
    raw_ask(fd, WAITS);
    teller_await(&t, 1);
    for (int i = 0; i < FLOOD; i++) {
        raw_ask(fd, WAITS);
    }
    const long size = raw_read_frame(fd, &first, data, sizeof(data) - 1);
    assert_true(size > 0);
    assert_int_equal(first, 0x81);
    data[size] = '\0';
    assert_string_equal((const char *)data, "request: it came before the one before was answered, "
                                            "expected one at a time");
    (void)close(fd);
    check_alive(&s);
    teller_open(&t, true);
    AWAIT(seats_taken(&s) == 0);
    served_end(&s, &stats);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.answered, 1);
    teller_fini(&t);
}

/* Whoever leaves while his request waits or runs is forgotten, and the seats are free for others. */
static void who_leaves_before_the_answer_costs_nothing(void **state)
{
    enum { CONNECTIONS = 3, GUESTS = 40 };
    teller t;
    served s;
    spot_serve_config config;
    spot_serve_stats stats;
    (void)state;

    teller_init(&t);
    spot_serve_config_default(&config);
    config.connections = CONNECTIONS;
    config.threads = 2;
    served_start(&s, &t.brain, &config, NULL);
    for (int i = 0; i < GUESTS; i++) {
        const int fd = raw_client(&s);
        raw_ask(fd, WAITS);
        if (i < 2) {
            teller_await(&t, i + 1);
        }
        (void)close(fd);
        AWAIT(spoti_net_server_n_open(s.server->net) == 0);
        assert_true(seats_taken(&s) <= 2); /* those that workers are at */
    }
    assert_int_equal(stats_of(&s).answered, 0);
    teller_open(&t, true);
    check_alive(&s);
    AWAIT(seats_taken(&s) == 0);
    served_end(&s, &stats);
    assert_int_equal(stats.clients, GUESTS + 1);
    assert_int_equal(stats.clients_served, 1);
    assert_int_equal(stats.answered, 1);
    assert_int_equal(stats.refused, 0);
    /* states are begun when they are needed, and used again */
    assert_true(t.begun <= CONNECTIONS + 2);
    teller_fini(&t);
}

static void more_connections_than_seats_are_told_to_come_later(void **state)
{
    enum { CONNECTIONS = 3 };
    unsigned char data[1024];
    unsigned char first = 0;
    int fd[CONNECTIONS];
    teller t;
    served s;
    spot_serve_config config;
    (void)state;

    teller_init(&t);
    spot_serve_config_default(&config);
    config.connections = CONNECTIONS;
    served_start(&s, &t.brain, &config, NULL);
    for (int i = 0; i < CONNECTIONS; i++) {
        fd[i] = raw_client(&s);
    }
    const int late = raw_connect(s.port);
    assert_true(raw_client_handshake(late));
    assert_true(raw_read_frame(late, &first, data, sizeof(data)) >= 2);
    assert_int_equal(first, 0x88);
    assert_int_equal(256 * data[0] + data[1], 1013);
    (void)close(late);
    (void)close(fd[0]);
    AWAIT(spoti_net_server_n_open(s.server->net) < CONNECTIONS);
    check_alive(&s);
    for (int i = 1; i < CONNECTIONS; i++) {
        (void)close(fd[i]);
    }
    served_end(&s, NULL);
    teller_fini(&t);
}

/* In bursts: some say nothing, some shake hands, some go in the middle of a frame, some ask and leave; and there is one
 * client who behaves. */
static void a_thousand_connections_leave_it_as_it_was(void **state)
{
    enum { BURST = 40, BURSTS = 25 };
    int fd[BURST];
    unsigned char head[16];
    teller t;
    served s;
    asker a;
    spot_serve_stats stats;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    asker_start(&a, &s);
    for (int b = 0; b < BURSTS; b++) {
        for (int i = 0; i < BURST; i++) {
            fd[i] = raw_connect(s.port);
            if (i % 4 > 0) {
                (void)raw_client_handshake(fd[i]);
            }
            if (i % 4 == 2) {
                (void)raw_send(fd[i], head, raw_header(head, 0x82, 100000, true));
            } else if (i % 4 == 3) {
                raw_ask(fd[i], OBS);
            }
        }
        ask_begin(&a, OBS, TELLER_OBS);
        assert_int_equal(ask_end(&a), SPOT_OK);
        for (int i = 0; i < BURST; i++) {
            (void)close(fd[i]);
        }
    }
    AWAIT(seats_taken(&s) == 1);
    asker_end(&a);
    served_end(&s, &stats);
    assert_true(stats.answered >= BURSTS);
    teller_fini(&t);
}

static void a_frame_above_the_limit_is_refused_by_its_header(void **state)
{
    unsigned char head[16], data[1024];
    unsigned char first = 0;
    teller t;
    served s;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    const int fd = raw_client(&s);
    assert_true(raw_send(fd, head, raw_header(head, 0x82, SPOTI_SERVE_FRAME_BYTES + 1, true)));
    assert_true(raw_read_frame(fd, &first, data, sizeof(data)) >= 2);
    assert_int_equal(first, 0x88);
    assert_int_equal(256 * data[0] + data[1], 1009);
    (void)close(fd);
    check_alive(&s);
    served_end(&s, NULL);
    teller_fini(&t);
}

/* A large request is answered, and its memory does not stay. */
static void a_large_observation_is_answered_and_given_back(void **state)
{
    enum { SIDE = 2000 };
    const size_t shape[3] = {SIDE, SIDE, 3};
    teller t;
    served s;
    asker a;
    (void)state;

    unsigned char *pixels = calloc(1, (size_t)SIDE * SIDE * 3);
    assert_non_null(pixels);
    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    asker_start(&a, &s);
    for (int i = 0; i < 2; i++) {
        ask_begin(&a, OBS, TELLER_OBS);
        spoti_record_put_array(&a.request, "observation/image", SPOTI_NP_U1, 3, shape, pixels);
        assert_int_equal(ask_end(&a), SPOT_OK);
    }
    (void)pthread_mutex_lock(&s.server->lock);
    for (size_t i = 0; i < s.server->n_seat; i++) {
        assert_true(s.server->seats[i].frame.room <= SPOTI_SERVE_KEEP_BYTES);
    }
    (void)pthread_mutex_unlock(&s.server->lock);
    asker_end(&a);
    served_end(&s, NULL);
    teller_fini(&t);
    free(pixels);
}

/* Answers of 256 KiB to somebody who asks and never reads: the kernel takes some, then time runs out for him. */
static void who_does_not_read_is_given_up(void **state)
{
    enum { HORIZON = 32768, ROUNDS = 200 };
    teller t;
    served s;
    spoti_net_limits limits;
    (void)state;

    teller_init(&t);
    t.horizon = HORIZON;
    spoti_serve_limits(&limits);
    limits.send_s = 0.3;
    served_start(&s, &t.brain, NULL, &limits);
    const int fd = raw_connect(s.port);
    assert_true(raw_client_handshake(fd));
    /* each time he waits for his answer to be on its way, as the protocol has it, but reads none */
    int64_t asked = 0;
    while (asked < ROUNDS && stats_of(&s).answered == asked && stats_of(&s).refused == 0) {
        raw_ask(fd, OBS);
        asked++;
        for (int i = 0; i < 200 && stats_of(&s).answered < asked; i++) {
            pause_ms(10);
        }
    }
    assert_true(asked > 1);
    assert_true(asked < ROUNDS);
    AWAIT(spoti_net_server_n_open(s.server->net) == 0);
    AWAIT(seats_taken(&s) == 0);
    check_alive(&s);
    (void)close(fd);
    served_end(&s, NULL);
    teller_fini(&t);
}

static void it_ends_with_clients_there_and_says_goodbye(void **state)
{
    unsigned char data[1024];
    unsigned char first = 0;
    teller t;
    served s;
    (void)state;

    teller_init(&t);
    teller_open(&t, true);
    served_start(&s, &t.brain, NULL, NULL);
    const int idle = raw_client(&s);
    const int silent = raw_connect(s.port); /* never shakes hands */
    spot_serve_stop(s.server);
    assert_true(raw_read_frame(idle, &first, data, sizeof(data)) >= 2);
    assert_int_equal(first, 0x88);
    assert_int_equal(256 * data[0] + data[1], 1001);
    (void)close(idle);
    served_end(&s, NULL);
    (void)close(silent);
    teller_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ping_is_answered_while_an_inference_runs),
        cmocka_unit_test(who_does_not_wait_for_answers_is_sent_away),
        cmocka_unit_test(who_leaves_before_the_answer_costs_nothing),
        cmocka_unit_test(more_connections_than_seats_are_told_to_come_later),
        cmocka_unit_test(a_thousand_connections_leave_it_as_it_was),
        cmocka_unit_test(a_frame_above_the_limit_is_refused_by_its_header),
        cmocka_unit_test(a_large_observation_is_answered_and_given_back),
        cmocka_unit_test(who_does_not_read_is_given_up),
        cmocka_unit_test(it_ends_with_clients_there_and_says_goodbye),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
