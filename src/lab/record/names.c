/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/names.h"

#include <string.h>

#include "core/base/text.h"
#include "spot/record.h"

enum { FOLDED_SIZE = 64 };

typedef enum dimension { PURE, TIME, ENERGY, RATE, SHARE, N_DIMENSION } dimension;

typedef struct unit {
    const char *name;
    double factor;
    dimension dimension;
    bool in_brackets_alone; /* `latency_min` is the least latency */
} unit;

static const unit UNITS[] = {
    {"seconds", 1.0, TIME, false},
    {"second", 1.0, TIME, false},
    {"secs", 1.0, TIME, false},
    {"sec", 1.0, TIME, false},
    {"s", 1.0, TIME, false},
    {"milliseconds", 1e-3, TIME, false},
    {"msec", 1e-3, TIME, false},
    {"ms", 1e-3, TIME, false},
    {"microseconds", 1e-6, TIME, false},
    {"usec", 1e-6, TIME, false},
    {"us", 1e-6, TIME, false},
    {"\xc2\xb5s", 1e-6, TIME, false},
    {"ns", 1e-9, TIME, false},
    {"minutes", 60.0, TIME, true},
    {"min", 60.0, TIME, true},
    {"j", 1.0, ENERGY, false},
    {"joules", 1.0, ENERGY, false},
    {"kj", 1e3, ENERGY, false},
    {"wh", 3600.0, ENERGY, false},
    {"hz", 1.0, RATE, false},
    {"fps", 1.0, RATE, true},
    {"%", 1e-2, SHARE, false},
    {"percent", 1e-2, SHARE, false},
    {"pct", 1e-2, SHARE, false},
};

static const char *const UNIT_LISTS[N_DIMENSION] = {"", "s ms us ns min", "J kJ Wh", "Hz", "%"};

typedef struct entry {
    spoti_field field;
    dimension dimension;
    double factor; /* of a number without a unit; 0 = 1 */
    const char *meaning;
    const char *plain, *united, *weak;
} entry;

