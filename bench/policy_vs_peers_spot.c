/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The Sweetspot contenders of bench/policy_vs_peers.
 *
 *     policy_vs_peers_spot POLICY_FOLDER DATA QUANT STEPS BATCH [KERNELS]
 *
 * Reads BATCH observations from DATA.obs and their noise from DATA.noise (float32). Says its name;
 * then answers lines of standard input: `time W N CLOCK` makes W chunks unseen and N whose milliseconds
 * it prints (CLOCK `wall`, or `cpu`: what the process has computed), `chunk` prints a chunk.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spot/policy.h"

enum { PATH_SIZE = 4096, LINE_SIZE = 64 };

typedef struct contender {
    spot_policy *policy;
    spot_session *session;
    int batch;
    size_t size; /* numbers of all chunks */
    float *obs, *noise, *chunk;
} contender;

static double now_ms(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* The first n floats of the file DATA + suffix, or NULL. */
static float *read_floats(const char *data, const char *suffix, size_t n)
{
    char path[PATH_SIZE];
    float *x = calloc(n, sizeof *x);
    FILE *file = NULL;
    bool ok = false;

    (void)snprintf(path, sizeof path, "%s%s", data, suffix);
    file = fopen(path, "rb");
    ok = file != NULL && x != NULL && fread(x, sizeof *x, n, file) == n;
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!ok) {
        free(x);
        return NULL;
    }
    return x;
}

static spot_status infer(contender *c)
{
    return spot_session_infer(c->session, c->batch, c->obs, c->noise, c->chunk);
}

static spot_status open_session(contender *c, char **argv, const char *kernels, spot_diag *diag)
{
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = (int)strtol(argv[4], NULL, 10),
                                        .batch_max = (int)strtol(argv[5], NULL, 10),
                                        .quant = strcmp(argv[3], "fp32") == 0 ? NULL : argv[3],
                                        .kernels = kernels,
                                        .diag = diag};
    spot_status st = spot_policy_load(argv[1], NULL, &c->policy, diag);

    if (st == SPOT_OK) {
        st = spot_session_create(c->policy, &config, &c->session);
    }
    if (st != SPOT_OK) {
        return st;
    }

    const spot_policy_info *info = spot_policy_describe(c->policy);
    const size_t batch = (size_t)config.batch_max;

    c->batch = config.batch_max;
    c->size = batch * (size_t)info->horizon * (size_t)info->action_dim;
    c->obs = read_floats(argv[2], ".obs", batch * (size_t)info->obs_dim);
    c->noise = read_floats(argv[2], ".noise", c->size);
    c->chunk = calloc(c->size, sizeof *c->chunk);
    return c->obs != NULL && c->noise != NULL && c->chunk != NULL ? SPOT_OK : SPOT_E_IO;
}

/* Makes chunks and prints their milliseconds. */
static spot_status time_chunks(contender *c, int warm_up, int n, clockid_t clock)
{
    double *ms = calloc((size_t)n + 1, sizeof *ms);
    spot_status st = ms != NULL ? SPOT_OK : SPOT_E_NOMEM;

    for (int i = -warm_up; i < n && st == SPOT_OK; i++) {
        const double start = now_ms(clock);

        st = infer(c);
        if (i >= 0) {
            ms[i] = now_ms(clock) - start;
        }
    }
    for (int i = 0; i < n && st == SPOT_OK; i++) {
        (void)printf("%.6f ", ms[i]);
    }
    free(ms);
    return st;
}

static spot_status serve(contender *c, const char *quant)
{
    char line[LINE_SIZE];
    spot_status st = SPOT_OK;

    (void)printf("spot %s %s\n", spot_session_kernels(c->session), quant);
    (void)fflush(stdout);
    while (st == SPOT_OK && fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "time ", 5) == 0) {
            char *rest = NULL;
            const long warm_up = strtol(line + 5, &rest, 10);
            const long n = strtol(rest, &rest, 10);

            st = time_chunks(c, (int)warm_up, (int)n,
                             strstr(rest, "cpu") != NULL ? CLOCK_PROCESS_CPUTIME_ID
                                                         : CLOCK_MONOTONIC);
        } else {
            st = infer(c);
            for (size_t i = 0; i < c->size; i++) {
                (void)printf("%.9g ", (double)c->chunk[i]);
            }
        }
        (void)printf("\n");
        (void)fflush(stdout);
    }
    return st;
}

int main(int argc, char **argv)
{
    contender c = {0};
    spot_diag diag = {""};
    spot_status st = SPOT_OK;

    if (argc < 6 || argc > 7) {
        (void)fprintf(stderr, "usage: policy_vs_peers_spot POLICY_FOLDER DATA QUANT STEPS BATCH "
                              "[KERNELS]\n");
        return 2;
    }
    st = open_session(&c, argv, argc > 6 ? argv[6] : NULL, &diag);
    if (st == SPOT_OK) {
        st = serve(&c, argv[3]);
    }
    if (st != SPOT_OK) {
        (void)fprintf(stderr, "policy_vs_peers_spot: %s %s\n", spot_status_str(st), diag.text);
    }
    free(c.chunk);
    free(c.noise);
    free(c.obs);
    spot_session_destroy(c.session);
    spot_policy_destroy(c.policy);
    return st == SPOT_OK ? 0 : 1;
}
