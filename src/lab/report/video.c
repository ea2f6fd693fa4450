/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A video: frames go to a child process ffmpeg, which writes the file that is renamed at the end.
 *
 * The child reads a socket, not a pipe: writing to a socket whose reader has died returns an error
 * where a pipe would raise SIGPIPE, and a library must not touch signal handlers.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/report/whole.h"
#include "spot/video.h"

extern char **environ;

struct spot_video {
    const spot_allocator *allocator;
    spot_video_config config;
    spoti_file file;
    spot_renderer *renderer; /* made at the first frame */
    uint8_t *rgb;            /* (height x width x 3) */
    FILE *complaints;        /* what ffmpeg says to stderr; NULL = nobody listens */
    pid_t child;             /* 0 = none */
    int socket;              /* -1 = closed */
    int64_t frames;
    spot_status status; /* the first failure */
    spot_diag diag;
    bool finished;
};

void spot_video_config_default(spot_video_config *config)
{
    memset(config, 0, sizeof(*config));
    config->size = sizeof(*config);
    spot_render_config_default(&config->render);
    config->fps = 25.0;
    config->ffmpeg = "ffmpeg";
}

static size_t frame_bytes(const spot_video *v)
{
    return (size_t)v->config.render.width * (size_t)v->config.render.height * 3;
}

static spot_status check(const spot_video_config *c, spot_diag *diag)
{
    const spot_render_config *r = &c->render;
    if (r->width < 16 || r->width > 4096 || r->width % 2 != 0 || r->height < 16 ||
        r->height > 4096 || r->height % 2 != 0) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "video of %d x %d: expected even numbers from 16 to 4096", r->width,
                             r->height);
    }
    if (!(c->fps >= 1.0 && c->fps <= 120.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%g frames a second: expected 1 to 120", c->fps);
    }
    return SPOT_OK;
}

/* Starts ffmpeg with its input at `input`. Returns 0 or an errno. */
static int spawn(spot_video *v, int input, char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (error == 0) {
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1, 0);
    }
    if (error == 0) {
        error =
            v->complaints != NULL
                ? posix_spawn_file_actions_adddup2(&actions, fileno(v->complaints), STDERR_FILENO)
                : posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
    }
    if (error == 0) {
        error = posix_spawnp(&v->child, v->config.ffmpeg, &actions, NULL, arguments, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        v->child = 0;
    }
    return error;
}

/* `file:` keeps ffmpeg from reading a protocol or an option into a file name. */
static int start_ffmpeg(spot_video *v, int input)
{
    char size[32];
    char rate[32];
    char target[sizeof(v->file.temp) + 8];
    const char *path = v->file.temp[0] != '\0' ? v->file.temp : v->file.path;
    (void)spoti_format(size, sizeof(size), "%dx%d", v->config.render.width,
                       v->config.render.height);
    (void)spoti_format(rate, sizeof(rate), "%g", v->config.fps);
    (void)spoti_format(target, sizeof(target), "file:%s", path);
    const char *const arguments[] = {v->config.ffmpeg,
                                     "-hide_banner",
                                     "-loglevel",
                                     "error",
                                     "-nostdin",
                                     "-y",
                                     "-f",
                                     "rawvideo",
                                     "-pix_fmt",
                                     "rgb24",
                                     "-s",
                                     size,
                                     "-r",
                                     rate,
                                     "-i",
                                     "pipe:0",
                                     "-an",
                                     "-c:v",
                                     "libx264",
                                     "-preset",
                                     "veryfast",
                                     "-crf",
                                     "21",
                                     "-pix_fmt",
                                     "yuv420p",
                                     "-movflags",
                                     "+faststart",
                                     "-f",
                                     "mp4",
                                     target,
                                     NULL};
    char *copy[sizeof(arguments) / sizeof(arguments[0])];
    memcpy(copy, arguments, sizeof(copy)); /* posix_spawn does not change them, but its type may */
    return spawn(v, input, copy);
}

static spot_status start(spot_video *v, spot_diag *diag)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return spot_diag_set(diag, SPOT_E_IO, "cannot make a socket: %s", strerror(errno));
    }
    v->socket = ends[0];
    v->complaints = tmpfile();
    int error = start_ffmpeg(v, ends[1]);
    (void)close(ends[1]);
    if (error != 0) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "cannot start %s: %s, expected ffmpeg in PATH", v->config.ffmpeg,
                             strerror(error));
    }
    return SPOT_OK;
}

