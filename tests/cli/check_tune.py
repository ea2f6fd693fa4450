#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Recomputes tune.csv from the saved episodes, by formulas written anew.

    check_tune.py DIR

Exact quantities must agree to the nine digits that are written. Intervals come from another generator
here, so they agree within Monte-Carlo error. Exits 1 with a line for each disagreement.
"""
import csv
import json
import math
import random
import statistics
import sys
from pathlib import Path

WRITTEN = 1e-8       # nine digits
RESAMPLES = 4000
T_ACT = 0.1          # both shipped tasks run at 10 Hz
TICK = 0.004         # and at this physics step
WORDS = ("point", "align", "execute", "quant", "prune", "kv", "policy", "task", "platform", "charged_class",
         "latency_origin", "support", "clock", "schedule", "engine", "fault")
breaches = []


def check(what, got, want, tolerance):
    if not abs(got - want) <= tolerance:
        breaches.append(f"{what}: {got} in the table, {want} recomputed (tolerance {tolerance:.3g})")


def read_episodes(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ") and lines[-1] == "# complete", path
    return [{k: float(v) for k, v in row.items() if k != "fault"}
            for row in csv.DictReader(lines[1:-1])]


def execute(row):
    return int(row["n_execute"] if row["execute"] == "task" else row["execute"])


def mean(values):
    return math.fsum(values) / len(values)


def success_mean(episodes, key):
    return mean([e[key] for e in episodes if e["success"]])


def wilson(k, n):
    """The two q with (k/n - q)^2 = z^2 q (1 - q) / n, by bisection."""
    z2 = 1.959963984540054 ** 2
    p = k / n

    def f(q):
        return (p - q) ** 2 - z2 * q * (1 - q) / n

    ends = []
    for inside, outside in ((p, 0.0), (p, 1.0)):
        if inside == outside:
            ends.append(outside)
            continue
        for _ in range(200):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if f(middle) <= 0 else (inside, middle)
        ends.append(outside)
    return ends


def mcnemar_less(best, other):
    """P(at least as many discordant seeds for the best), Binomial(n, 1/2)."""
    b = sum(x["success"] > y["success"] for x, y in zip(best, other))
    n = b + sum(x["success"] < y["success"] for x, y in zip(best, other))
    return sum(math.comb(n, i) for i in range(b, n + 1)) / 2 ** n


def holm(p):
    """p: {name: p}; the step-down procedure, as levels."""
    adjusted, last = {}, 0.0
    for rank, name in enumerate(sorted(p, key=p.get)):
        last = max(last, min(1.0, (len(p) - rank) * p[name]))
        adjusted[name] = last
    return adjusted


def bootstrap(statistic, n):
    """BCa interval at 95 % (Efron 1987): percentiles moved by bias and by the jackknife's skewness."""
    rng = random.Random(20240601)
    values = sorted(v for v in (statistic([rng.randrange(n) for _ in range(n)])
                                for _ in range(RESAMPLES)) if v is not None)
    whole = statistic(range(n))
    normal = statistics.NormalDist()
    share = (sum(v < whole for v in values) + 0.5 * sum(v == whole for v in values)) / len(values)
    z0 = normal.inv_cdf(min(max(share, 1e-6), 1 - 1e-6))
    left = [v for v in (statistic([k for k in range(n) if k != i]) for i in range(n)) if v is not None]
    d = [mean(left) - v for v in left]
    square = math.fsum(x * x for x in d)
    a = math.fsum(x ** 3 for x in d) / (6 * square ** 1.5) if square > 0 else 0.0

    def at(level):
        z = z0 + normal.inv_cdf(level)
        return values[min(int(normal.cdf(z0 + z / (1 - a * z)) * len(values)), len(values) - 1)]
    return at(0.025), at(0.975)


def ratio(a, b, key):
    def of(drawn):
        x = [a[i] for i in drawn if a[i]["success"]]
        y = [b[i] for i in drawn if b[i]["success"]]
        return mean([e[key] for e in x]) / mean([e[key] for e in y]) if x and y else None
    return of


