#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Names and texts of strangers are shown: no command runs, and nothing that a terminal obeys is printed.
#   test_hostile.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
verb=all
root=$(realpath "$2")
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
cd "$work" # where a command would leave its file

# What no output may hold: C0 but for the newline, DEL, C1, bidi overrides, bytes that are no UTF-8.
cat >seen.py <<'EOF_PY'
import re, sys
data = open(sys.argv[1], "rb").read()
try:
    text = data.decode("utf-8")
except UnicodeDecodeError as error:
    sys.exit(f"no UTF-8: {error}")
bad = re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
sys.exit(f"{bad.group()!r} in {text!r}" if bad else 0)
EOF_PY

# harmless WHAT ARGUMENTS...: runs the tool; nothing of it can steer a terminal, and WHAT, the hostile text as
# it is shown, is there
harmless()
{
    what=$1
    shift
    "$tool" "$@" >out 2>err || true
    python3 seen.py out || fail "stdout of $*"
    python3 seen.py err || fail "stderr of $*"
    grep -qF -- "$what" out err || fail "'$what' not in: $(cat out err) ($*)"
    [ ! -e pwned ] || fail "a command ran: $*"
}

esc=$(printf 'x\033]0;title\a\302\233A\342\200\256')
shown='x\x1b]0;title\x07\xc2\x9bA\xe2\x80\xae'
lines=$(printf 'two\nlines')

# --- options of every verb ---
harmless "$shown" "$esc"
for verb in list check demo rollout bench tune analyze metrics inspect serve; do
    harmless "$shown" "$verb" "--$esc"
done
harmless "$shown" check "$esc"
harmless "$shown" check tasks/x --picture "no/$esc"
harmless "$shown" demo --task "$esc" --out x.hdf5
harmless "$shown" demo --task ur5e-conveyor --out "no/$esc"
harmless "$shown" demo --task ur5e-conveyor --episodes "$esc" --out x
harmless "$shown" rollout --task "$esc"
harmless "$shown" rollout --task ur5e-conveyor --policy "$esc"
harmless "$shown" rollout --task ur5e-conveyor --platform "$esc"
harmless "$shown" rollout --task ur5e-conveyor --point "$esc=1"
harmless "$shown" rollout --task ur5e-conveyor --clock "$esc"
harmless "$shown" rollout --task ur5e-conveyor --seeds 1 --video "no/$esc"
harmless "$shown" bench --policy "$esc"
harmless "$shown" serve --policy "$esc"
harmless "$shown" serve --policy ur5e-conveyor --host "$esc"
harmless "$shown" bench --policy ur5e-conveyor --threads "$esc"
harmless "$shown" bench --policy ur5e-conveyor --name "$esc/"
harmless "$shown" tune --task ur5e-conveyor --platform "$esc"
harmless "$shown" tune --task ur5e-conveyor --platform agx-orin-30w --steps "$esc"
harmless "$shown" tune --task ur5e-conveyor --platform agx-orin-30w --goal "$esc"
harmless "$shown" tune --task ur5e-conveyor --platform agx-orin-30w --out "/dev/null/$esc"
harmless "$shown" analyze "$esc"
harmless "$shown" analyze "published:$esc"
harmless "$shown" analyze published:dom-cr --setting "$esc"
harmless "$shown" analyze published:dom-cr --baseline "$esc"
harmless "$shown" analyze published:dom-cr --regime "$esc"
harmless "$shown" metrics "$esc"
harmless "$shown" metrics --map "$esc" log.csv
harmless "'x\xff': expected names and texts in UTF-8" rollout --task "$(printf 'x\377')"
harmless 'two\x0alines' rollout --task "$lines"

