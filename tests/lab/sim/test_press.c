/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The button behind its guard: what counts as pressed, who gets in, and the expert. */
#include "lab/sim/rig.h"
#include "spot/demo.h"

enum { SETTLE_TICKS = 500 };

/* Holds the closed fingers over the button, off by (dx, dy), then presses down to `z`. */
static void press_at(rig *r, double dx, double dy, double z)
{
    double panel[4];
    spoti_object_pose(r->w, 0, panel);
    /* The guard is square: its yaw modulo a quarter turn is all that matters. */
    double yaw = remainder(panel[3], 1.5707963267948966);
    double x = panel[0] + dx * cos(yaw) - dy * sin(yaw);
    double y = panel[1] + dx * sin(yaw) + dy * cos(yaw);
    assert_int_equal(rig_act(r, x, y, 0.12, yaw, false), SPOT_OK);
    rig_step(r, SETTLE_TICKS);
    assert_false(rig_outcome(r).success);
    for (double at = 0.12; at > z; at -= 0.01) {
        assert_int_equal(rig_act(r, x, y, fmax(at, z), yaw, false), SPOT_OK);
        rig_step(r, 25);
    }
    assert_int_equal(rig_act(r, x, y, z, yaw, false), SPOT_OK);
    rig_step(r, SETTLE_TICKS);
}

static void a_centred_press_succeeds_and_a_shallow_one_does_not(void **state)
{
    rig r;
    (void)state;

    rig_open(&r, PRESS, 1.0, 0.0);
    rig_reset(&r, 3);
    press_at(&r, 0.0, 0.0, 0.045); /* tips at 30 mm: 2 mm of travel */
    assert_false(rig_outcome(&r).success);
    assert_int_equal(rig_outcome(&r).grade, 1);
    rig_reset(&r, 3);
    press_at(&r, 0.0, 0.0, 0.040); /* 7 mm */
    assert_true(rig_outcome(&r).success);
    assert_int_equal(rig_outcome(&r).grade, 2);
    rig_close(&r);
}

/* Clearance by the model's figures: 18.5 mm to the guard less 12 (11) mm of closed fingers. Fingers that land on
 * the rim, up to about 4 mm beyond it, slip in as the arm gives way; 9 mm beyond they do not. */
static void the_guard_keeps_out_what_is_off_by_more_than_its_clearance(void **state)
{
    static const struct {
        double dx;
        double dy;
        bool enters;
    } cases[] = {
        {0.005, 0.0, true},  {-0.005, 0.005, true}, {0.0, -0.006, true},
        {0.016, 0.0, false}, {0.0, 0.016, false},   {-0.016, -0.016, false},
    };
    rig r;
    (void)state;

    rig_open(&r, PRESS, 1.0, 0.0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_reset(&r, 5 + i);
        press_at(&r, cases[i].dx, cases[i].dy, 0.040);
        if (rig_outcome(&r).success != cases[i].enters) {
            fail_msg("off by %g, %g m: success %d", cases[i].dx, cases[i].dy,
                     rig_outcome(&r).success);
        }
    }
    rig_close(&r);
}

static void the_expert_presses(void **state)
{
    enum { N = 100 };
    static spot_episode episodes[N];
    const spot_demo_evaluation evaluation = {
        .variation = {.speed = 1.0, .noise = 1.0}, .seed = 0, .episodes = N, .threads = 2};
    rig r;
    int successes = 0;
    (void)state;

    rig_open(&r, PRESS, 1.0, 1.0);
    assert_int_equal(spot_demo_evaluate(r.task, &evaluation, episodes, NULL), SPOT_OK);
    for (int i = 0; i < N; i++) {
        successes += episodes[i].success ? 1 : 0;
    }
    assert_true(successes >= 98);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_centred_press_succeeds_and_a_shallow_one_does_not),
        cmocka_unit_test(the_guard_keeps_out_what_is_off_by_more_than_its_clearance),
        cmocka_unit_test(the_expert_presses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
