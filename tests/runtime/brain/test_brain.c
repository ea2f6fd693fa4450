/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The table of brains: what is refused, a network behind it, a function behind it, and who is who. */
#include "spot/brain.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/policy/random_dit.h"
#include "spot/rng.h"
#include "support/spot_test.h"

enum { OBS = 3, ACTION = 2, HORIZON = 16, CHUNK = HORIZON * ACTION, PATH_SIZE = 1024 };

/* ---- a function ---- */

/* A brain of this program: its chunk is `bias` everywhere. */
typedef struct constant {
    spot_brain_info info;
    float bias;
    int begun, ended, closed;
    spot_status identity; /* what identify returns */
} constant;

static void describe(const void *self, spot_brain_info *info)
{
    *info = ((const constant *)self)->info;
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    constant *c = self;
    *state = c;
    if (config->point->steps == 13) {
        return spot_diag_set(diag, SPOT_E_RANGE, "not that many");
    }
    c->begun++;
    return SPOT_OK;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    const constant *c = state;
    (void)diag;
    assert_non_null(input->obs);
    assert_true((input->noise != NULL) == c->info.takes_noise);
    for (int i = 0; i < CHUNK; i++) {
        chunk[i] = c->bias;
    }
    return SPOT_OK;
}

static spot_status remember(void *state, const float *obs, const float *command, spot_diag *diag)
{
    (void)state;
    (void)obs;
    (void)command;
    return spot_diag_set(diag, SPOT_E_RANGE, "it cannot");
}

static spot_status identify(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag)
{
    (void)snprintf(text, SPOT_BRAIN_IDENTITY_SIZE, "it is me");
    return spot_diag_set(diag, ((constant *)self)->identity, "no server");
}

static void end(void *state)
{
    ((constant *)state)->ended++;
}

static void close_it(void *self)
{
    ((constant *)self)->closed++;
}

static const spot_brain_ops FULL = {.describe = describe,
                                    .begin = begin,
                                    .infer = infer,
                                    .remember = remember,
                                    .end = end,
                                    .close = close_it};
static const spot_brain_ops LEAST = {.describe = describe, .infer = infer};

static constant make_constant(const char *knobs)
{
    return (constant){.info = {.obs_dim = OBS,
                               .action_dim = ACTION,
                               .horizon = HORIZON,
                               .default_steps = 4,
                               .knobs = knobs}};
}

static spot_status begin_at(const spot_brain *brain, const char *text, spot_diag *diag)
{
    spot_point point;
    void *state = NULL;
    spot_point_default(&point);
    assert_int_equal(spot_point_parse(text, &point, NULL), SPOT_OK);
    spot_status st = spot_brain_begin(
        brain, &(spot_brain_config){.size = sizeof(spot_brain_config), .point = &point}, &state,
        diag);
    if (st == SPOT_OK) {
        assert_ptr_equal(state, brain->self);
        spot_brain_end(brain, state);
    } else {
        assert_null(state);
    }
    return st;
}

static void a_knob_that_a_brain_does_not_have_is_refused(void **state)
{
    static const struct {
        const char *knobs, *point, *said;
    } cases[] = {
        {NULL, "steps=2", "steps: 2, expected all: this brain has no such knob"},
        {"", "quant=w8a8", "quant: w8a8, expected fp32: this brain has no such knob"},
        {"steps prune", "kv=p1", "kv: p1, expected base: this brain has no such knob"},
        {"steps kv", "prune=2:4", "prune: 2:4, expected none: this brain has no such knob"},
        {"stepsize substeps quant", "steps=2",
         "steps: 2, expected all: this brain has no such knob"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        constant c = make_constant(cases[i].knobs);
        spot_diag diag = {""};
        assert_int_equal(begin_at(&(spot_brain){.ops = &FULL, .self = &c}, cases[i].point, &diag),
                         SPOT_E_UNSUPPORTED);
        assert_string_equal(diag.text, cases[i].said);
        assert_int_equal(c.begun, 0);
    }
}

static void knobs_of_the_schedule_and_its_own_are_fine(void **state)
{
    static const char *const points[][2] = {{NULL, "steps=4"}, /* the default, by its number */
                                            {"", "overlap=3 align=skip execute=5"},
                                            {"steps", "steps=2"},
                                            {"stepsize steps", "steps=2"},
                                            {"quant steps kv", "steps=1 quant=w8a8 kv=p1"}};
    (void)state;
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        constant c = make_constant(points[i][0]);
        spot_brain brain = {.ops = &FULL, .self = &c};
        assert_int_equal(begin_at(&brain, points[i][1], NULL), SPOT_OK);
        assert_true(c.begun == 1 && c.ended == 1 && c.closed == 0);
        /* without begin its object is the state, and there is nothing to end */
        brain.ops = &LEAST;
        assert_int_equal(begin_at(&brain, points[i][1], NULL), SPOT_OK);
        assert_true(c.begun == 1 && c.ended == 1);
    }
    constant c = make_constant("steps");
    spot_diag diag = {""};
    assert_int_equal(begin_at(&(spot_brain){.ops = &FULL, .self = &c}, "steps=13", &diag),
                     SPOT_E_RANGE);
    assert_string_equal(diag.text, "not that many");
    assert_int_equal(c.ended, 0);
}

