/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: hand-computed vectors (T_inf = 120 ms, n = 8, T_act = 25 ms unless stated), the separate
 * Eq. 2 and 3 of the paper, and a simulated schedule that knows no formula. */
#include "support/spot_test.h"

#include <math.h>

#include "spot/rng.h"
#include "spot/tised.h"

/* A handful of operations on numbers of order 1: a few roundings each. */
static const double ROUNDING = 1e-14;
static const double PRINTED = 1e-6; /* vectors printed with seven digits */

static const spot_tised_setup SETUP = {.inference_s = 0.12, .action_s = 0.025, .n_action = 8};

static spot_tised_timing time_point(const spot_tised_setup *setup, double alpha, int n_overlap)
{
    spot_tised_timing timing;
    assert_int_equal(spot_tised_time_point(setup, alpha, n_overlap, &timing), SPOT_OK);
    return timing;
}

static void chunk_time_and_speedup_match_vectors(void **state)
{
    (void)state;
    static const struct {
        double alpha;
        int n_overlap;
        double chunk_s, eta;
    } vector[] = {{1.0, 0, 0.320, 1.0},
                  {0.5, 0, 0.260, 1.230769},
                  {1.0, 3, 0.245, 1.306122},
                  {0.5, 3, 0.200, 1.6},
                  {0.5, 2, 0.210, 1.52381}};
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        spot_tised_timing t = time_point(&SETUP, vector[i].alpha, vector[i].n_overlap);
        assert_close(t.chunk_s, vector[i].chunk_s, 0.0, ROUNDING);
        assert_close(t.eta, vector[i].eta, 0.0, PRINTED);
    }
}

static void delay_and_age_match_vectors(void **state)
{
    (void)state;
    static const struct {
        double alpha;
        int n_overlap;
        double delay_s, age_s;
    } vector[] = {{0.5, 0, 0.060, 0.060}, {1.0, 3, 0.045, 0.120}, {0.5, 3, 0.0, 0.075}};
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        spot_tised_timing t = time_point(&SETUP, vector[i].alpha, vector[i].n_overlap);
        assert_close(t.delay_s, vector[i].delay_s, ROUNDING, 0.0);
        assert_close(t.age_s, vector[i].age_s, ROUNDING, 0.0);
    }
}

static void task_speedup_and_finite_episode_match_vectors(void **state)
{
    (void)state;
    spot_tised_timing t = time_point(&SETUP, 0.5, 3);
    double speedup = 0.0;
    assert_int_equal(spot_tised_task_speedup(&t, 16.0, 10.0, &speedup), SPOT_OK);
    assert_close(speedup, 1.0, 0.0, ROUNDING);
    assert_close(spot_tised_episode_s(&t, 16.0), 3.260, 0.0, ROUNDING);
    assert_true(spot_tised_episode_s(&t, 0.0) == 0.0);
    assert_int_equal(spot_tised_task_speedup(&t, 0.0, 10.0, &speedup), SPOT_E_RANGE);
    assert_int_equal(spot_tised_task_speedup(&t, 16.0, NAN, &speedup), SPOT_E_RANGE);
    assert_int_equal(spot_tised_task_speedup(&t, 16.0, 10.0, NULL), SPOT_E_INVALID);
}

static void speedup_in_terms_of_rho_has_its_limit(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 4.8, .action_s = 1.0, .n_action = 8};
    assert_close(time_point(&setup, 0.5, 0).eta, 1.230769, 0.0, PRINTED);
    assert_close(time_point(&setup, 1.0, 3).eta, 1.306122, 0.0, PRINTED);
    const spot_tised_setup slow = {.inference_s = 1e9, .action_s = 1.0, .n_action = 8};
    assert_close(time_point(&slow, 0.5, 0).eta, 2.0, 0.0, 1e-7); /* 2 - 16 / rho + ... */
}

static void jitter_is_averaged_sample_by_sample(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 0.06, .action_s = 0.02, .n_action = 8};
    const double samples[] = {0.02, 0.10};
    spot_tised_timing t;
    assert_int_equal(spot_tised_time_samples(&setup, samples, 2, 3, &t), SPOT_OK);
    assert_close(t.delay_s, 0.020, ROUNDING, 0.0);
    assert_close(time_point(&setup, 1.0, 3).delay_s, 0.0, ROUNDING, 0.0); /* from the mean: wrong */
    assert_close(t.chunk_s, 0.5 * (0.16 + 0.20), 0.0, ROUNDING);
    assert_close(t.age_s, 0.5 * (0.06 + 0.10), 0.0, ROUNDING);
}

