/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/demo/images.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/text.h"

static size_t bytes_of(const spoti_demo_camera *c)
{
    return (size_t)c->height * (size_t)c->width * 3;
}

/* ---- which cameras ---- */

/* Why the world cannot say what it sees. */
static spot_status say_why(const spot_world *world, spot_status st, spot_diag *diag)
{
    const char *why = world->ops->why != NULL ? world->ops->why(world->self) : "";
    return spot_diag_set(diag, st, "images: %s", why[0] != '\0' ? why : spot_status_str(st));
}

static spot_status note_cameras(const spot_image *seen, int n, spoti_demo_images *out,
                                spot_diag *diag)
{
    for (int i = 0; i < n; i++) {
        spoti_demo_camera *c = &out->camera[i];
        if (!spoti_copy(c->name, sizeof(c->name), seen[i].name) || strchr(c->name, '/') != NULL) {
            return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                                 "images: a camera is called '%.64s', expected less than %d bytes "
                                 "without '/', which HDF5 has for groups",
                                 seen[i].name, SPOTI_CAMERA_NAME_SIZE);
        }
        c->height = seen[i].height;
        c->width = seen[i].width;
        c->at = out->row_bytes;
        out->row_bytes += bytes_of(c);
    }
    out->n = n;
    return SPOT_OK;
}

spot_status spoti_demo_images_find(const spot_task *task, spoti_demo_images *out, spot_diag *diag)
{
    const spot_image *seen = NULL;
    spot_variation standard;
    spot_world world;
    int n = 0;

    *out = (spoti_demo_images){.fd = -1};
    spot_variation_default(&standard);
    spot_status st = spot_task_make_world(task, &standard, &world, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (world.ops->look == NULL) {
        st = spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                           "images: the task '%s' has no camera, expected `cameras:` in its file",
                           spot_task_describe(task)->name);
    } else {
        st = spot_world_reset(&world, 0);
        st = st == SPOT_OK ? world.ops->look(world.self, &seen, &n) : st;
        st = st == SPOT_OK ? note_cameras(seen, n, out, diag) : say_why(&world, st, diag);
    }
    spot_world_destroy(&world);
    return st;
}

/* ---- the file ---- */

spot_status spoti_demo_images_open(spoti_demo_images *images, const char *folder, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    if (!spoti_copy(images->folder, sizeof(images->folder), folder) ||
        !spoti_path_join(path, sizeof(path), folder, "part-images-XXXXXX")) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: a path that is too long", folder);
    }
    images->fd = mkstemp(path);
    if (images->fd < 0) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot write: %s", path, strerror(errno));
    }
    (void)unlink(path);
    return SPOT_OK;
}

void spoti_demo_images_close(spoti_demo_images *images)
{
    if (images->fd >= 0) {
        (void)close(images->fd);
    }
    images->fd = -1;
}

static bool write_all(int fd, const uint8_t *data, size_t size, off_t at)
{
    while (size > 0) {
        const ssize_t n = pwrite(fd, data, size, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        data += n;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static off_t place_of(const spoti_demo_images *images, int64_t row, int i)
{
    return (off_t)row * (off_t)images->row_bytes + (off_t)images->camera[i].at;
}

spot_status spoti_demo_images_take(const spoti_demo_images *images, int64_t row, spot_world *world,
                                   spot_diag *diag)
{
    const spot_image *seen = NULL;
    int n = 0;
    const spot_status st = world->ops->look(world->self, &seen, &n);

    if (st != SPOT_OK) {
        return say_why(world, st, diag);
    }
    for (int i = 0; i < images->n; i++) {
        const spoti_demo_camera *c = &images->camera[i];
        if (!write_all(images->fd, seen[i].pixels, bytes_of(c), place_of(images, row, i))) {
            return spot_diag_set(diag, SPOT_E_IO, "%s: cannot write images: %s", images->folder,
                                 strerror(errno));
        }
    }
    return SPOT_OK;
}

bool spoti_demo_images_read(const spoti_demo_images *images, int64_t row, int i, uint8_t *pixels)
{
    return spoti_file_read_at(images->fd, images->folder, (uint64_t)place_of(images, row, i),
                              pixels, bytes_of(&images->camera[i]), NULL) == SPOT_OK;
}
