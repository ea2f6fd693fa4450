/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * One setting while it is judged: its points, their units of resampling, and every comparison of two.
 *
 * Points are counted 0..n-1 in the order of the source; "better" is more successes in the dynamic
 * regime, less time in the static one. The time that decides is the failure-budget time where a
 * budget is known, else the mean of successes, else N T_ck by the timing law.
 */
#ifndef SPOTI_ANALYZE_SETTING_H
#define SPOTI_ANALYZE_SETTING_H

#include "core/stats/bootstrap_t.h"
#include "lab/record/log.h"
#include "spot/analyze.h"

/* What the time objective is made of. */
typedef enum spoti_objective {
    SPOTI_OBJECTIVE_NONE,
    SPOTI_OBJECTIVE_BUDGET,
    SPOTI_OBJECTIVE_TIME,
    SPOTI_OBJECTIVE_LAW,
    SPOTI_OBJECTIVE_ENERGY, /* joules per success, as asked for */
} spoti_objective;

/* Sums over the seeds of a unit on which a point and the baseline succeed. */
typedef struct spoti_common {
    double k; /* such seeds */
    double time, base_time;
    double chunks, base_chunks;
} spoti_common;

typedef struct spoti_setting {
    const spot_analyze_log *log;
    const spoti_log_setting *source;
    spot_analysis_setting *out;
    bool strict; /* invalid episodes count as failures */
    int n;
    const spoti_log_point *points[SPOT_ANALYZE_POINTS_MAX];
    double budget_s[SPOT_ANALYZE_POINTS_MAX];     /* 0 = unknown */
    spot_quantity t_inf[SPOT_ANALYZE_POINTS_MAX]; /* that rows say, s */
    bool has_timing[SPOT_ANALYZE_POINTS_MAX];
    spot_tised_timing timing[SPOT_ANALYZE_POINTS_MAX]; /* eta is not used */
    spoti_objective objective;
    bool at_cadence; /* the times show one cycle whatever the latency (law.c) */
    double value[SPOT_ANALYZE_POINTS_MAX]; /* of the objective; 0 = unknown */
    /* Resampling: nothing if n_unit is 0. */
    int n_unit;
    uint64_t *keys; /* (n_unit) of seed and task, rising; NULL where a unit is a block of seeds */
    spoti_episode *
        sorted; /* (n_sorted) by key, then point, counted within the setting; NULL = not one by one */
    int64_t n_sorted;
    size_t sorted_bytes;
    spoti_unit *units;                         /* (n x n_unit) */
    spoti_common *common;                      /* (n x n_unit); all 0 where seeds are not known */
    int32_t *only;                             /* (n x n) seeds on which i succeeds and j fails */
    int32_t *shared;                           /* (n x n) seeds of both */
    int32_t compared[SPOT_ANALYZE_POINTS_MAX]; /* episodes on seeds that are valid at every point */
    double *p_faster;   /* (n x n) i has the lesser time; 2 = unknown; read by spoti_p_faster */
    bool *p_floored;    /* (n x n) it is as small as this many seeds or draws can give */
    double *p_succeeds; /* (n x n) i succeeds more often, by the bootstrap; 2 = unknown */
    double *work;       /* (resamples + n_unit) of an interval */
    double *draws;      /* of its resamples, shared by all; NULL = they would take too much room */
    size_t n_draws;
    spoti_t_unit *column[2]; /* (n_unit) of an interval */
    double
        p_lead_seen; /* the best beats the baseline, Holm over all points, as far as failures were seen */
    /* The sweep through the best point, and how often its best lay inside. */
    int line[SPOT_ANALYZE_POINTS_MAX];
    int n_line;
    double interior_share; /* of resamples; negative = unknown */
} spoti_setting;

/* Else a time, or joules per success, the less the better. */
static inline bool spoti_success_decides(const spoti_setting *s)
{
    return s->out->regime == SPOT_ANALYZE_DYNAMIC && s->objective != SPOTI_OBJECTIVE_ENERGY;
}

