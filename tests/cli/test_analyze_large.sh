#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
# A log of 1.6 million episodes: read in a stream, within 200 MB, with means that are exact.
#
#   test_analyze_large.sh SWEETSPOT
set -eu
python3 - "$1" <<'PY'
import json, os, random, resource, subprocess, sys, tempfile

random.seed(3)
table = [(random.choice([0, 1, 1, 1]), random.randint(5, 15)) for _ in range(1000)]
sums = {"full": [0, 0.0], "light": [0, 0.0]}
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "large.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("point,seed,success,time_s,chunks,t_inf_s,t_act_s,chunk_actions\n")
        for seed in range(800000):
            for name, t_inf in (("full", 0.4), ("light", 0.2)):
                ok, n = table[(seed * (7 if name == "full" else 11)) % 1000]
                time = n * (t_inf + 0.8)
                sums[name][0] += ok
                sums[name][1] += time if ok else 0.0
                f.write(f"{name},{seed},{ok},{time:.3f},{n},{t_inf},0.1,8\n")
    run = subprocess.run([sys.argv[1], "analyze", path, "--json"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
used_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
assert used_mb < 200, used_mb
for p in json.loads(run.stdout)["points"]:
    k, total = sums[p["point"]]
    assert p["success"]["k"] == k and p["success"]["n"] == 800000
    assert abs(p["time_s"]["mean"] - total / k) < 1e-6 * total / k
    assert p["time_s"]["lo"] < total / k < p["time_s"]["hi"]

# metrics of motion are kept an episode at a time, so with so many they are given up, and that is said
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "motion.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("point,seed,success,time_s,ee_path_m\n")
        for seed in range(530000):
            f.write(f"full,{seed},1,9,1.{seed % 9}\nlight,{seed},1,8,1.{seed % 7}\n")
    run = subprocess.run([sys.argv[1], "analyze", path, "--show", "metrics", "--resamples", "100"], capture_output=True,
                         text=True)
assert run.returncode == 0, run.stderr
assert "no metrics of motion: given up: more than 2^20 episodes" in run.stdout, run.stdout
print("ok: %.0f MB" % used_mb)
PY
