/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Reports of a bench whose figures are made up here. */
#include "spot/report_bench.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spot/platform.h"
#include "support/spot_test.h"

enum { TEXT_SIZE = 16384, PATH_SIZE = 512, N_POINT = 3 };

/* Nine digits are written. */
static const double WRITTEN = 1e-8;

typedef struct bench {
    spot_point points[N_POINT];
    spot_bench_row rows[N_POINT];
    spot_bench_config config;
    spot_bench_machine machine;
    spot_bench_report report;
} bench;

/* The baseline, a light point on which arithmetic binds, and one that is pruned without a change of time. */
static void make(bench *b, int threads)
{
    static const char *const texts[N_POINT] = {"steps=10", "steps=5 quant=w8a8",
                                               "steps=10 prune=0.25"};
    spot_diag diag = {""};
    memset(b, 0, sizeof(*b));
    spot_bench_config_default(&b->config);
    for (int i = 0; i < N_POINT; i++) {
        spot_bench_row *r = &b->rows[i];
        const double factor = i == 1 ? 0.25 : 1.0;
        assert_int_equal(spot_point_parse(texts[i], &b->points[i], &diag), SPOT_OK);
        *r = (spot_bench_row){.point = b->points[i],
                              .alone = {.mean_s = 0.0123 * factor,
                                        .sd_s = 0.001 * factor,
                                        .median_s = 0.012 * factor,
                                        .p95_s = 0.014 * factor},
                              .processor_frac = 1.0,
                              .alpha = factor,
                              .alpha_ci = {.lo = 0.9 * factor, .hi = 1.1 * factor},
                              .cost = {.weight_bytes = 4e6 * factor},
                              .macs = 3e8,
                              .read_bytes = 8e6 * factor,
                              .intensity = 37.5,
                              .macs_s = 2.5e10,
                              .peak_macs_s = 5e10,
                              .bandwidth = 3e10,
                              .roof_macs_s = 5e10,
                              .roof_frac = 0.5,
                              .bound = i == 1 ? SPOT_BENCH_ARITHMETIC : SPOT_BENCH_READING,
                              .loaded = {.median_s = 0.02},
                              .loaded_chunks_s = 150.0 + i};
    }
    b->config.points = b->points;
    b->config.n_points = N_POINT;
    b->config.baseline = 0;
    b->config.threads = threads;
    (void)strcpy(b->machine.kernels, "avx2");
    (void)strcpy(b->machine.probe, "avx2");
    b->machine.fp32_macs_s = 5e10;
    b->report = (spot_bench_report){.policy = "a-policy",
                                    .processor = "a processor",
                                    .config = &b->config,
                                    .rows = b->rows,
                                    .machine = &b->machine};
}

static spot_status print_table(const spot_bench_report *report, FILE *out)
{
    return spot_report_bench_table(report, false, out);
}

static void print_with(spot_status (*print)(const spot_bench_report *, FILE *), const bench *b,
                       char text[TEXT_SIZE])
{
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_int_equal(print(&b->report, out), SPOT_OK);
    rewind(out);
    text[fread(text, 1, TEXT_SIZE - 1, out)] = '\0';
    assert_int_equal(fclose(out), 0);
}

