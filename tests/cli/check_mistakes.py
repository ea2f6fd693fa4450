#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Makes every mistake of mistakes.txt, each in a folder of its own, and reads what the tool says of it.

    check_mistakes.py SWEETSPOT SOURCE_DIR [WORD...]     only the mistakes whose command or set-up has a WORD

A mistake of the table is

    $ SET-UP            lines of bash, none or more
    > ARGUMENTS         of sweetspot, as bash reads them
    CODE PATTERN        exit code, and what stderr has to match (a regular expression)

For each: the code; the pattern; one message, in the form that FORM below says; nothing on stdout; no file made or
changed. Set-up lines know SRC (the sources), and `shipped FOLDER [SED]`: a copy of FOLDER of the sources, with SED
applied to its task.yaml or config.json.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

PRELUDE = r"""
shipped()
{
    mkdir -p "$(dirname "$1")"
    if [ -f "$SRC/$1" ]; then
        cp "$SRC/$1" "$1"; changed=$1
    elif [ -f "$SRC/$1/task.yaml" ]; then
        cp -r "$SRC/tasks/robots" tasks/; cp -r "$SRC/$1" "$1"; changed=$1/task.yaml
    else
        mkdir -p "$1"; cp "$SRC/$1/config.json" "$1"; ln -s "$SRC/$1/model.safetensors" "$1"; changed=$1/config.json
    fi
    if [ $# -gt 1 ]; then
        cp "$changed" before; sed -i -E "$2" "$changed"
        if cmp -s before "$changed"; then echo "nothing changed: $*"; exit 1; fi
        rm before
    fi
}
set -e
"""

# What no message may be, and what it must hold.
BAD = [
    (r":(-1|0):", "a line that no file has"),
    (r"expected[:,;\s]*$", "it ends where what is expected should stand"),
    (r"(value out of range|internal error|out of memory|invalid argument|malformed input|not supported|"
     r"input or output failed|not found|call not allowed in this state)\.?$", "a status alone"),
    (r"\(null\)|%[sdgz]", "a format that shows"),
]
HANGS_S = 120
HINT = r"expected|did you mean|is it in|fetch the file|use --|Try 'sweetspot bench"


def read_table(path):
    """The mistakes as (line, set-up, arguments, code, pattern)."""
    setup, arguments, start, table = [], None, 0, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if line.startswith("$ "):
                setup.append(line[2:])
            elif line.startswith("> "):
                arguments, start = line[2:], number
            elif re.match(r"\d ", line) and arguments is not None:
                table.append((start, "\n".join(setup), arguments, int(line[0]), line[2:]))
                setup, arguments = [], None
            elif line and not line.startswith("#"):
                sys.exit(f"{path}:{number}: '{line}', expected a line of $, > or a code")
    if setup or arguments is not None:
        sys.exit(f"{path}: the last mistake has no code, expected one")
    return table


def listing(folder):
    """What lies there, with what a change would change."""
    seen = {}
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            info = os.lstat(os.path.join(root, name))
            seen[os.path.join(root, name)] = (info.st_size, info.st_mtime_ns if name in files else 0)
    return seen


def form(stderr):
    """What is wrong with the form of a message; None if nothing is."""
    lines = stderr.splitlines()
    messages = [line for line in lines if line.startswith("sweetspot")]
    if len(messages) != 1 or not lines[0].startswith("sweetspot"):
        return f"{len(messages)} messages, expected one, first"
    for pattern, what in BAD:
        if re.search(pattern, messages[0]):
            return what
    if not re.search(HINT, stderr):
        return "neither what was expected nor a hint"
    return None


def judge(tool, source, mistake):
    """What is wrong with the answer to a mistake; None if nothing is."""
    _, setup, arguments, code, pattern = mistake
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, SRC=source, SPOT_DATA=source, TOOL=tool)
        environment.pop("SPOT_ONNXRUNTIME", None)
        if setup:
            made = subprocess.run(["bash", "-c", PRELUDE + setup], cwd=folder, env=environment, capture_output=True,
                                  text=True, check=False)
            if made.returncode != 0:
                return f"set-up fails: {made.stdout}{made.stderr}"
        before = listing(folder)
        try:
            done = subprocess.run(["bash", "-c", 'exec "$TOOL" ' + arguments], cwd=folder, env=environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HANGS_S,
                                  check=False)
        except subprocess.TimeoutExpired:
            return "it works on and on, expected a refusal"
        wrong = form(done.stderr)
        if done.returncode != code:
            wrong = f"exit code {done.returncode}, expected {code}"
        elif not re.search(pattern, done.stderr):
            wrong = f"no match of /{pattern}/"
        elif done.stdout:
            wrong = f"stdout: {done.stdout[:200]}"
        elif listing(folder) != before:
            wrong = f"files: {sorted(set(listing(folder)) ^ set(before))} or a changed one"
        return f"{wrong}\n    {done.stderr.strip()}" if wrong else None


def main():
    tool, source, words = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), sys.argv[3:]
    path = os.path.join(source, "tests", "cli", "mistakes.txt")
    table = [m for m in read_table(path) if not words or any(w in m[1] + m[2] for w in words)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda m: judge(tool, source, m), table))
    n_bad = 0
    for (line, _, arguments, _, _), wrong in zip(table, answers):
        if wrong:
            n_bad += 1
            print(f"mistakes.txt:{line}: {arguments}\n  {wrong}", file=sys.stderr)
    print(f"{len(table)} mistakes, {n_bad} answered wrongly")
    if not words and len(table) < 120:
        sys.exit("fewer than 120 mistakes")
    sys.exit(1 if n_bad else 0)


if __name__ == "__main__":
    main()
