# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What a recorded motion costs a robot: paths, jerk, smoothness, energy. `sweetspot metrics` from Python."""
from __future__ import annotations

import contextlib
import ctypes
import json
import os
from typing import Any, Mapping

import numpy as np

from . import _abi as abi
from ._library import SweetspotError, call, interruptible, json_of, lib

CHANNELS = ("position_m", "velocity_m_s", "joint_rad", "joint_rad_s", "torque_nm", "action")


def metrics(source: Any, *, control_hz: float = 0.0, map: str | Mapping[str, str] | None = None,
            position_noise_m: float = 0.0, motor_resistance_ohm: Any = (), torque_constant_nm_a: Any = ()
            ) -> dict[str, Any]:
    """The document of `sweetspot metrics --json` (docs/json.md) as a dict; undefined is None, with its reason.

    source                a CSV or HDF5 file, a list of them, or a dict of arrays, (samples x n) each: `time_s` (samples)
                          or control_hz, and one or more of position_m, velocity_m_s (end effector, m and m/s),
                          joint_rad, joint_rad_s, torque_nm (N m), action
    control_hz            samples a second where nothing says it
    map                   columns and datasets of a file by our names
    position_noise_m      standard deviation an axis, m
    motor_resistance_ohm, torque_constant_nm_a
                          of the windings, and joint torque an ampere, gear included; one or one a joint
    """
    resistance, constant = np.atleast_1d(motor_resistance_ohm), np.atleast_1d(torque_constant_nm_a)
    if len(resistance) != len(constant):
        raise ValueError("motor_resistance_ohm and torque_constant_nm_a, expected as many numbers")
    config = abi.spot_motion_config()
    lib.spot_motion_config_default(ctypes.byref(config))
    config.position_noise_m, config.n_motor = position_noise_m, len(resistance)
    motors = [np.ascontiguousarray(x, np.float64) for x in (resistance, constant)]
    if len(resistance):
        config.resistance_ohm, config.torque_nm_a = _pointer(motors[0]), _pointer(motors[1])
    if isinstance(source, Mapping):
        records = [_measure_arrays(source, control_hz, config)]
    else:
        files = [source] if isinstance(source, (str, os.PathLike)) else list(source)
        text = map if map is None or isinstance(map, str) else ",".join(f"{a}={b}" for a, b in map.items())
        records = interruptible(lambda: [r for f in files for r in _measure_file(os.fspath(f), control_hz, text, config)])
    if not records:
        raise ValueError("no file, expected one or more")
    array = (abi.spot_motion_record * len(records))(*records)
    report = abi.spot_motion_report()
    report.records, report.n_record, report.config = array, len(records), ctypes.pointer(config)
    document: dict[str, Any] = json.loads(json_of(lambda out: lib.spot_report_metrics_json(ctypes.byref(report), out)))
    return document


def _pointer(array: np.ndarray) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _measure_file(path: str, control_hz: float, text: str | None, config: Any) -> list[Any]:
    how = abi.spot_motion_file_config()
    lib.spot_motion_file_config_default(ctypes.byref(how))
    how.control_hz, how.map = control_hz, text.encode() if text else None
    file, name = ctypes.POINTER(abi.spot_motion_file)(), path.encode()
    records = []
    with contextlib.ExitStack() as stack:
        call(lib.spot_motion_file_open, name, ctypes.byref(how), ctypes.byref(file))
        stack.callback(lib.spot_motion_file_close, file)
        for i in range(lib.spot_motion_file_count(file)):
            trajectory = ctypes.POINTER(abi.spot_motion_trajectory)()
            call(lib.spot_motion_file_load, file, i, ctypes.byref(trajectory))
            try:
                records.append(_measure(trajectory, config, name))
            finally:
                lib.spot_motion_trajectory_free(trajectory)
    return records


def _measure(trajectory: Any, config: Any, name: bytes) -> Any:
    record = abi.spot_motion_record()
    call(lib.spot_motion_trajectory_measure, trajectory, ctypes.byref(config), ctypes.byref(record))
    record.file = name
    return record


def _measure_arrays(source: Mapping[str, Any], control_hz: float, config: Any) -> Any:
    """The arrays as a trajectory; the file is called `arrays`."""
    unknown = sorted(set(source) - {*CHANNELS, "time_s"})
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: expected time_s, {', '.join(CHANNELS)}")
    if ("time_s" in source) == (control_hz > 0.0):
        raise ValueError("time_s and control_hz=, expected one of them")
    arrays = {k: np.ascontiguousarray(v, np.float64) for k, v in source.items() if v is not None}
    arrays = {k: v[:, None] if v.ndim == 1 and k != "time_s" else v for k, v in arrays.items()}
    lengths = {k: len(v) for k, v in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"arrays of {lengths} samples, expected as many of each")
    t = abi.spot_motion_trajectory()
    s, t.interval_s = t.series, 1.0 / control_hz if control_hz else 0.0
    t.timing = abi.SPOT_MOTION_TIMING_GIVEN if control_hz else abi.SPOT_MOTION_TIMING_STAMPS
    s.n_sample = next(iter(lengths.values()))
    groups = {"n_axis": CHANNELS[:2], "n_joint": CHANNELS[2:5], "n_action": CHANNELS[5:]}
    for field, channels in groups.items():
        widths = {arrays[c].shape[1] for c in channels if c in arrays}
        if len(widths) > 1:
            raise ValueError(f"{', '.join(c for c in channels if c in arrays)} of {sorted(widths)} columns, expected as "
                             "many of each")
        setattr(s, field, widths.pop() if widths else 0)
    for i, channel in enumerate(CHANNELS):
        if channel in arrays:
            setattr(s, channel, _pointer(arrays[channel]))
            t.sources[i].value = channel.encode()
    if "time_s" in arrays:
        s.time_s = _pointer(arrays["time_s"])
    try:
        return _measure(ctypes.pointer(t), config, b"arrays")
    except SweetspotError as error:
        raise _explained(error, arrays) from None


def _explained(error: SweetspotError, arrays: Mapping[str, Any]) -> Exception:
    """The library says that an array is refused; the first entry that is to blame, if one is."""
    for name, array in arrays.items():
        bad = np.argwhere(~np.isfinite(array))
        if len(bad) > 0:
            place = "".join(f"[{i}]" for i in bad[0])
            return ValueError(f"{name}{place} is {array[tuple(bad[0])]}, expected a finite number")
    times = arrays.get("time_s", np.zeros(0))
    late = np.flatnonzero(np.diff(times) <= 0) + 1
    if len(late) > 0:
        return ValueError(f"time_s[{late[0]}] is {times[late[0]]}, expected more than {times[late[0] - 1]}")
    return error
