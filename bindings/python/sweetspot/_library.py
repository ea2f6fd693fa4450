# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The C library: found, loaded, and called so that Ctrl-C works and a failure says why.

Tried in this order: the file that SWEETSPOT_LIBRARY names; the package's folder; the `build` folder of the sources
that the package lies in; what the system finds. In each place libsweetspot.so (with MuJoCo and HDF5) comes before
libsweetspot-analysis.so, which needs neither: where they are not installed the first cannot be loaded.
"""
from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import threading
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator

from . import _abi as abi

HERE = Path(__file__).resolve().parent
FULL, LIGHT = "libsweetspot.so", "libsweetspot-analysis.so"
SUFFIX = ".0.1"  # of the name that the library is asked for by, before 1.0
WAIT_S = 0.05  # how long Ctrl-C may wait


class SweetspotError(Exception):
    """A call of the library failed. `status` is its code (spot/status.h), the text the line that says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Unsupported(SweetspotError):
    """What was asked for is not in this library: MuJoCo or HDF5, a knob that a policy does not have."""


def _places() -> list[str]:
    """Names to try, in order."""
    named = os.environ.get("SWEETSPOT_LIBRARY")
    if named:
        return [named]
    found = [str(folder / (name + SUFFIX)) for folder in (HERE, HERE.parents[2] / "build/src")
             for name in (FULL, LIGHT) if (folder / (name + SUFFIX)).exists()]
    return found + [FULL + SUFFIX, LIGHT + SUFFIX]


def _load() -> ctypes.CDLL:
    reasons = []
    for place in _places():
        try:
            return ctypes.CDLL(place)
        except OSError as error:
            reasons.append(str(error))
    raise ImportError("sweetspot: the C library cannot be loaded, expected libsweetspot.so or "
                      f"libsweetspot-analysis.so: {'; '.join(reasons)}")


class Library:
    """The library's functions as attributes, loaded when the first is used. One that is not in it raises Unsupported
    when it is called."""

    def __init__(self) -> None:
        self._dll: ctypes.CDLL | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in abi.FUNCTIONS:
            raise AttributeError(name)
        if self._dll is None:
            self._dll = _load()
        try:
            function = getattr(self._dll, name)
        except AttributeError:
            raise Unsupported(abi.SPOT_E_UNSUPPORTED,
                              f"{name} is not in {self._dll._name}, expected the full library") from None
        function.restype, function.argtypes = abi.FUNCTIONS[name]
        setattr(self, name, function)
        return function

    @property
    def path(self) -> str:
        """File that was loaded."""
        if self._dll is None:
            self._dll = _load()
        return str(self._dll._name)


lib = Library()


def check(status: int, diag: abi.spot_diag | None = None) -> None:
    """Raises what `status` means, with the line of `diag`; nothing for SPOT_OK."""
    if status == abi.SPOT_OK:
        return
    said = diag.text.decode("utf-8", "replace") if diag is not None else ""
    word = lib.spot_status_str(status).decode()
    if status == abi.SPOT_E_NOMEM:
        raise MemoryError(said or word)
    kind = Unsupported if status == abi.SPOT_E_UNSUPPORTED else SweetspotError
    raise kind(status, said or word)


def call(function: Callable[..., int], *arguments: Any) -> None:
    """Calls a function whose last argument is a spot_diag, which is added; raises what it says."""
    diag = abi.spot_diag()
    check(function(*arguments, ctypes.byref(diag)), diag)


