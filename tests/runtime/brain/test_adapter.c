/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Between a foreign policy and a task: scaling, conventions of actions, pictures, and files that say them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "runtime/brain/adapter_file.h"
#include "support/spot_test.h"

enum { PATH_SIZE = 1024, OBS = 21 };

/* A file that has all keys. */
typedef struct raw {
    spoti_scaling_file *normalise;
    spoti_action_file *action;
    spoti_image_file *image;
} raw;

/* clang-format off: tables */
#define MAYBE (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
static const cyaml_schema_field_t FIELDS[] = {
    CYAML_FIELD_MAPPING_PTR("normalise", MAYBE, raw, normalise, spoti_scaling_fields),
    CYAML_FIELD_MAPPING_PTR("action", MAYBE, raw, action, spoti_action_fields),
    CYAML_FIELD_MAPPING_PTR("image", MAYBE, raw, image, spoti_image_fields), CYAML_FIELD_END};
static const cyaml_schema_value_t SCHEMA = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw, FIELDS)};
/* clang-format on */

typedef struct fixture {
    char dir[PATH_SIZE];
    char path[PATH_SIZE + 16];
    spot_diag diag;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    spot_test_temp_path(f.dir, sizeof(f.dir), "adapter");
    *state = &f;
    (void)snprintf(f.path, sizeof(f.path), "%s.yaml", f.dir);
    return 0;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static raw *load(fixture *f, const char *text)
{
    void *data = NULL;
    write_text(f->path, text);
    f->diag.text[0] = '\0';
    (void)spoti_yaml_load(f->path, &SCHEMA, &data, &f->diag);
    return data;
}

/* The scaling that `text` gives to n entries. */
static spot_status scaling_of(fixture *f, const char *text, int n, const spot_allocator *allocator,
                              spoti_scaling *out)
{
    raw *r = load(f, text);
    assert_non_null(r);
    spot_status st = spoti_scaling_load(f->path, 1, r->normalise, n, 1, allocator, out, &f->diag);
    spoti_yaml_free(&SCHEMA, r);
    return st;
}

static spot_status actions_of(fixture *f, const char *text, int rows, int columns, int dim,
                              spoti_action_map *out)
{
    raw *r = load(f, text);
    if (r == NULL) {
        return SPOT_E_FORMAT;
    }
    spot_status st =
        spoti_action_map_load(f->path, r->action, rows, columns, dim, NULL, out, &f->diag);
    spoti_yaml_free(&SCHEMA, r);
    return st;
}

static spot_status image_of(fixture *f, const char *text, int height, int width,
                            spoti_image_map *out)
{
    raw *r = load(f, text);
    if (r == NULL) {
        return SPOT_E_FORMAT;
    }
    spot_status st = spoti_image_map_load(f->path, 1, r->image, height, width, out, &f->diag);
    spoti_yaml_free(&SCHEMA, r);
    return st;
}

static void observations_are_scaled_by_moments_or_bounds(void **state)
{
    static const struct {
        const char *text;
        float expected[2]; /* of 3 and 8 */
    } cases[] = {
        {"normalise: {mean: [1, 2], std: [0.5, 3]}", {4.0F, 2.0F}},
        {"normalise: {min: [1, 0], max: [5, 16]}", {0.0F, 0.0F}},
        {"normalise: {min: [1, 4], max: [5, 20]}", {0.0F, -0.5F}},
        {"normalise: {min: [1, 4], max: [5, 20], range: [0, 1]}", {0.5F, 0.25F}},
        {"image: {}", {3.0F, 8.0F}},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spoti_scaling s;
        float x[2] = {3.0F, 8.0F};
        assert_int_equal(scaling_of(f, cases[i].text, 2, NULL, &s), SPOT_OK);
        spoti_scaling_apply(&s, 2, x, x);
        assert_close(x[0], cases[i].expected[0], 1e-6, 0.0);
        assert_close(x[1], cases[i].expected[1], 1e-6, 0.0);
        spoti_scaling_close(&s);
    }
}

static void statistics_come_from_json_and_safetensors(void **state)
{
    fixture *f = *state;
    spoti_scaling s;
    char json[PATH_SIZE + 32];
    char text[2 * PATH_SIZE];
    (void)snprintf(json, sizeof(json), "%s-stats.json", f->dir);
    write_text(json, "{\"norm_stats\": {\"state\": {\"mean\": [1, 2.5], \"std\": [2, 4],\n"
                     " \"q01\": [0, 0], \"q99\": [2, 4], \"min\": [0, \"x\"], \"max\": [1, 2]}}}");
    (void)snprintf(text, sizeof(text), "normalise: {file: %s, key: norm_stats/state}", json);
    assert_int_equal(scaling_of(f, text, 2, NULL, &s), SPOT_OK);
    assert_true(s.shift[0] == 1.0F && s.shift[1] == 2.5F && s.width[0] == 2.0F &&
                s.width[1] == 4.0F);
    spoti_scaling_close(&s);
    (void)snprintf(text, sizeof(text), "normalise: {file: %s, key: norm_stats/state, by: q01-q99}",
                   json);
    assert_int_equal(scaling_of(f, text, 2, NULL, &s), SPOT_OK);
    assert_true(s.shift[1] == 2.0F && s.width[1] == 2.0F);
    spoti_scaling_close(&s);

    /* the shipped policy's own, as its header names them */
    (void)snprintf(text, sizeof(text), "normalise: {file: %s, key: normalize.obs}",
                   SPOT_SOURCE_DIR "/policies/ur5e-conveyor/model.safetensors");
    assert_int_equal(scaling_of(f, text, OBS, NULL, &s), SPOT_OK);
    for (int i = 0; i < OBS; i++) {
        assert_true(isfinite(s.shift[i]) && s.width[i] > 0.0F);
    }
    spoti_scaling_close(&s);
    static const char *const bad[][2] = {
        {"norm_stats/action", "mean: missing, expected a list of 2"},
        {"norm_stats/state, by: min-max", "min: no list of numbers, expected a list of 2"},
        {"norm_stats", "norm_stats/mean: missing"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(text, sizeof(text), "normalise: {file: %s, key: %s}", json, bad[i][0]);
        assert_int_equal(scaling_of(f, text, 2, NULL, &s), SPOT_E_FORMAT);
        assert_non_null(strstr(f->diag.text, bad[i][1]));
        assert_null(s.shift);
    }
    write_text(json, "{\"a\": {\"mean\": [[1, 2], [3, 4]], \"std\": [[5, 6], [7, 8]]},"
                     " \"b\": {\"mean\": [1, 2], \"std\": [[5, 6], [7, 8]]},"
                     " \"norm_stats\": {\"state\": {\"mean\": [1, 2], \"std\": [1, 1]}}}");
    raw *r = NULL;
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof(text), "normalise: {file: %s, key: %s}", json,
                       i == 0 ? "a" : "b");
        r = load(f, text);
        assert_int_equal(spoti_scaling_load(f->path, 1, r->normalise, 2, 2, NULL, &s, &f->diag),
                         i == 0 ? SPOT_OK : SPOT_E_FORMAT);
        assert_true(i == 1 || (s.n == 4 && s.shift[2] == 3.0F && s.width[3] == 8.0F));
        spoti_scaling_close(&s);
        spoti_yaml_free(&SCHEMA, r);
    }
    assert_non_null(strstr(f->diag.text, "2 numbers of the one and 4 of the other"));
    (void)snprintf(text, sizeof(text), "normalise: {file: %s, key: norm_stats/state}", json);
    assert_int_equal(scaling_of(f, text, 3, NULL, &s), SPOT_E_FORMAT);
    assert_non_null(strstr(f->diag.text, "another length, expected a list of 3"));
}

