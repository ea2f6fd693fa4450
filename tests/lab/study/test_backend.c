/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A second backend behind the table of tasks, and a second brain in it: a cart on a line without a simulator, tuned
 * with closed forms. What the table leaves out is said, not crashed into.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/sim/task.h"
#include "spot/demo.h"
#include "spot/rng.h"
#include "spot/tune.h"
#include "support/spot_test.h"

enum { T_ACT = 10, HORIZON = 8, N_SEEDS = 12, PATH_SIZE = 512 };
static const double TICK_S = 0.01;
static const double START_M = 0.6; /* at most from the mark, at least half of it */
static const double STEP_M = 0.05; /* an action moves that far */

/* ---- the backend: a cart that shall be within half a step of the mark ---- */

/* What happened. */
typedef struct notes {
    int destroyed, worlds, worlds_destroyed;
    int drawn; /* pictures, times 10 once their renderer is gone; -1 = cannot begin */
    int calmed, experts_ended;
    spot_variation variation; /* of the last world */
} notes;

typedef struct cart_task {
    spot_task_info info;
    double mark_m;
    notes *notes;
} cart_task;

typedef struct cart {
    const cart_task *task;
    double at_m, step_m;
    int64_t tick;
} cart;

static spot_status cart_reset(void *self, uint64_t seed)
{
    cart *c = self;
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, 0);
    c->at_m = c->task->mark_m - spot_rng_uniform(&rng, 0.5 * START_M, START_M);
    c->step_m = 0.0;
    c->tick = 0;
    return SPOT_OK;
}

static spot_status cart_observe(void *self, float *obs, double *anchor)
{
    const cart *c = self;
    obs[0] = (float)(c->task->mark_m - c->at_m);
    anchor[0] = c->at_m;
    return SPOT_OK;
}

static spot_status cart_act(void *self, const float *action, const double *anchor)
{
    (void)anchor;
    ((cart *)self)->step_m = (double)action[0] / T_ACT;
    return SPOT_OK;
}

static spot_status cart_step(void *self)
{
    cart *c = self;
    c->tick++;
    c->at_m += c->step_m;
    c->step_m = c->tick % T_ACT == 0 ? 0.0 : c->step_m; /* stands where nothing new comes */
    return SPOT_OK;
}

static void cart_outcome(const void *self, spot_outcome *outcome)
{
    const cart *c = self;
    const bool there = fabs(c->task->mark_m - c->at_m) < 0.5 * STEP_M;
    *outcome = (spot_outcome){
        .done = there, .success = there, .grade_max = 1, .time_s = (double)c->tick * TICK_S};
}

static void cart_sample(const void *self, double *row)
{
    row[0] = ((const cart *)self)->at_m;
}

static void cart_state(const void *self, double *row)
{
    row[0] = ((const cart *)self)->at_m;
}

static void cart_destroy(void *self)
{
    ((cart *)self)->task->notes->worlds_destroyed++;
    free(self);
}

static const spot_task_info *task_info(const void *self)
{
    return &((const cart_task *)self)->info;
}

static spot_status task_world(const void *self, const spot_variation *variation, spot_world *out,
                              spot_diag *diag)
{
    static const spot_world_ops ops = {.kind = "cart",
                                       .destroy = cart_destroy,
                                       .reset = cart_reset,
                                       .observe = cart_observe,
                                       .act = cart_act,
                                       .step = cart_step,
                                       .outcome = cart_outcome,
                                       .sample = cart_sample,
                                       .state = cart_state};
    const cart_task *task = self;
    cart *c = calloc(1, sizeof(*c));
    (void)diag;
    assert_non_null(c);
    c->task = task;
    task->notes->worlds++;
    task->notes->variation = *variation;
    *out = (spot_world){
        .ops = &ops, .self = c, .dims = task->info.dims, .sample_names = task->info.sample_names};
    return SPOT_OK;
}

static spot_status task_identify(const void *self, char text[SPOTI_TASK_IDENTITY_SIZE])
{
    (void)snprintf(text, SPOTI_TASK_IDENTITY_SIZE, "mark=%g", ((const cart_task *)self)->mark_m);
    return SPOT_OK;
}

static void task_destroy(void *self)
{
    ((cart_task *)self)->notes->destroyed++;
}

