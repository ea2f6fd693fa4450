#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Reads the includes and calls of a source tree and fails on what the house rules forbid.

    layering.py ROOT

Rules: arrows between halls and modules run one way (cli -> lab -> runtime -> core; inside a hall as
in MODULES); the core includes the C library alone; memory comes from core/base/alloc.c; libraries
never print, exit or touch the process; no file is longer than MAX_LINES; spot/spot.h includes every
public header. Prints `file:line: what` for each breach and exits 1, else exits 0.
"""
import re
import sys
from pathlib import Path

MAX_LINES = 600

# hall -> module -> the modules of the same hall that it may include (its own always).
# A lower hall may be included as a whole.
MODULES = {
    "core": {
        "base": set(),
        "stats": {"base"},
        "tised": {"stats", "base"},
        "coinfer": {"stats", "base"},
        "motion": {"stats", "base"},
    },
    "runtime": {
        "file": set(),
        "point": set(),
        "nn": set(),
        "net": set(),
        "onnx": {"nn"},
        "exec": {"point"},
        "policy": {"nn", "file", "point"},
        "brain": {"net", "policy", "point", "nn", "file"},
        "serve": {"brain", "net", "point"},
    },
    "lab": {
        "base": set(),
        "platform": {"base"},
        "inspect": {"base"},
        "plan": {"base", "inspect", "platform"},
        "bench": {"base"},
        "sim": {"base"},
        "rollout": {"base", "platform", "sim"},
        "demo": {"base", "rollout", "sim"},
        "record": {"base", "platform", "rollout", "sim"},
        "motion": {"base", "record"},
        "judge": {"base", "platform", "record"},
        "study": {"base", "judge", "platform", "record", "rollout", "sim"},
        "report": {"base", "bench", "judge", "motion", "plan", "platform", "record", "rollout", "sim",
                   "study"},
    },
}
HALLS = ["core", "runtime", "lab", "cli"]

# Public header -> the module it belongs to. A new header is entered here.
PUBLIC = {
    "alloc.h": ("core", "base"),
    "rng.h": ("core", "base"),
    "image.h": ("core", "base"),
    "show.h": ("core", "base"),
    "status.h": ("core", "base"),
    "version.h": ("core", "base"),
    "stats.h": ("core", "stats"),
    "stats_dist.h": ("core", "stats"),
    "stats_fit.h": ("core", "stats"),
    "stats_many.h": ("core", "stats"),
    "stats_paired.h": ("core", "stats"),
    "stats_power.h": ("core", "stats"),
    "stats_race.h": ("core", "stats"),
    "stats_tests.h": ("core", "stats"),
    "tised.h": ("core", "tised"),
    "coinfer.h": ("core", "coinfer"),
    "coinfer_plan.h": ("core", "coinfer"),
    "coinfer_ppo.h": ("core", "coinfer"),
    "motion.h": ("core", "motion"),
    "motion_average.h": ("core", "motion"),
    "coinfer_bits.h": ("core", "coinfer"),
    "coinfer_source.h": ("core", "coinfer"),
    "tised_event.h": ("core", "tised"),
    "tised_optimum.h": ("core", "tised"),
    "tised_shift.h": ("core", "tised"),
    "tised_surface.h": ("core", "tised"),
    "exec.h": ("runtime", "exec"),
    "plan.h": ("lab", "plan"),
    "report_plan.h": ("lab", "report"),
    "latency.h": ("lab", "platform"),
    "latency_measure.h": ("lab", "study"),
    "latency_trace.h": ("lab", "record"),
    "platform.h": ("lab", "platform"),
    "point.h": ("runtime", "point"),
    "policy.h": ("runtime", "policy"),
    "serve.h": ("runtime", "serve"),
    "brain.h": ("runtime", "brain"),
    "bench.h": ("lab", "bench"),
    "demo.h": ("lab", "demo"),
    "task.h": ("lab", "sim"),
    "task_own.h": ("lab", "sim"),
    "trial.h": ("lab", "sim"),
    "planar.h": ("lab", "sim"),
    "world.h": ("lab", "sim"),
    "rollout.h": ("lab", "rollout"),
    "render.h": ("lab", "sim"),
    "video.h": ("lab", "report"),
    "report.h": ("lab", "report"),
    "tune.h": ("lab", "study"),
    "rollout_kept.h": ("lab", "study"),
    "tune_folder.h": ("lab", "study"),
    "analyze.h": ("lab", "judge"),
    "record.h": ("lab", "record"),
    "motion_file.h": ("lab", "motion"),
    "report_metrics.h": ("lab", "report"),
    "inspect.h": ("lab", "inspect"),
    "distortion.h": ("lab", "inspect"),
    "report_analysis.h": ("lab", "report"),
    "report_bench.h": ("lab", "report"),
    "report_rollout.h": ("lab", "report"),
}
UMBRELLA = "spot.h"

# A backend's folder and its library are known to that folder alone, but for the table that it puts up; and that to the
# files beside the folder, which list the backends.
BACKENDS = {"src/lab/sim/mujoco": "mujoco/"}  # folder -> what the includes of its library begin with
BACKEND_TABLE = "backend.h"

C_LIBRARY = {
    "assert.h", "ctype.h", "dirent.h", "errno.h", "fcntl.h", "fenv.h", "float.h", "inttypes.h", "limits.h",
    "locale.h", "math.h", "signal.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h",
    "stdint.h", "stdio.h", "stdlib.h", "string.h", "sys/stat.h", "sys/types.h", "time.h", "unistd.h",
}

# Memory that a third-party library hands out is given back its way; the line says whose it is.
FOREIGN_MEMORY = "foreign memory"
ALLOCATOR_FILE = "src/core/base/alloc.c"
MEMORY_CALL = re.compile(
    r"(?<![\w.>])(malloc|calloc|realloc|free|strdup|strndup|aligned_alloc|posix_memalign)\s*\(")
PROCESS_CALL = re.compile(
    r"(?<![\w.>])(printf|vprintf|puts|putchar|perror|exit|_Exit|abort|signal|setlocale)\s*\(")
# (file, call) that may stand, and why.
ALLOWED = {
    # MuJoCo's error handler may not return; a call outside the guard is an internal impossibility
    ("src/lab/sim/mujoco/guard.c", "abort"),
}
PROCESS_STREAM = re.compile(r"\b(stdout|stderr)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank_comments_and_strings(text):
    """The text with comments and literals blanked, line numbers kept."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def place_of_source(path):
    """(hall, module) of a path below src/; module is None for the door and for loose files."""
    parts = path.parts
    if len(parts) < 3 or parts[0] != "src":
        return None
    if parts[1] == "cli" or len(parts) < 4:
        return parts[1], None
    return parts[1], parts[2]


