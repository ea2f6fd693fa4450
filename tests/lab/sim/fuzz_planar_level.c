/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Level files: what is accepted steps without a number that is none; what is refused says where and why, in one line. */
#include <string.h>

#include "lab/sim/planar/sim.h"
#include "support/spot_fuzz.h"

static void check_accepted(const spoti_level *l)
{
    spoti_drive drive;
    static const float channels[SPOTI_PLANAR_CHANNELS] = {1.0f, -1.0f, 0.5f, 1.0f, 1.0f, 0.5f};

    expect(l->n_polygon >= SPOTI_PLANAR_WALLS && l->n_polygon <= SPOTI_PLANAR_COUNT_MAX);
    expect(l->n_shape == l->n_polygon + l->n_circle);
    for (int i = 0; i < l->n_joint; i++) {
        const spoti_joint *j = &l->joints[i];
        expect(!j->active || (j->a >= 0 && j->a < l->n_shape && j->b >= 0 && j->b < l->n_shape));
    }
    spoti_sim *sim = spoti_sim_create(l);
    expect(sim != NULL);
    spoti_sim_bind(l, channels, &drive);
    for (int i = 0; i < 4; i++) {
        spoti_sim_step(sim, &drive);
    }
    for (int d = 0; d < SPOTI_DEALS; d++) {
        expect(sim->deals[d].first[sim->deals[d].n_batch] >= 0);
    }
    spoti_sim_destroy(sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_level *level = NULL;
    spot_diag diag = {.text = ""};
    const spot_status st = spoti_level_parse("fuzz", data, size, NULL, &level, &diag);
    if (st == SPOT_OK) {
        check_accepted(level);
        spoti_level_destroy(level);
    } else {
        expect(level == NULL);
        expect(st == SPOT_E_FORMAT || st == SPOT_E_NOMEM);
        expect(strncmp(diag.text, "fuzz:", 5) == 0);
        for (const char *c = diag.text; *c != '\0'; c++) {
            expect((unsigned char)*c >= 0x20); /* one line, nothing for a terminal to act on */
        }
    }
    return 0;
}
