#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Checks the transformer with history, without and with training.

Two ways to one answer: keys and values kept token by token, as a robot does, and whole
demonstrations with masks, as training does. Then relations: a read window equals an input that ends
there, nobody reads the future, and the bias belongs to the age. At last a toy task in which row 0
alone shows a number (+1 or -1) that every later command must repeat: whoever reads all of the past
knows it, and who reads nothing can only be right half of the time.

    selftest_history.py [--steps 600]       # about half a minute of one core
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
from make_fixture import SMALL_DIT
from model_history import HistoryDit
from sampling import CROP_ROWS, Demonstrations
from selftest import check

D, A, H = 4, 2, 8
CAPACITY = (6, 5)
TOLERANCE = 1e-5  # single precision, sums of some tens of terms of size 1
HERE = os.path.dirname(os.path.abspath(__file__))


def random_model():
    torch.manual_seed(1)
    model = HistoryDit(7, 3, CAPACITY, obs_groups=[3, 4], **SMALL_DIT).eval()
    for name, p in model.named_parameters():
        if "adaln" in name or "history_bias" in name:
            torch.nn.init.normal_(p, std=0.5)
    return model


def same(a, b):
    return (a - b).abs().max().item() < TOLERANCE


@torch.no_grad()
def from_demo(model, frames, commands, rows, windows, noise):
    windows = torch.tensor(windows).expand(*rows.shape, 2)
    return model.sample_in(model.demo_contexts(frames, commands, rows, windows), noise, 3)


def check_relations():
    model, noise = random_model(), torch.randn(6, 5, 3)
    frames, commands = torch.randn(2, 12, 7), torch.randn(2, 12, 3)
    rows = torch.tensor([[0, 3, 11], [9, 5, 2]])
    bad = 0
    for window in (CAPACITY, (3, 2), (0, 4), (1, 0), (0, 0)):
        got, ok = from_demo(model, frames, commands, rows, window, noise), True
        for i in range(6):
            b, t = i // 3, rows.flatten()[i]
            history = model.new_history()
            for j in range(t):
                model.remember(history, frames[b:b + 1, j], commands[b:b + 1, j])
            ok &= same(got[i:i + 1], model.sample(frames[b:b + 1, t], noise[i:i + 1], 3, history, window))
        bad += check(f"kept keys and values equal whole demonstrations, window {window}", ok)

    t = torch.tensor([[9]])
    one = (frames[:1], commands[:1])
    full = from_demo(model, *one, t, (3, 3), noise[:1])
    cut = from_demo(model, *(x[:, 6:] for x in one), t - 6, CAPACITY, noise[:1])
    other = from_demo(model, *one, t, (4, 3), noise[:1])
    bad += check("a read window equals an input that begins there",
                 same(full, cut) and not same(full, other))

    late = [x.clone() for x in one]
    late[0][:, 10:] = 99.0
    late[1][:, 9:] = 99.0
    past = [x.clone() for x in one]
    past[1][:, 8] = 99.0
    full = from_demo(model, *one, t, CAPACITY, noise[:1])
    bad += check("nobody reads the future", same(full, from_demo(model, *late, t, CAPACITY, noise[:1]))
                 and not same(full, from_demo(model, *past, t, CAPACITY, noise[:1])))
    return bad + check_age(model, frames[:1], commands[:1], noise[:1])


def check_age(model, frames, commands, noise):
    """A token that was written and cannot be read (bias -inf) makes the others one older."""
    f, now = CAPACITY[0], torch.randn(1, 7)
    older = random_model()
    older.load_state_dict(model.state_dict())
    with torch.no_grad():
        for b in older.blocks:
            for part in (slice(0, f), slice(f, None)):
                b.history_bias[:, part] = b.history_bias[:, part].roll(1, dims=1)
            b.history_bias[:, [0, f]] = float("-inf")
    answers = []
    for m, n in ((model, 3), (older, 4), (older, 3)):
        history = m.new_history()
        for j in range(n):
            m.remember(history, frames[:, j], commands[:, j])
        answers.append(m.sample(now, noise, 3, history))
    return check("the bias goes with the age", same(answers[0], answers[1])
                 and not same(answers[0], answers[2]))


def write_demos(path, n_demos):
    rng = np.random.default_rng(7)
    with h5py.File(path, "w") as f:
        data = f.create_group("data")
        data.attrs["task"] = "toy"
        for i in range(n_demos):
            n, g = int(rng.integers(10, 40)), data.create_group(f"demo_{i}")
            obs, targets = np.zeros((n, D), np.float32), np.zeros((n, A))
            obs[:, 1] = rng.normal(size=n)
            obs[:, 2] = np.arange(n) / 40
            obs[0, 0] = 1.0 if rng.random() < 0.5 else -1.0
            targets[:, 0] = obs[0, 0]
            targets[:, 1] = rng.normal()
            ok = np.ones(n, np.uint8)
            ok[2] = i != 0
            for name, x in (("obs/state", obs), ("obs/anchor", 0 * targets), ("targets", targets),
                            ("label_ok", ok)):
                g.create_dataset(name, data=x)


