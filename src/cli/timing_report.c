/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What `sweetspot timing` says, as text and as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "timing.h"

enum { ROWS_MAX = 32 }; /* of the text */

/* What it costs to execute s actions a chunk; on the paper clock latencies are whole steps. */
static spot_status time_row(const timing_request *r, const timing_plan *p, int s,
                            spot_tised_timing *out)
{
    const double act_s = 1.0 / r->rate_hz;
    const spot_tised_setup setup = {
        .inference_s = r->latency.mean_s, .action_s = act_s, .n_action = s};
    if (p->clock == SPOT_CLOCK_EXACT) {
        return spot_tised_time_samples(&setup, r->samples_s, r->n_samples, (int)p->delay_steps,
                                       out);
    }
    double *whole_s = calloc((size_t)r->n_samples, sizeof(*whole_s));
    if (whole_s == NULL) {
        return SPOT_E_NOMEM;
    }
    for (int i = 0; i < r->n_samples; i++) {
        whole_s[i] = (double)spot_tised_delay_steps(r->samples_s[i], act_s) * act_s;
    }
    const spot_status st =
        spot_tised_time_samples(&setup, whole_s, r->n_samples, (int)p->delay_steps, out);
    free(whole_s);
    return st;
}

/* The execution horizons that are shown: the one asked for, else the possible ones. */
static void rows_of(const timing_request *r, const timing_plan *p, int *from, int *to)
{
    *from = r->execute != 0 ? r->execute : p->least;
    *to = r->execute != 0 ? r->execute : p->most;
}

static const char *const CLOCK_WORDS[TIMING_CLOCKS] = {
    "the fewest actions that hide the latency",
    "the latency in whole steps, ties to even",
};

static json_t *json_row(const timing_plan *p, int s, const spot_tised_timing *t)
{
    return json_pack("{s:i, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "execute", s, "trigger",
                     (json_int_t)(s - p->delay_steps), "overlap", (json_int_t)p->delay_steps,
                     "first_action", (json_int_t)p->delay_steps, "t_ck_s", t->chunk_s, "delay_s",
                     t->delay_s, "age_s", t->age_s, "inferences_per_s", 1.0 / t->chunk_s);
}

static json_t *json_plan(const timing_request *r, const timing_plan *p)
{
    json_t *rows = json_array();
    int from = 0;
    int to = -1;
    if (p->feasible) {
        rows_of(r, p, &from, &to);
    }
    for (int s = from; rows != NULL && s <= to; s++) {
        spot_tised_timing t;
        if (time_row(r, p, s, &t) != SPOT_OK ||
            json_array_append_new(rows, json_row(p, s, &t)) != 0) {
            json_decref(rows);
            rows = NULL;
        }
    }
    return json_pack("{s:s, s:I, s:b, s:o, s:o, s:I, s:o}", "clock", spot_clock_str(p->clock),
                     "delay_steps", (json_int_t)p->delay_steps, "feasible", p->feasible,
                     "execute_min", p->possible ? json_integer(p->least) : json_null(),
                     "execute_max", p->possible ? json_integer(p->most) : json_null(),
                     "horizon_needed", (json_int_t)(p->delay_steps > 0 ? 2 * p->delay_steps : 1),
                     "rows", rows);
}

int cli_timing_json(const timing_request *r, const timing_plan plans[TIMING_CLOCKS])
{
    const double act_s = 1.0 / r->rate_hz;
    json_t *clocks = json_array();
    for (int i = 0; clocks != NULL && i < TIMING_CLOCKS; i++) {
        if (json_array_append_new(clocks, json_plan(r, &plans[i])) != 0) {
            json_decref(clocks);
            clocks = NULL;
        }
    }
    return cli_print_json(json_pack(
        "{s:i, s:s, s:s, s:{s:f, s:f, s:f, s:s, s:s}, s:f, s:f, s:f, s:f, s:i, s:o}", "schema", 1,
        "kind", "sweetspot-timing", "version", SPOT_VERSION_STRING, "latency", "mean_s",
        r->latency.mean_s, "spread_s", r->latency.spread_s, "max_s", r->samples_s[r->n_samples - 1],
        "origin", spot_origin_str(r->latency.origin), "source", r->latency.source, "cover",
        0.01 * r->cover, "planned_s", r->planned_s, "action_s", act_s, "latency_steps",
        r->planned_s / act_s, "horizon", r->horizon, "clocks", clocks));
}

static void print_head(const timing_request *r)
{
    const double act_s = 1.0 / r->rate_hz;
    const spot_latency *l = &r->latency;
    spot_print(
        stdout,
        "latency %.1f ms = %.3f control steps of %.1f ms (%g Hz); a chunk has H = %d actions\n",
        1e3 * r->planned_s, r->planned_s / act_s, 1e3 * act_s, r->rate_hz, r->horizon);
    if (l->spread_s > 0.0) {
        spot_print(stdout,
                   "  which %g %% of the calls do not exceed: mean %.1f ms, spread %.1f ms, "
                   "longest %.1f ms\n",
                   r->cover, 1e3 * l->mean_s, 1e3 * l->spread_s,
                   1e3 * r->samples_s[r->n_samples - 1]);
    }
    if (isnan(r->latency_ms)) {
        char text[SPOT_PLATFORM_SOURCE_SIZE + 32];
        (void)snprintf(text, sizeof(text), "  %s: %s", spot_origin_str(l->origin), l->source);
        spot_print_wrapped(stdout, 2, text);
    }
    spot_print(stdout, "\n");
}

