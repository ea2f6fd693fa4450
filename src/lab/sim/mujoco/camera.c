/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/camera.h"

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/picture.h"

/* What one world's cameras need. */
struct spoti_cameras {
    spoti_picture *picture;
    uint8_t *pixels; /* (bytes) of all cameras, one behind the other */
    size_t bytes;
    spot_image images[SPOTI_CAMERAS_MAX];
};

static size_t image_bytes(const spoti_camera_file *c)
{
    return (size_t)c->width * (size_t)c->height * 3;
}

void spoti_cameras_end(spoti_mujoco_world *w)
{
    const spot_allocator *allocator = w->task->allocator;
    spoti_cameras *c = w->cameras;
    if (c == NULL) {
        return;
    }
    spoti_picture_destroy(c->picture);
    spoti_free(allocator, c->pixels, c->bytes);
    spoti_free(allocator, c, sizeof(*c));
    w->cameras = NULL;
}

/* Opens OpenGL and makes room for the pictures. */
static spot_status open_cameras(spoti_mujoco_world *w, spot_diag *diag)
{
    const spoti_task_file *f = w->task->file;
    const spot_allocator *allocator = w->task->allocator;
    int width = 0;
    int height = 0;
    spoti_cameras *c = spoti_calloc(allocator, 1, sizeof(*c));
    if (c == NULL) {
        return SPOT_E_NOMEM;
    }
    w->cameras = c;
    for (unsigned i = 0; i < f->cameras_count; i++) {
        const spoti_camera_file *k = &f->cameras[i];
        width = k->width > width ? k->width : width;
        height = k->height > height ? k->height : height;
        c->bytes += image_bytes(k);
    }
    c->pixels = spoti_alloc(allocator, c->bytes, 1);
    if (c->pixels == NULL) {
        return SPOT_E_NOMEM;
    }
    const uint8_t *at = c->pixels;
    for (unsigned i = 0; i < f->cameras_count; i++) {
        const spoti_camera_file *k = &f->cameras[i];
        c->images[i] =
            (spot_image){.name = k->name, .height = k->height, .width = k->width, .pixels = at};
        at += image_bytes(k);
    }
    return spoti_picture_create(w->task, SPOT_RENDER_AUTO, width, height, allocator, &c->picture,
                                diag);
}

spot_status spoti_cameras_look(spoti_mujoco_world *w, const spot_image **images, int *count)
{
    const spoti_task_file *f = w->task->file;
    w->trouble.text[0] = '\0';
    spot_status st = w->cameras == NULL ? open_cameras(w, &w->trouble) : SPOT_OK;
    uint8_t *at = st == SPOT_OK ? w->cameras->pixels : NULL;
    for (unsigned i = 0; i < f->cameras_count && st == SPOT_OK; i++) {
        const spoti_camera_file *k = &f->cameras[i];
        const spoti_view view = {
            .camera = w->task->camera[i], .width = k->width, .height = k->height};
        st = spoti_picture_take(w->cameras->picture, w, &view, at);
        if (st != SPOT_OK) {
            (void)spot_diag_set(&w->trouble, st, "OpenGL failed at camera '%.64s'", k->name);
        }
        at += image_bytes(k);
    }
    if (st != SPOT_OK) {
        spoti_cameras_end(w); /* the next look begins anew */
        return st;
    }
    *images = w->cameras->images;
    *count = (int)f->cameras_count;
    return SPOT_OK;
}
