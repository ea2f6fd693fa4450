/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Words that the reports of a bench share. */
#ifndef SPOTI_REPORT_BENCH_WORDS_H
#define SPOTI_REPORT_BENCH_WORDS_H

#include "spot/report_bench.h"

/* The point's text without the keys that do not matter here. */
const char *spoti_bench_point(const spot_point *point, char text[SPOT_POINT_TEXT_SIZE]);

/* `unknown`, `arithmetic` or `reading`. */
const char *spoti_bench_bound(spot_bench_bound bound);

#endif
