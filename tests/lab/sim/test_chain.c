/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The kinematics of the arm alone against MuJoCo's of the whole model: the site and its Jacobian, to the last bit. */
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/rng.h"

enum { JOINTS = SPOTI_ARM_JOINTS_MAX, DRAWS = 500 };

/* The order of operations is that of MuJoCo 2.2.2; another version may round otherwise. */
static const double TOL = mjVERSION_HEADER == 222 ? 0.0 : 1e-12;

static void assert_same(const double *got, const double *want, int n)
{
    for (int i = 0; i < n; i++) {
        assert_close(got[i], want[i], TOL, 0.0);
    }
}

static void assert_agrees(const char *path)
{
    rig r;
    rig_open(&r, path, 1.0, 1.0);
    const spoti_scene *s = r.scene;
    const mjModel *m = r.w->model;
    const int site = s->site;
    mjData *want = mj_makeData(m);
    double *rows = calloc((size_t)m->nv * 6, sizeof(*rows));
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    assert_non_null(want);
    assert_non_null(rows);

    for (int n = 0; n < DRAWS; n++) {
        double j[JOINTS][6];
        for (int k = 0; k < s->chain.n; k++) {
            const double q = n == 0 ? 0.0 : spot_rng_uniform(&rng, -2.0 * mjPI, 2.0 * mjPI);
            r.w->kin->qpos[s->arm_qpos[k]] = q;
            want->qpos[s->arm_qpos[k]] = q;
        }
        spoti_chain_place(&s->chain, m, r.w->kin);
        spoti_chain_jacobian(&s->chain, m, r.w->kin, j);
        mj_kinematics(m, want);
        mj_comPos(m, want);
        mj_jacSite(m, want, rows, rows + 3 * (size_t)m->nv, site);
        assert_same(r.w->kin->site_xpos + 3 * site, want->site_xpos + 3 * site, 3);
        assert_same(r.w->kin->site_xmat + 9 * site, want->site_xmat + 9 * site, 9);
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < s->chain.n; k++) {
                assert_same(&j[k][i], &rows[i * m->nv + s->arm_dof[k]], 1);
            }
        }
    }
    free(rows);
    mj_deleteData(want);
    rig_close(&r);
}

static void shipped_arms_agree_with_mujoco(void **state)
{
    (void)state;
    assert_agrees(PICK_PLACE);
    assert_agrees(CONVEYOR);
    assert_agrees(PRESS);
    assert_agrees(WRIST_PICK);
    assert_agrees(PANDA);
}

/* Joints beside their body's origin, of every type, on branches that do not carry the site; a site that is turned. */
static void an_arm_with_branches_agrees_with_mujoco(void **state)
{
    (void)state;
    static const char *const edits[][2] = {
        {"<joint name=\"elbow\"", "<joint pos=\"0.01 -0.02 0.03\" name=\"elbow\""},
        {"<joint name=\"wrist_2\"", "<joint pos=\"0 0.04 0\" axis=\"0.6 0 0.8\" name=\"wrist_2\""},
        {"childclass=\"ur5e\">",
         "childclass=\"ur5e\"><inertial mass=\"4.1\" pos=\"0.01 0 0.05\" diaginertia=\"1 1 1\"/>"},
        {"<body name=\"shoulder\">",
         "<body pos=\"0.1 0.2 0\"><joint type=\"hinge\" pos=\"0 0.1 0\" axis=\"1 0 0\"/>"
         "<inertial mass=\"2\" pos=\"0.1 0 0\" diaginertia=\"1 1 1\"/></body>"
         "<body name=\"shoulder\">"},
        {"<site name=\"grip\" pos=\"0 0 0.15\"", "<site name=\"grip\" pos=\"0.01 0 0.15\" "
                                                 "euler=\"10 20 30\""},
        {"<body name=\"finger_left\"",
         "<body pos=\"0 0.1 0\" euler=\"40 0 10\"><joint type=\"ball\" range=\"0 180\"/>"
         "<inertial mass=\"0.3\" pos=\"0 0 0.1\" diaginertia=\"1e-3 1e-3 1e-3\"/></body>"
         "<body name=\"finger_left\""},
    };
    variant v;
    variant_make(&v, "ur5e-pick-place");
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        variant_edit(v.robot, edits[i][0], edits[i][1]);
    }
    assert_agrees(v.task);
}

/* A site half way up: the wrist does not move it. */
static void a_site_on_the_forearm_agrees_with_mujoco(void **state)
{
    (void)state;
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "site: grip", "site: mark");
    variant_edit(v.robot, "<body name=\"wrist_1\"",
                 "<site name=\"mark\" pos=\"0 0.1 0\"/><body name=\"wrist_1\"");
    assert_agrees(v.task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_arms_agree_with_mujoco),
        cmocka_unit_test(a_site_on_the_forearm_agrees_with_mujoco),
        cmocka_unit_test(an_arm_with_branches_agrees_with_mujoco),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
