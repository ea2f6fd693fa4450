#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Writes sweetspot/_abi.py: the C library as ctypes sees it, out of the headers in include/spot.

    generate.py [--check] [ROOT]       ROOT: of the sources, default the one that this file lies in
    --check                            writes nothing; exit status 1 if the file is not what would be written

Taken are the functions (`lib.spot_...`), structs and callbacks (`abi.spot_...`) and constants (`abi.SPOT_...`) that
the package's other files name, and all that these need. Needs a C compiler (CC, default cc) and pycparser. That
layouts are the compiler's, too, tests/test_abi.py asks a C program.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pycparser import c_ast, c_parser

# What of the C library the headers include, in as many words as pycparser needs.
SYSTEM = {
    "stdbool.h": "#define bool _Bool\n#define true 1\n#define false 0\n",
    "stddef.h": "typedef unsigned long size_t;\n#define NULL ((void *)0)\n",
    "stdint.h": "".join(f"typedef int {name};\n" for name in
                        ("int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t", "int64_t", "uint64_t")),
    "stdarg.h": "typedef int va_list;\n",
    "stdio.h": "#include <stddef.h>\ntypedef struct FILE FILE;\n",
    "math.h": "", "string.h": "",
}
# C's types by their ctypes; a pointer to char or void has a type of its own
SCALARS = {
    "char": "c_char", "int": "c_int", "unsigned": "c_uint", "unsigned int": "c_uint", "long": "c_long",
    "float": "c_float", "double": "c_double", "_Bool": "c_bool", "size_t": "c_size_t",
    "int8_t": "c_int8", "uint8_t": "c_uint8", "int16_t": "c_int16", "uint16_t": "c_uint16",
    "int32_t": "c_int32", "uint32_t": "c_uint32", "int64_t": "c_int64", "uint64_t": "c_uint64",
}
HEAD = '''# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The C library as ctypes sees it. Written by generate.py from include/spot; not to be edited."""
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int64,
                    c_size_t, c_uint, c_uint8, c_uint64, c_void_p)

'''


def preprocess(root):
    """All headers as one text that pycparser reads."""
    with tempfile.TemporaryDirectory() as fake:
        for name, text in SYSTEM.items():
            (Path(fake) / name).write_text(f"#pragma once\n{text}", encoding="utf-8")
        command = [os.environ.get("CC", "cc"), "-E", "-P", "-nostdinc", "-undef", "-I", fake,
                   "-I", str(root / "include"), str(root / "include/spot/spot.h")]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


class Headers:
    """What the headers declare, and how ctypes says it."""

    def __init__(self, text):
        self.constants, self.functions, self.types, self.structs = {}, {}, {}, {}
        for node in c_parser.CParser().parse(text).ext:
            if isinstance(node, c_ast.Typedef):
                self.types[node.name] = node.type
                self.enter(node.type)
            elif isinstance(node, c_ast.Decl):
                if isinstance(node.type, c_ast.FuncDecl):
                    self.functions[node.name] = node.type
                else:
                    self.enter(node.type)

    def enter(self, node):
        """Notes the constants of an enum, the members of a struct."""
        node = node.type if isinstance(node, c_ast.TypeDecl) else node
        if isinstance(node, c_ast.Enum) and node.values is not None:
            following = 0
            for item in node.values.enumerators:
                following = self.value(item.value) if item.value is not None else following
                self.constants[item.name] = following
                following += 1
        elif isinstance(node, c_ast.Struct) and node.decls is not None:
            self.structs[node.name] = node.decls

    def value(self, node):
        """Of a constant expression."""
        if isinstance(node, c_ast.Constant):
            return int(node.value, 0)
        if isinstance(node, c_ast.ID):
            return self.constants[node.name]
        if isinstance(node, c_ast.UnaryOp):
            return {"-": lambda x: -x, "+": lambda x: x}[node.op](self.value(node.expr))
        left, right = self.value(node.left), self.value(node.right)
        return {"+": left + right, "-": left - right, "*": left * right, "<<": left << right}[node.op]

    def name(self, node):
        """ctypes' name of a type."""
        if isinstance(node, c_ast.ArrayDecl):
            sizes = []
            while isinstance(node, c_ast.ArrayDecl):
                sizes.insert(0, str(self.value(node.dim)))
                node = node.type
            return " * ".join([self.name(node), *sizes])
        if isinstance(node, c_ast.PtrDecl):
            return self.pointer(node.type)
        if isinstance(node, c_ast.TypeDecl):
            node = node.type
        if isinstance(node, c_ast.Enum):
            return "c_int"
        if isinstance(node, c_ast.Struct):
            return node.name
        name = " ".join(node.names)
        if name in SCALARS:
            return SCALARS[name]
        return self.alias(name)

    def alias(self, name):
        """Of a typedef: a struct and a callback keep their name, an enum is an int, an array what it is of."""
        node = self.types[name]
        if isinstance(node, c_ast.PtrDecl) and isinstance(node.type, c_ast.FuncDecl):
            return name
        if isinstance(node, c_ast.TypeDecl) and isinstance(node.type, c_ast.Struct):
            return name
        return self.name(node)

    def pointer(self, target):
        """A pointer; a member of a struct keeps the type of a text, an argument too."""
        if isinstance(target, c_ast.FuncDecl):
            return self.callback(target)
        if isinstance(target, c_ast.TypeDecl) and isinstance(target.type, c_ast.IdentifierType):
            name = " ".join(target.type.names)
            if name in ("void", "FILE"):
                return "c_void_p"
            if name == "char":  # what is written to is no text yet: ctypes would make a copy of it
                return "c_char_p" if "const" in target.quals else "c_void_p"
        return f"POINTER({self.name(target)})"

    def arguments(self, function):
        params = [] if function.args is None else function.args.params
        names = [self.name(c_ast.PtrDecl([], p.type.type) if isinstance(p.type, c_ast.ArrayDecl) else p.type)
                 for p in params if not isinstance(p, c_ast.EllipsisParam)
                 and not (isinstance(p.type, c_ast.TypeDecl) and getattr(p.type.type, "names", [""]) == ["void"])]
        return names

    def result(self, function):
        node = function.type
        if isinstance(node, c_ast.TypeDecl) and getattr(node.type, "names", [""]) == ["void"]:
            return "None"
        return self.name(node)

    def callback(self, function):
        return f"CFUNCTYPE({', '.join([self.result(function), *self.arguments(function)])})"


