/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Small logs with known answers: the test vectors P01-P08, P33-P39 of the method, and constructions. */
#include <math.h>
#include <unistd.h>

#include "judged.h"

static const double ROUND = 1e-12;  /* a handful of roundings of numbers near 1 */
static const double PRINTED = 1e-6; /* vectors printed with six digits */

static fixture analysed(const char *text, spot_analyze_regime regime, const char *baseline)
{
    spot_analyze_config config = judged_config(regime);
    config.baseline = baseline;
    return judged_by(&config, text);
}

static void timing_is_that_of_the_vectors(void **state)
{
    static const double CHUNK_S[] = {0.320, 0.260, 0.245, 0.200, 0.210};
    static const double ETA[] = {1.0, 1.230769, 1.306122, 1.6, 1.52381};
    (void)state;
    fixture f = analysed("point,t_inf_s,overlap,chunk_actions,t_act_s\n"
                         "full,0.12,0,8,0.025\nhalf,0.06,0,8,0.025\nover,0.12,3,8,0.025\n"
                         "both,0.06,3,8,0.025\nless,0.06,2,8,0.025\n",
                         SPOT_ANALYZE_STATIC, NULL);
    for (int i = 0; i < 5; i++) {
        assert_close(f.s->points[i].t_chunk_s.value, CHUNK_S[i], ROUND, 0.0);
        assert_close(f.s->points[i].eta_chunk.value, ETA[i], 0.0, PRINTED);
    }
    assert_close(f.s->points[1].delay_s.value, 0.060, ROUND, 0.0);
    assert_close(f.s->points[2].delay_s.value, 0.045, ROUND, 0.0);
    assert_close(f.s->points[3].delay_s.value, 0.0, ROUND, 0.0);
    assert_close(f.s->points[1].age_s.value, 0.060, ROUND, 0.0);
    assert_close(f.s->points[2].age_s.value, 0.120, ROUND, 0.0);
    assert_close(f.s->points[3].age_s.value, 0.075, ROUND, 0.0);
    assert_int_equal(f.s->verdict.best, -1); /* nothing was measured */
    done(&f);
}

static void averages_are_those_of_the_vectors(void **state)
{
    (void)state;
    fixture f =
        analysed("point,success,time_s,budget_s\na,1,10,30\na,1,12,30\na,1,8,30\na,0,30,30\n",
                 SPOT_ANALYZE_STATIC, NULL);
    assert_close(f.s->points[0].time_s.value, 10.0, ROUND, 0.0);
    assert_close(f.s->points[0].budget_time_s.value, 15.0, ROUND, 0.0);
    assert_close(f.s->points[0].time_to_success_s.value, 20.0, ROUND, 0.0);
    done(&f);
    f = analysed("point,episodes,successes,energy_j\na,100,70,674.515\n", SPOT_ANALYZE_DYNAMIC,
                 NULL);
    assert_close(f.s->points[0].energy_per_success_j.value, 963.593, 0.0005, 0.0);
    done(&f);
}

static void failures_without_a_budget_leave_budget_time_unknown(void **state)
{
    (void)state;
    fixture f = analysed("point,success,time_s\na,1,10\na,0,30\n", SPOT_ANALYZE_STATIC, NULL);
    assert_true(f.s->points[0].time_s.known);
    assert_false(f.s->points[0].budget_time_s.known);
    done(&f);
}

static void dom_rates_give_the_known_intervals_and_tests(void **state)
{
    (void)state;
    fixture f = analysed("steps,episodes,successes\n1,50,34\n2,50,38\n5,50,37\n10,50,35\n",
                         SPOT_ANALYZE_DYNAMIC, "steps=10");
    const spot_analysis_point *p = &f.s->points[1];
    assert_close(p->rate.lo, 0.625873, PRINTED, 0.0);
    assert_close(p->rate.hi, 0.857026, PRINTED, 0.0);
    assert_close(p->guaranteed.lo, 0.618309, PRINTED, 0.0);
    assert_close(p->guaranteed.hi, 0.86939, PRINTED, 0.0);
    assert_int_equal(f.s->verdict.best, 1);
    assert_int_equal(f.s->verdict.kind, SPOT_ANALYZE_KIND_INTERIOR);
    assert_close(f.s->verdict.p_interior.value, 0.65285, PRINTED, 0.0);
    assert_close(f.s->verdict.posterior_interior.value, 0.79, 0.005, 0.0);
    assert_int_equal(f.s->verdict.dynamic_paradox, SPOT_ANALYZE_NOT_ESTABLISHED);
    assert_int_equal(f.s->verdict.static_paradox, SPOT_ANALYZE_UNTESTABLE);
    /* exact power of Fisher's test of .76 against .68 at 5 % / 2 interior points is .8999 with 683 trials
     * each and .9004 with 684: 80 % for both ends at once */
    assert_non_null(
        strstr(f.s->verdict.text, "'steps=2' from 'steps=1' takes 684 (73 or more) trials"));
    assert_false(p->time_s.known || p->t_chunk_s.known || p->chunks.known);
    done(&f);
}

