/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/setting.h"

#include <string.h>

#include "core/base/text.h"

bool spoti_setting_next(const char **at, spoti_setting_part *part)
{
    const char *text = *at + strspn(*at, " ");
    *part = (spoti_setting_part){.name = text, .name_size = strcspn(text, "= ")};
    part->value = text + part->name_size;
    if (*text == '\0') {
        return false;
    }
    *at = part->value;
    if (*part->value == '=') {
        part->value++;
        const char *quote = *part->value == '\'' ? strchr(part->value + 1, '\'') : NULL;
        part->value += quote != NULL ? 1 : 0;
        part->value_size =
            quote != NULL ? (size_t)(quote - part->value) : strcspn(part->value, " ");
        *at = part->value + part->value_size + (quote != NULL ? 1 : 0);
    }
    return true;
}

bool spoti_setting_find(const char *text, const char *name, size_t name_size,
                        spoti_setting_part *part)
{
    while (spoti_setting_next(&text, part)) {
        if (part->name_size == name_size && strncmp(part->name, name, name_size) == 0) {
            return true;
        }
    }
    return false;
}

bool spoti_setting_next_difference(const char *there, const char **at, spoti_setting_part *part)
{
    spoti_setting_part other;
    while (spoti_setting_next(at, part)) {
        if (!spoti_setting_find(there, part->name, part->name_size, &other) ||
            other.value_size != part->value_size ||
            strncmp(other.value, part->value, part->value_size) != 0) {
            return true;
        }
    }
    return false;
}

/* Appends `; name is A there and B here`; NULL = not said. */
static void say(char *text, size_t size, const spoti_setting_part *there,
                const spoti_setting_part *here)
{
    const spoti_setting_part *named = here != NULL ? here : there;
    const size_t used = strlen(text);
    (void)spoti_format(
        text + used, size - used, "%s%.*s is %.*s there and %.*s here", used > 0 ? "; " : "",
        (int)named->name_size, named->name, there != NULL ? (int)there->value_size : 8,
        there != NULL ? there->value : "not said", here != NULL ? (int)here->value_size : 8,
        here != NULL ? here->value : "not said");
}

void spoti_setting_difference(const char *there, const char *here, char *text, size_t size)
{
    spoti_setting_part part;
    spoti_setting_part other;
    text[0] = '\0';
    for (const char *at = here; spoti_setting_next_difference(there, &at, &part);) {
        const bool known = spoti_setting_find(there, part.name, part.name_size, &other);
        say(text, size, known ? &other : NULL, &part);
    }
    for (const char *at = there; spoti_setting_next(&at, &part);) {
        if (!spoti_setting_find(here, part.name, part.name_size, &other)) {
            say(text, size, &part, NULL);
        }
    }
    if (text[0] == '\0') {
        (void)spoti_copy(text, size, "its parts stand in another order");
    }
}
