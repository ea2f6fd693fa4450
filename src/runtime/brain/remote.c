/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `ws://HOST:PORT` and `remote:FILE.yaml`: a policy server of anybody's as a brain. */
#include "runtime/brain/remote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "runtime/brain/brain.h"

/* A model may compile itself at the first question. */
static const double CONNECT_S = 10.0;
static const double FIRST_ANSWER_S = 120.0;
static const double ANSWER_S = 30.0;

/* ---- the table ---- */

static void describe(const void *self, spot_brain_info *info)
{
    const spoti_remote *r = (const spoti_remote *)self;
    const spoti_remote_server *server = &r->server;
    const char *task = r->file->task != NULL ? r->file->task : server->task;
    (void)spoti_copy(info->type, sizeof(info->type), server->is_spot ? server->type : "remote");
    (void)spoti_copy(info->task, sizeof(info->task), task);
    info->obs_dim = r->obs_dim;
    info->action_dim = r->action.dim;
    info->horizon = r->action.horizon;
    info->default_steps = r->file->steps != NULL ? *r->file->steps : server->steps;
    info->takes_noise = server->takes_noise;
    info->remembers = server->remembers;
    info->sees = r->n_picture > 0;
    info->varies = !server->is_spot;
    info->knobs = "";
}

static uint64_t hash_scaling(uint64_t hash, const spoti_scaling *scaling)
{
    return scaling->shift == NULL
               ? hash
               : spoti_hash(hash, scaling->shift, 2 * (size_t)scaling->n * sizeof(float));
}

/* One of our servers knows; of others it is known where they are, how they are asked and what they say at first. */
static spot_status identify(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag)
{
    const spoti_remote *r = (const spoti_remote *)self;
    const spoti_remote_server *server = &r->server;
    uint64_t hash = spoti_hash(SPOTI_HASH_START, &server->hash, sizeof(server->hash));
    if (server->is_spot && server->identity[0] != '\0' &&
        spoti_format(text, SPOT_BRAIN_IDENTITY_SIZE, "%s at %s", server->identity,
                     server->point[0] != '\0' ? server->point : "baseline")) {
        return SPOT_OK;
    }
    hash = server->is_spot ? hash : spoti_hash(hash, r->url, strlen(r->url));
    spot_status st = r->owned != NULL ? spoti_hash_file(&hash, r->name, diag) : SPOT_OK;
    for (int i = 0; i < r->n_part; i++) {
        hash = hash_scaling(hash, &r->parts[i].scaling);
    }
    hash = hash_scaling(hash, &r->action.scaling);
    (void)spoti_format(text, SPOT_BRAIN_IDENTITY_SIZE, "remote=%016" PRIx64, hash);
    return st;
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    spoti_remote *r = (spoti_remote *)self;
    spoti_remote_state *s = r->spare;
    if (config->kernels != NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "kernels: %s, expected none: the server has its own", config->kernels);
    }
    r->spare = NULL;
    if (s != NULL) {
        *state = s;
        return SPOT_OK; /* if its connection is lost by now, forget connects again */
    }
    spot_status st = spoti_remote_state_create(r, config->allocator, &s);
    st = st == SPOT_OK ? spoti_remote_state_size(s) : st;
    st = st == SPOT_OK ? spoti_remote_connect_again(s, diag) : st;
    if (st != SPOT_OK) {
        spoti_remote_state_end(s);
        return st;
    }
    s->begins = true;
    *state = s;
    return SPOT_OK;
}

static void end(void *state)
{
    spoti_remote_state_end((spoti_remote_state *)state);
}

static void close_remote(void *self)
{
    spoti_remote *r = (spoti_remote *)self;
    const spot_allocator *allocator = r->allocator;
    spoti_remote_state_end(r->spare);
    for (int i = 0; i < r->n_part; i++) {
        spoti_scaling_close(&r->parts[i].scaling);
    }
    spoti_action_map_close(&r->action);
    spoti_remote_file_free(r->owned);
    spoti_free(allocator, r, sizeof(*r));
}

static const spot_brain_ops remote_ops = {.describe = describe,
                                          .identify = identify,
                                          .begin = begin,
                                          .infer = spoti_remote_infer,
                                          .remember = spoti_remote_remember,
                                          .forget = spoti_remote_forget,
                                          .end = end,
                                          .close = close_remote};

/* ---- what is sent ---- */

