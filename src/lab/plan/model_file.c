/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Model files: YAML in, splits out; lambda given, or fitted to weights. */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/plan/plan.h"
#include "lab/platform/planning.h"
#include "runtime/file/yaml.h"
#include "spot/inspect.h"

typedef struct raw_feature {
    int bits;
    double uplink_bits, distortion;
} raw_feature;

typedef struct raw_split {
    char *name;
    double agent_flop, server_flop, cloud_flop, uplink_bits, backhaul_bits;
    double agent_parameters, lambda, output_per_parameter;
    raw_feature *features;
    uint64_t features_count;
} raw_split;

typedef struct raw_model {
    char *name, *description, *source, *weights, *split;
    spot_origin origin;
    int full_bits;
    raw_split own; /* the split that stands at the top level */
    raw_split *splits;
    uint64_t splits_count;
} raw_model;

/* clang-format off */
static const cyaml_schema_field_t FEATURE_FIELDS[] = {
    CYAML_FIELD_INT("bits", CYAML_FLAG_DEFAULT, raw_feature, bits),
    CYAML_FIELD_FLOAT("uplink_bits", CYAML_FLAG_DEFAULT, raw_feature, uplink_bits),
    CYAML_FIELD_FLOAT("distortion", CYAML_FLAG_OPTIONAL, raw_feature, distortion),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t FEATURE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_feature, FEATURE_FIELDS),
};

/* The keys of a split, in a struct at `at`. */
#define NUMBERS(type, at)                                                                          \
    CYAML_FIELD_FLOAT("agent_flop", CYAML_FLAG_OPTIONAL, type, at agent_flop),                     \
    CYAML_FIELD_FLOAT("server_flop", CYAML_FLAG_OPTIONAL, type, at server_flop),                   \
    CYAML_FIELD_FLOAT("cloud_flop", CYAML_FLAG_OPTIONAL, type, at cloud_flop),                     \
    CYAML_FIELD_FLOAT("uplink_bits", CYAML_FLAG_OPTIONAL, type, at uplink_bits),                   \
    CYAML_FIELD_FLOAT("backhaul_bits", CYAML_FLAG_OPTIONAL, type, at backhaul_bits),               \
    CYAML_FIELD_FLOAT("agent_parameters", CYAML_FLAG_OPTIONAL, type, at agent_parameters),         \
    CYAML_FIELD_FLOAT("lambda", CYAML_FLAG_OPTIONAL, type, at lambda),                             \
    CYAML_FIELD_FLOAT("output_per_parameter", CYAML_FLAG_OPTIONAL, type, at output_per_parameter)

static const cyaml_schema_field_t SPLIT_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, raw_split, name, 1, SPOT_PLAN_NAME_SIZE - 1),
    NUMBERS(raw_split, ),
    CYAML_FIELD_SEQUENCE("features", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_split, features,
                         &FEATURE, 1, SPOT_PLAN_FEATURES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t SPLIT = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_split, SPLIT_FIELDS),
};
static const cyaml_schema_field_t MODEL_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, raw_model, name, 1, SPOT_PLAN_NAME_SIZE - 1),
    CYAML_FIELD_STRING_PTR("description", CYAML_FLAG_POINTER, raw_model, description,
                           1, SPOT_PLAN_SOURCE_SIZE - 1),
    CYAML_FIELD_ENUM("origin", CYAML_FLAG_STRICT, raw_model, origin, spoti_origins, SPOTI_ORIGINS),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, raw_model, source,
                           1, SPOT_PLAN_SOURCE_SIZE - 1),
    CYAML_FIELD_INT("full_bits", CYAML_FLAG_DEFAULT, raw_model, full_bits),
    CYAML_FIELD_STRING_PTR("weights", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_model, weights,
                           1, SPOTI_PLAN_PATH_SIZE / 2),
    CYAML_FIELD_STRING_PTR("split", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_model, split,
                           1, SPOT_PLAN_NAME_SIZE - 1),
    NUMBERS(raw_model, own.),
    CYAML_FIELD_SEQUENCE("splits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_model, splits,
                         &SPLIT, 1, SPOT_PLAN_SPLITS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t MODEL = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_model, MODEL_FIELDS),
};
/* clang-format on */

/* ---- weights ---- */

