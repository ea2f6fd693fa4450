#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# The tool as a program: help, exit codes, one clear line for what is wrong, files whole or absent.
#   test_verbs.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect CODE TEXT COMMAND...: the command ends with CODE and its only words are one line with TEXT
# (and, for misuse, a pointer to --help).
expect() {
    local code=$1 text=$2 got=0
    shift 2
    "$tool" "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$code" ] || die "$*: exit $got, expected $code: $(cat "$work/err")"
    grep -qF -- "$text" "$work/err" || die "$*: '$(cat "$work/err")' lacks '$text'"
    [ ! -s "$work/out" ] || die "$*: results in spite of the failure"
    [ "$(grep -vc '^Try ' "$work/err")" -eq 1 ] || die "$*: more than one line: $(cat "$work/err")"
}

# Help of every verb goes to stdout, ends well and teaches by example.
for verb in list check demo rollout bench tune serve; do
    "$tool" "$verb" --help >"$work/help" || die "$verb --help"
    ! grep -q '\\x' "$work/help" || die "$verb --help shows an escape"
    grep -q "^Examples:" "$work/help" || die "$verb --help has no examples"
    grep -q "  sweetspot $verb" "$work/help" || die "$verb --help does not call itself"
done
"$tool" --help | grep "^  tune" >/dev/null || die "--help lists no tune"
"$tool" --version | grep "^sweetspot [0-9]" >/dev/null || die "--version"

# What was not understood: exit 2.
expect 2 "'fly' is not a verb" fly
expect 2 "--colour: unknown option" list --colour
expect 2 "--task: missing" rollout
expect 2 "task 'nope': not found, expected a path or one of: " rollout --task nope
expect 2 "policy 'nope': not found" rollout --task ur5e-conveyor --policy nope
expect 2 "platform 'nope': not found" rollout --task ur5e-conveyor --platform nope
expect 2 "steps: 0 is too small" rollout --task ur5e-conveyor --point steps=0
expect 2 "overlap is 9, expected 0..8" rollout --task ur5e-conveyor --point overlap=9
expect 2 "--point: unknown key 'colour'" rollout --task ur5e-conveyor --point colour=9
expect 2 "--seeds: 'many', expected a whole number" rollout --task ur5e-conveyor --seeds many
expect 2 "expected at least 1 seed" rollout --task ur5e-conveyor --seeds 0
expect 2 "training seeds" rollout --task ur5e-conveyor --seed 4294967296
expect 2 "training seeds" rollout --task ur5e-conveyor --seed 18446744073709551615
expect 2 "--clock: 'sundial', expected one of: exact, paper" rollout --task ur5e-conveyor --clock sundial
# a word that would be overruled in silence is refused
expect 2 "--schedule: 'sync'" rollout --task ur5e-conveyor --schedule sync --point overlap=2
expect 2 "--delay-ms -3: expected 0 to" rollout --task ur5e-conveyor --delay-ms -3
expect 2 "--delay-ms 1e+300: expected 0 to" rollout --task ur5e-conveyor --delay-ms 1e300
expect 2 "--delay-ms and --platform" \
    rollout --task ur5e-conveyor --delay-ms 10 --platform agx-orin-30w
expect 2 "--charge-as: expected with --platform" rollout --task ur5e-conveyor --charge-as pi05
expect 2 "--policy expert: " rollout --task ur5e-conveyor --policy expert --delay-ms 400
expect 2 "speed is 11, expected" rollout --task ur5e-conveyor --speed 11 --seeds 1
expect 2 "has no class" rollout --task ur5e-conveyor --platform rtx-4070 --charge-as nope
expect 2 "--out: missing" demo --task ur5e-conveyor
expect 2 "episodes 0: expected 1" demo --task ur5e-conveyor --episodes 0 --out "$work/x.hdf5"
expect 2 "--policy: missing" bench
expect 2 "--steps: 0 is too small, expected 1..100" bench --policy ur5e-conveyor --steps 0,1