/* Seeds on which a alone, b alone, both and none succeed. */
static void pairs(char text[TEXT_SIZE], int a_only, int b_only, int both, int none)
{
    size_t used = (size_t)snprintf(text, TEXT_SIZE, "point,seed,success\n");
    for (int i = 0; i < a_only + b_only + both + none; i++) {
        int a = i < a_only || (i >= a_only + b_only && i < a_only + b_only + both);
        int b = i >= a_only && i < a_only + b_only + both;
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, "b,%d,%d\na,%d,%d\n", i, b, i, a);
    }
}

static void shared_seeds_take_mcnemar_and_others_fisher(void **state)
{
    static char text[TEXT_SIZE];
    double tail = 0.0; /* P(X >= 12), X binomial (16, 1/2): 2517 / 65536 */
    (void)state;
    static const int CHOOSE_16[] = {1820, 560, 120, 16, 1}; /* of 12 ... 16 */
    for (int i = 0; i < 5; i++) {
        tail += CHOOSE_16[i] / 65536.0;
    }
    assert_close(2.0 * tail, 0.07681274, 1e-8, 0.0);
    pairs(text, 12, 4, 20, 14);
    fixture f = analysed(text, SPOT_ANALYZE_DYNAMIC, "b");
    assert_true(f.s->paired);
    assert_close(f.s->points[1].p_better.value, tail, ROUND, 0.0);
    done(&f);

    /* the same counts without seeds: Fisher of 32/50 against 24/50, by the hypergeometric sum */
    size_t used = (size_t)snprintf(text, TEXT_SIZE, "point,success\n");
    for (int i = 0; i < 50; i++) {
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, "b,%d\na,%d\n", i < 24, i < 32);
    }
    double p = 0.0;
    for (int k = 32; k <= 50; k++) {
        double term = lgamma(51) - lgamma(k + 1) - lgamma(51 - k) + lgamma(51) - lgamma(57 - k) -
                      lgamma(k - 5) - (lgamma(101) - lgamma(57) - lgamma(45));
        p += exp(term);
    }
    f = analysed(text, SPOT_ANALYZE_DYNAMIC, "b");
    assert_false(f.s->paired);
    assert_close(f.s->points[1].p_better.value, p, 1e-10, 0.0);
    done(&f);
}

/* Points on 40 shared seeds; times `base + seed part`, success always. The seed parts of all points
 * have the same mean, as i + 1 and 5 have no common factor. */
static void timed(char text[TEXT_SIZE], const double *base, const double *t_inf, int n)
{
    size_t used = (size_t)snprintf(
        text, TEXT_SIZE, "point,seed,success,time_s,chunks,t_inf_s,t_act_s,chunk_actions\n");
    for (int i = 0; i < n; i++) {
        for (int seed = 0; seed < 40; seed++) {
            double time = base[i] + 0.1 * (seed % 7) + 0.01 * ((seed * (i + 1)) % 5);
            used += (size_t)snprintf(text + used, TEXT_SIZE - used, "p%d,%d,1,%.4f,%.4f,%g,0.1,8\n",
                                     i, seed, time, time / (t_inf[i] + 0.8), t_inf[i]);
        }
    }
}

