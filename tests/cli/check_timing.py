#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Recomputes what `sweetspot timing --json` says, by trying every s and walking along the chunks.

    check_timing.py CALLS.CSV OUT.JSON...

The calls are those of documents whose source is a trace. Exact fractions, so that ties are ties.
"""
import json
import math
import sys
from fractions import Fraction


def close(a, b):
    """To the nine digits that are printed."""
    assert abs(a - b) <= 1e-8 * max(1.0, abs(b)), (a, b)


def half_even(x):
    return round(x)  # of a Fraction: nearest, ties to even


def walk(calls, act, d, s):
    """Means of cycle, wait and age over the calls, each in the long run: a chunk of s actions whose successor was
    asked for when d of them were left."""
    cycles, waits, ages = [], [], []
    for call in calls:
        start, observed = Fraction(0), -call
        for _ in range(3):
            end = start + s * act
            observed = end - d * act
            begin = max(end, observed + call)
            cycles_now, wait, age = begin - start, begin - end, begin - observed
            start = begin
        cycles.append(cycles_now), waits.append(wait), ages.append(age)
    n = len(calls)
    return float(sum(cycles) / n), float(sum(waits) / n), float(sum(ages) / n)


def main():
    trace = [Fraction(line.strip()) / 1000 for line in open(sys.argv[1]) if line.strip()[0].isdigit()]
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            doc = json.load(file)
        act = Fraction(doc["action_s"]).limit_denominator(1000)
        calls = sorted(trace) if "recorded" in doc["latency"]["source"] else \
            [Fraction(doc["latency"]["mean_s"]).limit_denominator(100000)]
        cover = Fraction(doc["cover"]).limit_denominator(1000)
        planned = calls[max(1, math.ceil(cover * len(calls))) - 1]
        close(doc["planned_s"], float(planned))
        close(doc["latency_steps"], float(planned / act))
        close(doc["latency"]["mean_s"], float(sum(calls) / len(calls)))
        close(doc["latency"]["max_s"], float(calls[-1]))
        horizon = doc["horizon"]
        for clock, d, on_clock in zip(doc["clocks"], (math.ceil(planned / act), half_even(planned / act)),
                                      (calls, [half_even(c / act) * act for c in calls])):
            assert clock["delay_steps"] == d, (path, clock["delay_steps"], d)
            possible = [s for s in range(1, horizon + 1) if s >= d and s + d <= horizon]
            assert clock["execute_min"] == (possible[0] if possible else None), path
            assert clock["execute_max"] == (possible[-1] if possible else None), path
            needed = next(h for h in range(1, 10000) if any(s >= d and s + d <= h for s in range(1, h + 1)))
            assert clock["horizon_needed"] == needed, (path, needed)
            for row in clock["rows"]:
                s = row["execute"]
                assert s in possible and clock["feasible"]
                assert row["trigger"] + row["overlap"] == s and row["overlap"] == d == row["first_action"]
                cycle, wait, age = walk(on_clock, act, d, s)
                close(row["t_ck_s"], cycle)
                close(row["delay_s"], wait)
                close(row["age_s"], age)
                close(row["inferences_per_s"], 1 / cycle)
            if clock["feasible"]:
                shown = [row["execute"] for row in clock["rows"]]
                assert shown == possible or (len(shown) == 1 and shown[0] in possible), path
            else:
                assert clock["rows"] == [], path


if __name__ == "__main__":
    main()
