# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A cart on a line, whose every figure is known, and what can go wrong with an environment: `mode`, at step `at`.

Its position is in steps of 1/8 from -seed/8, which floats hold exactly; it has arrived beyond 0. Gymnasium is not
needed: a space is whatever is called Box.
"""
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np

from sweetspot.world_env import World

STEP = 0.125


class Box:
    def __init__(self, low, high, shape, dtype=np.float32):
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self.low, self.high = np.full(shape, low, dtype), np.full(shape, high, dtype)


class Discrete:
    shape, dtype, start, n = (), np.dtype(np.int64), 0, 3


class Dict:
    def __init__(self, **spaces):
        self.spaces = spaces


class Text:
    pass


class Cart:
    dt = 0.1
    render_mode = "rgb_array"

    def __init__(self, mode="", at=2, mark="", bad_seed=None):
        self.mode, self.at, self.mark, self.bad_seed = mode, at, mark, bad_seed
        self.resets = self.steps = 0
        self.x, self.last = 0.0, 0.0
        self.observation_space = Box(-np.inf, np.inf, (2,))
        self.action_space = Box(-1.0, 1.0, (1,))
        if mode == "dict":
            self.observation_space = Dict(zoom=Box(-9, 9, (1,)), cart=Box(-9, 9, (2, 1)),
                                          eye=Box(0, 255, (4, 6, 3), np.uint8))
        if mode == "discrete":
            self.action_space = Discrete()
        if mode == "text":
            self.observation_space = Text()
        if mode == "short":
            self.spec = SimpleNamespace(max_episode_steps=30)
        if mode == "fickle":  # the second worker is another than the first
            self.observation_space = Box(-9, 9, (3 if os.path.exists(mark) else 2,))
            open(mark, "w").close()
        if mode == "silent":
            time.sleep(1000)
        if mode == "refuses":
            raise ValueError("no such map")

    def reset(self, seed=None):
        self.seed, self.steps, self.x, self.last = seed, 0, -STEP * seed, 0.0
        self.resets += 1
        if self.mode == "deaf":
            self.x = -STEP
        if self.mode == "unseeded":
            self.x += STEP * (time.time_ns() % 1000003)
        if self.mode == "history":
            self.x += STEP * self.resets
        if self.mode == "spaces" and self.resets > 1:
            self.observation_space = Box(-1, 1, (3,))
        return self.see(), {}

    def sweetspot_state(self):
        """Of a ghost something that no observation shows, and that remembers."""
        return np.array([float(self.resets)]) if self.mode == "ghost" else None

    def see(self):
        if self.mode == "dict":
            eye = np.full((4, 6, 3), self.steps, np.uint8)
            return {"zoom": np.array([7.0]), "cart": np.array([[self.x], [self.last]]), "eye": eye}
        return np.array([self.x, self.last], np.float32)

    def step(self, action):
        self.steps += 1
        self.last = float(action) - 1.0 if self.mode == "discrete" else float(action[0])
        self.x += STEP * self.last
        info = {} if self.mode == "mute" else {"success": bool(self.x > 0)}
        seen, reward = self.see(), -STEP
        if self.mode == "uneven":  # sums of these depend on their order
            reward = 0.1 * (self.steps % 7) - 0.3
            info = {"success": bool(self.x > 0)} if self.steps in (2, 13) else {}
        if self.steps == self.at and self.bad_seed in (None, self.seed):
            seen, reward = self.misbehave(seen, reward)
        ended = self.mode == "falls" and self.steps == self.at
        cut = self.mode == "cut" and self.steps == self.at
        return seen, reward, ended, cut, info

    def misbehave(self, seen, reward):
        mode = self.mode
        if mode == "prints":
            print("x" * 200000)
            os.write(1, b"raw\n" * 10)
        elif mode == "exits":
            sys.exit(3)
        elif mode == "dies":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif mode == "forks":
            os.fork()
        elif mode == "leaves":
            child = subprocess.Popen(["sleep", "1000"])
            with open(self.mark, "a") as file:
                file.write(f"{child.pid}\n{os.getpid()}\n")
        elif mode in ("daemon", "daemon_hangs"):
            self.start_daemon()
            time.sleep(1000 if mode == "daemon_hangs" else 0)
        elif mode == "hops":  # a chain of daemons, each of which starts the next and ends
            if os.fork() == 0:
                os.setsid()
                while os.fork() == 0:
                    pass
                os._exit(0)
        elif mode == "hangs":
            if self.mark:
                with open(self.mark, "a") as file:
                    file.write(f"{os.getpid()}\n")
            time.sleep(1000)
        elif mode == "raises":
            return {}["cup"], reward
        elif mode == "nan":
            seen = np.array([0.0, np.nan], np.float32)
        elif mode == "shape":
            seen = np.zeros(3, np.float32)
        elif mode == "reward":
            reward = float("inf")
        elif mode == "four":
            seen = None
        elif mode == "junk":
            os.write(3, b"\xff" * 8)
        return seen, reward

    def start_daemon(self):
        """A process of its own session whose parent has ended; its number is in the file when this returns."""
        child = os.fork()
        if child == 0:
            os.setsid()
            if os.fork() == 0:
                with open(self.mark + ".new", "w") as file:
                    file.write(f"{os.getpid()}\n")
                os.rename(self.mark + ".new", self.mark)
                time.sleep(1000)
            os._exit(0)
        os.waitpid(child, 0)
        while not os.path.exists(self.mark):
            time.sleep(0.01)

    def render(self):
        if self.mode == "blind":
            raise RuntimeError("no light")
        picture = np.zeros((10, 20, 3), np.uint8)
        picture[:, : 10 + self.steps, 0] = 200
        return picture


def make(singly=False, **options):
    cart = Cart(**options)
    return Single(cart, ["toy"]) if singly else cart


class Single(World):
    """A worker that cannot repeat an action by itself."""

    def describe(self):
        return {**super().describe(), "repeats": False}
