/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A model as one text is the model: compiled again, it has the same numbers and moves the same. */
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/mujoco/compile.h"
#include "lab/sim/mujoco/model_text.h"
#include "support/spot_test.h"

enum { STEPS = 300 };

/* Texts have decimal numbers: a start that is off by rounding stays within this over so many steps of a scene at rest. */
static const double MOVES_SAME = 1e-9;

static void same_numbers(const mjModel *a, const mjModel *b)
{
    assert_int_equal(a->nq, b->nq);
    assert_int_equal(a->nv, b->nv);
    assert_int_equal(a->nu, b->nu);
    assert_int_equal(a->nbody, b->nbody);
    assert_int_equal(a->ngeom, b->ngeom);
    assert_int_equal(a->nconmax, b->nconmax);
    assert_close(a->opt.timestep, b->opt.timestep, 0, 0);
    for (int i = 0; i < a->nbody; i++) {
        assert_close(a->body_mass[i], b->body_mass[i], 0, 1e-12);
    }
    for (int i = 0; i < mjNGAIN * a->nu; i++) {
        assert_close(a->actuator_gainprm[i], b->actuator_gainprm[i], 0, 1e-12);
    }
}

static void same_motion(const mjModel *a, const mjModel *b)
{
    mjData *x = mj_makeData(a);
    mjData *y = mj_makeData(b);
    for (int i = 0; i < STEPS; i++) {
        mj_step(a, x);
        mj_step(b, y);
    }
    for (int i = 0; i < a->nq; i++) {
        assert_close(x->qpos[i], y->qpos[i], MOVES_SAME, 0);
    }
    mj_deleteData(x);
    mj_deleteData(y);
}

static void text_compiles_to_the_same_model(void **state)
{
    static const char *const TASKS[] = {"ur5e-pick-place", "ur5e-conveyor", "press-button"};
    (void)state;
    for (size_t i = 0; i < sizeof(TASKS) / sizeof(TASKS[0]); i++) {
        char path[512];
        char copy[512];
        spoti_scene *scene = NULL;
        char *text = NULL;
        mjModel *again = NULL;
        spot_diag diag = {""};
        spot_diag warning = {""};
        (void)snprintf(path, sizeof(path), "%s/tasks/%s/task.yaml", SPOT_SOURCE_DIR, TASKS[i]);
        assert_int_equal(spoti_scene_load(path, NULL, &scene, NULL), SPOT_OK);
        assert_int_equal(spoti_model_text(scene, NULL, &text, &diag), SPOT_OK);
        assert_null(strstr(text, "<include"));
        spot_test_temp_path(copy, sizeof(copy), "copy.xml");
        spot_test_write_file(copy, text, strlen(text));
        assert_int_equal(spoti_compile(copy, &SPOTI_COMPILE_LIMITS, &again, &warning, NULL),
                         SPOT_OK);
        same_numbers(scene->model, again);
        same_motion(scene->model, again);
        mj_deleteModel(again);
        spoti_strfree(NULL, text);
        spoti_scene_destroy(scene);
    }
}

static void model_that_went_away_is_an_error(void **state)
{
    (void)state;
    spoti_scene *scene = NULL;
    char *text = NULL;
    spot_diag diag = {""};
    assert_int_equal(
        spoti_scene_load(SPOT_SOURCE_DIR "/tasks/press-button/task.yaml", NULL, &scene, NULL),
        SPOT_OK);
    (void)snprintf(scene->model_path, sizeof(scene->model_path), "/nowhere/scene.xml");
    assert_int_equal(spoti_model_text(scene, NULL, &text, &diag), SPOT_E_UNSUPPORTED);
    assert_null(text);
    assert_non_null(strstr(diag.text, "/nowhere/scene.xml: MuJoCo cannot read it a second time"));
    spoti_scene_destroy(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_compiles_to_the_same_model),
        cmocka_unit_test(model_that_went_away_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
