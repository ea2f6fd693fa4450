/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A state's connection: what is said first, and one question and its answer, in both dialects. */
#include <string.h>

#include "core/base/text.h"
#include "runtime/brain/remote.h"

enum {
    /* vla-eval may answer late, or once more: so many answers to something else are passed over. */
    STALE_MAX = 64,
    PROTOCOL_VERSION = 1, /* of vla-eval */
    ASKED_SIZE = 160,
    ERROR_SIZE = 256,
};

static bool is_vla_eval(const spoti_remote_state *s)
{
    return s->remote->file->dialect == SPOTI_DIALECT_VLA_EVAL;
}

void spoti_remote_hang_up(spoti_remote_state *s)
{
    spoti_net_client_close(s->client);
    s->client = NULL;
    s->is_warm = false;
    s->in_episode = false;
}

/* ---- what is said first ---- */

static spot_status encode(spoti_remote_state *s, spot_diag *diag)
{
    return spoti_record_encode(&s->request, (spoti_dialect)s->remote->file->dialect, &s->frame,
                               diag);
}

/* vla-eval: the client greets, and the answer is the metadata. */
static spot_status greet(spoti_remote_state *s, spot_diag *diag)
{
    spoti_remote_message(s, "hello");
    spoti_record_put_text(&s->request, "harness_version", "sweetspot");
    spoti_record_put_int(&s->request, "protocol_version", PROTOCOL_VERSION);
    spoti_record_end(&s->request);
    spoti_record_end(&s->request);
    spot_status st = encode(s, diag);
    return st == SPOT_OK ? spoti_net_client_send(s->client, s->frame.data, s->frame.size,
                                                 s->remote->connect_s, diag)
                         : st;
}

/* The payload of vla-eval's greeting. */
static spot_status unwrap_greeting(const spoti_remote_state *s, const spoti_value **root,
                                   spot_diag *diag)
{
    char type[32] = "";
    int64_t version = 0;
    const spoti_value *payload = spoti_value_find(*root, "payload");
    (void)spoti_value_to_text(spoti_value_find(*root, "type"), "type", type, sizeof(type), NULL);
    if (strcmp(type, "hello") != 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server answers the greeting with '%s', expected a hello "
                             "(dialect: vla-eval)",
                             s->remote->name, type);
    }
    spot_status st = spoti_value_to_int(spoti_value_find(payload, "protocol_version"),
                                        "protocol_version", &version, NULL);
    if (st != SPOT_OK || version != PROTOCOL_VERSION) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: the server speaks version %lld of vla-eval's protocol, expected "
                             "%d",
                             s->remote->name, (long long)version, PROTOCOL_VERSION);
    }
    *root = payload;
    return SPOT_OK;
}

/* The server's first message. */
static spot_status hear(spoti_remote_state *s, spoti_remote_server *out, spot_diag *diag)
{
    spoti_net_message message;
    spot_status st = spoti_net_client_receive(s->client, s->remote->connect_s, &message, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (message.is_text) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: the server's first message is a text, expected its metadata in "
                             "msgpack",
                             s->remote->name);
    }
    st = spoti_record_decode(&s->answer, s->remote->name, message.data, message.size, diag);
    const spoti_value *root = spoti_record_root(&s->answer);
    if (st == SPOT_OK && is_vla_eval(s)) {
        st = unwrap_greeting(s, &root, diag);
    }
    return st == SPOT_OK ? spoti_remote_server_read(s->remote->name, root, out, diag) : st;
}

spot_status spoti_remote_connect(spoti_remote_state *s, spoti_remote_server *out, spot_diag *diag)
{
    spoti_net_client_config config;
    spoti_net_client_config_default(&config);
    config.allocator = s->allocator;
    config.url = s->remote->url;
    config.api_key = s->remote->api_key;
    config.connect_s = s->remote->connect_s;
    spoti_remote_hang_up(s);
    spot_status st = spoti_net_client_connect(&config, &s->client, diag);
    if (st == SPOT_OK && is_vla_eval(s)) {
        st = greet(s, diag);
    }
    st = st == SPOT_OK ? hear(s, out, diag) : st;
    if (st != SPOT_OK) {
        spoti_remote_hang_up(s);
    }
    return st;
}

/* ---- a question ---- */