def place_of_include(name):
    """(hall, module) of a quoted include, None if it is not one of ours."""
    parts = name.split("/")
    if parts[0] == "spot" and len(parts) == 2:
        return PUBLIC.get(parts[1])
    if parts[0] in HALLS:
        return parts[0], parts[1] if len(parts) > 2 else None
    return None


def arrow_runs_back(source, target):
    """Why `source` may not include `target`, or None."""
    (hall, module), (target_hall, target_module) = source, target
    if HALLS.index(target_hall) > HALLS.index(hall):
        return f"{hall} must not know {target_hall}"
    if target_hall == hall and module != target_module and hall in MODULES:
        if target_module not in MODULES[hall].get(module, set()):
            return f"{hall}/{module} must not know {hall}/{target_module}"
    return None


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.breaches = []

    def say(self, path, line, what):
        self.breaches.append(f"{path}:{line}: {what}")

    def check_include(self, path, line, source, quote, name):
        hall, _ = source
        if quote == "<":
            if hall == "core" and name not in C_LIBRARY:
                self.say(path, line, f"<{name}> in the core, expected the C library alone")
            return
        if name == f"spot/{UMBRELLA}":
            if hall != "cli":
                self.say(path, line, "spot/spot.h inside a library, expected the single headers")
            return
        if hall == "cli" and (self.root / "src/cli" / name).exists():
            return
        target = place_of_include(name)
        if target is None:
            self.say(path, line, f'"{name}" is no known header; public ones are listed in '
                                 "tests/checks/layering.py, others are named from src/")
            return
        if hall == "cli" and not name.startswith("spot/"):
            self.say(path, line, f'"{name}" in the cli, expected headers of include/spot/ only')
            return
        why = arrow_runs_back(source, target)
        if why is not None:
            self.say(path, line, f'"{name}": {why}')

    def check_backends(self, path, line, quote, name):
        for folder, library in BACKENDS.items():
            folder = Path(folder)
            if folder in path.parents:
                continue
            insides = str(folder.relative_to("src")) + "/"
            is_table = name == insides + BACKEND_TABLE and path.parent == folder.parent
            if (quote == "<" and name.startswith(library)) or (
                    quote == '"' and name.startswith(insides) and not is_table):
                self.say(path, line, f"{quote}{name} outside {folder}, expected lab/sim/task.h: a "
                                     "backend is reached through its table")

    def check_calls(self, path, text, hall):
        lines = text.splitlines()
        for i, code in enumerate(blank_comments_and_strings(text).splitlines(), start=1):
            memory = MEMORY_CALL.search(code)
            if memory and str(path) != ALLOCATOR_FILE and FOREIGN_MEMORY not in lines[i - 1]:
                self.say(path, i, f"{memory.group(1)}() outside {ALLOCATOR_FILE}, expected spoti_* "
                                  f"or a comment '{FOREIGN_MEMORY}: whose'")
            process = PROCESS_CALL.search(code) or PROCESS_STREAM.search(code)
            if process and (str(path), process.group(1)) not in ALLOWED:
                self.say(path, i, f"{process.group(1)} in the library {hall}, expected a status")

    def check_file(self, path, source):
        text = (self.root / path).read_text(encoding="utf-8")
        n_line = text.count("\n")
        if n_line > MAX_LINES:
            self.say(path, n_line, f"{n_line} lines, expected at most {MAX_LINES}")
        for i, line in enumerate(text.splitlines(), start=1):
            found = INCLUDE.match(line)
            if found:
                self.check_include(path, i, source, found.group(1), found.group(2))
                self.check_backends(path, i, found.group(1), found.group(2))
        if source[0] != "cli":
            self.check_calls(path, text, source[0])

    def check_source(self, path):
        source = place_of_source(path)
        if source is None or source[0] not in HALLS:
            self.say(path, 1, f"outside the halls, expected src/ with one of {', '.join(HALLS)}")
            return
        hall, module = source
        if hall in MODULES and module not in MODULES[hall]:
            self.say(path, 1, f"unknown module, expected one of {', '.join(sorted(MODULES[hall]))}")
            return
        self.check_file(path, source)

    def check_public(self, path):
        if path.name == UMBRELLA:
            return
        if path.name not in PUBLIC:
            self.say(path, 1, "enter this header and its module in tests/checks/layering.py")
            return
        self.check_file(path, PUBLIC[path.name])

    def check_umbrella(self):
        path = Path("include/spot") / UMBRELLA
        if not (self.root / path).exists():
            return
        text = (self.root / path).read_text(encoding="utf-8")
        there = {f"spot/{p.name}" for p in (self.root / "include/spot").glob("*.h")}
        there.discard(f"spot/{UMBRELLA}")
        included = set(re.findall(r'#include "([^"]+)"', text))
        for name in sorted(there - included):
            self.say(path, 1, f'does not include "{name}"')
        for name in sorted(included - there):
            self.say(path, 1, f'includes "{name}", which does not exist')

    def run(self):
        for pattern in ("*.c", "*.h"):
            for path in sorted((self.root / "src").rglob(pattern)):
                self.check_source(path.relative_to(self.root))
        for path in sorted((self.root / "include/spot").glob("*.h")):
            self.check_public(path.relative_to(self.root))
        self.check_umbrella()
        return self.breaches


def main():
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "src").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    breaches = Checker(sys.argv[1]).run()
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
