/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Client and server of ours with each other, and each with a raw socket that behaves well. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peers.h"
#include "runtime/net/record.h"
#include "support/spot_test.h"

static const double PATIENCE_S = PEERS_PATIENCE_S;

static void call(spoti_net_client *client, const void *data, size_t size, spoti_net_message *out)
{
    spot_diag diag = {""};

    if (spoti_net_client_call(client, data, size, PATIENCE_S, out, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
}

static unsigned char *noise(size_t size)
{
    unsigned char *data = malloc(size + 1);
    uint32_t x = 1;

    assert_non_null(data);
    for (size_t i = 0; i < size; i++) {
        x = x * 1664525U + 1013904223U;
        data[i] = (unsigned char)(x >> 24);
    }
    return data;
}

/* Around every change of a frame's header, of the pieces that are read at once, and what an observation takes. */
static void messages_of_all_sizes_come_back_equal(void **state)
{
    static const size_t SIZES[] = {0,     1,     125,    126,        65535,  65536,   65537,
                                   65552, 65553, 131072, 338 * 1024, 999999, 8000000, 3};
    echo_server echo;
    (void)state;

    echo_start(&echo, NULL, false);
    spoti_net_client *client = echo_client(&echo);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        unsigned char *data = noise(SIZES[i]);
        spoti_net_message back;
        call(client, data, SIZES[i], &back);
        assert_int_equal(back.size, SIZES[i]);
        assert_memory_equal(back.data, data, SIZES[i]);
        assert_false(back.is_text);
        free(data);
    }
    spoti_net_client_close(client);
    echo_await_closed(&echo, 1);
    echo_stop(&echo);
}

static void the_servers_first_word_is_read_before_the_first_call(void **state)
{
    echo_server echo;
    spoti_net_message message;
    (void)state;

    echo_start(&echo, NULL, true);
    spoti_net_client *client = echo_client(&echo);
    assert_int_equal(spoti_net_client_receive(client, PATIENCE_S, &message, NULL), SPOT_OK);
    assert_int_equal(message.size, 5);
    assert_memory_equal(message.data, "hello", 5);
    call(client, "abc", 3, &message);
    assert_memory_equal(message.data, "abc", 3);
    assert_int_equal(spoti_net_client_pump(client, NULL), SPOT_OK);
    spoti_net_client_close(client);
    echo_stop(&echo);
}

static void an_exception_of_the_server_is_its_last_line(void **state)
{
    echo_server echo;
    spoti_net_message message;
    spot_diag diag = {""};
    (void)state;

    echo_start(&echo, NULL, false);
    spoti_net_client *client = echo_client(&echo);
    assert_int_equal(spoti_net_client_call(client, "fail", 4, PATIENCE_S, &message, &diag),
                     SPOT_E_IO);
    assert_non_null(strstr(diag.text, ": the server says: KeyError: 'state'"));
    assert_int_equal(strncmp(diag.text, echo.url, strlen(echo.url)), 0);
    /* ... and it is final */
    diag.text[0] = '\0';
    assert_int_equal(spoti_net_client_call(client, "x", 1, PATIENCE_S, &message, &diag),
                     SPOT_E_STATE);
    assert_non_null(strstr(diag.text, "KeyError: 'state'"));
    assert_int_equal(spoti_net_client_pump(client, &diag), SPOT_E_STATE);
    spoti_net_client_close(client);

    /* the close behind the text, seen by who asks for it */
    client = echo_client(&echo);
    assert_int_equal(spoti_net_client_send(client, "fail", 4, PATIENCE_S, NULL), SPOT_OK);
    assert_int_equal(spoti_net_client_receive(client, PATIENCE_S, &message, NULL), SPOT_OK);
    assert_true(message.is_text);
    assert_int_equal(spoti_net_client_receive(client, PATIENCE_S, &message, &diag), SPOT_E_IO);
    assert_non_null(
        strstr(diag.text, "closed the connection with code 1011: Internal server error."));
    spoti_net_client_close(client);
    echo_stop(&echo);
}

static void records_go_over_the_wire(void **state)
{
    echo_server echo;
    spoti_net_message back;
    spoti_record record = {.allocator = NULL};
    spoti_bytes bytes = {.allocator = NULL}, frame = {.allocator = NULL};
    const size_t shape[3] = {224, 224, 3};
    (void)state;

    unsigned char *image = noise(224 * 224 * 3);
    spoti_record_map(&record, NULL);
    spoti_record_put_array(&record, "observation/image", SPOTI_NP_U1, 3, shape, image);
    spoti_record_put_text(&record, "prompt", "pick up the cup");
    spoti_record_end(&record);
    assert_int_equal(spoti_record_encode(&record, SPOTI_DIALECT_OPENPI, &bytes, NULL), SPOT_OK);
    echo_start(&echo, NULL, false);
    spoti_net_client *client = echo_client(&echo);
    call(client, bytes.data, bytes.size, &back);
    assert_int_equal(spoti_record_decode(&record, "echo", back.data, back.size, NULL), SPOT_OK);
    const spoti_value *got = spoti_value_find(spoti_record_root(&record), "observation/image");
    assert_memory_equal(got->as.array.data, image, sizeof(unsigned char) * 224 * 224 * 3);

    /* ... and without a copy, where a frame is masked where it lies, again and again */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spoti_record_encode_frame(&record, SPOTI_DIALECT_OPENPI, &frame, NULL),
                         SPOT_OK);
        assert_int_equal(frame.size, SPOTI_NET_FRAME_HEAD + bytes.size);
        assert_int_equal(spoti_net_client_call_frame(client, &frame, PATIENCE_S, &back, NULL),
                         SPOT_OK);
        assert_int_equal(back.size, bytes.size);
        assert_memory_equal(back.data, bytes.data, bytes.size);
        assert_int_equal(spoti_record_decode(&record, "echo", back.data, back.size, NULL), SPOT_OK);
    }
    frame.size = SPOTI_NET_FRAME_HEAD - 1;
    assert_int_equal(spoti_net_client_call_frame(client, &frame, PATIENCE_S, &back, NULL),
                     SPOT_E_INVALID);
    spoti_net_client_close(client);
    echo_stop(&echo);
    spoti_record_fini(&record);
    spoti_bytes_fini(&bytes);
    spoti_bytes_fini(&frame);
    free(image);
}

