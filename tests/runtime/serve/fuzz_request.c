/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Requests of strangers: whatever the bytes, they are refused in one line, or read into numbers that are finite. */
#include <math.h>
#include <string.h>

#include "runtime/serve/room.h"
#include "support/spot_fuzz.h"

enum { OBS = 3, ACTION = 2, HORIZON = 4, CHUNK = HORIZON * ACTION };

static void check_floats(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        expect(isfinite(x[i]));
    }
}

static void read_as(const uint8_t *data, size_t size, bool is_able)
{
    float obs[OBS] = {0.0F}, noise[CHUNK] = {0.0F};
    spot_serve server;
    spoti_seat seat;
    spot_diag diag = {""};

    memset(&server, 0, sizeof(server));
    memset(&seat, 0, sizeof(seat));
    server.info = (spot_brain_info){.obs_dim = OBS,
                                    .action_dim = ACTION,
                                    .horizon = HORIZON,
                                    .takes_noise = is_able,
                                    .remembers = is_able,
                                    .sees = is_able};
    seat.request.obs = obs;
    seat.request.noise = is_able ? noise : NULL;
    expect(spoti_bytes_append(&seat.frame, data, size) == SPOT_OK);
    const spot_status st = spoti_serve_read(&server, &seat, &diag);
    const spoti_serve_request *request = &seat.request;
    if (st != SPOT_OK) {
        expect(diag.text[0] != '\0');
    } else {
        const size_t n_past = request->n_past * (OBS + ACTION);
        expect(request->input.obs == obs && request->n_past <= SPOT_SERVE_PAST_MAX);
        check_floats(obs, OBS);
        check_floats(noise, CHUNK);
        check_floats((const float *)(const void *)request->past.data, n_past);
        for (int i = 0; i < request->input.n_anchor; i++) {
            expect(isfinite(request->input.anchor[i]));
        }
        /* every byte of a picture may be read */
        unsigned sum = 0;
        for (int i = 0; i < request->input.n_images; i++) {
            const spot_image *image = &request->input.images[i];
            for (int k = 0; k < 3 * image->height * image->width; k++) {
                sum += image->pixels[k];
            }
        }
        (void)sum;
    }
    spoti_bytes_fini(&seat.frame);
    spoti_bytes_fini(&seat.request.past);
    spoti_record_fini(&seat.record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_as(data, size, true);
    read_as(data, size, false);
    return 0;
}
