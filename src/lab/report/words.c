/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/words.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "spot/show.h"

enum { LINE_SIZE = 4 * SPOT_DIAG_TEXT_SIZE };

void spoti_report_line(FILE *out, int indent, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    spot_print_wrapped(out, indent, line);
}

json_t *spoti_report_repeats(const char *repeats)
{
    return repeats != NULL && repeats[0] != '\0' ? json_string(repeats) : json_null();
}

const char *spoti_report_schedule(const spot_tune_result *result, int i)
{
    return spot_schedule_str(
        spot_schedule_of(result->setting.cadence, result->rows[i].point.overlap));
}

bool spoti_is_rival(const spot_analysis_setting *setting, int i)
{
    const spot_analysis_point *p = &setting->points[i];
    return i != setting->verdict.best && p->may_be_best && !p->only_by_rare_failures;
}

json_t *spoti_report_knobs(const spot_point *point)
{
    json_t *knobs = json_object();
    for (int i = 0; knobs != NULL && i < spot_knob_count(); i++) {
        const spot_knob *k = spot_knob_at(i);
        char value[SPOT_KNOB_VALUE_SIZE];
        int number = 0;
        spot_knob_value(i, point, value);
        json_t *item = k->is_number && spoti_parse_int(value, &number) == SPOT_OK
                           ? json_integer(number)
                           : json_string(value);
        if (json_object_set_new(knobs, k->name, item) != 0) {
            json_decref(knobs);
            knobs = NULL;
        }
    }
    return knobs;
}

spot_status spoti_report_json(json_t *value, FILE *out)
{
    char *text = value != NULL ? json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(value);
    if (text == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_print_json(out, text);
    (void)fputc('\n', out);
    free(text); /* foreign memory: jansson */
    return ferror(out) == 0 ? SPOT_OK : SPOT_E_IO;
}
