#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# A simulator that complains: invalid episodes are counted and explained, and no verdict rests on them.
#   test_invalid.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
source=$(realpath "$2")
. "$source/tests/cli/support.sh"

# The shipped data with one line of the models changed.
cp -r "$source/tasks" "$source/platforms" "$work/"
ln -s "$source/policies" "$work/policies"
export SPOT_DATA=$work
cd "$work"
scene=tasks/ur5e-pick-place/scene.xml

# change FILE OLD NEW: exactly one line changes
change()
{
    sed "s|$2|$3|" "$source/$1" >"$1"
    [ "$(diff "$source/$1" "$1" | grep -c '^>')" = 1 ] || fail "no such line in $1: $2"
}

# Too small a contact buffer: nothing is known of the task, and that is a failure of the job.
change "$scene" 'nconmax="60"' 'nconmax="3"'
code=0
"$tool" rollout --task ur5e-pick-place --seeds 5 --quiet --episodes all.csv >out 2>err || code=$?
[ "$code" = 1 ] || fail "exit $code without a valid episode"
unwrap out
grep -q "every episode is invalid" err || fail "stderr: $(cat err)"
grep -q "invalid    5 of 5 episodes.*seed 0: contact buffer full at 0.000 s, raise nconmax" out ||
    fail "text: $(cat out)"
grep -q "Increase nconmax above 3" out || fail "MuJoCo's own words are missing"
if grep -q "success" out; then fail "a rate of nothing: $(cat out)"; fi
[ "$(grep -c ',0,0,2,.*,1,.*contact buffer full' all.csv)" = 5 ] || fail "rows: $(cat all.csv)"
code=0
"$tool" rollout --task ur5e-pick-place --seeds 5 --quiet --json >out 2>err || code=$?
[ "$code" = 1 ] || fail "exit $code with --json"
python3 - out <<'PY' || fail "JSON: $(cat out)"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["success"] == {"k": 0, "n": 0, "rate": None, "wilson": None}, r["success"]
assert r["invalid"]["episodes"] == 5 and r["invalid"]["seed"] == 0
assert "nconmax" in r["invalid"]["fault"] and r["time_s"] is None
assert r["engine"]["name"] == "MuJoCo" and r["engine"]["version"].count(".") == 2
PY

# The same as a tuning run: no verdict, and the table says why.
"$tool" tune --task ur5e-pick-place --platform rtx-4070 --steps 1 --seeds 3 --quiet --out run >out 2>err ||
    fail "tune: $(cat err)"
grep -q "^invalid: in no figure; comparisons are over the 0 of 3 seeds" out || fail "table: $(cat out)"
grep -q "^No verdict: more than 2 % of a point's episodes are unknown" out || fail "verdict: $(cat out)"
if grep -qE "^[*]|is best" out; then fail "a winner of nothing: $(cat out)"; fi
python3 - run/tune.json <<'PY' || fail "tune.json: $(cat run/tune.json)"
import json, sys
r = json.load(open(sys.argv[1]))
run = r["run"]
assert run["withheld"] == "too many invalid episodes" and run["n_judged"] == 0
assert not r["best_beats_baseline"] and all(p["invalid"]["episodes"] == 3 for p in run["points"])
assert run["engine"].startswith("MuJoCo ")
PY
cp "$source/$scene" "$scene"

# A gripper that shakes itself apart in some episodes only: the run goes on, and says what it leaves out.
change tasks/robots/ur5e.xml 'gainprm="2000"' 'gainprm="23000"'
sed -i 's|biasprm="0 -2000 0" forcelimited="true" forcerange="-40 40"|biasprm="0 -23000 0"|' tasks/robots/ur5e.xml
"$tool" rollout --task ur5e-pick-place --seeds 12 --quiet --episodes some.csv >out 2>err ||
    fail "exit $? although some episodes are valid: $(cat err)"
unwrap out
grep -qE "invalid    [0-9]+ of 12 episodes.*unstable at [0-9.]+ s, DOF '[a-z_]+'" out || fail "$(cat out)"
if grep -q "internal error" out err; then fail "an internal error for a fault of the model"; fi
grep -q "success    .*/[0-9]* = " out || fail "no rate of the valid ones: $(cat out)"
grep -q "warning: .* of 12 episodes are invalid" err || fail "no warning: $(cat err)"

# What is whole counts as before, for the threads too.
"$tool" rollout --task ur5e-pick-place --seeds 12 --threads 1 --quiet --episodes one.csv >out 2>err ||
    fail "one thread"
cmp some.csv one.csv || fail "the threads show in the bytes"

# Demonstrations: nothing of an invalid episode is written, and an expert that never succeeds says why.
cp "$source/tasks/robots/ur5e.xml" tasks/robots/ur5e.xml
change "$scene" 'nconmax="60"' 'nconmax="3"'
verb=demo
expect 1 "were invalid, the first because of: contact buffer full" \
    --task ur5e-pick-place --episodes 2 --quiet --out demos.hdf5
[ ! -e demos.hdf5 ] || fail "a file of no demonstrations"

# The engine is named where a model is refused.
printf '<mujoco><nonsense/></mujoco>\n' >"$scene"
verb=rollout
expect 2 "for MuJoCo $("$tool" --version | sed 's/.*MuJoCo \(.*\))/\1/'), which this was built with" \
    --task ur5e-pick-place --seeds 1
