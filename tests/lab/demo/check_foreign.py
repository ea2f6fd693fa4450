#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What train.py says of files that others wrote, in one line each, and that it reads a good one.

    check_foreign.py ROOT

Exit status 77 (skipped) where h5py is not installed; train.py itself runs where PyTorch is too.
"""
import importlib.util
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("h5py is not installed")
    sys.exit(77)

N = 30
GOOD = {"obs/state": (N, 4), "obs/anchor": (N, 5), "targets": (N, 5), "actions": (N, 5)}
ROBOMIMIC = {"obs/robot0_eef_pos": (N, 3), "obs/object": (N, 10), "actions": (N, 7), "states": (N, 32),
             "next_obs/object": (N, 10), "rewards": (N,), "dones": (N,)}
LIBERO = {"obs/agentview_rgb": (N, 8, 8, 3), "obs/ee_states": (N, 6), "actions": (N, 7), "dones": (N,)}


def without(*names):
    return {k: v for k, v in GOOD.items() if k not in names}


FOREIGN = [
    ("robomimic", ROBOMIMIC, "data/demo_0: no obs/state, obs/anchor, targets (there are: obs/object, "),
    ("libero", LIBERO, "data/demo_0: no obs/state, obs/anchor, targets (there are: obs/agentview_rgb, "),
    ("no anchor", without("obs/anchor"), "data/demo_0: no obs/anchor (there are: obs/state, actions, targets)"),
    ("no targets", without("targets"), "data/demo_0: no targets (there are: "),
    ("flat", {**GOOD, "targets": (N,)}, "shapes {"),
    ("short", {**GOOD, "obs/state": (N - 1, 4)}, "datasets differ in length, expected one row a control period"),
    ("labels", {**GOOD, "label_ok": (N + 1,)}, "datasets differ in length"),
    ("narrow", {**GOOD, "targets": (N, 4)}, "obs/anchor is (30, 5), targets (30, 4), expected the same shape"),
]


def write(path, sets, groups=("data/demo_0",)):
    with h5py.File(path, "w") as file:
        for group in groups:
            for name, shape in sets.items():
                file[f"{group}/{name}"] = np.ones(shape)


def cases(folder):
    """(file, what is said of it)"""
    for name, sets, says in FOREIGN:
        path = os.path.join(folder, name.replace(" ", "_") + ".hdf5")
        write(path, sets)
        yield path, says
    path = os.path.join(folder, "episodes.hdf5")
    write(path, GOOD, ["episodes/0"])
    yield path, "no groups data/demo_<i> (there are: episodes), expected"
    write(path, GOOD, ["data/demo_x", "data/other"])
    yield path, "no groups data/demo_<i> (there are: data), expected"
    path = os.path.join(folder, "mixed.hdf5")
    write(path, GOOD)
    with h5py.File(path, "a") as file:
        for name, shape in {**GOOD, "obs/state": (N, 3)}.items():
            file[f"data/demo_1/{name}"] = np.ones(shape)
    yield path, "demonstrations of 2 widths (obs, action): [(3, 5), (4, 5)], expected one"
    with h5py.File(path, "a") as file:
        del file["data/demo_1"], file["data/demo_0/targets"]
        file["data/demo_0/targets"] = np.full((N, 5), b"word")
    yield path, "data/demo_0/targets: |S4, expected numbers"
    path = os.path.join(folder, "text.hdf5")
    with open(path, "w", encoding="utf-8") as file:
        file.write("hello")
    yield path, "nable to open file"
    yield os.path.join(folder, "nowhere.hdf5"), "nable to open file"


def main():
    root = sys.argv[1]
    sys.path.insert(0, os.path.join(root, "train"))
    import dataset  # of the sources

    runs = importlib.util.find_spec("torch") is not None
    with tempfile.TemporaryDirectory() as folder:
        good = os.path.join(folder, "good.hdf5")
        write(good, GOOD, [f"data/demo_{i}" for i in range(3)])
        assert dataset.load(good, 16)["n_demos"] == 3
        for i, (path, says) in enumerate(cases(folder)):
            try:
                dataset.load(path, 16)
                raise AssertionError(f"{path}: read")
            except ValueError as problem:
                said = str(problem)
            assert said.startswith(path + ": ") and says in said and "\n" not in said, (said, says)
            if runs and i in (0, 2):  # each start takes seconds
                words = ["--demos", path, "--out", os.path.join(folder, "out"), "--task", "x", "--steps", "1"]
                done = subprocess.run([sys.executable, os.path.join(root, "train", "train.py"), *words],
                                      capture_output=True, text=True, check=False)
                assert done.returncode == 1 and done.stderr == f"train.py: {said}\n", done.stderr
                assert not os.path.exists(os.path.join(folder, "out"))
    print("foreign files are named as what they are" + ("" if runs else " (no PyTorch: train.py itself not run)"))


if __name__ == "__main__":
    main()
