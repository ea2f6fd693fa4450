/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/demo/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/hash.h"

static const char SUFFIX[] = ".parts";
static const char SETTINGS[] = "settings.json";
static const char PART[] = "part-"; /* begins the names of all other files */

enum { JSON_SIZE = 8192, HASH_SIZE = 17, VALUE_SIZE = 96 };

bool spoti_end_is_success(spoti_end end)
{
    return end == SPOTI_END_DISTURBED || end == SPOTI_END_UNDISTURBED;
}

/* ---- JSON files ---- */

static spot_status write_json(const char *path, const json_t *json, spot_diag *diag)
{
    char text[JSON_SIZE];
    spoti_file file;
    const size_t size = json_dumpb(json, text, sizeof(text), JSON_COMPACT);
    if (size == 0 || size > sizeof(text)) {
        return SPOT_E_NOMEM;
    }
    const spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)fwrite(text, 1, size, file.stream);
    return spoti_file_commit(&file, diag);
}

/* NULL if there is none that can be read. */
static json_t *read_json(const char *path)
{
    char text[JSON_SIZE];
    FILE *stream = NULL;
    if (spoti_file_open(path, "JSON", &stream, NULL) != SPOT_OK) {
        return NULL;
    }
    const size_t size = fread(text, 1, sizeof(text), stream);
    (void)fclose(stream);
    return size < sizeof(text) ? json_loadb(text, size, 0, NULL) : NULL;
}

/* ---- the folder ---- */

/* Removes what begins with `prefix`: files of ours, whole or left by a process that was killed. */
static void sweep(const spoti_parts *parts, const char *prefix)
{
    char path[SPOTI_PATH_SIZE + 256];
    DIR *dir = opendir(parts->folder);
    if (dir == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (spoti_starts_with(entry->d_name, prefix) &&
            spoti_path_join(path, sizeof(path), parts->folder, entry->d_name)) {
            (void)unlink(path);
        }
    }
    (void)closedir(dir);
}

/* Settings go last: a folder that is half removed still says what its parts are. */
void spoti_parts_remove(const spoti_parts *parts)
{
    sweep(parts, PART);
    sweep(parts, SETTINGS);
    (void)rmdir(parts->folder);
}

/* ---- settings ---- */

static void show(const json_t *value, char out[VALUE_SIZE])
{
    const size_t size = json_dumpb(value, out, VALUE_SIZE - 1,
                                   JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    const bool fits = value != NULL && size > 0 && size < VALUE_SIZE;
    (void)spoti_copy_n(out, VALUE_SIZE, fits ? out : "?", fits ? size : 1);
}

/* Refuses what is `there` by the first setting that differs. */
static spot_status compare(const spoti_parts *parts, const json_t *there, json_t *wanted,
                           spot_diag *diag)
{
    const char *key = NULL;
    json_t *value = NULL;
    char was[VALUE_SIZE];
    char is[VALUE_SIZE];

    json_object_foreach(wanted, key, value)
    {
        const json_t *other = json_object_get(there, key);
        if (other == NULL || json_equal(other, value) == 0) {
            show(other, was);
            show(value, is);
            return spot_diag_set(diag, SPOT_E_INVALID,
                                 "%s: demonstrations of other settings were begun there: %s %s, "
                                 "now %s; expected the same, another file name, or the folder "
                                 "removed",
                                 parts->folder, key, was, is);
        }
    }
    return SPOT_OK;
}

/* Takes the folder's settings for those of parts to come, or sees that they are. Parts that nothing is known of go. */
static spot_status settle(const spoti_parts *parts, json_t *settings, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    (void)spoti_path_join(path, sizeof(path), parts->folder, SETTINGS);
    json_t *there = read_json(path);
    if (there != NULL) {
        const spot_status st = compare(parts, there, settings, diag);
        json_decref(there);
        return st;
    }
    sweep(parts, PART);
    return write_json(path, settings, diag);
}

/* ---- opening ---- */

/* Takes the folder for this process. */
static spot_status lock(spoti_parts *parts, spot_diag *diag)
{
    parts->lock = open(parts->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parts->lock < 0) {
        return spoti_file_cannot_write(parts->folder, errno, diag);
    }
    if (flock(parts->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        (void)close(parts->lock);
        return spot_diag_set(diag, SPOT_E_STATE,
                             "%s: another process records there, expected it to end first",
                             parts->folder);
    }
    return SPOT_OK; /* where the file system has no locks, nobody is kept out */
}

spot_status spoti_parts_open(spoti_parts *parts, const char *out, json_t *settings, spot_diag *diag)
{
    char longest[SPOTI_PATH_SIZE];
    struct stat info;

    memset(parts, 0, sizeof(*parts));
    if (stat(out, &info) == 0 && !S_ISREG(info.st_mode)) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "%s: cannot write: %s, expected the name of a file", out,
                             S_ISDIR(info.st_mode) ? "a folder" : "no regular file");
    }
    if (!spoti_format(longest, sizeof(longest), "%s%s/%s0000000000.hdf5", out, SUFFIX, PART)) {
        return spoti_refuse_path(SPOT_E_RANGE, out, diag);
    }
    (void)spoti_format(parts->folder, sizeof(parts->folder), "%s%s", out, SUFFIX);
    const bool made = mkdir(parts->folder, 0777) == 0;
    const int error = errno;
    spot_status st = made || error == EEXIST ? lock(parts, diag)
                                             : spoti_file_cannot_write(parts->folder, error, diag);
    if (st != SPOT_OK) {
        parts->folder[0] = '\0';
        return st;
    }
    st = settle(parts, settings, diag);
    if (st != SPOT_OK) {
        if (made) {
            spoti_parts_remove(parts);
        }
        spoti_parts_close(parts);
    }
    return st;
}

