/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The planar world against recordings of the published packages (kinetix-env 3.0.2, jax2d 1.0.1): states, contact
 * flags, events and observations, under zero and pseudo-random actions.
 *
 * XLA's sines, its order of sums and its fused operations differ in the last bit, so equal rules leave equal flags and
 * nearly equal states. Some levels are chaotic: two of our own worlds, moved by 1e-6 at reset, come a tolerance apart
 * from ours. From then on a difference says nothing, and ends the comparison; before, it fails it.
 */
#include <math.h>

#include "lab/sim/planar_record.h"

static const double POSITION_TOL = 1e-4; /* m, rad */
static const double VELOCITY_TOL = 1e-3; /* m/s, rad/s */
static const double OBS_TOL = 1e-6;
static const float NUDGE = 1e-6f; /* m */

enum { FLAG_BYTES_MAX = 64, TEXT_SIZE = 256 };

/* By how much two worlds differ, in units of the tolerances. */
static double apart(const spoti_sim *a, const spoti_sim *b)
{
    double most = 0.0;
    for (int i = 0; i < a->level->n_shape; i++) {
        const spoti_body *p = &a->bodies[i];
        const spoti_body *q = &b->bodies[i];
        most = fmax(most, fabs((double)(p->at.x - q->at.x)) / POSITION_TOL);
        most = fmax(most, fabs((double)(p->at.y - q->at.y)) / POSITION_TOL);
        most = fmax(most, fabs((double)(p->rotation - q->rotation)) / POSITION_TOL);
        most = fmax(most, fabs((double)(p->velocity.x - q->velocity.x)) / VELOCITY_TOL);
        most = fmax(most, fabs((double)(p->velocity.y - q->velocity.y)) / VELOCITY_TOL);
        most = fmax(most, fabs((double)(p->w - q->w)) / VELOCITY_TOL);
    }
    return most;
}

/* A world and two that were moved: everything that can move as one piece, and each body its own way. */
typedef struct trio {
    spoti_sim *sim;
    spoti_sim *moved[2];
    bool chaotic; /* they have been a tolerance apart */
} trio;

static void open_trio(trio *t, const spoti_level *level)
{
    t->chaotic = false;
    t->sim = spoti_sim_create(level);
    for (int m = 0; m < 2; m++) {
        t->moved[m] = spoti_sim_create(level);
        for (int i = 0; i < level->n_shape; i++) {
            if (level->shapes[i].inverse_mass != 0.0f) {
                t->moved[m]->bodies[i].at.x += (m == 0 ? 1.0f : (float)(i * 7 % 3 - 1)) * NUDGE;
                t->moved[m]->bodies[i].at.y +=
                    (m == 0 ? 1.0f : (float)((i * 5 + 1) % 3 - 1)) * NUDGE;
            }
        }
    }
}

static void close_trio(trio *t)
{
    spoti_sim_destroy(t->moved[1]);
    spoti_sim_destroy(t->moved[0]);
    spoti_sim_destroy(t->sim);
}

static void watch(trio *t)
{
    t->chaotic =
        t->chaotic || apart(t->sim, t->moved[0]) >= 1.0 || apart(t->sim, t->moved[1]) >= 1.0;
}

/* Whether the state is as recorded after control step `step`; in `text` what is not. */
static bool same_state(const planar_record *r, const spoti_sim *sim, int step, char text[TEXT_SIZE])
{
    const float *row = &r->states[(step / r->stride - 1) * r->n_shape * PLANAR_NUMBERS];
    for (int i = 0; i < r->n_shape; i++, row += PLANAR_NUMBERS) {
        const spoti_body *b = &sim->bodies[i];
        const float ours[PLANAR_NUMBERS] = {b->at.x,       b->at.y,       b->rotation,
                                            b->velocity.x, b->velocity.y, b->w};
        for (int k = 0; k < PLANAR_NUMBERS; k++) {
            const double off = fabs((double)ours[k] - (double)row[k]);
            if (!(off <= (k < 3 ? POSITION_TOL : VELOCITY_TOL))) {
                (void)snprintf(text, TEXT_SIZE,
                               "%s, control step %d, body %d, number %d: %.9g, recorded %.9g",
                               r->name, step, i, k, (double)ours[k], (double)row[k]);
                return false;
            }
        }
    }
    return true;
}

/* One control step; whether flags and events of both substeps are as recorded. */
static bool same_step(const planar_record *r, int step, trio *t, char text[TEXT_SIZE])
{
    spoti_drive drive;
    uint8_t flags[FLAG_BYTES_MAX];

    spoti_sim_bind(t->sim->level, &r->actions[step * SPOTI_PLANAR_CHANNELS], &drive);
    for (int k = 0; k < 2; k++) {
        const int at = 2 * step + k;
        spoti_sim_step(t->sim, &drive);
        spoti_sim_step(t->moved[0], &drive);
        spoti_sim_step(t->moved[1], &drive);
        watch(t);
        planar_flags(t->sim, flags, r->n_flag_bytes);
        if (memcmp(flags, &r->flags[at * r->n_flag_bytes], (size_t)r->n_flag_bytes) != 0 ||
            t->sim->event != r->events[at]) {
            (void)snprintf(text, TEXT_SIZE,
                           "%s, substep %d: contacts or event (%d, recorded %d) differ", r->name,
                           at, t->sim->event, r->events[at]);
            return false;
        }
    }
    return true;
}