def interruptible(work: Callable[[], Any], cancel: Callable[[], None] | None = None) -> Any:
    """What `work` returns, which runs on a thread of its own so that Ctrl-C is heard meanwhile. Then `cancel`, which
    must make it end soon, is called and waited for; without it the work is left to end by itself."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    box: dict[str, Any] = {}
    finished = threading.Event()  # not Thread.join, which takes a thread for ended once Ctrl-C came while it waited

    def run() -> None:
        try:
            box["result"] = work()
        except BaseException as error:  # noqa: BLE001: raised again below, on the caller's thread
            box["error"] = error
        finally:
            finished.set()

    threading.Thread(target=run, daemon=True).start()
    try:
        while not finished.wait(WAIT_S):
            pass
    except BaseException:
        if cancel is not None:
            cancel()
            finished.wait()
        raise
    if "error" in box:
        raise box["error"]
    return box["result"]


def describe(error: BaseException) -> str:
    """An exception in one line: its type, what it says, and where it was raised."""
    lines = str(error).strip().splitlines()
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {lines[-1].strip()}{place}" if lines else type(error).__name__ + place


def fields(struct: type[ctypes.Structure]) -> dict[str, Any]:
    """Names and types of the fields of a struct."""
    return {field[0]: field[1] for field in struct._fields_}


class Guard:
    """Callbacks for C whose exceptions do not end in C. The first is kept, all calls behind it fail at once, and it is
    raised behind the call into C; with `keeps` False it is told in the call's spot_diag alone, and others go on."""

    def __init__(self, keeps: bool = True) -> None:
        self.keeps = keeps
        self.error: BaseException | None = None
        self.lock = threading.Lock()

    def wrap(self, kind: Any, function: Callable[..., Any], failed: Any = abi.SPOT_E_INTERNAL) -> Any:
        """`function` as a ctypes callback of type `kind`; it returns `failed` after an exception, and None counts as
        SPOT_OK where a status is expected."""
        def guarded(*arguments: Any) -> Any:
            if self.error is not None:
                return failed
            try:
                result = function(*arguments)
            except BaseException as error:  # noqa: BLE001: KeyboardInterrupt too must come out behind the call
                self._note(error, arguments)
                return failed
            return 0 if result is None else result

        return kind(guarded)

    def _note(self, error: BaseException, arguments: tuple[Any, ...]) -> None:
        with self.lock:
            if self.keeps or not isinstance(error, Exception):
                self.error = self.error or error
        diag = arguments[-1] if arguments else None
        if isinstance(diag, ctypes.POINTER(abi.spot_diag)) and diag:
            text = describe(error).encode("utf-8", "replace")[:abi.SPOT_DIAG_TEXT_SIZE - 1]
            diag.contents.text = text.decode("utf-8", "ignore").encode()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """While C calls back on the main thread, Ctrl-C is kept as an exception is, not raised wherever it comes: between
        two lines of ctypes no one would see it. The second one is raised where it comes."""
        if (threading.current_thread() is not threading.main_thread()
                or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
            yield
            return

        def hear(number: int, frame: Any) -> None:
            if isinstance(self.error, KeyboardInterrupt):
                signal.default_int_handler(number, frame)
            self.error = self.error or KeyboardInterrupt()

        signal.signal(signal.SIGINT, hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def reraise(self) -> None:
        """Raises what was kept, once."""
        error, self.error = self.error, None
        if error is not None:
            raise error


def json_of(write: Callable[[Any], int]) -> str:
    """The text that `write`, given a C stream, writes to it."""
    libc = ctypes.CDLL(None)
    libc.open_memstream.restype = ctypes.c_void_p
    libc.open_memstream.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)]
    libc.fclose.argtypes = libc.free.argtypes = [ctypes.c_void_p]
    text, size = ctypes.c_void_p(), ctypes.c_size_t()
    stream = libc.open_memstream(ctypes.byref(text), ctypes.byref(size))
    if not stream:
        raise MemoryError("a stream in memory")
    try:
        status = write(stream)
    finally:
        libc.fclose(stream)
    try:
        check(status)
        return ctypes.string_at(text, size.value).decode("utf-8")
    finally:
        libc.free(text)


def roots() -> list[Path]:
    """Where what ships is looked for, in order: here, $SPOT_DATA, the package's data, the sources."""
    named = os.environ.get("SPOT_DATA")
    return [Path(), *([Path(named)] if named else []), HERE / "data", HERE.parents[2]]


def find(kind: str, name: str, file: str = "") -> str:
    """The path of what ships by name (`platforms`, `tasks`, `policies`, `links`, `models`), or `name` itself where that
    exists; with `file`, things are folders that hold it."""
    if os.path.exists(name):
        return os.path.join(name, file) if file and os.path.isdir(name) else name
    for root in roots():
        path = root / kind / (os.path.join(name, file) if file else f"{name}.yaml")
        if path.exists():
            return str(path)
    known = sorted({p.name if file else p.stem for root in roots() for p in (root / kind).glob("*")
                    if ((p / file).exists() and p.is_dir() if file else p.suffix == ".yaml")})
    raise SweetspotError(abi.SPOT_E_NOT_FOUND,
                         f"no {kind} '{name}', expected a path or one of: {', '.join(known) or 'none are installed'}")


def find_folder(kind: str, file: str) -> str:
    """The first folder `kind` that holds `file`."""
    for root in roots():
        if (root / kind / file).exists():
            return str(root / kind)
    raise SweetspotError(abi.SPOT_E_NOT_FOUND, f"no folder '{kind}', expected one in ./, $SPOT_DATA or the package")
