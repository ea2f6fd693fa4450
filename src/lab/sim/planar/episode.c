/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/planar/episode.h"

#include <string.h>

#include "spot/rng.h"

spot_status spoti_planar_episode_make(const spoti_planar_scene *scene, double noise,
                                      spoti_planar_episode *out)
{
    *out = (spoti_planar_episode){
        .scene = scene, .noise = noise, .sim = spoti_sim_create(scene->level)};
    return out->sim != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

void spoti_planar_episode_free(spoti_planar_episode *episode)
{
    spoti_sim_destroy(episode->sim);
    episode->sim = NULL;
}

/* Moves what is movable off its place, each body connected by joints with the others of its group. */
static void scatter(spoti_planar_episode *e)
{
    const double most = e->scene->start_noise_m;
    for (int i = 0; i < e->sim->level->n_shape && most > 0.0; i++) {
        const int group = spoti_level_group(e->sim->level, i);
        if (group >= 0) {
            spot_rng rng = spot_rng_at(e->seed, SPOT_STREAM_RESET, (uint64_t)group);
            e->sim->bodies[i].at.x += (float)spot_rng_uniform(&rng, -most, most);
            e->sim->bodies[i].at.y +=
                (float)spot_rng_uniform(&rng, 0.0, most); /* not into the floor */
        }
    }
}

void spoti_planar_episode_reset(spoti_planar_episode *episode, uint64_t seed)
{
    spoti_sim_reset(episode->sim);
    episode->seed = seed;
    episode->substep = 0;
    episode->first_event = 0;
    episode->end = SPOTI_PLANAR_GOES_ON;
    episode->end_substep = 0;
    memset(episode->off, 0, sizeof(episode->off));
    scatter(episode);
}

/* The noise of a control step is a function of the seed and its number alone. */
static void draw_noise(spoti_planar_episode *e)
{
    const double sd = e->scene->action_noise * e->noise;
    const int64_t step = e->substep / e->scene->frame_skip;
    spot_rng rng = spot_rng_at(e->seed, SPOT_STREAM_ACTION, (uint64_t)step);

    for (int i = 0; i < SPOTI_PLANAR_CHANNELS && sd > 0.0; i++) {
        e->off[i] = (float)(sd * spot_rng_normal(&rng));
    }
}

/* At the end of a control step. An event at the same time as the limit counts. */
static spoti_planar_end judge(const spoti_planar_episode *e)
{
    const int deciding = e->scene->solve == SPOTI_SOLVE_FIRST ? e->first_event : e->sim->event;
    if (spoti_sim_broken(e->sim)) {
        return SPOTI_PLANAR_BROKEN;
    }
    if (e->first_event != 0) {
        return deciding > 0 ? SPOTI_PLANAR_SOLVED : SPOTI_PLANAR_FAILED;
    }
    return e->substep / e->scene->frame_skip >= e->scene->steps ? SPOTI_PLANAR_TIME_UP
                                                                : SPOTI_PLANAR_GOES_ON;
}

void spoti_planar_episode_step(spoti_planar_episode *episode,
                               const float channels[SPOTI_PLANAR_CHANNELS])
{
    float noisy[SPOTI_PLANAR_CHANNELS];
    spoti_drive drive;

    if (episode->substep % episode->scene->frame_skip == 0) {
        episode->first_event = 0;
        draw_noise(episode);
    }
    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        noisy[i] = channels[i] + episode->off[i];
    }
    spoti_sim_bind(episode->sim->level, noisy, &drive);
    spoti_sim_step(episode->sim, &drive);
    episode->substep++;
    if (episode->first_event == 0) {
        episode->first_event = episode->sim->event;
    }
    if (episode->end == SPOTI_PLANAR_GOES_ON &&
        episode->substep % episode->scene->frame_skip == 0) {
        episode->end = judge(episode);
        episode->end_substep = episode->substep;
    }
}
