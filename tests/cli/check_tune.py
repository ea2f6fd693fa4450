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
import sys
from pathlib import Path

WRITTEN = 1e-8       # nine digits
RESAMPLES = 4000
SHUFFLES = 1000
SUFFICIENT = 20      # successes of a side for an interval of times
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
    assert lines[0].startswith("# sweetspot episodes, format 4: "), path
    return [{k: float(v) for k, v in row.items() if k != "fault" and v != ""}
            for row in csv.DictReader(lines[1:])]


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


def p_set(episodes, name):
    """Small = some rival is better: the strongest one's p times the number of rivals."""
    rivals = [other for other in episodes if other != name and
              sum(e["success"] for e in episodes[other]) > sum(e["success"] for e in episodes[name])]
    least = min((mcnemar_less(episodes[other], episodes[name]) for other in rivals), default=1.0)
    return min(1.0, (len(episodes) - 1) * least)


def p_behind(episodes, best):
    """{name: p} of "worse than the best" over all pairs at once: failures shuffled within each seed, the
    largest sum d / sqrt(sum d^2) of all pairs counts (Westfall and Young 1993)."""
    names = list(episodes)
    rows = [[1.0 - episodes[name][k]["success"] for name in names] for k in range(len(episodes[best]))]

    def strength(table, i, j):
        d = [row[i] - row[j] for row in table]
        square = math.fsum(x * x for x in d)
        return math.fsum(d) / math.sqrt(square) if square > 0 else 0.0

    rng = random.Random(20240602)
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    largest = []
    for _ in range(SHUFFLES):
        table = [rng.sample(row, len(row)) for row in rows]
        largest.append(max(abs(strength(table, i, j)) for i, j in pairs))
    at = names.index(best)
    return {name: (1 + sum(t >= strength(rows, i, at) - 1e-9 for t in largest)) / (1 + SHUFFLES)
            for i, name in enumerate(names) if name != best}


def logarithm(sides, drawn):
    """ln of a ratio of means (Efron 1979) and its standard error by the influence of each seed; sides:
    [numerator, denominator], each a list of value or None; None if a mean is undefined."""
    n = [sum(side[k] is not None for k in drawn) for side in sides]
    if 0 in n:
        return None
    means = [math.fsum(side[k] for k in drawn if side[k] is not None) / m for side, m in zip(sides, n)]
    square = 0.0
    for k in drawn:
        u = [(side[k] / mean - 1) / m if side[k] is not None else 0.0
             for side, mean, m in zip(sides, means, n)]
        square += (u[0] - u[1]) ** 2
    return math.log(means[0] / means[1]), math.sqrt(square)


def bootstrap_t(sides):
    """95 % interval of the ratio: exp(m - t se) with the quantiles t of (m* - m) / se* over resamples."""
    rng = random.Random(20240601)
    n = len(sides[0])
    value, error = logarithm(sides, range(n))
    t = []
    for _ in range(RESAMPLES):
        drawn = logarithm(sides, [rng.randrange(n) for _ in range(n)])
        if drawn is not None and drawn[1] > 1e-12:
            t.append((drawn[0] - value) / drawn[1])
    t.sort()
    low, high = t[int(0.025 * len(t))], t[int(0.975 * len(t))]
    return math.exp(value - high * error), math.exp(value - low * error)


def successes(episodes, key, also=None):
    """The value at each seed with a success, of `also` too; None elsewhere."""
    other = also or episodes
    return [e[key] if e["success"] and o["success"] else None for e, o in zip(episodes, other)]


def check_ratio(name, value, column, sides, factor):
    """A ratio and its interval, which takes 20 successes of each side."""
    n = [sum(v is not None for v in side) for side in sides]
    if 0 in n:
        assert column not in value, name
        return
    ratio = math.exp(logarithm(sides, range(len(sides[0])))[0])
    check(f"{name}: {column}", value[column], factor * ratio, WRITTEN * 10)
    if min(n) < SUFFICIENT:
        assert f"{column}_lo" not in value or sides[0] == sides[1], (name, column)
        return
    low, high = (1.0, 1.0) if sides[0] == sides[1] else bootstrap_t(sides)
    # the end of an interval of 4000 resamples varies by a few percent of its width
    slack = 0.12 * factor * (high - low) + WRITTEN
    check(f"{name}: {column} low", value[f"{column}_lo"], factor * low, slack)
    check(f"{name}: {column} high", value[f"{column}_hi"], factor * high, slack)


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
    actions = execute(row) / int(row["n_execute"])  # chunks of different length compare by the action
    # inflation is candidate over baseline, the task speed-up baseline over candidate
    for suffix, mine, other in (("", None, None), ("_common", base, episodes)):
        check_ratio(name, value, "inflation" + suffix,
                    [successes(episodes, "chunks", mine), successes(base, "chunks", other)], actions)
        check_ratio(name, value, "eta_task" + suffix,
                    [successes(base, "time_s", other), successes(episodes, "time_s", mine)], 1.0)


def main():
    folder = Path(sys.argv[1])
    with open(folder / "tune.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    report = json.loads((folder / "tune.json").read_text(encoding="utf-8"))
    limit_s = report["run"]["time_limit_s"]
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
    assert report["run"]["goal"] == "success" and (report["verdict"]["best"] or report["verdict"]["leader"]) == best
    if quality(best) != min(quality(name) for name in episodes):
        breaches.append(f"{best} is not the best")
    p = {name: mcnemar_less(episodes[best], episodes[name]) for name in episodes if name != best}
    behind = p_behind(episodes, best)
    for row in rows:
        name = row["point"]
        check(f"{name}: p", float(row["p_best"]), p.get(name, 1.0), WRITTEN)
        check(f"{name}: set", float(row["p_set"]), p_set(episodes, name), WRITTEN)
        want = behind.get(name, 1.0)
        noise = 5 * math.sqrt(want * (1 - want) / SHUFFLES) + 1 / SHUFFLES if name != best else 0.0
        check(f"{name}: behind", float(row["p_behind"]), want, noise)
        if (row["among_best"] == "1") != (name == best or p_set(episodes, name) > 0.05):
            breaches.append(f"{name}: among_best is {row['among_best']}")
    seeds = {tuple(e["seed"] for e in rows_of) for rows_of in episodes.values()}
    if len(seeds) != 1:
        breaches.append("the points do not share their seeds")
    print("\n".join(breaches) or f"{len(rows)} rows agree with their episodes")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
