# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Datasets of others as our files. robomimic's own reader on them, and LeRobot's tables: test_convert_peers.py."""
import csv
import json
import subprocess
import sys

import numpy as np
import pytest
import sweetspot
from conftest import ROOT
from sweetspot import convert as tool_of
from sweetspot.datasets import DatasetError

h5py = pytest.importorskip("h5py")
N = 40


def write_robomimic(path, names, rate=20, lengths=(N, N - 7), rewards=True, task="lift"):
    """A file as robomimic has it: names of obs with their widths."""
    rng = np.random.default_rng(3)
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        if rate:
            data.attrs["env_args"] = json.dumps({"env_name": task, "type": 1, "env_kwargs": {"control_freq": rate}})
        for i, n in enumerate(lengths):
            group = data.create_group(f"demo_{i}")
            group.attrs["num_samples"] = n
            group["actions"] = rng.normal(size=(n, 7))
            group["dones"] = np.arange(n) == n - 1
            if rewards:
                group["rewards"] = (np.arange(n) == n - 1) * float(i == 0)
            for name, width in names.items():
                group[f"obs/{name}"] = np.cumsum(rng.normal(size=(n, width)), axis=0) / 100
            group["obs/agentview_image"] = np.zeros((n, 4, 4, 3), np.uint8)
    return path


ROBOMIMIC = {"robot0_eef_pos": 3, "robot0_joint_pos": 7, "robot0_joint_vel": 7, "object": 10}
LIBERO = {"ee_states": 6, "joint_states": 7, "gripper_states": 2}


def values(document):
    """Metrics by trajectory, without what says where they are from."""
    return [{k: (m["value"], m.get("reason")) for k, m in t["metrics"].items()} for t in document["trajectories"]]


@pytest.mark.parametrize("kind,names", [("robomimic", ROBOMIMIC), ("libero", LIBERO)])
def test_what_was_a_file_is_the_same_motion_in_ours(tmp_path, kind, names):
    source = write_robomimic(tmp_path / "theirs.hdf5", names)
    assert tool_of.convert(kind, str(source), out=str(tmp_path / "ours.hdf5"), csv=str(tmp_path / "csv")) == 2
    want = values(sweetspot.metrics(source))
    assert values(sweetspot.metrics(tmp_path / "ours.hdf5")) == want
    with h5py.File(source, "a") as file:  # a demonstration ends with its last sample, where it does not say it
        del file["data/demo_0/dones"]
    tool_of.convert(kind, str(source), out=str(tmp_path / "ours.hdf5"))
    with h5py.File(tmp_path / "ours.hdf5") as file:
        assert list(file["data/demo_0/dones"]) == [0] * (N - 1) + [1]
    ours = values(sweetspot.metrics([tmp_path / "csv/demo_0.csv", tmp_path / "csv/demo_1.csv"]))
    assert [t.pop("completion_time_s") for t in ours] == [((N - 1) / 20, None), ((N - 8) / 20, None)]  # between stamps
    for a, b in zip(want, ours):
        for name in b:  # a CSV has time stamps, the file a rate: as much as that rounds
            assert a[name] == b[name] or a[name][0] == pytest.approx(b[name][0], rel=1e-6), name
    assert want[0]["ee_path_m"][0] > 0 and want[0]["joint_path_rad"][0] > 0


def test_episodes_are_what_analyze_reads(tmp_path):
    source = write_robomimic(tmp_path / "theirs.hdf5", ROBOMIMIC)
    tool_of.convert("robomimic", str(source), csv=str(tmp_path / "csv"), point="steps=5")
    rows = list(csv.DictReader(open(tmp_path / "csv/episodes.csv")))
    assert [(r["point"], r["task"], r["success"], float(r["time_s"])) for r in rows] == [
        ("steps=5", "lift", "1", N / 20), ("steps=5", "lift", "0", (N - 7) / 20)]
    point = sweetspot.analyze(tmp_path / "csv/episodes.csv").data["points"][0]
    assert (point["point"], point["success"]["k"], point["success"]["n"]) == ("steps=5", 1, 2)
    write_robomimic(source, ROBOMIMIC, rewards=False)  # then nothing says who succeeded
    tool_of.convert("robomimic", str(source), csv=str(tmp_path / "csv"))
    assert "success" not in open(tmp_path / "csv/episodes.csv").readline()


def test_channels_are_taken_by_name_and_unit(tmp_path):
    source = write_robomimic(tmp_path / "theirs.hdf5", {"arm": 9}, lengths=(N,))
    take = ["joint_rad=arm[0:6]:deg", "position_m=arm[6:9]:mm", "torque_nm=action[0:6]"]
    tool_of.convert("robomimic", str(source), out=str(tmp_path / "ours.hdf5"), csv=str(tmp_path / "csv"), take=take)
    with h5py.File(source) as theirs, h5py.File(tmp_path / "ours.hdf5") as ours:
        arm, obs = theirs["data/demo_0/obs/arm"][:], ours["data/demo_0/obs"]
        assert np.allclose(obs["robot0_joint_pos"][:], np.deg2rad(arm[:, :6]), rtol=1e-15, atol=0)
        assert np.allclose(obs["robot0_eef_pos"][:], arm[:, 6:] / 1000, rtol=1e-15, atol=0)
        assert np.array_equal(obs["robot0_joint_torque"][:], theirs["data/demo_0/actions"][:, :6])
        assert "agentview_image" not in obs and np.array_equal(obs["arm"][:], arm)
    header, first = open(tmp_path / "csv/demo_0.csv").read().split("\n")[:2]
    assert header.startswith("time_s,ee_x_m,ee_y_m,ee_z_m,q1_rad,") and header.endswith(",a6,a7")
    assert float(first.split(",")[4]) == pytest.approx(np.deg2rad(arm[0, 0]), rel=1e-15)


