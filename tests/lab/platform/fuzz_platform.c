/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Platform profiles: a file is refused with one line that names it, or all its latencies are finite
 * and not negative, whatever the bytes are. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spot/platform.h"
#include "support/spot_fuzz.h"

static void check_refusal(spot_status st, const spot_platform *p, const char *path,
                          const spot_diag *diag)
{
    expect(st == SPOT_E_FORMAT && p == NULL);
    expect(strncmp(diag->text, path, strlen(path)) == 0 && diag->text[strlen(path)] == ':');
    expect(strchr(diag->text, '\n') == NULL);
}

static void check_class(const spot_platform *p, const char *name)
{
    static const int steps[] = {1, 2, 5, 10, 1000, 1000000};
    expect(name != NULL && name[0] != '\0');
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        spot_latency latency;
        spot_status st = spot_platform_latency(p, name, steps[i], &latency, NULL);
        expect(st == SPOT_OK || st == SPOT_E_RANGE);
        if (st == SPOT_OK) {
            expect(isfinite(latency.mean_s) && latency.mean_s >= 0.0);
            expect(isfinite(latency.spread_s) && latency.spread_s >= 0.0);
            expect(strcmp(spot_origin_str(latency.origin), "unknown") != 0);
        }
    }
}

/* What is planned with passes the planner's own check, and each figure has a source. */
static void check_planning(const spot_platform *p)
{
    spot_coinfer_problem problem;
    spot_coinfer_problem_default(&problem);
    problem.n_stage = 1;
    problem.max_delay_s = problem.max_energy_j = 1.0;
    spot_status st = spot_platform_computer(p, NULL, &problem.computer[0], NULL);
    expect(st == (spot_platform_has_planning(p) ? SPOT_OK : SPOT_E_NOT_FOUND));
    if (st == SPOT_OK) {
        expect(spot_coinfer_problem_check(&problem, NULL) == SPOT_OK);
        expect(spot_platform_figure_at(p, 4) != NULL); /* cycles, clocks, power, idle, pue */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    spot_platform *p = NULL;
    spot_diag diag = {.text = ""};
    (void)snprintf(path, sizeof(path), "/tmp/spot-fuzz-platform-%ld.yaml", (long)getpid());
    write_file(path, data, size);
    spot_status st = spot_platform_load(path, NULL, &p, &diag);
    if (st != SPOT_OK) {
        check_refusal(st, p, path, &diag);
    } else {
        expect(spot_platform_class_count(p) >= 1 || spot_platform_has_planning(p));
        check_planning(p);
        for (int i = 0; i < spot_platform_class_count(p); i++) {
            check_class(p, spot_platform_class_name(p, i));
        }
    }
    spot_platform_destroy(p);
    (void)unlink(path);
    return 0;
}
