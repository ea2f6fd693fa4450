#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Eight folders that `tune` leaves, over tasks, schedules and knobs, are judged by `analyze` to the same document;
# with the two of test_json.sh these are ten.
#   test_one_court.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SPOT_DATA=$root
cd "$work"

n=0
tune()
{
    n=$((n + 1))
    "$tool" tune "$@" --quiet --confirm 0 --out "run-$n" >/dev/null 2>err || { cat err; exit 1; }
}
fast="--platform agx-orin-30w --seeds 6"
tune --task ur5e-conveyor $fast --steps 1,2,5
tune --task ur5e-conveyor $fast --steps 2 --overlap 0,2,4
tune --task ur5e-conveyor $fast --steps 1,3 --speed 1.5 --clock paper
tune --task ur5e-conveyor $fast --steps 2 --execute 4,8
tune --task ur5e-conveyor $fast --steps 1,2 --goal time
tune --task press-button --platform rtx-4070 --seeds 4 --steps 1,2
tune --task press-button --platform agx-orin-50w --seeds 4 --steps 2,5 --schedule cadence
tune --task ur5e-pick-place --platform rtx-4070 --seeds 3 --steps 1
python3 "$root/tests/cli/check_one_court.py" "$tool" run-*
