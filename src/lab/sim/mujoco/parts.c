/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/parts.h"

#include <string.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/names.h"

enum { NAME_SIZE = 128 };

bool spoti_body_in(const mjModel *model, int body, int root)
{
    /* a parent comes before its children, and the world is its own parent */
    while (body > root) {
        body = model->body_parentid[body];
    }
    return body == root;
}

int spoti_parts_object(const mjModel *model, int body, unsigned object, spoti_part *parts)
{
    int count = 0;
    for (int g = 0; g < model->ngeom; g++) {
        if (spoti_body_in(model, model->geom_bodyid[g], body)) {
            parts[g].objects |= (unsigned char)(1u << object);
            count++;
        }
    }
    return count;
}

/* Marks what one name stands for; false if the model has nothing of that name. */
static bool mark_pad(const mjModel *m, const char *name, unsigned pad, spoti_part *parts)
{
    const unsigned char bit = (unsigned char)(1u << pad);
    const int geom = mj_name2id(m, mjOBJ_GEOM, name);
    const int body = geom < 0 ? mj_name2id(m, mjOBJ_BODY, name) : -1;

    if (geom >= 0) {
        parts[geom].pads |= bit;
    }
    for (int g = 0; body >= 0 && g < m->ngeom; g++) {
        if (spoti_body_in(m, m->geom_bodyid[g], body)) {
            parts[g].pads |= bit;
        }
    }
    return geom >= 0 || body >= 0;
}

/* Each of the names in `text`, should it be no name itself. */
static spot_status mark_names(const mjModel *m, const char *text, unsigned pad, spoti_part *parts,
                              spot_diag *diag)
{
    char name[NAME_SIZE];
    while (*text != '\0') {
        const size_t length = strcspn(text, " ");
        (void)spoti_copy_n(name, sizeof(name), text, length);
        if (length > 0 && !mark_pad(m, name, pad, parts)) {
            return spoti_no_such_name(m, mjOBJ_BODY, "geom or body", name, diag);
        }
        text += length + strspn(text + length, " ");
    }
    return SPOT_OK;
}

spot_status spoti_parts_pad(const mjModel *model, const char *text, unsigned pad, spoti_part *parts,
                            spot_diag *diag)
{
    int count = 0;
    if (!mark_pad(model, text, pad, parts)) {
        spot_status st = mark_names(model, text, pad, parts, diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    for (int g = 0; g < model->ngeom; g++) {
        count += (parts[g].pads >> pad) & 1;
        const char *name = mj_id2name(model, mjOBJ_GEOM, g);
        if ((parts[g].pads & (parts[g].pads - 1)) != 0) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "the geom '%s' belongs to both pads, expected two fingers",
                                 name != NULL ? name : "");
        }
    }
    return count > 0 ? SPOT_OK
                     : spot_diag_set(diag, SPOT_E_FORMAT,
                                     "'%s' has no geoms, expected what touches the object", text);
}
