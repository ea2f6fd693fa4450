# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The closed loop from Python: a policy in a world, under the latency of a computer, judged as by the tool."""
from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import warnings
from typing import Any, Callable, Iterator, Mapping, Sequence

from . import _abi as abi
from ._library import Guard, call, check, fields, find, interruptible, json_of, lib
from .analysis import _flat, table
from .computers import latencies
from .inprocess import Task
from .policies import Policy

Progress = Callable[[int, int], Any]
CLOCKS = {"exact": abi.SPOT_CLOCK_EXACT, "paper": abi.SPOT_CLOCK_PAPER}
ALIGNS = {"none": abi.SPOT_ALIGN_NONE, "skip": abi.SPOT_ALIGN_SKIP}


class Tuned:
    """What came of a tuning run.

    json     the document of `sweetspot tune --json` (docs/json.md), data: the same as a dict
    verdict  dict: `best`, `beats_baseline`, `text`, ...
    folder   of `out=`, None = none
    """

    def __init__(self, pointer: Any, folder: str | None = None) -> None:
        self._pointer = pointer
        self.folder = folder

    def __del__(self) -> None:
        lib.spot_tune_result_destroy(self._pointer)

    @functools.cached_property
    def json(self) -> str:
        return json_of(lambda out: lib.spot_report_tune_json_print(self._pointer, out))

    @functools.cached_property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.json)
        return data

    def __repr__(self) -> str:
        return f"<sweetspot.Tuned: {self.text}>"

    @property
    def verdict(self) -> dict[str, Any]:
        verdict: dict[str, Any] = self.data["verdict"]
        return verdict

    @property
    def text(self) -> str:
        return str(self._pointer.contents.verdict.decode())

    @property
    def points(self) -> Any:
        """A row an operating point, as `sweetspot.Analysis.points`."""
        return table([_flat(p) for p in self.data["points"]])

    def table(self, wide: bool = False) -> str:
        """The table of `sweetspot tune`, as text."""
        return json_of(lambda out: lib.spot_report_tune_table(self._pointer, wide, out))

    def figure(self, path: str) -> tuple[str, str]:
        """Draws PATH.svg and PATH.png by gnuplot and returns their names."""
        base = path[:-4] if path.endswith((".svg", ".png")) else path
        call(lib.spot_report_tune_figure, self._pointer, base.encode())
        return f"{base}.svg", f"{base}.png"


# ---- operating points ----


def read_point(point: Any) -> abi.spot_point:
    """Of its text, `steps=5 overlap=2`, or a dict of knobs."""
    if isinstance(point, Mapping):
        point = " ".join(f"{key}={value}" for key, value in point.items())
    out = abi.spot_point()
    lib.spot_point_default(ctypes.byref(out))
    call(lib.spot_point_parse, str(point).encode(), ctypes.byref(out))
    return out


def read_points(points: Any) -> list[abi.spot_point]:
    """A list of points, or a dict of lists by knob: every combination, sorted, {"steps": [1, 5], "overlap": [0, 2]}."""
    if not isinstance(points, Mapping):
        return [read_point(p) for p in ([points] if isinstance(points, str) else points)]
    n_knobs = lib.spot_knob_count()
    lists = (ctypes.c_char_p * n_knobs)()
    for key, values in points.items():
        i = lib.spot_knob_find(str(key).encode())
        if i < 0:
            known = ", ".join(lib.spot_knob_at(k).contents.name.decode() for k in range(n_knobs))
            raise ValueError(f"knob {key!r}, expected one of: {known}")
        values = [values] if isinstance(values, (str, int)) else values
        lists[i] = ",".join(map(str, values)).encode()
    room = (abi.spot_point * abi.SPOT_TUNE_POINTS_MAX)()
    n = ctypes.c_int()
    call(lib.spot_point_sweep, lists, room, abi.SPOT_TUNE_POINTS_MAX, ctypes.byref(n))
    lib.spot_point_sort(room, n)
    return [room[i] for i in range(n.value)]


def _is_plain(point: abi.spot_point) -> bool:
    """All knobs but the steps are the baseline's."""
    steps = lib.spot_knob_find(b"steps")
    return all(i == steps or lib.spot_knob_is_baseline(i, ctypes.byref(point)) for i in range(lib.spot_knob_count()))


