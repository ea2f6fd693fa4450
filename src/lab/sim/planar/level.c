/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reading a Kinetix level file.
 *
 * Versions: "1.0.0", and files without the key, which may also tell `downscale` and `highlighted`. Keys that are not
 * known are passed over, as other versions' files have more of them. Whether shapes and joints make sense is looked
 * at in level_check.c, what follows from them in level_rules.c.
 */
#include "lab/sim/planar/level.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "lab/sim/planar/level_check.h"
#include "lab/sim/planar/level_json.h"

/* Bounds of numbers in a file: far beyond what makes sense in a scene of 5 m, near enough for float32. */
static const double LENGTH_MAX = 1e3;  /* m, m/s, rad, rad/s */
static const double INVERSE_MAX = 1e9; /* 1/kg, 1/(kg m^2) */
static const double FACTOR_MAX = 1e6;  /* friction, power, density, ... */
static const double IMPULSE_MAX = 1e9;
static const double DT_MIN = 1e-4, DT_MAX = 0.1; /* s */
enum { ITERATIONS_MAX = 100, BINDING_MAX = 64, COLLISION_MODE_MAX = 2 };

/* ---- one record each ---- */

static spoti_shape read_shape(spoti_json_reader *r, const spoti_json_at *at, bool circle)
{
    spoti_shape s = {
        .position = spoti_json_vec(r, at, "position", LENGTH_MAX),
        .velocity = spoti_json_vec(r, at, "velocity", LENGTH_MAX),
        .rotation = spoti_json_float(r, at, "rotation", -LENGTH_MAX, LENGTH_MAX),
        .angular_velocity = spoti_json_float(r, at, "angular_velocity", -LENGTH_MAX, LENGTH_MAX),
        .inverse_mass = spoti_json_float(r, at, "inverse_mass", 0.0, INVERSE_MAX),
        .inverse_inertia = spoti_json_float(r, at, "inverse_inertia", 0.0, INVERSE_MAX),
        .friction = spoti_json_float(r, at, "friction", 0.0, FACTOR_MAX),
        .restitution = spoti_json_float(r, at, "restitution", 0.0, FACTOR_MAX),
        .density = spoti_json_float(r, at, "density", 0.0, FACTOR_MAX),
        .radius = spoti_json_float(r, at, "radius", 0.0, LENGTH_MAX),
        .collision_mode = spoti_json_int(r, at, "collision_mode", 0, COLLISION_MODE_MAX),
        .role = (spoti_role)spoti_json_int(r, at, "role", SPOTI_ROLE_NONE, SPOTI_ROLE_RED),
        .active = spoti_json_bool(r, at, "active"),
        .highlighted = json_is_true(json_object_get(at->value, "highlighted")),
    };
    if (!circle) {
        s.n_corners = spoti_json_int(r, at, "n_vertices", 0, SPOTI_PLANAR_CORNERS);
        const spoti_json_at list = spoti_json_member_at(r, at, "vertices");
        for (int i = 0; i < SPOTI_PLANAR_CORNERS && r->status == SPOT_OK; i++) {
            const spoti_json_at corner = spoti_json_element(r, &list, i);
            s.corner[i] = spoti_json_vec_of(r, &corner, LENGTH_MAX);
        }
    }
    return s;
}

static spoti_joint read_joint(spoti_json_reader *r, const spoti_json_at *at, int n_shape)
{
    const bool active = spoti_json_bool(r, at, "active");
    const int first = active ? 0 : -1; /* what joins nothing may say so */
    return (spoti_joint){
        .active = active,
        .a = spoti_json_int(r, at, "a_index", first, n_shape - 1),
        .b = spoti_json_int(r, at, "b_index", first, n_shape - 1),
        .at_a = spoti_json_vec(r, at, "a_relative_pos", LENGTH_MAX),
        .at_b = spoti_json_vec(r, at, "b_relative_pos", LENGTH_MAX),
        .rest = spoti_json_float(r, at, "rotation", -LENGTH_MAX, LENGTH_MAX),
        .low = spoti_json_float(r, at, "min_rotation", -LENGTH_MAX, LENGTH_MAX),
        .high = spoti_json_float(r, at, "max_rotation", -LENGTH_MAX, LENGTH_MAX),
        .speed = spoti_json_float(r, at, "motor_speed", -FACTOR_MAX, FACTOR_MAX),
        .power = spoti_json_float(r, at, "motor_power", -FACTOR_MAX, FACTOR_MAX),
        .impulse = spoti_json_vec(r, at, "acc_impulse", IMPULSE_MAX),
        .turn_impulse = spoti_json_float(r, at, "acc_r_impulse", -IMPULSE_MAX, IMPULSE_MAX),
        .channel = spoti_json_int(r, at, "motor_binding", -BINDING_MAX, BINDING_MAX),
        .fixed = spoti_json_bool(r, at, "is_fixed_joint"),
        .limited = spoti_json_bool(r, at, "motor_has_joint_limits"),
        .motor = spoti_json_bool(r, at, "motor_on"),
    };
}

