#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Images of demonstrations, as h5py reads them: the pictures that the cameras give in the same episodes, and nothing else
in the file is touched by them.

    check_images.py WRITE_DEMOS DRAW_DEMO TASKS

Exit status 77 (skipped) where h5py is not installed, or nothing can be drawn.
"""
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("h5py is not installed")
    sys.exit(77)

EPISODES = 3
WRITE, DRAW, TASKS = sys.argv[1:4]
CAMERAS = [("front", (96, 128)), ("small", (48, 64))]


def make_task(folder):
    """panda-lift with a second camera."""
    for name in ("panda-lift", "robots"):
        shutil.copytree(os.path.join(TASKS, name), os.path.join(folder, "tasks", name))
    path = os.path.join(folder, "tasks", "panda-lift", "task.yaml")
    front = "  - {name: front, camera: view, width: 128, height: 96}\n"
    with open(path) as file:
        text = file.read()
    assert front in text
    with open(path, "w") as file:
        file.write(text.replace(front, front + "  - {name: small, camera: view, width: 64, height: 48}\n"))
    return path


def draw(task, seed, speed, rows):
    return subprocess.run([DRAW, task, str(seed), repr(speed), str(rows)], stdout=subprocess.PIPE)


def write(folder, task, name, *more):
    path = os.path.join(folder, name)
    subprocess.run([WRITE, task, str(EPISODES), path, *more], check=True, stdout=subprocess.DEVNULL)
    return path


def contents(f):
    """All datasets, and the attributes of all objects, by name."""
    found = {}
    f.visititems(lambda name, item: found.update(
        {name: (item[()].tobytes() if isinstance(item, h5py.Dataset) else b"",
                {key: np.asarray(value).tobytes() for key, value in item.attrs.items()})}))
    return found


def check_demo(task, demo):
    rows = int(demo.attrs["num_samples"])
    drawn = draw(task, demo.attrs["seed"], float(demo.attrs["speed"]), rows).stdout
    at = 0
    pictures = np.frombuffer(drawn, np.uint8).reshape(rows, -1)
    for name, (height, width) in CAMERAS:
        images = demo[f"obs/{name}_image"]
        assert images.shape == (rows, height, width, 3) and images.dtype == np.uint8
        assert images.chunks == (1, height, width, 3)
        filters = h5py.h5z.filter_avail(h5py.h5z.FILTER_DEFLATE)
        assert images.compression == ("gzip" if filters else None)
        size = height * width * 3
        assert np.array_equal(images[:].reshape(rows, -1), pictures[:, at:at + size])
        assert len({image.tobytes() for image in images[:]}) > rows // 2  # something moves
        at += size
    assert at == pictures.shape[1]


def main():
    names = {f"{name}_image" for name, _ in CAMERAS}
    with tempfile.TemporaryDirectory() as folder:
        task = make_task(folder)
        if draw(task, 0, 1.0, 1).returncode == 77:
            print("nothing can be drawn here")
            return 77
        plain = write(folder, task, "a.hdf5")
        seeing, again = (write(folder, task, name, "images") for name in ("b.hdf5", "c.hdf5"))
        with h5py.File(plain, "r") as a, h5py.File(seeing, "r") as b:
            without, found = contents(a), contents(b)
            more = {f"data/demo_{i}/obs/{name}" for i in range(EPISODES) for name in names}
            assert set(found) - set(without) == more
            assert {key: found[key] for key in without} == without
            for i in range(EPISODES):
                check_demo(task, b[f"data/demo_{i}"])
        with open(seeing, "rb") as b, open(again, "rb") as c:
            assert b.read() == c.read()
        assert sorted(os.listdir(folder)) == ["a.hdf5", "b.hdf5", "c.hdf5", "tasks"]
    print(f"{EPISODES} demonstrations with images of {', '.join(sorted(names))}: as drawn")

    return 0


sys.exit(main())
