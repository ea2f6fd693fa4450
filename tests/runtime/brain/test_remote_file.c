/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The file of a policy server: what each key does to what is sent and taken, and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote_fake.h"
#include "support/spot_test.h"

static const float OBS[FAKE_OBS] = {0.5F, -2.0F, 7.0F};

/* ---- what is sent ---- */

static const char WHOLE[] = "steps: 10\n"
                            "task: some-task\n"
                            "state:\n"
                            "  - key: observation/joint_position\n"
                            "    entries: [2, 0]\n"
                            "    normalise: {mean: [1, 0.5], std: [2, 0.25]}\n"
                            "  - key: observation/gripper_position\n"
                            "    entries: [1]\n"
                            "prompt: lift the cup\n"
                            "prompt_key: text\n"
                            "images:\n"
                            "  - camera: front\n"
                            "    key: cam_high\n"
                            "    within: images\n"
                            "    image: {height: 2, width: 4, layout: chw}\n"
                            "  - camera: front\n"
                            "    key: observation/image\n"
                            "    image: {height: 2, width: 2, values: unit}\n"
                            "  - camera: wrist\n"
                            "    key: cam_left_wrist\n"
                            "    within: images\n"
                            "    image: {height: 1, width: 1, resize: none}\n"
                            "constants:\n"
                            "  - {key: a_text, text: hello}\n"
                            "  - {key: a_number, number: 1.5}\n"
                            "  - {key: an_integer, integer: -3}\n"
                            "  - {key: a_flag, flag: true}\n"
                            "  - {key: some_values, values: [1, 2.5]}\n"
                            "actions: out/chunk\n"
                            "action:\n"
                            "  columns: [1, 0]\n"
                            "  convention: absolute\n"
                            "  horizon: 2\n";

