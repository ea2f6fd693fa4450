#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Models that the package onnx writes, good, bad and broken, through the real ONNX Runtime and the tool.
#     test_onnx_models.sh SWEETSPOT ROOT
set -euo pipefail
sweetspot=$1 root=$2
. "$root/tests/runtime/brain/peers.sh"
exec "$peers/bin/python3" "$root/tests/runtime/brain/check_onnx_models.py" "$sweetspot"
