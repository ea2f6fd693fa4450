# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The transformer with history: model_dit.py, whose cross-attention also reads past frames and
commands.

At every executed action one frame (the observation at the moment the action is commanded) and one
command (the absolute target) are written: token = LayerNorm(W2 gelu(W1 o + b1) + b2) of the
normalised vector, with weights of its own for either kind. Block i keeps the keys and values that
its sites ca.k and ca.v make of a token. They do not depend on the token's age, so they are computed
once; age enters by a bias alone: one softmax over [1 + G present tokens | frames | commands] of
    q.k / sqrt(d) + bias,  bias = 0 (present), history_bias[head][a] (frame of age a, 0 = newest),
                           history_bias[head][F + a] (command of age a),
with F frames and M commands at most (the capacity). A read window V:A reads only the V newest
frames and the A newest commands; what is written stays the same.

In training the tokens of a demonstration are shared by several query rows t of it: a query reads
the rows j < t, of age t - 1 - j; the present tokens of the other queries are masked like those.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from model import NORM_EPS, gelu
from model_dit import Dit

BIAS_SLOPES = (0.0, 0.5, 1.0, 2.0)  # to start from: heads that average, and heads that look back less
BIAS_START = -1.0                   # hundreds of history tokens against a few present ones


class History:
    """What a batch of sessions has written: keys and values per block, newest last."""

    def __init__(self, n_blocks, capacity):
        self.capacity = tuple(capacity)  # frames, commands
        self.kv = [[None] * n_blocks, [None] * n_blocks]

    def append(self, kind, block, kv):
        old, most = self.kv[kind][block], self.capacity[kind]
        if old is not None:
            kv = tuple(torch.cat(x, dim=2)[:, :, -most:] for x in zip(old, kv))
        self.kv[kind][block] = kv

    def read(self, kind, block, window):
        """The newest `window` keys and values, oldest first; None if there are none."""
        kv = self.kv[kind][block]
        if kv is None or window == 0:
            return None
        return tuple(x[:, :, -window:] for x in kv)


class HistoryDit(Dit):
    def __init__(self, obs_dim, action_dim, history, **options):
        super().__init__(obs_dim, action_dim, **options)
        self.history = tuple(int(n) for n in history)
        if len(self.history) != 2 or not all(1 <= n <= 1024 for n in self.history):
            raise ValueError(f"history {history}: expected frames and commands of 1..1024")
        c, heads = self.sizes["width"], self.sizes["heads"]
        self.frame_fc1, self.frame_fc2 = nn.Linear(obs_dim, c), nn.Linear(c, c)
        self.command_fc1, self.command_fc2 = nn.Linear(action_dim, c), nn.Linear(c, c)
        for layer in (self.frame_fc1, self.command_fc1):
            nn.init.normal_(layer.weight, std=layer.in_features ** -0.5)
            nn.init.normal_(layer.bias, std=0.5)
        slopes = torch.tensor([BIAS_SLOPES[h % len(BIAS_SLOPES)] for h in range(heads)])
        age = torch.cat([torch.arange(n) for n in self.history])
        start = BIAS_START - slopes[:, None] * torch.log1p(age.float())[None, :]
        for b in self.blocks:
            b.history_bias = nn.Parameter(start.clone())

    def frame_tokens(self, obs):
        e = self.frame_fc2(gelu(self.frame_fc1(obs)))
        return F.layer_norm(e.float(), e.shape[-1:], eps=NORM_EPS)

    def command_tokens(self, commands):
        e = self.command_fc2(gelu(self.command_fc1(commands)))
        return F.layer_norm(e.float(), e.shape[-1:], eps=NORM_EPS)

    # One inference after another.

    def new_history(self):
        return History(len(self.blocks), self.history)

    @torch.no_grad()
    def remember(self, history, obs, command):
        """Writes one frame (B x D) and one command (B x A), both normalised."""
        for kind, token in enumerate((self.frame_tokens(obs), self.command_tokens(command))):
            for i, b in enumerate(self.blocks):
                history.append(kind, i, b.ca.keys_values(token[:, None, :]))

    def history_contexts(self, obs, history, window=None):
        tokens, contexts = self.observe(obs), []
        for i, b in enumerate(self.blocks):
            parts = [b.ca.keys_values(tokens)]
            bias = [b.history_bias.new_zeros(b.history_bias.shape[0], tokens.shape[1])]
            for kind, start in ((0, 0), (1, self.history[0])):
                most = min(window[kind], self.history[kind]) if window else self.history[kind]
                kv = history.read(kind, i, most)
                if kv is not None:
                    n = kv[0].shape[2]
                    parts.append(kv)
                    bias.append(b.history_bias[:, start:start + n].flip(1))  # oldest first
            k, v = (torch.cat(x, dim=2) for x in zip(*parts))
            contexts.append((k, v, torch.cat(bias, dim=1)[None, :, None, :]))
        return contexts

    @torch.no_grad()
    def sample(self, obs, noise, steps, history=None, window=None):
        """From noise to a normalised chunk, reading a History; window: (frames, commands)."""
        history = history or self.new_history()
        return self.sample_in(self.history_contexts(obs, history, window), noise, steps)

    # Whole demonstrations.

    def bias_columns(self, n_rows, n_present, rows, windows):
        """Index (B x Q x n) into [frames | commands | unread | present] of every key's bias."""
        f, m = self.history
        b, q = rows.shape
        age = rows[:, :, None] - 1 - torch.arange(n_rows)  # negative: the query's future
        columns = []
        for kind, start, most in ((0, 0, f), (1, f, m)):
            limit = windows[:, :, kind:kind + 1].clamp_max(most)
            columns.append(torch.where((age >= 0) & (age < limit), age + start, f + m))
        own = torch.where(torch.eye(q, dtype=torch.bool), f + m + 1, f + m)
        own = own.repeat_interleave(n_present, dim=1)[None].expand(b, -1, -1)
        return torch.cat([own] + columns, dim=2)

    def demo_contexts(self, frames, commands, rows, windows):
        """For Q query rows (B x Q) of each demonstration (frames B x L x D, commands B x L x A, row
        by row, normalised) and their read windows (B x Q x 2); queries are consecutive rows of x."""
        b, q = rows.shape
        n = int(rows.max())  # nobody reads later rows
        now = torch.gather(frames, 1, rows[:, :, None].expand(-1, -1, frames.shape[2]))
        present = self.observe(now.flatten(0, 1))
        p = present.shape[1]
        source = torch.cat([present.view(b, q * p, -1), self.frame_tokens(frames[:, :n]),
                            self.command_tokens(commands[:, :n])], dim=1)
        # One look-up for all blocks: column to the biases of all their heads.
        table = torch.cat([block.history_bias for block in self.blocks]).t()
        table = torch.cat([table, table.new_full((1, table.shape[1]), -math.inf),
                           table.new_zeros(1, table.shape[1])])
        bias = F.embedding(self.bias_columns(n, p, rows, windows), table)
        bias = bias.permute(0, 3, 1, 2).chunk(len(self.blocks), dim=1)
        return [(*block.ca.keys_values(source), bias[i]) for i, block in enumerate(self.blocks)]

    def demo_loss(self, frames, commands, rows, windows, chunk, noise, u):
        """Loss of the query rows; chunk and noise B*Q x T x A, u B*Q."""
        return self.loss_in(self.demo_contexts(frames, commands, rows, windows), chunk, noise, u)
