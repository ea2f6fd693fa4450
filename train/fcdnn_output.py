#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What bits do to the outputs of FCDNN-16, and a model file for `sweetspot plan` that is calibrated by it.

    train/fcdnn_output.py [--model models/fcdnn-16] [--plan models/fcdnn-16.yaml]

Prints for b = 1..8 and three quantisers of the weights (each matrix by its own lambda: the law's codebook, uniform with the
best clip for the weights, powers of two with the best largest level) the mean 1-norm of the change of the output over the
held-out digits, their accuracy, the constant H of output = H n D(b) fitted over b = 4..8, and the bound by layers. Then runs the
model cut after 4, 8, 12 and 16 layers, its first part in b bits, with what is sent rounded to 4, 8, 16 or 32 bits, and writes H
and the features' own distortion of each split. Needs numpy.
"""
import argparse
import json
import os
import struct
import sys

import numpy as np

BITS = range(1, 9)
FIT = range(4, 9)  # below, the first-order law does not hold
SPLITS = (4, 8, 12, 16)
FEATURE_BITS = (4, 8, 16, 32)


def read(path):
    """{name: array} of a safetensors file of F32 and BF16."""
    with open(path, "rb") as f:
        blob = f.read()
    size = struct.unpack("<Q", blob[:8])[0]
    out = {}
    for name, t in json.loads(blob[8:8 + size]).items():
        if name == "__metadata__":
            continue
        raw = blob[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]]
        if t["dtype"] == "BF16":
            out[name] = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(t["shape"])
        else:
            out[name] = np.frombuffer(raw, "<f4").reshape(t["shape"])
    return out


def nearest(w, levels):
    """w with each magnitude at its nearest level (ascending), the sign kept."""
    at = np.searchsorted((levels[1:] + levels[:-1]) / 2, np.abs(w))
    return np.where(w < 0, -1.0, 1.0) * levels[at]


def best(w, family):
    """The levels of a family of one scale that lose least of w."""
    scales = np.quantile(np.abs(w), 1.0) * np.exp(np.linspace(-3.5, 0.3, 200))
    losses = [np.abs(nearest(w, family(s)) - w).mean() for s in scales]
    return family(scales[int(np.argmin(losses))])


def quantise(w, bits, kind):
    w = w.astype(np.float64)
    k = 2 ** (bits - 1)
    if kind == "lloyd":
        i = np.arange(1, k + 1)
        return nearest(w, np.log(k * (k + 1) / (k - i + 1.0) ** 2) * np.abs(w).mean())
    if kind == "uniform":
        return nearest(w, best(w, lambda top: (np.arange(k) + 0.5) * top / k))
    return nearest(w, best(w, lambda top: top * 2.0 ** -np.arange(min(k, 64))[::-1]))


def run(layers, x, first=0):
    for i, w in enumerate(layers):
        x = x @ w.T
        if first + i < 15:
            x = np.maximum(x, 0.0)
    return x


def bound(layers, hat):
    """The induced-norm bound for |x|_1 = 1 (largest column sums)."""
    norm = [np.abs(w).sum(0).max() for w in layers]
    norm_hat = [np.abs(w).sum(0).max() for w in hat]
    return sum(np.prod(norm_hat[i + 1:]) * np.abs(hat[i] - layers[i]).sum(0).max() * np.prod(norm[:i])
               for i in range(len(layers)))


def d_law(bits, lam):
    return np.log1p(2.0 ** (1 - bits)) / lam


def lambda_of(layers):
    return sum(w.size for w in layers) / sum(np.abs(w).sum() for w in layers)


def fit_h(outputs, n, lam):
    """H of output = H n D, least squares of logarithms."""
    return np.exp(np.mean([np.log(outputs[b] / (n * d_law(b, lam))) for b in FIT]))


def table(layers, x, labels):
    y = run(layers, x)
    n, lam = sum(w.size for w in layers), lambda_of(layers)
    print(f"accuracy at full precision {100 * (y.argmax(1) == labels).mean():.1f} %, mean |y|_1 {np.abs(y).sum(1).mean():.3f}, "
          f"{n} weights, lambda {lam:.3f}")
    print("| bits | lambda D_L | lambda D_LM | output, lloyd | uniform | pow2 | H n D_LM | bound / output | accuracy %, lloyd "
          "| uniform | pow2 |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    rows, outputs = [], {}
    for b in BITS:
        cells = {}
        for kind in ("lloyd", "uniform", "pow2"):
            hat = [quantise(w, b, kind) for w in layers]
            out = run(hat, x)
            cells[kind] = (np.abs(out - y).sum(1).mean(), 100 * (out.argmax(1) == labels).mean(), hat)
        outputs[b] = cells["lloyd"][0]
        rows.append((b, cells, bound(layers, cells["lloyd"][2]) / cells["lloyd"][0]))
    h = fit_h(outputs, n, lam)
    for b, c, ratio in rows:
        print(f"| {b} | {2.0 ** -b:.5f} | {d_law(b, 1.0):.5f} | {c['lloyd'][0]:.3g} | {c['uniform'][0]:.3g} | "
              f"{c['pow2'][0]:.3g} | {h * n * d_law(b, lam):.3g} | {ratio:.1e} | {c['lloyd'][1]:.1f} | {c['uniform'][1]:.1f} | "
              f"{c['pow2'][1]:.1f} |")
    worst = max(abs(np.log(outputs[b] / (h * n * d_law(b, lam)))) for b in FIT)
    print(f"H = {h:.4g}; over b = {FIT[0]}..{FIT[-1]} outputs are within a factor {np.exp(worst):.2f} of H n D_LM")


def round_features(z, bits):
    if bits == 32:
        return z.astype(np.float32).astype(np.float64)
    top = z.max()
    return np.round(z / top * (2 ** bits - 1)) / (2 ** bits - 1) * top


def split_lines(layers, x, at):
    """The lines of one split: its first `at` layers on the agent."""
    y = run(layers, x)
    agent, server = layers[:at], layers[at:]
    n, lam = sum(w.size for w in agent), lambda_of(agent)
    outputs = {b: np.abs(run(server, run([quantise(w, b, "lloyd") for w in agent], x), at) - y).sum(1).mean() for b in FIT}
    h = fit_h(outputs, n, lam)
    lines = [f"  - name: layer-{at}", f"    agent_flop: {2 * n}", f"    agent_parameters: {n}", f"    lambda: {lam:.5g}",
             f"    output_per_parameter: {h:.5g}"]
    if not server:
        return lines
    z = run(agent, x)
    lines += [f"    server_flop: {2 * sum(w.size for w in server)}", "    features:"]
    for bits in FEATURE_BITS:
        change = np.abs(run(server, round_features(z, bits), at) - y).sum(1).mean()
        lines.append(f"      - {{bits: {bits}, uplink_bits: {bits * z.shape[1]}, distortion: {change:.4g}}}")
    return lines


def write_plan(path, layers, x):
    lines = ["# For plans of co-inference (docs/plan.md). Written by train/fcdnn_output.py.", "name: fcdnn-16",
             "description: FCDNN-16 cut after 4, 8, 12 or all of its 16 layers", "origin: measured",
             'source: "FLOP counted; H and features measured over the 360 held-out digits, codebook of b = 4..8 bits"',
             "full_bits: 32", "splits:"]
    for at in SPLITS:
        lines += split_lines(layers, x, at)
    with open(path + ".tmp", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="models/fcdnn-16")
    parser.add_argument("--plan", help="where to write the model file")
    a = parser.parse_args()
    weights = read(os.path.join(a.model, "model.safetensors"))
    test = read(os.path.join(a.model, "test.safetensors"))
    layers = [weights[name].astype(np.float64) for name in sorted(weights)]
    pixels = test["pixels"].astype(np.float64)
    x = pixels / pixels.sum(1, keepdims=True)
    table(layers, x, test["labels"].astype(int))
    if a.plan:
        write_plan(a.plan, layers, x)
    return 0


if __name__ == "__main__":
    sys.exit(main())
