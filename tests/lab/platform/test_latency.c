/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Latencies that are more than a mean and a spread: what is drawn against what was given (frequencies within six
 * standard errors, seeds fixed), moments against sums and a numerical integral.
 */
#include "spot/latency.h"

#include <math.h>
#include <string.h>

#include "support/spot_test.h"

enum { N_DRAWS = 100000 };

/* Sums of some hundred terms. */
static const double ROUNDING = 1e-12;

static spot_latency_shape *make(const spot_latency_shape_config *config, spot_latency *latency)
{
    spot_latency_shape *shape = NULL;
    spot_diag diag = {""};
    assert_int_equal(spot_latency_shape_create(config, &shape, &diag), SPOT_OK);
    *latency = (spot_latency){.origin = SPOT_ORIGIN_PUBLISHED, .source = "a paper"};
    spot_latency_use(latency, shape);
    assert_true(latency->shape == shape && latency->origin == SPOT_ORIGIN_PUBLISHED);
    assert_string_equal(latency->source, "a paper");
    return shape;
}

static spot_latency_shape_config start(spot_latency_kind kind, const double *rest_s, int n)
{
    spot_latency_shape_config config;
    spot_latency_shape_config_default(&config);
    assert_true(config.kind == SPOT_LATENCY_TRACE && config.order == SPOT_LATENCY_IN_ORDER);
    config.kind = kind;
    config.rest_s = rest_s;
    config.n = n;
    return config;
}

/* ---- quantiles ---- */

static const double LEVELS[] = {0.1, 0.5, 0.9, 0.99};
static const double AT[] = {0.02, 0.03, 0.05, 0.4};
static const double FIRST_AT[] = {0.01, 0.012, 0.02, 0.02};

/* The inverse of the distribution, by walking over the table. */
static double inverse(const double *at, double u)
{
    double value = at[0];
    for (int i = 1; i < 4; i++) {
        if (u >= LEVELS[i - 1]) {
            const double share = fmin(1.0, (u - LEVELS[i - 1]) / (LEVELS[i] - LEVELS[i - 1]));
            value = at[i - 1] + share * (at[i] - at[i - 1]);
        }
    }
    return value;
}

static void quantiles_are_kept_by_the_draws_and_the_moments(void **state)
{
    (void)state;
    spot_latency latency;
    spot_latency_shape_config config = start(SPOT_LATENCY_QUANTILES, AT, 4);
    config.of = LEVELS;
    config.first_s = FIRST_AT;
    spot_latency_shape *shape = make(&config, &latency);
    enum { N_CELL = 1000000 }; /* midpoint rule: exact but for the cells with a corner */
    double mean = 0.0;
    double square = 0.0;
    for (int i = 0; i < N_CELL; i++) {
        const double x = inverse(AT, (i + 0.5) / N_CELL);
        mean += x / N_CELL;
        square += x * x / N_CELL;
    }
    assert_close(latency.mean_s, mean, 1e-9, 0.0);
    assert_close(latency.spread_s, sqrt(square - mean * mean), 1e-8, 0.0);

    int below[4] = {0};
    int ends = 0;
    for (uint64_t i = 0; i < N_DRAWS; i++) {
        const spot_latency_call call = spot_latency_at(&latency, 3, i);
        for (int k = 0; k < 4; k++) {
            below[k] += call.rest_s <= AT[k];
        }
        ends += call.rest_s == AT[0] || call.rest_s == AT[3];
        spot_rng rng = spot_rng_at(3, SPOT_STREAM_LATENCY, i);
        const double u = spot_rng_uniform(&rng, 0.0, 1.0);
        assert_close(call.rest_s, inverse(AT, u), 0.0, ROUNDING);
        assert_close(call.first_s, inverse(FIRST_AT, u), 0.0, ROUNDING);
        assert_true(call.first_s <= call.rest_s);
    }
    for (int k = 0; k < 4; k++) {
        const double p = k == 3 ? 1.0 : LEVELS[k];
        assert_close((double)below[k] / N_DRAWS, p, 6.0 * sqrt(p * (1.0 - p) / N_DRAWS), 0.0);
    }
    assert_close((double)ends / N_DRAWS, 0.11, 6.0 * sqrt(0.11 * 0.89 / N_DRAWS), 0.0);
    assert_int_equal(spot_latency_sample_count(&latency), 4096);
    assert_true(spot_latency_has_first(&latency));
    spot_latency_shape_destroy(shape);
}

