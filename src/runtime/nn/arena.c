/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One block of memory for all arrays of an object. */
#include "runtime/nn/arena.h"

#include <stdint.h>

#include "core/base/alloc.h"

/* A cache line, and an AVX-512 register: loads that straddle two lines take twice as long. */
enum { LINE = 64 };

float *spoti_arena_take(spoti_arena *arena, size_t rows, size_t columns)
{
    float *start = arena->base != NULL ? (float *)(void *)(arena->base + arena->used) : NULL;
    size_t bytes = 0;

    if (!spoti_size_mul(rows, columns, &bytes) || !spoti_size_mul(bytes, sizeof(float), &bytes) ||
        !spoti_size_add(bytes, LINE - 1, &bytes) ||
        !spoti_size_add(arena->used, bytes / LINE * LINE, &arena->used)) {
        arena->overflow = true;
        return NULL;
    }
    return start;
}

bool spoti_arena_alloc(spoti_arena *arena, const spot_allocator *allocator)
{
    size_t size = 0;

    if (arena->overflow || !spoti_size_add(arena->used, LINE, &size)) {
        return false;
    }
    arena->block = spoti_calloc(allocator, size, 1);
    if (arena->block == NULL) {
        return false;
    }
    arena->block_size = size;
    arena->base = arena->block + (LINE - (uintptr_t)arena->block % LINE) % LINE;
    arena->used = 0;
    return true;
}

void spoti_arena_free(spoti_arena *arena, const spot_allocator *allocator)
{
    spoti_free(allocator, arena->block, arena->block_size);
    *arena = (spoti_arena){0};
}
