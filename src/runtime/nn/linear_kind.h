/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The loop over tiles that the tables of AVX2 and NEON share. The file that includes this has ROWS = 4, WIDTH,
 * `tile` and, for each kind, `kind_tile(tile *, rows)`. */
#ifndef SPOTI_LINEAR_KIND_H
#define SPOTI_LINEAR_KIND_H

/* kind(job): tiles of 4 tokens, then one of what is left; each with code of its own. */
#define SPOTI_KIND(kind)                                                                           \
    static void kind(const spoti_linear_job *job)                                                  \
    {                                                                                              \
        const size_t m = job->rows->m;                                                             \
                                                                                                   \
        for (size_t column = 0; column < job->layer->n; column += WIDTH) {                         \
            tile t = {job, 0, column};                                                             \
                                                                                                   \
            for (; t.first + ROWS <= m; t.first += ROWS) {                                         \
                kind##_tile(&t, ROWS);                                                             \
            }                                                                                      \
            if (m - t.first == 3) {                                                                \
                kind##_tile(&t, 3);                                                                \
            } else if (m - t.first == 2) {                                                         \
                kind##_tile(&t, 2);                                                                \
            } else if (m - t.first == 1) {                                                         \
                kind##_tile(&t, 1);                                                                \
            }                                                                                      \
        }                                                                                          \
    }

#endif