# --- files: a policy's config, a task, a platform, a plan, a log ---
mkdir -p policies tasks/hostile platforms
cp -r "$root/policies/ur5e-conveyor" policies/hostile
python3 - policies/hostile/config.json <<'EOF_PY'
import json, sys
d = json.load(open(sys.argv[1]))
d["task"] = "x\x1b]0;title\x07\u009bA\u202e η"
json.dump(d, open(sys.argv[1], "w"))
EOF_PY
text='x\x1b]0;title\x07\xc2\x9bA\xe2\x80\xae η' # readable text stays readable
harmless "$text" list
harmless '\u009bA\u202e η' list --json
harmless "$text" tune --task ur5e-conveyor --policy hostile --platform agx-orin-30w --seeds 2 --steps 10
python3 - <<'EOF_PY'
import struct
names = b'{"x\\u001b]0;\\u009b\\u202e":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
open("t.safetensors", "wb").write(struct.pack("<Q", len(names)) + names + bytes(4))
EOF_PY
harmless 'x\x1b]0;\xc2\x9b\xe2\x80\xae' inspect t.safetensors
harmless '\u009b\u202e' inspect t.safetensors --json
printf 'regime: \033[2J\n' >tasks/hostile/task.yaml
harmless "task.yaml" list
printf 'name: "x\\e[2J"\nlatency: 3\n' >platforms/hostile.yaml
harmless "hostile" list

for quoted in "$(printf 'a\033[2J')" "$(printf '"two\nlines"')"; do
    printf 'point,%s,success,time_s\n%s,1,1,2\nb,1,1,3\n' "$quoted" "$quoted" >log.csv
    harmless "columns not used" analyze log.csv
    harmless '"points"' analyze log.csv --json
done
esc=$esc$(printf '\377') shown=$shown'\xff' # cells of a log are any bytes
printf 'point,platform,task,success,time_s\n%s,%s,%s,1,2\nb,%s,%s,1,x\033\n' \
    "$esc" "$esc" "$esc" "$esc" "$esc" >log.csv
harmless 'x\x1b' analyze log.csv
sed -i 's/,x.*$/,3/' log.csv
printf 'point,platform,success,time_s\n%s,%s,1,2\nb,%s,1,3\n' "$esc" "$esc" "$esc" >log.csv
harmless "$shown" analyze log.csv --figure here
if command -v gnuplot >/dev/null; then
    grep -qF "$shown" here.svg || fail "the figure does not name the point"
    python3 -c 'import sys, xml.dom.minidom as x; x.parse("here.svg")' || fail "here.svg is no XML"
    harmless "$shown" analyze log.csv --figure '|touch pwned; cat >'
fi

# --- names that end up in files: a row, a profile ---
cp -r "$root/policies/ur5e-conveyor" "$(printf 'p\nseed,x')"
harmless './p\x0aseed,x' rollout --task ur5e-conveyor --policy "$(printf './p\nseed,x')" --seeds 1 --episodes e.csv
[ "$(grep -c '' e.csv)" = 3 ] || fail "a name wrote a row: $(cat e.csv)"
harmless './p\x0aseed,x' bench --policy "$(printf './p\nseed,x')" --steps 10 --calls 20 --rounds 5 --threads 1 \
    --out own.yaml --name own
harmless './p\x0aseed,x' rollout --task ur5e-conveyor --platform own.yaml --charge-as self --seeds 1
harmless 'a\xc2\x9bb' bench --policy ur5e-conveyor --out x.yaml --name "$(printf 'a\302\233b')"

# --- a plan whose name is a command, in the figure and in the profile ---
python3 "$root/tests/cli/thin_policy.py" "$root/policies/ur5e-pick-place-dit" thin
for plan in '`touch${IFS}pwned`.yaml' "a'.system(\"touch\${IFS}pwned\").'.yaml" "''''.yaml" 'p%d_{x}.yaml'; do
    rm -rf run # the plan before it was another setting
    printf 'bits: 8\n' >"$plan"
    harmless "$plan" bench --policy thin --steps 10 --quant "fp32,$plan" --calls 20 --rounds 5 --threads 1 \
        --out here.yaml --name here
    harmless "$plan" tune --task ur5e-pick-place --policy thin --platform here.yaml --charge-as self \
        --steps 10 --quant "fp32,$plan" --seeds 2 --out run --quiet
    if command -v gnuplot >/dev/null; then
        python3 - "$plan" <<'EOF_PY' || fail "the figure does not name the plan $plan"
import sys, xml.etree.ElementTree as x
texts = ["".join(t.itertext()) for t in x.parse("run/tune.svg").iter("{http://www.w3.org/2000/svg}text")]
sys.exit(not any(text in (sys.argv[1], "quant=" + sys.argv[1]) for text in texts))
EOF_PY
    fi
done
echo "hostile: all as expected"
