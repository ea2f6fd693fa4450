/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The output of `sweetspot tune`: tune.json for what was run, episodes/ for what came out. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/episodes.h"
#include "lab/record/read.h"
#include "spot/point.h"

enum { SCHEMA = 2 }; /* of tune.json, docs/json.md */

static spot_status refuse(const char *path, const char *what, spot_diag *diag)
{
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s, expected a file of sweetspot tune", path,
                         what);
}

static bool episodes_path(const char *dir, const char *text, char path[SPOTI_PATH_SIZE])
{
    char name[SPOTI_EPISODES_NAME_SIZE];
    char folder[SPOTI_PATH_SIZE];
    return spoti_episodes_name(text, name) &&
           spoti_path_join(folder, sizeof(folder), dir, "episodes") &&
           spoti_path_join(path, SPOTI_PATH_SIZE, folder, name);
}

static spot_status read_point(spot_analyze_log *log, const char *dir, const char *json_path,
                              json_t *run, json_t *point, json_t *judged, spot_diag *diag)
{
    const char *text = json_string_value(json_object_get(point, "point"));
    const char *schedule = json_string_value(json_object_get(point, "schedule"));
    const char *platform = json_string_value(json_object_get(run, "platform"));
    json_t *latency = json_object_get(json_object_get(point, "latency"), "mean_s");
    double action_s = json_number_value(json_object_get(run, "action_s"));
    double n = json_number_value(json_object_get(run, "n_execute"));
    double limit_s = json_number_value(json_object_get(run, "time_limit_s"));
    double speed = json_number_value(json_object_get(run, "speed"));
    const json_t *chunk = json_object_get(judged, "t_chunk_s");
    const json_t *params = json_object_get(judged, "params");
    const json_t *macs = json_object_get(judged, "macs");
    const json_t *bytes = json_object_get(judged, "weight_bytes");
    char path[SPOTI_PATH_SIZE];
    if (text == NULL || schedule == NULL || platform == NULL || !json_is_number(latency)) {
        return refuse(json_path, "a point or a setting lacks its figures", diag);
    }
    if (!episodes_path(dir, text, path)) {
        return refuse(json_path, "a point has no file name", diag);
    }
    const json_int_t n_seeds = json_integer_value(json_object_get(run, "n_seeds"));
    spoti_preset preset = {.ignore_note = true,
                           .n_seeds = n_seeds > 0 ? n_seeds : 0, /* the folder may hold more */
                           .seed = (uint64_t)json_integer_value(json_object_get(run, "seed"))};
    spoti_row_set_text(&preset.row, SPOTI_POINT, text);
    spoti_row_set_text(&preset.row, SPOTI_PLATFORM, platform);
    spoti_row_set_text(&preset.row, SPOTI_SCHEDULE, schedule);
    const struct {
        double value;
        spoti_field field;
        bool there;
    } numbers[] = {
        {json_number_value(latency), SPOTI_T_INF, true},
        {json_number_value(chunk), SPOTI_T_CHUNK, json_is_number(chunk)},
        {action_s, SPOTI_T_ACT, true},
        /* a point may say its own */
        {n, SPOTI_CHUNK, strstr(text, "execute=") == NULL},
        {limit_s, SPOTI_BUDGET, true},
        {json_number_value(json_object_get(run, "overhead_s")), SPOTI_OVERHEAD,
         strcmp(schedule, spot_schedule_str(SPOT_SCHEDULE_CADENCE)) == 0},
        {speed, SPOTI_SPEED, speed != 1.0},
        {json_number_value(params), SPOTI_PARAMS, json_is_number(params)},
        {json_number_value(macs), SPOTI_MACS, json_is_number(macs)},
        {json_number_value(bytes), SPOTI_WEIGHT_BYTES, json_is_number(bytes)},
    };
    preset.row.file = json_path;
    preset.row.line = 1;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        spot_status st = numbers[i].there ? spoti_field_set(&preset.row, numbers[i].field,
                                                            numbers[i].value, diag)
                                          : SPOT_OK;
        if (st != SPOT_OK) {
            return st;
        }
    }
    return spoti_read_path(log, path, &preset, diag);
}

static spot_status read_tune(spot_analyze_log *log, const char *dir, const char *path, json_t *root,
                             spot_diag *diag)
{
    json_t *run = json_object_get(root, "run");
    json_t *points = json_object_get(run, "points");
    json_t *judged = json_object_get(root, "points");
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const char *goal = json_string_value(json_object_get(run, "goal"));
    const char *baseline = json_string_value(json_object_get(root, "baseline"));
    const bool ours = kind != NULL && strcmp(kind, "sweetspot-tune") == 0;
    if (ours && json_integer_value(json_object_get(root, "schema")) != SCHEMA) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s: of another version of sweetspot, expected schema %d: run its tune "
            "again, which reads the episodes back",
            path, SCHEMA);
    }
    if (!ours || goal == NULL || baseline == NULL || json_array_size(points) == 0) {
        return refuse(path, "not the JSON of a tuning run", diag);
    }
    for (size_t i = 0; i < json_array_size(points); i++) {
        spot_status st = read_point(log, dir, path, run, json_array_get(points, i),
                                    json_array_get(judged, i), diag);
        if (st != SPOT_OK) {
            return st;
        }
        spoti_log_setting *s = &log->settings[log->points[log->last_point].setting];
        s->regime = strcmp(goal, "success") == 0 ? SPOT_ANALYZE_DYNAMIC : SPOT_ANALYZE_STATIC;
        (void)spoti_copy(s->baseline, sizeof(s->baseline), baseline);
    }
    return SPOT_OK;
}

spot_status spot_analyze_log_tune(spot_analyze_log *log, const char *dir, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    json_error_t error;
    if (log == NULL || dir == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_path_join(path, sizeof(path), dir, "tune.json")) {
        return spoti_refuse_path(SPOT_E_RANGE, dir, diag);
    }
    FILE *stream = NULL;
    spot_status st = spoti_file_open(path, "the output folder of sweetspot tune", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    json_t *root = json_loadf(stream, 0, &error);
    (void)fclose(stream);
    if (root == NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: %s, expected the output folder of sweetspot tune", path,
                             error.line, error.text);
    }
    st = read_tune(log, dir, path, root, diag);
    json_decref(root);
    return st;
}
