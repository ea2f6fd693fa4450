#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# What docs/json.md says of the JSON of every verb is so (check_json.py), and tune and analyze say the same.
#   test_json.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SPOT_DATA=$root
cd "$work"

# a run with a claim that is confirmed, and one in which the simulator breaks off
tune="tune --task ur5e-conveyor --platform agx-orin-30w --quiet --json"
$tool $tune --steps 1 --seeds 30 --seed 100 --confirm 10 --out clear >clear.json 2>/dev/null
cmp clear.json clear/tune.json
cp -r "$root/tasks" tasks
sed -i 's/nconmax="60"/nconmax="3"/' tasks/ur5e-pick-place/scene.xml
SPOT_DATA='' "$tool" tune --task tasks/ur5e-pick-place/task.yaml --policy "$root/policies/ur5e-pick-place" \
    --platform "$root/platforms/rtx-4070.yaml" --steps 1 --seeds 2 --quiet --json --out broken >broken.json 2>/dev/null
SPOT_DATA='' "$tool" rollout --task tasks/ur5e-pick-place/task.yaml --policy "$root/policies/ur5e-pick-place" \
    --seeds 2 --quiet --json >r-broken.json 2>/dev/null || true
python3 "$root/tests/cli/check_one_court.py" "$tool" clear broken

"$tool" analyze clear --json >a-clear.json
"$tool" analyze published:real-static --json >a-static.json
"$tool" analyze published:real-dynamic --json >a-dynamic.json
"$tool" analyze published:kinetix --json >a-many.json
"$tool" analyze published:dom-cr --json >a-dom.json
"$tool" analyze published:dom-cr --setting "$(python3 -c '
import json; print(json.load(open("a-dom.json"))["settings"][0]["setting"])')" --json >a-one.json
{
    echo "point,seed,success,chunks,time_s,t_inf_s,chunk_actions,t_act_s,energy_j,budget_s,overlap"
    for i in $(seq 1 40); do
        echo "ten,$i,1,10,12.$i,0.5,8,0.1,400,20,0"
        echo "five,$i,$((i % 9 > 0)),9,9.$i,0.4,8,0.1,350,20,0"
        echo "one,$i,1,9,10.$i,0.3,8,0.1,300,20,0"
    done
} >log.csv
"$tool" analyze log.csv --regime static --t-inf 1 --json >a-log.json
for run in 0-10 0-2 300-10 600-10; do
    "$tool" rollout --task ur5e-conveyor --delay-ms "${run%-*}" --point "steps=${run#*-}" --seeds 8 --quiet \
        --episodes "d$run.csv" >/dev/null
done
"$tool" analyze d0-10.csv d0-2.csv d600-10.csv d300-10.csv --regime dynamic --baseline "steps=10 overlap=0" \
    --platform agx-orin-30w --charge-as dp-vit-dit --json >a-shift.json 2>err || { cat err; exit 1; }
"$tool" rollout --task ur5e-conveyor --platform agx-orin-30w --seeds 12 --quiet --json >rollout.json
"$tool" bench --policy ur5e-pick-place-dit --steps 1 --quant fp32,w8a8 --calls 20 --threads 2 --json >bench.json 2>/dev/null
"$tool" check press-button --json >check.json
"$tool" list --json >list.json
"$tool" demo --task press-button --episodes 1 --quiet --json --out demos.hdf5 >demo.json
"$tool" metrics demos.hdf5 demos.hdf5 --position-noise-m 1e-4 --motor-resistance-ohm 0.3 --torque-constant-nm-a 9 \
    --json >metrics.json
"$tool" inspect ur5e-conveyor --json >inspect.json
"$tool" inspect "$root/tests/runtime/onnx/corpus_onnx/linear.onnx" --json >onnx.json
"$tool" distortion fcdnn-16 --bits 2 --json >distortion.json
"$tool" distortion --lambda 3 --json >law.json
"$tool" timing --latency-ms 90 --rate-hz 25 --horizon 8 --json >timing.json
"$tool" distortion fcdnn-16 --bits 2,3 --measure --json >measured.json
"$tool" distortion "$root/tests/fixtures/flow_mixer_small" --bits 3 --measure --json >measured-policy.json
"$tool" plan --model git-like --agent agx-orin-64gb --server rtx-4070 --link wlan-5ghz --max-delay 0.085 --max-energy 10 \
    --sweep-delay 0.06:0.1:0.02 --json >plan.json
"$tool" plan --model "$root/tests/lab/plan/corpus_model/splits.yaml" --split a --agent paper-agent --server paper-server \
    --max-delay 0.06 --max-energy 1 --json >plan-calibrated.json
: >serve.err
"$tool" serve --policy "$root/tests/fixtures/flow_mixer_small" --port 0 --json >serve.json 2>serve.err &
serving=$!
until grep -q "Ctrl-C ends it" serve.err; do kill -0 $serving && sleep 0.1; done
kill -INT $serving && wait $serving
python3 "$root/tests/cli/check_json.py" "$root/docs/json.md" tune=clear.json tune=broken.json analyze=a-clear.json \
    analyze=a-one.json analyze=a-dom.json analyze=a-static.json analyze=a-dynamic.json analyze=a-many.json analyze=a-log.json analyze=a-shift.json \
    rollout=rollout.json rollout=r-broken.json bench=bench.json check=check.json list=list.json demo=demo.json \
    inspect=inspect.json inspect=onnx.json plan=plan.json plan=plan-calibrated.json distortion=distortion.json distortion=law.json distortion=measured.json distortion=measured-policy.json metrics=metrics.json timing=timing.json serve=serve.json