static spoti_thruster read_thruster(spoti_json_reader *r, const spoti_json_at *at, int n_shape)
{
    const bool active = spoti_json_bool(r, at, "active");
    return (spoti_thruster){
        .active = active,
        .body = spoti_json_int(r, at, "object_index", active ? 0 : -1, n_shape - 1),
        .at = spoti_json_vec(r, at, "relative_position", LENGTH_MAX),
        .rotation = spoti_json_float(r, at, "rotation", -LENGTH_MAX, LENGTH_MAX),
        .power = spoti_json_float(r, at, "power", -FACTOR_MAX, FACTOR_MAX),
        .channel = spoti_json_int(r, at, "thruster_binding", -BINDING_MAX, BINDING_MAX),
    };
}

static void read_params(spoti_json_reader *r, const spoti_json_at *root, spoti_level_params *p)
{
    const spoti_json_at params = spoti_json_member_at(r, root, "env_params");
    const spoti_json_at sizes = spoti_json_member_at(r, root, "static_env_params");
    const struct {
        const char *key;
        float *to;
        double low, high;
    } numbers[] = {
        {"dt", &p->dt, DT_MIN, DT_MAX},
        {"slop", &p->slop, 0.0, 1.0},
        {"baumgarte_coefficient_joints_v", &p->joint_velocity, 0.0, FACTOR_MAX},
        {"baumgarte_coefficient_joints_p", &p->joint_position, 0.0, FACTOR_MAX},
        {"baumgarte_coefficient_fjoint_av", &p->fixed_angle, 0.0, FACTOR_MAX},
        {"baumgarte_coefficient_rjoint_limit_av", &p->limit_angle, 0.0, FACTOR_MAX},
        {"baumgarte_coefficient_collision", &p->collision, 0.0, FACTOR_MAX},
        {"joint_stiffness", &p->stiffness, 0.0, FACTOR_MAX},
        {"clip_position", &p->clip_position, 1.0, LENGTH_MAX},
        {"clip_velocity", &p->clip_velocity, 1.0, LENGTH_MAX},
        {"clip_angular_velocity", &p->clip_angular, 1.0, LENGTH_MAX},
        {"base_motor_speed", &p->motor_speed, 0.0, FACTOR_MAX},
        {"base_motor_power", &p->motor_power, 0.0, FACTOR_MAX},
        {"base_thruster_power", &p->thruster_power, 0.0, FACTOR_MAX},
        {"motor_decay_coefficient", &p->motor_decay, 0.0, FACTOR_MAX},
        {"motor_joint_limit", &p->motor_limit, 1e-6, LENGTH_MAX},
        {"base_friction", &p->friction, 0.0, FACTOR_MAX},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        *numbers[i].to =
            spoti_json_float(r, &params, numbers[i].key, numbers[i].low, numbers[i].high);
    }
    p->iterations = spoti_json_int(r, &sizes, "num_solver_iterations", 1, ITERATIONS_MAX);
    p->batch = spoti_json_int(r, &sizes, "solver_batch_size", 1, SPOTI_PLANAR_BATCH_MAX);
    p->frame_skip = spoti_json_int(r, &sizes, "frame_skip", 1, SPOTI_PLANAR_FRAME_SKIP_MAX);
    p->warm_start = spoti_json_bool(r, &sizes, "do_warm_starting");
}

/* ---- the lists ---- */

/* The list `key` of env_state, which must be as long as the sizes say. */
static spoti_json_at read_list(spoti_json_reader *r, const spoti_json_at *state, const char *key,
                               const char *size_key, int expected)
{
    const spoti_json_at list = spoti_json_member_at(r, state, key);
    const int n = list.value != NULL ? spoti_json_count(r, &list) : expected;
    if (n != expected) {
        spoti_json_wrong(r, &list, "%d entries, expected %d as in static_env_params.%s", n,
                         expected, size_key);
    }
    return list;
}