def _baseline_of(points: Sequence[abi.spot_point], baseline: Any) -> int:
    """Index of the point that others are compared with: the one that is named, else, as of the tool, the one with all
    or the most refinement steps and nothing else, else the first."""
    if baseline is None:
        plain = [i for i, p in enumerate(points) if _is_plain(p)]
        return max(plain, key=lambda i: points[i].steps or abi.SPOT_POINT_STEPS_MAX + 1, default=0)
    wanted = read_point(baseline)
    for i, point in enumerate(points):
        if lib.spot_point_equal(ctypes.byref(point), ctypes.byref(wanted)):
            return i
    raise ValueError(f"baseline {baseline!r}, expected one of the points")


# ---- worlds, policies, computers ----


@contextlib.contextmanager
def _task(world: Any, policy: Any, guard: Guard, horizon: int | None, default_steps: int, reads: str,
          options: dict[str, Any]) -> Iterator[tuple[Any, Policy, Task | None, list[str]]]:
    """(spot_task, policy, our own task, files that decide episodes): of a task file or shipped task by name, or of an
    environment."""
    own: Task | None = None
    brain: Policy | None = None
    task = ctypes.POINTER(abi.spot_task)()
    files: list[str] = []
    try:
        if isinstance(world, (str, os.PathLike)):
            if options:
                raise ValueError(f"{', '.join(options)}: expected with an environment; a task file says it itself")
            files = [find("tasks", os.fspath(world), "task.yaml")]
            call(lib.spot_task_load, files[0].encode(), None, ctypes.byref(task))
            dims = lib.spot_task_describe(task).contents.dims
            brain = Policy(policy, guard, obs_dim=dims.obs_dim, action_dim=dims.action_dim, horizon=horizon,
                           default_steps=default_steps, reads=reads)
        else:
            own = Task(world, guard, **options)
            task = own.pointer
            brain = Policy(policy, guard, obs_dim=own.obs_dim, action_dim=own.action_dim, horizon=horizon,
                           instruction=options.get("instruction"), default_steps=default_steps, reads=reads,
                           cameras=own.cameras)
        yield task, brain, own, [*files, *brain.files]
    finally:
        if brain is not None:
            brain.close()
        if own is not None:
            own.close()
        else:
            lib.spot_task_destroy(task)


class Stop:
    """The progress of a call: tells the caller's function, and ends the call once it is asked to."""

    def __init__(self, guard: Guard, progress: Progress | None) -> None:
        self.asked = False
        self.progress = progress
        self.function = guard.wrap(abi.spot_progress_fn, self._tell, False)

    def _tell(self, _ctx: Any, done: int, total: int) -> bool:
        if self.progress is not None and self.progress(done, total) is False:
            self.asked = True
        return not self.asked

    def ask(self) -> None:
        self.asked = True


@contextlib.contextmanager
def _folder(run: Callable[..., None], config: abi.spot_tune_config, name: Any) -> Iterator[Any]:
    """The spot_tune_folder of a run, in which nobody else works meanwhile; None without a name."""
    if name is None:
        yield None
        return
    folder = ctypes.POINTER(abi.spot_tune_folder)()
    try:  # also where Ctrl-C came while it was opened
        run(lib.spot_tune_folder_open, os.fspath(name).encode(), ctypes.byref(folder))
        config.episodes_dir = lib.spot_tune_folder_episodes(folder)
        config.confirm_dir = lib.spot_tune_folder_confirm(folder)
        yield folder
    finally:
        lib.spot_tune_folder_close(folder)


def _write_files(result: Any, folder: Any) -> None:
    """What the tool leaves beside the episodes: tune.csv, tune.json, a figure."""
    drawn, diag = ctypes.c_bool(), abi.spot_diag()
    path = lib.spot_tune_folder_path(folder)
    check(lib.spot_report_tune_files(result, path, ctypes.byref(drawn), ctypes.byref(diag)), diag)
    if not drawn:
        warnings.warn(f"no figure: {diag.text.decode('utf-8', 'replace')}", stacklevel=3)


def _run(work: Callable[[], int], guard: Guard, stop: Stop, diag: Any, in_c: bool) -> None:
    """Calls into C so that Ctrl-C is heard: by a callback of ours, or, where all is C, by a thread that waits."""
    if in_c:
        status = interruptible(work, stop.ask)
    else:
        with guard.listening():
            status = work()
    guard.reraise()
    check(status, diag)