static const spoti_task_ops CART_OPS = {.info = task_info,
                                        .make_world = task_world,
                                        .identify = task_identify,
                                        .destroy = task_destroy};

static spot_task *make_task_of(const spoti_task_ops *ops, cart_task *self, notes *n)
{
    static const char *const names[] = {"x"};
    spot_task *task = NULL;
    *self = (cart_task){.info = {.name = "cart",
                                 .description = "a cart on a line",
                                 .charge_as = "small",
                                 .engine = {.name = "none", .version = "1"},
                                 .dims = {.obs_dim = 1,
                                          .action_dim = 1,
                                          .anchor_dim = 1,
                                          .sample_dim = 1,
                                          .state_dim = 1,
                                          .tick_s = TICK_S,
                                          .ticks_per_action = T_ACT,
                                          .horizon = HORIZON,
                                          .n_execute = 4,
                                          .time_limit_s = 30.0},
                                 .sample_names = names},
                        .mark_m = 1.0,
                        .notes = n};
    *n = (notes){.worlds = 0};
    assert_int_equal(spoti_task_make(ops, self, NULL, &task), SPOT_OK);
    return task;
}

static spot_task *make_task(cart_task *self, notes *n)
{
    return make_task_of(&CART_OPS, self, n);
}

/* ---- what a backend may have: pictures, an expert, a trial ---- */

static spot_status draw_create(const spot_world *world, const spot_render_config *config,
                               void **out, spot_diag *diag)
{
    (void)config;
    *out = ((const cart *)world->self)->task->notes;
    return ((notes *)*out)->drawn < 0 ? spot_diag_set(diag, SPOT_E_RANGE, "no ink") : SPOT_OK;
}

static spot_status draw_draw(void *renderer, const spot_world *world, uint8_t *rgb)
{
    ((notes *)renderer)->drawn++;
    rgb[0] = (uint8_t)(100.0 * ((const cart *)world->self)->at_m);
    return SPOT_OK;
}

static const char *draw_source(const void *renderer)
{
    (void)renderer;
    return "pencil";
}

static void draw_destroy(void *renderer)
{
    ((notes *)renderer)->drawn *= 10;
}

static const spoti_draw_ops DRAW_OPS = {
    .create = draw_create, .draw = draw_draw, .source = draw_source, .destroy = draw_destroy};

static spot_status expert_begin(const spot_world *world, uint64_t seed, bool disturbed, void **out)
{
    (void)seed;
    assert_false(disturbed);
    *out = world->self;
    return SPOT_OK;
}

static void expert_plan(void *expert, double *target, double *command, bool *ok)
{
    const cart *c = expert;
    const double left = c->task->mark_m - c->at_m;
    target[0] = c->at_m + (fabs(left) < 0.5 * STEP_M ? 0.0 : copysign(STEP_M, left));
    command[0] = target[0];
    *ok = true;
}

static void expert_execute(void *expert, const double *command)
{
    cart *c = expert;
    c->step_m = (command[0] - c->at_m) / T_ACT;
}

static void expert_calm(void *expert)
{
    ((cart *)expert)->task->notes->calmed++;
}

static void expert_end(void *expert)
{
    ((cart *)expert)->task->notes->experts_ended++;
}

static const spoti_expert_ops EXPERT_OPS = {.begin = expert_begin,
                                            .plan = expert_plan,
                                            .execute = expert_execute,
                                            .calm = expert_calm,
                                            .end = expert_end};

static spot_status task_trial(const void *self, spot_trial *trial, spot_diag *diag)
{
    (void)self;
    (void)diag;
    trial->count = 3;
    trial->checks[0] = (spot_trial_check){.name = "wheels", .result = SPOT_TRIAL_FAIL};
    trial->checks[1] =
        (spot_trial_check){.name = "paint", .result = SPOT_TRIAL_WARN, .refuses = true};
    trial->checks[2] = (spot_trial_check){.name = "rail",
                                          .result = SPOT_TRIAL_FAIL,
                                          .refuses = true,
                                          .where = "cart.yaml:7",
                                          .measured = "bent",
                                          .expected = "straight"};
    return SPOT_OK;
}

static const spoti_task_ops FULL_OPS = {.info = task_info,
                                        .make_world = task_world,
                                        .identify = task_identify,
                                        .trial = task_trial,
                                        .draw = &DRAW_OPS,
                                        .expert = &EXPERT_OPS,
                                        .destroy = task_destroy};

