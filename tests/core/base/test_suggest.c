/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Slips of one letter are made by hand, so that the distance is known. */
#include <string.h>

#include "core/base/show.h"
#include "support/spot_test.h"

static const char *const VERBS[] = {"list",       "check",   "demo",    "rollout", "bench",
                                    "tune",       "analyze", "metrics", "timing",  "plan",
                                    "distortion", "serve",   "inspect"};
enum { N_VERB = sizeof(VERBS) / sizeof(VERBS[0]), LONG = 65 };

static void check(const char *word, const char *want)
{
    const char *got = spot_suggest(word, VERBS, N_VERB);
    if (want == NULL) {
        assert_null(got);
    } else {
        assert_non_null(got);
        assert_string_equal(got, want);
    }
}

static void one_slip_of_the_pen_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VERB; i++) {
        const size_t n = strlen(VERBS[i]);
        char word[32];
        for (size_t at = 0; at < n; at++) {
            /* lost, doubled, other, swapped */
            (void)snprintf(word, sizeof(word), "%.*s%s", (int)at, VERBS[i], VERBS[i] + at + 1);
            check(word, VERBS[i]);
            (void)snprintf(word, sizeof(word), "%.*s%c%s", (int)at, VERBS[i], VERBS[i][at],
                           VERBS[i] + at);
            check(word, VERBS[i]);
            (void)snprintf(word, sizeof(word), "%s", VERBS[i]);
            word[at] = '#';
            check(word, VERBS[i]);
            if (at + 1 < n) {
                (void)snprintf(word, sizeof(word), "%s", VERBS[i]);
                word[at] = VERBS[i][at + 1];
                word[at + 1] = VERBS[i][at];
                check(word, VERBS[i]);
            }
        }
    }
}

static void case_and_dashes_do_not_count(void **state)
{
    static const char *const options[] = {"latency-trace", "latency-draw"};
    (void)state;
    check("ROLLOUT", "rollout");
    assert_string_equal(spot_suggest("Latency_Trace", options, 2), "latency-trace");
}

static void first_letters_that_fit_one_word_are_enough(void **state)
{
    (void)state;
    check("dist", "distortion");
    check("distort", "distortion");
    check("ti", NULL); /* too short to be a beginning */
    check("tim", "timing");
    check("in", NULL);
}

static void what_is_near_nothing_gets_no_answer(void **state)
{
    char word[LONG + 1];
    (void)state;
    check("teleport", NULL);
    check("xy", NULL);
    check("", NULL);
    check("z", NULL);
    check("%s%n", NULL);
    memset(word, 't', LONG);
    word[LONG] = '\0';
    check(word, NULL);
    assert_null(spot_suggest(NULL, VERBS, N_VERB));
    assert_null(spot_suggest("tune", VERBS, 0));
}

static void a_third_may_be_wrong_and_no_more(void **state)
{
    static const char *const known[] = {"abcdefghi"};
    (void)state;
    assert_non_null(spot_suggest("abcdefXYZ", known, 1));
    assert_null(spot_suggest("abcdeWXYZ", known, 1));
}

static void the_nearest_wins(void **state)
{
    static const char *const known[] = {"press-bottom", "press-button", "press-buttons"};
    (void)state;
    assert_string_equal(spot_suggest("press-buton", known, 3), "press-button");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_of_the_pen_is_seen),
        cmocka_unit_test(case_and_dashes_do_not_count),
        cmocka_unit_test(first_letters_that_fit_one_word_are_enough),
        cmocka_unit_test(what_is_near_nothing_gets_no_answer),
        cmocka_unit_test(a_third_may_be_wrong_and_no_more),
        cmocka_unit_test(the_nearest_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
