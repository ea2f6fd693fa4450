# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The transformer policy (type `dit`): action tokens that read observation tokens.

Symbols: A action size, D observation size, T = H action tokens, C width, G groups of observation
features (consecutive, `obs_groups` holds their sizes), c the SiLU-activated time embedding.

Observation tokens, computed once a chunk: token 0 sees the whole observation, token g the features
of group g: LayerNorm(W2 gelu(W1[part] obs[part] + b1[g]) + b2). Action token j starts as
in_x x_t[j] + position[j]. Each block then adds three times, without biases,
    x + gate * f(LayerNorm(x) * (1 + scale) + shift)
with f self-attention (sites sa.q/k/v/out), cross-attention to the observation tokens (ca.q/k/v/out)
and an MLP with tanh-GELU (mlp.l1/l2); the nine vectors are W c + b, in the order [scale | shift |
gate] of each of the three. Output: out_proj(LayerNorm(x) * (1 + scale) + shift), [scale | shift] =
W c + b. LayerNorm has no weights (eps 1e-6). The sites carry the names of the published
mixed-precision tiers.

Samplers, K steps. `flow`: as in model.py, the output is a velocity (`prediction` velocity). `ddim`:
x_s = sqrt(a(s)) action + sqrt(1 - a(s)) noise, a(s) = max(cos2((s + e)/(1 + e) pi/2) / cos2(e/(1 + e)
pi/2), 1e-3) with e = 0.008 (cosine schedule); the network is given s as its time and predicts the
action (`sample`) or the noise (`epsilon`); s runs 1, 1 - 1/K, ... to 0, deterministically (eta 0).
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from model import NORM_EPS, gelu, modulate, time_features

DEFAULTS = dict(horizon=16, width=256, heads=4, mlp_hidden=768, blocks=6, time_dim=64,
                time_period_min=4e-3, time_period_max=4.0)
SITES = ("sa.q", "sa.k", "sa.v", "sa.out", "ca.q", "ca.k", "ca.v", "ca.out", "mlp.l1", "mlp.l2")
PREDICTIONS = {"flow": ("velocity",), "ddim": ("sample", "epsilon")}
SCHEDULE_OFFSET, ALPHA_MIN = 0.008, 1e-3


def alpha_bar(s):
    """Share of the action's variance that is left at noise level s (tensor in double)."""
    def c(u):
        return torch.cos((u + SCHEDULE_OFFSET) / (1.0 + SCHEDULE_OFFSET) * (math.pi / 2.0)) ** 2
    return (c(s.double()) / c(torch.zeros((), dtype=torch.float64))).clamp_min(ALPHA_MIN)


def step_factors(sampler, prediction, k, steps):
    """(p, q) of step k: x <- p x + q output."""
    if sampler == "flow":
        return 1.0, 1.0 / steps
    # In double from the exact grid; the last level is 0, where a = 1.
    a, b = alpha_bar(torch.tensor([1.0 - k / steps, 1.0 - (k + 1) / steps],
                                  dtype=torch.float64)).tolist()
    if prediction == "sample":
        p = math.sqrt((1.0 - b) / (1.0 - a))
        return p, math.sqrt(b) - p * math.sqrt(a)
    p = math.sqrt(b / a)
    return p, math.sqrt(1.0 - b) - p * math.sqrt(1.0 - a)


