# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A world for sweetspot, in a process of its own: somebody's simulator behind a socket.

    python3 -m sweetspot.world gym:Pendulum-v1          any environment of gymnasium, by its id
    python3 -m sweetspot.world metaworld:push           a task of Meta-World
    python3 -m sweetspot.world libero:libero_object/0   a task of LIBERO, by suite and number or name
    python3 -m sweetspot.world robosuite:Lift           an environment of robosuite
    python3 -m sweetspot.world mine:make                what `make()` of mine.py beside the task file returns

sweetspot starts this; it stands in a task file as `command: [python3, -m, sweetspot.world, gym:Pendulum-v1]`, with
options of the environment behind it as `key=value`. docs/bring-your-own-world.md has examples, and the messages.
Needs numpy and msgpack, and what the world needs.
"""
from __future__ import annotations

import math
import os
import socket
import struct
import sys
import traceback
from typing import Any

import msgpack
import numpy as np

from sweetspot.world_env import World, WorldError

PROTOCOL = 1  # SPOTI_WORKER_PROTOCOL
HEAD = struct.Struct("<I")  # the size in front of a message
MESSAGE_BYTES_MAX = 64 << 20


def make_world(name: str, options: dict[str, Any]) -> World:
    """The world called `name`, `kind:what`. Nothing is imported that it does not need."""
    kind, colon, what = name.partition(":")
    if not colon or not kind or not what:
        raise WorldError(f"'{name}': expected gym:ID, metaworld:TASK, libero:SUITE/TASK, robosuite:NAME "
                         "or MODULE:FUNCTION")
    if kind == "gym":
        from sweetspot.world_env import make_gym

        return make_gym(what, options)
    if kind in ("metaworld", "libero", "robosuite"):
        from sweetspot import world_sims

        return getattr(world_sims, "make_" + kind)(what, options)
    from sweetspot.world_env import make_factory

    return make_factory(kind, what, options)


# ---- messages ----


def pack_array(value: Any) -> Any:
    """numpy's arrays and numbers as the wire has them."""
    if isinstance(value, np.ndarray):
        return {"__ndarray__": True, "data": value.tobytes(), "dtype": value.dtype.str,
                "shape": list(value.shape)}
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def unpack_array(value: dict) -> Any:
    if value.get("__ndarray__") is True:
        return np.frombuffer(value["data"], np.dtype(value["dtype"])).reshape(value["shape"])
    return value


class Channel:
    """Messages over the socket that sweetspot has given us. Children of ours do not inherit it."""

    def __init__(self, fd: int) -> None:
        self.socket = socket.socket(fileno=fd)
        self.socket.set_inheritable(False)
        self.socket.setblocking(True)
        self.pid = os.getpid()

    def _receive(self, size: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < size:
            part = self.socket.recv(size - len(parts))
            if not part:
                return None
            parts += part
        return bytes(parts)

    def receive(self) -> dict | None:
        """The next message; None when sweetspot is gone."""
        head = self._receive(HEAD.size)
        body = self._receive(HEAD.unpack(head)[0]) if head is not None else None
        return None if body is None else msgpack.unpackb(body, object_hook=unpack_array)

    def send(self, message: dict) -> None:
        if os.getpid() != self.pid:  # the world has forked, and its child came back here
            os._exit(0)
        body = msgpack.packb(message, default=pack_array)
        if len(body) > MESSAGE_BYTES_MAX:
            body = msgpack.packb({"error": "the world has more to say than fits into a message of 64 MiB"})
        self.socket.sendall(HEAD.pack(len(body)) + body)


def describe(error: BaseException) -> str:
    """An exception in one line: its type, what it says, and where it was raised."""
    lines = str(error).strip().splitlines()
    text = lines[-1].strip() if lines else ""
    if isinstance(error, WorldError):
        return text
    name = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return (f"{name}: {text}" if text else name)[:240 - len(place)] + place


# ---- answers ----


def repeat(world: World, action: np.ndarray, k: int) -> dict:
    """k steps of one action, or fewer where one ends the episode or succeeds: what is seen after the last, all rewards,
    and the last word on success."""
    rewards, success = [], None
    for _ in range(k):
        seen = world.step(action)
        rewards.append(seen["reward"])
        success = success if seen["success"] is None else seen["success"]
        if seen["terminated"] or seen["truncated"] or success:
            break
    return {**seen, "success": success, "rewards": np.array(rewards, np.float64)}


def answer(world: World, request: dict) -> dict:
    op = request.get("op")
    if op == "reset":
        return world.reset(int(request["seed"]))
    if op == "step":
        action = np.array(request["action"], np.float64)
        return repeat(world, action, int(request["k"])) if "k" in request else world.step(action)
    if op == "look":
        return {"images": world.look()}
    if op == "draw":
        return {"rgb": world.draw(int(request["height"]), int(request["width"]))}
    raise WorldError(f"request '{op}' is unknown: sweetspot is of another release")


def serve(channel: Channel, name: str, options: dict[str, Any]) -> int:
    """Makes the world, says what it is, and answers until sweetspot is gone. The first failure ends it."""
    try:
        world = make_world(name, options)
        channel.send({"hello": "sweetspot.world", "protocol": PROTOCOL, "repeats": True, **world.describe()})
        while (request := channel.receive()) is not None:
            channel.send(answer(world, request))
    except (BrokenPipeError, ConnectionResetError):
        return 0
    except Exception as error:  # whatever the world raises is told, in one line
        channel.send({"error": describe(error)})
        return 1
    return 0


def read_options(words: list[str]) -> dict[str, Any]:
    """`key=value` words; values are numbers, true, false or text."""
    options: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            raise WorldError(f"'{word}': expected an option, key=value")
        options[key] = read_value(value)
    return options


def read_value(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text  # `nan` is a word here
    return text


def main(words: list[str]) -> int:
    fd = os.environ.get("SPOT_WORLD_FD", "")
    if not fd.isdigit() or not words:
        print(__doc__, file=sys.stderr)
        return 2
    channel = Channel(int(fd))
    sys.path.insert(0, os.getcwd())  # the task file's folder
    try:
        options = read_options(words[1:])
    except WorldError as error:
        channel.send({"error": describe(error)})
        return 2
    return serve(channel, words[0], options)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # simulators leave threads and windows behind that an ordinary exit would wait for
