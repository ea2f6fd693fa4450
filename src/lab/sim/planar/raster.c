/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Every shape is a distance: of a pixel's centre from its border, in pixels, negative inside. A pixel is covered by
 * 1/2 - distance, between 0 and 1, which smooths borders well enough for pictures that people look at.
 */
#include "lab/sim/planar/raster.h"

#include <math.h>

enum { POINTS_MAX = 4 };

static const spoti_colour BLACK = {0, 0, 0};

/* A shape in pixels: a convex polygon grown by `radius`; a point grown is a circle. */
typedef struct shape {
    spoti_vec point[POINTS_MAX];
    int n;
    float radius;
} shape;

static spoti_vec to_pixels(const spoti_raster *r, spoti_vec p)
{
    return (spoti_vec){p.x * r->scale - r->left, (float)r->height - (p.y * r->scale - r->bottom)};
}

static float to_segment(spoti_vec p, spoti_vec a, spoti_vec b)
{
    const float dx = b.x - a.x;
    const float dy = b.y - a.y;
    const float square = dx * dx + dy * dy;
    float t = square > 0.0f ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / square : 0.0f;
    t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
    return hypotf(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/* Of p from the border; negative inside. */
static float distance(const shape *s, spoti_vec p)
{
    float nearest = INFINITY;
    bool inside = s->n > 2;

    for (int i = 0; i < s->n; i++) {
        const spoti_vec a = s->point[i];
        const spoti_vec b = s->point[i + 1 < s->n ? i + 1 : 0];
        const float d = to_segment(p, a, b);
        nearest = d < nearest ? d : nearest;
        /* rows run down, so what is clockwise in the world turns the other way here */
        inside = inside && (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) >= 0.0f;
    }
    return (inside ? -nearest : nearest) - s->radius;
}

static void blend(uint8_t *pixel, spoti_colour c, float share)
{
    const uint8_t to[3] = {c.r, c.g, c.b};
    for (int i = 0; i < 3; i++) {
        pixel[i] = (uint8_t)((float)pixel[i] + share * ((float)to[i] - (float)pixel[i]) + 0.5f);
    }
}

static float covered(float d)
{
    const float share = 0.5f - d;
    return share < 0.0f ? 0.0f : share > 1.0f ? 1.0f : share;
}

static int bounded(float x, int most)
{
    return !(x > 0.0f) ? 0 : x > (float)most ? most : (int)x;
}

static void fill(const spoti_raster *r, const shape *s, float edge, spoti_colour colour)
{
    float low[2] = {INFINITY, INFINITY};
    float high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < s->n; i++) {
        low[0] = fminf(low[0], s->point[i].x - s->radius - 1.0f);
        low[1] = fminf(low[1], s->point[i].y - s->radius - 1.0f);
        high[0] = fmaxf(high[0], s->point[i].x + s->radius + 2.0f);
        high[1] = fmaxf(high[1], s->point[i].y + s->radius + 2.0f);
    }
    for (int y = bounded(low[1], r->height); y < bounded(high[1], r->height); y++) {
        for (int x = bounded(low[0], r->width); x < bounded(high[0], r->width); x++) {
            const float d = distance(s, (spoti_vec){(float)x + 0.5f, (float)y + 0.5f});
            uint8_t *pixel = r->rgb + ((size_t)y * (size_t)r->width + (size_t)x) * 3;
            blend(pixel, edge > 0.0f ? BLACK : colour, covered(d));
            if (edge > 0.0f) {
                blend(pixel, colour, covered(d + edge));
            }
        }
    }
}

void spoti_raster_clear(const spoti_raster *r, spoti_colour colour)
{
    for (size_t i = 0; i < (size_t)r->width * (size_t)r->height; i++) {
        r->rgb[3 * i] = colour.r;
        r->rgb[3 * i + 1] = colour.g;
        r->rgb[3 * i + 2] = colour.b;
    }
}

void spoti_raster_polygon(const spoti_raster *r, const spoti_vec *corners, int n, float edge,
                          spoti_colour colour)
{
    shape s = {.n = n < POINTS_MAX ? n : POINTS_MAX};
    for (int i = 0; i < s.n; i++) {
        s.point[i] = to_pixels(r, corners[i]);
    }
    fill(r, &s, edge, colour);
}

void spoti_raster_circle(const spoti_raster *r, spoti_vec centre, float radius, float edge,
                         spoti_colour colour)
{
    const shape s = {.point = {to_pixels(r, centre)}, .n = 1, .radius = radius * r->scale};
    fill(r, &s, edge, colour);
}

void spoti_raster_line(const spoti_raster *r, spoti_vec from, spoti_vec to, float width,
                       spoti_colour colour)
{
    const shape s = {
        .point = {to_pixels(r, from), to_pixels(r, to)}, .n = 2, .radius = 0.5f * width};
    fill(r, &s, 0.0f, colour);
}
