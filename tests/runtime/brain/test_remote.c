/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A policy server as a brain: what it is asked, what comes of its answers, and servers of ours. */
#include <stdio.h>
#include <string.h>

#include "remote_fake.h"
#include "support/spot_test.h"

static const float OBS[FAKE_OBS] = {0.5F, -2.0F, 7.0F};

static spot_status infer(const spot_brain *brain, void *state, float *chunk, spot_diag *diag)
{
    return spot_brain_infer(
        brain, state, &(spot_brain_input){.obs = OBS, .instruction = "pick it up"}, chunk, diag);
}

/* fake_chunk, computed here. */
static void assert_chunk(const float *chunk, int rows, float first)
{
    for (int k = 0; k < rows; k++) {
        assert_close(chunk[2 * k], (float)k + first, 0.0, 0.0);
        assert_close(chunk[2 * k + 1], (float)k + 10.0F + first, 0.0, 0.0);
    }
}

static void an_address_alone_asks_as_openpi_does(void **unused)
{
    remote_fake fake = {.greet = NULL};
    spot_brain brain;
    spot_brain_info info;
    float chunk[FAKE_CHUNK];
    char text[32];
    (void)unused;
    fake_start(&fake);
    assert_true(spot_brain_is_address(fake.url));
    void *state = fake_begin(&fake, NULL, &brain);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_string_equal(info.type, "remote");
    assert_int_equal(info.obs_dim, FAKE_OBS);
    assert_int_equal(info.action_dim, FAKE_DIM);
    assert_int_equal(info.horizon, FAKE_HORIZON);
    assert_int_equal(info.default_steps, 1);
    assert_true(info.varies && !info.takes_noise && !info.remembers && !info.sees);
    assert_int_equal(infer(&brain, state, chunk, NULL), SPOT_OK);
    assert_chunk(chunk, FAKE_HORIZON, 0.5F);
    const spoti_value *request = fake_last(&fake);
    assert_int_equal(request->n_entry, 2);
    const spoti_value *sent = spoti_value_find(request, "observation/state");
    assert_int_equal(sent->kind, SPOTI_VALUE_ARRAY);
    assert_int_equal(sent->as.array.dtype, SPOTI_NP_F4);
    assert_int_equal(sent->as.array.n_dim, 1);
    assert_int_equal(sent->as.array.shape[0], FAKE_OBS);
    assert_memory_equal(sent->as.array.data, OBS, sizeof OBS);
    assert_int_equal(
        spoti_value_to_text(spoti_value_find(request, "prompt"), "prompt", text, sizeof text, NULL),
        SPOT_OK);
    assert_string_equal(text, "pick it up");
    assert_int_equal(atomic_load(&fake.n_connected), 1); /* the one that opened it */
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

/* ---- sizes ---- */

static void answer_long(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    (void)n;
    fake_chunk(fake, id, request, 50, FAKE_DIM);
}

static void answer_one(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    static const float ACTION[FAKE_DIM] = {3.0F, 4.0F};
    (void)request;
    (void)n;
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_array(&fake->reply, "actions", SPOTI_NP_F4, 1, (size_t[]){FAKE_DIM}, ACTION);
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void a_first_answer_decides_the_horizon(void **unused)
{
    remote_fake fake = {.answer = answer_long};
    spot_brain brain;
    spot_brain_info info;
    float chunk[100];
    (void)unused;
    fake_start(&fake);
    void *state = fake_begin(&fake, NULL, &brain);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_int_equal(info.horizon, 50);
    assert_int_equal(infer(&brain, state, chunk, NULL), SPOT_OK);
    assert_chunk(chunk, 50, 0.5F);
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake.answer = answer_one; /* nobody is connected: no race */
    state = fake_begin(&fake, NULL, &brain);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_int_equal(info.horizon, 1);
    assert_int_equal(infer(&brain, state, chunk, NULL), SPOT_OK);
    assert_close(chunk[0], 3.0, 0.0, 0.0);
    assert_close(chunk[1], 4.0, 0.0, 0.0);
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

static void a_state_has_a_connection_of_its_own_and_allocates_nothing_when_warm(void **unused)
{
    remote_fake fake = {.greet = NULL};
    spot_test_allocator mem;
    spot_allocator allocator = spot_test_failing_allocator(&mem, -1);
    spot_brain brain;
    spot_brain_config config;
    spot_point point;
    void *other = NULL;
    float chunk[FAKE_CHUNK];
    (void)unused;
    fake_start(&fake);
    void *state = fake_begin(&fake, NULL, &brain);
    spot_point_default(&point);
    spot_brain_config_default(&config);
    config.point = &point;
    config.allocator = &allocator;
    assert_int_equal(spot_brain_begin(&brain, &config, &other, NULL), SPOT_OK);
    assert_int_equal(atomic_load(&fake.n_connected), 2);
    for (int i = 0; i < 8; i++) { /* the client keeps a ring of four messages */
        assert_int_equal(infer(&brain, other, chunk, NULL), SPOT_OK);
        assert_int_equal(infer(&brain, state, chunk, NULL), SPOT_OK);
    }
    mem.fail_at = mem.n_alloc;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(spot_brain_forget(&brain, other, NULL), SPOT_OK);
        assert_int_equal(infer(&brain, other, chunk, NULL), SPOT_OK);
    }
    assert_int_equal(mem.n_failed, 0);
    spot_brain_end(&brain, other);
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    spot_test_assert_no_leak(&mem);
    fake_stop(&fake);
}

static void memory_that_is_short_leaves_nothing_behind(void **unused)
{
    remote_fake fake = {.greet = NULL};
    bool opened = false;
    (void)unused;
    fake_start(&fake);
    for (int k = 0; k < 1000 && !opened; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_brain_open_config config;
        spot_brain brain;
        spot_brain_open_config_default(&config);
        config.obs_dim = FAKE_OBS;
        config.action_dim = FAKE_DIM;
        config.allocator = &allocator;
        const spot_status st = spot_brain_open(fake.url, &config, &brain, NULL);
        opened = st == SPOT_OK;
        /* short memory for a message is seen by the client's callbacks: the connection is lost */
        assert_true(opened || st == SPOT_E_NOMEM || st == SPOT_E_IO);
        assert_true(opened == (brain.ops != NULL));
        spot_brain_close(&brain);
        spot_test_assert_no_leak(&mem);
    }
    assert_true(opened);
    fake_stop(&fake);
}

/* ---- who it is ---- */

static void greet_named(remote_fake *fake, spoti_net_id id)
{
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_int(&fake->reply, "checkpoint", atomic_load(&fake->mode));
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void identify(remote_fake *fake, const char *address, char text[SPOT_BRAIN_IDENTITY_SIZE])
{
    spot_brain brain;
    assert_int_equal(fake_open(fake, address, &brain, NULL), SPOT_OK);
    assert_int_equal(spot_brain_identify(&brain, text, NULL), SPOT_OK);
    spot_brain_close(&brain);
}

static void a_server_is_known_by_its_address_its_file_and_what_it_says(void **unused)
{
    remote_fake fake = {.greet = greet_named};
    char first[SPOT_BRAIN_IDENTITY_SIZE];
    char again[SPOT_BRAIN_IDENTITY_SIZE];
    char other[SPOT_BRAIN_IDENTITY_SIZE];
    char file[600];
    (void)unused;
    fake_start(&fake);
    identify(&fake, NULL, first);
    identify(&fake, NULL, again);
    assert_string_equal(first, again);
    assert_memory_equal(first, "remote=", 7);
    fake_file(&fake, "a.yaml", "", file, sizeof file);
    identify(&fake, file, other);
    assert_string_not_equal(first, other);
    fake_file(&fake, "a.yaml", "prompt: something else\n", file, sizeof file);
    identify(&fake, file, again);
    assert_string_not_equal(other, again);
    atomic_store(&fake.mode, 1);
    identify(&fake, NULL, again);
    assert_string_not_equal(first, again);
    fake_stop(&fake);
}

/* ---- servers of ours ---- */

static void greet_spot(remote_fake *fake, spoti_net_id id)
{
    const int mode = atomic_load(&fake->mode);
    spoti_record *r = &fake->reply;
    spoti_record_clear(r);
    spoti_record_map(r, NULL);
    spoti_record_map(r, "spot");
    spoti_record_put_int(r, "version", mode == 1 ? 2 : 1);
    spoti_record_put_text(r, "policy", "mine");
    spoti_record_put_text(r, "type", "dit");
    spoti_record_put_text(r, "task", "some-task");
    spoti_record_put_text(r, "identity", "policy=0123456789abcdef kernels=avx2");
    spoti_record_put_text(r, "point", "steps=5 quant=w8a8");
    spoti_record_put_int(r, "obs_dim", mode == 2 ? FAKE_OBS + 1 : FAKE_OBS);
    spoti_record_put_int(r, "action_dim", FAKE_DIM);
    spoti_record_put_int(r, "horizon", mode == 3 ? FAKE_HORIZON + 1 : FAKE_HORIZON);
    spoti_record_put_bool(r, "takes_noise", true);
    spoti_record_put_bool(r, "remembers", true);
    spoti_record_put_text(r, "a key of the future", "");
    spoti_record_end(r);
    spoti_record_end(r);
    fake_send(fake, id);
}

static void assert_array(const spoti_value *value, size_t rows, size_t columns, const void *data)
{
    assert_non_null(value);
    assert_int_equal(value->kind, SPOTI_VALUE_ARRAY);
    assert_int_equal(value->as.array.n_dim, 2);
    assert_int_equal(value->as.array.shape[0], rows);
    assert_int_equal(value->as.array.shape[1], columns);
    assert_memory_equal(value->as.array.data, data, rows * columns * sizeof(float));
}

static void assert_flag(const spoti_value *value, bool flag)
{
    assert_non_null(value);
    assert_int_equal(value->kind, SPOTI_VALUE_BOOL);
    assert_int_equal(value->as.flag, flag);
}

static void a_server_of_ours_gets_all_that_a_chunk_depends_on(void **unused)
{
    static const float PAST[2][FAKE_OBS] = {{1, 2, 3}, {4, 5, 6}};
    static const float COMMANDS[2][FAKE_DIM] = {{7, 8}, {9, 10}};
    static const double ANCHOR[FAKE_DIM] = {0.25, 1e-9};
    remote_fake fake = {.greet = greet_spot};
    spot_brain brain;
    spot_brain_info info;
    char text[SPOT_BRAIN_IDENTITY_SIZE];
    float noise[FAKE_CHUNK];
    float chunk[FAKE_CHUNK];
    (void)unused;
    for (int i = 0; i < FAKE_CHUNK; i++) {
        noise[i] = 0.1F * (float)i;
    }
    const spot_brain_input input = {
        .obs = OBS, .noise = noise, .anchor = ANCHOR, .n_anchor = FAKE_DIM};
    fake_start(&fake);
    void *state = fake_begin(&fake, NULL, &brain);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_string_equal(info.type, "dit");
    assert_string_equal(info.task, "some-task");
    assert_int_equal(info.default_steps, 5);
    assert_true(info.takes_noise && info.remembers && !info.varies);
    assert_int_equal(spot_brain_identify(&brain, text, NULL), SPOT_OK);
    assert_string_equal(text, "policy=0123456789abcdef kernels=avx2 at steps=5 quant=w8a8");

    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, NULL), SPOT_OK);
    const spoti_value *request = fake_last(&fake);
    assert_flag(spoti_value_find(request, "spot/begin"), true);
    assert_array(spoti_value_find(request, "spot/noise"), FAKE_HORIZON, FAKE_DIM, noise);
    assert_null(spoti_value_find(request, "spot/past"));
    const spoti_value *anchor = spoti_value_find(request, "spot/anchor");
    assert_int_equal(anchor->as.array.dtype, SPOTI_NP_F8);
    assert_memory_equal(anchor->as.array.data, ANCHOR, sizeof ANCHOR);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(spot_brain_remember(&brain, state, PAST[i], COMMANDS[i], NULL), SPOT_OK);
    }
    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, NULL), SPOT_OK);
    request = fake_last(&fake);
    assert_flag(spoti_value_find(request, "spot/begin"), false);
    const spoti_value *past = spoti_value_find(request, "spot/past");
    assert_array(spoti_value_find(past, "state"), 2, FAKE_OBS, PAST);
    assert_array(spoti_value_find(past, "command"), 2, FAKE_DIM, COMMANDS);

    /* what was told is told once, and a new episode forgets what was not */
    assert_int_equal(spot_brain_remember(&brain, state, PAST[0], COMMANDS[0], NULL), SPOT_OK);
    assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, NULL), SPOT_OK);
    request = fake_last(&fake);
    assert_flag(spoti_value_find(request, "spot/begin"), true);
    assert_null(spoti_value_find(request, "spot/past"));
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

