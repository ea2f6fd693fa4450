/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Traces of latencies: the rows of a CSV file, gathered by operating point, become one shape a point. */
#include "lab/record/latency_trace.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/platform/platform.h"
#include "lab/record/csv.h"

static const double LATENCY_MAX_S = 1e-3 * SPOTI_LATENCY_MAX_MS;

enum { CALLS_FIRST = 1024, NAME_SIZE = SPOT_PLATFORM_NAME_SIZE };

/* The columns of the file: where they are, -1 = nowhere, and what makes them seconds. */
typedef struct columns {
    int latency, first, point;
    double latency_unit_s, first_unit_s;
    int count;
} columns;

/* The calls in the order of the file. */
typedef struct calls {
    double *rest_s, *first_s; /* (capacity) */
    int *point;               /* (capacity) index into the trace's points */
    int n, capacity;
} calls;

struct spot_latency_trace {
    const spot_allocator *allocator;
    char file[NAME_SIZE]; /* its name, cut off where needed */
    char name[NAME_SIZE]; /* without `.csv` */
    spot_latency_draw_order order;
    bool for_all; /* no column `point`: the one shape is every point's */
    int n_points;
    spot_point points[SPOT_LATENCY_TRACE_POINTS_MAX];
    int n_calls[SPOT_LATENCY_TRACE_POINTS_MAX];
    spot_latency_shape *shapes[SPOT_LATENCY_TRACE_POINTS_MAX];
};

/* ---- the header ---- */

/* Sets *column where `cell` is one of the two names of a time. False if it is neither. */
static bool is_time(const char *cell, const char *ms, const char *s, int i, int *column,
                    double *unit_s)
{
    const bool is_ms = strcmp(cell, ms) == 0;
    if (!is_ms && strcmp(cell, s) != 0) {
        return false;
    }
    *column = *column == -1 ? i : -2; /* there twice */
    *unit_s = is_ms ? 1e-3 : 1.0;
    return true;
}

static spot_status read_header(const spoti_csv *csv, columns *c, spot_diag *diag)
{
    *c = (columns){.latency = -1, .first = -1, .point = -1, .count = csv->n_field};
    for (int i = 0; i < csv->n_field; i++) {
        const char *cell = csv->field[i];
        if (strcmp(cell, "point") == 0) {
            c->point = c->point == -1 ? i : -2;
        } else if (!is_time(cell, "latency_ms", "latency_s", i, &c->latency, &c->latency_unit_s) &&
                   !is_time(cell, "first_ms", "first_s", i, &c->first, &c->first_unit_s)) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%" PRId64
                                 ": column '%.40s', expected latency_ms or latency_s, "
                                 "and perhaps first_ms or first_s, and point",
                                 csv->name, csv->line, cell);
        }
        if (c->latency == -2 || c->first == -2 || c->point == -2) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%" PRId64 ": column '%.40s': there twice, expected it once",
                                 csv->name, csv->line, cell);
        }
    }
    if (c->latency < 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%" PRId64
                             ": no column latency_ms or latency_s, expected one of them",
                             csv->name, csv->line);
    }
    return SPOT_OK;
}

/* ---- rows ---- */

static spot_status read_time(const spoti_csv *csv, const char *what, const char *cell,
                             double unit_s, double *out, spot_diag *diag)
{
    double value = 0.0;
    const spot_status st = spoti_parse_double(cell, &value);
    *out = unit_s * value;
    if (st != SPOT_OK || !(*out >= 0.0 && *out <= LATENCY_MAX_S)) {
        return spot_diag_set(diag, st == SPOT_E_FORMAT ? st : SPOT_E_RANGE,
                             "%s:%" PRId64 ": %s '%.40s', expected a number from 0 to a day",
                             csv->name, csv->line, what, cell);
    }
    return SPOT_OK;
}

