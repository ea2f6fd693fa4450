/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of trajectories, whatever their format: opening, memory, measuring. */
#include "lab/motion/file.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/map.h"

const char *spot_motion_timing_str(spot_motion_timing timing)
{
    static const char *const words[] = {"stamps", "file", "given"};

    return (unsigned)timing < sizeof(words) / sizeof(words[0]) ? words[timing] : "unknown timing";
}

const char *spot_motion_channel_str(int channel)
{
    static const char *const words[SPOT_MOTION_N_CHANNEL] = {
        "position_m", "velocity_m_s", "joint_rad", "joint_rad_s", "torque_nm", "action"};

    return channel >= 0 && channel < SPOT_MOTION_N_CHANNEL ? words[channel] : NULL;
}

/* The map -------------------------------------------------------------------------------------- */

const char *spoti_motion_mapped(const char *map, const char *name, char *out, size_t size)
{
    spoti_map_pair pair;

    for (const char *at = map; spoti_map_next(&at, &pair);) {
        if (pair.name != NULL && spoti_map_is(&pair, name)) {
            (void)spoti_copy_n(out, size, pair.name, pair.name_size);
            return out;
        }
    }
    return NULL;
}

bool spoti_motion_map_is_one(const char *map)
{
    spoti_map_pair pair;

    for (const char *at = map; spoti_map_next(&at, &pair);) {
        if (pair.old_size == 0 || pair.name_size == 0) {
            return false;
        }
    }
    return true;
}

/* Files ---------------------------------------------------------------------------------------- */

void spot_motion_file_config_default(spot_motion_file_config *config)
{
    *config = (spot_motion_file_config){.size = sizeof(*config)};
}

/* Which format a regular file is in. */
static spot_status choose_format(spot_motion_file *file, spot_diag *diag)
{
    int fd = -1;
    spot_status st = spoti_file_open_fd(file->path, "a CSV or HDF5 file", &fd, diag);

    if (st != SPOT_OK) {
        return st;
    }
    (void)close(fd);
    if (spoti_motion_is_hdf5(file->path)) {
        file->format = &SPOTI_MOTION_HDF5;
    } else if (spoti_ends_with(file->path, ".hdf5") || spoti_ends_with(file->path, ".h5")) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: not an HDF5 file, expected one by its name",
                             file->path);
    } else {
        file->format = &SPOTI_MOTION_CSV;
    }
    return SPOT_OK;
}

spot_status spot_motion_file_open(const char *path, const spot_motion_file_config *config,
                                  spot_motion_file **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (SPOTI_CONFIG_CHECK(spot_motion_file_config, config, diag) != SPOT_OK || path == NULL) {
        return SPOT_E_INVALID;
    }
    if (config->control_hz != 0.0 && !spoti_motion_rate_is_one(config->control_hz)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "control rate %g Hz: expected %g to %g",
                             config->control_hz, SPOTI_MOTION_HZ_LEAST, SPOTI_MOTION_HZ_MOST);
    }
    if (!spoti_motion_map_is_one(config->map)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "map: '%.60s', expected old=new,old=new",
                             config->map);
    }
    spot_motion_file *file = spoti_calloc(config->allocator, 1, sizeof(*file));
    if (file == NULL) {
        return SPOT_E_NOMEM;
    }
    file->path = path;
    file->config = *config;
    spot_status st = choose_format(file, diag);
    st = st == SPOT_OK ? file->format->open(file, diag) : st;
    if (st != SPOT_OK) {
        spot_motion_file_close(file);
        return st;
    }
    *out = file;
    return SPOT_OK;
}

void spot_motion_file_close(spot_motion_file *file)
{
    if (file != NULL) {
        if (file->format != NULL) {
            file->format->close(file);
        }
        spoti_free(file->config.allocator, file, sizeof(*file));
    }
}

int spot_motion_file_count(const spot_motion_file *file)
{
    return file != NULL ? file->count : 0;
}

const char *spot_motion_file_unused(const spot_motion_file *file)
{
    return file != NULL ? file->unused : "";
}

spot_status spot_motion_file_load(const spot_motion_file *file, int i, spot_motion_trajectory **out,
                                  spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (file == NULL) {
        return SPOT_E_INVALID;
    }
    if (i < 0 || i >= file->count) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: trajectory %d, expected 0 to %d", file->path,
                             i, file->count - 1);
    }
    spot_motion_trajectory *t = spoti_calloc(file->config.allocator, 1, sizeof(*t));
    if (t == NULL) {
        return SPOT_E_NOMEM;
    }
    t->allocator = file->config.allocator;
    spot_status st = file->format->load(file, i, t, diag);
    if (st != SPOT_OK) {
        spot_motion_trajectory_free(t);
        return st;
    }
    *out = t;
    return SPOT_OK;
}

/* Trajectories --------------------------------------------------------------------------------- */

void spot_motion_trajectory_free(spot_motion_trajectory *trajectory)
{
    if (trajectory != NULL) {
        const spot_allocator *allocator = trajectory->allocator;

        spoti_free(allocator, trajectory->cells, trajectory->n_cell * sizeof(double));
        spoti_free(allocator, trajectory, sizeof(*trajectory));
    }
}

