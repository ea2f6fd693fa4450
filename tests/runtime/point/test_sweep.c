/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The table of knobs, and points from lists of values. */
#include <stdio.h>
#include <string.h>

#include "spot/point.h"
#include "support/spot_test.h"

enum { MANY = 64 };

/* A value beside the baseline for each knob; a new knob without one fails here. */
static const char *const OTHERS[][2] = {{"steps", "5"},   {"overlap", "2"},  {"align", "skip"},
                                        {"execute", "4"}, {"quant", "w8a8"}, {"prune", "mlp:0.5"},
                                        {"kv", "p1"}};
enum { N_OTHER = sizeof(OTHERS) / sizeof(OTHERS[0]) };

static void every_knob_is_read_written_and_compared(void **state)
{
    spot_point base;
    (void)state;
    assert_int_equal(spot_knob_count(), N_OTHER);
    spot_point_default(&base);
    for (int i = 0; i < N_OTHER; i++) {
        const int knob = spot_knob_find(OTHERS[i][0]);
        char text[SPOT_POINT_TEXT_SIZE];
        char value[SPOT_KNOB_VALUE_SIZE];
        spot_point point = base;
        spot_point back = base;
        assert_true(knob >= 0 && strcmp(spot_knob_at(knob)->name, OTHERS[i][0]) == 0);
        assert_true(spot_knob_is_baseline(knob, &point));
        spot_knob_value(knob, &point, value);
        assert_string_equal(value, spot_knob_at(knob)->baseline);

        (void)snprintf(text, sizeof(text), "overlap=1 %s=%s", OTHERS[i][0], OTHERS[i][1]);
        const char *pair = knob == spot_knob_find("overlap") ? text + strlen("overlap=1 ") : text;
        assert_int_equal(spot_point_parse(pair, &point, NULL), SPOT_OK);
        assert_false(spot_knob_is_baseline(knob, &point));
        assert_false(spot_point_equal(&base, &point));
        spot_knob_value(knob, &point, value);
        assert_string_equal(value, OTHERS[i][1]);
        assert_true(spot_knob_compare(knob, &point, &base) > 0);
        /* a setting of an inference is all that a session obeys but its steps */
        const bool setting = spot_knob_at(knob)->in_inference && !spot_knob_at(knob)->is_number;
        assert_int_equal(spot_point_same_setting(&base, &point), !setting);

        spot_point_format(&point, text, sizeof(text));
        assert_int_equal(spot_point_parse(text, &back, NULL), SPOT_OK);
        assert_true(spot_point_equal(&point, &back));
        /* the baseline's word leads back to it */
        (void)snprintf(text, sizeof(text), "%s=%s", OTHERS[i][0], spot_knob_at(knob)->baseline);
        assert_int_equal(spot_point_parse(text, &point, NULL), SPOT_OK);
        assert_true(spot_knob_is_baseline(knob, &point));
    }
    assert_int_equal(spot_knob_find("colour"), -1);
    assert_null(spot_knob_at(-1));
    assert_null(spot_knob_at(spot_knob_count()));
}

static void set(const char **lists, const char *name, const char *values)
{
    lists[spot_knob_find(name)] = values;
}

static void assert_points(const spot_point *points, int n, const char *const *want, int n_want)
{
    char text[SPOT_POINT_TEXT_SIZE];
    assert_int_equal(n, n_want);
    for (int i = 0; i < n; i++) {
        spot_point_format(&points[i], text, sizeof(text));
        assert_string_equal(text, want[i]);
    }
}

/* Settings vary slowest and in the order given; without overlap there is one way of joining. */
static void a_sweep_is_every_combination_once(void **state)
{
    static const char *const want[] = {
        "steps=5 overlap=0",
        "steps=5 overlap=2 align=none",
        "steps=5 overlap=2 align=skip",
        "steps=1 overlap=0",
        "steps=1 overlap=2 align=none",
        "steps=1 overlap=2 align=skip",
        "steps=5 overlap=0 quant=w8a8",
        "steps=5 overlap=2 align=none quant=w8a8",
        "steps=5 overlap=2 align=skip quant=w8a8",
        "steps=1 overlap=0 quant=w8a8",
        "steps=1 overlap=2 align=none quant=w8a8",
        "steps=1 overlap=2 align=skip quant=w8a8",
    };
    static const char *const sorted[] = {
        "steps=1 overlap=0",
        "steps=1 overlap=0 quant=w8a8",
        "steps=1 overlap=2 align=none",
        "steps=1 overlap=2 align=none quant=w8a8",
        "steps=1 overlap=2 align=skip",
        "steps=1 overlap=2 align=skip quant=w8a8",
        "steps=5 overlap=0",
        "steps=5 overlap=0 quant=w8a8",
        "steps=5 overlap=2 align=none",
        "steps=5 overlap=2 align=none quant=w8a8",
        "steps=5 overlap=2 align=skip",
        "steps=5 overlap=2 align=skip quant=w8a8",
    };
    const char *lists[SPOT_KNOBS_MAX] = {NULL};
    spot_point points[MANY];
    int n = 0;
    (void)state;
    set(lists, "steps", "5,1");
    set(lists, "overlap", "0,2");
    set(lists, "align", "none,skip");
    set(lists, "quant", "fp32,w8a8");
    assert_int_equal(spot_point_sweep(lists, points, MANY, &n, NULL), SPOT_OK);
    assert_points(points, n, want, 12);
    spot_point_sort(points, n);
    assert_points(points, n, sorted, 12);
    assert_int_equal(spot_point_sweep(lists, points, 12, &n, NULL), SPOT_OK);
    assert_int_equal(spot_point_sweep(lists, points, 11, &n, NULL), SPOT_E_RANGE);
}

static void a_bad_list_says_which_and_why(void **state)
{
    static const char *const cases[][3] = {
        {"steps", "5,5", "steps: '5' is given twice, expected once"},
        {"steps", "", "steps: nothing given, expected a list"},
        {"steps", "1,", "steps: value missing, expected a whole number"},
        {"steps", "0", "steps: 0 is too small, expected 1..100"},
        {"quant", "fp32,,w8a8", "quant: '', expected fp32"},
        {"align", "none,up", "align: 'up', expected none or skip"},
        {"overlap", "1,x", "overlap: 'x', expected a whole number"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *lists[SPOT_KNOBS_MAX] = {NULL};
        spot_point points[MANY];
        spot_diag diag = {""};
        int n = 0;
        set(lists, cases[i][0], cases[i][1]);
        assert_true(spot_point_sweep(lists, points, MANY, &n, &diag) != SPOT_OK);
        if (strncmp(diag.text, cases[i][2], strlen(cases[i][2])) != 0) {
            fail_msg("'%s' for %s=%s", diag.text, cases[i][0], cases[i][1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_knob_is_read_written_and_compared),
        cmocka_unit_test(a_sweep_is_every_combination_once),
        cmocka_unit_test(a_bad_list_says_which_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
