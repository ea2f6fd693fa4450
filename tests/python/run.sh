#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Runs a file of tests by pytest; ends with 77, and says why, where Python, pytest or all that it tests is not there.
#     run.sh PYTHON|peers[/FOLDER] FILE      peers: of scripts/peers, in build/peers or SPOT_PEERS
set -euo pipefail
python=$1
case $python in
peers*)
    folder=${SPOT_PEERS:-$(cd "$(dirname "$0")/../.." && pwd)/build/peers}
    python=$folder${python#peers}/bin/python3
    ;;
esac
if ! "$python" -c 'import numpy, pytest' 2>/dev/null; then
    echo "skipped: no $python with numpy and pytest; scripts/setup and scripts/peers install them"
    exit 77
fi
said=$("$python" -B -m pytest -q -rs -p no:cacheprovider "$2") || { echo "$said"; exit 1; }
echo "$said"
case ${said##*$'\n'} in
*passed*) ;;
*) exit 77 ;; # all of it was skipped
esac
