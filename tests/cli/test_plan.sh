#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# `sweetspot plan`: plans are what check_plan.py computes from the files, sweeps and figures appear, misuse is refused.
#   test_plan.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
verb=plan
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
cd "$work"

paper=(--model blip2-like --agent paper-agent --server paper-server --max-delay 3.5 --max-energy 2)
jetson=(--model git-like --agent agx-orin-64gb --modes low,medium,high --server rtx-4070 --link wlan-5ghz
    --server xeon-r740 --link wlan-5ghz)

# plans, against the formulas in Python
"$tool" plan "${paper[@]}" --json >paper.json
"$tool" plan "${paper[@]}" --bits 4,8,16 --objective gap --prefer delay --json >set.json
"$tool" plan "${paper[@]}" --link wlan-5ghz --json >link.json
"$tool" plan "${jetson[@]}" --max-delay 0.5 --max-energy 10 --json >jetson.json
"$tool" plan "${jetson[@]}" --max-delay 0.09 --max-energy 10 --json >tight.json
"$tool" plan "${jetson[@]}" --max-delay 0.02 --max-energy 10 --json >none.json && fail "no exit code of an infeasible plan"
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3 # Debian's has scipy; another in front of it need not
"$python" "$root/tests/cli/check_plan.py" "$root" paper.json set.json link.json jetson.json tight.json none.json

# methods beside each other
for method in exact sca fixed random ppo; do
    "$tool" plan "${paper[@]}" --method "$method" --fixed 2,1.5 --json >"$method.json"
done
python3 - <<'PY'
import json
def of(method):
    d = json.load(open(f"{method}.json"))
    return d["choices"][d["best"]]["plan"], d
exact, _ = of("exact")
assert exact["bits"] == 11 and of("sca")[0]["bits"] == 11 and of("fixed")[0]["bits"] == 9
assert of("ppo")[0]["bits"] <= 11 and abs(of("random")[1]["mean_bits"] - 3.42) < 0.1
assert of("random")[1]["binds"] is None and exact["slack_s"] >= -1e-9
PY

# a policy and weights as models
"$tool" plan --model ur5e-pick-place-dit --agent agx-orin-64gb --max-delay 0.01 --max-energy 0.1 >policy.txt
grep -q '6512032 weights' policy.txt || fail "lambda of a policy's weights: $(cat policy.txt)"
"$tool" plan --model "$root/policies/ur5e-pick-place-dit/model.safetensors" --agent-flop 1e9 --full-bits 8 \
    --agent paper-agent --max-delay 1 --max-energy 1 >weights.txt
grep -q '^8 of 8 bits' weights.txt || fail "a plan of weights: $(cat weights.txt)"

# sweeps: table, figure, JSON; the same bytes again
"$tool" plan "${paper[@]}" --sweep-delay 1:5:1 --figure sweep >one.txt
"$tool" plan "${paper[@]}" --sweep-delay 1:5:1 >two.txt
cmp one.txt two.txt || fail "a sweep differs from run to run"
[ "$(head -c 5 sweep.svg)" = '<?xml' ] && [ -s sweep.png ] || fail "no figure"
grep -q '^1  *none ' one.txt && grep -q '^3  *9 ' one.txt || fail "rows of the sweep: $(cat one.txt)"
"$tool" plan "${paper[@]}" --sweep-energy 0.5:2:0.5 --json | python3 -c '
import json, sys
sweep = json.load(sys.stdin)["sweep"]
assert sweep["budget"] == "energy_j"
bits = [r["bits"] for r in sweep["rows"] if r["method"] == "exact"]
assert len(bits) == 4 and bits == sorted(bits) and bits[0] == 4 and bits[-1] == 11, bits
for r in sweep["rows"]:
    exact = next(q for q in sweep["rows"] if q["method"] == "exact" and q["budget"] == r["budget"])
    assert not r["feasible"] or r["objective"] >= exact["objective"], r'
"$tool" plan "${paper[@]}" --wide | grep -q 'paper-server, pue: published: arXiv' || fail "sources of figures"

# misuse
expect 2 'expected --model and --agent' --max-delay 1 --max-energy 1
expect 2 'above 0 s' --model blip2-like --agent paper-agent --max-energy 1
expect 2 'above 0 J' --model blip2-like --agent paper-agent --max-delay 1 --max-energy -2
expect 2 'one for each' "${paper[@]}" --server paper-server --link wlan-5ghz
expect 2 'at most 4' "${paper[@]}" --server a --server b --server c --server d
expect 2 "'best', expected one of: exact, sca, fixed, random, ppo" "${paper[@]}" --method best
expect 2 'lloyd, verdu, additive, gap' "${paper[@]}" --objective none
expect 2 'blip2-like, fcdnn-16, git-like' --model nothing --agent paper-agent --max-delay 1 --max-energy 1
expect 2 'no mode' "${paper[@]}" --modes low
expect 2 'planning' --model blip2-like --server paper-server --max-delay 1 --max-energy 1 --agent agx-orin-15w
expect 2 'FROM:TO:STEP' "${paper[@]}" --sweep-delay 1:5
expect 2 'from <= to' "${paper[@]}" --sweep-delay 5:1:1
expect 2 'one of them' "${paper[@]}" --sweep-delay 1:2:1 --sweep-energy 1:2:1
expect 2 'draws a sweep' "${paper[@]}" --figure f
expect 2 'agent-flop' --model "$root/policies/ur5e-pick-place-dit/model.safetensors" --agent paper-agent --max-delay 1 --max-energy 1
expect 2 'rising ones' "${paper[@]}" --bits 4,17
expect 2 'clock' "${paper[@]}" --method fixed --fixed 2.5
sed 's/clock_max_hz: 2.0e9/clock_max_hz: 2000/' "$root/platforms/paper-agent.yaml" >mhz.yaml
expect 2 'is it in MHz?' --model blip2-like --server paper-server --max-delay 1 --max-energy 1 --agent ./mhz.yaml
sed 's/bandwidth_bit_s: 2.0e8/bandwidth_bit_s: 0/' "$root/links/wlan-5ghz.yaml" >zero.yaml
expect 2 'zero.yaml:4: bandwidth_bit_s is 0' "${paper[@]}" --link ./zero.yaml
echo "plan: ok"
