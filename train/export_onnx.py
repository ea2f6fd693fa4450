#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Writes a policy folder as an ONNX file with the policy.yaml that `sweetspot --policy onnx:FOLDER` reads.

    train/export_onnx.py policies/ur5e-conveyor OUT [--inside STEPS]

The network takes one step of the refinement (inputs obs, x, t; output velocity), so that sweetspot runs the loop
and its knob `steps` works; --inside puts a loop of STEPS steps into the graph (inputs obs, x; output chunk). A policy
with history is refused: its memory is no tensor. Needs PyTorch alone (1.13 or later), not the package onnx.
"""
import argparse
import json
import os
import sys
import warnings

import torch
from torch import nn

from policy_io import load_policy, write_aside

OPSET = 16  # the newest that PyTorch 1.13 writes


class OneStep(nn.Module):
    """The network at a given x and time."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, obs, x, t):
        return self.model(obs, x, t)


class WholeLoop(nn.Module):
    """From noise to a chunk in a fixed number of steps, unrolled."""

    def __init__(self, model, steps):
        super().__init__()
        self.model, self.steps = model, steps

    def forward(self, obs, x):
        return self.model.sample(obs, x, self.steps)


POLICY = """\
# {name}, written by train/export_onnx.py
model: model.onnx
task: {task}
steps: {steps}
inputs:
  - name: obs
    role: state
    normalise: {{file: stats.json, key: obs}}
  - {{name: x, role: noise}}
{time}output: {{name: {output}}}
{loop}action:
  denormalise: {{file: stats.json, key: action}}
  convention: relative
"""


def statistics(stats):
    """Means and standard deviations as JSON; every float32 is written so that it reads back alike."""
    return {key: {"mean": stats[key + "_mean"].tolist(), "std": stats[key + "_std"].tolist()}
            for key in ("obs", "action")}


def export(module, inputs, names, output, path):
    # written aside, then renamed; constants are folded and the old exporter warns of that
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, inputs, path + ".tmp", input_names=names, output_names=[output],
                          opset_version=OPSET)
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policy")
    parser.add_argument("out")
    parser.add_argument("--inside", type=int, metavar="STEPS")
    args = parser.parse_args()
    model, stats, config = load_policy(args.policy)
    if config.get("history"):
        sys.exit(f"{args.policy}: it has a history, expected a policy that reads the observation alone")
    if getattr(model, "sampler", "flow") != "flow" and not args.inside:
        sys.exit(f"{args.policy}: its sampler is no flow, expected --inside STEPS")
    if args.inside is not None and not 1 <= args.inside <= 100:
        sys.exit(f"--inside: {args.inside}, expected 1..100")
    for p in model.parameters():
        p.requires_grad_(False)
    obs = torch.zeros(1, model.obs_dim)
    x = torch.zeros(1, model.sizes["horizon"], model.action_dim)
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "model.onnx")
    if args.inside:
        export(WholeLoop(model, args.inside), (obs, x), ["obs", "x"], "chunk", path)
    else:
        export(OneStep(model), (obs, x, torch.zeros(1)), ["obs", "x", "t"], "velocity", path)
    ours = not args.inside
    text = POLICY.format(name=os.path.basename(os.path.normpath(args.policy)), task=config["task"],
                         steps=args.inside or config["num_inference_steps"],
                         time="  - {name: t, role: time}\n" if ours else "",
                         output="velocity" if ours else "chunk",
                         loop="loop: {rule: flow, time: [0, 1]}\n" if ours else "")
    write_aside(os.path.join(args.out, "stats.json"), json.dumps(statistics(stats)).encode())
    write_aside(os.path.join(args.out, "policy.yaml"), text.encode())


if __name__ == "__main__":
    main()
