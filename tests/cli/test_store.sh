#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `sweetspot tune --store` as a user meets it: killed and started again, against folders, and what is refused.
#
#   test_store.sh SWEETSPOT SOURCE_DIR
set -eu
tool=$1
root=$2
verb=tune
. "$root/tests/cli/support.sh"
cd "$root"

points="--task ur5e-conveyor --platform agx-orin-30w --steps 1,3 --seeds 50 --seed 100 --threads 2"

# episodes FILE: all of them as text, in order, by point and purpose; fails if one is there twice
episodes()
{
    python3 - "$1" <<'EOF_PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
rows = db.execute("SELECT p.purpose, p.point, e.* FROM episodes e JOIN points p ON p.id = e.point_id"
                  " ORDER BY p.purpose, p.place, e.seed").fetchall()
rows = [r[:2] + r[3:] for r in rows]  # without the number of the point
assert len({r[:3] for r in rows}) == len(rows), "an episode is there twice"
for r in rows:
    print(*r, sep=",")
EOF_PY
}

# --- a folder, a store, and a store whose runs are killed again and again: the same bytes ---
"$tool" tune $points --out "$work/folder" --quiet >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
"$tool" tune $points --out "$work/file" --store "$work/file.sqlite" --quiet >"$work/out" 2>"$work/err" ||
    fail "$(cat "$work/err")"
cmp "$work/folder/tune.json" "$work/file/tune.json" || fail "folder and file differ"
cmp "$work/folder/tune.csv" "$work/file/tune.csv" || fail "folder and file differ"
grep -q "data: .*/tune.json $work/file.sqlite" "$work/out" || fail "the store is not named: $(cat "$work/out")"
[ ! -e "$work/file/episodes" ] && [ ! -e "$work/file/confirm" ] || fail "folders beside a store"
python3 - "$work" <<'EOF_PY' || fail "the file does not hold what the folders do"
import csv, pathlib, sqlite3, sys
work = pathlib.Path(sys.argv[1])
db = sqlite3.connect(work / "file.sqlite")
db.row_factory = sqlite3.Row
n = 0
for purpose, folder in (("tune", "episodes"), ("confirm", "confirm")):
    for path in sorted((work / "folder" / folder).glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        point = path.stem.replace("_", " ")
        for row in csv.DictReader(lines[1:]):
            got = db.execute("SELECT e.* FROM episodes e JOIN points p ON p.id = e.point_id WHERE purpose = ?"
                             " AND point = ? AND seed = ?", (purpose, point, int(row["seed"]))).fetchall()
            assert len(got) == 1, (purpose, point, row["seed"])
            for name, text in row.items():
                value = got[0][name]
                same = text == (value or "") if isinstance(value, (str, type(None))) else float(text) == value
                assert same, (name, text, value)  # what is undefined is empty here and NULL there
            n += 1
assert n == db.execute("SELECT count(*) FROM episodes").fetchone()[0] and n >= 150, n
EOF_PY

killed=0
for want in 1 60 120; do
    "$tool" tune $points --out "$work/killed" --store "$work/killed.sqlite" --quiet >"$work/out" 2>&1 &
    pid=$!
    # killed once so many episodes are kept, wherever it is then
    python3 - "$work/killed.sqlite" "$want" "$pid" <<'EOF_PY' && killed=$((killed + 1))
import os, signal, sqlite3, sys, time
path, want, pid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for _ in range(6000):
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        n = db.execute("SELECT count(*) FROM episodes").fetchone()[0]
        db.close()
    except sqlite3.OperationalError:
        n = 0
    if n >= want:
        break
    time.sleep(0.02)
try:
    os.kill(pid, signal.SIGKILL)
except ProcessLookupError:
    sys.exit(1)
EOF_PY
    wait "$pid" 2>/dev/null || true
done
[ "$killed" -ge 1 ] || fail "no run was killed"
[ ! -e "$work/killed/tune.json" ] || fail "a killed run says that it is done"
verb=analyze
expect 2 "its last run is not finished, seed" "$work/killed.sqlite"
verb=tune
episodes "$work/killed.sqlite" >"$work/part" || fail "killed: $(cat "$work/part")"
n=$(wc -l <"$work/part")
[ "$n" -ge 1 ] && [ "$n" -lt "$(episodes "$work/file.sqlite" | wc -l)" ] || fail "killed with $n episodes"
"$tool" tune $points --out "$work/killed" --store "$work/killed.sqlite" --quiet >"$work/out" 2>"$work/err" ||
    fail "$(cat "$work/err")"
cmp "$work/file/tune.json" "$work/killed/tune.json" || fail "a killed run gives another result"
episodes "$work/file.sqlite" >"$work/whole"
episodes "$work/killed.sqlite" | cmp - "$work/whole" || fail "a killed run holds other episodes"

# --- read back; analyze says of the store what it says of the folder ---
"$tool" tune $points --out "$work/killed" --store "$work/killed.sqlite" >"$work/out" 2>"$work/err"
grep -q "3 of 3 points read back from $work/killed.sqlite" "$work/err" || fail "not read back: $(cat "$work/err")"
"$tool" analyze "$work/folder" --json >"$work/a" && "$tool" analyze "$work/killed.sqlite" --json >"$work/b"
cmp "$work/a" "$work/b" || fail "analyze differs"
cp "$work/killed.sqlite" "$work/by-another.name"
"$tool" analyze "$work/by-another.name" --json | cmp - "$work/a" || fail "a store is known by its name alone"

# --- what is refused, by name, and left as it was ---
run="--task ur5e-conveyor --platform agx-orin-30w --steps 1 --seeds 2 --out $work/refused"
printf 'point,success\nsteps=1,1\n' >"$work/log.csv"
cp "$work/log.csv" "$work/log.sqlite"
expect 2 "$work/log.csv: no SQLite file, expected a SQLite file of sweetspot tune" $run --store "$work/log.csv"
cmp "$work/log.csv" "$work/log.sqlite" || fail "a file that was refused was written to"
expect 2 "$work/no/such.sqlite" $run --store "$work/no/such.sqlite"
expect 2 "--store: '', expected the name of a file" $run --store ""
[ ! -e "$work/refused" ] || fail "a refused run left $(find "$work/refused")"
head -c 9000 "$work/file.sqlite" >"$work/cut.sqlite"
expect 2 "$work/cut.sqlite: damaged" $run --store "$work/cut.sqlite"
verb=analyze
expect 2 "$work/log.sqlite: no SQLite file" "$work/log.sqlite"
expect 2 "$work/cut.sqlite: damaged" "$work/cut.sqlite"
python3 -c "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE t(x)')" "$work/other.sqlite"
expect 2 "$work/other.sqlite: a SQLite file of something else" "$work/other.sqlite"
echo "ok"
