/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What bits do to outputs: against a network computed here, the shipped model's card, and sessions of a policy. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/policy/arch.h"
#include "runtime/policy/numeric.h"
#include "spot/distortion.h"
#include "spot/rng.h"
#include "support/spot_test.h"

#define FCDNN SPOT_SOURCE_DIR "/models/fcdnn-16"
#define MIXER SPOT_SOURCE_DIR "/tests/fixtures/flow_mixer_small"

enum { TEXT = 1024, K = 3, HIDDEN = 4, OUT = 2, N_INPUT = 5 };

static const float W0[HIDDEN * K] = {0.7F, -0.2F, 0.4F,  -0.9F, 0.3F,  1.3F,
                                     0.1F, 0.6F,  -0.5F, 2.0F,  -1.1F, 0.05F};
static const float W1[OUT * HIDDEN] = {0.5F, -1.5F, 0.25F, 0.8F, -0.35F, 0.9F, 1.7F, -0.6F};
static const float PIXELS[N_INPUT * K] = {1.0F, 0.0F, 3.0F, 2.0F, 2.0F, 0.0F, 0.0F, 5.0F,
                                          1.0F, 4.0F, 1.0F, 1.0F, 0.0F, 0.0F, 2.0F};
static const float LABELS[N_INPUT] = {0.0F, 1.0F, 0.0F, 1.0F, 1.0F};

static void write_tensors(const char *path, const char *header, const void *a, size_t n_a,
                          const void *b, size_t n_b)
{
    unsigned char blob[4 * TEXT];
    const size_t length = strlen(header);

    memset(blob, 0, 8);
    blob[0] = (unsigned char)(length & 0xFF);
    blob[1] = (unsigned char)(length >> 8);
    memcpy(blob + 8, header, length);
    memcpy(blob + 8 + length, a, n_a);
    memcpy(blob + 8 + length + n_a, b, n_b);
    spot_test_write_file(path, blob, 8 + length + n_a + n_b);
}

/* A folder with the small network; `labels` and `pixels` as given, `second` the name of its second layer. */
static void write_network(char dir[TEXT], const float *pixels, const float *labels,
                          const char *second)
{
    char path[TEXT + 32];
    char header[512];

    spot_test_temp_path(dir, TEXT, "network");
    (void)mkdir(dir, 0777);
    (void)snprintf(path, sizeof path, "%s/model.safetensors", dir);
    (void)snprintf(
        header, sizeof header,
        "{\"layers.00.weight\":{\"dtype\":\"F32\",\"shape\":[4,3],\"data_offsets\":[0,48]},"
        "\"%s\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[48,80]}}",
        second);
    write_tensors(path, header, W0, sizeof W0, W1, sizeof W1);
    (void)snprintf(path, sizeof path, "%s/test.safetensors", dir);
    write_tensors(path,
                  "{\"labels\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,20]},"
                  "\"pixels\":{\"dtype\":\"F32\",\"shape\":[5,3],\"data_offsets\":[20,80]}}",
                  labels, sizeof LABELS, pixels, sizeof PIXELS);
}

/* y (OUT) of input i */
static void forward(const float *w0, const float *w1, int i, double *y)
{
    const float *x = PIXELS + K * i;
    const double sum = (double)x[0] + (double)x[1] + (double)x[2];

    for (int o = 0; o < OUT; o++) {
        y[o] = 0.0;
        for (int h = 0; h < HIDDEN; h++) {
            double a = 0.0;
            for (int j = 0; j < K; j++) {
                a += (double)w0[h * K + j] * (double)x[j] / sum;
            }
            y[o] += a > 0.0 ? (double)w1[o * HIDDEN + h] * a : 0.0;
        }
    }
}