spot_status spot_plan_model_weights(const char *path, spot_plan_model *model, spot_diag *diag)
{
    spot_inspect_config config;
    spot_inspect *file = NULL;
    double n = 0.0;
    double sum = 0.0;

    if (path == NULL || model == NULL) {
        return SPOT_E_INVALID;
    }
    spot_inspect_config_default(&config);
    config.n_bits = 0;
    config.sample_max = 2;
    spot_status st = spot_inspect_open(path, &config, &file, diag);
    for (size_t i = 0; st == SPOT_OK && i < spot_inspect_count(file); i++) {
        spot_inspect_tensor tensor;

        st = spot_inspect_read(file, i, &tensor, diag);
        /* norms, biases and tables of numbers have one axis or none: what is quantised are matrices */
        if (st == SPOT_OK && tensor.n_dim >= 2 && tensor.found == SPOT_INSPECT_NOT_FINITE) {
            st = spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s: %.100s: %zu weights are not finite, "
                               "expected none",
                               path, tensor.name, tensor.n_nan + tensor.n_infinite);
        }
        if (st == SPOT_OK && tensor.n_dim >= 2 && tensor.found == SPOT_INSPECT_FITTED) {
            n += (double)tensor.n_element;
            sum += (double)tensor.n_element * tensor.mean_abs;
        }
    }
    spot_inspect_close(file);
    if (st == SPOT_OK && !(n > 0.0)) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "%s: no matrices of F32, BF16 or F16, expected a model's weights", path);
    }
    if (st != SPOT_OK) {
        return st;
    }
    memset(model, 0, sizeof(*model));
    (void)spoti_copy(model->name, sizeof(model->name), "weights");
    (void)spoti_format(model->lambda_source, sizeof(model->lambda_source),
                       "1 / mean |w| of %.0f weights of %.150s", n, path);
    model->full_bits = 32;
    model->n_split = 1;
    (void)spoti_copy(model->split[0].name, sizeof(model->split[0].name), "only");
    model->split[0].agent_parameters = n;
    model->split[0].lambda = n / sum;
    return SPOT_OK;
}

/* `weights` beside the file `path`. */
static spot_status fit_weights(const char *path, const char *weights, spot_plan_model *fitted,
                               spot_diag *diag)
{
    char whole[SPOTI_PLAN_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    const int folder = slash != NULL && weights[0] != '/' ? (int)(slash - path) + 1 : 0;

    if (!spoti_format(whole, sizeof(whole), "%.*s%s", folder, path, weights)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%.200s: path of its weights too long, expected below %d bytes", path,
                             SPOTI_PATH_SIZE);
    }
    return spot_plan_model_weights(whole, fitted, diag);
}

/* ---- checks that the schema cannot make ---- */

static bool is_count(double x)
{
    return isfinite(x) && x >= 0.0;
}

/* `where` is the place of the split in the file, with a dot behind it, or "". */
static spot_status check_numbers(const char *path, const char *where, const spot_plan_split *s,
                                 spot_diag *diag)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"agent_flop", s->agent_flop},
                   {"server_flop", s->server_flop},
                   {"cloud_flop", s->cloud_flop},
                   {"uplink_bits", s->uplink_bits},
                   {"backhaul_bits", s->backhaul_bits},
                   {"agent_parameters", s->agent_parameters},
                   {"output_per_parameter", s->output_per_parameter}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!is_count(numbers[i].value)) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s is %g, expected 0 or more", path,
                                 spoti_yaml_line_at(path, "%s%s", where, numbers[i].key),
                                 numbers[i].key, numbers[i].value);
        }
    }
    if (!(isfinite(s->lambda) && s->lambda > 0.0)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: lambda is %g, expected more than 0, or weights to fit it to",
                             path, spoti_yaml_line_at(path, "%slambda", where), s->lambda);
    }
    if (s->agent_flop + s->server_flop + s->cloud_flop <= 0.0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: split %s has no FLOP, expected agent_flop or server_flop",
                             path, spoti_yaml_line_at(path, "%sagent_flop", where), s->name);
    }
    if (s->output_per_parameter > 0.0 && s->agent_parameters <= 0.0 && s->agent_flop > 0.0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: output_per_parameter without agent_parameters, expected both",
                             path, spoti_yaml_line_at(path, "%soutput_per_parameter", where));
    }
    return SPOT_OK;
}

