#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Random policy folders, and what PyTorch computes with them.

    make_fixture.py OUT [--arch dit [--sampler ddim [--prediction epsilon]] [--history F,M]] [--full]
                    [--cases FILE] [--batch 4] [--steps 1 2 5 10] [--seed 0]

Without --full the network is narrow and its sizes are awkward on purpose (nothing is a multiple of
a SIMD width). With --full it has the sizes of a trained policy. --cases writes inputs and PyTorch's
answers as F32 tensors `obs`, `noise` and `chunk.STEPS` to a safetensors file. With --history they are
those of one session: the past `frames` (9 x D) and `commands` (9 x A), and `obs`, `noise` and
`chunk.WINDOW` of the inferences after `written` (4) of them, WINDOW base, 3:2, 0:0 or 1:6. The
committed ones:

    make_fixture.py tests/fixtures/flow_mixer_small --cases tests/fixtures/flow_mixer_small/cases.safetensors
    make_fixture.py tests/fixtures/dit_flow --arch dit --cases tests/fixtures/dit_flow/cases.safetensors
    make_fixture.py tests/fixtures/dit_ddim --arch dit --sampler ddim --cases tests/fixtures/dit_ddim/cases.safetensors
    make_fixture.py tests/fixtures/dit_epsilon --arch dit --sampler ddim --prediction epsilon --cases tests/fixtures/dit_epsilon/cases.safetensors
    make_fixture.py tests/fixtures/dit_history --arch dit --history 6,6 --steps 5 --cases tests/fixtures/dit_history/cases.safetensors
"""
import argparse

import torch

import policy_io
from model import FlowMixer
from model_dit import Dit
from model_history import HistoryDit

SMALL = dict(horizon=5, channels=43, token_hidden=11, channel_hidden=37, blocks=2, time_dim=18)
SMALL_DIT = dict(horizon=5, width=22, heads=2, mlp_hidden=37, blocks=3, time_dim=18)
WRITTEN = (0, 2, 4, 9)  # tokens of either kind before each inference; 9 is more than 6 are kept
WINDOWS = {"base": None, "3:2": (3, 2), "0:0": (0, 0), "1:6": (1, 6)}


def random_policy(args, obs_dim, action_dim):
    """A network in which every part matters: adaLN is not at its start."""
    torch.manual_seed(args.seed)
    if args.arch == "dit":
        groups = [2] * (obs_dim // 2) + [1] * (obs_dim % 2)
        options = dict(obs_groups=groups, sampler=args.sampler, prediction=args.prediction,
                       **({} if args.full else SMALL_DIT))
        model = (HistoryDit(obs_dim, action_dim, args.history, **options) if args.history
                 else Dit(obs_dim, action_dim, **options))
    else:
        model = FlowMixer(obs_dim, action_dim, **({} if args.full else SMALL))
    # The transformer's gates multiply three branches a block and must not be small.
    spread = 1.0 if args.arch == "dit" else 0.3
    for name, p in model.named_parameters():
        if "adaln" in name:
            torch.nn.init.normal_(p, std=spread / (p.shape[-1] ** 0.5 if p.dim() > 1 or spread < 1.0
                                                   else 2.0))
        if "history_bias" in name:
            torch.nn.init.normal_(p)
    model.load_state_dict({k: v.to(torch.bfloat16).float() for k, v in model.state_dict().items()})
    shape = (model.sizes["horizon"], action_dim)
    stats = dict(obs_mean=torch.randn(obs_dim), obs_std=0.5 + torch.rand(obs_dim),
                 action_mean=torch.randn(shape), action_std=0.5 + torch.rand(shape))
    if args.history:
        stats.update(command_mean=torch.randn(action_dim), command_std=0.5 + torch.rand(action_dim))
    return model.eval(), stats


def history_cases(model, stats, steps):
    """One session: tokens are written one after another, with inferences in between."""
    frames = torch.randn(max(WRITTEN), model.obs_dim) * stats["obs_std"] + stats["obs_mean"]
    commands = (torch.randn(max(WRITTEN), model.action_dim) * stats["command_std"]
                + stats["command_mean"])
    obs = torch.randn(len(WRITTEN), model.obs_dim) * stats["obs_std"] + stats["obs_mean"]
    noise = torch.randn(len(WRITTEN), model.sizes["horizon"], model.action_dim)
    history, chunks = model.new_history(), {name: [] for name in WINDOWS}
    for n in range(max(WRITTEN) + 1):
        if n in WRITTEN:
            i = slice(WRITTEN.index(n), WRITTEN.index(n) + 1)
            for name, window in WINDOWS.items():
                chunks[name].append(policy_io.infer(model, stats, obs[i], noise[i], steps,
                                                    history=history, window=window))
        if n < max(WRITTEN):
            policy_io.remember(model, stats, history, frames[n:n + 1], commands[n:n + 1])
    tensors = {f"chunk.{name}": torch.cat(x) for name, x in chunks.items()}
    return dict(tensors, frames=frames, commands=commands, obs=obs, noise=noise,
                written=torch.tensor(WRITTEN, dtype=torch.float32))


def cases(args, model, stats):
    if args.history:
        return history_cases(model, stats, args.steps[0])
    obs = torch.randn(args.batch, model.obs_dim) * stats["obs_std"] + stats["obs_mean"]
    noise = torch.randn(args.batch, model.sizes["horizon"], model.action_dim)
    tensors = {f"chunk.{k}": policy_io.infer(model, stats, obs, noise, k) for k in args.steps}
    return dict(tensors, obs=obs, noise=noise)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("out")
    p.add_argument("--arch", choices=("flow_mixer", "dit"), default="flow_mixer")
    p.add_argument("--sampler", choices=("flow", "ddim"), default="flow")
    p.add_argument("--prediction", choices=("velocity", "sample", "epsilon"))
    p.add_argument("--history", type=lambda t: tuple(int(n) for n in t.split(",")),
                   help="dit: capacity in frames, commands")
    p.add_argument("--full", action="store_true")
    p.add_argument("--obs", type=int)
    p.add_argument("--action", type=int)
    p.add_argument("--cases")
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--steps", type=int, nargs="+", default=[1, 2, 5, 10])
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args()
    model, stats = random_policy(args, args.obs or (40 if args.full else 7),
                                 args.action or (5 if args.full else 3))
    policy_io.save_policy(args.out, model, stats, "fixture", min(8, model.sizes["horizon"]))
    if args.cases:
        policy_io.safetensors_write(args.cases, cases(args, model, stats), {})


if __name__ == "__main__":
    main()
