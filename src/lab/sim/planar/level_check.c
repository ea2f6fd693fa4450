/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the numbers of a level file must make: shapes with an area, joints that join something. */
#include "lab/sim/planar/level_check.h"

static const float AREA_MIN = 1e-6f;   /* m^2: a square of a millimetre */
static const float RADIUS_MIN = 1e-3f; /* m */
static const float BENT_MIN =
    1e-6f; /* m^2: corners in a line are one edge in two parts, which does no harm */

/* Twice the signed area of the triangle at corner i: negative where the outline turns clockwise. */
static float turn_at(const spoti_shape *p, int i)
{
    const spoti_vec u = p->corner[i];
    const spoti_vec v = p->corner[(i + 1) % p->n_corners];
    const spoti_vec w = p->corner[(i + 2) % p->n_corners];
    return (v.x - u.x) * (w.y - v.y) - (v.y - u.y) * (w.x - v.x);
}

static float signed_area(const spoti_shape *p)
{
    float sum = 0.0f;
    for (int i = 0; i < p->n_corners; i++) {
        const spoti_vec u = p->corner[i];
        const spoti_vec v = p->corner[(i + 1) % p->n_corners];
        sum += u.x * v.y - u.y * v.x;
    }
    return 0.5f * sum;
}

void spoti_level_check_polygon(spoti_json_reader *reader, const spoti_json_at *at,
                               const spoti_shape *polygon)
{
    if (reader->status != SPOT_OK || !polygon->active) {
        return;
    }
    if (polygon->n_corners != 3 && polygon->n_corners != SPOTI_PLANAR_CORNERS) {
        spoti_json_wrong(reader, at, "n_vertices is %d, expected 3 or 4", polygon->n_corners);
        return;
    }
    const float area = signed_area(polygon);
    if (area > AREA_MIN) {
        spoti_json_wrong(reader, at, "vertices run counter-clockwise, expected clockwise");
    } else if (area > -AREA_MIN) {
        spoti_json_wrong(reader, at, "vertices without an area, expected at least %g m^2",
                         (double)AREA_MIN);
    }
    for (int i = 0; i < polygon->n_corners; i++) {
        const spoti_vec u = polygon->corner[i];
        const spoti_vec v = polygon->corner[(i + 1) % polygon->n_corners];
        if (u.x == v.x && u.y == v.y) {
            spoti_json_wrong(reader, at, "vertices %d and %d are the same point", i,
                             (i + 1) % polygon->n_corners);
        } else if (turn_at(polygon, i) > BENT_MIN) {
            spoti_json_wrong(reader, at, "vertices are not convex at vertex %d",
                             (i + 1) % polygon->n_corners);
        }
    }
}

void spoti_level_check_circle(spoti_json_reader *reader, const spoti_json_at *at,
                              const spoti_shape *circle)
{
    if (circle->active && circle->radius < RADIUS_MIN) {
        spoti_json_wrong(reader, at, "radius is %g m, expected %g or more", (double)circle->radius,
                         (double)RADIUS_MIN);
    }
}

void spoti_level_check_joint(spoti_json_reader *reader, const spoti_json_at *at,
                             const spoti_level *level, const spoti_joint *joint)
{
    if (reader->status != SPOT_OK || !joint->active) {
        return;
    }
    if (joint->a == joint->b) {
        spoti_json_wrong(reader, at, "joins body %d to itself", joint->a);
    } else if (!level->shapes[joint->a].active || !level->shapes[joint->b].active) {
        spoti_json_wrong(reader, at, "joins bodies %d and %d, of which %d is not active", joint->a,
                         joint->b, level->shapes[joint->a].active ? joint->b : joint->a);
    }
}

void spoti_level_check_thruster(spoti_json_reader *reader, const spoti_json_at *at,
                                const spoti_level *level, const spoti_thruster *thruster)
{
    if (reader->status == SPOT_OK && thruster->active && !level->shapes[thruster->body].active) {
        spoti_json_wrong(reader, at, "object_index is %d, a body that is not active",
                         thruster->body);
    }
}
