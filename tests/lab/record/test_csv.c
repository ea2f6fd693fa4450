/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Rows of CSV text: known texts and the cells that RFC 4180 gives them. */
#include <stdio.h>
#include <string.h>

#include "lab/record/csv.h"
#include "spot/rng.h"
#include "support/spot_test.h"

/* Reads all rows of `text` and joins cells by | and rows by / ; returns the status of the last row. */
static spot_status parse(const char *text, size_t size, char *out, size_t out_size, spot_diag *diag)
{
    spoti_csv csv;
    bool more = true;
    size_t used = 0;
    FILE *stream = fmemopen((void *)(uintptr_t)text, size, "r");
    assert_non_null(stream);
    out[0] = '\0';
    spot_status st = spoti_csv_open(&csv, "t.csv", stream, NULL);
    while (st == SPOT_OK && more) {
        st = spoti_csv_next(&csv, &more, diag);
        for (int i = 0; st == SPOT_OK && more && i < csv.n_field; i++) {
            used += (size_t)snprintf(out + used, out_size - used, "%s%s", csv.field[i],
                                     i + 1 < csv.n_field ? "|" : "/");
        }
    }
    spoti_csv_close(&csv);
    (void)fclose(stream);
    return st;
}

static void expect(const char *text, const char *want)
{
    char got[512];
    spot_diag diag = {""};
    assert_int_equal(parse(text, strlen(text), got, sizeof(got), &diag), SPOT_OK);
    assert_string_equal(got, want);
}

static void expect_error(const char *text, size_t size, const char *words)
{
    char got[512];
    spot_diag diag = {""};
    assert_int_equal(parse(text, size, got, sizeof(got), &diag), SPOT_E_FORMAT);
    if (strstr(diag.text, words) == NULL) {
        fail_msg("'%s' lacks '%s'", diag.text, words);
    }
}

static void cells_and_line_ends(void **state)
{
    (void)state;
    expect("a,b\n1,2\n", "a|b/1|2/");
    expect("a,b\r\n1,2\r\n", "a|b/1|2/");
    expect("a,b\r1,2", "a|b/1|2/");
    expect("a,b\n1,2", "a|b/1|2/");
    expect("a,,b\n,,\n1,,\n", "a||b/1||/"); /* a row of empty cells is blank */
    expect(" a ,\t b\n", "a|b/");
}

static void quotes(void **state)
{
    (void)state;
    expect("\"a,b\",\"c\"\"d\"\n", "a,b|c\"d/");
    expect("\"two\nlines\",x\n", "two\nlines|x/");
    expect("\" kept \" ,x\n", " kept |x/");
    expect("a\"b,c\n", "a\"b|c/"); /* a quote within a bare cell is text */
    expect_error("x\n\"open,1\n", 10, "t.csv:2: a quote is not closed");
    expect_error("\"a\"b,1\n", 8, "t.csv:1: text behind a closing quote");
}

static void comments_marks_and_blank_lines(void **state)
{
    (void)state;
    expect("\xef\xbb\xbf"
           "a,b\n1,2\n",
           "a|b/1|2/");
    expect("# c, d\n\na,b\n#x\n\n1,2\n# end", "a|b/1|2/");
    expect("", "");
    expect("\n\n# only\n", "");
}

static void separators(void **state)
{
    (void)state;
    expect("a;b\n1;2\n", "a|b/1|2/");
    expect("a\tb\n1\t2\n", "a|b/1|2/");
    expect("a,b;c\n", "a|b;c/");
}

static void limits(void **state)
{
    static char row[2 * SPOTI_CSV_ROW_SIZE];
    (void)state;
    expect_error("a\0b\n", 4, "byte 0");
    memset(row, 'x', sizeof(row));
    expect_error(row, sizeof(row), "row too long");
    memset(row, ',', sizeof(row));
    expect_error(row, sizeof(row), "too many columns");
    /* quoted text up to the limit, then many separators */
    memset(row, ',', sizeof(row));
    memset(row, 'y', SPOTI_CSV_ROW_SIZE - 3);
    expect_error(row, sizeof(row), "too many columns");
}

