/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Transformers of random sizes, with and without a past, at random operating points, against the oracle
 * in double precision: combinations that nobody thought of. Sanitizers see what lies outside arrays. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/tables.h"
#include "runtime/policy/prune_oracle.h"
#include "runtime/policy/random_dit.h"
#include "spot/policy.h"
#include "support/spot_test.h"

enum { N_RUN = 80, SIDE = 9, FRAMES_MOST = 40, PAST_MOST = 90, BATCH_MOST = 19, ACTION_MOST = 6 };
enum { HORIZON_MOST = 20, OBS_MOST = 6 * SIDE, CHUNK_MOST = HORIZON_MOST * ACTION_MOST };

/* As in test_dit.c; 400 runs pass. */
static const double TOLERANCE = 1e-5;

static const char *const PRUNES[] = {NULL, "0.05", "0.5", "0.95", "2:4", "mlp:0.5", "mlp:0.9"};
static const char *const QUANTS[] = {NULL, NULL, NULL, "bf16", "w8a8", "w4a4", "w4-t3"};
enum { N_PRUNE = 7, N_QUANT = 7 };

/* A whole number from lo to hi. */
static int draw(unsigned *state, int lo, int hi)
{
    *state = *state * 1664525U + 1013904223U;
    return lo + (int)((*state >> 8) % (unsigned)(hi - lo + 1));
}

static random_dit_sizes draw_sizes(unsigned *state)
{
    random_dit_sizes s = {.sampler = "flow", .prediction = "velocity"};
    const int n_group = draw(state, 1, 6);

    s.heads = draw(state, 1, 6);
    s.width = s.heads * draw(state, 1, 24);
    s.mlp_hidden = draw(state, 1, 90);
    if (draw(state, 0, 3) == 0) { /* what groups of 64 inputs divide */
        s.heads = 1 << draw(state, 0, 5);
        s.width = 64 * draw(state, 1, 2);
        s.mlp_hidden = 64 * draw(state, 1, 3);
    }
    s.horizon = draw(state, 1, HORIZON_MOST);
    s.action = draw(state, 1, ACTION_MOST);
    s.blocks = draw(state, 1, 3);
    s.time_dim = 2 * draw(state, 2, 8);
    for (int i = 0; i < n_group; i++) {
        s.groups[i] = draw(state, 1, SIDE);
        s.obs += s.groups[i];
    }
    if (draw(state, 0, 3) > 0) {
        s.frames = draw(state, 1, FRAMES_MOST);
        s.commands = draw(state, 1, FRAMES_MOST);
    }
    return s;
}

static void remember(spot_session *s, random_dit *oracle, int n)
{
    for (int i = 0; i < n; i++) {
        float obs[OBS_MOST];
        float command[ACTION_MOST];

        random_fill(100U + (unsigned)i, obs, OBS_MOST);
        random_fill(900U + (unsigned)i, command, ACTION_MOST);
        random_dit_remember(oracle, obs, command);
        assert_int_equal(spot_session_remember(s, obs, command), SPOT_OK);
    }
}

/* Chunks of a whole batch are finite; the first and the last of one in full precision are the oracle's. */
static void check(spot_session *s, const random_dit *oracle, const random_dit_sizes *sizes,
                  const spot_session_config *config)
{
    static float obs[BATCH_MOST * OBS_MOST];
    static float noise[BATCH_MOST * CHUNK_MOST];
    static float chunks[BATCH_MOST * CHUNK_MOST];
    const int size = sizes->horizon * sizes->action;
    double want[CHUNK_MOST];

    random_fill(1, obs, BATCH_MOST * OBS_MOST);
    random_fill(2, noise, BATCH_MOST * CHUNK_MOST);
    assert_int_equal(spot_session_infer(s, config->batch_max, obs, noise, chunks), SPOT_OK);
    for (int i = 0; i < config->batch_max; i++) {
        const int compare = config->quant == NULL && (i == 0 || i == config->batch_max - 1);

        if (compare) {
            random_dit_eval(oracle, config->steps, obs + i * sizes->obs, noise + i * size, want);
        }
        for (int j = 0; j < size; j++) {
            assert_true(isfinite(chunks[i * size + j]));
            if (compare) {
                assert_close((double)chunks[i * size + j], want[j], TOLERANCE, TOLERANCE);
            }
        }
    }
}

/* Returns whether there was a session at the point; sizes that do not fit it are refused with a reason. */
static int run(unsigned seed)
{
    unsigned state = seed * 7919U + 13U;
    const random_dit_sizes sizes = draw_sizes(&state);
    const int frames = draw(&state, 0, sizes.frames);
    const int commands = draw(&state, 0, sizes.commands);
    const char *table = TABLES[draw(&state, 0, N_TABLE - 1)];
    spot_policy *policy = NULL;
    spot_session *s = NULL;
    spot_diag diag = {""};
    char kv[32];
    char dir[1024];

    (void)snprintf(kv, sizeof kv, "%d:%d", frames, commands);
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = draw(&state, 1, 3),
                                        .batch_max =
                                            sizes.frames > 0 ? 1 : draw(&state, 1, BATCH_MOST),
                                        .kernels = spoti_kernels_find(table) != NULL ? table : NULL,
                                        .prune = PRUNES[draw(&state, 0, N_PRUNE - 1)],
                                        .quant = QUANTS[draw(&state, 0, N_QUANT - 1)],
                                        .kv = sizes.frames > 0 ? kv : NULL,
                                        .diag = &diag};
    random_dit *oracle = random_dit_create(&sizes, seed);
    spot_test_temp_path(dir, sizeof dir, "policy");
    random_dit_write(oracle, dir);
    assert_int_equal(spot_policy_load(dir, NULL, &policy, &diag), SPOT_OK);
    const spot_status st = spot_session_create(policy, &config, &s);
    if (st == SPOT_OK) {
        if (config.prune != NULL) {
            oracle_prune_tensors(random_dit_tensors(oracle), config.prune);
        }
        if (sizes.frames > 0) {
            random_dit_set_window(oracle, frames, commands);
            remember(s, oracle, draw(&state, 0, PAST_MOST));
        }
        check(s, oracle, &sizes, &config);
    } else if (st != SPOT_E_RANGE || strstr(diag.text, "expected") == NULL) {
        fail_msg("%u: %s, '%s'", seed, spot_status_str(st), diag.text);
    }
    spot_session_destroy(s);
    spot_policy_destroy(policy);
    random_dit_destroy(oracle);
    return st == SPOT_OK;
}

static void policies_of_random_sizes_agree_with_the_oracle(void **state)
{
    int n_run = 0;

    (void)state;
    for (unsigned i = 0; i < N_RUN; i++) {
        n_run += run(i);
    }
    print_message("[  note    ] %d of %d points fit their policies\n", n_run, N_RUN);
    assert_true(n_run > N_RUN / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_of_random_sizes_agree_with_the_oracle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