expect 2 "quant: 'w5a5', expected fp32" rollout --task ur5e-pick-place --policy ur5e-pick-place-dit \
    --platform agx-orin-50w --point quant=w5a5
expect 2 "kv: 'p1' on a policy without history" rollout --task ur5e-conveyor --point kv=p1
expect 2 "sweetspot bench --policy ur5e-pick-place-dit --out here.yaml" rollout --task ur5e-pick-place \
    --policy ur5e-pick-place-dit --platform agx-orin-50w --point "prune=mlp:0.5"

# What could not be done: exit 1, nothing left behind.
expect 1 "disk full" rollout --task ur5e-conveyor --seeds 1 --json --episodes /dev/full
# files are refused before the episodes, of which there would be many here
for option in episodes trajectory video; do
    expect 2 "--$option: $work/no/file: cannot write in folder $work/no" \
        rollout --task ur5e-conveyor --seeds 100000 --$option "$work/no/file"
done
expect 2 "cannot" demo --task ur5e-conveyor --episodes 1 --out "$work/no/such/folder/x.hdf5"
mkdir "$work/task"
sed 's/^regime: dynamic/regime: frantic/' tasks/ur5e-conveyor/task.yaml >"$work/task/task.yaml"
expect 2 "task.yaml:5: " rollout --task "$work/task/task.yaml"
cp -r policies/ur5e-conveyor "$work/policy"
truncate -s 1000000 "$work/policy/model.safetensors"
expect 2 "model.safetensors" rollout --task ur5e-conveyor --policy "$work/policy"

# Results that do not reach stdout.
for results in "list" "list --json" "list --help" "rollout --task ur5e-conveyor --seeds 1"; do
    got=0
    # shellcheck disable=SC2086 # words are meant to be split
    "$tool" $results >/dev/full 2>"$work/err" || got=$?
    [ "$got" -eq 1 ] && grep -q "standard output" "$work/err" || die "$results on a full disk: $got"
done