# ---- the calls ----


def tune(world: Any, policy: Any, *, points: Any, platform: Any = None, latency_ms: Any = None,
         latency_trace: Any = None, latency_draw: str = "order", charge_as: str | None = None, alpha_from: Any = None,
         baseline: Any = None, seeds: int = 100, seed: int = 0, threads: int = 1, speed: float = 1.0,
         noise: float = 1.0, clock: str = "exact", goal: str = "auto", effect: float = 0.0, horizon: int | None = None,
         default_steps: int = 1, reads: str = "state", out: Any = None, store: Any = None, fresh: bool = False,
         confirm: int = 0, resamples: int | None = None, progress: Progress | None = None, **options: Any) -> Tuned:
    """Every operating point on the same seeds, and which one does the task best.

    world       an environment of gymnasium, a vectorised one, a function that makes environments; or a task file, or
                a shipped task by name (which needs the full library)
    policy      an address, or a callable of an observation, float32 (obs_dim), that returns a chunk, (horizon x
                action_dim); see sweetspot.policies.Policy for what else it may be given
    points      a list of `"steps=5 overlap=2"` or dicts, or {knob: values}: every combination
    platform    a profile's name or file; or latency_ms: of an inference, a number, or {refinement steps: ms}; or
                latency_trace: a CSV of recorded calls (docs/clock.md), replayed in `order` or by `seed` as
                latency_draw says
    charge_as   class of the profile whose latency is charged; None = the task's, `self` for an environment
    alpha_from  a profile made by `sweetspot bench --out`: what a point saved there, it saves on the platform
    baseline    the point that others are compared with; None = all or the most steps and nothing else, else the first
    seeds       how many, from `seed` on; threads: more than 1 needs a function that makes environments
    speed       factor on the speed of what moves; noise: on that of the sensors; of tasks that know them
    effect      smallest of interest, a share of time or of success, for the trials needed; 0 = the one that shows
    horizon     actions in a chunk; None = asked; default_steps: refinement steps of the policy
    reads       `state`, or `record`: the callable is given a dict with the images of the environment's cameras, too
    out         folder of the run, as of `sweetspot tune --out`: episodes, tune.csv, tune.json, a figure; the same call,
                or the tool's, goes on where it was stopped, and `analyze` reads it. Another setting's is refused
    store       SQLite file in which episodes are kept instead of in the folder
    fresh       run every point, also those that were kept
    confirm     seeds on which a winner is run again, behind the others
    options     of an environment: rate_hz, time_limit_s, success, hold, regime, n_execute, name, identity,
                instruction (sweetspot.inprocess.Task)

    Ctrl-C ends it between two steps of the world. What a callable raises is raised here.
    """
    _check_seeds(seed, seeds)
    goals = {"auto": abi.SPOT_GOAL_AUTO, "time": abi.SPOT_GOAL_TIME, "success": abi.SPOT_GOAL_SUCCESS}
    guard, diag = Guard(), abi.spot_diag()
    stop = Stop(guard, progress)
    config, result = abi.spot_tune_config(), ctypes.POINTER(abi.spot_tune_result)()
    lib.spot_tune_config_default(ctypes.byref(config))
    chosen = read_points(points)
    array = (abi.spot_point * len(chosen))(*chosen)
    config.points, config.n_points, config.baseline = array, len(chosen), _baseline_of(chosen, baseline)
    config.seed, config.n_seeds, config.threads, config.fresh = seed, seeds, threads, fresh
    config.variation.speed, config.variation.noise, config.effect = speed, noise, effect
    config.clock, config.goal = _choose("clock", clock, CLOCKS), _choose("goal", goal, goals)
    config.charge_as = charge_as.encode() if charge_as else None
    config.store = os.fspath(store).encode() if store else None
    config.resamples = resamples if resamples is not None else config.resamples
    with _task(world, policy, guard, horizon, default_steps, reads, options) as (task, brain, own, files), \
            latencies(platform, latency_ms, latency_trace, latency_draw, charge_as, alpha_from) as (computer, trace):
        names = (ctypes.c_char_p * len(files))(*map(os.fsencode, files))
        config.policy_name, config.trace, config.inputs, config.n_inputs = brain.name.encode(), trace, names, len(files)

        def run(function: Callable[..., int], *rest: Any) -> None:
            _run(lambda: function(task, ctypes.byref(brain.brain), computer, ctypes.byref(config), *rest,
                                  ctypes.byref(diag)), guard, stop, diag, own is None and not brain.is_python)

        with _folder(run, config, out) as folder:
            run(lib.spot_tune, stop.function, None, ctypes.byref(result))
            tuned = Tuned(result, None if out is None else os.fspath(out))
            try:
                if confirm > 0 and result.contents.best_beats_baseline:
                    config.confirm_seeds = confirm
                    run(lib.spot_tune_confirm, result, stop.function, None)
            finally:  # a confirmation that failed does not cost what was found before
                if folder is not None:
                    _write_files(result, folder)
    return tuned


