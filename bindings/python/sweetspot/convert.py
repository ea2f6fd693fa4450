# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Datasets of others as our files: HDF5 that `sweetspot metrics` and robomimic read, and CSV.

    python -m sweetspot.convert lerobot DIR    --out demos.hdf5 --csv FOLDER --take joint_rad=observation.state[0:6]:deg
    python -m sweetspot.convert robomimic FILE --csv FOLDER
    python -m sweetspot.convert libero FILE    --csv FOLDER

--out FILE     every episode as data/demo_<i> in the layout of robomimic and LIBERO: actions, dones, obs/NAME
--csv FOLDER   demo_<i>.csv, a row a sample, for `sweetspot metrics`, and episodes.csv, a row an episode, for
               `sweetspot analyze`; at least one of --out and --csv
--take CHANNEL=NAME[FROM:TO][:UNIT]
               which numbers of an observation (or of `action`) are a channel of the robot: position_m, velocity_m_s,
               joint_rad, joint_rad_s, torque_nm; UNIT deg or mm is converted. Again for each. Names that robomimic and
               LIBERO use need none.
--point NAME   what episodes.csv calls the operating point, default the dataset's name
--control-hz F samples a second, where a file does not say it

Exit status 0, 1 (the job failed), 2 (the command, or what it names, cannot be used).
"""
from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import re
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import numpy as np

from .datasets import READERS, DatasetError, Episode, need

# channel: (where `sweetspot metrics` looks for it in HDF5, its columns in CSV; {} = 1, 2, ...)
CHANNELS: dict[str, tuple[str, Sequence[str] | str]] = {
    "position_m": ("robot0_eef_pos", ("ee_x_m", "ee_y_m", "ee_z_m")),
    "velocity_m_s": ("robot0_eef_vel_lin", ("ee_vx_m_s", "ee_vy_m_s", "ee_vz_m_s")),
    "joint_rad": ("robot0_joint_pos", "q{}_rad"),
    "joint_rad_s": ("robot0_joint_vel", "dq{}_rad_s"),
    "torque_nm": ("robot0_joint_torque", "tau{}_nm"),
}
# what robomimic and LIBERO call the same, the first that is there counts (docs/metrics.md)
KNOWN = {
    "position_m": (("robot0_eef_pos", 3), ("ee_pos", 3), ("ee_states", 3)),
    "velocity_m_s": (("robot0_eef_vel_lin", 3),),
    "joint_rad": (("robot0_joint_pos", None), ("joint_states", None)),
    "joint_rad_s": (("robot0_joint_vel", None), ("joint_vel", None)),
    "torque_nm": (("robot0_joint_torque", None), ("joint_torque", None)),
}
GYM_TYPE = 2  # of robomimic's environments, as `sweetspot demo` has it
UNITS = {None: 1.0, "deg": math.pi / 180.0, "mm": 1e-3}


class Take(NamedTuple):
    """Columns first..last-1 of an observation, times `scale`."""

    name: str
    first: int
    last: int | None
    scale: float


def read_take(text: str) -> tuple[str, Take]:
    """`CHANNEL=NAME[FROM:TO]:UNIT`, the last two optional."""
    match = re.fullmatch(r"(\w+)=([^\[\]:=]+)(?:\[(\d+):(\d+)\])?(?::(\w+))?", text)
    if not match or match[1] not in CHANNELS or match[5] not in UNITS:
        raise DatasetError(f"--take {text}: expected CHANNEL=NAME[FROM:TO]:UNIT, CHANNEL one of {', '.join(CHANNELS)}, UNIT "
                           "deg or mm or none")
    first, last = int(match[3] or 0), None if match[4] is None else int(match[4])
    if last is not None and last <= first:
        raise DatasetError(f"--take {text}: [{first}:{last}] is empty, expected FROM below TO")
    return match[1], Take(match[2], first, last, UNITS[match[5]])


def channels_of(episode: Episode, takes: dict[str, Take]) -> dict[str, np.ndarray]:
    """(n x k) of each channel that the episode has."""
    found: dict[str, np.ndarray] = {}
    for channel in CHANNELS:
        take = takes.get(channel)
        if take is None:
            known = next(((n, k) for n, k in KNOWN[channel] if n in episode.obs), None)
            if known is None:
                continue
            take = Take(known[0], 0, known[1], 1.0)
        source = episode.actions if take.name == "action" else episode.obs.get(take.name)
        if source is None:
            raise DatasetError(f"{episode.name}: no {take.name}, expected one of: {', '.join([*episode.obs, 'action'])}")
        rows = source if source.ndim == 2 else source[:, None]
        if take.last is not None and take.last > rows.shape[1]:
            raise DatasetError(f"{episode.name}: {take.name} has {rows.shape[1]} columns, expected {take.last} or more")
        found[channel] = rows[:, take.first:take.last] * take.scale
    return found


# ---- writing ----


@contextlib.contextmanager
def whole(path: str) -> Iterator[str]:
    """A name beside `path` to write to; renamed to it at the end, removed if anything goes wrong."""
    aside = f"{path}.{os.getpid()}.part"
    try:
        yield aside
        os.replace(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(aside)


class Hdf5Writer:
    """The layout of robomimic and LIBERO, and of `sweetspot demo`."""

    def __init__(self, path: str, kind: str) -> None:
        self.file = need("h5py").File(path, "w")
        self.data = self.file.create_group("data")
        self.kind, self.total, self.count = kind, 0, 0

    def put(self, episode: Episode, channels: dict[str, np.ndarray]) -> None:
        group = self.data.create_group(f"demo_{self.count}")
        group.attrs["num_samples"], group.attrs["source"] = episode.n, episode.name
        if episode.task:
            group.attrs["task"] = episode.task
        group["actions"] = episode.actions
        dones = episode.dones if episode.dones is not None else np.arange(episode.n) == episode.n - 1
        group["dones"] = dones.astype(np.int64)
        if episode.rewards is not None:
            group["rewards"] = episode.rewards
        obs = {name: array for name, array in episode.obs.items()}
        obs.update({CHANNELS[channel][0]: array for channel, array in channels.items()})
        for name, array in obs.items():
            group[f"obs/{name}"] = array
        if self.count == 0:
            self._describe(episode)
        self.total, self.count = self.total + episode.n, self.count + 1

    def _describe(self, first: Episode) -> None:
        kwargs = {"control_freq": first.rate_hz}
        self.data.attrs["env_args"] = json.dumps({"env_name": first.task or self.kind, "type": GYM_TYPE, "env_kwargs": kwargs})
        self.data.attrs["problem_info"] = json.dumps({"language_instruction": first.task})

    def close(self) -> None:
        self.data.attrs["total"], self.data.attrs["num_demos"] = self.total, self.count
        self.file.close()


def write_samples(path: str, episode: Episode, channels: dict[str, np.ndarray]) -> None:
    """A row a sample: time_s, the channels, the action as a1, a2, ..."""
    columns, parts = ["time_s"], [np.arange(episode.n)[:, None] / episode.rate_hz]
    for channel, rows in channels.items():
        names = CHANNELS[channel][1]
        columns += list(names) if not isinstance(names, str) else [names.format(i + 1) for i in range(rows.shape[1])]
        parts.append(rows)
    columns += [f"a{i + 1}" for i in range(episode.actions.shape[1])]
    table = np.hstack([*parts, episode.actions])
    if table.shape[1] != len(columns):
        raise DatasetError(f"{episode.name}: position_m and velocity_m_s of other than 3 columns, expected 3")
    with whole(path) as aside:
        np.savetxt(aside, table, fmt="%.17g", delimiter=",", header=",".join(columns), comments="")


def write_episodes(path: str, rows: list[dict[str, Any]]) -> None:
    """A row an episode; what nothing says is left empty."""
    from .analysis import _write_rows

    with whole(path) as aside:
        _write_rows(rows, aside)


# ---- the command ----


def convert(kind: str, source: str, *, out: str | None = None, csv: str | None = None, take: Sequence[str] = (),
            point: str | None = None, control_hz: float = 0.0, told: Callable[[str], Any] | None = None) -> int:
    """Converts a dataset; the number of episodes. Parameters as on the command line; DatasetError says what is wrong."""
    if kind not in READERS:
        raise DatasetError(f"{kind}: expected one of: {', '.join(READERS)}")
    if not out and not csv:
        raise DatasetError("nothing to write, expected --out FILE, --csv FOLDER, or both")
    takes = dict(read_take(text) for text in take)
    episodes = READERS[kind](source, control_hz)
    rows: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        writer = None
        if out:
            writer = Hdf5Writer(stack.enter_context(whole(out)), kind)
            stack.callback(writer.file.close)
        if csv:
            os.makedirs(csv, exist_ok=True)
        for episode in episodes:
            channels = channels_of(episode, takes)
            if writer is not None:
                writer.put(episode, channels)
            if csv:
                write_samples(os.path.join(csv, f"{episode.name}.csv"), episode, channels)
            rows.append({"point": point or Path(source).stem, "task": episode.task or kind, "episode": episode.name[5:],
                         "success": episode.success, "time_s": episode.n / episode.rate_hz})
        if not rows:
            raise DatasetError(f"{source}: no episodes, expected one or more")
        if csv:
            known = all(row["success"] is not None for row in rows)
            write_episodes(os.path.join(csv, "episodes.csv"),
                           [{k: v for k, v in row.items() if known or k != "success"} for row in rows])
        if writer is not None:
            writer.close()
        if told is not None:
            told(f"{len(rows)} episodes: {' '.join(p for p in (out, csv) if p)}")
    return len(rows)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sweetspot.convert", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(READERS))
    parser.add_argument("source")
    parser.add_argument("--out")
    parser.add_argument("--csv")
    parser.add_argument("--take", action="append", default=[])
    parser.add_argument("--point")
    parser.add_argument("--control-hz", type=float, default=0.0)
    given = vars(parser.parse_args(words))
    try:
        convert(**given, told=print)
    except DatasetError as error:
        print(f"sweetspot.convert: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"sweetspot.convert: {error.filename or given['source']}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
