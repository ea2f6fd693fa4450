#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# `sweetspot serve` against openpi's own client, by the Python that scripts/peers makes; skipped without it.
#   test_serve_peers.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
python=${SPOT_PEERS:-$root/build/peers}/bin/python3
if [ ! -x "$python" ]; then
    echo "skipped: no $python; scripts/peers makes it"
    exit 77
fi
export SPOT_DATA=$root
"$python" "$root/tests/cli/check_serve.py" "$tool" "$root"

# The lines of the documentation, as they are printed; the server that they take for granted goes first.
work=$(mktemp -d)
sed -n '/^## Our policies served to anybody/,/^## /p' "$root/docs/bring-your-own-policy.md" >"$work/section"
sed -n '/^```sh/,/^```$/p' "$work/section" | sed '/^```/d' >"$work/server.sh"
sed -n '/^```python/,/^```$/p' "$work/section" | sed '/^```/d' >"$work/client.py"
[ -s "$work/client.py" ] && [ "$(wc -l <"$work/client.py")" -le 15 ]
sed -e "s|^sweetspot|exec '$tool'|" -e 's|--port 8000|--port 0|' -i "$work/server.sh"
: >"$work/err"
bash "$work/server.sh" 2>"$work/err" >"$work/out" &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
port=
for _ in $(seq 600); do
    port=$(sed -n 's/.* on ws:.*:\([0-9]*\); Ctrl-C ends it$/\1/p' "$work/err")
    [ -z "$port" ] || break
    sleep 0.1
done
sed -i "s/8000/$port/" "$work/client.py"
[ "$("$python" "$work/client.py")" = "(16, 5)" ]
kill -INT "$pid"
wait "$pid"
