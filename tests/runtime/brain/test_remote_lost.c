/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Servers that fail: which failures make an episode invalid (E_IO), which end the job, and what is said. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "remote_fake.h"
#include "support/spot_test.h"

static const float OBS[FAKE_OBS] = {0.5F, -2.0F, 7.0F};

typedef enum fault {
    WELL,
    OTHER_HORIZON,
    OTHER_DIM,
    THREE_AXES,
    EMPTY,
    NO_ARRAY,
    NO_ACTIONS,
    NO_MAP,
    NOT_A_NUMBER,
    INFINITE,
    GARBAGE,
    HALF,
    HANG,
    TRACEBACK,
    GOODBYE,
} fault;

static void put_array(remote_fake *fake, spoti_net_id id, size_t n_dim, const size_t *shape,
                      const float *data)
{
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_array(&fake->reply, "actions", SPOTI_NP_F4, n_dim, shape, data);
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void put_text(remote_fake *fake, spoti_net_id id, const char *key)
{
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_text(&fake->reply, key, "left and up");
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void put_root(remote_fake *fake, spoti_net_id id)
{
    spoti_record_clear(&fake->reply);
    spoti_record_put_int(&fake->reply, NULL, 7);
    fake_send(fake, id);
}

/* The first message is the probe, which is answered well. */
static void misbehave(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    const float odd[FAKE_CHUNK] = {0, 0, 0, 0, 0, (float)NAN};
    const float endless[FAKE_CHUNK] = {0, (float)-INFINITY};
    const fault what = n == 0 ? WELL : (fault)atomic_load(&fake->mode);
    switch (what) {
    case WELL:
        fake_chunk(fake, id, request, FAKE_HORIZON, FAKE_DIM);
        break;
    case OTHER_HORIZON:
        fake_chunk(fake, id, request, FAKE_HORIZON + 1, FAKE_DIM);
        break;
    case OTHER_DIM:
        fake_chunk(fake, id, request, FAKE_HORIZON, FAKE_DIM + 1);
        break;
    case THREE_AXES:
        put_array(fake, id, 3, (size_t[]){1, FAKE_HORIZON, FAKE_DIM}, odd);
        break;
    case EMPTY:
        put_array(fake, id, 2, (size_t[]){0, FAKE_DIM}, odd);
        break;
    case NO_ARRAY:
        put_text(fake, id, "actions");
        break;
    case NO_ACTIONS:
        put_text(fake, id, "action");
        break;
    case NO_MAP:
        put_root(fake, id);
        break;
    case NOT_A_NUMBER:
        put_array(fake, id, 2, (size_t[]){FAKE_HORIZON, FAKE_DIM}, odd);
        break;
    case INFINITE:
        put_array(fake, id, 2, (size_t[]){FAKE_HORIZON, FAKE_DIM}, endless);
        break;
    case GARBAGE:
        (void)spoti_net_server_reply(fake->server, id, "\xc1 what is this", 14);
        break;
    case HALF:
        (void)spoti_net_server_reply(fake->server, id,
                                     "\x81\xa7"
                                     "actions\xc4",
                                     10);
        break;
    case HANG:
        break;
    case TRACEBACK:
        (void)spoti_net_server_fail(fake->server, id,
                                    "Traceback (most recent call last):\n  File \"x.py\"\n"
                                    "KeyError: 'observation/image'\n",
                                    1011, "Internal server error.");
        break;
    case GOODBYE:
        (void)spoti_net_server_fail(fake->server, id, NULL, 1001, "going away");
        break;
    }
}

/* ---- one answer ---- */

typedef struct expectation {
    fault what;
    spot_status status;
    const char *says;
} expectation;

static const expectation FINAL[] = {
    {OTHER_HORIZON, SPOT_E_FORMAT,
     "gives 5 actions of 2 entries, expected 4 of 2 as in its first answer"},
    {OTHER_DIM, SPOT_E_FORMAT, "gives 4 actions of 3 entries, expected 4 of 2"},
    {THREE_AXES, SPOT_E_FORMAT, "'actions' is an array of <f4 of 3 axes"},
    {EMPTY, SPOT_E_FORMAT, "gives 0 actions of 2 entries"},
    {NO_ARRAY, SPOT_E_FORMAT, "'actions' is a text, expected an array"},
    {NO_ACTIONS, SPOT_E_FORMAT, "answer is a map with action, expected 'actions' in it"},
    {NO_MAP, SPOT_E_FORMAT, "answer is an integer with nothing, expected 'actions' in it"},
    {NOT_A_NUMBER, SPOT_E_RANGE, "actions"},
    {INFINITE, SPOT_E_RANGE, "actions"},
    {GARBAGE, SPOT_E_FORMAT, "the server's answer: byte 0 begins no value of msgpack"},
    {HALF, SPOT_E_FORMAT, "the server's answer: "},
};

static const expectation LOST[] = {
    {HANG, SPOT_E_IO, "no message within 0.3 s (asked with observation/state 3, prompt)"},
    {TRACEBACK, SPOT_E_IO,
     "the server says: KeyError: 'observation/image' (asked with observation/state 3, prompt)"},
    {GOODBYE, SPOT_E_IO, "closed the connection with code 1001: going away"},
};

static spot_status ask(const spot_brain *brain, void *state, float *chunk, spot_diag *diag)
{
    return spot_brain_infer(brain, state, &(spot_brain_input){.obs = OBS, .instruction = "go"},
                            chunk, diag);
}

static void open_short(remote_fake *fake, spot_brain *brain, void **state)
{
    char file[600];
    fake_start(fake);
    fake_file(fake, "short.yaml", "answer_s: 0.3\nconnect_s: 1\n", file, sizeof file);
    *state = fake_begin(fake, file, brain);
}

static void an_answer_that_is_wrong_ends_the_job_in_one_line(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof FINAL / sizeof FINAL[0]; i++) {
        remote_fake fake = {.answer = misbehave};
        spot_brain brain;
        spot_diag diag = {""};
        float chunk[FAKE_CHUNK];
        void *state = NULL;
        open_short(&fake, &brain, &state);
        atomic_store(&fake.mode, (int)FINAL[i].what);
        const spot_status st = ask(&brain, state, chunk, &diag);
        if (strstr(diag.text, FINAL[i].says) == NULL) {
            fail_msg("case %zu: '%s', expected '%s'", i, diag.text, FINAL[i].says);
        }
        assert_int_equal(st, FINAL[i].status);
        assert_null(strchr(diag.text, '\n'));
        spot_brain_end(&brain, state);
        spot_brain_close(&brain);
        fake_stop(&fake);
    }
}

static void an_answer_that_is_lost_spoils_its_episode_alone(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof LOST / sizeof LOST[0]; i++) {
        remote_fake fake = {.answer = misbehave};
        spot_brain brain;
        spot_diag diag = {""};
        float chunk[FAKE_CHUNK];
        void *state = NULL;
        open_short(&fake, &brain, &state);
        assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
        atomic_store(&fake.mode, (int)LOST[i].what);
        const spot_status st = ask(&brain, state, chunk, &diag);
        if (strstr(diag.text, LOST[i].says) == NULL) {
            fail_msg("case %zu: '%s', expected '%s'", i, diag.text, LOST[i].says);
        }
        assert_int_equal(st, SPOT_E_IO);
        /* it stays lost until the next episode, which connects again */
        assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_E_IO);
        atomic_store(&fake.mode, WELL);
        assert_int_equal(spot_brain_forget(&brain, state, &diag), SPOT_OK);
        assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
        assert_close(chunk[0], 0.5, 0.0, 0.0);
        assert_int_equal(atomic_load(&fake.n_connected), 2);
        spot_brain_end(&brain, state);
        spot_brain_close(&brain);
        fake_stop(&fake);
    }
}