/* Cycles of 0.8 s whatever the latency: at a cadence, so chunks are no faster, and no paradox can be shown. */
static void at_a_fixed_cadence_eta_is_measured(void **state)
{
    (void)state;
    fixture f = analysed("point,t_inf_s,t_act_s,chunk_actions,episodes,successes,chunks,time_s\n"
                         "slow,0.4,0.1,6,5,5,50,40\nmiddle,0.2,0.1,6,5,5,55,44.55\n"
                         "fast,0.1,0.1,6,5,5,60,48\n",
                         SPOT_ANALYZE_STATIC, NULL);
    assert_close(f.points[1].eta_chunk.value, 0.8 / 0.81, ROUND, 0.0);
    assert_close(f.points[2].eta_chunk.value, 1.0, ROUND, 0.0);
    assert_close(f.points[2].residual.value, 1.0, ROUND, 0.0);
    assert_close(f.points[2].t_chunk_s.value, 0.7, ROUND, 0.0); /* the law's, as it stands */
    assert_int_equal(f.v->static_paradox, SPOT_ANALYZE_UNTESTABLE);
    assert_says(&f, "at a fixed cadence no point has faster chunks");
    assert_says(&f, "eta is the ratio of the measured cycles");
    done(&f);
}

static void a_clear_interior_optimum_is_established(void **state)
{
    static char text[TEXT_SIZE];
    (void)state;
    timed(text, (double[]){8.0, 6.0, 7.0}, (double[]){0.1, 0.2, 0.4}, 3);
    fixture f = analysed(text, SPOT_ANALYZE_AUTO, "p2");
    const spot_analysis_verdict *v = &f.s->verdict;
    assert_int_equal(f.s->regime, SPOT_ANALYZE_STATIC);
    assert_true(f.s->regime_assumed);
    assert_int_equal(v->best, 1);
    assert_int_equal(v->kind, SPOT_ANALYZE_KIND_INTERIOR);
    /* all 40 differences have one sign: less than any of the drawn patterns gives, one fewer than resamples */
    assert_close(v->p_interior.value, 1.0 / 2000.0, ROUND, 0.0);
    assert_close(v->posterior_interior.value, 1.0, 0.0, 0.0);
    assert_false(v->trials_needed.known);
    /* p0 has faster chunks and is slower: the paradox; mean times by hand */
    assert_int_equal(v->static_paradox, SPOT_ANALYZE_ESTABLISHED);
    assert_int_equal(v->paradox, 0);
    double mean[3] = {0};
    for (int i = 0; i < 3; i++) {
        for (int seed = 0; seed < 40; seed++) {
            mean[i] +=
                ((double[]){8.0, 6.0, 7.0}[i] + 0.1 * (seed % 7) + 0.01 * ((seed * (i + 1)) % 5)) /
                40.0;
        }
        assert_close(f.s->points[i].time_s.value, mean[i], 1e-4, 0.0);
        assert_true(f.s->points[i].time_s.lo < mean[i] && mean[i] < f.s->points[i].time_s.hi);
    }
    assert_close(f.s->points[0].eta_task.value, mean[2] / mean[0], 1e-4, 0.0);
    assert_true(f.s->points[0].eta_task.hi < 1.0);
    assert_close(f.s->points[0].residual.value, 1.0, 1e-3, 0.0); /* built by the timing law */
    done(&f);
}

/* Vector P43: shares of the 2^n patterns of signs, whatever the bootstrap would say. */
static void paired_times_take_the_sign_flip_test(void **state)
{
    static const struct {
        int n;
        double d[8];
        double p;
        const char *words;
    } cases[] = {
        {3, {-1, -2, -3}, 0.125, "p <= 0.12, sign-flip"},
        {4, {-1, -2, 3, -4}, 0.3125, "p = 0.31, sign-flip"},
        {8, {-.3, -.5, .2, -.9, -.1, .4, -.7, -.6}, 0.0546875, "p = 0.055, sign-flip"},
    };
    char text[TEXT_SIZE];
    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        int used = snprintf(text, sizeof(text), "point,seed,success,time_s\n");
        for (int i = 0; i < cases[c].n; i++) {
            used += snprintf(text + used, sizeof(text) - (size_t)used,
                             "base,%d,1,%.4f\nlight,%d,1,%.4f\n", i, 20.1 + 0.7 * i, i,
                             20.1 + 0.7 * i + cases[c].d[i]);
        }
        fixture f = analysed(text, SPOT_ANALYZE_STATIC, NULL);
        assert_close(f.s->points[1].p_better.value, cases[c].p, 1e-15, 0.0);
        if (strstr(f.s->verdict.text, cases[c].words) == NULL) {
            fail_msg("'%s' lacks '%s'", f.s->verdict.text, cases[c].words);
        }
        done(&f);
    }
    /* without seeds nothing pairs */
    fixture f =
        analysed("point,success,time_s\na,1,5\na,1,6\nb,1,4\nb,1,3\n", SPOT_ANALYZE_STATIC, NULL);
    assert_non_null(strstr(f.s->verdict.text, ", bootstrap)"));
    done(&f);
}

