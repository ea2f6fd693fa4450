/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* exp, log, sin, cos, atan2 and acos against the C library in long double: below 2 ulp, and what happens at the ends of
 * their ranges. That they give the same bytes everywhere is tests/runtime/nn/same_bytes.h's. */
#include "core/base/elementary.h"

#include <float.h>
#include <math.h>

#include "support/spot_test.h"

static const double ULPS = 2.0;
static const double PI = 3.14159265358979323846;

/* `got` is within ULPS of want, or of `least` where that is more: functions lose their digits where they cross 0. */
static void near_enough(const char *what, double x, double got, long double want, double least)
{
    const double size = fmax(fabs((double)want), least);
    const double ulp = fmax(size * DBL_EPSILON, 0x1p-1074);

    if (!(fabs((double)((long double)got - want)) <= ULPS * ulp)) {
        fail_msg("%s at %a: %a, expected %a", what, x, got, (double)want);
    }
}

static void check_exp_and_log(int i)
{
    const double x = 0.0371 * i - 740.0;
    const double wide = exp(0.0345 * (i - 20000)); /* 1e-300 .. 1e300 */
    const double around_1 = 0.5 + 3.5e-5 * i;

    if (x < 709.7) {
        near_enough("exp", x, spoti_exp(x), expl((long double)x), 0.0);
    }
    near_enough("log", wide, spoti_log(wide), logl((long double)wide), 0.0);
    near_enough("log", around_1, spoti_log(around_1), logl((long double)around_1), 0.0);
}

static void check_circle(int i)
{
    const double x = 0.0513 * (i - 20000);
    const double far = exp(2.878e-4 * i); /* 1 .. 1e5 */
    const double angle = PI * (i - 20000) / 20001.0;
    const double a = 3.0 * cos(angle);
    const double b = 3.0 * sin(angle);

    near_enough("sin", x, spoti_sin(x), sinl((long double)x), 1e-3);
    near_enough("cos", x, spoti_cos(x), cosl((long double)x), 1e-3);
    near_enough("sin", far, spoti_sin(far), sinl((long double)far), 1e-3);
    near_enough("atan2", angle, spoti_atan2(b, a), atan2l((long double)b, (long double)a), 0.0);
    near_enough("acos", a / 3.0, spoti_acos(a / 3.0), acosl((long double)(a / 3.0)), 1e-2);
}

static void values_are_right(void **state)
{
    (void)state;
    for (int i = 0; i < 40000; i++) {
        check_exp_and_log(i);
        check_circle(i);
    }
}

static void ranges_end_as_documented(void **state)
{
    (void)state;
    assert_true(spoti_exp(0.0) == 1.0 && spoti_exp(1000.0) == INFINITY &&
                spoti_exp(-1000.0) == 0.0);
    assert_true(spoti_exp(INFINITY) == INFINITY && spoti_exp(-INFINITY) == 0.0 &&
                isnan(spoti_exp(NAN)));
    assert_true(spoti_log(1.0) == 0.0 && spoti_log(0.0) == -INFINITY && isnan(spoti_log(-1.0)));
    assert_true(spoti_log(INFINITY) == INFINITY && isnan(spoti_log(NAN)));
    assert_true(spoti_sin(0.0) == 0.0 && spoti_cos(0.0) == 1.0);
    assert_true(isnan(spoti_sin(INFINITY)) && isnan(spoti_cos(NAN)) && isnan(spoti_sin(1e10)));
    assert_true(!isnan(spoti_sin(0x1p30)));
    assert_true(spoti_atan2(0.0, 0.0) == 0.0 && isnan(spoti_atan2(NAN, 1.0)) &&
                isnan(spoti_atan2(1.0, NAN)));
    near_enough("atan2", 0.0, spoti_atan2(0.0, -1.0), (long double)PI, 0.0);
    near_enough("atan2", 0.0, spoti_atan2(-1.0, 0.0), -(long double)PI / 2, 0.0);
    assert_true(spoti_acos(1.0) == 0.0 && isnan(spoti_acos(1.1)) && isnan(spoti_acos(NAN)));
    near_enough("acos", -1.0, spoti_acos(-1.0), (long double)PI, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right),
        cmocka_unit_test(ranges_end_as_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
