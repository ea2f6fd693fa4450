/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The expert and an object that is hidden from near: it looks before each attempt, it knows no more than it saw,
 * and nobody kicks the object behind its back. What was seen is worked out from poses in MuJoCo. */
#include "lab/demo/record.h"
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "spot/demo.h"

enum { EPISODES = 50, PERIOD = 25, PERIODS_MAX = 400, LOOKS_MIN = 2 };

static const double NEAR_M = 0.12; /* what the task file says */

static double distance(const rig *r)
{
    const mjtNum *cube = rig_body(r, "cube");
    const mjtNum *at = r->w->data->site_xpos + 3 * mj_name2id(r->w->model, mjOBJ_SITE, "grip");
    return sqrt((cube[0] - at[0]) * (cube[0] - at[0]) + (cube[1] - at[1]) * (cube[1] - at[1]) +
                (cube[2] - at[2]) * (cube[2] - at[2]));
}

/* What happened between one closing of the gripper, or the start, and the next. */
typedef struct attempt {
    int seen;          /* control periods in which the cube was seen */
    double sideways_m; /* way of the target in the plane before it was seen */
    bool opened;       /* the target's height rose with the gripper open before it was seen */
} attempt;

static void note(attempt *a, const rig *r, const spoti_expert_action *action)
{
    if (distance(r) >= NEAR_M) {
        a->seen++;
    } else if (a->seen == 0) {
        const double *from = r->w->reference;
        a->sideways_m += hypot(action->target[0] - from[0], action->target[1] - from[1]);
        a->opened = a->opened || (action->open && action->target[2] > from[2]);
    }
}

/* Runs a seed; each attempt but the first is after a grasp that failed. Returns how many were checked. */
static int check_attempts(rig *r, uint64_t seed)
{
    spoti_expert expert;
    spoti_expert_action action;
    attempt a = {0};
    bool open = true;
    int closings = 0;

    rig_reset(r, seed);
    spoti_expert_reset(&expert, r->scene, seed, true);
    for (int i = 0; i < PERIODS_MAX && !rig_outcome(r).done; i++) {
        spoti_expert_act(&expert, r->w, &action);
        if (!open && action.open) {
            a = (attempt){0};
        }
        note(&a, r, &action);
        if (open && !action.open) {
            closings++;
            assert_true(a.seen >= LOOKS_MIN);
            assert_close(a.sideways_m, 0.0, 1e-9, 0.0); /* straight up */
            assert_true(closings == 1 || a.opened);
        }
        open = action.open;
        spoti_arm_command(r->w, action.command, action.open);
        rig_step(r, PERIOD);
    }
    assert_true(rig_outcome(r).success);
    return closings;
}

static void expert_sees_the_object_before_each_attempt(void **state)
{
    (void)state;
    rig r;
    int again = 0;
    rig_open(&r, WRIST_PICK, 1.0, 1.0);
    for (uint64_t seed = 0; seed < EPISODES; seed++) {
        again += check_attempts(&r, seed) - 1;
    }
    print_message("%d attempts after the first\n", again);
    assert_true(again >= 4); /* 30 % miss on purpose: fewer of 50 have p < 1e-4 */
    rig_close(&r);
}

