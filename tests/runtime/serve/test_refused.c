/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Requests that cannot be answered: each is told in one line why, its connection is closed, and the server goes on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peers.h"
#include "served.h"
#include "support/spot_test.h"

static const float OBS[TELLER_OBS] = {1.0F, 0.0F, 0.0F};
static const float ZEROS[2 * TELLER_CHUNK] = {0.0F};

/* What is put into a request, and what must be said of it. */
typedef void (*put_fn)(asker *a);
typedef struct wrong {
    put_fn put;
    const char *said;
    bool without_state; /* else OBS is there */
} wrong;

static void put_array(asker *a, const char *key, spoti_np dtype, size_t n, const void *data)
{
    spoti_record_put_array(&a->request, key, dtype, 1, &n, data);
}

static void put_nothing(asker *a)
{
    (void)a;
}

static void put_two_states(asker *a)
{
    put_array(a, "state", SPOTI_NP_F4, TELLER_OBS, OBS);
}

static void put_short_state(asker *a)
{
    put_array(a, "observation/state", SPOTI_NP_F4, 2, OBS);
}

static void put_batch_of_states(asker *a)
{
    ask_put_floats(a, "observation/state", 1, TELLER_OBS, OBS);
}

static void put_text_state(asker *a)
{
    spoti_record_put_text(&a->request, "state", "1, 2, 3");
}

static void put_half_state(asker *a)
{
    put_array(a, "state", SPOTI_NP_F2, TELLER_OBS, OBS);
}

static void put_nan_state(asker *a)
{
    static const float nan_state[TELLER_OBS] = {0.0F, 0.0F, (float)NAN};
    put_array(a, "state", SPOTI_NP_F4, TELLER_OBS, nan_state);
}

static void put_huge_state(asker *a)
{
    static const double huge[TELLER_OBS] = {0.0, 1e300, 0.0};
    put_array(a, "observation.state", SPOTI_NP_F8, TELLER_OBS, huge);
}

static void put_flat_noise(asker *a)
{
    put_array(a, "spot/noise", SPOTI_NP_F4, TELLER_CHUNK, ZEROS);
}

static void put_turned_noise(asker *a)
{
    ask_put_floats(a, "spot/noise", TELLER_ACTION, TELLER_HORIZON, ZEROS);
}

static void put_infinite_noise(asker *a)
{
    static const float infinite[TELLER_CHUNK] = {0.0F, (float)INFINITY};
    ask_put_floats(a, "spot/noise", TELLER_HORIZON, TELLER_ACTION, infinite);
}

static void put_begin_as_number(asker *a)
{
    spoti_record_put_int(&a->request, "spot/begin", 1);
}

static void put_past_as_array(asker *a)
{
    ask_put_floats(a, "spot/past", 1, TELLER_OBS, ZEROS);
}

static void put_past_without_command(asker *a)
{
    spoti_record_map(&a->request, "spot/past");
    ask_put_floats(a, "state", 1, TELLER_OBS, ZEROS);
    spoti_record_end(&a->request);
}

static void put_past_of_two_lengths(asker *a)
{
    spoti_record_map(&a->request, "spot/past");
    ask_put_floats(a, "state", 2, TELLER_OBS, ZEROS);
    ask_put_floats(a, "command", 1, TELLER_ACTION, ZEROS);
    spoti_record_end(&a->request);
}

static void put_past_of_other_states(asker *a)
{
    ask_put_past(a, 1, TELLER_OBS + 1, ZEROS, TELLER_ACTION, ZEROS);
}

static void put_past_of_other_commands(asker *a)
{
    ask_put_past(a, 1, TELLER_OBS, ZEROS, TELLER_ACTION + 1, ZEROS);
}

static void put_past_with_nan(asker *a)
{
    static const float nan_command[TELLER_ACTION] = {0.0F, (float)NAN};
    ask_put_past(a, 1, TELLER_OBS, ZEROS, TELLER_ACTION, nan_command);
}

