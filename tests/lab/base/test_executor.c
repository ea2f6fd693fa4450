/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Executors: whoever does the work, the same pieces, the same failure, the same stop. */
#include "lab/base/executor.h"

#include <stdatomic.h>
#include <string.h>

#include "support/spot_test.h"

enum { COUNT = 200, WORKERS = 4 };

static const spoti_executor *const EXECUTORS[] = {&SPOTI_SERIAL, &SPOTI_THREADS};
enum { N_EXECUTOR = sizeof(EXECUTORS) / sizeof(EXECUTORS[0]) };

/* What is to happen, and what did. A piece is written by the one worker that does it. */
typedef struct job {
    int64_t fail_from; /* every piece from here on fails, by its own status; negative = none does */
    int64_t stop_at;   /* report says stop at so many pieces; 0 = never */
    int n_done[COUNT];
    double value[COUNT];
    atomic_int busy[WORKERS];
    atomic_bool collided;
    int64_t n_reports;
    int64_t last_done;
    bool reported[COUNT];
    bool in_order;  /* of the counts; and each piece was done before it was reported */
    bool ascending; /* of the indices */
    int64_t last_index;
} job;

static job make_job(int64_t fail_from, int64_t stop_at)
{
    return (job){.fail_from = fail_from,
                 .stop_at = stop_at,
                 .in_order = true,
                 .ascending = true,
                 .last_index = -1};
}

static spot_status failure_of(int64_t index)
{
    return index % 2 == 0 ? SPOT_E_IO : SPOT_E_FORMAT;
}

static spot_status work(void *ctx, int worker, int64_t index)
{
    job *j = ctx;
    if (worker < 0 || worker >= WORKERS || atomic_fetch_add(&j->busy[worker], 1) != 0) {
        atomic_store(&j->collided, true);
        return SPOT_E_INTERNAL;
    }
    j->n_done[index]++;
    j->value[index] = 1.0 / (double)(index + 3);
    (void)atomic_fetch_sub(&j->busy[worker], 1);
    return j->fail_from >= 0 && index >= j->fail_from ? failure_of(index) : SPOT_OK;
}

static bool report(void *ctx, int64_t index, int64_t done, int64_t total)
{
    job *j = ctx;
    j->in_order = j->in_order && done == j->last_done + 1 && total == COUNT &&
                  j->n_done[index] == 1 && !j->reported[index];
    j->ascending = j->ascending && index > j->last_index;
    j->last_index = index;
    j->reported[index] = true;
    j->last_done = done;
    j->n_reports++;
    return done != j->stop_at;
}

static spot_status run(int i, int workers, job *j)
{
    const spoti_executor *e = EXECUTORS[i];
    const spot_status st = e->run(e->self, COUNT, workers, work, report, j);
    assert_false(atomic_load(&j->collided));
    assert_true(j->in_order);
    return st;
}

static void each_piece_is_done_once_whoever_does_it(void **state)
{
    (void)state;
    for (int i = 0; i < N_EXECUTOR; i++) {
        for (int workers = 1; workers <= WORKERS; workers++) {
            job j = make_job(-1, 0);
            assert_int_equal(run(i, workers, &j), SPOT_OK);
            assert_int_equal(j.n_reports, COUNT);
            for (int k = 0; k < COUNT; k++) {
                assert_int_equal(j.n_done[k], 1);
                assert_true(j.reported[k] && j.value[k] == 1.0 / (double)(k + 3));
            }
            assert_true(j.ascending || workers > 1);
        }
    }
}

static void the_failure_is_that_of_the_smallest_index(void **state)
{
    static const int64_t from[] = {0, 1, 77, 78, COUNT - 1};
    (void)state;
    for (int i = 0; i < N_EXECUTOR; i++) {
        for (size_t k = 0; k < sizeof(from) / sizeof(from[0]); k++) {
            job j = make_job(from[k], 0);
            assert_int_equal(run(i, WORKERS, &j), failure_of(from[k]));
            /* the pieces before it are done and told, no failed one is told, and the end comes soon */
            assert_int_equal(j.n_reports, from[k]);
            int n_after = 0;
            for (int m = 0; m < COUNT; m++) {
                assert_true(m >= from[k] || j.reported[m]);
                n_after += m >= from[k] ? j.n_done[m] : 0;
            }
            assert_true(n_after >= 1 && n_after <= (i == 0 ? 1 : WORKERS));
        }
    }
}

static void a_stop_ends_it(void **state)
{
    (void)state;
    for (int i = 0; i < N_EXECUTOR; i++) {
        job j = make_job(-1, 5);
        assert_int_equal(run(i, WORKERS, &j), SPOT_E_STATE);
        assert_true(j.n_reports >= 5 && j.n_reports < 5 + (i == 0 ? 1 : WORKERS));
        /* nobody listens: nobody stops it */
        job deaf = make_job(-1, 5);
        assert_int_equal(EXECUTORS[i]->run(EXECUTORS[i]->self, COUNT, WORKERS, work, NULL, &deaf),
                         SPOT_OK);
        assert_int_equal(deaf.n_done[COUNT - 1], 1);
    }
}

static void a_failure_counts_more_than_a_stop(void **state)
{
    (void)state;
    /* pieces come back in this order; the tally says what is kept of it */
    job j = make_job(-1, 1);
    j.n_done[3] = 1;
    spoti_tally tally = {.total = COUNT, .report = report, .ctx = &j};
    spoti_tally_note(&tally, 3, SPOT_OK);
    assert_int_equal(tally.status, SPOT_E_STATE);
    spoti_tally_note(&tally, 7, SPOT_E_IO);
    assert_int_equal(tally.status, SPOT_E_IO);
    spoti_tally_note(&tally, 9, SPOT_E_FORMAT);
    assert_int_equal(tally.status, SPOT_E_IO);
    spoti_tally_note(&tally, 2, SPOT_E_NOMEM);
    assert_int_equal(tally.status, SPOT_E_NOMEM);
    assert_true(tally.finished == 1 && tally.failed_index == 2);
}

static void numbers_of_workers_have_a_range(void **state)
{
    (void)state;
    for (int i = 0; i < N_EXECUTOR; i++) {
        job j = make_job(-1, 0);
        assert_int_equal(run(i, 0, &j), SPOT_E_RANGE);
        assert_int_equal(run(i, SPOTI_WORKERS_MAX + 1, &j), SPOT_E_RANGE);
        assert_int_equal(j.n_reports, 0);
        assert_int_equal(EXECUTORS[i]->run(EXECUTORS[i]->self, 0, 2, work, report, &j), SPOT_OK);
        assert_int_equal(j.n_reports, 0);
    }
    assert_ptr_equal(spoti_executor_for(1), &SPOTI_SERIAL);
    assert_ptr_equal(spoti_executor_for(2), &SPOTI_THREADS);
    assert_string_not_equal(SPOTI_SERIAL.name, SPOTI_THREADS.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_piece_is_done_once_whoever_does_it),
        cmocka_unit_test(the_failure_is_that_of_the_smallest_index),
        cmocka_unit_test(a_stop_ends_it),
        cmocka_unit_test(a_failure_counts_more_than_a_stop),
        cmocka_unit_test(numbers_of_workers_have_a_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
