/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The one file that may call malloc and free. */
#include "core/base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool spoti_size_mul(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b) {
        return false;
    }
    *out = a * b;
    return true;
}

bool spoti_size_add(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b) {
        return false;
    }
    *out = a + b;
    return true;
}

void *spoti_alloc(const spot_allocator *allocator, size_t n, size_t size)
{
    size_t bytes = 0;
    if (!spoti_size_mul(n, size, &bytes) || bytes == 0) {
        return NULL;
    }
    if (allocator == NULL) {
        return malloc(bytes);
    }
    return allocator->alloc(allocator->ctx, bytes);
}

void *spoti_calloc(const spot_allocator *allocator, size_t n, size_t size)
{
    void *ptr = spoti_alloc(allocator, n, size);
    if (ptr != NULL) {
        memset(ptr, 0, n * size); /* the product was checked by spoti_alloc */
    }
    return ptr;
}

void spoti_free(const spot_allocator *allocator, void *ptr, size_t size)
{
    if (ptr == NULL) {
        return;
    }
    if (allocator == NULL) {
        free(ptr);
        return;
    }
    allocator->free(allocator->ctx, ptr, size);
}

char *spoti_strdup(const spot_allocator *allocator, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    char *copy = spoti_alloc(allocator, 1, size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

void spoti_strfree(const spot_allocator *allocator, char *text)
{
    if (text != NULL) {
        spoti_free(allocator, text, strlen(text) + 1);
    }
}
