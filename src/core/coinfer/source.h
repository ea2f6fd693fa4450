/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the two halves of a sampled source share: source.c makes its points, blahut.c asks them. */
#ifndef SPOTI_COINFER_SOURCE_H
#define SPOTI_COINFER_SOURCE_H

#include "spot/coinfer_source.h"

struct spot_coinfer_source {
    const spot_allocator *allocator;
    spot_coinfer_source_config config;
    spot_coinfer_source_info info;
    size_t capacity; /* doubles in each of the arrays */
    double *x;       /* (n_point) ascending */
    double *p;       /* (n_point) masses, sum 1, each > 0 */
    double *q;       /* (n_point) of the reproduction */
    double *decay;   /* (n_point) exp(-slope (x[i] - x[i - 1])); decay[0] = 0 */
    double *u;       /* (n_point) */
    double *c;       /* (n_point) */
    double *log_c;   /* (n_point) */
};

#endif
