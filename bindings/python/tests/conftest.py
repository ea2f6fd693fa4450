# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What the tests share: the tool, and a small world with the interface of gymnasium, which need not be installed.

SWEETSPOT_LIBRARY and SWEETSPOT_TOOL name the built library and tool; CTest sets them.
"""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "bindings/python"))
sys.dont_write_bytecode = True


@pytest.fixture(scope="session")
def tool():
    """Runs the tool with arguments; its standard output, where it ends with one of `codes`."""
    path = os.environ.get("SWEETSPOT_TOOL", str(ROOT / "build/src/cli/sweetspot"))
    if not os.path.exists(path):
        pytest.skip(f"no tool at {path}, expected SWEETSPOT_TOOL")

    def run(*arguments, codes=(0,)):
        done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode in codes, done.stderr
        return done.stdout

    return run


class Box:
    """As gymnasium's."""

    def __init__(self, low, high, dtype=np.float32):
        self.low, self.high = np.asarray(low, dtype), np.asarray(high, dtype)
        self.shape, self.dtype = self.low.shape, np.dtype(dtype)

    def __eq__(self, other):
        return self.shape == other.shape


class Cart:
    """A cart on a rail, pushed by its action to a place that depends on the seed: position += action, at 20 Hz; success
    within 0.05 of the place, the end beyond 10."""

    observation_space = Box([-20.0, -20.0], [20.0, 20.0])
    action_space = Box([-1.0], [1.0])
    dt = 0.05
    made = closed = 0

    def __init__(self):
        Cart.made += 1
        self.actions = []

    def reset(self, seed=None, options=None):
        self.at, self.goal = 0.0, 1.0 + seed % 5
        return self._obs(), {}

    def _obs(self):
        return np.array([self.at, self.goal], np.float32)

    def step(self, action):
        self.actions.append(float(action[0]))
        self.at += float(action[0])
        done = abs(self.at - self.goal) < 0.05
        return self._obs(), -abs(self.at - self.goal), done or self.at > 10.0, False, {"is_success": done}

    def close(self):
        Cart.closed += 1


def drive(obs):
    """Three actions towards the place, each a third of what is left, at most 0.5."""
    push = float(np.clip((obs[1] - obs[0]) / 3.0, -0.5, 0.5))
    return np.full((3, 1), push, np.float32)


@pytest.fixture
def cart():
    Cart.made = Cart.closed = 0
    return Cart


@pytest.fixture
def driver():
    return drive


def records(rows):
    """A list of dicts of what pandas, where it is there, has made a table of."""
    return rows.to_dict("records") if hasattr(rows, "to_dict") else rows
