/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Operating points as several verbs meet them: what their keys mean, and whether a policy can have them. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

const char *const CLI_POINT_KEYS =
    "Keys of a point, key=value separated by blanks; what is not named is as in the baseline:\n"
    "  steps=N        refinement steps of an inference; all = the policy's own number (baseline)\n"
    "  overlap=N      actions executed while the next chunk is computed (0); align=skip leaves\n"
    "                 those out of the next chunk, align=none runs it from its first one\n"
    "  quant=WORD     precision of the linear layers of a transformer: fp32 (baseline), bf16,\n"
    "                 w8a8, w4a4, a tier w4-t1 .. w4-t10, or FILE.yaml of your own\n"
    "  prune=WORD     weights left out: none (baseline); 0.1, the smallest tenth of each layer;\n"
    "                 2:4, two of four; mlp:0.25, a quarter of the hidden units. Only mlp:F is\n"
    "                 faster here\n"
    "  kv=WORD        how much of its past a policy with history reads: base (baseline, all),\n"
    "                 p1 .. p4, or FRAMES:COMMANDS such as 8:14\n"
    "docs/policies.md has more.\n";

/* Whether the value of a key is what is wrong, not a file that it names. */
static bool is_about_a_key(const char *message)
{
    static const char *const keys[] = {"quant: ", "prune: ", "kv: "};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strncmp(message, keys[i], strlen(keys[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool cli_same_setting(const spot_point *p, const spot_point *q)
{
    return strcmp(p->quant, q->quant) == 0 && strcmp(p->prune, q->prune) == 0 &&
           strcmp(p->kv, q->kv) == 0;
}

static int check_point(const char *verb, const spot_policy *policy, const spot_point *point)
{
    spot_session_config config;
    spot_session *session = NULL;
    spot_diag diag = {""};

    spot_session_config_default(&config);
    spot_session_config_point(&config, point);
    config.diag = &diag;
    spot_status st = spot_session_create(policy, &config, &session);
    spot_session_destroy(session);
    if (st == SPOT_OK) {
        return CLI_OK;
    }
    return is_about_a_key(diag.text) ? cli_misuse(verb, "%s", diag.text)
                                     : cli_fail(verb, st, &diag);
}

int cli_check_points(const char *verb, const spot_policy *policy, const spot_point *points, int n)
{
    for (int i = 0; i < n; i++) {
        bool known = false;
        for (int k = 0; k < i && !known; k++) {
            known = cli_same_setting(&points[k], &points[i]);
        }
        int exit_code = known ? CLI_OK : check_point(verb, policy, &points[i]);
        if (exit_code != CLI_OK) {
            return exit_code;
        }
    }
    return CLI_OK;
}

void cli_hint_bench(const spot_platform *platform, const char *class_name, int steps,
                    const char *policy_name)
{
    spot_latency latency;
    if (spot_platform_latency(platform, class_name, steps, &latency, NULL) == SPOT_OK) {
        (void)fprintf(stderr,
                      "Try 'sweetspot bench --policy %s --out here.yaml' with these --steps, "
                      "--quant, --prune and --kv, then --alpha-from here.yaml.\n",
                      policy_name);
    }
}

/* The values of the point key `key` in a list such as fp32,w8a8, each in a point that is the baseline
 * otherwise. Returns their number, or 0 after saying what is wrong. */
static int read_list(const char *verb, const char *key, const char *text,
                     spot_point settings[CLI_LIST_MAX])
{
    int n = 0;
    while (*text != '\0') {
        char pair[SPOT_POINT_QUANT_SIZE + 16];
        spot_diag diag = {""};
        size_t length = strcspn(text, ",");
        int used = snprintf(pair, sizeof(pair), "%s=%.*s", key, (int)length, text);
        if (n < CLI_LIST_MAX) {
            spot_point_default(&settings[n]);
        }
        if (n == CLI_LIST_MAX || used < 0 || (size_t)used >= sizeof(pair) ||
            spot_point_parse(pair, &settings[n], &diag) != SPOT_OK) {
            /* the message begins with the key, as the option does */
            const char *colon = strchr(diag.text, ':');
            (void)cli_misuse(verb, "--%s%s", key,
                             colon != NULL       ? colon
                             : n == CLI_LIST_MAX ? ": too many, expected at most 64"
                                                 : ": too long, expected short names");
            return 0;
        }
        n++;
        text += length + (text[length] == ',' ? 1 : 0);
    }
    if (n == 0) {
        (void)cli_misuse(verb, "--%s: nothing given, expected a list", key);
    }
    return n;
}

bool cli_read_settings(const char *verb, const char *quants, const char *prunes, const char *kvs,
                       cli_settings *out)
{
    out->n_quants = read_list(verb, "quant", quants, out->quants);
    out->n_prunes = out->n_quants > 0 ? read_list(verb, "prune", prunes, out->prunes) : 0;
    out->n_kvs = out->n_prunes > 0 ? read_list(verb, "kv", kvs, out->kvs) : 0;
    return out->n_kvs > 0;
}

int cli_count_settings(const cli_settings *settings)
{
    return settings->n_quants * settings->n_prunes * settings->n_kvs;
}

spot_point cli_setting(const cli_settings *settings, int i)
{
    const int n_kvs = settings->n_kvs;
    const int n_prunes = settings->n_prunes;
    spot_point point = settings->quants[i / (n_prunes * n_kvs)];

    memcpy(point.prune, settings->prunes[i / n_kvs % n_prunes].prune, sizeof(point.prune));
    memcpy(point.kv, settings->kvs[i % n_kvs].kv, sizeof(point.kv));
    return point;
}
