/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/minder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/alloc.h"

enum {
    FDS_MOST = 65536, /* that are looked at where the limit is higher */
    TAIL_SIZE = 4096, /* of the output, in which the last line is looked for */
    NOT_RUN = 127,    /* exit status of a program that could not be, as a shell's */
    LIFE_FD = 3,      /* the minder's own descriptors */
    WORDS_FD = 4,
    PASSES_MOST = 5000, /* of ending what the program started */
    PAUSE_NS = 1000000, /* between two of them */
};

/* ---- before the fork ---- */

extern char **environ;

/* Threads of numerical libraries would fight over the processors that our threads use. */
static const char *const SET[] = {"PYTHONHASHSEED=0", "SPOT_WORLD_FD=3"};
static const char *const SET_IF_NOT[] = {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1",
                                         "MKL_NUM_THREADS=1"};
enum { N_SET = sizeof(SET) / sizeof(SET[0]), N_SET_IF_NOT = sizeof(SET_IF_NOT) / sizeof(SET[0]) };

static bool same_variable(const char *a, const char *b)
{
    const size_t n = strcspn(a, "=");
    return n == strcspn(b, "=") && strncmp(a, b, n) == 0;
}

static bool is_set(const spoti_minded *m, size_t n, const char *entry)
{
    for (size_t i = 0; i < n; i++) {
        if (same_variable(m->environment[i], entry)) {
            return true;
        }
    }
    return false;
}

/* execve takes mutable texts, and changes none. */
static char *entry_of(const char *text)
{
    union {
        const char *in;
        char *out;
    } cast = {.in = text};
    return cast.out;
}

bool spoti_minded_environment(spoti_minded *minded, const spot_allocator *allocator)
{
    size_t n = 0;
    while (environ != NULL && environ[n] != NULL) {
        n++;
    }
    minded->n_environment = n + N_SET + N_SET_IF_NOT;
    minded->environment = spoti_calloc(allocator, minded->n_environment + 1, sizeof(char *));
    if (minded->environment == NULL) {
        return false;
    }
    size_t at = 0;
    for (; at < N_SET; at++) {
        minded->environment[at] = entry_of(SET[at]);
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_set(minded, N_SET, environ[i])) {
            minded->environment[at++] = environ[i];
        }
    }
    for (size_t i = 0; i < N_SET_IF_NOT; i++) {
        if (!is_set(minded, at, SET_IF_NOT[i])) {
            minded->environment[at++] = entry_of(SET_IF_NOT[i]);
        }
    }
    return true;
}

void spoti_minded_fini(spoti_minded *minded, const spot_allocator *allocator)
{
    spoti_free(allocator, minded->environment, (minded->n_environment + 1) * sizeof(char *));
    minded->environment = NULL;
}

/* ---- the program's side ---- */

static void close_from(int first)
{
    const long most = sysconf(_SC_OPEN_MAX);
    const int end = most > 0 && most < FDS_MOST ? (int)most : FDS_MOST;
    for (int fd = first; fd < end; fd++) {
        (void)close(fd);
    }
}

/* Puts descriptors where they belong; they are lifted first, so that none is in another's way. */
static void place(const int *from, const int *to, int n)
{
    int lifted[4];
    for (int i = 0; i < n; i++) {
        lifted[i] = fcntl(from[i], F_DUPFD, SPOTI_CHILD_FD + 8);
    }
    for (int i = 0; i < n; i++) {
        (void)dup2(lifted[i], to[i]);
    }
}

static void say(const char *text)
{
    (void)!write(STDERR_FILENO, text, strlen(text));
}

_Noreturn static void become(const spoti_minded *m, pid_t minder)
{
    static const int STANDARD[] = {SIGPIPE, SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGXFSZ};
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    const int null = open("/dev/null", O_RDONLY);
    const int from[] = {null, m->output, m->output, m->socket};
    const int to[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, SPOTI_CHILD_FD};
    sigset_t none;
    union {
        const char *const *in;
        char *const *out;
    } argv = {.in = m->argv};

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != minder) { /* which ended before that */
        _exit(NOT_RUN);
    }
    for (size_t i = 0; i < sizeof(STANDARD) / sizeof(STANDARD[0]); i++) {
        (void)sigaction(STANDARD[i], &standard, NULL);
    }
    place(from, to, 4);
    close_from(SPOTI_CHILD_FD + 1);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(m->dir) != 0) {
        say("cannot enter the folder of the task file\n");
        _exit(NOT_RUN);
    }
    (void)execve(m->program, argv.out, m->environment);
    say(m->program);
    say(errno == ENOEXEC ? ": no program for this computer\n" : ": cannot be run\n");
    _exit(NOT_RUN);
}

