#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# Installs the build into a temporary folder and builds and runs consumers of each component, through
# find_package and through pkg-config.
#     check_install.sh ROOT BUILD CC
set -euo pipefail
root=$1
build=$2
cc=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || {
    cat "$work/install.log"
    exit 1
}

# the manual page and the completions
for page in man/man1/sweetspot.1 bash-completion/completions/sweetspot zsh/site-functions/_sweetspot \
    fish/vendor_completions.d/sweetspot.fish; do
    [ -s "$work/prefix/share/$page" ] || { echo "not installed: share/$page"; exit 1; }
done

# find_package: one configure builds a consumer of each component
cp -r "$root/tests/checks/consumer" "$work/consumer"
cmake -S "$work/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER="$cc"
cmake --build "$work/build"
for component in core runtime lab shared; do
    "$work/build/consumer_$component"
done
"$work/build/consumer_analysis" "$root/tasks/ur5e-conveyor/task.yaml"
# a component that does not exist is refused by name
if cmake -S "$work/consumer" -B "$work/none" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCOMPONENTS=nonsense >"$work/none.log" 2>&1; then
    echo "find_package(spot COMPONENTS nonsense) was accepted"
    exit 1
fi
grep -q 'no component' "$work/none.log" || { cat "$work/none.log"; exit 1; }

# pkg-config: what it says is all that a compiler needs. The libraries name the folder that the build
# was configured for, so the prefix is given anew.
pc_dir=$(dirname "$(find "$work/prefix" -name spot.pc)")
for module in spot-core:core spot-runtime:runtime spot:lab sweetspot:shared; do
    name=${module%%:*}
    component=${module##*:}
    flags=$(PKG_CONFIG_PATH=$pc_dir pkg-config --define-variable=prefix="$work/prefix" \
        --cflags --libs "$name")
    # shellcheck disable=SC2086 # flags are words
    "$cc" -std=c11 -Wall -Werror "$root/tests/checks/consumer/$component.c" $flags \
        -o "$work/pc_$component"
    LD_LIBRARY_PATH=$(dirname "$pc_dir") "$work/pc_$component"
done

# The C function of docs/bring-your-own-policy.md, as printed.
awk '/^#include <spot\/spot.h>$/ { on = 1 } /^```$/ { on = 0 } on' "$root/docs/bring-your-own-policy.md" >"$work/mine.c"
flags=$(PKG_CONFIG_PATH=$pc_dir pkg-config --define-variable=prefix="$work/prefix" --cflags --libs sweetspot)
# shellcheck disable=SC2086 # flags are words
"$cc" "$work/mine.c" -o "$work/mine" $flags
(cd "$root" && LD_LIBRARY_PATH=$(dirname "$pc_dir") "$work/mine" >"$work/mine.txt")
grep -q 'overlap=4 align=skip' "$work/mine.txt" || { cat "$work/mine.txt"; exit 1; }

# The shared library is asked for by a name that says which releases will do, and by no one for what is
# inside: its consumer needs it and the C library, the others do not need it.
version=$(PKG_CONFIG_PATH=$pc_dir pkg-config --modversion sweetspot)
case $version in
0.*) soname=libsweetspot.so.${version%.*} ;;
*) soname=libsweetspot.so.${version%%.*} ;;
esac
for program in "$work"/pc_* "$work"/build/consumer_*; do
    needs=$(readelf -d "$program" | sed -n '/\[libc\./d; s/.*(NEEDED).*\[\(.*\)\]/\1/p')
    case $program in
    *_shared) [ "$needs" = "$soname" ] ;;
    *_analysis) [ "$needs" = "${soname/sweetspot/sweetspot-analysis}" ] ;;
    *) [[ $needs != *libsweetspot* ]] ;;
    esac || { echo "${program##*/} needs: $needs"; exit 1; }
done
echo "consumers of core, runtime, lab and the shared library build and run"
