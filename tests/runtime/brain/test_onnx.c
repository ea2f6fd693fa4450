/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The brain of ONNX files, over a stand-in for ONNX Runtime whose models add up their inputs (fake_onnxruntime.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spot/brain.h"
#include "support/spot_test.h"

enum { PATH_SIZE = 1024, NUMBERS = 64 };

typedef struct fixture {
    char dir[PATH_SIZE];
    char address[PATH_SIZE + 8];
    spot_diag diag;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    spot_test_temp_path(f.dir, sizeof(f.dir), "policy");
    (void)snprintf(f.address, sizeof(f.address), "onnx:%s", f.dir);
    *state = &f;
    return mkdir(f.dir, 0777) != 0 || setenv("SPOT_ONNXRUNTIME", FAKE_ONNXRUNTIME, 1) != 0;
}

static void write_text(const fixture *f, const char *name, const char *text)
{
    char path[PATH_SIZE + 64];
    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Opens what `yaml` says of `model` for a task with obs_dim and action_dim. */
static spot_status open_with(fixture *f, const char *yaml, const char *model, int obs_dim,
                             int action_dim, const spot_allocator *allocator, spot_brain *brain)
{
    spot_brain_open_config config;
    spot_brain_open_config_default(&config);
    config.obs_dim = obs_dim;
    config.action_dim = action_dim;
    config.allocator = allocator;
    f->diag.text[0] = '\0';
    write_text(f, "policy.yaml", yaml);
    write_text(f, "model.onnx", model);
    return spot_brain_open(f->address, &config, brain, &f->diag);
}

static spot_status begin_at(const spot_brain *brain, const char *text, void **state,
                            spot_diag *diag)
{
    spot_point point;
    spot_point_default(&point);
    assert_int_equal(spot_point_parse(text, &point, NULL), SPOT_OK);
    return spot_brain_begin(
        brain, &(spot_brain_config){.size = sizeof(spot_brain_config), .point = &point}, state,
        diag);
}

/* A chunk at `point`. */
static spot_status chunk_of(fixture *f, const spot_brain *brain, const char *point,
                            const spot_brain_input *input, float *chunk)
{
    void *s = NULL;
    spot_status st = begin_at(brain, point, &s, &f->diag);
    if (st == SPOT_OK) {
        st = spot_brain_infer(brain, s, input, chunk, &f->diag);
        spot_brain_end(brain, s);
    }
    return st;
}

static const float OBS[4] = {1.0F, 2.0F, 3.0F, 4.0F};
static const float NOISE[8] = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F};
static const double ANCHOR[2] = {0.5, -0.5};
static const spot_brain_input INPUT = {.obs = OBS, .noise = NOISE, .anchor = ANCHOR, .n_anchor = 2};

/* Opens, checks the chunk at `point` against `expected` (n), and closes. */
static void check_chunk(fixture *f, const char *yaml, const char *model, const char *point,
                        const float *expected, int n)
{
    spot_brain brain;
    spot_brain_info info;
    float chunk[NUMBERS] = {0};
    if (open_with(f, yaml, model, 4, 2, NULL, &brain) != SPOT_OK ||
        chunk_of(f, &brain, point, &INPUT, chunk) != SPOT_OK) {
        fail_msg("%s: %s", yaml, f->diag.text);
    }
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_true(info.obs_dim == 4 && info.action_dim == 2 && info.horizon * 2 == n);
    for (int i = 0; i < n; i++) {
        assert_close(chunk[i], expected[i], 1e-6, 1e-6);
    }
    spot_brain_close(&brain);
}

static void one_run_makes_a_chunk(void **state)
{
    fixture *f = *state;
    /* number i of the answer: the i-th of the state, or the noise */
    check_chunk(f, "model: model.onnx\ninputs: [{name: obs, role: state}]",
                "input obs float32 1 4\noutput y float32 1 2 2\ngain obs 2\nadd 1", "",
                (const float[]){3, 5, 7, 9}, 4);
    check_chunk(
        f,
        "model: model.onnx\ninputs:\n- {name: obs, role: state, normalise: {mean: [1, 1, 1, "
        "1], std: [2, 2, 2, 4]}}\naction: {convention: absolute, denormalise: {mean: [0, "
        "10], std: [1, 100]}}",
        "input obs float64 batch 4\noutput y float64 batch 2 2\ngain obs 1", "",
        (const float[]){-0.5F, 60.5F, 0.5F, 85.5F}, 4);
    /* two states of chosen entries, one of them 0-dimensional, and a constant */
    check_chunk(f,
                "model: model.onnx\ninputs:\n- {name: a, role: state, entries: [3, 0]}\n"
                "- {name: b, role: state, entries: [2]}\n- {name: c, role: constant, values: [7]}\n"
                "- {name: d, role: constant, values: [1, 2]}\n"
                "output: {name: y}",
                "input d int32 2\ninput a float32 1 2\ninput b float32\ninput c int64 1 3\n"
                "output z float32 1 1\noutput y float32 1 2\n"
                "gain a 1\ngain b 10\ngain c 100\ngain d 1000",
                "", (const float[]){1734, 2731}, 2);
}

static void noise_goes_where_its_actions_lie(void **state)
{
    fixture *f = *state;
    const char *model = "input x float32 1 2 2\noutput y float32 1 2 2\ngain x 1";
    check_chunk(f, "model: model.onnx\ninputs: [{name: x, role: noise}]", model, "",
                (const float[]){0.1F, 0.2F, 0.3F, 0.4F}, 4);
    /* a model of more rows and columns than the task: its rest is noise as well, the same each time */
    const char *yaml = "model: model.onnx\ninputs: [{name: x, role: noise}]\n"
                       "action: {columns: [2, 0], first: 1, horizon: 2}";
    check_chunk(f, yaml, "input x float32 1 4 3\noutput y float32 1 4 3\ngain x 1", "",
                (const float[]){0.1F, 0.2F, 0.3F, 0.4F}, 4);
    float chunks[3][NUMBERS];
    spot_brain brain;
    yaml = "model: model.onnx\ninputs: [{name: x, role: noise}]";
    assert_int_equal(open_with(f, yaml, "input x float32 5\noutput y float32 1 2 2\ngain x 1", 4, 2,
                               NULL, &brain),
                     SPOT_OK);
    spot_brain_input other = INPUT;
    other.noise = NOISE + 1;
    assert_int_equal(chunk_of(f, &brain, "", &INPUT, chunks[0]), SPOT_OK);
    assert_int_equal(chunk_of(f, &brain, "", &INPUT, chunks[1]), SPOT_OK);
    assert_int_equal(chunk_of(f, &brain, "", &other, chunks[2]), SPOT_OK);
    assert_memory_equal(chunks[0], chunks[1], 4 * sizeof(float));
    for (int i = 0; i < 4; i++) {
        assert_true(chunks[0][i] != chunks[2][i] && fabsf(chunks[0][i]) < 6.0F);
        assert_true(chunks[0][i] != chunks[0][(i + 1) % 4]);
    }
    spot_brain_close(&brain);
}

/* With y = 3 + 2 t + x: x <- x + (3 + 2 t + x) dt, by hand. */
static void a_loop_of_ours_takes_the_steps_of_the_point(void **state)
{
    fixture *f = *state;
    const char *model = "input x float32 1 1 2\ninput t float32 batch\noutput y float32 1 1 2\n"
                        "gain x 1\ngain t 2\nadd 3";
    const char *up = "model: model.onnx\nsteps: 2\ninputs:\n- {name: x, role: noise}\n"
                     "- {name: t, role: time}\nloop: {rule: flow}";
    const char *down = "model: model.onnx\nsteps: 4\ninputs:\n- {name: x, role: noise}\n"
                       "- {name: t, role: time}\nloop: {rule: flow, time: [1, 0]}";
    float expected[2];
    for (int i = 0; i < 2; i++) {
        const float half = NOISE[i] + (3.0F + NOISE[i]) * 0.5F;
        expected[i] = half + (3.0F + 2.0F * 0.5F + half) * 0.5F;
    }
    check_chunk(f, up, model, "", expected, 2);
    check_chunk(f, up, model, "steps=2", expected, 2);
    for (int i = 0; i < 2; i++) {
        expected[i] = NOISE[i] + 3.0F + NOISE[i];
    }
    check_chunk(f, up, model, "steps=1", expected, 2);
    for (int i = 0; i < 2; i++) {
        expected[i] = NOISE[i] - (5.0F + NOISE[i]);
    }
    check_chunk(f, down, model, "steps=1", expected, 2);
    /* time in whole buckets, cut off: 0, 333, 666 of 1000 */
    model = "input x float32 1 1 2\ninput t int64 1\noutput y float32 1 1 2\ngain t 1";
    const char *buckets = "model: model.onnx\nsteps: 3\ninputs:\n- {name: x, role: noise}\n"
                          "- {name: t, role: time, scale: 1000}\nloop: {rule: flow}";
    for (int i = 0; i < 2; i++) {
        expected[i] = NOISE[i] + 333.0F;
    }
    check_chunk(f, buckets, model, "", expected, 2);
    /* levels 2 and 0 of 4; the last step of `sample` is what the network says */
    const char *ddim = "model: model.onnx\nsteps: 2\ninputs:\n- {name: x, role: noise}\n"
                       "- {name: t, role: time}\nloop: {rule: ddim, predicts: sample, train_steps: "
                       "4, schedule: cosine, clip: 5}";
    model = "input x float32 1 1 2\ninput t int64 1\noutput y float32 1 1 2\ngain t 10\nadd 4";
    check_chunk(f, ddim, model, "", (const float[]){4, 4}, 2);
    check_chunk(f, ddim, model, "steps=4", (const float[]){4, 4}, 2);
}

static void steps_are_a_knob_where_they_can_be_turned(void **state)
{
    static const struct {
        const char *yaml, *model, *knobs;
        int steps;
        float first; /* number of a chunk at 7 steps; 0 = refused */
    } cases[] = {
        {"inputs: [{name: obs, role: state}]", "input obs float32 4\noutput y float32 1 2\nadd 1",
         "", 1, 0.0F},
        {"steps: 10\ninputs: [{name: obs, role: state}]",
         "input obs float32 4\noutput y float32 1 2\nadd 1", "", 10, 0.0F},
        {"steps: 10\ninputs: [{name: n, role: steps}]",
         "input n int32\noutput y float32 1 2\ngain n 2", "steps", 10, 14.0F},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char yaml[512];
        spot_brain brain;
        spot_brain_info info;
        float chunk[NUMBERS] = {0};
        (void)snprintf(yaml, sizeof(yaml), "model: model.onnx\n%s\n", cases[i].yaml);
        assert_int_equal(open_with(f, yaml, cases[i].model, 4, 2, NULL, &brain), SPOT_OK);
        assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
        assert_string_equal(info.knobs, cases[i].knobs);
        assert_int_equal(info.default_steps, cases[i].steps);
        const bool turns = cases[i].first != 0.0F;
        assert_int_equal(chunk_of(f, &brain, "steps=7", &INPUT, chunk),
                         turns ? SPOT_OK : SPOT_E_UNSUPPORTED);
        assert_true(chunk[0] == cases[i].first);
        assert_int_equal(chunk_of(f, &brain, "", &INPUT, chunk), SPOT_OK);
        assert_int_equal(chunk_of(f, &brain, "quant=w8a8", &INPUT, chunk), SPOT_E_UNSUPPORTED);
        assert_non_null(strstr(f->diag.text, "quant"));
        spot_brain_close(&brain);
    }
}

static void pictures_reach_the_model_by_their_camera(void **state)
{
    fixture *f = *state;
    static const uint8_t red[3] = {255, 0, 51};
    static const uint8_t grey[3] = {102, 102, 102};
    const spot_image images[2] = {{.name = "wrist", .height = 1, .width = 1, .pixels = grey},
                                  {.name = "top", .height = 1, .width = 1, .pixels = red}};
    spot_brain brain;
    spot_brain_info info;
    float chunk[NUMBERS];
    spot_brain_input input = INPUT;
    input.images = images;
    input.n_images = 2;
    const char *yaml =
        "model: model.onnx\ninputs:\n- {name: top, role: image, image: {layout: chw, "
        "values: unit}}\n- {name: b, role: image, camera: wrist}";
    const char *model = "input top float32 1 3 1 1\ninput b uint8 1 1 1 3\noutput y float32 1 2\n"
                        "gain top 1\ngain b 1";
    assert_int_equal(open_with(f, yaml, model, 4, 2, NULL, &brain), SPOT_OK);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_true(info.sees);
    assert_int_equal(chunk_of(f, &brain, "", &input, chunk), SPOT_OK);
    assert_close(chunk[0], 103.0, 1e-5, 0.0);
    assert_close(chunk[1], 102.0, 1e-5, 0.0);
    input.n_images = 1;
    assert_int_equal(chunk_of(f, &brain, "", &input, chunk), SPOT_E_FORMAT);
    assert_non_null(strstr(f->diag.text, "no camera 'top'"));
    assert_non_null(strstr(f->diag.text, "the first is wrist"));
    char text[SPOT_BRAIN_IDENTITY_SIZE];
    assert_int_equal(spot_brain_identify(&brain, text, NULL), SPOT_OK);
    spot_brain_close(&brain);
}

#define PLAIN "model: model.onnx\ntask: my-task\ninputs: [{name: obs, role: state}]"
#define MODEL "input obs float32 1 4\noutput y float32 1 2 2\ngain obs 2\nadd 1\n"

static void identity_of(fixture *f, const char *yaml, const char *model, char *text)
{
    spot_brain brain;
    assert_int_equal(open_with(f, yaml, model, 4, 2, NULL, &brain), SPOT_OK);
    assert_int_equal(spot_brain_identify(&brain, text, &f->diag), SPOT_OK);
    spot_brain_close(&brain);
}

static void a_policy_is_known_by_its_files_and_its_runtime(void **state)
{
    fixture *f = *state;
    char text[8][SPOT_BRAIN_IDENTITY_SIZE];
    spot_brain brain;
    spot_brain_info info;
    const char *by_file =
        "model: model.onnx\ninputs:\n- {name: obs, role: state, normalise: {file: "
        "s.json, key: a}}";
    identity_of(f, PLAIN, MODEL, text[0]);
    identity_of(f, PLAIN, MODEL, text[1]);
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], " onnxruntime=1.24.0"));
    identity_of(f, "model: model.onnx\ntask: my-task\ninputs: [{name: obs, role: state }]", MODEL,
                text[1]);
    identity_of(f, PLAIN, "input obs float32 1 4\noutput y float32 1 2 2\ngain obs 3\n", text[2]);
    write_text(f, "model.onnx.data", "weights");
    identity_of(f, PLAIN, MODEL, text[3]);
    write_text(f, "model.onnx.data", "Weights");
    identity_of(f, PLAIN, MODEL, text[4]);
    write_text(f, "s.json", "{\"a\": {\"mean\": [1, 2, 3, 4], \"std\": [1, 2, 3, 4]}}");
    identity_of(f, by_file, MODEL, text[5]);
    write_text(f, "s.json", "{\"a\": {\"mean\": [1, 2, 3, 5], \"std\": [1, 2, 3, 4]}}");
    identity_of(f, by_file, MODEL, text[6]);
    assert_int_equal(setenv("FAKE_ORT_VERSION", "1.23.1", 1), 0);
    identity_of(f, by_file, MODEL, text[7]);
    assert_int_equal(unsetenv("FAKE_ORT_VERSION"), 0);
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(text[i], text[j]);
        }
    }
    assert_int_equal(open_with(f, PLAIN, MODEL, 0, 0, NULL, &brain), SPOT_OK);
    assert_int_equal(spot_brain_describe(&brain, &info, NULL), SPOT_OK);
    assert_string_equal(info.type, "onnx");
    assert_string_equal(info.task, "my-task");
    assert_true(info.obs_dim == 4 && info.action_dim == 2 && info.horizon == 2 && !info.sees &&
                !info.takes_noise && !info.remembers && info.default_steps == 1);
    spot_brain_close(&brain);
    assert_true(spot_brain_is_address(f->address));
}

