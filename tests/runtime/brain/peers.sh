# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Sourced by the tests against peers: finds them (scripts/peers), or ends the test as skipped.
# Sets $peers and SPOT_ONNXRUNTIME. $root is the source tree.
peers=${SPOT_PEERS:-$root/build/peers}
if [ ! -x "$peers/bin/python3" ]; then
    echo "skipped: no peers in $peers; scripts/peers makes them"
    exit 77
fi
SPOT_ONNXRUNTIME=$(find "$peers" -name 'libonnxruntime.so.*' | head -1)
if [ -z "$SPOT_ONNXRUNTIME" ]; then
    echo "skipped: no ONNX Runtime in $peers; scripts/peers installs it"
    exit 77
fi
export SPOT_ONNXRUNTIME
