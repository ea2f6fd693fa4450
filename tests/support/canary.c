/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One fault of each kind that a sanitizer build must catch; `none` is clean. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *add_one(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100000; i++) {
        shared++;
    }
    return NULL;
}

static int race(void)
{
    pthread_t a;
    pthread_t b;
    if (pthread_create(&a, NULL, add_one, NULL) != 0) {
        return 0;
    }
    if (pthread_create(&b, NULL, add_one, NULL) == 0) {
        (void)pthread_join(b, NULL);
    }
    (void)pthread_join(a, NULL);
    return 0;
}

static int heap_overflow(int n)
{
    char *block = calloc(1, (size_t)n);
    if (block == NULL) {
        return 0;
    }
    const volatile char *view = block;
    char beyond = view[n];
    free(block);
    return beyond == 'x' ? 2 : 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "none";
    volatile int n = INT_MAX;
    if (strcmp(name, "address") == 0) {
        return heap_overflow(argc + 8);
    }
    if (strcmp(name, "undefined") == 0) {
        n = n + argc;
    }
    if (strcmp(name, "thread") == 0) {
        return race();
    }
    return n == 0 ? 3 : 0;
}
