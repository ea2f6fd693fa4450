/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The text of a model: whether it is there, and where in it something stands.
 *
 * MuJoCo joins included files before it reads them: of an element of an included file it gives no line, or, of
 * a broken one, that of another file than the one it was asked to load. So we look.
 */
#ifndef SPOTI_MJCF_H
#define SPOTI_MJCF_H

#include <stddef.h>

#include "spot/status.h"

/* Whether the model `path` can be opened, and it and what it includes are files: a pipe would be waited for.
 * Returns SPOT_OK, E_IO. */
spot_status spoti_mjcf_check(const char *path, spot_diag *diag);

/* Writes `file:line`, or `file` where no line is known, of what MuJoCo's message about the model `path` is
 * about: this file, or one that it includes. */
void spoti_mjcf_place(const char *path, const char *message, char *out, size_t size);

/* The same for the first line that holds `text`, in the model or what it includes. */
void spoti_mjcf_find(const char *path, const char *text, char *out, size_t size);

#endif
