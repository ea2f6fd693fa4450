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

expect 2 'either MODEL or --lambda'
expect 2 'either MODEL or --lambda' --lambda -1
expect 2 'either MODEL or --lambda' fcdnn-16 --lambda 1
expect 2 'expected a safetensors file' no-such-model
expect 2 'expected 1..8' --lambda 1 --bits 9
expect 2 'expected 1..8' --lambda 1 --bits 0
echo nonsense >broken.safetensors
expect 1 'broken.safetensors' ./broken.safetensors
echo "distortion: ok"
