/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a call over the wire costs: our client and server with records against an echo that is nothing but libwebsockets.
 *
 *     wire [--kib K] [--calls N] [--peers PYTHON]
 *
 * A call sends an observation (an image of K KiB, default 338, a state of 8 and a prompt) and waits for its answer, which
 * is the same again. Ours builds and encodes the record, sends it, has it decoded, encoded and sent back by the server,
 * and decodes it; the bare echo sends as many bytes and waits until as many have come back, with the same size of pieces.
 * The two take turns, call by call, and both have warmed up. PYTHON is one that has openpi-client: bench/wire_openpi.py
 * then lets its own client and `websockets` with its own msgpack_numpy do the same, after each tenth of the calls.
 * The last column is what both ends of a call take of CPUs: on a busy machine it says more than the clock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/net/client.h"
#include "runtime/net/lws.h"
#include "runtime/net/record.h"
#include "runtime/net/server.h"

enum { DEFAULT_KIB = 338, DEFAULT_CALLS = 1000, WARM_UP = 50, BLOCKS = 10, STATE_DIM = 8 };
static const double PATIENCE_S = 30.0, GOAL_MS = 0.3;

static void stop_with(const char *what)
{
    (void)fprintf(stderr, "wire: %s\n", what);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- ours ---- */

typedef struct ours {
    spoti_net_server *server;
    spoti_net_client *client;
    pthread_t thread;
    spoti_record server_record, request, reply;
    spoti_bytes server_bytes, client_bytes;
} ours;

static void answer(void *self, spoti_net_id id, const spoti_net_message *message)
{
    ours *o = self;

    if (spoti_record_decode(&o->server_record, "request", message->data, message->size, NULL) !=
            SPOT_OK ||
        spoti_record_encode_frame(&o->server_record, SPOTI_DIALECT_OPENPI, &o->server_bytes,
                                  NULL) != SPOT_OK ||
        spoti_net_server_reply_frame(o->server, id, &o->server_bytes) != SPOT_OK) {
        stop_with("our server cannot answer");
    }
}

static void *serve_ours(void *arg)
{
    ours *o = arg;

    (void)spoti_net_server_run(o->server, NULL);
    return NULL;
}

static void start_ours(ours *o)
{
    static const spoti_net_server_ops OPS = {.message = answer};
    spoti_net_server_config config;
    spoti_net_client_config client;
    spot_diag diag = {""};
    char url[64];

    spoti_net_server_config_default(&config);
    config.ops = &OPS;
    config.self = o;
    if (spoti_net_server_create(&config, &o->server, &diag) != SPOT_OK ||
        pthread_create(&o->thread, NULL, serve_ours, o) != 0) {
        stop_with(diag.text);
    }
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%d", spoti_net_server_port(o->server));
    spoti_net_client_config_default(&client);
    client.url = url;
    if (spoti_net_client_connect(&client, &o->client, &diag) != SPOT_OK) {
        stop_with(diag.text);
    }
}

static double call_ours(ours *o, const unsigned char *image, size_t size)
{
    static const float STATE[STATE_DIM];
    const size_t dim = STATE_DIM;
    spoti_net_message back;
    spot_diag diag = {""};

    const double start = now_s();
    spoti_record_clear(&o->request);
    spoti_record_map(&o->request, NULL);
    spoti_record_put_array(&o->request, "observation/image", SPOTI_NP_U1, 1, &size, image);
    spoti_record_put_array(&o->request, "observation/state", SPOTI_NP_F4, 1, &dim, STATE);
    spoti_record_put_text(&o->request, "prompt", "pick up the cup");
    spoti_record_end(&o->request);
    if (spoti_record_encode_frame(&o->request, SPOTI_DIALECT_OPENPI, &o->client_bytes, &diag) !=
            SPOT_OK ||
        spoti_net_client_call_frame(o->client, &o->client_bytes, PATIENCE_S, &back, &diag) !=
            SPOT_OK ||
        spoti_record_decode(&o->reply, "reply", back.data, back.size, &diag) != SPOT_OK) {
        stop_with(diag.text);
    }
    const double took_s = now_s() - start;
    const spoti_value *got = spoti_value_find(spoti_record_root(&o->reply), "observation/image");
    if (got == NULL || got->as.array.n_element != size) {
        stop_with("our server answers something else");
    }
    return took_s;
}

static void stop_ours(ours *o)
{
    spoti_net_client_close(o->client);
    spoti_net_server_stop(o->server);
    (void)pthread_join(o->thread, NULL);
    spoti_net_server_destroy(o->server);
    spoti_record_fini(&o->server_record);
    spoti_record_fini(&o->request);
    spoti_record_fini(&o->reply);
    spoti_bytes_fini(&o->server_bytes);
    spoti_bytes_fini(&o->client_bytes);
}

/* ---- nothing but the library ---- */

typedef struct bare {
    struct lws_context *server, *client;
    struct lws *server_wsi, *client_wsi;
    pthread_t thread;
    atomic_bool stop;
    unsigned char *server_frame, *client_frame; /* (LWS_PRE + size) */
    size_t size, arrived, back;
    bool is_open, answers, asks;
} bare;

static int on_server(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size)
{
    (void)user;
    if (reason == LWS_CALLBACK_RECEIVE) {
        bare *b = lws_context_user(lws_get_context(wsi));
        memcpy(b->server_frame + LWS_PRE + b->arrived, in, size);
        b->arrived += size;
        if (b->arrived == b->size) {
            b->answers = true;
            (void)lws_callback_on_writable(wsi);
        }
    } else if (reason == LWS_CALLBACK_SERVER_WRITEABLE) {
        bare *b = lws_context_user(lws_get_context(wsi));
        if (b->answers) {
            b->answers = false;
            b->arrived = 0;
            return lws_write(wsi, b->server_frame + LWS_PRE, b->size, LWS_WRITE_BINARY) < 0 ? -1
                                                                                            : 0;
        }
    }
    return 0;
}

static int on_client(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size)
{
    bare *b = lws_context_user(lws_get_context(wsi));

    (void)user;
    (void)in;
    if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED) {
        b->is_open = true;
    } else if (reason == LWS_CALLBACK_CLIENT_RECEIVE) {
        b->back += size;
    } else if (reason == LWS_CALLBACK_CLIENT_WRITEABLE && b->asks) {
        b->asks = false;
        return lws_write(wsi, b->client_frame + LWS_PRE, b->size, LWS_WRITE_BINARY) < 0 ? -1 : 0;
    } else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR) {
        stop_with("the bare client cannot connect");
    }
    return 0;
}

