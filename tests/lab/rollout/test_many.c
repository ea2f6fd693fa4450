/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Many episodes on threads: the same bytes for any number of them, and every way to stop early. */
#include <stdlib.h>
#include <string.h>

#include "lab/rollout/fake_world.h"
#include "support/spot_test.h"

enum { N_SEEDS = 60 };

/* What make_world and the brain are to do, and what they did. */
typedef struct factory {
    int fail_at; /* this world cannot be made; negative = all can */
    int fail_step_at;
    int break_at;
    uint64_t fail_seed;
    int made, destroyed;
    int no_state_at; /* this state of the brain cannot be begun, from 1 on; 0 = all can */
    bool mute;       /* the brain gives no chunk where the episode is that of fail_seed */
    bool lose;       /* ... because it was lost on its way */
    int begun, ended;
    spot_point point; /* that the last state was begun for */
    spot_brain brain;
} factory;

/* A fake world that goes back to the factory. */
typedef struct owned_world {
    fake_world world; /* first: the fake's functions take it */
    factory *factory;
} owned_world;

static void destroy_owned(void *self)
{
    owned_world *w = self;
    w->factory->destroyed++;
    free(w);
}

static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    static spot_world_ops ops;
    factory *f = ctx;
    owned_world *w = NULL;
    if (f->made == f->fail_at) {
        return spot_diag_set(diag, SPOT_E_NOMEM, "no world");
    }
    w = calloc(1, sizeof(*w));
    assert_non_null(w);
    *out = make_fake(&w->world, 0);
    ops = *out->ops;
    ops.destroy = destroy_owned;
    out->ops = &ops;
    w->factory = f;
    w->world.fail_step_at = f->fail_step_at;
    w->world.break_at = f->break_at;
    w->world.fail_seed = f->fail_seed;
    w->world.actions_wanted = 40;
    f->made++;
    return SPOT_OK;
}

/* What the brain's state knows. */
typedef struct thread_state {
    factory *factory;
} thread_state;

static spot_status begin_state(void *self, const spot_brain_config *config, void **state,
                               spot_diag *diag)
{
    factory *f = self;
    thread_state *t = NULL;
    if (f->begun + 1 == f->no_state_at) {
        return spot_diag_set(diag, SPOT_E_IO, "no server answers");
    }
    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    t->factory = f;
    f->begun++;
    f->point = *config->point;
    *state = t;
    return SPOT_OK;
}

static void end_state(void *state)
{
    ((thread_state *)state)->factory->ended++;
    free(state);
}

/* Draws the episode's length from its noise, so that seeds differ in every figure. */
static spot_status noisy_infer(void *state, const spot_brain_input *input, float *chunk,
                               spot_diag *diag)
{
    const factory *f = ((const thread_state *)state)->factory;
    spot_rng start = spot_rng_at(f->fail_seed, SPOT_STREAM_RESET, 0);
    if (f->mute && input->obs[1] == (float)spot_rng_uniform(&start, -1.0, 1.0)) {
        return spot_diag_set(diag, f->lose ? SPOT_E_IO : SPOT_E_RANGE, "the server hung up");
    }
    for (int j = 0; j < FAKE_HORIZON * FAKE_ACTION; j++) {
        chunk[j] = input->obs[1] + input->noise[j];
    }
    return SPOT_OK;
}

static const spot_brain_ops NOISY_OPS = {
    .describe = fake_describe, .begin = begin_state, .infer = noisy_infer, .end = end_state};

/* What progress saw; returns false after `stop_after` calls. */
typedef struct progress_log {
    int64_t calls, last;
    int64_t stop_after;
    bool in_order;
} progress_log;

static bool note_progress(void *ctx, int64_t done, int64_t total)
{
    progress_log *log = ctx;
    log->in_order = log->in_order && done == log->last + 1 && total == N_SEEDS;
    log->last = done;
    log->calls++;
    return log->calls != log->stop_after;
}

