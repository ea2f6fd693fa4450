/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where a row of a log belongs: its setting and its point. */
#include <string.h>

#include "core/base/hash.h"
#include "core/base/show.h"
#include "core/base/text.h"
#include "lab/record/log.h"
#include "spot/point.h"

/* What sets a setting apart. */
typedef struct surroundings {
    char platform[SPOTI_PLATFORM_SIZE];
    char robot[SPOTI_PLATFORM_SIZE];
    bool has_speed;
    double speed;
} surroundings;

static void add_name(char *name, size_t size, const char *format, const char *text)
{
    const size_t used = strlen(name);
    (void)spoti_format(name + used, size - used, "%s%s%s", used > 0 ? ", " : "", format, text);
}

/* The setting, made if needed; -1 if there are too many. */
static int find_setting(spot_analyze_log *log, const surroundings *w)
{
    char speed[32];
    for (int i = 0; i < log->n_settings; i++) {
        const spoti_log_setting *s = &log->settings[i];
        const bool same_speed =
            s->has_speed == w->has_speed && (!w->has_speed || s->speed == w->speed);
        if (same_speed && strcmp(s->platform, w->platform) == 0 &&
            strcmp(s->robot, w->robot) == 0) {
            return i;
        }
    }
    if (log->n_settings == SPOT_ANALYZE_SETTINGS_MAX) {
        return -1;
    }
    spoti_log_setting *s = &log->settings[log->n_settings];
    *s = (spoti_log_setting){.has_speed = w->has_speed, .speed = w->speed};
    (void)spoti_copy(s->platform, sizeof(s->platform), w->platform);
    (void)spoti_copy(s->robot, sizeof(s->robot), w->robot);
    (void)spoti_format(speed, sizeof(speed), "%g", w->speed);
    if (w->platform[0] != '\0') {
        add_name(s->name, sizeof(s->name), "", w->platform);
    }
    if (w->robot[0] != '\0') {
        add_name(s->name, sizeof(s->name), "", w->robot);
    }
    if (w->has_speed) {
        add_name(s->name, sizeof(s->name), "speed ", speed);
    }
    if (s->name[0] == '\0') {
        (void)spoti_copy(s->name, sizeof(s->name), "all");
    }
    return log->n_settings++;
}

/* Appends a part of a point's name; false if it is cut off. */
static bool add_part(char *name, const char *format, const char *text)
{
    const size_t used = strlen(name);
    return spoti_format(name + used, SPOT_ANALYZE_NAME_SIZE - used, "%s%s%s", used > 0 ? " " : "",
                        format, text);
}

static bool add_number(char *name, const spoti_row *row, spoti_field field, const char *key)
{
    char text[32];
    (void)spoti_format(text, sizeof(text), "=%g", row->value[field]);
    return !row->has[field] || add_part(name, key, text);
}

