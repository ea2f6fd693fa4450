/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot inspect`: the tensors of a model, and how they would stand quantisation. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* With more tensors than these only --all shows each. */
enum { DETAILS_MAX = 40 };

static const char *const found_words[] = {"fitted", "listed", "empty", "all zero", "not finite"};

/* As cli_look_weights, or says what is wrong. */
static bool find_model(const char *model, char path[CLI_PATH_SIZE])
{
    char folder[CLI_PATH_SIZE];

    if (cli_look_weights(model, path)) {
        return true;
    }
    if (access(model, F_OK) == 0 || cli_find(CLI_POLICY, model, folder, sizeof(folder))) {
        (void)cli_misuse("inspect", "MODEL: path too long, expected below %d bytes", CLI_PATH_SIZE);
    }
    return false;
}

static void print_tensor(FILE *out, const spot_inspect_tensor *t)
{
    spot_print(out, "%s  %s [", t->name, t->dtype);
    for (size_t i = 0; i < t->n_dim; i++) {
        spot_print(out, "%s%zu", i > 0 ? " x " : "", t->shape[i]);
    }
    spot_print(out, "]  %zu elements", t->n_element);
    if (t->found == SPOT_INSPECT_LISTED || t->found == SPOT_INSPECT_EMPTY) {
        spot_print(out, ", not fitted: %s\n", t->found == SPOT_INSPECT_EMPTY ? "empty" : "dtype");
        return;
    }
    spot_print(out, ", %zu zero\n  mean |w| %.4g, min %.4g, max %.4g", t->n_zero, t->mean_abs,
               t->min, t->max);
    if (t->found == SPOT_INSPECT_NOT_FINITE) {
        spot_print(out, "; not fitted: %zu NaN, %zu infinite\n", t->n_nan, t->n_infinite);
        return;
    }
    if (t->found == SPOT_INSPECT_ALL_ZERO) {
        spot_print(out, "; not fitted: all zero\n");
        return;
    }
    spot_print(out, "; lambda %.4g, KS distance %.4f (%s%zu)\n", t->lambda, t->ks,
               t->n_sample < t->n_element ? "sample of " : "all ", t->n_sample);
    if (t->n_error > 0) {
        spot_print(out, "  bits  uniform  power-of-2  closed form  lambda D_L  lambda D_U\n");
    }
    for (int i = 0; i < t->n_error; i++) {
        const spot_inspect_error *e = &t->errors[i];

        spot_print(out, "  %4d  %7.5f  %10.5f  %11.5f  %10.5f  %10.5f\n", e->bits, e->uniform,
                   e->power_of_two, e->optimum, e->lower, e->upper);
    }
}

static void print_value(const spot_inspect_value *v)
{
    spot_print(stdout, "%s %s  %s [", v->is_output ? "output" : "input", v->name, v->dtype);
    for (size_t i = 0; i < v->n_dim; i++) {
        spot_print(stdout, "%s", i > 0 ? " x " : "");
        if (v->shape[i] < 0) {
            spot_print(stdout, "?");
        } else {
            spot_print(stdout, "%lld", (long long)v->shape[i]);
        }
    }
    spot_print(stdout, "]\n");
}

static json_t *json_value(const spot_inspect_value *v)
{
    json_t *shape = json_array();

    for (size_t i = 0; i < v->n_dim; i++) {
        (void)json_array_append_new(shape,
                                    v->shape[i] < 0 ? json_null() : json_integer(v->shape[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "name", v->name, "is",
                     v->is_output ? "output" : "input", "dtype", v->dtype, "shape", shape);
}

/* What goes in and what comes out: into `values`, or printed where that is NULL. */
static void show_values(const spot_inspect *file, json_t *values)
{
    spot_inspect_value v;

    for (size_t i = 0; spot_inspect_value_at(file, i, &v) == SPOT_OK; i++) {
        if (values != NULL) {
            (void)json_array_append_new(values, json_value(&v));
        } else {
            print_value(&v);
        }
    }
    if (values == NULL && spot_inspect_value_count(file) > 0) {
        spot_print(stdout, "\n");
    }
}

static json_t *json_error(const spot_inspect_error *e)
{
    return json_pack("{s:i, s:f, s:f, s:f, s:f, s:f, s:f}", "bits", e->bits, "uniform", e->uniform,
                     "uniform_clip", e->uniform_clip, "power_of_two", e->power_of_two, "optimum",
                     e->optimum, "lower", e->lower, "upper", e->upper);
}

static json_t *json_tensor(const spot_inspect_tensor *t)
{
    json_t *shape = json_array();

    for (size_t i = 0; i < t->n_dim; i++) {
        (void)json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    }
    json_t *o = json_pack("{s:s, s:s, s:o, s:I, s:s}", "name", t->name, "dtype", t->dtype, "shape",
                          shape, "count", (json_int_t)t->n_element, "found", found_words[t->found]);
    if (t->found == SPOT_INSPECT_LISTED || t->found == SPOT_INSPECT_EMPTY) {
        return o;
    }
    json_t *more = json_pack("{s:I, s:I, s:I, s:f, s:f, s:f}", "zeros", (json_int_t)t->n_zero,
                             "nan", (json_int_t)t->n_nan, "infinite", (json_int_t)t->n_infinite,
                             "mean_abs", t->mean_abs, "min", t->min, "max", t->max);
    (void)json_object_update(o, more);
    json_decref(more);
    if (t->found != SPOT_INSPECT_FITTED) {
        return o;
    }
    json_t *errors = json_array();
    for (int i = 0; i < t->n_error; i++) {
        (void)json_array_append_new(errors, json_error(&t->errors[i]));
    }
    (void)json_object_set_new(o, "lambda", json_real(t->lambda));
    (void)json_object_set_new(o, "ks", json_real(t->ks));
    (void)json_object_set_new(o, "sample", json_integer((json_int_t)t->n_sample));
    (void)json_object_set_new(o, "errors", errors);
    return o;
}

/* As is common: powers of 1000, three digits. */
static void print_bytes(size_t n)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)n;
    int i = 0;

    for (; value >= 999.5 && i < 6; i++) {
        value /= 1000.0;
    }
    spot_print(stdout, "%.3g %s", value, units[i]);
}

static void print_total(const spot_inspect_total *total)
{
    spot_print(stdout, "%zu tensor%s, %zu weights, ", total->n_tensor,
               total->n_tensor == 1 ? "" : "s", total->n_element);
    print_bytes(total->n_byte);
    spot_print(stdout, "\n");
}

static void print_summary(const spot_inspect_summary *s)
{
    print_total(&s->all);
    for (int i = 0; s->n_dtype > 1 && i < s->n_dtype; i++) {
        spot_print(stdout, "  %s: ", s->dtypes[i].dtype);
        print_total(&s->dtypes[i]);
    }
    if (s->n_dtype == 1) {
        spot_print(stdout, "all are %s\n", s->dtypes[0].dtype);
    }
    spot_print(stdout,
               "the exponential law fits %zu of the %zu that it was fitted to (KS distance at most "
               "%.3f)\n",
               s->n_fits, s->n_fitted, SPOT_INSPECT_KS_FITS);
}

static json_t *json_total(const spot_inspect_total *total)
{
    return json_pack("{s:I, s:I, s:I}", "tensors", (json_int_t)total->n_tensor, "weights",
                     (json_int_t)total->n_element, "bytes", (json_int_t)total->n_byte);
}

static json_t *json_summary(const spot_inspect_summary *s)
{
    json_t *dtypes = json_array();
    json_t *o = json_total(&s->all);

    for (int i = 0; i < s->n_dtype; i++) {
        json_t *row = json_total(&s->dtypes[i]);
        (void)json_object_set_new(row, "dtype", json_string(s->dtypes[i].dtype));
        (void)json_array_append_new(dtypes, row);
    }
    (void)json_object_set_new(o, "fitted", json_integer((json_int_t)s->n_fitted));
    (void)json_object_set_new(o, "fit_law", json_integer((json_int_t)s->n_fits));
    (void)json_object_set_new(o, "dtypes", dtypes);
    return o;
}

/* Where tensors go: details NULL and tensors NULL = into the summary alone. */
typedef struct sink {
    spot_inspect_summary summary;
    FILE *details; /* text that follows the summary, which is known last */
    json_t *tensors;
} sink;

static int read_tensors(spot_inspect *file, sink *to)
{
    cli_progress progress = cli_progress_begin("inspect", to->details == NULL);
    const size_t n = spot_inspect_count(file);
    spot_status st = SPOT_OK;
    spot_diag diag = {""};

    for (size_t i = 0; st == SPOT_OK && i < n; i++) {
        spot_inspect_tensor tensor;

        st = spot_inspect_read(file, i, &tensor, &diag);
        st = st == SPOT_OK ? spot_inspect_add(&to->summary, &tensor) : st;
        if (st == SPOT_OK && to->tensors != NULL) {
            (void)json_array_append_new(to->tensors, json_tensor(&tensor));
        }
        if (st == SPOT_OK && to->details != NULL) {
            spot_print(to->details, "\n");
            print_tensor(to->details, &tensor);
        }
        (void)cli_progress_update(&progress, (int64_t)i + 1, (int64_t)n);
    }
    cli_progress_end(&progress);
    return st == SPOT_OK ? CLI_OK : cli_refuse("inspect", st, &diag);
}

static int show_json(spot_inspect *file, const char *path)
{
    sink to = {.tensors = json_array()};
    const int code = read_tensors(file, &to);

    if (code != CLI_OK) {
        json_decref(to.tensors);
        return code;
    }
    json_t *values = json_array();
    show_values(file, values);
    return cli_print_json(json_pack("{s:s, s:o, s:o, s:o}", "file", path, "summary",
                                    json_summary(&to.summary), "values", values, "tensors",
                                    to.tensors));
}

/* The details that were kept; false: they could not be. */
static bool copy_details(FILE *details)
{
    char text[4096]; /* longer than any line */

    if (fflush(details) != 0 || fseek(details, 0, SEEK_SET) != 0) {
        return false;
    }
    while (fgets(text, sizeof(text), details) != NULL) {
        text[strcspn(text, "\n")] = '\0'; /* which would be shown */
        spot_print(stdout, "%s\n", text);
    }
    return ferror(details) == 0;
}

static int show_text(spot_inspect *file, bool all)
{
    const size_t n = spot_inspect_count(file);
    sink to = {.details = NULL};

    if (all || n <= DETAILS_MAX) {
        to.details = tmpfile();
        if (to.details == NULL) {
            return cli_fail(
                "inspect", SPOT_E_IO,
                &(spot_diag){"no temporary file can be made, expected room in TMPDIR or /tmp"});
        }
    }
    int code = read_tensors(file, &to);
    if (code == CLI_OK) {
        show_values(file, NULL);
        print_summary(&to.summary);
        if (to.details == NULL) {
            spot_print(stdout, "(--all shows each tensor)\n");
        } else if (!copy_details(to.details)) {
            code = cli_fail(
                "inspect", SPOT_E_IO,
                &(spot_diag){
                    "a temporary file cannot be written, expected room in TMPDIR or /tmp"});
        }
    }
    if (to.details != NULL) {
        (void)fclose(to.details);
    }
    return code;
}

/* --draft: a policy.yaml beside the model, which is not overwritten. */
static int write_draft(const spot_inspect *file, const char *path, const char *draft)
{
    const char *slash = strrchr(path, '/');
    spot_diag diag = {""};

    if (access(draft, F_OK) == 0) {
        return cli_misuse("inspect", "--draft %s: is there already, expected a new file", draft);
    }
    const spot_status st = spot_inspect_draft(file, slash != NULL ? slash + 1 : path, draft, &diag);
    if (st != SPOT_OK) {
        return cli_refuse("inspect", st, &diag);
    }
    spot_print(stdout, "%s: a draft; check each guess and answer each TODO in it\n", draft);
    return CLI_OK;
}

static bool take_bits(const cli_integers *bits, spot_inspect_config *config)
{
    for (int i = 0; i < bits->count; i++) {
        if (bits->count > SPOT_INSPECT_BITS_MAX || bits->values[i] < 1 ||
            bits->values[i] > SPOT_INSPECT_BITS_MAX) {
            (void)cli_misuse(
                "inspect", "--bits: %d, %d of them: expected 1..%d, at most %d of them",
                bits->values[i], bits->count, SPOT_INSPECT_BITS_MAX, SPOT_INSPECT_BITS_MAX);
            return false;
        }
        config->bits[i] = bits->values[i];
        config->n_bits = bits->count;
    }
    return true;
}

static const char SUMMARY[] =
    "Prints how many tensors, weights and bytes of each type a model has and how many tensors the\n"
    "exponential law fits; then, of at most 40 tensors or with --all, for each: type, shape, "
    "range,\n"
    "the exponential law of |w| that fits\n"
    "best (lambda = 1 / mean |w|) with its Kolmogorov-Smirnov distance, and for each bit-width "
    "the\n"
    "error mean |w - Q(w)| / mean |w| of a uniform quantiser with the best clip, of powers of two\n"
    "and of the closed-form optimum for that law, next to the law's bounds lambda D_L = 2^-b and\n"
    "lambda D_U = 2^(1-b). Bits include the sign.\n\n"
    "MODEL is a safetensors or ONNX file of any size, the index of a model in several files\n"
    "(model.safetensors.index.json), a folder with one of these, or a policy's name. F32, BF16\n"
    "and F16 are fitted, other types listed; of an ONNX file the inputs and outputs too. Ranges\n"
    "and lambda use every weight; distance and errors a fixed sample of at most 262144 weights a\n"
    "tensor.";

static const char EXAMPLES[] =
    "  sweetspot inspect ur5e-pick-place-dit\n"
    "  sweetspot inspect model.safetensors.index.json --all\n"
    "  sweetspot inspect model.onnx --bits 4,8\n"
    "  sweetspot inspect model.onnx --draft policy.yaml\n"
    "  sweetspot inspect model.safetensors --json | jq '.tensors[] | [.name, .ks]'\n";

int spoti_cli_inspect(int argc, char **argv)
{
    int exit_code = CLI_OK;
    bool json = false;
    bool all = false;
    const char *draft = NULL;
    cli_integers bits = {.count = 0};
    char path[CLI_PATH_SIZE];
    spot_inspect_config config;
    const cli_option options[] = {
        {"bits", "B,...", CLI_INTEGERS, &bits, "bit-widths, sign included; default 2,3,4,6,8"},
        {"draft", "FILE", CLI_TEXT, &draft,
         "of an ONNX file: write a first policy.yaml, to be checked, instead"},
        {"all", NULL, CLI_FLAG, &all, "each tensor, also of a model that has more than 40"},
        {"json", NULL, CLI_FLAG, &json, "JSON instead of text"},
    };
    const cli_page page = {.verb = "inspect",
                           .summary = SUMMARY,
                           .usage = "MODEL [options]",
                           .options = options,
                           .n_options = sizeof(options) / sizeof(options[0]),
                           .examples = EXAMPLES};
    const char *model = cli_take_argument(&page, &argc, argv);

    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (model == NULL) {
        return cli_misuse("inspect", "no MODEL: expected a safetensors or ONNX file or a policy");
    }
    spot_inspect_config_default(&config);
    if (!take_bits(&bits, &config) || !find_model(model, path)) {
        return CLI_USAGE;
    }
    spot_inspect *file = NULL;
    spot_diag diag = {""};
    spot_status st = spot_inspect_open(path, &config, &file, &diag);
    if (st != SPOT_OK) {
        return cli_refuse("inspect", st, &diag);
    }
    exit_code = draft != NULL ? write_draft(file, path, draft)
                : json        ? show_json(file, path)
                              : show_text(file, all);
    spot_inspect_close(file);
    return exit_code;
}
