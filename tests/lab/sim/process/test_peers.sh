#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Other people's simulators as worlds, by the Python that scripts/peers makes; skipped without it.
#   test_peers.sh SWEETSPOT SOURCE_DIR FOLDER CHECK      FOLDER of the peers: worlds or libero
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
python=${SPOT_PEERS:-$root/build/peers}/$3/bin/python3
if [ ! -x "$python" ]; then
    echo "skipped: no $python; scripts/peers makes it"
    exit 77
fi
export PYTHONPATH=$root/bindings/python PYTHONDONTWRITEBYTECODE=1 SPOT_DATA=$root
exec "$python" "$root/tests/lab/sim/process/$4" "$tool" "$root"