/* Four actions of two entries, one map deep, as float64. */
static void answer_deep(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n)
{
    static const double ROWS[4][2] = {{1, 2}, {3, 4}, {5, 6}, {7, 8}};
    (void)request;
    (void)n;
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_map(&fake->reply, "out");
    spoti_record_put_array(&fake->reply, "chunk", SPOTI_NP_F8, 2, (size_t[]){4, 2}, ROWS);
    spoti_record_end(&fake->reply);
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void assert_floats(const spoti_value *value, size_t n, const float *want)
{
    assert_non_null(value);
    assert_int_equal(value->kind, SPOTI_VALUE_ARRAY);
    assert_int_equal(value->as.array.n_dim, 1);
    assert_int_equal(value->as.array.shape[0], n);
    assert_memory_equal(value->as.array.data, want, n * sizeof(float));
}

static void assert_image(const spoti_value *value, spoti_np dtype, const size_t shape[3],
                         const void *want, size_t size)
{
    assert_non_null(value);
    assert_int_equal(value->kind, SPOTI_VALUE_ARRAY);
    assert_int_equal(value->as.array.dtype, dtype);
    assert_int_equal(value->as.array.n_dim, 3);
    assert_memory_equal(value->as.array.shape, shape, 3 * sizeof(size_t));
    assert_memory_equal(value->as.array.data, want, size);
}

static void assert_images(const spoti_value *request)
{
    /* 2 x 2 in 2 x 4 leaves a black column on either side */
    static const unsigned char PADDED[24] = {0, 1, 4,  0, 0, 7, 10, 0, 0, 2, 5,  0,
                                             0, 8, 11, 0, 0, 3, 6,  0, 0, 9, 12, 0};
    static const unsigned char WRIST[3] = {255, 128, 0};
    float unit[12];
    for (int i = 0; i < 12; i++) {
        unit[i] = (float)(i + 1) * (float)(1.0 / 255.0);
    }
    const spoti_value *images = spoti_value_find(request, "images");
    assert_non_null(images);
    assert_int_equal(images->n_entry, 2);
    assert_image(spoti_value_find(images, "cam_high"), SPOTI_NP_U1, (size_t[]){3, 2, 4}, PADDED,
                 sizeof PADDED);
    assert_image(spoti_value_find(images, "cam_left_wrist"), SPOTI_NP_U1, (size_t[]){1, 1, 3},
                 WRIST, sizeof WRIST);
    assert_image(spoti_value_find(request, "observation/image"), SPOTI_NP_F4, (size_t[]){2, 2, 3},
                 unit, sizeof unit);
}

static void assert_constants(const spoti_value *request)
{
    static const double VALUES[2] = {1.0, 2.5};
    char text[32];
    double number = 0.0;
    int64_t integer = 0;
    const spoti_value *values = spoti_value_find(request, "some_values");
    assert_int_equal(
        spoti_value_to_text(spoti_value_find(request, "a_text"), "", text, sizeof text, NULL),
        SPOT_OK);
    assert_string_equal(text, "hello");
    assert_int_equal(
        spoti_value_to_double(spoti_value_find(request, "a_number"), "", &number, NULL), SPOT_OK);
    assert_close(number, 1.5, 0.0, 0.0);
    assert_int_equal(
        spoti_value_to_int(spoti_value_find(request, "an_integer"), "", &integer, NULL), SPOT_OK);
    assert_int_equal(integer, -3);
    assert_true(spoti_value_find(request, "a_flag")->as.flag);
    assert_int_equal(values->as.array.dtype, SPOTI_NP_F8);
    assert_memory_equal(values->as.array.data, VALUES, sizeof VALUES);
}

static const uint8_t FRONT[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t BACK[3] = {255, 128, 0};
static const spot_image IMAGES[] = {
    {.name = "wrist", .height = 1, .width = 1, .pixels = BACK},
    {.name = "front", .height = 2, .width = 2, .pixels = FRONT},
};

static void every_key_does_what_it_says(void **unused)
{
    static const double ANCHOR[FAKE_DIM] = {0.5, 1.0};
    static const float JOINTS[2] = {3.0F, 0.0F}; /* (7 - 1) / 2, (0.5 - 0.5) / 0.25 */
    remote_fake fake = {.answer = answer_deep};
    spot_brain brain;
    spot_brain_info info;
    char file[600];
    char text[32];
    float chunk[4];
    (void)unused;
    fake_start(&fake);
    fake_file(&fake, "whole.yaml", WHOLE, file, sizeof file);
    void *state = fake_begin(&fake, file, &brain);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_int_equal(info.default_steps, 10);
    assert_int_equal(info.horizon, 2);
    assert_string_equal(info.task, "some-task");
    assert_true(info.sees);
    const spot_brain_input input = {.obs = OBS,
                                    .images = IMAGES,
                                    .n_images = 2,
                                    .instruction = "not this",
                                    .anchor = ANCHOR,
                                    .n_anchor = FAKE_DIM};
    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, NULL), SPOT_OK);
    const spoti_value *request = fake_last(&fake);
    assert_int_equal(request->n_entry, 2 + 1 + 2 + 5);
    assert_floats(spoti_value_find(request, "observation/joint_position"), 2, JOINTS);
    assert_floats(spoti_value_find(request, "observation/gripper_position"), 1, &OBS[1]);
    assert_int_equal(
        spoti_value_to_text(spoti_value_find(request, "text"), "", text, sizeof text, NULL),
        SPOT_OK);
    assert_string_equal(text, "lift the cup");
    assert_images(request);
    assert_constants(request);
    /* columns swapped, minus the anchor */
    assert_close(chunk[0], 2.0 - 0.5, 0.0, 0.0);
    assert_close(chunk[1], 1.0 - 1.0, 0.0, 0.0);
    assert_close(chunk[2], 4.0 - 0.5, 0.0, 0.0);
    assert_close(chunk[3], 3.0 - 1.0, 0.0, 0.0);
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

static void a_picture_that_is_not_there_is_refused_by_name(void **unused)
{
    remote_fake fake = {.answer = answer_deep};
    spot_brain brain;
    spot_diag diag = {""};
    char file[600];
    float chunk[4];
    (void)unused;
    fake_start(&fake);
    fake_file(&fake, "whole.yaml", WHOLE, file, sizeof file);
    void *state = fake_begin(&fake, file, &brain);
    spot_brain_input input = {.obs = OBS, .images = IMAGES, .n_images = 1};
    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, &diag), SPOT_E_NOT_FOUND);
    assert_non_null(strstr(
        diag.text, "the task has no camera 'front', expected one that it has: 'wrist', say"));
    input.n_images = 0;
    assert_int_equal(spot_brain_infer(&brain, state, &input, chunk, &diag), SPOT_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "expected a task with cameras"));
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

/* ---- what is refused ---- */

