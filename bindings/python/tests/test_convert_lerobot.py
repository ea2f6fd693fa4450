# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""LeRobot's folders as our files. Skipped where pyarrow or h5py is not installed (scripts/peers).

The folders are written here, by pyarrow and pandas, as LeRobotDataset v3 lays them out: several episodes a file, an
episode that goes on in the next file, tasks by the index of a table.
"""
import csv
import json

import numpy as np
import pytest
import sweetspot
from sweetspot import convert as tool_of
from sweetspot.datasets import DatasetError, read_lerobot

pyarrow = pytest.importorskip("pyarrow")
h5py = pytest.importorskip("h5py")
import pyarrow.parquet as parquet  # noqa: E402

FPS = 30
LENGTHS = (25, 40, 12)
TASKS = ("fold the towel", "press the button")


def rows_of(number, n):
    """Columns of an episode."""
    rng = np.random.default_rng(number)
    state = np.cumsum(rng.normal(size=(n, 6)), axis=0).astype(np.float32)
    return {"observation.state": list(state), "action": list(state + 1), "timestamp": np.arange(n, dtype=np.float32) / FPS,
            "frame_index": np.arange(n), "episode_index": np.full(n, number), "index": np.arange(n),
            "task_index": np.full(n, number % 2), "next.reward": rng.random(n).astype(np.float32),
            "next.done": np.arange(n) == n - 1, "next.success": (np.arange(n) == n - 1) & (number != 1)}


def join(parts):
    return {key: [x for part in parts for x in part[key]] for key in parts[0]}


def cut(rows, start, stop):
    return {key: list(values)[start:stop] for key, values in rows.items()}


def write_v3(root, lengths=LENGTHS):
    (root / "meta/episodes/chunk-000").mkdir(parents=True)
    (root / "data/chunk-000").mkdir(parents=True)
    vector = {"dtype": "float32", "shape": [6], "names": None}
    scalar = {"dtype": "int64", "shape": [1], "names": None}
    features = {"observation.state": vector, "action": vector, "observation.images.top": {"dtype": "video", "shape": [4, 4, 3]},
                **{k: scalar for k in ("timestamp", "frame_index", "episode_index", "index", "task_index", "next.reward",
                                       "next.done", "next.success")}}
    (root / "meta/info.json").write_text(json.dumps({
        "codebase_version": "v3.0", "fps": FPS, "features": features, "total_episodes": len(lengths),
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"}))
    tasks = pyarrow.table({"task_index": [0, 1], "__index_level_0__": list(TASKS)})
    parquet.write_table(tasks, root / "meta/tasks.parquet")
    episodes = pyarrow.table({"episode_index": range(len(lengths)), "length": list(lengths),
                              "tasks": [[TASKS[i % 2]] for i in range(len(lengths))]})
    parquet.write_table(episodes, root / "meta/episodes/chunk-000/file-000.parquet")
    all_rows = [rows_of(i, n) for i, n in enumerate(lengths)]
    files = [join([all_rows[0], cut(all_rows[1], 0, 30)]), join([cut(all_rows[1], 30, 40), *all_rows[2:]])]
    for i, rows in enumerate(files):
        parquet.write_table(pyarrow.table(rows), root / f"data/chunk-000/file-{i:03d}.parquet")
    return all_rows


def test_every_episode_is_there_to_the_number(tmp_path):
    all_rows = write_v3(tmp_path)
    for i, episode in enumerate(read_lerobot(str(tmp_path))):
        rows = all_rows[i]
        assert np.array_equal(episode.actions, np.stack(rows["action"]).astype(float))
        assert np.array_equal(episode.obs["observation.state"], np.stack(rows["observation.state"]).astype(float))
        assert np.array_equal(episode.rewards, rows["next.reward"].astype(float))
        assert (episode.task, episode.rate_hz, episode.success) == (TASKS[i % 2], FPS, i != 1)
        assert set(episode.obs) == {"observation.state"}
    assert i == 2


def test_ours_of_theirs(tmp_path):
    root, out = tmp_path / "set", tmp_path / "ours.hdf5"
    root.mkdir()
    all_rows = write_v3(root)
    take = ["joint_rad=observation.state[0:6]:deg"]
    assert tool_of.convert("lerobot", str(root), out=str(out), csv=str(tmp_path / "csv"), take=take) == 3
    with h5py.File(out) as file:
        assert json.loads(file["data"].attrs["env_args"])["env_kwargs"]["control_freq"] == FPS
        assert file["data"].attrs["total"] == sum(LENGTHS)
        for i, n in enumerate(LENGTHS):
            group = file[f"data/demo_{i}"]
            assert group.attrs["num_samples"] == n and group.attrs["task"] == TASKS[i % 2]
            assert np.array_equal(group["obs/observation.state"][:], np.stack(all_rows[i]["observation.state"]).astype(float))
    document = sweetspot.metrics(tmp_path / "csv/demo_1.csv")
    turned = np.deg2rad(np.stack(all_rows[1]["observation.state"]).astype(float))
    path = np.linalg.norm(np.diff(turned, axis=0), axis=1).sum()
    assert document["trajectories"][0]["metrics"]["joint_path_rad"]["value"] == pytest.approx(path, rel=1e-7)
    rows = list(csv.DictReader(open(tmp_path / "csv/episodes.csv")))
    assert [(r["task"], r["success"]) for r in rows] == [(TASKS[0], "1"), (TASKS[1], "0"), (TASKS[0], "1")]


def test_version_2_has_a_file_an_episode_and_tasks_in_lines(tmp_path):
    write_v3(tmp_path)
    info = json.loads((tmp_path / "meta/info.json").read_text())
    (tmp_path / "meta/info.json").write_text(json.dumps({**info, "codebase_version": "v2.1"}))
    for path in [*tmp_path.glob("data/**/*.parquet"), *tmp_path.glob("meta/**/*.parquet")]:
        path.unlink()
    (tmp_path / "meta/tasks.jsonl").write_text("".join(json.dumps({"task_index": i, "task": t}) + "\n"
                                                       for i, t in enumerate(TASKS)))
    for i, n in enumerate(LENGTHS):
        parquet.write_table(pyarrow.table(rows_of(i, n)), tmp_path / f"data/chunk-000/episode_{i:06d}.parquet")
    episodes = list(read_lerobot(str(tmp_path)))
    assert [(e.n, e.task) for e in episodes] == [(n, TASKS[i % 2]) for i, n in enumerate(LENGTHS)]


def drop(name):
    return lambda table: table.drop_columns([name])


def put(name, row, value):
    def change(table):
        values = table[name].to_pylist()
        values[row] = value
        return table.set_column(table.column_names.index(name), name, pyarrow.array(values))
    return change


@pytest.mark.parametrize("change,says", [
    (drop("episode_index"), "file-000.parquet: no column episode_index, expected one"),
    (drop("action"), "episode 0: no column action, expected one"),
    (put("frame_index", 3, 7), "episode 0: frames are not 0, 1, 2 ..."),
    (lambda t: t.slice(1), "episode 0: 24 samples, expected 25 as meta/episodes says"),
    (put("action", 2, [float("nan")] * 6), "episode 0: sample 2 of action is not finite"),
    (put("action", 2, [1.0]), "episode 0: column action is no table of numbers"),
])
def test_what_is_wrong_with_a_table_is_said(tmp_path, change, says):
    write_v3(tmp_path)
    path = tmp_path / "data/chunk-000/file-000.parquet"
    parquet.write_table(change(parquet.read_table(path)), path)
    with pytest.raises(DatasetError) as caught:
        tool_of.convert("lerobot", str(tmp_path), out=str(tmp_path / "x.hdf5"))
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.glob("x*"))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_folders_are_refused_in_one_line(tmp_path, seed):
    """Bytes that are changed anywhere give a line, or the same numbers, never another exception."""
    write_v3(tmp_path)
    rng = np.random.default_rng(seed)
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    path = files[seed % len(files)]
    data = bytearray(path.read_bytes())
    for _ in range(3):
        data[rng.integers(len(data))] = rng.integers(256)
    path.write_bytes(bytes(data[:rng.integers(len(data))] if seed % 3 == 0 else data))
    try:
        tool_of.convert("lerobot", str(tmp_path), csv=str(tmp_path / "csv"))
    except DatasetError as error:
        assert str(error) and "\n" not in str(error)