def check_draw(path):
    data = dataset.load(path, H, with_rows=True)
    rows, g = data["train"], torch.Generator().manual_seed(1)
    source = Demonstrations(rows, 4, (16, 16))
    ok, counts, start = True, torch.zeros(len(rows["obs"])), np.cumsum([0] + rows["lengths"])
    stage = {int(first): n for first, n in zip(start, rows["lengths"])}
    for _ in range(200):
        first, length = source.crops(16, g)
        ok &= all(stage[int(a)] == int(n) for a, n in zip(first, length))
        counts[first] += 1
    share = counts[start[:-1]] / counts.sum()
    want = torch.tensor([rows["good"][a:a + n].sum() for a, n in stage.items()]) / len(source)
    # 3200 draws: a demonstration's share has a deviation of sqrt(share / 3200); 5 of them.
    bad = check("whole demonstrations are drawn, as often as they have good rows",
                ok and ((share - want).abs() < 5 * (want / 3200).sqrt()).all())
    frames, _, _, windows, chunk = source.draw(64, g)
    scale, mean = (data["stats"][k] for k in ("action_std", "action_mean"))
    value = (chunk * torch.tensor(scale) + torch.tensor(mean))[:, 0, 0].view(16, 4)
    cue = (frames[:, 0, 0] * data["stats"]["obs_std"][0] + data["stats"]["obs_mean"][0])
    bad += check("queries go with their demonstration's chunks",
                 torch.allclose(value, cue[:, None].expand(-1, 4), atol=1e-4))
    whole = (windows == 16).all(dim=2).float().mean().item()
    bad += check("half of the windows are whole", 0.25 < whole < 0.75)
    long = dict(obs=np.zeros((900, D), np.float32), commands=np.zeros((900, A), np.float32),
                chunks=np.zeros((900, H, A), np.float32), good=np.ones(900, bool), lengths=[900])
    first, length = Demonstrations(long, 4, (16, 16)).crops(500, g)
    return bad + check("a long demonstration is cropped anywhere", (length == CROP_ROWS).all() and
                       first.min() < 20 and first.max() > 900 - CROP_ROWS - 20 and
                       first.max() <= 900 - CROP_ROWS)


def check_memory(folder):
    """Sign of the first action after ten rows that began with +1 or -1, by read window."""
    model, stats, _ = policy_io.load_policy(folder)
    torch.manual_seed(3)
    n, rows = 200, 10
    cue = torch.where(torch.rand(n) < 0.5, 1.0, -1.0)
    commands = torch.stack([cue, torch.randn(n)], dim=1)
    history, noise = model.new_history(), torch.randn(n, H, A)
    for j in range(rows + 1):
        obs = torch.stack([cue if j == 0 else 0 * cue, torch.randn(n), torch.full((n,), j / 40),
                           0 * cue], dim=1)
        if j < rows:
            policy_io.remember(model, stats, history, obs, commands)
    right = {}
    for window in ((16, 16), (16, 0), (0, 16), (0, 0)):
        chunk = policy_io.infer(model, stats, obs, noise, 5, history=history, window=window)
        right[window] = (chunk[:, :, 0].mean(1).sign() == cue).float().mean().item()
    print("right by window:", right)
    bad = check("who reads the past knows", right[16, 16] > 0.95 and right[16, 0] > 0.9
                and right[0, 16] > 0.9)
    return bad + check("who reads nothing guesses", 0.3 < right[0, 0] < 0.7)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--steps", type=int, default=600)
    args = p.parse_args()
    bad = check_relations()
    with tempfile.TemporaryDirectory() as tmp:
        demos, out = os.path.join(tmp, "toy.hdf5"), os.path.join(tmp, "toy")
        write_demos(demos, 300)
        bad += check_draw(demos)
        command = [sys.executable, os.path.join(HERE, "train.py"), "--demos", demos, "--out", out,
                   "--task", "toy", "--threads", "1", "--arch", "dit", "--history", "16,16",
                   "--horizon", str(H), "--width", "64", "--heads", "4", "--mlp-hidden", "128",
                   "--blocks", "2", "--batch", "80"]
        subprocess.run(command + ["--steps", "3", "--keep-checkpoint"], check=True)
        again = subprocess.run(command + ["--steps", "5"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        bad += check("a run resumes", "resumed at step 3" in again and "step 5 100" in again)
        subprocess.run(command + ["--steps", str(args.steps)], check=True)
        bad += check_memory(out)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
