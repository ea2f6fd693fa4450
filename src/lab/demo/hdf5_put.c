/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/demo/hdf5_put.h"

#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"

enum { DEFLATE_LEVEL = 4 /* h5py's own */ };

void spoti_hdf5_check(spoti_hdf5_writer *w, bool ok)
{
    w->failed = w->failed || !ok;
}

void spoti_hdf5_check_memory(spoti_hdf5_writer *w, bool ok)
{
    w->no_memory = w->no_memory || (!ok && !w->failed);
    spoti_hdf5_check(w, ok);
}

bool spoti_hdf5_is_awaited(const spoti_hdf5_writer *w)
{
    return getppid() == w->parent;
}

/* Without the library's locks, which not all file systems have: nobody else knows these files yet. */
static hid_t file_access(spoti_hdf5_writer *w)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7)
    spoti_hdf5_check(w, access >= 0 && H5Pset_file_locking(access, false, true) >= 0);
#endif
    spoti_hdf5_check(w, access >= 0 &&
                            H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) >= 0);
    return access;
}

hid_t spoti_hdf5_new_file(spoti_hdf5_writer *w, const char *path)
{
    hid_t access = file_access(w);
    hid_t plan = H5Pcreate(H5P_FILE_CREATE); /* of the root group too */
    spoti_hdf5_check(w, plan >= 0 && H5Pset_obj_track_times(plan, false) >= 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, plan, access);
    spoti_hdf5_check(w, file >= 0);
    (void)H5Pclose(plan);
    (void)H5Pclose(access);
    return file;
}

hid_t spoti_hdf5_old_file(spoti_hdf5_writer *w, const char *path)
{
    hid_t access = file_access(w);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
    spoti_hdf5_check(w, file >= 0);
    (void)H5Pclose(access);
    return file;
}

hid_t spoti_hdf5_group(spoti_hdf5_writer *w, hid_t parent, const char *name)
{
    hid_t plan = H5Pcreate(H5P_GROUP_CREATE);
    spoti_hdf5_check(w, plan >= 0 && H5Pset_obj_track_times(plan, false) >= 0);
    hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, plan, H5P_DEFAULT);
    spoti_hdf5_check(w, group >= 0);
    (void)H5Pclose(plan);
    return group;
}

void spoti_hdf5_close_group(spoti_hdf5_writer *w, hid_t group)
{
    spoti_hdf5_check(w, group < 0 || H5Gclose(group) >= 0);
}

static void put_attribute(spoti_hdf5_writer *w, hid_t object, const char *name, hid_t type,
                          hid_t space, const void *value)
{
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    spoti_hdf5_check(w, attribute >= 0 && H5Awrite(attribute, type, value) >= 0);
    spoti_hdf5_check(w, attribute < 0 || H5Aclose(attribute) >= 0);
    (void)H5Sclose(space);
}

void spoti_hdf5_put_text(spoti_hdf5_writer *w, hid_t object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    spoti_hdf5_check(w, H5Tset_size(type, strlen(text) + 1) >= 0);
    put_attribute(w, object, name, type, H5Screate(H5S_SCALAR), text);
    (void)H5Tclose(type);
}

void spoti_hdf5_put_number(spoti_hdf5_writer *w, hid_t object, const char *name, hid_t type,
                           const void *value)
{
    put_attribute(w, object, name, type, H5Screate(H5S_SCALAR), value);
}

void spoti_hdf5_put_list(spoti_hdf5_writer *w, hid_t object, const char *name, int n,
                         const double *values)
{
    const hsize_t size = (hsize_t)n;
    put_attribute(w, object, name, H5T_NATIVE_DOUBLE, H5Screate_simple(1, &size, NULL), values);
}

static hid_t create_set(spoti_hdf5_writer *w, hid_t group, const char *name, hid_t type,
                        hid_t space)
{
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    spoti_hdf5_check(w, plan >= 0 && H5Pset_obj_track_times(plan, false) >= 0);
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
    (void)H5Pclose(plan);
    return set;
}

/* Writes what `memory` selects of `values` to all of a new dataset. */
static void put_set(spoti_hdf5_writer *w, hid_t group, const char *name, hid_t file_type,
                    hid_t memory_type, hid_t space, hid_t memory, const void *values)
{
    hid_t set = create_set(w, group, name, file_type, space);
    spoti_hdf5_check(w, set >= 0 &&
                            H5Dwrite(set, memory_type, memory, H5S_ALL, H5P_DEFAULT, values) >= 0);
    spoti_hdf5_check(w, set < 0 || H5Dclose(set) >= 0);
    (void)H5Sclose(space);
}

