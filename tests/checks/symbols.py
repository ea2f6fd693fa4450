#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Reads the symbols of the built objects and fails on a call that runs against the house's arrows.

    symbols.py BUILD_DIR [HALL/MODULE/MODULE]

A public header may be included from above and yet be implemented below: includes do not show who calls
whom. Each object of src/HALL/MODULE must need symbols of its own module or of those that layering.py
allows it to include; a public header's module is where its functions are defined. Prints each breach. An arrow that is named is
forbidden beside the others: the test of this check.
"""
import json
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import layering  # noqa: E402


def objects(build):
    """{object: (hall, module)} of the libraries' objects, as the build knows them: others are left-overs."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        words = entry["command"].split()
        out = Path(words[words.index("-o") + 1])
        for hall in ("core", "runtime", "lab"):
            if f"spot_{hall}.dir" in out.parts:
                module = out.parts[out.parts.index(f"spot_{hall}.dir") + 1]
                found[Path(entry["directory"]) / out] = (hall, module)
    return found


def symbols(path):
    """(defined, needed) symbols of ours in an object."""
    out = subprocess.run(["nm", "--no-demangle", str(path)], capture_output=True, text=True, check=True)
    defined, needed = set(), set()
    for line in out.stdout.splitlines():
        kind, name = line.split()[-2:]
        if name.startswith(("spot_", "spoti_")):
            (needed if kind == "U" else defined if kind.isupper() else set()).add(name)
    return defined, needed


def main():
    if len(sys.argv) not in (2, 3) or not Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    if len(sys.argv) == 3:
        hall, module, target = sys.argv[2].split("/")
        layering.MODULES[hall][module].remove(target)
    places = objects(Path(sys.argv[1]))
    if len(places) < 50:
        print(f"{sys.argv[1]}: {len(places)} objects of the libraries, expected a built tree")
        return 1
    tables = {path: symbols(path) for path in places}
    home = {name: places[path] for path, (defined, _) in tables.items() for name in defined}
    breaches = set()
    for path, (_, needed) in tables.items():
        for name in needed:
            target = home.get(name)
            why = layering.arrow_runs_back(places[path], target) if target is not None else None
            if why is not None:
                breaches.add(f"{path.name}: needs {name}: {why}")
    print("\n".join(sorted(breaches)) or f"{len(places)} objects call downwards alone")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