static spot_status load_key(spoti_remote *r, spot_diag *diag)
{
    const char *variable = r->file->api_key_env;
    r->api_key = variable != NULL ? getenv(variable) : r->file->api_key;
    return variable == NULL || r->api_key != NULL
               ? SPOT_OK
               : spot_diag_set(
                     diag, SPOT_E_FORMAT,
                     "%s:%d: api_key_env: the environment has no %s, expected a key there", r->name,
                     spoti_yaml_line_of(r->name, "api_key_env", 1), variable);
}

/* How many numbers an observation has: the task, the file or the server says. */
static spot_status load_obs_dim(spoti_remote *r, int of_task, spot_diag *diag)
{
    const int of_file = r->file->obs_dim != NULL ? *r->file->obs_dim : 0;
    const int of_server = r->server.obs_dim;
    const int known = of_task != 0 ? of_task : of_server != 0 ? of_server : of_file;
    r->obs_dim = known;
    if (known == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: neither task nor server says how many numbers an observation "
                             "has, expected obs_dim: N in a file",
                             r->name);
    }
    if ((of_file != 0 && of_file != known) || (of_server != 0 && of_server != known) || known < 1 ||
        known > SPOT_BRAIN_DIM_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the policy takes %d observations, expected %d as in the task",
                             r->name, of_server != 0 ? of_server : of_file, known);
    }
    return SPOT_OK;
}

static spot_status load_part(spoti_remote *r, uint64_t i, spot_diag *diag)
{
    const spoti_remote_state_file *f = &r->file->state[i];
    spoti_remote_part *part = &r->parts[r->n_part];
    const int line = spoti_yaml_line_of(r->name, "state", 1);
    *part = (spoti_remote_part){.key = f->key,
                                .n = f->entries != NULL ? (int)f->entries_count : r->obs_dim,
                                .entries = f->entries};
    for (int k = 0; f->entries != NULL && k < part->n; k++) {
        if (f->entries[k] < 0 || f->entries[k] >= r->obs_dim) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: entries: %d, expected 0..%d, entries of the task's "
                                 "observation",
                                 r->name, spoti_yaml_line_of(r->name, "entries", line),
                                 f->entries[k], r->obs_dim - 1);
        }
    }
    r->n_part++;
    return spoti_scaling_load(r->name, spoti_yaml_line_of(r->name, "normalise", line), f->normalise,
                              part->n, 1, r->allocator, &part->scaling, diag);
}

static spot_status load_picture(spoti_remote *r, uint64_t i, spot_diag *diag)
{
    const spoti_remote_image_file *f = &r->file->images[i];
    spoti_remote_picture *p = &r->pictures[r->n_picture];
    *p = (spoti_remote_picture){
        .camera = f->camera, .key = f->key, .within = spoti_remote_file_within(r->file, i)};
    spot_status st = spoti_image_map_load(r->name, spoti_yaml_line_of(r->name, "images", 1),
                                          f->image, 0, 0, &p->map, diag);
    r->n_picture += st == SPOT_OK ? 1 : 0;
    return st;
}

static spot_status load_request(spoti_remote *r, const spot_brain_open_config *config,
                                spot_diag *diag)
{
    spot_status st = load_obs_dim(r, config->obs_dim, diag);
    if (st == SPOT_OK && r->server.is_spot && (r->file->state != NULL || r->file->action != NULL)) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "%s: the server is a sweetspot one, which speaks the task's terms, "
                           "expected neither state nor action",
                           r->name);
    }
    if (st == SPOT_OK && r->file->state == NULL) {
        r->parts[r->n_part++] =
            (spoti_remote_part){.key = spoti_remote_file_state_key(r->file), .n = r->obs_dim};
    }
    for (uint64_t i = 0; st == SPOT_OK && i < r->file->state_count; i++) {
        st = load_part(r, i, diag);
    }
    for (uint64_t i = 0; st == SPOT_OK && i < r->file->images_count; i++) {
        st = load_picture(r, i, diag);
    }
    return st;
}

/* ---- what comes back ---- */

static spot_status load_action(spoti_remote *r, int rows, int dim, int of_task, spot_diag *diag)
{
    if (r->file->action == NULL && of_task != 0 && dim != of_task) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server gives actions of %d entries, expected %d as in the "
                             "task (remote:FILE.yaml with action: {columns: [...]} picks some)",
                             r->name, dim, of_task);
    }
    return spoti_action_map_load(r->name, r->file->action, rows, dim, of_task, r->allocator,
                                 &r->action, diag);
}

