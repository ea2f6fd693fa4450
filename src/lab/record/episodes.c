/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/episodes.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "core/base/text.h"
#include "lab/record/setting.h"

/* Of the longest line, that of the names; a number has 24 characters. */
enum { LINE_SIZE = 4096 };

/* Behind it the number of the format, a colon, and the signature. */
static const char PREFIX[] = "# sweetspot episodes, format ";

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

bool spoti_episode_restore(spot_episode *e)
{
    bool any = false; /* of a motion that could not be followed nothing is */
    for (int m = SPOT_MOTION_COMPLETION_TIME_S + 1; m < SPOT_MOTION_N_METRIC; m++) {
        any = any || e->motion.values[m].why == SPOT_MOTION_WHY_DEFINED;
    }
    e->motion.values[SPOT_MOTION_COMPLETION_TIME_S] = spoti_kept_value(any, e->time_s);
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

void spoti_episodes_put(FILE *out, const spot_episode *e)
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

void spoti_episodes_put_head(FILE *out, const char *signature)
{
    char line[LINE_SIZE];
    /* names in the signature may hold a newline: a row of their own making */
    spot_print(out, "%s%d: %s\n%s\n", PREFIX, SPOTI_EPISODES_FORMAT, signature, header(line));
}

spot_status spoti_episodes_save(const char *path, const char *signature,
                                const spot_episode *episodes, int64_t n, spot_diag *diag)
{
    spoti_file file;
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_episodes_put_head(file.stream, signature);
    for (int64_t i = 0; i < n; i++) {
        spoti_episodes_put(file.stream, &episodes[i]);
    }
    return spoti_file_commit(&file, diag);
}

/* The next line without its newline. False at the end, and where the file ends without a newline: a killed process
 * has not finished that line. A line too long to be ours is cut off, and so is one with a 0. */
static bool next_line(FILE *stream, char *line)
{
    size_t n = 0;
    int c = fgetc(stream);
    for (; c != EOF && c != '\n'; c = fgetc(stream)) {
        if (n + 1 < LINE_SIZE) {
            line[n++] = (char)c;
        }
    }
    line[n] = '\0';
    return c == '\n';
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
    return ok && spoti_episode_restore(e);
}

/* Of which format the file is whose first line this is; 0 = of none. *rest: behind the colon. */
static int format_of(const char *line, const char **rest)
{
    char number[16];
    int format = 0;
    if (!spoti_starts_with(line, PREFIX)) {
        return 0;
    }
    line += strlen(PREFIX);
    const size_t digits = strcspn(line, ":");
    *rest = line + digits + (line[digits] == ':' ? 1 : 0);
    *rest += **rest == ' ' ? 1 : 0;
    return line[digits] == ':' && spoti_copy_n(number, sizeof(number), line, digits) &&
                   spoti_parse_int(number, &format) == SPOT_OK
               ? format
               : 0;
}

/* What the first line says against the file. */
static spot_status check_signature(const char *path, const char *line, const char *signature,
                                   spot_diag *diag)
{
    char shown[LINE_SIZE];
    char why[SPOT_DIAG_TEXT_SIZE / 2];
    const char *rest = "";
    const int format = format_of(line, &rest);
    if (format == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: no episodes of sweetspot, expected some",
                             path);
    }
    if (format != SPOTI_EPISODES_FORMAT) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:1: episodes of format %d, expected format %d: another version of "
                             "sweetspot kept them, a folder of its own leaves them as they are",
                             path, format, SPOTI_EPISODES_FORMAT);
    }
    (void)spot_show(shown, sizeof(shown), signature);
    if (strcmp(rest, shown) == 0) {
        return SPOT_OK;
    }
    spoti_setting_difference(rest, shown, why, sizeof(why));
    return spot_diag_set(diag, SPOT_E_INVALID,
                         "%s:1: episodes of another setting: %s; expected the same, or a folder of "
                         "its own",
                         path, why);
}

/* The lines behind the names. */
static spot_status read_rows(const char *path, FILE *stream, spoti_episode_fn visit, void *ctx,
                             spoti_episodes_there *there, spot_diag *diag)
{
    char line[LINE_SIZE];
    uint64_t before = 0;
    spot_status st = SPOT_OK;
    while (st == SPOT_OK && next_line(stream, line)) {
        spot_episode e;
        memset(&e, 0, sizeof(e));
        if (!read_episode(line, &e)) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%lld: damaged: no episode, expected %d cells that make one; "
                                 "without this line its episode is run again",
                                 path, (long long)there->n + 3, SPOTI_N_EPISODE_COLUMN);
        }
        there->in_order = there->in_order && (there->n == 0 || before < e.seed);
        there->n++;
        there->whole = (int64_t)ftello(stream);
        before = e.seed;
        st = visit(ctx, &e);
    }
    there->in_order = there->in_order && (int64_t)ftello(stream) == there->whole;
    return st;
}

static spot_status read_all(const char *path, FILE *stream, const char *signature,
                            spoti_episode_fn visit, void *ctx, spoti_episodes_there *there,
                            spot_diag *diag)
{
    char line[LINE_SIZE];
    char names[LINE_SIZE];
    if (!next_line(stream, line)) {
        there->in_order = false; /* whose head a killed process has not finished */
        return line[0] == '\0' || spoti_starts_with(line, PREFIX) || spoti_starts_with(PREFIX, line)
                   ? SPOT_OK
                   : check_signature(path, line, signature, diag);
    }
    spot_status st = check_signature(path, line, signature, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (!next_line(stream, line)) {
        there->in_order = false;
        return SPOT_OK;
    }
    if (strcmp(line, header(names)) != 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:2: damaged: not the names of the columns, expected %.40s...", path,
                             names);
    }
    there->whole = (int64_t)ftello(stream);
    return read_rows(path, stream, visit, ctx, there, diag);
}

/* Nothing is there, or a way to it is not. */
static bool is_absent(const char *path)
{
    return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

spot_status spoti_episodes_read(const char *path, const char *signature, spoti_episode_fn visit,
                                void *ctx, spoti_episodes_there *there, spot_diag *diag)
{
    FILE *stream = NULL;
    *there = (spoti_episodes_there){.in_order = true};
    if (is_absent(path)) {
        return SPOT_OK;
    }
    spot_status st = spoti_file_open(path, "episodes", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = read_all(path, stream, signature, visit, ctx, there, diag);
    if (st == SPOT_OK && ferror(stream) != 0) {
        st = spot_diag_set(diag, SPOT_E_IO, "%s: cannot be read to its end", path);
    }
    (void)fclose(stream);
    return st;
}

bool spoti_episodes_signature(const char *path, int *format, char *text, size_t size)
{
    char line[LINE_SIZE];
    const char *rest = "";
    FILE *stream = NULL;
    *format = 0;
    if (is_absent(path) || spoti_file_open(path, "episodes", &stream, NULL) != SPOT_OK) {
        return false;
    }
    const bool whole = next_line(stream, line);
    (void)fclose(stream);
    *format = whole ? format_of(line, &rest) : 0;
    return *format != 0 && spoti_copy(text, size, rest);
}
