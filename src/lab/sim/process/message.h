/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a worker says: who it is, and what its world looks like after a reset or a step.
 *
 * A message is four bytes of its size, little-endian, and a record (runtime/net/record.h). A worker that has made
 * its world says `hello`; from then on it answers, one message each: `reset` and `step` with what is seen, `look` with
 * images, `draw` with a picture, and each of them with `error`, a line, after which it ends. docs/bring-your-own-world.md
 * lists the keys. A worker is a stranger: what it says is checked here, and nowhere else.
 */
#ifndef SPOTI_PROCESS_MESSAGE_H
#define SPOTI_PROCESS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/net/record.h"
#include "spot/image.h"
#include "spot/world.h"

enum {
    SPOTI_WORKER_PROTOCOL = 1,
    SPOTI_WORKER_OBS_MAX = 65536,
    SPOTI_WORKER_ACTION_MAX = 256,
    SPOTI_WORKER_STATE_MAX = 65536,
    SPOTI_WORKER_NAME_SIZE = 64,
    SPOTI_WORKER_VERSION_SIZE = 64,
    SPOTI_WORKER_TEXT_SIZE = 512,
    SPOTI_WORKER_STEPS_MAX = 256, /* of one request */
    SPOTI_EFFECTOR_DIM = 3,       /* x, y, z, m */
};

typedef enum spoti_hold {
    SPOTI_HOLD_LAST, /* the last action goes on */
    SPOTI_HOLD_REST, /* the resting one, zeros where nobody says another */
} spoti_hold;

/* All that a worker says of itself. Owns nothing. */
typedef struct spoti_hello {
    char engine[SPOTI_WORKER_NAME_SIZE];      /* `metaworld`; without blanks, as the next */
    char version[SPOTI_WORKER_VERSION_SIZE];  /* `3.1.1+mujoco-3.3.0` */
    char instruction[SPOTI_WORKER_TEXT_SIZE]; /* "" = none */
    double step_s;                            /* of the environment; 0 = it does not say */
    int64_t limit_steps;                      /* after which it ends an episode itself; 0 = none */
    int obs_dim, action_dim, state_dim;
    double low[SPOTI_WORKER_ACTION_MAX],
        high[SPOTI_WORKER_ACTION_MAX];   /* (action_dim) may be infinite */
    float rest[SPOTI_WORKER_ACTION_MAX]; /* (action_dim) */
    bool has_effector;                   /* it says where the end effector is */
    bool draws;
    bool repeats; /* it takes `k`, several steps of one action in one request */
    int n_image;  /* that `look` answers */
    struct {
        char name[SPOTI_WORKER_NAME_SIZE];
        int height, width;
    } images[SPOT_IMAGES_MAX]; /* (n_image) */
    uint64_t hash; /* of the message: other versions, assets or spaces, another number */
} spoti_hello;

/* What is seen of a world. */
typedef struct spoti_seen {
    float *obs;    /* (obs_dim) the caller's */
    double *state; /* (state_dim) the caller's */
    double effector[SPOTI_EFFECTOR_DIM];
    double reward;
    bool terminated, truncated;
    bool says_success; /* ... is known: `success` */
    bool success;
} spoti_seen;

/* `where` begins the line of diag. Return SPOT_OK, E_FORMAT, E_RANGE, E_UNSUPPORTED, E_NOT_FOUND, and then *out is
 * not to be used. `size` bytes of `frame` are those that `answer` was decoded from. */
spot_status spoti_hello_read(const spoti_value *answer, const void *frame, size_t size,
                             const char *where, spoti_hello *out, spot_diag *diag);
spot_status spoti_seen_read(const spoti_value *answer, const spoti_hello *hello, const char *where,
                            spoti_seen *out, spot_diag *diag);

/* The rewards of a `step` of k actions, *n of 1..k: fewer where one ended the episode. */
spot_status spoti_rewards_read(const spoti_value *answer, int k, const char *where, double *out,
                               int *n, spot_diag *diag);

/* The images of `look`, (hello->n_image) in its order; the pixels are the frame's. */
spot_status spoti_images_read(const spoti_value *answer, const spoti_hello *hello,
                              const char *where, spot_image *out, spot_diag *diag);

/* The pixels (height x width x 3) of `draw`, the frame's. */
spot_status spoti_picture_read(const spoti_value *answer, int height, int width, const char *where,
                               const uint8_t **out, spot_diag *diag);

#endif