/* The words that a name ends in do not change the sweep that is seen. */
static void a_sweep_does_not_hang_on_the_spelling_of_names(void **state)
{
    static const char *const tails[] = {" align=skip", ""};
    char text[TEXT_SIZE];
    (void)state;
    for (int c = 0; c < 2; c++) {
        (void)snprintf(text, sizeof(text),
                       "point,alpha,overlap,episodes,successes,t_inf_ms,time_s,chunks,t_act_ms,n\n"
                       "steps=10 overlap=2%s,1,2,100,60,100,10,20,50,8\n"
                       "steps=5 overlap=2%s quant=w8a8,0.6,2,100,80,60,9,21,50,8\n"
                       "steps=3 overlap=2%s quant=w8a8,0.4,2,100,90,40,8,22,50,8\n"
                       "steps=1 overlap=2%s quant=w8a8 prune=0.5,0.2,2,100,50,20,12,40,50,8\n",
                       tails[c], tails[c], tails[c], tails[c]);
        fixture f = analysed(text, SPOT_ANALYZE_DYNAMIC, NULL);
        assert_int_equal(f.s->verdict.best, 2);
        assert_int_equal(f.s->verdict.kind, SPOT_ANALYZE_KIND_INTERIOR);
        assert_true(f.s->verdict.p_interior.known);
        assert_non_null(strstr(f.s->verdict.text, "lies inside the sweep 'steps=1 overlap=2"));
        done(&f);
    }
}

/* 0.7 s is 0.7 s however many rows say it: the mean of eight of them is no other latency than that of five. */
static void one_latency_is_one_whatever_the_number_of_episodes(void **state)
{
    static const int n_row[] = {8, 7, 5};
    static const int n_success[] = {4, 7, 2};
    char text[TEXT_SIZE];
    (void)state;
    int used = snprintf(text, sizeof(text), "point,overlap,t_inf_s,success\n");
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < n_row[i]; k++) {
            used += snprintf(text + used, sizeof(text) - (size_t)used, "o%d,%d,0.7,%d\n", i, i,
                             k < n_success[i]);
        }
    }
    fixture f = analysed(text, SPOT_ANALYZE_DYNAMIC, NULL);
    assert_int_equal(f.s->verdict.best, 1);
    assert_int_equal(f.s->verdict.kind, SPOT_ANALYZE_KIND_INTERIOR);
    /* all may be the best, and of one latency: the one of the least overlap */
    assert_int_equal(f.s->verdict.cheapest, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(f.s->points[i].alpha.value == 1.0);
    }
    done(&f);
}

/* How many actions are executed is a knob like any other; chunks of different length compare by the action:
 * T_ck 1.1 s for 10 and 5.1 s for 50 actions, N n = 80 and 150. */
static void the_number_of_executed_actions_is_a_knob(void **state)
{
    (void)state;
    fixture f = analysed("point,latency_ms,n,t_act_ms,episodes,successes,time_s,chunks\n"
                         "n=10,100,10,100,50,42,9,8\nn=50,100,50,100,50,32,12,3\n",
                         SPOT_ANALYZE_DYNAMIC, NULL);
    assert_true(f.s->n_differs);
    assert_int_equal(f.s->points[0].n_action, 10);
    assert_int_equal(f.s->points[1].n_action, 50);
    assert_close(f.s->points[1].t_chunk_s.value, 5.1, ROUND, 0.0);
    assert_close(f.s->points[1].eta_chunk.value, (1.1 / 10.0) / (5.1 / 50.0), ROUND, 0.0);
    assert_close(f.s->points[1].inflation.value, 150.0 / 80.0, ROUND, 0.0);
    /* eta_task = eta / inflation * residual all the same */
    assert_close(f.s->points[1].eta_task.value, 9.0 / 12.0, ROUND, 0.0);
    assert_close(f.s->points[1].residual.value, 0.75 / ((0.11 / 0.102) / (150.0 / 80.0)), ROUND,
                 0.0);
    assert_int_equal(f.s->verdict.best, 0);
    done(&f);
    /* three of them are a sweep, whatever their latencies have in common */
    f = analysed("point,t_inf_s,t_act_s,episodes,successes\nexecute=4,0.1,0.1,100,60\n"
                 "execute=8,0.1,0.1,100,90\nexecute=16,0.1,0.1,100,50\n",
                 SPOT_ANALYZE_DYNAMIC, NULL);
    assert_int_equal(f.s->verdict.best, 1);
    assert_int_equal(f.s->verdict.kind, SPOT_ANALYZE_KIND_INTERIOR);
    done(&f);
}

