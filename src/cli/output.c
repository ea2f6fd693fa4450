/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Messages, progress, JSON. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

int cli_fail(const char *verb, spot_status status, const spot_diag *diag)
{
    if (diag != NULL && diag->text[0] != '\0') {
        spot_print(stderr, "sweetspot %s: %s\n", verb, diag->text);
    } else if (status == SPOT_E_NOMEM) {
        spot_print(stderr, "sweetspot %s: out of memory, expected more of it, or a smaller job\n",
                   verb);
    } else { /* whoever found it should have said what it was */
        spot_print(stderr, "sweetspot %s: %s, expected a reason here: a fault of sweetspot\n", verb,
                   spot_status_str(status));
    }
    bool usage = status == SPOT_E_INVALID || status == SPOT_E_RANGE || status == SPOT_E_NOT_FOUND;
    return usage ? CLI_USAGE : CLI_FAILED;
}

int cli_refuse(const char *verb, spot_status status, const spot_diag *diag)
{
    const bool ours = status == SPOT_E_NOMEM || status == SPOT_E_INTERNAL || status == SPOT_E_STATE;
    const int exit_code = cli_fail(verb, status, diag);
    return ours ? exit_code : CLI_USAGE;
}

int cli_misuse(const char *verb, const char *format, ...)
{
    va_list args;
    spot_print(stderr, "sweetspot %s: ", verb);
    va_start(args, format);
    spot_vprint(stderr, format, args);
    va_end(args);
    spot_print(stderr, "\nTry 'sweetspot %s --help'.\n", verb);
    return CLI_USAGE;
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds between two lines of progress where there is no terminal. */
static double line_every_s(void)
{
    const double usual_s = 60.0;
    const char *text = getenv("SPOT_PROGRESS_S");
    const double wanted_s = text != NULL ? strtod(text, NULL) : usual_s;
    return wanted_s > 0.0 ? wanted_s : usual_s;
}

cli_progress cli_progress_begin(const char *label, bool quiet)
{
    const double now = now_s();
    const bool bar = isatty(STDERR_FILENO) != 0;
    return (cli_progress){.label = label,
                          .quiet = quiet,
                          .bar = bar,
                          .started_s = now,
                          .shown_s = bar ? 0.0 : now,
                          .found = -1};
}

static void show_bar(const cli_progress *p, double left_s)
{
    enum { WIDTH = 32 };
    const int filled = (int)(p->done * WIDTH / p->total);
    spot_print(stderr, "\r%s [%.*s%*s] %lld/%lld, %.0f s left  ", p->label, filled,
               "================================", WIDTH - filled, "", (long long)p->done,
               (long long)p->total, left_s);
    (void)fflush(stderr);
}

bool cli_progress_update(void *progress, int64_t done, int64_t total)
{
    cli_progress *p = progress;
    const double now = now_s();
    const double every_s = p->bar ? 0.1 : line_every_s();

    p->found = p->found < 0 ? (done > 1 ? done : 0) : p->found;
    p->done = done;
    p->total = total;
    const bool due = now - p->shown_s >= every_s || (p->bar && done == total);
    if (!p->quiet && total > 0 && due) {
        const int64_t made = done - p->found;
        const double left_s =
            made > 0 ? (now - p->started_s) * (double)(total - done) / (double)made : 0.0;
        p->shown_s = now;
        if (p->bar) {
            show_bar(p, left_s);
        } else {
            spot_print(stderr, "%s: %lld/%lld, %.0f s left\n", p->label, (long long)done,
                       (long long)total, left_s);
        }
    }
    return cli_stop_signal() == 0;
}

void cli_progress_end(cli_progress *progress)
{
    if (!progress->quiet && progress->bar) {
        spot_print(stderr, "\r\033[K");
    }
}

int cli_printed_json(spot_status status)
{
    if (status != SPOT_E_NOMEM) {
        return CLI_OK;
    }
    spot_print(stderr, "sweetspot: no JSON: out of memory, or a name is no UTF-8\n");
    return CLI_FAILED;
}

int cli_print_json(json_t *value)
{
    char *text = value != NULL ? json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    const bool ok = text != NULL;

    if (ok) {
        spot_print_json(stdout, text);
        spot_print(stdout, "\n");
    }
    free(text);
    json_decref(value);
    return cli_printed_json(ok ? SPOT_OK : SPOT_E_NOMEM);
}

int cli_check_target(const char *verb, const char *option, const char *path)
{
    char folder[CLI_PATH_SIZE];
    struct stat info;
    const bool there = stat(path, &info) == 0;
    int length = snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');

    if (length <= 0 || length >= CLI_PATH_SIZE || (there && S_ISDIR(info.st_mode))) {
        return cli_misuse(verb, "--%s: '%.80s', expected the name of a file", option, path);
    }
    if (there && !S_ISREG(info.st_mode)) {
        return CLI_OK; /* a device or pipe, written in place */
    }
    if (slash == NULL) {
        (void)snprintf(folder, sizeof(folder), ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    if (access(folder, W_OK | X_OK) != 0) {
        spot_print(stderr,
                   "sweetspot %s: --%s: %s: cannot write in folder %s: %s, expected a folder "
                   "that can be written\n",
                   verb, option, path, folder, strerror(errno));
        return CLI_USAGE;
    }
    return CLI_OK;
}

bool cli_check_threads(const char *verb, int wanted)
{
    if (wanted == CLI_THREADS_DEFAULT || (wanted >= 1 && wanted <= CLI_THREADS_MAX)) {
        return true;
    }
    (void)cli_misuse(verb, "--threads %d, expected 1..%d", wanted, CLI_THREADS_MAX);
    return false;
}

int cli_threads(int wanted)
{
    if (wanted != CLI_THREADS_DEFAULT) {
        return wanted;
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > CLI_THREADS_MAX ? CLI_THREADS_MAX : (int)processors;
}
