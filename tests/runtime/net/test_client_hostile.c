/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Servers that misbehave, from raw sockets: each ends a call with one clear line, in time, without a leak. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"
#include "support/spot_test.h"

/* What a server does, and what the client must say. */
typedef struct behaviour {
    void (*act)(int fd);
    bool shakes_hands;
    const char *says;
} behaviour;

typedef struct hostile {
    int listening;
    const behaviour *what;
    pthread_t thread;
} hostile;

/* Until the client has gone: whatever it sends is read, nothing is said. */
static void stay_until_gone(int fd)
{
    char data[4096];

    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, data, sizeof data, 0) > 0) {
    }
}

static void wait_for_end(int fd)
{
    char data[4096];

    while (recv(fd, data, sizeof data, 0) > 0) {
    }
}

static void hang(int fd)
{
    wait_for_end(fd);
}

static void garbage(int fd)
{
    (void)raw_send(fd, "\x16\x03\x01 this is no HTTP at all\r\n\r\n\r\n", 30);
    wait_for_end(fd);
}

static void half_a_handshake(int fd)
{
    (void)raw_send(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso", 48);
    wait_for_end(fd);
}

static void endless_headers(int fd)
{
    (void)raw_send(fd, "HTTP/1.1 101 Switching Protocols\r\n", 34);
    while (raw_send(fd, "X-More: 0123456789012345678901234567890123456789\r\n", 50)) {
    }
}

static void wrong_answer(int fd)
{
    static const char WRONG[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    (void)raw_send(fd, WRONG, sizeof WRONG - 1);
    wait_for_end(fd);
}

static void redirects(int fd)
{
    static const char AWAY[] = "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n"
                               "Content-Length: 0\r\n\r\n";
    char head[4096];

    (void)raw_receive(fd, head, sizeof head, "\r\n\r\n");
    (void)raw_send(fd, AWAY, sizeof AWAY - 1);
    wait_for_end(fd);
}

static void closes_at_once(int fd)
{
    stay_until_gone(fd);
}

static void announces_4_gib(int fd)
{
    unsigned char head[14];

    (void)raw_send(fd, head, raw_header(head, 0x82, (size_t)4 << 30, false));
    (void)raw_send(fd, "some", 4);
    wait_for_end(fd);
}

/* Each fragment is small, the sum is not. */
static void endless_fragments(int fd)
{
    static const char PIECE[65536];
    bool ok = raw_frame(fd, 0x02, PIECE, sizeof PIECE, false);

    while (ok) {
        ok = raw_frame(fd, 0x00, PIECE, sizeof PIECE, false);
    }
}

static void ends_in_mid_frame(int fd)
{
    unsigned char head[14];

    (void)raw_send(fd, head, raw_header(head, 0x82, 1000, false));
    (void)raw_send(fd, "0123456789", 10);
    stay_until_gone(fd);
}

static void says_goodbye_in_mid_message(int fd)
{
    (void)raw_frame(fd, 0x02, "part", 4, false);
    (void)raw_frame(fd, 0x88, "\x03\xf3out of memory", 15, false);
    wait_for_end(fd);
}

static void hangs_in_mid_frame(int fd)
{
    unsigned char head[14];

    (void)raw_send(fd, head, raw_header(head, 0x82, 1000, false));
    (void)raw_send(fd, "0123456789", 10);
    wait_for_end(fd);
}

static void a_traceback(int fd)
{
    (void)raw_frame(fd, 0x81, "Traceback:\n  File x\nValueError: bad shape\n\n", 43, false);
    (void)raw_frame(fd, 0x88, "\x03\xf3Internal server error.", 24, false);
    wait_for_end(fd);
}

/* A text of 200 KiB: what is kept is enough for a line. */
static void an_endless_traceback(int fd)
{
    static char text[200 << 10];

    memset(text, 'x', sizeof text);
    (void)raw_frame(fd, 0x81, text, sizeof text, false);
    wait_for_end(fd);
}

static void a_wrong_opcode(int fd)
{
    (void)raw_frame(fd, 0x83, "x", 1, false);
    wait_for_end(fd);
}

static void talks_unasked(int fd)
{
    for (int i = 0; i < 64; i++) {
        (void)raw_frame(fd, 0x82, "x", 1, false);
    }
    wait_for_end(fd);
}

static void *misbehave(void *arg)
{
    const hostile *h = arg;
    const int fd = raw_accept(h->listening);

    if (fd >= 0) {
        if (!h->what->shakes_hands || raw_server_handshake(fd)) {
            h->what->act(fd);
        }
        (void)close(fd);
    }
    return NULL;
}

/* Long enough for a slow machine to do what is to be done, short enough for those who hang. */
static const double HANG_S = 0.3, WORK_S = PEERS_PATIENCE_S;

static spot_status meet(const behaviour *what, double time_s, spot_diag *diag)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spoti_net_client_config config;
    spoti_net_client *client = NULL;
    spoti_net_message message;
    hostile h = {.what = what};
    char url[64];
    int port = 0;

    h.listening = raw_listen(&port);
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%d", port);
    assert_int_equal(pthread_create(&h.thread, NULL, misbehave, &h), 0);
    spoti_net_client_config_default(&config);
    config.url = url;
    config.allocator = &a;
    config.frame_bytes = (size_t)1 << 20;
    config.connect_s = what->shakes_hands ? WORK_S : time_s;
    config.close_s = 0.1;
    spot_status st = spoti_net_client_connect(&config, &client, diag);
    if (st == SPOT_OK) {
        st = spoti_net_client_call(client, "ask", 3, time_s, &message, diag);
        for (int i = 0; i < 16 && st == SPOT_OK; i++) {
            st = spoti_net_client_receive(client, time_s, &message, diag);
            struct timespec pause = {.tv_nsec = 20000000};
            (void)nanosleep(&pause, NULL); /* what it sends unasked arrives */
        }
    }
    spoti_net_client_close(client);
    /* the limit of a message, doubled, and the old block; a few of them at most */
    assert_true(mem.bytes_peak < (size_t)16 << 20);
    spot_test_assert_no_leak(&mem);
    assert_int_equal(pthread_join(h.thread, NULL), 0);
    (void)close(h.listening);
    return st;
}

static void meet_all(const behaviour *all, size_t n, double time_s)
{
    for (size_t i = 0; i < n; i++) {
        spot_diag diag = {""};
        const spot_status st = meet(&all[i], time_s, &diag);
        if (st != SPOT_E_IO || strstr(diag.text, all[i].says) == NULL ||
            strncmp(diag.text, "ws://127.0.0.1:", 15) != 0) {
            fail_msg("case %zu, status %d: '%s' lacks '%s'", i, (int)st, diag.text, all[i].says);
        }
    }
}

static void servers_that_hang_end_at_the_time_out(void **state)
{
    static const behaviour ALL[] = {
        {hang, false, "the handshake has not ended within 0.3 s"},
        {half_a_handshake, false, "the handshake has not ended within 0.3 s"},
        {garbage, false, "the handshake has not ended within 0.3 s"},
        {hang, true, "no message within"},
        {hangs_in_mid_frame, true, "no end of a message within"},
    };
    (void)state;
    meet_all(ALL, sizeof ALL / sizeof ALL[0], HANG_S);
}

static void wrong_handshakes_are_refused(void **state)
{
    static const behaviour ALL[] = {
        {endless_headers, false, "the handshake fails: problems parsing header"},
        {wrong_answer, false, "the handshake fails: Accept hash wrong (HTTP status 101)"},
        {redirects, false, "the handshake fails: user code rejected redirect (HTTP status 302)"},
        {closes_at_once, false, "the handshake fails"},
    };
    (void)state;
    meet_all(ALL, sizeof ALL / sizeof ALL[0], WORK_S);
}

static void messages_that_are_too_large_or_do_not_end_are_refused(void **state)
{
    static const behaviour ALL[] = {
        {announces_4_gib, true, "a message larger than 1048576 bytes"},
        {endless_fragments, true, "a message larger than 1048576 bytes"},
        {ends_in_mid_frame, true, "the connection ended in mid-frame, 990 bytes before its end"},
        {says_goodbye_in_mid_message, true,
         "closed the connection in the middle of a message with code 1011: out of memory"},
        {closes_at_once, true, "the connection ended without a word"},
        {a_wrong_opcode, true, "the connection ended"},
        {talks_unasked, true, "messages that nobody asked for"},
    };
    (void)state;
    meet_all(ALL, sizeof ALL / sizeof ALL[0], WORK_S);
}

static void a_text_is_the_servers_error_and_is_shortened(void **state)
{
    static const behaviour ALL[] = {
        {a_traceback, true, ": the server says: ValueError: bad shape"},
        {an_endless_traceback, true, ": the server says: xxxx"},
    };
    (void)state;
    meet_all(ALL, sizeof ALL / sizeof ALL[0], WORK_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_that_hang_end_at_the_time_out),
        cmocka_unit_test(wrong_handshakes_are_refused),
        cmocka_unit_test(messages_that_are_too_large_or_do_not_end_are_refused),
        cmocka_unit_test(a_text_is_the_servers_error_and_is_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
