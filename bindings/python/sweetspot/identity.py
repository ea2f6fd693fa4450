# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What a policy or an environment is, as a number that differs once its code or its constants do.

Kept episodes are gone on with only where nothing has changed. One answer does not tell: two policies whose actions are
cut off, and two worlds in which nobody acts, often look alike. So what counts is the byte code of functions and
methods, and the plain values that they refer to: defaults, constants, globals, closures, attributes. What they write
themselves is state, and does not count; nor does where the code stands, its comments, or what no line refers to.
"""
from __future__ import annotations

import dis
import functools
import hashlib
import types
from typing import Any, Iterator

import numpy as np

PLAIN = (int, float, complex, str, bytes, bool, type(None), np.generic)


def fingerprint(thing: Any, attributes: bool = True) -> str:
    """16 hexadecimal digits of a function, class or object; without `attributes` of an object's class alone."""
    text = hashlib.sha256()
    for word in _words(thing, attributes, set()):
        text.update(word.encode("utf-8", "backslashreplace") + b"\n")
    return text.hexdigest()[:16]


def _words(thing: Any, attributes: bool, seen: set[int]) -> Iterator[str]:
    if isinstance(thing, PLAIN):
        yield repr(thing)
    elif isinstance(thing, np.ndarray):
        yield f"{thing.dtype} {thing.shape} {hashlib.sha256(thing.tobytes()).hexdigest()}"
    elif isinstance(thing, (tuple, frozenset)):
        parts = ["\n".join(_words(part, attributes, seen)) for part in thing]
        yield from sorted(parts) if isinstance(thing, frozenset) else parts
    elif id(thing) in seen or isinstance(thing, types.ModuleType):
        return
    else:
        seen.add(id(thing))
        yield from _words_of_code(thing, attributes, seen)


def _words_of_code(thing: Any, attributes: bool, seen: set[int]) -> Iterator[str]:
    if isinstance(thing, types.FunctionType):
        code = thing.__code__
        stored = _stored(code)
        cells = [(n, c) for n, c in zip(code.co_freevars, thing.__closure__ or ()) if n not in stored]
        yield from _words(code, attributes, seen)
        for value in (thing.__defaults__, *sorted((thing.__kwdefaults__ or {}).items())):
            yield from _words(value, attributes, seen)
        for name, value in [*_filled(cells), *((n, thing.__globals__[n]) for n in _names(code) if n in thing.__globals__)]:
            if name not in stored and isinstance(value, (*PLAIN, np.ndarray, tuple, types.FunctionType)):
                yield from (f"{name} {word}" for word in _words(value, attributes, seen))
    elif isinstance(thing, types.CodeType):
        yield f"{thing.co_code.hex()} {thing.co_names} {thing.co_varnames}"
        yield from _words(thing.co_consts, attributes, seen)
    elif isinstance(thing, type):
        state = _state(thing, first=True)
        for kind in thing.__mro__[:-1]:
            for name, value in sorted(vars(kind).items()):
                if name not in state and name not in ("__module__", "__doc__", "__firstlineno__", "__static_attributes__"):
                    value = getattr(value, "fget", None) or getattr(value, "__func__", value)
                    if isinstance(value, (*PLAIN, np.ndarray, types.FunctionType)):
                        yield from (f"{name} {word}" for word in _words(value, attributes, seen))
    elif isinstance(thing, types.MethodType):
        yield from _words(thing.__func__, attributes, seen)
        yield from _words(thing.__self__, attributes, seen)
    elif isinstance(thing, functools.partial):
        yield from _words((thing.func, thing.args, *sorted(thing.keywords.items())), attributes, seen)
    elif not isinstance(thing, types.BuiltinFunctionType):
        yield from _words_of_object(thing, attributes, seen)


def _words_of_object(thing: Any, attributes: bool, seen: set[int]) -> Iterator[str]:
    yield from _words(type(thing), attributes, seen)
    if attributes:
        state = _state(type(thing), first=False)
        for name, value in sorted(getattr(thing, "__dict__", {}).items()):
            if name not in state and isinstance(value, (*PLAIN, np.ndarray, tuple)):
                yield from (f"{name} {word}" for word in _words(value, attributes, seen))


def _state(kind: type, first: bool) -> set[str]:
    """Names of attributes that methods write; with `first`, also those that the constructor does."""
    methods = [v for k in kind.__mro__ for n, v in vars(k).items()
               if isinstance(v, types.FunctionType) and (first or n != "__init__")]
    return {name for method in methods for name in _stored(method.__code__)}


def _filled(cells: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, cell in cells:
        try:
            yield name, cell.cell_contents
        except ValueError:  # not yet assigned
            continue


def _inner(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _inner(const)


def _names(code: types.CodeType) -> list[str]:
    return sorted({name for part in _inner(code) for name in part.co_names})


def _stored(code: types.CodeType) -> set[str]:
    """Names of globals, outer variables and attributes that the code writes."""
    kinds = ("STORE_GLOBAL", "STORE_DEREF", "STORE_ATTR")
    return {str(i.argval) for part in _inner(code) for i in dis.get_instructions(part) if i.opname in kinds}


def environment(env: Any, attributes: bool = True) -> str:
    """Of an environment, its wrappers, and the first part of a vectorised one."""
    words: list[str] = []
    layer = env
    while layer is not None and len(words) < 100:
        words.append(fingerprint(layer, attributes))
        parts = vars(layer).get("envs") if hasattr(layer, "__dict__") else None
        layer = parts[0] if isinstance(parts, (list, tuple)) and parts else getattr(layer, "__dict__", {}).get("env")
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]
