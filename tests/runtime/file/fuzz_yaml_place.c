/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any path in any text has a line of that text; the first line of the input is the path, the rest the text. */
#include <string.h>

#include "runtime/file/yaml_place.h"
#include "support/spot_fuzz.h"

enum { PATH_SIZE = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    char path[PATH_SIZE];
    int lines = 2; /* what ends the text may stand one behind its last line */

    if (end == NULL || (size_t)(end - data) >= sizeof(path)) {
        return 0;
    }
    const size_t length = (size_t)(end - data);
    memcpy(path, data, length);
    path[length] = '\0';
    const char *text = (const char *)end + 1;
    const size_t rest = size - length - 1;
    for (size_t i = 0; i < rest;
         i++) { /* YAML also breaks lines at CR and U+0085, U+2028, U+2029 */
        lines += text[i] == '\n' || text[i] == '\r' || (uint8_t)text[i] >= 0x80 || text[i] == '\0';
    }
    const int line = spoti_yaml_place(text, rest, path);
    expect(line >= 1 && line <= lines);
    expect(spoti_yaml_place(text, rest, "") <= line || line == 1);
    expect(spoti_yaml_place(text, rest, path) == line);
    return 0;
}
