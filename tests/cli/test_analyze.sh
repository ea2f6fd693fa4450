#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `sweetspot analyze` as a user meets it: answers, exit codes, messages.
#
#   test_analyze.sh SWEETSPOT SOURCE_DIR
#
# The figures are recomputed by check_analyze.py.
set -eu
tool=$1
root=$2
verb=analyze
. "$root/tests/cli/support.sh"
cd "$root"

# says WORDS ARGUMENTS...: WORDS in the answer, whose lines are joined
says()
{
    words=$1
    shift
    "$tool" analyze "$@" >"$work/out" 2>"$work/err" || fail "analyze $*: $(cat "$work/err")"
    tr '\n' ' ' <"$work/out" | grep -qF -- "$words" || fail "'$words' not in: $(cat "$work/out")"
}

# --- what is refused ---
printf 'point,success,time_s\nfull,1,5\nlight,1,abc\n' >"$work/text.csv"
printf 'point,episodes,successes\nfull,5,5\nlight,5,4\n' >"$work/good.csv"
: >"$work/empty.csv"
expect 2 "no SOURCE"
expect 2 "no-such.csv: No such file" no-such.csv
expect 2 "text.csv:3: column time_s: 'abc'" "$work/text.csv"
expect 2 "empty.csv: empty" "$work/empty.csv"
expect 2 "no column 'x' that the map names" "$work/good.csv" --map x=time_s
expect 2 "'colour' is no column" "$work/good.csv" --map successes=colour
expect 2 "expected one of 'full', 'light'" "$work/good.csv" --baseline heavy
expect 2 "expected one of: 'all'" "$work/good.csv" --setting x
expect 2 "auto, static, dynamic" "$work/good.csv" --regime wild
expect 2 "expected kinetix, dom-cr, real-static or real-dynamic" published:nothing
expect 2 "--charge-as" "$work/good.csv" --platform agx-orin-30w
expect 2 "agx-orin-15w" "$work/good.csv" --platform no-such --charge-as pi05
expect 2 "dp-vit-dit" published:kinetix --platform agx-orin-30w --charge-as no-such
expect 2 "resamples" "$work/good.csv" --resamples 1
expect 2 "unknown option" "$work/good.csv" --no-such
expect 1 "no prediction from" "$work/good.csv" --t-inf 0.1
expect 2 "expected the output folder of sweetspot tune" "$work"
expect 2 "--alpha-from: expected with --platform" published:dom-cr --alpha-from agx-orin-50w
expect 2 "--t-inf -2, expected 0 or more" published:dom-cr --t-inf=-2
expect 2 "no class self" published:real-static --platform agx-orin-50w --charge-as pi05 \
    --alpha-from agx-orin-30w

"$tool" analyze --help >"$work/help"
for word in --map --baseline --platform --json --figure published: Examples; do
    grep -q -- "$word" "$work/help" || fail "--help does not speak of $word"
done

# --- answers: the published tables come to their conclusions, the figures are recomputed ---
says "'steps=2' from 'steps=1' takes 684 (73 or" published:dom-cr
says "Dynamic paradox: established at 'steps=4'" published:real-dynamic --setting AGX30W
says "Dynamic paradox: not established" published:real-dynamic --setting RTX4070
# finding 3 is one question, not two tests; z = 2.24, twice the one-sided p of 0.0125
says "in 'AGX30W' than in 'RTX4070' is one question: it does" published:real-dynamic
"$tool" analyze published:real-dynamic | tr '\n' ' ' | grep -q "two-sided p = 0.025)" || fail "P49"
says "same counts in both settings" published:kinetix
says "against 80.0 % [37.6, 96.4] (4 of 5) at the baseline 'light'" "$work/good.csv" --baseline light --regime dynamic
printf 'point,success,time_s\nfull,1,5\nlight,1,-5\n' >"$work/negative.csv"
expect 2 "negative.csv:3: column time_s: -5, expected" "$work/negative.csv"
says "Predicted for agx-orin-30w" published:kinetix --setting AGX15W --platform agx-orin-30w \
    --charge-as mixer-3m
says "extrapolated" published:kinetix --setting AGX15W --t-inf 0.2
python3 tests/cli/check_analyze.py "$tool" "$root" "$work" || fail "figures do not follow"

# two files are one log; stdin-like order of options does not matter
printf 'point,episodes,successes\nfull,5,5\n' >"$work/a.csv"
printf 'point,episodes,successes\nlight,5,4\n' >"$work/b.csv"
"$tool" analyze --json "$work/a.csv" "$work/b.csv" >"$work/two.json"
"$tool" analyze "$work/good.csv" --json >"$work/one.json"
cmp "$work/one.json" "$work/two.json" || fail "two files differ from one"

# --- a tuning run and a rollout of our own ---
"$tool" tune --task ur5e-conveyor --platform agx-orin-30w --steps 1,3 --seeds 12 --seed 7000 \
    --quiet --out "$work/tune" >/dev/null 2>&1 || fail "tune"
says "same seeds at every point, 12 trials a point, n = " "$work/tune"
says "Dynamic regime: success decides" "$work/tune"
"$tool" analyze "$work/tune" --json >"$work/tune-analysis.json"
python3 - "$work/tune/tune.json" "$work/tune-analysis.json" <<'PY' || fail "tune and analyze differ"
import json, sys
tune, analysis = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
assert analysis["regime"] == tune["run"]["task_regime"] and len(tune["run"]["points"]) == len(tune["points"])
for run, point in zip(tune["run"]["points"], analysis["points"], strict=True):
    assert run["point"] == point["point"] and run["latency"]["mean_s"] == point["t_inf_s"]
PY
# what an older tool has written is refused with what helps
mkdir "$work/old"
printf '{"kind": "sweetspot-tune", "format": 1, "points": []}\n' >"$work/old/tune.json"
expect 2 "expected schema 2: run its tune again" "$work/old"
file=$(ls "$work"/tune/episodes/*.csv | head -n 1)
says "Dynamic" "$file" --regime dynamic
"$tool" rollout --task ur5e-conveyor --platform agx-orin-30w --point steps=2 --seeds 3 \
    --episodes "$work/rollout.csv" >/dev/null 2>&1 || fail "rollout"
says "steps=2 overlap=0" "$work/rollout.csv" --t-act 0.1 --chunk 8
# success elsewhere: two points without delay, and the baseline delayed
for run in "10 0" "2 0" "10 600"; do
    set -- $run
    "$tool" rollout --task ur5e-conveyor --delay-ms "$2" --point "steps=$1" --seeds 20 \
        --episodes "$work/d$1-$2.csv" >/dev/null 2>&1 || fail "rollout $run"
done
says "the best is predicted to be" "$work/d10-0.csv" "$work/d2-0.csv" "$work/d10-600.csv" \
    --regime dynamic --baseline "steps=10 overlap=0" --setting "latency 0 s" \
    --platform agx-orin-30w --charge-as dp-vit-dit

# --- figures, and data that lie elsewhere ---
if command -v gnuplot >/dev/null; then
    "$tool" analyze published:dom-cr --figure "$work/fig.svg" >/dev/null 2>&1
    for name in fig-1.svg fig-1.png fig-2.svg fig-2.png; do
        [ -s "$work/$name" ] || fail "no $name"
    done
    python3 -c "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])" "$work/fig-1.svg"
fi
cd "$work"
SPOT_DATA=$root "$tool" analyze published:dom-cr >/dev/null || fail "SPOT_DATA is not looked at"
echo "ok"
