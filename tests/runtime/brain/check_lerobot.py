#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""LeRobot's ACT and diffusion policy, with random weights, as ONNX files, against LeRobot itself.

    check_lerobot.py PRINT_CHUNKS       (run by test_onnx_lerobot.sh with the Python that has LeRobot 0.6)

A network's answer within 1e-5 of the largest number in it, the whole denoising loop, run by us, within 1e-3.
"""
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
from lerobot.configs.types import FeatureType, PolicyFeature
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.policies.act.modeling_act import ACT
from lerobot.policies.diffusion.configuration_diffusion import DiffusionConfig
from lerobot.policies.diffusion.modeling_diffusion import DiffusionModel

STATE, ENV, DIM, ROWS, N = 8, 6, 7, 16, 20
STATE_KEY, ENV_KEY = "observation.state", "observation.environment_state"
FEATURES = dict(input_features={STATE_KEY: PolicyFeature(type=FeatureType.STATE, shape=(STATE,)),
                                ENV_KEY: PolicyFeature(type=FeatureType.ENV, shape=(ENV,))},
                output_features={"action": PolicyFeature(type=FeatureType.ACTION, shape=(DIM,))})


def export(module, inputs, names, output, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, inputs, path, input_names=names, output_names=[output], opset_version=17,
                          dynamo=False)


class Act(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, state, environment):
        return self.model({STATE_KEY: state, ENV_KEY: environment})[0]


def answers(print_chunks, folder, point, obs_dim):
    done = subprocess.run([print_chunks, "onnx:" + folder, point, str(N)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("FAILED: " + done.stderr)
    rows = np.array([[float(x) for x in line.split()] for line in done.stdout.splitlines()], dtype=np.float32)
    obs, noise, chunk = np.split(rows, [obs_dim, obs_dim + ROWS * DIM], axis=1)
    return torch.from_numpy(obs), torch.from_numpy(noise).view(N, ROWS, DIM), torch.from_numpy(chunk).view(N, ROWS, DIM)


def judge(what, ours, theirs, tolerance):
    apart = float((ours - theirs).abs().max() / theirs.abs().max())
    print(f"{what}: {apart:.2g} of the largest, at most {tolerance:g}")
    return apart <= tolerance


@torch.no_grad()
def act(print_chunks, work):
    model = ACT(ACTConfig(**FEATURES, chunk_size=ROWS, n_action_steps=ROWS)).eval()
    export(Act(model).eval(), (torch.zeros(1, STATE), torch.zeros(1, ENV)), ["state", "environment"], "action",
           os.path.join(work, "act.onnx"))
    entries = lambda a, b: list(range(a, b))
    with open(os.path.join(work, "policy.yaml"), "w") as f:
        f.write(f"model: act.onnx\ninputs:\n- {{name: state, role: state, entries: {entries(0, STATE)}}}\n"
                f"- {{name: environment, role: state, entries: {entries(STATE, STATE + ENV)}}}\n")
    obs, _, chunk = answers(print_chunks, work, "", STATE + ENV)
    theirs = torch.cat([Act(model).eval()(o[None, :STATE], o[None, STATE:]) for o in obs])
    return judge("ACT", chunk, theirs, 1e-5)


@torch.no_grad()
def diffusion(print_chunks, work):
    config = DiffusionConfig(**FEATURES, n_obs_steps=1, horizon=ROWS, n_action_steps=8, noise_scheduler_type="DDIM",
                             down_dims=(64, 128, 256))
    model = DiffusionModel(config).eval()
    cond = torch.zeros(1, STATE + ENV)
    export(model.unet, (torch.zeros(1, ROWS, DIM), torch.zeros(1, dtype=torch.long), cond), ["x", "t", "cond"], "noise",
           os.path.join(work, "unet.onnx"))
    with open(os.path.join(work, "policy.yaml"), "w") as f:
        f.write("model: unet.onnx\nsteps: 10\ninputs:\n- {name: x, role: noise}\n- {name: t, role: time}\n"
                "- {name: cond, role: state}\nloop: {rule: ddim, predicts: epsilon, schedule: cosine, "
                f"train_steps: {config.num_train_timesteps}, clip: {config.clip_sample_range}}}\n")
    good = True
    for steps in (1, 5, 10, 50):
        obs, noise, chunk = answers(print_chunks, work, f"steps={steps}", STATE + ENV)
        model.num_inference_steps = steps
        theirs = torch.cat([model.conditional_sample(1, global_cond=o[None], noise=n[None])
                            for o, n in zip(obs, noise)])
        good = judge(f"diffusion, {steps} steps", chunk, theirs, 1e-3) and good
    return good


def main():
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as work:
        good = [policy(os.path.abspath(sys.argv[1]), work) for policy in (act, diffusion)]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
