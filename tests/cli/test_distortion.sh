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

expect 2 'either MODEL or --lambda'
expect 2 'either MODEL or --lambda' --lambda -1
expect 2 'either MODEL or --lambda' fcdnn-16 --lambda 1
expect 2 'expected a safetensors file' no-such-model
expect 2 'expected 1..8' --lambda 1 --bits 9
expect 2 'expected 1..8' --lambda 1 --bits 0
echo nonsense >broken.safetensors
expect 1 'broken.safetensors' ./broken.safetensors
echo "distortion: ok"