static spot_status take_split(const char *path, const char *where, const raw_split *raw,
                              double lambda, spot_plan_split *s, spot_diag *diag)
{
    (void)spoti_copy(s->name, sizeof(s->name), raw->name != NULL ? raw->name : "only");
    s->agent_flop = raw->agent_flop;
    s->server_flop = raw->server_flop;
    s->cloud_flop = raw->cloud_flop;
    s->uplink_bits = raw->uplink_bits;
    s->backhaul_bits = raw->backhaul_bits;
    s->agent_parameters = raw->agent_parameters;
    s->lambda = raw->lambda != 0.0 ? raw->lambda : lambda;
    s->output_per_parameter = raw->output_per_parameter;
    s->n_feature = (int)raw->features_count;
    for (int i = 0; i < s->n_feature; i++) {
        const raw_feature *f = &raw->features[i];

        if (f->bits < 1 || f->bits > SPOT_COINFER_MAX_BITS || !is_count(f->uplink_bits) ||
            !is_count(f->distortion)) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: features of split %s: %d bits, %g uplink_bits, distortion "
                                 "%g, expected 1..%d and no negative ones",
                                 path, spoti_yaml_line_at(path, "%sfeatures[%d]", where, i),
                                 s->name, f->bits, f->uplink_bits, f->distortion,
                                 SPOT_COINFER_MAX_BITS);
        }
        s->feature[i] = (spot_plan_feature){f->bits, f->uplink_bits, f->distortion};
    }
    return check_numbers(path, where, s, diag);
}

static spot_status take_splits(const char *path, const raw_model *raw, double lambda,
                               spot_plan_model *model, spot_diag *diag)
{
    const bool own = raw->own.agent_flop != 0.0 || raw->own.server_flop != 0.0;

    if (own == (raw->splits != NULL)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:1: %s agent_flop and splits, expected one of them", path,
                             own ? "both" : "neither");
    }
    if (own) {
        model->n_split = 1;
        return take_split(path, "", &raw->own, lambda, &model->split[0], diag);
    }
    for (int i = 0; i < (int)raw->splits_count; i++) {
        const char *name = raw->splits[i].name;
        char where[32];
        (void)spoti_format(where, sizeof(where), "splits[%d].", i);
        spot_status st =
            take_split(path, where, &raw->splits[i], lambda, &model->split[model->n_split], diag);
        if (st != SPOT_OK) {
            return st;
        }
        for (int k = 0; k < i; k++) {
            if (strcmp(raw->splits[k].name, name) == 0) {
                return spot_diag_set(diag, SPOT_E_FORMAT,
                                     "%s:%d: split %s stands twice, expected it once", path,
                                     spoti_yaml_line_at(path, "%sname", where), name);
            }
        }
        /* a file that names one fixes it: the others are there to be named instead */
        model->n_split += raw->split == NULL || strcmp(raw->split, name) == 0;
    }
    if (model->n_split == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: split '%s', expected the name of one of splits", path,
                             spoti_yaml_line_at(path, "split"), raw->split);
    }
    return SPOT_OK;
}

spot_status spot_plan_model_load(const char *path, spot_plan_model *model, spot_diag *diag)
{
    void *data = NULL;
    spot_plan_model fitted = {.n_split = 1, .split[0] = {.lambda = 0.0}};

    if (path == NULL || model == NULL) {
        return SPOT_E_INVALID;
    }
    memset(model, 0, sizeof(*model));
    spot_status st = spoti_yaml_load(path, &MODEL, &data, diag);
    if (st != SPOT_OK) {
        return st;
    }
    raw_model *raw = data;
    if (raw->full_bits < 1 || raw->full_bits > SPOT_COINFER_MAX_BITS) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: full_bits is %d, expected 1..%d", path,
                           spoti_yaml_line_at(path, "full_bits"), raw->full_bits,
                           SPOT_COINFER_MAX_BITS);
    }
    if (st == SPOT_OK && raw->weights != NULL && raw->own.lambda != 0.0) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: both lambda and weights, expected one",
                           path, spoti_yaml_line_at(path, "weights"));
    }
    if (st == SPOT_OK && raw->weights != NULL) {
        st = fit_weights(path, raw->weights, &fitted, diag);
    }
    if (st == SPOT_OK) {
        (void)spoti_copy(model->name, sizeof(model->name), raw->name);
        (void)spoti_copy(model->description, sizeof(model->description), raw->description);
        (void)spoti_copy(model->source, sizeof(model->source), raw->source);
        (void)spoti_copy(model->lambda_source, sizeof(model->lambda_source),
                         raw->weights != NULL ? fitted.lambda_source : "given");
        model->origin = raw->origin;
        model->full_bits = raw->full_bits;
        st = take_splits(path, raw, raw->weights != NULL ? fitted.split[0].lambda : raw->own.lambda,
                         model, diag);
    }
    spoti_yaml_free(&MODEL, data);
    return st;
}