void spoti_parts_close(spoti_parts *parts)
{
    if (parts->folder[0] != '\0') {
        (void)close(parts->lock);
        parts->folder[0] = '\0';
    }
}

/* ---- one part ---- */

static void name_part(const spoti_parts *parts, int n, const char *suffix,
                      char path[SPOTI_PATH_SIZE])
{
    (void)spoti_format(path, SPOTI_PATH_SIZE, "%s/%s%06d.%s", parts->folder, PART, n, suffix);
}

void spoti_parts_path(const spoti_parts *parts, int n, char path[SPOTI_PATH_SIZE])
{
    name_part(parts, n, "hdf5", path);
}

static bool is_end(char letter)
{
    return letter == SPOTI_END_FAILED || letter == SPOTI_END_INVALID ||
           letter == SPOTI_END_DISTURBED || letter == SPOTI_END_UNDISTURBED ||
           letter == SPOTI_END_NOT_RUN;
}

/* Reads part-N.json; false if it is not one that spoti_parts_keep wrote. */
static bool read_part(const json_t *json, spoti_part *out, char hash[HASH_SIZE])
{
    const char *ends = json_string_value(json_object_get(json, "ends"));
    const char *said = json_string_value(json_object_get(json, "hash"));
    const char *fault = json_string_value(json_object_get(json, "fault"));
    const json_t *rows = json_object_get(json, "rows");

    if (ends == NULL || strlen(ends) != SPOTI_PART_EPISODES || said == NULL || fault == NULL ||
        json_array_size(rows) != SPOTI_PART_EPISODES || !spoti_copy(hash, HASH_SIZE, said)) {
        return false;
    }
    (void)spoti_copy(out->fault, sizeof(out->fault), fault);
    for (int i = 0; i < SPOTI_PART_EPISODES; i++) {
        const json_int_t n = json_integer_value(json_array_get(rows, (size_t)i));
        if (!is_end(ends[i]) || n < 0 || n > INT32_MAX) {
            return false;
        }
        out->ends[i] = (spoti_end)ends[i];
        out->rows[i] = (int)n;
    }
    return true;
}

bool spoti_parts_find(const spoti_parts *parts, int n, spoti_part *out)
{
    char path[SPOTI_PATH_SIZE];
    char said[HASH_SIZE];
    char found[HASH_SIZE];
    uint64_t hash = SPOTI_HASH_START;

    name_part(parts, n, "json", path);
    json_t *json = read_json(path);
    const bool good = read_part(json, out, said);
    json_decref(json);
    spoti_parts_path(parts, n, path);
    if (!good || spoti_hash_file(&hash, path, NULL) != SPOT_OK) {
        return false;
    }
    (void)spoti_format(found, sizeof(found), "%016" PRIx64, hash);
    return strcmp(found, said) == 0;
}

static json_t *pack_part(const spoti_part *part, uint64_t hash)
{
    char ends[SPOTI_PART_EPISODES + 1] = "";
    char text[HASH_SIZE];
    json_t *rows = json_array();

    for (int i = 0; i < SPOTI_PART_EPISODES; i++) {
        ends[i] = (char)part->ends[i];
        (void)json_array_append_new(rows, json_integer(part->rows[i]));
    }
    (void)spoti_format(text, sizeof(text), "%016" PRIx64, hash);
    json_t *fault = json_string(part->fault); /* NULL: a name in it is no UTF-8 */
    return json_pack("{s:s, s:s, s:o, s:o}", "ends", ends, "hash", text, "rows", rows, "fault",
                     fault != NULL ? fault : json_string("its text is no UTF-8"));
}

spot_status spoti_parts_keep(const spoti_parts *parts, int n, const spoti_part *part,
                             spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    uint64_t hash = SPOTI_HASH_START;

    spoti_parts_path(parts, n, path);
    spot_status st = spoti_hash_file(&hash, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    json_t *json = pack_part(part, hash);
    name_part(parts, n, "json", path);
    st = json != NULL ? write_json(path, json, diag) : SPOT_E_NOMEM;
    json_decref(json);
    return st;
}