/* Sums of the errors of all attempts of a seed, each at its first row beside the object. */
static void take_errors(rig *r, uint64_t seed, bool mistakes, double sum[2], int *n)
{
    spoti_expert expert;
    spoti_expert_action action;
    double error[2] = {0.0, 0.0};

    rig_reset(r, seed);
    spoti_expert_reset(&expert, r->scene, seed, mistakes);
    for (int i = 0; i < PERIODS_MAX && !rig_outcome(r).done; i++) {
        const spoti_phase before = expert.phase;
        spoti_expert_act(&expert, r->w, &action);
        const bool aims = expert.phase >= SPOTI_PHASE_VIA && expert.phase <= SPOTI_PHASE_CLOSE;
        for (int k = 0; k < SPOTI_POSE_DIM; k++) {
            const double now = action.command[k] - action.target[k];
            assert_true(now == 0.0 || (aims && k < 2));
            if (aims && k < 2) { /* one error an attempt, up to the rounding of the difference */
                const bool is_new = before == SPOTI_PHASE_LOOK;
                error[k] = is_new ? now : error[k];
                assert_close(now, error[k], 1e-12, 0.0);
                sum[0] += is_new ? now : 0.0;
                sum[1] += is_new ? now * now : 0.0;
                *n += is_new ? 1 : 0;
            }
        }
        spoti_arm_command(r->w, action.command, action.open);
        rig_step(r, PERIOD);
    }
}

static void expert_errs_about_what_it_cannot_see_and_labels_the_truth(void **state)
{
    (void)state;
    static const double ASTRAY_M = 0.010;
    static const double MISS_SHARE = 0.30; /* of first attempts, which then hold no such error */
    rig r;
    double sum[2] = {0.0, 0.0};
    int n = 0;
    rig_open(&r, WRIST_PICK, 1.0, 1.0);
    for (uint64_t seed = 0; seed < EPISODES; seed++) {
        take_errors(&r, seed, true, sum, &n);
    }
    assert_true(n >= 2 * EPISODES);
    /* Mean 0; the mean square lies between that of all attempts and that without the misses. Six deviations
     * of a mean of n, where a square of a normal has sqrt(2) times its mean. */
    assert_close(sum[0] / n, 0.0, 6.0 * ASTRAY_M / sqrt(n), 0.0);
    const double all = ASTRAY_M * ASTRAY_M;
    assert_true(sum[1] / n <= all * (1.0 + 6.0 * sqrt(2.0 / n)));
    assert_true(sum[1] / n >= all * (1.0 - MISS_SHARE) * (1.0 - 6.0 * sqrt(2.0 / n)));

    sum[1] = 0.0;
    for (uint64_t seed = 0; seed < 5; seed++) {
        take_errors(&r, seed, false, sum, &n);
    }
    assert_true(sum[1] == 0.0);
    rig_close(&r);
}

/* Whether the expert, asked now, would act otherwise if the cube lay elsewhere. Changes nothing. */
static bool would_notice(rig *r, const spoti_expert *expert)
{
    spoti_expert_action here;
    spoti_expert_action there;
    spoti_expert copy = *expert;
    mjtNum *cube = rig_free_joint(r, "cube");
    mjtNum before = cube[0];

    spoti_expert_act(&copy, r->w, &here);
    cube[0] += 0.01;
    mj_kinematics(r->w->model, r->w->data);
    spoti_ring_record(r->w);
    copy = *expert;
    spoti_expert_act(&copy, r->w, &there);
    cube[0] = before;
    mj_kinematics(r->w->model, r->w->data);
    spoti_ring_record(r->w);
    bool same = here.open == there.open;
    for (int k = 0; k < SPOTI_POSE_DIM; k++) {
        same = same && here.target[k] == there.target[k];
    }
    return !same;
}

static void expert_knows_only_what_it_saw(void **state)
{
    (void)state;
    rig r;
    int hidden = 0;
    int noticed = 0;
    rig_open(&r, WRIST_PICK, 1.0, 1.0);
    for (uint64_t seed = 0; seed < 20; seed++) {
        spoti_expert expert;
        spoti_expert_action action;
        rig_reset(&r, seed);
        spoti_expert_reset(&expert, r.scene, seed, false);
        for (int i = 0; i < PERIODS_MAX && expert.phase < SPOTI_PHASE_CLOSE; i++) {
            if (distance(&r) < NEAR_M - 0.01 && expert.phase > SPOTI_PHASE_LOOK) {
                assert_false(would_notice(&r, &expert));
                hidden++;
            } else if (distance(&r) > NEAR_M + 0.01) {
                noticed += would_notice(&r, &expert) ? 1 : 0;
            }
            spoti_expert_act(&expert, r.w, &action);
            spoti_arm_command(r.w, action.command, action.open);
            rig_step(&r, PERIOD);
        }
    }
    print_message("%d hidden, %d noticed\n", hidden, noticed);
    assert_true(hidden > 40 && noticed > 40);
    rig_close(&r);
}

