/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Platform profiles: reading, refusing, interpolating, drawing, writing. */
#include "spot/platform.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/spot_test.h"

/* Figures are printed in ms with at most 6 decimals and stored in s: 1e-9 s and one rounding. */
static const double ROUNDING_S = 1e-12;

static const char GOOD[] = "name: board\n"
                           "description: a board\n"
                           "classes:\n"
                           "  - name: tabled\n"
                           "    origin: published\n"
                           "    source: three rows\n"
                           "    table:\n"
                           "      - {steps: 1, latency_ms: 162}\n"
                           "      - {steps: 7, latency_ms: 186, spread_ms: 9.3, p95_ms: 200}\n"
                           "      - {steps: 10, latency_ms: 199}\n"
                           "  - name: law\n"
                           "    origin: modelled\n"
                           "    source: a law\n"
                           "    affine: {base_ms: 290, per_step_ms: 30, spread_ms: 5}\n"
                           "  - name: single\n"
                           "    origin: measured\n"
                           "    source: one row\n"
                           "    table:\n"
                           "      - {steps: 5, latency_ms: 12.5}\n";

static spot_status load_text(const char *text, size_t size, spot_platform **out, spot_diag *diag)
{
    char path[512];
    spot_test_temp_path(path, sizeof(path), "board.yaml");
    spot_test_write_file(path, text, size);
    spot_status st = spot_platform_load(path, NULL, out, diag);
    (void)remove(path);
    return st;
}

