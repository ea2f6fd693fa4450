/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* An OpenGL context without a window, from whichever library this machine has. */
#ifndef SPOTI_MUJOCO_GL_H
#define SPOTI_MUJOCO_GL_H

#include "spot/render.h"

typedef struct spoti_gl spoti_gl;

/* Makes a context and makes it current. Returns SPOT_OK, E_UNSUPPORTED (diag says what to install),
 * E_NOMEM. */
spot_status spoti_gl_create(spot_render_backend backend, const spot_allocator *allocator,
                            spoti_gl **out, spot_diag *diag);

/* Makes the context current on this thread. */
bool spoti_gl_use(spoti_gl *gl);

/* `egl` or `osmesa`. */
const char *spoti_gl_name(const spoti_gl *gl);

void spoti_gl_destroy(spoti_gl *gl);

#endif
