# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""gymnasium's CartPole and Pendulum in this process: under delay as a loop over gymnasium itself has it, vectorised
in every autoreset mode as single. Skipped where gymnasium is not installed (scripts/peers)."""
import numpy as np
import pytest
import sweetspot
from conftest import records

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.vector import AutoresetMode  # noqa: E402

CART = dict(time_limit_s=6.0, rate_hz=50, success="survived")
SWING = dict(time_limit_s=7.5, rate_hz=20, success="return>=-300")


def cartpole(obs):
    """Pushes towards where the pole falls; above one half is to the right."""
    x, v, angle, spin = (float(value) for value in obs)
    return [[1.0 if 10.0 * angle + 2.0 * spin + 0.1 * x + 0.4 * v > 0.0 else 0.0]]


def pendulum(obs):
    """Swings up by energy, catches by a spring: the torque, N m."""
    cosine, sine, speed = (float(x) for x in obs)
    angle = np.arctan2(sine, cosine)
    if abs(angle) < 0.6:
        return [[-12.0 * angle - 3.0 * speed]]
    return [[2.0 * np.sign(speed * (1.0 - (0.5 * speed**2 / 15.0 + cosine))) if speed else 2.0]]


def make_cart():
    return gymnasium.make("CartPole-v1", max_episode_steps=300)


def make_swing():
    return gymnasium.make("Pendulum-v1", max_episode_steps=150)


def by_hand(env, policy, seed, latency, limit):
    """One episode in sync, one action a chunk: (steps, terminated, return). latency in steps."""
    obs = env.reset(seed=seed)[0]
    discrete = isinstance(env.action_space, gymnasium.spaces.Discrete)
    held = 0 if discrete else np.zeros(1, np.float32)
    step, total, terminated = 0, 0.0, False
    planned, ready = policy(obs)[0][0], latency
    while step < limit and not terminated:
        if step == ready:
            held = int(np.rint(planned)) if discrete else np.array([np.clip(np.float32(planned), -2, 2)], np.float32)
        obs, reward, terminated, _, _ = env.step(held)
        total += float(reward)
        step += 1
        if step == ready + 1:
            planned, ready = policy(obs)[0][0], step + latency
    return step, terminated, total


@pytest.mark.parametrize("latency", [0, 1, 3])
def test_cartpole_falls_when_it_falls_by_hand(latency):
    rows = records(sweetspot.rollout(make_cart, cartpole, latency_ms=20 * latency, seeds=8, success="survived"))
    for row in rows:
        steps, terminated, _ = by_hand(make_cart(), cartpole, row["seed"], latency, 300)
        assert (round(row["time_s"] * 50), row["success"]) == (steps, not terminated), row


@pytest.mark.parametrize("latency", [0, 2])
def test_pendulum_is_worth_what_it_is_by_hand(latency):
    totals = [by_hand(make_swing(), pendulum, seed, latency, 150)[2] for seed in range(8)]
    least = (sorted(totals)[3] + sorted(totals)[4]) / 2
    rows = records(sweetspot.rollout(make_swing, pendulum, latency_ms=50 * latency, seeds=8, success=f"return>={least!r}"))
    assert [row["success"] for row in rows] == [total >= least for total in totals]
    assert all(row["time_s"] == pytest.approx(7.5) for row in rows)


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("make,policy,options", [(make_cart, cartpole, CART), (make_swing, pendulum, SWING)])
def test_vectorised_is_as_single(mode, make, policy, options):
    settings = dict(latency_ms=60, spread_ms=25, seeds=10, seed=3)
    single = records(sweetspot.rollout(make, policy, **settings, **options))
    vector = gymnasium.vector.SyncVectorEnv([make] * 4, autoreset_mode=mode)
    assert str(records(sweetspot.rollout(vector, policy, **settings, **options))) == str(single)
    assert len({row["time_s"] for row in single}) > 1 or policy is pendulum
    vector.close()


def test_processes_are_as_single():
    vector = gymnasium.vector.AsyncVectorEnv([make_cart] * 2)
    settings = dict(latency_ms=60, seeds=4, **CART)
    rows = records(sweetspot.rollout(vector, cartpole, **settings))
    vector.close()
    assert str(rows) == str(records(sweetspot.rollout(make_cart, cartpole, **settings)))


def test_a_vectorised_environment_is_tuned_as_a_single_one():
    options = dict(points={"overlap": [0, 1]}, latency_ms=40, seeds=10, **CART)
    vector = gymnasium.vector.SyncVectorEnv([make_cart] * 4)
    one = sweetspot.tune(make_cart, cartpole, name="CartPole", **options)
    many = sweetspot.tune(vector, cartpole, name="CartPole", **options)
    assert many.json == one.json and "gymnasium" in one.json
    vector.close()


def test_success_is_read_from_the_info_of_the_episode_that_ended():
    """Whoever begins the next episode in the same step puts the last one's info aside."""
    class Says(gymnasium.Wrapper):
        def step(self, action):
            obs, reward, terminated, truncated, info = self.env.step(action)
            return obs, reward, terminated, truncated, {**info, "is_success": bool(terminated)}

    def make():
        return Says(make_cart())

    settings = dict(latency_ms=80, seeds=6, time_limit_s=6.0, rate_hz=50)
    single = records(sweetspot.rollout(make, cartpole, **settings))
    assert {row["success"] for row in single} == {True} and not any(row["invalid"] for row in single)
    for mode in AutoresetMode:
        vector = gymnasium.vector.SyncVectorEnv([make] * 4, autoreset_mode=mode)
        assert str(records(sweetspot.rollout(vector, cartpole, **settings))) == str(single), mode
        vector.close()


def test_other_spaces_are_refused():
    class Odd(gymnasium.Env):
        observation_space = gymnasium.spaces.Text(5)
        action_space = gymnasium.spaces.Discrete(2)

    with pytest.raises(Exception, match="the observation space is Text, expected Box"):
        sweetspot.rollout(Odd(), cartpole, time_limit_s=1, rate_hz=1)


def test_an_environment_that_a_package_registers(tmp_path, monkeypatch):
    """`gym:PACKAGE:ID`: the package is imported first, for only then is the environment known."""
    from sweetspot.world_env import make_gym

    (tmp_path / "registers_one.py").write_text(
        "import gymnasium\n"
        "gymnasium.register('OursAlone-v0', 'gymnasium.envs.classic_control:PendulumEnv', max_episode_steps=7)\n")
    monkeypatch.syspath_prepend(tmp_path)
    world = make_gym("registers_one:OursAlone-v0", {})
    assert world.env.spec.id == "OursAlone-v0" and world.env.spec.max_episode_steps == 7
    with pytest.raises(gymnasium.error.NameNotFound, match="Unheard"):
        make_gym("registers_one:Unheard-v0", {})