static spot_rollout_batch make_batch(const uint64_t *seeds, int threads, factory *f)
{
    spot_rollout_batch batch;
    memset(&batch, 0, sizeof(batch));
    spot_rollout_config_default(&batch.config);
    batch.config.schedule = SPOT_SCHEDULE_OVERLAP;
    batch.config.point.overlap = 3;
    batch.config.latency.mean_s = 0.3;
    batch.config.latency.spread_s = 0.1;
    f->brain = (spot_brain){.ops = &NOISY_OPS, .self = f};
    batch.brain = &f->brain;
    batch.make_world = make_world;
    batch.make_world_ctx = f;
    batch.seeds = seeds;
    batch.n_seeds = N_SEEDS;
    batch.threads = threads;
    return batch;
}

static void fill_seeds(uint64_t *seeds)
{
    for (uint64_t i = 0; i < N_SEEDS; i++) {
        seeds[i] = 1000 + (i * 37) % N_SEEDS;
    }
}

/* The simulator breaks off one episode: it says so, and the others are as if nothing had been. */
static void an_invalid_episode_does_not_stop_the_run(void **state)
{
    uint64_t seeds[N_SEEDS];
    spot_episode whole[N_SEEDS];
    spot_episode broken[N_SEEDS];
    spot_diag diag = {""};
    (void)state;
    fill_seeds(seeds);
    for (int pass = 0; pass < 2; pass++) {
        factory f = {.fail_at = -1, .break_at = pass == 0 ? 0 : 25, .fail_seed = seeds[17]};
        const spot_rollout_batch batch = make_batch(seeds, 3, &f);
        assert_int_equal(spot_rollout_run_many(&batch, pass == 0 ? whole : broken, &diag), SPOT_OK);
    }
    assert_true(broken[17].invalid && !broken[17].success);
    assert_string_equal(broken[17].fault, "it broke off");
    assert_close(broken[17].time_s, 25 * FAKE_TICK_S, 1e-12, 0.0);
    assert_true(whole[17].success && !whole[17].invalid);
    broken[17] = whole[17];
    assert_memory_equal(whole, broken, sizeof(whole));
}

static void any_number_of_threads_gives_the_same_bytes(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 8, 200};
    spot_episode alone[N_SEEDS];
    spot_episode together[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        factory f = {.fail_at = -1};
        progress_log log = {.in_order = true};
        spot_rollout_batch batch = make_batch(seeds, threads[i], &f);
        batch.progress = note_progress;
        batch.progress_ctx = &log;
        spot_episode *episodes = i == 0 ? alone : together;
        memset(episodes, 0xA5, sizeof(alone));
        assert_int_equal(spot_rollout_run_many(&batch, episodes, NULL), SPOT_OK);
        assert_true(log.in_order && log.calls == N_SEEDS);
        assert_int_equal(f.made, threads[i] < N_SEEDS ? threads[i] : N_SEEDS);
        assert_int_equal(f.destroyed, f.made);
        /* a state a thread, for the point of the batch */
        assert_true(f.begun == f.made && f.ended == f.begun);
        assert_true(spot_point_equal(&f.point, &batch.config.point));
        if (i > 0) {
            assert_memory_equal(alone, together, sizeof(alone));
        }
    }
    for (int i = 0; i < N_SEEDS; i++) {
        assert_true(alone[i].seed == seeds[i] && alone[i].success);
    }
    assert_true(alone[0].time_s != alone[1].time_s);
}

static void order_and_company_of_a_seed_do_not_matter(void **state)
{
    (void)state;
    spot_episode all[N_SEEDS];
    spot_episode one;
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    factory f = {.fail_at = -1};
    spot_rollout_batch batch = make_batch(seeds, 2, &f);
    assert_int_equal(spot_rollout_run_many(&batch, all, NULL), SPOT_OK);
    batch.seeds = &seeds[41];
    batch.n_seeds = 1;
    assert_int_equal(spot_rollout_run_many(&batch, &one, NULL), SPOT_OK);
    assert_memory_equal(&one, &all[41], sizeof(one));
}

