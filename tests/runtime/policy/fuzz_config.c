/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* config.json of policies: refused with one line that names file and line, or all its sizes are such
 * that tensors and sessions can be measured from them, whatever the bytes are. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/policy/arch.h"
#include "support/spot_fuzz.h"

/* `path:`, for what is no matter of the file's length also a line, and a text of one line */
static void check_refusal(spot_status st, const char *path, const char *text)
{
    expect(st == SPOT_E_FORMAT || st == SPOT_E_UNSUPPORTED);
    expect(strncmp(text, path, strlen(path)) == 0 && text[strlen(path)] == ':');
    /* cut off by a hostile key, but never within a character, which has up to 4 bytes */
    expect(strstr(text, "expected") != NULL || strlen(text) + 4 >= SPOT_DIAG_TEXT_SIZE);
    expect(strchr(text, '\n') == NULL);
}

static void check_name(const char *name)
{
    expect(name[0] != '\0' && memchr(name, '\0', SPOT_POLICY_NAME_SIZE) != NULL);
}

static void check_dit(const spoti_policy_config *c)
{
    int sum = 0;

    expect(c->n_obs_group >= 1 && c->n_obs_group <= SPOTI_OBS_GROUPS_MAX);
    for (int i = 0; i < c->n_obs_group; i++) {
        expect(c->obs_groups[i] >= 1);
        sum += c->obs_groups[i];
    }
    expect(sum == c->obs_dim);
    expect(c->heads >= 1 && c->channels % c->heads == 0 && c->mlp_hidden >= 1);
    expect((c->history_frames > 0) == (c->history_commands > 0));
    expect(c->history_frames >= 0 && c->history_frames <= SPOTI_HISTORY_MAX);
    expect(c->history_commands >= 0 && c->history_commands <= SPOTI_HISTORY_MAX);
}

static void check_config(const spoti_policy_config *c)
{
    check_name(c->type);
    check_name(c->task);
    expect(spoti_arch_find(c->type) != NULL);
    expect(c->obs_dim >= 1 && c->action_dim >= 1 && c->channels >= 1);
    expect(c->n_execute >= 1 && c->n_execute <= c->horizon);
    expect(c->default_steps >= 1 && c->default_steps <= SPOT_POLICY_STEPS_MAX);
    expect(c->blocks >= 1 && c->blocks <= SPOTI_BLOCKS_MAX);
    expect(c->time_dim >= 4 && c->time_dim % 2 == 0);
    expect(c->time_period_min > 0.0 && isfinite(c->time_period_max));
    expect(c->time_period_max >= c->time_period_min);
    if (strcmp(c->type, "dit") == 0) {
        check_dit(c);
    } else {
        expect(c->token_hidden >= 1 && c->channel_hidden >= 1);
        expect(c->history_frames == 0 && c->history_commands == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_policy_config config;
    spot_diag diag = {.text = ""};
    char path[64];

    (void)snprintf(path, sizeof path, "/tmp/spot-fuzz-config-%ld.json", (long)getpid());
    write_file(path, data, size);

    const spot_status st = spoti_policy_config_read(path, &config, &diag);

    if (st == SPOT_OK) {
        check_config(&config);
    } else {
        check_refusal(st, path, diag.text);
    }
    (void)unlink(path);
    return 0;
}