/* clang-format off */
static const entry ENTRIES[] = {
    {SPOTI_POINT, PURE, 0, "name of the operating point; without it policy, steps, alpha and overlap make one, or n alone",
     "operating_point config variant method", "", ""},
    {SPOTI_POLICY, PURE, 0, "part of the point's name where there is no `point`; several are joined",
     "policy_path model checkpoint precision dtype quantization", "", ""},
    {SPOTI_STEPS, PURE, 0, "refinement steps; needed for `--platform`",
     "refinement_steps denoising_steps denoise_steps num_inference_steps n_inference_steps inference_steps diffusion_steps "
     "flow_steps num_denoising_steps", "", ""},
    {SPOTI_PLATFORM, PURE, 0, "the computer; several columns are joined; computers are judged apart, then compared",
     "hardware device computer host hostname machine gpu gpu_name board", "", ""},
    {SPOTI_ROBOT, PURE, 0, "the robot; settings of their own, like computers", "robot robot_name embodiment", "", ""},
    {SPOTI_SPEED, PURE, 0, "of the environment; likewise", "environment_speed", "", ""},
    {SPOTI_TASK, PURE, 0, "stratum of the comparison; several are joined",
     "task_name task_id task_suite task_suite_name task_group suite task_description", "", ""},
    {SPOTI_T_INF, TIME, 0, "latency of one inference *of this point*; rows of episodes: averaged, see below", "t_inf",
     "latency inference inference_time inference_latency infer policy_latency", ""},
    {SPOTI_ALPHA, PURE, 0, "latency as a share of the baseline's; checked if `t_inf_s` is there too", "latency_ratio", "", ""},
    {SPOTI_CHUNK, PURE, 0, "n: actions executed a chunk",
     "n chunk_n n_action n_action_steps action_steps execute replan_steps execution_horizon", "", "chunk_size"},
    {SPOTI_T_ACT, TIME, 0, "T_act, one value a setting", "t_act dt", "action", ""},
    {SPOTI_T_ACT, RATE, 0, "the same as a rate, actions a second", "fps control_hz control_rate control_freq control_frequency", "", ""},
    {SPOTI_T_CHUNK, TIME, 0, "T_ck, where the source knows its clock", "", "chunk_time t_chunk", ""},
    {SPOTI_OVERLAP, PURE, 0, "n': actions executed while the next inference runs", "n_overlap overlap_depth", "", ""},
    {SPOTI_SCHEDULE, PURE, 0, "`sync`, `overlap` or `cadence`", "", "", ""},
    {SPOTI_OVERHEAD, TIME, 0, "T_ovh, under cadence", "", "overhead", ""},
    {SPOTI_DELAY, TIME, 0, "measured action delay; has priority over the timing law", "", "delay", ""},
    {SPOTI_AGE, TIME, 0, "measured age of the observation; likewise", "", "age age_first", ""},
    {SPOTI_BUDGET, TIME, 0, "what a failure is charged", "budget", "time_limit timeout max_time", ""},
    {SPOTI_EPISODES, PURE, 0, "aggregated rows: trials of the point (and task)",
     "trials n_trials num_trials n_episodes num_episodes rollouts n_rollouts num_rollouts", "", ""},
    {SPOTI_SUCCESSES, PURE, 0, "... of which succeeded", "n_success n_successes num_successes", "", ""},
    {SPOTI_RATE, SHARE, 0, "... or their share, with `episodes`: the nearest whole number of successes", "", "success", ""},
    {SPOTI_RATE, PURE, 0.01, "the same in percent", "pc_success", "", ""},
    {SPOTI_SUCCESS, PURE, 0, "rows of episodes: 0/1, true/false, yes/no, pass/fail, success/failure",
     "succeeded successful is_success task_success passed", "", "result outcome"},
    {SPOTI_SEED, PURE, 0, "what made the scene; points are compared on the same ones; any text; several are joined",
     "init_state init_state_id initial_state scene scene_id", "", ""},
    {SPOTI_TRIAL, PURE, 0, "tells episodes apart, and pairs them with `--paired` alone",
     "trial_id trial_index episode episode_id episode_index episode_idx episode_ix rollout_id", "", ""},
    {SPOTI_CHUNKS, PURE, 0, "N: of the episode; aggregated: mean over successes", "n_chunks chunk_count num_chunks", "",
     "n_policy_calls num_policy_calls policy_calls"},
    {SPOTI_CHUNKS_SD, PURE, 0, "aggregated: standard deviation over successes", "chunks_std", "", ""},
    {SPOTI_TIME, TIME, 0, "T: of the episode; aggregated: mean over successes", "time",
     "task_time t_task completion_time duration episode_time", ""},
    {SPOTI_TIME_SD, TIME, 0, "aggregated: standard deviation over successes", "time_sd time_std", "", ""},
    {SPOTI_INVALID, PURE, 0, "1: the episode broke off, neither success nor failure", "", "", ""},
    {SPOTI_ENERGY, ENERGY, 0, "of the episode; aggregated: mean over all episodes", "energy joules", "", ""},
    {SPOTI_INFERENCES, PURE, 0, "of the episode, with `wait_s`: the delay of each", "n_inferences num_inferences", "", ""},
    {SPOTI_WAIT, TIME, 0, "time of the episode in which the robot waited", "", "wait", ""},
    {SPOTI_SCORE, PURE, 0, "sum of the grades of `episodes` trials", "", "", ""},
    {SPOTI_SCORE_MAX, PURE, 0, "greatest grade of one", "", "", ""},
    {SPOTI_PARAMS, PURE, 0, "of the model, for `--show metrics`", "n_params parameters", "", ""},
    {SPOTI_MACS, PURE, 0, "multiply-adds of one inference, likewise", "multiply_adds", "", ""},
    {SPOTI_WEIGHT_BYTES, PURE, 0, "that stand in memory, likewise", "", "", ""},
};
/* clang-format on */

enum { N_ENTRY = sizeof(ENTRIES) / sizeof(ENTRIES[0]), N_UNIT = sizeof(UNITS) / sizeof(UNITS[0]) };

bool spoti_name_fold(const char *name, size_t n, char *out, size_t size)
{
    if (n == 0 || n >= size) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z') { /* in any locale */
            c = (char)(c + ('a' - 'A'));
        } else if (c == ' ' || c == '-') {
            c = '_';
        }
        out[i] = c;
    }
    out[n] = '\0';
    return true;
}

/* False for a name longer than any that we know. */
static bool fold(const char *name, size_t n, char out[FOLDED_SIZE])
{
    return spoti_name_fold(name, n, out, FOLDED_SIZE);
}

/* A name without what stands in brackets behind it, and that. */
typedef struct parts {
    char base[FOLDED_SIZE];
    char unit[FOLDED_SIZE]; /* "" = no brackets */
} parts;

static bool take_apart(const char *name, parts *p)
{
    size_t n = strlen(name);
    p->unit[0] = '\0';
    if (n > 2 && (name[n - 1] == ')' || name[n - 1] == ']')) {
        const char open = name[n - 1] == ')' ? '(' : '[';
        const char *at = strrchr(name, open);
        if (at != NULL && at > name && !fold(at + 1, n - 2 - (size_t)(at - name), p->unit)) {
            return false;
        }
        n = at != NULL && at > name ? (size_t)(at - name) : n;
        while (n > 0 && (name[n - 1] == ' ' || name[n - 1] == '_')) {
            n--;
        }
    }
    return fold(name, n, p->base);
}

/* Whether `word` (n) is one of `words`, which have blanks between them. */
static bool is_one_of(const char *word, size_t n, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        const size_t size = strcspn(at, " ");
        if (size == n && memcmp(at, word, n) == 0) {
            return true;
        }
        at += size + strspn(at + size, " ");
    }
    return false;
}