/* `observation/state [8], prompt`: the keys of the request and what arrays they hold. */
static void describe_map(const spoti_value *map, char *out, size_t size)
{
    const spoti_value *v = map != NULL ? map + 1 : NULL;
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; map != NULL && i < map->n_entry && used < size; i++, v += v->n_value) {
        char shape[64] = "";
        for (size_t k = 0; v->kind == SPOTI_VALUE_ARRAY && k < v->as.array.n_dim; k++) {
            char one[32];
            (void)spoti_format(one, sizeof(one), "%s%zu", k == 0 ? " " : "x", v->as.array.shape[k]);
            (void)spoti_format(shape + strlen(shape), sizeof(shape) - strlen(shape), "%s", one);
        }
        (void)spoti_format(out + used, size - used, "%s%.*s%s", i == 0 ? "" : ", ",
                           (int)v->key_size, v->key, shape);
        used = strlen(out);
    }
}

/* An answer is lost: the line says what was asked, since a server's own last line seldom does. */
static spot_status lose(const spoti_remote_state *s, const char *why, spot_diag *diag)
{
    char asked[ASKED_SIZE];
    const spoti_value *root = spoti_record_root(&s->request);
    describe_map(is_vla_eval(s) ? spoti_value_find(root, "payload") : root, asked, sizeof(asked));
    return spot_diag_set(diag, SPOT_E_IO, "%.300s (asked with %s)", why, asked);
}

/* Sends what is encoded and waits for one message. The client's failures are final. */
static spot_status call(spoti_remote_state *s, bool sends, spoti_net_message *message,
                        spot_diag *diag)
{
    spot_diag why = {""};
    const double wait_s = s->is_warm ? s->remote->answer_s : s->remote->first_answer_s;
    spot_status st = sends ? spoti_net_client_call(s->client, s->frame.data, s->frame.size, wait_s,
                                                   message, &why)
                           : spoti_net_client_receive(s->client, wait_s, message, &why);
    if (st == SPOT_E_IO || st == SPOT_E_STATE) {
        spoti_remote_hang_up(s);
        return lose(s, why.text, diag);
    }
    return st == SPOT_OK ? st : spot_diag_set(diag, st, "%s", why.text);
}

static spot_status decode(spoti_remote_state *s, const spoti_net_message *message, spot_diag *diag)
{
    char what[SPOTI_PATH_SIZE];
    (void)spoti_format(what, sizeof(what), "%.900s: the server's answer", s->remote->name);
    return spoti_record_decode(&s->answer, what, message->data, message->size, diag);
}

/* The value under keys that `/` separates; a key that has a `/` itself comes first. */
static const spoti_value *descend(const spoti_value *at, const char *key)
{
    const spoti_value *whole = spoti_value_find(at, key);
    if (whole != NULL) {
        return whole;
    }
    while (at != NULL && *key != '\0') {
        char name[SPOTI_REMOTE_KEY_SIZE];
        const size_t length = strcspn(key, "/");
        (void)spoti_copy_n(name, sizeof(name), key, length);
        at = spoti_value_find(at, name);
        key += key[length] == '/' ? length + 1 : length;
    }
    return at;
}

static spot_status find_actions(const spoti_remote_state *s, const spoti_value *root,
                                const spoti_value **actions, spot_diag *diag)
{
    char has[ASKED_SIZE];
    const char *key = spoti_remote_file_actions(s->remote->file);
    const bool is_map = root != NULL && root->kind == SPOTI_VALUE_MAP;
    *actions = descend(root, key);
    if (*actions != NULL) {
        return SPOT_OK;
    }
    describe_map(is_map ? root : NULL, has, sizeof(has));
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "%s: the server's answer is %s with %s, expected '%s' in it "
                         "(remote:FILE.yaml with actions: names another key)",
                         s->remote->name, root != NULL ? spoti_value_kind_str(root) : "empty",
                         has[0] != '\0' ? has : "nothing", key);
}

/* ---- vla-eval ---- */

/* The last line of an error's text, cut off. */
static void read_error(const spoti_value *payload, char *out, size_t size)
{
    const spoti_value *v = spoti_value_find(payload, "error");
    const bool is_text = v != NULL && v->kind == SPOTI_VALUE_TEXT;
    size_t end = is_text ? v->as.bytes.size : 0;
    while (end > 0 && strchr(" \r\n", v->as.bytes.data[end - 1]) != NULL) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && strchr("\r\n", v->as.bytes.data[begin - 1]) == NULL) {
        begin--;
    }
    (void)spoti_copy_n(out, size,
                       end > begin ? v->as.bytes.data + begin : "an error without a text",
                       end > begin ? end - begin : strlen("an error without a text"));
}

