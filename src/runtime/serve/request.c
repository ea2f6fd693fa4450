/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Reads what a client asks: a frame of somebody whom nobody knows, into an observation of the right shape. */
#include <string.h>

#include "core/base/text.h"
#include "runtime/serve/room.h"

/* The names that a state goes by: openpi's for LIBERO, LeRobot's, and openpi's for ALOHA. */
static const char *const STATE_KEYS[] = {"observation/state", "observation.state", "state"};
enum { N_STATE_KEYS = sizeof(STATE_KEYS) / sizeof(STATE_KEYS[0]) };

/* How the key of a picture begins, in openpi's way and in LeRobot's; the camera's name follows. */
static const char *const IMAGE_KEYS[] = {"observation/", "observation.images."};
enum { N_IMAGE_KEYS = sizeof(IMAGE_KEYS) / sizeof(IMAGE_KEYS[0]) };

#define OWN_KEYS     "spot/"
#define OWN_KEYS_ARE "spot/noise, spot/begin, spot/past or spot/anchor"

static spot_status read_state(const spot_serve *server, const spoti_value *root,
                              spoti_serve_request *request, spot_diag *diag)
{
    const size_t dim = (size_t)server->info.obs_dim;
    const spoti_value *state = NULL;
    const char *name = NULL;

    for (int i = 0; i < N_STATE_KEYS; i++) {
        const spoti_value *value = spoti_value_find(root, STATE_KEYS[i]);
        if (value != NULL && state != NULL) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s and %s: both there, expected one of them",
                                 name, STATE_KEYS[i]);
        }
        state = value != NULL ? value : state;
        name = value != NULL ? STATE_KEYS[i] : name;
    }
    if (state == NULL) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                             "%s: missing, expected a float32 array of shape [%zu] "
                             "(observation.state and state are taken too)",
                             STATE_KEYS[0], dim);
    }
    request->input.obs = request->obs;
    return spoti_value_to_floats(state, name, 1, &dim, request->obs, dim, NULL, diag);
}

static spot_status read_noise(const spot_serve *server, const spoti_value *root,
                              spoti_serve_request *request, spot_diag *diag)
{
    const spoti_value *noise = spoti_value_find(root, "spot/noise");
    const size_t shape[2] = {(size_t)server->info.horizon, (size_t)server->info.action_dim};

    request->has_noise = noise != NULL;
    request->input.noise = request->noise; /* NULL for a brain without */
    if (noise == NULL) {
        return SPOT_OK;
    }
    if (request->noise == NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "spot/noise: this policy takes no noise, expected none");
    }
    return spoti_value_to_floats(noise, "spot/noise", 2, shape, request->noise, shape[0] * shape[1],
                                 NULL, diag);
}

/* A numpy bool comes as an array or a value of its own. */
static spot_status read_begin(const spoti_value *root, spoti_serve_request *request,
                              spot_diag *diag)
{
    const spoti_value *begin = spoti_value_find(root, "spot/begin");
    const bool is_array = begin != NULL && begin->kind == SPOTI_VALUE_ARRAY &&
                          begin->as.array.dtype == SPOTI_NP_B1 && begin->as.array.n_element == 1;

    request->begins = false;
    if (begin == NULL) {
        return SPOT_OK;
    }
    if (begin->kind != SPOTI_VALUE_BOOL && !is_array) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "spot/begin: %s, expected true or false",
                             spoti_value_kind_str(begin));
    }
    request->begins = is_array ? begin->as.array.data[0] != 0 : begin->as.flag;
    return SPOT_OK;
}

/* Rows of an array of two axes. */
static spot_status count_rows(const spoti_value *value, const char *what, size_t *n,
                              spot_diag *diag)
{
    if (value == NULL || value->kind != SPOTI_VALUE_ARRAY || value->as.array.n_dim != 2) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s, expected an array of two axes", what,
                             spoti_value_kind_str(value));
    }
    *n = value->as.array.shape[0];
    if (*n > SPOT_SERVE_PAST_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: %zu actions, expected at most %d", what, *n,
                             SPOT_SERVE_PAST_MAX);
    }
    return SPOT_OK;
}

