# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Where the library comes from, what is left without MuJoCo and HDF5, and how calls end."""
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import ROOT
from sweetspot import _library

BUILD = Path(os.environ.get("SWEETSPOT_LIBRARY", ROOT / "build/src/libsweetspot.so")).parent


def install(folder, spoil):
    """The package with both libraries as a wheel has it; `spoil`: bytes that are changed in the full one, so that what
    it needs cannot be found."""
    shutil.copytree(ROOT / "bindings/python/sweetspot", folder / "sweetspot", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (_library.FULL, _library.LIGHT):
        data = (BUILD / name).read_bytes()
        if name == _library.FULL:
            assert data.count(spoil) >= 1
            data = data.replace(spoil, spoil.upper())
        (folder / "sweetspot" / (name + _library.SUFFIX)).write_bytes(data)


def run(folder, code):
    environment = {**os.environ, "PYTHONPATH": str(folder), "SPOT_DATA": str(ROOT)}
    environment.pop("SWEETSPOT_LIBRARY", None)
    return subprocess.run([sys.executable, "-B", "-c", code], env=environment, capture_output=True, text=True, cwd=folder)


CODE = """
import sweetspot
from sweetspot._library import lib
print(lib.path.rpartition("/")[2])
rows = [dict(point=p, seed=s, success=1, time_s=t + s % 7, steps=n) for n, p, t in ((10, "a", 9), (5, "b", 6))
        for s in range(30)]
print(sweetspot.analyze(rows).verdict["best"])
for call in (lambda: sweetspot.rollout("press-button", "press-button"), lambda: sweetspot.metrics("demo.hdf5")):
    try:
        call()
        print("done")
    except sweetspot.Unsupported as error:
        print(str(error).partition(": ")[2])
print([m for m in ("pandas", "h5py", "pyarrow", "torch", "gymnasium", "msgpack", "websockets")
       if m in __import__("sys").modules and m != "pandas"])
"""


@pytest.mark.parametrize("spoil", [b"libmujoco", b"libhdf5"])
def test_without_mujoco_or_hdf5_all_else_works(tmp_path, spoil):
    install(tmp_path, spoil)
    (tmp_path / "demo.hdf5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    done = run(tmp_path, CODE)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == [_library.LIGHT + _library.SUFFIX, "b"]
    assert lines[2].startswith("a task of MuJoCo, which this library was built without")
    assert lines[3].startswith("an HDF5 file, which this library was built without")
    assert lines[4] == "[]"


def test_the_light_library_needs_neither(tmp_path):
    needs = subprocess.run(["readelf", "-d", BUILD / _library.LIGHT], capture_output=True, text=True, check=True).stdout
    assert "mujoco" not in needs and "hdf5" not in needs and "jansson" in needs


def test_import_loads_nothing(tmp_path):
    shutil.copytree(ROOT / "bindings/python/sweetspot", tmp_path / "sweetspot")
    done = run(tmp_path, "import sweetspot, sys; print('numpy' in sys.modules, 'ctypes' in sys.modules, dir(sweetspot)[-1])")
    assert done.stdout.split()[:2] == ["False", "False"], done.stderr
    done = run(tmp_path, "import os, sweetspot; os.environ['SWEETSPOT_LIBRARY'] = '/no/such.so'; sweetspot.analyze([{}])")
    assert "the C library cannot be loaded" in done.stderr.splitlines()[-1]


def test_names_are_those_of_the_package():
    import sweetspot

    assert all(callable(getattr(sweetspot, name)) for name in sweetspot.__all__)
    with pytest.raises(AttributeError, match="no attribute 'analyse', expected one of: .*analyze"):
        sweetspot.analyse
    text = (ROOT / "include/spot/version.h").read_text()
    assert f'"{sweetspot.__version__}"' in text
    assert _library.SUFFIX == "." + sweetspot.__version__.rpartition(".")[0]


def test_ctrl_c_is_heard_and_what_runs_is_cancelled():
    cancelled, ended = threading.Event(), threading.Event()

    def work():
        cancelled.wait(20)
        ended.set()

    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        _library.interruptible(work, cancelled.set)
    assert ended.is_set() and time.monotonic() - start < 10


def test_what_work_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        _library.interruptible(lambda: 1 // 0)
    assert _library.interruptible(lambda: 7) == 7


def test_a_name_that_is_not_there_is_told_which_are():
    with pytest.raises(_library.SweetspotError, match="no platforms 'x', expected a path or one of: .*agx-orin-30w"):
        _library.find("platforms", "x")
    with pytest.raises(_library.SweetspotError, match="no tasks 'x', .*press-button"):
        _library.find("tasks", "x", "task.yaml")