static void delay_bins_match_the_published_table(void **state)
{
    (void)state;
    static const struct {
        double latency_ms;
        int want;
    } vector[] = {{1.80, 0},  {9.82, 0},  {21.44, 1}, {35.80, 1},
                  {33.75, 1}, {54.63, 2}, {50.0, 2},  {150.0, 4}};
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        double latency_s = vector[i].latency_ms / 1000.0;
        assert_int_equal(spot_tised_delay_steps(latency_s, 1.0 / 30.0), vector[i].want);
        assert_int_equal(spot_tised_delay_steps(0.03 * vector[i].latency_ms, 1.0), vector[i].want);
    }
}

static void delay_steps_round_to_even_at_every_tie(void **state)
{
    (void)state;
    for (int k = 0; k < 2000; k++) {
        int64_t even = k % 2 == 0 ? k : k + 1;
        double tie_s = (k + 0.5) / 30.0; /* the division may round either way */
        assert_int_equal(spot_tised_delay_steps(tie_s, 1.0 / 30.0), even);
        assert_int_equal(spot_tised_delay_steps((k + 0.499) / 30.0, 1.0 / 30.0), k);
        assert_int_equal(spot_tised_delay_steps((k + 0.501) / 30.0, 1.0 / 30.0), k + 1);
    }
    assert_int_equal(spot_tised_delay_steps(-1.0, 1.0), 0);
    assert_int_equal(spot_tised_delay_steps(NAN, 1.0), 0);
    assert_int_equal(spot_tised_delay_steps(1.0, 0.0), 0);
    assert_int_equal(spot_tised_delay_steps(INFINITY, 1.0), 0);
}

static void exposure_of_the_conveyor_matches_vector(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 0.77, .action_s = 0.1, .n_action = 8};
    double full = time_point(&setup, 1.0, 0).delay_s;
    double light = time_point(&setup, 0.41 / 0.77, 0).delay_s;
    assert_close(spot_tised_exposure(6.25, full), 4.8125, 0.0, ROUNDING);
    assert_close(spot_tised_exposure(6.25, light), 2.5625, 0.0, ROUNDING);
}

/* Independent of the formulas: a robot and one computer, event by event, in whole microseconds. */
static double simulate_chunk_us(int64_t inference_us, int64_t action_us, int n, int n_overlap)
{
    enum { N_CHUNK = 50 };
    int64_t start = inference_us; /* of the first action of the running chunk */
    int64_t first = start;
    for (int i = 0; i < N_CHUNK; i++) {
        int64_t observe = start + (n - n_overlap) * action_us; /* n' actions are left */
        int64_t ready = observe + inference_us;
        int64_t done = start + n * action_us;
        start = ready > done ? ready : done;
    }
    return (double)(start - first) / N_CHUNK;
}

static void random_points_obey_simulation_equations_and_invariants(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(41, SPOT_STREAM_RESET, 0);
    for (int i = 0; i < 2000; i++) {
        int n = 1 + (int)spot_rng_below(&rng, 30);
        int n_overlap = (int)spot_rng_below(&rng, (uint32_t)n + 1);
        int64_t action_us = 1 + spot_rng_below(&rng, 200000);
        int64_t inference_us = spot_rng_below(&rng, 3000000);
        spot_tised_setup setup = {.inference_s = (double)inference_us * 1e-6,
                                  .action_s = (double)action_us * 1e-6,
                                  .n_action = n};
        spot_tised_timing t = time_point(&setup, 1.0, n_overlap);
        double simulated_s = simulate_chunk_us(inference_us, action_us, n, n_overlap) * 1e-6;
        assert_close(t.chunk_s, simulated_s, 0.0, ROUNDING);

        double alpha = spot_rng_uniform(&rng, 0.0, 1.0);
        spot_tised_timing light = time_point(&setup, alpha, n_overlap);
        double act_s = n * setup.action_s;
        assert_true(light.chunk_s >= act_s);
        assert_true(light.chunk_s <= t.chunk_s);
        assert_true(light.eta <= light.eta_bound * (1.0 + ROUNDING));
        assert_true(light.eta >= 1.0 - ROUNDING);
        /* the robot waits for what the age exceeds the overlap by */
        assert_close(light.age_s - light.delay_s, n_overlap * setup.action_s, ROUNDING, ROUNDING);
        /* Eq. 3 and 8 */
        double eq3 =
            setup.inference_s + act_s - fmin(setup.inference_s, n_overlap * setup.action_s);
        assert_close(t.chunk_s, eq3, 0.0, ROUNDING);
        double rho = setup.inference_s / setup.action_s;
        double eq8 = (rho + n) / (alpha * rho + n);
        assert_close(time_point(&setup, alpha, 0).eta, eq8, 0.0, ROUNDING);

        /* scaling all times leaves eta alone */
        spot_tised_setup scaled = setup;
        scaled.inference_s *= 8.0;
        scaled.action_s *= 8.0;
        assert_close(time_point(&scaled, alpha, n_overlap).eta, light.eta, 0.0, ROUNDING);
    }
}