static void equal_points_establish_nothing(void **state)
{
    static char text[TEXT_SIZE];
    (void)state;
    timed(text, (double[]){6.0, 6.0, 6.0}, (double[]){0.2, 0.3, 0.4}, 3);
    fixture f = analysed(text, SPOT_ANALYZE_STATIC, "p2");
    assert_int_not_equal(f.s->verdict.static_paradox, SPOT_ANALYZE_ESTABLISHED);
    assert_true(f.s->verdict.p_interior.value > 0.05);
    done(&f);
}

static void few_successes_have_no_interval_and_say_so(void **state)
{
    (void)state;
    fixture f = analysed("point,seed,success,time_s\na,1,1,5\na,2,1,6\nb,1,1,4\nb,2,1,5\n",
                         SPOT_ANALYZE_STATIC, NULL);
    assert_true(f.s->points[0].time_s.known);
    assert_false(f.s->points[0].time_s.has_ci || f.s->points[1].eta_task.has_ci);
    assert_non_null(f.s->points[0].reason);
    done(&f);
}

static void welch_on_given_spreads(void **state)
{
    (void)state;
    fixture f = analysed("point,episodes,successes,time_s,time_sd_s\na,10,10,20,2\nb,10,10,16,2\n",
                         SPOT_ANALYZE_STATIC, NULL);
    /* t quantile of 9 degrees of freedom at 97.5 %: 2.262157 (tables) */
    assert_close(f.s->points[0].time_s.hi, 20.0 + 2.262157 * 2.0 / sqrt(10.0), 1e-5, 0.0);
    /* log ratio: variance (0.1^2 + 0.125^2) / 10, t = 4.408, so p is below 0.001 and above 1e-5 */
    assert_true(f.s->points[1].p_better.value < 1e-3 && f.s->points[1].p_better.value > 1e-5);
    assert_close(f.s->points[1].p_better.value + f.s->points[1].p_worse.value, 1.0, ROUND, 0.0);
    done(&f);
}

/* P07 and P08: counts measured at rho = 2, predicted at other rho by the law. */
static void a_static_forecast_is_that_of_the_vectors(void **state)
{
    static const struct {
        double rho;
        int best;
        double time_s;
    } want[] = {{2.0, 4, 116.4}, {8.0, 3, 170.0}, {32.0, 2, 358.4}};
    (void)state;
    fixture f = analysed("point,alpha,t_inf_s,chunk_actions,t_act_s,chunks\n"
                         "a,1,2,8,1,11.8\nb,0.25,,8,1,30\nc,0.4,,8,1,18\nd,0.55,,8,1,14\n"
                         "e,0.7,,8,1,12.5\nf,0.85,,8,1,12\n",
                         SPOT_ANALYZE_STATIC, NULL);
    static const char *const names[] = {"b", "c", "d", "e", "f", "a"};
    for (int i = 0; i < 3; i++) {
        spot_forecast *forecast = NULL;
        spot_analyze_target target = {.name = "h", .t_inf_s = want[i].rho};
        assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 0, &target, &forecast, NULL),
                         SPOT_OK);
        assert_string_equal(forecast->points[forecast->best].name, names[want[i].best]);
        assert_close(forecast->points[forecast->best].time_s.value, want[i].time_s, 0.0, 1e-9);
        assert_false(forecast->points[forecast->best].time_s.has_ci); /* no spread was given */
        spot_forecast_destroy(forecast);
    }
    done(&f);
}

