/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Policy folders: each broken config.json or model.safetensors is refused with place and reason. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/policy/random_dit.h"
#include "runtime/policy/random_policy.h"
#include "spot/policy.h"
#include "support/spot_test.h"

enum { TEXT_MAX = 4096, MODEL_MAX = 1 << 18 };

/* One key a line, so that lines can be counted. */
static const char CONFIG[] =
    "{\"type\": \"flow_mixer\",\n"
    "\"format_version\": 1,\n"
    "\"task\": \"random\",\n"
    "\"input_features\": {\"observation.state\": {\"type\": \"STATE\", \"shape\": [3]}},\n"
    "\"output_features\": {\"action\": {\"type\": \"ACTION\", \"shape\": [2]}},\n"
    "\"horizon\": 5,\n"
    "\"n_action_steps\": 5,\n"
    "\"num_inference_steps\": 10,\n"
    "\"channels\": 19,\n"
    "\"token_hidden\": 7,\n"
    "\"channel_hidden\": 23,\n"
    "\"blocks\": 2,\n"
    "\"time_dim\": 10,\n"
    "\"time_period_min\": 0.004,\n"
    "\"time_period_max\": 4.0}\n";

typedef struct edit {
    const char *from, *to; /* the first `from` of the good text becomes `to` */
    spot_status status;
    const char *words;
} edit;

static const edit CONFIG_EDITS[] = {
    {"\"flow_mixer\"", "\"act\"", SPOT_E_UNSUPPORTED, "config.json:1: type: 'act'"},
    {"\"flow_mixer\"", "5", SPOT_E_FORMAT, "config.json:1: type"},
    {"version\": 1", "version\": 2", SPOT_E_UNSUPPORTED, "config.json:2: format_version"},
    {"\"random\"", "\"\"", SPOT_E_FORMAT, "config.json:3: task: '', expected a text"},
    {"\"STATE\"", "\"VISUAL\"", SPOT_E_FORMAT, "config.json:4: input_features"},
    {"[3]", "[3, 3]", SPOT_E_FORMAT, "config.json:4: input_features"},
    {"[3]", "[0]", SPOT_E_FORMAT, "config.json:4: input_features"},
    {"\"action\"", "\"actions\"", SPOT_E_FORMAT, "config.json:5: output_features"},
    {"[2]", "[\"2\"]", SPOT_E_FORMAT, "config.json:5: output_features"},
    {"\"horizon\": 5", "\"horizon\": 0", SPOT_E_FORMAT,
     "config.json:6: horizon: 0, expected a whole number 1..1024"},
    {"\"horizon\": 5", "\"horizon\": 5.0", SPOT_E_FORMAT, "config.json:6: horizon"},
    {"\"horizon\": 5", "\"horizont\": 5", SPOT_E_FORMAT, "config.json:6: unknown key 'horizont'"},
    {"\"horizon\": 5,\n", "", SPOT_E_FORMAT, "horizon: missing"},
    {"steps\": 5", "steps\": 6", SPOT_E_FORMAT,
     "config.json:7: n_action_steps: 6, expected 1..5, the horizon"},
    {"steps\": 10", "steps\": 101", SPOT_E_FORMAT, "config.json:8: num_inference_steps"},
    {"channels\": 19", "channels\": 99999999999", SPOT_E_FORMAT, "config.json:9: channels"},
    {"channels\": 19", "channels\": true", SPOT_E_FORMAT, "config.json:9: channels"},
    {"\"blocks\": 2", "\"blocks\": 65", SPOT_E_FORMAT, "config.json:12: blocks"},
    {"\"blocks\": 2", "\"blocks\": 2,\n\"blocks\": 2", SPOT_E_FORMAT, "config.json:13: "},
    {"time_dim\": 10", "time_dim\": 11", SPOT_E_FORMAT,
     "config.json:13: time_dim: 11, expected an even number"},
    {"0.004", "0", SPOT_E_FORMAT, "config.json:14: time_period_min"},
    {"0.004", "5", SPOT_E_FORMAT,
     "config.json:15: time_period_max: 4, expected at least time_period_min, 5"},
    {"4.0}", "4.0", SPOT_E_FORMAT, "config.json:1"},
    {"{\"type\"", "[\"type\"", SPOT_E_FORMAT, "config.json:1: "},
    /* The configuration is good and the weights do not fit it. */
    {"channels\": 19", "channels\": 20", SPOT_E_FORMAT, "'in_proj.weight': shape does not fit"},
    {"\"blocks\": 2", "\"blocks\": 3", SPOT_E_FORMAT, "'blocks.2.token_mlp.fc1.weight': missing"},
    {"\"blocks\": 2", "\"blocks\": 1", SPOT_E_FORMAT, "tensors, expected the"},
    {"channel_hidden\": 23", "channel_hidden\": 16384", SPOT_E_FORMAT, "channel_mlp.fc1.weight"},
};

