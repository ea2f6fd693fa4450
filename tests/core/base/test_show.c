/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "support/spot_test.h"

enum { TEXT_SIZE = 2048 };

/* What spot_print sends to a stream. */
static void printed(char text[TEXT_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void printed(char text[TEXT_SIZE], const char *format, ...)
{
    va_list args;
    FILE *out = tmpfile();
    assert_non_null(out);
    va_start(args, format);
    spot_vprint(out, format, args);
    va_end(args);
    rewind(out);
    const size_t n = fread(text, 1, TEXT_SIZE - 1, out);
    text[n] = '\0';
    assert_int_equal(fclose(out), 0);
}

static void check_shown(const char *text, const char *want)
{
    char got[TEXT_SIZE];
    printed(got, "<%s>\n", text);
    char all[TEXT_SIZE];
    (void)snprintf(all, sizeof(all), "<%s>\n", want);
    assert_string_equal(got, all);
}

static void what_a_terminal_would_obey_is_shown(void **state)
{
    (void)state;
    check_shown("\x1b]0;title\x07", "\\x1b]0;title\\x07");
    check_shown("a\rb\nc\td\x7f", "a\\x0db\\x0ac\\x09d\\x7f");
    check_shown("\xc2\x9b"
                "31m",
                "\\xc2\\x9b31m"); /* CSI of eight bits */
    check_shown("\xe2\x80\xae evil \xe2\x81\xa6", "\\xe2\\x80\\xae evil \\xe2\\x81\\xa6");
    check_shown("\xff\xfe \xc3", "\\xff\\xfe \\xc3");                   /* no UTF-8 */
    check_shown("\xc0\xaf \xed\xa0\x80", "\\xc0\\xaf \\xed\\xa0\\x80"); /* overlong, surrogate */
    check_shown("η τ 操作 🤖 \xc2\xa0 \"q\" \\ % `x`",
                "η τ 操作 🤖 \xc2\xa0 \"q\" \\ % `x`");
}

/* Every code point, encoded here by the definition, is taken but for those that mislead; and nothing else
 * is: the strings of three bytes that are taken are as many as their code points. */
static void utf8_is_taken_and_nothing_else(void **state)
{
    (void)state;
    int of_three = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        const bool surrogate = c >= 0xd800 && c <= 0xdfff;
        const bool misleads = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
                              (c >= 0x2066 && c <= 0x2069) || c == 0xfffe || c == 0xffff;
        char text[4];
        const int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (int i = n - 1, left = (int)c; i >= 0; i--, left >>= 6) {
            static const int heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
            text[i] = (char)(i > 0 ? 0x80 | (left & 0x3f) : heads[n] | left);
        }
        const int want = surrogate || misleads ? 0 : n;
        if (spoti_shown_size(text, 4) != want) {
            fail_msg("U+%04" PRIX32, c);
        }
        of_three += n == 3 && want == 3;
        assert_int_equal(spoti_shown_size(text, (size_t)n - 1), 0); /* cut short */
    }
    int got = 0;
    for (uint32_t bytes = 0xe00000; bytes <= 0xefffff; bytes++) {
        const char text[3] = {(char)(bytes >> 16), (char)(bytes >> 8), (char)bytes};
        got += spoti_shown_size(text, 3) == 3;
    }
    assert_int_equal(got, of_three);
}

#define CHECK_NUMBER(format, value)                                                                \
    do {                                                                                           \
        char got[TEXT_SIZE];                                                                       \
        char want[TEXT_SIZE];                                                                      \
        printed(got, "[" format "]", value);                                                       \
        (void)snprintf(want, sizeof(want), "[" format "]", value);                                 \
        assert_string_equal(got, want);                                                            \
    } while (0)

/* The C library is the oracle. */
static void numbers_are_those_of_printf(void **state)
{
    (void)state;
    const int ints[] = {0, 7, -7, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        CHECK_NUMBER("%d", ints[i]);
        CHECK_NUMBER("%+08d", ints[i]);
        CHECK_NUMBER("%-12d", ints[i]);
        CHECK_NUMBER("%u", (unsigned)ints[i]);
        CHECK_NUMBER("%#x", (unsigned)ints[i]);
        CHECK_NUMBER("%lld", (long long)ints[i] * 4294967296LL);
        CHECK_NUMBER("%llu", (unsigned long long)ints[i]);
        CHECK_NUMBER("%ld", (long)ints[i]);
        CHECK_NUMBER("%zu", (size_t)ints[i]);
        CHECK_NUMBER("%" PRIu64, (uint64_t)ints[i]);
        CHECK_NUMBER("%.3d", ints[i]);
    }
    const double reals[] = {0.0, -0.0, 1.0 / 3.0, -1e308, 5e-324, (double)INFINITY, (double)NAN};
    for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
        CHECK_NUMBER("%g", reals[i]);
        CHECK_NUMBER("%8.3f", reals[i]);
        CHECK_NUMBER("%-12.4g|", reals[i]);
        CHECK_NUMBER("%.9e", reals[i]);
        CHECK_NUMBER("%.17g", reals[i]);
        CHECK_NUMBER("%Lg", (long double)reals[i]);
    }
    char got[TEXT_SIZE];
    printed(got, "%*.*f %-*d| %5.1f %%", 8, 2, 3.14159, 4, 5, 99.95);
    char want[TEXT_SIZE];
    (void)snprintf(want, sizeof(want), "%*.*f %-*d| %5.1f %%", 8, 2, 3.14159, 4, 5, 99.95);
    assert_string_equal(got, want);
}