/* ---- our client, a raw server ---- */

typedef struct raw_server {
    int listening;
    pthread_t thread;
    bool ok; /* everything went as it should */
} raw_server;

static void start_raw(raw_server *raw, void *(*work)(void *), char *url, size_t url_size)
{
    int port = 0;

    raw->ok = false;
    raw->listening = raw_listen(&port);
    (void)snprintf(url, url_size, "ws://127.0.0.1:%d", port);
    assert_int_equal(pthread_create(&raw->thread, NULL, work, raw), 0);
}

static void stop_raw(raw_server *raw)
{
    assert_int_equal(pthread_join(raw->thread, NULL), 0);
    (void)close(raw->listening);
    assert_true(raw->ok);
}

/* Takes one message; pings, and answers only when the pong has come; the answer is in three fragments with a ping in
 * their middle. */
static void *slow_and_in_fragments(void *arg)
{
    raw_server *raw = arg;
    unsigned char data[256], first = 0;
    const int fd = raw_accept(raw->listening);

    bool ok = raw_server_handshake(fd);
    ok = ok && raw_read_frame(fd, &first, data, sizeof data) == 3 && first == 0x82 &&
         memcmp(data, "ask", 3) == 0;
    ok = ok && raw_frame(fd, 0x89, "are you there", 13, false);
    ok = ok && raw_read_frame(fd, &first, data, sizeof data) == 13 && first == 0x8a &&
         memcmp(data, "are you there", 13) == 0;
    ok = ok && raw_frame(fd, 0x02, "an", 2, false) && raw_frame(fd, 0x89, "", 0, false);
    ok = ok && raw_frame(fd, 0x00, "sw", 2, false) && raw_frame(fd, 0x80, "er", 2, false);
    ok = ok && raw_read_frame(fd, &first, data, sizeof data) == 0 && first == 0x8a;
    ok = ok && raw_read_frame(fd, &first, data, sizeof data) == 2 && first == 0x88 &&
         data[0] == 0x03 && data[1] == 0xe8; /* the client's goodbye, 1000 */
    raw->ok = ok && raw_frame(fd, 0x88, "\x03\xe8", 2, false);
    (void)close(fd);
    return NULL;
}

