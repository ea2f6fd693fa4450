# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""What an installed wheel must do without the sources and without Debian's libraries; `scripts/wheel --check` runs it.

Says in its last line what was loaded from where.
"""
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import sweetspot
from sweetspot._library import FULL, lib

# what every Linux that pip installs a manylinux wheel on has
SYSTEM = {"ld-linux-x86-64", "libc", "libdl", "libgcc_s", "libm", "libpthread", "libresolv", "librt", "libstdc++", "libz"}
HAS_PANDAS = importlib.util.find_spec("pandas") is not None


def judge():
    rows = [{"point": f"steps={steps}", "seed": seed, "success": int(seed % 10 < good), "time_s": 6 + steps / 2 + seed % 3}
            for steps, good in ((8, 8), (2, 9)) for seed in range(40)]
    result = sweetspot.analyze(rows, regime="static", budget_s=20.0)
    assert result.verdict["best"] == "steps=2", result.text
    assert isinstance(result.points, list) != HAS_PANDAS
    assert "steps" in sweetspot.analyze("published:dom-cr").text


def tune():
    import gymnasium

    def policy(obs):
        x, v, angle, spin = map(float, obs)
        return [float(10 * angle + 2 * spin + 0.1 * x + 0.4 * v > 0)]

    def survived(latency_ms):
        result = sweetspot.tune(lambda: gymnasium.make("CartPole-v1", max_episode_steps=300), policy, success="survived",
                                points=["overlap=0"], latency_ms=latency_ms, seeds=20)
        return result.data["points"][0]["success"]["k"]

    assert (survived(0), survived(60)) == (20, 0), "a pole that is seen three steps late falls, by this policy"


def schedule():
    loop = sweetspot.Schedule(horizon=4, action_dim=2, execute=4)
    sent = []
    for tick in range(40):
        while (event := loop.next(tick)) is not None:
            if event.kind == "observe":
                loop.submit(np.full((4, 2), tick), 3)
            else:
                sent.append(tick)
    assert sent[:8] == [3, 4, 5, 6, 10, 11, 12, 13], sent  # T_ck = n T_act + T_inf, in ticks


def tasks():
    rows = sweetspot.rollout("press-button", lambda obs: np.zeros((16, 5), np.float32), seeds=1)
    assert len(rows) == 1
    desk = Path(__file__).resolve().parents[1] / "fixtures/mujoco/desk"  # a robot of one's own
    sys.path.insert(0, str(desk))
    from reach import reach

    result = sweetspot.tune(desk / "task.yaml", reach, points=["overlap=0"], latency_ms=50, charge_as="self", seeds=5)
    assert result.data["points"][0]["success"]["k"] == 5, result.text


def loaded():
    """Names of shared libraries in this process, in the package and outside of Python's folders."""
    files = {Path(path) for path in re.findall(r"(/\S+\.so[\d.]*)$", Path("/proc/self/maps").read_text(), flags=re.M)}
    ours = {f for f in files if "sweetspot.libs" in f.parts}
    others = {f.name.partition(".so")[0] for f in files if f.parts[1] in ("lib", "usr", "lib64") and "python" not in str(f)}
    return ours, others


def main():
    for package in ("gymnasium", "pandas", "sqlite3", "ssl"):  # what these load is not ours
        if importlib.util.find_spec(package) is not None:
            importlib.import_module(package)
    before = loaded()[1]
    judge()
    tune()
    schedule()
    full = FULL in lib.path
    if full:
        tasks()
    ours, others = loaded()
    assert "site-packages" in lib.path and len(ours) > 5, (lib.path, ours)
    others -= before
    assert others <= SYSTEM, f"{sorted(others - SYSTEM)} are the system's, expected them from the wheel"
    licences = [f.name for f in importlib.metadata.files("sweetspot") if "licenses" in f.parts]
    assert "LICENSE" in licences and len(licences) > 5, licences
    print(f"{'full' if full else 'analysis'} library, {len(ours)} libraries of the wheel, "
          f"{len(licences)} licences, pandas {'there' if HAS_PANDAS else 'not there'}; the system's: {', '.join(sorted(others)) or 'none'}")


if __name__ == "__main__":
    sys.exit(main())
