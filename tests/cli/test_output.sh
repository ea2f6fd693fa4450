#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Files are whole or absent, whatever befalls disk and standard streams; what does not arrive is a failure.
#   test_output.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
verb=all
root=$(realpath "$2")
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
cd "$work"
has() { command -v "$1" >/dev/null; }

# Every file that a run left in a folder is whole, judged by other programs than ours.
cat >whole.py <<'EOF_PY'
import csv, json, struct, sys, xml.dom.minidom, zlib
from pathlib import Path

def png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, kind = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 4:at + 8 + n]
        assert len(body) == n + 4 and struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0] == zlib.crc32(body)
        at += 12 + n
    assert kind == b"IEND"

def check(path):
    data = path.read_bytes()
    if path.suffix == ".csv":
        assert data.endswith(b"\n")
        rows = list(csv.reader(l for l in data.decode().splitlines() if not l.startswith("#")))
        assert len(rows) > 1 and len({len(r) for r in rows}) == 1
    elif path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".svg":
        xml.dom.minidom.parseString(data)
    elif path.suffix == ".png":
        png(data)
    elif path.suffix == ".yaml":
        assert data.endswith(b"\n") and b"self" in data
    elif path.suffix == ".hdf5":
        assert data[:8] == b"\x89HDF\r\n\x1a\n" and data[8] == 2 and struct.unpack("<Q", data[28:36])[0] == len(data)
    elif path.suffix == ".mp4":
        assert data[4:8] == b"ftyp" and b"moov" in data and b"mdat" in data
    else:
        raise AssertionError("unexpected")

for path in sorted(p for p in Path(sys.argv[1]).rglob("*") if p.is_file() and p.parent.name != "episodes"):
    try:
        check(path)
    except Exception as error:
        sys.exit(f"{path}: {error!r}")
EOF_PY

# left NAME...: exactly these files are in `there`, and they are whole
left()
{
    got=$(cd there && find . -type f ! -path '*/episodes/*' | sed 's,^\./,,' | sort | tr '\n' ' ')
    want=$(printf '%s\n' "$@" | sed '/^$/d' | sort | tr '\n' ' ')
    [ "$got" = "$want" ] || fail "left: '$got' instead of '$want' ($what; $(cat err))"
    python3 whole.py there || fail "after $what"
}

tune="tune --task ur5e-conveyor --platform agx-orin-30w --steps 10 --seeds 2 --quiet --out there"
bench="bench --policy ur5e-conveyor --steps 1 --calls 20 --rounds 5 --threads 1 --out there/here.yaml --name here"
rollout="rollout --task ur5e-conveyor --seeds 1 --quiet --episodes there/e.csv --trajectory there/t.csv"
demo="demo --task ur5e-conveyor --episodes 1 --quiet --out there/d.hdf5"
check="check ur5e-conveyor --picture there/p.png"
analyze="analyze log.csv --figure there/fig"
printf 'point,steps,success,time_s,t_inf_s,t_act_s,chunk_actions,chunks\na,10,1,2,.2,.1,8,3\na,10,1,3,.2,.1,8,4\n' >log.csv
printf 'b,5,1,2,.1,.1,8,3\nb,5,1,3,.1,.1,8,4\n' >>log.csv
figures() { if has gnuplot; then printf '%s\n' "$1.svg" "$1.png"; fi; }
files_of()
{
    case $1 in
    tune*) echo run.json tune.csv tune.json $(figures tune) ;;
    bench*) echo here.yaml ;;
    rollout*) echo e.csv t.csv ;;
    demo*) echo d.hdf5 ;;
    check*) echo p.png ;;
    analyze*) figures fig ;;
    esac
}

mkfifo nobody
exec 3<>nobody 4>nobody 3>&- # 4 is a pipe whose reader has gone

