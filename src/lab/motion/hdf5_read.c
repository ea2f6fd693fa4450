/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/motion/hdf5_read.h"

#include <math.h>
#include <string.h>

#include "core/base/text.h"

enum { PATH_SIZE = 256, RANK_MAX = 2 };

/* Of a chunk, which is read whole. */
static const double CHUNK_BYTES_MAX = 256e6;

spot_status spoti_hdf5_open_file(const char *path, hid_t *out, spot_diag *diag)
{
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* HDF5 would print to stderr */
    *out = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return *out >= 0 ? SPOT_OK
                     : spot_diag_set(diag, SPOT_E_FORMAT,
                                     "%s: a broken HDF5 file, expected a whole one", path);
}

bool spoti_hdf5_exists(hid_t group, const char *name)
{
    char part[PATH_SIZE];

    for (const char *at = name; *at != '\0';) {
        H5L_info_t info;

        at += strcspn(at, "/");
        if (!spoti_copy_n(part, sizeof(part), name, (size_t)(at - name)) ||
            H5Lexists(group, part, H5P_DEFAULT) <= 0 ||
            H5Lget_info(group, part, &info, H5P_DEFAULT) < 0 ||
            info.type != H5L_TYPE_HARD) { /* a soft one may lead out of the file by another */
            return false;
        }
        at += *at == '/';
    }
    return name[0] != '\0';
}

/* Closes `object` and says what it is not. */
static spot_status refuse(hid_t object, const char *where, const char *what, spot_diag *diag)
{
    if (object >= 0) {
        (void)H5Oclose(object);
    }
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s", where, what);
}

spot_status spoti_hdf5_open_group(hid_t group, const char *name, const char *where, hid_t *out,
                                  spot_diag *diag)
{
    const hid_t object = spoti_hdf5_exists(group, name) ? H5Oopen(group, name, H5P_DEFAULT) : -1;

    *out = H5I_INVALID_HID;
    if (object < 0 || H5Iget_type(object) != H5I_GROUP) {
        return refuse(object, where, "missing, expected a group", diag);
    }
    *out = object;
    return SPOT_OK;
}

/* Whether the data lie in this file, in pieces that memory holds. */
static bool storage_is_plain(hid_t set)
{
    const hid_t plan = H5Dget_create_plist(set);
    const hid_t type = H5Dget_type(set);
    hsize_t sizes[RANK_MAX] = {0};
    bool plain = plan >= 0 && type >= 0 && H5Pget_external_count(plan) == 0;
    const H5D_layout_t layout = plain ? H5Pget_layout(plan) : H5D_LAYOUT_ERROR;

    if (layout == H5D_CHUNKED) {
        const int rank = H5Pget_chunk(plan, RANK_MAX, sizes);
        double bytes = (double)H5Tget_size(type);

        for (int i = 0; i < rank && i < RANK_MAX; i++) {
            bytes *= (double)sizes[i];
        }
        plain = rank > 0 && rank <= RANK_MAX && bytes <= CHUNK_BYTES_MAX;
    } else {
        plain = plain && (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS);
    }
    (void)H5Tclose(type);
    (void)H5Pclose(plan);
    return plain;
}

static bool is_number(hid_t set)
{
    const hid_t type = H5Dget_type(set);
    const H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;

    (void)H5Tclose(type);
    return class == H5T_INTEGER || class == H5T_FLOAT;
}

spot_status spoti_hdf5_open_table(hid_t group, const char *name, const char *where,
                                  spoti_hdf5_table *out, spot_diag *diag)
{
    const hid_t object = spoti_hdf5_exists(group, name) ? H5Oopen(group, name, H5P_DEFAULT) : -1;
    hsize_t sizes[RANK_MAX] = {0, 1};

    *out = (spoti_hdf5_table){.set = H5I_INVALID_HID};
    if (object < 0 || H5Iget_type(object) != H5I_DATASET) {
        return refuse(object, where, "missing, expected a dataset", diag);
    }
    if (!is_number(object)) {
        return refuse(object, where, "no numbers, expected integers or floats", diag);
    }
    const hid_t space = H5Dget_space(object);
    const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    const bool shaped = rank >= 1 && rank <= RANK_MAX && H5Sis_simple(space) > 0 &&
                        H5Sget_simple_extent_dims(space, sizes, NULL) == rank;
    (void)H5Sclose(space);
    if (!shaped) {
        return refuse(object, where, "expected a table of one or two dimensions", diag);
    }
    if (!storage_is_plain(object)) {
        return refuse(
            object, where,
            "data in other files or in large chunks, expected them in the file, in chunks "
            "of at most 256 MB",
            diag);
    }
    *out = (spoti_hdf5_table){object, (size_t)sizes[0], (size_t)sizes[1]};
    return SPOT_OK;
}