static void read_bodies(spoti_json_reader *r, const spoti_json_at *state, spoti_level *l)
{
    const spoti_json_at polygons = read_list(r, state, "polygon", "num_polygons", l->n_polygon);
    for (int i = 0; i < l->n_polygon && r->status == SPOT_OK; i++) {
        const spoti_json_at at = spoti_json_element(r, &polygons, i);
        l->shapes[i] = read_shape(r, &at, false);
        spoti_level_check_polygon(r, &at, &l->shapes[i]);
    }
    const spoti_json_at circles = read_list(r, state, "circle", "num_circles", l->n_circle);
    for (int i = 0; i < l->n_circle && r->status == SPOT_OK; i++) {
        const spoti_json_at at = spoti_json_element(r, &circles, i);
        l->shapes[l->n_polygon + i] = read_shape(r, &at, true);
        spoti_level_check_circle(r, &at, &l->shapes[l->n_polygon + i]);
    }
}

static void read_links(spoti_json_reader *r, const spoti_json_at *state, spoti_level *l)
{
    const spoti_json_at joints = read_list(r, state, "joint", "num_joints", l->n_joint);
    for (int i = 0; i < l->n_joint && r->status == SPOT_OK; i++) {
        const spoti_json_at at = spoti_json_element(r, &joints, i);
        l->joints[i] = read_joint(r, &at, l->n_shape);
        spoti_level_check_joint(r, &at, l, &l->joints[i]);
    }
    const spoti_json_at thrusters = read_list(r, state, "thruster", "num_thrusters", l->n_thruster);
    for (int i = 0; i < l->n_thruster && r->status == SPOT_OK; i++) {
        const spoti_json_at at = spoti_json_element(r, &thrusters, i);
        l->thrusters[i] = read_thruster(r, &at, l->n_shape);
        spoti_level_check_thruster(r, &at, l, &l->thrusters[i]);
    }
}

/* What contacts had accumulated: zeros but for a file that was saved in motion. Of two polygons the file has two
 * entries a pair, of which the package that writes it gives pair i the entry i, for both points. */
static void read_saved(spoti_json_reader *r, const spoti_json_at *state, spoti_level *l)
{
    static const char *const keys[SPOTI_FAMILIES] = {"acc_rr_manifolds", "acc_cr_manifolds",
                                                     "acc_cc_manifolds"};
    for (int f = 0; f < SPOTI_FAMILIES && r->status == SPOT_OK; f++) {
        const int n = l->n_pair[f];
        const int entries = f == SPOTI_POLYGONS ? 2 * n : n;
        if (json_object_get(state->value, keys[f]) == NULL) {
            continue; /* a file need not say that there is nothing */
        }
        const spoti_json_at list = spoti_json_member_at(r, state, keys[f]);
        const int found = spoti_json_count(r, &list);
        if (found != entries) {
            spoti_json_wrong(r, &list, "%d entries, expected %d for %d polygons and %d circles",
                             found, entries, l->n_polygon, l->n_circle);
        }
        for (int i = 0; i < n && r->status == SPOT_OK; i++) {
            const spoti_json_at at = spoti_json_element(r, &list, i);
            l->saved[f][i] = (spoti_saved_contact){
                .active = spoti_json_bool(r, &at, "active"),
                .normal = spoti_json_float(r, &at, "acc_impulse_normal", 0.0, IMPULSE_MAX),
                .tangent =
                    spoti_json_float(r, &at, "acc_impulse_tangent", -IMPULSE_MAX, IMPULSE_MAX)};
        }
    }
}

/* ---- the whole ---- */

/* One number that can be had one way only: the format has no other. */
static void expect_size(spoti_json_reader *r, const spoti_json_at *sizes, const char *key, int only)
{
    (void)spoti_json_int(r, sizes, key, only, only);
}

static spot_status make_lists(spoti_level *l)
{
    const spot_allocator *a = l->allocator;
    bool made = true;

    l->shapes = spoti_calloc(a, (size_t)l->n_shape, sizeof(*l->shapes));
    l->joints = spoti_calloc(a, (size_t)l->n_joint + 1, sizeof(*l->joints));
    l->thrusters = spoti_calloc(a, (size_t)l->n_thruster + 1, sizeof(*l->thrusters));
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        const int n = spoti_level_n_pair(l->n_polygon, l->n_circle, (spoti_family)f);
        l->n_pair[f] = n;
        l->pairs[f] = spoti_calloc(a, (size_t)n + 1, sizeof(*l->pairs[f]));
        l->saved[f] = spoti_calloc(a, (size_t)n + 1, sizeof(*l->saved[f]));
        made = made && l->pairs[f] != NULL && l->saved[f] != NULL;
    }
    return made && l->shapes != NULL && l->joints != NULL && l->thrusters != NULL ? SPOT_OK
                                                                                  : SPOT_E_NOMEM;
}