static void texts_keep_their_widths_and_are_cut_between_characters(void **state)
{
    (void)state;
    char got[TEXT_SIZE];
    printed(got, "[%-6s][%6s][%*s][%-*s]", "ab", "ab", 4, "c", 4, "d");
    assert_string_equal(got, "[ab    ][    ab][   c][d   ]");
    printed(got, "[%-4s][%4s]", "ηη", "ηη"); /* characters, not bytes */
    assert_string_equal(got, "[ηη  ][  ηη]");
    printed(got, "[%-6s]", "\x1b");
    assert_string_equal(got, "[\\x1b  ]");
    printed(got, "[%.3s][%.*s][%.0s]", "abcdef", 2, "abcdef", "abc");
    assert_string_equal(got, "[abc][ab][]");
    printed(got, "[%.3s][%.4s][%.3s][%.7s]", "ηη", "ηη", "🤖", "a🤖🤖");
    assert_string_equal(got, "[η][ηη][][a🤖]");
    printed(got, "[%.*s][%.3s]", 3, "η\xcf", "η\xff"); /* the bytes of a part are all shown */
    assert_string_equal(got, "[η\\xcf][η\\xff]");
    const char open[3] = {'a', 'b', 'c'}; /* no final 0: not read beyond the precision */
    printed(got, "[%.*s]%c%c", 3, open, 'x', 0x1b);
    assert_string_equal(got, "[abc]x\\x1b");
}

static void a_line_is_one_line_and_is_cut_between_characters(void **state)
{
    (void)state;
    spot_diag diag;
    assert_int_equal(spot_diag_set(&diag, SPOT_E_FORMAT, "%s:%d: '%s'", "f", 3, "a\nb\tc\x1b[2J"),
                     SPOT_E_FORMAT);
    assert_string_equal(diag.text, "f:3: 'a b c\\x1b[2J'");
    char longer[2 * SPOT_DIAG_TEXT_SIZE];
    for (size_t i = 0; i + 2 < sizeof(longer); i += 2) {
        memcpy(&longer[i], "η", 3);
    }
    (void)spot_diag_set(&diag, SPOT_E_FORMAT, "%s and the rest", longer);
    assert_int_equal(strlen(diag.text), SPOT_DIAG_TEXT_SIZE - 2); /* 511 is in the middle of one */
    assert_string_equal(&diag.text[SPOT_DIAG_TEXT_SIZE - 4], "η");
    (void)spot_diag_set(&diag, SPOT_E_FORMAT, "x%s", longer);
    assert_int_equal(strlen(diag.text), SPOT_DIAG_TEXT_SIZE - 1);
}

static void names_that_differ_stay_different(void **state)
{
    (void)state;
    char a[16];
    char b[16];
    assert_true(spot_show(a, sizeof(a), "p\x01"));
    assert_true(spot_show(b, sizeof(b), "p\x02"));
    assert_string_equal(a, "p\\x01");
    assert_string_not_equal(a, b);
    assert_true(spot_show(a, 6, "p\x01"));
    assert_false(spot_show(a, 5, "p\x01"));
}

static void json_keeps_its_meaning(void **state)
{
    (void)state;
    char text[TEXT_SIZE];
    FILE *out = tmpfile();
    assert_non_null(out);
    spot_print_json(out, "{\n  \"η\": \"a\xc2\x9b\x7f\xe2\x80\xae\\u001b\"\n}\n");
    rewind(out);
    text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "{\n  \"η\": \"a\\u009b\\u007f\\u202e\\u001b\"\n}\n");
}

static void a_text_is_broken_at_blanks(void **state)
{
    char word[TEXT_SIZE / 4];
    char got[TEXT_SIZE] = "";
    char text[TEXT_SIZE];
    (void)state;
    memset(word, 'x', sizeof(word));
    word[SPOT_PRINT_COLUMNS + 20] = '\0'; /* longer than a line */
    (void)snprintf(text, sizeof(text), "%.60s %.39s %.50s %.50s %s end", word, word, word, word,
                   word);
    FILE *out = tmpfile();
    assert_non_null(out);
    spot_print_wrapped(out, 0, text);
    spot_print_wrapped(out, 0, "");
    spot_print_wrapped(out, 0, word);
    (void)snprintf(text, sizeof(text), "%.50s %.49s %.46s %.46s %.46s", word, word, word, word,
                   word);
    spot_print_wrapped(out, 7, text); /* 7 + 46 + 1 + 46 = 100 */
    rewind(out);
    got[fread(got, 1, sizeof(got) - 1, out)] = '\0';
    assert_int_equal(fclose(out), 0);
    (void)snprintf(text, sizeof(text),
                   "%.60s %.39s\n%.50s\n%.50s\n%s\nend\n\n%s\n%.50s %.49s\n       %.46s %.46s\n"
                   "       %.46s\n",
                   word, word, word, word, word, word, word, word, word, word, word);
    assert_string_equal(got, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_would_obey_is_shown),
        cmocka_unit_test(utf8_is_taken_and_nothing_else),
        cmocka_unit_test(numbers_are_those_of_printf),
        cmocka_unit_test(texts_keep_their_widths_and_are_cut_between_characters),
        cmocka_unit_test(a_line_is_one_line_and_is_cut_between_characters),
        cmocka_unit_test(names_that_differ_stay_different),
        cmocka_unit_test(json_keeps_its_meaning),
        cmocka_unit_test(a_text_is_broken_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
