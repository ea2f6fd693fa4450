/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/chain.h"

#include <math.h>
#include <string.h>

#include "lab/sim/mujoco/parts.h"

/* The value of body_sameframe and site_sameframe that means the same frame, in every version. */
enum { SAME_FRAME = 1 };

/*
 * Rotations as MuJoCo's functions compute them, term by term. They are here, and by value, because a tick makes a hundred
 * of them: the compiler keeps them in registers, and they overlap.
 */

typedef struct vec {
    double x, y, z;
} vec;

typedef struct quat {
    double w, x, y, z;
} quat;

static inline vec vec_at(const mjtNum *v)
{
    return (vec){v[0], v[1], v[2]};
}

static inline void put_vec(vec v, mjtNum *out)
{
    out[0] = v.x;
    out[1] = v.y;
    out[2] = v.z;
}

static inline quat quat_at(const mjtNum *q)
{
    return (quat){q[0], q[1], q[2], q[3]};
}

static inline vec add(vec a, vec b)
{
    return (vec){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline vec subtract(vec a, vec b)
{
    return (vec){a.x - b.x, a.y - b.y, a.z - b.z};
}

static inline vec scale(vec v, double by)
{
    return (vec){v.x * by, v.y * by, v.z * by};
}

static inline vec cross(vec a, vec b)
{
    return (vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline vec rotate_by_matrix(const mjtNum m[9], vec v)
{
    return (vec){m[0] * v.x + m[1] * v.y + m[2] * v.z, m[3] * v.x + m[4] * v.y + m[5] * v.z,
                 m[6] * v.x + m[7] * v.y + m[8] * v.z};
}

static inline vec rotate(quat q, vec v)
{
    if (v.x == 0.0 && v.y == 0.0 && v.z == 0.0) {
        return v;
    }
    if (q.w == 1.0 && q.x == 0.0 && q.y == 0.0 && q.z == 0.0) {
        return v;
    }
    const vec t = {q.w * v.x + q.y * v.z - q.z * v.y, q.w * v.y + q.z * v.x - q.x * v.z,
                   q.w * v.z + q.x * v.y - q.y * v.x};
    return (vec){v.x + 2.0 * (q.y * t.z - q.z * t.y), v.y + 2.0 * (q.z * t.x - q.x * t.z),
                 v.z + 2.0 * (q.x * t.y - q.y * t.x)};
}

static inline quat multiply(quat a, quat b)
{
    return (quat){a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
                  a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
                  a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                  a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

static inline quat normalise(quat q)
{
    const double by = 1.0 / sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
    return (quat){q.w * by, q.x * by, q.y * by, q.z * by};
}

static inline void put_matrix(quat q, mjtNum m[9])
{
    const double ww = q.w * q.w;
    const double xx = q.x * q.x;
    const double yy = q.y * q.y;
    const double zz = q.z * q.z;
    m[0] = ww + xx - yy - zz;
    m[1] = 2.0 * (q.x * q.y - q.w * q.z);
    m[2] = 2.0 * (q.x * q.z + q.w * q.y);
    m[3] = 2.0 * (q.x * q.y + q.w * q.z);
    m[4] = ww - xx + yy - zz;
    m[5] = 2.0 * (q.y * q.z - q.w * q.x);
    m[6] = 2.0 * (q.x * q.z - q.w * q.y);
    m[7] = 2.0 * (q.y * q.z + q.w * q.x);
    m[8] = ww - xx - yy + zz;
}

void spoti_chain_find(const mjModel *m, const int *joint, int n, int site, spoti_chain *chain)
{
    const int body = m->site_bodyid[site];
    const int root = m->body_rootid[body];

    *chain = (spoti_chain){.site = site, .n = n, .first = root, .end = root};
    while (chain->end < m->nbody && m->body_rootid[chain->end] == root) {
        chain->end++;
    }
    const double mass = m->body_subtreemass[root];
    chain->per_mass = mass < mjMINVAL ? 0.0 : 1.0 / mass;
    for (int k = 0; k < n; k++) {
        chain->joint[k] = joint[k];
        chain->moves_site[k] = spoti_body_in(m, body, m->jnt_bodyid[joint[k]]);
    }
}

/* Turns or shifts a body, which is at *at and turned by *turned, by one of its joints. */
static inline void apply_joint(const mjModel *m, mjData *kin, int joint, vec *at, quat *turned)
{
    const mjtNum *q = kin->qpos + m->jnt_qposadr[joint];
    const mjtNum moved = *q - m->qpos0[m->jnt_qposadr[joint]];
    const vec pivot = vec_at(m->jnt_pos + 3 * (size_t)joint);
    const vec axis = rotate(*turned, vec_at(m->jnt_axis + 3 * (size_t)joint));
    const vec anchor = add(rotate(*turned, pivot), *at);
    mjtNum turn[4];

    put_vec(anchor, kin->xanchor + 3 * (size_t)joint);
    put_vec(axis, kin->xaxis + 3 * (size_t)joint);
    if (m->jnt_type[joint] == mjJNT_SLIDE) {
        *at = add(*at, scale(axis, moved));
        return;
    }
    if (m->jnt_type[joint] == mjJNT_BALL) {
        mju_copy4(turn, q);
    } else {
        mju_axisAngle2Quat(turn, m->jnt_axis + 3 * (size_t)joint, moved);
    }
    /* about the pivot, not about the body's origin */
    *turned = multiply(*turned, quat_at(turn));
    *at = add(*at, subtract(subtract(anchor, *at), rotate(*turned, pivot)));
}

/* A point that is fixed to a body, in the world. */
static inline vec point_on(const mjData *kin, int body, const mjtNum point[3], bool same)
{
    const vec origin = vec_at(kin->xpos + 3 * (size_t)body);
    return same ? origin
                : add(rotate_by_matrix(kin->xmat + 9 * (size_t)body, vec_at(point)), origin);
}

static void place_body(const mjModel *m, mjData *kin, int body)
{
    const size_t b = (size_t)body;
    const size_t parent = (size_t)m->body_parentid[body];
    vec at = add(vec_at(kin->xpos + 3 * parent),
                 rotate_by_matrix(kin->xmat + 9 * parent, vec_at(m->body_pos + 3 * b)));
    quat turned = multiply(quat_at(kin->xquat + 4 * parent), quat_at(m->body_quat + 4 * b));

    for (int i = 0; i < m->body_jntnum[body]; i++) {
        apply_joint(m, kin, m->body_jntadr[body] + i, &at, &turned);
    }
    turned = normalise(turned);
    put_vec(at, kin->xpos + 3 * b);
    kin->xquat[4 * b] = turned.w;
    put_vec((vec){turned.x, turned.y, turned.z}, kin->xquat + 4 * b + 1);
    put_matrix(turned, kin->xmat + 9 * b);
    put_vec(point_on(kin, body, m->body_ipos + 3 * b, m->body_sameframe[body] == SAME_FRAME),
            kin->xipos + 3 * b);
}

void spoti_chain_place(const spoti_chain *chain, const mjModel *m, mjData *kin)
{
    const size_t site = (size_t)chain->site;
    const int body = m->site_bodyid[site];
    const bool same = m->site_sameframe[site] == SAME_FRAME;

    for (int b = chain->first; b < chain->end; b++) {
        if (m->body_weldid[b] != 0) {
            place_body(m, kin, b);
        }
    }
    put_vec(point_on(kin, body, m->site_pos + 3 * site, same), kin->site_xpos + 3 * site);
    if (same) {
        mju_copy(kin->site_xmat + 9 * site, kin->xmat + 9 * (size_t)body, 9);
    } else {
        put_matrix(
            multiply(quat_at(kin->xquat + 4 * (size_t)body), quat_at(m->site_quat + 4 * site)),
            kin->site_xmat + 9 * site);
    }
}

/* Centre of mass of the tree: MuJoCo's motions refer to it, and so do the last bits of the site's. */
static vec find_centre(const spoti_chain *chain, const mjModel *m, mjData *kin)
{
    mjtNum *sums = kin->subtree_com;
    memset(sums + 3 * (size_t)chain->first, 0,
           3 * (size_t)(chain->end - chain->first) * sizeof(*sums));
    for (int b = chain->end - 1; b >= chain->first; b--) {
        mjtNum *sum = sums + 3 * (size_t)b;
        mjtNum *above = sums + 3 * (size_t)m->body_parentid[b];
        put_vec(add(vec_at(sum), scale(vec_at(kin->xipos + 3 * (size_t)b), m->body_mass[b])), sum);
        if (b > chain->first) {
            put_vec(add(vec_at(above), vec_at(sum)), above);
        }
    }
    return chain->per_mass > 0.0 ? scale(vec_at(sums + 3 * (size_t)chain->first), chain->per_mass)
                                 : vec_at(kin->xipos + 3 * (size_t)chain->first);
}

void spoti_chain_jacobian(const spoti_chain *chain, const mjModel *m, mjData *kin,
                          double columns[SPOTI_ARM_JOINTS_MAX][6])
{
    const vec centre = find_centre(chain, m, kin);
    const vec site = subtract(vec_at(kin->site_xpos + 3 * (size_t)chain->site), centre);

    for (int k = 0; k < chain->n; k++) {
        const vec axis = vec_at(kin->xaxis + 3 * (size_t)chain->joint[k]);
        const vec joint = subtract(centre, vec_at(kin->xanchor + 3 * (size_t)chain->joint[k]));
        const vec moved = add(cross(axis, joint), cross(axis, site));
        const double column[6] = {moved.x, moved.y, moved.z, axis.x, axis.y, axis.z};
        for (int i = 0; i < 6; i++) {
            columns[k][i] = chain->moves_site[k] ? column[i] : 0.0;
        }
    }
}
