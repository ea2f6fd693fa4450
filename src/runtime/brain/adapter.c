/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Numbers from and to a foreign policy, formulas in the header. */
#include "runtime/brain/adapter.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"

void spoti_scaling_apply(const spoti_scaling *scaling, int n, const float *in, float *out)
{
    if (scaling->shift == NULL) {
        memmove(out, in, (size_t)n * sizeof(*out));
        return;
    }
    for (int i = 0; i < n; i++) {
        out[i] = (in[i] - scaling->shift[i]) / scaling->width[i];
    }
}

void spoti_scaling_close(spoti_scaling *scaling)
{
    spoti_free(scaling->allocator, scaling->shift,
               2 * (size_t)scaling->n * sizeof(*scaling->shift));
    *scaling = (spoti_scaling){.shift = NULL};
}

/* Entry i of action k as the model meant it. */
static float model_value(const spoti_action_map *map, const float *rows, int k, int i)
{
    const int c = map->columns[i];
    const int at = (map->first + k) * map->model_dim + c;
    const int scaled = map->scaling.n == map->model_dim ? c : at; /* ... of all rows, or of each */
    const float y = rows[at];
    return map->scaling.shift != NULL ? y * map->scaling.width[scaled] + map->scaling.shift[scaled]
                                      : y;
}

/* ... and in the task's terms; `action` is the k-th of the chunk, behind those before it. */
static float task_value(const spoti_action_map *map, const float *rows, const float *action,
                        const double *anchor, int n_anchor, int k, int i)
{
    const float x = model_value(map, rows, k, i);
    if (i == map->gripper) {
        return (x - map->open_at) * map->open_sign;
    }
    if (!map->converts[i]) {
        return x;
    }
    if (map->convention == SPOTI_CONVENTION_ABSOLUTE && i < n_anchor) {
        return (float)((double)x - anchor[i]);
    }
    return map->convention == SPOTI_CONVENTION_DELTA && k > 0 ? action[i - map->dim] + x : x;
}

spot_status spoti_action_map_apply(const spoti_action_map *map, const float *rows,
                                   const double *anchor, int n_anchor, float *chunk,
                                   spot_diag *diag)
{
    const bool needs_anchor =
        map->convention == SPOTI_CONVENTION_RELATIVE || map->convention == SPOTI_CONVENTION_DELTA;
    if (needs_anchor && n_anchor == 0) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "the policy's actions are %s, but the task's are relative to nothing, "
                             "expected convention: task or absolute",
                             map->convention == SPOTI_CONVENTION_DELTA ? "deltas" : "relative");
    }
    for (int k = 0; k < map->horizon; k++) {
        float *action = chunk + (size_t)k * (size_t)map->dim;
        for (int i = 0; i < map->dim; i++) {
            action[i] = task_value(map, rows, action, anchor, n_anchor, k, i);
            if (!isfinite(action[i])) {
                return spot_diag_set(diag, SPOT_E_FORMAT,
                                     "the policy's answer is not finite in entry %d of action %d, "
                                     "expected numbers",
                                     i, k);
            }
        }
    }
    return SPOT_OK;
}

void spoti_action_map_close(spoti_action_map *map)
{
    spoti_scaling_close(&map->scaling);
}
