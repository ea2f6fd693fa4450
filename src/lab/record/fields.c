/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"
#include "lab/record/names.h"

/* No quantity of a robot log is larger; sums of 10^7 of them stay far from overflow. */
#define BIG 1e9
/* ... nor smaller without being 0: ratios of two stay finite. */
static const double SMALL = 1e-9;

typedef struct spec {
    const char *name;
    double lo;
    double hi;
    bool whole;
} spec;

static const spec SPECS[SPOTI_N_FIELD] = {
    /* those of metrics are their own, see spec_of */
    [SPOTI_ALPHA] = {"alpha", 0.0, 1e6, false},
    [SPOTI_T_INF] = {"t_inf_s", 0.0, BIG, false},
    [SPOTI_T_CHUNK] = {"t_chunk_s", 0.0, BIG, false},
    [SPOTI_T_ACT] = {"t_act_s", 1e-9, BIG, false},
    [SPOTI_CHUNK] = {"chunk_actions", 1.0, 1e6, true},
    [SPOTI_OVERLAP] = {"overlap", 0.0, 1e6, true},
    [SPOTI_OVERHEAD] = {"overhead_s", 0.0, BIG, false},
    [SPOTI_DELAY] = {"delay_s", 0.0, BIG, false},
    [SPOTI_AGE] = {"age_s", 0.0, BIG, false},
    [SPOTI_SPEED] = {"speed", 0.0, BIG, false},
    [SPOTI_BUDGET] = {"budget_s", 0.0, BIG, false},
    [SPOTI_STEPS] = {"steps", 1.0, 1e6, true},
    [SPOTI_EPISODES] = {"episodes", 1.0, 16777216.0, true},
    [SPOTI_SUCCESSES] = {"successes", 0.0, 16777216.0, true},
    [SPOTI_SUCCESS] = {"success", 0.0, 1.0, true},
    [SPOTI_INVALID] = {"invalid", 0.0, 1.0, true},
    [SPOTI_CHUNKS] = {"chunks", 0.0, BIG, false},
    [SPOTI_CHUNKS_SD] = {"chunks_sd", 0.0, BIG, false},
    [SPOTI_INFERENCES] = {"inferences", 0.0, BIG, true},
    [SPOTI_WAIT] = {"wait_s", 0.0, BIG, false},
    [SPOTI_TIME] = {"time_s", 0.0, BIG, false},
    [SPOTI_TIME_SD] = {"time_sd_s", 0.0, BIG, false},
    [SPOTI_ENERGY] = {"energy_j", 0.0, 1e15, false},
    [SPOTI_SCORE] = {"score", 0.0, BIG, false},
    [SPOTI_SCORE_MAX] = {"score_max", 1e-9, BIG, false},
    [SPOTI_PARAMS] = {"params", 0.0, 1e15, true},
    [SPOTI_MACS] = {"macs", 0.0, 1e18, false},
    [SPOTI_WEIGHT_BYTES] = {"weight_bytes", 0.0, 1e18, false},
    [SPOTI_RATE] = {"success_rate", 0.0, 1.0, false},
    [SPOTI_POINT] = {"point", 0, 0, false},
    [SPOTI_PLATFORM] = {"platform", 0, 0, false},
    [SPOTI_TASK] = {"task", 0, 0, false},
    [SPOTI_SCHEDULE] = {"schedule", 0, 0, false},
    [SPOTI_SEED] = {"seed", 0, 0, false},
    [SPOTI_POLICY] = {"policy", 0, 0, false},
    [SPOTI_ROBOT] = {"robot_type", 0, 0, false},
    [SPOTI_TRIAL] = {"trial", 0, 0, false},
    [SPOTI_SESSION] = {"session", 0, 0, false},
};

/* A metric may be any number that can be squared and summed; the smallest are as good as 0. */
#define MOST 1e100

static const spec *spec_of(spoti_field field)
{
    static const spec METRIC = {.lo = -MOST, .hi = MOST};
    return spoti_is_metric(field) ? &METRIC : &SPECS[field];
}

const char *spoti_field_name(spoti_field field)
{
    return spoti_is_metric(field) ? spot_motion_describe((int)field - (int)SPOTI_METRIC_0 + 1)->name
                                  : SPECS[field].name;
}

