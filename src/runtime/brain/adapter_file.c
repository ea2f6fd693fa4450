/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The schema of what a foreign policy sees and does, and what a schema cannot say. */
#include "runtime/brain/adapter_file.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

/* clang-format off: tables */
enum { LIST_MAX = 65536 };
#define OPTIONAL_POINTER (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define NUMBERS(key, type, field)                                                                  \
    CYAML_FIELD_SEQUENCE_COUNT(key, OPTIONAL_POINTER | CYAML_FLAG_FLOW, type, field,               \
                               field##_count, &NUMBER, 1, LIST_MAX)
#define INTEGERS(key, type, field)                                                                 \
    CYAML_FIELD_SEQUENCE_COUNT(key, OPTIONAL_POINTER | CYAML_FLAG_FLOW, type, field,               \
                               field##_count, &INTEGER, 0, LIST_MAX)
#define WORD(key, type, field, words)                                                              \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type, field, words,             \
                     CYAML_ARRAY_LEN(words))

static const cyaml_schema_value_t NUMBER = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_value_t INTEGER = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int)};
static const cyaml_strval_t BY[] = {{"mean-std", SPOTI_BY_MEAN_STD},
                                    {"min-max", SPOTI_BY_MIN_MAX},
                                    {"q01-q99", SPOTI_BY_QUANTILES}};
static const cyaml_strval_t CONVENTIONS[] = {{"task", SPOTI_CONVENTION_TASK},
                                             {"relative", SPOTI_CONVENTION_RELATIVE},
                                             {"absolute", SPOTI_CONVENTION_ABSOLUTE},
                                             {"delta", SPOTI_CONVENTION_DELTA}};
static const cyaml_strval_t LAYOUTS[] = {{"hwc", 0}, {"chw", 1}};
static const cyaml_strval_t ORDERS[] = {{"rgb", 0}, {"bgr", 1}};
static const cyaml_strval_t VALUES[] = {
    {"bytes", SPOTI_IMAGE_BYTES}, {"unit", SPOTI_IMAGE_UNIT}, {"signed", SPOTI_IMAGE_SIGNED}};
static const cyaml_strval_t FITS[] = {
    {"pad", SPOTI_IMAGE_PAD}, {"stretch", SPOTI_IMAGE_STRETCH}, {"none", SPOTI_IMAGE_SAME}};

const cyaml_schema_field_t spoti_scaling_fields[] = {
    NUMBERS("mean", spoti_scaling_file, mean),
    NUMBERS("std", spoti_scaling_file, std),
    NUMBERS("min", spoti_scaling_file, min),
    NUMBERS("max", spoti_scaling_file, max),
    NUMBERS("range", spoti_scaling_file, range),
    CYAML_FIELD_STRING_PTR("file", OPTIONAL_POINTER, spoti_scaling_file, file, 1, 256),
    CYAML_FIELD_STRING_PTR("key", OPTIONAL_POINTER, spoti_scaling_file, key, 1, 256),
    WORD("by", spoti_scaling_file, by, BY),
    CYAML_FIELD_END};

static const cyaml_schema_field_t GRIPPER_FIELDS[] = {
    CYAML_FIELD_INT("entry", CYAML_FLAG_DEFAULT, spoti_gripper_map_file, entry),
    CYAML_FIELD_FLOAT_PTR("open_above", OPTIONAL_POINTER, spoti_gripper_map_file, open_above),
    CYAML_FIELD_FLOAT_PTR("open_below", OPTIONAL_POINTER, spoti_gripper_map_file, open_below),
    CYAML_FIELD_END};

const cyaml_schema_field_t spoti_action_fields[] = {
    CYAML_FIELD_MAPPING_PTR("denormalise", OPTIONAL_POINTER, spoti_action_file, denormalise,
                            spoti_scaling_fields),
    WORD("convention", spoti_action_file, convention, CONVENTIONS),
    INTEGERS("columns", spoti_action_file, columns),
    INTEGERS("entries", spoti_action_file, entries),
    CYAML_FIELD_MAPPING_PTR("gripper", OPTIONAL_POINTER, spoti_action_file, gripper,
                            GRIPPER_FIELDS),
    CYAML_FIELD_INT_PTR("horizon", OPTIONAL_POINTER, spoti_action_file, horizon),
    CYAML_FIELD_INT_PTR("first", OPTIONAL_POINTER, spoti_action_file, first),
    CYAML_FIELD_END};