/* What quantisation saves there is charged there; a variant of which nothing is known stays open. */
static void a_forecast_charges_the_variant_of_a_point(void **state)
{
    static const char PROFILE[] =
        "name: h\ndescription: a board\nclasses:\n"
        "  - {name: c, origin: measured, source: s, table: [{steps: 10, latency_ms: 1000}]}\n"
        "  - {name: \"c@w8a8\", origin: measured, source: s, table: [{steps: 10, latency_ms: "
        "400}]}\n";
    char path[512];
    spot_platform *platform = NULL;
    spot_forecast *forecast = NULL;
    spot_diag diag = {""};
    (void)state;
    spot_test_temp_path(path, sizeof(path), "h.yaml");
    spot_test_write_file(path, PROFILE, sizeof(PROFILE) - 1);
    if (spot_platform_load(path, NULL, &platform, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    fixture f = analysed("point,steps,t_inf_s,chunk_actions,t_act_s,chunks\n"
                         "steps=10 overlap=0,10,2,8,0.1,5\n"
                         "steps=10 overlap=0 quant=w8a8,10,1.5,8,0.1,5\n"
                         "steps=10 overlap=0 kv=p1,10,1.8,8,0.1,5\n",
                         SPOT_ANALYZE_STATIC, NULL);
    spot_analyze_target target = {.name = "h", .platform = platform, .model_class = "c"};
    if (spot_analyze_forecast(f.log, f.analysis, 0, &target, &forecast, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_close(forecast->points[0].t_inf_s.value, 1.0, ROUND, 0.0);
    assert_close(forecast->points[1].t_inf_s.value, 0.4, ROUND, 0.0);
    assert_close(forecast->points[1].time_s.value, 5 * (0.8 + 0.4), 0.0, ROUND);
    assert_false(forecast->points[2].t_inf_s.known);
    assert_int_equal(forecast->best, 1);
    spot_forecast_destroy(forecast);
    /* a target without a name is called as its platform is */
    target.name = NULL;
    assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 0, &target, &forecast, &diag),
                     SPOT_OK);
    assert_string_equal(forecast->platform, spot_platform_name(platform));
    spot_forecast_destroy(forecast);
    target.model_class = NULL;
    assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 0, &target, &forecast, &diag),
                     SPOT_E_INVALID);
    assert_non_null(strstr(diag.text, "a platform without a class of model"));
    done(&f);
    spot_platform_destroy(platform);
    (void)unlink(path);
}

static void an_overlap_forecast_is_that_of_the_vectors(void **state)
{
    static const double RHO[] = {2, 4, 8, 16, 32};
    static const int BEST[] = {2, 4, 3, 2, 1};
    static const double TIME_S[] = {84.8, 99.2, 146.9, 233.2, 397.8};
    static const double N[] = {10, 10.2, 10.6, 11.3, 12.4, 14, 16.5, 20, 25};
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof(text),
                                   "point,t_inf_s,overlap,chunk_actions,t_act_s,chunks\n");
    (void)state;
    for (int i = 0; i <= 8; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%d,4,%d,8,1,%g\n", i, i, N[i]);
    }
    fixture f = analysed(text, SPOT_ANALYZE_STATIC, NULL);
    for (int i = 0; i < 5; i++) {
        spot_forecast *forecast = NULL;
        spot_analyze_target target = {.name = "h", .t_inf_s = RHO[i]};
        assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 0, &target, &forecast, NULL),
                         SPOT_OK);
        assert_int_equal(forecast->best, BEST[i]);
        assert_close(forecast->points[forecast->best].time_s.value, TIME_S[i], 0.0, 1e-9);
        /* deeper than measured ages allow: only with slower inference than 4 s */
        assert_int_equal(forecast->points[0].extrapolated, 0);
        spot_forecast_destroy(forecast);
    }
    done(&f);
}