static void a_server_of_ours_that_does_not_fit_is_refused(void **unused)
{
    static const char *const SAYS[] = {
        "metadata: version 2 of a sweetspot server, expected 1",
        "the policy takes 4 observations, expected 3 as in the task"};
    remote_fake fake = {.greet = greet_spot};
    spot_brain brain;
    char file[600];
    (void)unused;
    fake_start(&fake);
    for (int i = 0; i < 2; i++) {
        spot_diag diag = {""};
        atomic_store(&fake.mode, i + 1);
        assert_int_not_equal(fake_open(&fake, NULL, &brain, &diag), SPOT_OK);
        assert_non_null(strstr(diag.text, SAYS[i]));
        assert_null(brain.ops);
    }
    /* it is not probed: its policy may want an anchor, and its metadata say what an answer is */
    spot_diag diag = {""};
    float chunk[2 * FAKE_CHUNK];
    const float noise[2 * FAKE_CHUNK] = {0.0F};
    const spot_brain_input input = {.obs = OBS, .noise = noise};
    atomic_store(&fake.mode, 3);
    void *state = fake_begin(&fake, NULL, &brain);
    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(
        diag.text, "the server gives 4 actions of 2 entries, expected 5 of 2 as in its metadata"));
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    atomic_store(&fake.mode, 0);
    fake_file(&fake, "s.yaml", "action: {convention: absolute}\n", file, sizeof file);
    assert_int_equal(fake_open(&fake, file, &brain, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "expected neither state nor action"));
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_alone_asks_as_openpi_does),
        cmocka_unit_test(a_first_answer_decides_the_horizon),
        cmocka_unit_test(a_state_has_a_connection_of_its_own_and_allocates_nothing_when_warm),
        cmocka_unit_test(memory_that_is_short_leaves_nothing_behind),
        cmocka_unit_test(a_server_is_known_by_its_address_its_file_and_what_it_says),
        cmocka_unit_test(a_server_of_ours_gets_all_that_a_chunk_depends_on),
        cmocka_unit_test(a_server_of_ours_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
