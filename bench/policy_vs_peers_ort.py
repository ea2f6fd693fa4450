# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The ONNX Runtime contenders of bench/policy_vs_peers.

    policy_vs_peers_ort.py POLICY_FOLDER DATA PRECISION HOW BATCH

Builds the ONNX graph of the transformer from DATA.npz (policy_vs_peers_torch.py) with what depends on
time alone as constants, keys and values of the observation once a chunk, and one product for q, k and
v. PRECISION: `fp32`, `int8` (quantize_dynamic, per channel, every MatMul with weights), or `int7`, the
same with weights of seven bits (reduce_range), which ONNX Runtime advises for CPUs whose products of bytes
saturate: AVX2 and AVX-512 without VNNI.
HOW the K steps are run: `unrolled` in one graph; `loop`, one graph with a Loop (fp32 only: what
quantize_dynamic makes of it does not load); `runs`, one run of a graph for the observation and K runs
of a graph for a step, with bound inputs and outputs. One thread. Attention is one node
(MultiHeadAttention): with int8 4 % faster than MatMul and Softmax nodes, with fp32 the same.
"""
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as oh, numpy_helper as nh
from onnxruntime.quantization import QuantType, quantize_dynamic

import policy_vs_peers_worker as worker

OPSET = [oh.make_opsetid("", 20), oh.make_opsetid("com.microsoft", 1)]


class Graph:
    """Nodes and constants; every method returns names of values."""

    def __init__(self, w, prefix=""):
        self.w, self.prefix, self.nodes, self.constants = w, prefix, [], {}
        self.eps, self.heads = float(w["eps"]), int(w["heads"])
        self.blocks = sum(k.startswith("modulation.") for k in w)

    def add(self, op, *inputs, n_out=1, **attributes):
        out = [f"{self.prefix}{op}{len(self.nodes)}.{i}" for i in range(n_out)]
        name = f"{self.prefix}{len(self.nodes)}"
        domain = "com.microsoft" if op == "MultiHeadAttention" else ""
        self.nodes.append(oh.make_node(op, inputs, out, name=name, domain=domain, **attributes))
        return out[0] if n_out == 1 else out

    def constant(self, name, value, dtype=np.float32):
        self.constants[name] = nh.from_array(np.ascontiguousarray(value, dtype), name)
        return name

    def linear(self, x, name):
        return self.add("MatMul", x, self.constant(name, self.w[name].T))

    def attend(self, q, k, v):
        return self.add("MultiHeadAttention", q, k, v, num_heads=self.heads)

    def norm(self, x, gain, shift):
        return self.add("LayerNormalization", x, gain, shift, axis=-1, epsilon=self.eps)

    def residual(self, h, gate, y):
        return self.add("Add", h, self.add("Mul", y, gate))

    def split(self, x, n):
        c = self.w["in_x"].shape[0]
        return self.add("Split", x, self.constant(f"split{n}", [c] * n, np.int64), n_out=n, axis=-1)

    def observe(self, obs):
        """Keys and values of each block."""
        w = self.w
        obs = self.add("Div", self.add("Sub", obs, self.constant("obs_mean", w["obs_mean"])),
                       self.constant("obs_std", w["obs_std"]))
        # One product makes all tokens: a group's columns are zero but for its features.
        d, sizes = len(w["obs_mean"]), [len(w["obs_mean"])] + list(w["groups"])
        c, a, weight = w["obs_fc1"].shape[0], 0, []
        for size in sizes:
            part = np.zeros((c, d), np.float32)
            part[:, a % d:a % d + size] = w["obs_fc1"][:, a:a + size]
            weight.append(part)
            a += size
        e = self.add("MatMul", obs, self.constant("obs_fc1", np.concatenate(weight).T))
        e = self.add("Reshape", e, self.constant("tokens", [-1, len(sizes), c], np.int64))
        e = self.add("Add", e, self.constant("obs_bias", w["obs_bias"]))
        e = self.linear(self.add("Gelu", e, approximate="tanh"), "obs_fc2")
        e = self.add("Add", e, self.constant("obs_fc2.bias", w["obs_fc2.bias"]))
        e = self.norm(e, self.constant("ones", np.ones(c)), self.constant("zeros", np.zeros(c)))
        return [self.split(self.linear(e, f"ca.kv.{i}"), 2) for i in range(self.blocks)]

    def fixed(self, k):
        """modulation(i) and (p, q) of step k as constants."""
        def vectors(name):
            return [self.constant(f"{name}.{k}.{j}", v) for j, v in enumerate(self.w[name][k])]
        return vectors, vectors("factors")

    def picked(self, k):
        """The same, picked by the value k."""
        def vectors(name):
            m = self.add("Gather", self.constant(name, self.w[name]), k, axis=0)
            rows = self.add("Split", m, axis=0, num_outputs=self.w[name].shape[1],
                            n_out=self.w[name].shape[1])
            shape = self.constant("flat", [-1], np.int64)
            return [self.add("Reshape", r, shape) for r in rows]
        return vectors, vectors("factors")

    def step(self, x, memory, modulation, factors):
        """x after one step."""
        h = self.add("Add", self.linear(x, "in_x"), self.constant("position", self.w["position"]))
        for i in range(self.blocks):
            m = modulation(f"modulation.{i}")
            y = self.linear(self.norm(h, m[0], m[1]), f"sa.qkv.{i}")
            h = self.residual(h, m[2], self.linear(self.attend(*self.split(y, 3)), f"sa.out.{i}"))
            y = self.linear(self.norm(h, m[3], m[4]), f"ca.q.{i}")
            h = self.residual(h, m[5], self.linear(self.attend(y, *memory[i]), f"ca.out.{i}"))
            y = self.linear(self.norm(h, m[6], m[7]), f"mlp.l1.{i}")
            h = self.residual(h, m[8], self.linear(self.add("Gelu", y, approximate="tanh"),
                                                   f"mlp.l2.{i}"))
        y = self.linear(self.norm(h, *modulation("final")), "out_proj")
        y = self.add("Add", y, self.constant("out_proj.bias", self.w["out_proj.bias"]))
        return self.add("Add", self.add("Mul", x, factors[0]), self.add("Mul", y, factors[1]))

    def finish(self, x):
        x = self.add("Mul", x, self.constant("action_std", self.w["action_std"]))
        return self.add("Add", x, self.constant("action_mean", self.w["action_mean"]))

    def proto(self, inputs, outputs, name="policy"):
        infos = [[oh.make_tensor_value_info(n, t, s) for n, (t, s) in side] for side in (inputs, outputs)]
        return oh.make_graph(self.nodes, name, *infos, list(self.constants.values()))


def types(w):
    t, a = w["position"].shape[0], w["in_x"].shape[1]
    return ((T.FLOAT, ["b", len(w["obs_mean"])]), (T.FLOAT, ["b", t, a]),
            (T.FLOAT, ["b", 1 + len(w["groups"]), w["in_x"].shape[0]]))


def whole(w, loop):
    """From observations and noise to a chunk in one graph."""
    g, steps = Graph(w), len(w["factors"])
    obs, x, _ = types(w)
    memory, value = g.observe("obs"), "noise"
    if loop:
        body = Graph(w, "body.")
        out = body.step("x", memory, *body.picked("k"))
        again = body.add("Identity", "go")
        body = body.proto([("k", (T.INT64, [])), ("go", (T.BOOL, [])), ("x", x)],
                          [(again, (T.BOOL, [])), (out, x)], "step")
        value = g.add("Loop", g.constant("K", steps, np.int64), "", "noise", body=body)
    else:
        for k in range(steps):
            value = g.step(value, memory, *g.fixed(k))
    return g.proto([("obs", obs), ("noise", x)], [(g.finish(value), x)])


def parts(w):
    """A graph for the observation, one for a step, one for the end."""
    obs, x, memory = types(w)
    first, step, last = Graph(w), Graph(w), Graph(w)
    names = [n for pair in first.observe("obs") for n in pair]
    pairs = [names[2 * i:2 * i + 2] for i in range(step.blocks)]
    out = step.step("x", pairs, *step.picked("k"))
    return (first.proto([("obs", obs)], [(n, memory) for n in names]),
            step.proto([("x", x), ("k", (T.INT64, []))] + [(n, memory) for n in names], [(out, x)]),
            last.proto([("x", x)], [(last.finish("x"), x)]))


def session(graph, path, precision):
    model = oh.make_model(graph, opset_imports=OPSET, ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    if precision != "fp32":
        quantize_dynamic(path, path, per_channel=True, weight_type=QuantType.QInt8, reduce_range=precision == "int7",
                         op_types_to_quantize=["MatMul"], extra_options={"EnableSubgraph": True,
                                        "DefaultTensorType": T.FLOAT})
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def in_runs(sessions, obs, noise, steps):
    """A function without arguments that makes a chunk by runs of the parts."""
    first, step, last = sessions
    ks = [ort.OrtValue.ortvalue_from_numpy(np.array(k, np.int64)) for k in range(steps)]
    memory = [o.name for o in first.get_outputs()]
    out = step.get_outputs()[0].name
    x = [ort.OrtValue.ortvalue_from_numpy(noise.copy()) for _ in range(3)]
    kv = first.run_with_ort_values(None, {"obs": ort.OrtValue.ortvalue_from_numpy(obs)})
    before, end = first.io_binding(), last.io_binding()
    before.bind_cpu_input("obs", obs)
    bindings = [step.io_binding() for _ in range(steps)]
    for name, value in zip(memory, kv):
        before.bind_ortvalue_output(name, value)
        for b in bindings:
            b.bind_ortvalue_input(name, value)
    for k, b in enumerate(bindings):
        b.bind_ortvalue_input("k", ks[k])
        b.bind_ortvalue_input("x", x[0] if k == 0 else x[1 + k % 2])
        b.bind_ortvalue_output(out, x[1 + (k + 1) % 2])
    end.bind_ortvalue_input("x", x[1 + steps % 2])
    end.bind_output(last.get_outputs()[0].name)

    def chunk():
        first.run_with_iobinding(before)
        for b in bindings:
            step.run_with_iobinding(b)
        last.run_with_iobinding(end)
        return end.copy_outputs_to_cpu()[0]
    return chunk


def main():
    folder, data, precision, how, batch = sys.argv[1:5] + [int(sys.argv[5])]
    with open(os.path.join(folder, "config.json")) as f:
        obs, noise = worker.inputs(data, batch, json.load(f))
    w = dict(np.load(data + ".npz"))
    path = f"{data}.{precision}.{how}"
    if how == "runs":
        sessions = [session(g, f"{path}.{i}.onnx", precision) for i, g in enumerate(parts(w))]
        chunk = in_runs(sessions, obs, noise, len(w["factors"]))
    else:
        s = session(whole(w, how == "loop"), path + ".onnx", precision)
        chunk = lambda: s.run(None, {"obs": obs, "noise": noise})[0]  # noqa: E731
    worker.serve(f"ort {ort.__version__} {precision} {how}", chunk, chunk)


if __name__ == "__main__":
    main()
