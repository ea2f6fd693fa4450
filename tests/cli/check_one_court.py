#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""tune and analyze of the folder that it wrote say the same, as JSON.

    check_one_court.py SWEETSPOT FOLDER...
"""
import json
import subprocess
import sys
from pathlib import Path

WRITTEN = 1e-8  # episodes are kept with nine digits
SHARED = ("schema", "version", "regime", "decides", "baseline", "points", "verdict")


def same(where, a, b):
    """Equal, numbers to the digits that are written."""
    if isinstance(a, dict) and isinstance(b, dict):
        assert list(a) == list(b), (where, list(a), list(b))
        for key in a:
            same(f"{where}.{key}", a[key], b[key])
    elif isinstance(a, list) and isinstance(b, list):
        assert len(a) == len(b), (where, a, b)
        for i, (x, y) in enumerate(zip(a, b)):
            same(f"{where}[{i}]", x, y)
    elif isinstance(a, float) and isinstance(b, float):
        assert abs(a - b) <= WRITTEN * max(1.0, abs(b)), (where, a, b)
    else:
        assert a == b and isinstance(a, type(b)), (where, a, b)


def check(tool, folder):
    tuned = json.loads((Path(folder) / "tune.json").read_text(encoding="utf-8"))
    out = subprocess.run([tool, "analyze", folder, "--json"], capture_output=True, check=True)
    analysed = json.loads(out.stdout)
    for key in SHARED:
        same(key, tuned[key], analysed[key])
    assert set(analysed) == {*SHARED, "kind"}, list(analysed)
    # a confirmed winner has its figures on fresh seeds in place of the caveat
    judged, _, confirmed = tuned["text"].partition(" fresh seeds (")
    if confirmed:
        judged = judged.rpartition(" Confirmed on ")[0] or judged.rpartition(" Not confirmed on ")[0]
    caveat = " The best was picked on these very trials"
    assert judged.partition(caveat)[0] == tuned["verdict"]["text"].partition(caveat)[0], tuned["text"]
    assert bool(confirmed) == (tuned["confirm"] is not None) == tuned["best_beats_baseline"]
    assert [p["point"] for p in tuned["run"]["points"]] == [p["point"] for p in tuned["points"]]


for name in sys.argv[2:]:
    check(sys.argv[1], name)
