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

static const cli_verb verbs[] = {
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
enum { N_VERB = sizeof(verbs) / sizeof(verbs[0]) };

static void print_help(void)
{
    spot_print(
        stdout,
        "sweetspot %s: at which operating point should this robot policy run, on this computer,\n"
        "so that the task gets done soonest, most often, or with the least energy?\n\n"
        "Usage: sweetspot VERB [options]\n\nVerbs:\n",
        SPOT_VERSION_STRING);
    for (size_t i = 0; i < N_VERB; i++) {
        spot_print(stdout, "  %-10s %s\n", verbs[i].name, verbs[i].help);
    }
    spot_print(
        stdout,
        "\n'sweetspot VERB --help' explains a verb by example; 'sweetspot help man' prints all of\n"
        "it as a manual page, 'sweetspot help bash', zsh or fish completions. To start:\n"
        "  sweetspot tune --task ur5e-conveyor --platform agx-orin-30w\n\n"
        "Exit codes: 0 done; 1 the job failed; 2 the command, or a file that it names, cannot be\n"
        "used; 130 and 143 stopped by Ctrl-C and SIGTERM.\n");
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

static int refuse_verb(const char *word)
{
    const char *names[N_VERB];

    for (size_t i = 0; i < N_VERB; i++) {
        names[i] = verbs[i].name;
    }
    const char *near = spot_suggest(word, names, N_VERB);
    spot_print(stderr, "sweetspot: '%s' is not a verb, expected one of:", word);
    for (size_t i = 0; i < N_VERB; i++) {
        spot_print(stderr, "%s %s", i > 0 ? "," : "", names[i]);
    }
    spot_print(stderr, near != NULL ? "; did you mean '%s'?\n" : "\n", near);
    return CLI_USAGE;
}

static void print_name(void *ctx, const char *name, const char *path)
{
    (void)ctx;
    (void)path;
    spot_print(stdout, "%s\n", name);
}

/* `help FORMAT`: the pages of all verbs as one file, or, for completion, the names of what there is. */
static int help_all(const char *word)
{
    static const char *const things[] = {"tasks", "policies", "platforms", "models", "links"};
    char option[32];

    for (int i = 0; i < 5; i++) {
        if (strcmp(word, things[i]) == 0) {
            cli_each((cli_thing)i, print_name, NULL);
            return CLI_OK;
        }
    }
    for (int i = 0; i < CLI_HELP_FORMATS; i++) {
        if (strcmp(word, cli_help_formats()[i]) == 0) {
            (void)snprintf(option, sizeof(option), "--help=%s", word);
            cli_help_begin(i, verbs, N_VERB);
            for (size_t k = 0; k < N_VERB; k++) {
                char name[32];
                char *argv[] = {name, option, NULL};
                (void)snprintf(name, sizeof(name), "%s", verbs[k].name);
                (void)verbs[k].run(2, argv);
            }
            cli_help_end(i);
            return CLI_OK;
        }
    }
    return -1;
}

static int run_verb(int argc, char **argv)
{
    for (size_t i = 0; i < N_VERB; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) {
            return cli_check_data() ? verbs[i].run(argc, argv) : CLI_USAGE;
        }
    }
    return refuse_verb(argv[0]);
}

/* `help`, `help FORMAT`, `help VERB`. */
static int help(int argc, char **argv)
{
    static char option[] = "--help";
    char *words[] = {argc > 2 ? argv[2] : NULL, option, NULL};

    if (argc == 2) {
        print_help();
        return CLI_OK;
    }
    const int exit_code = argc == 3 ? help_all(argv[2]) : -1;
    return exit_code >= 0 ? exit_code : run_verb(2, words);
}

static int dispatch(int argc, char **argv)
{
    if (!are_text(argc, argv)) {
        return CLI_USAGE;
    }
    if (argc < 2) {
        print_help();
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return help(argc, argv);
    }
    if (strcmp(argv[1], "--version") == 0) {
        const spot_engine engine = spot_engine_built_in();
        spot_print(stdout, "sweetspot %s (%s %s)\n", SPOT_VERSION_STRING, engine.name,
                   engine.version);
        return CLI_OK;
    }
    return run_verb(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    /* a reader that has gone and a limit on files are errors of writing, not ends of the program */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return hold_streams() ? finish(dispatch(argc, argv)) : CLI_FAILED;
}