static inline spot_quantity spoti_known(double value)
{
    return (spot_quantity){.known = true, .value = value};
}

/* Whether episodes have a cost each, so that outcomes of shared seeds can be compared one by one. */
static inline bool spoti_has_costs(const spoti_setting *s)
{
    return spoti_success_decides(s) || s->objective == SPOTI_OBJECTIVE_BUDGET ||
           s->objective == SPOTI_OBJECTIVE_ENERGY;
}

static inline const spoti_unit *spoti_unit_at(const spoti_setting *s, int i, int u)
{
    return &s->units[(size_t)i * (size_t)s->n_unit + (size_t)u];
}

/* n of point i over n of the baseline, where both are known; chunks of different length compare by it. */
static inline double spoti_actions_ratio(const spoti_setting *s, int i)
{
    const int n = s->out->points[i].n_action;
    const int base = s->out->points[s->out->baseline].n_action;
    return n > 0 && base > 0 ? (double)n / base : 1.0;
}

/* plausible.c: the latency of each point that says its own, the median where outliers rule the mean. Returns SPOT_OK,
 * E_NOMEM. */
spot_status spoti_find_latencies(spoti_setting *s);
/* ... warns of figures that cannot be, and names the unit that was likely meant; after everything is measured. */
void spoti_check_plausible(spoti_setting *s);

/* measure.c: what is known of each point without resampling; sets budget, timing, objective, value.
 * Returns SPOT_OK, E_RANGE. */
spot_status spoti_measure(spoti_setting *s, spot_diag *diag);

/* law.c: a cycle of one length whatever the latency. */
typedef struct spoti_cadence {
    double worst;                /* share by which the timing law errs at most */
    double cycle_s, error_s;     /* the constant cycle, and what it leaves of the times */
    double rest_s, sync_error_s; /* latency plus this constant, and what that leaves */
} spoti_cadence;
bool spoti_find_cadence(const spoti_setting *s, spoti_cadence *out);
/* ... the chunk speed-up that was measured in place of the law's. */
void spoti_apply_cadence(spoti_setting *s);

/* units.c: units, discordant seeds. Returns SPOT_OK, E_FORMAT (a seed twice at a point), E_NOMEM. */
spot_status spoti_units_build(spoti_setting *s, spot_diag *diag);
void spoti_units_free(spoti_setting *s);
/* ... whether the episodes (size) of a seed are left out: it is invalid at a point, and that is no failure. */
bool spoti_is_left_out(const spoti_setting *s, const spoti_episode *group, int64_t size);

/* motion.c: metrics of motion and of computation of every point. */
void spoti_judge_motion(spoti_setting *s);

/* intervals.c: of times, chunk counts and their ratios to the baseline; the ratios on common successes. */
void spoti_interval_points(spoti_setting *s);

/* resample.c: p_faster and interior_share. */
void spoti_resample_pairs(spoti_setting *s);

/* paired.c: what a unit of point i costs where outcomes are paired: its time, failures charged the budget; or
 * its joules less `price` for each success. */
double spoti_charge(const spoti_setting *s, const spoti_unit *u, int i, double price);
/* ... the same, or its failures where success decides: the less the better. */
double spoti_cost(const spoti_setting *s, const spoti_unit *u, int i, double price);
/* ... the joules of a success over the points i and j (all: negative i), the same whichever is which. */
double spoti_price(const spoti_setting *s, int i, int j);
/* ... the sign-flip test of times in place of the bootstrap's, made when it is asked for. */
void spoti_flip_later(spoti_setting *s);
bool spoti_flips_signs(const spoti_setting *s, int i, int j);
/* ... differences of i minus j (n_unit) over the units that both ran; returns how many, 0 if they do not pair. */
int spoti_differences(const spoti_setting *s, int i, int j, double *difference);
double spoti_p_faster(const spoti_setting *s, int i, int j);
/* ... the lead of i over j in units of its spread, sum d / sqrt(sum d^2); 0 if they do not pair. */
double spoti_strength(const spoti_setting *s, int i, int j);
/* Random signs or orders that a test draws where it cannot count all. */
int spoti_draws(const spoti_setting *s);

