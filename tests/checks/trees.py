# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Tries a check of the sources on small trees: it must pass a clean one and catch every breach."""
import subprocess
import sys
import tempfile
from pathlib import Path


def run_on(script, files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, script, root], capture_output=True, text=True,
                              check=False)


def judge(script, clean, breaches):
    """The exit code. clean: name -> text; breaches: what -> (name, text, words of the complaint)."""
    failures = 0
    passed = run_on(script, clean)
    if passed.returncode != 0 or passed.stdout or passed.stderr:
        print(f"clean tree: exit {passed.returncode}\n{passed.stdout}{passed.stderr}")
        failures += 1
    for name, (path, text, want) in breaches.items():
        got = run_on(script, {**clean, path: text})
        if got.returncode != 1 or want not in got.stdout:
            print(f"{name}: exit {got.returncode}, wanted 1 and '{want}' in:\n{got.stdout}{got.stderr}")
            failures += 1
    print(f"{len(breaches) + 1} trees, {failures} judged wrongly")
    return 1 if failures else 0
