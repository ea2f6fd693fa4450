#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Runs that grow, are killed, stopped, refused: what comes out is what one run at once gives, byte by byte.

    check_grow.py SWEETSPOT SOURCE_DIR

Nothing here depends on how fast a run is: it is killed or held still once so many episodes are kept, and a try that was
over before that is made again.
"""
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOOL, ROOT = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
WORK = Path(tempfile.mkdtemp())
RUN = "tune --task ur5e-conveyor --platform agx-orin-30w --steps 1,3 --threads 2 --confirm 0".split()
N_POINTS, N_SEEDS = 3, 24
TRIES = 20
RANDOM = random.Random(20)


def start(*words, **more):
    # without a gnuplot in reach: figures would take most of the time
    env = dict(os.environ, SPOT_DATA=str(ROOT), PATH="", **more.pop("env", {}))
    return subprocess.Popen([TOOL, *words], cwd=WORK, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **more)


def run(*words, code=0, **more):
    process = start(*words, **more)
    out, err = process.communicate()
    assert process.returncode == code, (words, process.returncode, err)
    return out, err


def rows(path):
    """Whole rows of a file of episodes, or those below a folder; of a store its episodes."""
    if path.suffix == ".sqlite":
        try:
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
            n = db.execute("SELECT count(*) FROM episodes").fetchone()[0]
            db.close()
            return n
        except sqlite3.OperationalError:
            return 0
    files = path.glob("episodes/*.csv") if path.is_dir() else [path] if path.exists() else []
    return sum(max(0, file.read_bytes().count(b"\n") - 2) for file in files)


def hold(process, place, want):
    """Waits until so many episodes are kept, and holds the process still. False if it was over before."""
    while process.poll() is None and rows(place) < want:
        time.sleep(0.01)
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return process.poll() is None


def interrupted(words, place, want, number, fresh):
    """Sends a signal in the middle of a run: its exit code, what it said, and what was kept when it was held."""
    for _ in range(TRIES):
        fresh()
        process = start(*words)
        if hold(process, place, want):
            kept = rows(place)
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)
            out, err = process.communicate()
            if process.returncode != 0:
                return process.returncode, out, err, kept
        process.communicate()
    raise AssertionError(f"never in the middle of {words}")


def same(a, b, names=("tune.json", "tune.csv", "episodes")):
    """Two folders hold the same bytes."""
    for name in names:
        for file in [WORK / a / name] if "." in name else sorted((WORK / a / name).iterdir()):
            other = WORK / b / file.relative_to(WORK / a)
            assert not file.exists() or file.read_bytes() == other.read_bytes(), f"{file} and {other} differ"
    mine, others = ({p.name for p in (WORK / x / "episodes").glob("*")} for x in (a, b))
    assert "episodes" not in names or mine == others, (mine, others)


def check_growth():
    run(*RUN, "--seeds", "14", "--out", "at_once")
    run(*RUN, "--seeds", "5", "--out", "part")
    shutil.copytree(WORK / "part", WORK / "grown")
    run(*RUN, "--seeds", "14", "--out", "grown")
    same("at_once", "grown")
    _, err = run(*RUN, "--seeds", "5", "--out", "grown")
    assert "3 of 3 points read back" in err, err
    same("part", "grown", ("tune.json", "tune.csv"))
    same("at_once", "grown", ("episodes",))
    for folder, k in ("grown", 5), ("at_once", 14):  # the folder holds more than its last run was about
        out, _ = run("analyze", folder, "--json")
        assert all(p["success"]["n"] == k for p in json.loads(out)["points"]), out
    run(*RUN, "--seeds", "14", "--out", "grown", "--fresh")
    same("at_once", "grown")
    # seeds in front of those that are there
    run(*RUN, "--seed", "5", "--seeds", "9", "--out", "behind")
    run(*RUN, "--seeds", "14", "--out", "behind")
    same("at_once", "behind")
    assert not list(WORK.glob("*/.lock")) + list(WORK.glob("*/episodes/.lock")), "a lock is left"


def check_killed():
    """Killed at random moments, again and again."""
    words = [*RUN, "--seeds", str(N_SEEDS)]
    run(*words, "--out", "whole")
    run(*words, "--out", "stored", "--store", "whole.sqlite")
    same("whole", "stored", ("tune.json", "tune.csv"))
    for out, store in ("killed", []), ("killed-store", ["--store", "killed.sqlite"]):
        place = WORK / (store[1] if store else out)
        killed = 0
        for want in sorted(RANDOM.sample(range(1, N_SEEDS * N_POINTS), 3)):
            process = start(*words, "--out", out, *store)
            if hold(process, place, want):
                process.send_signal(signal.SIGCONT)
                time.sleep(RANDOM.uniform(0.0, 0.2))
            process.kill()
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
            if process.returncode == -signal.SIGKILL:
                assert not (WORK / out / "tune.json").exists(), "a killed run says that it is done"
        if killed and not store:  # and in the middle of a row
            file = max((WORK / out / "episodes").glob("*.csv"))
            if not file.read_bytes().endswith(b"\n1,"):
                file.open("ab").write(b"39,1,0,1,5.")
        run(*words, "--out", out, *store)
        same("whole", out, ("tune.json", "tune.csv") + (() if store else ("episodes",)))
        assert rows(place) == N_SEEDS * N_POINTS, rows(place)
    same_store = [sqlite3.connect(WORK / name).execute(
        "SELECT p.point, e.* FROM episodes e JOIN points p ON p.id = point_id ORDER BY 1, seed").fetchall()
        for name in ("whole.sqlite", "killed.sqlite")]
    assert [[r[:1] + r[2:] for r in s] for s in same_store][0] == [r[:1] + r[2:] for r in same_store[1]]


def check_signals():
    words = [*RUN, "--seeds", str(N_SEEDS), "--out", "stopped"]
    for number, code, name in (signal.SIGINT, 130, "Ctrl-C (SIGINT)"), (signal.SIGTERM, 143, "SIGTERM"):
        got, out, err, kept = interrupted(words, WORK / "stopped", 3, number,
                                          lambda: shutil.rmtree(WORK / "stopped", ignore_errors=True))
        said = re.search(r"stopped by (.*): (\d+) of 72 episodes are done and kept in stopped/episodes; the "
                         r"same command goes on with them", err)
        assert got == code and said and said[1] == name and out == "", (got, out, err)
        assert kept <= int(said[2]) == rows(WORK / "stopped"), (kept, said[0])
        assert not (WORK / "stopped/tune.json").exists()
        run(*words)
        same("whole", "stopped")


def check_second_process():
    words = [*RUN, "--seeds", str(N_SEEDS), "--out", "busy"]
    for _ in range(TRIES):
        shutil.rmtree(WORK / "busy", ignore_errors=True)
        process = start(*words)
        if hold(process, WORK / "busy", 1):
            out, err = run(*words, code=1)
            assert f"busy: process {process.pid} on " in err and "is at work there" in err and out == "", err
            process.send_signal(signal.SIGCONT)
            process.communicate()
            assert process.returncode == 0
            same("whole", "busy")
            return
        process.communicate()
    raise AssertionError("never two at once")


def check_names():
    """Another setting has a folder of its own, whose name says what differs; what is there stays as it is."""
    one = [*RUN[:5], "--steps", "10", "--seeds", "1", "--threads", "1"]
    plain = "runs/ur5e-conveyor-agx-orin-30w"
    assert f"{plain}/tune.csv" in run(*one)[0]
    assert f"{plain}-speed-2-noise-0.5/tune.csv" in run(*one, "--speed", "2", "--noise", "0.5")[0]
    assert f"{plain}-paper-cadence/tune.csv" in run(*one, "--clock", "paper", "--schedule", "cadence")[0]
    assert f"{plain}-pi05/tune.csv" in run(*one, "--charge-as", "pi05")[0]
    shutil.copytree(ROOT / "policies/ur5e-conveyor", WORK / "mine")
    out, err = run(*one, "--policy", "./mine")
    assert "runs/ur5e-conveyor-mine-agx-orin-30w/tune.csv" in out and "another setting" not in err
    before = {p: p.read_bytes() for p in (WORK / "runs").rglob("*") if p.is_file()}
    weights = bytearray((WORK / "mine/model.safetensors").read_bytes())
    size = int.from_bytes(weights[:8], "little")
    offset = 8 + size + json.loads(weights[8:8 + size])["norm.obs_mean"]["data_offsets"][0] \
        if "norm.obs_mean" in json.loads(weights[8:8 + size]) else len(weights) - 3
    weights[offset] ^= 0x40
    (WORK / "mine/model.safetensors").write_bytes(weights)
    out, err = run(*one, "--policy", "./mine")
    found = re.search(r"data:\s+(runs/ur5e-conveyor-mine-agx-orin-30w-\S*model.safetensors-[0-9a-f]{8})/tune.csv", out)
    assert found and f"results in {found[1]}, as another setting is in runs/ur5e-conveyor-mine-agx-orin-30w: " in err, (
        out, err)
    assert "3 of 3" not in err and "read back" in run(*one, "--policy", "./mine")[1], "not found again"
    # what an older version kept
    file = WORK / plain / "episodes/steps=10_overlap=0.csv"
    file.write_text(file.read_text().replace("format 4", "format 3", 1))
    before[file] = file.read_bytes()
    out, err = run(*one)
    assert f"{plain}-format-4/tune.csv" in out and "format is 3 there and 4 here" in err, (out, err)
    for path, was in before.items():
        assert path.read_bytes() == was, f"{path} was written to"
    # damaged, or none of ours: said, not gone round
    (WORK / plain / "run.json").write_text("{\n")
    assert f"{plain}/run.json:" in run(*one, code=2)[1]
    (WORK / plain / "run.json").write_text('{"kind": "sweetspot-run", "schema": 2, "setting": "", "made_by": []}')
    assert f"{plain}/run.json:1: " in run(*one, code=2)[1]


def check_full_disk():
    """A limit on the size of files stands for a disk that fills: what was kept is kept."""
    words = [*RUN, "--seeds", str(N_SEEDS), "--out", "full", "--quiet"]
    _, err = run(*words, code=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)))
    assert "cannot write: File too large" in err and "full/episodes/" in err, err
    run(*words)
    same("whole", "full")


def check_rollout():
    words = "rollout --task ur5e-conveyor --delay-ms 300 --point steps=2 --seeds 60 --threads 2 --json".split()
    whole, _ = run(*words, "--episodes", "whole.csv")
    part = WORK / "e.csv.part"

    def fresh():
        for name in "e.csv", "e.csv.part":
            (WORK / name).unlink(missing_ok=True)

    for number, code in (signal.SIGTERM, 143), (signal.SIGKILL, -9):
        got, out, err, kept = interrupted([*words, "--episodes", "e.csv"], part, 5, number, fresh)
        assert got == code and out == "" and rows(part) >= kept >= 5 and not (WORK / "e.csv").exists(), (got, err)
        if number == signal.SIGTERM:
            assert f"SIGTERM: {rows(part)} of 60 episodes are done and kept in e.csv.part; the same" in err, err
        held = part.read_bytes()
        _, err = run(*words, "--episodes", "e.csv", "--speed", "1.5", code=2)
        assert "e.csv.part:1: episodes of another setting: speed is 1 there and 1.5 here" in err, err
        assert part.read_bytes() == held
        again, _ = run(*words, "--episodes", "e.csv")
        assert again == whole, "a rollout that was stopped says something else"
        assert (WORK / "e.csv").read_bytes() == (WORK / "whole.csv").read_bytes()
        assert not part.exists() and not (WORK / "e.csv.part.lock").exists()


def check_progress():
    """Without a terminal: lines, and never a bar."""
    _, err = run(*RUN, "--seeds", "3", "--out", "lines", env={"SPOT_PROGRESS_S": "1e-9"})
    lines = re.findall(r"^tune: (\d+)/9, \d+ s left$", err, re.M)
    assert [int(n) for n in lines] == list(range(1, 10)) and "\r" not in err, err
    _, err = run(*RUN, "--seeds", "3", "--out", "quiet", "--quiet", env={"SPOT_PROGRESS_S": "1e-9"})
    assert "left" not in err, err


try:
    check_growth()
    check_killed()
    check_signals()
    check_second_process()
    check_names()
    check_full_disk()
    check_rollout()
    check_progress()
    print("ok")
finally:
    shutil.rmtree(WORK)