static void pings_are_answered_while_a_call_waits_and_fragments_are_joined(void **state)
{
    spoti_net_client_config config;
    spoti_net_client *client = NULL;
    spoti_net_message back;
    raw_server raw;
    char url[64];
    (void)state;

    start_raw(&raw, slow_and_in_fragments, url, sizeof url);
    spoti_net_client_config_default(&config);
    config.url = url;
    config.close_s = PATIENCE_S;
    assert_int_equal(spoti_net_client_connect(&config, &client, NULL), SPOT_OK);
    call(client, "ask", 3, &back);
    assert_int_equal(back.size, 6);
    assert_memory_equal(back.data, "answer", 6);
    /* the last pong may wait for the next round */
    assert_int_equal(spoti_net_client_pump(client, NULL), SPOT_OK);
    spoti_net_client_close(client);
    stop_raw(&raw);
}

/* Notes the head of the request. */
static char noted_head[4096];

static void *note_head(void *arg)
{
    raw_server *raw = arg;
    const int fd = raw_accept(raw->listening);
    const size_t n = raw_receive(fd, noted_head, sizeof noted_head - 1, "\r\n\r\n");

    noted_head[n] = '\0';
    raw->ok = raw_send(fd, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 48);
    (void)close(fd);
    return NULL;
}

static void the_request_has_path_host_and_key_and_asks_for_no_compression(void **state)
{
    spoti_net_client_config config;
    spoti_net_client *client = NULL;
    spot_diag diag = {""};
    raw_server raw;
    char url[64], full[128], host[96];
    (void)state;

    start_raw(&raw, note_head, url, sizeof url);
    (void)snprintf(full, sizeof full, "%s/v1/openpi?x=1", url);
    (void)snprintf(host, sizeof host, "\r\nHost: %s\r\n", url + strlen("ws://"));
    assert_int_equal(setenv("http_proxy", "127.0.0.1:1", 1), 0); /* which is not asked */
    spoti_net_client_config_default(&config);
    config.url = full;
    config.api_key = "secret 1";
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_IO);
    assert_null(client);
    assert_int_equal(unsetenv("http_proxy"), 0);
    stop_raw(&raw);
    assert_int_equal(strncmp(noted_head, "GET /v1/openpi?x=1 HTTP/1.1\r\n", 29), 0);
    assert_non_null(strstr(noted_head, host));
    assert_non_null(strstr(noted_head, "uthorization: Api-Key secret 1\r\n"));
    assert_null(strstr(noted_head, "xtensions"));
    assert_non_null(strstr(diag.text, "the handshake fails"));
    assert_non_null(strstr(diag.text, "401"));
}

/* ---- our server, a raw client ---- */

static void the_health_page_is_on_the_same_port(void **state)
{
    echo_server echo;
    char page[1024];
    (void)state;

    echo_start(&echo, NULL, false);
    int fd = raw_connect(echo.port);
    assert_true(raw_send(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 54));
    size_t n = raw_receive(fd, page, sizeof page - 1, "\r\n\r\nOK\n");
    page[n] = '\0';
    assert_int_equal(strncmp(page, "HTTP/1.1 200 ", 13), 0);
    assert_string_equal(strstr(page, "\r\n\r\n"), "\r\n\r\nOK\n");
    (void)close(fd);
    fd = raw_connect(echo.port);
    assert_true(raw_send(fd, "GET /other HTTP/1.0\r\n\r\n", 23));
    n = raw_receive(fd, page, sizeof page - 1, "healthz\n");
    page[n] = '\0';
    assert_int_equal(strncmp(page, "HTTP/1.", 7), 0);
    assert_non_null(strstr(page, " 404 "));
    (void)close(fd);
    echo_stop(&echo);
}

static void the_server_joins_fragments_and_answers_pings(void **state)
{
    echo_server echo;
    unsigned char data[64], first = 0;
    (void)state;

    echo_start(&echo, NULL, true);
    const int fd = raw_connect(echo.port);
    assert_true(raw_client_handshake(fd));
    assert_int_equal(raw_read_frame(fd, &first, data, sizeof data), 5);
    assert_int_equal(first, 0x82);
    assert_true(raw_frame(fd, 0x02, "fr", 2, true));
    assert_true(raw_frame(fd, 0x89, "x", 1, true));
    assert_true(raw_frame(fd, 0x80, "ag", 2, true));
    bool pong = false, echoed = false;
    for (int i = 0; i < 2; i++) { /* in whatever order */
        const long n = raw_read_frame(fd, &first, data, sizeof data);
        pong = pong || (first == 0x8a && n == 1 && data[0] == 'x');
        echoed = echoed || (first == 0x82 && n == 4 && memcmp(data, "frag", 4) == 0);
    }
    assert_true(pong && echoed);
    assert_true(raw_frame(fd, 0x88, "\x03\xe8", 2, true));
    assert_int_equal(raw_read_frame(fd, &first, data, sizeof data), 2);
    assert_int_equal(first, 0x88);
    (void)close(fd);
    echo_await_closed(&echo, 1);
    echo_stop(&echo);
}