/* The name of the row's point: as given, else from what sets it apart. */
static bool name_point(const spoti_row *row, char name[SPOT_ANALYZE_NAME_SIZE])
{
    if (row->has[SPOTI_POINT]) {
        return spot_show(name, SPOT_ANALYZE_NAME_SIZE, spoti_row_text(row, SPOTI_POINT));
    }
    char policy[SPOT_ANALYZE_NAME_SIZE] = "";
    if (row->has[SPOTI_POLICY] &&
        !spot_show(policy, sizeof(policy), spoti_row_text(row, SPOTI_POLICY))) {
        return false;
    }
    name[0] = '\0';
    bool fits = policy[0] == '\0' || add_part(name, "", policy);
    fits = fits && add_number(name, row, SPOTI_STEPS, "steps");
    if (!row->has[SPOTI_STEPS]) {
        fits = fits && add_number(name, row, SPOTI_ALPHA, "alpha");
    }
    fits = fits && add_number(name, row, SPOTI_OVERLAP, "overlap");
    if (name[0] == '\0') { /* a sweep of n alone */
        fits = fits && add_number(name, row, SPOTI_CHUNK, "execute");
    }
    return fits && name[0] != '\0';
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

/* A text of a row that is shown as a name. */
static spot_status show_text(const spoti_row *row, spoti_field field, char out[SPOTI_PLATFORM_SIZE],
                             spot_diag *diag)
{
    out[0] = '\0';
    if (row->has[field] && !spot_show(out, SPOTI_PLATFORM_SIZE, spoti_row_text(row, field))) {
        return spoti_row_refuse(row, field, SPOT_E_RANGE, diag, "longer than %d bytes",
                                SPOTI_PLATFORM_SIZE - 1);
    }
    return SPOT_OK;
}

/* Finds or makes the place of a row whose cells are new. */
static spot_status find_place(spot_analyze_log *log, const spoti_row *row, int *index,
                              spot_diag *diag)
{
    char name[SPOT_ANALYZE_NAME_SIZE];
    surroundings w = {.has_speed = row->has[SPOTI_SPEED], .speed = row->value[SPOTI_SPEED]};
    spot_status st = show_text(row, SPOTI_PLATFORM, w.platform, diag);
    st = st == SPOT_OK ? show_text(row, SPOTI_ROBOT, w.robot, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    if (!name_point(row, name)) {
        return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_FORMAT, diag,
                                row->has[SPOTI_POINT] || row->has[SPOTI_POLICY]
                                    ? "longer than %d bytes"
                                    : "empty, expected a name (at most %d bytes)",
                                SPOT_ANALYZE_NAME_SIZE - 1);
    }
    const int setting = find_setting(log, &w);
    if (setting < 0) {
        return spoti_row_refuse(row, SPOTI_PLATFORM, SPOT_E_RANGE, diag,
                                "more than %d platforms, robots and speeds",
                                SPOT_ANALYZE_SETTINGS_MAX);
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

/* Appends bytes to a key; n stays 0 once one did not fit. */
static void add_key(spoti_place *p, const void *bytes, size_t n, bool *fits)
{
    *fits = *fits && n <= sizeof(p->key) - p->n;
    if (*fits) {
        memcpy(p->key + p->n, bytes, n);
        p->n += n;
    }
}

/* What decides a row's place, one text after the other with its final 0; n = 0 if it is too long. */
static void key_of(const spoti_row *row, spoti_place *p)
{
    static const spoti_field TEXTS[] = {SPOTI_POINT, SPOTI_POLICY, SPOTI_PLATFORM, SPOTI_ROBOT};
    static const spoti_field PARTS[] = {SPOTI_STEPS, SPOTI_ALPHA, SPOTI_OVERLAP, SPOTI_CHUNK,
                                        SPOTI_SPEED};
    bool fits = true;
    p->n = 0;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        const char *text = row->has[TEXTS[i]] ? spoti_row_text(row, TEXTS[i]) : "";
        add_key(p, text, strlen(text) + 1, &fits);
        add_key(p, &row->has[TEXTS[i]], sizeof(bool), &fits);
    }
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        const bool counts =
            row->has[PARTS[i]] && (PARTS[i] == SPOTI_SPEED || !row->has[SPOTI_POINT]);
        add_key(p, &counts, sizeof(bool), &fits);
        if (counts) {
            add_key(p, &row->value[PARTS[i]], sizeof(double), &fits);
        }
    }
    p->n = fits ? p->n : 0;
}

spot_status spoti_log_place(spot_analyze_log *log, const spoti_row *row, int *index,
                            spot_diag *diag)
{
    spoti_place now;
    key_of(row, &now);
    spoti_place *place = &log->places[spoti_hash(SPOTI_HASH_START, now.key, now.n) % SPOTI_N_PLACE];
    spot_status st = SPOT_OK;
    if (now.n > 0 && now.n == place->n && memcmp(now.key, place->key, now.n) == 0) {
        *index = place->index;
    } else {
        st = find_place(log, row, index, diag);
        if (st == SPOT_OK && now.n > 0) {
            memcpy(place->key, now.key, now.n);
            place->n = now.n;
            place->index = *index;
        }
    }
    log->last_point = st == SPOT_OK ? *index : log->last_point;
    return st;
}
