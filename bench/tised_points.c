/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How long a million operating points take on one core: times, task time and dynamic score of each.
 *
 *     tised_points [--wall] [POINTS [REPEATS]]
 *
 * Each figure is processor time, the least of REPEATS rounds, as other load on the machine only ever adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "possible.h"
#include "spot/tised.h"
#include "spot/tised_optimum.h"

static const double TARGET_S = 1.0; /* for a million */
enum { POINTS = 1000000, REPEATS = 5, N_ACTION = 16 };

/* The i-th of n points: alpha on a fine grid, every depth and schedule in turn. */
static spot_tised_point point_at(long i, long n)
{
    spot_tised_point p = {.alpha = (double)(i + 1) / (double)n};
    p.schedule = (spot_schedule)(i % 3);
    p.n_overlap = p.schedule == SPOT_SCHEDULE_OVERLAP ? (int)(i % (N_ACTION + 1)) : 0;
    p.overhead_s = p.schedule == SPOT_SCHEDULE_CADENCE ? 0.01 : 0.0;
    return p;
}

/* Times alone (response NULL), or times, task time and score; the sum keeps the work alive. */
static int evaluate(long n, const spot_tised_response *response, double *sum)
{
    const spot_tised_setup setup = {.inference_s = 0.2, .action_s = 0.05, .n_action = N_ACTION};
    *sum = 0.0;
    for (long i = 0; i < n; i++) {
        spot_tised_point p = point_at(i, n);
        spot_tised_timing t;
        if (spot_tised_time(&setup, &p, &t) != SPOT_OK) {
            return EXIT_FAILURE;
        }
        *sum += t.eta;
        if (response == NULL) {
            continue;
        }
        double task_s = 0.0, score = 0.0;
        if (spot_tised_task_s(&t, 12.0 + 3.0 / p.alpha, &task_s) != SPOT_OK ||
            spot_tised_surrogate(response, p.alpha, 0.06, t.delay_s, &score) != SPOT_OK) {
            return EXIT_FAILURE;
        }
        *sum += task_s + score;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const bench_clock clock = bench_clock_option(&argc, argv);
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : POINTS;
    long repeats = argc > 2 ? strtol(argv[2], NULL, 10) : REPEATS;
    if (n < 1 || repeats < 1) {
        fprintf(stderr, "usage: tised_points [--wall] [POINTS [REPEATS]], both at least 1\n");
        return EXIT_FAILURE;
    }
    static const double quality[] = {0.0, 0.25, 0.5, 0.75, 1.0};
    static const double exposure[] = {0.0, 0.005, 0.01, 0.02};
    static const double value[] = {.1, .1, .1, .0, .3, .2, .2, .1, .6, .5,
                                   .4, .2, .8, .7, .5, .2, .9, .7, .5, .3};
    const spot_tised_table table = {quality, exposure, value, 5, 4};
    const spot_tised_response response = {.table = &table};
    const spot_tised_response *const modes[] = {NULL, &response};
    static const char *const names[] = {"times", "times, task time and score"};
    double part_s = 0.0; /* of times alone */
    for (int mode = 0; mode < 2; mode++) {
        double least_s = -1.0, sum = 0.0;
        for (long r = 0; r < repeats; r++) {
            double start_s = bench_now_s(clock);
            if (evaluate(n, modes[mode], &sum) != EXIT_SUCCESS) {
                fprintf(stderr, "a point was refused\n");
                return EXIT_FAILURE;
            }
            double took_s = bench_now_s(clock) - start_s;
            least_s = least_s < 0.0 || took_s < least_s ? took_s : least_s;
        }
        double million_s = least_s * 1e6 / (double)n;
        printf(
            "%ld points, %s: %.4f s, %.1f ns a point; a million in %.4f s, %s the target of %.0f s"
            " (sum %.6g)\n",
            n, names[mode], least_s, 1e9 * least_s / (double)n, million_s,
            million_s < TARGET_S ? "within" : "OVER", TARGET_S, sum);
        if (!bench_check_whole(names[mode], least_s, part_s, names[0])) {
            return EXIT_FAILURE;
        }
        part_s = least_s;
    }
    return EXIT_SUCCESS;
}
