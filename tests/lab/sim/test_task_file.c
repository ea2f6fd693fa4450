/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Broken task files and models: each is the shipped conveyor with one thing changed, and is refused with
 * the line of that thing. Out of memory anywhere leaves nothing behind. */
#include <stdlib.h>

#include "lab/sim/rig.h"
#include "lab/sim/variant.h"

enum { PATH_MAX_ = 1024 };

/* What to replace in the file, the start of the line that the message must name (NULL = the first),
 * and a part of the message. */
typedef struct broken {
    const char *from;
    const char *to;
    const char *line_of;
    const char *says;
} broken;

static const broken task_cases[] = {
    {"charge_as: dp-vit-dit\n", "", NULL, "key 'charge_as' is missing, expected"},
    {"time_limit_s: 20", "time_limit_s: 20\ntime_limitt_s: 3", "time_limitt_s",
     "unknown key 'time_limitt_s', expected one of: name"},
    {"  - name: cube\n", "  - name: cube\n    name: cube\n", "    name: cube",
     "key 'name' is given twice, expected once"},
    {"rate_hz: 10", "rate_hz: ten", "  rate_hz", "ten"},
    {"rate_hz: 10", "rate_hz: .nan", "  rate_hz", ".nan"},
    {"rate_hz: 10", "rate_hz: nan", "  rate_hz", "'nan', expected a number"},
    {"rate_hz: 10", "rate_hz: inf", "  rate_hz", "'inf', expected a number"},
    {"rate_hz: 10", "rate_hz: 0", "  rate_hz", "rate_hz: 0, expected 0.1 to 1000"},
    {"rate_hz: 10", "rate_hz: 11", "  rate_hz", "no multiple of the model's time step"},
    {"horizon: 16", "horizon: 1.5", "  horizon", "expected a whole number"},
    {"horizon: 16", "horizon: -1", "  horizon", "horizon: -1, expected 1 to 256"},
    {"horizon: 16", "horizon: 2000000000", "  horizon", "expected 1 to 256"},
    {"horizon: 16", "horizon: 99999999999999999999", "  horizon", "99999999999999999999"},
    {"execute: 8", "execute: 17", "  execute", "execute: 17, expected 1 to 16"},
    {"time_limit_s: 20", "time_limit_s: 1e9", "time_limit_s", "expected 0.1 to 3600"},
    {"regime: dynamic", "regime: dinamic", "regime", "dinamic"},
    {"regime: dynamic", "backend: mujoco\nregime: dynamic", NULL, NULL},
    {"regime: dynamic", "backend: mujoco2\nregime: dynamic", "backend",
     "backend: 'mujoco2', expected one of: mujoco"},
    {"regime: dynamic", "backend: mujoc\nregime: dinamic", "backend", "expected one of: mujoco"},
    {"regime: dynamic", "backend: mujoco\nregime: dinamic", "regime", "dinamic"},
    {"regime: dynamic", "backend: [mujoco]\nregime: dynamic", "backend", ""},
    {"[0.40, 0.52]", "[0.52, 0.40]", "    x_m", "runs backwards, expected [low, high]"},
    {"[0.40, 0.52]", "[0.52]", "    x_m", "x_m: 1 entry, expected 2 entries"},
    {"[0.40, 0.52]", "[0.52, nan]", "    x_m", "'nan', expected a number"},
    {"noise_m: 0.0015", "noise_m: -1", "    noise_m", "noise_m: -1, expected 0 to 1"},
    {"noise_deg: 1.0", "noise_deg: [1]", "    noise_deg", ""},
    {"noise_deg: 1.0", "noise_deg: 1.0\n    seen_beyond_m: -0.1", "    seen_beyond_m",
     "seen_beyond_m: -0.1, expected 0 to 10"},
    {"noise_deg: 1.0", "noise_deg: 1.0\n    seen_beyond_m: 11", "    seen_beyond_m",
     "seen_beyond_m: 11, expected 0 to 10"},
    {"noise_deg: 1.0", "noise_deg: 1.0\n    seen_beyond_m: nan", "    seen_beyond_m",
     "'nan', expected a number"},
    {"noise_deg: 1.0", "noise_deg: 1.0\n    seen_beyond_m: 0", NULL, NULL},
    {"history: 3", "history: 1000000000", "  history", "expected 1 to 8"},
    {"{type: gripper_yaw}", "{type: gripper_yaws}", "    - {type: gripper_yaws", "gripper_yaws"},
    {"{type: relative_yaw, object: cube}", "{type: relative_yaw}", "    - {type: relative_yaw}",
     "object: missing, expected one of the objects: cube"},
    {"{type: relative_yaw, object: cube}", "{type: relative_yaw, object: ball}",
     "    - {type: relative_yaw, object: ball", "object: 'ball', expected one of the objects"},
    {"{type: gripper_yaw}", "{type: seen}", "    - {type: seen}",
     "object: missing, expected one of"},
    {"{type: gripper_yaw}", "{type: position}", "    - {type: position}",
     "object: missing, expected one of"},
    {"{type: gripper_yaw}", "{type: yaw}", "    - {type: yaw}", "object: missing, expected one of"},
    {"{type: gripper_yaw}", "{type: seen, object: ball}", "    - {type: seen",
     "expected one of the objects"},
    {"{type: gripper_yaw}", "{type: seen, object: cube}", NULL, NULL},
    {"{type: gripper_yaw}", "{type: gripper_yaw, object: cube}", "    - {type: gripper_yaw, object",
     "expected none"},
    {"{type: grasped, object: cube}\nfailure", "{type: grasped, object: ball}\nfailure",
     "    - {type: grasped, object: ball", "expected one of the objects"},
    {"{type: grasped, object: cube}\nfailure", "{type: pressed, object: cube}\nfailure",
     "    - {type: pressed", "pressed and a joint belong together"},
    {"{type: grasped, object: cube}\nfailure",
     "{type: pressed, object: cube, joint: nothing}\nfailure", "    - {type: pressed",
     "no joint called 'nothing'"},
    {"{type: grasped, object: cube}\nfailure",
     "{type: pressed, object: cube, joint: elbow}\nfailure", "    - {type: pressed",
     "expected a slide joint"},
    {"  lift_z_m: 0.10", "  lift_z_m: 0.10\n  how: maybe", "  how", "maybe"},
    {"axis: y", "axis: w", "  - {type: beyond", "w"},
    {"hold_s: 0.5", "hold_s: -0.5", "  hold_s", "hold_s: -0.5, expected 0 to 20"},
    {"hold_s: 0.5", "hold_s: 30", "  hold_s", "hold_s: 30, expected 0 to 20"},
    {"  object: cube\n  grasp", "  object: ball\n  grasp", "  object: ball",
     "expected one of the objects"},
    {"home: [-0.3007", "home: [-9", "  home", "home: -9, expected -7 to 7"},
    {"speed_m_s: 0.0625", "speed_m_s: 100", "  speed_m_s: 100", "expected -10 to 10"},
    {"low: [0.25, -0.45, 0.012]", "low: [0.25, 0.50, 0.012]", "  low", "low: 0.5, expected"},
    {"open_m: 0.085", "open_m: 0", "  open_m", "open_m: 0, expected"},
    {"open_m: 0.085", "open_m: 0.085\n  command_open: 3\n  command_closed: 3", "  command_open",
     "the same as command_closed"},
    {"open_m: 0.085", "open_m: 0.085\n  reading_open: 3\n  reading_closed: 3", "  reading_open",
     "the same as reading_closed"},
    {"open_m: 0.085", "open_m: 0.085\n  command_closed: 1e9", "  command_closed",
     "expected -1e+06"},
    {"opening: opening", "opening: cube", "  opening", "is no slide or hinge joint"},
    {"site: grip", "site: grip\n  forward_deg: 400", "  forward_deg", "expected -360 to 360"},
    {"body: cube", "body: kube", "    body: kube", "no body called 'kube'"},
    {"body: cube", "body: palm", "    body: palm", "expected a free joint or mocap"},
    {"pads: [pad_left, pad_right]", "pads: [palm, pad_right]", NULL, NULL},
    {"pads: [pad_left, pad_right]", "pads: [pad_left, palm]", NULL, NULL},
    {"pads: [pad_left, pad_right]", "pads: [pad_left, pad_right pad_left]", "  pads",
     "the geom 'pad_left' belongs to both pads"},
    {"pads: [pad_left, pad_right]", "pads: [finger_left, pad_right nail]", "  pads",
     "no geom or body called 'nail'"},
    {"pads: [pad_left, pad_right]", "pads: [shoulder, finger_right]", "  pads", "both pads"},
    {"pads: [pad_left, pad_right]", "pads: [base, pad_right]", "  pads", "both pads"},
    {"site: grip", "site: grap", "  site", "no site called 'grap'"},
    {"opening: opening", "opening: closing", "  opening", "no tendon or joint called 'closing'"},
    {"joints: [shoulder_pan", "joints: [belt", "  joints", "expected hinge joints"},
    {"joints: [shoulder_pan, ", "joints: [", "  joints",
     "joints: 5 entries, expected 6 to 7 entries"},
    {"actuators: [shoulder_pan", "actuators: [shoulder", "  actuators", "no actuator called"},
    {"pads: [pad_left, pad_right]", "pads: [pad_left, nail]", "  pads",
     "no geom or body called 'nail'"},
    {"actuator: belt", "actuator: belts", "  actuator: belts", "no actuator called 'belts'"},
    {"name: ur5e-conveyor", "name: \"\"", "name", "name: nothing, expected text of 1 to 256 bytes"},
    {"model: scene.xml", "model: nothing.xml", "model", "expected a readable MJCF file"},
    {"arm:", "arm: &a", NULL, NULL}, /* an anchor that nobody uses is fine */
    {"regime: dynamic", "regime: *a", NULL, ""},
    {"description:", "\t description:", NULL, "expected YAML"},
};