# --- standard output that is closed, full or left early: exit 1 and a word, files whole ---
for command in "$tune" "$tune --json" "$bench" "$bench --json" "$rollout" "$rollout --json" "$demo" "$demo --json" \
    "$check" "$analyze" "$analyze --json"; do
    for where in closed full gone; do
        what="$where: $command"
        case "$where $command" in [cg]*--json) continue ;; esac
        rm -rf there && mkdir there
        got=0
        # shellcheck disable=SC2086 # words are meant to be split
        case $where in
        closed) "$tool" $command >&- 2>err || got=$? ;;
        full) "$tool" $command >/dev/full 2>err || got=$? ;;
        gone) "$tool" $command >&4 2>err || got=$? ;;
        esac
        [ "$got" = 1 ] || fail "exit $got ($what): $(cat err)"
        grep -q "cannot write to standard output" err || fail "no word of it ($what): $(cat err)"
        # shellcheck disable=SC2046
        left $(files_of "$command")
    done
done

# --- a closed stream gives its number to no file; what is not asked for is not missed ---
for streams in "<&- 2>err" "2>&-" "<&- 2>&-"; do
    for command in "$tune" "$rollout" "$demo" "$bench"; do
        what="$streams $command"
        rm -rf there && mkdir there
        eval "\"$tool\" $command $streams" >out || fail "exit $? ($what)"
        # shellcheck disable=SC2046
        left $(files_of "$command")
    done
done
what="all closed"
rm -rf there && mkdir there
# shellcheck disable=SC2086
"$tool" ${rollout/--seeds 1/--seeds 2} <&- >&- 2>&- && fail "exit 0 with everything closed"
left e.csv t.csv
"$tool" analyze - <&- >out 2>err && fail "read from a closed stream"
# without a place to draw, messages still go where they should
rm -rf there && mkdir there
PATH=/nowhere "$tool" analyze log.csv --figure there/fig >out 2>err
grep -q "warning: no figure: gnuplot" err || fail "no warning without gnuplot"

# --- a disk that fills: a limit on the size of files, for us and for who draws or encodes for us ---
limited() # limited KIB COMMAND...: exit 1 with one clear message
{
    what="at most $1 KiB: ${*:2}"
    rm -rf there && mkdir there
    got=0
    # its words through a pipe, as a file of ours would be under the limit too
    (ulimit -f "$1" && exec "$tool" "${@:2}") 2>&1 | cat >err || got=$?
    [ "$got" = 1 ] || fail "exit $got ($what): $(cat err)"
    grep -Eq "cut short|cut it short|cannot write|ffmpeg failed" err || fail "no reason ($what): $(cat err)"
}
# shellcheck disable=SC2086
if has gnuplot; then
    limited 20 $tune
    left run.json tune.csv tune.json
    limited 20 $analyze
    left ""
fi
# shellcheck disable=SC2086
{
    limited 0 $rollout
    left ""
    limited 1 $check
    left ""
    limited 1 $demo
    left ""
    limited 0 $bench
    left ""
    grep -q "median ms" err || fail "what was measured is not shown: $(cat err)"
}
if has ffmpeg; then
    limited 20 rollout --task ur5e-conveyor --seeds 1 --quiet --video there/v.mp4
    left ""
    what="a video with room"
    "$tool" rollout --task ur5e-conveyor --seeds 1 --quiet --video there/v.mp4 >out 2>err
    left v.mp4
fi