static spot_platform *load_good(void)
{
    spot_platform *p = NULL;
    spot_diag diag = {.text = ""};
    spot_status st = load_text(GOOD, sizeof(GOOD) - 1, &p, &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(st, SPOT_OK);
    return p;
}

static void a_profile_says_what_it_was_given(void **state)
{
    (void)state;
    spot_platform *p = load_good();
    assert_string_equal(spot_platform_name(p), "board");
    assert_string_equal(spot_platform_description(p), "a board");
    assert_int_equal(spot_platform_class_count(p), 3);
    assert_string_equal(spot_platform_class_name(p, 0), "tabled");
    assert_string_equal(spot_platform_class_name(p, 2), "single");
    assert_null(spot_platform_class_name(p, -1));
    assert_null(spot_platform_class_name(p, 3));
    spot_platform_destroy(p);
    spot_platform_destroy(NULL);
}

static void rows_are_exact_and_keep_their_origin(void **state)
{
    (void)state;
    spot_platform *p = load_good();
    spot_latency latency;
    assert_int_equal(spot_platform_latency(p, "tabled", 7, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.186, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.0093, ROUNDING_S, 0.0);
    assert_int_equal(latency.origin, SPOT_ORIGIN_PUBLISHED);
    assert_string_equal(latency.source, "three rows");
    assert_int_equal(spot_platform_latency(p, "law", 4, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.41, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.005, ROUNDING_S, 0.0);
    assert_int_equal(latency.origin, SPOT_ORIGIN_MODELLED);
    assert_string_equal(latency.source, "a law");
    spot_platform_destroy(p);
}

static void other_steps_follow_the_least_squares_law(void **state)
{
    (void)state;
    spot_platform *p = load_good();
    spot_latency latency;
    /* By hand: mean steps 6, mean 547/3, slope 172/42; at 5 steps 3743/21 ms. */
    assert_int_equal(spot_platform_latency(p, "tabled", 5, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 3.743 / 21.0, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.05 * 3.743 / 21.0, ROUNDING_S, 0.0);
    assert_int_equal(latency.origin, SPOT_ORIGIN_MODELLED);
    assert_string_equal(latency.source, "affine law through 3 rows: three rows");
    /* The published law of the RTX 4070 table, 0.1578 + 0.0041 steps, is printed to 4 decimals. */
    for (int steps = 2; steps <= 20; steps += 3) {
        assert_int_equal(spot_platform_latency(p, "tabled", steps, &latency, NULL), SPOT_OK);
        assert_close(latency.mean_s, 0.1578 + 0.0041 * steps, 0.5e-4 * (1 + steps), 0.0);
    }
    spot_platform_destroy(p);
}

/* A call of 12 s among thirty of 180 ms makes a mean above the 95th percentile; calls that are slow now and then do not. */
static void an_outlier_in_a_mean_leaves_the_median(void **state)
{
    static const char text[] =
        "name: board\n"
        "description: a board\n"
        "classes:\n"
        "  - name: net\n"
        "    origin: measured\n"
        "    source: three rows\n"
        "    table:\n"
        "      - {steps: 1, latency_ms: 574, spread_ms: 2158, p95_ms: 187, median_ms: 182}\n"
        "      - {steps: 2, latency_ms: 210, spread_ms: 60, p95_ms: 400, median_ms: 190}\n"
        "      - {steps: 3, latency_ms: 574, spread_ms: 2158, p95_ms: 187}\n";
    spot_platform *p = NULL;
    spot_latency latency;
    (void)state;
    assert_int_equal(load_text(text, sizeof(text) - 1, &p, NULL), SPOT_OK);
    assert_int_equal(spot_platform_latency(p, "net", 1, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.182, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.005 / 1.6448536269514722, ROUNDING_S, 0.0);
    assert_string_equal(
        latency.source,
        "three rows; steps 1: the median, 182 ms, for the mean, 574 ms, is above the 95th "
        "percentile (an outlier)");
    assert_int_equal(spot_platform_latency(p, "net", 2, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.21, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.06, ROUNDING_S, 0.0);
    assert_int_equal(spot_platform_latency(p, "net", 3, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.574, ROUNDING_S, 0.0); /* nothing says what is usual */
    spot_platform_destroy(p);
}

/* 90 and 50 ms at 1 and 5 steps, as a busy machine may measure: 100 - 10 steps. */
static void a_law_below_zero_is_refused(void **state)
{
    static const char text[] = "name: board\n"
                               "description: a board\n"
                               "classes:\n"
                               "  - name: busy\n"
                               "    origin: measured\n"
                               "    source: two rows\n"
                               "    table:\n"
                               "      - {steps: 1, latency_ms: 90}\n"
                               "      - {steps: 5, latency_ms: 50}\n";
    spot_platform *p = NULL;
    spot_latency latency;
    spot_diag diag = {.text = ""};
    (void)state;
    assert_int_equal(load_text(text, sizeof(text) - 1, &p, &diag), SPOT_OK);
    assert_int_equal(spot_platform_latency(p, "busy", 9, &latency, &diag), SPOT_OK);
    assert_close(latency.mean_s, 0.01, ROUNDING_S, 0.0);
    assert_int_equal(spot_platform_latency(p, "busy", 12, &latency, &diag), SPOT_E_RANGE);
    assert_string_equal(diag.text,
                        "platform board, class busy: the law through its 2 rows gives -20 ms at "
                        "steps 12, expected a row for these steps, or rows measured while the "
                        "machine does nothing else");
    spot_platform_destroy(p);
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    spot_platform *p = load_good();
    spot_latency latency;
    spot_diag diag = {.text = ""};
    assert_int_equal(spot_platform_latency(p, "pi0", 5, &latency, &diag), SPOT_E_NOT_FOUND);
    assert_string_equal(diag.text,
                        "platform board has no class pi0, expected one of: tabled, law, single");
    assert_int_equal(spot_platform_latency(p, "law", 0, &latency, &diag), SPOT_E_RANGE);
    assert_int_equal(spot_platform_latency(p, "single", 5, &latency, &diag), SPOT_OK);
    assert_int_equal(spot_platform_latency(p, "single", 6, &latency, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "steps 5 alone"));
    assert_int_equal(spot_platform_latency(NULL, "law", 1, &latency, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_platform_latency(p, NULL, 1, &latency, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_platform_latency(p, "law", 1, NULL, &diag), SPOT_E_INVALID);
    spot_platform_destroy(p);
}

#define HEAD  "name: b\ndescription: d\nclasses:\n"
#define CLASS "  - name: c\n    origin: measured\n    source: s\n"
#define LAW   "    affine: {base_ms: 1, per_step_ms: 1}\n"

static void bad_files_are_refused_with_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected; /* in the message, after the file name */
    } corpus[] = {
        {"", ":1: the file is empty"},
        {"- 1\n", ":"},
        {"name: b\nclasses: []\n", ":"},
        {HEAD "  []\n", ":"},
        {"name: b\ndescription: d\npower_w: 30\nclasses:\n" CLASS LAW,
         ":3: unknown key 'power_w', expected one of: name"},
        {HEAD CLASS "    affine: {base_ms: 1, per_step_ms: 1, cubic_ms: 2}\n",
         ":7: unknown key 'cubic_ms', expected one of: base_ms"},
        {HEAD CLASS "    affine: {base_ms: 1}\n", ":7:"},
        {HEAD CLASS "    affine: {base_ms: soon, per_step_ms: 1}\n",
         ":7: base_ms: 'soon', expected a number"},
        {HEAD CLASS "    affine: {base_ms: 3 ms, per_step_ms: 1}\n",
         ":7: base_ms: '3 ms', expected a number"},
        {HEAD CLASS "    affine: {base_ms: nan, per_step_ms: 1}\n",
         ":7: base_ms: 'nan', expected a number"},
        {HEAD CLASS "    affine: {base_ms: inf, per_step_ms: 1}\n",
         ":7: base_ms: 'inf', expected a number"},
        {HEAD CLASS "    affine: {base_ms: -1, per_step_ms: 1}\n", ":7: base_ms is"},
        {HEAD CLASS "    affine: {base_ms: 1, per_step_ms: -1}\n", ":7: per_step_ms is"},
        {HEAD CLASS, ":4: class c has no latencies"},
        {HEAD CLASS LAW "    table:\n      - {steps: 1, latency_ms: 1}\n", ":4: class c has both"},
        {HEAD CLASS LAW CLASS LAW, ":8: class c stands twice"},
        {HEAD CLASS "    table: []\n", ":7:"},
        {HEAD CLASS "    table:\n      - {steps: 0, latency_ms: 1}\n", ":8: steps is 0, expected"},
        {HEAD CLASS "    table:\n      - {steps: 1001, latency_ms: 1}\n",
         ":8: steps is 1001, expected"},
        {HEAD CLASS "    table:\n      - {steps: 2, latency_ms: 1}\n"
                    "      - {steps: 2, latency_ms: 1}\n",
         ":9: steps is 2, expected 3..1000"},
        {HEAD CLASS "    table:\n      - {steps: 1.5, latency_ms: 1}\n",
         ":8: steps: '1.5', expected a whole number"},
        {HEAD CLASS "    table:\n      - {steps: 99999999999, latency_ms: 1}\n", ":8:"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: -3}\n", ":8: latency_ms"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: 1e300}\n", ":8: latency_ms"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: 1, spread_ms: nan}\n",
         ":8: spread_ms: 'nan', expected a number"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: 1, median_ms: -1}\n",
         ":8: median_ms is -1"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: 1, alpha: -0.5}\n",
         ":8: alpha is -0.5, expected 0..1000000"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: 1, alpha: 2e6}\n",
         ":8: alpha is 2e+06"},
        {HEAD CLASS "    table:\n      - {steps: 1, latency_ms: 1, beta: 1}\n",
         ":8: unknown key 'beta', expected one of: steps"},
        {HEAD "  - name: c\n    origin: guessed\n    source: s\n" LAW, ":5:"},
        {HEAD "  - name: c\n    origin: 1\n    source: s\n" LAW, ":5:"},
        {HEAD "  - name: \"\"\n    origin: measured\n    source: s\n" LAW, ":4:"},
        {HEAD "  - name: c\n    origin: measured\n" LAW,
         ":4: classes: key 'source' is missing, expected"},
        {"name: &a b\ndescription: *a\nclasses:\n" CLASS LAW, ":"},
        {"name: [\n", ":"},
        {"name: \"\x01\"\n", ":"},
    };
    for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        spot_platform *p = (spot_platform *)&state;
        spot_diag diag = {.text = ""};
        spot_status st = load_text(corpus[i].text, strlen(corpus[i].text), &p, &diag);
        const char *said = strstr(diag.text, "board.yaml");
        if (st != SPOT_E_FORMAT || said == NULL || strstr(said, corpus[i].expected) == NULL) {
            fail_msg("case %zu: status %d, said '%s', expected '%s'", i, (int)st, diag.text,
                     corpus[i].expected);
        }
        assert_null(p);
        assert_null(strchr(diag.text, '\n'));
    }
}

static void long_texts_and_many_classes_are_refused(void **state)
{
    (void)state;
    static char text[1 << 20];
    spot_platform *p = NULL;
    size_t used = (size_t)snprintf(text, sizeof(text), HEAD);
    for (int i = 0; i < 65; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "  - {name: c%d, origin: measured, source: s, "
                                 "affine: {base_ms: 1, per_step_ms: 1}}\n",
                                 i);
    }
    assert_int_equal(load_text(text, used, &p, NULL), SPOT_E_FORMAT);
    used = (size_t)snprintf(text, sizeof(text), "name: %064d\ndescription: d\nclasses:\n" CLASS LAW,
                            0);
    assert_int_equal(load_text(text, used, &p, NULL), SPOT_E_FORMAT);
    used = (size_t)snprintf(text, sizeof(text), "name: %063d\ndescription: d\nclasses:\n" CLASS LAW,
                            0);
    assert_int_equal(load_text(text, used, &p, NULL), SPOT_OK);
    spot_platform_destroy(p);
    assert_int_equal(spot_platform_load("/no/such/file.yaml", NULL, &p, NULL), SPOT_E_IO);
    assert_int_equal(spot_platform_load(NULL, NULL, &p, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_platform_load("x", NULL, NULL, NULL), SPOT_E_INVALID);
}

static void every_prefix_of_a_profile_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof(GOOD); size++) {
        spot_platform *p = NULL;
        spot_diag diag = {.text = ""};
        spot_status st = load_text(GOOD, size, &p, &diag);
        assert_true(st == SPOT_OK ? p != NULL : st == SPOT_E_FORMAT && diag.text[0] != '\0');
        spot_platform_destroy(p);
    }
}

