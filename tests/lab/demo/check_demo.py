#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Reads recorded demonstrations with h5py and checks them against include/spot/demo.h.

    check_demo.py WRITE_DEMOS TASK.yaml

Exit status 77 (skipped) where h5py is not installed.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

try:
    import h5py
    import numpy as np
except ImportError:
    print("h5py is not installed")
    sys.exit(77)

EPISODES = 12
DEMO_SEED_BASE = 2**32
NOISE_M = {"ur5e-pick-place": 0.0015, "ur5e-conveyor": 0.0015, "ur5e-wrist-pick": 0.020}
SEEN_BEYOND_M = 0.12  # of ur5e-wrist-pick
ASTRAY_M = 0.010  # error of the expert about a cube that it does not see
SIGMAS = 6.0  # normal tail beyond, over some thousand draws: 1e-5
ROBOT = (["gripper_x", "gripper_y", "gripper_z", "gripper_yaw", "gripper_opening"]
         + [f"{kind}{i}" for kind in ("q", "qd", "torque") for i in range(1, 7)])


def check_next(demo, n):
    """What is seen next is the next row's, and at the end something that could come after it."""
    assert set(demo["next_obs"]) == set(demo["obs"])
    for name, seen in demo["obs"].items():
        after = demo["next_obs"][name]
        assert after.shape == seen.shape and after.dtype == seen.dtype
        assert np.array_equal(after[:-1], seen[1:]), name
    # joints move on from their last angles at about their last speeds, for a control period
    q, speed, last = (np.array([demo[group][f"{kind}{i}"][-1, 0] for i in range(1, 7)])
                      for group, kind in (("obs", "q"), ("obs", "qd"), ("next_obs", "q")))
    assert np.any(last != q) and np.abs(last - q - 0.1 * speed).max() < 0.05
    assert np.allclose(demo["next_obs/anchor"][-1, :3],
                       [demo[f"next_obs/gripper_{axis}"][-1, 0] for axis in "xyz"])


def check_model(text, states):
    """One MJCF document without includes, whose joints are those of the states: time, qpos, qvel."""
    root = ElementTree.fromstring(text)
    assert root.tag == "mujoco" and not list(root.iter("include"))
    world = root.find("worldbody")
    joints = [*world.iter("joint"), *world.iter("freejoint")]
    free = sum(j.tag == "freejoint" or j.get("type") == "free" for j in joints)
    assert states.shape[1] == 1 + 7 * free + 6 * free + 2 * (len(joints) - free)
    assert {"shoulder_pan", "shoulder_lift", "elbow"} <= {j.get("name") for j in joints}


def check_masks(f):
    """Filter keys as robomimic writes them: lists of names as bytes of one width."""
    names = {key: [name.decode() for name in f["mask"][key][:]] for key in f["mask"]}
    assert all(f["mask"][key].dtype.kind == "S" for key in names)
    demos = [f"demo_{i}" for i in range(EPISODES)]
    undisturbed = [name for name in demos if f["data"][name]["label_ok"][:].all()]
    valid = demos[9::10]
    assert 0 < len(undisturbed) < EPISODES and valid
    assert names == {
        "train": [d for d in demos if d not in valid], "valid": valid, "undisturbed": undisturbed,
        "undisturbed_train": [d for d in undisturbed if d not in valid],
        "undisturbed_valid": [d for d in undisturbed if d in valid]}


def check_demo(demo, objects, task):
    """One demonstration: shapes, types, and what can be computed from other columns."""
    n = int(demo.attrs["num_samples"])
    assert n > 5
    targets, actions = demo["targets"][:], demo["actions"][:]
    anchor, state, states = demo["obs/anchor"][:], demo["obs/state"][:], demo["states"][:]
    assert targets.shape == actions.shape == anchor.shape == (n, 5)
    assert targets.dtype == actions.dtype == anchor.dtype == states.dtype == np.float64
    assert state.dtype == np.float32 and state.shape[0] == states.shape[0] == n
    assert np.array_equal(actions, targets - anchor)
    assert np.all(np.isin(targets[:, 4], (-1.0, 1.0))), "gripper command"
    # a command is the label, unless the row is disturbed or the expert errs about what it does not see
    commands = demo["commands"][:]
    assert commands.shape == targets.shape and np.array_equal(commands[:, 4], targets[:, 4])
    apart = np.abs(commands - targets)[demo["label_ok"][:] != 0]
    assert not apart[:, 2:].any()
    assert not apart[:, :2].any() or (task == "ur5e-wrist-pick" and apart.max() < SIGMAS * ASTRAY_M)
    assert np.all(anchor[:, 4] == 0.0)

    # done and rewarded on the last row alone
    last = np.zeros(n)
    last[-1] = 1
    assert demo["dones"].dtype == np.uint8 and np.array_equal(demo["dones"][:], last)
    assert np.array_equal(demo["rewards"][:], last)
    ok = demo["label_ok"][:]
    assert ok.dtype == np.uint8 and set(np.unique(ok)) <= {0, 1} and ok.mean() > 0.3

    # one row a control period, from the reset on
    assert np.allclose(states[:, 0], 0.1 * np.arange(n), atol=1e-9)
    assert np.array_equal(demo.attrs["init_state"], states[0])
    check_model(demo.attrs["model_file"], states)

    names = ROBOT + [f"{o}_{axis}" for o in objects for axis in ("x", "y", "z", "yaw")]
    assert set(demo["obs"]) == {"state", "anchor", *names}
    assert all(demo["obs"][name].shape == (n, 1) for name in names), "what robomimic's models take"
    column = {name: demo["obs"][name][:, 0] for name in names}
    assert all(c.dtype == np.float64 for c in column.values())
    check_next(demo, n)
    for i, axis in enumerate(("x", "y", "z", "yaw")):
        assert np.array_equal(anchor[:, i], column[f"gripper_{axis}"])

    # what the policy sees is what the simulator had, plus noise where there is noise
    gripper = np.stack([column[f"gripper_{a}"] for a in "xyz"], axis=1)
    cube = np.stack([column[f"cube_{a}"] for a in "xyz"], axis=1)
    assert np.allclose(state[:, 0:3], gripper, atol=1e-6)
    assert np.allclose(state[:, 3], np.sin(column["gripper_yaw"]), atol=1e-6)
    assert np.allclose(state[:, 5], column["gripper_opening"], atol=1e-6)
    if task == "ur5e-wrist-pick":
        seen = np.linalg.norm(cube - gripper, axis=1) >= SEEN_BEYOND_M
        assert np.array_equal(state[:, 6], seen.astype(np.float32)) and 0.05 < seen.mean() < 0.95
        assert not state[~seen, 7:12].any()
        noise = state[seen, 7:10] - cube[seen]
    else:
        noise = state[:, 6:9] - (cube - gripper)
    assert np.abs(noise).max() < SIGMAS * NOISE_M[task] and noise.std() > 0.5 * NOISE_M[task]
    # the gripper goes where it is told: no target is further than a control period at 0.5 m/s, unless
    # the arm was pushed or frozen
    assert np.median(np.linalg.norm(actions[:, :3], axis=1)) < 0.08
    return n


