# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Run folders of `tune`: those of the tool on the same inputs, byte for byte, and gone on with by either."""
import json
import os
import shutil
import signal
import threading

import numpy as np
import pytest
import sweetspot
from conftest import ROOT, records

PRESS = ("press-button", "press-button")
PRESS_TOOL = ["--task", "press-button", "--policy", "press-button"]

TRACE = "point,latency_ms,first_ms\n" + "".join(
    f"steps={steps},{ms + 7 * (i % 5)},{30 + i}\n" for steps, ms in ((10, 4000), (5, 40)) for i in range(6))

MEASURED = """name: bench
description: by hand
classes:
  - {name: self, origin: measured, source: made up, affine: {base_ms: 0, per_step_ms: 10}}
  - {name: self@w8a8, origin: measured, source: made up, affine: {base_ms: 0, per_step_ms: 4}}
"""


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    """In the folder of the sources, where what ships is found; skips without MuJoCo."""
    monkeypatch.chdir(ROOT)
    try:
        sweetspot.rollout(*PRESS, seeds=1)
    except sweetspot.Unsupported as error:
        pytest.skip(str(error))


@pytest.fixture
def given(tmp_path):
    (tmp_path / "calls.csv").write_text(TRACE)
    (tmp_path / "bench.yaml").write_text(MEASURED)
    return tmp_path