static void load_survives_every_failed_allocation(void **state)
{
    (void)state;
    char path[512];
    spot_test_temp_path(path, sizeof(path), "board.yaml");
    spot_test_write_file(path, GOOD, sizeof(GOOD) - 1);
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_platform *p = (spot_platform *)&mem;
        assert_true(k < 100);
        st = spot_platform_load(path, &allocator, &p, NULL);
        assert_true(st == SPOT_OK ? k > 1 : st == SPOT_E_NOMEM && p == NULL);
        spot_platform_destroy(p);
        spot_test_assert_no_leak(&mem);
    }
    (void)remove(path);
}

static void draws_have_the_given_mean_and_spread(void **state)
{
    (void)state;
    enum { N_DRAWS = 200000 };
    const spot_latency latency = {.mean_s = 0.2, .spread_s = 0.06};
    double sum = 0.0;
    double sum_squares = 0.0;
    for (uint64_t i = 0; i < N_DRAWS; i++) {
        spot_rng rng = spot_rng_at(7, SPOT_STREAM_LATENCY, i);
        double x = spot_latency_draw(&latency, &rng);
        assert_true(x > 0.0);
        sum += x;
        sum_squares += (x - 0.2) * (x - 0.2);
    }
    /* Six standard errors: spread / sqrt(n), and for the spread, with the kurtosis 4.6 of this
     * log-normal, spread * sqrt((4.6 - 1) / (4 n)). The seed is fixed. */
    assert_close(sum / N_DRAWS, 0.2, 6 * 0.06 / sqrt(N_DRAWS), 0.0);
    assert_close(sqrt(sum_squares / N_DRAWS), 0.06, 6 * 0.06 * sqrt(3.6 / (4.0 * N_DRAWS)), 0.0);
}

