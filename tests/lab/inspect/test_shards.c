/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Models in several safetensors files, and what is not whole about them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/inspect/index_map.h"
#include "spot/inspect.h"
#include "support/spot_test.h"

enum { TEXT = 1024 };

/* A file of F32 tensors of one element each, `names` being their first letters; the i-th holds values[i]. */
static void write_shard(const char *file, const char *names, const float *values)
{
    const size_t n = strlen(names);
    unsigned char blob[TEXT] = {0};
    char path[TEXT];
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        length += (size_t)snprintf((char *)blob + 8 + length, TEXT - 8 - length,
                                   "%c\"%c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":"
                                   "[%zu,%zu]}",
                                   i == 0 ? '{' : ',', names[i], 4 * i, 4 * i + 4);
    }
    length += (size_t)snprintf((char *)blob + 8 + length, TEXT - 8 - length, n == 0 ? "{}" : "}");
    blob[0] = (unsigned char)(length & 0xFFU);
    blob[1] = (unsigned char)(length >> 8 & 0xFFU);
    if (n > 0) {
        memcpy(blob + 8 + length, values, 4 * n);
    }
    spot_test_temp_path(path, sizeof path, file);
    spot_test_write_file(path, blob, 8 + length + 4 * n);
}

static spot_status open_index(const char *text, spot_inspect **file, spot_diag *diag)
{
    char path[TEXT];

    spot_test_temp_path(path, sizeof path, "model.safetensors.index.json");
    spot_test_write_file(path, text, strlen(text));
    return spot_inspect_open(path, NULL, file, diag);
}

static const float VALUES[3] = {1.0F, 2.0F, 3.0F};

/* Files in the order of the map, which is not that of their names; tensors in that of their data. */
static void shards_are_followed_in_the_order_of_the_map(void **state)
{
    static const char *const names[] = {"q", "p", "z", "a", "b"};
    static const double values[] = {1.0, 2.0, 1.0, 2.0, 3.0};
    spot_inspect *file = NULL;
    spot_inspect_tensor t;
    spot_diag diag = {""};

    (void)state;
    write_shard("m-2", "zab", VALUES);
    write_shard("m-1", "qp", VALUES);
    if (open_index("{\"metadata\":{\"total_size\":20,\"x\":[{}]},\"weight_map\":{\"p\":\"m-1\","
                   "\"b\":\"m-2\",\"q\":\"m-\\u0031\",\"a\":\"m-2\",\"z\":\"m-2\"}}",
                   &file, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(spot_inspect_count(file), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(spot_inspect_read(file, i, &t, &diag), SPOT_OK);
        assert_string_equal(t.name, names[i]);
        assert_true(t.mean_abs == values[i] && t.n_byte == 4);
    }
    spot_inspect_close(file);
}

static void what_is_not_whole_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
        spot_status st;
    } bad[] = {
        {"{\"weight_map\":{\"q\":\"m-1\",\"p\":\"none\"}}", "none: cannot open", SPOT_E_IO},
        {"{\"weight_map\":{\"q\":\"m-1\"}}",
         "m-1: tensor 'p': the weight_map of model.safetensors.index.json lacks it", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"m-1\",\"p\":\"m-2\"}}",
         "m-1: tensor 'p': the weight_map of model.safetensors.index.json has it in another file",
         SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"m-1\",\"p\":\"m-1\",\"r\":\"m-1\"}}",
         "m-1: no tensor 'r', expected it as the weight_map of model.safetensors.index.json says",
         SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"m-1\",\"p\":\"m-1\",\"r\":\"m-0\"}}", "m-0: no tensor 'r'",
         SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"lfs\"}}", "lfs: is a Git LFS pointer", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"/etc/m\"}}", "file '/etc/m', expected the plain name",
         SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"..\"}}", "expected the plain name", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\".\"}}", "expected the plain name", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"\"}}", "expected the plain name", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"a\\u002fb\"}}", "file 'a/b', expected", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":1}}", "weight_map: 'q': expected a text", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"x\",\"q\":\"x\"}}", "tensor 'q': there twice", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"x\"},\"weight_map\":{\"q\":\"x\"}}", "weight_map is there twice",
         SPOT_E_FORMAT},
        {"{\"weight_map\":[]}", "weight_map: expected an object", SPOT_E_FORMAT},
        {"{\"weight_map\":{}}", "no weight_map, or an empty one", SPOT_E_FORMAT},
        {"{\"metadata\":{}}", "no weight_map, or an empty one", SPOT_E_FORMAT},
        {"", "index: expected an object", SPOT_E_FORMAT},
        {"{\"weight_map\":{\"q\":\"x\"}", "index: not ended", SPOT_E_FORMAT},
        {"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer", SPOT_E_FORMAT},
    };
    char path[TEXT];

    (void)state;
    write_shard("m-1", "qp", VALUES);
    write_shard("m-0", "", VALUES);
    spot_test_temp_path(path, sizeof path, "lfs");
    spot_test_write_file(path, "version https://git-lfs.github.com/spec/v1\noid", 46);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spot_inspect *file = NULL;
        spot_diag diag = {""};
        const spot_status st = open_index(bad[i].text, &file, &diag);

        if (st != bad[i].st || strstr(diag.text, bad[i].words) == NULL) {
            fail_msg("case %zu, %s: %d, '%s' lacks '%s'", i, bad[i].text, (int)st, diag.text,
                     bad[i].words);
        }
        assert_null(file);
    }
}

