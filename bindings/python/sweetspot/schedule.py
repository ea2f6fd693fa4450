# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The schedule that judged a policy, for the loop of a robot: when to observe, which action to send, when to wait."""
from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _abi as abi
from ._library import call, check, fields, lib
from .tuning import ALIGNS, _choose

SCHEDULES = {"sync": abi.SPOT_SCHEDULE_SYNC, "overlap": abi.SPOT_SCHEDULE_OVERLAP,
             "cadence": abi.SPOT_SCHEDULE_CADENCE}


@dataclass(frozen=True, eq=False)  # an array has no one answer to whether it equals another
class Event:
    """What is due. kind: `observe` (take an observation now, and hand over its chunk by `submit` or `deliver`) or
    `act` (send `action` from now on); the other fields are of an action."""

    kind: str
    action: np.ndarray | None = None  # (action_dim) float32, a copy
    anchor: np.ndarray | None = None  # (anchor_dim) float64, of the observation that it was computed from
    age_ticks: int = 0  # since that observation
    index: int = 0  # of the action in its chunk
    first: bool = False  # the first executed one of its chunk


class Schedule:
    """A schedule on a clock of ticks (spot/exec.h has its rules).

    schedule          `sync`, `overlap`, `cadence`; None = overlap where `overlap` > 0, else sync
    horizon           actions in a chunk; action_dim: numbers in an action; anchor_dim: in an anchor
    execute           actions of a chunk that are executed, 1..horizon
    overlap           actions executed while the next inference runs, 0..execute; align: `none` or `skip`
    ticks_per_action  length of an action; overhead_ticks: of `cadence`

        for tick in itertools.count():
            if policy.done(): schedule.deliver(policy.chunk(), tick)
            for event in schedule.poll(tick):
                if event.kind == "observe": policy.ask(robot.observe())
                else: robot.send(event.action)
            wait_for_the_next_tick()
    """

    def __init__(self, *, horizon: int, action_dim: int, execute: int, overlap: int = 0, align: str = "none",
                 schedule: str | None = None, ticks_per_action: int = 1, overhead_ticks: int = 0,
                 anchor_dim: int = 0) -> None:
        config = abi.spot_exec_config()
        lib.spot_exec_config_default(ctypes.byref(config))
        config.schedule = _choose("schedule", schedule or ("overlap" if overlap > 0 else "sync"), SCHEDULES)
        config.align = _choose("align", align, ALIGNS)
        config.n_execute, config.overlap, config.horizon = execute, overlap, horizon
        config.action_dim, config.anchor_dim = action_dim, anchor_dim
        config.ticks_per_action, config.overhead_ticks = ticks_per_action, overhead_ticks
        self._exec = ctypes.POINTER(abi.spot_exec)()
        self._shape, self._anchor_dim = (horizon, action_dim), anchor_dim
        call(lib.spot_exec_create, ctypes.byref(config), ctypes.byref(self._exec))

    def __del__(self) -> None:
        if getattr(self, "_exec", None):
            lib.spot_exec_destroy(self._exec)

    def reset(self) -> None:
        """Back to tick 0, nothing running, counts zero."""
        lib.spot_exec_reset(self._exec)

    def next(self, tick: int) -> Event | None:
        """The next thing to do at `tick`, None = nothing (more). Ticks rise by one; ask until it is None. Where the
        latency is known beforehand, answer `observe` with `submit` before asking again."""
        event = lib.spot_exec_poll(self._exec, tick)
        if event.kind == abi.SPOT_EXEC_NONE:
            return None
        if event.kind == abi.SPOT_EXEC_OBSERVE:
            return Event("observe")
        action = np.ctypeslib.as_array(event.action, (self._shape[1],)).copy()
        anchor = np.ctypeslib.as_array(event.anchor, (self._anchor_dim,)).copy() if self._anchor_dim else None
        return Event("act", action, anchor, event.age_ticks, event.index, event.first)

    def poll(self, tick: int) -> list[Event]:
        """All that is due at `tick`, for who delivers chunks as they come."""
        events = []
        while (event := self.next(tick)) is not None:
            events.append(event)
        return events

    def submit(self, chunk: Any, latency_ticks: int, anchor: Any = None, first_ticks: int | None = None) -> None:
        """Hands over the chunk (horizon x action_dim) of the last observation, to be used from latency_ticks after it
        on; first_ticks: its first action already from then on."""
        rows, where = self._pointers(chunk, self._shape[0], anchor)
        first = latency_ticks if first_ticks is None else first_ticks
        check(lib.spot_exec_submit_parts(self._exec, rows, where, first, latency_ticks))

    def deliver(self, chunk: Any, tick: int, anchor: Any = None) -> None:
        """Hands over what has come at `tick` of the chunk of the last observation, before the polls of that tick: all of
        it, or (1 x action_dim), its first action alone."""
        n = np.shape(chunk)[0]
        rows, where = self._pointers(chunk, n, anchor)
        check(lib.spot_exec_deliver(self._exec, rows, where, n, tick))

    def _pointers(self, chunk: Any, n: int, anchor: Any) -> tuple[Any, Any]:
        rows = np.ascontiguousarray(chunk, np.float32)
        if rows.shape != (n, self._shape[1]):
            raise ValueError(f"a chunk of shape {rows.shape}, expected ({n}, {self._shape[1]})")
        if not np.isfinite(rows).all():
            at, k = np.argwhere(~np.isfinite(rows))[0]
            raise ValueError(f"number {k} of action {at} of the chunk is {rows[at, k]}, expected a finite one")
        where = None
        if self._anchor_dim:
            at = np.ascontiguousarray(anchor, np.float64)
            if at.shape != (self._anchor_dim,):
                raise ValueError(f"an anchor of shape {at.shape}, expected ({self._anchor_dim},)")
            if not np.isfinite(at).all():
                raise ValueError(f"an anchor of {at.tolist()}, expected finite numbers")
            where = at.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
        return rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), where

    @property
    def stats(self) -> dict[str, int]:
        """What was counted since reset: chunks, inferences, actions, dropped, wait_ticks, inference_ticks, late_actions,
        late_chunks (spot_exec_stats)."""
        s = lib.spot_exec_read_stats(self._exec).contents
        return {name: int(getattr(s, name)) for name in fields(abi.spot_exec_stats)}
