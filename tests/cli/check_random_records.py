#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""`sweetspot analyze --json` of fifty random logs against a judge written by hand (judge_by_hand.py).

    check_random_records.py SWEETSPOT WORK_DIR [SEED...]
"""
import json
import math
import random
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import judge_by_hand as hand # noqa: E402  (their folder is on no path before)
from table_by_hand import check_tables # noqa: E402

tool, work = sys.argv[1:3]
Path(work).mkdir(exist_ok=True) # the logs stay there, to be looked at
N_LOG = 50
WRITTEN = 5.1e-9 # relative: nine digits
seen = Counter() # what the logs led to
# ... and must: a rule that no log leads to is not tested
RULES = [*(f"guard {g}" for g in ("none", "no budget", "succeeds less", "rare failures", "invalid")),
         *(f"kind {k}" for k in ("None", "baseline", "endpoint", "interior")),
         *(f"objective {o}" for o in ("None", "budget", "time", "law")),
         *(f"{regime} paradox {shown}" for regime in ("static", "dynamic") for shown in (True, False)),
         "fixed cadence", "only rare", "p exact", "p drawn", "interval", "posterior", "cell", "dropped", "trials needed",
         "columns that disagree", "says nothing of others", "text is best: ",
         "text comes out first and is better than the baseline: ", "text comes out first: "]


# Logs ---------------------------------------------------------------------------------------------

def episodes_of(dice, log, point, quality, pace):
    """Rows of a point: less often done where `quality` is low, in fewer chunks where `pace` is high."""
    rows = []
    for task in log["tasks"]:
        for seed in range(log["n_seed"]):
            if dice.random() < log["missing"]:
                continue
            hard = random.Random(f"{log['seed']} {task} {seed}").random() # shared by all points
            done = 0.6 * dice.random() + 0.4 * hard < quality * log["ease"]
            steps = max(1, round((dice.gauss(6, 1.5) + 3 * hard) / pace))
            row = {**point, "success": int(done), "invalid": 0}
            if log["has_chunks"]:
                row["chunks"] = steps
            if log["has_time"] and (done or log["failures_timed"]):
                cycle = 0.8 + 0.1 * dice.randrange(2) + (point.get("t_inf_s", 0.3) if log["lawful"] else 0.2)
                row["time_s"] = f"{steps * cycle if done else log['budget']:.1f}"
            if log["seeded"]:
                row["seed"] = f"s{seed}"
            if len(log["tasks"]) > 1:
                row["task"] = task
            if log["has_energy"]:
                row["energy_j"] = dice.randrange(50, 90)
            if dice.random() < log["invalid"]:
                row = {**row, "success": 0, "invalid": 1, "time_s": ""}
            if "t_inf_s" in row and log["jitter"]:
                row["t_inf_s"] = f"{row['t_inf_s'] + 0.00001 * dice.randrange(999):.5f}"
            rows.append(row)
    return rows


def aggregates_of(dice, log, point, quality, pace):
    rows = []
    for task in log["tasks"]:
        n = dice.randrange(20, 60)
        row = {**point, "episodes": n}
        if log["form"] == "graded":
            row.update(score_max=3, score=round(3 * n * min(1, max(0, dice.gauss(quality, 0.1)))))
        else:
            k = sum(dice.random() < log["ease"] * quality for _ in range(n))
            row.update(successes=k, task=task, time_s=f"{dice.gauss(9, 0.8) / pace:.2f}",
                       time_sd_s="" if log["seed"] % 20 == 7 else f"{1 + dice.random():.2f}",
                       chunks=f"{dice.gauss(6, 1):.2f}", chunks_sd="1.1")
        rows.append(row)
    return rows


def draw_log(seed, attempt):
    """What the log is made of, and its rows."""
    dice = random.Random(100 * seed + attempt)
    form = "paired paired paired partly unpaired few tasks aggregated graded many".split()[seed % 10]
    log = {"seed": seed, "form": form, "regime": dice.choice(["static", "dynamic", None]),
           "n_seed": {"few": dice.randrange(3, 7), "many": 14}.get(form, dice.randrange(8, 44)),
           "tasks": ["pick", "place", "pour"][:dice.randrange(2, 4)] if form in ("tasks", "aggregated") else ["pick"],
           "missing": 0.15 if form in ("partly", "tasks") and dice.random() < 0.7 else 0.0,
           "seeded": form != "unpaired", "has_time": dice.random() < 0.85, "has_chunks": dice.random() < 0.8,
           "has_energy": dice.random() < 0.3, "failures_timed": dice.random() < 0.5,
           "ease": dice.choice([0.9, 1.2, 2.5]), "budget": dice.choice([20, 30.5, 60]),
           "invalid": dice.choice([0, 0, 0, 0.015, 0.03]), "jitter": dice.random() < 0.3,
           "lawful": dice.random() < 0.7}
    if form == "graded":
        log["regime"] = "dynamic"
    if seed % 20 == 7: # times that nothing tests
        log["regime"] = "static"
    with_budget, with_latency = dice.random() < 0.65, dice.random() < 0.85
    n_point = {"many": 7}.get(form, dice.randrange(2, 6))
    knob = dice.choice(["latency", "latency", "overlap", "n"])
    best, gap = dice.randrange(n_point), dice.choice([0, 0.05, 0.25, 0.5]) # how far the others are behind
    if dice.random() < 0.2:
        gap = -gap # ... or ahead in success, and faster
    story = {4: "haste", 5: "haste", 6: "paradox"}.get(seed // 5)
    if story and form != "graded":
        log.update(regime="static", has_time=True, ease=1.2, invalid=0)
        knob, best, gap, with_latency = "latency", 0, 0.5, True
    if story == "paradox":
        log.update(n_seed=36, ease=2.5, lawful=True)
    settings = [{}] if dice.random() < 0.75 else [{"speed": 0}, {"speed": 1}] if dice.random() < 0.5 else \
        [{"platform": "here"}, {"platform": "there"}]
    rows = []
    for setting in settings:
        names = []
        for i in range(n_point):
            point = {"point": f"p{i}", **setting}
            if with_latency:
                t_inf = round(0.9 * 0.7 ** i, 3) if knob == "latency" else 0.7
                point.update(chunk_actions=8 if knob != "n" else 4 + 2 * i, t_act_s=0.1)
                if knob == "latency" and i > 0 and dice.random() < 0.2:
                    point["alpha"] = round(0.7 ** i, 3) # in place of a latency
                else:
                    point["t_inf_s"] = t_inf
                if knob == "overlap":
                    point["overlap"] = i
                elif seed % 7 == 3:
                    point.update(schedule="cadence", overhead_s=0.02)
            if seed % 6 == 1:
                point["steps"] = 10 - i
            if seed % 9 == 4 and dice.random() < 0.7:
                point["delay_s"] = round(0.2 + 0.1 * i, 1)
            if with_budget and form != "graded":
                point["budget_s"] = log["budget"]
            quality = min(1.0, max(0.1, (0.95 if best == i else dice.choice([0.95, 0.85, 0.7])) - gap * (i != best)))
            pace = (1.6 if best == i else dice.choice([0.8, 1, 1.1])) ** (gap * 4)
            if story == "haste": # who is fast fails often
                quality, pace = (0.95, 0.7) if best == i else (0.5, 2.5)
            make = aggregates_of if form in ("aggregated", "graded") else episodes_of
            names.append(make(dice, log, point, quality, pace))
        rows += [r for some in names for r in some]
    return log, rows


def write(path, rows):
    columns = list(dict.fromkeys(c for r in rows for c in r))
    lines = [",".join(columns)] + [",".join(str(r.get(c, "")) for c in columns) for r in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [dict(zip(columns, line.split(","))) for line in lines[1:]]


def settings_of(rows):
    keys = list(dict.fromkeys((r.get("platform"), r.get("speed")) for r in rows))
    return [[r for r in rows if (r.get("platform"), r.get("speed")) == key] for key in keys]


# Comparison ---------------------------------------------------------------------------------------

def same(got, want, what):
    """A figure, or null."""
    assert (got is None) == (want is None), (what, got, want and float(want))
    if want is not None:
        assert abs(got - float(want)) <= WRITTEN * abs(want) + 1e-15, (what, got, float(want))


def within(got, want, what):
    """A p-value in its range, or null."""
    assert (got is None) == (want is None), (what, got, want)
    if want is not None:
        assert (1 - WRITTEN) * want[0] - 1e-15 <= got <= (1 + WRITTEN) * want[1] + 1e-15, (what, got, want)
        seen["p exact" if want[0] == want[1] else "p drawn"] += 1


def decided(got, want, what):
    """A flag, unless drawn p-values leave it open."""
    assert want is None or got is want, (what, got, want)


def check_success(got, p):
    assert got["k"] == (p.k if p.has_count else None) and got["n"] == (p.n or None), (got, p.k, p.n)
    same(got["rate"], p.rate, "rate")
    if not p.has_count:
        assert got["wilson"] is None and got["clopper_pearson"] is None
        return
    z, n, rate = statistics.NormalDist().inv_cdf(0.975), p.n, p.k / p.n
    centre, half = rate + z * z / (2 * n), z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    for value, want in zip(got["wilson"] + got["clopper_pearson"],
                           ((centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n),
                            1 - hand.upper_bound(n - p.k, n, 0.025), hand.upper_bound(p.k, n, 0.025))):
        assert abs(value - want) < 1e-9, (got, want)


def check_interval(lo, hi, value, p, others, episodic, what):
    """Bootstrap-t: there from 20 successes on both sides, and about as wide as the spread of the values says."""
    enough = episodic and value is not None and min(q.compared for q in (p, *others)) >= 20
    if not enough:
        assert not episodic or lo is None, (what, lo)
        return
    assert lo is not None and lo <= value <= hi, (what, lo, float(value), hi)
    seen["interval"] += 1


def check_point(got, p, s, what):
    for key, want in (("alpha", p.alpha), ("overlap", p.overlap), ("n_execute", p.execute), ("t_inf_s", p.t_inf),
                      ("t_chunk_s", p.t_chunk), ("eta_chunk", p.eta), ("break_even_inflation", p.eta),
                      ("chunks", p.chunks), ("inflation", p.inflation), ("residual", p.residual),
                      ("cycle_s", hand.ratio(p.time, p.chunks)), ("delay_s", p.delay), ("age_s", p.age),
                      ("failure_budget_time_s", p.budget_time), ("expected_time_to_success_s", p.to_success),
                      ("joules_per_success", p.joules)):
        same(got[key], want, (what, key))
    same(got["time_s"]["mean"], p.time, (what, "time_s"))
    same(got["eta_task"]["value"], p.eta_task, (what, "eta_task"))
    if p.episodic:
        same(got["eta_task_common"]["value"], p.common["time_s"], (what, "eta_task_common"))
        same(got["inflation_common"]["value"], p.common["chunks"], (what, "inflation_common"))
    assert got["invalid"] == p.lost
    check_success(got["success"], p)
    both = () if p is s.base else (s.base,)
    check_interval(got["time_s"]["lo"], got["time_s"]["hi"], p.time, p, (), p.episodic, (what, "time"))
    if p is not s.base and p.time is not None and s.base.time is not None:
        check_interval(got["eta_task"]["lo"], got["eta_task"]["hi"], p.eta_task, p, both, p.episodic, (what, "eta"))
    for key, want in (("p_better", p.p_better), ("p_worse", p.p_worse), ("p_beats_baseline", p.p_beats),
                      ("p_best", p.p_best), ("p_set", p.p_set), ("p_behind", p.p_behind)):
        within(got[key], want, (what, key))
    decided(got["among_best"], p.among, (what, "among_best"))
    decided(got["only_by_rare_failures"], p.only_rare, (what, "only_by_rare_failures"))
    seen["only rare"] += p.only_rare is True


def standing(s):
    """How the verdict begins, or None where drawn p-values leave it open."""
    p = s.points[s.best]
    rivals = [q for i, q in enumerate(s.points) if i != s.best]
    flags = [hand.negated(q.among) for q in rivals] + [hand.below(q.p_behind) for q in rivals]
    name = ("The baseline " if s.best == 0 else "") + f"'{p.name}' "
    if s.guard == "none" and all(flags):
        return name + "is best: "
    beats = hand.below(p.p_beats)
    if s.guard == "none" and (None in flags and False not in flags or beats is None):
        return None
    return name + ("comes out first and is better than the baseline: " if s.guard == "none" and beats else
                   "comes out first: ")


def check_claim(got, point, s):
    """The p that is said of the first, and the trials that would settle it where times do not pair: z grows as their
    root, at power 0.8 and 5 % divided by the comparisons."""
    p, base, normal = s.points[s.best], s.base, statistics.NormalDist()
    if s.best == 0 or point["p_better"] is None:
        return
    corrected = f"; corrected for {s.n - 1} points p "
    assert (corrected in " ".join(got["text"].split())) == (s.n > 2), got["text"]
    flips = s.objective == "budget" and s.pairs(s.best, 0)
    if s.dynamic or flips or s.kind == "interior" or p.lost or not hand.LEVEL <= point["p_beats_baseline"]:
        return
    z = normal.inv_cdf(1 - point["p_better"]) if point["p_better"] < 0.5 else 0
    if z > 0.01 and s.undoing is None:
        wanted = normal.inv_cdf(1 - hand.LEVEL / (s.n - 1)) + normal.inv_cdf(0.8)
        assert abs(got["trials_needed"]["n"] - min(p.n, base.n) * (wanted / z) ** 2) < 1.001, (got, wanted, z)
        seen["trials needed"] += 1


def check_columns(text, s):
    """Which columns of the table put another point first than the verdict does."""
    said = []
    for name, values in (("success", [None if p.rate is None else -p.rate for p in s.points]),
                         ("T of successes", [p.time for p in s.points]),
                         ("s/success", [p.to_success for p in s.points]),
                         ("J/success", [p.joules for p in s.points])):
        if values[s.best] is not None:
            least = min(v for v in values if v is not None)
            if least < values[s.best]:
                said.append(f"{name} '{s.points[values.index(least)].name}'")
    sentence = f"By other columns another point leads: {', '.join(said)}."
    assert (sentence in text) if said else "By other columns" not in text, (sentence, text)
    seen["columns that disagree"] += len(said)


def check_set_words(text, s):
    """What is said of the set of the best and of who is worse, where drawn p-values leave nothing open."""
    rivals = [p for i, p in enumerate(s.points) if i != s.best]
    flags = [f for p in rivals for f in (p.among, p.only_rare, hand.below(p.p_behind))]
    if None in flags:
        return
    # (a quote for none: the sentence's beginning is looked for alone)
    quoted = lambda some: " and ".join(filter(None, [", ".join(f"'{p.name}'" for p in some[:-1]),
                                                     *(f"'{p.name}'" for p in some[-1:])])) or "'"
    tested = any(p.p_set is not None for p in rivals)
    near = [p for p in rivals if p.among and not p.only_rare]
    rare = [p for p in rivals if p.only_rare]
    worse = [p for p in rivals if hand.below(p.p_behind)]
    words = {
        f"Not told apart from it: {quoted(near)}; the best is one of these {len(near) + 1} with": tested and near,
        f"unless failures too rare to be seen decide: {quoted(rare)}.": tested and rare,
        "No other point may be the best": tested and not near + rare and len(worse) < len(rivals),
        "Every other point is worse": tested and not near + rare and len(worse) == len(rivals),
        f"Worse than it (all pairs at once, 5 % level): {quoted(worse)}.":
            tested and worse and (near + rare or len(worse) < len(rivals)),
    }
    seen["says nothing of others"] += not tested
    for sentence, there in words.items():
        assert (sentence in text) == bool(there), (sentence, text)
        begins = sentence.partition("'")[0]
        assert there or begins not in text, (begins, text)
        seen["says " + begins] += bool(there)


def check_verdict(got, s, points):
    name = lambda i: None if i is None else s.points[i].name
    assert (got["best"], got["leader"]) == (name(s.best), name(s.leader)), (got, name(s.best), name(s.leader))
    assert (got["kind"], got["guard"]) == (s.kind, s.guard), (got["kind"], got["guard"], s.kind, s.guard)
    seen["guard " + s.guard] += 1
    seen["fixed cadence"] += s.at_cadence
    seen[f"kind {s.kind}"] += 1
    same(got["undoing_rate"], s.undoing, "undoing_rate")
    same(got["failure_bound"], s.bound, "failure_bound")
    within(got["p_interior"], s.p_interior, "p_interior")
    cheapest = None if s.withheld else s.cheapest()
    assert cheapest == "open" or got["cheapest"] == name(cheapest), (got["cheapest"], name(cheapest))
    upper = {p["point"]: p["eta_task"]["hi"] for p in points}
    shown = s.paradox_shown(lambda p: upper[p.name] is not None and upper[p.name] < 1)
    strict = getattr(s, "strictly", None)
    if not strict: # with both, the weaker claim: its interval is not printed
        mine, other = ("dynamic", "static") if s.dynamic else ("static", "dynamic")
        assert got[other + "_paradox"] is None
        want = None if shown == "untestable" or s.withheld else shown
        assert shown is None or got[mine + "_paradox"] is want, (got[mine + "_paradox"], shown, s.candidates)
        seen[f"{mine} paradox {want}"] += 1
    if s.withheld:
        assert got["text"].startswith("No verdict: ") and got["p_interior"] is None
    elif s.best is None:
        begins = "No winner by time: " if s.leader is not None else "Nothing decides"
        assert got["text"].startswith(begins) and "interior" not in got["text"], got["text"]
    else:
        begins = standing(s)
        assert begins is None or got["text"].startswith(begins), (begins, got["text"])
        check_columns(" ".join(got["text"].split()), s)
        if s.n > 1:
            check_claim(got, points[s.best], s)
            check_set_words(" ".join(got["text"].split()), s)
        seen["text " + (begins or "open").rpartition("' ")[2]] += 1
    check_posterior(got["posterior_interior"], s)


def check_posterior(got, s):
    """The chance that an inner point of the sweep is best: Jeffreys' rates, or resampled times."""
    if s.withheld or got is None:
        return
    line, draws, dice = s.line, 1500, random.Random(3)
    if s.dynamic:
        best = Counter()
        for _ in range(draws):
            x = [dice.betavariate(s.points[i].k + 0.5, s.points[i].n - s.points[i].k + 0.5) for i in line]
            best[x.index(max(x))] += 1
    else:
        times = [[t[i] or math.inf for i in line] for t in s.draws()]
        draws, best = len(times), Counter(t.index(min(t)) for t in times)
    inside = sum(best[k] for k in range(1, len(line) - 1)) / draws
    lo, hi = hand.drawn(inside, hand.RESAMPLES, draws)
    assert lo <= got <= hi, ("posterior", got, inside)
    seen["posterior"] += 1


