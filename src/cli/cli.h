/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the verbs of the tool share: options, names of tasks and platforms, progress, output.
 *
 * Results go to stdout, messages and progress to stderr. Exit codes: 0 done, 1 the job failed,
 * 2 the command cannot be carried out as it stands: a bad option, an impossible combination, a name that is not there, or
 * a file that it names and that is missing or not what the verb reads; 128 and its number for a signal that stopped a job in
 * order (130 Ctrl-C, 143 SIGTERM).
 */
#ifndef SPOTI_CLI_H
#define SPOTI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/spot.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };
enum { CLI_PATH_SIZE = 1024, CLI_LIST_MAX = 64, CLI_TEXTS_MAX = 512, CLI_THREADS_DEFAULT = 0 };
enum { CLI_THREADS_MAX = 256 };

/* args.c, help.c: options ------------------------------------------------------------------------------ */

typedef enum cli_kind {
    CLI_FLAG,     /* bool */
    CLI_TEXT,     /* const char * */
    CLI_TEXTS,    /* cli_texts: the option may be given again */
    CLI_INTEGER,  /* int */
    CLI_SEED,     /* uint64_t, decimal */
    CLI_REAL,     /* double, finite */
    CLI_INTEGERS, /* cli_integers: 1,2,5 */
    CLI_REALS,    /* cli_reals: 0.5,1 */
} cli_kind;

typedef struct cli_integers {
    int values[CLI_LIST_MAX];
    int count;
} cli_integers;

typedef struct cli_reals {
    double values[CLI_LIST_MAX];
    int count;
} cli_reals;

typedef struct cli_texts {
    const char *values[CLI_TEXTS_MAX];
    int count;
} cli_texts;

typedef struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* placeholder in help; NULL for a flag */
    cli_kind kind;
    void *out;
    const char *help; /* one line */
} cli_option;

/* A verb's page: what it does, how it is called, its options, examples. */
typedef struct cli_page {
    const char *verb;
    const char *summary; /* one paragraph */
    const char *usage;   /* arguments behind `sweetspot VERB` */
    const cli_option *options;
    size_t n_options;
    const char *notes;    /* lines behind the options, each ending in a newline; may be NULL */
    const char *examples; /* lines, each ending in a newline */
} cli_page;

/* Shows the page if `word` asks for it: --help or -h, or --help=FORMAT with one of cli_help_formats. */
bool cli_help_page(const cli_page *page, const char *word);

/* man, bash, zsh, fish. In each of these the page of every verb is a part of one file, whose beginning and end
 * cli_help_begin and cli_help_end print. */
enum { CLI_HELP_FORMATS = 4 };
const char *const *cli_help_formats(void);

typedef struct cli_verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* one line */
} cli_verb;

void cli_help_begin(int format, const cli_verb *verbs, size_t n_verbs);
void cli_help_end(int format);

/* Reads argv[1..] into the options. Returns true to go on; false if help was shown (*exit_code 0) or
 * something was wrong (message on stderr, *exit_code 2). */
bool cli_parse(const cli_page *page, int argc, char **argv, int *exit_code);

/* Takes the first argument that is no option, nor the value of one, out of argv; NULL if there is none. To be called
 * before cli_parse. */
const char *cli_take_argument(const cli_page *page, int *argc, char **argv);

enum { CLI_SOURCES_MAX = 256, CLI_MAP_SIZE = 2048 };

/* Arguments that are no options; the names lie in argv. */
typedef struct cli_sources {
    const char *names[CLI_SOURCES_MAX];
    int count;
} cli_sources;

/* Takes all arguments that are no option, nor the value of one, out of argv, before cli_parse. Returns false after
 * saying what is wrong. */
bool cli_take_sources(cli_sources *in, const cli_page *page, int *argc, char **argv);

/* The texts of an option that was given more than once, joined by commas; "" if it was not. Returns false after saying that
 * they are too long. */
bool cli_join(const cli_page *page, const char *option, const cli_texts *texts, char *out,
              size_t size);