static void normalisations_that_say_too_little_or_nonsense_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"normalise: {mean: [1, 2]}", "one of the three"},
        {"normalise: {mean: [1, 2], std: [1, 1], min: [0, 0]}", "one of the three"},
        {"normalise: {mean: [1, 2], std: [1, 1], min: [0, 0], max: [1, 1]}", "one of the three"},
        {"normalise: {mean: [1, 2], max: [1, 1]}", "one of the three"},
        {"normalise: {by: mean-std}", "one of the three"},
        {"normalise:\n  mean: [1, 2]\n  std: [1, 1, 1]", ".yaml:3: std: 3 numbers, expected 2"},
        {"normalise: {mean: [1, 2], std: [1, 0]}", "entry 1 of the normalisation"},
        {"normalise: {mean: [1, 2], std: [1, -1]}", "std > 0"},
        {"normalise: {min: [1, 2], max: [2, 2]}", "max > min"},
        {"normalise: {mean: [1, 1e39], std: [1, 1]}", "finite"},
        {"normalise: {mean: [1, 2], std: [1, 1], range: [0, 1]}", "to which min and max go"},
        {"normalise: {min: [1, 2], max: [2, 3], range: [1, 0]}", "to which min and max go"},
        {"normalise: {mean: [1, 2], std: [1, 1], by: min-max}", "by: goes with file"},
        {"normalise: {mean: [1, 2], std: [1, 1], key: x}", "key: goes with file"},
        {"normalise: {file: stats.json}", "no key"},
        {"normalise: {file: stats.pt, key: x}", "*.json or *.safetensors"},
        {"normalise: {file: nowhere.json, key: x}", "cannot open"},
        {"normalise: {file: nowhere.safetensors, key: x}", "nowhere.safetensors"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spoti_scaling s = {.n = 7};
        assert_true(scaling_of(f, bad[i][0], 2, NULL, &s) != SPOT_OK);
        if (strstr(f->diag.text, bad[i][1]) == NULL) {
            fail_msg("%s: %s", bad[i][0], f->diag.text);
        }
        assert_true(s.shift == NULL && s.n == 0);
    }
    assert_null(load(f, "normalise: {mean: [1, x], std: [1, 1]}"));
    assert_non_null(strstr(f->diag.text, "expected a number"));
    assert_null(load(f, "normalise: {means: [1]}"));
    assert_non_null(strstr(f->diag.text, "unknown key 'means'"));
}

