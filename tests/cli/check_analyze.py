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
    assert list(one) == ["platform", "best", "law", "points", "text"] and one["best"] == "steps=10"
    assert one["law"]["name"] == "chunks" and "single episodes" in one["law"]["not_the_better"]
    assert "measured needs 0.199 s, this one 0.4 s: by theory the best alpha" in one["text"], one["text"]
    for p, r in zip(one["points"], table, strict=True):
        assert list(p) == ["point", "alpha", "t_inf_s", "t_chunk_s", "eta_chunk", "delay_s", "time_s", "success_rate",
                           "failure_budget_time_s", "n_cut", "n_censored", "extrapolated",
                           "extrapolation_begins_t_inf_s", "reason"]
        alpha = float(r["t_inf_s"]) / 0.199
        assert p["point"] == "steps=" + r["steps"] and p["extrapolated"] is False
        near(p["alpha"], alpha)
        near(p["t_inf_s"], alpha * 0.4)
        near(p["delay_s"], alpha * 0.4)
        near(p["t_chunk_s"], alpha * 0.4 + 0.6)
        near(p["eta_chunk"], 1.0 / (alpha * 0.4 + 0.6))
        near(p["time_s"]["value"], float(r["n_chunks"]) * (alpha * 0.4 + 0.6))
        assert p["time_s"]["lo"] is None and p["extrapolation_begins_t_inf_s"] is None


def played(inference_s, overlap, executed_s):
    """When the action that counts ends, in a world that waits and executes as the schedule says."""
    clock = inference_s
    left = executed_s
    while left > 0.8:
        clock += 0.8 + max(0.0, inference_s - 0.1 * overlap)
        left -= 0.8
    return clock + left


def check_event_times():
    """A world that obeys the law of event times: figures elsewhere are those of playing it there."""
    random.seed(5)
    path, limit, delta = f"{work}/events.csv", 14.0, 0.45
    t_inf = {"full": (0.5, 0), "over": (0.4, 2)}
    there, spans = {}, {p: [4.0 * math.exp(random.gauss(0, 0.35)) for _ in range(200)] for p in t_inf}
    with open(path, "w", encoding="utf-8") as f:
        f.write("point,seed,success,time_s,chunks,t_inf_s,overlap,chunk_actions,t_act_s\n")
        for name, (t, overlap) in t_inf.items():
            for seed, a in enumerate(spans[name]):
                time = min(limit, played(t, overlap, a) + delta)
                f.write(f"{name},{seed},{int(time < limit)},{time!r},5,{t},{overlap},8,0.1\n")
                there.setdefault(name, []).append(min(limit, played(3 * t, overlap, a) + delta))
    source = [path, "--regime", "static", "--baseline", "full"]
    one = analyze(*source, "--budget", str(limit), "--t-inf", "1.5")["prediction"]
    law = one["law"]
    assert law["name"] == "event times" and law["not_the_better"] is None and law["limit_s"] == limit
    assert law["delta_s"]["lo"] <= delta <= law["delta_s"]["hi"] and law["misfits"] == 0
    assert law["discrepancy"] == 0.02 and "law's own error" in law["assumed"] and law["assumed"] in one["text"]
    for p in one["points"]:
        done = [t for t in there[p["point"]] if t < limit]
        near(p["success_rate"]["value"], len(done) / 200)
        near(p["time_s"]["value"], sum(done) / len(done))
        near(p["failure_budget_time_s"]["value"], sum(there[p["point"]]) / 200)
        assert p["n_cut"] == sum(t < limit for t in map(float, column(path, p["point"]))) - len(done) > 0
        assert p["time_s"]["lo"] < p["time_s"]["value"] < p["time_s"]["hi"] and p["n_censored"] == 0
    assert one["points"][0]["extrapolated"] is False and one["points"][1]["extrapolated"] is True  # older observations
    faster = analyze(*source, "--budget", str(limit), "--t-inf", "0.05")["prediction"]["points"][0]
    failed = sum(t >= limit for t in map(float, column(path, "full")))
    assert faster["n_censored"] == failed and (failed == 0 or faster["success_rate"]["hi"] > 1 - 1e-9)
    # at a fixed cadence times stay while as many actions are stale, else nothing is said
    text = open(path, encoding="utf-8").read().replace(",t_act_s\n", ",t_act_s,schedule\n")
    text = text.replace(",0.1\n", ",0.1,cadence\n").replace(",2,8,", ",0,8,")
    open(f"{work}/cadence.csv", "w", encoding="utf-8").write(text)
    at = lambda t: analyze(f"{work}/cadence.csv", *source[1:], "--budget", "60", "--t-inf", t)["prediction"]["points"]
    near(at("0.52")[0]["time_s"]["value"], sum(t for t in map(float, column(path, "full")) if t < limit) /
         sum(t < limit for t in map(float, column(path, "full"))))
    assert at("0.75")[0]["time_s"]["value"] is None and "stale" in at("0.75")[0]["reason"]


