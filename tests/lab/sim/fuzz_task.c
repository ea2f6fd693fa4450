/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Task files: what is accepted is within the bounds that the simulation relies on; what is refused says
 * where and why, in one line. */
#include <math.h>
#include <string.h>

#include "lab/sim/mujoco/task_file.h"
#include "support/spot_fuzz.h"

static void check_accepted(const spoti_task_file *f)
{
    expect(f->control.rate_hz > 0.0 && isfinite(f->control.rate_hz));
    expect(f->control.horizon >= 1 && f->control.execute >= 1);
    expect(f->control.execute <= f->control.horizon);
    expect((f->arm.home != NULL) != (f->arm.keyframe != NULL));
    expect(f->arm.home == NULL || f->arm.home_count == f->arm.joints_count);
    expect(f->objects_count >= 1 && f->objects_count <= SPOTI_OBJECTS_MAX);
    expect(f->observation.history >= 1 && f->observation.history <= SPOTI_HISTORY_MAX);
    expect(f->observation.terms_count <= SPOTI_TERMS_MAX);
    expect(f->success.conditions_count >= 1);
    expect(f->success.conditions_count <= SPOTI_CONDITIONS_MAX);
    expect(f->failure_count <= SPOTI_CONDITIONS_MAX && f->grades_count <= SPOTI_CONDITIONS_MAX);
    for (unsigned i = 0; i < f->objects_count; i++) {
        const spoti_object_file *o = &f->objects[i];
        expect(spoti_task_file_object(f, o->name) == (int)i);
        expect(o->x_m[0] <= o->x_m[1] && o->y_m[0] <= o->y_m[1]);
        expect(isfinite(o->noise_m) && o->noise_m >= 0.0);
        expect(isfinite(o->seen_beyond_m) && o->seen_beyond_m >= 0.0);
    }
    for (unsigned i = 0; i < f->observation.terms_count; i++) {
        const spoti_term *term = &f->observation.terms[i];
        expect((term->object != NULL) == (term->type >= SPOTI_TERM_RELATIVE_POSITION));
        expect(term->object == NULL || spoti_task_file_object(f, term->object) >= 0);
    }
    if (f->expert != NULL && f->expert->how != SPOTI_EXPERT_WAYPOINTS) {
        expect(spoti_task_file_object(f, f->expert->object) >= 0);
        expect(f->expert->grasp_z_m != NULL && f->expert->lift_z_m != NULL);
    } else if (f->expert != NULL) {
        expect(f->expert->waypoints_count > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_task_file *file = NULL;
    spot_diag diag = {.text = ""};
    spot_status st = spoti_task_file_parse("fuzz", data, size, &file, &diag);
    if (st == SPOT_OK) {
        check_accepted(file);
        spoti_task_file_free(file);
    } else {
        expect(file == NULL);
        expect(st == SPOT_E_FORMAT || st == SPOT_E_NOMEM);
        expect(strncmp(diag.text, "fuzz:", 5) == 0);
        for (const char *c = diag.text; *c != '\0'; c++) {
            expect((unsigned char)*c >= 0x20); /* one line, nothing for a terminal to act on */
        }
    }
    return 0;
}