static void memory_that_is_short_is_said_and_given_back(void **state)
{
    fixture *f = *state;
    spot_test_allocator mem;
    const spot_allocator allocator = spot_test_failing_allocator(&mem, 0);
    spoti_scaling s;
    assert_int_equal(scaling_of(f, "normalise: {mean: [1], std: [1]}", 1, &allocator, &s),
                     SPOT_E_NOMEM);
    mem.fail_at = -1;
    assert_int_equal(scaling_of(f, "normalise: {mean: [1], std: [0]}", 1, &allocator, &s),
                     SPOT_E_FORMAT);
    assert_int_equal(scaling_of(f, "normalise: {mean: [1], std: [1]}", 1, &allocator, &s), SPOT_OK);
    spoti_scaling_close(&s);
    spot_test_assert_no_leak(&mem);
}

/* An answer of 3 actions with 4 columns; the last is a gripper's. */
static const float ANSWER[12] = {1, 2, 3, 0.9F, 4, 6, 8, 0.2F, 7, 7, 7, 0.5F};
static const double ANCHOR[3] = {0.5, 1.0, -1.0};

static void actions_are_brought_to_the_terms_of_the_task(void **state)
{
    static const struct {
        const char *text;
        int dim;
        int n; /* numbers in a chunk */
        float expected[12];
    } cases[] = {
        {"action: {}", 4, 12, {1, 2, 3, 0.9F, 4, 6, 8, 0.2F, 7, 7, 7, 0.5F}},
        {"action: {convention: relative}", 0, 12, {1, 2, 3, 0.9F, 4, 6, 8, 0.2F, 7, 7, 7, 0.5F}},
        /* beyond the anchor, an entry is absolute */
        {"action: {convention: absolute}",
         4,
         12,
         {0.5F, 1, 4, 0.9F, 3.5F, 5, 9, 0.2F, 6.5F, 6, 8, 0.5F}},
        {"action: {convention: delta, gripper: {entry: 3, open_above: 0.5}}",
         4,
         12,
         {1, 2, 3, 0.4F, 5, 8, 11, -0.3F, 12, 15, 18, 0}},
        {"action: {convention: delta, entries: [0, 2]}",
         4,
         12,
         {1, 2, 3, 0.9F, 5, 6, 11, 0.2F, 12, 7, 18, 0.5F}},
        {"action: {gripper: {entry: 3, open_below: 0.25}, horizon: 2}",
         4,
         8,
         {1, 2, 3, -0.65F, 4, 6, 8, 0.05F}},
        {"action: {convention: absolute, columns: [2, 0], first: 1}", 2, 4, {7.5F, 3, 6.5F, 6}},
        /* scaled by the model's column, not by the entry */
        {"action: {columns: [1, 3], denormalise: {mean: [0, 10, 0, 1], std: [9, 2, 9, 10]}}",
         0,
         6,
         {14, 10, 22, 3, 24, 6}},
        /* a normalisation of its own for each row */
        {"action: {columns: [0, 3], first: 1, denormalise: {mean: [9, 9, 9, 9, 1, 9, 9, 2, 3, 9, "
         "9, 4], "
         "std: [9, 9, 9, 9, 10, 9, 9, 20, 30, 9, 9, 40]}}",
         2,
         4,
         {41, 6, 213, 24}},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spoti_action_map map;
        float chunk[13] = {0};
        chunk[cases[i].n] = 42.0F;
        if (actions_of(f, cases[i].text, 3, 4, cases[i].dim, &map) != SPOT_OK) {
            fail_msg("%s: %s", cases[i].text, f->diag.text);
        }
        assert_int_equal(map.dim * map.horizon, cases[i].n);
        assert_int_equal(spoti_action_map_apply(&map, ANSWER, ANCHOR, 3, chunk, &f->diag), SPOT_OK);
        for (int k = 0; k < cases[i].n; k++) {
            assert_close(chunk[k], cases[i].expected[k], 1e-6, 1e-6);
        }
        assert_true(chunk[cases[i].n] == 42.0F);
        spoti_action_map_close(&map);
    }
}

