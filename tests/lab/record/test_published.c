/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Published tables that somebody has edited: what is wrong is said, with the file, and nothing is guessed.
 * That the shipped ones are read as they stand: tests/cli/check_analyze.py. */
#include "support/spot_test.h"

#include <stdio.h>
#include <string.h>

#include "spot/record.h"

/* Writes `text` as FILE into the test's folder; dir (size) receives the folder. */
static void put(const char *file, const char *text, char *dir, size_t size)
{
    spot_test_temp_path(dir, size, file);
    spot_test_write_file(dir, text, strlen(text));
    *strrchr(dir, '/') = '\0';
}

/* The table `name` of the test's folder is refused with a text that holds `where` and `what`. */
static void refused_as(const char *dir, const char *name, spot_status want, const char *where,
                       const char *what)
{
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    spot_diag diag = {""};
    spot_analyze_config_default(&config);
    assert_int_equal(spot_analyze_log_create(&config, &log), SPOT_OK);
    assert_int_equal(spot_analyze_log_published(log, dir, name, &diag), want);
    if (strstr(diag.text, where) == NULL || strstr(diag.text, what) == NULL) {
        fail_msg("'%s' lacks '%s' or '%s'", diag.text, where, what);
    }
    spot_analyze_log_destroy(log);
}

static void a_column_that_is_not_there_is_named(void **state)
{
    static const char *const columns[] = {"speed_pct", "steps", "latency_ms", "successes"};
    char dir[4096];
    char text[256];
    char what[64];
    (void)state;
    for (int missing = 0; missing < 4; missing++) {
        text[0] = '\0';
        for (int i = 0; i < 4; i++) {
            (void)strcat(strcat(text, i == missing ? "other" : columns[i]), i < 3 ? "," : "\n");
        }
        put("dom_cr.csv", strcat(text, "100,1,14.28,34\n"), dir, sizeof(dir));
        (void)snprintf(what, sizeof(what), "no column %s", columns[missing]);
        refused_as(dir, "dom-cr", SPOT_E_FORMAT, "dom_cr.csv: ", what);
    }
}

static void rows_that_do_not_fit_are_named(void **state)
{
    static const char HEAD[] = "speed_pct,steps,latency_ms,successes\n";
    char dir[4096];
    char text[8192];
    (void)state;
    (void)snprintf(text, sizeof(text), "%s100,1,14.28,34\n100,2,16.25\n", HEAD);
    put("dom_cr.csv", text, dir, sizeof(dir));
    refused_as(dir, "dom-cr", SPOT_E_FORMAT, "dom_cr.csv:3: ", "not the published table");
    (void)snprintf(text, sizeof(text), "%s100,1,14.28,34\n100,2,fast,38\n", HEAD);
    put("dom_cr.csv", text, dir, sizeof(dir));
    refused_as(dir, "dom-cr", SPOT_E_FORMAT, "dom_cr.csv:3: column t_inf_s", "'fast'");
    (void)snprintf(text, sizeof(text), "%s100,1,14.28,51\n", HEAD);
    put("dom_cr.csv", text, dir, sizeof(dir));
    refused_as(dir, "dom-cr", SPOT_E_RANGE, "dom_cr.csv:2: column successes", "trials");
}

static void a_row_of_another_table_that_is_not_there_is_named(void **state)
{
    char dir[4096];
    (void)state;
    put("kinetix_success.csv", "setting,steps,delay,car\ncount:agx15,3,0,100\n", dir, sizeof(dir));
    put("latency_to_delay.csv",
        "platform,steps,latency_ms,delay_steps,effective_delay_ms\nAGX15W,1,7.78,0,0\n"
        "AGX30W,3,21.44,1,33.33\n",
        dir, sizeof(dir));
    refused_as(dir, "kinetix", SPOT_E_FORMAT, "latency_to_delay.csv: ", "no row AGX15W, 3 steps");
}

static void tables_that_are_not_there_are_named(void **state)
{
    char dir[4096];
    spot_diag diag = {""};
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    (void)state;
    put("empty", "", dir, sizeof(dir));
    refused_as(dir, "real-static", SPOT_E_IO, "real_static_rtx4070.csv", "cannot open");
    refused_as(dir, "dom", SPOT_E_NOT_FOUND, "published:dom", "dom-cr");
    spot_analyze_config_default(&config);
    assert_int_equal(spot_analyze_log_create(&config, &log), SPOT_OK);
    assert_int_equal(spot_analyze_log_published(NULL, dir, "dom-cr", &diag), SPOT_E_INVALID);
    assert_int_equal(spot_analyze_log_published(log, NULL, "dom-cr", &diag), SPOT_E_INVALID);
    assert_int_equal(spot_analyze_log_published(log, dir, NULL, &diag), SPOT_E_INVALID);
    spot_analyze_log_destroy(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_that_is_not_there_is_named),
        cmocka_unit_test(rows_that_do_not_fit_are_named),
        cmocka_unit_test(a_row_of_another_table_that_is_not_there_is_named),
        cmocka_unit_test(tables_that_are_not_there_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
