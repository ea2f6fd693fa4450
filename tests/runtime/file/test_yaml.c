/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* YAML with a schema: each wrong document gets one line that names the place and what was expected. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/file/yaml.h"
#include "runtime/file/yaml_place.h"
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
        {"# only this\n", "a.yaml:1: nothing but comments, expected a mapping"},
        {"count: 3\nsize_m: 1\nlabel: a\ncolour: red\n",
         "a.yaml:4: unknown key 'colour', expected one of: count, size_m, label, kind, parts"},
        {"count: 3\nsize: 1\nlabel: a\n", "a.yaml:2: unknown key 'size', expected one of: count, "
                                          "size_m, label, kind, parts; did you "
                                          "mean 'size_m'?"},
        {"count: 3\nsize_m: 3 ms\nlabel: a\n", "a.yaml:2: size_m: '3 ms', expected a number"},
        {"count: 1.5\nsize_m: 1\nlabel: a\n", "a.yaml:1: count: '1.5', expected a whole number"},
        {"count: 9999999999\nsize_m: 1\nlabel: a\n",
         "a.yaml:1: count: '9999999999', expected a whole number"},
        {"count: 1\nsize_m: nan\nlabel: a\n", "a.yaml:2: size_m: 'nan', expected a number"},
        {"count: 1\nsize_m: inf\nlabel: a\n", "a.yaml:2: size_m: 'inf', expected a number"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - {share: [1, 2x]}\n",
         "a.yaml:5: share: '2x', expected a number"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - {share: [1, 2]}\n  - {share: [1,\n    x]}\n",
         "a.yaml:7: share: 'x', expected a number"},
        {"{count: 1, label: a,\n size_m: 1,\n kind: third}\n",
         "a.yaml:3: kind: 'third', expected one of: first, second"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - share: [1, 2]\n    size: 3\n",
         "a.yaml:6: unknown key 'size', expected one of: share"},
        {"count: 1\nlabel: a\n", "a.yaml:1: key 'size_m' is missing, expected it: a number"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - {share: [1, 2]}\n  - {}\n",
         "a.yaml:6: parts: key 'share' is missing, expected it: a list of 2 entries"},
        {"count: 1\nsize_m: 1\nlabel: a\nkind: secnd\n",
         "a.yaml:4: kind: 'secnd', expected one of: first, second; did you mean 'second'?"},
        {"count: 1\nsize_m: [1]\nlabel: a\n", "a.yaml:2: size_m: a list, expected a number"},
        {"count: 1\nsize_m: {a: 1}\nlabel: a\n", "a.yaml:2: size_m: a mapping, expected a number"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts: 5\n",
         "a.yaml:4: parts: '5', expected a list of 0 to 4 entries"},
        {"count: 1\nsize_m: 1\nlabel:\n",
         "a.yaml:3: label: nothing, expected text of 1 to 20 bytes"},
        {"count: 1\nsize_m: 1\nlabel: 123456789012345678901\n",
         "a.yaml:3: label: '123456789012345678901', expected text of 1 to 20 bytes"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts:\n  - share: [1]\n",
         "a.yaml:5: share: 1 entry, expected 2 entries"},
        {"count: 1\nsize_m: 1\nlabel: a\nparts: [{share: [1, 2, 3]}]\n",
         "a.yaml:4: share: 3 entries, expected 2 entries"},
        {"count: 1\nsize_m: 1\ncount: 2\nlabel: a\n",
         "a.yaml:3: key 'count' is given twice, expected once"},
        {"count: &x 1\nsize_m: *x\nlabel: a\n",
         "a.yaml:2: size_m: an alias, expected the values themselves"},
        {"count: 1\nsize_m: 1\nlabel: a\n---\ncount: 1\n",
         "a.yaml:4: a second document, expected one in a file"},
        {"count: 1\nsize_m: 1\nlabel: a\n...\n---\nb\n",
         "a.yaml:5: a second document, expected one"},
        {"[1]: 2\n", "a.yaml:1: a key that is a list, a mapping or an alias, expected a word"},
        {"count: [1\n", "a.yaml:1: count: a list, expected a whole number"},
        {"count: 1\n\tsize_m: 2\n", "a.yaml:2: "},
        {"count: 1\nsize_m: 1\nlabel: \377\n",
         "a.yaml:3: invalid leading UTF-8 octet, expected YAML"},
        {"- 1\n", "a.yaml:1: a list, expected a mapping"},
        {"hello\n", "a.yaml:1: 'hello', expected a mapping"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        document *d = NULL;
        spot_diag diag;
        if (parse(cases[i].text, &d, &diag) != SPOT_E_FORMAT) {
            fail_msg("case %d: taken, or '%s'", (int)i, diag.text);
        }
        assert_null(d);
        if (strstr(diag.text, cases[i].said) == NULL) {
            fail_msg("case %d: '%s' does not say '%s'", (int)i, diag.text, cases[i].said);
        }
    }
}