static void put_long_past(asker *a)
{
    static float long_past[(SPOT_SERVE_PAST_MAX + 1) * TELLER_OBS];
    ask_put_past(a, SPOT_SERVE_PAST_MAX + 1, TELLER_OBS, long_past, TELLER_ACTION, long_past);
}

static void put_whole_anchor(asker *a)
{
    static const int32_t whole[2] = {1, 2};
    put_array(a, "spot/anchor", SPOTI_NP_I4, 2, whole);
}

static void put_long_anchor(asker *a)
{
    static const double long_anchor[SPOTI_SERVE_ANCHOR_MAX + 1] = {0.0};
    put_array(a, "spot/anchor", SPOTI_NP_F8, SPOTI_SERVE_ANCHOR_MAX + 1, long_anchor);
}

static void put_nan_anchor(asker *a)
{
    static const double nan_anchor[1] = {(double)NAN};
    put_array(a, "spot/anchor", SPOTI_NP_F8, 1, nan_anchor);
}

static void put_number_as_prompt(asker *a)
{
    spoti_record_put_float(&a->request, "prompt", 1.0);
}

static void put_long_prompt(asker *a)
{
    static char text[SPOTI_SERVE_PROMPT_SIZE + 1];
    memset(text, 'x', SPOTI_SERVE_PROMPT_SIZE);
    spoti_record_put_text(&a->request, "prompt", text);
}

static void put_unknown_key(asker *a)
{
    spoti_record_put_bool(&a->request, "spot/nois\xff\x1b", true);
}

static void put_empty_key(asker *a)
{
    spoti_record_put_bool(&a->request, "spot/", true);
}

static void put_image_without_width(asker *a)
{
    const size_t shape[3] = {2, 0, 3};
    spoti_record_put_array(&a->request, "observation/image", SPOTI_NP_U1, 3, shape, ZEROS);
}

static void put_image_of_long_name(asker *a)
{
    static char key[sizeof("observation/") + SPOTI_SERVE_IMAGE_NAME_SIZE];
    const size_t shape[3] = {1, 1, 3};
    (void)snprintf(key, sizeof(key), "observation/");
    memset(key + strlen(key), 'x', SPOTI_SERVE_IMAGE_NAME_SIZE);
    spoti_record_put_array(&a->request, key, SPOTI_NP_U1, 3, shape, ZEROS);
}

static void put_grey_image(asker *a)
{
    const size_t shape[3] = {2, 2, 1};
    spoti_record_put_array(&a->request, "observation/image", SPOTI_NP_U1, 3, shape, ZEROS);
}

static void put_empty_image(asker *a)
{
    const size_t shape[3] = {0, 2, 3};
    spoti_record_put_array(&a->request, "observation/image", SPOTI_NP_U1, 3, shape, ZEROS);
}

static void put_many_images(asker *a)
{
    static char keys[SPOT_IMAGES_MAX + 1][32];
    const size_t shape[3] = {1, 1, 3};
    for (int i = 0; i <= SPOT_IMAGES_MAX; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "observation/%d", i);
        spoti_record_put_array(&a->request, keys[i], SPOTI_NP_U1, 3, shape, ZEROS);
    }
}

static void put_failure(asker *a)
{
    static const float failure[TELLER_OBS] = {0.0F, TELLER_FAILS, 0.0F};
    put_array(a, "state", SPOTI_NP_F4, TELLER_OBS, failure);
}

static void put_nan_answer(asker *a)
{
    static const float trouble[TELLER_OBS] = {0.0F, TELLER_NAN, 0.0F};
    put_array(a, "state", SPOTI_NP_F4, TELLER_OBS, trouble);
}

