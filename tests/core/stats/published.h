/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Reads the tables of published/, for tests that judge them. Include after support/spot_test.h. */
#ifndef SPOT_TESTS_STATS_PUBLISHED_H
#define SPOT_TESTS_STATS_PUBLISHED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PUBLISHED_SIZE = 8192 };

typedef struct published_table {
    char text[PUBLISHED_SIZE];
} published_table;

/* kinetix_success.csv: rows that hold counts (the header is row 0), tasks in columns 3..8 */
enum {
    KINETIX_STEP_1 = 7, /* without delay */
    KINETIX_STEP_5 = 9,
    KINETIX_AGX15_STEP_1 = 10, /* with the delay of an AGX 15 W */
    KINETIX_AGX15_STEP_5 = 12,
    N_KINETIX_TASK = 6,
    N_KINETIX = 128, /* trials of a cell */
};

static inline published_table published_load(const char *name)
{
    published_table t;
    char path[1024];
    (void)snprintf(path, sizeof(path), SPOT_SOURCE_DIR "/published/%s", name);
    size_t n = spot_test_read_file(path, t.text, sizeof(t.text));
    assert_true(n > 0 && n < sizeof(t.text) - 1); /* there, and not cut off */
    return t;
}

/* The number in a cell, counted from 0; the test fails if there is none. */
static inline double published_cell(const published_table *t, int row, int column)
{
    const char *at = t->text;
    for (int i = 0; i < row; i++) {
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
    }
    for (int i = 0; i < column; i++) {
        at = strpbrk(at, ",\n");
        assert_true(at != NULL && *at == ',');
        at++;
    }
    char *end = NULL;
    double value = strtod(at, &end);
    assert_true(end > at && (*end == ',' || *end == '\n'));
    return value;
}

#endif