static void without_spread_a_draw_is_the_mean(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(7, SPOT_STREAM_LATENCY, 0);
    const spot_latency fixed = {.mean_s = 0.2};
    const spot_latency nothing = {.mean_s = 0.0, .spread_s = 0.1};
    assert_true(spot_latency_draw(&fixed, &rng) == 0.2);
    assert_true(spot_latency_draw(&nothing, &rng) == 0.0);
}

static void a_written_profile_is_read_back(void **state)
{
    (void)state;
    static const spot_platform_row rows[] = {
        {.steps = 1,
         .mean_s = 1.234567e-3,
         .p95_s = 1.5e-3,
         .spread_s = 2.5e-5,
         .median_s = 1.2e-3,
         .alpha = 0.25},
        {.steps = 5, .mean_s = 4.7e-3, .p95_s = 5e-3, .spread_s = 0.0},
        {.variant = "w4-t3", .steps = 1, .mean_s = 0.7e-3, .p95_s = 1e-3, .spread_s = 0.0},
        {.variant = "w8a8+prune=mlp:0.5+kv=p2", .steps = 3, .mean_s = 0.6e-3, .alpha = 1e-6},
    };
    static const char *const points[] = {"steps=1", "steps=5", "steps=1 quant=w4-t3",
                                         "steps=3 quant=w8a8 prune=mlp:0.5 kv=p2"};
    const spot_platform_self self = {.name = "my-host",
                                     .description = "8 cores, \"fast\" \\ C: #1, \xc3\xa9",
                                     .source = "sweetspot bench: 200 calls",
                                     .rows = rows,
                                     .n_rows = 4};
    char path[512];
    char text[2048];
    spot_test_temp_path(path, sizeof(path), "self.yaml");
    spot_diag diag = {.text = ""};
    assert_int_equal(spot_platform_write_self(path, &self, &diag), SPOT_OK);
    (void)spot_test_read_file(path, text, sizeof(text));
    assert_non_null(strstr(text, "{steps: 1, latency_ms: 1.234567, spread_ms: 0.025000, p95_ms: "
                                 "1.500000, median_ms: 1.200000, alpha: 0.250000}\n"));
    assert_non_null(strstr(text, "p95_ms: 5.000000}\n"));
    assert_non_null(strstr(text, "- name: \"self@w8a8+prune=mlp:0.5+kv=p2\"\n"));
    spot_platform *p = NULL;
    assert_int_equal(spot_platform_load(path, NULL, &p, &diag), SPOT_OK);
    assert_string_equal(spot_platform_name(p), self.name);
    assert_string_equal(spot_platform_description(p), self.description);
    for (int i = 0; i < 4; i++) {
        spot_latency latency;
        spot_point point;
        spot_point_default(&point);
        assert_int_equal(spot_point_parse(points[i], &point, NULL), SPOT_OK);
        assert_int_equal(spot_platform_point_latency(p, "self", &point, &latency, &diag), SPOT_OK);
        assert_close(latency.mean_s, rows[i].mean_s, ROUNDING_S, 0.0);
        assert_close(latency.spread_s, rows[i].spread_s, ROUNDING_S, 0.0);
        assert_int_equal(latency.origin, SPOT_ORIGIN_MEASURED);
        assert_string_equal(latency.source, self.source);
    }
    spot_platform_destroy(p);
    (void)remove(path);
}

