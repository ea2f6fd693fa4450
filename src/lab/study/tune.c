/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The tuner: check everything first, run the points one after the other on the same seeds, judge.
 *
 * A point whose episodes lie on disk under the same signature is read back instead of run, so a killed
 * run goes on where it stopped and a second run is instant.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/record/episodes.h"
#include "lab/study/judge.h"
#include "lab/study/study.h"
#include "spot/version.h"

enum { N_SEEDS_MAX = 1000000, PATH_SIZE = SPOTI_PATH_SIZE, PLAN_SIZE = 40 };

/* A run in progress. */
typedef struct tuner {
    const spoti_tune_source *source;
    const spot_tune_config *config;
    spot_tune_result *result;
    uint64_t inputs;        /* hash of config->inputs */
    uint64_t *seeds;        /* (n_seeds) */
    spot_episode *episodes; /* (n_rows x n_seeds) */
    spot_progress_fn progress;
    void *progress_ctx;
    int64_t finished; /* episodes of the points before the running one */
} tuner;

void spot_tune_config_default(spot_tune_config *config)
{
    if (config == NULL) {
        return;
    }
    memset(config, 0, sizeof(*config));
    config->size = sizeof(*config);
    config->n_seeds = 100;
    config->threads = 1;
    config->clock = SPOT_CLOCK_EXACT;
    config->goal = SPOT_GOAL_AUTO;
    config->resamples = SPOT_STATS_N_RESAMPLE;
    spot_variation_default(&config->variation);
}

const char *spot_goal_str(spot_goal goal)
{
    switch (goal) {
    case SPOT_GOAL_AUTO:
        return "auto";
    case SPOT_GOAL_TIME:
        return "time";
    case SPOT_GOAL_SUCCESS:
        return "success";
    default:
        return "unknown";
    }
}

void spot_tune_result_destroy(spot_tune_result *result)
{
    if (result != NULL) {
        spot_tune_result_destroy(result->confirm);
        spot_analysis_destroy(result->analysis);
        spoti_free(NULL, result->rows, (size_t)result->n_rows * sizeof(*result->rows));
        spoti_free(NULL, result, sizeof(*result));
    }
}

/* ---- checks ---- */

static spot_status check_config(const spot_tune_config *c, spot_diag *diag)
{
    if (c->points == NULL || (c->n_inputs > 0 && c->inputs == NULL)) {
        return SPOT_E_INVALID;
    }
    if (c->n_points < 1 || c->n_points > SPOT_TUNE_POINTS_MAX || c->baseline < 0 ||
        c->baseline >= c->n_points) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%d points with baseline %d, expected 1..%d points and one of them",
                             c->n_points, c->baseline, SPOT_TUNE_POINTS_MAX);
    }
    if (c->n_seeds < 1 || c->n_seeds > N_SEEDS_MAX || c->threads < 1 || c->n_inputs < 0 ||
        c->n_inputs > SPOT_TUNE_INPUTS_MAX || c->seed > UINT64_MAX - (uint64_t)c->n_seeds) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%d seeds on %d threads, expected 1..%d on 1 or more", c->n_seeds,
                             c->threads, N_SEEDS_MAX);
    }
    if (!(c->effect >= 0.0 && c->effect < 1.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "an effect of %g, expected 0 to less than 1",
                             c->effect);
    }
    if (spot_stats_paired_work_size(c->resamples) == 0) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d resamples, expected 1..%d", c->resamples,
                             SPOT_STATS_MAX_RESAMPLE);
    }
    if (c->goal < SPOT_GOAL_AUTO || c->goal > SPOT_GOAL_SUCCESS) {
        return SPOT_E_INVALID;
    }
    return SPOT_OK;
}

