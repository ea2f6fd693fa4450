#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Metrics of motion, from what the tool wrote, in other words: no figure is taken from the tool's own code.

    motion_by_hand.py trajectory T.CSV E.CSV     the first episode's metrics, from its trajectory
    motion_by_hand.py tune RUN                   the judge's means and comparisons, from RUN/episodes and RUN/tune.json
"""
import cmath
import csv
import json
import math
import sys
from pathlib import Path

breaches = []


def check(what, got, want, rtol=1e-9, atol=1e-12):
    if got is None or want is None:
        if got is not want:
            breaches.append(f"{what}: {got}, by hand {want}")
    elif not abs(got - want) <= atol + rtol * abs(want):
        breaches.append(f"{what}: {got}, by hand {want}")


def rows_of(path):
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def columns(rows, names):
    return [[float(row[name]) for name in names] for row in rows]


def norm(v):
    return math.sqrt(math.fsum(x * x for x in v))


def minus(a, b):
    return [x - y for x, y in zip(a, b)]


def combine(track, factors, scale):
    """Rows of sum_i factors[i] x[k + i] / scale."""
    n = len(track) - len(factors) + 1
    return [[math.fsum(f * track[k + i][j] for i, f in enumerate(factors)) / scale for j in range(len(track[0]))]
            for k in range(n)]


def jerk(found, body, estimator, vectors):
    squares = [math.fsum(x * x for x in v) for v in vectors]
    msj = math.fsum(squares) / len(squares)
    found[f"{body}_msj_{estimator}"] = msj
    found[f"{body}_rms_jerk_{estimator}"] = math.sqrt(msj)
    found[f"{body}_mean_jerk_{estimator}"] = math.fsum(math.sqrt(x) for x in squares) / len(squares)


def sparc(speed, h):
    size = 2 ** (math.ceil(math.log2(len(speed))) + 4)
    turn = [cmath.exp(-2j * math.pi * k / size) for k in range(size)]
    height = [abs(sum(v * turn[k * i % size] for i, v in enumerate(speed))) for k in range(size // 2 + 1)]
    kept = [(k / (size * h), m / max(height)) for k, m in enumerate(height) if k / (size * h) <= 10.0]
    high = [k for k, (_, m) in enumerate(kept) if m >= 0.05]
    arc = kept[high[0]:high[-1] + 1]
    return -math.fsum(math.hypot((f - e) / (arc[-1][0] - arc[0][0]), m - n) for (e, n), (f, m) in zip(arc, arc[1:]))


def ldlj(speed, h):
    span = (len(speed) - 1) * h
    bend = math.fsum((b - 2 * m + a) ** 2 for a, m, b in zip(speed, speed[1:], speed[2:])) / h ** 4
    return -math.log(span ** 3 / max(speed) ** 2 * h * bend)


def by_hand(rows):
    time = [float(row["time_s"]) for row in rows]
    h = (time[-1] - time[0]) / (len(time) - 1)
    p = columns(rows, ["gripper_x", "gripper_y", "gripper_z"])
    q = columns(rows, [f"q{i}" for i in range(1, 7)])
    v = columns(rows, [f"qd{i}" for i in range(1, 7)])
    under = [row for row in rows if row["a1"] != ""]
    a = columns(under, [name for name in rows[0] if name[0] == "a" and name[1:].isdigit()])
    found = {"ee_path_m": math.fsum(norm(minus(y, x)) for x, y in zip(p, p[1:])),
             "joint_path_rad": math.fsum(norm(minus(y, x)) for x, y in zip(q, q[1:])),
             "joint_path_l1_rad": math.fsum(abs(s) for x, y in zip(q, q[1:]) for s in minus(y, x)),
             "action_rate_per_step": math.fsum(norm(minus(y, x)) for x, y in zip(a, a[1:])) / (len(a) - 1)}
    found["action_rate_per_s"] = found["action_rate_per_step"] / h
    for body, track in (("ee", p), ("joint", q)):
        jerk(found, body, "difference", combine(track, [-1, 3, -3, 1], h ** 3))
        jerk(found, body, "savgol", combine(track, [-1, 1, 1, 0, -1, -1, 1], 6 * h ** 3))
    jerk(found, "joint", "velocity", combine(v, [1, -2, 1], h ** 2))
    speed = [norm(minus(y, x)) / (2 * h) for x, y in zip(p, p[2:])]
    found["sparc"], found["ldlj"] = sparc(speed, h), ldlj(speed, h)
    bends = combine(q, [1, -2, 1], h ** 4)
    found["jerk_c_literal"] = math.fsum(norm(b) for b in bends) / len(bends)
    return found, v, columns(rows, [f"torque{i}" for i in range(1, 7)]), h


def trajectory(path, episodes):
    rows = rows_of(path)
    said = {k: (float(x) if x != "" else None) for k, x in rows_of(episodes)[0].items() if k != "fault"}
    found, v, torque, h = by_hand(rows)
    for name, value in found.items():
        # a third difference of numbers near 1 loses 1e-16 / h^3 of them
        check(name, said[name], value, rtol=1e-6 if "jerk" in name or "msj" in name else 1e-8 if name in ("sparc", "ldlj") else 1e-11)
    # Work is summed at every tick, of which the rows are one in 25: the same to a few per cent of the sizes.
    power = [[t * w for t, w in zip(row, speed)] for row, speed in zip(torque, v)]
    size = h * math.fsum(abs(x) for row in power for x in row)
    check("energy_abs_j", said["energy_abs_j"], size, rtol=0.1)
    check("energy_net_j", said["energy_net_j"], h * math.fsum(x for row in power for x in row), atol=0.1 * size)
    check("energy_pos_j", said["energy_pos_j"], (said["energy_abs_j"] + said["energy_net_j"]) / 2, rtol=1e-9)
    for name in ("ee_msj_velocity", "energy_copper_j", "ee_jerk_noise_savgol"):  # a rollout does not know
        check(name, said[name], None)
    print(f"{len(found)} metrics of {len(rows)} rows are as by hand")


def differs(name):
    return name in ("sparc", "ldlj", "energy_net_j")


def judged(point, base, own, common):
    """What the judge says of a point, from the episodes by seed."""
    for name, said in point["motion"].items():
        what = f"{point['point']}: {name}"
        values = [float(e[name]) for e in own.values() if e["success"] == "1" and e[name] != ""]
        pairs = [(float(own[s][name]), float(common[s][name])) for s in own if s in common
                 and own[s]["success"] == common[s]["success"] == "1" and own[s][name] != "" and common[s][name] != ""]
        check(what + ".n", said["n"], len(values))
        check(what + ".n_common", said["n_common"], len(pairs))
        check(what + ".mean", said["mean"], math.fsum(values) / len(values) if values else None,
              rtol=1e-8)  # JSON has nine digits
        x, y = math.fsum(a for a, _ in pairs), math.fsum(b for _, b in pairs)
        kind, other = ("difference", "ratio") if differs(name) else ("ratio", "difference")
        want = None if not pairs else (x - y) / len(pairs) if differs(name) else x / y
        check(f"{what}.{kind}", said[kind] and said[kind]["value"], want, rtol=1e-7)
        check(f"{what}.{other}", said[other], None)
        has = said[kind] is not None and said[kind]["lo"] is not None
        if has != (len(pairs) >= 20 and point is not base):
            breaches.append(f"{what}: an interval of {len(pairs)} seeds: {said[kind]}")
        if has and not said[kind]["lo"] <= said[kind]["value"] <= said[kind]["hi"]:
            breaches.append(f"{what}: {said[kind]}")
        if (said["reason"] is None) != (has or (point is base and bool(values))):
            breaches.append(f"{what}: reason {said['reason']}")


def tune(run):
    document = json.loads((run / "tune.json").read_text(encoding="utf-8"))
    episodes = {p["point"]: {e["seed"]: e for e in rows_of(run / "episodes" / (p["point"].replace(" ", "_") + ".csv"))}
                for p in document["points"]}
    base = next(p for p in document["points"] if p["point"] == document["baseline"])
    for point in document["points"]:
        judged(point, base, episodes[point["point"]], episodes[base["point"]])
        check("actions_per_s", point["actions_per_s"], point["n_execute"] / point["t_chunk_s"], rtol=1e-7)
    steps = {p["point"]["steps" in p["point"] and 6:].split()[0]: p for p in document["points"]}
    check("multiply-adds grow with the steps", steps["10"]["macs"] > 8 * steps["1"]["macs"], True)
    check("parameters do not", steps["10"]["params"], steps["1"]["params"])
    print(f"{len(document['points'])} points are as by hand")


if sys.argv[1] == "trajectory":
    trajectory(sys.argv[2], sys.argv[3])
else:
    tune(Path(sys.argv[2]))
print("\n".join(breaches))
sys.exit(1 if breaches else 0)