#if mjVERSION_HEADER < 300
#define NO_SUCH_FILE "FILE_NOT_FOUND"
#else
#define NO_SUCH_FILE "Error opening file"
#endif

static const broken model_cases[] = {
    {"<freejoint name=\"cube\"/>", "<freejoint name=\"cube\">", NULL, "XML"},
    {"type=\"slide\" axis", "type=\"glide\" axis", "      <joint name=\"belt\"", "'glide'"},
    {"contype=\"2\"", "contipe=\"2\"", NULL, "contipe"},
#if mjVERSION_HEADER < 300
    {"njmax=\"240\"", "njmax=\"240\" nstack=\"10\"", NULL, "Stack overflow"},
    {"nconmax=\"60\" njmax=\"240\"", "nconmax=\"2000000000\" njmax=\"2000000000\"", NULL, "mjData"},
#else
    {"nconmax=\"60\" njmax=\"240\"", "memory=\"100\"", NULL, "stack overflow"},
    {"nconmax=\"60\" njmax=\"240\"", "memory=\"60G\"", NULL, "needed more than 2048 MiB"},
#endif
    {"timestep=\"0.004\"", "timestep=\"nan\"", NULL, "no finite numbers"},
    {"../robots/ur5e.xml", "../robots/none.xml", "  <include", NO_SUCH_FILE},
    {"</mujoco>", "", NULL, "XML"},
};

