# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The PyTorch contenders of bench/policy_vs_peers, and what the others need of a policy.

    policy_vs_peers_torch.py POLICY_FOLDER DATA --export STEPS BATCH
    policy_vs_peers_torch.py POLICY_FOLDER DATA HOW STEPS BATCH

--export writes DATA.npz (weights, and the adaLN modulation of every step, which depends on time
alone), DATA.obs and DATA.noise (float32), DATA.std (of the actions). HOW: `shipped` is the code of train/ as it is;
`eager` computes like Sweetspot's session (modulation once, keys and values of the observation once a
chunk, one product for q, k and v); `traced` is that, traced and frozen; `compiled` is that through
torch.compile. fp32, one thread. `shipped` takes any policy, the rest a transformer.
"""
import os
import sys

import numpy as np
import torch
from torch.nn import functional as F

import policy_vs_peers_worker as worker

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
import policy_io  # noqa: E402
from model import NORM_EPS, time_features  # noqa: E402
from model_dit import step_factors  # noqa: E402


@torch.no_grad()
def constants(model, stats, steps):
    """{name: tensor} of all that an inference reads, in the form in which it is cheapest."""
    s, out = model.sizes, {k: v for k, v in stats.items()}
    flow = model.sampler == "flow"
    t = torch.tensor([k / steps if flow else 1.0 - k / steps for k in range(steps)])
    c = time_features(t, s["time_dim"], s["time_period_min"], s["time_period_max"])
    c = F.silu(model.time_fc2(F.silu(model.time_fc1(c))))
    out["factors"] = torch.tensor([step_factors(model.sampler, model.prediction, k, steps)
                                   for k in range(steps)])
    for i, b in enumerate(model.blocks):
        m = b.adaln(c).view(steps, 9, -1).clone()
        m[:, 0::3] += 1.0  # gain = 1 + scale
        out[f"modulation.{i}"] = m
        out[f"sa.qkv.{i}"] = torch.cat([b.sa.q.weight, b.sa.k.weight, b.sa.v.weight])
        out[f"ca.kv.{i}"] = torch.cat([b.ca.k.weight, b.ca.v.weight])
        for name, layer in (("sa.out", b.sa.out), ("ca.q", b.ca.q), ("ca.out", b.ca.out),
                            ("mlp.l1", b.mlp.l1), ("mlp.l2", b.mlp.l2)):
            out[f"{name}.{i}"] = layer.weight
    last = model.final_adaln(c).view(steps, 2, -1).clone()
    last[:, 0] += 1.0
    out["final"] = last
    for name in ("obs_bias", "position"):
        out[name] = getattr(model, name)
    for name in ("obs_fc1", "obs_fc2", "in_x", "out_proj"):
        out[name] = getattr(model, name).weight
    out["obs_fc2.bias"], out["out_proj.bias"] = model.obs_fc2.bias, model.out_proj.bias
    return {k: v.detach().float().contiguous() for k, v in out.items()}


def attend(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v)
    return torch.matmul(torch.softmax(torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2)), -1), v)


class Prepared(torch.nn.Module):
    """The transformer from observations and noise to a chunk, all K steps."""

    def __init__(self, model, stats, steps):
        super().__init__()
        self.blocks = len(model.blocks)
        self.heads, self.groups = model.sizes["heads"], model.obs_groups
        tensors = constants(model, stats, steps)
        self.steps_pq = [tuple(f) for f in tensors.pop("factors").tolist()]
        for name, value in tensors.items():
            self.register_buffer(name.replace(".", "_"), value)

    def at(self, name, i):
        return getattr(self, f"{name}_{i}")

    def split(self, y, n):
        """(B x T x n C) to n of (B x heads x T x C / heads)."""
        return y.view(y.shape[0], y.shape[1], n, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)

    def join(self, y):
        return y.transpose(1, 2).reshape(y.shape[0], y.shape[2], -1)

    def observe(self, obs):
        rows, a = [], 0
        for g, size in enumerate([obs.shape[1]] + self.groups):
            at = a % obs.shape[1]
            rows.append(F.linear(obs[:, at:at + size], self.obs_fc1[:, a:a + size], self.obs_bias[g]))
            a += size
        e = F.linear(F.gelu(torch.stack(rows, 1), approximate="tanh"), self.obs_fc2, self.obs_fc2_bias)
        e = F.layer_norm(e, e.shape[-1:], eps=NORM_EPS)
        return [self.split(F.linear(e, self.at("ca_kv", i)), 2) for i in range(self.blocks)]

    def velocity(self, memory, x, k):
        h = F.linear(x, self.in_x) + self.position
        c = h.shape[-1:]
        for i in range(self.blocks):
            m = self.at("modulation", i)[k]
            y = F.linear(F.layer_norm(h, c, m[0], m[1], NORM_EPS), self.at("sa_qkv", i))
            y = self.join(attend(*self.split(y, 3)))
            h = torch.addcmul(h, m[2], F.linear(y, self.at("sa_out", i)))
            y = F.linear(F.layer_norm(h, c, m[3], m[4], NORM_EPS), self.at("ca_q", i))
            y = self.join(attend(*self.split(y, 1), *memory[i]))
            h = torch.addcmul(h, m[5], F.linear(y, self.at("ca_out", i)))
            y = F.linear(F.layer_norm(h, c, m[6], m[7], NORM_EPS), self.at("mlp_l1", i))
            y = F.linear(F.gelu(y, approximate="tanh"), self.at("mlp_l2", i))
            h = torch.addcmul(h, m[8], y)
        last = self.final[k]
        return F.linear(F.layer_norm(h, c, last[0], last[1], NORM_EPS), self.out_proj,
                        self.out_proj_bias)

    def forward(self, obs, noise):
        memory, x = self.observe((obs - self.obs_mean) / self.obs_std), noise
        for k, (p, q) in enumerate(self.steps_pq):
            x = p * x + q * self.velocity(memory, x, k)
        return x * self.action_std + self.action_mean


def contender(how, model, stats, steps, inputs):
    """A function without arguments that makes a chunk."""
    if how == "shipped":
        return lambda: policy_io.infer(model, stats, *inputs, steps)
    net = Prepared(model, stats, steps).eval()
    if how == "traced":
        net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, inputs)))
    elif how == "compiled":
        net = torch.compile(net, fullgraph=True)
    return lambda: net(*inputs)


def export(data, model, stats, config, steps, batch):
    if hasattr(model, "sampler"):
        np.savez(data + ".npz", heads=model.sizes["heads"], groups=model.obs_groups, eps=NORM_EPS,
                 **{k: v.numpy() for k, v in constants(model, stats, steps).items()})
    torch.manual_seed(1)
    obs = stats["obs_mean"] + stats["obs_std"] * torch.randn(batch, model.obs_dim)
    noise = torch.randn(batch, config["horizon"], model.action_dim)
    obs.numpy().tofile(data + ".obs")
    noise.numpy().tofile(data + ".noise")
    np.savetxt(data + ".std", stats["action_std"].numpy().ravel())


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    folder, data, how, steps, batch = sys.argv[1:4] + [int(a) for a in sys.argv[4:6]]
    model, stats, config = policy_io.load_policy(folder)
    if how == "--export":
        export(data, model, stats, config, steps, batch)
        return
    inputs = [torch.from_numpy(a) for a in worker.inputs(data, batch, config)]
    chunk = contender(how, model, stats, steps, tuple(inputs))
    worker.serve(f"torch {torch.__version__.split('+')[0].split('a')[0]} {how}",
                 lambda: chunk().detach().numpy(), chunk)


if __name__ == "__main__":
    main()