def tree(folder):
    """Names and bytes of all files, but the lock."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: data for name, data in found.items() if name != ".lock"}


CASES = {
    "platform": (PRESS, PRESS_TOOL, {"points": {"steps": [10, 1], "overlap": [0, 4]}, "platform": "agx-orin-50w"},
                 ["--steps", "10,1", "--overlap", "0,4", "--platform", "agx-orin-50w"]),
    "class, noise": (PRESS, PRESS_TOOL, {"points": {"steps": [10, 1]}, "platform": "agx-orin-50w", "charge_as": "pi05",
                                         "noise": 2.0, "effect": 0.2},
                     ["--steps", "10,1", "--platform", "agx-orin-50w", "--charge-as", "pi05", "--noise", "2",
                      "--effect", "20"]),
    "trace": (PRESS, PRESS_TOOL, {"points": {"steps": [10, 5]}, "latency_trace": "calls.csv", "confirm": 5},
              ["--steps", "10,5", "--latency-trace", "calls.csv", "--confirm", 5]),
    "trace by seed": (PRESS, PRESS_TOOL, {"points": {"steps": [10, 5]}, "latency_trace": "calls.csv",
                                          "latency_draw": "seed"},
                      ["--steps", "10,5", "--latency-trace", "calls.csv", "--latency-draw", "seed"]),
    "alphas": (PRESS, PRESS_TOOL, {"points": {"steps": [10], "quant": ["fp32", "w8a8"]}, "platform": "agx-orin-30w",
                                   "alpha_from": "bench.yaml"},
               ["--steps", "10", "--quant", "fp32,w8a8", "--platform", "agx-orin-30w", "--alpha-from", "bench.yaml"]),
    "speed": (("ur5e-conveyor", "ur5e-conveyor"), ["--task", "ur5e-conveyor"],
              {"points": {"steps": [10], "overlap": [0, 4]}, "baseline": "steps=10", "platform": "agx-orin-30w",
               "speed": 1.5},
              ["--steps", "10", "--overlap", "0,4", "--platform", "agx-orin-30w", "--speed", "1.5"]),
}


def resolve(options, folder):
    """With the files that the test wrote in place of their names."""
    def path(value):
        return str(folder / value) if value in ("calls.csv", "bench.yaml") else value

    return {k: path(v) if isinstance(v, str) else v for k, v in options.items()} if isinstance(options, dict) else [
        path(word) for word in options]


@pytest.mark.parametrize("case", CASES)
def test_a_folder_is_the_tools_to_the_byte(tool, given, case):
    what, words, options, arguments = CASES[case]
    options, arguments = resolve(options, given), resolve(arguments, given)
    tool("tune", *words, *arguments, *([] if "confirm" in options else ["--confirm", 0]), "--align", "none", "--seeds", 8,
         "--out", given / "theirs", "--quiet")
    result = sweetspot.tune(*what, seeds=8, out=given / "ours", **options)
    ours, theirs = tree(given / "ours"), tree(given / "theirs")
    assert sorted(ours) == sorted(theirs) and {"run.json", "tune.csv", "tune.json"} <= set(ours)
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert result.json == (given / "theirs/tune.json").read_text() and result.folder == str(given / "ours")
    assert sweetspot.analyze(result.folder).json == tool("analyze", given / "theirs", "--json")
    if "confirm" in options:
        assert any(name.startswith("confirm/") for name in ours)  # else that was not compared


def test_options_make_a_difference(given):
    """What is compared above is no default on both sides."""
    documents = [sweetspot.tune(*what, seeds=8, **resolve(options, given)).data for what, _, options, _ in CASES.values()]
    times = [str([point["time_s"] for point in document["points"]]) for document in documents]
    assert len(set(times)) == len(times)


def test_a_folder_is_gone_on_with_by_either(tool, tmp_path):
    options = dict(points={"steps": [10, 1]}, platform="agx-orin-50w", out=tmp_path / "run")
    words = [*PRESS_TOOL, "--steps", "10,1", "--align", "none", "--platform", "agx-orin-50w", "--confirm", 0, "--out",
             tmp_path / "run", "--json", "--quiet"]
    first = sweetspot.tune(*PRESS, seeds=5, **options)
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "run/episodes").iterdir()}
    assert json.loads(tool("tune", *words, "--seeds", 5)) == first.data
    assert {p: p.stat().st_mtime_ns for p in kept} == kept  # read back, not run again
    more = json.loads(tool("tune", *words, "--seeds", 9))
    told = []
    assert sweetspot.tune(*PRESS, seeds=9, progress=lambda done, total: told.append(done), **options).data == more
    fewer = sweetspot.tune(*PRESS, seeds=5, **options)
    assert fewer.data == first.data
    files = {p: p.stat().st_mtime_ns for p in kept}
    assert sweetspot.tune(*PRESS, seeds=5, fresh=True, **options).data == first.data
    assert all(p.stat().st_mtime_ns > before for p, before in files.items())


def test_a_stopped_run_is_gone_on_with(tmp_path):
    options = dict(points={"steps": [10, 1]}, platform="agx-orin-50w", seeds=20)
    with pytest.raises(sweetspot.SweetspotError, match="stopped"):
        sweetspot.tune(*PRESS, out=tmp_path / "run", progress=lambda done, total: done < 25, **options)
    assert list((tmp_path / "run/episodes").iterdir()) and not (tmp_path / "run/tune.json").exists()
    sweetspot.tune(*PRESS, out=tmp_path / "run", **options)
    whole = sweetspot.tune(*PRESS, out=tmp_path / "whole", **options)
    assert tree(tmp_path / "run") == tree(tmp_path / "whole")
    assert whole.data["run"]["n_seeds"] == 20


def test_ctrl_c_lets_others_into_the_folder(tmp_path):
    options = dict(points={"steps": [10]}, platform="agx-orin-50w", out=tmp_path / "run")
    threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sweetspot.tune(*PRESS, seeds=100000, **options)
    sweetspot.tune(*PRESS, seeds=2, **options)


def test_a_figure_that_cannot_be_drawn_costs_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.warns(UserWarning, match="no figure: .*gnuplot: not found"):
        sweetspot.tune(*PRESS, points={"steps": [1]}, platform="agx-orin-50w", seeds=2, out=tmp_path / "run")
    assert sorted(p.name for p in (tmp_path / "run").glob("tune.*")) == ["tune.csv", "tune.json"]


def test_a_folder_of_another_setting_is_refused(tmp_path):
    options = dict(points={"steps": [1]}, seeds=2, out=tmp_path / "run")
    sweetspot.tune(*PRESS, platform="agx-orin-50w", **options)
    with pytest.raises(sweetspot.SweetspotError, match="holds a run of another setting: .*noise"):
        sweetspot.tune(*PRESS, platform="agx-orin-50w", noise=2.0, **options)


def test_an_edited_task_is_another_setting(tmp_path):
    """Files that decide episodes are compared, in a store too."""
    for name in ("press-button", "robots"):
        shutil.copytree(ROOT / "tasks" / name, tmp_path / name)
    task = tmp_path / "press-button/task.yaml"
    options = dict(points={"steps": [1]}, seeds=2, platform="agx-orin-50w")
    sweetspot.tune(task, "press-button", out=tmp_path / "run", **options)
    ran = []
    kept = dict(store=tmp_path / "kept.sqlite", progress=lambda done, total: ran.append(done), **options)
    first = sweetspot.tune(task, "press-button", **kept)
    task.write_text(task.read_text() + "# edited\n")
    with pytest.raises(sweetspot.SweetspotError, match="task.yaml"):
        sweetspot.tune(task, "press-button", out=tmp_path / "run", **options)
    assert sweetspot.tune(task, "press-button", **kept).data == first.data
    assert ran == [1, 2, 1, 2]  # all of it again


def test_a_folder_of_an_environment(cart, driver, tmp_path):
    options = dict(points={"overlap": [0, 1]}, latency_ms=100, time_limit_s=4.0, seeds=10, n_execute=3)
    result = sweetspot.tune(cart, driver, out=tmp_path / "run", **options)
    assert result.data == sweetspot.tune(cart, driver, **options).data
    again = sweetspot.analyze(tmp_path / "run").data
    assert [p["success"]["k"] for p in again["points"]] == [p["success"]["k"] for p in result.data["points"]]
    calls = []
    sweetspot.tune(cart, lambda obs: calls.append(1) or driver(obs), out=tmp_path / "other", **options)
    n, calls[:] = len(calls), []
    sweetspot.tune(cart, lambda obs: calls.append(1) or driver(obs), out=tmp_path / "other", **options)
    assert len(calls) < n / 10  # its identity alone
    with pytest.raises(ValueError, match="speed 2.0, noise 1.0: expected 1"):
        sweetspot.tune(cart, driver, speed=2.0, **options)


def test_speed_and_noise_of_rollouts(tool):
    want = json.loads(tool("rollout", "--task", "ur5e-conveyor", "--seeds", 6, "--speed", 1.5, "--noise", 3, "--json"))
    rows = records(sweetspot.rollout("ur5e-conveyor", "ur5e-conveyor", seeds=6, speed=1.5, noise=3.0))
    assert sum(r["success"] for r in rows) == want["success"]["k"]
    assert np.mean([r["time_s"] for r in rows if r["success"]]) == pytest.approx(want["time_s"]["mean"], rel=1e-8)
    for options in ({}, {"speed": 1.5}, {"noise": 3.0}):
        other = records(sweetspot.rollout("ur5e-conveyor", "ur5e-conveyor", seeds=6, **options))
        assert not np.allclose([r["time_s"] for r in rows], [r["time_s"] for r in other]), options


@pytest.mark.parametrize("wrong,said", [
    ({"latency_trace": "calls.csv", "platform": "agx-orin-50w"}, "platform=, latency_ms= and latency_trace="),
    ({"latency_trace": "calls.csv", "charge_as": "pi05"}, "charge_as=: expected with platform="),
    ({"latency_trace": "calls.csv", "latency_draw": "any"}, "latency_draw 'any', expected one of: order, seed"),
    ({"latency_ms": 5, "alpha_from": "bench.yaml"}, "alpha_from=: expected with platform="),
])
def test_what_contradicts_itself_is_said(given, wrong, said):
    with pytest.raises(ValueError, match=said):
        sweetspot.tune(*PRESS, points={"steps": [1]}, seeds=1, **resolve(wrong, given))
    (given / "calls.csv").write_text("point,latency_ms\nsteps=1,soon\n")
    with pytest.raises(sweetspot.SweetspotError, match="calls.csv:2: .*soon"):
        sweetspot.tune(*PRESS, points={"steps": [1]}, seeds=1, latency_trace=given / "calls.csv")
