#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# Logs as people have them, read without options: figures, settings, pairs, and what is refused with a hint.
#
#   test_logs.sh SWEETSPOT SOURCE_DIR
set -eu
tool=$1
root=$2
verb=analyze
. "$root/tests/cli/support.sh"
logs=$root/tests/fixtures/logs

python3 "$root/tests/cli/check_logs.py" "$tool" "$logs" || fail "figures do not follow"

# --- the table of names in the documentation is the tool's ---
"$tool" analyze --columns >"$work/columns"
python3 - "$work/columns" "$root/docs/analyze.md" <<'PY' || fail "docs/analyze.md lacks what --columns prints"
import sys
table, text = (open(path, encoding="utf-8").read() for path in sys.argv[1:])
sys.exit(table not in text)
PY

# --- two sessions in one log ---
printf 'point,seed,day,success\nfull,1,mon,1\nfull,2,mon,1\nlight,1,mon,0\nfull,1,tue,0\nlight,1,tue,1\n' >"$work/two.csv"
expect 2 "two.csv:5: column seed: '1' is there twice at 'full', first in line 2; two sessions in one log? --session COLUMN" \
    "$work/two.csv"
"$tool" analyze "$work/two.csv" --session Day >"$work/out" 2>&1 || fail "--session: $(cat "$work/out")"
"$tool" analyze "$work/two.csv" --map seed= >"$work/out" 2>&1 || fail "--map seed=: $(cat "$work/out")"
expect 2 "two.csv:1: no column 'night' that --session names" "$work/two.csv" --session night
printf 'point,seed,success\nfull,7,1\n' >"$work/a.csv"
printf 'point,seed,success\nlight,3,1\nfull,7,1\n' >"$work/b.csv"
expect 2 "b.csv:3: column seed: '7' is there twice at 'full', first in line 2 of $work/a.csv" "$work/a.csv" "$work/b.csv"

# --- numbers of other countries ---
refuses()
{
    printf 'point,success,time_s\nfull,1,"%s"\n' "$1" >"$work/cell.csv"
    expect 2 "cell.csv:2: column time_s: '$1', expected a finite number or an empty cell; $2" "$work/cell.csv"
}
refuses "0,85" "decimals behind a point, not a comma"
refuses "1,234" "a comma parts neither decimals"
refuses "1,234,567" "no comma may part thousands"
refuses "1,234.5" "no comma may part thousands"
refuses "1.234,5" "no comma may part thousands"
refuses "1 234.5" "nothing may part thousands"
refuses "95%" "without the percent sign"
refuses "95,5 %" "without the percent sign"
echo "ok"
