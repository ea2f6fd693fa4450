#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Trains a policy from demonstrations: a flow mixer, or a transformer with --arch dit.

    train.py --demos FILE.hdf5 --out policies/NAME --task NAME (--minutes M | --steps N)

Writes OUT/config.json, OUT/model.safetensors (EMA weights in bf16) and OUT/card.md, also at each
checkpoint, so that a policy is usable before training ends. A killed run resumes from
OUT.checkpoint.pt when the same command is given again.
"""
import argparse
import copy
import ctypes
import json
import math
import os
import platform
import shlex
import sys
import time

import torch

import dataset
import policy_io
from model import DEFAULTS, FlowMixer
from model_dit import PREDICTIONS, Dit

WARM_UP_STEPS = 100
EVAL_SAMPLES = 2048
CHECKPOINT_S = 60.0


def parse_args(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--demos", required=True, help="HDF5 file of demonstrations")
    p.add_argument("--out", required=True, help="policy folder to write")
    p.add_argument("--task", required=True, help="name of the task")
    budget = p.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, help="wall time to train for")
    budget.add_argument("--steps", type=int, help="optimiser steps to train for")
    p.add_argument("--arch", choices=("flow_mixer", "dit"), default="flow_mixer")
    p.add_argument("--sampler", choices=("flow", "ddim"), default="flow")
    p.add_argument("--prediction", choices=("velocity", "sample", "epsilon"),
                   help="what the network predicts; default velocity (flow), sample (ddim)")
    p.add_argument("--obs-groups", type=lambda t: [int(n) for n in t.split(",")],
                   help="dit: sizes of the observation's terms, e.g. 3,2,1; default one a feature")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--horizon", type=int, default=DEFAULTS["horizon"])
    p.add_argument("--execute", type=int, default=8)
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--ema", type=float, default=0.999)
    p.add_argument("--weight-decay", type=float, default=1e-4)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    p.add_argument("--restart", action="store_true", help="ignore an existing checkpoint")
    p.add_argument("--keep-checkpoint", action="store_true")
    args = p.parse_args(argv)
    if not 1 <= args.execute <= args.horizon:
        p.error("--execute: expected 1..horizon")
    if args.arch != "dit" and (args.sampler != "flow" or args.obs_groups):
        p.error("--sampler ddim, --obs-groups: expected --arch dit")
    args.prediction = args.prediction or PREDICTIONS[args.sampler][0]
    if args.prediction not in PREDICTIONS[args.sampler]:
        p.error(f"--prediction: expected one of {PREDICTIONS[args.sampler]} with {args.sampler}")
    return args


def keep_freed_memory():
    """glibc: reuse large blocks. Else each activation is mapped and page-faulted anew every step,
    which costs more than the arithmetic."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        for option, value in ((-4, 0), (-1, 2 ** 31 - 1), (-2, 2 ** 28)):
            libc.mallopt(option, value)  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
    except OSError:
        pass


def build(args, obs_dim, action_dim):
    if args.arch == "flow_mixer":
        return FlowMixer(obs_dim, action_dim, horizon=args.horizon)
    return Dit(obs_dim, action_dim, obs_groups=args.obs_groups, sampler=args.sampler,
               prediction=args.prediction, horizon=args.horizon)


class Trainer:
    def __init__(self, args, data):
        self.args, self.data = args, data
        self.train = tuple(torch.from_numpy(x) for x in data["train"])
        self.held = None if data["held"] is None else tuple(
            torch.from_numpy(x[:EVAL_SAMPLES * 8]) for x in data["held"])
        torch.manual_seed(args.seed)
        self.model = build(args, self.train[0].shape[1], self.train[1].shape[2])
        self.ema = copy.deepcopy(self.model)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=args.lr,
                                     weight_decay=args.weight_decay)
        self.step, self.elapsed, self.loss, self.held_loss = 0, 0.0, float("nan"), float("nan")
        self.random = torch.Generator().manual_seed(args.seed + 1)

    def progress(self):
        """Share of the budget that is used, 0..1."""
        if self.args.steps is not None:
            return min(1.0, self.step / max(1, self.args.steps))
        return min(1.0, self.elapsed / (60.0 * self.args.minutes))

    def learning_rate(self):
        warm = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        return self.args.lr * warm * 0.5 * (1.0 + math.cos(math.pi * self.progress()))

    def loss_of(self, model, obs, chunk, g):
        b = obs.shape[0]
        noise = torch.randn(chunk.shape, generator=g)
        t = (torch.arange(b) + torch.rand(b, generator=g)) / b  # uniform, stratified
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.args.precision == "bf16"):
            return model.loss(obs, chunk, noise, t)

    def optimise(self):
        ids = torch.randint(len(self.train[0]), (self.args.batch,), generator=self.random)
        for group in self.opt.param_groups:
            group["lr"] = self.learning_rate()
        loss = self.loss_of(self.model, self.train[0][ids], self.train[1][ids], self.random)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.opt.step()
        self.step += 1
        decay = min(self.args.ema, (1.0 + self.step) / (10.0 + self.step))
        with torch.no_grad():
            for e, p in zip(self.ema.parameters(), self.model.parameters()):
                e.lerp_(p, 1.0 - decay)
        return loss.item()

    @torch.no_grad()
    def evaluate(self):
        """Loss of the EMA weights on held-out demonstrations, always with the same noise."""
        if self.held is None:
            return float("nan")
        g = torch.Generator().manual_seed(12345)
        ids = torch.randperm(len(self.held[0]), generator=g)[:EVAL_SAMPLES]
        losses = [self.loss_of(self.ema, self.held[0][i], self.held[1][i], g).item()
                  for i in ids.split(256)]
        return sum(losses) / len(losses)

    def identity(self):
        """What must agree for a checkpoint to be continued."""
        return dict(obs=list(self.train[0].shape), chunk=list(self.train[1].shape), seed=self.args.seed,
                    batch=self.args.batch, task=self.args.task, arch=self.args.arch,
                    sampler=self.args.sampler, prediction=self.args.prediction,
                    obs_groups=self.args.obs_groups)

    def save(self, path):
        torch.save(dict(identity=self.identity(), model=self.model.state_dict(),
                        ema=self.ema.state_dict(), opt=self.opt.state_dict(), step=self.step,
                        elapsed=self.elapsed, random=self.random.get_state(), loss=self.loss),
                   path + ".tmp")
        os.replace(path + ".tmp", path)

    def resume(self, path):
        state = torch.load(path, map_location="cpu")
        if state["identity"] != self.identity():
            sys.exit(f"{path}: checkpoint of another data set or command, expected the same "
                     "(or give --restart)")
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.opt.load_state_dict(state["opt"])
        self.step, self.elapsed, self.loss = state["step"], state["elapsed"], state["loss"]
        self.random.set_state(state["random"])


