#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Trains a policy from demonstrations: a flow mixer, or a transformer with --arch dit, which with
--history also reads past frames and commands.

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
from model_history import HistoryDit
from sampling import Demonstrations, Samples

WARM_UP_STEPS = 100
EVAL_SAMPLES = 2048
CHECKPOINT_S = 60.0
DIT_OPTIONS = ("width", "heads", "mlp_hidden", "blocks")


def integers(text):
    return [int(n) for n in text.split(",")]


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
    p.add_argument("--obs-groups", type=integers,
                   help="dit: sizes of the observation's terms, e.g. 3,2,1; default one a feature")
    for name in DIT_OPTIONS:
        p.add_argument("--" + name.replace("_", "-"), type=int, help="dit: " + name)
    p.add_argument("--history", type=integers, metavar="F,M",
                   help="dit: read at most so many past frames, commands")
    p.add_argument("--queries", type=int, default=10,
                   help="with --history: samples of a batch from one demonstration")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--horizon", type=int, default=DEFAULTS["horizon"])
    p.add_argument("--execute", type=int, default=8)
    p.add_argument("--batch", type=int, help="default 256, with --history 160")
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
    if args.arch != "dit" and (args.sampler != "flow" or args.obs_groups or args.history or
                               any(getattr(args, name) for name in DIT_OPTIONS)):
        p.error("--sampler ddim, --obs-groups, --history and sizes: expected --arch dit")
    args.batch = args.batch or (160 if args.history else 256)
    if args.batch < args.queries or args.queries < 1:
        p.error("--queries: expected 1..batch")
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
    sizes = {k: getattr(args, k) for k in DIT_OPTIONS if getattr(args, k)}
    options = dict(obs_groups=args.obs_groups, sampler=args.sampler, prediction=args.prediction,
                   horizon=args.horizon, **sizes)
    if args.history:
        return HistoryDit(obs_dim, action_dim, args.history, **options)
    return Dit(obs_dim, action_dim, **options)


def source(args, part):
    """What to draw from, of the train or held-out part of a data set."""
    if part is None:
        return None
    return Demonstrations(part, args.queries, args.history) if args.history else Samples(*part)


class Trainer:
    def __init__(self, args, data):
        self.args, self.data = args, data
        self.train, self.held = source(args, data["train"]), source(args, data["held"])
        torch.manual_seed(args.seed)
        self.model = build(args, self.train.obs.shape[1], self.train.chunks.shape[2])
        self.ema = copy.deepcopy(self.model)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=args.lr,
                                     weight_decay=args.weight_decay)
        self.step, self.elapsed, self.loss, self.held_loss = 0, 0.0, float("nan"), float("nan")
        self.held_without = float("nan")
        self.random = torch.Generator().manual_seed(args.seed + 1)

    def progress(self):
        """Share of the budget that is used, 0..1."""
        if self.args.steps is not None:
            return min(1.0, self.step / max(1, self.args.steps))
        return min(1.0, self.elapsed / (60.0 * self.args.minutes))

    def learning_rate(self):
        warm = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        return self.args.lr * warm * 0.5 * (1.0 + math.cos(math.pi * self.progress()))

    def loss_of(self, model, batch, g):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.args.precision == "bf16"):
            return self.train.loss(model, batch, g)

    def optimise(self):
        batch = self.train.draw(self.args.batch, self.random)
        for group in self.opt.param_groups:
            group["lr"] = self.learning_rate()
        loss = self.loss_of(self.model, batch, self.random)
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
    def evaluate(self, **window):
        """Loss of the EMA weights on held-out demonstrations, always with the same noise."""
        if self.held is None:
            return float("nan")
        g = torch.Generator().manual_seed(12345)
        losses = [self.loss_of(self.ema, batch, g).item()
                  for batch in self.held.fixed(EVAL_SAMPLES, g, **window)]
        return sum(losses) / len(losses)

    def identity(self):
        """What must agree for a checkpoint to be continued."""
        return dict(obs=list(self.train.obs.shape), chunk=list(self.train.chunks.shape),
                    seed=self.args.seed, batch=self.args.batch, task=self.args.task,
                    arch=self.args.arch, sampler=self.args.sampler, prediction=self.args.prediction,
                    obs_groups=self.args.obs_groups, sizes=self.model.sizes,
                    history=self.args.history,
                    queries=self.args.queries if self.args.history else None)

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
    history = without = ""
    if args.history:
        history = f", history of {args.history[0]} frames and {args.history[1]} commands"
        without = f"; held-out without history (window 0:0) {t.held_without:.4f}"
    text = f"""# {os.path.basename(os.path.normpath(folder))}

- Task: {args.task}
- Architecture: {args.arch}, sampler {args.sampler}, {n} weights, horizon {args.horizon}{history}, {args.execute} actions executed
- Measured success: not measured yet
- Data: `{os.path.basename(args.demos)}`, {t.data['n_demos']} demonstrations ({t.data['n_held']} held out), {len(t.train)} training samples; attributes:
{attrs}
- Training command: `{command}`
- Steps: {t.step} of batch {args.batch}; wall time {t.elapsed / 60:.1f} min; progress {100 * t.progress():.0f} %
- Loss ({args.prediction}, normalised): training {t.loss:.4f}, held-out {t.held_loss:.4f} (EMA weights){without}
- Trained: {time.strftime('%Y-%m-%d', time.gmtime())}, PyTorch {torch.__version__}, {args.threads} threads, {cpu_name()}, {args.precision}
"""
    policy_io.write_aside(os.path.join(folder, "card.md"), text.encode())


def export(args, t):
    t.held_loss = t.evaluate()
    if args.history:
        t.held_without = t.evaluate(window=(0, 0))
    policy_io.save_policy(args.out, t.ema, t.data["stats"], args.task, args.execute)
    write_card(args, t, args.out)


def report(t, speed):
    left = ""
    if t.progress() > 0.01:
        left = f" left {t.elapsed / 60 * (1 / t.progress() - 1):.1f} min"
    without = f"without history {t.held_without:.4f} " if t.args.history else ""
    print(f"step {t.step} {100 * t.progress():.1f} % loss {t.loss:.4f} held-out {t.held_loss:.4f} "
          f"{without}lr {t.learning_rate():.2e} {speed:.2f} steps/s elapsed {t.elapsed / 60:.1f} min{left}",
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
    try:
        data = dataset.load(args.demos, args.horizon, seed=args.seed, with_rows=bool(args.history))
    except ValueError as problem:
        sys.exit(f"train.py: {problem}")
    t = Trainer(args, data)
    print(f"{len(t.train)} samples of {data['n_demos']} demonstrations, "
          f"obs {t.train.obs.shape[1]}, chunk {args.horizon} x {t.train.chunks.shape[2]}, attributes {json.dumps(data['attrs'], default=str)}",
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