static spot_status read_past_arrays(const spot_serve *server, const spoti_value *state,
                                    const spoti_value *command, spoti_serve_request *request,
                                    spot_diag *diag)
{
    static const char STATE[] = "spot/past state";
    static const char COMMAND[] = "spot/past command";
    const size_t n = request->n_past;
    const size_t state_shape[2] = {n, (size_t)server->info.obs_dim};
    const size_t command_shape[2] = {n, (size_t)server->info.action_dim};
    const size_t n_state = n * state_shape[1]; /* at most 2^12 x 2^16 */
    const size_t n_command = n * command_shape[1];

    if (n_state + n_command == 0) {
        return SPOT_OK;
    }
    /* What is there bounds what is taken: the arrays have come in full. */
    if (state->as.array.n_element != n_state || command->as.array.n_element != n_command) {
        const bool is_state = state->as.array.n_element != n_state;
        return spot_diag_set(
            diag, SPOT_E_FORMAT, "%s: an array of shape [%zu, %zu], expected [%zu, %zu]",
            is_state ? STATE : COMMAND, n, (is_state ? state : command)->as.array.shape[1], n,
            is_state ? state_shape[1] : command_shape[1]);
    }
    spot_status st = spoti_bytes_reserve(&request->past, (n_state + n_command) * sizeof(float));
    if (st != SPOT_OK) {
        return st;
    }
    float *rows = (float *)(void *)request->past.data;
    st = spoti_value_to_floats(state, STATE, 2, state_shape, rows, n_state, NULL, diag);
    return st == SPOT_OK ? spoti_value_to_floats(command, COMMAND, 2, command_shape, rows + n_state,
                                                 n_command, NULL, diag)
                         : st;
}

static spot_status read_past(const spot_serve *server, const spoti_value *root,
                             spoti_serve_request *request, spot_diag *diag)
{
    const spoti_value *past = spoti_value_find(root, "spot/past");
    size_t n_command = 0;

    request->n_past = 0;
    if (past == NULL) {
        return SPOT_OK;
    }
    if (!server->info.remembers) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "spot/past: this policy remembers nothing, expected none");
    }
    if (past->kind != SPOTI_VALUE_MAP) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "spot/past: %s, expected a map with state and command",
                             spoti_value_kind_str(past));
    }
    const spoti_value *state = spoti_value_find(past, "state");
    const spoti_value *command = spoti_value_find(past, "command");
    spot_status st = count_rows(state, "spot/past state", &request->n_past, diag);
    st = st == SPOT_OK ? count_rows(command, "spot/past command", &n_command, diag) : st;
    if (st == SPOT_OK && n_command != request->n_past) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "spot/past: %zu states and %zu commands, expected as many",
                           request->n_past, n_command);
    }
    return st == SPOT_OK ? read_past_arrays(server, state, command, request, diag) : st;
}