static void cadence_has_a_fixed_cycle_and_drops_what_is_past(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 0.199, .action_s = 0.1, .n_action = 8};
    double chunk_s = 0.0;
    assert_int_equal(spot_tised_cadence_chunk_s(&setup, 1.0, 0.0, &chunk_s), SPOT_OK);
    assert_close(chunk_s, 0.8, 0.0, ROUNDING);
    assert_int_equal(spot_tised_cadence_chunk_s(&setup, 5.0, 0.05, &chunk_s), SPOT_OK);
    assert_close(chunk_s, 1.045, 0.0, ROUNDING);
    assert_int_equal(spot_tised_cadence_chunk_s(&setup, 1.0, -0.1, &chunk_s), SPOT_E_RANGE);
    assert_int_equal(spot_tised_cadence_chunk_s(NULL, 1.0, 0.0, &chunk_s), SPOT_E_INVALID);

    assert_int_equal(spot_tised_stale_actions(0.199, 0.1, 16), 2); /* due at 0 and 100 ms */
    assert_int_equal(spot_tised_stale_actions(0.2, 0.1, 16), 3);   /* and at 200 ms, just now */
    assert_int_equal(spot_tised_stale_actions(0.1 + 0.1 + 0.1, 0.1, 16), 4);
    assert_int_equal(spot_tised_stale_actions(0.3, 0.1, 16), 4); /* 0.3 / 0.1 rounds below 3 */
    assert_int_equal(spot_tised_stale_actions(0.0, 0.1, 16), 1);
    assert_int_equal(spot_tised_stale_actions(1e30, 0.1, 16), 16);
    assert_int_equal(spot_tised_stale_actions(NAN, 0.1, 16), 0);
    assert_int_equal(spot_tised_stale_actions(-1.0, 0.1, 16), 0);
}

static void every_schedule_has_its_times(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 1.25, .action_s = 0.125, .n_action = 8};
    spot_tised_timing t;
    spot_tised_point p = {.alpha = 0.5};
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_OK);
    assert_close(t.chunk_s, 1.625, 0.0, ROUNDING);
    assert_close(t.eta, 2.25 / 1.625, 0.0, ROUNDING);
    assert_true(t.first_wait_s == 0.0);
    p.n_overlap = 2; /* not under sync */
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_E_RANGE);
    p.schedule = SPOT_SCHEDULE_OVERLAP;
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_OK);
    assert_close(t.chunk_s, 1.375, 0.0, ROUNDING);
    p.overhead_s = 0.5; /* not under overlap */
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_E_RANGE);

    /* cadence: 0.625 + 0.5 > 1, actions at 0 ... 0.625 s are late, the next is 0.75 s old; the
     * baseline takes 1.75 s */
    p = (spot_tised_point){0.5, 0, SPOT_SCHEDULE_CADENCE, 0.5};
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_OK);
    assert_close(t.chunk_s, 1.125, 0.0, ROUNDING);
    assert_close(t.delay_s, 0.125, 0.0, ROUNDING);
    assert_close(t.age_s, 0.75, 0.0, ROUNDING);
    assert_close(t.eta, 1.75 / 1.125, 0.0, ROUNDING);
    assert_close(t.eta_bound, 1.75, 0.0, ROUNDING);
    assert_true(t.first_wait_s == 0.0);
    double chunk_s = 0.0;
    assert_int_equal(spot_tised_cadence_chunk_s(&setup, 0.5, 0.5, &chunk_s), SPOT_OK);
    assert_true(chunk_s == t.chunk_s);
    p.overhead_s = 0.0; /* all hidden: nothing is gained over the cycle */
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_OK);
    assert_close(t.chunk_s, 1.0, 0.0, ROUNDING);
    p.schedule = (spot_schedule)9;
    assert_int_equal(spot_tised_time(&setup, &p, &t), SPOT_E_INVALID);
    assert_int_equal(spot_tised_time(&setup, NULL, &t), SPOT_E_INVALID);
}

