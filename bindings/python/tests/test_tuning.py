# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Worlds and policies in Python under delay: episodes as a loop that is written here has them, and how calls end."""
import json
import os
import signal
import threading

import numpy as np
import pytest
import sweetspot
from conftest import records

RATE = 20
LIMIT = 4.0




def by_hand(make, policy, seed, latency, overlap, execute, hold="last"):
    """One episode without the library: (steps, success, actions given). latency in steps. A chunk's inference begins
    when `overlap` of its predecessor's actions are left, and its first action when both are done."""
    world, given = make(), []
    obs = world.reset(seed=seed)[0]
    queue, planned, ready = [], np.asarray(policy(obs)), latency
    held, step, success, over = 0.0, 0, False, False
    while step < LIMIT * RATE and not over:
        if not queue and planned is not None and step >= ready:
            queue, planned = [float(a[0]) for a in planned[:execute]], None
        if planned is None and len(queue) == overlap:  # the observation of this moment
            planned, ready = np.asarray(policy(obs)), step + latency
        if queue:
            held = queue.pop(0)
            action = held
        else:
            action = held if hold == "last" else 0.0
        obs, _, over, _, info = world.step(np.array([np.clip(np.float32(action), -1, 1)], np.float32))
        success = info["is_success"]
        given.append(world.actions[-1])
        step += 1
        if planned is None and not queue:  # it is done: the next is computed from what is there now
            planned, ready = np.asarray(policy(obs)), step + latency
    return step, success, given


@pytest.mark.parametrize("latency", [0, 1, 4])
@pytest.mark.parametrize("overlap", [0, 2])
@pytest.mark.parametrize("hold", ["last", "zero"])
def test_times_are_as_by_hand(cart, driver, latency, overlap, hold):
    rows = sweetspot.rollout(cart, driver, point=f"overlap={overlap} execute=3", latency_ms=1000 * latency / RATE,
                             seeds=6, seed=11, time_limit_s=LIMIT, hold=hold)
    rows = records(rows)
    for row in rows:
        steps, success, _ = by_hand(cart, driver, row["seed"], latency, overlap, 3, hold)
        assert (round(row["time_s"] * RATE), row["success"]) == (steps, success), row
    assert len({row["time_s"] for row in rows}) > 1


def test_delay_overshoots_and_zero_hold_does_not(cart, driver):
    """What is held goes on pushing while the policy thinks: the two rules must not be the same thing."""
    results = [by_hand(cart, driver, 14, 4, 0, 3, hold) for hold in ("last", "zero")]
    assert results[0][0] != results[1][0]


def test_the_same_seed_gives_the_same_episodes_on_any_number_of_threads(cart, driver):
    options = dict(point="overlap=1 execute=3", latency_ms=80, spread_ms=30, seeds=12, time_limit_s=LIMIT)
    one = sweetspot.rollout(cart, driver, **options)
    four = sweetspot.rollout(cart, driver, threads=4, **options)
    assert str(records(one)) == str(records(four))
    assert cart.made == cart.closed
    assert str(records(one)) != str(records(sweetspot.rollout(cart, driver, **{**options, "latency_ms": 200})))


def test_tuning_judges_what_rollouts_do(cart, driver):
    result = sweetspot.tune(cart, driver, points={"execute": [1, 3], "overlap": [0, 1]}, latency_ms=150, seeds=20,
                            time_limit_s=LIMIT, regime="static")
    assert result.data["run"]["task"] == "Cart" and result.data["run"]["policy"]["name"] == "drive"
    for point in result.data["points"]:
        rows = sweetspot.rollout(cart, driver, point=point["point"], latency_ms=150, seeds=20, time_limit_s=LIMIT)
        times = [r["time_s"] for r in records(rows) if r["success"]]
        assert point["success"]["k"] == len(times), point
        assert point["time_s"]["mean"] == pytest.approx(np.mean(times), rel=1e-8)
    assert len(result.points) == 4 and "overlap=1" in result.table()


