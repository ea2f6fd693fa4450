/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The reset distribution, its reproducibility, and what it must not contain. */
#include <stdlib.h>

#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/rng.h"

enum { SEEDS = 500, COLUMNS = 8 };

static const double DEEP_M = 5e-3;      /* a contact deeper than this kicks things about */
static const double SOLVED_M = 1e-6;    /* inverse kinematics at reset */
static const double FALSE_ALARM = 1e-7; /* of each statistical check */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov distance of x (n) from the uniform law on [lo, hi]; sorts x. */
static double uniform_distance(double *x, int n, double lo, double hi)
{
    double worst = 0.0;
    qsort(x, (size_t)n, sizeof(*x), compare);
    for (int i = 0; i < n; i++) {
        double f = (x[i] - lo) / (hi - lo);
        worst = fmax(worst, fmax(fabs(f - (double)i / n), fabs((double)(i + 1) / n - f)));
    }
    return worst;
}

/* Fails unless x (SEEDS) lies in [lo, hi] and looks uniform (bound of Dvoretzky, Kiefer, Wolfowitz). */
static void assert_uniform(double *x, const double interval[2], double slack)
{
    double bound = sqrt(log(2.0 / FALSE_ALARM) / (2.0 * SEEDS));
    for (int i = 0; i < SEEDS; i++) {
        assert_true(x[i] >= interval[0] - slack && x[i] <= interval[1] + slack);
    }
    assert_true(uniform_distance(x, SEEDS, interval[0], interval[1]) < bound);
}

static double deepest_contact(const rig *r)
{
    double dist = 0.0;
    for (int i = 0; i < r->w->data->ncon; i++) {
        dist = fmin(dist, r->w->data->contact[i].dist);
    }
    return dist;
}

/* Gripper x, y, z, yaw and cube x, y, z, yaw of each seed, by column. */
static void collect(const char *path, double speed, double (*out)[SEEDS])
{
    rig r;
    rig_open(&r, path, speed, 1.0);
    for (int seed = 0; seed < SEEDS; seed++) {
        double row[RIG_STATE_MAX];
        rig_reset(&r, (uint64_t)seed);
        r.world.ops->sample(r.world.self, row);
        for (int i = 0; i < 4; i++) {
            out[i][seed] = row[i];
            out[4 + i][seed] = row[23 + i];
        }
        /* the heading of a cube is known up to quarter turns */
        out[7][seed] = remainder(out[7][seed], 3.14159265358979323846 / 2.0);
        assert_true(deepest_contact(&r) > -DEEP_M);
        assert_false(rig_outcome(&r).done);
        assert_close(rig_outcome(&r).time_s, 0.0, 1e-12, 0.0);
        /* and the world stays calm in the first control period */
        for (int i = 0; i < 25; i++) {
            rig_step(&r, 1);
            assert_true(deepest_contact(&r) > -DEEP_M);
        }
    }
    rig_close(&r);
}

static void check_distribution(const char *path)
{
    static double column[COLUMNS][SEEDS];
    spoti_task_file *file = NULL;
    assert_int_equal(spoti_task_file_load(path, &file, NULL), SPOT_OK);
    collect(path, 0.0, column);

    const spoti_start_file *s = &file->start;
    const spoti_object_file *cube = &file->objects[0];
    const double radian = 3.14159265358979323846 / 180.0;
    const double start_yaw[2] = {s->yaw_deg[0] * radian, s->yaw_deg[1] * radian};
    const double cube_yaw[2] = {cube->yaw_deg[0] * radian, cube->yaw_deg[1] * radian};
    assert_string_equal(cube->name, "cube");
    assert_uniform(column[0], s->x_m, SOLVED_M);
    assert_uniform(column[1], s->y_m, SOLVED_M);
    assert_uniform(column[2], s->z_m, SOLVED_M);
    assert_uniform(column[3], start_yaw, SOLVED_M);
    assert_uniform(column[4], cube->x_m, 1e-4); /* settling moves it by less */
    assert_uniform(column[5], cube->y_m, 1e-4);
    assert_uniform(column[7], cube_yaw, 1e-3);
    for (int i = 0; i < SEEDS; i++) {
        assert_close(column[6][i], cube->z_m, 1e-3, 0.0);
    }
    spoti_task_file_free(file);
}

