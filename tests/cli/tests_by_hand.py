# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The tests behind a verdict, by enumeration, convolution and quadrature, as ranges (judge_by_hand.py)."""
import itertools
import math
import random
from fractions import Fraction
from functools import lru_cache

LEVEL, DRAWS, RESAMPLES, SIGMAS = 0.05, 9999, 10000, 5.0
MINE = 800 # draws here, where the tool draws too


def exact(p):
    return (float(p), float(p))


def drawn(p, n_tool, n_mine=None):
    """What the tool may print of a share p that it estimates by n_tool draws (as I did by n_mine)."""
    spread = max(p * (1 - p), 1 / (n_mine or n_tool))
    slack = SIGMAS * math.sqrt(spread * (1 / n_tool + (1 / n_mine if n_mine else 0))) + 1 / n_tool
    return (max(0.0, float(p) - slack), min(1.0, float(p) + slack))


def combine(rule, *ranges):
    return None if None in ranges else tuple(rule(*ends) for ends in zip(*ranges))


def below(p, level=LEVEL):
    """p < level; None where the range leaves it open."""
    return False if p is None or p[0] >= level else True if p[1] < level else None


def either(a, b):
    return True if a or b else None if None in (a, b) else False


def negated(a):
    return None if a is None else not a


# Tests --------------------------------------------------------------------------------------------

def binomial_at_most(k, n, p):
    return sum(math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(k + 1))


def normal_above(z):
    return 0.5 * math.erfc(z / math.sqrt(2))


def mcnemar(wins, losses):
    return Fraction(sum(math.comb(wins + losses, i) for i in range(losses + 1)), 2 ** (wins + losses))


def fisher(a, n, b, m):
    """P(the first has a successes or more, given the total)."""
    ways = sum(math.comb(n, k) * math.comb(m, a + b - k) for k in range(a, min(n, a + b) + 1))
    return Fraction(ways, math.comb(n + m, a + b))


def cmh(tables):
    """Tables (a, n, b, m): one-sided p of more successes in the first column, normal approximation."""
    excess = variance = Fraction(0)
    for a, n, b, m in tables:
        total, k = n + m, a + b
        if 0 < k < total:
            excess += a - Fraction(n * k, total)
            variance += Fraction(n * m * k * (total - k), total * total * (total - 1))
    return normal_above(float(excess) / math.sqrt(variance)) if variance else 1.0


def graded(a, n, b, m):
    """Mean shares a of n trials and b of m, at the largest variance that they allow."""
    variance = a * (1 - a) / n + b * (1 - b) / m
    if not variance:
        pooled = (n * a + m * b) / (n + m)
        variance = pooled * (1 - pooled) * (Fraction(1, n) + Fraction(1, m))
    return normal_above(float(a - b) / math.sqrt(variance)) if a != b else 0.5


@lru_cache(maxsize=None)
def sign_flip(differences):
    """Of all signs of these fractions: the share whose sum is no more than theirs. By convolution."""
    scale = math.lcm(*(d.denominator for d in differences)) if differences else 1
    whole = [int(d * scale) for d in differences if d]
    n = len(whole)
    if n == 0:
        return exact(1)
    width = n + 1 # bits of a count
    counts = 1    # of the ways to make each sum of those that are above 0
    for d in whole:
        counts += counts << (width * abs(d))
    kept = counts & ((1 << width * (sum(d for d in whole if d > 0) + 1)) - 1)
    p = Fraction(kept % ((1 << width) - 1), 2 ** n) # the sum of the digits
    counted = n <= 16 or len({abs(d) for d in whole}) == 1
    return exact(p) if counted else drawn(p, DRAWS)


def t_above(t, dof):
    """P(T > t) of Student's t by Simpson's rule."""
    norm = math.exp(math.lgamma((dof + 1) / 2) - math.lgamma(dof / 2)) / math.sqrt(dof * math.pi)
    n, h = 2000, abs(t) / 2000
    f = [norm * (1 + (i * h) ** 2 / dof) ** (-(dof + 1) / 2) for i in range(n + 1)]
    area = h / 3 * (f[0] + f[n] + 4 * sum(f[1:n:2]) + 2 * sum(f[2:n:2]))
    return 0.5 - area if t > 0 else 0.5 + area


def holm(ps):
    """Adjusted p-values, by the closed test that Holm's steps are short for."""
    sets = [s for size in range(1, len(ps) + 1) for s in itertools.combinations(range(len(ps)), size)]
    return [tuple(min(1.0, max(len(s) * min(ps[j][end] for j in s) for s in sets if i in s)) for end in (0, 1))
            for i in range(len(ps))]


def max_t(outcome):
    """p[i][j] of "i is worse than j" over all pairs, outcomes (seeds x points) shuffled within seeds."""
    n_seed, n = len(outcome), len(outcome[0])
    pairs = list(itertools.combinations(range(n), 2))

    def moves(row):
        return [float(row[i] - row[j]) for i, j in pairs]

    def statistics(rows):
        square = [sum(d * d for d in column) for column in zip(*rows)]
        return [sum(column) / math.sqrt(q) if q else 0.0 for column, q in zip(zip(*rows), square)]

    observed = statistics([moves(row) for row in outcome])
    counted = math.factorial(n) ** n_seed <= 50000
    orders = [[moves(order) for order in itertools.permutations(row)] for row in outcome] if n < 6 else None
    dice = random.Random(1)
    if counted:
        arrangements = itertools.product(*orders)
    elif orders:
        arrangements = ([dice.choice(some) for some in orders] for _ in range(MINE))
    else:
        arrangements = ([moves(dice.sample(row, n)) for row in outcome] for _ in range(MINE))
    most = [max(map(abs, statistics(rows))) + 1e-9 * math.sqrt(n_seed) for rows in arrangements]
    p = [[exact(1)] * n for _ in range(n)]
    for (i, j), t in zip(pairs, observed):
        for a, b, mine in ((i, j, t), (j, i, -t)):
            share = Fraction(sum(m >= mine for m in most), len(most))
            p[a][b] = exact(share) if counted else drawn(share, DRAWS, MINE)
    return p


def upper_bound(k, n, tail):
    """The rate at which k or fewer of n have the probability `tail`: one end of Clopper-Pearson's interval."""
    lo, hi = 0.0, 1.0
    while k < n and hi - lo > 1e-14:
        mid = 0.5 * (lo + hi)
        lo, hi = (mid, hi) if binomial_at_most(k, n, mid) > tail else (lo, mid)
    return hi
