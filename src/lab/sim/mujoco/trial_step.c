/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Whether the time step h is short enough for the servos and springs.
 *
 * With semi-implicit Euler x+ = x + h v+, v+ = v - h M^-1 (K x + D v), a mode swings up as soon as an eigenvalue of
 * the map reaches -1, that is when the largest eigenvalue of M^-1 (h^2 K + 2 h D) / 4 is 1. K and D are the stiffness
 * and damping of servos, J' k J and J' d J with J their moment arms, and of springs; the damping of joints is
 * implicit in MuJoCo and adds h D to M. (The implicit integrator takes the servos' damping in as well: no D.)
 * The eigenvalue comes from a power iteration, at home, with the gripper open.
 */
#include <math.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/trial.h"

enum { ITERATIONS = 200 };

static const double PROBE = 1e-3; /* change of a command by which a moment arm is measured */

typedef struct stiffness {
    mjModel *m; /* a copy, without limits of force and command, joint damping in its inertia */
    mjData *d;
    double *arm;   /* (nu x nv) moment arms of servos; 0 of others */
    double *share; /* (nu + nv) of the mode's stiffness: servos, then springs */
    double *v;     /* (nv) */
    double *sv;    /* (nv) */
} stiffness;

static bool is_servo(const mjModel *m, int a)
{
    return m->actuator_gaintype[a] == mjGAIN_FIXED && m->actuator_biastype[a] == mjBIAS_AFFINE &&
           m->actuator_dyntype[a] == mjDYN_NONE &&
           m->actuator_gainprm[(size_t)mjNGAIN * (size_t)a] != 0.0;
}

/* Moment arms by the difference that a command makes: the same in every version of MuJoCo. */
static void measure_arms(stiffness *s)
{
    const size_t nv = (size_t)s->m->nv;
    for (int a = 0; a < s->m->nu; a++) {
        if (!is_servo(s->m, a)) {
            continue;
        }
        const double gain = s->m->actuator_gainprm[(size_t)mjNGAIN * (size_t)a];
        mju_zero(s->d->ctrl, (int)s->m->nu);
        mj_fwdActuation(s->m, s->d);
        mju_copy(s->v, s->d->qfrc_actuator, (int)s->m->nv);
        s->d->ctrl[a] = PROBE;
        mj_fwdActuation(s->m, s->d);
        for (size_t i = 0; i < nv; i++) {
            s->arm[(size_t)a * nv + i] = (s->d->qfrc_actuator[i] - s->v[i]) / (PROBE * gain);
        }
    }
}

/* h^2 k + 2 h d of actuator `a`, over 4. */
static double servo_weight(const mjModel *m, int a)
{
    const double h = m->opt.timestep;
    const mjtNum *bias = m->actuator_biasprm + (size_t)mjNBIAS * (size_t)a;
    const double damping = m->opt.integrator == mjINT_EULER ? -bias[2] : 0.0;
    return is_servo(m, a) ? 0.25 * (h * h * -bias[1] + 2.0 * h * damping) : 0.0;
}

static double spring_weight(const mjModel *m, int dof)
{
    const double h = m->opt.timestep;
    return 0.25 * h * h * m->jnt_stiffness[m->dof_jntid[dof]];
}

/* sv = S v, and what each servo and spring has in v' S v. */
static void apply(stiffness *s)
{
    const size_t nv = (size_t)s->m->nv;
    for (size_t i = 0; i < nv; i++) {
        s->sv[i] = spring_weight(s->m, (int)i) * s->v[i];
        s->share[(size_t)s->m->nu + i] = s->sv[i] * s->v[i];
    }
    for (int a = 0; a < s->m->nu; a++) {
        const double *arm = s->arm + (size_t)a * nv;
        const double length = mju_dot(arm, s->v, (int)s->m->nv);
        const double weight = servo_weight(s->m, a);
        mju_addToScl(s->sv, arm, weight * length, (int)s->m->nv);
        s->share[a] = weight * length * length;
    }
}

/* The largest eigenvalue of M^-1 S by power iteration. */
static double largest(stiffness *s)
{
    double value = 0.0;
    for (int i = 0; i < s->m->nv; i++) {
        s->v[i] = 1.0 + 0.1 * (double)(i % 7); /* along no symmetry */
    }
    for (int k = 0; k < ITERATIONS; k++) {
        (void)mju_normalize(s->v, (int)s->m->nv);
        apply(s);
        mj_solveM(s->m, s->d, s->v, s->sv, 1);
        value = mju_norm(s->v, (int)s->m->nv);
        if (!(value > 0.0)) {
            return value;
        }
    }
    (void)mju_normalize(s->v, (int)s->m->nv);
    apply(s); /* the shares of the mode that came out */
    return value;
}

static void name_stiffest(const stiffness *s, char *out, size_t size)
{
    const int n = (int)(s->m->nu + s->m->nv);
    int best = 0;
    for (int i = 1; i < n; i++) {
        best = s->share[i] > s->share[best] ? i : best;
    }
    const bool servo = best < s->m->nu;
    const char *name = servo ? mj_id2name(s->m, mjOBJ_ACTUATOR, best)
                             : mj_id2name(s->m, mjOBJ_JOINT, s->m->dof_jntid[best - (int)s->m->nu]);
    (void)spoti_format(out, size, "%.60s", name != NULL ? name : "");
}

static void prepare(stiffness *s, const spoti_scene *task)
{
    const mjModel *m = task->model;
    s->m = mj_copyModel(NULL, m);
    for (int a = 0; a < m->nu; a++) {
        s->m->actuator_ctrllimited[a] = 0;
        s->m->actuator_forcelimited[a] = 0;
    }
    for (int i = 0; i < m->nv; i++) {
        s->m->dof_armature[i] += m->opt.timestep * m->dof_damping[i];
    }
    s->d = mj_makeData(s->m);
    for (int i = 0; i < task->chain.n; i++) {
        s->d->qpos[task->arm_qpos[i]] = task->home[i];
    }
    spoti_gripper_place_open(task, s->d);
    mj_forward(s->m, s->d);
}

static void report(spoti_trial *t, stiffness *s)
{
    char name[64] = "";
    char text[80];
    measure_arms(s);
    const double value = largest(s);
    name_stiffest(s, name, sizeof(name));
    (void)spoti_format(text, sizeof(text), "name=\"%s\"", name);
    const bool ok = value < 1.0; /* NaN is none */
    spoti_trial_add(t, "time step", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.text = ok ? NULL : "timestep="},
                    "below 1 of what is stable; lower the time step or the gains",
                    "%g s is %.2g of what the stiffest, '%s', bears", s->m->opt.timestep, value,
                    name);
}

void spoti_trial_step(spoti_trial *t)
{
    const spoti_scene *task = t->task;
    const size_t nv = (size_t)task->model->nv;
    const size_t nu = (size_t)task->model->nu;
    stiffness s = {.m = NULL};

    s.arm = spoti_calloc(task->allocator, nu * nv, sizeof(double));
    s.share = spoti_calloc(task->allocator, nu + nv, sizeof(double));
    s.v = spoti_calloc(task->allocator, nv, sizeof(double));
    s.sv = spoti_calloc(task->allocator, nv, sizeof(double));
    if (s.arm != NULL && s.share != NULL && s.v != NULL && s.sv != NULL) {
        prepare(&s, task);
        report(t, &s);
        mj_deleteData(s.d);
        mj_deleteModel(s.m);
    } else {
        t->no_memory = true;
    }
    spoti_free(task->allocator, s.arm, nu * nv * sizeof(double));
    spoti_free(task->allocator, s.share, (nu + nv) * sizeof(double));
    spoti_free(task->allocator, s.v, nv * sizeof(double));
    spoti_free(task->allocator, s.sv, nv * sizeof(double));
}
