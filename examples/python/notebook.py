#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Writes worked_example.ipynb of worked_example.py, whose cells begin with `# %%`.

    notebook.py [--check]      --check: exit status 1 if the notebook is not what would be written
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def cells(script):
    """(kind, text) of each cell; what stands before the first is none."""
    for part in re.split(r"^# %%", script, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        body = body.strip("\n")
        if "[markdown]" in head:
            yield "markdown", re.sub(r"^# ?", "", body, flags=re.M)
        else:
            yield "code", body


def notebook(script):
    made = []
    for i, (kind, text) in enumerate(cells(script)):
        cell = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": text.splitlines(keepends=True)}
        made.append({**cell, "execution_count": None, "outputs": []} if kind == "code" else cell)
    return {"cells": made, "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                                        "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}


def main():
    text = json.dumps(notebook((HERE / "worked_example.py").read_text(encoding="utf-8")), indent=1) + "\n"
    target = HERE / "worked_example.ipynb"
    if "--check" in sys.argv[1:]:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            print(f"{target}: not made of worked_example.py, expected the output of notebook.py")
            return 1
        return 0
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
