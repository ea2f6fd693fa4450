/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The law of a sum whose signs are flipped, apart so that tests see it. */
#ifndef SPOTI_STATS_PILOT_H
#define SPOTI_STATS_PILOT_H

enum { SPOTI_N_LARGE = 4 }; /* sizes that are taken one by one */

/* A sum of differences whose signs are flipped; starts as zeros. */
typedef struct spoti_flip_law {
    double large[SPOTI_N_LARGE]; /* the largest sizes so far, falling; 0 where there are none yet */
    double sum;                  /* of all differences */
    double square;               /* sum of the squares of all but the large ones */
    double fourth;               /* sum of their fourth powers */
} spoti_flip_law;

void spoti_flip_law_add(spoti_flip_law *law, double difference);

/* P(sum of +-|d| <= sum of d), about; more than SPOTI_N_LARGE differences must not be 0. */
double spoti_flip_law_p(const spoti_flip_law *law);

#endif