static void pick_place_starts_within_its_distribution(void **state)
{
    (void)state;
    check_distribution(PICK_PLACE);
}

static void conveyor_starts_within_its_distribution(void **state)
{
    (void)state;
    check_distribution(CONVEYOR);
}

static void moving_belt_starts_without_deep_contacts(void **state)
{
    (void)state;
    static double column[COLUMNS][SEEDS];
    collect(CONVEYOR, 2.0, column);
}

static void cube_and_tray_lie_apart(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    const double apart_m = 0.14; /* of the task file */
    double nearest = 1.0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        rig_reset(&r, seed);
        const mjtNum *cube = rig_body(&r, "cube");
        const mjtNum *tray = rig_body(&r, "tray");
        nearest = fmin(nearest, hypot(cube[0] - tray[0], cube[1] - tray[1]));
    }
    assert_true(nearest >= apart_m - 1e-9);
    assert_true(nearest < 1.2 * apart_m); /* the bound is at work, not far from everything */
    rig_close(&r);
}

static void read_all(rig *r, double *state, float *obs)
{
    double anchor[SPOT_ANCHOR_DIM_MAX];
    memset(state, 0, sizeof(double) * RIG_STATE_MAX);
    memset(obs, 0, sizeof(float) * RIG_OBS_MAX);
    r->world.ops->state(r->world.self, state);
    assert_int_equal(r->world.ops->observe(r->world.self, obs, anchor), SPOT_OK);
}

static void reset_forgets_what_happened_before(void **state)
{
    (void)state;
    static const char *const tasks[] = {PICK_PLACE, CONVEYOR};
    for (int task = 0; task < 2; task++) {
        rig r;
        double first[RIG_STATE_MAX];
        double again[RIG_STATE_MAX];
        float obs_first[RIG_OBS_MAX];
        float obs_again[RIG_OBS_MAX];
        rig_open(&r, tasks[task], 1.5, 1.0);
        rig_reset(&r, 7);
        read_all(&r, first, obs_first);
        /* a wild episode of another seed: sweep the gripper through cube and table height */
        rig_reset(&r, 8);
        for (int i = 0; i < 40; i++) {
            assert_int_equal(rig_act(&r, 0.45, i % 2 != 0 ? -0.3 : 0.3, 0.015, 1.0, i % 3 != 0),
                             SPOT_OK);
            rig_step(&r, 25);
        }
        rig_reset(&r, 7);
        read_all(&r, again, obs_again);
        assert_memory_equal(first, again, sizeof(first));
        assert_memory_equal(obs_first, obs_again, sizeof(obs_first));
        /* and in a new world of the same task */
        spot_world other;
        const spot_variation variation = {.speed = 1.5, .noise = 1.0};
        assert_int_equal(spot_task_make_world(r.task, &variation, &other, NULL), SPOT_OK);
        assert_int_equal(other.ops->reset(other.self, 7), SPOT_OK);
        other.ops->state(other.self, again);
        assert_memory_equal(first, again, sizeof(first));
        spot_world_destroy(&other);
        rig_close(&r);
    }
}

static void different_seeds_start_differently(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0,         1, 2, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1,
                                     UINT64_MAX};
    enum { N = sizeof(seeds) / sizeof(seeds[0]) };
    double starts[N][RIG_STATE_MAX];
    float obs[RIG_OBS_MAX];
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    for (int i = 0; i < N; i++) {
        rig_reset(&r, seeds[i]);
        read_all(&r, starts[i], obs);
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(starts[i], starts[j], sizeof(starts[i]));
        }
    }
    rig_close(&r);
}

