/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The second dialect: greetings both ways, numbered messages, episodes that begin and end, errors that close nothing. */
#include <stdio.h>
#include <string.h>

#include "remote_fake.h"
#include "support/spot_test.h"

enum { LATE = 1, FAILS, WRONG_TYPE, AHEAD, OLD_VERSION, NO_HELLO, ERROR_AT_START };

static const float OBS[FAKE_OBS] = {0.5F, -2.0F, 7.0F};

/* What came, in order: H S O E. */
typedef struct talk {
    remote_fake fake;
    char heard[64];
    atomic_int n_heard;
} talk;

static void greet_nothing(remote_fake *fake, spoti_net_id id)
{
    (void)fake;
    (void)id;
}

static void begin_message(remote_fake *fake, const char *type, int64_t seq)
{
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_text(&fake->reply, "type", type);
    spoti_record_put_int(&fake->reply, "seq", seq);
    spoti_record_put_float(&fake->reply, "timestamp", 1.0);
    spoti_record_map(&fake->reply, "payload");
}

static void end_message(remote_fake *fake, spoti_net_id id)
{
    spoti_record_end(&fake->reply);
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void hello(remote_fake *fake, spoti_net_id id, int64_t seq)
{
    const int mode = atomic_load(&fake->mode);
    begin_message(fake, mode == NO_HELLO ? "action" : "hello", seq);
    spoti_record_put_text(&fake->reply, "harness_version", "0");
    spoti_record_put_int(&fake->reply, "protocol_version", mode == OLD_VERSION ? 0 : 1);
    end_message(fake, id);
}

static void action(remote_fake *fake, spoti_net_id id, int64_t seq, float value)
{
    const float row[FAKE_DIM] = {value, -value};
    begin_message(fake, atomic_load(&fake->mode) == WRONG_TYPE ? "hello" : "action", seq);
    spoti_record_put_array(&fake->reply, "actions", SPOTI_NP_F4, 1, (size_t[]){FAKE_DIM}, row);
    end_message(fake, id);
}

static void error(remote_fake *fake, spoti_net_id id, int64_t seq)
{
    begin_message(fake, "error", seq);
    spoti_record_put_text(&fake->reply, "error", "Traceback\nobservation_failed: no state\n");
    end_message(fake, id);
}

static void observe(remote_fake *fake, spoti_net_id id, int64_t seq)
{
    switch (atomic_load(&fake->mode)) {
    case LATE:
        action(fake, id, seq - 1, 99.0F);
        action(fake, id, seq, 5.0F);
        break;
    case FAILS:
        error(fake, id, seq);
        break;
    case AHEAD:
        action(fake, id, seq + 1, 5.0F);
        break;
    default:
        action(fake, id, seq, 5.0F);
    }
}

static char letter_of(const char *type)
{
    static const struct {
        const char *type;
        char letter;
    } letters[] = {
        {"hello", 'H'}, {"episode_start", 'S'}, {"observation", 'O'}, {"episode_end", 'E'}};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (strcmp(type, letters[i].type) == 0) {
            return letters[i].letter;
        }
    }
    return '?';
}

static void answer(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    talk *t = (talk *)fake; /* its first member */
    char type[32] = "?";
    int64_t seq = 0;
    (void)n;
    (void)spoti_value_to_text(spoti_value_find(request, "type"), "", type, sizeof type, NULL);
    (void)spoti_value_to_int(spoti_value_find(request, "seq"), "", &seq, NULL);
    const int at = atomic_load(&t->n_heard);
    t->heard[at] = letter_of(type);
    atomic_store(&t->n_heard, at + 1);
    if (t->heard[at] == 'H') {
        hello(fake, id, seq);
    } else if (t->heard[at] == 'S' && atomic_load(&fake->mode) == ERROR_AT_START) {
        error(fake, id, seq);
    } else if (t->heard[at] == 'O') {
        observe(fake, id, seq);
    }
}

static void start(talk *t, char *file, size_t size)
{
    *t = (talk){.fake = {.greet = greet_nothing, .answer = answer}};
    fake_start(&t->fake);
    fake_file(&t->fake, "vla.yaml", "dialect: vla-eval\nfirst_answer_s: 2\nanswer_s: 2\n", file,
              size);
}

static spot_status ask(const spot_brain *brain, void *state, float *chunk, spot_diag *diag)
{
    return spot_brain_infer(brain, state, &(spot_brain_input){.obs = OBS, .instruction = "go"},
                            chunk, diag);
}

