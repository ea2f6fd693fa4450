/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/episodes.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "core/base/text.h"

/* Of the longest line, that of the names; a number has 24 characters. */
enum { LINE_SIZE = 4096 };

static const char PREFIX[] = "# sweetspot episodes, format 3: ";
static const char CLOSING[] = "# complete";

#define COLUMN(name, kind)                                                                         \
    {                                                                                              \
#name, SPOTI_COLUMN_##kind, offsetof(spot_episode, name)                                   \
    }

/* All but the metrics, which stand in front of the fault. */
static const spoti_episode_column FIXED[SPOTI_N_EPISODE_COLUMN - SPOTI_N_METRIC_KEPT] = {
    COLUMN(seed, SEED),        COLUMN(success, FLAG),    COLUMN(grade, INT),
    COLUMN(grade_max, INT),    COLUMN(time_s, REAL),     COLUMN(chunks, COUNT),
    COLUMN(inferences, COUNT), COLUMN(actions, COUNT),   COLUMN(dropped, COUNT),
    COLUMN(inference_s, REAL), COLUMN(wait_s, REAL),     COLUMN(delay_s, REAL),
    COLUMN(age_first_s, REAL), COLUMN(age_mean_s, REAL), COLUMN(age_max_s, REAL),
    COLUMN(path_m, REAL),      COLUMN(invalid, FLAG),    COLUMN(fault, FAULT),
};

spoti_episode_column spoti_episode_column_at(int k)
{
    _Static_assert(SPOT_MOTION_COMPLETION_TIME_S == 0, "the metric that is not kept is the first");
    enum { FAULT = SPOTI_N_EPISODE_COLUMN - 1, FIRST = FAULT - SPOTI_N_METRIC_KEPT };
    if (k < FIRST) {
        return FIXED[k];
    }
    if (k == FAULT) { /* the last: its text may hold commas */
        return FIXED[FIRST];
    }
    const int metric = k - FIRST + 1;
    return (spoti_episode_column){.name = spot_motion_describe(metric)->name,
                                  .kind = SPOTI_COLUMN_METRIC,
                                  .offset = offsetof(spot_episode, motion.values) +
                                            (size_t)metric * sizeof(spot_motion_value)};
}

bool spoti_episode_possible(const spot_episode *e)
{
    return e->invalid == (e->fault[0] != '\0') && !(e->invalid && e->success);
}

bool spoti_episodes_name(const char *text, char name[SPOTI_EPISODES_NAME_SIZE])
{
    bool whole = spoti_format(name, SPOTI_EPISODES_NAME_SIZE, "%s.csv", text);
    for (char *at = strpbrk(name, " /"); at != NULL; at = strpbrk(at, " /")) {
        *at = *at == '/' ? '+' : '_';
    }
    return whole;
}

/* The row of the names. */
static const char *header(char line[LINE_SIZE])
{
    size_t used = 0;
    for (int k = 0; k < SPOTI_N_EPISODE_COLUMN; k++) {
        (void)spoti_format(line + used, LINE_SIZE - used, "%s%s", k > 0 ? "," : "",
                           spoti_episode_column_at(k).name);
        used += strlen(line + used);
    }
    return line;
}

static void put_metric(FILE *out, const spot_motion_value *v)
{
    if (v->why == SPOT_MOTION_WHY_DEFINED) {
        (void)fprintf(out, "%.17g", v->value);
    }
}

static void put_episode(FILE *out, const spot_episode *e)
{
    for (int k = 0; k < SPOTI_N_EPISODE_COLUMN; k++) {
        const spoti_episode_column c = spoti_episode_column_at(k);
        const void *at = (const char *)e + c.offset;
        (void)fputs(k > 0 ? "," : "", out);
        switch (c.kind) {
        case SPOTI_COLUMN_SEED:
            (void)fprintf(out, "%" PRIu64, *(const uint64_t *)at);
            break;
        case SPOTI_COLUMN_FLAG:
            (void)fputs(*(const bool *)at ? "1" : "0", out);
            break;
        case SPOTI_COLUMN_INT:
            (void)fprintf(out, "%d", *(const int *)at);
            break;
        case SPOTI_COLUMN_COUNT:
            (void)fprintf(out, "%" PRId64, *(const int64_t *)at);
            break;
        case SPOTI_COLUMN_REAL:
            (void)fprintf(out, "%.17g", *(const double *)at);
            break;
        case SPOTI_COLUMN_METRIC:
            put_metric(out, (const spot_motion_value *)at);
            break;
        case SPOTI_COLUMN_FAULT:
            spoti_put_csv(out, (const char *)at);
            break;
        }
    }
    (void)fputc('\n', out);
}

spot_status spoti_episodes_save(const char *path, const char *signature,
                                const spot_episode *episodes, int64_t n, spot_diag *diag)
{
    char line[LINE_SIZE];
    spoti_file file;
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    /* names in the signature may hold a newline: a row of their own making */
    spot_print(file.stream, "%s%s\n%s\n", PREFIX, signature, header(line));
    for (int64_t i = 0; i < n; i++) {
        put_episode(file.stream, &episodes[i]);
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

/* Cuts `line` at its commas, but for those of the last cell, a text; false unless there are all. */
static bool split(char *line, char *fields[SPOTI_N_EPISODE_COLUMN])
{
    fields[0] = line;
    for (int n = 1; n < SPOTI_N_EPISODE_COLUMN; n++) {
        char *comma = strchr(fields[n - 1], ',');
        if (comma == NULL) {
            return false;
        }
        *comma = '\0';
        fields[n] = comma + 1;
    }
    return unquote(fields[SPOTI_N_EPISODE_COLUMN - 1]);
}

static bool read_flag(const char *text, bool *flag)
{
    *flag = text[0] == '1';
    return (text[0] == '0' || text[0] == '1') && text[1] == '\0';
}

static bool read_metric(const char *text, spot_motion_value *out)
{
    double value = 0.0;
    const bool there = text[0] != '\0';
    const bool ok = !there || spoti_parse_double(text, &value) == SPOT_OK;
    *out = spoti_kept_value(there, value);
    return ok;
}

static bool read_cell(const spoti_episode_column *c, const char *text, spot_episode *e)
{
    void *at = (char *)e + c->offset;
    switch (c->kind) {
    case SPOTI_COLUMN_SEED:
        return spoti_parse_uint64(text, at) == SPOT_OK;
    case SPOTI_COLUMN_FLAG:
        return read_flag(text, at);
    case SPOTI_COLUMN_INT:
        return spoti_parse_int(text, at) == SPOT_OK;
    case SPOTI_COLUMN_COUNT:
        return spoti_parse_int64(text, at) == SPOT_OK;
    case SPOTI_COLUMN_REAL:
        return spoti_parse_double(text, at) == SPOT_OK;
    case SPOTI_COLUMN_METRIC:
        return read_metric(text, at);
    case SPOTI_COLUMN_FAULT:
        return spoti_copy(at, sizeof(e->fault), text);
    default:
        return false;
    }
}

static bool read_episode(char *line, spot_episode *e)
{
    char *f[SPOTI_N_EPISODE_COLUMN];
    bool ok = split(line, f);
    for (int k = 0; ok && k < SPOTI_N_EPISODE_COLUMN; k++) {
        const spoti_episode_column c = spoti_episode_column_at(k);
        ok = read_cell(&c, f[k], e);
    }
    return ok && spoti_episode_possible(e);
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
    if (!next_line(stream, line) || strcmp(line, header(shown)) != 0) {
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