static const wrong WRONGS[] = {
    {put_nothing, "observation/state: missing, expected a float32 array of shape [3]", true},
    {put_two_states, "observation/state and state: both there, expected one", false},
    {put_short_state, "observation/state: an array of shape [2], expected [3]", true},
    {put_batch_of_states, "observation/state: an array of shape [1, 3], expected [3]", true},
    {put_text_state, "state: a text, expected an array", true},
    {put_half_state, "state: an array of <f2, expected", true},
    {put_nan_state, "state: element 2 is nan", true},
    {put_huge_state, "observation.state: element 1 is 1e+300", true},
    {put_flat_noise, "spot/noise: an array of shape [8], expected [4, 2]", false},
    {put_turned_noise, "spot/noise: an array of shape [2, 4], expected [4, 2]", false},
    {put_infinite_noise, "spot/noise: element 1 is inf", false},
    {put_begin_as_number, "spot/begin: an integer, expected true or false", false},
    {put_past_as_array, "spot/past: an array of <f4, expected a map", false},
    {put_past_without_command, "spot/past command: nothing, expected an array", false},
    {put_past_of_two_lengths, "spot/past: 2 states and 1 commands, expected as many", false},
    {put_past_of_other_states, "spot/past state: an array of shape [1, 4], expected [1, 3]", false},
    {put_past_of_other_commands, "spot/past command: an array of shape [1, 3], expected [1, 2]",
     false},
    {put_past_with_nan, "spot/past command: element 1 is nan", false},
    {put_long_past, "spot/past state: 4097 actions, expected at most 4096", false},
    {put_whole_anchor, "spot/anchor: an array of <i4, expected an array of <f8", false},
    {put_long_anchor, "spot/anchor: 65 elements, expected at most 64", false},
    {put_nan_anchor, "spot/anchor: element 0 is nan", false},
    {put_number_as_prompt, "prompt: a number, expected a text", false},
    {put_long_prompt, "prompt: a text of 4096 bytes, expected less than 4096", false},
    {put_unknown_key, "spot/nois\\xff\\x1b: no such key, expected spot/noise, ", false},
    {put_grey_image, "observation/image: expected an image, uint8 of shape [height, width, 3]",
     false},
    {put_empty_key, "spot/: no such key", false},
    {put_image_without_width, "observation/image: expected an image", false},
    {put_image_of_long_name, "observation/xxxx", false},
    {put_empty_image, "observation/image: expected an image", false},
    {put_many_images, "observation/16: expected at most 16 images", false},
    {put_failure, "the teller has\\x0alost its voice\\x1b", true},
    {put_nan_answer, "number 7 of the policy's answer is not finite", true},
};
enum { N_WRONG = sizeof(WRONGS) / sizeof(WRONGS[0]) };

/* The server says `said`, and then goodbye with 1011. */
static void check_refusal(asker *a, const char *said)
{
    assert_int_equal(spoti_net_client_send(a->client, a->bytes.data, a->bytes.size, 10.0, &a->diag),
                     SPOT_OK);
    assert_int_equal(spoti_net_client_receive(a->client, 60.0, &a->message, &a->diag), SPOT_OK);
    assert_true(a->message.is_text);
    char text[2048];
    (void)snprintf(text, sizeof(text), "%.*s", (int)a->message.size, (const char *)a->message.data);
    if (strncmp(text, said, strlen(said)) != 0 || strchr(text, '\n') != NULL) {
        fail_msg("'%s' instead of '%s'", text, said);
    }
    assert_int_equal(spoti_net_client_receive(a->client, 60.0, &a->message, &a->diag), SPOT_E_IO);
    assert_non_null(strstr(a->diag.text, "1011"));
}

static void check_wrong(const served *s, const wrong *w)
{
    asker a;

    asker_start(&a, s);
    ask_begin(&a, w->without_state ? NULL : OBS, TELLER_OBS);
    w->put(&a);
    spoti_record_end(&a.request);
    assert_int_equal(spoti_record_encode(&a.request, SPOTI_DIALECT_OPENPI, &a.bytes, NULL),
                     SPOT_OK);
    check_refusal(&a, w->said);
    asker_end(&a);
}

/* Somebody who asks what can be answered is answered. */
static void check_alive(const served *s)
{
    asker a;

    asker_start(&a, s);
    ask_begin(&a, OBS, TELLER_OBS);
    assert_int_equal(ask_end(&a), SPOT_OK);
    asker_end(&a);
}