static void rows_longer_than_a_block_arrive_whole(void **state)
{
    enum { ROWS = 20000 };
    static char text[ROWS * 16];
    size_t used = 0;
    spoti_csv csv;
    bool more = true;
    spot_diag diag = {""};
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%d,%d\r\n", i, 7 * i);
    }
    FILE *stream = fmemopen(text, used, "r");
    assert_non_null(stream);
    assert_int_equal(spoti_csv_open(&csv, "t.csv", stream, NULL), SPOT_OK);
    for (int i = 0; i < ROWS; i++) {
        char want[16];
        assert_int_equal(spoti_csv_next(&csv, &more, &diag), SPOT_OK);
        assert_true(more && csv.n_field == 2 && csv.line == i + 1);
        (void)snprintf(want, sizeof(want), "%d", 7 * i);
        assert_string_equal(csv.field[1], want);
    }
    assert_int_equal(spoti_csv_next(&csv, &more, &diag), SPOT_OK);
    assert_false(more);
    spoti_csv_close(&csv);
    (void)fclose(stream);
}

/* Rows without quotes are taken where they lie in the block; the same cells in quotes go byte by byte. Oracle: each
 * other, over several blocks, with line ends, blanks, comments and empty lines of all kinds. */
static void quoted_and_bare_rows_are_the_same_rows(void **state)
{
    enum { ROWS = 30000, SIZE = ROWS * 64 };
    static char texts[2][SIZE];
    static const char *const ends[] = {"\n",  "\r\n",  "\r", "\n\n", "\n# a \"comment\n",
                                       " \n", "\t\r\n"};
    spot_rng rng = spot_rng_at(11, SPOT_STREAM_RESET, 0);
    size_t used[2] = {0};
    spoti_csv csv[2];
    FILE *streams[2];
    bool more = true;
    (void)state;
    for (int row = 0; row < ROWS; row++) {
        const int n = 1 + (int)spot_rng_below(&rng, 4);
        const char *end = row + 1 < ROWS ? ends[spot_rng_below(&rng, 7)] : "";
        for (int i = 0; i < n; i++) {
            const int cell = row == 0 ? i : (int)spot_rng_below(&rng, 100000) - 50000;
            const char *left = spot_rng_below(&rng, 3) == 0 ? "  " : "";
            for (int k = 0; k < 2; k++) {
                const char *quote = k == 1 ? "\"" : "";
                used[k] += (size_t)snprintf(texts[k] + used[k], SIZE - used[k], "%s%s%s%d%s",
                                            i > 0 ? "," : "", left, quote, cell, quote);
            }
        }
        for (int k = 0; k < 2; k++) {
            used[k] += (size_t)snprintf(texts[k] + used[k], SIZE - used[k], "%s", end);
        }
    }
    for (int k = 0; k < 2; k++) {
        streams[k] = fmemopen(texts[k], used[k], "r");
        assert_non_null(streams[k]);
        assert_int_equal(spoti_csv_open(&csv[k], "t.csv", streams[k], NULL), SPOT_OK);
    }
    for (int row = 0; row <= ROWS; row++) {
        for (int k = 0; k < 2; k++) {
            assert_int_equal(spoti_csv_next(&csv[k], &more, NULL), SPOT_OK);
            assert_int_equal(more, row < ROWS);
        }
        assert_true(!more || (csv[0].line == csv[1].line && csv[0].n_field == csv[1].n_field));
        for (int i = 0; more && i < csv[0].n_field; i++) {
            assert_string_equal(csv[0].field[i], csv[1].field[i]);
        }
    }
    for (int k = 0; k < 2; k++) {
        spoti_csv_close(&csv[k]);
        (void)fclose(streams[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_and_line_ends),
        cmocka_unit_test(quotes),
        cmocka_unit_test(comments_marks_and_blank_lines),
        cmocka_unit_test(separators),
        cmocka_unit_test(limits),
        cmocka_unit_test(rows_longer_than_a_block_arrive_whole),
        cmocka_unit_test(quoted_and_bare_rows_are_the_same_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