/* What is wrong, and what is said of it. */
static void policies_that_do_not_fit_are_refused_in_one_line(void **state)
{
#define IN         "model: model.onnx\ninputs:\n"
#define OBS_IN     IN "- {name: obs, role: state}\n"
#define X_IN       IN "- {name: x, role: noise}\n- {name: t, role: time}\n"
#define LOOP_MODEL "input x float32 1 1 2\ninput t int64 1\noutput y float32 1 1 2\n"
    static const char *const bad[][3] = {
        /* the file */
        {"inputs: [{name: obs, role: state}]", MODEL, "policy.yaml:1: key 'model' is missing"},
        {OBS_IN "colour: red", MODEL, "unknown key 'colour'"},
        {IN "- {name: obs, role: stat}", MODEL,
         "policy.yaml:3: role: 'stat', expected one of: state"},
        {IN "- {name: obs, role: state, scale: 2}", MODEL,
         "policy.yaml:3: input 'obs' has scale, expected that with role: time alone"},
        {IN "- {name: obs, role: noise, normalise: {}}", MODEL, "with role: state alone"},
        {IN "- {name: obs, role: noise, entries: [1]}", MODEL, "has entries"},
        {IN "- {name: obs, role: state, values: [1]}", MODEL, "with role: constant alone"},
        {IN "- {name: obs, role: state, camera: x}", MODEL, "with role: image alone"},
        {IN "- {name: obs, role: state, image: {}}", MODEL, "with role: image alone"},
        {IN "- {name: obs, role: constant}", MODEL, "expected values"},
        {IN "- {name: obs, role: instruction}", MODEL, "turns words into tokens"},
        {OBS_IN "- {name: obs, role: state}", MODEL, "policy.yaml:4: input 'obs' again"},
        {IN "- {name: a, role: noise}\n- {name: b, role: noise}", MODEL, "2 inputs are noise"},
        {OBS_IN "steps: 3\nloop: {rule: flow}", MODEL, "one input of role noise"},
        {X_IN "- {name: s, role: steps}\nsteps: 3\nloop: {rule: flow}", LOOP_MODEL,
         "none of role steps"},
        {X_IN, LOOP_MODEL, "expected loop:"},
        {X_IN "loop: {rule: flow}", LOOP_MODEL, "steps is missing"},
        {IN "- {name: obs, role: steps}", MODEL, "steps is missing"},
        {X_IN "loop: {rule: flow}\nsteps: 0", LOOP_MODEL,
         "policy.yaml:6: steps: 0, expected 1..100"},
        {X_IN "loop: {rule: flow}\nsteps: 101", LOOP_MODEL, "steps: 101"},
        {X_IN "loop: {rule: flow, time: [1, 1]}\nsteps: 1", LOOP_MODEL, "two numbers that differ"},
        {X_IN "loop: {rule: flow, predicts: epsilon}\nsteps: 1", LOOP_MODEL, "no key of ddim"},
        {X_IN "loop: {rule: flow, clip: 1}\nsteps: 1", LOOP_MODEL, "no key of ddim"},
        {X_IN "loop: {rule: ddim}\nsteps: 1", LOOP_MODEL, "predicts: expected epsilon"},
        {X_IN "loop: {rule: ddim, predicts: v, time: [0, 1]}\nsteps: 1", LOOP_MODEL,
         "time: expected with the rule flow"},
        {X_IN "loop: {rule: ddim, predicts: v}\nsteps: 1", LOOP_MODEL, "train_steps: expected"},
        {X_IN "loop: {rule: ddim, predicts: v, train_steps: 0}\nsteps: 1", LOOP_MODEL,
         "train_steps: expected"},
        {X_IN "loop: {rule: ddim, predicts: v, train_steps: 9}\nsteps: 1", LOOP_MODEL,
         "schedule: expected cosine"},
        {X_IN "loop: {rule: ddim, predicts: v, train_steps: 9, schedule: linear}\nsteps: 1",
         LOOP_MODEL, "0 < beta_start"},
        {X_IN "loop: {rule: ddim, predicts: v, train_steps: 9, schedule: cosine, beta_end: "
              "0.1}\nsteps: 1",
         LOOP_MODEL, "linear alone"},
        {X_IN
         "loop: {rule: ddim, predicts: v, train_steps: 9, schedule: cosine, clip: 0}\nsteps: 1",
         LOOP_MODEL, "clip: expected > 0"},
        {X_IN "loop: {rule: ddim, predicts: v, train_steps: 9, schedule: cosine}\nsteps: 10",
         LOOP_MODEL, "steps: 10, expected 1..9"},
        /* the model's inputs */
        {IN "- {name: state, role: state}", MODEL, "has no input 'state', expected one of: obs"},
        {IN "- {name: x, role: noise}", MODEL "input x float32 1\n",
         "policy.yaml:2: the model's input 'obs' is not here"},
        {OBS_IN, "input obs float32 1 3\noutput y float32 1 2\n",
         "'obs' takes 3 numbers, the task's observation has 4"},
        {OBS_IN, "input obs float16 1 4\noutput y float32 1 2\n", "'obs' is float16, expected"},
        {OBS_IN, "input obs float32 1 frames 4\noutput y float32 1 2\n",
         "has the shape [1, frames, 4] in the model, expected a fixed one"},
        {OBS_IN, "input obs float32 n ? 4\noutput y float32 1 2\n", "[n, ?, 4]"},
        {OBS_IN, "input obs float32 1 0 4\noutput y float32 1 2\n", "[1, 0, 4]"},
        {OBS_IN, "input obs float32 1 1 1 1 1 1 1 1 4\noutput y float32 1 2\n",
         "at most 8 dimensions"},
        {OBS_IN, "input obs float32 100000 100000 100000 100000\noutput y float32 1 2\n",
         "1..2^29 numbers"},
        {IN "- {name: obs, role: state, shape: [1, 4]}",
         "input obs float32 1 frames 4\noutput y float32 1 2\n",
         "agree with the model's [1, frames"},
        {IN "- {name: obs, role: state, shape: [2, 1, 4]}",
         "input obs float32 1 frames 4\noutput y float32 1 2\n", "agree with the model's"},
        {IN "- {name: obs, role: state, shape: [1, 0, 4]}",
         "input obs float32 1 frames 4\noutput y float32 1 2\n", "agree with the model's"},
        {IN "- {name: obs, role: state, entries: [0, 1]}", MODEL, "takes 4 numbers"},
        {IN "- {name: obs, role: state, entries: [0, 1, 2, 4]}", MODEL, "reads of at least 5"},
        {IN "- {name: obs, role: state, entries: [0, 1, 2, -1]}", MODEL, "entries: -1"},
        {IN "- {name: obs, role: state, normalise: {mean: [1], std: [1]}}", MODEL,
         "policy.yaml:3: mean: 1 numbers, expected 4"},
        {IN "- {name: obs, role: constant, values: [1, 2]}", MODEL, "or one"},
        {IN "- {name: obs, role: constant, values: [1e16]}", MODEL, "within"},
        {IN "- {name: obs, role: image}", MODEL, "no picture by its shape"},
        {IN "- {name: obs, role: image, image: {layout: chw}}",
         "input obs uint8 1 2 2 3\noutput y float32 1 2\n", "[1, 3, height, width]"},
        {IN "- {name: obs, role: image}", "input obs float32 1 2 2 3\noutput y float32 1 2\n",
         "takes float32, expected float32 for values: unit"},
        {IN "- {name: obs, role: image, image: {values: unit}}",
         "input obs uint8 1 2 2 3\noutput y float32 1 2\n", "takes uint8"},
        {IN "- {name: obs, role: image, image: {height: 3}}",
         "input obs uint8 1 2 2 3\noutput y float32 1 2\n", "expected the model's 2"},
        /* its answer */
        {OBS_IN, "input obs float32 4\noutput y float32 1 2\noutput z float32 1\n",
         "more than one output, expected output: {name: ...} with one of: y, z"},
        {OBS_IN "output: {name: w}", MODEL, "has no output 'w', expected one of: y"},
        {OBS_IN, "input obs float32 4\noutput y float32 2 2 2\n", "expected one chunk"},
        {OBS_IN, "input obs float32 4\noutput y float32 1 H 2\n", "[1, H, 2]"},
        {OBS_IN, "input obs float32 4\noutput y float32 1 2 3\n",
         "the model has 3 entries in an action, expected 2"},
        {OBS_IN "action: {horizon: 3}", MODEL, "horizon: 3, expected 1..2"},
        {X_IN "loop: {rule: flow}\nsteps: 1",
         "input x float32 1 3\ninput t int64 1\noutput y float32 1 1 2\n", "expected as many"},
        /* what ONNX Runtime says */
        {OBS_IN, "refuse no such operator: Frob",
         "model.onnx: ONNX Runtime 1.24.0: no such operator"},
        {OBS_IN, MODEL "fail out of luck", "model.onnx: ONNX Runtime 1.24.0: out of luck in two"},
        {"model: other.onnx\ninputs: [{name: obs, role: state}]", MODEL, "other.onnx: cannot open"},
        {"model: .\ninputs: [{name: obs, role: state}]", MODEL, "expected an ONNX file"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spot_brain brain = {.self = f};
        if (open_with(f, bad[i][0], bad[i][1], 4, 2, NULL, &brain) == SPOT_OK ||
            strstr(f->diag.text, bad[i][2]) == NULL || strchr(f->diag.text, '\n') != NULL) {
            fail_msg("%s: '%s' lacks '%s'", bad[i][0], f->diag.text, bad[i][2]);
        }
        assert_true(brain.ops == NULL && brain.self == NULL);
    }
}

static void an_answer_that_is_no_number_ends_the_job(void **state)
{
    fixture *f = *state;
    spot_brain brain;
    float chunk[NUMBERS];
    assert_int_equal(open_with(f, PLAIN,
                               "input obs float32 1 4\noutput y float32 1 2 2\ngain obs 2\nnan 3\n",
                               4, 2, NULL, &brain),
                     SPOT_OK);
    assert_int_equal(chunk_of(f, &brain, "", &INPUT, chunk), SPOT_E_FORMAT);
    assert_non_null(strstr(f->diag.text, "not finite in entry 1 of action 1"));
    spot_brain_close(&brain);
}

static void a_library_that_is_missing_or_strange_is_named(void **state)
{
    static const char *const versions[][2] = {
        {"1.10.0", "ONNX Runtime 1.10.0, expected release 1.11 or later"},
        {"2.30.0", "ONNX Runtime 2.30.0"},
        {"1.x", "ONNX Runtime 1.x"},
        {"", "expected release"},
    };
    fixture *f = *state;
    spot_brain brain;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        assert_int_equal(setenv("FAKE_ORT_VERSION", versions[i][0], 1), 0);
        assert_int_equal(open_with(f, PLAIN, MODEL, 4, 2, NULL, &brain), SPOT_E_UNSUPPORTED);
        assert_non_null(strstr(f->diag.text, versions[i][1]));
    }
    /* newer than our header, and the oldest */
    assert_int_equal(setenv("FAKE_ORT_VERSION", "1.99.3", 1), 0);
    assert_int_equal(open_with(f, PLAIN, MODEL, 4, 2, NULL, &brain), SPOT_OK);
    spot_brain_close(&brain);
    assert_int_equal(setenv("FAKE_ORT_VERSION", "1.11.0", 1), 0);
    assert_int_equal(open_with(f, PLAIN, MODEL, 4, 2, NULL, &brain), SPOT_OK);
    spot_brain_close(&brain);
    assert_int_equal(unsetenv("FAKE_ORT_VERSION"), 0);

    assert_int_equal(setenv("SPOT_ONNXRUNTIME", "/nowhere/libonnxruntime.so", 1), 0);
    assert_int_equal(open_with(f, PLAIN, MODEL, 4, 2, NULL, &brain), SPOT_E_IO);
    assert_non_null(strstr(f->diag.text, "SPOT_ONNXRUNTIME: /nowhere/libonnxruntime.so"));
    assert_int_equal(setenv("SPOT_ONNXRUNTIME", "libm.so.6", 1), 0);
    assert_int_equal(open_with(f, PLAIN, MODEL, 4, 2, NULL, &brain), SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(f->diag.text, "no OrtGetApiBase"));
    assert_int_equal(setenv("SPOT_ONNXRUNTIME", FAKE_ONNXRUNTIME, 1), 0);
}

