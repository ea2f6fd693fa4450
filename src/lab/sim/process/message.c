/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/message.h"

#include <math.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"

static const double STEP_S_MAX = 60.0, STEP_S_MIN = 1e-6;

enum { WHAT_SIZE = 256, LIMIT_STEPS_MAX = 1000000000 };

/* A message that is read: the first thing wrong is kept. */
typedef struct reader {
    const spoti_value *map;
    const char *where;
    spot_diag *diag;
    spot_status st;
} reader;

static const spoti_value *take(const reader *r, const char *key, char what[WHAT_SIZE])
{
    (void)spoti_format(what, WHAT_SIZE, "%s: %s", r->where, key);
    return spoti_value_find(r->map, key);
}

static bool is_nil(const spoti_value *value)
{
    return value == NULL || value->kind == SPOTI_VALUE_NIL;
}

static void refuse(reader *r, const char *what, const char *expected)
{
    if (r->st == SPOT_OK) {
        r->st = spot_diag_set(r->diag, SPOT_E_FORMAT, "%s, expected %s", what, expected);
    }
}

static void read_text(reader *r, const char *key, char *out, size_t out_size, bool no_blanks)
{
    char what[WHAT_SIZE];
    const spoti_value *value = take(r, key, what);
    if (r->st == SPOT_OK) {
        r->st = spoti_value_to_text(value, what, out, out_size, r->diag);
    }
    for (char *at = out; r->st == SPOT_OK && *at != '\0'; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c < ' ' || c == 127 || (no_blanks && (c == ' ' || c == '=' || c == '\''))) {
            refuse(r, what, no_blanks ? "a name without blanks, '=' and quotes" : "one line");
        }
    }
}

static int64_t read_int(reader *r, const char *key, int64_t low, int64_t high)
{
    char what[WHAT_SIZE];
    int64_t x = 0;
    const spoti_value *value = take(r, key, what);
    if (r->st == SPOT_OK) {
        r->st = spoti_value_to_int(value, what, &x, r->diag);
    }
    if (r->st == SPOT_OK && (x < low || x > high)) {
        r->st = spot_diag_set(r->diag, SPOT_E_RANGE, "%s: %lld, expected %lld to %lld", what,
                              (long long)x, (long long)low, (long long)high);
    }
    return r->st == SPOT_OK ? x : low;
}

static bool read_bool(reader *r, const char *key)
{
    char what[WHAT_SIZE];
    const spoti_value *value = take(r, key, what);
    if (value == NULL || value->kind != SPOTI_VALUE_BOOL) {
        refuse(r, what, "true or false");
        return false;
    }
    return value->as.flag;
}

/* An array of n doubles, finite unless it `may` be infinite; never NaN. */
static void read_doubles(reader *r, const char *key, size_t n, bool may, double *out)
{
    char what[WHAT_SIZE];
    const spoti_value *value = take(r, key, what);
    if (r->st != SPOT_OK) {
        return;
    }
    if (value == NULL || value->kind != SPOTI_VALUE_ARRAY || value->as.array.dtype != SPOTI_NP_F8 ||
        value->as.array.n_dim != 1 || value->as.array.n_element != n) {
        r->st = spot_diag_set(r->diag, SPOT_E_FORMAT, "%s: expected %zu numbers of <f8 in a row",
                              what, n);
        return;
    }
    memcpy(out, value->as.array.data, n * sizeof(*out));
    for (size_t i = 0; i < n; i++) {
        if (isnan(out[i]) || (!may && isinf(out[i]))) {
            r->st = spot_diag_set(r->diag, SPOT_E_RANGE,
                                  "%s: number %zu is %g, expected a finite one", what, i, out[i]);
            return;
        }
    }
}

static void read_floats(reader *r, const char *key, size_t n, float *out)
{
    char what[WHAT_SIZE];
    const spoti_value *value = take(r, key, what);
    if (r->st == SPOT_OK) {
        r->st = spoti_value_to_floats(value, what, 1, &n, out, n, NULL, r->diag);
    }
}

/* ---- hello ---- */

