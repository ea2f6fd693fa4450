/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Operating points: text to point and back, and what is refused. */
#include <string.h>

#include "spot/policy.h"
#include "support/spot_test.h"

static void the_default_is_the_baseline(void **state)
{
    spot_point point = {.steps = 7, .overlap = 7, .align = SPOT_ALIGN_SKIP, .quant = "x"};

    (void)state;
    spot_point_default(&point);
    assert_int_equal(point.steps, 0);
    assert_int_equal(point.overlap, 0);
    assert_int_equal(point.align, SPOT_ALIGN_NONE);
}

static void text_comes_back_from_every_point(void **state)
{
    (void)state;
    for (int steps = 0; steps <= 100; steps++) {
        for (int overlap = 0; overlap <= 16; overlap++) {
            for (int align = 0; align < 2; align++) {
                spot_point want = {.steps = steps,
                                   .overlap = overlap,
                                   .align = overlap > 0 ? (spot_align)align : SPOT_ALIGN_NONE};
                (void)strcpy(want.quant, steps % 3 == 0   ? ""
                                         : steps % 3 == 1 ? "w4-t3"
                                                          : "a/b.yaml");
                (void)strcpy(want.prune, overlap % 2 == 0 ? "" : "mlp:0.25");
                (void)strcpy(want.kv, overlap % 3 == 0 ? "" : "32:16");
                spot_point got;
                char text[SPOT_POINT_TEXT_SIZE];

                spot_point_default(&got);
                spot_point_format(&want, text, sizeof text);
                assert_int_equal(spot_point_parse(text, &got, NULL), SPOT_OK);
                assert_int_equal(got.steps, want.steps);
                assert_int_equal(got.overlap, want.overlap);
                assert_int_equal(got.align, want.align);
                assert_string_equal(got.quant, want.quant);
                assert_string_equal(got.prune, want.prune);
                assert_string_equal(got.kv, want.kv);
            }
        }
    }
}

static void text_has_the_documented_form(void **state)
{
    char text[SPOT_POINT_TEXT_SIZE];
    char small[6];

    (void)state;
    spot_point_format(&(spot_point){.steps = 5, .overlap = 2, .align = SPOT_ALIGN_SKIP}, text,
                      sizeof text);
    assert_string_equal(text, "steps=5 overlap=2 align=skip");
    spot_point_format(&(spot_point){.steps = 5, .quant = "w8a8"}, text, sizeof text);
    assert_string_equal(text, "steps=5 overlap=0 quant=w8a8");
    spot_point_format(&(spot_point){.steps = 0, .overlap = 0, .align = SPOT_ALIGN_NONE}, text,
                      sizeof text);
    assert_string_equal(text, "steps=all overlap=0");
    spot_point_format(&(spot_point){.steps = 1, .overlap = 0, .align = SPOT_ALIGN_SKIP}, text,
                      sizeof text);
    assert_string_equal(text, "steps=1 overlap=0");
    spot_point_format(&(spot_point){.steps = 5, .overlap = 2, .align = SPOT_ALIGN_SKIP}, small,
                      sizeof small);
    assert_string_equal(small, "steps");
    spot_point_format(NULL, text, sizeof text);
    assert_string_equal(text, "");
    spot_point_format(&(spot_point){0}, NULL, 0);
}

static void baselines_by_name_are_the_baseline(void **state)
{
    spot_point point = {.quant = "w8a8", .prune = "2:4", .kv = "p1"};

    (void)state;
    assert_int_equal(spot_point_parse("quant=fp32 prune=none kv=base", &point, NULL), SPOT_OK);
    assert_string_equal(point.quant, "");
    assert_string_equal(point.prune, "");
    assert_string_equal(point.kv, "");
}

static void a_variant_names_what_changes_the_time_alone(void **state)
{
    static const struct {
        spot_point point;
        const char *variant;
    } cases[] = {
        {{.steps = 5, .overlap = 2}, ""},
        {{.quant = "w8a8"}, "w8a8"},
        {{.prune = "0.2"}, ""},
        {{.quant = "num:3", .kv = "p2"}, "kv=p2"},
        {{.prune = "2:4", .kv = "p2"}, "kv=p2"},
        {{.quant = "w4-t3", .prune = "mlp:0.5", .kv = "8:4"}, "w4-t3+prune=mlp:0.5+kv=8:4"},
    };
    char text[SPOT_POINT_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spot_point_variant(&cases[i].point, text, sizeof text);
        assert_string_equal(text, cases[i].variant);
    }
    spot_point_variant(NULL, text, sizeof text);
    assert_string_equal(text, "");
}

