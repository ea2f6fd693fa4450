#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# `sweetspot inspect` of models as people have them: in several files, of any type, with many tensors, not fetched.
#
# Usage: test_inspect.sh TOOL
set -eu

tool=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"

die() {
    echo "test_inspect: $*" >&2
    exit 1
}

# refused CODE WORDS ARGUMENTS: one line of a message, which has the words, and nothing on stdout
refused() {
    want=$1
    words=$2
    shift 2
    got=0
    "$tool" inspect "$@" >out 2>err || got=$?
    [ "$got" -eq "$want" ] || die "inspect $*: exit $got, expected $want"
    grep -F -- "$words" err >/dev/null || die "inspect $*: $(cat err), expected '$words'"
    [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || die "inspect $*: $(cat out err), expected one line"
}

python3 - <<'EOF'
import json, os, random, struct

def write(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)

rng = random.Random(7)
law = lambda n: struct.pack(f"<{n}f", *(rng.expovariate(1) * rng.choice([-1, 1]) for _ in range(n)))
flat = lambda n: struct.pack(f"<{n}f", *(rng.uniform(-1, 1) for _ in range(n)))
write("mixed.safetensors", {"w": ("F32", [4, 1000], law(4000)), "u": ("F32", [5000], flat(5000)),
                            "q": ("F4", [10], bytes(5)), "s": ("F8_E8M0", [2], bytes(2)), "c": ("C64", [2], bytes(16)),
                            "e": ("F32", [0], b"")})
one = lambda: ("F32", [100], law(100))
for n in (40, 41):
    write(f"many{n}.safetensors", {f"t{i:02}": one() for i in range(n)})
write("big/m-00002.safetensors", {"a": one(), "b": ("I64", [1], bytes(8))})
write("big/m-00001.safetensors", {"c": ("F16", [2, 2], struct.pack("<4e", 1, 1, 1, 1))})
names = {"a": "m-00002.safetensors", "b": "m-00002.safetensors", "c": "m-00001.safetensors"}
index = lambda path, names: (os.makedirs(path, exist_ok=True),
    json.dump({"metadata": {"total_size": 416}, "weight_map": names}, open(path + "/model.safetensors.index.json", "w")))
index("big", names)
index("absent", {"a": "m-00009.safetensors"})
index("above", {"a": "../big/m-00001.safetensors"})
write("lacks/m.safetensors", {"a": one()})
index("lacks", {"a": "m.safetensors", "b": "m.safetensors"})
write("extra/m.safetensors", {"a": one(), "b": one()})
index("extra", {"a": "m.safetensors"})
for f in ("lfs.safetensors", "lfs.onnx"):
    open(f, "w").write("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n")
EOF

# A summary first, each type by itself.
"$tool" inspect mixed.safetensors >text
head -1 text | grep -qx "6 tensors, 9014 weights, 36 kB" || die "$(head -1 text)"
grep -qx "  F4: 1 tensor, 10 weights, 5 bytes" text || die "no F4: $(cat text)"
grep -qx "  F32: 3 tensors, 9000 weights, 36 kB" text || die "no F32: $(cat text)"
grep -q "law fits 1 of the 2 " text || die "no fit: $(cat text)"
grep -q "^q  F4 \[10\]  10 elements, not fitted: dtype" text || die "no details: $(cat text)"

# Details of at most 40 tensors, of more with --all.
"$tool" inspect many40.safetensors >text
[ "$(grep -c "^t.*F32" text)" -eq 40 ] || die "40 tensors without details"
grep -qx "all are F32" text || die "$(head -5 text)"
"$tool" inspect many41.safetensors >text
if grep -q "^t.*F32" text || ! grep -q -e "--all" text; then die "41 tensors: $(cat text)"; fi
"$tool" inspect many41.safetensors --all >text
[ "$(grep -c "^t.*F32" text)" -eq 41 ] || die "--all without details"
[ "$(head -1 text)" = "41 tensors, 4100 weights, 16.4 kB" ] || die "$(head -1 text)"
TMPDIR=/nowhere "$tool" inspect many41.safetensors --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
s = d["summary"]
assert len(d["tensors"]) == s["tensors"] == s["fitted"] == 41 and s["weights"] == 4100 and s["bytes"] == 16400, s
assert s["fit_law"] == sum(t["ks"] <= 0.042 for t in d["tensors"]), s
assert s["dtypes"] == [{"dtype": "F32", "tensors": 41, "weights": 4100, "bytes": 16400}], s'

# Several files: by the index, and by the folder that has only that. distortion and plan read them too.
"$tool" inspect big/model.safetensors.index.json --json >a.json
"$tool" inspect big --json >b.json
cmp a.json b.json || die "a folder is not its index"
python3 - <<'EOF'
import json
d = json.load(open("a.json"))
assert [t["name"] for t in d["tensors"]] == ["a", "b", "c"] and d["file"].endswith(".index.json"), d
assert d["summary"]["tensors"] == 3 and d["summary"]["bytes"] == 416, d["summary"]
EOF
"$tool" distortion big | grep -q "^c: 4 weights" || die "distortion of several files"

refused 2 "m-00009.safetensors: cannot open" absent
refused 2 "expected the plain name of one beside the index" above
refused 2 "lacks/m.safetensors: no tensor 'b'" lacks
refused 2 "extra/m.safetensors: tensor 'b': the weight_map of model.safetensors.index.json lacks it" extra
refused 2 "lfs.safetensors: is a Git LFS pointer, expected the file itself (git lfs pull" lfs.safetensors
refused 2 "lfs.onnx: is a Git LFS pointer, expected the file itself (git lfs pull" lfs.onnx
mkdir empty
refused 2 "empty/model.safetensors: cannot open" empty

# A header made to cost memory: 20 MB of tensors without elements, or of brackets, in at most four times its size.
python3 - <<'EOF'
import struct
entry = '"%d":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}'
text = ("{" + ",".join(entry % i for i in range(340000)) + "}").encode()
open("many.safetensors", "wb").write(struct.pack("<Q", len(text)) + text)
text = b'{"a":' + b"[" * 10000000 + b"]" * 10000000 + b"}"
open("deep.safetensors", "wb").write(struct.pack("<Q", len(text)) + text)
EOF
limited() {
    (ulimit -v 100000 && "$tool" "$@")
}
if limited inspect mixed.safetensors >/dev/null 2>&1; then # not where a sanitizer takes terabytes
    limited inspect many.safetensors >text || die "many tensors in 100 MB"
    [ "$(head -1 text)" = "340000 tensors, 0 weights, 0 bytes" ] || die "$(head -1 text)"
    got=0
    limited inspect deep.safetensors >out 2>err || got=$?
    [ "$got" -eq 2 ] && grep -q "more than 4096 bytes" err || die "deep: $got, $(cat err)"
fi
