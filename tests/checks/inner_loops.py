#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Reads the code that the compiler made of the AVX2 kernels: a sum that is spilled to memory, or copied, fails.

    inner_loops.py OBJECT_DIR OBJDUMP

Of each kernel the loops over the inputs are looked at, those without a loop inside that multiply: nothing may be
spilled in them, and an instruction that multiplies may cost at most so many in all, as BOUNDS says for the largest
tile. The bounds are those of code that was read by hand, with one instruction to spare.
"""
import re
import subprocess
import sys
from pathlib import Path

# kernel: (object, function, what multiplies, products of its largest tile, instructions a product)
BOUNDS = {
    "fp32": ("kernels_avx2.c.o", "gemm", r"vfn?madd\w+ps", 8, 21 / 8),
    "bf16": ("linear_avx2.c.o", "bf16", r"vfn?madd\w+ps", 16, 46 / 16),
    "w8a8": ("linear_avx2.c.o", "w8a8", r"vpmaddwd", 16, 53 / 16),
    "w4a4": ("linear_avx2.c.o", "w4a4", r"vpmaddubsw", 8, 33 / 8),
}
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
# to the stack: finished sums go where pointers say
SPILL = re.compile(r"^vmov\w+\s+%[xy]mm\d+,[^(]*\(%r[sb]p\b")


def functions(objdump, path):
    """{name: [(address, mnemonic, operands)]}, of parts of a function that the compiler split off too."""
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", str(path)], capture_output=True, text=True, check=True)
    found, name = {}, None
    for line in text.stdout.splitlines():
        head = re.match(r"^[0-9a-f]+ <(\w+)[.\w]*>:", line)
        if head:
            name = head[1]
        elif name and LINE.match(line):
            m = LINE.match(line)
            found.setdefault(name, []).append((int(m[1], 16), m[2], m[3]))
    return found


def innermost_loops(code):
    """Instructions from the target of each backward jump to the jump, of loops that hold no other."""
    spans = []
    for address, mnemonic, operands in code:
        target = re.match(r"^([0-9a-f]+)\b", operands)
        if mnemonic.startswith("j") and target and int(target[1], 16) <= address:
            spans.append((int(target[1], 16), address))
    inner = [s for s in spans if not any(o != s and s[0] <= o[0] and o[1] <= s[1] for o in spans)]
    return [[i for i in code if a <= i[0] <= b] for a, b in inner]


def main():
    folder, objdump = Path(sys.argv[1]), sys.argv[2]
    failed = 0
    for kernel, (name, function, product, largest, bound) in BOUNDS.items():
        code = functions(objdump, folder / name).get(function, [])
        loops = [(sum(bool(re.fullmatch(product, m)) for _, m, _ in loop), loop) for loop in innermost_loops(code)]
        loops = [(n, loop) for n, loop in loops if n > 0]
        full = [loop for n, loop in loops if n == largest]
        if not full:
            print(f"FAILED: {kernel}: no loop of {largest} products in {function}: {[n for n, _ in loops]}")
            failed += 1
        for n, loop in loops:
            spills = [f"{m} {o}" for _, m, o in loop if SPILL.match(f"{m} {o}")]
            if spills:
                print(f"FAILED: {kernel}: a loop of {n} products spills: {spills[0]}")
                failed += 1
        for loop in full:
            if len(loop) > bound * largest:
                print(f"FAILED: {kernel}: {len(loop)} instructions for {largest} products, expected at most "
                      f"{bound * largest:.0f}")
                failed += 1
        print(f"{kernel}: {min(map(len, full), default=0)} instructions for {largest} products")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
