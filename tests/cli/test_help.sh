#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# The manual page and the completions know every verb and every option that the help pages show.
#   test_help.sh SWEETSPOT SOURCE_DIR
set -euo pipefail
tool=$(realpath "$1")
source=$(realpath "$2")
verb=help
. "$source/tests/cli/support.sh"
export SPOT_DATA=$source
PATH=$(dirname "$tool"):$PATH
cd "$work"

for form in man bash zsh fish; do
    "$tool" help "$form" >"$form" 2>err || fail "help $form: $(cat err)"
    [ -s "$form" ] && [ ! -s err ] || fail "help $form: $(cat err)"
done
bash -n bash || fail "no bash"
if command -v zsh >/dev/null; then zsh -n zsh || fail "no zsh"; fi
if command -v fish >/dev/null; then fish -n fish || fail "no fish"; fi
if command -v man >/dev/null; then
    man --warnings -l man >page 2>warnings || fail "man -l: $(cat warnings)"
    [ ! -s warnings ] || fail "man -l: $(cat warnings)"
fi

# complete WORDS...: what bash offers for the last of them
complete()
{
    bash -c 'source ./bash; complete -p sweetspot >/dev/null || exit 1
        COMP_WORDS=(sweetspot "$@"); COMP_CWORD=$#
        _sweetspot sweetspot "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"' complete "$@"
}

# The oracle is what people read: the verbs of `help`, the options of each verb's --help.
"$tool" --help >verbs
n_verb=0
n_option=0
for verb in $(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' verbs); do
    n_verb=$((n_verb + 1))
    complete "" >offered
    grep -qx -- "$verb" offered || fail "no completion of $verb: $(cat offered)"
    grep -qx -- "\.SH SWEETSPOT $verb" man || fail "no manual of $verb"
    "$tool" "$verb" --help >page
    "$tool" help "$verb" | cmp - page || fail "help $verb is not $verb --help"
    complete "$verb" "--" | sort >offered
    sed -n '/^Options:/,/^$/s/^  \(--[a-z0-9-]*\).*/\1/p' page | sort >options
    cmp options offered || fail "options of $verb: $(diff options offered)"
    sed -n "/^\.SH SWEETSPOT $verb$/,/^\.SH/p" man >part
    while read -r option; do
        n_option=$((n_option + 1))
        [ "$option" = --help ] && continue
        grep -qF -- "$(printf '%s' "$option" | sed 's/-/\\-/g')" part || fail "no manual of $verb $option"
        sed -n "/^    $verb)/,/;;/p" zsh >found
        grep -q -- "$option\[" found || fail "zsh lacks $verb $option"
        grep -q -- "from $verb' -l ${option#--} " fish || fail "fish lacks $verb $option"
    done <options
done
[ "$n_verb" -ge 13 ] && [ "$n_option" -ge 150 ] || fail "$n_verb verbs, $n_option options"

# names of what there is, and files otherwise
complete rollout --task ur5e-con >found
grep -qx ur5e-conveyor found || fail "no name of a task"
complete tune --platform agx >found
grep -qx agx-orin-30w found || fail "no name of a platform"
complete check pre >found
grep -qx press-button found || fail "no task for check"
[ -z "$(complete rollout --episodes e)" ] || fail "a name where a file is wanted"
complete tune "--o" >found
grep -qx -- --out found || fail "no option from its beginning"

# what is installed
build=$(dirname "$tool")
while [ ! -e "$build/CMakeCache.txt" ] && [ "$build" != / ]; do build=$(dirname "$build"); done
for page in man/sweetspot.1 bash/sweetspot zsh/_sweetspot fish/sweetspot.fish; do
    cmp "$build/pages/$page" "${page%%/*}" || fail "the build's $page is not what the tool prints"
done
echo "help: $n_verb verbs, $n_option options"
