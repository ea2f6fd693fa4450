# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What an inference takes: by the profile of a platform, by what the caller says, or as it was recorded."""
from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile
from typing import Any, Iterator, Mapping

from . import _abi as abi
from ._library import call, find, lib

DRAWS = {"order": abi.SPOT_LATENCY_IN_ORDER, "seed": abi.SPOT_LATENCY_BY_SEED}


def _profile(latency_ms: Any) -> str:
    """A profile of the latencies that the caller gives, as YAML."""
    if isinstance(latency_ms, Mapping):
        rows = "".join(f"      - {{steps: {int(s)}, latency_ms: {float(ms)!r}}}\n" for s, ms in
                       sorted(latency_ms.items()))
        law = f"    table:\n{rows}"
    else:
        law = f"    affine: {{base_ms: {float(latency_ms)!r}, per_step_ms: 0}}\n"
    return ("name: given\ndescription: latencies that the caller gave\nclasses:\n  - name: self\n"
            f"    origin: modelled\n    source: given to sweetspot.tune\n{law}")


@contextlib.contextmanager
def _load(path: str) -> Iterator[Any]:
    out = ctypes.POINTER(abi.spot_platform)()
    call(lib.spot_platform_load, path.encode(), None, ctypes.byref(out))
    try:
        yield out
    finally:
        lib.spot_platform_destroy(out)


@contextlib.contextmanager
def computer(platform: Any, alpha_from: Any = None) -> Iterator[Any]:
    """The spot_platform of a profile's name or file, with what points save by another one."""
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(_load(find("platforms", os.fspath(platform))))
        if alpha_from is not None:
            measured = stack.enter_context(_load(find("platforms", os.fspath(alpha_from))))
            call(lib.spot_platform_borrow_alphas, out, measured)
        yield out


@contextlib.contextmanager
def given(latency_ms: Any) -> Iterator[Any]:
    """The spot_platform whose inferences take so long: a number, or {refinement steps: ms}."""
    with contextlib.ExitStack() as stack:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "given.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(_profile(latency_ms))
            out = stack.enter_context(_load(path))
        yield out


@contextlib.contextmanager
def recorded(path: Any, draw: str) -> Iterator[Any]:
    """The spot_latency_trace of a file."""
    if draw not in DRAWS:
        raise ValueError(f"latency_draw {draw!r}, expected one of: {', '.join(DRAWS)}")
    out = ctypes.POINTER(abi.spot_latency_trace)()
    call(lib.spot_latency_trace_load, os.fspath(path).encode(), DRAWS[draw], None, ctypes.byref(out))
    try:
        yield out
    finally:
        lib.spot_latency_trace_destroy(out)


@contextlib.contextmanager
def latencies(platform: Any, latency_ms: Any, trace: Any, draw: str, charge_as: str | None,
              alpha_from: Any) -> Iterator[tuple[Any, Any]]:
    """(spot_platform, spot_latency_trace) of the one that is given; the other is None."""
    if sum(x is not None for x in (platform, latency_ms, trace)) != 1:
        raise ValueError("platform=, latency_ms= and latency_trace=: expected one of them, for what an inference takes")
    if alpha_from is not None and platform is None:
        raise ValueError("alpha_from=: expected with platform=, whose latencies it scales")
    if charge_as is not None and trace is not None:
        raise ValueError("charge_as=: expected with platform=, whose class it names")
    if trace is not None:
        with recorded(trace, draw) as calls:
            yield None, calls
    else:
        with given(latency_ms) if platform is None else computer(platform, alpha_from) as out:
            yield out, None