/* The position of `word` in `words`; -1 after saying what was expected. */
int cli_choose(const char *verb, const char *option, const char *word, const char *const *words,
               int n_words);

/* --clock and --schedule (overlap is sync where nothing overlaps). False after saying what was expected. */
bool cli_choose_clock(const char *verb, const char *word, spot_clock *clock);
bool cli_choose_schedule(const char *verb, const char *word, bool *is_cadence);

/* --show: 0 = points, 1 = metrics of motion too; -1 after saying what was expected. */
int cli_choose_show(const char *verb, const char *word);
#define CLI_SHOW_HELP "points (default), or metrics: computation and motion (docs/metrics.md) too"

/* True if `n` seeds from `seed` on are evaluation seeds; else says what was expected. */
bool cli_check_seeds(const char *verb, uint64_t seed, int n);

/* find.c: names -------------------------------------------------------------------------------- */

typedef enum cli_thing { CLI_TASK, CLI_POLICY, CLI_PLATFORM, CLI_MODEL, CLI_LINK } cli_thing;

/* Whether $SPOT_DATA, if it is set, is a folder; else says so. */
bool cli_check_data(void);

/* Resolves a name (`ur5e-conveyor`) or a path into the path that the library loads: a task's
 * task.yaml, a policy's folder, a platform's YAML. Names are looked for in ./, $SPOT_DATA, the data
 * installed beside this program and those under the configured prefix. On failure says so with a list of what exists and returns false. */
bool cli_find(cli_thing thing, const char *name, char *path, size_t size);

/* The files that decide episodes: the task's, and of a policy that is a folder its own; what lies at an address,
 * its brain knows itself by (spot_brain_identify). */
enum { CLI_INPUTS_MAX = 1 + SPOT_POLICY_FILES };
typedef struct cli_inputs {
    char paths[CLI_INPUTS_MAX][CLI_PATH_SIZE];
    const char *list[CLI_INPUTS_MAX]; /* the same, to be handed on */
    int n;
} cli_inputs;

/* False after saying why. `out` stays where it is while its list is used. */
bool cli_find_inputs(const char *task, const char *policy, cli_inputs *out);

/* The same without a word on failure. */
bool cli_look(cli_thing thing, const char *name, char *path, size_t size);

/* Where the weights of `model` lie: a file as it is; a folder's or a policy's model.safetensors, or the index of several
 * files where it has only that. False without a word. */
bool cli_look_weights(const char *model, char path[CLI_PATH_SIZE]);

/* A folder of the data that has the file `probe`, looked for in the same places. */
bool cli_find_data(const char *folder, const char *probe, char path[CLI_PATH_SIZE]);

/* The names of all things of a kind, sorted, each once; calls `each` for every one. */
void cli_each(cli_thing thing, void (*each)(void *ctx, const char *name, const char *path),
              void *ctx);

/* Loaders that print what is wrong. They return NULL and set *exit_code on failure. A task has to pass its trial
 * (trial.h), which is a job of its own; its warnings are for `check`. */
spot_status cli_load_tried(const char *path, spot_task **task, bool *loaded,
                           spot_diag *diag); /* prints nothing; *loaded: what failed is the trial */
spot_task *cli_load_task(const char *name, int *exit_code);
spot_policy *cli_load_policy(const char *name, int *exit_code);
/* Opens what --policy names, for the task if there is one (not NULL); false on failure. */
bool cli_load_brain(const char *name, const spot_task *task, spot_brain *brain, int *exit_code);
spot_platform *cli_load_platform(const char *name, int *exit_code);

/* Loads the profile `name` (NULL = none, which is fine) and lets `platform` model variants by it
 * (spot_platform_borrow_alphas). The caller destroys *alphas after `platform`. False after saying what is
 * wrong, with *alphas NULL. */
bool cli_borrow_alphas(const char *verb, const char *name, spot_platform *platform,
                       spot_platform **alphas, int *exit_code);

/* latency.c ------------------------------------------------------------------------------------ */

/* Loads the trace `path` (NULL = none, which is fine), drawn as `draw` says: `order`, `seed`, NULL = order.
 * The caller destroys *trace. False after saying what is wrong. */