const cyaml_schema_field_t spoti_image_fields[] = {
    CYAML_FIELD_INT_PTR("height", OPTIONAL_POINTER, spoti_image_file, height),
    CYAML_FIELD_INT_PTR("width", OPTIONAL_POINTER, spoti_image_file, width),
    WORD("layout", spoti_image_file, layout, LAYOUTS),
    WORD("values", spoti_image_file, values, VALUES),
    WORD("resize", spoti_image_file, resize, FITS),
    WORD("order", spoti_image_file, order, ORDERS),
    CYAML_FIELD_INT_PTR("rotate", OPTIONAL_POINTER, spoti_image_file, rotate),
    NUMBERS("mean", spoti_image_file, mean),
    NUMBERS("std", spoti_image_file, std),
    CYAML_FIELD_END};
/* clang-format on */

/* ---- scaling ---- */

/* The line of `key` at or after `line`. */
static spot_status refuse(const char *path, const char *key, int line, spot_diag *diag,
                          const char *what)
{
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: %s", path,
                         spoti_yaml_line_of(path, key, line), key, what);
}

/* A list of the file. */
typedef struct number_list {
    const char *key;
    const double *numbers;
    uint64_t count;
} number_list;

/* The i-th list as floats, of s->n or, for each row, s->n s->rows; the first decides. */
static spot_status take_list(const char *path, int line, const number_list *list,
                             const spoti_statistics *s, int i, int *n, spot_diag *diag)
{
    const int all = s->n * s->rows;
    if (i == 0) {
        *n = list->count == (uint64_t)all ? all : s->n;
    }
    if (list->numbers == NULL || list->count != (uint64_t)*n) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: %llu numbers, expected %d", path,
                             spoti_yaml_line_of(path, list->key, line), list->key,
                             (unsigned long long)list->count, *n);
    }
    for (int k = 0; k < *n; k++) {
        s->out[i][k] = (float)list->numbers[k];
    }
    return SPOT_OK;
}

/* Where the two numbers of each entry come from: lists here, or a file. */
static spot_status take_numbers(const char *path, int line, const spoti_scaling_file *f, bool spans,
                                const spoti_statistics *s, int *n, spot_diag *diag)
{
    char beside[SPOTI_PATH_SIZE];
    char dir[SPOTI_PATH_SIZE];
    if (f->file != NULL) {
        if (f->key == NULL) {
            return refuse(path, "file", line, diag, "no key, expected key: NAME in that file");
        }
        if (!spoti_path_dir(dir, sizeof(dir), path) ||
            !spoti_path_join(beside, sizeof(beside), dir, f->file)) {
            return refuse(path, "file", line, diag, "the path is too long");
        }
        spoti_statistics there = *s;
        there.path = beside;
        there.key = f->key;
        there.by = (spoti_scaling_by)f->by;
        return spoti_statistics_read(&there, n, diag);
    }
    const number_list lists[2][2] = {
        {{"mean", f->mean, f->mean_count}, {"std", f->std, f->std_count}},
        {{"min", f->min, f->min_count}, {"max", f->max, f->max_count}}};
    spot_status st = SPOT_OK;
    for (int i = 0; i < 2 && st == SPOT_OK; i++) {
        st = take_list(path, line, &lists[spans][i], s, i, n, diag);
    }
    return st;
}