static void *serve_bare(void *arg)
{
    bare *b = arg;

    while (!atomic_load(&b->stop) && lws_service(b->server, 0) >= 0) {
    }
    return NULL;
}

static void start_bare(bare *b, size_t size)
{
    static const struct lws_protocols SERVER[] = {{.name = "bare",
                                                   .callback = on_server,
                                                   .rx_buffer_size = SPOTI_LWS_PIECE_BYTES,
                                                   .tx_packet_size = SPOTI_NET_FRAME_BYTES_MAX},
                                                  {.name = NULL}};
    static const struct lws_protocols CLIENT[] = {{.name = "bare",
                                                   .callback = on_client,
                                                   .rx_buffer_size = SPOTI_LWS_PIECE_BYTES,
                                                   .tx_packet_size = SPOTI_NET_FRAME_BYTES_MAX},
                                                  {.name = NULL}};
    struct lws_context_creation_info server = {.iface = "127.0.0.1",
                                               .protocols = SERVER,
                                               .user = b,
                                               .options = LWS_SERVER_OPTION_DISABLE_IPV6};
    struct lws_context_creation_info client = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = CLIENT, .user = b};

    b->size = size;
    b->server_frame = calloc(1, LWS_PRE + size);
    b->client_frame = calloc(1, LWS_PRE + size);
    b->server = spoti_lws_create(&server);
    b->client = spoti_lws_create(&client);
    if (b->server_frame == NULL || b->client_frame == NULL || b->server == NULL ||
        b->client == NULL || pthread_create(&b->thread, NULL, serve_bare, b) != 0) {
        stop_with("the bare echo cannot start");
    }
    struct lws_client_connect_info info = {
        .context = b->client,
        .address = "127.0.0.1",
        .port = lws_get_vhost_listen_port(lws_get_vhost_by_name(b->server, "default")),
        .path = "/",
        .host = "127.0.0.1",
        .local_protocol_name = "bare",
        .pwsi = &b->client_wsi,
        .ietf_version_or_minus_one = -1,
    };
    (void)lws_client_connect_via_info(&info);
    while (!b->is_open) {
        (void)lws_service(b->client, 0);
    }
}

static double call_bare(bare *b)
{
    const double start = now_s();

    b->back = 0;
    b->asks = true;
    (void)lws_callback_on_writable(b->client_wsi);
    while (b->back < b->size) {
        (void)lws_service(b->client, 0);
    }
    return now_s() - start;
}

static void stop_bare(bare *b)
{
    atomic_store(&b->stop, true);
    lws_cancel_service(b->server);
    (void)pthread_join(b->thread, NULL);
    lws_context_destroy(b->client);
    lws_context_destroy(b->server);
    free(b->server_frame);
    free(b->client_frame);
}

