/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot analyze --columns`: the columns that are understood, as the table of docs/analyze.md. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* `a`, `b` of "a b". */
static void print_names(const char *before, const char *names, const char *mark)
{
    const char *at = names;
    for (int n = 0; *at != '\0'; n++) {
        const size_t size = strcspn(at, " ");
        spot_print(stdout, "%s%s%.*s%s", n == 0 ? before : ", ", mark, (int)size, at, mark);
        at += size + strspn(at + size, " ");
    }
}

void cli_print_columns(void)
{
    spot_analyze_column c;
    spot_print(stdout, "| column | meaning | also |\n|---|---|---|\n");
    for (int i = 0; spot_analyze_column_at(i, &c); i++) {
        spot_print(stdout, "| `%s` | %s |", c.name, c.meaning);
        print_names(" ", c.plain, "`");
        print_names(c.plain[0] != '\0' ? "; with a unit " : " with a unit ", c.united, "`");
        print_names(c.plain[0] != '\0' ? "; if alone " : " if alone ", c.weak, "`");
        print_names("; in ", c.units, "");
        spot_print(stdout, " |\n");
    }
}