/* One way of saying it, and whole. */
static spot_status check_scaling(const char *path, int line, const spoti_scaling_file *f,
                                 bool *spans, spot_diag *diag)
{
    const bool moments = f->mean != NULL && f->std != NULL;
    const bool bounds = f->min != NULL && f->max != NULL;
    const bool any_moment = f->mean != NULL || f->std != NULL;
    const bool any_bound = f->min != NULL || f->max != NULL;
    *spans = any_bound || (f->file != NULL && f->by != SPOTI_BY_MEAN_STD);
    if ((int)(any_moment && moments) + (int)(any_bound && bounds) + (int)(f->file != NULL) != 1 ||
        any_moment != moments || any_bound != bounds) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: a normalisation has mean and std, or min and max, or file and "
                             "key, expected one of the three",
                             path, line);
    }
    if (f->file == NULL && (f->key != NULL || f->by != SPOTI_BY_MEAN_STD)) {
        return refuse(path, f->key != NULL ? "key" : "by", line, diag, "goes with file");
    }
    if (f->range != NULL && (!*spans || f->range_count != 2 || !(f->range[0] < f->range[1]))) {
        return refuse(path, "range", line, diag,
                      "expected two numbers [low, high] to which min and max go");
    }
    return SPOT_OK;
}

/* Turns min and max into shift and width: min goes to low, max to high. */
static void span_to_shift(const spoti_scaling_file *f, spoti_scaling *s)
{
    const double low = f->range != NULL ? f->range[0] : -1.0;
    const double high = f->range != NULL ? f->range[1] : 1.0;
    for (int i = 0; i < s->n; i++) {
        const double min = s->shift[i];
        const double width = ((double)s->width[i] - min) / (high - low);
        s->shift[i] = (float)(min - low * width);
        s->width[i] = (float)width;
    }
}

/* Room for all that there may be, shrunk to what there is: a scaling owns 2 n floats. */
static spot_status read_scaling(const char *path, int line, const spoti_scaling_file *file,
                                bool spans, int n, int rows, spoti_scaling *s, spot_diag *diag)
{
    const size_t room = (size_t)n * (size_t)rows;
    float *numbers = (float *)spoti_calloc(s->allocator, 2 * room, sizeof(*numbers));
    if (numbers == NULL) {
        return SPOT_E_NOMEM;
    }
    spoti_statistics read = {.n = n, .rows = rows, .out = {numbers, numbers + room}};
    spot_status st = take_numbers(path, line, file, spans, &read, &s->n, diag);
    if (st == SPOT_OK) {
        s->shift = (float *)spoti_calloc(s->allocator, 2 * (size_t)s->n, sizeof(*s->shift));
        st = s->shift != NULL ? SPOT_OK : SPOT_E_NOMEM;
    }
    if (st == SPOT_OK) {
        s->width = s->shift + s->n;
        memcpy(s->shift, read.out[0], (size_t)s->n * sizeof(*s->shift));
        memcpy(s->width, read.out[1], (size_t)s->n * sizeof(*s->width));
    }
    spoti_free(s->allocator, numbers, 2 * room * sizeof(*numbers));
    return st;
}

spot_status spoti_scaling_load(const char *path, int line, const spoti_scaling_file *file, int n,
                               int rows, const spot_allocator *allocator, spoti_scaling *out,
                               spot_diag *diag)
{
    spoti_scaling s = {.allocator = allocator};
    bool spans = false;
    *out = (spoti_scaling){.shift = NULL};
    if (file == NULL) {
        return SPOT_OK;
    }
    spot_status st = check_scaling(path, line, file, &spans, diag);
    st = st == SPOT_OK ? read_scaling(path, line, file, spans, n, rows, &s, diag) : st;
    if (st == SPOT_OK && spans) {
        span_to_shift(file, &s);
    }
    for (int i = 0; i < s.n && st == SPOT_OK; i++) {
        if (!isfinite(s.shift[i]) || !isfinite(s.width[i]) || !(s.width[i] > 0.0F)) {
            st = spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s:%d: entry %d of the normalisation: expected finite numbers, %s",
                               path, line, i, spans ? "max > min" : "std > 0");
        }
    }
    if (st != SPOT_OK) {
        spoti_scaling_close(&s);
        return st;
    }
    *out = s;
    return SPOT_OK;
}

/* ---- actions ---- */