def text(attribute):
    return attribute.decode() if isinstance(attribute, bytes) else attribute


def check_large_model(writer, task, folder):
    """A model whose text is beyond what attributes of older HDF5 formats hold (64 kB)."""
    large = "x" * 200000
    copy = os.path.join(folder, "tasks", "ur5e-conveyor")
    shutil.copytree(os.path.dirname(os.path.dirname(task)), os.path.join(folder, "tasks"))
    scene = os.path.join(copy, "scene.xml")
    with open(scene) as file:
        whole = file.read().replace("</mujoco>",
                                    f'<custom><text name="large" data="{large}"/></custom></mujoco>')
    with open(scene, "w") as file:
        file.write(whole)
    path = os.path.join(folder, "large.hdf5")
    subprocess.run([writer, os.path.join(copy, "task.yaml"), "2", path], check=True,
                   stdout=subprocess.DEVNULL)
    with h5py.File(path, "r") as f:
        for i in range(2):
            assert large in text(f[f"data/demo_{i}"].attrs["model_file"])


def check_file(path, tried, succeeded, rows, task):
    with h5py.File(path, "r") as f:
        data = f["data"]
        assert set(f) == {"data", "mask"}
        check_masks(f)
        assert set(data) == {f"demo_{i}" for i in range(EPISODES)}
        assert int(data.attrs["total"]) == rows
        assert int(data.attrs["num_demos"]) == EPISODES
        env = json.loads(data.attrs["env_args"])
        assert text(data.attrs["task"]) == text(data.attrs["env_name"]) == env["env_name"] == task
        assert env["type"] == env["env_type"] == 2, "1 would be robosuite"
        problem = json.loads(data.attrs["problem_info"])
        assert problem["problem_name"] == task and len(problem["language_instruction"]) > 10
        assert env["env_kwargs"] == {"control_freq": 10.0, "horizon": 16, "execute": 8}
        objects = ["cube"] if task == "ur5e-conveyor" else ["cube", "tray"]

        seeds = [int(data[f"demo_{i}"].attrs["seed"]) for i in range(EPISODES)]
        assert seeds == sorted(set(seeds)) and seeds[0] >= DEMO_SEED_BASE
        assert seeds[-1] == DEMO_SEED_BASE + tried - 1, "failures are left out, nothing else"
        speeds = [float(data[f"demo_{i}"].attrs["speed"]) for i in range(EPISODES)]
        assert all(0.5 <= s <= 2.0 for s in speeds) and len(set(speeds)) == EPISODES
        counts = [check_demo(data[f"demo_{i}"], objects, task) for i in range(EPISODES)]
        assert sum(counts) == rows and succeeded == EPISODES
        if task == "ur5e-wrist-pick":
            assert any((data[f"demo_{i}/commands"][:] != data[f"demo_{i}/targets"][:]).any()
                       for i in range(EPISODES)), "the expert never erred"

        # on a belt, the cube first moves with it: the speed that the attribute says
        if task == "ur5e-conveyor":
            for i in range(EPISODES):
                y = data[f"demo_{i}/obs/cube_y"][:3, 0]
                velocity = (y[2] - y[0]) / 0.2
                if abs(velocity) < 0.3 and data[f"demo_{i}/label_ok"][:3].all():
                    assert abs(velocity / (0.0625 * speeds[i]) - 1) < 0.03, (velocity, speeds[i])


def main():
    writer, task = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "demo.hdf5")
        run = subprocess.run([writer, task, str(EPISODES), path], check=True, text=True,
                             stdout=subprocess.PIPE)
        tried, succeeded, rows = map(int, run.stdout.split())
        check_file(path, tried, succeeded, rows, os.path.basename(os.path.dirname(task)))
        assert os.listdir(folder) == ["demo.hdf5"]
        if "ur5e-conveyor" in task:
            check_large_model(writer, task, folder)
    print(f"{EPISODES} demonstrations, {rows} rows: as documented")


if __name__ == "__main__":
    main()
