/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The only door to memory: every module takes and gives back through these calls.
 *
 * A NULL allocator stands for malloc and free. `spoti_free` wants the size that was asked for, so
 * that an allocator can keep accounts without headers of its own.
 */
#ifndef SPOTI_BASE_ALLOC_H
#define SPOTI_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"

/* Sets *out = a * b and returns true, or returns false (out untouched) if that overflows. */
bool spoti_size_mul(size_t a, size_t b, size_t *out);

/* Sets *out = a + b and returns true, or returns false (out untouched) if that overflows. */
bool spoti_size_add(size_t a, size_t b, size_t *out);

/* n * size bytes, not initialised. NULL if memory is short, or the product overflows or is 0.
 * Ownership: the caller's, given back by spoti_free(allocator, ptr, n * size). */
void *spoti_alloc(const spot_allocator *allocator, size_t n, size_t size);

/* As spoti_alloc, filled with zeros. */
void *spoti_calloc(const spot_allocator *allocator, size_t n, size_t size);

/* Gives back what spoti_alloc or spoti_calloc returned; ptr may be NULL. */
void spoti_free(const spot_allocator *allocator, void *ptr, size_t size);

/* A copy of `text`, or NULL if memory is short or text is NULL.
 * Ownership: the caller's, given back by spoti_strfree. */
char *spoti_strdup(const spot_allocator *allocator, const char *text);

/* Gives back a string of spoti_strdup whose length was not changed; text may be NULL. */
void spoti_strfree(const spot_allocator *allocator, char *text);

#endif
