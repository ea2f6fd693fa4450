/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot VERB ...`: the verbs, and the page that introduces them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

typedef struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} verb;

static const verb verbs[] = {
    {"list", spoti_cli_list, "tasks, policies and platforms that are there"},
    {"check", spoti_cli_check, "try a task: whether it does what its file takes for granted"},
    {"demo", spoti_cli_demo, "record demonstrations of a task's scripted expert (HDF5)"},
    {"rollout", spoti_cli_rollout, "run a policy on a task at one operating point"},
    {"bench", spoti_cli_bench, "measure a policy's latency here, write a platform profile"},
    {"tune", spoti_cli_tune, "find the operating point at which a task is done best"},
    {"analyze", spoti_cli_analyze, "judge a log of trials, yours or published"},
    {"metrics", spoti_cli_metrics, "how smooth, long and costly recorded motions are"},
    {"timing", spoti_cli_timing, "delay, overlap and trigger from a latency and a control rate"},
    {"plan", spoti_cli_plan, "bits and clocks for a model split between robot and server"},
    {"distortion", spoti_cli_distortion, "what b bits lose of weights, by law and in fact"},
    {"serve", spoti_cli_serve, "give a policy's chunks to any client of openpi's protocol"},
    {"inspect", spoti_cli_inspect, "show a model's tensors and how they stand quantisation"},
};

static void print_help(void)
{
    spot_print(
        stdout,
        "sweetspot %s: at which operating point should this robot policy run, on this computer,\n"
        "so that the task gets done soonest, most often, or with the least energy?\n\n"
        "Usage: sweetspot VERB [options]\n\nVerbs:\n",
        SPOT_VERSION_STRING);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        spot_print(stdout, "  %-10s %s\n", verbs[i].name, verbs[i].help);
    }
    spot_print(stdout, "\n'sweetspot VERB --help' explains a verb by example. To start:\n"
                       "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w\n\n"
                       "Exit codes: 0 done, 1 the job failed, 2 the command was not understood.\n");
}

/* A closed standard stream would give its number to the next file that is opened, and messages would go into
 * the data. It gets a stand-in that cannot do what the stream is for, so that using it fails as before. */
static bool hold_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        const bool closed = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
        if (closed && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}

/* Results that did not reach stdout, say on a full disk, are a failure whatever the verb thinks. */
static int finish(int exit_code)
{
    errno = 0;
    bool lost = ferror(stdout) != 0;
    lost = fclose(stdout) != 0 || lost; /* some disks complain when a file is closed */
    if (!lost) {
        return exit_code;
    }
    spot_print(stderr, "sweetspot: cannot write to standard output%s%s\n", errno != 0 ? ": " : "",
               errno != 0 ? strerror(errno) : "");
    return exit_code == CLI_OK ? CLI_FAILED : exit_code;
}

/* Whether all words are UTF-8: names go into JSON and figures, which hold nothing else, after the work. */
static bool are_text(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        json_t *text = json_string(argv[i]);
        if (text == NULL) {
            spot_print(stderr, "sweetspot: '%s': expected names and texts in UTF-8\n", argv[i]);
            return false;
        }
        json_decref(text);
    }
    return true;
}

static int dispatch(int argc, char **argv)
{
    if (!are_text(argc, argv)) {
        return CLI_USAGE;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        const spot_engine engine = spot_engine_built_in();
        spot_print(stdout, "sweetspot %s (%s %s)\n", SPOT_VERSION_STRING, engine.name,
                   engine.version);
        return CLI_OK;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return cli_check_data() ? verbs[i].run(argc - 1, argv + 1) : CLI_USAGE;
        }
    }
    spot_print(stderr, "sweetspot: '%s' is not a verb, expected one of:", argv[1]);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        spot_print(stderr, "%s %s", i > 0 ? "," : "", verbs[i].name);
    }
    spot_print(stderr, "\n");
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    /* a reader that has gone and a limit on files are errors of writing, not ends of the program */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return hold_streams() ? finish(dispatch(argc, argv)) : CLI_FAILED;
}
