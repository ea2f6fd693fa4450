/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Clients that misbehave, from raw sockets: each is ended, and the server goes on serving others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peers.h"
#include "support/spot_test.h"

enum { MIB = 1 << 20 };

/* Somebody else is served, now. */
static void assert_serves(const echo_server *echo)
{
    spoti_net_client *client = echo_client(echo);
    spoti_net_message back;
    spot_diag diag = {""};

    if (spoti_net_client_call(client, "still there", 11, PEERS_PATIENCE_S, &back, &diag) !=
        SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(back.size, 11);
    spoti_net_client_close(client);
}

/* A raw client that has shaken hands. */
static int raw_client(const echo_server *echo)
{
    const int fd = raw_connect(echo->port);

    assert_true(raw_client_handshake(fd));
    return fd;
}

/* Reads frames until a close; its code, or -1 if the connection ends without one. */
static int close_code(int fd, char *reason, size_t reason_size)
{
    unsigned char data[256], first = 0;

    for (;;) {
        const long n = raw_read_frame(fd, &first, data, sizeof data);
        if (n < 0) {
            return -1;
        }
        if (first == 0x88 && n >= 2) {
            const size_t size = (size_t)n - 2 < reason_size ? (size_t)n - 2 : reason_size - 1;
            memcpy(reason, data + 2, size);
            reason[size] = '\0';
            return data[0] << 8 | data[1];
        }
    }
}

static void assert_closed_with(int fd, int code, const char *says)
{
    char reason[128] = "";

    assert_int_equal(close_code(fd, reason, sizeof reason), code);
    assert_string_equal(reason, says);
    (void)close(fd);
}

/* The connection is over within patience. */
static void assert_ends(int fd)
{
    char data[4096];
    ssize_t n = 1;

    while (n > 0) {
        n = recv(fd, data, sizeof data, 0);
    }
    assert_true(n == 0 || errno == ECONNRESET || errno == EPIPE); /* not the time-out */
    (void)close(fd);
}

static spoti_net_limits small_limits(void)
{
    spoti_net_limits limits;

    spoti_net_limits_default(&limits);
    limits.frame_bytes = MIB;
    return limits;
}

static void what_is_no_handshake_is_ended(void **state)
{
    static const char *const CASES[] = {
        "\x16\x03\x01\x02garbage\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AA\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };
    spoti_net_limits limits = small_limits();
    echo_server echo;
    (void)state;

    limits.handshake_s = 1;
    echo_start(&echo, &limits, false);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const int fd = raw_connect(echo.port);
        assert_true(raw_send(fd, CASES[i], strlen(CASES[i])));
        assert_ends(fd);
    }
    /* one that says nothing, one that never ends */
    assert_ends(raw_connect(echo.port));
    const int fd = raw_connect(echo.port);
    assert_true(raw_send(fd, "GET / HTTP/1.1\r\nX: ", 19));
    for (int i = 0; i < 4096 && raw_send(fd, "0123456789abcdef", 16); i++) {
    }
    assert_ends(fd);
    assert_serves(&echo);
    echo_stop(&echo);
}

static void messages_above_the_limit_are_closed_with_1009(void **state)
{
    static const char PIECE[65536];
    spoti_net_limits limits = small_limits();
    echo_server echo;
    unsigned char head[14];
    (void)state;

    echo_start(&echo, &limits, false);
    /* what a header announces, with enough behind it to be looked at; and with nothing behind it */
    int fd = raw_client(&echo);
    assert_true(raw_send(fd, head, raw_header(head, 0x82, (size_t)4 << 30, true)));
    assert_true(raw_send(fd, PIECE, sizeof PIECE) && raw_send(fd, PIECE, sizeof PIECE));
    assert_closed_with(fd, 1009, "message too large");
    fd = raw_client(&echo);
    assert_true(raw_send(fd, head, raw_header(head, 0x82, (size_t)4 << 30, true)));
    assert_closed_with(fd, 1009, "message too large");
    /* the sum of fragments; the last piece makes a byte too much */
    fd = raw_client(&echo);
    assert_true(raw_frame(fd, 0x02, PIECE, sizeof PIECE, true));
    for (int i = 1; i < MIB / (int)sizeof PIECE; i++) {
        assert_true(raw_frame(fd, 0x00, PIECE, sizeof PIECE, true));
    }
    assert_true(raw_frame(fd, 0x80, PIECE, 1, true));
    assert_closed_with(fd, 1009, "message too large");
    assert_serves(&echo);
    echo_stop(&echo);
}

static void the_largest_message_that_is_allowed_is_taken(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    spoti_net_message back;
    char *data = calloc(1, MIB);
    (void)state;

    assert_non_null(data);
    echo_start(&echo, &limits, false);
    spoti_net_client *client = echo_client(&echo);
    assert_int_equal(spoti_net_client_call(client, data, MIB, PEERS_PATIENCE_S, &back, NULL),
                     SPOT_OK);
    assert_int_equal(back.size, MIB);
    spoti_net_client_close(client);
    echo_stop(&echo);
    free(data);
}

static void wrong_frames_are_ended(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    (void)state;

    echo_start(&echo, &limits, false);
    int fd = raw_client(&echo);
    assert_true(raw_frame(fd, 0x83, "x", 1, true)); /* no such opcode */
    assert_ends(fd);
    fd = raw_client(&echo);
    assert_true(raw_frame(fd, 0x80, "x", 1, true)); /* goes on with nothing */
    assert_ends(fd);
    fd = raw_client(&echo);
    assert_true(raw_frame(fd, 0xc2, "x", 1, true)); /* says compressed, which was not agreed */
    assert_ends(fd);
    fd = raw_client(&echo);
    assert_true(raw_frame(fd, 0x81, "\xff\xfe", 2, true)); /* a text that is no UTF-8 */
    assert_ends(fd);
    fd = raw_client(&echo);
    assert_true(raw_send(fd, "\x89\xfe\x00\x80", 4)); /* a ping of 128 bytes */
    assert_ends(fd);
    /* in mid-frame, without a word */
    fd = raw_client(&echo);
    assert_true(raw_send(fd, "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00 some", 19));
    (void)close(fd);
    echo_await_closed(&echo, 6);
    assert_serves(&echo);
    echo_stop(&echo);
}

/* RFC 6455, 5.1, says that it must be closed; libwebsockets reads it. Either way nothing is lost: the next is served. */
static void unmasked_frames_do_no_harm(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    unsigned char data[16], first = 0;
    (void)state;

    echo_start(&echo, &limits, false);
    const int fd = raw_client(&echo);
    assert_true(raw_frame(fd, 0x82, "bare", 4, false));
    const long n = raw_read_frame(fd, &first, data, sizeof data);
    assert_true(n < 0 || first == 0x88 || (n == 4 && memcmp(data, "bare", 4) == 0));
    (void)close(fd);
    assert_serves(&echo);
    echo_stop(&echo);
}

static void clients_that_are_slow_or_silent_are_ended(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    (void)state;

    limits.message_s = 0.2;
    limits.idle_s = 0.4;
    echo_start(&echo, &limits, false);
    int fd = raw_client(&echo); /* says nothing */
    assert_closed_with(fd, 1001, "idle for too long");
    fd = raw_client(&echo); /* a frame without its end, of which the library tells nothing */
    assert_true(raw_send(fd, "\x82\x8a\x00\x00\x00\x00some", 10));
    assert_closed_with(fd, 1008, "the message does not end");
    fd = raw_client(&echo); /* a fragment without the next */
    assert_true(raw_frame(fd, 0x02, "part", 4, true));
    assert_closed_with(fd, 1008, "the message does not end");
    echo_stop(&echo);
}

/* A peer whose computer has gone answers no ping; the raw one reads it and says nothing. */
static void a_peer_that_answers_no_ping_is_ended(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    unsigned char data[128], first = 0;
    (void)state;

    limits.ping_s = 1;
    limits.hangup_s = 2;
    echo_start(&echo, &limits, false);
    const int fd = raw_client(&echo);
    assert_true(raw_read_frame(fd, &first, data, sizeof data) >= 0);
    assert_int_equal(first, 0x89);
    assert_ends(fd);
    echo_await_closed(&echo, 1);
    echo_stop(&echo);
}

/* Asks for megabytes and reads none: the kernel's buffers fill, then the server's queue, and the time is over. */
static void clients_that_do_not_read_are_ended(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    char *data = calloc(1, MIB);
    const int little = 4096;
    (void)state;

    assert_non_null(data);
    limits.send_s = 0.3;
    limits.frame_bytes = MIB;
    echo_start(&echo, &limits, false);
    const int fd = raw_connect(echo.port);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
    assert_true(raw_client_handshake(fd));
    bool alive = true;
    for (int i = 0; i < 64 && alive; i++) {
        alive = raw_frame(fd, 0x82, data, MIB, true);
    }
    echo_await_closed(&echo, 1);
    (void)close(fd);
    assert_serves(&echo);
    echo_stop(&echo);
    free(data);
}

static void messages_of_all_together_are_bounded(void **state)
{
    static const char PIECE[600 * 1024];
    spoti_net_limits limits = small_limits();
    echo_server echo;
    (void)state;

    limits.arriving_bytes = MIB;
    echo_start(&echo, &limits, false);
    const int one = raw_client(&echo);
    const int other = raw_client(&echo);
    assert_true(raw_frame(one, 0x02, PIECE, sizeof PIECE, true));
    (void)raw_frame(other, 0x02, PIECE, sizeof PIECE, true);
    /* whichever is read last has no room */
    char reason[128] = "";
    fd_set fds;
    FD_ZERO(&fds);
    FD_SET(one, &fds);
    FD_SET(other, &fds);
    assert_true(select((one > other ? one : other) + 1, &fds, NULL, NULL, NULL) > 0);
    const int refused = FD_ISSET(one, &fds) ? one : other;
    const int kept = refused == one ? other : one;
    assert_int_equal(close_code(refused, reason, sizeof reason), 1013);
    assert_string_equal(reason, "too many large messages at once, try again later");
    (void)close(refused);
    echo_await_closed(&echo, 1);
    /* ... and the one that was kept ends its message and gets it back */
    unsigned char *data = malloc(sizeof PIECE + 1), first = 0;
    assert_non_null(data);
    assert_true(raw_frame(kept, 0x80, "x", 1, true));
    assert_int_equal(raw_read_frame(kept, &first, data, sizeof PIECE + 1), sizeof PIECE + 1);
    (void)close(kept);
    free(data);
    echo_stop(&echo);
}

static void one_connection_too_many_is_told_so(void **state)
{
    spoti_net_limits limits = small_limits();
    echo_server echo;
    (void)state;

    limits.n_connection = 2;
    echo_start(&echo, &limits, false);
    const int a = raw_client(&echo), b = raw_client(&echo);
    assert_closed_with(raw_client(&echo), 1013, "too many connections, try again later");
    assert_int_equal(spoti_net_server_n_open(echo.server), 2);
    (void)close(a);
    echo_await_closed(&echo, 1);
    assert_serves(&echo);
    (void)close(b);
    echo_stop(&echo);
}

/* As many descriptors as the process may have, both ends of each connection in it. */
static void a_thousand_connections_are_served(void **state)
{
    enum { WANTED = 1000, OTHERS = 200 };
    struct rlimit files;
    spoti_net_limits limits = small_limits();
    echo_server echo;
    static int fds[WANTED];
    (void)state;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    const size_t fit = ((size_t)files.rlim_cur - OTHERS) / 2;
    const size_t n = fit < WANTED ? fit : WANTED;
    limits.n_connection = n;
    limits.handshake_s = PEERS_PATIENCE_S;
    echo_start(&echo, &limits, false);
    for (size_t i = 0; i < n; i++) {
        fds[i] = raw_client(&echo);
    }
    assert_closed_with(raw_client(&echo), 1013, "too many connections, try again later");
    for (size_t i = 0; i < n; i++) {
        assert_true(raw_frame(fds[i], 0x82, &i, sizeof i, true));
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char data[16], first = 0;
        assert_int_equal(raw_read_frame(fds[i], &first, data, sizeof data), sizeof i);
        assert_memory_equal(data, &i, sizeof i);
        (void)close(fds[i]);
    }
    echo_await_closed(&echo, n);
    assert_serves(&echo);
    echo_stop(&echo);
}

static void more_connections_than_descriptors_are_refused_before_it_begins(void **state)
{
    static const spoti_net_server_ops OPS = {NULL, NULL, NULL};
    struct rlimit before, few;
    spoti_net_server_config config;
    spoti_net_server *server = NULL;
    spot_diag diag = {""};
    (void)state;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 256;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    spoti_net_server_config_default(&config);
    config.ops = &OPS;
    config.limits.n_connection = 200;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "200 connections need 328 file descriptors"));
    config.limits.n_connection = 128;
    assert_int_equal(spoti_net_server_create(&config, &server, &diag), SPOT_OK);
    spoti_net_server_destroy(server);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Memory that is short from the k-th allocation on: create says so, or messages are refused and the rest goes on. */
