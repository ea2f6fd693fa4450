# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What an optimiser step draws from: single samples, or demonstrations for a policy with history.

Both offer len(), draw() (a batch), and loss() of a batch. A batch of demonstrations has Q query rows
of each, which share its history. Every good row is as likely to be queried: a demonstration (or, of
a long one, a crop) is drawn by a row of it. Four times as many as needed are drawn and sorted by
length, and one quarter is taken, so that little is padding and a demonstration remains as likely.
"""
import math

import torch

CROP_ROWS = 192  # more than a query reads; bounds the memory of a batch
SORTED_OVER = 4  # batches


def times(n, generator):
    """Uniform in 0..1, stratified."""
    return (torch.arange(n) + torch.rand(n, generator=generator)) / n


class Samples:
    def __init__(self, obs, chunks):
        self.obs, self.chunks = torch.from_numpy(obs), torch.from_numpy(chunks)

    def __len__(self):
        return len(self.obs)

    def draw(self, n, generator):
        ids = torch.randint(len(self), (n,), generator=generator)
        return self.obs[ids], self.chunks[ids]

    def fixed(self, n, generator):
        """Batches to evaluate on, of 256 at most."""
        ids = torch.randperm(min(len(self), 8 * n), generator=generator)[:n]
        return [(self.obs[i], self.chunks[i]) for i in ids.split(256)]

    def loss(self, model, batch, generator):
        obs, chunk = batch
        noise = torch.randn(chunk.shape, generator=generator)
        return model.loss(obs, chunk, noise, times(len(obs), generator))


class Demonstrations:
    def __init__(self, rows, queries, capacity):
        """rows: as dataset.load() returns with_rows; queries: of a demonstration in a batch."""
        self.obs, self.commands, self.chunks, self.good = (
            torch.from_numpy(rows[k]) for k in ("obs", "commands", "chunks", "good"))
        lengths = torch.as_tensor(rows["lengths"])
        self.queries, self.capacity = queries, capacity
        self.first = torch.repeat_interleave(lengths.cumsum(0) - lengths, lengths)
        self.end = self.first + torch.repeat_interleave(lengths, lengths)
        self.good_rows = self.good.nonzero()[:, 0]

    def __len__(self):
        return len(self.good_rows)

    def crops(self, n, generator):
        """First row and length (n each) of demonstrations or crops of them, alike in length."""
        many = SORTED_OVER * n
        row = self.good_rows[torch.randint(len(self), (many,), generator=generator)]
        first, end = self.first[row], self.end[row]
        low = torch.maximum(first, row - (CROP_ROWS - 1))
        high = torch.maximum(low, torch.minimum(row, end - CROP_ROWS))
        start = low + (torch.rand(many, generator=generator) * (high - low + 1)).long()
        start = torch.where(end - first <= CROP_ROWS, first, torch.minimum(start, high))
        length = (end - start).clamp_max(CROP_ROWS)
        part = int(torch.randint(SORTED_OVER, (1,), generator=generator))
        ids = length.argsort()[part * n:(part + 1) * n]
        return start[ids], length[ids]

    def windows(self, shape, generator):
        """Half of the queries read all, the others log-uniformly many, 0 included."""
        most = torch.tensor(self.capacity).expand(*shape, 2)
        u = torch.rand((*shape, 2), generator=generator)
        fewer = (torch.exp(u * torch.log1p(most.float())) - 1.0).round().long()
        whole = torch.rand(shape, generator=generator) < 0.5
        return torch.where(whole[..., None], most, fewer)

    def draw(self, n, generator):
        """(frames, commands, query rows, windows, chunks) for n queries."""
        start, length = self.crops(max(1, n // self.queries), generator)
        step = torch.arange(int(length.max()))
        rows = start[:, None] + torch.minimum(step, length[:, None] - 1)
        good = self.good[rows] & (step < length[:, None])
        query = torch.multinomial(good.float(), self.queries, replacement=True, generator=generator)
        return (self.obs[rows], self.commands[rows], query, self.windows(query.shape, generator),
                self.chunks[start[:, None] + query].flatten(0, 1))

    def fixed(self, n, generator, window=None):
        """Batches to evaluate on, with one read window for all; None: the capacity."""
        batches = []
        for _ in range(math.ceil(n / 160)):
            frames, commands, query, windows, chunk = self.draw(160, generator)
            windows[:] = torch.tensor(window or self.capacity)
            batches.append((frames, commands, query, windows, chunk))
        return batches

    def loss(self, model, batch, generator):
        frames, commands, query, windows, chunk = batch
        noise = torch.randn(chunk.shape, generator=generator)
        u = times(len(chunk), generator)[torch.randperm(len(chunk), generator=generator)]
        return model.demo_loss(frames, commands, query, windows, chunk, noise, u)