static void answers_without_numbers_or_without_an_anchor_are_refused(void **state)
{
    fixture *f = *state;
    spoti_action_map map;
    float answer[12];
    float chunk[12];
    static const char *const needs[] = {"action: {convention: delta}",
                                        "action: {convention: relative}"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(actions_of(f, needs[i], 3, 4, 4, &map), SPOT_OK);
        assert_int_equal(spoti_action_map_apply(&map, ANSWER, NULL, 0, chunk, &f->diag),
                         SPOT_E_UNSUPPORTED);
        assert_non_null(strstr(f->diag.text, "relative to nothing"));
    }
    assert_int_equal(actions_of(f, "action: {horizon: 2, columns: [0, 1, 2]}", 3, 4, 3, &map),
                     SPOT_OK);
    for (int i = 0; i < 12; i++) {
        memcpy(answer, ANSWER, sizeof(answer));
        answer[i] = i % 2 == 0 ? NAN : INFINITY;
        const bool seen = i < 8 && i % 4 < 3;
        assert_int_equal(spoti_action_map_apply(&map, answer, ANCHOR, 3, chunk, &f->diag),
                         seen ? SPOT_E_FORMAT : SPOT_OK);
        if (seen) {
            char where[64];
            (void)snprintf(where, sizeof(where), "not finite in entry %d of action %d", i % 4,
                           i / 4);
            assert_non_null(strstr(f->diag.text, where));
        }
    }
}

static void actions_that_do_not_fit_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"action: {}", "the model has 4 entries in an action, expected 3 as the task has"},
        {"action: {columns: [0, 1]}", "columns lists 2 entries in an action, expected 3"},
        {"action: {columns: [0, 1, 4]}", "columns: 4, expected 0..3"},
        {"action: {columns: [0, 1, -1]}", "columns: -1, expected 0..3"},
        {"action: {columns: [0, 1, 1]}", "columns: 1 again"},
        {"action: {columns: [0, 1, 2], entries: [3]}", "entries: 3, expected 0..2"},
        {"action: {columns: [0, 1, 2], first: 3}", "first: 3, expected 0..2"},
        {"action: {columns: [0, 1, 2], first: -1}", "first: -1"},
        {"action: {columns: [0, 1, 2], horizon: 4}", "horizon: 4, expected 1..3"},
        {"action: {columns: [0, 1, 2], horizon: 3, first: 1}", "horizon: 3, expected 1..2"},
        {"action: {columns: [0, 1, 2], horizon: 0}", "horizon: 0"},
        {"action: {columns: [0, 1, 2], gripper: {entry: 3, open_above: 0}}", "entry: 3"},
        {"action: {columns: [0, 1, 2], gripper: {entry: -1, open_above: 0}}", "entry: -1"},
        {"action: {columns: [0, 1, 2], gripper: {entry: 1}}", "one of open_above"},
        {"action: {columns: [0, 1, 2], gripper: {entry: 1, open_above: 0, open_below: 1}}",
         "one of open_above"},
        {"action: {columns: [0, 1, 2], denormalise: {mean: [1], std: [1]}}", "expected 4"},
        {"action: {convention: relativ}", "expected one of: task, relative, absolute, delta"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spoti_action_map map;
        assert_int_equal(actions_of(f, bad[i][0], 3, 4, 3, &map), SPOT_E_FORMAT);
        if (strstr(f->diag.text, bad[i][1]) == NULL) {
            fail_msg("%s: %s", bad[i][0], f->diag.text);
        }
    }
    spoti_action_map map;
    assert_int_equal(actions_of(f, "action: {}", 1, SPOTI_ADAPTER_DIM_MAX + 1, 0, &map),
                     SPOT_E_FORMAT);
}

