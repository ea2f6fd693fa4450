#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Policy servers that nobody here wrote, behind `--policy`: openpi-client's own encoding behind the package
websockets, and vla-eval's server.

    check_remote.py SWEETSPOT SOURCE_DIR

Runs in the environment that scripts/peers makes; without it, exits 77.
"""
import asyncio
import csv
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

SOURCE = Path(sys.argv[2]).resolve()
PEERS = Path(os.environ.get("SPOT_PEERS", SOURCE / "build" / "peers"))
PYTHON = PEERS / "bin" / "python3"
if not PYTHON.exists() or subprocess.run([PYTHON, "-c", "import openpi_client, websockets, vla_eval"],
                                         capture_output=True).returncode != 0:
    print(f"skipped: no openpi-client and vla-eval in {PEERS}; scripts/peers makes it")
    sys.exit(77)
if Path(sys.prefix).resolve() != PEERS.resolve():
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

import numpy as np  # noqa: E402
import websockets  # noqa: E402
from openpi_client import msgpack_numpy  # noqa: E402
from websockets.asyncio.server import serve  # noqa: E402

TOOL = Path(sys.argv[1]).resolve()
TASK, OBS, ACTION, HORIZON = "ur5e-conveyor", 21, 5, 16
SEEDS = 3


def quarter(state):
    """The policy: exact in float32, so that episodes are equal or something is wrong."""
    return np.tile(state[:ACTION] * np.float32(0.25), (HORIZON, 1))


def run(*args, code=0):
    done = subprocess.run([TOOL, *map(str, args)], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "SPOT_DATA": str(SOURCE)})
    assert done.returncode == code, f"{args}: exit {done.returncode}: {done.stderr}"
    return done.stdout if code == 0 else done.stderr


def rollout(policy, *args, code=0):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "episodes.csv"
        said = run("rollout", "--task", TASK, "--policy", policy, "--seeds", SEEDS, "--quiet", "--episodes", path, *args,
                   code=code)
        rows = list(csv.reader(line for line in path.open() if not line.startswith("#"))) if code == 0 else None
    return said, rows


class Server:
    """A server on a thread; `handler` is a coroutine of one connection."""

    def __init__(self, handler, **options):
        self.ready = threading.Event()
        self.handler, self.options = handler, options
        threading.Thread(target=lambda: asyncio.run(self.main()), daemon=True).start()
        assert self.ready.wait(30)

    async def main(self):
        async with serve(self.handler, "127.0.0.1", 0, compression=None, max_size=None, **self.options) as server:
            self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self.ready.set()
            await asyncio.get_running_loop().create_future()


def openpi(infer):
    """openpi's loop: metadata, then observation and answer in turn; an exception is a text and a close."""

    async def handler(ws):
        packer = msgpack_numpy.Packer()
        await ws.send(packer.pack({"reset_pose": np.zeros(7)}))
        while True:
            try:
                obs = msgpack_numpy.unpackb(await ws.recv())
                actions = await asyncio.to_thread(infer, obs)
                await ws.send(packer.pack({"actions": actions, "policy_timing": {"infer_ms": np.float64(1.5)}}))
            except websockets.ConnectionClosed:
                return
            except Exception:
                await ws.send(traceback.format_exc())
                await ws.close(1011, "Internal server error. Traceback included in previous frame.")
                raise

    return handler


def reference():
    """The same policy behind the server of the standard library."""
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "port"
        server = subprocess.Popen([SOURCE / "tests/cli/policy_server.py", port, str(HORIZON), str(ACTION)])
        try:
            while not port.exists():
                time.sleep(0.05)
            return rollout(f"ws://127.0.0.1:{port.read_text().strip()}")[1]
        finally:
            server.kill()
            server.wait()


