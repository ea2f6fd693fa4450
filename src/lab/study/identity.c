/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What makes two runs the same: what the task is and computes here, and what the brain says it is.
 *
 * SPOTI_EPISODES_NUMBER is raised with every change of this program after which a seed gives another episode (schedule,
 * noise, arithmetic): kept episodes of another number are not read back.
 */
#include <inttypes.h>

#include "core/base/text.h"
#include "lab/sim/task.h"
#include "lab/study/study.h"

spot_status spoti_identify(const spot_task *task, const spot_brain *brain,
                           char identity[SPOTI_IDENTITY_SIZE], spot_diag *diag)
{
    char model[SPOTI_TASK_IDENTITY_SIZE];
    char text[SPOT_BRAIN_IDENTITY_SIZE];
    spot_diag why = {""};
    uint64_t probe = 0;
    spot_status st = spoti_task_identify(task, model);
    st = st == SPOT_OK ? spoti_task_probe(task, &probe, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_brain_identify(brain, text, &why);
    if (st != SPOT_OK) {
        return spot_diag_set(diag, st, "the policy does not answer: %s",
                             why.text[0] != '\0' ? why.text : spot_status_str(st));
    }
    (void)spoti_format(identity, SPOTI_IDENTITY_SIZE, "%s episodes=%d probe=%016" PRIx64 " %s",
                       model, SPOTI_EPISODES_NUMBER, probe, text);
    return SPOT_OK;
}