/* ---- answers from another thread ---- */

typedef struct slow_server {
    spoti_net_server *server;
    pthread_t thread, worker;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    spoti_net_id asked; /* locked: whom the worker answers */
    bool may_answer;    /* locked */
    spot_status reply, late_reply;
} slow_server;

static void give_to_worker(void *self, spoti_net_id id, const spoti_net_message *message)
{
    slow_server *slow = self;

    (void)message;
    (void)pthread_mutex_lock(&slow->lock);
    slow->asked = id;
    (void)pthread_cond_signal(&slow->changed);
    (void)pthread_mutex_unlock(&slow->lock);
}

static void *answer_slowly(void *arg)
{
    slow_server *slow = arg;

    (void)pthread_mutex_lock(&slow->lock);
    while (slow->asked == 0 || !slow->may_answer) {
        (void)pthread_cond_wait(&slow->changed, &slow->lock);
    }
    const spoti_net_id id = slow->asked;
    (void)pthread_mutex_unlock(&slow->lock);
    slow->reply = spoti_net_server_reply(slow->server, id, "late", 4);
    slow->late_reply = spoti_net_server_reply(slow->server, id + 65536, "nobody", 6);
    return NULL;
}

static void *run_slow(void *arg)
{
    slow_server *slow = arg;

    (void)spoti_net_server_run(slow->server, NULL);
    return NULL;
}

/* The worker answers only after the pong has been seen, so the pong came under the slow answer. */
static void pings_are_answered_under_a_slow_answer_of_another_thread(void **state)
{
    static const spoti_net_server_ops OPS = {.message = give_to_worker};
    spoti_net_server_config config;
    slow_server slow = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    unsigned char data[64], first = 0;
    (void)state;

    spoti_net_server_config_default(&config);
    config.host = "localhost";
    config.ops = &OPS;
    config.self = &slow;
    assert_int_equal(spoti_net_server_create(&config, &slow.server, NULL), SPOT_OK);
    assert_int_equal(pthread_create(&slow.thread, NULL, run_slow, &slow), 0);
    assert_int_equal(pthread_create(&slow.worker, NULL, answer_slowly, &slow), 0);
    const int fd = raw_connect(spoti_net_server_port(slow.server));
    assert_true(raw_client_handshake(fd));
    assert_true(raw_frame(fd, 0x82, "ask", 3, true) && raw_frame(fd, 0x89, "p", 1, true));
    assert_int_equal(raw_read_frame(fd, &first, data, sizeof data), 1);
    assert_int_equal(first, 0x8a);
    (void)pthread_mutex_lock(&slow.lock);
    slow.may_answer = true;
    (void)pthread_cond_signal(&slow.changed);
    (void)pthread_mutex_unlock(&slow.lock);
    assert_int_equal(raw_read_frame(fd, &first, data, sizeof data), 4);
    assert_memory_equal(data, "late", 4);
    assert_int_equal(pthread_join(slow.worker, NULL), 0);
    assert_int_equal(slow.reply, SPOT_OK);
    assert_int_equal(slow.late_reply, SPOT_E_NOT_FOUND);
    assert_int_equal(spoti_net_server_n_open(slow.server), 1);

    /* The end: a goodbye with its code and reason. */
    spoti_net_server_stop(slow.server);
    assert_int_equal(raw_read_frame(fd, &first, data, sizeof data), 18);
    assert_int_equal(first, 0x88);
    assert_memory_equal(data, "\x03\xe9the server stops", 18);
    (void)close(fd);
    assert_int_equal(pthread_join(slow.thread, NULL), 0);
    spoti_net_server_destroy(slow.server);
}

