# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Co-inference: bits, clocks and split of a model between robot and server under a delay and an energy."""
from __future__ import annotations

import contextlib
import ctypes
import json
import os
from typing import Any, Sequence

from . import _abi as abi
from ._library import call, find, interruptible, json_of, lib
from .computers import computer


def _names(of: Any) -> dict[str, int]:
    """The words that C has for the values of an enum."""
    words: dict[str, int] = {}
    for i in range(16):
        word = of(i)
        if word is None or word.decode() in words or word == b"unknown":
            break
        words[word.decode()] = i
    return words


def plan(*, model: str, agent: str, servers: Sequence[str] = (), links: Sequence[str] = (), max_delay_s: float,
         max_energy_j: float, method: str = "exact", objective: str | None = None, prefer: str = "energy",
         split: str | None = None, bits: Sequence[int] = (), modes: str | None = None) -> dict[str, Any]:
    """The document of `sweetspot plan --json` (docs/json.md) as a dict: the best plan, the other choices.

    model    a model's name or file (docs/plan.md); agent, servers, links: names or files; one link a server, or none
    budgets  max_delay_s (s) and max_energy_j (J)
    method   `exact`, `sca`, `ppo`, ... ; prefer: `energy` or `delay` among plans of equal bits
    split    name of the only one to try; bits: what the hardware can, rising; modes: of the agent, `low,high`
    """
    config = abi.spot_plan_config()
    lib.spot_plan_config_default(ctypes.byref(config))
    methods, objectives = _names(lib.spot_coinfer_scheme_name), _names(lib.spot_coinfer_objective_str)
    prefers = {"energy": abi.SPOT_COINFER_PREFER_ENERGY, "delay": abi.SPOT_COINFER_PREFER_DELAY}
    for name, value, known in (("method", method, methods), ("objective", objective, objectives),
                               ("prefer", prefer, prefers)):
        if value is not None and value not in known:
            raise ValueError(f"{name} {value!r}, expected one of: {', '.join(known)}")
    if len(servers) > abi.SPOT_PLAN_SERVERS_MAX or len(links) not in (0, len(servers)):
        raise ValueError(f"{len(servers)} servers and {len(links)} links, expected at most "
                         f"{abi.SPOT_PLAN_SERVERS_MAX} servers, and no link or one a server")
    if len(bits) > abi.SPOT_COINFER_MAX_BITS:
        raise ValueError(f"{len(bits)} bit-widths, expected at most {abi.SPOT_COINFER_MAX_BITS}")
    for i, width in enumerate(bits):
        config.bits[i] = width
    config.n_bits, config.max_delay_s, config.max_energy_j = len(bits), max_delay_s, max_energy_j
    config.prefer = prefers[prefer]
    config.objective = objectives[objective] if objective is not None else config.objective
    config.split = split.encode() if split else None
    config.modes = modes.encode() if modes else None
    with contextlib.ExitStack() as stack:
        loaded = _load(stack, config, model, agent, servers, links)
        document: str = interruptible(lambda: _make(config, methods[method]))
        del loaded
    result: dict[str, Any] = json.loads(document)
    return result


def _load(stack: contextlib.ExitStack, config: Any, model: str, agent: str, servers: Sequence[str],
          links: Sequence[str]) -> list[Any]:
    """Fills the config with what the names are of; what must live as long."""
    held = abi.spot_plan_model()
    call(lib.spot_plan_model_load, find("models", os.fspath(model)).encode(), ctypes.byref(held))
    config.model, config.agent = ctypes.pointer(held), stack.enter_context(computer(agent))
    keep: list[Any] = [held]
    for i, name in enumerate(servers):
        config.servers[i] = stack.enter_context(computer(name))
    for i, name in enumerate(links):
        link = abi.spot_plan_link()
        call(lib.spot_plan_link_load, find("links", os.fspath(name)).encode(), ctypes.byref(link))
        config.links[i] = ctypes.pointer(link)
        keep.append(link)
    config.n_server, config.n_link = len(servers), len(links)
    return keep


def _make(config: Any, scheme: int) -> str:
    result = abi.spot_plan_result()
    call(lib.spot_plan_make, ctypes.byref(config), scheme, None, ctypes.byref(result))
    try:
        report = abi.spot_plan_report()
        report.config, report.scheme, report.result = ctypes.pointer(config), scheme, ctypes.pointer(result)
        return json_of(lambda out: lib.spot_report_plan_json(ctypes.byref(report), None, out))
    finally:
        lib.spot_plan_result_free(ctypes.byref(result))