def test_baseline_points_and_confirmation(cart, driver):
    result = sweetspot.tune(cart, driver, points=["execute=1", {"execute": 3, "overlap": 2}], baseline="execute=1",
                            latency_ms={1: 150.0}, seeds=30, time_limit_s=LIMIT, hold="zero", regime="static", confirm=30)
    assert result.data["baseline"] == result.data["points"][0]["point"]
    assert "overlap=2 align=none execute=3' is best" in result.text and "fresh seeds" in result.text
    with pytest.raises(ValueError, match="expected one of the points"):
        sweetspot.tune(cart, driver, points=["execute=1"], baseline="execute=2", latency_ms=1, time_limit_s=LIMIT)
    with pytest.raises(ValueError, match="knob 'step', expected one of: steps, "):
        sweetspot.tune(cart, driver, points={"step": [1]}, latency_ms=1, time_limit_s=LIMIT)


def test_a_store_is_gone_on_with(cart, driver, tmp_path):
    options = dict(points=["overlap=0 execute=3"], latency_ms=100, time_limit_s=LIMIT, store=tmp_path / "kept.sqlite")
    calls = []

    def counted(obs):
        calls.append(1)
        return driver(obs)

    first = sweetspot.tune(cart, counted, seeds=10, **options)
    n = len(calls)
    again = sweetspot.tune(cart, counted, seeds=10, **options)
    assert again.json == first.json and len(calls) < n + 5  # but for its identity
    assert sweetspot.analyze(tmp_path / "kept.sqlite").data["points"][0]["success"]["n"] == 10


def test_a_store_is_of_one_policy_and_one_environment(cart, tmp_path):
    """Neither answers nor what is seen while nobody acts tells these apart: actions are cut off, worlds rest."""
    kind = type(cart())

    class Slow(kind):
        def __init__(self, gain):
            super().__init__()
            self.gain = gain

        def step(self, action):
            return super().step(np.asarray(action) * self.gain)

    def policy(gain):
        return lambda obs: np.clip(gain * (obs[1:2] - obs[:1]), -1, 1)

    options = dict(points=["overlap=0"], latency_ms=100, time_limit_s=LIMIT, seeds=4)
    for world, first in ((lambda: Slow(1.0), 1e3), (lambda: Slow(1.0), 2.0), (lambda: Slow(0.25), 1e3)):
        kept = sweetspot.tune(world, policy(first), store=tmp_path / "kept.sqlite", **options)
        assert kept.data["points"] == sweetspot.tune(world, policy(first), **options).data["points"]


@pytest.mark.parametrize("word", [float("nan"), "False", 2, [True, False], 0.5])
def test_a_success_that_is_no_yes_or_no_is_refused(cart, driver, word):
    class Vague(cart):
        def step(self, action):
            return (*super().step(action)[:4], {"is_success": word})

    with pytest.raises(Exception, match="the success of info is .*, expected true or false"):
        sweetspot.rollout(Vague, driver, seeds=1, time_limit_s=LIMIT)


def test_a_return_that_is_no_number_is_refused(cart, driver):
    class Lost(cart):
        def step(self, action):
            seen = super().step(action)
            return (seen[0], float("nan"), *seen[2:])

    with pytest.raises(Exception, match="the reward is nan, expected a finite number"):
        sweetspot.rollout(Lost, driver, seeds=1, time_limit_s=LIMIT, success="return>=-9")
    with pytest.raises(ValueError, match="return>=nan', expected a finite number"):
        sweetspot.rollout(cart, driver, seeds=1, time_limit_s=LIMIT, success="return>=nan")