static void a_value_is_found_by_its_place(void **state)
{
    static const char text[] = "a: 1\n"                   /* 1 */
                               "b:\n"                     /* 2 */
                               "  a: {c: 1,\n"            /* 3 */
                               "      d: [1, 2]}\n"       /* 4 */
                               "  list:\n"                /* 5 */
                               "    - {a: 1, c: 2}\n"     /* 6 */
                               "    - a: [[0],\n"         /* 7 */
                               "          [1, {x: 1}]]\n" /* 8 */
                               "      c: b\n"             /* 9 */
                               "c: \"b: 1\"\n";           /* 10 */
    static const struct {
        const char *path;
        int line;
    } cases[] = {
        {"a", 1},           {"b", 2},           {"b.a", 3},
        {"b.a.c", 3},       {"b.a.d", 4},       {"b.a.d[1]", 4},
        {"b.list", 5},      {"b.list[0]", 6},   {"b.list[0].c", 6},
        {"b.list[1]", 7},   {"b.list[1].a", 7}, {"b.list[1].a[1]", 8},
        {"c", 10},          {"b.list[1].c", 9}, {"b.list[1].a[1][1].x", 8},
        {"b.none", 2},      {"b.list[7]", 5},   {"none", 1}, /* what is there on the way */
        {"b.list[1].z", 7}, {"b.a.c.d", 3},     {"", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int line = spoti_yaml_place(text, strlen(text), cases[i].path);
        if (line != cases[i].line) {
            fail_msg("%s: line %d, expected %d", cases[i].path, line, cases[i].line);
        }
    }
    assert_int_equal(spoti_yaml_place("", 0, "a"), 1);
    assert_int_equal(spoti_yaml_place("[1", 2, "a"), 1);
    assert_int_equal(spoti_yaml_place("a: [1,\nb: ", 10, "a[0]"), 1);
}

static void a_missing_file_is_an_input_error(void **state)
{
    void *data = NULL;
    spot_diag diag = {""};
    (void)state;
    assert_int_equal(spoti_yaml_load("no/such/file.yaml", &schema, &data, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "no/such/file.yaml: cannot open"));
}

/* Both ends are inside, what is no number is not; the message names the last key and its line. */
static void a_number_out_of_range_is_refused_in_its_place(void **state)
{
    char path[256];
    spot_diag diag = {""};
    FILE *file;
    (void)state;

    spot_test_temp_path(path, sizeof(path), "range.yaml");
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("arm:\n  home:\n    - 1\n    - 7\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(spoti_yaml_in_range(path, "arm.home[0]", 1.0, 1.0, 2.0, &diag), SPOT_OK);
    assert_int_equal(spoti_yaml_in_range(path, "arm.home[0]", 2.0, 1.0, 2.0, &diag), SPOT_OK);
    assert_int_equal(spoti_yaml_in_range(path, "arm.home[0]", (double)NAN, 1.0, 2.0, NULL),
                     SPOT_E_FORMAT);
    assert_int_equal(spoti_yaml_in_range(path, "arm.home[1]", 7.0, 1.0, 2.0, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "range.yaml:4: home: 7, expected 1 to 2"));
    (void)remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_out_of_range_is_refused_in_its_place),
        cmocka_unit_test(a_good_document_is_read),
        cmocka_unit_test(each_wrong_document_is_refused_with_its_line),
        cmocka_unit_test(a_value_is_found_by_its_place),
        cmocka_unit_test(a_missing_file_is_an_input_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