static void a_file_of_four_gigabytes_is_not_read(void **state)
{
    fixture *f = *state;
    char path[PATH_SIZE + 16];
    spot_brain brain;
    write_text(f, "policy.yaml", PLAIN);
    (void)snprintf(path, sizeof(path), "%s/model.onnx", f->dir);
    assert_int_equal(truncate(path, (off_t)4 << 30), 0); /* a hole: it takes no room */
    assert_int_equal(spot_brain_open(f->address, NULL, &brain, &f->diag), SPOT_E_FORMAT);
    assert_non_null(strstr(f->diag.text, "larger than 2 GiB"));
    assert_int_equal(truncate(path, 0), 0);
}

static void memory_that_is_short_is_no_chunk_and_infer_takes_none(void **state)
{
    fixture *f = *state;
    const char *yaml = "model: model.onnx\nsteps: 3\ninputs:\n- {name: x, role: noise}\n"
                       "- {name: t, role: time}\n- {name: c, role: constant, values: [1]}\n"
                       "- {name: obs, role: state, entries: [1, 0], normalise: {mean: [0, 0], std: "
                       "[1, 1]}}\nloop: {rule: flow}";
    const char *model = "input x float32 1 1 2\ninput t float32 1\ninput c int64 1\n"
                        "input obs float32 2\noutput y float32 1 1 2\ngain x 1\n";
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        const spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_brain brain;
        float chunk[NUMBERS];
        void *s = NULL;
        assert_true(k < 100);
        st = open_with(f, yaml, model, 4, 2, &allocator, &brain);
        if (st == SPOT_OK) {
            spot_point point;
            spot_point_default(&point);
            mem.fail_at = -1;
            assert_int_equal(
                spot_brain_begin(&brain,
                                 &(spot_brain_config){.size = sizeof(spot_brain_config),
                                                      .point = &point,
                                                      .allocator = &allocator},
                                 &s, NULL),
                SPOT_OK);
            mem.fail_at = mem.n_alloc;
            assert_int_equal(spot_brain_infer(&brain, s, &INPUT, chunk, NULL), SPOT_OK);
            assert_int_equal(mem.n_failed, 0);
            spot_brain_end(&brain, s);
            assert_int_equal(
                spot_brain_begin(&brain,
                                 &(spot_brain_config){.size = sizeof(spot_brain_config),
                                                      .point = &point,
                                                      .allocator = &allocator},
                                 &s, NULL),
                SPOT_E_NOMEM);
            spot_brain_close(&brain);
        } else {
            assert_int_equal(st, SPOT_E_NOMEM);
            assert_null(brain.ops);
        }
        spot_test_assert_no_leak(&mem);
    }
}