static const edit MODEL_EDITS[] = {
    {"\"in_proj.bias\"", "\"in_proj.bian\"", SPOT_E_FORMAT, "'in_proj.bias': missing"},
    {"\"F32\"", "\"F64\"", SPOT_E_FORMAT, "dtype: expected F32"},
    {"\"shape\":[19,5]", "\"shape\":[5,19]", SPOT_E_FORMAT, "'in_proj.weight': shape does not fit"},
};

/* The same of a transformer. */
static const char DIT_CONFIG[] =
    "{\"type\": \"dit\",\n"
    "\"format_version\": 1,\n"
    "\"task\": \"random\",\n"
    "\"input_features\": {\"observation.state\": {\"type\": \"STATE\", \"shape\": [5]}},\n"
    "\"output_features\": {\"action\": {\"type\": \"ACTION\", \"shape\": [2]}},\n"
    "\"horizon\": 7,\n"
    "\"n_action_steps\": 5,\n"
    "\"num_inference_steps\": 10,\n"
    "\"width\": 38,\n"
    "\"heads\": 2,\n"
    "\"mlp_hidden\": 29,\n"
    "\"blocks\": 4,\n"
    "\"time_dim\": 10,\n"
    "\"time_period_min\": 0.004,\n"
    "\"time_period_max\": 4.0,\n"
    "\"obs_groups\": [4, 1],\n"
    "\"sampler\": \"ddim\",\n"
    "\"prediction\": \"sample\"}\n";

static const edit DIT_EDITS[] = {
    {"\"dit\"", "\"flow_mixer\"", SPOT_E_FORMAT, "config.json:9: unknown key 'width'"},
    {"\"mlp_hidden\"", "\"token_hidden\"", SPOT_E_FORMAT, "json:11: unknown key 'token_hidden'"},
    {"\"heads\": 2,\n", "", SPOT_E_FORMAT, "heads: missing, expected a whole number"},
    {"\"heads\": 2", "\"heads\": 0", SPOT_E_FORMAT, "config.json:10: heads: 0, expected"},
    {"\"heads\": 2", "\"heads\": 3", SPOT_E_FORMAT,
     "json:10: heads: 3, expected a divisor of width, 38"},
    {"[4, 1]", "[4, 2]", SPOT_E_FORMAT,
     "config.json:16: obs_groups: a list, expected sizes that add up"},
    {"[4, 1]", "[5, 0]", SPOT_E_FORMAT,
     "config.json:16: obs_groups: a list, expected sizes that are"},
    {"[4, 1]", "[2.5, 2.5]", SPOT_E_FORMAT,
     "config.json:16: obs_groups: a list, expected sizes that are"},
    {"[4, 1]", "5", SPOT_E_FORMAT, "config.json:16: obs_groups: 5, expected sizes that add up"},
    {"[4, 1]",
     "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
     SPOT_E_FORMAT, "config.json:16: obs_groups: a list, expected at most 64"},
    {"\"ddim\"", "\"euler\"", SPOT_E_FORMAT,
     "config.json:17: sampler: 'euler', expected flow or ddim"},
    {"\"ddim\"", "3", SPOT_E_FORMAT, "config.json:17: sampler: 3, expected flow or ddim"},
    {"\"ddim\"", "\"flow\"", SPOT_E_FORMAT,
     "config.json:18: prediction: 'sample', expected velocity with"},
    {"\"sample\"", "\"velocity\"", SPOT_E_FORMAT,
     "config.json:18: prediction: 'velocity', expected"},
    {"\"sample\"", "null", SPOT_E_FORMAT, "config.json:18: prediction: null, expected"},
    {"sample\"}", "sample\",\n\"history\": 5}", SPOT_E_FORMAT,
     "config.json:19: history: 5, expected {\"frames\": 1..1024, \"commands\": 1..1024}"},
    {"sample\"}", "sample\",\n\"history\": null}", SPOT_E_FORMAT,
     "json:19: history: null, expected {"},
    {"sample\"}", "sample\",\n\"history\": {\"frames\": 4}}", SPOT_E_FORMAT,
     "config.json:19: history: an object, expected {"},
    {"sample\"}", "sample\",\n\"history\": {\"frames\": 4, \"actions\": 4}}", SPOT_E_FORMAT,
     "config.json:19: history: an object, expected {"},
    {"sample\"}", "sample\",\n\"history\": {\"frames\": 4,\n\"commands\": 0}}", SPOT_E_FORMAT,
     "config.json:20: commands: 0, expected a whole number 1..1024"},
    {"sample\"}", "sample\",\n\"history\": {\"frames\": 1025, \"commands\": 4}}", SPOT_E_FORMAT,
     "config.json:19: frames: 1025, expected a whole number 1..1024"},
    {"sample\"}", "sample\",\n\"history\": {\"frames\": 2.5, \"commands\": 4}}", SPOT_E_FORMAT,
     "config.json:19: frames: 2.5, expected"},
    /* The configuration is good and the weights do not fit it. */
    {"[4, 1]", "[4, 1, 1]", SPOT_E_FORMAT, "obs_groups: a list, expected sizes that add up"},
    {"[4, 1]", "[3, 1, 1]", SPOT_E_FORMAT, "'obs_bias': shape does not fit"},
    {"sample\"}", "sample\", \"history\": {\"frames\": 4, \"commands\": 4}}", SPOT_E_FORMAT,
     "'frame_fc1.weight': missing"},
    {"mlp_hidden\": 29", "mlp_hidden\": 30", SPOT_E_FORMAT, "'blocks.0.mlp.l1.weight': shape"},
    {"\"blocks\": 4", "\"blocks\": 5", SPOT_E_FORMAT, "'blocks.4.sa.q.weight': missing"},
    {"\"blocks\": 4", "\"blocks\": 3", SPOT_E_FORMAT, "tensors, expected the"},
};

