/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Strict numbers: what is accepted survives printing and reading again; an integer is also a decimal
 * number; nothing with a space, letter or control character but e and E is accepted. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "support/spot_fuzz.h"

static void check_double(const char *text)
{
    double x = 0.0;
    if (spoti_parse_double(text, &x) != SPOT_OK) {
        return;
    }
    expect(isfinite(x));
    expect(x == strtod(text, NULL)); /* no locale is set here */
    expect(strspn(text, "+-.0123456789eE") == strlen(text));
    char again[64];
    double y = 0.0;
    expect(spoti_format(again, sizeof(again), "%.17g", x));
    expect(spoti_parse_double(again, &y) == SPOT_OK && y == x);
}

static void check_integer(const char *text)
{
    int64_t i64 = 0;
    int i = 0;
    if (spoti_parse_int64(text, &i64) != SPOT_OK) {
        expect(spoti_parse_int(text, &i) != SPOT_OK);
        return;
    }
    double x = 0.0;
    expect(spoti_parse_double(text, &x) == SPOT_OK);
    expect(x == (double)i64);
    expect((spoti_parse_int(text, &i) == SPOT_OK) == (i64 >= INT32_MIN && i64 <= INT32_MAX));
    char again[64];
    int64_t j64 = 0;
    expect(spoti_format(again, sizeof(again), "%" PRId64, i64));
    expect(spoti_parse_int64(again, &j64) == SPOT_OK && j64 == i64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256];
    (void)spoti_copy_n(text, sizeof(text), (const char *)data, size);
    check_double(text);
    check_integer(text);

    char dir[32];
    char whole[64];
    (void)spoti_path_dir(dir, sizeof(dir), text);
    (void)spoti_path_join(whole, sizeof(whole), dir, spoti_path_base(text));
    expect(strlen(whole) < sizeof(whole));
    return 0;
}
