/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * `planning` of a platform's file: how fast the computer is at which clocks and what power that takes.
 *
 * Clocks are a range, a list, or modes, which are a list with names. Every figure that stands there has its origin and source, so
 * that a plan can say what it rests on.
 */
#include "lab/platform/planning.h"

#include <string.h>

#include "core/base/text.h"
#include "runtime/file/yaml.h"

const cyaml_strval_t spoti_origins[SPOTI_ORIGINS] = {
    {"measured", SPOT_ORIGIN_MEASURED},
    {"modelled", SPOT_ORIGIN_MODELLED},
    {"published", SPOT_ORIGIN_PUBLISHED},
};

/* clang-format off */
static const cyaml_schema_field_t FIGURE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("figure", CYAML_FLAG_POINTER, spoti_raw_figure, figure,
                           1, SPOT_PLATFORM_NAME_SIZE - 1),
    CYAML_FIELD_ENUM("origin", CYAML_FLAG_STRICT, spoti_raw_figure, origin, spoti_origins,
                     SPOTI_ORIGINS),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, spoti_raw_figure, source,
                           1, SPOT_PLATFORM_SOURCE_SIZE - 1),
    CYAML_FIELD_END,
};
const cyaml_schema_value_t spoti_figure_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_raw_figure, FIGURE_FIELDS),
};
static const cyaml_schema_field_t MODE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, spoti_raw_mode, name,
                           1, SPOT_PLATFORM_NAME_SIZE - 1),
    CYAML_FIELD_FLOAT("clock_hz", CYAML_FLAG_DEFAULT, spoti_raw_mode, clock_hz),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t MODE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_raw_mode, MODE_FIELDS),
};
static const cyaml_schema_value_t CLOCK = {
    CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double),
};
const cyaml_schema_field_t spoti_planning_fields[] = {
    CYAML_FIELD_FLOAT("flop_per_cycle", CYAML_FLAG_DEFAULT, spoti_raw_planning, flop_per_cycle),
    CYAML_FIELD_FLOAT("clock_min_hz", CYAML_FLAG_OPTIONAL, spoti_raw_planning, clock_min_hz),
    CYAML_FIELD_FLOAT("clock_max_hz", CYAML_FLAG_OPTIONAL, spoti_raw_planning, clock_max_hz),
    CYAML_FIELD_SEQUENCE("clocks_hz", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_raw_planning,
                         clocks_hz, &CLOCK, 1, SPOT_COINFER_CLOCKS_MAX),
    CYAML_FIELD_SEQUENCE("modes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_raw_planning,
                         modes, &MODE, 1, SPOT_COINFER_CLOCKS_MAX),
    CYAML_FIELD_FLOAT("power_w_per_hz3", CYAML_FLAG_DEFAULT, spoti_raw_planning, power_w_per_hz3),
    CYAML_FIELD_FLOAT("idle_w", CYAML_FLAG_DEFAULT, spoti_raw_planning, idle_w),
    CYAML_FIELD_FLOAT("pue", CYAML_FLAG_DEFAULT, spoti_raw_planning, pue),
    CYAML_FIELD_SEQUENCE("figures", CYAML_FLAG_POINTER, spoti_raw_planning, figures,
                         &spoti_figure_schema, 1, SPOT_PLATFORM_FIGURES_MAX),
    CYAML_FIELD_END,
};
/* clang-format on */

/* Keys that need a source. */
static const char *const KEYS[] = {
    "flop_per_cycle", "clock_min_hz",    "clock_max_hz", "clocks_hz",
    "modes",          "power_w_per_hz3", "idle_w",       "pue",
};
enum { N_KEYS = sizeof(KEYS) / sizeof(KEYS[0]) };

static int find_key(const spoti_figure_keys *keys, const char *key)
{
    for (int i = 0; i < keys->n_keys; i++) {
        if (strcmp(keys->keys[i], key) == 0 && keys->is_there[i]) {
            return i;
        }
    }
    return -1;
}

spot_status spoti_figures_take(const char *path, int line, const spoti_raw_figure *raw, uint64_t n,
                               const spoti_figure_keys *keys, spot_platform_figure *figures,
                               spot_diag *diag)
{
    bool has_source[SPOT_PLATFORM_FIGURES_MAX] = {false};

    for (uint64_t i = 0; i < n; i++) {
        const int key = find_key(keys, raw[i].figure);

        if (key < 0 || has_source[key]) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: figure %s %s, expected each key with a figure once", path,
                                 line, raw[i].figure,
                                 key < 0 ? "is no key that stands there" : "has two sources");
        }
        has_source[key] = true;
        (void)spoti_copy(figures[i].figure, sizeof(figures[i].figure), raw[i].figure);
        (void)spoti_copy(figures[i].source, sizeof(figures[i].source), raw[i].source);
        figures[i].origin = raw[i].origin;
    }
    for (int i = 0; i < keys->n_keys; i++) {
        if (keys->is_there[i] && !has_source[i]) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: %s has no source, expected one under figures", path, line,
                                 keys->keys[i]);
        }
    }
    return SPOT_OK;
}