def check_row(row, episodes, base, limit_s):
    name, n = row["point"], len(episodes)
    k = sum(int(e["success"]) for e in episodes)
    value = {key: float(text) for key, text in row.items() if key not in WORDS and text}
    assert int(row["successes"]) == k and int(row["episodes"]) == n, name
    low, high = wilson(k, n)
    check(f"{name}: Wilson", value["success_lo"], low, WRITTEN)
    check(f"{name}: Wilson", value["success_hi"], high, WRITTEN)
    budget = mean([e["time_s"] if e["success"] else limit_s for e in episodes])
    check(f"{name}: budget time", value["budget_time_s"], budget, WRITTEN * budget)
    chunks = math.fsum(e["chunks"] for e in episodes)
    check(f"{name}: delay", value["delay_s"], math.fsum(e["wait_s"] for e in episodes) /
          math.fsum(e["inferences"] for e in episodes), WRITTEN)
    check(f"{name}: age", value["age_s"],
          math.fsum(e["age_first_s"] * e["chunks"] for e in episodes) / chunks, WRITTEN)
    overlap_s, n_act_s = int(row["overlap"]) * T_ACT, execute(row) * T_ACT
    # the nearest tick, a tie to the even one; the inner round takes off the error of the division
    t_inf = round(round(value["t_inf_s"] / TICK, 6)) * TICK
    check(f"{name}: T_ck", value["t_ck_s"], n_act_s + max(0.0, t_inf - overlap_s), WRITTEN)
    if k == 0:
        assert row["time_s"] == "" and row["inflation"] == "", name
        return
    time_s = success_mean(episodes, "time_s")
    check(f"{name}: time", value["time_s"], time_s, WRITTEN * time_s)
    check(f"{name}: chunks", value["chunks"], success_mean(episodes, "chunks"), WRITTEN * 100)
    if not any(e["success"] for e in base):
        return
    check(f"{name}: eta_task", value["eta_task"], success_mean(base, "time_s") / time_s, WRITTEN * 10)
    actions = execute(row) / int(row["n_execute"])  # chunks of different length compare by the action
    inflation = actions * success_mean(episodes, "chunks") / success_mean(base, "chunks")
    check(f"{name}: inflation", value["inflation"], inflation, WRITTEN * 10)
    # inflation is candidate over baseline, the task speed-up baseline over candidate
    for column, of in (("inflation", ratio(episodes, base, "chunks")),
                       ("eta_task", ratio(base, episodes, "time_s"))):
        low, high = bootstrap(of, n)
        if column == "inflation":
            low, high = actions * low, actions * high
        # the end of an interval of 4000 resamples varies by a few percent of its width
        slack = 0.12 * (high - low) + WRITTEN
        check(f"{name}: {column} low", value[f"{column}_lo"], low, slack)
        check(f"{name}: {column} high", value[f"{column}_hi"], high, slack)


def main():
    folder = Path(sys.argv[1])
    with open(folder / "tune.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    report = json.loads((folder / "tune.json").read_text(encoding="utf-8"))
    limit_s = report["setting"]["time_limit_s"]
    episodes = {row["point"]: read_episodes(
        folder / "episodes" / (row["point"].replace(" ", "_") + ".csv")) for row in rows}
    base = episodes[next(row["point"] for row in rows if row["is_baseline"] == "1")]
    for row in rows:
        check_row(row, episodes[row["point"]], base, limit_s)

    # the best by success, then by budget time; each other one against it
    def quality(name):
        return (-sum(e["success"] for e in episodes[name]),
                mean([e["time_s"] if e["success"] else limit_s for e in episodes[name]]))

    best = next(row["point"] for row in rows if row["is_best"] == "1")
    assert report["goal"] == "success" and report["best"] == best
    if quality(best) != min(quality(name) for name in episodes):
        breaches.append(f"{best} is not the best")
    p = {name: mcnemar_less(episodes[best], episodes[name]) for name in episodes if name != best}
    adjusted = holm(p)
    for row in rows:
        name = row["point"]
        check(f"{name}: p", float(row["p_best"]), p.get(name, 1.0), WRITTEN)
        check(f"{name}: Holm", float(row["p_holm"]), adjusted.get(name, 1.0), WRITTEN)
        if (row["among_best"] == "1") != (name == best or adjusted[name] > 0.05):
            breaches.append(f"{name}: among_best is {row['among_best']}")
    seeds = {tuple(e["seed"] for e in rows_of) for rows_of in episodes.values()}
    if len(seeds) != 1:
        breaches.append("the points do not share their seeds")
    print("\n".join(breaches) or f"{len(rows)} rows agree with their episodes")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