/* The index of the point that `cell` names; a new one is entered. */
static spot_status find_point(spot_latency_trace *t, const spoti_csv *csv, const char *cell,
                              int *index, spot_diag *diag)
{
    spot_point point;
    spot_diag why = {""};
    spot_point_default(&point);
    const spot_status st = spot_point_parse(cell, &point, &why);
    if (st != SPOT_OK) {
        return spot_diag_set(diag, st, "%s:%" PRId64 ": point '%.40s': %.300s", csv->name,
                             csv->line, cell, why.text);
    }
    for (int i = 0; i < spot_knob_count(); i++) {
        if (!spot_knob_at(i)->in_inference && !spot_knob_is_baseline(i, &point)) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "%s:%" PRId64
                                 ": point '%.40s': %s is the schedule's, expected what "
                                 "an inference obeys alone",
                                 csv->name, csv->line, cell, spot_knob_at(i)->name);
        }
    }
    for (*index = 0; *index < t->n_points; (*index)++) {
        if (spot_point_equal(&t->points[*index], &point)) {
            return SPOT_OK;
        }
    }
    if (t->n_points == SPOT_LATENCY_TRACE_POINTS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s:%" PRId64 ": more points than %d", csv->name,
                             csv->line, SPOT_LATENCY_TRACE_POINTS_MAX);
    }
    t->points[t->n_points++] = point;
    return SPOT_OK;
}

static void free_calls(const spot_allocator *allocator, calls *c)
{
    const size_t n = (size_t)c->capacity;
    spoti_free(allocator, c->rest_s, n * sizeof(*c->rest_s));
    spoti_free(allocator, c->first_s, n * sizeof(*c->first_s));
    spoti_free(allocator, c->point, n * sizeof(*c->point));
}

/* Room for one more. */
static spot_status grow(const spot_allocator *allocator, calls *c)
{
    if (c->n < c->capacity) {
        return SPOT_OK;
    }
    calls more = {.n = c->n, .capacity = c->capacity > 0 ? 2 * c->capacity : CALLS_FIRST};
    const size_t n = (size_t)more.capacity;
    more.rest_s = (double *)spoti_alloc(allocator, n, sizeof(*more.rest_s));
    more.first_s = (double *)spoti_alloc(allocator, n, sizeof(*more.first_s));
    more.point = (int *)spoti_alloc(allocator, n, sizeof(*more.point));
    if (more.rest_s == NULL || more.first_s == NULL || more.point == NULL) {
        free_calls(allocator, &more);
        return SPOT_E_NOMEM;
    }
    if (c->n > 0) {
        memcpy(more.rest_s, c->rest_s, (size_t)c->n * sizeof(*c->rest_s));
        memcpy(more.first_s, c->first_s, (size_t)c->n * sizeof(*c->first_s));
        memcpy(more.point, c->point, (size_t)c->n * sizeof(*c->point));
    }
    free_calls(allocator, c);
    *c = more;
    return SPOT_OK;
}

static spot_status read_row(spot_latency_trace *t, const spoti_csv *csv, const columns *c,
                            calls *all, spot_diag *diag)
{
    if (csv->n_field != c->count) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%" PRId64 ": %d cells, expected %d as in the "
                             "header",
                             csv->name, csv->line, csv->n_field, c->count);
    }
    if (all->n == SPOT_LATENCY_TRACE_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s:%" PRId64 ": more rows than %d", csv->name,
                             csv->line, SPOT_LATENCY_TRACE_MAX);
    }
    spot_status st = grow(t->allocator, all);
    if (st != SPOT_OK) {
        return st;
    }
    double *rest_s = &all->rest_s[all->n];
    double *first_s = &all->first_s[all->n];
    int *point = &all->point[all->n];
    *point = 0;
    st = read_time(csv, "latency", csv->field[c->latency], c->latency_unit_s, rest_s, diag);
    *first_s = *rest_s;
    if (st == SPOT_OK && c->first >= 0) {
        st = read_time(csv, "first", csv->field[c->first], c->first_unit_s, first_s, diag);
    }
    if (st == SPOT_OK && *first_s > *rest_s) {
        st = spot_diag_set(diag, SPOT_E_RANGE,
                           "%s:%" PRId64 ": the first action after %g ms, "
                           "expected at most the latency, %g ms",
                           csv->name, csv->line, 1e3 * *first_s, 1e3 * *rest_s);
    }
    if (st == SPOT_OK && c->point >= 0) {
        st = find_point(t, csv, csv->field[c->point], point, diag);
    }
    all->n += st == SPOT_OK;
    return st;
}

