/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The tuner with a source that makes up episodes: what is run, kept, read back and refused. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lab/study/study.h"
#include "spot/rng.h"
#include "support/spot_test.h"

enum { PATH_SIZE = 512, N_SEEDS = 20, N_POINTS = 3, HORIZON = 16 };

/* What the source was asked for. */
typedef struct fake {
    int calls;
    spot_rollout_config last;
    int stop_at_call; /* the call that the progress function will stop; 0 = none */
    int64_t last_done;
    int64_t last_total;
    int n_reports;
    int n_run[N_POINTS][N_SEEDS]; /* by place of the steps in `points`, and seed */
    const char
        *overwrite; /* the first call puts the word `late` into this file; NULL = into none */
    const char *copy_from; /* the first call takes its time, and copies this file to copy_to, */
    const char *copy_to;   /* as a killed process would leave it; NULL = not */
    int64_t stop_at_done;  /* the progress function stops when so many are done; 0 = never */
    bool lose;             /* the answer of seed 3 at one step is lost */
} fake;

/* The fifth episode takes longer than finished ones wait to be kept; the tenth looks at what is on disk. */
static void take_time(const fake *f, int64_t i)
{
    static char bytes[1 << 17];
    const struct timespec longer = {.tv_sec = 1, .tv_nsec = 50000000};
    if (f->copy_from != NULL && f->calls == 1 && i == 4) {
        (void)nanosleep(&longer, NULL);
    } else if (f->copy_from != NULL && f->calls == 1 && i == 9) {
        const size_t size = spot_test_read_file(f->copy_from, bytes, sizeof(bytes));
        spot_test_write_file(f->copy_to, bytes, size);
    }
}

/* Success and time are drawn from the seed and the point. */
static spot_status fake_run(void *ctx, const spot_rollout_batch *batch, spot_episode *episodes,
                            spot_diag *diag)
{
    fake *f = ctx;
    f->calls++;
    f->last = batch->config;
    if (f->overwrite != NULL && f->calls == 1) {
        spot_test_write_file(f->overwrite, "late", 4);
    }
    for (int64_t i = 0; i < batch->n_seeds; i++) {
        double latency_s = batch->config.latency.mean_s;
        take_time(f, i);
        spot_rng rng =
            spot_rng_at(batch->seeds[i], SPOT_STREAM_RESET, (uint64_t)batch->config.point.steps);
        double u = spot_rng_uniform(&rng, 0.0, 1.0);
        episodes[i] = (spot_episode){.seed = batch->seeds[i],
                                     .success = u < 0.8,
                                     .time_s = 3.0 + u + latency_s,
                                     .chunks = 3 + (int64_t)(4.0 * u),
                                     .wait_s = latency_s * 3.0};
        const int steps = batch->config.point.steps;
        if (f->lose && steps == 1 && batch->seeds[i] == 3) {
            episodes[i].success = false;
            episodes[i].invalid = true;
            episodes[i].lost = true;
        }
        if (batch->seeds[i] < N_SEEDS) {
            f->n_run[steps == 5 ? 2 : steps - 1][batch->seeds[i]]++;
        }
        spot_status st =
            batch->keep != NULL ? batch->keep(batch->keep_ctx, i, &episodes[i], diag) : SPOT_OK;
        if (st != SPOT_OK) {
            return st;
        }
        if (!batch->progress(batch->progress_ctx, i + 1, batch->n_seeds)) {
            return spot_diag_set(diag, SPOT_E_STATE, "stopped");
        }
    }
    return SPOT_OK;
}

static bool on_progress(void *ctx, int64_t done, int64_t total)
{
    fake *f = ctx;
    f->n_reports++;
    f->last_done = done;
    f->last_total = total;
    return (f->stop_at_call == 0 || f->calls < f->stop_at_call) && done != f->stop_at_done;
}

static const char PLATFORM[] = "name: board\ndescription: for tests\nclasses:\n"
                               "  - name: small\n    origin: measured\n    source: made up\n"
                               "    affine: {base_ms: 100, per_step_ms: 20}\n"
                               "  - name: large\n    origin: modelled\n    source: made up\n"
                               "    affine: {base_ms: 400, per_step_ms: 20}\n";

/* A tuner at hand: three points, the baseline last, episodes in a folder of their own. */
typedef struct setup {
    fake fake;
    spoti_tune_source source;
    spot_platform *platform;
    spot_point points[N_POINTS];
    spot_tune_config config;
    char dir[PATH_SIZE];
    spot_diag diag;
} setup;

