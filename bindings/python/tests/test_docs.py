# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Every recipe of docs/python.md, as printed: at most 15 lines, and it runs. One whose packages are not installed is
skipped, and runs where they are (scripts/peers). So do the worked example and its notebook."""
import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys

import pytest
import sweetspot
from conftest import ROOT

PAGE = (ROOT / "docs/python.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "examples/python"
BLOCKS = re.findall(r"^## ([^\n]*)$|^```(python|sh)\n(.*?)^```", PAGE, flags=re.M | re.S)


def recipes(kind):
    title, found = "install", []
    for heading, language, text in BLOCKS:
        title = heading or title
        if language == kind:
            found.append(pytest.param(text, id=title.replace(" ", "-")))
    return found


def run(text, name):
    """What the block prints; packages that it imports must be there."""
    for module in re.findall(r"^(?:import|from) (\w+)", text, flags=re.M):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{name} needs {module}, which is not installed")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, name, "exec"), {"__name__": "recipe"})
    return printed.getvalue()


@pytest.mark.parametrize("text", recipes("python"))
def test_a_recipe_runs_as_printed(text, tmp_path, monkeypatch):
    assert text.count("\n") <= 15
    if "points[[" in text or "rows[[" in text:
        pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPOT_DATA", str(ROOT))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    if "sweetspot.serve(" in text:  # serves until Ctrl-C: here until it has listened
        monkeypatch.setattr(sweetspot.Server, "run", lambda self: print("port", self.port))
        text = text.replace("port=8000", "port=0")
    try:
        assert run(text, "recipe").strip()
    except sweetspot.Unsupported as error:
        pytest.skip(str(error))


def test_commands_run_as_printed(tmp_path):
    h5py = pytest.importorskip("h5py")
    from test_convert import ROBOMIMIC, write_robomimic

    write_robomimic(tmp_path / "theirs.hdf5", ROBOMIMIC)
    commands = [line for block in recipes("sh") for line in block.values[0].splitlines() if line.startswith("python3 ")]
    assert len(commands) == 2 and "lerobot" in commands[1]
    if importlib.util.find_spec("pyarrow"):
        from test_convert_lerobot import write_v3

        (tmp_path / "set").mkdir()
        write_v3(tmp_path / "set")
    else:
        commands = commands[:1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")}
    for command in commands:
        words = command.replace("python3", sys.executable, 1).split()
        subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True)
    with h5py.File(tmp_path / "ours.hdf5") as file:
        assert len(file["data"]) == 2
    assert (tmp_path / "runs-csv/demo_1.csv").exists() and (tmp_path / "runs-csv/episodes.csv").exists()


def test_the_worked_example_finds_what_it_says(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    printed = run((EXAMPLES / "worked_example.py").read_text(encoding="utf-8"), "worked_example.py")
    assert "an interior sweet spot is established" in printed and "'steps=2' is best" in printed


def test_the_notebook_is_the_script_and_runs(monkeypatch):
    subprocess.run([sys.executable, "-B", EXAMPLES / "notebook.py", "--check"], check=True)
    cells = json.loads((EXAMPLES / "worked_example.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 5 and len(cells) > len(code)
    names = {"__name__": "__main__"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for number, text in enumerate(code):
            exec(compile(text, f"cell {number}", "exec"), names)
    assert "an interior sweet spot is established" in printed.getvalue()