/* ---- the brain: steps towards the mark until it is there ---- */

static void describe(const void *self, spot_brain_info *info)
{
    (void)self;
    info->obs_dim = 1;
    info->action_dim = 1;
    info->horizon = HORIZON;
    info->default_steps = 1;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    double left = (double)input->obs[0];
    (void)state;
    (void)diag;
    for (int i = 0; i < HORIZON; i++) {
        chunk[i] = fabs(left) < 0.5 * STEP_M ? 0.0F : (float)copysign(STEP_M, left);
        left -= (double)chunk[i];
    }
    return SPOT_OK;
}

static const spot_brain_ops BRAIN_OPS = {.describe = describe, .infer = infer};
static const spot_brain BRAIN = {.ops = &BRAIN_OPS};

/* ---- tests ---- */

/* Actions until the cart is there: the same arithmetic as one would do on paper. */
static int actions_of(uint64_t seed)
{
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, 0);
    const double away = spot_rng_uniform(&rng, 0.5 * START_M, START_M);
    return (int)ceil((away - 0.5 * STEP_M) / STEP_M);
}

static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    const spot_variation variation = {.speed = 2.0, .noise = 0.5};
    return spot_task_make_world(ctx, &variation, out, diag);
}

static void episodes_run_in_worlds_of_another_backend(void **state)
{
    cart_task self;
    notes n;
    spot_task *task = make_task(&self, &n);
    uint64_t seeds[N_SEEDS];
    spot_episode episodes[N_SEEDS];
    spot_rollout_batch batch = {.brain = &BRAIN,
                                .make_world = make_world,
                                .make_world_ctx = task,
                                .seeds = seeds,
                                .n_seeds = N_SEEDS,
                                .threads = 3};
    (void)state;
    for (int i = 0; i < N_SEEDS; i++) {
        seeds[i] = (uint64_t)i;
    }
    spot_rollout_config_default(&batch.config);
    batch.config.latency.mean_s = 0.3;
    assert_int_equal(spot_rollout_run_many(&batch, episodes, NULL), SPOT_OK);
    for (int i = 0; i < N_SEEDS; i++) {
        const int actions = actions_of(seeds[i]);
        const int chunks = (actions + 3) / 4;
        assert_true(episodes[i].success && episodes[i].chunks == chunks);
        /* sync: 0.3 s before each chunk of 4 actions; there within the last action, at half a step from the mark */
        assert_true(episodes[i].time_s <= 0.3 * chunks + 0.1 * actions + 1e-9);
        assert_true(episodes[i].time_s > 0.3 * chunks + 0.1 * (actions - 1) - 1e-9);
    }
    assert_true(n.worlds == 3 && n.worlds_destroyed == 3);
    assert_true(n.variation.speed > 1.9 && n.variation.noise < 0.6);
    spot_task_destroy(task);
    assert_int_equal(n.destroyed, 1);
}

static const char PLATFORM[] = "name: board\ndescription: for tests\nclasses:\n"
                               "  - name: small\n    origin: measured\n    source: made up\n"
                               "    affine: {base_ms: 280, per_step_ms: 20}\n";

static int reused(const spot_tune_result *result)
{
    int n = 0;
    for (int i = 0; i < result->n_rows; i++) {
        n += result->rows[i].reused ? 1 : 0;
    }
    return n;
}

