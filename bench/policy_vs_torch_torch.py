# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Latency of one inference in eager PyTorch: the other half of bench/policy_vs_torch.

    policy_vs_torch_torch.py POLICY_FOLDER

fp32, batch 1, one thread. Prints `torch-VERSION steps median_ms p10_ms p90_ms`.
"""
import os
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
import policy_io  # noqa: E402

WARM_UP, REPEATS = 20, 200


def main():
    torch.set_num_threads(1)
    model, stats, config = policy_io.load_policy(sys.argv[1])
    torch.manual_seed(1)
    obs = torch.randn(1, model.obs_dim)
    noise = torch.randn(1, config["horizon"], model.action_dim)
    for steps in (1, 2, 5, 10):
        ms = []
        for i in range(-WARM_UP, REPEATS):
            start = time.perf_counter()
            policy_io.infer(model, stats, obs, noise, steps)
            if i >= 0:
                ms.append(1e3 * (time.perf_counter() - start))
        ms.sort()
        print(f"torch-{torch.__version__.split('+')[0]} {steps} {ms[REPEATS // 2]:.6f} "
              f"{ms[REPEATS // 10]:.6f} {ms[REPEATS - REPEATS // 10]:.6f}", flush=True)


if __name__ == "__main__":
    main()
