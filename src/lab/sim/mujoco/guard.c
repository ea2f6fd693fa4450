/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/guard.h"

#include <mujoco/mujoco.h>
#include <setjmp.h>
#include <string.h>

#include "core/base/text.h"

typedef struct guard {
    jmp_buf back;
    char text[SPOT_DIAG_TEXT_SIZE / 2];
} guard;

/* MuJoCo's handler has no context argument, so the guard of the running call is known by thread. */
static _Thread_local guard *active;

static void raise_error(const char *text)
{
    guard *g = active;
    if (g == NULL) {
        /* Not our call: do what MuJoCo does by itself. */
        mju_user_error = NULL;
#if mjVERSION_HEADER < 300
        mju_error_s("%s", text);
#else
        mju_error("%s", text);
#endif
        return;
    }
    (void)spoti_copy(g->text, sizeof(g->text), text);
    g->text[strcspn(g->text, "\n")] = '\0';
    longjmp(g->back, 1); /* NOLINT(cert-err52-cpp): the only way out of the handler */
}

/* Where the first warning of this thread goes; NULL = nowhere. */
static _Thread_local spot_diag *noted;

static void note_warning(const char *text)
{
    if (noted != NULL && noted->text[0] == '\0') {
        (void)spoti_copy(noted->text, sizeof(noted->text), text);
    }
}

void spoti_mujoco_note_warning(spot_diag *warning)
{
    noted = warning;
}

void spoti_mujoco_handlers(void)
{
    mju_user_error = raise_error;
    mju_user_warning = note_warning;
}

spot_status spoti_mujoco_guard(spoti_mujoco_fn fn, void *ctx, spot_diag *diag)
{
    guard g;
    guard *outer = active;

    if (setjmp(g.back) != 0) { /* NOLINT(cert-err52-cpp) */
        active = outer;
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED, "%s", g.text);
    }
    active = &g;
    fn(ctx);
    active = outer;
    return SPOT_OK;
}
