/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A trial: the backend's checks, and the first failure in one line. */
#include "spot/trial.h"

#include <string.h>

#include "lab/sim/task.h"

const char *spot_trial_result_str(spot_trial_result result)
{
    switch (result) {
    case SPOT_TRIAL_PASS:
        return "PASS";
    case SPOT_TRIAL_WARN:
        return "WARN";
    case SPOT_TRIAL_FAIL:
        return "FAIL";
    }
    return "?";
}

static spot_status first_failure(const spot_trial *trial, spot_diag *diag)
{
    for (int i = 0; i < trial->count; i++) {
        const spot_trial_check *c = &trial->checks[i];
        if (c->result == SPOT_TRIAL_FAIL && c->refuses) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s: %s, expected %s", c->where, c->name,
                                 c->measured, c->expected);
        }
    }
    return SPOT_OK;
}

spot_status spot_task_admit(const spot_task *task, spot_diag *diag)
{
    spot_trial trial;
    if (task == NULL) {
        return SPOT_E_INVALID;
    }
    return task->ops->trial_is_slow ? SPOT_OK : spot_task_try(task, &trial, diag);
}

spot_status spot_task_try(const spot_task *task, spot_trial *trial, spot_diag *diag)
{
    if (task == NULL || trial == NULL) {
        return SPOT_E_INVALID;
    }
    memset(trial, 0, sizeof(*trial));
    spot_status st = task->ops->trial != NULL ? task->ops->trial(task->self, trial, diag) : SPOT_OK;
    return st != SPOT_OK ? st : first_failure(trial, diag);
}