static spot_status read_rows(spot_latency_trace *t, spoti_csv *csv, columns *c, calls *all,
                             spot_diag *diag)
{
    bool more = false;
    spot_status st = spoti_csv_next(csv, &more, diag);
    if (st == SPOT_OK && !more) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:1: empty, expected a header and rows",
                             csv->name);
    }
    st = st == SPOT_OK ? read_header(csv, c, diag) : st;
    t->for_all = c->point < 0;
    if (st == SPOT_OK && t->for_all) {
        spot_point_default(&t->points[t->n_points++]);
    }
    while (st == SPOT_OK && more) {
        st = spoti_csv_next(csv, &more, diag);
        if (st == SPOT_OK && more) {
            st = read_row(t, csv, c, all, diag);
        }
    }
    if (st == SPOT_OK && all->n == 0) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s:%" PRId64 ": no rows, expected at least one",
                           csv->name, csv->line);
    }
    return st;
}

/* ---- shapes ---- */

/* Sorts the calls by their points, each point's in the order of the file, and makes one shape of each. */
static spot_status make_shapes(spot_latency_trace *t, const calls *all, bool has_first,
                               spot_diag *diag)
{
    double *rest_s = (double *)spoti_alloc(t->allocator, (size_t)all->n, sizeof(*rest_s));
    double *first_s = (double *)spoti_alloc(t->allocator, (size_t)all->n, sizeof(*first_s));
    spot_status st = rest_s == NULL || first_s == NULL ? SPOT_E_NOMEM : SPOT_OK;
    for (int p = 0; st == SPOT_OK && p < t->n_points; p++) {
        spot_latency_shape_config config;
        spot_latency_shape_config_default(&config);
        config.order = t->order;
        config.rest_s = rest_s;
        config.first_s = has_first ? first_s : NULL;
        config.allocator = t->allocator;
        for (int i = 0; i < all->n; i++) {
            if (all->point[i] == p) {
                rest_s[config.n] = all->rest_s[i];
                first_s[config.n++] = all->first_s[i];
            }
        }
        t->n_calls[p] = config.n;
        st = spot_latency_shape_create(&config, &t->shapes[p], diag);
    }
    spoti_free(t->allocator, rest_s, (size_t)all->n * sizeof(*rest_s));
    spoti_free(t->allocator, first_s, (size_t)all->n * sizeof(*first_s));
    return st;
}

static void name_trace(spot_latency_trace *t, const char *path)
{
    static const char SUFFIX[] = ".csv";
    const char *base = spoti_path_base(path);
    const size_t length = strlen(base);
    const size_t cut =
        spoti_ends_with(base, SUFFIX) && length >= sizeof(SUFFIX) ? sizeof(SUFFIX) - 1 : 0;
    (void)spoti_copy(t->file, sizeof(t->file), base);
    (void)spoti_copy_n(t->name, sizeof(t->name), base, length - cut);
}

