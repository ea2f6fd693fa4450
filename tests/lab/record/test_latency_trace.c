/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Traces of latencies: what is read of them, which point gets which calls, and what is refused where. */
#include "spot/latency_trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/spot_test.h"

enum { PATH_SIZE = 512 };

static spot_status load(const char *text, spot_latency_draw_order order, spot_latency_trace **out,
                        spot_diag *diag)
{
    char path[PATH_SIZE];
    spot_test_temp_path(path, sizeof(path), "calls.csv");
    spot_test_write_file(path, text, strlen(text));
    const spot_status st = spot_latency_trace_load(path, order, NULL, out, diag);
    (void)unlink(path);
    return st;
}

static spot_latency_trace *load_good(const char *text, spot_latency_draw_order order)
{
    spot_latency_trace *trace = NULL;
    spot_diag diag = {""};
    if (load(text, order, &trace, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return trace;
}

static spot_latency at(const spot_latency_trace *trace, const char *point_text)
{
    spot_latency latency;
    spot_diag diag = {""};
    spot_point point;
    spot_point_default(&point);
    assert_int_equal(spot_point_parse(point_text, &point, NULL), SPOT_OK);
    if (spot_latency_trace_point(trace, &point, 10, &latency, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return latency;
}

static void a_plain_column_is_for_every_point(void **state)
{
    (void)state;
    spot_latency_trace *t =
        load_good("# recorded\nlatency_ms\n200\n100.5\n# a pause\n\n 0 \n", SPOT_LATENCY_IN_ORDER);
    const spot_latency l = at(t, "steps=3 overlap=2 align=skip quant=w8a8");
    assert_close(l.mean_s, 0.3005 / 3.0, 1e-15, 0.0);
    assert_int_equal(l.origin, SPOT_ORIGIN_MEASURED);
    assert_non_null(strstr(l.source, "calls.csv: 3 recorded calls, in order from each episode's"));
    assert_null(strstr(l.source, "first action"));
    assert_close(spot_latency_at(&l, 4, 1).rest_s, 0.1005, 1e-15, 0.0);
    assert_true(spot_latency_at(&l, 4, 2).rest_s == 0.0);
    assert_close(spot_latency_at(&l, 8, 3).rest_s, 0.2, 1e-15, 0.0);
    assert_true(spot_latency_at(&l, 8, 3).first_s == spot_latency_at(&l, 8, 3).rest_s);
    assert_non_null(strstr(spot_latency_trace_name(t), "calls"));
    assert_null(strstr(spot_latency_trace_name(t), ".csv"));
    spot_latency_trace_destroy(t);
}

static void points_get_their_own_calls_in_the_order_of_the_file(void **state)
{
    (void)state;
    static const char TEXT[] = "first_s;point;latency_s\n"
                               "0.01;steps=5;0.2\n"
                               "0.02;;0.4\n"
                               "0.03;steps=5;0.3\n"
                               "0.04;quant=w8a8 steps=5;0.1\n"
                               "0.05;steps=5 quant=w8a8;0.15\n";
    spot_latency_trace *t = load_good(TEXT, SPOT_LATENCY_BY_SEED);
    const spot_latency five = at(t, "steps=5 overlap=3");
    assert_int_equal(spot_latency_sample_count(&five), 2);
    assert_true(spot_latency_sample(&five, 0).rest_s == 0.2);
    assert_true(spot_latency_sample(&five, 1).rest_s == 0.3);
    assert_true(spot_latency_sample(&five, 1).first_s == 0.03);
    assert_non_null(strstr(five.source, "2 recorded calls, one drawn for each inference"));
    assert_non_null(strstr(five.source, "; first action after 20.0 ms"));
    const spot_latency all = at(t, "steps=10"); /* the default */
    assert_int_equal(spot_latency_sample_count(&all), 1);
    assert_true(all.mean_s == 0.4 && all.spread_s == 0.0);
    assert_non_null(strstr(all.source, ": 1 recorded call, "));
    assert_true(at(t, "").mean_s == 0.4);
    const spot_latency bits = at(t, "steps=5 quant=w8a8");
    assert_int_equal(spot_latency_sample_count(&bits), 2);
    assert_true(spot_latency_shape_hash(bits.shape) != spot_latency_shape_hash(five.shape));
    spot_latency_trace_destroy(t);
}

static void a_point_without_rows_is_named(void **state)
{
    (void)state;
    spot_latency_trace *t =
        load_good("point,latency_ms\nsteps=5,20\nsteps=1 kv=p1,5\n", SPOT_LATENCY_IN_ORDER);
    spot_latency latency;
    spot_diag diag = {""};
    const spot_point point = {.steps = 1};
    assert_int_equal(spot_latency_trace_point(t, &point, 10, &latency, &diag), SPOT_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "has no rows for 'steps=1"));
    assert_non_null(strstr(diag.text, "it has 'steps=5"));
    assert_non_null(strstr(diag.text, "kv=p1'"));
    assert_int_equal(spot_latency_trace_point(NULL, &point, 1, &latency, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_latency_trace_point(t, NULL, 1, &latency, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_latency_trace_point(t, &point, 1, NULL, NULL), SPOT_E_INVALID);
    spot_latency_trace_destroy(t);
}

static void what_is_no_trace_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        spot_status status;
        const char *words;
    } cases[] = {
        {"", SPOT_E_FORMAT, "calls.csv:1: empty, expected a header and rows"},
        {"# nothing\n\n", SPOT_E_FORMAT, ":1: empty"},
        {"latency_ms\n", SPOT_E_FORMAT, ":1: no rows"},
        {"point\nsteps=1\n", SPOT_E_FORMAT, ":1: no column latency_ms or latency_s"},
        {"latency\n1\n", SPOT_E_FORMAT, ":1: column 'latency', expected latency_ms or latency_s"},
        {"1.5\n2.5\n", SPOT_E_FORMAT, ":1: column '1.5'"},
        {"latency_ms,latency_s\n1,1\n", SPOT_E_FORMAT, "'latency_s': there twice"},
        {"latency_ms,first_ms,first_ms\n1,1,1\n", SPOT_E_FORMAT, "'first_ms': there twice"},
        {"point,latency_ms,point\n,1,\n", SPOT_E_FORMAT, "'point': there twice"},
        {"latency_ms,first_ms\n1\n", SPOT_E_FORMAT, ":2: 1 cells, expected 2 as in the header"},
        {"latency_ms\n1,2\n", SPOT_E_FORMAT, ":2: 2 cells, expected 1"},
        {"latency_ms\n1\nfast\n", SPOT_E_FORMAT, ":3: latency 'fast', expected a number"},
        {"latency_ms,first_ms\n1,\n", SPOT_E_FORMAT, ":2: first ''"},
        {"latency_ms\n-1\n", SPOT_E_RANGE, ":2: latency '-1'"},
        {"latency_s\n86401\n", SPOT_E_RANGE, ":2: latency '86401'"},
        {"latency_ms\nnan\n", SPOT_E_FORMAT, ":2: latency 'nan'"},
        {"latency_ms\n1e999\n", SPOT_E_RANGE, ":2: latency '1e999'"},
        {"latency_ms,first_ms\n5,-1\n", SPOT_E_RANGE, ":2: first '-1'"},
        {"latency_ms,first_s\n5,0.006\n", SPOT_E_RANGE,
         ":2: the first action after 6 ms, expected at most the latency, 5 ms"},
        {"latency_ms,point\n5,speed=3\n", SPOT_E_FORMAT, ":2: point 'speed=3': "},
        {"latency_ms,point\n5,steps=1\n5,steps=101\n", SPOT_E_RANGE, ":3: point 'steps=101': "},
        {"latency_ms,point\n5,overlap=2\n", SPOT_E_RANGE, ": overlap is the schedule's"},
        {"latency_ms,point\n5,execute=2\n", SPOT_E_RANGE, ": execute is the schedule's"},
        {"latency_ms\n\"5\n", SPOT_E_FORMAT, ":2: a quote is not closed"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spot_latency_trace *trace = (spot_latency_trace *)(uintptr_t)1;
        spot_diag diag = {""};
        const spot_status st = load(cases[i].text, SPOT_LATENCY_IN_ORDER, &trace, &diag);
        if (st != cases[i].status || strstr(diag.text, cases[i].words) == NULL) {
            fail_msg("%d and '%s' instead of %d and '%s'", st, diag.text, cases[i].status,
                     cases[i].words);
        }
        assert_null(trace);
    }
    /* A day is the most, and the first action may be as late as the rest. */
    spot_latency_trace_destroy(
        load_good("latency_s,first_ms\n86400,0\n0.5,500\n", SPOT_LATENCY_IN_ORDER));
}

static void files_that_are_none_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    spot_latency_trace *trace = NULL;
    spot_diag diag = {""};
    spot_test_temp_path(path, sizeof(path), "no-such.csv");
    assert_int_equal(spot_latency_trace_load(path, SPOT_LATENCY_IN_ORDER, NULL, &trace, &diag),
                     SPOT_E_IO);
    assert_non_null(strstr(diag.text, "no-such.csv: cannot open"));
    assert_int_equal(spot_latency_trace_load("/", SPOT_LATENCY_IN_ORDER, NULL, &trace, &diag),
                     SPOT_E_IO);
    assert_int_equal(spot_latency_trace_load(path, (spot_latency_draw_order)2, NULL, &trace, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_latency_trace_load(NULL, SPOT_LATENCY_IN_ORDER, NULL, &trace, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_latency_trace_load(path, SPOT_LATENCY_IN_ORDER, NULL, NULL, NULL),
                     SPOT_E_INVALID);
    spot_latency_trace_destroy(NULL);
}

/* More rows than the first room holds, and more points than the table does. */
static void long_traces_are_read_and_endless_ones_are_not(void **state)
{
    (void)state;
    enum { N = 5000, MORE = SPOT_LATENCY_TRACE_POINTS_MAX + 2 };
    static char text[N * 40];
    size_t used = (size_t)snprintf(text, sizeof(text), "point,latency_ms,first_s\n");
    for (int i = 0; i < N; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "steps=%d,%d,%d.5e-4\n",
                                 1 + i % 3, i + 1, i);
    }
    spot_latency_trace *t = load_good(text, SPOT_LATENCY_IN_ORDER);
    for (int k = 0; k < 3; k++) {
        char point[16];
        (void)snprintf(point, sizeof(point), "steps=%d", 1 + k);
        const spot_latency l = at(t, point);
        const int n = (N - k + 2) / 3;
        assert_int_equal(spot_latency_sample_count(&l), n);
        for (int i = 0; i < n; i++) {
            assert_close(spot_latency_sample(&l, i).rest_s, 1e-3 * (3 * i + k + 1), 0.0, 1e-15);
            assert_close(spot_latency_sample(&l, i).first_s, 1e-4 * (3 * i + k + 0.5), 0.0, 1e-15);
        }
    }
    spot_latency_trace_destroy(t);

    char path[PATH_SIZE];
    spot_test_allocator mem;
    spot_allocator allocator = spot_test_failing_allocator(&mem, -1);
    spot_test_temp_path(path, sizeof(path), "many.csv");
    spot_test_write_file(path, text, used);
    assert_int_equal(spot_latency_trace_load(path, SPOT_LATENCY_IN_ORDER, &allocator, &t, NULL),
                     SPOT_OK);
    (void)unlink(path);
    spot_latency_trace_destroy(t);
    spot_test_assert_no_leak(&mem);

    spot_diag diag = {""};
    used = (size_t)snprintf(text, sizeof(text), "point,latency_ms\n");
    for (int i = 0; i < MORE; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "steps=%d kv=%s,1\n", 1 + i % 100,
                             i < 100   ? "p1"
                             : i < 200 ? "p2"
                                       : "p3");
    }
    assert_int_equal(load(text, SPOT_LATENCY_IN_ORDER, &t, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, ":258: more points than 256"));
}

static void load_survives_every_failed_allocation(void **state)
{
    (void)state;
    static const char TEXT[] = "point,latency_ms,first_ms\nsteps=1,5,2\nsteps=2,6,3\n";
    char path[PATH_SIZE];
    spot_test_temp_path(path, sizeof(path), "few.csv");
    spot_test_write_file(path, TEXT, sizeof(TEXT) - 1);
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_latency_trace *trace = NULL;
        assert_true(k < 100);
        st = spot_latency_trace_load(path, SPOT_LATENCY_IN_ORDER, &allocator, &trace, NULL);
        assert_true(st == SPOT_OK ? k > 5 : st == SPOT_E_NOMEM && trace == NULL);
        spot_latency_trace_destroy(trace);
        spot_test_assert_no_leak(&mem);
    }
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_column_is_for_every_point),
        cmocka_unit_test(points_get_their_own_calls_in_the_order_of_the_file),
        cmocka_unit_test(a_point_without_rows_is_named),
        cmocka_unit_test(what_is_no_trace_is_refused_with_its_line),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(long_traces_are_read_and_endless_ones_are_not),
        cmocka_unit_test(load_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
