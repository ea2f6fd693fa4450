/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Task files of worlds in processes: what is accepted is within bounds; what is refused says where and why. */
#include <math.h>
#include <string.h>

#include "lab/sim/process/file.h"
#include "support/spot_fuzz.h"

static void check_accepted(const spoti_process_file *f)
{
    expect(f->name != NULL && f->command_count >= 1);
    expect(f->command_count <= SPOTI_PROCESS_COMMAND_MAX);
    expect(f->control.rate_hz > 0.0 && isfinite(f->control.rate_hz));
    expect(f->control.execute >= 1 && f->control.execute <= f->control.horizon);
    expect(f->time_limit_s > 0.0 && isfinite(f->time_limit_s));
    expect(f->timeout_s == NULL || (*f->timeout_s > 0.0 && isfinite(*f->timeout_s)));
    expect(f->rule == SPOTI_SUCCESS_INFO || f->success != NULL);
    expect(isfinite(f->least));
    for (unsigned i = 0; i < f->rest_count; i++) {
        expect(isfinite(f->rest[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_process_file *file = NULL;
    spot_diag diag = {.text = ""};
    const spot_status st = spoti_process_file_parse("fuzz", data, size, &file, &diag);
    if (st == SPOT_OK) {
        check_accepted(file);
        spoti_process_file_free(file);
        return 0;
    }
    expect(file == NULL);
    expect(st == SPOT_E_FORMAT || st == SPOT_E_NOMEM);
    expect(strncmp(diag.text, "fuzz:", 5) == 0);
    for (const char *c = diag.text; *c != '\0'; c++) {
        expect((unsigned char)*c >= 0x20); /* one line, nothing for a terminal to act on */
    }
    return 0;
}
