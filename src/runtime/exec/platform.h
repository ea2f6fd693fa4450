/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the reader and the writer of platform profiles agree on. */
#ifndef SPOTI_PLATFORM_H
#define SPOTI_PLATFORM_H

/* Caps on a profile; a table or a sweep is far smaller. */
enum { SPOTI_CLASSES_MAX = 64, SPOTI_ROWS_MAX = 256, SPOTI_STEPS_MAX = 1000 };

/* No inference takes longer than a day. */
#define SPOTI_LATENCY_MAX_MS 86400e3

/* No point takes a million times as long as the baseline. */
#define SPOTI_ALPHA_MAX 1e6

#endif
