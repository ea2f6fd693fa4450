/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The summary of a rollout, as text and JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollout.h"

static const char *const SCHEDULES[] = {"sync", "overlap", "cadence"}; /* by spot_schedule */

/* Sums over the valid episodes, which become `runs`. */
static void add_up(const rollout_request *r, rollout_summary *s, spot_stats_run *runs)
{
    double n_chunks = 0.0;
    for (int i = 0; i < r->n_seeds; i++) {
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
        s->delay_s += e->wait_s;
        s->age_s += e->age_first_s * (double)e->chunks;
    }
    s->acted = n_chunks > 0.0;
    if (s->acted) {
        s->delay_s /= n_chunks;
        s->age_s /= n_chunks;
    }
    s->grade /= s->valid > 0 ? s->valid : 1;
}

bool rollout_summarise(const rollout_request *r, rollout_summary *s)
{
    spot_stats_paired_config config;
    spot_stats_paired_result result;

    spot_stats_paired_config_default(&config);
    spot_stats_run *runs = calloc((size_t)r->n_seeds, sizeof(*runs));
    double *work = calloc(spot_stats_paired_work_size(config.n_resample), sizeof(*work));
    bool ok = runs != NULL && work != NULL;
    *s = (rollout_summary){0};
    if (ok) {
        add_up(r, s, runs);
    }
    if (ok && s->valid > 0) {
        ok =
            spot_stats_paired(&config, runs, runs, s->valid, work, &result) == SPOT_OK &&
            spot_stats_wilson(s->successes, s->valid, SPOT_STATS_CONFIDENCE, &s->wilson) == SPOT_OK;
        s->time = result.time_candidate;
        s->chunks = result.chunks_candidate;
    }
    free(runs);
    free(work);
    return ok;
}

static json_t *estimate_json(const spot_estimate *e)
{
    if (e->support == SPOT_STATS_NONE) {
        return json_null();
    }
    bool interval = e->support == SPOT_STATS_SUFFICIENT;
    return json_pack("{s:f, s:o, s:o}", "mean", e->value, "lo",
                     interval ? json_real(e->ci.lo) : json_null(), "hi",
                     interval ? json_real(e->ci.hi) : json_null());
}

static json_t *success_json(const rollout_summary *s)
{
    const bool known = s->valid > 0;
    return json_pack("{s:i, s:i, s:o, s:o}", "k", s->successes, "n", s->valid, "rate",
                     known ? json_real((double)s->successes / s->valid) : json_null(), "wilson",
                     known ? json_pack("[f,f]", s->wilson.lo, s->wilson.hi) : json_null());
}

/* null, or how many episodes the simulator broke off, and why it did the first. */
static json_t *invalid_json(const rollout_request *r, const rollout_summary *s)
{
    const spot_episode *first = s->first_invalid;
    return first == NULL ? json_null()
                         : json_pack("{s:i, s:I, s:s}", "episodes", r->n_seeds - s->valid, "seed",
                                     (json_int_t)first->seed, "fault", first->fault);
}

static int print_json(const rollout_request *r, const rollout_summary *s)
{
    char point[SPOT_POINT_TEXT_SIZE];
    spot_point_format(&r->config.point, point, sizeof(point));
    const spot_latency *l = &r->config.latency;
    const bool expert =
        strcmp(r->policy_name, ROLLOUT_EXPERT) == 0; /* it has no point and no chunks */
    return cli_print_json(json_pack(
        "{s:s, s:s, s:o, s:s, s:{s:f, s:f, s:s, s:s, s:s}, s:f, s:I, s:i, s:o, s:o,"
        " s:o, s:o, s:f, s:i, s:o, s:o, s:f, s:s, s:i, s:{s:s, s:s}}",
        "task", r->task_name, "policy", r->policy_name, "point",
        expert ? json_null() : json_string(point), "clock", r->clock, "latency", "t_inf_s",
        l->mean_s, "spread_s", l->spread_s, "class", r->class_name, "origin",
        spot_origin_str(l->origin), "source", l->source, "speed", r->variation.speed, "seed",
        (json_int_t)r->seed, "episodes", r->n_seeds, "success", success_json(s), "invalid",
        invalid_json(r, s), "time_s", estimate_json(&s->time), "chunks",
        expert ? json_null() : estimate_json(&s->chunks), "grade", s->grade, "grade_max",
        r->episodes[0].grade_max, "delay_s", s->acted ? json_real(s->delay_s) : json_null(),
        "age_s", s->acted ? json_real(s->age_s) : json_null(), "noise", r->variation.noise,
        "schedule", SCHEDULES[r->config.schedule], "n_execute", r->execute, "engine", "name",
        r->engine.name, "version", r->engine.version));
}

