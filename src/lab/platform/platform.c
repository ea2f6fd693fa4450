/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Platform profiles: YAML in, latencies out.
 *
 * The file is read by schema into `raw_*` (libcyaml's memory), checked, and copied into one immutable
 * object. A table also carries the least-squares law  latency = base + per_step * steps  of its rows,
 * which answers for step counts that nobody measured: refinement costs the same at every step, so the
 * law is close for all published tables (largest residual 6 % of the latency).
 */
#include "spot/platform.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "core/stats/outlier.h"
#include "lab/platform/planning.h"
#include "lab/platform/platform.h"
#include "runtime/file/yaml.h"

/* ---- the file ---- */

typedef struct raw_row {
    int steps;
    double latency_ms, spread_ms, p95_ms, median_ms;
    double alpha;
} raw_row;

typedef struct raw_affine {
    double base_ms, per_step_ms, spread_ms;
} raw_affine;

typedef struct raw_class {
    char *name, *source;
    spot_origin origin;
    raw_row *table; /* NULL if the class has a law instead */
    uint64_t table_count;
    raw_affine *affine;
} raw_class;

typedef struct raw_profile {
    char *name, *description;
    raw_class *classes;
    uint64_t classes_count;
    spoti_raw_planning *planning; /* NULL = not there */
} raw_profile;

/* clang-format off */
static const cyaml_schema_field_t ROW_FIELDS[] = {
    CYAML_FIELD_INT("steps", CYAML_FLAG_DEFAULT, raw_row, steps),
    CYAML_FIELD_FLOAT("latency_ms", CYAML_FLAG_DEFAULT, raw_row, latency_ms),
    CYAML_FIELD_FLOAT("spread_ms", CYAML_FLAG_OPTIONAL, raw_row, spread_ms),
    CYAML_FIELD_FLOAT("p95_ms", CYAML_FLAG_OPTIONAL, raw_row, p95_ms),
    CYAML_FIELD_FLOAT("median_ms", CYAML_FLAG_OPTIONAL, raw_row, median_ms),
    CYAML_FIELD_FLOAT("alpha", CYAML_FLAG_OPTIONAL, raw_row, alpha),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t ROW = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_row, ROW_FIELDS),
};
static const cyaml_schema_field_t AFFINE_FIELDS[] = {
    CYAML_FIELD_FLOAT("base_ms", CYAML_FLAG_DEFAULT, raw_affine, base_ms),
    CYAML_FIELD_FLOAT("per_step_ms", CYAML_FLAG_DEFAULT, raw_affine, per_step_ms),
    CYAML_FIELD_FLOAT("spread_ms", CYAML_FLAG_OPTIONAL, raw_affine, spread_ms),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t CLASS_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, raw_class, name,
                           1, SPOT_PLATFORM_NAME_SIZE - 1),
    CYAML_FIELD_ENUM("origin", CYAML_FLAG_STRICT, raw_class, origin, spoti_origins,
                     SPOTI_ORIGINS),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, raw_class, source,
                           1, SPOT_PLATFORM_SOURCE_SIZE - 1),
    CYAML_FIELD_SEQUENCE("table", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_class, table, &ROW,
                         1, SPOTI_ROWS_MAX),
    CYAML_FIELD_MAPPING_PTR("affine", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_class, affine,
                            AFFINE_FIELDS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t CLASS = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_class, CLASS_FIELDS),
};
static const cyaml_schema_field_t PROFILE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, raw_profile, name,
                           1, SPOT_PLATFORM_NAME_SIZE - 1),
    CYAML_FIELD_STRING_PTR("description", CYAML_FLAG_POINTER, raw_profile, description,
                           1, SPOT_PLATFORM_SOURCE_SIZE - 1),
    CYAML_FIELD_SEQUENCE("classes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_profile, classes,
                         &CLASS, 1, SPOTI_CLASSES_MAX),
    CYAML_FIELD_MAPPING_PTR("planning", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_profile,
                            planning, spoti_planning_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t PROFILE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_profile, PROFILE_FIELDS),
};
/* clang-format on */

/* ---- checks that the schema cannot make ---- */

enum { PLACE_SIZE = 64 };

static spot_status check_latency(const char *path, const char *where, const char *key, double ms,
                                 spot_diag *diag)
{
    if (!(ms >= 0.0 && ms <= SPOTI_LATENCY_MAX_MS)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s is %g, expected 0..%.0f", path,
                             spoti_yaml_line_at(path, "%s.%s", where, key), key, ms,
                             SPOTI_LATENCY_MAX_MS);
    }
    return SPOT_OK;
}