static void what_a_file_says_wrongly_is_refused_with_its_line(void **unused)
{
    static const struct {
        const char *more, *says;
    } cases[] = {
        {"dialekt: openpi\n", "dialekt"},
        {"dialect: grpc\n", "grpc"},
        {"connect_s: 0\n", ":2: connect_s: expected seconds, > 0"},
        {"answer_s: -1\n", ":2: answer_s: expected seconds"},
        {"first_answer_s: 90000\n", ":2: first_answer_s: expected seconds"},
        {"steps: 0\n", ":2: steps: 0, expected 1.."},
        {"api_key: x\napi_key_env: Y\n", ":3: api_key_env: beside api_key"},
        {"api_key_env: SPOT_TEST_NO_SUCH_KEY\n",
         ":2: api_key_env: the environment has no SPOT_TEST_NO_SUCH_KEY"},
        {"obs_dim: 4\n", "takes 4 observations, expected 3 as in the task"},
        {"constants: [{key: a}]\n", ":2: constant 'a' has 0 values"},
        {"constants: [{key: a, text: b, flag: true}]\n", ":2: constant 'a' has 2 values"},
        {"constants: [{key: prompt, text: b}]\n", "the key 'prompt' twice"},
        {"state: [{key: s}, {key: s}]\n", "the key 's' twice"},
        {"state: [{key: s, entries: [0, 3]}]\n", ":2: entries: 3, expected 0..2"},
        {"state: [{key: s, entries: [-1]}]\n", ":2: entries: -1, expected 0..2"},
        {"state: [{key: s, normalise: {mean: [1], std: [1]}}]\n", "mean: 1 numbers, expected 3"},
        {"images: [{camera: c, key: k, image: {width: 4}}]\n", "height: 0, expected 1.."},
        {"action: {columns: [0]}\n", "columns lists 1 entries in an action, expected 2"},
        {"action: {horizon: 5}\n", "horizon: 5, expected 1..4"},
    };
    remote_fake fake = {.greet = NULL};
    (void)unused;
    fake_start(&fake);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char file[600];
        spot_diag diag = {""};
        spot_brain brain;
        fake_file(&fake, "bad.yaml", cases[i].more, file, sizeof file);
        assert_int_not_equal(fake_open(&fake, file, &brain, &diag), SPOT_OK);
        if (strstr(diag.text, cases[i].says) == NULL) {
            fail_msg("case %zu: '%s', expected '%s'", i, diag.text, cases[i].says);
        }
        assert_null(strchr(diag.text, '\n'));
        assert_null(brain.ops);
    }
    fake_stop(&fake);
}

static void the_same_key_in_two_maps_is_no_contradiction(void **unused)
{
    remote_fake fake = {.greet = NULL};
    spot_brain brain;
    spot_diag diag = {""};
    char file[600];
    (void)unused;
    fake_start(&fake);
    fake_file(&fake, "two.yaml",
              "state: [{key: a}]\n"
              "images:\n"
              "  - {camera: c, key: a, within: one, image: {height: 1, width: 1}}\n"
              "  - {camera: c, key: a, within: two, image: {height: 1, width: 1}}\n",
              file, sizeof file);
    assert_int_equal(fake_open(&fake, file, &brain, &diag), SPOT_OK);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

static void a_task_that_says_nothing_needs_obs_dim(void **unused)
{
    remote_fake fake = {.greet = NULL};
    spot_brain brain;
    spot_brain_info info;
    spot_diag diag = {""};
    char file[600];
    (void)unused;
    fake_start(&fake);
    assert_int_equal(spot_brain_open(fake.url, NULL, &brain, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "expected obs_dim: N in a file"));
    fake_file(&fake, "dim.yaml", "obs_dim: 9\n", file, sizeof file);
    assert_int_equal(spot_brain_open(file, NULL, &brain, &diag), SPOT_OK);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_int_equal(info.obs_dim, 9);
    assert_int_equal(info.action_dim, FAKE_DIM);
    spot_brain_close(&brain);
    fake_stop(&fake);
}

static void addresses_that_are_none_are_refused(void **unused)
{
    char longer[SPOTI_NET_URL_BYTES + 16] = "ws://";
    spot_brain brain;
    spot_diag diag = {""};
    (void)unused;
    assert_int_equal(spot_brain_open("wss://localhost:1", NULL, &brain, &diag), SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "TLS"));
    assert_int_equal(spot_brain_open("remote:/no/such.yaml", NULL, &brain, &diag), SPOT_E_IO);
    assert_int_equal(spot_brain_open("ws://", NULL, &brain, &diag), SPOT_E_FORMAT);
    memset(longer + 5, 'a', sizeof longer - 6);
    assert_int_equal(spot_brain_open(longer, NULL, &brain, &diag), SPOT_E_FORMAT);
    assert_true(spot_brain_is_address("remote:x") && spot_brain_is_address("wss://x"));
    assert_false(spot_brain_is_address("policies/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_what_it_says),
        cmocka_unit_test(a_picture_that_is_not_there_is_refused_by_name),
        cmocka_unit_test(what_a_file_says_wrongly_is_refused_with_its_line),
        cmocka_unit_test(the_same_key_in_two_maps_is_no_contradiction),
        cmocka_unit_test(a_task_that_says_nothing_needs_obs_dim),
        cmocka_unit_test(addresses_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