spot_status spoti_latency_trace_read(const char *path, FILE *stream, spot_latency_draw_order order,
                                     const spot_allocator *allocator, spot_latency_trace **out,
                                     spot_diag *diag)
{
    spoti_csv csv;
    columns c = {.count = 0};
    calls all = {.n = 0};
    *out = NULL;
    spot_latency_trace *t = (spot_latency_trace *)spoti_calloc(allocator, 1, sizeof(*t));
    if (t == NULL) {
        return SPOT_E_NOMEM;
    }
    t->allocator = allocator;
    t->order = order;
    name_trace(t, path);
    spot_status st = spoti_csv_open(&csv, path, stream, allocator);
    st = st == SPOT_OK ? read_rows(t, &csv, &c, &all, diag) : st;
    st = st == SPOT_OK ? make_shapes(t, &all, c.first >= 0, diag) : st;
    spoti_csv_close(&csv);
    free_calls(allocator, &all);
    if (st != SPOT_OK) {
        spot_latency_trace_destroy(t);
        return st;
    }
    *out = t;
    return SPOT_OK;
}

spot_status spot_latency_trace_load(const char *path, spot_latency_draw_order order,
                                    const spot_allocator *allocator, spot_latency_trace **out,
                                    spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (path == NULL || (int)order < 0 || order > SPOT_LATENCY_BY_SEED) {
        return SPOT_E_INVALID;
    }
    FILE *stream = NULL;
    spot_status st = spoti_file_open(path, "a CSV file", &stream, diag);
    if (st == SPOT_OK) {
        st = spoti_latency_trace_read(path, stream, order, allocator, out, diag);
        (void)fclose(stream);
    }
    return st;
}

void spot_latency_trace_destroy(spot_latency_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    for (int i = 0; i < trace->n_points; i++) {
        spot_latency_shape_destroy(trace->shapes[i]);
    }
    spoti_free(trace->allocator, trace, sizeof(*trace));
}

const char *spot_latency_trace_name(const spot_latency_trace *trace)
{
    return trace->name;
}

/* ---- looking up ---- */

static spot_status say_points(const spot_latency_trace *t, const spot_point *point, spot_diag *diag)
{
    char text[SPOT_POINT_TEXT_SIZE];
    char list[SPOT_DIAG_TEXT_SIZE / 2] = "";
    for (int i = 0; i < t->n_points; i++) {
        const size_t used = strlen(list);
        spot_point_format(&t->points[i], text, sizeof(text));
        (void)spoti_format(list + used, sizeof(list) - used, "%s'%s'", i > 0 ? ", " : "", text);
    }
    spot_point_format(point, text, sizeof(text));
    return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                         "%s has no rows for '%s', expected some for every point; it has %s",
                         t->file, text, list);
}

spot_status spot_latency_trace_point(const spot_latency_trace *trace, const spot_point *point,
                                     int default_steps, spot_latency *out, spot_diag *diag)
{
    if (trace == NULL || point == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    const int steps = point->steps != 0 ? point->steps : default_steps;
    int at = 0;
    while (!trace->for_all && at < trace->n_points) {
        const spot_point *p = &trace->points[at];
        if ((p->steps != 0 ? p->steps : default_steps) == steps &&
            spot_point_same_setting(p, point)) {
            break;
        }
        at++;
    }
    if (at == trace->n_points) {
        return say_points(trace, point, diag);
    }
    *out = (spot_latency){.origin = SPOT_ORIGIN_MEASURED};
    spot_latency_use(out, trace->shapes[at]);
    (void)spoti_format(out->source, sizeof(out->source), "%s: %d recorded %s, %s", trace->file,
                       trace->n_calls[at], trace->n_calls[at] == 1 ? "call" : "calls",
                       trace->order == SPOT_LATENCY_IN_ORDER
                           ? "in order from each episode's start, again from the first at the end"
                           : "one drawn for each inference by the episode's seed");
    if (spot_latency_has_first(out)) {
        const size_t used = strlen(out->source);
        double sum_s = 0.0;
        for (int i = 0; i < trace->n_calls[at]; i++) {
            sum_s += spot_latency_sample(out, i).first_s;
        }
        (void)spoti_format(out->source + used, sizeof(out->source) - used,
                           "; first action after %.1f ms", 1e3 * sum_s / trace->n_calls[at]);
    }
    return SPOT_OK;
}
