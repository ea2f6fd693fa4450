/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/run_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "spot/version.h"

enum { SCHEMA = 1, HOST_SIZE = 128, SHOWN_SIZE = 4 * SPOTI_SIGNATURE_SIZE };

static const char NAME[] = "run.json";
static const char KIND[] = "sweetspot-run";

/* *root: NULL where there is no such file. */
static spot_status load(const char *dir, char path[SPOTI_PATH_SIZE], json_t **root, spot_diag *diag)
{
    json_error_t error;
    FILE *stream = NULL;
    *root = NULL;
    if (!spoti_path_join(path, SPOTI_PATH_SIZE, dir, NAME)) {
        return spoti_refuse_path(SPOT_E_RANGE, dir, diag);
    }
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return SPOT_OK;
    }
    const spot_status st =
        spoti_file_open(path, "the setting of a folder of sweetspot tune", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    *root = json_loadf(stream, 0, &error);
    (void)fclose(stream);
    if (*root == NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: %s, expected the setting of a folder of sweetspot tune", path,
                             error.line > 0 ? error.line : 1, error.text);
    }
    const char *kind = json_string_value(json_object_get(*root, "kind"));
    const bool ours = kind != NULL && strcmp(kind, KIND) == 0 &&
                      json_integer_value(json_object_get(*root, "schema")) == SCHEMA &&
                      json_is_string(json_object_get(*root, "setting")) &&
                      json_is_array(json_object_get(*root, "made_by"));
    if (!ours) {
        json_decref(*root);
        *root = NULL;
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s:1: not what a folder of sweetspot tune holds, or of another version "
            "of it, expected schema %d",
            path, SCHEMA);
    }
    return SPOT_OK;
}

spot_status spoti_run_json_read(const char *dir, char *setting, size_t size, bool *there,
                                spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    json_t *root = NULL;
    spot_status st = load(dir, path, &root, diag);
    *there = st == SPOT_OK && root != NULL;
    setting[0] = '\0';
    if (*there && !spoti_copy(setting, size, json_string_value(json_object_get(root, "setting")))) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: setting: too long, expected below %zu bytes",
                           path, size);
    }
    json_decref(root);
    return st;
}

static json_t *note_of(const spoti_run_note *note)
{
    char host[HOST_SIZE] = "";
    char shown[HOST_SIZE];
    (void)gethostname(host, sizeof(host) - 1);
    (void)spot_show(shown, sizeof(shown), host);
    return json_pack("{s:s, s:s, s:s, s:s}", "version", SPOT_VERSION_STRING, "engine", note->engine,
                     "kernels", note->kernels, "host", shown);
}

static bool has(const json_t *notes, const json_t *note)
{
    bool found = false;
    for (size_t i = 0; i < json_array_size(notes); i++) {
        found = found || json_equal(json_array_get(notes, i), note) == 1;
    }
    return found;
}

static spot_status save(const char *path, const json_t *root, spot_diag *diag)
{
    spoti_file file;
    char *text = json_dumps(root, JSON_INDENT(2));
    spot_status st = text == NULL ? SPOT_E_NOMEM : spoti_file_begin(&file, path, diag);
    if (st == SPOT_OK) {
        spot_print_json(file.stream, text);
        spot_print(file.stream, "\n");
        st = spoti_file_commit(&file, diag);
    }
    free(text); /* foreign memory: jansson's */
    return st;
}

spot_status spoti_run_json_write(const char *dir, const char *setting, const spoti_run_note *note,
                                 spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    char shown[SHOWN_SIZE];
    json_t *root = NULL;
    spot_status st = load(dir, path, &root, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (root == NULL) {
        (void)spot_show(shown, sizeof(shown), setting); /* names may be no UTF-8 */
        root = json_pack("{s:s, s:i, s:s, s:[]}", "kind", KIND, "schema", SCHEMA, "setting", shown,
                         "made_by");
    }
    json_t *notes = json_object_get(root, "made_by");
    json_t *own = note_of(note);
    if (root == NULL || own == NULL) {
        st = SPOT_E_NOMEM;
    } else if (!has(notes, own)) {
        st = json_array_append(notes, own) == 0 ? save(path, root, diag) : SPOT_E_NOMEM;
    }
    json_decref(own);
    json_decref(root);
    return st;
}
