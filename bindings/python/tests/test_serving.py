# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A policy on the wire: what clients get is what the callable returns, and what it raises is told."""
import os
import signal
import threading

import numpy as np
import pytest
import sweetspot
from conftest import records


def address(server):
    return f"ws://127.0.0.1:{server.port}"


def test_episodes_over_the_wire_are_those_of_the_callable(cart, driver):
    options = dict(point="overlap=1 execute=3", latency_ms=100, seeds=5, time_limit_s=4.0)
    here = sweetspot.rollout(cart, driver, **options)
    with sweetspot.Server(driver, obs_dim=2, action_dim=1, port=0, reads="state") as server:
        there = sweetspot.rollout(cart, address(server), **options)
        assert server.stats()["answered"] > 5 and server.stats()["refused"] == 0
    assert str(records(here)) == str(records(there))


def test_a_record_has_state_and_prompt(cart):
    seen = []

    def policy(observation):
        seen.append(observation)
        return np.zeros((2, 1), np.float32)

    with sweetspot.Server(policy, obs_dim=2, action_dim=1, port=0, instruction="push") as server:
        sweetspot.rollout(cart, address(server), latency_ms=0, seeds=1, time_limit_s=0.2)
    assert set(seen[-1]) == {"observation.state", "task"}
    assert seen[-1]["task"] == "push" and seen[-1]["observation.state"].dtype == np.float32


def test_what_the_policy_raises_is_told_and_the_server_goes_on(cart, driver):
    broken = threading.Event()

    def policy(obs):
        if broken.is_set():
            raise RuntimeError("the camera is dark")
        return driver(obs)

    lines = []
    with sweetspot.Server(policy, obs_dim=2, action_dim=1, port=0, reads="state", told=lines.append) as server:
        broken.set()
        options = dict(latency_ms=0, seeds=1, time_limit_s=1.0)
        row = records(sweetspot.rollout(cart, address(server), **options))[0]
        assert row["lost"] and "RuntimeError: the camera is dark (test_serving.py:" in row["fault"]
        broken.clear()
        assert not records(sweetspot.rollout(cart, address(server), **options))[0]["invalid"]
        assert server.stats()["refused"] >= 1
    assert "the camera is dark" in lines[0] and lines == server.refused


def test_policies_of_lerobot_are_asked_for_chunks():
    torch = pytest.importorskip("torch")
    batches = []

    class Policy:
        def predict_action_chunk(self, batch):
            batches.append(batch)
            return torch.ones(1, 5, 3, requires_grad=True) * batch["observation.state"].sum()

    policy = sweetspot.policies.as_callable(Policy())
    chunk = policy({"observation.state": np.array([1.0, 2.0], np.float32), "task": "sort",
                    "observation.images.top": np.full((4, 6, 3), 255, np.uint8)})
    assert chunk.shape == (1, 5, 3) and float(chunk[0, 0, 0]) == 3.0
    assert batches[0]["observation.images.top"].shape == (1, 3, 4, 6) and batches[0]["task"] == ["sort"]
    assert float(batches[0]["observation.images.top"].max()) == 1.0
    with sweetspot.Server(Policy(), obs_dim=2, action_dim=3, port=0) as server:
        assert server.policy.horizon == 5
    net = torch.nn.Linear(2, 3)  # whose answer wants a gradient
    with sweetspot.Server(lambda o: net(torch.from_numpy(o["observation.state"])), obs_dim=2, action_dim=3, port=0) as server:
        assert server.policy.horizon == 1


def test_ctrl_c_ends_serving():
    threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sweetspot.serve(lambda o: np.zeros((1, 1)), obs_dim=1, action_dim=1, port=0)


def test_what_cannot_be_served_is_said(driver):
    with pytest.raises(sweetspot.SweetspotError, match="expected"):
        sweetspot.Server(driver, obs_dim=2, action_dim=1, port=0, reads="state", host="nowhere.example")
    with pytest.raises(ValueError, match="expected horizon="):
        sweetspot.Server(lambda obs, noise: noise, obs_dim=2, action_dim=1, port=0)
