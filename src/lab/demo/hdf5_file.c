/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The file is built in memory (about 50 kB a demonstration) and written as a whole at the end: HDF5 1.10
 * cannot give up a file on a disk that is full, and crashes over it at exit. Every HDF5 call goes through
 * a `writer` that remembers the first failure, so that the layout below reads as a list; what can fail
 * there is memory alone.
 */
#include "lab/demo/hdf5_file.h"

#include <hdf5.h>
#include <jansson.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"

struct spoti_hdf5_file {
    const spot_task *task;
    spoti_file target; /* where the finished image goes */
    hid_t file;
    hid_t data; /* group `data` */
    int count;
    int64_t rows;
};

typedef struct writer {
    bool failed;
} writer;

static void check(writer *w, bool ok)
{
    w->failed = w->failed || !ok;
}

static void put_text_attribute(writer *w, hid_t object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = H5Screate(H5S_SCALAR);
    check(w, H5Tset_size(type, strlen(text) + 1) >= 0);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(w, attribute >= 0 && H5Awrite(attribute, type, text) >= 0);
    check(w, attribute < 0 || H5Aclose(attribute) >= 0);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
}

static void put_attribute(writer *w, hid_t object, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(w, attribute >= 0 && H5Awrite(attribute, type, value) >= 0);
    check(w, attribute < 0 || H5Aclose(attribute) >= 0);
    (void)H5Sclose(space);
}

/* A dataset without the time of its making, which HDF5 would store: equal runs give equal bytes. */
static hid_t create_set(writer *w, hid_t group, const char *name, hid_t type, hid_t space)
{
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    check(w, plan >= 0 && H5Pset_obj_track_times(plan, false) >= 0);
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
    (void)H5Pclose(plan);
    return set;
}

/* A dataset (rows x columns), or (rows) if columns is 0. Memory rows are `stride` columns apart. */
static void put_table(writer *w, hid_t group, const char *name, hid_t file_type, hid_t memory_type,
                      int rows, int columns, const void *values)
{
    const hsize_t size[2] = {(hsize_t)rows, (hsize_t)columns};
    hid_t space = H5Screate_simple(columns > 0 ? 2 : 1, size, NULL);
    hid_t set = create_set(w, group, name, file_type, space);
    check(w, set >= 0 && H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    check(w, set < 0 || H5Dclose(set) >= 0);
    (void)H5Sclose(space);
}

/* One column of a row-major table as a dataset (rows). */
static void put_column(writer *w, hid_t group, const char *name, int rows, int columns, int column,
                       const double *table)
{
    const hsize_t size[2] = {(hsize_t)rows, (hsize_t)columns};
    const hsize_t start[2] = {0, (hsize_t)column};
    const hsize_t count[2] = {(hsize_t)rows, 1};
    hid_t memory = H5Screate_simple(2, size, NULL);
    hid_t space = H5Screate_simple(1, size, NULL);
    check(w, H5Sselect_hyperslab(memory, H5S_SELECT_SET, start, NULL, count, NULL) >= 0);
    hid_t set = create_set(w, group, name, H5T_IEEE_F64LE, space);
    check(w, set >= 0 && H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, table) >= 0);
    check(w, set < 0 || H5Dclose(set) >= 0);
    (void)H5Sclose(space);
    (void)H5Sclose(memory);
}

static spot_status memory_error(const spoti_hdf5_file *f, spot_diag *diag)
{
    return spot_diag_set(diag, SPOT_E_NOMEM, "%s: out of memory for the demonstrations",
                         f->target.path);
}

/* A file in memory without one on disk. Growing by large steps keeps copying rare. */
static hid_t create_in_memory(void)
{
    static const size_t STEP_BYTES = (size_t)8 << 20;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = access >= 0 && H5Pset_fapl_core(access, STEP_BYTES, false) >= 0
                     ? H5Fcreate("demonstrations", H5F_ACC_TRUNC, H5P_DEFAULT, access)
                     : H5I_INVALID_HID;
    (void)H5Pclose(access);
    return file;
}

/* Writes the bytes of the file in memory to the target's stream, which remembers failures. */
static void write_image(writer *w, const spoti_hdf5_file *f)
{
    const spot_allocator *allocator = f->task->allocator;
    ssize_t size = H5Fget_file_image(f->file, NULL, 0);
    void *image = size > 0 ? spoti_alloc(allocator, (size_t)size, 1) : NULL;

    check(w, image != NULL && H5Fget_file_image(f->file, image, (size_t)size) == size);
    if (!w->failed) {
        (void)fwrite(image, 1, (size_t)size, f->target.stream);
    }
    spoti_free(allocator, image, size > 0 ? (size_t)size : 0);
}

/* What robomimic calls the environment, as JSON. */
static void put_environment(writer *w, const spoti_hdf5_file *f)
{
    const spot_task_info *info = spot_task_describe(f->task);
    json_t *json = json_pack("{s:s, s:i, s:{s:f, s:i, s:i}}", "env_name", info->name, "env_type", 1,
                             "env_kwargs", "control_freq",
                             1.0 / (info->dims.tick_s * info->dims.ticks_per_action), "horizon",
                             info->dims.horizon, "execute", info->dims.n_execute);
    char text[SPOT_DIAG_TEXT_SIZE * 4];
    size_t size = json != NULL ? json_dumpb(json, text, sizeof(text), 0) : 0;

    check(w, size > 0 && size < sizeof(text));
    if (size > 0 && size < sizeof(text)) {
        text[size] = '\0';
        put_text_attribute(w, f->data, "env_args", text);
    }
    json_decref(json);
}

