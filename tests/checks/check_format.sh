#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Fails if a C or C++ file differs from what clang-format-14 makes of it.
#     check_format.sh ROOT
set -euo pipefail
cd "$1"
if ! command -v clang-format-14 >/dev/null; then
    echo "clang-format-14 is missing; scripts/setup installs it" >&2
    exit 1
fi
find src include tests bench examples -regex '.*\.\(c\|h\|cc\|cpp\)' -print0 |
    xargs -0 clang-format-14 --dry-run -Werror
echo "every file is formatted"
