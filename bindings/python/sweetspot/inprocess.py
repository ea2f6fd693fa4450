# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""gymnasium's environments, single or vectorised, as a task of the C library (spot/task_own.h) in this process.

The rules are those of worlds in processes (docs/bring-your-own-world.md): a tick is a step of the environment; while
nothing new is there it is given the last action again (`hold="last"`) or the one that does nothing (`"zero"`), which it
is also given before the first.
"""
from __future__ import annotations

import ctypes
import functools
import hashlib
import threading
from typing import Any, Callable

import numpy as np

from . import _abi as abi
from ._library import Guard, call, fields, lib
from .identity import environment
from .world_env import World, WorldError, installed, yes_or_no

TIME_SLACK = 1e-9  # of a limit: times are sums of steps


class Rule:
    """When an episode is a success: `info` (is_success or success of its info), `survived`, `terminated`,
    `return>=NUMBER`."""

    def __init__(self, text: str) -> None:
        self.text, self.least = text.replace(" ", ""), 0.0
        self.kind = self.text.partition(">=")[0]
        if self.kind == "return" and ">=" in self.text:
            self.least = float(self.text.partition(">=")[2])
            if not np.isfinite(self.least):
                raise ValueError(f"success={text!r}, expected a finite number")
        elif self.text not in ("info", "survived", "terminated"):
            raise ValueError(f"success={text!r}, expected info, survived, terminated or return>=NUMBER")

    def holds(self, at_end: bool, terminated: bool, said: bool, total: float) -> bool:
        if self.kind == "info":
            return said
        if self.kind == "terminated":
            return terminated
        return at_end and (total >= self.least if self.kind == "return" else not terminated)


class Seat:
    """One world of the task: what its environment is given, and what it has said last."""

    def __init__(self, task: "Task", source: Any) -> None:
        self.task, self.source = task, source
        self.obs = np.zeros(task.obs_dim, np.float32)
        self.fault: bytes | None = None
        self.begin({"obs": self.obs})

    def begin(self, seen: dict[str, Any]) -> None:
        self.tick, self.total, self.reward, self.fresh = 0, 0.0, 0.0, 0
        self.command: np.ndarray | None = None
        self.terminated = self.truncated = self.success = self.said = False
        self.obs, self.images = seen["obs"], seen.get("images", {})
        self.effector: Any = seen.get("effector")  # (3), of a task that has one

    def action(self) -> np.ndarray:
        """What the environment is given at this tick, (action_dim)."""
        if self.command is None or (self.fresh == 0 and self.task.hold != "last"):
            return self.task.rest
        return self.command

    def see(self, seen: dict[str, Any]) -> None:
        self.fresh = max(0, self.fresh - 1)
        self.tick += 1
        self.obs, self.effector, self.reward = seen["obs"], seen.get("effector"), seen["reward"]
        self.images = seen.get("images", {})
        if not np.isfinite(self.reward):
            raise WorldError(f"the reward is {self.reward}, expected a finite number")
        self.total += self.reward
        self.terminated, self.truncated = seen["terminated"], seen["truncated"]
        self.success = bool(seen["success"])
        self.said = self.said or seen["success"] is not None

    def look(self) -> dict[str, np.ndarray]:
        """What the cameras see now, each height x width x 3 bytes."""
        images: dict[str, np.ndarray] = self.images if self.task.vector is not None else self.source.look()
        for name, size in self.task.cameras.items():
            if name not in images or images[name].shape != (*size, 3):
                raise WorldError(f"camera '{name}' shows nothing of {[*size, 3]}, expected a picture as its space says")
        return images

    # -- spot_world_ops

    def op_look(self, out: Any, count: Any) -> None:
        self.shown = {name: np.ascontiguousarray(image) for name, image in self.look().items()}  # C reads it until the next
        self.pictures = (abi.spot_image * len(self.shown))()
        for picture, (name, image) in zip(self.pictures, self.shown.items()):
            picture.name, picture.height, picture.width = self.task.camera_names[name], *image.shape[:2]
            picture.pixels = image.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        out[0], count[0] = self.pictures, len(self.shown)

    def op_reset(self, seed: int) -> None:
        if self.task.vector is None:
            self.begin(self.source.reset(seed))

    def op_observe(self, obs: Any, _anchor: Any) -> None:
        ctypes.memmove(obs, self.obs.ctypes.data, self.obs.nbytes)

    def op_act(self, action: Any, _anchor: Any) -> None:
        self.command = np.ctypeslib.as_array(action, (self.task.action_dim,)).astype(np.float64)
        self.fresh = 1

    def op_step(self) -> None:
        if self.task.vector is None:
            self.see(self.source.step(self.action()))

    def op_outcome(self, out: Any) -> None:
        task, o = self.task, out.contents
        at_end = (self.terminated or self.truncated
                  or self.tick * task.step_s >= task.time_limit_s * (1.0 - TIME_SLACK))
        success = self.tick > 0 and task.rule.holds(at_end, self.terminated, self.success, self.total)
        unknown = at_end and task.rule.kind == "info" and not self.said
        o.done, o.success, o.invalid = at_end or success or unknown, success and not unknown, unknown
        o.grade = o.grade_max = 0
        o.time_s = self.tick * task.step_s
        o.fault = UNKNOWN if unknown else None

    def op_sample(self, row: Any) -> None:
        values = [*self.effector, self.reward, self.total] if self.task.has_effector else [self.reward, self.total]
        for i, value in enumerate(values):
            row[i] = value


UNKNOWN = (b"the environment's info has neither is_success nor success, expected one of them, or success= of the call")


class Vector:
    """A vectorised environment, whose worlds are reset and stepped at once. All autoreset modes of gymnasium 1.x will
    do: an episode that is over is not looked at again until the whole wave begins anew, by its seeds."""

    def __init__(self, env: Any, reader: Any, writer: Any) -> None:
        self.env, self.reader, self.writer, self.n = env, reader, writer, int(env.num_envs)
        mode = (getattr(env, "metadata", None) or {}).get("autoreset_mode")
        self.by_hand = getattr(mode, "name", str(mode)).upper() == "DISABLED"
        self.over = np.zeros(self.n, bool)

    def reset(self, seeds: list[int]) -> list[dict[str, Any]]:
        observation, _ = self.env.reset(seed=seeds + [seeds[0]] * (self.n - len(seeds)))
        self.over[:] = False
        return [self._seen(observation, i) for i in range(self.n)]

    def step(self, actions: list[np.ndarray]) -> list[dict[str, Any]]:
        if self.by_hand and self.over.any():
            self.env.reset(options={"reset_mask": self.over.copy()})
        batch = np.stack([np.asarray(self.writer.write(a)) for a in actions])
        observation, reward, terminated, truncated, infos = self.env.step(batch)
        self.over = np.logical_or(terminated, truncated)
        return [{**self._seen(observation, i), "reward": float(reward[i]), "terminated": bool(terminated[i]),
                 "truncated": bool(truncated[i]), "success": self._success(infos, i)} for i in range(self.n)]

    def _seen(self, observation: Any, i: int) -> dict[str, Any]:
        one = {k: v[i] for k, v in observation.items()} if isinstance(observation, dict) else observation[i]
        obs, images = self.reader.read(one)
        return {"obs": obs, "images": images}

    def _success(self, infos: dict[str, Any], i: int) -> bool | None:
        """Of world i: where an episode ended and began anew in the same step, of the one that ended."""
        ended = infos.get("final_info")
        if ended is not None and self.over[i]:
            infos = ended if isinstance(ended, dict) else (ended[i] or {})
        for name in ("is_success", "success"):
            there = infos.get(f"_{name}")
            if name in infos and (there is None or there[i]):
                said = np.asarray(infos[name]).reshape(-1)[i] if there is not None else infos[name]
                return yes_or_no("the success of info", said)
        return None


class Task:
    """`world` as a spot_task, as long as this object lives.

    world         an environment, a vectorised one, or a function without arguments that makes an environment; of the
                  last a thread has one each
    rate_hz       steps a second; None = 1 / the environment's dt or tau
    time_limit_s  None = the environment's own limit of steps
    success       `info`, `survived`, `terminated`, `return>=NUMBER`
    regime        `dynamic`: the world goes on while the policy thinks, success decides; `static`: time decides
    n_execute     actions of a chunk that are executed where a point does not say
    """

    def __init__(self, world: Any, guard: Guard, *, rate_hz: float | None = None, time_limit_s: float | None = None,
                 success: str = "info", hold: str = "last", regime: str = "dynamic", n_execute: int = 1,
                 name: str | None = None, identity: str | None = None,
                 instruction: str | None = None) -> None:
        if hold not in ("last", "zero") or regime not in ("static", "dynamic"):
            raise ValueError(f"hold={hold!r}, regime={regime!r}, expected last or zero, static or dynamic")
        self.guard, self.rule, self.hold = guard, Rule(success), hold
        self.make: Callable[[], Any] | None = None
        if isinstance(world, type) or (not hasattr(world, "reset") and callable(world)):
            self.make, world = world, world()
        self.vector: Vector | None = None
        first = self._describe(world)
        self.obs_dim, self.action_dim, self.rest = first.reader.size, first.writer.size, np.asarray(first._rest(), float)
        self.cameras: dict[str, tuple[int, int]] = first._cameras() if self.vector is None else first.reader.cameras
        if len(self.cameras) > abi.SPOT_IMAGES_MAX:
            raise ValueError(f"{len(self.cameras)} cameras, expected at most {abi.SPOT_IMAGES_MAX}")
        self.camera_names = {name: name.encode() for name in self.cameras}
        self.has_effector = self.vector is None and first._effector() is not None
        step_s, own_s = 1.0 / rate_hz if rate_hz else first._step_s(), first._step_s()
        if step_s is not None and own_s is not None and not _goes_at(world, step_s, own_s):
            raise ValueError(f"rate_hz={rate_hz}: the environment makes {1.0 / own_s:g} steps a second (dt or tau), expected "
                             "these, or no rate_hz=")
        if step_s is None:
            raise ValueError("the environment has neither dt nor tau, expected rate_hz=, its steps a second")
        self.step_s = float(step_s)
        limit = time_limit_s or (first.limit_steps * self.step_s if first.limit_steps else None)
        if limit is None:
            raise ValueError("the environment has no limit of steps, expected time_limit_s=")
        if first.limit_steps and limit > first.limit_steps * self.step_s * (1.0 + TIME_SLACK):
            raise ValueError(f"time_limit_s={limit}: expected at most {first.limit_steps * self.step_s:g}: the environment "
                             f"ends an episode after {first.limit_steps} steps")
        self.time_limit_s = float(limit)
        self.first: World | None = first  # not yet taken by a world
        self.shared = first  # where there is no function that makes more
        self.seats: dict[int, Seat] = {}
        self.lock = threading.Lock()
        self.pointer = ctypes.POINTER(abi.spot_task)()
        label = name or _name_of(world)
        what = (f"{label} {first.about} {environment(world)} {self.rule.text} {hold} {self.step_s!r} "
                f"{self.time_limit_s!r}")
        self._make_task(label, identity or hashlib.sha256(what.encode()).hexdigest()[:16], regime, n_execute, instruction)

    def _describe(self, world: Any) -> World:
        """The environment as the worker of a process has it; of a vectorised one, what its parts have in common."""
        if not hasattr(world, "num_envs"):
            return World(world, ["gymnasium"], _limit_of(world), str(getattr(world, "spec", "")))
        part = _Part(world)
        one = World(part, ["gymnasium"], _limit_of(world), str(getattr(world, "spec", "")))
        self.vector = Vector(world, one.reader, one.writer)
        return one

    # -- spot_task_own

    def _make_task(self, name: str, identity: str, regime: str, n_execute: int, instruction: str | None) -> None:
        c = abi.spot_own_task_config()
        lib.spot_own_task_config_default(ctypes.byref(c))
        c.name, c.identity = name.encode(), identity.encode()
        c.instruction = instruction.encode() if instruction else None
        engine = installed(["gymnasium"])
        c.engine = engine[0].encode() if engine else b"own"
        c.engine_version = self.shared.describe()["version"].encode() if engine else b"0"
        d = c.dims
        d.obs_dim, d.action_dim, d.tick_s, d.ticks_per_action = self.obs_dim, self.action_dim, self.step_s, 1
        names = [b"x", b"y", b"z", b"reward", b"return"][0 if self.has_effector else 3:]
        d.sample_dim, d.time_limit_s, d.n_execute = len(names), self.time_limit_s, n_execute
        d.horizon = n_execute  # of the policies that it is for: any that is as long
        d.regime = abi.SPOT_REGIME_DYNAMIC if regime == "dynamic" else abi.SPOT_REGIME_STATIC
        self.names = (ctypes.c_char_p * len(names))(*names)
        c.sample_names = self.names
        self.ops = self._put_up_table()
        c.make_world = self.guard.wrap(fields(abi.spot_own_task_config)["make_world"], self._make_world)
        self.callbacks = [c.make_world]
        if self.vector is not None:
            c.together = ctypes.pointer(self._put_up_together(self.vector))
        call(lib.spot_task_own, ctypes.byref(c), ctypes.byref(self.pointer))

    def _put_up_table(self) -> Any:
        g, table, kinds = self.guard, abi.spot_world_ops(), fields(abi.spot_world_ops)
        table.kind = b"own"
        for slot in ("reset", "observe", "act", "step"):
            setattr(table, slot, g.wrap(kinds[slot], self._forward(f"op_{slot}")))
        if self.cameras:
            table.look = g.wrap(kinds["look"], self._forward("op_look"))
        for slot in ("outcome", "sample"):
            setattr(table, slot, g.wrap(kinds[slot], self._forward(f"op_{slot}"), None))
        table.destroy = g.wrap(kinds["destroy"], self._destroy_world, None)
        return table

    def _forward(self, method: str) -> Callable[..., Any]:
        return lambda key, *arguments: getattr(self.seats[key], method)(*arguments)

    def _put_up_together(self, vector: Vector) -> Any:
        t, kinds = abi.spot_together(), fields(abi.spot_together)
        t.n = vector.n
        t.reset = self.guard.wrap(kinds["reset"], functools.partial(self._reset_all, vector))
        t.step = self.guard.wrap(kinds["step"], functools.partial(self._step_all, vector))
        self.together = t
        return t

    def _make_world(self, _ctx: Any, variation: Any, out: Any, _diag: Any) -> None:
        v = variation.contents
        if v.speed != 1.0 or v.noise != 1.0:
            raise ValueError(f"speed {v.speed}, noise {v.noise}: expected 1, an environment has no such knob")
        with self.lock:
            key = next(k for k in range(1, len(self.seats) + 2) if k not in self.seats)
            source: Any = self.shared
            if self.make is not None and self.vector is None:
                source, self.first = (self.first, None) if self.first is not None else (self._describe(self.make()), None)
            elif self.vector is None and self.seats:
                raise ValueError("several threads and one environment, expected a function that makes environments")
            self.seats[key] = Seat(self, source)
        out.contents.ops = ctypes.pointer(self.ops)
        out.contents.self = key

    def _destroy_world(self, key: int) -> None:
        with self.lock:
            seat = self.seats.pop(key, None)
            if seat is not None and self.make is not None and self.first is None and self.vector is None:
                self.first = seat.source  # for the next one
            elif seat is not None and self.make is not None and self.vector is None:
                _close(seat.source.env)

    def _reset_all(self, vector: Vector, _ctx: Any, seeds: Any, m: int, _diag: Any) -> None:
        seen = vector.reset([int(seeds[i]) for i in range(m)])
        for key, seat in self.seats.items():
            seat.begin(seen[key - 1])

    def _step_all(self, vector: Vector, _ctx: Any, active: Any, n: int, _diag: Any) -> None:
        seats = [self.seats.get(i + 1) if active[i] else None for i in range(n)]
        seen = vector.step([self.rest if s is None else s.action() for s in seats])
        for seat, one in zip(seats, seen):
            if seat is not None:
                seat.see(one)

    def close(self) -> None:
        """Destroys the task, and what `world` made; an environment that was handed over stays open."""
        lib.spot_task_destroy(self.pointer)
        self.pointer = ctypes.POINTER(abi.spot_task)()
        if self.make is not None:
            _close(self.shared.env if self.vector is None else self.vector.env)


class _Part:
    """What the parts of a vectorised environment have in common, with the interface of one."""

    def __init__(self, vector: Any) -> None:
        self.observation_space = vector.single_observation_space
        self.action_space = vector.single_action_space
        parts = getattr(vector, "envs", None)
        base = getattr(parts[0], "unwrapped", None) if parts else None
        for name in ("dt", "tau", "sweetspot_rest"):
            if hasattr(base, name):
                setattr(self, name, getattr(base, name))


def _goes_at(world: Any, step_s: float, own_s: float) -> bool:
    """Whether a step may take step_s where the innermost environment's own takes own_s: a wrapper may make several."""
    times = step_s / own_s
    layer = (getattr(world, "envs", None) or [world])[0]
    while hasattr(layer, "env") and type(layer).__module__.startswith("gymnasium.wrappers.common"):
        layer = layer.env
    wrapped = layer is not getattr(layer, "unwrapped", layer)
    return abs(times - 1.0) < 1e-6 or (wrapped and round(times) > 1 and abs(times / round(times) - 1.0) < 1e-6)


def _close(env: Any) -> None:
    """Closes an environment; small ones have nothing to close."""
    close = getattr(env, "close", None)
    if close is not None:
        close()


def _limit_of(world: Any) -> int | None:
    return getattr(getattr(world, "spec", None), "max_episode_steps", None)


def _name_of(world: Any) -> str:
    name = getattr(getattr(world, "spec", None), "id", None) or type(getattr(world, "unwrapped", world)).__name__
    return str(name)


__all__ = ["Task", "WorldError"]
