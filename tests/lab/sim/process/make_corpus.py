# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Writes corpus_message/: what the worker says of the toy, behind the byte that fuzz_message.c begins with.

    PYTHONPATH=bindings/python:tests/lab/sim/process python3 tests/lab/sim/process/make_corpus.py
"""
from pathlib import Path

import msgpack
import numpy as np
from sweetspot.world import PROTOCOL, make_world, pack_array

FOLDER = Path(__file__).parent / "corpus_message"


def write(name: str, mark: bytes, message: dict) -> None:
    (FOLDER / name).write_bytes(mark + msgpack.packb(message, default=pack_array))


FOLDER.mkdir(exist_ok=True)
for mode in ("", "dict", "discrete"):
    world = make_world("toy:make", {"mode": mode})
    write(f"hello_{mode or 'plain'}", b"h",
          {"hello": "sweetspot.world", "protocol": PROTOCOL, "repeats": True, **world.describe()})
    seen = world.reset(3)
    write(f"seen_{mode or 'plain'}", b"s", {**seen, "obs": seen["obs"][:2], "state": np.zeros(3),
                                             "effector": np.ones(3)})
write("seen_success", b"s", {**seen, "success": True, "state": np.zeros(3), "effector": np.ones(3)})
write("rewards", b"s", {**seen, "rewards": np.arange(4.0), "state": np.zeros(3), "effector": np.ones(3)})
write("rewards_too_many", b"s", {**seen, "rewards": np.arange(5.0), "state": np.zeros(3), "effector": np.ones(3)})
write("look", b"s", {"images": {"eye": np.zeros((2, 2, 3), np.uint8)}})
write("draw", b"s", {"rgb": np.zeros((2, 2, 3), np.uint8)})
write("error", b"s", {"error": "KeyError: 'cup' (toy.py:1)"})
write("nan", b"s", {**seen, "obs": np.array([0, np.nan], np.float32), "state": np.zeros(3), "effector": np.ones(3)})
