/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The demonstrations of an HDF5 file and their rate: env_kwargs.control_freq of the attribute
 * env_args, or as given. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/motion/hdf5_demos.h"
#include "lab/motion/hdf5_read.h"

enum { ENV_SIZE = 1 << 20, FIRST_ROOM = 64 };

typedef struct lister {
    const spot_allocator *allocator;
    spoti_demos *out;
    hid_t data;
    bool failed; /* memory */
} lister;

static bool make_room(lister *d)
{
    const size_t room = d->out->room > 0 ? 2 * d->out->room : FIRST_ROOM;

    if (d->out->count < d->out->room) {
        return true;
    }
    spoti_demo_name *names = spoti_alloc(d->allocator, room, sizeof(spoti_demo_name));
    if (names == NULL) {
        return false;
    }
    if (d->out->count > 0) {
        memcpy(names, d->out->names, d->out->count * sizeof(spoti_demo_name));
    }
    spoti_free(d->allocator, d->out->names, d->out->room * sizeof(spoti_demo_name));
    d->out->names = names;
    d->out->room = room;
    return true;
}

/* An H5L_iterate_t: takes links that are called demo_... */
static herr_t take_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    lister *d = context;

    (void)group;
    (void)info;
    if (!spoti_starts_with(name, "demo_") || d->out->count > SPOTI_DEMOS_MAX) {
        return 0;
    }
    if (!make_room(d)) {
        d->failed = true;
        return 1;
    }
    /* a longer name cannot be found again and is refused when it is read */
    (void)spoti_copy(d->out->names[d->out->count++], sizeof(spoti_demo_name), name);
    return 0;
}

/* demo_2 before demo_10. */
static int compare_names(const void *a, const void *b)
{
    const char *x = a;
    const char *y = b;
    const size_t n = strlen(x);
    const size_t m = strlen(y);

    return n != m ? (n < m ? -1 : 1) : strcmp(x, y);
}

static spot_status list_demos(const spot_motion_file *file, lister *d, spot_diag *diag)
{
    hsize_t at = 0;

    if (H5Literate(d->data, H5_INDEX_NAME, H5_ITER_NATIVE, &at, take_link, d) < 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: data: cannot be read", file->path);
    }
    if (d->failed) {
        return SPOT_E_NOMEM;
    }
    if (d->out->count == 0 || d->out->count > SPOTI_DEMOS_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: data: %s groups demo_..., expected 1 to %d",
                             file->path, d->out->count == 0 ? "no" : "too many", SPOTI_DEMOS_MAX);
    }
    qsort(d->out->names, d->out->count, sizeof(spoti_demo_name), compare_names);
    return SPOT_OK;
}

/* env_kwargs.control_freq of data/env_args; 0 = not said. Returns SPOT_OK, E_NOMEM. */
static spot_status read_rate(const lister *d, double *rate)
{
    char *text = spoti_alloc(d->allocator, ENV_SIZE, 1);

    *rate = 0.0;
    if (text == NULL) {
        return SPOT_E_NOMEM;
    }
    if (spoti_hdf5_text(d->data, "env_args", text, ENV_SIZE)) {
        json_t *json = json_loads(text, 0, NULL);

        *rate =
            json_number_value(json_object_get(json_object_get(json, "env_kwargs"), "control_freq"));
        json_decref(json);
    }
    spoti_free(d->allocator, text, ENV_SIZE);
    return SPOT_OK;
}

static spot_status find_rate(const spot_motion_file *file, lister *d, spot_diag *diag)
{
    const double given = file->config.control_hz;
    double own = 0.0;
    const spot_status st = read_rate(d, &own);

    if (st != SPOT_OK) {
        return st;
    }
    if (own == 0.0 && given == 0.0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: data: no env_kwargs.control_freq in its attribute env_args, "
                             "expected it or a rate (--control-hz)",
                             file->path);
    }
    if (own != 0.0 && !spoti_motion_rate_is_one(own)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: data: control_freq %g in its attribute env_args, expected %g "
                             "to %g Hz",
                             file->path, own, SPOTI_MOTION_HZ_LEAST, SPOTI_MOTION_HZ_MOST);
    }
    if (own != 0.0 && given != 0.0 && own != given) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: data: control_freq is %g Hz in its attribute env_args, %g Hz is "
                             "given (--control-hz), expected one rate",
                             file->path, own, given);
    }
    d->out->rate_hz = own != 0.0 ? own : given;
    d->out->timing = own != 0.0 ? SPOT_MOTION_TIMING_FILE : SPOT_MOTION_TIMING_GIVEN;
    return SPOT_OK;
}

/* The map names datasets by our channels. */
static spot_status check_map(const spot_motion_file *file, spot_diag *diag)
{
    for (const char *at = file->config.map; at != NULL && *at != '\0';) {
        const size_t pair = strcspn(at, ",");
        const size_t old = strcspn(at, "=");
        bool known = false;

        for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
            const char *name = spot_motion_channel_str(i);

            known = known || (strlen(name) == pair - old - 1 &&
                              strncmp(name, at + old + 1, pair - old - 1) == 0);
        }
        if (!known || old + sizeof("obs/") > SPOT_MOTION_SOURCE_SIZE) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "map: '%.*s', expected a dataset=one of position_m, "
                                 "velocity_m_s, joint_rad, joint_rad_s, torque_nm, action",
                                 (int)(pair < 100 ? pair : 100), at);
        }
        at += pair + (at[pair] == ',');
    }
    return SPOT_OK;
}

spot_status spoti_demos_list(const spot_motion_file *file, spoti_demos *demos, spot_diag *diag)
{
    char where[SPOTI_WHERE_SIZE];
    lister d = {.allocator = file->config.allocator, .out = demos, .data = H5I_INVALID_HID};
    hid_t root = H5I_INVALID_HID;

    spot_status st = spoti_hdf5_open_file(file->path, &root, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)spoti_format(where, sizeof(where), "%s: data", file->path);
    st = spoti_hdf5_open_group(root, "data", where, &d.data, diag);
    if (st == SPOT_OK) {
        st = list_demos(file, &d, diag);
        st = st == SPOT_OK ? find_rate(file, &d, diag) : st;
        st = st == SPOT_OK ? check_map(file, diag) : st;
        (void)H5Gclose(d.data);
    }
    (void)H5Fclose(root);
    return st;
}
