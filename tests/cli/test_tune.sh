#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `sweetspot tune` as a user meets it: results, exit codes, messages, resumption.
#
#   test_tune.sh SWEETSPOT SOURCE_DIR
#
# The figures are recomputed from the saved episodes by check_tune.py.
set -eu
tool=$1
root=$2
verb=tune
. "$root/tests/cli/support.sh"
cd "$root"

run()
{
    "$tool" tune "$@" >"$work/out" 2>"$work/err" || fail "tune $*: $(cat "$work/err")"
}

# --- what is refused, and nothing is left behind ---
conveyor="--task ur5e-conveyor --platform agx-orin-30w --seeds 2 --out $work/refused"
expect 2 "--task: missing, expected --task and --platform"
expect 2 "--steps: 0 is too small, expected 1..100" $conveyor --steps 0
expect 2 "--steps: '101' is too large" $conveyor --steps 1,101
expect 2 "--overlap: '-1', expected a whole number" $conveyor --overlap=-1
expect 2 "overlap=9, expected 0..8" $conveyor --steps 1 --overlap 9
expect 2 "align=skip" $conveyor --steps 1 --overlap 8 --execute 12 --align skip
expect 2 "schedule cadence" $conveyor --steps 1 --overlap 2 --schedule cadence
expect 2 "ur5e-pick-place" --task no-such-task --platform agx-orin-30w
expect 2 "agx-orin-30w" --task ur5e-conveyor --platform no-such-board
expect 2 "ur5e-pick-place" --task ur5e-conveyor --platform agx-orin-30w --policy no-such-policy
expect 2 "dp-vit-dit" $conveyor --charge-as no-such-class
expect 2 "exact, paper" $conveyor --clock wall
expect 2 "auto, time, success" $conveyor --goal energy
expect 2 "--align: 'sideways', expected none or skip" $conveyor --align sideways
expect 2 "at least 1 seed" --task ur5e-conveyor --platform agx-orin-30w --out "$work/refused" --seeds 0
expect 2 "2^32" $conveyor --seed 4294967296
expect 2 "speed" $conveyor --steps 1 --speed 11
expect 2 "unknown option" $conveyor --step 1
expect 2 "--out: empty" --task ur5e-conveyor --platform agx-orin-30w --out ""
dit="--task ur5e-pick-place --policy ur5e-pick-place-dit --platform agx-orin-50w --steps 10 --seeds 2"
dit="$dit --out $work/refused"
# a point that cannot be is found before those in front of it run
expect 2 "prune: '1.5', expected none" $dit --prune none,1.5
expect 2 "quant: 'w9', expected fp32" $dit --quant fp32,w9
expect 2 "kv: 'p1' on a policy without history" $dit --kv base,p1
expect 2 "quant: 'w4-t3' on a policy of type flow_mixer" $conveyor --charge-as pi05 --quant w4-t3
expect 2 "--prune: '', expected none" $dit --prune none,,0.1
expect 2 "no-such.yaml" $dit --quant fp32,no-such.yaml
# a latency that is not known yet: what to do
expect 2 "sweetspot bench --policy ur5e-pick-place-dit --out here.yaml" $dit --prune none,mlp:0.5
expect 2 "has no class nope" $dit --charge-as nope --prune none,mlp:0.5
if grep -q "here.yaml" "$work/err"; then fail "a hint that does not help: $(cat "$work/err")"; fi
expect 2 "no class self" $dit --prune none,mlp:0.5 --alpha-from agx-orin-30w
[ ! -e "$work/refused" ] || fail "a refused run left $(find "$work/refused")"
: >"$work/file"
expect 2 "$work/file" --task ur5e-conveyor --platform agx-orin-30w --seeds 2 --out "$work/file/x"

"$tool" tune --help >"$work/help"
for word in --task --overlap --charge-as --fresh Examples "Keys of a point" --alpha-from; do
    grep -q -- "$word" "$work/help" || fail "--help does not speak of $word"
done

