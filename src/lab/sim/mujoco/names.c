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
    case mjOBJ_KEY:
        return (int)m->nkey;
    case mjOBJ_TUPLE:
        return (int)m->ntuple;
    default:
        return 0;
    }
}

/* Adds the names of that type to the n in `known`; how many there are then. */
static size_t add_names(const mjModel *m, int type, const char *known[NAMES_MAX], size_t n)
{
    for (int i = 0; i < count_of(m, type) && n < NAMES_MAX; i++) {
        const char *text = mj_id2name(m, type, i);
        if (text != NULL && text[0] != '\0') {
            known[n++] = text;
        }
    }
    return n;
}

spot_status spoti_no_such_name(const mjModel *model, int type, const char *kind, const char *name,
                               spot_diag *diag)
{
    const char *known[NAMES_MAX];
    char list[LIST_SIZE] = "";
    char hint[SPOTI_HINT_SIZE];
    size_t n = add_names(model, type, known, 0);

    if (type == mjOBJ_KEY) {
        n = add_names(model, mjOBJ_TUPLE, known, n);
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
