/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Steps of a refinement, formulas in the header. */
#include "runtime/brain/onnx_refine.h"

#include <math.h>

static const double PI = 3.14159265358979323846;
static const double COSINE_OFFSET = 0.008;
static const double BETA_MAX = 0.999;

spoti_ort_refinement spoti_ort_refinement_of(const spoti_ort_loop_file *file)
{
    return (spoti_ort_refinement){
        .rule = (spoti_ort_rule)file->rule,
        .t0 = file->time != NULL ? file->time[0] : 0.0,
        .t1 = file->time != NULL ? file->time[1] : 1.0,
        .predicts = (spoti_ort_predicts)file->predicts,
        .schedule = (spoti_ort_schedule)(file->schedule != NULL ? *file->schedule : 0),
        .train_steps = file->train_steps != NULL ? *file->train_steps : 0,
        .beta_start = file->beta_start != NULL ? *file->beta_start : 0.0,
        .beta_end = file->beta_end != NULL ? *file->beta_end : 0.0,
        .clip = file->clip != NULL ? *file->clip : 0.0,
    };
}

static double square_cosine(double s)
{
    const double c = cos((s + COSINE_OFFSET) / (1.0 + COSINE_OFFSET) * (PI / 2.0));
    return c * c;
}

static double beta(const spoti_ort_refinement *r, int t)
{
    const double n = r->train_steps;
    if (r->schedule == SPOTI_ORT_COSINE) {
        return fmin(1.0 - square_cosine((t + 1) / n) / square_cosine(t / n), BETA_MAX);
    }
    return n > 1.0 ? r->beta_start + (r->beta_end - r->beta_start) * t / (n - 1.0) : r->beta_start;
}

/* a of a level; 1 before the first. */
static double alpha(const spoti_ort_refinement *r, int level)
{
    double a = 1.0;
    for (int t = 0; t <= level; t++) {
        a *= 1.0 - beta(r, t);
    }
    return a;
}

spot_status spoti_ort_steps(const spoti_ort_refinement *r, int n_steps, spoti_ort_step *steps,
                            spot_diag *diag)
{
    if (r->rule == SPOTI_ORT_DDIM && n_steps > r->train_steps) {
        return spot_diag_set(
            diag, SPOT_E_RANGE,
            "steps: %d, expected 1..%d, the noise levels of this policy's training", n_steps,
            r->train_steps);
    }
    const int stride = r->rule == SPOTI_ORT_DDIM ? r->train_steps / n_steps : 0;
    for (int k = 0; k < n_steps; k++) {
        const int level = (n_steps - 1 - k) * stride;
        steps[k] = r->rule == SPOTI_ORT_FLOW
                       ? (spoti_ort_step){.time = r->t0 + (r->t1 - r->t0) * k / n_steps,
                                          .dt = (r->t1 - r->t0) / n_steps}
                       : (spoti_ort_step){.time = level,
                                          .now = alpha(r, level),
                                          .after = alpha(r, level - stride)};
    }
    return SPOT_OK;
}

double spoti_ort_next(const spoti_ort_refinement *r, const spoti_ort_step *step, double x,
                      double output)
{
    if (r->rule == SPOTI_ORT_FLOW) {
        return x + output * step->dt;
    }
    const double signal = sqrt(step->now);
    const double noise = sqrt(1.0 - step->now);
    double sample = output;
    double epsilon = output;
    if (r->predicts == SPOTI_ORT_EPSILON) {
        sample = (x - noise * output) / signal;
    } else if (r->predicts == SPOTI_ORT_SAMPLE) {
        epsilon = (x - signal * output) / noise;
    } else {
        sample = signal * x - noise * output;
        epsilon = signal * output + noise * x;
    }
    if (r->clip > 0.0) {
        sample = fmin(fmax(sample, -r->clip), r->clip);
    }
    return sqrt(step->after) * sample + sqrt(1.0 - step->after) * epsilon;
}
