# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A robot of one's own: an arm written by hand (tests/fixtures/mujoco/desk) with a policy in Python, as the tool has it
with the same policy behind a socket. And that what comes out is that of the arm that the file says."""
import json
import sys

import numpy as np
import pytest
import sweetspot
from conftest import ROOT, records

TASK = ROOT / "tests/fixtures/mujoco/desk/task.yaml"
sys.path.insert(0, str(TASK.parent))
from reach import reach  # noqa: E402


@pytest.fixture(autouse=True)
def simulated():
    try:
        sweetspot.rollout(TASK, reach, seeds=1)
    except sweetspot.Unsupported as error:
        pytest.skip(str(error))


def test_tuning_is_the_tools_to_the_byte(tool, tmp_path):
    options = dict(points={"overlap": [0, 2]}, platform="agx-orin-50w", charge_as="pi05", seeds=8)
    with sweetspot.Server(reach, obs_dim=6, action_dim=5, port=0, reads="state", name="reach") as server:
        address = f"ws://127.0.0.1:{server.port}"
        tool("tune", "--task", TASK, "--policy", address, "--platform", "agx-orin-50w", "--overlap", "0,2", "--align", "none",
             "--seeds", 8, "--confirm", 0, "--out", tmp_path / "theirs", "--quiet")
        there = sweetspot.tune(str(TASK), address, out=tmp_path / "ours", **options)
    theirs = {p.relative_to(tmp_path / "theirs"): p.read_bytes() for p in (tmp_path / "theirs").rglob("*") if p.is_file()}
    ours = {p.relative_to(tmp_path / "ours"): p.read_bytes() for p in (tmp_path / "ours").rglob("*") if p.is_file()}
    assert sorted(ours) == sorted(theirs) and [name for name in ours if ours[name] != theirs[name]] == []
    here = sweetspot.tune(TASK, reach, **options)  # without a socket
    assert (here.data["points"], here.data["verdict"]) == (there.data["points"], there.data["verdict"])
    assert here.data["run"]["task"] == "desk" and here.data["points"][0]["success"]["k"] >= 6


def test_episodes_are_the_tools(tool):
    with sweetspot.Server(reach, obs_dim=6, action_dim=5, port=0, reads="state") as server:
        want = json.loads(tool("rollout", "--task", TASK, "--policy", f"ws://127.0.0.1:{server.port}", "--seeds", 6, "--json"))
    rows = records(sweetspot.rollout(TASK, reach, seeds=6, threads=2))
    assert want["success"]["k"] == sum(r["success"] for r in rows)
    assert want["time_s"]["mean"] == pytest.approx(np.mean([r["time_s"] for r in rows if r["success"]]), rel=1e-8)


def test_the_arm_of_the_file_moves(tmp_path):
    """It needs longer where the file says that it is slower, and a mistake in the scene is told."""
    plain = records(sweetspot.rollout(TASK, reach, seeds=10))
    assert all(r["success"] for r in plain)
    (tmp_path / "scene.xml").write_text((TASK.parent / "scene.xml").read_text())
    slow = tmp_path / "task.yaml"
    slow.write_text(TASK.read_text().replace("speed_m_s: 0.4", "speed_m_s: 0.1"))
    rows = records(sweetspot.rollout(slow, reach, seeds=10))
    assert all(s["time_s"] > p["time_s"] for s, p in zip(rows, plain))
    (tmp_path / "scene.xml").write_text((tmp_path / "scene.xml").read_text().replace('joint="j4" class', 'joint="j44" class'))
    with pytest.raises(sweetspot.SweetspotError, match="scene.xml"):
        sweetspot.rollout(slow, reach, seeds=1)
