/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A brain is given the whole record of an observation: state, images, instruction, and what its actions are
 * relative to; a world without a camera is refused to one that sees. */
#include "lab/rollout/fake_world.h"
#include "support/spot_test.h"

static const uint8_t pixels[2 * 3 * 3] = {7};

/* What the brain was given. */
typedef struct given {
    bool sees;
    int n_infer, n_images;
    const char *camera;
    int height, width, first;
    const char *instruction;
    bool anchor_is_of_the_observation;
} given;

static given seen;

static void describe(const void *self, spot_brain_info *info)
{
    fake_describe(self, info);
    info->sees = seen.sees;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    seen.n_infer++;
    seen.n_images = input->n_images;
    if (input->n_images == 1) {
        seen.camera = input->images[0].name;
        seen.height = input->images[0].height;
        seen.width = input->images[0].width;
        seen.first = input->images[0].pixels[0];
    }
    seen.instruction = input->instruction;
    seen.anchor_is_of_the_observation =
        input->n_anchor == FAKE_ANCHOR && input->anchor[0] == (double)input->obs[0];
    return fake_infer(state, input, chunk, diag);
}

static spot_status look(void *self, const spot_image **images, int *count)
{
    static const spot_image image = {.name = "wrist", .height = 2, .width = 3, .pixels = pixels};
    (void)self;
    *images = &image;
    *count = 1;
    return SPOT_OK;
}

static spot_status run(bool sees, bool has_camera, spot_diag *diag)
{
    static fake_world self;
    static spot_world_ops ops;
    static const spot_brain_ops brain_ops = {.describe = describe, .infer = infer};
    const spot_brain brain = {.ops = &brain_ops};
    spot_rollout_config config;
    spot_rollout *rollout = NULL;
    spot_episode e;
    spot_world world = make_fake(&self, 40);

    ops = *world.ops;
    ops.look = has_camera ? look : NULL;
    world.ops = &ops;
    world.instruction = "go on";
    seen = (given){.sees = sees};
    spot_rollout_config_default(&config);
    spot_status st = spot_rollout_create(&config, &world, &brain, &rollout, diag);
    st = st == SPOT_OK ? spot_rollout_run(rollout, 3, &e, NULL, NULL, NULL, diag) : st;
    spot_rollout_destroy(rollout);
    return st;
}

static void a_brain_that_sees_is_given_the_whole_record(void **state)
{
    (void)state;
    assert_int_equal(run(true, true, NULL), SPOT_OK);
    assert_true(seen.n_infer > 1);
    assert_int_equal(seen.n_images, 1);
    assert_string_equal(seen.camera, "wrist");
    assert_true(seen.height == 2 && seen.width == 3 && seen.first == 7);
    assert_string_equal(seen.instruction, "go on");
    assert_true(seen.anchor_is_of_the_observation);
}

static void nothing_is_rendered_for_one_that_does_not(void **state)
{
    (void)state;
    assert_int_equal(run(false, true, NULL), SPOT_OK);
    assert_int_equal(seen.n_images, 0);
    assert_string_equal(seen.instruction, "go on");
}

static void a_world_without_a_camera_is_refused(void **state)
{
    spot_diag diag = {""};
    (void)state;
    assert_int_equal(run(true, false, &diag), SPOT_E_UNSUPPORTED);
    assert_string_equal(
        diag.text,
        "the policy reads images, and the task has no camera, expected a policy of states");
    assert_int_equal(seen.n_infer, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_brain_that_sees_is_given_the_whole_record),
        cmocka_unit_test(nothing_is_rendered_for_one_that_does_not),
        cmocka_unit_test(a_world_without_a_camera_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
