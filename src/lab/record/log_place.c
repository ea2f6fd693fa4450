/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where a row of a log belongs: its setting and its point. */
#include <string.h>

#include "core/base/hash.h"
#include "core/base/show.h"
#include "core/base/text.h"
#include "lab/record/log.h"
#include "spot/point.h"

int spoti_log_setting_of(spot_analyze_log *log, const char *platform, bool has_speed, double speed)
{
    for (int i = 0; i < log->n_settings; i++) {
        const spoti_log_setting *s = &log->settings[i];
        bool same_speed = s->has_speed == has_speed && (!has_speed || s->speed == speed);
        if (same_speed && strcmp(s->platform, platform) == 0) {
            return i;
        }
    }
    if (log->n_settings == SPOT_ANALYZE_SETTINGS_MAX) {
        return -1;
    }
    spoti_log_setting *s = &log->settings[log->n_settings];
    *s = (spoti_log_setting){.has_speed = has_speed, .speed = speed};
    (void)spoti_copy(s->platform, sizeof(s->platform), platform);
    if (has_speed) {
        (void)spoti_format(s->name, sizeof(s->name), "%s%sspeed %g", platform,
                           platform[0] != '\0' ? ", " : "", speed);
    } else {
        (void)spoti_copy(s->name, sizeof(s->name), platform[0] != '\0' ? platform : "all");
    }
    return log->n_settings++;
}

/* The name of the row's point: as given, else from what sets it apart. */
static bool name_point(const spoti_row *row, char name[SPOT_ANALYZE_NAME_SIZE])
{
    if (row->has[SPOTI_POINT]) {
        return spot_show(name, SPOT_ANALYZE_NAME_SIZE, spoti_row_text(row, SPOTI_POINT));
    }
    char parts[3][32] = {"", "", ""};
    if (row->has[SPOTI_STEPS]) {
        (void)spoti_format(parts[0], sizeof(parts[0]), "steps=%g ", row->value[SPOTI_STEPS]);
    }
    if (row->has[SPOTI_ALPHA] && !row->has[SPOTI_STEPS]) {
        (void)spoti_format(parts[1], sizeof(parts[1]), "alpha=%g ", row->value[SPOTI_ALPHA]);
    }
    if (row->has[SPOTI_OVERLAP]) {
        (void)spoti_format(parts[2], sizeof(parts[2]), "overlap=%g ", row->value[SPOTI_OVERLAP]);
    }
    (void)spoti_format(name, SPOT_ANALYZE_NAME_SIZE, "%s%s%s", parts[0], parts[1], parts[2]);
    size_t length = strlen(name);
    if (length > 0) {
        name[length - 1] = '\0';
    }
    return length > 0;
}

