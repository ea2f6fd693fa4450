#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The check of foreign texts must catch each way round, and pass a clean tree."""
import sys
from pathlib import Path

from trees import judge

SCRIPT = Path(__file__).with_name("foreign_text.py")
DRAWS = '#include "lab/report/gnuplot.h"\n'

CLEAN = {
    "src/cli/list.c": '/* printf(x) in a comment */\nvoid f(void) { spot_print(stdout, "%s", n); }\n'
                      'int g(void) { return snprintf(t, 3, "%s", "printf(x)"); }\n',
    "src/cli/help.c": "void f(void) { (void)fputs(text, stdout); }\n",
    "src/cli/output.c": "char *f(json_t *v) { return json_dumps(v, 0); }\n",
    "src/lab/report/table.c": 'void f(FILE *out) { spot_print(out, "%s", name); }\n',
    "src/lab/report/csv.c": 'void f(FILE *out) { fprintf(out, "%s", name); }\n',
    "src/lab/report/gnuplot.c": DRAWS + "void f(void) { fputs(a, b); posix_spawnp(c); }\n",
    "src/lab/report/figure.c":
        DRAWS + "/* `x` */ void f(spoti_script *out) {\n"
        'spoti_script_put(out, "set label 1 %s noenhanced at 0,0\\nset ylabel %s\\n", a, (b));\n'
        "spoti_script_put(out, \", $D using 1:(colour($2)) title 'η' format x '%%g'\\n\");\n"
        'spoti_script_put(out, "set xtics out "\n "noenhanced (");\n'
        "spoti_script_put(out, \"set xtics format ''\"); }\n",
}

# name -> (file, its content, what the message must say)
BREACHES = {
    "printf in the tool": ("src/cli/x.c", 'void f(void)\n{\n    (void)printf("%s", n);\n}\n',
                           "src/cli/x.c:3: printf(), expected spot_print"),
    "puts in the tool": ("src/cli/x.c", "void f(void) { puts(n); }\n", "puts()"),
    "fputs elsewhere": ("src/cli/main.c", "void f(void) { fputs(n, stderr); }\n", "fputs()"),
    "write in the tool": ("src/cli/x.c", "void f(void) { write(1, n, 2); }\n", "write()"),
    "a table": ("src/lab/report/analyze_table.c", 'void f(void) { fprintf(out, "%s", n); }\n',
                "fprintf(), expected spot_print"),
    "a document": ("src/cli/x.c", "void f(void) { json_dumpf(v, stdout, 0); }\n", "json_dumpf()"),
    "system": ("src/lab/report/gnuplot.c", DRAWS + "void f(void) { system(x); }\n", "no shell"),
    "popen": ("src/lab/sim/x.c", 'void f(void) { popen("gnuplot", "w"); }\n', "no shell"),
    "spawn": ("src/lab/sim/x.c", "void f(void) { posix_spawn(x); }\n", "posix_spawn(), expected in"),
    "another way": ("src/lab/report/video.c", "void f(void) { fork(); }\n", "fork(), expected in"),
    "exec": ("src/cli/x.c", "void f(void) { execlp(x); }\n", "execlp(), expected in"),
    "a script by hand": ("src/lab/report/figure.c", DRAWS + "void f(void) { fputs(n, out); }\n",
                         "expected spoti_script_put"),
    "double quotes": ("src/lab/report/figure.c",
                      DRAWS + 'void f(void) { spoti_script_put(out, "title \\"x\\""); }\n',
                      "double quotes"),
    "back-quotes": ("src/lab/report/figure.c",
                    DRAWS + 'void f(void) { spoti_script_put(out, "plot `x`"); }\n', "back-quotes"),
    "quoted by hand": ("src/lab/report/figure.c",
                       DRAWS + "void f(void) { spoti_script_put(out, \"set output '%s'\", p); }\n",
                       "%s between quotes"),
    "typeset label": ("src/lab/report/figure.c",
                      DRAWS + 'void f(void)\n{ spoti_script_put(out,\n "set label 1 %s "\n "at 0,0", n); }\n',
                      "figure.c:3: 'label 1 %s' without noenhanced"),
    "typeset title": ("src/lab/report/figure.c",
                      DRAWS + 'void f(void) { spoti_script_put(out, "plot x title %s\\n", n); }\n',
                      "'title %s' without noenhanced"),
    "typeset tics": ("src/lab/report/figure.c",
                     DRAWS + 'void f(void) { spoti_script_put(out, "set xtics out ("); }\n',
                     "labels of tics"),
}


if __name__ == "__main__":
    sys.exit(judge(SCRIPT, CLEAN, BREACHES))
