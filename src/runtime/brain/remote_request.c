/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a server is asked: an observation as the record that it was trained on. */
#include <string.h>
#include <time.h>

#include "runtime/brain/remote.h"

/* The entries of the observation that stand under one key. */
static void gather(const spoti_remote_part *part, const float *obs, float *out)
{
    for (int i = 0; i < part->n; i++) {
        out[i] = obs == NULL ? 0.0F : obs[part->entries != NULL ? part->entries[i] : i];
    }
    if (obs != NULL) {
        spoti_scaling_apply(&part->scaling, part->n, out, out);
    }
}

static void put_state(spoti_remote_state *s, const float *obs)
{
    float *at = s->gathered;
    for (int i = 0; i < s->remote->n_part; i++) {
        const spoti_remote_part *part = &s->remote->parts[i];
        const size_t shape[1] = {(size_t)part->n};
        gather(part, obs, at);
        spoti_record_put_array(&s->request, part->key, SPOTI_NP_F4, 1, shape, at);
        at += part->n;
    }
}

/* ---- images ---- */

static const spot_image *find_image(const spot_brain_input *input, const char *camera)
{
    for (int i = 0; i < input->n_images; i++) {
        if (strcmp(input->images[i].name, camera) == 0) {
            return &input->images[i];
        }
    }
    return NULL;
}

size_t spoti_remote_image_bytes(const spoti_remote_picture *p)
{
    return (size_t)p->map.height * (size_t)p->map.width * 3 * (p->map.bytes ? 1 : sizeof(float));
}

static spot_status take_image(spoti_remote_state *s, int i, const spot_brain_input *input,
                              spot_diag *diag)
{
    const spoti_remote_picture *p = &s->remote->pictures[i];
    if (input->obs == NULL) {
        memset(s->pixels[i], 0, spoti_remote_image_bytes(p));
        return SPOT_OK;
    }
    const spot_image *image = find_image(input, p->camera);
    if (image == NULL) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                             "%s: the task has no camera '%s', expected %s%s%s", s->remote->name,
                             p->camera, input->n_images > 0 ? "one that it has: '" : "a task with",
                             input->n_images > 0 ? input->images[0].name : " cameras",
                             input->n_images > 0 ? "', say" : "");
    }
    return spoti_image_map_apply(&p->map, image, s->pixels[i], diag);
}

static void put_image(spoti_remote_state *s, int i)
{
    const spoti_remote_picture *p = &s->remote->pictures[i];
    const size_t h = (size_t)p->map.height;
    const size_t w = (size_t)p->map.width;
    const size_t hwc[3] = {h, w, 3};
    const size_t chw[3] = {3, h, w};
    spoti_record_put_array(&s->request, p->key, p->map.bytes ? SPOTI_NP_U1 : SPOTI_NP_F4, 3,
                           p->map.channels_first ? chw : hwc, s->pixels[i]);
}

static bool same_map(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Those of one map stand together, where the first of them is listed. */
static void put_images(spoti_remote_state *s)
{
    const spoti_remote_picture *all = s->remote->pictures;
    for (int i = 0; i < s->remote->n_picture; i++) {
        bool done = false;
        for (int j = 0; j < i; j++) {
            done = done || same_map(all[i].within, all[j].within);
        }
        if (done) {
            continue;
        }
        if (all[i].within != NULL) {
            spoti_record_map(&s->request, all[i].within);
        }
        for (int j = i; j < s->remote->n_picture; j++) {
            if (same_map(all[i].within, all[j].within)) {
                put_image(s, j);
            }
        }
        if (all[i].within != NULL) {
            spoti_record_end(&s->request);
        }
    }
}

/* ---- the rest ---- */

static void put_constants(spoti_remote_state *s)
{
    const spoti_remote_file *f = s->remote->file;
    for (uint64_t i = 0; i < f->constants_count; i++) {
        const spoti_remote_constant_file *c = &f->constants[i];
        const size_t shape[1] = {(size_t)c->values_count};
        if (c->text != NULL) {
            spoti_record_put_text(&s->request, c->key, c->text);
        } else if (c->number != NULL) {
            spoti_record_put_float(&s->request, c->key, *c->number);
        } else if (c->integer != NULL) {
            spoti_record_put_int(&s->request, c->key, *c->integer);
        } else if (c->flag != NULL) {
            spoti_record_put_bool(&s->request, c->key, *c->flag);
        } else {
            spoti_record_put_array(&s->request, c->key, SPOTI_NP_F8, 1, shape, c->values);
        }
    }
}

/* What a server of ours takes beside: all that a chunk depends on, so that it gives the same again. */
static void put_spot(spoti_remote_state *s, const spot_brain_input *input)
{
    const spoti_remote_server *server = &s->remote->server;
    spoti_record *r = &s->request;
    spoti_record_put_bool(r, SPOTI_REMOTE_SPOT_BEGIN, s->begins);
    if (server->takes_noise && input->noise != NULL) {
        const size_t shape[2] = {(size_t)server->horizon, (size_t)server->action_dim};
        spoti_record_put_array(r, SPOTI_REMOTE_SPOT_NOISE, SPOTI_NP_F4, 2, shape, input->noise);
    }
    if (s->n_past > 0) {
        const size_t obs[2] = {s->n_past, (size_t)server->obs_dim};
        const size_t command[2] = {s->n_past, (size_t)server->action_dim};
        spoti_record_map(r, SPOTI_REMOTE_SPOT_PAST);
        spoti_record_put_array(r, "state", SPOTI_NP_F4, 2, obs, s->past_obs.data);
        spoti_record_put_array(r, "command", SPOTI_NP_F4, 2, command, s->past_command.data);
        spoti_record_end(r);
    }
    if (input->n_anchor > 0) {
        const size_t shape[1] = {(size_t)input->n_anchor};
        spoti_record_put_array(r, SPOTI_REMOTE_SPOT_ANCHOR, SPOTI_NP_F8, 1, shape, input->anchor);
    }
}

void spoti_remote_message(spoti_remote_state *s, const char *type)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    spoti_record_clear(&s->request);
    spoti_record_map(&s->request, NULL);
    spoti_record_put_text(&s->request, "type", type);
    spoti_record_put_int(&s->request, "seq", ++s->seq);
    spoti_record_put_float(&s->request, "timestamp",
                           (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    spoti_record_map(&s->request, "payload");
}

spot_status spoti_remote_request(spoti_remote_state *s, const spot_brain_input *input,
                                 spot_diag *diag)
{
    const spoti_remote *remote = s->remote;
    const char *prompt = remote->file->prompt != NULL ? remote->file->prompt : input->instruction;
    const bool wraps = remote->file->dialect == SPOTI_DIALECT_VLA_EVAL;
    spot_status st = SPOT_OK;
    for (int i = 0; i < remote->n_picture && st == SPOT_OK; i++) {
        st = take_image(s, i, input, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (wraps) {
        spoti_remote_message(s, "observation");
    } else {
        spoti_record_clear(&s->request);
        spoti_record_map(&s->request, NULL);
    }
    put_state(s, input->obs);
    put_images(s);
    if (prompt != NULL) {
        spoti_record_put_text(&s->request, spoti_remote_file_prompt_key(remote->file), prompt);
    }
    put_constants(s);
    if (remote->server.is_spot) {
        put_spot(s, input);
    }
    spoti_record_end(&s->request);
    if (wraps) {
        spoti_record_end(&s->request);
    }
    return SPOT_OK;
}