static void a_server_can_be_stopped_before_it_runs(void **state)
{
    static const spoti_net_server_ops OPS = {NULL, NULL, NULL};
    spoti_net_server_config config;
    spoti_net_server *server = NULL;
    (void)state;

    spoti_net_server_config_default(&config);
    config.ops = &OPS;
    assert_int_equal(spoti_net_server_create(&config, &server, NULL), SPOT_OK);
    spoti_net_server_stop(server);
    assert_int_equal(spoti_net_server_run(server, NULL), SPOT_OK);
    spoti_net_server_destroy(server);
    spoti_net_server_destroy(NULL);
    spoti_net_client_close(NULL);
}

/* ---- bad calls ---- */

static void addresses_that_cannot_be_had_are_refused(void **state)
{
    static const spoti_net_server_ops OPS = {NULL, NULL, NULL};
    spoti_net_server_config config;
    spoti_net_server *server = NULL;
    spot_diag diag = {""};
    int port = 0;
    (void)state;

    const int taken = raw_listen(&port);
    spoti_net_server_config_default(&config);
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_INVALID); /* no ops */
    config.ops = &OPS;
    config.port = port;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_IO);
    assert_null(server);
    assert_non_null(strstr(diag.text, "Address already in use"));
    config.port = 0;
    config.host = "192.0.2.1"; /* nobody's, RFC 5737 */
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "192.0.2.1"));
    config.host = "no-such-name.invalid";
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_INVALID);
    assert_non_null(strstr(diag.text, "numeric address"));
    config.host = "127.0.0.1";
    config.port = 65536;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_INVALID);
    config.port = 0;
    config.limits.ping_s = config.limits.hangup_s;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_RANGE);
    spoti_net_limits_default(&config.limits);
    config.limits.frame_bytes = 0;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "frame_bytes is 0"));
    spoti_net_limits_default(&config.limits);
    config.limits.idle_s = 0;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "idle_s is 0"));
    config.size = 1;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_INVALID);
    (void)close(taken);
}

/* A free port is found by having it and giving it back. */
static void nobody_at_the_address_is_a_refused_connection(void **state)
{
    spoti_net_client_config config;
    spoti_net_client *client = NULL;
    spot_diag diag = {""};
    char url[64];
    int port = 0;
    (void)state;

    (void)close(raw_listen(&port));
    (void)snprintf(url, sizeof url, "ws://localhost:%d", port);
    spoti_net_client_config_default(&config);
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_INVALID);
    config.url = url;
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_IO);
    assert_null(client);
    assert_non_null(strstr(diag.text, ": connection refused, expected a policy server there"));
    config.url = "ws://no-such-name.invalid:1";
    const spot_status st = spoti_net_client_connect(&config, &client, &diag);
    assert_true(st == SPOT_E_NOT_FOUND || st == SPOT_E_IO); /* no name server is E_IO */
    assert_non_null(strstr(diag.text, "no-such-name.invalid: "));
    config.url = "http://localhost";
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_FORMAT);
    config.url = url;
    config.api_key = "line\nbreak";
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_INVALID);
    config.api_key = NULL;
    config.connect_s = 0;
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_INVALID);
    config.size = 0;
    assert_int_equal(spoti_net_client_connect(&config, &client, &diag), SPOT_E_INVALID);
}

/* libwebsockets would ignore it for the whole process. */
static void the_handling_of_sigpipe_is_left_alone(void **state)
{
    struct sigaction now;
    echo_server echo;
    (void)state;

    echo_start(&echo, NULL, false);
    spoti_net_client_close(echo_client(&echo));
    echo_stop(&echo);
    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_all_sizes_come_back_equal),
        cmocka_unit_test(the_servers_first_word_is_read_before_the_first_call),
        cmocka_unit_test(an_exception_of_the_server_is_its_last_line),
        cmocka_unit_test(records_go_over_the_wire),
        cmocka_unit_test(pings_are_answered_while_a_call_waits_and_fragments_are_joined),
        cmocka_unit_test(the_request_has_path_host_and_key_and_asks_for_no_compression),
        cmocka_unit_test(the_health_page_is_on_the_same_port),
        cmocka_unit_test(the_server_joins_fragments_and_answers_pings),
        cmocka_unit_test(pings_are_answered_under_a_slow_answer_of_another_thread),
        cmocka_unit_test(a_server_can_be_stopped_before_it_runs),
        cmocka_unit_test(addresses_that_cannot_be_had_are_refused),
        cmocka_unit_test(nobody_at_the_address_is_a_refused_connection),
        cmocka_unit_test(the_handling_of_sigpipe_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
