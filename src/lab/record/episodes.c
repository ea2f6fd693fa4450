/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/episodes.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "core/base/text.h"

enum {
    N_COLUMN = 18,
    LINE_SIZE = SPOTI_SIGNATURE_SIZE + 64, /* of the longest line, the signature's */
};

static const char PREFIX[] = "# sweetspot episodes, format 2: ";
static const char COLUMNS[] =
    "seed,success,grade,grade_max,time_s,chunks,inferences,actions,dropped,"
    "inference_s,wait_s,delay_s,age_first_s,age_mean_s,age_max_s,path_m,invalid,fault";
static const char CLOSING[] = "# complete";

bool spoti_episodes_name(const char *text, char name[SPOTI_EPISODES_NAME_SIZE])
{
    bool whole = spoti_format(name, SPOTI_EPISODES_NAME_SIZE, "%s.csv", text);
    for (char *at = strpbrk(name, " /"); at != NULL; at = strpbrk(at, " /")) {
        *at = *at == '/' ? '+' : '_';
    }
    return whole;
}

spot_status spoti_episodes_save(const char *path, const char *signature,
                                const spot_episode *episodes, int64_t n, spot_diag *diag)
{
    spoti_file file;
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    /* names in the signature may hold a newline: a row of their own making */
    spot_print(file.stream, "%s%s\n%s\n", PREFIX, signature, COLUMNS);
    for (int64_t i = 0; i < n; i++) {
        const spot_episode *e = &episodes[i];
        (void)fprintf(file.stream,
                      "%" PRIu64 ",%d,%d,%d,%.17g,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                      ",%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%d,",
                      e->seed, e->success ? 1 : 0, e->grade, e->grade_max, e->time_s, e->chunks,
                      e->inferences, e->actions, e->dropped, e->inference_s, e->wait_s, e->delay_s,
                      e->age_first_s, e->age_mean_s, e->age_max_s, e->path_m, e->invalid ? 1 : 0);
        spoti_put_csv(file.stream, e->fault);
        (void)fputc('\n', file.stream);
    }
    (void)fprintf(file.stream, "%s\n", CLOSING);
    return spoti_file_commit(&file, diag);
}

/* The next line without its newline; false at the end, or if it is too long or has no newline. */
static bool next_line(FILE *stream, char *line)
{
    if (fgets(line, LINE_SIZE, stream) == NULL) {
        return false;
    }
    size_t length = strlen(line);
    if (length == 0 || line[length - 1] != '\n') {
        return false;
    }
    line[length - 1] = '\0';
    return true;
}

/* A cell as spoti_put_csv wrote it, in place: without its quotes. False if they do not match. */
static bool unquote(char *cell)
{
    if (cell[0] != '"') {
        return true;
    }
    const char *from = cell + 1;
    char *to = cell;
    while (*from != '\0' && !(from[0] == '"' && from[1] != '"')) {
        from += *from == '"'; /* a doubled one */
        *to++ = *from++;
    }
    *to = '\0';
    return from[0] == '"' && from[1] == '\0';
}

/* Cuts `line` at its commas, but for those of the last cell, a text; false unless there are N_COLUMN. */
static bool split(char *line, char *fields[N_COLUMN])
{
    fields[0] = line;
    for (int n = 1; n < N_COLUMN; n++) {
        char *comma = strchr(fields[n - 1], ',');
        if (comma == NULL) {
            return false;
        }
        *comma = '\0';
        fields[n] = comma + 1;
    }
    return unquote(fields[N_COLUMN - 1]);
}

static bool read_flag(const char *text, bool *flag)
{
    *flag = text[0] == '1';
    return (text[0] == '0' || text[0] == '1') && text[1] == '\0';
}

static bool read_episode(char *line, spot_episode *e)
{
    char *f[N_COLUMN];
    if (!split(line, f)) {
        return false;
    }
    int64_t *const counts[] = {&e->chunks, &e->inferences, &e->actions, &e->dropped};
    double *const reals[] = {&e->inference_s, &e->wait_s,    &e->delay_s, &e->age_first_s,
                             &e->age_mean_s,  &e->age_max_s, &e->path_m};
    bool ok = spoti_parse_uint64(f[0], &e->seed) == SPOT_OK && read_flag(f[1], &e->success) &&
              spoti_parse_int(f[2], &e->grade) == SPOT_OK &&
              spoti_parse_int(f[3], &e->grade_max) == SPOT_OK &&
              spoti_parse_double(f[4], &e->time_s) == SPOT_OK;
    for (int k = 0; ok && k < 4; k++) {
        ok = spoti_parse_int64(f[5 + k], counts[k]) == SPOT_OK;
    }
    for (int k = 0; ok && k < 7; k++) {
        ok = spoti_parse_double(f[9 + k], reals[k]) == SPOT_OK;
    }
    /* a fault belongs to an invalid episode, which is no success */
    return ok && read_flag(f[16], &e->invalid) && spoti_copy(e->fault, sizeof(e->fault), f[17]) &&
           e->invalid == (e->fault[0] != '\0') && !(e->invalid && e->success);
}

static bool read_all(FILE *stream, const char *signature, const uint64_t *seeds, int64_t n,
                     spot_episode *episodes)
{
    char line[LINE_SIZE];
    char shown[LINE_SIZE];
    size_t prefix = sizeof(PREFIX) - 1;
    if (!spot_show(shown, sizeof(shown), signature) || !next_line(stream, line) ||
        strncmp(line, PREFIX, prefix) != 0 || strcmp(line + prefix, shown) != 0) {
        return false;
    }
    if (!next_line(stream, line) || strcmp(line, COLUMNS) != 0) {
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        memset(&episodes[i], 0, sizeof(episodes[i]));
        if (!next_line(stream, line) || !read_episode(line, &episodes[i]) ||
            episodes[i].seed != seeds[i]) {
            return false;
        }
    }
    return next_line(stream, line) && strcmp(line, CLOSING) == 0;
}

bool spoti_episodes_load(const char *path, const char *signature, const uint64_t *seeds, int64_t n,
                         spot_episode *episodes)
{
    FILE *stream = NULL;
    if (spoti_file_open(path, "episodes", &stream, NULL) != SPOT_OK) {
        return false;
    }
    bool whole = read_all(stream, signature, seeds, n, episodes);
    (void)fclose(stream);
    return whole;
}