/* A board that knows class `big`, and a machine where the policy was measured as it is and cheaper. */
static void a_variant_that_was_measured_elsewhere_is_modelled(void **state)
{
    static const char board[] = "name: board\ndescription: d\nclasses:\n"
                                "  - {name: big, origin: published, source: s,"
                                " affine: {base_ms: 100, per_step_ms: 10, spread_ms: 4}}\n"
                                "  - {name: big@w8a8, origin: published, source: own,"
                                " affine: {base_ms: 7, per_step_ms: 0}}\n";
    static const char short_name[] = "name: board\ndescription: d\nclasses:\n"
                                     "  - {name: a, origin: published, source: s,"
                                     " affine: {base_ms: 100, per_step_ms: 10}}\n";
    static const char here[] = "name: here\ndescription: d\nclasses:\n"
                               "  - {name: self, origin: measured, source: s,"
                               " affine: {base_ms: 0, per_step_ms: 2}}\n"
                               "  - {name: self@kv=p1, origin: measured, source: s,"
                               " affine: {base_ms: 1, per_step_ms: 1}}\n"
                               "  - {name: self@w8a8, origin: measured, source: s,"
                               " affine: {base_ms: 5, per_step_ms: 0}}\n"
                               "  - {name: self@w8a8+kv=p1, origin: measured, source: s,"
                               " affine: {base_ms: 4, per_step_ms: 0}}\n";
    spot_platform *p = NULL;
    spot_platform *measured = NULL;
    spot_latency latency;
    spot_diag diag = {""};
    spot_point point = {.steps = 5, .kv = "p1"};

    (void)state;
    assert_int_equal(load_text(board, sizeof(board) - 1, &p, NULL), SPOT_OK);
    assert_int_equal(load_text(here, sizeof(here) - 1, &measured, NULL), SPOT_OK);
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, &diag),
                     SPOT_E_NOT_FOUND);
    assert_int_equal(spot_platform_borrow_alphas(p, p, &diag), SPOT_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "has no class self"));
    assert_int_equal(spot_platform_borrow_alphas(p, measured, NULL), SPOT_OK);

    /* 150 ms * (1 + 5) / (2 * 5) */
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.090, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.0024, ROUNDING_S, 0.0);
    assert_int_equal(latency.origin, SPOT_ORIGIN_MODELLED);
    assert_string_equal(latency.source, "big here * 0.6000, what self@kv=p1 takes of self on here");

    /* the platform's own 7 ms at w8a8, times 4 / 5 */
    point = (spot_point){.steps = 5, .quant = "w8a8", .kv = "p1"};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.0056, ROUNDING_S, 0.0);
    assert_string_equal(latency.source,
                        "big@w8a8 here * 0.8000, what self@w8a8+kv=p1 takes of self@w8a8 on here");

    /* its own figure goes first; the baseline needs no alpha; what nobody measured is refused */
    point = (spot_point){.steps = 5, .quant = "w8a8"};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, NULL), SPOT_OK);
    assert_string_equal(latency.source, "own");
    point = (spot_point){.steps = 5};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, NULL), SPOT_OK);
    assert_int_equal(latency.origin, SPOT_ORIGIN_PUBLISHED);
    point = (spot_point){.steps = 5, .kv = "p2"};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, &diag),
                     SPOT_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "platform here has no class self@kv=p2"));
    spot_platform_destroy(p);

    /* numeric bits take their share of what the rest of the point takes in fp32 */
    assert_int_equal(load_text(board, sizeof(board) - 1, &p, NULL), SPOT_OK);
    assert_int_equal(spot_platform_borrow_alphas(p, measured, NULL), SPOT_OK);
    point = (spot_point){.steps = 5, .quant = "num:4:pow2", .kv = "p1"};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, NULL), SPOT_OK);
    assert_close(latency.mean_s, 0.090 * 4.0 / 32.0, ROUNDING_S, 0.0);
    assert_close(latency.spread_s, 0.0024 * 4.0 / 32.0, ROUNDING_S, 0.0);
    assert_int_equal(latency.origin, SPOT_ORIGIN_MODELLED);
    assert_string_equal(latency.source, "numeric, 4/32 of fp32: big here * 0.6000, what self@kv=p1 "
                                        "takes of self on here");
    point = (spot_point){.steps = 5, .quant = "num:4"};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, NULL), SPOT_OK);
    assert_int_equal(latency.origin, SPOT_ORIGIN_MODELLED); /* published, before it was divided */
    point = (spot_point){.steps = 5, .quant = "num:40"};
    assert_int_equal(spot_platform_point_latency(p, "big", &point, &latency, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "num:40"));
    spot_platform_destroy(p);

    /* a variant that fits behind a shorter name than self, but not behind self */
    assert_int_equal(load_text(short_name, sizeof(short_name) - 1, &p, NULL), SPOT_OK);
    assert_int_equal(spot_platform_borrow_alphas(p, measured, NULL), SPOT_OK);
    point = (spot_point){
        .steps = 5, .quant = "a-plan-with-a-long-name-in-some-folder.yaml", .prune = "mlp:0.255"};
    diag.text[0] = '\0';
    assert_int_equal(spot_platform_point_latency(p, "a", &point, &latency, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "class self@a-plan"));
    assert_non_null(strstr(diag.text, "expected at most 63 characters"));
    spot_platform_destroy(p);
    spot_platform_destroy(measured);
}

