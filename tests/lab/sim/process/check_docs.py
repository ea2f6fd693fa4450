# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The recipes of docs/bring-your-own-world.md, as printed and in their order: at most 15 lines each.

    check_docs.py SWEETSPOT ROOT       by the Python of scripts/peers; PYTHONPATH has bindings/python

A block that begins with `# FILE` is written to FILE. What stands in back-quotes as `python3 FILE` runs while the shell
block behind it does; a block in which sweetspot asks a server has the last server file before it. LIBERO has another
Python and is tried by check_libero.py.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOOL, ROOT = Path(sys.argv[1]), Path(sys.argv[2])
LINES = 15
BLOCK = re.compile(r"^```(yaml|python|sh)\n(.*?)^```$|`python3 ([a-z]+\.py(?: [a-z]+)?)`", re.M | re.S)
SERVERS = {"go.py"}  # not named in the text: the cart's


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_port(port, server):
    for _ in range(600):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None, "the server has ended"
        time.sleep(0.1)
    raise AssertionError("no server after 60 s")


def run(script, words, port, folder, environment):
    server = None
    if "ws://" in script:
        server = subprocess.Popen([sys.executable, "-W", "ignore", *words], cwd=folder, env=environment)
        await_port(port, server)
    try:
        done = subprocess.run(["bash", "-e", "-c", script.replace("8000", str(port))], cwd=folder, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finally:
        if server is not None:
            server.kill()
            server.wait()
    assert done.returncode == 0, script + done.stdout
    print(done.stdout)


def main():
    text, port, words, n = (ROOT / "docs/bring-your-own-world.md").read_text(), free_port(), None, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bin").mkdir()
        (folder / "bin/sweetspot").symlink_to(TOOL)
        environment = {**os.environ, "PATH": f"{folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"}
        for kind, body, server in BLOCK.findall(text):
            if server:
                words = server.split()
                continue
            lines = [line for line in body.splitlines() if line.strip()]
            assert len(lines) <= LINES, f"{len(lines)} lines: {body}"
            if kind == "sh":
                run(body, words, port, folder, environment)
                n += 1
                continue
            file = lines[0].removeprefix("# ")
            (folder / file).write_text(body.replace("8000", str(port)))
            words = [file] if file in SERVERS else words
        assert (folder / "pendulum.png").read_bytes()[:4] == b"\x89PNG"
        assert (folder / "pendulum.mp4").stat().st_size > 1000
    assert n == 3, n
    print("recipes: as printed")


main()