static void begin(setup *s, const char *name)
{
    char path[PATH_SIZE];
    memset(s, 0, sizeof(*s));
    spot_test_temp_path(path, sizeof(path), "board.yaml");
    spot_test_write_file(path, PLATFORM, sizeof(PLATFORM) - 1);
    assert_int_equal(spot_platform_load(path, NULL, &s->platform, &s->diag), SPOT_OK);
    (void)unlink(path);
    spot_test_temp_path(s->dir, sizeof(s->dir), name);
    s->source = (spoti_tune_source){.task = "fake-task",
                                    .charge_as = "small",
                                    .dims = {.tick_s = 0.01,
                                             .ticks_per_action = 10,
                                             .horizon = HORIZON,
                                             .n_execute = 8,
                                             .time_limit_s = 20.0,
                                             .regime = SPOT_REGIME_DYNAMIC},
                                    .policy_type = "fake",
                                    .policy_task = "fake-task",
                                    .policy_horizon = HORIZON,
                                    .default_steps = 5,
                                    .identity = "model=1 policy=1",
                                    .run = fake_run,
                                    .ctx = &s->fake};
    s->points[0] = (spot_point){.steps = 1};
    s->points[1] = (spot_point){.steps = 2, .overlap = 4, .align = SPOT_ALIGN_SKIP};
    s->points[2] = (spot_point){.steps = 0}; /* the policy's: 5 */
    spot_tune_config_default(&s->config);
    s->config.points = s->points;
    s->config.n_points = N_POINTS;
    s->config.baseline = 2;
    s->config.n_seeds = N_SEEDS;
    s->config.resamples = 200;
    s->config.episodes_dir = s->dir;
}

static const char *const FILES[N_POINTS] = {
    "steps=1_overlap=0.csv", "steps=2_overlap=4_align=skip.csv", "steps=5_overlap=0.csv"};

static void path_of(const setup *s, int i, char *path)
{
    (void)snprintf(path, 2 * PATH_SIZE, "%s/%s", s->dir, FILES[i]);
}

static void remove_files(const setup *s)
{
    char path[2 * PATH_SIZE];
    for (int i = 0; i < N_POINTS; i++) {
        path_of(s, i, path);
        (void)unlink(path);
    }
}

static void end(setup *s)
{
    remove_files(s);
    (void)rmdir(s->dir);
    spot_platform_destroy(s->platform);
}

/* Runs it; returns how many points the source was asked for. */
static int tune(setup *s, spot_tune_result **result)
{
    s->fake.calls = 0;
    s->fake.n_reports = 0;
    spot_status st =
        spoti_tune(&s->source, s->platform, &s->config, on_progress, &s->fake, result, &s->diag);
    assert_int_equal(st, SPOT_OK);
    assert_int_equal(s->fake.last_done, N_POINTS * s->config.n_seeds);
    assert_int_equal(s->fake.last_total, N_POINTS * s->config.n_seeds);
    return s->fake.calls;
}

static int tune_again(setup *s)
{
    spot_tune_result *result = NULL;
    int calls = tune(s, &result);
    spot_tune_result_destroy(result);
    return calls;
}

static const spot_analysis_point *point_of(const spot_tune_result *r, int i)
{
    return &r->analysis->settings[0].points[i];
}

static void points_are_resolved_and_charged(void **state)
{
    setup s;
    spot_tune_result *r = NULL;
    (void)state;
    begin(&s, "resolved");
    assert_int_equal(tune(&s, &r), N_POINTS);
    assert_int_equal(r->n_rows, N_POINTS);
    assert_string_equal(r->rows[2].text, "steps=5 overlap=0");
    assert_string_equal(r->rows[1].text, "steps=2 overlap=4 align=skip");
    assert_string_equal(r->setting.charged_class, "small");
    assert_string_equal(r->setting.platform, "board");
    assert_int_equal(r->goal, SPOT_GOAL_SUCCESS);
    /* 100 + 20 steps ms; 0.14 s in 4 overlapped actions of 0.1 s: nothing left to wait for */
    assert_close(r->rows[1].latency.mean_s, 0.14, 1e-12, 0.0);
    assert_close(r->rows[1].chunk_time_s, 0.8, 1e-12, 0.0);
    assert_close(point_of(r, 0)->t_chunk_s.value, 0.92, 1e-12, 0.0); /* in sync */
    assert_close(point_of(r, 0)->alpha.value, 0.12 / 0.2, 1e-12, 0.0);
    assert_close(point_of(r, 2)->eta_chunk.value, 1.0, 0.0, 0.0);
    /* the last point that ran is the baseline */
    assert_int_equal(s.fake.last.schedule, SPOT_SCHEDULE_SYNC);
    assert_int_equal(s.fake.last.point.steps, 5);
    assert_close(s.fake.last.latency.mean_s, 0.2, 1e-12, 0.0);
    spot_tune_result_destroy(r);
    end(&s);
}

/* Bit by bit, but for the padding, which nothing defines. */
static void assert_same(const spot_quantity *a, const spot_quantity *b)
{
    assert_memory_equal(&a->value, &b->value, sizeof(a->value));
    assert_memory_equal(&a->lo, &b->lo, sizeof(a->lo));
    assert_memory_equal(&a->hi, &b->hi, sizeof(a->hi));
    assert_true(a->known == b->known && a->has_ci == b->has_ci);
}

static void a_second_run_reads_everything_back(void **state)
{
    setup s;
    spot_tune_result *first = NULL;
    spot_tune_result *second = NULL;
    (void)state;
    begin(&s, "second");
    assert_int_equal(tune(&s, &first), N_POINTS);
    assert_int_equal(tune(&s, &second), 0);
    for (int i = 0; i < N_POINTS; i++) {
        assert_false(first->rows[i].reused);
        assert_true(second->rows[i].reused);
        second->rows[i].reused = false;
        assert_same(&point_of(first, i)->time_s, &point_of(second, i)->time_s);
        assert_same(&point_of(first, i)->inflation, &point_of(second, i)->inflation);
        assert_same(&point_of(first, i)->p_best_alone, &point_of(second, i)->p_best_alone);
    }
    assert_string_equal(first->verdict, second->verdict);
    spot_tune_result_destroy(first);
    spot_tune_result_destroy(second);
    s.config.fresh = true;
    assert_int_equal(tune_again(&s), N_POINTS);
    end(&s);
}

