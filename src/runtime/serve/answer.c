/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What clients are told: what is served, and the chunk that they asked for. */
#include <math.h>

#include "core/base/clock.h"
#include "runtime/serve/room.h"
#include "spot/rng.h"

enum { METADATA_VERSION = 1 };

size_t spoti_serve_chunk_size(const spot_serve *server)
{
    return (size_t)server->info.horizon * (size_t)server->info.action_dim;
}

spot_status spoti_serve_describe(spot_serve *server, const char *policy, const char *task,
                                 spot_diag *diag)
{
    const spot_brain_info *info = &server->info;
    char identity[SPOT_BRAIN_IDENTITY_SIZE];
    char point[SPOT_POINT_TEXT_SIZE];
    spot_status st = spot_brain_identify(server->brain, identity, diag);

    if (st != SPOT_OK) {
        return st;
    }
    spot_point_format(&server->point, point, sizeof(point));
    spoti_record record = {.allocator = server->allocator};
    spoti_record_map(&record, NULL);
    spoti_record_map(&record, "spot");
    spoti_record_put_int(&record, "version", METADATA_VERSION);
    spoti_record_put_text(&record, "policy", policy);
    spoti_record_put_text(&record, "type", info->type);
    spoti_record_put_text(&record, "task", task[0] != '\0' ? task : info->task);
    spoti_record_put_text(&record, "identity", identity);
    spoti_record_put_text(&record, "point", point);
    spoti_record_put_int(&record, "obs_dim", info->obs_dim);
    spoti_record_put_int(&record, "action_dim", info->action_dim);
    spoti_record_put_int(&record, "horizon", info->horizon);
    spoti_record_put_bool(&record, "takes_noise", info->takes_noise);
    spoti_record_put_bool(&record, "remembers", info->remembers);
    spoti_record_put_bool(&record, "sees", info->sees);
    spoti_record_end(&record);
    spoti_record_end(&record);
    st = spoti_record_encode(&record, SPOTI_DIALECT_OPENPI, &server->metadata, diag);
    spoti_record_fini(&record);
    return st;
}

/* What the state knows of the episode: forgotten where one begins, and what the client did since. */
static spot_status recall(const spot_serve *server, spoti_seat *seat, spot_diag *diag)
{
    const spoti_serve_request *request = &seat->request;
    const size_t obs_dim = (size_t)server->info.obs_dim;
    const size_t action_dim = (size_t)server->info.action_dim;
    spot_status st = SPOT_OK;

    if (request->begins || seat->is_new) {
        st = spot_brain_forget(server->brain, seat->state, diag);
        seat->is_new = st != SPOT_OK;
    }
    const float *states = (const float *)(const void *)request->past.data;
    for (size_t i = 0; st == SPOT_OK && i < request->n_past; i++) {
        const float *commands = states + request->n_past * obs_dim;
        st = spot_brain_remember(server->brain, seat->state, states + i * obs_dim,
                                 commands + i * action_dim, diag);
    }
    return st;
}

static spot_status check_finite(const float *chunk, size_t n, spot_diag *diag)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(chunk[i])) {
            return spot_diag_set(
                diag, SPOT_E_RANGE,
                "number %zu of the policy's answer is not finite, expected finite ones", i);
        }
    }
    return SPOT_OK;
}

static spot_status write_answer(const spot_serve *server, spoti_seat *seat, double infer_s,
                                spot_diag *diag)
{
    const size_t shape[2] = {(size_t)server->info.horizon, (size_t)server->info.action_dim};
    spoti_record *record = &seat->record; /* the request was read */

    spoti_record_clear(record);
    spoti_record_map(record, NULL);
    spoti_record_put_array(record, "actions", SPOTI_NP_F4, 2, shape, seat->chunk);
    spoti_record_map(record, "policy_timing");
    spoti_record_put_float(record, "infer_ms", 1e3 * infer_s);
    spoti_record_end(record);
    spoti_record_map(record, "server_timing");
    spoti_record_put_float(record, "infer_ms", 1e3 * (spoti_now_s() - seat->begun_s));
    if (seat->n_request > 0) {
        spoti_record_put_float(record, "prev_total_ms", 1e3 * seat->previous_s);
    }
    spoti_record_end(record);
    spoti_record_end(record);
    return spoti_record_encode(record, SPOTI_DIALECT_OPENPI, &seat->answer, diag);
}

spot_status spoti_serve_answer(const spot_serve *server, spoti_seat *seat, double *infer_s,
                               spot_diag *diag)
{
    spoti_serve_request *request = &seat->request;
    const size_t n_chunk = spoti_serve_chunk_size(server);
    spot_status st = recall(server, seat, diag);

    if (st != SPOT_OK) {
        return st;
    }
    if (request->noise != NULL && !request->has_noise) {
        spot_rng rng = spot_rng_at(server->seed, SPOT_STREAM_POLICY, seat->n_request);
        spot_rng_fill_normal(&rng, request->noise, (int)n_chunk);
    }
    const double start_s = spoti_now_s();
    st = spot_brain_infer(server->brain, seat->state, &request->input, seat->chunk, diag);
    *infer_s = spoti_now_s() - start_s;
    st = st == SPOT_OK ? check_finite(seat->chunk, n_chunk, diag) : st;
    return st == SPOT_OK ? write_answer(server, seat, *infer_s, diag) : st;
}
