#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# A policy server behind rollout and tune: what is said of it, and what becomes of one that fails.
#   test_remote.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
source=$(realpath "$2")
. "$source/tests/cli/support.sh"
export SPOT_DATA=$source
cd "$work"
task=ur5e-conveyor
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# serve ARGUMENTS...: a server of the standard library alone; $url is where it is
serve()
{
    [ -z "$server" ] || kill "$server"
    rm -f port
    "$source/tests/cli/policy_server.py" port "$@" &
    server=$!
    for _ in $(seq 100); do
        [ ! -f port ] || break
        sleep 0.1
    done
    url=ws://127.0.0.1:$(cat port)
}

# A server that answers the same gives the same episodes, whatever the threads; it is not known to.
serve 16 5
"$tool" rollout --task $task --policy "$url" --seeds 4 --threads 1 --quiet --episodes one.csv >out
unwrap out
grep -q "policy     not reproducible: the policy is a server" out || fail "text: $(cat out)"
"$tool" rollout --task $task --policy "$url" --seeds 4 --threads 2 --quiet --episodes two.csv --json >out
diff <(grep -v '^#' one.csv) <(grep -v '^#' two.csv) || fail "one thread and two differ"
grep -q '"reproducible": false' out || fail "JSON: $(cat out)"
"$tool" rollout --task $task --seeds 1 --quiet --json >out
grep -q '"reproducible": true' out || fail "JSON of a policy: $(cat out)"

"$tool" tune --task $task --policy "$url" --platform agx-orin-30w --execute 4,8 --overlap 0,2 --seeds 4 --quiet \
    --out run >out 2>err || fail "tune: $(cat err)"
grep -q "^not reproducible: the policy is a server" out || fail "table: $(cat out)"
grep -q '"reproducible": false' run/tune.json || fail "tune.json"
[ "$(grep -c '^steps=1 overlap=[02].*,ws://' run/tune.csv)" = 6 ] || fail "points: $(cat run/tune.csv)"
"$tool" tune --task $task --policy "$url" --platform agx-orin-30w --execute 4,8 --overlap 0,2 --seeds 4 --quiet \
    --out run >out 2>err || fail "tune again: $(cat err)"
"$tool" tune --task $task --policy "$url" --platform agx-orin-30w --execute 4,8 --overlap 0,2 --seeds 4 \
    --out run >out 2>err || fail "tune once more: $(cat err)"
grep -q "points read back from .*; the server is known by its address alone" err || fail "read back: $(cat err)"

# Our own server: the same bytes as without one, noise and memory included, and nothing to be said of it.
for policy in ur5e-conveyor ur5e-wrist-pick; do
    kill "$server"
    : >served
    "$tool" serve --policy $policy --point steps=2 --port 0 >/dev/null 2>served &
    server=$!
    own=
    for _ in $(seq 600); do
        own=$(sed -n 's/.* on \(ws:.*\); Ctrl-C ends it$/\1/p' served)
        [ -z "$own" ] || break
        sleep 0.1
    done
    "$tool" rollout --task $policy --policy "$own" --seeds 2 --delay-ms 150 --point overlap=2 --threads 2 --quiet \
        --episodes remote.csv >out
    "$tool" rollout --task $policy --seeds 2 --delay-ms 150 --point "steps=2 overlap=2" --quiet --episodes native.csv >/dev/null
    diff <(grep -v '^#' remote.csv) <(grep -v '^#' native.csv) || fail "$policy through serve differs"
    if grep -q "not reproducible" out; then fail "our own server: $(cat out)"; fi
    grep -q "at steps=2 overlap=2" out || fail "the point that is served: $(cat out)"
done

# Knobs that it does not have are refused by name.
serve 16 5
verb=rollout
expect 2 "steps: 5, expected" --task $task --policy "$url" --seeds 1 --quiet --point steps=5
expect 2 "quant: w8a8, expected fp32: this brain has no such knob" --task $task --policy "$url" --seeds 1 --quiet \
    --point quant=w8a8

# A task whose actions have another size.
serve 16 4
expect 2 "the server gives actions of 4 entries, expected 5 as in the task" --task $task --policy "$url" --seeds 1
printf 'url: %s\naction: {columns: [0, 1, 2, 3, 0]}\n' "$url" >columns.yaml
expect 2 "columns.yaml:2: columns: 0 again" --task $task --policy remote:columns.yaml --seeds 1

# A connection that is lost costs its episode and no other: question 0 is the probe.
serve 16 5 goodbye:2,2
code=0
"$tool" rollout --task $task --policy "$url" --seeds 4 --threads 1 --quiet --episodes lost.csv >out 2>err || code=$?
[ "$code" = 0 ] || fail "exit $code: $(cat err)"
unwrap out
grep -q "invalid    1 of 4 episodes, in no figure below; seed 0: ws://.*closed the connection with code 1001: going away" \
    out || fail "text: $(cat out)"
diff <(grep -v '^#' one.csv | tail -3) <(grep -v '^#' lost.csv | tail -3) || fail "the others differ"

# Three in a row end the job, with the line of the last.
serve 16 5 goodbye:2,999
expect 1 "3 episodes in a row were lost; the last: ws://" --task $task --policy "$url" --seeds 9 --threads 1 --quiet

# Another horizon in mid-episode.
serve 16 5 grows:2
expect 1 "the episode of seed 0 broke off: $url: the server gives 17 actions of 5 entries, expected 16 of 5" \
    --task $task --policy "$url" --seeds 2 --threads 1 --quiet

# A key, from the file or from the environment.
serve 16 5 key:4711
expect 1 "401" --task $task --policy "$url" --seeds 1 --quiet
printf 'url: %s\napi_key: "4711"\n' "$url" >key.yaml
"$tool" rollout --task $task --policy remote:key.yaml --seeds 1 --quiet >/dev/null
printf 'url: %s\napi_key_env: SPOT_TEST_KEY\n' "$url" >key.yaml
SPOT_TEST_KEY=4711 "$tool" rollout --task $task --policy remote:key.yaml --seeds 1 --quiet >/dev/null

# Nobody there, and addresses that are none.
expect 1 "connection refused, expected a policy server there" --task $task --policy ws://127.0.0.1:1 --seeds 1
expect 2 "TLS is not supported" --task $task --policy wss://127.0.0.1:1 --seeds 1
expect 2 "none.yaml: cannot open" --task $task --policy remote:none.yaml --seeds 1
echo "policy servers behave, or are refused"
