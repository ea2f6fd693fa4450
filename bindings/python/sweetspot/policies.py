# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Policies as the C library has them (spot/brain.h): a Python callable, or an address."""
from __future__ import annotations

import ctypes
import hashlib
import inspect
import os
from typing import Any, Callable

import numpy as np

from . import _abi as abi
from ._library import Guard, call, fields, find, lib
from .identity import fingerprint

KNOBS = b"steps quant prune kv"  # of an inference, for a callable that takes the point


class Policy:
    """A policy that C may call, as long as this object lives. `close` gives it back.

    policy     an address: a shipped policy's name or folder, `onnx:FOLDER`, `ws://HOST[:PORT]`, `remote:FILE.yaml`;
               or a callable of one observation that returns a chunk (horizon x action_dim), or one action
               (action_dim); or an object with LeRobot's `predict_action_chunk` or `select_action`.
    reads      `state`: the callable is given the observation's numbers, float32 (obs_dim). `record`: a dict with
               `observation.state`, `observation.images.NAME` (uint8, height x width x 3) and `task`, the instruction.
    horizon    actions in a chunk; None = asked, with an observation of zeros (and black images of `cameras`)

    Beside the observation a callable is given what it has parameters for: `point` (a dict of the knobs, `steps` and so
    on; without it points that turn a knob of an inference are refused), `noise` (float32, horizon x action_dim, standard
    normal, a function of seed and inference alone).
    """

    def __init__(self, policy: Any, guard: Guard, *, obs_dim: int, action_dim: int, horizon: int | None = None,
                 reads: str = "state", instruction: str | None = None, default_steps: int = 1,
                 sees: bool | None = None, cameras: dict[str, tuple[int, int]] | None = None) -> None:
        self.brain = abi.spot_brain()
        self.guard, self.reads, self.action_dim, self.obs_dim = guard, reads, action_dim, obs_dim
        self.is_python = not isinstance(policy, str)
        self.files: list[str] = []  # that decide what it answers; an address is known by its answers
        if not self.is_python:
            self._open(policy, instruction)
            return
        self.name = getattr(policy, "__name__", type(policy).__name__)
        self.policy, self.function = policy, as_callable(policy)
        if self.function is not policy:
            self.reads = "record"
        parameters = inspect.signature(self.function).parameters
        self.takes = [name for name in ("point", "noise") if name in parameters]
        self.states: dict[int, dict[str, Any]] = {}
        if self.reads not in ("state", "record"):
            raise ValueError(f"reads={self.reads!r}, expected state or record")
        self.cameras = cameras or {}
        self.sees = self.reads == "record" and (bool(self.cameras) if sees is None else sees)
        self.default_steps = default_steps
        self.horizon = horizon or self._ask_horizon(instruction)
        self._put_up_table()

    def _open(self, address: str, instruction: str | None) -> None:
        config = abi.spot_brain_open_config()
        lib.spot_brain_open_config_default(ctypes.byref(config))
        config.obs_dim, config.action_dim = self.obs_dim, self.action_dim
        config.instruction = instruction.encode() if instruction else None
        place = address
        if not lib.spot_brain_is_address(address.encode()):
            place = find("policies", address, ".")
            self.files = [os.path.join(place, lib.spot_policy_file(i).decode()) for i in range(abi.SPOT_POLICY_FILES)]
        call(lib.spot_brain_open, place.encode(), ctypes.byref(config), ctypes.byref(self.brain))
        self.name = address
        info = abi.spot_brain_info()
        call(lib.spot_brain_describe, ctypes.byref(self.brain), ctypes.byref(info))
        self.horizon = info.horizon

    def _ask_horizon(self, instruction: str | None) -> int:
        if "noise" in self.takes:
            raise ValueError("a policy that takes noise, expected horizon= with it")
        point = {"point": _point_dict(None, self.default_steps)} if "point" in self.takes else {}
        dark = {name: np.zeros((*size, 3), np.uint8) for name, size in self.cameras.items()}
        chunk = _array(self.function(self._observation(np.zeros(self.obs_dim, np.float32), dark, instruction), **point))
        return 1 if chunk.ndim < 2 else int(chunk.shape[-2])

    def _observation(self, obs: np.ndarray, images: dict[str, np.ndarray], instruction: str | None) -> Any:
        if self.reads == "state":
            return obs
        pictures = {f"observation.images.{name}": image for name, image in images.items()}
        return {"observation.state": obs, **pictures, "task": instruction or ""}

    # -- the table of functions

    def _put_up_table(self) -> None:
        g, table = self.guard, abi.spot_brain_ops()
        kinds = fields(abi.spot_brain_ops)
        table.describe = g.wrap(kinds["describe"], self._describe, None)
        table.begin = g.wrap(kinds["begin"], self._begin)
        table.infer = g.wrap(kinds["infer"], self._infer)
        table.identify = g.wrap(kinds["identify"], self._identify)
        table.end = g.wrap(kinds["end"], self._end, None)
        self.table = table
        self.brain.ops = ctypes.pointer(table)

    def _describe(self, _self: int, out: Any) -> None:
        info = out.contents
        info.type = self.name.encode()[:63]
        info.obs_dim, info.action_dim, info.horizon = self.obs_dim, self.action_dim, self.horizon
        info.default_steps, info.sees = self.default_steps, self.sees
        info.takes_noise = "noise" in self.takes
        info.knobs = KNOBS if "point" in self.takes else b""

    def _identify(self, _self: int, text: Any, _diag: Any) -> None:
        """By its code, and by its answer to one observation, which knows what weights it has."""
        random = np.random.default_rng(0)
        images = {n: random.integers(0, 256, (*s, 3), dtype=np.uint8) for n, s in self.cameras.items()}
        extra: dict[str, Any] = {"point": _point_dict(None, self.default_steps)} if "point" in self.takes else {}
        if "noise" in self.takes:
            extra["noise"] = random.normal(size=(self.horizon, self.action_dim)).astype(np.float32)
        obs = random.normal(size=self.obs_dim).astype(np.float32)
        rows = self._rows(self.function(self._observation(obs, images, None), **extra))
        code = fingerprint(self.policy).encode()
        word = "policy=" + hashlib.sha256(rows.tobytes() + code).hexdigest()[:16]
        ctypes.memmove(text, word.encode() + b"\0", len(word) + 1)

    def _begin(self, _self: int, config: Any, state: Any, _diag: Any) -> None:
        key = max(self.states, default=0) + 1
        self.states[key] = _point_dict(config.contents.point, self.default_steps)
        state[0] = key

    def _end(self, state: int) -> None:
        self.states.pop(state, None)

    def _infer(self, state: int, given: Any, chunk: Any, diag: Any) -> int:
        # copies: the policy may keep what it is given
        i = given.contents
        images = {i.images[k].name.decode(): _pixels(i.images[k]) for k in range(i.n_images if self.sees else 0)}
        obs = np.ctypeslib.as_array(i.obs, (self.obs_dim,)).copy()
        extra: dict[str, Any] = {}
        if "point" in self.takes:
            extra["point"] = self.states[state]
        if "noise" in self.takes:
            extra["noise"] = np.ctypeslib.as_array(i.noise, (self.horizon, self.action_dim)).copy()
        instruction = i.instruction.decode() if i.instruction else None
        actions = self.function(self._observation(obs, images, instruction), **extra)
        rows = self._rows(actions)
        ctypes.memmove(chunk, rows.ctypes.data, rows.nbytes)
        return int(abi.SPOT_OK)

    def _rows(self, actions: Any) -> np.ndarray:
        """(horizon x action_dim) float32 of what a policy returned."""
        rows = _array(actions)
        if rows.ndim == 3 and rows.shape[0] == 1:
            rows = rows[0]
        rows = np.ascontiguousarray(rows.reshape(1, -1) if rows.ndim < 2 else rows)
        if rows.shape != (self.horizon, self.action_dim):
            raise ValueError(f"the policy {self.name} returned actions of shape {rows.shape}, expected "
                             f"({self.horizon}, {self.action_dim}): the horizon and the actions of the world")
        if not np.isfinite(rows).all():
            raise ValueError(f"the policy {self.name} returned an action that is not finite")
        return rows

    def close(self) -> None:
        """Gives back what an address opened."""
        if not self.is_python:
            lib.spot_brain_close(ctypes.byref(self.brain))