/* H5Dread of the columns. */
static bool read_columns(const spoti_hdf5_table *t, size_t n_column, size_t stride, double *to)
{
    const hsize_t start[2] = {0, 0};
    const hsize_t count[2] = {t->rows, n_column};
    const hsize_t room[2] = {t->rows, stride};
    const hid_t space = H5Dget_space(t->set);
    hsize_t last = (t->rows - 1) * stride + n_column;
    /* rows end with the array, not with their stride */
    const hid_t memory = last == t->rows * stride ? H5Screate_simple(2, room, NULL)
                                                  : H5Screate_simple(1, &last, NULL);
    bool ok = space >= 0 && memory >= 0 &&
              H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0;

    if (ok && last == t->rows * stride) {
        ok = H5Sselect_hyperslab(memory, H5S_SELECT_SET, start, NULL, count, NULL) >= 0;
    } else if (ok) {
        const hsize_t first = 0;
        const hsize_t step = stride;
        const hsize_t n = t->rows;
        const hsize_t block = n_column;
        ok = H5Sselect_hyperslab(memory, H5S_SELECT_SET, &first, &step, &n, &block) >= 0;
    }
    ok = ok && H5Dread(t->set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, to) >= 0;
    (void)H5Sclose(memory);
    (void)H5Sclose(space);
    return ok;
}

spot_status spoti_hdf5_read_table(const spoti_hdf5_table *table, size_t n_column, size_t stride,
                                  double *to, const char *where, spot_diag *diag)
{
    if (table->rows == 0 || n_column == 0 || n_column > table->columns || stride < n_column) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: empty, expected numbers", where);
    }
    if (!read_columns(table, n_column, stride, to)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: cannot be read", where);
    }
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < n_column; j++) {
            if (!isfinite(to[i * stride + j])) {
                return spot_diag_set(diag, SPOT_E_RANGE,
                                     "%s: row %zu, column %zu: not finite, expected a number",
                                     where, i, j);
            }
        }
    }
    return SPOT_OK;
}

/* The text of an attribute whose length the file sets. */
static bool read_variable(hid_t attribute, hid_t memory, char *out, size_t size)
{
    char *text = NULL;
    const bool ok =
        H5Aread(attribute, memory, &text) >= 0 && text != NULL && spoti_copy(out, size, text);

    if (text != NULL) {
        (void)H5free_memory(text);
    }
    return ok;
}

bool spoti_hdf5_text(hid_t object, const char *name, char *out, size_t size)
{
    if (H5Aexists(object, name) <= 0) {
        return false;
    }
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    const hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    const bool one = type >= 0 && H5Tget_class(type) == H5T_STRING && space >= 0 &&
                     H5Sget_simple_extent_npoints(space) == 1;
    const size_t length = one ? H5Tget_size(type) : 0;
    const hid_t memory = one ? H5Tcopy(type) : -1;
    bool ok = false;

    memset(out, 0, size);
    if (memory >= 0 && H5Tis_variable_str(type) > 0) {
        ok = read_variable(attribute, memory, out, size);
    } else if (memory >= 0 && length < size) {
        ok = H5Aread(attribute, memory, out) >= 0;
    }
    (void)H5Tclose(memory);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Aclose(attribute);
    return ok;
}

bool spoti_hdf5_integer(hid_t object, const char *name, long long *out)
{
    if (H5Aexists(object, name) <= 0) {
        return false;
    }
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    const hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    const bool ok = type >= 0 && H5Tget_class(type) == H5T_INTEGER && space >= 0 &&
                    H5Sget_simple_extent_npoints(space) == 1 &&
                    H5Aread(attribute, H5T_NATIVE_LLONG, out) >= 0;

    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Aclose(attribute);
    return ok;
}