static void jittered_episode_is_the_sum_of_its_chunks(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 0.06, .action_s = 0.02, .n_action = 8};
    const double latency_s[] = {0.02, 0.10, 0.10, 0.05};
    spot_tised_point p = {0.5, 3, SPOT_SCHEDULE_OVERLAP, 0.0}; /* alpha is not applied */
    double episode_s = 0.0;
    assert_int_equal(spot_tised_episode_jitter_s(&setup, &p, latency_s, 4, &episode_s), SPOT_OK);
    assert_close(episode_s, 4 * 0.16 + 0.04 + 0.04 + 0.02, 0.0, ROUNDING);
    p = (spot_tised_point){1.0, 0, SPOT_SCHEDULE_SYNC, 0.0};
    assert_int_equal(spot_tised_episode_jitter_s(&setup, &p, latency_s, 4, &episode_s), SPOT_OK);
    assert_close(episode_s, 4 * 0.16 + 0.27, 0.0, ROUNDING);
    p = (spot_tised_point){1.0, 0, SPOT_SCHEDULE_CADENCE, 0.1};
    assert_int_equal(spot_tised_episode_jitter_s(&setup, &p, latency_s, 4, &episode_s), SPOT_OK);
    assert_close(episode_s, 0.16 + 0.20 + 0.20 + 0.16, 0.0, ROUNDING);
    assert_int_equal(spot_tised_episode_jitter_s(&setup, &p, latency_s, 0, &episode_s),
                     SPOT_E_RANGE);

    /* a scaled policy: the samples of the baseline times alpha, not the mean */
    spot_tised_timing t;
    p = (spot_tised_point){0.5, 2, SPOT_SCHEDULE_OVERLAP, 0.0};
    assert_int_equal(spot_tised_time_jitter(&setup, &p, latency_s, 4, &t), SPOT_OK);
    assert_close(t.delay_s, 2 * 0.01 / 4, 0.0, ROUNDING * 100); /* 0.05 - 0.04, twice in four */
    assert_int_equal(spot_tised_time_jitter(&setup, &p, NULL, 4, &t), SPOT_E_INVALID);
}

