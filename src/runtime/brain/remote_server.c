/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a server says of itself, and whether it is one of ours. */
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "runtime/brain/remote.h"

/* ---- a hash that does not depend on the wire ---- */

static uint64_t hash_value(uint64_t hash, const spoti_value *v)
{
    hash = spoti_hash(hash, &v->kind, sizeof(v->kind));
    hash = spoti_hash(hash, v->key != NULL ? v->key : "", v->key_size);
    switch (v->kind) {
    case SPOTI_VALUE_BOOL:
        return spoti_hash(hash, &v->as.flag, sizeof(v->as.flag));
    case SPOTI_VALUE_INT:
        return spoti_hash(hash, &v->as.i, sizeof(v->as.i));
    case SPOTI_VALUE_UINT:
        return spoti_hash(hash, &v->as.u, sizeof(v->as.u));
    case SPOTI_VALUE_FLOAT:
        return spoti_hash(hash, &v->as.f, sizeof(v->as.f));
    case SPOTI_VALUE_TEXT:
    case SPOTI_VALUE_BYTES:
        return spoti_hash(hash, v->as.bytes.data, v->as.bytes.size);
    case SPOTI_VALUE_LIST:
    case SPOTI_VALUE_MAP:
        return spoti_hash(hash, &v->n_entry, sizeof(v->n_entry));
    case SPOTI_VALUE_ARRAY:
        return spoti_hash(hash, v->as.array.data,
                          v->as.array.n_element * spoti_np_size(v->as.array.dtype));
    default:
        return hash;
    }
}

/* Values stand in one row, so there is no recursion. */
static uint64_t hash_all(const spoti_value *root)
{
    uint64_t hash = SPOTI_HASH_START;
    for (size_t i = 0; root != NULL && i < root->n_value; i++) {
        hash = hash_value(hash, root + i);
    }
    return hash;
}

/* ---- the map `spot` ---- */

/* A text that may be missing. */
static spot_status read_text(const char *what, const spoti_value *spot, const char *key, char *out,
                             size_t size, spot_diag *diag)
{
    const spoti_value *v = spoti_value_find(spot, key);
    return v == NULL ? SPOT_OK : spoti_value_to_text(v, what, out, size, diag);
}

static spot_status read_dim(const char *what, const spoti_value *spot, const char *key, int *out,
                            spot_diag *diag)
{
    int64_t value = 0;
    spot_status st = spoti_value_to_int(spoti_value_find(spot, key), what, &value, diag);
    if (st == SPOT_OK && (value < 1 || value > SPOT_BRAIN_DIM_MAX)) {
        st = spot_diag_set(diag, SPOT_E_RANGE, "%s: %s is %lld, expected 1..%d", what, key,
                           (long long)value, SPOT_BRAIN_DIM_MAX);
    }
    *out = st == SPOT_OK ? (int)value : 0;
    return st == SPOT_E_NOT_FOUND
               ? spot_diag_set(diag, SPOT_E_FORMAT, "%s: no %s, expected a number", what, key)
               : st;
}

static bool read_flag(const spoti_value *spot, const char *key)
{
    const spoti_value *v = spoti_value_find(spot, key);
    return v != NULL && v->kind == SPOTI_VALUE_BOOL && v->as.flag;
}

static spot_status read_version(const char *what, const spoti_value *spot, spot_diag *diag)
{
    int64_t version = 0;
    spot_status st = spoti_value_to_int(spoti_value_find(spot, "version"), what, &version, diag);
    return st == SPOT_OK && version == SPOTI_REMOTE_SPOT_VERSION
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                               "%s: version %lld of a sweetspot server, expected %d", what,
                               (long long)version, SPOTI_REMOTE_SPOT_VERSION);
}

/* Steps that the server makes: they decide what an inference is charged. */
static int steps_of(const char *text)
{
    spot_point point;
    spot_point_default(&point);
    return spot_point_parse(text, &point, NULL) == SPOT_OK && point.steps > 0 ? point.steps : 1;
}

static spot_status read_spot(const char *name, const spoti_value *spot, spoti_remote_server *s,
                             spot_diag *diag)
{
    char what[SPOTI_PATH_SIZE];
    (void)spoti_format(what, sizeof(what), "%s: metadata", name);
    spot_status st = read_version(what, spot, diag);
    st = st == SPOT_OK ? read_text(what, spot, "type", s->type, sizeof(s->type), diag) : st;
    st = st == SPOT_OK ? read_text(what, spot, "task", s->task, sizeof(s->task), diag) : st;
    st = st == SPOT_OK ? read_text(what, spot, "identity", s->identity, sizeof(s->identity), diag)
                       : st;
    st = st == SPOT_OK ? read_text(what, spot, "point", s->point, sizeof(s->point), diag) : st;
    st = st == SPOT_OK ? read_dim(what, spot, "obs_dim", &s->obs_dim, diag) : st;
    st = st == SPOT_OK ? read_dim(what, spot, "action_dim", &s->action_dim, diag) : st;
    st = st == SPOT_OK ? read_dim(what, spot, "horizon", &s->horizon, diag) : st;
    s->takes_noise = read_flag(spot, "takes_noise");
    s->remembers = read_flag(spot, "remembers");
    s->steps = steps_of(s->point);
    s->is_spot = st == SPOT_OK;
    return st;
}

spot_status spoti_remote_server_read(const char *name, const spoti_value *root,
                                     spoti_remote_server *out, spot_diag *diag)
{
    *out = (spoti_remote_server){.steps = 1};
    if (root == NULL || root->kind != SPOTI_VALUE_MAP) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server's first message is %s, expected its metadata, a map",
                             name, root != NULL ? spoti_value_kind_str(root) : "empty");
    }
    out->hash = hash_all(root);
    const spoti_value *spot = spoti_value_find(root, SPOTI_REMOTE_SPOT);
    return spot != NULL && spot->kind == SPOTI_VALUE_MAP ? read_spot(name, spot, out, diag)
                                                         : SPOT_OK;
}
