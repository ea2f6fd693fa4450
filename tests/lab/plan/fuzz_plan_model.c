/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Model files: one is refused with a line that names it, or all its figures can be planned, whatever the bytes are. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spot/plan.h"
#include "support/spot_fuzz.h"

static void check_split(const spot_plan_split *s)
{
    expect(s->name[0] != '\0');
    expect(isfinite(s->lambda) && s->lambda > 0.0);
    expect(s->agent_flop >= 0.0 && s->server_flop >= 0.0 && s->cloud_flop >= 0.0);
    expect(s->agent_flop + s->server_flop + s->cloud_flop > 0.0);
    expect(s->uplink_bits >= 0.0 && s->backhaul_bits >= 0.0 && s->output_per_parameter >= 0.0);
    expect(s->n_feature >= 0 && s->n_feature <= SPOT_PLAN_FEATURES_MAX);
    for (int i = 0; i < s->n_feature; i++) {
        expect(s->feature[i].bits >= 1 && s->feature[i].uplink_bits >= 0.0);
        expect(isfinite(s->feature[i].distortion));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    static spot_plan_model model;
    spot_diag diag = {.text = ""};
    (void)snprintf(path, sizeof(path), "/tmp/spot-fuzz-model-%ld.yaml", (long)getpid());
    write_file(path, data, size);
    spot_status st = spot_plan_model_load(path, &model, &diag);
    if (st != SPOT_OK) {
        expect(st == SPOT_E_FORMAT || st == SPOT_E_IO ||
               st == SPOT_E_RANGE); /* IO: weights that are not there */
        expect(diag.text[0] != '\0' && strchr(diag.text, '\n') == NULL);
    } else {
        expect(model.n_split >= 1 && model.n_split <= SPOT_PLAN_SPLITS_MAX);
        expect(model.full_bits >= 1 && model.full_bits <= SPOT_COINFER_MAX_BITS);
        for (int i = 0; i < model.n_split; i++) {
            check_split(&model.split[i]);
        }
    }
    (void)unlink(path);
    return 0;
}
