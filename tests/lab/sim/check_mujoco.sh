#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# The library built against a MuJoCo that is not the system's, as -DMUJOCO_ROOT does for a user, and the simulator's tests
# run with it. scripts/peers brings it; skipped without.
#   check_mujoco.sh VERSION SOURCE_DIR        VERSION: 3.17 or 4.0
set -euo pipefail
version=$1
root=$(realpath "$2")
peers=${SPOT_PEERS:-$root/build/peers}
mujoco=$peers/mujoco-$version/mujoco
if [ ! -e "$mujoco/include/mujoco/mujoco.h" ]; then
    echo "skipped: no MuJoCo $version in $mujoco; scripts/peers makes it"
    exit 77
fi
build=$peers/build-mujoco-$version
# kept, so that a second run only builds what changed
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSPOT_WERROR=ON \
    -DSPOT_BUILD_BENCH=OFF -DSPOT_BUILD_EXAMPLES=OFF -DMUJOCO_ROOT="$mujoco" >"$peers/cmake-$version.log"
cmake --build "$build" --target simulator_tests sweetspot
# what was built says which MuJoCo it runs with
"$build/src/cli/sweetspot" --version | grep -F "MuJoCo $version"
# `fuzz` too: the corpus of task files
cd "$build"
ctest -R '^spot\.(sim\.|fuzz\.task$)' -E 'sim\.process' --output-on-failure --timeout 900