/* Why no s does, and what would have to change. */
static void print_impossible(const timing_request *r, const timing_plan *p)
{
    char text[640];
    const double act_s = 1.0 / r->rate_hz;
    const int bearable = r->horizon / 2;
    const long long d = (long long)p->delay_steps;
    if (p->delay_steps > r->horizon) {
        (void)snprintf(
            text, sizeof(text),
            "Not feasible: the latency is longer than a whole chunk, %d actions or %.1f ms. "
            "When the chunk is there, every action in it is past.",
            r->horizon, 1e3 * r->horizon * act_s);
    } else {
        (void)snprintf(
            text, sizeof(text),
            "Not feasible: while the next chunk is computed, %lld actions of the running one "
            "go, so s >= d = %lld; and the new chunk starts behind its first %lld actions, so "
            "s <= H - d = %lld.",
            d, d, d, (long long)r->horizon - d);
    }
    spot_print_wrapped(stdout, 0, text);
    if (bearable > 0) {
        (void)snprintf(
            text, sizeof(text),
            "It would be with a horizon of at least %lld, or a latency of at most %.1f ms (d = "
            "%d), or control at up to %.4g Hz.",
            2 * d, 1e3 * bearable * act_s, bearable, bearable / r->planned_s);
    } else {
        (void)snprintf(text, sizeof(text), "It would be with a horizon of at least %lld.", 2 * d);
    }
    spot_print_wrapped(stdout, 0, text);
    (void)snprintf(
        text, sizeof(text),
        "In sync, without overlap, it runs all the same: the robot stands still for %.1f ms "
        "before each chunk.",
        1e3 * r->latency.mean_s);
    spot_print_wrapped(stdout, 0, text);
}

/* The s that was asked for is too small or too large. */
static void print_refused(const timing_request *r, const timing_plan *p)
{
    char text[320];
    const long long d = (long long)p->delay_steps;
    if (r->execute < p->least) {
        (void)snprintf(
            text, sizeof(text),
            "Not feasible with s = %d: the next chunk takes d = %lld steps, longer than the "
            "executed actions last; expected s = %d..%d.",
            r->execute, d, p->least, p->most);
    } else {
        (void)snprintf(
            text, sizeof(text),
            "Not feasible with s = %d: d > H - s, the first d = %lld of the %d actions are past "
            "when the chunk is there, and %lld are left; expected s = %d..%d.",
            r->execute, d, r->horizon, (long long)r->horizon - d, p->least, p->most);
    }
    spot_print_wrapped(stdout, 0, text);
}

static int print_rows(const timing_request *r, const timing_plan *p)
{
    int from = 0;
    int to = 0;
    rows_of(r, p, &from, &to);
    spot_print(stdout, "    s  trigger after  n'  T_ck ms  wait ms   age ms  inferences/s\n");
    for (int s = from; s <= to && s < from + ROWS_MAX; s++) {
        spot_tised_timing t;
        const spot_status st = time_row(r, p, s, &t);
        if (st != SPOT_OK) {
            return cli_fail("timing", st, NULL);
        }
        spot_print(stdout, "%5d  %13lld %3lld %8.1f %8.1f %8.1f  %12.3f\n", s,
                   (long long)(s - p->delay_steps), (long long)p->delay_steps, 1e3 * t.chunk_s,
                   1e3 * t.delay_s, 1e3 * t.age_s, 1.0 / t.chunk_s);
    }
    if (to - from >= ROWS_MAX) {
        spot_print(stdout, "  ... up to s = %d (--json has them all)\n", to);
    }
    return CLI_OK;
}

static int print_plan(const timing_request *r, const timing_plan *p, bool both)
{
    char text[640];
    char range[32];
    int from = 0;
    int to = 0;
    spot_print(stdout, "d = %lld on %s clock: %s\n", (long long)p->delay_steps,
               both                           ? "either"
               : p->clock == SPOT_CLOCK_EXACT ? "the exact"
                                              : "the paper",
               both ? "the fewest actions that hide the latency, and the latency in whole steps"
                    : CLOCK_WORDS[p->clock]);
    if (!p->possible) {
        print_impossible(r, p);
        return CLI_OK;
    }
    if (!p->feasible) {
        print_refused(r, p);
        return CLI_OK;
    }
    const int code = print_rows(r, p);
    rows_of(r, p, &from, &to);
    (void)snprintf(range, sizeof(range), "%d", from);
    if (to > from) {
        (void)snprintf(range, sizeof(range), "%d..%d", from, to);
    }
    (void)snprintf(
        text, sizeof(text),
        "Execute s = %s actions of each chunk, and begin the next inference after s - d of them; "
        "d are left then. Start the new chunk with its action %lld (the first is action 0): those "
        "before it are past. As a point%s: execute=%d overlap=%lld%s.",
        range, (long long)p->delay_steps,
        to > from ? ", for the smallest s, which looks most often" : "", from,
        (long long)p->delay_steps, p->delay_steps > 0 ? " align=skip" : "");
    spot_print_wrapped(stdout, 0, text);
    return code;
}

int cli_timing_text(const timing_request *r, const timing_plan plans[TIMING_CLOCKS])
{
    const bool both = plans[0].delay_steps == plans[1].delay_steps;
    print_head(r);
    int code = print_plan(r, &plans[0], both);
    if (!both && code == CLI_OK) {
        spot_print(stdout, "\n");
        code = print_plan(r, &plans[1], false);
    }
    return code;
}
