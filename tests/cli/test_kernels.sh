#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# `--kernels`: whole episodes are the same bytes with the reference and with every table that this CPU can run.
#   test_kernels.sh SWEETSPOT SOURCE_DIR [SEEDS]     SEEDS a case, 2 without it
set -euo pipefail
tool=$(realpath "$1")
root=$(realpath "$2")
seeds=${3:-2}
verb=rollout
. "$root/tests/cli/support.sh"
export SPOT_DATA=$root
cd "$work"

compared=0
while IFS='|' read -r task policy point; do
    "$tool" rollout --task "$task" --policy "$policy" --delay-ms 300 --point "$point" \
        --seeds "$seeds" --kernels reference --episodes reference.csv --quiet >/dev/null
    for kernels in avx2 avx512 neon; do
        set +e
        "$tool" rollout --task "$task" --policy "$policy" --delay-ms 300 --point "$point" \
            --seeds "$seeds" --kernels "$kernels" --episodes other.csv --quiet >/dev/null 2>err
        code=$?
        set -e
        if [ "$code" -ne 0 ]; then
            grep -q "kernels '$kernels': this build or CPU has none such" err || fail "$kernels: $(cat err)"
            continue
        fi
        cmp reference.csv other.csv || fail "$task at $point: $kernels gives other episodes than reference"
        compared=$((compared + 1))
    done
done <<'END'
ur5e-conveyor|ur5e-conveyor|steps=5
press-button|press-button|steps=2 overlap=4
ur5e-pick-place|ur5e-pick-place|steps=3
ur5e-pick-place|ur5e-pick-place-dit|steps=2
ur5e-pick-place|ur5e-pick-place-dit|steps=2 quant=bf16
ur5e-pick-place|ur5e-pick-place-dit|steps=2 quant=w8a8
ur5e-pick-place|ur5e-pick-place-dit|steps=2 quant=w4-t3
ur5e-wrist-pick|ur5e-wrist-pick|steps=2
END
expect 2 "--kernels: 'abacus', expected one of: reference" --task press-button --kernels abacus --seeds 1
[ "$compared" -gt 0 ] || echo "this CPU runs the reference alone"
echo "kernels: $compared comparisons, the same bytes"
