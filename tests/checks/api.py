#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Compares what the shared library exports with what the public headers declare, both ways.

    api.py ROOT LIBRARY

Every declaration of a function in include/spot/*.h carries SPOT_API; each of them is exported by
LIBRARY, which exports nothing else; and each is called outside its own definition: in another source, an
example or a test. Each struct spot_*_config begins with its size. Prints `name: what` for each breach.
"""
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from layering import blank_comments_and_strings  # noqa: E402

# Marks of the linker, which some linkers export.
LINKER = {"__bss_start", "_edata", "_end", "_init", "_fini"}
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
BODY = re.compile(r"\{[^{}]*\}")
# a declaration: everything between two of `;`, `{` and `}`; a function's has a name before a bracket
FUNCTION = re.compile(r"\b(spot_\w+)\s*\(")
CONFIG = re.compile(r"typedef\s+struct\s+(spot_\w+_config)\s*\{(?!\s*size_t\s+size;)")
CALLERS = ("src", "examples", "tests")


def code_of(path):
    text = blank_comments_and_strings(path.read_text(encoding="utf-8"))
    return DIRECTIVE.sub("", text)


def declared(root):
    """({function: has SPOT_API}) of the public headers; inline functions are no part of a library."""
    found = {}
    for header in sorted((root / "include/spot").glob("*.h")):
        text = re.sub(r'extern\s+"?[ C]*"?\s*\{', "", code_of(header))
        while BODY.search(text):  # innermost first: bodies of functions, structs and enums
            text = BODY.sub(" @ ", text)
        for declaration in re.split(r"[;}]", text.replace("@", "@;")):
            name = FUNCTION.search(declaration)
            if name and "typedef" not in declaration and "static inline" not in declaration:
                found[name.group(1)] = "SPOT_API" in declaration
    return found


def without_size(root):
    """Config structs that do not begin with `size_t size`."""
    return [name for header in sorted((root / "include/spot").glob("*.h"))
            for name in CONFIG.findall(code_of(header))]


def exported(library):
    out = subprocess.run(["nm", "-D", "--defined-only", str(library)], capture_output=True, text=True,
                         check=True)
    return {line.split()[-1] for line in out.stdout.splitlines()} - LINKER


def called(root):
    """Names of functions that some source mentions twice, or that two sources mention."""
    seen = {}
    for folder in CALLERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            for name in re.findall(r"\bspot_\w+", code_of(path)):
                seen[name] = seen.get(name, 0) + 1
    return {name for name, n in seen.items() if n > 1}


def main():
    if len(sys.argv) != 3 or not Path(sys.argv[2]).is_file():
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(sys.argv[1])
    api, out, used = declared(root), exported(sys.argv[2]), called(root)
    breaches = [f"{name}: declared without SPOT_API" for name, public in api.items() if not public]
    breaches += [f"{name}: declared, not exported" for name in set(api) - out]
    breaches += [f"{name}: exported, not declared in include/spot/" for name in out - set(api)]
    breaches += [f"{name}: nobody calls it: src/, examples/ and tests/ do without" for name in set(api) - used]
    breaches += [f"{name}: does not begin with `size_t size`" for name in without_size(root)]
    print("\n".join(sorted(breaches)) or f"{len(out)} functions are declared, exported and called")
    return 1 if breaches or not api else 0


if __name__ == "__main__":
    sys.exit(main())
