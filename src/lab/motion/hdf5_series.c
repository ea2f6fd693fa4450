/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Demonstrations in the robomimic / LIBERO layout: data/demo_<i>/actions and .../obs/<name>.
 *
 * A channel is the first of its known datasets that is there, or single columns named x, y, z or 1, 2, 3 ... as
 * `sweetspot demo` writes them, or the one that the map names.
 */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/motion/hdf5_demos.h"
#include "lab/motion/hdf5_read.h"

enum { AXES = 3, JOINTS_MAX = 64 };

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

static void locate(const loader *l, const char *name, char where[SPOTI_WHERE_SIZE])
{
    (void)spoti_format(where, SPOTI_WHERE_SIZE, "%s: data/%s%s%s", l->file->path, l->demo,
                       name[0] != '\0' ? "/" : "", name);
}

/* Opens one table of the channel; columns: most that it may have. */
static spot_status add_table(loader *l, channel *c, const char *name, size_t columns,
                             spot_diag *diag)
{
    char where[SPOTI_WHERE_SIZE];
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
        char where[SPOTI_WHERE_SIZE];
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
    char where[SPOTI_WHERE_SIZE];
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
    char where[SPOTI_WHERE_SIZE];
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

static void close_tables(loader *l)
{
    for (int k = 0; k < SPOT_MOTION_N_CHANNEL; k++) {
        for (size_t j = 0; j < l->channels[k].n_table; j++) {
            (void)H5Dclose(l->channels[k].tables[j].set);
        }
    }
}

spot_status spoti_demos_load(const spot_motion_file *file, const char *name,
                             spot_motion_trajectory *out, spoti_motion_plan *plan, spot_diag *diag)
{
    char path[SPOT_MOTION_NAME_SIZE + sizeof("data/")];
    char where[SPOTI_WHERE_SIZE];
    hid_t root = H5I_INVALID_HID;
    loader *l = spoti_calloc(file->config.allocator, 1, sizeof(*l));

    if (l == NULL) {
        return SPOT_E_NOMEM;
    }
    l->file = file;
    l->demo = name;
    (void)spoti_format(path, sizeof(path), "data/%s", name);
    locate(l, "", where);
    spot_status st = spoti_hdf5_open_file(file->path, &root, diag);
    st = st == SPOT_OK ? spoti_hdf5_open_group(root, path, where, &l->group, diag) : st;
    if (st == SPOT_OK) {
        st = load_channels(l, out, diag);
        close_tables(l);
        (void)H5Gclose(l->group);
    }
    if (root >= 0) {
        (void)H5Fclose(root);
    }
    *plan = l->plan;
    spoti_free(file->config.allocator, l, sizeof(*l));
    return st;
}