class Attention(nn.Module):
    """The four sites of one attention."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))

    def project(self, x, layers):
        """(B x n x C) to one (B x heads x n x C/heads) per layer, in one product."""
        b, n, c = x.shape
        y = F.linear(x, torch.cat([l.weight for l in layers]) if len(layers) > 1 else layers[0].weight)
        y = y.view(b, n, len(layers), self.heads, c // self.heads)
        return y.permute(2, 0, 3, 1, 4).unbind(0)

    def keys_values(self, source):
        return self.project(source, (self.k, self.v))

    def forward(self, x, context=None):
        """Attends to x itself or to a context (keys, values, bias or None). Consecutive rows of x
        may share the keys of one row; the bias (B x heads x rows that share x n) is added to the
        scores of all tokens of such a row."""
        if context is None:
            q, k, v = self.project(x, (self.q, self.k, self.v))
            bias = None
        else:
            k, v, bias = context
            q, = self.project(x.reshape(k.shape[0], -1, x.shape[-1]), (self.q,))
        scores = torch.matmul(q, k.transpose(-1, -2)) * (q.shape[-1] ** -0.5)
        if bias is not None:
            scores = (scores.unflatten(2, (bias.shape[2], -1))
                      + bias[:, :, :, None, :].to(scores.dtype)).flatten(2, 3)
        y = torch.matmul(torch.softmax(scores, dim=-1).to(v.dtype), v)
        return self.out(y.transpose(1, 2).reshape(x.shape))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.l1 = nn.Linear(width, hidden, bias=False)
        self.l2 = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.l2(gelu(self.l1(x)))


class Block(nn.Module):
    def __init__(self, width, heads, hidden, time_dim):
        super().__init__()
        self.sa, self.ca = Attention(width, heads), Attention(width, heads)
        self.mlp = Mlp(width, hidden)
        self.adaln = nn.Linear(time_dim, 9 * width)

    def forward(self, x, context, c):
        m = self.adaln(c).float().chunk(9, dim=1)
        y = self.sa(modulate(x, m[0], m[1]))
        x = torch.addcmul(x, m[2][:, None, :], y.float())
        y = self.ca(modulate(x, m[3], m[4]), context)
        x = torch.addcmul(x, m[5][:, None, :], y.float())
        y = self.mlp(modulate(x, m[6], m[7]))
        return torch.addcmul(x, m[8][:, None, :], y.float())


class Dit(nn.Module):
    def __init__(self, obs_dim, action_dim, obs_groups=None, sampler="flow", prediction=None,
                 **sizes):
        super().__init__()
        s = dict(DEFAULTS)
        s.update(sizes)
        self.sizes, self.obs_dim, self.action_dim = s, obs_dim, action_dim
        self.obs_groups = list(obs_groups or [1] * obs_dim)
        self.sampler, self.prediction = sampler, prediction or PREDICTIONS[sampler][0]
        if sum(self.obs_groups) != obs_dim or min(self.obs_groups) < 1:
            raise ValueError(f"obs_groups {self.obs_groups}: expected sizes that add up to {obs_dim}")
        if s["width"] % s["heads"] != 0:
            raise ValueError("heads: expected a divisor of width")
        if self.prediction not in PREDICTIONS[sampler]:
            raise ValueError(f"prediction: expected one of {PREDICTIONS[sampler]} with {sampler}")
        c = s["width"]
        self.obs_fc1 = nn.Linear(2 * obs_dim, c, bias=False)  # columns: whole observation, groups
        self.obs_bias = nn.Parameter(torch.zeros(1 + len(self.obs_groups), c))
        self.obs_fc2 = nn.Linear(c, c)
        self.in_x = nn.Linear(action_dim, c, bias=False)
        self.position = nn.Parameter(0.5 * torch.randn(s["horizon"], c))
        self.time_fc1 = nn.Linear(s["time_dim"], s["time_dim"])
        self.time_fc2 = nn.Linear(s["time_dim"], s["time_dim"])
        self.blocks = nn.ModuleList(Block(c, s["heads"], s["mlp_hidden"], s["time_dim"])
                                    for _ in range(s["blocks"]))
        self.final_adaln = nn.Linear(s["time_dim"], 2 * c)
        self.out_proj = nn.Linear(c, action_dim)
        self.start(s["blocks"])

    def start(self, n_blocks):
        """Weights to begin from: as in DiT every block starts as the identity, here nearly (gates at
        0.1), which saves the first few hundred steps; a feature's column is scaled to its token."""
        with torch.no_grad():
            a = 0
            for size in [self.obs_dim] + self.obs_groups:
                self.obs_fc1.weight[:, a:a + size].normal_(std=size ** -0.5)
                a += size
            self.obs_bias.normal_(std=0.5)
            self.in_x.weight.normal_(std=self.action_dim ** -0.5)
            for name, p in self.named_parameters():
                if name.startswith("blocks.") and name.endswith(".weight") and "adaln" not in name:
                    p.normal_(std=p.shape[1] ** -0.5)
            for layer in [b.adaln for b in self.blocks] + [self.final_adaln]:
                layer.weight.zero_()
                layer.bias.zero_()
            for b in self.blocks:
                for gate in (2, 5, 8):
                    b.adaln.bias.view(9, -1)[gate] = 0.1

    def observe(self, obs):
        """Observation tokens (B x (1 + G) x C)."""
        w, rows, a = self.obs_fc1.weight, [], 0
        for g, size in enumerate([self.obs_dim] + self.obs_groups):
            at = a % self.obs_dim
            rows.append(F.linear(obs[:, at:at + size], w[:, a:a + size]) + self.obs_bias[g])
            a += size
        e = self.obs_fc2(gelu(torch.stack(rows, dim=1)))
        return F.layer_norm(e.float(), e.shape[-1:], eps=NORM_EPS)

    def contexts(self, tokens):
        """What each block's cross-attention reads; the same for all sampler steps."""
        return [(*b.ca.keys_values(tokens), None) for b in self.blocks]

    def velocity(self, contexts, x, t):
        s = self.sizes
        c = time_features(t, s["time_dim"], s["time_period_min"], s["time_period_max"])
        c = F.silu(self.time_fc2(F.silu(self.time_fc1(c))))
        h = self.in_x(x).float() + self.position  # the residual stream stays fp32 under autocast
        for block, context in zip(self.blocks, contexts):
            h = block(h, context, c)
        scale, shift = self.final_adaln(c).float().chunk(2, dim=1)
        return self.out_proj(modulate(h, scale, shift))

    def forward(self, obs, x, t):
        """Output (B x T x A) at x (B x T x A), time t (B), for normalised obs (B x D)."""
        return self.velocity(self.contexts(self.observe(obs)), x, t)

    def loss(self, obs, chunk, noise, u):
        """Mean squared error of the prediction at times u (B, in 0..1)."""
        return self.loss_in(self.contexts(self.observe(obs)), chunk, noise, u)

    def loss_in(self, contexts, chunk, noise, u):
        if self.sampler == "flow":
            x, want = torch.lerp(noise, chunk, u[:, None, None]), chunk - noise
        else:
            a = alpha_bar(u)[:, None, None]
            x = a.sqrt().float() * chunk + (1.0 - a).sqrt().float() * noise
            want = chunk if self.prediction == "sample" else noise
        return ((self.velocity(contexts, x, u).float() - want) ** 2).mean()

    @torch.no_grad()
    def sample(self, obs, noise, steps):
        """From noise to a normalised chunk."""
        return self.sample_in(self.contexts(self.observe(obs)), noise, steps)

    def sample_in(self, contexts, x, steps):
        for k in range(steps):
            t = k / steps if self.sampler == "flow" else 1.0 - k / steps
            p, q = step_factors(self.sampler, self.prediction, k, steps)
            x = p * x + q * self.velocity(contexts, x, torch.full((x.shape[0],), t)).float()
        return x
