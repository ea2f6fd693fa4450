#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Metrics of motion: as by hand (motion_by_hand.py), from the simulator to the judge, through every store.
#   test_motion.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
export SPOT_DATA=$root
. "$root/tests/cli/support.sh"
cd "$work"
hand() {
    python3 "$root/tests/cli/motion_by_hand.py" "$@" || fail "not as by hand: $*"
}

# an episode, from its trajectory; another latency begins its actions between control steps
for delay in 100 137; do
    "$tool" rollout --task ur5e-pick-place --delay-ms $delay --seeds 2 --threads 2 --quiet --json --trajectory t.csv \
        --episodes e.csv >r.json
    hand trajectory t.csv e.csv
done
python3 - <<'PYTHON'
import csv, json
said = json.load(open("r.json"))["motion"]
rows = list(csv.DictReader(line for line in open("e.csv") if not line.startswith("#")))
good = [float(r["ee_path_m"]) for r in rows if r["success"] == "1"]
assert said["ee_path_m"]["n"] == len(good) > 0 and abs(said["ee_path_m"]["mean"] - sum(good) / len(good)) < 1e-8, said
assert said["energy_copper_j"] == {"n": 0, "mean": None, "reason": "no motor constants were given"}, said
assert said["ee_jerk_noise_savgol"]["reason"] == "no position noise was given", said
PYTHON
"$tool" rollout --task ur5e-pick-place --policy expert --seeds 1 --quiet >expert.txt
grep -q "motion     ee_path_m 0\.[0-9]*, joint_path" expert.txt ||
    fail "the expert's motion is not said"
# ... which is that of its trajectory too, up to the end and no further
for task in ur5e-pick-place ur5e-conveyor press-button; do
    "$tool" rollout --task $task --policy expert --seeds 2 --quiet --trajectory t.csv --episodes e.csv >/dev/null
    hand trajectory t.csv e.csv
done

# the judge, and the same from every store
tune="tune --task press-button --platform agx-orin-50w --steps 1,10 --seeds 24 --threads 2 --confirm 0 --quiet"
"$tool" $tune --out run --show metrics >run.txt 2>/dev/null
hand tune run
for words in "parameters M" "multiply-adds M" "energy_abs_j" "ee_rms_jerk_savgol" "without copper loss"; do
    grep -q -- "$words" run.txt || fail "'$words' is not in: $(cat run.txt)"
done
"$tool" $tune --out stored --store s.sqlite --json >stored.json 2>/dev/null
"$tool" analyze run --json >folder.json
"$tool" analyze s.sqlite --json >sqlite.json
python3 - <<'PYTHON'
import json
tune, stored, folder, sqlite = (json.load(open(f))["points"] for f in ("run/tune.json", "stored.json", "folder.json",
                                                                       "sqlite.json"))
assert tune == stored == folder == sqlite
assert tune[0]["motion"]["energy_abs_j"]["mean"] > 1 and tune[0]["weight_bytes"] > 1e6
PYTHON
"$tool" analyze run --show metrics >shown.txt
grep -q "multiply-adds M" shown.txt || fail "analyze shows no metrics"
"$tool" analyze run >shown.txt
! grep -q "multiply-adds" shown.txt || fail "metrics are shown though nobody asked"

# anybody's columns of the same names; and files that know nothing of them
{
    echo "point,seed,success,time_s,chunks,ee_path_m,SPARC,macs"
    for i in $(seq 1 25); do
        echo "full,$i,1,10.$i,9,1.$i,-2.$i,1000"
        echo "light,$i,1,8.$i,9,2.$i,-3.$i,500"
    done
} >log.csv
"$tool" analyze log.csv --show metrics >shown.txt
grep -q "ee_path_m" shown.txt || fail "a column of the name is not read: $(cat shown.txt)"
! grep -q "energy" <(sed '/^Baseline/,$d' shown.txt) || fail "a metric that nobody has is shown: $(cat shown.txt)"
cut -d, -f1-5 log.csv >plain.csv
"$tool" analyze plain.csv --show metrics >shown.txt
grep -q "no metrics of motion: not recorded" shown.txt || fail "silence about no metrics"
"$tool" analyze plain.csv --json >shown.txt
grep -q '"motion": null' shown.txt || fail "JSON of no metrics is not null"
verb=analyze
sed '2s/,1\.1,/,1.x,/' log.csv >bad.csv
expect 2 "bad.csv:2: column ee_path_m: '1.x', expected a finite number" bad.csv
sed '2s/,1\.1,/,nan,/' log.csv >bad.csv
expect 2 "bad.csv:2: column ee_path_m: 'nan', expected a finite number" bad.csv
sed '2s/,1\.1,/,1e200,/' log.csv >bad.csv
expect 2 "bad.csv:2: column ee_path_m: 1e+200, expected" bad.csv
expect 2 "--show" log.csv --show nonsense
verb=tune
expect 2 "--show" --task press-button --platform agx-orin-50w --show nonsense
