#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""`sweetspot metrics` against numpy: every number of a CSV, a robomimic, a LIBERO and an own file again from its
definition, and what it makes of HDF5 files that are broken.

    check_metrics.py SWEETSPOT SOURCE_DIR

Exit 77 (skipped) without numpy or h5py.
"""
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError:
    sys.exit(77)

TOOL = [str(Path(sys.argv[1]).resolve())]
ROOT = Path(sys.argv[2]).resolve()
DIGITS = 1e-7  # JSON has nine digits
NOISE, OHM, NM_A = 2e-4, [0.4, 0.3, 0.2, 0.1, 0.2, 0.3, 0.4], [11.0, 9.0, 8.0, 5.0, 4.0, 3.0, 2.0]


def run(*words):
    return subprocess.run(TOOL + ["metrics", *map(str, words)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "SPOT_DATA": str(ROOT)})


def measured(*words):
    done = run(*words, "--json")
    assert done.returncode == 0, (words, done.stderr)
    return json.loads(done.stdout)


# The definitions --------------------------------------------------------------------------------------------------


def jerk(rows):
    size = np.linalg.norm(rows, axis=1)
    return np.mean(size**2), np.sqrt(np.mean(size**2)), np.mean(size)


def savgol(x, h):
    taps = np.array([-1, 1, 1, 0, -1, -1, 1]) / (6 * h**3)
    return np.stack([np.correlate(column, taps, "valid") for column in x.T], axis=1)


def sparc(v, h):
    n = 2 ** (int(np.ceil(np.log2(len(v)))) + 4)
    m = np.abs(np.fft.rfft(v, n))
    m = (m / m.max())[np.arange(n // 2 + 1) / (n * h) <= 10]
    kept = np.nonzero(m >= 0.05)[0]
    m = m[kept[0]:kept[-1] + 1]
    return -np.sum(np.sqrt((1 / (len(m) - 1)) ** 2 + np.diff(m) ** 2))


def ldlj(v, h):
    duration = (len(v) - 1) * h
    return -np.log(duration**3 / np.max(v) ** 2 * h * np.sum((np.diff(v, 2) / h**2) ** 2))


def expected(d, h, time):
    """{name: value} of a trajectory: dict of p, v, q, dq, tau, a (some of them)."""
    w = {"completion_time_s": time}
    if "p" in d:
        p = d["p"]
        speed = np.linalg.norm(p[2:] - p[:-2], axis=1) / (2 * h)
        w["ee_path_m"] = np.sum(np.linalg.norm(np.diff(p, axis=0), axis=1))
        for key, rows in (("difference", np.diff(p, 3, axis=0) / h**3), ("savgol", savgol(p, h))):
            w[f"ee_msj_{key}"], w[f"ee_rms_jerk_{key}"], w[f"ee_mean_jerk_{key}"] = jerk(rows)
        w["sparc"], w["ldlj"] = sparc(speed, h), ldlj(speed, h)
        w["ee_jerk_noise_difference"] = np.sqrt(20 * p.shape[1]) * NOISE / h**3
        w["ee_jerk_noise_savgol"] = np.sqrt(p.shape[1] / 6) * NOISE / h**3
    if "v" in d:
        w["ee_msj_velocity"], w["ee_rms_jerk_velocity"], w["ee_mean_jerk_velocity"] = jerk(
            np.diff(d["v"], 2, axis=0) / h**2)
    if "q" in d:
        q = d["q"]
        w["joint_path_rad"] = np.sum(np.linalg.norm(np.diff(q, axis=0), axis=1))
        w["joint_path_l1_rad"] = np.sum(np.abs(np.diff(q, axis=0)))
        for key, rows in (("difference", np.diff(q, 3, axis=0) / h**3), ("savgol", savgol(q, h))):
            w[f"joint_msj_{key}"], w[f"joint_rms_jerk_{key}"], w[f"joint_mean_jerk_{key}"] = jerk(rows)
        w["jerk_c_literal"] = np.mean(np.linalg.norm(np.diff(q, 2, axis=0), axis=1)) / h**4
    if "dq" in d:
        w["joint_msj_velocity"], w["joint_rms_jerk_velocity"], w["joint_mean_jerk_velocity"] = jerk(
            np.diff(d["dq"], 2, axis=0) / h**2)
    if "tau" in d:
        n = d["tau"].shape[1]
        copper = np.array(OHM[:n]) * (d["tau"] / np.array(NM_A[:n])) ** 2
        w["energy_copper_j"] = h * np.sum(copper)
        if "dq" in d:
            watt = d["tau"] * d["dq"]
            w["energy_abs_j"], w["energy_net_j"] = h * np.sum(np.abs(watt)), h * np.sum(watt)
            w["energy_pos_j"] = h * np.sum(watt[watt > 0])
            w["energy_motor_j"] = h * np.sum(np.maximum(0, watt + copper))
    if "a" in d:
        w["action_rate_per_step"] = np.mean(np.linalg.norm(np.diff(d["a"], axis=0), axis=1))
        w["action_rate_per_s"] = w["action_rate_per_step"] / h
    return w


def compare(record, want, what):
    for name, got in record["metrics"].items():
        if name not in want:
            assert got["value"] is None and got["undefined"], (what, name, got)
            continue
        assert got["undefined"] is None, (what, name, got)
        error = abs(got["value"] - want[name])
        assert error <= DIGITS * abs(want[name]) + 1e-12, (what, name, got["value"], want[name])
    assert set(want) <= set(record["metrics"]), set(want) - set(record["metrics"])


# Files ------------------------------------------------------------------------------------------------------------


def motion(seed, n=90, joints=7, h=0.05):
    """A smooth random motion of all channels."""
    r = np.random.default_rng(seed)
    t = np.arange(n)[:, None] * h

    def wave(width):
        return sum(r.normal(size=width) / k * np.sin(k * t + r.uniform(0, 6, width)) for k in range(1, 6))
    return {"p": 0.2 * wave(3), "v": wave(3), "q": wave(joints), "dq": wave(joints), "tau": 5 * wave(joints),
            "a": wave(8)}


def write_csv(path, d, h, stamps=True):
    heads = {"p": ["ee_x_m", "ee_y_m", "ee_z_m"], "v": ["ee_vx_m_s", "ee_vy_m_s", "ee_vz_m_s"]}
    heads |= {k: [f"{k if k != 'q' else 'q'}{i + 1}{u}" for i in range(d[k].shape[1])]
              for k, u in (("q", "_rad"), ("dq", "_rad_s"), ("tau", "_nm"), ("a", "")) if k in d}
    names = (["time_s"] if stamps else []) + [c for k in d for c in heads[k]]
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(names)
        for i in range(len(next(iter(d.values())))):
            row = [repr(5 + i * h)] if stamps else []
            out.writerow(row + [repr(float(x)) for k in d for x in d[k][i]])


def robomimic(path, demos, rate=20.0, **kinds):
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["env_args"] = json.dumps({"env_name": "Lift", "env_type": 1, "env_kwargs": {"control_freq": rate}})
        data.attrs["total"] = sum(len(d["a"]) for d in demos)
        for i, d in enumerate(demos):
            demo = data.create_group(f"demo_{i}")
            demo.attrs["num_samples"] = len(d["a"])
            demo["actions"] = d["a"]
            demo["obs/robot0_eef_pos"] = d["p"]
            demo.create_dataset("obs/robot0_eef_vel_lin", data=d["v"], **kinds)
            demo.create_dataset("obs/robot0_joint_pos", data=d["q"], **kinds)
            demo["obs/robot0_joint_vel"] = d["dq"]
            demo["obs/agentview_image"] = np.zeros((len(d["a"]), 4, 4, 3), np.uint8)


def check_csv():
    for seed in range(3):
        d = motion(seed, joints=7 if seed else 1)
        write_csv("own.csv", d, 0.05)
        n = d["q"].shape[1]
        constants = ["--motor-resistance-ohm", ",".join(map(str, OHM[:n])), "--torque-constant-nm-a",
                     ",".join(map(str, NM_A[:n]))]
        found = measured("own.csv", "--position-noise-m", NOISE, *constants)
        h = found["trajectories"][0]["interval_s"]
        assert abs(h - 0.05) < 1e-12 and found["trajectories"][0]["timing"] == "stamps"
        compare(found["trajectories"][0], expected(d, h, 89 * h), "csv")
        write_csv("rate.csv", d, 0.05, stamps=False)
        found = measured("rate.csv", "--control-hz", 20, "--position-noise-m", NOISE, *constants)
        compare(found["trajectories"][0], expected(d, 0.05, 90 * 0.05), "csv without stamps")
    # channels by themselves, in any order of columns
    d = {"a": d["a"], "p": d["p"]}
    write_csv("few.csv", d, 0.05)
    found = measured("few.csv", "--position-noise-m", NOISE)
    compare(found["trajectories"][0], expected(d, found["trajectories"][0]["interval_s"], 89 * 0.05), "few")


def check_robomimic():
    demos = [motion(i, n=40 + i) for i in range(12)]
    for kinds in ({}, {"chunks": True, "compression": "gzip"}, {"dtype": "f4"}):
        robomimic("robomimic.hdf5", demos, **kinds)
        found = measured("robomimic.hdf5", "--position-noise-m", NOISE)
        assert [t["name"] for t in found["trajectories"]] == [f"demo_{i}" for i in range(12)]
        wants = []
        for record, d in zip(found["trajectories"], demos):
            d = {k: v for k, v in d.items() if k != "tau"}
            if "dtype" in kinds:
                d = {**d, "v": d["v"].astype("f4").astype(float), "q": d["q"].astype("f4").astype(float)}
            wants.append(expected(d, 0.05, len(d["a"]) * 0.05))
            compare(record, wants[-1], "robomimic")
            assert record["timing"] == "file" and record["read_from"]["action"] == "actions"
        for name, mean in found["mean"].items():
            if name in wants[0]:
                want = np.mean([w[name] for w in wants])
                assert mean["n"] == 12 and abs(mean["value"] - want) <= 1e-6 * abs(want), name
            else:
                assert mean == {"value": None, "n": 0}, name


def check_libero():
    d = motion(7, n=55)
    with h5py.File("libero.hdf5", "w") as file:
        data = file.create_group("data")
        data.attrs["env_args"] = np.bytes_(json.dumps({"type": 1, "env_kwargs": {"control_freq": 20}}))
        demo = data.create_group("demo_3")
        demo["actions"], demo["obs/joint_states"] = d["a"], d["q"]
        demo["obs/ee_states"] = np.hstack([d["p"], d["v"]])
        demo["states"] = np.zeros((55, 92))
    found = measured("libero.hdf5", "--position-noise-m", NOISE)["trajectories"][0]
    compare(found, expected({k: d[k] for k in ("p", "q", "a")}, 0.05, 55 * 0.05), "libero")
    with h5py.File("libero.hdf5", "a") as file:  # no rate, and names of another robot
        del file["data"].attrs["env_args"]
        file["data/demo_3/obs"].move("ee_states", "mine")
        file["data/demo_3"].move("actions", "commands")
        file["data/demo_3/obs/tau"] = d["tau"]
    found = measured("libero.hdf5", "--control-hz", 10, "--position-noise-m", NOISE, "--map",
                     "mine=position_m,tau=torque_nm", "--motor-resistance-ohm", ",".join(map(str, OHM)),
                     "--torque-constant-nm-a", ",".join(map(str, NM_A)))["trajectories"][0]
    assert found["timing"] == "given" and found["read_from"]["position_m"] == "obs/mine"
    compare(found, expected({k: d[k] for k in ("p", "q", "tau")}, 0.1, 55 * 0.1), "mapped")


def check_demo():
    done = subprocess.run(TOOL + ["demo", "--task", "ur5e-pick-place", "--episodes", "2", "--quiet", "--out",
                                  "demo.hdf5"], capture_output=True, text=True,
                          env={**os.environ, "SPOT_DATA": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stderr
    found = measured("demo.hdf5", "--position-noise-m", NOISE, "--motor-resistance-ohm", ",".join(map(str, OHM[:6])),
                     "--torque-constant-nm-a", ",".join(map(str, NM_A[:6])))
    with h5py.File("demo.hdf5") as file:
        rate = json.loads(file["data"].attrs["env_args"])["env_kwargs"]["control_freq"]
        for i in range(2):
            obs, actions = file[f"data/demo_{i}/obs"], file[f"data/demo_{i}/actions"][:]
            d = {"p": np.stack([obs[f"gripper_{c}"][:, 0] for c in "xyz"], 1), "a": actions}
            d |= {ours: np.stack([obs[f"{theirs}{j}"][:, 0] for j in range(1, 7)], 1)
                  for ours, theirs in (("q", "q"), ("dq", "qd"), ("tau", "torque"))}
            compare(found["trajectories"][i], expected(d, 1 / rate, len(actions) / rate), "demo")


def check_rollout():
    """A rollout measures itself while it runs; its trajectory, read again, says the same."""
    words = ["rollout", "--task", "ur5e-pick-place", "--delay-ms", "100", "--seeds", "1", "--quiet"]
    done = subprocess.run(TOOL + words + ["--json"], capture_output=True, text=True, check=True,
                          env={**os.environ, "SPOT_DATA": str(ROOT)})
    own = json.loads(done.stdout)["motion"]
    subprocess.run(TOOL + words + ["--trajectory", "path.csv"], capture_output=True, text=True, check=True,
                   env={**os.environ, "SPOT_DATA": str(ROOT)})
    found = measured("path.csv")["trajectories"][0]["metrics"]
    same = [n for n in found if found[n]["value"] is not None and not n.startswith(("energy", "completion"))]
    assert len(same) == 21, same
    for name in same:
        want = own[name]["mean"]
        assert abs(found[name]["value"] - want) <= DIGITS * abs(want), (name, found[name], want)
    # work of every physics tick, against that of a tenth of a second
    assert abs(found["energy_abs_j"]["value"] / own["energy_abs_j"]["mean"] - 1) < 0.15
    assert found["action_rate_per_s"]["undefined"] == "no actions"


# What is broken ---------------------------------------------------------------------------------------------------


def refused(words, *arguments):
    done = run(*arguments)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2 and not done.stdout and len(lines) == 1 and words in lines[0], (words, done)


def edit(change):
    robomimic("bad.hdf5", [motion(1, n=12)])
    with h5py.File("bad.hdf5", "a") as file:
        change(file, file["data/demo_0"])


def check_broken():
    def replace(name, **how):
        def change(_, demo):
            del demo[name]
            demo.create_dataset(name, **how)
        return change

    def attribute(value):
        def change(file, _):
            file["data"].attrs["env_args"] = value
        return change
    pos, nan = "obs/robot0_eef_pos", np.zeros((12, 3))
    nan[11, 2] = np.inf
    p = np.zeros((12, 3))
    Path("secret.bin").write_bytes(bytes(288))
    with h5py.File("other.hdf5", "w") as other:
        other["p"] = p

    def external_link(_, demo):
        del demo[pos]
        demo[pos] = h5py.ExternalLink("other.hdf5", "/p")

    def soft_link(_, demo):
        demo["x"] = h5py.ExternalLink("other.hdf5", "/")
        del demo[pos]
        demo[pos] = h5py.SoftLink("/data/demo_0/x/p")

    def virtual(_, demo):
        del demo[pos]
        layout = h5py.VirtualLayout((12, 3), "f8")
        layout[:] = h5py.VirtualSource("other.hdf5", "p", (12, 3))
        demo.create_virtual_dataset(pos, layout)
    cases = [
        ("missing, expected a group", lambda f, _: f.move("data", "date")),
        ("no groups demo_", lambda f, _: f["data"].move("demo_0", "episode")),
        ("no channel that is understood", lambda f, d: [d.pop("actions"), d.pop("obs")]),
        ("missing, expected a group", lambda f, _: [f["data"].pop("demo_0"), f.create_dataset("data/demo_0", data=1)]),
        ("rows, expected", replace(pos, data=np.zeros((11, 3)))),
        ("0 rows, expected", replace(pos, data=np.zeros((0, 3)))),
        ("0 columns, expected", replace(pos, data=np.zeros((12, 0)))),
        ("7 columns, expected 1 to 6", replace(pos, data=np.zeros((12, 7)))),
        ("one or two dimensions", replace(pos, data=np.zeros((12, 3, 1)))),
        ("one or two dimensions", replace(pos, data=1.0)),
        ("no numbers", replace(pos, data=np.array([[b"x"] * 3] * 12))),
        ("no numbers", replace(pos, data=np.zeros((12, 3), np.complex128))),
        ("row 11, column 2: not finite", replace(pos, data=nan)),
        ("row 11, column 0: not finite", lambda _, d: [d["obs"].pop("robot0_eef_pos"), *(
            d.create_dataset(f"obs/gripper_{c}", data=nan[:, i]) for i, c in enumerate("xyz"))]),
        ("expected at most 1000000 samples and 32000000 numbers", lambda _, d: [d.pop("obs"), d.pop("actions"), d.attrs.pop(
            "num_samples"), d.create_dataset("actions", shape=(10**6, 32), dtype="f4", chunks=(1000, 32))]),
        ("rows, expected 1 to", replace(pos, shape=(10**12, 3), dtype="f8", chunks=(100, 3))),
        ("chunks", replace(pos, shape=(12, 3), maxshape=(None, None), dtype="f8", chunks=(10**8, 3))),
        ("other files", replace(pos, shape=(12, 3), dtype="f8", external=[("secret.bin", 0, 288)])),
        ("other files", virtual),
        ("num_samples is 13", lambda _, d: d.attrs.__setitem__("num_samples", 13)),
        ("num_samples is -1", lambda _, d: d.attrs.__setitem__("num_samples", -1)),
        ("no env_kwargs.control_freq", lambda f, _: f["data"].attrs.pop("env_args")),
        ("no env_kwargs.control_freq", attribute("{")),
        ("no env_kwargs.control_freq", attribute('{"env_kwargs": {"control_freq": "20"}}')),
        ("no env_kwargs.control_freq", attribute(np.arange(5))),
        ("control_freq -5", attribute('{"env_kwargs": {"control_freq": -5}}')),
        ("columns of joint_rad_s, expected 7", replace("obs/robot0_joint_vel", data=np.zeros((12, 6)))),
        ("columns of position_m and 3 of velocity_m_s", replace(pos, data=np.zeros((12, 2)))),
    ]
    for words, change in cases:
        edit(change)
        refused(words, "bad.hdf5")
    for change in (external_link, soft_link):  # not followed: as if it were not there
        edit(change)
        found = measured("bad.hdf5")["trajectories"][0]
        assert found["read_from"]["position_m"] is None
        assert found["metrics"]["ee_path_m"] == {"value": None, "unit": "m", "estimator": None,
                                                 "undefined": "no end-effector positions"}
    robomimic("good.hdf5", [motion(1, n=12)])
    refused("one rate", "good.hdf5", "--control-hz", 10)
    refused("expected a dataset=one of", "good.hdf5", "--map", "robot0_eef_pos=ee")
    refused("data/demo_0/obs/nothing: missing", "good.hdf5", "--map", "nothing=position_m")
    refused("constants of 3 motors for 7 joints", "good.hdf5", "--motor-resistance-ohm", "1,1,1",
            "--torque-constant-nm-a", "1,1,1")
    Path("cut.hdf5").write_bytes(Path("good.hdf5").read_bytes()[:3000])
    refused("broken HDF5", "cut.hdf5")
    Path("text.hdf5").write_text("hello")
    refused("not an HDF5 file", "text.hdf5")


def check_bytes():
    """Bytes of a good file changed at random: a result or one line, never a crash."""
    robomimic("good.hdf5", [motion(1, n=8, joints=2)])
    good = Path("good.hdf5").read_bytes()
    dice = random.Random(1)
    outcomes = {0: 0, 2: 0}
    for _ in range(120):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 1, 4, 32))):
            bad[dice.randrange(len(bad))] = dice.choice((0, 255, dice.randrange(256)))
        Path("bytes.hdf5").write_bytes(bad)
        done = run("bytes.hdf5")
        assert done.returncode in outcomes, (done.returncode, done.stderr)
        assert (done.returncode == 2) == (not done.stdout)
        assert len(done.stderr.splitlines()) == (1 if done.returncode == 2 else 0)
        outcomes[done.returncode] += 1
    assert min(outcomes.values()) > 5, outcomes


def main():
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        for check in (check_csv, check_robomimic, check_libero, check_demo, check_rollout, check_broken, check_bytes):
            check()
            print(check.__name__, "ok", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
