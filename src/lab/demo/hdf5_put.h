/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Putting things into HDF5 so that what is written reads as a list: every call goes through a `writer` that remembers
 * the first failure. No time is stored: equal contents are equal bytes.
 */
#ifndef SPOTI_HDF5_PUT_H
#define SPOTI_HDF5_PUT_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct spoti_hdf5_writer {
    bool failed;
    bool no_memory; /* that is why */
    pid_t parent;   /* who waits for the file */
} spoti_hdf5_writer;

void spoti_hdf5_check(spoti_hdf5_writer *w, bool ok);

/* The same of memory that was asked for. */
void spoti_hdf5_check_memory(spoti_hdf5_writer *w, bool ok);

/* Whether somebody still waits for the file: false once the caller's process is gone. */
bool spoti_hdf5_is_awaited(const spoti_hdf5_writer *w);

/* A new file, or one to read; H5I_INVALID_HID on failure. The caller closes. The format is that of HDF5 1.8 and later:
 * attributes of earlier ones end at 64 kB, and a model's text may be longer. */
hid_t spoti_hdf5_new_file(spoti_hdf5_writer *w, const char *path);
hid_t spoti_hdf5_old_file(spoti_hdf5_writer *w, const char *path);

/* A new group; H5I_INVALID_HID on failure. */
hid_t spoti_hdf5_group(spoti_hdf5_writer *w, hid_t parent, const char *name);
void spoti_hdf5_close_group(spoti_hdf5_writer *w, hid_t group);

/* Attributes: a text, one number, a list of numbers. */
void spoti_hdf5_put_text(spoti_hdf5_writer *w, hid_t object, const char *name, const char *text);
void spoti_hdf5_put_number(spoti_hdf5_writer *w, hid_t object, const char *name, hid_t type,
                           const void *value);
void spoti_hdf5_put_list(spoti_hdf5_writer *w, hid_t object, const char *name, int n,
                         const double *values);

/* A dataset (rows x columns), or (rows) if columns is 0. */
void spoti_hdf5_put_table(spoti_hdf5_writer *w, hid_t group, const char *name, hid_t file_type,
                          hid_t memory_type, int rows, int columns, const void *values);

/* A dataset (rows x height x width x 3) of bytes, a chunk a row, compressed where the library can; `read` brings row i, false
 * if it cannot. */
typedef bool (*spoti_hdf5_read_fn)(const void *context, int row, uint8_t *pixels);
void spoti_hdf5_put_images(spoti_hdf5_writer *w, hid_t group, const char *name, int rows,
                           int height, int width, spoti_hdf5_read_fn read, const void *context);

/* One column of a row-major table as a dataset (rows x 1), since robomimic's models take no others. */
void spoti_hdf5_put_column(spoti_hdf5_writer *w, hid_t group, const char *name, int rows,
                           int columns, int column, const double *table);

/* A dataset (n) of texts of `size` bytes each, padded with zeros. */
void spoti_hdf5_put_words(spoti_hdf5_writer *w, hid_t group, const char *name, int n, size_t size,
                          const char *words);

#endif
