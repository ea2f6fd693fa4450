# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Datasets of others, an episode at a time: LeRobot's folders (v2.1 and v3), robomimic's and LIBERO's HDF5 files.

Read are numbers; pictures and videos are left where they are. pyarrow reads LeRobot's tables, h5py the HDF5 files; each is
imported when it is needed.
"""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

INDEX_COLUMNS = {"timestamp", "frame_index", "episode_index", "index", "task_index"}
SUCCESS_REWARD = 1.0  # what a sparse reward gives a success


class DatasetError(Exception):
    """What is wrong with a dataset: `place: what, expected`."""


@dataclass
class Episode:
    """One demonstration or trial of n samples."""

    name: str  # `demo_0`
    task: str  # in words; "" = not said
    rate_hz: float  # samples a second
    actions: np.ndarray  # (n x action_dim)
    obs: dict[str, np.ndarray] = field(default_factory=dict)  # by name, (n) or (n x k)
    rewards: np.ndarray | None = None  # (n)
    dones: np.ndarray | None = None  # (n)
    success: bool | None = None  # None = nothing says it

    @property
    def n(self) -> int:
        return len(self.actions)


def need(module: str) -> Any:
    """Imports an optional package, or says how to get it."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise DatasetError(f"this needs {package}, which is not installed, expected: pip install {package}") from None


# ---- LeRobot ----


def read_lerobot(folder: str) -> Iterator[Episode]:
    """Episodes of a LeRobotDataset, v2.0 to v3: meta/info.json, the tasks, data/**/*.parquet."""
    root = Path(folder)
    info = _read_info(root)
    tasks = _read_tasks(root)
    need("pyarrow.parquet")
    wanted = [key for key, feature in info["features"].items() if _is_numeric(feature)]
    rows: dict[int, list[Any]] = {}
    files = sorted((root / "data").glob("**/*.parquet"))
    if not files:
        raise DatasetError(f"{root / 'data'}: no .parquet file, expected data/chunk-000/file-000.parquet")
    lengths = _read_lengths(root)
    for path in files:
        table = _read_table(path, ("episode_index",))
        for part in _episodes_of(table, path):
            rows.setdefault(part[0], []).append(part[1])
    for number in sorted(rows):
        yield _lerobot_episode(number, rows[number], info, wanted, tasks, lengths, root)


def _read_table(path: Path, columns: tuple[str, ...] = ()) -> Any:
    """A Parquet file, whose bytes may be anything; it has these columns."""
    parquet = need("pyarrow.parquet")
    try:
        table = parquet.read_table(path)
        table.validate(full=True)
    except Exception as error:  # pyarrow's errors have no common base but this
        why = (str(error).splitlines() or [type(error).__name__])[-1]
        raise DatasetError(f"{path}: cannot be read ({why}), expected Parquet") from None
    for name in columns:
        if name not in table.column_names:
            raise DatasetError(f"{path}: no column {name}, expected one")
    return table


def _read_info(root: Path) -> dict[str, Any]:
    path = root / "meta/info.json"
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        version, fps, features = str(info["codebase_version"]), float(info["fps"]), dict(info["features"])
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}, expected the folder of a LeRobotDataset") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: {type(error).__name__} {error}, expected codebase_version, fps and "
                           "features of a LeRobotDataset") from None
    if not re.match(r"v(2\.\d|3\.\d)$", version):
        raise DatasetError(f"{path}: codebase_version is {version!r}, expected v2.0 to v3")
    if not 1e-3 <= fps <= 1e6:
        raise DatasetError(f"{path}: fps is {fps}, expected 0.001 to 1000000")
    if "action" not in features:
        raise DatasetError(f"{path}: no feature 'action', expected one")
    return {"fps": fps, "features": features}


def _is_numeric(feature: Any) -> bool:
    return isinstance(feature, dict) and feature.get("dtype") not in ("image", "video", "string")


def _read_tasks(root: Path) -> dict[int, str]:
    """Words of a task by its number: tasks.parquet (v3), or tasks.jsonl."""
    path = root / "meta/tasks.parquet"
    if path.exists():
        table = _read_table(path, ("task_index",)).to_pydict()
        words = next((v for k, v in table.items() if k != "task_index" and v and isinstance(v[0], str)), None)
        if words is None:
            raise DatasetError(f"{path}: columns {', '.join(table)}, expected task_index and the tasks in words")
        return dict(zip(table["task_index"], words))
    path = root / "meta/tasks.jsonl"
    if not path.exists():
        return {}
    tasks = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            task = json.loads(line)
            tasks[int(task["task_index"])] = str(task["task"])
        except (ValueError, KeyError, TypeError):
            raise DatasetError(f"{path}:{number}: no task, expected {{\"task_index\": 0, \"task\": \"...\"}}") from None
    return tasks


def _read_lengths(root: Path) -> dict[int, int]:
    """What meta/episodes says of lengths (v3), to be compared with what is there."""
    lengths: dict[int, int] = {}
    for path in sorted((root / "meta/episodes").glob("**/*.parquet")):
        table = _read_table(path, ("episode_index", "length")).to_pydict()
        lengths.update(zip(table["episode_index"], table["length"]))
    return lengths


