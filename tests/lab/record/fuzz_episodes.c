/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any bytes as a file of episodes: it is refused by its name in one line, or its rows are taken, and then the file
 * goes on behind them: what was there is there, in order, and so is what was put. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/record/episodes_file.h"
#include "support/spot_fuzz.h"

enum { N_SEEDS = 8 };

static const char SIGNATURE[] = "task=t point='steps=1'";

static void check_diag(const spot_diag *diag, spot_status st, const char *path)
{
    expect(st == SPOT_E_FORMAT || st == SPOT_E_INVALID);
    expect(strncmp(diag->text, path, strlen(path)) == 0);
    for (const char *c = diag->text; *c != '\0'; c++) {
        expect((unsigned char)*c >= 0x20);
    }
}

/* All seeds are there: those that were, as they were. */
static void check_again(const char *path, const spot_episode *before, const bool *there)
{
    spoti_episodes_file file;
    spot_episode after[N_SEEDS];
    expect(spoti_episodes_file_open(&file, path, SIGNATURE, 0, N_SEEDS, after, NULL) == SPOT_OK);
    expect(file.rows.in_order);
    for (int k = 0; k < N_SEEDS; k++) {
        expect(file.there[k] && after[k].seed == (uint64_t)k);
        expect(memcmp(&after[k].time_s, &before[k].time_s, sizeof(double)) == 0);
        expect(!there[k] || after[k].success == before[k].success);
    }
    spoti_episodes_file_close(&file);
}

static void go_on(spoti_episodes_file *file, const char *path, spot_episode *episodes)
{
    bool there[N_SEEDS];
    memcpy(there, file->there, sizeof(there));
    for (int k = 0; k < N_SEEDS; k++) {
        if (!there[k]) {
            memset(&episodes[k], 0, sizeof(episodes[k]));
            episodes[k].seed = (uint64_t)k;
            episodes[k].time_s = 1.0 / (k + 3);
            expect(spoti_episodes_file_put(file, &episodes[k], 1, NULL) == SPOT_OK);
        }
    }
    expect(spoti_episodes_file_sort(file, NULL) == SPOT_OK);
    check_again(path, episodes, there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    spoti_episodes_file file;
    spot_episode episodes[N_SEEDS];
    spot_diag diag = {""};
    (void)snprintf(path, sizeof(path), "/tmp/spot-fuzz-episodes-%ld.csv", (long)getpid());
    FILE *out = fopen(path, "we");
    expect(out != NULL && fwrite(data, 1, size, out) == size && fclose(out) == 0);
    const spot_status st =
        spoti_episodes_file_open(&file, path, SIGNATURE, 0, N_SEEDS, episodes, &diag);
    if (st == SPOT_OK) {
        go_on(&file, path, episodes);
        spoti_episodes_file_close(&file);
    } else {
        check_diag(&diag, st, path);
    }
    (void)unlink(path);
    return 0;
}