# --- one thread and two, a kept run and a new one: the same bytes ---
points="--task ur5e-conveyor --platform agx-orin-30w --steps 1,3 --overlap 0,2 --seeds 12 --seed 7000"
run $points --threads 1 --out "$work/one"
for name in tune.csv tune.json tune.svg tune.png episodes; do
    [ -e "$work/one/$name" ] || fail "no $name: $(cat "$work/err")"
done
grep -q "charged as dp-vit-dit" "$work/out" || fail "the class is not named"
grep -q "figure: $work/one/tune.svg" "$work/out" || fail "the figure is not named"
grep -q "dp-vit-dit on agx-orin-30w are" "$work/err" || fail "no word that latencies are not measured"
grep -q "align=skip" "$work/out" || fail "no row with align=skip"
grep -q "align=none" "$work/out" || fail "no row with align=none"
run $points --threads 2 --out "$work/two"
cmp "$work/one/tune.csv" "$work/two/tune.csv" || fail "one and two threads differ"
for file in "$work"/one/episodes/*.csv; do
    cmp "$file" "$work/two/episodes/$(basename "$file")" || fail "one and two threads differ"
done
python3 tests/cli/check_tune.py "$work/one" || fail "the table does not follow from the episodes"

# --- one court: what tune says, analyze says of the folder, whatever decides and on whichever clock ---
static="--task press-button --platform agx-orin-50w --steps 1,5 --seeds 14 --seed 300"
run $static --goal time --out "$work/time"
run $static --goal success --clock paper --out "$work/paper"
run --task ur5e-conveyor --platform agx-orin-30w --steps 2 --seeds 5 --schedule cadence --speed 1.5 \
    --goal time --out "$work/cadence"
# the number of executed actions is a knob; the task's own, 8, is the baseline's
run --task ur5e-conveyor --platform rtx-4070 --steps 10 --execute 4,8,16 --seeds 24 --seed 40 --out "$work/n"
[ "$(ls "$work/n/episodes" | tr '\n' ' ')" = \
    "steps=10_overlap=0.csv steps=10_overlap=0_execute=16.csv steps=10_overlap=0_execute=4.csv " ] ||
    fail "points: $(ls "$work/n/episodes")"
python3 tests/cli/check_tune.py "$work/n" || fail "the table over n does not follow from the episodes"
python3 tests/cli/check_one_court.py "$tool" "$work/one" "$work/time" "$work/paper" "$work/cadence" "$work/n" ||
    fail "tune and analyze differ"

# --- a claimed winner runs again on fresh seeds, kept apart; nothing claimed, nothing confirmed ---
clear="--task ur5e-conveyor --platform agx-orin-30w --steps 1 --seeds 60 --seed 100"
run $clear --out "$work/clear"
tr "\n" " " < "$work/out" | grep -q "onfirmed on 60 fresh seeds (160..219), which had no part" || fail "$(cat "$work/out")"
python3 - "$work/clear" <<'PY' || fail "the confirmation does not follow from its episodes"
import csv, json, sys
folder = sys.argv[1]
tune = json.load(open(f"{folder}/tune.json", encoding="utf-8"))
c = tune["confirm"]
assert tune["best_beats_baseline"] and c["seed"] == 160 and c["n_seeds"] == 60
k = {}
for p in c["points"]:
    lines = open(f"{folder}/confirm/{p['point'].replace(' ', '_')}.csv", encoding="utf-8").read().splitlines()
    rows = list(csv.DictReader(lines[1:]))
    assert [int(r["seed"]) for r in rows] == list(range(160, 220))
    k[p["point"]] = sum(int(r["success"]) for r in rows)
    assert k[p["point"]] == p["success"]["k"]
best, base = k[tune["verdict"]["best"]], k[tune["baseline"]]
share = f"{100 * best / 60:.1f} %", f"{100 * base / 60:.1f} %"
assert all(s in tune["text"].rpartition("fresh seeds")[2] for s in share), (share, tune["text"])
assert c["confirmed"] == ("Confirmed on" in tune["text"])
assert not c["confirmed"] or best > base
assert all(p["success"]["n"] == 60 for p in tune["points"])  # never pooled
PY
run $clear --out "$work/clear" --confirm 0
if grep -q "fresh seeds" "$work/out"; then fail "--confirm 0 confirms"; fi
[ "$(find "$work/one" -name confirm | wc -l)" = "$(grep -c '"confirm": {' "$work/one/tune.json")" ] ||
    fail "confirmed what was not claimed"

# --- resumption: what is whole is read back; of a point that was cut off the rest is run ---
rm "$work/two/tune.csv"
n=$(ls "$work/two/episodes" | wc -l)
first=$(ls "$work/two/episodes" | head -n 1)
head -c 5000 "$work/one/episodes/$first" >"$work/two/episodes/$first" # in the middle of a row
run $points --threads 2 --out "$work/two"
grep -q "$((n - 1)) of $n points read back" "$work/err" || fail "not resumed: $(cat "$work/err")"
cmp "$work/one/tune.csv" "$work/two/tune.csv" || fail "a resumed run differs"
cmp "$work/one/episodes/$first" "$work/two/episodes/$first" || fail "a resumed point differs"

# --- a damaged file, one of another version and another setting are refused by name, and left as they are ---
sed -i '4s/,/;/' "$work/two/episodes/$first"
cp -r "$work/two" "$work/two.kept"
expect 2 "$work/two/episodes/$first:4: damaged: no episode" $points --out "$work/two"
rm "$work/two.kept/episodes/$first"
sed '1s/format 4/format 3/' "$work/one/episodes/$first" >"$work/two/episodes/$first"
expect 2 "$work/two: holds a run of another setting: format is 3 there and 4 here" $points --out "$work/two"
rm "$work/two/episodes/$first"
diff -r "$work/two" "$work/two.kept" || fail "what was refused was written to"
expect 2 "$work/two: holds a run of another setting: speed is 1 there and 1.25 here; expected the same, or another" \
    $points --out "$work/two" --speed 1.25
expect 2 "clock is exact there and paper here" $points --out "$work/two" --clock paper
expect 2 "schedule is sync there and cadence here" --task ur5e-conveyor --platform agx-orin-30w --steps 1 --overlap 0 \
    --seeds 12 --schedule cadence --out "$work/two"
diff -r "$work/two" "$work/two.kept" || fail "what was refused was written to"

# --- two policies of one task, each in its own folder if none is given ---
for policy in ur5e-pick-place ur5e-pick-place-dit; do
    (cd "$work" && SPOT_DATA=$root "$tool" tune --task ur5e-pick-place --policy "$policy" --platform \
        rtx-4070 --steps 1 --seeds 1 --quiet >"$work/out" 2>"$work/err") || fail "$(cat "$work/err")"
done
for dir in ur5e-pick-place-rtx-4070 ur5e-pick-place-ur5e-pick-place-dit-rtx-4070; do
    [ -s "$work/runs/$dir/tune.json" ] || fail "no runs/$dir: $(ls "$work/runs")"
done
grep -q "^ur5e-pick-place with ur5e-pick-place-dit on rtx-4070" "$work/out" || fail "no policy in the table"

# --- JSON alone on stdout ---
run $points --out "$work/one" --json
python3 - "$work/out" "$work/one/tune.json" <<'PY'
import json, sys
out, kept = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
assert out == kept, "stdout and tune.json differ"
assert out["run"]["charged_class"] == "dp-vit-dit" and out["run"]["n_seeds"] == 12
assert len(out["points"]) == 7 and [p["point"] for p in out["points"]].count(out["baseline"]) == 1
assert out["verdict"]["best"] in [p["point"] for p in out["points"] if p["among_best"]]
PY

# --- without gnuplot: a warning, and the data stay ---
mkdir "$work/bin"
set +e
PATH="$work/bin" "$tool" tune $points --out "$work/one" >"$work/out" 2>"$work/err"
code=$?
set -e
[ "$code" = 0 ] || fail "exit $code without gnuplot"
grep -q "no figure: gnuplot: not found" "$work/err" || fail "silent without gnuplot"
[ -s "$work/one/tune.csv" ] || fail "no CSV without gnuplot"
if grep -q "figure:" "$work/out"; then fail "names a figure that was not drawn"; fi
echo "ok"