static void each_wrong_request_is_told_why(void **state)
{
    teller t;
    served s;
    spot_serve_stats stats;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    for (int i = 0; i < N_WRONG; i++) {
        check_wrong(&s, &WRONGS[i]);
    }
    check_alive(&s);
    served_end(&s, &stats);
    assert_int_equal(stats.refused, N_WRONG);
    assert_int_equal(stats.answered, 1);
    assert_int_equal(stats.clients, N_WRONG + 1);
    assert_int_equal(stats.clients_served, 1);
    assert_int_equal(s.n_refused, N_WRONG);
    assert_string_equal(s.refused,
                        "client 33: number 7 of the policy's answer is not finite, expected "
                        "finite ones");
    teller_fini(&t);
}

static void put_noise(asker *a)
{
    ask_put_floats(a, "spot/noise", TELLER_HORIZON, TELLER_ACTION, ZEROS);
}

static void put_past(asker *a)
{
    ask_put_past(a, 1, TELLER_OBS, ZEROS, TELLER_ACTION, ZEROS);
}

static void what_a_policy_cannot_read_is_refused(void **state)
{
    static const wrong noise = {put_noise, "spot/noise: this policy takes no noise", false};
    static const wrong past = {put_past, "spot/past: this policy remembers nothing", false};
    const size_t shape[3] = {2, 2, 1};
    teller t;
    served s;
    asker a;
    (void)state;

    teller_init(&t);
    t.blind = true;
    served_start(&s, &t.brain, NULL, NULL);
    check_wrong(&s, &noise);
    check_wrong(&s, &past);
    /* but images, which every openpi client sends, are let be, whatever they are */
    asker_start(&a, &s);
    ask_begin(&a, OBS, TELLER_OBS);
    spoti_record_put_array(&a.request, "observation/image", SPOTI_NP_U1, 3, shape, ZEROS);
    assert_int_equal(ask_end(&a), SPOT_OK);
    asker_end(&a);
    served_end(&s, NULL);
    teller_fini(&t);
}

static void bytes_that_are_no_request_are_told_so(void **state)
{
    /* nothing; a number that was never used by msgpack; a map that does not end; two values; a list; a list of lists
     * without end */
    static const struct {
        const char *bytes;
        size_t size;
    } frames[] = {{"", 0},
                  {"\xc1", 1},
                  {"\x82\xa1x\x01", 4},
                  {"\x80\x80", 2},
                  {"\x90", 1},
                  {"\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91", 18}};
    teller t;
    served s;
    asker a;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        asker_start(&a, &s);
        assert_int_equal(spoti_bytes_append(&a.bytes, frames[i].bytes, frames[i].size), SPOT_OK);
        check_refusal(&a, "request: ");
        asker_end(&a);
    }
    check_alive(&s);
    served_end(&s, NULL);
    teller_fini(&t);
}

static void a_text_is_no_request(void **state)
{
    unsigned char data[1024];
    unsigned char first = 0;
    teller t;
    served s;
    (void)state;

    teller_init(&t);
    served_start(&s, &t.brain, NULL, NULL);
    const int fd = raw_connect(s.port);
    assert_true(raw_client_handshake(fd));
    assert_true(raw_read_frame(fd, &first, data, sizeof(data)) > 0);
    assert_int_equal(first, 0x82);
    assert_true(raw_frame(fd, 0x81, "{}", 2, true));
    const long size = raw_read_frame(fd, &first, data, sizeof(data) - 1);
    assert_int_equal(first, 0x81);
    assert_true(size > 0);
    data[size] = '\0';
    assert_non_null(strstr((const char *)data, "a text frame, expected a binary one"));
    assert_true(raw_read_frame(fd, &first, data, sizeof(data)) >= 2);
    assert_int_equal(first, 0x88);
    assert_int_equal(256 * data[0] + data[1], 1011);
    (void)close(fd);
    check_alive(&s);
    served_end(&s, NULL);
    teller_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_request_is_told_why),
        cmocka_unit_test(what_a_policy_cannot_read_is_refused),
        cmocka_unit_test(bytes_that_are_no_request_are_told_so),
        cmocka_unit_test(a_text_is_no_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
