/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot distortion`: what b bits lose of a weight, by law and by the weights themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { BITS_MAX = 8, N_CURVE = 5 };

static const char *const curve_keys[N_CURVE] = {"lower", "exact", "lloyd", "verdu", "additive"};

typedef struct options {
    cli_integers bits;
    double lambda;
    bool json;
    bool measure;
    int layer_bits;
    const char *kernels;
} options;

/* ---- the law ---- */

typedef struct law_row {
    double curve[N_CURVE]; /* times lambda */
    double uniform, power_of_two, compander;
} law_row;

static spot_status law_at(int bits, law_row *row)
{
    double levels[1 << (BITS_MAX - 1)];
    double scale = 0.0;
    spot_status st = SPOT_OK;

    for (int c = 0; st == SPOT_OK && c < N_CURVE; c++) {
        st = spot_coinfer_distortion((spot_coinfer_curve)c, 1.0, bits, &row->curve[c]);
    }
    if (st == SPOT_OK) {
        st = spot_coinfer_uniform_best(1.0, bits, SPOT_COINFER_MID_RISE, &scale, &row->uniform);
    }
    if (st == SPOT_OK) {
        st = spot_coinfer_power_of_two_best(1.0, bits, &scale, &row->power_of_two);
    }
    if (st == SPOT_OK) {
        st = spot_coinfer_compander(1.0, bits, levels);
    }
    return st == SPOT_OK ? spot_coinfer_levels_distortion(1.0, levels, (size_t)1 << (bits - 1),
                                                          &row->compander)
                         : st;
}

/* A number, or null where it is infinite. */
static json_t *real_or_null(double x)
{
    return x < 1e300 ? json_real(x) : json_null();
}

static int print_law(const cli_integers *bits, json_t *rows)
{
    if (rows == NULL) {
        spot_print(
            stdout,
            "Exponential magnitudes; mean |w - Q(w)| times lambda, bits with the sign\n"
            "bits      D_L       D*     D_LM     D_U1     D_U2  uniform  power-of-2  compander\n");
    }
    for (int i = 0; i < bits->count; i++) {
        law_row row;
        const spot_status st = law_at(bits->values[i], &row);

        if (st != SPOT_OK) {
            return cli_fail("distortion", st, NULL);
        }
        if (rows == NULL) {
            spot_print(stdout, "%4d  %.5f  %.5f  %.5f  %.5f  %7.5f  %.5f     %.5f    %.5f\n",
                       bits->values[i], row.curve[0], row.curve[1], row.curve[2], row.curve[3],
                       row.curve[4], row.uniform, row.power_of_two, row.compander);
            continue;
        }
        json_t *o = json_pack("{s:i}", "bits", bits->values[i]);
        for (int c = 0; c < N_CURVE; c++) {
            (void)json_object_set_new(o, curve_keys[c], real_or_null(row.curve[c]));
        }
        (void)json_object_set_new(o, "uniform", json_real(row.uniform));
        (void)json_object_set_new(o, "power_of_two", json_real(row.power_of_two));
        (void)json_object_set_new(o, "compander", json_real(row.compander));
        (void)json_array_append_new(rows, o);
    }
    return CLI_OK;
}

/* ---- the weights ---- */

static void print_layer(const spot_inspect_tensor *t)
{
    const bool fits = spot_inspect_fits(t);

    spot_print(stdout, "\n%s: %zu weights, lambda %.4g, KS distance %.4f: the exponential law %s\n",
               t->name, t->n_element, t->lambda, t->ks, fits ? "fits" : "does not fit");
    spot_print(stdout, "bits  own D(R)    lloyd  uniform  power-of-2  compander\n");
    for (int i = 0; i < t->n_error; i++) {
        const spot_inspect_error *e = &t->errors[i];

        spot_print(stdout, "%4d", e->bits);
        if (e->source > 0.0) {
            spot_print(stdout, "   %.5f", e->source);
        } else {
            spot_print(stdout, "         -");
        }
        spot_print(stdout, "  %.5f  %.5f     %.5f    %.5f\n", e->optimum, e->uniform,
                   e->power_of_two, e->compander);
    }
}

static json_t *json_layer(const spot_inspect_tensor *t)
{
    json_t *rows = json_array();

    for (int i = 0; i < t->n_error; i++) {
        const spot_inspect_error *e = &t->errors[i];

        (void)json_array_append_new(
            rows, json_pack("{s:i, s:o, s:f, s:f, s:f, s:f}", "bits", e->bits, "source",
                            e->source > 0.0 ? json_real(e->source) : json_null(), "lloyd",
                            e->optimum, "uniform", e->uniform, "power_of_two", e->power_of_two,
                            "compander", e->compander));
    }
    return json_pack("{s:s, s:I, s:f, s:f, s:b, s:o}", "name", t->name, "weights",
                     (json_int_t)t->n_element, "lambda", t->lambda, "ks", t->ks, "fits",
                     spot_inspect_fits(t), "errors", rows);
}

/* Every matrix; n_fits of n_layer obey the law. */
static int show_layers(spot_inspect *file, json_t *layers, int *n_layer, int *n_fits)
{
    cli_progress progress = cli_progress_begin("distortion", layers != NULL);
    const size_t n = spot_inspect_count(file);

    for (size_t i = 0; i < n; i++) {
        spot_inspect_tensor tensor;
        spot_diag diag = {""};
        const spot_status st = spot_inspect_read(file, i, &tensor, &diag);

        if (st != SPOT_OK) {
            cli_progress_end(&progress);
            return cli_refuse("distortion", st, &diag);
        }
        if (tensor.n_dim >= 2 && tensor.found == SPOT_INSPECT_FITTED) {
            (*n_layer)++;
            *n_fits += spot_inspect_fits(&tensor);
            if (layers != NULL) {
                (void)json_array_append_new(layers, json_layer(&tensor));
            } else {
                print_layer(&tensor);
            }
        }
        (void)cli_progress_update(&progress, (int64_t)i + 1, (int64_t)n);
    }
    cli_progress_end(&progress);
    return CLI_OK;
}

/* As cli_look_weights; else the name of a model that has weights. */
static bool find_weights(const char *model, char path[CLI_PATH_SIZE])
{
    char folder[CLI_PATH_SIZE];
    char probe[CLI_PATH_SIZE];

    if (cli_look_weights(model, path)) {
        return true;
    }
    const int probed = snprintf(probe, sizeof(probe), "%s/model.safetensors", model);
    if (probed < 0 || probed >= CLI_PATH_SIZE || strchr(model, '/') != NULL ||
        !cli_find_data("models", probe, folder)) {
        return false;
    }
    const int written = snprintf(path, CLI_PATH_SIZE, "%s/%s", folder, probe);
    return written > 0 && written < CLI_PATH_SIZE;
}

/* The law, the matrices of `file`, and what was measured (NULL = nothing). */
static int show_file(spot_inspect *file, const char *path, const options *o,
                     const spot_distortion_result *measured)
{
    json_t *rows = o->json ? json_array() : NULL;
    json_t *layers = o->json ? json_array() : NULL;
    int n_layer = 0;
    int n_fits = 0;
    int code = print_law(&o->bits, rows);

    if (code == CLI_OK) {
        code = show_layers(file, layers, &n_layer, &n_fits);
    }
    if (code == CLI_OK && n_layer == 0) {
        code = cli_misuse("distortion", "%s: no matrices, expected some of F32, BF16 or F16", path);
    }
    if (code != CLI_OK) {
        json_decref(rows);
        json_decref(layers);
        return code;
    }
    if (o->json) {
        return cli_print_json(json_pack("{s:s, s:o, s:i, s:i, s:o, s:o*}", "file", path, "law",
                                        rows, "matrices", n_layer, "fit_law", n_fits, "layers",
                                        layers, "measured",
                                        measured != NULL ? cli_json_measured(measured) : NULL));
    }
    spot_print(stdout,
               "\nThe exponential law fits %d of %d matrices (KS distance at most %.3f; normal "
               "weights have 0.084). All "
               "errors are\n"
               "divided by mean |w| = 1 / lambda, as those of the law are.\n",
               n_fits, n_layer, SPOT_INSPECT_KS_FITS);
    if (measured != NULL) {
        cli_print_measured(measured);
    }
    return CLI_OK;
}

static int show_model(const char *model, const options *o)
{
    char path[CLI_PATH_SIZE];
    spot_inspect_config config;
    spot_inspect *file = NULL;
    spot_diag diag = {""};
    spot_distortion_result *measured = NULL;
    int code = CLI_OK;

    if (!find_weights(model, path)) {
        return cli_misuse(
            "distortion",
            "'%s': expected a safetensors or ONNX file, a policy or a model with weights", model);
    }
    spot_inspect_config_default(&config);
    config.source = true;
    config.sample_max = 1 << 16;
    config.n_bits = o->bits.count;
    memcpy(config.bits, o->bits.values, (size_t)config.n_bits * sizeof(config.bits[0]));
    const spot_status st = spot_inspect_open(path, &config, &file, &diag);
    if (st != SPOT_OK) {
        return cli_refuse("distortion", st, &diag);
    }
    if (o->measure) { /* first: what fails prints nothing */
        measured = cli_measure(path, &o->bits, o->layer_bits, o->kernels, &code);
    }
    code = code == CLI_OK ? show_file(file, path, o, measured) : code;
    spot_inspect_close(file);
    free(measured);
    return code;
}

static int show_lambda(const options *o)
{
    json_t *rows = o->json ? json_array() : NULL;
    const int code = print_law(&o->bits, rows);

    if (code == CLI_OK && o->json) {
        return cli_print_json(json_pack("{s:f, s:o}", "lambda", o->lambda, "law", rows));
    }
    if (code == CLI_OK) {
        spot_print(stdout,
                   "Divide by lambda = %g for the distortion of a weight, mean |w| = %.6g.\n",
                   o->lambda, 1.0 / o->lambda);
    }
    return code;
}

static const char SUMMARY[] =
    "What quantising a weight to b bits loses, mean |w - Q(w)|: bounds "
    "and quantisers of exponential\n"
    "magnitudes (paper's model), and for a MODEL's matrices what each "
    "quantiser really loses, with the\n"
    "least that any code could (own D(R): Blahut-Arimoto on the "
    "weights), and whether the law fits.\n\n"
    "D_L Shannon's bound, D* the law's distortion-rate function, D_LM "
    "the optimal codebook, D_U1 and\n"
    "D_U2 achievable by two proofs. Bits include the sign. A sample of "
    "at most 65536 weights a matrix.\n\n"
    "--measure runs a policy (16 observations drawn from its normalisation), "
    "or a network with held-out\n"
    "inputs, with weights of quant=num:B: how far its output moves, all "
    "layers at once and one at a time.";

static const char EXAMPLES[] = "  sweetspot distortion --lambda 20\n"
                               "  sweetspot distortion fcdnn-16 --bits 2,4,6\n"
                               "  sweetspot distortion ur5e-pick-place-dit --bits 4 --json\n"
                               "  sweetspot distortion press-button --bits 2,4,6 --measure\n";

int spoti_cli_distortion(int argc, char **argv)
{
    options o = {.bits = {.count = 0}, .layer_bits = 4};
    int code = CLI_OK;
    const cli_option list[] = {
        {"lambda", "X", CLI_REAL, &o.lambda, "the law alone, lambda = 1 / mean |w|"},
        {"bits", "B,...", CLI_INTEGERS, &o.bits, "1..8, sign included; default all"},
        {"measure", NULL, CLI_FLAG, &o.measure,
         "also run MODEL with such weights: what its output does"},
        {"layer-bits", "B", CLI_INTEGER, &o.layer_bits,
         "with --measure, of one layer at a time; default 4"},
        CLI_KERNELS(&o.kernels),
        {"json", NULL, CLI_FLAG, &o.json, "JSON instead of text"},
    };
    const cli_page page = {.verb = "distortion",
                           .summary = SUMMARY,
                           .usage = "MODEL | --lambda X [options]",
                           .options = list,
                           .n_options = sizeof(list) / sizeof(list[0]),
                           .examples = EXAMPLES};
    const char *model = cli_take_argument(&page, &argc, argv);

    if (!cli_parse(&page, argc, argv, &code)) {
        return code;
    }
    const bool given = o.bits.count > 0;

    for (int i = 0; i < o.bits.count; i++) {
        if (o.bits.count > BITS_MAX || o.bits.values[i] < 1 || o.bits.values[i] > BITS_MAX) {
            return cli_misuse("distortion",
                              "--bits: %d, %d of them: expected 1..%d, at most %d of them",
                              o.bits.values[i], o.bits.count, BITS_MAX, BITS_MAX);
        }
    }
    while (!given && o.bits.count < BITS_MAX) {
        o.bits.values[o.bits.count] = o.bits.count + 1;
        o.bits.count++;
    }
    if (o.layer_bits < 1 || o.layer_bits > SPOT_DISTORTION_BITS_MAX) {
        return cli_misuse("distortion", "--layer-bits %d: expected 1..%d", o.layer_bits,
                          SPOT_DISTORTION_BITS_MAX);
    }
    if (o.measure && model == NULL) {
        return cli_misuse("distortion", "--measure: expected a MODEL to run");
    }
    if (o.kernels != NULL && !o.measure) {
        return cli_misuse("distortion", "--kernels: expected with --measure");
    }
    if (!cli_knows_kernels("distortion", o.kernels)) {
        return CLI_USAGE;
    }
    if ((model == NULL) == (o.lambda == 0.0) || o.lambda < 0.0) {
        return cli_misuse("distortion",
                          "--lambda %g with %s MODEL: expected either MODEL or "
                          "--lambda above 0",
                          o.lambda, model != NULL ? "a" : "no");
    }
    return model != NULL ? show_model(model, &o) : show_lambda(&o);
}
