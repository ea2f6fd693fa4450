/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"

extern char **environ; /* POSIX: declared by the program itself */

/* posix_spawn reports a missing program so, on C libraries that do not see it before they fork. */
enum { EXIT_NOT_FOUND = 127 };

void spoti_gnuplot_quote(FILE *script, const char *text)
{
    (void)fputc('\'', script);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)fputc('\'', script); /* doubled */
        }
        if (*text == '\n') {
            (void)fputc(' ', script);
        } else {
            (void)fputc(*text, script);
        }
    }
    (void)fputc('\'', script);
}

static int spawn_gnuplot(int script_fd, int words_fd, pid_t *pid)
{
    char name[] = "gnuplot";
    char *argv[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, script_fd, STDIN_FILENO);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, words_fd, STDOUT_FILENO);
    }
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, words_fd, STDERR_FILENO);
    }
    if (error == 0) {
        error = posix_spawnp(pid, name, &actions, NULL, argv, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Joins what gnuplot said into one line. */
static void read_words(FILE *words, char *line, size_t size)
{
    rewind(words);
    size_t n = fread(line, 1, size - 1, words);
    line[n] = '\0';
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\t') {
            *at = ' ';
        }
    }
}

static spot_status run(FILE *script, FILE *words, spot_diag *diag)
{
    pid_t pid = 0;
    int status = 0;
    char line[SPOT_DIAG_TEXT_SIZE / 2];
    int error = spawn_gnuplot(fileno(script), fileno(words), &pid);
    if (error == ENOENT) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "gnuplot: not found on the PATH, needed to draw figures");
    }
    if (error != 0) {
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot start: error %d", error);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return spot_diag_set(diag, SPOT_E_IO, "gnuplot: lost track of it");
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "gnuplot: not found on the PATH, needed to draw figures");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        read_words(words, line, sizeof(line));
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot failed: %s", line);
    }
    return SPOT_OK;
}

spot_status spoti_gnuplot_run(FILE *script, spot_diag *diag)
{
    FILE *words = tmpfile();
    /* the child reads through the same offset, so it must stand at the start of the file itself */
    if (words == NULL || fflush(script) != 0 || lseek(fileno(script), 0, SEEK_SET) != 0) {
        if (words != NULL) {
            (void)fclose(words);
        }
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot write a temporary file");
    }
    spot_status st = run(script, words, diag);
    (void)fclose(words);
    return st;
}

/* Where to draw: a target that is no regular file, /dev/null say, is written in place. */
static const char *place(const spoti_file *file)
{
    return file->temp[0] != '\0' ? file->temp : file->path;
}

static spot_status draw_files(const spoti_file *svg, const spoti_file *png, spoti_draw_fn draw,
                              const void *ctx, spot_diag *diag)
{
    FILE *script = tmpfile();
    if (script == NULL) {
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot write a temporary file");
    }
    draw(ctx, script, place(svg), place(png));
    spot_status st = ferror(script) != 0
                         ? spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot write its script")
                         : spoti_gnuplot_run(script, diag);
    (void)fclose(script);
    return st;
}

spot_status spoti_gnuplot_figure(const char *base, spoti_draw_fn draw, const void *ctx,
                                 spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    spoti_file svg = {0};
    spoti_file png = {0};

    if (!spoti_format(path, sizeof(path), "%s.svg", base)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%.100s...: path too long", base);
    }
    spot_status st = spoti_file_begin(&svg, path, diag);
    if (st == SPOT_OK) {
        (void)spoti_format(path, sizeof(path), "%s.png", base);
        st = spoti_file_begin(&png, path, diag);
    }
    if (st == SPOT_OK) {
        st = draw_files(&svg, &png, draw, ctx, diag);
    }
    if (st == SPOT_OK) {
        st = spoti_file_commit(&svg, diag);
    }
    if (st == SPOT_OK) {
        st = spoti_file_commit(&png, diag);
    }
    spoti_file_abort(&svg);
    spoti_file_abort(&png);
    return st;
}