/* Runs a record; the control steps that agree. */
static int compare_run(const planar_record *r)
{
    spoti_level *level = planar_record_level(r->name);
    char text[TEXT_SIZE] = "";
    int step = 0;
    bool same = true;
    trio t;

    assert_int_equal(r->n_polygon, level->n_polygon);
    assert_int_equal(r->n_circle, level->n_circle);
    assert_true(r->n_flag_bytes <= FLAG_BYTES_MAX);
    open_trio(&t, level);
    for (; step < r->n_step && same; step++) {
        same = same_step(r, step, &t, text) &&
               ((step + 1) % r->stride != 0 || same_state(r, t.sim, step + 1, text));
    }
    if (!same && !t.chaotic) {
        fail_msg("%s", text);
    }
    if (!same) {
        print_message("chaotic: %s\n", text);
    }
    close_trio(&t);
    spoti_level_destroy(level);
    return same ? step : step - 1;
}

/* Observations of the recorded states. */
static void compare_observations(const planar_record *r)
{
    spoti_level *level = planar_record_level(r->name);
    spoti_sim *sim = spoti_sim_create(level);
    float *obs = calloc((size_t)r->obs_dim, sizeof(*obs));

    assert_non_null(obs);
    for (int i = 0; i < r->n_obs; i++) {
        spoti_sim_reset(sim);
        planar_record_set(r, r->obs_steps[i], sim);
        spoti_planar_observe(sim, obs);
        for (int k = 0; k < r->obs_dim; k++) {
            const double off = fabs((double)obs[k] - (double)r->obs[i * r->obs_dim + k]);
            if (!(off <= OBS_TOL)) {
                fail_msg("%s, control step %d, observation %d: %.9g, recorded %.9g", r->name,
                         r->obs_steps[i], k, (double)obs[k], (double)r->obs[i * r->obs_dim + k]);
            }
        }
    }
    free(obs);
    spoti_sim_destroy(sim);
    spoti_level_destroy(level);
}

/* Compares a file of recordings: how many runs, how many of them to the end. */
static void compare_file(const char *path, int *runs, int *whole)
{
    planar_record r;
    FILE *in = fopen(path, "rb");

    assert_non_null(in);
    for (*runs = *whole = 0; planar_record_read(in, &r); (*runs)++) {
        const int compared = compare_run(&r);
        *whole += compared == r.n_step ? 1 : 0;
        compare_observations(&r);
        planar_record_free(&r);
    }
    (void)fclose(in);
}

static void six_published_levels_agree_over_64_control_steps(void **state)
{
    (void)state;
    int runs, whole;
    compare_file(KINETIX "published.bin", &runs, &whole);
    assert_int_equal(runs, 12);
    assert_true(whole >= 10); /* the random runs of catcher_v3 and grasp_easy are chaotic */
}

static void all_74_levels_agree_over_32_control_steps(void **state)
{
    (void)state;
    int runs, whole;
    compare_file(KINETIX "wheel.bin", &runs, &whole);
    assert_int_equal(runs, 2 * 74);
    assert_true(whole >= 140);
}

/* The physics step of the first event of our own, and what it is. */
static int first_event(const planar_record *r, int *event)
{
    spoti_level *level = planar_record_level(r->name);
    spoti_sim *sim = spoti_sim_create(level);
    int at = 0;

    for (*event = 0; at < 2 * r->n_step && *event == 0; at++) {
        spoti_drive drive;
        spoti_sim_bind(level, &r->actions[at / 2 * SPOTI_PLANAR_CHANNELS], &drive);
        spoti_sim_step(sim, &drive);
        *event = sim->event;
    }
    spoti_sim_destroy(sim);
    spoti_level_destroy(level);
    return at - 1;
}

/* Commands that a search found: each solves its level, in both in the same substep. */
static void sequences_that_solve_a_level_solve_it_in_both(void **state)
{
    (void)state;
    planar_record r;
    FILE *in = fopen(KINETIX "events.bin", "rb");
    int solved = 0;

    assert_non_null(in);
    while (planar_record_read(in, &r)) {
        int event = 0;
        int first = 0;
        while (first < 2 * r.n_step - 1 && r.events[first] == 0) {
            first++;
        }
        assert_int_equal(r.events[first], 1);
        assert_int_equal(first_event(&r, &event), first);
        assert_int_equal(event, 1);
        solved++;
        planar_record_free(&r);
    }
    (void)fclose(in);
    assert_int_equal(solved, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_that_solve_a_level_solve_it_in_both),
        cmocka_unit_test(six_published_levels_agree_over_64_control_steps),
        cmocka_unit_test(all_74_levels_agree_over_32_control_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
