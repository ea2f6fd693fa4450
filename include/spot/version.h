/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The version; the build reads it from here. */
#ifndef SPOT_VERSION_H
#define SPOT_VERSION_H

#define SPOT_VERSION_MAJOR  0
#define SPOT_VERSION_MINOR  1
#define SPOT_VERSION_PATCH  0
#define SPOT_VERSION_STRING "0.1.0"

#endif
