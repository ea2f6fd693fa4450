/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Settings as text: their parts, and in which two of them differ. */
#include "lab/record/setting.h"

#include <stdio.h>
#include <string.h>

#include "support/spot_test.h"

/* `name:value|name:value` */
static void parts_of(const char *text, char out[256])
{
    spoti_setting_part part;
    size_t used = 0;
    out[0] = '\0';
    for (const char *at = text; spoti_setting_next(&at, &part);) {
        used += (size_t)snprintf(out + used, 256 - used, "%s%.*s:%.*s", used > 0 ? "|" : "",
                                 (int)part.name_size, part.name, (int)part.value_size, part.value);
    }
}

static void parts_are_taken_in_order_and_out_of_their_quotes(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"   ", ""},
        {"a=1", "a:1"},
        {"a=1 b='two words' c=", "a:1|b:two words|c:"},
        {" a=x=y  word b=''", "a:x=y|word:|b:"},
        {"a='no end b=2", "a:'no|end:|b:2"},
        {"=1", ":1"},
        {"a='q'tail", "a:q|tail:"},
    };
    char got[256];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        parts_of(cases[i][0], got);
        assert_string_equal(got, cases[i][1]);
    }
}

static void what_differs_is_said_by_name(void **state)
{
    static const char *const cases[][3] = {
        {"a=1 b=2", "a=1 b=3", "b is 2 there and 3 here"},
        {"a=1 b=2", "a=4 b=3", "a is 1 there and 4 here; b is 2 there and 3 here"},
        {"a=1", "a=1 bb=3", "bb is not said there and 3 here"},
        {"a=1 bb=3", "a=1", "bb is 3 there and not said here"},
        {"a=1", "a=10", "a is 1 there and 10 here"},
        {"aa=1", "a=1", "a is not said there and 1 here; aa is 1 there and not said here"},
        {"p='x y'", "p='x z'", "p is x y there and x z here"},
        {"a=1 b=2", "b=2 a=1", "its parts stand in another order"},
    };
    char got[256];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spoti_setting_difference(cases[i][0], cases[i][1], got, sizeof(got));
        assert_string_equal(got, cases[i][2]);
    }
    spoti_setting_difference("a=1", "a=2", got, 9); /* cut off, and ended */
    assert_string_equal(got, "a is 1 t");
}

static void a_part_is_found_by_its_whole_name(void **state)
{
    spoti_setting_part part;
    (void)state;
    assert_true(spoti_setting_find("ab=1 a=2", "a", 1, &part));
    assert_int_equal(part.value_size, 1);
    assert_int_equal(part.value[0], '2');
    assert_false(spoti_setting_find("ab=1 ba=2", "a", 1, &part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_taken_in_order_and_out_of_their_quotes),
        cmocka_unit_test(what_differs_is_said_by_name),
        cmocka_unit_test(a_part_is_found_by_its_whole_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
