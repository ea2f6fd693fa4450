/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The allocator that a caller may hand to any constructor.
 *
 * NULL stands for malloc/free. An object keeps the pointer, so the allocator must outlive it. All
 * memory of an object is taken when it is created or loaded; stepping and inference allocate nothing.
 */
#ifndef SPOT_ALLOC_H
#define SPOT_ALLOC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_allocator {
    /* Returns `size` bytes aligned to at least 16, or NULL. `size` is never 0. */
    void *(*alloc)(void *ctx, size_t size);
    /* Gives back what `alloc` returned; `size` is what was asked for; `ptr` is never NULL. */
    void (*free)(void *ctx, void *ptr, size_t size);
    void *ctx; /* handed to both; may be NULL */
} spot_allocator;

#ifdef __cplusplus
}
#endif

#endif
