/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "support/spot_test.h"

#include <stdint.h>
#include <string.h>

#include "core/base/alloc.h"
#include "spot/status.h"

static void products_that_overflow_are_refused(void **state)
{
    (void)state;
    size_t out = 7;
    assert_true(spoti_size_mul(0, SIZE_MAX, &out));
    assert_int_equal(out, 0);
    assert_true(spoti_size_mul(SIZE_MAX, 1, &out));
    assert_true(out == SIZE_MAX);
    out = 7;
    assert_false(spoti_size_mul(SIZE_MAX / 2 + 1, 2, &out));
    assert_false(spoti_size_mul(SIZE_MAX, SIZE_MAX, &out));
    assert_false(spoti_size_add(SIZE_MAX, 1, &out));
    assert_int_equal(out, 7);
    assert_true(spoti_size_add(SIZE_MAX - 1, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_null(spoti_alloc(NULL, SIZE_MAX, 2));
    assert_null(spoti_calloc(NULL, SIZE_MAX, 2));
    assert_null(spoti_alloc(NULL, 0, 8));
}

static void both_allocators_give_and_take(void **state)
{
    (void)state;
    spot_test_allocator mem;
    spot_allocator own = spot_test_failing_allocator(&mem, -1);
    const spot_allocator *allocators[] = {NULL, &own};
    for (int i = 0; i < 2; i++) {
        unsigned char *zeros = spoti_calloc(allocators[i], 10, 10);
        assert_non_null(zeros);
        for (int k = 0; k < 100; k++) {
            assert_int_equal(zeros[k], 0);
        }
        char *text = spoti_strdup(allocators[i], "conveyor");
        assert_string_equal(text, "conveyor");
        assert_null(spoti_strdup(allocators[i], NULL));
        spoti_free(allocators[i], zeros, 100);
        spoti_strfree(allocators[i], text);
        spoti_free(allocators[i], NULL, 5);
        spoti_strfree(allocators[i], NULL);
    }
    assert_int_equal(mem.n_alloc, 2);
    assert_int_equal(mem.bytes_peak, 109);
    spot_test_assert_no_leak(&mem);
}

static void failing_allocator_fails_from_the_chosen_call_on(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        void *block[4];
        for (int i = 0; i < 4; i++) {
            block[i] = i == 3 ? spoti_strdup(&a, "x") : spoti_calloc(&a, 1, 2);
            assert_true((block[i] != NULL) == (i < k));
        }
        assert_int_equal(mem.n_failed, 4 - k);
        for (int i = 0; i < 4; i++) {
            spoti_free(&a, block[i], 2);
        }
        spot_test_assert_no_leak(&mem);
    }
}

static void every_status_has_its_own_text(void **state)
{
    (void)state;
    static const spot_status all[] = {
#define STATUS_VALUE(name, value, text) SPOT_##name,
        SPOT_STATUS_MAP(STATUS_VALUE)
#undef STATUS_VALUE
    };
    const size_t n = sizeof(all) / sizeof(all[0]);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 ? all[i] == SPOT_OK : all[i] < 0);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(spot_status_str(all[i]), spot_status_str(all[j]));
        }
    }
    assert_non_null(spot_status_str((spot_status)-1000));
    assert_non_null(spot_status_str((spot_status)1000));
}

static void diag_cuts_long_lines_and_returns_the_status(void **state)
{
    (void)state;
    spot_diag diag;
    assert_int_equal(spot_diag_set(&diag, SPOT_E_FORMAT, "f.yaml:%d: x", 3), SPOT_E_FORMAT);
    assert_string_equal(diag.text, "f.yaml:3: x");
    assert_int_equal(spot_diag_set(&diag, SPOT_E_IO, "%0600d", 7), SPOT_E_IO);
    assert_int_equal(strlen(diag.text), SPOT_DIAG_TEXT_SIZE - 1);
    assert_int_equal(spot_diag_set(NULL, SPOT_E_IO, "%d", 7), SPOT_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_that_overflow_are_refused),
        cmocka_unit_test(both_allocators_give_and_take),
        cmocka_unit_test(failing_allocator_fails_from_the_chosen_call_on),
        cmocka_unit_test(every_status_has_its_own_text),
        cmocka_unit_test(diag_cuts_long_lines_and_returns_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