/* A kick is written into the row's speeds before the cube has moved: it lies where it lay, and is fast. */
static bool was_kicked(const spoti_demo *demo, int row, int qpos, int qvel)
{
    const double *now = demo->sim + (size_t)row * (size_t)demo->dims.state_dim;
    const double *before = now - demo->dims.state_dim;
    double moved = hypot(now[qpos] - before[qpos], now[qpos + 1] - before[qpos + 1]);
    return hypot(now[qvel], now[qvel + 1]) > 0.15 && hypot(before[qvel], before[qvel + 1]) < 1e-3 &&
           moved < 1e-4;
}

static void nobody_kicks_what_is_not_seen(void **state)
{
    (void)state;
    rig r;
    spoti_demo demo;
    int kicks = 0;
    rig_open(&r, WRIST_PICK, 1.0, 1.0);
    int joint = mj_name2id(r.w->model, mjOBJ_JOINT, "cube");
    int qpos = 1 + r.w->model->jnt_qposadr[joint];
    int qvel = 1 + (int)r.w->model->nq + r.w->model->jnt_dofadr[joint];
    assert_int_equal(spoti_demo_init(&demo, r.task), SPOT_OK);
    for (uint64_t seed = 0; seed < EPISODES; seed++) {
        assert_int_equal(spoti_demo_run(&demo, r.task, &r.world, SPOT_DEMO_SEED_BASE + seed, true),
                         SPOT_OK);
        for (int row = 1; row < demo.count; row++) {
            if (!was_kicked(&demo, row, qpos, qvel)) {
                continue;
            }
            const double *cube = demo.sim + (size_t)row * (size_t)demo.dims.state_dim + qpos;
            const double *grip = demo.anchor + (size_t)row * (size_t)demo.dims.action_dim;
            double away = sqrt((cube[0] - grip[0]) * (cube[0] - grip[0]) +
                               (cube[1] - grip[1]) * (cube[1] - grip[1]) +
                               (cube[2] - grip[2]) * (cube[2] - grip[2]));
            assert_true(away >= NEAR_M - 1e-9);
            kicks++;
        }
    }
    print_message("%d kicks\n", kicks);
    assert_true(kicks >= 3); /* about 14 periods an episode at 2 % each, once: 12 of 50 */
    spoti_demo_fini(&demo);
    rig_close(&r);
}

static void episodes_do_not_depend_on_threads(void **state)
{
    (void)state;
    static spot_episode one[EPISODES];
    static spot_episode two[EPISODES];
    rig r;
    rig_open(&r, WRIST_PICK, 1.0, 1.0);
    spot_demo_evaluation evaluation = {
        .variation = {.speed = 1.0, .noise = 1.0}, .seed = 7, .episodes = EPISODES, .threads = 1};
    assert_int_equal(spot_demo_evaluate(r.task, &evaluation, one, NULL), SPOT_OK);
    evaluation.threads = 3;
    assert_int_equal(spot_demo_evaluate(r.task, &evaluation, two, NULL), SPOT_OK);
    assert_memory_equal(one, two, sizeof(one));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expert_sees_the_object_before_each_attempt),
        cmocka_unit_test(expert_errs_about_what_it_cannot_see_and_labels_the_truth),
        cmocka_unit_test(expert_knows_only_what_it_saw),
        cmocka_unit_test(nobody_kicks_what_is_not_seen),
        cmocka_unit_test(episodes_do_not_depend_on_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
