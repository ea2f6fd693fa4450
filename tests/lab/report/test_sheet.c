/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/sheet.h"

#include <string.h>

#include "support/spot_test.h"

enum { TEXT_SIZE = 8192 };

static void print(spoti_sheet *t, bool wide, char text[TEXT_SIZE])
{
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_int_equal(spoti_sheet_print(t, wide, out), SPOT_OK);
    rewind(out);
    text[fread(text, 1, TEXT_SIZE - 1, out)] = '\0';
    assert_int_equal(fclose(out), 0);
    spoti_sheet_free(t);
}

/* Fills a column; NULL ends it early. */
static void fill(spoti_sheet *t, const char *name, const char *unit, int rank,
                 const char *const *values)
{
    spoti_cell *column = spoti_sheet_column(t, name, unit, rank);
    for (int i = 0; i < t->n_row && values[i] != NULL; i++) {
        (void)snprintf(column[i], SPOTI_CELL_SIZE, "%s", values[i]);
    }
}

static void begin(spoti_sheet *t)
{
    assert_int_equal(spoti_sheet_create(t, 3), SPOT_OK);
    fill(t, "point", "", 0, (const char *[]){"a=1 b=10 q=x", "a=1 b=5 q=x", "a=1 b=2 r=y q=x"});
    fill(t, "speed", "m/s", 1, (const char *[]){"10", "2.5", "-"});
    fill(t, "empty", "", 0, (const char *[]){NULL});
    fill(t, "time", "s", 1, (const char *[]){"7", "7", "7"});
    fill(t, "range", "", 0, (const char *[]){"1 [0, 2]", "1 [0, 2]", "1 [0, 2]"});
}

static void what_all_rows_share_is_said_once(void **state)
{
    spoti_sheet t;
    char text[TEXT_SIZE];
    (void)state;
    begin(&t);
    print(&t, false, text);
    assert_string_equal(text, "all: a=1, q=x, time = 7 s\n"
                              "point    speed m/s  range\n"
                              "b=10            10  1 [0, 2]\n"
                              "b=5            2.5  1 [0, 2]\n"
                              "b=2 r=y          -  1 [0, 2]\n");
}

static void wide_shows_all_but_empty_columns(void **state)
{
    spoti_sheet t;
    char text[TEXT_SIZE];
    (void)state;
    begin(&t);
    (void)strcpy(t.marks[1], "*");
    (void)strcpy(t.marks[2], "~0");
    print(&t, true, text);
    assert_string_equal(text, "   point            speed m/s  time s  range\n"
                              "   a=1 b=10 q=x            10       7  1 [0, 2]\n"
                              "*  a=1 b=5 q=x            2.5       7  1 [0, 2]\n"
                              "~0 a=1 b=2 r=y q=x          -       7  1 [0, 2]\n");
}

/* One row shares nothing with others, and no name may become empty. */
static void names_stay_names(void **state)
{
    spoti_sheet t;
    char text[TEXT_SIZE];
    (void)state;
    assert_int_equal(spoti_sheet_create(&t, 1), SPOT_OK);
    fill(&t, "point", "", 0, (const char *[]){"a=1 b=2"});
    fill(&t, "x", "", 1, (const char *[]){"5"});
    print(&t, false, text);
    assert_string_equal(text, "point    x\na=1 b=2  5\n");
    assert_int_equal(spoti_sheet_create(&t, 2), SPOT_OK);
    fill(&t, "point", "", 0, (const char *[]){"a=1", "a=1 b=2"});
    print(&t, false, text);
    assert_string_equal(text, "point\na=1\na=1 b=2\n");
    assert_int_equal(spoti_sheet_create(&t, 2), SPOT_OK);
    fill(&t, "point", "", 0, (const char *[]){"same one", "same two"}); /* words, no settings */
    print(&t, false, text);
    assert_string_equal(text, "point\nsame one\nsame two\n");
}

/* Ten columns of 9 + 2 characters beside a name of 20: the two of greatest rank go, then it fits. */
static void the_least_needed_go_until_it_fits(void **state)
{
    static const char *const heads[] = {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc", "ddddddddd",
                                        "eeeeeeeee", "fffffffff", "ggggggggg", "hhhhhhhhh",
                                        "iiiiiiiii", "jjjjjjjjj"};
    static const int ranks[] = {0, 1, 9, 1, 9, 1, 1, 0, 1, 1};
    spoti_sheet t;
    char text[TEXT_SIZE];
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        assert_int_equal(spoti_sheet_create(&t, 2), SPOT_OK);
        fill(&t, "point", "", 0,
             (const char *[]){extra ? "x2345678901234567890123456789012" : "x", "y"});
        for (int c = 0; c < 10; c++) {
            fill(&t, heads[c], "", ranks[c], (const char *[]){"1", "2"});
        }
        print(&t, false, text);
        /* 5 + 110 = 115 fits; 32 + 110 = 142 does not, 32 + 88 = 120 just does */
        assert_true((strstr(text, "--wide") != NULL) == (extra == 1));
        assert_true(strcspn(text, "\n") == (extra ? 120 : 115));
    }
    assert_non_null(strstr(text, "(--wide also shows ccccccccc, eeeeeeeee)\n"));
    assert_null(strstr(text, "  ccccccccc  "));
}

/* What must stay stays; a name without room has a line of its own. */
static void a_long_name_has_its_own_line(void **state)
{
    spoti_sheet t;
    char text[TEXT_SIZE];
    char name[100];
    (void)state;
    memset(name, 'n', sizeof(name));
    name[80] = '\0';
    assert_int_equal(spoti_sheet_create(&t, 2), SPOT_OK);
    fill(&t, "point", "", 0, (const char *[]){name, "short"});
    fill(&t, "a-column-of-fifty-characters-that-has-to-stay-here", "", 0,
         (const char *[]){"1", "2"});
    print(&t, false, text);
    const char *end = strchr(strchr(text, '\n') + 1, '\n');
    assert_memory_equal(end - 80, name, 80);
    assert_int_equal(strcspn(end + 1, "\n"), 5 + 2 + 50);
    assert_non_null(strstr(text, "\nshort  "));
}

/* Characters count, not bytes, and what is shown, not what is obeyed. */
static void widths_are_of_characters(void **state)
{
    spoti_sheet t;
    char text[TEXT_SIZE];
    (void)state;
    assert_int_equal(spoti_sheet_create(&t, 2), SPOT_OK);
    fill(&t, "point", "", 0,
         (const char *[]){"ηηηηηη", "\x1b"
                                    "a"});
    fill(&t, "x", "", 1, (const char *[]){"1", "2"});
    print(&t, false, text);
    assert_string_equal(text, "point   x\nηηηηηη  1\n\\x1ba   2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_rows_share_is_said_once),
        cmocka_unit_test(wide_shows_all_but_empty_columns),
        cmocka_unit_test(names_stay_names),
        cmocka_unit_test(the_least_needed_go_until_it_fits),
        cmocka_unit_test(a_long_name_has_its_own_line),
        cmocka_unit_test(widths_are_of_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