static void figures_that_load_would_refuse_are_not_written(void **state)
{
    (void)state;
    spot_platform_row rows[2] = {{.steps = 1, .mean_s = 1e-3}, {.steps = 2, .mean_s = 2e-3}};
    const spot_platform_self good = {
        .name = "n", .description = "d", .source = "s", .rows = rows, .n_rows = 2};
    spot_platform_self bad = good;
    char path[512];
    spot_test_temp_path(path, sizeof(path), "self.yaml");
    bad.n_rows = 0;
    assert_int_equal(spot_platform_write_self(path, &bad, NULL), SPOT_E_RANGE);
    bad = good;
    bad.name = "";
    assert_int_equal(spot_platform_write_self(path, &bad, NULL), SPOT_E_RANGE);
    bad = good;
    bad.source = "two\nlines";
    assert_int_equal(spot_platform_write_self(path, &bad, NULL), SPOT_E_RANGE);
    bad.source = "C1 \xc2\x9b"; /* YAML does not take it */
    assert_int_equal(spot_platform_write_self(path, &bad, NULL), SPOT_E_RANGE);
    bad.source = "no UTF-8 \xff";
    assert_int_equal(spot_platform_write_self(path, &bad, NULL), SPOT_E_RANGE);
    rows[1].steps = 1;
    assert_int_equal(spot_platform_write_self(path, &good, NULL), SPOT_E_RANGE);
    rows[1].steps = 2;
    rows[1].mean_s = (double)NAN;
    assert_int_equal(spot_platform_write_self(path, &good, NULL), SPOT_E_RANGE);
    rows[1].mean_s = 2e-3;
    rows[1].alpha = (double)NAN;
    assert_int_equal(spot_platform_write_self(path, &good, NULL), SPOT_E_RANGE);
    rows[1].alpha = 0.0;
    rows[1].median_s = -1.0;
    assert_int_equal(spot_platform_write_self(path, &good, NULL), SPOT_E_RANGE);
    rows[1].median_s = 0.0;
    rows[1].variant = "w8a8\n";
    assert_int_equal(spot_platform_write_self(path, &good, NULL), SPOT_E_RANGE);
    rows[1].variant = "a variant whose name is far too long for the name of a latency class";
    assert_int_equal(spot_platform_write_self(path, &good, NULL), SPOT_E_RANGE);
    rows[1].variant = NULL;
    assert_int_equal(spot_platform_write_self(NULL, &good, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_platform_write_self("/no/such/dir/self.yaml", &good, NULL), SPOT_E_IO);
    FILE *file = fopen(path, "rb");
    assert_null(file);
}

/* What load would refuse as a class that stands twice, or as too many classes. */
static void variants_stand_together_and_are_not_too_many(void **state)
{
    enum { TOO_MANY = 65 };
    spot_platform_row rows[TOO_MANY];
    char variants[TOO_MANY][8];
    spot_platform_self self = {
        .name = "n", .description = "d", .source = "s", .rows = rows, .n_rows = 3};
    spot_platform *p = NULL;
    spot_diag diag = {""};
    char path[512];

    (void)state;
    spot_test_temp_path(path, sizeof(path), "self.yaml");
    rows[0] = (spot_platform_row){.steps = 1};
    rows[1] = (spot_platform_row){.variant = "w8a8", .steps = 1};
    rows[2] = (spot_platform_row){.variant = "", .steps = 2};
    assert_int_equal(spot_platform_write_self(path, &self, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "row 2"));
    for (int i = 0; i < TOO_MANY; i++) {
        (void)snprintf(variants[i], sizeof(variants[i]), "v%d", i);
        rows[i] = (spot_platform_row){.variant = variants[i], .steps = 1, .mean_s = 1e-3};
    }
    self.n_rows = TOO_MANY;
    assert_int_equal(spot_platform_write_self(path, &self, &diag), SPOT_E_RANGE);
    self.n_rows = TOO_MANY - 1;
    assert_int_equal(spot_platform_write_self(path, &self, &diag), SPOT_OK);
    assert_int_equal(spot_platform_load(path, NULL, &p, &diag), SPOT_OK);
    assert_int_equal(spot_platform_class_count(p), TOO_MANY - 1);
    spot_platform_destroy(p);
    (void)remove(path);
}

static void origins_have_names(void **state)
{
    (void)state;
    assert_string_equal(spot_origin_str(SPOT_ORIGIN_MEASURED), "measured");
    assert_string_equal(spot_origin_str(SPOT_ORIGIN_MODELLED), "modelled");
    assert_string_equal(spot_origin_str(SPOT_ORIGIN_PUBLISHED), "published");
    assert_string_equal(spot_origin_str((spot_origin)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_says_what_it_was_given),
        cmocka_unit_test(rows_are_exact_and_keep_their_origin),
        cmocka_unit_test(other_steps_follow_the_least_squares_law),
        cmocka_unit_test(an_outlier_in_a_mean_leaves_the_median),
        cmocka_unit_test(a_law_below_zero_is_refused),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(bad_files_are_refused_with_file_and_line),
        cmocka_unit_test(long_texts_and_many_classes_are_refused),
        cmocka_unit_test(every_prefix_of_a_profile_is_read_or_refused),
        cmocka_unit_test(load_survives_every_failed_allocation),
        cmocka_unit_test(draws_have_the_given_mean_and_spread),
        cmocka_unit_test(without_spread_a_draw_is_the_mean),
        cmocka_unit_test(a_written_profile_is_read_back),
        cmocka_unit_test(a_variant_that_was_measured_elsewhere_is_modelled),
        cmocka_unit_test(figures_that_load_would_refuse_are_not_written),
        cmocka_unit_test(variants_stand_together_and_are_not_too_many),
        cmocka_unit_test(origins_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