static void three_lost_episodes_in_a_row_end_the_job(void **unused)
{
    remote_fake fake = {.answer = misbehave};
    spot_brain brain;
    spot_diag diag = {""};
    float chunk[FAKE_CHUNK];
    void *state = NULL;
    (void)unused;
    open_short(&fake, &brain, &state);
    for (int round = 0; round < 2; round++) { /* a good one in between starts the count anew */
        atomic_store(&fake.mode, GOODBYE);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
            assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_E_IO);
        }
        atomic_store(&fake.mode, WELL);
        assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
        assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
    }
    atomic_store(&fake.mode, GOODBYE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
        assert_int_equal(ask(&brain, state, chunk, &diag), i < 2 ? SPOT_E_IO : SPOT_E_STATE);
    }
    assert_non_null(strstr(diag.text, "3 episodes in a row were lost; the last: ws://"));
    assert_non_null(strstr(diag.text, "going away"));
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

static void a_server_that_stays_away_loses_episodes_too(void **unused)
{
    remote_fake fake = {.answer = misbehave};
    spot_brain brain;
    spot_diag diag = {""};
    float chunk[FAKE_CHUNK];
    void *state = NULL;
    (void)unused;
    open_short(&fake, &brain, &state);
    fake_stop(&fake);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
        assert_int_equal(ask(&brain, state, chunk, &diag), i < 2 ? SPOT_E_IO : SPOT_E_STATE);
        assert_non_null(strstr(diag.text, "connection refused"));
    }
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
}