/* Replaces the first `from`; texts of any bytes. Returns the new size. */
static size_t replace(const char *in, size_t size, const edit *e, char *out, size_t out_size)
{
    const size_t from = strlen(e->from);
    const size_t to = strlen(e->to);
    size_t at = 0;

    while (at + from <= size && memcmp(in + at, e->from, from) != 0) {
        at++;
    }
    assert_true(at + from <= size);
    assert_true(size - from + to <= out_size);
    memcpy(out, in, at);
    memcpy(out + at, e->to, to);
    memcpy(out + at + to, in + at + from, size - at - from);
    return size - from + to;
}

static void expect(const char *dir, const edit *e)
{
    spot_policy *policy = NULL;
    spot_diag diag = {""};
    const spot_status st = spot_policy_load(dir, NULL, &policy, &diag);

    if (st != e->status || strstr(diag.text, e->words) == NULL) {
        fail_msg("'%s' for '%s': %s, '%s' lacks '%s'", e->to, e->from, spot_status_str(st),
                 diag.text, e->words);
    }
    assert_null(policy);
}

static void make_folder(char *dir, size_t dir_size, char *config, char *model, size_t path_size)
{
    random_policy *p = random_policy_create(&random_policy_small, 11);

    spot_test_temp_path(dir, dir_size, "policy");
    random_policy_write(p, dir);
    random_policy_destroy(p);
    (void)snprintf(config, path_size, "%.900s/config.json", dir);
    (void)snprintf(model, path_size, "%.900s/model.safetensors", dir);
}

static void bad_configurations_are_refused_with_line_and_reason(void **state)
{
    char dir[1024];
    char config[1024];
    char model[1024];
    char text[TEXT_MAX];
    spot_policy *policy = NULL;

    (void)state;
    make_folder(dir, sizeof dir, config, model, sizeof config);
    spot_test_write_file(config, CONFIG, strlen(CONFIG));
    assert_int_equal(spot_policy_load(dir, NULL, &policy, NULL), SPOT_OK);
    spot_policy_destroy(policy);
    for (size_t i = 0; i < sizeof CONFIG_EDITS / sizeof CONFIG_EDITS[0]; i++) {
        const size_t n = replace(CONFIG, strlen(CONFIG), &CONFIG_EDITS[i], text, sizeof text);

        spot_test_write_file(config, text, n);
        expect(dir, &CONFIG_EDITS[i]);
    }
}

