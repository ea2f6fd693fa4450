/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any JSON as an eval_info.json: what is refused says why in one line; what is accepted has counts. */
#include <string.h>

#include "lab/record/eval_info.h"
#include "spot/analyze.h"
#include "support/spot_fuzz.h"

static void check_diag(const spot_diag *diag, spot_status st)
{
    expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE || st == SPOT_E_NOMEM);
    expect(diag->text[0] != '\0' || st == SPOT_E_NOMEM);
    for (const char *c = diag->text; *c != '\0'; c++) {
        expect((unsigned char)*c >= 0x20);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    spot_analysis *analysis = NULL;
    spot_diag diag = {.text = ""};
    json_t *root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL) {
        return 0;
    }
    spot_analyze_config_default(&config);
    config.resamples = 100;
    config.paired = size % 2 == 0;
    expect(spot_analyze_log_create(&config, &log) == SPOT_OK);
    spot_status st = spoti_eval_info_add(log, "runs/steps5/eval_info.json", root, &diag);
    json_decref(root);
    if (st == SPOT_OK && spot_analyze(log, &analysis, &diag) == SPOT_OK) {
        const spot_analysis_point *p = &analysis->settings[0].points[0];
        expect(strcmp(p->name, "steps5") == 0);
        expect(p->has_count && p->successes >= 0 && p->successes <= p->trials);
    } else if (st != SPOT_OK) {
        check_diag(&diag, st);
    }
    spot_analysis_destroy(analysis);
    spot_analyze_log_destroy(log);
    return 0;
}