/* ---- another server at the same place ---- */

static void greet_named(remote_fake *fake, spoti_net_id id)
{
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_int(&fake->reply, "checkpoint", atomic_load(&fake->n_connected));
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void another_policy_at_the_same_address_ends_the_job(void **unused)
{
    remote_fake fake = {.greet = greet_named, .answer = misbehave};
    spot_brain brain;
    spot_diag diag = {""};
    float chunk[FAKE_CHUNK];
    void *state = NULL;
    (void)unused;
    open_short(&fake, &brain, &state);
    atomic_store(&fake.mode, GOODBYE);
    assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_E_IO);
    assert_int_equal(spot_brain_forget(&brain, state, &diag), SPOT_E_STATE);
    assert_non_null(strstr(diag.text, "expected the same policy during a run"));
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

/* ---- opening ---- */

static void greet_nothing(remote_fake *fake, spoti_net_id id)
{
    (void)fake;
    (void)id;
}

static void greet_garbage(remote_fake *fake, spoti_net_id id)
{
    (void)spoti_net_server_reply(fake->server, id, "\xc1", 1);
}

static void greet_text(remote_fake *fake, spoti_net_id id)
{
    (void)spoti_net_server_fail(fake->server, id, "no key", 1008, "no key");
}

static void greet_list(remote_fake *fake, spoti_net_id id)
{
    (void)spoti_net_server_reply(fake->server, id, "\x90", 1);
}

static void answer_wide(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    (void)n;
    fake_chunk(fake, id, request, FAKE_HORIZON, 7);
}

static void answer_nothing(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    (void)fake;
    (void)id;
    (void)request;
    (void)n;
}

static void answer_traceback(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    (void)request;
    (void)n;
    (void)spoti_net_server_fail(fake->server, id, "Traceback\nKeyError: 'image'", 1011, "sorry");
}

static void a_server_that_does_not_fit_is_not_opened(void **unused)
{
    const struct {
        fake_greet greet;
        fake_answer answer;
        const char *says;
    } cases[] = {
        {greet_nothing, NULL, "no message within 0.4 s"},
        {greet_garbage, NULL, "byte 0 begins no value of msgpack"},
        {greet_text, NULL, "first message is a text, expected its metadata"},
        {greet_list, NULL, "first message is a list, expected its metadata, a map"},
        {NULL, answer_wide, "gives actions of 7 entries, expected 2 as in the task"},
        {NULL, answer_nothing, "no message within 0.4 s (asked with observation/state 3, prompt)"},
        {NULL, answer_traceback, "the server says: KeyError: 'image' (asked with"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        remote_fake fake = {.greet = cases[i].greet, .answer = cases[i].answer};
        char file[600];
        spot_diag diag = {""};
        spot_brain brain;
        fake_start(&fake);
        /* a file without action says what an address says */
        fake_file(&fake, "open.yaml", "first_answer_s: 0.4\nconnect_s: 0.4\n", file, sizeof file);
        assert_int_not_equal(fake_open(&fake, file, &brain, &diag), SPOT_OK);
        if (strstr(diag.text, cases[i].says) == NULL) {
            fail_msg("case %zu: '%s', expected '%s'", i, diag.text, cases[i].says);
        }
        assert_null(strchr(diag.text, '\n'));
        assert_null(brain.ops);
        fake_stop(&fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_is_wrong_ends_the_job_in_one_line),
        cmocka_unit_test(an_answer_that_is_lost_spoils_its_episode_alone),
        cmocka_unit_test(three_lost_episodes_in_a_row_end_the_job),
        cmocka_unit_test(a_server_that_stays_away_loses_episodes_too),
        cmocka_unit_test(another_policy_at_the_same_address_ends_the_job),
        cmocka_unit_test(a_server_that_does_not_fit_is_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
