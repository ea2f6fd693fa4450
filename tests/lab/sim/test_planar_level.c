/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Level files: what is accepted, and what is refused with the place in the file. */
#include <stdlib.h>

#include "lab/sim/planar_level.h"

#define TASKS SPOT_SOURCE_DIR "/tasks/"

static char text[PLANAR_TEXT_SIZE];
static char changed[PLANAR_TEXT_SIZE];

/* The level with the first `from` behind the first `after` replaced. */
static const char *with(const char *after, const char *from, const char *to)
{
    const char *start = strstr(text, after);
    assert_non_null(start);
    const char *at = strstr(start, from);
    assert_non_null(at);
    const int n = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
                           at + strlen(from));
    assert_true(n > 0 && (size_t)n < sizeof(changed));
    return changed;
}

static void refuses(const char *json, const char *place, const char *what)
{
    spoti_level *level = NULL;
    spot_diag diag = {""};
    assert_int_equal(spoti_level_parse("f.json", json, strlen(json), NULL, &level, &diag),
                     SPOT_E_FORMAT);
    assert_null(level);
    if (strncmp(diag.text, "f.json:", 7) != 0 || strstr(diag.text, place) == NULL ||
        strstr(diag.text, what) == NULL) {
        fail_msg("'%s', expected '%s' and '%s' in it", diag.text, place, what);
    }
}

static int write_level(void **state)
{
    (void)state;
    planar_level_text(
        text,
        &(planar_scene){.n_polygon = 8, .n_circle = 2, .boxes = 2, .joints = 1, .thrusters = 1});
    return 0;
}

/* Places of the first box in the text: behind the ceiling. */
static const char BOX[] = "[10,4.9]";
static const char SQUARE[] = "[[0.1,0.1],[0.1,-0.1],[-0.1,-0.1],[-0.1,0.1]]";

static void numbers_and_types_are_checked(void **state)
{
    (void)state;
    refuses(with(BOX, "\"rotation\":0", "\"rotation\":\"a\""), "env_state.polygon[4].rotation",
            "no number");
    refuses(with(BOX, "\"position\":[2,", "\"position\":[1e30,"),
            "env_state.polygon[4].position[0]", "1e+30, expected -1000 to 1000");
    refuses(with(BOX, "\"inverse_mass\":1", "\"inverse_mass\":-1"),
            "env_state.polygon[4].inverse_mass", "expected 0 to");
    refuses(with(BOX, "\"position\":[2,", "\"position\":[1,2,"), "env_state.polygon[4].position",
            "3 numbers, expected 2");
    refuses(with(BOX, "\"role\":0", "\"role\":7"), "env_state.polygon[4].role", "expected 0 to 3");
    refuses(with(BOX, "\"role\":0", "\"role\":0.5"), "env_state.polygon[4].role", "whole number");
    refuses(with(BOX, "\"active\":true", "\"active\":1"), "env_state.polygon[4].active",
            "true or false");
    refuses(with("env_params", "\"dt\":0.016666666666666666", "\"dt\":0"), "env_params.dt",
            "expected 0.0001 to 0.1");
    refuses(with("static_env", "\"solver_batch_size\":16", "\"solver_batch_size\":0"),
            "static_env_params.solver_batch_size", "expected 1 to 64");
    refuses(with("static_env", "\"max_polygon_vertices\":4", "\"max_polygon_vertices\":8"),
            "static_env_params.max_polygon_vertices", "8, expected 4 to 4");
    refuses(with(BOX, "\"rotation\":0", "\"rotation\":NaN"), "f.json:1", "");
    refuses(with(BOX, "\"rotation\":0", "\"rotation\":1e999"), "f.json:1", "");
}

static void shapes_must_be_convex_clockwise_and_have_an_area(void **state)
{
    (void)state;
    refuses(with(BOX, SQUARE, "[[-0.1,0.1],[-0.1,-0.1],[0.1,-0.1],[0.1,0.1]]"),
            "env_state.polygon[4]", "counter-clockwise");
    refuses(with(BOX, SQUARE, "[[0.1,0.1],[0.1,-0.1],[0.0,0.05],[-0.1,0.1]]"),
            "env_state.polygon[4]", "not convex");
    refuses(with(BOX, SQUARE, "[[0.1,0.1],[0.0,0.0],[-0.1,-0.1],[0.0,0.0]]"),
            "env_state.polygon[4]", "without an area");
    refuses(with(BOX, SQUARE, "[[0.1,0.1],[0.1,0.1],[-0.1,-0.1],[-0.1,0.1]]"),
            "env_state.polygon[4]", "same point");
    refuses(with(BOX, "\"n_vertices\":4", "\"n_vertices\":2"), "env_state.polygon[4]",
            "n_vertices is 2, expected 3 or 4");
    refuses(with("\"circle\"", "\"radius\":0.1,\"collision_mode\":1,\"role\":0,\"active\":false",
                 "\"radius\":0,\"collision_mode\":1,\"role\":0,\"active\":true"),
            "env_state.circle[0]", "radius is 0");
}

static void links_must_lead_to_active_bodies(void **state)
{
    (void)state;
    refuses(with("\"joint\"", "\"b_index\":5", "\"b_index\":99"), "env_state.joint[0].b_index",
            "expected 0 to 9");
    refuses(with("\"joint\"", "\"b_index\":5", "\"b_index\":7"), "env_state.joint[0]",
            "not active");
    refuses(with("\"joint\"", "\"b_index\":5", "\"b_index\":4"), "env_state.joint[0]", "to itself");
    refuses(with("\"thruster\"", "\"object_index\":4", "\"object_index\":-1"),
            "env_state.thruster[0].object_index", "expected 0 to 9");
    refuses(with("\"thruster\"", "\"object_index\":4", "\"object_index\":6"),
            "env_state.thruster[0]", "not active");
}

