/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One thread's talk with a server: episodes, their inferences, and what is lost on the way. */
#include <string.h>
#include <time.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "runtime/brain/remote.h"

/* Between two tries to connect: short beside a server's start. */
static const double PAUSE_S = 0.2;

/* More actions between two inferences than any horizon has. */
enum { PAST_MAX = SPOT_BRAIN_DIM_MAX };

/* ---- life ---- */

static size_t gathered_count(const spoti_remote *remote)
{
    size_t n = 0;
    for (int i = 0; i < remote->n_part; i++) {
        n += (size_t)remote->parts[i].n;
    }
    return n;
}

static size_t rows_count(const spoti_remote *remote)
{
    return (size_t)remote->action.model_rows * (size_t)remote->action.model_dim;
}

spot_status spoti_remote_state_create(const spoti_remote *remote, const spot_allocator *allocator,
                                      spoti_remote_state **out)
{
    spoti_remote_state *s = (spoti_remote_state *)spoti_calloc(allocator, 1, sizeof(*s));
    *out = s;
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->remote = remote;
    s->allocator = allocator;
    s->request.allocator = allocator;
    s->answer.allocator = allocator;
    s->frame.allocator = allocator;
    s->past_obs.allocator = allocator;
    s->past_command.allocator = allocator;
    return SPOT_OK;
}

spot_status spoti_remote_state_size(spoti_remote_state *s)
{
    const spoti_remote *r = s->remote;
    if (s->gathered == NULL && gathered_count(r) > 0) {
        s->gathered = (float *)spoti_calloc(s->allocator, gathered_count(r), sizeof(float));
        s->n_gathered = gathered_count(r);
        if (s->gathered == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    for (int i = 0; i < r->n_picture; i++) {
        if (s->pixels[i] == NULL) {
            s->pixels[i] = (unsigned char *)spoti_calloc(
                s->allocator, spoti_remote_image_bytes(&r->pictures[i]), 1);
        }
        if (s->pixels[i] == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    if (s->rows == NULL && rows_count(r) > 0) {
        s->rows = (float *)spoti_calloc(s->allocator, rows_count(r), sizeof(float));
        s->n_rows = rows_count(r);
    }
    return s->rows == NULL && rows_count(r) > 0 ? SPOT_E_NOMEM : SPOT_OK;
}

void spoti_remote_state_end(spoti_remote_state *s)
{
    if (s == NULL) {
        return;
    }
    spoti_remote_say_end(s);
    spoti_remote_hang_up(s);
    spoti_record_fini(&s->request);
    spoti_record_fini(&s->answer);
    spoti_bytes_fini(&s->frame);
    spoti_bytes_fini(&s->past_obs);
    spoti_bytes_fini(&s->past_command);
    spoti_free(s->allocator, s->gathered, s->n_gathered * sizeof(float));
    spoti_free(s->allocator, s->rows, s->n_rows * sizeof(float));
    for (int i = 0; i < s->remote->n_picture; i++) {
        spoti_free(s->allocator, s->pixels[i], spoti_remote_image_bytes(&s->remote->pictures[i]));
    }
    spoti_free(s->allocator, s, sizeof(*s));
}

/* ---- connecting ---- */

spot_status spoti_remote_connect_again(spoti_remote_state *s, spot_diag *diag)
{
    spoti_remote_server server;
    spot_status st = spoti_remote_connect(s, &server, diag);
    if (st == SPOT_OK && server.hash != s->remote->server.hash) {
        spoti_remote_hang_up(s);
        st = spot_diag_set(diag, SPOT_E_STATE,
                           "%s: the server says other things of itself than at first, expected the "
                           "same policy during a run",
                           s->remote->name);
    }
    return st;
}

/* Tries until connect_s is over: a server that is started again is not there at once. */
static spot_status reconnect(spoti_remote_state *s, spot_diag *diag)
{
    const struct timespec pause = {.tv_nsec = (long)(1e9 * PAUSE_S)};
    const double until = spoti_now_s() + s->remote->connect_s;
    spot_status st = spoti_remote_connect_again(s, diag);
    while (st == SPOT_E_IO && spoti_now_s() + PAUSE_S < until) {
        (void)nanosleep(&pause, NULL);
        st = spoti_remote_connect_again(s, diag);
    }
    return st;
}

/* ---- episodes ---- */

spot_status spoti_remote_forget(void *state, spot_diag *diag)
{
    spoti_remote_state *s = (spoti_remote_state *)state;
    spot_diag why = {""};
    s->n_lost = s->is_lost ? s->n_lost : 0;
    s->is_lost = false;
    s->begins = true;
    s->n_past = 0;
    s->past_obs.size = 0;
    s->past_command.size = 0;
    spoti_remote_say_end(s);
    if (s->client != NULL && spoti_net_client_pump(s->client, NULL) != SPOT_OK) {
        spoti_remote_hang_up(s);
    }
    if (s->client != NULL) {
        return SPOT_OK;
    }
    const spot_status st = reconnect(s, &why);
    if (st == SPOT_E_IO) {
        s->why = why; /* the episode is lost when it first asks */
        return SPOT_OK;
    }
    return st == SPOT_OK ? st : spot_diag_set(diag, st, "%s", why.text);
}

spot_status spoti_remote_remember(void *state, const float *obs, const float *command,
                                  spot_diag *diag)
{
    spoti_remote_state *s = (spoti_remote_state *)state;
    const spoti_remote_server *server = &s->remote->server;
    if (s->n_past == PAST_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: more than %d actions without an inference",
                             s->remote->name, PAST_MAX);
    }
    spot_status st = spoti_bytes_append(&s->past_obs, obs, (size_t)server->obs_dim * sizeof(*obs));
    st = st == SPOT_OK ? spoti_bytes_append(&s->past_command, command,
                                            (size_t)server->action_dim * sizeof(*command))
                       : st;
    s->n_past += st == SPOT_OK ? 1 : 0;
    if (st == SPOT_OK && s->client != NULL) {
        /* a ping is answered meanwhile; if the connection is gone, the next question says so */
        (void)spoti_net_client_pump(s->client, NULL);
    }
    return st;
}

/* ---- inferences ---- */

spot_status spoti_remote_shape(const spoti_remote *remote, const spoti_value *actions, int *rows,
                               int *dim, spot_diag *diag)
{
    const bool is_array = actions->kind == SPOTI_VALUE_ARRAY;
    const size_t n_dim = is_array ? actions->as.array.n_dim : 0;
    const size_t *shape = actions->as.array.shape;
    if (n_dim != 1 && n_dim != 2) {
        char axes[32] = "";
        if (is_array) {
            (void)spoti_format(axes, sizeof(axes), " of %zu axes", n_dim);
        }
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server's '%s' is %s%s, expected an array (horizon x entries "
                             "of an action), or of one action",
                             remote->name, spoti_remote_file_actions(remote->file),
                             spoti_value_kind_str(actions), axes);
    }
    const size_t h = n_dim == 2 ? shape[0] : 1;
    const size_t d = shape[n_dim - 1];
    if (h < 1 || d < 1 || h > SPOT_BRAIN_DIM_MAX || d > SPOT_BRAIN_DIM_MAX ||
        h * d > SPOT_BRAIN_DIM_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server gives %zu actions of %zu entries, expected at least 1 "
                             "each and at most %d numbers",
                             remote->name, h, d, SPOT_BRAIN_DIM_MAX);
    }
    *rows = (int)h;
    *dim = (int)d;
    return SPOT_OK;
}

static spot_status read_actions(spoti_remote_state *s, const spoti_value *actions,
                                const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    const spoti_remote *r = s->remote;
    char what[SPOTI_PATH_SIZE];
    int rows = 0;
    int dim = 0;
    spot_status st = spoti_remote_shape(r, actions, &rows, &dim, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (rows != r->action.model_rows || dim != r->action.model_dim) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server gives %d actions of %d entries, expected %d of %d as "
                             "in its %s",
                             r->name, rows, dim, r->action.model_rows, r->action.model_dim,
                             r->server.is_spot ? "metadata" : "first answer");
    }
    (void)spoti_format(what, sizeof(what), "%.500s: the server's '%s'", r->name,
                       spoti_remote_file_actions(r->file));
    const spoti_array *array = &actions->as.array;
    st = spoti_value_to_floats(actions, what, array->n_dim, array->shape, s->rows, s->n_rows, NULL,
                               diag);
    return st == SPOT_OK ? spoti_action_map_apply(&r->action, s->rows, input->anchor,
                                                  input->n_anchor, chunk, diag)
                         : st;
}