static void one_quantile_is_a_constant(void **state)
{
    (void)state;
    spot_latency latency;
    const double level = 0.3;
    const double value = 0.1;
    spot_latency_shape_config config = start(SPOT_LATENCY_QUANTILES, &value, 1);
    config.of = &level;
    spot_latency_shape *shape = make(&config, &latency);
    assert_true(latency.mean_s == 0.1 && latency.spread_s == 0.0);
    assert_int_equal(spot_latency_sample_count(&latency), 1);
    assert_true(spot_latency_at(&latency, 5, 6).rest_s == 0.1);
    assert_true(spot_latency_at(&latency, 5, 6).first_s == 0.1);
    assert_false(spot_latency_has_first(&latency));
    spot_latency_shape_destroy(shape);
}

/* ---- mixtures ---- */

static void a_mixture_of_draft_and_full_calls_has_the_moments_of_its_parts(void **state)
{
    (void)state;
    spot_latency latency;
    const double rest_s[] = {0.05, 0.3};
    const double first_s[] = {0.05, 0.06};
    const double weight[] = {3.0, 1.0};
    const double spread_s[] = {0.0, 0.06};
    spot_latency_shape_config config = start(SPOT_LATENCY_MIXTURE, rest_s, 2);
    config.first_s = first_s;
    config.of = weight;
    config.spread_s = spread_s;
    spot_latency_shape *shape = make(&config, &latency);
    const double mean = 0.75 * 0.05 + 0.25 * 0.3;
    const double variance = 0.75 * 0.05 * 0.05 + 0.25 * (0.3 * 0.3 + 0.06 * 0.06) - mean * mean;
    assert_close(latency.mean_s, mean, 0.0, ROUNDING);
    assert_close(latency.spread_s, sqrt(variance), 0.0, ROUNDING);

    int draft = 0;
    double sum = 0.0;
    double square = 0.0;
    for (uint64_t i = 0; i < N_DRAWS; i++) {
        const spot_latency_call call = spot_latency_at(&latency, 11, i);
        const bool is_draft = call.rest_s == 0.05;
        draft += is_draft;
        sum += is_draft ? 0.0 : call.rest_s;
        square += is_draft ? 0.0 : (call.rest_s - 0.3) * (call.rest_s - 0.3);
        assert_close(call.first_s, is_draft ? 0.05 : 0.2 * call.rest_s, 0.0, ROUNDING);
    }
    const double full = N_DRAWS - draft;
    assert_close((double)draft / N_DRAWS, 0.75, 6.0 * sqrt(0.75 * 0.25 / N_DRAWS), 0.0);
    assert_close(sum / full, 0.3, 6.0 * 0.06 / sqrt(full), 0.0);
    /* kurtosis of this log-normal 3.7: the spread's standard error is spread sqrt(2.7 / (4 n)) */
    assert_close(sqrt(square / full), 0.06, 6.0 * 0.06 * sqrt(2.7 / (4.0 * full)), 0.0);
    spot_latency_shape_destroy(shape);
}

static void one_part_without_spread_is_a_constant_in_two_parts(void **state)
{
    (void)state;
    spot_latency latency;
    const double rest_s = 0.1;
    const double first_s = 0.0;
    const double weight = 7.0;
    spot_latency_shape_config config = start(SPOT_LATENCY_MIXTURE, &rest_s, 1);
    config.first_s = &first_s;
    config.of = &weight;
    spot_latency_shape *shape = make(&config, &latency);
    assert_int_equal(spot_latency_sample_count(&latency), 1);
    const spot_latency_call call = spot_latency_sample(&latency, 0);
    assert_true(call.rest_s == 0.1 && call.first_s == 0.0 && spot_latency_has_first(&latency));
    spot_latency_shape_destroy(shape);

    const double nothing = 0.0;
    const double spread_s = 0.5; /* of nothing */
    config = start(SPOT_LATENCY_MIXTURE, &nothing, 1);
    config.of = &weight;
    config.spread_s = &spread_s;
    shape = make(&config, &latency);
    assert_true(spot_latency_at(&latency, 1, 1).rest_s == 0.0);
    assert_true(spot_latency_at(&latency, 1, 1).first_s == 0.0);
    assert_int_equal(spot_latency_sample_count(&latency), 4096);
    spot_latency_shape_destroy(shape);
}

