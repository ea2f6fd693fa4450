# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Analysis from Python is the tool's, to the byte; rows that are handed over are as a file of them."""
import csv
import json
import os
import signal
import threading

import numpy as np
import pytest
import sweetspot
from conftest import ROOT


def write_trials(path, n=60):
    rng = np.random.default_rng(5)
    rows = [dict(point=f"steps={k}", steps=k, seed=s, success=int(rng.random() < p), time_s=round(t + rng.random(), 4),
                 chunks=10 + s % 3, t_inf_s=0.1 * k, chunk_actions=8, t_act_s=0.1, note="a,\"b\"")
            for k, p, t in ((10, 0.9, 9.0), (5, 0.95, 6.0), (1, 0.6, 7.5)) for s in range(n)]
    with open(path, "w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return rows


@pytest.mark.parametrize("options,arguments", [
    ({}, []), ({"regime": "dynamic"}, ["--regime", "dynamic"]), ({"baseline": "steps=5"}, ["--baseline", "steps=5"]),
    ({"map": {"note": ""}, "budget_s": 20.0}, ["--map", "note=", "--budget", "20"]),
    ({"t_inf_s": 0.4}, ["--t-inf", "0.4"]),
    ({"platform": "agx-orin-30w", "charge_as": "pi05"}, ["--platform", "agx-orin-30w", "--charge-as", "pi05"]),
    ({"map": "t_act_s=,chunk_actions=", "action_s": 0.2, "n_action": 4},
     ["--map", "t_act_s=,chunk_actions=", "--t-act", "0.2", "--chunk", "4"]),
    ({"map": {"seed": "trial"}, "paired": True}, ["--map", "seed=trial", "--paired"]),
    ({"map": {"seed": "trial"}}, ["--map", "seed=trial"]),
    ({"resamples": 300}, ["--resamples", "300"])])
def test_json_is_the_tools_to_the_byte(tool, tmp_path, options, arguments):
    path = tmp_path / "trials.csv"
    write_trials(path)
    want = tool("analyze", path, *arguments, "--json")
    assert sweetspot.analyze(path, **options).json == want


def test_an_effect_is_a_share(tool, monkeypatch):
    monkeypatch.chdir(ROOT)
    plain, ten = (tool("analyze", "published:dom-cr", *words, "--json") for words in ([], ["--effect", "10"]))
    assert sweetspot.analyze("published:dom-cr", effect=0.1).json == ten != plain


# ---- on another computer ----

BENCH = """name: bench
description: by hand
classes:
  - {name: self, origin: measured, source: made up, affine: {base_ms: 0, per_step_ms: 10}}
  - {name: self@w8a8, origin: measured, source: made up, affine: {base_ms: 0, per_step_ms: 4}}
"""


def test_predictions_are_the_tools_to_the_byte(tool, tmp_path):
    path, bench = tmp_path / "trials.csv", tmp_path / "bench.yaml"
    rows = write_trials(path)
    bench.write_text(BENCH)
    there = sweetspot.analyze(path, t_inf_s=3.0)
    assert there.json == tool("analyze", path, "--t-inf", "3", "--json") != sweetspot.analyze(path).json
    # N chunks of eight actions of 0.1 s each, and an inference of 0.3 times as many steps as 10 are 3 s
    assert [p["t_inf_s"] for p in there.prediction["points"]] == pytest.approx([3.0, 1.5, 0.3])
    assert [p["t_chunk_s"] for p in there.prediction["points"]] == pytest.approx([3.8, 2.3, 1.1])
    assert there.prediction["platform"] == "a computer of 3 s an inference"
    assert there.prediction["text"] in json.loads(there.json)["prediction"]["text"]
    text = tool("analyze", path, "--t-inf", "3")
    assert there.table() in text and there.prediction_table() in text
    options = {"platform": "agx-orin-30w", "charge_as": "pi05"}
    words = ["--platform", "agx-orin-30w", "--charge-as", "pi05"]
    assert sweetspot.analyze(path, **options).json == tool("analyze", path, *words, "--json")
    quant = tmp_path / "quant.csv"
    with open(quant, "w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({**r, "point": "steps=10" if r["steps"] == 10 else "steps=10 quant=w8a8", "steps": 10}
                         for r in rows if r["steps"] != 1)
    want = tool("analyze", quant, *words, "--alpha-from", bench, "--json")
    assert sweetspot.analyze(quant, alpha_from=bench, **options).json == want
    assert want != tool("analyze", quant, *words, "--json")


def test_what_cannot_be_predicted_is_said(tool, monkeypatch):
    monkeypatch.chdir(ROOT)
    some = sweetspot.analyze("published:kinetix", t_inf_s=0.2)
    assert some.json == tool("analyze", "published:kinetix", "--t-inf", "0.2", "--json")
    assert list(some.unpredicted) == ["no delay"] and "alpha" in some.unpredicted["no delay"]
    assert [s["setting"] for s in some.settings if s.get("prediction") is None] == ["no delay"]
    with pytest.raises(ValueError, match="no prediction of it"):
        some.prediction_table(0)
    rows = [{"point": p, "success": i % 2} for p in "ab" for i in range(20)]
    with pytest.raises(sweetspot.Unsupported, match="no prediction from '.*': .*alpha"):
        sweetspot.analyze(rows, t_inf_s=0.2)
    with pytest.raises(ValueError, match="no prediction was asked for"):
        sweetspot.analyze(rows).prediction
    for wrong, said in (({"platform": "agx-orin-30w"}, "expected charge_as= with it"),
                        ({"platform": "agx-orin-30w", "charge_as": "pi05", "t_inf_s": 1.0}, "expected one of them"),
                        ({"t_inf_s": 1.0, "alpha_from": "agx-orin-30w"}, "expected with platform=")):
        with pytest.raises(ValueError, match=said):
            sweetspot.analyze("published:dom-cr", **wrong)
    with pytest.raises(sweetspot.SweetspotError, match="a latency of -1 s, expected 0 to less than"):
        sweetspot.analyze("published:dom-cr", t_inf_s=-1.0)


@pytest.mark.parametrize("source", ["published:dom-cr", "published:kinetix", "published:real-static"])
def test_published_tables_too(tool, source, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert sweetspot.analyze(source).json == tool("analyze", source, "--json")


def test_rows_are_as_a_file_of_them(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "trials.csv"
    rows = write_trials(path)
    want = sweetspot.analyze(path).data
    for source in (rows, pandas.DataFrame(rows)):
        assert sweetspot.analyze(source).data == want
    for row in rows:
        row["chunks"] = None if row["steps"] == 1 else row["chunks"]  # unknown, as an empty cell
    twice = pandas.concat([pandas.DataFrame(rows), pandas.DataFrame(rows)[["time_s"]] * 10], axis=1)
    with pytest.raises(ValueError, match="a DataFrame that has twice: time_s; expected each column once"):
        sweetspot.analyze(twice)
    frame = pandas.DataFrame(rows)
    assert sweetspot.analyze(rows).data == sweetspot.analyze(frame).data != want


def test_points_are_rows_with_intervals_beside_them(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "trials.csv"
    rows = write_trials(path)
    result = sweetspot.analyze(path)
    points = result.points
    assert isinstance(points, pandas.DataFrame) and list(points["point"]) == ["steps=10", "steps=5", "steps=1"]
    times = [r["time_s"] for r in rows if r["steps"] == 5 and r["success"]]
    five = points[points["point"] == "steps=5"].iloc[0]
    assert five["time_s"] == pytest.approx(np.mean(times), rel=1e-8)  # nine digits are printed
    assert five["time_s_lo"] < five["time_s"] < five["time_s_hi"]
    assert result.verdict["best"] == "steps=5" and "steps=5" in result.text and "steps=5" in result.table()


def test_a_figure_is_drawn(tmp_path):
    path = tmp_path / "trials.csv"
    write_trials(path)
    try:
        files = sweetspot.analyze(path).figure(str(tmp_path / "fig.svg"))
    except sweetspot.Unsupported as error:
        pytest.skip(str(error))
    assert [os.path.getsize(f) > 1000 for f in files] == [True, True]


def test_several_settings_are_asked_for_by_number(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = sweetspot.analyze("published:kinetix")
    assert len(result.settings) > 1
    with pytest.raises(ValueError, match="expected setting= one of: 0 '"):
        result.points
    assert len(result.points_of(1)) == len(result.settings[1]["points"])


def test_what_is_wrong_is_said_in_one_line(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("point,seed,success\na,0,1\na,1,maybe\n")
    with pytest.raises(sweetspot.SweetspotError, match=r"bad.csv:3: .*maybe"):
        sweetspot.analyze(path)
    with pytest.raises(sweetspot.SweetspotError, match=r"^rows:3: .*maybe"):
        sweetspot.analyze([{"point": "a", "success": 1}, {"point": "a", "success": "maybe"}])
    with pytest.raises(sweetspot.SweetspotError) as caught:
        sweetspot.analyze(tmp_path / "none.csv")
    assert caught.value.status < 0 and "none.csv" in str(caught.value)
    with pytest.raises(ValueError, match="regime 'quick', expected one of: auto, static, dynamic"):
        sweetspot.analyze(path, regime="quick")
    for name, value, expected in (("budget_s", -1, "0 or more"), ("action_s", float("nan"), "0 or more"),
                                  ("n_action", -2, "0 or more"), ("effect", 1.0, "less than 1"), ("resamples", 99, "100 to")):
        with pytest.raises(ValueError, match=f"{name}={value}, expected .*{expected}"):
            sweetspot.analyze(path, **{name: value})
    with pytest.raises(ValueError, match="no rows"):
        sweetspot.analyze([])
    with pytest.raises(ValueError, match="no source"):
        sweetspot.analyze()


def test_ctrl_c_ends_a_long_analysis(tmp_path):
    path = tmp_path / "trials.csv"
    write_trials(path, n=2000)
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sweetspot.analyze(path, resamples=1000000)


def test_calls_from_threads_do_not_wait_for_each_other(tmp_path):
    path = tmp_path / "trials.csv"
    write_trials(path)
    want, got = sweetspot.analyze(path).json, [None] * 4

    def work(i):
        got[i] = sweetspot.analyze(path).json

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [want] * 4 and json.loads(want)["kind"] == "sweetspot-analyze"
