/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pictures: the red cube appears where a pinhole camera puts it. Videos: what ffprobe reads in them.
 *
 *     test_report_render [auto|osmesa]
 *
 * A process uses one backend, as MuJoCo keeps the OpenGL functions that it found first. Without
 * off-screen OpenGL or ffmpeg the cases that need them are skipped.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/sim/rig.h"
#include "spot/video.h"

enum { WIDTH = 640, HEIGHT = 480, PIXELS = WIDTH * HEIGHT, PATH_SIZE = 700 };

/* Read by LeakSanitizer: OSMesa keeps a framebuffer of every destroyed context. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libOSMesa";
}

static spot_render_backend backend = SPOT_RENDER_AUTO;

static spot_renderer *make_renderer(const rig *r)
{
    spot_render_config config;
    spot_renderer *renderer = NULL;
    spot_diag diag = {.text = ""};
    spot_render_config_default(&config);
    assert_int_equal(config.width, WIDTH);
    assert_int_equal(config.height, HEIGHT);
    config.backend = backend;
    spot_status st = spot_renderer_create(&r->world, &config, &renderer, &diag);
    if (st == SPOT_E_UNSUPPORTED) {
        assert_non_null(strstr(diag.text, "install libosmesa6"));
        skip();
    }
    assert_int_equal(st, SPOT_OK);
    return renderer;
}

/* Where a pinhole at the model's camera `view` sees the point p; pixels from the top left. */
static void project(const rig *r, const double p[3], double pixel[2])
{
    const mjModel *m = r->w->model;
    int id = mj_name2id(m, mjOBJ_CAMERA, "view");
    const mjtNum *at = r->w->data->cam_xpos + 3 * id;
    const mjtNum *turn = r->w->data->cam_xmat + 9 * id; /* columns: right, up, backwards */
    double c[3];
    for (int k = 0; k < 3; k++) {
        c[k] = 0.0;
        for (int i = 0; i < 3; i++) {
            c[k] += turn[3 * i + k] * (p[i] - at[i]);
        }
    }
    double focal = 0.5 * HEIGHT / tan(0.5 * m->cam_fovy[id] * 3.14159265358979323846 / 180.0);
    pixel[0] = 0.5 * WIDTH + focal * c[0] / -c[2];
    pixel[1] = 0.5 * HEIGHT - focal * c[1] / -c[2];
}

/* Mean place and number of the pixels that are clearly red, as nothing but the cube is. */
static int red_pixels(const uint8_t *rgb, double centre[2])
{
    int count = 0;
    centre[0] = centre[1] = 0.0;
    for (int i = 0; i < PIXELS; i++) {
        const uint8_t *p = rgb + (size_t)3 * (size_t)i;
        if (p[0] > 90 && p[0] > 2 * p[1] && p[0] > 2 * p[2]) {
            centre[0] += i % WIDTH;
            centre[1] += (double)(i / WIDTH);
            count++;
        }
    }
    centre[0] /= count > 0 ? count : 1;
    centre[1] /= count > 0 ? count : 1;
    return count;
}

/* Half a cube at its distance is about 11 pixels; its silhouette's mean is off its centre by less. */
static const double PLACE_PIXELS = 5.0;

static void check_picture(const char *path)
{
    static uint8_t rgb[PIXELS * 3];
    static uint8_t again[PIXELS * 3];
    rig r;
    rig_open(&r, path, 1.0, 1.0);
    rig_reset(&r, 1);
    spot_renderer *renderer = make_renderer(&r);
    print_message("%s\n", spot_renderer_backend(renderer));
    for (uint64_t seed = 0; seed < 8; seed++) {
        double before[RIG_STATE_MAX] = {0.0};
        double after[RIG_STATE_MAX] = {0.0};
        double want[2];
        double got[2];
        rig_reset(&r, seed);
        /* the hand out of the way */
        assert_int_equal(
            rig_act(&r, 0.25, rig_body(&r, "cube")[1] > 0.0 ? -0.3 : 0.3, 0.3, 0.0, true), SPOT_OK);
        rig_step(&r, 300);
        r.world.ops->state(r.world.self, before);
        assert_int_equal(spot_renderer_draw(renderer, &r.world, rgb), SPOT_OK);
        assert_int_equal(spot_renderer_draw(renderer, &r.world, again), SPOT_OK);
        r.world.ops->state(r.world.self, after);
        assert_memory_equal(before, after, sizeof(before));
        assert_memory_equal(rgb, again, sizeof(rgb));
        project(&r, rig_body(&r, "cube"), want);
        int count = red_pixels(rgb, got);
        assert_true(count > 150 && count < 3000);
        assert_close(got[0], want[0], PLACE_PIXELS, 0.0);
        assert_close(got[1], want[1], PLACE_PIXELS, 0.0);
    }
    spot_renderer_destroy(renderer);
    rig_close(&r);
}