/* ---- traces ---- */

static const double CALLS[] = {0.5, 0.1, 0.1, 0.3, 0.2};
static const double FIRSTS[] = {0.2, 0.1, 0.05, 0.0, 0.2};

static void a_trace_in_order_begins_anew_in_each_episode_and_at_its_end(void **state)
{
    (void)state;
    spot_latency latency;
    spot_latency_shape_config config = start(SPOT_LATENCY_TRACE, CALLS, 5);
    config.first_s = FIRSTS;
    spot_latency_shape *shape = make(&config, &latency);
    for (uint64_t seed = 0; seed < 7; seed++) {
        for (uint64_t i = 0; i < 23; i++) {
            const spot_latency_call call = spot_latency_at(&latency, seed, i);
            assert_true(call.rest_s == CALLS[i % 5] && call.first_s == FIRSTS[i % 5]);
        }
    }
    assert_close(latency.mean_s, 0.24, 0.0, ROUNDING);
    assert_close(latency.spread_s, sqrt(0.4 / 5.0 - 0.24 * 0.24), 0.0, ROUNDING);
    assert_int_equal(spot_latency_sample_count(&latency), 5);
    for (int i = 0; i < 5; i++) {
        assert_true(spot_latency_sample(&latency, i).rest_s == CALLS[i]);
    }
    spot_latency_shape_destroy(shape);
}

static void a_trace_by_seed_draws_all_its_calls_alike(void **state)
{
    (void)state;
    spot_latency latency;
    spot_latency again;
    spot_latency_shape_config config = start(SPOT_LATENCY_TRACE, CALLS, 5);
    config.first_s = FIRSTS;
    config.order = SPOT_LATENCY_BY_SEED;
    spot_latency_shape *shape = make(&config, &latency);
    spot_latency_shape *other = make(&config, &again);
    int seen[5] = {0};
    int moved = 0;
    for (uint64_t i = 0; i < N_DRAWS; i++) {
        const spot_latency_call call = spot_latency_at(&latency, 1 + i % 3, i);
        assert_true(spot_latency_at(&again, 1 + i % 3, i).first_s == call.first_s);
        moved += spot_latency_at(&latency, 2 + i % 3, i).first_s != call.first_s;
        for (int k = 0; k < 5; k++) {
            seen[k] += call.rest_s == CALLS[k] && call.first_s == FIRSTS[k];
        }
    }
    for (int k = 0; k < 5; k++) {
        assert_close((double)seen[k] / N_DRAWS, 0.2, 6.0 * sqrt(0.16 / N_DRAWS), 0.0);
    }
    assert_true(moved > N_DRAWS / 2);
    assert_int_equal(spot_latency_sample_count(&latency), 5);
    assert_true(spot_latency_sample(&latency, 3).rest_s == CALLS[3]);
    spot_latency_shape_destroy(shape);
    spot_latency_shape_destroy(other);
}

static void without_a_shape_a_call_is_a_log_normal_draw(void **state)
{
    (void)state;
    spot_latency latency = {.mean_s = 0.2, .spread_s = 0.1};
    for (uint64_t i = 0; i < 50; i++) {
        spot_rng rng = spot_rng_at(9, SPOT_STREAM_LATENCY, i);
        const spot_latency_call call = spot_latency_at(&latency, 9, i);
        assert_true(call.rest_s == spot_latency_draw(&latency, &rng));
        assert_true(call.first_s == call.rest_s);
        spot_rng zero = spot_rng_at(0, SPOT_STREAM_LATENCY, i);
        assert_true(spot_latency_sample(&latency, (int)i).rest_s ==
                    spot_latency_draw(&latency, &zero));
    }
    assert_int_equal(spot_latency_sample_count(&latency), 4096);
    assert_false(spot_latency_has_first(&latency));
    latency.spread_s = 0.0;
    assert_int_equal(spot_latency_sample_count(&latency), 1);
    spot_latency_use(&latency, NULL);
    assert_true(latency.mean_s == 0.2 && latency.shape == NULL);
    assert_true(spot_latency_shape_hash(NULL) == 0);
}

