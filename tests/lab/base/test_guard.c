/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Work in a process of its own: what it hands over, and what is seen of it when it dies. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/base/guard.h"
#include "support/spot_test.h"

enum { N = 100000 }; /* more than a pipe holds */

typedef struct job {
    spot_status status;
    const char *words;
    int signal;    /* that ends the child at work; 0 = none */
    size_t n_send; /* numbers that are sent */
    int numbers[N];
    bool received;
} job;

static spot_status work(void *context, spot_diag *diag)
{
    job *j = context;

    for (int i = 0; i < N; i++) {
        j->numbers[i] = 3 * i;
    }
    if (j->signal != 0) {
        (void)raise(j->signal);
    }
    return j->words != NULL ? spot_diag_set(diag, j->status, "%s", j->words) : j->status;
}

static void send(void *context, int fd)
{
    const job *j = context;

    (void)spoti_guard_send(fd, j->numbers, j->n_send * sizeof(int));
}

static spot_status receive(void *context, int fd, spot_diag *diag)
{
    job *j = context;

    j->received = true;
    return spoti_guard_receive(fd, j->numbers, sizeof(j->numbers)) ? SPOT_OK
                                                                   : spoti_guard_broken("f", diag);
}

static job *make(void)
{
    job *j = calloc(1, sizeof(*j));

    assert_non_null(j);
    j->n_send = N;
    return j;
}

static spot_status run(job *j, spot_diag *diag)
{
    const spoti_guarded guarded = {work, send, receive, j, "f", 0};
    const spot_status st = spoti_guard_run(&guarded, diag);

    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    return st;
}

static void numbers_come_through(void **state)
{
    spot_diag diag = {""};
    job *j = make();

    (void)state;
    assert_int_equal(run(j, &diag), SPOT_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(j->numbers[i], 3 * i);
    }
    assert_string_equal(diag.text, "");
    free(j);
}

static void a_failure_comes_with_its_words(void **state)
{
    spot_diag diag = {""};
    job *j = make();

    (void)state;
    j->status = SPOT_E_RANGE;
    j->words = "row 3: 100%s";
    assert_int_equal(run(j, &diag), SPOT_E_RANGE);
    assert_string_equal(diag.text, "row 3: 100%s");
    assert_int_equal(run(j, NULL), SPOT_E_RANGE);
    j->words = NULL;
    j->status = SPOT_E_NOMEM;
    diag.text[0] = '\0';
    assert_int_equal(run(j, &diag), SPOT_E_NOMEM);
    assert_string_equal(diag.text, "");
    assert_false(j->received);
    assert_int_equal(j->numbers[1], 0); /* what the child does stays there */
    free(j);
}

static void a_crash_is_a_broken_file(void **state)
{
    static const int SIGNALS[] = {SIGSEGV, SIGABRT, SIGFPE, SIGKILL, SIGXCPU};
    job *j = make();

    (void)state;
    for (size_t i = 0; i < sizeof(SIGNALS) / sizeof(SIGNALS[0]); i++) {
        spot_diag diag = {""};

        j->signal = SIGNALS[i];
        assert_int_equal(run(j, &diag), SPOT_E_FORMAT);
        assert_non_null(strstr(diag.text, "f: broken"));
    }
    free(j);
}

static void half_an_answer_is_a_broken_file(void **state)
{
    spot_diag diag = {""};
    job *j = make();

    (void)state;
    j->n_send = N - 1;
    assert_int_equal(run(j, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "f: broken"));
    free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_through),
        cmocka_unit_test(a_failure_comes_with_its_words),
        cmocka_unit_test(a_crash_is_a_broken_file),
        cmocka_unit_test(half_an_answer_is_a_broken_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