static spot_status check_point(const tuner *t, const spot_tune_row *row, spot_diag *diag)
{
    const spot_point *p = &row->point;
    int n = spoti_row_execute(t->result, row);
    int horizon = t->source->policy_horizon;
    if (p->steps < 1 || p->steps > SPOT_POLICY_STEPS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "steps=%d, expected 1..%d", p->steps,
                             SPOT_POLICY_STEPS_MAX);
    }
    if (n < 1 || n > horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "execute=%d, expected 1..%d: the actions of a chunk", n, horizon);
    }
    if (p->overlap < 0 || p->overlap > n) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap=%d, expected 0..%d: no more than the actions of a chunk that "
                             "are executed",
                             p->overlap, n);
    }
    if (p->align == SPOT_ALIGN_SKIP && p->overlap + n > horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap=%d align=skip with %d executed actions needs %d predicted "
                             "ones, the policy predicts %d",
                             p->overlap, n, p->overlap + n, horizon);
    }
    if (t->config->cadence && p->overlap > 0) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap=%d with schedule cadence, expected overlap=0", p->overlap);
    }
    return SPOT_OK;
}

/* ---- preparation ---- */

static void fill_setting(const tuner *t, const spot_platform *platform)
{
    const spoti_tune_source *source = t->source;
    const spot_tune_config *c = t->config;
    spot_tune_setting *s = &t->result->setting;
    const char *charged = c->charge_as != NULL ? c->charge_as : source->charge_as;
    (void)spoti_copy(s->task, sizeof(s->task), source->task);
    (void)spoti_copy(s->policy, sizeof(s->policy), c->policy_name != NULL ? c->policy_name : "");
    (void)spoti_copy(s->policy_type, sizeof(s->policy_type), source->policy_type);
    (void)spoti_copy(s->policy_task, sizeof(s->policy_task), source->policy_task);
    (void)spoti_copy(s->platform, sizeof(s->platform), spot_platform_name(platform));
    (void)spoti_copy(s->charged_class, sizeof(s->charged_class), charged);
    (void)spoti_format(s->engine, sizeof(s->engine), "%s %s", source->engine.name,
                       source->engine.version);
    s->regime = source->dims.regime;
    s->variation = c->variation;
    s->seed = c->seed;
    s->n_seeds = c->n_seeds;
    s->clock = c->clock;
    s->cadence = c->cadence;
    s->overhead_s = c->overhead_s;
    s->n_execute = c->n_execute > 0 ? c->n_execute : source->dims.n_execute;
    s->action_s = source->dims.tick_s * source->dims.ticks_per_action;
    s->time_limit_s = source->dims.time_limit_s;
    s->resamples = c->resamples;
    s->effect = c->effect;
}

static spot_status fill_row(const tuner *t, const spot_platform *platform, int i, spot_diag *diag)
{
    spot_tune_row *row = &t->result->rows[i];
    row->point = t->config->points[i];
    if (row->point.steps == 0) {
        row->point.steps = t->source->default_steps;
    }
    if (row->point.overlap == 0) {
        row->point.align = SPOT_ALIGN_NONE; /* nothing to skip */
    }
    if (row->point.execute == t->result->setting.n_execute) {
        row->point.execute = 0; /* the task's, by its number */
    }
    spot_point_format(&row->point, row->text, sizeof(row->text));
    spot_status st = check_point(t, row, diag);
    if (st != SPOT_OK) {
        return st;
    }
    for (int k = 0; k < i; k++) {
        if (strcmp(t->result->rows[k].text, row->text) == 0) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "'%s' is there twice, expected each point once", row->text);
        }
    }
    return spot_platform_point_latency(platform, t->result->setting.charged_class, &row->point,
                                       &row->latency, diag);
}

static spot_status hash_inputs(tuner *t, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    t->inputs = SPOTI_HASH_START;
    for (int i = 0; st == SPOT_OK && i < t->config->n_inputs; i++) {
        st = spoti_hash_file(&t->inputs, t->config->inputs[i], diag);
    }
    return st;
}

