# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""convert on datasets that LeRobot's own writer made, against what LeRobot's own reader says of them; without a network."""
import csv
import os

import numpy as np
import pytest
from stand_ins import import_peer
from sweetspot import convert as tool_of
from sweetspot.datasets import read_lerobot

h5py = pytest.importorskip("h5py")
pytest.importorskip("torch")

FPS, LENGTHS = 20, (5, 7, 4)
NUMBERS = {
    "observation.state": {"dtype": "float32", "shape": (6,), "names": ["q1", "q2", "q3", "q4", "q5", "q6"]},
    "observation.ee": {"dtype": "float64", "shape": (3,), "names": None},
    "action": {"dtype": "float32", "shape": (2,), "names": ["left", "right"]},
    "next.reward": {"dtype": "float32", "shape": (1,), "names": None},
    "next.success": {"dtype": "bool", "shape": (1,), "names": None},
}


@pytest.fixture(scope="module")
def dataset():
    """LeRobotDataset."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import_peer("datasets", folder="lerobot")  # looks itself for what is there
    import_peer("lerobot", "accelerate", "torchvision", "torchvision.transforms")
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    return LeRobotDataset


def write(dataset, root, more=None, **settings):
    """A dataset of three episodes; the second is no success, and of another task."""
    made = dataset.create("some/set", fps=FPS, features={**NUMBERS, **(more or {})}, root=root, use_videos=False)
    if settings:
        made.meta.update_chunk_settings(**settings)
    rng = np.random.default_rng(0)
    for episode, n in enumerate(LENGTHS):
        for t in range(n):
            frame = {"observation.state": rng.normal(size=6).astype(np.float32), "observation.ee": rng.normal(size=3),
                     "action": rng.normal(size=2).astype(np.float32), "next.reward": np.array([t / 3], np.float32),
                     "next.success": np.array([t == n - 1 and episode != 1]), "task": f"task {episode % 2}"}
            for name, feature in (more or {}).items():
                frame[name] = rng.integers(0, 255, feature["shape"], np.uint8)
            made.add_frame(frame)
        made.save_episode()
    made.finalize()
    return made


@pytest.mark.parametrize("settings", [{}, {"data_files_size_in_mb": 1e-4, "chunks_size": 2}])
def test_every_number_is_what_lerobot_reads(dataset, tmp_path, settings):
    root = tmp_path / "set"
    write(dataset, root, **settings)
    theirs = dataset("some/set", root=root)
    assert len(list((root / "data").rglob("*.parquet"))) == (3 if settings else 1)
    frames, n = iter([theirs[i] for i in range(len(theirs))]), 0
    for number, episode in enumerate(read_lerobot(str(root))):
        assert (episode.n, episode.rate_hz, episode.success) == (LENGTHS[number], theirs.fps, number != 1)
        for t in range(episode.n):
            frame = next(frames)
            assert (int(frame["episode_index"]), int(frame["frame_index"]), frame["task"]) == (number, t, episode.task)
            assert np.array_equal(episode.actions[t], frame["action"].numpy().astype(float))
            for name in ("observation.state", "observation.ee"):
                assert np.allclose(episode.obs[name][t], frame[name].numpy(), rtol=1e-6, atol=0)  # float32 in torch
            assert episode.rewards[t] == float(frame["next.reward"])
        n += 1
    assert n == theirs.num_episodes == 3 and next(frames, None) is None


def test_pictures_are_left_out(dataset, tmp_path):
    root, out = tmp_path / "set", tmp_path / "ours.hdf5"
    write(dataset, root, {"observation.images.top": {"dtype": "image", "shape": (8, 12, 3),
                                                     "names": ["height", "width", "channels"]}})
    take = ["position_m=observation.ee", "joint_rad=observation.state"]
    assert tool_of.convert("lerobot", str(root), out=str(out), csv=str(tmp_path / "csv"), take=take) == 3
    with h5py.File(out) as file:
        for i, n in enumerate(LENGTHS):
            group = file[f"data/demo_{i}/obs"]
            assert group["robot0_eef_pos"].shape == (n, 3) and not [name for name in group if "image" in name]
    rows = list(csv.DictReader(open(tmp_path / "csv/episodes.csv")))
    assert [(r["task"], r["success"]) for r in rows] == [("task 0", "1"), ("task 1", "0"), ("task 0", "1")]