/* The number of the first line that starts with `start`. */
static int line_of(const char *text, const char *start)
{
    int line = 1;
    for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n' ? 1 : 0;
        if (strncmp(at, start, strlen(start)) == 0) {
            return line;
        }
        line++;
    }
    fail_msg("no line starts with '%s'", start);
    return 0;
}

/* Loads `path`, which must be refused with `where:line: says`. */
static void assert_refused(const char *path, const char *where, int line, const char *says)
{
    spot_task *task = NULL;
    spot_diag diag = {.text = ""};
    char place[PATH_MAX_ + 16];

    spot_status st = spot_task_load(path, NULL, &task, &diag);
    (void)snprintf(place, sizeof(place), line > 0 ? "%s:%d: " : "%s", where, line);
    if (st != SPOT_E_FORMAT || task != NULL || strstr(diag.text, place) != diag.text ||
        strstr(diag.text, says) == NULL || strchr(diag.text, '\n') != NULL) {
        fail_msg("status %d, '%s'; expected '%s...%s'", st, diag.text, place, says);
    }
}

static void broken_task_file_is_refused_with_its_line(void **state)
{
    (void)state;
    static char shipped[VARIANT_TEXT];
    static char whole[VARIANT_TEXT];
    static char text[VARIANT_TEXT];
    char path[512];

    variant_read_shipped("ur5e-conveyor/task.yaml", shipped);
    spot_test_temp_path(path, sizeof(path), "task.yaml");
    for (size_t i = 0; i < sizeof(task_cases) / sizeof(task_cases[0]); i++) {
        const broken *c = &task_cases[i];
        variant_replace(shipped, c->from, c->to, whole);
        /* the model stays where it is, unless that is what is broken */
        if (strstr(whole, "model: scene.xml") != NULL) {
            variant_replace(whole, "model: scene.xml",
                            "model: " SPOT_SOURCE_DIR "/tasks/ur5e-conveyor/scene.xml", text);
        } else {
            memcpy(text, whole, sizeof(text));
        }
        spot_test_write_file(path, text, strlen(text));
        if (c->says == NULL) {
            spot_task *task = NULL;
            assert_int_equal(spot_task_load(path, NULL, &task, NULL), SPOT_OK);
            spot_task_destroy(task);
            continue;
        }
        assert_refused(path, path, c->line_of != NULL ? line_of(text, c->line_of) : 0, c->says);
    }
}

