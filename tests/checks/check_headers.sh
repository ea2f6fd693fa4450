#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Every public header compiles alone, twice in a row, as C11 and as C++11, without a warning; and
# carries licence, guard and extern "C".
#     check_headers.sh ROOT CC CXX
set -euo pipefail
cd "$1"
cc=$2
cxx=$3
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror)
status=0
for header in include/spot/*.h; do
    name=spot/$(basename "$header")
    unit=$(printf '#include "%s"\n#include "%s"\nint spot_header_unit;\n' "$name" "$name")
    "$cc" -std=c11 "${warnings[@]}" -Iinclude -fsyntax-only -x c - <<<"$unit" ||
        { echo "$header: does not compile alone as C11"; status=1; }
    "$cxx" -std=c++11 "${warnings[@]}" -Iinclude -fsyntax-only -x c++ - <<<"$unit" ||
        { echo "$header: does not compile alone as C++11"; status=1; }
    guard=SPOT_$(basename "$header" .h | tr '[:lower:]' '[:upper:]')_H
    grep -q "^#ifndef $guard\$" "$header" || { echo "$header: no guard $guard"; status=1; }
    head -n 1 "$header" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
        { echo "$header: no SPDX line"; status=1; }
    # what declares a function or type needs C linkage
    if grep -q -E 'SPOT_API|^typedef' "$header" && ! grep -q '^extern "C" {' "$header"; then
        echo "$header: no extern \"C\""
        status=1
    fi
done
[ $status -eq 0 ] && echo "every public header stands alone"
exit $status
