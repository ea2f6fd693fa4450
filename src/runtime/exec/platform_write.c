/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Writes what `sweetspot bench` measured as a platform profile. */
#include <stdbool.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "runtime/exec/platform.h"
#include "spot/platform.h"

enum { NUMBER_SIZE = 32 };

/* Whether a text has 1..size-1 bytes on one line. */
static bool is_line(const char *text, size_t size)
{
    if (text == NULL || text[0] == '\0' || strlen(text) >= size) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return false;
        }
    }
    return true;
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
            !is_latency(r->p95_s) || !is_latency(r->spread_s)) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "row %d of the profile (steps %d) is out of range, expected "
                                 "rising steps and latencies of 0..%.0f ms",
                                 i, r->steps, SPOTI_LATENCY_MAX_MS);
        }
    }
    return SPOT_OK;
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

/* Milliseconds to nanosecond digits, with a point in every locale. */
static const char *format_ms(char *text, double seconds)
{
    (void)spoti_format(text, NUMBER_SIZE, "%.6f", seconds * 1e3);
    char *comma = strchr(text, ',');
    if (comma != NULL) {
        *comma = '.';
    }
    return text;
}

static void begin_class(FILE *stream, const char *variant, const char *source)
{
    (void)fprintf(stream, "  - name: \"self%s%s\"\n    origin: measured\n",
                  variant[0] != '\0' ? "@" : "", variant);
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
            begin_class(file.stream, variant_of(r), self->source);
        }
        char mean[NUMBER_SIZE];
        char spread[NUMBER_SIZE];
        char p95[NUMBER_SIZE];
        (void)fprintf(file.stream,
                      "      - {steps: %d, latency_ms: %s, spread_ms: %s, p95_ms: %s}\n", r->steps,
                      format_ms(mean, r->mean_s), format_ms(spread, r->spread_s),
                      format_ms(p95, r->p95_s));
    }
    return spoti_file_commit(&file, diag);
}
