/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "support/spot_test.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "spot/rng.h"

static void integers_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    int i = 5;
    assert_int_equal(spoti_parse_int("-12", &i), SPOT_OK);
    assert_int_equal(i, -12);
    assert_int_equal(spoti_parse_int("+2147483647", &i), SPOT_OK);
    assert_int_equal(i, INT_MAX);
    assert_int_equal(spoti_parse_int("2147483648", &i), SPOT_E_RANGE);
    assert_int_equal(spoti_parse_int("-2147483649", &i), SPOT_E_RANGE);
    static const char *const bad[] = {"", " 1", "1 ", "1x", "0x10", "1.0", "+", "-", "--1", "1e3"};
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        assert_int_equal(spoti_parse_int(bad[k], &i), SPOT_E_FORMAT);
    }
    assert_int_equal(spoti_parse_int(NULL, &i), SPOT_E_FORMAT);
    assert_int_equal(i, INT_MAX); /* untouched */

    int64_t i64 = 0;
    assert_int_equal(spoti_parse_int64("-9223372036854775808", &i64), SPOT_OK);
    assert_true(i64 == INT64_MIN);
    assert_int_equal(spoti_parse_int64("9223372036854775808", &i64), SPOT_E_RANGE);
    uint64_t u64 = 0;
    assert_int_equal(spoti_parse_uint64("18446744073709551615", &u64), SPOT_OK);
    assert_true(u64 == UINT64_MAX);
    assert_int_equal(spoti_parse_uint64("18446744073709551616", &u64), SPOT_E_RANGE);
    assert_int_equal(spoti_parse_uint64("-1", &u64), SPOT_E_FORMAT);
    assert_int_equal(spoti_parse_uint64("+1", &u64), SPOT_E_FORMAT);
}

static void doubles_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } good[] = {
        {"0", 0.0},    {"-1.5e-3", -1.5e-3}, {"+.5", 0.5},
        {"3.", 3.0},   {"1E2", 100.0},       {"0.1", 0.1},
        {"1e-400", 0}, {"6.25", 6.25},       {"1.7976931348623157e308", 0x1.fffffffffffffp1023}};
    double x = 0.0;
    for (size_t k = 0; k < sizeof(good) / sizeof(good[0]); k++) {
        assert_int_equal(spoti_parse_double(good[k].text, &x), SPOT_OK);
        assert_true(x == good[k].want);
    }
    static const char *const bad[] = {"",     ".",   "e5",  "1e",    "1e+",  "1,5", "1.5 ", " 1",
                                      "1..2", "nan", "inf", "0x1p3", "1.5f", "-",   "1-2"};
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        assert_int_equal(spoti_parse_double(bad[k], &x), SPOT_E_FORMAT);
    }
    assert_int_equal(spoti_parse_double("1e309", &x), SPOT_E_RANGE);
    assert_true(x == 0x1.fffffffffffffp1023); /* untouched */
}

/* Oracle: the C library's own conversion, to the last bit and the sign of zero. */
static void doubles_are_those_of_the_c_library(void **state)
{
    char text[96];
    spot_rng rng = spot_rng_at(5, SPOT_STREAM_RESET, 0);
    (void)state;
    for (int k = 0; k < 200000; k++) {
        const int whole = (int)spot_rng_below(&rng, 24);
        const int frac = (int)spot_rng_below(&rng, 24);
        int n = 0;
        text[n++] = "+-0"[spot_rng_below(&rng, 3)];
        for (int i = 0; i < whole; i++) {
            text[n++] = (char)('0' + spot_rng_below(&rng, i < 4 ? 2 : 10));
        }
        text[n++] = '.';
        for (int i = 0; i < frac; i++) {
            text[n++] = (char)('0' + spot_rng_below(&rng, 10));
        }
        text[n++] = '0';
        if (k % 2 == 0) {
            n += snprintf(text + n, sizeof(text) - (size_t)n, "e%d",
                          (int)spot_rng_below(&rng, k % 8 == 0 ? 700 : 60) -
                              (k % 8 == 0 ? 350 : 30));
        }
        text[n] = '\0';
        double got = 0.0;
        const double want = strtod(text, NULL);
        if (!isfinite(want)) {
            assert_int_equal(spoti_parse_double(text, &got), SPOT_E_RANGE);
            continue;
        }
        assert_int_equal(spoti_parse_double(text, &got), SPOT_OK);
        if (memcmp(&got, &want, sizeof(got)) != 0) {
            fail_msg("%s is %.17g, expected %.17g", text, got, want);
        }
    }
    /* ties and edges of what one operation can do: 2^53, 2^53 + 1, 10^22, 10^23, long zeros */
    static const char *const edges[] = {"9007199254740992",
                                        "9007199254740993",
                                        "9007199254740993e1",
                                        "9007199254740992e22",
                                        "9007199254740992e-22",
                                        "1e22",
                                        "1e23",
                                        "1e-22",
                                        "1e-23",
                                        "-0",
                                        "-0.0e-5",
                                        "0e999999999999",
                                        "0000000000000000000000000000000001.5",
                                        "1.50000000000000000000000000000000000",
                                        "18446744073709551616",
                                        "2.2250738585072011e-308",
                                        "4.9406564584124654e-324",
                                        "0.000000000000000000000000000001"};
    for (size_t k = 0; k < sizeof(edges) / sizeof(edges[0]); k++) {
        double got = 1.0;
        const double want = strtod(edges[k], NULL);
        assert_int_equal(spoti_parse_double(edges[k], &got), SPOT_OK);
        assert_memory_equal(&got, &want, sizeof(got));
    }
}