def column(path, point):
    with open(path, encoding="utf-8") as f:
        return [r["time_s"] for r in csv.DictReader(f) if r["point"] == point]


def check_delay_tolerance():
    """Counts as a surface gives them: an unseen board's rates are the surface's; without cross cells it is separable."""
    def rate(steps, delay):
        f = math.log(10 / steps)
        return (0.85 if steps == 1 else 1.0) * 0.5 * math.erfc(-(0.41 - 0.03 * f - delay) /
                                                              math.exp(-3 - 0.2 * f) / math.sqrt(2))
    cells = [(s, 0.0) for s in (10, 5, 2, 1)] + [(10, d) for d in (0.33, 0.4, 0.45)] + [(1, 0.33), (2, 0.33), (2, 0.4)]
    path = f"{work}/surface.csv"
    for n_cross, law in ((3, "delay tolerance"), (1, "separable")):
        with open(path, "w", encoding="utf-8") as f:
            f.write("point,platform,steps,t_inf_s,t_act_s,chunk_actions,episodes,successes\n")
            for s, d in cells[:7 + n_cross]:
                f.write(f"s{s},{f'd{d}' if d else 'none'},{s},{d},0.1,8,1000000,{round(1e6 * rate(s, d))}\n")
        board = f"{work}/board.yaml"
        with open(board, "w", encoding="utf-8") as f:
            f.write("name: board\ndescription: a board\nclasses:\n  - {name: c, origin: measured, source: s, "
                    "affine: {base_ms: 300, per_step_ms: 8}}\n")
        one = analyze(path, "--regime", "dynamic", "--baseline", "s10", "--setting", "none", "--platform", board,
                      "--charge-as", "c")["prediction"]
        assert one["law"]["name"] == law, one["law"]
        if law == "separable":
            assert "two cheaper points" in one["law"]["not_the_better"]
            continue
        assert one["law"]["separable_p"] < 1e-6 and "is refuted" in one["law"]["assumed"]
        for p in one["points"]:
            s = int(p["point"][1:])
            assert abs(p["success_rate"]["value"] - rate(s, 0.3 + 0.008 * s)) < 2e-3, p
            assert p["time_s"]["value"] is None and p["extrapolated"] is False


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


def check_paradox_words():
    """A point that infers as long and is delayed less, such as one with overlap, does not infer less."""
    path = f"{work}/paradox.csv"
    for t_inf_s, words in ((0.04, "which is delayed less and succeeds more often"),
                           (0.03, "which infers less and succeeds more often")):
        with open(path, "w", encoding="utf-8") as file:
            file.write("point,seed,success,time_s,t_inf_s,delay_s\n")
            for seed in range(60):
                file.write(f"base,{seed},{int(seed < 15)},6,0.04,0.04\n"
                           f"other,{seed},{int(seed < 50)},6,{t_inf_s},0.02\n")
        one = analyze(path, "--regime", "dynamic", "--baseline", "base")
        assert one["verdict"]["dynamic_paradox"] is True and words in one["verdict"]["text"], one


check_dom()
check_kinetix()
check_paradox_words()
check_real()
check_prediction()
check_event_times()
check_delay_tolerance()
check_episodes()
print("ok")
