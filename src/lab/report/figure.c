/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The figures of tune and analyze, which are one (points_figure.h) under different titles. */
#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/report/points_figure.h"
#include "spot/report.h"
#include "spot/report_analysis.h"

spot_status spot_report_analysis_figure(const spot_analysis_setting *setting, const char *base,
                                        spot_diag *diag)
{
    spoti_points_figure figure = {.setting = setting};
    if (setting == NULL || base == NULL) {
        return SPOT_E_INVALID;
    }
    (void)spoti_copy(figure.title, sizeof(figure.title), setting->name);
    (void)spoti_format(figure.note, sizeof(figure.note), "%s regime",
                       spot_analyze_regime_str(setting->regime));
    return spoti_points_figure_draw(&figure, base, diag);
}

/* Where the latencies come from. */
static const char *origin_words(const spot_tune_result *r)
{
    for (int i = 1; i < r->n_rows; i++) {
        if (r->rows[i].latency.origin != r->rows[0].latency.origin) {
            return "partly modelled";
        }
    }
    return spot_origin_str(r->rows[0].latency.origin);
}

spot_status spot_report_tune_figure(const spot_tune_result *result, const char *base,
                                    spot_diag *diag)
{
    if (result == NULL || result->analysis == NULL || base == NULL) {
        return SPOT_E_INVALID;
    }
    if (result->n_judged == 0) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND, "no seed is valid at every point");
    }
    const spot_tune_setting *s = &result->setting;
    spoti_points_figure figure = {.setting = &result->analysis->settings[0]};
    const bool other = s->policy[0] != '\0' && strcmp(s->policy, s->task) != 0;
    (void)spoti_format(figure.title, sizeof(figure.title), "%s%s%s on %s, charged as %s", s->task,
                       other ? " with " : "", other ? s->policy : "", s->platform,
                       s->charged_class);
    (void)spoti_format(
        figure.note, sizeof(figure.note), "%d paired seeds%s; latencies %s%s%s", result->n_judged,
        result->withheld != SPOT_TUNE_WITHHELD_NOT ? ", no verdict" : "", origin_words(result),
        s->clock == SPOT_CLOCK_PAPER ? "; paper clock" : "", s->cadence ? "; cadence" : "");
    return spoti_points_figure_draw(&figure, base, diag);
}
