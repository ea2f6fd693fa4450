/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Demonstrations in the robomimic / LIBERO layout: data/demo_<i>/actions and .../obs/<name>.
 *
 * A channel is the first of its known datasets that is there, or single columns named x, y, z or 1, 2, 3 ... as
 * `sweetspot demo` writes them, or the one that the map names. The rate is env_kwargs.control_freq of the attribute
 * env_args, or given.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/motion/file.h"
#include "lab/motion/hdf5_read.h"
#include "spot/show.h"

enum {
    DEMOS_MAX = 100000,
    WHERE_SIZE = 320,
    ENV_SIZE = 1 << 20,
    AXES = 3,
    JOINTS_MAX = 64,
    FIRST_ROOM = 64,
};

/* Where a channel may lie. */
static const struct places {
    const char *tables[4]; /* the first that exists */
    const char *stem;      /* of single columns; NULL = none */
    bool axes;             /* x, y, z, else 1, 2, 3 ... */
    size_t widest;         /* columns that a table may have */
    size_t taken;          /* of them the first; 0 = all */
} PLACES[SPOT_MOTION_N_CHANNEL] = {
    {{"obs/robot0_eef_pos", "obs/ee_pos", "obs/ee_states", NULL}, "obs/gripper_", true, 6, AXES},
    {{"obs/robot0_eef_vel_lin", NULL}, NULL, true, AXES, AXES},
    {{"obs/robot0_joint_pos", "obs/joint_states", NULL}, "obs/q", false, JOINTS_MAX, 0},
    {{"obs/robot0_joint_vel", "obs/joint_vel", NULL}, "obs/qd", false, JOINTS_MAX, 0},
    {{"obs/robot0_joint_torque", "obs/joint_torque", NULL}, "obs/torque", false, JOINTS_MAX, 0},
    {{"actions", NULL}, NULL, false, SPOTI_MOTION_WIDTH_MAX, 0},
};

typedef char demo_name[SPOT_MOTION_NAME_SIZE];

typedef struct demos {
    const spot_allocator *allocator;
    hid_t file;
    hid_t data;
    demo_name *names; /* (room) */
    size_t room;
    size_t count;
    bool failed; /* memory */
    double rate_hz;
    spot_motion_timing timing;
} demos;

bool spoti_motion_is_hdf5(const char *path)
{
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* HDF5 would print to stderr */
    return H5Fis_hdf5(path) > 0;
}

/* The list ------------------------------------------------------------------------------------- */

static bool make_room(demos *d)
{
    const size_t room = d->room > 0 ? 2 * d->room : FIRST_ROOM;

    if (d->count < d->room) {
        return true;
    }
    demo_name *names = spoti_alloc(d->allocator, room, sizeof(demo_name));
    if (names == NULL) {
        return false;
    }
    if (d->count > 0) {
        memcpy(names, d->names, d->count * sizeof(demo_name));
    }
    spoti_free(d->allocator, d->names, d->room * sizeof(demo_name));
    d->names = names;
    d->room = room;
    return true;
}

/* An H5L_iterate_t: takes links that are called demo_... */
static herr_t take_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    demos *d = context;

    (void)group;
    (void)info;
    if (!spoti_starts_with(name, "demo_") || d->count > DEMOS_MAX) {
        return 0;
    }
    if (!make_room(d)) {
        d->failed = true;
        return 1;
    }
    /* a longer name cannot be found again and is refused when it is read */
    (void)spoti_copy(d->names[d->count++], sizeof(demo_name), name);
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

static spot_status list_demos(const spot_motion_file *file, demos *d, spot_diag *diag)
{
    hsize_t at = 0;

    if (H5Literate(d->data, H5_INDEX_NAME, H5_ITER_NATIVE, &at, take_link, d) < 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: data: cannot be read", file->path);
    }
    if (d->failed) {
        return SPOT_E_NOMEM;
    }
    if (d->count == 0 || d->count > DEMOS_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: data: %s groups demo_..., expected 1 to %d",
                             file->path, d->count == 0 ? "no" : "too many", DEMOS_MAX);
    }
    qsort(d->names, d->count, sizeof(demo_name), compare_names);
    return SPOT_OK;
}

