/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "runtime/net/lws.h"

#include <pthread.h>
#include <signal.h>

_Static_assert(SPOTI_NET_FRAME_HEAD == LWS_PRE, "the head of a frame is libwebsockets'");

/* Contexts are made one after another: the log level and SIGPIPE belong to the process. */
static pthread_mutex_t create_lock = PTHREAD_MUTEX_INITIALIZER;

struct lws_context *spoti_lws_create(struct lws_context_creation_info *info)
{
    struct sigaction before;

    info->pt_serv_buf_size = SPOTI_LWS_PIECE_BYTES + LWS_PRE;
    info->http_proxy_address = ""; /* or it would read http_proxy of the environment */
    info->server_string = "sweetspot";
    info->options |= LWS_SERVER_OPTION_VALIDATE_UTF8;
    (void)pthread_mutex_lock(&create_lock);
    lws_set_log_level(0, NULL);
    /* The library ignores SIGPIPE for the whole process, and needs it not: it sends with MSG_NOSIGNAL. */
    const bool known = sigaction(SIGPIPE, NULL, &before) == 0;
    struct lws_context *context = lws_create_context(info);
    if (known) {
        (void)sigaction(SIGPIPE, &before, NULL);
    }
    (void)pthread_mutex_unlock(&create_lock);
    return context;
}

spot_status spoti_lws_frame(spoti_bytes *frame, const void *data, size_t size)
{
    frame->size = 0;
    const spot_status st = spoti_bytes_reserve(frame, LWS_PRE + size + 1);
    if (st == SPOT_OK) {
        frame->size = LWS_PRE;
        return spoti_bytes_append(frame, data, size);
    }
    return st;
}

bool spoti_lws_write(struct lws *wsi, spoti_bytes *frame, bool is_text)
{
    const enum lws_write_protocol kind = is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;

    return lws_write(wsi, frame->data + LWS_PRE, frame->size - LWS_PRE, kind) >= 0;
}

spoti_lws_piece spoti_lws_take(struct lws *wsi, spoti_bytes *message, const void *data, size_t size,
                               size_t most)
{
    const size_t announced = lws_remaining_packet_payload(wsi);

    if (size > most - message->size || announced > most - message->size - size) {
        return SPOTI_LWS_TOO_LARGE;
    }
    if (spoti_bytes_append(message, data, size) != SPOT_OK) {
        return SPOTI_LWS_NO_MEMORY;
    }
    return lws_is_final_fragment(wsi) ? SPOTI_LWS_WHOLE : SPOTI_LWS_MORE;
}
