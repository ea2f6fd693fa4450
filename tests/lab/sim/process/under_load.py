# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Whether a simulator computes the same whatever else the computer does."""
import multiprocessing
import os

import numpy as np


def burn():
    while True:
        np.linalg.svd(np.random.rand(200, 200))


def same_alone_and_under_load(run):
    """What `run()` returns in a process of its own; fails unless two at a time on a busy computer return the same."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        alone = pool.apply(run)
    load = [context.Process(target=burn, daemon=True) for _ in range(2 * (os.cpu_count() or 1))]
    for process in load:
        process.start()
    with context.Pool(2) as pool:
        busy = [job.get() for job in [pool.apply_async(run) for _ in range(2)]]
    for process in load:
        process.terminate()
    assert busy == [alone, alone], "not the same under load"
    return alone