static void sizes_must_be_true(void **state)
{
    (void)state;
    refuses(with("static_env", "\"num_polygons\":8", "\"num_polygons\":9"), "env_state.polygon",
            "8 entries, expected 9 as in static_env_params.num_polygons");
    refuses(with("static_env", "\"num_polygons\":8", "\"num_polygons\":5000"),
            "static_env_params.num_polygons", "5000, expected 4 to 64");
    refuses(with("static_env", "\"num_joints\":1", "\"num_joints\":0"), "env_state.joint",
            "1 entries, expected 0");
    refuses(with("\"gravity\"", "\"gravity\"", "\"acc_cc_manifolds\":[],\"gravity\""),
            "env_state.acc_cc_manifolds", "0 entries, expected 1");
    refuses(with("\"gravity\"", "\"gravity\"", "\"gravitas\""), "env_state.gravity", "missing");
    refuses(with("\"gravity\"", "\"static_env_params\"", "\"static_env\""), "static_env_params",
            "missing");
}

static void broken_json_is_refused_with_its_line(void **state)
{
    (void)state;
    (void)snprintf(changed, sizeof(changed), "%.300s", text);
    refuses(changed, "f.json:1: ", "expected a level in JSON");
    refuses("[]", "f.json: ", "");
    refuses("{\"a\":1,\"a\":2}", "f.json:1: ", "duplicate");
    memset(changed, '[', 5000);
    changed[5000] = '\0';
    refuses(changed, "f.json:1: ", "depth");
    (void)with("{", "{", "{\"version\":\"2.0.0\",");
    refuses(changed, "version", "expected \"1.0.0\"");
}

static void lists_may_be_objects_and_keys_in_any_order(void **state)
{
    (void)state;
    spoti_level *level = planar_parse(
        with(BOX, SQUARE,
             "{\"3\":{\"1\":0.1,\"0\":-0.1},\"0\":[0.1,0.1],\"2\":[-0.1,-0.1],\"1\":[0.1,-0.1]}"));
    assert_true(level->shapes[4].corner[3].x == -0.1f && level->shapes[4].corner[3].y == 0.1f);
    spoti_level_destroy(level);
}

static void what_was_saved_in_motion_goes_on(void **state)
{
    (void)state;
    static const char off[] =
        "{\"active\":false,\"acc_impulse_normal\":0,\"acc_impulse_tangent\":0}";
    static const char on[] = "{\"active\":true,\"acc_impulse_normal\":3,\"acc_impulse_tangent\":1}";
    char list[8192] = "\"acc_rr_manifolds\":[";
    char with_list[10000];
    for (int i = 0; i < 2 * 22; i++) { /* of 8 polygons, two points a pair */
        (void)strcat(strcat(list, i > 0 ? "," : ""), i == 1 ? on : off);
    }
    (void)snprintf(with_list, sizeof(with_list), "%s],\"gravity\"", list);
    spoti_level *level = planar_parse(with("\"gravity\"", "\"gravity\"", with_list));
    /* pair 1 has entry 1, for both points: as the package loads it */
    assert_true(level->saved[SPOTI_POLYGONS][1].active);
    assert_false(level->saved[SPOTI_POLYGONS][0].active);
    spoti_sim *sim = spoti_sim_create(level);
    assert_non_null(sim);
    for (int point = 0; point < 2; point++) {
        assert_true(sim->contacts[SPOTI_POLYGONS][2 + point].push == 3.0f);
        assert_true(sim->contacts[SPOTI_POLYGONS][2 + point].drag == 1.0f);
    }
    spoti_sim_destroy(sim);
    spoti_level_destroy(level);
}

static void shipped_levels_load(void **state)
{
    (void)state;
    static const char *const names[] = {
        "kinetix/car_launch.json",        "kinetix/catapult.json",
        "kinetix/catcher_v3.json",        "kinetix/grasp_easy.json",
        "kinetix/hard_lunar_lander.json", "kinetix/mjc_half_cheetah.json",
        "planar-launch/level.json",       "planar-catapult/level.json",
        "planar-catch/level.json",        "planar-grasp/level.json",
        "planar-land/level.json",         "planar-run/level.json"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        spoti_level *level = NULL;
        spot_diag diag = {""};
        (void)snprintf(path, sizeof(path), TASKS "%s", names[i]);
        if (spoti_level_load(path, NULL, &level, &diag) != SPOT_OK) {
            fail_msg("%s", diag.text);
        }
        spoti_level_destroy(level);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_and_types_are_checked, write_level),
        cmocka_unit_test_setup(shapes_must_be_convex_clockwise_and_have_an_area, write_level),
        cmocka_unit_test_setup(links_must_lead_to_active_bodies, write_level),
        cmocka_unit_test_setup(sizes_must_be_true, write_level),
        cmocka_unit_test_setup(broken_json_is_refused_with_its_line, write_level),
        cmocka_unit_test_setup(lists_may_be_objects_and_keys_in_any_order, write_level),
        cmocka_unit_test_setup(what_was_saved_in_motion_goes_on, write_level),
        cmocka_unit_test(shipped_levels_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
