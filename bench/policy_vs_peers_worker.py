# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What the contenders of bench/policy_vs_peers that are written in Python share.

A contender reads lines from standard input. `time W N CLOCK` makes W chunks unseen, then N, and
answers with their milliseconds on that clock: `wall`, or `cpu`, which the process has computed;
`chunk` answers with the chunk's numbers. It says its name first.
"""
import sys
import time

import numpy as np


def inputs(data, batch, config):
    """(batch x D) observations and (batch x T x A) noise."""
    d = config["input_features"]["observation.state"]["shape"][0]
    a = config["output_features"]["action"]["shape"][0]
    return (np.fromfile(data + ".obs", "<f4").reshape(batch, d),
            np.fromfile(data + ".noise", "<f4").reshape(batch, config["horizon"], a))


def serve(name, chunk, infer):
    """chunk() gives the numbers, infer() is what is timed."""
    print(name, flush=True)
    for line in sys.stdin:
        if line.startswith("chunk"):
            print(*(f"{v:.9g}" for v in chunk().ravel()), flush=True)
            continue
        warm_up, n = (int(w) for w in line.split()[1:3])
        now = time.process_time if "cpu" in line else time.perf_counter
        ms = []
        for i in range(warm_up + n):
            start = now()
            infer()
            ms.append(1e3 * (now() - start))
        print(*(f"{t:.6f}" for t in ms[warm_up:]), flush=True)