void spoti_hdf5_put_table(spoti_hdf5_writer *w, hid_t group, const char *name, hid_t file_type,
                          hid_t memory_type, int rows, int columns, const void *values)
{
    const hsize_t size[2] = {(hsize_t)rows, (hsize_t)columns};
    put_set(w, group, name, file_type, memory_type,
            H5Screate_simple(columns > 0 ? 2 : 1, size, NULL), H5S_ALL, values);
}

/* A dataset whose rows are chunks, compressed where the library has been built with zlib. */
static hid_t create_chunked(spoti_hdf5_writer *w, hid_t group, const char *name,
                            const hsize_t size[4])
{
    const hsize_t chunk[4] = {1, size[1], size[2], size[3]};
    hid_t space = H5Screate_simple(4, size, NULL);
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    spoti_hdf5_check(w, plan >= 0 && H5Pset_obj_track_times(plan, false) >= 0 &&
                            H5Pset_chunk(plan, 4, chunk) >= 0);
    if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
        spoti_hdf5_check(w, H5Pset_deflate(plan, DEFLATE_LEVEL) >= 0);
    }
    hid_t set = H5Dcreate2(group, name, H5T_STD_U8LE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
    (void)H5Pclose(plan);
    (void)H5Sclose(space);
    return set;
}

void spoti_hdf5_put_images(spoti_hdf5_writer *w, hid_t group, const char *name, int rows,
                           int height, int width, spoti_hdf5_read_fn read, const void *context)
{
    const hsize_t size[4] = {(hsize_t)rows, (hsize_t)height, (hsize_t)width, 3};
    const hsize_t one[4] = {1, size[1], size[2], size[3]};
    const size_t bytes = (size_t)height * (size_t)width * 3;
    uint8_t *pixels = spoti_alloc(NULL, bytes, 1);
    hid_t set = create_chunked(w, group, name, size);
    hid_t memory = H5Screate_simple(4, one, NULL);
    hid_t place = H5Screate_simple(4, size, NULL);

    spoti_hdf5_check_memory(w, pixels != NULL);
    spoti_hdf5_check(w, set >= 0);
    for (int i = 0; !w->failed && i < rows; i++) {
        const hsize_t start[4] = {(hsize_t)i, 0, 0, 0};
        spoti_hdf5_check(
            w, read(context, i, pixels) &&
                   H5Sselect_hyperslab(place, H5S_SELECT_SET, start, NULL, one, NULL) >= 0 &&
                   H5Dwrite(set, H5T_NATIVE_UINT8, memory, place, H5P_DEFAULT, pixels) >= 0);
    }
    (void)H5Sclose(place);
    (void)H5Sclose(memory);
    spoti_hdf5_check(w, set < 0 || H5Dclose(set) >= 0);
    spoti_free(NULL, pixels, bytes);
}

void spoti_hdf5_put_column(spoti_hdf5_writer *w, hid_t group, const char *name, int rows,
                           int columns, int column, const double *table)
{
    const hsize_t size[2] = {(hsize_t)rows, (hsize_t)columns};
    const hsize_t start[2] = {0, (hsize_t)column};
    const hsize_t count[2] = {(hsize_t)rows, 1};
    hid_t memory = H5Screate_simple(2, size, NULL);
    spoti_hdf5_check(w, H5Sselect_hyperslab(memory, H5S_SELECT_SET, start, NULL, count, NULL) >= 0);
    put_set(w, group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5Screate_simple(2, count, NULL),
            memory, table);
    (void)H5Sclose(memory);
}

void spoti_hdf5_put_words(spoti_hdf5_writer *w, hid_t group, const char *name, int n, size_t size,
                          const char *words)
{
    const hsize_t length = (hsize_t)n;
    hid_t type = H5Tcopy(H5T_C_S1);
    spoti_hdf5_check(w, H5Tset_size(type, size) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0);
    put_set(w, group, name, type, type, H5Screate_simple(1, &length, NULL), H5S_ALL, words);
    (void)H5Tclose(type);
}
