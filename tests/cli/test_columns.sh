#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# No line of any verb is longer than 120 characters, long names and many knobs included; --wide may be.
#   test_columns.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SPOT_DATA=$root
cd "$work"

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

# longest FILE: characters of its longest line
longest()
{
    LC_ALL=C.UTF-8 wc -L <"$1"
}

# fits ARGUMENTS...: what the tool prints, of which there is some
fits()
{
    "$tool" "$@" >out 2>err || fail "$*: exit $?: $(cat err)"
    [ -s out ] || fail "$* prints nothing"
    got=$(longest out)
    [ "$got" -le 120 ] || fail "$got characters: $*: $(awk 'length > 120' out)"
}

# wide ARGUMENTS...: --wide is longer, and has the columns that the table before has not
wide()
{
    grep -q -- "(--wide also shows" out || fail "nothing was left out: $(cat out)"
    "$tool" "$@" --wide >wide 2>err || fail "$* --wide: exit $?: $(cat err)"
    [ "$(longest wide)" -gt 120 ] || fail "$* --wide is not wide: $(cat wide)"
    ! grep -q -- "--wide\|^all: " wide || fail "$* --wide leaves something out: $(cat wide)"
    tr '\n' ' ' <out | sed 's/.*(--wide also shows \([^)]*\)).*/\1/' | tr ',' '\n' | sed 's/^ *//; s/ *$//' >gone
    while read -r column; do
        grep -qF -- "$column" wide || fail "$* --wide has no $column: $(cat wide)"
    done <gone
}

for verb in list check demo rollout bench tune analyze metrics inspect; do
    fits "$verb" --help
done
fits --help
fits list
for task in "$root"/tasks/*/task.yaml; do
    fits check "$(basename "$(dirname "$task")")"
done

# a policy by a long name, and knobs with long values
name=a-policy-whose-name-says-how-it-was-trained-on-which-data-and-when
python3 "$root/tests/cli/thin_policy.py" "$root/policies/ur5e-pick-place-dit" "$work/$name"
{ # as bench --out writes it, but the same on a busy machine
    echo "name: a-platform-whose-name-says-which-board-at-which-clock"
    echo "description: a board"
    echo "classes:"
    ms=301
    for variant in "" @w8a8 @prune=mlp:0.25 @w8a8+prune=mlp:0.25; do
        echo "  - {name: 'self$variant', origin: measured, source: 'a bench of $name on this board',"
        echo "     table: [{steps: 1, latency_ms: $((ms / 5)), spread_ms: 1}, {steps: 10, latency_ms: $ms, spread_ms: 9}]}"
        ms=$((ms - 50))
    done
} >here.yaml
fits bench --policy "$name" --steps 1,2 --quant fp32,w8a8,w4a4 --prune mlp:0.25 --calls 20 --threads 2
wide bench --policy "$name" --steps 1,2 --quant fp32,w8a8,w4a4 --prune mlp:0.25 --calls 20 --threads 2
run="tune --task ur5e-pick-place --policy $name --platform here.yaml --charge-as self --steps 1,10 --quant fp32,w8a8
    --prune mlp:0.25 --overlap 2 --align skip --execute 6,8 --seeds 1 --confirm 0 --quiet --out run"
# shellcheck disable=SC2086 # words are meant to be split
fits $run
# shellcheck disable=SC2086
wide $run
fits analyze run
wide analyze run
fits rollout --task ur5e-pick-place --policy "$name" --platform here.yaml --charge-as self --seeds 1 \
    --point "steps=10 quant=w8a8 prune=mlp:0.25 overlap=2 align=skip"
fits rollout --task ur5e-conveyor --platform agx-orin-30w --seeds 1
fits demo --task ur5e-conveyor --episodes 1 --out demos.hdf5
fits inspect ur5e-conveyor --all
fits metrics demos.hdf5
fits demo --task ur5e-conveyor --episodes 2 --out two.hdf5
fits metrics two.hdf5 --position-noise-m 1e-4
wide metrics two.hdf5 --position-noise-m 1e-4

# the log of a stranger, with names that have no room in a table
{
    echo "point,seed,success,chunks,time_s,t_inf_s,chunk_actions,t_act_s,energy_j,budget_s"
    for i in $(seq 1 30); do
        echo "our latest and best model with all of its ten steps on the old and slow computer,$i,1,10,12.$i,0.5,8,0.1,400,20"
        echo "our latest and best model with one step only on the old and slow computer of the lab,$i,$((i % 9 > 0)),9,9.$i,0.3,8,0.1,300,20"
        echo "another,$i,1,8,10.$i,0.4,8,0.1,350,20"
    done
} >log.csv
fits analyze log.csv
wide analyze log.csv
fits analyze log.csv --t-inf 1
for tables in dom-cr kinetix real-static real-dynamic; do
    fits analyze "published:$tables"
done
echo "no line is too long"
