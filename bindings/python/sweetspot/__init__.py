# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Sweetspot from Python: at which operating point a robot policy does its task soonest, most often, or cheapest.

    sweetspot.analyze(rows)                 a log of trials, judged                     (analysis)
    sweetspot.tune(world, policy, ...)      every operating point in closed loop        (tuning)
    sweetspot.rollout(world, policy, ...)   episodes at one point
    sweetspot.Schedule(...)                 the schedule, in the loop of a robot        (schedule)
    sweetspot.serve(policy, ...)            a policy on openpi's wire                   (serving)
    sweetspot.plan(...)                     bits, clocks, split of a model              (planning)
    sweetspot.metrics(path)                 what a motion costs                         (motion)
    python -m sweetspot.convert ...         datasets of others as our files             (convert)
    python -m sweetspot.world ...           a simulator behind a task file              (world)

docs/python.md has a recipe for each. Parts are loaded when they are first used.
"""
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "analyze": "analysis", "Analysis": "analysis", "tune": "tuning", "rollout": "tuning", "Tuned": "tuning",
    "Schedule": "schedule", "Event": "schedule", "serve": "serving", "Server": "serving", "plan": "planning",
    "metrics": "motion", "SweetspotError": "_library", "Unsupported": "_library",
}
__all__ = sorted(_HOMES)

if TYPE_CHECKING:
    # `as` hands them on to strict checkers of callers
    from ._library import SweetspotError as SweetspotError, Unsupported as Unsupported
    from .analysis import Analysis as Analysis, analyze as analyze
    from .motion import metrics as metrics
    from .planning import plan as plan
    from .schedule import Event as Event, Schedule as Schedule
    from .serving import Server as Server, serve as serve
    from .tuning import Tuned as Tuned, rollout as rollout, tune as tune


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sweetspot' has no attribute '{name}', expected one of: {', '.join(__all__)}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
