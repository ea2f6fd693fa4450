#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Builds what needs no third-party library for 64-bit Arm, with warnings as errors, runs its programs
# under qemu-user, and clang-tidy over the NEON files, which are empty for other CPUs.
#     check_neon.sh ROOT BUILD GENERATOR      exit status 77: skipped, a tool is missing
set -euo pipefail
unset CFLAGS LDFLAGS # those of this computer
root=$1
build=$2
generator=$3

skip() {
    echo "skipped: $1 is missing; scripts/setup installs it on Debian and Ubuntu"
    exit 77
}
for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v "$tool" >/dev/null || skip "$tool"
done
libc=/usr/aarch64-linux-gnu/lib/libc.so # where cmake/aarch64.cmake looks for all of it
[ -e "$libc" ] || skip "$libc"

cmake -S "$root" -B "$build" -G "$generator" --toolchain "$root/cmake/aarch64.cmake" \
    -DSPOT_BARE=ON -DSPOT_WERROR=ON
cmake --build "$build" --parallel 2
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel 2
if command -v clang-tidy-14 >/dev/null; then
    find "$root/src" -name '*neon*.c' -print0 | xargs -0 -n1 clang-tidy-14 --quiet -p "$build"
fi
