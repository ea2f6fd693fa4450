/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "lab/report/whole.h"

extern char **environ; /* POSIX: declared by the program itself */

/* posix_spawn reports a missing program so, on C libraries that do not see it before they fork. */
enum { EXIT_NOT_FOUND = 127 };

struct spoti_script {
    FILE *stream;
};

/* Writes the text in single quotes, where nothing is expanded. A single quote itself is put between two such
 * strings ('it'."'".'s'): gnuplot 5.4 misreads a doubled one at the start and beside another, and the string
 * then ends where a stranger wants it to. In labels of tics % starts the format of a number, unless doubled. */
static void put_between(spoti_sink *sink, const char *text, size_t n, bool is_tic)
{
    spoti_sink_put(sink, "'", 1);
    while (n > 0) {
        size_t length = 0;
        while (length < n && text[length] != '\'' && !(is_tic && text[length] == '%')) {
            length++;
        }
        spoti_sink_show(sink, text, length);
        if (length < n) {
            const char *sign = text[length++] == '%' ? "%%" : "'.\"'\".'";
            spoti_sink_put(sink, sign, strlen(sign));
        }
        text += length;
        n -= length;
    }
    spoti_sink_put(sink, "'", 1);
}

/* A spoti_put_fn. */
static void put_quoted(spoti_sink *sink, const char *text, size_t n)
{
    put_between(sink, text, n, false);
}

void spoti_script_put(spoti_script *script, const char *format, ...)
{
    spoti_sink sink = {.stream = script->stream};
    va_list args;
    va_start(args, format);
    spoti_sink_print(&sink, put_quoted, format, args);
    va_end(args);
}

void spoti_script_tic(spoti_script *script, const char *text, int position)
{
    spoti_sink sink = {.stream = script->stream};
    for (;;) {
        const size_t length = strcspn(text, "\n");
        put_between(&sink, text, length, true);
        if (text[length] == '\0') {
            break;
        }
        spoti_sink_put(&sink, ".\"\\n\".",
                       strlen(".\"\\n\".")); /* only here a string in double quotes */
        text += length + 1;
    }
    spoti_script_put(script, " %d", position);
}

/* ---- the child process ---- */

static int spawn_gnuplot(int script_fd, int out_fd, int words_fd, pid_t *pid)
{
    char name[] = "gnuplot";
    char plain[] =
        "--default-settings"; /* none of the user's, a figure looks the same for everybody */
    char *argv[] = {name, plain, NULL};
    const int from[] = {script_fd, out_fd, words_fd};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    for (int to = STDIN_FILENO; error == 0 && to <= STDERR_FILENO; to++) {
        error = posix_spawn_file_actions_adddup2(&actions, from[to], to);
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

/* Three unnamed files: what gnuplot reads, draws and says. No pipe, so no signal if it dies early. */
typedef struct child {
    spoti_script script;
    FILE *drawing;
    FILE *words;
} child;

static spot_status run(const child *c, spot_diag *diag)
{
    pid_t pid = 0;
    int status = 0;
    char line[SPOT_DIAG_TEXT_SIZE / 2];
    int error = spawn_gnuplot(fileno(c->script.stream), fileno(c->drawing), fileno(c->words), &pid);
    if (error != 0 && error != ENOENT) {
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot start: %s", strerror(error));
    }
    while (error == 0 && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot be waited for: %s",
                                 strerror(errno));
        }
    }
    if (error == ENOENT || (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND)) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "gnuplot: not found on the PATH, needed to draw figures");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        read_words(c->words, line, sizeof(line));
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot failed: %s", line);
    }
    return SPOT_OK;
}

/* ---- figures ---- */

typedef struct format {
    const char *suffix;
    const char *terminal;
    spoti_whole_fn is_whole;
} format;

static const format FORMATS[] = {
    {"svg", "set terminal svg background rgb 'white'", spoti_svg_is_whole},
    {"png", "set terminal pngcairo", spoti_png_is_whole},
};
enum { N_FORMAT = sizeof(FORMATS) / sizeof(FORMATS[0]) };

static bool copy(FILE *from, FILE *to)
{
    char bytes[4096];
    size_t n = 0;
    rewind(from);
    while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0) {
        (void)fwrite(bytes, 1, n, to); /* what it met, commit reports */
    }
    return ferror(from) == 0;
}

static spot_status draw_into(const child *c, const format *f, const spoti_figure *figure, FILE *out,
                             spot_diag *diag)
{
    FILE *script = c->script.stream;
    spoti_script s = {.stream = script};
    (void)fputs(f->terminal, script);
    spoti_script_put(&s, " size %d,%d font 'DejaVu Sans,12'\nset encoding utf8\n", figure->width_px,
                     figure->height_px);
    figure->draw(figure->ctx, &s);
    /* the child reads through the same offset, so it must stand at the start of the file itself */
    if (fflush(script) != 0 || ferror(script) != 0 || lseek(fileno(script), 0, SEEK_SET) != 0) {
        return spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot write its script");
    }
    spot_status st = run(c, diag);
    if (st == SPOT_OK && (!f->is_whole(c->drawing) || !copy(c->drawing, out))) {
        st = spot_diag_set(diag, SPOT_E_IO, "gnuplot: its %s is cut short; is the disk full?",
                           f->suffix);
    }
    return st;
}

static spot_status draw_one(const format *f, const spoti_figure *figure, FILE *out, spot_diag *diag)
{
    child c = {.script = {.stream = tmpfile()}, .drawing = tmpfile(), .words = tmpfile()};
    spot_status st = c.script.stream != NULL && c.drawing != NULL && c.words != NULL
                         ? draw_into(&c, f, figure, out, diag)
                         : spot_diag_set(diag, SPOT_E_IO, "gnuplot: cannot make a temporary file");
    FILE *const files[] = {c.script.stream, c.drawing, c.words};
    for (int i = 0; i < 3; i++) {
        if (files[i] != NULL) {
            (void)fclose(files[i]);
        }
    }
    return st;
}

spot_status spoti_gnuplot_figure(const char *base, const spoti_figure *figure, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    spoti_file files[N_FORMAT] = {0};
    spot_status st = SPOT_OK;

    for (int i = 0; i < N_FORMAT && st == SPOT_OK; i++) {
        if (!spoti_format(path, sizeof(path), "%s.%s", base, FORMATS[i].suffix)) {
            return spoti_refuse_path(SPOT_E_RANGE, base, diag);
        }
        st = spoti_file_begin(&files[i], path, diag);
        if (st == SPOT_OK) {
            st = draw_one(&FORMATS[i], figure, files[i].stream, diag);
        }
    }
    for (int i = 0; i < N_FORMAT && st == SPOT_OK; i++) {
        st = spoti_file_commit(&files[i], diag);
    }
    for (int i = 0; i < N_FORMAT; i++) {
        spoti_file_abort(&files[i]);
    }
    return st;
}