static void tables_and_dimensions_that_cannot_be_are_refused(void **state)
{
    spot_brain_info info;
    spot_brain_ops ops[4] = {FULL, FULL, FULL, FULL};
    (void)state;
    ops[0].describe = NULL;
    ops[1].infer = NULL;
    ops[2].end = NULL;
    ops[3].remember = NULL;
    for (int i = 0; i < 4; i++) {
        constant c = make_constant("");
        spot_diag diag = {""};
        c.info.remembers = true;
        assert_int_equal(
            spot_brain_describe(&(spot_brain){.ops = &ops[i], .self = &c}, &info, &diag),
            SPOT_E_INVALID);
        assert_true(diag.text[0] != '\0');
    }
    static const int bad[][4] = {{0, 2, 16, 4},    {3, 0, 16, 4},    {3, 2, 0, 4},
                                 {3, 2, 16, 0},    {3, 2, 16, 101},  {65537, 2, 16, 4},
                                 {3, 256, 257, 4}, {3, 65537, 1, 4}, {3, -2, -16, 4}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        constant c = make_constant("");
        spot_diag diag = {""};
        c.info.obs_dim = bad[i][0];
        c.info.action_dim = bad[i][1];
        c.info.horizon = bad[i][2];
        c.info.default_steps = bad[i][3];
        assert_int_equal(begin_at(&(spot_brain){.ops = &FULL, .self = &c}, "", &diag),
                         SPOT_E_INVALID);
        assert_non_null(strstr(diag.text, "expected 1.."));
        assert_int_equal(c.begun, 0);
    }
    constant largest = make_constant("");
    largest.info.obs_dim = SPOT_BRAIN_DIM_MAX;
    largest.info.action_dim = 256;
    largest.info.horizon = 256;
    largest.info.default_steps = SPOT_POINT_STEPS_MAX;
    assert_int_equal(
        spot_brain_describe(&(spot_brain){.ops = &FULL, .self = &largest}, &info, NULL), SPOT_OK);
    assert_int_equal(spot_brain_describe(NULL, &info, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_brain_describe(&(spot_brain){.ops = NULL}, &info, NULL), SPOT_E_INVALID);
}

/* FNV-1a of n zero bytes, by its definition. */
static uint64_t hash_zeros(size_t n)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < n; i++) {
        hash *= 1099511628211U;
    }
    return hash;
}

