#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Shipped policies as ONNX files, run by ONNX Runtime, against the same policies run by us.
#     test_onnx_shipped.sh SWEETSPOT COMPARE_BRAINS ROOT chunks|success|docs
# chunks: within 1e-4 on equal observations, at several numbers of steps; success: of 200 seeds on at least 198;
# docs: the commands that docs/bring-your-own-policy.md prints, on few seeds.
set -euo pipefail
sweetspot=$1 compare=$2 root=$3 what=$4
. "$root/tests/runtime/brain/peers.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

/usr/bin/python3 -c 'import torch' 2>/dev/null || { echo "skipped: no PyTorch"; exit 77; }
export_policy() { # NAME FOLDER [OPTIONS]
    /usr/bin/python3 "$root/train/export_onnx.py" "$root/policies/$1" "$work/$2" "${@:3}" >"$work/log" 2>&1 ||
        fail "export: $(tail -3 "$work/log")"
}

if [ "$what" = chunks ]; then
    export_policy ur5e-conveyor loop
    export_policy ur5e-conveyor inside --inside 3
    export_policy ur5e-pick-place-dit dit
    for point in "" steps=1 steps=2 steps=5 steps=20; do
        apart=$("$compare" "$root/policies/ur5e-conveyor" "onnx:$work/loop" "$point") || fail "mixer $point: $apart"
        echo "flow_mixer ${point:-steps=10}: $apart"
        apart=$("$compare" "$root/policies/ur5e-pick-place-dit" "onnx:$work/dit" "$point") || fail "dit $point: $apart"
        echo "dit ${point:-steps=10}: $apart"
    done
    # the loop in the graph, against ours through the same library
    sed -i 's/^steps: 10$/steps: 3/' "$work/loop/policy.yaml"
    apart=$("$compare" "onnx:$work/loop" "onnx:$work/inside" "") || fail "inside: $apart"
    echo "loop inside: $apart"
    # and what it is not: another time would be noticed
    sed -i 's/time: \[0, 1\]/time: [1, 0]/' "$work/loop/policy.yaml"
    ! apart=$("$compare" "onnx:$work/loop" "onnx:$work/inside" "") || fail "another time is no difference: $apart"
    exit 0
fi

if [ "$what" = docs ]; then
    # as printed, but for where peers and results lie and how many seeds there are
    awk '/^## An ONNX file/ { on = 1 } on && /^```sh/ { inside = 1; next } inside && /^```/ { exit } inside' \
        "$root/docs/bring-your-own-policy.md" | grep -v -e '^scripts/peers' -e '^export SPOT_ONNXRUNTIME' |
        sed -e "s|/tmp/mine|$work/mine|" -e "/sweetspot/s|\$| --seeds 4|" \
            -e "/sweetspot tune/s|\$| --confirm 0 --out $work/out|" >"$work/printed"
    [ "$(grep -c . "$work/printed")" = 4 ] || fail "printed: $(cat "$work/printed")"
    (cd "$root" && PATH="$(dirname "$sweetspot"):$PATH" bash -e "$work/printed") >"$work/log" 2>&1 ||
        fail "$(tail -5 "$work/log")"
    grep -q 'success .*/4 =' "$work/log" && grep -q '^\(\*\|~\)' "$work/log" || fail "$(cat "$work/log")"
    exit 0
fi

export_policy ur5e-conveyor loop
for policy in ur5e-conveyor "onnx:$work/loop"; do
    "$sweetspot" rollout --task ur5e-conveyor --policy "$policy" --platform agx-orin-30w --point steps=5 \
        --seeds 200 --episodes "$work/$(basename "$policy").csv" >"$work/log" 2>&1 || fail "$(tail -3 "$work/log")"
done
/usr/bin/python3 - "$work/ur5e-conveyor.csv" "$work/loop.csv" <<'PY' || fail "success differs"
import csv, sys
def successes(path):
    rows = list(csv.DictReader(line for line in open(path) if not line.startswith("#")))
    return {row["seed"]: row["success"] for row in rows}
ours, theirs = map(successes, sys.argv[1:])
assert len(ours) == 200 and ours.keys() == theirs.keys()
equal = sum(ours[s] == theirs[s] for s in ours)
print(f"success alike on {equal} of 200 seeds")
sys.exit(equal < 198)
PY
