# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Gymnasium's Pendulum and CartPole with closed-form controllers under delay: `sweetspot rollout` against a loop over
gymnasium itself that is written here.

    check_gym.py SWEETSPOT ROOT       by the Python of scripts/peers; PYTHONPATH has bindings/python
"""
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gymnasium
import numpy as np
from policy_server import serve

TOOL = sys.argv[1]
SEEDS = 6
LEAST = -300  # what half of Pendulum's episodes are worth, so both outcomes are met


def pendulum(obs):
    """Swings up by energy, catches by a spring: the torque, N m."""
    cosine, sine, speed = (float(x) for x in obs)
    angle = np.arctan2(sine, cosine)
    if abs(angle) < 0.6:
        return [[-12.0 * angle - 3.0 * speed]]
    return [[2.0 * np.sign(speed * (1.0 - (0.5 * speed**2 / 15.0 + cosine))) if speed else 2.0]]


def cartpole(obs):
    """Pushes towards where the pole falls; above one half is to the right."""
    x, v, angle, spin = (float(value) for value in obs)
    return [[1.0 if 10.0 * angle + 2.0 * spin + 0.1 * x + 0.4 * v > 0.0 else 0.0]]


def by_hand(env_id, policy, seed, latency, overlap, limit, hold):
    """One episode: (steps, terminated, return). `latency` in steps; one action a chunk."""
    env = gymnasium.make(env_id, max_episode_steps=10**6)
    obs = env.reset(seed=seed)[0]
    is_discrete = env.action_space.__class__.__name__ == "Discrete"
    rest = 0 if is_discrete else np.zeros(1, np.float32)

    def to_env(row):
        value = np.float32(row[0][0])
        return int(np.rint(value)) if is_discrete else np.array([np.clip(value, -2.0, 2.0)], np.float32)

    held, planned, starts_at, total, terminated = rest, to_env(policy(obs)), latency, 0.0, False
    step = 0
    while step < limit and not terminated:
        acting = rest if hold == "zero" else held
        if step == starts_at:
            acting = held = planned
            if overlap:  # the next is computed from what is seen as this one starts
                planned, starts_at = to_env(policy(obs)), step + max(1, latency)
        obs, reward, terminated, _, _ = env.step(acting)
        total += float(reward)
        step += 1
        if not overlap and step == starts_at + 1:  # the next is computed when this one is done
            planned, starts_at = to_env(policy(obs)), step + latency
    return step, terminated, total


def rollouts(folder, url, task, delay_ms, overlap):
    episodes, path = folder / "episodes.csv", folder / "path.csv"
    command = [TOOL, "rollout", "--task", task, "--policy", url, "--delay-ms", str(delay_ms), "--execute", "1",
               "--point", f"overlap={overlap}", "--seeds", str(SEEDS), "--threads", "2", "--quiet", "--json",
               "--episodes", episodes, "--trajectory", path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    engine = json.loads(done.stdout)["engine"]
    assert engine == {"name": "gymnasium", "version": gymnasium.__version__}, engine
    rows = list(csv.DictReader(line for line in open(episodes) if not line.startswith("#")))
    steps = list(csv.DictReader(line for line in open(path) if not line.startswith("#")))
    return rows, steps


def check(folder, env_id, policy, hz, limit, hold, delays, success):
    task = folder / "task.yaml"
    task.write_text(f"""name: {env_id.lower()}
backend: process
command: ['{sys.executable}', -m, sweetspot.world, 'gym:{env_id}', max_episode_steps={limit}]
control: {{rate_hz: {hz}}}
time_limit_s: {limit / hz}
hold: {hold}
success: {success}
""")
    ends = set()
    with serve(policy) as url:
        for latency in delays:
            for overlap in (0, 1):
                rows, path = rollouts(folder, url, task, 1000.0 * latency / hz, overlap)
                assert len(rows) == SEEDS
                for row in rows:
                    steps, terminated, total = by_hand(env_id, policy, int(row["seed"]), latency, overlap, limit, hold)
                    want = total >= LEAST if success == f"return>={LEAST}" else not terminated
                    ends.add((steps, bool(want)))
                    assert abs(float(row["time_s"]) - steps / hz) < 1e-9, (row, steps)
                    assert int(row["success"]) == int(want), (row, total)
                    if row["seed"] == "0":
                        assert abs(float(path[-1]["return"]) - total) < 1e-6 * abs(total), (path[-1], total)
    return ends


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends = check(folder, "Pendulum-v1", pendulum, 20, 150, "last", (0, 1, 3), f"return>={LEAST}")
        assert len(ends) == 2, ends  # both outcomes at the limit
        check(folder, "Pendulum-v1", pendulum, 20, 150, "zero", (2,), f"return>={LEAST}")
        ends = check(folder, "CartPole-v1", cartpole, 50, 300, "last", (0, 1, 4), "survived")
        assert {success for _, success in ends} == {True, False}, ends
        assert len(ends) > 6, ends  # delays end episodes at many times
    print("gymnasium: as by hand")


main()