static void table_has_a_row_a_point_and_load_where_it_was_measured(void **state)
{
    bench b;
    char text[TEXT_SIZE];
    (void)state;
    make(&b, 2);
    print_with(print_table, &b, text);
    assert_non_null(strstr(text, "a-policy on a processor, avx2 kernels"));
    const char *light = strstr(text, "\nsteps=5 quant=w8a8 ");
    assert_non_null(light);
    assert_non_null(strstr(light, " 0.250 [0.225, 0.275]      3.000 "));
    assert_non_null(strstr(light, "arithmetic"));
    assert_non_null(strstr(light, "151.0"));
    assert_null(strstr(text, "overlap=0")); /* of no matter here */
    assert_non_null(strstr(text, "4.0 MB at 30.0 GB/s, 1.0 MB at"));
    make(&b, 1);
    print_with(print_table, &b, text);
    assert_null(strstr(text, "chunks/s"));
    b.machine.fp32_macs_s = 0.0;
    print_with(print_table, &b, text);
    assert_non_null(strstr(text, "no probe for this processor"));
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void json_is_null_for_what_was_not_measured(void **state)
{
    bench b;
    char text[TEXT_SIZE];
    (void)state;
    make(&b, 1);
    b.rows[2].bound = SPOT_BENCH_UNKNOWN;
    print_with(spot_report_bench_json, &b, text);
    json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(all);
    const json_t *light = json_array_get(json_object_get(all, "rows"), 1);
    assert_string_equal(json_string_value(json_object_get(light, "quant")), "w8a8");
    assert_close(number(light, "median_s"), 0.003, 0.0, WRITTEN);
    assert_close(number(json_object_get(light, "roof"), "share"), 0.5, 0.0, WRITTEN);
    assert_true(json_is_null(json_object_get(light, "load")));
    const json_t *last = json_array_get(json_object_get(all, "rows"), 2);
    assert_true(json_is_null(json_object_get(last, "roof")));
    assert_close(number(json_object_get(all, "probe"), "fp32_macs_per_s"), 5e10, 0.0, WRITTEN);
    json_decref(all);
    make(&b, 2);
    b.machine.fp32_macs_s = 0.0;
    print_with(spot_report_bench_json, &b, text);
    all = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_is_null(json_object_get(all, "probe")));
    const json_t *load = json_object_get(json_array_get(json_object_get(all, "rows"), 0), "load");
    assert_close(number(load, "chunks_per_s"), 150.0, 0.0, WRITTEN);
    assert_close(number(load, "threads"), 2.0, 0.0, 0.0);
    json_decref(all);
}

/* What is written is what the platform's reader charges. */
static void profile_is_one_that_is_charged(void **state)
{
    bench b;
    char path[PATH_SIZE];
    char text[TEXT_SIZE];
    spot_diag diag = {""};
    spot_platform *platform = NULL;
    spot_latency latency;
    (void)state;
    make(&b, 1);
    b.rows[2].alone.mean_s = 0.5; /* the one that is not pruned stands for it */
    spot_test_temp_path(path, sizeof(path), "here.yaml");
    assert_int_equal(spot_report_bench_profile(&b.report, "here", "2026-01-31", path, &diag),
                     SPOT_OK);
    (void)spot_test_read_file(path, text, sizeof(text));
    assert_non_null(strstr(text, "sweetspot bench, policy a-policy, avx2 kernels, one thread, "
                                 "500 calls, 2026-01-31"));
    assert_int_equal(spot_platform_load(path, NULL, &platform, &diag), SPOT_OK);
    assert_int_equal(spot_platform_point_latency(platform, "self", &b.points[1], &latency, &diag),
                     SPOT_OK);
    assert_close(latency.mean_s, 0.0123 / 4, 0.0, 1e-3);
    assert_int_equal(latency.origin, SPOT_ORIGIN_MEASURED);
    assert_int_equal(spot_platform_point_latency(platform, "self", &b.points[2], &latency, &diag),
                     SPOT_OK);
    assert_close(latency.mean_s, 0.0123, 0.0, 1e-3);
    spot_platform_destroy(platform);
    (void)unlink(path);
}

static void what_is_not_there_is_refused(void **state)
{
    bench b;
    spot_diag diag = {""};
    (void)state;
    make(&b, 1);
    assert_int_equal(spot_report_bench_table(NULL, true, stderr), SPOT_E_INVALID);
    assert_int_equal(spot_report_bench_json(&b.report, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_report_bench_profile(&b.report, NULL, "", "x", &diag), SPOT_E_INVALID);
    assert_int_equal(spot_report_bench_profile(&b.report, "a", "day", "/nonexistent/a.yaml", &diag),
                     SPOT_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_has_a_row_a_point_and_load_where_it_was_measured),
        cmocka_unit_test(json_is_null_for_what_was_not_measured),
        cmocka_unit_test(profile_is_one_that_is_charged),
        cmocka_unit_test(what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