spot_status spoti_hdf5_begin(const char *path, const spot_task *task, spoti_hdf5_file **out,
                             spot_diag *diag)
{
    const spot_task_info *info = spot_task_describe(task);
    writer w = {false};

    *out = NULL;
    spoti_hdf5_file *f = spoti_calloc(task->allocator, 1, sizeof(*f));
    if (f == NULL) {
        return SPOT_E_NOMEM;
    }
    f->task = task;
    f->file = H5I_INVALID_HID;
    f->data = H5I_INVALID_HID;
    spot_status st = spoti_file_begin(&f->target, path, diag);
    if (st != SPOT_OK) {
        spoti_free(task->allocator, f, sizeof(*f));
        return st;
    }
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* HDF5 would print to stderr */
    f->file = create_in_memory();
    if (f->file >= 0) {
        f->data = H5Gcreate2(f->file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    }
    if (f->data < 0) {
        st = memory_error(f, diag);
        (void)spoti_hdf5_end(f, false, NULL);
        return st;
    }
    put_environment(&w, f);
    put_text_attribute(&w, f->data, "task", info->name);
    if (w.failed) {
        st = memory_error(f, diag);
        (void)spoti_hdf5_end(f, false, NULL);
        return st;
    }
    *out = f;
    return SPOT_OK;
}

static void put_observations(writer *w, hid_t group, const spoti_hdf5_file *f,
                             const spoti_demo *demo)
{
    const spot_world_dims *d = &demo->dims;
    hid_t obs = H5Gcreate2(group, "obs", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    check(w, obs >= 0);
    if (obs < 0) {
        return;
    }
    put_table(w, obs, "state", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, demo->count, d->obs_dim,
              demo->state);
    put_table(w, obs, "anchor", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count, d->action_dim,
              demo->anchor);
    for (int i = 0; i < d->sample_dim; i++) {
        put_column(w, obs, spot_task_describe(f->task)->sample_names[i], demo->count, d->sample_dim,
                   i, demo->sample);
    }
    check(w, H5Gclose(obs) >= 0);
}

/* actions = targets - anchor; rewards and dones are 1 on the last row only, as LIBERO has them. */
static void put_derived(writer *w, hid_t group, const spoti_hdf5_file *f, const spoti_demo *demo)
{
    const spot_allocator *allocator = f->task->allocator;
    size_t cells = (size_t)demo->count * (size_t)demo->dims.action_dim;
    size_t rows = (size_t)demo->count;
    double *actions = spoti_calloc(allocator, cells, sizeof(double));
    double *rewards = spoti_calloc(allocator, rows, sizeof(double));
    uint8_t *dones = spoti_calloc(allocator, rows, 1);

    check(w, actions != NULL && rewards != NULL && dones != NULL);
    if (!w->failed) {
        for (size_t i = 0; i < cells; i++) {
            actions[i] = demo->target[i] - demo->anchor[i];
        }
        rewards[rows - 1] = 1.0;
        dones[rows - 1] = 1;
        put_table(w, group, "actions", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count,
                  demo->dims.action_dim, actions);
        put_table(w, group, "rewards", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count, 0, rewards);
        put_table(w, group, "dones", H5T_STD_U8LE, H5T_NATIVE_UINT8, demo->count, 0, dones);
    }
    spoti_free(allocator, actions, cells * sizeof(double));
    spoti_free(allocator, rewards, rows * sizeof(double));
    spoti_free(allocator, dones, rows);
}

spot_status spoti_hdf5_append(spoti_hdf5_file *f, const spoti_demo *demo, spot_diag *diag)
{
    char name[32];
    writer w = {false};
    const int64_t samples = demo->count;
    const uint64_t seed = demo->seed;

    if (demo->count < 1) {
        return SPOT_E_INVALID;
    }
    (void)spoti_format(name, sizeof(name), "demo_%d", f->count);
    hid_t group = H5Gcreate2(f->data, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0) {
        return memory_error(f, diag);
    }
    put_attribute(&w, group, "num_samples", H5T_NATIVE_INT64, &samples);
    put_attribute(&w, group, "seed", H5T_NATIVE_UINT64, &seed);
    put_attribute(&w, group, "speed", H5T_NATIVE_DOUBLE, &demo->speed);
    put_text_attribute(&w, group, "model_file", spot_task_describe(f->task)->model);
    put_observations(&w, group, f, demo);
    put_table(&w, group, "targets", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count,
              demo->dims.action_dim, demo->target);
    put_table(&w, group, "commands", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count,
              demo->dims.action_dim, demo->command);
    put_table(&w, group, "states", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, demo->count,
              demo->dims.state_dim, demo->sim);
    put_table(&w, group, "label_ok", H5T_STD_U8LE, H5T_NATIVE_UINT8, demo->count, 0, demo->ok);
    put_derived(&w, group, f, demo);
    check(&w, H5Gclose(group) >= 0);
    f->count++;
    f->rows += demo->count;
    return w.failed ? memory_error(f, diag) : SPOT_OK;
}

spot_status spoti_hdf5_end(spoti_hdf5_file *f, bool keep, spot_diag *diag)
{
    writer w = {false};
    spot_status st = SPOT_OK;

    if (f->data >= 0) {
        put_attribute(&w, f->data, "total", H5T_NATIVE_INT64, &f->rows);
        check(&w, H5Gclose(f->data) >= 0);
    }
    if (f->file >= 0) {
        check(&w, H5Fflush(f->file, H5F_SCOPE_GLOBAL) >= 0);
        if (keep && !w.failed) {
            write_image(&w, f);
        }
        check(&w, H5Fclose(f->file) >= 0);
    }
    if (keep && !w.failed) {
        st = spoti_file_commit(&f->target, diag);
    } else {
        st = keep ? memory_error(f, diag) : SPOT_OK;
        spoti_file_abort(&f->target);
    }
    spoti_free(f->task->allocator, f, sizeof(*f));
    return st;
}