static void read_image(reader *r, const spoti_value *entry, spoti_hello *h)
{
    reader camera = {.map = entry, .where = r->where, .diag = r->diag};
    const int i = h->n_image;

    read_text(&camera, "name", h->images[i].name, sizeof(h->images[i].name), true);
    h->images[i].height = (int)read_int(&camera, "height", 1, SPOT_IMAGE_SIDE_MAX);
    h->images[i].width = (int)read_int(&camera, "width", 1, SPOT_IMAGE_SIDE_MAX);
    r->st = camera.st;
    h->n_image++;
}

static void read_images(reader *r, spoti_hello *h)
{
    char what[WHAT_SIZE];
    const spoti_value *list = take(r, "images", what);
    if (list == NULL || list->kind != SPOTI_VALUE_LIST || list->n_entry > SPOT_IMAGES_MAX) {
        refuse(r, what, "a list of at most 16");
        return;
    }
    const spoti_value *end = list + list->n_value;
    for (const spoti_value *at = list + 1; r->st == SPOT_OK && at < end; at += at->n_value) {
        read_image(r, at, h);
    }
}

static void read_action(reader *r, spoti_hello *h)
{
    h->action_dim = (int)read_int(r, "action_dim", 1, SPOTI_WORKER_ACTION_MAX);
    read_doubles(r, "low", (size_t)h->action_dim, true, h->low);
    read_doubles(r, "high", (size_t)h->action_dim, true, h->high);
    read_floats(r, "rest", (size_t)h->action_dim, h->rest);
    for (int i = 0; r->st == SPOT_OK && i < h->action_dim; i++) {
        if (!(h->low[i] <= h->high[i])) {
            r->st = spot_diag_set(r->diag, SPOT_E_RANGE,
                                  "%s: action %d is from %g to %g, expected low to high", r->where,
                                  i, h->low[i], h->high[i]);
        }
    }
}

static void read_pace(reader *r, spoti_hello *h)
{
    char what[WHAT_SIZE];
    const spoti_value *step = take(r, "step_s", what);

    if (!is_nil(step) && r->st == SPOT_OK) {
        r->st = spoti_value_to_double(step, what, &h->step_s, r->diag);
        if (r->st == SPOT_OK && !(h->step_s >= STEP_S_MIN && h->step_s <= STEP_S_MAX)) {
            r->st = spot_diag_set(r->diag, SPOT_E_RANGE, "%s: %g, expected %g to %g", what,
                                  h->step_s, STEP_S_MIN, STEP_S_MAX);
        }
    }
    if (!is_nil(spoti_value_find(r->map, "limit_steps"))) {
        h->limit_steps = read_int(r, "limit_steps", 1, LIMIT_STEPS_MAX);
    }
}

spot_status spoti_hello_read(const spoti_value *answer, const void *frame, size_t size,
                             const char *where, spoti_hello *out, spot_diag *diag)
{
    reader r = {.map = answer, .where = where, .diag = diag};
    char hello[SPOTI_WORKER_NAME_SIZE] = "";

    memset(out, 0, sizeof(*out));
    read_text(&r, "hello", hello, sizeof(hello), true);
    if (r.st == SPOT_OK && strcmp(hello, "sweetspot.world") != 0) {
        refuse(&r, where, "a worker that says hello: sweetspot.world");
    }
    const int64_t protocol = read_int(&r, "protocol", 1, INT32_MAX);
    if (r.st == SPOT_OK && protocol != SPOTI_WORKER_PROTOCOL) {
        r.st = spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: protocol %lld, expected %d: the Python package is of another "
                             "release",
                             where, (long long)protocol, SPOTI_WORKER_PROTOCOL);
    }
    read_text(&r, "engine", out->engine, sizeof(out->engine), true);
    read_text(&r, "version", out->version, sizeof(out->version), true);
    if (!is_nil(spoti_value_find(answer, "instruction"))) {
        read_text(&r, "instruction", out->instruction, sizeof(out->instruction), false);
    }
    read_pace(&r, out);
    out->obs_dim = (int)read_int(&r, "obs_dim", 1, SPOTI_WORKER_OBS_MAX);
    out->state_dim = (int)read_int(&r, "state_dim", 0, SPOTI_WORKER_STATE_MAX);
    read_action(&r, out);
    out->has_effector = read_bool(&r, "has_effector");
    out->draws = read_bool(&r, "draws");
    out->repeats = !is_nil(spoti_value_find(answer, "repeats")) && read_bool(&r, "repeats");
    read_images(&r, out);
    out->hash = spoti_hash(SPOTI_HASH_START, frame, size);
    return r.st;
}

