/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Simulated hold-out: measure one platform, predict another, then "measure" that one too.
 *
 * Random monotone truths, episodes around them, the shipped fit and prediction on one side, fresh
 * episodes of the other platform and the truth on the other. Reference figures (printed for 3000
 * random curves of another family, so only their size is to be met): n = 30: best point within one
 * step 0.86, regret 1.1 % (95th percentile 5.4 %), RMSE 6 %, coverage 0.954 - 0.964; n = 100: 0.92,
 * 0.5 % (3.1 %), 3.3 %; keeping the old best 5.6 % on hardware four times slower.
 */
#include "support/spot_test.h"

#include <math.h>
#include <stdlib.h>

#include "core/stats/order.h"
#include "spot/rng.h"
#include "spot/tised_shift.h"

enum { N_CURVE = 3000, N_POINT = 6, WORK = 64, N_DELAY = 5 };
static const double CV = 0.25;

typedef struct tally {
    double within, regret, regret_95, keep, rmse, coverage;
} tally;

/* N = a (1 + b ((1 / alpha)^p - 1)), from nearly flat to steep. */
static void draw_curve(spot_rng *rng, const double *alpha, double *n_chunk)
{
    double a = spot_rng_uniform(rng, 10.0, 40.0);
    double b = exp(spot_rng_uniform(rng, log(0.02), log(1.0)));
    double p = spot_rng_uniform(rng, 0.5, 2.0);
    for (int i = 0; i < N_POINT; i++) {
        n_chunk[i] = a * (1.0 + b * (pow(1.0 / alpha[i], p) - 1.0));
    }
}

/* Lognormal episodes of coefficient of variation CV. */
static double draw_mean(spot_rng *rng, double truth, int n, double *sd)
{
    double sigma2 = log(1.0 + CV * CV), sum = 0.0, sum2 = 0.0;
    for (int k = 0; k < n; k++) {
        double x = truth * exp(sqrt(sigma2) * spot_rng_normal(rng) - 0.5 * sigma2);
        sum += x;
        sum2 += x * x;
    }
    *sd = sqrt(fmax(0.0, (sum2 - sum * sum / n) / (n - 1)));
    return sum / n;
}

static int least_of(const double *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++) {
        best = x[i] < x[best] ? i : best;
    }
    return best;
}

static void finish(tally *t, double *regret)
{
    t->within /= N_CURVE;
    t->regret /= N_CURVE;
    t->keep /= N_CURVE;
    t->rmse = sqrt(t->rmse / (N_CURVE * N_POINT));
    t->coverage /= N_CURVE * N_POINT;
    spoti_sort(regret, N_CURVE);
    t->regret_95 = spoti_quantile(regret, N_CURVE, 0.95);
}

static tally hold_out_static(int n_episode, double factor)
{
    static const double alpha[N_POINT] = {0.1, 0.2, 0.35, 0.5, 0.75, 1.0};
    static double regrets[N_CURVE];
    tally t = {0};
    for (int c = 0; c < N_CURVE; c++) {
        spot_rng rng = spot_rng_at((uint64_t)c, SPOT_STREAM_RESET, (uint64_t)n_episode);
        double truth[N_POINT], mean[N_POINT], sd[N_POINT], fitted[N_POINT], work[WORK];
        double task[N_POINT];
        int n_success[N_POINT];
        spot_tised_point points[N_POINT];
        draw_curve(&rng, alpha, truth);
        const spot_tised_setup old = {exp(spot_rng_uniform(&rng, log(1.0), log(16.0))), 1.0, 8};
        for (int i = 0; i < N_POINT; i++) {
            points[i] = (spot_tised_point){.alpha = alpha[i]};
            n_success[i] = n_episode;
            mean[i] = draw_mean(&rng, truth[i], n_episode, &sd[i]);
        }
        const spot_tised_counts counts = {
            {&old, points, N_POINT, SPOT_TISED_KNOB_ALPHA}, mean, n_success, sd, 0.0};
        const spot_tised_target target = {
            {factor * old.inference_s, 1.0, 8}, NULL, 0.95, n_episode};
        spot_tised_fit fit;
        spot_tised_prediction p[N_POINT];
        spot_tised_shift shift;
        assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_OK);
        assert_int_equal(spot_tised_predict_time(&fit, &target, p, &shift), SPOT_OK);

        double old_task[N_POINT];
        for (int i = 0; i < N_POINT; i++) {
            double chunk_s = 8.0 + alpha[i] * factor * old.inference_s, unused = 0.0;
            task[i] = truth[i] * chunk_s;
            old_task[i] = truth[i] * (8.0 + alpha[i] * old.inference_s);
            double measured = draw_mean(&rng, truth[i], n_episode, &unused) * chunk_s;
            t.coverage += measured >= p[i].lo && measured <= p[i].hi ? 1.0 : 0.0;
            t.rmse += pow((p[i].value - measured) / task[i], 2.0);
        }
        int best = least_of(task, N_POINT);
        regrets[c] = task[shift.best_new] / task[best] - 1.0;
        t.within += abs(shift.best_new - best) <= 1 ? 1.0 : 0.0;
        t.regret += regrets[c];
        t.keep += task[least_of(old_task, N_POINT)] / task[best] - 1.0;
    }
    finish(&t, regrets);
    return t;
}

