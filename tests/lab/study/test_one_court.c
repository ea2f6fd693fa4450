/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Fifty random sets of episodes, judged as those of a tuning run and as a log in a text: the same document, every
 * figure, p-value and word of it. */
#include <inttypes.h>
#include <stdlib.h>

#include "few_episodes.h"
#include "lab/record/read_text.h"
#include "lab/rollout/motion.h"
#include "lab/study/judge.h"
#include "spot/report_analysis.h"
#include "spot/rng.h"
#include "support/spot_test.h"

enum { N_SET = 50, ROWS_MAX = 5, SEEDS_MAX = 60, TEXT_SIZE = 1 << 19, LIMIT_S = 20 };

typedef struct set {
    spot_tune_row rows[ROWS_MAX];
    spot_tune_result result;
    spot_episode episodes[ROWS_MAX * SEEDS_MAX];
} set;

static double uniform(spot_rng *rng)
{
    return spot_rng_below(rng, 1000) / 1000.0;
}

static void draw_episode(spot_rng *rng, double ease, double invalid, spot_episode *e)
{
    const bool broken = uniform(rng) < invalid;
    const bool success = !broken && uniform(rng) < ease;
    const int64_t chunks = 3 + spot_rng_below(rng, 9);
    *e = (spot_episode){.seed = e->seed,
                        .success = success,
                        .invalid = broken,
                        .time_s = success ? (double)chunks * (1.0 + uniform(rng)) : LIMIT_S,
                        .chunks = chunks,
                        .inferences = chunks + 1,
                        .wait_s = 0.3 * (double)chunks + uniform(rng),
                        .age_first_s = uniform(rng)};
    spoti_motion_unknown(&e->motion, SPOT_MOTION_WHY_NOT_RECORDED);
    for (int m = 1; m < SPOT_MOTION_N_METRIC;
         m += 3) { /* some are always known, some now and then */
        if (m % 2 == 0 || uniform(rng) < 0.7) {
            e->motion.values[m].value = uniform(rng) - (spot_analyze_is_ratio(m) ? 0.0 : 0.5);
            e->motion.values[m].why = SPOT_MOTION_WHY_DEFINED;
        }
    }
}

static void draw_set(uint64_t index, set *s)
{
    spot_rng rng = spot_rng_at(17, SPOT_STREAM_DISTURB, index);
    const int n = 2 + (int)spot_rng_below(&rng, ROWS_MAX - 1);
    const int n_seed = 3 + (int)spot_rng_below(&rng, SEEDS_MAX - 2);
    const double invalid = index % 5 == 4 ? 0.015 : 0.0;
    few_result(&s->result, s->rows, index % 2 == 0 ? SPOT_GOAL_TIME : SPOT_GOAL_SUCCESS);
    s->result.n_rows = n;
    s->result.baseline = (int)spot_rng_below(&rng, (uint32_t)n);
    s->result.setting.n_seeds = n_seed;
    s->result.setting.resamples = 500;
    s->result.setting.cadence = index % 7 == 3;
    s->result.setting.overhead_s = s->result.setting.cadence ? 0.02 : 0.0;
    s->result.setting.variation.speed = index % 3 == 1 ? 1.5 : 1.0;
    for (int i = 0; i < n; i++) {
        spot_tune_row *row = &s->rows[i];
        const double ease = 0.5 + 0.7 * uniform(&rng);
        const int overlap = s->result.setting.cadence ? 0 : (int)(index % 4);
        row->point = (spot_point){.steps = 10 - i, .overlap = overlap};
        row->latency = (spot_latency){.mean_s = 0.9 * uniform(&rng)};
        (void)snprintf(row->text, sizeof(row->text), "steps=%d overlap=%d", 10 - i, overlap);
        for (int k = 0; k < n_seed; k++) {
            spot_episode *e = &s->episodes[i * n_seed + k];
            e->seed = 100 + (uint64_t)k;
            draw_episode(&rng, ease, invalid, e);
        }
    }
    assert_int_equal(spoti_judge_law(&s->result, 0.01, 10), SPOT_OK);
}