static void cube_is_seen_where_it_is(void **state)
{
    (void)state;
    check_picture(PICK_PLACE);
    check_picture(CONVEYOR);
}

static void impossible_renderers_are_refused(void **state)
{
    (void)state;
    static const int sizes[][2] = {{0, 480},  {-2, 480},   {641, 480},  {640, 481},
                                   {640, 14}, {5000, 480}, {1400, 480}, {640, 1000}};
    rig r;
    spot_renderer *renderer = NULL;
    spot_render_config config;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        spot_diag diag = {.text = ""};
        spot_render_config_default(&config);
        config.width = sizes[i][0];
        config.height = sizes[i][1];
        assert_int_equal(spot_renderer_create(&r.world, &config, &renderer, &diag), SPOT_E_RANGE);
        assert_non_null(strstr(diag.text, "expected"));
        assert_null(renderer);
    }
    spot_render_config_default(&config);
    const spot_world_ops other_ops = {.kind = "planar"};
    const spot_world other = {.ops = &other_ops};
    assert_int_equal(spot_renderer_create(&other, &config, &renderer, NULL), SPOT_E_UNSUPPORTED);
    assert_int_equal(spot_renderer_create(NULL, &config, &renderer, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_renderer_create(&r.world, NULL, &renderer, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_renderer_create(&r.world, &config, NULL, NULL), SPOT_E_INVALID);
    spot_renderer_destroy(NULL);
    rig_close(&r);
}

static void renderer_survives_lack_of_memory(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    spot_renderer_destroy(make_renderer(&r)); /* or skip */
    for (int k = 0; k < 10; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_render_config config;
        spot_renderer *renderer = NULL;
        spot_render_config_default(&config);
        config.backend = backend;
        config.allocator = &a;
        spot_status st = spot_renderer_create(&r.world, &config, &renderer, NULL);
        assert_true(st == SPOT_OK ? renderer != NULL : st == SPOT_E_NOMEM && renderer == NULL);
        spot_renderer_destroy(renderer);
        spot_test_assert_no_leak(&mem);
    }
    rig_close(&r);
}

static void make_folder(char *folder, const char *name)
{
    spot_test_temp_path(folder, 512, name);
    (void)rmdir(folder);
    assert_int_equal(mkdir(folder, 0777), 0);
}

static int files_in(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(dir);
    return count;
}

static bool have(const char *program)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0; /* NOLINT(cert-env33-c): a test's own fixed text */
}

static spot_video_config video_config(void)
{
    spot_video_config config;
    spot_video_config_default(&config);
    config.render.backend = backend;
    return config;
}

static void video_holds_its_frames(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    char command[1600];
    char line[128] = "";
    spot_video *video = NULL;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 1.0);
    rig_reset(&r, 1);
    spot_renderer_destroy(make_renderer(&r)); /* or skip */
    if (!have("ffmpeg") || !have("ffprobe")) {
        skip();
    }
    make_folder(folder, "video");
    /* a name that a careless command line would take for an option or a protocol */
    assert_int_equal(chdir(folder), 0);
    (void)snprintf(path, sizeof(path), "-f:x.mp4");
    spot_video_config config = video_config();
    config.render.width = 320;
    config.render.height = 240;
    assert_int_equal(spot_video_create(path, &config, &video, NULL), SPOT_OK);
    assert_int_equal(access(path, F_OK), -1); /* not before it is whole */
    for (int tick = 1; tick <= 500; tick++) {
        rig_step(&r, 1);
        spot_video_tick(video, &r.world, tick);
    }
    assert_int_equal(spot_video_finish(video, NULL), SPOT_OK);
    assert_int_equal(spot_video_finish(video, NULL), SPOT_E_STATE);
    assert_int_equal(spot_video_frame(video, &r.world), SPOT_E_STATE);
    spot_video_destroy(video);
    assert_int_equal(files_in(folder), 1);

    (void)snprintf(
        command, sizeof(command),
        "ffprobe -v error -count_frames -select_streams v -of csv=p=0 -show_entries "
        "stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_read_frames 'file:%s/%s'",
        folder, path);
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own fixed text */
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof(line), pipe));
    assert_int_equal(pclose(pipe), 0);
    line[strcspn(line, "\n")] = '\0';
    /* 2 s of 4 ms ticks at 25 frames a second: the first after tick 1, then every 40 ms up to 2 s */
    assert_string_equal(line, "h264,320,240,yuv420p,25/1,51");
    rig_close(&r);
}