def _array(actions: Any) -> np.ndarray:
    """float32 of an array, a list, or a tensor wherever it lies."""
    return np.asarray(actions.detach().cpu() if hasattr(actions, "detach") else actions, np.float32)


def _pixels(image: Any) -> np.ndarray:
    return np.ctypeslib.as_array(image.pixels, (image.height, image.width, 3)).copy()


def _point_dict(point: Any, all_steps: int) -> dict[str, Any]:
    """A point as a dict; where it leaves the steps open, they are all."""
    if point is None or not point:
        point = abi.spot_point()
        lib.spot_point_default(ctypes.byref(point))
    else:
        point = point.contents
    return {"steps": point.steps or all_steps, "overlap": point.overlap, "execute": point.execute,
            "quant": point.quant.decode() or "fp32", "prune": point.prune.decode() or "0",
            "kv": point.kv.decode() or "base"}


def as_callable(policy: Any) -> Callable[..., Any]:
    """A policy of LeRobot as a function of one observation, a dict (`reads="record"`); other callables as they are.

    Of LeRobot's interface: `predict_action_chunk(batch)` returns (1, horizon, action_dim), else `select_action(batch)`
    (1, action_dim). The batch has float32 tensors of a batch of one; images are (1, 3, height, width), 0 to 1.
    """
    method = getattr(policy, "predict_action_chunk", None) or getattr(policy, "select_action", None)
    if method is None:
        if not callable(policy):
            raise TypeError(f"a policy of type {type(policy).__name__}, expected a callable, an address, or one with "
                            "predict_action_chunk or select_action")
        return policy

    def ask(observation: dict[str, Any]) -> Any:
        import torch

        batch: dict[str, Any] = {"task": [observation.get("task", "")]}
        for key, value in observation.items():
            if key.startswith("observation.images."):
                batch[key] = torch.from_numpy(value).permute(2, 0, 1)[None].float() / 255.0
            elif key != "task":
                batch[key] = torch.from_numpy(value)[None]
        with torch.no_grad():
            return method(batch)

    ask.__name__ = type(policy).__name__
    return ask
