/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/mjcf.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/text.h"

enum { FILES_MAX = 16, LINE_SIZE = 1024, TOKENS_MAX = 6, TOKEN_SIZE = 64 };

/* The model and the files that it includes, each once. */
typedef struct files {
    char path[FILES_MAX][SPOTI_PATH_SIZE];
    int count;
} files;

/* What a line must hold, all of it. */
typedef struct tokens {
    char text[TOKENS_MAX][TOKEN_SIZE];
    int count;
} tokens;

/* The number that follows `mark` in `text`, or 0. */
static int number_after(const char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    const char *digits = at != NULL ? at + strlen(mark) : "";
    int number = 0;
    while (*digits >= '0' && *digits <= '9' && number < INT_MAX / 10 - 1) {
        number = 10 * number + (*digits++ - '0');
    }
    return number;
}

/* The file that the line includes, as MuJoCo finds it: from the model's own folder. */
static bool included_by(const char *line, const char *model, char path[SPOTI_PATH_SIZE])
{
    char folder[SPOTI_PATH_SIZE];
    char name[SPOTI_PATH_SIZE];
    const char *at = strstr(line, "<include");
    at = at != NULL ? strstr(at, "file=") : NULL;
    if (at == NULL || (at[5] != '"' && at[5] != '\'')) {
        return false;
    }
    const char quote[2] = {at[5], '\0'};
    const char *from = at + 6;
    return spoti_copy_n(name, sizeof(name), from, strcspn(from, quote)) &&
           spoti_path_dir(folder, sizeof(folder), model) &&
           spoti_path_join(path, SPOTI_PATH_SIZE, folder, name);
}

static void add(files *f, const char *path)
{
    for (int i = 0; i < f->count; i++) {
        if (strcmp(f->path[i], path) == 0) {
            return;
        }
    }
    if (f->count < FILES_MAX) {
        (void)spoti_copy(f->path[f->count++], SPOTI_PATH_SIZE, path);
    }
}

/* The files, and whatever they include. */
static void collect(files *f, const char *model)
{
    char line[LINE_SIZE];
    char path[SPOTI_PATH_SIZE];
    f->count = 0;
    add(f, model);
    for (int i = 0; i < f->count; i++) {
        FILE *in = NULL;
        (void)spoti_file_open(f->path[i], "MJCF", &in, NULL); /* MuJoCo says that it is not there */
        while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
            if (included_by(line, model, path)) {
                add(f, path);
            }
        }
        if (in != NULL) {
            (void)fclose(in);
        }
    }
}

static bool holds_all(const char *line, const tokens *t)
{
    for (int i = 0; i < t->count; i++) {
        if (strstr(line, t->text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* How many lines of the file hold all tokens; *first is the first of them. */
static int count_lines(const char *path, const tokens *t, int *first)
{
    char line[LINE_SIZE];
    FILE *in = NULL;
    int count = 0;
    (void)spoti_file_open(path, "MJCF", &in, NULL);
    for (int at = 1; in != NULL && fgets(line, sizeof(line), in) != NULL; at++) {
        if (holds_all(line, t) && count++ == 0) {
            *first = at;
        }
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    return count;
}

static void put_place(char *out, size_t size, const char *path, int line)
{
    if (line > 0) {
        (void)spoti_format(out, size, "%s:%d", path, line);
    } else {
        (void)spoti_format(out, size, "%s", path);
    }
}

/* Everything in single quotes, and the object's name. */
static void read_tokens(const char *message, tokens *t)
{
    const char *object = strstr(message, "Object name = ");
    t->count = 0;
    if (object != NULL) {
        object += strlen("Object name = ");
        const size_t length = strcspn(object, ",");
        if (length > 0 && spoti_copy_n(t->text[0], TOKEN_SIZE, object, length)) {
            t->count = 1;
        }
    }
    for (const char *at = strchr(message, '\''); at != NULL && t->count < TOKENS_MAX;) {
        const char *end = strchr(at + 1, '\'');
        if (end == NULL) {
            return;
        }
        const size_t length = (size_t)(end - at - 1);
        t->count += length > 0 && spoti_copy_n(t->text[t->count], TOKEN_SIZE, at + 1, length);
        at = strchr(end + 1, '\'');
    }
}

/* The one line of an included file with all that the message quotes; else the one file that it can be. */
static void place_included(const files *f, const char *message, char *out, size_t size)
{
    tokens t;
    int file = 0;
    int line = 0;
    int hits = 0;
    read_tokens(message, &t);
    for (int i = 1; i < f->count && t.count > 0; i++) {
        int first = 0;
        const int count = count_lines(f->path[i], &t, &first);
        file = count > 0 ? i : file;
        line = count > 0 ? first : line;
        hits += count;
    }
    if (hits == 1) {
        put_place(out, size, f->path[file], line);
    } else {
        put_place(out, size, f->path[f->count == 2 ? 1 : 0], 0);
    }
}

void spoti_mjcf_place(const char *path, const char *message, char *out, size_t size)
{
    files f;
    int line = number_after(message, "line = "); /* of the compiler, else of the schema */
    line = line > 0 ? line : number_after(message, "line ");
    const int parsed = number_after(message, "Line number="); /* of the parser */
    const bool has_line = strstr(message, "line ") != NULL;

    collect(&f, path);
    const bool in_included = strstr(message, "Include error") != NULL;
    if (parsed > 0 && (!in_included || f.count == 2)) {
        put_place(out, size, f.path[in_included ? 1 : 0], parsed);
    } else if (line == 0 && has_line && f.count > 1) {
        place_included(&f, message, out, size);
    } else {
        put_place(out, size, path, line);
    }
}

void spoti_mjcf_find(const char *path, const char *text, char *out, size_t size)
{
    files f;
    tokens t = {.count = 1};
    collect(&f, path);
    (void)spoti_copy(t.text[0], TOKEN_SIZE, text);
    for (int i = 0; i < f.count; i++) {
        int line = 0;
        if (count_lines(f.path[i], &t, &line) > 0) {
            put_place(out, size, f.path[i], line);
            return;
        }
    }
    put_place(out, size, path, 0);
}

spot_status spoti_mjcf_check(const char *path, spot_diag *diag)
{
    files f;
    spot_status st = SPOT_OK;
    collect(&f, path);
    for (int i = 0; i < f.count && st == SPOT_OK; i++) {
        FILE *in = NULL;
        if (i > 0 && access(f.path[i], F_OK) != 0) {
            continue; /* MuJoCo says so, and where it is included */
        }
        st = spoti_file_open(f.path[i], "a readable MJCF file", &in, diag);
        if (st == SPOT_OK) {
            (void)fclose(in);
        }
    }
    return st;
}