static spot_status check_row(const char *path, const raw_class *c, int i, int i_row,
                             spot_diag *diag)
{
    const raw_row *r = &c->table[i_row];
    char where[PLACE_SIZE];
    int after = i_row > 0 ? c->table[i_row - 1].steps : 0;
    (void)spoti_format(where, sizeof(where), "classes[%d].table[%d]", i, i_row);
    if (r->steps <= after || r->steps > SPOTI_STEPS_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: steps is %d, expected %d..%d (rising)",
                             path, spoti_yaml_line_at(path, "%s.steps", where), r->steps, after + 1,
                             SPOTI_STEPS_MAX);
    }
    const struct {
        const char *key;
        double ms;
    } latencies[] = {{"latency_ms", r->latency_ms},
                     {"spread_ms", r->spread_ms},
                     {"p95_ms", r->p95_ms},
                     {"median_ms", r->median_ms}};
    for (size_t k = 0; k < sizeof(latencies) / sizeof(latencies[0]); k++) {
        spot_status st = check_latency(path, where, latencies[k].key, latencies[k].ms, diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    if (!(r->alpha >= 0.0 && r->alpha <= SPOTI_ALPHA_MAX)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: alpha is %g, expected 0..%.0f", path,
                             spoti_yaml_line_at(path, "%s.alpha", where), r->alpha,
                             SPOTI_ALPHA_MAX);
    }
    return SPOT_OK;
}

static spot_status check_law(const char *path, const raw_affine *law, int i, spot_diag *diag)
{
    char where[PLACE_SIZE];
    (void)spoti_format(where, sizeof(where), "classes[%d].affine", i);
    spot_status st = check_latency(path, where, "base_ms", law->base_ms, diag);
    if (st == SPOT_OK) {
        st = check_latency(path, where, "per_step_ms", law->per_step_ms, diag);
    }
    if (st == SPOT_OK) {
        st = check_latency(path, where, "spread_ms", law->spread_ms, diag);
    }
    return st;
}

static spot_status check_class(const char *path, const raw_profile *raw, int i, spot_diag *diag)
{
    const raw_class *c = &raw->classes[i];
    const raw_affine *law = c->affine;
    for (int k = 0; k < i; k++) {
        if (strcmp(raw->classes[k].name, c->name) == 0) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: class %s stands twice, expected it once", path,
                                 spoti_yaml_line_at(path, "classes[%d].name", i), c->name);
        }
    }
    if ((c->table == NULL) == (law == NULL)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: class %s has %s, expected either a table or an affine law",
                             path, spoti_yaml_line_at(path, "classes[%d].name", i), c->name,
                             law == NULL ? "no latencies" : "both a table and an affine law");
    }
    spot_status st = law != NULL ? check_law(path, law, i, diag) : SPOT_OK;
    int n_rows = c->table != NULL ? (int)c->table_count : 0;
    for (int r = 0; st == SPOT_OK && r < n_rows; r++) {
        st = check_row(path, c, i, r, diag);
    }
    return st;
}

/* ---- from the file to the object ---- */

/* The 95th percentile of a normal law lies so many standard deviations above its median. */
static const double P95_SD = 1.6448536269514722;

/* Least squares of mean_s against steps. */
static void fit_law(spoti_model_class *c)
{
    double steps = 0.0;
    double mean = 0.0;
    for (int i = 0; i < c->n_rows; i++) {
        steps += c->rows[i].steps / (double)c->n_rows;
        mean += c->rows[i].mean_s / c->n_rows;
    }
    double sxx = 0.0;
    double sxy = 0.0;
    for (int i = 0; i < c->n_rows; i++) {
        double dx = c->rows[i].steps - steps;
        sxx += dx * dx;
        sxy += dx * (c->rows[i].mean_s - mean);
    }
    c->has_law = c->n_rows > 1;
    c->per_step_s = c->has_law ? sxy / sxx : 0.0;
    c->base_s = mean - c->per_step_s * steps;
}

/* The latency of a row; where an outlier rules its mean the median, and the spread that a normal law would have between
 * that and the percentile. What was done is added to the source. */
static spoti_platform_point take_row(const raw_row *r, spoti_model_class *c)
{
    spoti_platform_point row = {
        .steps = r->steps, .mean_s = r->latency_ms * 1e-3, .spread_s = r->spread_ms * 1e-3};
    if (spoti_outliers_in_figures(r->latency_ms, r->median_ms, r->p95_ms)) {
        const size_t used = strlen(c->source);
        row.mean_s = r->median_ms * 1e-3;
        row.spread_s = fmin(row.spread_s, (r->p95_ms - r->median_ms) * 1e-3 / P95_SD);
        (void)spoti_format(c->source + used, sizeof(c->source) - used,
                           "; steps %d: the median, %.4g ms, for the mean, %.4g ms, is above the "
                           "95th percentile (an outlier)",
                           r->steps, r->median_ms, r->latency_ms);
    }
    return row;
}

