/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot serve`: a policy for whoever asks, until Ctrl-C. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { REFUSALS_SHOWN = 100, ADDRESS_SIZE = 128 };

/* The command line, and what it became. */
typedef struct serve_request {
    const char *policy_name;
    const char *task_name;
    const char *point_text;
    const char *host;
    const char *kernels;
    int port;
    int connections;
    int threads;
    uint64_t seed;
    bool json;
    bool quiet;
    int n_refused; /* refusals seen */
    spot_point point;
    spot_brain_info info;
} serve_request;

/* Whom a signal stops; a handler can be told in no other way. */
static _Atomic(spot_serve *) running;

static void on_signal(int number)
{
    spot_serve *server = atomic_load(&running);
    (void)number;
    if (server != NULL) {
        spot_serve_stop(server);
    }
}

/* From here on the first Ctrl-C or SIGTERM ends `server` in order, the second the program; NULL: back to the usual. */
static void watch_signals(spot_serve *server)
{
    struct sigaction action = {.sa_handler = server != NULL ? on_signal : SIG_DFL,
                               .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    atomic_store(&running, server);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* Somebody may be refused again and again: only the first times are shown. */
static void show_refusal(void *ctx, const char *line)
{
    serve_request *r = ctx;
    r->n_refused++;
    if (r->quiet || r->n_refused > REFUSALS_SHOWN) {
        return;
    }
    spot_print(stderr, "sweetspot serve: %s%s\n", line,
               r->n_refused == REFUSALS_SHOWN ? " (further refusals are counted, not shown)" : "");
}

/* `[::1]:8000`, `127.0.0.1:8000` */
static void address_of(const serve_request *r, const spot_serve *server, char text[ADDRESS_SIZE])
{
    const bool brackets = strchr(r->host, ':') != NULL;
    (void)snprintf(text, ADDRESS_SIZE, "ws://%s%.100s%s:%d", brackets ? "[" : "", r->host,
                   brackets ? "]" : "", spot_serve_port(server));
}

static void announce(const serve_request *r, const spot_serve *server)
{
    char address[ADDRESS_SIZE];
    char point[SPOT_POINT_TEXT_SIZE];

    address_of(r, server, address);
    spot_point_format(&r->point, point, sizeof(point));
    if (strncmp(r->host, "127.", 4) != 0 && strcmp(r->host, "localhost") != 0 &&
        strcmp(r->host, "::1") != 0) {
        spot_print(stderr,
                   "sweetspot serve: whoever reaches %s may ask: there is no "
                   "authentication and no encryption\n",
                   r->host);
    }
    if (r->info.remembers) {
        spot_print(stderr, "sweetspot serve: the policy remembers what a client tells it by "
                           "spot/past, else nothing\n");
    }
    spot_print(stderr, "sweetspot serve: %s at %s on %s; Ctrl-C ends it\n", r->policy_name, point,
               address);
}

static json_t *times_json(const spot_serve_stats *s, const spot_serve_times *t)
{
    if (s->timed == 0) {
        return json_pack("{s:n, s:n, s:n, s:n}", "p50", "p95", "p99", "max");
    }
    return json_pack("{s:f, s:f, s:f, s:f}", "p50", 1e-3 * t->p50_ms, "p95", 1e-3 * t->p95_ms,
                     "p99", 1e-3 * t->p99_ms, "max", 1e-3 * t->max_ms);
}

static int print_json(const serve_request *r, const spot_serve *server, const spot_serve_stats *s)
{
    char address[ADDRESS_SIZE];
    char point[SPOT_POINT_TEXT_SIZE];

    address_of(r, server, address);
    spot_point_format(&r->point, point, sizeof(point));
    return cli_print_json(json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "schema", 1, "kind",
        "sweetspot-serve", "version", SPOT_VERSION_STRING, "policy", r->policy_name, "point", point,
        "address", address, "clients", (json_int_t)s->clients, "clients_served",
        (json_int_t)s->clients_served, "answered", (json_int_t)s->answered, "refused",
        (json_int_t)s->refused, "timed", (json_int_t)s->timed, "infer_s", times_json(s, &s->infer),
        "answer_s", times_json(s, &s->answer)));
}

static void print_times(const char *what, const spot_serve_times *t)
{
    spot_print(stdout, "  %-22s p50 %.3g, p95 %.3g, p99 %.3g, at most %.3g ms\n", what, t->p50_ms,
               t->p95_ms, t->p99_ms, t->max_ms);
}

/* What was done, on stdout. */
static int print(const serve_request *r, spot_serve *server)
{
    spot_serve_stats s;
    const spot_status st = spot_serve_read_stats(server, &s);

    if (st != SPOT_OK) {
        return cli_fail("serve", st, NULL);
    }
    if (r->json) {
        return print_json(r, server, &s);
    }
    spot_print(stdout, "answered %lld requests of %lld of %lld clients, refused %lld\n",
               (long long)s.answered, (long long)s.clients_served, (long long)s.clients,
               (long long)s.refused);
    if (s.timed > 0) {
        spot_print(stdout, "measured here, over the last %lld answers:\n", (long long)s.timed);
        print_times("inference", &s.infer);
        print_times("from request to answer", &s.answer);
    }
    return CLI_OK;
}

static int serve(serve_request *r, const spot_brain *brain, const char *instruction,
                 const char *task)
{
    spot_serve_config config;
    spot_serve *server = NULL;
    spot_diag diag = {""};

    spot_serve_config_default(&config);
    config.host = r->host;
    config.port = r->port;
    config.point = &r->point;
    config.kernels = r->kernels;
    config.policy = r->policy_name;
    config.task = task;
    config.instruction = instruction;
    config.connections = r->connections;
    config.threads = cli_threads(r->threads);
    if (r->threads == CLI_THREADS_DEFAULT && config.threads > r->connections &&
        r->connections > 0) {
        config.threads = r->connections;
    }
    config.seed = r->seed;
    config.refused = show_refusal;
    config.refused_ctx = r;
    spot_status st = spot_serve_create(brain, &config, &server, &diag);
    if (st != SPOT_OK) {
        return cli_fail("serve", st, &diag);
    }
    watch_signals(server);
    announce(r, server);
    st = spot_serve_run(server, &diag);
    const int exit_code = st == SPOT_OK ? print(r, server) : cli_fail("serve", st, &diag);
    watch_signals(NULL);
    spot_serve_destroy(server);
    return exit_code;
}

/* A policy that was made for another task would be asked what it cannot answer. */
static bool fits(const serve_request *r, const spot_task *task)
{
    const spot_task_info *t = spot_task_describe(task);
    if (t->dims.obs_dim == r->info.obs_dim && t->dims.action_dim == r->info.action_dim) {
        return true;
    }
    (void)cli_misuse("serve",
                     "--task %s: it has observations of %d numbers and actions of %d, expected "
                     "the policy's %d and %d",
                     t->name, t->dims.obs_dim, t->dims.action_dim, r->info.obs_dim,
                     r->info.action_dim);
    return false;
}

static int open_and_serve(serve_request *r, const spot_task *task)
{
    spot_brain brain = {.ops = NULL};
    spot_diag diag = {""};
    int exit_code = CLI_OK;

    if (!cli_load_brain(r->policy_name, task, &brain, &exit_code)) {
        return exit_code;
    }
    spot_status st = spot_brain_describe(&brain, &r->info, &diag);
    if (st != SPOT_OK) {
        exit_code = cli_fail("serve", st, &diag);
    } else if (task != NULL && !fits(r, task)) {
        exit_code = CLI_USAGE;
    } else {
        r->point.steps = r->point.steps == 0 ? r->info.default_steps : r->point.steps;
        exit_code = cli_check_points("serve", &brain, r->kernels, &r->point, 1);
    }
    if (exit_code == CLI_OK) {
        exit_code = serve(r, &brain, task != NULL ? spot_task_describe(task)->instruction : NULL,
                          task != NULL ? spot_task_describe(task)->name : "");
    }
    spot_brain_close(&brain);
    return exit_code;
}

static int load_and_serve(serve_request *r)
{
    spot_diag diag = {""};
    spot_task *task = NULL;
    int exit_code = CLI_OK;

    if (!cli_check_threads("serve", r->threads)) {
        return CLI_USAGE;
    }
    spot_point_default(&r->point);
    if (spot_point_parse(r->point_text, &r->point, &diag) != SPOT_OK) {
        return cli_misuse("serve", "--point: %s", diag.text);
    }
    if (r->task_name != NULL) {
        task = cli_load_task(r->task_name, &exit_code);
        if (task == NULL) {
            return exit_code;
        }
        if (r->policy_name == NULL) {
            r->policy_name = spot_task_describe(task)->name;
        }
    }
    exit_code = open_and_serve(r, task);
    spot_task_destroy(task);
    return exit_code;
}

int spoti_cli_serve(int argc, char **argv)
{
    spot_serve_config standard;
    int exit_code = CLI_OK;

    spot_serve_config_default(&standard);
    serve_request r = {.point_text = "",
                       .host = standard.host,
                       .port = standard.port,
                       .connections = standard.connections};
    const cli_option options[] = {
        {"policy", "NAME", CLI_TEXT, &r.policy_name,
         "policy, as in rollout (required, but with --task)"},
        {"task", "NAME", CLI_TEXT, &r.task_name,
         "task it is served for: checked, and told to clients"},
        {"point", "TEXT", CLI_TEXT, &r.point_text, "operating point, e.g. \"steps=2 quant=w8a8\""},
        {"host", "ADDRESS", CLI_TEXT, &r.host,
         "numeric address of this computer (127.0.0.1: from here alone)"},
        {"port", "N", CLI_INTEGER, &r.port, "port (8000), 0: any that is free"},
        {"connections", "N", CLI_INTEGER, &r.connections, "clients at once (16)"},
        {"threads", "N", CLI_INTEGER, &r.threads, "threads that infer (all processors)"},
        CLI_KERNELS(&r.kernels),
        {"seed", "S", CLI_SEED, &r.seed, "of the noise of requests without spot/noise (0)"},
        {"json", NULL, CLI_FLAG, &r.json, "what was done as JSON, at the end"},
        {"quiet", NULL, CLI_FLAG, &r.quiet, "no line for each request that is refused"},
    };
    const cli_page page = {
        .verb = "serve",
        .summary = "Serves a policy at one operating point to any client of openpi's protocol "
                   "(a websocket,\nmsgpack with numpy arrays), until Ctrl-C or SIGTERM; then says "
                   "what it answered.",
        .usage = "--policy NAME [options]",
        .options = options,
        .n_options = sizeof(options) / sizeof(options[0]),
        .notes = "A client sends {\"observation/state\": float32 array} and is given "
                 "{\"actions\": float32 array\n"
                 "(horizon x action)}; the shapes are in the map that it gets first. In Python, "
                 "with openpi-client:\n"
                 "  policy = WebsocketClientPolicy(\"localhost\", 8000)\n"
                 "  policy.get_server_metadata()[\"spot\"]          # shapes, point, identity\n"
                 "  policy.infer({\"observation/state\": state})[\"actions\"]\n"
                 "Of ours, optional: spot/noise, spot/begin, spot/past, spot/anchor "
                 "(docs/bring-your-own-policy.md).\n"
                 "GET /healthz on the same port answers OK. What cannot be answered is told in "
                 "one line, here too.\n",
        .examples =
            "  sweetspot serve --policy ur5e-pick-place\n"
            "  sweetspot serve --policy ur5e-pick-place-dit --point \"steps=5 quant=w4-t3\" "
            "--port 0\n"
            "  sweetspot serve --task ur5e-conveyor --host 0.0.0.0 --connections 64 --json\n",
    };

    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (r.policy_name == NULL && r.task_name == NULL) {
        return cli_misuse("serve", "--policy: missing, expected a policy's name");
    }
    return load_and_serve(&r);
}
