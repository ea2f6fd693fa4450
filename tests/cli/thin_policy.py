#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Copies a transformer policy with its first block alone, for tests that need a small one.

    thin_policy.py POLICY OUT
"""
import json
import shutil
import struct
import sys
from pathlib import Path


def main():
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir()
    config = json.loads((source / "config.json").read_text("utf-8"))
    config["blocks"] = 1
    (out / "config.json").write_text(json.dumps(config), "utf-8")
    shutil.copy(source / "card.md", out)

    data = (source / "model.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + size]), data[8 + size:]
    thin, kept = {}, b""
    for name, entry in header.items():
        if name == "__metadata__" or (name.startswith("blocks.") and not name.startswith("blocks.0.")):
            continue
        first, last = entry["data_offsets"]
        thin[name] = {**entry, "data_offsets": [len(kept), len(kept) + last - first]}
        kept += body[first:last]
    text = json.dumps(thin).encode()
    text += b" " * (-len(text) % 8)
    (out / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + kept)


if __name__ == "__main__":
    main()
