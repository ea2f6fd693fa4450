/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Timed calls become a trace: as many of each setting as were asked for, none shorter than the brain sleeps, in a file
 * that is whole or absent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "spot/latency_measure.h"
#include "spot/latency_trace.h"
#include "support/spot_test.h"

enum { OBS_DIM = 11, ACTION_DIM = 5, HORIZON = 16, CALLS = 3 };

static const long SLEEP_NS = 2000000;

typedef struct sleeper {
    int n_infer;
    int lost_at; /* this inference's answer is lost, from 1 on; 0 = none */
} sleeper;

static void describe(const void *self, spot_brain_info *info)
{
    (void)self;
    info->obs_dim = OBS_DIM;
    info->action_dim = ACTION_DIM;
    info->horizon = HORIZON;
    info->default_steps = 4;
    info->knobs = "steps";
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    sleeper *s = state;
    struct timespec left = {.tv_sec = 0, .tv_nsec = SLEEP_NS};
    (void)input;
    while (nanosleep(&left, &left) != 0) {
    }
    memset(chunk, 0, sizeof(*chunk) * HORIZON * ACTION_DIM);
    return ++s->n_infer == s->lost_at ? spot_diag_set(diag, SPOT_E_IO, "the server hung up")
                                      : SPOT_OK;
}

static const spot_brain_ops OPS = {.describe = describe, .infer = infer};

static spot_task *task;

static int load_task(void **state)
{
    (void)state;
    return spot_task_load(SPOT_SOURCE_DIR "/tasks/press-button/task.yaml", NULL, &task, NULL);
}

static int free_task(void **state)
{
    (void)state;
    spot_task_destroy(task);
    return 0;
}

static spot_latency_measure_config make_config(const spot_point *points, int n)
{
    spot_latency_measure_config config;
    spot_latency_measure_config_default(&config);
    config.points = points;
    config.n_points = n;
    config.calls = CALLS;
    return config;
}

static void each_setting_is_timed_once(void **state)
{
    const spot_point points[] = {{.overlap = 0},
                                 {.overlap = 4, .align = SPOT_ALIGN_SKIP},
                                 {.steps = 2},
                                 {.steps = 2, .execute = 4}};
    const spot_latency_measure_config config = make_config(points, 4);
    sleeper s = {.n_infer = 0};
    const spot_brain brain = {.ops = &OPS, .self = &s};
    spot_latency_trace *trace = NULL;
    char path[512];
    char line[256];
    int n_row = 0;
    (void)state;
    spot_test_temp_path(path, sizeof(path), "calls.csv");
    assert_int_equal(spot_latency_measure(task, &brain, &config, path, NULL, NULL, NULL), SPOT_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        const char *comma = strrchr(line, ',');
        if (strncmp(line, "steps=", 6) == 0 && comma != NULL) {
            assert_true(strtod(comma + 1, NULL) >= 1e-6 * (double)SLEEP_NS);
            n_row++;
        }
    }
    (void)fclose(file);
    assert_int_equal(n_row, 2 * CALLS);
    /* what else may be left of an episode's inferences is not timed */
    assert_true(s.n_infer >= 2 * (CALLS + 1));
    assert_int_equal(spot_latency_trace_load(path, SPOT_LATENCY_BY_SEED, NULL, &trace, NULL),
                     SPOT_OK);
    for (int i = 0; i < 4; i++) {
        spot_latency latency;
        assert_int_equal(spot_latency_trace_point(trace, &points[i], 4, &latency, NULL), SPOT_OK);
        assert_true(latency.mean_s >= 1e-9 * (double)SLEEP_NS);
    }
    spot_latency_trace_destroy(trace);
}

static bool stop(void *ctx, int64_t done, int64_t total)
{
    (void)ctx;
    assert_int_equal(total, CALLS + 1);
    return done < total;
}

static void what_fails_leaves_no_file(void **state)
{
    const spot_point point = {.overlap = 0};
    const spot_latency_measure_config config = make_config(&point, 1);
    spot_latency_measure_config wrong = config;
    sleeper s = {.lost_at = 2};
    const spot_brain brain = {.ops = &OPS, .self = &s};
    spot_diag diag = {""};
    char path[512];
    (void)state;
    spot_test_temp_path(path, sizeof(path), "none.csv");
    assert_int_equal(spot_latency_measure(task, &brain, &config, path, NULL, NULL, &diag),
                     SPOT_E_IO);
    assert_string_equal(diag.text, "the server hung up");
    s = (sleeper){.n_infer = 0};
    assert_int_equal(spot_latency_measure(task, &brain, &config, path, stop, NULL, &diag),
                     SPOT_E_STATE);
    wrong.calls = 1;
    assert_int_equal(spot_latency_measure(task, &brain, &wrong, path, NULL, NULL, &diag),
                     SPOT_E_RANGE);
    wrong = config;
    wrong.n_points = 0;
    assert_int_equal(spot_latency_measure(task, &brain, &wrong, path, NULL, NULL, NULL),
                     SPOT_E_INVALID);
    wrong = config;
    wrong.size = 8;
    assert_int_equal(spot_latency_measure(task, &brain, &wrong, path, NULL, NULL, NULL),
                     SPOT_E_INVALID);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_is_timed_once),
        cmocka_unit_test(what_fails_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, load_task, free_task);
}
