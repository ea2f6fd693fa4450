/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A policy server as a brain: what its files share.
 *
 * One object (spoti_remote) says what is sent and what is expected, and is only read once it is open. Each thread has
 * a state with a connection of its own; the one that opened the brain and asked it for the first time is the state of
 * the first thread.
 *
 * An episode whose answer is lost is invalid (brain.h) and the next one connects anew; SPOTI_REMOTE_LOST_MAX such
 * episodes of a state in a row end the job.
 */
#ifndef SPOTI_BRAIN_REMOTE_H
#define SPOTI_BRAIN_REMOTE_H

#include "core/base/text.h"
#include "runtime/brain/adapter.h"
#include "runtime/brain/remote_file.h"
#include "runtime/net/client.h"
#include "runtime/net/record.h"
#include "spot/brain.h"

enum { SPOTI_REMOTE_LOST_MAX = 3 };

/* Entries of the task's observation under one key. */
typedef struct spoti_remote_part {
    const char *key;
    int n;
    const int *entries;    /* (n), NULL = all in order */
    spoti_scaling scaling; /* (n) */
} spoti_remote_part;

typedef struct spoti_remote_picture {
    const char *camera, *key, *within;
    spoti_image_map map;
} spoti_remote_picture;

/* What a server says when it is connected to. */
typedef struct spoti_remote_server {
    uint64_t hash; /* of its metadata, but for what changes from one connection to the next */
    bool is_spot;  /* one of ours: the rest is from its map `spot` */
    char type[SPOT_POLICY_NAME_SIZE], task[SPOT_POLICY_NAME_SIZE];
    char identity[SPOT_BRAIN_IDENTITY_SIZE];
    char point[SPOT_POINT_TEXT_SIZE];
    int steps; /* of `point` */
    int obs_dim, action_dim, horizon;
    bool takes_noise, remembers;
} spoti_remote_server;

typedef struct spoti_remote_state spoti_remote_state;

typedef struct spoti_remote {
    const spot_allocator *allocator;
    spoti_remote_file *owned; /* NULL for an address */
    const spoti_remote_file *file;
    char name[SPOTI_PATH_SIZE]; /* how messages begin: the file, or the address */
    char url[SPOTI_NET_URL_BYTES];
    const char *api_key;
    double connect_s, first_answer_s, answer_s;
    spoti_remote_part parts[SPOTI_REMOTE_PARTS_MAX];
    int n_part;
    spoti_remote_picture pictures[SPOTI_REMOTE_IMAGES_MAX];
    int n_picture;
    int obs_dim;
    spoti_action_map action;
    spoti_remote_server server;
    spoti_remote_state *spare; /* of the first call; the first thread takes it */
} spoti_remote;

struct spoti_remote_state {
    const spoti_remote *remote;
    const spot_allocator *allocator;
    spoti_net_client *client; /* NULL = the connection is lost */
    spoti_record request, answer;
    spoti_bytes frame;
    float *gathered; /* (n_gathered) entries of the state, part by part */
    float *rows;     /* (n_rows) of an answer */
    size_t n_gathered, n_rows;
    unsigned char *pixels[SPOTI_REMOTE_IMAGES_MAX];
    spoti_bytes past_obs, past_command; /* floats, of n_past actions that are to be told */
    size_t n_past;
    bool is_warm;    /* this connection has answered once */
    bool begins;     /* the next call is the first of an episode */
    bool in_episode; /* vla-eval: its end is to be said */
    int64_t seq;
    bool is_lost; /* this episode is */
    int n_lost;   /* episodes in a row */
    spot_diag why;
};

/* ---- remote_server.c ---- */

/* Reads metadata. `root` is what the server said, of which vla-eval's payload counts.
 * Returns OK, E_FORMAT, E_UNSUPPORTED (a version of `spot`), E_RANGE. */
spot_status spoti_remote_server_read(const char *name, const spoti_value *root,
                                     spoti_remote_server *out, spot_diag *diag);

/* ---- remote_request.c ---- */

/* Fills state->request from an input; what it points to lives until the next call. With `input->obs` NULL
 * all is zero. Returns OK, E_NOT_FOUND (a camera), E_RANGE, and what fits of a picture. */
spot_status spoti_remote_request(spoti_remote_state *state, const spot_brain_input *input,
                                 spot_diag *diag);

/* Of a picture as it is sent. */
size_t spoti_remote_image_bytes(const spoti_remote_picture *picture);

/* Begins a message of vla-eval in state->request, with a payload that is still open. */
void spoti_remote_message(spoti_remote_state *state, const char *type);

/* ---- remote_link.c ---- */

/* Connects, reads the metadata into *out. Returns OK, or what failed in one line. */
spot_status spoti_remote_connect(spoti_remote_state *state, spoti_remote_server *out,
                                 spot_diag *diag);

/* Sends state->request and waits: *actions is in the answer. E_IO: the answer is lost; anything else is not to be
 * expected otherwise next time. */
spot_status spoti_remote_ask(spoti_remote_state *state, const spoti_value **actions,
                             spot_diag *diag);

/* vla-eval: says that an episode begins or ends; nothing for openpi. Returns OK or E_IO. */
spot_status spoti_remote_say_start(spoti_remote_state *state, const char *instruction,
                                   spot_diag *diag);
void spoti_remote_say_end(spoti_remote_state *state);

/* Gives the connection up. */
void spoti_remote_hang_up(spoti_remote_state *state);

/* ---- remote_state.c ---- */

/* A state that is not connected. Ownership: to be ended. Returns OK, E_NOMEM. */
spot_status spoti_remote_state_create(const spoti_remote *remote, const spot_allocator *allocator,
                                      spoti_remote_state **out);
void spoti_remote_state_end(spoti_remote_state *state);

/* Room for what is asked and answered, as far as it is known and not there yet. Returns OK, E_NOMEM. */
spot_status spoti_remote_state_size(spoti_remote_state *state);

/* Connects to the server that the brain was opened with. Returns as spoti_remote_connect, and E_STATE if it is
 * another one now. */
spot_status spoti_remote_connect_again(spoti_remote_state *state, spot_diag *diag);

/* Asks; *actions lives until the next question. Returns as spoti_remote_request and spoti_remote_ask. */
spot_status spoti_remote_ask_for(spoti_remote_state *state, const spot_brain_input *input,
                                 const spoti_value **actions, spot_diag *diag);

/* How many actions of how many entries an answer holds. Returns OK, E_FORMAT. */
spot_status spoti_remote_shape(const spoti_remote *remote, const spoti_value *actions, int *rows,
                               int *dim, spot_diag *diag);

/* As in spot_brain_ops. */
spot_status spoti_remote_infer(void *state, const spot_brain_input *input, float *chunk,
                               spot_diag *diag);
spot_status spoti_remote_remember(void *state, const float *obs, const float *command,
                                  spot_diag *diag);
spot_status spoti_remote_forget(void *state, spot_diag *diag);

/* ---- what a server of ours adds, in both directions ---- */

#define SPOTI_REMOTE_SPOT         "spot"
#define SPOTI_REMOTE_SPOT_NOISE   "spot/noise"
#define SPOTI_REMOTE_SPOT_BEGIN   "spot/begin"
#define SPOTI_REMOTE_SPOT_PAST    "spot/past"
#define SPOTI_REMOTE_SPOT_ANCHOR  "spot/anchor"
#define SPOTI_REMOTE_SPOT_VERSION 1

#endif