static void broken_model_is_refused(void **state)
{
    (void)state;
    static char shipped[VARIANT_TEXT];
    static char text[VARIANT_TEXT];
    variant v;

    variant_make(&v, "ur5e-conveyor");
    variant_read_shipped("ur5e-conveyor/scene.xml", shipped);
    for (size_t i = 0; i < sizeof(model_cases) / sizeof(model_cases[0]); i++) {
        const broken *c = &model_cases[i];
        variant_replace(shipped, c->from, c->to, text);
        spot_test_write_file(v.scene, text, strlen(text));
        assert_refused(v.task, v.scene, c->line_of != NULL ? line_of(text, c->line_of) : 0,
                       c->says);
    }
    /* an impossible time step is refused by what depends on it */
    static const char *const steps[] = {"timestep=\"0\"", "timestep=\"-1\"", "timestep=\"1e-300\"",
                                        "timestep=\"0.003\""};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        variant_replace(shipped, "timestep=\"0.004\"", steps[i], text);
        spot_test_write_file(v.scene, text, strlen(text));
        static char yaml[VARIANT_TEXT];
        variant_read_shipped("ur5e-conveyor/task.yaml", yaml);
        assert_refused(v.task, v.task, line_of(yaml, "  rate_hz"), "expected one");
    }
    /* and the tree as shipped is fine */
    spot_task *task = NULL;
    spot_test_write_file(v.scene, shipped, strlen(shipped));
    assert_int_equal(spot_task_load(v.task, NULL, &task, NULL), SPOT_OK);
    spot_task_destroy(task);
}

