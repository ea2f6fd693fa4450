/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/names.h"

#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"

enum { NAMES_MAX = 256, LIST_SIZE = 240 };

static int count_of(const mjModel *m, int type)
{
    switch (type) {
    case mjOBJ_BODY:
        return (int)m->nbody;
    case mjOBJ_JOINT:
        return (int)m->njnt;
    case mjOBJ_GEOM:
        return (int)m->ngeom;
    case mjOBJ_SITE:
        return (int)m->nsite;
    case mjOBJ_CAMERA:
        return (int)m->ncam;
    case mjOBJ_TENDON:
        return (int)m->ntendon;
    case mjOBJ_ACTUATOR:
        return (int)m->nu;
    default:
        return 0;
    }
}

spot_status spoti_no_such_name(const mjModel *model, int type, const char *kind, const char *name,
                               spot_diag *diag)
{
    const char *known[NAMES_MAX];
    char list[LIST_SIZE] = "";
    char hint[SPOTI_HINT_SIZE];
    size_t n = 0;

    for (int i = 0; i < count_of(model, type) && n < NAMES_MAX; i++) {
        const char *text = mj_id2name(model, type, i);
        if (text != NULL && text[0] != '\0') {
            known[n++] = text;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const size_t used = strlen(list);
        const bool fits = used + strlen(known[i]) + 8 < sizeof(list);
        (void)spoti_format(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                           fits ? known[i] : "...");
        if (!fits) {
            break;
        }
    }
    spoti_hint(hint, name, known, n);
    return spot_diag_set(diag, SPOT_E_FORMAT, "the model has no %s called '%.64s', expected %s%s%s",
                         kind, name, n > 0 ? "one of: " : "one, but it names none", list, hint);
}
