#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""tune and analyze of the folder that it wrote say the same.

    check_one_court.py SWEETSPOT FOLDER...
"""
import json
import subprocess
import sys
from pathlib import Path


def near(what, a, b):
    assert (a is None) == (b is None), (what, a, b)
    assert a is None or abs(a - b) <= 1e-8 * max(1.0, abs(b)), (what, a, b)


def check(tool, folder):
    tuned = json.loads((Path(folder) / "tune.json").read_text(encoding="utf-8"))
    out = subprocess.run([tool, "analyze", folder, "--json"], capture_output=True, check=True)
    analysed = json.loads(out.stdout)
    # a confirmed winner has its figures on fresh seeds in place of the caveat
    caveat = " The best was picked on these very trials"
    judged, _, confirmed = tuned["verdict"].partition(" fresh seeds (")
    if confirmed:
        judged = judged.rpartition(" Confirmed on ")[0] or judged.rpartition(" Not confirmed on ")[0]
    assert judged.partition(caveat)[0] == analysed["verdict"]["text"].partition(caveat)[0], (
        tuned["verdict"], analysed["verdict"]["text"])
    assert bool(confirmed) == (tuned["confirm"] is not None) == tuned["best_beats_baseline"]
    verdict = analysed["verdict"]
    assert (verdict["best"] or verdict["leader"] or tuned["baseline"]) == tuned["best"]
    assert (verdict["cheapest"] or tuned["best"]) == tuned["cheapest_among_best"]
    points = {p["point"]: p for p in analysed["points"]}
    assert list(points) == [p["text"] for p in tuned["points"]]
    for p in tuned["points"]:
        q = points[p["text"]]
        near("alpha", p["alpha"], q["alpha"])
        near("T_ck", p["chunk_time_s"], q["t_chunk_s"])
        near("eta", p["eta_chunk"], q["eta_chunk"])
        near("delay", p["delay_s"], q["delay_s"])
        near("age", p["age_s"], q["age_s"])
        for key, mine in (("chunks", "chunks"), ("inflation", "inflation")):
            near(key, p[mine] and p[mine]["value"], q[key])
        for key, mine, word in (("time_s", "time_s", "mean"), ("eta_task", "eta_task", "value")):
            near(key, p[mine] and p[mine]["value"], q[key][word])
            if not p["is_baseline"]:
                near(key + " lo", p[mine] and p[mine]["lo"], q[key]["lo"])
                near(key + " hi", p[mine] and p[mine]["hi"], q[key]["hi"])
        assert (p["success"]["successes"], p["success"]["episodes"]) == (
            q["success"]["k"], q["success"]["n"])


for name in sys.argv[2:]:
    check(sys.argv[1], name)