/* The oldest frame of the history is the start of the pre-roll: before the belt has moved anything. */
static void paired_seeds_start_alike_at_every_belt_speed(void **state)
{
    (void)state;
    static const double speeds[] = {0.5, 1.0, 3.0};
    for (uint64_t seed = 0; seed < 20; seed++) {
        rig still;
        rig_open(&still, CONVEYOR, 0.0, 1.0);
        rig_reset(&still, seed);
        for (int i = 0; i < 3; i++) {
            rig moving;
            rig_open(&moving, CONVEYOR, speeds[i], 1.0);
            rig_reset(&moving, seed);
            assert_memory_equal(still.w->ring->at, moving.w->ring->at, sizeof(still.w->ring->at));
            assert_memory_equal(still.w->ring->turn, moving.w->ring->turn,
                                sizeof(still.w->ring->turn));
            assert_memory_equal(still.w->reference, moving.w->reference,
                                sizeof(still.w->reference));
            /* two control periods of pre-roll on the belt; it starts within a few ticks */
            double moved = rig_body(&moving, "cube")[1] - rig_body(&still, "cube")[1];
            assert_close(moved, 0.0625 * speeds[i] * 0.2, 1e-3, 0.05);
            rig_close(&moving);
        }
        rig_close(&still);
    }
}

/* The fault of the first reset of the task with one thing changed. */
static void fault_of(const char *from, const char *to, char *fault, size_t size)
{
    rig r;
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, from, to);
    rig_open(&r, v.task, 1.0, 1.0);
    rig_reset(&r, 3);
    assert_true(rig_outcome(&r).invalid && rig_outcome(&r).done);
    (void)snprintf(fault, size, "%s", rig_outcome(&r).fault);
    rig_close(&r);
}

/* The links and the gripper are 1.2 m from the shoulder to the site when stretched: a start at 1.6 m is at
 * least 0.4 m out of reach. */
static void start_out_of_reach_is_invalid_with_the_residual(void **state)
{
    (void)state;
    char fault[SPOT_FAULT_SIZE];
    double mm = 0.0;
    double deg = 0.0;
    fault_of(
        "start:                 # pose of the gripper at reset, m and degrees\n  x_m: [0.36, 0.54]",
        "start:\n  x_m: [1.6, 1.6]", fault, sizeof(fault));
    const char *at = strstr(fault, "off by ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "off by %lf mm and %lf deg", &mm, &deg), 2);
    assert_true(mm > 400.0 && mm < 1600.0);
    assert_non_null(strstr(fault, "the start at x 1.600, y "));
    assert_non_null(strstr(fault, "(at most 1 mm and 0.5 deg)"));
}

/* Against a pose that is a known way off, and half a turn, where the solver's own error vanishes. */
static void residual_is_the_way_that_is_left(void **state)
{
    (void)state;
    static const double off[][2] = {{0.0, 0.0}, {0.002, 0.01}, {0.5, 1.0}, {0.0, 3.14159265358979}};
    const double at[4] = {0.45, 0.1, 0.2, 0.3};
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 0);
    const spoti_residual solved = spoti_arm_place(r.w, at);
    assert_true(spoti_residual_ok(&solved));
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        const double pose[4] = {at[0] + 0.6 * off[i][0], at[1], at[2] - 0.8 * off[i][0],
                                at[3] + off[i][1]};
        const spoti_residual got = spoti_arm_residual(r.w, pose);
        assert_close(got.m, off[i][0], SOLVED_M, 0.0);
        assert_close(got.rad, off[i][1], 1e-4, 0.0); /* of acos near 0 and pi */
        assert_int_equal(spoti_residual_ok(&got), i == 0);
    }
    rig_close(&r);
}

static void object_without_a_place_is_named(void **state)
{
    (void)state;
    char fault[SPOT_FAULT_SIZE];
    fault_of("apart_m: 0.14", "apart_m: 10", fault, sizeof(fault));
    assert_non_null(strstr(fault, "object 'tray' finds no place 10 m from 'cube' (apart_m)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pick_place_starts_within_its_distribution),
        cmocka_unit_test(conveyor_starts_within_its_distribution),
        cmocka_unit_test(moving_belt_starts_without_deep_contacts),
        cmocka_unit_test(cube_and_tray_lie_apart),
        cmocka_unit_test(reset_forgets_what_happened_before),
        cmocka_unit_test(different_seeds_start_differently),
        cmocka_unit_test(paired_seeds_start_alike_at_every_belt_speed),
        cmocka_unit_test(start_out_of_reach_is_invalid_with_the_residual),
        cmocka_unit_test(residual_is_the_way_that_is_left),
        cmocka_unit_test(object_without_a_place_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