# The built tool finds the tasks of its sources from any folder; what the user says comes first.
(
    cd "$work"
    unset SPOT_DATA
    "$tool" list | grep "^  ur5e-conveyor " >/dev/null || die "the built tool does not find its data from $work"
    mkdir -p data/tasks/mine here/tasks/mine
    cp -r "$OLDPWD/tasks/robots" data/tasks/
    cp -r "$OLDPWD/tasks/robots" here/tasks/
    cp "$OLDPWD"/tasks/press-button/* data/tasks/mine/
    cp "$OLDPWD"/tasks/ur5e-conveyor/* here/tasks/mine/
    cd here
    "$tool" list --json | grep '"path": "./tasks/mine/task.yaml"' >/dev/null || die "the present folder is not looked at"
    SPOT_DATA=$work/data "$tool" list --json | grep "\"path\": \"$work/data/tasks/mine/task.yaml\"" >/dev/null ||
        die "SPOT_DATA does not come first"
    code=0
    SPOT_DATA=$work/nowhere "$tool" list >"$work/out" 2>"$work/err" || code=$?
    [ "$code" = 2 ] && grep -q "SPOT_DATA=$work/nowhere: no such folder" "$work/err" || die "$(cat "$work/err")"
    code=0
    "$tool" rollout --task nope 2>"$work/err" || code=$?
    [ "$code" = 2 ] && grep -q "looked in ./tasks, " "$work/err" || die "no places: $(cat "$work/err")"
)

# An installed tree may be moved, and works from any folder; a thing is found by its bare name too.
mkdir -p "$work/usr/bin" "$work/usr/share/sweetspot"
cp "$tool" "$work/usr/bin/"
cp -r tasks policies platforms published "$work/usr/share/sweetspot/"
(
    cd "$work"
    unset SPOT_DATA
    usr/bin/sweetspot list | grep "ur5e-conveyor" >/dev/null || die "no data beside the program"
    usr/bin/sweetspot analyze published:dom-cr >dom.txt || die "no tables beside the program"
    cp usr/share/sweetspot/platforms/agx-orin-30w.yaml mine.yaml
    cp -r usr/share/sweetspot/policies/ur5e-conveyor mine
    usr/bin/sweetspot rollout --task ur5e-conveyor --policy mine --platform mine --seeds 1 \
        --json >mine.json || die "things in the present folder"
)

# Waiting that never ends is no waiting of 0.
"$tool" rollout --task ur5e-conveyor --delay-ms 1000000 --seeds 1 --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["delay_s"] is None and d["age_s"] is None and d["time_s"] is None, d'

# The expert has no operating point and no chunks, and its latency was not measured.
"$tool" rollout --task ur5e-conveyor --policy expert --seeds 2 --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["point"] is None and d["chunks"] is None and d["latency"]["origin"] == "modelled", d'

# A task, policy or platform that does not fit another is named.
expect 2 "observation" rollout --task ur5e-pick-place --policy ur5e-conveyor --seeds 1

# Good runs: JSON is JSON, the same seed gives the same bytes for 1 and 2 threads.
"$tool" list --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert {t["name"] for t in d["tasks"]} >= {"ur5e-conveyor", "ur5e-pick-place"}, d
assert all("error" not in x for k in d for x in d[k]), d
assert all(set(p["history"]) == {"frames", "commands"} for p in d["policies"]), d'
for threads in 1 2; do
    "$tool" rollout --task ur5e-conveyor --platform agx-orin-30w --point "steps=2 overlap=2 align=skip" \
        --seeds 6 --threads "$threads" --json --episodes "$work/e$threads.csv" \
        --trajectory "$work/t$threads.csv" >"$work/r$threads.json"
done
cmp "$work/e1.csv" "$work/e2.csv" && cmp "$work/r1.json" "$work/r2.json" || die "threads matter"
cmp "$work/t1.csv" "$work/t2.csv" || die "the trajectory differs"
python3 - "$work" <<'EOF'
import csv, json, sys
work = sys.argv[1]
r = json.load(open(f"{work}/r1.json"))
rows = list(csv.DictReader(l for l in open(f"{work}/e1.csv") if not l.startswith("#")))
wins = [x for x in rows if x["success"] == "1"]
assert len(rows) == r["episodes"] == 6 and len(wins) == r["success"]["k"], r
assert abs(sum(float(x["time_s"]) for x in wins) / len(wins) - r["time_s"]["mean"]) < 1e-6, r
assert (r["noise"], r["schedule"], r["n_execute"]) == (1, "overlap", 8), r
assert 0 <= r["grade"] <= r["grade_max"] == max(int(x["grade_max"]) for x in rows), r
assert abs(r["latency"]["t_inf_s"] - 0.35) < 1e-9 and r["latency"]["class"] == "dp-vit-dit", r
inferences = sum(float(x["inferences"]) for x in rows)
assert inferences > sum(float(x["chunks"]) for x in rows), rows
assert abs(sum(float(x["wait_s"]) for x in rows) / inferences - r["delay_s"]) < 1e-6, r
assert all(abs(float(x["wait_s"]) / float(x["inferences"]) - float(x["delay_s"])) < 1e-6 for x in rows), rows
t = list(csv.DictReader(open(f"{work}/t1.csv")))
assert abs(float(t[1]["time_s"]) - float(t[0]["time_s"]) - 0.1) < 1e-9, t[:2]
EOF

"$tool" demo --task ur5e-conveyor --episodes 3 --threads 2 --json --out "$work/d.hdf5" >"$work/d.json"
python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["episodes_written"] == 3' \
    "$work/d.json"
[ -s "$work/d.hdf5" ] || die "no demonstrations"

"$tool" bench --policy ur5e-conveyor --steps 1,2 --calls 20 --json --name here \
    --out "$work/here.yaml" >"$work/b.json" 2>/dev/null
"$tool" rollout --task ur5e-conveyor --platform "$work/here.yaml" --charge-as self --seeds 1 --json \
    --point steps=1 | python3 -c '
import json, sys
assert json.load(sys.stdin)["latency"]["origin"] == "measured"'

# A model, as a policy's name and as a file.
expect 2 "no MODEL" inspect
expect 2 "expected 1..12" inspect ur5e-conveyor --bits 13
expect 2 "policy 'nope': not found" inspect nope
expect 2 "model.safetensors" inspect "$work/policy"
"$tool" inspect --help | grep "  sweetspot inspect" >/dev/null || die "inspect --help"
"$tool" inspect ur5e-conveyor --json >"$work/i.json"
"$tool" inspect --json policies/ur5e-conveyor/model.safetensors >"$work/j.json"
python3 - "$work" <<'EOF'
import json, sys
i, j = (json.load(open(f"{sys.argv[1]}/{k}.json")) for k in "ij")
assert i["tensors"] == j["tensors"] and len(i["tensors"]) > 10
for t in (t for t in i["tensors"] if t["found"] == "fitted"):
    assert abs(t["lambda"] * t["mean_abs"] - 1) < 1e-6 and 0 < t["ks"] <= 1, t
    u = [e["uniform"] for e in t["errors"]]
    assert u == sorted(u, reverse=True) and u[-1] < 0.05, t
EOF
"$tool" inspect ur5e-conveyor --all | grep "lambda" >/dev/null || die "inspect prints no lambda"

# A video where it can be made, one clear line where it cannot.
if command -v ffmpeg >/dev/null; then
    "$tool" rollout --task ur5e-conveyor --seeds 1 --json --video "$work/v.mp4" >/dev/null
    [ "$(head -c 8 "$work/v.mp4" | tail -c 4)" = ftyp ] || die "v.mp4 is no mp4"
fi
got=0
PATH=/nowhere "$tool" rollout --task ur5e-conveyor --seeds 1 --json --video "$work/w.mp4" \
    >/dev/null 2>"$work/err" || got=$?
[ "$got" -eq 1 ] && grep -q ffmpeg "$work/err" || die "without ffmpeg: exit $got, $(cat "$work/err")"

# A replay is one episode as it stands: what would make it another, or many, is refused.
printf 'motor0,motor1,motor2,motor3,thruster0,thruster1\n0,0,0,0,0,0\n' >"$work/a.csv"
expect 2 "--actions: no --seeds" rollout --task tasks/kinetix/catapult.json --actions "$work/a.csv" --seeds 50
expect 2 "--actions: no --speed" rollout --task tasks/kinetix/catapult.json --actions "$work/a.csv" --speed 2

# What seeds differ by is said where it is not how episodes start.
says() { # says TEXT|nothing OPTION...
    local text=$1
    shift
    "$tool" rollout --quiet --policy none "$@" >/dev/null 2>"$work/err" || die "rollout $*"
    if [ "$text" = nothing ]; then
        ! grep -q seed "$work/err" || die "rollout $*: $(cat "$work/err")"
    else
        grep -qF -- "$text" "$work/err" || die "rollout $*: '$(cat "$work/err")' lacks '$text'"
    fi
}
level=tasks/kinetix/catapult.json
says "seeds differ by action noise alone; resets randomise nothing" --task $level --seeds 2
says "warning: without noise the world is the same at each of 2 seeds" --task $level --seeds 2 --noise 0
says nothing --task $level --seeds 1
says nothing --task ur5e-conveyor --seeds 2
(
    printf 'name: l\nbackend: planar\nlevel: %s\n' "$PWD/$level"
    echo 'action_noise: 0'
) >"$work/still.yaml"
says "seeds differ by what policy and latency draw alone" --task "$work/still.yaml" --seeds 2
echo 'start_noise_m: 0.1' >>"$work/still.yaml"
says nothing --task "$work/still.yaml" --seeds 2

leftover=$(find "$work" -name '*.part*' -o -name 'w.mp4*' -o -name '*.tmp*')
[ -z "$leftover" ] || die "left behind: $leftover"
echo "verbs: all as expected"
