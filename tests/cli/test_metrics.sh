#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# `sweetspot metrics` on CSV: what is read, what is refused and how it is said; figures. Numbers against numpy:
# check_metrics.py.
#   test_metrics.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
verb=metrics
root=$(realpath "$2")
. "$root/tests/cli/support.sh"
cd "$work"

# x = t^3 along one axis at 10 Hz: jerk is 6 m/s3 whoever looks
python3 - <<'EOF_PY'
rows = [(i / 10, (i / 10) ** 3, 0.5 * i, i % 2) for i in range(12)]
def write(name, head, columns):
    with open(name, "w", encoding="utf-8") as f:
        f.write(head + "\n")
        f.writelines(",".join(repr(c) for c in r) + "\n" for r in columns)
write("good.csv", "time_s,ee_x_m,q1_rad,a1", rows)
write("other.csv", "t,x,joint,a1,mood", [(*r, 1) for r in rows])
write("late.csv", "time_s,ee_x_m", [(t + (0.01 if t == 0.5 else 0), x) for t, x, *_ in rows])
write("same.csv", "time_s,ee_x_m", [(min(t, 0.7), x) for t, x, *_ in rows])
write("long.csv", "time_s,a1", [(i * 0.01, i % 7) for i in range(1, 20001)])
EOF_PY

"$tool" metrics good.csv --position-noise-m 1e-4 >out 2>err
[ ! -s err ] || fail "$(cat err)"
grep -q "^good.csv: 12 samples at 10 Hz (by their time stamps)$" out || fail "$(cat out)"
grep -Eq "^ee_rms_jerk_difference +6 +m/s3 +lower +difference, 10 Hz +0.44721 " out || fail "$(cat out)"
grep -Eq "^ee_rms_jerk_savgol +6 +m/s3 +lower +savgol, 10 Hz +0.040825 " out || fail "$(cat out)"
grep -Eq "^energy_abs_j +- +J .* no torques$" out || fail "$(cat out)"
grep -q "ignores copper loss" out || fail "$(cat out)"

"$tool" metrics good.csv --position-noise-m 1e-4 --map a1=unused --map=q1_rad=unused >two
grep -Eq "^action_rate_per_s .* no actions$" two && grep -Eq "^joint_path_rad .* no joint positions$" two || fail "$(cat two)"

# --map, columns that are not read, several files and their means
"$tool" metrics other.csv --map t=time_s,x=ee_x_m,joint=q1_rad --position-noise-m 1e-4 >mapped 2>err
grep -q "other.csv: columns not used: mood" err || fail "$(cat err)"
diff <(grep "^[a-z_]* .* " out | grep -v "from\|samples") \
    <(grep "^[a-z_]* .* " mapped | grep -v "from\|samples") || fail "a map changes numbers"
"$tool" metrics good.csv late.csv >out
grep -q "samples are not equally spaced in time: .*ee_msj_difference (1 of 2)" <(tr -s '\n ' ' ' <out) || fail "$(cat out)"
grep -Eq "^late.csv +12 +- " out || fail "$(cat out)"
"$tool" metrics late.csv >out
grep -q "not equally spaced: 0.09 to 0.11 s apart" out || fail "$(cat out)"
"$tool" metrics late.csv --map time_s=unused --control-hz 10 >out
grep -q "12 samples at 10 Hz (as given)" out || fail "$(cat out)"
"$tool" metrics long.csv --json >out
python3 -c '
import json
t = json.load(open("out"))["trajectories"][0]
assert t["samples"] == 20000 and abs(t["rate_hz"] - 100) < 1e-6, t
rate = t["metrics"]["action_rate_per_step"]["value"]
want = sum(abs((i + 1) % 7 - i % 7) for i in range(1, 20000)) / 19999
assert abs(rate - want) < 1e-7, (rate, want)'

# --- the command ---
expect 2 "no FILE: expected"
expect 2 "--position-noise-m -1: expected more than 0" good.csv --position-noise-m -1
expect 2 "--control-hz -1: expected more than 0" good.csv --control-hz -1
expect 2 "expected both" good.csv --motor-resistance-ohm 1
expect 2 "expected both" good.csv --motor-resistance-ohm 1,2 --torque-constant-nm-a 1
expect 2 "more than 0" good.csv --motor-resistance-ohm 1 --torque-constant-nm-a 0
expect 2 "nowhere.csv: cannot open" nowhere.csv
expect 2 "$work: " "$work"

