#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# LeRobot's own policies as ONNX files, against LeRobot. It needs Python 3.12 or later and gigabytes of PyTorch, so
# scripts/peers leaves it out: SPOT_LEROBOT is a Python that has lerobot[diffusion] 0.6 and onnx.
#     test_onnx_lerobot.sh PRINT_CHUNKS ROOT
set -euo pipefail
root=$2
. "$root/tests/runtime/brain/peers.sh"
if [ -z "${SPOT_LEROBOT:-}" ]; then
    echo "skipped: SPOT_LEROBOT names no Python with LeRobot"
    exit 77
fi
exec "$SPOT_LEROBOT" "$root/tests/runtime/brain/check_lerobot.py" "$1"
