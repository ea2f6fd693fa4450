# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The flow-matching MLP-Mixer policy (type `flow_mixer`).

Symbols: A action size, D observation size, T = H tokens (one for each action of the chunk), C
channels (256). Input token j is [x_t[j] | obs]; x_t = (1-t)*noise + t*action, so t runs from 0
(noise) to 1, and the network predicts v = action - noise.

Each of the 4 blocks, conditioned by c = SiLU-activated time embedding, adds twice (over tokens with
T-64-T, then over channels with C-512-C, both without bias, tanh-GELU between):
    x + gate * MLP(LayerNorm(x) * (1 + scale) + shift),  [scale | shift | gate] = W c + b
and the output is out_proj(LayerNorm(x) * (1 + scale) + shift), [scale | shift] = W c + b.
LayerNorm has no weights (eps 1e-6). The architecture is the one of the real-time-chunking Kinetix
experiments (Black et al., 2025); 3,072,006 weights at A 6, D 679, T 8. Runs with PyTorch >= 1.13.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

DEFAULTS = dict(horizon=16, channels=256, token_hidden=64, channel_hidden=512, blocks=4,
                time_dim=256, time_period_min=4e-3, time_period_max=4.0)
NORM_EPS = 1e-6


def time_features(t, dim, period_min, period_max):
    """[sin | cos] of 2 pi t / period, with dim/2 periods spaced geometrically."""
    fraction = torch.linspace(0.0, 1.0, dim // 2, dtype=torch.float64, device=t.device)
    period = period_min * (period_max / period_min) ** fraction
    angle = t.double()[:, None] * (2.0 * math.pi / period)[None, :]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1).float()


class FastGelu(torch.autograd.Function):
    """tanh-GELU as x * sigmoid(x (a + b x^2)), an identity. PyTorch's own CPU kernels for bf16 take
    most of an optimiser step (gelu_backward 65 % in 1.13, 55 % in 2.15); these vectorise."""
    A, B = 2.0 * math.sqrt(2.0 / math.pi), 2.0 * math.sqrt(2.0 / math.pi) * 0.044715

    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid_((x * x).mul_(FastGelu.B).add_(FastGelu.A).mul_(x))
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, grad):
        x, s = ctx.saved_tensors
        # d/dx = s (1 + u' x (1 - s)), with u' x = x (a + 3 b x^2).
        k = (x * x).mul_(3.0 * FastGelu.B).add_(FastGelu.A).mul_(x)
        return k.addcmul_(k, s, value=-1.0).add_(1.0).mul_(s).mul_(grad)


def gelu(x):
    if x.requires_grad and x.dtype == torch.bfloat16:
        return FastGelu.apply(x)
    return F.gelu(x, approximate="tanh")


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden, bias=False)
        self.fc2 = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.fc2(gelu(self.fc1(x)))


def modulate(x, scale, shift):
    x = F.layer_norm(x.float(), x.shape[-1:], eps=NORM_EPS)
    return torch.addcmul(shift[:, None, :], x, (1.0 + scale)[:, None, :])


class Block(nn.Module):
    def __init__(self, tokens, channels, token_hidden, channel_hidden, time_dim):
        super().__init__()
        self.token_mlp = Mlp(tokens, token_hidden)
        self.channel_mlp = Mlp(channels, channel_hidden)
        self.adaln_token = nn.Linear(time_dim, 3 * channels)
        self.adaln_channel = nn.Linear(time_dim, 3 * channels)

    def mix_tokens(self, y):
        # gelu(W1 y) as (batch, hidden, C), so that no transposed copy is made: W (h x T) @ y (T x C)
        h = gelu(torch.matmul(self.token_mlp.fc1.weight, y))
        return torch.matmul(self.token_mlp.fc2.weight, h)

    def forward(self, x, c):
        scale, shift, gate = self.adaln_token(c).chunk(3, dim=1)
        y = self.mix_tokens(modulate(x, scale, shift))
        x = torch.addcmul(x, gate[:, None, :], y.to(x.dtype))
        scale, shift, gate = self.adaln_channel(c).chunk(3, dim=1)
        y = self.channel_mlp(modulate(x, scale, shift))
        return torch.addcmul(x, gate[:, None, :], y.to(x.dtype))


class FlowMixer(nn.Module):
    def __init__(self, obs_dim, action_dim, **sizes):
        super().__init__()
        s = dict(DEFAULTS)
        s.update(sizes)
        self.sizes, self.obs_dim, self.action_dim = s, obs_dim, action_dim
        c = s["channels"]
        self.in_proj = nn.Linear(action_dim + obs_dim, c)
        self.time_fc1 = nn.Linear(s["time_dim"], s["time_dim"])
        self.time_fc2 = nn.Linear(s["time_dim"], s["time_dim"])
        self.blocks = nn.ModuleList(
            Block(s["horizon"], c, s["token_hidden"], s["channel_hidden"], s["time_dim"])
            for _ in range(s["blocks"]))
        self.final_adaln = nn.Linear(s["time_dim"], 2 * c)
        self.out_proj = nn.Linear(c, action_dim)
        # As in DiT: every block starts as the identity.
        for layer in [m for b in self.blocks for m in (b.adaln_token, b.adaln_channel)]:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.final_adaln.weight)
        nn.init.zeros_(self.final_adaln.bias)

    def forward(self, obs, x, t):
        """Velocity (B x T x A) at x (B x T x A), t (B), for normalised obs (B x D)."""
        s, a = self.sizes, self.action_dim
        c = time_features(t, s["time_dim"], s["time_period_min"], s["time_period_max"])
        c = F.silu(self.time_fc2(F.silu(self.time_fc1(c))))
        # The observation's share of in_proj is the same for all tokens.
        w = self.in_proj.weight
        h = F.linear(x, w[:, :a]) + F.linear(obs, w[:, a:], self.in_proj.bias)[:, None, :]
        h = h.float()  # the residual stream stays fp32 under autocast
        for block in self.blocks:
            h = block(h, c)
        scale, shift = self.final_adaln(c).chunk(2, dim=1)
        return self.out_proj(modulate(h, scale, shift))

    def loss(self, obs, chunk, noise, u):
        """Mean squared error of the velocity at times u (B, in 0..1)."""
        v = self(obs, torch.lerp(noise, chunk, u[:, None, None]), u)
        return ((v.float() - (chunk - noise)) ** 2).mean()

    @torch.no_grad()
    def sample(self, obs, noise, steps):
        """Euler from noise (t = 0) to a normalised chunk (t = 1)."""
        x = noise
        for k in range(steps):
            t = torch.full((x.shape[0],), k / steps, device=x.device)
            x = x + self(obs, x, t).float() / steps
        return x