static spot_status prepare(tuner *t, const spot_platform *platform, spot_diag *diag)
{
    const spot_tune_config *c = t->config;
    size_t n_rows = (size_t)c->n_points;
    size_t n_seeds = (size_t)c->n_seeds;
    size_t n_episodes = 0;
    t->result = (spot_tune_result *)spoti_calloc(NULL, 1, sizeof(*t->result));
    if (t->result == NULL || !spoti_size_mul(n_rows, n_seeds, &n_episodes)) {
        return SPOT_E_NOMEM;
    }
    t->result->n_rows = c->n_points;
    t->result->baseline = c->baseline;
    t->result->rows = (spot_tune_row *)spoti_calloc(NULL, n_rows, sizeof(*t->result->rows));
    t->seeds = (uint64_t *)spoti_alloc(NULL, n_seeds, sizeof(*t->seeds));
    t->episodes = (spot_episode *)spoti_calloc(NULL, n_episodes, sizeof(*t->episodes));
    if (t->result->rows == NULL || t->seeds == NULL || t->episodes == NULL) {
        return SPOT_E_NOMEM;
    }
    for (int i = 0; i < c->n_seeds; i++) {
        t->seeds[i] = c->seed + (uint64_t)i;
    }

    fill_setting(t, platform);
    const spot_tune_setting *s = &t->result->setting;
    if (s->n_execute < 1 || s->n_execute > t->source->policy_horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d actions executed a chunk, expected 1..%d",
                             s->n_execute, t->source->policy_horizon);
    }
    t->result->goal = c->goal != SPOT_GOAL_AUTO          ? c->goal
                      : s->regime == SPOT_REGIME_DYNAMIC ? SPOT_GOAL_SUCCESS
                                                         : SPOT_GOAL_TIME;
    spot_status st = SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < c->n_points; i++) {
        st = fill_row(t, platform, i, diag);
    }
    return st == SPOT_OK ? hash_inputs(t, diag) : st;
}

/* ---- episodes ---- */

static spot_schedule schedule_of(const tuner *t, const spot_tune_row *row)
{
    return spot_schedule_of(t->config->cadence, row->point.overlap);
}

/* A precision may be a file, which may be edited under the same name: ` plan=HASH`, else "". */
static spot_status describe_plan(const spot_point *point, char text[PLAN_SIZE], spot_diag *diag)
{
    static const char SUFFIX[] = ".yaml"; /* as spot_session_config.quant has it */
    const size_t n_suffix = sizeof(SUFFIX) - 1;
    size_t length = strlen(point->quant);
    uint64_t hash = SPOTI_HASH_START;
    text[0] = '\0';
    if (length <= n_suffix || strcmp(point->quant + length - n_suffix, SUFFIX) != 0) {
        return SPOT_OK;
    }
    spot_status st = spoti_hash_file(&hash, point->quant, diag);
    if (st == SPOT_OK) {
        (void)spoti_format(text, PLAN_SIZE, " plan=%016" PRIx64, hash);
    }
    return st;
}

/* Everything that determines the episodes of a row, on one line. False if it does not fit. */
static bool sign(const tuner *t, const spot_tune_row *row, const char *plan,
                 char text[SPOTI_SIGNATURE_SIZE])
{
    const spot_tune_setting *s = &t->result->setting;
    return spoti_format(text, SPOTI_SIGNATURE_SIZE,
                        "version=%s engine=%s-%s task=%s %s inputs=%016" PRIx64
                        " point='%s' platform=%s class=%s origin=%s latency_s=%.17g spread_s=%.17g "
                        "clock=%s schedule=%s execute=%d overhead_s=%.17g speed=%.17g noise=%.17g "
                        "seed=%" PRIu64 " n_seeds=%d%s",
                        SPOT_VERSION_STRING, t->source->engine.name, t->source->engine.version,
                        s->task, t->source->identity, t->inputs, row->text, s->platform,
                        s->charged_class, spot_origin_str(row->latency.origin), row->latency.mean_s,
                        row->latency.spread_s, s->clock == SPOT_CLOCK_PAPER ? "paper" : "exact",
                        spot_schedule_str(schedule_of(t, row)), spoti_row_execute(t->result, row),
                        s->overhead_s, s->variation.speed, s->variation.noise, s->seed, s->n_seeds,
                        plan);
}

