/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The scripted expert: how often it succeeds, that it has several ways, and that it tries again. */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "spot/demo.h"

enum { EPISODES = 50, NEEDED = 49, PERIOD = 25, PERIODS_MAX = 400 };

static void check_success(const char *path, double speed)
{
    static spot_episode episodes[EPISODES];
    rig r;
    rig_open(&r, path, speed, 1.0);
    const spot_demo_evaluation evaluation = {
        .variation = {.speed = speed, .noise = 1.0}, .seed = 0, .episodes = EPISODES, .threads = 2};
    assert_int_equal(spot_demo_evaluate(r.task, &evaluation, episodes, NULL), SPOT_OK);
    int successes = 0;
    for (int i = 0; i < EPISODES; i++) {
        assert_int_equal(episodes[i].seed, i);
        successes += episodes[i].success ? 1 : 0;
        if (episodes[i].success) {
            assert_int_equal(episodes[i].grade, episodes[i].grade_max);
            assert_true(episodes[i].time_s > 0.5);
            assert_true(episodes[i].time_s < r.world.dims.time_limit_s);
            assert_true(episodes[i].path_m > 0.05);
        }
    }
    print_message("%s at speed %g: %d of %d\n", spot_task_describe(r.task)->name, speed, successes,
                  EPISODES);
    assert_true(successes >= NEEDED);
    rig_close(&r);
}

static void expert_picks_and_places(void **state)
{
    (void)state;
    check_success(PICK_PLACE, 1.0);
    check_success(WRIST_PICK, 1.0);
}

static void expert_catches_from_the_belt(void **state)
{
    (void)state;
    check_success(CONVEYOR, 1.0);
    check_success(CONVEYOR, 1.5);
    check_success(CONVEYOR, 2.0);
}

/* How one attempt looked from outside. */
typedef struct look {
    bool success;
    int side;      /* sign of y of the first way-point beside the cube, seen from the cube */
    int turn;      /* 0, 1: quarter turns between the cube's heading and the grasp's */
    int closings;  /* times the gripper was told to close */
    int mistakes;  /* rows not to be imitated */
    int misses_at; /* first such row, -1 = none */
} look;

/* Runs the world seed with the expert's own seed and looks only at what happens. */
static look watch(rig *r, uint64_t world_seed, uint64_t expert_seed, bool mistakes)
{
    look seen = {.misses_at = -1};
    spoti_expert expert;
    spoti_expert_action action;
    bool open = true;
    double row[RIG_STATE_MAX];

    rig_reset(r, world_seed);
    spoti_expert_reset(&expert, r->scene, expert_seed, mistakes);
    for (int i = 0; i < PERIODS_MAX && !rig_outcome(r).done; i++) {
        spoti_phase before = expert.phase;
        spoti_expert_act(&expert, r->w, &action);
        r->world.ops->sample(r->world.self, row);
        if (before == SPOTI_PHASE_VIA && expert.phase != SPOTI_PHASE_VIA && seen.side == 0) {
            seen.side = row[1] < rig_body(r, "cube")[1] ? -1 : 1; /* gripper y against cube y */
        }
        if (open && !action.open) {
            seen.closings++;
            const int cube = mj_name2id(r->w->model, mjOBJ_BODY, "cube");
            const mjtNum *turn = r->w->data->xmat + 9 * cube;
            double quarters = (row[3] - atan2(turn[3], turn[0])) / (3.14159265358979323846 / 2.0);
            seen.turn = (int)lround(quarters) & 1;
        }
        open = action.open;
        /* from the hover on: a miss on purpose, not an error about what cannot be seen (test_look.c) */
        if (!action.label_ok && (expert.phase == SPOTI_PHASE_HOVER || seen.mistakes > 0)) {
            seen.misses_at = seen.mistakes == 0 ? i : seen.misses_at;
            seen.mistakes++;
        }
        spoti_arm_command(r->w, action.command, action.open);
        rig_step(r, PERIOD);
    }
    seen.success = rig_outcome(r).success;
    return seen;
}

/* Sides and yaws are fair coins: of 100 episodes of one cube, fewer than 20 heads have p = 1e-9. */
static void check_multimodal(const char *path)
{
    rig r;
    rig_open(&r, path, 1.0, 1.0);
    int left = 0;
    int turned = 0;
    for (uint64_t seed = 0; seed < EPISODES; seed++) {
        look seen = watch(&r, 5, 1000 + seed, false);
        assert_int_equal(seen.mistakes, 0);
        left += seen.side < 0 ? 1 : 0;
        turned += seen.turn;
    }
    print_message("%s: %d of %d from the left, %d turned\n", spot_task_describe(r.task)->name, left,
                  EPISODES, turned);
    assert_true(left >= 20 && left <= 80);
    assert_true(turned >= 20 && turned <= 80);
    rig_close(&r);
}

static void expert_approaches_from_both_sides_with_both_yaws(void **state)
{
    (void)state;
    check_multimodal(PICK_PLACE);
    check_multimodal(WRIST_PICK);
    check_multimodal(CONVEYOR);
}