/* compare.c. Every one returns false where there is no test. */
bool spoti_p_success(const spoti_setting *s, int i, int j, double *p);
bool spoti_p_success_task(const spoti_setting *s, int task, int i, int j, double *p);
bool spoti_p_time(const spoti_setting *s, int i, int j, double *p);
bool spoti_p_better(const spoti_setting *s, int i, int j, double *p); /* by the regime */
bool spoti_is_mcnemar(const spoti_setting *s, int i, int j); /* decides on successes of i and j */
const char *spoti_success_test(const spoti_setting *s, int i, int j); /* its name, in words */
const char *spoti_time_test(const spoti_setting *s, int i, int j);

/* welch.c: aggregated rows that give standard deviations: p of "i is faster"; intervals. */
bool spoti_p_welch(const spoti_setting *s, int i, int j, double *p);
void spoti_welch_points(spoti_setting *s);

/* trials.c: trials a point to tell i (the better) from j with power 0.8 at one-sided 5 %, corrected for n_test tests,
 * of which n_claim must reject at once; false = no number. */
bool spoti_trials(const spoti_setting *s, int i, int j, int n_test, int n_claim,
                  spot_quantity *trials);
/* ... for what the verdict leaves open. */
void spoti_judge_trials(spoti_setting *s);

/* sweep.c: best, line, kind; whether inference of i costs less than that of j. */
void spoti_find_best(spoti_setting *s);
bool spoti_is_cheaper(const spoti_setting *s, int i, int j);

/* What decides, the more the better; false = unknown. */
bool spoti_worth(const spoti_setting *s, int i, double *value);

/* family.c: all points at once: which may be the best, which beat the baseline, which are worse than the first.
 * A claim of time counts the failures that were seen, or also those too rare to be seen. */
typedef enum spoti_failures { SPOTI_FAILURES_SEEN, SPOTI_FAILURES_UNSEEN } spoti_failures;
spot_status spoti_compare_all(spoti_setting *s);
/* ... the p of "i does the task better than j"; false where no test or guard.c allows none. */
bool spoti_p_claim(const spoti_setting *s, int i, int j, spoti_failures failures, double *p);

/* verdict.c: tests, claims. */
int spoti_find_cheapest(const spoti_setting *s);
spot_status spoti_judge(spoti_setting *s);

/* guard.c: how likely so few failures of i are if it fails as often as would undo its lead in time over j. */
/* f*: the failure rate at which i, as fast as it is when it succeeds, takes as long as j; false = no lead, or
 * nothing says what a failure costs. */
bool spoti_undoing_rate(const spoti_setting *s, int i, int j, double *rate);
double spoti_p_rare(const spoti_setting *s, int i, int j);
/* ... whether a lead of point i over j in time may be called a win. */
spot_analyze_guard spoti_guard_pair(const spoti_setting *s, int i, int j);
/* ... whether i succeeds significantly less than j; *p of the test, where there is one. */
bool spoti_succeeds_less(const spoti_setting *s, int i, int j, double *p);
/* ... takes the win from a leader who may not have it: best, leader, guard. */
void spoti_guard(spoti_setting *s);
/* ... whether the best may be called better than the baseline; when all p-values and guards are final. */
void spoti_claim_baseline(spoti_setting *s);

/* invalid.c: what invalid episodes leave of the verdict on `s`; `strict` is the same setting judged with
 * them as failures, NULL where that is not needed. */
bool spoti_needs_strict(const spoti_setting *s);
void spoti_guard_invalid(spoti_setting *s, const spot_analysis_setting *strict);

/* together.c: what several settings say together. */
void spoti_say_together(spot_analysis *out, const spoti_setting *work);

/* words.c: the verdict as text. */
void spoti_words(spoti_setting *s);

/* Appends to a text that may fill up. */
void spoti_say(char *text, size_t size, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
