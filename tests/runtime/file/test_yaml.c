/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* YAML with a schema: each wrong document gets one line that names the place and what was expected. */
#include <string.h>

#include "runtime/file/yaml.h"
#include "support/spot_test.h"

typedef struct inner {
    double share[2];
} inner;

typedef struct document {
    int count;
    double size_m;
    char *label;
    int kind;
    inner *parts;
    unsigned parts_count;
} document;

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_field_t inner_fields[] = {
    CYAML_FIELD_SEQUENCE_FIXED("share", CYAML_FLAG_FLOW, inner, share, &number, 2),
    CYAML_FIELD_END};
static const cyaml_schema_value_t inner_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, inner, inner_fields)};
static const cyaml_strval_t kinds[] = {{"first", 0}, {"second", 1}};
static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_INT("count", CYAML_FLAG_DEFAULT, document, count),
    CYAML_FIELD_FLOAT("size_m", CYAML_FLAG_DEFAULT, document, size_m),
    CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER, document, label, 1, 20),
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, document, kind, kinds, 2),
    CYAML_FIELD_SEQUENCE("parts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, document, parts,
                         &inner_value, 0, 4),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, document, fields)};

static spot_status parse(const char *text, document **out, spot_diag *diag)
{
    void *data = NULL;
    diag->text[0] = '\0';
    spot_status st = spoti_yaml_parse("a.yaml", text, strlen(text), &schema, &data, diag);
    *out = data;
    return st;
}

static void a_good_document_is_read(void **state)
{
    (void)state;
    document *d = NULL;
    spot_diag diag;

    assert_int_equal(parse("count: 3\nsize_m: 1.5e-1 # wide\nlabel: 3 ms\n"
                           "parts:\n  - {share: [1, -2.5]}\n  - share: [0, 4]\n",
                           &d, &diag),
                     SPOT_OK);
    assert_int_equal(d->count, 3);
    assert_true(d->size_m == 0.15);
    assert_string_equal(d->label, "3 ms"); /* text may look like a number */
    assert_int_equal((int)d->parts_count, 2);
    assert_true(d->parts[0].share[1] == -2.5 && d->parts[1].share[1] == 4.0);
    spoti_yaml_free(&schema, d);
}

static void each_wrong_document_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        {"", "a.yaml:1: the file is empty"},
        {"count: 3\nsize_m: 1\nlabel: a\ncolour: red\n",
         "a.yaml:4: unknown key 'colour', expected one of: count, size_m, label, kind, parts"},
        {"count: 3\nsize_m: 3 ms\nlabel: a\n", "a.yaml:2: '3 ms', expected a number"},
        {"count: 1.5\nsize_m: 1\nlabel: a\n", "a.yaml:1: '1.5', expected a whole number"},
        {"count: 1\nsize_m: nan\nlabel: a\n", "a.yaml:2: 'nan', expected a number"},
        {"count: 1\nsize_m: inf\nlabel: a\n", "a.yaml:2: 'inf', expected a number"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - {share: [1, 2x]}\n",
         "a.yaml:5: '2x', expected a number"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - share: [1, 2]\n    size: 3\n",
         "a.yaml:6: unknown key 'size', expected one of: share"},
        {"count: 1\nlabel: a\n", "key 'size_m' is missing, expected"},
        {"count: 1\nsize_m: 1\nlabel: a\nkind: third\n",
         "a.yaml:4: 'third', expected one of: first, second"},
        {"count: 1\nsize_m: [1]\nlabel: a\n", "a.yaml:"},
        {"count: 1\ncount: 2\nsize_m: 1\nlabel: a\n", "already seen: count"},
        {"count: &x 1\nsize_m: *x\nlabel: a\n", "a.yaml:"},
        {"count: [1\n", "a.yaml:1:"},
        {"- 1\n", "a.yaml:1:"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        document *d = NULL;
        spot_diag diag;
        assert_int_equal(parse(cases[i].text, &d, &diag), SPOT_E_FORMAT);
        assert_null(d);
        if (strstr(diag.text, cases[i].said) == NULL) {
            fail_msg("case %d: '%s' does not say '%s'", (int)i, diag.text, cases[i].said);
        }
    }
}

static void a_missing_file_is_an_input_error(void **state)
{
    void *data = NULL;
    spot_diag diag = {""};
    (void)state;
    assert_int_equal(spoti_yaml_load("no/such/file.yaml", &schema, &data, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "no/such/file.yaml: cannot open"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_document_is_read),
        cmocka_unit_test(each_wrong_document_is_refused_with_its_line),
        cmocka_unit_test(a_missing_file_is_an_input_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
