/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "remote_fake.h"

#include <stdio.h>
#include <string.h>

#include "support/spot_test.h"

void fake_send(remote_fake *fake, spoti_net_id id)
{
    if (spoti_record_encode(&fake->reply, SPOTI_DIALECT_OPENPI, &fake->bytes, NULL) == SPOT_OK) {
        (void)spoti_net_server_reply(fake->server, id, fake->bytes.data, fake->bytes.size);
    }
}

void fake_chunk(remote_fake *fake, spoti_net_id id, const spoti_value *request, int rows, int dim)
{
    float numbers[4096];
    const size_t shape[2] = {(size_t)rows, (size_t)dim};
    const spoti_value *state = spoti_value_find(request, "observation/state");
    float first = 0.0F;
    if (state != NULL && state->kind == SPOTI_VALUE_ARRAY) {
        memcpy(&first, state->as.array.data, sizeof first);
    }
    for (int i = 0; i < rows * dim; i++) {
        const int row = i / dim;
        numbers[i] = (float)(row + 10 * (i - row * dim)) + first;
    }
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_put_array(&fake->reply, "actions", SPOTI_NP_F4, 2, shape, numbers);
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void connected(void *self, spoti_net_id id)
{
    remote_fake *fake = self;
    atomic_fetch_add(&fake->n_connected, 1);
    if (fake->greet != NULL) {
        fake->greet(fake, id);
        return;
    }
    spoti_record_clear(&fake->reply);
    spoti_record_map(&fake->reply, NULL);
    spoti_record_end(&fake->reply);
    fake_send(fake, id);
}

static void message(void *self, spoti_net_id id, const spoti_net_message *m)
{
    remote_fake *fake = self;
    const int n = atomic_fetch_add(&fake->n_message, 1);
    if (spoti_record_decode(&fake->request, "fake", m->data, m->size, NULL) != SPOT_OK) {
        return;
    }
    (void)pthread_mutex_lock(&fake->lock);
    (void)spoti_record_copy(&fake->last, &fake->request);
    (void)pthread_mutex_unlock(&fake->lock);
    const spoti_value *root = spoti_record_root(&fake->request);
    if (fake->answer != NULL) {
        fake->answer(fake, id, root, n);
    } else {
        fake_chunk(fake, id, root, FAKE_HORIZON, FAKE_DIM);
    }
}

static void *serve(void *arg)
{
    remote_fake *fake = arg;
    (void)spoti_net_server_run(fake->server, NULL);
    return NULL;
}

void fake_start(remote_fake *fake)
{
    spoti_net_server_config config;
    spot_diag diag = {""};
    fake->ops = (spoti_net_server_ops){.connected = connected, .message = message};
    spoti_net_server_config_default(&config);
    config.ops = &fake->ops;
    config.self = fake;
    config.limits.stop_s = 0.2;
    (void)pthread_mutex_init(&fake->lock, NULL);
    assert_int_equal(spoti_net_server_create(&config, &fake->server, &diag), SPOT_OK);
    (void)snprintf(fake->url, sizeof fake->url, "ws://127.0.0.1:%d",
                   spoti_net_server_port(fake->server));
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

void fake_stop(remote_fake *fake)
{
    spoti_net_server_stop(fake->server);
    (void)pthread_join(fake->thread, NULL);
    spoti_net_server_destroy(fake->server);
    spoti_record_fini(&fake->last);
    spoti_record_fini(&fake->request);
    spoti_record_fini(&fake->reply);
    spoti_bytes_fini(&fake->bytes);
    (void)pthread_mutex_destroy(&fake->lock);
}

const spoti_value *fake_last(remote_fake *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
    const spoti_value *root = spoti_record_root(&fake->last);
    (void)pthread_mutex_unlock(&fake->lock);
    assert_non_null(root);
    return root;
}

spot_status fake_open(remote_fake *fake, const char *address, spot_brain *brain, spot_diag *diag)
{
    spot_brain_open_config config;
    spot_brain_open_config_default(&config);
    config.obs_dim = FAKE_OBS;
    config.action_dim = FAKE_DIM;
    config.instruction = "do it";
    return spot_brain_open(address != NULL ? address : fake->url, &config, brain, diag);
}

void *fake_begin(remote_fake *fake, const char *address, spot_brain *brain)
{
    spot_diag diag = {""};
    spot_point point;
    spot_brain_config config;
    void *state = NULL;
    const spot_status st = fake_open(fake, address, brain, &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(st, SPOT_OK);
    spot_point_default(&point);
    spot_brain_config_default(&config);
    config.point = &point;
    assert_int_equal(spot_brain_begin(brain, &config, &state, &diag), SPOT_OK);
    assert_int_equal(spot_brain_forget(brain, state, &diag), SPOT_OK);
    return state;
}

void fake_file(const remote_fake *fake, const char *name, const char *more, char *out, size_t size)
{
    char text[4096];
    char path[512];
    const int length = snprintf(text, sizeof text, "url: %s\n%s", fake->url, more);
    assert_true(length > 0 && (size_t)length < sizeof text);
    spot_test_temp_path(path, sizeof path, name);
    spot_test_write_file(path, text, (size_t)length);
    (void)snprintf(out, size, "remote:%s", path);
}
