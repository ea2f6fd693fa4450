/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A log from text. */
#ifndef SPOT_TEST_READ_TEXT_H
#define SPOT_TEST_READ_TEXT_H

#include <stdio.h>
#include <string.h>

#include "lab/record/read.h"
#include "support/spot_test.h"

/* Reads `text` into a new log, which is the caller's also if it is refused. */
static inline spot_status read_text(const spot_analyze_config *config, const char *text,
                                    spot_analyze_log **log, spot_diag *diag)
{
    FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text) > 0 ? strlen(text) : 1, "r");
    assert_non_null(stream);
    assert_int_equal(spot_analyze_log_create(config, log), SPOT_OK);
    spot_status st = spoti_read_stream(*log, "t.csv", stream, NULL, diag);
    (void)fclose(stream);
    return st;
}

#endif