static const unit *find_unit(const char *name, dimension d, bool in_brackets)
{
    for (int i = 0; i < N_UNIT; i++) {
        if (UNITS[i].dimension == d && (in_brackets || !UNITS[i].in_brackets_alone) &&
            strcmp(UNITS[i].name, name) == 0) {
            return &UNITS[i];
        }
    }
    return NULL;
}

/* The unit of dimension d that the parts end in, and the length of the name before it; NULL = none. */
static const unit *unit_of(const parts *p, dimension d, size_t *n)
{
    *n = strlen(p->base);
    if (p->unit[0] != '\0') {
        return find_unit(p->unit, d, true);
    }
    const char *last = strrchr(p->base, '_');
    const unit *u = last != NULL && last > p->base ? find_unit(last + 1, d, false) : NULL;
    *n = u != NULL ? (size_t)(last - p->base) : *n;
    return u;
}

/* Our own name of the entry's field, without its unit. */
static bool is_own(const entry *e, const char *word, size_t n)
{
    const char *own = spoti_field_name(e->field);
    const char *last = strrchr(own, '_');
    const bool has_unit = last != NULL && find_unit(last + 1, e->dimension, false) != NULL;
    const size_t size = has_unit ? (size_t)(last - own) : strlen(own);
    return size == n && memcmp(own, word, n) == 0;
}

/* What the entry says of a number whose unit is in no name, or is `u`. */
static void set_reading(const entry *e, const unit *u, bool weak, spoti_reading *out)
{
    *out = (spoti_reading){.field = e->field,
                           .factor = u != NULL         ? u->factor
                                     : e->factor > 0.0 ? e->factor
                                                       : 1.0,
                           .is_inverse = e->dimension == RATE,
                           .is_weak = weak};
}

static bool try_entry(const entry *e, const parts *p, spoti_reading *out)
{
    size_t n = strlen(p->base);
    const bool bare = p->unit[0] == '\0';
    const bool own = e->dimension != RATE && strcmp(p->base, spoti_field_name(e->field)) == 0;
    bool weak = is_one_of(p->base, n, e->weak);
    if (bare && (own || weak || is_one_of(p->base, n, e->plain))) {
        set_reading(e, NULL, weak, out);
        return true;
    }
    out->lacks_unit = out->lacks_unit || (bare && is_one_of(p->base, n, e->united));
    const unit *u = e->dimension != PURE ? unit_of(p, e->dimension, &n) : NULL;
    if (u == NULL) {
        return false;
    }
    weak = is_one_of(p->base, n, e->weak);
    if (!weak && !is_one_of(p->base, n, e->plain) && !is_one_of(p->base, n, e->united) &&
        !(e->dimension != RATE && is_own(e, p->base, n))) {
        return false;
    }
    set_reading(e, u, weak, out);
    return true;
}

bool spoti_name_read(const char *name, spoti_reading *out)
{
    parts p;
    *out = (spoti_reading){.field = SPOTI_N_FIELD, .factor = 1.0};
    /* of our own episodes: the sum over an episode */
    if (!take_apart(name, &p) || strcmp(p.base, "inference_s") == 0) {
        return false;
    }
    for (int i = SPOTI_METRIC_0; p.unit[0] == '\0' && i < SPOTI_N_NUMBER; i++) {
        if (strcmp(p.base, spoti_field_name((spoti_field)i)) == 0) {
            out->field = (spoti_field)i;
            return true;
        }
    }
    for (int i = 0; i < N_ENTRY; i++) {
        if (try_entry(&ENTRIES[i], &p, out)) {
            return true;
        }
    }
    return false;
}

bool spoti_name_unit(const char *name, spoti_field field, double *factor)
{
    parts p;
    size_t n = 0;
    for (int i = 0; take_apart(name, &p) && i < N_ENTRY; i++) {
        const unit *u = ENTRIES[i].field == field && ENTRIES[i].dimension != PURE &&
                                ENTRIES[i].dimension != RATE
                            ? unit_of(&p, ENTRIES[i].dimension, &n)
                            : NULL;
        if (u != NULL) {
            *factor = u->factor;
            return true;
        }
    }
    return false;
}

bool spoti_name_same(const char *a, const char *b)
{
    char x[FOLDED_SIZE];
    char y[FOLDED_SIZE];
    return strcmp(a, b) == 0 ||
           (fold(a, strlen(a), x) && fold(b, strlen(b), y) && strcmp(x, y) == 0);
}

bool spot_analyze_column_at(int i, spot_analyze_column *out)
{
    if (i < 0 || i >= N_ENTRY || out == NULL) {
        return false;
    }
    const entry *e = &ENTRIES[i];
    *out = (spot_analyze_column){.name = spoti_field_name(e->field),
                                 .meaning = e->meaning,
                                 .plain = e->plain,
                                 .united = e->united,
                                 .weak = e->weak,
                                 .units = UNIT_LISTS[e->dimension]};
    return true;
}
