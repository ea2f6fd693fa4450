/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A policy server's file, and a server's metadata: taken within limits, or refused in one line, whatever the bytes are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/brain/remote.h"
#include "support/spot_fuzz.h"

static void read_file(const uint8_t *data, size_t size)
{
    spoti_remote_file *file = NULL;
    spot_diag diag = {.text = ""};
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/spot-fuzz-remote-%ld.yaml", (long)getpid());
    write_file(path, data, size);
    const spot_status st = spoti_remote_file_load(path, &file, &diag);
    expect((st == SPOT_OK) == (file != NULL));
    if (st != SPOT_OK) {
        expect(st == SPOT_E_FORMAT && strchr(diag.text, '\n') == NULL);
        expect(strstr(diag.text, path) != NULL);
    } else {
        expect(file->url != NULL && file->state_count <= SPOTI_REMOTE_PARTS_MAX);
        expect(file->images_count <= SPOTI_REMOTE_IMAGES_MAX);
        expect(file->answer_s == NULL || (*file->answer_s > 0.0 && *file->answer_s <= 86400.0));
        for (uint64_t i = 0; i < file->constants_count; i++) {
            expect(strcmp(file->constants[i].key, spoti_remote_file_prompt_key(file)) != 0);
        }
    }
    spoti_remote_file_free(file);
    (void)unlink(path);
}

static void read_metadata(const uint8_t *data, size_t size)
{
    spoti_record record = {.allocator = NULL};
    spoti_remote_server server;
    spot_diag diag = {.text = ""};
    if (spoti_record_decode(&record, "fuzz", data, size, NULL) == SPOT_OK) {
        const spot_status st =
            spoti_remote_server_read("fuzz", spoti_record_root(&record), &server, &diag);
        expect(st == SPOT_OK || (strstr(diag.text, "fuzz") != NULL && !server.is_spot));
        if (st == SPOT_OK && server.is_spot) {
            expect(server.obs_dim >= 1 && server.action_dim >= 1 && server.horizon >= 1);
            expect(server.steps >= 1 && server.steps <= SPOT_POINT_STEPS_MAX);
            expect(memchr(server.identity, '\0', sizeof server.identity) != NULL);
        }
    }
    spoti_record_fini(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    read_metadata(data, size);
    return 0;
}