/* ---- identity ---- */

static uint64_t hash_of(const spot_latency_shape_config *config)
{
    spot_latency latency;
    spot_latency_shape *shape = make(config, &latency);
    const uint64_t hash = spot_latency_shape_hash(shape);
    spot_latency_shape_destroy(shape);
    return hash;
}

static void whatever_changes_the_calls_changes_the_hash(void **state)
{
    (void)state;
    static const double moved[] = {0.1, 0.5, 0.1, 0.3, 0.2}; /* same mean, same spread */
    const double levels[] = {0.1, 0.2, 0.3, 0.4, 1.0};
    const double rising[] = {0.1, 0.1, 0.2, 0.3, 0.5};
    uint64_t hash[8];
    spot_latency_shape_config config = start(SPOT_LATENCY_TRACE, CALLS, 5);
    hash[0] = hash_of(&config);
    assert_true(hash_of(&config) == hash[0]);
    config.order = SPOT_LATENCY_BY_SEED;
    hash[1] = hash_of(&config);
    config.order = SPOT_LATENCY_IN_ORDER;
    config.first_s = FIRSTS;
    hash[2] = hash_of(&config);
    config.first_s = NULL;
    config.n = 4;
    hash[3] = hash_of(&config);
    config = start(SPOT_LATENCY_TRACE, moved, 5);
    hash[4] = hash_of(&config);
    config = start(SPOT_LATENCY_QUANTILES, rising, 5);
    config.of = levels;
    hash[5] = hash_of(&config);
    config.kind = SPOT_LATENCY_MIXTURE;
    hash[6] = hash_of(&config);
    config.spread_s = CALLS;
    hash[7] = hash_of(&config);
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < i; k++) {
            assert_true(hash[i] != hash[k]);
        }
    }
}

/* ---- misuse ---- */

static void refuse(const spot_latency_shape_config *config, spot_status status, const char *words)
{
    spot_latency_shape *shape = (spot_latency_shape *)(uintptr_t)1;
    spot_diag diag = {""};
    assert_int_equal(spot_latency_shape_create(config, &shape, &diag), status);
    assert_null(shape);
    if (strstr(diag.text, words) == NULL) {
        fail_msg("'%s' not in '%s'", words, diag.text);
    }
}

static void impossible_shapes_are_refused_with_a_reason(void **state)
{
    (void)state;
    const double levels[] = {0.1, 0.5, 0.9};
    double rest[] = {0.1, 0.2, 0.3};
    double other[] = {0.0, 0.1, 0.2};
    spot_latency_shape_config c = start(SPOT_LATENCY_TRACE, rest, 3);
    assert_int_equal(spot_latency_shape_create(&c, NULL, NULL), SPOT_E_INVALID);
    refuse(NULL, SPOT_E_INVALID, "");
    c.size = 0;
    refuse(&c, SPOT_E_INVALID, "size");
    c = start(SPOT_LATENCY_TRACE, NULL, 3);
    refuse(&c, SPOT_E_INVALID, "lacks an array");
    c = start(SPOT_LATENCY_TRACE, rest, 3);
    c.of = levels;
    refuse(&c, SPOT_E_INVALID, "one too many");
    c.of = NULL;
    c.spread_s = other;
    refuse(&c, SPOT_E_INVALID, "one too many");
    c = start((spot_latency_kind)3, rest, 3);
    c.of = levels;
    refuse(&c, SPOT_E_INVALID, "kind 3");
    c = start(SPOT_LATENCY_TRACE, rest, 3);
    c.order = (spot_latency_draw_order)2;
    refuse(&c, SPOT_E_INVALID, "lacks an array");
    c = start(SPOT_LATENCY_QUANTILES, rest, 3);
    refuse(&c, SPOT_E_INVALID, "lacks an array");
    c = start(SPOT_LATENCY_TRACE, rest, 0);
    refuse(&c, SPOT_E_RANGE, "0 values, expected 1..1000000");
    c.n = SPOT_LATENCY_TRACE_MAX + 1;
    refuse(&c, SPOT_E_RANGE, "1000001 values");
    c = start(SPOT_LATENCY_MIXTURE, rest, SPOT_LATENCY_TABLE_MAX + 1);
    c.of = levels;
    refuse(&c, SPOT_E_RANGE, "1025 values, expected 1..1024");
}

