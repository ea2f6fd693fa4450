# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# %% [markdown]
# # Which operating point catches the ball?
#
# A paddle on a rail is to be under a ball when the ball comes down. Its policy predicts eight velocities from one look;
# a look at the world costs an inference, and while the policy thinks the ball flies on. Which refinement steps and which
# overlap should it run with, on a computer where an inference takes 40 ms and 30 ms more a step?
#
# The world has the interface of gymnasium, so yours can take its place.

# %%
import numpy as np
import sweetspot


class Box:
    """As gymnasium.spaces.Box, which would do here."""

    def __init__(self, low, high):
        self.low, self.high = np.asarray(low, np.float32), np.asarray(high, np.float32)
        self.shape, self.dtype = self.low.shape, np.dtype(np.float32)


class Catch:
    """20 Hz. Seen: the paddle's place, the ball's place and speed, m and m/s, the time to its fall, s."""

    observation_space = Box([-9.0] * 4, [9.0] * 4)
    action_space = Box([-1.0], [1.0])  # the paddle's velocity, m/s
    dt = 0.05

    def reset(self, seed=None):
        self.random = np.random.default_rng(seed)
        self.paddle, self.ball = 0.0, self.random.uniform(-1.0, 1.0)
        self.speed, self.left = self.random.uniform(-0.8, 0.8), 2.0
        return self.look(), {}

    def look(self):
        return np.array([self.paddle, self.ball, self.speed, self.left], np.float32)

    def step(self, action):
        self.paddle += float(action[0]) * self.dt
        self.speed += self.random.normal(0.0, 0.15)  # gusts: what was predicted of the ball grows old
        self.ball += self.speed * self.dt
        self.left -= self.dt
        down = self.left < self.dt / 2
        return self.look(), 0.0, down, False, {"is_success": bool(down and abs(self.paddle - self.ball) < 0.15)}


# %% [markdown]
# The policy moves to where the ball will be. With fewer refinement steps its answer is noisier: `point` and `noise` are
# given to a function that has parameters of these names, and the noise depends on the episode's seed alone.

# %%
def policy(obs, point, noise):
    paddle, ball, speed, left = map(float, obs)
    velocity = (ball + speed * left - paddle) / max(left, 0.1)
    sigma = 0.6 / point["steps"]
    return np.clip(velocity + sigma * noise, -1.0, 1.0)  # (8, 1)


# %% [markdown]
# One episode a seed at one point, under the latency of an inference:

# %%
rows = sweetspot.rollout(Catch, policy, point="steps=4 execute=4", latency_ms=160, seeds=5, horizon=8,
                         default_steps=8, time_limit_s=2.0)
print(rows)

# %% [markdown]
# Every point on the same seeds. Fewer steps are faster and rougher, overlap hides the inference behind old actions:
# which of it pays is what the closed loop says.

# %%
latency_ms = {steps: 40 + 30 * steps for steps in (1, 2, 4, 8)}
result = sweetspot.tune(Catch, policy, points={"steps": [1, 2, 4, 8], "overlap": [0, 2]}, latency_ms=latency_ms,
                        seeds=60, horizon=8, n_execute=4, default_steps=8, time_limit_s=2.0)
print(result.table())
print(result.text)

# %% [markdown]
# The same judge takes the log of a robot, as rows, a DataFrame, or a CSV:

# %%
log = [{"point": f"steps={steps}", "seed": seed, "success": int(seed % 10 < good), "time_s": 6 + steps / 2 + seed % 3}
       for steps, good in ((8, 8), (2, 9)) for seed in range(40)]
print(sweetspot.analyze(log, regime="static", budget_s=20.0).text)
