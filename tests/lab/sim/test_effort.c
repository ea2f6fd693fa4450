/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the joints are said to do: torques of the servo, whose work is what the arm's energy gains.
 *
 * Oracles: the mechanical energy from masses, heights and the inertia matrix; and rest.
 */
#include "lab/sim/rig.h"

enum { JOINTS = 6, PERIOD = 25 };
static const double TICK_S = 0.004;

typedef struct work {
    double net_j, abs_j;
    double torque_nm; /* of the last tick, sum of sizes */
} work;

/* Sums the work of n ticks. */
static work step_and_sum(rig *r, int n)
{
    work sum = {0.0, 0.0, 0.0};
    for (int i = 0; i < n; i++) {
        double velocity[JOINTS];
        double torque[JOINTS];
        rig_step(r, 1);
        r->world.ops->effort(r->world.self, velocity, torque);
        sum.torque_nm = 0.0;
        for (int k = 0; k < JOINTS; k++) {
            sum.net_j += TICK_S * torque[k] * velocity[k];
            sum.abs_j += TICK_S * fabs(torque[k] * velocity[k]);
            sum.torque_nm += fabs(torque[k]);
        }
    }
    return sum;
}

/* m g h of every body and q' M q / 2. */
static double energy_of(const rig *r)
{
    static mjtNum product[RIG_STATE_MAX];
    const mjModel *m = r->w->model;
    const mjData *d = r->w->data;
    double sum = 0.0;
    for (int i = 1; i < m->nbody; i++) {
        sum -= m->body_mass[i] * mju_dot3(m->opt.gravity, d->xipos + 3 * (size_t)i);
    }
    assert_true(m->nv <= RIG_STATE_MAX);
    mj_mulM(m, d, product, d->qvel);
    return sum + 0.5 * mju_dot(product, d->qvel, (int)m->nv);
}

/* The scope of |torque x velocity|: who holds still works nothing, however large his torques. */
static void an_arm_that_holds_still_works_nothing(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    (void)step_and_sum(&r, 20 * PERIOD);
    const work rest = step_and_sum(&r, 20 * PERIOD);
    assert_true(rest.torque_nm > 20.0);
    assert_true(rest.abs_j < 1e-3);
    rig_close(&r);
}

/* Up and down again, from rest to rest: the work is the change of energy, with its sign. Friction of joints and what
 * the gripper's own actuator does are small beside it, and a step of 4 ms errs by its length. */
static void work_of_the_servo_is_what_the_energy_gains(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    assert_int_equal(rig_act(&r, 0.5, 0.0, 0.15, 0.0, true), SPOT_OK);
    rig_step(&r, 40 * PERIOD);
    double before = energy_of(&r);
    for (int up = 1; up >= 0; up--) {
        assert_int_equal(rig_act(&r, 0.5, 0.0, up ? 0.40 : 0.15, 0.0, true), SPOT_OK);
        const work moved = step_and_sum(&r, 40 * PERIOD);
        const double gained = energy_of(&r) - before;
        assert_true(up ? gained > 10.0 : gained < -10.0);
        assert_close(moved.net_j, gained, 0.0, 0.03);
        assert_true(moved.abs_j >= fabs(moved.net_j));
        before += gained;
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arm_that_holds_still_works_nothing),
        cmocka_unit_test(work_of_the_servo_is_what_the_energy_gains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