static void episodes_begin_and_end_and_answers_bear_the_number_of_their_question(void **unused)
{
    talk t;
    spot_brain brain;
    spot_brain_info info;
    char file[600];
    char text[32];
    float chunk[FAKE_DIM];
    (void)unused;
    start(&t, file, sizeof file);
    void *state = fake_begin(&t.fake, file, &brain);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_int_equal(info.horizon, 1);
    assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
    assert_close(chunk[0], 5.0, 0.0, 0.0);
    assert_close(chunk[1], -5.0, 0.0, 0.0);
    const spoti_value *payload = spoti_value_find(fake_last(&t.fake), "payload");
    const spoti_value *sent = spoti_value_find(payload, "state");
    assert_memory_equal(sent->as.array.data, OBS, sizeof OBS);
    assert_int_equal(spoti_value_to_text(spoti_value_find(payload, "task_description"), "", text,
                                         sizeof text, NULL),
                     SPOT_OK);
    assert_string_equal(text, "go");
    /* a late answer to the question before is passed over */
    atomic_store(&t.fake.mode, LATE);
    assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
    assert_close(chunk[0], 5.0, 0.0, 0.0);
    assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
    assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
    assert_int_equal(atomic_load(&t.n_heard), 10);
    assert_string_equal(t.heard, "HSOESOOESO"); /* probe; two questions; one */
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&t.fake);
    assert_string_equal(t.heard, "HSOESOOESOE");
}

static void an_error_spoils_an_episode_and_closes_nothing(void **unused)
{
    static const int MODES[] = {FAILS, ERROR_AT_START};
    (void)unused;
    for (int i = 0; i < 2; i++) {
        talk t;
        spot_brain brain;
        spot_diag diag = {""};
        char file[600];
        float chunk[FAKE_DIM];
        start(&t, file, sizeof file);
        void *state = fake_begin(&t.fake, file, &brain);
        atomic_store(&t.fake.mode, MODES[i]);
        assert_int_equal(ask(&brain, state, chunk, &diag), SPOT_E_IO);
        assert_non_null(strstr(diag.text, "the server says: observation_failed: no state (asked "
                                          "with state 3, task_description)"));
        atomic_store(&t.fake.mode, 0);
        assert_int_equal(spot_brain_forget(&brain, state, NULL), SPOT_OK);
        assert_int_equal(ask(&brain, state, chunk, NULL), SPOT_OK);
        assert_close(chunk[0], 5.0, 0.0, 0.0);
        assert_int_equal(atomic_load(&t.fake.n_connected), 1);
        spot_brain_end(&brain, state);
        spot_brain_close(&brain);
        fake_stop(&t.fake);
    }
}

static void answers_out_of_turn_end_the_job(void **unused)
{
    static const int MODES[] = {WRONG_TYPE, AHEAD};
    (void)unused;
    for (int i = 0; i < 2; i++) {
        talk t;
        spot_brain brain;
        spot_diag diag = {""};
        char file[600];
        float chunk[FAKE_DIM];
        start(&t, file, sizeof file);
        void *state = fake_begin(&t.fake, file, &brain);
        atomic_store(&t.fake.mode, MODES[i]);
        assert_int_equal(ask(&brain, state, chunk, &diag), SPOT_E_FORMAT);
        assert_non_null(strstr(diag.text, "expected an action"));
        spot_brain_end(&brain, state);
        spot_brain_close(&brain);
        fake_stop(&t.fake);
    }
}

static void a_server_of_another_version_or_dialect_is_refused(void **unused)
{
    static const struct {
        int mode;
        const char *says;
    } cases[] = {{OLD_VERSION, "speaks version 0 of vla-eval's protocol, expected 1"},
                 {NO_HELLO, "answers the greeting with 'action', expected a hello"}};
    (void)unused;
    for (int i = 0; i < 2; i++) {
        talk t;
        spot_brain brain;
        spot_diag diag = {""};
        char file[600];
        start(&t, file, sizeof file);
        atomic_store(&t.fake.mode, cases[i].mode);
        assert_int_not_equal(fake_open(&t.fake, file, &brain, &diag), SPOT_OK);
        assert_non_null(strstr(diag.text, cases[i].says));
        fake_stop(&t.fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(episodes_begin_and_end_and_answers_bear_the_number_of_their_question),
        cmocka_unit_test(an_error_spoils_an_episode_and_closes_nothing),
        cmocka_unit_test(answers_out_of_turn_end_the_job),
        cmocka_unit_test(a_server_of_another_version_or_dialect_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
