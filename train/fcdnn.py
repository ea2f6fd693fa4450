#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Trains FCDNN-16: 16 fully connected layers, ReLU, no biases, on scikit-learn's handwritten digits.

    train/fcdnn.py [--out models/fcdnn-16] [--seed 1] [--epochs 60]

An input is the 8 x 8 pixels divided by their sum, so its 1-norm is 1, as the output bounds want it. 360 of the
1,797 digits are held out before anything else and are never trained on; they lie beside the model, so that distortion
and accuracy can be measured without Python. Each layer starts as a random matrix with orthogonal rows, scaled by
sqrt(2) against the half that ReLU drops: without biases or residual paths the signal of 16 layers neither dies
nor explodes. Writes model.safetensors (F32), test.safetensors, config.json and card.md. Takes a few seconds on
one core. Needs Debian's python3-torch and python3-sklearn.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
import torch
from sklearn.datasets import load_digits

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from policy_io import safetensors_write, write_aside  # noqa: E402

N_LAYER, WIDTH, N_TEST, BATCH, RATE = 16, 64, 360, 64, 2e-3


def split(seed):
    """(training, test) of (pixels, labels); the test set depends on the seed alone."""
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    pixels = torch.tensor(digits.data[order], dtype=torch.float32)
    labels = torch.tensor(digits.target[order])
    return (pixels[N_TEST:], labels[N_TEST:]), (pixels[:N_TEST], labels[:N_TEST])


def unit(pixels):
    return pixels / pixels.sum(1, keepdim=True)


def make_layers():
    sizes = [64] + [WIDTH] * (N_LAYER - 1) + [10]
    layers = []
    for k, n in zip(sizes, sizes[1:]):
        w = torch.empty(n, k)
        torch.nn.init.orthogonal_(w, gain=2 ** 0.5)
        layers.append(w.requires_grad_())
    # the digits' 2-norm is about 0.17: the first layer brings them to the size that logits have
    layers[0].data *= 6.0
    return layers


def forward(layers, x):
    for w in layers[:-1]:
        x = torch.relu(x @ w.T)
    return x @ layers[-1].T


def accuracy(layers, data):
    with torch.no_grad():
        return (forward(layers, unit(data[0])).argmax(1) == data[1]).float().mean().item()


def train(layers, data, epochs, generator):
    optimiser = torch.optim.AdamW(layers, lr=RATE, weight_decay=1e-3)
    steps = epochs * ((len(data[1]) + BATCH - 1) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    x = unit(data[0])
    for _ in range(epochs):
        order = torch.randperm(len(data[1]), generator=generator)
        for at in range(0, len(order), BATCH):
            pick = order[at:at + BATCH]
            loss = torch.nn.functional.cross_entropy(forward(layers, x[pick]), data[1][pick])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(layers, 1.0)
            optimiser.step()
            schedule.step()


CARD = """# fcdnn-16

- What: {n_layer} fully connected layers, {n_weight} weights, ReLU between them, no biases; x = pixels / their sum, so |x|_1 = 1
- Data: the 1,797 digits of 8 x 8 pixels of scikit-learn (UCI, E. Alpaydin, C. Kaynak, CC BY 4.0); {n_train} trained on, {n_test}
  held out (`test.safetensors`: pixels 0 .. 16 and labels 0 .. 9)
- Training command: `train/fcdnn.py --seed {seed} --epochs {epochs}`; {seconds:.0f} s on one core, PyTorch {torch}
- Accuracy: held out {test:.1f} %, training {train:.1f} %
- For `sweetspot distortion fcdnn-16`: what bits do to weights, outputs and accuracy. It controls no robot.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="models/fcdnn-16")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=60)
    a = parser.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(1)
    start = time.time()
    training, test = split(a.seed)
    layers = make_layers()
    train(layers, training, a.epochs, torch.Generator().manual_seed(a.seed))
    seconds = time.time() - start
    figures = {"test": 100 * accuracy(layers, test), "train": 100 * accuracy(layers, training)}
    os.makedirs(a.out, exist_ok=True)
    note = {"made_by": "train/fcdnn.py"}
    safetensors_write(os.path.join(a.out, "model.safetensors"),
                      {f"layers.{i:02d}.weight": w for i, w in enumerate(layers)}, note)
    # whole numbers up to 16: BF16 holds them
    safetensors_write(os.path.join(a.out, "test.safetensors"),
                      {"labels": test[1].to(torch.bfloat16), "pixels": test[0].to(torch.bfloat16)}, note)
    config = {"type": "fcdnn", "layers": N_LAYER, "inputs": 64, "outputs": 10}
    write_aside(os.path.join(a.out, "config.json"), (json.dumps(config, indent=2) + "\n").encode())
    card = CARD.format(n_layer=N_LAYER, n_weight=sum(w.numel() for w in layers), n_train=len(training[1]),
                       n_test=len(test[1]), seed=a.seed, epochs=a.epochs, seconds=seconds,
                       torch=torch.__version__, **figures)
    write_aside(os.path.join(a.out, "card.md"), card.encode())
    print(card)


if __name__ == "__main__":
    main()
