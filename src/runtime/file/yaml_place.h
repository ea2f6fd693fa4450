/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where in a YAML text a value stands. */
#ifndef SPOTI_YAML_PLACE_H
#define SPOTI_YAML_PLACE_H

#include <stddef.h>

/* The line (from 1) of the key or entry at `path`, such as `control.rate_hz` or `objects[1].x_m`; where that is not
 * there, of what is there on the way to it. Block and flow style alike. */
int spoti_yaml_place(const char *text, size_t size, const char *path);

#endif
