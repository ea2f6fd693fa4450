/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Worlds that are reset and stepped at once: the episodes are those of worlds that go alone. */
#include <stdlib.h>
#include <string.h>

#include "lab/rollout/fake_world.h"
#include "support/spot_test.h"

enum { N_SEEDS = 13, N_WORLDS = 4 };

typedef struct rig {
    int made, destroyed, waves, ticks;
    int fail_at_tick, fail_at_wave; /* 0 = never */
    int64_t reset_seeds;            /* of all waves */
    int64_t stepped;                /* world ticks that were announced */
    int64_t kept, stop_after;
    bool rested; /* some world had ended before its wave did */
} rig;

/* Worlds whose lengths differ by seed. */
static spot_status uneven_reset(void *self, uint64_t seed)
{
    fake_world *w = self;
    const spot_status st = fake_reset(self, seed);
    w->actions_wanted = 8 + (int)(seed * 7 % 30);
    return st;
}

static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    static spot_world_ops ops;
    rig *r = ctx;
    fake_world *w = calloc(1, sizeof(*w));
    (void)diag;
    assert_non_null(w);
    *out = make_fake(w, 0);
    ops = *out->ops;
    ops.reset = uneven_reset;
    ops.destroy = free;
    out->ops = &ops;
    r->made++;
    return SPOT_OK;
}

static spot_status reset_all(void *ctx, const uint64_t *seeds, int m, spot_diag *diag)
{
    rig *r = ctx;
    r->waves++;
    for (int i = 0; i < m; i++) {
        r->reset_seeds += (int64_t)seeds[i];
    }
    return r->waves == r->fail_at_wave ? spot_diag_set(diag, SPOT_E_IO, "no reset") : SPOT_OK;
}

static spot_status step_all(void *ctx, const bool *active, int n, spot_diag *diag)
{
    rig *r = ctx;
    int count = 0;
    assert_int_equal(n, N_WORLDS);
    for (int i = 0; i < n; i++) {
        count += active[i];
    }
    r->stepped += count;
    r->rested = r->rested || (count < n && count > 0);
    r->ticks++;
    return r->ticks == r->fail_at_tick ? spot_diag_set(diag, SPOT_E_IO, "no step") : SPOT_OK;
}

static bool note(void *ctx, int64_t done, int64_t total)
{
    rig *r = ctx;
    assert_int_equal(total, N_SEEDS);
    assert_int_equal(done, r->kept);
    return done != r->stop_after;
}

static spot_status keep(void *ctx, int64_t index, const spot_episode *episode, spot_diag *diag)
{
    rig *r = ctx;
    (void)diag;
    assert_int_equal(episode->seed, 100 + (uint64_t)index * 3);
    r->kept++;
    return SPOT_OK;
}

static spot_status run(rig *r, const spot_together *together, spot_episode *episodes,
                       spot_diag *diag)
{
    uint64_t seeds[N_SEEDS];
    const spot_brain brain = make_fake_brain(NULL);
    spot_rollout_batch batch = {.brain = &brain,
                                .make_world = make_world,
                                .make_world_ctx = r,
                                .seeds = seeds,
                                .n_seeds = N_SEEDS,
                                .threads = 1,
                                .progress = note,
                                .progress_ctx = r,
                                .keep = keep,
                                .keep_ctx = r,
                                .together = together};
    for (int i = 0; i < N_SEEDS; i++) {
        seeds[i] = 100 + (uint64_t)i * 3;
    }
    spot_rollout_config_default(&batch.config);
    batch.config.schedule = SPOT_SCHEDULE_OVERLAP;
    batch.config.point.overlap = 3;
    batch.config.latency.mean_s = 0.3;
    batch.config.latency.spread_s = 0.1;
    return spot_rollout_run_many(&batch, episodes, diag);
}

static void together_is_as_alone_to_the_byte(void **state)
{
    static spot_episode alone[N_SEEDS], at_once[N_SEEDS];
    rig a = {0};
    rig b = {0};
    const spot_together together = {.n = N_WORLDS, .reset = reset_all, .step = step_all, .ctx = &b};
    int64_t ticks = 0;
    int64_t seeds = 0;
    (void)state;
    assert_int_equal(run(&a, NULL, alone, NULL), SPOT_OK);
    assert_int_equal(run(&b, &together, at_once, NULL), SPOT_OK);
    assert_memory_equal(alone, at_once, sizeof(alone));
    for (int i = 0; i < N_SEEDS; i++) {
        ticks += (int64_t)(alone[i].time_s / FAKE_TICK_S + 0.5);
        seeds += (int64_t)alone[i].seed;
    }
    assert_true(alone[0].time_s != alone[1].time_s);
    assert_int_equal(b.made, N_WORLDS);
    assert_int_equal(b.waves, 4); /* 4 + 4 + 4 + 1 */
    assert_int_equal(b.reset_seeds, seeds);
    assert_int_equal(b.stepped, ticks);
    assert_true(b.rested);
    assert_int_equal(b.kept, N_SEEDS);
}

static void failures_end_the_job_and_name_the_seed(void **state)
{
    spot_episode episodes[N_SEEDS];
    spot_diag diag = {""};
    rig r = {.fail_at_wave = 2};
    spot_together together = {.n = N_WORLDS, .reset = reset_all, .step = step_all, .ctx = &r};
    (void)state;
    assert_int_equal(run(&r, &together, episodes, &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "the episode of seed 112 broke off: no reset");
    assert_int_equal(r.kept, N_WORLDS);
    r = (rig){.fail_at_tick = 5};
    assert_int_equal(run(&r, &together, episodes, &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "the episode of seed 100 broke off: no step");
    r = (rig){.stop_after = 6};
    assert_int_equal(run(&r, &together, episodes, &diag), SPOT_E_STATE);
    assert_int_equal(r.kept, 6);
    together.n = 0;
    assert_int_equal(run(&r, &together, episodes, &diag), SPOT_E_INVALID);
    together.n = SPOT_TOGETHER_MAX + 1;
    assert_int_equal(run(&r, &together, episodes, &diag), SPOT_E_INVALID);
    together.n = N_WORLDS;
    together.step = NULL;
    assert_int_equal(run(&r, &together, episodes, &diag), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together_is_as_alone_to_the_byte),
        cmocka_unit_test(failures_end_the_job_and_name_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
