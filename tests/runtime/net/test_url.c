/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include <string.h>

#include "runtime/net/url.h"
#include "support/spot_test.h"

static void addresses_are_taken_apart(void **state)
{
    static const struct {
        const char *text, *host, *host_port, *path;
        int port;
    } CASES[] = {
        {"ws://localhost:8000", "localhost", "localhost:8000", "/", 8000},
        {"ws://a.b-c", "a.b-c", "a.b-c", "/", 80},
        {"ws://10.0.0.1:1/", "10.0.0.1", "10.0.0.1:1", "/", 1},
        {"ws://h:65535/v1/x?y=[z]", "h", "h:65535", "/v1/x?y=[z]", 65535},
        {"ws://h?key=1", "h", "h", "/?key=1", 80},
        {"ws://[::1]:80/p", "::1", "[::1]:80", "/p", 80},
        {"ws://[fe80::1]", "fe80::1", "[fe80::1]", "/", 80},
    };
    (void)state;

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        spoti_url url;
        assert_int_equal(spoti_url_parse(CASES[i].text, &url, NULL), SPOT_OK);
        assert_string_equal(url.host, CASES[i].host);
        assert_string_equal(url.host_port, CASES[i].host_port);
        assert_string_equal(url.path, CASES[i].path);
        assert_int_equal(url.port, CASES[i].port);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const CASES[] = {
        "",           "localhost:8000",    "http://h",   "ws:/h",         "ws://",
        "ws:///p",    "ws://:80",          "ws://h:",    "ws://h:0",      "ws://h:65536",
        "ws://h:8x",  "ws://h:+8",         "ws://h:-1",  "ws://[::1",     "ws://[]:1",
        "ws://[a]b",  "ws://u@h",          "ws://h/a b", "ws://h/\r\nX:", "ws://h/#f",
        "ws://h\x80", "ws://h:99999999999"};
    char longest[SPOTI_NET_URL_BYTES + 1];
    spoti_url url;
    spot_diag diag;
    (void)state;

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        diag.text[0] = '\0';
        assert_int_equal(spoti_url_parse(CASES[i], &url, &diag), SPOT_E_FORMAT);
        assert_true(diag.text[0] != '\0');
    }
    assert_int_equal(spoti_url_parse("wss://h", &url, &diag), SPOT_E_UNSUPPORTED);
    memset(longest, 'h', sizeof longest);
    memcpy(longest, "ws://", 5);
    longest[SPOTI_NET_URL_BYTES - 1] = '\0';
    assert_int_equal(spoti_url_parse(longest, &url, &diag), SPOT_OK);
    longest[SPOTI_NET_URL_BYTES - 1] = 'h';
    longest[SPOTI_NET_URL_BYTES] = '\0';
    assert_int_equal(spoti_url_parse(longest, &url, &diag), SPOT_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
