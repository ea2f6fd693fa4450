#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What scripts/mutants makes of a few lines: every change it knows, and none in comments, texts or types."""
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

sys.dont_write_bytecode = True
SCRIPT = str(Path(__file__).resolve().parents[2] / "scripts/mutants")
loader = importlib.machinery.SourceFileLoader("mutants", SCRIPT)
mutants = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))
loader.exec_module(mutants)

# line of code -> (operator, new line) of every change to it
LINES = {
    "    if (a < b) {": [("compare", "    if (a <= b) {"), ("compare", "    if (a >= b) {"),
                         ("negate", "    if (!(a < b)) {")],
    "    x->n += f(a) - y * z;": [("arith", "    x->n -= f(a) - y * z;"), ("arith", "    x->n += f(a) + y * z;"),
                                  ("arith", "    x->n += f(a) - y / z;"), ("delete", "    ;")],
    "    while (a && (b || c)) {": [("logic", "    while (a || (b || c)) {"), ("logic", "    while (a && (b && c)) {"),
                                    ("negate", "    while (!(a && (b || c))) {")],
    "    double t = 0.05;": [("constant", "    double t = (0.05 + 1);"), ("constant", "    double t = (0.05 - 1);")],
    "    (void)puts(text);": [("delete", "    ;")],
    "    break;": [("delete", "    ;")],
    "    return true;": [("return", "    return false;")],
    "    return SPOT_OK;": [("return", "    return SPOT_E_INVALID;")],
    "    return a == b;": [("compare", "    return a != b;"), ("return", "    return 0;")],
    "    return NULL;": [],
    "    char *const *p = (char **)&q[i_1];": [],
    "    unsigned bits = a << b >> c | -d;": [],
    '    (void)printf("%d < 3\\n", x->y); /* 1 + 2 < 4 */': [("delete", "    ; /* 1 + 2 < 4 */")],
    "#define LIMIT(x) ((x) < 3)": [],
    "// if (a < b) return 1;": [],
}


def main():
    wrong = 0
    for line, want in LINES.items():
        text = "{\n" + line + "\n}\n"
        got = []
        for change in mutants.changes(text):
            m = mutants.Mutant("a.c", text, change)
            got.append((m.kind, m.text.split("\n")[1]))
            wrong += m.line != 2
        if sorted(got) != sorted(want):
            print(f"{line}\n  got    {sorted(got)}\n  wanted {sorted(want)}")
            wrong += 1
    print(f"{len(LINES)} lines, {wrong} mistakes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
