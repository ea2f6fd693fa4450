# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""robosuite without LIBERO: the same states whatever else the computer does, and its trial by the tool.

    check_robosuite.py SWEETSPOT ROOT       by the Python of scripts/peers; PYTHONPATH has bindings/python

Runs on the robosuite 1.4 that LIBERO's environment has, and on 1.5 where a folder `robosuite` beside it has it (1.3 GB,
not made by scripts/peers): python3 -m venv robosuite; robosuite/bin/pip install robosuite==1.5.1 mujoco==3.3.0 msgpack
"""
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from under_load import same_alone_and_under_load

TOOL = sys.argv[1]
TASK, STEPS, SEED = "robosuite:Lift", 20, 5
DOWN = 10  # steps in which the hand goes down; then it opens and closes


def states():
    """The simulator's states of 20 control steps, hashed one by one; and whether the hand went down."""
    from sweetspot.world import make_world

    world = make_world(TASK, {})
    seen, hashes = world.reset(SEED), []
    heights = [seen["effector"][2]]
    for i in range(STEPS):
        action = np.zeros(world.writer.size)
        action[2], action[-1] = (-1.0, -1.0) if i < DOWN else (0.0, 1.0)
        seen = world.step(action)
        assert seen["success"] is False
        hashes.append(hashlib.sha256(seen["state"].tobytes()).hexdigest())
        heights.append(seen["effector"][2])
    assert heights[0] - heights[DOWN] > 0.05, heights  # m; OSC_POSE goes 5 cm a step at most
    return hashes


def check_trial(folder):
    task = folder / "task.yaml"
    task.write_text(f"""name: lift
backend: process
command: ['{sys.executable}', -W, ignore, -m, sweetspot.world, '{TASK}']
control: {{rate_hz: 20}}
time_limit_s: 5
timeout_s: 300
""")
    done = subprocess.run([TOOL, "check", task], capture_output=True, text=True)
    assert done.returncode == 0, done
    assert "PASS: 3 checks, 0 of them with a warning" in done.stdout, done.stdout
    refused = subprocess.run([TOOL, "check", write_unknown(folder)], capture_output=True, text=True)
    assert refused.returncode == 2 and "robosuite:Lyft: no such environment; did you mean Lift" in refused.stderr, refused


def write_unknown(folder):
    task = folder / "unknown.yaml"
    task.write_text((folder / "task.yaml").read_text().replace(TASK, "robosuite:Lyft"))
    return task


def main():
    hashes = same_alone_and_under_load(states)
    assert len(set(hashes)) == STEPS  # the arm moves
    with tempfile.TemporaryDirectory() as name:
        check_trial(Path(name))
    print(f"robosuite: {STEPS} states are the same alone and under load")


if __name__ == "__main__":
    main()
