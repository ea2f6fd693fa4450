/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Small levels for tests, written as JSON: square boxes of 1 kg in a row, on the floor or in the air. */
#ifndef PLANAR_LEVEL_H
#define PLANAR_LEVEL_H

#include <stdio.h>
#include <string.h>

#include "lab/sim/planar/sim.h"
#include "spot/task.h"
#include "support/spot_test.h"

enum { PLANAR_TEXT_SIZE = 1 << 16 };

typedef struct planar_scene {
    int n_polygon, n_circle;
    int boxes;     /* polygons 4, 5, ... with sides of 0.2 m, 1 kg, 1 kg m^2 */
    float height;  /* of their centres; 0 = resting on the floor */
    float spacing; /* of their centres; 0 = 0.5 m */
    float gravity; /* of y; 0 = -9.81 */
    bool weightless;
    bool inactive;
    int joints;    /* of polygons 4 and 5, at their middle */
    int thrusters; /* on polygon 4's centre, upwards, power 2 */
    int roles[4];  /* of the boxes */
} planar_scene;

static inline int planar_put(char *text, int at, const char *piece)
{
    const int n = snprintf(text + at, (size_t)(PLANAR_TEXT_SIZE - at), "%s", piece);
    assert_true(n >= 0 && at + n < PLANAR_TEXT_SIZE);
    return at + n;
}

static inline int planar_put_body(char *text, int at, const planar_scene *s, int i, bool circle)
{
    static const char *const walls[4] = {
        "[[5,0],[5,-10],[-5,-10],[-5,0]]", "[[-5,10],[0,10],[0,-5],[-5,-5]]",
        "[[5,10],[10,10],[10,-5],[5,-5]]", "[[-5,10],[10,10],[10,4.9],[-5,4.9]]"};
    char piece[1024];
    const bool wall = !circle && i < 4;
    const bool box = !circle && i >= 4 && i < 4 + s->boxes;
    const float spacing = s->spacing != 0.0f ? s->spacing : 0.5f;
    const float y = s->height != 0.0f ? s->height : 0.095f;

    (void)snprintf(
        piece, sizeof(piece),
        "%s{\"position\":[%.9g,%.9g],\"velocity\":[0,0],\"rotation\":0,\"angular_velocity\":0,"
        "\"inverse_mass\":%d,\"inverse_inertia\":%d,\"friction\":1,\"restitution\":0,"
        "\"density\":1,\"radius\":%g,\"collision_mode\":%d,\"role\":%d,\"active\":%s,"
        "\"n_vertices\":%d,\"vertices\":%s}",
        i > 0 ? "," : "", box ? 2.0 + (double)(spacing * (float)(i - 4)) : 0.0,
        box ? (double)y : 0.0, box ? 1 : 0, box ? 1 : 0, circle ? 0.1 : 0.0, wall ? 2 : 1,
        box ? s->roles[i - 4] : 0, wall || (box && !s->inactive) ? "true" : "false", circle ? 0 : 4,
        wall ? walls[i] : "[[0.1,0.1],[0.1,-0.1],[-0.1,-0.1],[-0.1,0.1]]");
    return planar_put(text, at, piece);
}

static inline int planar_put_links(char *text, int at, const planar_scene *s)
{
    char piece[1024];
    const double half = s->spacing != 0.0f ? (double)s->spacing / 2.0 : 0.25;
    at = planar_put(text, at, "],\"joint\":[");
    if (s->joints > 0) {
        (void)snprintf(piece, sizeof(piece),
                       "{\"a_index\":4,\"b_index\":5,\"a_relative_pos\":[%.9g,0],"
                       "\"b_relative_pos\":[%.9g,0],\"rotation\":0,\"min_rotation\":0,"
                       "\"max_rotation\":0,\"motor_speed\":1,\"motor_power\":1,"
                       "\"acc_impulse\":[0,0],\"acc_r_impulse\":0,\"motor_binding\":0,"
                       "\"active\":true,\"is_fixed_joint\":false,\"motor_has_joint_limits\":false,"
                       "\"motor_on\":true}",
                       half, -half);
        at = planar_put(text, at, piece);
    }
    at = planar_put(text, at, "],\"thruster\":[");
    if (s->thrusters > 0) {
        at = planar_put(text, at,
                        "{\"object_index\":4,\"relative_position\":[0,0],\"rotation\":1.57079637,"
                        "\"power\":2,\"thruster_binding\":0,\"active\":true}");
    }
    return planar_put(text, at, "]");
}

/* The level's JSON. */
static inline void planar_level_text(char text[PLANAR_TEXT_SIZE], const planar_scene *s)
{
    static const char params[] =
        ",\"env_params\":{\"dt\":0.016666666666666666,\"slop\":0.01,"
        "\"baumgarte_coefficient_joints_v\":2,\"baumgarte_coefficient_joints_p\":0.7,"
        "\"baumgarte_coefficient_fjoint_av\":2,\"baumgarte_coefficient_rjoint_limit_av\":5,"
        "\"baumgarte_coefficient_collision\":0.2,\"joint_stiffness\":0.6,\"clip_position\":15,"
        "\"clip_velocity\":100,\"clip_angular_velocity\":50,\"base_motor_speed\":6,"
        "\"base_motor_power\":900,\"base_thruster_power\":10,\"motor_decay_coefficient\":0.1,"
        "\"motor_joint_limit\":0.1,\"base_friction\":0.4}}";
    char piece[1024];
    int at = planar_put(text, 0, "{\"env_state\":{\"polygon\":[");

    for (int i = 0; i < s->n_polygon; i++) {
        at = planar_put_body(text, at, s, i, false);
    }
    at = planar_put(text, at, "],\"circle\":[");
    for (int i = 0; i < s->n_circle; i++) {
        at = planar_put_body(text, at, s, i, true);
    }
    at = planar_put_links(text, at, s);
    (void)snprintf(piece, sizeof(piece),
                   ",\"gravity\":[0,%g]},\"static_env_params\":{\"num_polygons\":%d,"
                   "\"num_circles\":%d,\"num_joints\":%d,\"num_thrusters\":%d,"
                   "\"max_polygon_vertices\":4,\"num_static_fixated_polys\":4,"
                   "\"num_motor_bindings\":4,\"num_thruster_bindings\":2,"
                   "\"num_solver_iterations\":10,\"solver_batch_size\":16,\"frame_skip\":2,"
                   "\"do_warm_starting\":true}",
                   s->weightless        ? 0.0
                   : s->gravity != 0.0f ? (double)s->gravity
                                        : -9.81,
                   s->n_polygon, s->n_circle, s->joints, s->thrusters);
    at = planar_put(text, at, piece);
    (void)planar_put(text, at, params);
}

static inline spoti_level *planar_parse(const char *text)
{
    spoti_level *level = NULL;
    spot_diag diag = {""};
    if (spoti_level_parse("test", text, strlen(text), NULL, &level, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return level;
}

static inline spot_task *planar_load_file(const char *path)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    if (spot_task_load(path, NULL, &task, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return task;
}

/* The level as a task, from a file of its own. */
static inline spot_task *planar_load(const char *text)
{
    char path[512];
    spot_test_temp_path(path, sizeof(path), "level.json");
    spot_test_write_file(path, text, strlen(text));
    return planar_load_file(path);
}

#endif