static void file_that_is_no_text_is_refused(void **state)
{
    (void)state;
    char path[512];
    spot_task *task = NULL;
    spot_diag diag;
    spot_test_temp_path(path, sizeof(path), "none.yaml");
    assert_int_equal(spot_task_load(path, NULL, &task, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "none.yaml"));
    assert_null(task);
    assert_int_equal(spot_task_load("/", NULL, &task, &diag), SPOT_E_IO);
    spot_test_write_file(path, "", 0);
    assert_refused(path, path, 1, "the file is empty");
    spot_test_write_file(path, "\0\1\2\377", 4);
    assert_refused(path, path, 1, "");
    /* over a MiB, and deeply nested */
    static char big[(1 << 20) + 16];
    memset(big, '#', sizeof(big));
    spot_test_write_file(path, big, sizeof(big));
    assert_refused(path, path, 0, "larger than 1 MiB");
    memset(big, '[', 100000);
    spot_test_write_file(path, big, 100000);
    assert_refused(path, path, 0, "");
    assert_int_equal(spot_task_load(NULL, NULL, &task, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_task_load(path, NULL, NULL, &diag), SPOT_E_INVALID);
}

static void out_of_memory_leaves_nothing_behind(void **state)
{
    (void)state;
    int worlds = 0;
    for (int k = 0; k < 100 && worlds == 0; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_task *task = NULL;
        spot_world world;
        spot_variation variation;
        spot_variation_default(&variation);
        spot_status st = spot_task_load(CONVEYOR, &a, &task, NULL);
        if (st == SPOT_OK) {
            st = spot_task_make_world(task, &variation, &world, NULL);
            if (st == SPOT_OK) {
                worlds++;
            } else {
                assert_null(world.self);
            }
            spot_world_destroy(&world);
        } else {
            assert_null(task);
        }
        assert_true(st == SPOT_OK || st == SPOT_E_NOMEM);
        spot_task_destroy(task);
        spot_test_assert_no_leak(&mem);
    }
    assert_int_equal(worlds, 1);
}

static void running_allocates_nothing(void **state)
{
    (void)state;
    spot_test_allocator mem;
    spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spot_task *task = NULL;
    spot_world world;
    spot_variation variation;
    spot_variation_default(&variation);
    assert_int_equal(spot_task_load(PICK_PLACE, &a, &task, NULL), SPOT_OK);
    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    mem.fail_at = mem.n_alloc;
    int before = mem.n_alloc;
    for (uint64_t seed = 0; seed < 3; seed++) {
        assert_int_equal(world.ops->reset(world.self, seed), SPOT_OK);
        for (int i = 0; i < 1000; i++) {
            float obs[RIG_OBS_MAX];
            double row[RIG_STATE_MAX];
            double anchor[SPOT_ANCHOR_DIM_MAX];
            const float action[5] = {0.01f, 0.0f, -0.02f, 0.1f, 1.0f};
            spot_outcome outcome;
            if (i % 25 == 0) {
                assert_int_equal(world.ops->observe(world.self, obs, anchor), SPOT_OK);
                assert_int_equal(world.ops->act(world.self, action, anchor), SPOT_OK);
            }
            assert_int_equal(world.ops->step(world.self), SPOT_OK);
            world.ops->outcome(world.self, &outcome);
            world.ops->sample(world.self, row);
            world.ops->state(world.self, row);
        }
    }
    assert_int_equal(mem.n_alloc, before);
    spot_world_destroy(&world);
    spot_task_destroy(task);
    spot_test_assert_no_leak(&mem);
}

static void variation_out_of_range_is_refused(void **state)
{
    (void)state;
    static const spot_variation bad[] = {{-0.1, 1.0}, {10.1, 1.0}, {NAN, 1.0}, {INFINITY, 1.0},
                                         {1.0, -0.1}, {1.0, 10.1}, {1.0, NAN}};
    spot_task *task = NULL;
    spot_world world;
    assert_int_equal(spot_task_load(CONVEYOR, NULL, &task, NULL), SPOT_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spot_diag diag = {.text = ""};
        assert_int_equal(spot_task_make_world(task, &bad[i], &world, &diag), SPOT_E_RANGE);
        assert_non_null(strstr(diag.text, "expected a factor from 0 to 10"));
        assert_null(world.self);
    }
    const spot_variation good = {.speed = 1.0, .noise = 1.0};
    assert_int_equal(spot_task_make_world(NULL, &good, &world, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_task_make_world(task, NULL, &world, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_task_make_world(task, &good, NULL, NULL), SPOT_E_INVALID);
    spot_world_destroy(NULL);
    spot_task_destroy(task);
    spot_task_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_task_file_is_refused_with_its_line),
        cmocka_unit_test(broken_model_is_refused),
        cmocka_unit_test(file_that_is_no_text_is_refused),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(variation_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
