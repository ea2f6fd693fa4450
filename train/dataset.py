# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Demonstrations (HDF5, robomimic/LIBERO layout) into one normalised tensor set.

Per demonstration `data/demo_i`: obs/state (N x D), obs/anchor (N x A, last column 0), targets
(N x A, absolute), label_ok (N). The sample at row t is obs/state[t] with the chunk
    chunk[j] = targets[min(t + j, N - 1)] - anchor[t],  j = 0..H-1;
samples whose window holds a row with label_ok 0 are dropped. For a policy with history the rows of a
demonstration stay together, the bad ones too: as history they are as good as others. The command of
row t is commands[t] (N x A, absolute: what was executed), in files without it targets[t].
"""
import re

import h5py
import numpy as np

NAME = re.compile(r"demo_\d+")

OBS_STD_FLOOR = 1e-3     # smaller spread than this is noise, not signal
OBS_STD_CONSTANT = 1e-6  # a constant feature is only centred
ACTION_STD_FLOOR = 1e-3  # 1 mm, 1 mrad: a constant action comes back this exactly


# What a demonstration must have; actions, which other files have too, do not tell the targets.
REQUIRED = {"obs/state": "N x D, what the policy sees",
            "obs/anchor": "N x A, the pose that actions are relative to",
            "targets": "N x A, absolute"}


def check_demo(group):
    """Raises ValueError, in one line, where a demonstration lacks what is needed, as a foreign file's does."""
    missing = [name for name in REQUIRED if not isinstance(group.get(name), h5py.Dataset)]
    if missing:
        obs = group["obs"] if isinstance(group.get("obs"), h5py.Group) else ()
        there = [f"obs/{k}" for k in obs] + [k for k in group if k not in ("obs", "next_obs")]
        raise ValueError(
            f"{group.name}: no {', '.join(missing)} (there are: {', '.join(there[:8]) or 'none'}"
            f"{', ...' if len(there) > 8 else ''}), expected "
            + "; ".join(f"{name} ({what})" for name, what in REQUIRED.items())
            + ", as `sweetspot demo` writes them")
    shapes = {name: group[name].shape for name in REQUIRED}
    if any(len(s) != 2 or 0 in s for s in shapes.values()):
        raise ValueError(f"{group.name}: shapes {shapes}, expected rows x columns")
    if shapes["obs/anchor"] != shapes["targets"]:
        raise ValueError(f"{group.name}: obs/anchor is {shapes['obs/anchor']}, targets "
                         f"{shapes['targets']}, expected the same shape")
    names = [*REQUIRED, *(k for k in ("commands", "label_ok") if k in group)]
    if len({group[name].shape[:1] for name in names}) != 1:
        raise ValueError(f"{group.name}: datasets differ in length, expected one row a control period")
    for name in names:
        if group[name].dtype.kind not in "fiub":
            raise ValueError(f"{group.name}/{name}: {group[name].dtype}, expected numbers")


def demo_rows(group, horizon):
    """All rows of one demonstration: obs, commands, chunks, and whether the chunk's labels are ok."""
    check_demo(group)
    obs = np.asarray(group["obs/state"], dtype=np.float32)
    anchor = np.asarray(group["obs/anchor"], dtype=np.float64)
    targets = np.asarray(group["targets"], dtype=np.float64)
    commands = np.asarray(group["commands"] if "commands" in group else targets, dtype=np.float32)
    n = obs.shape[0]
    ok = np.asarray(group["label_ok"]) != 0 if "label_ok" in group else np.ones(n, dtype=bool)
    rows = np.minimum(np.arange(n)[:, None] + np.arange(horizon)[None, :], n - 1)
    chunks = targets[rows] - anchor[:, None, :]
    return obs, commands, chunks.astype(np.float32), ok[rows].all(axis=1)


def read_demos(path, horizon):
    """List of demo_rows() in the order of the demonstrations' numbers, and the attributes. Raises ValueError, in one
    line, where the file is not as expected."""
    try:
        with h5py.File(path, "r") as f:
            data = f.get("data")
            names = [k for k in data if NAME.fullmatch(k)] if isinstance(data, h5py.Group) else []
            if not names:
                raise ValueError(f"no groups data/demo_<i> (there are: {', '.join(f) or 'none'}), "
                                 "expected demonstrations as `sweetspot demo` writes them")
            attrs = {k: (v.decode() if isinstance(v, bytes) else v) for k, v in data.attrs.items()}
            demos = [demo_rows(data[k], horizon) for k in sorted(names, key=lambda k: int(k[5:]))]
    except (OSError, ValueError) as problem:
        raise ValueError(f"{path}: {problem}") from problem
    widths = {(obs.shape[1], chunks.shape[2]) for obs, _, chunks, _ in demos}
    if len(widths) != 1:
        raise ValueError(f"{path}: demonstrations of {len(widths)} widths (obs, action): "
                         f"{sorted(widths)}, expected one")
    return demos, attrs


def statistics(obs, chunks):
    """Means and floored deviations: obs per dimension, actions per step and dimension."""
    obs_std = obs.std(axis=0, dtype=np.float64)
    obs_std = np.where(obs_std < OBS_STD_CONSTANT, 1.0, np.maximum(obs_std, OBS_STD_FLOOR))
    action_std = np.maximum(chunks.std(axis=0, dtype=np.float64), ACTION_STD_FLOOR)
    stats = dict(obs_mean=obs.mean(axis=0, dtype=np.float64), obs_std=obs_std,
                 action_mean=chunks.mean(axis=0, dtype=np.float64), action_std=action_std)
    return {k: v.astype(np.float32) for k, v in stats.items()}


def command_statistics(commands):
    return dict(command_mean=commands.mean(axis=0, dtype=np.float64).astype(np.float32),
                command_std=np.maximum(commands.std(axis=0, dtype=np.float64),
                                       ACTION_STD_FLOOR).astype(np.float32))


def load(path, horizon, held_out=0.05, seed=0, with_rows=False):
    """Normalised train and held-out (obs, chunks) of the good samples; whole demonstrations are held
    out. with_rows: dicts of all rows instead (obs, commands, chunks, good, and the demonstrations'
    lengths)."""
    demos, attrs = read_demos(path, horizon)
    order = np.random.default_rng(seed).permutation(len(demos))
    n_held = min(len(demos) - 1, max(1, round(held_out * len(demos)))) if len(demos) > 1 else 0
    held, train = order[:n_held], order[n_held:]

    def join(ids):
        return tuple(np.concatenate(x) for x in zip(*(demos[i] for i in ids)))

    obs, commands, chunks, good = join(train)
    obs, commands, chunks = obs[good], commands[good], chunks[good]
    if len(obs) == 0:
        raise ValueError(f"{path}: no sample has a good label over {horizon} rows")
    for name, x in (("obs/state", obs), ("targets", chunks)):
        if not np.isfinite(x).all():
            raise ValueError(f"{path}: {name} holds a value that is not finite")
    stats = statistics(obs, chunks)
    if with_rows:
        stats.update(command_statistics(commands))

    def normalised(ids):
        if len(ids) == 0:
            return None
        o, m, c, ok = join(ids)
        o = (o - stats["obs_mean"]) / stats["obs_std"]
        c = (c - stats["action_mean"]) / stats["action_std"]
        if not with_rows:
            return o[ok], c[ok]
        return dict(obs=o, commands=(m - stats["command_mean"]) / stats["command_std"], chunks=c,
                    good=ok, lengths=[len(demos[i][0]) for i in ids])

    return dict(train=normalised(train), held=normalised(held), stats=stats, attrs=attrs,
                n_demos=len(demos), n_held=n_held)