static spot_tune_result *tune(const spot_task *task, const spot_platform *platform,
                              const spot_tune_config *config)
{
    spot_tune_result *result = NULL;
    spot_diag diag = {""};
    if (spot_tune(task, &BRAIN, platform, config, NULL, NULL, &result, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return result;
}

static void the_tuner_takes_another_backend_and_knows_its_tasks_apart(void **state)
{
    static const char *const files[] = {"steps=1_overlap=0.csv",
                                        "steps=1_overlap=4_align=skip.csv"};
    const spot_point points[] = {{.overlap = 0}, {.overlap = 4, .align = SPOT_ALIGN_SKIP}};
    char path[PATH_SIZE];
    char dir[PATH_SIZE];
    cart_task self;
    notes n;
    spot_task *task = make_task(&self, &n);
    spot_platform *platform = NULL;
    spot_tune_config config;
    (void)state;
    spot_test_temp_path(path, sizeof(path), "board.yaml");
    spot_test_write_file(path, PLATFORM, sizeof(PLATFORM) - 1);
    assert_int_equal(spot_platform_load(path, NULL, &platform, NULL), SPOT_OK);
    spot_test_temp_path(dir, sizeof(dir), "carts");
    spot_tune_config_default(&config);
    config.points = points;
    config.n_points = 2;
    config.n_seeds = N_SEEDS;
    config.resamples = 200;
    config.episodes_dir = dir;

    spot_tune_result *r = tune(task, platform, &config);
    double chunks = 0.0;
    for (uint64_t i = 0; i < N_SEEDS; i++) {
        chunks += (actions_of(i) + 3) / 4;
    }
    assert_string_equal(r->setting.task, "cart");
    assert_string_equal(r->setting.engine, "none 1");
    assert_int_equal(r->analysis->settings[0].points[0].successes, N_SEEDS);
    assert_close(r->analysis->settings[0].points[0].chunks.value, chunks / N_SEEDS, 0.0, 1e-12);
    assert_close(r->rows[0].latency.mean_s, 0.3, 0.0, 1e-12);
    assert_int_equal(r->best, 1); /* thinks while it acts, and nothing moves meanwhile */
    spot_tune_result_destroy(r);

    r = tune(task, platform, &config);
    assert_int_equal(reused(r), 2);
    spot_tune_result_destroy(r);
    self.mark_m = 2.0; /* as far away as before, but another task */
    spot_diag diag = {""};
    assert_int_equal(spot_tune(task, &BRAIN, platform, &config, NULL, NULL, &r, &diag),
                     SPOT_E_INVALID);
    assert_null(r);
    assert_non_null(strstr(diag.text, "mark is 1 there and 2 here; probe is "));

    for (int i = 0; i < 2; i++) {
        char file[2 * PATH_SIZE];
        (void)snprintf(file, sizeof(file), "%s/%s", dir, files[i]);
        assert_int_equal(unlink(file), 0);
    }
    (void)rmdir(dir);
    (void)unlink(path);
    spot_platform_destroy(platform);
    spot_task_destroy(task);
}

static void what_a_backend_does_not_have_is_said(void **state)
{
    cart_task self;
    notes n;
    spot_task *task = make_task(&self, &n);
    spot_world world;
    spot_trial trial = {.count = 7};
    spot_render_config picture;
    spot_renderer *renderer = NULL;
    spot_demo_config demo;
    spot_episode episode;
    spot_diag diag = {""};
    (void)state;
    assert_int_equal(spot_task_try(task, &trial, &diag), SPOT_OK);
    assert_int_equal(trial.count, 0);

    assert_int_equal(make_world(task, &world, NULL), SPOT_OK);
    spot_render_config_default(&picture);
    assert_int_equal(spot_renderer_create(&world, &picture, &renderer, &diag), SPOT_E_UNSUPPORTED);
    assert_string_equal(diag.text, "worlds of kind 'cart' cannot be drawn");
    assert_null(renderer);
    spot_world_destroy(&world);
    assert_null(world.ops);

    spot_demo_config_default(&demo);
    assert_int_equal(spot_demo_record(task, &demo, "/nonexistent/x", NULL, NULL, NULL, &diag),
                     SPOT_E_UNSUPPORTED);
    assert_string_equal(diag.text,
                        "the task 'cart' has no expert, expected one that shows how it is done");
    const spot_demo_evaluation evaluation = {
        .variation = {.speed = 1.0, .noise = 1.0}, .episodes = 1, .threads = 1};
    assert_int_equal(spot_demo_evaluate(task, &evaluation, &episode, NULL), SPOT_E_UNSUPPORTED);

    const spot_variation bad[] = {{-0.1, 1.0}, {1.0, 10.1}, {(double)NAN, 1.0}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spot_task_make_world(task, &bad[i], &world, &diag), SPOT_E_RANGE);
        assert_non_null(strstr(diag.text, "factor from 0 to 10"));
    }
    assert_int_equal(n.worlds, 1);
    spot_task_destroy(task);
    spot_task_destroy(NULL);
}

static void pictures_come_from_the_backend_of_the_world(void **state)
{
    static const spoti_draw_ops other_draw = {
        .create = draw_create, .draw = draw_draw, .source = draw_source, .destroy = draw_destroy};
    spoti_task_ops other_ops = FULL_OPS;
    cart_task self;
    cart_task other_self;
    notes n;
    notes other_n;
    spot_task *task = make_task_of(&FULL_OPS, &self, &n);
    spot_world worlds[3];
    spot_render_config config;
    spot_renderer *renderer = NULL;
    uint8_t rgb[3] = {0};
    spot_diag diag = {""};
    (void)state;
    other_ops.draw = &other_draw;
    spot_task *other = make_task_of(&other_ops, &other_self, &other_n);
    assert_int_equal(make_world(task, &worlds[0], NULL), SPOT_OK);
    assert_int_equal(make_world(other, &worlds[1], NULL), SPOT_OK);
    worlds[2] = worlds[0];
    worlds[2].task = NULL; /* nobody says who made it */
    spot_render_config_default(&config);
    assert_int_equal(spot_renderer_create(&worlds[0], &config, &renderer, NULL), SPOT_OK);
    assert_string_equal(spot_renderer_backend(renderer), "pencil");
    assert_int_equal(spot_world_reset(&worlds[0], 1), SPOT_OK);
    assert_int_equal(spot_renderer_draw(renderer, &worlds[0], rgb), SPOT_OK);
    assert_int_equal(rgb[0], (uint8_t)(100.0 * ((const cart *)worlds[0].self)->at_m));
    assert_int_equal(spot_renderer_draw(renderer, &worlds[1], rgb), SPOT_E_INVALID);
    assert_int_equal(spot_renderer_draw(renderer, &worlds[2], rgb), SPOT_E_INVALID);
    spot_renderer_destroy(renderer);
    assert_true(n.drawn == 10 && other_n.drawn == 0);
    n.drawn = -1;
    assert_int_equal(spot_renderer_create(&worlds[0], &config, &renderer, &diag), SPOT_E_RANGE);
    assert_null(renderer);
    assert_string_equal(diag.text, "no ink");
    spot_world_destroy(&worlds[0]);
    spot_world_destroy(&worlds[1]);
    spot_task_destroy(task);
    spot_task_destroy(other);
}

static void the_expert_of_another_backend_demonstrates(void **state)
{
    cart_task self;
    notes n;
    spot_task *task = make_task_of(&FULL_OPS, &self, &n);
    spot_episode episodes[N_SEEDS];
    /* the ends of what a variation may be */
    const spot_demo_evaluation evaluation = {
        .variation = {.speed = 10.0, .noise = 0.0}, .episodes = N_SEEDS, .threads = 1};
    (void)state;
    assert_int_equal(spot_demo_evaluate(task, &evaluation, episodes, NULL), SPOT_OK);
    for (uint64_t i = 0; i < N_SEEDS; i++) {
        const double at_end_s = 0.1 * actions_of(i);
        assert_true(episodes[i].success && episodes[i].seed == i);
        assert_true(episodes[i].time_s <= at_end_s + 1e-9 &&
                    episodes[i].time_s > at_end_s - 0.1 - 1e-9);
    }
    assert_int_equal(n.experts_ended, N_SEEDS);
    assert_true(n.calmed >= N_SEEDS);
    spot_task_destroy(task);
}

static void a_trial_is_refused_by_its_first_failure_that_refuses(void **state)
{
    cart_task self;
    notes n;
    spot_task *task = make_task_of(&FULL_OPS, &self, &n);
    spot_trial trial;
    spot_diag diag = {""};
    (void)state;
    assert_int_equal(spot_task_try(task, &trial, &diag), SPOT_E_FORMAT);
    assert_string_equal(diag.text, "cart.yaml:7: rail: bent, expected straight");
    assert_int_equal(trial.count, 3);
    spot_task_destroy(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(episodes_run_in_worlds_of_another_backend),
        cmocka_unit_test(the_tuner_takes_another_backend_and_knows_its_tasks_apart),
        cmocka_unit_test(what_a_backend_does_not_have_is_said),
        cmocka_unit_test(pictures_come_from_the_backend_of_the_world),
        cmocka_unit_test(the_expert_of_another_backend_demonstrates),
        cmocka_unit_test(a_trial_is_refused_by_its_first_failure_that_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
