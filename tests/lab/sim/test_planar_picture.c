/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of planar worlds: shapes against how much of each pixel lies in them, counted point by point, and what stands
 * where in a drawn level. */
#include <math.h>

#include "lab/sim/planar/raster.h"
#include "lab/sim/planar/world.h"
#include "lab/sim/planar_level.h"
#include "spot/render.h"

enum { SIDE = 48, GUARD = 64, POINTS = 8 };

static const spoti_colour WHITE = {255, 255, 255};
static const spoti_colour INK = {0, 0, 255};
static const double NEARLY =
    0.2; /* of a pixel: distances stand for areas, worst at sharp corners */

/* ---- shapes ---- */

/* A page of SIDE x SIDE with bytes around it that nobody may touch; the world's (1, 2) is its lower left corner. */
typedef struct page {
    uint8_t bytes[GUARD + SIDE * SIDE * 3 + GUARD];
    spoti_raster raster;
} page;

static void open_page(page *p)
{
    memset(p->bytes, 0x5a, sizeof(p->bytes));
    p->raster = (spoti_raster){.rgb = p->bytes + GUARD,
                               .width = SIDE,
                               .height = SIDE,
                               .scale = 10.0f,
                               .left = 10.0f,
                               .bottom = 20.0f};
    spoti_raster_clear(&p->raster, WHITE);
}

static void close_page(const page *p)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(p->bytes[i], 0x5a);
        assert_int_equal(p->bytes[sizeof(p->bytes) - 1 - i], 0x5a);
    }
}

/* The world's point under (column, row), counted from the upper left corner. */
static spoti_vec place(double column, double row)
{
    return (spoti_vec){(float)(1.0 + column / 10.0), (float)(2.0 + (SIDE - row) / 10.0)};
}

typedef bool (*shape_fn)(const void *shape, spoti_vec p);

/* Share of a pixel that lies in the shape, point by point. */
static double share_of(shape_fn has, const void *shape, int column, int row)
{
    int n = 0;
    for (int i = 0; i < POINTS * POINTS; i++) {
        n += has(shape,
                 place(column + (i % POINTS + 0.5) / POINTS, row + (i / POINTS + 0.5) / POINTS));
    }
    return (double)n / (POINTS * POINTS);
}

/* Every pixel is as blue as its share; all of them together are within a hundredth of the whole. */
static void check_page(const page *p, shape_fn has, const void *shape)
{
    double sum = 0.0;
    double wanted = 0.0;
    for (int row = 0; row < SIDE; row++) {
        for (int column = 0; column < SIDE; column++) {
            const uint8_t *pixel = p->raster.rgb + 3 * (row * SIDE + column);
            const double share = share_of(has, shape, column, row);
            const double is = 1.0 - pixel[0] / 255.0;
            assert_int_equal(pixel[1], pixel[0]);
            assert_int_equal(pixel[2], 255);
            assert_close(is, share, NEARLY, 0.0);
            sum += is;
            wanted += share;
        }
    }
    assert_true(wanted > 20.0);
    assert_close(sum, wanted, 0.01 * wanted, 0.0);
    close_page(p);
}

/* Clockwise, so what is inside is to the right of every side. */
typedef struct polygon {
    spoti_vec corner[4];
    int n;
} polygon;

static bool in_polygon(const void *shape, spoti_vec p)
{
    const polygon *g = shape;
    bool inside = true;
    for (int i = 0; i < g->n; i++) {
        const spoti_vec a = g->corner[i];
        const spoti_vec b = g->corner[(i + 1) % g->n];
        inside = inside && (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) <= 0.0f;
    }
    return inside;
}

static void polygons_cover_what_lies_in_them(void **state)
{
    (void)state;
    const polygon shapes[] = {
        {{{2.03f, 3.11f}, {2.51f, 5.29f}, {4.77f, 4.93f}, {4.21f, 2.87f}}, 4},
        {{{2.2f, 2.4f}, {3.3f, 6.1f}, {5.4f, 3.7f}}, 3},
        {{{0.0f, 1.0f}, {0.0f, 4.0f}, {3.0f, 4.0f}, {3.0f, 1.0f}}, 4}, /* partly off the page */
        {{{4.0f, 5.5f}, {4.0f, 9.0f}, {9.0f, 9.0f}, {9.0f, 5.5f}}, 4},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        page p;
        open_page(&p);
        spoti_raster_polygon(&p.raster, shapes[i].corner, shapes[i].n, 0.0f, INK);
        check_page(&p, in_polygon, &shapes[i]);
    }
}