def has_tie(s):
    """Two points of one figure: which leads is then a matter of rounding."""
    values = [p.value for p in s.points if p.value is not None]
    return not s.dynamic and len(set(values)) < len(values)


def check(seed):
    path = Path(work) / f"log-{seed}.csv"
    for attempt in range(100):
        log, rows = draw_log(seed, attempt)
        rows = write(path, rows)
        judged = [hand.with_invalid(some, log["regime"]) for some in settings_of(rows)]
        if not any(map(has_tie, judged)):
            break
    more = ["--regime", log["regime"]] if log["regime"] else []
    out = subprocess.run([tool, "analyze", str(path), "--json", *more], capture_output=True, text=True, check=False)
    assert out.returncode == 0, (seed, log, out.stderr)
    document = json.loads(out.stdout)
    for s, got in zip(judged, document.get("settings", [document]), strict=True):
        assert got["regime"] == ("dynamic" if s.dynamic else "static") and got["baseline"] == s.base.name
        for p, mine in zip(got["points"], s.points, strict=True):
            assert p["point"] == mine.name
            check_point(p, mine, s, (seed, log["form"], mine.name))
        check_verdict(got["verdict"], s, got["points"])
        seen[f"objective {s.objective}"] += 1
    if len(judged) == 1 and seed % 2 == 0 and log["form"] != "graded":
        run = [subprocess.run([tool, "analyze", str(path), *more, *wide], capture_output=True, text=True, check=True)
               for wide in (["--wide"], [])]
        n_cell, n_dropped = check_tables(*(r.stdout for r in run), got)
        seen["cell"] += n_cell
        seen["dropped"] += n_dropped


for number in [int(a) for a in sys.argv[3:]] or range(N_LOG):
    try:
        check(number)
    except AssertionError:
        print(f"log {number}: {Path(work)}/log-{number}.csv", file=sys.stderr)
        raise
if len(sys.argv) == 3:
    print(dict(sorted(seen.items())))
    missed = [rule for rule in RULES if not seen[rule]]
    assert not missed, f"no log led to {missed}"
