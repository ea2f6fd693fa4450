#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""openpi's own client (PyPI's openpi-client) against `sweetspot serve`. Run by the Python of scripts/peers.

    check_serve.py SWEETSPOT SOURCE_DIR
"""
import functools
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

try:
    import numpy as np
    import websockets.sync.client
    from openpi_client.websocket_client_policy import WebsocketClientPolicy
except ImportError as missing:
    print(f"skipped: {missing}; scripts/peers installs it")
    sys.exit(77)

tool, root = sys.argv[1], sys.argv[2]
os.environ["SPOT_DATA"] = root


class Server:
    """`sweetspot serve` in the background, with its port."""

    def __init__(self, *options):
        self.process = subprocess.Popen([tool, "serve", "--port", "0", *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.said = []
        for line in self.process.stderr:
            self.said.append(line)
            found = re.search(r" on ws://127\.0\.0\.1:(\d+); Ctrl-C ends it$", line)
            if found:
                self.port = int(found.group(1))
                return
        raise SystemExit(f"it does not serve: {self.said}")

    def client(self):
        return WebsocketClientPolicy("127.0.0.1", self.port)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, (self.process.returncode, err)
        return out


def refused(server, request):
    try:
        server.client().infer(request)
    except RuntimeError as error:
        return str(error)
    raise SystemExit(f"answered: {request}")


def check_protocol():
    server = Server("--policy", "ur5e-conveyor", "--point", "steps=2")
    assert urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz").read() == b"OK\n"
    client = server.client()
    spot = client.get_server_metadata()["spot"]
    assert spot["policy"] == spot["task"] == "ur5e-conveyor" and spot["point"] == "steps=2 overlap=0", spot
    state = np.linspace(-1, 1, spot["obs_dim"], dtype=np.float32)
    shape = (spot["horizon"], spot["action_dim"])

    # as openpi's clients ask: images that nobody reads (338 KiB in all), a prompt, no noise
    images = {f"observation/{name}": np.full((224, 224, 3), 7, np.uint8) for name in ("image", "wrist_image")}
    request = {"observation/state": state, "prompt": "pick up the cup", **images}
    first = client.infer(request)
    assert first["actions"].shape == shape and first["actions"].dtype == np.float32, first
    assert np.isfinite(first["actions"]).all()
    assert first["policy_timing"]["infer_ms"] > 0 and "prev_total_ms" not in first["server_timing"], first
    second = client.infer(request)
    assert second["server_timing"]["prev_total_ms"] >= first["policy_timing"]["infer_ms"], second
    assert not np.array_equal(first["actions"], second["actions"])  # another noise each time
    # ... and the same from the start of each connection
    assert np.array_equal(server.client().infer({"state": state.astype(np.float64)})["actions"], first["actions"])

    noise = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    ours = {"observation/state": state, "spot/noise": noise, "spot/begin": True, "spot/anchor": np.zeros(3)}
    assert np.array_equal(client.infer(ours)["actions"], client.infer(ours)["actions"])

    for wrong, words in (
            ({"prompt": "pick"}, "observation/state: missing, expected a float32 array of shape"),
            ({"observation/state": state[1:]}, "observation/state: an array of shape"),
            ({"observation/state": state * np.nan}, "observation/state: element 0 is nan"),
            ({"observation/state": state.astype(np.float16)}, "an array of <f2, expected"),
            ({"observation/state": [*map(float, state[1:]), "x"]}, "observation/state: a list, expected an array"),
            ({"state": state, "spot/noise": noise.T.copy()}, "spot/noise: an array of shape"),
            ({"state": state, "spot/begin": 1}, "spot/begin: an integer, expected true or false"),
            ({"state": state, "spot/past": {}}, "spot/past: this policy remembers nothing")):
        said = refused(server, wrong)
        assert words in said and "\n" not in said.split(":\n", 1)[-1], said
    client.infer(request)
    assert "refused 8\n" in server.end()


def check_memory():
    server = Server("--policy", f"{root}/tests/fixtures/dit_history")
    client = server.client()
    spot = client.get_server_metadata()["spot"]
    assert spot["remembers"] is True
    draw = np.random.default_rng(2).standard_normal
    request = {"observation/state": draw(spot["obs_dim"]).astype(np.float32),
               "spot/noise": draw((spot["horizon"], spot["action_dim"])).astype(np.float32)}
    past = {"state": draw((2, spot["obs_dim"])).astype(np.float32),
            "command": draw((2, spot["action_dim"])).astype(np.float32)}
    alone = client.infer(request)["actions"]
    later = client.infer({**request, "spot/past": past})["actions"]
    assert not np.array_equal(alone, later)
    assert np.array_equal(client.infer(request)["actions"], later)  # the past stays ...
    assert np.array_equal(client.infer({**request, "spot/begin": np.bool_(True)})["actions"], alone)
    assert np.array_equal(client.infer({**request, "spot/past": past})["actions"], later)
    server.end()


def check_pings():
    """The client gives up a server that answers no ping; here after 0.2 s, not its usual 20 s."""
    server = Server("--policy", "ur5e-pick-place-dit", "--point", "steps=100", "--kernels", "reference")
    usual = websockets.sync.client.connect
    websockets.sync.client.connect = functools.partial(usual, ping_interval=0.1, ping_timeout=0.2)
    try:
        client = server.client()
        state = np.zeros(client.get_server_metadata()["spot"]["obs_dim"], np.float32)
        start = time.monotonic()
        client.infer({"observation/state": state})
        took = time.monotonic() - start
    finally:
        websockets.sync.client.connect = usual
    assert took > 0.6, f"an inference of {took} s shows nothing"
    server.end()


check_protocol()
check_memory()
check_pings()
