/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Writes what `sweetspot bench` measured as a platform profile. */
#include <stdbool.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/show.h"
#include "core/base/text.h"
#include "lab/platform/platform.h"
#include "spot/platform.h"

enum { NUMBER_SIZE = 32 };

/* Whether a text has 1..size-1 bytes, all of which may be shown: YAML takes no others. */
static bool is_line(const char *text, size_t size)
{
    const size_t length = text != NULL ? strlen(text) : 0;
    int shown = 0;
    for (size_t i = 0; i < length; i += (size_t)shown) {
        shown = spoti_shown_size(text + i, length - i);
        if (shown == 0) {
            return false;
        }
    }
    return length > 0 && length < size;
}

static bool is_latency(double s)
{
    return s >= 0.0 && s * 1e3 <= SPOTI_LATENCY_MAX_MS; /* false for NaN */
}

static const char *variant_of(const spot_platform_row *row)
{
    return row->variant != NULL ? row->variant : "";
}

static bool same_variant(const spot_platform_row *a, const spot_platform_row *b)
{
    return strcmp(variant_of(a), variant_of(b)) == 0;
}

/* The class of a row: `self`, or `self@variant`. False if that is too long for a name. */
static bool class_name(const spot_platform_row *row, char name[SPOT_PLATFORM_NAME_SIZE])
{
    const char *variant = variant_of(row);

    return spoti_format(name, SPOT_PLATFORM_NAME_SIZE, "self%s%s", variant[0] != '\0' ? "@" : "",
                        variant);
}

/* Whether the rows name classes that load takes: fit to be names, each once, and not too many. */
static spot_status check_variants(const spot_platform_self *self, spot_diag *diag)
{
    int n_classes = 0;

    for (int i = 0; i < self->n_rows; i++) {
        const spot_platform_row *r = &self->rows[i];
        char name[SPOT_PLATFORM_NAME_SIZE];
        bool again = false;

        if (i > 0 && same_variant(r, r - 1)) {
            continue;
        }
        for (int k = 0; k + 1 < i; k++) {
            again = again || same_variant(r, &self->rows[k]);
        }
        if (again || !class_name(r, name) || !is_line(name, sizeof(name)) ||
            ++n_classes > SPOTI_CLASSES_MAX) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "variant '%.80s' of row %d of the profile, expected rows of one "
                                 "variant together, at most %d variants, names of at most %d bytes",
                                 variant_of(r), i, SPOTI_CLASSES_MAX,
                                 SPOT_PLATFORM_NAME_SIZE - (int)sizeof("self@"));
        }
    }
    return SPOT_OK;
}

static spot_status check_self(const spot_platform_self *self, spot_diag *diag)
{
    if (!is_line(self->name, SPOT_PLATFORM_NAME_SIZE) ||
        !is_line(self->description, SPOT_PLATFORM_SOURCE_SIZE) ||
        !is_line(self->source, SPOT_PLATFORM_SOURCE_SIZE)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "name, description or source of a profile is empty, too long or not "
                             "one line, expected at most %d, %d and %d bytes",
                             SPOT_PLATFORM_NAME_SIZE - 1, SPOT_PLATFORM_SOURCE_SIZE - 1,
                             SPOT_PLATFORM_SOURCE_SIZE - 1);
    }
    if (self->rows == NULL || self->n_rows < 1 || self->n_rows > SPOTI_ROWS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "a profile of %d rows, expected 1..%d",
                             self->n_rows, SPOTI_ROWS_MAX);
    }
    for (int i = 0; i < self->n_rows; i++) {
        const spot_platform_row *r = &self->rows[i];
        int after = i > 0 && same_variant(r, r - 1) ? self->rows[i - 1].steps : 0;
        if (r->steps <= after || r->steps > SPOTI_STEPS_MAX || !is_latency(r->mean_s) ||
            !is_latency(r->p95_s) || !is_latency(r->spread_s) || !is_latency(r->median_s) ||
            !(r->alpha >= 0.0 && r->alpha <= SPOTI_ALPHA_MAX)) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "row %d of the profile (steps %d) is out of range, expected "
                                 "rising steps, latencies of 0..%.0f ms and alpha of 0..%.0f",
                                 i, r->steps, SPOTI_LATENCY_MAX_MS, SPOTI_ALPHA_MAX);
        }
    }
    return check_variants(self, diag);
}

/* `key: "text"` with what YAML asks to be escaped. */
static void write_text(FILE *stream, const char *key, const char *text)
{
    (void)fprintf(stream, "%s: \"", key);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            (void)fputc('\\', stream);
        }
        (void)fputc(*c, stream);
    }
    (void)fputs("\"\n", stream);
}

/* `, key: value`, six digits after the point, a point in every locale. */
static void write_number(FILE *stream, const char *key, double value)
{
    char text[NUMBER_SIZE];
    (void)spoti_format(text, sizeof(text), "%.6f", value);
    char *comma = strchr(text, ',');
    if (comma != NULL) {
        *comma = '.';
    }
    (void)fprintf(stream, ", %s: %s", key, text);
}

/* Latencies are in milliseconds, to nanosecond digits. */
static void write_row(FILE *stream, const spot_platform_row *r)
{
    (void)fprintf(stream, "      - {steps: %d", r->steps);
    write_number(stream, "latency_ms", r->mean_s * 1e3);
    write_number(stream, "spread_ms", r->spread_s * 1e3);
    write_number(stream, "p95_ms", r->p95_s * 1e3);
    if (r->median_s > 0.0) {
        write_number(stream, "median_ms", r->median_s * 1e3);
    }
    if (r->alpha > 0.0) {
        write_number(stream, "alpha", r->alpha);
    }
    (void)fputs("}\n", stream);
}

static void begin_class(FILE *stream, const spot_platform_row *row, const char *source)
{
    char name[SPOT_PLATFORM_NAME_SIZE];
    (void)class_name(row, name); /* it fits, see check_variants */
    write_text(stream, "  - name", name);
    (void)fputs("    origin: measured\n", stream);
    write_text(stream, "    source", source);
    (void)fputs("    table:\n", stream);
}

spot_status spot_platform_write_self(const char *path, const spot_platform_self *self,
                                     spot_diag *diag)
{
    if (path == NULL || self == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_self(self, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_file file;
    st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)fputs("# Written by `sweetspot bench`.\n", file.stream);
    write_text(file.stream, "name", self->name);
    write_text(file.stream, "description", self->description);
    (void)fputs("classes:\n", file.stream);
    for (int i = 0; i < self->n_rows; i++) {
        const spot_platform_row *r = &self->rows[i];
        if (i == 0 || !same_variant(r, r - 1)) {
            begin_class(file.stream, r, self->source);
        }
        write_row(file.stream, r);
    }
    return spoti_file_commit(&file, diag);
}
