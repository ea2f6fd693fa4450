/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/compile.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/guard.h"
#include "lab/sim/mujoco/mjcf.h"
#include "spot/task.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* gcc */
static const bool HAS_SANITIZER = true;
#elif defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
static const bool HAS_SANITIZER = true;
#else
static const bool HAS_SANITIZER = false;
#endif
#else
static const bool HAS_SANITIZER = false;
#endif

/* Time by the clock on the wall, should it wait and not compute. */
static const unsigned WALL_FACTOR = 10;

static const char MARK = '\1'; /* begins the report of a child; nothing else writes it */

enum { MESSAGE_SIZE = SPOT_DIAG_TEXT_SIZE / 2 };

const spoti_compile_limits SPOTI_COMPILE_LIMITS = {.memory_mib = 2048, .cpu_s = 30};

/* A model to compile and what is wrong with it. */
typedef struct compilation {
    const char *path;
    mjModel *model;
    char error[MESSAGE_SIZE];
    char remark[MESSAGE_SIZE]; /* of a model that was compiled all the same */
} compilation;

/* What a child says at its end: it is whole or it is not there. */
typedef struct report {
    bool ended; /* the child came to its end by itself */
    bool good;
    char text[MESSAGE_SIZE]; /* of MuJoCo, or what the child wrote to stderr */
} report;

static void compile(void *ctx)
{
    compilation *c = ctx;
    c->model = mj_loadXML(c->path, NULL, c->error, (int)sizeof(c->error));
}

/* One step of the model as it is: what MuJoCo cannot simulate at all shows here. */
static void try_step(void *ctx)
{
    compilation *c = ctx;
    mjData *data = mj_makeData(c->model);
    mj_step(c->model, data);
    if (data->warning[mjWARN_BADQPOS].number > 0 || data->warning[mjWARN_BADQVEL].number > 0 ||
        data->warning[mjWARN_BADQACC].number > 0) {
        (void)spoti_copy(c->error, sizeof(c->error), "its first step gives no finite numbers");
    }
    mj_deleteData(data);
}

/* Compiles, and steps if so wanted. False with MuJoCo's words in c->error. */
static bool compile_guarded(compilation *c, bool step)
{
    spot_diag raised = {.text = ""};
    spot_status st = spoti_mujoco_guard(compile, c, &raised);
    if (st == SPOT_OK && c->model != NULL) {
        (void)spoti_copy(c->remark, sizeof(c->remark), c->error);
        c->error[0] = '\0';
        st = step ? spoti_mujoco_guard(try_step, c, &raised) : SPOT_OK;
    }
    if (st != SPOT_OK) {
        (void)spoti_copy(c->error, sizeof(c->error), raised.text);
    }
    return c->error[0] == '\0' && c->model != NULL;
}

/* ---- the child ---- */

/* Bytes of address space that this process has. */
static rlim_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu", &pages) != 1) { /* NOLINT(cert-err34-c): the kernel's */
        pages = 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void limit_itself(const spoti_compile_limits *limits)
{
    /* Whoever uses this library may handle these; the child just dies of them. */
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM, SIGXCPU};
    struct sigaction die;
    memset(&die, 0, sizeof(die));
    die.sa_handler = SIG_DFL;
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]) && !HAS_SANITIZER; i++) {
        (void)sigaction(deadly[i], &die, NULL);
    }
    (void)alarm(WALL_FACTOR * (unsigned)limits->cpu_s);
    const rlim_t cpu = (rlim_t)limits->cpu_s;
    const struct rlimit time = {.rlim_cur = cpu, .rlim_max = cpu + 1};
    const struct rlimit core = {0, 0};
    (void)setrlimit(RLIMIT_CPU, &time);
    (void)setrlimit(RLIMIT_CORE, &core);
    if (!HAS_SANITIZER) {
        const rlim_t bytes = address_space() + ((rlim_t)limits->memory_mib << 20);
        const struct rlimit memory = {.rlim_cur = bytes, .rlim_max = bytes};
        (void)setrlimit(RLIMIT_AS, &memory);
    }
}

/* Compiles, takes a step, says how it went on `out`, and is gone. What C++ says of an exception that nobody
 * catches goes to `out` too. */
static void be_child(const char *path, const spoti_compile_limits *limits, int out)
{
    compilation c = {.path = path};
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    limit_itself(limits);
    char text[MESSAGE_SIZE + 3];
    const bool good = compile_guarded(&c, true);
    (void)spoti_format(text, sizeof(text), "%c%c%s", MARK, good ? '+' : '-', c.error);
    (void)!write(out, text, strlen(text) + 1); /* the final 0 says that it is whole */
    _exit(0);
}

