#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Holds the figures of a bench against each other and against the profile that it wrote.

    check_bench.py FOLDER     with lists.json, here.yaml, points.json, points.yaml of test_bench.sh
"""
import json
import re
import sys
from pathlib import Path

ROUNDING = 1e-6  # JSON has nine digits, the profile nanoseconds
HALF_NS_MS = 0.51e-6
# of the thin policy: q, k, v and output of both attentions at width 256, two layers of the MLP at 768
BLOCK_WEIGHTS = 8 * 256 * 256 + 2 * 256 * 768


def near(a, b, rtol=ROUNDING):
    assert abs(a - b) <= rtol * abs(b), (a, b)


def check_row(row, base, threads, probe):
    cost = row["cost"]
    near(row["alpha"], row["median_s"] / base["median_s"])
    assert row["alpha_95"][0] <= row["alpha"] * (1 + ROUNDING), row
    assert row["alpha_95"][1] >= row["alpha"] * (1 - ROUNDING), row
    assert 0 < row["median_s"] <= row["p95_s"] and row["spread_s"] >= 0 < row["mean_s"], row
    assert row["processor_share"] > 0
    near(cost["macs"], cost["macs_fp32"] + cost["macs_bf16"] + cost["macs_int8"])
    near(cost["read_bytes"], cost["weight_read_bytes"] + cost["kv_read_bytes"])
    near(cost["intensity_macs_per_byte"], cost["macs"] / cost["read_bytes"])
    near(row["macs_per_s"], cost["macs"] / row["median_s"])
    if probe is None:
        assert row["roof"] is None
    else:
        roof = row["roof"]
        computing = sum(cost["macs_" + k] / probe[k + "_macs_per_s"] for k in ("fp32", "bf16", "int8"))
        reading = cost["read_bytes"] / roof["bandwidth_bytes_per_s"]
        near(roof["peak_macs_per_s"], cost["macs"] / computing)
        near(roof["share"], max(computing, reading) / row["median_s"])
        assert roof["bound"] == ("arithmetic" if computing >= reading else "reading"), roof
    if threads == 1:
        assert row["load"] is None
    else:
        load = row["load"]
        assert load["threads"] == threads and load["chunks_per_s"] > 0, load
        assert 0 < load["median_s"] <= load["p95_s"], load


def read_profile(path):
    """{(class, steps): row} of the profile, by pattern: its YAML is one line a row."""
    rows, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        found = re.match(r'  - name: "(.*)"$', line)
        name = found.group(1) if found else name
        if line.startswith("      - {"):
            row = {k: float(v) for k, v in re.findall(r"(\w+): ([-\d.]+)", line)}
            assert (name, int(row["steps"])) not in rows
            rows[name, int(row["steps"])] = row
    return rows


def check_profile(path, rows):
    profile = read_profile(path)
    assert set(profile) == {("self" + "@" * bool(r["variant"]) + r["variant"], r["steps"])
                            for r in rows}, profile
    for r in rows:
        p = profile["self" + "@" * bool(r["variant"]) + r["variant"], r["steps"]]
        if r["prune"] not in ("none",) and not r["prune"].startswith("mlp:"):
            continue  # its like without pruning stands there
        for key, name in (("latency_ms", "mean_s"), ("spread_ms", "spread_s"), ("p95_ms", "p95_s"),
                          ("median_ms", "median_s")):
            assert abs(p[key] - 1e3 * r[name]) <= HALF_NS_MS + 1e3 * ROUNDING * r[name], (p, r)
        assert abs(p["alpha"] - r["alpha"]) <= HALF_NS_MS + ROUNDING, (p, r)


def main():
    work = Path(sys.argv[1])
    lists, points = (json.loads((work / f"{n}.json").read_text("utf-8")) for n in ("lists", "points"))

    assert [(r["quant"], r["prune"], r["steps"]) for r in lists["rows"]] == [
        (q, p, s) for q in ("fp32", "w8a8") for p in ("none", "0.1") for s in (1, 2)]
    assert lists["baseline"] == "steps=2" and lists["calls"] == 20
    assert {r["variant"] for r in lists["rows"]} == {"", "w8a8"}
    assert [r["point"] for r in points["rows"]] == [
        "steps=10", "steps=2 quant=w4a4", "steps=1 prune=mlp:0.5", "steps=10 quant=bf16"]
    assert points["baseline"] == "steps=10" and points["rounds"] == 6 and points["calls"] == 24
    assert [lists["clock"], points["clock"]] == ["wall", "processor"]
    for bench, threads in ((lists, 2), (points, 1)):
        base = next(r for r in bench["rows"] if r["point"] == bench["baseline"])
        assert base["alpha"] == 1 and base["alpha_95"] == [1, 1], base
        for row in bench["rows"]:
            check_row(row, base, threads, bench["probe"])

    # three of four bytes of a block's weights go, but for scales; pruned single weights stay
    fp32, pruned, w8a8 = (lists["rows"][i]["cost"] for i in (0, 2, 4))
    assert fp32 == pruned
    saved = fp32["weight_bytes"] - w8a8["weight_bytes"]
    assert 0.98 * 3 * BLOCK_WEIGHTS < saved < 3 * BLOCK_WEIGHTS, saved
    assert points["rows"][2]["cost"]["macs"] < 0.8 * lists["rows"][0]["cost"]["macs"]

    check_profile(work / "here.yaml", lists["rows"])
    check_profile(work / "points.yaml", points["rows"])


if __name__ == "__main__":
    main()