/* A list of places, each below `end` and there once. */
static spot_status check_places(const char *path, const char *key, const int *list, uint64_t count,
                                int end, spot_diag *diag)
{
    const int line = spoti_yaml_line_of(path, key, spoti_yaml_line_of(path, "action", 1));
    for (uint64_t i = 0; i < count; i++) {
        bool again = false;
        for (uint64_t j = 0; j < i; j++) {
            again = again || list[j] == list[i];
        }
        if (list[i] < 0 || list[i] >= end || again) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: %d%s, expected 0..%d, each once",
                                 path, line, key, list[i], again ? " again" : "", end - 1);
        }
    }
    return SPOT_OK;
}

/* Which entry of an action is which column of an answer. */
static spot_status load_columns(const char *path, const spoti_action_file *file, int dim,
                                spoti_action_map *m, spot_diag *diag)
{
    const int line = spoti_yaml_line_of(path, "action", 1);
    const int listed = file->columns != NULL ? (int)file->columns_count : m->model_dim;
    m->dim = dim > 0 ? dim : listed;
    if (listed != m->dim) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s:%d: %s %d entries in an action, expected %d as the task has; "
            "columns: [...] picks some of the model's %d",
            path, file->columns != NULL ? spoti_yaml_line_of(path, "columns", line) : line,
            file->columns != NULL ? "columns lists" : "the model has", listed, m->dim,
            m->model_dim);
    }
    if (m->dim > SPOTI_ADAPTER_DIM_MAX || m->dim < 1) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %d entries in an action, expected 1..%d",
                             path, line, m->dim, SPOTI_ADAPTER_DIM_MAX);
    }
    for (int i = 0; i < m->dim; i++) {
        m->columns[i] = (short)(file->columns != NULL ? file->columns[i] : i);
    }
    return file->columns != NULL ? check_places(path, "columns", file->columns, file->columns_count,
                                                m->model_dim, diag)
                                 : SPOT_OK;
}

static spot_status load_gripper(const char *path, const spoti_gripper_map_file *g,
                                spoti_action_map *m, spot_diag *diag)
{
    const int line = spoti_yaml_line_of(path, "gripper", 1);
    m->gripper = -1;
    if (g == NULL) {
        return SPOT_OK;
    }
    if (g->entry < 0 || g->entry >= m->dim) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: entry: %d, expected 0..%d, an entry of the task's action",
                             path, spoti_yaml_line_of(path, "entry", line), g->entry, m->dim - 1);
    }
    if ((g->open_above != NULL) == (g->open_below != NULL)) {
        return refuse(path, "gripper", 1, diag, "expected one of open_above and open_below");
    }
    m->gripper = g->entry;
    m->open_at = (float)(g->open_above != NULL ? *g->open_above : *g->open_below);
    m->open_sign = g->open_above != NULL ? 1.0F : -1.0F;
    return SPOT_OK;
}

/* Which rows of an answer are the chunk. */
static spot_status load_rows(const char *path, const spoti_action_file *file, spoti_action_map *m,
                             spot_diag *diag)
{
    m->first = file->first != NULL ? *file->first : 0;
    m->horizon = file->horizon != NULL ? *file->horizon : m->model_rows - m->first;
    if (m->first < 0 || m->first >= m->model_rows) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: first: %d, expected 0..%d", path,
                             spoti_yaml_line_of(path, "first", 1), m->first, m->model_rows - 1);
    }
    if (m->horizon < 1 || m->horizon > m->model_rows - m->first) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: horizon: %d, expected 1..%d, the actions that the model gives",
                             path, spoti_yaml_line_of(path, "horizon", 1), m->horizon,
                             m->model_rows - m->first);
    }
    return SPOT_OK;
}

/* Which entries obey the convention: those listed, or all but the gripper's. */
static spot_status load_entries(const char *path, const spoti_action_file *file,
                                spoti_action_map *m, spot_diag *diag)
{
    for (int i = 0; i < m->dim; i++) {
        m->converts[i] = file->entries == NULL;
    }
    if (file->entries == NULL) {
        return SPOT_OK;
    }
    spot_status st =
        check_places(path, "entries", file->entries, file->entries_count, m->dim, diag);
    for (uint64_t i = 0; i < file->entries_count && st == SPOT_OK; i++) {
        m->converts[file->entries[i]] = true;
    }
    return st;
}

