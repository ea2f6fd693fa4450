/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The belt carries the cube at 6.25 cm/s times the speed factor, seen from positions alone. */
#include "lab/sim/rig.h"

static const double BELT_M_S = 0.0625;
static const double SPEED_RTOL = 0.02;
static const double SLIP_M = 1e-3;
static const double TURN_RAD = 0.01;
enum { SECONDS = 3, WINDOW_TICKS = 25, TICK_MS = 4 };

/* Heading of the cube's x axis. */
static double heading(const rig *r)
{
    int id = mj_name2id(r->w->model, mjOBJ_BODY, "cube");
    const mjtNum *turn = r->w->data->xmat + 9 * id;
    return atan2(turn[3], turn[0]);
}

static void check_carried(double factor, uint64_t seed)
{
    rig r;
    rig_open(&r, CONVEYOR, factor, 1.0);
    rig_reset(&r, seed);
    double start[3];
    memcpy(start, rig_body(&r, "cube"), sizeof(start));
    double belt = rig_body(&r, "belt")[1];
    double turn = heading(&r);

    int windows = SECONDS * 1000 / (WINDOW_TICKS * TICK_MS);
    for (int i = 0; i < windows; i++) {
        double y = rig_body(&r, "cube")[1];
        rig_step(&r, WINDOW_TICKS);
        const mjtNum *now = rig_body(&r, "cube");
        double speed = (now[1] - y) / (1e-3 * WINDOW_TICKS * TICK_MS);
        /* at rest 2 % of nothing is nothing: 0.1 mm/s, a thousandth of the belt's speed and a half */
        assert_close(speed, BELT_M_S * factor, factor > 0.0 ? 0.0 : 1e-4, SPEED_RTOL);
        assert_close(now[0], start[0], SLIP_M, 0.0);
        assert_close(now[2], start[2], SLIP_M, 0.0);
        double slip = (now[1] - start[1]) - (rig_body(&r, "belt")[1] - belt);
        assert_close(slip, 0.0, SLIP_M, 0.0);
        assert_close(heading(&r), turn, TURN_RAD, 0.0);
    }
    double mean = (rig_body(&r, "cube")[1] - start[1]) / SECONDS;
    assert_close(mean, BELT_M_S * factor, factor > 0.0 ? 0.0 : 1e-5, 0.25 * SPEED_RTOL);
    rig_close(&r);
}

static void belt_carries_the_cube_at_its_speed(void **state)
{
    (void)state;
    static const double factors[] = {0.5, 1.0, 1.5, 2.0, 3.0};
    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            check_carried(factors[i], seed);
        }
    }
}

static void cube_rests_on_a_belt_that_stands(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        check_carried(0.0, seed);
    }
}

static void world_tells_the_speed_of_its_belt(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 1.0);
    assert_close(spot_task_describe(r.task)->moving_speed_m_s, BELT_M_S, 0.0, 0.0);
    assert_int_equal(r.world.dims.regime, SPOT_REGIME_DYNAMIC);
    rig_close(&r);
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    assert_close(spot_task_describe(r.task)->moving_speed_m_s, 0.0, 0.0, 0.0);
    assert_int_equal(r.world.dims.regime, SPOT_REGIME_STATIC);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(belt_carries_the_cube_at_its_speed),
        cmocka_unit_test(cube_rests_on_a_belt_that_stands),
        cmocka_unit_test(world_tells_the_speed_of_its_belt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
