/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * eval_info.json as lerobot-eval writes it: one operating point, which the file does not name, so its folder does.
 *
 * Older versions list episodes (`per_episode`: episode_ix, success, seed), newer ones the successes of every task
 * (`per_task`: task_group, task_id, metrics.successes). Where there is neither, a share of n_episodes (`overall`).
 */
#include "lab/record/eval_info.h"

#include <string.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/log.h"

/* A row in the making; its texts live here. */
typedef struct maker {
    spot_analyze_log *log;
    spot_diag *diag;
    spoti_row row; /* point and file are set; line counts records */
    char point[SPOT_ANALYZE_NAME_SIZE];
    char task[SPOT_ANALYZE_NAME_SIZE];
    char seed[32];
    char trial[32];
} maker;

static spot_status refuse(const maker *m, const char *what)
{
    return spot_diag_set(m->diag, SPOT_E_FORMAT,
                         "%s: %s, expected an eval_info.json of lerobot-eval", m->row.file, what);
}

/* `steps10` of outputs/steps10/eval_info.json, else the file's name without its suffix. */
static void name_point(maker *m, const char *path)
{
    static const char USUAL[] = "eval_info.json";
    char folder[SPOTI_PATH_SIZE];
    const char *base = spoti_path_base(path);
    if (strcmp(base, USUAL) == 0 && spoti_path_dir(folder, sizeof(folder), path) &&
        strcmp(folder, ".") != 0) {
        base = spoti_path_base(folder);
    }
    const size_t cut = spoti_ends_with(base, ".json") ? strlen(".json") : 0;
    (void)spoti_copy_n(m->point, sizeof(m->point), base, strlen(base) - cut);
    spoti_row_set_text(&m->row, SPOTI_POINT, m->point);
}

/* A whole number or a text as text; false if it is neither. */
static bool text_of(const json_t *value, char *out, size_t size)
{
    if (json_is_string(value)) {
        return spoti_copy(out, size, json_string_value(value)) && out[0] != '\0';
    }
    return json_is_integer(value) &&
           spoti_format(out, size, "%lld", (long long)json_integer_value(value));
}

static spot_status add_episode(maker *m, const json_t *success, const json_t *seed)
{
    const bool is_number = json_is_number(success);
    const double value = is_number ? json_number_value(success) : 0.0;
    if (!json_is_boolean(success) && !(is_number && (value == 0.0 || value == 1.0))) {
        return refuse(m, "a success that is not true or false");
    }
    m->row.line++;
    m->row.has[SPOTI_SEED] = false;
    if (text_of(seed, m->seed, sizeof(m->seed))) {
        spoti_row_set_text(&m->row, SPOTI_SEED, m->seed);
    }
    spoti_row_set_number(&m->row, SPOTI_SUCCESS, json_is_true(success) || value == 1.0 ? 1.0 : 0.0);
    return spoti_log_add(m->log, &m->row, m->diag);
}

/* Sets the number of an episode; an unknown one is its place. */
static void set_trial(maker *m, const json_t *number, size_t i)
{
    if (!text_of(number, m->trial, sizeof(m->trial))) {
        (void)spoti_format(m->trial, sizeof(m->trial), "%zu", i);
    }
    spoti_row_set_text(&m->row, SPOTI_TRIAL, m->trial);
}

static spot_status add_episodes(maker *m, const json_t *list)
{
    spot_status st = SPOT_OK;
    for (size_t i = 0; st == SPOT_OK && i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        set_trial(m, json_object_get(e, "episode_ix"), i);
        st = add_episode(m, json_object_get(e, "success"), json_object_get(e, "seed"));
    }
    return st;
}

/* `libero_spatial, 3`. */
static void set_task(maker *m, const json_t *entry)
{
    char group[SPOT_ANALYZE_NAME_SIZE] = "";
    char id[SPOT_ANALYZE_NAME_SIZE] = "";
    const bool has_group = text_of(json_object_get(entry, "task_group"), group, sizeof(group));
    const bool has_id = text_of(json_object_get(entry, "task_id"), id, sizeof(id));
    (void)spoti_format(m->task, sizeof(m->task), "%s%s%s", group, has_group && has_id ? ", " : "",
                       id);
    if (has_group || has_id) {
        spoti_row_set_text(&m->row, SPOTI_TASK, m->task);
    }
}

static spot_status add_tasks(maker *m, const json_t *list)
{
    spot_status st = SPOT_OK;
    for (size_t i = 0; st == SPOT_OK && i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_t *metrics = json_object_get(entry, "metrics");
        const json_t *successes = json_object_get(metrics, "successes");
        const json_t *seeds = json_object_get(metrics, "seeds"); /* of some versions */
        if (!json_is_array(successes)) {
            return refuse(m, "a task without its successes");
        }
        set_task(m, entry);
        for (size_t k = 0; st == SPOT_OK && k < json_array_size(successes); k++) {
            set_trial(m, NULL, k);
            st = add_episode(m, json_array_get(successes, k), json_array_get(seeds, k));
        }
    }
    return st;
}

static spot_status add_share(maker *m, const json_t *overall)
{
    const json_t *share = json_object_get(overall, "pc_success");
    const json_t *n = json_object_get(overall, "n_episodes");
    if (!json_is_number(share) || !json_is_number(n)) {
        return refuse(m, "neither per_episode nor per_task, nor pc_success of n_episodes");
    }
    m->row.line = 1;
    spot_status st = spoti_field_set(&m->row, SPOTI_RATE, 0.01 * json_number_value(share), m->diag);
    st = st == SPOT_OK ? spoti_field_set(&m->row, SPOTI_EPISODES, json_number_value(n), m->diag)
                       : st;
    return st == SPOT_OK ? spoti_log_add(m->log, &m->row, m->diag) : st;
}

spot_status spoti_eval_info_add(spot_analyze_log *log, const char *path, const json_t *root,
                                spot_diag *diag)
{
    maker m = {.log = log, .diag = diag, .row = {.file = path}};
    const json_t *episodes = json_object_get(root, "per_episode");
    const json_t *tasks = json_object_get(root, "per_task");
    const json_t *overall = json_object_get(root, "overall");
    log->source_now = NULL;
    name_point(&m, path);
    if (json_array_size(episodes) > 0) {
        return add_episodes(&m, episodes);
    }
    if (json_array_size(tasks) > 0) {
        return add_tasks(&m, tasks);
    }
    return add_share(&m, overall != NULL ? overall : json_object_get(root, "aggregated"));
}

spot_status spot_analyze_log_lerobot(spot_analyze_log *log, const char *path, spot_diag *diag)
{
    json_error_t error;
    FILE *stream = NULL;
    if (log == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_file_open(path, "an eval_info.json", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    json_t *root = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
    (void)fclose(stream);
    if (root == NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s, expected JSON", path,
                             error.line > 0 ? error.line : 1, error.text);
    }
    st = spoti_eval_info_add(log, path, root, diag);
    json_decref(root);
    return st;
}
