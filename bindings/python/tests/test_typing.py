# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The package's types by mypy, where it is installed: within the package, and as a caller's checker sees them."""
import subprocess
import sys

import pytest
from conftest import ROOT

pytest.importorskip("mypy", reason="no mypy; scripts/peers installs it")
PACKAGE = ROOT / "bindings/python"

CALLER = """
import sweetspot
from sweetspot import Schedule

tuned = sweetspot.tune("press-button", "press-button", points={"steps": [1]}, platform="agx-orin-50w")
text: str = tuned.text
schedule = Schedule(horizon=16, action_dim=7, execute=8)
event = schedule.next(0)
"""


def mypy(*arguments, cwd):
    done = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", str(cwd / "cache"), *arguments],
                          capture_output=True, text=True, cwd=cwd)
    return done.stdout + done.stderr


def strict(tmp_path, text):
    """What a strict checker says of a file of a caller's, the errors of that file alone."""
    (tmp_path / "caller.py").write_text(text)
    config = tmp_path / "mypy.ini"
    config.write_text(f"[mypy]\nmypy_path = {PACKAGE}\nfollow_imports = silent\n[mypy-pandas.*]\n"
                      "ignore_missing_imports = True\n")
    return [line for line in mypy("--strict", "--config-file", str(config), "caller.py", cwd=tmp_path).splitlines()
            if line.startswith("caller.py:") and " error: " in line]


def test_the_package_is_clean(tmp_path):
    said = mypy("--config-file", str(PACKAGE / "pyproject.toml"), str(PACKAGE / "sweetspot"), cwd=tmp_path)
    assert said.startswith("Success: no issues found in "), said


def test_callers_see_the_types(tmp_path):
    assert strict(tmp_path, CALLER) == []
    assert len(list(PACKAGE.glob("sweetspot/py.typed"))) == 1, "without it an installed package has no types"


@pytest.mark.parametrize("wrong,said", [
    ("n: int = tuned.text", "assignment"),
    ("sweetspot.tune('press-button', 'press-button')", "call-arg"),  # no points
    ("schedule.poll('0')", "arg-type"),
    ("event.kind", "union-attr"),  # there may be none
])
def test_a_wrong_call_is_found(tmp_path, wrong, said):
    last = len(CALLER.splitlines()) + 1
    found = strict(tmp_path, f"{CALLER}{wrong}\n")
    assert len(found) == 1 and found[0].startswith(f"caller.py:{last}:") and f"[{said}]" in found[0], found