spot_status spoti_row_refuse(const spoti_row *row, spoti_field field, spot_status status,
                             spot_diag *diag, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    spoti_vshow_line(what, sizeof(what), format, args);
    va_end(args);
    return spot_diag_set(diag, status, "%s:%" PRId64 ": column %s: %s", row->file, row->line,
                         spoti_field_name(field), what);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool equals_any(const char *cell, const char *const *words, size_t n)
{
    char folded[16];
    for (size_t i = 0; spoti_name_fold(cell, strlen(cell), folded, sizeof(folded)) && i < n; i++) {
        if (strcmp(folded, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Cells that say "not known". `-` is folded to `_`. */
static bool is_missing(const char *cell)
{
    static const char *const words[] = {"na", "n/a", "null", "none", "_"};
    if (is_digit(cell[0])) {
        return false; /* most cells */
    }
    return cell[0] == '\0' || equals_any(cell, words, sizeof(words) / sizeof(words[0]));
}

/* success, invalid: true and false are numbers too. */
static bool read_truth(const char *cell, double *value)
{
    static const char *const yes[] = {"true",   "yes",     "t",         "y", "pass",
                                      "passed", "success", "succeeded", "ok"};
    static const char *const no[] = {"false", "no", "f", "n", "fail", "failed", "failure"};
    if (is_digit(cell[0])) {
        return false;
    }
    *value = equals_any(cell, yes, sizeof(yes) / sizeof(yes[0])) ? 1.0 : 0.0;
    return *value > 0.0 || equals_any(cell, no, sizeof(no) / sizeof(no[0]));
}

/* Bytes of a group's separator at `at`: a blank, an apostrophe, or the narrow blanks of typography; 0 = none. */
static size_t group_mark(const char *at)
{
    static const char *const marks[] = {" ", "'", "_", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x99"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strncmp(at, marks[i], strlen(marks[i])) == 0) {
            return strlen(marks[i]);
        }
    }
    return 0;
}

/* What the writer of a cell that is no number may have meant, and what helps; "" if nobody knows. */
static const char *hint_of(const char *cell)
{
    const size_t n = strlen(cell);
    double value = 0.0;
    char bare[64];
    size_t kept = 0;
    int commas = 0;
    int groups = 0;
    bool thousands = true; /* three digits behind each comma */
    for (size_t i = 0; i < n && kept + 1 < sizeof(bare);) {
        const size_t mark = group_mark(cell + i);
        if (cell[i] == ',') {
            commas++;
            thousands = thousands && strspn(cell + i + 1, "0123456789") == 3;
            bare[kept++] = '.';
        } else if (mark == 0 && cell[i] != '%') {
            bare[kept++] = cell[i];
        }
        groups += mark > 0;
        i += mark > 0 ? mark : 1;
    }
    bare[kept] = '\0';
    if (n > 1 && strchr(cell, '%') == cell + n - 1) {
        return spoti_parse_double(bare, &value) == SPOT_OK
                   ? "; without the percent sign: 0.95, or 95 in a column named `success (%)` or "
                     "pc_success"
                   : "";
    }
    if (commas > 0 && strchr(cell, '.') != NULL) {
        return "; no comma may part thousands";
    }
    if (commas == 1 && thousands) {
        return "; a comma parts neither decimals (a point does) nor thousands";
    }
    if (commas == 1 && spoti_parse_double(bare, &value) == SPOT_OK) {
        return "; decimals behind a point, not a comma";
    }
    if (commas > 1 && thousands) {
        return "; no comma may part thousands";
    }
    if (commas == 0 && groups > 0 && spoti_parse_double(bare, &value) == SPOT_OK) {
        return "; nothing may part thousands";
    }
    return "";
}

/* *there: the cell says something. */
static spot_status read_number(spoti_row *row, spoti_field field, const char *cell, bool *there,
                               double *value, spot_diag *diag)
{
    row->has[field] = false;
    *there = !is_missing(cell);
    if (!*there) {
        return SPOT_OK;
    }
    const bool truth = field == SPOTI_SUCCESS || field == SPOTI_INVALID;
    if ((truth && read_truth(cell, value)) ||
        spoti_parse_double(cell[0] == '+' ? cell + 1 : cell, value) == SPOT_OK) {
        return SPOT_OK;
    }
    return spoti_row_refuse(
        row, field, SPOT_E_FORMAT, diag, "'%.40s', expected %s or an empty cell%s", cell,
        truth ? "0 or 1 (yes, no, pass, fail ...)" : "a finite number", truth ? "" : hint_of(cell));
}

spot_status spoti_field_read(spoti_row *row, spoti_field field, double factor, const char *cell,
                             spot_diag *diag)
{
    double value = 0.0;
    bool there = false;
    const spot_status st = read_number(row, field, cell, &there, &value, diag);
    return st == SPOT_OK && there ? spoti_field_set(row, field, factor * value, diag) : st;
}

spot_status spoti_field_read_inverse(spoti_row *row, spoti_field field, const char *cell,
                                     spot_diag *diag)
{
    double value = 0.0;
    bool there = false;
    const spot_status st = read_number(row, field, cell, &there, &value, diag);
    if (st == SPOT_OK && there && !(value > 0.0)) {
        return spoti_row_refuse(row, field, SPOT_E_RANGE, diag, "%g a second, expected more than 0",
                                value);
    }
    return st == SPOT_OK && there ? spoti_field_set(row, field, 1.0 / value, diag) : st;
}

bool spoti_field_allows(spoti_field field, double value)
{
    const spec *s = spec_of(field);
    const bool small = value != 0.0 && fabs(value) < SMALL && !spoti_is_metric(field);
    return value >= s->lo && value <= s->hi && !small && (!s->whole || value == floor(value));
}

spot_status spoti_field_set(spoti_row *row, spoti_field field, double value, spot_diag *diag)
{
    if (!spoti_field_allows(field, value)) {
        const spec *s = spec_of(field);
        const bool small = value != 0.0 && fabs(value) < SMALL && s->lo == 0.0;
        return spoti_row_refuse(row, field, SPOT_E_RANGE, diag, "%.9g, expected %s%s%g..%g", value,
                                s->whole ? "a whole number " : "", small ? "0 or " : "",
                                small ? SMALL : s->lo, s->hi);
    }
    row->has[field] = true;
    row->value[field] = value;
    return SPOT_OK;
}
