/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * MuJoCo writes down only the model that its process compiled last. So a child compiles this one again, where no other
 * thread's can come between, and has it written into the pipe to us: no disk can be full.
 */
#include "lab/sim/mujoco/model_text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "lab/base/guard.h"
#include "lab/sim/mujoco/compile.h"
#include "lab/sim/mujoco/guard.h"

enum { TEXT_MAX = 1 << 24, TEXT_START = 1 << 15, MESSAGE_SIZE = SPOT_DIAG_TEXT_SIZE / 2 };

typedef struct writing {
    const char *path;
    const spot_allocator *allocator;
    char *text;
    mjModel *model;
    char file[32];
    bool written;
    char error[MESSAGE_SIZE];
} writing;

/* ---- in the child, which frees nothing ---- */

static void compile(void *context)
{
    writing *w = context;
    w->model = mj_loadXML(w->path, NULL, w->error, (int)sizeof(w->error));
}

static void save(void *context)
{
    writing *w = context;
    w->written = mj_saveLastXML(w->file, w->model, w->error, (int)sizeof(w->error)) != 0;
}

static spot_status work(void *context, spot_diag *diag)
{
    writing *w = context;
    spot_diag raised = {""};
    const spot_status st = spoti_mujoco_guard(compile, w, &raised);
    if (st != SPOT_OK || w->model == NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: MuJoCo cannot read it a second time: %s", w->path,
                             st != SPOT_OK ? raised.text : w->error);
    }
    return SPOT_OK;
}

/* The text and a final 0, which says that it is whole. */
static void send(void *context, int fd)
{
    writing *w = context;
    (void)spoti_format(w->file, sizeof(w->file), "/dev/fd/%d", fd);
    if (spoti_mujoco_guard(save, w, NULL) == SPOT_OK && w->written) {
        (void)spoti_guard_send(fd, "", 1);
    }
}

/* ---- in the caller ---- */

/* All that comes, in a buffer of *room bytes; its length, or 0 if memory was short or there was no end to it. */
static size_t take_all(writing *w, int fd, size_t *room)
{
    size_t got = 0;
    for (ssize_t n = 1; n > 0 && *room < TEXT_MAX;) {
        if (got == *room) {
            char *more = spoti_alloc(w->allocator, 2 * *room + TEXT_START, 1);
            if (more != NULL && got > 0) {
                memcpy(more, w->text, got);
            }
            spoti_free(w->allocator, w->text, *room);
            w->text = more;
            *room = more != NULL ? 2 * *room + TEXT_START : 0;
            if (more == NULL) {
                return 0;
            }
        }
        do {
            n = read(fd, w->text + got, *room - got);
        } while (n < 0 && errno == EINTR);
        got += n > 0 ? (size_t)n : 0;
    }
    return *room < TEXT_MAX ? got : 0;
}

static spot_status receive(void *context, int fd, spot_diag *diag)
{
    writing *w = context;
    size_t room = 0;
    const size_t got = take_all(w, fd, &room);
    char *buffer = w->text;
    if (buffer == NULL) {
        return SPOT_E_NOMEM;
    }
    const bool whole = got > 1 && memchr(buffer, '\0', got) == buffer + got - 1;
    w->text = whole ? spoti_strdup(w->allocator, buffer) : NULL;
    spoti_free(w->allocator, buffer, room);
    if (!whole) {
        return spoti_guard_broken(w->path, diag);
    }
    return w->text != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

spot_status spoti_model_text(const spoti_scene *scene, const spot_allocator *allocator, char **out,
                             spot_diag *diag)
{
    writing w = {.path = scene->model_path, .allocator = allocator};
    const spoti_guarded guarded = {work, send, receive, &w, w.path, SPOTI_COMPILE_LIMITS.cpu_s};
    *out = NULL;
    spot_status st = spoti_guard_run(&guarded, diag);
    if (st == SPOT_E_FORMAT) { /* the guard's word for a child that is gone, or half an answer */
        st = spot_diag_set(diag, SPOT_E_UNSUPPORTED, "%s: MuJoCo cannot write it down as one text",
                           w.path);
    }
    *out = st == SPOT_OK ? w.text : NULL;
    return st;
}