static void print_estimate(const char *label, const spot_estimate *e, const char *unit)
{
    if (e->support == SPOT_STATS_NONE) {
        spot_print(stdout, "  %-10s undefined (no success)\n", label);
    } else if (e->support == SPOT_STATS_INSUFFICIENT) {
        spot_print(stdout, "  %-10s %.2f%s (too few successes for an interval)\n", label, e->value,
                   unit);
    } else {
        spot_print(stdout, "  %-10s %.2f%s [%.2f, %.2f]\n", label, e->value, unit, e->ci.lo,
                   e->ci.hi);
    }
}

static int print_text(const rollout_request *r, const rollout_summary *s)
{
    char point[SPOT_POINT_TEXT_SIZE];
    const spot_latency *l = &r->config.latency;

    spot_point_format(&r->config.point, point, sizeof(point));
    bool expert = strcmp(r->policy_name, ROLLOUT_EXPERT) == 0;
    spot_print(stdout, "%s with %s%s%s, speed %g: %d episode%s, seeds %llu..%llu\n", r->task_name,
               r->policy_name, expert ? "" : " at ", expert ? "" : point, r->variation.speed,
               r->n_seeds, r->n_seeds == 1 ? "" : "s", (unsigned long long)r->seed,
               (unsigned long long)r->seed + (unsigned long long)r->n_seeds - 1);
    spot_print(stdout, "  latency    %.1f ms charged as %s (%s; %s)\n", 1e3 * l->mean_s,
               r->class_name, spot_origin_str(l->origin), l->source);
    if (s->first_invalid != NULL) {
        spot_print(stdout, "  invalid    %d of %d episodes, in no figure below; seed %llu: %s\n",
                   r->n_seeds - s->valid, r->n_seeds, (unsigned long long)s->first_invalid->seed,
                   s->first_invalid->fault);
    }
    if (s->valid == 0) {
        return CLI_OK;
    }
    spot_print(stdout, "  success    %d/%d = %.1f %% [%.1f, %.1f]\n", s->successes, s->valid,
               100.0 * s->successes / s->valid, 100.0 * s->wilson.lo, 100.0 * s->wilson.hi);
    print_estimate("task time", &s->time, " s");
    if (!expert) {
        print_estimate("chunks", &s->chunks, "");
    }
    if (!expert && !s->acted) {
        spot_print(stdout, "  waiting    all the time: no chunk was there before the end\n");
    } else if (!expert) {
        spot_print(stdout,
                   "  waiting    %.0f ms a chunk; age of the observation %.0f ms at its first "
                   "action\n",
                   1e3 * s->delay_s, 1e3 * s->age_s);
    }
    spot_print(stdout, "  grade      %.2f of %d\n", s->grade, r->episodes[0].grade_max);
    return CLI_OK;
}

int rollout_print(const rollout_request *r, const rollout_summary *s)
{
    const int exit_code = r->json ? print_json(r, s) : print_text(r, s);
    if (s->valid == 0) {
        spot_print(stderr, "sweetspot rollout: every episode is invalid: the simulator broke "
                           "off, and nothing is known of the task\n");
        return CLI_FAILED;
    }
    if (r->n_seeds - s->valid > SPOT_INVALID_BEARABLE * r->n_seeds) {
        spot_print(stderr,
                   "sweetspot rollout: warning: %d of %d episodes are invalid: what these would "
                   "have been is unknown, and so is the rate of success\n",
                   r->n_seeds - s->valid, r->n_seeds);
    }
    return exit_code;
}