/* A range, a list or modes, and no two of them. */
static spot_status take_clocks(const char *path, int line, const spoti_raw_planning *raw,
                               spoti_planning *planning, spot_diag *diag)
{
    spot_coinfer_computer *c = &planning->computer;
    const int ways = (raw->clock_max_hz != 0.0) + (raw->clocks_hz != NULL) + (raw->modes != NULL);

    if (ways != 1 || (raw->clock_min_hz != 0.0 && raw->clock_max_hz == 0.0)) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s:%d: planning has %d of clock_max_hz (with clock_min_hz or without), "
            "clocks_hz and modes, expected one",
            path, line, ways);
    }
    c->clock_min_hz = raw->clock_min_hz;
    c->clock_max_hz = raw->clock_max_hz;
    c->n_clock = raw->clocks_hz != NULL ? (int)raw->clocks_hz_count : 0;
    for (int i = 0; i < c->n_clock; i++) {
        c->clocks_hz[i] = raw->clocks_hz[i];
    }
    planning->n_modes = raw->modes != NULL ? (int)raw->modes_count : 0;
    for (int i = 0; i < planning->n_modes; i++) {
        c->clocks_hz[c->n_clock++] = raw->modes[i].clock_hz;
        (void)spoti_copy(planning->modes[i].name, sizeof(planning->modes[i].name),
                         raw->modes[i].name);
        planning->modes[i].clock_hz = raw->modes[i].clock_hz;
        for (int k = 0; k < i; k++) {
            if (strcmp(planning->modes[k].name, planning->modes[i].name) == 0) {
                return spot_diag_set(diag, SPOT_E_FORMAT,
                                     "%s:%d: mode %s stands twice, expected it once", path, line,
                                     raw->modes[i].name);
            }
        }
    }
    return SPOT_OK;
}

spot_status spoti_planning_take(const char *path, const spoti_raw_planning *raw,
                                spoti_planning *planning, spot_diag *diag)
{
    const int line = spoti_yaml_line_at(path, "planning");
    const bool is_there[N_KEYS] = {
        true,
        raw->clock_min_hz != 0.0,
        raw->clock_max_hz != 0.0,
        raw->clocks_hz != NULL,
        raw->modes != NULL,
        true,
        true,
        true,
    };
    const spoti_figure_keys keys = {KEYS, is_there, N_KEYS};
    spot_coinfer_problem probe; /* the planner's own check says what a computer may be */
    spot_diag why = {""};

    memset(planning, 0, sizeof(*planning));
    spot_status st = take_clocks(path, line, raw, planning, diag);
    if (st != SPOT_OK) {
        return st;
    }
    planning->computer.flop_per_cycle = raw->flop_per_cycle;
    planning->computer.power_w_per_hz3 = raw->power_w_per_hz3;
    planning->computer.idle_w = raw->idle_w;
    planning->computer.pue = raw->pue;
    spot_coinfer_problem_default(&probe);
    probe.n_stage = 1;
    probe.computer[0] = planning->computer;
    probe.max_delay_s = probe.max_energy_j = 1.0;
    if (spot_coinfer_problem_check(&probe, &why) != SPOT_OK) {
        const char *what = strncmp(why.text, "agent: ", 7) == 0 ? why.text + 7 : why.text;
        return spot_diag_set(
            diag, SPOT_E_FORMAT, "%s:%d: planning: %.300s", path,
            spoti_yaml_line_at(path, "planning.%.*s", (int)strcspn(what, " ,:["), what), what);
    }
    planning->n_figures = (int)raw->figures_count;
    return spoti_figures_take(path, spoti_yaml_line_at(path, "planning.figures"), raw->figures,
                              raw->figures_count, &keys, planning->figures, diag);
}

bool spot_platform_has_planning(const spot_platform *platform)
{
    return platform != NULL && platform->has_planning;
}

const spot_platform_figure *spot_platform_figure_at(const spot_platform *platform, int i)
{
    return platform != NULL && i >= 0 && i < platform->planning.n_figures
               ? &platform->planning.figures[i]
               : NULL;
}

const char *spot_platform_mode(const spot_platform *platform, double clock_hz)
{
    for (int i = 0; platform != NULL && i < platform->planning.n_modes; i++) {
        if (platform->planning.modes[i].clock_hz == clock_hz) {
            return platform->planning.modes[i].name;
        }
    }
    return NULL;
}

/* The mode called by the first `length` characters of `name`; NULL if there is none. */
static const spoti_platform_mode *find_mode(const spoti_planning *planning, const char *name,
                                            size_t length)
{
    for (int i = 0; i < planning->n_modes; i++) {
        const char *known = planning->modes[i].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return &planning->modes[i];
        }
    }
    return NULL;
}

static spot_status no_such_mode(const spot_platform *platform, const char *name, size_t length,
                                spot_diag *diag)
{
    char known[256] = "";

    for (int i = 0; i < platform->planning.n_modes; i++) {
        const size_t used = strlen(known);
        (void)spoti_format(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                           platform->planning.modes[i].name);
    }
    return spot_diag_set(diag, SPOT_E_NOT_FOUND, "%s has no mode '%.*s', expected %s%s",
                         platform->name, (int)(length < 64 ? length : 64), name,
                         known[0] != '\0' ? "some of: " : "none, as it has no modes", known);
}

spot_status spot_platform_computer(const spot_platform *platform, const char *modes,
                                   spot_coinfer_computer *out, spot_diag *diag)
{
    if (platform == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!platform->has_planning) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                             "%s has no 'planning' in its file, expected clocks and power there "
                             "(docs/plan.md)",
                             platform->name);
    }
    *out = platform->planning.computer;
    if (modes == NULL) {
        return SPOT_OK;
    }
    out->n_clock = 0;
    for (const char *at = modes; at != NULL; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        const size_t length = strcspn(at, ",");
        const spoti_platform_mode *mode = find_mode(&platform->planning, at, length);
        if (mode == NULL || out->n_clock == SPOT_COINFER_CLOCKS_MAX) {
            return no_such_mode(platform, at, length, diag);
        }
        out->clocks_hz[out->n_clock++] = mode->clock_hz;
    }
    return SPOT_OK;
}