/* Mean 1-norm of the change, and the share of labels met. */
static double change(const float *w0, const float *w1, double *accuracy)
{
    double sum = 0.0;

    *accuracy = 0.0;
    for (int i = 0; i < N_INPUT; i++) {
        double full[OUT];
        double y[OUT];

        forward(W0, W1, i, full);
        forward(w0, w1, i, y);
        sum += (fabs(y[0] - full[0]) + fabs(y[1] - full[1])) / N_INPUT;
        *accuracy += (y[1] > y[0] ? 1.0F : 0.0F) == LABELS[i] ? 1.0 / N_INPUT : 0.0;
    }
    return sum;
}

static void a_network_is_measured_as_computed_here(void **state)
{
    char dir[TEXT];
    spot_distortion_config config;
    spot_distortion_result *r = calloc(1, sizeof *r);
    double accuracy = 0.0;

    (void)state;
    assert_non_null(r);
    write_network(dir, PIXELS, LABELS, "layers.01.weight");
    spot_distortion_config_default(&config);
    config.layer_bits = 3;
    assert_int_equal(spot_distortion_measure(dir, &config, r, NULL), SPOT_OK);
    assert_true(r->has_labels && r->n_input == N_INPUT && r->n_output == OUT && r->n_layer == 2);
    assert_int_equal(r->n_weight, 20);
    (void)change(W0, W1, &accuracy);
    assert_close(r->accuracy, accuracy, 1e-12, 0.0);
    double mean_output = 0.0;
    for (int i = 0; i < N_INPUT; i++) {
        double y[OUT];
        forward(W0, W1, i, y);
        mean_output += (fabs(y[0]) + fabs(y[1])) / N_INPUT;
    }
    assert_close(r->mean_output, mean_output, 0.0, 1e-6);
    for (int b = 0; b < r->n_row; b++) {
        double predicted = 0.0;

        assert_int_equal(r->rows[b].bits, b + 1);
        for (int rule = 0; rule < SPOT_DISTORTION_RULES; rule++) {
            const spoti_numeric how = {b + 1, (spoti_numeric_rule)rule};
            float w0[HIDDEN * K];
            float w1[OUT * HIDDEN];

            memcpy(w0, W0, sizeof w0);
            memcpy(w1, W1, sizeof w1);
            spoti_numeric_round(w0, HIDDEN * K, &how); /* tested by itself */
            spoti_numeric_round(w1, OUT * HIDDEN, &how);
            assert_close(r->rows[b].output[rule], change(w0, w1, &accuracy), 1e-6, 1e-6);
            assert_close(r->rows[b].accuracy[rule], accuracy, 1e-12, 0.0);
        }
        for (int l = 0; l < 2; l++) {
            const float *w = l == 0 ? W0 : W1;
            const int n = l == 0 ? HIDDEN * K : OUT * HIDDEN;
            double sum = 0.0;
            for (int i = 0; i < n; i++) {
                sum += fabs((double)w[i]);
            }
            predicted += sum * log(1.0 + pow(2.0, -b)); /* n D_LM = n / lambda ln(1 + 2^(1-b)) */
        }
        assert_close(r->rows[b].predicted, predicted, 0.0, 1e-12);
    }
    /* one layer at a time, with the bounds of the norms by hand */
    double sum = 0.0;
    for (int l = 0; l < 2; l++) {
        const spoti_numeric how = {3, SPOTI_NUMERIC_LLOYD};
        float w0[HIDDEN * K];
        float w1[OUT * HIDDEN];
        double error = 0.0;
        double induced = 0.0;
        double other = 0.0; /* norm of the layer that stays */

        memcpy(w0, W0, sizeof w0);
        memcpy(w1, W1, sizeof w1);
        spoti_numeric_round(l == 0 ? w0 : w1, l == 0 ? HIDDEN * K : OUT * HIDDEN, &how);
        for (int j = 0; j < (l == 0 ? K : HIDDEN); j++) {
            double column = 0.0;
            for (int i = 0; i < (l == 0 ? HIDDEN : OUT); i++) {
                column += l == 0 ? fabs((double)w0[i * K + j] - (double)W0[i * K + j])
                                 : fabs((double)w1[i * HIDDEN + j] - (double)W1[i * HIDDEN + j]);
            }
            error += column;
            induced = fmax(induced, column);
        }
        for (int j = 0; j < (l == 0 ? HIDDEN : K); j++) {
            double column = 0.0;
            for (int i = 0; i < (l == 0 ? OUT : HIDDEN); i++) {
                column += l == 0 ? fabs((double)W1[i * HIDDEN + j]) : fabs((double)W0[i * K + j]);
            }
            other = fmax(other, column);
        }
        assert_close(r->layers[l].error, error, 0.0, 1e-12);
        assert_close(r->layers[l].output, change(w0, w1, &accuracy), 1e-6, 1e-6);
        assert_close(r->layers[l].induced, other * induced, 0.0, 1e-12);
        assert_close(r->layers[l].entrywise, other * error, 0.0, 1e-12);
        assert_true(r->layers[l].output <= r->layers[l].induced);
        sum += r->layers[l].output;
    }
    assert_string_equal(r->layers[1].name, "layers.01");
    assert_close(r->layer_sum, sum, 0.0, 1e-12);
    assert_close(
        r->layer_rss,
        sqrt(r->layers[0].output * r->layers[0].output + r->layers[1].output * r->layers[1].output),
        0.0, 1e-12);
    assert_close(r->all_layers, r->rows[2].output[0], 0.0, 0.0);
    assert_true(r->has_fit && r->fit.n == 8);
    double ratio = 1.0; /* what the fit is: the geometric mean of output / predicted */
    for (int b = 0; b < 8; b++) {
        ratio *= pow(r->rows[b].output[0] / r->rows[b].predicted, 1.0 / 8.0);
    }
    assert_close(r->fit.constant, ratio, 0.0, 1e-9);
    config.n_bits = 1;
    assert_int_equal(spot_distortion_measure(dir, &config, r, NULL), SPOT_OK);
    assert_false(r->has_fit); /* one point fits anything */
    free(r);
}