static int find_point(const spot_analyze_log *log, int setting, const char *name)
{
    for (int i = 0; i < log->n_points; i++) {
        if (log->points[i].setting == setting && strcmp(log->points[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* A name such as `steps=5 overlap=2` says what it is. */
static void read_name(spoti_log_point *p)
{
    spot_point point;
    spot_point_default(&point);
    if (spot_point_parse(p->name, &point, NULL) != SPOT_OK) {
        return;
    }
    p->is_ours = true;
    p->point = point;
    if (strstr(p->name, "steps=") != NULL && point.steps > 0) {
        p->has[SPOTI_STEPS] = true;
        p->value[SPOTI_STEPS] = point.steps;
    }
    if (point.execute > 0) {
        p->has[SPOTI_CHUNK] = true;
        p->value[SPOTI_CHUNK] = point.execute;
    }
    if (strstr(p->name, "overlap=") != NULL) {
        p->has[SPOTI_OVERLAP] = true;
        p->value[SPOTI_OVERLAP] = point.overlap;
    }
}

/* Finds or makes the place of a row whose cells are new. */
static spot_status find_place(spot_analyze_log *log, const spoti_row *row, int *index,
                              spot_diag *diag)
{
    char name[SPOT_ANALYZE_NAME_SIZE];
    char platform[SPOTI_PLATFORM_SIZE] = "";
    if (row->has[SPOTI_PLATFORM] &&
        !spot_show(platform, sizeof(platform), spoti_row_text(row, SPOTI_PLATFORM))) {
        return spoti_row_refuse(row, SPOTI_PLATFORM, SPOT_E_RANGE, diag, "longer than %d bytes",
                                SPOTI_PLATFORM_SIZE - 1);
    }
    if (!name_point(row, name)) {
        return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_FORMAT, diag,
                                row->has[SPOTI_POINT] ? "longer than %d bytes"
                                                      : "empty, expected a name (at most %d bytes)",
                                SPOT_ANALYZE_NAME_SIZE - 1);
    }
    int setting =
        spoti_log_setting_of(log, platform, row->has[SPOTI_SPEED], row->value[SPOTI_SPEED]);
    if (setting < 0) {
        return spoti_row_refuse(row, SPOTI_PLATFORM, SPOT_E_RANGE, diag,
                                "more than %d platforms and speeds", SPOT_ANALYZE_SETTINGS_MAX);
    }
    *index = find_point(log, setting, name);
    if (*index < 0) {
        if (log->n_points == SPOT_ANALYZE_POINTS_MAX) {
            return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_RANGE, diag,
                                    "more than %d points; is this a column of names?",
                                    SPOT_ANALYZE_POINTS_MAX);
        }
        *index = log->n_points++;
        spoti_log_point *p = &log->points[*index];
        p->setting = setting;
        (void)spoti_copy(p->name, sizeof(p->name), name);
        read_name(p);
    }
    return SPOT_OK;
}

/* Rows as before ---------------------------------------------------------------------------------- */

static const spoti_field PARTS[SPOTI_N_PART] = {SPOTI_STEPS, SPOTI_ALPHA, SPOTI_OVERLAP};

/* A cell as text; "" where it is unknown. */
static const char *text_of(const spoti_row *row, spoti_field field)
{
    return row->has[field] ? spoti_row_text(row, field) : "";
}

static spoti_place *place_of(spot_analyze_log *log, const spoti_row *row)
{
    uint64_t hash = SPOTI_HASH_START;
    const char *const texts[] = {text_of(row, SPOTI_POINT), text_of(row, SPOTI_PLATFORM)};
    for (int i = 0; i < 2; i++) {
        hash = spoti_hash(hash, texts[i], strlen(texts[i]));
    }
    for (int i = 0; !row->has[SPOTI_POINT] && i < SPOTI_N_PART; i++) {
        if (row->has[PARTS[i]]) {
            hash = spoti_hash(hash, &row->value[PARTS[i]], sizeof(row->value[PARTS[i]]));
        }
    }
    return &log->places[hash % SPOTI_N_PLACE];
}

static bool same_number(const spoti_row *row, spoti_field field, bool has, double value)
{
    return row->has[field] == has && (!has || row->value[field] == value);
}

static bool is_same_place(const spoti_place *p, const spoti_row *row)
{
    bool same = p->is_known && p->has_point == row->has[SPOTI_POINT] &&
                p->has_platform == row->has[SPOTI_PLATFORM] &&
                same_number(row, SPOTI_SPEED, p->has_speed, p->speed) &&
                strcmp(p->point, text_of(row, SPOTI_POINT)) == 0 &&
                strcmp(p->platform, text_of(row, SPOTI_PLATFORM)) == 0;
    for (int i = 0; same && !p->has_point && i < SPOTI_N_PART; i++) {
        same = same_number(row, PARTS[i], p->has_part[i], p->part[i]);
    }
    return same;
}

static void remember(spoti_place *p, const spoti_row *row, int index)
{
    *p = (spoti_place){.has_point = row->has[SPOTI_POINT],
                       .has_platform = row->has[SPOTI_PLATFORM],
                       .has_speed = row->has[SPOTI_SPEED],
                       .speed = row->value[SPOTI_SPEED],
                       .index = index};
    p->is_known = spoti_copy(p->point, sizeof(p->point), text_of(row, SPOTI_POINT)) &&
                  spoti_copy(p->platform, sizeof(p->platform), text_of(row, SPOTI_PLATFORM));
    for (int i = 0; i < SPOTI_N_PART; i++) {
        p->has_part[i] = row->has[PARTS[i]];
        p->part[i] = row->value[PARTS[i]];
    }
}

spot_status spoti_log_place(spot_analyze_log *log, const spoti_row *row, int *index,
                            spot_diag *diag)
{
    spoti_place *place = place_of(log, row);
    spot_status st = SPOT_OK;
    if (is_same_place(place, row)) {
        *index = place->index;
    } else {
        st = find_place(log, row, index, diag);
        if (st == SPOT_OK) {
            remember(place, row, *index);
        }
    }
    log->last_point = st == SPOT_OK ? *index : log->last_point;
    return st;
}