static void kernels_of_ours_are_not_its(void **state)
{
    fixture *f = *state;
    spot_brain brain;
    spot_point point;
    void *s = NULL;
    spot_point_default(&point);
    assert_int_equal(open_with(f, PLAIN, MODEL, 4, 2, NULL, &brain), SPOT_OK);
    assert_int_equal(spot_brain_begin(&brain,
                                      &(spot_brain_config){.size = sizeof(spot_brain_config),
                                                           .point = &point,
                                                           .kernels = "reference"},
                                      &s, &f->diag),
                     SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(f->diag.text, "kernels: reference"));
    spot_brain_close(&brain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run_makes_a_chunk),
        cmocka_unit_test(noise_goes_where_its_actions_lie),
        cmocka_unit_test(a_loop_of_ours_takes_the_steps_of_the_point),
        cmocka_unit_test(steps_are_a_knob_where_they_can_be_turned),
        cmocka_unit_test(pictures_reach_the_model_by_their_camera),
        cmocka_unit_test(a_policy_is_known_by_its_files_and_its_runtime),
        cmocka_unit_test(policies_that_do_not_fit_are_refused_in_one_line),
        cmocka_unit_test(an_answer_that_is_no_number_ends_the_job),
        cmocka_unit_test(a_library_that_is_missing_or_strange_is_named),
        cmocka_unit_test(a_file_of_four_gigabytes_is_not_read),
        cmocka_unit_test(memory_that_is_short_is_no_chunk_and_infer_takes_none),
        cmocka_unit_test(kernels_of_ours_are_not_its),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
