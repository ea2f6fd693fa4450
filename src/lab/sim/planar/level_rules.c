/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What follows from a level as it was read: edge normals, the fixed lists of pairs, who meets and who pushes whom.
 *
 * The file's own collision matrix is not read: two bodies never push each other if they are connected by active
 * joints, over any number of others, the fixed ones included.
 */
#include <math.h>
#include <string.h>

#include "lab/sim/planar/level.h"

enum { EVERYTHING = 2 /* collision mode that meets all */, SUCCESS = 2, FAILURE = 3 };

int spoti_level_n_pair(int n_polygon, int n_circle, spoti_family family)
{
    switch (family) {
    case SPOTI_POLYGONS:
        return n_polygon * (n_polygon - 1) / 2 - SPOTI_PLANAR_WALLS * (SPOTI_PLANAR_WALLS - 1) / 2;
    case SPOTI_CIRCLE_POLYGON:
        return n_circle * n_polygon;
    default:
        return n_circle * (n_circle - 1) / 2;
    }
}

/* Outward: the direction of a clockwise edge turned left, by pi/2 as float32 holds it: its cosine is not quite 0, and
 * where two corners of a box lie equally deep on level ground, that decides which comes first. */
static const float COS_RIGHT_ANGLE = -4.37113883e-8f;

static void set_normals(spoti_shape *s)
{
    for (int i = 0; i < s->n_corners; i++) {
        const spoti_vec u = s->corner[i];
        const spoti_vec v = s->corner[(i + 1) % s->n_corners];
        const float x = v.x - u.x;
        const float y = v.y - u.y;
        const float length = sqrtf(x * x + y * y);
        const float by = length != 0.0f ? length : 1.0f; /* of what is not active */
        s->normal[i] = (spoti_vec){(COS_RIGHT_ANGLE * x - y) / by, (x + COS_RIGHT_ANGLE * y) / by};
    }
}

/* group[i]: the smallest body that i is connected with. Relabelling until nothing changes; there are few. */
static void set_groups(const spoti_level *l, int group[2 * SPOTI_PLANAR_COUNT_MAX])
{
    for (int i = 0; i < l->n_shape; i++) {
        group[i] = i;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int j = 0; j < l->n_joint; j++) {
            const spoti_joint *joint = &l->joints[j];
            if (joint->active && group[joint->a] != group[joint->b]) {
                const int low =
                    group[joint->a] < group[joint->b] ? group[joint->a] : group[joint->b];
                group[joint->a] = low;
                group[joint->b] = low;
                changed = true;
            }
        }
    }
}

int spoti_level_group(const spoti_level *level, int body)
{
    int group[2 * SPOTI_PLANAR_COUNT_MAX];

    set_groups(level, group);
    for (int i = 0; i < level->n_shape; i++) {
        if (group[i] == group[body] && level->shapes[i].inverse_mass == 0.0f) {
            return -1;
        }
    }
    return group[body];
}

static spoti_pair make_pair(const spoti_level *l, const int *group, int a, int b)
{
    const spoti_shape *p = &l->shapes[a];
    const spoti_shape *q = &l->shapes[b];
    const float fp = l->params.friction * p->friction;
    const float fq = l->params.friction * q->friction;
    const bool modes = p->collision_mode == EVERYTHING || q->collision_mode == EVERYTHING ||
                       p->collision_mode * q->collision_mode > 0;
    const int product = (int)p->role * (int)q->role;
    spoti_pair pair = {
        .a = a,
        .b = b,
        .meets = p->active && q->active && modes,
        .event = product == FAILURE   ? -1
                 : product == SUCCESS ? 1
                                      : 0,
        .friction = sqrtf(fp * fp + fq * fq),
        .restitution = p->restitution < q->restitution ? p->restitution : q->restitution,
    };
    pair.pushes =
        pair.meets && group[a] != group[b] && (p->inverse_mass != 0.0f || q->inverse_mass != 0.0f);
    return pair;
}

static void set_pairs(spoti_level *l)
{
    int group[2 * SPOTI_PLANAR_COUNT_MAX] = {0};
    const int p = l->n_polygon;
    int n = 0;

    set_groups(l, group);
    for (int a = 0; a < p; a++) {
        for (int b = a + 1; b < p; b++) {
            if (b >= SPOTI_PLANAR_WALLS) { /* walls never meet walls */
                l->pairs[SPOTI_POLYGONS][n++] = make_pair(l, group, a, b);
            }
        }
    }
    n = 0;
    for (int c = 0; c < l->n_circle; c++) {
        for (int b = 0; b < p; b++) {
            l->pairs[SPOTI_CIRCLE_POLYGON][n++] = make_pair(l, group, p + c, b);
        }
    }
    n = 0;
    for (int a = 0; a < l->n_circle; a++) {
        for (int b = a + 1; b < l->n_circle; b++) {
            l->pairs[SPOTI_CIRCLES][n++] = make_pair(l, group, p + a, p + b);
        }
    }
}

void spoti_level_derive(spoti_level *level)
{
    for (int i = 0; i < level->n_shape; i++) {
        set_normals(&level->shapes[i]);
    }
    set_pairs(level);
}
