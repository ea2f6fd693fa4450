/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The known word that an unknown one was probably meant to be.
 *
 * Distance: inserted, lost, other and swapped neighbouring letters (optimal string alignment, Damerau 1964), without
 * regard to case and to the kind of dash. A word is near another if at most a third of it has to change.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"

enum { WORD_MAX = 64, PREFIX_MIN = 3 };

static int letter(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == '_' ? '-' : (unsigned char)c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return letter(a) == letter(b);
}

/* Steps from a to b, both of at most WORD_MAX bytes. */
static int distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    int rows[3][WORD_MAX + 1];
    int *above2 = rows[0];
    int *above = rows[1];
    int *row = rows[2];

    for (size_t k = 0; k <= n_b; k++) {
        above[k] = (int)k;
    }
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = (int)i;
        for (size_t k = 1; k <= n_b; k++) {
            const int change = same(a[i - 1], b[k - 1]) ? 0 : 1;
            row[k] = least(least(above[k] + 1, row[k - 1] + 1), above[k - 1] + change);
            if (i > 1 && k > 1 && same(a[i - 1], b[k - 2]) && same(a[i - 2], b[k - 1])) {
                row[k] = least(row[k], above2[k - 2] + 1);
            }
        }
        int *oldest = above2;
        above2 = above;
        above = row;
        row = oldest;
    }
    return above[n_b];
}

static bool begins(const char *word, size_t length, const char *known)
{
    size_t i = 0;
    while (i < length && known[i] != '\0' && same(word[i], known[i])) {
        i++;
    }
    return i == length;
}

const char *spot_suggest(const char *word, const char *const *known, size_t n_known)
{
    const size_t length = word != NULL ? strlen(word) : 0;
    const char *best = NULL;
    const char *longer = NULL; /* begins with the word */
    int n_longer = 0;
    int fewest = (int)(length / 3 > 1 ? length / 3 : 1) + 1;

    if (length < 2 || length > WORD_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < n_known; i++) {
        const size_t n = strlen(known[i]);
        const int steps = n <= WORD_MAX ? distance(word, length, known[i], n) : fewest;
        if (steps < fewest && steps < (int)n) {
            fewest = steps;
            best = known[i];
        }
        if (length >= PREFIX_MIN && begins(word, length, known[i])) {
            longer = known[i];
            n_longer++;
        }
    }
    return n_longer == 1 ? longer : best;
}

void spoti_hint(char hint[SPOTI_HINT_SIZE], const char *word, const char *const *known,
                size_t n_known)
{
    const char *near = spot_suggest(word, known, n_known);

    hint[0] = '\0';
    if (near != NULL) {
        (void)spoti_format(hint, SPOTI_HINT_SIZE, "; did you mean '%s'?", near);
    }
}
