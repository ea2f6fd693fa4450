# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The structs of ctypes are those of the compiler, and the file of them is what the headers say."""
import ctypes
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT
from sweetspot import _abi as abi


def structs():
    return {name: kind for name, kind in vars(abi).items()
            if isinstance(kind, type) and issubclass(kind, ctypes.Structure) and hasattr(kind, "_fields_")}


def test_sizes_and_places_of_fields_are_the_compilers(tmp_path):
    compiler = shutil.which(os.environ.get("CC", "cc"))
    lines = []
    for name, kind in structs().items():
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        lines += [f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));'
                  for field, _ in kind._fields_]
    constants = [name for name in vars(abi) if name.startswith("SPOT_")]
    lines += [f'printf("{name} %d\\n", (int){name});' for name in constants]
    source = tmp_path / "layout.c"
    source.write_text("#include <stddef.h>\n#include <stdio.h>\n#include <spot/spot.h>\nint main(void)\n{\n"
                      + "\n".join(lines) + "\nreturn 0;\n}\n")
    subprocess.run([compiler, "-I", ROOT / "include", source, "-o", tmp_path / "layout"], check=True)
    said = dict(line.split(" ", 1) for line in
                subprocess.run([tmp_path / "layout"], capture_output=True, text=True, check=True).stdout.splitlines())
    ours = {name: str(getattr(abi, name)) for name in constants}
    for name, kind in structs().items():
        ours[name] = str(ctypes.sizeof(kind))
        ours.update({f"{name}.{field}": f"{getattr(kind, field).offset} {getattr(kind, field).size}"
                     for field, _ in kind._fields_})
    assert ours == said
    assert len(ours) > 300


def test_the_file_is_what_the_headers_say():
    pytest.importorskip("pycparser")
    done = subprocess.run([sys.executable, ROOT / "bindings/python/generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_function_is_in_the_library_with_the_fields_of_its_config():
    from sweetspot._library import Unsupported, lib

    absent = []
    for name in abi.FUNCTIONS:
        try:
            getattr(lib, name)
        except Unsupported:
            absent.append(name)
    assert absent == []
    for name in [n for n in abi.FUNCTIONS if n.endswith("_config_default")]:
        config = getattr(abi, name[:-len("_default")])()
        getattr(lib, name)(ctypes.byref(config))
        if hasattr(config, "size"):
            assert config.size == ctypes.sizeof(config), name