def _check_seeds(seed: int, seeds: int) -> None:
    """Demonstrations have the seeds from 2^32 on, and none of these may judge what was trained on them."""
    if not (0 <= seed and 1 <= seeds and seed + seeds <= 1 << 32):
        raise ValueError(f"seed={seed}, seeds={seeds}: expected at least one seed, all from 0 to 2^32 - 1")


def rollout(world: Any, policy: Any, *, point: Any = "overlap=0", latency_ms: float = 0.0, spread_ms: float = 0.0,
            seeds: int = 10, seed: int = 0, threads: int = 1, speed: float = 1.0, noise: float = 1.0,
            clock: str = "exact", schedule: str | None = None, horizon: int | None = None, default_steps: int = 1,
            reads: str = "state", progress: Progress | None = None, **options: Any) -> Any:
    """Episodes at one operating point, a row each: a DataFrame if pandas is there, else a list of dicts.

    Columns as in spot_episode: seed, success, time_s, chunks, inferences, actions, wait_s, delay_s, age_first_s (s) and
    so on. latency_ms: of an inference, with a standard deviation of spread_ms. schedule: `sync`, `overlap` or
    `cadence`; None = overlap where the point has one. The rest as in tune.
    """
    _check_seeds(seed, seeds)
    guard, diag = Guard(), abi.spot_diag()
    stop = Stop(guard, progress)
    batch = abi.spot_rollout_batch()
    lib.spot_rollout_config_default(ctypes.byref(batch.config))
    c = batch.config
    c.point = read_point(point)
    schedules = {"sync": abi.SPOT_SCHEDULE_SYNC, "overlap": abi.SPOT_SCHEDULE_OVERLAP,
                 "cadence": abi.SPOT_SCHEDULE_CADENCE}
    c.schedule = _choose("schedule", schedule or ("overlap" if c.point.overlap > 0 else "sync"), schedules)
    c.clock = _choose("clock", clock, CLOCKS)
    c.latency.mean_s, c.latency.spread_s = latency_ms / 1e3, spread_ms / 1e3
    numbers = (ctypes.c_uint64 * seeds)(*range(seed, seed + seeds))
    episodes = (abi.spot_episode * seeds)()
    with _task(world, policy, guard, horizon, default_steps, reads, options) as (task, brain, own, _):
        variation = abi.spot_variation(speed=speed, noise=noise)

        def make(_ctx: Any, world_out: Any, said: Any) -> int:
            return int(lib.spot_task_make_world(task, ctypes.byref(variation), world_out, said))

        batch.make_world = abi.spot_make_world_fn(make)
        batch.brain = ctypes.pointer(brain.brain)
        batch.seeds, batch.n_seeds, batch.threads, batch.progress = numbers, seeds, threads, stop.function
        if own is not None and own.vector is not None:
            batch.together = ctypes.pointer(own.together)
        _run(lambda: lib.spot_rollout_run_many(ctypes.byref(batch), episodes, ctypes.byref(diag)), guard, stop, diag,
             own is None and not brain.is_python)
    return table([_episode(e) for e in episodes])


def _episode(e: abi.spot_episode) -> dict[str, Any]:
    row = {name: getattr(e, name) for name in fields(abi.spot_episode) if name not in ("motion", "fault")}
    return {**row, "fault": e.fault.decode("utf-8", "replace")}


def _choose(name: str, value: str, known: Mapping[str, int]) -> int:
    if value not in known:
        raise ValueError(f"{name} {value!r}, expected one of: {', '.join(known)}")
    return known[value]
