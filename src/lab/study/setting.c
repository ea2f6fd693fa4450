/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/setting.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/study/judge.h"
#include "lab/study/tuner.h"

enum { INPUT_NAME_SIZE = 48 };

/* Appends ` name=value`, in quotes if it could be taken for several parts. False if it does not fit. */
static bool add(char text[SPOTI_SIGNATURE_SIZE], const char *name, const char *value)
{
    const size_t used = strlen(text);
    const char *quote = strpbrk(value, " =") != NULL ? "'" : "";
    return spoti_format(text + used, SPOTI_SIGNATURE_SIZE - used, "%s%s=%s%s%s",
                        used > 0 ? " " : "", name, quote, value, quote);
}

static bool add_number(char text[SPOTI_SIGNATURE_SIZE], const char *name, double value)
{
    char number[32];
    return spoti_format(number, sizeof(number), "%.17g", value) && add(text, name, number);
}

static bool add_hash(char text[SPOTI_SIGNATURE_SIZE], const char *name, uint64_t hash)
{
    char number[24];
    return spoti_format(number, sizeof(number), "%016" PRIx64, hash) && add(text, name, number);
}

bool spoti_describe_setting(const spoti_setting *s, char text[SPOTI_SIGNATURE_SIZE])
{
    text[0] = '\0';
    if (!add(text, "task", s->task)) {
        return false;
    }
    const size_t used = strlen(text);
    return spoti_format(text + used, SPOTI_SIGNATURE_SIZE - used, " %s%s", s->identity,
                        s->inputs) &&
           add(text, "platform", s->platform) && add(text, "class", s->charged_class) &&
           add(text, "clock", spot_clock_str(s->clock)) &&
           add_number(text, "overhead_s", s->overhead_s) &&
           add_number(text, "speed", s->variation.speed) &&
           add_number(text, "noise", s->variation.noise);
}

bool spoti_describe_point(const char *point, spot_schedule schedule, int execute,
                          const spot_latency *latency, char text[SPOTI_SIGNATURE_SIZE])
{
    char n[16];
    return add(text, "point", point) && add(text, "schedule", spot_schedule_str(schedule)) &&
           spoti_format(n, sizeof(n), "%d", execute) && add(text, "execute", n) &&
           add_number(text, "latency_s", latency->mean_s) &&
           add_number(text, "spread_s", latency->spread_s) &&
           (latency->shape == NULL ||
            add_hash(text, "calls", spot_latency_shape_hash(latency->shape)));
}

spot_status spoti_describe_plan(const spot_point *point, char text[SPOTI_STORE_PLAN_SIZE],
                                spot_diag *diag)
{
    static const char SUFFIX[] = ".yaml"; /* as spot_session_config.quant has it */
    uint64_t hash = SPOTI_HASH_START;
    text[0] = '\0';
    if (!spoti_ends_with(point->quant, SUFFIX)) {
        return SPOT_OK;
    }
    spot_status st = spoti_hash_file(&hash, point->quant, diag);
    if (st == SPOT_OK) {
        (void)spoti_format(text, SPOTI_STORE_PLAN_SIZE, " plan=%016" PRIx64, hash);
    }
    return st;
}

/* The name of a file as that of a part of the setting. */
static void name_input(const char *path, char name[INPUT_NAME_SIZE])
{
    (void)spoti_copy(name, INPUT_NAME_SIZE, spoti_path_base(path));
    for (char *at = strpbrk(name, " ='"); at != NULL; at = strpbrk(at, " ='")) {
        *at = '_';
    }
}

spot_status spoti_describe_inputs(const char *const *paths, int n, char text[SPOTI_INPUTS_SIZE],
                                  spot_diag *diag)
{
    spot_status st = SPOT_OK;
    text[0] = '\0';
    for (int i = 0; st == SPOT_OK && i < n; i++) {
        uint64_t hash = SPOTI_HASH_START;
        char name[INPUT_NAME_SIZE];
        const size_t used = strlen(text);
        st = spoti_hash_file(&hash, paths[i], diag);
        name_input(paths[i], name);
        if (st == SPOT_OK &&
            !spoti_format(text + used, SPOTI_INPUTS_SIZE - used, " %s=%016" PRIx64, name, hash)) {
            st = spot_diag_set(diag, SPOT_E_RANGE,
                               "names of files too long, expected below %d bytes in all: ...%s",
                               SPOTI_INPUTS_SIZE, name);
        }
    }
    return st;
}

/* ---- of a tuning run ---- */

spot_status spoti_describe_run(const spoti_tuner *t, char text[SPOTI_SIGNATURE_SIZE],
                               spot_diag *diag)
{
    const spot_tune_setting *s = &t->result->setting;
    const spoti_setting setting = {.task = s->task,
                                   .identity = t->source->identity,
                                   .inputs = t->inputs,
                                   .platform = s->platform,
                                   .charged_class = s->charged_class,
                                   .clock = s->clock,
                                   .overhead_s = s->overhead_s,
                                   .variation = s->variation};
    return spoti_describe_setting(&setting, text)
               ? SPOT_OK
               : spot_diag_set(
                     diag, SPOT_E_RANGE,
                     "names of the task and its files too long, expected below %d bytes in all",
                     SPOTI_SIGNATURE_SIZE);
}

spot_status spoti_describe_points(const spoti_tuner *t, spoti_store_point *points, spot_diag *diag)
{
    char setting[SPOTI_SIGNATURE_SIZE];
    spot_status st = spoti_describe_run(t, setting, diag);
    for (int i = 0; st == SPOT_OK && i < t->result->n_rows; i++) {
        spoti_store_point *p = &points[i];
        const spot_tune_row *row = &t->result->rows[i];
        (void)spoti_copy(p->identity, sizeof(p->identity), setting);
        st = spoti_describe_plan(&row->point, p->plan, diag);
        if (st == SPOT_OK &&
            !spoti_describe_point(row->text, spoti_schedule_of(t, row),
                                  spoti_row_execute(t->result, row), &row->latency, p->identity)) {
            st = spot_diag_set(diag, SPOT_E_RANGE,
                               "%s: too long a description, expected below %d bytes", row->text,
                               SPOTI_SIGNATURE_SIZE);
        }
        p->row = spoti_point_row(t->result, i);
    }
    return st;
}