/* ---- the minder's side ---- */

/* The last bytes of the output. */
typedef struct tail {
    char text[2 * TAIL_SIZE];
    size_t size;
} tail;

/* Reads what is there. False at the end. */
static bool listen_to(tail *t)
{
    if (t->size > TAIL_SIZE) {
        memmove(t->text, t->text + t->size - TAIL_SIZE, TAIL_SIZE);
        t->size = TAIL_SIZE;
    }
    const ssize_t n = read(WORDS_FD, t->text + t->size, TAIL_SIZE);
    t->size += n > 0 ? (size_t)n : 0;
    return n > 0 || (n < 0 && errno == EINTR);
}

/* The last line that is not empty, without what a terminal would act on. */
static void last_line(const tail *t, char line[SPOTI_CHILD_LINE_SIZE])
{
    size_t end = t->size;
    while (end > 0 && (unsigned char)t->text[end - 1] <= ' ') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && t->text[begin - 1] != '\n') {
        begin--;
    }
    size_t n = 0;
    for (size_t i = begin; i < end && n + 1 < SPOTI_CHILD_LINE_SIZE; i++) {
        const unsigned char c = (unsigned char)t->text[i];
        line[n++] = (char)(c < ' ' || c > '~' ? '?' : c);
    }
    line[n] = '\0';
}

static void on_child(int number)
{
    (void)number; /* pselect returns */
}

static bool has_ended(pid_t worker)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)worker, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* What the program started and left to itself is ours: the kernel hands it over (PR_SET_CHILD_SUBREAPER). Takes in the
 * ends of such processes, before the program's own. */
static void reap_others(pid_t worker)
{
    siginfo_t info = {.si_pid = 0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
           info.si_pid != worker) {
        (void)waitpid(info.si_pid, NULL, 0);
        info.si_pid = 0;
    }
}

/* Kills our children, whatever session they are in. False if there is none, or if this kernel does not list them. */
static bool kill_children(void)
{
    char text[TAIL_SIZE];
    const int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
    bool any = false;
    pid_t pid = 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    for (ssize_t i = 0; i < size; i++) { /* numbers, each with a blank behind it */
        if (text[i] >= '0' && text[i] <= '9') {
            pid = 10 * pid + (text[i] - '0');
        } else if (pid > 0) {
            (void)kill(pid, SIGKILL);
            any = true;
            pid = 0;
        }
    }
    return any;
}

/* Whoever loses its parent becomes our child, so at last nobody is left. */
static void end_kin(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (int i = 0; i < PASSES_MOST && kill_children(); i++) {
        (void)pselect(0, NULL, NULL, NULL, &pause, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
}

/* Waits for the end of the program, or ours: true if it was the program's. */
static bool watch(pid_t worker, const sigset_t *waiting, tail *t)
{
    bool open = true;
    while (!has_ended(worker)) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(LIFE_FD, &set);
        if (open) {
            FD_SET(WORDS_FD, &set);
        }
        if (pselect(WORDS_FD + 1, &set, NULL, NULL, NULL, waiting) < 0) {
            reap_others(worker); /* SIGCHLD */
            continue;
        }
        if (FD_ISSET(LIFE_FD, &set)) { /* nothing is ever sent to us: it was closed */
            return false;
        }
        if (open && FD_ISSET(WORDS_FD, &set)) {
            open = listen_to(t);
        }
    }
    return true;
}

_Noreturn void spoti_mind(const spoti_minded *m)
{
    const struct sigaction handler = {.sa_handler = on_child};
    const int from[] = {m->life, m->words};
    const int to[] = {LIFE_FD, WORDS_FD};
    const pid_t self = getpid();
    sigset_t child, waiting;
    static tail t;

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)sigaction(SIGCHLD, &handler, NULL);
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &child, NULL);
    (void)sigemptyset(&waiting);
    const pid_t worker = fork();
    if (worker == 0) {
        become(m, self);
    }
    if (worker < 0) {
        _exit(NOT_RUN);
    }
    (void)setpgid(worker, worker);
    place(from, to, 2);
    close_from(WORDS_FD + 1);
    (void)fcntl(WORDS_FD, F_SETFL, O_NONBLOCK);

    const bool ended = watch(worker, &waiting, &t);
    (void)kill(-worker, SIGKILL); /* and what it forked */
    spoti_minder_report report = {.status = 0};
    while (waitpid(worker, &report.status, 0) < 0 && errno == EINTR) {
    }
    end_kin();
    if (ended) {
        while (listen_to(&t)) {
        }
        last_line(&t, report.line);
        (void)!send(LIFE_FD, &report, sizeof(report), MSG_NOSIGNAL);
    }
    _exit(0);
}