static void a_missing_or_damaged_point_is_run_alone(void **state)
{
    setup s;
    char path[2 * PATH_SIZE];
    char text[65536];
    (void)state;
    begin(&s, "damaged");
    assert_int_equal(tune_again(&s), N_POINTS);
    path_of(&s, 1, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(tune_again(&s), 1);
    path_of(&s, 0, path);
    size_t size = spot_test_read_file(path, text, sizeof(text));
    spot_test_write_file(path, text, size / 2);
    assert_int_equal(tune_again(&s), 1);
    assert_int_equal(s.fake.last.point.steps, 1);
    assert_int_equal(tune_again(&s), 0);
    end(&s);
}

/* The folder is refused, by what differs, before anything runs; nothing in it changes. */
static void expect_other(setup *s, const char *words)
{
    static char before[1 << 17];
    static char after[1 << 17];
    char path[2 * PATH_SIZE];
    spot_tune_result *r = NULL;
    path_of(s, 2, path);
    const size_t size = spot_test_read_file(path, before, sizeof(before));
    s->fake.calls = 0;
    assert_int_equal(spoti_tune(&s->source, s->platform, &s->config, NULL, NULL, &r, &s->diag),
                     SPOT_E_INVALID);
    assert_null(r);
    assert_int_equal(s->fake.calls, 0);
    if (strstr(s->diag.text, words) == NULL) {
        fail_msg("'%s' does not say '%s'", s->diag.text, words);
    }
    assert_int_equal(spot_test_read_file(path, after, sizeof(after)), size);
    assert_memory_equal(before, after, size);
}

/* Likewise; and in an empty folder it runs. */
static void expect_other_setting(setup *s, const char *words)
{
    expect_other(s, words);
    remove_files(s);
    assert_int_equal(tune_again(s), N_POINTS);
}

/* Whatever decides episodes is told apart, by its name. */
static void every_change_of_the_setting_is_refused_by_its_name(void **state)
{
    setup s;
    char input[PATH_SIZE];
    (void)state;
    begin(&s, "changes");
    assert_int_equal(tune_again(&s), N_POINTS);
    (void)strcpy(s.source.identity, "model=1 policy=2");
    expect_other_setting(&s, ":1: episodes of another setting: policy is 1 there and 2 here; exp");
    s.config.charge_as = "large";
    expect_other_setting(&s, "class is small there and large here; latency_s is");
    s.config.variation.speed = 1.5;
    expect_other_setting(&s, "speed is 1 there and 1.5 here");
    s.config.variation.noise = 0.5;
    expect_other_setting(&s, "noise is 1 there and 0.5 here");
    s.config.n_execute = 7;
    expect_other_setting(&s, "execute is 8 there and 7 here");
    s.config.clock = SPOT_CLOCK_PAPER;
    expect_other_setting(&s, "clock is exact there and paper here");
    s.config.overhead_s = 0.25;
    expect_other_setting(&s, "overhead_s is 0 there and 0.25 here");
    s.source.task = "other task";
    expect_other_setting(&s, "task is fake-task there and other task here");

    spot_test_temp_path(input, sizeof(input), "input");
    const char *const inputs[] = {input};
    s.config.inputs = inputs;
    s.config.n_inputs = 1;
    spot_test_write_file(input, "one", 3);
    expect_other_setting(&s, "input is not said there and ");
    spot_test_write_file(input, "two", 3);
    expect_other_setting(&s, "input is ");

    /* what decides only how episodes are read, and who runs them, does not */
    s.config.goal = SPOT_GOAL_TIME;
    s.config.resamples = 100;
    s.config.threads = 2;
    s.config.kernels = "reference";
    s.source.engine = (spot_engine){.name = "another", .version = "9"};
    assert_int_equal(tune_again(&s), 0);
    (void)unlink(input);
    spot_tune_result *r = NULL;
    assert_int_equal(spoti_tune(&s.source, s.platform, &s.config, NULL, NULL, &r, &s.diag),
                     SPOT_E_IO);
    assert_null(r);
    end(&s);
}

/* More seeds, on either side, run alone; fewer are a part of what is there. In a file and in a folder. */
static void a_run_grows_by_its_seeds(void **state)
{
    char file[PATH_SIZE];
    (void)state;
    spot_test_temp_path(file, sizeof(file), "grows.sqlite");
    for (int kind = 0; kind < 2; kind++) {
        setup s;
        spot_tune_result *part = NULL;
        spot_tune_result *grown = NULL;
        spot_tune_result *at_once = NULL;
        begin(&s, "grows");
        s.config.store = kind == 1 ? file : NULL;
        s.config.seed = 5;
        s.config.n_seeds = 9;
        assert_int_equal(tune(&s, &part), N_POINTS);
        s.config.seed = 2;
        s.config.n_seeds = N_SEEDS - 2;
        assert_int_equal(tune(&s, &grown), N_POINTS);
        for (int i = 0; i < N_POINTS; i++) {
            for (int k = 2; k < N_SEEDS; k++) {
                assert_int_equal(s.fake.n_run[i][k], 1);
            }
        }
        s.config.store = NULL;
        s.config.episodes_dir = NULL;
        assert_int_equal(tune(&s, &at_once), N_POINTS);
        for (int i = 0; i < N_POINTS; i++) {
            assert_same(&point_of(grown, i)->time_s, &point_of(at_once, i)->time_s);
        }
        assert_string_equal(grown->verdict, at_once->verdict);
        spot_tune_result_destroy(grown);
        spot_tune_result_destroy(at_once);
        s.config.store = kind == 1 ? file : NULL;
        s.config.episodes_dir = s.dir;
        s.config.seed = 5;
        s.config.n_seeds = 9;
        assert_int_equal(tune(&s, &grown), 0);
        assert_string_equal(grown->verdict, part->verdict);
        spot_tune_result_destroy(grown);
        spot_tune_result_destroy(part);
        (void)unlink(file);
        end(&s);
    }
}

static spot_latency_trace *load_trace(const char *text, spot_latency_draw_order order)
{
    char path[PATH_SIZE];
    spot_latency_trace *trace = NULL;
    spot_test_temp_path(path, sizeof(path), "calls.csv");
    spot_test_write_file(path, text, strlen(text));
    assert_int_equal(spot_latency_trace_load(path, order, NULL, &trace, NULL), SPOT_OK);
    (void)unlink(path);
    return trace;
}

/* Tunes with a trace; returns how many points were run. */
static int tune_with_trace(setup *s, const char *text, spot_latency_draw_order order,
                           spot_tune_result **result)
{
    spot_latency_trace *trace = load_trace(text, order);
    s->config.trace = trace;
    const int calls = tune(s, result);
    assert_true(s->fake.last.latency.shape != NULL || calls == 0);
    for (int i = 0; i < N_POINTS; i++) {
        assert_null((*result)->rows[i].latency.shape); /* which goes with the trace */
    }
    spot_latency_trace_destroy(trace);
    s->config.trace = NULL;
    return calls;
}

static int tune_with_trace_again(setup *s, const char *text, spot_latency_draw_order order)
{
    spot_tune_result *result = NULL;
    const int calls = tune_with_trace(s, text, order, &result);
    spot_tune_result_destroy(result);
    return calls;
}

static const char CALLS[] = "point,latency_s,first_s\n"
                            "steps=1,0.2,0.2\nsteps=1,0.4,0.4\n"
                            "steps=2,1.0,0.3\nsteps=2,0.3,0.3\n"
                            ",0.6,0.6\n";

static void recorded_latencies_are_charged_point_by_point(void **state)
{
    setup s;
    spot_tune_result *r = NULL;
    (void)state;
    begin(&s, "traced");
    assert_int_equal(tune_with_trace(&s, CALLS, SPOT_LATENCY_IN_ORDER, &r), N_POINTS);
    assert_non_null(strstr(r->setting.platform, "calls"));
    assert_string_equal(r->setting.charged_class, "trace");
    assert_int_equal(r->rows[0].latency.origin, SPOT_ORIGIN_MEASURED);
    assert_close(r->rows[0].latency.mean_s, 0.3, 1e-12, 0.0);
    assert_close(r->rows[0].latency.spread_s, 0.1, 1e-12, 0.0);
    assert_close(r->rows[2].latency.mean_s, 0.6, 1e-12, 0.0);
    /* in sync: the mean latency and 8 actions of 0.1 s */
    assert_close(r->rows[0].chunk_time_s, 1.1, 1e-12, 0.0);
    /* n' = 4 with align=skip: the chunk starts behind its first action, so with the rest: 1.0 s is 0.6 s
     * too late, the other call is hidden */
    assert_close(r->rows[1].chunk_time_s, 0.5 * (1.4 + 0.8), 1e-12, 0.0);
    spot_tune_result_destroy(r);
    /* without: the first action is there in time, the rest 0.5 s behind it */
    s.points[1].align = SPOT_ALIGN_NONE;
    assert_int_equal(tune_with_trace(&s, CALLS, SPOT_LATENCY_IN_ORDER, &r), 1);
    assert_close(r->rows[1].chunk_time_s, 0.5 * (1.3 + 0.8), 1e-12, 0.0);
    char path[2 * PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/steps=2_overlap=4_align=none.csv", s.dir);
    (void)unlink(path);
    spot_tune_result_destroy(r);
    end(&s);
}

static void a_changed_trace_is_never_mixed_with_kept_episodes(void **state)
{
    static const char SWAPPED[] = "point,latency_s,first_s\n" /* the same mean and spread */
                                  "steps=1,0.4,0.4\nsteps=1,0.2,0.2\n"
                                  "steps=2,1.0,0.3\nsteps=2,0.3,0.3\n"
                                  ",0.6,0.6\n";
    static const char SOONER[] = "point,latency_s,first_s\n"
                                 "steps=1,0.4,0.4\nsteps=1,0.2,0.2\n"
                                 "steps=2,1.0,0.3\nsteps=2,0.3,0.3\n"
                                 ",0.6,0.5\n";
    setup s;
    (void)state;
    char file[PATH_SIZE];
    begin(&s, "retraced");
    spot_test_temp_path(file, sizeof(file), "retraced.sqlite");
    s.config.store = file;                      /* in which settings lie side by side */
    assert_int_equal(tune_again(&s), N_POINTS); /* the platform's */
    assert_int_equal(tune_with_trace_again(&s, CALLS, SPOT_LATENCY_IN_ORDER), N_POINTS);
    assert_int_equal(tune_with_trace_again(&s, CALLS, SPOT_LATENCY_IN_ORDER), 0);
    assert_int_equal(tune_with_trace_again(&s, SWAPPED, SPOT_LATENCY_IN_ORDER), 1);
    assert_int_equal(s.fake.last.point.steps, 1); /* the others' calls are what they were */
    assert_int_equal(tune_with_trace_again(&s, SOONER, SPOT_LATENCY_IN_ORDER), 1);
    assert_int_equal(s.fake.last.point.steps, 5);
    assert_int_equal(tune_with_trace_again(&s, SOONER, SPOT_LATENCY_BY_SEED), N_POINTS);
    assert_int_equal(tune_with_trace_again(&s, SOONER, SPOT_LATENCY_BY_SEED), 0);
    (void)unlink(file);
    s.config.store = NULL; /* a folder is of one */
    assert_int_equal(tune_with_trace_again(&s, CALLS, SPOT_LATENCY_IN_ORDER), N_POINTS);
    spot_latency_trace *trace = load_trace(SWAPPED, SPOT_LATENCY_IN_ORDER);
    s.config.trace = trace;
    expect_other(&s, "steps=1_overlap=0.csv:1: episodes of another setting: calls is ");
    spot_latency_trace_destroy(trace);
    s.config.trace = NULL;
    end(&s);
}

static void a_point_that_a_trace_lacks_is_refused_before_anything_runs(void **state)
{
    setup s;
    spot_tune_result *r = NULL;
    (void)state;
    begin(&s, "lacking");
    spot_latency_trace *trace =
        load_trace("point,latency_ms\nsteps=1,5\nsteps=2,6\n", SPOT_LATENCY_IN_ORDER);
    s.config.trace = trace;
    assert_int_equal(spoti_tune(&s.source, NULL, &s.config, on_progress, &s.fake, &r, &s.diag),
                     SPOT_E_NOT_FOUND);
    assert_null(r);
    assert_non_null(strstr(s.diag.text, "no rows for 'steps=5"));
    assert_int_equal(s.fake.calls, 0);
    spot_latency_trace_destroy(trace);
    end(&s);
}

/* A plan of precisions is a file: another folder, other contents, the same name. */
static void a_plan_in_a_file_is_part_of_the_point(void **state)
{
    setup s;
    char plan[32];
    char path[2 * PATH_SIZE];
    spot_tune_result *r = NULL;
    (void)state;
    begin(&s, "plans");
    spot_platform_destroy(s.platform);
    (void)snprintf(plan, sizeof(plan), "./plan-%d.yaml", (int)getpid());
    (void)snprintf(s.points[0].quant, sizeof(s.points[0].quant), "%s", plan);
    char board[sizeof(PLATFORM) + PATH_SIZE];
    int size = snprintf(board, sizeof(board),
                        "%s  - name: \"small@%s\"\n    origin: measured\n    source: made up\n"
                        "    affine: {base_ms: 50, per_step_ms: 20}\n",
                        PLATFORM, plan);
    spot_test_temp_path(path, sizeof(path), "plans.yaml");
    spot_test_write_file(path, board, (size_t)size);
    assert_int_equal(spot_platform_load(path, NULL, &s.platform, &s.diag), SPOT_OK);
    (void)unlink(path);

    spot_test_write_file(plan, "bits: 8", 7);
    assert_int_equal(tune_again(&s), N_POINTS);
    assert_int_equal(tune_again(&s), 0);
    spot_test_write_file(plan, "bits: 4", 7);
    expect_other(&s, ".csv:1: episodes of another setting: plan is ");
    (void)snprintf(path, sizeof(path), "%s/steps=1_overlap=0_quant=.+%s.csv", s.dir, plan + 2);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(tune_again(&s), 1);
    assert_int_equal(s.fake.last.point.steps, 1);
    /* edited after it was hashed, before it is run: what came of it would be kept under a wrong name */
    const spot_point first = s.points[0];
    s.points[0] = s.points[1];
    s.points[1] = first;
    s.config.fresh = true;
    s.fake.overwrite = plan;
    s.fake.calls = 0;
    assert_int_equal(spoti_tune(&s.source, s.platform, &s.config, NULL, NULL, &r, &s.diag),
                     SPOT_E_STATE);
    assert_non_null(strstr(s.diag.text, "edited since the run began"));
    assert_int_equal(s.fake.calls, 1);
    (void)unlink(plan);
    assert_int_equal(spoti_tune(&s.source, s.platform, &s.config, NULL, NULL, &r, &s.diag),
                     SPOT_E_IO);
    assert_null(r);

    assert_int_equal(unlink(path), 0);
    end(&s);
}

static void a_stopped_run_keeps_what_was_finished(void **state)
{
    setup s;
    spot_tune_result *r = NULL;
    (void)state;
    begin(&s, "stopped");
    s.fake.stop_at_call = 2;
    assert_int_equal(
        spoti_tune(&s.source, s.platform, &s.config, on_progress, &s.fake, &r, &s.diag),
        SPOT_E_STATE);
    assert_null(r);
    assert_int_equal(s.fake.calls, 2);
    s.fake.stop_at_call = 0;
    assert_int_equal(tune_again(&s), 2);
    end(&s);
}

/* Stopped again and again, in the middle of points and between them: each episode is run once, and what comes out
 * is what a folder gives. */
/* It says nothing of the next try, which runs that seed alone. */
static void a_lost_answer_is_never_kept(void **state)
{
    setup s;
    char file[PATH_SIZE];
    (void)state;
    begin(&s, "lost");
    s.fake.lose = true;
    assert_int_equal(tune_again(&s), N_POINTS);
    s.fake.lose = false;
    assert_int_equal(tune_again(&s), 1);
    for (int k = 0; k < N_SEEDS; k++) {
        assert_int_equal(s.fake.n_run[0][k], k == 3 ? 2 : 1);
    }
    assert_int_equal(tune_again(&s), 0);
    spot_test_temp_path(file, sizeof(file), "lost.sqlite");
    s.config.store = file;
    memset(s.fake.n_run, 0, sizeof(s.fake.n_run));
    s.fake.lose = true;
    assert_int_equal(tune_again(&s), N_POINTS);
    s.fake.lose = false;
    assert_int_equal(tune_again(&s), 1);
    for (int k = 0; k < N_SEEDS; k++) {
        assert_int_equal(s.fake.n_run[0][k], k == 3 ? 2 : 1);
    }
    assert_int_equal(tune_again(&s), 0);
    (void)unlink(file);
    end(&s);
}

static void a_store_neither_loses_nor_repeats_an_episode(void **state)
{
    static const int64_t stops[] = {
        1, 7, 7, N_SEEDS - 1, N_SEEDS, 2 * N_SEEDS + 3, 3 * N_SEEDS - 1};
    setup s;
    spot_tune_result *in_folder = NULL;
    spot_tune_result *in_file = NULL;
    (void)state;
    begin(&s, "parts");
    assert_int_equal(tune(&s, &in_folder), N_POINTS);
    char file[PATH_SIZE];
    spot_test_temp_path(file, sizeof(file), "parts.sqlite");
    s.config.store = file;
    memset(s.fake.n_run, 0, sizeof(s.fake.n_run));
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        s.fake.stop_at_done = stops[i];
        assert_int_equal(
            spoti_tune(&s.source, s.platform, &s.config, on_progress, &s.fake, &in_file, &s.diag),
            SPOT_E_STATE);
        assert_null(in_file);
        assert_int_equal(s.fake.last_done, stops[i]);
    }
    s.fake.stop_at_done = 0;
    assert_int_equal(tune(&s, &in_file), 1);
    for (int i = 0; i < N_POINTS; i++) {
        for (int k = 0; k < N_SEEDS; k++) {
            assert_int_equal(s.fake.n_run[i][k], 1);
        }
        assert_same(&point_of(in_folder, i)->time_s, &point_of(in_file, i)->time_s);
        assert_int_equal(in_file->rows[i].reused, i < N_POINTS - 1);
    }
    assert_string_equal(in_folder->verdict, in_file->verdict);
    spot_tune_result_destroy(in_file);
    /* a second run reads all back, --fresh none, and more seeds run alone */
    assert_int_equal(tune(&s, &in_file), 0);
    assert_string_equal(in_folder->verdict, in_file->verdict);
    spot_tune_result_destroy(in_file);
    spot_tune_result_destroy(in_folder);
    s.config.fresh = true;
    assert_int_equal(tune_again(&s), N_POINTS);
    assert_int_equal(s.fake.n_run[1][3], 2);
    s.config.fresh = false;
    s.config.n_seeds = N_SEEDS + 1;
    assert_int_equal(tune_again(&s), N_POINTS);
    assert_int_equal(s.fake.n_run[1][3], 2);
    /* what had a part in a choice is no confirmation of it */
    s.source.confirms = true;
    assert_int_equal(tune_again(&s), N_POINTS);
    assert_int_equal(s.fake.n_run[1][3], 3);
    s.source.confirms = false;
    assert_int_equal(tune_again(&s), 0);
    (void)unlink(file);
    end(&s);
}

/* Killed in the middle of a long point: what was finished half a second before is there. */
static void a_killed_run_goes_on_in_the_middle_of_a_point(void **state)
{
    setup s;
    char file[PATH_SIZE];
    char copy[PATH_SIZE];
    (void)state;
    begin(&s, "middle");
    spot_test_temp_path(file, sizeof(file), "middle.sqlite");
    spot_test_temp_path(copy, sizeof(copy), "middle-copy.sqlite");
    s.config.store = file;
    s.fake.copy_from = file;
    s.fake.copy_to = copy;
    assert_int_equal(tune_again(&s), N_POINTS);
    s.fake.copy_from = NULL;
    s.config.store = copy;
    memset(s.fake.n_run, 0, sizeof(s.fake.n_run));
    assert_int_equal(tune_again(&s), N_POINTS);
    for (int k = 0; k < N_SEEDS; k++) {
        /* five were put together when the fifth was finished; the tenth was not yet */
        assert_true(k >= 5 || s.fake.n_run[0][k] == 0);
        assert_true(k < 9 || s.fake.n_run[0][k] == 1);
        assert_int_equal(s.fake.n_run[1][k], 1);
    }
    (void)unlink(file);
    (void)unlink(copy);
    end(&s);
}

/* The judge says of a store what it says of the run that filled it. */
static void a_store_is_judged_as_the_run_was(void **state)
{
    setup s;
    char file[PATH_SIZE];
    spot_tune_result *r = NULL;
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    spot_analysis *a = NULL;
    (void)state;
    begin(&s, "judged");
    spot_test_temp_path(file, sizeof(file), "judged.sqlite");
    s.config.store = file;
    s.config.variation.speed = 1.5;
    s.config.goal = SPOT_GOAL_TIME; /* the task is dynamic, the run says otherwise */
    assert_int_equal(tune(&s, &r), N_POINTS);
    assert_int_not_equal(access(s.dir, F_OK), 0); /* nothing in the folders */
    spot_analyze_config_default(&config);
    config.resamples = s.config.resamples;
    assert_int_equal(spot_analyze_log_create(&config, &log), SPOT_OK);
    assert_int_equal(spot_analyze_log_store(log, file, &s.diag), SPOT_OK);
    assert_int_equal(spot_analyze(log, &a, &s.diag), SPOT_OK);
    assert_int_equal(a->n_settings, 1);
    const spot_analysis_setting *read = &a->settings[0];
    const spot_analysis_setting *made = &r->analysis->settings[0];
    assert_string_equal(read->name, made->name);
    assert_string_equal(read->verdict.text, made->verdict.text);
    assert_true(read->baseline == made->baseline && read->regime == made->regime);
    for (int i = 0; i < N_POINTS; i++) {
        const spot_analysis_point *p = &read->points[i];
        const spot_analysis_point *q = &made->points[i];
        assert_string_equal(p->name, q->name);
        assert_true(p->t_inf_s.value == q->t_inf_s.value &&
                    p->eta_chunk.value == q->eta_chunk.value);
        assert_true(p->time_s.lo == q->time_s.lo && p->delay_s.value == q->delay_s.value);
        assert_true(p->budget_time_s.hi == q->budget_time_s.hi &&
                    p->p_best.value == q->p_best.value);
    }
    assert_int_equal(spot_analyze_log_store(NULL, file, NULL), SPOT_E_INVALID);
    spot_analysis_destroy(a);
    spot_analyze_log_destroy(log);
    spot_tune_result_destroy(r);
    (void)unlink(file);
    end(&s);
}

static void a_store_that_cannot_be_is_refused_before_anything_runs(void **state)
{
    setup s;
    spot_tune_result *r = NULL;
    (void)state;
    begin(&s, "refused");
    s.config.store = "/dev/null";
    assert_int_equal(spoti_tune(&s.source, s.platform, &s.config, NULL, NULL, &r, &s.diag),
                     SPOT_E_IO);
    assert_non_null(strstr(s.diag.text, "/dev/null: a device, expected a SQLite file"));
    s.config.store = "";
    assert_int_equal(spoti_tune(&s.source, s.platform, &s.config, NULL, NULL, &r, &s.diag),
                     SPOT_E_RANGE);
    assert_int_equal(s.fake.calls, 0);
    /* and one that is taken away while it is in use ends the run with its name */
    char file[PATH_SIZE];
    spot_test_temp_path(file, sizeof(file), "taken.sqlite");
    s.config.store = file;
    s.fake.overwrite = file;
    s.diag.text[0] = '\0';
    const spot_status st =
        spoti_tune(&s.source, s.platform, &s.config, on_progress, &s.fake, &r, &s.diag);
    assert_true(st == SPOT_E_IO || st == SPOT_E_FORMAT);
    assert_int_equal(s.fake.calls, 1);
    assert_non_null(strstr(s.diag.text, file));
    assert_null(r);
    (void)unlink(file);
    end(&s);
}

static void nowhere_to_keep_them_is_fine(void **state)
{
    setup s;
    (void)state;
    begin(&s, "nowhere");
    s.config.episodes_dir = NULL;
    assert_int_equal(tune_again(&s), N_POINTS);
    assert_int_equal(tune_again(&s), N_POINTS);
    assert_int_not_equal(access(s.dir, F_OK), 0);
    end(&s);
}

static void expect(setup *s, spot_status want, const char *words)
{
    spot_tune_result *r = NULL;
    s->diag.text[0] = '\0';
    s->fake.calls = 0;
    assert_int_equal(spoti_tune(&s->source, s->platform, &s->config, NULL, NULL, &r, &s->diag),
                     want);
    assert_null(r);
    assert_int_equal(s->fake.calls, 0); /* before anything ran */
    if (words != NULL && strstr(s->diag.text, words) == NULL) {
        fail_msg("'%s' does not say '%s'", s->diag.text, words);
    }
}

static void impossible_points_are_refused_before_anything_runs(void **state)
{
    setup s;
    (void)state;
    begin(&s, "impossible");
    const spot_point good = s.points[1];
    s.points[1].overlap = 9;
    expect(&s, SPOT_E_RANGE, "overlap=9, expected 0..8");
    s.points[1].overlap = -1;
    expect(&s, SPOT_E_RANGE, "overlap=-1");
    s.points[1] = good;
    s.config.n_execute = 13; /* 4 skipped + 13 > 16 */
    expect(&s, SPOT_E_RANGE, "align=skip with 13");
    s.config.n_execute = 17;
    expect(&s, SPOT_E_RANGE, "17 actions");
    s.config.n_execute = 0;
    s.points[1].steps = 101;
    expect(&s, SPOT_E_RANGE, "steps=101, expected 1..100");
    s.points[1] = s.points[0];
    expect(&s, SPOT_E_RANGE, "twice");
    s.points[1] = (spot_point){.steps = 5}; /* the default, named */
    expect(&s, SPOT_E_RANGE, "twice");
    s.points[1] = good;
    s.config.cadence = true;
    expect(&s, SPOT_E_RANGE, "cadence");
    end(&s);
}

static void impossible_settings_are_refused(void **state)
{
    setup s;
    (void)state;
    begin(&s, "settings");
    const spot_tune_config good = s.config;
    s.config.charge_as = "medium";
    expect(&s, SPOT_E_NOT_FOUND, "large");
    s.config = good;
    s.config.n_seeds = 0;
    expect(&s, SPOT_E_RANGE, "0 seeds");
    s.config = good;
    s.config.threads = 0;
    expect(&s, SPOT_E_RANGE, "0 threads");
    s.config = good;
    s.config.baseline = 3;
    expect(&s, SPOT_E_RANGE, "baseline 3");
    s.config = good;
    s.config.n_points = 0;
    expect(&s, SPOT_E_RANGE, "0 points");
    s.config = good;
    s.config.points = NULL;
    expect(&s, SPOT_E_INVALID, NULL);
    s.config = good;
    s.config.resamples = 0;
    expect(&s, SPOT_E_RANGE, "0 resamples");
    s.config = good;
    s.config.goal = (spot_goal)7;
    expect(&s, SPOT_E_INVALID, NULL);
    s.config = good;
    s.config.seed = UINT64_MAX;
    expect(&s, SPOT_E_RANGE, NULL);
    s.config = good;
    s.config.episodes_dir = "/dev/null/x";
    expect(&s, SPOT_E_IO, "/dev/null/x");
    end(&s);
}

static void defaults_are_those_of_the_header(void **state)
{
    spot_tune_config c;
    (void)state;
    memset(&c, 0xa5, sizeof(c));
    spot_tune_config_default(&c);
    assert_null(c.points);
    assert_int_equal(c.n_seeds, 100);
    assert_int_equal(c.threads, 1);
    assert_int_equal(c.seed, 0);
    assert_int_equal(c.clock, SPOT_CLOCK_EXACT);
    assert_int_equal(c.n_execute, 0);
    assert_false(c.cadence);
    assert_null(c.charge_as);
    assert_close(c.variation.speed, 1.0, 0.0, 0.0);
    assert_close(c.variation.noise, 1.0, 0.0, 0.0);
    assert_int_equal(c.goal, SPOT_GOAL_AUTO);
    assert_int_equal(c.resamples, 10000);
    assert_null(c.episodes_dir);
    assert_null(c.store);
    assert_false(c.fresh);
    assert_int_equal(c.n_inputs, 0);
    spot_tune_config_default(NULL);
    spot_tune_result_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_resolved_and_charged),
        cmocka_unit_test(a_second_run_reads_everything_back),
        cmocka_unit_test(a_missing_or_damaged_point_is_run_alone),
        cmocka_unit_test(every_change_of_the_setting_is_refused_by_its_name),
        cmocka_unit_test(a_run_grows_by_its_seeds),
        cmocka_unit_test(recorded_latencies_are_charged_point_by_point),
        cmocka_unit_test(a_changed_trace_is_never_mixed_with_kept_episodes),
        cmocka_unit_test(a_point_that_a_trace_lacks_is_refused_before_anything_runs),
        cmocka_unit_test(a_plan_in_a_file_is_part_of_the_point),
        cmocka_unit_test(a_stopped_run_keeps_what_was_finished),
        cmocka_unit_test(a_lost_answer_is_never_kept),
        cmocka_unit_test(a_store_neither_loses_nor_repeats_an_episode),
        cmocka_unit_test(a_killed_run_goes_on_in_the_middle_of_a_point),
        cmocka_unit_test(a_store_is_judged_as_the_run_was),
        cmocka_unit_test(a_store_that_cannot_be_is_refused_before_anything_runs),
        cmocka_unit_test(nowhere_to_keep_them_is_fine),
        cmocka_unit_test(impossible_points_are_refused_before_anything_runs),
        cmocka_unit_test(impossible_settings_are_refused),
        cmocka_unit_test(defaults_are_those_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
