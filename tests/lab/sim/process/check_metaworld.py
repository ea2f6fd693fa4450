# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Meta-World's own experts on openpi's wire: without delay each episode is the one that Meta-World runs directly.

    check_metaworld.py SWEETSPOT ROOT       by the Python of scripts/peers; PYTHONPATH has bindings/python
"""
import csv
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE as ENVIRONMENTS
from metaworld.policies import ENV_POLICY_MAP as EXPERTS
from policy_server import serve

warnings.simplefilter("ignore")  # experts ask for more than -1 to 1, which environments cut off
TOOL = sys.argv[1]
TASKS = ("reach", "button-press", "drawer-close", "push", "pick-place")
FIRST_SEED, SEEDS, HZ = 3, 5, 80


def direct(name, seed):
    """Steps to success and the way of the hand. The wire carries float32, both ways."""
    env = ENVIRONMENTS[f"{name}-v3-goal-observable"](seed=seed)
    expert = EXPERTS[f"{name}-v3"]()
    obs, _ = env.reset()
    hand, total, info = [env.get_endeff_pos().copy()], 0.0, {}
    while len(hand) <= env.max_path_length and not info.get("success"):
        action = expert.get_action(obs.astype(np.float32).astype(np.float64)).astype(np.float32)
        action = np.clip(action, env.action_space.low, env.action_space.high)  # the rewards read more of it
        obs, reward, _, _, info = env.step(action)
        hand.append(env.get_endeff_pos().copy())
        total += float(reward)  # some are of float32
    return len(hand) - 1, bool(info["success"]), np.array(hand), total


def check(folder, name):
    task, episodes, path = folder / "task.yaml", folder / "episodes.csv", folder / "path.csv"
    task.write_text(f"""name: metaworld-{name}
backend: process
command: ['{sys.executable}', -m, sweetspot.world, 'metaworld:{name}']
control: {{rate_hz: {HZ}}}
time_limit_s: 6.25
""")
    expert = EXPERTS[f"{name}-v3"]()
    with serve(lambda obs: [expert.get_action(obs.astype(np.float64))]) as url:
        done = subprocess.run([TOOL, "rollout", "--task", task, "--policy", url, "--seeds", str(SEEDS), "--seed",
                               str(FIRST_SEED), "--threads", "2", "--quiet", "--episodes", episodes, "--trajectory",
                               path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(line for line in open(episodes) if not line.startswith("#")))
    steps = list(csv.DictReader(line for line in open(path) if not line.startswith("#")))
    assert len(rows) == SEEDS
    for row in rows:
        n, success, hand, total = direct(name, int(row["seed"]))
        assert int(row["success"]) == success, row
        assert abs(float(row["time_s"]) - n / HZ) < 1e-9, (row, n)
        if int(row["seed"]) == FIRST_SEED:
            ours = np.array([[float(step[key]) for key in "xyz"] for step in steps])
            # the file has 9 digits
            np.testing.assert_allclose(ours, hand, rtol=1e-8, atol=1e-10)
            assert abs(float(steps[-1]["return"]) - total) <= 1e-8 * abs(total)
    return rows


def main():
    with tempfile.TemporaryDirectory() as name:
        for task in TASKS:
            rows = check(Path(name), task)
            print(task, "equal to Meta-World's own loop, times s:", [float(row["time_s"]) for row in rows])


main()
