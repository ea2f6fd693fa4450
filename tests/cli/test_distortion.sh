#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# `sweetspot distortion`: curves and errors are what check_distortion.py computes from the weights; misuse is refused.
#   test_distortion.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
verb=distortion
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
cd "$work"

"$tool" distortion --lambda 20 --json >law.json
"$tool" distortion fcdnn-16 --bits 1,2,4 --json >fcdnn.json
"$tool" distortion ur5e-pick-place-dit --bits 3 --json >dit.json
python3 "$root/tests/cli/check_distortion.py" law.json fcdnn.json dit.json
"$tool" distortion fcdnn-16 --bits 2 >text
grep -q 'layers.00.weight: 4096 weights.*does not fit' text || fail "words of a law that does not fit: $(cat text)"
grep -q 'fits 0 of 16 matrices' text || fail "how many fit: $(cat text)"

# the calibrated model file is what the script measures, to the noise of another processor
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3 # Debian's has numpy; another in front of it need not
"$python" "$root/train/fcdnn_output.py" --model "$root/models/fcdnn-16" --plan measured.yaml >table
python3 - measured.yaml "$root/models/fcdnn-16.yaml" <<'PY'
import re, sys
a, b = ([float(x) for x in re.findall(r"[:,] ([0-9][0-9.e+-]*)", open(f).read())] for f in sys.argv[1:])
assert len(a) == len(b) > 50, (len(a), len(b))
for x, y in zip(a, b):  # features of 32 bits lose roundings only
    assert abs(x - y) <= 0.02 * max(x, y) or max(x, y) < 1e-5, (x, y)
PY

# run in C, the outputs are those of the script, which prints three digits
"$tool" distortion fcdnn-16 --bits 1,2,3,4,5,6,7,8 --measure --json >measured.json
"$tool" distortion fcdnn-16 --bits 4,8 --measure --layer-bits 6 >text
python3 - measured.json table text <<'PY'
import json, re, sys
m = json.load(open(sys.argv[1]))["measured"]
table = [line.strip("| \n").split("|") for line in open(sys.argv[2]) if re.match(r"\| [1-8] \|", line)]
assert [r["bits"] for r in m["rows"]] == [int(t[0]) for t in table] == list(range(1, 9))
for row, t in zip(m["rows"], table):
    output, accuracy = float(t[3]), float(t[8])
    assert abs(row["lloyd"]["output"] - output) <= 0.006 * output, (row, t)
    assert abs(100 * row["lloyd"]["accuracy"] - accuracy) <= 0.06, (row, t)
assert abs(m["mean_output"] - 48.825) < 0.01 and abs(m["accuracy"] - 0.981) < 0.001 and m["weights"] == 62080
for l in m["layers"]:
    assert l["output"] <= l["bound_induced"] <= l["bound_entrywise"], l
text = open(sys.argv[3]).read()
rows = dict(re.findall(r"^ +([48]) +([\d.]+)", text.split("Output, measured")[1], re.M))
for row in m["rows"]:
    if str(row["bits"]) in rows:
        assert abs(float(rows[str(row["bits"])]) - row["lloyd"]["output"]) <= 1e-3 * row["lloyd"]["output"], rows
assert "One layer at a time, 6 bits" in text and len(re.findall(r"^layers\.\d\d  ", text, re.M)) == 16, text
assert "of 10 numbers" in text and "accuracy 98.1 %" in text, text
PY
expect 2 'expected a MODEL to run' --lambda 1 --measure
expect 2 '--layer-bits 17: expected 1..16' fcdnn-16 --layer-bits 17
cp "$root/models/fcdnn-16/model.safetensors" plain.safetensors
expect 2 'folder with model.safetensors' ./plain.safetensors --bits 1 --measure

expect 2 '--kernels: expected with --measure' fcdnn-16 --kernels reference
expect 2 "'abacus', expected one of: reference" ur5e-conveyor --bits 2 --measure --kernels abacus
expect 2 'of fully connected layers, expected a policy' fcdnn-16 --bits 2 --measure --kernels reference
"$tool" distortion ur5e-conveyor --bits 2 --measure --json >best.json
"$tool" distortion ur5e-conveyor --bits 2 --measure --kernels reference --json >reference.json
cmp best.json reference.json || fail "the reference kernels measure something else"

expect 2 'either MODEL or --lambda'
expect 2 'either MODEL or --lambda' --lambda -1
expect 2 'either MODEL or --lambda' fcdnn-16 --lambda 1
expect 2 'expected a safetensors or ONNX file' no-such-model
expect 2 'expected 1..8' --lambda 1 --bits 9
expect 2 'expected 1..8' --lambda 1 --bits 0
echo nonsense >broken.safetensors
expect 2 'broken.safetensors' ./broken.safetensors
echo "distortion: ok"