# --- a disk that is full, where one may be mounted ---
if has unshare && unshare -rm true 2>/dev/null; then
    what="a disk of 64 KiB"
    rm -rf there && mkdir there
    unshare -rm sh -ec 'mount -t tmpfs -o size=64k none there; got=0; "$@" >out 2>err || got=$?
        echo $got >code; cp -r there copy' sh "$tool" $tune || fail "unshare"
    if has gnuplot; then
        [ "$(cat code)" = 1 ] || fail "exit $(cat code) ($what): $(cat err)"
    fi
    rm -rf there && mv copy there
    for file in there/*; do
        case $file in
        there/episodes | there/run.json | there/tune.csv | there/tune.json) ;;
        *) fail "$what left $file" ;;
        esac
    done
    python3 whole.py there || fail "after $what"
else
    echo "skipped: a full disk, as nothing may be mounted here"
fi

# --- what a killed run has left beside a target goes when the target is written ---
(exit 0) & dead=$!
wait "$dead"
what="after a killed run"
rm -rf there && mkdir there
echo half >"there/tune.csv.tmp-$dead-0"
echo half >"there/tune.png.tmp-$dead-0"
echo half >"there/tune.csv.tmp-$$-0" # we are alive
# shellcheck disable=SC2086
"$tool" $tune >out 2>err || fail "$(cat err)"
[ -e "there/tune.csv.tmp-$$-0" ] || fail "a living process lost its file"
rm "there/tune.csv.tmp-$$-0"
# shellcheck disable=SC2046
left $(files_of tune) $(has gnuplot || echo "tune.png.tmp-$dead-0")

# --- pipes: read once is fine, anything else is refused and not waited for ---
"$tool" analyze log.csv >want
"$tool" analyze - <log.csv >out && cmp out want || fail "analyze - from a file"
# shellcheck disable=SC2002
cat log.csv | "$tool" analyze - >out && cmp out want || fail "analyze - from a pipe"
"$tool" analyze <(cat log.csv) >out && cmp out want || fail "analyze from a named pipe"
mkfifo fifo
refused() # refused WORDS COMMAND...
{
    got=0
    timeout 20 "$tool" "${@:2}" >out 2>err </dev/null || got=$?
    [ "$got" = 1 ] || [ "$got" = 2 ] || fail "exit $got: ${*:2}: $(cat out err)"
    grep -qF -- "$1" err || fail "'$1' not in $(cat err) (${*:2})"
    [ "$(grep -vc '^Try ' err)" = 1 ] || fail "more than a line: $(cat err)"
}
cp -r "$root/policies/ur5e-conveyor" policy
rm policy/model.safetensors && mkfifo policy/model.safetensors
refused "policy/model.safetensors: a pipe, expected" rollout --task ur5e-conveyor --policy policy --seeds 1
refused "policy/model.safetensors: a pipe, expected" inspect policy
refused "fifo: a pipe, expected" inspect fifo
refused "fifo: a pipe, expected" metrics fifo
rm policy/config.json && mkfifo policy/config.json
refused "policy" bench --policy ./policy
refused "fifo" rollout --task fifo
refused "fifo" rollout --task ur5e-conveyor --platform fifo
mkfifo plan.yaml
refused "plan.yaml: a pipe, expected" rollout --task ur5e-pick-place --policy ur5e-pick-place-dit --seeds 1 \
    --point quant=plan.yaml
mkdir -p task && sed 's,^model: .*,model: fifo,' "$root/tasks/ur5e-conveyor/task.yaml" >task/task.yaml
mkfifo task/fifo
refused "task/fifo: a pipe, expected a readable MJCF file" rollout --task task/task.yaml --seeds 1
sed -i 's,^model: .*,model: scene.xml,' task/task.yaml
printf '<mujoco>\n<include file="fifo"/>\n</mujoco>\n' >task/scene.xml
refused "task/fifo: a pipe, expected a readable MJCF file" rollout --task task/task.yaml --seeds 1
mkdir run && mkfifo run/tune.json
refused "run/tune.json: a pipe, expected" analyze run

# --- a confirmation that fails does not cost what was found before ---
rm -rf there && mkdir there && echo "in the way" >there/confirm
got=0
"$tool" tune --task ur5e-conveyor --platform agx-orin-30w --steps 1,10 --seeds 40 --quiet --out there >out 2>err || got=$?
[ "$got" = 1 ] || fail "exit $got: $(cat out err)"
grep -qF "there/confirm" err || fail "the folder is not named: $(cat err)"
grep -qF "is best" out || fail "no verdict: $(cat out)"
[ -s there/tune.csv ] && [ -s there/tune.json ] || fail "files are lost"
echo "output: all as expected"
