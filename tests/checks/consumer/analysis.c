/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include <string.h>

#include <spot/spot.h>

/* Out of libsweetspot-analysis.so, which judges, and says so where it has no simulator. */
int main(int argc, char **argv)
{
    spot_analyze_config config;
    spot_analyze_log *log = 0;
    spot_task *task = 0;
    spot_diag diag;

    memset(&diag, 0, sizeof diag);
    spot_analyze_config_default(&config);
    if (spot_analyze_log_create(&config, &log) != SPOT_OK) {
        return 1;
    }
    spot_analyze_log_destroy(log);
    return argc < 2 || (spot_task_load(argv[1], 0, &task, &diag) == SPOT_E_UNSUPPORTED &&
                        task == 0 && strstr(diag.text, "MuJoCo") != 0)
               ? 0
               : 1;
}