/* The first question, of zeros: an answer's size is in no protocol but our own, whose policies may want an anchor that
 * nobody knows yet. */
static spot_status probe(spoti_remote *r, const spot_brain_open_config *config, spot_diag *diag)
{
    if (r->server.is_spot) {
        const spot_status known =
            load_action(r, r->server.horizon, r->server.action_dim, config->action_dim, diag);
        return known == SPOT_OK ? spoti_remote_state_size(r->spare) : known;
    }
    const spot_brain_input zeros = {.instruction = config->instruction};
    const spoti_value *actions = NULL;
    int rows = 0;
    int dim = 0;
    r->spare->begins = true;
    spot_status st = spoti_remote_ask_for(r->spare, &zeros, &actions, diag);
    if (st == SPOT_OK && actions != NULL) { /* the second always holds then */
        st = spoti_remote_shape(r, actions, &rows, &dim, diag);
    }
    st = st == SPOT_OK ? load_action(r, rows, dim, config->action_dim, diag) : st;
    return st == SPOT_OK ? spoti_remote_state_size(r->spare) : st;
}

/* ---- opening ---- */

static const spoti_remote_file NOTHING_SAID = {.url = NULL};

static spot_status set_up(spoti_remote *r, const spot_brain_open_config *config, spot_diag *diag)
{
    const spoti_remote_file *f = r->file;
    r->connect_s = f->connect_s != NULL ? *f->connect_s : CONNECT_S;
    r->first_answer_s = f->first_answer_s != NULL ? *f->first_answer_s : FIRST_ANSWER_S;
    r->answer_s = f->answer_s != NULL ? *f->answer_s : ANSWER_S;
    if (f->steps != NULL && (*f->steps < 1 || *f->steps > SPOT_POINT_STEPS_MAX)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: steps: %d, expected 1..%d", r->name,
                             spoti_yaml_line_of(r->name, "steps", 1), *f->steps,
                             SPOT_POINT_STEPS_MAX);
    }
    spot_status st = load_key(r, diag);
    st = st == SPOT_OK ? spoti_remote_state_create(r, r->allocator, &r->spare) : st;
    st = st == SPOT_OK ? spoti_remote_connect(r->spare, &r->server, diag) : st;
    st = st == SPOT_OK ? load_request(r, config, diag) : st;
    st = st == SPOT_OK ? spoti_remote_state_size(r->spare) : st;
    return st == SPOT_OK ? probe(r, config, diag) : st;
}

/* `path` of a file, or NULL: the address is all. */
static spot_status open_remote(const char *scheme, const char *rest, const char *path,
                               const spot_brain_open_config *config, spot_brain *out,
                               spot_diag *diag)
{
    spoti_remote *r = (spoti_remote *)spoti_calloc(config->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->allocator = config->allocator;
    r->file = &NOTHING_SAID;
    spot_status st = path != NULL ? spoti_remote_file_load(path, &r->owned, diag) : SPOT_OK;
    r->file = r->owned != NULL ? r->owned : r->file;
    if (st == SPOT_OK && (!spoti_format(r->url, sizeof(r->url), "%s%s", scheme,
                                        r->owned != NULL ? r->owned->url : rest) ||
                          !spoti_copy(r->name, sizeof(r->name), path != NULL ? path : r->url))) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "%s: the address is longer than %d bytes, expected a shorter one",
                           path != NULL ? path : rest, SPOTI_NET_URL_BYTES - 1);
    }
    st = st == SPOT_OK ? set_up(r, config, diag) : st;
    if (st != SPOT_OK) {
        close_remote(r);
        return st;
    }
    *out = (spot_brain){.ops = &remote_ops, .self = r};
    return SPOT_OK;
}

spot_status spoti_brain_open_ws(const char *rest, const spot_brain_open_config *config,
                                spot_brain *out, spot_diag *diag)
{
    return open_remote("ws://", rest, NULL, config, out, diag);
}

spot_status spoti_brain_open_wss(const char *rest, const spot_brain_open_config *config,
                                 spot_brain *out, spot_diag *diag)
{
    return open_remote("wss://", rest, NULL, config, out, diag); /* refused with the reason */
}

spot_status spoti_brain_open_remote(const char *path, const spot_brain_open_config *config,
                                    spot_brain *out, spot_diag *diag)
{
    return open_remote("", "", path, config, out, diag);
}
