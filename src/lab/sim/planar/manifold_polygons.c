/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Contact of two polygons.
 *
 * Each polygon in turn owns the axes, which are its edges' outward normals: the other's corners are brought into its
 * frame, and separation = min over the other's projections - max over its own. The edge of largest separation is the
 * reference edge; the incident edge is the other's two corners that lie deepest along it. The polygons touch where the
 * larger of the two separations is negative.
 *
 * The two points: in the frame in which the reference edge runs from (0, 0) to (0, length) and x > 0 is inside, the
 * incident corners are clamped along the edge, not clipped. Both points have the depth of the pair.
 *
 * Source: Jax2D 1.0.1, `collision.py`, by its rules (docs/kinetix.md).
 */
#include <string.h>

#include "lab/sim/planar/vec.h"

static const float REFERENCE_BIAS =
    0.01f; /* m: the first polygon is the reference unless the other is better by this */

static const float PI = 3.14159265f;

/* The best axis of one polygon against another. */
typedef struct axis {
    float separation;
    int edge;        /* of the owner */
    int incident[2]; /* corners of the other: the deepest, the second deepest */
} axis;

static float own_reach(const spoti_shape *owner, spoti_vec normal)
{
    float most = vec_dot(owner->corner[0], normal);
    for (int i = 1; i < owner->n_corners; i++) {
        const float x = vec_dot(owner->corner[i], normal);
        most = x > most ? x : most;
    }
    return most;
}

/* The two smallest of x (n), ties by index. */
static void two_smallest(const float *x, int n, int out[2])
{
    out[0] = 0;
    out[1] = -1;
    for (int i = 1; i < n; i++) {
        if (x[i] < x[out[0]]) {
            out[1] = out[0];
            out[0] = i;
        } else if (out[1] < 0 || x[i] < x[out[1]]) {
            out[1] = i;
        }
    }
}

static axis best_axis(const spoti_sim *sim, int owner, int other)
{
    const spoti_shape *own = &sim->level->shapes[owner];
    const int n = sim->level->shapes[other].n_corners;
    spoti_vec corner[SPOTI_PLANAR_CORNERS];
    axis best = {.separation = -INFINITY};

    for (int i = 0; i < n; i++) {
        corner[i] = body_from_world(&sim->bodies[owner], sim->corners[other][i]);
    }
    for (int e = 0; e < own->n_corners; e++) {
        float along[SPOTI_PLANAR_CORNERS];
        float least = INFINITY;
        for (int i = 0; i < n; i++) {
            along[i] = vec_dot(corner[i], own->normal[e]);
            least = along[i] < least ? along[i] : least;
        }
        const float separation = least - own_reach(own, own->normal[e]);
        if (separation > best.separation) {
            best.separation = separation;
            best.edge = e;
            two_smallest(along, n, best.incident);
        }
    }
    return best;
}

/* The reference edge's frame: its origin, and the cosine and sine of the turn into it. */
typedef struct frame {
    spoti_vec origin;
    float cosine, sine, length;
} frame;

static frame edge_frame(const spoti_vec *corners, int n, int edge)
{
    const spoti_vec from = corners[edge];
    const spoti_vec d = vec_sub(from, corners[edge + 1 < n ? edge + 1 : 0]);
    /* The angle is rounded to float32 before its cosine is taken: on level ground that decides which of two corners that
     * lie equally deep comes first. */
    const float angle = PI + (float)spoti_atan2((double)d.x, (double)d.y);
    const spoti_vec direction = direction_of(angle);
    return (frame){
        .origin = from, .cosine = direction.x, .sine = direction.y, .length = vec_length(d)};
}

static spoti_vec into(const frame *f, spoti_vec p)
{
    const spoti_vec u = vec_sub(p, f->origin);
    return (spoti_vec){f->cosine * u.x - f->sine * u.y, f->sine * u.x + f->cosine * u.y};
}

static spoti_vec out_of(const frame *f, spoti_vec u)
{
    return vec_add((spoti_vec){f->cosine * u.x + f->sine * u.y, f->cosine * u.y - f->sine * u.x},
                   f->origin);
}

bool spoti_manifold_polygons(const spoti_sim *sim, int a, int b, spoti_contact points[2])
{
    const axis of_a = best_axis(sim, a, b);
    if (!(of_a.separation < 0.0f)) {
        return false;
    }
    const axis of_b = best_axis(sim, b, a);
    if (!(of_b.separation < 0.0f)) {
        return false;
    }
    const bool swap = of_a.separation + REFERENCE_BIAS < of_b.separation;
    const axis *use = swap ? &of_b : &of_a;
    const int reference = swap ? b : a;
    const int incident = swap ? a : b;
    const frame f =
        edge_frame(sim->corners[reference], sim->level->shapes[reference].n_corners, use->edge);
    const spoti_vec i0 = into(&f, sim->corners[incident][use->incident[0]]);
    const spoti_vec i1 = into(&f, sim->corners[incident][use->incident[1]]);
    const bool second_first = i1.x > i0.x; /* the deeper one comes first */
    const spoti_vec p[2] = {second_first ? i1 : i0, second_first ? i0 : i1};
    const spoti_vec n =
        body_turn(&sim->bodies[reference], sim->level->shapes[reference].normal[use->edge]);
    const float depth = -(of_a.separation > of_b.separation ? of_a.separation : of_b.separation);

    for (int i = 0; i < 2; i++) {
        const spoti_vec clamped = {p[i].x, clip(p[i].y, 0.0f, f.length)};
        points[i].active = i == 0 || (p[0].x > 0.0f && p[1].x > 0.0f);
        points[i].normal = swap ? (spoti_vec){-n.x, -n.y} : n;
        points[i].point = out_of(&f, clamped);
        points[i].depth = depth;
    }
    return true;
}
