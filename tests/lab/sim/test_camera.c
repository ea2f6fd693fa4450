/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Cameras of a task: what is in a picture is where a pinhole camera puts it, as computed here. */
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/brain.h"
#include "spot/rollout.h"

enum { W = 160, H = 120, CUBE_SIDE_MM = 45 };

static const double CAMERA[3] = {0.45, 0.0, 1.2}; /* looks straight down, its up is the world's y */
static const double FOVY_DEG = 40.0;

#define DOWN_CAMERA                                                                                \
    "<camera name=\"down\" pos=\"0.45 0 1.2\" xyaxes=\"1 0 0 0 1 0\" fovy=\"40\"/>\n"              \
    "    <camera name=\"view\""
#define KEYS                                                                                       \
    "cameras:\n"                                                                                   \
    "  - {name: top, camera: down, width: 160, height: 120}\n"                                     \
    "  - {name: view, width: 64, height: 48}\n"                                                    \
    "success:"

static void make_task(variant *v)
{
    variant_make(v, "ur5e-pick-place");
    variant_edit(v->scene, "<camera name=\"view\"", DOWN_CAMERA);
    variant_edit(v->task, "success:", KEYS);
}

/* No OpenGL here: nothing can be said. */
static const spot_image *look(rig *r, int *count)
{
    const spot_image *images = NULL;
    const spot_status st = r->world.ops->look(r->world.self, &images, count);
    if (st == SPOT_E_UNSUPPORTED) {
        print_message("skipped: %s\n", r->world.ops->why(r->world.self));
        skip();
    }
    assert_int_equal(st, SPOT_OK);
    return images;
}

/* The smallest box around the red pixels: columns and rows, both ends included. */
typedef struct extent {
    int x0, x1, y0, y1, n;
} extent;

static extent find_red(const spot_image *image)
{
    extent e = {.x0 = image->width, .x1 = -1, .y0 = image->height, .y1 = -1};
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            const uint8_t *p = image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
            if (p[0] > 2 * p[1] && p[0] > 2 * p[2] && p[0] > 60) {
                e.x0 = x < e.x0 ? x : e.x0;
                e.x1 = x > e.x1 ? x : e.x1;
                e.y0 = y < e.y0 ? y : e.y0;
                e.y1 = y > e.y1 ? y : e.y1;
                e.n++;
            }
        }
    }
    return e;
}

/* Where a point of the world is seen, in pixels from the upper left corner: square pixels, the field of view is that of the
 * height. */
static void project(double x, double y, double z, double at[2])
{
    const double focal = 0.5 * H / tan(0.5 * FOVY_DEG * 3.14159265358979 / 180.0);
    const double depth = CAMERA[2] - z;
    at[0] = 0.5 * W + focal * (x - CAMERA[0]) / depth;
    at[1] = 0.5 * H - focal * (y - CAMERA[1]) / depth;
}

/* Edges of a straight cube at different places: nothing may be mirrored, upside down, or of another size. */
static void cube_is_seen_where_a_pinhole_puts_it(void **state)
{
    static const double places[][2] = {{0.40, 0.18}, {0.55, -0.20}, {0.36, -0.05}};
    const double half = 0.5e-3 * CUBE_SIDE_MM;
    variant v;
    rig r;
    int count = 0;
    (void)state;
    make_task(&v);
    rig_open(&r, v.task, 1.0, 1.0);
    rig_reset(&r, 0);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        mjtNum *cube = rig_free_joint(&r, "cube");
        const mjtNum pose[7] = {places[i][0], places[i][1], half, 1.0, 0.0, 0.0, 0.0};
        double low[2];
        double high[2];
        /* the arm stands aside */
        r.w->data->qpos[r.scene->arm_qpos[0]] = 3.0;
        memcpy(cube, pose, sizeof(pose));
        mj_forward(r.w->model, r.w->data);
        const spot_image *images = look(&r, &count);
        assert_int_equal(count, 2);
        assert_string_equal(images[0].name, "top");
        assert_string_equal(images[1].name, "view");
        assert_true(images[0].width == W && images[0].height == H);
        assert_true(images[1].width == 64 && images[1].height == 48);
        /* each has its own pixels: the second picture shows something else */
        assert_true(images[1].pixels >= images[0].pixels + (size_t)3 * W * H);
        assert_true(memcmp(images[0].pixels, images[1].pixels, (size_t)3 * 64 * 48) != 0);
        const extent e = find_red(&images[0]);
        assert_true(e.n > 0);
        /* the outline is that of the upper face, and of the lower one on the sides that show */
        double corner[2];
        project(places[i][0] - half, places[i][1] + half, 2.0 * half, low);
        project(places[i][0] + half, places[i][1] - half, 2.0 * half, high);
        project(places[i][0] - half, places[i][1] + half, 0.0, corner);
        low[0] = fmin(low[0], corner[0]);
        low[1] = fmin(low[1], corner[1]);
        project(places[i][0] + half, places[i][1] - half, 0.0, corner);
        high[0] = fmax(high[0], corner[0]);
        high[1] = fmax(high[1], corner[1]);
        /* a pixel counts if its centre is covered; half a pixel more for rounding */
        assert_close(e.x0 + 0.5, low[0] + 0.5, 1.0, 0.0);
        assert_close(e.y0 + 0.5, low[1] + 0.5, 1.0, 0.0);
        assert_close(e.x1 + 0.5, high[0] - 0.5, 1.0, 0.0);
        assert_close(e.y1 + 0.5, high[1] - 0.5, 1.0, 0.0);
    }
    rig_close(&r);
}