static void bad_configurations_of_a_transformer_are_refused(void **state)
{
    random_dit *p = random_dit_create(&random_dit_small, 11);
    char dir[1024];
    char config[1024];
    char text[TEXT_MAX];
    spot_policy *policy = NULL;

    (void)state;
    spot_test_temp_path(dir, sizeof dir, "dit");
    random_dit_write(p, dir);
    random_dit_destroy(p);
    (void)snprintf(config, sizeof config, "%.900s/config.json", dir);
    spot_test_write_file(config, DIT_CONFIG, strlen(DIT_CONFIG));
    assert_int_equal(spot_policy_load(dir, NULL, &policy, NULL), SPOT_OK);
    spot_policy_destroy(policy);
    for (size_t i = 0; i < sizeof DIT_EDITS / sizeof DIT_EDITS[0]; i++) {
        const size_t n = replace(DIT_CONFIG, strlen(DIT_CONFIG), &DIT_EDITS[i], text, sizeof text);

        spot_test_write_file(config, text, n);
        expect(dir, &DIT_EDITS[i]);
    }
}

static char good[MODEL_MAX];
static char changed[MODEL_MAX];

/* Puts a float32 at the place of the last tensor's last value and expects a refusal. */
static void expect_value_refused(const char *dir, const char *model, size_t size, float value,
                                 const char *words)
{
    const edit e = {"last value", "a bad one", SPOT_E_FORMAT, words};

    memcpy(changed, good, size);
    memcpy(changed + size - sizeof value, &value, sizeof value);
    spot_test_write_file(model, changed, size);
    expect(dir, &e);
}

static void bad_weights_are_refused_with_a_reason(void **state)
{
    const float nan_value = NAN;
    char dir[1024];
    char config[1024];
    char model[1024];
    size_t size = 0;

    (void)state;
    make_folder(dir, sizeof dir, config, model, sizeof config);
    size = spot_test_read_file(model, good, sizeof good);
    for (size_t i = 0; i < sizeof MODEL_EDITS / sizeof MODEL_EDITS[0]; i++) {
        /* Same length, so that the header's length stays right. */
        assert_int_equal(strlen(MODEL_EDITS[i].from), strlen(MODEL_EDITS[i].to));
        spot_test_write_file(model, changed,
                             replace(good, size, &MODEL_EDITS[i], changed, sizeof changed));
        expect(dir, &MODEL_EDITS[i]);
    }
    /* The last tensor is a deviation. */
    expect_value_refused(dir, model, size, nan_value, "'unnormalize.action.std': expected finite");
    expect_value_refused(dir, model, size, 0.0F, "expected finite values above 0");
    expect_value_refused(dir, model, size, -1.0F, "expected finite values above 0");
}

static void missing_files_are_named(void **state)
{
    char dir[1024];
    char config[1024];
    char model[1024];
    const edit no_model = {"", "", SPOT_E_IO, "model.safetensors: "};
    const edit no_config = {"", "", SPOT_E_IO, "config.json: "};

    (void)state;
    make_folder(dir, sizeof dir, config, model, sizeof config);
    assert_int_equal(remove(model), 0);
    expect(dir, &no_model);
    assert_int_equal(remove(config), 0);
    expect(dir, &no_config);
}

/* The files by name are those without which a folder is no policy. */
static void files_that_decide_are_those_that_are_read(void **state)
{
    char dir[512];
    char config[1024];
    char model[1024];
    char path[1024];
    spot_diag diag = {""};
    spot_policy *policy = NULL;
    (void)state;
    for (int i = 0; i < SPOT_POLICY_FILES; i++) {
        make_folder(dir, sizeof dir, config, model, sizeof config);
        (void)snprintf(path, sizeof path, "%s/%s", dir, spot_policy_file(i));
        assert_int_equal(remove(path), 0);
        assert_int_equal(spot_policy_load(dir, NULL, &policy, &diag), SPOT_E_IO);
        assert_non_null(strstr(diag.text, path));
        (void)remove(config);
        (void)remove(model);
        assert_int_equal(remove(dir), 0);
    }
    assert_null(spot_policy_file(-1));
    assert_null(spot_policy_file(SPOT_POLICY_FILES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_configurations_are_refused_with_line_and_reason),
        cmocka_unit_test(bad_configurations_of_a_transformer_are_refused),
        cmocka_unit_test(bad_weights_are_refused_with_a_reason),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(files_that_decide_are_those_that_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
