/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/planar/trial.h"

#include "lab/sim/planar/episode.h"

enum { TRIED_STEPS = 30 /* control steps under full commands: a second */ };

static spot_trial_check *add(spot_trial *t, const spoti_planar_scene *s, const char *name,
                             spot_trial_result result, const char *expected)
{
    spot_trial_check *c = &t->checks[t->count++];
    *c = (spot_trial_check){.name = name, .result = result};
    (void)spoti_copy(c->where, sizeof(c->where), s->level_path);
    (void)spoti_copy(c->expected, sizeof(c->expected), expected);
    return c;
}

/* Without such a pair no episode can be solved. */
static void try_goal(const spoti_planar_scene *s, spot_trial *t)
{
    int wins = 0;
    int losses = 0;
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        for (int i = 0; i < s->level->n_pair[f]; i++) {
            const spoti_pair *p = &s->level->pairs[f][i];
            wins += p->meets && p->event > 0 ? 1 : 0;
            losses += p->meets && p->event < 0 ? 1 : 0;
        }
    }
    spot_trial_check *c = add(t, s, "goal", wins > 0 ? SPOT_TRIAL_PASS : SPOT_TRIAL_WARN,
                              "a green body that may touch a blue one");
    (void)spoti_format(c->measured, sizeof(c->measured),
                       "%d pairs of green and blue, %d of green and red", wins, losses);
}

static void try_drives(const spoti_planar_scene *s, spot_trial *t)
{
    int motors = 0;
    int thrusters = 0;
    for (int i = 0; i < s->level->n_joint; i++) {
        const spoti_joint *j = &s->level->joints[i];
        motors += j->active && j->motor && !j->fixed ? 1 : 0;
    }
    for (int i = 0; i < s->level->n_thruster; i++) {
        thrusters += s->level->thrusters[i].active ? 1 : 0;
    }
    const bool any = motors + thrusters > 0;
    spot_trial_check *c =
        add(t, s, "drives", any ? SPOT_TRIAL_PASS : SPOT_TRIAL_WARN, "a motor or a thruster");
    (void)spoti_format(c->measured, sizeof(c->measured), "%d motors, %d thrusters", motors,
                       thrusters);
}

/* Nothing may be decided before anybody can act, and the physics must stand a second of full commands. */
static spot_status try_physics(const spoti_planar_scene *s, spot_trial *t)
{
    static const float FULL[SPOTI_PLANAR_CHANNELS] = {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f};
    spoti_planar_episode e;

    if (spoti_planar_episode_make(s, 0.0, &e) != SPOT_OK) {
        return SPOT_E_NOMEM;
    }
    spoti_planar_episode_reset(&e, 0);
    int first = -1;
    const int steps = TRIED_STEPS * s->frame_skip;
    for (int i = 0; i < steps; i++) {
        spoti_planar_episode_step(&e, FULL);
        first = first < 0 && e.sim->event != 0 ? i : first;
    }
    const bool broken = spoti_sim_broken(e.sim);
    spot_trial_check *c =
        add(t, s, "physics", broken ? SPOT_TRIAL_FAIL : SPOT_TRIAL_PASS, "numbers");
    (void)spoti_format(c->measured, sizeof(c->measured), "%s after %d physics steps",
                       broken ? "no numbers" : "numbers", steps);
    c = add(t, s, "time to act", first == 0 ? SPOT_TRIAL_WARN : SPOT_TRIAL_PASS,
            "no event in the first physics step");
    if (first >= 0) {
        (void)spoti_format(c->measured, sizeof(c->measured),
                           "the first event in physics step %d, under full commands", first);
    } else {
        (void)spoti_copy(c->measured, sizeof(c->measured), "no event in a second of full commands");
    }
    spoti_planar_episode_free(&e);
    return SPOT_OK;
}

spot_status spoti_planar_try(const spoti_planar_scene *scene, spot_trial *trial)
{
    try_goal(scene, trial);
    try_drives(scene, trial);
    return try_physics(scene, trial);
}
