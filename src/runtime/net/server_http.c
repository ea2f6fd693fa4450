/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The server: plain HTTP, of which it knows one page. */
#include <string.h>

#include "runtime/net/server_wire.h"

enum { HEAD_BYTES = 512 };

int spoti_server_http(struct lws *wsi, const char *path)
{
    const bool is_health = strcmp(path, "/healthz") == 0;
    const char *body = is_health ? "OK\n" : "expected a websocket, or GET /healthz\n";
    const unsigned int code = is_health ? HTTP_STATUS_OK : HTTP_STATUS_NOT_FOUND;
    unsigned char page[LWS_PRE + HEAD_BYTES];
    unsigned char *start = page + LWS_PRE;
    unsigned char *at = start;
    unsigned char *end = page + sizeof page - strlen(body) - 1;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0) {
        return -1; /* no GET */
    }
    if (lws_add_http_common_headers(wsi, code, "text/plain", strlen(body), &at, end) != 0 ||
        lws_finalize_http_header(wsi, &at, end) != 0) {
        return -1;
    }
    memcpy(at, body, strlen(body));
    at += strlen(body);
    if (lws_write(wsi, start, (size_t)(at - start), LWS_WRITE_HTTP_HEADERS) < 0) {
        return -1;
    }
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}
