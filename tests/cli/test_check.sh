#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# A trial of a task as a program: lines, JSON, picture, exit codes; every verb refuses what fails it.
#   test_check.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
source=$(realpath "$2")
. "$source/tests/cli/support.sh"
cp -r "$source/tasks" "$source/platforms" "$work/"
ln -s "$source/policies" "$work/policies"
export SPOT_DATA=$work
cd "$work"
task=tasks/ur5e-pick-place/task.yaml
scene=tasks/ur5e-pick-place/scene.xml

# What ships passes, in words and in JSON; options may stand before the task.
"$tool" check ur5e-pick-place >out 2>err || fail "check: $(cat out err)"
unwrap out
[ ! -s err ] || fail "stderr: $(cat err)"
[ "$(grep -c '^PASS  ' out)" -ge 17 ] || fail "lines: $(cat out)"
[ "$(grep -c '; expected ' out)" = "$(grep -c '^PASS  ' out)" ] || fail "a line without a bound: $(cat out)"
tail -1 out | grep -qE "^PASS: [0-9]+ checks, 0 of them with a warning$" || fail "$(tail -1 out)"
"$tool" check --json ur5e-conveyor >out
python3 - out <<'PY' || fail "JSON: $(cat out)"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["task"] == "ur5e-conveyor" and r["path"].endswith("task.yaml") and r["ok"] is True and r["refused"] is None
assert len(r["checks"]) >= 18 and {c["result"] for c in r["checks"]} == {"PASS"}
assert any("0.0625" in c["measured"] for c in r["checks"])
PY

# A failure: the line, exit 1, results on stdout all the same; and the same words from every verb.
sed -i 's/apart_m: 0.14/apart_m: 10/' "$task"
code=0
"$tool" check ur5e-pick-place >out 2>err || code=$?
[ "$code" = 1 ] || fail "exit $code for a task that fails"
unwrap out
grep -qE "^FAIL  objects apart .*put 10 m.*0\.604 m.*task\.yaml:50$" out || fail "$(cat out)"
tail -1 out | grep -q "^FAIL: 1 of " || fail "$(tail -1 out)"
code=0
"$tool" check ur5e-pick-place --json >out 2>err || code=$?
[ "$code" = 1 ] || fail "exit $code with --json"
grep -q '"ok": false' out && grep -q '"refused": ".*task.yaml:50: objects apart: ' out || fail "JSON: $(cat out)"
words="task.yaml:50: objects apart: object 'tray' is put 10 m"
verb=rollout
expect 1 "$words" --task ur5e-pick-place --seeds 1
verb=tune
expect 1 "$words" --task ur5e-pick-place --platform rtx-4070
verb=demo
expect 1 "$words" --task ur5e-pick-place --episodes 1 --out demos.hdf5
[ ! -e demos.hdf5 ] || fail "demonstrations of a task that is refused"
"$tool" list >out && unwrap out
grep -q "ur5e-pick-place .*cannot be loaded: .*objects apart" out || fail "list"
cp "$source/$task" "$task"

# What does not even load is refused as in every verb; a warning is no failure.
sed -i 's/site: grip/site: grap/' "$task"
code=0
"$tool" check ur5e-pick-place >out 2>err || code=$?
[ "$code" = 2 ] || fail "exit $code for a task that does not load"
grep -q "no site called 'grap', expected one of: .*did you mean 'grip'" err || fail "$(cat err)"
[ ! -s out ] || fail "stdout: $(cat out)"
code=0
"$tool" check ur5e-pick-place --json >out 2>err || code=$?
[ "$code" = 2 ] || fail "exit $code for a task that does not load, with --json"
grep -q "\"refused\": .*no site called 'grap'" out || fail "$(cat out)"
cp "$source/$task" "$task"
sed -i 's/high: \[0.65/high: [1.65/' "$task"
"$tool" check ur5e-pick-place >out || fail "a warning fails: $(cat out)"
unwrap out
grep -q "^WARN  reach of workspace .*task.yaml:24$" out || fail "$(cat out)"
tail -1 out | grep -q "1 of them with a warning" || fail "$(tail -1 out)"
cp "$source/$task" "$task"
verb=check
expect 2 "no TASK" --json
expect 2 "task 'nope': not found" nope
expect 2 "--picture" ur5e-pick-place --picture .

# The picture is a whole PNG of the scene: its sums are right, and there is something on it.
if "$tool" check press-button --picture scene.png >out 2>err; then
    python3 - scene.png <<'PY' || fail "scene.png"
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, chunks = 8, []
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + size]
    assert struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body)
    chunks.append((kind, body))
    at += 12 + size
assert [k for k, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"] and at == len(data)
width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
assert (width, height, depth, colour, rest) == (640, 480, 8, 2, [0, 0, 0])
rows = zlib.decompress(chunks[1][1])
assert len(rows) == height * (1 + 3 * width) and not any(rows[::1 + 3 * width])
pixels = {rows[i + 1 + 3 * k:i + 4 + 3 * k] for i in range(0, len(rows), 1 + 3 * width) for k in range(0, width, 4)}
assert len(pixels) > 100, len(pixels)
PY
else
    grep -q "no off-screen OpenGL\|EGL\|OSMesa" err || fail "picture: $(cat err)"
    echo "no OpenGL here: no picture was looked at"
fi
(
    ulimit -f 64
    trap '' XFSZ
    code=0
    "$tool" check press-button --picture cut.png >out 2>err || code=$?
    [ "$code" = 1 ] || fail "exit $code on a full disk"
)
[ -z "$(ls | grep cut.png)" ] || fail "a picture that is not whole is left behind"
