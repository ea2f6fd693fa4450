/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Contact of a circle with a polygon, and of two circles.
 *
 * The circle's centre in the polygon's frame; closest is the nearest point on any of its edges, the first where two are
 * as near. Inside, the depth is the whole radius. Normals run from the circle to the other.
 *
 * Source: Jax2D 1.0.1, `collision.py`, by its rules (docs/kinetix.md).
 */
#include "lab/sim/planar/vec.h"

/* The nearest point to p on the edge from u to v. */
static spoti_vec nearest_on(spoti_vec u, spoti_vec v, spoti_vec p)
{
    const spoti_vec d = vec_sub(v, u);
    const float length = vec_length(d);
    const spoti_vec unit = {d.x / nonzero(length), d.y / nonzero(length)};
    const float along = clip(vec_dot(vec_sub(p, u), unit), 0.0f, length);
    return vec_add(u, vec_scale(along, unit));
}

bool spoti_manifold_circle_polygon(const spoti_sim *sim, int circle, int polygon,
                                   spoti_contact *point)
{
    const spoti_shape *shape = &sim->level->shapes[polygon];
    const spoti_body *body = &sim->bodies[polygon];
    const float radius = sim->level->shapes[circle].radius;
    const spoti_vec centre = body_from_world(body, sim->bodies[circle].at);
    spoti_vec closest = {0.0f, 0.0f};
    float distance = INFINITY;
    bool inside = true;

    for (int i = 0; i < shape->n_corners; i++) {
        const spoti_vec u = shape->corner[i];
        const spoti_vec v = shape->corner[i + 1 < shape->n_corners ? i + 1 : 0];
        const spoti_vec near = nearest_on(u, v, centre);
        const float d = vec_length(vec_sub(centre, near));
        inside = inside && vec_cross(vec_sub(v, u), vec_sub(centre, u)) < 0.0f;
        if (d < distance) {
            distance = d;
            closest = near;
        }
    }
    if (!(distance <= radius) && !inside) {
        return false;
    }
    const spoti_vec w = body_turn(body, vec_sub(centre, closest));
    const float by = (inside ? 1.0f : -1.0f) * nonzero(vec_length(w));
    point->active = true;
    point->normal = (spoti_vec){w.x / by, w.y / by};
    point->point = body_to_world(body, closest);
    point->depth = inside ? radius : radius - distance;
    return true;
}

bool spoti_manifold_circles(const spoti_sim *sim, int a, int b, spoti_contact *point)
{
    const float ra = sim->level->shapes[a].radius;
    const float rb = sim->level->shapes[b].radius;
    const spoti_vec d = vec_sub(sim->bodies[b].at, sim->bodies[a].at);
    const float distance = vec_length(d);

    if (!(distance < ra + rb)) {
        return false;
    }
    const float by = nonzero(distance);
    point->active = true;
    point->normal = (spoti_vec){d.x / by, d.y / by};
    point->point = vec_add(sim->bodies[a].at, vec_scale(ra, point->normal));
    point->depth = ra + rb - distance;
    return true;
}
