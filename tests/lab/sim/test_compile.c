/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Models on which MuJoCo throws, crashes or does not end, and the file and line of what it complains about. */
#include <mujoco/mujoco.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lab/sim/mujoco/compile.h"
#include "lab/sim/mujoco/mjcf.h"
#include "lab/sim/variant.h"

static const spoti_compile_limits LIMITS = {.memory_mib = 256, .cpu_s = 1};

/* Without a limit of memory, as in builds with sanitizers, some models take all that there is. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool HAS_MEMORY_LIMIT = false;
#elif defined(__has_feature)
static const bool HAS_MEMORY_LIMIT =
    !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer));
#else
static const bool HAS_MEMORY_LIMIT = true;
#endif

/* Compiles `text`, which must be refused with all of `says` (NULL-ended), in one line that begins with the path. */
static void assert_refused(const char *text, const char *const says[])
{
    char path[512];
    mjModel *model = NULL;
    spot_diag diag = {.text = ""};
    spot_diag warning = {.text = ""};
    spot_test_temp_path(path, sizeof(path), "model.xml");
    spot_test_write_file(path, text, strlen(text));
    assert_int_equal(spoti_compile(path, &LIMITS, &model, &warning, &diag), SPOT_E_FORMAT);
    assert_null(model);
    assert_true(strncmp(diag.text, path, strlen(path)) == 0 && strchr(diag.text, '\n') == NULL);
    for (int i = 0; says[i] != NULL; i++) {
        if (strstr(diag.text, says[i]) == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, says[i]);
        }
    }
}

static void exception_and_short_memory_are_one_line(void **state)
{
    (void)state;
    static const char *const says[] = {"needed more than 256 MiB to compile it", "expected", NULL};
    if (!HAS_MEMORY_LIMIT) {
        skip();
    }
    /* std::bad_alloc, which nobody catches; and MuJoCo's own error */
    assert_refused(
        "<mujoco><size nuser_geom=\"2000000000\"/><worldbody><geom size=\"1\"/></worldbody>"
        "</mujoco>",
        says);
    assert_refused(
        "<mujoco><asset><texture name=\"t\" type=\"2d\" builtin=\"flat\" width=\"20000\" "
        "height=\"20000\"/></asset></mujoco>",
        says);
}

static void crash_is_one_line(void **state)
{
    (void)state;
    static const char *const says[] = {"MuJoCo crashed (signal 11)", "expected", NULL};
    if (!HAS_MEMORY_LIMIT) {
        skip(); /* the sanitizer's own handler ends the child */
    }
    /* 65536 * 65536 elements are 0 of them, as it counts */
    assert_refused(
        "<mujoco><asset><hfield name=\"h\" nrow=\"65536\" ncol=\"65536\" size=\"1 1 1 1\"/></asset>"
        "<worldbody><geom type=\"hfield\" hfield=\"h\"/></worldbody></mujoco>",
        says);
}

static void many_bodies_end_by_the_limit_of_time(void **state)
{
    (void)state;
    enum { BODIES = 100000, ONE = 64 };
    static const char *const says[] = {"needed more than 1 s to compile it", NULL};
    static const char *const short_of[] = {"needed more than", "to compile it", NULL};
    char *text = malloc((size_t)BODIES * ONE);
    assert_non_null(text);
    size_t at = (size_t)sprintf(text, "<mujoco><worldbody>");
    for (int i = 0; i < BODIES; i++) {
        at += (size_t)sprintf(text + at, "<body pos=\"%d 0 0\"><geom size=\".1\"/></body>", i);
    }
    (void)sprintf(text + at, "</worldbody></mujoco>");
    assert_refused(text, HAS_MEMORY_LIMIT ? short_of : says);
    free(text);
}

/* What is compiled well is MuJoCo's own result, with what it remarked. */
static void good_model_comes_back_with_its_remark(void **state)
{
    (void)state;
    char path[512];
    static const char text[] =
        "<mujoco><worldbody><body name=\"b\" pos=\"nan 0 0\"><geom size=\".1\"/></body>"
        "</worldbody></mujoco>";
    mjModel *model = NULL;
    spot_diag diag = {.text = ""};
    spot_diag warning = {.text = "before"};
    spot_test_temp_path(path, sizeof(path), "model.xml");
    spot_test_write_file(path, text, strlen(text));
    assert_int_equal(spoti_compile(path, &LIMITS, &model, &warning, &diag), SPOT_OK);
    assert_int_equal(model->nbody, 2);
    assert_non_null(strstr(warning.text, "contains a 'NaN'"));
    mj_deleteModel(model);
}

/* The file and line that a person would open, for models that include the robot. */
static void message_names_the_file_in_which_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to; /* in the robot */
        const char *line_of;   /* which the message must name; NULL = the file alone */
    } cases[] = {
        {"joint name=\"elbow\" class", "joint name=\"elbow\" clazz", "clazz"},
        {"mass=\"8.058\"", "mass=\"0\"", "<body name=\"upper_arm\""},
        {"joint1=\"finger_left\"", "joint1=\"finger_leff\"", "finger_leff"},
        {"range=\"-360 360\"", "range=\"-360 abc\"", NULL},
        {"</mujocoinclude>", "", "the end"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static char text[VARIANT_TEXT];
        variant v;
        mjModel *model = NULL;
        spot_diag diag = {.text = ""};
        spot_diag warning = {.text = ""};
        variant_make(&v, "ur5e-pick-place");
        variant_edit(v.robot, cases[i].from, cases[i].to);
        assert_int_equal(spoti_compile(v.scene, &LIMITS, &model, &warning, &diag), SPOT_E_FORMAT);
        (void)spot_test_read_file(v.robot, text, sizeof(text));
        const char *at = cases[i].line_of != NULL ? strstr(text, cases[i].line_of) : NULL;
        int line = 1;
        for (const char *c = text; at != NULL && c < at; c++) {
            line += *c == '\n' ? 1 : 0;
        }
        char want[64];
        (void)snprintf(want, sizeof(want),
                       at != NULL ? "/robots/ur5e.xml:%d: " : "/robots/ur5e.xml", line);
        if (strstr(diag.text, want) == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, want);
        }
    }
}

static void text_is_found_where_it_stands(void **state)
{
    (void)state;
    char place[1024];
    variant v;
    variant_make(&v, "ur5e-pick-place");
    spoti_mjcf_find(v.scene, "integrator=", place, sizeof(place));
    assert_non_null(strstr(place, "/scene.xml:5"));
    spoti_mjcf_find(v.scene, "name=\"wrist_3\"", place, sizeof(place));
    assert_non_null(strstr(place, "/ur5e.xml:"));
    spoti_mjcf_find(v.scene, "nothing like it", place, sizeof(place));
    assert_string_equal(place, v.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exception_and_short_memory_are_one_line),
        cmocka_unit_test(crash_is_one_line),
        cmocka_unit_test(many_bodies_end_by_the_limit_of_time),
        cmocka_unit_test(good_model_comes_back_with_its_remark),
        cmocka_unit_test(message_names_the_file_in_which_it_stands),
        cmocka_unit_test(text_is_found_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
