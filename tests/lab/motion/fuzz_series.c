/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any bytes as a trajectory, CSV or HDF5: what is refused says why in one line; what is accepted is
 * measured, and every number that comes out is finite or says why there is none. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spot/report_metrics.h"
#include "support/spot_fuzz.h"

static void check_diag(const spot_diag *diag, spot_status st)
{
    expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE || st == SPOT_E_NOMEM);
    expect(diag->text[0] != '\0' || st == SPOT_E_NOMEM);
    for (const char *c = diag->text; *c != '\0'; c++) {
        expect((unsigned char)*c >= 0x20);
    }
}

static void measure(const spot_motion_trajectory *t)
{
    spot_motion_config config;
    spot_motion_record record;
    spot_diag diag = {.text = ""};
    FILE *sink = fopen("/dev/null", "we");

    expect(sink != NULL);
    expect(t->series.n_sample >= 1);
    spot_motion_config_default(&config);
    config.position_noise_m = 1e-3;
    const spot_status st = spot_motion_trajectory_measure(t, &config, &record, &diag);
    if (st == SPOT_OK) {
        for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
            const spot_motion_value v = record.metrics.values[i];

            expect((v.why == SPOT_MOTION_WHY_DEFINED) == (isfinite(v.value) != 0));
        }
        record.file = "fuzz";
        const spot_motion_record two[2] = {record, record};
        const spot_motion_report one = {two, 1, &config};
        const spot_motion_report both = {two, 2, &config};
        expect(spot_report_metrics_table(&one, false, sink) == SPOT_OK);
        expect(spot_report_metrics_table(&both, true, sink) == SPOT_OK);
        expect(spot_report_metrics_json(&one, sink) == SPOT_OK);
    } else {
        expect(st == SPOT_E_NOMEM);
    }
    (void)fclose(sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    spot_motion_file_config config;
    spot_motion_file *file = NULL;
    spot_diag diag = {.text = ""};

    (void)snprintf(path, sizeof(path), "/tmp/spot_fuzz_series_%ld", (long)getpid());
    write_file(path, data, size);
    spot_motion_file_config_default(&config);
    spot_status st = spot_motion_file_open(path, &config, &file, &diag);
    for (int i = 0; st == SPOT_OK && i < spot_motion_file_count(file) && i < 4; i++) {
        spot_motion_trajectory *t = NULL;

        st = spot_motion_file_load(file, i, &t, &diag);
        if (st == SPOT_OK) {
            measure(t);
        }
        spot_motion_trajectory_free(t);
    }
    if (st != SPOT_OK) {
        check_diag(&diag, st);
    }
    spot_motion_file_close(file);
    (void)remove(path);
    return 0;
}