def wanted(package):
    """Names that the package's files use."""
    found = {"lib": set(), "abi": set()}
    for path in sorted(package.glob("*.py")):
        if path.name != "_abi.py":
            for module, name in re.findall(r"\b(lib|abi)\.((?:spot|SPOT)_\w+)", path.read_text(encoding="utf-8")):
                found[module].add(name)
    return found["lib"], found["abi"]


def wrap(start, items, end):
    """One line if it fits, else one item a line."""
    line = start + ", ".join(items) + end
    return line if len(line) <= 120 else start + "\n    " + ",\n    ".join(items) + end


class Writer:
    """Types in the order in which they are needed."""

    def __init__(self, headers):
        self.headers, self.lines, self.done, self.begun = headers, [], set(), set()

    def begin(self, name):
        if name not in self.begun:
            self.begun.add(name)
            self.lines += [f"class {name}(Structure):", "    pass", "", ""]

    def need(self, text, whole):
        """The types that a type's name mentions; whole: more than their names."""
        for name in re.findall(r"\bspot_\w+", text):
            if name in self.headers.types and not self.is_struct(name):
                self.alias(name)
            elif whole and f"POINTER({name})" not in text:
                self.struct(name)
            else:
                self.begin(name)

    def is_struct(self, name):
        node = self.headers.types.get(name)
        return node is None or isinstance(node, c_ast.TypeDecl) and isinstance(node.type, c_ast.Struct)

    def alias(self, name):
        if name not in self.done:
            self.done.add(name)
            text = self.headers.callback(self.headers.types[name].type)
            self.need(text, whole=False)
            self.lines.append(f"{name} = {text}")

    def struct(self, name):
        if name in self.done:
            return
        self.done.add(name)
        self.begin(name)
        members = self.headers.structs.get(name)
        if members is None:
            return  # opaque
        fields = [(m.name, self.headers.name(m.type)) for m in members]
        for _, text in fields:
            self.need(text, whole=not text.startswith(("POINTER", "CFUNCTYPE")))
        self.lines.append(wrap(f"{name}._fields_ = [", [f'("{n}", {t})' for n, t in fields], "]"))

    def structs_behind_pointers(self):
        """A struct that is only pointed to is defined too: callers fill and read it."""
        for name in sorted(self.begun - self.done):
            self.struct(name)
            return True
        return False


def generate(root):
    headers = Headers(preprocess(root))
    functions, others = wanted(root / "bindings/python/sweetspot")
    unknown = {f for f in functions if f not in headers.functions} | {
        o for o in others if o not in headers.types and o not in headers.constants}
    if unknown:
        raise SystemExit(f"generate.py: not in include/spot: {', '.join(sorted(unknown))}")
    writer = Writer(headers)
    constants = [f"{name} = {headers.constants[name]}" for name in sorted(others) if name in headers.constants]
    for name in sorted(o for o in others if o in headers.types):
        (writer.struct if writer.is_struct(name) else writer.alias)(name)
    rows = []
    for name in sorted(functions):
        result, arguments = headers.result(headers.functions[name]), headers.arguments(headers.functions[name])
        for text in [result, *arguments]:
            writer.need(text, whole=True)
        rows.append(wrap(f'"{name}": ({result}, [', arguments, "])").replace("\n", "\n    "))
    while writer.structs_behind_pointers():
        pass
    table = "# name: (what it returns, [what it takes])\nFUNCTIONS = {\n    " + ",\n    ".join(rows) + "}\n"
    return HEAD + "\n".join(constants) + "\n\n\n" + "\n".join(writer.lines) + "\n\n" + table


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    root = Path(arguments[0] if arguments else Path(__file__).resolve().parents[2])
    target = root / "bindings/python/sweetspot/_abi.py"
    text = generate(root)
    if "--check" in sys.argv[1:]:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            print(f"{target}: not what include/spot says, expected the output of bindings/python/generate.py")
            return 1
        return 0
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