/* env_kwargs.control_freq of data/env_args; 0 = not said. */
static double rate_of(const demos *d)
{
    char *text = spoti_alloc(d->allocator, ENV_SIZE, 1);
    double rate = 0.0;

    if (text != NULL && spoti_hdf5_text(d->data, "env_args", text, ENV_SIZE)) {
        json_t *json = json_loads(text, 0, NULL);

        rate =
            json_number_value(json_object_get(json_object_get(json, "env_kwargs"), "control_freq"));
        json_decref(json);
    }
    spoti_free(d->allocator, text, ENV_SIZE);
    return rate;
}

static spot_status find_rate(const spot_motion_file *file, demos *d, spot_diag *diag)
{
    const double given = file->config.control_hz;
    const double own = rate_of(d);

    if (own == 0.0 && given == 0.0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: data: no env_kwargs.control_freq in its attribute env_args, "
                             "expected it or a rate (--control-hz)",
                             file->path);
    }
    if (own != 0.0 && !(own > 0.0 && own <= 1e6)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: data: control_freq %g in its attribute env_args, expected Hz, "
                             "more than 0",
                             file->path, own);
    }
    if (own != 0.0 && given != 0.0 && own != given) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: data: control_freq is %g Hz in its attribute env_args, %g Hz is "
                             "given (--control-hz), expected one rate",
                             file->path, own, given);
    }
    d->rate_hz = own != 0.0 ? own : given;
    d->timing = own != 0.0 ? SPOT_MOTION_TIMING_FILE : SPOT_MOTION_TIMING_GIVEN;
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

/* Channels of a demonstration ------------------------------------------------------------------ */

/* Tables that make up one channel. */
typedef struct channel {
    spoti_hdf5_table tables[JOINTS_MAX];
    size_t n_table;
    size_t width; /* columns in all */
} channel;

typedef struct loader {
    const spot_motion_file *file;
    const char *demo;
    hid_t group;
    channel channels[SPOT_MOTION_N_CHANNEL];
    spoti_motion_plan plan;
} loader;

static void locate(const loader *l, const char *name, char where[WHERE_SIZE])
{
    (void)spoti_format(where, WHERE_SIZE, "%s: data/%s%s%s", l->file->path, l->demo,
                       name[0] != '\0' ? "/" : "", name);
}

/* Opens one table of the channel; columns: most that it may have. */
static spot_status add_table(loader *l, channel *c, const char *name, size_t columns,
                             spot_diag *diag)
{
    char where[WHERE_SIZE];
    spoti_hdf5_table *t = &c->tables[c->n_table];

    locate(l, name, where);
    spot_status st = spoti_hdf5_open_table(l->group, name, where, t, diag);
    if (st != SPOT_OK) {
        return st;
    }
    c->n_table++;
    if (t->columns == 0 || t->columns > columns) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %zu columns, expected 1 to %zu", where,
                             t->columns, columns);
    }
    if (t->rows == 0 || t->rows > SPOTI_MOTION_SAMPLES_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %zu rows, expected 1 to %d", where, t->rows,
                             SPOTI_MOTION_SAMPLES_MAX);
    }
    if (l->plan.n_sample != 0 && t->rows != l->plan.n_sample) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %zu rows, expected %zu, as the channels before it have", where,
                             t->rows, l->plan.n_sample);
    }
    l->plan.n_sample = t->rows;
    return SPOT_OK;
}