/* Within `radius` of the way from a to b. */
typedef struct capsule {
    spoti_vec a, b;
    double radius;
} capsule;

static bool in_capsule(const void *shape, spoti_vec p)
{
    const capsule *c = shape;
    double least = INFINITY;
    for (int i = 0; i <= 200; i++) { /* the nearest of many points of the way */
        const double t = i / 200.0;
        least = fmin(least, hypot(p.x - (c->a.x + t * (c->b.x - c->a.x)),
                                  p.y - (c->a.y + t * (c->b.y - c->a.y))));
    }
    return least <= c->radius;
}

static void circles_and_lines_cover_what_lies_in_them(void **state)
{
    (void)state;
    const capsule circle = {{3.14f, 4.07f}, {3.14f, 4.07f}, 0.83};
    const capsule line = {{2.11f, 2.93f}, {4.57f, 5.21f}, 0.15};
    page p;
    open_page(&p);
    spoti_raster_circle(&p.raster, circle.a, 0.83f, 0.0f, INK);
    check_page(&p, in_capsule, &circle);
    open_page(&p);
    spoti_raster_line(&p.raster, line.a, line.b, 3.0f,
                      INK); /* 3 pixels wide, 0.15 m to either side */
    check_page(&p, in_capsule, &line);
}

/* A square of 20 pixels with an outline of 3: black to a depth of 3, its colour behind, nothing outside. */
static void outlines_lie_inside(void **state)
{
    (void)state;
    const spoti_vec corner[4] = {{2.0f, 3.0f}, {2.0f, 5.0f}, {4.0f, 5.0f}, {4.0f, 3.0f}};
    page p;
    open_page(&p);
    spoti_raster_polygon(&p.raster, corner, 4, 3.0f, INK);
    for (int column = 0; column < SIDE;
         column++) { /* through the middle; the square begins at 10 */
        const uint8_t *pixel = p.raster.rgb + 3 * (28 * SIDE + column);
        const int depth = column < 20 ? column - 10 : 29 - column;
        assert_int_equal(pixel[0], depth < 0 ? 255 : 0);
        assert_int_equal(pixel[2], depth >= 0 && depth < 3 ? 0 : 255);
    }
    close_page(&p);
}

static void what_is_off_the_page_leaves_it(void **state)
{
    (void)state;
    page p;
    open_page(&p);
    spoti_raster_circle(&p.raster, (spoti_vec){-3.0f, 20.0f}, 1.0f, 2.0f, INK);
    spoti_raster_circle(&p.raster, (spoti_vec){NAN, 4.0f}, 1.0f, 2.0f, INK);
    spoti_raster_line(&p.raster, (spoti_vec){1e30f, 0.0f}, (spoti_vec){1e30f, 1e30f}, 2.0f, INK);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        assert_int_equal(p.raster.rgb[i], 255);
    }
    close_page(&p);
}

/* ---- a level ---- */

enum { WIDTH = 960, HEIGHT = 800 }; /* 5 m are 800 pixels, 80 to either side are no world */

typedef struct scene {
    spot_task *task;
    spot_world world;
    spot_renderer *renderer;
    uint8_t rgb[WIDTH * HEIGHT * 3];
} scene;

static void open_scene(scene *s, const planar_scene *what)
{
    static char text[PLANAR_TEXT_SIZE];
    const spot_variation variation = {.speed = 1.0, .noise = 0.0};
    spot_diag diag = {""};
    spot_render_config config;

    planar_level_text(text, what);
    s->task = planar_load(text);
    assert_int_equal(spot_task_make_world(s->task, &variation, &s->world, NULL), SPOT_OK);
    assert_int_equal(spot_world_reset(&s->world, 0), SPOT_OK);
    spot_render_config_default(&config);
    config.width = WIDTH;
    config.height = HEIGHT;
    assert_int_equal(spot_renderer_create(&s->world, &config, &s->renderer, &diag), SPOT_OK);
    assert_int_equal(spot_renderer_draw(s->renderer, &s->world, s->rgb), SPOT_OK);
}

