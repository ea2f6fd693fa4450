/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What episodes at one operating point add up to, and that as text. */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/report/words.h"
#include "spot/report_rollout.h"
#include "spot/show.h"
#include "spot/stats_paired.h"
#include "spot/task.h"

enum { TEXT_COLUMN = 13 }; /* where the figures stand */

/* Sums over the valid episodes, which become `runs`. */
static void add_up(const spot_rollout_report *r, spot_rollout_summary *s, spot_stats_run *runs)
{
    double n_chunks = 0.0;
    double n_inferences = 0.0;
    for (int i = 0; i < r->n_episodes; i++) {
        const spot_episode *e = &r->episodes[i];
        if (e->invalid) {
            s->first_invalid = s->first_invalid == NULL ? e : s->first_invalid;
            continue;
        }
        runs[s->valid++] =
            (spot_stats_run){e->success, e->time_s, (double)(e->chunks > 0 ? e->chunks : 1)};
        s->successes += e->success ? 1 : 0;
        s->grade += e->grade;
        n_chunks += (double)e->chunks;
        n_inferences += (double)e->inferences;
        s->delay_s += e->wait_s;
        s->age_s += e->age_first_s * (double)e->chunks;
    }
    s->acted = n_chunks > 0.0;
    if (s->acted) {
        /* not by chunks: the last wait is cut off by the end and has none */
        s->delay_s /= n_inferences;
        s->age_s /= n_chunks;
    }
    s->grade /= s->valid > 0 ? s->valid : 1;
}

/* Means of the metrics over successes; why there is none is what the first success says. */
static void average_motion(const spot_rollout_report *r, spot_rollout_summary *s)
{
    for (int m = 0; m < SPOT_MOTION_N_METRIC; m++) {
        spot_motion_value mean = {.value = (double)NAN, .why = SPOT_MOTION_WHY_NO_SUCCESS};
        double sum = 0.0;
        for (int i = 0; i < r->n_episodes; i++) {
            const spot_motion_value *v = &r->episodes[i].motion.values[m];
            const bool there = v->why == SPOT_MOTION_WHY_DEFINED;
            if (r->episodes[i].success && there) {
                sum += v->value;
                s->n_motion[m]++;
            } else if (r->episodes[i].success && mean.why == SPOT_MOTION_WHY_NO_SUCCESS) {
                mean.why = v->why;
            }
        }
        s->motion[m] =
            s->n_motion[m] > 0 ? (spot_motion_value){.value = sum / s->n_motion[m]} : mean;
    }
}

/* The intervals, of episodes compared with themselves. */
static spot_status estimate(const spot_stats_run *runs, double *work,
                            const spot_stats_paired_config *config, spot_rollout_summary *s)
{
    spot_stats_paired_result result;
    if (s->valid == 0) {
        return SPOT_OK;
    }
    spot_status st = spot_stats_paired(config, runs, runs, s->valid, work, &result);
    if (st == SPOT_OK) {
        s->time = result.time_candidate;
        s->chunks = result.chunks_candidate;
        st = spot_stats_wilson(s->successes, s->valid, SPOT_STATS_CONFIDENCE, &s->wilson);
    }
    return st;
}

spot_status spot_report_rollout_summary(const spot_rollout_report *report,
                                        spot_rollout_summary *summary)
{
    spot_stats_paired_config config;
    if (report == NULL || summary == NULL || report->n_episodes < 1) {
        return SPOT_E_INVALID;
    }
    spot_stats_paired_config_default(&config);
    const size_t n = (size_t)report->n_episodes;
    const size_t n_work = spot_stats_paired_work_size(config.n_resample);
    spot_stats_run *runs = spoti_calloc(NULL, n, sizeof(*runs));
    double *work = spoti_calloc(NULL, n_work, sizeof(*work));
    spot_status st = runs != NULL && work != NULL ? SPOT_OK : SPOT_E_NOMEM;
    *summary = (spot_rollout_summary){0};
    if (st == SPOT_OK) {
        add_up(report, summary, runs);
        average_motion(report, summary);
        st = estimate(runs, work, &config, summary);
    }
    spoti_free(NULL, runs, n * sizeof(*runs));
    spoti_free(NULL, work, n_work * sizeof(*work));
    return st;
}

static void print_estimate(FILE *out, const char *label, const spot_estimate *e, const char *unit)
{
    if (e->support == SPOT_STATS_NONE) {
        spot_print(out, "  %-10s undefined (no success)\n", label);
    } else if (e->support == SPOT_STATS_INSUFFICIENT) {
        spot_print(out, "  %-10s %.2f%s (too few successes for an interval)\n", label, e->value,
                   unit);
    } else {
        spot_print(out, "  %-10s %.2f%s [%.2f, %.2f]\n", label, e->value, unit, e->ci.lo, e->ci.hi);
    }
}