static void show(const char *what, int n, const tally *t)
{
    print_message(
        "%s n=%d: within one step %.3f, regret %.2f (95th %.2f), keep old %.2f, rmse %.2f, "
        "coverage %.3f\n",
        what, n, t->within, 100 * t->regret, 100 * t->regret_95, 100 * t->keep, 100 * t->rmse,
        t->coverage);
}

/* Coverage of a mean of n new episodes by an interval of the right variance is 0.95 (skewness of a mean
 * of 30 lognormals moves it by less than 0.005); the monotone fit only lowers the error, up to 0.02.
 * Monte-Carlo sd over 18000 dependent cells is below 0.003: five of them. */
static const double COVERAGE_LO = 0.95 - 0.005 - 0.015;
static const double COVERAGE_HI = 0.95 + 0.02 + 0.015;

static void check_static(int n_episode, double factor, double within)
{
    tally t = hold_out_static(n_episode, factor);
    show(factor > 1.0 ? "static, slower x4" : "static, faster x4", n_episode, &t);
    assert_true(t.coverage >= COVERAGE_LO && t.coverage <= COVERAGE_HI);
    /* acceptance: regret at most 6 %, strictly below keeping the old best */
    assert_true(t.regret <= 0.06 && t.regret < t.keep);
    /* without the fit the error would be CV sqrt(2 / n), the fit takes from one of the two parts; the
     * Monte-Carlo error of 18000 squares is below 2 % */
    double raw = CV * sqrt(2.0 / n_episode);
    assert_true(t.rmse >= 0.98 * raw / sqrt(2.0) && t.rmse <= 1.02 * raw);
    assert_true(t.within >= within);
}

static void static_hold_out_meets_acceptance(void **state)
{
    (void)state;
    /* printed: 0.86 and 0.92 of another family; 0.05 lower is accepted */
    check_static(30, 4.0, 0.81);
    check_static(100, 4.0, 0.87);
    check_static(30, 0.25, 0.81);
}

static int draw_binomial(spot_rng *rng, double rate, int n)
{
    int k = 0;
    for (int i = 0; i < n; i++) {
        k += spot_rng_uniform(rng, 0.0, 1.0) < rate ? 1 : 0;
    }
    return k;
}

