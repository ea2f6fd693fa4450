/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A level of a planar world: what a Kinetix level file holds, checked, with what follows from it once.
 *
 * Bodies are numbered polygons first, then circles. Lengths in m, angles in rad, all float32, as the file's users
 * compute. A level is immutable after loading and shared by threads.
 */
#ifndef SPOTI_PLANAR_LEVEL_H
#define SPOTI_PLANAR_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"
#include "spot/status.h"

enum {
    SPOTI_PLANAR_MOTORS = 4,     /* channels of motors, */
    SPOTI_PLANAR_THRUSTERS = 2,  /* ... of thrusters behind them, */
    SPOTI_PLANAR_CHANNELS = 6,   /* ... and of both: an action */
    SPOTI_PLANAR_CORNERS = 4,    /* of a polygon at most */
    SPOTI_PLANAR_WALLS = 4,      /* the first polygons: floor, left wall, right wall, ceiling */
    SPOTI_PLANAR_COUNT_MAX = 64, /* polygons, circles, joints, thrusters, each */
    SPOTI_PLANAR_FRAME_SKIP_MAX = 64,
    SPOTI_PLANAR_BATCH_MAX = 64,      /* contacts that are solved at once */
    SPOTI_PLANAR_STEPS = 256,         /* control steps of an episode, whatever the file says */
    SPOTI_PLANAR_FILE_MAX = 16 << 20, /* bytes of a level file */
};

typedef struct spoti_vec {
    float x, y;
} spoti_vec;

/* What a body does to another that it touches: product 2 of two roles is success, 3 failure. */
typedef enum spoti_role {
    SPOTI_ROLE_NONE = 0,
    SPOTI_ROLE_GREEN = 1,
    SPOTI_ROLE_BLUE = 2,
    SPOTI_ROLE_RED = 3,
} spoti_role;

typedef struct spoti_shape {
    spoti_vec position, velocity;
    float rotation, angular_velocity;
    float inverse_mass,
        inverse_inertia; /* 0 = fixed; not derived from the density, which is for the eyes only */
    float friction, restitution, density;
    float radius;       /* of a circle */
    int n_corners;      /* 3 or 4 of a polygon, 0 of a circle */
    int collision_mode; /* 0 meets 2 only, 1 meets 1 and 2, 2 meets all */
    spoti_role role;
    bool active;
    bool highlighted;
    spoti_vec corner[SPOTI_PLANAR_CORNERS]; /* (n_corners) clockwise, in the body's frame */
    spoti_vec normal[SPOTI_PLANAR_CORNERS]; /* (n_corners) outward, of the edge from corner i on */
} spoti_shape;

typedef struct spoti_joint {
    int a, b;             /* bodies */
    spoti_vec at_a, at_b; /* in the bodies' frames */
    float rest;           /* of rotation b - a */
    float low, high;      /* limits of (rotation b - a) - rest, where `limited` */
    float speed, power;
    spoti_vec impulse; /* accumulated when the file was saved */
    float turn_impulse;
    int channel; /* of its motor, as the file says; see spoti_level_channel */
    bool active, fixed, limited, motor;
} spoti_joint;

typedef struct spoti_thruster {
    int body;
    spoti_vec at; /* in the body's frame */
    float rotation, power;
    int channel;
    bool active;
} spoti_thruster;

/* Families of pairs, in the order in which contacts are solved. */
typedef enum spoti_family {
    SPOTI_POLYGONS = 0, /* two polygons: two points of contact a pair */
    SPOTI_CIRCLE_POLYGON = 1,
    SPOTI_CIRCLES = 2,
    SPOTI_FAMILIES = 3,
} spoti_family;

/* A pair's place in its list is its identity, for dealing and for warm starts. */
typedef struct spoti_pair {
    int a, b;
    bool meets;  /* contact between them is looked for: both are active, and their modes allow it */
    bool pushes; /* ... and has impulses: not joined to each other, not both immovable */
    int event;   /* of touching: +1 success, -1 failure, 0 nothing */
    float friction;    /* sqrt((base f_a)^2 + (base f_b)^2) */
    float restitution; /* the smaller one */
} spoti_pair;

/* What a contact had accumulated when the file was saved. */
typedef struct spoti_saved_contact {
    bool active;
    float normal, tangent;
} spoti_saved_contact;

/* env_params and static_env_params of the file. */
typedef struct spoti_level_params {
    float dt, slop;
    float joint_velocity, joint_position, fixed_angle, limit_angle, collision; /* Baumgarte */
    float stiffness;
    float clip_position, clip_velocity, clip_angular;
    float motor_speed, motor_power, thruster_power, motor_decay, motor_limit;
    float friction;
    int iterations, batch, frame_skip;
    bool warm_start;
} spoti_level_params;

typedef struct spoti_level {
    const spot_allocator *allocator;
    int n_polygon, n_circle, n_shape, n_joint, n_thruster;
    spoti_vec gravity;
    spoti_level_params params;
    spoti_shape *shapes;       /* (n_shape) */
    spoti_joint *joints;       /* (n_joint) */
    spoti_thruster *thrusters; /* (n_thruster) */
    int n_pair[SPOTI_FAMILIES];
    spoti_pair *pairs[SPOTI_FAMILIES];          /* (n_pair) */
    spoti_saved_contact *saved[SPOTI_FAMILIES]; /* (n_pair) of both points */
} spoti_level;

/* Loads a level file. Ownership: on success the caller destroys *out. `allocator` is borrowed until then.
 * Returns SPOT_OK, E_IO, E_FORMAT (diag: `FILE: place.in.the.file: what, expected`), E_NOMEM. */
spot_status spoti_level_load(const char *path, const spot_allocator *allocator, spoti_level **out,
                             spot_diag *diag);

/* The same for `size` bytes of text that messages call `name`. */
spot_status spoti_level_parse(const char *name, const void *text, size_t size,
                              const spot_allocator *allocator, spoti_level **out, spot_diag *diag);

void spoti_level_destroy(spoti_level *level);

/* level_rules.c: what follows from what was read: normals, pairs, who pushes whom. */
void spoti_level_derive(spoti_level *level);

/* The smallest number of the bodies that `body` is connected with by active joints; -1: one of them is fixed. */
int spoti_level_group(const spoti_level *level, int body);

/* Pairs of a family of a level with these counts. */
int spoti_level_n_pair(int n_polygon, int n_circle, spoti_family family);

/* The channel that binding `channel` of `n` reads: the last one if there is none of that number. */
static inline int spoti_level_channel(int channel, int n)
{
    return channel >= 0 && channel < n ? channel : n - 1;
}

#endif