/* One episode more is lost, or the job is. */
static spot_status count_loss(spoti_remote_state *s, const spot_diag *why, spot_diag *diag)
{
    s->n_lost += s->is_lost ? 0 : 1;
    s->is_lost = true;
    if (s->n_lost < SPOTI_REMOTE_LOST_MAX) {
        return spot_diag_set(diag, SPOT_E_IO, "%s", why->text);
    }
    return spot_diag_set(diag, SPOT_E_STATE, "%d episodes in a row were lost; the last: %.420s",
                         s->n_lost, why->text);
}

spot_status spoti_remote_ask_for(spoti_remote_state *s, const spot_brain_input *input,
                                 const spoti_value **actions, spot_diag *diag)
{
    const char *prompt =
        s->remote->file->prompt != NULL ? s->remote->file->prompt : input->instruction;
    spot_status st = SPOT_OK;
    if (s->client == NULL) {
        return spot_diag_set(diag, SPOT_E_IO, "%s",
                             s->why.text[0] != '\0' ? s->why.text : "the connection is lost");
    }
    if (s->begins) {
        st = spoti_remote_say_start(s, prompt, diag);
    }
    st = st == SPOT_OK ? spoti_remote_request(s, input, diag) : st;
    st = st == SPOT_OK ? spoti_remote_ask(s, actions, diag) : st;
    if (st == SPOT_OK) {
        s->begins = false;
        s->n_past = 0;
        s->past_obs.size = 0;
        s->past_command.size = 0;
    }
    return st;
}

spot_status spoti_remote_infer(void *state, const spot_brain_input *input, float *chunk,
                               spot_diag *diag)
{
    spoti_remote_state *s = (spoti_remote_state *)state;
    spot_diag why = {""};
    const spoti_value *actions = NULL;
    spot_status st = spoti_remote_ask_for(s, input, &actions, &why);
    if (st == SPOT_OK && actions != NULL) { /* the second always holds then */
        st = read_actions(s, actions, input, chunk, &why);
    }
    if (st == SPOT_E_IO) {
        return count_loss(s, &why, diag);
    }
    return st == SPOT_OK ? st
                         : spot_diag_set(diag, st, "%s",
                                         why.text[0] != '\0' ? why.text : spot_status_str(st));
}