static void values_that_are_no_latency_are_refused_by_their_place(void **state)
{
    (void)state;
    const double bad[] = {-1e-9, (double)NAN, (double)INFINITY, 86400.1};
    double levels[] = {0.1, 0.5, 0.9};
    double rest[] = {0.1, 0.2, 0.3};
    double other[] = {0.0, 0.1, 0.2};
    spot_latency_shape_config c = start(SPOT_LATENCY_MIXTURE, rest, 3);
    c.of = levels;
    c.first_s = other;
    c.spread_s = other;
    for (int i = 0; i < 4; i++) {
        rest[2] = bad[i];
        refuse(&c, SPOT_E_RANGE, "rest_s[2]");
        rest[2] = 0.3;
        other[1] = bad[i];
        refuse(&c, SPOT_E_RANGE, "first_s[1]");
        c.first_s = NULL;
        refuse(&c, SPOT_E_RANGE, "spread_s[1]");
        c.first_s = other;
        other[1] = 0.1;
        levels[0] = i == 0 ? 0.0 : i == 3 ? -1.0 : bad[i];
        refuse(&c, SPOT_E_RANGE, "of[0]");
        levels[0] = 0.1;
    }
    other[2] = 0.31; /* the first action behind the rest */
    refuse(&c, SPOT_E_RANGE, "first_s[2]");
    other[2] = 0.3;
    levels[0] = 1e9;
    spot_latency latency;
    spot_latency_shape_destroy(make(&c, &latency));
    levels[0] = 1.001e9;
    refuse(&c, SPOT_E_RANGE, "of[0]");
    levels[0] = 0.1;
    spot_latency_shape_destroy(make(&c, &latency));

    c = start(SPOT_LATENCY_QUANTILES, rest, 3);
    c.of = levels;
    levels[1] = 0.1;
    refuse(&c, SPOT_E_RANGE, "of[1] is 0.1, expected levels 0..1 that rise");
    levels[1] = 0.5;
    levels[2] = 1.1;
    refuse(&c, SPOT_E_RANGE, "of[2]");
    levels[2] = 1.0;
    rest[2] = 0.19;
    refuse(&c, SPOT_E_RANGE, "fall");
    rest[2] = 0.2;
    other[1] = 0.15;
    other[2] = 0.14;
    c.first_s = other;
    refuse(&c, SPOT_E_RANGE, "fall");
    other[2] = 0.15;
    levels[0] = 0.0;
    spot_latency_shape_destroy(make(&c, &latency));
}

static void create_survives_every_failed_allocation(void **state)
{
    (void)state;
    const double of[] = {1.0, 2.0, 3.0, 4.0, 5.0};
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_latency_shape_config c = start(SPOT_LATENCY_MIXTURE, CALLS, 5);
        spot_latency_shape *shape = NULL;
        c.first_s = FIRSTS;
        c.of = of;
        c.spread_s = FIRSTS;
        c.allocator = &allocator;
        assert_true(k < 100);
        st = spot_latency_shape_create(&c, &shape, NULL);
        assert_true(st == SPOT_OK ? k == 5 : st == SPOT_E_NOMEM && shape == NULL);
        spot_latency_shape_destroy(shape);
        spot_test_assert_no_leak(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_kept_by_the_draws_and_the_moments),
        cmocka_unit_test(one_quantile_is_a_constant),
        cmocka_unit_test(a_mixture_of_draft_and_full_calls_has_the_moments_of_its_parts),
        cmocka_unit_test(one_part_without_spread_is_a_constant_in_two_parts),
        cmocka_unit_test(a_trace_in_order_begins_anew_in_each_episode_and_at_its_end),
        cmocka_unit_test(a_trace_by_seed_draws_all_its_calls_alike),
        cmocka_unit_test(without_a_shape_a_call_is_a_log_normal_draw),
        cmocka_unit_test(whatever_changes_the_calls_changes_the_hash),
        cmocka_unit_test(impossible_shapes_are_refused_with_a_reason),
        cmocka_unit_test(values_that_are_no_latency_are_refused_by_their_place),
        cmocka_unit_test(create_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
