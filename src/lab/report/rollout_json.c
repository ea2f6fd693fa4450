/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON of many episodes at one operating point: stable keys, SI units, null where a figure is undefined. */
#include <jansson.h>

#include "lab/report/words.h"
#include "spot/report_rollout.h"

static json_t *make_estimate(const spot_estimate *e)
{
    if (e->support == SPOT_STATS_NONE) {
        return json_null();
    }
    const bool interval = e->support == SPOT_STATS_SUFFICIENT;
    return json_pack("{s:f, s:o, s:o}", "mean", e->value, "lo",
                     interval ? json_real(e->ci.lo) : json_null(), "hi",
                     interval ? json_real(e->ci.hi) : json_null());
}

static json_t *make_success(const spot_rollout_summary *s)
{
    const bool known = s->valid > 0;
    return json_pack("{s:i, s:i, s:o, s:o}", "k", s->successes, "n", s->valid, "rate",
                     known ? json_real((double)s->successes / s->valid) : json_null(), "wilson",
                     known ? json_pack("[f,f]", s->wilson.lo, s->wilson.hi) : json_null());
}

/* null, or how many episodes the simulator broke off, and why it did the first. */
static json_t *make_invalid(const spot_rollout_report *r, const spot_rollout_summary *s)
{
    const spot_episode *first = s->first_invalid;
    return first == NULL ? json_null()
                         : json_pack("{s:i, s:I, s:s}", "episodes", r->n_episodes - s->valid,
                                     "seed", (json_int_t)first->seed, "fault", first->fault);
}

/* Means over successes by name; null with the reason where there is none. */
static json_t *make_motion(const spot_rollout_summary *s)
{
    json_t *motion = json_object();
    for (int m = 0; motion != NULL && m < SPOT_MOTION_N_METRIC; m++) {
        const spot_motion_value *v = &s->motion[m];
        const bool there = v->why == SPOT_MOTION_WHY_DEFINED;
        json_t *one = json_pack("{s:i, s:o, s:o}", "n", s->n_motion[m], "mean",
                                there ? json_real(v->value) : json_null(), "reason",
                                there ? json_null() : json_string(spot_motion_why_str(v->why)));
        if (json_object_set_new(motion, spot_motion_describe(m)->name, one) != 0) {
            json_decref(motion);
            motion = NULL;
        }
    }
    return motion;
}

static json_t *make_point(const spot_rollout_report *r)
{
    char point[SPOT_POINT_TEXT_SIZE];
    spot_point_format(&r->config->point, point, sizeof(point));
    return r->expert ? json_null() : json_string(point);
}

static json_t *make_latency(const spot_rollout_report *r)
{
    const spot_latency *l = &r->config->latency;
    return json_pack("{s:f, s:f, s:s, s:s, s:s}", "t_inf_s", l->mean_s, "spread_s", l->spread_s,
                     "class", r->charged_class, "origin", spot_origin_str(l->origin), "source",
                     l->source);
}

spot_status spot_report_rollout_json(const spot_rollout_report *report,
                                     const spot_rollout_summary *summary, FILE *out)
{
    const spot_rollout_report *r = report;
    const spot_rollout_summary *s = summary;
    if (r == NULL || s == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    json_t *value = json_pack(
        "{s:s, s:s, s:o, s:s, s:o, s:f, s:I, s:i, s:o, s:o, s:o, s:o, s:f, s:i, s:o, s:o, s:f, s:s,"
        " s:i, s:{s:s, s:s}, s:o, s:b, s:o}",
        "task", r->task, "policy", r->policy, "point", make_point(r), "clock",
        spot_clock_str(r->config->clock), "latency", make_latency(r), "speed", r->variation.speed,
        "seed", (json_int_t)r->episodes[0].seed, "episodes", r->n_episodes, "success",
        make_success(s), "invalid", make_invalid(r, s), "time_s", make_estimate(&s->time), "chunks",
        r->expert ? json_null() : make_estimate(&s->chunks), "grade", s->grade, "grade_max",
        r->episodes[0].grade_max, "delay_s", s->acted ? json_real(s->delay_s) : json_null(),
        "age_s", s->acted ? json_real(s->age_s) : json_null(), "noise", r->variation.noise,
        "schedule", spot_schedule_str(r->config->schedule), "n_execute", r->n_execute, "engine",
        "name", r->engine.name, "version", r->engine.version, "motion", make_motion(s),
        "reproducible", (int)!r->policy_varies, "repeats", spoti_report_repeats(r->repeats));
    return spoti_report_json(value, out);
}
