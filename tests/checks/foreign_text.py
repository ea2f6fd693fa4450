#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Fails where a text of a stranger could be obeyed instead of shown.

    foreign_text.py ROOT

Names come from files and options. gnuplot would run what is in back-quotes, a terminal obeys escape
sequences. Both are met in one place each, and this script sees that nothing goes round them:

- the tool and the tables print through spot_print and spot_print_json (include/spot/show.h) alone;
- who draws writes its script through spoti_script_put and spoti_script_tic (lab/report/gnuplot.h) alone,
  without strings in double quotes and back-quotes, and texts behind `label N` and `title` and labels of
  tics are `noenhanced`;
- child processes are started in SPAWNERS alone, and never through a shell.

Prints `file:line: what` for each breach and exits 1, else exits 0.
"""
import re
import sys
from pathlib import Path

# Who may start a process, and how: gnuplot, ffmpeg, a copy of us that compiles a model and may crash, and the program
# that a task file of backend `process` names.
SPAWNERS = {
    "src/lab/base/guard.c": {"fork"},
    "src/lab/report/gnuplot.c": {"posix_spawnp"},
    "src/lab/report/video.c": {"posix_spawnp"},
    "src/lab/sim/mujoco/compile.c": {"fork"},
    "src/lab/sim/process/child.c": {"fork"},
    "src/lab/sim/process/minder.c": {"fork", "execve"},
}
# Who may hand a document to a stream: all do it through spot_print_json.
JSON_PRINTERS = {"src/cli/output.c", "src/lab/report/words.c", "src/lab/study/run_json.c"}
# (file, call) that may stand: words of the program's own, the help page, and what a signal handler may say.
ALLOWED = {("src/cli/help.c", "fputs"), ("src/cli/help.c", "fputc"), ("src/cli/stop.c", "write")}

CALL = r"(?<![\w.>])({})\s*\("
OUTPUT = re.compile(CALL.format(
    "v?f?printf|v?dprintf|puts|fputs|putc|fputc|putchar|fwrite|write|perror|psignal"))
SHELL = re.compile(CALL.format("system|popen|wordexp"))
SPAWN = re.compile(CALL.format("fork|vfork|exec[lv]p?e?|execvpe|fexecve|posix_spawnp?"))
JSON = re.compile(CALL.format("json_dump(?:s|f|fd|_file|_callback)?"))
DRAWS = re.compile(r'^\s*#\s*include\s*"lab/report/gnuplot.h"', re.M)
PUT = re.compile(r"\bspoti_script_put\s*\(")
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
LITERAL = re.compile(r'"((?:\\.|[^"\\\n])*)"')


def blank(text, strings=True):
    """The text without comments (and literals), as long as before."""
    def spaces(match):
        keep = not strings and not match.group().startswith("/")
        return match.group() if keep else re.sub(r"[^\n]", " ", match.group())
    return TOKEN.sub(spaces, text)


def puts_of(text):
    """(offset, the literals joined) of each spoti_script_put in `text`, which has no comments."""
    code = blank(text)
    for call in PUT.finditer(code):
        depth, at = 1, call.end()
        while depth > 0 and at < len(code):
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            at += 1
        yield call.start(), "".join(LITERAL.findall(text[call.start():at]))


def what_is_wrong_with_script(words):
    """What the literals of one spoti_script_put do that lets a text be more than a text."""
    if '\\"' in words or "`" in words:
        return "double quotes or back-quotes in a script, expected single quotes or %s"
    if re.search(r"'[^']*%s", words) and re.search(r"'%s|%s'", words):
        return "%s between quotes, expected it alone: it brings its own"
    for text in re.finditer(r"(label \d+|title) (%s)((?: \w+)?)", words):
        if text.group(3) != " noenhanced":
            return f"'{text.group(1)} %s' without noenhanced: _ and ^ would be typesetting"
    if re.match(r"set xtics", words) and "format ''" not in words and "noenhanced" not in words:
        return "labels of tics without noenhanced: _ and ^ would be typesetting"
    return None


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.breaches = []

    def say(self, path, text, offset, what):
        self.breaches.append(f"{path}:{text.count(chr(10), 0, offset) + 1}: {what}")

    def forbid(self, path, text, pattern, why):
        for call in pattern.finditer(blank(text)):
            name = call.group(1)
            if (path, name) not in ALLOWED and name not in SPAWNERS.get(path, ()):
                self.say(path, text, call.start(), f"{name}(), {why}")

    def check(self, path):
        text = (self.root / path).read_text(encoding="utf-8")
        self.forbid(path, text, SHELL, "expected no shell: it would run what a name holds")
        self.forbid(path, text, SPAWN, f"expected in {', '.join(SPAWNERS)} alone")
        if path not in JSON_PRINTERS:
            self.forbid(path, text, JSON, "expected cli_print_json or spoti_report_json")
        if path.startswith("src/cli/") or re.match(r"src/lab/report/\w*(table|text)\w*\.c", path):
            self.forbid(path, text, OUTPUT, "expected spot_print, which shows what a terminal obeys")
        if DRAWS.search(text) and path != "src/lab/report/gnuplot.c":
            self.forbid(path, text, OUTPUT, "expected spoti_script_put, which quotes texts")
            plain = blank(text, strings=False)
            for offset, words in puts_of(plain):
                wrong = what_is_wrong_with_script(words)
                if wrong is not None:
                    self.say(path, text, offset, wrong)

    def run(self):
        for path in sorted((self.root / "src").rglob("*.[ch]")):
            self.check(path.relative_to(self.root).as_posix())
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
