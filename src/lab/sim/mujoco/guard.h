/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * MuJoCo reports what it cannot do (no memory, a stack that the model made too small) through a handler
 * that must not return; its own one waits for a key and ends the process. Here such a call comes back.
 */
#ifndef SPOTI_MUJOCO_GUARD_H
#define SPOTI_MUJOCO_GUARD_H

#include "spot/status.h"

typedef void (*spoti_mujoco_fn)(void *ctx);

/* Installs the process-wide handlers of errors and warnings. Warnings are not written to MUJOCO_LOG.TXT in
 * the working folder, as MuJoCo would: mjData counts them, and fault.c looks there. */
void spoti_mujoco_handlers(void);

/* From now on keeps the first warning of this thread in `warning`, if that is empty; NULL ends it. */
void spoti_mujoco_note_warning(spot_diag *warning);

/* Calls fn(ctx), which calls MuJoCo. Returns SPOT_OK, or E_UNSUPPORTED if MuJoCo raised an error, with
 * its one-line text in diag. What fn had allocated by then is lost, so fn should do little. */
spot_status spoti_mujoco_guard(spoti_mujoco_fn fn, void *ctx, spot_diag *diag);

#endif
