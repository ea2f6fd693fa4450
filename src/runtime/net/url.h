/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Addresses of policy servers: ws://host[:port][/path][?query]. */
#ifndef SPOTI_NET_URL_H
#define SPOTI_NET_URL_H

#include "runtime/net/limits.h"
#include "spot/status.h"

typedef struct spoti_url {
    char host[SPOTI_NET_URL_BYTES];      /* a name or a number; an IPv6 one without its brackets */
    char host_port[SPOTI_NET_URL_BYTES]; /* as the header Host has it */
    char path[SPOTI_NET_URL_BYTES];      /* with its query; "/" where the address has none */
    int port;                            /* 1 .. 65535; 80 where the address has none */
} spoti_url;

/* Reads `text`. Returns OK, E_FORMAT, or E_UNSUPPORTED (wss://), with one line in diag. */
spot_status spoti_url_parse(const char *text, spoti_url *out, spot_diag *diag);

#endif