def cpu_name():
    try:
        with open("/proc/cpuinfo") as f:
            return next(l.split(":", 1)[1].strip() for l in f if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def write_card(args, t, folder):
    attrs = "\n".join(f"  - `{k}`: {v}" for k, v in sorted(t.data["attrs"].items()))
    n = sum(p.numel() for p in t.model.parameters())
    # The card names files, not this machine's folders.
    words = [os.path.basename(os.path.normpath(a)) if os.path.isabs(a) else a for a in sys.argv[1:]]
    command = " ".join(["train/train.py"] + [shlex.quote(a) for a in words])
    text = f"""# {os.path.basename(os.path.normpath(folder))}

- Task: {args.task}
- Architecture: {args.arch}, sampler {args.sampler}, {n} weights, horizon {args.horizon}, {args.execute} actions executed
- Measured success: not measured yet
- Data: `{os.path.basename(args.demos)}`, {t.data['n_demos']} demonstrations ({t.data['n_held']} held out), {len(t.train[0])} training samples; attributes:
{attrs}
- Training command: `{command}`
- Steps: {t.step} of batch {args.batch}; wall time {t.elapsed / 60:.1f} min; progress {100 * t.progress():.0f} %
- Loss ({args.prediction}, normalised): training {t.loss:.4f}, held-out {t.held_loss:.4f} (EMA weights)
- Trained: {time.strftime('%Y-%m-%d', time.gmtime())}, PyTorch {torch.__version__}, {args.threads} threads, {cpu_name()}, {args.precision}
"""
    policy_io.write_aside(os.path.join(folder, "card.md"), text.encode())


def export(args, t):
    t.held_loss = t.evaluate()
    policy_io.save_policy(args.out, t.ema, t.data["stats"], args.task, args.execute)
    write_card(args, t, args.out)


def report(t, speed):
    left = ""
    if t.progress() > 0.01:
        left = f" left {t.elapsed / 60 * (1 / t.progress() - 1):.1f} min"
    print(f"step {t.step} {100 * t.progress():.1f} % loss {t.loss:.4f} held-out {t.held_loss:.4f} "
          f"lr {t.learning_rate():.2e} {speed:.2f} steps/s elapsed {t.elapsed / 60:.1f} min{left}",
          flush=True)


def run(args, t, checkpoint):
    """Optimises until the budget is used; evaluation and saving count as elapsed."""
    saved = last = time.monotonic()
    step_last, report_s = t.step, 5.0
    clock = last
    while t.progress() < 1.0:
        loss = t.optimise()
        t.loss = loss if math.isnan(t.loss) else 0.98 * t.loss + 0.02 * loss
        now = time.monotonic()
        t.elapsed, clock = t.elapsed + (now - clock), now
        if now - last >= report_s:
            speed = (t.step - step_last) / (now - last)
            if now - saved >= CHECKPOINT_S:
                t.save(checkpoint)
                export(args, t)
                saved = time.monotonic()
            report(t, speed)
            last, step_last, report_s = time.monotonic(), t.step, 15.0
    if args.keep_checkpoint:
        t.save(checkpoint)
    export(args, t)
    report(t, float("nan"))


def main():
    args = parse_args()
    keep_freed_memory()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    data = dataset.load(args.demos, args.horizon, seed=args.seed)
    t = Trainer(args, data)
    print(f"{len(t.train[0])} samples of {data['n_demos']} demonstrations, obs {t.train[0].shape[1]}, "
          f"chunk {args.horizon} x {t.train[1].shape[2]}, attributes {json.dumps(data['attrs'], default=str)}",
          flush=True)
    checkpoint = os.path.normpath(args.out) + ".checkpoint.pt"
    os.makedirs(args.out, exist_ok=True)
    if os.path.exists(checkpoint) and not args.restart:
        t.resume(checkpoint)
        print(f"resumed at step {t.step}", flush=True)
    run(args, t, checkpoint)
    if os.path.exists(checkpoint) and not args.keep_checkpoint:
        os.remove(checkpoint)


if __name__ == "__main__":
    main()