bool cli_load_trace(const char *verb, const char *path, const char *draw,
                    spot_latency_trace **trace, int *exit_code);

/* What --measure-latency says. */
typedef struct cli_measuring {
    const char *verb;
    const char *path; /* of the new file */
    const char *draw; /* as of cli_load_trace, but NULL = seed */
    bool quiet;
} cli_measuring;

/* Times calls of the brain into the file, and loads it as a trace. The caller destroys *trace. False after saying
 * what is wrong. */
bool cli_measure_trace(const cli_measuring *m, const spot_task *task, const spot_brain *brain,
                       const spot_latency_measure_config *config, spot_latency_trace **trace,
                       int *exit_code);

/* The option `--measure-latency` of the verbs that charge latencies. */
#define CLI_MEASURE(into)                                                                          \
    {                                                                                              \
        "measure-latency", "FILE", CLI_TEXT, into,                                                 \
            "time the policy's calls here into FILE, and charge these"                             \
    }

#define CLI_TRACE_HELP                                                                             \
    "recorded latencies (CSV: latency_ms, first_ms, point) instead of a platform's"
#define CLI_DRAW_HELP                                                                              \
    "order (default): from the trace's start in each episode; seed: any of its calls"

/* output.c ------------------------------------------------------------------------------------- */

/* `sweetspot VERB: message` on stderr. Return the exit code: of cli_fail what fits the status of a job; of cli_refuse
 * that of the command line, as the message is about a file that it names. */
