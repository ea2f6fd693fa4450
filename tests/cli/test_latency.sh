#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `--latency-trace` of rollout and tune: what is charged, the same for any threads, kept apart, and what is refused.
#
#   test_latency.sh SWEETSPOT SOURCE_DIR
set -eu
tool=$1
root=$2
verb=rollout
. "$root/tests/cli/support.sh"
cd "$root"

calls=$work/calls.csv
cat >"$calls" <<'END'
# a policy server on the bench
point,latency_ms,first_ms
steps=1,200,100
steps=1,300,100
steps=10,700,200
END
task="--task press-button --seeds 3 --quiet"
trace="$task --latency-trace $calls"

# --- what is refused ---
expect 2 "--latency-trace: no --platform and no --delay-ms, expected one of the three" $trace --delay-ms 5
expect 2 "--latency-trace: no --platform and no --delay-ms" $trace --platform rtx-4070
expect 2 "--charge-as: expected with --platform" $trace --charge-as pi05
expect 2 "--alpha-from: expected with --platform" $trace --alpha-from rtx-4070
expect 2 "--latency-draw: expected with --latency-trace" $task --latency-draw seed
expect 2 "--latency-draw: 'random', expected one of: order, seed" $trace --latency-draw random
expect 2 "no rows for 'steps=2" $trace --point steps=2
expect 2 "it has 'steps=1" $trace --point steps=2
expect 2 "no --platform, --delay-ms, --latency-trace or --point" $trace --policy expert
expect 2 "no-such.csv: cannot open" $task --latency-trace "$work/no-such.csv"
printf 'latency_ms\n5\nfast\n' >"$work/bad.csv"
expect 2 "bad.csv:3: latency 'fast', expected a number" $task --latency-trace "$work/bad.csv"
verb=tune
expect 2 "--platform, --latency-trace and --measure-latency: expected one of them" $trace --platform rtx-4070
expect 2 "--charge-as: expected with --platform" $trace --charge-as pi05
expect 2 "--alpha-from: expected with --platform" $trace --alpha-from rtx-4070
expect 2 "--latency-draw: expected with --latency-trace" $task --platform rtx-4070 --latency-draw seed
expect 2 "or --measure-latency in place of the platform" $task
expect 2 "--latency-draw: 'x', expected one of: order, seed" $trace --latency-draw x
expect 2 "no rows for 'steps=2" $trace --steps 1,2,5 --out "$work/refused"
expect 2 "bad.csv:3" $task --latency-trace "$work/bad.csv" --out "$work/refused"
[ ! -e "$work/refused" ] || fail "a refused run left its folder"

# --- rollout: calls in order from each episode's start, in two parts; the same for any threads ---
"$tool" rollout $trace --point steps=1 --threads 1 --episodes "$work/one.csv" >"$work/out"
"$tool" rollout $trace --point steps=1 --threads 3 --episodes "$work/three.csv" >/dev/null
cmp "$work/one.csv" "$work/three.csv" || fail "threads change what a trace charges"
unwrap "$work/out"
grep -q "250.0 ms charged as trace (measured; calls.csv: 2 recorded calls, in order" "$work/out" ||
    fail "$(cat "$work/out")"
grep -q "first action after 100.0 ms" "$work/out" || fail "$(cat "$work/out")"
"$tool" rollout $trace --point steps=1 --json >"$work/rollout.json"
python3 - "$work/one.csv" "$work/rollout.json" <<'END'
import csv, json, sys
rows = list(csv.DictReader(line for line in open(sys.argv[1]) if not line.startswith("#")))
assert len(rows) == 3
for r in rows:  # 200, 300, 200, ... ms for the inferences, all counted
    n = int(r["inferences"])
    want = 0.2 * ((n + 1) // 2) + 0.3 * (n // 2)
    assert abs(float(r["inference_s"]) - want) < 1e-9, r
    assert n >= 2
latency = json.load(open(sys.argv[2]))["latency"]
assert abs(latency["t_inf_s"] - 0.25) < 1e-12 and abs(latency["spread_s"] - 0.05) < 1e-12, latency
END
"$tool" rollout $trace --point steps=1 --latency-draw seed --threads 1 --episodes "$work/one.csv" >"$work/out"
"$tool" rollout $trace --point steps=1 --latency-draw seed --threads 2 --episodes "$work/two.csv" >/dev/null
cmp "$work/one.csv" "$work/two.csv" || fail "threads change what a seed draws"
unwrap "$work/out"
grep -q "one drawn for each inference by the episode's seed" "$work/out" || fail "$(cat "$work/out")"

# --- tune: kept episodes are those of this very trace ---
tuned="--task press-button --quiet --seeds 4 --confirm 0 --latency-trace $calls --steps 1 --overlap 0 --out $work/tuned"
"$tool" tune $tuned >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
unwrap "$work/out"
grep -q "press-button on calls, charged as trace" "$work/out" || fail "$(cat "$work/out")"
grep -q "T_inf measured: calls.csv: 2 recorded calls" "$work/out" || fail "$(cat "$work/out")"
tuned=$(echo "$tuned" | sed 's/ --quiet//')
"$tool" tune $tuned >"$work/out" 2>"$work/err"
grep -q "2 of 2 points read back" "$work/err" || fail "a second run does not read back: $(cat "$work/err")"
sed -i 's/^steps=1,200,/steps=1,210,/; s/^steps=1,300,/steps=1,290,/' "$calls" # the mean stays
verb=tune
expect 2 "; calls is " $tuned
tuned=${tuned%tuned}again
"$tool" tune $tuned >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
expect 2 "$work/again: holds a run of another setting: calls is " $tuned --latency-draw seed
# --- measured here: charged, kept, and the same again from the file ---
verb=rollout
new=$work/measured.csv
"$tool" rollout $task --measure-latency "$new" --point "steps=2 overlap=4" --episodes "$work/one.csv" \
    >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
grep -q "measured here, not reproducible" "$work/err" || fail "$(cat "$work/err")"
[ "$(grep -c '^steps=2 ' "$new")" = 50 ] || fail "calls in $(cat "$new")"
"$tool" rollout $task --latency-trace "$new" --latency-draw seed --point "steps=2 overlap=4" --episodes "$work/two.csv" >/dev/null
cmp "$work/one.csv" "$work/two.csv" || fail "what was measured is not what was charged"
expect 2 "measured.csv: is there already, expected a new file" $task --measure-latency "$new"
expect 2 "--measure-latency: no --platform, --delay-ms or --latency-trace" $task --measure-latency "$work/x.csv" --delay-ms 1
expect 2 "no-such-folder/x.csv: cannot" $task --measure-latency "$work/no-such-folder/x.csv"
"$tool" tune $task --confirm 0 --measure-latency "$work/tuned.csv" --steps 2 --overlap 0,4 --align none --out "$work/measured" \
    >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
[ "$(grep -c '^steps=' "$work/tuned.csv")" = 100 ] || fail "two settings of steps, 50 calls each"
echo "latency: ok"
