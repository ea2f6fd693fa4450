/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The demonstrations of one batch, about 120 kB each. */
#include "core/base/alloc.h"
#include "lab/demo/hdf5_file.h"

/* What is seen in the rows from `first` on, as group `name`. */
static void put_sights(spoti_hdf5_writer *w, hid_t group, const char *name,
                       const spoti_hdf5_batch *batch, const spoti_demo *demo, size_t first)
{
    const spot_world_dims *d = &demo->dims;
    const double *sample = demo->sample + first * (size_t)d->sample_dim;
    hid_t obs = spoti_hdf5_group(w, group, name);

    if (obs < 0) {
        return;
    }
    spoti_hdf5_put_table(w, obs, "state", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, demo->count, d->obs_dim,
                         demo->state + first * (size_t)d->obs_dim);
    spoti_hdf5_put_table(w, obs, "anchor", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count,
                         d->action_dim, demo->anchor + first * (size_t)d->action_dim);
    for (int i = 0; i < d->sample_dim; i++) {
        spoti_hdf5_put_column(w, obs, spot_task_describe(batch->task)->sample_names[i], demo->count,
                              d->sample_dim, i, sample);
    }
    spoti_hdf5_close_group(w, obs);
}

/* A row of a camera, for spoti_hdf5_put_images. */
typedef struct camera_rows {
    const spoti_demo *demo;
    int camera;
} camera_rows;

static bool read_row(const void *context, int row, uint8_t *pixels)
{
    const camera_rows *c = context;
    const spoti_demo *demo = c->demo;
    return spoti_demo_images_read(demo->images, demo->first_image + row, c->camera, pixels);
}

/* What the cameras saw, in group `obs` alone: a second copy in next_obs would be half of the file. */
static void put_images(spoti_hdf5_writer *w, hid_t demo_group, const spoti_demo *demo)
{
    hid_t obs = demo->images != NULL ? H5Gopen2(demo_group, "obs", H5P_DEFAULT) : H5I_INVALID_HID;

    for (int i = 0; obs >= 0 && i < demo->images->n; i++) {
        const spoti_demo_camera *camera = &demo->images->camera[i];
        const camera_rows rows = {.demo = demo, .camera = i};
        char name[SPOTI_CAMERA_NAME_SIZE + sizeof("_image")];
        (void)spoti_format(name, sizeof(name), "%s_image", camera->name);
        spoti_hdf5_put_images(w, obs, name, demo->count, camera->height, camera->width, read_row,
                              &rows);
    }
    spoti_hdf5_check(w, demo->images == NULL || obs >= 0);
    spoti_hdf5_close_group(w, obs);
}

static void put_doubles(spoti_hdf5_writer *w, hid_t group, const char *name, const spoti_demo *demo,
                        int columns, const double *values)
{
    spoti_hdf5_put_table(w, group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count, columns,
                         values);
}

static void put_bytes(spoti_hdf5_writer *w, hid_t group, const char *name, const spoti_demo *demo,
                      const uint8_t *values)
{
    spoti_hdf5_put_table(w, group, name, H5T_STD_U8LE, H5T_NATIVE_UINT8, demo->count, 0, values);
}

/* actions = targets - anchor; rewards and dones are 1 on the last row only, as LIBERO has them. */
static void put_derived(spoti_hdf5_writer *w, hid_t group, const spoti_demo *demo)
{
    size_t cells = (size_t)demo->count * (size_t)demo->dims.action_dim;
    size_t rows = (size_t)demo->count;
    double *actions = spoti_calloc(demo->allocator, cells, sizeof(double));
    double *rewards = spoti_calloc(demo->allocator, rows, sizeof(double));
    uint8_t *dones = spoti_calloc(demo->allocator, rows, 1);

    const bool good = actions != NULL && rewards != NULL && dones != NULL;
    spoti_hdf5_check_memory(w, good);
    if (good) {
        for (size_t i = 0; i < cells; i++) {
            actions[i] = demo->target[i] - demo->anchor[i];
        }
        rewards[rows - 1] = 1.0;
        dones[rows - 1] = 1;
        put_doubles(w, group, "actions", demo, demo->dims.action_dim, actions);
        put_doubles(w, group, "rewards", demo, 0, rewards);
        put_bytes(w, group, "dones", demo, dones);
    }
    spoti_free(demo->allocator, actions, cells * sizeof(double));
    spoti_free(demo->allocator, rewards, rows * sizeof(double));
    spoti_free(demo->allocator, dones, rows);
}

static void put_demo(spoti_hdf5_writer *w, hid_t data, const char *name,
                     const spoti_hdf5_batch *batch, const spoti_demo *demo)
{
    const spot_world_dims *d = &demo->dims;
    const int64_t samples = demo->count;
    hid_t group = spoti_hdf5_group(w, data, name);

    if (group < 0) {
        return;
    }
    spoti_hdf5_put_number(w, group, "num_samples", H5T_NATIVE_INT64, &samples);
    spoti_hdf5_put_number(w, group, "seed", H5T_NATIVE_UINT64, &demo->seed);
    spoti_hdf5_put_number(w, group, "speed", H5T_NATIVE_DOUBLE, &demo->speed);
    spoti_hdf5_put_list(w, group, "init_state", d->state_dim, demo->sim);
    if (batch->model_text != NULL) {
        spoti_hdf5_put_text(w, group, "model_file", batch->model_text);
    }
    put_sights(w, group, "obs", batch, demo, 0);
    put_images(w, group, demo);
    put_sights(w, group, "next_obs", batch, demo, 1);
    put_doubles(w, group, "targets", demo, d->action_dim, demo->target);
    put_doubles(w, group, "commands", demo, d->action_dim, demo->command);
    put_doubles(w, group, "states", demo, d->state_dim, demo->sim);
    put_bytes(w, group, "label_ok", demo, demo->ok);
    put_derived(w, group, demo);
    spoti_hdf5_close_group(w, group);
}

void spoti_hdf5_fill_part(spoti_hdf5_writer *w, hid_t file, const void *context)
{
    const spoti_hdf5_batch *batch = context;
    hid_t data = spoti_hdf5_group(w, file, "data");
    char name[32];
    int count = 0;

    for (int i = 0; !w->failed && i < batch->n; i++) {
        if (batch->demos[i].success) {
            (void)spoti_format(name, sizeof(name), "demo_%d", count++);
            put_demo(w, data, name, batch, &batch->demos[i]);
        }
    }
    spoti_hdf5_close_group(w, data);
}