static void pointers_of_git_lfs_are_named(void **state)
{
    static const char *const names[] = {"lfs.safetensors", "lfs.onnx"};
    char path[TEXT];

    (void)state;
    for (int i = 0; i < 2; i++) {
        spot_inspect *file = NULL;
        spot_diag diag = {""};

        spot_test_temp_path(path, sizeof path, names[i]);
        spot_test_write_file(path, "version https://git-lfs.github.com/spec/v1\noid", 46);
        assert_int_equal(spot_inspect_open(path, NULL, &file, &diag), SPOT_E_FORMAT);
        assert_non_null(strstr(diag.text, names[i]));
        assert_non_null(
            strstr(diag.text, ": is a Git LFS pointer, expected the file itself (git lfs pull"));
    }
}

/* One file more than can be held open. */
static void too_many_shards_are_refused(void **state)
{
    enum { ROOM = 40 * (SPOTI_SHARDS_MAX + 1) };
    char *text = malloc(ROOM);

    (void)state;
    assert_non_null(text);
    for (int n = SPOTI_SHARDS_MAX; n <= SPOTI_SHARDS_MAX + 1; n++) {
        size_t length = (size_t)snprintf(text, ROOM, "{\"weight_map\":{");
        spoti_index_map map;
        spot_diag diag = {""};

        for (int i = 0; i < n; i++) {
            length += (size_t)snprintf(text + length, ROOM - length, "%s\"t%d\":\"f%d\"",
                                       i > 0 ? "," : "", i, i);
        }
        length += (size_t)snprintf(text + length, ROOM - length, "}}");
        assert_int_equal(spoti_index_map_read("x", text, length, NULL, &map, &diag),
                         n == SPOTI_SHARDS_MAX ? SPOT_OK : SPOT_E_FORMAT);
        assert_true(n == SPOTI_SHARDS_MAX || strstr(diag.text, "at most 512 files") != NULL);
        assert_int_equal(map.n_file, n == SPOTI_SHARDS_MAX ? n : 0);
        spoti_index_map_close(&map);
    }
    free(text);
}

static void running_out_of_memory_is_survived(void **state)
{
    static const char text[] = "{\"weight_map\":{\"q\":\"m-1\",\"p\":\"m-1\",\"z\":\"m-2\"}}";
    char path[TEXT];
    spot_inspect_config config;
    spot_status st = SPOT_E_NOMEM;

    (void)state;
    write_shard("m-1", "qp", VALUES);
    write_shard("m-2", "z", VALUES);
    spot_test_temp_path(path, sizeof path, "model.safetensors.index.json");
    spot_test_write_file(path, text, sizeof text - 1);
    spot_inspect_config_default(&config);
    for (int k = 0; k < 100 && st == SPOT_E_NOMEM; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_inspect *file = NULL;

        config.allocator = &a;
        st = spot_inspect_open(path, &config, &file, NULL);
        assert_true((file != NULL) == (st == SPOT_OK));
        spot_inspect_close(file);
        spot_test_assert_no_leak(&mem);
    }
    assert_int_equal(st, SPOT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_are_followed_in_the_order_of_the_map),
        cmocka_unit_test(what_is_not_whole_is_refused),
        cmocka_unit_test(pointers_of_git_lfs_are_named),
        cmocka_unit_test(too_many_shards_are_refused),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