static void a_brain_is_known_by_its_answer_or_by_what_it_says(void **state)
{
    char text[SPOT_BRAIN_IDENTITY_SIZE];
    char expected[SPOT_BRAIN_IDENTITY_SIZE];
    spot_brain_ops ops = FULL;
    constant c = make_constant("");
    spot_brain brain = {.ops = &ops, .self = &c};
    spot_diag diag = {""};
    (void)state;
    (void)snprintf(expected, sizeof(expected), "policy=%016" PRIx64,
                   hash_zeros(CHUNK * sizeof(float)));
    for (int noise = 0; noise < 2; noise++) {
        c.info.takes_noise = noise != 0;
        assert_int_equal(spot_brain_identify(&brain, text, NULL), SPOT_OK);
        assert_string_equal(text, expected);
    }
    assert_true(c.begun == 2 && c.ended == 2);
    c.bias = 1.0F;
    assert_int_equal(spot_brain_identify(&brain, text, NULL), SPOT_OK);
    assert_string_not_equal(text, expected);
    assert_int_equal(strlen(text), strlen(expected));

    ops.identify = identify;
    assert_int_equal(spot_brain_identify(&brain, text, NULL), SPOT_OK);
    assert_string_equal(text, "it is me");
    c.identity = SPOT_E_IO;
    assert_int_equal(spot_brain_identify(&brain, text, &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "no server");
    assert_true(c.begun == 3 && c.ended == 3);
    assert_int_equal(spot_brain_identify(&(spot_brain){.ops = NULL}, text, NULL), SPOT_E_INVALID);
}

static void closing_is_done_once(void **state)
{
    constant c = make_constant("");
    spot_brain brain = {.ops = &FULL, .self = &c};
    (void)state;
    spot_brain_close(&brain);
    assert_true(c.closed == 1 && brain.ops == NULL && brain.self == NULL);
    spot_brain_close(&brain);
    spot_brain_close(NULL);
    assert_int_equal(c.closed, 1);
    brain = (spot_brain){.ops = &LEAST, .self = &c};
    spot_brain_close(&brain);
    assert_null(brain.ops);
}

/* ---- a network ---- */

/* A transformer with a history, written as a folder. */
static void write_policy(const char *dir, unsigned seed)
{
    static const random_dit_sizes sizes = {OBS, ACTION,    HORIZON, 32,         2, 29, 2,
                                           10,  {2, 1, 0}, "flow",  "velocity", 9, 6};
    random_dit *p = random_dit_create(&sizes, seed);
    random_dit_write(p, dir);
    random_dit_destroy(p);
}

typedef struct network {
    char dir[PATH_SIZE];
    spot_brain brain;    /* opened from the folder */
    spot_policy *policy; /* the same */
} network;

static int open_network(void **state)
{
    static network n;
    spot_test_temp_path(n.dir, sizeof(n.dir), "policy");
    write_policy(n.dir, 3);
    *state = &n;
    return spot_brain_open(n.dir, NULL, &n.brain, NULL) != SPOT_OK ||
           spot_policy_load(n.dir, NULL, &n.policy, NULL) != SPOT_OK;
}

static int close_network(void **state)
{
    network *n = *state;
    spot_brain_close(&n->brain);
    spot_policy_destroy(n->policy);
    return 0;
}

static void a_network_is_described_as_its_policy(void **state)
{
    network *n = *state;
    spot_brain_info info;
    const spot_policy_info *policy = spot_policy_describe(n->policy);
    assert_int_equal(spot_brain_describe(&n->brain, &info, NULL), SPOT_OK);
    assert_string_equal(info.type, "dit");
    assert_string_equal(info.task, policy->task);
    assert_true(info.obs_dim == OBS && info.action_dim == ACTION && info.horizon == HORIZON);
    assert_int_equal(info.default_steps, policy->default_steps);
    assert_true(info.remembers && info.takes_noise);
}

/* Asked through the table and through a session, at a point that turns all knobs of an inference it can. */
static void a_network_answers_as_its_session(void **state)
{
    network *n = *state;
    spot_rng rng = spot_rng_at(5, SPOT_STREAM_POLICY, 0);
    float obs[OBS], command[ACTION], noise[CHUNK], by_brain[CHUNK], by_session[CHUNK];
    float first[CHUNK] = {0};
    spot_point point;
    void *s = NULL;
    spot_session *session = NULL;
    spot_point_default(&point);
    assert_int_equal(spot_point_parse("steps=3 quant=w8a8 kv=4:3 prune=0.25", &point, NULL),
                     SPOT_OK);
    const spot_brain_config config = {
        .size = sizeof(spot_brain_config), .point = &point, .kernels = "reference"};
    assert_int_equal(spot_brain_begin(&n->brain, &config, &s, NULL), SPOT_OK);
    assert_int_equal(spot_session_create(n->policy,
                                         &(spot_session_config){.size = sizeof(spot_session_config),
                                                                .steps = 3,
                                                                .batch_max = 1,
                                                                .kernels = "reference",
                                                                .quant = "w8a8",
                                                                .prune = "0.25",
                                                                .kv = "4:3"},
                                         &session),
                     SPOT_OK);
    spot_rng_fill_normal(&rng, noise, CHUNK);
    const spot_brain_input input = {.obs = obs, .noise = noise};
    for (int i = 0; i < 12; i++) {
        spot_rng_fill_normal(&rng, obs, OBS);
        spot_rng_fill_normal(&rng, command, ACTION);
        if (i == 8) {
            assert_int_equal(spot_brain_forget(&n->brain, s, NULL), SPOT_OK);
            spot_session_forget(session);
        }
        assert_int_equal(spot_brain_infer(&n->brain, s, &input, by_brain, NULL), SPOT_OK);
        assert_int_equal(spot_session_infer(session, 1, obs, noise, by_session), SPOT_OK);
        assert_memory_equal(by_brain, by_session, sizeof(by_brain));
        assert_memory_not_equal(by_brain, first, sizeof(first));
        memcpy(first, by_brain, sizeof(first));
        assert_int_equal(spot_brain_remember(&n->brain, s, obs, command, NULL), SPOT_OK);
        assert_int_equal(spot_session_remember(session, obs, command), SPOT_OK);
    }
    obs[0] = (float)INFINITY;
    assert_int_equal(spot_brain_infer(&n->brain, s, &input, by_brain, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_brain_remember(&n->brain, s, obs, command, NULL), SPOT_E_RANGE);
    spot_brain_end(&n->brain, s);
    spot_session_destroy(session);
}

static void what_a_session_refuses_is_said(void **state)
{
    network *n = *state;
    spot_point point;
    void *s = &point;
    spot_diag diag = {""};
    spot_point_default(&point);
    assert_int_equal(spot_point_parse("kv=99:0", &point, NULL), SPOT_OK);
    assert_int_equal(
        spot_brain_begin(&n->brain,
                         &(spot_brain_config){.size = sizeof(spot_brain_config), .point = &point},
                         &s, &diag),
        SPOT_E_RANGE);
    assert_null(s);
    assert_non_null(strstr(diag.text, "kv"));
    spot_point_default(&point);
    assert_int_equal(spot_brain_begin(&n->brain,
                                      &(spot_brain_config){.size = sizeof(spot_brain_config),
                                                           .point = &point,
                                                           .kernels = "abacus"},
                                      &s, &diag),
                     SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "kernels 'abacus'"));
    assert_int_equal(
        spot_brain_begin(&n->brain,
                         &(spot_brain_config){.size = sizeof(spot_brain_config), .point = NULL}, &s,
                         NULL),
        SPOT_E_INVALID);
    assert_int_equal(spot_brain_of_policy(NULL, &(spot_brain){.ops = NULL}), SPOT_E_INVALID);
    spot_brain none = {.ops = &FULL};
    assert_int_equal(spot_brain_open("/nonexistent", NULL, &none, &diag), SPOT_E_IO);
    assert_null(none.ops);
    spot_brain_open_config config;
    spot_brain_open_config_default(&config);
    assert_int_equal(spot_brain_open("/nonexistent", &config, &none, &diag), SPOT_E_IO);
    config.size = 1;
    assert_int_equal(spot_brain_open("/nonexistent", &config, &none, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_brain_open(NULL, NULL, &none, &diag), SPOT_E_INVALID);
    assert_false(spot_brain_is_address("policies/x") || spot_brain_is_address(NULL));
}

static void other_weights_are_another_network(void **state)
{
    network *n = *state;
    char dir[PATH_SIZE];
    char text[3][SPOT_BRAIN_IDENTITY_SIZE];
    spot_brain borrowing, other;
    spot_test_temp_path(dir, sizeof(dir), "other");
    write_policy(dir, 4);
    assert_int_equal(spot_brain_open(dir, NULL, &other, NULL), SPOT_OK);
    assert_int_equal(spot_brain_of_policy(n->policy, &borrowing), SPOT_OK);
    assert_int_equal(spot_brain_identify(&n->brain, text[0], NULL), SPOT_OK);
    assert_int_equal(spot_brain_identify(&borrowing, text[1], NULL), SPOT_OK);
    assert_int_equal(spot_brain_identify(&other, text[2], NULL), SPOT_OK);
    assert_string_equal(text[0], text[1]);
    assert_string_not_equal(text[0], text[2]);
    assert_int_equal(strncmp(text[0], "policy=", 7), 0);
    spot_brain_close(&borrowing); /* leaves the policy alone: it is used and destroyed after this */
    spot_brain_close(&other);
}

static void a_state_survives_every_failed_allocation_and_then_takes_no_memory(void **state)
{
    network *n = *state;
    float obs[OBS] = {0.1F, 0.2F, 0.3F};
    float chunk[CHUNK] = {0};
    spot_point point;
    spot_status st = SPOT_E_NOMEM;
    spot_point_default(&point);
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        const spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        void *s = NULL;
        assert_true(k < 100);
        st = spot_brain_begin(&n->brain,
                              &(spot_brain_config){.size = sizeof(spot_brain_config),
                                                   .point = &point,
                                                   .allocator = &allocator},
                              &s, NULL);
        assert_true(st == SPOT_OK ? k > 1 : st == SPOT_E_NOMEM && s == NULL);
        if (st == SPOT_OK) {
            mem.fail_at = mem.n_alloc;
            assert_int_equal(
                spot_brain_infer(&n->brain, s,
                                 &(spot_brain_input){.obs = obs, .noise = (float[CHUNK]){0}}, chunk,
                                 NULL),
                SPOT_OK);
            assert_int_equal(mem.n_failed, 0);
            spot_brain_end(&n->brain, s);
        }
        spot_test_assert_no_leak(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_knob_that_a_brain_does_not_have_is_refused),
        cmocka_unit_test(knobs_of_the_schedule_and_its_own_are_fine),
        cmocka_unit_test(tables_and_dimensions_that_cannot_be_are_refused),
        cmocka_unit_test(a_brain_is_known_by_its_answer_or_by_what_it_says),
        cmocka_unit_test(closing_is_done_once),
        cmocka_unit_test(a_network_is_described_as_its_policy),
        cmocka_unit_test(a_network_answers_as_its_session),
        cmocka_unit_test(what_a_session_refuses_is_said),
        cmocka_unit_test(other_weights_are_another_network),
        cmocka_unit_test(a_state_survives_every_failed_allocation_and_then_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, open_network, close_network);
}
