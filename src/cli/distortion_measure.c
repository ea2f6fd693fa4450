/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot distortion --measure`: what weights of few bits do to the output of a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static double per_cent(double fraction)
{
    return 100.0 * fraction;
}

static void print_rows(const spot_distortion_result *r)
{
    spot_print(stdout,
               "\nOutput, measured: mean |y_hat - y|_1 over %d inputs of %d numbers; |y|_1 %.4g",
               r->n_input, r->n_output, r->mean_output);
    if (r->has_labels) {
        spot_print(stdout, ", accuracy %.1f %%", per_cent(r->accuracy));
    }
    spot_print(stdout, "\nbits      lloyd    uniform       pow2     H n D_LM%s\n",
               r->has_labels ? "  accuracy: lloyd  uniform     pow2" : "");
    for (int i = 0; i < r->n_row; i++) {
        const spot_distortion_row *row = &r->rows[i];

        spot_print(stdout, "%4d", row->bits);
        for (int k = 0; k < SPOT_DISTORTION_RULES; k++) {
            spot_print(stdout, " %10.4g", row->output[k]);
        }
        if (r->has_fit) {
            spot_print(stdout, "   %10.4g", r->fit.constant * row->predicted);
        } else {
            spot_print(stdout, "            -");
        }
        for (int k = 0; k < SPOT_DISTORTION_RULES && r->has_labels; k++) {
            spot_print(stdout, "%*.1f %%", k == 0 ? 15 : 7, per_cent(row->accuracy[k]));
        }
        spot_print(stdout, "\n");
    }
    if (r->has_fit) {
        spot_print(stdout,
                   "One constant H = %.4g for lloyd, n = %zu: off by a factor %.2f at most, R2 "
                   "%.3f of logarithms,\n"
                   "outputs go as (n D_LM)^%.2f.\n",
                   r->fit.constant, r->n_weight, r->fit.max_ratio, r->fit.r2, r->fit.exponent);
    }
}

static void print_layers(const spot_distortion_result *r)
{
    const bool bounded = r->n_layer > 0 && r->layers[0].induced > 0.0;

    spot_print(stdout,
               "\nOne layer at a time, %d bits, lloyd; per error: output over sum |w_hat - w|\n",
               r->layer_bits);
    spot_print(stdout, "%-28s  weights   output  per error%s\n", "layer",
               bounded ? "  bound / output: induced  entrywise" : "");
    for (int i = 0; i < r->n_layer; i++) {
        const spot_distortion_layer *l = &r->layers[i];

        spot_print(stdout, "%-28s  %7zu  %7.4g  %9.3g", l->name, l->n, l->output,
                   l->output / l->error);
        if (bounded && l->output > 0.0) {
            spot_print(stdout, "  %23.3g  %9.3g", l->induced / l->output, l->entrywise / l->output);
        }
        spot_print(stdout, "\n");
    }
    spot_print(stdout, "All of them at once %.4g; root of the sum of squares %.4g, sum %.4g.\n",
               r->all_layers, r->layer_rss, r->layer_sum);
}

/* A number, or null where it was not measured. */
static json_t *real_if(bool known, double x)
{
    return known ? json_real(x) : json_null();
}

static json_t *make_rows(const spot_distortion_result *r)
{
    json_t *rows = json_array();

    for (int i = 0; i < r->n_row; i++) {
        const spot_distortion_row *row = &r->rows[i];
        json_t *o = json_pack("{s:i, s:f}", "bits", row->bits, "predicted", row->predicted);

        for (int k = 0; k < SPOT_DISTORTION_RULES; k++) {
            (void)json_object_set_new(o, spot_distortion_rule(k),
                                      json_pack("{s:f, s:o}", "output", row->output[k], "accuracy",
                                                real_if(r->has_labels, row->accuracy[k])));
        }
        (void)json_array_append_new(rows, o);
    }
    return rows;
}

static json_t *make_layers(const spot_distortion_result *r)
{
    json_t *layers = json_array();

    for (int i = 0; i < r->n_layer; i++) {
        const spot_distortion_layer *l = &r->layers[i];
        const bool bounded = l->induced > 0.0;

        (void)json_array_append_new(
            layers, json_pack("{s:s, s:I, s:f, s:f, s:f, s:o, s:o}", "name", l->name, "weights",
                              (json_int_t)l->n, "lambda", l->lambda, "error", l->error, "output",
                              l->output, "bound_induced", real_if(bounded, l->induced),
                              "bound_entrywise", real_if(bounded, l->entrywise)));
    }
    return layers;
}

static json_t *make_document(const spot_distortion_result *r)
{
    json_t *fit = r->has_fit
                      ? json_pack("{s:f, s:f, s:f, s:o}", "constant", r->fit.constant, "max_ratio",
                                  r->fit.max_ratio, "r2", r->fit.r2, "exponent",
                                  real_if(r->fit.exponent == r->fit.exponent, r->fit.exponent))
                      : json_null();

    return json_pack("{s:s, s:i, s:i, s:f, s:o, s:I, s:o, s:o, s:i, s:f, s:f, s:f, s:o}", "origin",
                     "measured", "inputs", r->n_input, "outputs", r->n_output, "mean_output",
                     r->mean_output, "accuracy", real_if(r->has_labels, r->accuracy), "weights",
                     (json_int_t)r->n_weight, "rows", make_rows(r), "fit", fit, "layer_bits",
                     r->layer_bits, "all_layers", r->all_layers, "layer_sum", r->layer_sum,
                     "layer_rss", r->layer_rss, "layers", make_layers(r));
}

void cli_print_measured(const spot_distortion_result *measured)
{
    print_rows(measured);
    print_layers(measured);
}

json_t *cli_json_measured(const spot_distortion_result *measured)
{
    return make_document(measured);
}

spot_distortion_result *cli_measure(const char *weights, const cli_integers *bits, int layer_bits,
                                    const char *kernels, int *exit_code)
{
    char folder[CLI_PATH_SIZE];
    spot_distortion_config config;
    spot_diag diag = {""};

    (void)snprintf(folder, sizeof(folder), "%s", weights);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || strcmp(slash, "/model.safetensors") != 0) {
        *exit_code = cli_misuse("distortion",
                                "--measure: %s: expected a policy, or a folder with "
                                "model.safetensors and test.safetensors",
                                weights);
        return NULL;
    }
    *slash = '\0';
    spot_distortion_config_default(&config);
    config.layer_bits = layer_bits;
    config.kernels = kernels;
    config.n_bits = bits->count;
    memcpy(config.bits, bits->values, (size_t)bits->count * sizeof(config.bits[0]));
    spot_distortion_result *result = calloc(1, sizeof(*result));
    const spot_status st =
        result != NULL ? spot_distortion_measure(folder, &config, result, &diag) : SPOT_E_NOMEM;
    if (st != SPOT_OK) {
        free(result);
        *exit_code = st == SPOT_E_UNSUPPORTED ? cli_refuse("distortion", st, &diag)
                                              : cli_fail("distortion", st, &diag);
        return NULL;
    }
    *exit_code = CLI_OK;
    return result;
}
