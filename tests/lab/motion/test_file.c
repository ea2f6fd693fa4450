/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of trajectories by their C functions: what they hold, arguments, memory. Whole files
 * against numpy, and broken ones: tests/cli/check_metrics.py, tests/cli/test_metrics.sh. */
#include <math.h>
#include <string.h>

#include "spot/motion_file.h"
#include "spot/report_metrics.h"
#include "support/spot_test.h"

static const char CSV[] = "mood,q2_rad,time_s,a1,ee_y_m,ee_x_m,q1_rad\n"
                          "1,0.2,10,7,-1,1,0.1\n"
                          "x,0.4,11,8,-2,2,0.3\n";
static const char HDF5[] = SPOT_SOURCE_DIR "/tests/lab/motion/corpus_series/robomimic.h5";

static void path_of(char path[512])
{
    spot_test_temp_path(path, 512, "log.csv");
    spot_test_write_file(path, CSV, sizeof(CSV) - 1);
}

static void columns_are_sorted_into_channels(void **state)
{
    char path[512];
    spot_motion_file_config config;
    spot_motion_file *file = NULL;
    spot_motion_trajectory *t = NULL;
    spot_diag diag = {""};

    (void)state;
    path_of(path);
    spot_motion_file_config_default(&config);
    assert_int_equal(spot_motion_file_open(path, &config, &file, &diag), SPOT_OK);
    assert_int_equal(spot_motion_file_count(file), 1);
    assert_string_equal(spot_motion_file_unused(file), "mood");
    assert_int_equal(spot_motion_file_load(file, 1, &t, &diag), SPOT_E_RANGE);
    assert_int_equal(spot_motion_file_load(file, -1, &t, &diag), SPOT_E_RANGE);
    assert_null(t);
    assert_int_equal(spot_motion_file_load(file, 0, &t, &diag), SPOT_OK);

    const spot_motion_series *s = &t->series;
    assert_int_equal(s->n_sample, 2);
    assert_int_equal(s->n_axis, 2);
    assert_int_equal(s->n_joint, 2);
    assert_int_equal(s->n_action, 1);
    assert_null(s->velocity_m_s);
    assert_null(s->joint_rad_s);
    assert_null(s->torque_nm);
    static const double time[] = {10, 11}, p[] = {1, -1, 2, -2}, q[] = {0.1, 0.2, 0.3, 0.4},
                        a[] = {7, 8};
    for (int i = 0; i < 4; i++) {
        assert_close(s->position_m[i], p[i], 0.0, 0.0);
        assert_close(s->joint_rad[i], q[i], 0.0, 0.0);
        assert_close(s->action[i / 2], a[i / 2], 0.0, 0.0);
        assert_close(s->time_s[i / 2], time[i / 2], 0.0, 0.0);
    }
    assert_string_equal(t->sources[0], "ee_x_m and 1 more");
    assert_string_equal(t->sources[5], "a1");
    assert_int_equal(t->timing, SPOT_MOTION_TIMING_STAMPS);
    spot_motion_trajectory_free(t);
    spot_motion_file_close(file);
}

/* Opens, loads all, measures and prints; as far as memory lasts. */
static spot_status use(const char *path, const spot_allocator *allocator)
{
    spot_motion_file_config config;
    spot_motion_config measure;
    spot_motion_file *file = NULL;
    spot_diag diag = {""};

    spot_motion_file_config_default(&config);
    spot_motion_config_default(&measure);
    config.allocator = allocator;
    spot_status st = spot_motion_file_open(path, &config, &file, &diag);
    assert_true((st == SPOT_OK) == (file != NULL));
    for (int i = 0; i < spot_motion_file_count(file) && st == SPOT_OK; i++) {
        spot_motion_trajectory *t = NULL;
        spot_motion_record record;

        st = spot_motion_file_load(file, i, &t, &diag);
        assert_true((st == SPOT_OK) == (t != NULL));
        if (st == SPOT_OK) {
            st = spot_motion_trajectory_measure(t, &measure, &record, &diag);
        }
        spot_motion_trajectory_free(t);
    }
    spot_motion_file_close(file);
    return st;
}