/* 30 % of the episodes hold a deliberate miss: binomial(100, 0.3) leaves 9..55 with p < 1e-7. */
static void check_mistakes(const char *path)
{
    rig r;
    rig_open(&r, path, 1.0, 1.0);
    int missed = 0;
    int recovered = 0;
    int retried = 0;
    for (uint64_t seed = 0; seed < EPISODES; seed++) {
        look seen = watch(&r, seed, seed, true);
        if (seen.mistakes == 0) {
            continue;
        }
        missed++;
        assert_true(seen.mistakes >= 4); /* at least until the gripper has closed */
        retried += seen.closings >= 2 ? 1 : 0;
        recovered += seen.success ? 1 : 0;
    }
    print_message("%s: %d missed, %d tried again, %d recovered\n", spot_task_describe(r.task)->name,
                  missed, retried, recovered);
    assert_true(missed >= 9 && missed <= 55);
    assert_true(10 * recovered >= 9 * missed);
    /* a miss closes on air, so the cube takes a second closing; rarely it is caught by a corner */
    assert_true(10 * retried >= 8 * missed);
    rig_close(&r);
}

static void expert_misses_on_purpose_and_tries_again(void **state)
{
    (void)state;
    check_mistakes(PICK_PLACE);
    check_mistakes(WRIST_PICK);
    check_mistakes(CONVEYOR);
}

/* What the ticks of a watched episode looked like. */
typedef struct ticks {
    int64_t n;
    bool in_turn;
    double ends_s; /* what the world said at the last of them */
} ticks;

static void count_tick(void *ctx, const spot_world *world, int64_t tick)
{
    ticks *t = ctx;
    spot_outcome outcome;
    spot_world_outcome(world, &outcome);
    t->n++;
    t->in_turn = t->in_turn && tick == t->n;
    t->ends_s = outcome.time_s;
}

static void check_rows(const spot_trajectory *t, const spot_world_dims *d, const spot_episode *e)
{
    const double period_s = d->tick_s * d->ticks_per_action;
    double path_m = 0.0;
    assert_true(t->count == (int64_t)floor(e->time_s / period_s + 1e-9) + 1);
    for (int64_t i = 0; i < t->count; i++) {
        const double *row = t->rows + i * t->dim;
        const double *command = row + 1 + d->sample_dim;
        assert_close(row[0], (double)i * period_s, 1e-9, 0.0);
        for (int k = 0; k < d->action_dim; k++) { /* at the end nothing is begun */
            assert_true(isfinite(command[k]) == (row[0] < e->time_s - 1e-9));
        }
        const double *was = i > 0 ? row - t->dim : row;
        path_m +=
            sqrt((row[1] - was[1]) * (row[1] - was[1]) + (row[2] - was[2]) * (row[2] - was[2]) +
                 (row[3] - was[3]) * (row[3] - was[3]));
    }
    /* rows are whole control periods, the episode ends within one, at less than 1 m/s */
    assert_true(path_m <= e->path_m + 1e-12);
    assert_close(path_m, e->path_m, e->time_s - (double)(t->count - 1) * period_s + 1e-12, 0.0);
    assert_int_equal(e->actions,
                     t->count - (e->time_s > (double)(t->count - 1) * period_s ? 0 : 1));
}

/* The same episode as one among many; ticks and rows up to its end. */
static void an_episode_can_be_watched(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 1.0);
    const spot_world_dims *d = &r.world.dims;
    const spot_demo_evaluation evaluation = {
        .variation = {.speed = 1.0, .noise = 1.0}, .seed = 3, .episodes = 1, .threads = 1};
    spot_episode one, watched;
    spot_trajectory t = {.dim = spot_trajectory_dim(d), .capacity = spot_trajectory_rows(d)};
    ticks n = {.in_turn = true};

    t.rows = calloc((size_t)t.capacity * (size_t)t.dim, sizeof(double));
    assert_non_null(t.rows);
    assert_int_equal(spot_demo_evaluate(r.task, &evaluation, &one, NULL), SPOT_OK);
    assert_int_equal(
        spot_demo_watch(r.task, &evaluation.variation, 3, &watched, &t, count_tick, &n, NULL),
        SPOT_OK);
    assert_memory_equal(&one, &watched, sizeof(one));
    assert_true(n.in_turn);
    assert_close((double)n.n * d->tick_s, one.time_s, 1e-9, 0.0);
    assert_close(n.ends_s, one.time_s, 1e-9, 0.0);
    check_rows(&t, d, &one);
    t.capacity = 1;
    assert_int_equal(
        spot_demo_watch(r.task, &evaluation.variation, 3, &watched, &t, NULL, NULL, NULL),
        SPOT_E_INVALID);
    free(t.rows);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expert_picks_and_places),
        cmocka_unit_test(expert_catches_from_the_belt),
        cmocka_unit_test(expert_approaches_from_both_sides_with_both_yaws),
        cmocka_unit_test(expert_misses_on_purpose_and_tries_again),
        cmocka_unit_test(an_episode_can_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