/* Separable truth: Q = q1 (1 - b (1 - alpha)^2), H = exp(-(delay / scale)^2), delay x3 on the target. */
static tally hold_out_dynamic(int n_trial)
{
    static const double alpha[N_POINT] = {0.1, 0.2, 0.35, 0.5, 0.75, 1.0};
    static double regrets[N_CURVE];
    tally t = {0};
    for (int c = 0; c < N_CURVE; c++) {
        spot_rng rng = spot_rng_at((uint64_t)c, SPOT_STREAM_RESET, (uint64_t)n_trial);
        const spot_tised_setup old = {spot_rng_uniform(&rng, 0.03, 0.1), 0.05, 8};
        double q1 = spot_rng_uniform(&rng, 0.6, 0.98), b = spot_rng_uniform(&rng, 0.1, 0.9);
        double scale = spot_rng_uniform(&rng, 0.1, 0.5);
        double delay_s[N_DELAY], quality[N_POINT], response[N_DELAY], work[WORK];
        int k[N_POINT], n[N_POINT], delay_k[N_DELAY], delay_n[N_DELAY];
        spot_tised_point points[N_POINT];
        double q[N_POINT];
        for (int i = 0; i < N_POINT; i++) {
            points[i] = (spot_tised_point){.alpha = alpha[i]};
            q[i] = q1 * (1.0 - b * (1.0 - alpha[i]) * (1.0 - alpha[i]));
            n[i] = n_trial;
            k[i] = draw_binomial(&rng, q[i], n_trial);
        }
        for (int j = 0; j < N_DELAY; j++) {
            delay_s[j] = 3.0 * old.inference_s * j / (N_DELAY - 1);
            delay_n[j] = n_trial;
            delay_k[j] = draw_binomial(&rng, q1 * exp(-pow(delay_s[j] / scale, 2.0)), n_trial);
        }
        const spot_tised_scores scores = {{&old, points, N_POINT, SPOT_TISED_KNOB_ALPHA},
                                          k,
                                          n,
                                          delay_s,
                                          delay_k,
                                          delay_n,
                                          N_DELAY,
                                          0.0};
        const spot_tised_target target = {{3.0 * old.inference_s, 0.05, 8}, NULL, 0.95, n_trial};
        spot_tised_score_fit fit;
        spot_tised_prediction p[N_POINT];
        spot_tised_shift shift;
        assert_int_equal(spot_tised_fit_scores(&scores, work, quality, response, &fit), SPOT_OK);
        assert_int_equal(spot_tised_predict_score(&fit, &target, p, &shift), SPOT_OK);

        double loss[N_POINT], old_loss[N_POINT];
        for (int i = 0; i < N_POINT; i++) {
            double rate = q[i] * exp(-pow(3.0 * alpha[i] * old.inference_s / scale, 2.0));
            loss[i] = -rate;
            old_loss[i] = -q[i] * exp(-pow(alpha[i] * old.inference_s / scale, 2.0));
            double measured = (double)draw_binomial(&rng, rate, n_trial) / n_trial;
            t.coverage += measured >= p[i].lo && measured <= p[i].hi ? 1.0 : 0.0;
            t.rmse += pow(p[i].value - measured, 2.0);
        }
        int best = least_of(loss, N_POINT);
        regrets[c] = loss[shift.best_new] - loss[best];
        t.within += abs(shift.best_new - best) <= 1 ? 1.0 : 0.0;
        t.regret += regrets[c];
        t.keep += loss[least_of(old_loss, N_POINT)] - loss[best];
    }
    finish(&t, regrets);
    return t;
}

static void dynamic_hold_out_meets_acceptance(void **state)
{
    (void)state;
    /* Printed for another family, n = 128: within one step 0.99, regret 0.6 points, coverage 0.94-0.95.
     * Here Q is flat near alpha = 1, so that a wrong step often costs nothing: what counts is the
     * acceptance, regret at most 4 points and below keeping the old best. H between five delays is a
     * chord and the variances are shrunk, which moves the coverage a little. */
    tally t = hold_out_dynamic(128);
    show("dynamic, delay x3", 128, &t);
    assert_true(t.coverage >= 0.93 && t.coverage <= 0.98);
    assert_true(t.regret <= 0.04 && t.regret < t.keep);
    /* the variances of Q, H, H(0) and the measurement, each at most 1 / (4 n), add up at worst */
    assert_true(t.rmse <= sqrt(4.0 / (4.0 * 128.0)));
    assert_true(t.within >= 0.90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_hold_out_meets_acceptance),
        cmocka_unit_test(dynamic_hold_out_meets_acceptance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