def test_demonstrations_of_the_tool_are_read_too(tool, tmp_path):
    tool("demo", "--task", "press-button", "--episodes", 2, "--out", tmp_path / "demos.hdf5")
    tool_of.convert("robomimic", str(tmp_path / "demos.hdf5"), out=str(tmp_path / "ours.hdf5"), take=["position_m=anchor[0:3]"])
    theirs, ours = (values(sweetspot.metrics(tmp_path / f"{name}.hdf5")) for name in ("demos", "ours"))
    assert [t["completion_time_s"] for t in ours] == [t["completion_time_s"] for t in theirs]


def run(*words):
    return subprocess.run([sys.executable, "-B", "-m", "sweetspot.convert", *map(str, words)], capture_output=True, text=True,
                          cwd=ROOT / "bindings/python")


def test_the_command_says_what_it_wrote(tmp_path):
    source = write_robomimic(tmp_path / "theirs.hdf5", ROBOMIMIC)
    done = run("robomimic", source, "--out", tmp_path / "ours.hdf5")
    assert (done.returncode, done.stdout) == (0, f"2 episodes: {tmp_path}/ours.hdf5\n")


BAD = [
    (["robomimic", "{dir}/none.hdf5", "--out", "{dir}/x"], "none.hdf5: "),
    (["robomimic", "{dir}/text.hdf5", "--out", "{dir}/x"], "expected an HDF5 file"),
    (["robomimic", "{dir}/ok.hdf5"], "nothing to write, expected --out FILE, --csv FOLDER, or both"),
    (["robomimic", "{dir}/ok.hdf5", "--out", "{dir}/x", "--take", "speed=arm"], "--take speed=arm: expected CHANNEL=NAME"),
    (["robomimic", "{dir}/ok.hdf5", "--out", "{dir}/x", "--take", "joint_rad=arm[3:3]"], "[3:3] is empty"),
    (["robomimic", "{dir}/ok.hdf5", "--out", "{dir}/x", "--take", "joint_rad=leg"], "demo_0: no leg, expected one of: object"),
    (["robomimic", "{dir}/ok.hdf5", "--out", "{dir}/x", "--take", "joint_rad=object[0:11]"], "has 10 columns, expected 11"),
    (["robomimic", "{dir}/norate.hdf5", "--out", "{dir}/x"], "no control_freq in data/env_args, expected it or --control-hz"),
    (["robomimic", "{dir}/empty.hdf5", "--out", "{dir}/x"], "no data/demo_0, expected demonstrations"),
    (["robomimic", "{dir}/short.hdf5", "--out", "{dir}/x"], "data/demo_0/obs/object: 5 samples, expected 40 as of actions"),
    (["robomimic", "{dir}/nan.hdf5", "--out", "{dir}/x"], "data/demo_1/obs/object: not finite"),
    (["lerobot", "{dir}", "--out", "{dir}/x"], "meta/info.json: No such file or directory, expected the folder of a"),
]


@pytest.mark.parametrize("words,says", BAD)
def test_what_is_wrong_is_one_line_and_nothing_is_left(tmp_path, words, says):
    (tmp_path / "text.hdf5").write_text("hello")
    write_robomimic(tmp_path / "ok.hdf5", ROBOMIMIC)
    write_robomimic(tmp_path / "norate.hdf5", ROBOMIMIC, rate=0)
    h5py.File(tmp_path / "empty.hdf5", "w").close()
    for name, change in (("short", lambda d: d["demo_0"].__setitem__("obs/object", np.zeros((5, 2)))),
                         ("nan", lambda d: d["demo_1"].__setitem__("obs/object", np.full((N - 7, 2), np.nan)))):
        write_robomimic(tmp_path / f"{name}.hdf5", {"robot0_eef_pos": 3})
        with h5py.File(tmp_path / f"{name}.hdf5", "a") as file:
            change(file["data"])
    done = run(*(word.format(dir=tmp_path) for word in words))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("sweetspot.convert: ") and done.stderr.count("\n") == 1 and says in done.stderr, done.stderr
    assert not list(tmp_path.glob("x*"))


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/info.json").write_text(json.dumps({"codebase_version": "v3.0", "fps": 30, "features": {"action": {}}}))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DatasetError, match="this needs pyarrow, which is not installed, expected: pip install pyarrow"):
        tool_of.convert("lerobot", str(tmp_path), out=str(tmp_path / "x"))
    for version in ("v1.6", "v30"):
        (tmp_path / "meta/info.json").write_text(json.dumps({"codebase_version": version, "fps": 30, "features": {}}))
        with pytest.raises(DatasetError, match="expected v2.0 to v3"):
            tool_of.convert("lerobot", str(tmp_path), out=str(tmp_path / "x"))
