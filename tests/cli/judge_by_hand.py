# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A second judge of logs, written from docs/analyze.md: what `sweetspot analyze --json` must say of a CSV.

Exact where it can be: fractions, enumeration, integer convolution. Where the tool draws random numbers a figure is a
range (lo, hi) that the tool's must lie in; every rule built on p-values is monotone in them, so a range goes through
a rule by its ends. A decision that such a range leaves open is None. p is unknown: the range is None.
"""
import math
import random
from collections import Counter
from fractions import Fraction

from tests_by_hand import (LEVEL, MINE, RESAMPLES, below, binomial_at_most, cmh, combine, drawn, either, exact,
                           fisher, graded, holm, max_t, mcnemar, negated, sign_flip, t_above, upper_bound)


def value_of(row, column):
    return Fraction(row[column]) if row.get(column, "") != "" else None


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else None


def ratio(a, b):
    return a / b if a is not None and b is not None else None


class Point:
    """The rows of a point, and what is known of it alone."""

    def __init__(self, name, rows, strict):
        self.name, self.rows = name, rows
        self.episodic = "success" in rows[0]
        self.is_graded = value_of(rows[0], "score") is not None
        self.counts = {}
        if self.episodic:
            self.valid = [r for r in rows if r.get("invalid", "") != "1"]
            self.kept = [r for r in self.valid if r["success"] == "1"]
            self.lost = len(rows) - len(self.valid)
            for r in rows if strict else self.valid:
                k, n = self.counts.get(r.get("task"), (0, 0))
                self.counts[r.get("task")] = (k + (r["success"] == "1"), n + 1)
            self.time = mean(filter(None, (value_of(r, "time_s") for r in self.kept)))
            self.chunks = mean(filter(None, (value_of(r, "chunks") for r in self.kept)))
        else:
            self.lost = 0
            for r in rows if value_of(rows[0], "successes") is not None else []:
                self.counts[r.get("task")] = (int(r["successes"]), int(r["episodes"]))
            self.time, self.chunks = self.pooled("time_s"), self.pooled("chunks")
        self.k = sum(k for k, _ in self.counts.values())
        self.n = sum(n for _, n in self.counts.values())
        self.rate = Fraction(self.k, self.n) if self.n else None
        if self.is_graded:
            self.n = int(rows[0]["episodes"])
            self.rate = value_of(rows[0], "score") / (value_of(rows[0], "score_max") * self.n)
        self.has_count = bool(self.counts) and not self.is_graded

    def pooled(self, column):
        """Mean over the successes of all aggregated rows."""
        some = [(value_of(r, "successes") or 1, value_of(r, column)) for r in self.rows
                if value_of(r, "successes") != 0 and value_of(r, column) is not None]
        return sum(w * x for w, x in some) / sum(w for w, _ in some) if some else None

    def constant(self, column):
        return next((v for v in (value_of(r, column) for r in self.rows) if v is not None), None)

    def measured(self, column):
        return mean(v for v in (value_of(r, column) for r in getattr(self, "valid", self.rows)) if v is not None)

    def has_failures(self):
        return self.has_count and self.k < self.n


class Setting:
    """Everything that is said of one setting. `strict`: invalid episodes are failures."""

    def __init__(self, rows, regime=None, strict=False):
        names = list(dict.fromkeys(r["point"] for r in rows))
        self.points = [Point(name, [r for r in rows if r["point"] == name], strict) for name in names]
        self.n, self.strict, self.base = len(names), strict, self.points[0]
        for p in self.points:
            self.measure(p)
        for p in self.points:
            self.decompose(p)
        self.find_cadence()
        self.build_units()
        self.choose_objective()
        moving = any((value_of(r, "speed") or 0) > 0 for r in rows)
        timed = any(p.value for p in self.points)
        self.dynamic = regime == "dynamic" if regime else moving or not timed
        self.judge()

    def measure(self, p):
        everything = [v for v in (value_of(r, "t_inf_s") for r in p.rows) if v is not None]
        p.t_inf, p.alpha = mean(everything), p.constant("alpha")
        base = self.base.t_inf if p is not self.base else p.t_inf
        if p.t_inf is None and p.alpha is not None and base is not None:
            p.t_inf = p.alpha * base
        if p.t_inf is not None and base:
            p.alpha = p.t_inf / base
        p.budget, p.steps, p.overlap = p.constant("budget_s"), p.constant("steps"), p.constant("overlap")
        p.execute, act = p.constant("chunk_actions"), p.constant("t_act_s")
        p.t_chunk = p.delay = p.age = None
        hidden = p.overlap or 0
        if None not in (p.t_inf, p.execute, act):
            if p.rows[0].get("schedule") == "cadence":
                p.delay = max(0, p.t_inf + (p.constant("overhead_s") or 0) - p.execute * act)
                p.age = (p.t_inf // act + 1) * act # the action that is due when the inference ends
            else:
                p.delay = max(0, p.t_inf - hidden * act)
                p.age = max(p.t_inf, hidden * act)
            p.t_chunk = p.execute * act + p.delay
        elif p.t_inf is not None and not hidden:
            p.delay = p.age = p.t_inf
        told = p.measured("delay_s")
        if told is not None:
            p.delay = told
            p.age = max(p.age, told) if p.age is not None and not hidden else p.age
        failures = p.n - p.k
        p.budget_time = None
        if p.has_count and not failures:
            p.budget_time = p.time
        elif p.has_count and p.budget and (p.time is not None or p.k == 0):
            p.budget_time = (p.k * (p.time or 0) + failures * p.budget) / p.n
        p.to_success = p.joules = None
        if p.episodic:
            times = [value_of(r, "time_s") for r in p.valid]
            joules = [value_of(r, "energy_j") for r in p.valid]
            if p.k and None not in times:
                p.to_success = sum(times) / p.k
            if p.k and None not in joules:
                p.joules = sum(joules) / len(joules) / p.rate
        if p.to_success is None and p.has_count and not failures:
            p.to_success = p.time

    def decompose(self, p):
        b = self.base
        actions = p.execute / b.execute if p.execute and b.execute else Fraction(1)
        p.inflation = ratio(p.chunks, b.chunks) * actions if ratio(p.chunks, b.chunks) is not None else None
        p.eta = ratio(b.t_chunk, p.t_chunk) * actions if p.t_chunk and b.t_chunk else None
        p.eta_task = ratio(b.time, p.time)
        p.residual = None
        if p.eta is not None and p.eta_task is not None and p.inflation is not None:
            p.residual = p.eta_task * p.inflation / p.eta
        if p.eta_task is None and p.eta is not None and p.inflation is not None:
            p.eta_task = p.eta / p.inflation

    def find_cadence(self):
        """Whether T = N c fits the times with less than half the error of T = N (T_inf + c), least squares."""
        self.at_cadence = False
        cycles = [(p.t_inf, p.chunks, p.time, p.t_chunk) for p in self.points]
        if self.n < 3 or any(None in c for c in cycles) or any(p.overlap for p in self.points):
            return

        def error(with_latency):
            rest = [(n, t - n * x * with_latency) for x, n, t, _ in cycles]
            c = sum(n * r for n, r in rest) / sum(n * n for n, _ in rest)
            return math.sqrt(sum((r - n * c) ** 2 for n, r in rest))

        if max(abs(t / n / law - 1) for _, n, t, law in cycles) > 0.02 and error(0) < 0.5 * error(1):
            self.at_cadence = True
            for p in self.points:
                actions = p.execute / self.base.execute if p.execute and self.base.execute else 1
                p.eta = actions * ratio(self.base.time, self.base.chunks) / ratio(p.time, p.chunks)
                p.residual = p.eta_task * p.inflation / p.eta

    def build_units(self):
        """unit -> {point: row}: a seed of a task, with the episodes of all points that ran it."""
        self.units = []
        if not all(p.episodic for p in self.points):
            return
        groups = {}
        for i, p in enumerate(self.points):
            for k, r in enumerate(p.rows):
                key = (r.get("task"), r["seed"]) if r.get("seed") else (i, k)
                groups.setdefault(key, {})[i] = r
        self.units = [g for g in groups.values()
                      if self.strict or not any(r.get("invalid") == "1" for r in g.values())]
        self.n_group = len(groups)
        b = 0
        for i, p in enumerate(self.points):
            both = [(g[i], g[b]) for g in self.units
                    if i in g and b in g and g[i]["success"] == "1" == g[b]["success"]]
            actions = p.execute / self.base.execute if p.execute and self.base.execute else 1
            p.compared = sum(i in g and g[i]["success"] == "1" for g in self.units) # successes
            p.common = {"time_s": p.eta_task if i == b else None, "chunks": p.inflation if i == b else None}
            if i != b and both and p.time is not None and self.base.time is not None:
                p.common["time_s"] = (sum(Fraction(y["time_s"]) for _, y in both) /
                                      sum(Fraction(x["time_s"]) for x, _ in both))
            if i != b and both and p.chunks is not None and self.base.chunks is not None:
                p.common["chunks"] = actions * (sum(Fraction(x["chunks"]) for x, _ in both) /
                                                sum(Fraction(y["chunks"]) for _, y in both))

    def choose_objective(self):
        law = [p.chunks * p.t_chunk if None not in (p.chunks, p.t_chunk) else None for p in self.points]
        for name, values in (("budget", [p.budget_time for p in self.points]),
                             ("time", [p.time for p in self.points]), ("law", law)):
            if None not in values or name != "budget" and any(v is not None for v in values):
                break
        else:
            name = None
        self.objective = name
        for p, value in zip(self.points, values):
            p.value = value if name else None

    # comparisons: of points by number

    def charged(self, i, row):
        return Fraction(row["time_s"]) if row["success"] == "1" else self.points[i].budget

    def runs(self, i):
        return sum(i in g for g in self.units)

    def pairs(self, i, j):
        return bool(self.units) and all((i in g) == (j in g) for g in self.units)

    def p_success(self, i, j):
        a, b = self.points[i], self.points[j]
        if a.is_graded and b.is_graded:
            return exact(graded(a.rate, a.n, b.rate, b.n))
        if not (a.has_count and b.has_count) or i == j:
            return None
        if self.pairs(i, j) and self.runs(i):
            won = Counter((g[i]["success"], g[j]["success"]) for g in self.units if i in g)
            return exact(mcnemar(won["1", "0"], won["0", "1"]))
        tables = [(*a.counts[t], *b.counts[t]) for t in a.counts if t in b.counts]
        return exact(cmh(tables) if len(tables) > 1 else fisher(a.k, a.n, b.k, b.n))

    def p_welch(self, i, j):
        parts = []
        for p in (self.points[i], self.points[j]):
            sd = value_of(p.rows[0], "time_sd_s")
            if len(p.rows) > 1 or sd is None or p.time is None or p.k < 2 or p.value != p.time:
                return None
            parts.append((float(sd / p.time) ** 2 / p.k, p.k - 1))
        total = parts[0][0] + parts[1][0]
        dof = total ** 2 / sum(v * v / d for v, d in parts)
        gap = math.log(self.points[j].time / self.points[i].time)
        return exact(t_above(gap / math.sqrt(total), dof)) if total else None

    def resample(self, seed):
        """Deciding times of all points on one draw of the units; None = undefined."""
        drawn_units = random.Random(seed).choices(range(self.n_group), k=self.n_group)
        times = []
        for i, p in enumerate(self.points):
            mine = [self.sums[i][u] for u in drawn_units]
            n, k = sum(m[0] for m in mine), sum(m[1] for m in mine)
            if p.value is None or n == 0 or self.objective != "budget" and k == 0:
                times.append(None)
            elif self.objective == "budget":
                times.append((sum(m[2] for m in mine) + (n - k) * float(p.budget or 0)) / n)
            else:
                times.append(sum(m[2 if self.objective == "time" else 3] for m in mine) / k *
                             (1 if self.objective == "time" else float(p.t_chunk)))
        return times

    def draws(self):
        if not hasattr(self, "resampled"):
            def sums(g, i):
                good = i in g and g[i]["success"] == "1"
                return (i in g, good, float(g[i].get("time_s") or 0) if good else 0,
                        float(g[i].get("chunks") or 0) if good else 0)
            empty = [{}] * (self.n_group - len(self.units)) # seeds left out are drawn, and add nothing
            self.sums = [[sums(g, i) for g in self.units + empty] for i in range(self.n)]
            self.resampled = [self.resample(r) for r in range(MINE)]
        return self.resampled

    def p_time(self, i, j):
        a, b = self.points[i], self.points[j]
        if i == j or not a.value or not b.value:
            return None
        if not self.units:
            return self.p_welch(i, j)
        if self.objective == "budget" and self.pairs(i, j):
            return sign_flip(tuple(self.charged(i, g[i]) - self.charged(j, g[j]) for g in self.units if i in g))
        faster = sum(t[i] is not None and t[j] is not None and t[i] < t[j] for t in self.draws())
        return combine(lambda p: max(p, 0.5 ** self.n_group), drawn(1 - faster / MINE, RESAMPLES, MINE))

    def p_better(self, i, j):
        return self.p_success(i, j) if self.dynamic else self.p_time(i, j)

    def guard_pair(self, i, j):
        a, b = self.points[i], self.points[j]
        no_less = a.has_count and b.has_count and a.rate >= b.rate
        if self.objective != "budget" and (a.has_failures() or b.has_failures()) and not no_less:
            return "no budget"
        return "succeeds less" if i != j and below(self.p_success(j, i)) else "none"

    def undoing_rate(self, i, j):
        a, other = self.points[i], self.points[j].value
        if self.objective != "budget" or not a.budget or not a.has_count or a.time is None:
            return None
        if not a.time < a.budget or other > a.budget:
            return None
        return max(Fraction(0), (other - a.time) / (a.budget - a.time))

    def p_rare(self, i, j):
        rate, a = self.undoing_rate(i, j), self.points[i]
        return exact(0 if rate is None else binomial_at_most(a.n - a.k, a.n, float(rate)) if a.k else 1)

    def p_claim(self, i, j, unseen):
        p = self.p_better(i, j)
        if p is None or self.dynamic:
            return p
        if self.guard_pair(i, j) != "none":
            return None
        return combine(max, p, self.p_rare(i, j)) if unseen else p

    def leads(self, i, j):
        a, b = self.points[i], self.points[j]
        if self.dynamic:
            return a.rate is not None and b.rate is not None and a.rate > b.rate
        return bool(a.value and b.value) and a.value < b.value

    # rules over all points

    def strength(self, i, j):
        d = [float(self.charged(j, g[j]) - self.charged(i, g[i])) for g in self.units if i in g]
        return sum(d) / math.sqrt(sum(x * x for x in d)) if any(d) else 0.0

    def p_of_best(self, k, unseen):
        """Every rival that leads; of those compared by signs only the four with the strongest leads."""
        rivals = [j for j in range(self.n) if j != k and self.leads(j, k)]
        signed = [j for j in rivals if not self.dynamic and self.objective == "budget" and self.pairs(j, k)]
        asked = sorted(signed, key=lambda j: -self.strength(j, k))[:4] + [j for j in rivals if j not in signed]
        ps = [p for p in (self.p_claim(j, k, unseen) for j in asked) if p is not None]
        return combine(lambda *p: min(1.0, (self.n - 1) * min(p)), exact(1), *ps)

    def is_cheaper(self, i, j):
        a, b = self.points[i], self.points[j]
        if a.t_inf is None or b.t_inf is None:
            return False
        return (a.t_inf, a.overlap or 0) < (b.t_inf, b.overlap or 0)

    def is_preferred(self, i, j):
        if self.leads(i, j) or self.leads(j, i):
            return self.leads(i, j)
        a, b = self.points[i].budget_time, self.points[j].budget_time
        if self.dynamic and None not in (a, b) and a != b:
            return a < b
        return self.is_cheaper(i, j)

    def find_first(self):
        worth = [p.rate is not None if self.dynamic else bool(p.value) for p in self.points]
        if not any(worth) or all(p.has_count and p.k == 0 for p in self.points):
            return None
        first = 0 if worth[0] else None
        for i in range(1, self.n):
            if worth[i] and (first is None or self.is_preferred(i, first)):
                first = i
        return first

    def find_line(self, best):
        knobs = [[p.alpha for p in self.points], [p.steps for p in self.points]]
        latency = next((k for k in knobs if None not in k), list(range(self.n)))
        places = [(latency[i], p.overlap or 0, p.execute or 0) for i, p in enumerate(self.points)]
        line = []
        for axis in range(3):
            row = [i for i in range(self.n)
                   if all(places[i][k] == places[best][k] for k in range(3) if k != axis)]
            row.sort(key=lambda i: places[i][axis])
            if len({places[i][axis] for i in row}) < len(row):
                row = []
            if axis == 0 or len(line) < 3 and len(row) > len(line):
                line = row
        return line or list(range(self.n))

    def may_be_cheaper(self, p):
        b = self.base
        if not self.dynamic:
            return not self.at_cadence and p.eta is not None and p.eta > 1
        dearer = None not in (p.t_inf, b.t_inf) and p.t_inf >= b.t_inf
        slower = None in (p.delay, b.delay) or p.delay >= b.delay
        return not (dearer and slower)

    def claimed(self, i, j):
        """p of "i is better than j", 1 where a guard forbids to say so."""
        if self.p_better(i, j) is None:
            return None
        return self.p_claim(i, j, True) or exact(1)

    def judge(self):
        self.first = self.find_first()
        for p in self.points:
            p.p_better = p.p_worse = p.p_beats = p.p_best = p.p_set = p.p_behind = None
            p.among = p.only_rare = False
        others = range(1, self.n)
        for i in others:
            self.points[i].p_worse = self.p_better(0, i)
            self.points[i].p_better = self.p_claim(i, 0, False)
        who = [i for i in others if self.points[i].p_better is not None]
        for i, p in zip(who, holm([self.p_claim(i, 0, True) for i in who])):
            self.points[i].p_beats = p
        self.p_interior, self.kind, self.line = None, None, []
        if self.first is not None:
            if self.n > 1:
                self.judge_all()
            self.judge_line()
        self.judge_paradox()
        self.judge_guard()

    def judge_all(self):
        first = self.first
        whole = self.units and all(len(g) == self.n for g in self.units)
        shuffled = whole and (self.dynamic or self.objective == "budget")
        if shuffled:
            worse = max_t([[(g[i]["success"] != "1") if self.dynamic else self.charged(i, g[i])
                            for i in range(self.n)] for g in self.units] +
                          [[0] * self.n] * (self.n_group - len(self.units)))
        for k, p in enumerate(self.points):
            if any(self.p_better(j, k) is not None for j in range(self.n) if j != k):
                p.p_set = self.p_of_best(k, True)
                p.among = negated(below(p.p_set, LEVEL + 1e-12))
                seen = negated(below(self.p_of_best(k, False), LEVEL + 1e-12))
                p.only_rare = None if None in (p.among, seen) else p.among and not seen
            if k == first or self.p_claim(first, k, False) is None:
                continue
            p.p_best = self.p_better(first, k)
            p.p_behind = worse[k][first] if shuffled else combine(lambda x: self.n * (self.n - 1) * x, p.p_best)
            if not self.dynamic:
                p.p_behind = combine(lambda x, rare: max(x, self.n * rare), p.p_behind, self.p_rare(first, k))
            p.p_behind = combine(lambda x: min(1.0, x), p.p_behind)

    def judge_line(self):
        line = self.line = self.find_line(self.first)
        at = line.index(self.first)
        inside = 0 < at < len(line) - 1
        self.kind = ("baseline" if self.first == 0 else "interior" if inside else
                     "endpoint" if len(line) > 1 else None)
        arms = [combine(max, self.claimed(k, line[0]), self.claimed(k, line[-1])) for k in line[1:-1]]
        if arms and None not in arms:
            self.p_interior = combine(lambda *p: min(1.0, len(arms) * min(p)), *arms)

    def judge_paradox(self):
        """None: untestable. The tool's interval of eta_task is asked for when it is compared."""
        self.paradox, self.candidates = None, []
        pairs = [(i, self.claimed(i, 0) if self.dynamic else self.claimed(0, i)) for i in range(1, self.n)]
        pairs = [(i, p) for i, p in pairs if p is not None and self.may_be_cheaper(self.points[i])]
        for (i, p), adjusted in zip(pairs, holm([p for _, p in pairs])):
            self.candidates.append((i, p, adjusted))

    def paradox_shown(self, below_one):
        """True, False, None (open), or "untestable"; below_one(i): the interval of eta_task at i is."""
        shown = "untestable"
        for i, p, adjusted in self.candidates:
            one = below(adjusted)
            if not self.dynamic:
                half = below(p, LEVEL / 2)
                fast = self.objective == "budget" and below_one(self.points[i])
                one = False if not fast or one is False or half is False else None if None in (one, half) else True
            shown = one if shown == "untestable" else either(shown, one)
        return shown

    def judge_guard(self):
        self.leader, self.best, self.guard = self.first, self.first, "none"
        self.undoing = self.bound = None
        if self.dynamic or self.first is None:
            return
        guards = (self.guard_pair(self.first, i) for i in range(self.n) if i != self.first)
        self.guard = next((g for g in guards if g != "none"), "none")
        if self.guard != "none":
            self.best = self.kind = None
            return
        p, rate = self.points[self.first], self.undoing_rate(self.first, 0)
        if self.first != 0 and rate is not None:
            self.undoing, self.bound = rate, upper_bound(p.n - p.k, p.n, 0.05)
            self.guard = "rare failures" if self.bound > rate else "none"

    def cheapest(self):
        """A number, None for none, "open" where drawn p-values may decide it."""
        at = self.best
        for i, p in enumerate(self.points):
            if at is not None and self.is_cheaper(i, at):
                if p.among and p.only_rare is False:
                    at = i
                elif None in (p.among, p.only_rare):
                    return "open"
        return at


def with_invalid(rows, regime=None):
    """A setting, where invalid episodes are weighed: a claim must hold with them as failures too."""
    s = Setting(rows, regime)
    s.withheld = False
    if not any(p.lost for p in s.points):
        return s
    too_many = any(p.lost > 0.02 * len(p.rows) for p in s.points)
    strict = None if too_many else Setting(rows, "dynamic" if s.dynamic else "static", strict=True)
    s.strictly = strict
    if too_many or strict.best != s.best:
        s.withheld, s.guard, s.best, s.kind, s.p_interior = True, "invalid", None, None, None
        s.candidates = []
        for p in s.points:
            p.p_better = p.p_worse = p.p_beats = p.p_best = p.p_set = p.p_behind = None
            p.among = p.only_rare = False
        return s
    larger = lambda a, b: combine(max, a, b)
    s.p_interior = larger(s.p_interior, strict.p_interior)
    for p, q in zip(s.points, strict.points):
        for name in ("p_better", "p_worse", "p_beats", "p_best", "p_set", "p_behind"):
            setattr(p, name, larger(getattr(p, name), getattr(q, name)))
        p.among = either(p.among, q.among)
        p.only_rare = negated(either(negated(p.only_rare), negated(q.only_rare)))
    return s
