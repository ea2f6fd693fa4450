#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `sweetspot bench` as a user meets it: messages, JSON, profile. Nothing here depends on how long
# anything takes.
#
#   test_bench.sh SWEETSPOT SOURCE_DIR
#
# The figures of one run are held against each other by check_bench.py.
set -eu
tool=$1
root=$2
verb=bench
. "$root/tests/cli/support.sh"
cd "$root"
# one block of six: what is measured here is held against itself, not against a clock
python3 tests/cli/thin_policy.py policies/ur5e-pick-place-dit "$work/thin"
policy="--policy $work/thin"

# --- what is refused, and nothing is left behind ---
expect 2 "--policy: missing"
expect 2 "policy 'nope': not found" --policy nope
expect 2 "--steps: 0 is too small, expected 1..100" $policy --steps 0,1
expect 2 "--steps: '5' is given twice, expected once" $policy --steps 5,1,5
expect 2 "--steps: '101' is too large" $policy --steps 101
expect 2 "--calls 19: expected 20 to" $policy --calls 19
expect 2 "--rounds 4: expected 5 to" $policy --rounds 4
expect 2 "--threads: '0', expected all or" $policy --threads 0
expect 2 "--threads: 'two', expected all or" $policy --threads two
expect 2 "--threads: '257'" $policy --threads 257
expect 2 "--clock: 'sundial', expected one of: wall, processor" $policy --clock sundial
expect 2 "with --clock processor, expected 1" $policy --clock processor --threads 2
expect 2 "--quant: nothing given" $policy --quant ""
expect 2 "--points: unknown key 'colour', expected one of: steps" $policy --points "steps=5; colour=9"
expect 2 "--points: steps: 0 is too small" $policy --points "steps=0"
expect 2 "--points: a point is empty" $policy --points "steps=5;"
expect 2 "--points: a point is empty" $policy --points ""
expect 2 "overlap changes no latency of an inference" $policy --points "steps=5 overlap=2"
expect 2 "is given twice" $policy --points "steps=5; quant=fp32 steps=5"
expect 2 "--points and --quant: expected points or lists, not both" $policy --points "steps=5" --quant w8a8
expect 2 "is given twice" $policy --quant fp32,w8a8,w8a8 --steps 1
expect 2 "'steps=10 overlap=0' is given twice" $policy --points "steps=10; steps=all"
expect 2 "no-such.yaml" $policy --points "steps=1 quant=no-such.yaml" --threads 1 --calls 20
expect 2 "quant: 'w8a8' on a policy of type flow_mixer" --policy ur5e-conveyor --quant w8a8 --steps 1
expect 2 "policy without history" $policy --kv p2 --steps 1
expect 2 "prune: '1.5', expected" $policy --prune 1.5 --steps 1
expect 2 "quant: 'num:17', expected num:B or num:B:RULE" $policy --quant num:17 --steps 1
expect 2 "--quant: '', expected fp32" $policy --quant fp32,,w8a8
# what would stop the profile is seen before anything is measured
expect 2 "--out: $work/no/x.yaml: cannot write in folder $work/no" $policy --out "$work/no/x.yaml"
expect 2 "--out: '$work', expected the name of a file" $policy --out "$work"
expect 2 "--out: '', expected" $policy --out ""
expect 2 "--name: '', expected 1 to" $policy --out "$work/x.yaml" --name ""
expect 2 "--name: 'a/b', expected" $policy --out "$work/x.yaml" --name a/b
"$tool" bench --help >"$work/help"
for word in --points --threads --prune --kv Examples "Keys of a point" "mlp:0.25, a quarter of"; do
    grep -q -- "$word" "$work/help" || fail "--help does not speak of $word"
done

# --- figures: lists, load, profile ---
"$tool" bench $policy --quant fp32,w8a8 --prune none,0.1 --steps 1,2 --calls 20 --threads 2 --json \
    --name here --out "$work/here.yaml" >"$work/lists.json" 2>"$work/err" || fail "$(cat "$work/err")"
# the baseline is not asked for; order is kept; `all` is the policy's default
"$tool" bench $policy --points "steps=2 quant=w4a4;steps=1 prune=mlp:0.5; steps=all quant=bf16" \
    --calls 21 --rounds 6 --clock processor --json --out "$work/points.yaml" >"$work/points.json" \
    2>"$work/err" || fail "$(cat "$work/err")"
python3 tests/cli/check_bench.py "$work" || fail "figures do not fit"

# --- the profile is one that rollouts take, by the point's variant ---
for point in "steps=1" "steps=2 quant=w8a8" "steps=2 quant=w8a8 prune=0.1"; do
    "$tool" rollout --task ur5e-pick-place $policy --platform "$work/here.yaml" --charge-as self \
        --seeds 1 --json --point "$point" >"$work/rollout.json" || fail "rollout $point"
    grep -q '"origin": "measured"' "$work/rollout.json" || fail "$point is not measured"
done

# --- numeric bits: measured as the fp32 that they are, charged by their number ---
"$tool" bench $policy --points "steps=1 quant=num:3:uniform; steps=1" --calls 20 --threads 1 --json --out \
    "$work/numeric.yaml" >"$work/numeric.json" 2>"$work/err" || fail "$(cat "$work/err")"
for bits in null 8 3; do
    quant=fp32
    [ $bits = null ] || quant=num:$bits
    "$tool" rollout --task ur5e-pick-place $policy --platform "$work/numeric.yaml" --charge-as self \
        --seeds 1 --json --point "steps=1 quant=$quant" >"$work/rollout-$bits.json" || fail "rollout $quant"
done
python3 - "$work" <<'CHECK' || fail "numeric bits"
import json, sys
bench, full, eight, three = (json.load(open(f"{sys.argv[1]}/{n}.json"))
                             for n in ("numeric", "rollout-null", "rollout-8", "rollout-3"))
rows = {r["quant"]: r for r in bench["rows"]}
assert [rows[q]["numeric_bits"] for q in ("fp32", "num:3:uniform")] == [None, 3], rows
assert rows["fp32"]["variant"] == rows["num:3:uniform"]["variant"] == "", rows
assert rows["fp32"]["cost"] == rows["num:3:uniform"]["cost"], rows
latency = [r["latency"] for r in (full, eight, three)]
assert abs(latency[0]["t_inf_s"] - rows["fp32"]["mean_s"]) < 1e-8, latency
for l, bits in zip(latency[1:], (8, 3)):
    assert abs(l["t_inf_s"] - bits / 32 * latency[0]["t_inf_s"]) < 1e-9, latency
    assert l["origin"] == "modelled" and l["source"].startswith(f"numeric, {bits}/32 of fp32: sweet"), l
CHECK
"$tool" bench $policy --points "steps=1 quant=num:3" --calls 20 --threads 1 >"$work/table" 2>/dev/null
grep -q "^quant=num:B is numeric" "$work/table" || fail "the table does not say numeric"

# --- the table has a line for each point ---
"$tool" bench $policy --steps 1 --calls 20 --threads 2 >"$work/table" 2>/dev/null
[ "$(grep -c '^steps=1 ' "$work/table")" = 1 ] || fail "no line: $(cat "$work/table")"
grep -q "chunks/s" "$work/table" || fail "no load in the table"
"$tool" bench $policy --steps 1 --calls 20 --threads 1 >"$work/table" 2>/dev/null
! grep -q "chunks/s" "$work/table" || fail "load in the table, which was not asked for"
echo "ok"