/* The network that ships is right as often as its card says. */
static void the_shipped_network_is_as_its_card_says(void **state)
{
    char card[2 * TEXT];
    double held_out = 0.0;
    spot_distortion_config config;
    spot_distortion_result *r = calloc(1, sizeof *r);

    (void)state;
    assert_non_null(r);
    (void)spot_test_read_file(FCDNN "/card.md", card, sizeof card);
    const char *at = strstr(card, "held out ");
    assert_non_null(strstr(card, "Accuracy"));
    at = strstr(strstr(card, "Accuracy"), "held out ");
    assert_non_null(at);
    held_out = strtod(at + strlen("held out "), NULL);
    spot_distortion_config_default(&config);
    config.n_bits = 1;
    config.bits[0] = 16;
    assert_int_equal(spot_distortion_measure(FCDNN, &config, r, NULL), SPOT_OK);
    assert_true(r->n_layer == 16 && r->n_input == 360 && r->n_output == 10 && r->n_weight == 62080);
    assert_close(100.0 * r->accuracy, held_out, 0.051, 0.0);
    /* 16 bits: 2^-15 of the weights' errors at one bit */
    assert_true(r->rows[0].output[0] < 1e-3 * r->mean_output);
    assert_close(r->rows[0].accuracy[0], r->accuracy, 1e-12, 0.0);
    for (int l = 0; l < 16; l++) { /* bounds bound */
        assert_true(r->layers[l].output <= r->layers[l].induced &&
                    r->layers[l].induced <= r->layers[l].entrywise);
    }
    free(r);
}

/* The same figures with the reference; kernels that no CPU has are refused. */
static void kernels_change_nothing(const spot_distortion_config *best,
                                   const spot_distortion_result *want)
{
    spot_distortion_config config = *best;
    spot_distortion_result *r = calloc(1, sizeof *r);
    spot_diag diag = {""};

    assert_non_null(r);
    config.kernels = "reference";
    assert_int_equal(spot_distortion_measure(MIXER, &config, r, NULL), SPOT_OK);
    assert_memory_equal(r->rows[1].output, want->rows[1].output, sizeof r->rows[1].output);
    assert_true(r->layers[3].output == want->layers[3].output);
    config.kernels = "abacus";
    assert_int_equal(spot_distortion_measure(MIXER, &config, r, &diag), SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "kernels 'abacus': this build or CPU has none such"));
    free(r);
}