/* Byte i of a picture of any size: (7 i^2 + 31 i) mod 256. */
static spot_image picture(uint8_t *pixels, int height, int width)
{
    for (int64_t i = 0; i < (int64_t)height * width * 3; i++) {
        pixels[i] = (uint8_t)(i * i * 7 + i * 31);
    }
    return (spot_image){.name = "top", .height = height, .width = width, .pixels = pixels};
}

/* Expected bytes are those of Pillow 11.3.0 (Image.resize with BILINEAR), padded as openpi-client pads. */
static void pictures_are_resized_as_pillow_does(void **state)
{
    static const uint8_t smaller[36] = {115, 125, 166, 133, 153, 103, 141, 146, 145, 86,  146, 101,
                                        167, 93,  123, 131, 157, 108, 94,  134, 125, 125, 104, 119,
                                        170, 87,  133, 133, 148, 125, 113, 155, 117, 151, 137, 110};
    static const uint8_t larger[45] = {0,   38,  90,  62,  117, 84,  156, 236, 74,  172, 123, 140,
                                       182, 48,  184, 39,  140, 127, 75,  141, 94,  128, 143, 44,
                                       181, 144, 147, 215, 144, 215, 78,  242, 164, 87,  165, 104,
                                       100, 50,  14,  189, 164, 153, 248, 240, 246};
    static uint8_t pixels[480 * 640 * 3];
    static uint8_t out[224 * 224 * 3];
    spoti_image_map map;
    fixture *f = *state;
    spot_image image = picture(pixels, 7, 5);
    assert_int_equal(image_of(f, "image: {resize: stretch}", 3, 4, &map), SPOT_OK);
    assert_int_equal(spoti_image_map_apply(&map, &image, out, NULL), SPOT_OK);
    assert_memory_equal(out, smaller, sizeof(smaller));

    image = picture(pixels, 2, 3);
    assert_int_equal(image_of(f, "image: {resize: stretch}", 3, 5, &map), SPOT_OK);
    assert_int_equal(spoti_image_map_apply(&map, &image, out, NULL), SPOT_OK);
    assert_memory_equal(out, larger, sizeof(larger));

    image = picture(pixels, 480, 640);
    assert_int_equal(image_of(f, "image: {height: 224, width: 224}", 0, 0, &map), SPOT_OK);
    assert_int_equal(spoti_image_map_apply(&map, &image, out, NULL), SPOT_OK);
    assert_true(spoti_hash(SPOTI_HASH_START, out, sizeof(out)) == UINT64_C(0x8e25664289ad621b));
}