/* ---- after a reset or a step ---- */

spot_status spoti_seen_read(const spoti_value *answer, const spoti_hello *hello, const char *where,
                            spoti_seen *out, spot_diag *diag)
{
    reader r = {.map = answer, .where = where, .diag = diag};
    char what[WHAT_SIZE];

    read_floats(&r, "obs", (size_t)hello->obs_dim, out->obs);
    if (hello->state_dim > 0) {
        read_doubles(&r, "state", (size_t)hello->state_dim, false, out->state);
    }
    if (hello->has_effector) {
        read_doubles(&r, "effector", SPOTI_EFFECTOR_DIM, false, out->effector);
    }
    const spoti_value *reward = take(&r, "reward", what);
    if (r.st == SPOT_OK) {
        r.st = spoti_value_to_double(reward, what, &out->reward, diag);
    }
    out->terminated = read_bool(&r, "terminated");
    out->truncated = read_bool(&r, "truncated");
    out->says_success = !is_nil(spoti_value_find(answer, "success"));
    out->success = out->says_success && read_bool(&r, "success");
    return r.st;
}

spot_status spoti_rewards_read(const spoti_value *answer, int k, const char *where, double *out,
                               int *n, spot_diag *diag)
{
    reader r = {.map = answer, .where = where, .diag = diag};
    char what[WHAT_SIZE];
    const spoti_value *value = take(&r, "rewards", what);

    *n = 0;
    if (value == NULL || value->kind != SPOTI_VALUE_ARRAY || value->as.array.n_element < 1 ||
        value->as.array.n_element > (size_t)k) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: expected 1 to %d numbers of <f8 in a row",
                             what, k);
    }
    *n = (int)value->as.array.n_element;
    read_doubles(&r, "rewards", (size_t)*n, false, out);
    return r.st;
}

/* ---- pictures ---- */

/* The pixels of an array (height x width x 3) of bytes, or NULL. */
static const uint8_t *pixels_of(const spoti_value *value, int height, int width)
{
    if (value == NULL || value->kind != SPOTI_VALUE_ARRAY) {
        return NULL;
    }
    const spoti_array *a = &value->as.array;
    return a->dtype == SPOTI_NP_U1 && a->n_dim == 3 && a->shape[0] == (size_t)height &&
                   a->shape[1] == (size_t)width && a->shape[2] == 3
               ? a->data
               : NULL;
}

spot_status spoti_images_read(const spoti_value *answer, const spoti_hello *hello,
                              const char *where, spot_image *out, spot_diag *diag)
{
    const spoti_value *map = spoti_value_find(answer, "images");
    for (int i = 0; i < hello->n_image; i++) {
        out[i] = (spot_image){.name = hello->images[i].name,
                              .height = hello->images[i].height,
                              .width = hello->images[i].width};
        out[i].pixels = pixels_of(spoti_value_find(map, out[i].name), out[i].height, out[i].width);
        if (out[i].pixels == NULL) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: image %s, expected bytes of %d x %d x 3 as announced", where,
                                 out[i].name, out[i].height, out[i].width);
        }
    }
    return SPOT_OK;
}

spot_status spoti_picture_read(const spoti_value *answer, int height, int width, const char *where,
                               const uint8_t **out, spot_diag *diag)
{
    *out = pixels_of(spoti_value_find(answer, "rgb"), height, width);
    return *out != NULL
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_FORMAT, "%s: a picture, expected bytes of %d x %d x 3",
                               where, height, width);
}
