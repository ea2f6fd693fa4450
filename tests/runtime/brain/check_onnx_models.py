#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Small models, made here, through `sweetspot rollout --policy onnx:FOLDER`: what is said of those that do not do.

    check_onnx_models.py SWEETSPOT       (run by test_onnx_models.sh)
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h

OBS, ROWS, DIM = 21, 16, 5
PLAIN = "model: model.onnx\ninputs: [{name: obs, role: state}]\n"


def model(nodes, inputs=None, outputs=None, constants=(), opset=16):
    inputs = inputs or [h.make_tensor_value_info("obs", T.FLOAT, [1, OBS])]
    outputs = outputs or [h.make_tensor_value_info("chunk", T.FLOAT, [1, ROWS, DIM])]
    graph = h.make_graph(nodes, "g", inputs, outputs, list(constants))
    m = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)])
    m.ir_version = 8
    return m.SerializeToString()


def tensor(name, values, kind=T.FLOAT):
    values = np.asarray(values)
    return h.make_tensor(name, kind, values.shape, values.flatten().tolist())


WEIGHTS = [tensor("w", np.full((OBS, ROWS * DIM), 0.001)), tensor("shape", [1, ROWS, DIM], T.INT64)]
LINEAR = [h.make_node("MatMul", ["obs", "w"], ["flat"]), h.make_node("Reshape", ["flat", "shape"], ["chunk"])]
good = model(LINEAR, constants=WEIGHTS)
info = h.make_tensor_value_info


def log_of_negative():
    """Its answer is no number, whatever it sees."""
    nodes = LINEAR[:1] + [h.make_node("Reshape", ["flat", "shape"], ["y"]),
                          h.make_node("Mul", ["y", "minus"], ["z"]), h.make_node("Abs", ["z"], ["a"]),
                          h.make_node("Sub", ["minus", "a"], ["b"]), h.make_node("Log", ["b"], ["chunk"])]
    return model(nodes, constants=WEIGHTS + [tensor("minus", [-1.0])])


CASES = [
    # (what, policy.yaml, bytes of the model, exit code, words)
    ("a good one", PLAIN, good, 0, "steps=1"),
    ("an open batch", PLAIN, model(LINEAR, [info("obs", T.FLOAT, ["batch", OBS])], constants=WEIGHTS), 0, "steps=1"),
    ("an unknown operator", PLAIN, model([h.make_node("Frobnicate", ["obs"], ["chunk"])]), 2, "Frobnicate"),
    ("an operator of a newer release", PLAIN, model(LINEAR, constants=WEIGHTS, opset=999), 2, "guarantees"),
    ("open dimensions", PLAIN, model(LINEAR, [info("obs", T.FLOAT, ["batch", "features"])], constants=WEIGHTS), 2,
     "'obs' has the shape [batch, features] in the model, expected a fixed one"),
    ("open dimensions, fixed", "model: model.onnx\ninputs: [{name: obs, role: state, shape: [1, 21]}]\n",
     model(LINEAR, [info("obs", T.FLOAT, ["batch", "features"])], constants=WEIGHTS), 0, "steps=1"),
    ("an open output", PLAIN, model(LINEAR, None, [info("chunk", T.FLOAT, [1, "horizon", DIM])], WEIGHTS), 0, "steps=1"),
    ("float16", PLAIN, model([h.make_node("Cast", ["obs"], ["o"], to=T.FLOAT),
                              h.make_node("MatMul", ["o", "w"], ["flat"]), LINEAR[1]],
                             [info("obs", T.FLOAT16, [1, OBS])], constants=WEIGHTS), 2, "'obs' is float16, expected"),
    ("a sequence", PLAIN, model([h.make_node("SequenceConstruct", ["obs"], ["chunk"])],
                                outputs=[h.make_tensor_sequence_value_info("chunk", T.FLOAT, [1, OBS])]), 2,
     "'chunk' is no tensor"),
    ("another observation", PLAIN, model([h.make_node("MatMul", ["obs", "v"], ["flat"]), LINEAR[1]],
                                         [info("obs", T.FLOAT, [1, 3])],
                                         constants=[tensor("v", np.ones((3, ROWS * DIM))), WEIGHTS[1]]), 2,
     "'obs' takes 3 numbers, the task's observation has 21"),
    ("a shape that lies", PLAIN, model(LINEAR, [info("obs", T.FLOAT, ["n", OBS])],
                                       constants=[WEIGHTS[0], tensor("shape", [1, ROWS, DIM + 1], T.INT64)]), 2,
     "'chunk' has the shape [1, 16, ?] in the model"),
    ("no numbers", PLAIN, log_of_negative(), 1, "not finite in entry 0 of action 0"),
    ("an empty file", PLAIN, b"", 2, "model.onnx: ONNX Runtime"),
    ("another file", PLAIN, b"\x89PNG\r\n\x1a\n" + bytes(1000), 2, "model.onnx: ONNX Runtime"),
    ("weights that are elsewhere", PLAIN, None, 2, "model.onnx: ONNX Runtime"),
]


def elsewhere():
    """Weights in a file that is not there."""
    m = onnx.load_from_string(good)
    for t in m.graph.initializer:
        if t.name == "w":
            t.ClearField("float_data")
            t.data_location = T.EXTERNAL
            for key, value in (("location", "nowhere.bin"), ("offset", "0"), ("length", str(OBS * ROWS * DIM * 4))):
                entry = t.external_data.add()
                entry.key, entry.value = key, value
    return m.SerializeToString()


def run(sweetspot, folder):
    return subprocess.run([sweetspot, "rollout", "--task", "ur5e-conveyor", "--policy", "onnx:" + folder,
                           "--seeds", "1"], capture_output=True, text=True, timeout=600)


def main():
    sweetspot = os.path.abspath(sys.argv[1])
    cases = list(CASES)
    # cut off at every eighth of its length, and with bytes turned over
    cases += [(f"{k}/8 of a file", PLAIN, good[:len(good) * k // 8], 2, "model.onnx: ONNX Runtime") for k in range(1, 8)]
    rng = np.random.default_rng(0)
    for k in range(20):
        broken = bytearray(good)
        for at in rng.integers(0, 200, 4):
            broken[at] ^= int(rng.integers(1, 256))
        cases.append((f"bytes turned over, {k}", PLAIN, bytes(broken), None, ""))
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        for what, text, data, code, words in cases:
            for name, content in (("policy.yaml", text.encode()), ("model.onnx", elsewhere() if data is None else data)):
                with open(os.path.join(work, name), "wb") as f:
                    f.write(content)
            done = run(sweetspot, work)
            said = done.stdout if code == 0 else done.stderr
            lines = done.stderr.splitlines()
            ok = done.returncode in ((code,) if code is not None else (0, 1, 2)) and words in said
            ok = ok and (done.returncode == 0 or (done.stdout == "" and len(lines) == 1))
            if not ok:
                bad += 1
                print(f"FAILED: {what}: exit {done.returncode}, expected {code} and '{words}':\n{done.stderr}{done.stdout}")
            else:
                print(f"{what}: {lines[0].split('policy: ')[-1][:150] if lines else 'runs'}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
