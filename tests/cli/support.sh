# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# For the tests of one verb, to be sourced: needs $tool and $verb; makes $work, a folder that goes away.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

# unwrap FILE: lines that were broken, with blanks in front of the rest, in one
unwrap()
{
    sed -i -e :a -e '$!N;s/\n \{10,\}/ /;ta' -e 'P;D' "$1"
}

# expect CODE WORDS ARGUMENTS...: the exit code, and WORDS on stderr, nothing on stdout
expect()
{
    code=$1
    words=$2
    shift 2
    set +e
    "$tool" "$verb" "$@" >"$work/out" 2>"$work/err"
    got=$?
    set -e
    [ "$got" = "$code" ] || fail "exit $got instead of $code: $verb $*: $(cat "$work/err")"
    grep -qF -- "$words" "$work/err" || fail "'$words' not in: $(cat "$work/err") ($verb $*)"
    [ ! -s "$work/out" ] || fail "a failure wrote to stdout: $verb $*"
}