spot_status spot_video_create(const char *path, const spot_video_config *config, spot_video **out,
                              spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (path == NULL || SPOTI_CONFIG_CHECK(spot_video_config, config, diag) != SPOT_OK ||
        SPOTI_CONFIG_CHECK(spot_render_config, &config->render, diag) != SPOT_OK ||
        config->ffmpeg == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check(config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const spot_allocator *allocator = config->render.allocator;
    spot_video *v = spoti_calloc(allocator, 1, sizeof(*v));
    if (v == NULL) {
        return SPOT_E_NOMEM;
    }
    v->allocator = allocator;
    v->config = *config;
    v->socket = -1;
    v->rgb = spoti_alloc(allocator, frame_bytes(v), 1);
    st = v->rgb != NULL ? spoti_file_begin(&v->file, path, diag) : SPOT_E_NOMEM;
    if (st == SPOT_OK) {
        st = start(v, diag);
    }
    if (st != SPOT_OK) {
        spot_video_destroy(v);
        return st;
    }
    v->config.ffmpeg = NULL; /* it was the caller's */
    *out = v;
    return SPOT_OK;
}

static bool send_all(int socket, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(socket, data, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= (size_t)n;
    }
    return true;
}

spot_status spot_video_frame(spot_video *video, const spot_world *world)
{
    if (video == NULL || world == NULL) {
        return SPOT_E_INVALID;
    }
    if (video->finished) {
        return SPOT_E_STATE;
    }
    if (video->status == SPOT_OK && video->renderer == NULL) {
        video->status =
            spot_renderer_create(world, &video->config.render, &video->renderer, &video->diag);
    }
    if (video->status == SPOT_OK) {
        video->status = spot_renderer_draw(video->renderer, world, video->rgb);
        if (video->status != SPOT_OK && world->ops->why != NULL) {
            (void)spot_diag_set(&video->diag, video->status, "%s", world->ops->why(world->self));
        }
    }
    if (video->status == SPOT_OK && !send_all(video->socket, video->rgb, frame_bytes(video))) {
        video->status = SPOT_E_IO;
    }
    video->frames += video->status == SPOT_OK ? 1 : 0;
    return video->status;
}

void spot_video_tick(void *video, const spot_world *world, int64_t tick)
{
    spot_video *v = video;
    spot_outcome outcome;

    (void)tick; /* the world's own clock starts at 0 at reset, whatever the caller counts */
    if (v == NULL || world == NULL || v->finished || v->status != SPOT_OK) {
        return;
    }
    spot_world_outcome(world, &outcome);
    if (outcome.time_s * v->config.fps >= (double)v->frames - 1e-9) {
        (void)spot_video_frame(v, world);
    }
}

/* Waits for the child. Returns true if it ended well. */
static bool reap(spot_video *v)
{
    int how = 0;
    pid_t got = 0;

    if (v->socket >= 0) {
        (void)close(v->socket); /* the end of its input */
        v->socket = -1;
    }
    do {
        got = waitpid(v->child, &how, 0);
    } while (got < 0 && errno == EINTR);
    bool well = got == v->child && WIFEXITED(how) && WEXITSTATUS(how) == 0;
    v->child = 0;
    return well;
}

/* The first line that ffmpeg complained with. */
static void first_complaint(spot_video *v, char *text, size_t size)
{
    (void)spoti_copy(text, size, "it gave no reason");
    if (v->complaints != NULL && fseek(v->complaints, 0, SEEK_SET) == 0 &&
        fgets(text, (int)size, v->complaints) != NULL) {
        text[strcspn(text, "\n")] = '\0';
    }
}

/* ffmpeg may end well on a full disk. A device has no end to look for. */
static bool is_whole(const spot_video *v)
{
    FILE *file = NULL;
    if (v->file.temp[0] == '\0') {
        return true;
    }
    if (spoti_file_open(v->file.temp, "a video", &file, NULL) != SPOT_OK) {
        return false;
    }
    const bool whole = spoti_mp4_is_whole(file);
    (void)fclose(file);
    return whole;
}

spot_status spot_video_finish(spot_video *video, spot_diag *diag)
{
    char text[SPOT_DIAG_TEXT_SIZE / 2];

    if (video == NULL) {
        return SPOT_E_INVALID;
    }
    if (video->finished) {
        return SPOT_E_STATE;
    }
    video->finished = true;
    bool well = reap(video);
    if (video->status == SPOT_OK && video->frames == 0) {
        video->status = spot_diag_set(
            diag, SPOT_E_STATE, "%s: no frame was drawn, expected one at least", video->file.path);
    } else if ((video->status == SPOT_OK && !well) || video->status == SPOT_E_IO) {
        first_complaint(video, text, sizeof(text));
        (void)spot_diag_set(diag, SPOT_E_IO, "%s: ffmpeg failed: %s", video->file.path, text);
        video->status = SPOT_E_IO;
    } else if (video->status != SPOT_OK) {
        (void)spot_diag_set(diag, video->status, "%s",
                            video->diag.text[0] != '\0' ? video->diag.text
                                                        : spot_status_str(video->status));
    }
    if (video->status == SPOT_OK && !is_whole(video)) {
        video->status = spot_diag_set(diag, SPOT_E_IO, "%s: ffmpeg cut it short; is the disk full?",
                                      video->file.path);
    }
    if (video->status != SPOT_OK) {
        spoti_file_abort(&video->file);
        return video->status;
    }
    video->status = spoti_file_commit(&video->file, diag);
    return video->status;
}

void spot_video_destroy(spot_video *video)
{
    if (video == NULL) {
        return;
    }
    if (video->socket >= 0) {
        (void)close(video->socket);
        video->socket = -1;
    }
    if (video->child > 0) {
        (void)reap(video);
    }
    spoti_file_abort(&video->file);
    if (video->complaints != NULL) {
        (void)fclose(video->complaints);
    }
    spot_renderer_destroy(video->renderer);
    spoti_free(video->allocator, video->rgb, frame_bytes(video));
    spoti_free(video->allocator, video, sizeof(*video));
}