/* What was run, and what the simulator broke off. */
static void print_head(const spot_rollout_report *r, const spot_rollout_summary *s, FILE *out)
{
    char point[SPOT_POINT_TEXT_SIZE];
    const spot_latency *l = &r->config->latency;
    const unsigned long long seed = r->episodes[0].seed;
    spot_point_format(&r->config->point, point, sizeof(point));
    spoti_report_line(out, 4, "%s with %s%s%s, speed %g: %d episode%s, seeds %llu..%llu", r->task,
                      r->policy, r->expert ? "" : " at ", r->expert ? "" : point,
                      r->variation.speed, r->n_episodes, r->n_episodes == 1 ? "" : "s", seed,
                      seed + (unsigned long long)r->n_episodes - 1);
    spoti_report_line(out, TEXT_COLUMN, "  latency    %.1f ms charged as %s (%s; %s)",
                      1e3 * l->mean_s, r->charged_class, spot_origin_str(l->origin), l->source);
    if (r->engine.name != NULL && strcmp(r->engine.name, spot_engine_built_in().name) != 0) {
        spoti_report_line(out, TEXT_COLUMN, "  world      %s %s", r->engine.name,
                          r->engine.version);
    }
    if (r->repeats != NULL && r->repeats[0] != '\0') {
        spoti_report_line(out, TEXT_COLUMN, "  repeats    %s", r->repeats);
    }
    if (r->policy_varies) {
        spoti_report_line(out, TEXT_COLUMN, "  policy     %s", SPOTI_REPORT_VARIES);
    }
    if (s->first_invalid != NULL) {
        spoti_report_line(out, TEXT_COLUMN,
                          "  invalid    %d of %d episodes, in no figure below; seed %llu: %s",
                          r->n_episodes - s->valid, r->n_episodes,
                          (unsigned long long)s->first_invalid->seed, s->first_invalid->fault);
    }
}

/* A few of the metrics, by name; JSON has all. */
static void print_motion(const spot_rollout_summary *s, FILE *out)
{
    static const spot_motion_metric shown[] = {SPOT_MOTION_EE_PATH_M, SPOT_MOTION_JOINT_PATH_RAD,
                                               SPOT_MOTION_EE_RMS_JERK_SAVGOL, SPOT_MOTION_SPARC,
                                               SPOT_MOTION_ENERGY_ABS_J};
    char line[SPOT_DIAG_TEXT_SIZE] = "";
    for (size_t k = 0; k < sizeof(shown) / sizeof(shown[0]); k++) {
        const spot_motion_value *v = &s->motion[shown[k]];
        const size_t used = strlen(line);
        if (v->why == SPOT_MOTION_WHY_DEFINED) {
            (void)spoti_format(line + used, sizeof(line) - used, "%s%s %.4g", used > 0 ? ", " : "",
                               spot_motion_describe((int)shown[k])->name, v->value);
        }
    }
    if (line[0] != '\0') {
        spoti_report_line(out, TEXT_COLUMN, "  motion     %s (means over successes)", line);
    }
}

static void print_figures(const spot_rollout_report *r, const spot_rollout_summary *s, FILE *out)
{
    spot_print(out, "  success    %d/%d = %.1f %% [%.1f, %.1f]\n", s->successes, s->valid,
               100.0 * s->successes / s->valid, 100.0 * s->wilson.lo, 100.0 * s->wilson.hi);
    print_estimate(out, "task time", &s->time, " s");
    if (!r->expert) {
        print_estimate(out, "chunks", &s->chunks, "");
    }
    if (!r->expert && !s->acted) {
        spot_print(out, "  delay      all the time: no chunk was there before the end\n");
    } else if (!r->expert) {
        spot_print(out,
                   "  delay      %.0f ms an inference; age of the observation %.0f ms at its first "
                   "action\n",
                   1e3 * s->delay_s, 1e3 * s->age_s);
    }
    if (r->episodes[0].grade_max > 0) { /* worlds of others know no partial credit */
        spot_print(out, "  grade      %.2f of %d\n", s->grade, r->episodes[0].grade_max);
    }
    print_motion(s, out);
}

spot_status spot_report_rollout_text(const spot_rollout_report *report,
                                     const spot_rollout_summary *summary, FILE *out)
{
    if (report == NULL || summary == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    print_head(report, summary, out);
    if (summary->valid > 0) {
        print_figures(report, summary, out);
    }
    return ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}