/* H(0) = 0.9, H(2) = 0.7 at the baseline; one period of delay lies half-way: 0.8. */
static void a_dynamic_forecast_joins_quality_and_delay(void **state)
{
    (void)state;
    fixture f = analysed("point,platform,t_act_s,delay_s,t_inf_s,episodes,successes\n"
                         "full,none,0.1,0,,100,90\nhalf,none,0.1,0,,100,80\n"
                         "full,slow,0.1,0.2,0.2,100,70\nhalf,slow,0.1,0.1,0.1,100,70\n",
                         SPOT_ANALYZE_DYNAMIC, "full");
    spot_forecast *forecast = NULL;
    spot_analyze_target target = {.name = "h", .t_inf_s = 0.1};
    assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 1, &target, &forecast, NULL),
                     SPOT_OK);
    assert_close(forecast->points[0].rate.value, 0.9 * (0.8 / 0.9), 0.0, ROUND);
    /* 0.05 s rounds to no delay (ties to even) */
    assert_close(forecast->points[1].rate.value, 0.8, 0.0, ROUND);
    spot_forecast_destroy(forecast);
    target.t_inf_s = 0.4;
    target.name = NULL;
    assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 1, &target, &forecast, NULL),
                     SPOT_OK);
    assert_true(forecast->points[0].extrapolated);
    assert_string_equal(forecast->platform, "a computer of 0.4 s an inference");
    spot_forecast_destroy(forecast);
    static const double impossible[] = {-0.1, 1e9, (double)NAN};
    for (int i = 0; i < 3; i++) {
        spot_diag diag = {""};
        target.t_inf_s = impossible[i];
        assert_int_equal(spot_analyze_forecast(f.log, f.analysis, 1, &target, &forecast, &diag),
                         SPOT_E_INVALID);
        assert_non_null(strstr(diag.text, "expected 0 to less than 1e+09"));
    }
    done(&f);
}

static void a_reversal_between_settings_is_said(void **state)
{
    (void)state;
    fixture f = analysed("point,platform,episodes,successes\nfull,fast,100,90\nlight,fast,100,60\n"
                         "full,slow,100,50\nlight,slow,100,80\n",
                         SPOT_ANALYZE_DYNAMIC, NULL);
    assert_int_equal(f.analysis->n_settings, 2);
    assert_non_null(strstr(f.analysis->text, "'light' against the baseline 'full' turns round"));
    assert_int_equal(f.analysis->settings[0].verdict.dynamic_paradox, SPOT_ANALYZE_NOT_ESTABLISHED);
    assert_int_equal(f.analysis->settings[1].verdict.dynamic_paradox, SPOT_ANALYZE_ESTABLISHED);
    done(&f);
}

static void tasks_are_strata(void **state)
{
    (void)state;
    /* Simpson: within each task a is better, pooled b is */
    fixture f =
        analysed("point,task,episodes,successes\na,x,100,30\nb,x,20,2\na,y,20,19\nb,y,100,80\n",
                 SPOT_ANALYZE_DYNAMIC, "b");
    assert_int_equal(f.s->n_tasks, 2);
    assert_true(f.s->points[0].rate.value < f.s->points[1].rate.value);
    assert_true(f.s->points[0].p_better.value < 0.05);
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timing_is_that_of_the_vectors),
        cmocka_unit_test(averages_are_those_of_the_vectors),
        cmocka_unit_test(failures_without_a_budget_leave_budget_time_unknown),
        cmocka_unit_test(dom_rates_give_the_known_intervals_and_tests),
        cmocka_unit_test(shared_seeds_take_mcnemar_and_others_fisher),
        cmocka_unit_test(at_a_fixed_cadence_eta_is_measured),
        cmocka_unit_test(a_clear_interior_optimum_is_established),
        cmocka_unit_test(paired_times_take_the_sign_flip_test),
        cmocka_unit_test(a_sweep_does_not_hang_on_the_spelling_of_names),
        cmocka_unit_test(one_latency_is_one_whatever_the_number_of_episodes),
        cmocka_unit_test(the_number_of_executed_actions_is_a_knob),
        cmocka_unit_test(equal_points_establish_nothing),
        cmocka_unit_test(few_successes_have_no_interval_and_say_so),
        cmocka_unit_test(welch_on_given_spreads),
        cmocka_unit_test(a_static_forecast_is_that_of_the_vectors),
        cmocka_unit_test(an_overlap_forecast_is_that_of_the_vectors),
        cmocka_unit_test(a_forecast_charges_the_variant_of_a_point),
        cmocka_unit_test(a_dynamic_forecast_joins_quality_and_delay),
        cmocka_unit_test(a_reversal_between_settings_is_said),
        cmocka_unit_test(tasks_are_strata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
