/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/home.h"

#include <math.h>

#include "lab/sim/mujoco/names.h"
#include "lab/sim/mujoco/task_file.h"

static const char *name_of(const mjModel *m, int joint)
{
    const char *name = mj_id2name(m, mjOBJ_JOINT, joint);
    return name != NULL ? name : "";
}

/* How many elements of the tuple are this joint; *angle is that of the last. */
static int read_tuple(const mjModel *m, int tuple, int joint, double *angle)
{
    const int first = (int)m->tuple_adr[tuple];
    const int end = first + (int)m->tuple_size[tuple];
    int count = 0;
    for (int i = first; i < end; i++) {
        if (m->tuple_objtype[i] == mjOBJ_JOINT && m->tuple_objid[i] == joint) {
            *angle = m->tuple_objprm[i];
            count++;
        }
    }
    return count;
}

spot_status spoti_home_find(const mjModel *model, const char *name, const int *joint, int n,
                            double *angle, spot_diag *diag)
{
    const int key = mj_name2id(model, mjOBJ_KEY, name);
    const int tuple = mj_name2id(model, mjOBJ_TUPLE, name);

    if (key < 0 && tuple < 0) {
        return spoti_no_such_name(model, mjOBJ_KEY, "keyframe", name, diag);
    }
    if (key >= 0 && tuple >= 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "the model has a keyframe and a tuple '%.64s', expected one of them",
                             name);
    }
    for (int i = 0; i < n; i++) {
        int count = 1;
        if (key >= 0) {
            angle[i] = model->key_qpos[(size_t)key * (size_t)model->nq +
                                       (size_t)model->jnt_qposadr[joint[i]]];
        } else {
            count = read_tuple(model, tuple, joint[i], &angle[i]);
        }
        if (count != 1) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "the tuple '%.64s' has %d elements of joint '%.64s', expected one",
                                 name, count, name_of(model, joint[i]));
        }
        if (!(fabs(angle[i]) <= SPOTI_HOME_MAX_RAD)) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "joint '%.64s' stands at %g rad in '%.64s', expected -%d to %d",
                                 name_of(model, joint[i]), angle[i], name, SPOTI_HOME_MAX_RAD,
                                 SPOTI_HOME_MAX_RAD);
        }
    }
    return SPOT_OK;
}