static spot_status check_plan(const spoti_motion_plan *p, const char *path, spot_diag *diag)
{
    enum { FIRST = 2, LAST = 4 }; /* channels of joints */
    size_t joints = 0;
    size_t all = 0;

    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        all += p->width[i];
        if (i < FIRST || i > LAST || p->width[i] == 0) {
            continue;
        }
        if (joints != 0 && joints != p->width[i]) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: %zu columns of %s, expected %zu, as of the other joint "
                                 "channels",
                                 path, p->width[i], spot_motion_channel_str(i), joints);
        }
        joints = p->width[i];
    }
    if (p->width[0] != 0 && p->width[1] != 0 && p->width[0] != p->width[1]) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %zu columns of position_m and %zu of velocity_m_s, expected as "
                             "many",
                             path, p->width[0], p->width[1]);
    }
    if (p->n_sample == 0 || all == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s", path,
                             all == 0 ? "no channel of a robot" : "no samples");
    }
    if (p->n_sample > SPOTI_MOTION_SAMPLES_MAX ||
        p->n_sample * (all + 1) > SPOTI_MOTION_CELLS_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %zu samples of %zu columns, expected at most %d samples and %d "
                             "numbers",
                             path, p->n_sample, all, SPOTI_MOTION_SAMPLES_MAX,
                             SPOTI_MOTION_CELLS_MAX);
    }
    return SPOT_OK;
}

static size_t wider(size_t a, size_t b)
{
    return a > b ? a : b;
}

spot_status spoti_motion_lay_out(spot_motion_trajectory *t, const spoti_motion_plan *plan,
                                 const char *path, spot_diag *diag)
{
    const size_t *width = plan->width;
    spot_status st = check_plan(plan, path, diag);

    if (st != SPOT_OK) {
        return st;
    }
    size_t n = plan->stamps ? plan->n_sample : 0;
    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        n += plan->n_sample * width[i];
    }
    t->cells = spoti_alloc(t->allocator, n, sizeof(double));
    if (t->cells == NULL) {
        return SPOT_E_NOMEM;
    }
    t->n_cell = n;

    const double *at = t->cells + (plan->stamps ? plan->n_sample : 0);
    const double *arrays[SPOT_MOTION_N_CHANNEL];
    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        arrays[i] = width[i] > 0 ? at : NULL;
        at += plan->n_sample * width[i];
    }
    t->series = (spot_motion_series){
        .n_sample = plan->n_sample,
        .n_axis = wider(width[0], width[1]),
        .n_joint = wider(wider(width[2], width[3]), width[4]),
        .n_action = width[5],
        .time_s = plan->stamps ? t->cells : NULL,
        .position_m = arrays[0],
        .velocity_m_s = arrays[1],
        .joint_rad = arrays[2],
        .joint_rad_s = arrays[3],
        .torque_nm = arrays[4],
        .action = arrays[5],
    };
    return SPOT_OK;
}

double *spoti_motion_cells(const spot_motion_trajectory *t, int channel)
{
    const spot_motion_series *s = &t->series;
    const double *const arrays[SPOT_MOTION_N_CHANNEL] = {
        s->position_m, s->velocity_m_s, s->joint_rad, s->joint_rad_s, s->torque_nm, s->action};

    return arrays[channel] != NULL ? t->cells + (arrays[channel] - t->cells) : NULL;
}

static void find_gaps(const spot_motion_trajectory *t, spot_motion_record *r)
{
    const spot_motion_series *s = &t->series;

    if (s->n_sample < 2) {
        return;
    }
    r->gap_least_s = s->time_s == NULL ? t->interval_s : (double)INFINITY;
    r->gap_most_s = s->time_s == NULL ? t->interval_s : 0.0;
    for (size_t i = 1; i < s->n_sample && s->time_s != NULL; i++) {
        r->gap_least_s = fmin(r->gap_least_s, s->time_s[i] - s->time_s[i - 1]);
        r->gap_most_s = fmax(r->gap_most_s, s->time_s[i] - s->time_s[i - 1]);
    }
}

spot_status spot_motion_trajectory_measure(const spot_motion_trajectory *trajectory,
                                           const spot_motion_config *config,
                                           spot_motion_record *record, spot_diag *diag)
{
    if (trajectory == NULL || config == NULL || record == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_motion_trajectory *t = trajectory;
    const spot_motion_shape shape = spot_motion_series_shape(&t->series);
    spot_motion_config c = *config;
    size_t n = 0;

    if (c.n_motor > 1 && c.n_motor != shape.n_joint) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "constants of %zu motors for %zu joints, expected 1 or as many",
                             c.n_motor, shape.n_joint);
    }
    *record = (spot_motion_record){.timing = t->timing, .shape = shape};
    memcpy(record->name, t->name, sizeof(record->name));
    memcpy(record->sources, t->sources, sizeof(record->sources));
    find_gaps(t, record);
    c.interval_s = t->interval_s;
    spot_status st = spot_motion_room(shape, t->series.n_sample, &n);
    if (st != SPOT_OK) {
        return st;
    }
    double *memory = spoti_alloc(t->allocator, n, sizeof(double));
    if (memory == NULL) {
        return SPOT_E_NOMEM;
    }
    st = spot_motion_measure(&t->series, &c, memory, n, &record->metrics);
    spoti_free(t->allocator, memory, n * sizeof(double));
    return st;
}
