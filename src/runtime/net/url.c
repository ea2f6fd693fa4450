/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "runtime/net/url.h"

#include <string.h>

#include "core/base/text.h"

enum { WS_PORT = 80, PORT_MAX = 65535 };

static spot_status refuse(const char *text, const char *what, spot_diag *diag)
{
    return spot_diag_set(diag, SPOT_E_FORMAT, "%.200s: %s", text, what);
}

/* Only what may stand in a request line as it is, and nothing that means more than a host and a path. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || strchr("@#\\\"<>^`{|}", *text) != NULL) {
            return false;
        }
    }
    return true;
}

/* Splits "host:port" or "[host]:port"; *port is the empty string without one. False if it is neither. */
static bool split(const char *text, size_t size, char *host, size_t host_size, char *port,
                  size_t port_size)
{
    const char *end = text + size;
    const bool is_v6 = size > 0 && text[0] == '[';
    const char *close = is_v6 ? memchr(text, ']', size) : NULL;
    const char *host_at = is_v6 ? text + 1 : text;

    if (is_v6 && close == NULL) {
        return false;
    }
    const char *after = is_v6 ? close + 1 : memchr(text, ':', size);
    if (after == NULL) {
        after = end;
    }
    const size_t host_len = (size_t)((is_v6 ? close : after) - host_at);
    if (host_len == 0 || (after < end && *after != ':') ||
        !spoti_copy_n(host, host_size, host_at, host_len)) {
        return false;
    }
    if (after == end) {
        port[0] = '\0';
        return true;
    }
    /* a colon without a number behind it is refused by whoever reads the number */
    return after + 1 < end && spoti_copy_n(port, port_size, after + 1, (size_t)(end - after - 1));
}

spot_status spoti_url_parse(const char *text, spoti_url *out, spot_diag *diag)
{
    static const char SCHEME[] = "ws://";
    char port[8];

    *out = (spoti_url){.port = WS_PORT};
    if (spoti_starts_with(text, "wss://")) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%.200s: TLS is not supported, expected ws:// (a tunnel or a proxy "
                             "can encrypt)",
                             text);
    }
    if (!spoti_starts_with(text, SCHEME)) {
        return refuse(text, "no address, expected ws://host:port", diag);
    }
    if (strlen(text) >= SPOTI_NET_URL_BYTES || !is_plain(text)) {
        return refuse(text,
                      "longer than 511 bytes or with characters that an address has not, expected "
                      "ws://host:port/path",
                      diag);
    }
    const char *host = text + strlen(SCHEME);
    const size_t host_size = strcspn(host, "/?");
    const char *path = host + host_size;
    if (!split(host, host_size, out->host, sizeof out->host, port, sizeof port)) {
        return refuse(text, "no host, or no number behind the colon, expected ws://host:port",
                      diag);
    }
    if (port[0] != '\0' &&
        (strspn(port, "0123456789") != strlen(port) ||
         spoti_parse_int(port, &out->port) != SPOT_OK || out->port < 1 || out->port > PORT_MAX)) {
        return refuse(text, "a wrong port, expected 1 .. 65535", diag);
    }
    (void)spoti_copy_n(out->host_port, sizeof out->host_port, host, host_size);
    (void)spoti_format(out->path, sizeof out->path, "%s%s", *path == '/' ? "" : "/", path);
    return SPOT_OK;
}
