# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A policy on the wire of openpi's clients, served by the C library (spot/serve.h has the protocol)."""
from __future__ import annotations

import ctypes
import threading
from typing import Any, Callable

from . import _abi as abi
from ._library import Guard, call, fields, interruptible, lib
from .policies import Policy


class Server:
    """A server that listens from the start and answers in `run`, or in the background of a `with`.

    Parameters as of `serve`. `port` is the one it listens on; `refused` the lines that refused requests were told.
    """

    def __init__(self, policy: Any, *, obs_dim: int, action_dim: int, horizon: int | None = None, host: str = "127.0.0.1",
                 port: int = 8000, reads: str = "record", sees: bool = True, point: Any = None, name: str | None = None,
                 instruction: str | None = None, threads: int = 1, connections: int = 16, default_steps: int = 1,
                 told: Callable[[str], Any] | None = None) -> None:
        self.guard = Guard(keeps=False)
        self.policy = Policy(policy, self.guard, obs_dim=obs_dim, action_dim=action_dim, horizon=horizon, reads=reads,
                             instruction=instruction, sees=sees, default_steps=default_steps)
        self._server = ctypes.POINTER(abi.spot_serve)()
        self.refused: list[str] = []
        config = abi.spot_serve_config()
        lib.spot_serve_config_default(ctypes.byref(config))
        config.host, config.port, config.threads, config.connections = host.encode(), port, threads, connections
        config.policy = (name or self.policy.name).encode()
        config.instruction = instruction.encode() if instruction else None
        if point is not None:
            from .tuning import read_point

            config.point = ctypes.pointer(read_point(point))

        def tell(_ctx: Any, line: bytes) -> None:
            self.refused.append(line.decode("utf-8", "replace"))
            if told is not None:
                told(self.refused[-1])

        self._told = fields(abi.spot_serve_config)["refused"](tell)
        config.refused = self._told
        call(lib.spot_serve_create, ctypes.byref(self.policy.brain), ctypes.byref(config), ctypes.byref(self._server))
        self.port: int = lib.spot_serve_port(self._server)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serves until `stop` or Ctrl-C, after which it is raised."""
        interruptible(lambda: call(lib.spot_serve_run, self._server), self.stop)

    def stop(self) -> None:
        """Ends `run`, from any thread."""
        lib.spot_serve_stop(self._server)

    def __enter__(self) -> "Server":
        self._thread = threading.Thread(target=lambda: call(lib.spot_serve_run, self._server), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join()
        self.close()

    def stats(self) -> dict[str, float]:
        """clients, answered, refused, and times of the policy's call, ms: infer_p50_ms, infer_p95_ms, infer_max_ms."""
        s = abi.spot_serve_stats()
        lib.spot_serve_read_stats(self._server, ctypes.byref(s))
        return {"clients": s.clients, "answered": s.answered, "refused": s.refused, "infer_p50_ms": s.infer.p50_ms,
                "infer_p95_ms": s.infer.p95_ms, "infer_max_ms": s.infer.max_ms}

    def close(self) -> None:
        """Gives all back; `run` must have ended."""
        if self._server:
            lib.spot_serve_destroy(self._server)
            self._server = ctypes.POINTER(abi.spot_serve)()
            self.policy.close()


def serve(policy: Any, **parameters: Any) -> None:
    """Serves a policy to whoever speaks openpi's protocol, until Ctrl-C.

    policy      a callable of one observation, a dict of `observation.state` (float32, obs_dim), `observation.images.NAME`
                (uint8, height x width x 3) and `task` (the prompt), that returns a chunk (horizon x action_dim) as an
                array or tensor; a policy of LeRobot; or an address (`reads="state"`: a callable of the numbers alone)
    obs_dim     numbers of a state; action_dim: of an action; horizon: actions in a chunk, None = asked with zeros
    host, port  a numeric address of this computer, default 127.0.0.1, and 8000; 0 = any free port
    sees        whether it is given images, default True
    point       the operating point, `steps=5`, for a callable that takes `point`
    threads     that infer at once, default 1; connections: default 16
    name, instruction, default_steps   its name, the prompt of requests without one, its refinement steps
    told        called with a line for each request that was refused

    A client whose request makes the policy raise is told so in one line, and hung up on; the server goes on.
    """
    server = Server(policy, **parameters)
    try:
        server.run()
    finally:
        server.close()
