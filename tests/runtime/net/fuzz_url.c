/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any text as an address: refused with a reason, or its parts make the same address again. */
#include <stdio.h>
#include <string.h>

#include "runtime/net/url.h"
#include "support/spot_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char again[2 * SPOTI_NET_URL_BYTES + 8];
    spoti_url url, url2;
    spot_diag diag = {""};

    expect(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (spoti_url_parse(text, &url, &diag) != SPOT_OK) {
        expect(diag.text[0] != '\0');
        free(text);
        return 0;
    }
    expect(url.port >= 1 && url.port <= 65535 && url.host[0] != '\0' && url.path[0] == '/');
    expect(strpbrk(url.host_port, "\r\n \t@") == NULL && strpbrk(url.path, "\r\n \t") == NULL);
    (void)snprintf(again, sizeof again, "ws://%s%s", url.host_port, url.path);
    if (strlen(again) < SPOTI_NET_URL_BYTES) { /* a "/" may have come in front of a query */
        expect(spoti_url_parse(again, &url2, &diag) == SPOT_OK);
        expect(memcmp(&url, &url2, sizeof url) == 0);
    }
    free(text);
    return 0;
}