static void memory_that_is_short_leaks_nothing(void **state)
{
    static const spoti_net_server_ops OPS = {NULL, NULL, NULL};
    (void)state;

    for (int k = 0; k < 200; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spoti_net_server_config config;
        spoti_net_server *server = NULL;

        spoti_net_server_config_default(&config);
        config.ops = &OPS;
        config.allocator = &a;
        config.limits.n_connection = 3;
        const spot_status st = spoti_net_server_create(&config, &server, NULL);
        spoti_net_server_destroy(server);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k >= 5);
            return;
        }
        assert_int_equal(st, SPOT_E_NOMEM);
        assert_null(server);
    }
    fail_msg("it never had enough");
}

static void a_client_without_memory_says_so(void **state)
{
    echo_server echo;
    (void)state;

    echo_start(&echo, NULL, false);
    for (int k = 0; k < 20; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spoti_net_client_config config;
        spoti_net_client *client = NULL;
        spoti_net_message back;

        spoti_net_client_config_default(&config);
        config.url = echo.url;
        config.allocator = &a;
        spot_status st = spoti_net_client_connect(&config, &client, NULL);
        const bool connected = st == SPOT_OK;
        if (connected) {
            st = spoti_net_client_call(client, "x", 1, PEERS_PATIENCE_S, &back, NULL);
        }
        spoti_net_client_close(client);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k >= 3);
            echo_stop(&echo);
            return;
        }
        /* memory for the answer is short in a callback, so it comes as the connection's failure */
        assert_true(st == SPOT_E_NOMEM || (connected && st == SPOT_E_IO));
    }
    fail_msg("it never had enough");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_handshake_is_ended),
        cmocka_unit_test(messages_above_the_limit_are_closed_with_1009),
        cmocka_unit_test(the_largest_message_that_is_allowed_is_taken),
        cmocka_unit_test(wrong_frames_are_ended),
        cmocka_unit_test(unmasked_frames_do_no_harm),
        cmocka_unit_test(clients_that_are_slow_or_silent_are_ended),
        cmocka_unit_test(a_peer_that_answers_no_ping_is_ended),
        cmocka_unit_test(clients_that_do_not_read_are_ended),
        cmocka_unit_test(messages_of_all_together_are_bounded),
        cmocka_unit_test(one_connection_too_many_is_told_so),
        cmocka_unit_test(a_thousand_connections_are_served),
        cmocka_unit_test(more_connections_than_descriptors_are_refused_before_it_begins),
        cmocka_unit_test(memory_that_is_short_leaks_nothing),
        cmocka_unit_test(a_client_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