/* Single columns x, y, z or 1, 2, ... */
static spot_status add_columns(loader *l, channel *c, const struct places *p, spot_diag *diag)
{
    const size_t most = p->axes ? AXES : JOINTS_MAX;
    spot_status st = SPOT_OK;

    for (size_t i = 0; i < most && st == SPOT_OK; i++) {
        char name[SPOT_MOTION_SOURCE_SIZE];

        if (p->axes) {
            (void)spoti_format(name, sizeof(name), "%s%c", p->stem, "xyz"[i]);
        } else {
            (void)spoti_format(name, sizeof(name), "%s%zu", p->stem, i + 1);
        }
        if (!spoti_hdf5_exists(l->group, name)) {
            break;
        }
        st = add_table(l, c, name, 1, diag);
    }
    c->width = c->n_table;
    return st;
}

/* The dataset that the map makes this channel, under obs/ unless it has a folder; false = none. */
static bool mapped_name(const loader *l, int i, char name[SPOT_MOTION_SOURCE_SIZE])
{
    for (const char *at = l->file->config.map; at != NULL && *at != '\0';) {
        const size_t pair = strcspn(at, ",");
        const size_t old = strcspn(at, "=");
        const char *wanted = spot_motion_channel_str(i);

        if (pair - old - 1 == strlen(wanted) &&
            strncmp(at + old + 1, wanted, strlen(wanted)) == 0) {
            const bool plain = memchr(at, '/', old) == NULL;

            return spoti_format(name, SPOT_MOTION_SOURCE_SIZE, "%s%.*s", plain ? "obs/" : "",
                                (int)old, at);
        }
        at += pair + (at[pair] == ',');
    }
    return false;
}

static spot_status find_channel(loader *l, int i, char source[SPOT_MOTION_SOURCE_SIZE],
                                spot_diag *diag)
{
    const struct places *p = &PLACES[i];
    channel *c = &l->channels[i];
    char name[SPOT_MOTION_SOURCE_SIZE];
    const char *found = mapped_name(l, i, name) ? name : NULL;
    spot_status st = SPOT_OK;

    for (int k = 0; k < 4 && found == NULL && p->tables[k] != NULL; k++) {
        found = spoti_hdf5_exists(l->group, p->tables[k]) ? p->tables[k] : NULL;
    }
    if (found != NULL) {
        (void)spoti_copy(source, SPOT_MOTION_SOURCE_SIZE, found);
        st = add_table(l, c, found, p->widest, diag);
        c->width = st != SPOT_OK                                     ? 0
                   : p->taken > 0 && p->taken < c->tables[0].columns ? p->taken
                                                                     : c->tables[0].columns;
    } else if (p->stem != NULL) {
        st = add_columns(l, c, p, diag);
        if (c->width == 1) {
            (void)spoti_format(source, SPOT_MOTION_SOURCE_SIZE, "%s%s", p->stem,
                               p->axes ? "x" : "1");
        } else if (c->width > 1) {
            (void)spoti_format(source, SPOT_MOTION_SOURCE_SIZE, "%s%s and %zu more", p->stem,
                               p->axes ? "x" : "1", c->width - 1);
        }
    }
    l->plan.width[i] = c->width;
    return st;
}

static spot_status read_channel(const loader *l, int i, spot_motion_trajectory *t, spot_diag *diag)
{
    const channel *c = &l->channels[i];
    double *to = spoti_motion_cells(t, i);
    const size_t columns = c->n_table > 1 ? 1 : c->width;
    spot_status st = SPOT_OK;

    for (size_t k = 0; k < c->n_table && st == SPOT_OK; k++) {
        char where[WHERE_SIZE];
        char name[SPOT_MOTION_SOURCE_SIZE];

        if (c->n_table > 1) {
            (void)spoti_format(name, sizeof(name), "%s, number %zu", t->sources[i], k + 1);
        } else {
            (void)spoti_copy(name, sizeof(name), t->sources[i]);
        }
        locate(l, name, where);
        st = spoti_hdf5_read_table(&c->tables[k], columns, c->width, to + k, where, diag);
    }
    return st;
}