static void close_scene(scene *s)
{
    spot_renderer_destroy(s->renderer);
    spot_world_destroy(&s->world);
    spot_task_destroy(s->task);
}

static void expect_colour(const scene *s, double x, double y, int r, int g, int b)
{
    const int column = (int)(80.0 + 160.0 * x);
    const int row = (int)(HEIGHT - 160.0 * y);
    const uint8_t *pixel = s->rgb + 3 * (row * WIDTH + column);
    if (pixel[0] != r || pixel[1] != g || pixel[2] != b) {
        fail_msg("at %g, %g m: %d %d %d, expected %d %d %d", x, y, pixel[0], pixel[1], pixel[2], r,
                 g, b);
    }
}

/* Boxes of 0.2 m at 2, 2.5, 3, 3.5 m, a metre up. The joint lies at 2.25 m, where no box is. */
static void roles_joints_and_walls_have_their_colours(void **state)
{
    (void)state;
    static scene s;
    open_scene(&s, &(planar_scene){.n_polygon = 8,
                                   .n_circle = 1,
                                   .boxes = 4,
                                   .height = 1.0f,
                                   .joints = 1,
                                   .roles = {0, 1, 2, 3}});
    expect_colour(&s, 2.0, 1.0, 160, 160, 160);
    expect_colour(&s, 2.5, 1.0, 0, 204, 0);
    expect_colour(&s, 3.0, 1.0, 0, 102, 204);
    expect_colour(&s, 3.5, 1.0, 255, 102, 102);
    expect_colour(&s, 2.25, 1.0, 255, 255, 0);   /* the first motor's */
    expect_colour(&s, 2.75, 1.0, 255, 255, 255); /* between boxes: nothing */
    expect_colour(&s, 2.5, 1.095, 0, 0, 0);      /* an outline of 2 cm */
    expect_colour(&s, 4.95, 4.95, 255, 255, 255);
    expect_colour(&s, -0.25, 2.5, 225, 225, 225); /* beside the world */
    expect_colour(&s, 5.25, 2.5, 225, 225, 225);
    close_scene(&s);
}

/* A thruster on the middle of the box at 2 m pushes up: its flame points down, as long as it is told. */
static void a_flame_is_as_long_as_the_thrust(void **state)
{
    (void)state;
    static const float half[SPOTI_PLANAR_CHANNELS] = {[4] = 0.5f};
    const double anchor[SPOTI_PLANAR_CHANNELS] = {0.0};
    static scene s;
    open_scene(&s, &(planar_scene){.n_polygon = 8,
                                   .n_circle = 1,
                                   .boxes = 1,
                                   .height = 3.0f,
                                   .weightless = true,
                                   .thrusters = 1});
    expect_colour(&s, 2.0, 3.0, 255, 255, 0);
    expect_colour(&s, 2.0, 2.8, 255, 255, 255);
    assert_int_equal(spot_world_act(&s.world, half, anchor), SPOT_OK);
    assert_int_equal(spot_renderer_draw(s.renderer, &s.world, s.rgb), SPOT_OK);
    expect_colour(&s, 2.0, 2.8, 255, 140, 0);    /* 0.09 m to the tail, 0.175 m of flame */
    expect_colour(&s, 2.0, 2.66, 255, 255, 255); /* and no more */
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polygons_cover_what_lies_in_them),
        cmocka_unit_test(circles_and_lines_cover_what_lies_in_them),
        cmocka_unit_test(outlines_lie_inside),
        cmocka_unit_test(what_is_off_the_page_leaves_it),
        cmocka_unit_test(roles_joints_and_walls_have_their_colours),
        cmocka_unit_test(a_flame_is_as_long_as_the_thrust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