/* ---- openpi-client's pair ---- */

/* Appends the times that the script prints, a line each, to times (room); returns how many there are. */
static size_t call_openpi(const char *python, const char *script, size_t size, size_t calls,
                          double *times, size_t n, size_t room)
{
    char command[2048], line[64];

    (void)snprintf(command, sizeof command, "'%s' '%s' %zu %zu", python, script, size, calls);
    FILE *out =
        popen(command, "r"); // NOLINT(cert-env33-c): a command that this program's user gave
    while (out != NULL && n < room && fgets(line, sizeof line, out) != NULL) {
        times[n++] = strtod(line, NULL);
    }
    if (out == NULL || pclose(out) != 0) {
        stop_with("the peer's Python cannot do it (openpi-client, typing_extensions, numpy < 2)");
    }
    return n;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double print_row(const char *name, double *times, size_t n, double base_ms, double cpu_ms)
{
    qsort(times, n, sizeof *times, compare);
    const double median_ms = 1e3 * times[n / 2];
    (void)printf("%-28s %9.3f %9.3f %9.3f", name, 1e3 * times[n / 20], median_ms,
                 1e3 * times[n - 1 - n / 20]);
    if (base_ms > 0) {
        (void)printf(" %+9.3f %7.2f", median_ms - base_ms, median_ms / base_ms);
    }
    if (cpu_ms > 0) {
        (void)printf(" %*.3f", base_ms > 0 ? 9 : 27, cpu_ms);
    }
    (void)printf("\n");
    return median_ms;
}

typedef struct options {
    size_t kib, calls;
    const char *python;
} options;

static options read_options(int argc, char **argv)
{
    options o = {DEFAULT_KIB, DEFAULT_CALLS, NULL};

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--kib") == 0) {
            o.kib = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--calls") == 0) {
            o.calls = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--peers") == 0) {
            o.python = argv[i + 1];
        } else {
            argc = 0;
        }
    }
    if (argc % 2 == 0 || o.kib < 1 || o.kib > 32768 || o.calls < BLOCKS || o.calls > 1000000) {
        stop_with("expected [--kib 1..32768] [--calls 10..1000000] [--peers PYTHON]");
    }
    return o;
}

int main(int argc, char **argv)
{
    static ours o;
    static bare b;
    const options opt = read_options(argc, argv);
    const size_t size = opt.kib << 10;
    unsigned char *image = calloc(1, size);
    double *times = calloc(3 * opt.calls, sizeof *times);
    size_t n = 0, n_peer = 0;
    double bare_cpu_s = 0, ours_cpu_s = 0;

    if (image == NULL || times == NULL) {
        stop_with("out of memory");
    }
    start_ours(&o);
    (void)call_ours(&o, image, size);
    start_bare(&b, o.client_bytes.size - SPOTI_NET_FRAME_HEAD);
    for (int i = 0; i < WARM_UP; i++) {
        (void)call_ours(&o, image, size);
        (void)call_bare(&b);
    }
    for (size_t block = 0; block < BLOCKS; block++) {
        for (size_t i = 0; i < opt.calls / BLOCKS; i++, n++) {
            const double start = cpu_s();
            times[n] = call_bare(&b);
            const double middle = cpu_s();
            times[opt.calls + n] = call_ours(&o, image, size);
            ours_cpu_s += cpu_s() - middle;
            bare_cpu_s += middle - start;
        }
        if (opt.python != NULL) {
            n_peer = call_openpi(opt.python, WIRE_OPENPI, size, opt.calls / BLOCKS,
                                 times + 2 * opt.calls, n_peer, opt.calls);
        }
    }
    (void)printf("%zu bytes there and back, %zu calls each, in turn; ms\n", b.size, n);
    (void)printf("%-28s %9s %9s %9s %9s %7s %9s\n", "", "5 %", "median", "95 %", "above", "ratio",
                 "CPU");
    const double base_ms =
        print_row("libwebsockets alone", times, n, 0, 1e3 * bare_cpu_s / (double)n);
    const double ours_ms = print_row("ours, with records", times + opt.calls, n, base_ms,
                                     1e3 * ours_cpu_s / (double)n);
    if (n_peer > 0) {
        (void)print_row("openpi-client's pair", times + 2 * opt.calls, n_peer, base_ms, 0);
    }
    (void)printf("goal: at most %.1f ms above: %s\n", GOAL_MS,
                 ours_ms - base_ms <= GOAL_MS ? "met" : "MISSED");
    stop_bare(&b);
    stop_ours(&o);
    free(times);
    free(image);
    return ours_ms - base_ms <= GOAL_MS ? 0 : 1;
}