/* What somebody who ran the same would bring as a CSV. */
static void write_csv(const set *s, char text[TEXT_SIZE])
{
    const spot_tune_setting *t = &s->result.setting;
    int used = snprintf(text, TEXT_SIZE,
                        "point,platform,%sschedule,t_inf_s,t_chunk_s,t_act_s,chunk_actions,"
                        "budget_s,overhead_s,seed,success,invalid,time_s,chunks,inferences,wait_s,"
                        "age_s",
                        t->variation.speed != 1.0 ? "speed," : "");
    for (int m = 1; m < SPOT_MOTION_N_METRIC; m++) {
        used +=
            snprintf(text + used, TEXT_SIZE - (size_t)used, ",%s", spot_motion_describe(m)->name);
    }
    text[used++] = '\n';
    for (int i = 0; i < s->result.n_rows; i++) {
        const spot_tune_row *row = &s->rows[i];
        char point[512];
        (void)snprintf(point, sizeof(point), "%s,%s,%s%s,%.17g,%.17g,%.17g,%d,%.17g,%.17g",
                       row->text, t->platform, t->variation.speed != 1.0 ? "1.5," : "",
                       t->cadence               ? "cadence"
                       : row->point.overlap > 0 ? "overlap"
                                                : "sync",
                       row->latency.mean_s, row->chunk_time_s, t->action_s, t->n_execute,
                       t->time_limit_s, t->overhead_s);
        for (int k = 0; k < t->n_seeds; k++) {
            const spot_episode *e = &s->episodes[i * t->n_seeds + k];
            used += snprintf(text + used, TEXT_SIZE - (size_t)used,
                             "%s,%" PRIu64 ",%d,%d,%.17g,%" PRId64 ",%" PRId64 ",%.17g,%.17g",
                             point, e->seed, e->success, e->invalid, e->time_s, e->chunks,
                             e->inferences, e->wait_s, e->age_first_s);
            for (int m = 1; m < SPOT_MOTION_N_METRIC; m++) {
                const spot_motion_value *v = &e->motion.values[m];
                used += v->why == SPOT_MOTION_WHY_DEFINED
                            ? snprintf(text + used, TEXT_SIZE - (size_t)used, ",%.17g", v->value)
                            : snprintf(text + used, TEXT_SIZE - (size_t)used, ",");
            }
            text[used++] = '\n';
            assert_true(used < TEXT_SIZE);
            text[used] = '\0';
        }
    }
}

static void document_of(const spot_analysis *analysis, char text[TEXT_SIZE])
{
    FILE *out = fmemopen(text, TEXT_SIZE, "w");
    assert_non_null(out);
    assert_int_equal(spot_report_analysis_json(analysis, NULL, out), SPOT_OK);
    assert_int_equal(fclose(out), 0);
}

static void a_run_and_its_log_are_judged_alike(void **state)
{
    static set s;
    static char text[TEXT_SIZE];
    static char tuned[TEXT_SIZE];
    static char analysed[TEXT_SIZE];
    int n_best = 0;
    (void)state;
    for (uint64_t index = 0; index < N_SET; index++) {
        spot_diag diag = {""};
        spot_analyze_log *log = NULL;
        spot_analysis *analysis = NULL;
        draw_set(index, &s);
        assert_int_equal(spoti_judge_episodes(&s.result, s.episodes, &diag), SPOT_OK);
        write_csv(&s, text);
        spot_analyze_config config;
        spot_analyze_config_default(&config);
        config.resamples = s.result.setting.resamples;
        config.baseline = s.rows[s.result.baseline].text;
        config.regime =
            s.result.goal == SPOT_GOAL_TIME ? SPOT_ANALYZE_STATIC : SPOT_ANALYZE_DYNAMIC;
        if (read_text(&config, text, &log, &diag) != SPOT_OK) {
            fail_msg("set %d: %s", (int)index, diag.text);
        }
        assert_int_equal(spot_analyze(log, &analysis, &diag), SPOT_OK);
        document_of(s.result.analysis, tuned);
        document_of(analysis, analysed);
        assert_string_equal(tuned, analysed);
        assert_string_equal(s.result.verdict, analysis->settings[0].verdict.text);
        n_best += analysis->settings[0].verdict.best >= 0;
        spot_analysis_destroy(s.result.analysis);
        spot_analysis_destroy(analysis);
        spot_analyze_log_destroy(log);
    }
    assert_true(n_best > N_SET / 2 && n_best < N_SET); /* verdicts of both kinds were seen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_and_its_log_are_judged_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