static void progress_can_stop_the_job(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    for (int threads = 1; threads <= 2; threads++) {
        factory f = {.fail_at = -1};
        progress_log log = {.in_order = true, .stop_after = 5};
        spot_diag diag = {.text = ""};
        spot_rollout_batch batch = make_batch(seeds, threads, &f);
        batch.progress = note_progress;
        batch.progress_ctx = &log;
        assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_E_STATE);
        assert_true(log.calls >= 5 && log.calls < 5 + threads);
        assert_non_null(strstr(diag.text, "stopped"));
        assert_int_equal(f.destroyed, f.made);
    }
}

/* What was kept, by index; refuses to keep more than `room`. */
typedef struct shelf {
    spot_episode episodes[N_SEEDS];
    int n[N_SEEDS];
    int total, room;
} shelf;

static spot_status keep(void *ctx, int64_t index, const spot_episode *episode, spot_diag *diag)
{
    shelf *s = ctx;
    if (s->total == s->room) {
        return spot_diag_set(diag, SPOT_E_IO, "the shelf is full");
    }
    s->total++;
    s->n[index]++;
    s->episodes[index] = *episode;
    return SPOT_OK;
}

static void each_episode_is_kept_as_it_is_finished(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    for (int threads = 1; threads <= 3; threads++) {
        factory f = {.fail_at = -1};
        shelf s = {.room = N_SEEDS};
        spot_diag diag = {.text = ""};
        spot_rollout_batch batch = make_batch(seeds, threads, &f);
        batch.keep = keep;
        batch.keep_ctx = &s;
        memset(episodes, 0, sizeof(episodes));
        assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_OK);
        for (int i = 0; i < N_SEEDS; i++) {
            assert_int_equal(s.n[i], 1);
            assert_true(s.episodes[i].seed == seeds[i]);
        }
        assert_memory_equal(s.episodes, episodes, sizeof(episodes));
        /* who cannot keep it ends the job, and says why */
        progress_log log = {.in_order = true};
        s = (shelf){.room = 7};
        batch.progress = note_progress;
        batch.progress_ctx = &log;
        assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_E_IO);
        assert_string_equal(diag.text, "the shelf is full");
        assert_int_equal(log.calls, 7); /* what is counted is kept */
        assert_int_equal(f.destroyed, f.made);
    }
}

static void a_failing_episode_is_named_by_its_seed(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    for (int threads = 1; threads <= 4; threads++) {
        factory f = {.fail_at = -1, .fail_step_at = 33, .fail_seed = 1017};
        spot_diag diag = {.text = ""};
        spot_rollout_batch batch = make_batch(seeds, threads, &f);
        assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_E_INTERNAL);
        assert_string_equal(diag.text, "the episode of seed 1017 broke off: internal error");
        assert_int_equal(f.destroyed, f.made);
    }
}

static void a_world_that_cannot_be_made_ends_the_job(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    factory f = {.fail_at = 1};
    spot_diag diag = {.text = ""};
    spot_rollout_batch batch = make_batch(seeds, 3, &f);
    assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_E_NOMEM);
    assert_string_equal(diag.text, "no world");
    assert_int_equal(f.made, 1);
    assert_int_equal(f.destroyed, 1);
}

static void a_state_that_cannot_be_begun_ends_the_job(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    factory f = {.fail_at = -1, .no_state_at = 2};
    spot_diag diag = {.text = ""};
    spot_rollout_batch batch = make_batch(seeds, 3, &f);
    assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "no server answers");
    assert_true(f.begun == 1 && f.ended == 1 && f.made == 2 && f.destroyed == 2);
}