spot_status spoti_action_map_load(const char *path, const spoti_action_file *file, int model_rows,
                                  int model_dim, int dim, const spot_allocator *allocator,
                                  spoti_action_map *out, spot_diag *diag)
{
    static const spoti_action_file nothing_said = {.denormalise = NULL};
    const spoti_action_file *f = file != NULL ? file : &nothing_said;
    *out = (spoti_action_map){.model_rows = model_rows,
                              .model_dim = model_dim,
                              .convention = (spoti_convention)f->convention};
    spot_status st = load_columns(path, f, dim, out, diag);
    st = st == SPOT_OK ? load_gripper(path, f->gripper, out, diag) : st;
    st = st == SPOT_OK ? load_rows(path, f, out, diag) : st;
    st = st == SPOT_OK ? load_entries(path, f, out, diag) : st;
    if (st == SPOT_OK) {
        st = spoti_scaling_load(path, spoti_yaml_line_of(path, "denormalise", 1), f->denormalise,
                                model_dim, model_rows, allocator, &out->scaling, diag);
    }
    if (st != SPOT_OK) {
        *out = (spoti_action_map){.dim = 0};
    }
    return st;
}

/* ---- pictures ---- */

static spot_status check_side(const char *path, int line, const char *key, const int *said,
                              int model, int *out, spot_diag *diag)
{
    *out = said != NULL ? *said : model;
    if (*out >= 1 && *out <= SPOT_IMAGE_SIDE_MAX && (model == 0 || *out == model)) {
        return SPOT_OK;
    }
    const int at = spoti_yaml_line_of(path, key, line);
    return model != 0 ? spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: %d, expected the model's %d",
                                      path, at, key, *out, model)
                      : spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s: %d, expected 1..%d pixels",
                                      path, at, key, *out, SPOT_IMAGE_SIDE_MAX);
}

spot_status spoti_image_map_load(const char *path, int line, const spoti_image_file *file,
                                 int height, int width, spoti_image_map *out, spot_diag *diag)
{
    static const double zeros[3] = {0.0, 0.0, 0.0};
    static const double ones[3] = {1.0, 1.0, 1.0};
    const double *mean = file->mean != NULL ? file->mean : zeros;
    const double *std = file->std != NULL ? file->std : ones;
    const int degrees = file->rotate != NULL ? *file->rotate : 0;
    *out = (spoti_image_map){.fit = (spoti_image_fit)file->resize,
                             .channels_first = file->layout == 1,
                             .bgr = file->order == 1,
                             .upside_down = degrees == 180,
                             .bytes = file->values == SPOTI_IMAGE_BYTES};
    spot_status st = check_side(path, line, "height", file->height, height, &out->height, diag);
    st =
        st == SPOT_OK ? check_side(path, line, "width", file->width, width, &out->width, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    if (degrees != 0 && degrees != 180) {
        return refuse(path, "rotate", line, diag, "expected 0 or 180 degrees");
    }
    if ((file->mean != NULL) != (file->std != NULL) || (file->mean != NULL && out->bytes) ||
        (file->mean != NULL && (file->mean_count != 3 || file->std_count != 3))) {
        return refuse(path, file->mean != NULL ? "mean" : "std", line, diag,
                      "expected mean and std of three channels, of values: unit or signed");
    }
    const double gain = file->values == SPOTI_IMAGE_SIGNED ? 2.0 : 1.0;
    const double low = file->values == SPOTI_IMAGE_SIGNED ? -1.0 : 0.0;
    for (int c = 0; c < 3; c++) {
        if (!(std[c] > 0.0)) {
            return refuse(path, "std", line, diag, "expected numbers > 0");
        }
        out->scale[c] = (float)(gain / 255.0 / std[c]);
        out->shift[c] = (float)((low - mean[c]) / std[c]);
    }
    return SPOT_OK;
}