/* What the demonstration says of its own length. */
static spot_status check_length(const loader *l, spot_diag *diag)
{
    char where[WHERE_SIZE];
    long long n = 0;

    locate(l, "", where);
    if (l->plan.n_sample == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: no channel that is understood, expected actions or such as "
                             "obs/ee_pos, obs/robot0_joint_pos (--map OLD=joint_rad)",
                             where);
    }
    if (spoti_hdf5_integer(l->group, "num_samples", &n) &&
        (n < 0 || (unsigned long long)n != l->plan.n_sample)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: num_samples is %lld, expected the %zu rows of its datasets",
                             where, n, l->plan.n_sample);
    }
    return SPOT_OK;
}

static spot_status load_channels(loader *l, spot_motion_trajectory *t, spot_diag *diag)
{
    char where[WHERE_SIZE];
    spot_status st = SPOT_OK;

    for (int i = 0; i < SPOT_MOTION_N_CHANNEL && st == SPOT_OK; i++) {
        st = find_channel(l, i, t->sources[i], diag);
    }
    st = st == SPOT_OK ? check_length(l, diag) : st;
    locate(l, "", where);
    st = st == SPOT_OK ? spoti_motion_lay_out(t, &l->plan, where, diag) : st;
    for (int i = 0; i < SPOT_MOTION_N_CHANNEL && st == SPOT_OK; i++) {
        st = read_channel(l, i, t, diag);
    }
    return st;
}

static spot_status load_hdf5(const spot_motion_file *file, int i, spot_motion_trajectory *out,
                             spot_diag *diag)
{
    const demos *d = file->self;
    char where[WHERE_SIZE];
    loader *l = spoti_calloc(d->allocator, 1, sizeof(*l));

    if (l == NULL) {
        return SPOT_E_NOMEM;
    }
    l->file = file;
    l->demo = d->names[i];
    (void)spot_show(out->name, sizeof(out->name), l->demo);
    out->timing = d->timing;
    out->interval_s = 1.0 / d->rate_hz;
    locate(l, "", where);
    spot_status st = spoti_hdf5_open_group(d->data, l->demo, where, &l->group, diag);
    if (st == SPOT_OK) {
        st = load_channels(l, out, diag);
        for (int k = 0; k < SPOT_MOTION_N_CHANNEL; k++) {
            for (size_t j = 0; j < l->channels[k].n_table; j++) {
                (void)H5Dclose(l->channels[k].tables[j].set);
            }
        }
        (void)H5Gclose(l->group);
    }
    spoti_free(d->allocator, l, sizeof(*l));
    return st;
}

/* The file ------------------------------------------------------------------------------------- */

static void close_hdf5(spot_motion_file *file)
{
    demos *d = file->self;

    if (d == NULL) {
        return;
    }
    if (d->data >= 0) {
        (void)H5Gclose(d->data);
    }
    if (d->file >= 0) {
        (void)H5Fclose(d->file);
    }
    spoti_free(d->allocator, d->names, d->room * sizeof(demo_name));
    spoti_free(d->allocator, d, sizeof(*d));
    file->self = NULL;
}

static spot_status open_hdf5(spot_motion_file *file, spot_diag *diag)
{
    char where[WHERE_SIZE];
    demos *d = spoti_calloc(file->config.allocator, 1, sizeof(*d));

    if (d == NULL) {
        return SPOT_E_NOMEM;
    }
    file->self = d;
    d->allocator = file->config.allocator;
    d->data = H5I_INVALID_HID;
    d->file = H5Fopen(file->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (d->file < 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: a broken HDF5 file, expected a whole one",
                             file->path);
    }
    (void)spoti_format(where, sizeof(where), "%s: data", file->path);
    spot_status st = spoti_hdf5_open_group(d->file, "data", where, &d->data, diag);
    st = st == SPOT_OK ? list_demos(file, d, diag) : st;
    st = st == SPOT_OK ? find_rate(file, d, diag) : st;
    st = st == SPOT_OK ? check_map(file, diag) : st;
    file->count = st == SPOT_OK ? (int)d->count : 0;
    return st;
}

const spoti_motion_format SPOTI_MOTION_HDF5 = {open_hdf5, load_hdf5, close_hdf5};