/* ---- the parent ---- */

/* Everything that the child writes, until it ends; of much, what came last. */
static void listen_to(int in, report *r)
{
    enum { HALF = 2 * MESSAGE_SIZE };
    char text[2 * HALF + 1];
    size_t got = 0;
    for (;;) {
        const ssize_t n = read(in, text + got, 2 * HALF - got);
        if (n <= 0) {
            if (n < 0 && errno == EINTR) {
                continue;
            }
            break;
        }
        got += (size_t)n;
        if (got == 2 * HALF) {
            memmove(text, text + HALF, HALF);
            got = HALF;
        }
    }
    text[got] = '\0';
    const char *mark = memchr(text, MARK, got);
    r->ended = mark != NULL && text[got - 1] == '\0' && (mark[1] == '+' || mark[1] == '-');
    r->good = r->ended && mark[1] == '+';
    (void)spoti_copy(r->text, sizeof(r->text), r->ended ? mark + 2 : text);
}

/* Why a child that did not come to its end did not, in our words. */
static void explain(report *r, int status, const spoti_compile_limits *limits)
{
    const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (strstr(r->text, "bad_alloc") != NULL ||
        number == SIGKILL) { /* SIGKILL: the kernel is short */
        (void)spoti_copy(r->text, sizeof(r->text), "could not allocate memory");
    } else if (number == SIGXCPU || number == SIGALRM) {
        (void)spoti_format(r->text, sizeof(r->text), "MuJoCo needed more than %d s to compile it",
                           limits->cpu_s);
    } else if (number != 0) {
        (void)spoti_format(r->text, sizeof(r->text), "MuJoCo crashed (signal %d) on it", number);
    } else {
        (void)spoti_format(r->text, sizeof(r->text),
                           "MuJoCo ended its process (exit code %d) over it", WEXITSTATUS(status));
    }
}

/* MuJoCo's ways to say that memory is short. */
static bool is_about_memory(const char *text)
{
    return strstr(text, "llocate memory") != NULL ||
           strstr(text, "could not create mjData") != NULL;
}

/* Has a child compile the model. False if there was none to be had. */
static bool ask_child(const char *path, const spoti_compile_limits *limits, report *r)
{
    int ends[2];
    int status = 0;
    if (pipe(ends) != 0) {
        return false;
    }
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        be_child(path, limits, ends[1]);
    }
    (void)close(ends[1]);
    if (child > 0) {
        listen_to(ends[0], r);
    }
    (void)close(ends[0]);
    if (child < 0) {
        return false;
    }
    pid_t ended = -1;
    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (!r->ended) {
        explain(r, ended == child ? status : 0, limits);
    }
    return true;
}

/* `text` of MuJoCo, one line or several, as one: `model:line: what, expected`. */
static spot_status refuse_model(const char *path, const char *text,
                                const spoti_compile_limits *limits, spot_diag *diag)
{
    char place[SPOTI_PATH_SIZE + 16];
    char what[MESSAGE_SIZE];
    spoti_mjcf_place(path, text, place, sizeof(place));
    if (is_about_memory(text)) {
        (void)spoti_format(what, sizeof(what),
                           "MuJoCo needed more than %d MiB to compile it (%.80s)",
                           limits->memory_mib, text);
    } else {
        (void)spoti_copy(what, sizeof(what), text);
    }
    size_t length = strlen(what);
    while (length > 0 && (what[length - 1] == '\n' || what[length - 1] == ' ')) {
        what[--length] = '\0';
    }
    for (char *c = what; *c != '\0'; c++) {
        if (*c == '\n') {
            *c = ' ';
        }
    }
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "%s: %s, expected a valid MJCF model for MuJoCo %s, which this was built "
                         "with",
                         place, what, mj_versionString());
}

spot_status spoti_compile(const char *path, const spoti_compile_limits *limits, mjModel **out,
                          spot_diag *warning, spot_diag *diag)
{
    report r = {.good = true};
    compilation c = {.path = path};

    *out = NULL;
    spoti_mujoco_handlers();
    const bool asked = ask_child(path, limits, &r);
    if (asked && !r.good) {
        return refuse_model(path, r.text, limits, diag);
    }
    warning->text[0] = '\0';
    spoti_mujoco_note_warning(warning);
    const bool good = compile_guarded(&c, !asked);
    spoti_mujoco_note_warning(NULL);
    if (warning->text[0] == '\0') {
        (void)spoti_copy(warning->text, sizeof(warning->text), c.remark);
    }
    if (!good) {
        if (c.model != NULL) {
            mj_deleteModel(c.model);
        }
        return refuse_model(path, c.error, limits, diag);
    }
    *out = c.model;
    return SPOT_OK;
}
