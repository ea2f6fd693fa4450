# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Environments with the interface of gymnasium as worlds: spaces become numbers in a row, and back."""
from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import os
import platform
import sys
from typing import Any

import numpy as np

from sweetspot.identity import environment


class WorldError(Exception):
    """What is wrong, in one line that needs no place in the code."""


class World:
    """What sweetspot asks of a world. `env` has gymnasium's reset, step, and, if it can be drawn, render.

    Of an environment itself are read, where they are there: `dt` or `tau` (s a step), and these of ours:
    `sweetspot_effector()` (x, y, z of the end effector, m), `sweetspot_state()` (the simulator's state),
    `sweetspot_look()` ({camera: height x width x 3 bytes}) with `sweetspot_cameras` ({camera: (height, width)}),
    `sweetspot_rest` (an action that does nothing), `sweetspot_instruction`.
    """

    def __init__(self, env: Any, packages: list[str], limit_steps: int | None = None, about: str = "",
                 version: str = "0") -> None:
        self.env = env
        self.base = getattr(env, "unwrapped", env)
        self.packages = packages  # the first is the engine
        self.limit_steps = limit_steps
        self.about = about
        self.version = version  # of the engine, where it is no package
        self.code = environment(env, attributes=False)  # options stand in `about`
        self.observation_space = env.observation_space
        self.action_space = env.action_space
        self.reader = ObservationReader(env.observation_space)
        self.writer = ActionWriter(env.action_space)
        self.images: dict[str, np.ndarray] = {}

    # -- what it is

    def describe(self) -> dict:
        engine, version = version_of(self.packages[0])
        state = self._state()
        rest = [f"{name}-{number}" for name, number in map(version_of, self.packages[1:]) if number]
        return {
            "engine": engine,
            "version": "+".join([version or self.version, *rest])[:63],
            "about": f"numpy {np.__version__}, Python {platform.python_version()}, {self.about} {self.code}",
            "instruction": self._ask("sweetspot_instruction"),
            "step_s": self._step_s(),
            "limit_steps": self.limit_steps,
            "obs_dim": self.reader.size,
            "action_dim": self.writer.size,
            "low": self.writer.low,
            "high": self.writer.high,
            "rest": np.asarray(self._rest(), np.float32),
            "state_dim": 0 if state is None else int(state.size),
            "has_effector": self._effector() is not None,
            "draws": "rgb_array" == getattr(self.env, "render_mode", None),
            "images": [{"name": name, "height": size[0], "width": size[1]}
                       for name, size in self._cameras().items()],
        }

    def _ask(self, name: str) -> Any:
        """A property of ours, or what it returns if it is a function; None where there is none."""
        value = getattr(self.base, name, None)
        return value() if callable(value) else value

    def _step_s(self) -> float | None:
        for name in ("dt", "tau"):
            value = getattr(self.base, name, None)
            number = np.asarray(value)  # also of an array without dimensions, as JAX has them
            if number.size == 1 and number.dtype.kind in "iuf" and number > 0:
                return float(number.ravel()[0])
        return None

    def _rest(self) -> Any:
        rest = self._ask("sweetspot_rest")
        return np.clip(np.zeros(self.writer.size), self.writer.low, self.writer.high) if rest is None else rest

    def _cameras(self) -> dict[str, tuple[int, int]]:
        return {**(self._ask("sweetspot_cameras") or {}), **self.reader.cameras}

    def _state(self) -> np.ndarray | None:
        state = self._ask("sweetspot_state")
        return None if state is None else np.asarray(state, np.float64).ravel()

    def _effector(self) -> np.ndarray | None:
        at = self._ask("sweetspot_effector")
        return None if at is None else np.asarray(at, np.float64).ravel()

    # -- what it does

    def reset(self, seed: int) -> dict:
        observation, _ = self.env.reset(seed=seed)
        if self.env.observation_space is not self.observation_space and \
                self.env.observation_space != self.observation_space:
            raise WorldError("the environment's observation space has changed, expected the one it began with")
        return self._seen(observation, 0.0, False, False, {})

    def step(self, action: np.ndarray) -> dict:
        result = self.env.step(self.writer.write(action))
        if not isinstance(result, tuple) or len(result) != 5:
            raise WorldError("step returns something else than (observation, reward, terminated, truncated, "
                             "info), expected gymnasium's interface")
        return self._seen(*result)

    def _seen(self, observation: Any, reward: Any, terminated: Any, truncated: Any, info: dict) -> dict:
        obs, self.images = self.reader.read(observation)
        success = info.get("is_success", info.get("success"))
        seen = {"obs": obs, "reward": float(reward), "terminated": yes_or_no("terminated", terminated),
                "truncated": yes_or_no("truncated", truncated),
                "success": None if success is None else yes_or_no("the success of info", success)}
        state, effector = self._state(), self._effector()
        if state is not None:
            seen["state"] = state
        if effector is not None:
            seen["effector"] = effector
        return seen

    def look(self) -> dict[str, np.ndarray]:
        images = {**(self._ask("sweetspot_look") or {}), **self.images}
        return {name: np.ascontiguousarray(image, np.uint8) for name, image in images.items()}

    def draw(self, height: int, width: int) -> np.ndarray:
        frame = self.env.render()
        if not isinstance(frame, np.ndarray) or frame.ndim != 3 or frame.shape[2] != 3:
            raise WorldError("render returns no picture (height x width x 3), expected render_mode rgb_array")
        return fit(frame, height, width)