static void a_policy_is_measured_as_its_sessions_say(void **state)
{
    spot_policy *policy = NULL;
    spot_distortion_config config;
    spot_distortion_result *r = calloc(1, sizeof *r);
    double want = 0.0;
    float chunk[2][256];
    float obs[64];
    float noise[256];

    (void)state;
    assert_non_null(r);
    spot_distortion_config_default(&config);
    config.n_bits = 2;
    config.bits[0] = 3;
    config.bits[1] = 5;
    config.n_input = 3;
    assert_int_equal(spot_distortion_measure(MIXER, &config, r, NULL), SPOT_OK);
    assert_int_equal(spot_policy_load(MIXER, NULL, &policy, NULL), SPOT_OK);
    const spot_policy_info *info = spot_policy_describe(policy);
    const int size = info->horizon * info->action_dim;
    for (int i = 0; i < 3; i++) {
        spot_rng a = spot_rng_at((uint64_t)i, SPOT_STREAM_RESET, 0);
        spot_rng b = spot_rng_at((uint64_t)i, SPOT_STREAM_POLICY, 0);

        spot_rng_fill_normal(&a, obs, info->obs_dim);
        spot_rng_fill_normal(&b, noise, size);
        for (int j = 0; j < info->obs_dim; j++) {
            obs[j] = policy->obs_mean[j] + policy->obs_std[j] * obs[j];
        }
        for (int k = 0; k < 2; k++) {
            spot_session_config session;
            spot_session *s = NULL;

            spot_session_config_default(&session);
            session.quant = k == 0 ? NULL : "num:5:pow2";
            assert_int_equal(spot_session_create(policy, &session, &s), SPOT_OK);
            assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk[k]), SPOT_OK);
            spot_session_destroy(s);
        }
        for (int j = 0; j < size; j++) {
            want += fabs((double)chunk[0][j] - (double)chunk[1][j]) / 3.0;
        }
    }
    assert_true(!r->has_labels && r->n_input == 3 && r->n_output == size);
    assert_int_equal(r->n_layer, (int)spoti_rounded_count(policy));
    assert_close(r->rows[1].output[2], want, 0.0, 1e-9);
    assert_true(r->rows[0].output[0] > r->rows[1].output[0]);
    assert_string_equal(r->layers[0].name, "blocks.0.token_mlp.fc1");
    kernels_change_nothing(&config, r);
    assert_string_equal(r->layers[r->n_layer - 1].name, policy->config.blocks == 2
                                                            ? "blocks.1.channel_mlp.fc2"
                                                            : "blocks.3.channel_mlp.fc2");
    assert_true(r->layers[0].induced == 0.0 && r->layers[0].output > 0.0);
    spot_policy_destroy(policy);
    free(r);
}

static void refuse(const char *dir, const char *words)
{
    static spot_distortion_result r;
    spot_diag diag = {""};

    if (spot_distortion_measure(dir, NULL, &r, &diag) != SPOT_E_FORMAT ||
        strstr(diag.text, words) == NULL) {
        fail_msg("'%s' instead of '%s'", diag.text, words);
    }
}

