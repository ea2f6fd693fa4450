/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A log in a text, judged; a refusal fails the test. */
#ifndef SPOT_TESTS_LAB_JUDGE_JUDGED_H
#define SPOT_TESTS_LAB_JUDGE_JUDGED_H

#include "lab/record/read_text.h"
#include "spot/analyze.h"

enum { TEXT_SIZE = 1 << 16, JUDGED_RESAMPLES = 2000 };

typedef struct fixture {
    spot_analyze_log *log;
    spot_analysis *analysis;
    const spot_analysis_setting *s;
    const spot_analysis_verdict *v;
    const spot_analysis_point *points;
} fixture;

static inline spot_analyze_config judged_config(spot_analyze_regime regime)
{
    spot_analyze_config config;
    spot_analyze_config_default(&config);
    config.regime = regime;
    config.resamples = JUDGED_RESAMPLES;
    return config;
}

static inline fixture judged_by(const spot_analyze_config *config, const char *text)
{
    fixture f = {.log = NULL};
    spot_diag diag = {""};
    spot_status st = read_text(config, text, &f.log, &diag);
    st = st == SPOT_OK ? spot_analyze(f.log, &f.analysis, &diag) : st;
    if (st != SPOT_OK) {
        fail_msg("refused: %s", diag.text);
    }
    f.s = &f.analysis->settings[0];
    f.v = &f.s->verdict;
    f.points = f.s->points;
    return f;
}

static inline void done(fixture *f)
{
    spot_analysis_destroy(f->analysis);
    spot_analyze_log_destroy(f->log);
}

static inline void assert_says(const fixture *f, const char *words)
{
    if (strstr(f->v->text, words) == NULL) {
        fail_msg("'%s' lacks '%s'", f->v->text, words);
    }
}

#endif