def yes_or_no(name: str, value: Any) -> bool:
    """True or false, or a number that is 1 or 0; Python's own word on NaN and "False" would be yes."""
    one = np.asarray(value).ravel()
    if one.size != 1 or one.dtype.kind not in "biuf" or one[0] not in (0, 1):
        raise WorldError(f"{name} is {str(value)[:40]!r}, expected true or false")
    return bool(one[0])


def fit(frame: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture as large as fits, centred on black; nearest pixels."""
    scale = min(height / frame.shape[0], width / frame.shape[1])
    h, w = max(1, int(frame.shape[0] * scale)), max(1, int(frame.shape[1] * scale))
    rows = np.minimum(((np.arange(h) + 0.5) / scale).astype(int), frame.shape[0] - 1)
    columns = np.minimum(((np.arange(w) + 0.5) / scale).astype(int), frame.shape[1] - 1)
    out = np.zeros((height, width, 3), np.uint8)
    top, left = (height - h) // 2, (width - w) // 2
    out[top:top + h, left:left + w] = frame[rows][:, columns]
    return out


# ---- spaces ----


def kind_of(space: Any) -> str:
    return type(space).__name__


def is_picture(space: Any) -> bool:
    return kind_of(space) == "Box" and np.dtype(space.dtype) == np.uint8 and len(space.shape) == 3 \
        and space.shape[2] == 3


class ObservationReader:
    """Observations of a Box, a Discrete (its number), or a Dict of these, keys in sorted order, as float32 in a row.

    A Box of bytes, height x width x 3, is a camera's image, called by its key. Other spaces are refused.
    """

    def __init__(self, space: Any) -> None:
        self.is_dict = kind_of(space) == "Dict"
        parts = dict(space.spaces) if self.is_dict else {"observation": space}
        self.parts: list[tuple[str, Any]] = []
        self.cameras: dict[str, tuple[int, int]] = {}
        for key in sorted(parts):
            if is_picture(parts[key]):
                self.cameras[key] = tuple(parts[key].shape[:2])
            elif kind_of(parts[key]) in ("Box", "Discrete"):
                self.parts.append((key, parts[key]))
            else:
                where = f" of '{key}'" if self.is_dict else ""
                raise WorldError(f"the observation space{where} is {kind_of(parts[key])}, expected Box, "
                                 "Discrete or a Dict of these")
        # a world of pictures alone has a state of one zero
        self.size = sum(int(np.prod(part.shape)) for _, part in self.parts) or 1

    def read(self, observation: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(size) float32, and the images by name."""
        values = observation if self.is_dict else {"observation": observation}
        if self.is_dict and not isinstance(observation, dict):
            raise WorldError(f"the observation is {type(observation).__name__}, expected a dict as its space says")
        rows = [self._take(values, key, part).astype(np.float32).ravel() for key, part in self.parts]
        images = {key: self._image(values, key) for key in self.cameras}
        return np.concatenate(rows) if rows else np.zeros(1, np.float32), images

    def _take(self, values: dict, key: str, part: Any) -> np.ndarray:
        if key not in values:
            raise WorldError(f"the observation has no '{key}', expected what its space says")
        value = np.asarray(values[key])
        if value.shape != tuple(part.shape):
            raise WorldError(f"the observation '{key}' has shape {list(value.shape)}, expected "
                             f"{list(part.shape)} as its space says")
        if not np.all(np.isfinite(value)):
            at = int(np.argmin(np.isfinite(value.ravel())))
            raise WorldError(f"number {at} of the observation '{key}' is {value.ravel()[at]}, expected a finite one")
        return value

    def _image(self, values: dict, key: str) -> np.ndarray:
        image = np.asarray(values.get(key))
        if image.shape != (*self.cameras[key], 3) or image.dtype != np.uint8:
            raise WorldError(f"the image '{key}' is {image.dtype} of shape {list(image.shape)}, expected bytes of "
                             f"{[*self.cameras[key], 3]} as its space says")
        return image


class ActionWriter:
    """Actions of a Box, cut off at its bounds, or a Discrete: the nearest whole number (halves to the even one)."""

    def __init__(self, space: Any) -> None:
        self.space = space
        self.is_discrete = kind_of(space) == "Discrete"
        if self.is_discrete:
            start = int(getattr(space, "start", 0))
            self.low = np.array([float(start)])
            self.high = np.array([float(start + int(space.n) - 1)])
        elif kind_of(space) == "Box":
            self.low = np.asarray(space.low, np.float64).ravel()
            self.high = np.asarray(space.high, np.float64).ravel()
        else:
            raise WorldError(f"the action space is {kind_of(space)}, expected Box or Discrete")
        self.size = int(self.low.size)

    def write(self, action: np.ndarray) -> Any:
        """What the environment takes, of (size) numbers."""
        if self.is_discrete:
            return int(np.clip(np.rint(action[0]), self.low[0], self.high[0]))
        inside = np.clip(action, self.low, self.high)
        if np.issubdtype(self.space.dtype, np.integer):
            inside = np.rint(inside)
        return inside.astype(self.space.dtype).reshape(self.space.shape)


# ---- where environments come from ----


def version_of(package: str) -> tuple[str, str]:
    """Name and version, without blanks; no version for a module that is no package."""
    try:
        return package, importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return package, ""


def hash_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def installed(packages: list[str]) -> list[str]:
    return [name for name in packages if version_of(name)[1]]


def make_gym(name: str, options: dict[str, Any]) -> World:
    """gymnasium's environment `name`, `module:ID` where a module registers it; drawn off-screen if it can be."""
    import gymnasium

    registers, _, known = name.rpartition(":")
    if registers:
        importlib.import_module(registers)  # gymnasium.spec alone does not know this form, gymnasium.make does
    spec = gymnasium.spec(known)
    entry = gymnasium.envs.registration.load_env_creator(spec.entry_point) \
        if isinstance(spec.entry_point, str) else spec.entry_point
    modes = getattr(entry, "metadata", {}).get("render_modes", [])
    if "rgb_array" in modes:
        options.setdefault("render_mode", "rgb_array")
    env = gymnasium.make(name, **options)
    module = spec.entry_point.partition(":")[0].partition(".")[0] if isinstance(spec.entry_point, str) else ""
    packages = ["gymnasium"]
    packages += installed([p for p in (module.replace("_", "-"),) if p and p != "gymnasium"])
    packages += installed(["mujoco"]) if "mujoco" in sys.modules else []  # else it cannot be its engine
    limit = env.spec.max_episode_steps if env.spec is not None else None
    return World(env, packages, limit, f"{name} {sorted(options.items())}")


def make_factory(module: str, function: str, options: dict[str, Any]) -> World:
    """What `function(**options)` of a module of the user's returns: an environment, or a World."""
    source = importlib.import_module(module)
    made = getattr(source, function)(**options)
    if isinstance(made, World):
        return made
    path = getattr(source, "__file__", None)
    version = hash_of(path)[:8] if path else "0"
    about = f"{module}:{function} {sorted(options.items())} {version}"
    packages = [module.partition(".")[0]]
    spec = getattr(made, "spec", None)
    limit = getattr(spec, "max_episode_steps", None)
    return World(made, packages, limit, about, version)


def set_default_renderer() -> None:
    """MuJoCo's pictures need an off-screen OpenGL; OSMesa needs no device. The environment's word goes first."""
    os.environ.setdefault("MUJOCO_GL", "osmesa")
    os.environ.setdefault("PYOPENGL_PLATFORM", os.environ["MUJOCO_GL"])