static void what_a_brain_says_of_its_failure_is_said_with_the_seed(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    for (int threads = 1; threads <= 4; threads++) {
        factory f = {.fail_at = -1, .mute = true, .fail_seed = 1017};
        spot_diag diag = {.text = ""};
        spot_rollout_batch batch = make_batch(seeds, threads, &f);
        assert_int_equal(spot_rollout_run_many(&batch, episodes, &diag), SPOT_E_RANGE);
        assert_string_equal(diag.text, "the episode of seed 1017 broke off: the server hung up");
        assert_true(f.begun == threads && f.ended == threads);
    }
}

/* It says nothing of the task: the episode is neither a success nor a failure, and the others are as ever. */
static void an_answer_that_was_lost_spoils_its_episode_alone(void **state)
{
    (void)state;
    spot_episode whole[N_SEEDS];
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    factory sound = {.fail_at = -1};
    spot_rollout_batch batch = make_batch(seeds, 1, &sound);
    assert_int_equal(spot_rollout_run_many(&batch, whole, NULL), SPOT_OK);
    factory f = {.fail_at = -1, .mute = true, .lose = true, .fail_seed = 1017};
    batch = make_batch(seeds, 2, &f);
    assert_int_equal(spot_rollout_run_many(&batch, episodes, NULL), SPOT_OK);
    int n_lost = 0;
    for (int i = 0; i < N_SEEDS; i++) {
        n_lost += episodes[i].invalid;
        if (seeds[i] == 1017) {
            assert_true(episodes[i].invalid && episodes[i].lost && !episodes[i].success);
            assert_string_equal(episodes[i].fault, "the server hung up");
        } else {
            assert_memory_equal(&episodes[i], &whole[i], sizeof(whole[i]));
        }
    }
    assert_int_equal(n_lost, 1);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        factory f = {.fail_at = -1};
        spot_rollout_batch batch = make_batch(seeds, 2, &f);
        batch.config.allocator = &allocator;
        assert_true(k < 100);
        st = spot_rollout_run_many(&batch, episodes, NULL);
        assert_true(st == SPOT_OK ? k > 1 : st == SPOT_E_NOMEM);
        assert_int_equal(f.destroyed, f.made);
        assert_int_equal(f.ended, f.begun);
        spot_test_assert_no_leak(&mem);
    }
}

static void misuse_is_refused(void **state)
{
    (void)state;
    spot_episode episodes[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    fill_seeds(seeds);
    factory f = {.fail_at = -1};
    const spot_rollout_batch good = make_batch(seeds, 2, &f);
    spot_rollout_batch bad = good;
    bad.threads = 0;
    assert_int_equal(spot_rollout_run_many(&bad, episodes, NULL), SPOT_E_RANGE);
    bad.threads = 257;
    assert_int_equal(spot_rollout_run_many(&bad, episodes, NULL), SPOT_E_RANGE);
    bad = good;
    bad.n_seeds = 0;
    assert_int_equal(spot_rollout_run_many(&bad, episodes, NULL), SPOT_E_RANGE);
    bad = good;
    bad.brain = NULL;
    assert_int_equal(spot_rollout_run_many(&bad, episodes, NULL), SPOT_E_INVALID);
    bad = good;
    bad.seeds = NULL;
    assert_int_equal(spot_rollout_run_many(&bad, episodes, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_rollout_run_many(&good, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(f.made, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invalid_episode_does_not_stop_the_run),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(order_and_company_of_a_seed_do_not_matter),
        cmocka_unit_test(progress_can_stop_the_job),
        cmocka_unit_test(each_episode_is_kept_as_it_is_finished),
        cmocka_unit_test(a_failing_episode_is_named_by_its_seed),
        cmocka_unit_test(a_world_that_cannot_be_made_ends_the_job),
        cmocka_unit_test(a_state_that_cannot_be_begun_ends_the_job),
        cmocka_unit_test(what_a_brain_says_of_its_failure_is_said_with_the_seed),
        cmocka_unit_test(an_answer_that_was_lost_spoils_its_episode_alone),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