static spot_status read_level(spoti_json_reader *r, const json_t *json, spoti_level *l)
{
    const spoti_json_at root = {.value = json};
    const json_t *version = json_object_get(json, "version");
    if (version != NULL &&
        (!json_is_string(version) || strcmp(json_string_value(version), "1.0.0") != 0)) {
        const spoti_json_at at = {.parent = &root, .key = "version", .value = version};
        spoti_json_wrong(r, &at, "unknown, expected \"1.0.0\", or none");
    }
    const spoti_json_at sizes = spoti_json_member_at(r, &root, "static_env_params");
    l->n_polygon =
        spoti_json_int(r, &sizes, "num_polygons", SPOTI_PLANAR_WALLS, SPOTI_PLANAR_COUNT_MAX);
    l->n_circle = spoti_json_int(r, &sizes, "num_circles", 0, SPOTI_PLANAR_COUNT_MAX);
    l->n_joint = spoti_json_int(r, &sizes, "num_joints", 0, SPOTI_PLANAR_COUNT_MAX);
    l->n_thruster = spoti_json_int(r, &sizes, "num_thrusters", 0, SPOTI_PLANAR_COUNT_MAX);
    l->n_shape = l->n_polygon + l->n_circle;
    expect_size(r, &sizes, "max_polygon_vertices", SPOTI_PLANAR_CORNERS);
    expect_size(r, &sizes, "num_static_fixated_polys", SPOTI_PLANAR_WALLS);
    expect_size(r, &sizes, "num_motor_bindings", SPOTI_PLANAR_MOTORS);
    expect_size(r, &sizes, "num_thruster_bindings", SPOTI_PLANAR_THRUSTERS);
    read_params(r, &root, &l->params);
    const spoti_json_at state = spoti_json_member_at(r, &root, "env_state");
    l->gravity = spoti_json_vec(r, &state, "gravity", LENGTH_MAX);
    if (r->status != SPOT_OK) {
        return r->status;
    }
    const spot_status st = make_lists(l);
    if (st != SPOT_OK) {
        return st;
    }
    read_bodies(r, &state, l);
    read_links(r, &state, l);
    read_saved(r, &state, l);
    return r->status;
}

spot_status spoti_level_parse(const char *name, const void *text, size_t size,
                              const spot_allocator *allocator, spoti_level **out, spot_diag *diag)
{
    json_error_t error;
    spoti_json_reader reader = {.file = name, .diag = diag, .status = SPOT_OK};

    *out = NULL;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        return json_error_code(&error) == json_error_out_of_memory
                   ? SPOT_E_NOMEM
                   : spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s, expected a level in JSON", name,
                                   error.line > 0 ? error.line : 1, error.text);
    }
    spoti_level *level = spoti_calloc(allocator, 1, sizeof(*level));
    spot_status st = SPOT_E_NOMEM;
    if (level != NULL) {
        level->allocator = allocator;
        st = read_level(&reader, json, level);
    }
    json_decref(json);
    if (st != SPOT_OK) {
        spoti_level_destroy(level);
        return st;
    }
    spoti_level_derive(level);
    *out = level;
    return SPOT_OK;
}

spot_status spoti_level_load(const char *path, const spot_allocator *allocator, spoti_level **out,
                             spot_diag *diag)
{
    int fd = -1;
    uint64_t size = 0;
    void *text = NULL;

    *out = NULL;
    spot_status st = spoti_file_open_sized(path, "a level in JSON", &fd, &size, diag);
    if (st == SPOT_OK && (size == 0 || size > (uint64_t)SPOTI_PLANAR_FILE_MAX)) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s: %llu bytes, expected a level in JSON, 1 to %d",
                           path, (unsigned long long)size, SPOTI_PLANAR_FILE_MAX);
    }
    if (st == SPOT_OK) {
        text = spoti_alloc(allocator, (size_t)size, 1);
        st =
            text != NULL ? spoti_file_read_at(fd, path, 0, text, (size_t)size, diag) : SPOT_E_NOMEM;
    }
    if (st == SPOT_OK) {
        st = spoti_level_parse(path, text, (size_t)size, allocator, out, diag);
    }
    spoti_free(allocator, text, (size_t)size);
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

void spoti_level_destroy(spoti_level *level)
{
    if (level == NULL) {
        return;
    }
    const spot_allocator *a = level->allocator;
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        const size_t n = (size_t)level->n_pair[f] + 1;
        spoti_free(a, level->pairs[f], n * sizeof(*level->pairs[f]));
        spoti_free(a, level->saved[f], n * sizeof(*level->saved[f]));
    }
    spoti_free(a, level->shapes, (size_t)level->n_shape * sizeof(*level->shapes));
    spoti_free(a, level->joints, ((size_t)level->n_joint + 1) * sizeof(*level->joints));
    spoti_free(a, level->thrusters, ((size_t)level->n_thruster + 1) * sizeof(*level->thrusters));
    spoti_free(a, level, sizeof(*level));
}
