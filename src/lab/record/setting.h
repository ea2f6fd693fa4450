/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A setting as text: `name=value name='a value of words'`. Two settings are the same if their texts are; where they
 * are not, this says in which parts.
 */
#ifndef SPOTI_RECORD_SETTING_H
#define SPOTI_RECORD_SETTING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct spoti_setting_part {
    const char *name; /* not ended with 0; neither is the value, which stands without its quotes */
    size_t name_size;
    const char *value;
    size_t value_size;
} spoti_setting_part;

/* The next part of the text at *at, which moves behind it. False at the end. A word without `=` is a part without a
 * value. */
bool spoti_setting_next(const char **at, spoti_setting_part *part);

/* The part of that name. */
bool spoti_setting_find(const char *text, const char *name, size_t name_size,
                        spoti_setting_part *part);

/* Finds the next part of `here`, from *at on, that `there` does not have with the same value. */
bool spoti_setting_next_difference(const char *there, const char **at, spoti_setting_part *part);

/* `speed is 1 there and 1.25 here; ...`, cut off where needed. */
void spoti_setting_difference(const char *there, const char *here, char *text, size_t size);

#endif