def check_episodes(want):
    seen = []

    def infer(obs):
        assert sorted(obs) == ["observation/state", "prompt"], sorted(obs)
        state = obs["observation/state"]
        assert state.dtype == np.float32 and state.shape == (OBS,), (state.dtype, state.shape)
        assert isinstance(obs["prompt"], str)
        seen.append(state.copy())
        return quarter(state)

    server = Server(openpi(infer))
    _, rows = rollout(server.url)
    assert rows == want, "episodes through openpi-client's encoding differ"
    assert len(seen) > 10 * SEEDS and not seen[0].any() and seen[1].any()
    # float64, as most servers answer
    server = Server(openpi(lambda obs: quarter(obs["observation/state"]).astype(np.float64)))
    assert rollout(server.url)[1] == want, "float64 actions differ"
    print(f"openpi-client's encoding: {len(seen)} observations, {SEEDS} episodes equal")


def check_errors():
    def infer(obs):
        return quarter(obs["observation/joint_position"])

    said, _ = rollout(Server(openpi(infer)).url, code=1)
    assert "the server says: KeyError: 'observation/joint_position' (asked with observation/state 21, prompt)" in said, said
    print("a traceback:", said.strip())


def check_pings(want):
    """A server that pings every 0.1 s and gives up after 0.4 s, while an inference takes 1 s."""
    slow = [True]

    def infer(obs):
        if slow[0]:
            slow[0] = False
            time.sleep(1.0)
        return quarter(obs["observation/state"])

    server = Server(openpi(infer), ping_interval=0.1, ping_timeout=0.4)
    assert rollout(server.url, "--threads", 1)[1] == want
    print("pings are answered while a call is out")


def check_vla_eval(want):
    from vla_eval.model_servers.base import ModelServer
    from vla_eval.model_servers.serve import serve_async

    calls = []

    class Quarter(ModelServer):
        async def on_episode_start(self, config, ctx):
            calls.append("start")

        async def on_observation(self, obs, ctx):
            calls.append(ctx.step)
            assert isinstance(obs["task_description"], str) and obs["state"].dtype == np.float32
            await ctx.send_action({"actions": quarter(obs["state"])})

        async def on_episode_end(self, result, ctx):
            calls.append("end")

        def get_action_spec(self):
            return {}

        def get_observation_spec(self):
            return {}

    ports = []

    class Started:
        def started(self, port):
            ports.append(port)

    threading.Thread(target=lambda: asyncio.run(serve_async(Quarter(), "127.0.0.1", 0, task_status=Started())),
                     daemon=True).start()
    while not ports:
        time.sleep(0.05)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vla.yaml"
        path.write_text(f"url: ws://127.0.0.1:{ports[0]}\ndialect: vla-eval\n")
        _, rows = rollout(f"remote:{path}", "--threads", 1)
    assert rows == want, "episodes through vla-eval's server differ"
    time.sleep(0.3)
    assert calls[:3] == ["start", 0, "end"], calls[:3]  # the first question
    assert calls.count("start") == calls.count("end") == SEEDS + 1, calls
    print(f"vla-eval's server: {SEEDS} episodes equal, each begun and ended")


def check_document():
    """The server that the document prints works as printed."""
    text = (SOURCE / "docs/bring-your-own-policy.md").read_text()
    code = re.search(r"```python\n(# a policy server.*?)```", text, re.S).group(1)
    assert len(code.splitlines()) <= 15
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.py"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        assert code.count("8000") == 1
        path.write_text(code.replace("8000", str(port)))
        server = subprocess.Popen([PYTHON, path])
        try:
            for _ in range(100):
                done = subprocess.run([TOOL, "rollout", "--task", TASK, "--policy", f"ws://127.0.0.1:{port}",
                                       "--seeds", "1", "--quiet"], capture_output=True, text=True,
                                      env={**os.environ, "SPOT_DATA": str(SOURCE)})
                if "connection refused" not in done.stderr:
                    break
                time.sleep(0.1)
            assert done.returncode == 0 and "not reproducible" in done.stdout, done.stderr + done.stdout
        finally:
            server.kill()
            server.wait()
    print("the document's server works as printed")


def main():
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # what fails here fails on purpose
    want = reference()
    check_episodes(want)
    check_errors()
    check_pings(want)
    check_vla_eval(want)
    check_document()


main()
