/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Signals that ask a long job to stop in order: what is finished is kept first. */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli.h"

static const struct {
    int number;
    const char *name;
} SIGNALS[] = {{SIGINT, "Ctrl-C (SIGINT)"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};
enum { N_SIGNAL = sizeof(SIGNALS) / sizeof(SIGNALS[0]) };

/* A handler can be told in no other way. */
static volatile sig_atomic_t came;

static void on_signal(int number)
{
    static const char WORDS[] = "\nstopping: what runs now is finished first (again: at once)\n";
    came = number;
    (void)!write(STDERR_FILENO, WORDS, sizeof(WORDS) - 1);
}

static void set_handlers(void (*handler)(int))
{
    for (int i = 0; i < N_SIGNAL; i++) {
        struct sigaction old;
        struct sigaction action = {.sa_handler = handler,
                                   .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
        (void)sigemptyset(&action.sa_mask);
        if (sigaction(SIGNALS[i].number, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            (void)sigaction(SIGNALS[i].number, &action, NULL);
        }
    }
}

void cli_stop_watch(void)
{
    set_handlers(on_signal);
}

void cli_stop_unwatch(void)
{
    set_handlers(SIG_DFL);
}

int cli_stop_signal(void)
{
    return (int)came;
}

static const char *stop_name(void)
{
    const char *name = "a signal";
    for (int i = 0; i < N_SIGNAL; i++) {
        name = SIGNALS[i].number == cli_stop_signal() ? SIGNALS[i].name : name;
    }
    return name;
}

static int stop_code(void)
{
    enum { SIGNALLED = 128 }; /* as shells have it */
    return SIGNALLED + cli_stop_signal();
}

int cli_end(const char *verb, const cli_progress *progress, const char *where, spot_status status,
            const spot_diag *diag)
{
    if (status != SPOT_E_STATE || cli_stop_signal() == 0) {
        return cli_fail(verb, status, diag);
    }
    spot_print(stderr, "sweetspot %s: stopped by %s: %lld of %lld episodes are done", verb,
               stop_name(), (long long)progress->done, (long long)progress->total);
    if (where != NULL) {
        spot_print(stderr, " and kept in %s; the same command goes on with them\n", where);
    } else {
        spot_print(stderr, ", none is kept\n");
    }
    return stop_code();
}
