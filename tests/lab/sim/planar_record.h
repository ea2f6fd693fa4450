/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What scripts/kinetix-oracle has recorded of the published packages; see there for the layout. */
#ifndef PLANAR_RECORD_H
#define PLANAR_RECORD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/planar/observe.h"
#include "lab/sim/planar/sim.h"
#include "support/spot_test.h"

#define KINETIX       SPOT_SOURCE_DIR "/tests/fixtures/kinetix/"
#define KINETIX_TASKS SPOT_SOURCE_DIR "/tasks/kinetix/"

enum { PLANAR_NAME_SIZE = 48, PLANAR_COUNTS = 7, PLANAR_NUMBERS = 6 /* of a body */ };

typedef struct planar_record {
    char name[PLANAR_NAME_SIZE];
    int n_polygon, n_circle, n_joint, n_thruster;
    int n_step, stride, n_obs;
    int n_shape, n_flag_bytes, obs_dim;
    float *actions;     /* (n_step x 6) raw */
    float *states;      /* (n_step / stride x n_shape x 6) x, y, rotation, vx, vy, w */
    uint8_t *flags;     /* (2 n_step x n_flag_bytes) */
    int8_t *events;     /* (2 n_step) */
    int32_t *obs_steps; /* (n_obs) */
    float *obs;         /* (n_obs x obs_dim) */
} planar_record;

static void *planar_read(FILE *in, size_t n, size_t size)
{
    void *data = calloc(n + 1, size);
    assert_non_null(data);
    assert_int_equal(fread(data, size, n, in), n);
    return data;
}

/* The next record of the file; false at its end. */
static inline bool planar_record_read(FILE *in, planar_record *r)
{
    int32_t c[PLANAR_COUNTS];
    memset(r, 0, sizeof(*r));
    if (fread(r->name, 1, PLANAR_NAME_SIZE, in) != PLANAR_NAME_SIZE) {
        return false;
    }
    assert_int_equal(fread(c, sizeof(*c), PLANAR_COUNTS, in), PLANAR_COUNTS);
    r->n_polygon = c[0];
    r->n_circle = c[1];
    r->n_joint = c[2];
    r->n_thruster = c[3];
    r->n_step = c[4];
    r->stride = c[5];
    r->n_obs = c[6];
    r->n_shape = c[0] + c[1];
    int n_pair = 0;
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        n_pair += spoti_level_n_pair(r->n_polygon, r->n_circle, (spoti_family)f);
    }
    r->n_flag_bytes = (n_pair + 7) / 8;
    const spoti_level sizes = {.n_polygon = r->n_polygon,
                               .n_circle = r->n_circle,
                               .n_shape = r->n_shape,
                               .n_joint = r->n_joint,
                               .n_thruster = r->n_thruster};
    r->obs_dim = spoti_planar_obs_dim(&sizes);
    const size_t steps = (size_t)r->n_step;
    const size_t states = steps / (size_t)r->stride;
    r->actions = planar_read(in, steps * SPOTI_PLANAR_CHANNELS, sizeof(float));
    r->states = planar_read(in, states * (size_t)r->n_shape * PLANAR_NUMBERS, sizeof(float));
    r->flags = planar_read(in, 2 * steps * (size_t)r->n_flag_bytes, 1);
    r->events = planar_read(in, 2 * steps, 1);
    r->obs_steps = planar_read(in, (size_t)r->n_obs, sizeof(int32_t));
    r->obs = planar_read(in, (size_t)r->n_obs * (size_t)r->obs_dim, sizeof(float));
    return true;
}

static inline void planar_record_free(planar_record *r)
{
    free(r->actions);
    free(r->states);
    free(r->flags);
    free(r->events);
    free(r->obs_steps);
    free(r->obs);
}

/* The level `name` of the wheel, in JSON; freed by the caller. */
static char *planar_wheel_text(const char *name)
{
    char head[PLANAR_NAME_SIZE + 16];
    FILE *in = fopen(KINETIX "wheel.jsonl", "r");
    char *line = NULL;
    size_t size = 0;

    assert_non_null(in);
    (void)snprintf(head, sizeof(head), "{\"name\":\"%s\",", name);
    while (getline(&line, &size, in) > 0) {
        if (strncmp(line, head, strlen(head)) == 0) {
            (void)fclose(in);
            return line;
        }
    }
    fail_msg("%s is not in wheel.jsonl", name);
    return NULL;
}

/* The level of a record: of the wheel where its name has a folder, else a published one. */
static inline spoti_level *planar_record_level(const char *name)
{
    spoti_level *level = NULL;
    spot_diag diag = {""};
    spot_status st;

    if (strchr(name, '/') != NULL) {
        char *text = planar_wheel_text(name);
        st = spoti_level_parse(name, text, strlen(text), NULL, &level, &diag);
        free(text);
    } else {
        char path[512];
        (void)snprintf(path, sizeof(path), KINETIX_TASKS "%s.json", name);
        st = spoti_level_load(path, NULL, &level, &diag);
    }
    if (st != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return level;
}

/* Bodies as recorded after control step `step` (from 1; 0 leaves the reset). */
static inline void planar_record_set(const planar_record *r, int step, spoti_sim *sim)
{
    for (int i = 0; i < r->n_shape && step > 0; i++) {
        const float *row = &r->states[((step / r->stride - 1) * r->n_shape + i) * PLANAR_NUMBERS];
        spoti_body *b = &sim->bodies[i];
        b->at = (spoti_vec){row[0], row[1]};
        b->rotation = row[2];
        b->cosine = cosf(row[2]);
        b->sine = sinf(row[2]);
        b->velocity = (spoti_vec){row[3], row[4]};
        b->w = row[5];
    }
}

/* The flags of the last substep, as recorded. */
static inline void planar_flags(const spoti_sim *sim, uint8_t *bytes, int n_bytes)
{
    int bit = 0;
    memset(bytes, 0, (size_t)n_bytes);
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        const int points = f == SPOTI_POLYGONS ? 2 : 1;
        for (int i = 0; i < sim->level->n_pair[f]; i++, bit++) {
            if (sim->contacts[f][points * i].active) {
                bytes[bit / 8] |= (uint8_t)(1u << (bit % 8));
            }
        }
    }
}

#endif