static void looking_changes_nothing_and_repeats(void **state)
{
    static uint8_t first[(size_t)W * H * 3];
    double before[RIG_STATE_MAX];
    double after[RIG_STATE_MAX];
    variant v;
    rig r;
    int count = 0;
    (void)state;
    make_task(&v);
    rig_open(&r, v.task, 1.0, 1.0);
    for (int pass = 0; pass < 2; pass++) {
        rig_reset(&r, 3);
        rig_step(&r, 5);
        r.world.ops->state(r.world.self, before);
        const spot_image *images = look(&r, &count);
        r.world.ops->state(r.world.self, after);
        assert_memory_equal(before, after, (size_t)r.world.dims.state_dim * sizeof(double));
        if (pass == 0) {
            memcpy(first, images[0].pixels, sizeof(first));
        } else {
            assert_memory_equal(first, images[0].pixels, sizeof(first));
        }
    }
    rig_close(&r);
    /* who has no cameras says so by having none */
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    assert_null(r.world.ops->look);
    rig_close(&r);
}

static void wrong_cameras_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"camera: down", "camera: dwon", "camera: the model has no camera called 'dwon'"},
        {"name: view, width", "name: vieww, width", "name: the model has no camera called 'vieww'"},
        {"width: 64", "width: 2000", "width: 2000, expected 1 to 1024"},
        {"height: 48", "height: 1000",
         "height: 1000, expected at most the model's offheight of 960"},
        {"width: 64", "width: 0", "width: 0, expected 1 to 1024"},
        {"name: view, width", "name: top, width", "name: two cameras share a name"},
        {"name: top", "name: a.b", "expected letters, digits, _ and - alone"},
        {"height: 48}", "height: 48, fps: 3}", "fps"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spot_task *task = NULL;
        spot_diag diag = {.text = ""};
        variant v;
        make_task(&v);
        variant_edit(v.task, cases[i].from, cases[i].to);
        assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].says) == NULL || strstr(diag.text, "task.yaml:") == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].says);
        }
    }
}

/* A brain that sees, and keeps what it saw. */
typedef struct watcher {
    const spot_world_dims *dims;
    int64_t calls;
    int n_images;
    char name[32];
    uint64_t brightness; /* of all that it was shown */
} watcher;

static void describe(const void *self, spot_brain_info *info)
{
    const watcher *w = self;
    info->obs_dim = w->dims->obs_dim;
    info->action_dim = w->dims->action_dim;
    info->horizon = w->dims->horizon;
    info->default_steps = 1;
    info->sees = true;
}

static spot_status watch(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    watcher *w = state;
    (void)diag;
    w->calls++;
    w->n_images = input->n_images;
    (void)snprintf(w->name, sizeof(w->name), "%s", input->images[0].name);
    for (int i = 0; i < W * H * 3; i++) {
        w->brightness += input->images[0].pixels[i];
    }
    memset(chunk, 0,
           sizeof(*chunk) * (size_t)(w->dims->horizon * w->dims->action_dim)); /* it stays */
    return SPOT_OK;
}

/* Through the closed loop: a brain that sees is shown both images at each of its inferences. */
static void brain_that_sees_is_shown_the_images(void **state)
{
    static const spot_brain_ops ops = {.describe = describe, .infer = watch};
    spot_rollout_config config;
    spot_rollout *rollout = NULL;
    spot_episode episode;
    spot_diag diag = {.text = ""};
    watcher saw = {.calls = 0};
    int count = 0;
    variant v;
    rig r;
    (void)state;
    make_task(&v);
    variant_edit(v.task, "time_limit_s: 40", "time_limit_s: 2");
    rig_open(&r, v.task, 1.0, 1.0);
    rig_reset(&r, 1);
    (void)look(&r, &count); /* skipped where there is no OpenGL */
    saw.dims = &r.world.dims;
    const spot_brain brain = {.ops = &ops, .self = &saw};
    spot_rollout_config_default(&config);
    if (spot_rollout_create(&config, &r.world, &brain, &rollout, &diag) != SPOT_OK ||
        spot_rollout_run(rollout, 1, &episode, NULL, NULL, NULL, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(saw.calls, episode.inferences);
    assert_int_equal(saw.calls, 3); /* 20 actions, 8 a chunk */
    assert_int_equal(saw.n_images, 2);
    assert_string_equal(saw.name, "top");
    assert_true(saw.brightness > 0);
    spot_rollout_destroy(rollout);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cube_is_seen_where_a_pinhole_puts_it),
        cmocka_unit_test(looking_changes_nothing_and_repeats),
        cmocka_unit_test(brain_that_sees_is_shown_the_images),
        cmocka_unit_test(wrong_cameras_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
