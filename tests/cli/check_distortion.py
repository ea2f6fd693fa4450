#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Recomputes what `sweetspot distortion` says.

    check_distortion.py LAW.JSON MODEL.JSON...

The law by its formulas; of every matrix (small ones: all weights, so without a sample) lambda, the distance from the law, the
codebook's error by trying every level, and that no quantiser beats D(R), which for one matrix is found by another
Blahut-Arimoto on another grid.
"""
import json
import math
import struct
import sys
from pathlib import Path


def weights(path):
    """{name: list of magnitudes} of the F32 and BF16 matrices."""
    blob = Path(path).read_bytes()
    size = struct.unpack("<Q", blob[:8])[0]
    found = {}
    for name, t in json.loads(blob[8:8 + size]).items():
        if name != "__metadata__" and len(t["shape"]) >= 2 and t["dtype"] in ("F32", "BF16"):
            raw = blob[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]]
            if t["dtype"] == "BF16":
                raw = b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2))
            found[name] = sorted(abs(x) for x in struct.unpack(f"<{len(raw) // 4}f", raw))
    return found


def lloyd_levels(bits):
    k = 2 ** (bits - 1)
    return [math.log(k * (k + 1) / (k - i + 1) ** 2) for i in range(1, k + 1)]


def error(x, levels):
    return sum(min(abs(v - level) for level in levels) for v in x) / len(x)


def own_distortion(x, rate, n=128):
    """D at `rate` bits: 128 cells of equal mass, Blahut-Arimoto, slope by bisection."""
    points = [x[(2 * i + 1) * len(x) // (2 * n)] for i in range(n)]
    mean = sum(x) / len(x)
    lo, hi = math.log(0.1 / mean), math.log(1000.0 / mean)
    for _ in range(22):
        s = math.exp((lo + hi) / 2)
        kernel = [[math.exp(-s * abs(a - b)) for b in points] for a in points]
        q = [1.0 / n] * n
        for _ in range(60):
            u = [sum(k * w for k, w in zip(row, q)) for row in kernel]
            c = [sum(kernel[i][j] / u[i] for i in range(n)) / n for j in range(n)]
            q = [w * v for w, v in zip(q, c)]
        u = [sum(k * w for k, w in zip(row, q)) for row in kernel]
        d = sum(kernel[i][j] * q[j] / u[i] * abs(points[i] - points[j]) for i in range(n) for j in range(n)) / n
        r = sum(-math.log2(v) for v in u) / n - s * d / math.log(2)
        if r < rate:
            lo = math.log(s)
        else:
            hi = math.log(s)
    return d


def close(a, b, rtol=1e-6):
    assert abs(a - b) <= rtol * max(abs(a), abs(b)), (a, b)


def check_law(rows):
    assert [r["bits"] for r in rows] == list(range(1, 9))
    for r in rows:
        b = r["bits"]
        close(r["lower"], 2.0 ** -b)
        close(r["exact"], -math.log(1 - 2.0 ** -b))
        close(r["lloyd"], math.log(1 + 2.0 ** (1 - b)))
        close(r["verdu"], 2.0 ** (1 - b))
        assert (r["additive"] is None) == (b == 1)
        if b > 1:
            close(r["additive"], 1 / (2.0 ** (b - 1) - 1))
        assert min(r["uniform"], r["power_of_two"], r["compander"]) >= r["lloyd"] * (1 - 1e-9)
    close(rows[3]["uniform"], 0.143282, 1e-4)  # printed values
    close(rows[3]["power_of_two"], 0.171067, 1e-4)
    close(rows[4]["compander"], 0.06154, 1e-3)


def check_layer(layer, x):
    mean = sum(x) / len(x)
    close(layer["lambda"], 1 / mean)
    assert layer["weights"] == len(x)
    if len(x) <= 65536:
        ks = max(max(abs((i + 1) / len(x) - 1 + math.exp(-v / mean)), abs(i / len(x) - 1 + math.exp(-v / mean)))
                 for i, v in enumerate(x))
        close(layer["ks"], ks, 1e-5)
    assert layer["fits"] == (layer["ks"] <= 0.042)
    for e in layer["errors"]:
        if len(x) <= 4096:
            close(e["lloyd"], error(x, [mean * m for m in lloyd_levels(e["bits"])]) / mean, 1e-5)
        best = min(e["lloyd"], e["uniform"], e["power_of_two"], e["compander"])
        assert e["source"] is None or e["source"] <= best * 1.005, e


def main():
    check_law(json.loads(Path(sys.argv[1]).read_text())["law"])
    n = 0
    for name in sys.argv[2:]:
        doc = json.loads(Path(name).read_text())
        found = weights(doc["file"])
        assert doc["matrices"] == len(doc["layers"]) and doc["fit_law"] == sum(q["fits"] for q in doc["layers"])
        for layer in doc["layers"]:
            check_layer(layer, found[layer["name"]])
            n += 1
        first = doc["layers"][0]
        for e in first["errors"]:
            if e["bits"] == 2:
                x = found[first["name"]]
                close(e["source"], own_distortion(x, 1.0) * len(x) / sum(x), 0.02)
    print(f"{n} matrices are as computed")


if __name__ == "__main__":
    main()
