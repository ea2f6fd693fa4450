/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a worker says, any bytes: refused in one line, or within the bounds that a world relies on. The first byte says
 * which message it is: a hello, or what is seen, or pictures of a world of two observations and a camera.
 *
 * corpus_message/ was written by the Python package (make_corpus.py).
 */
#include <math.h>
#include <string.h>

#include "lab/sim/process/message.h"
#include "support/spot_fuzz.h"

enum { OBS = 2, STATE = 3, SIDE = 2, STEPS = 4 };

static void expect_refused(spot_status st, const spot_diag *diag)
{
    expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE || st == SPOT_E_UNSUPPORTED ||
           st == SPOT_E_NOT_FOUND);
    expect(strncmp(diag->text, "fuzz", 4) == 0);
}

static void expect_hello(const spoti_value *root, const uint8_t *data, size_t size)
{
    spoti_hello h;
    spot_diag diag = {""};
    const spot_status st = spoti_hello_read(root, data, size, "fuzz", &h, &diag);
    if (st != SPOT_OK) {
        expect_refused(st, &diag);
        return;
    }
    expect(h.obs_dim >= 1 && h.obs_dim <= SPOTI_WORKER_OBS_MAX);
    expect(h.action_dim >= 1 && h.action_dim <= SPOTI_WORKER_ACTION_MAX);
    expect(h.state_dim >= 0 && h.state_dim <= SPOTI_WORKER_STATE_MAX);
    expect(h.step_s >= 0.0 && isfinite(h.step_s) && h.limit_steps >= 0);
    expect(h.n_image >= 0 && h.n_image <= SPOT_IMAGES_MAX);
    expect(strchr(h.engine, ' ') == NULL && strchr(h.version, ' ') == NULL);
    for (int i = 0; i < h.action_dim; i++) {
        expect(h.low[i] <= h.high[i] && isfinite((double)h.rest[i]));
    }
}

static void expect_seen(const spoti_value *root, const spoti_hello *hello)
{
    float obs[OBS];
    double state[STATE];
    spoti_seen seen = {.obs = obs, .state = state};
    spot_image image;
    const uint8_t *pixels = NULL;
    spot_diag diag = {""};

    spot_status st = spoti_seen_read(root, hello, "fuzz", &seen, &diag);
    if (st == SPOT_OK) {
        expect(isfinite(seen.reward) && isfinite(seen.effector[2]));
        expect(isfinite((double)obs[OBS - 1]) && isfinite(state[STATE - 1]));
        expect(!seen.success || seen.says_success);
    } else {
        expect_refused(st, &diag);
    }
    double rewards[STEPS];
    int n = 0;
    st = spoti_rewards_read(root, STEPS, "fuzz", rewards, &n, &diag);
    if (st == SPOT_OK) {
        expect(n >= 1 && n <= STEPS && isfinite(rewards[0]) && isfinite(rewards[n - 1]));
    } else {
        expect_refused(st, &diag);
    }
    unsigned sum = 0;
    if (spoti_images_read(root, hello, "fuzz", &image, &diag) == SPOT_OK) {
        sum += image.pixels[SIDE * SIDE * 3 - 1];
    }
    if (spoti_picture_read(root, SIDE, SIDE, "fuzz", &pixels, &diag) == SPOT_OK) {
        sum += pixels[SIDE * SIDE * 3 - 1];
    }
    expect(sum <= 510);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const spoti_hello HELLO = {.obs_dim = OBS,
                                      .action_dim = 1,
                                      .state_dim = STATE,
                                      .has_effector = true,
                                      .n_image = 1,
                                      .images = {{.name = "eye", .height = SIDE, .width = SIDE}}};
    spoti_record record = {.allocator = NULL};
    spot_diag diag = {""};

    if (size > 0 && spoti_record_decode(&record, "fuzz", data + 1, size - 1, &diag) == SPOT_OK) {
        if (data[0] == 'h') {
            expect_hello(spoti_record_root(&record), data + 1, size - 1);
        } else {
            expect_seen(spoti_record_root(&record), &HELLO);
        }
    }
    spoti_record_fini(&record);
    return 0;
}
