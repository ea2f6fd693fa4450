#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# `sweetspot serve` as a program: it says where it is, answers, ends in order, and refuses what it cannot serve.
#   test_serve.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
verb=serve
root=$(realpath "$2")
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
small=$root/tests/fixtures/flow_mixer_small
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

# start ARGUMENTS...: in the background; sets $pid and $port once it serves
start()
{
    : >"$work/err" # the one before has its line in it
    "$tool" serve --port 0 "$@" >"$work/out" 2>"$work/err" &
    pid=$!
    for _ in $(seq 600); do
        port=$(sed -n 's/.* on ws:.*:\([0-9]*\); Ctrl-C ends it$/\1/p' "$work/err")
        [ -z "$port" ] || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    fail "it does not serve: $(cat "$work/err")"
}

# finish SIGNAL: it must end with 0
finish()
{
    kill -s "$1" "$pid"
    code=0
    wait "$pid" || code=$?
    pid=
    [ "$code" = 0 ] || fail "exit $code after $1: $(cat "$work/err")"
}

# health: what GET /healthz says, last line
health()
{
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    timeout 20 head -n 20 <&3 | tr -d '\r' | tail -n 1
    exec 3<&- 3>&-
}

start --policy "$small" --point steps=2
grep -qF "sweetspot serve: $small at steps=2 overlap=0 on ws://127.0.0.1:$port; Ctrl-C ends it" "$work/err" ||
    fail "the ready line: $(cat "$work/err")"
[ "$(health)" = OK ] || fail "healthz"
# garbage instead of HTTP, and a second server on the same port
exec 3<>"/dev/tcp/127.0.0.1/$port"
head -c 3000 /dev/zero >&3 || true
exec 3<&- 3>&-
got=0
"$tool" serve --policy "$small" --port "$port" >"$work/out2" 2>"$work/err2" || got=$?
[ "$got" = 1 ] || fail "exit $got for a port that is taken"
grep -qF "cannot listen on 127.0.0.1, port $port: Address already in use" "$work/err2" || fail "$(cat "$work/err2")"
[ "$(health)" = OK ] || fail "healthz after garbage"
finish INT
[ "$(cat "$work/out")" = "answered 0 requests of 0 of 0 clients, refused 0" ] || fail "$(cat "$work/out")"

# the policy of a task, SIGTERM, JSON
start --task ur5e-conveyor --json --threads 1
grep -qF "ur5e-conveyor at steps=10" "$work/err" || fail "$(cat "$work/err")"
finish TERM
python3 - "$work/out" "$port" <<'EOF_PY' || fail "JSON: $(cat "$work/out")"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["kind"] == "sweetspot-serve" and d["policy"] == "ur5e-conveyor", d
assert d["address"] == f"ws://127.0.0.1:{sys.argv[2]}", d
assert d["clients"] == d["answered"] == d["refused"] == 0 and d["infer_s"]["p50"] is None, d
EOF_PY

# what is worth a word: who may ask, and what it remembers
start --policy "$root/tests/fixtures/dit_history" --host 0.0.0.0
grep -qF "whoever reaches 0.0.0.0 may ask: there is no authentication" "$work/err" || fail "$(cat "$work/err")"
grep -qF "remembers what a client tells it by spot/past" "$work/err" || fail "$(cat "$work/err")"
finish INT

expect 2 "--policy: missing, expected a policy's name"
expect 2 "policy 'nope': not found" --policy nope
expect 2 "task 'nope': not found" --task nope
expect 2 "--point: unknown key 'colour'" --policy "$small" --point colour=1
expect 2 "overlap: 2, expected 0: the client decides it, not the server" --policy "$small" --point overlap=2
expect 2 "--task ur5e-conveyor: it has observations of" --policy "$small" --task ur5e-conveyor
expect 2 "connections: 0, expected 1 to 4096" --policy "$small" --connections 0
expect 2 "port: 70000, expected 0 to 65535" --policy "$small" --port 70000
expect 2 "--threads 1000, expected 1..256" --policy "$small" --threads 1000
expect 2 "cannot listen on nowhere: expected a numeric address" --policy "$small" --host nowhere
expect 2 "abacus" --policy "$small" --kernels abacus
expect 2 "'here': belongs to no option" --policy "$small" here