static void assert_no_video(const char *ffmpeg, const char *path, spot_status created,
                            spot_status finished, const char *says)
{
    rig r;
    spot_video *video = NULL;
    spot_diag diag = {.text = ""};
    spot_video_config config = video_config();
    config.ffmpeg = ffmpeg;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    spot_status st = spot_video_create(path, &config, &video, &diag);
    assert_int_equal(st, created);
    if (st == SPOT_OK) {
        for (int i = 0; i < 40; i++) { /* enough to fill whatever lies between */
            (void)spot_video_frame(video, &r.world);
        }
        assert_int_equal(spot_video_finish(video, &diag), finished);
        spot_video_destroy(video);
    }
    if (strstr(diag.text, says) == NULL) {
        fail_msg("'%s' lacks '%s'", diag.text, says);
    }
    rig_close(&r);
}

static void video_that_fails_leaves_nothing_and_says_why(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    make_folder(folder, "failed");
    (void)snprintf(path, sizeof(path), "%s/out.mp4", folder);
    assert_no_video("no-such-ffmpeg", path, SPOT_E_UNSUPPORTED, SPOT_OK, "expected ffmpeg in PATH");
    assert_int_equal(files_in(folder), 0);
    assert_no_video("ffmpeg", "/proc/none/out.mp4", SPOT_E_IO, SPOT_OK, "cannot write");

    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    spot_renderer_destroy(make_renderer(&r)); /* or skip */
    rig_close(&r);
    assert_no_video("false", path, SPOT_OK, SPOT_E_IO, "ffmpeg failed");
    assert_int_equal(files_in(folder), 0);
    /* one that takes all frames, writes no more than a beginning, and ends well: a full disk */
    static const char SCRIPT[] = "#!/bin/sh\ncat >/dev/null\nfor last; do :; done\n"
                                 "printf '\\000\\000\\000\\014ftypisom' >\"${last#file:}\"\n";
    char fake[PATH_SIZE];
    spot_test_temp_path(fake, sizeof(fake), "fake-ffmpeg");
    spot_test_write_file(fake, SCRIPT, strlen(SCRIPT));
    assert_int_equal(chmod(fake, 0700), 0);
    assert_no_video(fake, path, SPOT_OK, SPOT_E_IO, "ffmpeg cut it short");
    assert_int_equal(files_in(folder), 0);
    if (have("ffmpeg")) {
        assert_no_video("ffmpeg", "/dev/full", SPOT_OK, SPOT_E_IO, "ffmpeg failed");
    }
}

static void video_without_a_frame_or_an_end_leaves_nothing(void **state)
{
    (void)state;
    char folder[512];
    char path[PATH_SIZE];
    spot_video *video = NULL;
    spot_diag diag = {.text = ""};
    if (!have("ffmpeg")) {
        skip();
    }
    make_folder(folder, "unfinished");
    (void)snprintf(path, sizeof(path), "%s/out.mp4", folder);
    spot_video_config config = video_config();
    assert_int_equal(spot_video_create(path, &config, &video, NULL), SPOT_OK);
    assert_int_equal(spot_video_finish(video, &diag), SPOT_E_STATE);
    assert_non_null(strstr(diag.text, "no frame"));
    spot_video_destroy(video);
    assert_int_equal(files_in(folder), 0);
    assert_int_equal(spot_video_create(path, &config, &video, NULL), SPOT_OK);
    spot_video_destroy(video);
    assert_int_equal(files_in(folder), 0);

    config.fps = 0.0;
    assert_int_equal(spot_video_create(path, &config, &video, NULL), SPOT_E_RANGE);
    config.fps = NAN;
    assert_int_equal(spot_video_create(path, &config, &video, NULL), SPOT_E_RANGE);
    config = video_config();
    config.render.width = 333;
    assert_int_equal(spot_video_create(path, &config, &video, NULL), SPOT_E_RANGE);
    assert_null(video);
    assert_int_equal(spot_video_create(NULL, &config, &video, NULL), SPOT_E_INVALID);
    spot_video_destroy(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cube_is_seen_where_it_is),
        cmocka_unit_test(impossible_renderers_are_refused),
        cmocka_unit_test(renderer_survives_lack_of_memory),
        cmocka_unit_test(video_holds_its_frames),
        cmocka_unit_test(video_that_fails_leaves_nothing_and_says_why),
        cmocka_unit_test(video_without_a_frame_or_an_end_leaves_nothing),
    };
    if (argc > 1 && strcmp(argv[1], "osmesa") == 0) {
        backend = SPOT_RENDER_OSMESA;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
