#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Tries api.py on small libraries: it must pass a clean one and catch every breach.

    test_api.py CC
"""
import subprocess
import sys
import tempfile
from pathlib import Path

API = '#define SPOT_API __attribute__((visibility("default")))\n'
HEADER = API + """
extern "C" {
/* SPOT_API int spot_in_a_comment(void); */
typedef struct spot_thing {
    int (*spot_slot)(void);
} spot_thing;
typedef struct spot_x_config {
    size_t size; /* of this struct */
    int n;
} spot_x_config;
typedef int (*spot_callback)(int);
SPOT_API int spot_one(spot_thing *thing,
                      int n);
static inline int spot_inline(int a)
{
    if (a) { return spot_two(); }
    return 0;
}
SPOT_API const char *spot_two(void);
}
"""
SOURCE = API + """
SPOT_API int spot_one(void) { return 1; }
SPOT_API const char *spot_two(void) { return 0; }
int spoti_hidden(void) { return 0; }
"""
CALLER = "int main(void) { return spot_one(0, 1) + !spot_two(); }\n"
# what -> (header, source, caller, words of the complaint; "" = none)
TREES = {
    "clean": (HEADER, SOURCE, CALLER, ""),
    "declared without SPOT_API": (HEADER.replace("SPOT_API const", "const"), SOURCE, CALLER,
                                  "spot_two: declared without SPOT_API"),
    "declared only": (HEADER + "SPOT_API void spot_three(void);\n", SOURCE, CALLER + "spot_three spot_three",
                      "spot_three: declared, not exported"),
    "hidden": (HEADER, SOURCE.replace("SPOT_API int", "int"), CALLER, "spot_one: declared, not exported"),
    "exported only": (HEADER, SOURCE.replace("int spoti", "SPOT_API int spoti"), CALLER,
                      "spoti_hidden: exported, not declared"),
    "a config without its size": (HEADER.replace("size_t size;", "int n;"), SOURCE, CALLER,
                                  "spot_x_config: does not begin with"),
    "without a caller": (HEADER, SOURCE, CALLER.replace("!spot_two()", "0"), "spot_two: nobody calls it"),
}


def judge(cc, header, source, caller):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in {"include/spot/a.h": header, "src/a.c": source, "tests/a.c": caller}.items():
            (root / name).parent.mkdir(parents=True)
            (root / name).write_text(text, encoding="utf-8")
        library = root / "liba.so"
        subprocess.run([cc, "-shared", "-fPIC", "-fvisibility=hidden", root / "src/a.c", "-o", library],
                       check=True)
        return subprocess.run([sys.executable, Path(__file__).with_name("api.py"), root, library],
                              capture_output=True, text=True, check=False)


def main():
    failures = 0
    for name, (header, source, caller, want) in TREES.items():
        got = judge(sys.argv[1], header, source, caller)
        lines = got.stdout.splitlines()
        right = got.returncode == 1 and len(lines) == 1 and lines[0].startswith(want)
        if not (right if want else got.returncode == 0):
            print(f"{name}: exit {got.returncode}, wanted '{want}' in:\n{got.stdout}{got.stderr}")
            failures += 1
    print(f"{len(TREES)} libraries, {failures} judged wrongly")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