static void what_cannot_be_measured_is_refused(void **state)
{
    static spot_distortion_result r;
    spot_distortion_config config;
    spot_diag diag = {""};
    char dir[TEXT];
    float pixels[N_INPUT * K];
    float labels[N_INPUT];

    (void)state;
    write_network(dir, PIXELS, LABELS, "layers.02.weight");
    refuse(dir, "no matrix layers.01.weight");
    for (int i = 0; i < 3; i++) { /* no matrix, one that does not chain, another name in front */
        static const char *const shapes[] = {"[12]", "[3,4]", "[4,3]"};
        char path[TEXT + 32];
        char header[512];

        (void)snprintf(path, sizeof path, "%s/model.safetensors", dir);
        (void)snprintf(
            header, sizeof header,
            "{\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[0,48]},"
            "\"layers.01.weight\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[48,80]}}",
            i == 2 ? "bias" : "layers.00.weight", shapes[i]);
        write_tensors(path, header, W0, sizeof W0, W1, sizeof W1);
        refuse(dir, i == 1 ? "no matrix layers.01.weight" : "no matrix layers.00.weight");
    }
    memcpy(labels, LABELS, sizeof labels);
    labels[3] = 2.0F;
    write_network(dir, PIXELS, labels, "layers.01.weight");
    refuse(dir, "label 3, expected 0..1");
    labels[3] = NAN;
    write_network(dir, PIXELS, labels, "layers.01.weight");
    refuse(dir, "label 3");
    memcpy(pixels, PIXELS, sizeof pixels);
    pixels[4] = pixels[3] = 0.0F;
    write_network(dir, pixels, LABELS, "layers.01.weight");
    refuse(dir, "input 1, expected finite pixels");
    pixels[4] = -1.0F;
    pixels[3] = 5.0F;
    write_network(dir, pixels, LABELS, "layers.01.weight");
    refuse(dir, "input 1");
    pixels[4] = INFINITY;
    write_network(dir, pixels, LABELS, "layers.01.weight");
    refuse(dir, "input 1");
    assert_int_equal(spot_distortion_measure("/nowhere", NULL, &r, &diag), SPOT_E_IO);
    assert_int_equal(spot_distortion_measure(NULL, NULL, &r, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_distortion_measure(dir, NULL, NULL, &diag), SPOT_E_INVALID);
    for (int i = 0; i < 8; i++) {
        spot_distortion_config_default(&config);
        assert_true(config.n_bits == 8 && config.bits[7] == 8 && config.n_input == 16 &&
                    config.layer_bits == 4);
        config.bits[1] = i == 0 ? 0 : i == 1 ? 17 : 2;
        config.n_bits = i == 2 ? 0 : i == 3 ? 17 : 8;
        config.layer_bits = i == 4 ? 0 : i == 5 ? 17 : 4;
        config.n_input = i == 6 ? 0 : i == 7 ? SPOT_DISTORTION_INPUTS_MAX + 1 : 16;
        assert_int_equal(spot_distortion_measure(dir, &config, &r, &diag), SPOT_E_RANGE);
    }
    config.size = 3;
    assert_int_equal(spot_distortion_measure(dir, &config, &r, &diag), SPOT_E_INVALID);
    assert_string_equal(spot_distortion_rule(2), "pow2");
    assert_string_equal(spot_distortion_rule(3), "");
}

static void running_out_of_memory_is_survived(void **state)
{
    static spot_distortion_result r;
    char dir[TEXT];
    spot_distortion_config config;

    (void)state;
    write_network(dir, PIXELS, LABELS, "layers.01.weight");
    spot_distortion_config_default(&config);
    config.n_bits = 1;
    config.n_input = 1;
    for (int which = 0; which < 2; which++) {
        spot_status st = SPOT_E_NOMEM;

        for (int k = 0; k < 2000 && st == SPOT_E_NOMEM; k++) {
            spot_test_allocator mem;
            spot_allocator a = spot_test_failing_allocator(&mem, k);

            config.allocator = &a;
            st = spot_distortion_measure(which == 0 ? dir : MIXER, &config, &r, NULL);
            spot_test_assert_no_leak(&mem);
        }
        assert_int_equal(st, SPOT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_is_measured_as_computed_here),
        cmocka_unit_test(the_shipped_network_is_as_its_card_says),
        cmocka_unit_test(a_policy_is_measured_as_its_sessions_say),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
