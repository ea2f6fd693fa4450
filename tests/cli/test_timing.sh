#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `sweetspot timing`: figures against those that check_timing.py computes by walking along the chunks; misuse is refused.
#
#   test_timing.sh SWEETSPOT SOURCE_DIR
set -eu
tool=$1
root=$2
verb=timing
. "$root/tests/cli/support.sh"
cd "$work"

run()
{
    set +e
    "$tool" timing "$@" >out 2>err
    got=$?
    set -e
    [ ! -s err ] || fail "timing $*: $(cat err)"
    unwrap out
    tr '\n' ' ' <out | sed 's/  */ /g' >flat
}

says()
{
    grep -qF -- "$1" flat || fail "'$1' not in: $(cat out)"
}

# --- the question that people ask: 200 ms at 25 Hz with chunks of 8 cannot be ---
run --latency-ms 200 --rate-hz 25 --horizon 8
[ "$got" = 1 ] || fail "not feasible must exit 1, got $got"
says "latency 200.0 ms = 5.000 control steps of 40.0 ms (25 Hz); a chunk has H = 8 actions"
says "d = 5 on either clock"
says "so s >= d = 5; and the new chunk starts behind its first 5 actions, so s <= H - d = 3."
says "a horizon of at least 10, or a latency of at most 160.0 ms (d = 4), or control at up to 20 Hz"
says "the robot stands still for 200.0 ms before each chunk"
run --latency-ms 400 --rate-hz 25 --horizon 8
says "the latency is longer than a whole chunk, 8 actions or 320.0 ms"
[ "$got" = 1 ] || fail "exit $got"
run --latency-ms 50 --rate-hz 25 --horizon 1
says "It would be with a horizon of at least 4."
# ... and 16 can
run --latency-ms 200 --rate-hz 25 --horizon 16
[ "$got" = 0 ] || fail "exit $got: $(cat out)"
says "Execute s = 5..11 actions of each chunk, and begin the next inference after s - d of them"
says "Start the new chunk with its action 5"
says "execute=5 overlap=5 align=skip"
run --latency-ms 200 --rate-hz 25 --horizon 16 --execute 8
says "Execute s = 8 actions"
says "execute=8 overlap=5 align=skip."
run --latency-ms 200 --rate-hz 25 --horizon 16 --execute 4
[ "$got" = 1 ] || fail "exit $got"
says "Not feasible with s = 4: the next chunk takes d = 5 steps"
says "expected s = 5..11"
run --latency-ms 200 --rate-hz 25 --horizon 16 --execute 12
[ "$got" = 1 ] || fail "exit $got"
says "Not feasible with s = 12: d > H - s, the first d = 5 of the 16 actions are past when the chunk is there, and 11"
# clocks that differ: 210 ms are 5.25 steps
run --latency-ms 210 --rate-hz 25 --horizon 16
says "d = 6 on the exact clock: the fewest actions that hide the latency"
says "d = 5 on the paper clock: the latency in whole steps, ties to even"
# no latency at all
run --latency-ms 0 --rate-hz 25 --horizon 2
says "execute=1 overlap=0."
run --latency-ms 1 --rate-hz 100 --horizon 100
says "... up to s = 99 (--json has them all)"

# --- recorded latencies, platforms ---
{
    echo latency_ms
    i=0
    while [ $i -lt 100 ]; do
        echo $((100 + i))
        i=$((i + 1))
    done
} >calls.csv
run --latency-trace calls.csv --rate-hz 25 --horizon 16
says "latency 194.0 ms = 4.850 control steps"
says "which 95 % of the calls do not exceed: mean 149.5 ms, spread 28.9 ms, longest 199.0 ms"
says "measured: calls.csv: 100 recorded calls"
run --latency-trace calls.csv --rate-hz 25 --horizon 16 --cover 100
says "latency 199.0 ms"
run --latency-trace calls.csv --rate-hz 25 --horizon 16 --cover 1
says "latency 100.0 ms"
run --latency-trace calls.csv --rate-hz 25 --horizon 16 --cover 0.1
says "latency 100.0 ms"
(cd "$root" && "$tool" timing --platform agx-orin-30w --charge-as dp-vit-dit --point steps=5 --rate-hz 10 --horizon 16) >out
tr '\n' ' ' <out | sed 's/  */ /g' >flat
says "latency 440.0 ms = 4.400 control steps"
says "modelled: affine law"

# --- JSON, against a second way ---
n=0
for args in "--latency-ms 200 --rate-hz 25 --horizon 8" "--latency-ms 200 --rate-hz 25 --horizon 16" \
    "--latency-ms 210 --rate-hz 25 --horizon 14" "--latency-ms 33.3 --rate-hz 30 --horizon 5 --execute 2" \
    "--latency-ms 0 --rate-hz 30 --horizon 3" "--latency-trace calls.csv --rate-hz 30 --horizon 20" \
    "--latency-trace calls.csv --rate-hz 30 --horizon 20 --cover 50 --execute 9" \
    "--latency-ms 50 --rate-hz 30 --horizon 4" "--latency-ms 200 --rate-hz 25 --horizon 16 --execute 4"; do
    n=$((n + 1))
    "$tool" timing $args --json >"$n.json" || [ $? = 1 ] || fail "timing $args --json"
done
python3 "$root/tests/cli/check_timing.py" calls.csv ./*.json

# --- misuse ---
good="--rate-hz 25 --horizon 8"
expect 2 "expected one of the three" $good
expect 2 "expected one of the three" $good --latency-ms 5 --latency-trace calls.csv
expect 2 "expected one of the three" $good --latency-ms 5 --platform rtx-4070 --charge-as pi05
expect 2 "--latency-ms -1: expected 0 to" $good --latency-ms=-1
expect 2 "--latency-ms 86400001: expected 0 to" $good --latency-ms 86400001
expect 2 "--rate-hz 0: expected" --latency-ms 5 --horizon 8
expect 2 "--rate-hz 100001: expected" --latency-ms 5 --horizon 8 --rate-hz 100001
expect 2 "--horizon 0: expected" --latency-ms 5 --rate-hz 25
expect 2 "--horizon 4097: expected" --latency-ms 5 --rate-hz 25 --horizon 4097
expect 2 "--execute 9: expected 1..8" $good --latency-ms 5 --execute 9
expect 2 "--execute -1" $good --latency-ms 5 --execute=-1
expect 2 "--cover 0: expected" $good --latency-ms 5 --cover 0
expect 2 "--cover 101: expected" $good --latency-ms 5 --cover 101
expect 2 "--platform and --charge-as: expected both" $good --platform rtx-4070
expect 2 "--platform and --charge-as: expected both" $good --latency-ms 5 --charge-as pi05
expect 2 "--point: expected with" $good --latency-ms 5 --point steps=5
expect 2 "--point: " $good --latency-trace calls.csv --point speed=5
expect 2 "--point: expected with steps=N" $good --platform "$root/platforms/rtx-4070.yaml" --charge-as pi05
expect 2 "has no class nope" $good --platform "$root/platforms/rtx-4070.yaml" --charge-as nope --point steps=1
expect 2 "no-such.csv: cannot open" $good --latency-trace no-such.csv
printf 'point,latency_ms\nsteps=5,3\n' >point.csv
expect 2 "has no rows for 'steps=2" $good --latency-trace point.csv --point steps=2
echo "timing: ok"