static bool path_of(const tuner *t, const spot_tune_row *row, char path[PATH_SIZE])
{
    char name[SPOTI_EPISODES_NAME_SIZE];
    return spoti_episodes_name(row->text, name) &&
           spoti_path_join(path, PATH_SIZE, t->config->episodes_dir, name);
}

static spot_status make_dir(const char *dir, spot_diag *diag)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot create, expected a writable folder", dir);
    }
    return SPOT_OK;
}

/* A spot_progress_fn: episodes of one point become episodes of all. */
static bool report(void *ctx, int64_t done, int64_t total)
{
    const tuner *t = (const tuner *)ctx;
    (void)total;
    return t->progress == NULL || t->progress(t->progress_ctx, t->finished + done,
                                              (int64_t)t->result->n_rows * t->config->n_seeds);
}

static spot_status run_point(tuner *t, const spot_tune_row *row, spot_episode *episodes,
                             spot_diag *diag)
{
    spot_rollout_batch batch = {.seeds = t->seeds,
                                .n_seeds = t->config->n_seeds,
                                .threads = t->config->threads,
                                .progress = report,
                                .progress_ctx = t};
    spot_rollout_config_default(&batch.config);
    batch.config.schedule = schedule_of(t, row);
    batch.config.clock = t->config->clock;
    batch.config.point = row->point;
    batch.config.n_execute = t->result->setting.n_execute;
    batch.config.latency = row->latency;
    batch.config.overhead_s = t->config->overhead_s;
    return t->source->run(t->source->ctx, &batch, episodes, diag);
}

/* Reads the point back or runs and keeps it. */
static spot_status gather_point(tuner *t, int i, spot_diag *diag)
{
    char path[PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    char plan[PLAN_SIZE];
    spot_tune_row *row = &t->result->rows[i];
    spot_episode *episodes = t->episodes + (size_t)i * (size_t)t->config->n_seeds;
    int64_t n = t->config->n_seeds;
    bool keep = t->config->episodes_dir != NULL;

    spot_status st = describe_plan(&row->point, plan, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (keep && (!sign(t, row, plan, signature) || !path_of(t, row, path))) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: path too long", t->config->episodes_dir);
    }
    row->reused =
        keep && !t->config->fresh && spoti_episodes_load(path, signature, t->seeds, n, episodes);
    if (row->reused) {
        return report(t, n, n) ? SPOT_OK
                               : spot_diag_set(diag, SPOT_E_STATE, "stopped before the end");
    }
    st = run_point(t, row, episodes, diag);
    if (st == SPOT_OK && keep) {
        st = spoti_episodes_save(path, signature, episodes, n, diag);
    }
    return st;
}

static spot_status gather(tuner *t, spot_diag *diag)
{
    spot_status st =
        t->config->episodes_dir != NULL ? make_dir(t->config->episodes_dir, diag) : SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < t->result->n_rows; i++) {
        st = gather_point(t, i, diag);
        t->finished += t->config->n_seeds;
    }
    return st;
}

spot_status spoti_tune(const spoti_tune_source *source, const spot_platform *platform,
                       const spot_tune_config *config, spot_progress_fn progress, void *ctx,
                       spot_tune_result **out, spot_diag *diag)
{
    tuner t = {.source = source, .config = config, .progress = progress, .progress_ctx = ctx};
    *out = NULL;
    spot_status st = check_config(config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    size_t n_seeds = (size_t)config->n_seeds;
    st = prepare(&t, platform, diag);
    if (st == SPOT_OK) {
        st = gather(&t, diag);
    }
    if (st == SPOT_OK) {
        st = spoti_judge_law(t.result, source->dims.tick_s, source->dims.ticks_per_action);
    }
    if (st == SPOT_OK) {
        st = spoti_judge_episodes(t.result, t.episodes, diag);
    }
    spoti_free(NULL, t.seeds, n_seeds * sizeof(*t.seeds));
    spoti_free(NULL, t.episodes, n_seeds * (size_t)config->n_points * sizeof(*t.episodes));
    if (st != SPOT_OK) {
        spot_tune_result_destroy(t.result);
        return st;
    }
    *out = t.result;
    return SPOT_OK;
}
