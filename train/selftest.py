#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Trains on a toy task with two modes and checks what is known about it beforehand.

The first action coordinate of a chunk is +1 or -1 with equal chance, whatever is observed. One
Euler step returns the mean of both (0: between the modes); ten steps must land on one of them.
Also checked: the second coordinate follows the observation, a constant one returns exactly, the
export reads back, samples with bad labels are dropped, and a killed run resumes.

    selftest.py [--steps 500]
    selftest.py --arch dit [--sampler ddim] --demos 600

The transformer is given more demonstrations: it learns by heart which of 60 has which mode.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch

import dataset
import policy_io

H, A, D, ROWS = 16, 3, 4, 40
HERE = os.path.dirname(os.path.abspath(__file__))


def write_demos(path, n_demos):
    rng = np.random.default_rng(7)
    with h5py.File(path, "w") as f:
        data = f.create_group("data")
        data.attrs["total"] = n_demos * ROWS
        data.attrs["env_args"] = "{}"
        data.attrs["task"] = "toy"
        for i in range(n_demos):
            g = data.create_group(f"demo_{i}")
            g.attrs["num_samples"] = ROWS
            obs = rng.normal(size=(ROWS, D)).astype(np.float32)
            obs[:, 3] = 0.5  # constant feature
            mode = 1.0 if i % 2 == 0 else -1.0
            anchor = np.zeros((ROWS, A))
            anchor[:, 0] = rng.normal(size=ROWS)  # must cancel: targets are absolute
            targets = np.zeros((ROWS, A))
            targets[:, 2] = 0.25
            ok = np.ones(ROWS, dtype=np.uint8)
            if i == 0:
                ok[10] = 0
                targets[10] = 1e3  # a bad label must not be learnt
            # Hold the anchor within a demo so that every window has one mode.
            anchor[:, 0] = anchor[0, 0]
            targets[:, 0] = np.where(ok, mode + anchor[:, 0], targets[:, 0])
            obs[:, 0] = obs[0, 0]
            targets[:, 1] = np.where(ok, 2.0 * obs[:, 0], targets[:, 1])
            for name, x in (("obs/state", obs), ("obs/anchor", anchor), ("targets", targets),
                            ("actions", targets - anchor), ("label_ok", ok)):
                g.create_dataset(name, data=x)


def check(what, ok):
    print(("ok    " if ok else "FAILED ") + what, flush=True)
    return 0 if ok else 1


def check_dataset(path):
    demos, _ = dataset.read_demos(path, H)
    bad = check("samples whose window holds a bad label are dropped",
                demos[0][3].sum() == ROWS - 11 and demos[1][3].all())
    return bad + check("chunks are targets relative to the anchor",
                       np.allclose(demos[1][2][:, :, 0], -1.0) and
                       np.allclose(demos[1][2][:, :, 2], 0.25))


def check_policy(folder):
    model, stats, _ = policy_io.load_policy(folder)
    torch.manual_seed(3)
    obs = torch.randn(400, D)
    obs[:, 3] = 0.5
    noise = torch.randn(400, H, A)
    one = policy_io.infer(model, stats, obs, noise, 1)
    ten = policy_io.infer(model, stats, obs, noise, 10)
    off = (ten[:, :, 0].mean(1).abs() - 1.0).abs()
    plus = (ten[:, :, 0].mean(1) > 0).float().mean().item()
    between = (one[:, :, 0].mean(1).abs() < 0.5).float().mean().item()
    seen = obs[:, 0].abs() < 1.5
    err = (ten[:, :, 1].mean(1) - 2.0 * obs[:, 0])[seen].abs().mean().item()
    print(f"10 steps: |mode error| {off.mean():.3f}, share of + {plus:.2f}; "
          f"1 step: between the modes {between:.2f}; observed coordinate error {err:.3f}")
    bad = check("ten steps separate the modes", off.mean() < 0.2 and 0.25 < plus < 0.75)
    bad += check("one step lands between the modes", between > 0.9)
    bad += check("the observation is followed", err < 0.5)
    return bad + check("a constant action returns", (ten[:, :, 2] - 0.25).abs().max() < 0.01)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--steps", type=int, default=500)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--demos", type=int, default=60)
    p.add_argument("--arch", default="flow_mixer")
    p.add_argument("--sampler", default="flow")
    args = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        demos, out = os.path.join(tmp, "toy.hdf5"), os.path.join(tmp, "toy")
        write_demos(demos, args.demos)
        bad = check_dataset(demos)
        command = [sys.executable, os.path.join(HERE, "train.py"), "--demos", demos, "--out", out,
                   "--task", "toy", "--batch", "64", "--threads", str(args.threads),
                   "--arch", args.arch, "--sampler", args.sampler]
        subprocess.run(command + ["--steps", "3", "--keep-checkpoint"], check=True)
        again = subprocess.run(command + ["--steps", "5"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        bad += check("a run resumes", "resumed at step 3" in again and "step 5 100" in again)
        subprocess.run(command + ["--steps", str(args.steps)], check=True)
        bad += check_policy(out)
        print(open(os.path.join(out, "card.md")).read())
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
