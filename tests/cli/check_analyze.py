#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Recomputes what `sweetspot analyze --json` prints, from the same files, with the standard library.

    check_analyze.py SWEETSPOT SOURCE_DIR WORK_DIR
"""
import csv
import json
import math
import random
import re
import statistics
import subprocess
import sys

tool, root, work = sys.argv[1:]

Z975 = statistics.NormalDist().inv_cdf(0.975)


def analyze(*arguments):
    run = subprocess.run([tool, "analyze", *arguments, "--json"], capture_output=True, text=True,
                         cwd=root, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def near(got, want, rtol=1e-8, atol=1e-12):
    assert got is not None and abs(got - want) <= atol + rtol * abs(want), (got, want)


def wilson(k, n):
    p, z = k / n, Z975
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def fisher(a, n, b, m):
    """P(first count >= a) given the total."""
    total = a + b
    return sum(math.comb(n, k) * math.comb(m, total - k)
               for k in range(a, min(n, total) + 1) if 0 <= total - k <= m) / math.comb(n + m, total)


def cmh(pairs, n):
    """One-sided p of `first better`, strata of n trials each side."""
    top = sum(a - (a + b) / 2 for a, b in pairs)
    var = sum(n * n * (a + b) * (2 * n - a - b) / ((2 * n) ** 2 * (2 * n - 1)) for a, b in pairs)
    return 0.5 * math.erfc(top / math.sqrt(var) / math.sqrt(2))


def rows(name):
    with open(f"{root}/published/{name}.csv", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def check_dom():
    table = rows("dom_cr")
    for one, speed in zip(analyze("published:dom-cr")["settings"], ["100", "125"]):
        counts = [int(r["successes"]) for r in table if r["speed_pct"] == speed]
        latency = [float(r["latency_ms"]) / 1000 for r in table if r["speed_pct"] == speed]
        for p, k, t_inf in zip(one["points"], counts, latency, strict=True):
            assert (p["success"]["k"], p["success"]["n"]) == (k, 50)
            near(p["t_inf_s"], t_inf)
            near(p["alpha"], t_inf / latency[-1])
            near(p["success"]["wilson"][0], wilson(k, 50)[0])
            near(p["success"]["wilson"][1], wilson(k, 50)[1])
            assert p["chunks"] is None and p["time_s"]["mean"] is None and p["eta_chunk"] is None
        arms = [max(fisher(counts[j], 50, counts[0], 50), fisher(counts[j], 50, counts[3], 50))
                for j in (1, 2)]
        near(one["verdict"]["p_interior"], min(1.0, 2 * min(arms)), 1e-8)
        # no sweet spot and no paradox is established at 50 trials
        assert one["verdict"]["p_interior"] > 0.5 and one["verdict"]["dynamic_paradox"] is False
        assert one["verdict"]["kind"] == "interior"
        # what is told of either end, of which the dearer one counts
        told = [int(n) for n in re.findall(r"takes (\d+) \(", " ".join(one["verdict"]["text"].split()))]
        needed = one["verdict"]["trials_needed"]
        assert needed["n"] == max(told[:2]) > needed["lo"] > 50, (needed, told)
        random.seed(5)
        draws = 20000
        inside = 0
        for _ in range(draws):
            x = [random.betavariate(k + 0.5, 50.5 - k) for k in counts]
            inside += x.index(max(x)) in (1, 2)
        # 5 standard deviations of a share
        near(one["verdict"]["posterior_interior"], inside / draws, 0, 5 * 0.5 / math.sqrt(draws))


def check_kinetix():
    levels = ["car", "catapult", "catcher", "grasp", "lunar", "cheetah"]
    count = {(r["setting"], r["steps"]): [int(r[x]) for x in levels]
             for r in rows("kinetix_success") if r["setting"].startswith("count:")}
    free, slow = [{s: count[f"count:{name}", s] for s in "135"} for name in ("inf-hw", "agx15")]
    better_free = cmh(list(zip(free["5"], free["1"])), 128)
    better_slow = cmh(list(zip(slow["1"], slow["5"])), 128)
    assert better_free < 1e-4 and better_slow < 1e-9
    both = analyze("published:kinetix")
    assert both["text"].startswith("'steps=1' against the baseline 'steps=5' turns round")
    assert "(one-sided p = %.2g)" % better_free in both["text"], both["text"]
    assert "no single task shows both halves" in both["text"]
    without, delayed = both["settings"]
    assert without["verdict"]["dynamic_paradox"] is False
    assert delayed["verdict"]["dynamic_paradox"] is True
    assert delayed["verdict"]["best"] == "steps=1" and delayed["verdict"]["kind"] == "endpoint"
    assert [p["success"]["k"] for p in delayed["points"]] == [sum(slow[s]) for s in "135"]
    assert [p["delay_s"] for p in without["points"]] == [0, 0, 0]
    near(delayed["points"][2]["delay_s"], 0.06667, 1e-9)


def check_real():
    first, rtx, agx = analyze("published:real-static")["settings"]
    table = rows("real_static_rtx4070")
    for p, r in zip(first["points"], table):
        t_ck = float(r["t_inf_s"]) + 0.6
        near(p["t_chunk_s"], t_ck)
        # a fixed cadence: the measured cycles T / N stand in for the law's
        near(p["eta_chunk"], (37.26 / 47.2) / (float(r["t_task_s"]) / float(r["n_chunks"])))
        near(p["inflation"], float(r["n_chunks"]) / 47.2)
        near(p["eta_task"]["value"], 37.26 / float(r["t_task_s"]))
        assert p["eta_task"]["lo"] is None
    near(first["points"][0]["success"]["clopper_pearson"][0], 0.025 ** 0.2)
    assert (rtx["verdict"]["best"], agx["verdict"]["best"]) == ("steps=10", "steps=5")
    for one in (first, rtx, agx):
        assert one["verdict"]["static_paradox"] is None and one["verdict"]["p_interior"] is None
    assert "fixed cadence" in first["verdict"]["text"] and "0.790 s" in first["verdict"]["text"]
    for one, r in zip((rtx, agx), rows("real_static_platforms"), strict=True):
        assert one["setting"].startswith(r.pop("platform"))
        for p, (steps, time_s) in zip(one["points"], r.items(), strict=True):
            assert p["point"] == "steps=" + steps[1:] and p["t_inf_s"] is None
            near(p["time_s"]["mean"], float(time_s))

    rtx, agx = analyze("published:real-dynamic")["settings"]
    for one, (few, many), want in ((rtx, (48, 50), False), (agx, (45, 26), True)):
        a, b = few / 30, many / 30
        z = (a - b) / math.sqrt((a * (2 - a) + b * (2 - b)) / 30)
        p = 0.5 * math.erfc(z / math.sqrt(2))
        assert one["verdict"]["dynamic_paradox"] is want
        assert ("p = %.3f)" if p < 0.0995 else "p = %.2f)") % p in one["verdict"]["text"]
        assert one["points"][0]["success"]["k"] is None and one["points"][0]["success"]["n"] == 30
        near(one["points"][0]["success"]["rate"], few / 60)
        assert want == (z > 2.6)
    # latencies are published for one of the computers
    latency = {"steps=" + r["steps"]: float(r["t_inf_s"]) for r in rows("real_dynamic_agx30w")}
    assert {p["point"]: p["t_inf_s"] for p in agx["points"]} == latency
    assert all(p["t_inf_s"] is None for p in rtx["points"])


def check_prediction():
    """A slower computer, static: each point waits longer, and needs its chunks."""
    table = rows("real_static_rtx4070")
    one = analyze("published:real-static", "--setting", "RTX4070, chunks known", "--t-inf", "0.4")["prediction"]
    assert list(one) == ["platform", "best", "points", "text"] and one["best"] == "steps=10"
    assert "measured needs 0.199 s, this one 0.4 s: by theory the best alpha" in one["text"], one["text"]
    for p, r in zip(one["points"], table, strict=True):
        assert list(p) == ["point", "alpha", "t_inf_s", "t_chunk_s", "eta_chunk", "delay_s", "time_s",
                           "extrapolated", "extrapolation_begins_t_inf_s"]
        alpha = float(r["t_inf_s"]) / 0.199
        assert p["point"] == "steps=" + r["steps"] and p["extrapolated"] is False
        near(p["alpha"], alpha)
        near(p["t_inf_s"], alpha * 0.4)
        near(p["delay_s"], alpha * 0.4)
        near(p["t_chunk_s"], alpha * 0.4 + 0.6)
        near(p["eta_chunk"], 1.0 / (alpha * 0.4 + 0.6))
        near(p["time_s"]["value"], float(r["n_chunks"]) * (alpha * 0.4 + 0.6))
        assert p["time_s"]["lo"] is None and p["extrapolation_begins_t_inf_s"] is None


def check_episodes():
    """A log of our own making: every mean recomputed, intervals against another bootstrap."""
    random.seed(11)
    points = {"full": (0.4, 9.0, 0.85), "half": (0.2, 9.6, 0.85), "light": (0.05, 14.0, 0.6)}
    log = {name: [] for name in points}
    path = f"{work}/episodes.csv"
    with open(path, "w", encoding="utf-8") as f:
        f.write("point,seed,ok,chunks,time_s,energy_j,t_inf_s,t_act_s,chunk_actions,budget_s\n")
        for seed in range(150):
            hard = random.gauss(0, 1)
            for name, (t_inf, mean, rate) in points.items():
                n = max(2, round(mean + hard + random.gauss(0, 1)))
                ok = int(random.random() < rate)
                time = n * (t_inf + 0.8) if ok else 30.0
                log[name].append((ok, n, time, 20 * n))
                f.write(f"{name},{seed},{ok},{n},{time:.6f},{20 * n},{t_inf},0.1,8,30\n")
    one = analyze(path, "--map", "ok=success")
    base = log["full"]

    def mean(runs, at):
        return statistics.fmean(r[at] for r in runs if r[0])

    for p in one["points"]:
        runs = log[p["point"]]
        k = sum(r[0] for r in runs)
        assert (p["success"]["k"], p["success"]["n"]) == (k, 150)
        near(p["chunks"], mean(runs, 1))
        near(p["time_s"]["mean"], mean(runs, 2), 1e-7)
        near(p["inflation"], mean(runs, 1) / mean(base, 1))
        near(p["eta_task"]["value"], mean(base, 2) / mean(runs, 2), 1e-7)
        near(p["failure_budget_time_s"], statistics.fmean(r[2] if r[0] else 30 for r in runs), 1e-7)
        near(p["expected_time_to_success_s"], sum(r[2] for r in runs) / k, 1e-7)
        near(p["joules_per_success"], sum(r[3] for r in runs) / k)
        if p["point"] == "full":
            assert p["eta_task"]["lo"] is None
            continue
        draws = []
        for _ in range(2000):
            pick = [random.randrange(150) for _ in range(150)]
            draws.append(mean([base[i] for i in pick], 2) / mean([runs[i] for i in pick], 2))
        draws.sort()
        width = draws[1950] - draws[50]
        # percentile against BCa: ends agree to a fifth of the width
        near(p["eta_task"]["lo"], draws[50], 0, 0.2 * width)
        near(p["eta_task"]["hi"], draws[1950], 0, 0.2 * width)
    # light: chunks 1.41 times as fast, task slower, and it fails more often
    assert one["verdict"]["static_paradox"] is True and one["verdict"]["best"] == "half"
    assert one["verdict"]["dynamic_paradox"] is None and one["verdict"]["kind"] == "interior"
    wins = sum(a[0] > b[0] for a, b in zip(base, log["light"]))
    losses = sum(a[0] < b[0] for a, b in zip(base, log["light"]))
    p = sum(math.comb(wins + losses, k) for k in range(wins, wins + losses + 1)) / 2 ** (wins + losses)
    text = subprocess.run([tool, "analyze", path, "--map", "ok=success", "--regime", "dynamic",
                           "--wide"],
                          capture_output=True, text=True, check=True).stdout
    light = [line for line in text.splitlines() if line.strip().startswith("light")][0]
    near(float(light.split()[-1]), p, 1e-3)


check_dom()
check_kinetix()
check_real()
check_prediction()
check_episodes()
print("ok")