def test_a_rate_that_the_environment_has_not_is_refused(cart, driver):
    """Times are counted in steps: at another rate all of them would be wrong by the same factor."""
    for rate in (7, 10, 40):
        with pytest.raises(ValueError, match="the environment makes 20 steps a second"):
            sweetspot.rollout(cart, driver, seeds=1, time_limit_s=LIMIT, rate_hz=rate)

    class Array(cart):  # as of simulators whose numbers are arrays
        dt = np.array(0.05)

    with pytest.raises(ValueError, match="the environment makes 20"):
        sweetspot.rollout(Array, driver, seeds=1, time_limit_s=LIMIT, rate_hz=10)
    assert len(records(sweetspot.rollout(Array, driver, seeds=1, time_limit_s=LIMIT))) == 1

    class Twice:  # a wrapper that makes two steps of one
        def __init__(self):
            self.env = self.unwrapped = cart()
            self.observation_space, self.action_space = self.env.observation_space, self.env.action_space
            self.reset = self.env.reset

        def step(self, action):
            seen = self.env.step(action)
            return seen if seen[2] else self.env.step(action)

    rows = records(sweetspot.rollout(Twice, driver, seeds=2, time_limit_s=LIMIT, rate_hz=10))
    assert all(row["time_s"] == pytest.approx(row["actions"] / 10) for row in rows)
    with pytest.raises(ValueError, match="the environment makes 20"):
        sweetspot.rollout(Twice, driver, seeds=1, time_limit_s=LIMIT, rate_hz=7)


def test_a_limit_beyond_the_environments_own_is_refused(cart, driver):
    """An episode that it ended would count as one that survived to our limit. As worlds in processes have it."""
    class Short(cart):
        class spec:
            max_episode_steps = 20

    with pytest.raises(ValueError, match="time_limit_s=4.0: expected at most 1: .* ends an episode after 20 steps"):
        sweetspot.rollout(Short, driver, seeds=1, time_limit_s=LIMIT, success="survived")
    assert len(records(sweetspot.rollout(Short, driver, seeds=1, time_limit_s=1.0, success="survived"))) == 1


def test_a_fingerprint_is_of_code_and_constants_but_not_of_state():
    from sweetspot.identity import environment, fingerprint

    class Counts:
        def __init__(self, gain):
            self.gain, self.calls = gain, 0

        def __call__(self, obs):
            self.calls += 1
            return self.gain * obs

    one, other = Counts(1.0), Counts(1.0)
    other(2.0)
    assert fingerprint(one) == fingerprint(other) != fingerprint(Counts(2.0))
    assert fingerprint(one, attributes=False) == fingerprint(Counts(2.0), attributes=False)
    assert fingerprint(one.__call__) == fingerprint(other.__call__) != fingerprint(Counts(2.0).__call__)
    assert fingerprint(lambda x: x + 1) == fingerprint(lambda x: x + 1) != fingerprint(lambda x: x + 2)
    assert fingerprint(lambda x, k=1: x) != fingerprint(lambda x, k=2: x)
    helper = [lambda x: x + 1, lambda x: x + 2]
    same, differs = ((lambda f: lambda x: f(x))(f) for f in helper)
    assert fingerprint(same) != fingerprint(differs)
    one.env, other.env = Counts(1.0), Counts(3.0)  # a wrapper is what it wraps, too
    assert environment(one) != environment(other)


def test_a_policy_is_given_what_it_has_parameters_for(cart):
    seen = []

    def policy(obs, point, noise):
        seen.append((point["steps"], noise.copy()))
        return np.full((2, 1), 0.25 / point["steps"], np.float32)

    options = dict(latency_ms=0, seeds=1, time_limit_s=1.0, horizon=2)
    sweetspot.rollout(cart, policy, point="steps=4", **options)
    assert {steps for steps, _ in seen} == {4}
    assert seen[0][1].shape == (2, 1) and not np.array_equal(seen[0][1], seen[1][1])
    first, seen[:] = list(seen), []
    sweetspot.rollout(cart, policy, point="steps=4", **options)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, seen))
    points = []
    sweetspot.rollout(cart, lambda obs, point: points.append(point) or np.zeros((4, 1)), latency_ms=0, seeds=1,
                      point="steps=7 overlap=1 execute=2 quant=w8a8 prune=0.1 kv=p1", time_limit_s=1.0)
    assert points[-1] == {"steps": 7, "overlap": 1, "execute": 2, "quant": "w8a8", "prune": "0.1", "kv": "p1"}
    with pytest.raises(sweetspot.SweetspotError, match="quant"):
        sweetspot.rollout(cart, lambda obs: [0.0], point="quant=w8a8", latency_ms=0, time_limit_s=1.0)


# ---- how calls end ----