/* Fills `c` from `raw`; its rows go to `rows`. */
static void take_class(spoti_model_class *c, const raw_class *raw, spoti_platform_point *rows)
{
    /* The schema has bounded both texts, so nothing is cut off. */
    (void)spoti_copy(c->name, sizeof(c->name), raw->name);
    (void)spoti_copy(c->source, sizeof(c->source), raw->source);
    c->origin = raw->origin;
    if (raw->affine != NULL) {
        c->has_law = true;
        c->base_s = raw->affine->base_ms * 1e-3;
        c->per_step_s = raw->affine->per_step_ms * 1e-3;
        c->spread_s = raw->affine->spread_ms * 1e-3;
        return;
    }
    c->rows = rows;
    c->n_rows = (int)raw->table_count;
    for (int i = 0; i < c->n_rows; i++) {
        rows[i] = take_row(&raw->table[i], c);
        if (rows[i].mean_s > 0.0) {
            c->spread_frac = fmax(c->spread_frac, rows[i].spread_s / rows[i].mean_s);
        }
    }
    fit_law(c);
}

static spot_status build(const raw_profile *raw, const spot_allocator *allocator,
                         spot_platform **out)
{
    spot_platform *p = (spot_platform *)spoti_calloc(allocator, 1, sizeof(*p));
    if (p == NULL) {
        return SPOT_E_NOMEM;
    }
    p->allocator = allocator;
    (void)spoti_copy(p->name, sizeof(p->name), raw->name);
    (void)spoti_copy(p->description, sizeof(p->description), raw->description);
    p->n_classes = raw->classes != NULL ? (int)raw->classes_count : 0;
    p->n_rows = 1; /* never a block of no bytes */
    for (int i = 0; i < p->n_classes; i++) {
        p->n_rows += raw->classes[i].table_count;
    }
    p->classes = (spoti_model_class *)spoti_calloc(allocator, (size_t)p->n_classes + 1,
                                                   sizeof(*p->classes)); /* nor this one */
    p->rows = (spoti_platform_point *)spoti_calloc(allocator, p->n_rows, sizeof(*p->rows));
    if (p->classes == NULL || p->rows == NULL) {
        spot_platform_destroy(p);
        return SPOT_E_NOMEM;
    }
    spoti_platform_point *rows = p->rows;
    for (int i = 0; i < p->n_classes; i++) {
        take_class(&p->classes[i], &raw->classes[i], rows);
        rows += p->classes[i].n_rows;
    }
    *out = p;
    return SPOT_OK;
}

spot_status spot_platform_load(const char *path, const spot_allocator *allocator,
                               spot_platform **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (path == NULL) {
        return SPOT_E_INVALID;
    }
    void *data = NULL;
    spot_status st = spoti_yaml_load(path, &PROFILE, &data, diag);
    if (st != SPOT_OK) {
        return st;
    }
    raw_profile *raw = data;
    for (int i = 0; st == SPOT_OK && i < (int)raw->classes_count; i++) {
        st = check_class(path, raw, i, diag);
    }
    if (st == SPOT_OK && raw->classes == NULL && raw->planning == NULL) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: neither classes nor planning, expected one",
                           path);
    }
    if (st == SPOT_OK) {
        st = build(raw, allocator, out);
    }
    if (st == SPOT_OK && raw->planning != NULL) {
        (*out)->has_planning = true;
        st = spoti_planning_take(path, raw->planning, &(*out)->planning, diag);
        if (st != SPOT_OK) {
            spot_platform_destroy(*out);
            *out = NULL;
        }
    }
    spoti_yaml_free(&PROFILE, data);
    return st;
}

void spot_platform_destroy(spot_platform *platform)
{
    if (platform == NULL) {
        return;
    }
    spoti_free(platform->allocator, platform->classes,
               ((size_t)platform->n_classes + 1) * sizeof(*platform->classes));
    spoti_free(platform->allocator, platform->rows, platform->n_rows * sizeof(*platform->rows));
    spoti_free(platform->allocator, platform, sizeof(*platform));
}

/* ---- reading ---- */

const char *spot_platform_name(const spot_platform *platform)
{
    return platform->name;
}

const char *spot_platform_description(const spot_platform *platform)
{
    return platform->description;
}

int spot_platform_class_count(const spot_platform *platform)
{
    return platform->n_classes;
}

const char *spot_platform_class_name(const spot_platform *platform, int i)
{
    return i >= 0 && i < platform->n_classes ? platform->classes[i].name : NULL;
}

const char *spot_origin_str(spot_origin origin)
{
    for (int i = 0; i < SPOTI_ORIGINS; i++) {
        if (spoti_origins[i].val == (int64_t)origin) {
            return spoti_origins[i].str;
        }
    }
    return "unknown";
}
