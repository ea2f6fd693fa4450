/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What MuJoCo complains about while it simulates.
 *
 * A full buffer drops contacts or constraints, a bad number resets the state: from then on the episode is
 * not the task's any more, however it goes on. So the first complaint ends it as invalid. MuJoCo counts its
 * warnings in mjData, and a reset by MuJoCo itself does not clear what caused it.
 */
#include "lab/sim/mujoco/world.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

enum { NAME_SIZE = 48 };

/* What of <size> holds contacts, constraints and the stack. */
#if mjVERSION_HEADER < 300
#define FOR_CONTACTS    "nconmax"
#define FOR_CONSTRAINTS "njmax"
#define FOR_STACK       "nstack"
#else /* one memory for all; the others are read and have no effect */
#define FOR_CONTACTS    "memory"
#define FOR_CONSTRAINTS "memory"
#define FOR_STACK       "memory"
#endif

/* The joint that qpos[i] belongs to, -1 if none. */
static int joint_of_qpos(const mjModel *m, int i)
{
    int joint = -1;
    for (int j = 0; j < m->njnt && m->jnt_qposadr[j] <= i; j++) {
        joint = j;
    }
    return joint;
}

/* `DOF 'elbow'`: the joint's name, else its body's. */
static void name_joint(const mjModel *m, int joint, char out[NAME_SIZE])
{
    const char *name = joint >= 0 ? mj_id2name(m, mjOBJ_JOINT, joint) : NULL;
    const char *body = joint >= 0 ? mj_id2name(m, mjOBJ_BODY, m->jnt_bodyid[joint]) : NULL;
    if (name != NULL) {
        (void)spoti_format(out, NAME_SIZE, "DOF '%.32s'", name);
    } else if (body != NULL) {
        (void)spoti_format(out, NAME_SIZE, "a DOF of body '%.24s'", body);
    } else {
        (void)spoti_format(out, NAME_SIZE, "a DOF without a name");
    }
}

static void name_culprit(const mjModel *m, int warning, int info, char out[NAME_SIZE])
{
    const char *actuator = NULL;
    switch (warning) {
    case mjWARN_BADQPOS:
        name_joint(m, joint_of_qpos(m, info), out);
        return;
    case mjWARN_BADCTRL:
        actuator = info >= 0 && info < m->nu ? mj_id2name(m, mjOBJ_ACTUATOR, info) : NULL;
        (void)spoti_format(out, NAME_SIZE, "actuator '%.32s'", actuator != NULL ? actuator : "");
        return;
    default: /* the others count degrees of freedom */
        name_joint(m, info >= 0 && info < m->nv ? m->dof_jntid[info] : -1, out);
        return;
    }
}

/* What happened and what to do about it, in our words. */
static void describe(const spoti_mujoco_world *w, int warning, int info, char *out, size_t size)
{
    char culprit[NAME_SIZE];
    const double at_s = spoti_world_time_s(w);
    name_culprit(w->model, warning, info, culprit);
    switch (warning) {
    case mjWARN_CONTACTFULL:
        (void)spoti_format(out, size,
                           "contact buffer full at %.3f s, raise " FOR_CONTACTS " in <size>", at_s);
        return;
    case mjWARN_CNSTRFULL:
        (void)spoti_format(out, size,
                           "constraint buffer full at %.3f s, raise " FOR_CONSTRAINTS " in <size>",
                           at_s);
        return;
    case mjWARN_INERTIA:
        (void)spoti_format(out, size, "inertia near zero at %.3f s, %s, raise mass or armature",
                           at_s, culprit);
        return;
    default:
        (void)spoti_format(out, size, "unstable at %.3f s, %s, lower the time step or the gains",
                           at_s, culprit);
        return;
    }
}

bool spoti_fault_update(spoti_mujoco_world *w)
{
    for (int i = 0; i < mjNWARNING && w->fault[0] == '\0'; i++) {
        const mjWarningStat *warning = &w->data->warning[i];
        if (warning->number == 0) {
            continue;
        }
        char what[SPOT_FAULT_SIZE / 2];
        describe(w, i, warning->lastinfo, what, sizeof(what));
#if mjVERSION_HEADER < 230
        const int info = warning->lastinfo;
#else
        const size_t info = (size_t)warning->lastinfo;
#endif
        spoti_fault_set(w, what, mju_warningText(i, info));
    }
    return w->fault[0] != '\0';
}

void spoti_fault_set(spoti_mujoco_world *w, const char *what, const char *text)
{
    (void)spoti_format(w->fault, sizeof(w->fault), "%s (MuJoCo: %.110s)", what, text);
}

void spoti_fault_raised(spoti_mujoco_world *w, const char *text)
{
    char what[64];
    (void)spoti_format(what, sizeof(what), "broke off at %.3f s%s", spoti_world_time_s(w),
                       strstr(text, "tack overflow") != NULL ? ", raise " FOR_STACK " in <size>"
                                                             : "");
    spoti_fault_set(w, what, text);
}