/* As doubles, exactly: an action is relative to it. */
static spot_status read_anchor(const spoti_value *root, spoti_serve_request *request,
                               spot_diag *diag)
{
    const spoti_value *anchor = spoti_value_find(root, "spot/anchor");
    float rounded[SPOTI_SERVE_ANCHOR_MAX];
    const size_t any = 0;
    size_t n = 0;

    request->input.anchor = NULL;
    request->input.n_anchor = 0;
    if (anchor == NULL) {
        return SPOT_OK;
    }
    /* Refuses what is no list of finite numbers, but rounds. */
    const spot_status st = spoti_value_to_floats(anchor, "spot/anchor", 1, &any, rounded,
                                                 SPOTI_SERVE_ANCHOR_MAX, &n, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (anchor->kind == SPOTI_VALUE_ARRAY && anchor->as.array.dtype == SPOTI_NP_F8) {
        memcpy(request->anchor, anchor->as.array.data, n * sizeof(double));
    } else if (anchor->kind == SPOTI_VALUE_ARRAY && anchor->as.array.dtype == SPOTI_NP_F4) {
        for (size_t i = 0; i < n; i++) {
            request->anchor[i] = (double)rounded[i];
        }
    } else {
        return spot_diag_set(diag, SPOT_E_FORMAT, "spot/anchor: %s, expected an array of <f8",
                             spoti_value_kind_str(anchor));
    }
    request->input.anchor = n > 0 ? request->anchor : NULL;
    request->input.n_anchor = (int)n;
    return SPOT_OK;
}

static spot_status read_prompt(const spot_serve *server, const spoti_value *root,
                               spoti_serve_request *request, spot_diag *diag)
{
    const spoti_value *prompt = spoti_value_find(root, "prompt");

    request->input.instruction = server->instruction;
    if (prompt == NULL) {
        return SPOT_OK;
    }
    request->input.instruction = request->prompt;
    return spoti_value_to_text(prompt, "prompt", request->prompt, sizeof(request->prompt), diag);
}

/* The camera's name, if the value is one of its pictures; NULL if not. */
static const char *camera_of(const spoti_value *value, size_t *size)
{
    if (value->kind != SPOTI_VALUE_ARRAY || value->as.array.dtype != SPOTI_NP_U1) {
        return NULL;
    }
    for (int i = 0; i < N_IMAGE_KEYS; i++) {
        const size_t length = strlen(IMAGE_KEYS[i]);
        if (value->key_size > length && memcmp(value->key, IMAGE_KEYS[i], length) == 0) {
            *size = value->key_size - length;
            return value->key + length;
        }
    }
    return NULL;
}

static spot_status read_image(const spoti_value *value, const char *name, size_t size,
                              spoti_serve_request *request, spot_diag *diag)
{
    const spoti_array *array = &value->as.array;
    const int i = request->input.n_images;
    char key[SPOTI_NET_KEY_BYTES + 1];

    (void)spoti_copy_n(key, sizeof(key), value->key, value->key_size);
    if (i == SPOT_IMAGES_MAX || size >= SPOTI_SERVE_IMAGE_NAME_SIZE) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s: expected at most %d images, names below %d bytes", key,
                             SPOT_IMAGES_MAX, SPOTI_SERVE_IMAGE_NAME_SIZE);
    }
    if (array->n_dim != 3 || array->shape[2] != 3 || array->shape[0] < 1 || array->shape[1] < 1 ||
        array->shape[0] > SPOT_IMAGE_SIDE_MAX || array->shape[1] > SPOT_IMAGE_SIDE_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: expected an image, uint8 of shape [height, width, 3], sides 1 to "
                             "%d",
                             key, SPOT_IMAGE_SIDE_MAX);
    }
    (void)spoti_copy_n(request->names[i], SPOTI_SERVE_IMAGE_NAME_SIZE, name, size);
    request->images[i] = (spot_image){.name = request->names[i],
                                      .height = (int)array->shape[0],
                                      .width = (int)array->shape[1],
                                      .pixels = array->data};
    request->input.n_images++;
    return SPOT_OK;
}

/* Goes through all keys: pictures for a brain that sees, and keys of ours that nobody knows. */
static spot_status read_others(const spot_serve *server, const spoti_value *root,
                               spoti_serve_request *request, spot_diag *diag)
{
    static const char *const known[] = {"spot/noise", "spot/begin", "spot/past", "spot/anchor"};
    const spoti_value *end = root + root->n_value;
    spot_status st = SPOT_OK;

    request->input.n_images = 0;
    for (const spoti_value *v = root + 1; st == SPOT_OK && v < end; v += v->n_value) {
        size_t size = 0;
        const char *name = server->info.sees ? camera_of(v, &size) : NULL;
        bool is_known =
            v->key_size < strlen(OWN_KEYS) || memcmp(v->key, OWN_KEYS, strlen(OWN_KEYS)) != 0;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            is_known = is_known || spoti_value_key_is(v, known[i]);
        }
        if (name != NULL) {
            st = read_image(v, name, size, request, diag);
        } else if (!is_known) {
            char key[SPOTI_NET_KEY_BYTES + 1];
            (void)spoti_copy_n(key, sizeof(key), v->key, v->key_size);
            st = spot_diag_set(diag, SPOT_E_FORMAT, "%s: no such key, expected " OWN_KEYS_ARE, key);
        }
    }
    request->input.images = request->input.n_images > 0 ? request->images : NULL;
    return st;
}

spot_status spoti_serve_read(const spot_serve *server, spoti_seat *seat, spot_diag *diag)
{
    spoti_serve_request *request = &seat->request;

    if (seat->frame.size == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "request: empty, expected a map");
    }
    spot_status st =
        spoti_record_decode(&seat->record, "request", seat->frame.data, seat->frame.size, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const spoti_value *root = spoti_record_root(&seat->record);
    if (root == NULL || root->kind != SPOTI_VALUE_MAP) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "request: %s, expected a map",
                             spoti_value_kind_str(root));
    }
    st = read_state(server, root, request, diag);
    st = st == SPOT_OK ? read_noise(server, root, request, diag) : st;
    st = st == SPOT_OK ? read_begin(root, request, diag) : st;
    st = st == SPOT_OK ? read_past(server, root, request, diag) : st;
    st = st == SPOT_OK ? read_anchor(root, request, diag) : st;
    st = st == SPOT_OK ? read_prompt(server, root, request, diag) : st;
    return st == SPOT_OK ? read_others(server, root, request, diag) : st;
}