# --- the file ---
bad() # bad WORDS TEXT [OPTIONS]
{
    printf '%b' "$2" >bad.csv
    expect 2 "$1" bad.csv "${@:3}"
    [ "$(wc -l <err)" = 1 ] || fail "more than a line: $(cat err)"
}
bad "bad.csv: empty" ''
bad "bad.csv: empty" '# a note\n'
bad "bad.csv: no samples" 'time_s,a1\n'
bad "bad.csv:1: no column of a robot" 'time_s,mood\n1,2\n'
bad "bad.csv:1: no column time_s" 'a1\n1\n2\n'
bad "bad.csv:1: time stamps and a rate" 'time_s,a1\n1,2\n' --control-hz 10
bad "bad.csv:1: column 'time_ms': expected its unit as '_s'" 'time_ms,a1\n1,2\n'
bad "bad.csv:1: column 'q1_deg': expected its unit as '_rad'" 'time_s,q1_deg\n1,2\n'
bad "bad.csv:1: column 'ee_x': expected its unit as '_m'" 'time_s,ee_x\n1,2\n'
bad "bad.csv:1: column 'tau1': expected its unit as '_nm'" 'time_s,tau1\n1,2\n'
bad "bad.csv:1: column 'a1' twice" 'time_s,a1,a1\n1,2,3\n'
bad "number 2 is missing" 'time_s,q1_rad,q3_rad\n1,2,3\n'
bad "number 1 is missing" 'time_s,ee_y_m,ee_z_m\n1,2,3\n'
bad "1 columns of joint_rad_s, expected 2" 'time_s,q1_rad,q2_rad,dq1_rad_s\n1,2,3,4\n'
bad "bad.csv:3: 1 columns, expected 2" 'time_s,a1\n1,2\n2\n'
bad "bad.csv:3: column 2: 'nan', expected a number" 'time_s,a1\n1,2\n2,nan\n'
bad "bad.csv:3: column 2: '', expected a number" 'time_s,a1\n1,2\n2,\n'
bad "bad.csv:3: column 1: 'inf', expected a number" 'time_s,a1\n1,2\ninf,1\n'
bad "bad.csv:3: time_s 1, expected later than the 1 before it" 'time_s,a1\n1,2\n1,3\n'
bad "map: 'a1', expected old=new" 'time_s,a1\n1,2\n' --map a1
bad "map: 'a1=', expected old=new" 'time_s,a1\n1,2\n' --map a1=
bad "bad.csv: no column 'b1' that the map names" 'time_s,a1\n1,2\n' --map b1=a2
bad "map: 'speed' is no column that is understood" 'time_s,a1\n1,2\n' --map a1=speed
expect 2 "same.csv:10: time_s 0.7" same.csv
expect 2 "constants of 2 motors for 1 joints" good.csv --motor-resistance-ohm 1,2 --torque-constant-nm-a 1,2
# the second file is broken: no half of a result
printf 'time_s,a1\n1,2\n2\n' >bad.csv
expect 2 "bad.csv" good.csv bad.csv

# --- figures: whole or absent ---
if command -v gnuplot >/dev/null; then
    "$tool" metrics good.csv --position-noise-m 1e-4 --figure one.svg >out 2>err || fail "$(cat err)"
    "$tool" metrics good.csv other.csv --map time_s=time_s --figure no >out 2>err && fail "other.csv has no time_s"
    [ ! -e no.svg ] || fail "a figure of a failure"
    "$tool" metrics good.csv good.csv late.csv --figure many >out 2>err || fail "$(cat err)"
    for figure in one many; do
        python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' $figure.svg
        [ "$(head -c 4 $figure.png | tail -c 3)" = PNG ] || fail "$figure.png"
    done
    for words in "third difference, 10 Hz" "noise alone, Savitzky-Golay" "speed (m/s)"; do
        grep -qF -- "$words" one.svg || fail "one.svg lacks '$words'"
    done
    grep -q "trajectory 2" many.svg || fail "many.svg names no trajectory"
    "$tool" metrics long.csv --figure none >out 2>err || fail "$(cat err)"
    grep -q "warning: no figure: nothing to draw" err || fail "$(cat err)"
    [ ! -e none.svg ] || fail "an empty figure"
fi