/* Reads until the answer to the last question: others are late ones, or of an episode's start. */
static spot_status ask_vla_eval(spoti_remote_state *s, const spoti_value **actions, spot_diag *diag)
{
    spoti_net_message message;
    spot_status st = call(s, true, &message, diag);
    for (int i = 0; st == SPOT_OK && i < STALE_MAX; i++) {
        char type[32] = "";
        char text[ERROR_SIZE] = "";
        int64_t seq = 0;
        st = decode(s, &message, diag);
        if (st != SPOT_OK) {
            return st;
        }
        const spoti_value *root = spoti_record_root(&s->answer);
        const spoti_value *payload = spoti_value_find(root, "payload");
        (void)spoti_value_to_text(spoti_value_find(root, "type"), "type", type, sizeof(type), NULL);
        (void)spoti_value_to_int(spoti_value_find(root, "seq"), "seq", &seq, NULL);
        if (strcmp(type, "error") == 0) {
            char line[ERROR_SIZE + SPOTI_NET_URL_BYTES];
            read_error(payload, text, sizeof(text));
            (void)spoti_format(line, sizeof(line), "%s: the server says: %s", s->remote->url, text);
            return lose(s, line, diag);
        }
        if (seq == s->seq && strcmp(type, "action") == 0) {
            return find_actions(s, payload, actions, diag);
        }
        if (seq >= s->seq) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: the server answers message %lld with '%s' to %lld, expected "
                                 "an action",
                                 s->remote->name, (long long)s->seq, type, (long long)seq);
        }
        st = call(s, false, &message, diag);
    }
    return st == SPOT_OK ? spot_diag_set(diag, SPOT_E_FORMAT,
                                         "%s: the server answers old messages only, expected an "
                                         "action",
                                         s->remote->name)
                         : st;
}

spot_status spoti_remote_say_start(spoti_remote_state *s, const char *instruction, spot_diag *diag)
{
    spot_diag why = {""};
    if (!is_vla_eval(s) || s->client == NULL) {
        return SPOT_OK;
    }
    spoti_remote_message(s, "episode_start");
    if (instruction != NULL) {
        spoti_record_map(&s->request, "task");
        spoti_record_put_text(&s->request, "name", instruction);
        spoti_record_end(&s->request);
    }
    spoti_record_end(&s->request);
    spoti_record_end(&s->request);
    spot_status st = encode(s, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spoti_net_client_send(s->client, s->frame.data, s->frame.size, s->remote->answer_s, &why);
    s->in_episode = st == SPOT_OK;
    if (st != SPOT_OK) {
        spoti_remote_hang_up(s);
        return spot_diag_set(diag, st == SPOT_E_STATE ? SPOT_E_IO : st, "%s", why.text);
    }
    return SPOT_OK;
}

void spoti_remote_say_end(spoti_remote_state *s)
{
    if (!s->in_episode || s->client == NULL) {
        return;
    }
    s->in_episode = false;
    spoti_remote_message(s, "episode_end");
    spoti_record_end(&s->request);
    spoti_record_end(&s->request);
    /* If it does not arrive, the next question will not either, and says so. */
    if (encode(s, NULL) == SPOT_OK) {
        (void)spoti_net_client_send(s->client, s->frame.data, s->frame.size, s->remote->answer_s,
                                    NULL);
    }
}

/* ---- both ---- */

spot_status spoti_remote_ask(spoti_remote_state *s, const spoti_value **actions, spot_diag *diag)
{
    spoti_net_message message;
    spot_status st = encode(s, diag);
    if (st == SPOT_OK && is_vla_eval(s)) {
        st = ask_vla_eval(s, actions, diag);
    } else if (st == SPOT_OK) {
        st = call(s, true, &message, diag);
        st = st == SPOT_OK ? decode(s, &message, diag) : st;
        st = st == SPOT_OK ? find_actions(s, spoti_record_root(&s->answer), actions, diag) : st;
    }
    s->is_warm = s->is_warm || st == SPOT_OK;
    return st;
}