/* Finite inputs whose times are not: an error, never an infinity or NaN. */
static void overflow_is_an_error(void **state)
{
    (void)state;
    spot_tised_timing t = {.eta = 77.0};
    static const spot_tised_setup setups[] = {
        {1e308, 1e308, 8}, {1e308, 5e-324, 1}, {0.0, 1e308, 8}, {1e300, 1e-300, 1}};
    for (size_t i = 0; i < sizeof(setups) / sizeof(setups[0]); i++) {
        assert_int_equal(spot_tised_time_point(&setups[i], 1.0, 0, &t), SPOT_E_RANGE);
    }
    assert_int_equal(spot_tised_time_point(&SETUP, 1e308, 0, &t), SPOT_OK);
    assert_true(t.eta > 0.0 && isfinite(t.chunk_s));
    const spot_tised_setup slow = {1e10, 1.0, 8};
    t.eta = 77.0;
    assert_int_equal(spot_tised_time_point(&slow, 1e308, 0, &t), SPOT_E_RANGE);
    assert_true(t.eta == 77.0); /* untouched */
    double task_s = 0.0;
    t.chunk_s = 1e200;
    assert_int_equal(spot_tised_task_s(&t, 1e200, &task_s), SPOT_E_RANGE);
    assert_int_equal(spot_tised_task_s(&t, NAN, &task_s), SPOT_E_RANGE);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_tised_timing t;
    const double bad[] = {NAN, INFINITY, -1.0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spot_tised_setup setup = SETUP;
        setup.inference_s = bad[i];
        assert_int_equal(spot_tised_time_point(&setup, 1.0, 0, &t), SPOT_E_RANGE);
        setup = SETUP;
        setup.action_s = bad[i];
        assert_int_equal(spot_tised_time_point(&setup, 1.0, 0, &t), SPOT_E_RANGE);
        assert_int_equal(spot_tised_time_point(&SETUP, bad[i], 0, &t), SPOT_E_RANGE);
        assert_int_equal(spot_tised_time_samples(&SETUP, &bad[i], 1, 0, &t), SPOT_E_RANGE);
    }
    spot_tised_setup setup = SETUP;
    setup.action_s = 0.0;
    assert_int_equal(spot_tised_time_point(&setup, 1.0, 0, &t), SPOT_E_RANGE);
    setup = SETUP;
    setup.n_action = 0;
    assert_int_equal(spot_tised_time_point(&setup, 1.0, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_point(&SETUP, 1.0, 9, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_point(&SETUP, 1.0, -1, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_point(NULL, 1.0, 0, &t), SPOT_E_INVALID);
    assert_int_equal(spot_tised_time_point(&SETUP, 1.0, 0, NULL), SPOT_E_INVALID);
    const double sample = 0.1;
    assert_int_equal(spot_tised_time_samples(&SETUP, &sample, 0, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_samples(&SETUP, NULL, 1, 0, &t), SPOT_E_INVALID);
}

static void schedules_have_names(void **state)
{
    (void)state;
    static const struct {
        spot_schedule schedule;
        const char *name;
    } all[] = {{SPOT_SCHEDULE_SYNC, "sync"},
               {SPOT_SCHEDULE_OVERLAP, "overlap"},
               {SPOT_SCHEDULE_CADENCE, "cadence"}};
    for (size_t i = 0; i < 3; i++) {
        spot_schedule read = all[(i + 1) % 3].schedule;
        assert_string_equal(spot_schedule_str(all[i].schedule), all[i].name);
        assert_true(spot_schedule_parse(all[i].name, &read));
        assert_int_equal(read, all[i].schedule);
        assert_false(spot_schedule_parse("syn", &read));
        assert_false(spot_schedule_parse("", &read));
        assert_false(spot_schedule_parse(NULL, &read));
        assert_int_equal(read, all[i].schedule);
    }
    assert_string_equal(spot_schedule_str((spot_schedule)3), "unknown");
    assert_string_equal(spot_schedule_str((spot_schedule)-1), "unknown");
    assert_string_equal(spot_regime_str(SPOT_REGIME_STATIC), "static");
    assert_string_equal(spot_regime_str(SPOT_REGIME_DYNAMIC), "dynamic");
    assert_string_equal(spot_regime_str((spot_regime)2), "unknown");
    assert_int_equal(spot_schedule_of(false, 0), SPOT_SCHEDULE_SYNC);
    assert_int_equal(spot_schedule_of(false, 1), SPOT_SCHEDULE_OVERLAP);
    assert_int_equal(spot_schedule_of(true, 0), SPOT_SCHEDULE_CADENCE);
    assert_int_equal(spot_schedule_of(true, 1), SPOT_SCHEDULE_CADENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_have_names),
        cmocka_unit_test(chunk_time_and_speedup_match_vectors),
        cmocka_unit_test(delay_and_age_match_vectors),
        cmocka_unit_test(task_speedup_and_finite_episode_match_vectors),
        cmocka_unit_test(speedup_in_terms_of_rho_has_its_limit),
        cmocka_unit_test(jitter_is_averaged_sample_by_sample),
        cmocka_unit_test(delay_bins_match_the_published_table),
        cmocka_unit_test(delay_steps_round_to_even_at_every_tie),
        cmocka_unit_test(exposure_of_the_conveyor_matches_vector),
        cmocka_unit_test(random_points_obey_simulation_equations_and_invariants),
        cmocka_unit_test(cadence_has_a_fixed_cycle_and_drops_what_is_past),
        cmocka_unit_test(every_schedule_has_its_times),
        cmocka_unit_test(jittered_episode_is_the_sum_of_its_chunks),
        cmocka_unit_test(overflow_is_an_error),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
