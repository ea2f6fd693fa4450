#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Episodes of a policy that is asked over a wire, by `serve` and `--policy ws://`, are those of the policy itself.
#   test_served_episodes.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
verb=serve
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

# same POLICY TASK STEPS SEEDS: by two server threads, for three threads of episodes
same()
{
    : >"$work/err"
    "$tool" serve --policy "$1" --point "steps=$3" --port 0 --threads 2 >"$work/out" 2>"$work/err" &
    pid=$!
    port=
    for _ in $(seq 600); do
        port=$(sed -n 's/.* on ws:.*:\([0-9]*\); Ctrl-C ends it$/\1/p' "$work/err")
        [ -z "$port" ] || break
        kill -0 "$pid" || fail "it does not serve: $(cat "$work/err")"
        sleep 0.1
    done
    "$tool" rollout --task "$2" --policy "$1" --point "steps=$3 overlap=2" --delay-ms 250 --seeds "$4" --quiet \
        --episodes "$work/native.csv" >/dev/null
    "$tool" rollout --task "$2" --policy "ws://127.0.0.1:$port" --point "overlap=2" --delay-ms 250 --seeds "$4" \
        --threads 3 --quiet --episodes "$work/served.csv" >/dev/null
    # all but the line that names the policy
    [ "$(grep -c '^[0-9]' "$work/native.csv")" -ge "$4" ] || fail "no episodes: $(head -3 "$work/native.csv")"
    cmp <(grep -v '^#' "$work/native.csv") <(grep -v '^#' "$work/served.csv") || fail "$1: other episodes"
    kill -INT "$pid"
    wait "$pid" || fail "it ended with $?"
    pid=
    grep -q "^answered [1-9][0-9]* requests of [1-9].*, refused 0$" "$work/out" || fail "$(cat "$work/out")"
}

same ur5e-conveyor ur5e-conveyor 2 24
same ur5e-wrist-pick ur5e-wrist-pick 2 8