class Broken:
    def __init__(self, world, at):
        self.world, self.at, self.n = world, at, 0
        self.observation_space, self.action_space, self.dt = world.observation_space, world.action_space, 0.05

    def reset(self, seed=None):
        return self.world.reset(seed=seed)

    def step(self, action):
        self.n += 1
        if self.n == self.at:
            raise RuntimeError("the motor is hot")
        return self.world.step(action)


def test_what_world_and_policy_raise_is_raised(cart, driver):
    options = dict(latency_ms=0, seeds=3, time_limit_s=LIMIT)
    with pytest.raises(RuntimeError, match="the motor is hot"):
        sweetspot.rollout(Broken(cart(), 30), driver, **options)
    with pytest.raises(RuntimeError, match="the motor is hot"):  # already in the probe of the task
        sweetspot.tune(Broken(cart(), 2), driver, points=["overlap=0"], **options)
    with pytest.raises(ZeroDivisionError):
        sweetspot.rollout(cart, lambda obs: [[1 / 0 if obs[0] > 0.2 else 0.1]], **options)
    with pytest.raises(ValueError, match=r"returned actions of shape \(1, 2\), expected \(1, 1\)"):
        sweetspot.rollout(cart, lambda obs: [0.0, 1.0], **options)
    with pytest.raises(ValueError, match="not finite"):
        sweetspot.rollout(cart, lambda obs: [float("nan")], **options)


@pytest.mark.parametrize("seed, seeds", [(-1, 3), (0, 0), (1 << 32, 1), ((1 << 32) - 2, 3)])
def test_seeds_of_demonstrations_and_none_at_all_are_refused(cart, driver, seed, seeds):
    words = f"seed={seed}, seeds={seeds}: expected at least one seed"
    with pytest.raises(ValueError, match=words):
        sweetspot.rollout(cart, driver, seed=seed, seeds=seeds, time_limit_s=LIMIT)
    with pytest.raises(ValueError, match=words):
        sweetspot.tune(cart, driver, points=["overlap=0"], seed=seed, seeds=seeds, latency_ms=0, time_limit_s=LIMIT)


def test_what_cannot_be_is_said(cart, driver):
    options = dict(latency_ms=0, seeds=2, time_limit_s=LIMIT)
    with pytest.raises(ValueError, match="several threads and one environment"):
        sweetspot.rollout(cart(), driver, threads=2, **options)
    with pytest.raises(ValueError, match="success='often', expected info, survived"):
        sweetspot.rollout(cart, driver, success="often", **options)
    with pytest.raises(ValueError, match="no limit of steps, expected time_limit_s"):
        sweetspot.rollout(cart, driver, latency_ms=0)
    with pytest.raises(ValueError, match="latency_ms= and latency_trace=: expected one of them"):
        sweetspot.tune(cart, driver, points=["overlap=0"], time_limit_s=LIMIT)
    with pytest.raises(sweetspot.SweetspotError, match="execute"):
        sweetspot.tune(cart, driver, points=["execute=9"], **options)
    with pytest.raises(TypeError, match="expected a callable, an address"):
        sweetspot.rollout(cart, 7, **options)
    with pytest.raises(ValueError, match="rate_hz: expected with an environment"):
        sweetspot.rollout("press-button", driver, rate_hz=5)


def test_an_environment_that_never_says_success_is_invalid(cart, driver):
    class Silent(cart):
        def step(self, action):
            return (*super().step(action)[:4], {})

    rows = sweetspot.rollout(Silent, driver, latency_ms=0, seeds=1, time_limit_s=LIMIT)
    row = records(rows)[0]
    assert row["invalid"] and "neither is_success nor success" in row["fault"]
    rows = sweetspot.rollout(Silent, driver, latency_ms=0, seeds=1, time_limit_s=LIMIT, success="terminated")
    assert [r["success"] for r in records(rows)] == [True]


def test_returns_decide_where_they_are_asked_for(cart, driver):
    def returns(least):
        rows = sweetspot.rollout(cart, driver, latency_ms=100, seeds=4, time_limit_s=LIMIT, success=f"return >= {least}")
        return [r["success"] for r in records(rows)]

    totals = []
    for seed in range(4):
        world = cart()
        world.reset(seed=seed)
        actions = by_hand(cart, driver, seed, 2, 0, 1)[2]
        totals.append(sum(world.step(np.array([a], np.float32))[1] for a in actions))
    least = (max(totals) + min(totals)) / 2
    assert returns(least) == [t >= least for t in totals] and len(set(returns(least))) == 2


