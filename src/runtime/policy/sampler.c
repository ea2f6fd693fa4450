/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Steps of the samplers, formulas in the header. */
#include "runtime/policy/sampler.h"

#include <math.h>

#include "core/base/elementary.h"

static const double PI = 3.14159265358979323846;
static const double SCHEDULE_OFFSET = 0.008;
static const double ALPHA_MIN = 1e-3;

static double square_cosine(double s)
{
    const double c = spoti_cos((s + SCHEDULE_OFFSET) / (1.0 + SCHEDULE_OFFSET) * (PI / 2.0));

    return c * c;
}

static double alpha(double s)
{
    return fmax(square_cosine(s) / square_cosine(0.0), ALPHA_MIN);
}

spoti_sampler_step spoti_sampler_at(spoti_prediction prediction, int k, int steps)
{
    spoti_sampler_step step = {.time = 1.0 - (double)k / steps};
    const double a = alpha(step.time);
    const double b = alpha(1.0 - (double)(k + 1) / steps);

    switch (prediction) {
    case SPOTI_PREDICTION_VELOCITY:
        step = (spoti_sampler_step){.time = (double)k / steps, .p = 1.0, .q = 1.0 / steps};
        break;
    case SPOTI_PREDICTION_SAMPLE:
        step.p = sqrt((1.0 - b) / (1.0 - a));
        step.q = sqrt(b) - step.p * sqrt(a);
        break;
    case SPOTI_PREDICTION_EPSILON:
        step.p = sqrt(b / a);
        step.q = sqrt(1.0 - b) - step.p * sqrt(1.0 - a);
        break;
    }
    return step;
}
