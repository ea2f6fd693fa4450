#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Recomputes plans from the figures of the files, by the formulas and a search over clocks.

    check_plan.py SOURCE_DIR PLAN.JSON...

Delay and energy of every part follow from bits and clocks; no clock of a fine grid (or of the modes) at more bits is
feasible, and none at the same bits needs less energy (or less delay, where that is preferred).
"""
import functools
import json
import math
import re
import sys
from pathlib import Path

try:
    from scipy.optimize import minimize
except ImportError:
    minimize = None

STEPS = 400


def figures(path):
    """{key: number} of the plain keys of a YAML file, and its clocks by mode."""
    text = path.read_text(encoding="utf-8")
    found = {k: float(v) for k, v in re.findall(r"^ *(\w+): ([-+.\deE]+)$", text, re.M)}
    modes = {n: float(v) for n, v in re.findall(r"\{name: (\w+), clock_hz: ([-+.\deE]+)\}", text)}
    return found, modes


def close(a, b):
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1e-12)  # JSON has nine digits


class Problem:
    def __init__(self, root, plan, choice, modes_wanted):
        model, _ = figures(root / f"models/{plan['model']}.yaml")
        self.lam, self.full = model["lambda"], int(model["full_bits"])
        names = [choice["plan"]["stages"][0]["platform"] if choice["plan"] else None] + choice["servers"]
        self.computers = [figures(root / f"platforms/{n}.yaml") for n in names]
        self.flop = [model["agent_flop"], model["server_flop"]]
        self.hop_s = self.hop_j = 0.0
        if choice["plan"] and choice["plan"]["hops"][0]["link"]:
            link, _ = figures(root / f"links/{choice['plan']['hops'][0]['link']}.yaml")
            sending = model["uplink_bits"] / link["bandwidth_bit_s"]
            self.hop_s, self.hop_j = sending + link["latency_s"], sending * link["radio_w"]
        self.modes = modes_wanted

    def clocks(self, i):
        c, modes = self.computers[i]
        if modes:
            return [hz for name, hz in modes.items() if name in self.modes]
        lo = c.get("clock_min_hz", 0.0)
        return [lo + (c["clock_max_hz"] - lo) * (k + 1) / STEPS for k in range(STEPS)]

    def cost(self, bits, hz):
        delay, energy, idle = self.hop_s, self.hop_j, 0.0
        parts = []
        for i, (c, _) in enumerate(self.computers):
            cycles = self.flop[i] / c["flop_per_cycle"] * (bits / self.full if i == 0 else 1.0)
            parts.append((cycles / hz[i], c["pue"] * c["power_w_per_hz3"] * cycles * hz[i] ** 2))
            delay += parts[-1][0]
            energy += parts[-1][1]
            idle += c["pue"] * c["idle_w"]
        return delay, energy + idle * delay, parts

    def scipy_energy(self, bits, t0):
        """Least energy within t0 at `bits` over all clocks, by an optimiser that knows neither formula nor grid."""
        low = [math.log(c.get("clock_min_hz", c["clock_max_hz"] * 1e-4)) for c, _ in self.computers]
        high = [math.log(c["clock_max_hz"]) for c, _ in self.computers]
        hz = functools.partial(map, math.exp)
        found = [
            minimize(lambda x: math.log(self.cost(bits, list(hz(x)))[1]), [l + s * (h - l) for l, h in zip(low, high)],
                     method="SLSQP", bounds=list(zip(low, high)), options={"ftol": 1e-12, "maxiter": 1000},
                     constraints=[{"type": "ineq", "fun": lambda x: t0 - self.cost(bits, list(hz(x)))[0]}])
            for s in (0.9, 0.95, 1.0)
        ]
        return min(math.exp(f.fun) for f in found if f.success)


def check(root, path):
    plan = json.loads(path.read_text(encoding="utf-8"))
    t0, e0 = plan["max_delay_s"], plan["max_energy_j"]
    for choice in plan["choices"]:
        p = choice["plan"]
        if p is None:
            continue
        problem = Problem(root, plan, choice, ("low", "medium", "high"))
        hz = [s["clock_hz"] for s in p["stages"]]
        delay, energy, parts = problem.cost(p["bits"], hz)
        assert close(delay, p["delay_s"]) and close(energy, p["energy_j"]), (path, delay, energy)
        for (s, j), stage in zip(parts, p["stages"]):
            assert close(s, stage["delay_s"]) and close(j, stage["energy_j"]), (path, stage)
        assert abs(p["slack_s"] - (t0 - delay)) < 1e-6 and abs(p["slack_j"] - (e0 - energy)) < 1e-6
        assert delay <= t0 * (1 + 1e-8) and energy <= e0 * (1 + 1e-8)  # clocks have nine digits
        lower, verdu = 2.0 ** -p["bits"] / problem.lam, 2.0 ** (1 - p["bits"]) / problem.lam
        lloyd = math.log1p(2.0 ** (1 - p["bits"])) / problem.lam
        upper = {"lloyd": lloyd, "gap": verdu}[plan["objective"]]
        objective = {"lloyd": lloyd, "gap": verdu - lower}[plan["objective"]]
        assert close(lower, p["distortion_lower"]) and close(upper, p["distortion_upper"])
        assert close(objective, p["objective"])
        if minimize and not problem.computers[0][1] and "set" not in path.name:
            least = problem.scipy_energy(p["bits"], t0)
            assert abs(least - energy) <= 1e-6 * energy, f"{path}: {energy} J, scipy finds {least} J"
        bits = [b for b in ((4, 8, 16) if "set" in path.name else range(1, problem.full + 1))]
        more = [b for b in bits if b > p["bits"]][:1]
        for f in problem.clocks(0):
            for g in problem.clocks(1):
                for b in more:
                    d, e, _ = problem.cost(b, (f, g))
                    assert d > t0 or e > e0, f"{path}: {b} bits are feasible at {f:g}, {g:g} Hz"
                d, e, _ = problem.cost(p["bits"], (f, g))
                if d <= t0 and e <= e0:
                    best = (d >= delay * (1 - 1e-9)) if "set" in path.name else (e >= energy * (1 - 1e-9))
                    assert best, f"{path}: {f:g}, {g:g} Hz are better: {d} s, {e} J"
    if not plan["feasible"]:
        assert plan["binds"] in ("delay", "energy", "either", "both")
        assert plan["least_delay_s"] is None or plan["least_delay_s"] > t0
        assert plan["least_energy_j"] is None or plan["least_energy_j"] > e0


def main():
    for name in sys.argv[2:]:
        check(Path(sys.argv[1]), Path(name))
    print(f"{len(sys.argv) - 2} plans are as computed" + ("" if minimize else "; skipped: scipy is not here"))


if __name__ == "__main__":
    main()