def _episodes_of(table: Any, path: Path) -> Iterator[tuple[int, Any]]:
    """(number, its rows) of a file, which may hold several episodes in a row."""
    numbers = _column(table, "episode_index", str(path))
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    for start, stop in zip(starts, np.r_[starts[1:], len(numbers)]):
        yield int(numbers[start]), table.slice(int(start), int(stop - start))


def _column(table: Any, name: str, where: str) -> np.ndarray:
    """(n) or (n x k) numbers of a column."""
    try:
        array = np.asarray(table[name].to_pylist(), np.float64)
    except (ValueError, TypeError):
        raise DatasetError(f"{where}: column {name} is no table of numbers, expected one") from None
    array = array.reshape(len(array), -1) if array.ndim > 1 else array
    if not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array.reshape(len(array), -1)))[0][0])
        raise DatasetError(f"{where}: sample {row} of {name} is not finite, expected a number")
    return array


def _lerobot_episode(number: int, parts: list[Any], info: dict[str, Any], wanted: list[str], tasks: dict[int, str],
                     lengths: dict[int, int], root: Path) -> Episode:
    where = f"{root}: episode {number}"
    table = parts[0] if len(parts) == 1 else need("pyarrow").concat_tables(parts)
    if lengths and lengths.get(number) != table.num_rows:
        raise DatasetError(f"{where}: {table.num_rows} samples, expected {lengths.get(number, 'none')} as "
                           "meta/episodes says")
    columns = {name: _column(table, name, where) for name in wanted if name in table.column_names}
    if "action" not in columns:
        raise DatasetError(f"{where}: no column action, expected one")
    frames = columns.get("frame_index")
    if frames is not None and not np.array_equal(frames, np.arange(len(frames))):
        raise DatasetError(f"{where}: frames are not 0, 1, 2 ..., expected every one in its order")
    obs = {name: array for name, array in columns.items() if name.startswith("observation.")}
    said = columns.get("next.success")
    task = tasks.get(int(columns["task_index"][0]), "") if "task_index" in columns else ""
    done = columns.get("next.done")
    return Episode(f"demo_{number}", task, info["fps"], _wide(columns["action"]), obs, columns.get("next.reward"), done,
                   None if said is None else bool(said.max() > 0))


def _wide(array: np.ndarray) -> np.ndarray:
    return array if array.ndim == 2 else array[:, None]


# ---- robomimic and LIBERO ----


def read_robomimic(path: str, rate_hz: float = 0.0) -> Iterator[Episode]:
    """Episodes of an HDF5 file in robomimic's layout, which LIBERO's has too: data/demo_<i>, by number."""
    h5py = need("h5py")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DatasetError(f"{path}: {str(error).splitlines()[0]}, expected an HDF5 file") from None
    with file:
        data = file.get("data")
        names = sorted((n for n in data if re.fullmatch(r"demo_\d+", n)), key=lambda n: int(n[5:])) if data else []
        if not names:
            raise DatasetError(f"{path}: no data/demo_0, expected demonstrations in robomimic's layout")
        rate = rate_hz or _rate_of(data)
        if not rate:
            raise DatasetError(f"{path}: no control_freq in data/env_args, expected it or --control-hz")
        task = _words_of(data)
        for name in names:
            yield _robomimic_episode(f"{path}: data/{name}", name, data[name], rate, task)


def _attribute(data: Any, name: str) -> Any:
    """An attribute that holds JSON; {} where there is none."""
    try:
        value = json.loads(data.attrs.get(name, "{}"))
    except (ValueError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}


def _rate_of(data: Any) -> float:
    rate = _attribute(data, "env_args").get("env_kwargs", {}).get("control_freq", 0.0)
    return float(rate) if isinstance(rate, (int, float)) and rate > 0 else 0.0


def _words_of(data: Any) -> str:
    words = _attribute(data, "problem_info").get("language_instruction", "")
    words = " ".join(words) if isinstance(words, list) else str(words)
    return words.strip('"') or str(_attribute(data, "env_args").get("env_name", ""))


def _robomimic_episode(where: str, name: str, group: Any, rate: float, task: str) -> Episode:
    if "actions" not in group:
        raise DatasetError(f"{where}: no actions, expected a demonstration of robomimic")

    def numbers(dataset: Any, what: str) -> np.ndarray:
        array = np.asarray(dataset, np.float64)
        if len(array) != len(group["actions"]):
            raise DatasetError(f"{where}/{what}: {len(array)} samples, expected {len(group['actions'])} as of actions")
        if not np.isfinite(array).all():
            raise DatasetError(f"{where}/{what}: not finite, expected numbers")
        return array

    obs = {key: numbers(d, f"obs/{key}") for key, d in group.get("obs", {}).items()
           if getattr(d, "ndim", 9) <= 2 and getattr(getattr(d, "dtype", None), "kind", "") in "fiub"}
    rewards = numbers(group["rewards"], "rewards") if "rewards" in group else None
    dones = numbers(group["dones"], "dones") if "dones" in group else None
    success = None if rewards is None else bool(rewards.max(initial=0.0) >= SUCCESS_REWARD)
    return Episode(name, task, rate, _wide(numbers(group["actions"], "actions")), obs, rewards, dones, success)


# of a path and, where a dataset does not say it, samples a second
READERS: dict[str, Callable[[str, float], Iterator[Episode]]] = {
    "lerobot": lambda path, _rate_hz: read_lerobot(path), "robomimic": read_robomimic, "libero": read_robomimic}