@pytest.mark.parametrize("after_s", [0.05, 0.11, 0.17, 0.23, 0.29])
def test_ctrl_c_ends_a_run_between_two_steps(cart, driver, after_s):
    threading.Timer(after_s, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sweetspot.rollout(cart, driver, latency_ms=100, seeds=20000, time_limit_s=LIMIT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_progress_may_end_a_run(cart, driver):
    told = []
    with pytest.raises(sweetspot.SweetspotError, match="stopped"):
        sweetspot.rollout(cart, driver, latency_ms=0, seeds=10, time_limit_s=LIMIT,
                          progress=lambda done, total: told.append((done, total)) or done < 4)
    assert told == [(1, 10), (2, 10), (3, 10), (4, 10)]


# ---- tasks that ship ----


def test_a_shipped_task_is_tuned_as_by_the_tool(tool, tmp_path):
    try:
        result = sweetspot.tune("press-button", "press-button", platform="agx-orin-50w", seeds=6,
                                points={"steps": [10, 1], "overlap": [0, 4]})
    except sweetspot.Unsupported as error:
        pytest.skip(str(error))
    want = json.loads(tool("tune", "--task", "press-button", "--policy", "press-button", "--platform", "agx-orin-50w",
                           "--seeds", 6, "--steps", "10,1", "--overlap", "0,4", "--align",
                           "none", "--confirm", 0, "--out", tmp_path / "run", "--quiet", "--json"))
    assert result.data == want


def test_ctrl_c_ends_a_run_that_is_all_in_c():
    try:
        sweetspot.rollout("press-button", "press-button", seeds=1)
    except sweetspot.Unsupported as error:
        pytest.skip(str(error))
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sweetspot.rollout("press-button", "press-button", seeds=100000, threads=2)


# ---- cameras ----


class Filmed:
    """A cart that is seen by a camera alone beside a number: the picture's first byte is what is left to go."""

    dt = 0.05

    def __init__(self, world, box):
        class Dict:
            def __init__(self, spaces):
                self.spaces = spaces

        self.world, self.action_space = world(), world.action_space
        picture = box(np.zeros((4, 6, 3)), np.full((4, 6, 3), 255), np.uint8)
        self.observation_space = Dict({"top": picture, "at": box([-20.0], [20.0])})

    def film(self):
        image = np.zeros((4, 6, 3), np.uint8)
        image[0, 0, 0] = int(round(50 * max(0.0, self.world.goal - self.world.at)))
        return {"top": image, "at": np.array([self.world.at], np.float32)}

    def reset(self, seed=None):
        self.world.reset(seed=seed)
        return self.film(), {}

    def step(self, action):
        return (self.film(), *self.world.step(action)[1:])


def test_a_policy_that_reads_records_is_given_pictures(cart):
    from conftest import Box

    def by_sight(observation):
        assert set(observation) == {"observation.state", "observation.images.top", "task"}
        assert observation["observation.images.top"].shape == (4, 6, 3)
        return [[min(0.5, int(observation["observation.images.top"][0, 0, 0]) / 50)]]

    options = dict(latency_ms=50, seeds=3, time_limit_s=LIMIT, reads="record")
    seen = sweetspot.rollout(lambda: Filmed(cart, Box), by_sight, **options)
    blind = sweetspot.rollout(cart, lambda obs: [[min(0.5, max(0.0, float(obs[1] - obs[0])))]],
                              **{**options, "reads": "state"})
    assert [r["time_s"] for r in records(seen)] == [r["time_s"] for r in records(blind)]
    tuned = sweetspot.tune(lambda: Filmed(cart, Box), by_sight, points=["overlap=0"], **options)
    assert tuned.data["points"][0]["success"]["n"] == 3
    with pytest.raises(ValueError, match="reads='all', expected state or record"):
        sweetspot.rollout(cart, by_sight, **{**options, "reads": "all"})