int cli_fail(const char *verb, spot_status status, const spot_diag *diag);
int cli_refuse(const char *verb, spot_status status, const spot_diag *diag);
int cli_misuse(const char *verb, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Progress on stderr, unless quiet: a bar on a terminal, else a line a minute (SPOT_PROGRESS_S: another number of
 * seconds). */
typedef struct cli_progress {
    const char *label;
    bool quiet;
    bool bar;
    double started_s;
    double shown_s;
    int64_t done, total; /* as it was told last */
    int64_t found;       /* what was done when it was told first: it took no time */
} cli_progress;

cli_progress cli_progress_begin(const char *label, bool quiet);
/* A spot_progress_fn; false once a signal came (cli_stop_watch). */
bool cli_progress_update(void *progress, int64_t done, int64_t total);
void cli_progress_end(cli_progress *progress);

/* Prints and frees a JSON value; keys in the order of insertion. Returns CLI_OK or CLI_FAILED. */
int cli_print_json(json_t *value);

/* The exit code of a report that went to stdout as JSON; says so if there is none. Whether it arrived is seen at the
 * end, in main. */
int cli_printed_json(spot_status status);

/* From here on the first Ctrl-C, SIGTERM or SIGHUP stops a job at its next report of progress, the second the program;
 * cli_stop_unwatch: back to the usual. One that was ignored stays so. */
void cli_stop_watch(void);
void cli_stop_unwatch(void);

/* The signal that came, or 0. */
int cli_stop_signal(void);

/* Says why a job ended before its end: a signal, and what is kept `where` (NULL: nothing is), else as cli_fail.
 * Returns the exit code: of a signal 128 and its number, as shells have it. */
int cli_end(const char *verb, const cli_progress *progress, const char *where, spot_status status,
            const spot_diag *diag);

/* Whether --threads is a number of threads, or was not given; else says what was expected. */
bool cli_check_threads(const char *verb, int wanted);

/* Threads to use: `wanted`, or the machine's processors if it is CLI_THREADS_DEFAULT. */
int cli_threads(int wanted);

/* Whether a file can come to lie at `path`, the value of an option: seen before long work, not after it.
 * CLI_OK, or an exit code after saying what is wrong. */
int cli_check_target(const char *verb, const char *option, const char *path);

/* points.c ------------------------------------------------------------------------------------- */

/* What the keys of an operating point mean, for help pages. */
const char *cli_point_keys(void);

/* A list of values for each knob of a point, by options that are called as the knobs are. */
typedef struct cli_lists {
    const char *text[SPOT_KNOBS_MAX];     /* such as fp32,w8a8; NULL = not given */
    const char *standard[SPOT_KNOBS_MAX]; /* what then stands for it; NULL = the baseline alone */
    char help[SPOT_KNOBS_MAX][96];
} cli_lists;

/* Appends the options of the knobs to `options` and moves *n; only those that a session obeys, if so
 * wanted. */
void cli_list_options(cli_lists *lists, bool inference_only, cli_option *options, size_t *n);

/* The points of the lists, steps=all resolved to `all_steps`. False after saying what is wrong. */
bool cli_sweep(const char *verb, const cli_lists *lists, int all_steps, spot_point *points,
               int capacity, int *n);

/* The same as an ordered line, with the baseline (all steps, no overlap, full precision) in any case. */
bool cli_make_points(const char *verb, const cli_lists *lists, int all_steps, int n_execute,
                     spot_point *points, int capacity, int *n, int *baseline);

/* Whether `kernels` is the name of some, or NULL; says so if not. */
bool cli_knows_kernels(const char *verb, const char *kernels);

/* Whether the brain can have these points (n): CLI_OK, or an exit code after saying what is wrong. Begins
 * a state of each kind and ends it. */
int cli_check_points(const char *verb, const spot_brain *brain, const char *kernels,
                     const spot_point *points, int n);

/* The option `--kernels` of the verbs that infer. */
#define CLI_KERNELS(into)                                                                          \
    {                                                                                              \
        "kernels", "NAME", CLI_TEXT, into, "reference, avx2, avx512 or neon (the CPU's best)"      \
    }

/* Refinement steps of the brain's baseline. */
int cli_default_steps(const spot_brain *brain);

/* Whether the brain has the knob (spot_brain_info.knobs). */
bool cli_turns(const spot_brain *brain, const char *knob);

/* Says on stderr what n_seeds seeds of the task differ by, where that is not how episodes start. */
void cli_note_seeds(const char *verb, const spot_task *task, double noise, int n_seeds);

/* Whether the brain may answer the same otherwise. */
bool cli_varies(const spot_brain *brain);

/* After a latency was not found: how to get one, if the class itself is there at these steps. */
void cli_hint_bench(const spot_platform *platform, const char *class_name, int steps,
                    const char *policy_name);

/* distortion_measure.c ------------------------------------------------------------------------- */

/* Runs the model whose weights are `weights` (FOLDER/model.safetensors) in few bits. The result is the caller's, to be
 * freed; NULL after saying what is wrong, with the exit code. */
spot_distortion_result *cli_measure(const char *weights, const cli_integers *bits, int layer_bits,
                                    const char *kernels, int *exit_code);
void cli_print_measured(const spot_distortion_result *measured);
json_t *cli_json_measured(const spot_distortion_result *measured);

/* rollout_replay.c ----------------------------------------------------------------------------- */

/* Runs the episode `seed` again and writes its trajectory and its video, where their paths are given.
 * Returns the exit code; what is wrong was printed. */
int cli_replay(const spot_task *task, const spot_brain *brain, const spot_variation *variation,
               const spot_rollout_config *config, uint64_t seed, const char *trajectory_path,
               const char *video_path);

/* Verbs ---------------------------------------------------------------------------------------- */

int spoti_cli_list(int argc, char **argv);
int spoti_cli_check(int argc, char **argv);
int spoti_cli_demo(int argc, char **argv);
int spoti_cli_rollout(int argc, char **argv);
int spoti_cli_bench(int argc, char **argv);
int spoti_cli_tune(int argc, char **argv);
int spoti_cli_analyze(int argc, char **argv);
int spoti_cli_metrics(int argc, char **argv);
int spoti_cli_inspect(int argc, char **argv);
int spoti_cli_plan(int argc, char **argv);
int spoti_cli_timing(int argc, char **argv);
int spoti_cli_distortion(int argc, char **argv);
int spoti_cli_serve(int argc, char **argv);

/* columns.c: the columns of a log that are understood, as a table of Markdown. */
void cli_print_columns(void);

#endif
