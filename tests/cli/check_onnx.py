#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""`sweetspot inspect`, `distortion` and `plan` of ONNX files that PyTorch wrote, against what PyTorch says of them.

    check_onnx.py SWEETSPOT SOURCE_DIR
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
except ImportError:
    print("skipped: no PyTorch here")
    sys.exit(77)

tool, root = sys.argv[1], Path(sys.argv[2])


def run(*args, code=0):
    done = subprocess.run([tool, *map(str, args)], capture_output=True, text=True,
                          env={**os.environ, "SPOT_DATA": str(root)})
    assert done.returncode == code, (args, done.returncode, done.stderr)
    return done.stdout if code == 0 else done.stderr


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(40, 30)
        self.conv = torch.nn.Conv1d(2, 3, 5)
        self.halves = torch.nn.Parameter(torch.randn(16, 9).half())
        self.index = torch.nn.Parameter(torch.tensor([1, 0, 1]), requires_grad=False)

    def forward(self, x):
        y = self.conv(self.first(x).reshape(1, 2, 15))
        return y.sum() * self.halves.float()[self.index].sum()


def main():
    torch.manual_seed(0)
    net = Network()
    work = Path(tempfile.mkdtemp(prefix="sweetspot-onnx-"))
    path = work / "net.onnx"
    torch.onnx.export(net, torch.zeros(1, 40), str(path), input_names=["obs"], output_names=["chunk"],
                      dynamic_axes={"obs": {0: "batch"}}, do_constant_folding=False)
    shown = json.loads(run("inspect", path, "--json"))
    assert shown["values"][0] == {"name": "obs", "is": "input", "dtype": "F32", "shape": [None, 40]}, shown["values"]
    assert [(v["name"], v["is"]) for v in shown["values"]] == [("obs", "input"), ("chunk", "output")]
    tensors = {t["name"]: t for t in shown["tensors"]}
    for name, w in net.named_parameters():
        t, a = tensors[name], w.detach().double().abs()
        assert t["shape"] == list(w.shape) and t["count"] == w.numel(), (name, t)
        if w.dtype == torch.int64:
            assert t["dtype"] == "I64" and t["found"] == "listed"
            continue
        assert t["dtype"] == ("F16" if w.dtype == torch.float16 else "F32"), t
        for key, value in (("mean_abs", a.mean()), ("min", w.double().min()), ("max", w.double().max())):
            assert abs(t[key] - float(value)) <= 1e-6 * abs(float(value)), (name, key, t[key], float(value))
    text = run("inspect", path)
    assert text.startswith("input obs  F32 [? x 40]\noutput chunk  F32 []\n\n"), text[:80]

    layers = json.loads(run("distortion", path, "--bits", 4, "--json"))
    assert {x["name"] for x in layers["layers"]} >= {"first.weight", "conv.weight", "halves"}, layers
    plan = json.loads(run("plan", "--model", path, "--agent", "paper-agent", "--server", "paper-server", "--max-delay",
                          "3.5", "--max-energy", 2, "--agent-flop", "1e9", "--server-flop", "1e9", "--json"))
    assert plan["model"] == "net.onnx" and plan["feasible"], plan

    draft = work / "policy.yaml"
    run("inspect", path, "--draft", draft)
    text = draft.read_text()
    assert 'model: "net.onnx"' in text and 'name: "obs"\n    role: state' in text and "shape: [1, 40]\n" in text, text
    assert 'output:\n  name: "chunk"' in text and "loop:" not in text, text
    assert "is there already" in run("inspect", path, "--draft", draft, code=2) and draft.read_text() == text
    assert "expected an ONNX model" in run("inspect", "ur5e-conveyor", "--draft", work / "no.yaml", code=2)
    step = work / "step.onnx"
    inputs = {"observation.state": torch.zeros(1, 7), "images.top": torch.zeros(1, 3, 8, 8), "x_t": torch.zeros(1, 16, 5),
              "timestep": torch.zeros(1), "num_steps": torch.zeros(1, dtype=torch.int64),
              'odd"name': torch.zeros(1, 4, dtype=torch.int64)}

    class Step(torch.nn.Module):
        def forward(self, *x):
            return x[2] * sum(v.float().mean() for v in x)

    torch.onnx.export(Step(), tuple(inputs.values()), str(step), input_names=list(inputs), output_names=["v"])
    run("inspect", step, "--draft", work / "step.yaml")
    text = (work / "step.yaml").read_text()
    for name, role in (("observation.state", "state"), ("images.top", "image"), ("x_t", "noise"), ("timestep", "time"),
                       ("num_steps", "steps"), ('odd\\"name', "constant")):
        assert f'name: "{name}"\n    role: {role} ' in text, (name, role, text)
    assert "loop: {rule: flow" in text and "image: {layout: chw, values: unit}" in text, text

    whole = path.read_bytes()
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        said = run("inspect", path, code=2)
        assert said.count("\n") == 1 and "net.onnx" in said, said
    name = whole.rindex(b"first.weight")  # of the tensor, not of a node's input
    path.write_bytes(whole[: name + 5] + b"\x00" + whole[name + 6 :])
    assert "byte 0" in run("inspect", path, code=2)
    print("ONNX files are as PyTorch wrote them")


if __name__ == "__main__":
    main()