static void pictures_are_laid_out_as_the_model_wants(void **state)
{
    uint8_t pixels[18];
    uint8_t bytes[18];
    float values[18];
    spoti_image_map map;
    fixture *f = *state;
    spot_image image = picture(pixels, 2, 3);
    /* as it is, turned, in another order of axes and of channels: pixel p, channel c */
    static const struct {
        const char *text;
        int pixel[6], channel[3];
        bool first;
    } cases[] = {
        {"image: {}", {0, 1, 2, 3, 4, 5}, {0, 1, 2}, false},
        {"image: {rotate: 180, order: bgr}", {5, 4, 3, 2, 1, 0}, {2, 1, 0}, false},
        {"image: {layout: chw}", {0, 1, 2, 3, 4, 5}, {0, 1, 2}, true},
        {"image: {layout: chw, rotate: 180}", {5, 4, 3, 2, 1, 0}, {0, 1, 2}, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(image_of(f, cases[i].text, 2, 3, &map), SPOT_OK);
        assert_int_equal(spoti_image_map_apply(&map, &image, bytes, NULL), SPOT_OK);
        for (int p = 0; p < 6; p++) {
            for (int c = 0; c < 3; c++) {
                assert_int_equal(bytes[cases[i].first ? 6 * c + p : 3 * p + c],
                                 pixels[3 * cases[i].pixel[p] + cases[i].channel[c]]);
            }
        }
    }
    assert_int_equal(
        image_of(f, "image: {values: unit, mean: [0, 0.5, 1], std: [1, 2, 4]}", 2, 3, &map),
        SPOT_OK);
    assert_int_equal(spoti_image_map_apply(&map, &image, values, NULL), SPOT_OK);
    for (int i = 0; i < 18; i++) {
        static const double mean[3] = {0, 0.5, 1}, std[3] = {1, 2, 4};
        assert_close(values[i], (pixels[i] / 255.0 - mean[i % 3]) / std[i % 3], 1e-6, 0.0);
    }
    assert_int_equal(image_of(f, "image: {values: signed}", 2, 3, &map), SPOT_OK);
    assert_int_equal(spoti_image_map_apply(&map, &image, values, NULL), SPOT_OK);
    for (int i = 0; i < 18; i++) {
        assert_close(values[i], pixels[i] / 127.5 - 1.0, 1e-6, 0.0);
    }
}

static void pictures_that_do_not_fit_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"image: {height: 5}", "height: 5, expected the model's 4"},
        {"image: {rotate: 90}", "expected 0 or 180"},
        {"image: {mean: [1, 1, 1], std: [1, 1, 1]}", "values: unit or signed"},
        {"image: {values: unit, mean: [1, 1, 1]}", "expected mean and std"},
        {"image: {values: unit, mean: [1, 1], std: [1, 1]}", "three channels"},
        {"image: {values: unit, mean: [1, 1, 1], std: [1, 1, 0]}", "expected numbers > 0"},
        {"image: {layout: nchw}", "expected one of: hwc, chw"},
    };
    fixture *f = *state;
    uint8_t pixels[18];
    const spot_image image = picture(pixels, 2, 3);
    spoti_image_map map;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(image_of(f, bad[i][0], 4, 4, &map), SPOT_E_FORMAT);
        if (strstr(f->diag.text, bad[i][1]) == NULL) {
            fail_msg("%s: %s", bad[i][0], f->diag.text);
        }
    }
    assert_int_equal(image_of(f, "image: {height: 4}", 0, 0, &map), SPOT_E_FORMAT);
    assert_int_equal(image_of(f, "image: {height: 4, width: 8193}", 0, 0, &map), SPOT_E_FORMAT);
    assert_int_equal(image_of(f, "image: {resize: none}", 4, 4, &map), SPOT_OK);
    assert_int_equal(spoti_image_map_apply(&map, &image, pixels, &f->diag), SPOT_E_FORMAT);
    assert_non_null(strstr(f->diag.text, "image 'top' is 2 x 3, expected 4 x 4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observations_are_scaled_by_moments_or_bounds),
        cmocka_unit_test(statistics_come_from_json_and_safetensors),
        cmocka_unit_test(normalisations_that_say_too_little_or_nonsense_are_refused),
        cmocka_unit_test(memory_that_is_short_is_said_and_given_back),
        cmocka_unit_test(actions_are_brought_to_the_terms_of_the_task),
        cmocka_unit_test(answers_without_numbers_or_without_an_anchor_are_refused),
        cmocka_unit_test(actions_that_do_not_fit_are_refused),
        cmocka_unit_test(pictures_are_resized_as_pillow_does),
        cmocka_unit_test(pictures_are_laid_out_as_the_model_wants),
        cmocka_unit_test(pictures_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
