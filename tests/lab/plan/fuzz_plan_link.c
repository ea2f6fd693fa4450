/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Link files: one is refused with a line that names it, or it can be planned with, whatever the bytes are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spot/plan.h"
#include "support/spot_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    spot_plan_link link;
    spot_diag diag = {.text = ""};
    (void)snprintf(path, sizeof(path), "/tmp/spot-fuzz-link-%ld.yaml", (long)getpid());
    write_file(path, data, size);
    spot_status st = spot_plan_link_load(path, &link, &diag);
    if (st != SPOT_OK) {
        expect(st == SPOT_E_FORMAT);
        expect(strncmp(diag.text, path, strlen(path)) == 0 && diag.text[strlen(path)] == ':');
        expect(strchr(diag.text, '\n') == NULL);
    } else {
        spot_coinfer_problem p;
        spot_coinfer_problem_default(&p);
        p.max_delay_s = p.max_energy_j = 1.0;
        p.link[0] = link.link;
        p.hop_bits[0] = 1e6;
        expect(spot_coinfer_problem_check(&p, NULL) == SPOT_OK);
        expect(link.n_figure == 3);
    }
    (void)unlink(path);
    return 0;
}
