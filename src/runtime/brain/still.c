/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The brain `none`: it asks for nothing, whatever it sees. What a task does by itself, and the least that a policy must
 * beat. */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/brain/brain.h"

enum { HORIZON = 256 /* at least what any task executes of a chunk */ };

typedef struct still {
    const spot_allocator *allocator;
    int obs_dim;
    int action_dim;
} still;

static void describe(const void *self, spot_brain_info *info)
{
    const still *s = self;
    (void)spoti_copy(info->type, sizeof(info->type), SPOTI_BRAIN_NONE);
    info->obs_dim = s->obs_dim;
    info->action_dim = s->action_dim;
    info->horizon = HORIZON;
    info->default_steps = 1;
}

static spot_status identify(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag)
{
    (void)self;
    (void)diag;
    (void)spoti_copy(text, SPOT_BRAIN_IDENTITY_SIZE, "policy=" SPOTI_BRAIN_NONE);
    return SPOT_OK;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    const still *s = state;
    (void)input;
    (void)diag;
    memset(chunk, 0, (size_t)HORIZON * (size_t)s->action_dim * sizeof(*chunk));
    return SPOT_OK;
}

static void close_still(void *self)
{
    still *s = self;
    spoti_free(s->allocator, s, sizeof(*s));
}

static const spot_brain_ops ops = {
    .describe = describe, .identify = identify, .infer = infer, .close = close_still};

spot_status spoti_brain_open_none(const char *rest, const spot_brain_open_config *config,
                                  spot_brain *out, spot_diag *diag)
{
    (void)rest;
    if (config->obs_dim < 1 || config->action_dim < 1) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             SPOTI_BRAIN_NONE ": how many numbers the task observes and takes is "
                                              "not known, expected a task");
    }
    still *s = spoti_calloc(config->allocator, 1, sizeof(*s));
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    *s = (still){.allocator = config->allocator,
                 .obs_dim = config->obs_dim,
                 .action_dim = config->action_dim};
    *out = (spot_brain){.ops = &ops, .self = s};
    return SPOT_OK;
}