static void a_session_takes_over_what_concerns_an_inference(void **state)
{
    spot_point point = {.steps = 3, .overlap = 2, .quant = "w8a8", .kv = "p1"};
    spot_session_config config;

    (void)state;
    spot_session_config_default(&config);
    spot_session_config_point(&config, &point);
    assert_int_equal(config.steps, 3);
    assert_string_equal(config.quant, "w8a8");
    assert_null(config.prune);
    assert_string_equal(config.kv, "p1");
    assert_int_equal(config.batch_max, 1);
    spot_point_default(&point);
    spot_session_config_point(&config, &point);
    assert_true(config.steps == 0 && config.quant == NULL && config.kv == NULL);
    spot_session_config_point(&config, NULL);
    spot_session_config_point(NULL, &point);
}

static void what_is_not_named_keeps_its_value(void **state)
{
    spot_point point = {.steps = 5, .overlap = 2, .align = SPOT_ALIGN_SKIP, .quant = "x"};

    (void)state;
    assert_int_equal(spot_point_parse(" \toverlap=3\n", &point, NULL), SPOT_OK);
    assert_int_equal(point.steps, 5);
    assert_int_equal(point.overlap, 3);
    assert_int_equal(point.align, SPOT_ALIGN_SKIP);
    assert_int_equal(spot_point_parse("", &point, NULL), SPOT_OK);
    assert_int_equal(spot_point_parse("align=none steps=007 overlap=0", &point, NULL), SPOT_OK);
    assert_int_equal(point.steps, 7);
    assert_int_equal(point.overlap, 0);
    assert_int_equal(point.align, SPOT_ALIGN_NONE);
}

static void bad_texts_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *text;
        spot_status status;
        const char *words;
    } cases[] = {
        {"step=5", SPOT_E_FORMAT,
         "unknown key 'step', expected one of: steps, overlap, align, execute, quant, prune, kv"},
        {"=5", SPOT_E_FORMAT, "unknown key ''"},
        {"steps", SPOT_E_FORMAT, "expected key=value"},
        {"steps= 5", SPOT_E_FORMAT, "steps: value missing"},
        {"steps=-1", SPOT_E_FORMAT, "steps: '-1', expected a whole number"},
        {"steps=5.0", SPOT_E_FORMAT, "steps: '5.0'"},
        {"steps=0x5", SPOT_E_FORMAT, "steps: '0x5'"},
        {"steps=101", SPOT_E_RANGE, "expected 1..100"},
        {"quant=", SPOT_E_FORMAT, "quant: ''"},
        {"quant=0123456789012345678901234567890123456789012345678", SPOT_E_FORMAT, "at most 47"},
        {"prune=012345678901234567890123", SPOT_E_FORMAT, "at most 23"},
        {"kv=", SPOT_E_FORMAT, "kv: '', expected base, p1 .. p4 or FRAMES:COMMANDS"},
        {"kv=p1 kv=p1", SPOT_E_FORMAT, "'kv' is given twice"},
        {"steps=0", SPOT_E_RANGE, "steps: 0 is too small, expected 1..100"},
        {"steps=99999999999999999999", SPOT_E_RANGE, "too large"},
        {"overlap=5000", SPOT_E_RANGE, "overlap: '5000' is too large"},
        {"align=", SPOT_E_FORMAT, "expected none or skip"},
        {"align=Skip", SPOT_E_FORMAT, "align: 'Skip'"},
        {"steps=5 steps=5", SPOT_E_FORMAT, "'steps' is given twice"},
        {"steps=9 align=skip overlap=x", SPOT_E_FORMAT, "overlap: 'x'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spot_point point = {.steps = 3, .overlap = 1, .align = SPOT_ALIGN_SKIP, .quant = "x"};
        spot_diag diag = {""};

        assert_int_equal(spot_point_parse(cases[i].text, &point, &diag), cases[i].status);
        if (strstr(diag.text, cases[i].words) == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].words);
        }
        assert_int_equal(point.steps, 3);
        assert_int_equal(point.overlap, 1);
        assert_int_equal(point.align, SPOT_ALIGN_SKIP);
    }
    assert_int_equal(spot_point_parse(NULL, &(spot_point){0}, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_point_parse("", NULL, NULL), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_the_baseline),
        cmocka_unit_test(text_comes_back_from_every_point),
        cmocka_unit_test(text_has_the_documented_form),
        cmocka_unit_test(baselines_by_name_are_the_baseline),
        cmocka_unit_test(a_variant_names_what_changes_the_time_alone),
        cmocka_unit_test(a_session_takes_over_what_concerns_an_inference),
        cmocka_unit_test(what_is_not_named_keeps_its_value),
        cmocka_unit_test(bad_texts_are_refused_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
