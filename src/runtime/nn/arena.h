/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * One block of memory for all arrays of an object.
 *
 * A layout function takes its arrays from a cursor and runs twice: with no block, to measure, and
 * with one, to assign. So size and assignment cannot drift apart.
 */
#ifndef SPOTI_NN_ARENA_H
#define SPOTI_NN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"

typedef struct spoti_arena {
    unsigned char *base; /* start of the arrays, on a cache line; NULL while measuring */
    size_t used;         /* bytes taken so far */
    bool overflow;       /* a size did not fit; the block must not be allocated */
    unsigned char *block;
    size_t block_size;
} spoti_arena;

/* The next rows x columns floats on a cache line of their own; NULL while measuring. */
float *spoti_arena_take(spoti_arena *arena, size_t rows, size_t columns);

/* Allocates what was measured, all zero, and starts over. False if memory is short. */
bool spoti_arena_alloc(spoti_arena *arena, const spot_allocator *allocator);

void spoti_arena_free(spoti_arena *arena, const spot_allocator *allocator);

#endif