static void doubles_need_no_locale(void **state)
{
    (void)state;
    /* a system without such a locale leaves the default, under which this still holds */
    (void)setlocale(LC_NUMERIC, "de_DE.UTF-8");
    double x = 0.0;
    assert_int_equal(spoti_parse_double("1.5", &x), SPOT_OK);
    (void)setlocale(LC_NUMERIC, "C");
    assert_true(x == 1.5);
}

static void copies_are_bounded_and_say_so(void **state)
{
    (void)state;
    char buffer[4];
    assert_true(spoti_copy(buffer, sizeof(buffer), "abc"));
    assert_string_equal(buffer, "abc");
    assert_false(spoti_copy(buffer, sizeof(buffer), "wxyz"));
    assert_string_equal(buffer, "wxy");
    assert_false(spoti_copy(buffer, 0, "q"));
    assert_string_equal(buffer, "wxy");
    assert_true(spoti_copy_n(buffer, sizeof(buffer), "kmn", 2));
    assert_string_equal(buffer, "km");
    assert_true(spoti_format(buffer, sizeof(buffer), "%d", 999));
    assert_false(spoti_format(buffer, sizeof(buffer), "%d", 1000));
    assert_string_equal(buffer, "100");
}

static void paths_are_joined_and_split(void **state)
{
    (void)state;
    char path[16];
    assert_true(spoti_path_join(path, sizeof(path), "a/b", "c.xml"));
    assert_string_equal(path, "a/b/c.xml");
    assert_true(spoti_path_join(path, sizeof(path), "a/", "c"));
    assert_string_equal(path, "a/c");
    assert_true(spoti_path_join(path, sizeof(path), "a", "/c"));
    assert_string_equal(path, "/c");
    assert_true(spoti_path_join(path, sizeof(path), NULL, "c"));
    assert_string_equal(path, "c");
    assert_false(spoti_path_join(path, sizeof(path), "0123456789", "abcdef"));

    static const char *const cases[][3] = {{"a/b.c", "a", "b.c"},
                                           {"b.c", ".", "b.c"},
                                           {"/b", "/", "b"},
                                           {"/a/b/c", "/a/b", "c"},
                                           {"a/", "a", ""}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        assert_true(spoti_path_dir(path, sizeof(path), cases[k][0]));
        assert_string_equal(path, cases[k][1]);
        assert_string_equal(spoti_path_base(cases[k][0]), cases[k][2]);
    }
    assert_true(spoti_starts_with("steps=5", "steps="));
    assert_false(spoti_starts_with("st", "steps="));
    assert_true(spoti_ends_with("a.yaml", ".yaml"));
    assert_false(spoti_ends_with("yaml", ".yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_whole_or_not_at_all),
        cmocka_unit_test(doubles_are_read_whole_or_not_at_all),
        cmocka_unit_test(doubles_are_those_of_the_c_library),
        cmocka_unit_test(doubles_need_no_locale),
        cmocka_unit_test(copies_are_bounded_and_say_so),
        cmocka_unit_test(paths_are_joined_and_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
