#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Reads the logs of tests/fixtures/logs with csv and json and compares what analyze says of them without options.

    check_logs.py SWEETSPOT FOLDER
"""
import collections
import csv
import json
import statistics
import subprocess
import sys

tool, folder = sys.argv[1:]


def analyze(*sources):
    run = subprocess.run([tool, "analyze", *sources, "--json", "--resamples", "100"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    return answer.get("settings", [answer]), run.stderr


def says(words, *arguments):
    run = subprocess.run([tool, "analyze", *arguments, "--resamples", "100"], capture_output=True, text=True)
    text = " ".join(run.stdout.split())
    assert words in text, (words, text)


def rows(name, delimiter=","):
    with open(f"{folder}/{name}", encoding="utf-8") as f:
        return list(csv.DictReader((line for line in f if not line.startswith("#")), delimiter=delimiter))


def near(a, b):
    assert abs(a - b) <= 1e-8 * abs(b), (a, b)


def by_name(setting):
    return {p["point"]: p for p in setting["points"]}


# lerobot-eval: two folders, 30 episodes each over three tasks
files = [f"{folder}/lerobot/steps{s}/eval_info.json" for s in (10, 2)]
(setting,), _ = analyze(*files)
for path, name in zip(files, ("steps10", "steps2")):
    successes = [ok for task in json.load(open(path))["per_task"] for ok in task["metrics"]["successes"]]
    point = by_name(setting)[name]
    assert (point["success"]["k"], point["success"]["n"]) == (sum(successes), 30), point["success"]
assert setting["baseline"] == "steps10"
says("baseline 'steps10', 30 trials a point, 3 tasks)", *files)

# LeRobot's episodes in a table: on the same seeds, another robot, T_act from fps, chunk_size is not n
(setting,), err = analyze(f"{folder}/lerobot_episodes.csv")
says("cuda, so101 (", f"{folder}/lerobot_episodes.csv")
says("same seeds at every point, 20 trials a point, n = 10, T_act = 0.0333333 s", f"{folder}/lerobot_episodes.csv")
for steps in ("10", "2"):
    own = [r for r in rows("lerobot_episodes.csv") if r["num_inference_steps"] == steps]
    point = by_name(setting)[f"smolvla steps={steps}"]
    assert point["success"]["k"] == sum(r["success"] == "True" for r in own)
    near(point["t_inf_s"], statistics.mean(float(r["inference_ms"]) for r in own) / 1000)
assert "chunk_size" in err and "sum_reward" in err, err

# openpi on LIBERO, a row a task
(setting,), _ = analyze(f"{folder}/openpi_libero.csv")
for policy in ("pi05_libero", "pi05_libero_int8"):
    own = [r for r in rows("openpi_libero.csv") if r["policy"] == policy]
    point = by_name(setting)[policy]
    assert point["success"]["k"] == sum(int(r["successes"]) for r in own) and point["success"]["n"] == 100
    near(point["t_inf_s"], float(own[0]["infer_ms"]) / 1000)
    assert point["n_execute"] == 5
says("100 trials a point, 2 tasks)", f"{folder}/openpi_libero.csv")

# rates alone, in percent
(setting,), _ = analyze(f"{folder}/openpi_rates.csv")
assert [p["success"]["k"] for p in setting["points"]] == [494 + 462, 487 + 441]

# a robot's own: two computers are two settings, whatever the columns are called
settings, err = analyze(f"{folder}/robot.csv")
assert [s["setting"] for s in settings] == ["RTX 4070, UR5e", "Orin NX, UR5e"], settings
for setting, gpu in zip(settings, ("RTX 4070", "Orin NX")):
    for steps in ("8", "2"):
        own = [r for r in rows("robot.csv", ";") if (r["GPU"], r["Denoise Steps"]) == (gpu, steps)]
        won = [r for r in own if r["Result"] == "pass"]
        point = by_name(setting)[f"steps={steps}"]
        assert (point["success"]["k"], point["success"]["n"]) == (len(won), 12)
        near(point["time_s"]["mean"], statistics.mean(float(r["Duration (s)"]) for r in won))
        near(point["chunks"], statistics.mean(float(r["n policy calls"]) for r in won))
        near(point["t_chunk_s"], 8 / 10 + point["t_inf_s"])
        near(point["t_inf_s"], statistics.mean(float(r["Latency (ms)"]) for r in own) / 1000)
# the same trials pair where the user says so
says("RTX 4070, UR5e (* best, ~ not told apart from it, 0 baseline 'steps=8', 12 trials a point, n = 8,", f"{folder}/robot.csv")
says("baseline 'steps=8', same seeds at every point, 12 trials a point, n = 8, T_act = 0.1 s)", f"{folder}/robot.csv",
     "--paired")

# a control loop's: delays are those of the inferences, episodes pair by seed
(setting,), _ = analyze(f"{folder}/robot_loop.csv")
sums = collections.Counter()
for r in rows("robot_loop.csv"):
    sums[r["point"], "wait"] += float(r["wait_s"])
    sums[r["point"], "inferences"] += int(r["inferences"])
for point in setting["points"]:
    near(point["delay_s"], sums[point["point"], "wait"] / sums[point["point"], "inferences"])
says("same seeds at every point, 15 trials a point, n = 8, T_act = 0.02 s", f"{folder}/robot_loop.csv")
print("ok")
