/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Cases that must fail; CTest runs each with WILL_FAIL. Without an argument the good twin of each
 * passes. */
#include "support/spot_test.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"

static void good_values_pass(void **state)
{
    (void)state;
    assert_close(1.0 + 1e-13, 1.0, 1e-12, 0.0);
    assert_close(-2.0 - 1e-9, -2.0, 0.0, 1e-9);
    assert_close(INFINITY, INFINITY, 0.0, 0.0);
    spot_test_allocator mem;
    spot_allocator a = spot_test_failing_allocator(&mem, 1);
    void *p = spoti_alloc(&a, 1, 8);
    assert_non_null(p);
    assert_null(spoti_alloc(&a, 1, 8));
    spoti_free(&a, p, 8);
    spot_test_assert_no_leak(&mem);
}

static void nan_is_not_close(void **state)
{
    (void)state;
    assert_close(NAN, 1.0, 1e9, 1e9);
}

static void wrong_value_is_not_close(void **state)
{
    (void)state;
    assert_close(1.0 + 1e-9, 1.0, 1e-12, 0.0);
}

static void leak_is_seen(void **state)
{
    (void)state;
    static spot_test_allocator mem; /* outlives the block that leaks */
    spot_allocator a = spot_test_failing_allocator(&mem, -1);
    void *p = spoti_alloc(&a, 1, 8);
    spot_test_assert_no_leak(&mem);
    spoti_free(&a, p, 8);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest good[] = {cmocka_unit_test(good_values_pass)};
    const struct CMUnitTest nan_case[] = {cmocka_unit_test(nan_is_not_close)};
    const struct CMUnitTest wrong_case[] = {cmocka_unit_test(wrong_value_is_not_close)};
    const struct CMUnitTest leak_case[] = {cmocka_unit_test(leak_is_seen)};
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "nan_is_not_close") == 0) {
        return cmocka_run_group_tests(nan_case, NULL, NULL);
    }
    if (strcmp(name, "wrong_value_is_not_close") == 0) {
        return cmocka_run_group_tests(wrong_case, NULL, NULL);
    }
    if (strcmp(name, "leak_is_seen") == 0) {
        return cmocka_run_group_tests(leak_case, NULL, NULL);
    }
    /* an unknown name passes, so that a misspelt WILL_FAIL case shows */
    return cmocka_run_group_tests(good, NULL, NULL);
}
