/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The planar world as physics: bodies, contacts, joints, and a step of 1/60 s.
 *
 * Steps as Jax2D 1.0.1 does, in float32 and without contraction, from the rules in docs/kinetix.md: gravity, contact
 * manifolds, motors, thrusters, warm start, iterations of joints and contacts, Euler, clip. Sines, exponentials and
 * roots are the same on every CPU (core/base/elementary.h), so a level and its actions give the same bytes everywhere.
 *
 * One block of memory; stepping allocates nothing. The part that a state consists of lies together, so states are
 * copied as bytes.
 */
#ifndef SPOTI_PLANAR_SIM_H
#define SPOTI_PLANAR_SIM_H

#include <stdint.h>

#include "lab/sim/planar/level.h"

typedef struct spoti_body {
    spoti_vec at, velocity;
    float w;            /* angular velocity, rad/s */
    float rotation;     /* rad, never wrapped */
    float cosine, sine; /* of it; constant within a step */
    float inverse_mass, inverse_inertia;
} spoti_body;

/* A point of contact. Inactive: all zeros. */
typedef struct spoti_contact {
    bool active;
    spoti_vec normal; /* from a to b */
    spoti_vec point;  /* in the world */
    float depth;      /* m */
    float bounce;     /* restitution target, m/s */
    float push, drag; /* accumulated impulses along the normal and the tangent, N s */
} spoti_contact;

/* What a joint has accumulated. */
typedef struct spoti_pull {
    spoti_vec impulse;
    float turn;
} spoti_pull;

/* A contact that pushes, as a step's solver sees it. */
typedef struct spoti_touch {
    spoti_contact *contact;
    spoti_body *a, *b;
    float bias; /* m/s */
    float friction;
} spoti_touch;

/* The pushing contacts of a list in the order of solving. */
typedef struct spoti_deal {
    int n_batch;
    int *first;           /* (n_batch + 1) touches of batch i: first[i] .. first[i + 1] - 1 */
    bool *pads;           /* (n_batch) batch i ends in a padding lane */
    spoti_touch *touches; /* (n) */
    spoti_contact *last;  /* of the list's last pair: what padding lanes write to; NULL = none */
} spoti_deal;

enum { SPOTI_DEALS = 4 /* polygons' first points, their second points, circle-polygon, circles */ };

/* A joint that acts, as a step's solver sees it. */
typedef struct spoti_hinge {
    const spoti_joint *joint;
    spoti_body *a, *b;
    spoti_pull *pull;
    /* of the level */
    float share_a, share_b; /* of the joint's two places in where it is taken to be */
    float masses;           /* 1/m_a + 1/m_b, or 1 */
    float move_a, move_b;   /* of the distance, how much each body is moved */
    float turns;            /* 1 / (1/I_a + 1/I_b), or 1 */
    /* of this step, in which nothing turns */
    spoti_vec ra, rb; /* from the bodies' centres to the joint */
    float angle;      /* rotation of b - rotation of a - rest */
    float excess;     /* of it over the limits */
} spoti_hinge;

typedef struct spoti_box {
    float left, right, low, high;
} spoti_box;

/* What the actuators are told, bound and clipped. */
typedef struct spoti_drive {
    float motor[SPOTI_PLANAR_COUNT_MAX];    /* (n_joint) -1..1 */
    float thruster[SPOTI_PLANAR_COUNT_MAX]; /* (n_thruster) 0..1 */
} spoti_drive;

typedef struct spoti_sim {
    const spoti_level *level;
    size_t size; /* of the block, this struct included */
    /* the state */
    uint8_t *state;     /* where it begins */
    size_t state_size;  /* bytes */
    spoti_body *bodies; /* (n_shape) */
    spoti_pull *pulls;  /* (n_joint) */
    spoti_contact
        *contacts[SPOTI_FAMILIES]; /* (n_pair), of polygons (2 n_pair): both points of a pair */
    /* computed anew in every step */
    spoti_vec (*corners)[SPOTI_PLANAR_CORNERS]; /* (n_polygon) in the world */
    spoti_box *boxes;                           /* (n_shape) around the shapes */
    int *touching;                              /* (pairs of the largest list) */
    spoti_deal deals[SPOTI_DEALS];
    int n_hinge;
    spoti_hinge *hinges; /* (n_joint) those that act */
    int event; /* of the last step: +1 green touched blue, -1 green touched red, 0 nothing */
} spoti_sim;

/* Makes the physics of a level, which is borrowed. NULL: memory is short. */
spoti_sim *spoti_sim_create(const spoti_level *level);
void spoti_sim_destroy(spoti_sim *sim);

/* Everything as the level says. */
void spoti_sim_reset(spoti_sim *sim);

/* The state of another simulation of the same level. */
void spoti_sim_copy(spoti_sim *to, const spoti_sim *from);

/* drive.c: binds and clips raw channels. */
void spoti_sim_bind(const spoti_level *level, const float channels[SPOTI_PLANAR_CHANNELS],
                    spoti_drive *drive);

/* step.c: one physics step under `drive`. */
void spoti_sim_step(spoti_sim *sim, const spoti_drive *drive);

/* Whether a number of the state is none. */
bool spoti_sim_broken(const spoti_sim *sim);

/* The sum over all green-blue pairs of the distances of their centres, m. */
float spoti_sim_distance(const spoti_sim *sim);

/* ---- parts of a step ---- */

/* manifold.c: contacts of all pairs, and who is solved when. */
void spoti_sim_find_contacts(spoti_sim *sim);

/* manifold_polygons.c, manifold_circles.c: contacts of one pair. Where they do not touch nothing is written. */
bool spoti_manifold_polygons(const spoti_sim *sim, int a, int b, spoti_contact points[2]);
bool spoti_manifold_circle_polygon(const spoti_sim *sim, int circle, int polygon,
                                   spoti_contact *point);
bool spoti_manifold_circles(const spoti_sim *sim, int a, int b, spoti_contact *point);

/* drive.c */
void spoti_sim_motors(spoti_sim *sim, const spoti_drive *drive);
void spoti_sim_thrusters(spoti_sim *sim, const spoti_drive *drive);

/* contact.c: impulses of the last step again; one pass over the batches of a list. */
void spoti_contact_warm_start(spoti_deal *deal);
void spoti_contact_solve(spoti_deal *deal);

/* joint.c: what a level says of a hinge; arms and angles of this step; impulses of the last step again; one pass over all joints. */
void spoti_joint_weigh(const spoti_level_params *params, spoti_hinge *hinge);
void spoti_joint_prepare(spoti_sim *sim);
void spoti_joint_warm_start(spoti_sim *sim);
void spoti_joint_solve(spoti_sim *sim);

#endif
