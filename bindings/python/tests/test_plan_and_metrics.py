# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Plans and metrics are the tool's; arrays are measured as files of them."""
import json

import numpy as np
import pytest
import sweetspot
from conftest import ROOT

BASE = dict(model="blip2-like", agent="paper-agent", max_delay_s=3.5, max_energy_j=2.0)
WORDS = ["--model", "blip2-like", "--agent", "paper-agent", "--max-delay", "3.5", "--max-energy", "2"]


@pytest.mark.parametrize("options,arguments", [
    ({"servers": ["paper-server"]}, ["--server", "paper-server"]),
    ({"servers": ["paper-server"], "method": "fixed", "prefer": "delay"},
     ["--server", "paper-server", "--method", "fixed", "--prefer", "delay"]),
    ({"servers": ["paper-server"], "bits": [2, 4, 8]}, ["--server", "paper-server", "--bits", "2,4,8"])])
def test_a_plan_is_the_tools(tool, monkeypatch, options, arguments):
    monkeypatch.chdir(ROOT)
    want = json.loads(tool("plan", *WORDS, *arguments, "--json", codes=(0, 1)))  # 1: no plan is feasible
    assert sweetspot.plan(**BASE, **options) == want


def test_what_cannot_be_planned_is_said(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ValueError, match="method 'best', expected one of: exact"):
        sweetspot.plan(**BASE, method="best")
    with pytest.raises(ValueError, match="no link or one a server"):
        sweetspot.plan(**BASE, links=["x"])
    with pytest.raises(sweetspot.SweetspotError, match="no models 'none', expected a path or one of: .*blip2-like"):
        sweetspot.plan(**{**BASE, "model": "none"})
    with pytest.raises(sweetspot.SweetspotError, match="there are 0 servers: expected at least as many"):
        sweetspot.plan(**BASE)
    with pytest.raises(sweetspot.SweetspotError, match="expected"):
        sweetspot.plan(**BASE, servers=["paper-server"], split="no-such-split")


def motion(n=200, hz=50.0):
    t = np.arange(n) / hz
    return {"time_s": t, "position_m": np.stack([0.3 * np.sin(t), 0.1 * t**2, 0 * t], 1),
            "joint_rad": np.stack([np.sin(t), np.cos(t)], 1), "joint_rad_s": np.stack([np.cos(t), -np.sin(t)], 1),
            "torque_nm": np.stack([2 + np.sin(3 * t), 0 * t + 1], 1), "action": t[:, None]}


def write_csv(path, series):
    names = {"time_s": ["time_s"], "position_m": ["ee_x_m", "ee_y_m", "ee_z_m"], "joint_rad": ["q1_rad", "q2_rad"],
             "joint_rad_s": ["dq1_rad_s", "dq2_rad_s"], "torque_nm": ["tau1_nm", "tau2_nm"], "action": ["a1"]}
    columns = [name for key in series for name in names[key]]
    rows = np.column_stack(list(series.values()))
    np.savetxt(path, rows, delimiter=",", header=",".join(columns), comments="", fmt="%.17g")


@pytest.mark.parametrize("options,arguments", [
    ({}, []), ({"position_noise_m": 1e-4}, ["--position-noise-m", "1e-4"]),
    ({"motor_resistance_ohm": [0.3, 0.2], "torque_constant_nm_a": [11.6, 9.0]},
     ["--motor-resistance-ohm", "0.3,0.2", "--torque-constant-nm-a", "11.6,9"])])
def test_metrics_are_the_tools_and_of_arrays_as_of_files(tool, tmp_path, options, arguments):
    path, series = tmp_path / "run.csv", motion()
    write_csv(path, series)
    want = json.loads(tool("metrics", path, *arguments, "--json"))
    got = sweetspot.metrics(path, **options)
    assert got == want
    of_arrays = sweetspot.metrics(series, **options)["trajectories"][0]["metrics"]
    assert of_arrays == got["trajectories"][0]["metrics"]
    assert len(sweetspot.metrics([path, path])["trajectories"]) == 2


def test_a_path_is_its_length_and_a_rate_may_be_given():
    line = np.linspace(0.0, 1.5, 31)[:, None] * np.array([[0.6, 0.8, 0.0]])
    document = sweetspot.metrics({"position_m": line}, control_hz=30.0)
    values = document["trajectories"][0]["metrics"]
    assert values["ee_path_m"]["value"] == pytest.approx(1.5, rel=1e-9)
    assert values["completion_time_s"]["value"] == pytest.approx(31 / 30, rel=1e-8)  # nine digits are printed
    assert values["energy_abs_j"]["value"] is None and "no torques" in json.dumps(values["energy_abs_j"])


def test_what_cannot_be_measured_is_said(tmp_path):
    line = np.zeros((5, 3))
    with pytest.raises(ValueError, match="time_s and control_hz=, expected one of them"):
        sweetspot.metrics({"position_m": line})
    with pytest.raises(ValueError, match="speed: expected time_s"):
        sweetspot.metrics({"speed": line}, control_hz=5)
    with pytest.raises(ValueError, match="expected as many of each"):
        sweetspot.metrics({"position_m": line, "action": np.zeros((4, 1))}, control_hz=5)
    with pytest.raises(ValueError, match="expected as many of each"):
        sweetspot.metrics({"joint_rad": line, "torque_nm": np.zeros((5, 2))}, control_hz=5)
    with pytest.raises(ValueError, match="expected as many numbers"):
        sweetspot.metrics({"position_m": line}, control_hz=5, motor_resistance_ohm=1.0)
    broken = line.copy()
    broken[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"position_m\[3\]\[1\] is nan, expected a finite number"):
        sweetspot.metrics({"position_m": broken}, control_hz=5)
    with pytest.raises(ValueError, match=r"time_s\[2\] is 0.5, expected more than 1.0"):
        sweetspot.metrics({"position_m": line, "time_s": [0, 1, 0.5, 2, 3]})
    with pytest.raises(sweetspot.SweetspotError, match="none.csv"):
        sweetspot.metrics(tmp_path / "none.csv")