static void memory_may_fail_at_any_time(void **state)
{
    char path[512];
    const char *const paths[] = {path, HDF5};

    (void)state;
    path_of(path);
    for (int i = 0; i < 2; i++) {
        spot_status st = SPOT_E_NOMEM;

        for (int k = 0; k < 200 && st != SPOT_OK; k++) {
            spot_test_allocator mem;
            const spot_allocator a = spot_test_failing_allocator(&mem, k);

            st = use(paths[i], &a);
            assert_true(st == SPOT_OK || st == SPOT_E_NOMEM);
            spot_test_assert_no_leak(&mem);
        }
        assert_int_equal(st, SPOT_OK);
    }
}

static void demonstrations_are_listed_by_number(void **state)
{
    spot_motion_file_config config;
    spot_motion_file *file = NULL;
    spot_diag diag = {""};

    (void)state;
    spot_motion_file_config_default(&config);
    assert_int_equal(spot_motion_file_open(HDF5, &config, &file, &diag), SPOT_OK);
    assert_int_equal(spot_motion_file_count(file), 2);
    static const char *const names[] = {"demo_2", "demo_10"};
    for (int i = 0; i < 2; i++) {
        spot_motion_trajectory *t = NULL;

        assert_int_equal(spot_motion_file_load(file, i, &t, &diag), SPOT_OK);
        assert_string_equal(t->name, names[i]);
        assert_close(t->interval_s, 0.05, 0.0, 1e-15);
        assert_int_equal(t->timing, SPOT_MOTION_TIMING_FILE);
        spot_motion_trajectory_free(t);
    }
    spot_motion_file_close(file);
}

static void bad_arguments_are_refused(void **state)
{
    char path[512];
    spot_motion_file_config config;
    spot_motion_file *file = NULL;
    spot_motion_trajectory *t = NULL;
    spot_diag diag = {""};

    (void)state;
    path_of(path);
    memset(&config, 0xA5, sizeof(config));
    spot_motion_file_config_default(&config);
    assert_int_equal(config.size, sizeof(config));
    assert_null(config.map);
    assert_null(config.allocator);
    assert_close(config.control_hz, 0.0, 0.0, 0.0);
    assert_int_equal(spot_motion_file_open(path, &config, NULL, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_motion_file_open(NULL, &config, &file, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_motion_file_open(path, NULL, &file, &diag), SPOT_E_INVALID);
    for (int i = 0; i < 4; i++) {
        static const double rates[] = {-1.0, 1e-4, 1e7, NAN};

        config.control_hz = rates[i];
        assert_int_equal(spot_motion_file_open(path, &config, &file, &diag), SPOT_E_RANGE);
    }
    config.control_hz = 0.0;
    config.size--;
    assert_int_equal(spot_motion_file_open(path, &config, &file, &diag), SPOT_E_INVALID);
    assert_null(file);
    assert_int_equal(spot_motion_file_load(NULL, 0, &t, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_motion_trajectory_measure(NULL, NULL, NULL, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_motion_file_count(NULL), 0);
    assert_string_equal(spot_motion_file_unused(NULL), "");
    spot_motion_file_close(NULL);
    spot_motion_trajectory_free(NULL);
    assert_string_equal(spot_motion_timing_str((spot_motion_timing)9), "unknown timing");
    assert_null(spot_motion_channel_str(-1));
    assert_null(spot_motion_channel_str(SPOT_MOTION_N_CHANNEL));
    assert_int_equal(spot_report_metrics_table(NULL, false, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_report_metrics_json(NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_report_metrics_figure(NULL, 1, NULL, "x", &diag), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_sorted_into_channels),
        cmocka_unit_test(demonstrations_are_listed_by_number),
        cmocka_unit_test(memory_may_fail_at_any_time),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
